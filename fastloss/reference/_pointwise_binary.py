"""The pointwise losses of binary classification beside cross-entropy and hinge: labels -1 and 1, or probabilities."""

from __future__ import annotations

import numpy as np

from fastloss._boosting_words import Boosting, instead
from fastloss._kinds import (
    BINARY,
    LOG_PROBABILITY,
    NONNEGATIVE,
    PROBABILITY,
    SIGN,
    Focus,
    Margin,
    NonNegative,
    OpenFraction,
    PositiveArray,
    Shift,
)
from fastloss._registry import pointwise
from fastloss.reference._pointwise import _logistic
from fastloss.reference._series import exp_curve


@pointwise(target=SIGN, boosting=Boosting(exact="hessian", upper_bound="hessian", link="sigmoid"))
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


@pointwise(
    target=SIGN,
    smoothness=1,
    kinks="pred * target == 1; pred * target == -1",
    boosting=Boosting(upper_bound=2.0, exact="hessian"),
)
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


@pointwise(target=SIGN, boosting=Boosting(link="half_logit"))
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
    scikit-learn's `ExponentialLoss` is the same for labels of 0 and 1; for probabilities between it is
    `exponential_with_soft_labels`. AdaBoost [1]_ minimises it step by step.

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


@pointwise(target=PROBABILITY)
def exponential_with_soft_labels(pred, target):
    """Exponential loss of a probability of 1 as target, in the place of a label.

    With x = pred and y = target::

        value      y exp(-x) + (1 - y) exp(x)
        gradient   (1 - y) exp(x) - y exp(-x)
        Hessian    y exp(-x) + (1 - y) exp(x)

    Parameters
    ----------
    pred : array_like
        Scores, of any shape: half the log-odds of 1, where the loss is least.
    target : array_like
        Probabilities of 1 or labels 0 and 1, of the shape of `pred`.

    Notes
    -----
    It is what `exponential` costs in the mean where 1 has the probability y, and -1 the rest: for labels the same
    with 2y - 1 in their place. As scikit-learn's `ExponentialLoss`. The loss is that of AdaBoost [1]_.

    References
    ----------
    .. [1] Freund, Y., & Schapire, R. E. (1997). A decision-theoretic generalization of on-line learning and an
       application to boosting. Journal of Computer and System Sciences, 55(1), 119-139.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.exponential_with_soft_labels([0.0, 0.0], [1.0, 0.25])
    1.0
    >>> fl.exponential_with_soft_labels.grad([0.0, 0.0], [1.0, 0.25])
    array([-0.5 ,  0.25])
    """
    sides = (target, np.exp(-pred)), (1 - target, np.exp(pred))
    hit, miss = (np.where(part == 0, 0, part * e) for part, e in sides)
    return hit + miss, miss - hit, hit + miss


@pointwise(
    prediction=LOG_PROBABILITY,
    target=NONNEGATIVE,
    differentiable_target=True,
    of_logits="cross_entropy",
    boosting=instead("binary_cross_entropy_with_logits"),
)
def elementwise_kl_divergence(pred, target):
    """One class's part of the Kullback-Leibler divergence of predicted log-probabilities from target probabilities.

    With x = pred, a log-probability, p = target and 0·∞ = 0::

        value      p (log p - x)
        gradient   -p                     by x
                   log p + 1 - x          by p
        Hessian    0                      by x

    Parameters
    ----------
    pred : array_like
        Log-probabilities (not logits, nor probabilities), of any shape.
    target : array_like
        Probabilities, nonnegative, of the shape of `pred`.

    Notes
    -----
    Summed along an axis it is `kl_divergence` of a row, whose gradient by the target is this one's. Its "mean"
    divides by the number of elements, as PyTorch's ``kl_div(reduction="mean")`` does. A part may be negative; the
    sum of a row of probabilities is not. Where p = 0 the value is 0 and the gradient by p is -∞, its limit; where
    x = -∞, a predicted probability of 0, that is ∞. For logarithms as targets give their exponentials. The
    divergence is that of Kullback and Leibler [1]_.

    References
    ----------
    .. [1] Kullback, S., & Leibler, R. A. (1951). On information and sufficiency. Annals of Mathematical
       Statistics, 22(1), 79-86.

    Examples
    --------
    >>> import numpy as np
    >>> import fastloss as fl
    >>> log_q = np.log([[0.5, 0.5], [0.25, 0.75]])
    >>> fl.elementwise_kl_divergence(log_q, [[0.25, 0.75], [0.25, 0.75]], reduction="none").round(6)
    array([[-0.173287,  0.304099],
           [ 0.      ,  0.      ]])
    >>> fl.elementwise_kl_divergence.grad([-1.0], [1.0], wrt=("pred", "target"))
    (array([-1.]), array([2.]))
    """
    log_ratio = np.log(target) - pred
    known = ~(np.isnan(pred) | np.isnan(target))
    value = np.where(known, np.where(target == 0, 0, target * log_ratio), np.nan)
    by_target = np.where(pred == -np.inf, np.inf, log_ratio + 1)
    return value, np.where(known, 0 - target, np.nan), np.zeros_like(pred), np.where(known, by_target, np.nan)


