"""The losses as a practised user of NumPy writes them: mean value, and gradient into an array that is there.

Each takes predictions, targets, the array for the gradient and the parameters, and returns the mean. They work on whole
arrays, in float32 and in place wherever an array is not needed again. Of several forms that do the same the fastest is taken:
`log(1 + e)` for numbers e from 0 to 1 rather than `log1p`, which took three times as long, `exp` and `log` rather than
`logaddexp`. They are right for ordinary numbers, as such code is: none looks after infinities, NaN or the ends of a domain.
Losses of which NumPy has not the functions (`erf`, `lgamma`) are left out.
"""

from __future__ import annotations

from . import adversarial, distributions, labels, residuals, rows
from .helpers import FORMULAS

__all__ = ["FORMULAS", "adversarial", "distributions", "labels", "residuals", "rows"]
