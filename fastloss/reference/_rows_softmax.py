"""The losses of a row that are a function of log q, the logarithm of the softmax of its logits, other than `cross_entropy`.

Each function takes and returns what those in `_rows.py` do.
"""

from __future__ import annotations

import numpy as np

from fastloss._boosting_words import Boosting, instead
from fastloss._kinds import (
    NONNEGATIVE,
    ClassWeight,
    Fraction,
    Integer,
    LogProbability,
    NonNegative,
    PolyFactor,
    PositiveFraction,
    Softcap,
    Temperature,
)
from fastloss._registry import rows
from fastloss.reference._rows import log_probability_loss


@rows(labels=True, probabilities=False, softmax=True, ulp=6.0, reduction="none", unit=1.0, boosting=instead("cross_entropy"))
def selected_log_probs(pred, target, *, ignore_index: Integer = -100, temperature: Temperature = 1.0, softcap: Softcap = None):
    """Log-probability that the softmax of logits gives to each label: of the chosen tokens, for DPO, PPO and GRPO.

    For a row x of logits with label y::

        q = exp(x) / Σ exp(x)      the softmax

        value      log q[y]
        gradient   1 - q[y] at y,  -q elsewhere
        Hessian    -q (1 - q)      its diagonal

    With `softcap` or `temperature` that x is softcap · tanh(x / softcap) / temperature of the logits given, and
    derivatives are by these.

    Parameters
    ----------
    pred : array_like
        Logits, of any shape with the C classes along `axis`. -inf masks a class.
    target : array_like
        Labels, of any integer dtype and the shape of `pred` without `axis`.
    ignore_index : int, default -100
        Rows with this label have value 0 and gradient exactly 0, and do not count in a mean. It need not be a
        class.
    temperature : float, default 1.0
        Logits are divided by it, between 0.001 and 1000: that at which tokens were drawn, for the ratios of PPO and
        GRPO.
    softcap : float, optional
        Logits are bent into the range from -softcap to softcap, before they are divided by the temperature;
        between 1 and 1e6. None: they are not. -inf still masks a class.

    Notes
    -----
    The values are at most 0, and training makes them larger: minus `cross_entropy`, row by row, which is why
    nothing is reduced unless asked for. With a function g of the log-probabilities, a loss of preferences such
    as DPO [1]_ or a clipped policy gradient such as GRPO [2]_, the gradient of g by the logits is that of
    ``sum(dg * value)``: ``selected_log_probs.vjp(pred, target, dg)``, where dg are the derivatives of g by
    each log-probability, of either sign.

    A masked label has value -inf. A row without a finite logit, or with a logit of +inf or NaN, is NaN.

    Of several labels a row, an array of the shape (rows, labels), the log-probabilities are
    ``np.take_along_axis(fl.log_softmax(pred), labels, -1)``; the gradient by the logits of a function of them, with the
    derivatives dg, is ``fl.log_softmax.vjp(pred, cotangent)`` with dg at the labels of a cotangent of zeros.

    References
    ----------
    .. [1] Rafailov, R., Sharma, A., Mitchell, E., Ermon, S., Manning, C. D., & Finn, C. (2023). Direct
       preference optimization: your language model is secretly a reward model. Advances in Neural Information
       Processing Systems (NeurIPS) 36.
    .. [2] Shao, Z., Wang, P., Zhu, Q., Xu, R., Song, J., Bi, X., Zhang, H., Zhang, M., Li, Y. K., Wu, Y., &
       Guo, D. (2024). DeepSeekMath: pushing the limits of mathematical reasoning in open language models.
       arXiv:2402.03300.

    Examples
    --------
    >>> import numpy as np
    >>> import fastloss as fl
    >>> logits = np.zeros((2, 4))
    >>> fl.selected_log_probs(logits, [2, -100]).round(6)  # log(1/4); the second token is padding
    array([-1.386294,  0.      ])
    >>> advantages = np.array([2.0, 5.0])  # with what the policy gradient weighs each token
    >>> fl.selected_log_probs.vjp(logits, [2, -100], advantages)
    array([[-0.5, -0.5,  1.5, -0.5],
           [ 0. ,  0. ,  0. ,  0. ]])
    """

    def of_log_q(log_q, q, not_q):
        return log_q, np.ones_like(q), np.zeros_like(q)

    return log_probability_loss(pred, target, of_log_q, ignore_index=ignore_index, temperature=temperature, softcap=softcap)


