"""Losses of distributions with their scales as parameters, of counts and positive numbers, and penalties."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .helpers import Parameters, formula, inner, per_element, sigmoid, softplus, square_sum, times
from .residuals import absolute_error, cauchy


@formula
def gaussian_nll(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    variance = p["variance"]
    np.subtract(pred, target, out=out)
    value = (math.log(variance) + square_sum(out) / (variance * out.size)) / 2
    out /= variance * out.size
    return value


@formula
def gaussian_nll_with_log_scale(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    return gaussian_nll(pred, target, out, {"variance": math.exp(2 * p["log_scale"])})


@formula
def laplace_nll(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    return absolute_error(pred, target, out, p) * times(out, 1 / p["scale"]) + math.log(p["scale"])


@formula
def cauchy_nll(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    return cauchy(pred, target, out, p) * times(out, 2 / p["scale"] ** 2) + math.log(p["scale"])


@formula
def student_t_nll(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    n, scale = p["degrees_of_freedom"], p["scale"]
    np.subtract(pred, target, out=out)
    x = out * out
    x /= n * scale**2
    x += 1
    out /= x
    np.log(x, out=x)
    out *= (n + 1) / (n * scale**2)
    return (n + 1) / 2 * per_element(x, out) + math.log(scale)


@formula
def crps_logistic(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    scale = p["scale"]
    r = pred - target
    r /= scale
    np.multiply(r, 0.5, out=out)
    np.tanh(out, out=out)
    np.abs(r, out=r)
    value = float(r.mean()) - 1
    np.negative(r, out=r)
    np.exp(r, out=r)
    r += 1
    np.log(r, out=r)
    return scale * (value + 2 * per_element(r, out))


@formula
def crps_laplace(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    scale = p["scale"]
    r = pred - target
    a = np.abs(r)
    a /= scale
    value = float(a.mean()) - 0.75
    np.negative(a, out=a)
    np.exp(a, out=a)
    np.subtract(1, a, out=out)
    np.copysign(out, r, out=out)
    return scale * (value + per_element(a, out))


@formula
def poisson(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    np.exp(pred, out=out)
    value = float(out.mean()) - inner(pred, target) / out.size
    out -= target
    out /= out.size
    return value


@formula
def poisson_identity(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    np.log(pred, out=out)
    value = float(pred.mean()) - inner(target, out) / out.size
    np.divide(target, pred, out=out)
    np.subtract(1, out, out=out)
    out /= out.size
    return value


@formula
def generalized_kl(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    np.exp(pred, out=out)
    out -= target
    log_ratio = np.log(target)
    log_ratio -= pred
    value = (inner(target, log_ratio) + float(out.sum())) / out.size
    out /= out.size
    return value


@formula
def negative_binomial(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    a = p["dispersion"]
    np.exp(pred, out=out)
    rest = out * a
    rest += 1
    out -= target
    out /= rest
    out /= out.size
    np.log(rest, out=rest)
    return (inner(rest, target) + float(rest.sum()) / a - inner(target, pred)) / out.size


@formula
def gamma(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    np.negative(pred, out=out)
    np.exp(out, out=out)
    out *= target
    value = float(pred.mean() + out.mean())
    np.subtract(1, out, out=out)
    out /= out.size
    return value


@formula
def inverse_gaussian(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    e = np.negative(pred)
    np.exp(e, out=e)
    np.multiply(target, e, out=out)
    out *= e
    value = float(out.mean() / 2 - e.mean())
    np.subtract(e, out, out=out)
    out /= out.size
    return value


@formula
def tweedie(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    power = p["power"]
    np.multiply(pred, 2 - power, out=out)
    np.exp(out, out=out)
    e = pred * (1 - power)
    np.exp(e, out=e)
    e *= target
    value = float(out.mean() / (2 - power) + e.mean() / (power - 1))
    out -= e
    out /= out.size
    return value


@formula
def tweedie_identity(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    power = p["power"]
    first = np.sqrt(target) if power == 1.5 else target ** (2 - power)
    value = float(first.mean()) / ((1 - power) * (2 - power))
    root = np.sqrt(pred) if power == 1.5 else pred ** (2 - power)
    value += float(root.mean()) / (2 - power)
    np.divide(root, pred, out=out)
    value -= inner(target, out) / ((1 - power) * out.size)
    np.divide(target, pred, out=root)
    np.subtract(1, root, out=root)
    out *= root
    out /= out.size
    return value


@formula
def zero_inflated_poisson(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    z = p["logit_zero"]
    log_total = math.log1p(math.exp(z))
    np.exp(pred, out=out)
    # Of a zero the value is softplus(z) - softplus(z + m) + m, and m (1 - sigmoid(z + m)) its slope.
    zero = np.flatnonzero(target == 0)
    mean = out[zero]
    value = float(out.mean()) + log_total - inner(pred, target) / out.size
    out -= target
    if zero.size:
        shifted = mean + z
        value -= float(softplus(shifted).sum()) / out.size
        out[zero] = mean * sigmoid(-shifted, np.empty_like(shifted))
    out /= out.size
    return value


@formula
def l1(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    return absolute_error(pred, target, out, p) * times(out, p["strength"])


@formula
def l2(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    return gaussian_nll(pred, target, out, {"variance": 1.0}) * times(out, p["strength"])


@formula
def elastic_net(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    strength, ratio = p["strength"], p["l1_ratio"]
    r = pred - target
    np.sign(r, out=out)
    out *= ratio
    value = inner(out, r) + (1 - ratio) / 2 * square_sum(r)
    r *= 1 - ratio
    out += r
    out *= strength / out.size
    return strength * value / out.size
