"""Hessian conventions: what takes the place of the Hessian in a booster's Newton steps, of any loss."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from fastloss._boosting_words import Word
from fastloss.boosting._checks import beyond_single
from fastloss.boosting._curvatures import (
    brier_bound,
    focal_bound,
    inverse_of,
    of_asymmetric_focal,
    of_inverse_gaussian,
    of_linex,
    of_zero_inflated_poisson,
    residual_bound,
    smoothed_absolute,
    smoothed_quantile,
)
from fastloss.boosting._margins import Margins, Number

__all__ = [
    "CONVENTIONS",
    "SETS",
    "Constant",
    "Convention",
    "Descent",
    "OfGradient",
    "Smoothed",
    "Turned",
    "derivatives_of",
    "from_target",
    "scale_of",
]


@dataclass(frozen=True)
class Convention:
    """How gradient and Hessian become what a booster is given: here, a multiple of the Hessian.

    `scale` multiplies both, where a booster's own loss is a multiple of ours; `factor` multiplies the Hessian alone. What is of
    one level alone says nothing of a loss that has several, such as quantiles.
    """

    factor: Number = 1.0
    scale: float = 1.0
    of_one_level: bool = False

    @property
    def of_a_call(self) -> bool:
        """Whether what it gives for a sample depends on the other samples of the call, and on their weights."""
        return False

    def derivatives(self, of: Margins) -> tuple[np.ndarray, np.ndarray]:
        grad, hess = of.scaled(self.scale).grad_and_hess(of.number(self.factor))
        return grad, hess


@dataclass(frozen=True)
class Constant(Convention):
    """A Hessian that all samples share, `factor`."""

    def derivatives(self, of: Margins) -> tuple[np.ndarray, np.ndarray]:
        grad = of.grad()
        hess, number = np.empty_like(grad), max(of.number(self.factor), of.floor)
        with np.errstate(over="ignore"):
            hess[...] = number if of.weight is None else hess.dtype.type(number) * of.by_sample(of.weight)
        return grad, hess


@dataclass(frozen=True)
class OfGradient(Convention):
    """A function of the margins and of the gradient's size, which is not negative where the gradient's size is not."""

    function: Callable[[Margins, np.ndarray], np.ndarray] = field(default=lambda of, size: size)

    def derivatives(self, of: Margins) -> tuple[np.ndarray, np.ndarray]:
        grad = of.grad()
        with np.errstate(over="ignore"):  # as in a kernel, what is too large is infinite
            hess = of.raised(self.function(of, np.abs(grad)))
        if of.weight is not None:
            np.copyto(hess, 0, where=of.by_sample(of.weight) == 0)  # whatever the function made of such a sample
        return grad, hess


# Elements of a block. What is computed of a block stays in the cache, and needs no memory that the system has to hand out anew
# for each call, which takes several times as long as the arithmetic.
BLOCK = 1 << 14


def blocks_of(margin: np.ndarray) -> Iterator[slice]:
    """Samples a block at a time."""
    samples = max(1, BLOCK // max(1, margin[:1].size))
    for first in range(0, len(margin), samples):
        yield slice(first, first + samples)


def scale_of(of: Margins, residual: Callable[[Margins], np.ndarray]) -> np.ndarray:
    """Each column's square of the mean root of the sizes of residuals, which few large ones do not carry away."""
    largest = 1.0 if of.weight is None else np.float64(max(np.max(of.weight, initial=0.0), -np.min(of.weight, initial=0.0)))
    mean, total = np.zeros(of.pred.shape[1:]), np.zeros(of.pred.shape[1:])
    for part in blocks_of(of.pred):
        root = residual(of.part(part))
        np.sqrt(np.abs(root, out=root), out=root)
        if of.weight is None:
            mean += root.sum(axis=0, dtype=np.float64)
            total += len(root)
        else:
            share = np.asarray(of.weight[part], np.float64) / (largest or 1.0)  # no weight's sum is too large
            mean += (root * share).sum(axis=0)
            total += share.sum(axis=0)
    np.divide(mean, total, out=mean, where=total != 0)
    return mean * mean


def from_target(of: Margins) -> np.ndarray:
    """The residual."""
    return np.asarray(of.pred - of.target)


def relative_to_rate(of: Margins) -> np.ndarray:
    """By how much a margin that is the logarithm of a rate has to change, as far as the rate is a straight line."""
    with np.errstate(over="ignore"):
        return np.asarray(1 - of.target * np.exp(-of.pred))


@dataclass(frozen=True)
class Descent(Convention):
    """The Hessian, or a share of |gradient| / |residual|, whichever is more, of a loss that grows with the size of a residual.

    |gradient| / |residual| is the curvature of the parabola around no residual that touches the loss at this one and, where
    the gradient grows no faster than the residual, is nowhere below it. A step by it, or one twice as long, does not raise the
    loss. Steps are of the size of residuals, whatever that is, where the Hessian alone may vanish, and where a constant is too
    much or too little.

    At a corner where the residual is 0 the parabola is infinitely narrow. So residuals are not taken for less than `width`
    times the scale of all in the call.
    """

    share: float = 0.5
    width: float = 0.0
    residual: Callable[[Margins], np.ndarray] = from_target

    @property
    def of_a_call(self) -> bool:
        return self.width > 0

    def derivatives(self, of: Margins) -> tuple[np.ndarray, np.ndarray]:
        grad, hess = of.grad_and_hess(1.0)
        least = self.width * scale_of(of, self.residual) if self.width else None
        share = hess.dtype.type(self.share)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            for part in blocks_of(of.pred):
                size, chord = self.residual(of.part(part)), np.abs(grad[part])
                if chord.dtype == np.float32:
                    size = size.astype(np.float32, copy=False)  # as the quotient will be
                np.abs(size, out=size)
                if least is not None:
                    np.maximum(size, least.astype(size.dtype), out=size)
                np.divide(chord, size, out=chord, dtype=size.dtype, casting="same_kind")
                chord *= share
                np.fmax(hess[part], chord, out=hess[part])  # NaN where there is neither gradient nor residual
        return grad, hess


