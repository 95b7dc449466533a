"""A loss of a user: a `Loss` that is equal, and found again by pickles, by the function that defines it."""

from __future__ import annotations

import importlib
import pickle
from collections.abc import Callable
from functools import cached_property, reduce
from typing import Any, Self

from fastloss._kernel import compiled_entry
from fastloss._loss import Loss
from fastloss._registry import Declaration
from fastloss.reference._engine import Entry

__all__ = ["CustomLoss", "loss_of"]

#: The attribute of a reference that has the losses made of it, by the key of their kernels.
MADE = "_fastloss_losses"


class CustomLoss(Loss):
    __doc__ = vars(Loss)["__doc__"]

    @cached_property
    def _key(self) -> tuple[Any, ...]:
        return *super()._key, self.declared.function, self.declared.own.key

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        function = self.declared.function
        try:
            found = function_at(function.__module__, function.__qualname__)
        except (ImportError, AttributeError):
            found = None
        if found is not function:
            raise pickle.PicklingError(
                f"{self.name} is pickled by the name of its reference, and {function.__module__}.{function.__qualname__} is "
                "not it: define it at the top of a module that can be imported"
            )
        where = function.__module__, function.__qualname__, self.declared.own.key
        return _found, (*where, self._entry_type is Entry, dict(self.bound))


def function_at(module: str, qualname: str) -> Any:
    """What stands under a name; of a loss that took its reference's name, the reference."""
    found = reduce(getattr, qualname.split("."), importlib.import_module(module))
    return found.declared.function if isinstance(found, CustomLoss) else found


def _found(module: str, qualname: str, key: str, is_reference: bool, bound: dict[str, Any]) -> Loss:
    made: dict[str, Loss] = getattr(function_at(module, qualname), MADE, {})
    # Addresses differ from process to process.
    loss = made.get(key) or (next(iter(made.values())) if len(made) == 1 else None)
    if loss is None:
        raise pickle.UnpicklingError(
            f"importing {module} makes no such loss of {qualname}: call fastloss.custom.pointwise where it is defined"
        )
    return (loss.reference if is_reference else loss).bind(**bound)


def loss_of(declared: Declaration) -> CustomLoss:
    """The loss; and the function remembers it."""
    loss = CustomLoss(declared, compiled_entry, reference=CustomLoss(declared, Entry))
    function: Callable[..., Any] = declared.function
    vars(function).setdefault(MADE, {})[declared.own.key] = loss
    return loss
