"""Threads, processes, signals, and what shares a process with the library."""

from __future__ import annotations

import asyncio
import functools
import importlib.util
import itertools
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import in_a_child
import numpy as np
import pytest
from conftest import GIVEN, call, name_of, same_bits

import fastloss as fl
from fastloss import _core, _verify

BY_NAME = {name_of(given): given for given in GIVEN}

HAS_THREADS = bool(_core.openmp_version())

#: Seconds after which a child that has not answered hangs.
PATIENCE = 10


@pytest.fixture(autouse=True)
def _no_limit_is_left():
    """Nor is there one from another test: PyTorch may share the OpenMP runtime, and its limit is one for all."""
    threadpoolctl = pytest.importorskip("threadpoolctl")
    with threadpoolctl.threadpool_limits(os.cpu_count(), user_api="openmp"):
        yield
    fl.set_num_threads(None)


# ---- the number of threads ------------------------------------------------------------------------------------------


def test_setting_the_number_of_threads():
    default = fl.get_num_threads()
    assert default >= 1
    fl.set_num_threads(3)
    assert fl.get_num_threads() <= 3
    fl.set_num_threads(1)
    assert fl.get_num_threads() == 1
    fl.set_num_threads(np.int64(1))
    assert fl.get_num_threads() == 1
    fl.set_num_threads(None)
    assert fl.get_num_threads() == default


def test_the_context_nests_and_survives_exceptions():
    fl.set_num_threads(1)
    with fl.num_threads(3):
        assert _core.threads() == 3
        with fl.num_threads(2):
            assert _core.threads() == 2
            assert _core.threads(5) == 5  # n_threads= comes first
            with pytest.raises(ZeroDivisionError), fl.num_threads(4):
                1 // (_core.threads() - 4)
            assert _core.threads() == 2
        assert _core.threads() == 3
    assert _core.threads() == 1


def in_turns(*scripts):
    """What generators yield that are advanced in turns, one step each, until all are at their end."""
    found, running = [[] for _ in scripts], dict(enumerate(scripts))
    while running:
        for i, script in list(running.items()):
            try:
                found[i].append(next(script))
            except StopIteration:
                del running[i]
    return found


def limited(n, steps, start=0):
    """What calls use from before a block of `n` threads until after it, which is entered at step `start`."""
    for _ in range(start):
        yield _core.threads()
    with fl.num_threads(n):
        for _ in range(steps):
            yield _core.threads()
    yield _core.threads()


#: Number, steps and start of blocks that overlap: nested, one after the other, crossed, equal.
OVERLAPS = [
    ((3, 2, 0), (4, 2, 1)),
    ((3, 4, 0), (4, 1, 1)),
    ((3, 1, 0), (4, 1, 2)),
    ((4, 3, 0), (4, 1, 1)),
    ((3, 3, 1), (4, 3, 0)),
]


def as_if_alone(n, steps, start, outside):
    return [outside] * start + [n] * steps + [outside]


@pytest.mark.parametrize("overlap", OVERLAPS, ids=str)
def test_a_block_belongs_to_its_thread(overlap):
    """Blocks of threads that overlap in any order are not seen by each other, and nothing is left of them."""
    fl.set_num_threads(2)
    pools = [ThreadPoolExecutor(1) for _ in overlap]

    def steps(pool, script):
        while (step := pool.submit(next, script, None).result()) is not None:
            yield step

    found = in_turns(*(steps(pool, limited(*each)) for pool, each in zip(pools, overlap, strict=True)))
    assert found == [as_if_alone(*each, outside=2) for each in overlap]
    assert [pool.submit(_core.threads).result() for pool in pools] == [2, 2]
    assert _core.threads() == 2
    for pool in pools:
        pool.shutdown()


@pytest.mark.parametrize("overlap", OVERLAPS, ids=str)
def test_a_block_belongs_to_its_task(overlap):
    fl.set_num_threads(2)

    async def steps(each):
        found = []
        for step in limited(*each):
            found.append(step)
            await asyncio.sleep(0)
        return found

    async def all_steps():
        return await asyncio.gather(*map(steps, overlap)), _core.threads()

    found, after = asyncio.run(all_steps())
    assert found == [as_if_alone(*each, outside=2) for each in overlap]
    assert after == _core.threads() == 2


