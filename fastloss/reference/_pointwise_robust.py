"""Pointwise losses of regression: robust, asymmetric, relative and in a power of the error.

As in `_pointwise`, each function returns (value, gradient, Hessian) with respect to the prediction, element by element.
"""

from __future__ import annotations

import numpy as np

from fastloss._boosting_words import Boosting, instead
from fastloss._kinds import ABOVE_MINUS_ONE, Exponent, Levels, NonNegative, OpenFraction, Positive, RobustShape, Slope
from fastloss._registry import pointwise
from fastloss.reference._barron import general_loss
from fastloss.reference._pointwise import _for_each
from fastloss.reference._series import exp_minus_linear, x_minus_log1p


def _residual(pred, target, scale):
    """r, |r|, r clipped to ±scale, q = min(|r|, scale)/max(|r|, scale), scale/max(|r|, scale), and whether |r| > scale.

    (r/scale)² overflows and vanishes long before the losses do; q² does neither.
    """
    r = pred - target
    a = np.abs(r)
    larger = np.maximum(a, scale)
    return r, a, np.clip(r, -scale, scale), np.minimum(a, scale) / larger, scale / larger, a > scale


@pointwise(boosting=Boosting("reweighted", xgboost="hessian"))
def pseudo_huber(pred, target, *, delta: Positive = 1.0):
    """Pseudo-Huber loss: about r²/2 near the target, about `delta` |r| far away, smooth everywhere.

    With r = pred - target and h = sqrt(1 + (r/delta)²)::

        value      delta² (h - 1)
        gradient   r/h
        Hessian    1/h³

    Parameters
    ----------
    delta : float, default 1.0
        About where the loss turns linear; positive and finite.

    Notes
    -----
    The gradient tends to ±delta, as that of `huber` does, and the value to `delta` |r| - delta². This is
    XGBoost's ``reg:pseudohubererror`` with ``huber_slope=delta``. The cost of SciPy's
    ``least_squares(loss="soft_l1", f_scale=delta)`` is the sum of it. Due to Charbonnier et al. [1]_; the name is
    that of Hartley and Zisserman [2]_.

    References
    ----------
    .. [1] Charbonnier, P., Blanc-Féraud, L., Aubert, G., & Barlaud, M. (1997). Deterministic edge-preserving
       regularization in computed imaging. IEEE Transactions on Image Processing, 6(2), 298-311.
    .. [2] Hartley, R., & Zisserman, A. (2004). Multiple view geometry in computer vision (2nd ed.), appendix 6.
       Cambridge University Press.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.pseudo_huber([0.75, 0.0], [0.0, 0.0], reduction="none")
    array([0.25, 0.  ])
    >>> fl.pseudo_huber.grad([0.75, 0.0], [0.0, 0.0], reduction="none")
    array([0.6, 0. ])
    """
    r, _, inside, q, share, _ = _residual(pred, target, delta)
    h = np.sqrt(1 + q * q)
    return inside * (r / (share + h)), inside / h, (share / h) ** 3


@pointwise(boosting=Boosting("reweighted"))
def charbonnier(pred, target, *, epsilon: Positive = 0.001):
    """Charbonnier loss: the absolute error with its corner rounded within about `epsilon`.

    With r = pred - target::

        value      sqrt(r² + epsilon²)
        gradient   r / sqrt(r² + epsilon²)
        Hessian    epsilon² / (r² + epsilon²)^(3/2)

    Parameters
    ----------
    epsilon : float, default 0.001
        The width of the rounded corner, and the value at r = 0; positive and finite.

    Notes
    -----
    It is `pseudo_huber` with ``delta=epsilon``, divided by `epsilon`, plus `epsilon`: the value at the target is
    not 0. Where sqrt(r² + e) is written, `epsilon` is the square root of that e. The loss is that of Charbonnier
    et al. [1]_.

    References
    ----------
    .. [1] Charbonnier, P., Blanc-Féraud, L., Aubert, G., & Barlaud, M. (1994). Two deterministic half-quadratic
       regularization algorithms for computed imaging. IEEE International Conference on Image Processing (ICIP),
       2, 168-172.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.charbonnier([3.0, 0.0], [0.0, 0.0], epsilon=4.0, reduction="none")
    array([5., 4.])
    >>> fl.charbonnier.grad([3.0, 0.0], [0.0, 0.0], epsilon=4.0, reduction="none")
    array([0.6, 0. ])
    """
    r, a, _, q, share, beyond = _residual(pred, target, epsilon)
    h, larger = np.sqrt(1 + q * q), np.maximum(a, epsilon)
    return larger * h, np.sign(r) * np.where(beyond, 1, q) / h, share / larger * share / h**3


