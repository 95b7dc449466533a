"""The pointwise losses of counts and of positive numbers: negative log-likelihoods of the logarithm of the mean, mostly."""

from __future__ import annotations

import numpy as np

from fastloss._boosting_words import Boosting, instead
from fastloss._kinds import NONNEGATIVE, POSITIVE, DeviancePower, Flag, NonNegative, VariancePower
from fastloss._registry import pointwise
from fastloss.reference._pointwise import _logistic, count_constant, half_poisson_deviance, poisson
from fastloss.reference._series import exp_minus_linear


def _part(target, factor):
    """A product of which nothing is left where the target is 0, though the factor be infinite."""
    return np.where(target == 0, 0, target * factor)


@pointwise(prediction=NONNEGATIVE, target=NONNEGATIVE, of_logits="poisson", boosting=instead("poisson"))
def poisson_identity(pred, target, *, full: Flag = False):
    """Poisson negative log-likelihood of the rate itself (identity link).

    With a = pred, the rate, and y = target, a count; 0·log 0 = 0::

        value      a - y log a           + log(y!) with `full`
        gradient   1 - y/a
        Hessian    y/a²

    Parameters
    ----------
    pred : array_like
        Predicted rates, nonnegative, of any shape.
    target : array_like
        Counts, nonnegative and not necessarily whole, of the shape of `pred`.
    full : bool, default False
        Whether log(y!) is added, which does not depend on the prediction: the value is then minus the logarithm of the
        probability of the count.

    Notes
    -----
    log(y!) is as in `poisson`, which takes the logarithm of the rate. The value is exact: a rate of
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
    if full:
        deviance = tweedie_identity(rate, target, power=1.0)[0]
        value = np.where(np.isposinf(rate), rate, deviance + count_constant(target))
    return value, np.where(np.isnan(rate), rate, 1 - share), _part(target, 1 / rate / rate)


@pointwise(target=NONNEGATIVE, boosting=Boosting(link="exp", start="log_mean"))
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


@pointwise(
    target=POSITIVE, boosting=Boosting(exact="hessian", xgboost="hessian", lightgbm="hessian", link="exp", start="log_mean")
)
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


@pointwise(target=POSITIVE, boosting=Boosting(descent="of_inverse_gaussian", exact="hessian", link="exp", start="log_mean"))
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


@pointwise(
    target=NONNEGATIVE,
    target_at=("power", 2, POSITIVE),
    boosting=Boosting(exact="hessian", xgboost="hessian", lightgbm="hessian", link="exp", start="log_mean"),
)
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
        with 2 `gamma`, whose targets are positive: at 0 it would be unbounded below.

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


@pointwise(prediction=NONNEGATIVE, target=NONNEGATIVE, of_logits="tweedie", boosting=instead("tweedie"))
def tweedie_identity(pred, target, *, power: DeviancePower = 1.5):
    """Half the Tweedie deviance of the mean itself (identity link).

    With m = pred, the mean, y = target and p = power::

        value      y^(2-p) / ((1-p) (2-p)) - y m^(1-p) / (1-p) + m^(2-p) / (2-p)
        gradient   m^-p (m - y)
        Hessian    m^-p (1 - p + p y/m)

    At p = 1 the value is y log(y/m) - y + m, and at p = 2 log(m/y) + y/m - 1: its limits.

    Parameters
    ----------
    pred : array_like
        Predicted means, nonnegative, of any shape. At 0 value and derivatives are limits, and may be infinite.
    target : array_like
        Nonnegative numbers, of the shape of `pred`. From a `power` of 2 on a target of 0 costs infinitely.
    power : float, default 1.5
        The variance is proportional to this power of the mean; from 0 to 3. With 0 the loss is half of `squared_error`,
        with 1 the deviance of Poisson's distribution, with 2 of gamma, with 3 of the inverse Gaussian.

    Notes
    -----
    Unlike in `tweedie`, which takes the logarithm of the mean, constants are kept: the value is 0 where prediction
    and target are equal, keeps its digits near there, and is continuous in `power`. It is scikit-learn's
    `HalfTweedieLossIdentity`; the mean of it is half of `mean_tweedie_deviance`. No distribution has a power
    between 0 and 1, but the loss is one. For a `power` above 1 it is not convex: the Hessian is negative where m is
    more than p/(p-1) times y. See Jørgensen [1]_.

    References
    ----------
    .. [1] Jørgensen, B. (1987). Exponential dispersion models. Journal of the Royal Statistical Society B, 49(2), 127-162.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.tweedie_identity([4.0, 1.0], [1.0, 1.0], reduction="none")
    array([1., 0.])
    >>> fl.tweedie_identity([1.0, 3.0], [0.0, 1.0], power=0.0, reduction="none")
    array([0.5, 2. ])
    >>> fl.tweedie_identity.grad([4.0, 1.0], [1.0, 1.0], reduction="none")
    array([0.375, 0.   ])
    """
    power = pred.dtype.type(power)
    a, b = 1 - power, 2 - power
    mean, gap = pred + 0, pred - target  # -0.0 + 0 is 0.0
    near = np.abs(gap) < target / 2
    ratio = np.where(near, gap / target, 0)
    log = np.where(near, np.log1p(ratio), np.log(mean) - np.log(target))

    def integral(q):
        """The integral of t^(q-1) from the target to the prediction."""
        if q == 0:
            return log
        x = q * log
        return np.where(np.abs(x) < 1, target**q * np.expm1(x) / q, (mean**q - target**q) / q)

    def excess(q):
        return 0 * log if q == 0 else exp_minus_linear(q * log) / q

    value = np.where(near, target**b * (excess(b) - excess(a)), integral(b) - target * integral(a))
    value = np.where((mean == 0) & (a <= 0), np.inf, value)
    quotient = power * target / mean if power > 0 else 0
    of_none = (mean**b / b if b > 0 else np.full_like(pred, np.inf)), mean**a, (a * mean**-power if a != 0 else 0 * gap)
    of_some = value, gap / mean**power, (a + quotient) / mean**power
    return tuple(np.where(target == 0, x, y) for x, y in zip(of_none, of_some, strict=True))


@pointwise(target=NONNEGATIVE, boosting=Boosting(link="exp", start="log_mean"))
def generalized_kl(pred, target):
    """Generalised Kullback-Leibler divergence of masses that need not sum to 1, from the logarithm of the predicted one.

    With x = pred, the log of the predicted mass, and y = target; 0·log 0 = 0::

        value      y (log y - x) + exp(x) - y
        gradient   exp(x) - y
        Hessian    exp(x)

    Parameters
    ----------
    pred : array_like
        Logarithms of the predicted masses, of any shape.
    target : array_like
        Masses, nonnegative, of the shape of `pred`.

    Notes
    -----
    It is `poisson` less its least value at the target, y - y log y, half of Poisson's deviance: never negative, 0
    where the two masses are equal, and with its digits near there. Its sum is the I-divergence of Csiszár [1]_, of
    nonnegative matrix factorisation too, and Optax's `generalized_kl_divergence`, which adds it up along an axis;
    of masses that sum to 1 that is `kl_divergence`.

    References
    ----------
    .. [1] Csiszár, I. (1991). Why least squares and maximum entropy? An axiomatic approach to inference for linear inverse
       problems. Annals of Statistics, 19(4), 2032-2066.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.generalized_kl([0.0, 0.0], [1.0, 0.0], reduction="none")
    array([0., 1.])
    >>> fl.generalized_kl.grad([0.0, 0.0], [1.0, 3.0])
    array([ 0., -1.])
    """
    mass = np.exp(pred)
    return half_poisson_deviance(pred, target), mass - target, mass
