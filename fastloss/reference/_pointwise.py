"""The pointwise losses: prediction and target of one shape, one loss an element.

Each function returns (value, gradient, Hessian) with respect to the prediction, element by element. The
engine calls it with both arrays of one floating dtype and with floating-point warnings off, so a division
by zero may stand where `np.where` does not choose it.
"""

from __future__ import annotations

import numpy as np

from fastloss._boosting_words import Boosting, instead
from fastloss._kinds import (
    NONNEGATIVE,
    PROBABILITY,
    SIGN,
    Flag,
    Levels,
    NonNegative,
    OptionalFractions,
    Positive,
    PositiveArray,
)
from fastloss._registry import pointwise
from fastloss.reference._series import exp_minus_linear
from fastloss.reference._special import lgamma1p, lgamma_excess


def _for_each(parameter, pred):
    """A parameter as one number an element, of the type of the predictions."""
    return np.broadcast_to(np.asarray(parameter, pred.dtype), pred.shape).view(type(pred))


def _logistic(logit):
    """exp(-|logit|), which never overflows, and the probabilities of 1 and of 0, neither of which cancels."""
    e = np.exp(-np.abs(logit))
    likely, unlikely = 1 / (1 + e), e / (1 + e)
    return e, np.where(logit >= 0, likely, unlikely), np.where(logit >= 0, unlikely, likely)


@pointwise(boosting=Boosting(exact="hessian", xgboost="half_loss", lightgbm="half_loss", start="mean"))
def squared_error(pred, target):
    """Squared error; its mean is the mean squared error.

    With r = pred - target::

        value      r²
        gradient   2r
        Hessian    2

    Notes
    -----
    There is no factor 1/2: the gradient is 2r, as in PyTorch and Keras. Where half the square is
    meant (scikit-learn, Optax's `l2_loss`, the gradient boosting libraries), halve the result. Least
    squares are due to Legendre [1]_.

    References
    ----------
    .. [1] Legendre, A.-M. (1805). Nouvelles méthodes pour la détermination des orbites des comètes. Paris:
       Didot.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.squared_error([3.0, 1.0], [1.0, 1.0])
    2.0
    >>> fl.squared_error.grad([3.0, 1.0], [1.0, 1.0])
    array([2., 0.])
    """
    r = pred - target
    return r * r, 2 * r, np.full_like(r, 2)


@pointwise(
    smoothness=0,
    kinks="pred == target",
    boosting=Boosting("corner", xgboost=(1.0, "smoothed_absolute"), lightgbm=1.0, start="median", renewed=True),
)
def absolute_error(pred, target):
    """Absolute error; its mean is the mean absolute error.

    With r = pred - target::

        value      |r|
        gradient   sign(r)
        Hessian    0

    Notes
    -----
    At a tie (r = 0) the gradient is 0, which is a subgradient. The Hessian is 0 everywhere, so a
    booster that takes Newton steps needs another one.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.absolute_error([3.0, 1.0], [1.0, 1.0])
    1.0
    >>> fl.absolute_error.grad([3.0, 1.0], [1.0, 1.0])
    array([0.5, 0. ])
    """
    r = pred - target
    return np.abs(r), np.sign(r), np.zeros_like(r)


@pointwise(smoothness=1, kinks="abs(pred - target) == delta", boosting=Boosting("residual", lightgbm=1.0))
def huber(pred, target, *, delta: Positive = 1.0):
    """Huber loss: half the squared error near the target, linear beyond `delta`.

    With r = pred - target::

        value      r²/2 where |r| <= delta,  delta (|r| - delta/2) beyond
        gradient   r clipped to [-delta, delta]
        Hessian    1 where |r| <= delta,  0 beyond

    Parameters
    ----------
    delta : float, default 1.0
        Where the loss turns linear; positive and finite.

    Notes
    -----
    Near the target this is half of `squared_error`, as Huber [1]_ has it. `huber` with `delta` is
    `delta` times `smooth_l1` with ``beta=delta``.

    References
    ----------
    .. [1] Huber, P. J. (1964). Robust estimation of a location parameter. Annals of Mathematical
       Statistics, 35(1), 73-101.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.huber([3.0, 0.5], [0.0, 0.0], reduction="none")
    array([2.5  , 0.125])
    >>> fl.huber.grad([3.0, 0.5], [0.0, 0.0], delta=2.0)
    array([1.  , 0.25])
    """
    r = pred - target
    c = np.clip(r, -delta, delta)
    # c is r within delta and ±delta beyond, so this is both branches; unlike r²/2 it does not overflow
    # before its value does.
    return c * (r - c / 2), c, np.abs(r) <= delta


