"""`objective`: a loss as an object that XGBoost and LightGBM take, in their own and in their scikit-learn interface."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from fastloss import _errors
from fastloss._loss import Loss
from fastloss._registry import SIGN
from fastloss.boosting import _starts
from fastloss.boosting._conventions import HESSIANS, Convention, Margins, Traits, traits_of

__all__ = ["FLOOR", "Metric", "Objective", "objective"]

#: XGBoost's floor of the Hessian of its logistic and softmax objectives (3.2).
FLOOR = 1e-16
# Margins up to which an objective computes on one thread. Threads that wait for work keep a core busy for a while, in the
# booster's own OpenMP runtime as in ours: where both had two on two cores (200,000 samples, 50 rounds, Zen 4), training with
# XGBoost took 1.10 s, with one thread here 0.55 s. Of 4 million margins a second thread saves milliseconds of a round of a
# second.
ON_ONE_THREAD = 1 << 22


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
    weight = None if sample_weight is None or np.size(sample_weight) == 0 else np.asarray(sample_weight)
    return Sample(np.asarray(y_pred), y_true, weight, native)


def bad_row(loss: Loss, target: np.ndarray, where: tuple[int, ...], accepted: str) -> str:
    column = f", column {where[1]}," if len(where) > 1 else ""
    return f"the label of row {where[0]}{column} is {target[where]}; {loss.name} takes {accepted}"


def check_numbers(loss: Loss, target: np.ndarray) -> None:
    """Raise for the first target that is not finite or where the loss is not defined."""
    domain = loss.domain.target
    if not target.size:
        return
    # NaN passes through minimum and maximum: two quick passes see that there is nothing to look for.
    low, high = target.min(), target.max()
    if low in domain and high in domain and np.isfinite(low) and np.isfinite(high) and not domain.ends_only:
        return
    where = _errors.first_where(target, lambda x: ~np.isfinite(x) | _errors.lies_outside(x, domain))
    if where is not None:
        raise ValueError(bad_row(loss, target, where, f"numbers within {domain}" if domain.bounded else "finite numbers"))


def as_labels(loss: Loss, target: np.ndarray, classes: int) -> np.ndarray:
    """Labels that came as numbers of any type, as integers."""
    if target.dtype.kind not in "biu":
        with np.errstate(invalid="ignore"):
            labels = target.astype(np.int32 if target.dtype == np.float32 else np.int64)
        if not np.array_equal(labels, target):
            where = _errors.first_where(target, lambda x: ~(np.isfinite(x) & (x == np.trunc(x)) & (np.abs(x) < 2**31)))
            if where is not None:
                raise ValueError(bad_row(loss, target, where, f"whole numbers from 0 to {classes - 1}"))
            labels = target.astype(np.int64)
        target = labels
    ignored = loss.params["ignore_index"].default if "ignore_index" in loss.params else None
    if target.size and (target.min() < 0 or target.max() >= classes):
        where = _errors.first_where(target, lambda x: _errors.bad_labels(x, classes, ignored))
        if where is not None:
            raise IndexError(
                bad_row(loss, target, where, f"labels from 0 to {classes - 1}, as many as there are margins in a row")
            )
    return target


class Objective:
    """A loss as an objective of gradient boosting: what `objective` returns.

    Call it as XGBoost and LightGBM do, or give it to them; `init_score`, `metric` and `predict` belong to it.

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
            raise TypeError(f"an objective weighs and reduces by itself: {loss.name} has {', '.join(own)} bound")
        traits = traits_of(loss)
        instead = f"; take {traits.instead}" if traits.instead else ""
        if traits.instead or loss.domain.prediction.bounded:
            raise ValueError(f"{loss.name} is no loss of a margin, which may be any number{instead}")
        if hessian is None:
            hessian = next(iter(traits.hessians))
        if hessian not in traits.hessians:
            accepted = ", ".join(name for name in HESSIANS if name in traits.hessians)
            raise ValueError(f"hessian = {hessian!r} has no meaning for {loss.name}; accepted: {accepted}")
        floor = float(hessian_floor)
        if not 0 <= floor < np.inf:
            raise ValueError(f"hessian_floor = {hessian_floor!r} is outside [0, inf)")
        self.loss, self.hessian, self.hessian_floor = loss, hessian, floor
        self.__name__ = loss.name  # what XGBoost calls a metric

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.loss, self.hessian, self.hessian_floor)

    def __repr__(self) -> str:
        parameters = "".join(f", {name}={parameter.default!r}" for name, parameter in self.loss.params.items())
        return f"objective({self.loss.name}, hessian={self.hessian!r}, hessian_floor={self.hessian_floor!r}{parameters})"

    @property
    def traits(self) -> Traits:
        return traits_of(self.loss)

    @property
    def levels(self) -> np.ndarray | None:
        """Where a sample has a margin for each of several levels, these; else None."""
        numbers = np.asarray(self.loss.params[self.traits.level].default) if self.traits.level else np.empty(())
        return numbers if numbers.ndim == 1 else None

    @property
    def convention(self) -> Convention:
        return self.traits.hessians[self.hessian]

    def prepare(self, margin: np.ndarray, target: Any, weight: Any, n_threads: int | None = None) -> Margins:
        """Check labels, and bring them and the weights into the form that the loss takes."""
        loss, target = self.loss, np.asarray(target)
        # Targets are checked here, and margins may be any number.
        keywords: dict[str, Any] = {"check_domain": False} if loss.domain.target.bounded else {}
        if n_threads is not None:
            keywords["n_threads"] = n_threads
        if target.ndim == 2 and target.shape[1] == 1:
            target = target[:, 0]
        if loss.family == "rows":
            if margin.ndim != 2:
                raise ValueError(
                    f"{loss.name} takes margins of shape (n, classes), got {margin.shape}; "
                    "tell the booster the number of classes"
                )
            if loss.row.labels and target.shape == margin.shape[:1]:
                return Margins(loss, margin, as_labels(loss, target, margin.shape[1]), weight, keywords)
        if margin.ndim == 2 and target.shape == margin.shape[:1] and self.levels is not None:
            target = np.broadcast_to(target[:, None], margin.shape)
        if target.size == margin.size:
            target = target.reshape(margin.shape)  # XGBoost's labels of several targets are flat
        if target.dtype.kind != "f":
            target = target.astype(margin.dtype)
        if loss.domain.target == SIGN:
            target = np.where(target == 0, target.dtype.type(-1), target)
        check_numbers(loss, target)
        if weight is not None and loss.family != "rows" and margin.ndim == 2:
            weight = weight[:, None]
        return Margins(loss, margin, target, weight, keywords)

    def derivatives(
        self, margin: Any, target: Any, weight: Any = None, *, n_threads: int | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Gradient and Hessian of each sample, in the dtype and the memory order of the margins.

        Parameters
        ----------
        margin : array_like
            Raw scores, of shape (n,) or (n, classes); of a loss with several levels, such as quantiles, (n, levels).
        target : array_like
            Labels as numbers of any type, or what else the loss takes as its target. -1 may be given as 0, where the loss
            takes -1 and 1.
        weight : array_like, optional
            What each sample counts, of shape (n,).
        n_threads : int, optional
            As for the loss.

        Returns
        -------
        grad, hess : ndarray
            Not negative, the second: at least `hessian_floor` times the weight.

        Raises
        ------
        ValueError
            For a label that is not finite, not whole where it must be, or outside the loss's domain; its row is named.
        IndexError
            For the label of a class that has no margin; its row is named.

        Examples
        --------
        >>> import fastloss as fl
        >>> from fastloss.boosting import objective
        >>> objective(fl.huber).derivatives([0.5, 3.0], [0.0, 0.0])
        (array([0.5, 1. ]), array([1., 1.]))
        """
        return self._derivatives(self.prepare(np.asarray(margin), target, weight, n_threads), single=False)

    def _derivatives(self, of: Margins, single: bool) -> tuple[np.ndarray, np.ndarray]:
        return self.convention.derivatives(of._replace(floor=self.hessian_floor, single=single))

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
        return self._derivatives(self.prepare(sample.margin, sample.target, sample.weight, n_threads), single=True)

    def value(self, margin: Any, target: Any, weight: Any = None) -> float:
        """The mean loss of raw margins; with weights, divided as the loss divides it.

        Parameters
        ----------
        margin, target, weight : array_like
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
        of = self.prepare(np.asarray(margin), target, weight)
        return float(self.loss(of.pred, of.target, weight=of.weight, reduction="mean", **of.keywords))

    def init_score(self, y: Any, weight: Any = None, *, classes: int | None = None) -> Any:
        """The best constant: the margin that makes the loss least where all samples get the same.

        A booster with an objective of your own starts at 0 (LightGBM) or at `base_score`, by default 0.5 (XGBoost). Give
        it this: ``Dataset(init_score=np.full(n, c))``, ``params["base_score"]``, and add it to LightGBM's predictions.

        Parameters
        ----------
        y : array_like
            Labels or targets, of shape (n,); targets (n, k) give one constant a column.
        weight : array_like, optional
            What each sample counts, of shape (n,).
        classes : int, optional
            How many classes the labels are of. None: up to the largest of `y`.

        Returns
        -------
        float or ndarray
            An array of one margin a class, column or level, where there are several. Where the best would be infinite, as
            with a class without samples, that of a probability (or rate) of 1e-15.

        Raises
        ------
        ValueError
            For labels as in `derivatives`, and without samples that count.

        Notes
        -----
        In closed form for `squared_error`, `absolute_error`, `quantile`, `poisson`, and for cross-entropies without
        `softcap` and `z_loss`; by a safeguarded Newton's method for all others.

        Examples
        --------
        >>> import fastloss as fl
        >>> from fastloss.boosting import objective
        >>> objective(fl.poisson).init_score([0.0, 1.0, 2.0, 1.0])
        0.0
        >>> objective(fl.cross_entropy).init_score([0, 0, 1, 2]).round(4)
        array([-0.6931, -1.3863, -1.3863])
        """
        y = np.asarray(y)
        weight = None if weight is None else np.asarray(weight, np.float64)
        if not y.size or not (weight is None or weight.sum() > 0):
            raise ValueError("no sample counts: there is no best constant")
        if self.loss.family == "rows":
            constant: Any = self._best_row(y, weight, classes)
        elif self.levels is not None:
            losses = [self.loss.bind(**{self.traits.level: level}) for level in self.levels]
            each = [Objective(loss, self.hessian, self.hessian_floor) for loss in losses]
            columns = y.T if y.ndim == 2 else [y] * len(each)
            constant = np.array([of.init_score(column, weight) for of, column in zip(each, columns, strict=True)])
        elif y.ndim == 2:
            constant = np.array([self.init_score(column, weight) for column in y.T])
        else:
            target = self.prepare(np.empty(y.shape), y, weight).target.astype(np.float64)
            constant = self.traits.start(self.loss, target, weight) if self.traits.start else None
            if constant is None:
                constant = _starts.search(self.loss, target, weight, self.traits.link.limit)
        limit = self.traits.link.limit
        found = np.clip(constant, -limit, limit)
        return found if found.ndim else float(found)

    def _best_row(self, y: np.ndarray, weight: np.ndarray | None, classes: int | None) -> np.ndarray:
        if classes is None or y.ndim == 2:
            classes = y.shape[1] if y.ndim == 2 else 1 + int(np.max(y, initial=0, where=np.isfinite(y)))
        target = self.prepare(np.empty((len(y), classes)), y, weight).target
        if target.ndim == 1:
            # One row a class that weighs as much as its samples.
            kept = (target >= 0) & (target < classes)  # not ignored
            weight = np.bincount(target[kept], None if weight is None else weight[kept], classes).astype(np.float64)
            target = np.arange(classes)
        else:
            target = target.astype(np.float64)
        found = self.traits.start(self.loss, target, weight) if self.traits.start else None
        return _starts.search_row(self.loss, target, weight, classes, self.traits.link.limit) if found is None else found

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
        margin = np.asarray(margin)
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


# What each library wants of a metric called as f(margins, data), and as f(labels, margins, weights).
Form = Callable[[str, float], Any]
FORMS: Mapping[str, tuple[Form, Form]] = {
    "xgboost": (lambda name, value: (name, value), lambda name, value: value),
    "lightgbm": (lambda name, value: (name, value, False), lambda name, value: (name, value, False)),
}


class Metric:
    """The mean loss of raw margins, smaller is better: what `Objective.metric` returns.

    Attributes
    ----------
    objective : Objective
    booster : str
    """

    def __init__(self, objective: Objective, booster: str) -> None:
        if booster not in FORMS:
            raise ValueError(f"booster must be one of {', '.join(FORMS)}; got {booster!r}")
        self.objective, self.booster = objective, booster
        self.__name__ = objective.loss.name  # by which XGBoost's scikit-learn classes report it

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.objective, self.booster)

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


