"""Losses of a linear layer by chunks of rows: the logits of a chunk are made, turned into their gradient in place, and used.

The products are NumPy's, which calls its BLAS. The sizes of chunks and blocks depend on shapes and dtypes alone.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

from fastloss import _arrays, _core
from fastloss._linear import LinearEntry
from fastloss._linear_call import Call, Scale
from fastloss._linear_checks import row_values
from fastloss._linear_rows import Rows, batches, fits_blas, like_block, ready, slices
from fastloss._statistics import STATISTICS, SoftmaxResult
from fastloss._weights import Scaled

__all__ = ["evaluate"]

#: Bytes of the arrays that a call holds beside arguments and results. What the wrapped loss and NumPy take for themselves comes
#: on top: together at most 64 MiB.
SCRATCH = 54 << 20

#: Bytes of the blocks of the weight matrix and of its gradient, together: large enough for the BLAS, small beside the logits.
BLOCK = 8 << 20

LOST = (
    "most of the gradient by {name} is 0 in float16, whose smallest number is 6e-8: ask for grad_dtype='float32', or scale the "
    "loss, such as reduction='sum' with sample_weight=scale/n"
)


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
    """The gradients of a head that are asked for, gathered from those of its logits, chunk by chunk."""

    def __init__(self, call: Call, head: Head, block: int, chunk: int, single: bool):
        self.head, self.block, real = head, block, call.real
        # Class weights that the slopes hold count relative to the largest.
        self.filter_eps = call.filter_eps * call.largest
        self.results = {
            name: _core.new_like(array, dtype) if place is None else place
            for (name, array), dtype, place in zip(call.by.items(), call.gradient_dtypes, call.out, strict=True)
        }
        self.d_hidden = Rows(self.results["hidden"], len(call.shape)) if "hidden" in self.results else None
        #: What the chunks add to: the results themselves, but halves are not summed in halves.
        self.sums = {
            name: result if result.dtype.name not in _arrays.HALVES or single else np.empty_like(result, real)
            for name, result in self.results.items()
            if name != "hidden"
        }
        columns = call.weight.shape[1]
        self.product = like_block(self.sums["weight"], block, real) if "weight" in self.sums else None
        self.transposed = np.empty((2, columns, chunk), real) if self.d_hidden else None
        self.single, self.empty = single, True
        #: For each gradient in float16 these count the numbers that are not 0 before it is rounded, and after.
        self.nonzero: dict[str, list[Any]] = {
            name: [0, 0] for name, result in self.results.items() if result.dtype == np.float16
        }

    def rounded(self, name: str, wide: np.ndarray, result: Any, place: Any) -> None:
        """Write numbers into a gradient, and count what its type makes 0."""
        result[place] = wide
        if name in self.nonzero:
            for i, array in enumerate((wide, result[place])):
                self.nonzero[name][i] += np.count_nonzero(array)

    def start(self) -> None:
        """Clear what the chunks add to; d_weight only where the first chunk may not write to all of it."""
        for name in self.results:
            if name != "weight" or self.filter_eps:
                self.sums.get(name, self.results[name])[...] = 0

    def steep(self, slopes: np.ndarray) -> np.ndarray | None:
        """For each class whether it has a part in the gradients; None where all have."""
        if self.filter_eps == 0:
            return None
        found = np.empty(slopes.shape[1], bool)
        for part in slices(len(found)):
            peak = np.maximum(slopes[:, part].max(axis=0, initial=0), -slopes[:, part].min(axis=0, initial=0))
            found[part] = ~(peak < self.filter_eps)  # NaN counts
        # To choose costs a copy, which more than half of the classes are not worth.
        return found if 2 * np.count_nonzero(found) <= len(found) else None

    def add(self, rows: Any, inputs: np.ndarray, slopes: np.ndarray, factors: Scaled) -> None:
        """Add what a chunk contributes: `slopes` by logits of each row's own loss, `factors` what they are multiplied by."""
        head, real = self.head, self.head.real
        scale, power, exact = factors.within(real)
        steep = self.steep(slopes) if "weight" in self.sums or self.d_hidden else None
        whole = steep is None and fits_blas(head.weight, real)
        d_hidden = part = None
        if self.transposed is not None:
            # Transposed, as weight.T @ slopes.T, it took OpenBLAS 2/3 of the time.
            d_hidden, part = self.transposed[:, :, : len(inputs)]
            if whole:
                np.matmul(head.weight.T, slopes.T, out=d_hidden)
            else:
                d_hidden[...] = 0
        if "weight" in self.sums:
            inputs = inputs * scale[:, None]
            if not scale.all():
                inputs[scale == 0] = 0  # not NaN, where such a row holds infinities
        for classes in self.blocks(steep, slopes.shape[1]):
            slope = slopes[:, classes]
            if d_hidden is not None and not whole:
                np.matmul(ready(head.weight[classes], real).T, slope.T, out=part)
                d_hidden += part
            if "weight" in self.sums:
                self.add_to_weight(classes, slope, inputs, power)
        self.empty = False
        if "bias" in self.sums:
            self.sums["bias"] += np.ldexp(scale @ slopes, power) if power else scale @ slopes
        if d_hidden is not None:
            if not exact:
                # Here each row may have its own power of 2.
                scale = factors.mantissa.astype(real)
            d_hidden *= scale
            if not exact:
                np.ldexp(d_hidden, factors.power, out=d_hidden)
            if not scale.all():
                d_hidden[:, scale == 0] = 0
            self.rounded("hidden", d_hidden.T, self.d_hidden, rows)

    def blocks(self, steep: np.ndarray | None, n_classes: int) -> Iterator[Any]:
        """The classes that have a part in the gradients, a block at a time."""
        if steep is None:
            return slices(n_classes, self.block)
        return batches((part.start + np.flatnonzero(steep[part]) for part in slices(len(steep))), self.block)

    def add_to_weight(self, classes: Any, slope: np.ndarray, inputs: np.ndarray, power: int) -> None:
        """Add what a block of classes contributes to the gradient of the matrix."""
        assert self.product is not None
        product, d_weight = np.matmul(slope.T, inputs, out=self.product[: slope.shape[1]]), self.sums["weight"]
        if power:
            np.ldexp(product, power, out=product)
        if self.single or (self.empty and not self.filter_eps):
            self.rounded("weight" if self.single else "", product, d_weight, classes)
        else:
            d_weight[classes] += product

    def finish(self) -> tuple[np.ndarray, ...]:
        if self.empty and "weight" in self.sums:
            self.sums["weight"][...] = 0
        for name, total in self.sums.items():
            result = self.results[name]
            if result is not total:
                for part in slices(len(result), self.block):
                    self.rounded(name, total[part], result, part)
        for name, (before, after) in self.nonzero.items():
            if 2 * after < before:
                warnings.warn(LOST.format(name=name), RuntimeWarning, stacklevel=8)
        return tuple(self.results.values())


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
    # There is one block of the gradient, and one of the weight where it is converted.
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


def evaluate(entry: LinearEntry, given: dict[str, Any], names: tuple[str, ...]) -> tuple[Any, ...]:
    """Value and gradients, by the arguments that are named, of a loss of a linear layer."""
    call = Call(entry, given, names)
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
    wrapped, keywords = call.wrapped, {**call.parameters, **call.keywords, **call.flags}
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