@pointwise(
    smoothness=1,
    kinks="abs(pred - target) == beta",
    boosting=Boosting(descent="chord", exact="hessian", upper_bound="inverse_of_beta"),
)
def smooth_l1(pred, target, *, beta: NonNegative = 1.0):
    """Smooth L1 loss: the absolute error with its corner rounded within `beta` of the target.

    With r = pred - target::

        value      r²/(2 beta) where |r| < beta,  |r| - beta/2 beyond
        gradient   r/beta clipped to [-1, 1]
        Hessian    1/beta where |r| < beta,  0 beyond

    Parameters
    ----------
    beta : float, default 1.0
        Where the loss turns linear; nonnegative and finite. With 0 the loss is the absolute error, gradient
        0 at a tie.

    Notes
    -----
    It is `huber` divided by its `delta`: the slope beyond `beta` is 1, whatever `beta`. Girshick [1]_
    defines it with `beta` 1.

    References
    ----------
    .. [1] Girshick, R. (2015). Fast R-CNN. IEEE International Conference on Computer Vision (ICCV),
       1440-1448.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.smooth_l1([3.0, 1.0], [0.0, 0.0], beta=2.0, reduction="none")
    array([2.  , 0.25])
    >>> fl.smooth_l1.grad([3.0, 1.0], [0.0, 0.0], beta=2.0)
    array([0.5 , 0.25])
    """
    r = pred - target
    beta = r.dtype.type(beta)
    inside = np.abs(r) < beta
    slope = np.where(inside, r / beta, np.sign(r))
    return slope * (r - np.clip(r, -beta, beta) / 2), slope, np.where(inside, 1 / beta, 0)


@pointwise(boosting=Boosting("residual"))
def log_cosh(pred, target):
    """Log-cosh loss: about r²/2 near the target, |r| - log 2 far away, smooth everywhere.

    With r = pred - target::

        value      log cosh r
        gradient   tanh r
        Hessian    1 / cosh² r

    Notes
    -----
    It behaves as `huber` with ``delta=1`` but has all derivatives. As a penalty it goes back to Green [1]_.

    References
    ----------
    .. [1] Green, P. J. (1990). Bayesian reconstructions from emission tomography data using a modified EM
       algorithm. IEEE Transactions on Medical Imaging, 9(1), 84-93.

    Examples
    --------
    >>> import fastloss as fl
    >>> round(fl.log_cosh([1.0], [0.0]), 6)
    0.433781
    >>> fl.log_cosh.grad([0.0, 100.0], [0.0, 0.0])
    array([0. , 0.5])
    """
    r = pred - target
    a = np.abs(r)
    # cosh a = 1 + 2 sinh²(a/2) keeps every digit of a small a; cosh a = exp(a) (1 + (exp(-2a) - 1)/2) does
    # not overflow.
    near = np.log1p(2 * np.sinh(np.minimum(a, 1) / 2) ** 2)
    far = a + np.log1p(np.expm1(-2 * a) / 2)
    e = np.exp(-2 * a)
    return np.where(a < 1, near, far), np.tanh(r), 4 * e / (1 + e) ** 2


@pointwise(
    smoothness=0,
    kinks="pred == target",
    boosting=Boosting("corner", xgboost=(1.0, "smoothed_quantile"), lightgbm=1.0, start="quantile", renewed=True, level="q"),
)
def quantile(pred, target, *, q: Levels = 0.5):
    """Quantile (pinball) loss: its minimiser is the `q`-quantile of the target.

    With r = pred - target::

        value      (1 - q) r where r >= 0,  -q r where r < 0
        gradient   1 - q  where r > 0,  -q where r < 0,  0 where r = 0
        Hessian    0

    Parameters
    ----------
    q : float or array_like, default 0.5
        The quantile, between 0 and 1 exclusive; broadcast to the shape of `pred`.

    Notes
    -----
    A prediction below the target costs `q` a unit, one above it 1 - `q` [1]_. With ``q=0.5`` it is
    half of `absolute_error`. At a tie (r = 0) the gradient is the subgradient 0; other libraries take -q or
    1 - q there.

    Several levels at once: with predictions of shape (n, levels) give one level a column. The target has that
    shape, too, without a copy by ``np.broadcast_to(y[:, None], pred.shape)``.

    References
    ----------
    .. [1] Koenker, R., & Bassett, G. (1978). Regression quantiles. Econometrica, 46(1), 33-50.

    Examples
    --------
    >>> import numpy as np
    >>> import fastloss as fl
    >>> fl.quantile([2.0, -2.0], [0.0, 0.0], q=0.75, reduction="none")
    array([0.5, 1.5])
    >>> fl.quantile.grad([2.0, -2.0], [0.0, 0.0], q=0.75)
    array([ 0.125, -0.375])
    >>> quartiles, y = [[1.0, 2.0, 4.0], [0.0, 2.0, 3.0]], np.array([3.0, 1.0])
    >>> fl.quantile.grad(quartiles, np.broadcast_to(y[:, None], (2, 3)), q=[0.25, 0.5, 0.75], reduction="none")
    array([[-0.25, -0.5 ,  0.25],
           [-0.25,  0.5 ,  0.25]])
    """
    r = pred - target
    q = _for_each(q, pred)
    slope = np.where(r > 0, 1 - q, np.where(r < 0, -q, r))  # r itself where it is 0 or NaN
    return slope * r, slope, np.zeros_like(r)


