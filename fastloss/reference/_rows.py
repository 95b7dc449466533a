"""The losses of a row: a class axis, and for each row a label or a number for every class.

Each function takes predictions (n, classes) and labels (n,) or targets (n, classes), and returns (value,
gradient, diagonal Hessian, mass), where `mass` (n,) is what a row counts, beside its sample weight, in the
denominator of a mean.
"""

from __future__ import annotations

import numpy as np

from fastloss._boosting_words import Boosting, instead
from fastloss._kinds import (
    LOG_PROBABILITY,
    NONNEGATIVE,
    PROBABILITY,
    ClassWeight,
    Flag,
    Fraction,
    Integer,
    Softcap,
    Temperature,
)
from fastloss._registry import rows
from fastloss.reference._softmax import softened


def _one_hot(labels, classes, ignore_index, dtype):
    """For each label a row of zeros with a 1 at the label; without the 1 where the label is ignored."""
    chosen = (labels[:, None] == np.arange(classes)) & (labels != ignore_index)[:, None]
    return chosen.astype(dtype)


def _per_class(class_weight, classes, dtype):
    return np.broadcast_to(np.asarray(1 if class_weight is None else class_weight, dtype), (classes,))


def log_probability_loss(
    pred,
    target,
    of_log_q,
    class_weight=None,
    ignore_index=None,
    label_smoothing=0.0,
    temperature=1.0,
    softcap=None,
    z_loss=0.0,
):
    """The sum of a function F of log q over the classes, with q the softmax and t what each class counts.

    `of_log_q` gets log q, q and 1 - q, each with all its digits, and returns F and its derivatives by log q. Then::

        value      Σ t F
        gradient   t F' - q Σ t F'                            by the logit of the class
        Hessian    t F'' (1 - q)² + q² S - q (1 - q) Σ t F'   with S the sum of t F'' over the other classes

    and what `cross_entropy` says of the other options.
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

    # Relative to the largest logit, Σ exp = 1 + others; log1p(others) and others/(1 + others) are -log q
    # and 1 - q of an almost certain class with all their digits; so is Σu - u, summed over the others.
    # The first of equal largest logits is `top`.
    top = np.max(pred, axis=1, keepdims=True, initial=-np.inf)
    is_top = (pred == top) & (np.cumsum(pred == top, axis=1) == 1)

    def others_of(x):
        of_top = np.where(is_top, 0, x).sum(axis=1, keepdims=True)
        return np.where(is_top, of_top, x.sum(axis=1, keepdims=True) - x)

    shifted, base, by_logit, twice_by_logit = softened(pred, top, temperature, softcap)
    e = np.exp(shifted)
    others = np.where(np.isfinite(top), np.where(is_top, 0, e).sum(axis=1, keepdims=True), np.nan)
    q = e / (1 + others)
    not_q = np.where(is_top, others / (1 + others), 1 - q)
    log_sum = np.log1p(others)
    value, slope, bend = of_log_q(shifted - log_sum, q, not_q)

    # A row whose classes count nothing is still NaN where its softmax is: 0 · NaN.
    value = np.where(t == 0, 0, t * value).sum(axis=1) + 0 * others[:, 0]
    u, bend = np.where(t == 0, 0, -t * slope), np.where(t == 0, 0, t * bend)
    grad = q * others_of(u) - u * not_q
    hess = u.sum(axis=1, keepdims=True) * q * not_q + bend * not_q**2 + q**2 * others_of(bend)

    lse, z = base + log_sum, pred.dtype.type(z_loss) * mass[:, None]
    pull = np.where(z == 0, 0, 2 * z * lse)
    value = value + (pull * lse / 2)[:, 0]
    grad, hess = grad + pull * q, hess + pull * q * not_q + 2 * z * q * q
    grad, hess = grad * by_logit, hess * by_logit * by_logit + grad * twice_by_logit
    counts = (mass != 0) | (t != 0).any(axis=1)
    value, grad, hess = (np.where(counts if x.ndim == 1 else counts[:, None], x, 0) for x in (value, grad, hess))
    return value, grad, hess, mass


@rows(
    target=NONNEGATIVE,
    labels=True,
    softmax=True,
    ulp=6.0,
    unit=1.0,
    boosting=Boosting(
        exact="hessian",
        upper_bound="twice_hessian",
        xgboost="twice_hessian",
        lightgbm="friedman",
        link="softmax",
        start="log_frequencies",
        products="of_softmax",
    ),
)
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

    def of_log_q(log_q, q, not_q):
        return -log_q, -np.ones_like(q), np.zeros_like(q)

    options = class_weight, ignore_index, label_smoothing, temperature, softcap, z_loss
    return log_probability_loss(pred, target, of_log_q, *options)


@rows(
    prediction=LOG_PROBABILITY,
    labels=True,
    probabilities=False,
    label_alone=True,
    of_logits="cross_entropy",
    boosting=instead("cross_entropy"),
)
def nll(pred, target, *, class_weight: ClassWeight = None, ignore_index: Integer = -100):
    """Negative log-likelihood of log-probabilities: `cross_entropy` after a log-softmax of your own.

    For a row x of log-probabilities with label y::

        value      -class_weight[y] x[y]
        gradient   -class_weight[y] at y,  0 elsewhere
        Hessian    0

    Parameters
    ----------
    pred : array_like
        Log-probabilities (not logits, nor probabilities), of any shape with the C classes along `axis`.
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
    is read, and looked at by `check_domain`; where it is NaN, value and gradient of the row are.

    A log-probability is at most 0. Up to 2⁻¹⁶ is accepted, for what rounding leaves in a log-softmax by hand.
    Of logits take `cross_entropy`; of probabilities the logarithm.

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


