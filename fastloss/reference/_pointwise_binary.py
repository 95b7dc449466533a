"""The pointwise losses of binary classification beside cross-entropy and hinge: labels -1 and 1, or probabilities."""

from __future__ import annotations

import numpy as np

from fastloss._registry import PROBABILITY, SIGN, NonNegative, pointwise
from fastloss.reference._pointwise import _logistic

__all__: list[str] = []


@pointwise(target=SIGN)
def soft_margin(pred, target):
    """Soft margin loss: the logistic loss of labels -1 and 1.

    With z = pred · target and p = sigmoid(-z)::

        value      log(1 + exp(-z))
        gradient   -target p
        Hessian    p (1 - p)

    Parameters
    ----------
    pred : array_like
        Scores, of any shape: the log-odds of 1.
    target : array_like
        Labels -1 and 1, of the shape of `pred`.

    Notes
    -----
    It is `binary_cross_entropy_with_logits` with other labels, exact for every score: PyTorch's
    `soft_margin_loss` is infinite where exp(-z) is. As the loss of boosting that additive logistic
    regression minimises, see Friedman, Hastie and Tibshirani [1]_.

    References
    ----------
    .. [1] Friedman, J., Hastie, T., & Tibshirani, R. (2000). Additive logistic regression: a statistical view of
       boosting. Annals of Statistics, 28(2), 337-407.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.soft_margin([1e4, -1e4], [1.0, 1.0], reduction="none")
    array([    0., 10000.])
    >>> fl.soft_margin.grad([0.0, 0.0], [1.0, -1.0])
    array([-0.25,  0.25])
    """
    z = target * pred
    e, right, wrong = _logistic(z)
    return np.maximum(-z, 0) + np.log1p(e), -target * wrong, target * target * right * wrong


@pointwise(target=SIGN, smoothness=1, kinks="pred * target == 1; pred * target == -1")
def modified_huber(pred, target):
    """Modified Huber loss: the squared hinge loss, linear where the label is missed by far.

    With z = pred · target::

        value      max(1 - z, 0)² where z >= -1,  -4z below
        gradient   -2 target max(1 - z, 0) where z >= -1,  -4 target below
        Hessian    2 where -1 <= z < 1,  0 elsewhere

    Parameters
    ----------
    pred : array_like
        Scores, of any shape; their sign is the predicted label.
    target : array_like
        Labels -1 and 1, of the shape of `pred`.

    Notes
    -----
    The labels are -1 and 1, as for `hinge`. It is the loss "modified_huber" of scikit-learn's
    `SGDClassifier`, where a prediction clipped to [-1, 1] gives the probability (1 + clip)/2. It is due
    to Zhang [1]_.

    References
    ----------
    .. [1] Zhang, T. (2004). Solving large scale linear prediction problems using stochastic gradient descent
       algorithms. International Conference on Machine Learning (ICML), 116.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.modified_huber([0.5, 2.0], [1.0, -1.0], reduction="none")
    array([0.25, 8.  ])
    >>> fl.modified_huber.grad([0.5, 2.0], [1.0, -1.0])
    array([-0.5,  2. ])
    """
    m = 1 - target * pred
    c = np.clip(m, 0, 2)
    return c * (2 * np.maximum(m, 0) - c), -2 * target * c, 2 * np.heaviside(m, 0) * np.heaviside(2 - m, 1)


@pointwise(target=SIGN)
def exponential(pred, target):
    """Exponential loss, of AdaBoost.

    With z = pred · target::

        value      exp(-z)
        gradient   -target exp(-z)
        Hessian    exp(-z)

    Parameters
    ----------
    pred : array_like
        Scores, of any shape: half the log-odds of 1, where the loss is least in the mean.
    target : array_like
        Labels -1 and 1, of the shape of `pred`.

    Notes
    -----
    scikit-learn's `ExponentialLoss` is the same for labels of 0 and 1. AdaBoost [1]_ minimises it step by
    step.

    References
    ----------
    .. [1] Freund, Y., & Schapire, R. E. (1997). A decision-theoretic generalization of on-line learning and an
       application to boosting. Journal of Computer and System Sciences, 55(1), 119-139.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.exponential([0.0, 0.0], [1.0, -1.0])
    1.0
    >>> fl.exponential.grad([0.0, 0.0], [1.0, -1.0])
    array([-0.5,  0.5])
    """
    e = np.exp(-target * pred)
    return e, -target * e, target * target * e