@pytest.mark.parametrize("overlap", OVERLAPS, ids=str)
def test_blocks_that_are_left_in_another_order_leave_nothing(overlap):
    """Generators of one thread see each other's blocks, but the thread is left as it was."""
    fl.set_num_threads(2)
    found = in_turns(*(limited(*each) for each in overlap))
    assert {n for each in found for n in each} <= {2, 3, 4}
    assert _core.threads() == 2


def test_a_block_that_is_left_in_another_thread_does_no_harm_there():
    fl.set_num_threads(2)
    with ThreadPoolExecutor(1) as pool:
        script = limited(3, 1)
        assert pool.submit(next, script).result() == 3
        with fl.num_threads(3):
            assert next(script) == 3
        assert _core.threads() == 2


def test_tasks_inherit_the_block_that_they_are_started_in():
    fl.set_num_threads(2)

    async def threads():
        await asyncio.sleep(0)
        return _core.threads()

    async def started_inside():
        with fl.num_threads(3):
            task = asyncio.create_task(threads())
            carried = await asyncio.to_thread(_core.threads)
        return await task, carried, _core.threads()

    assert asyncio.run(started_inside()) == (3, 3, 2)
    with fl.num_threads(3), ThreadPoolExecutor(1) as pool:
        assert pool.submit(_core.threads).result() == 2


def test_what_limits_threads_comes_first_in_this_order():
    default = _core.threads()
    fl.set_num_threads(3)
    with fl.num_threads(4):
        assert _core.threads(5) == 5
        assert _core.threads() == 4
        fl.set_num_threads(6)  # of the process: it is not for the block to undo
        assert _core.threads() == 4
    assert _core.threads() == 6
    fl.set_num_threads(None)
    assert _core.threads() == default


@fl.num_threads(3)
def decorated():
    return _core.threads()


def test_a_block_may_be_a_decorator():
    fl.set_num_threads(2)
    assert decorated() == 3
    assert _core.threads() == 2


def test_one_object_serves_any_number_of_blocks():
    fl.set_num_threads(2)
    three, four = fl.num_threads(3), fl.num_threads(4)
    for _ in range(2):
        with three:
            assert _core.threads() == 3
            with four, three:
                assert _core.threads() == 3
                with four:
                    assert _core.threads() == 4
                assert _core.threads() == 3
            assert _core.threads() == 3
        assert _core.threads() == 2
    with pytest.raises(ZeroDivisionError), three, three:
        raise ZeroDivisionError
    assert _core.threads() == 2


def test_a_bad_limit_changes_nothing():
    fl.set_num_threads(1)
    for bad in (0, -1, 1.5, True, "2", 2**31, 2**64):
        with pytest.raises(ValueError, match="n_threads"):
            fl.set_num_threads(bad)
        with pytest.raises(ValueError, match="n_threads"), fl.num_threads(bad):
            pass
        assert fl.get_num_threads() == 1


def run_python(program, **environment):
    """The program's output, which is JSON, or its error output; its exit code."""
    clean = {k: v for k, v in os.environ.items() if k not in ("FASTLOSS_NUM_THREADS", "OMP_NUM_THREADS", "FASTLOSS_TIER")}
    result = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        env={**clean, **environment},
        check=False,
        timeout=60,
    )
    return (json.loads(result.stdout) if result.returncode == 0 and result.stdout else result.stderr), result.returncode


REPORT_THREADS = """
import json, fastloss as fl
found = [fl.get_num_threads()]
fl.set_num_threads(3)
found.append(fl.get_num_threads())
with fl.num_threads(2):
    found.append(fl.get_num_threads())
fl.set_num_threads(None)
print(json.dumps([*found, fl.get_num_threads()]))
"""


