"""The 16-bit formats: every number is read as what it is, and results are rounded to the nearest, as by NumPy and ml_dtypes."""

import warnings

import numpy as np
import pytest
from conftest import call, same_bits

import fastloss as fl
from fastloss import _verify

HALVES = ["float16", "bfloat16"]


@pytest.fixture(params=HALVES)
def dtype(request):
    if request.param == "float16":
        return np.dtype(np.float16)
    return np.dtype(pytest.importorskip("ml_dtypes").bfloat16)


def every_number(dtype):
    return np.arange(2**16, dtype=np.uint16).view(dtype)


def numbers_to_round(dtype):
    """Every number of the format, what lies half way to the next, and float32's neighbours of both; and random float32.

    Those of which a half is no normal float32 are left out.
    """
    with np.errstate(all="ignore"):
        exact = every_number(dtype).astype(np.float32)
        exact = np.sort(exact[np.isfinite(exact)])
        halfway = (exact[1:].astype(np.float64) + exact[:-1]).astype(np.float32) / 2
        ends = np.array([65519.99, 65520, 65536, 3.38e38, 3.3961e38, np.inf], np.float32)
        some = np.concatenate([exact, halfway, ends, -ends])
        bits = np.random.default_rng(1).integers(0, 2**32, 200_000, dtype=np.uint32).view(np.float32)
        around = [np.nextafter(some, np.float32(np.inf)), np.nextafter(some, np.float32(-np.inf))]
        found = np.concatenate([some, *around, bits])
        return found[np.isfinite(found) & (np.abs(found) > 2.0**-125)]


def same_numbers(found, expected):
    found, expected = (x.astype(np.float64) for x in (found, expected))
    return np.array_equal(found, expected, equal_nan=True) and np.array_equal(
        np.signbit(found[found == 0]), np.signbit(expected[found == 0])
    )


def negative(x, dtype=None):
    """0 - x, rounded to the format; 0 and not -0."""
    with np.errstate(all="ignore"):
        return (0 - x.astype(np.float32)).astype(dtype or x.dtype)


@pytest.fixture(params=_verify.usable_tiers(), autouse=True)
def tier(request):
    with _verify.tier(request.param):
        yield request.param


def test_every_half_is_read_as_what_it_is(dtype):
    pred = every_number(dtype)
    # By the strided copy of the pointwise driver, and of rows; by the tier's kernel, with and without a rest.
    anything = {"reduction": "none", "check_domain": False}
    assert same_numbers(fl.nll(pred[:, None], np.zeros(len(pred), int), **anything), negative(pred))
    for classes in (64, 60):
        rows = pred[: len(pred) // classes * classes].reshape(-1, classes)
        for hot in range(classes):
            target = np.broadcast_to(np.eye(classes, dtype=np.float32)[hot], rows.shape)
            value = fl.kl_divergence(rows, target, **anything)
            known = ~np.isnan(rows.astype(np.float32)).any(axis=1)
            assert same_numbers(value[known], negative(rows[known, hot]))


def test_results_are_rounded_to_the_nearest(dtype):
    x = numbers_to_round(dtype)
    zero = np.zeros(len(x), dtype)
    expected = negative(x, dtype)
    found = fl.squared_error.grad(zero, x / 2, reduction="none")
    assert same_numbers(found, expected)
    # Rows, whose gradient is -p: contiguous, and with a rest.
    positive = np.abs(x)
    for classes in (64, 60):
        target = positive[: len(positive) // classes * classes].reshape(-1, classes)
        found = fl.kl_divergence.grad(np.zeros(target.shape, dtype), target, reduction="none")
        assert same_numbers(found, negative(target, dtype))


def test_values_of_rows_keep_their_digits(given, dtype):
    """Losses of rows are float32, gradients have the prediction's type or the one that is asked for; so in the reference."""
    pred, target = given.draw((20, 6), np.float32)
    pred = np.clip(pred, -100, 100).astype(dtype)
    wide = call(given.loss, "value_and_grad", pred.astype(np.float32), target, reduction="none")
    value, grad = call(given.loss, "value_and_grad", pred, target, reduction="none")
    assert [value.dtype, grad.dtype] == [np.float32 if given.rows else dtype, dtype]
    with np.errstate(over="ignore"):
        assert same_bits(value, wide[0].astype(value.dtype))
        assert same_bits(grad, wide[1].astype(dtype))
    for reduction in ("none", "mean"):
        asked = given.loss.grad(pred, target, reduction=reduction, grad_dtype=np.float32)
        place = np.empty(pred.shape, np.float32)
        assert given.loss.grad(pred, target, reduction=reduction, grad_dtype="float32", out=place) is place
        assert same_bits(asked, given.loss.grad(pred.astype(np.float32), target, reduction=reduction))
        assert same_bits(asked, place)
    reference = call(given.loss.reference, "value_and_grad", pred, target, reduction="none", grad_dtype="float32")
    assert [x.dtype for x in reference] == [value.dtype, np.float32]
    with pytest.raises(ValueError, match="grad_dtype"):
        given.loss.grad(pred, target, grad_dtype="int8")
    with pytest.raises(ValueError, match="grad_dtype="):
        given.loss.grad(pred, target, out=np.empty(pred.shape, np.float32))


def test_a_mean_whose_gradient_is_lost_says_so(dtype):
    pred = np.broadcast_to(np.zeros(1, dtype), (2**24 + 1,))
    target = np.broadcast_to(np.float32(0), pred.shape)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fl.squared_error.grad(pred, target)
        fl.squared_error(pred, target), fl.squared_error.grad(pred[1:], target[1:])
        fl.squared_error.grad(pred, target, reduction="sum"), fl.squared_error.grad(pred, target, grad_dtype="float32")
    assert len(caught) == (dtype == np.float16)
    assert all("grad_dtype='float32'" in str(w.message) and w.filename == __file__ for w in caught)
