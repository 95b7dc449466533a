"""The loss of rows of which only the label's entry counts, `nll`: beside an index of NumPy, in any layout; what it reads."""

import sys

import numpy as np
import pytest
from conftest import same_bits

import fastloss as fl

DTYPES = [np.float16, np.float32, np.float64]
#: One class; rows of which a task has many; of which it has one or two; a row of several segments.
SHAPES = [(700, 1), (3000, 10), (300, 1000), (5, 70_000)]


def drawn(n, classes, dtype):
    rng = np.random.default_rng(classes)
    pred = -rng.exponential(5, (n, classes)).astype(dtype)
    labels = rng.integers(0, classes, n)
    labels[::7] = -100
    weight, class_weight = rng.integers(1, 4, n) / 2, rng.integers(1, 4, classes) / 2
    weight[3::5] = 0
    if classes > 1:
        class_weight[labels[2]] = 0
    return pred, labels, weight, class_weight


def by_numpy(pred, labels, weight, class_weight):
    """Value and gradient of each row."""
    rows, grad = np.flatnonzero(labels >= 0), np.zeros(pred.shape, pred.dtype)
    counts = weight[rows] * class_weight[labels[rows]]
    chosen = pred[rows, labels[rows]].astype(np.float64)
    value = np.zeros(len(pred))
    value[rows], grad[rows, labels[rows]] = counts * -chosen, -counts
    return value, grad, counts.sum()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_an_index_of_numpy_gives_the_same(shape, dtype):
    pred, labels, weight, class_weight = drawn(*shape, dtype)
    value, grad, total = by_numpy(pred, labels, weight, class_weight)
    keywords = {"weight": weight, "class_weight": class_weight}
    tolerance = {"rtol": 4 * np.finfo(dtype).eps}
    for given, axis in ((pred, -1), (np.asfortranarray(pred), -1), (np.ascontiguousarray(pred.T), 0), (pred[::-1][::-1], 1)):
        found, slope = fl.nll.value_and_grad(given, labels, reduction="none", axis=axis, **keywords)
        np.testing.assert_allclose(found, value, **tolerance)
        np.testing.assert_array_equal(slope if axis else slope.T, grad)
        assert fl.nll(given, labels, axis=axis, **keywords) == pytest.approx(value.sum() / total, rel=1e-6)
    plain = fl.nll(pred, labels, reduction="sum")
    assert plain == pytest.approx(-pred[labels >= 0, labels[labels >= 0]].astype(np.float64).sum(), rel=1e-7)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_the_same_bits_by_every_way(shape, dtype):
    pred, labels, weight, class_weight = drawn(*shape, dtype)
    for keywords in ({}, {"weight": weight}, {"class_weight": class_weight}, {"weight": weight, "class_weight": class_weight}):
        value, grad = fl.nll.value_and_grad(pred, labels, n_threads=1, **keywords)
        assert grad.dtype == dtype
        for n_threads in (2, 5):
            assert fl.nll(pred, labels, n_threads=n_threads, **keywords) == value
            assert same_bits(fl.nll.grad(pred, labels, n_threads=n_threads, **keywords), grad)
        place = pred.copy()
        assert fl.nll.grad(place, labels, out=place, **keywords) is place
        assert same_bits(place, grad)
        _, hess = fl.nll.grad_and_hess(pred, labels, **keywords)
        assert not hess.any()


def test_unknown_entries_that_are_read_make_their_rows_unknown():
    pred, labels, _, _ = drawn(300, 1000, np.float32)
    pred[np.arange(300), (labels + 1) % 1000] = np.nan  # beside the labels
    value, grad = fl.nll.value_and_grad(pred, labels)
    assert np.isfinite(value)
    assert np.isfinite(grad).all()
    pred[5, labels[5]] = np.nan
    value, grad = fl.nll.value_and_grad(pred, labels, reduction="none")
    assert np.flatnonzero(np.isnan(value)).tolist() == [5]
    assert np.isnan(grad).all(axis=1).tolist() == (np.arange(300) == 5).tolist()
    weight = np.where(np.arange(300) == 5, 0, 1)
    assert np.isfinite(fl.nll(pred, labels, weight=weight))
    assert not fl.nll.grad(pred, labels, weight=weight)[5].any()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not count page faults here")
def test_nothing_but_the_labels_entries_is_read():
    """Of memory that was never touched a page comes into being where it is read first."""
    resource = pytest.importorskip("resource")
    n, classes = 1000, 50_000  # 48 pages a row
    pred, labels = np.zeros((n, classes), np.float32), np.random.default_rng(0).integers(0, classes, n)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    assert fl.nll(pred, labels) == 0
    assert resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before < 4 * n
