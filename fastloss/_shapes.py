"""The shapes of computation, as far as the Python interface asks: what all losses of each have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

__all__ = ["ENTRY_POINTS", "FUNCTIONS", "LINEAR", "POINTWISE", "ROWS", "SUMS", "Shape"]

#: The entry points by name: what each returns.
ENTRY_POINTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "value": ("value",),
        "grad": ("grad",),
        "value_and_grad": ("value", "grad"),
        "grad_and_hess": ("grad", "hess"),
    }
)
#: Those of losses whose Hessian is no diagonal.
FIRST_DERIVATIVES = ("value", "grad", "value_and_grad")


@dataclass(frozen=True)
class Shape:
    """A shape of computation, and what all its losses have in common.

    `each` is what has a loss of its own, in one word. `options` are the keywords that entry points take beside parameters, in
    order. `home` is the mapping of the package that holds the losses by name, `noun` what each of them is called.
    """

    name: str
    each: str
    options: tuple[str, ...]
    entry_points: tuple[str, ...] = tuple(ENTRY_POINTS)
    home: str = "losses"
    noun: str = "loss"


_WEIGHTS, _OUTPUTS = ("weight", "sample_weight"), ("check_domain", "wrt", "grad_dtype", "out", "n_threads")
POINTWISE = Shape("pointwise", "element", (*_WEIGHTS, "reduction", "empty", *_OUTPUTS))
ROWS = Shape("rows", "row", (*_WEIGHTS, "reduction", "empty", "axis", *_OUTPUTS))
SUMS = Shape("sums", "loss", (*_WEIGHTS, "reduction", "empty", "axis", "element_weight", *_OUTPUTS), FIRST_DERIVATIVES)
# The layer's matrix is called weight.
LINEAR = Shape("linear rows", "row", ("sample_weight", "reduction", "empty", *_OUTPUTS), FIRST_DERIVATIVES, "linear_losses")
FUNCTIONS = Shape(
    "row functions", "row", (*_WEIGHTS, "reduction", "axis", "out", "n_threads"), home="row_functions", noun="function"
)
