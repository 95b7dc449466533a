"""THE table of what a gradient booster needs to know of a loss beside its derivatives, one row a loss.

A Hessian convention is what takes the place of the Hessian in a booster's Newton steps. Those called "xgboost-3.2",
"xgboost-3.4" and "lightgbm" are what these libraries compute of their own objective; docs/boosting.md says of which.
"""

from __future__ import annotations

import importlib.util
import re
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from fastloss import binary_cross_entropy_with_logits, logsumexp
from fastloss._kernel import CompiledEntry
from fastloss._loss import Loss, values_of
from fastloss.boosting import _links, _starts

__all__ = ["HESSIANS", "XGBOOST", "Convention", "Smoothed", "Traits", "traits_of"]

#: The versions from which on XGBoost computes what it does up to the next of them, the oldest first.
XGBOOST = ("3.2", "3.4")
HESSIANS = (
    "exact",
    "descent",
    "upper_bound",
    "constant",
    "xgboost",
    *(f"xgboost-{version}" for version in XGBOOST),
    "lightgbm",
)

# A number, or what gives it from the parameters of the loss and the number of classes.
Number = float | Callable[[Mapping[str, Any], int], float]


# As many as a program has objectives at a time.
@lru_cache(maxsize=64)
def newton_entry(loss: Loss, name: str, factor: float, floor: float, single: bool) -> CompiledEntry:
    """An entry point of a loss whose Hessians are multiples not below a floor; `single`: with results of float32."""
    entry = CompiledEntry(loss, name)
    entry.for_newton_steps(factor, floor, single)
    return entry


# Of which a multiple by a weight of 0 is 0, in float32 too.
NO_FLOOR = float(np.finfo(np.float32).min)


class Margins(NamedTuple):
    """What derivatives are taken of: margins, checked targets, what each sample counts, and keywords of the call.

    Results are float32 where `single`, else of the dtype of the margins; no Hessian is below `floor` times a sample's weight.
    """

    loss: Loss
    pred: np.ndarray
    target: np.ndarray
    weight: Any
    keywords: Mapping[str, Any]
    floor: float = 0.0
    single: bool = False

    def grad(self) -> Any:
        entry = newton_entry(self.loss, "grad", 1.0, 0.0, self.single)
        return entry(self.pred, self.target, weight=self.weight, reduction="none", **self.keywords)

    def grad_and_hess(self, factor: float) -> Any:
        entry = newton_entry(self.loss, "grad_and_hess", factor, self.floor, self.single)
        return entry(self.pred, self.target, weight=self.weight, **self.keywords)

    def unfloored(self) -> Any:
        entry = newton_entry(self.loss, "grad_and_hess", 1.0, NO_FLOOR, self.single)
        return entry(self.pred, self.target, weight=self.weight, **self.keywords)

    def weighed(self, each: np.ndarray) -> np.ndarray:
        """What samples of weight 1 have, times their weights, of any size."""
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            weighed = each
            if self.weight is not None:
                weight = self.by_sample(self.weight)
                weighed = np.where(weight == 0, 0, each * weight)  # whatever such a sample has
            return np.asarray(weighed, np.float32 if self.single else self.pred.dtype)

    def raised(self, hess: np.ndarray) -> np.ndarray:
        """In place, not below the floor."""
        floor = hess.dtype.type(self.floor)
        np.maximum(hess, floor if self.weight is None else floor * self.by_sample(self.weight), out=hess)
        return hess

    def parameter(self, name: str) -> Any:
        """A number, or an array that broadcasts to the margins."""
        return self.keywords[name] if name in self.keywords else self.loss.params[name].default

    def right(self) -> np.ndarray:
        """Of a margin that becomes a probability, that of the right label: the size of the gradient of the cross-entropy with
        the other one."""
        options = {name: self.keywords[name] for name in ("check_domain", "n_threads") if name in self.keywords}
        grad = binary_cross_entropy_with_logits.grad(self.pred, 1 - self.target, reduction="none", **options)
        return np.asarray(np.abs(grad, out=grad))

    def number(self, given: Number) -> float:
        if callable(given):
            return given(values_of(self.loss), self.pred.shape[-1])
        return given

    def by_sample(self, array: Any) -> Any:
        """Numbers of samples, such as weights, so that they broadcast against derivatives."""
        return array[:, None] if self.loss.family == "rows" and np.ndim(array) == 1 else array

    def part(self, samples: slice) -> Margins:
        """Margins and targets of some samples: what a residual is made of."""
        return self._replace(pred=self.pred[samples], target=self.target[samples])

    def at(self, chosen: np.ndarray) -> dict[str, Any]:
        """The keywords of a call of the loss for some elements alone."""
        return {
            name: np.broadcast_to(value, self.pred.shape)[chosen] if isinstance(value, np.ndarray) else value
            for name, value in self.keywords.items()
        }

    def scaled(self, scale: float) -> Margins:
        return self if scale == 1 else self._replace(weight=scale if self.weight is None else self.weight * scale)


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
    """The same Hessian for all, `factor`."""

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
    """Of each column the square of the mean root of the sizes of residuals, which few large ones do not carry away."""
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
    """Of a margin that is the logarithm of a rate: by how much it has to change, as far as the rate is a straight line."""
    with np.errstate(over="ignore"):
        return np.asarray(1 - of.target * np.exp(-of.pred))


