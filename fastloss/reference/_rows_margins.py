"""The losses of a row of logits that compare each with a label or with the label's logit, without a softmax.

Each function takes and returns what those of `_rows` do.
"""

from __future__ import annotations

import numpy as np

from fastloss._boosting_words import Boosting, instead
from fastloss._kinds import PROBABILITY, ClassWeight, Integer, Margin, OneOrTwo
from fastloss._registry import rows
from fastloss.reference._pointwise import binary_cross_entropy_with_logits
from fastloss.reference._rows import _one_hot, _per_class


def _summed(elements, factor, parts=1):
    """Value, gradient and Hessian of rows from those of their elements, each times its factor and divided into parts.

    A factor of 0 leaves an element out.
    """
    value, grad, hess = (np.where(factor == 0, 0, factor * x) / parts for x in elements[:3])
    value = value.sum(axis=1)
    # One NaN makes the row NaN.
    return value, np.where(np.isnan(grad).any(axis=1)[:, None], np.nan, grad), hess


@rows(
    target=PROBABILITY,
    unit=1.0,
    boosting=Boosting(exact="hessian", upper_bound="hessian", link="sigmoid", start="logits_of_classes"),
)
def multilabel_soft_margin(pred, target, *, class_weight: ClassWeight = None):
    """Mean over the classes of binary cross-entropies: each class present or absent by itself.

    For a row x of C logits, a row y of targets, p = sigmoid(x), w = class_weight and softplus(x) =
    log(1 + exp(x))::

        value      1/C Σ w (y softplus(-x) + (1 - y) softplus(x))
        gradient   w (p - y) / C
        Hessian    w p (1 - p) / C

    Parameters
    ----------
    pred : array_like
        Logits, of any shape with the C classes along `axis`: for each class the log-odds that it is present.
    target : array_like
        For each class 1 where it is present and 0 where not, or a probability; of the shape of `pred`.
    class_weight : array_like, optional
        One number a class, nonnegative and finite. None: all 1. A class of weight 0 adds nothing, whatever
        its logit.

    Notes
    -----
    A row is divided by its number of classes C under every reduction, as in PyTorch; the mean divides by
    the sum of the sample weights, and class weights do not enter it. So with neither weights it is the mean
    of `binary_cross_entropy_with_logits` over all elements. CatBoost calls it MultiLogloss. As a model of
    binary data see Cox [1]_.

    References
    ----------
    .. [1] Cox, D. R. (1958). The regression analysis of binary sequences. Journal of the Royal Statistical
       Society B, 20(2).

    Examples
    --------
    >>> import fastloss as fl
    >>> round(fl.multilabel_soft_margin([[0.0, 0.0], [30.0, -30.0]], [[1.0, 0.0], [1.0, 0.0]]), 6)  # log(2) / 2
    0.346574
    >>> fl.multilabel_soft_margin.grad([[0.0, 0.0]], [[1.0, 0.0]])
    array([[-0.25,  0.25]])
    """
    classes = pred.shape[1]
    results = _summed(binary_cross_entropy_with_logits(pred, target), _per_class(class_weight, classes, pred.dtype), classes)
    return *results, np.ones(len(pred), pred.dtype)


