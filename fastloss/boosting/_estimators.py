"""Classifiers and regressors of the boosters under an objective. This module imports scikit-learn."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from fastloss._loss import Loss
from fastloss.boosting._catboost import CatBoostObjective, check_two_classes
from fastloss.boosting._links import SIGMOID, SOFTMAX
from fastloss.boosting._objective import Objective

__all__ = ["ObjectiveClassifier", "ObjectiveRegressor"]

_base: Any = importlib.import_module("sklearn.base")
_available_if: Any = importlib.import_module("sklearn.utils.metaestimators").available_if


class Booster(NamedTuple):
    """How a library's estimators are told an objective and a starting score, and asked for margins."""

    #: Parameters, from the objective, the number of margins of a sample and those that the estimator has.
    settings: Callable[[Objective, int, Any], dict[str, Any]]
    #: The keyword of `fit` for the starting score of each sample.
    start: str
    margin: Callable[[Any, Any, int], Any]


def of_lightgbm(objective: Objective, columns: int, has: Any) -> dict[str, Any]:
    # Its metrics take margins for probabilities.
    return {"objective": objective, **({} if "metric" in has else {"metric": "None"}), **several(columns)}


def of_xgboost(objective: Objective, columns: int, has: Any) -> dict[str, Any]:
    # Margins are counted from the starting score that `fit` is given, and this is 0 for what is predicted.
    return {"objective": objective, "base_score": None, "disable_default_eval_metric": True, **several(columns)}


def of_catboost(objective: Objective, columns: int, has: Any) -> dict[str, Any]:
    made = CatBoostObjective(objective)
    if columns == 2:
        check_two_classes(objective)
    metric = {} if has.get("eval_metric") is not None else {"eval_metric": made.metric()}
    return {"loss_function": made, **metric, **({"classes_count": columns} if columns > 1 else {})}


def several(columns: int) -> dict[str, Any]:
    return {"num_class": columns} if columns > 1 else {}


def xgboost_margin(model: Any, X: Any, columns: int) -> Any:
    samples = np.shape(X)[0]
    nothing = np.zeros((samples, columns) if columns > 1 else samples, np.float32)
    return model.predict(X, output_margin=True, base_margin=nothing)


BOOSTERS = {
    "lightgbm": Booster(of_lightgbm, "init_score", lambda model, X, columns: model.predict(X, raw_score=True)),
    "xgboost": Booster(of_xgboost, "base_margin", xgboost_margin),
    "catboost": Booster(of_catboost, "baseline", lambda model, X, columns: model.predict(X, prediction_type="RawFormulaVal")),
}


def booster_of(estimator: Any) -> Booster:
    for kind in type(estimator).__mro__:
        if booster := BOOSTERS.get(kind.__module__.partition(".")[0]):
            return booster
    raise TypeError(f"estimator must be one of {', '.join(BOOSTERS)}; got {type(estimator).__name__}")


def checked(objective: Any) -> Objective:
    if isinstance(objective, Objective):
        return objective
    made = f": objective(fl.{objective.name})" if isinstance(objective, Loss) else ", of fastloss.boosting.objective"
    raise TypeError(f"objective must be an objective{made}; got {type(objective).__name__}")


def has_probabilities(model: ObjectiveClassifier) -> bool:
    return model.objective.traits.link in (SIGMOID, SOFTMAX)


class OfObjective(_base.MetaEstimatorMixin, _base.BaseEstimator):  # type: ignore[misc]  # a class known when it runs
    """What the two have in common: an estimator that is trained from the objective's starting score, which its margins miss."""

    def __init__(self, estimator: Any, objective: Objective) -> None:
        self.estimator = estimator
        self.objective = objective

    def _fit(self, X: Any, y: Any, sample_weight: Any, classes: int | None, given: dict[str, Any]) -> Any:
        booster = booster_of(self.estimator)
        self.start_ = self.objective.init_score(y, sample_weight, classes=classes)
        start = np.full((len(y), *np.shape(self.start_)), self.start_)
        settings = booster.settings(self.objective, np.size(self.start_), self.estimator.get_params())
        self.estimator_ = _base.clone(self.estimator).set_params(**settings)
        self.estimator_.fit(X, y, sample_weight=sample_weight, **{booster.start: start, **given})
        return self

    def _margin(self, X: Any) -> np.ndarray:
        margin = np.asarray(booster_of(self.estimator_).margin(self.estimator_, X, np.size(self.start_)))
        return np.asarray(self.start_ + (margin if np.ndim(self.start_) else margin.reshape(-1)))

    @property
    def n_features_in_(self) -> int:
        found: int = self.estimator_.n_features_in_
        return found


