"""The `Loss` object: what users hold. It describes a loss and carries its four entry points.

The same class serves the compiled losses (`fastloss.huber`) and their NumPy mirror (`fastloss.reference.huber`); the two differ
in the type of their entry points, which take the arguments and compute.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, Self

from fastloss import _advice, _errors, _names
from fastloss._kinds import Interval, Parameter
from fastloss._options import EMPTY, OPTIONS, by_value, check_bound, with_bound
from fastloss._own import Documentation, OwnSignature
from fastloss._registry import Declaration
from fastloss._shapes import ENTRY_POINTS, SUMS
from fastloss._statistics import STATISTICS
from fastloss._vjp import VectorJacobianProduct

__all__ = [
    "Domain",
    "EntryPoint",
    "Loss",
    "signature",
    "values_of",
]


class Domain(NamedTuple):
    """Where a loss is defined."""

    prediction: Interval
    target: Interval


class EntryPoint(Protocol):
    """One way to evaluate a loss; an instance takes the loss's arguments."""

    origin: str

    def __init__(self, loss: Loss, name: str) -> None: ...
    def __call__(self, /, *args: Any, **kwargs: Any) -> Any: ...
    def documentation(self) -> str: ...


#: The keywords of entry points beside parameters, and what they are where neither the loss nor what is bound says otherwise.
DEFAULTS: Mapping[str, Any] = {"empty": EMPTY[0], "axis": -1, "check_domain": True, **dict.fromkeys(STATISTICS, False)}


def signature(declared: Declaration, bound: Mapping[str, Any], entry_point: str) -> inspect.Signature:
    """The signature of an entry point, with the parameters of its loss."""

    def keyword(name: str, default: Any) -> inspect.Parameter:
        return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=bound.get(name, default))

    either = inspect.Parameter.POSITIONAL_OR_KEYWORD
    positional = [
        inspect.Parameter(argument.name, either, default=None if argument.optional else inspect.Parameter.empty)
        for argument in declared.arguments
    ]
    if entry_point == "vjp":
        positional.append(inspect.Parameter("cotangent", either))
    keywords = [keyword(p.name, p.default) for p in declared.parameters]
    defaults = {**DEFAULTS, "reduction": declared.default_reduction(entry_point)}
    keywords += [keyword(name, defaults.get(name)) for name in declared.options(entry_point)]
    return inspect.Signature(positional + keywords)


def values_of(loss: Loss) -> dict[str, Any]:
    """The value of each parameter of a loss, bound or default."""
    return {p.name: loss.bound.get(p.name, p.default) for p in loss.declared.parameters}


