"""Write fastloss/__init__.pyi, which gives editors the signature of every loss: `python tools/make_stubs.py [--check]`."""

from __future__ import annotations

import inspect
import sys
from pathlib import Path

from fastloss._loss import ENTRY_POINTS, signature
from fastloss._registry import Row, registry

STUB = Path(__file__).resolve().parent.parent / "fastloss" / "__init__.pyi"

HEAD = '''"""Written by tools/make_stubs.py from the registry."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any, Literal

from numpy.typing import ArrayLike, NDArray

from fastloss import reference as reference
from fastloss._loss import Loss as Loss

__version__: str
losses: Mapping[str, Loss]

def get_num_threads() -> int: ...
def set_num_threads(n: int | None) -> None: ...
def num_threads(n: int) -> AbstractContextManager[None]: ...
def show_config() -> None: ...
'''.replace("Iterator, ", "")

TYPES = {
    "pred": "ArrayLike",
    "target": "ArrayLike",
    "weight": "ArrayLike | None",
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


def type_of(row: Row, name: str, entry_point: str) -> str:
    if name == "out":
        pair = " | tuple[NDArray[Any] | None, NDArray[Any] | None]" if entry_point == "grad_and_hess" else ""
        return f"NDArray[Any]{pair} | None"
    for parameter in row.parameters:
        if parameter.name == name:
            kind = "ArrayLike" if parameter.kind.array else parameter.kind.type.__name__
            return kind + (" | None" if parameter.kind.optional else "")
    return TYPES[name]


def arguments(row: Row, entry_point: str) -> str:
    texts, starred = ["self"], False
    for p in signature(row, {}, entry_point).parameters.values():
        if p.kind is inspect.Parameter.KEYWORD_ONLY and not starred:
            texts.append("*")
            starred = True
        default = "" if p.default is inspect.Parameter.empty else f" = {p.default!r}".replace("'", '"')
        texts.append(f"{p.name}: {type_of(row, p.name, entry_point)}{default}")
    return "".join(f"        {text},\n" for text in texts)


def class_of(row: Row) -> str:
    lines = [f"class _{row.name}(Loss):\n"]
    for entry_point in ENTRY_POINTS:
        name = "__call__" if entry_point == "value" else entry_point
        lines.append(f"    def {name}(\n{arguments(row, entry_point)}    ) -> {RESULTS[entry_point]}: ...\n")
    return "".join(lines)


def stub() -> str:
    classes = "\n".join(class_of(row) for row in registry.values())
    names = "".join(f"{name}: _{name}\n" for name in registry)
    return f"{HEAD}\n{classes}\n{names}"


def main() -> int:
    if "--check" in sys.argv[1:]:
        return 0 if STUB.exists() and STUB.read_text(encoding="utf-8") == stub() else 1
    STUB.write_text(stub(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
