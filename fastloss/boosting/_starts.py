"""Optimal constants: the margin that, given to all samples, makes the weighted loss least."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from fastloss._loss import Loss

__all__ = ["Start", "log_frequencies", "log_mean", "logit", "mean", "median", "quantile", "search", "search_row"]

#: From a loss, targets in float64 (or labels) and weights (or None) to the constant; None where there is no closed form.
Start = Callable[[Loss, np.ndarray, "np.ndarray | None"], Any]


def mean(loss: Loss, target: np.ndarray, weight: np.ndarray | None) -> Any:
    return np.average(target, weights=weight)


def log_mean(loss: Loss, target: np.ndarray, weight: np.ndarray | None) -> Any:
    with np.errstate(divide="ignore"):
        return np.log(np.average(target, weights=weight))


def logit(loss: Loss, target: np.ndarray, weight: np.ndarray | None) -> Any:
    positive = np.average(target * loss.params["pos_weight"].default, weights=weight)
    with np.errstate(divide="ignore"):
        return np.log(positive) - np.log(np.average(1 - target, weights=weight))


def weighted_quantile(target: np.ndarray, weight: np.ndarray | None, q: float) -> Any:
    """The mean of the least and the greatest q-quantile, which differ where a cumulated weight is q of all."""
    if weight is None:
        weight = np.ones(len(target))
    order = np.argsort(target, kind="stable")
    order = order[weight[order] > 0]
    if not len(order):
        return np.nan
    ordered, cumulated = target[order], np.cumsum(weight[order])
    # Sums of rounded weights: what differs from q of all by rounding alone is q of all.
    wanted, rounding = q * cumulated[-1], 8 * np.finfo(np.float64).eps * cumulated[-1]
    low, high = (np.searchsorted(cumulated, wanted + side) for side in (-rounding, rounding))
    return (ordered[low] + ordered[min(high, len(ordered) - 1)]) / 2


def quantile(loss: Loss, target: np.ndarray, weight: np.ndarray | None) -> Any:
    return weighted_quantile(target, weight, loss.params["q"].default)


def median(loss: Loss, target: np.ndarray, weight: np.ndarray | None) -> Any:
    return weighted_quantile(target, weight, 0.5)


def log_frequencies(loss: Loss, target: np.ndarray, weight: np.ndarray | None) -> Any:
    """Of targets (n, classes); or of the labels of all classes, each with what it weighs."""
    given = {name: parameter.default for name, parameter in loss.params.items()}
    if given["softcap"] is not None or given["z_loss"]:
        return None
    if target.ndim == 1:
        assert weight is not None
        counts = weight
    else:
        counts = np.sum(target if weight is None else target * weight[:, None], axis=0)
    smoothing = given["label_smoothing"]
    counts = (1 - smoothing) * counts + smoothing / len(counts) * counts.sum()
    if given["class_weight"] is not None:
        counts = counts * np.asarray(given["class_weight"], np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        return given["temperature"] * np.log(counts / counts.sum())


# Newton's method ends where a step is of rounding's size; halving a bracket of any two doubles takes at most 2200 steps.
ROUNDING = 4 * float(np.finfo(np.float64).eps)
FARTHEST = 1e300


def search(loss: Loss, target: np.ndarray, weight: np.ndarray | None, limit: float) -> float:
    """Where the weighted loss's derivative by a constant changes its sign: Newton's method, safeguarded by bisection."""

    def slope(constant: float) -> tuple[float, float]:
        grad, hess = loss.grad_and_hess(np.broadcast_to(constant, target.shape), target, weight=weight)
        return float(grad.sum()), float(hess.sum())

    limit = min(limit, FARTHEST)
    at, (grad, hess) = 0.0, slope(0.0)
    other = -np.sign(grad)  # and doubled, until the two are on both sides
    while grad:
        if abs(other) > limit:
            return float(np.clip(other, -limit, limit))
        beyond, hess_beyond = slope(other)
        if np.sign(beyond) != np.sign(grad):
            break
        at, grad, hess, other = other, beyond, hess_beyond, 2 * other
    low, high = min(at, other), max(at, other)
    halve = False
    while grad:
        with np.errstate(divide="ignore", over="ignore"):
            newton = at - np.float64(grad) / hess
        following = float(newton) if hess > 0 and low < newton < high and not halve else (low + high) / 2
        if abs(following - at) <= ROUNDING * abs(following) or not low < following < high:
            return following
        # At kinks Newton's steps need not come closer; every other time that they do not halve the bracket, bisection does.
        width = high - low
        at, (grad, hess) = following, slope(following)
        low, high = (at, high) if grad < 0 else (low, at)
        halve = not halve and high - low > width / 2
    return at


def search_row(loss: Loss, target: np.ndarray, weight: np.ndarray | None, classes: int, limit: float) -> np.ndarray:
    """The row of margins at which the weighted loss is least: steps by the diagonal Hessian, shortened until they descend."""

    def value(row: np.ndarray) -> float:
        return float(loss(np.broadcast_to(row, (len(target), classes)), target, weight=weight, reduction="sum"))

    at = np.zeros(classes)
    now = value(at)
    for _ in range(1000):  # each gains at least a constant factor; a hundred are usual
        grads, hesses = loss.grad_and_hess(np.broadcast_to(at, (len(target), classes)), target, weight=weight)
        grad, hess = grads.sum(axis=0), hesses.sum(axis=0)
        step = -grad / np.where(hess > 0, hess, np.abs(hess).max() or 1.0)
        for length in 0.5 ** np.arange(30):
            trial: np.ndarray = np.clip(at + length * step, -limit, limit)
            following = value(trial)
            # Armijo (1966): a small part of the descent that the gradient promises.
            if following <= now + 1e-4 * float(grad @ (trial - at)):
                break
        else:
            return at
        moved = np.abs(trial - at).max()
        at, now = trial, following
        if moved <= 1e-10 * max(1.0, np.abs(at).max()):
            return at
    return at