@dataclass(frozen=True)
class Turned(Convention):
    """A function of the margins, the gradient and the Hessian, positive where that need not be."""

    function: Callable[[Margins, np.ndarray, np.ndarray], np.ndarray] = field(default=lambda of, grad, hess: hess)

    def derivatives(self, of: Margins) -> tuple[np.ndarray, np.ndarray]:
        alone = of._replace(weight=None)
        grad, hess = alone.unfloored()
        return of.weighed(grad), of.weighed(alone.raised(np.asarray(self.function(of, grad, hess), grad.dtype)))


@dataclass(frozen=True)
class Smoothed(Convention):
    """Gradient and Hessian of a smoothed loss, whose width and unit are the scale of all residuals of a call."""

    function: Callable[[Margins, np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]] = smoothed_absolute

    @property
    def of_a_call(self) -> bool:
        return True

    def derivatives(self, of: Margins) -> tuple[np.ndarray, np.ndarray]:
        residual = from_target(of)
        scale = scale_of(of, from_target).astype(residual.dtype)
        grad, hess = self.function(of, residual, scale)
        return of.weighed(grad), of.weighed(of._replace(weight=None).raised(hess))


def derivatives_of(convention: Convention, of: Margins) -> tuple[np.ndarray, np.ndarray]:
    """What a convention gives for weights of either sign and of any size, in the dtype that is wanted."""
    dtype = np.dtype(np.float32) if of.single else of.pred.dtype
    weighed = of.weight is not None and of.weight.size > 0
    wide: type | None = np.float32 if of.pred.dtype.itemsize < 4 else None  # what conventions add up may be no half
    if weighed and dtype != np.float64 and beyond_single(of.weight):
        wide = np.float64
    if wide is not None:
        grad, hess = derivatives_of(convention, of._replace(pred=of.pred.astype(wide), single=False))
        with np.errstate(over="ignore"):
            return grad.astype(dtype), hess.astype(dtype)
    if not weighed or not of.weight.min() < 0:
        return convention.derivatives(of)
    # One rule for all conventions: what a sample of weight 1 has, times the weight.
    sign = of.by_sample(np.sign(of.weight))
    grad, hess = convention.derivatives(of._replace(weight=np.abs(of.weight)))
    grad *= sign
    hess *= sign
    return grad, hess


# Where the residual is 0 lies the least of a loss with a kink: half a parabola is not enough to come across.
ACROSS_KINKS = Descent(share=1.0, width=0.3)

#: What takes the place of the Hessian, by the names that losses give it where they are declared.
CONVENTIONS: Mapping[str, Convention] = {
    "hessian": Convention(),
    # By Gershgorin's theorem 2 diag(q (1 - q)) is no less than the full matrix, diag(q) - q q'.
    "twice_hessian": Convention(2.0),
    # Friedman, Hastie & Tibshirani (2000), Annals of Statistics 28(2): one of K symmetric scores is redundant.
    "friedman": Convention(lambda parameters, classes: classes / max(classes - 1, 1)),
    # The default of XGBoost's max_delta_step and of LightGBM's poisson_max_delta_step keeps steps in the log of a rate short.
    "short_steps": Convention(float(np.exp(0.7))),
    "half_loss": Convention(scale=0.5),
    # XGBoost's several expectiles are sums of a ladder's steps, which keeps them in order: another model.
    "half_loss_of_one_level": Convention(scale=0.5, of_one_level=True),
    "inverse_of_beta": Constant(inverse_of("beta")),
    "chord": Descent(),
    "chord_across_kinks": ACROSS_KINKS,
    "chord_across_kinks_of_rate": replace(ACROSS_KINKS, residual=relative_to_rate),
    "gradient": OfGradient(),
    **{function.__name__: OfGradient(function=function) for function in (focal_bound, brier_bound, residual_bound)},
    **{function.__name__: Smoothed(function=function) for function in (smoothed_absolute, smoothed_quantile)},
    **{
        function.__name__: Turned(function=function)
        for function in (of_inverse_gaussian, of_zero_inflated_poisson, of_asymmetric_focal, of_linex)
    },
}

#: Sets of conventions that many losses share: what users ask for, and what it is. The first is the default.
SETS: Mapping[str, Mapping[str, Word]] = {
    # These losses have a corner where the residual is 0, and away from it no curvature to speak of.
    "corner": {"constant": 1.0, "descent": "chord_across_kinks"},
    # These are rounded there and tend to straight lines, with a Hessian that is never more than 1.
    "residual": {"descent": "chord", "exact": "hessian", "upper_bound": 1.0, "constant": 1.0},
    # The curvature of these falls with the residual, and the Hessian may be negative.
    "reweighted": {"descent": "chord", "exact": "hessian", "upper_bound": "residual_bound", "constant": 1.0},
}
