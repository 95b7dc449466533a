"""What users see beside numbers: signatures, documentation, pickles, threads, processes and signals."""

from __future__ import annotations

import copy
import doctest
import inspect
import io
import json
import math
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stdout

import numpy as np
import pytest
from conftest import GIVEN, call, name_of, same_bits

import fastloss as fl
from fastloss import _core, _verify
from fastloss._loss import ENTRY_POINTS, REDUCTIONS, Loss

NAMESPACES = {"fastloss": fl, "reference": fl.reference}

BY_NAME = {name_of(given): given for given in GIVEN}

HAS_THREADS = bool(_core.openmp_version())


def every_loss():
    return [
        pytest.param(loss, id=f"{where}-{loss.name}") for where, module in NAMESPACES.items() for loss in module.losses.values()
    ]


def entry_points(loss):
    return {name: loss if name == "value" else getattr(loss, name) for name in ENTRY_POINTS}


def inputs_of(loss, shape=(6, 5)):
    return next(given for given in GIVEN if given.loss.name == loss.name).draw(shape)


def other_value(p):
    """A value that a parameter accepts and that is not its default."""
    if p.kind.array:
        return 2.5 if p.kind.array == "elements" else [1.0, 2.0, 0.5, 3.0, 1.5]
    return next(x for x in _verify.parameter_values(p) if x is not None)


@pytest.fixture(autouse=True)
def _no_limit_is_left():
    yield
    fl.set_num_threads(None)


# ---- the losses as objects ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("loss", every_loss())
def test_signatures(loss):
    for name, function in entry_points(loss).items():
        parameters = inspect.signature(function).parameters
        names = list(parameters)
        expected = ["pred", "target", *loss.params, "weight", "reduction"]
        expected += ["axis"] if loss.family == "rows" else []
        expected += ["check_domain"] if any(interval.bounded for interval in loss.domain) else []
        expected += ["out"] if name != "value" else []
        expected += ["n_threads"]
        assert names == expected
        for known in names[:2]:
            assert parameters[known].kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
            assert parameters[known].default is inspect.Parameter.empty
        assert all(parameters[known].kind is inspect.Parameter.KEYWORD_ONLY for known in names[2:])
        defaults = {known: parameters[known].default for known in names[2:]}
        shared = {"weight": None, "axis": -1, "check_domain": True, "out": None, "n_threads": None}
        shared["reduction"] = "none" if name == "grad_and_hess" else "mean"
        for known, default in defaults.items():
            assert default == (loss.params[known].default if known in loss.params else shared[known])


@pytest.mark.parametrize("loss", every_loss())
def test_defaults_are_what_the_signature_says(loss):
    pred, target = inputs_of(loss)
    for function in entry_points(loss).values():
        parameters = inspect.signature(function).parameters
        explicit = {known: p.default for known, p in parameters.items() if p.kind is p.KEYWORD_ONLY}
        for a, b in zip(as_tuple(function(pred, target)), as_tuple(function(pred, target, **explicit)), strict=True):
            assert same_bits(a, b)
        for a, b in zip(as_tuple(function(pred, target)), as_tuple(function(target=target, pred=pred)), strict=True):
            assert same_bits(a, b)


def as_tuple(results):
    return results if isinstance(results, tuple) else (results,)


@pytest.mark.parametrize("loss", every_loss())
def test_documentation_is_complete(loss):
    for name, function in entry_points(loss).items():
        doc = inspect.getdoc(function)
        for title in ("Parameters", "Returns", "Raises", "Examples"):
            assert f"\n{title}\n{'-' * len(title)}\n" in doc, (name, title)
        parameters = doc.split("\nParameters\n")[1].split("\nReturns\n")[0]
        for known in inspect.signature(function).parameters:
            assert f"\n{known} : " in parameters, (name, known)
        assert max(map(len, doc.splitlines())) <= 130
        assert "{" not in doc.replace('{"mean", "sum", "none"}', "").replace("{-1, 1}", "").replace("{0, 1}", "")


@pytest.mark.parametrize("loss", every_loss())
def test_examples_of_losses_are_true(loss):
    for name, function in entry_points(loss).items():
        run_examples(function, f"{loss.name}.{name}")


