"""The errors of the elementary functions, over all bit patterns alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from fastloss import _core
from fastloss._verify._errors import Worst
from fastloss._verify._units import one_precision_up, ulp
from fastloss.reference._special import digamma, erf, lgamma, trigamma

__all__ = ["EXACT_FUNCTIONS", "errors_of_function", "measure_function", "worst_of_function"]

EXACT_FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "exp": np.exp,
    "expm1": np.expm1,
    "log": np.log,
    "log1p": np.log1p,
    "tanh": np.tanh,
    "sigmoid": lambda x: np.where(x < 0, np.exp(-np.abs(x)), 1) / (1 + np.exp(-np.abs(x))),
    "softplus": lambda x: np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))),
    "log_sigmoid": lambda x: -(np.maximum(-x, 0) + np.log1p(np.exp(-np.abs(x)))),
    "erf": erf,
    "lgamma": lgamma,
    "digamma": digamma,
    "trigamma": trigamma,
}


def errors_of_function(found: np.ndarray, expected: np.ndarray) -> Any:
    """The error of each result in ulp of its dtype; infinite where one is NaN or infinite and the other is not."""
    with np.errstate(all="ignore"):
        error = np.abs(found - expected) / ulp(expected, found.dtype)
        beyond = np.abs(expected) > float(np.finfo(found.dtype).max)
    same = (found == expected) | (np.isnan(found) & np.isnan(expected)) | (beyond & np.isinf(found))
    return np.where(same, 0, np.where(np.isnan(error), np.inf, error))


def worst_of_function(name: str, dtype: np.dtype[Any], tier_name: str, samples: int = 200_000, seed: int = 1) -> Worst:
    """The worst error of an elementary function in ulp, over all bit patterns alike and over numbers around 1."""
    rng = np.random.default_rng(seed)
    dtype = np.dtype(dtype)
    patterns = rng.integers(0, 1 << (8 * dtype.itemsize), samples, dtype=f"u{dtype.itemsize}", endpoint=False).view(dtype)
    with np.errstate(all="ignore"):
        x = np.concatenate([patterns, rng.normal(0, 3, samples).astype(dtype), rng.normal(0, 40, samples).astype(dtype)])
        expected = EXACT_FUNCTIONS[name](x.astype(one_precision_up(dtype)))
    found = _core.math(name, tier_name, x)
    error = errors_of_function(found, expected)
    i = int(np.argmax(error))
    return Worst(float(error[i]), {"x": x[i]}, None, expected[i], found[i])


def measure_function(name: str, dtype: np.dtype[Any], tier_name: str, samples: int = 200_000, seed: int = 1) -> float:
    """The worst error alone of `worst_of_function`."""
    return worst_of_function(name, dtype, tier_name, samples, seed).error
