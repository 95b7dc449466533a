"""How boosters call: the arguments that tell one from another, and a metric in the form that each of them wants."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from fastloss import _advice
from fastloss.boosting import _parameters
from fastloss.boosting._checks import numbers

__all__ = ["FORMS", "Metric", "NotOfCatBoost", "sample_of"]


class Sample(NamedTuple):
    """What a booster passes, whichever way it calls."""

    margin: np.ndarray
    target: Any
    weight: Any
    native: bool


def sample_of(y_true: Any, y_pred: Any, sample_weight: Any) -> Sample:
    """Tell the calls apart: f(margins, data) of the libraries, f(labels, margins, weights) of their scikit-learn classes."""
    native = hasattr(y_pred, "get_label")  # XGBoost's DMatrix, LightGBM's Dataset
    if native:
        y_true, y_pred, sample_weight = y_pred.get_label(), y_true, y_pred.get_weight()
    elif hasattr(y_true, "get_label"):
        raise TypeError(f"the margins come first and {type(y_true).__name__} second, or labels first and margins second")
    if native and np.shape(sample_weight) == (0,):  # as XGBoost gives what a DMatrix has not
        sample_weight = None
    return Sample(numbers(y_pred, "margins"), y_true, sample_weight, native)


class NotOfCatBoost(_parameters.ByValue):
    """What CatBoost does not take: it asks for methods that only its own objectives and metrics have."""

    if not TYPE_CHECKING:  # a checker would take every name for an attribute

        def __getattr__(self, name: str) -> Any:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}{_advice.attribute(name)}")


# What each library wants of a metric called as f(margins, data), and as f(labels, margins, weights).
Form = Callable[[str, float], Any]
FORMS: Mapping[str, tuple[Form, Form]] = {
    "xgboost": (lambda name, value: (name, value), lambda name, value: value),
    "lightgbm": (lambda name, value: (name, value, False), lambda name, value: (name, value, False)),
}


class Metric(NotOfCatBoost):
    """The mean loss of raw margins, smaller is better: what `Objective.metric` returns. Metrics of equal objectives are equal.

    Attributes
    ----------
    objective : Objective
    booster : str
    """

    def __init__(self, objective: Any, booster: str) -> None:
        if booster not in FORMS:
            raise ValueError(f"booster must be one of {', '.join(FORMS)}; got {booster!r}")
        self.objective, self.booster = objective, booster

    @property
    def __name__(self) -> str:  # by which XGBoost's scikit-learn classes report it
        name: str = self.objective.loss.name
        return name

    def _arguments(self) -> tuple[Any, ...]:
        return self.objective, self.booster

    def __repr__(self) -> str:
        return f"{self.objective!r}.metric({self.booster!r})"

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Take the arguments of `Objective.__call__`, and return what the booster expects of a metric.

        Examples
        --------
        >>> import fastloss as fl
        >>> from fastloss.boosting import objective
        >>> objective(fl.huber).metric("xgboost")([0.0, 0.0], [0.5, 3.0])
        1.3125
        """
        sample = sample_of(y_true, y_pred, sample_weight)
        value = self.objective.value(sample.margin, sample.target, sample.weight)
        return FORMS[self.booster][not sample.native](self.__name__, value)
