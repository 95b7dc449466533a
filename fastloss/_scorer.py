"""The scorers that `fastloss.metrics.scorer` makes. This module imports scikit-learn."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from fastloss import _errors
from fastloss._kinds import NONNEGATIVE, PROBABILITY, SIGN, Interval
from fastloss._loss import Loss
from fastloss.boosting._links import EXP, HALF_LOGIT, SIGMOID, SOFTMAX
from fastloss.boosting._parameters import bound
from fastloss.boosting._traits import traits_of

__all__ = ["Scorer", "scored"]

_base: Any = importlib.import_module("sklearn.base")

OF_LOG_PROBABILITIES = ("nll", "kl_divergence", "elementwise_kl_divergence")
#: Not a loss, but what is to be large.
SCORES = ("selected_log_probs",)
RESPONSE_METHODS = ("predict", "predict_proba", "decision_function")


def takes_labels_or_numbers(loss: Loss) -> bool:
    """And not another row of logits, or of labels."""
    return not loss.declared.has_classes or loss.declared.labels or loss.domain.target.bounded


def scored(maker: Callable[..., Any], loss: Any, parameters: Mapping[str, Any]) -> Loss:
    """The loss with the parameters bound that the maker of a scorer was given, if a model's predictions can be scored by it."""
    if not isinstance(loss, Loss):
        raise TypeError(f"loss must be a loss of fastloss.losses, such as fastloss.huber; got {type(loss).__name__}")
    if not takes_labels_or_numbers(loss):
        wanted = "lists of labels" if loss.declared.label_lists else "logits"
        raise TypeError(f"{loss.name} takes {wanted} as its target, which scikit-learn's models do not have")
    made: Loss = bound(maker, loss, parameters)
    if own := sorted({"weight", "reduction", "axis"} & set(made.bound)):
        raise TypeError(f"a scorer weighs and reduces by itself, and takes no {', '.join(own)}; weights are sample_weight")
    return made


def log(probability: Any) -> np.ndarray:
    with np.errstate(divide="ignore"):
        result: np.ndarray = np.log(probability)
    return result


def log_odds(probability: Any) -> np.ndarray:
    return np.asarray(log(probability) - log(1 - np.asarray(probability)))


def stacked(response: Any) -> np.ndarray:
    """One array of the probabilities of 1, where a model of several outputs gives a list of the two probabilities of each."""
    if isinstance(response, list):
        return np.stack([np.asarray(one)[:, -1] for one in response], axis=1)
    return np.asarray(response)


