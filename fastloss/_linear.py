"""Losses of a linear layer: a loss of rows of logits, where logits = hidden @ weight.T + bias, with gradients for all three.

A `LinearLoss` wraps any loss of the rows family that takes labels, or a teacher's logits, for which there is a second layer.
Its options, their ranges, documentation and domain are those of the wrapped loss: what is added there is here too. How it is
computed is given to it: by chunks (`fastloss._linear_chunks`) or plainly (`fastloss.reference`); which ones there are, and with
which arguments, `fastloss._linear_registry` says.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Self

import numpy as np

from fastloss import _arrays, _calls, _names
from fastloss._kinds import Parameter
from fastloss._linear_registry import FILTER_EPS, LINEAR_ENTRY_POINTS, LinearRow, linear_signature
from fastloss._loss import Loss
from fastloss._options import OPTIONS, by_value, check_bound, with_bound
from fastloss._own import Documentation, OwnSignature
from fastloss._vjp import refuse_weights

__all__ = ["LinearLoss"]

#: What the cotangent of a vector-Jacobian product stands for.
REPLACED = ("sample_weight", "reduction", "empty")
#: Those that may be bound there and not here.
OTHERS_BOUND = ("axis", "weight")

#: How a loss is computed: from the loss, the outputs that are wanted and the arguments of the call.
Evaluate = Callable[["LinearLoss", tuple[str, ...], dict[str, Any]], tuple[Any, ...]]


class LinearLoss:
    """A loss of the logits of a linear layer, with the gradients of the layer's input, weight and bias.

    Call it for the value; see `grad`, `value_and_grad` and `vjp` for gradients and `bind` to fix parameters.

    Attributes
    ----------
    name : str
        The name in `fastloss.linear_losses`.
    wrapped : Loss
        The loss of a row of logits.
    params : mapping of str to Parameter
        Each keyword with its default and its range.
    family : str
        The shape of computation: "linear rows".
    grad, value_and_grad, vjp : callable
        The entry points beside the call itself.
    """

    __doc__ = Documentation(__doc__)
    family = "linear rows"

    def __init__(
        self,
        row: LinearRow,
        wrapped: Loss,
        evaluate: Evaluate,
        bound: Mapping[str, Any] | None = None,
        reference: LinearLoss | None = None,
    ):
        if not wrapped.row.has_classes or not (wrapped.row.labels or wrapped.row.differentiable_target):
            raise TypeError(f"{wrapped.name} is no loss of rows with labels, nor of two rows of logits")
        if bound is None:
            bound = {"sample_weight" if name == "weight" else name: value for name, value in wrapped.bound.items()}
        # What is bound is given to each call, and would be twice.
        self.wrapped = wrapped._with({}) if wrapped.bound else wrapped
        self.row, self.evaluate, self.bound = row, evaluate, MappingProxyType(dict(bound))
        #: The same loss in plain NumPy, with nothing bound; what is given none is that loss itself.
        self._reference = reference or self
        self.__name__ = self.__qualname__ = row.name
        self._value = LinearEntry(self, "value")
        self.grad: Any = LinearEntry(self, "grad")
        self.value_and_grad: Any = LinearEntry(self, "value_and_grad")
        self.vjp: Callable[..., tuple[Any, ...]] = LinearProduct(self)

    @OwnSignature
    def __signature__(self) -> inspect.Signature:
        return linear_signature(self.wrapped.row, self.bound, "value")

    def documentation(self) -> str:
        return self._value.documentation()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._value(*args, **kwargs)

    def bind(self, **parameters: Any) -> Self:
        """Return this loss with parameters fixed, and other keywords too; calls may still override them.

        Parameters
        ----------
        **parameters
            Parameters of the loss, and of the keywords of its entry points ``sample_weight``, ``reduction``, ``empty``,
            ``check_domain``, ``grad_dtype`` and ``n_threads``; those not named keep their default. Arrays are copied.

        Returns
        -------
        LinearLoss

        Raises
        ------
        TypeError
            For a name that is none of these.
        ValueError
            For a value outside its range.

        Notes
        -----
        `vjp` is of the losses as they are under "none", weighed where a sample weight is bound. Losses are equal, and hash
        alike, where their names are and all that is bound.

        Examples
        --------
        >>> import fastloss as fl
        >>> smoothed = fl.linear_cross_entropy.bind(label_smoothing=0.1)
        >>> round(smoothed([[1.0, 2.0]], [[0.0, 1.0], [1.0, 0.0]], [0]), 6)
        0.363262
        """
        known = self.params
        known_to_grad = linear_signature(self.wrapped.row, {}, "grad").parameters
        options = [name for name in OPTIONS if name not in OTHERS_BOUND and name in known_to_grad]
        check_bound(self.name, known, parameters, options)
        more = with_bound(self.bound, known, parameters, {})
        return type(self)(self.row, self.wrapped, self.evaluate, more, self._reference)

    @property
    def name(self) -> str:
        return self.row.name

    @property
    def params(self) -> Mapping[str, Parameter]:
        known = (*self.wrapped.params.values(), FILTER_EPS)
        return MappingProxyType({p.name: Parameter(p.name, self.bound.get(p.name, p.default), p.kind) for p in known})

    @property
    def reference(self) -> LinearLoss:
        """The same loss in plain NumPy, with the same parameters bound."""
        return self._reference.bind(**self.bound)

    @functools.cached_property
    def _key(self) -> tuple[Any, ...]:
        """What losses that are equal have in common."""
        values = {**self.bound, **{name: p.default for name, p in self.params.items()}}
        return self.name, self.wrapped, self.evaluate, *((name, by_value(values[name])) for name in sorted(values))

    def __eq__(self, other: object) -> bool:
        return self._key == other._key if isinstance(other, LinearLoss) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._key)

    def __repr__(self) -> str:
        return f"<{_origin(self)} loss {self.name}{self.__signature__}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (_origin(self), self.name, dict(self.bound))


def _origin(loss: LinearLoss) -> str:
    return "fastloss reference" if loss.evaluate.__module__.startswith("fastloss.reference") else "fastloss"


def _rebuild(origin: str, name: str, bound: dict[str, Any]) -> LinearLoss:
    loss: LinearLoss = _names.found("linear_losses", origin, name)
    return loss.bind(**bound)


class LinearEntry:
    # One way to evaluate a loss of a linear layer.

    def __init__(self, loss: LinearLoss, name: str) -> None:
        self.loss, self.outputs = loss, LINEAR_ENTRY_POINTS[name]
        self.__name__ = self.__qualname__ = name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if _arrays.has_tensor(kwargs.get("out")):
            return _arrays.call_with_tensors(self, args, kwargs)
        if len(args) > 1 and "weight" in kwargs:
            raise TypeError(f"{_calls.called(self)}: weight is the layer's matrix; sample weights are sample_weight=")
        given, keywords = _calls.arguments(self, args, kwargs)
        defaults = {p.name: p.default for p in self.__signature__.parameters.values() if p.default is not p.empty}
        return self.evaluate({**defaults, **given, **keywords})

    def evaluate(self, arguments: dict[str, Any]) -> Any:
        results = self.loss.evaluate(self.loss, self.outputs, arguments)
        return results[0] if len(results) == 1 else results

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, LinearEntry):
            return NotImplemented
        return self.loss == other.loss and self.__name__ == other.__name__

    def __hash__(self) -> int:
        return hash((self.loss, self.__name__))

    @property
    def __doc__(self) -> str:  # type: ignore[override]
        return self.documentation()

    def documentation(self) -> str:
        from fastloss._linear_docs import linear_doc  # for help alone

        return linear_doc(self.loss.row, self.loss.wrapped.row, self.__name__)

    @functools.cached_property
    def __signature__(self) -> inspect.Signature:
        return linear_signature(self.loss.wrapped.row, self.loss.bound, self.__name__)

    def __repr__(self) -> str:
        return f"<{_origin(self.loss)} {self.loss.name}.{self.__name__}{self.__signature__}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return getattr, (self.loss, "_value" if self.__name__ == "value" else self.__name__)


class LinearProduct(LinearEntry):
    """Gradients of ``sum(cotangent * loss)``, with the loss of each row: a vector-Jacobian product.

    Parameters
    ----------
    hidden, weight, labels : array_like
        As for the loss itself; in the place of `labels` the `teacher`, where it has one.
    cotangent : array_like
        What the loss of each row counts: real numbers of either sign, broadcast to the shape of `hidden` without its
        last axis. A row with cotangent 0 has no part in the gradients, whatever its loss.
    **keywords
        ``bias``, the loss's parameters, ``filter_eps``, ``out`` and ``n_threads`` as for `grad`. Not
        ``sample_weight``, which the cotangent stands for, nor ``reduction``.

    Returns
    -------
    grad : tuple of ndarray
        d_hidden, d_weight and, where `bias` is given, d_bias.

    Raises
    ------
    TypeError
        For `sample_weight` or `reduction`; else all that `grad` raises.

    Examples
    --------
    >>> import fastloss as fl
    >>> hidden, weight = [[1.0, 2.0]], [[0.0, 0.0], [0.0, 0.0]]
    >>> d_hidden, d_weight = fl.linear_cross_entropy.vjp(hidden, weight, [0], [-2.0])
    >>> d_weight
    array([[ 1.,  2.],
           [-1., -2.]])
    """

    def __init__(self, loss: LinearLoss) -> None:
        super().__init__(loss, "grad")
        self.__name__ = self.__qualname__ = "vjp"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        refuse_weights(kwargs, REPLACED, f"{self.loss.name}.")
        return super().__call__(*args, **kwargs)

    def evaluate(self, arguments: dict[str, Any]) -> Any:
        cotangent = arguments.pop("cotangent")
        if cotangent is None:
            raise TypeError(f"{self.loss.name}.vjp needs a cotangent")
        cotangent = _arrays.readable_array(cotangent, "cotangent")
        _arrays.broadcast(cotangent, np.shape(arguments["hidden"])[:-1], "cotangent")
        if "sample_weight" in self.loss.bound:
            cotangent = cotangent * self.loss.bound["sample_weight"]
        return super().evaluate({**arguments, "sample_weight": cotangent, "reduction": "none", "empty": "nan"})

    @functools.cached_property
    def __signature__(self) -> inspect.Signature:
        hidden, weight, target, *rest = linear_signature(self.loss.wrapped.row, self.loss.bound, "grad").parameters.values()
        keywords = [p.replace(kind=p.KEYWORD_ONLY) for p in rest if p.name not in REPLACED]
        return inspect.Signature([hidden, weight, target, inspect.Parameter("cotangent", target.kind), *keywords])
