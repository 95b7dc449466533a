"""The `Loss` object: what users hold. It describes a loss and carries its four entry points.

The same class serves the compiled losses (`fastloss.huber`) and their NumPy mirror (`fastloss.reference.huber`); the two differ
in the type of their entry points, which take the arguments and compute.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol, Self

from fastloss._registry import Interval, Parameter, Row
from fastloss._statistics import STATISTICS

__all__ = [
    "EMPTY",
    "ENTRY_POINTS",
    "REDUCTIONS",
    "Documentation",
    "Domain",
    "EntryPoint",
    "Loss",
    "OwnSignature",
    "check_bound",
    "refuse_weights",
    "second_keyword",
    "signature",
]

REDUCTIONS = ("mean", "sum", "none")
#: What a mean is where nothing counts.
EMPTY = ("nan", "zero")

#: The entry points by name: what each returns.
ENTRY_POINTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "value": ("value",),
        "grad": ("grad",),
        "value_and_grad": ("value", "grad"),
        "grad_and_hess": ("grad", "hess"),
    }
)


class Domain(NamedTuple):
    """Where a loss is defined."""

    prediction: Interval
    target: Interval


class Documentation:
    """The `__doc__` of a class whose instances have their own, made when it is asked for: at import it would cost more than all
    the rest. It calls the instance's method `documentation`."""

    def __init__(self, of_the_class: str) -> None:
        self.of_the_class = of_the_class

    def __get__(self, instance: Any, owner: type) -> str:
        if instance is None:
            return self.of_the_class
        text: str = instance.documentation()
        return text


class OwnSignature(functools.cached_property[inspect.Signature]):
    """A `__signature__` of instances, made when it is asked for. The class has none, and so that of its constructor counts."""

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if instance is None:
            raise AttributeError("__signature__")
        return super().__get__(instance, owner)


class EntryPoint(Protocol):
    """One way to evaluate a loss; an instance takes the loss's arguments."""

    def __init__(self, loss: Loss, name: str) -> None: ...
    def __call__(self, *args: Any, **kwargs: Any) -> Any: ...


def second_keyword(row: Row, entry_point: str) -> str:
    """The flag of an entry point that asks for the derivatives by the second argument too; "" where there is none.

    By a target there is no Hessian.
    """
    if entry_point == "value" or not row.second or (row.differentiable_target and entry_point == "grad_and_hess"):
        return ""
    return f"{row.second}_grad"


def signature(row: Row, bound: Mapping[str, Any], entry_point: str) -> inspect.Signature:
    """The signature of an entry point, with the parameters of its loss."""

    def keyword(name: str, default: Any) -> inspect.Parameter:
        return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default)

    either = inspect.Parameter.POSITIONAL_OR_KEYWORD
    target_default = None if row.optional_target else inspect.Parameter.empty
    positional = [inspect.Parameter("pred", either), inspect.Parameter("target", either, default=target_default)]
    keywords = [keyword(p.name, bound.get(p.name, p.default)) for p in row.parameters]
    keywords.append(keyword("weight", None))
    keywords.append(keyword("reduction", row.default_reduction(entry_point)))
    keywords.append(keyword("empty", EMPTY[0]))
    if row.family == "rows":
        keywords.append(keyword("axis", -1))
    if row.prediction.bounded or row.target.bounded:
        keywords.append(keyword("check_domain", True))
    if flag := second_keyword(row, entry_point):
        keywords.append(keyword(flag, False))
    if entry_point != "value":
        keywords += [keyword("grad_dtype", None), keyword("out", None)]
    keywords.append(keyword("n_threads", None))
    if row.softmax:
        keywords += [keyword(name, False) for name in STATISTICS]
    return inspect.Signature(positional + keywords)


def check_bound(loss: str, known: Mapping[str, Parameter], parameters: Mapping[str, Any]) -> None:
    """Raise for a parameter to be bound that the loss does not have, or that is out of its range."""
    for name, value in parameters.items():
        if name not in known:
            raise TypeError(f"{loss} has no parameter {name!r}; it has: {', '.join(known) or 'none'}")
        known[name].check(value)


def refuse_weights(keywords: Mapping[str, Any], names: tuple[str, ...]) -> None:
    """Raise where a vector-Jacobian product is given what its cotangent replaces."""
    for name in names:
        if name in keywords:
            raise TypeError(f"vjp takes no {name!r}: the cotangent says what each loss counts")