@pytest.mark.parametrize(
    "function",
    [fl.get_num_threads, fl.set_num_threads, fl.num_threads, fl.show_config, Loss.bind],
    ids=lambda function: function.__name__,
)
def test_examples_of_functions_are_true(function):
    run_examples(function, function.__name__)


def run_examples(thing, name):
    examples = doctest.DocTestParser().get_doctest(inspect.getdoc(thing), {}, name, None, None)
    assert examples.examples, name
    output = io.StringIO()
    results = doctest.DocTestRunner(verbose=False).run(examples, out=output.write)
    assert results.failed == 0, output.getvalue()


@pytest.mark.parametrize("loss", every_loss())
def test_descriptions(loss):
    row = loss.row
    assert loss.name == loss.__name__ == row.name
    assert loss.family in ("pointwise", "rows")
    assert loss.domain.prediction == row.prediction
    assert loss.domain.target == row.target
    assert loss.smoothness >= 0
    assert (loss.kinks == "") == math.isinf(loss.smoothness) or loss.family == "rows"
    assert list(loss.params) == [p.name for p in row.parameters]
    for name, p in loss.params.items():
        assert p.name == name
        assert p.default is None or p.kind.array or p.default in p.range
        assert str(p.range) in str(p)
    with pytest.raises(TypeError):
        loss.params["delta"] = None
    with pytest.raises(TypeError):
        loss.bound["delta"] = None
    for name in ("name", "family", "params", "domain", "smoothness", "kinks"):
        with pytest.raises(AttributeError):
            setattr(loss, name, None)


@pytest.mark.parametrize("loss", every_loss())
def test_repr(loss):
    assert loss.name in repr(loss)
    assert "target" in repr(loss)
    for name, p in loss.params.items():
        assert f"{name}={p.default!r}" in repr(loss)
    for name in list(ENTRY_POINTS)[1:]:
        assert f"{loss.name}.{name}(" in repr(getattr(loss, name))


def test_the_registry_is_read_only():
    for module in NAMESPACES.values():
        assert list(module.losses) == list(fl.losses)
        for name, loss in module.losses.items():
            assert getattr(module, name) is loss
            assert loss.name == name
        with pytest.raises(TypeError):
            module.losses["huber"] = None
        with pytest.raises(TypeError):
            del module.losses["huber"]
        with pytest.raises(KeyError):
            module.losses["no such loss"]


def test_public_names():
    for module in NAMESPACES.values():
        assert len(set(module.__all__)) == len(module.__all__)
        for name in module.__all__:
            # A read-only mapping has no docstring of its own.
            assert name == "losses" or getattr(module, name).__doc__, name
    visible = {name for name in vars(fl) if not name.startswith("_")}
    modules = {name for name in visible if inspect.ismodule(getattr(fl, name))}
    imported = {"MappingProxyType", "CompiledEntry", "registry", "version"}
    assert visible - modules - imported == set(fl.__all__) - modules
    assert inspect.getdoc(fl)
    assert fl.__version__.count(".") >= 2


def test_both_namespaces_have_the_same_losses_and_signatures():
    assert set(fl.reference.__all__) == set(fl.losses) | {"losses"}
    for name, loss in fl.losses.items():
        twin = fl.reference.losses[name]
        assert loss.reference.name == twin.name
        for entry in ENTRY_POINTS:
            assert inspect.signature(entry_points(loss)[entry]) == inspect.signature(entry_points(twin)[entry])
            assert inspect.getdoc(entry_points(loss)[entry]) == inspect.getdoc(entry_points(twin)[entry])


# ---- bind -----------------------------------------------------------------------------------------------------------


def with_parameters():
    return [param for param in every_loss() if param.values[0].params]


