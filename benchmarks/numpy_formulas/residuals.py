"""Losses of the difference of prediction and target."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .helpers import FORMULAS, Parameters, formula, inner, per_element, square_sum, times


@formula
def squared_error(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    np.subtract(pred, target, out=out)
    value = square_sum(out) / out.size
    out *= 2 / out.size
    return value


FORMULAS["brier"] = squared_error


@formula
def absolute_error(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    r = pred - target
    np.sign(r, out=out)
    return per_element(np.abs(r, out=r), out)


@formula
def huber(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    # With c the residual r clipped, the value is c (r - c/2) on both sides of the bend.
    r = pred - target
    np.clip(r, -p["delta"], p["delta"], out=out)
    value = (inner(out, r) - square_sum(out) / 2) / out.size
    out /= out.size
    return value


@formula
def smooth_l1(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    return huber(pred, target, out, {"delta": p["beta"]}) * times(out, 1 / p["beta"])


@formula
def log_cosh(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    r = pred - target
    np.tanh(r, out=out)
    np.abs(r, out=r)
    value = float(r.mean()) - math.log(2)
    r *= -2
    np.exp(r, out=r)
    r += 1
    np.log(r, out=r)
    return value + per_element(r, out)


@formula
def quantile(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    r = pred - target
    np.subtract(r > 0, np.float32(p["q"]), out=out)
    value = inner(out, r) / out.size
    out /= out.size
    return value


@formula
def expectile(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    r = pred - target
    alpha = np.float32(p["alpha"])
    np.multiply(r > 0, 1 - 2 * alpha, out=out)
    out += alpha
    out *= r
    value = inner(out, r) / out.size
    out *= 2 / out.size
    return value


@formula
def wing(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    width, curvature = p["width"], p["curvature"]
    r = pred - target
    a = np.abs(r)
    beyond = a - width
    np.maximum(beyond, 0, out=beyond)
    value = float(beyond.mean())
    np.minimum(a, width, out=a)
    inside = a < width
    a += curvature
    np.divide(width, a, out=out)
    a /= curvature
    np.log(a, out=a)
    value += width * float(a.mean())
    out[~inside] = 1
    np.copysign(out, r, out=out)
    out /= out.size
    return value


@formula
def pseudo_huber(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    delta = p["delta"]
    np.subtract(pred, target, out=out)
    h = out / delta
    h *= h
    h += 1
    np.sqrt(h, out=h)
    out /= h
    return delta**2 * (per_element(h, out) - 1)


@formula
def charbonnier(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    np.subtract(pred, target, out=out)
    h = out * out
    h += p["epsilon"] ** 2
    np.sqrt(h, out=h)
    out /= h
    return per_element(h, out)


@formula
def fair(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    c = p["c"]
    np.subtract(pred, target, out=out)
    x = np.abs(out)
    x /= c
    value = float(x.mean())
    x += 1
    out /= x
    np.log(x, out=x)
    return c**2 * (value - per_element(x, out))


@formula
def cauchy(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    scale = p["scale"]
    np.subtract(pred, target, out=out)
    z = out / scale
    z *= z
    z += 1
    out /= z
    np.log(z, out=z)
    return scale**2 / 2 * per_element(z, out)


@formula
def geman_mcclure(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    r = pred - target
    z = r / p["c"]
    z *= z
    z += 1
    np.divide(r, z, out=out)
    value = inner(out, r) / (2 * out.size)
    out /= z
    out /= out.size
    return value


@formula
def welsch(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    c = p["c"]
    np.subtract(pred, target, out=out)
    e = out / c
    e *= e
    np.negative(e, out=e)
    np.exp(e, out=e)
    out *= e
    return c**2 / 2 * (1 - per_element(e, out))


@formula
def tukey_biweight(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    c = p["c"]
    np.subtract(pred, target, out=out)
    v = out / c
    v *= v
    np.subtract(1, v, out=v)
    np.maximum(v, 0, out=v)
    square = v * v
    out *= square
    value = c**2 / 6 * (1 - inner(square, v) / out.size)
    out /= out.size
    return value


@formula
def epsilon_insensitive(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    r = pred - target
    m = np.abs(r)
    m -= p["epsilon"]
    np.maximum(m, 0, out=m)
    np.sign(m, out=out)
    np.copysign(out, r, out=out)
    return per_element(m, out)


@formula
def squared_epsilon_insensitive(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    r = pred - target
    np.clip(r, -p["epsilon"], p["epsilon"], out=out)
    np.subtract(r, out, out=out)
    value = square_sum(out) / out.size
    out *= 2 / out.size
    return value


@formula
def squared_log_error(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    x, y = pred + 1, target + 1
    np.log(x, out=out)
    np.log(y, out=y)
    out -= y
    value = square_sum(out) / out.size
    out /= x
    out *= 2 / out.size
    return value


@formula
def absolute_percentage_error(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    m = np.abs(target)
    np.maximum(m, p["epsilon"], out=m)
    r = pred - target
    np.reciprocal(m, out=out)
    np.copysign(out, r, out=out)
    value = inner(out, r) / out.size
    out /= out.size
    return value


@formula
def symmetric_absolute_percentage_error(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    r = pred - target
    size = np.abs(target)
    s = np.abs(pred)
    s += size
    np.maximum(s, p["epsilon"], out=s)
    np.reciprocal(s, out=s)
    value = 2 * inner(np.abs(r), s) / out.size
    np.multiply(s, s, out=out)
    out *= size
    out *= pred * target > 0
    np.copysign(out, r, out=out)
    out *= 4 / out.size
    return value


@formula
def lp(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    power = p["p"]
    r = pred - target
    a = np.abs(r)
    np.power(a, power - 1, out=out)
    value = inner(out, a) / out.size
    np.copysign(out, r, out=out)
    out *= power / out.size
    return value


@formula
def linex(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    x = pred - target
    x *= p["a"]
    np.expm1(x, out=out)
    value = float(out.mean() - x.mean())
    out *= p["a"] / out.size
    return value


@formula
def log_lin_quantile(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    e = np.exp(pred)
    d = e - target
    np.subtract(d > 0, np.float32(p["q"]), out=out)
    value = inner(out, d) / out.size
    out *= e
    out /= out.size
    return value


@formula
def barron(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    # For shapes other than 0 and 2.
    alpha, scale = p["alpha"], p["scale"]
    b = 2 - alpha
    np.subtract(pred, target, out=out)
    out /= scale
    z = out * out
    z /= b
    z += 1
    power = np.sqrt(z) if alpha == 1 else z ** (alpha / 2)
    value = b / alpha * (float(power.mean()) - 1)
    out *= power
    out /= z
    out /= scale * out.size
    return value