@rows(
    labels=True,
    probabilities=False,
    unit=1.0,
    boosting=Boosting(exact="hessian", upper_bound="hessian", lightgbm="hessian", link="sigmoid", start="logits_of_classes"),
)
def one_vs_all(pred, target, *, ignore_index: Integer = -100):
    """Sum over the classes of binary cross-entropies, the label's class against each of the others.

    For a row x of logits with label y, p = sigmoid(x) and softplus(x) = log(1 + exp(x))::

        value      softplus(-x[y]) + Σ softplus(x[j]) over j ≠ y
        gradient   p - 1 at y,  p elsewhere
        Hessian    p (1 - p)

    Parameters
    ----------
    pred : array_like
        Logits, of any shape with the C classes along `axis`: for each class the log-odds of that class
        against all others.
    target : array_like
        Labels, of any integer dtype and the shape of `pred` without `axis`.
    ignore_index : int, default -100
        Rows with this label have loss 0 and gradient exactly 0, and do not count in the mean. It need not
        be a class.

    Notes
    -----
    Summed over the classes and averaged over the rows not ignored: C times as large as
    `multilabel_soft_margin` of the labels as rows of 0 and 1. It is LightGBM's `multiclassova` with a
    `sigmoid` of 1, whose gradients and Hessians are those of "sum". On one classifier a class see Rifkin
    and Klautau [1]_.

    References
    ----------
    .. [1] Rifkin, R., & Klautau, A. (2004). In defense of one-vs-all classification. Journal of Machine
       Learning Research, 5, 101-141.

    Examples
    --------
    >>> import fastloss as fl
    >>> round(fl.one_vs_all([[0.0, 0.0], [30.0, -30.0]], [1, -100]), 6)  # 2 log 2: the second row is ignored
    1.386294
    >>> fl.one_vs_all.grad([[0.0, 0.0], [30.0, -30.0]], [1, -100])
    array([[ 0.5, -0.5],
           [ 0. ,  0. ]])
    """
    kept = (target != ignore_index).astype(pred.dtype)
    is_label = _one_hot(target, pred.shape[1], ignore_index, pred.dtype)
    return *_summed(binary_cross_entropy_with_logits(pred, is_label), kept[:, None]), kept


@rows(
    labels=True,
    probabilities=False,
    class_weight_in_mean=False,
    smoothness=0,
    kinks="pred - pred[label] == -margin",
    unit=1.0,
    boosting=Boosting(constant=1.0, start="levels_of_margins"),
)
def multi_margin(
    pred,
    target,
    *,
    margin: Margin = 1.0,
    p: OneOrTwo = 1,
    class_weight: ClassWeight = None,
    ignore_index: Integer = -100,
):
    """Multi-class margin loss: a hinge for each class whose logit comes close to the label's.

    For a row x of C logits with label y, w = class_weight[y] and z[j] = margin + x[j] - x[y], with sums over
    j ≠ y::

        value      w/C Σ max(0, z[j])^p
        gradient   p w/C max(0, z[j])^(p-1) [z[j] > 0] at j ≠ y;  at y minus the sum of these
        Hessian    0 for p = 1; for p = 2  2 w/C [z[j] > 0] at j ≠ y,  at y the sum of these

    Parameters
    ----------
    pred : array_like
        Logits (scores), of any shape with the C classes along `axis`.
    target : array_like
        Labels, of any integer dtype and the shape of `pred` without `axis`.
    margin : float, default 1.0
        By how much the label's logit must exceed every other one for a loss of 0; finite, and below 0 by how much it
        may fall short.
    p : int, default 1
        The power of each hinge: 1 or 2.
    class_weight : array_like, optional
        One number a class, nonnegative and finite: a factor of the rows with this label. None: all 1.
    ignore_index : int, default -100
        Rows with this label have loss 0 and gradient exactly 0, and do not count in the mean. It need not
        be a class.

    Notes
    -----
    A row is divided by its number of classes C under every reduction, as in PyTorch. The mean then divides
    by the sum of the sample weights of the rows not ignored, and class weights do not enter it: also as in
    PyTorch, but unlike `cross_entropy`. Where z = 0 the derivatives are 0. A logit of -inf at another class
    than the label is a masked class: it adds nothing. Of multi-class support vector machines this is the
    one of Weston and Watkins [1]_; see `categorical_hinge` for that of Crammer and Singer.

    References
    ----------
    .. [1] Weston, J., & Watkins, C. (1999). Support vector machines for multi-class pattern recognition.
       European Symposium on Artificial Neural Networks (ESANN), 219-224.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.multi_margin([[2.0, 1.5, 0.0, -1.0]], [0])  # (1 + 1.5 - 2) / 4
    0.125
    >>> fl.multi_margin.grad([[2.0, 1.5, 0.0, -1.0]], [0])
    array([[-0.25,  0.25,  0.  ,  0.  ]])
    """
    classes = pred.shape[1]
    is_label = _one_hot(target, classes, ignore_index, pred.dtype)
    weight = (is_label * _per_class(class_weight, classes, pred.dtype)).sum(axis=1, keepdims=True)
    z = margin + (pred - np.where(is_label == 1, pred, 0).sum(axis=1, keepdims=True))
    above = np.where(z > 0, np.ones_like(z), 0)
    hinge, slope = np.where(z <= 0, 0, z), np.where(np.isnan(z), z, above)
    elements = (hinge, slope, 0 * above) if p == 1 else (hinge**2, 2 * hinge, 2 * above)
    value, grad, hess = _summed(elements, weight * (1 - is_label), classes)
    grad = np.where(is_label == 1, 0 - grad.sum(axis=1, keepdims=True), grad)
    hess = np.where(is_label == 1, hess.sum(axis=1, keepdims=True), hess)
    grad = np.where(np.isnan(value)[:, None], np.nan, grad)
    return value, grad, hess, (target != ignore_index).astype(pred.dtype)


