"""An objective: a loss as an object that boosters call with margins, with all that belongs to it."""

from __future__ import annotations

import copy
import warnings
from typing import Any

import numpy as np

from fastloss._loss import Loss, values_of
from fastloss.boosting import _constants, _outlook, _parameters
from fastloss.boosting._calls import Metric, NotOfCatBoost, sample_of
from fastloss.boosting._checks import number_of_classes, numbers, one_weight
from fastloss.boosting._conventions import Convention, derivatives_of
from fastloss.boosting._margins import Margins
from fastloss.boosting._prepared import prepared
from fastloss.boosting._traits import Traits, traits_of

__all__ = ["FLOOR", "Objective"]

#: XGBoost's floor of the Hessian of its logistic and softmax objectives (3.2).
FLOOR = 1e-16
# Margins up to which an objective computes on one thread. Threads that wait for work keep a core busy for a while, in the
# booster's own OpenMP runtime as in ours: where both had two on two cores (200,000 samples, 50 rounds, Zen 4), training with
# XGBoost took 1.10 s, with one thread here 0.55 s. Of 4 million margins a second thread saves milliseconds of a round of a
# second.
ON_ONE_THREAD = 1 << 22

# Samples from which on the first call of a training is looked at: of fewer nothing is trained but a trial.
ENOUGH_TO_LOOK = 50