@pointwise(target=SIGN, smoothness=0, kinks="pred * target == 0")
def perceptron(pred, target):
    """Perceptron loss: how far a score is on the wrong side of 0.

    With z = pred · target::

        value      max(-z, 0)
        gradient   -target where z < 0,  0 elsewhere
        Hessian    0

    Parameters
    ----------
    pred : array_like
        Scores, of any shape; their sign is the predicted label.
    target : array_like
        Labels -1 and 1, of the shape of `pred`.

    Notes
    -----
    It is `hinge` without a margin, so that a score of 0 everywhere is a minimum. At the corner (z = 0)
    the gradient is the subgradient 0; scikit-learn's `SGDClassifier` takes -target, and Optax half of it.
    The rule that follows it downhill is Rosenblatt's [1]_.

    References
    ----------
    .. [1] Rosenblatt, F. (1958). The perceptron: a probabilistic model for information storage and organization in the
       brain. Psychological Review, 65(6), 386-408.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.perceptron([0.5, 2.0], [1.0, -1.0], reduction="none")
    array([0., 2.])
    >>> fl.perceptron.grad([-0.5, 2.0], [1.0, -1.0])
    array([-0.5,  0.5])
    """
    z = target * pred
    missed = np.heaviside(-z, 0)  # NaN where z is
    return np.maximum(-z, 0), 0 - target * missed, np.zeros_like(z)


@pointwise(target=SIGN, smoothness=0, kinks="pred == margin")
def hinge_embedding(pred, target, *, margin: NonNegative = 1.0):
    """Hinge embedding loss: distances small between what is alike, and at least `margin` between what is not.

    With x = pred, the distance of a pair::

                   target = 1    target = -1
        value      x             max(margin - x, 0)
        gradient   1             -1 where x < margin,  0 elsewhere
        Hessian    0             0

    Parameters
    ----------
    pred : array_like
        Distances of pairs, of any shape.
    target : array_like
        1 for a pair that is alike, -1 for one that is not; of the shape of `pred`.
    margin : float, default 1.0
        The distance beyond which a pair that is not alike costs nothing; nonnegative and finite.

    Notes
    -----
    At the corner (x = margin) the gradient is the subgradient 0. Targets other than -1 and 1 are refused,
    where PyTorch adds the losses of both. A negative distance is accepted, and makes the loss of a pair
    that is alike negative. With squares it is the contrastive loss of Hadsell et al. [1]_.

    References
    ----------
    .. [1] Hadsell, R., Chopra, S., & LeCun, Y. (2006). Dimensionality reduction by learning an invariant mapping. IEEE
       Conference on Computer Vision and Pattern Recognition (CVPR), 1735-1742.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.hinge_embedding([0.25, 0.25], [1.0, -1.0], reduction="none")
    array([0.25, 0.75])
    >>> fl.hinge_embedding.grad([0.25, 0.25], [1.0, -1.0])
    array([ 0.5, -0.5])
    """
    lack = margin - pred
    known = target * target  # NaN where the target is
    value = known * np.where(target > 0, pred, np.maximum(lack, 0))
    slope = np.where(target > 0, np.where(np.isnan(pred), pred, 1), -np.heaviside(lack, 0))
    return value, known * slope, np.zeros_like(pred)


@pointwise(prediction=PROBABILITY, target=PROBABILITY)
def brier(pred, target):
    """Brier score of probabilities: their squared error.

    With p = pred and y = target::

        value      (p - y)²
        gradient   2 (p - y)
        Hessian    2

    Parameters
    ----------
    pred : array_like
        Predicted probabilities of 1, within [0, 1], of any shape.
    target : array_like
        Labels 0 and 1 or probabilities between, of the shape of `pred`.

    Notes
    -----
    It is `squared_error` with a domain. As in scikit-learn's `brier_score_loss` only the probability of 1
    counts; the score that Brier [1]_ sums over both classes is twice as large. To train on it, give
    logits to `brier_with_logits`.

    References
    ----------
    .. [1] Brier, G. W. (1950). Verification of forecasts expressed in terms of probability. Monthly Weather Review,
       78(1), 1-3.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.brier([0.5, 1.0], [1.0, 1.0])
    0.125
    >>> fl.brier.grad([0.5, 1.0], [1.0, 1.0])
    array([-0.5,  0. ])
    """
    r = pred - target
    return r * r, 2 * r, np.full_like(r, 2)


@pointwise(target=PROBABILITY)
def brier_with_logits(pred, target):
    """Brier score of logits: the squared error of their probabilities.

    With x = pred, y = target, p = sigmoid(x) and v = p (1 - p)::

        value      (p - y)²
        gradient   2 v (p - y)
        Hessian    2 v (v + (p - y) (1 - 2p))

    Parameters
    ----------
    pred : array_like
        Logits, of any shape: the log-odds of 1.
    target : array_like
        Labels 0 and 1 or probabilities between, of the shape of `pred`.

    Notes
    -----
    It is `brier` of the sigmoid, without the digits that a sigmoid near 0 and 1 rounds away. The loss is
    bounded and not convex: the Hessian is the true one, and negative where a label is missed by far,
    where boosters want another one. It scores forecasts since Brier [1]_.

    References
    ----------
    .. [1] Brier, G. W. (1950). Verification of forecasts expressed in terms of probability. Monthly Weather Review,
       78(1), 1-3.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.brier_with_logits([0.0, 1e4], [1.0, 1.0])
    0.125
    >>> fl.brier_with_logits.grad([0.0, 0.0], [1.0, 0.0])
    array([-0.125,  0.125])
    """
    _, p, not_p = _logistic(pred)
    r = (1 - target) * p - target * not_p
    v = p * not_p
    return r * r, 2 * v * r, 2 * v * (v + r * (not_p - p))
