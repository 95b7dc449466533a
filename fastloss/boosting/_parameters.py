"""What objectives and metrics share as objects: they compare, hash and are copied by what they were made of."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Mapping
from typing import Any, Self

from fastloss import _advice
from fastloss._loss import Loss
from fastloss._options import OPTIONS

__all__ = ["ByValue", "bound", "unseen"]


def bound(function: Callable[..., Any], loss: Any, given: Mapping[str, Any], called: str = "") -> Any:
    """The loss with what a function was given for it bound; an error speaks of that function, as it is `called`."""
    if not isinstance(loss, Loss):
        return loss
    for name in given:
        if name not in loss.params and name not in OPTIONS:
            own = (p.name for p in inspect.signature(function).parameters.values() if p.default is not p.empty)
            known = [*loss.params, *own]
            hint = _advice.keyword(name, known, loss.declared)
            message = f"{called or function.__name__} of {loss.name} has no keyword {name!r}{hint}; it has: {', '.join(known)}"
            raise TypeError(message)
    return loss.bind(**given)


class ByValue:
    """Equal where the type and what the constructor was given are; pickled as that, too."""

    def _arguments(self) -> tuple[Any, ...]:
        """What the constructor takes to make another one."""
        raise NotImplementedError

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return bool(self._arguments() == other._arguments())

    def __hash__(self) -> int:
        return hash((type(self), self._arguments()))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), self._arguments()

    def __sklearn_clone__(self) -> Self:
        """A clone, without scikit-learn's check that a constructor keeps what it is given as the same object."""
        return type(self)(*(copy.copy(argument) for argument in self._arguments()))


class Unseen(str):
    """The name of a parameter, that no name of another's parameter is made of.

    XGBoost's and LightGBM's classes inherit from scikit-learn a `get_params` that lists those of what they hold too, as
    "objective__" and the name, and they pass all of that to C++ code, which warns of it or refuses it. Added to such a
    prefix, this is what was before it: the parameter that holds the objective, whose value scikit-learn writes next.
    """

    def __radd__(self, prefix: str) -> str:
        return prefix.removesuffix("__")


def unseen(**parameters: Any) -> dict[str, Any]:
    """Parameters by name, which do not become those of what holds them."""
    return {Unseen(name): value for name, value in parameters.items()}