class Loss:
    """A loss function with its gradient and Hessian; or a function of rows of logits, which has no target.

    Call it for the value; see `grad`, `value_and_grad`, `grad_and_hess`, `vjp` for derivatives and `bind` to fix parameters.

    Attributes
    ----------
    name : str
        The name in `fastloss.losses`, `fastloss.linear_losses` or `fastloss.row_functions`.
    params : mapping of str to Parameter
        Each keyword with its default and its range.
    domain : Domain
        The intervals of prediction and target on which the loss is defined.
    smoothness : float
        How many derivatives with respect to the prediction are continuous.
    kinks : str
        Equations that hold where a derivative jumps, separated by semicolons; empty where none does.
    family : str
        The shape of computation: "pointwise", "rows", "sums", "linear rows" or "row functions".
    differentiable : tuple of str
        The arguments that derivatives are given by, if `wrt=` asks for them: of most losses the prediction alone.
    grad, value_and_grad, grad_and_hess, vjp : callable
        The entry points beside the call itself, of which a few losses do not have all.
    """

    __doc__ = Documentation(__doc__)

    def __init__(
        self,
        declared: Declaration,
        entry_type: Callable[[Loss, str], EntryPoint],
        bound: Mapping[str, Any] | None = None,
        reference: Loss | None = None,
    ):
        self.declared = declared
        self.bound = MappingProxyType(dict(bound or {}))
        self._entry_type = entry_type
        #: The same loss in plain NumPy, with nothing bound; what is given none is that loss itself.
        self._reference = reference or self
        self.__name__ = self.__qualname__ = declared.name

    # Entry points are made when they are first used: a program uses few of them.

    def _entry(self, name: str) -> Any:
        if name not in self.declared.entry_points:
            raise AttributeError(name)
        return self._entry_type(self, name)

    @functools.cached_property
    def _value(self) -> EntryPoint:
        entry: EntryPoint = self._entry("value")
        return entry

    @functools.cached_property
    def grad(self) -> Any:
        return self._entry("grad")

    @functools.cached_property
    def value_and_grad(self) -> Any:
        return self._entry("value_and_grad")

    @functools.cached_property
    def grad_and_hess(self) -> Any:
        return self._entry("grad_and_hess")

    @functools.cached_property
    def vjp(self) -> Any:
        return self._entry("vjp") if "vjp" in self.declared.entry_points else VectorJacobianProduct(self)

    @OwnSignature
    def __signature__(self) -> inspect.Signature:
        return signature(self.declared, self.bound, "value")

    def documentation(self) -> str:
        return self._value.documentation()

    if not TYPE_CHECKING:  # a checker would take every name for an attribute

        def __getattr__(self, name: str) -> Any:
            hint = _advice.attribute(name)
            if name in ENTRY_POINTS:  # not one of this loss: see Declaration.entry_points
                hint = f": {_advice.entry_point(self.declared, name)}"
            message = f"{type(self).__name__!r} object has no attribute {name!r}{hint}"
            raise AttributeError(message, name=name, obj=self)

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        return self._value(*args, **kwargs)

    def bind(self, /, *unnamed: Any, **parameters: Any) -> Self:
        """Return this loss with parameters fixed, and other keywords too.

        Parameters
        ----------
        *unnamed
            Nothing: parameters have names.
        **parameters
            Parameters of the loss, and of the keywords of its entry points ``weight`` (or ``sample_weight``), ``reduction``,
            ``empty``, ``axis``, ``check_domain``, ``grad_dtype`` and ``n_threads``; those not named keep their default.
            Arrays are copied.

        Returns
        -------
        Loss
            Calls may still override what was bound.

        Raises
        ------
        TypeError
            For a name that is none of these.
        ValueError
            For a value outside its range.

        Notes
        -----
        A bound ``reduction`` is that of every entry point, `grad_and_hess` too; but `vjp` is of the losses as they are under
        "none", weighed where a weight is bound. Losses are equal, and hash alike, where their names are and all that is bound.

        Examples
        --------
        >>> import fastloss as fl
        >>> fl.huber.bind(delta=2.0)([3.0], [0.0])
        4.0
        >>> fl.huber.bind(delta=2.0, reduction="sum", n_threads=1)([3.0, 1.0], [0.0, 0.0])
        4.5
        """
        if unnamed:
            example = next(iter(self.params), "reduction")
            raise TypeError(f"{self.name}.bind takes keywords alone, such as {example}=..., and was given {unnamed[0]!r:.80}")
        keywords = {name for entry_point in self.declared.entry_points for name in self.declared.options(entry_point)}
        known, options = self.params, [name for name in OPTIONS if name in keywords]
        check_bound(self.name, known, parameters, options)
        if "weight" in parameters and "sample_weight" in parameters:
            raise _errors.two_weights(self._value)
        names = {"sample_weight": self.declared.weight_name}
        return self._with(with_bound(self.bound, known, parameters, names, self.declared.shape is SUMS))

    def _with(self, bound: Mapping[str, Any]) -> Self:
        """This loss with these parameters bound, and no others."""
        return type(self)(self.declared, self._entry_type, bound, self._reference)

    @property
    def name(self) -> str:
        return self.declared.name

    @property
    def family(self) -> str:
        return self.declared.shape.name

    @property
    def params(self) -> Mapping[str, Parameter]:
        return MappingProxyType(
            {p.name: Parameter(p.name, self.bound.get(p.name, p.default), p.kind) for p in self.declared.parameters}
        )

    @property
    def domain(self) -> Domain:
        return Domain(self.declared.prediction, self.declared.target)

    @property
    def smoothness(self) -> float:
        return self.declared.smoothness

    @property
    def kinks(self) -> str:
        return self.declared.kinks

    @property
    def differentiable(self) -> tuple[str, ...]:
        return self.declared.differentiable

    @property
    def reference(self) -> Loss:
        """The same loss in plain NumPy, with the same parameters bound."""
        return self._reference.bind(**self.bound) if self.bound else self._reference

    @functools.cached_property
    def _key(self) -> tuple[Any, ...]:
        """What losses that are equal have in common."""
        values = {**self.bound, **{name: p.default for name, p in self.params.items()}}
        return self.name, self._entry_type, *((name, by_value(values[name])) for name in sorted(values))

    def __eq__(self, other: object) -> bool:
        return self._key == other._key if isinstance(other, Loss) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._key)

    def __repr__(self) -> str:
        return f"<{self._value.origin} {self.declared.shape.noun} {self.name}{self.__signature__}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (self._entry_type.__module__, self.name, dict(self.bound), self.declared.shape.home)


def _rebuild(module: str, name: str, bound: dict[str, Any], home: str = "losses") -> Loss:
    loss: Loss = _names.found(home, module, name)
    return loss.bind(**bound) if bound else loss
