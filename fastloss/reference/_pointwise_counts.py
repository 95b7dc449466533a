"""The pointwise losses of counts and of positive numbers: negative log-likelihoods of the logarithm of the mean, mostly."""

from __future__ import annotations

import numpy as np

from fastloss._registry import NONNEGATIVE, POSITIVE, NonNegative, VariancePower, pointwise
from fastloss.reference._pointwise import _logistic, poisson

__all__: list[str] = []


def _part(target, factor):
    """A product of which nothing is left where the target is 0, though the factor be infinite."""
    return np.where(target == 0, 0, target * factor)


@pointwise(prediction=NONNEGATIVE, target=NONNEGATIVE)
def poisson_identity(pred, target):
    """Poisson negative log-likelihood of the rate itself (identity link), without its constant.

    With a = pred, the rate, and y = target, a count; 0·log 0 = 0::

        value      a - y log a
        gradient   1 - y/a
        Hessian    y/a²

    Parameters
    ----------
    pred : array_like
        Predicted rates, nonnegative, of any shape.
    target : array_like
        Counts, nonnegative and not necessarily whole, of the shape of `pred`.

    Notes
    -----
    log(y!) is left out, as in `poisson`, which takes the logarithm of the rate. The value is exact: a rate of
    0 for a count that is none costs infinitely, where Keras' `Poisson` and PyTorch's `poisson_nll_loss` with
    ``log_input=False`` add an epsilon to the rate in the logarithm. As a generalised linear model with the
    identity link see McCullagh and Nelder [1]_.

    References
    ----------
    .. [1] McCullagh, P., & Nelder, J. A. (1989). Generalized Linear Models (2nd ed.). London: Chapman & Hall.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.poisson_identity([1.0, 3.0], [5.0, 0.0], reduction="none")
    array([1., 3.])
    >>> fl.poisson_identity.grad([1.0, 2.0], [5.0, 1.0], reduction="none")
    array([-4. ,  0.5])
    """
    rate = pred + 0  # -0.0 + 0 is 0.0: target/-0.0 would have the wrong sign
    share = _part(target, 1 / rate)
    value = np.where(np.isposinf(rate), rate, rate - _part(target, np.log(rate)))
    return value, np.where(np.isnan(rate), rate, 1 - share), _part(target, 1 / rate / rate)


@pointwise(target=NONNEGATIVE)
def negative_binomial(pred, target, *, dispersion: NonNegative = 1.0):
    """Negative binomial negative log-likelihood of the logarithm of the mean, without its constants.

    With x = pred, the log of the mean, m = exp(x), y = target, a count, and a = dispersion::

        value      (y + 1/a) log(1 + a m) - y x
        gradient   (m - y) / (1 + a m)
        Hessian    m (1 + a y) / (1 + a m)²

    Parameters
    ----------
    pred : array_like
        Logarithms of the predicted means, of any shape.
    target : array_like
        Counts, nonnegative and not necessarily whole, of the shape of `pred`.
    dispersion : float, default 1.0
        The variance is m + `dispersion` m²; nonnegative and finite. With 0 the loss is `poisson`, which is
        the limit.

    Notes
    -----
    Left out is what does not depend on the prediction, log Γ(1/a) - log Γ(y + 1/a) - y log a + log y!, which
    tends to log y! with the dispersion. `dispersion` is alpha in statsmodels, 1/theta in R's MASS and the
    inverse of the number of failures. The gradient is bounded from above by 1/a: means that are too large cost
    less than in `poisson`. For its regressions see Lawless [1]_.

    References
    ----------
    .. [1] Lawless, J. F. (1987). Negative binomial and mixed Poisson regression. Canadian Journal of Statistics,
       15(3), 209-225.

    Examples
    --------
    >>> import fastloss as fl
    >>> round(fl.negative_binomial([0.0], [1.0]), 6)
    1.386294
    >>> fl.negative_binomial.grad([0.0, 0.0], [1.0, 5.0], reduction="none")
    array([ 0., -2.])
    """
    if dispersion == 0:
        return poisson(pred, target)
    log_dispersion = np.log(np.full_like(pred, dispersion))
    z = pred + log_dispersion
    e, p, not_p = _logistic(z)
    log1p_e = np.log1p(e)
    # log(1 + exp z) - x, either side without a difference of large numbers.
    per_count = np.where(z > 0, log_dispersion + log1p_e, log1p_e - pred)
    value = _part(target, per_count) + (np.maximum(z, 0) + log1p_e) / dispersion
    return value, p / dispersion - target * not_p, (target + 1 / dispersion) * p * not_p


