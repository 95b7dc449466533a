"""The pointwise losses: prediction and target of one shape, one loss an element.

Each function returns (value, gradient, Hessian) with respect to the prediction, element by element.
"""

from __future__ import annotations

import numpy as np

from fastloss._registry import (
    NONNEGATIVE, PROBABILITY, SIGN, Flag, NonNegative, OpenFraction, OptionalFraction, Positive, PositiveArray, pointwise,
)

__all__: list[str] = []


def _softplus_terms(logit):
    """exp(-|logit|), its log1p, and the two sigmoids: what the logistic losses are made of, without overflow."""
    e = np.exp(-np.abs(logit))
    small, large = e / (1 + e), 1 / (1 + e)
    positive = logit >= 0
    p = np.where(positive, large, small)
    q = np.where(positive, small, large)
    return e, np.log1p(e), np.where(np.isnan(logit), logit, p), np.where(np.isnan(logit), logit, q)


def _log_cosh_terms(r):
    """log cosh r and tanh r; log cosh r = -log1p(-tanh² r)/2 keeps the digits where r is small."""
    t = np.tanh(r)
    e = np.exp(-2 * np.abs(r))
    small = np.abs(r) < 0.5
    value = np.where(small, -np.log1p(-np.where(small, t, 0) ** 2) / 2, np.abs(r) + np.log1p(e) - np.log(r.dtype.type(2)))
    return value, t, 4 * e / (1 + e) ** 2


@pointwise()
def squared_error(pred, target):
    """Squared error."""
    r = pred - target
    return r * r, 2 * r, np.full_like(r, 2)


@pointwise(smoothness=0, kinks="pred == target")
def absolute_error(pred, target):
    """Absolute error."""
    r = pred - target
    return np.abs(r), np.sign(r), np.zeros_like(r)


@pointwise(smoothness=1, kinks="abs(pred - target) == delta")
def huber(pred, target, *, delta: Positive = 1.0):
    """Huber loss: quadratic near the target, linear beyond `delta`."""
    r = pred - target
    c = np.clip(r, -delta, delta)
    return c * (r - c / 2), c, (np.abs(r) <= delta).astype(r.dtype)


@pointwise(smoothness=1, kinks="abs(pred - target) == beta")
def smooth_l1(pred, target, *, beta: NonNegative = 1.0):
    """Smooth L1."""
    r = pred - target
    c = np.clip(r, -beta, beta)
    inside = np.abs(r) < beta
    unit = beta if beta > 0 else 1
    k = np.where(inside, r / unit, np.sign(r))
    return k * (r - c / 2), k, inside / r.dtype.type(unit)


@pointwise()
def log_cosh(pred, target):
    """Log-cosh."""
    return _log_cosh_terms(pred - target)


@pointwise(smoothness=0, kinks="pred == target")
def quantile(pred, target, *, q: OpenFraction = 0.5):
    """Quantile (pinball) loss."""
    r = pred - target
    slope = np.where(r > 0, 1 - q, np.where(r < 0, -q, r)).astype(r.dtype)
    return slope * r, slope, np.zeros_like(r)


@pointwise(prediction=PROBABILITY, target=PROBABILITY)
def binary_cross_entropy(pred, target):
    """Binary cross-entropy of probabilities."""
    p, y, q, z = pred, target, 1 - pred, 1 - target
    value = -np.where(y == 0, 0, y * np.log(p)) - np.where(z == 0, 0, z * np.log1p(-p))
    grad = np.where(y == 0, 1 / q, np.where(z == 0, -1 / p, (p - y) / (p * q)))
    hess = np.where(y == 0, 0, y / p / p) + np.where(z == 0, 0, z / q / q)
    return np.where(np.isnan(p), p, value), grad, np.where(np.isnan(p), p, hess)


@pointwise(target=PROBABILITY)
def binary_cross_entropy_with_logits(pred, target, *, pos_weight: PositiveArray = 1.0):
    """Binary cross-entropy of logits."""
    e, log1p_e, p, q = _softplus_terms(pred)
    positive, negative = (target * pos_weight).astype(pred.dtype), 1 - target
    value = np.abs(pred) * np.where(pred >= 0, negative, positive)
    value = np.where(np.where(pred >= 0, negative, positive) == 0, 0, value)
    value = value + (positive + negative) * log1p_e
    return value, negative * p - positive * q, (positive + negative) * p * q


@pointwise(target=PROBABILITY)
def sigmoid_focal(pred, target, *, alpha: OptionalFraction = 0.25, gamma: NonNegative = 2.0):
    """Focal loss."""
    e, log1p_e, p, q = _softplus_terms(pred)
    wrong = np.where(pred >= 0, 1 - target, target)
    right = 1 - wrong
    entropy = np.where(wrong == 0, 0, np.abs(pred) * wrong) + log1p_e
    log_miss = np.where(wrong == 0, -np.abs(pred), np.log(wrong + right * e)) - log1p_e
    ratio = (1 - 2 * target) * np.where(wrong == 0, 1, e / (wrong + right * e)) / (1 + e)
    balance = 1 if alpha is None else alpha * target + (1 - alpha) * (1 - target)
    factor = balance * np.where(gamma == 0, 1, np.exp(gamma * log_miss))
    slope = np.where(pred >= 0, wrong - e / (1 + e), e / (1 + e) - wrong)
    first = gamma * ratio * entropy
    grad = factor * (first + slope)
    hess = factor * (gamma * ratio * (first + 2 * slope) + gamma * ratio * (q - p - ratio) * entropy + p * q)
    return factor * entropy, grad, hess


@pointwise(target=SIGN, smoothness=0, kinks="pred * target == 1")
def hinge(pred, target):
    """Hinge."""
    margin = 1 - target * pred
    inside = np.where(np.isnan(margin), margin, margin > 0)
    return np.where(inside == 0, 0, margin), -target * inside, np.zeros_like(margin)


@pointwise(target=SIGN, smoothness=1, kinks="pred * target == 1")
def squared_hinge(pred, target):
    """Squared hinge."""
    margin = 1 - target * pred
    inside = np.where(np.isnan(margin), margin, margin > 0)
    margin = np.where(inside == 0, 0, margin)
    return margin * margin, -2 * target * margin, 2 * target * target * inside


@pointwise(target=NONNEGATIVE)
def poisson(pred, target):
    """Poisson deviance with log link."""
    rate = np.exp(pred)
    return rate - target * pred, rate - target, rate
