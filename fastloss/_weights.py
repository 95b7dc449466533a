"""Weights whose sizes do not matter: a mean depends on their ratios, and products of several need not be numbers of float64."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["LEAST", "Scaled", "relative", "scaled"]

#: Less than the power of 2 of any product of weights.
LEAST = -(1 << 15)
#: Below this power of 2 a weight adds nothing to a sum; it is kept there, since 0 times an infinite loss would be NaN.
FAINT = -1000


@dataclass(frozen=True)
class Scaled:
    """Numbers as mantissas of float64 and powers of 2, one a mantissa or one for all."""

    mantissa: np.ndarray
    power: Any

    def __mul__(self, other: Scaled) -> Scaled:
        nothing = (self.mantissa == 0) | (other.mantissa == 0)  # also of what is infinite
        return Scaled(np.where(nothing, 0, self.mantissa * other.mantissa), self.power + other.power)

    def powers(self) -> np.ndarray:
        """The powers of 2 of all that is neither 0 nor infinite nor NaN."""
        counts = (self.mantissa != 0) & np.isfinite(self.mantissa)
        found: np.ndarray = np.broadcast_to(self.power, counts.shape)[counts]
        return found

    def largest(self) -> int:
        """The power of 2 of the largest; LEAST where there is none."""
        return int(self.powers().max(initial=LEAST))

    def numbers(self) -> np.ndarray:
        found: np.ndarray = np.ldexp(self.mantissa, self.power)
        return found

    def over(self, power: int) -> np.ndarray:
        """The numbers divided by a power of 2, that of the largest."""
        found: np.ndarray = np.ldexp(self.mantissa, np.maximum(self.power - power, FAINT))
        return found

    def within(self, real: np.dtype[Any]) -> tuple[np.ndarray, int, bool]:
        """Numbers of a type and a power of 2, whose products are these as far as a sum counts them; and whether they are exact.

        The power is 0 where the largest is a normal number of the type.
        """
        powers, limit = self.powers(), np.finfo(real).maxexp - 4
        if not powers.size:
            return self.numbers().astype(real), 0, True
        top, bottom = int(powers.max()), int(powers.min())
        if -limit < top < limit:
            return self.numbers().astype(real), 0, bottom > -limit
        return self.over(top).astype(real), top, False


def scaled(numbers: Any) -> Scaled:
    """Numbers with their powers of 2 apart."""
    return Scaled(*np.frexp(np.asarray(numbers, np.float64)))


def relative(weight: np.ndarray) -> np.ndarray:
    """Weights divided by a power of 2, so that the largest is about 1: their mean and its gradient stay the same."""
    found = scaled(weight)
    return found.over(found.largest())
