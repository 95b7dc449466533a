"""Functions that NumPy does not have, element by element, to a few units in the last place of float64 and longdouble.

Each obeys NumPy's protocol `__array_function__`: an array of another kind may compute it in its own way.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["erf"]

Function = Callable[[Any], Any]


def special(function: Function) -> Function:
    """Compute in float64 at least, without warnings, and give back the dtype that came; or let the array do it."""

    @functools.wraps(function)
    def public(x: Any) -> Any:
        if isinstance(x, np.ndarray) and type(x) is not np.ndarray:
            return x.__array_function__(public, (type(x),), (x,), {})
        given = np.asarray(x)
        with np.errstate(all="ignore"):
            return function(given.astype(np.result_type(given, np.float64))).astype(np.result_type(given, np.float16))

    return public


def constant(digits: str, x: Any) -> Any:
    """A constant in the precision of x, from more digits than that has."""
    return np.longdouble(digits).astype(x.dtype)


@special
def erf(x: Any) -> Any:
    """The error function."""
    size = np.minimum(np.abs(x), 8)
    # exp(-x²) with the digits that a rounded square loses: the first square has 22 bits, and is exact.
    head = np.round(size * 256) / 256
    inverse_root_pi = constant("0.5641895835477562869480794515607725858441", x)
    density = np.exp(-head * head) * np.exp(-(size - head) * (size + head)) * inverse_root_pi
    # Below 2: 2 exp(-x²)/√π times the sum of 2^n x^(2n+1) / (2n+1)!!, whose terms are positive.
    near = np.minimum(size, 2)
    total = np.ones_like(x)
    for n in range(50, 0, -1):
        total = 1 + total * (2 * near * near / (2 * n + 1))
    # Above: the continued fraction of 1 - erf, exp(-x²)/√π / (x + (1/2) / (x + (2/2) / (x + (3/2) / ...))).
    far = np.maximum(size, 2)
    fraction = far
    for n in range(80, 0, -1):
        fraction = far + n / fraction / 2
    return np.copysign(np.where(size < 2, 2 * density * near * total, 1 - density / fraction), x)