@pointwise(
    prediction=PROBABILITY,
    target=PROBABILITY,
    differentiable_target=True,
    of_logits="binary_cross_entropy_with_logits",
    boosting=instead("binary_cross_entropy_with_logits"),
)
def binary_cross_entropy(pred, target):
    """Binary cross-entropy of probabilities.

    With p = pred, y = target and 0·log 0 = 0::

        value      -y log p - (1 - y) log(1 - p)
        gradient   (p - y) / (p (1 - p))                   by p
                   log(1 - p) - log p                      by y
        Hessian    y/p² + (1 - y)/(1 - p)²                 by p

    Parameters
    ----------
    pred : array_like
        Predicted probabilities of 1, within [0, 1], of any shape.
    target : array_like
        Labels 0 and 1 or probabilities between, of the shape of `pred`.

    Notes
    -----
    The value is exact. At p = 0, y = 1 it is infinite, where PyTorch stops at 100 and Keras at the
    logarithm of its epsilon; at p = y = 0 it is 0 and the gradient is its limit, 1. The loss is the
    logarithmic score of Good [1]_. For a probability that comes out of a sigmoid, give the logit to
    `binary_cross_entropy_with_logits`: the sigmoid has already rounded away what an almost certain
    prediction is uncertain of. ``label_smoothing=s`` of other libraries is the target ``y * (1 - s) + s / 2``.

    References
    ----------
    .. [1] Good, I. J. (1952). Rational decisions. Journal of the Royal Statistical Society B, 14(1), 107-114.

    Examples
    --------
    >>> import fastloss as fl
    >>> round(fl.binary_cross_entropy([0.5], [1.0]), 6)
    0.693147
    >>> fl.binary_cross_entropy([0.0], [1.0])
    inf
    >>> fl.binary_cross_entropy.grad([0.5, 0.25], [1.0, 0.25])
    array([-1.,  0.])
    """
    p, y = pred + 0, target  # -0.0 + 0 is 0.0: 1/-0.0 would have the wrong sign
    value = 0 - np.where(y == 0, 0, y * np.log(p)) - np.where(y == 1, 0, (1 - y) * np.log1p(-p))
    # Where y is 0 or 1, one factor of p(1 - p) cancels; divided out, the gradient is finite at p = y.
    grad = np.where(y == 0, 1 / (1 - p), np.where(y == 1, -1 / p, (p - y) / (p * (1 - p))))
    hess = np.where(y == 0, 0, y / p / p) + np.where(y == 1, 0, (1 - y) / (1 - p) / (1 - p))
    return value, grad, hess, np.where(np.isnan(y), y, np.log1p(-p) - np.log(p))


