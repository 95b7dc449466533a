"""`objective`: a loss as an object that XGBoost and LightGBM take, in their own and in their scikit-learn interface."""

from __future__ import annotations

from typing import Any

from fastloss._loss import Loss
from fastloss.boosting import _parameters
from fastloss.boosting._calls import Metric
from fastloss.boosting._margin_objective import FLOOR, Objective

__all__ = ["FLOOR", "Metric", "Objective", "objective"]


def objective(loss: Loss, hessian: str | None = None, hessian_floor: float = FLOOR, **params: Any) -> Objective:
    """Make a loss an objective of gradient boosting, for XGBoost and LightGBM.

    Give the result to ``xgboost.train(obj=)``, ``lightgbm.train({"objective": ...})``, or as ``objective=`` to the
    scikit-learn classes of both. Sample weights count in all four.

    Parameters
    ----------
    loss : Loss
        A loss of `fastloss.losses` whose prediction may be any number.
    hessian : str, optional
        What takes the place of the Hessian, "exact" or another of these names:

        * exact: the diagonal of the loss's own;
        * descent: the exact one, or a share of |gradient| / |residual|, where that is more: steps as long as residuals are, of
          any size, that do not raise the loss; where a loss has a corner, by the scale of all residuals of a call. Of some
          losses with exponentials by Halley's method;
        * upper_bound: not less than the true curvature and positive, also where that vanishes or is negative; of a row of
          margins, a diagonal not less than the full matrix;
        * constant: 1, which makes a leaf the mean of negative gradients;
        * xgboost-3.2, xgboost-3.4, lightgbm: what XGBoost from 3.2 or from 3.4 on, or LightGBM 4.7, take for their own
          objective of that loss. With `squared_error`, gradient and Hessian are then those of half the square; with
          `absolute_error` and `quantile`, in XGBoost from 3.4 on, of a smoothed loss whose scale all samples make;
        * xgboost: that of the XGBoost installed, and of the newest known where there is none.

        None: for each loss the one that trains well, in the table of docs/boosting.md.
    hessian_floor : float, default 1e-16
        The least Hessian of a sample, before its weight: nonnegative and finite.
    **params
        Parameters of the loss. One that may be an array has a number for each sample, (n,) or (n, 1), or for each column of
        margins (n, k), (k,); where there are as many columns as samples, (k,) is of columns. Levels are of columns always.

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
    and names its row. `tweedie` with a power of 2 takes positive ones only: of 0 its loss has no least value.

    `multilabel_soft_margin` divides by the number of labels, gradient and Hessian too, so that a booster's penalties and
    minimal Hessians weigh that many times as much as beside XGBoost's multi-label `binary:logistic`. That is
    `binary_cross_entropy_with_logits`, of margins and labels (n, labels).

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
    >>> objective(fl.hinge, hessian="exact")
    Traceback (most recent call last):
        ...
    ValueError: hessian = 'exact' has no meaning for hinge; accepted: constant, xgboost, xgboost-3.2, xgboost-3.4
    """
    return Objective(_parameters.bound(objective, loss, params), hessian, hessian_floor)
