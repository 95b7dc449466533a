"""How much of its full set each test draws: the one place that says so.

A test is written for everything: its parameters are a product of losses, types, tiers and so on, its loops run over all that
matters. What runs is a sample, drawn by the test's name and the seed, so that it is the same for everyone:

* quick, `pytest`: of a product each value of each parameter, those of different parameters met as they come;
* full, `pytest --full`: each pair of values of two parameters;
* deep, `pytest --deep`: everything.

`--seed N` draws other samples. Tests draw for themselves, by the fixture `depth`, where a loop within is long.
"""

from __future__ import annotations

import itertools
import random
import zlib
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T")

NAMES = ("quick", "full", "deep")

#: No share of a set is less than this.
FEW = 20


class Depth(NamedTuple):
    """How deep a run is, and its seed."""

    name: str = "quick"
    seed: int = 0

    @property
    def deep(self) -> bool:
        return self.name == "deep"

    def of(self, quick: T, full: T, deep: T) -> T:
        """What belongs to this depth: numbers of samples, bounds of sizes."""
        return (quick, full, deep)[NAMES.index(self.name)]

    def random(self, what: str) -> random.Random:
        """Random numbers for one purpose: the same in every process, others for another seed."""
        return random.Random(zlib.crc32(f"{what} {self.seed}".encode()))

    def some(self, values: Sequence[T], what: str, quick: float = 1.0, full: int | None = None) -> list[T]:
        """So many of the values, or such a share, in their order: all at full depth if `full` is not given, and when deep."""
        count = self.of(quick, len(values) if full is None else full, len(values))
        if isinstance(count, float):
            count = max(FEW, round(count * len(values)))
        if count >= len(values):
            return list(values)
        return [values[i] for i in sorted(self.random(what).sample(range(len(values)), count))]

    def places(self, points: Sequence[tuple[int, ...]], what: str) -> list[int]:
        """Which points of a product are drawn: given by the index of each parameter's value, in the product's order."""
        if self.deep or not points:
            return list(range(len(points)))
        strength = self.of(1, 2, 0)
        if len(points[0]) <= strength:
            return list(range(len(points)))
        return sorted(covering(points, strength, self.random(what)))


def covering(points: Sequence[tuple[int, ...]], strength: int, rng: random.Random) -> list[int]:
    """Places of points that have among them each value of each coordinate, or each pair of values of two; not many more.

    The coordinates with most values say how many are needed: for each of their values, or pairs, the point is taken whose
    other values are the least used so far.
    """
    order = list(range(len(points)))
    rng.shuffle(order)
    axes = range(len(points[0]))
    widest = sorted(axes, key=lambda axis: -len({point[axis] for point in points}))[:strength]
    having: dict[tuple[int, ...], list[int]] = {}
    for place in order:
        having.setdefault(tuple(points[place][axis] for axis in widest), []).append(place)
    used: Counter[Any] = Counter()

    combinations = list(itertools.combinations(axes, strength))
    all_parts = [[(some, *(point[axis] for axis in some)) for some in combinations] for point in points]

    taken = []
    keys = list(having)
    rng.shuffle(keys)
    for key in keys:
        best = min(having[key], key=lambda place: sum(used[part] for part in all_parts[place]))
        used.update(all_parts[best])
        taken.append(best)
    for place in order:  # where a product is not whole
        if any(not used[part] for part in all_parts[place]):
            used.update(all_parts[place])
            taken.append(place)
    return taken
