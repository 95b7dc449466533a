"""THE table of what a gradient booster needs to know of a loss beside its derivatives, one row a loss.

A Hessian convention is what takes the place of the Hessian in a booster's Newton steps. Those called "xgboost" and "lightgbm"
are what these libraries, in the `VERSIONS` named, compute of their own objective; docs/boosting.md says of which.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from fastloss import binary_cross_entropy_with_logits, logsumexp
from fastloss._kernel import CompiledEntry
from fastloss._loss import Loss
from fastloss._registry import POSITIVE, Interval
from fastloss.boosting import _links, _starts

__all__ = ["HESSIANS", "VERSIONS", "Convention", "Traits", "traits_of"]

HESSIANS = ("exact", "upper_bound", "constant", "xgboost", "lightgbm")
#: The versions whose conventions these are.
VERSIONS = {"xgboost": "3.2", "lightgbm": "4.7"}

# A number, or what gives it from the parameters of the loss and the number of classes.
Number = float | Callable[[Mapping[str, Any], int], float]


# As many as a program has objectives at a time.
@lru_cache(maxsize=64)
def newton_entry(loss: Loss, name: str, factor: float, floor: float, single: bool) -> CompiledEntry:
    """An entry point of a loss whose Hessians are multiples not below a floor; `single`: with results of float32."""
    entry = CompiledEntry(loss, name)
    entry.for_newton_steps(factor, floor, single)
    return entry


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

    def raised(self, hess: np.ndarray) -> np.ndarray:
        """In place, not below the floor."""
        floor = hess.dtype.type(self.floor)
        np.maximum(hess, floor if self.weight is None else floor * self.by_sample(self.weight), out=hess)
        return hess

    def number(self, given: Number) -> float:
        if callable(given):
            parameters = {name: parameter.default for name, parameter in self.loss.params.items()}
            return given(parameters, self.pred.shape[-1])
        return given

    def by_sample(self, array: Any) -> Any:
        """Numbers of samples, such as weights, so that they broadcast against derivatives."""
        return array[:, None] if self.loss.family == "rows" and np.ndim(array) == 1 else array

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

    `scale` multiplies both, where a booster's own loss is a multiple of ours; `factor` multiplies the Hessian alone.
    """

    factor: Number = 1.0
    scale: float = 1.0

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
            hess[...] = number if of.weight is None else number * of.by_sample(of.weight)
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


def focal_bound(of: Margins, size: np.ndarray) -> np.ndarray:
    """(gamma + 1) |gradient| (1 - m), where m is the probability that the margin gives to the wrong label.

    With H = -log(1 - m), G = a m^gamma (gamma (1 - m) H + m) is the gradient's size, and the Hessian is m (1 - m) G'(m), where
    m G' = gamma G + a m^(gamma + 1) (gamma + 1 - gamma H). That is at most (gamma + 1) G exactly if gamma m <= gamma H; and
    m <= H always. With gamma = 0 the bound is the Hessian; and as m goes to 0, their ratio goes to 1.
    """
    # 1 - m is the size of the cross-entropy's gradient at the other label.
    right = binary_cross_entropy_with_logits.grad(of.pred, 1 - of.target, reduction="none", **of.keywords)
    np.abs(right, out=right)
    size *= right
    size *= size.dtype.type(1 + of.loss.params["gamma"].default)
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
    given = {name: parameter.default for name, parameter in of.loss.params.items()}
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


def positive_at_two(parameters: Mapping[str, Any]) -> Interval | None:
    """The targets of a Tweedie loss: at a power of 2 the loss of a target of 0 has no least value, as gamma's."""
    return POSITIVE if parameters["power"] == 2 else None


def _inverse_of(name: str) -> Callable[[Mapping[str, Any], int], float]:
    def inverse(parameters: Mapping[str, Any], classes: int) -> float:
        if parameters[name] == 0:
            raise ValueError(
                f"with {name} = 0 the loss has a corner, where no Hessian bounds it; hessian='constant' is accepted"
            )
        return float(1 / parameters[name])

    return inverse


def by_name(default: str = "", **conventions: Convention) -> dict[str, Convention]:
    """Conventions by name, with the constant that all losses have; the default is the first unless named."""
    every = {**conventions, **({} if "constant" in conventions else {"constant": Constant()})}
    first = default or next(iter(every))
    return {first: every.pop(first), **every}