@dataclass(frozen=True)
class Descent(Convention):
    """Of a loss of a residual that grows with its size: the Hessian, or a share of |gradient| / |residual|, whichever is more.

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


# Where the derivative of a leaf's loss by a change d of its margin is B exp(d) - A, up to a positive factor, half of A + B
# makes the step 2 (A - B) / (A + B) = 2 tanh(d / 2), with the best d, by Halley's method:
# never beyond it. All three are positive.


def of_inverse_gaussian(of: Margins, grad: np.ndarray, hess: np.ndarray) -> np.ndarray:
    """With a = y exp(-2 x) and b = exp(-x), the gradient is b - a and the Hessian 2 a - b."""
    return hess + 1.5 * grad


def of_zero_inflated_poisson(of: Margins, grad: np.ndarray, hess: np.ndarray) -> np.ndarray:
    """The gradient is that of a rate b less the count a, where zeros count as far as they are ones of the Poisson distribution:
    of a bound of the loss, as in the method of expectation and maximisation."""
    return np.asarray(grad / 2 + of.target)


def of_asymmetric_focal(of: Margins, grad: np.ndarray, hess: np.ndarray) -> np.ndarray:
    """The Hessian, or half of `focal_bound` with the exponent of the label, whichever is more: where a sample is far on the
    wrong side the Hessian is negative, and next to the clip it is more than that bound."""
    exponent = np.where(of.target > 0, of.parameter("gamma_positive"), of.parameter("gamma_negative"))
    return np.asarray(np.maximum(hess, np.abs(grad) * of.right() * (1 + exponent) / 2))


def of_linex(of: Margins, grad: np.ndarray, hess: np.ndarray) -> np.ndarray:
    """The Hessian is a^2 exp(a r), and the slope a exp(a r) - a."""
    at_none = np.asarray(np.square(of.parameter("a")), hess.dtype)
    return np.asarray((hess + at_none) / 2)


def smoothed_absolute(of: Margins, residual: np.ndarray, scale: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """XGBoost's "mean absolute error with automatic smooth majorization", in units of the scale."""
    size = np.hypot(scale, residual)
    curvature = np.divide(scale, size, out=np.ones_like(size), where=size > 0)
    return residual * curvature, curvature


# XGBoost's kSmoothingScale and kMinSurrogateRatio.
BANDWIDTH, LEAST_RATIO = 0.04, 3e-4


