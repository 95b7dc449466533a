"""Sums over samples that do not depend on the size of the weights.

A mean depends on the ratios of its weights alone. So each sum is kept in units of a power of two near the largest weight in it,
and weights of one block that are too far apart to be added in one unit are added in several.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from fastloss.cli._inputs import Array

__all__ = ["Factors", "Total", "add_groups", "add_up", "factors_of", "quotient"]

# Weights whose powers of two are no farther apart are added in one unit: losses times them do not underflow there.
BAND = 400

# The exponent of 0, below those of all products of two numbers; a distance beyond which nothing is left of a number.
NO_EXPONENT, FARTHEST = -(1 << 20), 4200


def quotient(a: float, b: float) -> float:
    with np.errstate(all="ignore"):
        return float(np.float64(a) / np.float64(b))


def scaled(number: float, exponent: int) -> float:
    """number · 2^exponent; infinite or 0 where that is no number."""
    with np.errstate(all="ignore"):
        return float(np.ldexp(np.float64(number), max(-FARTHEST, min(FARTHEST, exponent))))


@dataclass
class Factors:
    """What samples count: mantissa · 2^exponent each, which may be beyond every float."""

    mantissa: Array
    exponent: Array

    def bands(self) -> Iterator[tuple[Array, int]]:
        """The factors in units of powers of two, and these: one after the other, each with 0 where others count."""
        there = self.exponent[self.mantissa != 0]
        if not there.size:
            yield np.zeros(self.mantissa.shape), 0
            return
        low, top = int(there.min()), int(there.max())
        if top - low <= BAND:
            yield np.ldexp(self.mantissa, self.exponent - top), top
            return
        band = (top - self.exponent) // BAND
        for number in np.unique(band[self.mantissa != 0]).tolist():
            unit = top - number * BAND
            yield np.where(band == number, np.ldexp(self.mantissa, np.clip(self.exponent - unit, -BAND, 0)), 0.0), unit


def factors_of(*weights: Array | None) -> Factors | None:
    """The product of weights; None where there are none."""
    product: Factors | None = None
    for weight in weights:
        if weight is not None:
            one = Factors(*np.frexp(weight.astype(np.float64)))
            product = one if product is None else Factors(product.mantissa * one.mantissa, product.exponent + one.exponent)
    return product


class Total:
    """Sums over some samples, of the columns that a problem has: the first is the loss, the second what the mean divides by."""

    def __init__(self, columns: int) -> None:
        # What a sum loses in rounding is kept beside it.
        self.sums, self.rest = np.zeros(columns), np.zeros(columns)
        self.exponent = NO_EXPONENT
        self.count = 0

    def add(self, sums: Array, exponent: int) -> None:
        """Add sums in units of 2^exponent."""
        if not np.any(sums):
            return
        common = max(self.exponent, exponent)
        with np.errstate(all="ignore"):
            old, rest = (np.ldexp(x, max(self.exponent - common, -FARTHEST)) for x in (self.sums, self.rest))
            new = np.ldexp(sums, max(exponent - common, -FARTHEST))
            both = old + new
            rest += np.where(np.abs(old) >= np.abs(new), (old - both) + new, (new - both) + old)
        self.sums, self.rest, self.exponent = both, np.where(np.isfinite(both), rest, 0.0), common

    def column(self, index: int) -> float:
        """A sum in units of 2^exponent."""
        return float(self.sums[index] + self.rest[index])

    def mean_of(self, index: int) -> float:
        return quotient(self.column(index), self.column(1))

    @property
    def unit(self) -> int:
        return 0 if self.exponent == NO_EXPONENT else self.exponent

    @property
    def mean(self) -> float:
        return self.mean_of(0)

    @property
    def loss(self) -> float:
        return scaled(self.column(0), self.unit)

    def loss_in(self, unit: int) -> float:
        """In units of 2^unit: to be compared with others, where itself it may be no number."""
        return scaled(self.column(0), self.unit - unit)

    @property
    def weight(self) -> float:
        return scaled(self.column(1), self.unit)

    def share_of(self, whole: Total) -> float:
        """The part of another total's loss."""
        return scaled(quotient(self.column(0), whole.column(0)), self.unit - whole.unit)


def add_up(total: Total, columns: list[Array], factors: Factors | None, counted: Array | None, exponent: int) -> None:
    """Add samples to one total. Columns and factors have the same shape; all is in units of 2^exponent."""
    for sums, unit in _sums(columns, factors, lambda column: np.array([column.sum(dtype=np.float64)])):
        total.add(sums[0], unit + exponent)
    total.count += columns[0].size if counted is None else int(np.count_nonzero(counted))


def _sums(columns: list[Array], factors: Factors | None, reduce: Any) -> Iterator[tuple[Array, int]]:
    """For each unit the sums of all columns, (groups, columns), where `reduce` gives those of one over each group."""
    for weighing, unit in [(None, 0)] if factors is None else factors.bands():
        weighed = columns if weighing is None else [np.where(weighing == 0, 0.0, column * weighing) for column in columns]
        yield np.stack([reduce(column) for column in weighed], axis=-1), unit


def add_groups(
    found: dict[Any, Total],
    keys: Array,
    columns: list[Array],
    factors: Factors | None,
    counted: Array | None,
    exponent: int,
) -> None:
    """Add samples to the totals of their groups; a key is that of as many consecutive samples as there are to a key."""
    if not keys.size:
        return
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    starts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))

    def of_groups(column: Array) -> Array:
        return np.add.reduceat(column.reshape(keys.size, -1).sum(axis=1, dtype=np.float64)[order], starts)

    samples = np.ones(columns[0].shape) if counted is None else counted
    counts = of_groups(samples).tolist()
    names = keys[starts].tolist()
    for sums, unit in _sums(columns, factors, of_groups):
        for key, of_group, count in zip(names, sums, counts, strict=True):
            if count:
                found.setdefault(key, Total(len(columns))).add(of_group, unit + exponent)
    for key, count in zip(names, counts, strict=True):
        if count:
            found[key].count += int(count)