EXACT, ONE, HALF = Convention(), Constant(), Convention(scale=0.5)
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
    targets : callable, optional
        From the parameters to the targets for which the loss has a least value; None where these are the loss's domain.
    products : callable, optional
        The second derivatives of a row by two different margins, where the diagonal is not all and the matrix is positive
        semidefinite; it returns None for parameters with which it is not.
    renewed : bool
        Whether a leaf's best value is not a Newton step but the optimal constant of the residuals in it.
    level : str
        The parameter that may have a number for each of several margins of a sample, such as levels of quantiles.
    instead : str
        Of what is no loss of a margin, the name of the loss to take.
    how : str
        What is to be done with that loss, if it is not the same.
    """

    hessians: Mapping[str, Convention] = field(default_factory=lambda: by_name(exact=EXACT))
    link: _links.Link = _links.IDENTITY
    start: _starts.Start | None = None
    targets: Callable[[Mapping[str, Any]], Interval | None] | None = None
    products: Callable[[Margins], np.ndarray | None] | None = None
    renewed: bool = False
    level: str = ""
    instead: str = ""
    how: str = ""


KINKED = by_name(xgboost=ONE, lightgbm=ONE, default="constant")
SOFTMAX = by_name(exact=EXACT)
RESIDUAL = by_name(exact=EXACT, upper_bound=ONE, default="upper_bound")
REWEIGHTED = by_name(exact=EXACT, upper_bound=OfGradient(function=residual_bound), default="upper_bound")

TABLE: dict[str, Traits] = {
    "squared_error": Traits(by_name(exact=EXACT, xgboost=HALF, lightgbm=HALF), start=_starts.mean),
    "absolute_error": Traits(KINKED, start=_starts.median, renewed=True),
    "huber": Traits({**RESIDUAL, "lightgbm": ONE}),
    "smooth_l1": Traits(by_name(exact=EXACT, upper_bound=Constant(_inverse_of("beta")), default="upper_bound")),
    "log_cosh": Traits(by_name(exact=EXACT, upper_bound=ONE)),
    "quantile": Traits(KINKED, start=_starts.quantile, renewed=True, level="q"),
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
    "tweedie": Traits(
        by_name(exact=EXACT, xgboost=EXACT, lightgbm=EXACT), _links.EXP, _starts.log_mean, targets=positive_at_two
    ),
    "inverse_gaussian": Traits(by_name(exact=EXACT, default="constant"), _links.EXP, _starts.log_mean),
    "negative_binomial": Traits(link=_links.EXP, start=_starts.log_mean),
    "poisson_identity": Traits(instead="poisson"),
    "zero_inflated_poisson": Traits(by_name(exact=EXACT, default="constant"), _links.EXP),
    "beta": Traits(by_name(exact=EXACT, default="constant"), _links.SIGMOID),
    "gaussian_nll": Traits(start=_starts.mean_by_variance),
    "gaussian_nll_with_log_scale": Traits(start=_starts.mean_by_log_scale),
    "laplace_nll": Traits(by_name(), start=_starts.median_by_scale, renewed=True),
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
    "brier_with_logits": Traits(by_name(exact=EXACT, default="constant"), _links.SIGMOID),
    "wing": Traits(by_name()),
    "cross_entropy": Traits(
        by_name(exact=EXACT, upper_bound=TWICE, xgboost=TWICE, lightgbm=FRIEDMAN),
        _links.SOFTMAX,
        _starts.log_frequencies,
        products=products_of_softmax,
    ),
    "nll": Traits(instead="cross_entropy"),
    "kl_divergence": Traits(instead="cross_entropy"),
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
    "expectile": Traits(level="alpha"),
    "pseudo_huber": Traits({**REWEIGHTED, "xgboost": EXACT}),
    "charbonnier": Traits(REWEIGHTED),
    "fair": Traits({**REWEIGHTED, "lightgbm": EXACT}),
    "cauchy": Traits(REWEIGHTED),
    "geman_mcclure": Traits(REWEIGHTED),
    "welsch": Traits(REWEIGHTED),
    "tukey_biweight": Traits(REWEIGHTED),
    "epsilon_insensitive": Traits(by_name()),
    "squared_epsilon_insensitive": Traits(by_name(exact=EXACT, upper_bound=Constant(2.0), default="upper_bound")),
    "squared_log_error": Traits(
        instead="squared_error",
        how="of log1p(target), which is the same with predictions expm1(margin)",
    ),
    "exponential": Traits(link=_links.HALF_LOGIT),
    "absolute_percentage_error": Traits(by_name()),
    "symmetric_absolute_percentage_error": Traits(by_name()),
    "lp": Traits(by_name(exact=EXACT, default="constant")),
    "log_lin_quantile": Traits(by_name(), _links.EXP),
    "barron": Traits(REWEIGHTED),
    "barron_nll": Traits(REWEIGHTED),
    "cross_entropy_lambda": Traits(by_name(exact=EXACT, upper_bound=EXACT, lightgbm=EXACT), _links.SIGMOID),
    "asymmetric_focal": Traits(by_name(exact=EXACT, default="constant"), _links.SIGMOID),
    "reduced_focal": Traits(by_name(exact=EXACT, default="constant"), _links.SIGMOID),
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
