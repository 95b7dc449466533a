"""`minimize_objective`: linear models of every loss, on dense and sparse matrices, beside the loss of their margins."""

from __future__ import annotations

import copy
import pickle
import tracemalloc

import numpy as np
import pytest

import fastloss as fl
from fastloss import boosting
from fastloss.boosting import minimize_objective

MIB = 1 << 20


def is_objective(loss):
    try:
        boosting.objective(loss)
    except ValueError:
        return False
    return True


LOSSES = [name for name, loss in fl.losses.items() if is_objective(loss)]
SPARSE = ("csr_array", "csr_matrix", "csc_array", "csc_matrix", "coo_array", "bsr_matrix", "lil_array")


def draw(loss, n=30, features=4, classes=3, seed=0):
    """X, targets within the loss's domain, and weights."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, features))
    low, high = np.clip(loss.domain.target.low, -2, 2), np.clip(loss.domain.target.high, -2, 3)
    if loss.domain.target.ends_only:
        y = np.where(rng.random(n) < 0.4, high, low)
    elif loss.family == "rows":
        y = rng.integers(0, classes, n) if loss.declared.labels else rng.random((n, classes))
    else:
        y = low + (high - low) * rng.uniform(0.1, 0.9, n)
    return X, y, rng.uniform(0.5, 2, n)


def at(f, seed=0):
    return 0.3 * np.random.default_rng(seed).normal(size=f.shape)


def assert_same(f, g, rtol=1e-12):
    """Two functions are the same in value, gradient, Hessian product and start."""
    point, along = at(f), at(f, 1)
    for a, b in zip((*f(point), f.hessp(point, along), f.start()), (*g(point), g.hessp(point, along), g.start()), strict=True):
        np.testing.assert_allclose(a, b, rtol=rtol, atol=rtol * np.abs(b).max())


@pytest.mark.parametrize("name", LOSSES)
def test_the_function_is_the_mean_of_the_losses_of_its_margins(name):
    loss = fl.losses[name]
    X, y, weight = draw(loss)
    given = {"class_weight": np.array([0.5, 2.0, 1.0])} if loss.family == "rows" and "class_weight" in loss.params else {}
    f = minimize_objective(loss, X, y, weight, l2=0.1, **given)
    coefficients = at(f)
    margin = X @ coefficients[:-1] + coefficients[-1]
    value, grad = f(coefficients)
    penalty = 0.05 * np.sum(coefficients[:-1] ** 2)
    assert value == pytest.approx(loss(margin, y, weight=weight, reduction="mean", **given) + penalty, rel=1e-12)
    assert value == pytest.approx(f.objective.value(margin, y, weight) + penalty, rel=1e-12)
    by_margin = loss.grad(margin, y, weight=weight, reduction="mean", **given)
    wanted = np.concatenate([X.T @ by_margin + 0.1 * coefficients[:-1], by_margin.sum(axis=0, keepdims=True)])
    np.testing.assert_allclose(grad, wanted.ravel(), rtol=1e-11, atol=1e-13)
    for power in (-1020, 1020):  # which changes no ratio
        f = minimize_objective(loss, X, y, np.ldexp(weight, power), l2=0.1, **given)
        np.testing.assert_array_equal(f(coefficients)[1], grad)


@pytest.mark.parametrize("bad", [0.0, np.nan, np.inf])
@pytest.mark.parametrize("form", ["dense", "csr_array", "csc_array"])
def test_what_does_not_count_counts_nowhere(form, bad):
    sparse = pytest.importorskip("scipy.sparse")
    made = getattr(sparse, form, np.asarray)
    for name in ("cross_entropy", "multi_margin", "huber", "binary_cross_entropy_with_logits"):
        loss = fl.losses[name]
        X, y, weight = draw(loss)
        rows = loss.family == "rows"
        more = np.r_[X, np.where(np.arange(30)[:, None] % 2, bad, X)]
        for ignore_index in (-100, 255, 2**31 - 1, 2**62) if rows else (None,):
            options = {"ignore_index": ignore_index} if rows else {}
            labels, its = np.r_[y, np.full(30, ignore_index) if rows else y], np.r_[weight, np.full(30, 1e300 if rows else 0)]
            f = minimize_objective(loss, made(X), y, weight, l2=0.1, **options)
            assert_same(minimize_objective(loss, made(more), labels, its, l2=0.1, **options), f)
            if rows:
                class_weight = np.array([1.0, 2.0, 3.0, 0.0])
                options |= {"class_weight": class_weight, "classes": 4}
                f = minimize_objective(loss, made(X), y, weight, **options)
                g = minimize_objective(loss, made(more), np.r_[y, np.full(30, 3)], np.r_[weight, weight], **options)
                if loss.declared.class_weight_in_mean:
                    assert_same(g, f)
                else:
                    assert g(at(g))[0] == pytest.approx(f(at(f))[0] / 2, rel=1e-12)
                    np.testing.assert_allclose(g(at(g))[1], f(at(f))[1] / 2, rtol=1e-11, atol=1e-13)
    for weight, labels in ((np.zeros(30), y), (None, np.full(30, -100))):
        with pytest.raises(ValueError, match="no sample counts"):
            minimize_objective(fl.cross_entropy if weight is None else fl.huber, made(X), labels, weight)
    with pytest.raises(ValueError, match="no sample counts"):
        minimize_objective(fl.huber, np.zeros((0, 3)), [])


@pytest.mark.parametrize("form", SPARSE)
def test_sparse_matrices(form, monkeypatch):
    sparse = pytest.importorskip("scipy.sparse")
    for dtype in (np.float64, np.float32, np.int64, bool):
        for name in ("huber", "cross_entropy"):
            X, y, weight = draw(fl.losses[name])
            X = np.where(np.abs(X) < 0.7, 0, 3 * X).astype(dtype)
            given = getattr(sparse, form)(X)
            with monkeypatch.context() as patched:
                for method in ("toarray", "todense"):
                    patched.setattr(type(given), method, None)
                f = minimize_objective(fl.losses[name], given, y, weight, l2=0.1)
                value, grad = f(at(f))
                assert type(grad) is np.ndarray
                product, margin = f.hessp(at(f), at(f, 1)), f.margin(at(f))
                np.testing.assert_array_equal(f.margin(at(f), given), margin)
            wanted = minimize_objective(fl.losses[name], X.astype(np.float64), y, weight, l2=0.1)
            np.testing.assert_allclose(value, wanted(at(f))[0], rtol=1e-12)
            np.testing.assert_allclose(grad, wanted(at(f))[1], rtol=1e-11, atol=1e-13)
            np.testing.assert_allclose(product, wanted.hessp(at(f), at(f, 1)), rtol=1e-7, atol=1e-9)
            assert type(margin) is np.ndarray
            np.testing.assert_allclose(margin, wanted.margin(at(f)), rtol=1e-12, atol=1e-14)
    with pytest.raises(TypeError, match=r"y is a .*sparse: its toarray"):
        minimize_objective(fl.huber, X, getattr(sparse, form)(X))
    with pytest.raises(TypeError, match="X has dtype complex128; real numbers are accepted"):
        minimize_objective(fl.huber, getattr(sparse, form)(X.astype(complex)), y)


def test_a_sparse_matrix_needs_no_more_memory_than_it_has():
    sparse = pytest.importorskip("scipy.sparse")
    rng = np.random.default_rng(0)
    n, features = 2000, 100_000  # dense, 1.5 GiB
    X = sparse.csr_array(
        (rng.normal(size=10 * n), rng.integers(0, features, 10 * n), np.arange(0, 10 * n + 1, 10)), (n, features)
    )
    tracemalloc.start()
    f = minimize_objective(fl.huber, X, rng.normal(size=n))
    f(f.start())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 16 * MIB


def test_several_levels_and_several_targets():
    X, y, weight = draw(fl.quantile)
    q = np.array([0.1, 0.5, 0.9])
    f = minimize_objective(fl.quantile, X, y, weight, l2=0.1, q=q)
    assert f.shape == (5, 3)
    each = [minimize_objective(fl.quantile, X, y, weight, q=level) for level in q]
    assert f(f.start())[0] == pytest.approx(np.mean([g(g.start())[0] for g in each]))
    point = at(f)
    wanted = np.mean([g(point[:, i])[0] for i, g in enumerate(each)]) + 0.05 * np.sum(point[:-1] ** 2)
    assert f(point)[0] == pytest.approx(wanted)
    targets = np.stack([y, -2 * y], axis=1)
    f = minimize_objective(fl.huber, X, targets, weight)
    point, along = at(f), at(f, 1)
    each = [minimize_objective(fl.huber, X, column, weight) for column in targets.T]
    assert f(point)[0] == pytest.approx(np.mean([g(point[:, i])[0] for i, g in enumerate(each)]))
    products = [g.hessp(point[:, i], along[:, i]) / 2 for i, g in enumerate(each)]
    np.testing.assert_allclose(f.hessp(point, along).reshape(f.shape), np.stack(products, axis=1), rtol=1e-12)


@pytest.mark.parametrize("form", ["dense", "csr", "csc"])
def test_functions_are_equal_by_value(form):
    sparse = pytest.importorskip("scipy.sparse")

    def made(X, y=(0, 1, 1), weight=None, loss=fl.hinge.reference, **options):
        X = np.array(X, float) if form == "dense" else getattr(sparse, f"{form}_array")(np.array(X, float))
        return minimize_objective(loss, X, [2 * label - 1 for label in y], weight, **options)

    X = [[1, 0], [0, 2], [3, 4]]
    one = made(X)
    assert one == made(X) == copy.deepcopy(one) == pickle.loads(pickle.dumps(one)) == made(X, weight=None)
    assert len({one, made(X), copy.copy(one)}) == 1
    assert made(X, weight=[1, 2, 3]) == made(X, weight=[2, 4, 6])  # of which the ratios count
    others = [
        made([[1, 0], [0, 2], [3, 5]]),
        made(X, (0, 1, 0)),
        made(X, weight=[1, 2, 3]),
        made(X, loss=fl.reference.squared_hinge),
        made(X, l2=1.0),
        made(X, fit_intercept=False),
        minimize_objective(fl.reference.hinge, X if form != "dense" else sparse.csr_array(X), [-1, 1, 1]),
    ]
    assert one not in others
    assert one != "another type"


def test_shapes_and_types_are_checked():
    X, y, weight = draw(fl.huber)
    labels = np.arange(30) % 3
    for error, message, loss, given, options in (
        (ValueError, r"X has shape \(30,\); wanted: \(n, features\)", fl.huber, (X[:, 0], y), {}),
        (ValueError, r"X has shape \(30, 2, 2\)", fl.huber, (X.reshape(30, 2, 2), y), {}),
        (ValueError, r"X has shape \(\)", fl.huber, (1.0, y), {}),
        (ValueError, "X has 30 rows but y has 29", fl.huber, (X, y[1:]), {}),
        (ValueError, r"X has 30 rows but y has shape \(\)", fl.huber, (X, 1.0), {}),
        (ValueError, r"y has shape \(30, 1, 1\)", fl.huber, (X, y[:, None, None]), {}),
        (ValueError, r"weight has shape \(29,\); wanted: \(30,\)", fl.huber, (X, y, weight[1:]), {}),
        (ValueError, r"weight has shape \(30, 1\); wanted: \(30,\)", fl.huber, (X, y, weight[:, None]), {}),
        (ValueError, "huber has no class axis", fl.huber, (X, y), {"classes": 3}),
        (ValueError, "classes = 0", fl.cross_entropy, (X, labels), {"classes": 0}),
        (ValueError, r"y has shape \(30, 2\) but classes = 3", fl.cross_entropy, (X, X[:, :2] ** 2), {"classes": 3}),
        (ValueError, "takes no labels", fl.multilabel_soft_margin, (X, labels), {}),
        (ValueError, "2 levels", fl.quantile, (X, X[:, :3]), {"q": [0.1, 0.9]}),
        (ValueError, r"class_weight has shape \(2,\)", fl.cross_entropy, (X, labels), {"class_weight": [1.0, 2.0]}),
        (IndexError, "the label of row 2 is 2", fl.cross_entropy, (X, labels), {"classes": 2}),
        (TypeError, "X has dtype complex128", fl.huber, (X.astype(complex), y), {}),
        (TypeError, "X has dtype <U", fl.huber, (X.astype(str), y), {}),
        (TypeError, "X has dtype object, and not all", fl.huber, (np.full((30, 2), "a", object), y), {}),
        (TypeError, "X is a masked array", fl.huber, (np.ma.masked_array(X), y), {}),
        (TypeError, "weight has dtype", fl.huber, (X, y, weight.astype(complex)), {}),
        (ValueError, "l2 = 'much' is outside", fl.huber, (X, y), {"l2": "much"}),
    ):
        with pytest.raises(error, match=message):
            minimize_objective(loss, *given, **options)
    f = minimize_objective(fl.cross_entropy, X, labels)
    for call, message in (
        (lambda: f(np.zeros(4)), r"coefficients has shape \(4,\); wanted: \(5, 3\) or \(15,\)"),
        (lambda: f(np.zeros((3, 5))), r"coefficients has shape \(3, 5\)"),
        (lambda: f.hessp(f.start(), np.zeros(2)), r"vector has shape \(2,\)"),
        (lambda: f.margin(f.start(), X[:, :3]), r"X has shape \(30, 3\); wanted: \(n, 4\)"),
    ):
        with pytest.raises(ValueError, match=message):
            call()
    one = minimize_objective(fl.huber, X, y[:, None], 3.0)
    assert_same(one, minimize_objective(fl.huber, X, y))
    assert_same(minimize_objective(fl.huber, X, y, sample_weight=weight), minimize_objective(fl.huber, X, y, weight))
    with pytest.raises(TypeError, match="two names of one argument"):
        minimize_objective(fl.huber, X, y, weight, sample_weight=weight)
    assert repr(one) == "<minimize_objective of huber, X of shape (30, 4), l2=0.0, fit_intercept=True>"