@rows(target=NONNEGATIVE, labels=True, softmax=True, ulp=10.0, unit=1.0, boosting=Boosting(link="softmax"))
def softmax_focal(
    pred,
    target,
    *,
    gamma: NonNegative = 2.0,
    class_weight: ClassWeight = None,
    ignore_index: Integer = -100,
    label_smoothing: Fraction = 0.0,
):
    """Focal loss of the softmax of logits: cross-entropy in which classes that are predicted well count less.

    For a row x of C logits, with y the target (1 at the label and 0 elsewhere where it is a label) and 0·∞ = 0::

        q = exp(x) / Σ exp(x)                                                the softmax
        t = class_weight · ((1 - label_smoothing) y + label_smoothing / C)   what each class counts

        value      -Σ t (1 - q)^gamma log q
        gradient   q Σv - v,  v = t (1 - q)^gamma (1 + gamma q r),  r = -log(q) / (1 - q)
        Hessian    q (1 - q) Σv + b (1 - 2q) + q² Σb,  b = t (1 - q)^gamma gamma q / (1 - q) (2 - r (1 - gamma q))

    Parameters
    ----------
    pred : array_like
        Logits, of any shape with the C classes along `axis`. -inf masks a class.
    target : array_like
        Either labels, of any integer dtype and the shape of `pred` without `axis`, or nonnegative
        floating-point numbers of the shape of `pred`, usually probabilities, used as they are.
    gamma : float, default 2.0
        How fast the weight of a class falls as its probability grows, nonnegative. 0 is `cross_entropy`.
    class_weight : array_like, optional
        One number a class, nonnegative and finite: the alpha of the paper. None: all 1.
    ignore_index : int, default -100
        Rows with this label have loss 0 and gradient exactly 0, and do not count in the mean. It need not
        be a class. It has no meaning for probabilities.
    label_smoothing : float, default 0.0
        The part of the target that is spread evenly over all classes, between 0 and 1.

    Notes
    -----
    What the mean divides by, masked classes, and rows without a finite logit are as in `cross_entropy`: with
    labels by the sum of weight · class_weight[label], where others divide by the number of rows.

    No (1 - q)^(gamma - 1) is formed: value and gradient are finite for every gamma, for gamma between 0 and 1
    and q = 1 as well. With gamma > 0 the loss is not convex, and its Hessian may be negative.

    For C independent yes-no questions, as in the paper [1]_, take `sigmoid_focal`. keras'
    CategoricalFocalCrossentropy is this loss with the same class weight, 0.25, for all classes; MONAI's with
    softmax and a number for alpha gives class 0 the weight 1 - alpha and all others alpha.

    References
    ----------
    .. [1] Lin, T.-Y., Goyal, P., Girshick, R., He, K., & Dollár, P. (2017). Focal loss for dense object
       detection. IEEE International Conference on Computer Vision (ICCV), 2980-2988.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.softmax_focal([[0.0, 0.0]], [0])  # (1 - 1/2)² log 2
    0.17328679513998632
    >>> fl.softmax_focal.grad([[0.0, 0.0]], [0], gamma=1.0).round(6)
    array([[-0.423287,  0.423287]])
    """

    def of_log_q(log_q, q, not_q):
        # What rounds to 1 - q = 1 has all its digits in q.
        log_not_q = np.where(q < 0.5, np.log1p(-q), np.log(not_q))
        power = np.exp(np.where(gamma == 0, 0, gamma * log_not_q))
        r = np.where(not_q == 0, 1, -log_q / not_q)
        pull = np.where(q == 0, 0, gamma * q * r)
        bend = np.where((not_q == 0) | (q == 0), 0, gamma * q / not_q * (2 - r * (1 - gamma * q)))
        return -power * log_q, -power * (1 + pull), np.where(power == 0, 0, power * bend)

    return log_probability_loss(pred, target, of_log_q, class_weight, ignore_index, label_smoothing)


