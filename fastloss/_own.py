"""What instances of a class have of their own, made when it is asked for: documentation and signature."""

from __future__ import annotations

import functools
import inspect
from typing import Any

__all__ = ["Documentation", "OwnSignature"]


class Documentation:
    """The `__doc__` of a class whose instances have their own, made when it is asked for: at import it would cost more than all
    the rest. It calls the instance's method `documentation`."""

    def __init__(self, of_the_class: str) -> None:
        self.of_the_class = of_the_class

    def __get__(self, instance: Any, owner: type) -> str:
        if instance is None:
            return self.of_the_class
        text: str = instance.documentation()
        return text


class OwnSignature(functools.cached_property[inspect.Signature]):
    """A `__signature__` of instances, made when it is asked for. The class has none, and so that of its constructor counts."""

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if instance is None:
            raise AttributeError("__signature__")
        return super().__get__(instance, owner)
