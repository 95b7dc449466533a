"""The losses of a row that compare its softmax with that of the target's logits.

Each function takes and returns what those in `_rows.py` do, and last the gradient with respect to the target.
"""

from __future__ import annotations

import numpy as np

from fastloss._boosting_words import instead
from fastloss._kinds import Mixture, Temperature
from fastloss._registry import rows


def _first_largest(x):
    """Where the first largest number of each row is."""
    largest = x == np.max(x, axis=1, keepdims=True, initial=-np.inf)
    return largest & (np.cumsum(largest, axis=1) == 1)


def _exponentials(logits, temperature):
    """Each row's exp((x - max x) / temperature), its sum less the largest 1, and the exponents. NaN without a finite logit."""
    top = np.max(logits, axis=1, keepdims=True, initial=-np.inf)
    exponents = np.where(np.isfinite(top), (logits - top) / temperature, np.nan)
    e = np.exp(exponents)
    others = np.where(_first_largest(logits), 0, e).sum(axis=1, keepdims=True)
    return exponents, e, np.where(np.isfinite(top), others, np.nan)


def _softplus(x):
    return np.logaddexp(0, x)


def _sigmoid(x):
    return 1 / (1 + np.exp(-x))


def _of_the_first_largest(x, logits):
    """Each row's number of `x` where the logit is largest; and the differences from it, 0 where both are infinite."""
    at = np.where(_first_largest(logits), x, 0).sum(axis=1, keepdims=True)
    return at, np.where(x == at, 0, x - at)


def _divergence(p, x, r):
    """Σ p log(p/r), with x = log(p/r), for rows that add up to 1: of terms r - p + p x, which are never negative."""
    near = p * (x + np.expm1(-np.maximum(x, -1)))
    return np.where(p == 0, r, np.where(x < -1, r + p * (x - 1), near)).sum(axis=1, keepdims=True)


def _softplus_fall(v_top, v, gap):
    """softplus(v_top) - softplus(v_top + gap), where v is that sum."""
    close = -np.log1p(_sigmoid(v_top) * np.expm1(np.clip(gap, -1, 1)))
    return np.where(np.abs(gap) < 1, close, _softplus(v_top) - _softplus(v))


def _bend(share, v):
    """log(1 - share) + share, of share = sigmoid(v)."""
    x = np.minimum(share, 1 / 16)
    small = 0
    for k in range(26, 1, -1):  # the 27th term is below 2^-100 of the sum
        small = (small + 1 / (x * 0 + k)) * x
    return np.where(share < 1 / 16, -small * x, share - _softplus(v))


def _mean(p, slope, divergence):
    """Σ p · slope, NaN where the divergence is infinite."""
    return np.where(np.isinf(divergence), np.nan, np.where(p == 0, 0, p * slope).sum(axis=1, keepdims=True))


