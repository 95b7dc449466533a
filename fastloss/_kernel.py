"""The entry points of the compiled losses."""

from __future__ import annotations

from typing import Any

from fastloss import _core
from fastloss._docs import entry_doc
from fastloss._loss import Loss, signature

__all__ = ["CompiledEntry"]


class CompiledEntry(_core.Kernel):
    """One entry point of a compiled loss. The call itself is inherited, and so costs no Python frame."""

    def __init__(self, loss: Loss, name: str) -> None:
        super().__init__(loss, name)
        self.__name__ = self.__qualname__ = name
        self.__doc__ = entry_doc(loss.row, name)
        self.__signature__ = signature(loss.row, loss.bound, name)

    def __repr__(self) -> str:
        return f"<fastloss {self.loss.name}.{self.__name__}{self.__signature__}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return getattr, (self.loss, "_value" if self.__name__ == "value" else self.__name__)
