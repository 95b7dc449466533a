"""logsumexp and log_softmax: right, with their derivatives, on any memory and with any number of threads."""

import copy
import doctest
import inspect
import pickle

import numpy as np
import pytest
from conftest import same_bits
from exact import DIGITS, Exact, exact, precision, rounded

import fastloss as fl
from fastloss import _verify
from fastloss._registry import registries
from fastloss.reference import _softmax

#: Rows side by side; along memory, of a segment and of several; shared by threads, whose exponentials are kept and are not.
SHAPES = ((1, 1), (3, 2), (70, 10), (5, 192), (4, 193), (20, 700), (3, 2049), (3, 10_000), (2, 300_000))
ENTRIES = [(name, entry) for name, declared in registries["row_functions"].items() for entry in declared.entry_points]
INF, NAN = np.inf, np.nan


@pytest.fixture(autouse=True)
def without_warnings():
    with np.errstate(all="ignore"):
        yield


@pytest.fixture(params=ENTRIES, ids=".".join)
def entry(request):
    """Name and entry point of every function."""
    return request.param


def function_of(entry, home=fl):
    name, point = entry
    return home.row_functions[name] if point == "value" else getattr(home.row_functions[name], point)


def drawn(shape, dtype, seed=0):
    rng = np.random.default_rng(seed)
    return (rng.normal(size=shape) * 10.0 ** rng.uniform(-3, 2, (*shape[:-1], 1))).astype(dtype)


def inputs(entry, pred, seed=1):
    """The positional arguments, and what else can be given."""
    if "cotangent" in inspect.signature(function_of(entry)).parameters:
        return (pred, np.random.default_rng(seed).normal(size=pred.shape).astype(pred.dtype))
    return (pred,)


def results(entry, *args, home=fl, **keywords):
    found = function_of(entry, home)(*args, **keywords)
    return found if isinstance(found, tuple) else (found,)


def hard_rows(classes, dtype):
    """Flat, nearly certain, far from 0, huge, of a sum near 1; and the same with masked classes."""
    rng = np.random.default_rng(classes)
    flat = rng.normal(size=(2, classes)) * [[1e-6], [1]]
    sure = -np.abs(rng.normal(size=(3, classes))) - [[5], [30], [80]]
    sure[np.arange(3), rng.integers(0, classes, 3)] = 0.125
    far = rng.normal(size=(4, classes)) * 3 + [[1e4], [-1e4], [100], [-32770]]
    huge = rng.uniform(-1, 1, (2, classes)) * [[1e38], [1e30]]
    near_zero = rng.normal(size=(1, classes)) * 1e-4 - np.log(classes)
    rows = np.concatenate([flat, sure, far, huge, near_zero])
    rows = np.concatenate([rows, np.where(np.arange(classes) % 3 == 1, -INF, rows)])
    return rows[:: 1 if classes < 1000 else 5].astype(dtype)


