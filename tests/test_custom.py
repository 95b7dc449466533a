"""Losses of users: in every way that a body may be given they are losses like any other, and what is wrong is refused."""

import copy
import ctypes
import functools
import math
import os
import pickle
import re
import runpy
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import fastloss as fl
from fastloss import _core, _registry, _verify
from fastloss.custom import Interval, Kind, Positive, PredictedPositive, _cache, _check, _compiler, pointwise, verify

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

import headers  # noqa: E402

COMPILER = shutil.which("gcc") or shutil.which("cc") or shutil.which("clang")
needs_compiler = pytest.mark.skipif(not COMPILER or sys.platform == "win32", reason="there is no C compiler")

BODY = """
/* r²/2 up to delta, then a line. */
POINTWISE(huber)
{
    const real r = pred - target, delta = param[0], c = clip(r, -delta, delta);
    return (point){
        .value = TWO * c * (half_difference(pred, target) - R(0.25) * c),
        .grad = c,
        .hess = abs_(r) <= delta ? ONE : ZERO,
    };
}
"""
BLOCKS = """
#include <math.h>
#include <stdint.h>
#define BLOCK(name, real) \\
    void name(int64_t n, int64_t outputs, const real *pred, const real *target, const real *operand, const double *param, \\
              real *value, real *grad, real *hess) \\
    { \\
        const real delta = (real)param[0]; \\
        for (int64_t i = 0; i < n; i++) { \\
            const real r = pred[i] - target[i], c = r > delta ? delta : r < -delta ? -delta : r; \\
            if (outputs & 1) value[i] = c * (r - c / 2); \\
            if (outputs & 2) grad[i] = c; \\
            if (outputs & 4) hess[i] = r <= delta && r >= -delta; \\
        } \\
    }
BLOCK(of_float, float)
BLOCK(of_double, double)
"""


def huber(pred, target, *, delta: Positive = 1.0):
    """Mine: r²/2 up to `delta`, then a line."""
    r = pred - target
    c = np.clip(r, -delta, delta)
    return c * (r - c / 2), c, np.abs(r) <= delta


plain = pointwise(huber)


@pointwise(prediction=Interval(0), link="exp")
def decorated(pred, target, *, power: int = 2, half: bool = False, shift: float | None = None):
    r = pred - target - (0 if shift is None else shift)
    factor = 0.5 if half else 1.0
    return factor * r**power, factor * power * r ** (power - 1), factor * power * (power - 1) * r ** (power - 2)


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cache") / "fastloss"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FASTLOSS_CACHE_DIR", str(folder))
        yield folder


@functools.cache
def blocks():
    folder = Path(os.environ["FASTLOSS_CACHE_DIR"]).parent
    source, library = folder / "blocks.c", folder / "blocks.so"
    source.write_text(BLOCKS)
    subprocess.run([COMPILER, "-O2", "-shared", "-fPIC", source, "-o", library], check=True)
    return ctypes.CDLL(str(library))


def addresses():
    """The functions as addresses, as Numba's cfunc has one."""
    return {np.float32: blocks().of_float, "float64": ctypes.cast(blocks().of_double, ctypes.c_void_p).value}


WAYS = {
    "body": lambda: pointwise(huber, body=BODY),
    "blocks": lambda: pointwise(huber, body=addresses()),
    "blocks of double": lambda: pointwise(huber, body=blocks().of_double),
    "NumPy": lambda: plain,
}
ways = pytest.mark.parametrize("way", [pytest.param(way, marks=[] if way == "NumPy" else needs_compiler) for way in WAYS])


@functools.cache
def made(way):
    return WAYS[way]()


def same(way, found, wanted, dtype=np.float64):
    """The same bits of our own body; of another's code as many digits as the type has."""
    if way == "body":
        np.testing.assert_array_equal(found, wanted)
    else:
        eps = float(np.finfo(dtype).eps)
        np.testing.assert_allclose(np.asarray(found, np.float64), np.asarray(wanted, np.float64), 8 * eps, 8 * eps)


# ---- a loss like any other ------------------------------------------------------------------------------------------

