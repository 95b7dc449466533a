"""The memory of large results: it is used again, by nothing else meanwhile, and handed back when that is asked for."""

import gc
import os
import re
import subprocess
import sys
import threading
import tracemalloc

import numpy as np
import pytest

import fastloss as fl
from fastloss import _core, _memory

pytestmark = pytest.mark.skipif(not _core.kept_memory()[0], reason="no memory is kept on this system")

MIB = 1 << 20
N = 3 * MIB // 4  # elements of 3 MiB in float32


@pytest.fixture(autouse=True)
def nothing_is_kept():
    before = _core.kept_memory()[0]
    fl.release_memory()
    _core.keep_memory(before, MIB)  # small arrays serve as well, and take less time
    yield
    _core.keep_memory(before)
    fl.release_memory()


def arrays(n=N, dtype=np.float32):
    return np.linspace(-3, 3, n, dtype=dtype), np.zeros(n, dtype)


def in_a_process(code, **environment):
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environment}, timeout=120)
    assert done.returncode == 0, done.stderr
    return done


def every_result():
    """Calls that return large new arrays, by name."""
    pred, target = arrays()
    rows, labels = pred.reshape(-1, 64), np.zeros(N // 64, int)
    return {
        "grad": lambda: fl.huber.grad(pred, target),
        "hess": lambda: fl.huber.grad_and_hess(pred, target)[1],
        "value": lambda: fl.huber(pred, target, reduction="none"),
        "rows": lambda: fl.cross_entropy.grad(rows, labels),
        "log_softmax": lambda: fl.log_softmax(rows),
        "sums": lambda: fl.dice_with_logits.grad(rows, np.ones_like(rows)),
        "linear": lambda: fl.linear_cross_entropy.grad(rows, np.eye(64, dtype=np.float32), labels)[0],
        "transposed": lambda: fl.huber.grad(rows.T, target.reshape(-1, 64).T),
    }


@pytest.mark.parametrize("name", every_result())
def test_what_was_dropped_is_used_again(name):
    call = every_result()[name]
    first = call()
    wanted, address = first.copy(), first.ctypes.data
    assert first.flags.owndata
    del first
    assert _core.kept_memory()[1] >= 3 * MIB
    again = call()
    assert again.tobytes() == wanted.tobytes()
    assert again.ctypes.data == address or name == "hess"  # of which there are two results
    assert _core.kept_memory()[1] < 3 * MIB or name == "hess"


def test_a_view_keeps_its_memory():
    pred, target = arrays()
    grad = fl.huber.grad(pred, target)
    view, wanted = grad[5:-5:3], grad[5:-5:3].copy()
    del grad
    others = [fl.huber.grad(pred * i, target) for i in range(2, 6)]
    assert not any(np.shares_memory(view, other) for other in others)
    assert view.tobytes() == wanted.tobytes()


def test_arrays_can_do_all_that_others_can():
    pred, target = arrays()
    grad = fl.huber.grad(pred, target)
    wanted = grad.copy()
    for size in (N + 1, 3 * N, N // 2, 10, N):
        grad.resize(size, refcheck=False)
        wanted.resize(size, refcheck=False)
        assert grad.tobytes() == wanted.tobytes()
    grad.shape = 2, -1
    assert grad.astype(np.float64).sum() == wanted.astype(np.float64).sum()


def test_no_more_is_kept_than_may_be():
    pred, target = arrays()
    _core.keep_memory(8 * MIB, MIB)
    results = [fl.huber.grad(pred, target) for _ in range(6)]
    del results
    assert 0 < _core.kept_memory()[1] <= 8 * MIB
    _core.keep_memory(4 * MIB, MIB)
    assert 0 < _core.kept_memory()[1] <= 4 * MIB
    large = fl.huber.grad(*arrays(4 * N))
    del large
    assert _core.kept_memory()[1] <= 4 * MIB
    _core.keep_memory(0)
    assert _core.kept_memory() == (0, 0)


def test_small_results_are_none_of_this():
    small = fl.huber.grad(*arrays(1000))
    del small
    assert _core.kept_memory()[1] == 0


def test_another_size_gets_other_memory():
    pred, target = arrays()
    first = fl.huber.grad(pred, target)
    address = first.ctypes.data
    del first
    larger, smaller = fl.huber.grad(*arrays(2 * N)), fl.huber.grad(*arrays(N // 2))
    assert address not in (larger.ctypes.data, smaller.ctypes.data)
    assert fl.huber.grad(*arrays(N - 1000)).ctypes.data == address


def test_tracemalloc_sees_results():
    pred, target = arrays()
    tracemalloc.start()
    try:
        for _ in range(3):
            grad = fl.huber.grad(pred, target)
            assert tracemalloc.get_traced_memory()[0] >= grad.nbytes
            del grad
            gc.collect()
            assert tracemalloc.get_traced_memory()[0] < pred.nbytes
    finally:
        tracemalloc.stop()


def test_many_threads_at_once():
    pred, target = arrays()
    wanted, wrong = fl.huber.grad(pred, target, n_threads=1).tobytes(), []

    def work():
        for _ in range(8):
            if fl.huber.grad(pred, target, n_threads=1).tobytes() != wanted:
                wrong.append(1)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_child_has_results_of_its_own():
    code = """
import os, numpy as np, fastloss as fl
pred, target = np.linspace(-3, 3, 1 << 23, dtype=np.float32), np.zeros(1 << 23, np.float32)
kept = fl.huber.grad(pred, target)
wanted = kept.tobytes()
for _ in range(2):
    dropped = fl.huber.grad(-pred, target)
    del dropped
child = os.fork()
if child == 0:
    results = [fl.huber.grad(pred, target).tobytes() == wanted for _ in range(3)]
    os._exit(0 if all(results) and kept.tobytes() == wanted else 1)
again = fl.huber.grad(pred, target).tobytes()
assert os.waitpid(child, 0)[1] == 0
assert again == wanted == kept.tobytes()
"""
    in_a_process(code)


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="the system does not tell")
def test_memory_of_the_process_is_what_it_was():
    code = """
import os, numpy as np, fastloss as fl
def resident():
    return int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
pred, target = np.ones(1 << 24, np.float32), np.zeros(1 << 24, np.float32)
fl.huber.grad(pred[:100], target[:100])
warm = fl.huber.grad(pred, target)
del warm
fl.release_memory()
before = resident()
for _ in range(3):
    grad = fl.huber.grad(pred, target)
    del grad
during = resident()
fl.release_memory()
print(during - before, resident() - before)
"""
    during, after = map(int, in_a_process(code).stdout.split())
    assert after < 4 * MIB
    assert during < 80 * MIB


@pytest.mark.parametrize(("text", "most"), [("5000000", 5_000_000), ("300M", 300 << 20), ("2g", 2 << 30), (" 1GB ", 1 << 30)])
def test_the_variable_of_the_environment(monkeypatch, text, most):
    monkeypatch.setenv(_memory.VARIABLE, text)
    assert _memory.most_kept() == most
    _core.keep_memory(most, MIB)
    assert _memory.said_of_memory() == f"0 MiB kept for results, at most {-(-most // MIB):,} MiB"


def test_the_variable_is_read_at_import(monkeypatch):
    code = "import fastloss as fl; fl.show_config()"
    assert re.search("^memory +none is kept for results$", in_a_process(code, FASTLOSS_KEEP_MEMORY="0").stdout, re.M)
    monkeypatch.setenv(_memory.VARIABLE, "plenty")
    with pytest.warns(RuntimeWarning, match="FASTLOSS_KEEP_MEMORY='plenty': a number of bytes is accepted"):
        assert _memory.most_kept() == _memory.memory_of_machine() // _memory.SHARE