@pointwise(target=POSITIVE)
def gamma(pred, target):
    """Gamma negative log-likelihood of the logarithm of the mean, without its constants.

    With x = pred, the log of the mean, and y = target::

        value      x + y exp(-x)
        gradient   1 - y exp(-x)
        Hessian    y exp(-x)

    Parameters
    ----------
    pred : array_like
        Logarithms of the predicted means, of any shape.
    target : array_like
        Positive numbers, of the shape of `pred`. What is below 2⁻¹²⁶, the smallest normal float32, counts
        as 0 and is refused.

    Notes
    -----
    It is the negative log-likelihood for a shape parameter of 1; another multiplies it. Half the deviance
    is the value less 1 + log y, which does not depend on the prediction: the value may be negative.
    scikit-learn's `HalfGammaLoss`, XGBoost's "reg:gamma" and LightGBM's "gamma" leave out the same and
    have the same gradient; LightGBM takes the same Hessian h too, recent versions of XGBoost (2h + 1)/3,
    1 being its expectation. The minimum is at x = log y. It is the gamma case of the generalised linear
    models of Nelder and Wedderburn [1]_ with the log link.

    References
    ----------
    .. [1] Nelder, J. A., & Wedderburn, R. W. M. (1972). Generalized linear models. Journal of the Royal
       Statistical Society A, 135(3), 370-384.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.gamma([0.0, 0.0], [1.0, 3.0])
    2.0
    >>> fl.gamma.grad([0.0, 0.0], [1.0, 3.0])
    array([ 0., -1.])
    """
    ratio = _part(target, np.exp(-pred))
    # At x = -inf the second term is the larger.
    return np.where(np.isposinf(ratio), ratio, pred + ratio), 1 - ratio, ratio


@pointwise(target=POSITIVE)
def inverse_gaussian(pred, target):
    """Inverse Gaussian negative log-likelihood of the logarithm of the mean, without its constants.

    With x = pred, the log of the mean, and y = target::

        value      y exp(-2x)/2 - exp(-x)
        gradient   exp(-x) - y exp(-2x)
        Hessian    2 y exp(-2x) - exp(-x)

    Parameters
    ----------
    pred : array_like
        Logarithms of the predicted means, of any shape.
    target : array_like
        Positive numbers, of the shape of `pred`. What is below 2⁻¹²⁶, the smallest normal float32, counts
        as 0 and is refused.

    Notes
    -----
    It is the negative log-likelihood for a shape parameter of 1; another multiplies it. Half the deviance
    is the value plus 1/(2y). With the log link the loss is not convex: the Hessian is negative where the
    mean is more than twice the target, and boosters want another one there. scikit-learn's
    `HalfTweedieLoss` with ``power=3`` is the same. As the law of the time until a Brownian motion reaches
    a level, and its estimation, see Tweedie [1]_.

    References
    ----------
    .. [1] Tweedie, M. C. K. (1957). Statistical properties of inverse Gaussian distributions. Annals of Mathematical
       Statistics, 28(2), 362-377.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.inverse_gaussian([0.0, 0.0], [1.0, 3.0], reduction="none")
    array([-0.5,  0.5])
    >>> fl.inverse_gaussian.grad([0.0, 0.0], [1.0, 3.0])
    array([ 0., -1.])
    """
    inverse_mean = np.exp(-pred)
    half = _part(target, inverse_mean / 2)
    return tuple(
        np.where(inverse_mean == 0, 0, x)
        for x in (inverse_mean * (half - 1), inverse_mean * (1 - 2 * half), inverse_mean * (4 * half - 1))
    )


@pointwise(target=NONNEGATIVE)
def tweedie(pred, target, *, power: VariancePower = 1.5):
    """Tweedie negative log-likelihood of the logarithm of the mean, without its constants: for amounts that are often 0.

    With x = pred, the log of the mean, y = target and p = power; 0·∞ = 0::

        value      exp((2-p) x)/(2-p) + y exp(-(p-1) x)/(p-1)
        gradient   exp((2-p) x) - y exp(-(p-1) x)
        Hessian    (2-p) exp((2-p) x) + (p-1) y exp(-(p-1) x)

    Parameters
    ----------
    pred : array_like
        Logarithms of the predicted means, of any shape.
    target : array_like
        Nonnegative numbers, of the shape of `pred`.
    power : float, default 1.5
        The variance is proportional to this power of the mean; between 1 and 2. With 1 it is `poisson`,
        with 2 `gamma`.

    Notes
    -----
    It is the negative log-likelihood for a dispersion of 1, which a dispersion divides; of half the
    deviance it leaves out what depends on `target` alone. scikit-learn's `HalfTweedieLoss` and the
    objectives "reg:tweedie" of XGBoost (`tweedie_variance_power`) and "tweedie" of LightGBM are the same
    between 1 and 2. At 1 and 2 the value has no limit, but what grows beyond bounds is a constant,
    y/(p-1) or 1/(2-p), without which it is that of `poisson` or `gamma`, as in scikit-learn; derivatives
    are continuous. For a `power` of 3 see `inverse_gaussian`, for 0 `squared_error`, with the link that
    it has. The distributions between are sums of a Poisson number of gamma variates; see Jørgensen [1]_.

    References
    ----------
    .. [1] Jørgensen, B. (1987). Exponential dispersion models. Journal of the Royal Statistical Society B, 49(2), 127-162.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.tweedie([0.0, 0.0], [1.0, 0.0], reduction="none")
    array([4., 2.])
    >>> fl.tweedie.grad([0.0, 0.0], [1.0, 0.0], power=1.2)
    array([0. , 0.5])
    """
    if power == 1:
        return poisson(pred, target)
    if power == 2:
        return gamma(pred, target)
    up, down = 2 - power, power - 1
    rise, fall = np.exp(up * pred), _part(target, np.exp(-down * pred))
    return rise / up + fall / down, rise - fall, up * rise + down * fall