LAYOUTS = {
    "plain": lambda x: x,
    "fortran": np.asfortranarray,
    "strided": lambda x: np.repeat(x, 2, axis=1)[:, ::2],
    "backwards": lambda x: x[::-1, ::-1].copy()[::-1, ::-1],
    "unaligned": lambda x: np.frombuffer(b"0" + x.tobytes(), np.uint8)[1:].view(x.dtype).reshape(x.shape),
    "read only": lambda x: np.broadcast_to(x[:1], x.shape),
}


@ways
@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "i4"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_and_dtype(way, dtype, layout):
    loss, rng = made(way), np.random.default_rng(1)
    pred, target = (LAYOUTS[layout](rng.normal(0, 3, (29, 37)).astype(dtype)) for _ in range(2))
    real = pred.dtype if pred.dtype.kind == "f" else np.dtype(np.float64)
    for options in ({}, {"reduction": "sum", "delta": 0.7}, {"reduction": "none", "weight": rng.random((29, 1))}):
        value, grad = loss.value_and_grad(pred, target, **options)
        wanted_value, wanted_grad = fl.huber.value_and_grad(pred, target, **options)
        same(way, value, wanted_value, real)
        same(way, grad, wanted_grad, real)
        assert grad.dtype == wanted_grad.dtype
        assert grad.strides == wanted_grad.strides
    for found, wanted in zip(loss.grad_and_hess(pred, target), fl.huber.grad_and_hess(pred, target), strict=True):
        same(way, found, wanted, real)
    same(way, loss(pred, target), fl.huber(pred, target), real)
    same(way, loss.vjp(pred, target, target), fl.huber.vjp(pred, target, target), real)


@ways
@pytest.mark.parametrize("n", [0, 1, 63, 65, 1025, 40_000])
def test_every_length_and_any_threads(way, n):
    loss, rng = made(way), np.random.default_rng(n)
    pred, target = rng.normal(0, 3, n), rng.normal(0, 3, n)
    value, grad = loss.value_and_grad(pred, target, n_threads=1)
    again = loss.value_and_grad(pred, target, n_threads=3)
    np.testing.assert_array_equal(value, again[0])
    np.testing.assert_array_equal(grad, again[1])
    same(way, value, fl.huber(pred, target))
    place = pred.copy()
    assert loss.grad(place, target, out=place) is place
    np.testing.assert_array_equal(place, grad)