@rows(
    labels=True,
    probabilities=False,
    class_weight_in_mean=False,
    smoothness=0,
    kinks="rival - pred[label] == -margin",
    unit=1.0,
    boosting=Boosting(constant=1.0, start="majority"),
)
def categorical_hinge(pred, target, *, margin: Margin = 1.0, class_weight: ClassWeight = None, ignore_index: Integer = -100):
    """Categorical hinge: the multi-class hinge loss of the label and the largest logit beside it.

    For a row x of logits with label y, w = class_weight[y], and the label's rival r: of the classes j ≠ y that
    with the largest logit, of equal ones the first::

        value      w max(0, z),  z = margin + x[r] - x[y]
        gradient   where z > 0  w at r,  -w at y;  0 elsewhere
        Hessian    0

    Parameters
    ----------
    pred : array_like
        Logits (scores), of any shape with the classes along `axis`.
    target : array_like
        Labels, of any integer dtype and the shape of `pred` without `axis`.
    margin : float, default 1.0
        By how much the label's logit must exceed every other one for a loss of 0; finite, and below 0 by how much it
        may fall short.
        With 0 it is the multi-class perceptron loss.
    class_weight : array_like, optional
        One number a class, nonnegative and finite: a factor of the rows with this label. None: all 1.
    ignore_index : int, default -100
        Rows with this label have loss 0 and gradient exactly 0, and do not count in the mean. It need not
        be a class.

    Notes
    -----
    The mean divides by the sum of the sample weights of the rows not ignored, and class weights do not
    enter it, as in `multi_margin`. Where z = 0 the gradient is 0. Where classes tie for the rival the first
    has all of the gradient; `kinks` does not list these ties. Without another class the loss is 0. Keras
    gives its loss of this name labels as rows of 0 and 1, and takes 0 for the largest logit beside the
    label where all of these are negative; here it is what it is. The loss is that of Crammer and Singer
    [1]_.

    References
    ----------
    .. [1] Crammer, K., & Singer, Y. (2001). On the algorithmic implementation of multiclass kernel-based
       vector machines. Journal of Machine Learning Research, 2, 265-292.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.categorical_hinge([[2.0, 1.5, 0.0, -1.0]], [0])
    0.5
    >>> fl.categorical_hinge.grad([[2.0, 1.5, 0.0, -1.0]], [0])
    array([[-1.,  1.,  0.,  0.]])
    """
    classes = pred.shape[1]
    is_label = _one_hot(target, classes, ignore_index, pred.dtype)
    weight = (is_label * _per_class(class_weight, classes, pred.dtype)).sum(axis=1)
    others = np.where(is_label == 1, -np.inf, pred)
    rival = np.max(others, axis=1, keepdims=True, initial=-np.inf)
    is_rival = (others == rival) & (np.cumsum(others == rival, axis=1) == 1)
    z = margin + (rival - np.where(is_label == 1, pred, 0).sum(axis=1, keepdims=True))
    kept = weight[:, None] != 0
    value = np.where(kept & ~(z <= 0), weight[:, None] * z, 0)
    grad = np.where(kept & (z > 0), weight[:, None] * (is_rival - is_label), 0)
    grad = np.where(np.isnan(value), np.nan, grad)
    return value[:, 0], grad, np.zeros_like(grad), (target != ignore_index).astype(pred.dtype)


