"""What a linear layer accepts: the shapes and dtypes of its arrays and of its gradients, however the loss is computed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from fastloss import _arrays, _errors
from fastloss._registry import Declaration

__all__ = ["check_head", "check_labels", "gradient_dtypes", "row_values"]


def check_head(hidden: np.ndarray, weight: np.ndarray, bias: np.ndarray | None, owner: str = "") -> None:
    """Raise where the shapes are not those of a linear layer."""
    if hidden.ndim == 0 or weight.ndim != 2 or weight.shape[1] != hidden.shape[-1]:
        raise ValueError(
            f"{owner}hidden has shape {hidden.shape} but {owner}weight has shape {weight.shape}; wanted: (..., D) and (V, D)"
        )
    if bias is not None and bias.shape != (len(weight),):
        raise ValueError(
            f"{owner}weight has shape {weight.shape} but {owner}bias has shape {bias.shape}; wanted: ({len(weight)},)"
        )


def row_values(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The type of the values of rows of such numbers: not a half, in which a log-probability is off by hundredths."""
    return np.dtype(np.float32) if dtype.name in _arrays.HALVES else gradient_dtypes([dtype], None)[0]


def check_labels(declared: Declaration, hidden: np.ndarray, weight: np.ndarray, labels: np.ndarray) -> None:
    """Raise where labels, or numbers for every class, have not the shape or the kind of dtype that the loss takes."""
    accepted = {"labels": hidden.shape[:-1]}
    if declared.probabilities:
        accepted["numbers"] = (*hidden.shape[:-1], len(weight))
    if labels.shape not in accepted.values():
        wanted = " or ".join(f"{what} of shape {shape}" for what, shape in accepted.items())
        raise ValueError(
            f"hidden has shape {hidden.shape} and weight {weight.shape}, but labels has shape {labels.shape}; wanted: {wanted}"
        )
    if (labels.ndim == hidden.ndim) == (labels.dtype.kind in "biu"):
        raise _errors.target_type(labels.dtype, labels=labels.ndim != hidden.ndim, name="labels")


def gradient_dtypes(dtypes: Iterable[np.dtype[Any]], asked: Any) -> list[np.dtype[Any]]:
    """The types of the gradients by arrays of these types, where `asked` is the argument `grad_dtype`."""
    own = [np.dtype(np.float64) if dtype.kind in "biu" else dtype.newbyteorder("=") for dtype in dtypes]
    if asked is None:
        return own
    wanted = _errors.gradient_dtype(asked)
    if wanted != np.float32 and set(own) != {wanted}:
        raise ValueError(f"grad_dtype = {asked!r}: float32 is accepted, or None for the dtype of each array")
    return [wanted] * len(own)
