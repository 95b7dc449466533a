"""The losses as a practised user of NumPy writes them: mean value, and gradient into an array that is there.

Each takes predictions, targets, the array for the gradient and the parameters, and returns the mean. They work on whole
arrays, in float32 and in place wherever an array is not needed again. Of several forms that do the same the fastest is taken:
`log(1 + e)` for numbers e from 0 to 1 rather than `log1p`, which took three times as long, `exp` and `log` rather than
`logaddexp`. They are right for ordinary numbers, as such code is: none looks after infinities, NaN or the ends of a domain.
Losses of which NumPy has not the functions (`erf`, `lgamma`) are left out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

__all__ = ["FORMULAS"]

Parameters = Mapping[str, Any]
#: Predictions, targets, the array for the gradient, parameters; returns the mean.
Formula = Callable[[Any, Any, Any, Parameters], float]

#: The formulas by the name of the loss.
FORMULAS: dict[str, Formula] = {}


def formula(function: Formula) -> Formula:
    FORMULAS[function.__name__] = function
    return function


def square_sum(x: Any) -> float:
    return float(np.dot(x.reshape(-1), x.reshape(-1)))


def inner(x: Any, y: Any) -> float:
    """The sum of the products of two arrays, without an array of products."""
    return float(np.dot(x.reshape(-1), y.reshape(-1)))


def per_element(value: Any, out: Any) -> float:
    """The mean of values of elements; the gradient is divided by their number."""
    out /= out.size
    return float(value.mean())


def per_row(values: Any, out: Any) -> float:
    """The mean of values of rows; the gradient is divided by their number."""
    out /= values.size
    return float(values.mean())


def times(out: Any, factor: float) -> float:
    """The factor, by which the gradient was multiplied too: of a loss that is a multiple of another."""
    if factor != 1:
        out *= factor
    return factor


def sigmoid(x: Any, out: Any) -> Any:
    """Into `out`. The hyperbolic tangent overflows nowhere, and takes NumPy less time than the exponential."""
    np.multiply(x, 0.5, out=out)
    np.tanh(out, out=out)
    out += 1
    out *= 0.5
    return out


def softplus(x: Any) -> Any:
    """log(1 + exp(x)), which overflows nowhere."""
    e = np.abs(x)
    np.negative(e, out=e)
    np.exp(e, out=e)
    e += 1
    np.log(e, out=e)
    e += np.maximum(x, 0)
    return e


# ---- residuals ------------------------------------------------------------------------------------------------------


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


# ---- distributions, with their scales as parameters -----------------------------------------------------------------


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


# ---- two labels -----------------------------------------------------------------------------------------------------


@formula
def binary_cross_entropy(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    other = 1 - pred
    np.subtract(pred, target, out=out)
    out /= pred
    out /= other
    out /= out.size
    # y log p + (1 - y) log(1 - p) = y (log p - log(1 - p)) + log(1 - p)
    np.log(other, out=other)
    log_p = np.log(pred)
    log_p -= other
    return -(inner(target, log_p) / out.size + float(other.mean()))


@formula
def binary_cross_entropy_with_logits(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    # Without `pos_weight`, which is 1.
    value = float(softplus(pred).mean()) - inner(pred, target) / out.size
    sigmoid(pred, out)
    out -= target
    out /= out.size
    return value


@formula
def sigmoid_focal(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    alpha, gamma = p["alpha"], p["gamma"]
    probability = sigmoid(pred, np.empty_like(pred))
    entropy = softplus(pred)
    entropy -= pred * target
    # The probability missed, p + y - 2 p y; 1 - 2y, and p (1 - p).
    sign = 1 - 2 * target
    missed = sign * probability
    missed += target
    balance = (2 * alpha - 1) * target
    balance += 1 - alpha
    balance *= missed * missed if gamma == 2 else missed**gamma
    value = inner(balance, entropy) / out.size
    np.subtract(1, probability, out=out)
    out *= probability
    out *= sign
    out /= missed
    out *= entropy
    out *= gamma
    probability -= target
    out += probability
    out *= balance
    out /= out.size
    return value


@formula
def brier_with_logits(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    probability = sigmoid(pred, np.empty_like(pred))
    np.subtract(probability, target, out=out)
    value = square_sum(out) / out.size
    out *= probability
    np.subtract(1, probability, out=probability)
    out *= probability
    out *= 2 / out.size
    return value


@formula
def hinge(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    m = pred * target
    np.subtract(1, m, out=m)
    np.maximum(m, 0, out=m)
    np.sign(m, out=out)
    out *= target
    out /= -out.size
    return float(m.mean())


@formula
def squared_hinge(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    np.multiply(pred, target, out=out)
    np.subtract(1, out, out=out)
    np.maximum(out, 0, out=out)
    value = square_sum(out) / out.size
    out *= target
    out *= -2 / out.size
    return value


@formula
def perceptron(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    z = pred * target
    np.minimum(z, 0, out=z)
    np.sign(z, out=out)
    out *= target
    out /= out.size
    return -float(z.mean())


@formula
def modified_huber(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    # With m = max(1 - z, 0) and c = min(m, 2), the value is c (2 m - c) on both sides of the bend.
    m = pred * target
    np.subtract(1, m, out=m)
    np.maximum(m, 0, out=m)
    np.minimum(m, 2, out=out)
    value = (2 * inner(out, m) - square_sum(out)) / out.size
    out *= target
    out *= -2 / out.size
    return value


@formula
def soft_margin(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    z = pred * target
    np.negative(z, out=z)
    value = float(softplus(z).mean())
    sigmoid(z, out)
    out *= target
    out /= -out.size
    return value


@formula
def exponential(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    np.multiply(pred, target, out=out)
    np.negative(out, out=out)
    np.exp(out, out=out)
    value = float(out.mean())
    out *= target
    out /= -out.size
    return value


@formula
def cross_entropy_lambda(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    # Where an event is rare its probability needs all digits of the logarithm and of the exponential.
    exposure = p["exposure"]
    np.exp(pred, out=out)
    expected = np.log1p(out)
    expected *= exposure
    probability = np.negative(expected)
    np.expm1(probability, out=probability)
    np.negative(probability, out=probability)
    value = float(expected.sum()) - inner(target, expected) - inner(target, np.log(probability))
    sigmoid(pred, out)
    np.divide(target, probability, out=probability)
    np.subtract(1, probability, out=probability)
    out *= probability
    out *= exposure / out.size
    return value / out.size


@formula
def asymmetric_focal(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    g, h = p["gamma_positive"], p["gamma_negative"]
    probability = sigmoid(pred, np.empty_like(pred))
    missed = 1 - probability
    # The label 1: y (1 - p)^g (g p log p - (1 - p)).
    entropy = softplus(-pred)
    factor = missed**g if g != 1 else missed.copy()
    factor *= target
    value = inner(factor, entropy)
    np.multiply(entropy, probability, out=out)
    out *= -g
    out -= missed
    out *= factor
    # The label 0, with u = max(p - clip, 0): (1 - y) p (1 - p) u^(h - 1) (u / (1 - u) - h log(1 - u)).
    u = probability - p["clip"]
    np.maximum(u, 0, out=u)
    rest = 1 - u
    entropy = np.log(rest)
    square = u * u
    factor = square * u if h == 4 else u ** (h - 1)
    factor *= 1 - target
    value -= inner(factor * u, entropy)
    entropy *= -h
    u /= rest
    entropy += u
    entropy *= factor
    entropy *= probability
    entropy *= missed
    out += entropy
    out /= out.size
    return value / out.size


@formula
def reduced_focal(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    gamma = p["gamma"]
    sign = 1 - 2 * target
    z = sign * pred
    entropy = softplus(z)
    missed = sigmoid(z, np.empty_like(z))
    factor = missed / p["threshold"]
    np.minimum(factor, 1, out=factor)
    easy = factor < 1
    factor *= factor if gamma == 2 else factor ** (gamma - 1)
    value = inner(factor, entropy) / out.size
    np.subtract(1, missed, out=out)
    out *= entropy
    out *= gamma
    out *= easy
    out += missed
    out *= factor
    out *= sign
    out /= out.size
    return value


@formula
def binary_sparsemax(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    z = (1 - 2 * target) * pred
    beyond = z - 1
    np.maximum(beyond, 0, out=beyond)
    z += 1
    np.clip(z, 0, 2, out=z)
    value = square_sum(z) / (4 * out.size) + float(beyond.mean())
    np.add(pred, 1, out=out)
    out *= 0.5
    np.clip(out, 0, 1, out=out)
    out -= target
    out /= out.size
    return value


@formula
def hinge_embedding(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    lack = p["margin"] - pred
    np.maximum(lack, 0, out=lack)
    np.sign(lack, out=out)
    np.negative(out, out=out)
    alike = target > 0
    out[alike] = 1
    np.copyto(lack, pred, where=alike)
    return per_element(lack, out)


@formula
def margin_ranking(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    m = pred - p["other"] if p["other"] else pred.copy()
    m *= target
    np.subtract(p["margin"], m, out=m)
    np.maximum(m, 0, out=m)
    np.sign(m, out=out)
    out *= target
    out /= -out.size
    return float(m.mean())


# ---- counts and positive numbers ------------------------------------------------------------------------------------


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


# ---- penalties ------------------------------------------------------------------------------------------------------


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


# ---- rows -----------------------------------------------------------------------------------------------------------


def softmax(logits: Any, out: Any) -> tuple[Any, Any]:
    """The softmax of each row into `out`, and what was subtracted from the logits to have their log-softmax."""
    top = logits.max(axis=-1, keepdims=True)
    np.subtract(logits, top, out=out)
    np.exp(out, out=out)
    total = out.sum(axis=-1, keepdims=True)
    out /= total
    np.log(total, out=total)
    total += top
    return out, total


def at_label(rows: Any, labels: Any) -> Any:
    return np.take_along_axis(rows, labels[..., None], axis=-1)


def of_label(pred: Any, labels: Any, out: Any, value_and_slope: Callable[[Any], tuple[Any, Any]]) -> float:
    """A loss of the log-probability of the label, which it and its derivative are functions of."""
    _, shift = softmax(pred, out)
    values, slopes = value_and_slope(at_label(pred, labels) - shift)
    out *= slopes / -values.size
    np.put_along_axis(out, labels[..., None], at_label(out, labels) + slopes / values.size, axis=-1)
    return float(values.mean())


@formula
def cross_entropy(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    # Without the options, which are off. The sums are divided by the number of rows at once.
    samples = target.size
    top = pred.max(axis=-1, keepdims=True)
    np.subtract(pred, top, out=out)
    chosen = at_label(out, target)
    np.exp(out, out=out)
    total = out.sum(axis=-1, keepdims=True)
    out *= 1 / (samples * total)
    np.put_along_axis(out, target[..., None], at_label(out, target) - 1 / samples, axis=-1)
    return float((np.log(total) - chosen).mean())


@formula
def selected_log_probs(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    value = cross_entropy(pred, target, out, p)
    np.negative(out, out=out)
    return -value


@formula
def softmax_focal(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    gamma = p["gamma"]

    def value_and_slope(log_q: Any) -> tuple[Any, Any]:
        q = np.exp(log_q)
        missed = 1 - q
        power = missed**gamma
        return -power * log_q, gamma * power / missed * q * log_q - power

    return of_label(pred, target, out, value_and_slope)


@formula
def poly1_cross_entropy(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    epsilon = p["epsilon"]

    def value_and_slope(log_q: Any) -> tuple[Any, Any]:
        q = np.exp(log_q)
        return epsilon * (1 - q) - log_q, -1 - epsilon * q

    return of_label(pred, target, out, value_and_slope)


@formula
def generalized_cross_entropy(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    def value_and_slope(log_q: Any) -> tuple[Any, Any]:
        power = np.exp(p["q"] * log_q)
        return (1 - power) / p["q"], -power

    return of_label(pred, target, out, value_and_slope)


@formula
def symmetric_cross_entropy(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    alpha, other = p["alpha"], -p["beta"] * p["log_zero"]

    def value_and_slope(log_q: Any) -> tuple[Any, Any]:
        q = np.exp(log_q)
        return other * (1 - q) - alpha * log_q, -other * q - alpha

    return of_label(pred, target, out, value_and_slope)


@formula
def nll(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    out.fill(0)
    np.put_along_axis(out, target[..., None], -1 / target.size, axis=-1)
    return -float(at_label(pred, target).mean())


@formula
def kl_divergence(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    np.log(target, out=out)
    out -= pred
    samples = len(out)
    value = inner(target, out) / samples
    np.multiply(target, -1 / samples, out=out)
    return value


@formula
def total_variation(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    r = pred - target
    samples = len(out)
    np.sign(r, out=out)
    value = inner(out, r) / (2 * samples)
    out /= 2 * samples
    return value


@formula
def distillation_kl(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    # Without the temperature, which is 1.
    samples = len(out)
    _, shift = softmax(pred, out)
    teacher, teacher_shift = softmax(target, np.empty_like(target))
    gap = target - pred
    value = (inner(teacher, gap) + float((shift - teacher_shift).sum())) / samples
    out -= teacher
    out /= samples
    return value


@formula
def distillation_js(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    # Without the temperature, which is 1.
    beta, samples = p["beta"], len(out)
    _, shift = softmax(pred, out)
    teacher, teacher_shift = softmax(target, np.empty_like(target))
    log_mixed = beta * teacher
    log_mixed += (1 - beta) * out
    np.log(log_mixed, out=log_mixed)
    x = target - teacher_shift
    x -= log_mixed
    y = pred - shift
    y -= log_mixed
    y_mean = np.einsum("...i,...i->...", out, y)[..., None]
    value = beta * inner(teacher, x) + (1 - beta) * float(y_mean.sum())
    y -= y_mean
    out *= y
    out *= (1 - beta) / samples
    return value / samples


@formula
def multilabel_soft_margin(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    return binary_cross_entropy_with_logits(pred, target, out, p)


@formula
def one_vs_all(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    samples = target.size
    value = float(softplus(pred).sum() - at_label(pred, target).sum()) / samples
    sigmoid(pred, out)
    np.put_along_axis(out, target[..., None], at_label(out, target) - 1, axis=-1)
    out /= samples
    return value


@formula
def multi_margin(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    # With `p` 1.
    z = pred - (at_label(pred, target) - p["margin"])
    np.maximum(z, 0, out=z)
    np.put_along_axis(z, target[..., None], 0, axis=-1)
    np.sign(z, out=out)
    np.put_along_axis(out, target[..., None], -out.sum(axis=-1, keepdims=True), axis=-1)
    return per_element(z, out)


@formula
def categorical_hinge(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    np.copyto(out, pred)
    np.put_along_axis(out, target[..., None], -np.inf, axis=-1)
    rival = out.argmax(axis=-1)
    z = p["margin"] + at_label(pred, rival) - at_label(pred, target)
    np.maximum(z, 0, out=z)
    slope = np.sign(z) / z.size
    out.fill(0)
    np.put_along_axis(out, rival[..., None], slope, axis=-1)
    np.put_along_axis(out, target[..., None], -slope, axis=-1)
    return float(z.mean())


@formula
def multilabel_margin(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    # For lists of one length: a pass over the classes for each place of the list.
    length = int((target >= 0).sum(axis=-1).max())
    listed = target[..., :length]
    out.fill(0)
    value = 0.0
    for place in range(length):
        label = listed[..., place]
        z = pred - (at_label(pred, label) - p["margin"])
        np.put_along_axis(z, listed, 0, axis=-1)
        np.maximum(z, 0, out=z)
        value += float(z.mean())
        np.sign(z, out=z)
        out += z
        np.put_along_axis(out, label[..., None], at_label(out, label) - z.sum(axis=-1, keepdims=True), axis=-1)
    out /= out.size
    return value


@formula
def sparsemax(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    samples, classes = pred.shape
    descending = np.sort(pred, axis=-1)[..., ::-1]
    sums = np.cumsum(descending, axis=-1)
    number = (1 + np.arange(1, classes + 1, dtype=pred.dtype) * descending > sums).sum(axis=-1, keepdims=True)
    threshold = ((np.take_along_axis(sums, number - 1, axis=-1) - 1) / number).astype(pred.dtype)
    np.subtract(pred, threshold, out=out)
    np.maximum(out, 0, out=out)
    # 1/2 Σ (x² - τ²) over the support is 1/2 Σ p² + τ, as p = x - τ sums to 1.
    value = square_sum(out) / 2 + float((threshold - at_label(pred, target)).sum()) + samples / 2
    np.put_along_axis(out, target[..., None], at_label(out, target) - 1, axis=-1)
    out /= samples
    return value / samples
