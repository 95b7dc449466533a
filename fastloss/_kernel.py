"""The entry points of the compiled losses: which class has those of a loss, by its shape."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from fastloss import _core, _errors
from fastloss._docs import DescribedEntry
from fastloss._linear import LinearEntry
from fastloss._loss import EntryPoint, Loss
from fastloss._registry import Declaration, registry
from fastloss._shapes import FUNCTIONS, LINEAR, SUMS
from fastloss._sums import SumsEntry

__all__ = ["CompiledEntry", "compiled_entry", "entry_type"]


class CompiledEntry(DescribedEntry, _core.Kernel):
    # One entry point of a compiled loss. The call itself is inherited, and so costs no Python frame.

    def __init__(self, loss: Loss, name: str) -> None:
        if problem := disagreement(loss.declared):
            raise ImportError(problem)
        _core.Kernel.__init__(self, loss, name)
        self.__name__ = self.__qualname__ = name


class GuardedEntry(CompiledEntry):
    # One of a loss whose blocks Python computes: on the calling thread, and what is raised there is raised by the call.

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        if kwargs.get("n_threads") is not None:
            _errors.thread_count(kwargs["n_threads"])
        with self.loss.declared.own.raising():
            return super().__call__(*args, **{**kwargs, "n_threads": 1})


def entry_type(loss: Loss) -> type[CompiledEntry]:
    """The class of the entry points of a compiled loss."""
    return GuardedEntry if loss.declared.own is not None and loss.declared.own.by_python else CompiledEntry


class MissingEntry(DescribedEntry):
    # An entry point of a loss that csrc/losses.inc does not have, or not as the reference declares it: that loss alone fails.

    def __init__(self, loss: Loss, name: str, problem: str) -> None:
        super().__init__(loss, name)
        self.problem = problem

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        raise ImportError(self.problem)


@functools.cache
def compiled_rows() -> dict[str, tuple[str, int, bool]]:
    """Family, number of scalar parameters and whether there is an operand, of each row of csrc/losses.inc."""
    return {name: (family, n_params, has_operand) for name, family, n_params, has_operand in _core.losses()}


def as_compiled(declared: Declaration) -> tuple[str, int, bool]:
    """What `compiled_rows` is to have of a loss, as the reference declares it."""
    scalars = [p for p in declared.parameters if not p.kind.array and p.name not in _core.CALL_FIELDS]
    return declared.shape.name, len(scalars), any(p.kind.array == "elements" for p in declared.parameters)


def disagreement(declared: Declaration) -> str:
    """What is wrong where the compiled row of a loss is not that of its reference; "" where it is."""
    wanted, found = as_compiled(declared), compiled_rows().get(declared.name)
    if declared.own is not None or found == wanted:
        return ""
    again = "; then build again: pip install -e ."
    if found is None:
        return (
            f"fastloss.reference declares {declared.name}, but no row of csrc/losses/*.inc was compiled for it: "
            f"write one{again}"
        )

    def text(traits: tuple[str, int, bool]) -> str:
        return f"{traits[0]}, parameters: {traits[1]}{' and an array of elements' if traits[2] else ''}"

    return (
        f"fastloss.reference declares {declared.name} as {text(wanted)}, but its row of csrc/losses/*.inc was compiled as "
        f"{text(found)}: make them agree{again}"
    )


class CompiledFunction(DescribedEntry, _core.FunctionKernel):
    # One entry point of a compiled function of rows.

    def __init__(self, loss: Loss, name: str) -> None:
        _core.FunctionKernel.__init__(self, loss, name, loss.declared.kernel)
        self.__name__ = self.__qualname__ = name


class CompiledProduct(DescribedEntry):
    # The vector-Jacobian product of log_softmax, u - q Σu: the gradient of the cross-entropy with targets u, times -1.

    @functools.cached_property
    def _grad(self) -> Any:
        return Loss(registry["cross_entropy"], compiled_entry).grad

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        first, given = _errors.arguments(self, args, kwargs)
        given |= first
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


class ChunkedEntry(LinearEntry):
    # One of a loss of a linear layer, computed by chunks of rows.

    def compute(self, given: dict[str, Any], names: tuple[str, ...]) -> tuple[Any, ...]:
        from fastloss import _linear_chunks  # imported where one is called: not every program has such a layer

        return _linear_chunks.evaluate(self, given, names)


def compiled_entry(loss: Loss, name: str) -> EntryPoint:
    """An entry point of a compiled loss."""
    if loss.declared.shape is LINEAR:
        return ChunkedEntry(loss, name)
    if loss.declared.shape is FUNCTIONS:
        return (CompiledProduct if name == "vjp" else CompiledFunction)(loss, name)
    problem = disagreement(loss.declared)
    if problem:
        return MissingEntry(loss, name, problem)
    return (SumsEntry if loss.declared.shape is SUMS else entry_type(loss))(loss, name)
