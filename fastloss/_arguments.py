"""The arguments of a loss: shapes that fit, the axes that are summed over, and by which of them derivatives are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from fastloss import _advice, _errors
from fastloss._registry import Declaration

__all__ = ["arranged", "default_wrt", "names_of", "places", "prepared", "summed_axes", "wanted_names"]


def default_wrt(declared: Declaration) -> str | tuple[str, ...]:
    """The prediction, where a loss has one; else every argument that there are derivatives by."""
    return "pred" if declared.arguments[0].name == "pred" else declared.differentiable


def wanted_names(declared: Declaration, entry_point: str, wrt: Any, given: Mapping[str, Any] | None = None) -> tuple[str, ...]:
    """The arguments that `wrt` names, in its order: of those `given`, where these are known."""
    names = (wrt,) if isinstance(wrt, str) else tuple(wrt) if isinstance(wrt, (tuple, list)) else ()
    known = declared.derivatives(entry_point)
    accepted = ", ".join(map(repr, known))
    if not names or any(not isinstance(name, str) for name in names):
        raise TypeError(
            f"wrt = {wrt!r}: the name of an argument or a tuple of names is accepted; {declared.name} has {accepted}"
        )
    for name in names:
        if name not in known:
            hint = "; there is no Hessian by a target" if name in declared.differentiable else ""
            hint = hint or (f": {_advice.by_target(declared)}" if name == "target" else _advice.nearest(name, known))
            raise ValueError(f"wrt = {wrt!r}: {declared.name}.{entry_point} gives derivatives by {accepted}{hint}")
        if given is not None and name in left_out(declared, given):
            raise ValueError(f"wrt = {wrt!r}: {name} is not given, and so there is no derivative by it")
    if len(set(names)) < len(names):
        raise ValueError(f"wrt = {wrt!r} names an argument twice")
    return names


def left_out(declared: Declaration, given: Mapping[str, Any]) -> list[str]:
    """The arguments that may be left out, and are."""
    return [argument.name for argument in declared.arguments if argument.optional and given[argument.name] is None]


def names_of(declared: Declaration, entry_point: str, given: Mapping[str, Any]) -> tuple[str, ...]:
    """The arguments that derivatives are by: those that `wrt` names, else the default ones that are given; of a value none."""
    if "wrt" not in given:
        return ()
    if given["wrt"] is not None:
        return wanted_names(declared, entry_point, given["wrt"], given)
    default = default_wrt(declared)
    missing = left_out(declared, given)
    return (default,) if isinstance(default, str) else tuple(name for name in default if name not in missing)


def places(out: Any, names: tuple[str, ...]) -> tuple[Any, ...]:
    """The places of `out=` for the derivatives by these arguments; None where there is to be a new array."""
    found = (None,) * len(names) if out is None else out if isinstance(out, tuple) else (out,)
    if len(found) != len(names):
        given = f"{len(out)} of them" if isinstance(out, tuple) else type(out).__name__
        raise ValueError(f"out must be a tuple of the derivatives by {', '.join(names)}; got {given}")
    return found


def arranged(wrt: Any, declared: Declaration, derivatives: list[Any]) -> Any:
    """One derivative where one name is given, else a tuple."""
    wrt = default_wrt(declared) if wrt is None else wrt
    return derivatives[0] if isinstance(wrt, str) else tuple(derivatives)


def summed_axes(axis: Any, first: np.ndarray, name: str) -> tuple[int, ...]:
    """The axes that are summed over, counted from the front, each once; None: all."""
    axis = _errors.integer_axes(axis)
    if axis is None:
        return tuple(range(first.ndim))
    axes = axis if isinstance(axis, tuple) else (axis,)
    for each in axes:
        if not -first.ndim <= each < first.ndim:
            raise ValueError(f"axis = {axis} is no axis of {name}, which has shape {first.shape}")
    found = tuple(sorted(each % first.ndim for each in axes))
    if len(set(found)) < len(found):
        raise ValueError(f"axis = {axis} names an axis twice; {name} has shape {first.shape}")
    return found


def prepared(declared: Declaration, given: Mapping[str, Any], read: Any) -> tuple[list[Any], tuple[int, ...], tuple[int, ...]]:
    """The arguments as arrays of shapes that fit, the axes to sum over, and the shape of the losses."""
    arrays: list[Any] = []
    axes: tuple[int, ...] = ()
    shape: tuple[int, ...] = ()
    for argument in declared.arguments:
        array = read(0.0 if argument.optional and given[argument.name] is None else given[argument.name], argument.name)
        if not arrays:
            axes = summed_axes(given["axis"], array, argument.name)
            shape = tuple(n for axis, n in enumerate(array.shape) if axis not in axes)
        first, wanted = declared.arguments[0].name, shape if argument.each == "loss" else (arrays or [array])[0].shape
        if array.ndim == 0 and wanted:
            array = np.broadcast_to(array, wanted)  # one number is one for all
        if array.shape != wanted:
            of = f"the shape of {first} without the axes summed over" if argument.each == "loss" else f"that of {first}"
            raise ValueError(
                f"{argument.name} has shape {array.shape}; wanted is {wanted}, {of}, which has shape {arrays[0].shape}"
            )
        arrays.append(array)
    return arrays, axes, shape
