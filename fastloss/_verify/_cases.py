"""What is measured: every loss with sets of its parameters, in both dtypes, on the SIMD tiers that this CPU can run."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

import fastloss
from fastloss import _core
from fastloss._kinds import Interval, Parameter
from fastloss._loss import Loss, values_of
from fastloss._registry import Declaration

__all__ = [
    "CLASSES",
    "DTYPES",
    "FUNCTION_BOUNDS",
    "ORDINALS",
    "Case",
    "Inputs",
    "Oracle",
    "Results",
    "asked",
    "bound",
    "cases",
    "logits_as_targets",
    "outputs",
    "parameter_sets",
    "parameter_values",
    "target_domain",
    "tier",
    "usable_tiers",
]

#: Worst error of each elementary function, in units of the last place: the column of csrc/math/math_functions.inc.
FUNCTION_BOUNDS: dict[str, float] = _core.math_functions()

DTYPES = (np.dtype(np.float32), np.dtype(np.float64))

#: Classes of the rows that are drawn, and elements of a sum: one, two, around a group of lanes, more than a segment of a row.
CLASSES = (1, 2, 10, 63, 64, 65, 2500)


@dataclass(frozen=True)
class Case:
    """A loss with parameters, in one dtype; `labels` says which kind of target a loss of rows gets."""

    loss: Loss
    dtype: np.dtype[Any]
    labels: bool
    id: str
    #: The parameters that are arrays, drawn with the inputs.
    arrays: tuple[str, ...] = ()


#: The arguments of a loss in their order, and behind them its array parameters by name.
Inputs = tuple[Any, ...]

#: Results by name: see `outputs`.
Results = dict[str, Any]

#: What is right: a function of case, arguments and array parameters that gives `Results`.
Oracle = Callable[..., Results]

#: What a derivative's name begins with: by which of the arguments that there are derivatives by it is.
ORDINALS = ("", "second_", "third_", "fourth_")


def bound(case: Case, output: str) -> float:
    """The worst error allowed of "value", "hess" or a gradient, in ulp."""
    return case.loss.declared.ulp * (2 if output.endswith("hess") else 1)


def usable_tiers() -> list[str]:
    """The names of the SIMD tiers that this CPU can run."""
    return [name for name, _, usable in _core.tiers() if usable]


@contextmanager
def tier(name: str) -> Iterator[None]:
    """Compute with the kernels of one tier."""
    before = _core.get_tier()
    _core.set_tier(name)
    try:
        yield
    finally:
        _core.set_tier(before)


def parameter_values(parameter: Parameter) -> list[Any]:
    """Values beside the default: within and at the closed ends of the range, and those that are computed apart."""
    kind = parameter.kind
    if kind.array == "classes":
        return ["per class"]
    if kind.array == "elements":
        return [3.0 if 3.0 in kind.range else 0.75, "per element", *([None] if kind.optional else [])]
    if kind.type is bool:
        return [not parameter.default]
    low, high = kind.range.low, kind.range.high
    if kind.type is int:
        return [1] if parameter.default not in (low, high) else [int(end) for end in (low, high) if end != parameter.default]
    width = high - low if math.isfinite(high) else 8.0
    start = low if math.isfinite(low) else -width / 2
    inside = [start + width / 8, start + 3 * width / 4]
    if low > 0 and math.isfinite(high):  # orders of magnitude
        inside = [low * (high / low) ** share for share in (0.375, 0.625)]
    ends = [end for end in (low, high) if math.isfinite(end) and end in kind.range]
    return [*inside, *kind.apart, *ends, *([None] if kind.optional else [])]


def parameter_sets(declared: Declaration) -> Iterator[dict[str, Any]]:
    """The defaults, each parameter alone at its other values, and all of them off their defaults at once."""
    yield {}
    for p in declared.parameters:
        for value in parameter_values(p):
            yield {p.name: value}
    if len(declared.parameters) > 1:
        yield {p.name: parameter_values(p)[0] for p in declared.parameters}


def cases(names: list[str] | None = None) -> list[Case]:
    """Every loss of the registry (or those named) with its parameter sets, in both dtypes."""
    found = []
    for name in names or fastloss.losses:
        loss = fastloss.losses[name]
        for labels in [True, False] if loss.declared.labels and loss.declared.probabilities else [loss.declared.labels]:
            for parameters in parameter_sets(loss.declared):
                for dtype in DTYPES:
                    text = ", ".join(f"{k}={v}" for k, v in parameters.items())
                    target = "-labels" if labels else ""
                    bound = loss.bind(**{k: v for k, v in parameters.items() if not isinstance(v, str)})
                    arrays = tuple(k for k, v in parameters.items() if isinstance(v, str))
                    found.append(Case(bound, dtype, labels, f"{name}({text}){target}-{dtype.name}", arrays))
    return found


def asked(case: Case, entry_point: str) -> dict[str, tuple[str, ...]]:
    """The keyword that asks an entry point for all the derivatives there are."""
    names = case.loss.declared.derivatives(entry_point)
    return {"wrt": names} if entry_point != "value" and len(names) > 1 else {}


def outputs(case: Case) -> tuple[str, ...]:
    """The names of what a loss computes."""
    declared = case.loss.declared
    entry_points = {"grad": "grad", "hess": "grad_and_hess"}
    count = {output: len(declared.derivatives(e)) if e in declared.entry_points else 0 for output, e in entry_points.items()}
    derivatives = [f"{ordinal}{output}" for i, ordinal in enumerate(ORDINALS) for output, n in count.items() if i < n]
    return "value", *derivatives


def logits_as_targets(declared: Declaration) -> bool:
    """Whether the targets of a loss of rows are numbers of any size, as predictions are: logits."""
    return declared.has_classes and declared.probabilities and not declared.target.bounded


def target_domain(case: Case) -> Interval:
    """Where targets lie, with the parameters that the loss has."""
    return case.loss.declared.target_domain(values_of(case.loss))
