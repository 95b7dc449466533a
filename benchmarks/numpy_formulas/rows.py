"""Losses over a class axis."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .helpers import Parameters, formula, inner, per_element, sigmoid, softplus, square_sum
from .labels import binary_cross_entropy_with_logits


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