@pytest.mark.parametrize("loss", with_parameters())
def test_bind(loss):
    pred, target = inputs_of(loss)
    for name, p in loss.params.items():
        value = other_value(p)
        bound = loss.bind(**{name: value})
        assert isinstance(bound, Loss)
        assert bound is not loss
        assert bound.params[name].default is value
        assert loss.params[name].default == p.default
        for entry, function in entry_points(bound).items():
            assert inspect.signature(function).parameters[name].default is value
            found = call(bound, entry, pred, target)
            for a, b in zip(found, call(loss, entry, pred, target, **{name: value}), strict=True):
                assert same_bits(a, b)
            # Calls override what is bound.
            if p.default is not None or p.kind.optional:
                for a, b in zip(
                    call(bound, entry, pred, target, **{name: p.default}), call(loss, entry, pred, target), strict=True
                ):
                    assert same_bits(a, b)
        again = bound.bind(**{name: p.default})
        assert same_bits(again(pred, target), loss(pred, target))
        twin = bound.reference
        assert twin.params[name].default is value
        assert twin(pred, target) == pytest.approx(bound(pred, target), rel=1e-10)


@pytest.mark.parametrize("loss", [p for p in with_parameters() if len(p.values[0].params) > 1])
def test_bind_chains(loss):
    pred, target = inputs_of(loss)
    values = {name: other_value(p) for name, p in loss.params.items()}
    chained = loss
    for name, value in values.items():
        chained = chained.bind(**{name: value})
    assert dict(chained.bound) == values
    assert same_bits(chained(pred, target), loss(pred, target, **values))
    assert same_bits(chained.grad(pred, target), loss.bind(**values).grad(pred, target))


@pytest.mark.parametrize("loss", every_loss())
def test_bind_refuses_what_is_no_parameter(loss):
    for name in ("reduction", "weight", "no_such", "n_threads"):
        with pytest.raises(TypeError, match=f"{loss.name} has no parameter '{name}'"):
            loss.bind(**{name: 1})
    assert loss.bind().params == loss.params


# ---- copies ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("loss", every_loss())
@pytest.mark.parametrize(
    "copied",
    [
        copy.copy,
        copy.deepcopy,
        *[lambda x, n=n: pickle.loads(pickle.dumps(x, n)) for n in range(pickle.HIGHEST_PROTOCOL + 1)],
    ],
    ids=["copy", "deepcopy", *[f"pickle {n}" for n in range(pickle.HIGHEST_PROTOCOL + 1)]],
)
def test_copies_compute_the_same(loss, copied):
    pred, target = inputs_of(loss)
    bound = loss.bind(**{name: other_value(p) for name, p in loss.params.items()})
    for original in (loss, bound):
        twin = copied(original)
        assert type(twin._value) is type(original._value)
        assert twin.name == original.name
        assert dict(twin.bound) == dict(original.bound)
        assert inspect.signature(twin) == inspect.signature(original)
        for name, function in entry_points(original).items():
            for other in (entry_points(twin)[name], copied(function)):
                results = zip(as_tuple(other(pred, target)), as_tuple(function(pred, target)), strict=True)
                assert all(same_bits(a, b) for a, b in results)
            assert type(copied(function)) is type(function)


def test_copies_of_the_whole_registry():
    for module in NAMESPACES.values():
        assert [loss.name for loss in pickle.loads(pickle.dumps(list(module.losses.values())))] == list(module.losses)


# ---- arrays of other kinds ------------------------------------------------------------------------------------------


def test_memory_mapped_files(given, tmp_path):
    pred, target = given.draw((40, 6), np.float32)
    expected = call(given.loss, "value_and_grad", pred, target)
    np.save(tmp_path / "pred.npy", pred)
    np.save(tmp_path / "target.npy", target)
    for mode in ("r", "c", "r+"):
        p, t = (np.load(tmp_path / f"{name}.npy", mmap_mode=mode) for name in ("pred", "target"))
        assert isinstance(p, np.memmap)
        assert all(same_bits(a, b) for a, b in zip(call(given.loss, "value_and_grad", p, t), expected, strict=True))
        assert type(given.loss.grad(p, t)) is np.ndarray
    out = np.lib.format.open_memmap(tmp_path / "out.npy", "w+", np.float32, pred.shape)
    assert given.loss.grad(p, t, out=out) is out
    out.flush()
    assert same_bits(np.load(tmp_path / "out.npy"), expected[1])