# ---- accuracy -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("classes", [1, 2, 10, 65, 193, 2500])
def test_results_are_exact_to_four_ulp(classes, dtype, depth):
    """Against arbitrary precision, beyond what moving each logit by one ulp would change, or by one of 1 if it is less."""
    pred = hard_rows(classes, dtype)[:: depth.of(5, 1, 1)]
    cotangent = np.random.default_rng(1).normal(size=pred.shape).astype(dtype)
    with precision(DIGITS[dtype]):
        exact_pred, exact_cotangent = exact(pred), exact(cotangent)
        lse = rounded(_softmax.lse_and_entropy(exact_pred)[0])
        _, below, others = _softmax.shifted(exact_pred)
        exact_q = np.exp(below) / (Exact.of(1) + others)
        logarithm, q = rounded(below - np.log1p(others)), rounded(exact_q)
        product = rounded(exact_cotangent - exact_q * exact_cotangent.sum(axis=1, keepdims=True))
    eps = np.finfo(dtype).eps
    size = np.where(np.isneginf(pred), 0, np.maximum(1, np.abs(pred.astype(np.longdouble)))) * eps
    mean_size = (q * size).sum(axis=1, keepdims=True)
    total, size_of_sum = np.abs(cotangent).sum(axis=1, keepdims=True), np.abs(cotangent.sum(axis=1, keepdims=True))
    expected = {
        ("logsumexp", "value"): (lse, mean_size[:, 0]),
        ("logsumexp", "grad"): (q, q * (size + mean_size)),
        ("log_softmax", "value"): (logarithm, size * (1 - q) + mean_size - q * size),
        ("log_softmax", "vjp"): (
            product,
            q * (size + mean_size) * size_of_sum + eps * (np.abs(cotangent) * (1 - q) + q * total),
        ),
    }
    for name in _verify.usable_tiers():
        with _verify.tier(name):
            for (function, point), (want, moved) in expected.items():
                arguments = (pred, cotangent) if point == "vjp" else (pred,)
                found = function_of((function, point))(*arguments)
                allowed = np.maximum(_verify.ulp(want, dtype), moved)
                beyond = np.abs(want) > np.finfo(dtype).max
                error = np.where(
                    (found == want) | (beyond & np.isinf(found)), 0, np.abs(found.astype(np.longdouble) - want) / allowed
                )
                assert error.max() <= 4, (name, function, point, error.max())


def test_every_way_of_a_row_agrees_with_the_reference(entry, dtype, tier):
    wide = np.float64 if dtype == np.float32 else np.longdouble
    eps = np.finfo(dtype).eps
    for shape in SHAPES:
        arguments = inputs(entry, drawn(shape, dtype))
        weights = [{}]
        if "weight" in inspect.signature(function_of(entry)).parameters:
            weight = np.arange(shape[0]) % 3.0
            weights = [{"reduction": how, "weight": w} for how in ("none", "sum", "mean") for w in (None, weight)]
        for keywords in weights:
            found = results(entry, *arguments, n_threads=2, **keywords)
            expected = results(entry, *(x.astype(wide) for x in arguments), home=fl.reference, **keywords)
            for x, want in zip(found, expected, strict=True):
                assert np.allclose(x, want, 30 * eps, 30 * eps * np.max(np.abs(arguments[0])), equal_nan=True), (
                    shape,
                    keywords,
                )


def test_derivatives_are_those_of_the_values():
    pred, cotangent = drawn((6, 5), np.float64), np.random.default_rng(2).normal(size=(6, 5))
    step = 1e-6
    for i in range(5):
        move = step * (np.arange(5) == i)
        slope = (fl.logsumexp(pred + move) - fl.logsumexp(pred - move)) / (2 * step)
        np.testing.assert_allclose(fl.logsumexp.grad(pred)[:, i], slope, atol=1e-7)
        slope = ((fl.log_softmax(pred + move) - fl.log_softmax(pred - move)) * cotangent).sum(axis=1) / (2 * step)
        np.testing.assert_allclose(fl.log_softmax.vjp(pred, cotangent)[:, i], slope, atol=1e-6)


def test_they_are_parts_of_cross_entropy(dtype):
    pred, labels = drawn((30, 9), dtype), np.arange(30) % 9
    picked = fl.log_softmax(pred)[np.arange(30), labels]
    np.testing.assert_allclose(
        -picked, fl.cross_entropy(pred, labels, reduction="none"), rtol=1e-5 if dtype == np.float32 else 1e-13
    )
    assert same_bits(fl.logsumexp(pred), fl.cross_entropy(pred, labels, return_lse=True).lse)


def test_peers_agree():
    torch = pytest.importorskip("torch")
    pred, cotangent = drawn((40, 300), np.float64), np.random.default_rng(3).normal(size=(40, 300))
    tensor = torch.tensor(pred, requires_grad=True)
    torch.logsumexp(tensor, -1).sum().backward()
    np.testing.assert_allclose(fl.logsumexp(pred), torch.logsumexp(tensor, -1).detach().numpy(), rtol=1e-13)
    np.testing.assert_allclose(fl.logsumexp.grad(pred), tensor.grad.numpy(), rtol=1e-11, atol=1e-300)
    tensor.grad = None
    torch.log_softmax(tensor, -1).backward(torch.tensor(cotangent))
    np.testing.assert_allclose(fl.log_softmax(pred), torch.log_softmax(tensor, -1).detach().numpy(), rtol=1e-11, atol=1e-14)
    np.testing.assert_allclose(fl.log_softmax.vjp(pred, cotangent), tensor.grad.numpy(), rtol=1e-9, atol=1e-12)


