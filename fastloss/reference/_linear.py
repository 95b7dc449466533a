"""Losses of a linear layer, plainly: all logits, the loss of them, three products."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastloss import _arrays
from fastloss._linear import LinearLoss
from fastloss._linear_checks import check_head, check_labels, gradient_dtypes, row_values
from fastloss._linear_registry import FILTER_EPS, target_of
from fastloss._statistics import STATISTICS, SoftmaxResult
from fastloss.reference._softmax import floating

__all__ = ["evaluate"]


def evaluate(loss: LinearLoss, outputs: tuple[str, ...], arguments: dict[str, Any]) -> tuple[Any, ...]:
    """Value and gradients; `filter_eps` leaves out nothing here."""
    FILTER_EPS.check(arguments["filter_eps"])
    given = [np.asarray(arguments[name]) for name in ("hidden", "weight", "bias") if arguments[name] is not None]
    arrays = [floating(array) for array in given]
    real = np.result_type(*arrays)
    hidden, weight, *bias = (array.astype(real) for array in arrays)
    check_head(hidden, weight, bias[0] if bias else None)
    if arguments["sample_weight"] is not None:
        _arrays.broadcast(np.asarray(arguments["sample_weight"]), hidden.shape[:-1], "sample_weight")
    options = {
        name: arguments[name] for name in (*loss.wrapped.params, "reduction", "empty", "check_domain") if name in arguments
    }
    with np.errstate(all="ignore"):
        logits = hidden @ weight.T + (bias[0] if bias else 0)
        if target_of(loss.wrapped.row) == "teacher":
            inputs_of_teacher, matrix, *shift = (floating(x).astype(real) for x in arguments["teacher"] if x is not None)
            check_head(inputs_of_teacher, matrix, shift[0] if shift else None, "the teacher's ")
            target = inputs_of_teacher @ matrix.T + (shift[0] if shift else 0)
        else:
            target = np.asarray(arguments["labels"])
            if not target.size and target.ndim < hidden.ndim:
                target = target.astype(np.int64)
            check_labels(loss.wrapped.row, hidden, weight, target)
        flags = {name: True for name in STATISTICS if arguments.get(name)}
        result = loss.wrapped.value_and_grad(logits, target, weight=arguments["sample_weight"], **options, **flags)
        value, slopes = result[:2]
        # A row without a slope has no part in the gradients, even where it holds infinities.
        counts = slopes.any(axis=-1, keepdims=True)
        d_hidden = np.where(counts, slopes @ weight, 0)
        flat = slopes.reshape(-1, len(weight)) if slopes.size else np.zeros((0, len(weight)), slopes.dtype)
        inputs = np.where(counts, hidden, 0).reshape(len(flat), weight.shape[1])
        found = (d_hidden, flat.T @ inputs, flat.sum(axis=0))
        dtypes = gradient_dtypes((array.dtype for array in given), arguments.get("grad_dtype"))
        grad = tuple(array.astype(dtype) for array, dtype in zip(found, dtypes, strict=False))
        if isinstance(value, np.ndarray):
            value = value.astype(row_values(given[0].dtype))
    for place, array in zip(arguments.get("out") or (), grad, strict=False):
        if place is not None:
            place[...] = array
    if arguments.get("out") is not None:
        grad = tuple(g if place is None else place for place, g in zip(arguments["out"], grad, strict=True))
    found_results = {name: x for name, x in (("value", value), ("grad", grad)) if name in outputs}
    if flags:
        return SoftmaxResult(**found_results, **{STATISTICS[flag]: getattr(result, STATISTICS[flag]) for flag in flags})
    return tuple(found_results.values())