@pointwise(target=SIGN, smoothness=0, kinks="pred * target == 0", boosting=Boosting(constant=1.0))
def perceptron(pred, target):
    """Perceptron loss: how far a score is on the wrong side of 0.

    With z = pred · target::

        value      max(-z, 0)
        gradient   -target where z <= 0,  0 elsewhere
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
    the gradient is the subgradient -target, as in the rule of Rosenblatt [1]_ and in scikit-learn's
    `SGDClassifier`: with 0 a descent that starts there would end there. Optax takes half of it.

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
    missed = np.heaviside(-z, 1)  # NaN where z is
    return np.maximum(-z, 0), 0 - target * missed, np.zeros_like(z)


@pointwise(target=SIGN, smoothness=0, kinks="pred == margin", boosting=Boosting(constant=1.0, link="distance"))
def hinge_embedding(pred, target, *, margin: Margin = 1.0):
    """Hinge embedding loss: distances small between what is alike, and at least `margin` between what is not.

    With x = pred, the distance of a pair::

                   target = 1    target = -1
        value      x             max(margin - x, 0)
        gradient   1             -1 where x <= margin,  0 elsewhere
        Hessian    0             0

    Parameters
    ----------
    pred : array_like
        Distances of pairs, of any shape.
    target : array_like
        1 for a pair that is alike, -1 for one that is not; of the shape of `pred`.
    margin : float, default 1.0
        The distance beyond which a pair that is not alike costs nothing; finite.

    Notes
    -----
    At the corner (x = margin) the gradient is the subgradient -1, as in PyTorch. Targets other than -1 and 1 are
    refused, where PyTorch adds the losses of both. A negative distance is accepted, and makes the loss of a pair
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
    slope = np.where(target > 0, np.where(np.isnan(pred), pred, 1), -np.heaviside(lack, 1))
    return value, known * slope, np.zeros_like(pred)


@pointwise(prediction=PROBABILITY, target=PROBABILITY, of_logits="brier_with_logits", boosting=instead("brier_with_logits"))
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


@pointwise(target=PROBABILITY, boosting=Boosting(upper_bound="brier_bound", exact="hessian", link="sigmoid"))
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