@pointwise(boosting=Boosting("reweighted", lightgbm="hessian"))
def fair(pred, target, *, c: Positive = 1.0):
    """Fair loss: about r²/2 near the target, about `c` |r| far away; smoother than Huber's, convex.

    With r = pred - target and x = |r|/c::

        value      c² (x - log(1 + x))
        gradient   r / (1 + x)
        Hessian    1 / (1 + x)²

    Parameters
    ----------
    c : float, default 1.0
        The scale of the residuals; positive and finite. 1.3998 gives 95 % efficiency for normal errors of
        variance 1.

    Notes
    -----
    As LightGBM's ``objective="fair"`` with ``fair_c=c``. The loss is that of Fair [1]_. A third derivative jumps
    at r = 0.

    References
    ----------
    .. [1] Fair, R. C. (1974). On the robust estimation of econometric models. Annals of Economic and Social
       Measurement, 3(4), 667-677.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.fair.grad([3.0, -1.0], [0.0, 0.0], reduction="none")
    array([ 0.75, -0.5 ])
    >>> round(fl.fair([1.0], [0.0]), 6)
    0.306853
    """
    _, a, inside, q, share, beyond = _residual(pred, target, c)
    # log(1 + x) / x, where q = 1/x
    mean_slope = q * (np.log1p(q) - np.log(np.where(q == 0, 1, q)))
    far = np.abs(inside) * (a * (1 - mean_slope))
    return np.where(beyond, far, c * (c * x_minus_log1p(np.minimum(a, c) / c))), inside / (1 + q), (share / (1 + q)) ** 2


@pointwise(boosting=Boosting("reweighted"))
def cauchy(pred, target, *, scale: Positive = 1.0):
    """Cauchy (Lorentzian) loss: about r²/2 near the target, logarithmic far away.

    With r = pred - target and z = (r/scale)²::

        value      scale²/2 log(1 + z)
        gradient   r / (1 + z)
        Hessian    (1 - z) / (1 + z)²

    Parameters
    ----------
    scale : float, default 1.0
        Where the gradient is largest; positive and finite. 2.3849 gives 95 % efficiency for normal errors of
        variance 1.

    Notes
    -----
    The Hessian is the true one, negative beyond `scale`: the loss is not convex. It is `scale`²/2 times that part
    of the negative log-likelihood of a Cauchy distribution which depends on r. The cost of SciPy's
    ``least_squares(loss="cauchy", f_scale=scale)`` is the sum of it; Black and Anandan's Lorentzian, log(1 +
    z/2), has a scale smaller by the square root of 2 and no factor in front. See Holland and Welsch [1]_.

    References
    ----------
    .. [1] Holland, P. W., & Welsch, R. E. (1977). Robust regression using iteratively reweighted least-squares.
       Communications in Statistics: Theory and Methods, 6(9), 813-827.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.cauchy.grad([3.0, -1.0], [0.0, 0.0], reduction="none")
    array([ 0.3, -0.5])
    >>> round(fl.cauchy([1.0], [0.0]), 6)
    0.346574
    """
    _, a, inside, q, share, beyond = _residual(pred, target, scale)
    z = q * q
    larger = np.maximum(a, scale)
    log_ratio = np.where(q < 1e-30, np.log(share * 0 + scale) - np.log(larger), np.log(q))  # q may have vanished
    far = scale * (scale * (np.log1p(z) / 2 - log_ratio))
    near = inside * (inside * np.where(z == 0, 1, np.log1p(z) / z)) / 2
    curve = (1 - q) * (1 + q) / (1 + z) ** 2
    return np.where(beyond, far, near), inside * share / (1 + z), np.where(beyond, -z * curve, curve)