# ---- special values -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("classes", [3, 192, 193, 9000])
def test_rows_that_are_not_finite(classes, dtype, tier):
    rows = np.zeros((7, classes), dtype)
    rows[0] = -INF
    rows[1, 1] = INF
    rows[2, 1] = NAN
    rows[3, [1, 2]] = INF, NAN
    rows[4], rows[4, 2] = -INF, 5
    rows[5, 0] = -INF
    rows[6] = -np.finfo(dtype).max
    value, grad = fl.logsumexp.value_and_grad(rows)
    assert value[:5].tolist()[:2] == [-INF, INF]
    assert np.isnan(value[2:4]).all()
    assert value[4] == 5
    assert value[6] == -np.finfo(dtype).max
    assert np.isnan(grad[:4]).all()
    assert np.isfinite(grad[4:]).all()
    assert grad[5, 0] == 0
    assert grad[4, 2] == 1
    assert not grad[4, :2].any()
    log_q = fl.log_softmax(rows)
    assert np.isnan(log_q[:4]).all()
    assert log_q[4, 2] == 0
    assert np.isneginf(log_q[4, :2]).all()
    assert np.isneginf(log_q[5, 0])
    cotangent = np.ones_like(rows)
    product = fl.log_softmax.vjp(rows, cotangent)
    assert np.isnan(product[:4]).all()
    assert np.isfinite(product[4:]).all()
    assert product[5, 0] == 1  # no change of its logit matters
    for name in ENTRIES:
        arguments = (rows, cotangent) if name[1] == "vjp" else (rows,)
        for x, want in zip(results(name, *arguments), results(name, *arguments, home=fl.reference), strict=True):
            np.testing.assert_allclose(x, want, rtol=1e-3, atol=1e-3)
    # A sum with weights: infinite rows of weight 0 count nothing.
    assert fl.logsumexp(rows, weight=[0, 0, 0, 0, 1, 0, 0], reduction="sum") == 5
    assert not fl.logsumexp.grad(rows, weight=np.zeros(7)).any()
    assert fl.logsumexp(rows[1:2], weight=-2.0)[0] == -INF


def test_nothing_overflows(dtype):
    largest = np.finfo(dtype).max
    assert fl.logsumexp(np.array([[largest, largest]], dtype))[0] == largest
    assert fl.log_softmax(np.array([[largest, -largest]], dtype)).tolist() == [[0, -INF]]
    sure = fl.log_softmax(np.array([[60, 0]], dtype))[0]
    np.testing.assert_allclose(sure, [-np.exp(-60.0), -60], rtol=1e-6)


def test_no_rows_and_no_classes(entry):
    for shape in ((0, 3), (2, 0), (0, 0)):
        for x, want in zip(
            results(entry, *inputs(entry, np.empty(shape))),
            results(entry, *inputs(entry, np.empty(shape)), home=fl.reference),
            strict=True,
        ):
            assert x.shape == want.shape
            assert np.array_equal(x, want, equal_nan=True)
    assert np.isnan(fl.logsumexp(np.empty((0, 3)), reduction="mean"))
    assert fl.logsumexp(np.empty((0, 3)), reduction="sum") == 0


# ---- memory, threads, types -----------------------------------------------------------------------------------------