@pointwise(
    target=PROBABILITY, unit=1.0, boosting=Boosting(exact="hessian", upper_bound="hessian", lightgbm="hessian", link="sigmoid")
)
def cross_entropy_lambda(pred, target, *, exposure: PositiveArray = 1.0):
    """Cross-entropy of the probability of at least one event, at a rate and an exposure.

    With x = pred, y = target, w = exposure and the expected number of events L = w log(1 + exp(x))::

        p = 1 - exp(-L)                   the probability of at least one
        s = sigmoid(x)

        value      -y log p - (1 - y) log(1 - p)
        gradient   w s (1 - y / p)
        Hessian    w s (1 - s) (1 - y / p) + y (w s / p)² (1 - p)

    Parameters
    ----------
    pred : array_like
        Logits of the probability at an exposure of 1, of any shape.
    target : array_like
        Labels 0 and 1 or probabilities between, of the shape of `pred`.
    exposure : float or array_like, default 1.0
        How much of the unit of time or space an element was exposed to; positive. An array is broadcast to the shape of
        `pred`.

    Notes
    -----
    It is LightGBM's objective "cross_entropy_lambda", which takes the exposure from the sample weights; here those
    still multiply the loss. With an exposure of 1 it is `binary_cross_entropy_with_logits`. The rate of events is
    log(1 + exp(x)), which LightGBM's predictions are; p is the probability of a Poisson variable above 0. The loss
    is convex: the Hessian is computed as a sum of terms that are not negative. Where L is too small for a number,
    log p is not.

    Examples
    --------
    >>> import fastloss as fl
    >>> round(fl.cross_entropy_lambda([0.0], [1.0]), 6)
    0.693147
    >>> fl.cross_entropy_lambda.grad([0.0, 0.0], [0.0, 1.0], exposure=2.0, reduction="none").round(6)
    array([ 1.      , -0.333333])
    """
    w = np.full_like(pred, exposure)
    e, s, not_s = _logistic(pred)
    below = np.where(e == 0, 1, np.log1p(e) / np.where(e == 0, 1, e))  # log(1 + exp x) / exp x where x < 0
    rate = np.where(pred > 0, np.maximum(pred, 0) + np.log1p(e), np.log1p(e))
    L = w * rate
    p, q = -np.expm1(-L), np.exp(-L)
    share = np.where(L == 0, 1, p / np.where(L == 0, 1, L))
    log_p = np.where(L < 1, np.log(w) + np.where(pred < 0, pred + np.log(below * share), np.log(rate * share)), np.log1p(-q))
    per_rate = np.where(pred < 0, 1 / (1 + e) / below, s / rate)  # sigmoid(x) / log(1 + exp x)
    gone = q == 0
    pull = np.where(gone, 0, q / share)
    # (1 - (1 + rate) exp(-rate)) / rate², and (L - p) / L².
    k = np.where(rate < 1, not_s * exp_curve(np.minimum(rate, 1)), (s - rate * not_s) / rate**2)
    curve = np.where(L < 1, exp_curve(-np.minimum(L, 1)), (L - p) / np.where(gone, 1, L) ** 2)
    convex = np.where(gone, 0, pull / share * (k + w * not_s * curve))
    value = np.where(target == 1, 0, (1 - target) * L) - np.where(target == 0, 0, target * log_p)
    return value, w * s * (1 - target) - target * per_rate * pull, s * (w * not_s * (1 - target) + target * convex)


def _focal(balance, gamma, log_m, d, one_minus_2p, entropy, slope, bend):
    """balance m^gamma H and its derivatives, where d = m'/m, d' = d (1 - 2p - d); H, H' and H'' are entropy, slope and bend."""
    factor = balance * (np.exp(gamma * log_m) if gamma > 0 else 1)
    pull = gamma * np.where(d == 0, 0, d * entropy)
    hess = gamma * d * (pull + 2 * slope) + pull * (one_minus_2p - d) + bend
    return tuple(np.where(factor == 0, 0, factor * x) for x in (entropy, pull + slope, hess))