@ways
def test_calls_at_the_same_time(way):
    loss, rng = made(way), np.random.default_rng(2)
    pred, target = rng.normal(size=20_000), rng.normal(size=20_000)
    wanted, found = loss.grad(pred, target), {}
    threads = [threading.Thread(target=lambda i=i: found.update({i: loss.grad(pred, target)})) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert all(np.array_equal(grad, wanted) for grad in found.values())


@ways
def test_what_a_call_refuses(way):
    loss = made(way)
    with pytest.raises(ValueError, match=r"delta = -1 is outside \(0, inf\)"):
        loss([1.0], [2.0], delta=-1)
    with pytest.raises(TypeError, match="huber has no keyword 'dleta'"):
        loss([1.0], [2.0], dleta=1.0)
    with pytest.raises(ValueError, match="shape"):
        loss([1.0], [2.0, 3.0])
    with pytest.raises((TypeError, ValueError), match="n_threads"):
        loss([1.0], [2.0], n_threads=-1)


@ways
def test_a_loss_as_an_object(way):
    loss = made(way)
    assert isinstance(loss, fl.Loss)
    assert repr(loss).startswith("<fastloss loss huber(pred, target, *, delta=1.0, weight=None")
    assert "Mine: r²/2" in loss.__doc__
    assert "Mine: r²/2" in loss.grad.__doc__
    assert loss == WAYS[way]()
    assert hash(loss) == hash(WAYS[way]())
    assert loss != fl.huber
    assert loss.bind(delta=2.0) != loss
    assert copy.deepcopy(loss.bind(delta=2.0)) == loss.bind(delta=2.0)
    assert pickle.loads(pickle.dumps(loss.bind(delta=2.0))) == loss.bind(delta=2.0)
    assert pickle.loads(pickle.dumps(loss.reference)) == loss.reference
    same(way, loss.reference.grad([3.0, 0.2], [0.0, 0.0]), loss.grad([3.0, 0.2], [0.0, 0.0]))
    assert "huber" not in {name for name, declared in _registry.registry.items() if declared is loss.declared}


def test_losses_of_other_bodies_differ():
    assert plain != pointwise(twice)
    assert pointwise(twice) == pointwise(twice)


def twice(pred, target):
    r = pred - target
    return 2 * r * r, 4 * r, np.full_like(r, 4)


def test_parameters_of_plain_types():
    pred, target = np.array([1.0, 3.0]), np.array([0.0, 1.0])
    assert decorated(pred, target) == 2.5
    assert decorated(pred, target, power=3, half=True, shift=1.0) == 0.25
    assert set(decorated.params) == {"power", "half", "shift"}
    with pytest.raises(ValueError, match=r"pred\[0\] = -1.0 is outside \[0, inf\), where decorated is defined"):
        decorated([-1.0], [0.0])
    assert pickle.loads(pickle.dumps(decorated)) == decorated


# ---- our own bodies as a user's -------------------------------------------------------------------------------------


@needs_compiler
@pytest.mark.parametrize("name", ["quantile", "gaussian_nll", "linex"])
def test_our_bodies_have_our_bits(name):
    declared = _registry.registry[name]
    traits = {trait: getattr(declared, trait) for trait in ("prediction", "target", "smoothness", "kinks", "ulp", "value_unit")}
    loss, ours = pointwise(declared.function, body=ROOT / "csrc" / "losses" / f"{name}.h", **traits), fl.losses[name]
    rng = np.random.default_rng(3)
    pred, target, each = (rng.normal(size=5000).astype("f4") for _ in range(3))
    arrays = {p.name: declared.parameters[0].range.clip(np.abs(each)) for p in declared.parameters if p.kind.array}
    both = {"wrt": declared.differentiable}
    for entry, options in (("value_and_grad", both), ("grad_and_hess", both), ("_value", {})):
        found, wanted = (getattr(one, entry)(pred, target, **arrays, **options) for one in (loss, ours))
        for x, y in zip(np.atleast_1d(*flat(found)), np.atleast_1d(*flat(wanted)), strict=True):
            np.testing.assert_array_equal(x, y)
    assert verify(loss, samples=300).passed


def flat(results):
    return [x for one in results for x in flat(one)] if isinstance(results, tuple) else [results]


@needs_compiler
@pytest.mark.parametrize("tier", _verify.usable_tiers())
def test_the_tier_in_use_is_compiled_for(tier):
    rng = np.random.default_rng(5)
    pred, target = rng.normal(size=3000), rng.normal(size=3000)
    with _verify.tier(tier):
        loss = pointwise(huber, body=BODY)
        np.testing.assert_array_equal(loss(pred, target, reduction="none"), fl.huber(pred, target, reduction="none"))
        assert _compiler.flags_of(tier, "gcc") != _compiler.flags_of("neon", "gcc") or not _compiler.TIERS[tier]


@pytest.mark.parametrize("name", [name for name, declared in _registry.registry.items() if declared.family == "pointwise"])
def test_the_check_accepts_the_derivatives_of_every_loss(name):
    """What differences cannot tell, such as a kink, must not be taken for a mistake."""
    trial = next(_check.trials(fl.losses[name]))
    _check.check_slopes(trial, "value", "grad", "pred")
    _check.check_slopes(trial, "grad", "hess", "pred")
    for dtype in (np.dtype(np.float32), np.dtype(np.float64)):
        _check.check_kernels(trial, dtype)


# ---- what is wrong is refused ---------------------------------------------------------------------------------------


def test_a_wrong_gradient_is_named_with_its_place():
    def slipped(pred, target, *, delta: Positive = 1.0):
        value, grad, hess = huber(pred, target, delta=delta)
        return value, np.where(pred - target > delta, 2 * grad, grad), hess

    with pytest.raises(ValueError, match=r"slipped: the gradient of the reference is wrong: at pred = ") as caught:
        pointwise(slipped)
    found = re.search(
        r"at pred = (\S+), target = (\S+), delta = (\S+) it is (\S+), and .* value give (\S+), ", str(caught.value)
    )
    pred, target, delta, wrong, right = map(float, found.groups())
    assert pred - target > delta
    assert math.isclose(wrong, 2 * delta)
    assert math.isclose(right, delta, rel_tol=1e-5)
    assert pointwise(slipped, check=False).grad([3.0], [0.0]) == 2


def test_a_wrong_hessian_is_refused():
    def bound(pred, target):
        r = pred - target
        return r**4, 4 * r**3, 12 * r**2 + 1

    with pytest.raises(
        ValueError, match=r"bound: the Hessian of the reference is wrong: at .* differences of the gradient give"
    ):
        pointwise(bound)


def test_a_wrong_derivative_by_the_second_argument_is_refused():
    def spread(pred, target, *, scale: PredictedPositive = 1.0):
        z = (pred - target) / scale
        return z * z, 2 * z / scale, 2 / scale**2 + 0 * z, -2 * z * z / scale, 5 * z * z / scale**2

    with pytest.raises(ValueError, match="need a body in C"):
        pointwise(spread)
    with pytest.raises(ValueError, match=r"the Hessian by scale of the reference is wrong: at .*gradient by scale give"):
        _check.check(pointwise_without_kernels(spread))


def pointwise_without_kernels(function):
    """A loss that has no kernels to compare with: the reference is looked at before them."""
    from fastloss._loss import Loss
    from fastloss.custom._declare import declaration_of
    from fastloss.reference._engine import Entry

    return Loss(declaration_of(function, {}), Entry)


@needs_compiler
def test_a_wrong_body_is_refused():
    with pytest.raises(ValueError, match=r"huber: the gradient of the body is wrong in float32: at .* the reference gives"):
        pointwise(huber, body=BODY.replace(".grad = c", ".grad = c + c"))
    with pytest.raises(ValueError, match="of the body is wrong in float"):
        pointwise(huber, body=blocks().of_float)


@needs_compiler
def test_a_body_that_does_not_compile_shows_the_message_of_the_compiler(cache):
    with pytest.raises(ValueError, match=r"huber does not compile:\n(.*\n)?body of huber:\d.*error") as caught:
        pointwise(huber, body=BODY.replace("delta = param", "dleta = param"))
    assert str(caught.value).count("\n") < 15
    with pytest.raises(ValueError, match=r"must hold POINTWISE\(huber\)"):
        pointwise(huber, body=BODY.replace("(huber)", "(hubert)"))
    assert not [path for path in cache.iterdir() if path.is_dir()]


def test_without_a_compiler(monkeypatch):
    monkeypatch.setenv("CC", "no-such-compiler -O2")
    with pytest.raises(FileNotFoundError, match="CC is 'no-such-compiler -O2', and there is no 'no-such-compiler'"):
        pointwise(huber, body=BODY)


@pytest.mark.parametrize("body", [0, True, 1.5, [], b"POINTWISE", object(), lambda n: None])
def test_a_body_of_another_type(body):
    with pytest.raises(TypeError, match="body must be the text or the path of a C body"):
        pointwise(huber, body=body)


@needs_compiler
def test_every_form_of_an_address():
    """An int, a function of ctypes, a cfunc of Numba, a capsule of Cython."""
    new = ctypes.pythonapi.PyCapsule_New
    new.restype, new.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
    function = blocks().of_double
    address = ctypes.cast(function, ctypes.c_void_p).value
    cfunc = SimpleNamespace(address=address)
    for body in (address, np.int64(address), function, cfunc, new(address, b"void (int64_t, ...)", None), {"f8": cfunc}):
        loss = pointwise(huber, body=body)
        assert loss == made("blocks of double")
        assert loss([3.0], [0.0]) == 2.5


def test_a_body_of_another_dtype():
    with pytest.raises(ValueError, match="a body for float16 is never called"):
        pointwise(huber, body={"float16": 1})
    with pytest.raises(ValueError, match="there must be a body for float64"):
        pointwise(huber, body={"float32": 1})


@needs_compiler
def test_a_body_of_another_version(monkeypatch):
    monkeypatch.setattr(_core, "interface_version", lambda: 0)
    with pytest.raises(ImportError, match="of another version of the C interface"):
        pointwise(huber, body=BODY)


def takes_everything(pred, target, *rest): ...
def takes_one(pred): ...
def takes_positions(pred, target, delta=1.0): ...
def has_no_default(pred, target, *, delta): ...
def takes_weight(pred, target, *, weight: float = 1.0): ...
def takes_temperature(pred, target, *, temperature: float = 1.0): ...
def takes_text(pred, target, *, form: str = "a"): ...
def takes_unknown(pred, target, *, form: "Nothing" = 1.0): ...  # noqa: F821
def is_out_of_range(pred, target, *, delta: Positive = -1.0): ...
def has_six(pred, target, *, a=1.0, b=1.0, c=1.0, d=1.0, e=1.0, f=1.0): ...


def returns_two(pred, target):
    return pred, target


def returns_others(pred, target):
    return pred[:3], pred, pred


def changes_its_input(pred, target):
    pred -= target
    return pred**2, 2 * pred, 2 + 0 * pred


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        (takes_everything, "must take"),
        (takes_one, "must take"),
        (takes_positions, "by keyword alone"),
        (has_no_default, "delta of has_no_default has no default"),
        (takes_weight, "weight has a meaning of its own"),
        (takes_temperature, "temperature has a meaning of its own"),
        (takes_text, "form of takes_text is annotated as <class 'str'>"),
        (takes_unknown, "cannot be read"),
        (is_out_of_range, r"delta = -1.0 is outside"),
        (has_six, "more than 5 parameters"),
        (returns_two, "must return 3 arrays, value, grad, hess; it returned 2"),
        (returns_others, r"returns as its value an array \(3,\)"),
        (changes_its_input, "read-only"),
        (lambda pred, target: None, "called by the name of its reference"),
        (np.exp, "must be a function"),
        (fl.huber, "must be a function"),
    ],
)
def test_a_reference_that_is_none(reference, message):
    with pytest.raises((TypeError, ValueError), match=message):
        pointwise(reference)


