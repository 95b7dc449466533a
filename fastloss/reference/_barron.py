"""What the distribution of Barron's general robust loss adds to it: derivatives by the shape, and a normalising constant."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from fastloss.reference._series import exp_cubic
from fastloss.reference._special import special

__all__ = ["general_loss", "log_partition", "shape_derivatives"]


def general_loss(u: Any, alpha: Any, scale: Any) -> tuple[Any, ...]:
    """Value, gradient and Hessian at a residual of u scales; and what `shape_derivatives` takes: log(1 + z), its power."""
    last, far = alpha == 2, np.isinf(u)
    shape, b = np.where(last, 1, alpha), np.where(last, 1, 2 - alpha)
    z = u * u / b
    # Where z is too large for a number 1 + z is z.
    beyond, finite = np.isinf(z), np.where(np.isinf(z), 1, z)
    log = np.where(beyond, 2 * np.log(np.where(beyond, np.abs(u), 1)) - np.log(b), np.log1p(finite))
    t = shape / 2 * log
    power = np.where(beyond, np.exp(t), (1 + finite) ** (shape / 2))
    value = b / np.where(shape == 0, 1, shape) * np.where(np.abs(t) < 1, np.expm1(t), power - 1)
    value = np.where(last, u * u / 2, np.where(shape == 0, b / 2 * log, value))
    slope = np.where(last, 1, np.where(beyond, np.exp(t - log), (1 + finite) ** (shape / 2 - 1))) / scale
    steepest = np.where(alpha < 1, 0 * alpha, np.where(alpha > 1, np.abs(u), 1 / scale)) * np.sign(u)
    hess = np.where(last, 1 / scale / scale, slope / scale * (shape - 1 + b / (1 + z)))
    nan = 0 * (alpha + np.where(far, 0, u))
    return (
        np.where(far & (alpha >= 0), np.abs(u), value) + nan,
        np.where(far, steepest, u * slope) + nan,
        np.where(far & ~last, 0 * alpha, hess) + nan,
        log,
        power,
    )


def _means(x: Any) -> tuple[Any, Any, Any]:
    """The means of v^k exp(v x) for v from 0 to 1 and k from 0 to 2, the first less 1."""
    near = np.abs(x) < 1
    divisor = np.where(near, 1, x)
    first = np.expm1(x) / divisor
    second = (np.exp(x) - first) / divisor
    third = (np.exp(x) - 2 * second) / divisor
    first = first - 1
    if near.any():
        z = np.where(near, x, 0)
        cubic = exp_cubic(z)
        curve = 0.5 + z * cubic
        first = np.where(near, z * curve, first)
        second = np.where(near, 1 + (z - 1) * curve, second)
        third = np.where(near, 1 + (z - 2) * curve + 2 * cubic, third)
    return first, second, third


def shape_derivatives(log1p_z: Any, power: Any, alpha: Any) -> tuple[Any, Any]:
    """Two derivatives of the general loss by alpha < 2, given log(1 + z) and (1 + z)^(alpha/2), z = (r/scale)²/(2 - alpha).

    With h = 1 - alpha/2 they are h/2 ∫ exp(alpha y/2) (y - p) dy and 1/4 ∫ exp(alpha y/2) (p² + h (y - p)²) dy,
    p = 1 - exp(-y), from 0 to log(1 + z).
    """
    h = 1 - alpha / 2
    t, m = alpha / 2 * log1p_z, h * log1p_z
    near = np.where(t < 1, t, 0)
    less_m, second_m, _ = _means(-m)
    less_s, _, _ = _means(-m - log1p_z)
    more, second, third = _means(near)
    slope = m / 2 * (log1p_z * second - more + less_m)
    bend = log1p_z / 4 * ((1 + h) * (more - 2 * less_m + less_s) + m * (log1p_z * third - 2 * second + 2 * second_m))
    # Farther out the same means over exp(t).
    t = np.where(t < 1, 1, t)
    first = -np.expm1(-t) / t
    second = (1 - first) / t
    third = (1 - 2 * second) / t
    far_slope = m / 2 * power * (log1p_z * second - first) + m / 2 * (1 + less_m)
    far_bend = power * log1p_z / 4 * ((1 + h) * first + m * (log1p_z * third - 2 * second))
    far_bend = far_bend + log1p_z / 4 * ((1 + h) * (less_s - 2 * less_m - 1) + 2 * m * second_m)
    far = alpha / 2 * log1p_z >= 1
    return np.where(far, far_slope, slope), np.where(far, far_bend, bend)


@special
def log_partition(alpha: Any) -> Any:
    """log Z(alpha) with two derivatives along a new first axis: Z is the integral of exp(-rho(x; alpha)), 0 <= alpha <= 2.

    With x = √b sinh(s), b = 2 - alpha, log(1 + x²/b) is 2 log(cosh(s)), and the trapezoid rule converges geometrically: the
    integrand is analytic where |Im s| < π/2, and decreases there where alpha |Im s| < π/2.
    """
    alphas, where = np.unique(alpha, return_inverse=True)
    return _of_unique(alphas.tobytes(), alphas.dtype)[:, where.reshape(alpha.shape)]


# A loss is asked for the same shapes again, by its entry points and those who move its other arguments.
@functools.lru_cache(maxsize=16)
def _of_unique(numbers: bytes, dtype: np.dtype[Any]) -> Any:
    alphas = np.frombuffer(numbers, dtype)
    # Like ones together, since they take as many steps.
    pieces = [_log_partition(alphas[i : i + 256]) for i in range(0, alphas.size, 256)]
    return np.concatenate([np.zeros((3, 0), dtype), *pieces], axis=1)


def _log_partition(alpha: Any) -> Any:
    depth = -2 - np.log(np.finfo(alpha.dtype).eps)
    b, inside = np.where(alpha == 2, 1, 2 - alpha), np.where(alpha == 0, 1, alpha)
    # Up to where the integrand, times a fourth power of s at alpha = 0, has vanished, in steps that leave what has no digit.
    reach = depth + 20
    end = 1 + np.where(alpha == 0, reach, np.log1p(2 * reach * inside / b) / inside)
    steps = end * (depth + 10) * np.maximum(alpha, 1) / 8.8
    n = int(np.max(np.where(np.isnan(steps), 1, steps))) + 1
    total, first, second = 0.5 + 0 * alpha, 0 * alpha, 0 * alpha
    for i in range(1, n + 1):
        cosh = np.cosh(end * i / n)
        log1p_z = 2 * np.log(cosh)
        t = alpha / 2 * log1p_z
        slope, bend = shape_derivatives(log1p_z, cosh**alpha, alpha)
        f = cosh * np.exp(-b / 2 * log1p_z * np.where(t == 0, 1, np.expm1(t) / np.where(t == 0, 1, t)))
        total, first, second = total + f, first - f * slope, second + f * (slope * slope - bend)
    mean, last = first / total, alpha == 2
    value = np.where(last, np.log(8 * np.arctan(1 + 0 * alpha)) / 2, np.log(2 * np.sqrt(b) * end / n * total))
    return np.stack([value, np.where(last, -np.inf, mean), np.where(last, -np.inf, second / total - mean * mean)])
