"""Sums over samples that do not depend on the size of the weights.

A mean depends on the ratios of its weights alone. So each sum is kept in units of a power of two near the largest weight in it,
and weights of one block that are too far apart to be added in one unit are added in several.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
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
    """What samples count: mantissa · 2^exponent each, which may be beyond every float.

    Of weights that are not far apart, which most are, the exponent is one number for all.
    """

    mantissa: Array
    exponent: Any

    def bands(self) -> Iterator[tuple[Array, int]]:
        """The factors in units of powers of two, and these: one after the other, each with 0 where others count."""
        if np.ndim(self.exponent) == 0:
            yield self.mantissa, int(self.exponent)
            return
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


def unit_of(weight: Array) -> int | None:
    """The power of two above the largest weight, if the smallest beside 0 is not far below it, and both far from the ends."""
    if not weight.size or not np.all(np.isfinite([weight.min(), weight.max()])):
        return None
    size = np.abs(weight) if weight.min() < 0 else weight
    smallest, largest = (int(np.frexp(np.float64(x))[1]) for x in (size.min(where=size != 0, initial=size.max()), size.max()))
    return largest if largest - smallest < BAND // 2 and max(abs(smallest), abs(largest)) < 1000 else None


def factors_of(*weights: Array | None) -> Factors | None:
    """The product of weights; None where there are none."""
    product: Factors | None = None
    for weight in weights:
        if weight is not None:
            unit = unit_of(weight)
            if unit is None:
                one = Factors(*np.frexp(weight.astype(np.float64)))
            else:
                one = Factors(weight * np.ldexp(1.0, -unit), unit)
            product = one if product is None else Factors(product.mantissa * one.mantissa, product.exponent + one.exponent)
    return product


class Total:
    """Sums over some samples, of the columns that a problem has: the first is the loss, the second what the mean divides by."""

    #: What the mean is where nothing counts.
    empty = math.nan

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
        return self.mean_of(0) if self.count else self.empty

    @property
    def loss(self) -> float:
        return scaled(self.column(0), self.unit)

    def loss_in(self, unit: int) -> float:
        """The loss in units of 2^unit: to be compared with others, where itself it may be no number."""
        return scaled(self.column(0), self.unit - unit)

    @property
    def weight(self) -> float:
        return scaled(self.column(1), self.unit)

    def share_of(self, whole: Total) -> float:
        """The part of another total's loss."""
        return scaled(quotient(self.column(0), whole.column(0)), self.unit - whole.unit)


def add_up(total: Total, columns: list[Array | None], factors: Factors | None, counted: int | Array, exponent: int) -> None:
    """Add samples to one total. Columns and factors have the same shape, a column of None is 1 everywhere; all is in units of
    2^exponent. `counted` says which count, or how many there are where all do."""
    count = counted if isinstance(counted, int) else int(np.count_nonzero(counted))
    for sums, unit in _sums(columns, factors, np.array([count]), lambda column: np.array([column.sum(dtype=np.float64)])):
        total.add(sums[0], unit + exponent)
    total.count += count


def _sums(
    columns: list[Array | None], factors: Factors | None, counts: Array, reduce: Callable[[Array], Array]
) -> Iterator[tuple[Array, int]]:
    """For each unit the sums of all columns, (groups, columns), where `reduce` gives those of one over each group."""

    def weighed(column: Array | None, weighing: Array | None) -> Array:
        if weighing is None:
            return counts.astype(np.float64) if column is None else reduce(column)
        if column is None:
            return reduce(weighing)
        product = column * weighing
        sums = reduce(product)
        # What weighs nothing adds nothing, even where it is infinite.
        return sums if np.all(np.isfinite(sums)) else reduce(np.where(weighing == 0, 0.0, product))

    for weighing, unit in [(None, 0)] if factors is None else factors.bands():
        yield np.stack([weighed(column, weighing) for column in columns], axis=-1), unit


def add_groups(
    found: dict[Any, Total],
    keys: Array,
    columns: list[Array | None],
    factors: Factors | None,
    counted: int | Array,
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

    if isinstance(counted, int):
        counted_in_each = np.diff(starts, append=keys.size) * (counted // keys.size)
    else:
        counted_in_each = of_groups(counted)
    counts, names = counted_in_each.tolist(), keys[starts].tolist()
    for sums, unit in _sums(columns, factors, counted_in_each, of_groups):
        for key, of_group, count in zip(names, sums, counts, strict=True):
            if count:
                found.setdefault(key, Total(len(columns))).add(of_group, unit + exponent)
    for key, count in zip(names, counts, strict=True):
        if count:
            found[key].count += int(count)
