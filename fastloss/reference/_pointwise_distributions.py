"""The pointwise losses of two predictions: distributions with a location and a scale, and scores that are compared.

The second is a parameter that there are derivatives by: functions return gradient and Hessian by it behind their own.
"""

from __future__ import annotations

import numpy as np

from fastloss._boosting_words import Boosting
from fastloss._kinds import (
    INNER_PROBABILITY,
    NONNEGATIVE,
    SIGN,
    Flag,
    Margin,
    Positive,
    PredictedPositive,
    PredictedReal,
    PredictedShape,
)
from fastloss._registry import pointwise
from fastloss.reference._barron import general_loss, log_partition, shape_derivatives
from fastloss.reference._pointwise import _for_each, _logistic, poisson
from fastloss.reference._special import digamma, digamma_excess, erf, lgamma, lgamma_excess, trigamma, trigamma_excess


@pointwise(boosting=Boosting(start="mean_by_variance"))
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
    v · (that by the variance) by that.

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
    ...     [3.0, 1.0], [1.0, 1.0], variance=[4.0, 1.0], wrt=("pred", "variance"), reduction="none"
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


@pointwise(target=SIGN, smoothness=0, kinks="target * (pred - other) == margin", boosting=Boosting(constant=1.0))
def margin_ranking(pred, target, *, other: PredictedReal = 0.0, margin: Margin = 0.0):
    """Margin ranking loss: of two scores the one that should be the larger is, by a margin.

    With a = pred, b = other, y = target and m = margin::

        value      max(0, m - y(a - b))
        gradient   -y by a and y by b where y(a - b) <= m, else 0
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
        By how much the right one has to be larger; finite, and below 0 by how much it may be smaller.

    Notes
    -----
    This is PyTorch's ``margin_ranking_loss(pred, other, target)``. The subgradient at the kink is
    -y by a and y by b, as there: scores that start equal would stay so with 0.

    References
    ----------
    .. [1] Herbrich, R., Graepel, T., & Obermayer, K. (2000). Large margin rank boundaries for ordinal
       regression. Advances in Large Margin Classifiers, 115-132. MIT Press.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.margin_ranking([3.0, 1.0], [1.0, 1.0], other=[2.5, 2.0], margin=1.0, reduction="none")
    array([0.5, 2. ])
    >>> fl.margin_ranking.grad([3.0, 1.0], [1.0, 1.0], other=[2.5, 2.0], wrt=("pred", "other"), reduction="none")
    (array([ 0., -1.]), array([0., 1.]))
    """
    slack = margin - target * (pred - _for_each(other, pred))
    slope = np.where(np.isnan(slack), slack, np.where(slack >= 0, target, 0))
    return np.maximum(slack, 0), -slope + 0.0, np.zeros_like(slope), slope, np.zeros_like(slope)


@pointwise(smoothness=0, kinks="pred == target", boosting=Boosting("corner", start="median_by_scale", renewed=True))
def laplace_nll(pred, target, *, scale: PredictedPositive = 1.0, full: Flag = False):
    """Laplace negative log-likelihood of a predicted median and scale.

    With r = pred - target and s = scale::

        value      |r|/s + log s,  and log 2 more with `full`
        gradient   sign(r)/s            by the median
                   (1 - |r|/s)/s        by the scale
        Hessian    0                    by the median
                   (2|r|/s - 1)/s²      by the scale: negative where |r| < s/2

    Parameters
    ----------
    pred : array_like
        Predicted medians, of any shape.
    target : array_like
        What was observed, of the shape of `pred`.
    scale : float or array_like, default 1.0
        Predicted scales, positive, broadcast to the shape of `pred`. The variance is 2 `scale`².
    full : bool, default False
        Whether the constant log 2 is part of the value.

    Notes
    -----
    The subgradient at the kink r = 0 is 0. With `full` it is the negative of ``log_prob`` of
    PyTorch's `Laplace`. The best scale for some residuals is the mean of their absolute values [1]_.

    References
    ----------
    .. [1] Kotz, S., Kozubowski, T. J., & Podgórski, K. (2001). The Laplace Distribution and Generalizations.
       Boston: Birkhäuser.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.laplace_nll([3.0, 1.0], [1.0, 1.0], scale=[2.0, 1.0], reduction="none").round(6)
    array([1.693147, 0.      ])
    >>> by_median, by_scale = fl.laplace_nll.grad(
    ...     [3.0, 1.0], [1.0, 1.0], scale=[2.0, 1.0], wrt=("pred", "scale"), reduction="none"
    ... )
    >>> by_median, by_scale
    (array([0.5, 0. ]), array([0., 1.]))
    """
    s = _for_each(scale, pred)
    r = pred - target
    ratio = np.abs(r) / s
    constant = np.log(2 * np.ones_like(r)) if full else 0
    return ratio + np.log(s) + constant, np.sign(r) / s, np.zeros_like(r), (1 - ratio) / s, (2 * ratio - 1) / s / s


