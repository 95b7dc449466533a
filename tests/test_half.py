"""The 16-bit formats: every number is read as what it is, and results are rounded to the nearest, as by NumPy and ml_dtypes."""

import numpy as np
import pytest

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