class Objective(NotOfCatBoost):
    """A loss as an objective of gradient boosting: what `objective` returns.

    Call it as XGBoost and LightGBM do, or give it to them; `init_score`, `metric` and `predict` belong to it. Objectives of
    equal losses, parameters and conventions are equal.

    Attributes
    ----------
    loss : Loss
        With its parameters bound.
    hessian : str
        The convention of the Hessian.
    hessian_floor : float
        The least Hessian of a sample of weight 1.
    """

    def __init__(self, loss: Any, hessian: str | None = None, hessian_floor: float = FLOOR) -> None:
        if not isinstance(loss, Loss):
            raise TypeError(f"loss must be a loss of fastloss.losses, such as fastloss.huber; got {type(loss).__name__}")
        if own := sorted({"weight", "reduction", "axis"} & set(loss.bound)):
            weigh = "; weights belong to the data that a booster is given" if "weight" in own else ""
            raise TypeError(f"an objective weighs and reduces by itself: {loss.name} has {', '.join(own)} bound{weigh}")
        traits = traits_of(loss)
        instead = f"; take {f'{traits.instead} {traits.how}'.strip()}" if traits.instead else ""
        if traits.instead or loss.domain.prediction.bounded:
            raise ValueError(f"{loss.name} is no loss of a margin, which may be any number{instead}")
        for parameter in loss.params.values():
            if parameter.kind.array == "classes" and np.ndim(parameter.default) > 1:
                raise ValueError(f"{parameter.name} has shape {np.shape(parameter.default)}; wanted: (classes,)")
        try:
            floor = float(hessian_floor)
        except (TypeError, ValueError):
            floor = np.nan
        if not 0 <= floor < np.inf:
            raise ValueError(f"hessian_floor = {hessian_floor!r} is outside [0, inf)")
        self.loss, self.hessian, self.hessian_floor = loss, traits.name_of(loss, hessian), floor
        self.__name__ = loss.name  # what XGBoost calls a metric
        self._by_default, self._looked = hessian is None, False  # of the first call of a training, in `_in_training`

    def _arguments(self) -> tuple[Any, ...]:
        return self.loss, self.hessian, self.hessian_floor

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), self._arguments(), {"_by_default": self._by_default}

    def __sklearn_clone__(self) -> Objective:
        return copy.copy(self)

    def _replaced(self, **params: Any) -> Objective:
        chosen = None if self._by_default else self.hessian
        loss, hessian = params.pop("loss", self.loss), params.pop("hessian", chosen)
        floor = params.pop("hessian_floor", self.hessian_floor)
        return Objective(_parameters.bound(Objective, loss, params, called="objective"), hessian, floor)

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The loss's parameters and the convention, by name, as scikit-learn's estimators give theirs.

        Parameters
        ----------
        deep : bool, default True
            Without effect.

        Returns
        -------
        dict

        Notes
        -----
        The boosters' own classes pass all parameters that they find on to their C++ code, which warns of names that it does not
        know. So what comes from here does not show in theirs, and `set_params` of theirs does not reach it: search over a list
        of objectives, or in `ObjectiveClassifier`, where ``objective__gamma`` does.

        Examples
        --------
        >>> import fastloss as fl
        >>> from fastloss.boosting import objective
        >>> objective(fl.huber, delta=2.0).get_params()
        {'hessian': 'descent', 'hessian_floor': 1e-16, 'delta': 2.0}
        """
        return _parameters.unseen(
            hessian=self.hessian,
            hessian_floor=self.hessian_floor,
            **values_of(self.loss),
        )

    def set_params(self, **params: Any) -> Objective:
        """Change parameters of the loss, the convention or the loss, in place.

        Parameters
        ----------
        **params
            By the names of `get_params`, and `loss`.

        Returns
        -------
        Objective
            This one.

        Raises
        ------
        ValueError, TypeError
            As `objective` raises, and then nothing has changed.

        Examples
        --------
        >>> import fastloss as fl
        >>> from fastloss.boosting import objective
        >>> objective(fl.huber).set_params(delta=3.0).loss.params["delta"].default
        3.0
        """
        vars(self).update(vars(self._replaced(**params)))
        return self

    def __repr__(self) -> str:
        parameters = "".join(f", {name}={parameter.default!r}" for name, parameter in self.loss.params.items())
        return f"objective({self.loss.name}, hessian={self.hessian!r}, hessian_floor={self.hessian_floor!r}{parameters})"

    @property
    def traits(self) -> Traits:
        return traits_of(self.loss)

    @property
    def levels(self) -> np.ndarray | None:
        """Where a sample has a margin for each of several levels, these; else None."""
        return self.traits.of_levels(self.loss)

    @property
    def varies(self) -> bool:
        """Whether a parameter of the loss is an array, and so may be another number for each sample."""
        return not self.loss.declared.has_classes and any(np.ndim(value) for value in self.loss.bound.values())

    @property
    def convention(self) -> Convention:
        return self.traits.hessians[self.hessian]

    def prepare(self, margin: Any, target: Any, weight: Any, n_threads: int | None = None) -> Margins:
        """Check labels, and bring them and the weights into the form that the loss takes."""
        return prepared(self.loss, self.traits, margin, target, weight, n_threads)

    def derivatives(
        self, margin: Any, target: Any, weight: Any = None, *, n_threads: int | None = None, sample_weight: Any = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Gradient and Hessian of each sample, in the dtype and the memory order of the margins.

        Parameters
        ----------
        margin : array_like
            Raw scores, of shape (n,) or (n, classes); of a loss with several levels, such as quantiles, (n, levels).
        target : array_like
            Labels as numbers of any type, or what else the loss takes as its target: of the shape of the margins, or flat.
            -1 may be given as 0, where the loss takes -1 and 1.
        weight : array_like, optional
            What each sample counts, of shape (n,): gradient and Hessian of weight 1 are multiplied by it, whatever its sign.
            Of a sample of weight 0 the target is not looked at, and nothing is left.
        n_threads : int, optional
            As for the loss.
        sample_weight : array_like, optional
            Another name of `weight`.

        Returns
        -------
        grad, hess : ndarray
            Not negative, the second, where weights are not: at least `hessian_floor` times the weight.

        Raises
        ------
        ValueError
            For a label that is not finite, not whole where it must be, or outside the loss's domain; its row is named. For
            shapes that do not match.
        TypeError
            For margins, labels or weights that are no numbers.
        IndexError
            For the label of a class that has no margin; its row is named.

        Examples
        --------
        >>> import fastloss as fl
        >>> from fastloss.boosting import objective
        >>> objective(fl.huber, hessian="upper_bound").derivatives([0.5, 3.0], [0.0, 0.0])
        (array([0.5, 1. ]), array([1., 1.]))
        """
        weight = one_weight(weight, sample_weight)
        return self.derivatives_of(self.prepare(margin, target, weight, n_threads), single=False)

    def derivatives_of(self, of: Margins, single: bool = False) -> tuple[np.ndarray, np.ndarray]:
        """What `derivatives` returns, from what is prepared; `single`: as float32."""
        return derivatives_of(self.convention, of._replace(floor=self.hessian_floor, single=single))

    def _in_training(self, of: Margins, single: bool) -> tuple[np.ndarray, np.ndarray]:
        grad, hess = self.derivatives_of(of, single)
        if not self._looked and len(grad) >= ENOUGH_TO_LOOK:
            self._looked = True
            if fault := _outlook.why_hopeless(of, self.convention, self.traits if self._by_default else None, grad, hess):
                warnings.warn(fault, stacklevel=3)
        return grad, hess

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> tuple[np.ndarray, np.ndarray]:
        """Gradient and Hessian as a booster wants them: float32, in the memory order of the margins.

        Parameters
        ----------
        y_true, y_pred : array_like
            Labels and margins; or, as the libraries call, margins and an XGBoost DMatrix or LightGBM Dataset.
        sample_weight : array_like, optional
            What each sample counts; of a DMatrix or Dataset its own weights are taken.

        Returns
        -------
        grad, hess : ndarray

        Examples
        --------
        >>> import numpy as np
        >>> import fastloss as fl
        >>> from fastloss.boosting import objective
        >>> objective(fl.squared_error, hessian="xgboost")(np.array([1.0, 2.0]), np.array([1.5, 1.5]))
        (array([ 0.5, -0.5], dtype=float32), array([1., 1.], dtype=float32))
        """
        sample = sample_of(y_true, y_pred, sample_weight)
        n_threads = 1 if sample.margin.size <= ON_ONE_THREAD else None
        return self._in_training(self.prepare(sample.margin, sample.target, sample.weight, n_threads), single=True)

    def value(self, margin: Any, target: Any, weight: Any = None, *, sample_weight: Any = None) -> float:
        """The mean loss of raw margins; with weights, divided as the loss divides it.

        Parameters
        ----------
        margin, target, weight, sample_weight : array_like
            As for `derivatives`.

        Returns
        -------
        float

        Examples
        --------
        >>> import fastloss as fl
        >>> from fastloss.boosting import objective
        >>> objective(fl.huber).value([0.5, 3.0], [0.0, 0.0])
        1.3125
        """
        return self.value_of(self.prepare(margin, target, one_weight(weight, sample_weight)))

    def value_of(self, of: Margins) -> float:
        """What `value` returns, from what is prepared."""
        return float(self.loss(of.pred, of.target, weight=of.weight, reduction="mean", **of.keywords))

    def init_score(self, y: Any, weight: Any = None, *, classes: int | None = None, sample_weight: Any = None) -> Any:
        """The best constant: the margin that makes the loss least where all samples get the same.

        A booster with an objective of your own starts at 0 (LightGBM) or at `base_score`, by default 0.5 (XGBoost). Give
        it this: ``Dataset(init_score=np.full(n, c))``, ``params["base_score"]``, and add it to LightGBM's predictions.

        Parameters
        ----------
        y : array_like
            Labels or targets, of shape (n,); targets (n, k) give one constant a column.
        weight : array_like, optional
            What each sample counts, of shape (n,): not negative, and of any size, since only ratios matter.
        classes : int, optional
            How many classes the labels are of. None: as many as there are class weights, or else up to the largest of `y`
            that counts. Ignored labels and those of weight 0 do not.
        sample_weight : array_like, optional
            Another name of `weight`.

        Returns
        -------
        float or ndarray
            An array of one margin a class, column or level, where there are several. Where the best would be infinite, as
            with a class without samples, that of a probability (or rate) of 1e-15.

        Raises
        ------
        ValueError
            For labels and shapes as in `derivatives`, for a weight that is negative or not finite, and where no sample
            counts.

        Notes
        -----
        The table of docs/boosting.md says of which losses there is a closed form. For all others a few hundred constants are
        tried, on a few hundred groups of samples where there are more, and where there are several valleys, which robust
        losses have, more of both: the targets of up to 4,096 samples, each on all of them. The lowest valleys are looked at
        more closely, and the bottom of the lowest is found from all samples by a safeguarded Newton's method. Of
        `hinge_embedding`, whose margin is a distance, the best
        that is not negative is meant.

        Examples
        --------
        >>> import fastloss as fl
        >>> from fastloss.boosting import objective
        >>> objective(fl.poisson).init_score([0.0, 1.0, 2.0, 1.0])
        0.0
        >>> objective(fl.cross_entropy).init_score([0, 0, 1, 2]).round(4)
        array([-0.6931, -1.3863, -1.3863])
        """
        y = numbers(y, "labels")
        if y.ndim not in (1, 2):
            raise ValueError(f"labels have shape {y.shape}; wanted: (n,) or (n, columns)")
        weight = _constants.checked(one_weight(weight, sample_weight), len(y))
        if self.loss.declared.has_classes:
            y = y[:, 0] if y.shape[1:] == (1,) else y
            shape: tuple[int, ...] = (len(y), number_of_classes(self.loss, y, weight, classes))
            return _constants.of_classes(self.prepare(np.broadcast_to(0.0, shape), y, weight), weight, self.traits)
        levels = self.levels
        shape = y.shape if levels is None or y.shape[1:] not in ((), (1,)) else (len(y), len(levels))
        found = _constants.of_columns(self.prepare(np.broadcast_to(0.0, shape), y, weight), weight, self.traits)
        return found if len(shape) == 2 else float(found[0])

    def predict(self, margin: Any) -> np.ndarray:
        """From margins to predictions: the inverse of the link.

        Parameters
        ----------
        margin : array_like
            Raw scores, of shape (n,) or (n, classes); of a loss with several levels, such as quantiles, (n, levels).

        Returns
        -------
        ndarray
            Probabilities of 1, or of each class; rates, where the loss takes the logarithm of one; else the margins.

        Examples
        --------
        >>> import fastloss as fl
        >>> from fastloss.boosting import objective
        >>> objective(fl.sigmoid_focal).predict([0.0, 100.0])
        array([0.5, 1. ])
        """
        margin = numbers(margin, "margins")
        if self.loss.declared.has_classes and margin.ndim != 2:
            raise ValueError(f"{self.loss.name} takes margins of shape (n, classes), got {margin.shape}")
        return self.traits.link.inverse(margin if margin.dtype.kind == "f" else margin.astype(np.float64))

    def metric(self, booster: str) -> Metric:
        """The mean loss as a metric for early stopping, of raw margins.

        Parameters
        ----------
        booster : {"xgboost", "lightgbm"}
            Whose form: ``custom_metric=`` of `xgboost.train` and ``eval_metric=`` of its scikit-learn classes, or ``feval=``
            of `lightgbm.train` and ``eval_metric=`` of its. For CatBoost see `catboost_objective`.

        Returns
        -------
        Metric

        Examples
        --------
        >>> import fastloss as fl
        >>> from fastloss.boosting import objective
        >>> metric = objective(fl.huber).metric("lightgbm")
        >>> metric([0.0, 0.0], [0.5, 3.0])  # labels and margins, as LightGBM's scikit-learn classes call it
        ('huber', 1.3125, False)
        """
        return Metric(self, booster)
