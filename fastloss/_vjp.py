"""The vector-Jacobian product of a loss, an entry point that is made of its gradient."""

from __future__ import annotations

import inspect
from typing import Any

from fastloss import _errors
from fastloss._own import OwnSignature

__all__ = ["VectorJacobianProduct"]

#: The keywords of a gradient that the cotangent of a vector-Jacobian product stands for.
REPLACED = ("weight", "sample_weight", "reduction", "empty")


class VectorJacobianProduct:
    """Gradient of ``sum(cotangent * loss)``, with the loss of each element or row: a vector-Jacobian product.

    What comes after the loss, differentiated elsewhere, is brought back through it: the chain rule in one call.

    Parameters
    ----------
    pred, target : array_like
        As for the loss itself; `target` may be left out or None where it may be there.
    cotangent : array_like
        What each loss counts: real numbers of either sign, broadcast to the shape of the loss. An element or row
        with cotangent 0 gets a gradient of exactly 0, whatever its loss.
    **keywords
        Parameters of the loss, and ``axis``, ``check_domain``, ``out`` and ``n_threads`` as for `grad`. Not
        ``weight``, which the cotangent stands for, nor ``reduction`` and ``empty``.

    Returns
    -------
    grad : ndarray
        The gradient, of the shape and dtype of `pred`.

    Raises
    ------
    TypeError
        For `weight` or `reduction`, and without a cotangent; else all that `grad` raises.

    Notes
    -----
    The same as ``grad(pred, target, weight=cotangent, reduction="none")``: sample weights may be negative.

    Examples
    --------
    The gradient of the largest of three losses: a cotangent of 1 where it is.

    >>> import numpy as np
    >>> import fastloss as fl
    >>> pred, target = [1.0, 5.0, 2.0], [0.0, 2.0, 4.0]
    >>> each = fl.huber(pred, target, reduction="none")
    >>> fl.huber.vjp(pred, target, each == each.max())
    array([0., 1., 0.])
    """

    __name__ = "vjp"

    def __init__(self, loss: Any) -> None:
        self.loss = loss  # a Loss, which makes this
        self.before = [argument for argument in loss.declared.arguments if not argument.behind_cotangent]
        #: A linear layer has a matrix called weight.
        self.replaced = tuple(name for name in REPLACED if name in loss.declared.options("grad"))

    @OwnSignature
    def __signature__(self) -> inspect.Signature:
        parameters = dict(self.loss.grad.__signature__.parameters)
        before = [parameters.pop(argument.name) for argument in self.before]
        # Behind an argument that may be left out it cannot be asked for.
        default = None if self.before[-1].optional else inspect.Parameter.empty
        cotangent = inspect.Parameter("cotangent", inspect.Parameter.POSITIONAL_OR_KEYWORD, default=default)
        behind = [p.replace(kind=p.KEYWORD_ONLY) for p in parameters.values() if p.name not in self.replaced]
        return inspect.Signature([*before, cotangent, *behind])

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        loss = self.loss
        for name in self.replaced if kwargs else ():
            if name in kwargs:
                raise TypeError(f"{loss.name}.vjp takes no {name!r}: the cotangent says what each loss counts")
        if len(args) == len(self.before) + 1:
            (*arguments, cotangent), keywords = args, kwargs
        else:
            given, keywords = _errors.arguments(self, args, kwargs)
            arguments, cotangent = [given.get(argument.name) for argument in self.before], given.get("cotangent")
        if cotangent is None:
            raise TypeError(f"{loss.name}.vjp needs a cotangent")
        weight = loss.declared.weight_name
        if loss.bound and weight in loss.bound:
            cotangent = _errors.readable_array(cotangent, "cotangent") * loss.bound[weight]
        try:
            return loss.grad(*arguments, **{weight: cotangent}, reduction="none", **keywords)
        except (TypeError, ValueError) as error:
            _errors.arguments(self, args, kwargs)  # is it another keyword that has no meaning here?
            raise type(error)(_errors.of_vjp(loss.name, str(error), weight)) from error

    def __eq__(self, other: object) -> bool:
        return self.loss == other.loss if isinstance(other, VectorJacobianProduct) else NotImplemented

    def __hash__(self) -> int:
        return hash((self.loss, self.__name__))

    def __repr__(self) -> str:
        return f"<fastloss {self.loss.name}.vjp{self.__signature__}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return getattr, (self.loss, self.__name__)