@pointwise(boosting=Boosting("reweighted"))
def geman_mcclure(pred, target, *, c: Positive = 1.0):
    """Geman-McClure loss: about r²/2 near the target, and never more than c²/2.

    With r = pred - target and z = (r/c)²::

        value      r²/2 / (1 + z)
        gradient   r / (1 + z)²
        Hessian    (1 - 3z) / (1 + z)³

    Parameters
    ----------
    c : float, default 1.0
        The scale of the residuals; positive and finite.

    Notes
    -----
    The gradient tends to 0 far away: an outlier has no say. The Hessian is the true one, negative where |r|
    exceeds `c` / sqrt(3). Where r²/(c² + r²) is written, that is 2/c² times this value. The loss is that of Geman
    and McClure [1]_.

    References
    ----------
    .. [1] Geman, S., & McClure, D. E. (1985). Bayesian image analysis: an application to single photon emission
       tomography. Proceedings of the Statistical Computing Section, American Statistical Association, 12-18.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.geman_mcclure([3.0, -1.0], [0.0, 0.0], reduction="none")
    array([0.45, 0.25])
    >>> fl.geman_mcclure.grad([3.0, -1.0], [0.0, 0.0], reduction="none")
    array([ 0.03, -0.25])
    """
    _, _, inside, q, share, beyond = _residual(pred, target, c)
    z = q * q
    hess = np.where(beyond, z * z * (z - 3), 1 - 3 * z) / (1 + z) ** 3
    return inside * (inside / (1 + z)) / 2, inside * share * share * share / (1 + z) ** 2, hess


@pointwise(boosting=Boosting("reweighted"))
def welsch(pred, target, *, c: Positive = 1.0):
    """Welsch (Leclerc) loss: about r²/2 near the target, and never more than c²/2.

    With r = pred - target and z = (r/c)²::

        value      c²/2 (1 - exp(-z))
        gradient   r exp(-z)
        Hessian    (1 - 2z) exp(-z)

    Parameters
    ----------
    c : float, default 1.0
        The scale of the residuals; positive and finite. 2.9846 gives 95 % efficiency for normal errors of
        variance 1.

    Notes
    -----
    The gradient tends to 0 far away, faster than any power: an outlier has no say. The Hessian is the true one,
    negative where |r| exceeds `c` / sqrt(2). Where 1 - exp(-z/2) is written (Barron's general loss at alpha =
    -inf), the scale is smaller by the square root of 2, and there is no factor in front. See Holland and Welsch
    [1]_.

    References
    ----------
    .. [1] Holland, P. W., & Welsch, R. E. (1977). Robust regression using iteratively reweighted least-squares.
       Communications in Statistics: Theory and Methods, 6(9), 813-827.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.welsch.grad([0.0, 100.0], [0.0, 0.0], reduction="none")
    array([0., 0.])
    >>> round(fl.welsch([1.0], [0.0]), 6)
    0.31606
    """
    r = pred - target
    inside = np.clip(r, -c, c)
    z = (r / c) ** 2
    e, share = np.exp(-z), -np.expm1(-z)
    value = inside * (inside * np.where(z > 1, share, np.where(z == 0, 1, share / z))) / 2
    return value, np.where(e == 0, 0, r * e), np.where(e == 0, 0, (1 - 2 * z) * e)


@pointwise(smoothness=2, kinks="abs(pred - target) == c", boosting=Boosting("reweighted"))
def tukey_biweight(pred, target, *, c: Positive = 4.685):
    """Tukey's biweight (bisquare) loss: about r²/2 near the target, constant beyond `c`.

    With r = pred - target and v = 1 - (r/c)² where |r| <= c, v = 0 beyond::

        value      c²/6 (1 - v³)
        gradient   r v²
        Hessian    v (1 - 5 (r/c)²)

    Parameters
    ----------
    c : float, default 4.685
        Beyond it a residual has no say; positive and finite. The default gives 95 % efficiency for normal errors
        of variance 1: divide residuals by their scale, such as 1.4826 times their median absolute value.

    Notes
    -----
    The Hessian is the true one, negative where |r| is between `c` / sqrt(5) and `c`. Beyond `c` both derivatives
    are 0: a model that starts too far away does not move. The loss is that of Beaton and Tukey [1]_.

    References
    ----------
    .. [1] Beaton, A. E., & Tukey, J. W. (1974). The fitting of power series, meaning polynomials, illustrated on
       band-spectroscopic data. Technometrics, 16(2), 147-185.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.tukey_biweight([3.0, 1.0], [0.0, 0.0], c=2.0, reduction="none")
    array([0.66666667, 0.38541667])
    >>> fl.tukey_biweight.grad([3.0, 1.0], [0.0, 0.0], c=2.0, reduction="none")
    array([0.    , 0.5625])
    """
    inside = np.clip(pred - target, -c, c)
    u = inside / c
    z, v = u * u, (1 - u) * (1 + u)
    return inside * (inside * (0.5 - z / 2 + z * z / 6)), inside * v * v, v * (1 - 5 * z)