@pointwise(boosting=Boosting(start="mean_by_log_scale"))
def gaussian_nll_with_log_scale(pred, target, *, log_scale: PredictedReal = 0.0, full: Flag = False):
    """Gaussian negative log-likelihood of a predicted mean and logarithm of the standard deviation.

    With r = pred - target, t = log_scale and z = r exp(-t)::

        value      z²/2 + t,  and log(2π)/2 more with `full`
        gradient   r exp(-2t)     by the mean
                   1 - z²         by the logarithm
        Hessian    exp(-2t)       by the mean
                   2z²            by the logarithm: never negative

    Parameters
    ----------
    pred : array_like
        Predicted means, of any shape.
    target : array_like
        What was observed, of the shape of `pred`.
    log_scale : float or array_like, default 0.0
        Predicted logarithms of standard deviations, any numbers, broadcast to the shape of `pred`. The
        logarithm of the variance is twice that.
    full : bool, default False
        Whether the constant log(2π)/2 is part of the value.

    Notes
    -----
    It is `gaussian_nll` of the variance exp(2t), for networks whose output need not be positive: there is
    nothing to clip, and the loss is convex in t. Neither a large residual nor exp(-t) overflows before their
    product does. With `full` it is the negative of ``log_prob`` of PyTorch's ``Normal(pred, exp(t))``. Kendall
    and Gal [1]_ learn log σ² = 2t for the same reasons.

    References
    ----------
    .. [1] Kendall, A., & Gal, Y. (2017). What uncertainties do we need in Bayesian deep learning for computer
       vision? Advances in Neural Information Processing Systems (NeurIPS) 30.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.gaussian_nll_with_log_scale([3.0, 1.0], [1.0, 1.0], log_scale=[0.0, -2.0], reduction="none")
    array([ 2., -2.])
    >>> by_mean, by_logarithm = fl.gaussian_nll_with_log_scale.grad(
    ...     [3.0, 1.0], [1.0, 1.0], log_scale=[0.0, 0.0], wrt=("pred", "log_scale"), reduction="none"
    ... )
    >>> by_mean, by_logarithm
    (array([2., 0.]), array([-3.,  1.]))
    """
    t = _for_each(log_scale, pred)
    r = pred - target
    z = r * np.exp(-t)
    precision = np.exp(-2 * t)
    constant = np.log(8 * np.arctan(np.ones_like(r))) / 2 if full else 0
    return z * z / 2 + t + constant, r * precision, precision, 1 - z * z, 2 * z * z


def _student_t(pred, target, scale, n):
    """log s + h log(1 + x), x = (r/s)²/n, h = (n + 1)/2, and its derivatives; far out from z = 1/x."""
    s = _for_each(scale, pred)
    r = pred - target
    w = np.abs(r) / s
    share = w / n
    x = share * w
    far = x > 1
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        z = np.where(far, n / w / w, x)
        value = np.log(s) + (n + 1) / 2 * (np.log1p(z) + np.where(far, 2 * np.log(w) - np.log(n), 0))
        grad = np.sign(r) * (n + 1) * np.where(far, 1 / np.abs(r), share / s) / (1 + z)
        hess = (n + 1) * np.where(far, -1 / r / r, 1 / n / s / s) * (1 - z) / (1 + z) ** 2
        slope = np.where(far, z - n, 1 - w * w)
        bend = np.where(far, n * (1 + 3 * z) + z * (1 - z), w * w * (3 + z) + z - 1)
    return value, grad, hess, slope / (1 + z) / s, bend / (1 + z) ** 2 / s / s


