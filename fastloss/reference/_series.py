"""Functions that NumPy lacks: what is left of an elementary function where its first terms cancel."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["exp_cubic", "exp_curve", "exp_minus_linear", "x_minus_log1p"]


def x_minus_log1p(x):
    """x - log(1 + x) for 0 <= x <= 1. With s = x/(2 + x), log(1 + x) is 2 artanh(s), and x - 2s is x s."""
    s = x / (2 + x)
    z = s * s  # at most 1/9, so that 30 terms are good for 28 digits
    series = 0 * z
    for k in range(61, 1, -2):
        series = z * series + 1 / (k + 0 * z)
    return x * s - 2 * s * z * series


def exp_curve(x):
    """(exp(x) - 1 - x) / x² for |x| <= 1: its series, of which 30 terms are good for 30 digits."""
    series = 1 + 0 * x
    for k in range(31, 2, -1):
        series = 1 + x * series / k
    return series / 2


def exp_cubic(x: Any) -> Any:
    """(exp(x) - 1 - x - x²/2) / x³ for |x| <= 1: its series, of which 30 terms are good for 30 digits."""
    series = 1 + 0 * x
    for k in range(32, 3, -1):
        series = 1 + x * series / k
    return series / 6


def exp_minus_linear(x):
    """exp(x) - 1 - x."""
    near = np.abs(x) < 1
    z = np.where(near, x, 0)
    return np.where(near, z * z * exp_curve(z), np.expm1(x) - np.where(np.isposinf(x), 0, x))