def test_subclasses_count_as_arrays(given):
    """A subclass is read as the plain array it is, and results are plain arrays: a matrix stays 2-dimensional."""

    class Named(np.ndarray):
        pass

    pred, target = given.draw((6, 5))
    expected = call(given.loss, "value_and_grad", pred, target)
    with pytest.warns(PendingDeprecationWarning):
        matrix = np.asmatrix(pred)
    for p in (matrix, pred.view(Named), pred.view(np.recarray)):
        value, grad = given.loss.value_and_grad(p, target)
        assert value == expected[0]
        assert type(grad) is np.ndarray
        assert same_bits(grad, expected[1])


def test_objects_that_offer_their_memory(given):
    pred, target = given.draw((6, 5))
    expected = call(given.loss, "value_and_grad", pred, target)

    class Offers:
        def __init__(self, array):
            self.array = array

        def __array__(self, dtype=None, copy=None):
            return self.array

    for wrap in (memoryview, Offers, lambda a: a.tolist()):
        found = call(given.loss, "value_and_grad", wrap(pred), wrap(target))
        assert all(same_bits(a, b) for a, b in zip(found, expected, strict=True))


def test_reduced_values_are_python_floats(given, dtype):
    pred, target = given.draw((6, 5), dtype)
    for reduction in REDUCTIONS[:2]:
        assert type(given.loss(pred, target, reduction=reduction)) is float
    value = given.loss(pred, target, reduction="none")
    assert value.dtype == dtype
    assert value.shape == ((6,) if given.rows else (6, 5))


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
    error, code = run_python("import fastloss", FASTLOSS_NUM_THREADS=text)
    assert code != 0
    assert "ImportError: FASTLOSS_NUM_THREADS" in error.splitlines()[-1]
    assert text in error


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
        error, code = run_python(program, FASTLOSS_TIER=tier)
        assert code != 0
        assert f"ImportError: FASTLOSS_TIER={tier!r}" in error
        assert "baseline" in error


def test_configuration_is_shown():
    text = io.StringIO()
    with redirect_stdout(text):
        assert fl.show_config() is None
    for wanted in (fl.__version__, np.__version__, _core.get_tier(), "threads"):
        assert wanted in text.getvalue()


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


# ---- threads of Python, forks, signals ------------------------------------------------------------------------------


def test_concurrent_calls_agree(dtype):
    cases = [(given, *given.draw((300, 70), dtype)) for given in GIVEN]
    expected = [call(given.loss, "value_and_grad", p, t) for given, p, t in cases]
    start = threading.Barrier(8)

    def work(first):
        start.wait()
        wrong = []
        for i in [*range(first, len(cases)), *range(first)] * 2:
            given, p, t = cases[i]
            found = call(given.loss, "value_and_grad", p, t, n_threads=1 + first % 2)
            if not all(same_bits(a, b) for a, b in zip(found, expected[i], strict=True)):
                wrong.append(name_of(given))
        return wrong

    with ThreadPoolExecutor(8) as pool:
        assert [wrong for found in pool.map(work, range(8)) for wrong in found] == []


def compute_in_child(send, pred, target, n_threads):
    value, grad = fl.cross_entropy.value_and_grad(pred, target, n_threads=n_threads)
    send.send((value, grad.tobytes(), fl.get_num_threads()))
    send.close()


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_a_forked_child_computes_the_same():
    pred, target = BY_NAME["cross_entropy-labels"].draw((2000, 50))
    value, grad = fl.cross_entropy.value_and_grad(pred, target, n_threads=2)  # starts the threads that the child lacks
    context = multiprocessing.get_context("fork")
    for n_threads in (None, 2):
        receive, send = context.Pipe(duplex=False)
        child = context.Process(target=compute_in_child, args=(send, pred, target, n_threads))
        child.start()
        send.close()
        arrived = receive.poll(30)
        results = receive.recv() if arrived else None
        child.join(timeout=30)
        if child.is_alive():
            child.kill()
            child.join()
        assert arrived, "the child hangs"
        assert child.exitcode == 0
        assert results[:2] == (value, grad.tobytes())
        assert results[2] >= 1
    assert same_bits(fl.cross_entropy.grad(pred, target, n_threads=2), grad)


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
