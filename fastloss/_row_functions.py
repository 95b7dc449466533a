"""Functions of rows of logits that have no target, and so are no losses: `logsumexp` and `log_softmax`, with their derivatives.

A function is declared once, by decorating its NumPy function in `fastloss.reference` with `row_function`. As with losses, one
class serves the compiled functions and their mirror in NumPy; the entry points differ.
"""

from __future__ import annotations

import functools
import inspect
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from fastloss import _docs, _names
from fastloss._own import Documentation, OwnSignature

__all__ = ["DescribedFunction", "FunctionRow", "RowFunction", "function_registry", "function_signature", "row_function"]


@dataclass(frozen=True)
class FunctionRow:
    """What is known of one function of rows.

    Attributes
    ----------
    name, kernel : str
        The public name; that of its kernel in csrc/losses.inc.
    function : callable
        The NumPy function: rows of logits in, all outputs by name out.
    entry_points : mapping of str to tuple of str
        The outputs that each returns.
    """

    name: str
    kernel: str
    function: Callable[..., Mapping[str, Any]]
    entry_points: Mapping[str, tuple[str, ...]]

    def __hash__(self) -> int:
        return hash(self.name)


_rows: dict[str, FunctionRow] = {}
function_registry: Mapping[str, FunctionRow] = MappingProxyType(_rows)


def row_function(kernel: str, **entry_points: tuple[str, ...]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare a function of rows of logits, and what its entry points return."""

    def declare(function: Callable[..., Any]) -> Callable[..., Any]:
        name = function.__name__
        _rows[name] = FunctionRow(name, kernel, function, MappingProxyType(entry_points))
        return function

    return declare


def function_signature(row: FunctionRow, entry_point: str) -> inspect.Signature:
    """The signature of an entry point."""
    outputs = row.entry_points[entry_point]
    names = ["pred", "cotangent"] if "vjp" in outputs else ["pred"]
    parameters = [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in names]
    keywords: dict[str, Any] = {}
    if {"value", "grad"} & set(outputs):
        keywords = {"weight": None, "sample_weight": None, "reduction": "none"}
    keywords["axis"] = -1
    if outputs != ("value",):
        keywords["out"] = None
    keywords["n_threads"] = None
    parameters += [inspect.Parameter(k, inspect.Parameter.KEYWORD_ONLY, default=v) for k, v in keywords.items()]
    return inspect.Signature(parameters)


class RowFunction:
    """A function of rows of logits, without a target.

    Call it for the value; its derivatives are entry points beside the call.

    Attributes
    ----------
    name : str
        The name in `fastloss.row_functions`.
    family : str
        The shape of computation: "row functions".
    reference : RowFunction
        The same function in plain NumPy.
    grad, value_and_grad : callable
        Of `logsumexp`: gradient, and both.
    vjp : callable
        Of `log_softmax`: the product of a vector and the Jacobian.
    """

    __doc__ = Documentation(__doc__)
    family = "row functions"
    #: No parameter can be bound; messages ask for those of losses.
    bound: Mapping[str, Any] = MappingProxyType({})

    def __init__(
        self,
        row: FunctionRow,
        entry_type: Callable[[RowFunction, str], Any],
        reference: RowFunction | None = None,
    ):
        self.row, self._entry_type = row, entry_type
        #: The same function in plain NumPy; what is given none is that function itself.
        self.reference = reference or self
        self.__name__ = self.__qualname__ = row.name
        self._value = entry_type(self, "value")
        for name in row.entry_points:
            if name != "value":
                setattr(self, name, entry_type(self, name))

    @OwnSignature
    def __signature__(self) -> inspect.Signature:
        return function_signature(self.row, "value")

    def documentation(self) -> str:
        text: str = self._value.documentation()
        return text

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        return self._value(*args, **kwargs)

    @property
    def name(self) -> str:
        return self.row.name

    def __repr__(self) -> str:
        return f"<{self._value.origin} function {self.name}{self.__signature__}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return _find, (self._value.origin, self.name)


def _find(origin: str, name: str) -> RowFunction:
    function: RowFunction = _names.found("row_functions", origin, name)
    return function


class DescribedFunction(_docs.DescribedEntry):
    # What an entry point of a function of rows says of itself.

    loss: Any  # a RowFunction: the name by which messages ask

    def documentation(self) -> str:
        return function_doc(self.loss.row, self.__name__)

    @functools.cached_property
    def __signature__(self) -> inspect.Signature:
        return function_signature(self.loss.row, self.__name__)


# ---- documentation --------------------------------------------------------------------------------------------------

_LEAD = {
    "value": "",
    "grad": "Gradient of `{name}` with respect to `pred`.",
    "value_and_grad": "Value of `{name}` and its gradient with respect to `pred`, in one pass.",
    "vjp": "Product of a vector and the Jacobian of `{name}`: what is known of its output's derivatives, by `pred`.",
}

_PARAMETERS = {
    "pred": """\
pred : array_like
    Logits, of any shape with the classes along `axis`. -inf masks a class. float16 and bfloat16 are computed
    in float32, integers in float64.""",
    "cotangent": """\
cotangent : array_like
    The derivatives by the output, of the shape of `pred`.""",
    "weight": """\
weight : array_like, optional
    Weights of the rows, broadcast to the shape of `pred` without the class axis.
    A row of weight 0 contributes exactly nothing, whatever it holds.""",
    "sample_weight": """\
sample_weight : array_like, optional
    Another name of `weight`.""",
    "reduction": """\
reduction : {"mean", "sum", "none"}, default "none"
    "mean" is sum(w·f) / sum(w), "sum" is sum(w·f), "none" gives w·f for each row.""",
    "axis": """\
axis : int, default -1
    The class axis of `pred`.""",
    "out": """\
out : ndarray, optional
    Receives {output} and is returned; of the shape and dtype of `pred`, which it may be itself.""",
    "n_threads": """\
n_threads : int, optional
    Threads of this call. None: the library's limit.""",
}