@pytest.mark.skipif(not HAS_THREADS, reason="built without threads")
@pytest.mark.parametrize(
    ("environment", "default"),
    [
        ({"FASTLOSS_NUM_THREADS": "5"}, 5),
        ({"OMP_NUM_THREADS": "6"}, 6),
        ({"OMP_NUM_THREADS": "4,2"}, 4),
        ({"FASTLOSS_NUM_THREADS": "5", "OMP_NUM_THREADS": "6"}, 5),
        ({"FASTLOSS_NUM_THREADS": "7", "OMP_NUM_THREADS": "3"}, 7),
        ({"FASTLOSS_NUM_THREADS": "", "OMP_NUM_THREADS": "3"}, 3),
        ({"FASTLOSS_NUM_THREADS": " 4 "}, 4),
    ],
    ids=str,
)
def test_environment_variables(environment, default):
    found, code = run_python(REPORT_THREADS, **environment)
    assert code == 0, found
    assert found == [default, 3, 2, default]


@pytest.mark.skipif(not HAS_THREADS, reason="built without threads")
@pytest.mark.parametrize("text", ["0", "-1", "1.5", "many", "²", "0x4", "99999999999999999999"])
def test_bad_environment_variables(text):
    """Are ignored, with one line at the import that says so."""
    error, code = run_python(IGNORED, FASTLOSS_NUM_THREADS=text)
    assert code == 0
    (line,) = error
    assert line.startswith("<string>:")
    accepted = "a positive integer of at most 2,147,483,647 is accepted"
    assert f"RuntimeWarning: FASTLOSS_NUM_THREADS={text!r}: {accepted}; it is ignored" in line


# Prints the lines that the import writes to standard error.
IGNORED = """
import contextlib, io, json
error = io.StringIO()
with contextlib.redirect_stderr(error):
    import fastloss
fastloss.huber([1.0], [0.0])
print(json.dumps(error.getvalue().splitlines()))
"""


@pytest.mark.skipif(not HAS_THREADS, reason="built without threads")
def test_limits_of_threadpoolctl():
    threadpoolctl = pytest.importorskip("threadpoolctl")
    before = fl.get_num_threads()
    with threadpoolctl.threadpool_limits(1):
        assert fl.get_num_threads() == 1
        with fl.num_threads(2):
            assert fl.get_num_threads() == 1
    assert fl.get_num_threads() == before


def test_tiers_by_environment():
    program = "import json, fastloss as fl; from fastloss import _core; print(json.dumps(_core.get_tier()))"
    for tier in _verify.usable_tiers():
        assert run_python(program, FASTLOSS_TIER=tier) == (tier, 0)
    assert run_python(program) == (_verify.usable_tiers()[-1], 0)
    unusable = [name for name, _, usable in _core.tiers() if not usable]
    for tier in ("sse9", "AVX2", *unusable):
        error, code = run_python(IGNORED, FASTLOSS_TIER=tier)
        assert code == 0
        (line,) = error
        assert f"RuntimeWarning: FASTLOSS_TIER={tier!r}" in line
        assert "baseline" in line


# ---- the import -----------------------------------------------------------------------------------------------------


def test_the_import_is_silent_and_small():
    program = (
        "import json, sys, warnings; warnings.simplefilter('error'); import fastloss\n"
        "import fastloss.reference\nfastloss.huber([1.0], [0.0])\n"
        "print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    )
    clean = {k: v for k, v in os.environ.items() if not k.startswith("FASTLOSS")}
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        capture_output=True,
        text=True,
        env=clean,
        check=False,
        timeout=60,
    )
    assert result.stderr == ""
    assert result.returncode == 0
    modules = set(json.loads(result.stdout))
    assert {"fastloss", "numpy"} <= modules
    heavy = "torch jax scipy rich pandas sklearn ml_dtypes cupy dask matplotlib xgboost lightgbm pytest multiprocessing"
    assert not modules & set(heavy.split())