@pointwise(boosting=Boosting("reweighted"))
def cauchy_nll(pred, target, *, scale: PredictedPositive = 1.0, full: Flag = False):
    """Cauchy negative log-likelihood of a predicted median and scale.

    With r = pred - target, s = scale and q = (r/s)²::

        value      log s + log(1 + q),  and log π more with `full`
        gradient   2r/(s² + r²)                       by the median
                   (1 - q)/(1 + q)/s                  by the scale
        Hessian    2(s² - r²)/(s² + r²)²              by the median: negative beyond s
                   (q² + 4q - 1)/(1 + q)²/s²          by the scale

    Parameters
    ----------
    pred : array_like
        Predicted medians, of any shape.
    target : array_like
        What was observed, of the shape of `pred`.
    scale : float or array_like, default 1.0
        Predicted scales, positive, broadcast to the shape of `pred`: half of the observations are within it.
    full : bool, default False
        Whether the constant log π is part of the value.

    Notes
    -----
    It is `student_t_nll` with one degree of freedom. For a scale that is not predicted, `cauchy` is s²/2
    times it, without log s. With `full` it is the negative of ``log_prob`` of PyTorch's `Cauchy`. See Johnson,
    Kotz and Balakrishnan [1]_.

    References
    ----------
    .. [1] Johnson, N. L., Kotz, S., & Balakrishnan, N. (1994). Continuous Univariate Distributions, Volume 1
       (2nd ed.), chapter 16. New York: Wiley.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.cauchy_nll([3.0, 1.0], [1.0, 1.0], scale=[2.0, 1.0], reduction="none").round(6)
    array([1.386294, 0.      ])
    >>> by_median, by_scale = fl.cauchy_nll.grad(
    ...     [3.0, 1.0], [1.0, 1.0], scale=[2.0, 1.0], wrt=("pred", "scale"), reduction="none"
    ... )
    >>> by_median, by_scale
    (array([0.5, 0. ]), array([0., 1.]))
    """
    value, *derivatives = _student_t(pred, target, scale, np.ones_like(pred))
    constant = np.log(4 * np.arctan(np.ones_like(pred))) if full else 0
    return value + constant, *derivatives


@pointwise(boosting=Boosting("reweighted"))
def student_t_nll(pred, target, *, scale: PredictedPositive = 1.0, degrees_of_freedom: Positive = 4.0):
    """Student's t negative log-likelihood of a predicted location and scale, without its constants.

    With r = pred - target, s = scale, n = degrees_of_freedom and x = (r/s)²/n::

        value      log s + (n + 1)/2 log(1 + x)
        gradient   (n + 1) r/(n s² + r²)                        by the location
                   (1 - n x)/(1 + x)/s                          by the scale
        Hessian    (n + 1)(n s² - r²)/(n s² + r²)²              by the location: negative where x > 1
                   (n x² + (3n + 1)x - 1)/(1 + x)²/s²           by the scale

    Parameters
    ----------
    pred : array_like
        Predicted locations, of any shape.
    target : array_like
        What was observed, of the shape of `pred`.
    scale : float or array_like, default 1.0
        Predicted scales, positive, broadcast to the shape of `pred`. The variance is n/(n - 2) `scale`², for
        more than two degrees of freedom.
    degrees_of_freedom : float, default 4.0
        How heavy the tails are; one number, positive and finite. 1 is `cauchy_nll`; as it grows the loss tends to
        `gaussian_nll` of the variance s². 4 is what Lange, Little and Taylor [1]_ found to serve in many sets of
        data where it could not be estimated.

    Notes
    -----
    Left out is what depends on the degrees of freedom alone, log Γ(n/2) - log Γ((n + 1)/2) + log(nπ)/2. The
    gradient by the location is bounded by (n + 1)/(2 s √n): an outlier counts little, and the farther out the
    less.

    References
    ----------
    .. [1] Lange, K. L., Little, R. J. A., & Taylor, J. M. G. (1989). Robust statistical modeling using the t
       distribution. Journal of the American Statistical Association, 84(408), 881-896.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.student_t_nll([3.0, 1.0], [1.0, 1.0], reduction="none").round(6)
    array([1.732868, 0.      ])
    >>> by_location, by_scale = fl.student_t_nll.grad(
    ...     [3.0, 1.0], [1.0, 1.0], scale=[1.0, 2.0], wrt=("pred", "scale"), reduction="none"
    ... )
    >>> by_location, by_scale
    (array([1.25, 0.  ]), array([-1.5,  0.5]))
    """
    return _student_t(pred, target, scale, _for_each(degrees_of_freedom, pred))


