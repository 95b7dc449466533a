"""Statistics of rows of logits that the losses of softmax return on request, from the pass that computes the loss."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

__all__ = ["STATISTICS", "SoftmaxResult"]


class SoftmaxResult(NamedTuple):
    """What a loss of softmax returns where statistics of rows are asked for.

    Fields that are not asked for, or that the entry point does not compute, are None. The statistics are of every row,
    ignored ones and those of weight 0 too, whatever their target and weight; they are never reduced, and have the shape
    of `pred` without the class axis.

    Attributes
    ----------
    value : float or ndarray or None
        The loss, reduced as asked for.
    grad, hess : ndarray or None
        The gradient and the diagonal of the Hessian, by the logits; of a linear layer's loss the tuple of its gradients.
    lse : ndarray or None
        log Σ exp of the row's logits: float64 where `pred` holds float64 or integers, else float32 (also of
        half-precision logits). -inf where all logits are, inf where one is.
    entropy : ndarray or None
        The entropy of the softmax in nats, -Σ q log q with 0 log 0 = 0, of the same dtype. NaN where there is no softmax:
        in a row without a finite logit, or with one of inf.
    argmax : ndarray of int64 or None
        The class of the largest logit, of equal ones the first; 0 where all are -inf. In a row with NaN the first NaN, as
        numpy.argmax has it.
    correct : ndarray of bool or None
        Whether `argmax` is the label; False in ignored rows. Where targets are numbers, whether none of the row is larger
        than that of `argmax`.

    Examples
    --------
    >>> import fastloss as fl
    >>> result = fl.cross_entropy([[2.0, 1.0], [0.0, 0.0]], [0, 1], return_lse=True, return_correct=True)
    >>> result.lse.round(6)
    array([2.313262, 0.693147])
    >>> result.correct
    array([ True, False])
    >>> result.entropy is None
    True
    >>> result._replace(value=None)
    SoftmaxResult(lse=array([2.31326169, 0.69314718]), correct=array([ True, False]))
    """

    value: Any = None
    grad: Any = None
    hess: Any = None
    lse: Any = None
    entropy: Any = None
    argmax: Any = None
    correct: Any = None

    def __repr__(self) -> str:
        there = [f"{name}={value!r}" for name, value in zip(self._fields, self, strict=True) if value is not None]
        return f"{type(self).__name__}({', '.join(there)})"


#: The keyword that asks for each statistic.
STATISTICS: Mapping[str, str] = MappingProxyType(
    {f"return_{name}": name for name in SoftmaxResult._fields if name not in ("value", "grad", "hess")}
)