def test_threads_and_tiers_change_nothing(entry, dtype):
    for shape in (*SHAPES, (3000, 17)):
        arguments = inputs(entry, drawn(shape, dtype))
        alone = results(entry, *arguments, n_threads=1)
        for n_threads in (2, 3, 16):
            assert all(same_bits(a, b) for a, b in zip(alone, results(entry, *arguments, n_threads=n_threads), strict=True)), (
                shape
            )
        for name in _verify.usable_tiers():
            if name != "baseline":
                with _verify.tier(name):
                    assert all(same_bits(a, b) for a, b in zip(alone, results(entry, *arguments), strict=True)), (shape, name)


def test_layout_and_axis_change_nothing(entry, dtype):
    for shape in ((4, 6, 11), (3, 2, 500)):
        arguments = inputs(entry, drawn(shape, dtype))
        plain = results(entry, *arguments)
        for change in (
            np.asfortranarray,
            lambda x: x[::-1].copy()[::-1],
            lambda x: np.repeat(x, 2, axis=1)[:, ::2],
            lambda x: x.astype(x.dtype.newbyteorder()),
            lambda x: np.repeat(x, 3, axis=2)[..., ::3],
        ):
            assert all(same_bits(a, b) for a, b in zip(plain, results(entry, *map(change, arguments)), strict=True))
        for axis in (0, 1):
            moved = [np.ascontiguousarray(np.moveaxis(x, -1, axis)) for x in arguments]
            for x, want in zip(results(entry, *moved, axis=axis), plain, strict=True):
                assert same_bits(np.moveaxis(x, axis, -1) if x.ndim == 3 else x, want)
    pred = inputs(entry, np.asfortranarray(drawn((30, 40), dtype)))
    for x in results(entry, *pred):
        assert x.ndim == 1 or x.flags.f_contiguous


def test_out(entry, dtype):
    if "out" not in inspect.signature(function_of(entry)).parameters:
        with pytest.raises(TypeError, match="has no keyword 'out'"):
            function_of(entry)(np.zeros((2, 3)), out=np.zeros((2, 3)))
        return
    for home in (fl, fl.reference):
        for shape in SHAPES if home is fl else SHAPES[:3]:
            arguments = inputs(entry, drawn(shape, dtype))
            plain = results(entry, *arguments, home=home)
            given = arguments[0].copy()
            for pred, out in ((arguments[0], np.empty(shape, dtype)), (given, given)):
                found = results(entry, pred, *arguments[1:], out=out, home=home)
                assert found[-1] is out
                assert all(same_bits(a, b) for a, b in zip(found, plain, strict=True))
    pred = np.zeros((3, 4), dtype)
    rest = inputs(entry, pred)[1:]
    for bad in (np.zeros((3, 5), dtype), np.zeros((3, 4), np.int64), np.broadcast_to(dtype.type(7), (3, 4)), [1.0]):
        with pytest.raises((ValueError, TypeError), match="out"):
            function_of(entry)(pred, *rest, out=bad)
    wide = np.full((3, 5), 7, dtype)
    with pytest.raises(ValueError, match="overlaps"):
        function_of(entry)(wide[:, :-1], *rest, out=wide[:, 1:])
    assert (wide == 7).all()


def test_types(entry):
    pred = np.clip(drawn((20, 6), np.float64), -100, 100)
    for kind, computed in ((np.float16, np.float32), (np.int32, np.float64), (np.uint8, np.float64)):
        given = np.abs(pred).astype(kind)
        arguments = inputs(entry, given)
        found = results(entry, *arguments)
        wide = results(entry, *(x.astype(computed) for x in arguments))
        for x, want in zip(found, wide, strict=True):
            # Numbers of rows keep the precision that they are computed in; what has the shape of the prediction has its type.
            assert x.dtype == (np.float64 if kind != np.float16 else kind if x.ndim == 2 else np.float32)
            assert same_bits(x, want.astype(x.dtype))
        for x, want in zip(found, results(entry, *arguments, home=fl.reference), strict=True):
            assert x.dtype == want.dtype
    ml_dtypes = pytest.importorskip("ml_dtypes")
    arguments = inputs(entry, pred.astype(ml_dtypes.bfloat16))
    assert all(x.dtype == (ml_dtypes.bfloat16 if x.ndim == 2 else np.float32) for x in results(entry, *arguments))