# 8 ulp: 5.5 were found of the gradient by alpha where alpha is tiny and the residual large.
@pointwise(ulp=8.0, value_unit=1.0, boosting=Boosting("reweighted"))
def barron_nll(pred, target, *, alpha: PredictedShape = 1.0, scale: Positive = 1.0):
    """Negative log-likelihood of the distribution of Barron's general robust loss, with a predicted location and shape.

    With u = (pred - target) / scale, b = 2 - alpha, z = u²/b, rho the value of `barron`, that is
    (b / alpha) ((1 + z)^(alpha/2) - 1), and Z(alpha) the integral of exp(-rho) by u::

        value      rho + log(scale) + log Z(alpha)
        gradient   u (1 + z)^(alpha/2 - 1) / scale                             by the location
                   d rho/d alpha + d log Z/d alpha                             by the shape
        Hessian    (1 + z)^(alpha/2 - 2) (1 + (alpha - 1) z) / scale²          by the location
                   d² rho/d alpha² + d² log Z/d alpha²                         by the shape

    Parameters
    ----------
    pred : array_like
        Predicted locations, of any shape.
    target : array_like
        What was observed, of the shape of `pred`.
    alpha : float or array_like, default 1.0
        Predicted shapes, from 0 to 2, broadcast to the shape of `pred`: 2 is a normal distribution of variance
        scale², 1 one whose tails are exponential, 0 a Cauchy distribution of sqrt(2) times the scale.
    scale : float, default 1.0
        The scale of all residuals; positive and finite.

    Notes
    -----
    It is the adaptive form of `barron` [1]_: log Z(alpha), which falls from log(π sqrt(2)) at 0 to log(2π)/2 at 2,
    is what a shape pays for forgiving outliers, so that `alpha` can be learned. Of a shape below 0 there is no
    distribution. The gradient by the scale is (1 - (pred - target) g) / scale, where g is that by the location.

    A shape of a network is often 2 sigmoid(v), with the gradient alpha (1 - alpha/2) · `alpha_grad` by v. At
    alpha = 2 there is none: next to it the gradient by the shape is about (u² - 1)/4 log(1/b) and the Hessian
    (u² - 1)/(4b). So there they are infinite, of the sign of |u| - 1; Barron keeps shapes between 0.001 and 1.999.

    References
    ----------
    .. [1] Barron, J. T. (2019). A general and adaptive robust loss function. IEEE Conference on Computer Vision and
       Pattern Recognition (CVPR), 4331-4339.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.barron_nll([3.0, 1.0], [1.0, 1.0], alpha=[2.0, 0.0], reduction="none").round(6)
    array([2.918939, 1.491303])
    >>> by_location, by_shape = fl.barron_nll.grad(
    ...     [4.0, 1.0], [1.0, 1.0], alpha=[1.0, 1.0], wrt=("pred", "alpha"), reduction="none"
    ... )
    >>> by_location.round(6), by_shape.round(6)
    (array([0.948683, 0.      ]), array([ 0.546306, -0.19287 ]))
    """
    alpha, scale = _for_each(alpha, pred), _for_each(scale, pred)
    r = pred - target
    u = r / scale
    last, far = alpha == 2, np.isinf(u)
    rho, grad, hess, log, power = general_loss(u, alpha, scale)
    log_z, log_z_slope, log_z_bend = log_partition(alpha)
    rho_slope, rho_bend = shape_derivatives(log, power, np.where(last, 1, alpha))
    # At alpha = 2 the sign of |r| - scale counts, with r as it is before it is rounded (Knuth 1969).
    minus = r - pred
    lost = np.sign(r) * ((pred - (r - minus)) - (target + minus))
    excess = np.where(np.abs(r) == scale, lost, np.abs(r) - scale)
    tie = (np.log(2 * np.ones_like(r)) + digamma(1.5 * np.ones_like(r))) / -4
    steep = np.where(excess == 0, tie, np.sign(excess) * np.inf)
    bent = np.where(excess == 0, np.inf, np.sign(excess) * np.inf)
    return (
        rho + (np.log(scale) + log_z),
        grad,
        hess,
        np.where(last, steep, np.where(far, np.abs(u) + 0 * alpha, rho_slope) + log_z_slope) + 0 * np.where(far, 0, u),
        np.where(last, bent, np.where(far, np.abs(u) + 0 * alpha, rho_bend) + log_z_bend) + 0 * np.where(far, 0, u),
    )


