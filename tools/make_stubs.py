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
from fastloss._docs import entry_doc, sections
from fastloss._loss import signature
from fastloss._registry import Declaration, registries
from fastloss._shapes import SUMS
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
from fastloss._loss import Loss as Loss
from fastloss._names import Named
from fastloss._statistics import SoftmaxResult as SoftmaxResult
from fastloss._threads import Block as _Block

# Results of entry points, and where derivatives are written to: by one argument, and by two.
_Array = NDArray[Any]
_Arrays = tuple[_Array, _Array]
_Teacher = tuple[ArrayLike, ArrayLike] | tuple[ArrayLike, ArrayLike, ArrayLike | None]
class _Tensor(Protocol):  # of PyTorch, in main memory
    def data_ptr(self) -> int: ...

_Out = _Array | _Tensor | None
_Outs = _Out | tuple[_Out, _Out]
_SeveralOut = _Out | tuple[_Out, ...]

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

__version__: str
losses: Named[Loss]
"""Every loss by name; `losses.search("quantile")` finds some."""
linear_losses: Named[Loss]
"""The losses of a linear layer by name."""
row_functions: Named[Loss]
"""The functions of rows of logits by name."""
composed: Named[Any]
"""What is made of losses, by name."""
feature_matching: FeatureMatching
gram: Gram

def get_include() -> str: ...
def get_num_threads() -> int: ...
def set_num_threads(n: int | None) -> None: ...
def num_threads(n: int) -> _Block: ...
def release_memory() -> None: ...
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
    "element_weight": "ArrayLike | None",
}


def options(declared: Declaration, names: Iterable[str]) -> dict[str, str]:
    """The keywords that every entry point takes, with their types; no flag, no reduction, no `out`."""
    own = {
        p.name: ("ArrayLike" if p.kind.array else p.kind.type.__name__) + (" | None" if p.kind.optional else "")
        for p in declared.parameters
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


def classes_of(declared: Declaration) -> str:
    """The classes of the losses that take what this one takes, with _NAME in the place of its own name."""
    target = "ArrayLike | None = None" if declared.optional_target else "ArrayLike"
    arguments = f"pred: ArrayLike, target: {target}"
    names = [p.name for p in signature(declared, {}, "value").parameters.values() if p.kind is p.KEYWORD_ONLY]
    text = dicts("_NAME", options(declared, names), declared.softmax)
    text += call_class("_NAME_call", arguments, declared.reduction, "_NAME", declared.softmax)
    one = "_NAME_call"
    grad, value_and_grad = f"{one}[_Array, _Array, _Out]", f"{one}[tuple[float, _Array], _Arrays, _Out]"
    grad_and_hess = f"{one}[_Arrays, _Arrays, _Outs]"
    if len(declared.differentiable) > 1:
        two = "_NAME_calls"
        text += call_class(two, arguments, declared.reduction, "_NAME", several=True)
        grad = f"{two}[_Array, _Array, _Arrays, _Arrays, _Outs]"
        value_and_grad = f"{two}[tuple[float, _Array], _Arrays, tuple[float, _Arrays], tuple[_Array, _Arrays], _Outs]"
        if len(declared.derivatives("grad_and_hess")) > 1:
            pairs = "tuple[_Arrays, _Arrays]"
            grad_and_hess = f"{two}[_Arrays, _Arrays, {pairs}, {pairs}, _Outs | tuple[_Outs, _Outs]]"
    derivatives = f"_Derivatives[{grad}, {value_and_grad}, {grad_and_hess}]"
    return f"{text}class _NAME({one}[float, _Array, Never], {derivatives}): ...\n"


def listed_class(declared: Declaration) -> str:
    """The class of a loss whose arguments are others: whether derivatives are an array or a tuple of them depends on `wrt`."""
    text, one = f"class _{declared.name}(Loss):\n", default_wrt(declared) == "pred"
    arguments = [
        f"{a.name}: {'_Teacher' if a.name == 'teacher' else 'ArrayLike'}" + (" | None = None" if a.optional else "")
        for a in declared.arguments
    ]
    for entry_point, outputs in declared.entry_points.items():
        names = [p.name for p in signature(declared, {}, entry_point).parameters.values() if p.kind is p.KEYWORD_ONLY]
        fixed = {"wrt", "out", "grad_dtype", "reduction", *STATISTICS}
        types = {**options(declared, (n for n in names if n not in fixed)), "grad_dtype": "DTypeLike | None"}
        types |= {"out": "_SeveralOut" if "wrt" in names else "_Out"}
        types |= {"axis": "int | tuple[int, ...] | None"} if declared.shape is SUMS else {}
        statistics = [n for n in names if n in STATISTICS]
        keywords = "".join(f", {n}: {types[n]} = ..." for n in names if n in types)
        first = ", ".join([*arguments, *(["cotangent: ArrayLike"] if entry_point == "vjp" else [])])
        by = {"": "_Array"}
        if "wrt" in names:
            several = "tuple[_Array, ...]"
            by = {"wrt: None = ...": "_Array" if one else several, "wrt: str": "_Array", "wrt: tuple[str, ...]": several}
        default = declared.default_reduction(entry_point) == "none"
        kinds = {f"reduction: _Reduced{'' if default else ' = ...'}": "float"}
        kinds[f"reduction: _Each{' = ...' if default else ''}"] = "_Array"
        if "reduction" not in names:
            kinds = {"": "_Array"}
        elif "value" not in outputs:
            kinds = {"reduction: _Reduced | _Each = ...": "float"}
        found = []
        for wrt, derivative in (by if outputs != ("value",) else {"": "_Array"}).items():
            for reduction, value in kinds.items():
                result = {("value",): value, ("value", "grad"): f"tuple[{value}, {derivative}]"}.get(outputs, derivative)
                before = [x for x in (wrt, reduction) if x]
                found.append((before, keywords + "".join(f", {n}: _No = ..." for n in statistics), result))
        if statistics:
            before = ["wrt: str | tuple[str, ...] | None = ..."] if "wrt" in names else []
            before.append("reduction: _Reduced | _Each = ...")
            found.append((before, keywords + "".join(f", {n}: bool = ..." for n in statistics), "SoftmaxResult"))
        name = "__call__" if entry_point == "value" else entry_point
        for before, keywords, result in found:
            # A call that asks for no statistic fits the last overload too, but the first one that fits goes.
            ignored = "  # type: ignore[overload-overlap]" if statistics and any("=" not in x for x in before) else ""
            text += "    @overload\n" if len(found) > 1 else ""
            text += f"    def {name}(self, {', '.join([first, '*', *before])}{keywords}) -> {result}: ...{ignored}\n"
    told = ""
    if declared.wraps:  # No source has its documentation as it stands: see fastloss._shape_texts.
        told = '"""' + "\n\n".join(sections(entry_doc(declared, "value"))[""].split("\n\n")[:3]) + '\n"""\n'
    return f"{text}{declared.name}: _{declared.name}\n{told}"


def pointwise_and_rows() -> Iterator[str]:
    groups: dict[str, list[str]] = {}
    for declared in registries["losses"].values():
        if declared.listed:
            continue
        groups.setdefault(classes_of(declared), []).append(declared.name)
    for text, names in groups.items():
        yield text.replace("_NAME", f"_{names[0]}") + "".join(f"{name}: _{names[0]}\n" for name in names)


def files() -> dict[Path, str]:
    """The stub, as it should be."""
    parts = [HEAD, *pointwise_and_rows()]
    parts += [listed_class(declared) for rows in registries.values() for declared in rows.values() if declared.listed]
    return {STUB: "\n".join(parts)}