class ObjectiveClassifier(_base.ClassifierMixin, OfObjective):  # type: ignore[misc]
    """A classifier of LightGBM, XGBoost or CatBoost under an objective, which predicts classes and probabilities.

    Their own classifiers predict margins, or take them for something else. This one trains from the objective's starting score,
    knows the labels, and is one of scikit-learn's: the parameters of both are found by ``estimator__`` and ``objective__``.

    Parameters
    ----------
    estimator : LGBMClassifier, XGBClassifier or CatBoostClassifier
        A clone of it is trained.
    objective : Objective
        Of a loss of two labels, -1 and 1 or 0 and 1, or of one over a class axis, for any number of classes.

    Attributes
    ----------
    classes_ : ndarray
    estimator_ : object
        What was trained; its margins lack the starting score.
    start_ : float or ndarray
        The starting score.

    Examples
    --------
    >>> import fastloss as fl
    >>> from fastloss.boosting import ObjectiveClassifier, objective
    >>> from lightgbm import LGBMClassifier
    >>> focal = objective(fl.sigmoid_focal, gamma=2.0)
    >>> model = ObjectiveClassifier(LGBMClassifier(n_estimators=5, min_child_samples=1, verbose=-1), focal)
    >>> model.fit([[0.0], [0.0], [1.0], [1.0]], ["no", "no", "yes", "yes"]).predict([[1.0], [0.0]])
    array(['yes', 'no'], dtype='<U3')
    >>> model.set_params(objective__gamma=1.0).objective.loss.params["gamma"].default
    1.0
    """

    def fit(self, X: Any, y: Any, sample_weight: Any = None, **fit_params: Any) -> Any:
        """Train it.

        Parameters
        ----------
        X, y : array_like
            Samples and their labels, of any type.
        sample_weight : array_like, optional
        **fit_params
            For the estimator's `fit`; labels that it is given, such as those of ``eval_set``, must be numbers of classes.

        Returns
        -------
        ObjectiveClassifier
        """
        self.classes_, label = np.unique(y, return_inverse=True)
        loss, several = checked(self.objective).loss, len(self.classes_)
        rows = loss.declared.has_classes
        if several < 2 or (several > 2 and not rows):
            takes = "at least two" if rows else "two"
            raise ValueError(f"{loss.name} takes {takes} classes, and y has {several}")
        return self._fit(X, label, sample_weight, several if rows else None, fit_params)

    def decision_function(self, X: Any) -> np.ndarray:
        """Margins: of the second class, or of each, where the loss is over a class axis."""
        return self._margin(X)

    @_available_if(has_probabilities)  # type: ignore[untyped-decorator, unused-ignore]
    def predict_proba(self, X: Any) -> np.ndarray:
        """The probability of each class, where the objective's margins become probabilities."""
        probability = self.objective.predict(self._margin(X))
        if probability.ndim == 1:
            return np.stack([1 - probability, probability], axis=1)
        total = probability.sum(axis=1, keepdims=True)
        return probability / np.where(total > 0, total, 1)

    def predict(self, X: Any) -> np.ndarray:
        """The class of the largest margin; of a loss of two labels the second, where the margin is above 0."""
        margin = self._margin(X)
        chosen = margin.argmax(axis=1) if margin.ndim == 2 else (margin > 0).astype(np.intp)
        predicted: np.ndarray = self.classes_[chosen]
        return predicted


class ObjectiveRegressor(_base.RegressorMixin, OfObjective):  # type: ignore[misc]
    """A regressor of LightGBM, XGBoost or CatBoost under an objective, which predicts from its starting score and by its link.

    Parameters
    ----------
    estimator : LGBMRegressor, XGBRegressor or CatBoostRegressor
        A clone of it is trained.
    objective : Objective

    Attributes
    ----------
    estimator_ : object
        What was trained; its margins lack the starting score.
    start_ : float or ndarray
        The starting score.

    Examples
    --------
    >>> import fastloss as fl
    >>> from fastloss.boosting import ObjectiveRegressor, objective
    >>> from lightgbm import LGBMRegressor
    >>> model = ObjectiveRegressor(LGBMRegressor(n_estimators=100, min_child_samples=1, verbose=-1), objective(fl.poisson))
    >>> model.fit([[0.0], [0.0], [1.0], [1.0]], [1.0, 3.0, 5.0, 5.0]).predict([[1.0], [0.0]]).round(2)
    array([5., 2.])
    """

    def fit(self, X: Any, y: Any, sample_weight: Any = None, **fit_params: Any) -> Any:
        """Train it.

        Parameters
        ----------
        X, y : array_like
            Samples and their targets.
        sample_weight : array_like, optional
        **fit_params
            For the estimator's `fit`.

        Returns
        -------
        ObjectiveRegressor
        """
        checked(self.objective)
        return self._fit(X, np.asarray(y), sample_weight, None, fit_params)

    def predict(self, X: Any) -> np.ndarray:
        """What the objective predicts from margins: a rate, where the loss is of its logarithm, else the margin."""
        return self.objective.predict(self._margin(X))