@pointwise(boosting=Boosting("reweighted"))
def crps_logistic(pred, target, *, scale: PredictedPositive = 1.0):
    """Continuous ranked probability score of a logistic distribution with a predicted mean and scale.

    With r = pred - target, s = scale, a = |r|/s and e = exp(-a)::

        value      s (a + 2 log(1 + e) - 1)
        gradient   tanh(r/(2s))                             by the mean
                   2 (log(1 + e) + a e/(1 + e)) - 1         by the scale
        Hessian    2e/(1 + e)²/s                            by the mean
                   2a² e/(1 + e)²/s                         by the scale

    Parameters
    ----------
    pred : array_like
        Predicted means, of any shape.
    target : array_like
        What was observed, of the shape of `pred`.
    scale : float or array_like, default 1.0
        Predicted scales, positive, broadcast to the shape of `pred`. The variance is (π `scale`)²/3.

    Notes
    -----
    The score is the integral of (F(x) - [x ≥ target])² over all x, F the predicted distribution function [1]_:
    a proper score in the unit of the target, and for a scale of 0 the absolute error. For this F, F² is
    F - s F' and has the integral s (log(1 + exp w) - F), and (1 - F)² likewise; so the whole is
    s (log(1 + exp w) + log(1 + exp(-w)) - 1), w = r/s. It is `crps_logistic` of the R package
    scoringRules [2]_. The loss is convex in both.

    References
    ----------
    .. [1] Gneiting, T., & Raftery, A. E. (2007). Strictly proper scoring rules, prediction, and estimation.
       Journal of the American Statistical Association, 102(477), 359-378.
    .. [2] Jordan, A., Krüger, F., & Lerch, S. (2019). Evaluating probabilistic forecasts with scoringRules.
       Journal of Statistical Software, 90(12), 1-37.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.crps_logistic([3.0, 1.0], [1.0, 1.0], scale=[0.01, 2.0], reduction="none").round(6)
    array([1.99    , 0.772589])
    >>> by_mean, by_scale = fl.crps_logistic.grad(
    ...     [3.0, 1.0], [1.0, 1.0], scale=1.0, wrt=("pred", "scale"), reduction="none"
    ... )
    >>> by_mean.round(6), by_scale.round(6)
    (array([0.761594, 0.      ]), array([-0.269332,  0.386294]))
    """
    s = _for_each(scale, pred)
    r = pred - target
    a = np.abs(r) / s
    e = np.exp(-a)
    curve = 2 * e / (1 + e) ** 2 / s
    with np.errstate(invalid="ignore"):
        unlikely, bend = _nothing_at_infinity(a, a * e / (1 + e)), _nothing_at_infinity(a, a * a * curve)
    return s * (a + 2 * np.log1p(e) - 1), np.tanh(r / s / 2), curve, 2 * (np.log1p(e) + unlikely) - 1, bend


def _nothing_at_infinity(a, product):
    """A product with powers of a, at which an exponential is 0 long before they are infinite."""
    return np.where(np.isposinf(a), 0, product)


@pointwise(smoothness=2, kinks="pred == target", boosting=Boosting("reweighted"))
def crps_laplace(pred, target, *, scale: PredictedPositive = 1.0):
    """Continuous ranked probability score of a Laplace distribution with a predicted median and scale.

    With r = pred - target, s = scale, a = |r|/s and e = exp(-a)::

        value      s (a + e - 3/4)
        gradient   sign(r) (1 - e)       by the median
                   (1 + a) e - 3/4       by the scale
        Hessian    e/s                   by the median
                   a² e/s                by the scale

    Parameters
    ----------
    pred : array_like
        Predicted medians, of any shape.
    target : array_like
        What was observed, of the shape of `pred`.
    scale : float or array_like, default 1.0
        Predicted scales, positive, broadcast to the shape of `pred`. The variance is 2 `scale`².

    Notes
    -----
    The score is the integral of (F(x) - [x ≥ target])² over all x, F the predicted distribution function [1]_,
    here with tails of exponentials. It is `crps_lapl` of the R package scoringRules [2]_. The loss is convex in
    both; a `laplace_nll` of the same prediction grows without bound as the scale goes to 0, the score tends to the
    absolute error.

    References
    ----------
    .. [1] Gneiting, T., & Raftery, A. E. (2007). Strictly proper scoring rules, prediction, and estimation.
       Journal of the American Statistical Association, 102(477), 359-378.
    .. [2] Jordan, A., Krüger, F., & Lerch, S. (2019). Evaluating probabilistic forecasts with scoringRules.
       Journal of Statistical Software, 90(12), 1-37.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.crps_laplace([3.0, 1.0], [1.0, 1.0], scale=[0.01, 2.0], reduction="none")
    array([1.9925, 0.5   ])
    >>> by_median, by_scale = fl.crps_laplace.grad(
    ...     [3.0, 1.0], [1.0, 1.0], scale=1.0, wrt=("pred", "scale"), reduction="none"
    ... )
    >>> by_median.round(6), by_scale.round(6)
    (array([0.864665, 0.      ]), array([-0.343994,  0.25    ]))
    """
    s = _for_each(scale, pred)
    r = pred - target
    a = np.abs(r) / s
    e = np.exp(-a)
    with np.errstate(invalid="ignore"):
        further, bend = _nothing_at_infinity(a, (1 + a) * e), _nothing_at_infinity(a, a * a * e / s)
    return s * (a + e - 3 / (4 * np.ones_like(r))), -np.sign(r) * np.expm1(-a), e / s, further - 3 / (4 * np.ones_like(r)), bend


