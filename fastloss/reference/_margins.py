"""The losses of a row of logits that compare each with a label or with the label's logit, without a softmax.

Each function takes and returns what those of `_rows` do.
"""

from __future__ import annotations

import numpy as np

from fastloss._registry import PROBABILITY, ClassWeight, Integer, rows
from fastloss.reference._pointwise import binary_cross_entropy_with_logits
from fastloss.reference._rows import _one_hot, _per_class

__all__: list[str] = []


def _summed(elements, factor=None):
    """Value, gradient and Hessian of rows from those of their elements, each times its factor; a factor of 0 leaves it out."""
    if factor is not None:
        elements = [np.where(factor == 0, 0, factor * x) for x in elements]
    value, grad, hess = elements
    value = value.sum(axis=1)
    # One NaN makes the row NaN.
    return value, np.where(np.isnan(grad).any(axis=1)[:, None], np.nan, grad), hess


@rows(target=PROBABILITY, unit=1.0)
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
    results = _summed(binary_cross_entropy_with_logits(pred, target), _per_class(class_weight, classes, pred.dtype) / classes)
    return *results, np.ones(len(pred), pred.dtype)


@rows(labels=True, probabilities=False, unit=1.0)
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
