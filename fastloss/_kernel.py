"""The entry points of the compiled losses, and of the compiled functions of rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastloss import _core, _errors
from fastloss._docs import DescribedEntry
from fastloss._loss import Loss
from fastloss._registry import registry
from fastloss._row_functions import DescribedFunction, RowFunction

__all__ = ["CompiledEntry", "compiled_function"]


class CompiledEntry(DescribedEntry, _core.Kernel):
    # One entry point of a compiled loss. The call itself is inherited, and so costs no Python frame.

    def __init__(self, loss: Loss, name: str) -> None:
        super().__init__(loss, name)
        self.__name__ = self.__qualname__ = name


class CompiledFunction(DescribedFunction, _core.FunctionKernel):
    # One entry point of a compiled function of rows.

    def __init__(self, function: RowFunction, name: str) -> None:
        super().__init__(function, name, function.row.kernel)
        self.__name__ = self.__qualname__ = name


class CompiledProduct(DescribedFunction):
    # The vector-Jacobian product of log_softmax, u - q Σu: the gradient of the cross-entropy with targets u, times -1.

    def __init__(self, function: RowFunction, name: str) -> None:
        self.loss, self.outputs = function, function.row.entry_points[name]
        self.__name__ = self.__qualname__ = name
        self._grad = Loss(registry["cross_entropy"], CompiledEntry).grad

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        for key in kwargs:
            if key not in self.__signature__.parameters:
                raise _errors.unknown_keyword(self, key)
        given = self.__signature__.bind(*args, **kwargs).arguments
        pred, cotangent = given.pop("pred"), given.pop("cotangent")
        arrays = [_errors.plain_array(x, name, "away") for x, name in ((pred, "pred"), (cotangent, "cotangent"))]
        shapes = [array.shape for array in arrays]
        if shapes[0] != shapes[1]:
            raise ValueError(
                f"pred has shape {shapes[0]} but cotangent has shape {shapes[1]}; wanted: a cotangent of that of pred"
            )
        if arrays[1].dtype.kind in "biu":  # to the loss they might be labels
            cotangent = arrays[1].astype(np.float64)
        return self._grad(pred, cotangent, weight=-1.0, reduction="none", check_domain=False, **given)


def compiled_function(function: RowFunction, name: str) -> DescribedFunction:
    """An entry point of a compiled function of rows."""
    return (CompiledProduct if "vjp" in function.row.entry_points[name] else CompiledFunction)(function, name)
