"""The entry points of the compiled losses of sums."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import numpy as np

from fastloss import _arrays, _core, _errors
from fastloss._arguments import arranged, default_wrt, names_of, places, prepared
from fastloss._docs import DescribedEntry
from fastloss._options import EMPTY, REDUCTIONS

__all__ = ["SumsEntry"]


class Plan:
    """All of a call that does not depend on its arguments."""

    def __init__(self, entry: SumsEntry) -> None:
        declared, parameters = entry.loss.declared, entry.__signature__.parameters
        self.position = [name for name, _, _, _ in _core.losses()].index(declared.name)
        self.names = tuple(argument.name for argument in declared.arguments)
        self.defaults = {name: p.default for name, p in parameters.items() if p.default is not p.empty}
        self.keywords = frozenset(name for name, p in parameters.items() if p.kind is p.KEYWORD_ONLY)
        self.numbers = [entry.number(parameter, self.defaults[parameter.name], False) for parameter in declared.parameters]
        self.of_loss = [argument.each == "loss" for argument in declared.arguments]
        self.intervals = [argument.interval if argument.interval.bounded else None for argument in declared.arguments]
        self.unchecked = [None] * len(self.names)
        self.optional = any(argument.optional for argument in declared.arguments)
        default = default_wrt(declared)
        self.derivatives = (default,) if isinstance(default, str) else default
        self.one = isinstance(default, str)


class SumsEntry(DescribedEntry):
    # One entry point of a compiled loss of sums.

    @functools.cached_property
    def plan(self) -> Plan:
        return Plan(self)

    def given(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        """Every argument by name, as all_arguments finds them: at once where there is nothing to say about the call."""
        plan = self.plan
        if len(args) == len(plan.names) and plan.keywords.issuperset(kwargs) and "sample_weight" not in kwargs:
            return {**plan.defaults, **dict(zip(plan.names, args, strict=True)), **kwargs}
        return _errors.all_arguments(self, args, kwargs)

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        out = kwargs.get("out")
        if out is not None and _errors.has_tensor(out):
            return _errors.call_with_tensors(self, args, kwargs)
        given, declared, plan = self.given(args, kwargs), self.loss.declared, self.plan
        if given["reduction"] not in REDUCTIONS:
            raise _errors.bad_reduction(given["reduction"], REDUCTIONS)
        arrays, axes, shape = prepared(declared, given, _errors.readable_array)
        first = arrays[0]
        single = first.dtype == np.float32 or first.dtype.name in _errors.HALVES
        parameters = [
            default if given[p.name] is plan.defaults[p.name] else self.number(p, given[p.name], single)
            for p, default in zip(declared.parameters, plan.numbers, strict=True)
        ]
        weight, counts = given["weight"], given["element_weight"]
        if weight is not None:
            weight = _errors.broadcast(_errors.readable_array(weight, "weight"), shape, "weight")
        if counts is not None:
            counts = _errors.readable_array(counts, "element_weight")
            counts = np.broadcast_to(_errors.broadcast(counts, first.shape, "element_weight"), first.shape)
        empty = _errors.choice("empty", given["empty"], EMPTY)
        wrt = given.get("wrt", ())
        plain = wrt is None and not plan.optional
        names = plan.derivatives if plain else names_of(self.loss.declared, self.__name__, given)
        dtype = first.dtype if single or first.dtype == np.float64 else np.dtype(np.float64)
        if given.get("grad_dtype") is not None:
            dtype = self._gradient_dtype(given["grad_dtype"], dtype)
        into = self._places(given, out, names, arrays, (weight, counts), dtype)
        each = "value" in self.outputs and given["reduction"] == "none"
        value = np.empty(shape, np.float32 if single else np.float64) if each else None
        reduced, outside = _core.evaluate_sums(
            plan.position,
            "value" in self.outputs,
            arrays,
            counts,
            weight,
            axes,
            plan.of_loss,
            plan.intervals if given.get("check_domain", False) else plan.unchecked,
            [into.get(name) for name in plan.names],
            value,
            parameters,
            given["reduction"],
            empty == "zero",
            out is not None,
            0 if given["n_threads"] is None else _errors.thread_count(given["n_threads"]),
            single,
        )
        if outside >= 0:
            argument = declared.arguments[outside]
            raise _errors.outside(
                declared.name, argument.name, arrays[outside], argument.interval, "f" if single else "d", declared
            )
        found = value if value is not None and value.ndim else value[()] if value is not None else reduced
        derivatives = [into[name] for name in names]
        gradient: Any = None
        if plain:
            gradient = derivatives[0] if plan.one else tuple(derivatives)
        elif names:
            gradient = arranged(wrt, declared, derivatives)
        return gradient if self.outputs == ("grad",) else found if self.outputs == ("value",) else (found, gradient)

    @staticmethod
    def number(parameter: Any, value: Any, single: bool) -> float:
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
        of = dict(zip(self.plan.names, arrays, strict=True))
        if out is None:
            return {name: _core.new_like(of[name], dtype) for name in names}
        lent = {name: _arrays.as_lent(given[name]) for name in of}
        found: dict[str, np.ndarray] = {}
        for name, place in zip(names, places(out, names), strict=True):
            if place is None:
                found[name] = _core.new_like(of[name], dtype)
                continue
            _arrays.check_place(place, "out", of[name], name, dtype)
            _arrays.check_apart(place, name, lent, [other for other in others if other is not None])
            if any(_arrays.overlap(place, other) for other in found.values()):
                raise ValueError("two arrays of out overlap")
            found[name] = place
        return found
