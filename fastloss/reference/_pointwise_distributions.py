"""The pointwise losses of two predictions: distributions with a location and a scale, and scores that are compared.

The second is a parameter that there are derivatives by: functions return gradient and Hessian by it behind their own.
"""

from __future__ import annotations

import numpy as np

from fastloss._registry import SIGN, Flag, NonNegative, PredictedPositive, PredictedReal, pointwise
from fastloss.reference._pointwise import _for_each

__all__: list[str] = []


@pointwise()
def gaussian_nll(pred, target, *, variance: PredictedPositive = 1.0, full: Flag = False):
    """Gaussian negative log-likelihood of a predicted mean and variance.

    With r = pred - target and v = variance::

        value      (log v + r²/v) / 2,  and log(2π)/2 more with `full`
        gradient   r/v                      by the mean
                   (1/v - r²/v²) / 2        by the variance
        Hessian    1/v                      by the mean
                   r²/v³ - 1/(2v²)          by the variance: negative where r² < v/2

    Parameters
    ----------
    pred : array_like
        Predicted means, of any shape.
    target : array_like
        What was observed, of the shape of `pred`.
    variance : float or array_like, default 1.0
        Predicted variances, positive, broadcast to the shape of `pred`.
    full : bool, default False
        Whether the constant log(2π)/2 is part of the value.

    Notes
    -----
    This is PyTorch's ``gaussian_nll_loss``, which replaces variances below ``eps`` = 1e-6 by that, without
    telling the gradient; here such a variance counts as it is. For the same result pass
    ``np.maximum(variance, 1e-6)``. A network that predicts log v, which may be any number, has the gradient
    v · `variance_grad` by that.

    References
    ----------
    .. [1] Nix, D. A., & Weigend, A. S. (1994). Estimating the mean and variance of the target probability
       distribution. IEEE International Conference on Neural Networks (ICNN), 55-60.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.gaussian_nll([3.0, 1.0], [1.0, 1.0], variance=[4.0, 1.0], reduction="none").round(6)
    array([1.193147, 0.      ])
    >>> by_mean, by_variance = fl.gaussian_nll.grad(
    ...     [3.0, 1.0], [1.0, 1.0], variance=[4.0, 1.0], variance_grad=True, reduction="none"
    ... )
    >>> by_mean, by_variance
    (array([0.5, 0. ]), array([0. , 0.5]))
    """
    v = _for_each(variance, pred)
    r = pred - target
    constant = np.log(8 * np.arctan(np.ones_like(r))) / 2 if full else 0
    share = r / v
    value = np.log(v) / 2 + (r / np.sqrt(v)) ** 2 / 2 + constant
    return value, share, 1 / v, (1 / v - share * share) / 2, share * share / v - 1 / (2 * v * v)


@pointwise(target=SIGN, smoothness=0, kinks="target * (pred - other) == margin")
def margin_ranking(pred, target, *, other: PredictedReal = 0.0, margin: NonNegative = 0.0):
    """Margin ranking loss: of two scores the one that should be the larger is, by a margin.

    With a = pred, b = other, y = target and m = margin::

        value      max(0, m - y(a - b))
        gradient   -y by a and y by b where y(a - b) < m, else 0
        Hessian    0

    Parameters
    ----------
    pred : array_like
        Scores, of any shape.
    target : array_like
        1 where `pred` should be the larger, -1 where `other` should; of the shape of `pred`.
    other : float or array_like, default 0.0
        The scores that `pred` is compared with, broadcast to its shape.
    margin : float, default 0.0
        By how much the right one has to be larger, at least 0.

    Notes
    -----
    This is PyTorch's ``margin_ranking_loss(pred, other, target)``. The subgradient at the kink is 0.

    References
    ----------
    .. [1] Herbrich, R., Graepel, T., & Obermayer, K. (2000). Large margin rank boundaries for ordinal
       regression. Advances in Large Margin Classifiers, 115-132. MIT Press.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.margin_ranking([3.0, 1.0], [1.0, 1.0], other=[2.5, 2.0], margin=1.0, reduction="none")
    array([0.5, 2. ])
    >>> fl.margin_ranking.grad([3.0, 1.0], [1.0, 1.0], other=[2.5, 2.0], other_grad=True, reduction="none")
    (array([ 0., -1.]), array([0., 1.]))
    """
    slack = margin - target * (pred - _for_each(other, pred))
    slope = np.where(np.isnan(slack), slack, np.where(slack > 0, target, 0))
    return np.maximum(slack, 0), -slope + 0.0, np.zeros_like(slope), slope, np.zeros_like(slope)