# As in `sigmoid_focal`, terms of the derivatives cancel, of the Hessian above all.
@pointwise(
    target=PROBABILITY,
    smoothness=0,
    kinks="clip * (1 + exp(-pred)) == 1",
    ulp=10.0,
    unit=1.0,
    boosting=Boosting(descent="of_asymmetric_focal", exact="hessian", link="sigmoid"),
)
def asymmetric_focal(pred, target, *, gamma_positive: NonNegative = 1.0, gamma_negative: NonNegative = 4.0, clip: Shift = 0.05):
    """Asymmetric loss of many labels: a focal loss that fades easy negatives faster than positives, and drops the easiest.

    With x = pred, y = target, p = sigmoid(x), u = max(p - clip, 0), and g and h = gamma_positive and gamma_negative::

        value      -y (1 - p)^g log p - (1 - y) u^h log(1 - u)
        gradient   y (1 - p)^g (g p log p - (1 - p))
                   + (1 - y) p (1 - p) u^(h-1) (u / (1 - u) - h log(1 - u)),    its second term 0 where p <= clip
        Hessian    the derivative of that

    Parameters
    ----------
    pred : array_like
        Logits, of any shape: the log-odds of 1.
    target : array_like
        Labels 0 and 1 or probabilities between, of the shape of `pred`.
    gamma_positive : float, default 1.0
        How fast easy positives fade; nonnegative and finite. With 0 they do not.
    gamma_negative : float, default 4.0
        The same for negatives.
    clip : float, default 0.05
        What is subtracted from the probability of a negative, from 0 to below 1: one that is no more likely costs nothing.

    Notes
    -----
    The formula is that of Ridnik et al. [1]_, and the defaults are those of their program; in the experiments of
    the paper `gamma_positive` is often 0. On labels 0 and 1 with a `clip` of 0 and one gamma the loss is
    `sigmoid_focal` with ``alpha=None``. A target between is the mean of the losses of its two labels, where
    `sigmoid_focal` and that program mix the probabilities and the exponents. The program adds an epsilon in its
    logarithms; this loss is exact and finite for every finite logit. It is not convex: the Hessian may be negative.

    References
    ----------
    .. [1] Ridnik, T., Ben-Baruch, E., Zamir, N., Noy, A., Friedman, I., Protter, M., & Zelnik-Manor, L. (2021). Asymmetric
       loss for multi-label classification. IEEE/CVF International Conference on Computer Vision (ICCV), 82-91.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.asymmetric_focal([-3.0, 0.0], [0.0, 1.0], reduction="none").round(6)
    array([0.      , 0.346574])
    >>> fl.asymmetric_focal.grad([0.0, 0.0], [0.0, 1.0], gamma_positive=0.0, gamma_negative=0.0, clip=0.0)
    array([ 0.25, -0.25])
    """
    e, p, not_p = _logistic(pred)
    log_p, log_not_p = np.minimum(pred, 0) - np.log1p(e), -np.maximum(pred, 0) - np.log1p(e)
    positive = _focal(target, gamma_positive, log_not_p, p, p - not_p, -log_p, not_p, p * not_p)
    if clip == 0:
        negative = _focal(1 - target, gamma_negative, log_p, not_p, not_p - p, -log_not_p, p, p * not_p)
    else:
        clip = pred.dtype.type(clip)
        u, not_u = p - clip, not_p + clip
        dropped = u <= 0
        some = np.where(dropped, 1, u)
        log_u = np.where(u > 0.5, np.log1p(-not_u), np.log(some))
        log_not_u = np.where(u < 0.5, np.log1p(-u), np.log(not_u))
        balance, slope = np.where(dropped, 0, 1 - target), p * not_p / not_u
        bend = slope * (not_p - p * clip / not_u)
        negative = _focal(balance, gamma_negative, log_u, p * not_p / some, not_p - p, -log_not_u, slope, bend)
    return positive[0] + negative[0], negative[1] - positive[1], positive[2] + negative[2]