def test_an_unknown_trait_or_link():
    with pytest.raises(TypeError, match="a loss has no trait 'softmax'"):
        pointwise(huber, softmax=True)
    with pytest.raises(ValueError, match="link = 'logit' is unknown; there are: identity, sigmoid, exp"):
        pointwise(huber, link="logit")


def test_what_a_reference_raises_is_raised():
    class Full(Exception): ...

    def rarely(pred, target, *, delta: float = 1.0):
        if (pred > 100).any():
            raise Full("beyond 100")
        return huber(pred, target, delta=delta)

    loss = pointwise(rarely)
    for call in (loss, loss.grad, loss.grad_and_hess):
        with pytest.raises(Full, match="beyond 100"):
            call(np.full(5000, 200.0), np.zeros(5000))
    assert loss([3.0], [0.0]) == 2.5


def test_a_local_reference_is_not_pickled():
    def local(pred, target):
        return twice(pred, target)

    loss = pointwise(local)
    with pytest.raises(pickle.PicklingError, match="define it at the top of a module"):
        pickle.dumps(loss)
    assert copy.copy(loss) == copy.deepcopy(loss) == loss


def test_pickled_for_another_process(tmp_path):
    (tmp_path / "their_losses.py").write_text(
        "import numpy as np, fastloss as fl\n"
        "@fl.custom.pointwise()\n"
        "def mine(pred, target, *, k: float = 1.0):\n"
        "    r = pred - target\n"
        "    return k * r * r, 2 * k * r, np.full_like(r, 2 * k)\n"
    )
    code = "import pickle, their_losses, sys; sys.stdout.write(pickle.dumps(their_losses.mine.bind(k=3.0)).hex())"
    run = functools.partial(subprocess.run, capture_output=True, text=True, check=True, cwd=tmp_path)
    text = run([sys.executable, "-c", code]).stdout
    read = f"import pickle; print(pickle.loads(bytes.fromhex('{text}'))([3.0], [1.0]))"
    assert run([sys.executable, "-c", read]).stdout == "12.0\n"


