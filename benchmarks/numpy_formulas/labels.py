"""Losses of two labels."""

from __future__ import annotations

from typing import Any

import numpy as np

from .helpers import Parameters, formula, inner, per_element, sigmoid, softplus, square_sum


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