@pointwise(
    target=BINARY,
    smoothness=0,
    kinks="threshold * (1 + exp((1 - 2 * target) * pred)) == 1",
    unit=1.0,
    boosting=Boosting(constant=1.0, exact="hessian", link="sigmoid", jumps="at_threshold"),
)
def reduced_focal(pred, target, *, gamma: Focus = 2.0, threshold: OpenFraction = 0.5):
    """Reduced focal loss: the cross-entropy of hard examples is left as it is, easy ones fade.

    With p the probability that sigmoid(pred) gives to the label, z = pred where that is 0 and -pred where it is 1::

        f = ((1 - p) / threshold)^gamma where p >= threshold,  1 where p < threshold

        value      -f log p
        gradient   f (1 - p - gamma p log p), or 1 - p where p < threshold, by z: times -1 for the label 1
        Hessian    the derivative of that by z

    Parameters
    ----------
    pred : array_like
        Logits, of any shape: the log-odds of 1.
    target : array_like
        Labels 0 and 1, of the shape of `pred`.
    gamma : float, default 2.0
        How fast easy examples fade, from 0 to 10. With 0 the loss is the cross-entropy.
    threshold : float, default 0.5
        The probability of the label from which on an example is easy, between 0 and 1 exclusive.

    Notes
    -----
    The formula and the defaults are those of Sergievskiy and Ponamarev [1]_, and the formula is that of
    segmentation_models_pytorch's `FocalLoss` with `reduced_threshold`. At the threshold the loss is continuous
    where that is 1/2; else it jumps by a factor of ((1 - threshold) / threshold)^gamma. At the threshold itself the
    derivatives are those of easy examples. Where an example is easy the loss is not convex: the Hessian may be
    negative.

    References
    ----------
    .. [1] Sergievskiy, N., & Ponamarev, A. (2019). Reduced focal loss: 1st place solution to xView object detection in
       satellite imagery. arXiv:1903.01347.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.reduced_focal([-2.0, 0.0, 2.0], [1.0, 1.0, 1.0], reduction="none").round(6)
    array([2.126928, 0.693147, 0.007214])
    >>> fl.reduced_focal.grad([-1e4, 1e4], [1.0, 1.0])
    array([-0.5, -0. ])
    """
    sign = 1 - 2 * target
    z, threshold = sign * pred, np.full_like(pred, threshold)
    e, m, not_m = _logistic(z)
    easy = z <= np.log((1 - threshold) / threshold)
    entropy = np.maximum(z, 0) + np.log1p(e)
    log_ratio = np.minimum(z, 0) - np.log1p(e) - np.log(threshold)
    focal = _focal(1, gamma, log_ratio, not_m, not_m - m, entropy, m, m * not_m)
    value, grad, hess = (np.where(easy, a, b) for a, b in zip(focal, (entropy, m, m * not_m), strict=True))
    return value, sign * grad, hess


@pointwise(target=BINARY, smoothness=1, kinks="abs(pred) == 1", boosting=Boosting(upper_bound=0.5, exact="hessian"))
def binary_sparsemax(pred, target):
    """Binary sparsemax loss: a logistic loss that is exactly 0, with its gradient, from a margin of 1 on.

    With z = pred where the target is 0 and z = -pred where it is 1::

        value      0 where z <= -1,  (z + 1)²/4 between,  z where z >= 1
        gradient   clip((pred + 1)/2, 0, 1) - target
        Hessian    1/2 where -1 < z < 1,  0 elsewhere

    Parameters
    ----------
    pred : array_like
        Scores, of any shape: their probability of 1 is clip((pred + 1)/2, 0, 1).
    target : array_like
        Labels 0 and 1, of the shape of `pred`.

    Notes
    -----
    It is `sparsemax` [1]_ of two classes with the scores pred/2 and -pred/2, a Fenchel-Young loss [2]_, and what Optax
    calls `sparsemax_loss`.

    References
    ----------
    .. [1] Martins, A., & Astudillo, R. (2016). From softmax to sparsemax: a sparse model of attention and multi-label
       classification. International Conference on Machine Learning (ICML), 1614-1623.
    .. [2] Blondel, M., Martins, A. F. T., & Niculae, V. (2020). Learning with Fenchel-Young losses. Journal of Machine
       Learning Research, 21(35), 1-69.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.binary_sparsemax([2.0, 0.0, -3.0], [1.0, 1.0, 1.0], reduction="none")
    array([0.  , 0.25, 3.  ])
    >>> fl.binary_sparsemax.grad([0.0, 0.0], [1.0, 0.0])
    array([-0.25,  0.25])
    """
    sign = 1 - 2 * target
    z = sign * pred
    h = np.clip(z + 1, 0, 2)
    return np.where(z >= 1, z, h * h / 4), sign * h / 2, np.where(np.abs(z) < 1, 0.5, 0 * h)