@pointwise(boosting=Boosting("reweighted"))
def crps_gaussian(pred, target, *, scale: PredictedPositive = 1.0):
    """Continuous ranked probability score of a normal distribution with a predicted mean and standard deviation.

    With r = pred - target, s = scale, w = r/s and φ(w) = exp(-w²/2)/√(2π)::

        value      s (w erf(w/√2) + 2φ(w) - 1/√π)
        gradient   erf(w/√2)              by the mean
                   2φ(w) - 1/√π           by the standard deviation
        Hessian    2φ(w)/s                by the mean
                   2w² φ(w)/s             by the standard deviation

    Parameters
    ----------
    pred : array_like
        Predicted means, of any shape.
    target : array_like
        What was observed, of the shape of `pred`.
    scale : float or array_like, default 1.0
        Predicted standard deviations, positive, broadcast to the shape of `pred`.

    Notes
    -----
    The score is the integral of (F(x) - [x ≥ target])² over all x, F the predicted distribution function, in
    closed form by Gneiting et al. [1]_: a proper score in the unit of the target. The gradient by the mean is
    bounded by 1, where that of `gaussian_nll` grows with the residual. It is `crps_norm` of the R package
    scoringRules and ``crps_gaussian`` of properscoring.

    References
    ----------
    .. [1] Gneiting, T., Raftery, A. E., Westveld, A. H., & Goldman, T. (2005). Calibrated probabilistic forecasting
       using ensemble model output statistics and minimum CRPS estimation. Monthly Weather Review, 133(5),
       1098-1118.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.crps_gaussian([3.0, 1.0], [1.0, 1.0], scale=[0.01, 2.0], reduction="none").round(6)
    array([1.994358, 0.46739 ])
    >>> by_mean, by_scale = fl.crps_gaussian.grad(
    ...     [3.0, 1.0], [1.0, 1.0], scale=1.0, wrt=("pred", "scale"), reduction="none"
    ... )
    >>> by_mean.round(6), by_scale.round(6)
    (array([0.9545, 0.    ]), array([-0.456208,  0.233695]))
    """
    s = _for_each(scale, pred)
    w = (pred - target) / s
    root_pi = np.sqrt(4 * np.arctan(np.ones_like(w)))
    root_two = np.sqrt(2 * np.ones_like(w))
    twice_density = root_two / root_pi * np.exp(-w * w / 2)
    likely, by_scale = erf(w / root_two), twice_density - 1 / root_pi
    with np.errstate(invalid="ignore"):
        bend = _nothing_at_infinity(np.abs(w), w * w * twice_density / s)
    return s * (w * likely + by_scale), likely, twice_density / s, by_scale, bend