@pointwise(
    smoothness=1,
    kinks="pred == target",
    boosting=Boosting(exact="hessian", xgboost=(None, "half_loss_of_one_level"), level="alpha"),
)
def expectile(pred, target, *, alpha: Levels = 0.5):
    """Expectile loss, a squared error of unequal sides: its minimiser is the `alpha`-expectile of the target.

    With r = pred - target::

        value      (1 - alpha) r² where r >= 0,  alpha r² where r < 0
        gradient   2 (1 - alpha) r,  2 alpha r
        Hessian    2 (1 - alpha),  2 alpha

    Parameters
    ----------
    alpha : float or array_like, default 0.5
        The level, between 0 and 1 exclusive; broadcast to the shape of `pred`. Several levels at once: see
        `quantile`.

    Notes
    -----
    With ``alpha=0.5`` it is half of `squared_error`, and its minimiser the mean. As CatBoost's
    ``Expectile:alpha=...``; XGBoost's ``reg:expectileerror`` has half the derivatives. At a tie (r = 0) the
    Hessian is that of the side r > 0. The loss is that of Newey and Powell [1]_.

    References
    ----------
    .. [1] Newey, W. K., & Powell, J. L. (1987). Asymmetric least squares estimation and testing. Econometrica,
       55(4), 819-847.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.expectile([2.0, -2.0], [0.0, 0.0], alpha=0.75, reduction="none")
    array([1., 3.])
    >>> fl.expectile.grad([2.0, -2.0], [0.0, 0.0], alpha=0.75, reduction="none")
    array([ 1., -3.])
    """
    r = pred - target
    alpha = _for_each(alpha, pred)
    side = np.where(r < 0, alpha, 1 - alpha)
    return side * r * r, 2 * side * r, np.where(np.isnan(r), r, 2 * side)


@pointwise(smoothness=0, kinks="abs(pred - target) == epsilon", boosting=Boosting("corner"))
def epsilon_insensitive(pred, target, *, epsilon: NonNegative = 0.1):
    """Epsilon-insensitive loss, of support vector regression: errors up to `epsilon` cost nothing.

    With r = pred - target::

        value      max(|r| - epsilon, 0)
        gradient   sign(r) where |r| > epsilon,  0 elsewhere
        Hessian    0

    Parameters
    ----------
    epsilon : float, default 0.1
        Half the width of the tube in which nothing is lost; nonnegative and finite. With 0 the loss is
        `absolute_error`.

    Notes
    -----
    At the edge of the tube the gradient is the subgradient 0. The default of `epsilon` is that of scikit-learn's
    ``SVR`` and ``SGDRegressor``; its ``LinearSVR`` has 0. The loss is Vapnik's [1]_.

    References
    ----------
    .. [1] Vapnik, V. N. (1995). The nature of statistical learning theory. New York: Springer.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.epsilon_insensitive([2.0, 0.25], [0.0, 0.0], epsilon=0.5, reduction="none")
    array([1.5, 0. ])
    >>> fl.epsilon_insensitive.grad([2.0, 0.25], [0.0, 0.0], epsilon=0.5, reduction="none")
    array([1., 0.])
    """
    r = pred - target
    excess = np.abs(r) - epsilon
    return np.maximum(excess, 0), np.sign(r) * np.heaviside(excess, 0), np.zeros_like(r)


