"""The losses of a row: a class axis, and for each row a label or a number for every class.

Each function takes predictions (n, classes) and labels (n,) or targets (n, classes), and returns (value,
gradient, diagonal Hessian, mass), where `mass` (n,) is what a row counts, beside its sample weight, in the
denominator of a mean; and last, where the target is differentiable, the gradient with respect to it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from fastloss._registry import NONNEGATIVE, ClassWeight, Flag, Fraction, Integer, Mixture, Softcap, Temperature, rows

__all__ = ["softened_logits"]


def _one_hot(labels, classes, ignore_index, dtype):
    """For each label a row of zeros with a 1 at the label; without the 1 where the label is ignored."""
    chosen = (labels[:, None] == np.arange(classes)) & (labels != ignore_index)[:, None]
    return chosen.astype(dtype)


def _per_class(class_weight, classes, dtype):
    return np.broadcast_to(np.asarray(1 if class_weight is None else class_weight, dtype), (classes,))


def softened_logits(logits: Any, top: Any, temperature: Any, softcap: Any) -> tuple[Any, Any, Any, Any]:
    """Of softened logits z: z less that of `top`, that of `top`, and both derivatives by the logits given."""
    temperature = logits.dtype.type(temperature)
    half = logits / 2 - top / 2  # a difference may be too large for a number
    if softcap is None:
        return half * (2 / temperature), top / temperature, 1 / temperature, 0
    cap = logits.dtype.type(softcap)
    # tanh's difference as a product, as in csrc/math/softening.h; 1 - tanh² as 4 e / (1 + e)².
    e, e_top = (np.exp(-2 * np.abs(x / cap)) for x in (logits, top))
    one_sign = (logits < 0) == (top < 0)
    share = np.expm1(4 * (half / cap)) * np.where(one_sign, np.maximum(e, e_top), 1) / ((1 + e) * (1 + e_top))
    below = np.where(logits == -np.inf, -np.inf, 2 * cap / temperature * share)
    slope = 4 * e / ((1 + e) * (1 + e)) / temperature
    return below, cap * np.tanh(top / cap) / temperature, slope, -2 * np.tanh(logits / cap) * slope / cap


@rows(target=NONNEGATIVE, labels=True, ulp=6.0, unit=1.0)
def cross_entropy(
    pred,
    target,
    *,
    class_weight: ClassWeight = None,
    ignore_index: Integer = -100,
    label_smoothing: Fraction = 0.0,
    temperature: Temperature = 1.0,
    softcap: Softcap = None,
    z_loss: Fraction = 0.0,
):
    """Cross-entropy of the softmax of logits, with labels or with probabilities as targets.

    For a row x of C logits, with y the target (1 at the label and 0 elsewhere where it is a label) and 0·∞ = 0::

        q = exp(x) / Σ exp(x)                                                the softmax
        t = class_weight · ((1 - label_smoothing) y + label_smoothing / C)   what each class counts

        value      -Σ t log q
        gradient   q Σt - t
        Hessian    q (1 - q) Σt                                              its diagonal

    With `softcap` or `temperature` that x is softcap · tanh(x / softcap) / temperature of the logits given, and
    derivatives are by these. With Z = log Σ exp(x), and m what the row counts in the mean beside its sample
    weight, `z_loss` adds::

        value      z_loss m Z²
        gradient   2 z_loss m Z q
        Hessian    2 z_loss m (q² + Z q (1 - q))

    Parameters
    ----------
    pred : array_like
        Logits, of any shape with the C classes along `axis`. -inf masks a class.
    target : array_like
        Either labels, of any integer dtype and the shape of `pred` without `axis`, or nonnegative
        floating-point numbers of the shape of `pred`, usually probabilities. They are used as they are: not
        normalised.
    class_weight : array_like, optional
        One number a class, nonnegative and finite. None: all 1.
    ignore_index : int, default -100
        Rows with this label have loss 0 and gradient exactly 0, and do not count in the mean. It need not
        be a class. It has no meaning for probabilities.
    label_smoothing : float, default 0.0
        The part of the target that is spread evenly over all classes, between 0 and 1.
    temperature : float, default 1.0
        Logits are divided by it, between 0.001 and 1000. Nothing is multiplied by its square.
    softcap : float, optional
        Logits are bent into the range from -softcap to softcap, before they are divided by the temperature;
        between 1 and 1e6. None: they are not. -inf still masks a class.
    z_loss : float, default 0.0
        What the square of the logarithm of the sum of exponentials adds, between 0 and 1: it keeps that sum near 1.

    Notes
    -----
    With labels, the mean is that of PyTorch: it divides by the sum of weight · class_weight[label]
    over the rows not ignored, smoothing or not. With probabilities it divides by the sum of the sample
    weights alone; class weights do not enter. When all rows are ignored, the mean is NaN, the sum 0 and the
    gradient 0.

    A logit of -inf is a masked class: its probability is 0, and so is its gradient where t = 0; where t > 0
    the loss is infinite (smoothing makes every t positive). A row without a finite logit, or with a logit
    of +inf or NaN, is NaN. A label whose class weighs 0 is as good as ignored, unless smoothing leaves the
    row something to lose.

    The gradient is computed as q (Σt - t) - t (1 - q), which keeps its digits at an almost certain label:
    -(1 - q). The z-loss counts as its row does: times the class weight of the label, divided by the same
    denominator. (Liger-Kernel leaves class weights out of it.)

    The softmax as a statistical model of classes is due to Bridle [1]_, label smoothing to Szegedy et al. [2]_,
    the cap on logits to Bello et al. [3]_, and the penalty on the sum, as it is used here, to Chowdhery et al. [4]_.

    References
    ----------
    .. [1] Bridle, J. S. (1990). Probabilistic interpretation of feedforward classification network outputs,
       with relationships to statistical pattern recognition. Neurocomputing, NATO ASI Series 68, 227-236.
    .. [2] Szegedy, C., Vanhoucke, V., Ioffe, S., Shlens, J., & Wojna, Z. (2016). Rethinking the Inception
       architecture for computer vision. IEEE Conference on Computer Vision and Pattern Recognition (CVPR),
       2818-2826.
    .. [3] Bello, I., Pham, H., Le, Q. V., Norouzi, M., & Bengio, S. (2016). Neural combinatorial optimization
       with reinforcement learning. arXiv:1611.09940.
    .. [4] Chowdhery, A., et al. (2023). PaLM: scaling language modeling with pathways. Journal of Machine
       Learning Research, 24(240), 1-113.

    Examples
    --------
    >>> import fastloss as fl
    >>> logits = [[0.0, 0.0, 0.0, 0.0], [1.0, 2.0, 3.0, 4.0]]
    >>> round(fl.cross_entropy(logits, [2, -100]), 6)  # log 4: the second row is ignored
    1.386294
    >>> fl.cross_entropy.grad(logits, [2, -100])
    array([[ 0.25,  0.25, -0.75,  0.25],
           [ 0.  ,  0.  ,  0.  ,  0.  ]])
    >>> round(fl.cross_entropy(logits, [2, 3], temperature=2.0, softcap=30.0, z_loss=1e-4), 6)
    1.089691
    """
    n, classes = pred.shape
    per_class = _per_class(class_weight, classes, pred.dtype)
    smoothing = pred.dtype.type(label_smoothing)
    if target.ndim == 1:
        target = _one_hot(target, classes, ignore_index, pred.dtype)
        kept, mass = target.sum(axis=1, keepdims=True), (target * per_class).sum(axis=1)
    else:
        kept, mass = 1, np.ones(n, pred.dtype)
    t = per_class * ((1 - smoothing) * target + smoothing / classes * kept)
    total = t.sum(axis=1, keepdims=True)

    # Relative to the largest logit, Σ exp = 1 + others; log1p(others) and others/(1 + others) are the loss
    # and 1 - q of an almost certain class with all their digits; so is Σt - t, summed over the others.
    # Of equal largest logits the first is `top`.
    top = np.max(pred, axis=1, keepdims=True, initial=-np.inf)
    is_top = (pred == top) & (np.cumsum(pred == top, axis=1) == 1)
    shifted, base, slope, bend = softened_logits(pred, top, temperature, softcap)
    e = np.exp(shifted)
    others = np.where(np.isfinite(top), np.where(is_top, 0, e).sum(axis=1, keepdims=True), np.nan)
    q = e / (1 + others)
    not_q = np.where(is_top, others / (1 + others), 1 - q)
    not_t = np.where(is_top, np.where(is_top, 0, t).sum(axis=1, keepdims=True), total - t)

    log_sum = np.log1p(others)
    lse, z = base + log_sum, pred.dtype.type(z_loss) * mass[:, None]
    pull = np.where(z == 0, 0, 2 * z * lse)
    value = (total * log_sum + pull * lse / 2)[:, 0] - np.where(t == 0, 0, t * shifted).sum(axis=1)
    grad = q * (not_t + pull) - t * not_q
    hess = (total + pull) * q * not_q + 2 * z * q * q
    results = value, grad * slope, hess * slope * slope + grad * bend
    counts = (mass != 0) | (total[:, 0] != 0)
    value, grad, hess = (np.where(counts if x.ndim == 1 else counts[:, None], x, 0) for x in results)
    return value, grad, hess, mass


@rows(labels=True, probabilities=False)
def nll(pred, target, *, class_weight: ClassWeight = None, ignore_index: Integer = -100):
    """Negative log-likelihood of log-probabilities: `cross_entropy` after a log-softmax of your own.

    For a row x of log-probabilities with label y::

        value      -class_weight[y] x[y]
        gradient   -class_weight[y] at y,  0 elsewhere
        Hessian    0

    Parameters
    ----------
    pred : array_like
        Log-probabilities, of any shape with the C classes along `axis`.
    target : array_like
        Labels, of any integer dtype and the shape of `pred` without `axis`.
    class_weight : array_like, optional
        One number a class, nonnegative and finite. None: all 1.
    ignore_index : int, default -100
        Rows with this label have loss 0 and gradient exactly 0, and do not count in the mean. It need not
        be a class.

    Notes
    -----
    The predictions are taken as they are, not normalised: the gradient is that with respect to the
    log-probabilities, not to logits. The mean divides by the sum of weight · class_weight[label] over the
    rows not ignored, as in PyTorch, and is NaN when all are ignored. Only the log-probability of the label
    is read; where it is NaN, value and gradient of the row are.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.nll([[-1.0, -2.0], [-0.5, -4.0]], [1, 0])
    1.25
    >>> fl.nll.grad([[-1.0, -2.0], [-0.5, -4.0]], [1, 0])
    array([[ 0. , -0.5],
           [-0.5,  0. ]])
    """
    classes = pred.shape[1]
    t = _one_hot(target, classes, ignore_index, pred.dtype) * _per_class(class_weight, classes, pred.dtype)
    value = 0 - np.where(t == 0, 0, t * pred).sum(axis=1)  # 0 - x: a loss of 0 is not -0
    grad = np.where(np.isnan(value)[:, None], np.nan, 0 - t)
    return value, grad, np.zeros_like(grad), t.sum(axis=1)


@rows(target=NONNEGATIVE, ulp=8.0, unit=1.0)
def kl_divergence(pred, target, *, log_target: Flag = False):
    """Kullback-Leibler divergence of predicted log-probabilities from target probabilities.

    For a row x of predicted log-probabilities and a row p of target probabilities, with 0·∞ = 0::

        value      KL(p ‖ exp x) = Σ p (log p - x)
        gradient   -p
        Hessian    0

    Parameters
    ----------
    pred : array_like
        Log-probabilities, of any shape with the classes along `axis`.
    target : array_like
        Probabilities, or their logarithms where `log_target` is set; of the shape of `pred`.
    log_target : bool, default False
        Whether `target` holds logarithms (where -inf is a probability of 0 and nothing is outside the
        domain).

    Notes
    -----
    The prediction comes first, as everywhere, and holds log-probabilities: mathematics writes the
    arguments the other way round. The divergence is summed over the class axis and averaged over the rows,
    so "mean" is PyTorch's ``reduction="batchmean"`` for inputs of two dimensions; PyTorch's own "mean"
    divides by the number of classes too. Neither argument is normalised. A class with p = 0 contributes 0
    even where the prediction is -inf. The divergence is that of Kullback and Leibler [1]_.

    References
    ----------
    .. [1] Kullback, S., & Leibler, R. A. (1951). On information and sufficiency. Annals of Mathematical
       Statistics, 22(1), 79-86.

    Examples
    --------
    >>> import numpy as np
    >>> import fastloss as fl
    >>> log_q = np.log([[0.5, 0.5], [0.25, 0.75]])
    >>> round(fl.kl_divergence(log_q, [[0.25, 0.75], [0.25, 0.75]]), 6)  # the second row diverges by 0
    0.065406
    >>> fl.kl_divergence.grad(log_q, [[0.25, 0.75], [0.25, 0.75]])
    array([[-0.125, -0.375],
           [-0.125, -0.375]])
    """
    p = np.exp(target) if log_target else target
    log_p = target if log_target else np.log(target)
    value = np.where((p == 0) & ~np.isnan(pred), 0, p * (log_p - pred)).sum(axis=1)
    grad = np.where(np.isnan(value)[:, None], np.nan, 0 - p)
    return value, grad, np.zeros_like(p), np.ones(len(pred), pred.dtype)


def _first_largest(x):
    """Of each row where its first largest number is."""
    largest = x == np.max(x, axis=1, keepdims=True, initial=-np.inf)
    return largest & (np.cumsum(largest, axis=1) == 1)


def _exponentials(logits, temperature):
    """Of each row exp((x - max x) / temperature), its sum less the largest 1, and the exponents. NaN without a finite logit."""
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
    """Of each row the number of `x` where the logit is largest; and the differences from it, 0 where both are infinite."""
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
    grad, hess, target_grad = grad / temperature, hess / temperature / temperature, target_grad / temperature
    return value[:, 0], grad, hess, np.ones(len(pred), pred.dtype), target_grad


@rows(differentiable_target=True, ulp=8.0, unit=1.0)
def distillation_kl(pred, target, *, temperature: Temperature = 1.0):
    """Kullback-Leibler divergence of a student's softmax from a teacher's, from the logits of both.

    For a row s of the student's logits and a row t of the teacher's, with T the temperature and 0·∞ = 0::

        q = softmax(s / T),  p = softmax(t / T)

        value      KL(p ‖ q) = Σ p (log p - log q)
        gradient   (q - p) / T                             by s
                   p (log p - log q - KL(p ‖ q)) / T       by t, with target_grad=True
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
    >>> by_student, by_teacher = fl.distillation_kl.grad(student, teacher, target_grad=True)
    >>> by_student.round(6)
    array([[ 0.125, -0.125],
           [ 0.   ,  0.   ]])
    >>> by_teacher.round(6)
    array([[-0.102995,  0.102995],
           [ 0.      ,  0.      ]])
    """
    return _jensen_shannon(pred, target, 0, temperature)


# 16 ulp: (a - max a) / temperature is rounded twice, by which a probability loses its distance from the largest in ulp; a
# gradient may depend on both it and the other row's and yet, where the losses cancel in exact arithmetic, not on the logit.
@rows(differentiable_target=True, ulp=16.0, unit=1.0)
def distillation_js(pred, target, *, beta: Mixture = 0.5, temperature: Temperature = 1.0):
    """Generalized Jensen-Shannon divergence of a student's softmax and a teacher's, from the logits of both.

    For a row s of the student's logits and a row t of the teacher's, with T the temperature and 0·∞ = 0::

        q = softmax(s / T),  p = softmax(t / T),  m = beta p + (1 - beta) q
        x = log p - log m,   y = log q - log m,   r = beta p / m

        value      beta KL(p ‖ m) + (1 - beta) KL(q ‖ m) = Σ beta p x + (1 - beta) q y
        gradient   (1 - beta) q (y - Σ q y) / T            by s
                   beta p (x - Σ p x) / T                  by t, with target_grad=True
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
    rows give exactly 0, and nearly equal ones lose no digits to cancellation.

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
