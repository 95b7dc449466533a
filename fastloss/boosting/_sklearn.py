"""`sklearn_loss`: a loss for scikit-learn's HistGradientBoosting, by its private interface. Experimental."""

from __future__ import annotations

import functools
import importlib
from typing import Any

import numpy as np

from fastloss._loss import Loss
from fastloss._weights import relative
from fastloss.boosting._checks import numbers
from fastloss.boosting._conventions import Smoothed
from fastloss.boosting._links import SIGMOID, SOFTMAX
from fastloss.boosting._objective import FLOOR, Objective, objective
from fastloss.boosting._parameters import ByValue, bound
from fastloss.boosting._traits import traits_of

__all__ = ["sklearn_loss"]

#: The versions of scikit-learn whose private interface this is.
VERSIONS = ("1.6", "1.7", "1.8", "1.9")


class Kernels:
    """What scikit-learn's losses compute with: the methods of its `CyLossFunction`, which fill the arrays they are given."""

    def __init__(self, objective: Objective) -> None:
        self.objective = objective

    def loss(self, y_true: Any, raw_prediction: Any, sample_weight: Any, loss_out: Any, n_threads: int) -> None:
        given = self.objective
        of = given.prepare(raw_prediction, y_true, sample_weight, n_threads)
        value = given.loss(of.pred, of.target, weight=of.weight, reduction="none", **of.keywords)
        np.multiply(value, given.convention.scale, out=loss_out, casting="same_kind")

    def gradient_hessian(
        self,
        y_true: Any,
        raw_prediction: Any,
        sample_weight: Any,
        gradient_out: Any,
        hessian_out: Any,
        n_threads: int,
    ) -> None:
        of = self.objective.prepare(raw_prediction, y_true, sample_weight, n_threads)
        gradient_out[...], hessian_out[...] = self.objective._in_training(of, single=False)

    def gradient(self, y_true: Any, raw_prediction: Any, sample_weight: Any, gradient_out: Any, n_threads: int) -> None:
        gradient_out[...], _ = self.objective.derivatives(raw_prediction, y_true, sample_weight, n_threads=n_threads)

    def loss_gradient(
        self, y_true: Any, raw_prediction: Any, sample_weight: Any, loss_out: Any, gradient_out: Any, n_threads: int
    ) -> None:
        self.loss(y_true, raw_prediction, sample_weight, loss_out, n_threads)
        self.gradient(y_true, raw_prediction, sample_weight, gradient_out, n_threads)


@functools.cache
def loss_type(has_probabilities: bool) -> Any:
    """The class of losses, derived from scikit-learn's, which is imported here."""
    base: Any = importlib.import_module("sklearn._loss.loss").BaseLoss

    class SklearnLoss(ByValue, base):  # type: ignore[misc]  # a class known when it runs
        def __init__(self, objective: Objective, n_classes: int | None) -> None:
            links: Any = importlib.import_module("sklearn._loss.link")
            super().__init__(Kernels(objective), getattr(links, objective.traits.link.name)(), n_classes)
            self.objective = objective
            self.is_multiclass = objective.loss.declared.has_classes
            self.approx_hessian = objective.hessian != "exact"
            # A leaf of what is no derivative of this loss is a step all the same; so it is where parameters of the samples in
            # a leaf are not known.
            renewed = objective.traits.renewed and not objective.varies
            self.differentiable = not renewed or isinstance(objective.convention, Smoothed)

        def _arguments(self) -> tuple[Any, ...]:
            return self.objective, self.n_classes

        def __reduce__(self) -> tuple[Any, ...]:
            return rebuilt, self._arguments()

        def get_params(self, deep: bool = True) -> dict[str, Any]:
            return self.objective.get_params(deep)

        def set_params(self, **params: Any) -> Any:
            self.__init__(self.objective._replaced(**params), self.n_classes)  # type: ignore[misc]
            return self

        def __repr__(self) -> str:
            return f"sklearn_loss of {self.objective!r}"

        def __call__(self, y_true: Any, raw_prediction: Any, sample_weight: Any = None, n_threads: int = 1) -> Any:
            # scikit-learn sums products with weights, which need not be numbers of their type.
            weight = None if sample_weight is None else relative(numbers(sample_weight, "weights"))
            return super().__call__(y_true, raw_prediction, weight, n_threads)

        def fit_intercept_only(self, y_true: Any, sample_weight: Any = None) -> Any:
            # Unlike `init_score`, of residuals in a leaf too, where all weights may be 0.
            if sample_weight is not None and not numbers(sample_weight, "weights").any():
                return np.float64(0)
            return np.asarray(self.objective.init_score(y_true, sample_weight, classes=self.n_classes))

    class SklearnClassifierLoss(SklearnLoss):
        def predict_proba(self, raw_prediction: Any) -> Any:
            if self.is_multiclass:
                return self.link.inverse(raw_prediction)
            positive = self.link.inverse(np.reshape(raw_prediction, -1))
            return np.stack([1 - positive, positive], axis=1)

    return SklearnClassifierLoss if has_probabilities else SklearnLoss


