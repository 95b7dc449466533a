"""Losses of two or three vectors: angles, distances, correlation, and normal distributions that they describe."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastloss._kinds import PROBABILITY, SIGN, CosineMargin, Exponent, Flag, Margin, NonNegative
from fastloss._registry import Argument, sums

FIRST, SECOND = Argument("first"), Argument("second")


def _factor(total: Any, *lengths: Any) -> Any:
    """The power of two of each loss that makes the largest of some lengths about 1, so that their squares are numbers."""
    largest = np.max([total.largest(np.abs(length)) for length in lengths], axis=0)
    exponent = np.frexp(np.where(np.isfinite(largest), largest, 0))[1]
    return np.ldexp(np.ones_like(largest), -np.maximum(exponent, np.finfo(largest.dtype).minexp + 22))


@sums(FIRST, SECOND, Argument("label", SIGN, each="loss", differentiable=False), smoothness=0, value_unit=1.0, ulp=6)
def cosine_embedding(
    first: Any, second: Any, label: Any, total: Any, *, margin: CosineMargin = 0.0, eps: NonNegative = 1e-12
) -> tuple[Any, ...]:
    """Cosine embedding loss: the angle of two vectors that belong together, the nearness of two that do not.

    With a and b the two vectors, summed over `axis`::

        l = 1 - c             where label is 1
            max(0, c - margin)  where it is -1,    c = Σ a b / √((Σ a² + eps) (Σ b² + eps))

    Parameters
    ----------
    first, second : array_like
        Vectors along `axis`, of one shape.
    label : array_like
        1 where the two belong together, -1 where they do not: one a pair, of the shape of `first` without `axis`.
    margin : float, default 0.0
        The cosine below which two that do not belong together are left alone, within [-1, 1].
    eps : float, default 1e-12
        Added to the square of each length, within [0, inf), as PyTorch does.

    Notes
    -----
    The cosine of a vector without length is 0 where `eps` is 0, and has no gradient. `wrt=` asks for derivatives by one
    of the two alone.

    References
    ----------
    Chopra, S., Hadsell, R., LeCun, Y. (2005). Learning a similarity metric discriminatively. CVPR.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.cosine_embedding([[1.0, 0.0], [1.0, 1.0]], [[1.0, 0.0], [0.0, 2.0]], [1, -1], reduction="none").round(4)
    array([0.    , 0.7071])
    """
    of_first, of_second = (_factor(total, x, np.sqrt(np.asarray(eps, x.dtype))) for x in (first, second))
    first, second = first * of_first, second * of_second
    a, b = total(first**2) + eps * of_first * of_first, total(second**2) + eps * of_second * of_second
    size = np.sqrt(a) * np.sqrt(b)
    cosine = np.where(size == 0, 0, total(first * second) / size)
    beyond = cosine - margin
    value = np.where(label > 0, 1 - cosine, np.where(beyond <= 0, 0, beyond))
    value = np.where(label != label, label, value)
    by_cosine = np.where(label > 0, -1, np.where(beyond > 0, 1, 0)) + 0 * value
    plain = (by_cosine == 0) | (size == 0)

    def by(x: Any, y: Any, square: Any) -> Any:
        return np.where(plain, 0, by_cosine * (y / size - cosine * x / square))

    return value, by(first, second, a) * of_first, by(second, first, b) * of_second


def _distance(difference: Any, total: Any, p: float) -> tuple[Any, Any]:
    """A distance, and its derivatives by the differences; 0 where it is 0."""
    size = np.abs(difference)
    factor = _factor(total, size)
    size = size * factor
    length = total(size) if p == 1 else np.sqrt(total(size**2)) if p == 2 else total(size**p) ** (1 / np.asarray(p, size.dtype))
    slope = np.sign(difference) * (size / np.where(length == 0, 1, length)) ** (p - 1)
    return length / factor, np.where(length == 0, 0, slope)


@sums(FIRST, SECOND, Argument("label", PROBABILITY, each="loss", differentiable=False), smoothness=0, ulp=8)
def contrastive(
    first: Any,
    second: Any,
    label: Any,
    total: Any,
    *,
    p: Exponent = 2.0,
    positive_margin: NonNegative = 0.0,
    negative_margin: NonNegative = 1.0,
    squared: Flag = False,
) -> tuple[Any, ...]:
    """Contrastive loss: two that belong together are drawn to each other, two that do not are pushed apart.

    With a and b the two vectors, summed over `axis`::

        l = label max(0, d - positive_margin) + (1 - label) max(0, negative_margin - d),    d = (Σ |a - b|^p)^(1/p)

    Parameters
    ----------
    first, second : array_like
        Vectors along `axis`, of one shape.
    label : array_like
        1 where the two belong together, 0 where they do not, or a share within [0, 1]: one a pair, of the shape of
        `first` without `axis`.
    p : float, default 2.0
        The power of the distance, within [1, 10].
    positive_margin : float, default 0.0
        The distance within which two that belong together are near enough, within [0, inf).
    negative_margin : float, default 1.0
        The distance beyond which two that do not are far enough, within [0, inf).
    squared : bool, default False
        Whether both parts are squared, as in the paper.

    Notes
    -----
    A label of 1 is here that of two that belong together; Hadsell and others have it the other way round. At a distance
    of 0 and at the margins the subgradient is 0. pytorch-metric-learning normalises vectors first, and adds the mean of
    those losses of pairs that belong together and are not 0 to that of the others: `reduction="none"` has what these are
    made of.

    References
    ----------
    Hadsell, R., Chopra, S., LeCun, Y. (2006). Dimensionality reduction by learning an invariant mapping. CVPR.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.contrastive([[0.0, 0.0], [0.0, 0.0]], [[3.0, 4.0], [0.3, 0.4]], [1, 0], reduction="none")
    array([5. , 0.5])
    """
    # Differences of the largest numbers are infinite unless these are divided before.
    unit = np.maximum(1, 1 / _factor(total, first, second))
    distance, slope = _distance(first / unit - second / unit, total, p)
    far = np.maximum(distance - positive_margin / unit, 0) * unit
    near = np.maximum(negative_margin / unit - distance, 0) * unit
    if squared:
        # A square that is infinite counts nothing where it does not count.
        value = np.where(label == 0, 0, label * far**2) + np.where(label == 1, 0, (1 - label) * near**2)
        by_distance = 2 * (label * far - (1 - label) * near)
    else:
        value, by_distance = label * far + (1 - label) * near, label * (far > 0) - (1 - label) * (near > 0)
    by_distance = np.where(np.isnan(value), value, by_distance)
    return value, by_distance * slope, -by_distance * slope


@sums(Argument("anchor"), Argument("positive"), Argument("negative"), smoothness=0, ulp=32)
def triplet_margin(
    anchor: Any,
    positive: Any,
    negative: Any,
    total: Any,
    *,
    p: Exponent = 2.0,
    margin: Margin = 1.0,
    eps: NonNegative = 1e-6,
    swap: Flag = False,
    soft: Flag = False,
) -> tuple[Any, ...]:
    """Triplet margin loss: an anchor nearer to one of its kind than to another, by a margin.

    With the distance d(x, y) = (Σ |x - y + eps|^p)^(1/p), summed over `axis`::

        l = max(0, margin + d(anchor, positive) - d(anchor, negative))

    Parameters
    ----------
    anchor, positive, negative : array_like
        Vectors along `axis`, of one shape.
    p : float, default 2.0
        The power of the distance, within [1, 10].
    margin : float, default 1.0
        How much nearer the positive has to be, within (-inf, inf).
    eps : float, default 1e-6
        Added to each difference, within [0, inf), as PyTorch does.
    swap : bool, default False
        Whether the distance of positive and negative counts instead of that of anchor and negative, where it is less.
    soft : bool, default False
        Whether log(1 + exp(z)) is taken of z and not max(0, z).

    Notes
    -----
    Derivatives are by all three, a tuple, unless `wrt=` names some. At a distance of 0 and at the margin the subgradient
    is 0.

    References
    ----------
    Schroff, F., Kalenichenko, D., Philbin, J. (2015). FaceNet. arXiv:1503.03832.
    Balntas, V., Riba, E., Ponsa, D., Mikolajczyk, K. (2016). Learning local feature descriptors with triplets. BMVC.

    Examples
    --------
    >>> import fastloss as fl
    >>> round(fl.triplet_margin([[0.0, 0.0]], [[3.0, 4.0]], [[0.0, 2.0]], eps=0), 6)
    4.0
    >>> fl.triplet_margin.grad([[0.0, 0.0]], [[3.0, 4.0]], [[0.0, 2.0]], wrt="positive", eps=0)
    array([[0.6, 0.8]])
    """
    # Differences of the largest numbers are infinite unless these are divided before.
    unit = np.maximum(1, 1 / _factor(total, anchor, positive, negative, np.asarray(eps, anchor.dtype)))
    anchor, positive, negative, eps = anchor / unit, positive / unit, negative / unit, eps / unit
    to_positive, by_positive = _distance(anchor - positive + eps, total, p)
    to_negative, by_negative = _distance(anchor - negative + eps, total, p)
    between, by_between = _distance(positive - negative + eps, total, p)
    swapped = (between < to_negative) & bool(swap)
    z = (margin / unit + to_positive - np.where(swapped, between, to_negative)) * unit
    by_z = np.exp(-np.logaddexp(0, -z)) if soft else np.where(np.isnan(z), z, z > 0)
    one, other, third = by_z * by_positive, np.where(swapped, 0, by_z * by_negative), np.where(swapped, by_z * by_between, 0)
    value = np.logaddexp(0, z) if soft else np.where(z <= 0, 0, z)
    return value, one - other, -one - third, other + third


@sums(Argument("pred"), Argument("target"), value_unit=1.0, ulp=8)
def pearson(pred: Any, target: Any, total: Any) -> tuple[Any, ...]:
    """Correlation loss: one less Pearson's correlation of prediction and target.

    With a and b the prediction and the target, less their means along `axis`::

        l = 1 - Σ a b / √(Σ a² Σ b²)

    Parameters
    ----------
    pred, target : array_like
        Of one shape. What is correlated lies along `axis`.

    Notes
    -----
    It knows neither scale nor offset of the prediction. Where one of the two does not vary there is no correlation: the
    loss is 1 there, and its gradient 0. Means are taken off first, so that a large offset costs no digits.
    `element_weight` gives the weighted correlation.

    References
    ----------
    Pearson, K. (1895). Note on regression and inheritance. Proceedings of the Royal Society of London 58, 240-242.

    Examples
    --------
    >>> import fastloss as fl
    >>> round(fl.pearson([1.0, 2.0, 3.0], [10.0, 20.0, 60.0]), 6)
    0.055098
    """
    n = total(1)
    of_pred, of_target = _factor(total, pred), _factor(total, target)
    pred, target = pred * of_pred, target * of_target
    a, b = pred - total(pred) / n, target - total(target) / n
    aa, bb, ab = total(a * a), total(b * b), total(a * b)
    size = np.sqrt(aa) * np.sqrt(bb)
    none = (aa == 0) | (bb == 0) | (n == 0)
    r = np.where(none, 0, ab / size)
    by_pred, by_target = np.where(none, 0, r * a / aa - b / size), np.where(none, 0, r * b / bb - a / size)
    return 1 - r, by_pred * of_pred, by_target * of_target


@sums(
    Argument("mean"),
    Argument("log_variance"),
    Argument("prior_mean", optional=True),
    Argument("prior_log_variance", optional=True),
)
def gaussian_kl(
    mean: Any, log_variance: Any, prior_mean: Any, prior_log_variance: Any, total: Any, *, free_bits: NonNegative = 0.0
) -> tuple[Any, ...]:
    """Kullback-Leibler divergence of predicted normal distributions from given ones, the latent term of a VAE.

    With m and v the mean and log-variance, n and w those of the prior, summed over `axis`::

        l = max(free_bits, 1/2 Σ (exp(v - w) - 1 - (v - w) + (m - n)² exp(-w)))

    Parameters
    ----------
    mean, log_variance : array_like
        m and v, the mean and the logarithm of the variance of each latent number, of one shape.
    prior_mean, prior_log_variance : array_like, optional
        n and w, the same of the distribution it is compared with: of the shape of `mean`, or one number for all. None: 0,
        the standard normal distribution.
    free_bits : float, default 0.0
        The divergence, in nats, up to which nothing is lost, within [0, inf): the loss is not less, and its gradient is 0
        up to there.

    Notes
    -----
    With `axis=-1` there is one loss a sample, and `free_bits` is that of all its latents together; with `axis=()` each
    latent number has its own. exp(x) - 1 - x is computed without cancellation. Derivatives are by what is given, unless
    `wrt=` names some.

    References
    ----------
    Kingma, D. P., Welling, M. (2014). Auto-encoding variational Bayes. arXiv:1312.6114.
    Kingma, D. P. et al. (2016). Improving variational inference with inverse autoregressive flow. arXiv:1606.04934.

    Examples
    --------
    >>> import fastloss as fl
    >>> round(fl.gaussian_kl([[1.0, 0.0]], [[0.0, 0.5]]), 6)
    0.574361
    >>> [grad.round(4) for grad in fl.gaussian_kl.grad([[1.0, 0.0]], [[0.0, 0.5]])]
    [array([[1., 0.]]), array([[0.    , 0.3244]])]
    """
    u, precision, d = log_variance - prior_log_variance, np.exp(-prior_log_variance), mean - prior_mean
    # Near 0 as a series, which there is exact beyond longdouble's digits: exp(u) - 1 - u cancels.
    series = 1 + 0 * u
    for k in range(17, 2, -1):
        series = 1 + series * u / k
    excess = np.where(np.abs(u) < 0.25, series * u * u / 2, np.expm1(u) - u)
    divergence = 0.5 * total(excess + d**2 * precision)
    free = divergence <= free_bits
    value = np.where(free, free_bits, divergence)
    slope = np.where(value != value, value, np.where(free, 0, 1))
    by_mean, by_variance = slope * d * precision, 0.5 * slope * np.expm1(u)
    return value, by_mean, by_variance, -by_mean, -by_variance - 0.5 * slope * d**2 * precision
