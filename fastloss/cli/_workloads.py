"""What is measured: one list, for `fastloss bench`, for `pytest benchmarks/` and for the tests of both.

The pointwise losses come from the registry, so that a loss added there is measured without a word here.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from fastloss._kinds import Interval
from fastloss._registry import Argument, registry
from fastloss.cli._terminal import unknown

__all__ = ["SIZES", "Inputs", "Workload", "select", "workloads"]

#: Each size by name, with the number of elements below which a workload has it.
SIZES = {"small": 1_000, "medium": 1_000_000, "large": math.inf}

POINTWISE_SHAPES = ((10_000_000,), (100_000,), (32,))
CROSS_ENTROPY_SHAPES = (
    *((1024, 50257), (256, 128256), (65536, 1000), (3, 200_000)),
    *((1_000_000, 10), (4_000_000, 2), (300_007, 21), (64, 1000), (32, 10)),
)
OTHER_ROWS_SHAPES = ((16384, 1000),)
SUMS_SHAPES = ((65536, 128), (32, 16))

# At the ends of an interval the libraries compute different losses: a logarithm of 0 is clamped here, infinite there.
MARGIN = 2.0**-10

#: Labels of a row, of losses whose target lists them.
LISTED = 4


class Inputs(NamedTuple):
    """The arguments of a loss, and an array for its gradient by the first."""

    pred: Any
    target: Any
    out: Any
    others: tuple[Any, ...] = ()

    @property
    def arguments(self) -> tuple[Any, ...]:
        return self.pred, self.target, *self.others


def draw(random: np.random.Generator, interval: Interval, shape: tuple[int, ...]) -> Any:
    """Numbers of float32 from the inside of an interval, or from its two ends where it has nothing else."""
    if interval.ends_only:
        return random.choice(np.array([interval.low, interval.high], np.float32), shape)
    if math.isfinite(interval.low) and math.isfinite(interval.high):
        unit = MARGIN + (1 - 2 * MARGIN) * random.random(shape, np.float32)
        return interval.low + (interval.high - interval.low) * unit
    if math.isfinite(interval.low):
        return interval.low + (MARGIN + random.standard_exponential(shape, np.float32))
    if math.isfinite(interval.high):
        return interval.high - (MARGIN + random.standard_exponential(shape, np.float32))
    # Twice the standard deviation of 1: residuals then lie on both sides of the kinks at the default parameters.
    return 2 * random.standard_normal(shape, np.float32)


@dataclass(frozen=True)
class Workload:
    """Value and gradient of one loss in float32 on arrays of one shape, with the default parameters."""

    loss: str
    shape: tuple[int, ...]

    @property
    def name(self) -> str:
        return f"{self.loss}-{'x'.join(map(str, self.shape))}"

    @property
    def size(self) -> str:
        return next(name for name, bound in SIZES.items() if math.prod(self.shape) < bound)

    @property
    def compulsory_bytes(self) -> int:
        """The bytes that any implementation moves: each input read once, labels included, the gradient written once."""
        declared, elements, losses = registry[self.loss], math.prod(self.shape), math.prod(self.shape[:-1])

        def bytes_of(argument: Argument) -> int:
            if argument.name == "target" and (declared.labels or declared.label_lists):
                return 8 * losses * (LISTED + 1 if declared.label_lists else 1)
            # A loss of log-probabilities with a label, `nll`, needs of each row the number at the label.
            is_whole = argument.each == "element" and (declared.target_has_classes or declared.softmax)
            return 4 * (elements if is_whole else losses)

        return sum(map(bytes_of, declared.arguments)) + 4 * elements

    def make_inputs(self) -> Inputs:
        """The same numbers every time."""
        declared, random = registry[self.loss], np.random.default_rng(0)

        def drawn(argument: Argument) -> Any:
            if argument.name == "target" and declared.labels:
                return random.integers(0, self.shape[-1], self.shape[:-1])
            if argument.name == "target" and declared.label_lists:
                target = np.full(self.shape, -1)
                target[..., :LISTED] = random.integers(0, self.shape[-1], (*self.shape[:-1], LISTED))
                return target
            x = draw(random, argument.interval, self.shape if argument.each == "element" else self.shape[:-1])
            if argument.name == "target" and declared.has_classes:
                x /= x.sum(axis=-1, keepdims=True)
            return x

        first, second, *others = map(drawn, declared.arguments)
        # Not zeros_like: pages that nothing was written to yet are small ones, which a user who trains has left behind.
        out = np.empty_like(first)
        out.fill(0)
        return Inputs(first, second, out, tuple(others))


def workloads() -> Iterator[Workload]:
    """All workloads, in the order in which they are measured."""
    for name, declared in registry.items():
        shapes: tuple[tuple[int, ...], ...]
        if declared.is_of_elements:
            shapes = POINTWISE_SHAPES
        elif declared.has_classes:
            shapes = CROSS_ENTROPY_SHAPES if name == "cross_entropy" else OTHER_ROWS_SHAPES
        else:
            shapes = SUMS_SHAPES
        for shape in shapes:
            yield Workload(name, shape)


def select(names: list[str], size: str) -> list[Workload]:
    """The workloads of a size ("all": of any) among `names`, which are losses or workloads; no names: all.

    Raises
    ------
    ValueError
        For a name that is neither, and where nothing is left.
    """
    every = list(workloads())
    known = [*registry, *(workload.name for workload in every)]
    for name in names:
        if name not in known:
            raise ValueError(f"{unknown('loss or workload', name, known)}; see `fastloss bench --help`")
    wanted = {w.name for w in every if not names or w.loss in names or w.name in names}
    chosen = [w for w in every if w.name in wanted and (size in ("all", w.size) or w.name in names)]
    if not chosen:
        raise ValueError(f"no {size} workload among: {', '.join(names)}")
    return chosen