@rows(target=NONNEGATIVE, labels=True, softmax=True, ulp=10.0, unit=1.0, boosting=Boosting(link="softmax"))
def poly1_cross_entropy(
    pred,
    target,
    *,
    epsilon: PolyFactor = 2.0,
    class_weight: ClassWeight = None,
    ignore_index: Integer = -100,
    label_smoothing: Fraction = 0.0,
):
    """Poly-1 cross-entropy: that of the softmax, and a multiple of what the label's probability lacks to 1.

    For a row x of C logits, with y the target (1 at the label and 0 elsewhere where it is a label) and 0·∞ = 0::

        q = exp(x) / Σ exp(x)                                                the softmax
        t = class_weight · ((1 - label_smoothing) y + label_smoothing / C)   what each class counts

        value      Σ t (-log q + epsilon (1 - q))
        gradient   q Σv - v,  v = t (1 + epsilon q)
        Hessian    q (1 - q) Σv + b (1 - 2q) + q² Σb,  b = -epsilon t q

    Parameters
    ----------
    pred : array_like
        Logits, of any shape with the C classes along `axis`. -inf masks a class.
    target : array_like
        Either labels, of any integer dtype and the shape of `pred` without `axis`, or nonnegative
        floating-point numbers of the shape of `pred`, usually probabilities, used as they are.
    epsilon : float, default 2.0
        What the first term of the expansion of -log q in powers of 1 - q counts in addition, between -1, where
        the loss no longer has it, and 10. 0 is `cross_entropy`.
    class_weight : array_like, optional
        One number a class, nonnegative and finite. None: all 1.
    ignore_index : int, default -100
        Rows with this label have loss 0 and gradient exactly 0, and do not count in the mean. It need not
        be a class. It has no meaning for probabilities.
    label_smoothing : float, default 0.0
        The part of the target that is spread evenly over all classes, between 0 and 1.

    Notes
    -----
    What the mean divides by, masked classes, and rows without a finite logit are as in `cross_entropy`.
    The loss is that of Leng et al. [1]_; 2 is what they found for classifying images.

    References
    ----------
    .. [1] Leng, Z., Tan, M., Liu, C., Cubuk, E. D., Shi, X., Cheng, S., & Anguelov, D. (2022). PolyLoss: a
       polynomial expansion perspective of classification loss functions. International Conference on Learning
       Representations (ICLR).

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.poly1_cross_entropy([[0.0, 0.0]], [0], epsilon=1.0)  # log 2 + 1/2
    1.1931471805599454
    >>> fl.poly1_cross_entropy.grad([[0.0, 0.0]], [0], epsilon=1.0)
    array([[-0.75,  0.75]])
    """

    def of_log_q(log_q, q, not_q):
        return epsilon * not_q - log_q, -1 - epsilon * q, -epsilon * q

    return log_probability_loss(pred, target, of_log_q, class_weight, ignore_index, label_smoothing)


# A product of two composites of 2 ulp each, p^q and 1 - s, with the strength: 4.25 ulp where there is no fused multiply-add.
@rows(labels=True, probabilities=False, softmax=True, ulp=5.0, unit=1.0, boosting=Boosting(link="softmax"))
def generalized_cross_entropy(
    pred,
    target,
    *,
    q: PositiveFraction = 0.7,
    class_weight: ClassWeight = None,
    ignore_index: Integer = -100,
):
    """Generalized cross-entropy: between `cross_entropy` (q near 0) and the mean absolute error (q = 1).

    For a row x of logits with label y, w = class_weight[y]::

        s = exp(x) / Σ exp(x), p = s[y]                          the softmax

        value      w (1 - p^q) / q
        gradient   w p^q (s - 1) at y,  w p^q s elsewhere
        Hessian    w p^q (s (1 - s) - q (s - [y])²)              its diagonal; [y] is 1 at y and 0 elsewhere

    Parameters
    ----------
    pred : array_like
        Logits, of any shape with the C classes along `axis`. -inf masks a class.
    target : array_like
        Labels, of any integer dtype and the shape of `pred` without `axis`.
    q : float, default 0.7
        The power, in (0, 1]: the larger, the less a label counts that the prediction thinks unlikely.
    class_weight : array_like, optional
        One number a class, nonnegative and finite. None: all 1.
    ignore_index : int, default -100
        Rows with this label have loss 0 and gradient exactly 0, and do not count in the mean. It need not
        be a class.

    Notes
    -----
    What the mean divides by, masked classes, and rows without a finite logit are as in `cross_entropy`. Targets
    are labels, as the loss is made for: of probabilities, what a q near 1 leaves of the gradient is a difference
    of nearly equal sums.

    No loss of a row exceeds class_weight[label] / q, even where the label is masked: labels that are wrong do
    limited harm. The loss is that of Zhang & Sabuncu [1]_, with their q; keras' default is 0.5.

    References
    ----------
    .. [1] Zhang, Z., & Sabuncu, M. R. (2018). Generalized cross entropy loss for training deep neural networks
       with noisy labels. Advances in Neural Information Processing Systems (NeurIPS) 31.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.generalized_cross_entropy([[0.0, 0.0, 0.0, 0.0]], [2], q=0.5)  # 2 (1 - 1/2)
    1.0
    >>> fl.generalized_cross_entropy.grad([[0.0, 0.0, 0.0, 0.0]], [2], q=0.5)
    array([[ 0.125,  0.125, -0.375,  0.125]])
    """

    def of_log_q(log_s, s, not_s):
        power = np.exp(q * log_s)
        return -np.expm1(q * log_s) / q, -power, -q * power

    return log_probability_loss(pred, target, of_log_q, class_weight, ignore_index)


