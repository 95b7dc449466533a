"""The entry points of the compiled losses of sums."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from fastloss import _arrays, _core, _errors
from fastloss._arguments import arranged, default_names, prepared, wanted_names
from fastloss._docs import DescribedEntry
from fastloss._loss import EMPTY, ENTRY_POINTS, REDUCTIONS, Loss

__all__ = ["SumsEntry"]


class SumsEntry(DescribedEntry):
    # One entry point of a compiled loss of sums.

    def __init__(self, loss: Loss, name: str) -> None:
        self.loss, self.outputs = loss, ENTRY_POINTS[name]
        self.__name__ = self.__qualname__ = name

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        out = kwargs.get("out")
        if out is not None and _errors.has_tensor(out):
            return _errors.call_with_tensors(self, args, kwargs)
        given, row = _errors.all_arguments(self, args, kwargs), self.loss.row
        if given["reduction"] not in REDUCTIONS:
            raise _errors.bad_reduction(given["reduction"], REDUCTIONS)
        arrays, axes, shape = prepared(row, given, _errors.readable_array)
        first = arrays[0]
        single = first.dtype == np.float32 or first.dtype.name in _errors.HALVES
        parameters = [self._number(parameter, given[parameter.name], single) for parameter in row.parameters]
        weight, counts = given["weight"], given["element_weight"]
        if weight is not None:
            weight = _errors.broadcast(_errors.readable_array(weight, "weight"), shape, "weight")
        if counts is not None:
            counts = _errors.readable_array(counts, "element_weight")
            counts = np.broadcast_to(_errors.broadcast(counts, first.shape, "element_weight"), first.shape)
        empty = _errors.choice("empty", given["empty"], EMPTY)
        names = self._names(given)
        dtype = first.dtype if single or first.dtype == np.float64 else np.dtype(np.float64)
        if given.get("grad_dtype") is not None:
            dtype = self._gradient_dtype(given["grad_dtype"], dtype)
        places = self._places(given, out, names, arrays, (weight, counts), dtype)
        each = "value" in self.outputs and given["reduction"] == "none"
        value = np.empty(shape, np.float32 if single else np.float64) if each else None
        reduced, outside = _core.evaluate_sums(
            row.name,
            "value" in self.outputs,
            arrays,
            counts,
            weight,
            axes,
            [argument.each == "loss" for argument in row.arguments],
            [argument.interval if given.get("check_domain", False) else None for argument in row.arguments],
            [places.get(argument.name) for argument in row.arguments],
            value,
            parameters,
            given["reduction"],
            empty == "zero",
            out is not None,
            0 if given["n_threads"] is None else _errors.thread_count(given["n_threads"]),
            single,
        )
        if outside >= 0:
            argument = row.arguments[outside]
            raise _errors.outside(row.name, argument.name, arrays[outside], argument.interval, "f" if single else "d", row)
        found = value if value is not None and value.ndim else value[()] if value is not None else reduced
        gradient = arranged(given.get("wrt"), row, [places[name] for name in names]) if names else None
        return gradient if self.outputs == ("grad",) else found if self.outputs == ("value",) else (found, gradient)

    def _names(self, given: Mapping[str, Any]) -> tuple[str, ...]:
        if "wrt" not in given:
            return ()
        row, wrt = self.loss.row, given["wrt"]
        return default_names(row, given) if wrt is None else wanted_names(row, self.__name__, wrt)

    @staticmethod
    def _number(parameter: Any, value: Any, single: bool) -> float:
        number = parameter.check(value)
        if single and parameter.kind.type is float and number is not None:
            parameter.check_single(number)
        return float("nan") if number is None else float(number)

    @staticmethod
    def _gradient_dtype(given: Any, dtype: np.dtype[Any]) -> np.dtype[Any]:
        wanted = _errors.gradient_dtype(given)
        if wanted not in (dtype, np.dtype(np.float32)):
            raise ValueError(f"grad_dtype = {given!r}: the dtype of the prediction, float32 or None is accepted")
        return wanted

    def _places(
        self, given: Mapping[str, Any], out: Any, names: tuple[str, ...], arrays: list[Any], others: tuple[Any, ...], dtype: Any
    ) -> dict[str, np.ndarray]:
        """Where the derivative by each argument goes: a new array, or one of `out`, fit to be written to."""
        row = self.loss.row
        of = {argument.name: array for argument, array in zip(row.arguments, arrays, strict=True)}
        lent = {name: _arrays.as_lent(given[name]) for name in of}
        places: dict[str, np.ndarray] = {}
        chosen = out if isinstance(out, tuple) else (out,) if out is not None else (None,) * len(names)
        if len(chosen) != len(names):
            raise ValueError(f"out has {len(chosen)} arrays, for the derivatives by {', '.join(names)}")
        for name, place in zip(names, chosen, strict=True):
            if place is None:
                places[name] = np.empty_like(of[name], dtype, subok=False)
                continue
            _arrays.check_place(place, "out", of[name], name, dtype)
            own = lent[name]
            in_place = place.ctypes.data == own.ctypes.data and place.strides == own.strides and place.dtype == own.dtype
            read = [array for key, array in lent.items() if not (in_place and key == name)]
            if any(_arrays.overlap(place, other) for other in (*read, *others) if other is not None):
                raise ValueError(f"out overlaps an input; only {name} itself may be written to")
            if any(_arrays.overlap(place, other) for other in places.values()):
                raise ValueError("two arrays of out overlap")
            places[name] = place
        return places
