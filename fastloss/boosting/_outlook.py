"""Whether a training that starts somewhere can get anywhere: what an objective looks at once, and warns of."""

from __future__ import annotations

import numpy as np

from fastloss._kinds import SIGN
from fastloss.boosting._conventions import Constant, Convention, Descent, Turned, from_target, scale_of
from fastloss.boosting._links import IDENTITY
from fastloss.boosting._margins import Margins
from fastloss.boosting._traits import Traits

__all__ = ["why_hopeless"]

# The sum of Hessians beside which boosters' penalties of a leaf, 1 in XGBoost and 3 in CatBoost, and least sums in a leaf are
# much; and the mean from which on that is so for few samples alone.
LITTLE, LITTLE_EACH = 30.0, 0.1

# A mean loss is nothing beside a mean gradient from this share of it on: no margin of training is so small.
NOTHING = 1e-6


def nothing_to_do(name: str) -> str:
    return (
        f"all gradients of {name} are 0 where training starts, and so no tree has leaves: the loss is flat there. Targets "
        "that are small beside its parameters are a cause"
    )


# Steps by this many times the scale of the residuals, in the mean, still come as far as others within the boosters' settings.
SHORT, LONG = 0.25, 3.0


def why_hopeless(of: Margins, convention: Convention, by_default: Traits | None, grad: np.ndarray, hess: np.ndarray) -> str:
    """What keeps the loss from falling, for its user; "" where nothing does.

    `by_default` are the traits of the loss where the convention is its default and was not chosen.
    """
    name = of.loss.name
    size = float(np.mean(np.abs(grad), dtype=np.float64))
    if size == 0:
        return nothing_to_do(name) if np.ptp(of.target) > 0 else ""
    other = by_default.hessians.get("descent") if by_default else None
    follows = isinstance(convention, Constant) and isinstance(other, Descent)
    # Halley's steps of a residual are bounded as those of a constant are.
    if follows or (by_default and isinstance(convention, Turned) and by_default.link is IDENTITY):
        step = size / float(np.mean(hess, dtype=np.float64))
        residual = other.residual if isinstance(other, Descent) else from_target
        scale = float(np.max(scale_of(of, residual)))
        if not SHORT * scale <= step <= LONG * scale:
            advice = "hessian='descent' follows the size of the residuals" if follows else "divide the targets by that size"
            return (
                f"the steps of {name} with its default Hessian are of size {step:.2g} and residuals of size {scale:.2g}, so "
                f"that training {'creeps' if step < scale else 'goes too far'}; {advice}"
            )
    if isinstance(convention, Descent | Turned):
        counted = np.broadcast_to(1.0 if of.weight is None else of.weight, hess.shape).sum(dtype=np.float64)
        each = float(hess.sum(dtype=np.float64) / counted) if counted else 0.0
        if each * len(hess) < LITTLE and each < LITTLE_EACH:
            return (
                f"the Hessians of {name} are {each:.1g} a sample: beside so little the boosters' penalties of leaves "
                "(reg_lambda, l2_leaf_reg) and least sums (min_child_weight, min_sum_hessian_in_leaf), which are made for "
                "about 1, keep leaves small or from being made. Divide the targets by the size of their residuals, or lower "
                "these"
            )
    if of.loss.domain.target != SIGN:
        return ""
    value = float(of.loss(of.pred, of.target, weight=of.weight, reduction="mean", **of.keywords))
    if abs(value) <= NOTHING * size:
        return (
            f"{name} is 0 where all margins are, the least it can be, and training starts there: the loss cannot fall, and "
            "nothing drives margins away from 0. hinge wants them beyond a margin"
        )
    if value < -size / NOTHING:
        return f"{name} falls without end with the margins of one label, which are no distances: hinge has a least value"
    return ""