# ---- the cache ------------------------------------------------------------------------------------------------------


@needs_compiler
def test_a_body_is_compiled_once(monkeypatch, cache):
    made("body")
    before = set(cache.iterdir())
    monkeypatch.setattr(_compiler, "make", None)
    assert pointwise(huber, body=BODY) == made("body")
    assert cache.stat().st_mode & 0o777 == 0o700
    assert set(cache.iterdir()) == before


@needs_compiler
@pytest.mark.parametrize("other", ["body", "flags", "headers", "compiler", "slow"])
def test_what_is_made_of_something_else_is_compiled_again(monkeypatch, other):
    made("body")
    body = BODY
    if other == "body":
        body += "/* another */"
    elif other == "flags":
        monkeypatch.setitem(_compiler.TIERS, _core.get_tier(), [*_compiler.TIERS[_core.get_tier()], "-DOTHER"])
    elif other == "headers":
        monkeypatch.setattr(_compiler, "headers_digest", lambda folder: b"others")
    elif other == "compiler":
        command, said = _compiler.compiler_of("")
        monkeypatch.setattr(_compiler, "compiler_of", lambda wanted: (command, said + "another"))

    class Compiled(Exception): ...

    def make(*arguments):
        raise Compiled

    monkeypatch.setattr(_compiler, "make", make)
    with pytest.raises(Compiled):
        pointwise(huber, body=body, slow=other == "slow")


