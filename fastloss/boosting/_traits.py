"""THE table of what a gradient booster needs to know of a loss beside its derivatives, one row a loss.

The conventions called "xgboost-3.2", "xgboost-3.4" and "lightgbm" are what these libraries compute of their own objective;
docs/boosting.md says of which.
"""

from __future__ import annotations

import importlib.util
import re
import sys
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from fastloss._loss import Loss
from fastloss.boosting import _links, _starts
from fastloss.boosting._conventions import Constant, Convention, Descent, OfGradient, Smoothed, Turned, relative_to_rate
from fastloss.boosting._curvatures import (
    at_threshold,
    brier_bound,
    focal_bound,
    inverse_of,
    of_asymmetric_focal,
    of_inverse_gaussian,
    of_linex,
    of_zero_inflated_poisson,
    products_of_softmax,
    residual_bound,
    smoothed_quantile,
)
from fastloss.boosting._margins import Margins

__all__ = [
    "HESSIANS",
    "TABLE",
    "XGBOOST",
    "Traits",
    "traits_of",
    "xgboost_of_today",
]

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


def no_jumps(parameters: Mapping[str, Any]) -> np.ndarray:
    return np.empty(0)


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
    "smooth_l1": Traits(by_name(descent=Descent(), exact=EXACT, upper_bound=Constant(inverse_of("beta")))),
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
    "gan_minimax": Traits(instead="binary_cross_entropy_with_logits"),
    "gan_non_saturating": Traits(instead="binary_cross_entropy_with_logits"),
    "gan_least_squares": Traits(instead="squared_error"),
    "gan_hinge": Traits(instead="hinge"),
    "wasserstein": Traits(instead="hinge"),
    "multilabel_margin": Traits(instead="multilabel_soft_margin"),
    "poly1_cross_entropy": Traits(SOFTMAX, _links.SOFTMAX),
    "generalized_cross_entropy": Traits(SOFTMAX, _links.SOFTMAX),
    "symmetric_cross_entropy": Traits(SOFTMAX, _links.SOFTMAX),
}

OTHER = Traits()


#: Of losses whose elements hang together, such as those of regions: a booster asks for the Hessian of each sample.
HANGS_TOGETHER = Traits(instead="a loss of single samples")


def traits_of(loss: Loss) -> Traits:
    """The row of a loss; of one that has none, what can be told from its derivatives."""
    if "grad_and_hess" not in loss.row.entry_points:
        return HANGS_TOGETHER
    if loss.row.own is not None:  # whatever its name is
        return Traits(by_name(exact=EXACT, descent=Descent()), _links.OF_USERS[loss.row.link])
    return TABLE.get(loss.name, OTHER)
