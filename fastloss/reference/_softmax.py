"""The softmax of rows of logits (n, classes): its logarithms, and statistics of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from fastloss import _arrays

__all__ = ["floating", "lse_and_entropy", "shifted", "softened", "statistics"]


def floating(given: Any) -> np.ndarray:
    """An array in the precision that it is computed in: halves in float32, integers in float64."""
    array = np.asarray(given)
    if array.dtype.name in _arrays.HALVES:
        return array.astype(np.float32)
    return array.astype(np.float64) if array.dtype.kind in "biu" else array


def softened(logits: Any, top: Any, temperature: Any, softcap: Any) -> tuple[Any, Any, Any, Any]:
    """Softened logits z less that of `top`, that of `top`, and both derivatives by the logits given."""
    temperature = logits.dtype.type(temperature)
    half = logits / 2 - top / 2  # a difference may be too large for a number
    if softcap is None:
        return half * (2 / temperature), top / temperature, 1 / temperature, 0
    cap = logits.dtype.type(softcap)
    # tanh's difference as a product, as in csrc/math/softening.h; 1 - tanh² as 4 e / (1 + e)².
    e, e_top = (np.exp(-2 * np.abs(x / cap)) for x in (logits, top))
    one_sign = (logits < 0) == (top < 0)
    share = np.expm1(4 * (half / cap)) * np.where(one_sign, np.maximum(e, e_top), 1) / ((1 + e) * (1 + e_top))
    below = np.where(logits == -np.inf, -np.inf, 2 * cap / temperature * share)
    slope = 4 * e / ((1 + e) * (1 + e)) / temperature
    return below, cap * np.tanh(top / cap) / temperature, slope, -2 * np.tanh(logits / cap) * slope / cap


def shifted(logits: Any, temperature: Any = 1.0, softcap: Any = None) -> tuple[Any, Any, Any]:
    """Each row's largest logit, the logits less it, and Σ exp of these but the first 0: log1p of it keeps its digits."""
    top = np.max(logits, axis=1, keepdims=True, initial=-np.inf)
    is_top = (logits == top) & (np.cumsum(logits == top, axis=1) == 1)
    below, base, _, _ = softened(logits, top, temperature, softcap)
    others = np.where(is_top, 0, np.exp(below)).sum(axis=1, keepdims=True)
    return np.where(np.isneginf(top), top, base), below, np.where(np.isfinite(top), others, np.nan)


def lse_and_entropy(logits: Any, temperature: Any = 1.0, softcap: Any = None) -> tuple[Any, Any]:
    """log Σ exp of each row, and the entropy of its softmax."""
    top, below, others = shifted(logits, temperature, softcap)
    e, log_sum = np.exp(below), np.log1p(others)
    entropy = log_sum + np.where(e == 0, 0, e * -below).sum(axis=1, keepdims=True) / (1 + others)
    return np.where(np.isinf(top), top, top + log_sum)[:, 0], entropy[:, 0]


def statistics(logits: Any, target: Any, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """All fields of `SoftmaxResult` that are statistics, from logits and labels (n,) or numbers (n, classes)."""
    logits = floating(logits)
    lse, entropy = lse_and_entropy(logits, parameters.get("temperature", 1.0), parameters.get("softcap"))
    rows = np.arange(len(logits))
    argmax = np.argmax(logits, axis=1) if logits.size else np.zeros(len(logits), np.int64)
    if target.ndim == 1:
        correct = (argmax == target) & (target != parameters.get("ignore_index"))
    else:
        correct = target[rows, argmax] == np.fmax.reduce(target, axis=1) if target.size else np.zeros(len(logits), bool)
    return {"lse": lse, "entropy": entropy, "argmax": argmax.astype(np.int64), "correct": correct}