def test_subnormal_numbers_survive_the_import_and_calls():
    """No flush-to-zero mode is set, in this thread or in the threads of the library."""
    tiny = float(np.finfo(np.float64).smallest_subnormal)
    x = np.full(100_000, tiny)
    for n_threads in (1, 2):
        grad = fl.squared_error.grad(x, np.zeros_like(x), reduction="none", n_threads=n_threads)
        assert np.all(grad == 2 * tiny)
        assert tiny / 1 == tiny
        assert x[:1].sum() == tiny


# ---- threads of Python ----------------------------------------------------------------------------------------------


def test_concurrent_calls_agree(dtype, entry_point, record_property):
    """Whatever other threads compute meanwhile, and whatever they do to the number of threads."""
    cases = [(given, *given.draw((300, 70), dtype)) for given in GIVEN]
    expected = [call(given.loss, entry_point, p, t) for given, p, t in cases]
    start, done = threading.Barrier(9), threading.Event()

    def work(first):
        start.wait()
        wrong = []
        for i in [*range(first, len(cases)), *range(first)] * 2:
            given, p, t = cases[i]
            found = call(given.loss, entry_point, p, t, n_threads=(None, 1, 2)[first % 3])
            if not all(same_bits(a, b) for a, b in zip(found, expected[i], strict=True)):
                wrong.append(name_of(given))
        return wrong

    def change_limits():
        start.wait()
        for n in itertools.cycle((1, 2, 7, None)):
            fl.set_num_threads(n)
            if done.is_set():
                return

    with ThreadPoolExecutor(9) as pool:
        changing = pool.submit(change_limits)
        try:
            assert [wrong for found in pool.map(work, range(8)) for wrong in found] == []
        finally:
            done.set()
        changing.result()
    record_property("calls", 8 * 2 * len(cases))


# ---- processes ------------------------------------------------------------------------------------------------------

#: What a program needs that computes and compares bits, here or in other processes. It draws its inputs at once: NumPy imports
#: its generators when they are first asked for, and a child forked meanwhile would wait for that import for ever.
COMPUTE = """
import hashlib
import numpy as np
import fastloss as fl

rng = np.random.default_rng(1)
pred, target = rng.standard_normal((2, 4000, 50), np.float32)
inputs = {"cross_entropy": (pred, rng.integers(0, 50, 4000)), "log_cosh": (pred, target)}

def bits(n_threads=2):
    found = []
    for name, arrays in inputs.items():
        value, grad = fl.losses[name].value_and_grad(*arrays, n_threads=n_threads)
        found += [value.hex(), hashlib.blake2b(grad.tobytes()).hexdigest()]
    return found
"""


@functools.cache
def bits_here():
    """The bits that other processes must compute too."""
    names: dict = {}
    exec(COMPUTE, names)
    return names["bits"]()


FORK = """
import json, os, select, signal, sys, threading, time

def in_child(work):
    # What `work` returns in a forked child, or what went wrong there.
    receive, send = os.pipe()
    child = os.fork()
    if not child:
        code = 1
        try:
            os.write(send, json.dumps(work()).encode())
            code = 0
        finally:
            os._exit(code)
    os.close(send)
    end = time.monotonic() + PATIENCE
    found = os.read(receive, 1 << 16) if select.select([receive], [], [], PATIENCE)[0] else b'"hangs"'
    while not (over := os.waitpid(child, os.WNOHANG))[0] and time.monotonic() < end:
        time.sleep(0.005)
    if not over[0]:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return "does not end"
    return json.loads(found) if over[1] == 0 else f"ends with {over[1]}"

def in_thread(work):
    found = []
    thread = threading.Thread(target=lambda: found.append(work()))
    thread.start()
    thread.join()
    return found[0]
"""

