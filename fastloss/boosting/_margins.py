"""The margins of a call: what a booster passes, as derivatives of a loss are taken of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from fastloss import binary_cross_entropy_with_logits
from fastloss._kernel import CompiledEntry, entry_type
from fastloss._loss import Loss, values_of

__all__ = [
    "Margins",
    "Number",
    "newton_entry",
]

# A number, or what gives it from the parameters of the loss and the number of classes.
Number = float | Callable[[Mapping[str, Any], int], float]


# A program has no more objectives at a time.
@lru_cache(maxsize=64)
def newton_entry(loss: Loss, name: str, factor: float, floor: float, single: bool) -> CompiledEntry:
    """An entry point of a loss whose Hessians are multiples not below a floor; `single`: with results of float32."""
    entry = entry_type(loss)(loss, name)
    entry.for_newton_steps(factor, floor, single)
    return entry


# It is finite, so that its multiple by a weight of 0 is 0, in float32 too.
NO_FLOOR = float(np.finfo(np.float32).min)


class Margins(NamedTuple):
    """What derivatives are taken of: margins, checked targets, what each sample counts, and keywords of the call.

    Results are float32 where `single`, else of the dtype of the margins; no Hessian is below `floor` times a sample's weight.
    """

    loss: Loss
    pred: np.ndarray
    target: np.ndarray
    weight: Any
    keywords: Mapping[str, Any]
    floor: float = 0.0
    single: bool = False

    def grad(self) -> Any:
        entry = newton_entry(self.loss, "grad", 1.0, 0.0, self.single)
        return entry(self.pred, self.target, weight=self.weight, reduction="none", **self.keywords)

    def grad_and_hess(self, factor: float) -> Any:
        entry = newton_entry(self.loss, "grad_and_hess", factor, self.floor, self.single)
        return entry(self.pred, self.target, weight=self.weight, **self.keywords)

    def unfloored(self) -> Any:
        entry = newton_entry(self.loss, "grad_and_hess", 1.0, NO_FLOOR, self.single)
        return entry(self.pred, self.target, weight=self.weight, **self.keywords)

    def weighed(self, each: np.ndarray) -> np.ndarray:
        """What samples of weight 1 have, times their weights, of any size."""
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            weighed = each
            if self.weight is not None:
                weight = self.by_sample(self.weight)
                weighed = np.where(weight == 0, 0, each * weight)  # whatever such a sample has
            return np.asarray(weighed, np.float32 if self.single else self.pred.dtype)

    def raised(self, hess: np.ndarray) -> np.ndarray:
        """Hessians raised to the floor, in place."""
        floor = hess.dtype.type(self.floor)
        np.maximum(hess, floor if self.weight is None else floor * self.by_sample(self.weight), out=hess)
        return hess

    def parameter(self, name: str) -> Any:
        """A number, or an array that broadcasts to the margins."""
        return self.keywords[name] if name in self.keywords else self.loss.params[name].default

    def right(self) -> np.ndarray:
        """The probability of the right label, where a margin becomes one: the size of the gradient of the cross-entropy with
        the other one."""
        options = {name: self.keywords[name] for name in ("check_domain", "n_threads") if name in self.keywords}
        grad = binary_cross_entropy_with_logits.grad(self.pred, 1 - self.target, reduction="none", **options)
        return np.asarray(np.abs(grad, out=grad))

    def number(self, given: Number) -> float:
        if callable(given):
            return given(values_of(self.loss), self.pred.shape[-1])
        return given

    def by_sample(self, array: Any) -> Any:
        """Numbers of samples, such as weights, so that they broadcast against derivatives."""
        return array[:, None] if self.loss.declared.has_classes and np.ndim(array) == 1 else array

    def part(self, samples: slice) -> Margins:
        """Margins and targets of some samples: what a residual is made of."""
        return self._replace(pred=self.pred[samples], target=self.target[samples])

    def at(self, chosen: np.ndarray) -> dict[str, Any]:
        """The keywords of a call of the loss for some elements alone."""
        return {
            name: np.broadcast_to(value, self.pred.shape)[chosen] if isinstance(value, np.ndarray) else value
            for name, value in self.keywords.items()
        }

    def scaled(self, scale: float) -> Margins:
        return self if scale == 1 else self._replace(weight=scale if self.weight is None else self.weight * scale)
