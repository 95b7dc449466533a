"""`catboost_objective`: a loss as CatBoost's custom objective, with the metric that belongs to it."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from fastloss._loss import Loss
from fastloss.boosting._checks import ignored_label, numbers
from fastloss.boosting._objective import FLOOR, Objective, objective
from fastloss.boosting._parameters import ByValue, bound

__all__ = ["CatBoostMetric", "CatBoostObjective", "catboost_objective"]


#: CatBoost draws samples by the size of their gradients (``bootstrap_type="MVS"``), and fails where all are 0: as soon as
#: hinges keep every margin, or from the start where a loss is flat. This much lets it end, and moves no margin by a digit.
NEGLIGIBLE = 1e-30


def drawn_by(grad: np.ndarray, weight: np.ndarray | None) -> np.ndarray:
    """Make gradients in place that CatBoost can draw samples by: not all of them 0, but where nothing counts."""
    if not grad.any() and (weight is None or weight.any()):
        grad[...] = NEGLIGIBLE
    return grad


def check_two_classes(objective: Objective) -> None:
    """Raise where CatBoost has, or would have, one margin for two classes, and the loss takes one for each."""
    if objective.loss.declared.has_classes:
        raise ValueError(
            f"{objective.loss.name} takes a margin for each class, and of two classes CatBoost has one: take a loss of two, "
            "such as binary_cross_entropy_with_logits, sigmoid_focal or hinge; of more tell CatBoost the number, classes_count="
        )


class OfCatBoost(ByValue):
    """What CatBoost holds: equal where their objectives are."""

    #: CatBoost would try to compile the methods with numba, warn that it cannot, and replace them.
    no_jit = True

    def __init__(self, objective: Objective) -> None:
        self.objective = objective

    def _arguments(self) -> tuple[Any, ...]:
        return (self.objective,)

    def __deepcopy__(self, memo: Any) -> Self:
        # CatBoost's get_params gives copies, and scikit-learn's clone wants to see the same objects twice.
        return self

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Those of its `objective`."""
        return self.objective.get_params(deep)

    def set_params(self, **params: Any) -> Self:
        """Set those of its `objective`, which is another one then."""
        self.objective = self.objective._replaced(**params)
        return self


class CatBoostObjective(OfCatBoost):
    """A loss as CatBoost takes it: what `catboost_objective` returns.

    Attributes
    ----------
    objective : Objective
    """

    def __repr__(self) -> str:
        return f"catboost_{self.objective!r}"

    def calc_ders_range(self, approxes: Any, targets: Any, weights: Any) -> np.ndarray:
        """The derivatives of minus the loss of some samples, by which CatBoost ascends.

        Parameters
        ----------
        approxes, targets, weights : array_like
            Margins, labels and weights, of shape (n,); `weights` may be None.

        Returns
        -------
        ndarray
            Of shape (n, 2): the first and the second derivative, which CatBoost reads without a loop in Python. Where all of
            the first are 0, they are -1e-30, without which CatBoost fails.

        Examples
        --------
        >>> import fastloss as fl
        >>> from fastloss.boosting import catboost_objective
        >>> catboost_objective(fl.squared_error).calc_ders_range([1.0, 0.0], [0.0, 0.0], None)
        array([[-2., -2.],
               [ 0., -2.]])
        """
        # CatBoost lends its memory for the time of the call, but keeps what is raised, with the arguments, for longer.
        margin, target, weight = (None if given is None else np.array(given) for given in (approxes, targets, weights))
        # It calls from threads of its own, which wait for each other here: more of ours would be in their way.
        given = self.objective
        check_two_classes(given)
        grad, hess = given._in_training(given.prepare(margin, target, weight, 1), single=False)
        ders = np.stack((drawn_by(grad, weight), hess), axis=1)
        np.subtract(0, ders, out=ders)  # and not -0, where the gradient is 0
        return ders

    def calc_ders_multi(self, approxes: Any, target: Any, weight: float) -> tuple[np.ndarray, np.ndarray]:
        """The derivatives of minus the loss of one sample, with a margin for each class.

        Parameters
        ----------
        approxes : array_like
            Margins, of shape (classes,).
        target : float or array_like
            The label, or the targets of all margins.
        weight : float

        Returns
        -------
        gradient : ndarray
        hessian : ndarray
            Of shape (classes, classes): of `cross_entropy` with its exact Hessian the whole matrix, else a diagonal.

        Examples
        --------
        >>> import fastloss as fl
        >>> from fastloss.boosting import catboost_objective
        >>> gradient, hessian = catboost_objective(fl.cross_entropy, hessian="exact").calc_ders_multi([0.0, 0.0], 1.0, 1.0)
        >>> gradient
        array([-0.5,  0.5])
        >>> hessian
        array([[-0.25,  0.25],
               [ 0.25, -0.25]])
        """
        row = None if weight is None else np.array([weight], np.float64)
        of = self.objective.prepare(np.array([approxes]), np.array([target]), row, n_threads=1)
        grad, diagonal = self.objective.derivatives_of(of)
        products = self.objective.traits.products
        hess = products(of) if products and self.objective.hessian == "exact" else None
        if hess is None:
            hess = np.zeros((len(diagonal[0]), len(diagonal[0])))
        np.fill_diagonal(hess, diagonal[0])
        return 0 - drawn_by(grad[0], row), 0 - hess

    def metric(self) -> CatBoostMetric:
        """The mean loss as ``eval_metric=`` of CatBoost, which it wants of a custom objective.

        Returns
        -------
        CatBoostMetric

        Examples
        --------
        >>> import fastloss as fl
        >>> from fastloss.boosting import catboost_objective
        >>> catboost_objective(fl.huber).metric().evaluate([[0.5, 3.0]], [0.0, 0.0], None)
        (2.625, 2.0)
        """
        return CatBoostMetric(self.objective)