def objective(loss: Loss, hessian: str | None = None, hessian_floor: float = FLOOR, **params: Any) -> Objective:
    """Make a loss an objective of gradient boosting, for XGBoost and LightGBM.

    Give the result to ``xgboost.train(obj=)``, ``lightgbm.train({"objective": ...})``, or as ``objective=`` to the
    scikit-learn classes of both. Sample weights count in all four.

    Parameters
    ----------
    loss : Loss
        A loss of `fastloss.losses` whose prediction may be any number.
    hessian : {"exact", "upper_bound", "constant", "xgboost", "lightgbm"}, optional
        What takes the place of the Hessian:

        * exact: the diagonal of the loss's own;
        * upper_bound: not less than the true curvature and positive, also where that vanishes or is negative; of a row of
          margins, a diagonal not less than the full matrix;
        * constant: 1, which makes a leaf the mean of negative gradients;
        * xgboost, lightgbm: what XGBoost 3.2 or LightGBM 4.7 take for their own objective of that loss. With
          `squared_error`, gradient and Hessian are then those of half the square.

        None: for each loss the one that trains well, in the table of docs/boosting.md.
    hessian_floor : float, default 1e-16
        The least Hessian of a sample, before its weight: nonnegative and finite.
    **params
        Parameters of the loss.

    Returns
    -------
    Objective
        Callable, picklable, and copied by scikit-learn's `clone`.

    Raises
    ------
    ValueError
        For a convention that has no meaning for the loss, or a loss whose prediction is a probability.
    TypeError
        For what is no loss, and for a parameter that the loss does not have.

    Notes
    -----
    Margins are computed with in their own precision, float32 in XGBoost and float64 in LightGBM; gradient and Hessian are
    float32, which both keep, in the memory order of the margins, which both take without a transposed copy. Margins are
    not written to.

    Labels are checked in each call: one that is NaN, infinite or outside the loss's domain raises ValueError or IndexError
    and names its row.

    Examples
    --------
    >>> import numpy as np
    >>> import fastloss as fl
    >>> from fastloss.boosting import objective
    >>> focal = objective(fl.sigmoid_focal, gamma=2.0, alpha=None)
    >>> focal
    objective(sigmoid_focal, hessian='upper_bound', hessian_floor=1e-16, alpha=None, gamma=2.0)
    >>> labels, margins = np.array([0.0, 1.0], np.float32), np.zeros(2, np.float32)
    >>> grad, hess = focal(labels, margins)  # as a scikit-learn class of either library calls it
    >>> grad.round(4)
    array([ 0.2983, -0.2983], dtype=float32)
    >>> objective(fl.quantile, hessian="exact")
    Traceback (most recent call last):
        ...
    ValueError: hessian = 'exact' has no meaning for quantile; accepted: constant, xgboost, lightgbm
    """
    return Objective(loss.bind(**params) if isinstance(loss, Loss) else loss, hessian, hessian_floor)
