"""Losses of a linear layer by chunks of rows: the logits of a chunk are made, turned into their gradient in place, and used.

The products are NumPy's, which calls its BLAS. The sizes of chunks and blocks depend on shapes and dtypes alone.
"""

from __future__ import annotations

import itertools
import math
import warnings
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from fastloss import _arrays, _errors
from fastloss._linear import (
    ARRAYS,
    FILTER_EPS,
    LinearLoss,
    check_head,
    check_labels,
    gradient_dtypes,
    row_values,
    target_of,
)
from fastloss._loss import EMPTY, REDUCTIONS
from fastloss._statistics import STATISTICS, SoftmaxResult
from fastloss._weights import LEAST, Scaled, scaled

__all__ = ["evaluate"]

#: Bytes of the arrays that a call holds beside arguments and results. What the wrapped loss and NumPy take for themselves comes
#: on top: together at most 64 MiB.
SCRATCH = 54 << 20

#: Bytes of the blocks of the weight matrix and of its gradient, together: large enough for the BLAS, small beside the logits.
BLOCK = 8 << 20

#: Rows, or classes of a chunk, looked at a time when some are chosen.
SCAN = 1 << 14

LOST = (
    "most of the gradient by {name} is 0 in float16, whose smallest number is 6e-8: ask for grad_dtype='float32', or scale the "
    "loss, such as reduction='sum' with sample_weight=scale/n"
)


class Rows:
    """An array whose leading axes count rows, read and written by row numbers, without a copy of the whole."""

    def __init__(self, array: np.ndarray, leading: int):
        self.array, self.shape = array, array.shape[:leading]
        counted = [(n, stride) for n, stride in zip(self.shape, array.strides, strict=False) if n != 1]
        one_stride = all(a == n * b for (_, a), (n, b) in itertools.pairwise(counted))
        # Only where strides allow it is reshape a view.
        self.flat = array.reshape(math.prod(self.shape), *array.shape[leading:]) if one_stride or not array.size else None

    def _index(self, rows: Any) -> Any:
        if self.flat is not None:
            return rows
        return np.unravel_index(np.arange(rows.start, rows.stop) if isinstance(rows, slice) else rows, self.shape)

    def __getitem__(self, rows: Any) -> np.ndarray:
        found: np.ndarray = (self.array if self.flat is None else self.flat)[self._index(rows)]
        return found

    def __setitem__(self, rows: Any, values: Any) -> None:
        (self.array if self.flat is None else self.flat)[self._index(rows)] = values

    def finish(self) -> Any:
        """The array, or its number where it has no axis."""
        return self.array if self.array.ndim else self.array[()]


def batches(numbers: Iterable[np.ndarray], size: int) -> Iterator[Any]:
    """Rising numbers that come in pieces, `size` at a time; a slice where none is missing."""
    kept = np.empty(0, np.intp)
    for more in numbers:
        kept = np.concatenate([kept, more])
        while len(kept) >= size:
            yield as_slice(kept[:size])
            kept = kept[size:]
    if len(kept):
        yield as_slice(kept)


def as_slice(numbers: np.ndarray) -> Any:
    first, last = int(numbers[0]), int(numbers[-1])
    return slice(first, last + 1) if last - first + 1 == len(numbers) else numbers


def slices(n: int, size: int) -> Iterator[slice]:
    return (slice(first, min(first + size, n)) for first in range(0, n, size))


def fits_blas(matrix: np.ndarray, dtype: np.dtype) -> bool:
    """Whether the BLAS takes a matrix as it lies in memory; NumPy would copy the whole of one that does not fit."""
    if matrix.dtype != dtype or not matrix.dtype.isnative or not matrix.flags.aligned:
        return False
    (rows, columns), (down, across), item = matrix.shape, matrix.strides, dtype.itemsize

    def packed(step: int, along: int, stride: int) -> bool:
        return step == item and stride >= along * item and stride % item == 0

    return packed(across, columns, down) or packed(down, rows, across) or matrix.size == 0