needs_users = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="there are no owners and modes here")


@needs_users
@needs_compiler
@pytest.mark.parametrize("problem", ["open", "of another", "link", "file", "no folder"])
def test_a_cache_that_is_not_the_users_alone_is_refused(monkeypatch, tmp_path, problem):
    folder = tmp_path / "cache"
    folder.mkdir(mode=0o700)
    monkeypatch.setenv("FASTLOSS_CACHE_DIR", str(folder))
    error, message = PermissionError, "runs no code from there"
    if problem == "open":
        folder.chmod(0o770)
    elif problem == "of another":
        me = os.geteuid()
        monkeypatch.setattr(os, "geteuid", lambda: me + 1)
    elif problem == "link":
        (tmp_path / "link").symlink_to(folder)
        monkeypatch.setenv("FASTLOSS_CACHE_DIR", str(tmp_path / "link"))
    elif problem == "file":
        folder.rmdir()
        folder.write_text("")
        error, message = FileExistsError, "cannot be made"
    else:
        (tmp_path / "text").write_text("")
        monkeypatch.setenv("FASTLOSS_CACHE_DIR", str(tmp_path / "text" / "cache"))
        error, message = OSError, "cannot be made"
    with pytest.raises(error, match=message):
        pointwise(huber, body=BODY)
    assert problem in ("file", "no folder") or not list(folder.iterdir())


@needs_users
@needs_compiler
@pytest.mark.parametrize("problem", ["open", "link"])
def test_a_library_that_others_may_have_written_is_refused(problem, monkeypatch, tmp_path):
    folder = tmp_path / "cache"
    monkeypatch.setenv("FASTLOSS_CACHE_DIR", str(folder))
    body = BODY + "/* to be changed */"
    pointwise(huber, body=body)
    (library,) = folder.iterdir()
    if problem == "open":
        library.chmod(0o777)
    else:
        library.rename(tmp_path / "elsewhere.so")
        library.symlink_to(tmp_path / "elsewhere.so")
    with pytest.raises(PermissionError, match="runs no code from there"):
        pointwise(huber, body=body)


def test_where_the_cache_is(monkeypatch, tmp_path):
    monkeypatch.delenv("FASTLOSS_CACHE_DIR")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "own"))
    assert _cache.chosen() == tmp_path / "own" / "fastloss"
    for without in ("", "relative"):
        monkeypatch.setenv("XDG_CACHE_HOME", without)
        assert _cache.chosen() == tmp_path / ".cache" / "fastloss"


# ---- headers --------------------------------------------------------------------------------------------------------