class Loss:
    """A loss function with its gradient and Hessian.

    Call it for the value; see `grad`, `value_and_grad`, `grad_and_hess`, `vjp` for derivatives and `bind` to fix parameters.

    Attributes
    ----------
    name : str
        The name in `fastloss.losses`.
    params : mapping of str to Parameter
        Each keyword with its default and its range.
    domain : Domain
        The intervals of prediction and target on which the loss is defined.
    smoothness : float
        How many derivatives with respect to the prediction are continuous.
    kinks : str
        Equations that hold where a derivative jumps, separated by semicolons; empty where none does.
    family : str
        The shape of computation: "pointwise" or "rows".
    second : str
        The argument that derivatives are given by beside the prediction, if asked for: "target" of a loss of two
        rows of logits, the name of a parameter such as "scale"; empty where there is none. The entry points have
        a keyword then, its name with "_grad" behind it: `target_grad`, `scale_grad`.
    grad, value_and_grad, grad_and_hess : callable
        The entry points beside the call itself.
    """

    __doc__ = Documentation(__doc__)

    def __init__(self, row: Row, entry_type: Callable[[Loss, str], EntryPoint], bound: Mapping[str, Any] | None = None):
        self.row = row
        self.bound = MappingProxyType(dict(bound or {}))
        self._entry_type = entry_type
        self.__name__ = self.__qualname__ = row.name

    # Entry points are made when they are first used: a program uses few of them.

    @functools.cached_property
    def _value(self) -> EntryPoint:
        return self._entry_type(self, "value")

    @functools.cached_property
    def grad(self) -> Any:
        return self._entry_type(self, "grad")

    @functools.cached_property
    def value_and_grad(self) -> Any:
        return self._entry_type(self, "value_and_grad")

    @functools.cached_property
    def grad_and_hess(self) -> Any:
        return self._entry_type(self, "grad_and_hess")

    @OwnSignature
    def __signature__(self) -> inspect.Signature:
        return signature(self.row, self.bound, "value")

    def documentation(self) -> str:
        return self.row.doc

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._value(*args, **kwargs)

    def vjp(self, pred: Any, target: Any = None, cotangent: Any = None, **keywords: Any) -> Any:
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
            ``weight``, which the cotangent stands for, nor ``reduction``.

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
        refuse_weights(keywords, ("weight", "reduction"))
        if cotangent is None:
            raise TypeError(f"{self.name}.vjp needs a cotangent")
        return self.grad(pred, target, weight=cotangent, reduction="none", **keywords)

    def bind(self, **parameters: Any) -> Self:
        """Return this loss with parameters fixed.

        Parameters
        ----------
        **parameters
            Parameters of the loss; those not named keep their default.

        Returns
        -------
        Loss
            Calls may still override what was bound.

        Raises
        ------
        TypeError
            For a name that is no parameter of the loss.
        ValueError
            For a value outside its range.

        Examples
        --------
        >>> import fastloss as fl
        >>> fl.huber.bind(delta=2.0)([3.0], [0.0])
        4.0
        """
        check_bound(self.name, self.params, parameters)
        return type(self)(self.row, self._entry_type, {**self.bound, **parameters})

    @property
    def name(self) -> str:
        return self.row.name

    @property
    def family(self) -> str:
        return self.row.family

    @property
    def params(self) -> Mapping[str, Parameter]:
        return MappingProxyType(
            {p.name: Parameter(p.name, self.bound.get(p.name, p.default), p.kind) for p in self.row.parameters}
        )

    @property
    def domain(self) -> Domain:
        return Domain(self.row.prediction, self.row.target)

    @property
    def smoothness(self) -> float:
        return self.row.smoothness

    @property
    def kinks(self) -> str:
        return self.row.kinks

    @property
    def second(self) -> str:
        return self.row.second

    @property
    def reference(self) -> Loss:
        """The same loss in plain NumPy, with the same parameters bound."""
        from fastloss import reference

        return reference.losses[self.name].bind(**self.bound)

    def __repr__(self) -> str:
        return f"<fastloss loss {self.name}{self.__signature__}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (self._entry_type.__module__, self.name, dict(self.bound))


def _rebuild(module: str, name: str, bound: dict[str, Any]) -> Loss:
    import fastloss
    from fastloss import reference

    home = reference.losses if module.startswith(reference.__name__) else fastloss.losses
    return home[name].bind(**bound)