def ready(block: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """A block of a matrix as the BLAS takes it: itself, or a converted copy."""
    return block if fits_blas(block, dtype) else np.array(block, dtype)


def like_block(weight: np.ndarray, size: int, dtype: np.dtype) -> np.ndarray:
    """A new array for `size` rows of a matrix, in its memory order."""
    columns = weight.shape[1]
    if abs(weight.strides[0]) < abs(weight.strides[1]):
        return np.empty((columns, size), dtype).T
    return np.empty((size, columns), dtype)


# ---- arguments ------------------------------------------------------------------------------------------------------


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

    def __init__(self, loss: LinearLoss, outputs: tuple[str, ...], arguments: dict[str, Any]):
        self.loss, self.outputs, row = loss, outputs, loss.wrapped.row
        self.parameters = {p.name: p.check(arguments[p.name]) for p in row.parameters}
        self.filter_eps = FILTER_EPS.check(arguments[FILTER_EPS.name])
        self.reduction = arguments["reduction"]
        if not isinstance(self.reduction, str) or self.reduction not in REDUCTIONS:
            raise _errors.bad_reduction(self.reduction, REDUCTIONS)
        self.empty = _errors.choice("empty", arguments["empty"], EMPTY)
        self.keywords: dict[str, Any] = {"reduction": "none", "n_threads": arguments["n_threads"]}
        if "check_domain" in arguments:
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
        if target_of(row) == "teacher":
            self.teacher = self.checked_teacher(arguments["teacher"])
        else:
            self.labels = checked(arguments["labels"], "labels")
            if not self.labels.size and self.labels.ndim == self.hidden.ndim - 1:
                self.labels = self.labels.astype(np.int64)  # an empty list has no integers that would tell
            check_labels(row, self.hidden, self.weight, self.labels)
        self.numbers = self.labels is None or self.labels.ndim == self.hidden.ndim
        self.sample_weight = None
        if arguments["sample_weight"] is not None:
            sample_weight = checked(arguments["sample_weight"], "sample_weight")
            self.sample_weight = Rows(_arrays.broadcast(sample_weight, self.shape, "sample_weight"), len(self.shape))
        self.gradient_dtypes = gradient_dtypes((a.dtype for a in self.arrays.values()), arguments.get("grad_dtype"))
        single = {array.dtype.name in ("float32", *_arrays.HALVES) for array in self.arrays.values()} == {True}
        self.real = np.dtype(np.float32 if single else np.float64)
        # A call without rows raises what is wrong with the parameters, such as class weights of another number of classes.
        nothing = np.empty((0, self.classes), self.real)
        loss.wrapped(nothing, nothing if self.numbers else np.empty(0, np.int64), **self.parameters, **self.keywords)
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
        domain, ignore_index = self.loss.wrapped.row.target, self.parameters.get("ignore_index")
        if self.numbers and not (check_domain and domain.bounded):
            return
        size = max(1, SCAN // max(1, self.classes)) if self.numbers else SCAN
        for rows in slices(self.n_rows, size):
            labels = self.row_numbers[rows]
            if self.numbers and np.any(_errors.lies_outside(labels, domain)):
                raise _errors.outside(self.loss.name, "labels", given, domain)
            if not self.numbers and np.any(_errors.bad_labels(labels, self.classes, ignore_index)):
                raise _errors.bad_label(given, self.classes, ignore_index, "labels")

    def checked_out(self, out: Any, arguments: dict[str, Any]) -> list[np.ndarray | None]:
        """The arrays of `out=`, fit to be written to; None where there is to be a new one."""
        names = list(self.arrays)
        if out is None:
            return [None] * len(names)
        if not isinstance(out, tuple) or len(out) != len(names):
            given = f"{len(out)} of them" if isinstance(out, tuple) else type(out).__name__
            raise ValueError(f"out must be a tuple of the gradients of {', '.join(names)}; got {given}")
        others = {name: array for name, array in arguments.items() if name not in ("out", "teacher") and array is not None}
        arrays = (_arrays.plain_array(array, name, "away") for name, array in others.items())
        inputs = [array for array in (*(self.teacher or ()), *arrays) if array is not None]
        for i, (place, dtype) in enumerate(zip(out, self.gradient_dtypes, strict=True)):
            if place is None:
                continue
            _arrays.check_place(place, f"out[{i}]", self.arrays[names[i]], names[i], dtype)
            if any(_arrays.overlap(place, array) for array in inputs):
                raise ValueError(f"out[{i}] overlaps an argument")
            if any(_arrays.overlap(place, other) for other in out[:i] if other is not None):
                raise ValueError("two arrays of out overlap")
        return list(out)

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
        by_label = self.loss.wrapped.row.class_weight_in_mean if in_mean else self.taken_out
        if by_label and self.class_weight is not None and not self.numbers and self.classes:
            # An ignored label may be any number; that it counts nothing is known.
            found *= scaled(self.class_weight[np.where(kept, labels, 0).astype(np.intp)])
        return found

    def kept_rows(self, kept_ones: bool = True) -> Iterator[np.ndarray]:
        """The numbers of the rows that have a part in the result, neither ignored nor of weight 0; or of all others."""
        for rows in slices(self.n_rows, SCAN):
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
        every = list(slices(call.n_rows, SCAN))

        def largest(in_mean: bool) -> int:
            found = max((call.counts(rows, in_mean).largest() for rows in every), default=LEAST)
            self.nothing = found == LEAST
            return 0 if found == LEAST else found

        # Class weights alone can make a difference between the two.
        same = call.class_weight is None or (call.taken_out and call.loss.wrapped.row.class_weight_in_mean)
        self.power = largest(False)
        power = self.power if same else largest(True)
        self.shift = self.power - power
        parts = [np.sum(call.counts(rows, True).over(power)) for rows in every]
        self.total = np.sum(parts, dtype=np.float64)

    def weights(self, rows: Any) -> np.ndarray:
        """By what the losses of rows are multiplied, up to a power of 2."""
        counts = self.call.counts(rows)
        return counts.numbers() if self.power is None else counts.over(self.power)

    def factors(self, weights: np.ndarray) -> Scaled:
        """By what their derivatives are."""
        found = scaled(weights * 0 if self.nothing else weights / self.total)
        return Scaled(found.mantissa, found.power + self.shift)

    def reduced(self, value: Any) -> Any:
        """A weighted loss, or a sum of them, divided."""
        if self.nothing:
            return value * 0 if self.call.empty == "zero" else value * np.nan
        return np.ldexp(value / self.total, self.shift)


# ---- computation ----------------------------------------------------------------------------------------------------


class Head:
    """A linear layer that makes logits, a chunk of rows at a time."""

    def __init__(self, hidden: np.ndarray, weight: np.ndarray, bias: np.ndarray | None, real: np.dtype, block: int):
        self.hidden, self.weight, self.real = Rows(hidden, hidden.ndim - 1), weight, real
        self.bias = None if bias is None else bias.astype(real)
        # A matrix that the BLAS takes as it is goes to it whole.
        self.block = max(1, len(weight)) if fits_blas(weight, real) else block

    def inputs(self, rows: Any) -> np.ndarray:
        return ready(self.hidden[rows], self.real)

    def logits(self, inputs: np.ndarray, scratch: np.ndarray) -> np.ndarray:
        """The logits of rows, in scratch memory."""
        logits = scratch[: len(inputs)]
        for classes in slices(len(self.weight), self.block):
            np.matmul(inputs, ready(self.weight[classes], self.real).T, out=logits[:, classes])
        if self.bias is not None:
            np.add(logits, self.bias, out=logits)
        return logits


class Teacher:
    """The logits of another head, made for the rows that are asked for; they last until the next are."""

    def __init__(self, head: Head, scratch: np.ndarray):
        self.head, self.scratch = head, scratch

    def __getitem__(self, rows: Any) -> np.ndarray:
        return self.head.logits(self.head.inputs(rows), self.scratch)


class Gradients:
    """The gradients of a head, gathered from those of its logits, chunk by chunk."""

    def __init__(self, call: Call, head: Head, block: int, chunk: int, single: bool):
        self.head, self.block, real = head, block, call.real
        # Class weights that the slopes hold count relative to the largest.
        self.filter_eps = call.filter_eps * call.largest
        self.results = [
            np.empty_like(array, dtype, subok=False) if place is None else place
            for array, dtype, place in zip(call.arrays.values(), call.gradient_dtypes, call.out, strict=True)
        ]
        self.d_hidden = Rows(self.results[0], len(call.shape))
        self.sums = [
            # Halves are not summed in halves.
            result if result.dtype.name not in _arrays.HALVES or single else np.empty_like(result, real)
            for result in self.results[1:]
        ]
        columns = call.weight.shape[1]
        self.product = like_block(self.sums[0], block, real)
        self.transposed = np.empty((2, columns, chunk), real)
        self.single, self.empty = single, True
        #: Of each gradient in float16, the numbers that are not 0 before it is rounded, and after.
        self.nonzero: dict[str, list[Any]] = {
            name: [0, 0] for name, result in zip(call.arrays, self.results, strict=True) if result.dtype == np.float16
        }

    def rounded(self, name: str, wide: np.ndarray, result: Any, place: Any) -> None:
        """Write numbers into a gradient, and count what its type makes 0."""
        result[place] = wide
        if name in self.nonzero:
            for i, array in enumerate((wide, result[place])):
                self.nonzero[name][i] += np.count_nonzero(array)

    def start(self) -> None:
        """Clear what the chunks add to; d_weight only where the first chunk may not write to all of it."""
        for array in (self.results[0], *self.sums[0 if self.filter_eps else 1 :]):
            array[...] = 0

    def steep(self, slopes: np.ndarray) -> np.ndarray | None:
        """For each class whether it has a part in the gradients; None where all have."""
        if self.filter_eps == 0:
            return None
        found = np.empty(slopes.shape[1], bool)
        for part in slices(len(found), SCAN):
            peak = np.maximum(slopes[:, part].max(axis=0, initial=0), -slopes[:, part].min(axis=0, initial=0))
            found[part] = ~(peak < self.filter_eps)  # NaN counts
        # To choose costs a copy, which more than half of the classes are not worth.
        return found if 2 * np.count_nonzero(found) <= len(found) else None

    def add(self, rows: Any, inputs: np.ndarray, slopes: np.ndarray, factors: Scaled) -> None:
        """Add what a chunk contributes: `slopes` by logits of each row's own loss, `factors` what they are multiplied by."""
        head, real = self.head, self.head.real
        scale, power, exact = factors.within(real)
        d_weight, *d_bias = self.sums
        # Transposed, as weight.T @ slopes.T, it took OpenBLAS 2/3 of the time.
        d_hidden, part = self.transposed[0, :, : len(inputs)], self.transposed[1, :, : len(inputs)]
        steep = self.steep(slopes)
        whole = steep is None and fits_blas(head.weight, real)
        blocks: Iterator[Any] = slices(slopes.shape[1], self.block)
        if steep is not None:
            parts = slices(len(steep), SCAN)
            blocks = batches((part.start + np.flatnonzero(steep[part]) for part in parts), self.block)
        if whole:
            np.matmul(head.weight.T, slopes.T, out=d_hidden)
        else:
            d_hidden[...] = 0
        inputs = inputs * scale[:, None]
        if not scale.all():
            inputs[scale == 0] = 0  # not NaN, where such a row holds infinities
        for classes in blocks:
            slope = slopes[:, classes]
            if not whole:
                np.matmul(ready(head.weight[classes], real).T, slope.T, out=part)
                d_hidden += part
            product = np.matmul(slope.T, inputs, out=self.product[: slope.shape[1]])
            if power:
                np.ldexp(product, power, out=product)
            if self.single or (self.empty and not self.filter_eps):
                self.rounded("weight" if self.single else "", product, d_weight, classes)
            else:
                d_weight[classes] += product
        self.empty = False
        for total in d_bias:
            total += np.ldexp(scale @ slopes, power) if power else scale @ slopes
        if not exact:
            # Here each row may have its own power of 2.
            scale = factors.mantissa.astype(real)
        d_hidden *= scale
        if not exact:
            np.ldexp(d_hidden, factors.power, out=d_hidden)
        if not scale.all():
            d_hidden[:, scale == 0] = 0
        self.rounded("hidden", d_hidden.T, self.d_hidden, rows)

    def finish(self) -> tuple[np.ndarray, ...]:
        if self.empty:
            self.sums[0][...] = 0
        for name, result, total in zip(ARRAYS[1:], self.results[1:], self.sums, strict=False):
            if result is not total:
                for part in slices(len(result), self.block):
                    self.rounded(name, total[part], result, part)
        for name, (before, after) in self.nonzero.items():
            if 2 * after < before:
                warnings.warn(LOST.format(name=name), RuntimeWarning, stacklevel=6)
        return tuple(self.results)


class Statistics:
    """The statistics that are asked for, gathered chunk by chunk."""

    def __init__(self, call: Call):
        dtypes = {"argmax": np.dtype(np.int64), "correct": np.dtype(bool)}
        self.arrays = {
            name: Rows(np.empty(call.shape, dtypes.get(name, call.real)), len(call.shape))
            for name in (STATISTICS[flag] for flag in call.flags)
        }

    def keep(self, rows: Any, found: SoftmaxResult) -> None:
        for name, array in self.arrays.items():
            array[rows] = getattr(found, name)

    def finish(self) -> dict[str, Any]:
        return {name: rows.finish() for name, rows in self.arrays.items()}


def sizes(call: Call) -> tuple[int, int]:
    """How many classes make a block of the weight, and how many rows a chunk: the same with gradients and without."""
    columns, item = call.weight.shape[1], call.real.itemsize
    # Beside the block of the gradient, of the weight where it is converted.
    blocks = 1 + (not fits_blas(call.weight, call.real))
    row = item * (call.classes + 4 * columns) + 128
    if call.labels is not None and call.numbers:
        row += call.classes * max(item, call.labels.dtype.itemsize)
    converted = 0
    biases = int(call.bias is not None)
    if call.teacher:
        # The teacher's logits, its inputs and their copy, and a block of its weight where that is converted.
        width = call.teacher[1].shape[1]
        row += item * (call.classes + 2 * width)
        converted = 0 if fits_blas(call.teacher[1], call.real) else width
        biases += call.teacher[2] is not None
    if call.filter_eps:
        # What is chosen is copied: of the weight, of its gradient, and of the slopes.
        blocks += 2
    widths = columns * blocks + converted
    block = min(max(1, BLOCK // max(1, item * widths)), max(1, call.classes))
    if call.filter_eps:
        row += item * block
    fixed = block * item * widths + call.classes
    fixed += 2 * item * call.classes * biases
    fixed += 16 * call.classes if call.class_weight is not None else 0
    return block, max(1, min(call.n_rows, (SCRATCH - fixed) // row))


def evaluate(loss: LinearLoss, outputs: tuple[str, ...], arguments: dict[str, Any]) -> tuple[Any, ...]:
    """Value and gradients of a loss of a linear layer."""
    call = Call(loss, outputs, arguments)
    with np.errstate(all="ignore"):
        return compute(call)


def compute(call: Call) -> tuple[Any, ...]:
    wants_gradient, wants_value = "grad" in call.outputs, "value" in call.outputs
    block, chunk = sizes(call)
    head = Head(call.hidden, call.weight, call.bias, call.real, block)
    scratch = np.empty((chunk, call.classes), call.real)
    targets = Teacher(Head(*call.teacher, call.real, block), np.empty_like(scratch)) if call.teacher else call.row_numbers
    gradients = Gradients(call, head, block, chunk, call.n_rows <= chunk) if wants_gradient else None
    values = None
    if wants_value and call.reduction == "none":
        values = Rows(np.zeros(call.shape, row_values(call.hidden.dtype)), len(call.shape))
    scale = Scale(call)
    wrapped, keywords = call.loss.wrapped, {**call.parameters, **call.keywords, **call.flags}
    entry = wrapped if not gradients else wrapped.value_and_grad if wants_value else wrapped.grad
    statistics = Statistics(call)

    # Nothing has been written so far.
    if gradients:
        gradients.start()
    sums: list[np.float64] = []
    for rows in batches(call.kept_rows(), chunk):
        inputs, target, weight = head.inputs(rows), targets[rows], scale.weights(rows)
        logits = head.logits(inputs, scratch)
        found = entry(logits, target, **keywords, **({"out": logits} if gradients else {}))
        if call.flags:
            statistics.keep(rows, found)
        if wants_value:
            value = (found.value if call.flags else found[0] if gradients else found) * weight
            sums.append(np.sum(value))
        if values:
            values[rows] = scale.reduced(value)
        if gradients:
            gradients.add(rows, inputs, logits, scale.factors(weight))
    for rows in batches(call.kept_rows(False) if call.flags else (), chunk):
        # What has no part in the loss has statistics all the same.
        logits = head.logits(head.inputs(rows), scratch)
        statistics.keep(rows, wrapped(logits, targets[rows], **keywords))
    results: dict[str, Any] = {}
    if wants_value:
        results["value"] = values.finish() if values else float(scale.reduced(np.sum(sums)))
    if gradients:
        results["grad"] = gradients.finish()
    return SoftmaxResult(**results, **statistics.finish()) if call.flags else tuple(results.values())
