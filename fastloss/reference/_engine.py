"""What surrounds a loss's formula, in NumPy: shapes, weights, reductions, the class axis."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from fastloss import _errors
from fastloss._arguments import arranged, wanted_names
from fastloss._docs import DescribedEntry
from fastloss._options import EMPTY, REDUCTIONS
from fastloss._statistics import STATISTICS, SoftmaxResult
from fastloss.reference import _softmax

__all__ = ["Entry", "weights_of"]


def accepted(given: Any, name: str) -> Any:
    """An argument as an array: of numbers of any length, longdouble too."""
    array = _errors.plain_array(given, name, "as weight=~mask")
    return array if array.dtype == np.longdouble else _errors.readable_array(given, name)


def weights_of(weight: Any, shape: tuple[int, ...], dtype: Any, reduction: str) -> Any:
    """Sample weights of a shape, of at least float64; of a mean, where only their ratios count, the largest made about 1."""
    if weight is None:
        return np.ones(shape, dtype)
    array = accepted(weight, "weight")
    factor = np.broadcast_to(_errors.broadcast(array, shape, "weight"), shape).astype(np.result_type(dtype, np.float64))
    largest = np.max(np.abs(factor), initial=0, where=np.isfinite(factor))
    return np.ldexp(factor, -np.frexp(largest)[1]) if reduction == "mean" else factor


class Entry(DescribedEntry):
    # One entry point of a reference loss.

    origin = "fastloss reference"

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        arguments = _errors.all_arguments(self, args, kwargs)
        declared = self.loss.declared
        pred, target = accepted(arguments["pred"], "pred"), arguments.get("target")
        target = np.zeros_like(pred) if target is None and declared.optional_target else accepted(target, "target")
        given = pred.dtype if pred.dtype.kind not in "biu" else np.dtype(np.float64)
        pred = _softmax.floating(pred)
        if declared.has_classes:
            arguments["axis"] = _errors.axis_from_front(arguments["axis"], pred)
        parameters = {p.name: p.check(arguments[p.name]) for p in declared.parameters}
        reduction = arguments["reduction"]
        if reduction not in REDUCTIONS:
            raise _errors.bad_reduction(reduction, REDUCTIONS)
        with np.errstate(all="ignore"):
            if declared.is_of_elements:
                results = self._pointwise(pred, target, parameters)
            else:
                results = self._rows(pred, target, parameters, arguments["axis"])
            statistics = self._statistics(pred, target, arguments)
            empty = _errors.choice("empty", arguments["empty"], EMPTY)
            found = self._reduce(pred, results, arguments["weight"], reduction, empty, arguments.get("axis"))
        of_gradients = given if arguments.get("grad_dtype") is None else _errors.gradient_dtype(arguments["grad_dtype"])
        with np.errstate(over="ignore"):
            for name, array in found.items():
                if name != "value":
                    found[name] = array.astype(of_gradients)
                elif declared.is_of_elements and isinstance(array, np.ndarray):
                    found[name] = array.astype(given)
        chosen = self._chosen(found, arguments.get("wrt"), arguments.get("out"))
        if statistics:
            return SoftmaxResult(**dict(zip(self.outputs, chosen, strict=True)), **statistics)
        return chosen[0] if len(chosen) == 1 else chosen

    def _pointwise(self, pred: Any, target: Any, parameters: dict[str, Any]) -> tuple[Any, ...]:
        if target.ndim == 0:
            target = np.broadcast_to(target, pred.shape)
        if pred.shape != target.shape:
            raise _errors.shapes(pred, target)
        value, grad, hess, *second = self.loss.declared.function(pred, target.astype(pred.dtype), **parameters)
        return value, grad, hess, np.ones(pred.shape, pred.dtype), *second

    def _rows(self, pred: Any, target: Any, parameters: dict[str, Any], axis: int) -> tuple[Any, ...]:
        logits = np.moveaxis(pred, axis, -1)
        shape = logits.shape
        declared = self.loss.declared
        if target.size == 0 and declared.labels and target.shape == shape[:-1]:
            target = target.astype(np.int64)  # an empty list is one of labels, too
        integers = target.dtype.kind in "biu"
        if declared.target_has_classes and target.shape == pred.shape:
            if declared.label_lists and not integers:
                raise _errors.target_type(target.dtype, labels=True)
            if declared.labels and integers:
                raise _errors.target_type(target.dtype, labels=False)
            if declared.label_lists and _errors.bad_listed_labels(target, shape[-1], axis).any():
                raise _errors.bad_listed_label(target, shape[-1], axis)
            target = np.moveaxis(target, axis, -1).reshape(math.prod(shape[:-1]), shape[-1])
            target = target.astype(np.int64 if declared.label_lists else pred.dtype)
        elif declared.labels and target.shape == shape[:-1]:
            if not integers:
                raise _errors.target_type(target.dtype, labels=True)
            if _errors.bad_labels(target, shape[-1], parameters.get("ignore_index")).any():
                raise _errors.bad_label(target, shape[-1], parameters.get("ignore_index"))
            target = target.reshape(-1).astype(np.int64)
        else:
            raise _errors.shapes(pred, target, axis % pred.ndim, declared.labels, declared.target_has_classes)
        value, grad, hess, mass, *second = declared.function(
            logits.reshape(math.prod(shape[:-1]), shape[-1]), target, **parameters
        )
        grad, hess, *second = (np.moveaxis(np.asarray(x).reshape(shape), -1, axis) for x in (grad, hess, *second))
        return value.reshape(shape[:-1]), grad, hess, mass.reshape(shape[:-1]), *second

    def _statistics(self, pred: Any, target: Any, arguments: dict[str, Any]) -> dict[str, Any]:
        """Those that are asked for, in the shape of the rows."""
        wanted = [field for keyword, field in STATISTICS.items() if arguments.get(keyword)]
        if not wanted:
            return {}
        logits = np.moveaxis(pred, arguments["axis"], -1)
        rows, shape = logits.shape[:-1], (math.prod(logits.shape[:-1]), logits.shape[-1])
        if target.ndim == pred.ndim:
            target = np.moveaxis(target, arguments["axis"], -1).reshape(shape).astype(pred.dtype)
        else:
            target = target.reshape(-1)
        found = _softmax.statistics(logits.reshape(shape), target, arguments)
        return {name: found[name].reshape(rows)[()] for name in wanted}

    def _reduce(
        self, pred: Any, results: tuple[Any, ...], weight: Any, reduction: str, empty: str, axis: int | None
    ) -> dict[str, Any]:
        """Weigh and reduce. `mass` is what an element counts in the denominator of a mean."""
        value, grad, hess, mass, *second = results
        wide = np.result_type(pred.dtype, np.float64)

        def weigh(array: Any, factor: Any) -> Any:
            if array.ndim > factor.ndim:
                factor = np.expand_dims(factor, -1 if axis is None else axis)
            return np.where(factor == 0, 0, array * factor)

        factor = weights_of(weight, value.shape, pred.dtype, reduction)
        scale = 1.0
        if reduction == "mean":
            total = np.sum(factor * mass, dtype=wide)
            nothing = not np.any((factor != 0) & (mass != 0))
            scale = 0.0 if nothing else 1 / total
        value = weigh(value, factor)
        if reduction == "none":
            value = value.astype(pred.dtype)
        else:
            total_value = np.sum(value, dtype=wide)
            if reduction == "mean":
                value = total_value / total if not nothing else wide.type(0 if empty == "zero" else np.nan)
            else:
                value = total_value
            value = value if pred.dtype == np.longdouble else float(value)
        found = {"value": value}
        for name, array in zip(("grad", "hess", "second_grad", "second_hess"), (grad, hess, *second), strict=False):
            weighed = weigh(array, factor)
            found[name] = np.where(weighed == 0, weighed, weighed * scale).astype(pred.dtype)
        return found

    def _chosen(self, found: dict[str, Any], wrt: Any, out: Any) -> tuple[Any, ...]:
        """What this entry point returns of it, derivatives in `out` where there are places."""
        names = ("pred",) if wrt is None else wanted_names(self.loss.declared, self.__name__, wrt)
        keys = {
            output: [output if name == "pred" else f"second_{output}" for name in names]
            for output in self.outputs
            if output != "value"
        }
        flat = tuple(key for several in keys.values() for key in several)
        for key, place in zip(flat, _errors.flat_out(out, flat, len(names)), strict=False):
            if place is not None:
                place[...] = found[key]
                found[key] = place
        derivatives = {
            output: arranged(wrt, self.loss.declared, [found[key] for key in several]) for output, several in keys.items()
        }
        return tuple(found["value"] if output == "value" else derivatives[output] for output in self.outputs)