class CatBoostMetric(OfCatBoost):
    """The mean loss of raw margins, smaller is better: what `CatBoostObjective.metric` returns.

    Attributes
    ----------
    objective : Objective
    """

    def __repr__(self) -> str:
        return f"catboost_{self.objective!r}.metric()"

    def is_max_optimal(self) -> bool:
        """Whether larger is better: never."""
        return False

    def get_final_error(self, error: float, weight: float) -> float:
        """The mean, of what `evaluate` has summed up."""
        return error / weight if weight else 0.0

    def evaluate(self, approxes: Any, target: Any, weight: Any) -> tuple[float, float]:
        """The sum of losses and that of weights, of samples that count: ignored labels do not.

        Parameters
        ----------
        approxes : sequence of array_like
            Margins (n,), one array a class, or one.
        target, weight : array_like
            Labels and weights, of shape (n,); `weight` may be None.

        Returns
        -------
        error, weight : float
        """
        columns, target = [numbers(column, "margins") for column in approxes], numbers(target, "labels")
        if len(columns) != 1 and {column.shape for column in columns} != {np.atleast_1d(target).shape[:1]}:
            raise ValueError(f"margins have shapes {[column.shape for column in columns]} but labels have shape {target.shape}")
        if len(columns) == 1:
            check_two_classes(self.objective)
        margin = columns[0] if len(columns) == 1 else np.stack(columns, axis=1)
        of = self.objective.prepare(margin, target, weight)
        counted = np.ones(len(margin)) if of.weight is None else of.weight.astype(np.float64)
        if of.loss.declared.has_classes and of.target.ndim == 1:
            counted = counted[of.target != ignored_label(of.loss)]
        if not counted.any():
            return 0.0, 0.0
        mean = self.objective.value_of(of)
        with np.errstate(over="ignore", invalid="ignore"):
            total = float(counted.sum())
            # What is summed up elsewhere, too, has one unit unless sums are no numbers of float64 in it.
            largest = max(abs(total), abs(mean * total))
            power = 0 if 2.0**-900 < largest < np.inf or not np.isfinite(mean) else (600 if largest < 1 else -600)
            total = float(np.ldexp(counted, power).sum())
        return mean * total, total


def catboost_objective(
    loss: Loss, hessian: str | None = None, hessian_floor: float = FLOOR, **params: Any
) -> CatBoostObjective:
    """Make a loss an objective of CatBoost: ``loss_function=`` of its classes.

    Parameters
    ----------
    loss, hessian, hessian_floor, **params
        As for `objective`.

    Returns
    -------
    CatBoostObjective
        With `metric`, for ``eval_metric=``, and `objective`, for the starting score and predictions.

    Raises
    ------
    ValueError, TypeError
        As `objective` raises.

    Notes
    -----
    CatBoost calls a Python objective from one thread at a time. With several classes it calls once a sample and takes a
    matrix of second derivatives: that cannot be fast, and its own ``loss_function="MultiClass"`` is to be preferred where
    it is meant. `cross_entropy` with the exact Hessian gives the whole matrix, and trains what that trains; others,
    and with `softcap`, give a diagonal.
    Custom objectives do not run on a GPU.

    Examples
    --------
    >>> import fastloss as fl
    >>> from fastloss.boosting import catboost_objective
    >>> focal = catboost_objective(fl.sigmoid_focal, gamma=2.0)
    >>> focal.objective.loss.name
    'sigmoid_focal'
    """
    return CatBoostObjective(objective(bound(catboost_objective, loss, params), hessian, hessian_floor))
