"""Write fastloss/__init__.pyi, which gives editors the signature of every loss: `python tools/make_stubs.py [--check]`."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from fastloss._linear import LINEAR_ENTRY_POINTS, LinearRow, linear_registry, linear_signature
from fastloss._loss import ENTRY_POINTS, second_keyword, signature
from fastloss._registry import Row, registry
from fastloss._row_functions import FunctionRow, function_registry, function_signature
from fastloss._statistics import STATISTICS

STUB = Path(__file__).resolve().parent.parent / "fastloss" / "__init__.pyi"

HEAD = '''"""Written by tools/make_stubs.py from the registry."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any, Literal, overload

from numpy.typing import ArrayLike, NDArray

from fastloss import reference as reference
from fastloss._linear import LinearLoss as LinearLoss
from fastloss._loss import Loss as Loss
from fastloss._row_functions import RowFunction as RowFunction
from fastloss._statistics import SoftmaxResult as SoftmaxResult

# Where derivatives are written to; by one argument and by two.
_Place = NDArray[Any] | None
_Places = _Place | tuple[_Place, _Place]
_Derivative = NDArray[Any] | tuple[NDArray[Any], NDArray[Any]]

__version__: str
losses: Mapping[str, Loss]
linear_losses: Mapping[str, LinearLoss]
row_functions: Mapping[str, RowFunction]

def get_num_threads() -> int: ...
def set_num_threads(n: int | None) -> None: ...
def num_threads(n: int) -> AbstractContextManager[None]: ...
def show_config() -> None: ...
'''.replace("Iterator, ", "")

TYPES = {
    "pred": "ArrayLike",
    "target": "ArrayLike",
    "cotangent": "ArrayLike",
    "weight": "ArrayLike | None",
    "hidden": "ArrayLike",
    "labels": "ArrayLike",
    "teacher": "tuple[ArrayLike, ArrayLike] | tuple[ArrayLike, ArrayLike, ArrayLike | None]",
    "bias": "ArrayLike | None",
    "sample_weight": "ArrayLike | None",
    "filter_eps": "float",
    "reduction": 'Literal["mean", "sum", "none"]',
    "axis": "int",
    "check_domain": "bool",
    "n_threads": "int | None",
}
RESULTS = {
    "value": "float | NDArray[Any]",
    "grad": "NDArray[Any]",
    "value_and_grad": "tuple[float | NDArray[Any], NDArray[Any]]",
    "grad_and_hess": "tuple[NDArray[Any], NDArray[Any]]",
}
LINEAR_RESULTS = {
    "value": "float | NDArray[Any]",
    "grad": "tuple[NDArray[Any], ...]",
    "value_and_grad": "tuple[float | NDArray[Any], tuple[NDArray[Any], ...]]",
}


def type_of(row: Row, name: str, entry_point: str) -> str:
    flag = second_keyword(row, entry_point)
    if name == "out":
        if entry_point != "grad_and_hess":
            return "_Places" if flag else "_Place"
        return "_Places | tuple[_Places, _Places]" if flag else "_Places"
    if name == flag:
        return "bool"
    for parameter in row.parameters:
        if parameter.name == name:
            kind = "ArrayLike" if parameter.kind.array else parameter.kind.type.__name__
            return kind + (" | None" if parameter.kind.optional else "")
    return TYPES[name] + (" | None" if name == "target" and row.optional_target else "")


def type_of_linear(row: Row, name: str, entry_point: str) -> str:
    if name == "weight":
        return "ArrayLike"
    return "tuple[NDArray[Any] | None, ...] | None" if name == "out" else type_of(row, name, entry_point)


def arguments(parameters: Iterable[inspect.Parameter], type_of_argument: Callable[[str], str]) -> str:
    texts, starred = ["self"], False
    for p in parameters:
        if p.kind is inspect.Parameter.KEYWORD_ONLY and not starred:
            texts.append("*")
            starred = True
        default = "" if p.default is inspect.Parameter.empty else f" = {p.default!r}".replace("'", '"')
        texts.append(f"{p.name}: {type_of_argument(p.name)}{default}")
    return "".join(f"        {text},\n" for text in texts)


def results_of(row: Row, entry_point: str) -> str:
    results = RESULTS[entry_point]
    if second_keyword(row, entry_point):
        return {
            "grad": "_Derivative",
            "value_and_grad": "tuple[float | NDArray[Any], _Derivative]",
            "grad_and_hess": "tuple[_Derivative, _Derivative]",
        }[entry_point]
    return results


def methods(
    entry_point: str, parameters: Iterable[inspect.Parameter], type_of_argument: Callable[[str], str], result: str
) -> str:
    """An entry point; two overloads where statistics may be asked for, which make another result of it."""
    parameters = list(parameters)
    name = "__call__" if entry_point == "value" else entry_point
    if not any(p.name in STATISTICS for p in parameters):
        return f"    def {name}(\n{arguments(parameters, type_of_argument)}    ) -> {result}: ...\n"

    def text(flag: str, result: str) -> str:
        texts = arguments(parameters, lambda p: flag if p in STATISTICS else type_of_argument(p))
        return f"    @overload\n    def {name}(\n{texts}    ) -> {result}: ...\n"

    # A call with every flag False fits both, and the first goes first.
    return text("Literal[False]", result) + text("bool", "SoftmaxResult")


def class_of(row: Row) -> str:
    lines = [f"class _{row.name}(Loss):\n"]
    for entry_point in ENTRY_POINTS:
        parameters = signature(row, {}, entry_point).parameters.values()
        types = functools.partial(type_of, row, entry_point=entry_point)
        lines.append(methods(entry_point, parameters, types, results_of(row, entry_point)))
    return "".join(lines)


def linear_class_of(linear: LinearRow) -> str:
    row, lines = registry[linear.wraps], [f"class _{linear.name}(LinearLoss):\n"]
    for entry_point in LINEAR_ENTRY_POINTS:
        parameters = linear_signature(row, {}, entry_point).parameters.values()
        types = functools.partial(type_of_linear, row, entry_point=entry_point)
        lines.append(methods(entry_point, parameters, types, LINEAR_RESULTS[entry_point]))
    return "".join(lines)


def function_class_of(row: FunctionRow) -> str:
    lines = [f"class _{row.name}(RowFunction):\n"]
    for entry_point, outputs in row.entry_points.items():
        parameters = function_signature(row, entry_point).parameters.values()
        results = ["float | NDArray[Any]" if output == "value" else "NDArray[Any]" for output in outputs]
        result = results[0] if len(results) == 1 else f"tuple[{', '.join(results)}]"
        types = {**TYPES, "out": "NDArray[Any] | None"}
        lines.append(methods(entry_point, parameters, types.__getitem__, result))
    return "".join(lines)


def stub() -> str:
    classes = "\n".join(
        [
            *map(class_of, registry.values()),
            *map(linear_class_of, linear_registry.values()),
            *map(function_class_of, function_registry.values()),
        ]
    )
    names = "".join(f"{name}: _{name}\n" for name in (*registry, *linear_registry, *function_registry))
    return f"{HEAD}\n{classes}\n{names}"


def main() -> int:
    if "--check" in sys.argv[1:]:
        return 0 if STUB.exists() and STUB.read_text(encoding="utf-8") == stub() else 1
    STUB.write_text(stub(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
