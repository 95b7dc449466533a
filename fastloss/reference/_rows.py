"""The losses of a row: a class axis, and for each row a label or a number for every class.

Each function takes predictions (n, classes) and labels (n,) or targets (n, classes), and returns (value, gradient, diagonal
Hessian, mass), where `mass` (n,) is what a row counts, beside its sample weight, in the denominator of a mean.
"""

from __future__ import annotations

import numpy as np

from fastloss._registry import NONNEGATIVE, ClassWeight, Flag, Fraction, Integer, rows

__all__: list[str] = []


def _one_hot(labels, classes, dtype):
    return (labels[:, None] == np.arange(classes)).astype(dtype)


def _label_mass(labels, classes, dtype, class_weight, ignore_index):
    """The class weight of each row's label, 0 for ignored rows; and labels that are safe to index with."""
    ignored = labels == ignore_index
    labels = np.where(ignored, 0, labels)
    per_class = np.ones(classes, dtype) if class_weight is None else np.asarray(class_weight, dtype)
    return np.where(ignored, 0, per_class[labels]), labels, per_class


@rows(target=NONNEGATIVE, labels=True)
def cross_entropy(pred, target, *, class_weight: ClassWeight = None, ignore_index: Integer = -100, label_smoothing: Fraction = 0.0):
    """Cross-entropy of softmax."""
    n, classes = pred.shape
    if target.ndim == 1:
        mass, labels, per_class = _label_mass(target, classes, pred.dtype, class_weight, ignore_index)
        target = _one_hot(labels, classes, pred.dtype)
        ignored = (target.sum(axis=1) == 0) | (mass == 0)
    else:
        per_class = np.ones(classes, pred.dtype) if class_weight is None else np.asarray(class_weight, pred.dtype)
        mass = np.ones(n, pred.dtype)
    mixed = per_class * ((1 - label_smoothing) * target + label_smoothing / classes)
    top = np.max(pred, axis=1, keepdims=True, initial=-np.inf)
    shifted = np.where(pred == -np.inf, -np.inf, pred - top)
    e = np.exp(shifted)
    total = e.sum(axis=1, keepdims=True)
    first = np.argmax(shifted, axis=1)[:, None] if classes else np.zeros((n, 1), int)
    others = e.copy()
    np.put_along_axis(others, first, 0, axis=1)
    log_total = np.log1p(others.sum(axis=1, keepdims=True))
    value = np.where(mixed == 0, 0, mixed * (log_total - shifted)).sum(axis=1)
    q = e / total
    rest = 1 - q
    np.put_along_axis(rest, first, others.sum(axis=1, keepdims=True) / total, axis=1)
    spread = mixed.sum(axis=1, keepdims=True)
    grad = np.where(mixed == spread, -mixed * rest, spread * q - mixed)
    hess = spread * q * rest
    lost = np.where(np.isnan(total) | ~np.isfinite(top), np.nan, 0)
    value, grad, hess = value + lost[:, 0], grad + lost, hess + lost
    if target.ndim == 1 or mass is not None:
        dropped = mass == 0
        value = np.where(dropped, 0, value)
        grad, hess = (np.where(dropped[:, None], 0, x) for x in (grad, hess))
    return value, grad, hess, mass


@rows(labels=True, probabilities=False)
def nll(pred, target, *, class_weight: ClassWeight = None, ignore_index: Integer = -100):
    """Negative log-likelihood."""
    mass, labels, _ = _label_mass(target, pred.shape[1], pred.dtype, class_weight, ignore_index)
    chosen = pred[np.arange(len(labels)), labels]
    value = np.where(mass == 0, 0, -mass * chosen)
    grad = -mass[:, None] * _one_hot(labels, pred.shape[1], pred.dtype)
    return value, grad, np.zeros_like(grad), mass


@rows(target=NONNEGATIVE)
def kl_divergence(pred, target, *, log_target: Flag = False):
    """Kullback-Leibler divergence."""
    p = np.exp(target) if log_target else target
    log_p = target if log_target else np.log(target)
    value = np.where(p == 0, 0, p * (log_p - pred)).sum(axis=1)
    return value, -p, np.zeros_like(p), np.ones(len(pred), pred.dtype)