@rows(labels=True, probabilities=False, softmax=True, ulp=6.0, unit=1.0, boosting=Boosting(link="softmax"))
def symmetric_cross_entropy(
    pred,
    target,
    *,
    alpha: NonNegative = 0.1,
    beta: NonNegative = 1.0,
    log_zero: LogProbability = -4.0,
    class_weight: ClassWeight = None,
    ignore_index: Integer = -100,
):
    """Symmetric cross-entropy: of the prediction for the label, and of the label for the prediction.

    For a row x of logits with label y, w = class_weight[y], A = log_zero::

        q = exp(x) / Σ exp(x), p = q[y]                          the softmax

        value      w (alpha (-log p) + beta (-A) (1 - p))
        gradient   w (alpha - beta A p) (q - 1) at y,  w (alpha - beta A p) q elsewhere
        Hessian    w ((alpha - beta A p) q (1 - q) + beta A p (q - [y])²)

    Parameters
    ----------
    pred : array_like
        Logits, of any shape with the C classes along `axis`. -inf masks a class.
    target : array_like
        Labels, of any integer dtype and the shape of `pred` without `axis`.
    alpha : float, default 0.1
        What the cross-entropy of the prediction for the label counts, nonnegative.
    beta : float, default 1.0
        What that of the label for the prediction counts, nonnegative.
    log_zero : float, default -4.0
        What stands for the logarithm of 0, the probability that a label gives to every other class; between -40
        and 0.
    class_weight : array_like, optional
        One number a class, nonnegative and finite. None: all 1.
    ignore_index : int, default -100
        Rows with this label have loss 0 and gradient exactly 0, and do not count in the mean. It need not
        be a class.

    Notes
    -----
    What the mean divides by, masked classes, and rows without a finite logit are as in `cross_entropy`. The
    loss is that of Wang et al. [1]_, against noisy labels: -Σ q log(one-hot of y) is -A (1 - p). The
    defaults are theirs for ten classes; for a hundred they took alpha = 6 and beta = 0.1.

    References
    ----------
    .. [1] Wang, Y., Ma, X., Chen, Z., Luo, Y., Yi, J., & Bailey, J. (2019). Symmetric cross entropy for robust
       learning with noisy labels. IEEE/CVF International Conference on Computer Vision (ICCV), 322-330.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.symmetric_cross_entropy([[0.0, 0.0]], [0], alpha=0.0)  # 4 · 1/2
    2.0
    >>> fl.symmetric_cross_entropy.grad([[0.0, 0.0]], [0], alpha=0.0)
    array([[-1.,  1.]])
    """

    def of_log_q(log_q, q, not_q):
        entropy = np.where(alpha == 0, 0, -alpha * log_q)
        return entropy - beta * log_zero * not_q, beta * log_zero * q - alpha, beta * log_zero * q

    return log_probability_loss(pred, target, of_log_q, class_weight, ignore_index)