@pointwise(target=NONNEGATIVE, boosting=Boosting(descent="of_zero_inflated_poisson", exact="hessian", link="exp"))
def zero_inflated_poisson(pred, target, *, logit_zero: PredictedReal = 0.0):
    """Zero-inflated Poisson negative log-likelihood of the logarithm of the mean and the logit of extra zeros.

    With x = pred, m = exp(x), y = target, a count, z = logit_zero, p = sigmoid(z) the probability of an extra
    zero, and q = sigmoid(z + m) that of one given a zero::

                      y = 0                               y > 0

        value         -log(p + (1 - p) exp(-m))           log(1 + exp z) + m - y x
        gradient      m (1 - q)                           m - y                        by x
                      p - q                               p                            by z
        Hessian       m (1 - q) (1 - m q)                 m                            by x
                      p (1 - p) - q (1 - q)               p (1 - p)                    by z

    Parameters
    ----------
    pred : array_like
        Logarithms of the predicted means of the Poisson part, of any shape.
    target : array_like
        Counts, nonnegative and not necessarily whole, of the shape of `pred`. 0 exactly may be an extra zero.
    logit_zero : float or array_like, default 0.0
        Logits of the predicted probabilities of extra zeros, any numbers, broadcast to the shape of `pred`.

    Notes
    -----
    log(y!), which does not depend on the predictions, is left out, as in `poisson`, to which the loss tends as
    `logit_zero` goes to -∞. Where y = 0 both Hessians may be negative. The mean of all is (1 - p) m. It is the
    regression of Lambert [1]_.

    References
    ----------
    .. [1] Lambert, D. (1992). Zero-inflated Poisson regression, with an application to defects in manufacturing.
       Technometrics, 34(1), 1-14.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.zero_inflated_poisson([0.0, 0.0], [0.0, 2.0], logit_zero=0.0, reduction="none").round(6)
    array([0.379885, 1.693147])
    >>> by_mean, by_logit = fl.zero_inflated_poisson.grad(
    ...     [0.0, 0.0], [0.0, 2.0], wrt=("pred", "logit_zero"), reduction="none"
    ... )
    >>> by_mean.round(6), by_logit.round(6)
    (array([ 0.268941, -1.      ]), array([-0.231059,  0.5     ]))
    """
    z = _for_each(logit_zero, pred)
    value, grad, m = poisson(pred, target)
    u = z + m
    far_out = 20_000  # exp(-20,000) is 0 in every precision, and exp(-exp(x)) a number that cannot be written
    e, p, not_p = _logistic(z)
    e_u, q, not_q = _logistic(np.clip(u, -far_out, far_out))
    not_q = np.where(u > far_out, 0, not_q)
    lift = not_p * -np.expm1(-np.minimum(m, far_out))  # q - p is lift q
    softplus = np.maximum(z, 0) + np.log1p(e)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        near, far = -np.log1p(-lift), softplus + np.minimum(-z, m) - np.log1p(e_u)
        slope = np.where(not_q == 0, 0, m * not_q)
        bend = np.where(not_q == 0, 0, slope * (1 - m * q))
    # 1 - p - q without a difference.
    turn = -np.expm1(-np.minimum(np.abs(z + u), far_out))
    rest = turn * np.where(z + u > 0, -p * q, not_p * not_q)
    zero, nan = target == 0, np.where(np.isnan(z), z, 0)
    return (
        np.where(zero, np.where(lift <= 0.5, near, far), value + softplus),
        np.where(zero, slope, grad + nan),
        np.where(zero, bend, m),
        np.where(zero, -lift * q, p),
        np.where(zero, -lift * q * rest, p * not_p),
    )


def _divergence(m, n, r, odds, constant):
    """The divergence of a probability y from m = 1 - n <= 1/2, whose logits differ by r: m r + log1p(u), u = (y - m)/(1 - y).

    `odds` is y/(1 - y), `constant` log(n/(1 - y)), which is log1p(u).
    """
    near = np.abs(r) < 1
    r = np.maximum(r, -20_000)  # exp(-20,000) is 0 in every precision
    turn = np.expm1(np.where(near, -r, 0))
    rise = np.where(near, m * (turn + r), n * odds + m * (r - 1))
    u = np.where(near, m * turn, n * odds - m)
    return np.where(u > 1, m * r + constant, rise - (u - np.log1p(u)))