@pointwise(
    target=PROBABILITY,
    differentiable_target=True,
    boosting=Boosting(
        exact="hessian", upper_bound="hessian", xgboost="hessian", lightgbm="hessian", link="sigmoid", start="logit"
    ),
)
def binary_cross_entropy_with_logits(pred, target, *, pos_weight: PositiveArray = 1.0):
    """Binary cross-entropy of logits (the logistic loss).

    With x = pred, y = target, p = sigmoid(x), w = pos_weight and softplus(x) = log(1 + exp(x))::

        value      w y softplus(-x) + (1 - y) softplus(x)
        gradient   (1 - y) p - w y (1 - p)              = p - y for w = 1; by x
                   w softplus(-x) - softplus(x)         = -x for w = 1; by y
        Hessian    (1 - y + w y) p (1 - p)              by x

    Parameters
    ----------
    pred : array_like
        Logits, of any shape: the log-odds of 1.
    target : array_like
        Labels 0 and 1 or probabilities between, of the shape of `pred`.
    pos_weight : float or array_like, default 1.0
        Factor of the part of the loss that belongs to y = 1; positive and finite. An array is broadcast against `pred`
        (one number a class, where the classes are the last axis).

    Notes
    -----
    The value is exact for every logit, not clamped, and where a correct prediction saturates, the
    gradient is exp(-|x|) rather than 0. `pos_weight` does not enter the denominator of the mean.
    ``label_smoothing=s`` of other libraries is the target ``y * (1 - s) + s / 2``; an ``ignore_index`` of theirs,
    ``weight=(y != index)`` with ``np.where(y == index, 0, y)`` as target. As a model of binary data see Cox [1]_.

    References
    ----------
    .. [1] Cox, D. R. (1958). The regression analysis of binary sequences. Journal of the Royal Statistical
       Society B, 20(2).

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.binary_cross_entropy_with_logits([1e4, -1e4], [1.0, 1.0], reduction="none")
    array([    0., 10000.])
    >>> fl.binary_cross_entropy_with_logits.grad([0.0, 0.0], [1.0, 0.0])
    array([-0.25,  0.25])
    """
    e, p, not_p = _logistic(pred)
    positive, negative = (target * pos_weight).astype(pred.dtype), 1 - target
    # softplus(±x) = max(±x, 0) + log1p(e): what multiplies the maximum belongs to the label that the logit
    # speaks against.
    wrong = np.where(pred >= 0, negative, positive)
    value = np.where(wrong == 0, 0, np.abs(pred) * wrong) + (positive + negative) * np.log1p(e)
    weight = _for_each(pos_weight, pred)
    by_target = (weight - 1) * np.log1p(e) - np.where(pred >= 0, pred, pred * weight)
    by_target = np.where(target != target, target, by_target)
    return value, negative * p - positive * not_p, (positive + negative) * p * not_p, by_target


@pointwise(
    target=PROBABILITY, ulp=10.0, unit=1.0, boosting=Boosting(upper_bound="focal_bound", exact="hessian", link="sigmoid")
)
def sigmoid_focal(pred, target, *, alpha: OptionalFractions = 0.25, gamma: NonNegative = 2.0):
    """Focal loss of logits: binary cross-entropy with the easy examples faded out.

    With x = pred, y = target, p = sigmoid(x)::

        H = softplus(x) - x y                     the cross-entropy
        m = (1 - y) p + y (1 - p)                 the probability missed
        a = alpha y + (1 - alpha) (1 - y)         the balance; 1 where alpha is None
        u = (1 - 2y) p (1 - p) / m                the derivative of log m

        value      a m^gamma H
        gradient   a m^gamma (gamma u H + p - y)
        Hessian    a m^gamma (gamma u (gamma u H + 2 (p - y) + (1 - 2p - u) H) + p (1 - p))

    Parameters
    ----------
    pred : array_like
        Logits, of any shape: the log-odds of 1.
    target : array_like
        Labels 0 and 1 or probabilities between, of the shape of `pred`.
    alpha : float, array_like or None, default 0.25
        Weight of y = 1, between 0 and 1; 1 - `alpha` is that of y = 0. None: no balance, both weigh 1. An array is
        broadcast against `pred` (one number a class, where the classes are the last axis).
    gamma : float, default 2.0
        How fast easy examples fade; nonnegative and finite. With 0 the loss is the (balanced) cross-entropy.

    Notes
    -----
    Value, gradient and Hessian are finite for every finite logit and every `gamma`, below 1 too. The
    Hessian is the true one and may be negative: the loss is not convex. Probabilities between 0 and 1 as
    targets follow torchvision's `sigmoid_focal_loss`; on labels the loss is that of Lin et al. [1]_. Unlike
    there, ``alpha=None`` and not -1 switches the balance off, and the default reduction is the mean.

    References
    ----------
    .. [1] Lin, T.-Y., Goyal, P., Girshick, R., He, K., & Dollár, P. (2017). Focal loss for dense object
       detection. IEEE International Conference on Computer Vision (ICCV), 2980-2988.

    Examples
    --------
    >>> import fastloss as fl
    >>> round(fl.sigmoid_focal([0.0, 2.0], [1.0, 1.0]), 6)
    0.021886
    >>> fl.sigmoid_focal.grad([0.0, 0.0], [1.0, 0.0], alpha=None, gamma=0.0)
    array([-0.25,  0.25])
    """
    e, p, not_p = _logistic(pred)
    wrong = np.where(pred >= 0, 1 - target, target)  # how much of the target the logit speaks against
    right = 1 - wrong
    entropy = np.where(wrong == 0, 0, np.abs(pred) * wrong) + np.log1p(e)
    slope = (1 - target) * p - target * not_p
    # m = (wrong + right e)/(1 + e). Where wrong is 0, e cancels in u, and log m is exact although e may
    # have underflowed.
    mixed = wrong + right * e
    log_miss = np.where(wrong == 0, -np.abs(pred), np.log(mixed)) - np.log1p(e)
    u = (1 - 2 * target) * np.where(wrong == 0, 1, e / mixed) / (1 + e)
    pull = gamma * np.where(u == 0, 0, u * entropy)
    alpha = None if alpha is None else _for_each(alpha, pred)
    balance = 1 if alpha is None else alpha * target + (1 - alpha) * (1 - target)
    factor = balance * (np.exp(gamma * log_miss) if gamma > 0 else 1)
    hess = gamma * u * (pull + 2 * slope) + pull * (not_p - p - u) + p * not_p
    return tuple(np.where(factor == 0, 0, factor * x) for x in (entropy, pull + slope, hess))