@pointwise(smoothness=1, kinks="abs(pred - target) == epsilon", boosting=Boosting(upper_bound=2.0, exact="hessian"))
def squared_epsilon_insensitive(pred, target, *, epsilon: NonNegative = 0.1):
    """Squared epsilon-insensitive loss: errors up to `epsilon` cost nothing, and there is no corner.

    With r = pred - target and m = max(|r| - epsilon, 0)::

        value      m²
        gradient   2 sign(r) m
        Hessian    2 where |r| > epsilon,  0 elsewhere

    Parameters
    ----------
    epsilon : float, default 0.1
        Half the width of the tube in which nothing is lost; nonnegative and finite. With 0 the loss is
        `squared_error`.

    Notes
    -----
    There is no factor 1/2, as in scikit-learn's ``LinearSVR`` and ``SGDRegressor``, whose loss this is. It is
    that of support vector regression with squared slack variables [1]_.

    References
    ----------
    .. [1] Ho, C.-H., & Lin, C.-J. (2012). Large-scale linear support vector regression. Journal of Machine
       Learning Research, 13, 3323-3348.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.squared_epsilon_insensitive([2.0, 0.25], [0.0, 0.0], epsilon=0.5, reduction="none")
    array([2.25, 0.  ])
    >>> fl.squared_epsilon_insensitive.grad([2.0, 0.25], [0.0, 0.0], epsilon=0.5, reduction="none")
    array([3., 0.])
    """
    r = pred - target
    m = np.maximum(np.abs(r) - epsilon, 0)
    return m * m, 2 * np.sign(r) * m, 2 * np.heaviside(m, 0)


@pointwise(
    prediction=ABOVE_MINUS_ONE,
    target=ABOVE_MINUS_ONE,
    boosting=instead("squared_error", how="of log1p(target), which is the same with predictions expm1(margin)"),
)
def squared_log_error(pred, target):
    """Squared logarithmic error: the squared error of log(1 + pred) and log(1 + target).

    With d = log(1 + pred) - log(1 + target)::

        value      d²
        gradient   2d / (1 + pred)
        Hessian    2(1 - d) / (1 + pred)²

    Parameters
    ----------
    pred : array_like
        Predictions of at least -0.99609375, of any shape: the smallest number above -1 that every dtype has.
    target : array_like
        Targets of at least -0.99609375, of the shape of `pred`.

    Notes
    -----
    There is no factor 1/2, as in scikit-learn and Keras; XGBoost's ``reg:squaredlogerror`` has half of it. The
    logarithms are natural, and their difference is taken before it is rounded. Smaller numbers are
    refused; Keras takes numbers below 1e-7 for that, and XGBoost predictions below -1 + 1e-6 for that. The
    Hessian is the true one, negative where d > 1: the loss is not convex.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.squared_log_error([0.0, 5.0], [0.0, 5.0])
    0.0
    >>> round(fl.squared_log_error([3.0], [1.0]), 6)
    0.480453
    """
    low = np.minimum(pred, target)
    d = np.sign(pred - target) * np.log1p((np.maximum(pred, target) - low) / (1 + low))
    return d * d, 2 * d / (1 + pred), 2 * (1 - d) / (1 + pred) / (1 + pred)


@pointwise(smoothness=0, kinks="pred == target", boosting=Boosting("corner"))
def absolute_percentage_error(pred, target, *, epsilon: Positive = 1e-07):
    """Absolute percentage error: the absolute error as a share of the target's size.

    With r = pred - target and m = max(|target|, epsilon)::

        value      |r| / m
        gradient   sign(r) / m
        Hessian    0

    Parameters
    ----------
    epsilon : float, default 1e-07
        The size of a target that is smaller or 0; positive and finite.

    Notes
    -----
    A share and not a percentage: Keras, whose default of `epsilon` this is, multiplies by 100. scikit-learn's
    `mean_absolute_percentage_error` has 2.2e-16 as `epsilon`, LightGBM's ``mape`` and CatBoost's ``MAPE`` have 1.
    At a tie the gradient is the subgradient 0.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.absolute_percentage_error([3.0, 1.0], [2.0, 4.0], reduction="none")
    array([0.5 , 0.75])
    >>> fl.absolute_percentage_error.grad([3.0, 1.0], [2.0, 4.0], reduction="none")
    array([ 0.5 , -0.25])
    """
    r = pred - target
    floor = np.maximum(np.abs(target), epsilon)
    return np.abs(r) / floor, np.sign(r) / floor, np.zeros_like(r)


