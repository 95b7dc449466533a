"""The softmax of rows of logits (n, classes): its logarithms, and statistics of it."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastloss import _errors

__all__ = ["floating", "lse_and_entropy", "shifted", "statistics"]


def floating(given: Any) -> np.ndarray:
    """An array in the precision that it is computed in: halves in float32, integers in float64."""
    array = np.asarray(given)
    if array.dtype.name in _errors.HALVES:
        return array.astype(np.float32)
    return array.astype(np.float64) if array.dtype.kind in "biu" else array


def shifted(logits: Any) -> tuple[Any, Any, Any]:
    """Of each row its largest logit, the logits less it, and Σ exp of these but the first 0: log1p of it keeps its digits."""
    top = np.max(logits, axis=1, keepdims=True, initial=-np.inf)
    is_top = (logits == top) & (np.cumsum(logits == top, axis=1) == 1)
    below = logits - top
    others = np.where(is_top, 0, np.exp(below)).sum(axis=1, keepdims=True)
    return top, below, np.where(np.isfinite(top), others, np.nan)


def lse_and_entropy(logits: Any) -> tuple[Any, Any]:
    """log Σ exp of each row, and the entropy of its softmax."""
    top, below, others = shifted(logits)
    e, log_sum = np.exp(below), np.log1p(others)
    entropy = log_sum + np.where(e == 0, 0, e * -below).sum(axis=1, keepdims=True) / (1 + others)
    return np.where(np.isinf(top), top, top + log_sum)[:, 0], entropy[:, 0]


def statistics(logits: Any, target: Any, ignore_index: int | None) -> dict[str, Any]:
    """All fields of `SoftmaxResult` that are statistics, from logits and labels (n,) or numbers (n, classes)."""
    logits = floating(logits)
    lse, entropy = lse_and_entropy(logits)
    rows = np.arange(len(logits))
    argmax = np.argmax(logits, axis=1) if logits.size else np.zeros(len(logits), np.int64)
    if target.ndim == 1:
        correct = (argmax == target) & (target != ignore_index)
    else:
        correct = target[rows, argmax] == np.fmax.reduce(target, axis=1) if target.size else np.zeros(len(logits), bool)
    return {"lse": lse, "entropy": entropy, "argmax": argmax.astype(np.int64), "correct": correct}