def test_one_row_alone():
    assert type(fl.logsumexp(np.array([0.0, 0.0], np.float32))) is np.float32
    assert type(fl.logsumexp([[0.0, 0.0]], reduction="sum")) is float
    assert fl.log_softmax([0.0, 0.0]).shape == (2,)
    assert fl.log_softmax.vjp([0, 0], [1, 0]).tolist() == [0.5, -0.5]


# ---- calls and errors -----------------------------------------------------------------------------------------------


def test_both_namespaces_have_the_same_functions():
    assert list(fl.row_functions) == list(fl.reference.row_functions)
    for name, function in fl.row_functions.items():
        twin = fl.reference.row_functions[name]
        assert getattr(fl, name) is function
        assert function.reference is twin
        assert inspect.signature(function) == inspect.signature(twin)
        for point in function.declared.entry_points:
            one, other = function_of((name, point)), function_of((name, point), fl.reference)
            assert inspect.signature(one) == inspect.signature(other)
            assert inspect.getdoc(one) == inspect.getdoc(other)
            assert name in repr(one)
            assert repr(pickle.loads(pickle.dumps(one))) == repr(one)
        assert pickle.loads(pickle.dumps(function)) is function
        assert copy.deepcopy(twin) is twin
        with pytest.raises(TypeError):
            fl.row_functions[name] = None


def test_documentation(entry):
    doc = inspect.getdoc(function_of(entry))
    for section in ("Parameters", "Returns", "Raises", "Examples"):
        assert f"{section}\n{'-' * len(section)}\n" in doc
    for name in inspect.signature(function_of(entry)).parameters:
        assert f"\n{name} : " in doc
    assert max(map(len, doc.splitlines())) <= 112
    assert "{" not in doc.replace('{"mean", "sum", "none"}', "").replace('{"nan", "zero"}', "")
    examples = doctest.DocTestParser().get_doctest(doc, {}, ".".join(entry), None, 0)
    assert examples.examples
    assert doctest.DocTestRunner(verbose=False).run(examples).failed == 0


def test_errors(entry):
    function, arguments = function_of(entry), inputs(entry, np.zeros((3, 4)))
    for keywords, error, message in (
        ({"axis": 2}, ValueError, "axis = 2"),
        ({"n_threads": 0}, ValueError, "n_threads"),
        ({"delta": 1}, TypeError, "has no keyword 'delta'"),
        ({"reduction": "max"}, (ValueError, TypeError), "reduction"),
        ({"weight": [1.0, 2.0]}, (ValueError, TypeError), "weight"),
    ):
        with pytest.raises(error, match=message):
            function(*arguments, **keywords)
    with pytest.raises(TypeError):
        function()
    with pytest.raises(TypeError, match="dtype complex128"):
        function(np.zeros((3, 4), complex), *arguments[1:])
    with pytest.raises(ValueError, match="axis"):
        function(np.float64(1), *(() if len(arguments) == 1 else (np.float64(1),)))
    by_name = dict(zip(inspect.signature(function).parameters, arguments, strict=False))
    assert all(same_bits(a, b) for a, b in zip(results(entry, **by_name), results(entry, *arguments), strict=True))


def test_a_cotangent_of_another_shape_is_refused():
    for function in (fl.log_softmax.vjp, fl.reference.log_softmax.vjp):
        with pytest.raises(ValueError, match=r"cotangent has shape \(3,\)"):
            function(np.zeros((3, 4)), np.zeros(3))


def test_a_cotangent_may_be_of_any_sign_and_size(dtype):
    """It is no probability: no domain is checked."""
    cotangent = np.array([[-1e30, 2.0, -INF, 0.0]], dtype)
    assert fl.log_softmax.vjp(np.zeros((1, 4), dtype), cotangent[:, :2].repeat(2, 1)).shape == (1, 4)
    assert not np.isfinite(fl.log_softmax.vjp(np.zeros((1, 4), dtype), cotangent)).any()