def _jensen_shannon(pred, target, beta, temperature):
    """The generalized Jensen-Shannon divergence and its derivatives; `beta` 0 and 1 are the two Kullback-Leibler divergences.

    Differences that cancel are taken where they are exact: see csrc/losses/jensen_shannon.h, which derives them.
    """
    temperature = pred.dtype.type(temperature)
    s, e, q_others = _exponentials(pred, temperature)
    t, w, p_others = _exponentials(target, temperature)
    q, p = e / (1 + q_others), w / (1 + p_others)
    not_q = np.where(_first_largest(pred), q_others / (1 + q_others), 1 - q)

    # d = log(p/q): less the logarithm of the sums' ratio, from the sum of differences of exponentials.
    gap = np.where(s == t, 0, t - s)
    more = (np.where(gap > 0, -w, e) * np.expm1(-np.abs(gap))).sum(axis=1, keepdims=True)
    d = gap - np.where(more > 0, np.log1p(more / (1 + q_others)), -np.log1p(-more / (1 + p_others)))
    d_q, from_q = _of_the_first_largest(d, pred)
    d_p, from_p = _of_the_first_largest(d, target)
    difference = np.where(d < -1, q - p, p * np.expm1(-np.maximum(d, -1)))

    if beta == 0:
        value = _divergence(p, d, q)
        grad, hess = difference, q * not_q
        target_grad = p * (from_p - _mean(p, from_p, value))
    else:
        beta = np.full_like(pred[:, :1], beta)
        rest = 1 - beta
        above = d > 0
        ratio = np.where(above, rest, beta) * np.exp(-np.abs(d)) + np.where(above, beta, rest)
        beside_1 = np.where(above, rest, beta) * np.expm1(-np.abs(d))
        larger = -np.where(beside_1 > -0.5, np.log1p(np.maximum(beside_1, -0.5)), np.log(ratio))
        smaller = larger - np.abs(d)
        log_odds = np.log(beta) - np.log(rest)
        if rest[:1].any():
            v, m = d + log_odds, beta * p + rest * q
            slope = _softplus_fall(d_q + log_odds, v, from_q)
            target_slope = _softplus_fall(-d_p - log_odds, -v, -from_p)
            share = np.where(m == 0, 0, beta * p / np.where(m == 0, 1, m))
            bend = _bend(share, v)
            value = beta * _divergence(p, np.where(above, larger, smaller), m)
            value = value + rest * _divergence(q, np.where(above, smaller, larger), m)
            target_grad = beta * p * (target_slope - _mean(p, target_slope, value))
        else:
            slope, share, bend, rest = -from_q, np.ones_like(d), -from_q, np.ones_like(beta)
            value, target_grad = _divergence(q, -d, p), -difference
        largest = _first_largest(pred)
        others = np.where(largest | (q == 0), 0, q * bend).sum(axis=1, keepdims=True)
        top = np.where(largest, bend, 0).sum(axis=1, keepdims=True)
        bend = np.where(largest, not_q * bend - others, bend - others - (q * largest).sum(axis=1, keepdims=True) * top)
        grad = rest * q * (slope - _mean(q, slope, value))
        hess = rest * q * ((not_q - q) * bend + not_q * _mean(q, share, np.zeros_like(value)))
        hess = np.where(np.isinf(value), np.nan, hess)
        grad, hess = (np.where((q == 0) & ~np.isnan(value), 0, x) for x in (grad, hess))
    # A row without a class has no term to be NaN.
    value = np.where(np.isnan(q_others) | np.isnan(p_others), np.nan, value)
    target_grad = np.where((p == 0) & ~np.isnan(value), 0, target_grad)
    # 0 and not -0, as the kernels give.
    grad, hess, target_grad = grad / temperature + 0.0, hess / temperature / temperature, target_grad / temperature + 0.0
    return value[:, 0], grad, hess, np.ones(len(pred), pred.dtype), target_grad


# 6 ulp: a gradient is a difference of two softmaxes, or a probability times one of a slope and the mean of slopes, and each of
# these terms may be off by 2: 4.32 was found in 200,000 draws.
@rows(differentiable_target=True, ulp=6.0, unit=1.0, boosting=instead("cross_entropy"))
def distillation_kl(pred, target, *, temperature: Temperature = 1.0):
    """Kullback-Leibler divergence of a student's softmax from a teacher's, from the logits of both.

    For a row s of the student's logits and a row t of the teacher's, with T the temperature and 0·∞ = 0::

        q = softmax(s / T),  p = softmax(t / T)

        value      KL(p ‖ q) = Σ p (log p - log q)
        gradient   (q - p) / T                             by s
                   p (log p - log q - KL(p ‖ q)) / T       by t
        Hessian    q (1 - q) / T²                          by s, its diagonal

    Parameters
    ----------
    pred : array_like
        The student's logits, of any shape with the classes along `axis`. -inf masks a class.
    target : array_like
        The teacher's logits, of the shape of `pred`. -inf masks a class.
    temperature : float, default 1.0
        What the logits of both are divided by, from 0.001 to 1000.

    Notes
    -----
    The divergence is summed over the class axis and averaged over the rows, so "mean" is PyTorch's
    ``reduction="batchmean"`` of ``kl_div(log_softmax(s / T), softmax(t / T))`` for two dimensions. There is
    no factor T²: Hinton et al. [1]_ multiply by it, so that gradients keep their size when T changes; TRL and
    Liger do not.

    A class that the teacher masks adds 0. One that only the student masks makes the loss infinite: the
    gradient by the student's logits is as above, that by the teacher's is NaN where p > 0. A row without a
    finite logit, or with a logit of +inf or NaN, in either array, is NaN. Equal rows give exactly 0, and
    nearly equal ones lose no digits to cancellation.

    A probability below exp(-130) in float32, exp(-884) in float64, counts as 0. The gradient by the teacher's
    logits shows it where logits over T differ by more than 1e11 (1e60): else the product is 0 as well.

    References
    ----------
    .. [1] Hinton, G., Vinyals, O., & Dean, J. (2015). Distilling the knowledge in a neural network.
       arXiv:1503.02531.

    Examples
    --------
    >>> import numpy as np
    >>> import fastloss as fl
    >>> student, teacher = np.log([[1.0, 1.0], [1.0, 3.0]]), np.log([[1.0, 3.0], [1.0, 3.0]])
    >>> round(fl.distillation_kl(student, teacher), 6)  # the second row diverges by 0
    0.065406
    >>> by_student, by_teacher = fl.distillation_kl.grad(student, teacher, wrt=("pred", "target"))
    >>> by_student.round(6)
    array([[ 0.125, -0.125],
           [ 0.   ,  0.   ]])
    >>> by_teacher.round(6)
    array([[-0.102995,  0.102995],
           [ 0.      ,  0.      ]])
    """
    return _jensen_shannon(pred, target, 0, temperature)