@rows(
    probabilities=False,
    label_lists=True,
    smoothness=0,
    kinks="pred - pred[label] == -margin",
    unit=1.0,
    boosting=instead("multilabel_soft_margin"),
)
def multilabel_margin(pred, target, *, margin: Margin = 1.0):
    """Multi-label margin loss: a hinge for each pair of a listed class and one that is not.

    For a row x of C logits, with y the labels that its target lists and z[y, j] = margin + x[j] - x[y], with
    sums over the y and over the classes j that are not listed::

        value      1/C Σ Σ max(0, z[y, j])
        gradient   1/C times the number of y with z[y, j] > 0, at j;
                   -1/C times the number of j with z[y, j] > 0, at y
        Hessian    0

    Parameters
    ----------
    pred : array_like
        Logits (scores), of any shape with the C classes along `axis`.
    target : array_like
        Along `axis` a list of labels, of any integer dtype, which ends before the first negative number, or at
        the end of the axis; of the shape of `pred`. What follows is not looked at.
    margin : float, default 1.0
        By how much each listed class' logit must exceed every other one for a loss of 0; finite, and below 0 by how much it
        may fall short.

    Notes
    -----
    As in PyTorch, whose margin is 1, a row is divided by its number of classes C under every reduction, and a
    label that is listed twice counts twice. PyTorch also refuses numbers below -1, and numbers behind the end
    that are no class. A row whose list is empty, or has every class, has loss 0 and gradient 0, and counts in
    the mean. Where z = 0 the gradient is 0. A logit of -inf at a class that is not listed is a masked class: it
    adds nothing. A NaN makes its row NaN, whatever is listed.

    The time is that of `multi_margin` for each listed label, and the memory beside arguments and results two
    numbers a class and thread. With one label a row it is `multi_margin` with ``p=1``. As a ranking of labels see
    Elisseeff and Weston [1]_, who divide by the number of pairs.

    References
    ----------
    .. [1] Elisseeff, A., & Weston, J. (2001). A kernel method for multi-labelled classification. Advances in
       Neural Information Processing Systems 14, 681-687.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.multilabel_margin([[2.0, 1.5, 0.0, -1.0]], [[0, 2, -1, -1]])  # (0.5 + 2.5) / 4
    0.75
    >>> fl.multilabel_margin.grad([[2.0, 1.5, 0.0, -1.0]], [[0, 2, -1, -1]])
    array([[-0.25,  0.5 , -0.25,  0.  ]])
    """
    classes = pred.shape[1]
    listed = np.logical_and.accumulate(target >= 0, axis=1)
    is_label = np.zeros(pred.shape, bool)
    is_label[np.nonzero(listed)[0], target[listed]] = True
    grad = np.zeros_like(pred)
    value = grad.sum(axis=1)
    for place in range(listed.any(axis=0).sum()):
        label = np.where(listed[:, [place]], target[:, [place]], 0)
        z = margin + (pred - np.take_along_axis(pred, label, axis=1))
        counts = listed[:, [place]] & ~is_label
        above = np.where(counts & (z > 0), np.ones_like(z), 0)
        value = value + np.where(counts & ~(z <= 0), z, 0).sum(axis=1)
        grad = grad + np.where(np.arange(classes) == label, 0 - above.sum(axis=1, keepdims=True), above)
    parts = max(classes, 1)
    value = np.where(np.isnan(pred).any(axis=1), np.nan, value / parts)
    grad = np.where(np.isnan(value)[:, None], np.nan, grad / parts)
    return value, grad, np.zeros_like(grad), np.ones(len(pred), pred.dtype)


