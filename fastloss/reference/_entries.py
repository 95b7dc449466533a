"""Which class has the entry points of a loss in NumPy, by its shape."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from fastloss._loss import EntryPoint, Loss
from fastloss._shapes import FUNCTIONS, LINEAR, SUMS
from fastloss.reference._engine import Entry
from fastloss.reference._linear import LinearReference
from fastloss.reference._row_functions import FunctionEntry
from fastloss.reference._sums import SumsReference

__all__ = ["entry"]

ENTRIES: Mapping[str, Callable[[Loss, str], EntryPoint]] = {
    SUMS.name: SumsReference,
    LINEAR.name: LinearReference,
    FUNCTIONS.name: FunctionEntry,
}


def entry(loss: Loss, name: str) -> EntryPoint:
    """An entry point of a loss in NumPy."""
    return ENTRIES.get(loss.declared.shape.name, Entry)(loss, name)