@pointwise(target=SIGN, smoothness=0, kinks="pred * target == 1", boosting=Boosting(constant=1.0, xgboost="gradient"))
def hinge(pred, target):
    """Hinge loss, of support vector machines.

    With m = 1 - pred · target::

        value      max(m, 0)
        gradient   -target where m > 0,  0 elsewhere
        Hessian    0

    Parameters
    ----------
    pred : array_like
        Scores, of any shape; their sign is the predicted label.
    target : array_like
        Labels -1 and 1, of the shape of `pred`.

    Notes
    -----
    The labels are -1 and 1; labels of 0 and 1 are refused rather than converted (``2 * y - 1`` converts). At the corner
    (m = 0) the gradient is the subgradient 0. The loss is that of Cortes and Vapnik [1]_.

    References
    ----------
    .. [1] Cortes, C., & Vapnik, V. (1995). Support-vector networks. Machine Learning, 20, 273-297.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.hinge([0.5, 2.0], [1.0, -1.0], reduction="none")
    array([0.5, 3. ])
    >>> fl.hinge.grad([0.5, 2.0], [1.0, -1.0])
    array([-0.5,  0.5])
    """
    margin = 1 - target * pred
    inside = np.heaviside(margin, 0)  # NaN where the margin is
    return np.maximum(margin, 0), -target * inside, np.zeros_like(margin)


@pointwise(target=SIGN, smoothness=1, kinks="pred * target == 1", boosting=Boosting(upper_bound=2.0, exact="hessian"))
def squared_hinge(pred, target):
    """Squared hinge loss: the hinge loss without its corner.

    With m = max(1 - pred · target, 0)::

        value      m²
        gradient   -2 target m
        Hessian    2 where m > 0,  0 elsewhere

    Parameters
    ----------
    pred : array_like
        Scores, of any shape; their sign is the predicted label.
    target : array_like
        Labels -1 and 1, of the shape of `pred`.

    Notes
    -----
    The labels are -1 and 1, as for `hinge`. There is no factor 1/2. It is the loss of the L2-SVM [1]_.

    References
    ----------
    .. [1] Chang, K.-W., Hsieh, C.-J., & Lin, C.-J. (2008). Coordinate descent method for large-scale
       L2-loss linear support vector machines. Journal of Machine Learning Research, 9, 1369-1398.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.squared_hinge([0.5, 2.0], [1.0, -1.0], reduction="none")
    array([0.25, 9.  ])
    >>> fl.squared_hinge.grad([0.5, 2.0], [1.0, -1.0])
    array([-0.5,  3. ])
    """
    margin = 1 - target * pred
    m = np.maximum(margin, 0)
    return m * m, -2 * target * m, 2 * np.heaviside(margin, 0)


def half_poisson_deviance(log_rate, y):
    """y (log y - x) + exp(x) - y, with its digits where the two are nearly equal."""
    rate, d = np.exp(log_rate), log_rate - np.log(y)
    near = np.abs(d) < 1
    far = np.where(np.isposinf(rate), rate, rate - y * (1 + d))
    return np.where(y == 0, rate, np.where(near, y * exp_minus_linear(np.where(near, d, 0)), far))