@pointwise(smoothness=0, kinks="pred == target; pred == 0; abs(pred) + abs(target) == epsilon", boosting=Boosting("corner"))
def symmetric_absolute_percentage_error(pred, target, *, epsilon: Positive = 1e-07):
    """Symmetric absolute percentage error: the absolute error as a share of the mean of both sizes.

    With r = pred - target and s = |pred| + |target|, where s > epsilon::

        value      2|r| / s
        gradient   4 sign(r) |target| / s²  where pred and target have one sign,  0 where they have not
        Hessian    -8 sign(r) sign(pred) |target| / s³,  0

    and elsewhere 2|r| / epsilon with its derivatives.

    Parameters
    ----------
    epsilon : float, default 1e-07
        The least that the error is divided by, times 2; positive and finite.

    Notes
    -----
    A share from 0 to 2, the sMAPE of the M4 competition [1]_ without its factor of 100. Some divide by s and not
    by s/2, which gives half of it. Where the signs differ the loss is 2, whatever the prediction, and its
    gradient 0. At the corners r = 0 and pred = 0 the gradient is that halfway between the two sides' at r = 0,
    and at pred = 0, 2 sign(r) / s. The Hessian is the true one, negative above a positive target: the loss is not
    convex.

    References
    ----------
    .. [1] Makridakis, S., Spiliotis, E., & Assimakopoulos, V. (2020). The M4 competition: 100,000 time series and
       61 forecasting methods. International Journal of Forecasting, 36(1), 54-74.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.symmetric_absolute_percentage_error([3.0, -1.0], [1.0, 4.0], reduction="none")
    array([1., 2.])
    >>> fl.symmetric_absolute_percentage_error.grad([3.0, -1.0], [1.0, 4.0], reduction="none")
    array([ 0.25, -0.  ])
    """
    r = pred - target
    total = np.abs(pred) + np.abs(target)
    floor, counts = np.maximum(total, epsilon), total > epsilon
    same = ((pred > 0) & (target > 0)) | ((pred < 0) & (target < 0))
    share = np.where(counts, np.where(same, 2 * (np.abs(target) / floor), np.where(pred == 0, 1, 0)), 1)
    grad = 2 * np.sign(r) * (share / floor)
    hess = np.where(counts & same, -2 * np.sign(pred) * grad / floor, 0 * grad)
    return np.where(np.isinf(total) & ~np.isnan(r), 2, 2 * (np.abs(r) / floor)), grad, hess


@pointwise(smoothness=0, kinks="pred == target", boosting=Boosting(constant=1.0, exact="hessian"))
def lp(pred, target, *, p: Exponent = 2.0):
    """Power of the absolute error: `p` 1 is the absolute error, 2 the squared error.

    With r = pred - target::

        value      |r|^p
        gradient   p sign(r) |r|^(p - 1)
        Hessian    p (p - 1) |r|^(p - 2)

    Parameters
    ----------
    p : float, default 2.0
        The exponent, from 1 to 10.

    Notes
    -----
    As CatBoost's ``Lq`` with its ``q``; there is no root, so a mean of this is no norm. At a tie (r = 0) the
    gradient is 0, and the Hessian 0 where `p` is 1 or more than 2, 2 where it is 2, and infinite between. For `p`
    of 1 and 2 `absolute_error` and `squared_error` take less time.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.lp([4.0, -1.0], [0.0, 0.0], p=1.5, reduction="none")
    array([8., 1.])
    >>> fl.lp.grad([4.0, -1.0], [0.0, 0.0], p=1.5, reduction="none")
    array([ 3. , -1.5])
    """
    r = pred - target
    a, p = np.abs(r), pred.dtype.type(p)
    return a**p, np.sign(r) * p * a ** (p - 1), np.zeros_like(r) if p == 1 else p * (p - 1) * a ** (p - 2)


@pointwise(boosting=Boosting(descent="of_linex", exact="hessian"))
def linex(pred, target, *, a: Slope = 1.0):
    """Linex loss: exponential on one side of the target, linear on the other.

    With x = a (pred - target)::

        value      exp(x) - 1 - x
        gradient   a (exp(x) - 1)
        Hessian    a² exp(x)

    Parameters
    ----------
    a : float, default 1.0
        How unequal the two sides are, from -10 to 10. Predictions above the target cost more where it is
        positive, those below where it is negative; 0 makes the loss 0.

    Notes
    -----
    Near the target it is x²/2. Varian's own has a factor in front [1]_: multiply by it. Zellner [2]_ has the same
    sign of the residual, prediction less target.

    References
    ----------
    .. [1] Varian, H. R. (1975). A Bayesian approach to real estate assessment. In S. E. Fienberg & A. Zellner
       (Eds.), Studies in Bayesian econometrics and statistics in honor of Leonard J. Savage, 195-208. Amsterdam:
       North-Holland.
    .. [2] Zellner, A. (1986). Bayesian estimation and prediction using asymmetric loss functions. Journal of the
       American Statistical Association, 81(394), 446-451.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.linex([0.0, 2.0], [0.0, 2.0])
    0.0
    >>> fl.linex([1.0, -1.0], [0.0, 0.0], reduction="none").round(6)
    array([0.718282, 0.367879])
    """
    x = a * (pred - target)
    return exp_minus_linear(x), a * np.expm1(x), a * a * np.exp(x)