def rebuilt(given: Objective, n_classes: int | None) -> Any:
    """The loss of an objective, with the version checked."""
    installed = importlib.import_module("sklearn").__version__
    if not installed.startswith(tuple(f"{version}." for version in VERSIONS)):
        raise ImportError(
            f"sklearn_loss uses private interfaces of scikit-learn {', '.join(VERSIONS)}, and this is {installed}; "
            "xgboost and lightgbm take fastloss.boosting.objective whatever their version"
        )
    return loss_type(given.traits.link in (SIGMOID, SOFTMAX))(given, n_classes)


def sklearn_loss(
    loss: Loss, hessian: str | None = None, hessian_floor: float = FLOOR, *, n_classes: int | None = None, **params: Any
) -> Any:
    """Make a loss one of scikit-learn's HistGradientBoosting: its ``loss=``. Experimental.

    Parameters
    ----------
    loss, hessian, hessian_floor, **params
        As for `objective`; of `absolute_error`, `quantile` and `laplace_nll`, whose leaves scikit-learn renews, the default is
        constant.
    n_classes : int, optional
        The number of classes, for losses over a class axis.

    Returns
    -------
    sklearn._loss.loss.BaseLoss
        For ``HistGradientBoostingRegressor(loss=...)``, or, of losses whose margins become probabilities, for
        ``HistGradientBoostingClassifier(loss=...)``.

    Raises
    ------
    ImportError
        For a version of scikit-learn other than 1.6 to 1.9: the interface is private, and changes without notice.
    ValueError, TypeError
        As `objective` raises; and where `n_classes` is missing.

    Notes
    -----
    The starting score is the optimal constant. After each tree scikit-learn renews the leaves of `absolute_error` and
    `quantile` by the optimal constant of the residuals in a leaf, as for its own losses.

    Examples
    --------
    >>> import fastloss as fl
    >>> from fastloss.boosting import sklearn_loss
    >>> from sklearn.ensemble import HistGradientBoostingRegressor
    >>> model = HistGradientBoostingRegressor(loss=sklearn_loss(fl.huber, delta=2.0), max_iter=1, min_samples_leaf=1)
    >>> model.fit([[0.0], [1.0]], [0.0, 1.0]).predict([[0.0], [1.0]]).round(2)
    array([0.45, 0.55])
    """
    if hessian is None and isinstance(loss, Loss) and traits_of(loss).renewed:
        hessian = "constant"  # it chooses splits alone, as in scikit-learn's own losses
    given = objective(bound(sklearn_loss, loss, params), hessian, hessian_floor)
    if given.loss.declared.has_classes != (n_classes is not None):
        raise ValueError(f"n_classes = {n_classes!r}: {loss.name} has {'a' if n_classes is None else 'no'} class axis")
    if given.levels is not None:
        raise ValueError(
            f"{given.traits.level} has {len(given.levels)} levels, but HistGradientBoosting has one margin a sample: "
            "train a model for each level, or give XGBoost or LightGBM fastloss.boosting.objective"
        )
    return rebuilt(given, n_classes)
