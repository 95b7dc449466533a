"""The text of fastloss/__init__.pyi, which tells editors and type checkers how every loss is called: see tools/refresh.py.

Losses that take the same arguments share classes, named after the first of them: a TypedDict of keywords, a class of entry
points, and a class of losses, whose entry points differ in what they return. A value is a float where it is reduced and an
array under "none", hence the overloads. Documentation is not repeated here: an editor finds it through fastloss/__init__.py in
the source of the reference.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from fastloss._arguments import default_wrt
from fastloss._docs import sections
from fastloss._linear_docs import linear_doc
from fastloss._linear_registry import LinearRow, linear_registry, linear_signature
from fastloss._loss import signature
from fastloss._registry import Row, registry
from fastloss._row_functions import FunctionRow, function_registry, function_signature
from fastloss._statistics import STATISTICS

STUB = Path(__file__).resolve().parent.parent / "fastloss" / "__init__.pyi"

HEAD = '''"""Written by tools/make_stubs.py from the registry; to refresh it, run `python tools/refresh.py`."""

# ruff: noqa: E501, UP013
# fmt: off
# pyright: reportIncompatibleVariableOverride=false, reportOverlappingOverload=false

from typing import Any, Generic, Literal, Never, Protocol, TypedDict, TypeVar, Unpack, overload

from numpy.typing import ArrayLike, DTypeLike, NDArray

from fastloss import reference as reference
from fastloss._composed import FeatureMatching, Gram
from fastloss._linear import LinearLoss as LinearLoss
from fastloss._loss import Loss as Loss
from fastloss._names import Named
from fastloss._row_functions import RowFunction as RowFunction
from fastloss._statistics import SoftmaxResult as SoftmaxResult
from fastloss._threads import Block as _Block

# Results of entry points, and where derivatives are written to: by one argument, and by two.
_Array = NDArray[Any]
_Arrays = tuple[_Array, _Array]
_Layer = tuple[_Array, ...]
_Teacher = tuple[ArrayLike, ArrayLike] | tuple[ArrayLike, ArrayLike, ArrayLike | None]
class _Tensor(Protocol):  # of PyTorch, in main memory
    def data_ptr(self) -> int: ...

_Out = _Array | _Tensor | None
_Outs = _Out | tuple[_Out, _Out]
_LayerOut = tuple[_Out, ...] | None

# What is asked for.
_Reduced = Literal["mean", "sum"]
_Each = Literal["none"]
_Empty = Literal["nan", "zero"]
_Yes = Literal[True]
_No = Literal[False]

# Results of one entry point: reduced, of each, both with a second argument; its `out`.
_R = TypeVar("_R")
_E = TypeVar("_E")
_R2 = TypeVar("_R2")
_E2 = TypeVar("_E2")
_O = TypeVar("_O")
# The entry points of one loss.
_G = TypeVar("_G")
_V = TypeVar("_V")
_H = TypeVar("_H")

class _Derivatives(Loss, Generic[_G, _V, _H]):
    grad: _G
    """Gradient with respect to `pred`: that of the reduced value."""
    value_and_grad: _V
    """Value and its gradient with respect to `pred`, in one pass."""
    grad_and_hess: _H
    """Gradient and diagonal Hessian with respect to `pred`, by default not reduced."""

class _LayerDerivatives(LinearLoss, Generic[_G, _V]):
    grad: _G
    """Gradients with respect to `hidden`, `weight` and `bias`: those of the reduced value."""
    value_and_grad: _V
    """Value and its gradients with respect to `hidden`, `weight` and `bias`."""

__version__: str
losses: Named[Loss]
"""Every loss by name; `losses.search("quantile")` finds some."""
linear_losses: Named[LinearLoss]
"""The losses of a linear layer by name."""
row_functions: Named[RowFunction]
"""The functions of rows of logits by name."""
composed: Named[Any]
"""What is made of losses, by name."""
feature_matching: FeatureMatching
gram: Gram

def get_include() -> str: ...
def get_num_threads() -> int: ...
def set_num_threads(n: int | None) -> None: ...
def num_threads(n: int) -> _Block: ...
def show_config() -> None: ...
'''

TYPES = {
    "weight": "ArrayLike | None",
    "sample_weight": "ArrayLike | None",
    "filter_eps": "float",
    "axis": "int",
    "check_domain": "bool",
    "empty": "_Empty",
    "n_threads": "int | None",
    "labels": "ArrayLike",
    "element_weight": "ArrayLike | None",
    "teacher": "_Teacher",
}


def options(row: Row, names: Iterable[str]) -> dict[str, str]:
    """The keywords that every entry point takes, with their types; no flag, no reduction, no `out`."""
    own = {
        p.name: ("ArrayLike" if p.kind.array else p.kind.type.__name__) + (" | None" if p.kind.optional else "")
        for p in row.parameters
    }
    return {name: {**TYPES, **own}[name] for name in names if name != "reduction" and name not in STATISTICS}


def typed_dict(name: str, fields: dict[str, str]) -> str:
    body = ", ".join(f'"{field}": {kind}' for field, kind in fields.items())
    return f'{name} = TypedDict("{name}", {{{body}}}, total=False)\n'


def call_class(name: str, arguments: str, reduction: str, wraps: str, softmax: bool = False, several: bool = False) -> str:
    """A class of entry points: `arguments` stand before the keywords; `several`: there are derivatives by several of them."""
    default = {"_Reduced": "", "_Each": ""}
    default["_Each" if reduction == "none" else "_Reduced"] = " = ..."
    parameters = "_R, _E, _R2, _E2, _O" if several else "_R, _E, _O"

    def overload(reductions: str, fields: str, result: str, second: str = "") -> str:
        keywords = (
            f"reduction: {reductions}, {second}out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[{fields}]"
        )
        # A call that asks for no statistic fits the last overload too, but the first one that fits goes.
        ignored = "  # type: ignore[overload-overlap]" if softmax and reductions in default and not default[reductions] else ""
        return f"    @overload\n    def __call__(self, {arguments}, *, {keywords}) -> {result}: ...{ignored}\n"

    def both(fields: str, results: Iterable[str], second: str = "") -> str:
        kinds = ("_Reduced", "_Each")
        return "".join(
            overload(kind + default[kind], fields, result, second) for kind, result in zip(kinds, results, strict=True)
        )

    text = f"class {name}(Generic[{parameters}]):\n"
    text += both(f"{wraps}_options", ("_R", "_E"), "wrt: str | None = ..., ")
    text += both(f"{wraps}_options", ("_R2", "_E2"), "wrt: tuple[str, ...], ") if several else ""
    text += (
        overload("_Reduced | _Each = ...", f"{wraps}_statistics", "SoftmaxResult", "wrt: str | None = ..., ") if softmax else ""
    )
    return text


def dicts(name: str, fields: dict[str, str], softmax: bool) -> str:
    """The keywords of entry points; where statistics may be asked for, those of calls that do not and of calls that do."""
    if not softmax:
        return typed_dict(f"{name}_options", fields)
    without, with_some = ({**fields, **dict.fromkeys(STATISTICS, kind)} for kind in ("_No", "bool"))
    return typed_dict(f"{name}_options", without) + typed_dict(f"{name}_statistics", with_some)


def classes_of(row: Row) -> str:
    """The classes of the losses that take what this one takes, with _NAME in the place of its own name."""
    target = "ArrayLike | None = None" if row.optional_target else "ArrayLike"
    arguments = f"pred: ArrayLike, target: {target}"
    names = [p.name for p in signature(row, {}, "value").parameters.values() if p.kind is p.KEYWORD_ONLY]
    text = dicts("_NAME", options(row, names), row.softmax)
    text += call_class("_NAME_call", arguments, row.reduction, "_NAME", row.softmax)
    one = "_NAME_call"
    grad, value_and_grad = f"{one}[_Array, _Array, _Out]", f"{one}[tuple[float, _Array], _Arrays, _Out]"
    grad_and_hess = f"{one}[_Arrays, _Arrays, _Outs]"
    if len(row.differentiable) > 1:
        two = "_NAME_calls"
        text += call_class(two, arguments, row.reduction, "_NAME", several=True)
        grad = f"{two}[_Array, _Array, _Arrays, _Arrays, _Outs]"
        value_and_grad = f"{two}[tuple[float, _Array], _Arrays, tuple[float, _Arrays], tuple[_Array, _Arrays], _Outs]"
        if len(row.derivatives("grad_and_hess")) > 1:
            pairs = "tuple[_Arrays, _Arrays]"
            grad_and_hess = f"{two}[_Arrays, _Arrays, {pairs}, {pairs}, _Outs | tuple[_Outs, _Outs]]"
    derivatives = f"_Derivatives[{grad}, {value_and_grad}, {grad_and_hess}]"
    return f"{text}class _NAME({one}[float, _Array, Never], {derivatives}): ...\n"


def sums_class(row: Row) -> str:
    """The class of a loss of sums: whether derivatives are an array or a tuple of them depends on `wrt`."""
    text = f"class _{row.name}(Loss):\n"
    first = ", ".join(f"{a.name}: ArrayLike" + (" | None = None" if a.optional else "") for a in row.arguments)
    one = default_wrt(row) == "pred"
    for entry_point in row.entry_points:
        names = [p.name for p in signature(row, {}, entry_point).parameters.values() if p.kind is p.KEYWORD_ONLY]
        types = {**options(row, (n for n in names if n not in ("wrt", "out", "grad_dtype"))), "grad_dtype": "DTypeLike | None"}
        types |= {"axis": "int | tuple[int, ...] | None", "out": "_Out | tuple[_Out, ...]"}
        keywords = ", ".join(f"{n}: {types[n]} = ..." for n in names if n not in ("wrt", "reduction"))
        name = "__call__" if entry_point == "value" else entry_point
        default = "wrt: None = ..., "
        kinds = (
            {"": "VALUE"}
            if entry_point == "value"
            else {
                default: "_Array" if one else "tuple[_Array, ...]",
                "wrt: str, ": "_Array",
                "wrt: tuple[str, ...], ": "tuple[_Array, ...]",
            }
        )
        for wrt, result in kinds.items():
            for reduction, value in (("_Reduced = ...", "float"), ("_Each", "_Array")):
                returned = result.replace("VALUE", value) if entry_point != "value_and_grad" else f"tuple[{value}, {result}]"
                text += "    @overload\n"
                text += f"    def {name}(self, {first}, *, {wrt}reduction: {reduction}, {keywords}) -> {returned}: ...\n"
    return f"{text}{row.name}: _{row.name}\n"


def pointwise_and_rows() -> Iterator[str]:
    groups: dict[str, list[str]] = {}
    for row in registry.values():
        if row.of_sums:
            continue
        groups.setdefault(classes_of(row), []).append(row.name)
    for text, names in groups.items():
        yield text.replace("_NAME", f"_{names[0]}") + "".join(f"{name}: _{names[0]}\n" for name in names)


def linear_classes(linear: LinearRow) -> str:
    row, name = registry[linear.wraps], f"_{linear.name}"
    parameters = linear_signature(row, {}, "value").parameters.values()
    first = [p.name for p in parameters if p.kind is not p.KEYWORD_ONLY]
    arguments = ", ".join(f"{n}: {TYPES['teacher'] if n == 'teacher' else 'ArrayLike'}" for n in first[:-1])
    arguments += ", bias: ArrayLike | None = None"
    call = f"{name}_call"
    text = dicts(name, options(row, [p.name for p in parameters if p.kind is p.KEYWORD_ONLY]), row.softmax)
    text += call_class(call, arguments, row.reduction, name, row.softmax)
    grad = f"{call}[_Layer, _Layer, _LayerOut]"
    value_and_grad = f"{call}[tuple[float, _Layer], tuple[_Array, _Layer], _LayerOut]"
    text += f"class {name}({call}[float, _Array, Never], _LayerDerivatives[{grad}, {value_and_grad}]): ...\n"
    # No source has its documentation as it stands: see fastloss._linear_docs.
    told = "\n\n".join(sections(linear_doc(linear, row, "value"))[""].split("\n\n")[:3])
    return f'{text}{linear.name}: {name}\n"""{told}\n"""\n'


def function_class(row: FunctionRow) -> str:
    text = f"class _{row.name}(RowFunction):\n"
    for entry_point, outputs in row.entry_points.items():
        names = list(function_signature(row, entry_point).parameters)
        first = ", ".join(f"{name}: ArrayLike" for name in names if name in ("pred", "cotangent"))
        types = {**TYPES, "out": "_Out"}
        keywords = [f"{name}: {types[name]} = ..." for name in names if name in types]
        name = "__call__" if entry_point == "value" else entry_point
        result = "tuple[VALUE, _Array]" if len(outputs) == 2 else "VALUE" if outputs == ("value",) else "_Array"
        reductions = {"": result.replace("VALUE", "_Array")}
        if "reduction" in names and "VALUE" not in result:
            reductions = {"reduction: _Reduced | _Each = ..., ": result}
        elif "reduction" in names:
            reductions = {"reduction: _Each = ..., ": reductions[""], "reduction: _Reduced, ": result.replace("VALUE", "float")}
        for reduction, returned in reductions.items():
            text += "    @overload\n" if len(reductions) > 1 else ""
            text += f"    def {name}(self, {first}, *, {reduction}{', '.join(keywords)}) -> {returned}: ...\n"
    return f"{text}{row.name}: _{row.name}\n"


def files() -> dict[Path, str]:
    """The stub, as it should be."""
    parts = [HEAD, *pointwise_and_rows(), *(sums_class(row) for row in registry.values() if row.of_sums)]
    parts += [*map(linear_classes, linear_registry.values()), *map(function_class, function_registry.values())]
    return {STUB: "\n".join(parts)}