def smoothed_quantile(of: Margins, residual: np.ndarray, scale: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """XGBoost's logistic-smoothed quantile score, in units of the scale; its Hessian is the chord's from no residual."""
    q = np.asarray(of.parameter("q"), residual.dtype)
    x = np.divide(residual, BANDWIDTH * scale, out=np.zeros_like(residual), where=scale > 0)
    bend = np.tanh(x)
    ratio = np.divide(bend, x, out=np.ones_like(x), where=x != 0)
    hess = np.maximum(ratio, LEAST_RATIO) / (2 * BANDWIDTH)
    return scale / 2 * (bend + 1 - 2 * q), np.where(scale > 0, hess, 0)


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


def focal_bound(of: Margins, size: np.ndarray) -> np.ndarray:
    """(gamma + 1) |gradient| (1 - m), where m is the probability that the margin gives to the wrong label.

    With H = -log(1 - m), G = a m^gamma (gamma (1 - m) H + m) is the gradient's size, and the Hessian is m (1 - m) G'(m), where
    m G' = gamma G + a m^(gamma + 1) (gamma + 1 - gamma H). That is at most (gamma + 1) G exactly if gamma m <= gamma H; and
    m <= H always. With gamma = 0 the bound is the Hessian; and as m goes to 0, their ratio goes to 1.
    """
    size *= of.right()
    size *= np.asarray(1 + of.parameter("gamma"), size.dtype)
    return size


def brier_bound(of: Margins, size: np.ndarray) -> np.ndarray:
    """2 |gradient| (1 - m): the gradient's size is 2 m^2 (1 - m), and the Hessian (2 - 3 m) times that."""
    size *= of.right()
    size *= 2
    return size


def residual_bound(of: Margins, size: np.ndarray) -> np.ndarray:
    """|gradient| / |residual|, the weight of iteratively reweighted least squares.

    Where it falls with the residual, the derivative of r times it, the Hessian, is not more. Of no residual, it is the Hessian.
    """
    residual = np.abs(of.pred - of.target)
    at_peak = residual == 0
    with np.errstate(divide="ignore", invalid="ignore"):
        np.divide(size, residual, out=size)
    if at_peak.any():
        nothing = np.zeros(np.count_nonzero(at_peak), of.pred.dtype)
        _, peak = of.loss.grad_and_hess(nothing, nothing, **of.at(at_peak))
        size[at_peak] = peak * np.broadcast_to(1 if of.weight is None else of.weight, size.shape)[at_peak]
    return size


def products_of_softmax(of: Margins) -> np.ndarray | None:
    """Of the cross-entropy of one row the second derivatives by two logits; what stands on the diagonal is not meant.

    With Z = log Σ exp, m what the row counts in the mean and q the softmax: (2 z_loss m (1 - Z) - Σt) q[i] q[j] / temperature².
    With `softcap` the loss is not convex, and a matrix need not be positive.
    """
    given = values_of(of.loss)
    if given["softcap"] is not None:
        return None
    logits = np.asarray(of.pred[0], np.float64) / given["temperature"]
    per_class = np.broadcast_to(1.0 if given["class_weight"] is None else given["class_weight"], logits.shape)
    smoothing = given["label_smoothing"]
    if of.target.ndim == 1:
        label = int(of.target[0])
        counts = float(label != given["ignore_index"])
        mass = counts * per_class[label] if counts else 0.0
        total = (1 - smoothing) * mass + counts * smoothing * per_class.mean()
    else:
        mass = 1.0
        total = float(((1 - smoothing) * of.target[0] + smoothing / len(logits)) @ per_class)
    normaliser = float(logsumexp(logits))
    softmax = np.exp(logits - normaliser) / given["temperature"]
    weight = 1.0 if of.weight is None else float(of.weight[0])
    factor = weight * (2 * given["z_loss"] * mass * (1 - normaliser) - total)
    product: np.ndarray = factor * np.outer(softmax, softmax)
    return product


def _inverse_of(name: str) -> Callable[[Mapping[str, Any], int], float]:
    def inverse(parameters: Mapping[str, Any], classes: int) -> float:
        if parameters[name] == 0:
            raise ValueError(
                f"with {name} = 0 the loss has a corner, where no Hessian bounds it; hessian='constant' is accepted"
            )
        return float(1 / parameters[name])

    return inverse


def no_jumps(parameters: Mapping[str, Any]) -> np.ndarray:
    return np.empty(0)


def at_threshold(parameters: Mapping[str, Any]) -> np.ndarray:
    """Margins at which either label has the probability `threshold`, and their neighbours, as far as rounding goes."""
    threshold = parameters["threshold"]
    with np.errstate(divide="ignore"):
        margin = np.log(threshold) - np.log1p(-threshold)
    around = np.outer([margin, -margin], 1 + np.finfo(np.float64).eps * np.array([-8, 0, 8])).ravel()
    return around[np.isfinite(around)]


def by_name(
    default: str = "", xgboost: Convention | tuple[Convention | None, ...] | None = None, **conventions: Convention
) -> dict[str, Convention]:
    """Conventions by name, with the constant that all losses have; the default is the first unless named.

    `xgboost` is one for all its versions, or one for each, in the order of `XGBOOST`; None where it has no such objective.
    """
    of_versions = xgboost if isinstance(xgboost, tuple) else (xgboost,) * len(XGBOOST)
    every = {**conventions, **({} if "constant" in conventions else {"constant": Constant()})}
    every |= {f"xgboost-{version}": one for version, one in zip(XGBOOST, of_versions, strict=True) if one is not None}
    first = default or next(iter(every))
    return {first: every.pop(first), **every}


def version_of(package: str) -> str | None:
    """Of what is imported or would be, from the file that it reads itself: two packages may have brought one folder."""
    if package in sys.modules:
        return getattr(sys.modules[package], "__version__", None)
    spec = importlib.util.find_spec(package)
    for folder in (spec and spec.submodule_search_locations) or ():
        file = Path(folder) / "VERSION"
        if file.is_file():
            return file.read_text(encoding="utf-8").strip()
    return None


def xgboost_of_today() -> str:
    """The name of the convention of the XGBoost installed; of the newest that is known, where there is none."""
    found = re.match(r"(\d+)\.(\d+)", version_of("xgboost") or "")
    numbers = [tuple(map(int, version.split("."))) for version in XGBOOST]
    if found is None:
        return f"xgboost-{XGBOOST[-1]}"
    installed = tuple(map(int, found.groups()))
    if installed > numbers[-1]:
        warnings.warn(
            f"XGBoost {found[0]} is installed, and hessian='xgboost' is taken for 'xgboost-{XGBOOST[-1]}', the newest known "
            "here; name the version that is meant",
            stacklevel=4,
        )
    return f"xgboost-{XGBOOST[max((i for i, version in enumerate(numbers) if version <= installed), default=0)]}"


EXACT, ONE, HALF = Convention(), Constant(), Convention(scale=0.5)
# XGBoost's several expectiles are sums of a ladder's steps, which keeps them in order: another model.
HALF_OF_ONE_LEVEL = Convention(scale=0.5, of_one_level=True)
# Friedman, Hastie & Tibshirani (2000), Annals of Statistics 28(2): one of K symmetric scores is redundant.
FRIEDMAN = Convention(lambda parameters, classes: classes / max(classes - 1, 1))
# By Gershgorin's theorem 2 diag(q (1 - q)) is no less than the full matrix, diag(q) - q q'.
TWICE = Convention(2.0)
# The default of XGBoost's max_delta_step and of LightGBM's poisson_max_delta_step: steps in the log of a rate are kept short.
SHORT_STEPS = Convention(float(np.exp(0.7)))


@dataclass(frozen=True)
class Traits:
    """What boosters need to know of a loss.

    Attributes
    ----------
    hessians : mapping of str to Convention
        The conventions that have a meaning for the loss, the default first; "constant" has one for all.
    link : Link
        From a margin to a prediction.
    start : callable, optional
        The optimal constant in closed form, from loss, targets and weights; it returns None for parameters for which there
        is none. Without it the constant is searched for.
    products : callable, optional
        The second derivatives of a row by two different margins, where the diagonal is not all and the matrix is positive
        semidefinite; it returns None for parameters with which it is not.
    renewed : bool
        Whether a leaf's best value is not a Newton step but the optimal constant of the residuals in it.
    level : str
        The parameter that may have a number for each of several margins of a sample, such as levels of quantiles.
    jumps : callable
        From the parameters, the margins at which the loss is not continuous.
    instead : str
        Of what is no loss of a margin, the name of the loss to take.
    how : str
        What is to be done with that loss, if it is not the same.
    """

    hessians: Mapping[str, Convention] = field(default_factory=lambda: by_name(exact=EXACT))
    link: _links.Link = _links.IDENTITY
    start: _starts.Start | None = None
    products: Callable[[Margins], np.ndarray | None] | None = None
    renewed: bool = False
    level: str = ""
    jumps: Callable[[Mapping[str, Any]], np.ndarray] = no_jumps
    instead: str = ""
    how: str = ""

    def of_levels(self, loss: Loss) -> np.ndarray | None:
        """Where a sample has a margin for each of several levels, these; else None."""
        numbers = np.asarray(loss.params[self.level].default) if self.level else np.empty(())
        return numbers if numbers.ndim == 1 else None

    def name_of(self, loss: Loss, hessian: str | None) -> str:
        """The name in `hessians` of what was asked for: "xgboost" is that of the XGBoost installed, None the default."""
        several = self.of_levels(loss) is not None
        names = [name for name, convention in self.hessians.items() if not (several and convention.of_one_level)]
        if hessian is None:
            return names[0]
        if any(name.startswith("xgboost-") for name in names):
            names.append("xgboost")
        is_text = isinstance(hessian, str)
        name = xgboost_of_today() if is_text and hessian == "xgboost" in names else hessian
        if not is_text or name not in names:
            meant = "" if name is hessian else f", here {name!r},"
            accepted = ", ".join(sorted(names, key=HESSIANS.index))
            raise ValueError(f"hessian = {hessian!r}{meant} has no meaning for {loss.name}; accepted: {accepted}")
        return name


SOFTMAX = by_name(exact=EXACT)
ACROSS_KINKS = Descent(share=1.0, width=0.3)
CORNER = by_name(descent=ACROSS_KINKS, default="constant")
RESIDUAL = by_name(descent=Descent(), exact=EXACT, upper_bound=ONE)
REWEIGHTED = by_name(descent=Descent(), exact=EXACT, upper_bound=OfGradient(function=residual_bound))

TABLE: dict[str, Traits] = {
    "squared_error": Traits(by_name(exact=EXACT, xgboost=HALF, lightgbm=HALF), start=_starts.mean),
    "absolute_error": Traits(
        by_name(descent=ACROSS_KINKS, xgboost=(ONE, Smoothed()), lightgbm=ONE, default="constant"),
        start=_starts.median,
        renewed=True,
    ),
    "huber": Traits({**RESIDUAL, "lightgbm": ONE}),
    "smooth_l1": Traits(by_name(descent=Descent(), exact=EXACT, upper_bound=Constant(_inverse_of("beta")))),
    "log_cosh": Traits(RESIDUAL),
    "quantile": Traits(
        by_name(descent=ACROSS_KINKS, xgboost=(ONE, Smoothed(function=smoothed_quantile)), lightgbm=ONE, default="constant"),
        start=_starts.quantile,
        renewed=True,
        level="q",
    ),
    "binary_cross_entropy": Traits(instead="binary_cross_entropy_with_logits"),
    "binary_cross_entropy_with_logits": Traits(
        by_name(exact=EXACT, upper_bound=EXACT, xgboost=EXACT, lightgbm=EXACT), _links.SIGMOID, _starts.logit
    ),
    "sigmoid_focal": Traits(
        by_name(exact=EXACT, upper_bound=OfGradient(function=focal_bound), default="upper_bound"), _links.SIGMOID
    ),
    "hinge": Traits(by_name(xgboost=OfGradient(), default="constant")),
    "squared_hinge": Traits(by_name(exact=EXACT, upper_bound=Constant(2.0), default="upper_bound")),
    "poisson": Traits(by_name(exact=EXACT, xgboost=SHORT_STEPS, lightgbm=SHORT_STEPS), _links.EXP, _starts.log_mean),
    "gamma": Traits(by_name(exact=EXACT, xgboost=EXACT, lightgbm=EXACT), _links.EXP, _starts.log_mean),
    "tweedie": Traits(by_name(exact=EXACT, xgboost=EXACT, lightgbm=EXACT), _links.EXP, _starts.log_mean),
    "inverse_gaussian": Traits(
        by_name(descent=Turned(function=of_inverse_gaussian), exact=EXACT), _links.EXP, _starts.log_mean
    ),
    "negative_binomial": Traits(link=_links.EXP, start=_starts.log_mean),
    "poisson_identity": Traits(instead="poisson"),
    "zero_inflated_poisson": Traits(by_name(descent=Turned(function=of_zero_inflated_poisson), exact=EXACT), _links.EXP),
    "beta": Traits(by_name(exact=EXACT, default="constant"), _links.SIGMOID),
    "gaussian_nll": Traits(start=_starts.mean_by_variance),
    "gaussian_nll_with_log_scale": Traits(start=_starts.mean_by_log_scale),
    "laplace_nll": Traits(CORNER, start=_starts.median_by_scale, renewed=True),
    "cauchy_nll": Traits(REWEIGHTED),
    "student_t_nll": Traits(REWEIGHTED),
    "crps_logistic": Traits(REWEIGHTED),
    "crps_laplace": Traits(REWEIGHTED),
    "crps_gaussian": Traits(REWEIGHTED),
    "soft_margin": Traits(by_name(exact=EXACT, upper_bound=EXACT), _links.SIGMOID),
    "modified_huber": Traits(by_name(exact=EXACT, upper_bound=Constant(2.0), default="upper_bound")),
    "perceptron": Traits(by_name()),
    "hinge_embedding": Traits(by_name(), _links.DISTANCE),
    "margin_ranking": Traits(by_name()),
    "brier": Traits(instead="brier_with_logits"),
    "brier_with_logits": Traits(by_name(upper_bound=OfGradient(function=brier_bound), exact=EXACT), _links.SIGMOID),
    "wing": Traits(CORNER),
    "cross_entropy": Traits(
        by_name(exact=EXACT, upper_bound=TWICE, xgboost=TWICE, lightgbm=FRIEDMAN),
        _links.SOFTMAX,
        _starts.log_frequencies,
        products=products_of_softmax,
    ),
    "nll": Traits(instead="cross_entropy"),
    "kl_divergence": Traits(instead="cross_entropy"),
    "elementwise_kl_divergence": Traits(instead="binary_cross_entropy_with_logits"),
    "total_variation": Traits(instead="cross_entropy"),
    "multilabel_soft_margin": Traits(by_name(exact=EXACT, upper_bound=EXACT), _links.SIGMOID, _starts.logits_of_classes),
    "one_vs_all": Traits(by_name(exact=EXACT, upper_bound=EXACT, lightgbm=EXACT), _links.SIGMOID, _starts.logits_of_classes),
    "multi_margin": Traits(by_name(), start=_starts.levels_of_margins),
    "categorical_hinge": Traits(by_name(), start=_starts.majority),
    "sparsemax": Traits(by_name(exact=EXACT), start=_starts.frequencies),
    "selected_log_probs": Traits(instead="cross_entropy"),
    "distillation_kl": Traits(instead="cross_entropy"),
    "distillation_js": Traits(instead="cross_entropy"),
    "softmax_focal": Traits(SOFTMAX, _links.SOFTMAX),
    "expectile": Traits(by_name(exact=EXACT, xgboost=(None, HALF_OF_ONE_LEVEL)), level="alpha"),
    "pseudo_huber": Traits({**REWEIGHTED, **by_name(xgboost=EXACT)}),
    "charbonnier": Traits(REWEIGHTED),
    "fair": Traits({**REWEIGHTED, "lightgbm": EXACT}),
    "cauchy": Traits(REWEIGHTED),
    "geman_mcclure": Traits(REWEIGHTED),
    "welsch": Traits(REWEIGHTED),
    "tukey_biweight": Traits(REWEIGHTED),
    "epsilon_insensitive": Traits(CORNER),
    "squared_epsilon_insensitive": Traits(by_name(exact=EXACT, upper_bound=Constant(2.0), default="upper_bound")),
    "squared_log_error": Traits(
        instead="squared_error",
        how="of log1p(target), which is the same with predictions expm1(margin)",
    ),
    "exponential": Traits(link=_links.HALF_LOGIT),
    "absolute_percentage_error": Traits(CORNER),
    "symmetric_absolute_percentage_error": Traits(CORNER),
    "linex": Traits(by_name(descent=Turned(function=of_linex), exact=EXACT)),
    "lp": Traits(by_name(exact=EXACT, default="constant")),
    "log_lin_quantile": Traits(
        by_name(descent=Descent(share=1.0, width=0.3, residual=relative_to_rate), default="constant"), _links.EXP
    ),
    "barron": Traits(REWEIGHTED),
    "barron_nll": Traits(REWEIGHTED),
    "cross_entropy_lambda": Traits(by_name(exact=EXACT, upper_bound=EXACT, lightgbm=EXACT), _links.SIGMOID),
    "asymmetric_focal": Traits(by_name(descent=Turned(function=of_asymmetric_focal), exact=EXACT), _links.SIGMOID),
    "reduced_focal": Traits(by_name(exact=EXACT, default="constant"), _links.SIGMOID, jumps=at_threshold),
    "binary_sparsemax": Traits(by_name(exact=EXACT, upper_bound=Constant(0.5), default="upper_bound")),
    "tweedie_identity": Traits(instead="tweedie"),
    "generalized_kl": Traits(by_name(exact=EXACT), _links.EXP, _starts.log_mean),
    "l1": Traits(instead="absolute_error"),
    "l2": Traits(instead="squared_error"),
    "elastic_net": Traits(instead="squared_error"),
    "multilabel_margin": Traits(instead="multilabel_soft_margin"),
    "poly1_cross_entropy": Traits(SOFTMAX, _links.SOFTMAX),
    "generalized_cross_entropy": Traits(SOFTMAX, _links.SOFTMAX),
    "symmetric_cross_entropy": Traits(SOFTMAX, _links.SOFTMAX),
}

OTHER = Traits()


def traits_of(loss: Loss) -> Traits:
    """The row of a loss; of one that has none, what can be told from its derivatives."""
    return TABLE.get(loss.name, OTHER)
