"""What surrounds the formula of a loss of sums, in NumPy: the axes that are summed over, weights, reductions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from fastloss import _errors
from fastloss._arguments import arranged, names_of, places, prepared
from fastloss._docs import DescribedEntry
from fastloss._options import EMPTY, REDUCTIONS
from fastloss.reference._engine import accepted, weights_of

__all__ = ["SumsReference", "Total"]


class Total:
    """The sum of what the elements of each loss hold, times what they count; or the largest of those that count."""

    def __init__(self, table: tuple[int, int], counts: Any) -> None:
        self.table, self.counts = table, counts

    def __call__(self, x: Any) -> Any:
        wide = np.broadcast_to(np.asarray(x), self.table)
        counted = wide if self.counts is None else np.where(self.counts != 0, wide * self.counts, 0)
        return np.sum(counted, axis=1, keepdims=True)

    def largest(self, x: Any) -> Any:
        wide = np.broadcast_to(np.asarray(x), self.table)
        counted = wide if self.counts is None else np.where(self.counts != 0, wide, 0)
        return np.max(counted, axis=1, keepdims=True, initial=0)


class SumsReference(DescribedEntry):
    # One entry point of a reference loss of sums.

    origin = "fastloss reference"

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        given, declared = _errors.all_arguments(self, args, kwargs), self.loss.declared
        if given["reduction"] not in REDUCTIONS:
            raise _errors.bad_reduction(given["reduction"], REDUCTIONS)
        arrays, axes, shape = prepared(declared, given, accepted)
        first = arrays[0]
        dtype = first.dtype if first.dtype.kind not in "biu" else np.dtype(np.float64)
        real = np.result_type(dtype, np.float32)
        # Losses by elements.
        kept = [axis for axis in range(first.ndim) if axis not in axes]
        table = math.prod(shape), math.prod(first.shape[axis] for axis in axes)

        def rows(array: Any) -> Any:
            return (
                array.transpose(*kept, *axes).reshape(table)
                if array.ndim == first.ndim and axes
                else array.reshape(table[0], 1)
            )

        counts = given["element_weight"]
        weighed = counts is not None
        if weighed:
            counts = rows(
                np.broadcast_to(
                    _errors.broadcast(accepted(counts, "element_weight"), first.shape, "element_weight"), first.shape
                )
            )

        with np.errstate(all="ignore"):
            columns = [
                rows(array).astype(real) if argument.each == "element" else array.reshape(table[0], 1).astype(real)
                for array, argument in zip(arrays, declared.arguments, strict=True)
            ]
            parameters = {p.name: p.check(given[p.name]) for p in declared.parameters}
            value, *slopes = declared.function(*columns, Total(table, counts), **parameters)
            if weighed:
                slopes = [np.where(counts != 0, slope * counts, 0) for slope in slopes]
            factor = weights_of(given["weight"], shape, real, given["reduction"])
            value = np.where(factor == 0, 0, value.reshape(shape) * factor)
            scale = 1.0
            if given["reduction"] == "mean":
                wide = np.result_type(real, np.float64)
                sum_of_weights = np.sum(factor, dtype=wide)
                nothing = not np.any(factor != 0)
                scale = 0.0 if nothing else 1 / sum_of_weights
                empty = _errors.choice("empty", given["empty"], EMPTY)
                mean = (
                    np.sum(value, dtype=wide) / sum_of_weights if not nothing else wide.type(0 if empty == "zero" else np.nan)
                )
                value = mean if real == np.longdouble else float(mean)
            elif given["reduction"] == "sum":
                value = np.sum(value, dtype=np.result_type(real, np.float64))
                value = value if real == np.longdouble else float(value)
            else:
                value = value.astype(real)[()]
            if self.outputs == ("value",):
                return value
            names = names_of(declared, self.__name__, given)
            of_gradients = dtype if given["grad_dtype"] is None else _errors.gradient_dtype(given["grad_dtype"])
            by = dict(zip([a.name for a in declared.arguments if a.differentiable], slopes, strict=True))
            unsorted = [first.shape[axis] for axis in (*kept, *axes)]
            found = []
            for name in names:
                weights = factor.reshape(table[0], 1)
                slope = np.where(weights == 0, 0, by[name] * (weights * scale))
                slope = np.broadcast_to(slope, table).reshape(unsorted)
                found.append(
                    slope.transpose(np.argsort([*kept, *axes])).astype(of_gradients) if axes else slope.astype(of_gradients)
                )
        into = places(given["out"], names)
        for place, array in zip(into, found, strict=True):
            if place is not None:
                place[...] = array
        found = [array if place is None else place for place, array in zip(into, found, strict=True)]
        gradient = arranged(given["wrt"], declared, found)
        return (value, gradient) if "value" in self.outputs else gradient
