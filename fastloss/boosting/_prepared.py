"""What a booster passes, checked and brought into the form that a loss takes."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastloss._kinds import SIGN
from fastloss._loss import Loss, values_of
from fastloss.boosting._checks import as_labels, in_domain, numbers, of_samples, spread_parameter
from fastloss.boosting._margins import Margins
from fastloss.boosting._traits import Traits

__all__ = ["prepared"]


def prepared(loss: Loss, traits: Traits, margin: Any, target: Any, weight: Any, n_threads: int | None = None) -> Margins:
    """Check labels, and bring them and the weights into the form that the loss takes."""
    domain = loss.declared.target_domain(values_of(loss)) if loss.declared.target_at else loss.declared.target
    margin, target = numbers(margin, "margins"), numbers(target, "labels")
    if margin.dtype.kind in "biu":
        margin = margin.astype(np.float64)
    shape = margin.shape
    rows = loss.declared.has_classes
    if (len(shape) != 2 or not shape[1]) if rows else len(shape) not in (1, 2):
        form, hint = ("(n, classes)", "; tell the booster the number of classes") if rows else ("(n,) or (n, columns)", "")
        raise ValueError(f"{loss.name} takes margins of shape {form}, got {shape}{hint}")
    if weight is not None:
        weight = of_samples(weight, shape[0])
    # Targets are checked here, and margins may be any number.
    keywords: dict[str, Any] = {"check_domain": False} if domain.bounded else {}
    if n_threads is not None:
        keywords["n_threads"] = n_threads
    if target.shape == (shape[0], 1):
        target = target[:, 0]
    if rows and loss.declared.labels and target.shape == shape[:1]:
        return Margins(loss, margin, as_labels(loss, target, shape[1], weight), weight, keywords)
    for name in () if rows else loss.bound:
        if np.ndim(loss.bound[name]):
            keywords[name] = spread_parameter(name, loss.bound[name], shape, name == traits.level)
    if target.shape != shape:
        if target.shape == shape[:1] and len(shape) == 2 and traits.of_levels(loss) is not None:
            target = np.broadcast_to(target[:, None], shape)
        elif target.ndim == 1 and target.size == margin.size:
            target = target.reshape(shape)  # XGBoost's labels of several targets are flat
        else:
            alone = f"labels of shape {shape[:1]}" if rows and loss.declared.labels else ""
            each = f"targets of shape {shape}" if not rows or loss.declared.target_has_classes else ""
            wanted = " or ".join(filter(None, (alone, each)))
            raise ValueError(f"margins have shape {shape} but labels have shape {target.shape}; wanted: {wanted}")
    if target.dtype.kind != "f":
        target = target.astype(margin.dtype)
    if domain == SIGN:
        target = np.where(target == 0, target.dtype.type(-1), target)
    target = in_domain(loss, target, domain, weight)
    if weight is not None and not rows and len(shape) == 2:
        weight = weight[:, None]
    return Margins(loss, margin, target, weight, keywords)