@rows(
    target=PROBABILITY,
    labels=True,
    smoothness=1,
    kinks="pred == threshold",
    ulp=6.0,
    unit=1.0,
    boosting=Boosting(start="frequencies"),
)
def sparsemax(pred, target, *, ignore_index: Integer = -100):
    """Sparsemax loss: the cross-entropy of the projection onto the simplex, which gives most classes exactly 0.

    For a row x of logits, with t the target (1 at the label and 0 elsewhere where it is a label), and the
    threshold τ for which Σ max(0, x - τ) = 1::

        p = max(0, x - τ)                                    sparsemax(x); its support S: the j with x[j] > τ

        value      1/2 Σ (x[j]² - τ²) over S + 1/2 Σ t² - Σ t x
                   = 1/2 Σ (p - t)² + Σ t max(0, τ - x)      where Σ t = 1
        gradient   p - t
        Hessian    1 - 1/|S| in S,  0 elsewhere              its diagonal

    Parameters
    ----------
    pred : array_like
        Logits, of any shape with the classes along `axis`. -inf masks a class.
    target : array_like
        Either labels, of any integer dtype and the shape of `pred` without `axis`, or probabilities of the
        shape of `pred`, floating-point numbers within [0, 1]. They are used as they are: not normalised.
    ignore_index : int, default -100
        Rows with this label have loss 0 and gradient exactly 0, and do not count in the mean. It need not
        be a class. It has no meaning for probabilities.

    Notes
    -----
    The loss is exactly 0, and so is its gradient, where the label's logit exceeds every other one by 1 or
    more. It is computed by the second formula, plus τ (1 - Σ t): so nothing cancels, except where targets
    do not sum to 1, as by their rounding. A logit of -inf at a class with t = 0 adds nothing. A row without
    a finite logit, or with a logit of +inf or NaN, is NaN. The loss is that of Martins and Astudillo [1]_;
    τ is found by the finite iteration of Michelot [2]_.

    References
    ----------
    .. [1] Martins, A. F. T., & Astudillo, R. F. (2016). From softmax to sparsemax: a sparse model of
       attention and multi-label classification. International Conference on Machine Learning (ICML),
       1614-1623.
    .. [2] Michelot, C. (1986). A finite algorithm for finding the projection of a point onto the canonical
       simplex of R^n. Journal of Optimization Theory and Applications, 50(1), 195-200.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.sparsemax([[0.5, 0.0, -1.0], [2.0, 1.0, 0.0]], [1, 0])  # of the second row the loss is 0
    0.28125
    >>> fl.sparsemax.grad([[0.5, 0.0, -1.0]], [1])  # the projection is (3/4, 1/4, 0)
    array([[ 0.75, -0.75,  0.  ]])
    """
    n, classes = pred.shape
    kept, mass = np.ones(n, bool), 1
    if target.ndim == 1:
        kept = target != ignore_index
        target = _one_hot(target, classes, ignore_index, pred.dtype)
    else:
        mass = target.sum(axis=1, keepdims=True)
    top = np.max(pred, axis=1, keepdims=True, initial=-np.inf)
    shifted = pred - top
    # In descending order, each class is in the support as long as its logit exceeds the threshold of those up to it.
    descending = np.sort(shifted, axis=1)[:, ::-1]
    inside = 1 + np.arange(1, classes + 1) * descending > np.cumsum(descending, axis=1)
    number = inside.sum(axis=1, keepdims=True).astype(pred.dtype)
    known = np.isfinite(top) & ~np.isnan(pred).any(axis=1, keepdims=True)
    number = np.where(known, number, 1)
    threshold = np.where(known, (np.where(inside, descending, 0).sum(axis=1, keepdims=True) - 1) / number, np.nan)
    above = shifted - threshold
    p, lack = np.where(above <= 0, 0, above), np.where(above >= 0, 0, -above)
    value = ((p - target) ** 2).sum(axis=1) / 2 + np.where(target == 0, 0, target * lack).sum(axis=1)
    value = value + np.where(mass == 1, 0 * threshold, (top + threshold) * (1 - mass))[:, 0]
    grad = p - target
    hess = np.where(above > 0, 1 - np.ones_like(above) / number, np.where(above <= 0, 0, above))
    value, grad, hess = (np.where(kept if x.ndim == 1 else kept[:, None], x, 0) for x in (value, grad, hess))
    grad = np.where(np.isnan(value)[:, None], np.nan, grad)
    return value, grad, hess, kept.astype(pred.dtype)