def count_constant(y):
    """log(y!) - y log y + y, what a Poisson negative log-likelihood is above half the deviance: never negative."""
    few = np.where(y == 0, 0, lgamma1p(np.minimum(y, 1)) + y * (1 - np.log(y)))
    two_pi = 8 * np.arctan(np.ones_like(y))
    return np.where(y < 1, few, np.log(two_pi * y) / 2 + lgamma_excess(np.maximum(y, 1)))


@pointwise(
    target=NONNEGATIVE,
    boosting=Boosting(exact="hessian", xgboost="short_steps", lightgbm="short_steps", link="exp", start="log_mean"),
)
def poisson(pred, target, *, full: Flag = False):
    """Poisson negative log-likelihood of the logarithm of the rate.

    With x = pred, the log of the rate, and y = target, a count; 0·∞ = 0::

        value      exp(x) - y x                    + log(y!) with `full`
        gradient   exp(x) - y
        Hessian    exp(x)

    Parameters
    ----------
    pred : array_like
        Logarithms of the predicted rates, of any shape. -inf is a rate of 0.
    target : array_like
        Counts, nonnegative and not necessarily whole, of the shape of `pred`.
    full : bool, default False
        Whether log(y!) is added, which does not depend on the prediction: the value is then minus the logarithm of the
        probability of the count.

    Notes
    -----
    Without log(y!) the value may be negative, and is half the deviance up to a constant. With it the value is computed as
    half the deviance and what is left, neither of which is negative, so that large counts lose no digits; log(y!) is
    exact, log Γ(y + 1), where PyTorch's `full` has Stirling's approximation for counts above 1. It is the Poisson
    case of the generalised linear models of Nelder and Wedderburn [1]_ with their log link.

    References
    ----------
    .. [1] Nelder, J. A., & Wedderburn, R. W. M. (1972). Generalized linear models. Journal of the Royal
       Statistical Society A, 135(3), 370-384.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.poisson([0.0, 0.0], [1.0, 3.0])
    1.0
    >>> fl.poisson.grad([0.0, 0.0], [1.0, 3.0])
    array([ 0., -1.])
    """
    rate = np.exp(pred)
    value = np.where(np.isposinf(rate), rate, rate - np.where(target == 0, 0, target * pred))
    if full:
        value = half_poisson_deviance(pred, target) + count_constant(target)
    return value, rate - target, rate


@pointwise(smoothness=0, kinks="pred == target; abs(pred - target) == width", boosting=Boosting("corner"))
def wing(pred, target, *, width: Positive = 5.0, curvature: Positive = 0.5):
    """Wing loss: logarithmic within `width` of the target, linear beyond.

    With r = pred - target and C = width - width·log1p(width / curvature)::

        value      width · log1p(|r| / curvature) where |r| < width,  |r| - C beyond
        gradient   sign(r) · width / (curvature + |r|) within,  sign(r) beyond
        Hessian    -width / (curvature + |r|)² within,  0 beyond

    Parameters
    ----------
    pred : array_like
        Predictions, of any shape.
    target : array_like
        Targets, of the shape of `pred`.
    width : float, default 5.0
        Where the loss becomes linear, positive and finite.
    curvature : float, default 0.5
        How sharply the logarithm bends near 0, positive and finite; the smaller, the steeper.

    Notes
    -----
    At the corner r = 0 the gradient is the subgradient 0. The Hessian is negative within `width`: boosters want another.
    The loss is that of Feng et al. [1]_, made for the regression of facial landmarks.

    References
    ----------
    .. [1] Feng, Z.-H., Kittler, J., Awais, M., Huber, P., & Wu, X.-J. (2018). Wing loss for robust facial landmark
       localisation with convolutional neural networks. IEEE Conference on Computer Vision and Pattern Recognition
       (CVPR), 2235-2245.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.wing.grad([0.0, 9.0], [0.0, 1.0], reduction="none")
    array([0., 1.])
    >>> round(fl.wing([0.5], [0.0]), 6)
    3.465736
    """
    r = pred - target
    a = np.abs(r)
    steep = width / (curvature + a)
    value = width * np.log1p(np.minimum(a, width) / curvature) + np.maximum(a - width, 0)
    return value, np.sign(r) * np.where(a < width, steep, 1), np.where(a < width, -steep / (curvature + a), 0)