@rows(
    prediction=LOG_PROBABILITY,
    target=NONNEGATIVE,
    target_at=("log_target", 1, LOG_PROBABILITY),
    ulp=8.0,
    unit=1.0,
    of_logits="cross_entropy",
    boosting=instead("cross_entropy"),
)
def kl_divergence(pred, target, *, log_target: Flag = False):
    """Kullback-Leibler divergence of predicted log-probabilities from target probabilities.

    For a row x of predicted log-probabilities and a row p of target probabilities, with 0·∞ = 0::

        value      KL(p ‖ exp x) = Σ p (log p - x)
        gradient   -p
        Hessian    0

    Parameters
    ----------
    pred : array_like
        Log-probabilities (not logits, nor probabilities), of any shape with the classes along `axis`.
    target : array_like
        Probabilities, or their logarithms where `log_target` is set; of the shape of `pred`.
    log_target : bool, default False
        Whether `target` holds logarithms, where -inf is a probability of 0.

    Notes
    -----
    The prediction comes first, as everywhere, and holds log-probabilities: mathematics writes the
    arguments the other way round. The divergence is summed over the class axis and averaged over the rows,
    so "mean" is PyTorch's ``reduction="batchmean"`` for inputs of two dimensions; PyTorch's own "mean"
    divides by the number of classes too. Neither argument is normalised. A class with p = 0 contributes 0
    even where the prediction is -inf. A log-probability is at most 0; up to 2⁻¹⁶ is accepted, for what rounding
    leaves in a log-softmax by hand. Of two rows of logits take `distillation_kl`, of logits and probabilities
    `cross_entropy`, which differs by the entropy of the target. The divergence is that of Kullback and Leibler [1]_.

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


@rows(prediction=PROBABILITY, target=PROBABILITY, smoothness=0, kinks="pred == target", boosting=instead("cross_entropy"))
def total_variation(pred, target):
    """Total variation distance of predicted from target probabilities.

    For a row q of predicted and a row p of target probabilities::

        value      1/2 Σ |q - p|
        gradient   1/2 sign(q - p)        0 at a tie
        Hessian    0

    Parameters
    ----------
    pred : array_like
        Probabilities (not logits) within [0, 1], of any shape with the classes along `axis`.
    target : array_like
        Probabilities within [0, 1], of the shape of `pred`.

    Notes
    -----
    For rows that sum to 1 it is the largest difference between the probabilities that the two give to one
    event, and lies within [0, 1] [1]_. Neither argument is normalised. The distance is summed over the class
    axis and averaged over the rows. At a tie libraries choose other subgradients: Liger Kernel's is -1/2.

    References
    ----------
    .. [1] Gibbs, A. L., & Su, F. E. (2002). On choosing and bounding probability metrics. International
       Statistical Review, 70(3), 419-435.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.total_variation([[0.5, 0.5], [0.25, 0.75]], [[0.25, 0.75], [0.25, 0.75]])
    0.125
    >>> fl.total_variation.grad([[0.5, 0.5], [0.25, 0.75]], [[0.25, 0.75], [0.25, 0.75]], reduction="sum")
    array([[ 0.5, -0.5],
           [ 0. ,  0. ]])
    """
    r = pred - target
    value = (np.abs(r) / 2).sum(axis=1)
    grad = np.where(np.isnan(value)[:, None], np.nan, np.sign(r) / 2)
    return value, grad, np.zeros_like(r), np.ones(len(pred), pred.dtype)