# 8 ulp: a gradient is a probability times a difference of slope and mean, and slopes are logarithms of shares of the mixture,
# which are quotients of sums of two softmaxes.
@rows(differentiable_target=True, ulp=8.0, unit=1.0, boosting=instead("cross_entropy"))
def distillation_js(pred, target, *, beta: Mixture = 0.5, temperature: Temperature = 1.0):
    """Generalized Jensen-Shannon divergence of a student's softmax and a teacher's, from the logits of both.

    For a row s of the student's logits and a row t of the teacher's, with T the temperature and 0·∞ = 0::

        q = softmax(s / T),  p = softmax(t / T),  m = beta p + (1 - beta) q
        x = log p - log m,   y = log q - log m,   r = beta p / m

        value      beta KL(p ‖ m) + (1 - beta) KL(q ‖ m) = Σ beta p x + (1 - beta) q y
        gradient   (1 - beta) q (y - Σ q y) / T            by s
                   beta p (x - Σ p x) / T                  by t
        Hessian    (1 - beta) q ((1 - 2 q) (y - Σ q y) + (1 - q) r - q (r - Σ q r)) / T²     by s, its diagonal

    Parameters
    ----------
    pred : array_like
        The student's logits, of any shape with the classes along `axis`. -inf masks a class.
    target : array_like
        The teacher's logits, of the shape of `pred`. -inf masks a class.
    beta : float, default 0.5
        The teacher's part in the mixture m, between 0 and 1. At the ends, where the formula would be 0,
        the loss is what it tends to when divided by `beta`, or by 1 - `beta`: for 0 the forward divergence
        KL(p ‖ q), which is `distillation_kl`, for 1 the reverse one, KL(q ‖ p).
    temperature : float, default 1.0
        What the logits of both are divided by, from 0.001 to 1000.

    Notes
    -----
    This is the loss of generalized knowledge distillation [1]_ as TRL and Liger have it, the ends included. It
    is summed over the class axis and averaged over the rows. There is no factor T²: see `distillation_kl`.
    For 0 < beta < 1 it is at most the entropy of (beta, 1 - beta), log 2 for the Jensen-Shannon divergence
    [2]_, beta = 0.5, whatever is masked.

    Where one row masks what the other does not, the ends are infinite: `beta` = 1 where the teacher masks a
    class of the student's; the gradients by the logits whose distribution is the expectation's are then NaN,
    except where masked. A row without a finite logit, or with a logit of +inf or NaN, in either array, is NaN. Equal
    rows give exactly 0, and nearly equal ones lose no digits to cancellation. Tiny probabilities count as 0:
    see `distillation_kl`.

    References
    ----------
    .. [1] Agarwal, R., Vieillard, N., Zhou, Y., Stanczyk, P., Ramos, S., Geist, M., & Bachem, O. (2024).
       On-policy distillation of language models: learning from self-generated mistakes. International
       Conference on Learning Representations (ICLR).
    .. [2] Lin, J. (1991). Divergence measures based on the Shannon entropy. IEEE Transactions on Information
       Theory, 37(1), 145-151.

    Examples
    --------
    >>> import numpy as np
    >>> import fastloss as fl
    >>> student, teacher = np.log([[1.0, 1.0]]), np.log([[1.0, 3.0]])
    >>> round(fl.distillation_js(student, teacher), 6)
    0.033822
    >>> round(fl.distillation_js(student, teacher, beta=1.0), 6)  # the reverse divergence
    0.143841
    >>> fl.distillation_js.grad(student, teacher).round(6)
    array([[ 0.063853, -0.063853]])
    """
    return _jensen_shannon(pred, target, beta, temperature)