class Scorer(_base.BaseEstimator):  # type: ignore[misc]  # a class known when it runs
    """Minus the mean loss of a fitted model's predictions: what `fastloss.metrics.scorer` returns.

    Attributes
    ----------
    loss : Loss
        With its parameters bound.
    response_method : str or None
    """

    def __init__(self, loss: Loss, response_method: str | None = None) -> None:
        if response_method is not None and not (isinstance(response_method, str) and response_method in RESPONSE_METHODS):
            raise ValueError(f"response_method must be one of {', '.join(RESPONSE_METHODS)}; got {response_method!r}")
        self.loss, self.response_method = loss, response_method

    def __repr__(self) -> str:
        chosen = f", response_method={self.response_method!r}" if self.response_method else ""
        return f"scorer({self.loss.name}{chosen}{''.join(f', {name}={value!r}' for name, value in self.loss.bound.items())})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Scorer):
            return NotImplemented
        return bool((self.loss, self.response_method) == (other.loss, other.response_method))

    def __hash__(self) -> int:
        return hash((self.loss, self.response_method))

    def _accept_sample_weight(self) -> bool:
        # What scikit-learn asks the scorers of a dictionary.
        return True

    def __call__(self, estimator: Any, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Scores as `score` does."""
        return self.score(estimator, X, y, sample_weight)

    def score(self, estimator: Any, X: Any, y: Any, sample_weight: Any = None) -> float:
        """The score of a fitted model.

        Parameters
        ----------
        estimator : object
        X : array_like
            What the model predicts from.
        y : array_like
            Labels or targets.
        sample_weight : array_like, optional
            What each sample counts.

        Returns
        -------
        float
        """
        loss, y = self.loss, np.asarray(y)
        of_classes = loss.declared.has_classes or np.isfinite([loss.domain.target.low, loss.domain.target.high]).all()
        classes = getattr(estimator, "classes_", None) if of_classes and _base.is_classifier(estimator) else None
        pred = self._response(estimator, X, classes is not None)
        labelled = classes is not None and y.ndim == 1
        if labelled:
            pred, target = self._of_classes(pred, y, np.asarray(classes))
        else:
            target = y
            if pred.ndim == 2 and pred.shape[1] == 1 and y.ndim == 1:
                pred = pred[:, 0]
            if not loss.declared.has_classes and pred.ndim == 2 and y.ndim == 1:  # one column a level, such as of quantiles
                target = np.broadcast_to(y[:, None], pred.shape)
            if target.dtype.kind in "biu" and not loss.declared.labels:
                target = target.astype(pred.dtype)
            if loss.domain.target == SIGN:
                target = np.where(target == 0, -1, target)
        weight = None if sample_weight is None else np.asarray(sample_weight)
        if weight is not None and not loss.declared.has_classes and pred.ndim == 2:
            weight = weight[:, None]
        mean = float(loss(pred, target, weight=weight, reduction="mean"))
        return mean if loss.name in SCORES else -mean

    def _response(self, estimator: Any, X: Any, classifier: bool) -> np.ndarray:
        """What the loss takes as its prediction, of the method that has it."""
        loss = self.loss
        if self.response_method is not None:
            return stacked(getattr(estimator, self.response_method)(X))
        link = traits_of(loss).link
        if not classifier:
            pred = np.asarray(estimator.predict(X))
            if link is EXP or loss.name in OF_LOG_PROBABILITIES:
                return log(self._within(pred, NONNEGATIVE, "logarithms"))
            return log_odds(self._within(pred, PROBABILITY, "log-odds")) if link is SIGMOID else pred
        if loss.domain.prediction == PROBABILITY:
            return stacked(estimator.predict_proba(X))
        if loss.name in OF_LOG_PROBABILITIES:
            return log(stacked(estimator.predict_proba(X)))
        if hasattr(estimator, "decision_function"):
            return np.asarray(estimator.decision_function(X))
        if link not in (SIGMOID, SOFTMAX, HALF_LOGIT) and not loss.declared.softmax:
            raise TypeError(
                f"{loss.name} takes margins, and {type(estimator).__name__} has no decision_function; "
                "response_method='predict_proba' gives it probabilities in their place"
            )
        probability = stacked(estimator.predict_proba(X))
        if loss.declared.has_classes and link is not SIGMOID:
            return log(probability)
        return log_odds(probability) / 2 if link is HALF_LOGIT else log_odds(probability)

    def _within(self, pred: np.ndarray, interval: Interval, taken: str) -> np.ndarray:
        """Predictions of which there are logarithms, or an error that names the first other one."""
        where = _errors.first_where(pred, lambda x: _errors.lies_outside(x, interval))
        if where is not None:
            raise ValueError(
                f"the model predicts {pred[where]} in row {where[0]}, outside {interval}, and {self.loss.name} takes {taken} "
                "of predictions; response_method='predict' gives it predictions as they are"
            )
        return pred

    def _of_classes(self, pred: np.ndarray, y: np.ndarray, classes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Predictions and target of a classifier, in the order of its classes."""
        loss = self.loss
        label = np.minimum(np.searchsorted(classes, y), len(classes) - 1)
        unseen = np.flatnonzero(classes[label] != y)
        if len(unseen):
            at = unseen[0]
            raise ValueError(f"y[{at}] is {y.tolist()[at]!r}, which is none of the model's classes {classes.tolist()}")
        if loss.declared.has_classes:
            if pred.ndim == 1:  # of two classes: what the second is ahead by
                pred = np.stack([-pred / 2, pred / 2], axis=1)
            if loss.declared.labels:
                return pred, label
            return pred, (label[:, None] == np.arange(len(classes))).astype(pred.dtype)
        if len(classes) != 2:
            raise ValueError(
                f"{loss.name} takes two classes, and the model has {len(classes)}: {classes.tolist()}; "
                "losses over a class axis, such as cross_entropy, take any number"
            )
        if pred.ndim == 2:
            pred = pred[:, -1]
        return pred, np.where(label == 1, 1, loss.domain.target.low).astype(pred.dtype)