#: Each leaves in `found` the bits of one process after the other.
FORKS = {
    "after threads": "found = [bits(), in_child(bits), bits()]",
    "before the first use": "found = [in_child(bits), bits(), in_child(bits), bits()]",
    "serial in the parent": "found = [bits(1), in_child(bits), bits()]",
    "from a thread": "found = [bits(), in_thread(lambda: in_child(bits)), bits()]",
    "threads in a thread, then from the main one": "found = [in_thread(bits), in_child(bits), in_thread(bits), bits()]",
    "a grandchild": "found = [bits(), in_child(lambda: in_child(bits)), bits()]",
    "a grandchild of one that used threads": "found = [in_child(lambda: [bits(), in_child(bits), bits()][1]), bits()]",
    "after threads of another library with this runtime": """
import ctypes
maps = open("/proc/self/maps").read().split() if os.path.exists("/proc/self/maps") else []
for runtime in {path for path in maps if "libgomp" in path}:
    # Two threads, each of which frees nothing.
    ctypes.CDLL(runtime).GOMP_parallel(ctypes.CDLL(None).free, None, 2, 0)
found = [in_child(bits), bits()]
""",
    "many children": "found = [bits()] + [in_child(bits) for _ in range(5)] + [bits()]",
    "in the midst of a call": """
stop = threading.Event()
def compute():
    while not stop.is_set():
        bits()
thread = threading.Thread(target=compute)
thread.start()
found = [in_child(bits) for _ in range(5)]
stop.set()
thread.join()
found.append(bits())
""",
}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.parametrize("name", FORKS)
def test_forked_children_compute_the_same(name, record_property):
    program = COMPUTE + FORK.replace("PATIENCE", str(PATIENCE)) + FORKS[name] + "\nprint(json.dumps(found))"
    found, code = run_python(program)
    assert code == 0, found
    assert all(bits == bits_here() for bits in found), found
    record_property("processes", len(found))


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:os.fork.* was called:RuntimeWarning")  # by JAX, where another test has imported it
def test_processes_of_multiprocessing_compute_the_same(method):
    pred, target = BY_NAME["cross_entropy-labels"].draw((2000, 50))
    value, grad = fl.cross_entropy.value_and_grad(pred, target, n_threads=2)  # starts the threads that a fork lacks
    context = multiprocessing.get_context(method)
    for n_threads in (None, 2):
        receive, send = context.Pipe(duplex=False)
        child = context.Process(target=in_a_child.compute, args=(send, pred, target, n_threads))
        child.start()
        send.close()
        arrived = receive.poll(PATIENCE if method == "fork" else 6 * PATIENCE)  # others import NumPy first
        results = receive.recv() if arrived else None
        child.join(timeout=PATIENCE)
        if child.is_alive():
            child.kill()
            child.join()
        assert arrived, "the child hangs"
        assert child.exitcode == 0
        assert results[:2] == (value, grad.tobytes())
        assert results[2] >= 1
    assert same_bits(fl.cross_entropy.grad(pred, target, n_threads=2), grad)


# ---- other libraries with threads of their own ----------------------------------------------------------------------

BESIDE = {
    "fastloss": "bits()",
    "torch": "torch.set_num_threads(2); (torch.ones(600, 600) @ torch.ones(600, 600)).exp().sum().item()",
    "sklearn": (
        "import sklearn.ensemble; x = np.arange(6000.0).reshape(2000, 3);"
        "sklearn.ensemble.HistGradientBoostingRegressor(max_iter=3).fit(x, x[:, 0]).predict(x)"
    ),
}
ORDERS = list(itertools.permutations(BESIDE))


@pytest.mark.sample(quick=1, full=2)
@pytest.mark.parametrize("order", ORDERS, ids="-".join)
def test_beside_other_libraries_with_threads(order, record_property):
    """Several OpenMP runtimes in one process: all compute, in turn, and change nothing here."""
    for name in order:
        if importlib.util.find_spec(name) is None:
            pytest.skip(f"{name} is not installed")
    lines = [*(f"import {name}" for name in order), COMPUTE, "found = []"]
    lines += [*(BESIDE[name] for name in order), "found.append(bits())"] * 2
    # Threads that wait for work without sleeping would keep those of the other runtimes from it.
    found, code = run_python("\n".join([*lines, "import json; print(json.dumps(found))"]), OMP_WAIT_POLICY="PASSIVE")
    assert code == 0, found
    assert found == [bits_here()] * 2
    record_property("libraries", ", ".join(order))