def test_a_wheel_brings_all_that_bodies_include(tmp_path):
    """Of what csrc/tiers/own.c includes, and of what that includes, nothing is left behind."""
    waiting, seen = ["tiers/own.c", "fastloss.h"], set()
    shipped = headers.headers()
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        for line in shipped[path].read_text().splitlines():
            if line.startswith('#include "'):
                waiting.append(os.path.normpath(os.path.join(os.path.dirname(path), line.split('"')[1])).replace(os.sep, "/"))
    assert {"losses/point.h", "math/exp.h", "loops/pointwise.h"} <= seen
    assert Path(fl.get_include(), "fastloss.h").exists()


@needs_compiler
def test_headers_serve_from_a_folder_of_their_own(tmp_path, monkeypatch):
    for to, path in headers.headers().items():
        (tmp_path / "include" / to).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, tmp_path / "include" / to)
    monkeypatch.setattr(_compiler, "get_include", lambda: str(tmp_path / "include"))
    loss = pointwise(huber, body=BODY + "/* elsewhere */")
    assert loss([3.0], [0.0]) == 2.5


# ---- with others ----------------------------------------------------------------------------------------------------


@ways
def test_verify_tells_errors(way):
    report = verify(made(way), samples=200)
    assert report.passed == all(line.error <= line.bound for line in report)
    assert report.passed or way.startswith("blocks")
    assert {line.output for line in report} == {"value", "grad", "hess"}
    assert "worst ulp" in repr(report)
    with pytest.raises(TypeError, match="takes what fastloss"):
        verify(fl.huber)


@ways
@pytest.mark.parametrize("library", ["lightgbm", "xgboost"])
def test_boosters_train_on_it(way, library):
    booster = pytest.importorskip(library)
    objective = fl.boosting.objective(made(way), delta=5.0)
    assert pickle.loads(pickle.dumps(objective)) == objective
    rng = np.random.default_rng(4)
    X = rng.normal(size=(300, 4))
    y = X[:, 0] + 0.3 * X[:, 1]
    start = objective.init_score(y)
    if library == "lightgbm":
        params = {"objective": objective, "verbose": -1, "num_threads": 1, "metric": "None"}
        model = booster.train(params, booster.Dataset(X, y, init_score=np.full(len(y), start)), 12)
        pred = start + model.predict(X, raw_score=True)
    else:
        params = {"base_score": start, "nthread": 1, "disable_default_eval_metric": True}
        model = booster.train(params, booster.DMatrix(X, y), 12, obj=objective)
        pred = model.predict(booster.DMatrix(X), output_margin=True).astype(np.float64)
    loss = made(way).bind(delta=5.0)
    assert loss(pred, y) < 0.3 * loss(np.full(len(y), start), y)


def test_the_example_saves_money(monkeypatch, capsys):
    pytest.importorskip("lightgbm")
    monkeypatch.setattr(sys, "argv", ["cost_sensitive.py", "--repeats", "1"])
    with pytest.raises(SystemExit) as done:
        runpy.run_path(str(ROOT / "examples" / "cost_sensitive.py"), run_name="__main__")
    assert done.value.code == 0
    assert "prices as the loss" in capsys.readouterr().out


def test_links_and_scores():
    pytest.importorskip("sklearn")
    from sklearn.dummy import DummyRegressor

    objective = fl.boosting.objective(fl.custom.pointwise(twice, link="sigmoid"))
    assert objective.predict(np.array([0.0])) == [0.5]
    starts = [fl.boosting.objective(loss).init_score([1.0, 1.0, 2.0]) for loss in (plain, fl.huber)]
    assert math.isclose(*starts)
    model = DummyRegressor(strategy="constant", constant=2.0).fit([[0.0]], [2.0])
    assert fl.metrics.scorer(plain)(model, [[0.0]], [5.0]) == -2.5


def test_a_kind_of_ones_own():
    from typing import Annotated

    def tilted(pred, target, *, tilt: Annotated[float, Kind(Interval(0, 1))] = 0.5):
        r = pred - target
        return tilt * r * r, 2 * tilt * r, np.full_like(r, 2 * tilt)

    loss = pointwise(tilted)
    with pytest.raises(ValueError, match=r"tilt = 2 is outside \[0, 1\]"):
        loss.bind(tilt=2)