_OUTPUTS = {"grad": "the gradient", "log_softmax": "the result", "vjp": "the product"}

_RETURNS = {
    "value": """\
value : ndarray or float
    Under "none" an array with the value of each row, of the dtype of `pred`, or float32 where that is
    half precision; else a Python float.""",
    "grad": """\
grad : ndarray
    The gradient of the reduced value, of the shape and dtype of `pred`; under "none" that of each row's
    own value.""",
    "log_softmax": """\
log_softmax : ndarray
    Of the shape and dtype of `pred`.""",
    "vjp": """\
vjp : ndarray
    Of the shape and dtype of `pred`.""",
}


@functools.cache
def function_doc(row: FunctionRow, name: str) -> str:
    """The docstring of one entry point; that of "value" is the function's own."""
    own = _docs.sections(inspect.getdoc(row.function) or "")
    names, outputs = list(function_signature(row, name).parameters), row.entry_points[name]
    values = "shapes that do not match, an axis that there is not"
    values += ", an unknown reduction" if "reduction" in names else ""
    values += (
        ", or an `out` of another shape or dtype, read-only, or overlapping an input other than `pred`"
        if "out" in names
        else ""
    )
    raised = {
        "ValueError": f"For {values}.",
        "TypeError": "For an unknown keyword, and for arrays that do not hold real numbers in main memory: object, complex, "
        "string, masked, longdouble (which is for `fastloss.reference` only), or on another device.",
        "MemoryError": "When memory runs out.",
    }
    output = _OUTPUTS.get(outputs[-1], "")
    parts = {
        "Parameters": "\n".join(_PARAMETERS[key].replace("{output}", output) for key in names),
        "Returns": "\n".join(_RETURNS[output] for output in outputs),
        "Raises": "\n".join(f"{error}\n{textwrap.indent(textwrap.fill(text, 106), '    ')}" for error, text in raised.items()),
        **{title: own.get(title, "") for title in ("Notes", "References", "Examples")},
    }
    body = [f"{title}\n{'-' * len(title)}\n{text}" for title, text in parts.items() if text]
    return "\n\n".join(text for text in (_LEAD[name].format(name=row.name), own[""], *body) if text)