# ---- signals --------------------------------------------------------------------------------------------------------

#: Seconds that Ctrl-C may take. The work between two looks at signals takes a tenth of that on the slowest machine.
INTERRUPT_LIMIT = 1.0

INTERRUPT = """
import json, os, signal, threading, time
import numpy as np
import fastloss as fl

# What a shell starts in the background ignores the signal.
signal.signal(signal.SIGINT, signal.default_int_handler)

def seconds_to_interrupt(loss, pred, target, n_threads):
    sent = []
    def send():
        sent.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGINT)
    timer = threading.Timer(0.1, send)
    try:
        timer.start()
        loss(pred, target, n_threads=n_threads)
        timer.join()
    except KeyboardInterrupt:
        return time.monotonic() - sent[0]
    return None  # the call was over too soon, and nothing came after it

one = np.float32(1)
calls = {
    "pointwise": (fl.squared_error, np.broadcast_to(one, 2**34), np.broadcast_to(one, 2**34)),
    "weighted": (lambda p, t, n_threads: fl.log_cosh(p, t, weight=p, n_threads=n_threads), np.broadcast_to(one, 2**34),
                 np.broadcast_to(one, 2**34)),
    "rows": (fl.cross_entropy, np.broadcast_to(one, (2**26, 64)), np.broadcast_to(np.int64(3), 2**26)),
    "narrow rows": (fl.cross_entropy, np.broadcast_to(one, (2**30, 2)), np.broadcast_to(np.int64(1), 2**30)),
    "lists": (fl.multilabel_margin, np.broadcast_to(one, (2**14, 4096)),
              np.broadcast_to(np.where(np.arange(4096) < 1000, np.arange(4096), -1), (2**14, 4096))),
    "wide rows": (fl.cross_entropy, np.broadcast_to(one, (2**12, 2**20)), np.broadcast_to(np.int64(3), 2**12)),
}
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for a process alone")
@pytest.mark.parametrize("n_threads", [1, 2])
@pytest.mark.parametrize("kind", ["pointwise", "weighted", "rows", "lists", "narrow rows", "wide rows"])
def test_control_c_ends_a_long_call(kind, n_threads, record_property):
    """What is waited for is the end of a slice of work, so that a machine that does much else gets three tries."""
    program = INTERRUPT + (
        "found = []\n"
        f"while len(found) < 3 and not (found and found[-1] is not None and found[-1] < {INTERRUPT_LIMIT}):\n"
        f"    found.append(seconds_to_interrupt(*calls[{kind!r}], {n_threads}))\n"
        "x = np.arange(100_000.0)\n"
        "assert fl.squared_error(x + 3, x, n_threads=2) == 9\n"
        "print(json.dumps(found))"
    )
    found, code = run_python(program)
    assert code == 0, found
    assert found[-1] is not None
    assert found[-1] < INTERRUPT_LIMIT, found
    record_property("seconds until KeyboardInterrupt", round(found[-1], 3))


class Interruption(Exception):
    """What the handler of the signal raises."""


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no timers that send signals")
@pytest.mark.parametrize("name", ["squared_error", "cross_entropy"])
def test_signals_interrupt_long_calls(name):
    """A call that would take many seconds ends with what the handler raises.

    Where the signal comes before the call begins, or where the call ignores it and runs to its end, the test ends too.
    """
    loss = fl.losses[name]
    if name == "cross_entropy":
        pred, target = np.broadcast_to(np.float32(1), (2**24, 64)), np.broadcast_to(np.int64(3), 2**24)
    else:
        pred = target = np.broadcast_to(np.float32(1), 2**33)

    def handler(number, frame):
        raise Interruption

    def interrupted():
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.05)
            loss(pred, target)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)

    before = signal.signal(signal.SIGALRM, handler)
    try:
        with pytest.raises(Interruption):
            interrupted()
    finally:
        signal.signal(signal.SIGALRM, before)
    assert fl.huber([3.0], [0.0]) == 2.5
