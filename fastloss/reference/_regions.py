"""Losses of regions: how much of what is predicted and of what is there overlaps."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastloss._kinds import PROBABILITY, Flag, NonNegative, Positive
from fastloss._registry import Argument, sums

PRED, LOGIT, TARGET = Argument("pred", PROBABILITY), Argument("pred"), Argument("target", PROBABILITY)


def _probabilities(logits: Any) -> tuple[Any, Any]:
    """The probabilities of 1 and of 0 by logits, each with all its digits."""
    e = np.exp(-np.abs(logits))
    larger, smaller = 1 / (1 + e), e / (1 + e)
    return np.where(logits > 0, larger, smaller), np.where(logits > 0, smaller, larger)


def _apart(both: Any, apart: Any, smooth: float) -> tuple[Any, Any, Any]:
    """apart / (both + apart + smooth), and its derivatives by both and by apart."""
    whole = both + apart + smooth
    return apart / whole, -apart / whole**2, (both + smooth) / whole**2


def _dice(p: Any, q: Any, target: Any, total: Any, smooth: float, squared: bool) -> tuple[Any, ...]:
    """The value, and the derivatives by p and the target; q is 1 - p."""
    difference = np.where(target > 0.5, (1 - target) - q, p - target)
    apart = total(difference**2) if squared else total(p * (1 - target) + q * target)
    value, by_both, by_apart = _apart(2 * total(p * target), apart, smooth)
    by_p, by_target = (2 * difference, -2 * difference) if squared else (1 - 2 * target, q - p)
    return value, 2 * by_both * target + by_apart * by_p, 2 * by_both * p + by_apart * by_target


@sums(PRED, TARGET, ulp=6)
def dice(pred: Any, target: Any, total: Any, *, smooth: NonNegative = 1e-5, squared: Flag = False) -> tuple[Any, ...]:
    """Dice loss: one less the overlap of two regions, relative to their sizes.

    With p the prediction and t the target, summed over `axis`::

        l = 1 - (2 Σ p t + smooth) / (Σ p + Σ t + smooth)

    Parameters
    ----------
    pred : array_like
        Probabilities that an element belongs to the region, of any shape, within [0, 1].
    target : array_like
        Whether it does: 0 or 1, or anything between, of the shape of `pred`.
    smooth : float, default 1e-5
        Added above and below, within [0, inf): where there is no region, and none is predicted, the loss is 0 and not
        NaN.
    squared : bool, default False
        Whether sizes are Σ p² + Σ t², as for V-Net, and not Σ p + Σ t.

    Notes
    -----
    A region is what is summed over: with `axis=(2, 3)` of images, samples by classes by height by width, there is one
    loss for each sample and class; with `axis=(0, 2, 3)` one for each class of the batch. `weight` weighs these.

    Peers differ in what they add: MONAI adds 1e-5 above and below, as here; Keras adds to the size alone; optax adds to
    the overlap before that is doubled, so that its `smooth` is half of this one; segmentation-models-pytorch adds
    nothing, and to it the loss of a region that is not there is 0. MONAI's `soft_label=True` measures overlap by |p - t|
    and is another loss.

    References
    ----------
    Dice, L. R. (1945). Measures of the amount of ecologic association between species. Ecology 26, 297-302.
    Milletari, F., Navab, N., Ahmadi, S.-A. (2016). V-Net. arXiv:1606.04797.

    Examples
    --------
    >>> import fastloss as fl
    >>> round(fl.dice([[1.0, 1.0, 0.0, 0.0]], [[1.0, 0.0, 0.0, 0.0]], smooth=0), 6)
    0.333333
    >>> fl.dice.grad([[1.0, 1.0, 0.0, 0.0]], [[1.0, 0.0, 0.0, 0.0]], smooth=0).round(3)
    array([[-0.444,  0.222,  0.222,  0.222]])
    """
    return _dice(pred, 1 - pred, target, total, smooth, squared)


@sums(LOGIT, TARGET, ulp=12)
def dice_with_logits(
    pred: Any, target: Any, total: Any, *, smooth: NonNegative = 1e-5, squared: Flag = False
) -> tuple[Any, ...]:
    """Dice loss of logits: that of their sigmoid, each class for itself.

    With p = sigmoid(pred) and t the target, summed over `axis`::

        l = 1 - (2 Σ p t + smooth) / (Σ p + Σ t + smooth)

    Parameters
    ----------
    pred : array_like
        Logits that an element belongs to the region, of any shape.
    target : array_like
        Whether it does: 0 or 1, or anything between, of the shape of `pred`.
    smooth : float, default 1e-5
        Added above and below, within [0, inf).
    squared : bool, default False
        Whether sizes are Σ p² + Σ t².

    Notes
    -----
    In one pass, and without losing what 1 - p loses where p is nearly 1. Of classes that exclude each other take the
    softmax, and `dice`.

    References
    ----------
    Milletari, F., Navab, N., Ahmadi, S.-A. (2016). V-Net. arXiv:1606.04797.

    Examples
    --------
    >>> import fastloss as fl
    >>> round(fl.dice_with_logits([[8.0, 8.0, -8.0, -8.0]], [[1.0, 0.0, 0.0, 0.0]]), 4)
    0.3334
    """
    p, q = _probabilities(pred)
    value, by_p, by_target = _dice(p, q, target, total, smooth, squared)
    return value, by_p * p * q, by_target


def _jaccard(p: Any, q: Any, target: Any, total: Any, smooth: float) -> tuple[Any, ...]:
    value, by_both, by_apart = _apart(total(p * target), total(p * (1 - target) + q * target), smooth)
    return value, by_both * target + by_apart * (1 - 2 * target), by_both * p + by_apart * (q - p)


@sums(PRED, TARGET, ulp=6)
def jaccard(pred: Any, target: Any, total: Any, *, smooth: NonNegative = 1e-5) -> tuple[Any, ...]:
    """Jaccard loss: one less the intersection of two regions over their union.

    With p the prediction and t the target, summed over `axis`::

        l = 1 - (Σ p t + smooth) / (Σ p + Σ t - Σ p t + smooth)

    Parameters
    ----------
    pred : array_like
        Probabilities that an element belongs to the region, of any shape, within [0, 1].
    target : array_like
        Whether it does: 0 or 1, or anything between, of the shape of `pred`.
    smooth : float, default 1e-5
        Added above and below, within [0, inf): where there is no region, and none is predicted, the loss is 0 and not
        NaN.

    Notes
    -----
    Also known as the IoU loss of masks. A region is what is summed over: see `dice`, of which it is 2 d / (1 + d) where
    nothing is added. MONAI adds its 1e-5 to twice overlap and union, which is half of this `smooth`.

    References
    ----------
    Jaccard, P. (1901). Bulletin de la Société vaudoise des sciences naturelles 37, 547-579.
    Rahman, M. A., Wang, Y. (2016). Optimizing intersection-over-union in deep neural networks. ISVC.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.jaccard([[1.0, 1.0, 0.0, 0.0]], [[1.0, 0.0, 0.0, 0.0]], smooth=0)
    0.5
    """
    return _jaccard(pred, 1 - pred, target, total, smooth)


@sums(LOGIT, TARGET, ulp=8)
def jaccard_with_logits(pred: Any, target: Any, total: Any, *, smooth: NonNegative = 1e-5) -> tuple[Any, ...]:
    """Jaccard loss of logits: that of their sigmoid, each class for itself.

    With p = sigmoid(pred) and t the target, summed over `axis`::

        l = 1 - (Σ p t + smooth) / (Σ p + Σ t - Σ p t + smooth)

    Parameters
    ----------
    pred : array_like
        Logits that an element belongs to the region, of any shape.
    target : array_like
        Whether it does: 0 or 1, or anything between, of the shape of `pred`.
    smooth : float, default 1e-5
        Added above and below, within [0, inf).

    Notes
    -----
    A region is what is summed over: see `dice`.

    References
    ----------
    Rahman, M. A., Wang, Y. (2016). Optimizing intersection-over-union in deep neural networks. ISVC.

    Examples
    --------
    >>> import fastloss as fl
    >>> round(fl.jaccard_with_logits([[9.0, 9.0, -9.0, -9.0]], [[1.0, 0.0, 0.0, 0.0]]), 3)
    0.5
    """
    p, q = _probabilities(pred)
    value, by_p, by_target = _jaccard(p, q, target, total, smooth)
    return value, by_p * p * q, by_target


def _tversky(
    p: Any, q: Any, target: Any, total: Any, alpha: float, beta: float, gamma: float, smooth: float
) -> tuple[Any, ...]:
    apart = alpha * total(p * (1 - target)) + beta * total(q * target)
    value, by_both, by_apart = _apart(total(p * target), apart, smooth)
    power = np.where(value == 0, gamma == 1, gamma * value ** (gamma - 1))
    by_p = by_both * target + by_apart * (alpha * (1 - target) - beta * target)
    by_target = by_both * p + by_apart * (beta * q - alpha * p)
    return value**gamma, power * by_p, power * by_target


@sums(PRED, TARGET, ulp=12)
def tversky(
    pred: Any,
    target: Any,
    total: Any,
    *,
    alpha: NonNegative = 0.5,
    beta: NonNegative = 0.5,
    gamma: Positive = 1.0,
    smooth: NonNegative = 1e-5,
) -> tuple[Any, ...]:
    """Tversky loss: an overlap of regions in which what is wrongly in and what is wrongly left out count differently.

    With p the prediction, t the target and both = Σ p t, summed over `axis`::

        l = (1 - (both + smooth) / (both + alpha Σ p (1 - t) + beta Σ (1 - p) t + smooth))^gamma

    Parameters
    ----------
    pred : array_like
        Probabilities that an element belongs to the region, of any shape, within [0, 1].
    target : array_like
        Whether it does: 0 or 1, or anything between, of the shape of `pred`.
    alpha : float, default 0.5
        What a false positive counts, within [0, inf).
    beta : float, default 0.5
        What a false negative counts, within [0, inf): more than `alpha` where to miss is worse.
    gamma : float, default 1.0
        The power of the focal Tversky loss, within (0, inf). Less than 1 weighs regions that are nearly right more; its
        authors take 3/4.
    smooth : float, default 1e-5
        Added above and below, within [0, inf): where there is no region, and none is predicted, the loss is 0 and not
        NaN.

    Notes
    -----
    With alpha = beta = 1/2 it is `dice` with twice the `smooth`, with 1 `jaccard`. Where nothing is wrong, the gradient
    is 0 if `gamma` is not 1. It is optax's `dice_loss`, which adds 1.

    References
    ----------
    Salehi, S. S. M., Erdogmus, D., Gholipour, A. (2017). Tversky loss function. arXiv:1706.05721.
    Abraham, N., Khan, N. M. (2019). A novel focal Tversky loss function. arXiv:1810.07842.

    Examples
    --------
    >>> import fastloss as fl
    >>> round(fl.tversky([[1.0, 1.0, 0.0, 0.0]], [[1.0, 0.0, 0.0, 0.0]], alpha=0.3, beta=0.7, smooth=0), 6)
    0.230769
    """
    return _tversky(pred, 1 - pred, target, total, alpha, beta, gamma, smooth)


@sums(LOGIT, TARGET, ulp=12)
def tversky_with_logits(
    pred: Any,
    target: Any,
    total: Any,
    *,
    alpha: NonNegative = 0.5,
    beta: NonNegative = 0.5,
    gamma: Positive = 1.0,
    smooth: NonNegative = 1e-5,
) -> tuple[Any, ...]:
    """Tversky loss of logits: that of their sigmoid, each class for itself.

    With p = sigmoid(pred), t the target and both = Σ p t, summed over `axis`::

        l = (1 - (both + smooth) / (both + alpha Σ p (1 - t) + beta Σ (1 - p) t + smooth))^gamma

    Parameters
    ----------
    pred : array_like
        Logits that an element belongs to the region, of any shape.
    target : array_like
        Whether it does: 0 or 1, or anything between, of the shape of `pred`.
    alpha : float, default 0.5
        What a false positive counts, within [0, inf).
    beta : float, default 0.5
        What a false negative counts, within [0, inf).
    gamma : float, default 1.0
        The power of the focal Tversky loss, within (0, inf).
    smooth : float, default 1e-5
        Added above and below, within [0, inf).

    Notes
    -----
    A region is what is summed over, `axis`: see `dice`.

    References
    ----------
    Salehi, S. S. M., Erdogmus, D., Gholipour, A. (2017). Tversky loss function. arXiv:1706.05721.
    Abraham, N., Khan, N. M. (2019). A novel focal Tversky loss function. arXiv:1810.07842.

    Examples
    --------
    >>> import fastloss as fl
    >>> round(fl.tversky_with_logits([[9.0, 9.0, -9.0]], [[1.0, 0.0, 0.0]], alpha=0.3, beta=0.7), 4)
    0.2308
    """
    p, q = _probabilities(pred)
    value, by_p, by_target = _tversky(p, q, target, total, alpha, beta, gamma, smooth)
    return value, by_p * p * q, by_target
