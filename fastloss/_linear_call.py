"""One call of a loss of a linear layer: its arguments, found to be good, and what each row counts in the result."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from fastloss import _arrays, _errors, _linear_rows
from fastloss._arguments import places
from fastloss._linear import LinearEntry
from fastloss._linear_checks import check_head, check_labels, gradient_dtypes
from fastloss._linear_rows import Rows, slices
from fastloss._options import EMPTY, REDUCTIONS
from fastloss._registry import FILTER_EPS
from fastloss._statistics import STATISTICS
from fastloss._weights import LEAST, Scaled, scaled

__all__ = ["Call", "Scale"]

#: The arrays of the layer, in argument order; the last may be left out.
ARRAYS = ("hidden", "weight", "bias")


def checked(given: Any, name: str) -> np.ndarray:
    """An argument as an array, in its own dtype."""
    array = _arrays.plain_array(given, name, "of rows as sample_weight=~mask")
    try:
        _arrays.readable_array(np.empty(0, array.dtype), name)
    except TypeError:
        _arrays.readable_array(given, name)  # which says more of it
        raise
    return array


class Call:
    """The arguments of a call, found to be good."""

    def __init__(self, entry: LinearEntry, arguments: dict[str, Any], names: tuple[str, ...]):
        self.name, self.outputs, self.wrapped = entry.loss.name, entry.outputs, entry.wrapped
        declared = self.wrapped.declared
        self.parameters = {p.name: p.check(arguments[p.name]) for p in declared.parameters}
        self.filter_eps = FILTER_EPS.check(arguments[FILTER_EPS.name])
        self.reduction = arguments["reduction"]
        if not isinstance(self.reduction, str) or self.reduction not in REDUCTIONS:
            raise _errors.bad_reduction(self.reduction, REDUCTIONS)
        self.empty = _errors.choice("empty", arguments["empty"], EMPTY)
        self.keywords: dict[str, Any] = {"reduction": "none", "n_threads": arguments["n_threads"]}
        if "check_domain" in declared.options("value"):
            self.keywords["check_domain"] = False  # what is to be checked, is before the first chunk
        #: The flags that ask for statistics.
        self.flags = {name: True for name in STATISTICS if _errors.flag(name, arguments.get(name))}

        given = {name: arguments[name] for name in ARRAYS if arguments[name] is not None or name != "bias"}
        self.arrays = {name: checked(array, name) for name, array in given.items()}
        self.hidden, self.weight, self.bias = self.arrays["hidden"], self.arrays["weight"], self.arrays.get("bias")
        check_head(self.hidden, self.weight, self.bias)
        self.shape, self.classes = self.hidden.shape[:-1], len(self.weight)
        self.n_rows = math.prod(self.shape)
        #: One of the two: an array for every row, or the layer that makes its logits.
        self.labels: np.ndarray | None = None
        self.teacher: tuple[np.ndarray, np.ndarray, np.ndarray | None] | None = None
        if "teacher" in arguments:
            self.teacher = self.checked_teacher(arguments["teacher"])
        else:
            self.labels = checked(arguments["labels"], "labels")
            if not self.labels.size and self.labels.ndim == self.hidden.ndim - 1:
                self.labels = self.labels.astype(np.int64)  # an empty list has no integers that would tell
            check_labels(declared, self.hidden, self.weight, self.labels)
        self.numbers = self.labels is None or self.labels.ndim == self.hidden.ndim
        self.sample_weight = None
        if arguments["sample_weight"] is not None:
            sample_weight = checked(arguments["sample_weight"], "sample_weight")
            self.sample_weight = Rows(_arrays.broadcast(sample_weight, self.shape, "sample_weight"), len(self.shape))
        #: The arrays that gradients are by, in the order that is asked for, and the types of these.
        self.by = {name: self.arrays[name] for name in names}
        self.gradient_dtypes = gradient_dtypes((a.dtype for a in self.by.values()), arguments.get("grad_dtype"))
        single = {array.dtype.name in ("float32", *_arrays.HALVES) for array in self.arrays.values()} == {True}
        self.real = np.dtype(np.float32 if single else np.float64)
        # A call without rows raises what is wrong with the parameters, such as class weights of another number of classes.
        nothing = np.empty((0, self.classes), self.real)
        self.wrapped(nothing, nothing if self.numbers else np.empty(0, np.int64), **self.parameters, **self.keywords)
        self.take_class_weights()

        self.out = self.checked_out(arguments.get("out"), arguments)
        if self.labels is not None:
            self.row_numbers = Rows(self.labels, len(self.shape))
            self.check_numbers(self.labels, bool(arguments.get("check_domain", False)))

    def take_class_weights(self) -> None:
        """Leave to the loss of a row as little of the class weights as can be: it may compute in float32.

        Of a label without smoothing the class weight multiplies the row's loss, and is taken out of it. Else all are brought to
        one scale, unless a part of the loss is without them: the z-loss of a row of numbers.
        """
        self.class_weight: np.ndarray | None = None
        self.taken_out = False
        #: The power of 2 by which those left to the loss of a row are divided, and the largest of them.
        self.power, self.largest = 0, 1.0
        if self.parameters.get("class_weight") is None:
            return
        self.class_weight = np.asarray(self.parameters["class_weight"], np.float64)
        largest = self.class_weight.max(initial=0)
        smoothed = self.real.type(self.parameters.get("label_smoothing", 0)) != 0
        self.taken_out = not self.numbers and not (smoothed and largest)
        if self.taken_out:
            self.parameters["class_weight"] = None
        elif largest:
            if not (self.numbers and self.parameters.get("z_loss")):
                self.power = int(np.frexp(largest)[1])
            self.parameters["class_weight"] = np.ldexp(self.class_weight, -self.power)
            self.largest = float(np.ldexp(largest, -self.power))

    def checked_teacher(self, given: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        """The arrays of the teacher's layer, whose logits have the shape of the student's."""
        if not isinstance(given, tuple) or len(given) not in (2, 3):
            what = f"{len(given)} of them" if isinstance(given, tuple) else type(given).__name__
            raise ValueError(f"teacher must be a tuple (hidden, weight) or (hidden, weight, bias); got {what}")
        hidden, weight = (checked(array, f"teacher[{i}]") for i, array in enumerate(given[:2]))
        bias = checked(given[2], "teacher[2]") if len(given) == 3 and given[2] is not None else None
        check_head(hidden, weight, bias, "the teacher's ")
        logits, wanted = (*hidden.shape[:-1], len(weight)), (*self.shape, self.classes)
        if logits != wanted:
            raise ValueError(f"the teacher's logits would have the shape {logits}, but the student's have {wanted}")
        return hidden, weight, bias

    def check_numbers(self, given: np.ndarray, check_domain: bool) -> None:
        """Raise for the first label that is none, or number outside the domain, before anything is written."""
        domain, ignore_index = self.wrapped.declared.target, self.parameters.get("ignore_index")
        if self.numbers and not (check_domain and domain.bounded):
            return
        size = max(1, _linear_rows.SCAN // max(1, self.classes)) if self.numbers else None
        for rows in slices(self.n_rows, size):
            labels = self.row_numbers[rows]
            if self.numbers and np.any(_errors.lies_outside(labels, domain)):
                raise _errors.outside(self.name, "labels", given, domain)
            if not self.numbers and np.any(_errors.bad_labels(labels, self.classes, ignore_index)):
                raise _errors.bad_label(given, self.classes, ignore_index, "labels")

    def checked_out(self, out: Any, arguments: dict[str, Any]) -> list[np.ndarray | None]:
        """The arrays of `out=`, fit to be written to; None where there is to be a new one."""
        names = tuple(self.by)
        into = places(out, names)
        if out is None:
            return list(into)
        others = {name: array for name, array in arguments.items() if name not in ("out", "teacher") and array is not None}
        arrays = (_arrays.plain_array(array, name, "away") for name, array in others.items())
        inputs = [array for array in (*(self.teacher or ()), *arrays) if array is not None]
        for i, (place, dtype) in enumerate(zip(into, self.gradient_dtypes, strict=True)):
            if place is None:
                continue
            called = f"out[{i}]" if isinstance(out, tuple) else "out"
            _arrays.check_place(place, called, self.by[names[i]], names[i], dtype)
            if any(_arrays.overlap(place, array) for array in inputs):
                raise ValueError(f"{called} overlaps an argument")
            if any(_arrays.overlap(place, other) for other in into[:i] if other is not None):
                raise ValueError("two arrays of out overlap")
        return list(into)

    def counts(self, rows: Any, in_mean: bool = False) -> Scaled:
        """What the own loss of rows is multiplied by; or, `in_mean`, what rows add to that which the mean divides by."""
        n = rows.stop - rows.start if isinstance(rows, slice) else len(rows)
        kept, ignore_index = np.ones(n, bool), self.parameters.get("ignore_index")
        if not self.numbers:
            labels = self.row_numbers[rows]
            if ignore_index is not None:
                kept = labels != ignore_index
        found = Scaled(kept.astype(np.float64), 0 if in_mean else self.power)
        if self.sample_weight is not None:
            found *= scaled(self.sample_weight[rows])
        by_label = self.wrapped.declared.class_weight_in_mean if in_mean else self.taken_out
        if by_label and self.class_weight is not None and not self.numbers and self.classes:
            # An ignored label may be any number; that it counts nothing is known.
            found *= scaled(self.class_weight[np.where(kept, labels, 0).astype(np.intp)])
        return found

    def kept_rows(self, kept_ones: bool = True) -> Iterator[np.ndarray]:
        """The numbers of the rows that have a part in the result, neither ignored nor of weight 0; or of all others."""
        for rows in slices(self.n_rows):
            kept = self.counts(rows).mantissa != 0
            yield rows.start + np.flatnonzero(kept == kept_ones)


class Scale:
    """What the losses of rows are multiplied by, and what their sum is divided by.

    A mean depends on the ratios of its weights: the largest are brought to about 1 before any are added or multiplied.
    """

    def __init__(self, call: Call):
        self.call, self.shift, self.total = call, 0, np.float64(1)
        self.nothing = False  # has a part in the mean, smoothed labels of weight 0 neither
        self.power: int | None = None
        if call.reduction != "mean":
            return
        every = list(slices(call.n_rows))

        def largest(in_mean: bool) -> int:
            found = max((call.counts(rows, in_mean).largest() for rows in every), default=LEAST)
            self.nothing = found == LEAST
            return 0 if found == LEAST else found

        # Class weights alone can make a difference between the two.
        same = call.class_weight is None or (call.taken_out and call.wrapped.declared.class_weight_in_mean)
        self.power = largest(False)
        power = self.power if same else largest(True)
        self.shift = self.power - power
        parts = [np.sum(call.counts(rows, True).over(power)) for rows in every]
        self.total = np.sum(parts, dtype=np.float64)

    def weights(self, rows: Any) -> np.ndarray:
        """What the losses of rows are multiplied by, up to a power of 2."""
        counts = self.call.counts(rows)
        return counts.numbers() if self.power is None else counts.over(self.power)

    def factors(self, weights: np.ndarray) -> Scaled:
        """What their derivatives are multiplied by."""
        found = scaled(weights * 0 if self.nothing else weights / self.total)
        return Scaled(found.mantissa, found.power + self.shift)

    def reduced(self, value: Any) -> Any:
        """A weighted loss, or a sum of them, divided."""
        if self.nothing:
            return value * 0 if self.call.empty == "zero" else value * np.nan
        return np.ldexp(value / self.total, self.shift)
