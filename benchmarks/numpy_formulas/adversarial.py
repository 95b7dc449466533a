"""Losses of a discriminator, of real and generated samples."""

from __future__ import annotations

from typing import Any

import numpy as np

from .helpers import FORMULAS, Parameters, formula, inner, square_sum
from .labels import binary_cross_entropy_with_logits, hinge

# Of the discriminator, which is the default, these two are one.
FORMULAS["gan_minimax"] = FORMULAS["gan_non_saturating"] = binary_cross_entropy_with_logits


@formula
def gan_least_squares(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    np.subtract(pred, target, out=out)
    value = square_sum(out) / (2 * out.size)
    out /= out.size
    return value


@formula
def gan_hinge(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    return hinge(pred, 2 * target - 1, out, p)


@formula
def wasserstein(pred: Any, target: Any, out: Any, p: Parameters) -> float:
    np.multiply(target, -2, out=out)
    out += 1
    out /= out.size
    return inner(out, pred)