@pointwise(
    smoothness=0, kinks="exp(pred) == target", boosting=Boosting(constant=1.0, descent="chord_across_kinks_of_rate", link="exp")
)
def log_lin_quantile(pred, target, *, q: OpenFraction = 0.5):
    """Quantile loss of a prediction's exponential: for quantiles of positive targets.

    With d = exp(pred) - target::

        value      (1 - q) d where d >= 0,  -q d where d < 0
        gradient   (1 - q) exp(pred) where d > 0,  -q exp(pred) where d < 0,  0 where d = 0
        Hessian    the same as the gradient

    Parameters
    ----------
    pred : array_like
        Logarithms of the predictions, of any shape.
    target : array_like
        Targets, not their logarithms, of the shape of `pred`.
    q : float, default 0.5
        The quantile, between 0 and 1 exclusive.

    Notes
    -----
    It is `quantile` of ``exp(pred)``. As CatBoost's ``LogLinQuantile:alpha=q``, which takes 0 for the Hessian.
    The Hessian is the true one, negative where the prediction is too low: boosters want another.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.log_lin_quantile([0.0, 0.0], [3.0, 0.5], q=0.75, reduction="none")
    array([1.5  , 0.125])
    >>> fl.log_lin_quantile.grad([0.0, 0.0], [3.0, 0.5], q=0.75, reduction="none")
    array([-0.75,  0.25])
    """
    q = pred.dtype.type(q)
    rate = np.exp(pred)
    d = rate - target
    slope = np.where(d > 0, 1 - q, np.where(d < 0, -q, d))
    return slope * d, slope * rate, slope * rate


@pointwise(boosting=Boosting("reweighted"))
def barron(pred, target, *, alpha: RobustShape = 1.0, scale: Positive = 1.0):
    """Barron's general robust loss: a family with a shape, from half the square to losses that forget outliers.

    With u = (pred - target) / scale, b = 2 - alpha and z = u²/b::

        value      (b / alpha) ((1 + z)^(alpha/2) - 1)
        gradient   u (1 + z)^(alpha/2 - 1) / scale
        Hessian    (1 + z)^(alpha/2 - 2) (1 + (alpha - 1) z) / scale²

    The limits are u²/2 at alpha = 2 and log(1 + u²/2) at alpha = 0.

    Parameters
    ----------
    alpha : float, default 1.0
        The shape, from -10 to 2: the smaller, the less an outlier counts.
    scale : float, default 1.0
        The residual at which the loss turns from a square to its shape; positive and finite.

    Notes
    -----
    The loss is smooth in `alpha` too, through both limits. Near the target it is u²/2 for every `alpha`; as the
    paper [1]_ has it, there is no factor scale². With it, 2 is half of `squared_error`, 1 is `pseudo_huber`, 0 is
    `cauchy` with sqrt(2) times the scale, and -2 is `geman_mcclure` with twice the scale. As alpha tends to minus
    infinity the loss tends to `welsch` with sqrt(2) times the scale: far from the target that is 1, and 1.2 at -10.
    For alpha below 1 the Hessian is negative far from the target. `barron_nll` is the negative log-likelihood by
    which Barron chooses `alpha`: it adds the logarithm of a normalising constant, which does not depend on the
    prediction.

    References
    ----------
    .. [1] Barron, J. T. (2019). A general and adaptive robust loss function. IEEE Conference on Computer Vision and
       Pattern Recognition (CVPR), 4331-4339.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.barron([0.75, 0.0], [0.0, 0.0], reduction="none")
    array([0.25, 0.  ])
    >>> fl.barron([4.0, 4.0], [0.0, 0.0], alpha=-2.0)
    1.6
    """
    alpha, scale = _for_each(alpha, pred), _for_each(scale, pred)
    return general_loss((pred - target) / scale, alpha, scale)[:3]
