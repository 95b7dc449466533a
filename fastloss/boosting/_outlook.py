"""Whether a training that starts somewhere can get anywhere: what an objective looks at once, and warns of."""

from __future__ import annotations

import numpy as np

from fastloss._registry import SIGN
from fastloss.boosting._conventions import Margins

__all__ = ["why_hopeless"]

# A mean loss is nothing beside a mean gradient from this share of it on: no margin of training is so small.
NOTHING = 1e-6


def why_hopeless(of: Margins, grad: np.ndarray) -> str:
    """What keeps the loss from falling, for its user; "" where nothing does."""
    name = of.loss.name
    size = float(np.mean(np.abs(grad), dtype=np.float64))
    if size == 0 and np.ptp(of.target) > 0:
        return (
            f"all gradients of {name} are 0 where training starts, and so no tree has leaves: the loss is flat there. Targets that "
            "are small beside its parameters are a cause"
        )
    if of.loss.domain.target != SIGN:
        return ""
    value = float(of.loss(of.pred, of.target, weight=of.weight, reduction="mean", **of.keywords))
    if abs(value) <= NOTHING * size:
        return (
            f"{name} is 0 where all margins are, the least it can be, and training starts there: the loss cannot fall, and nothing "
            "drives margins away from 0. hinge wants them beyond a margin"
        )
    if value < -size / NOTHING:
        return f"{name} falls without end with the margins of one label, which are no distances: hinge has a least value"
    return ""
