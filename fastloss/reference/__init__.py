"""Every loss of fastloss in plain NumPy: the same names, the same signatures, no compiled code.

It is the documentation of what each loss computes, the oracle of the tests and the opponent of the benchmarks. It works on
any floating dtype of NumPy, `longdouble` too, and makes no attempt at speed.
"""

from fastloss._composed import composed as _composed
from fastloss._loss import Loss
from fastloss._names import Named, module_attributes
from fastloss._registry import registries
from fastloss.reference import (  # noqa: F401  (the losses declare themselves)
    _distances,
    _pointwise,
    _pointwise_adversarial,
    _pointwise_binary,
    _pointwise_counts,
    _pointwise_distributions,
    _pointwise_penalties,
    _pointwise_robust,
    _regions,
    _rows,
    _rows_distillation,
    _rows_margins,
    _rows_softmax,
)
from fastloss.reference._entries import entry as _entry

losses, linear_losses, row_functions = (
    Named({name: Loss(row, _entry) for name, row in rows.items()}) for rows in registries.values()
)
composed = _composed(losses, __name__)
globals().update(losses)
globals().update(linear_losses)
globals().update(row_functions)
globals().update(composed)

# The losses are left out: `help` would print the whole documentation of each.
__all__ = ["composed", "linear_losses", "losses", "row_functions"]

__getattr__ = module_attributes(__name__, (losses, linear_losses, row_functions, composed))


def __dir__() -> list[str]:
    names = [*losses, *linear_losses, *row_functions, *composed]
    return [*__all__, *names, *(name for name in globals() if name.startswith("__"))]
