"""Penalties: losses of parameters rather than of predictions, that pull them towards 0 or towards earlier values."""

from __future__ import annotations

import numpy as np

from fastloss._boosting_words import instead
from fastloss._kinds import Fraction, NonNegative
from fastloss._registry import pointwise


@pointwise(optional_target=True, reduction="sum", smoothness=0, kinks="pred == target", boosting=instead("absolute_error"))
def l1(pred, target, *, strength: NonNegative = 1.0):
    """L1 penalty: the absolute values, which draws parameters to exactly 0.

    With r = pred - target, where the target is 0 unless given::

        value      strength |r|
        gradient   strength sign(r)
        Hessian    0

    Parameters
    ----------
    pred : array_like
        Parameters, such as weights of a model, of any shape.
    strength : float, default 1.0
        What the penalty is multiplied by; nonnegative and finite.

    Notes
    -----
    By default it is summed. At a tie (r = 0) the gradient is 0, which is a subgradient. With a `strength` of 1 it
    is `absolute_error` with another reduction. As a penalty of regression, the lasso, it is due to Tibshirani [1]_.

    References
    ----------
    .. [1] Tibshirani, R. (1996). Regression shrinkage and selection via the lasso. Journal of the Royal Statistical Society
       B, 58(1), 267-288.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.l1([3.0, -1.0], strength=0.5)
    2.0
    >>> fl.l1.grad([3.0, -1.0], [3.0, 0.0])
    array([ 0., -1.])
    """
    r = pred - target
    strength = pred.dtype.type(strength)
    return strength * np.abs(r), strength * np.sign(r), np.zeros_like(r)


@pointwise(optional_target=True, reduction="sum", boosting=instead("squared_error"))
def l2(pred, target, *, strength: NonNegative = 1.0):
    """L2 penalty: half the squares, which keeps parameters small, or near earlier ones.

    With r = pred - target, where the target is 0 unless given::

        value      strength r²/2
        gradient   strength r
        Hessian    strength

    Parameters
    ----------
    pred : array_like
        Parameters, such as weights of a model, of any shape.
    strength : float, default 1.0
        What the penalty is multiplied by; nonnegative and finite. A step of gradient descent with it is weight decay.

    Notes
    -----
    By default it is summed, and there is a factor 1/2: the gradient is `strength` times the parameters, as weight
    decay in PyTorch's optimisers; scikit-learn's `Ridge` has a penalty without the factor. With earlier parameters
    as the target it pulls towards these. As a penalty of regression it is due to Hoerl and Kennard [1]_.

    References
    ----------
    .. [1] Hoerl, A. E., & Kennard, R. W. (1970). Ridge regression: biased estimation for nonorthogonal problems.
       Technometrics, 12(1), 55-67.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.l2([3.0, -1.0])
    5.0
    >>> fl.l2.grad([3.0, -1.0], [3.0, 0.0], strength=0.5)
    array([ 0. , -0.5])
    """
    r = pred - target
    strength = pred.dtype.type(strength)
    return strength * r * r / 2, strength * r, np.full_like(r, strength)


@pointwise(optional_target=True, reduction="sum", smoothness=0, kinks="pred == target", boosting=instead("squared_error"))
def elastic_net(pred, target, *, strength: NonNegative = 1.0, l1_ratio: Fraction = 0.5):
    """Elastic net penalty: a mixture of `l1` and `l2`.

    With r = pred - target, where the target is 0 unless given, and q = l1_ratio::

        value      strength (q |r| + (1 - q) r²/2)
        gradient   strength (q sign(r) + (1 - q) r)
        Hessian    strength (1 - q)

    Parameters
    ----------
    pred : array_like
        Parameters, such as weights of a model, of any shape.
    strength : float, default 1.0
        What the penalty is multiplied by; nonnegative and finite.
    l1_ratio : float, default 0.5
        The part of `l1`, between 0 and 1; 1 - `l1_ratio` is that of `l2`.

    Notes
    -----
    By default it is summed. At a tie (r = 0) the gradient is 0, which is a subgradient. The parametrisation is that
    of scikit-learn's `ElasticNet`, whose `alpha` is `strength`. It is due to Zou and Hastie [1]_.

    References
    ----------
    .. [1] Zou, H., & Hastie, T. (2005). Regularization and variable selection via the elastic net. Journal of the Royal
       Statistical Society B, 67(2), 301-320.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.elastic_net([2.0, 0.0])
    2.0
    >>> fl.elastic_net.grad([2.0, 0.0], l1_ratio=0.25)
    array([1.75, 0.  ])
    """
    r = pred - target
    strength, l1_ratio = pred.dtype.type(strength), pred.dtype.type(l1_ratio)
    size, curve = np.abs(r), strength * (1 - l1_ratio)
    return (
        size * (strength * l1_ratio + curve * size / 2),
        np.sign(r) * (strength * l1_ratio + curve * size),
        np.full_like(r, curve),
    )
