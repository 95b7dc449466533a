"""The entry points of the compiled losses."""

from __future__ import annotations

from fastloss import _core
from fastloss._docs import DescribedEntry
from fastloss._loss import Loss

__all__ = ["CompiledEntry"]


class CompiledEntry(DescribedEntry, _core.Kernel):
    # One entry point of a compiled loss. The call itself is inherited, and so costs no Python frame.

    def __init__(self, loss: Loss, name: str) -> None:
        super().__init__(loss, name)
        self.__name__ = self.__qualname__ = name