# 8 ulp: log Γ is taken of three arguments, and logarithms of two more numbers meet them.
@pointwise(target=INNER_PROBABILITY, ulp=8.0, value_unit=1.0, boosting=Boosting(constant=1.0, exact="hessian", link="sigmoid"))
def beta(pred, target, *, precision: PredictedPositive = 1.0):
    """Beta negative log-likelihood of the logit of a predicted mean, and a precision: beta regression.

    With x = pred, y = target, φ = precision, m = sigmoid(x), a = mφ, b = (1 - m)φ, and ψ the derivative of log Γ::

        value      log Γ(a) + log Γ(b) - log Γ(φ) - (a - 1) log y - (b - 1) log(1 - y)
        gradient   φ m (1 - m) g,  g = ψ(a) - ψ(b) - logit y                               by x
                   m (ψ(a) - log y) + (1 - m) (ψ(b) - log(1 - y)) - ψ(φ)                   by φ
        Hessian    φ m (1 - m) ((1 - 2m) g + φ m (1 - m) (ψ'(a) + ψ'(b)))                  by x
                   m² ψ'(a) + (1 - m)² ψ'(b) - ψ'(φ): positive                             by φ

    Parameters
    ----------
    pred : array_like
        Logits of the predicted means, of any shape.
    target : array_like
        Shares of a whole, between 0 and 1 and neither, of the shape of `pred`.
    precision : float or array_like, default 1.0
        Predicted precisions, positive, broadcast to the shape of `pred`. The variance is m (1 - m)/(1 + φ). Below 2 the
        density is infinite at 0 or at 1.

    Notes
    -----
    The density is 0 or infinite at 0 and at 1, so data with such shares have no likelihood: Smithson and Verkuilen [2]_
    move n of them inside with ``(y * (n - 1) + 0.5) / n``. The loss is convex in φ, and not in x: its Hessian may be
    negative far from the target. With a and b it is the negative of ``log_prob`` of PyTorch's ``Beta(a, b)``; in the
    parametrization by mean and precision, of statsmodels' ``BetaModel`` and R's betareg [1]_. A network that predicts
    log φ, which may be any number, has the gradient φ · `precision_grad` by that.

    Where φ is large, terms of size φ log φ cancel to what is of size 1; they are not computed, but what is left of them.

    References
    ----------
    .. [1] Ferrari, S., & Cribari-Neto, F. (2004). Beta regression for modelling rates and proportions. Journal of
       Applied Statistics, 31(7), 799-815.
    .. [2] Smithson, M., & Verkuilen, J. (2006). A better lemon squeezer? Maximum-likelihood regression with
       beta-distributed dependent variables. Psychological Methods, 11(1), 54-71.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.beta([0.0, 0.0], [0.5, 0.25], precision=[3.0, 4.0], reduction="none").round(6)
    array([-0.241564, -0.117783])
    >>> by_logit, by_precision = fl.beta.grad(
    ...     [0.0, 0.0], [0.5, 0.25], precision=4.0, wrt=("pred", "precision"), reduction="none"
    ... )
    >>> by_logit.round(6), by_precision.round(6)
    (array([0.      , 1.098612]), array([-0.140186,  0.003655]))
    """
    phi = _for_each(precision, pred)
    # All is computed for a logit that is not above 0: a beta distribution of 1 - y has b and a.
    above = pred > 0
    x = -np.abs(pred)
    e, _, _ = _logistic(x)
    n = 1 / (1 + e)
    m = e * n
    a, b = m * phi, n * phi
    share, other = np.where(above, 1 - target, target), np.where(above, target, 1 - target)
    log_y, log_rest = np.log(target), np.log1p(-target)
    log_share, log_other = np.where(above, log_rest, log_y), np.where(above, log_y, log_rest)
    log_phi, log_e = np.log(phi), np.log1p(e)
    log_b = log_phi - log_e
    log_a = log_b + x
    logit = log_share - log_other
    r = x - logit
    # Below 1, ψ(t) is ψ(1 + t) - 1/t. 1/a and 1/b are subtracted where they would cancel.
    low_a, low_b = a < 1, b < 1
    half_log_two_pi = np.log(8 * np.arctan(np.ones_like(phi))) / 2

    def constants(t, log_t):
        """log Γ(t) - t log t + t"""
        low = lgamma(1 + t) + t - np.where(t == 0, 0, t * log_t) - log_t
        return np.where(t < 1, low, lgamma_excess(t) + half_log_two_pi - log_t / 2)

    def slope(t):
        return np.where(t < 1, digamma(1 + t), -(0.5 + digamma_excess(t)) / t)

    def curve(t):
        return np.where(t < 1, t * trigamma(1 + t), 1 + (0.5 + trigamma_excess(t)) / t)

    divergence = _divergence(m, n, r, share / other, -log_e - log_other)
    value = phi * divergence + constants(a, log_a) + constants(b, log_b) - constants(phi, log_phi) + log_share + log_other
    pull = slope(a) - slope(b) - np.where(low_b, logit, np.where(low_a, log_b + logit, -r))
    lean = -np.expm1(x) * n
    grad = n * a * pull - np.where(low_b, lean, np.where(low_a, n, 0))
    hess = n * a * (lean * pull + n * curve(a) + m * curve(b)) + m * n * (np.where(low_a, 1, 0) + np.where(low_b, 1, 0))
    by_phi = divergence - (0.5 + digamma_excess(a) + digamma_excess(b) - digamma_excess(phi)) / phi
    twice_by_phi = (0.5 + trigamma_excess(a) + trigamma_excess(b) - trigamma_excess(phi)) / phi / phi
    return value, np.where(above, -grad, grad), hess, by_phi, twice_by_phi
