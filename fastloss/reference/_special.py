"""Functions that NumPy does not have, element by element, to 4 units in the last place of float64 and longdouble, log Γ to 25.

Each obeys NumPy's protocol `__array_function__`: an array of another kind may compute it in its own way.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["digamma", "digamma_excess", "erf", "lgamma", "lgamma1p", "lgamma_excess", "trigamma", "trigamma_excess"]

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


#: Bernoulli's numbers B₂, B₄, ..., numerators and denominators.
BERNOULLI = (
    *((1, 6), (-1, 30), (1, 42), (-1, 30), (5, 66), (-691, 2730), (7, 6)),
    *((-3617, 510), (43867, 798), (-174611, 330), (854513, 138), (-236364091, 2730)),
)

#: From 10 on, the terms that are left out of Stirling's series are below 2e-21.
STEPS = 10


def stirling(x: Any, weight: Callable[[int], int]) -> list[Any]:
    """The coefficients of Stirling's series B₂ᵢ / weight(2i) in the precision of x."""
    return [x.dtype.type(p) / (q * weight(2 * i + 2)) for i, (p, q) in enumerate(BERNOULLI)]


def polynomial(coefficients: list[Any], u: Any) -> Any:
    total = 0 * u
    for c in reversed(coefficients):
        total = c + u * total
    return total


def divided_difference(coefficients: list[Any], u: Any, v: Any) -> Any:
    """(p(u) - p(v)) / (u - v) without a difference."""
    total, slope = 0 * u, 0 * u
    for c in reversed(coefficients):
        slope, total = total + v * slope, c + u * total
    return slope


def positive(function: Function) -> Function:
    """NaN below 0; at 0 the limit from the right."""

    @functools.wraps(function)
    def public(x: Any) -> Any:
        return np.where(x >= 0, function(np.abs(x)), np.nan).astype(x.dtype)

    return public


def _lgamma_beside(c: Any, t: Any, log_of_first: Any) -> Any:
    """log Γ(c + t) for c = 1 or 2, where it is 0 for t = 0: each term has t as a factor; given log(1 + t/c)."""
    x = c + t
    a, b = c + STEPS, x + STEPS
    far = (b - 0.5) * np.log1p(t / a) + t * (np.log(a) - 1)
    coefficients = stirling(x, lambda i: i * (i - 1))
    alpha, beta = 1 / a / a, 1 / b / b
    bend = (1 / a + 1 / b) / a * divided_difference(coefficients, beta, alpha)
    far -= t / b / a * (polynomial(coefficients, beta) + bend)
    steps = sum(np.log1p(t / (c + n)) for n in range(STEPS - 1, 0, -1)) + log_of_first
    return np.where(np.isposinf(x), x, far - steps)


@special
@positive
def lgamma(x: Any) -> Any:
    """The logarithm of the gamma function of positive numbers."""
    c = np.where(x < 1.5, 1, 2).astype(x.dtype)
    return _lgamma_beside(c, x - c, np.log(x / c))


@special
@positive
def lgamma1p(x: Any) -> Any:
    """log Γ(1 + x) with all digits of an x from 0 to 1/2."""
    return _lgamma_beside(np.ones_like(x), x, np.log1p(x))


@special
@positive
def digamma(x: Any) -> Any:
    """The derivative of the logarithm of the gamma function of positive numbers.

    It is computed as the difference from that of its zero, each term of which has the distance from there as a factor.
    """
    head, tail = x.dtype.type(float.fromhex("0x1.762d86356be3fp+0")), constant("9.54999542996569771518419907596705089e-17", x)
    distance, a, b = (x - head) - tail, head + tail + STEPS, x + STEPS
    steps = sum(1 / (head + tail + n) / (x + n) for n in range(STEPS))
    slope = divided_difference([0, *stirling(x, lambda i: i)], 1 / b / b, 1 / a / a)
    far = np.log1p(distance / a) / distance + (0.5 + (1 / a + 1 / b) * slope) / b / a
    return np.where(np.isposinf(x), x, distance * (steps + far))


@special
@positive
def trigamma(x: Any) -> Any:
    """The second derivative of the logarithm of the gamma function of positive numbers."""
    inverse = 1 / (x + STEPS)
    z = inverse * inverse
    far = inverse + z * (0.5 + inverse * polynomial(stirling(x, lambda i: 1), z))
    return far + sum((1 / (x + n)) ** 2 for n in range(STEPS))


def excess(weight: Callable[[int], int], step: Callable[[Any, Any], Any]) -> Function:
    """What a function of Γ's is beside the first terms of Stirling's series, to a few units in the last place of 1/2.

    From STEPS on it is the rest of the series. Below, `step` goes from x + 1 to x.
    """

    def function(x: Any) -> Any:
        below = x < STEPS
        inverse = 1 / np.where(below, x + STEPS, x)
        far = inverse * polynomial(stirling(x, weight), inverse * inverse)
        near = far
        for n in range(STEPS - 1, -1, -1):
            near = step(x + n, near)
        return np.where(below, near, far)

    return special(positive(function))


def _log_of_step(t: Any) -> Any:
    """log(1 + 1/t)"""
    return np.where(t < 1, np.log1p(t) - np.log(t), np.log1p(1 / t))


def _lgamma_step(t: Any, above: Any) -> Any:
    return above + (t + 0.5) * _log_of_step(t) - 1


def _digamma_step(t: Any, above: Any) -> Any:
    share = np.where(t == 0, 0, t * _log_of_step(t))
    return t / (1 + t) * (0.5 + above) + (0.5 - share)


def _trigamma_step(t: Any, above: Any) -> Any:
    return 0.5 / (1 + t) ** 2 + (t / (1 + t)) ** 2 * above


#: log Γ(x) - (x - 1/2) log x + x - log(2π)/2, Binet's function.
lgamma_excess = excess(lambda i: i * (i - 1), _lgamma_step)
#: x (log x - ψ(x)) - 1/2, which falls from 1/2 to 0.
digamma_excess = excess(lambda i: i, _digamma_step)
#: x² ψ'(x) - x - 1/2, which falls from 1/2 to 0.
trigamma_excess = excess(lambda i: 1, _trigamma_step)
