"""What `fastloss score` computes: a loss of arrays that may be larger than memory, a block at a time."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from fastloss import _arrays, _errors
from fastloss._loss import Loss, values_of
from fastloss.cli._inputs import BFLOAT16, Array, Input, numbers
from fastloss.cli._sums import Factors, factors_of
from fastloss.cli._terminal import CommandError

__all__ = ["GRADIENT_DTYPES", "Block", "Problem", "blocks", "is_large", "with_files"]

# A block has so much of the prediction. Sums need nothing beside it, which is read where the file is mapped; groups need most,
# an order to sort by and several arrays in double: up to 100 MiB.
BLOCK_BYTES = 8 << 20

# The start of a message that names an element: "target[3, 4] = ...".
POSITION = re.compile(r"(\w+)\[([\d, ]+)\]")

#: What a gradient may be written as.
GRADIENT_DTYPES = {
    "float16": np.dtype(np.float16),
    "bfloat16": BFLOAT16,
    "float32": np.dtype(np.float32),
    "float64": np.dtype(float),
}

# Losses that are -log q of the label, unless a parameter adds to them.
LIKELIHOODS = ("cross_entropy", "nll")

# Class weights farther apart than this are multiplied in double.
FLOAT32_RATIO = 1e-20


def is_large(array: Array) -> bool:
    """Whether an array is better read in blocks than whole."""
    return array.size * 8 > BLOCK_BYTES


# --- blocks ---------------------------------------------------------------------------------------

Block: TypeAlias = tuple[Any, ...]  # of slices


def blocks(shape: tuple[int, ...], strides: tuple[int, ...], limit: int) -> Iterator[Block]:
    """Cut an array into blocks of at most `limit` elements, each as contiguous in memory as the strides allow.

    An empty array is one block: it has shapes and dtypes that are to be checked.
    """
    if 0 in shape:
        yield tuple(slice(0, n) for n in shape)
        return
    outermost_first = sorted(range(len(shape)), key=lambda axis: -abs(strides[axis]))
    lengths, room = [1] * len(shape), limit
    for axis in reversed(outermost_first):
        lengths[axis] = max(1, min(shape[axis], room))
        room //= shape[axis]
    starts = [range(0, shape[axis], lengths[axis]) for axis in outermost_first]
    for corner in itertools.product(*starts):
        start = dict(zip(outermost_first, corner, strict=True))
        yield tuple(slice(start[axis], min(start[axis] + lengths[axis], n)) for axis, n in enumerate(shape))


@dataclass
class Weighing:
    """What the samples of a block count: a factor of all their sums, what a mean divides by beside it, and whether at all.

    None stands for 1, or yes, everywhere.
    """

    factors: Factors | None
    mass: Array | None
    counted: Array | None
    ignored: int


class Problem:
    """A loss and the arrays to compute it of, a block at a time.

    A block is cut from the shape of the loss: that of the prediction, without the class axis if there is one. The core
    computes losses and gradients without weights, which are multiplied here: so their size does not matter. Class weights
    are taken out, too, where they only multiply the row of their label; else a power of two brings them to the size of 1.
    """

    def __init__(self, loss: Loss, given: dict[str, Input], parameters: dict[str, Any], axis: int | None, wanted: str | None):
        self.files = {name: file.text for name, file in given.items()}
        # This takes off np.memmap, whose every slice costs several times that of a plain array.
        pred = np.asarray(given["pred"].array)
        # The targets of penalties are 0 where there is no file of them.
        target = np.asarray(given["target"].array) if "target" in given else np.zeros((), np.float32)
        if target.ndim == 0 and loss.family == "pointwise":
            target = np.broadcast_to(target, pred.shape)  # one number is one for all
        self.pred, self.target = pred, target
        self.axis: int | None = None
        self.keywords: dict[str, Any] = {}
        if axis is not None:
            self.axis = _errors.axis_from_front(axis, pred)
            self.keywords["axis"] = self.axis
        without_class = [d for d in range(pred.ndim) if d != self.axis]
        self.shape = tuple(pred.shape[d] for d in without_class)
        row = loss.row
        self.labels = self.axis is not None and row.labels and target.shape == self.shape
        # Whole shapes are compared before any block is cut: blocks of arrays that do not match might.
        if not self.labels and not (row.target_has_classes and target.shape == pred.shape):
            raise _errors.shapes(pred, target, self.axis, row.labels, row.target_has_classes)
        self.weight = None
        if "weight" in given:
            weight = np.asarray(given["weight"].array)
            _arrays.readable_array(numbers(np.empty(0, weight.dtype)), "weight")  # is it of an accepted dtype?
            self.weight = _arrays.broadcast(weight, self.shape, "weight")
        self.operands = {
            name: _arrays.broadcast(np.asarray(given[name].array), pred.shape, name)
            for name in parameters
            if loss.params[name].kind.array == "elements" and name in given and given[name].array.ndim
        }
        single = {name: value for name, value in parameters.items() if name not in self.operands}
        single |= {name: numbers(np.asarray(given[name].array)) for name in single if name in given}
        self.loss = loss.bind(**single)
        self.dtype = GRADIENT_DTYPES[wanted] if wanted else gradient_dtype(pred.dtype)
        self.computes_in_single = (pred.dtype.kind == "f" and pred.dtype.itemsize <= 4) or pred.dtype == BFLOAT16
        # An empty block, for the errors of types, and of class weights of which there are too few.
        if self.shape:
            self.evaluate(self.loss, tuple(slice(0, 0) for _ in self.shape), reduction="sum")
        self.take_class_weight()
        row_bytes = pred.itemsize * (1 if self.axis is None else pred.shape[self.axis])
        strides = tuple(pred.strides[d] for d in without_class)
        self.blocks = list(blocks(self.shape, strides, max(1, BLOCK_BYTES // max(1, row_bytes))))

    def take_class_weight(self) -> None:
        """Take class weights out of what the core computes, as far as they do not enter the loss in another way."""
        params = self.loss.params
        self.class_weight: Array | None = None
        self.class_weight_is_factor = False
        self.exponent = 0
        given = params["class_weight"].default if "class_weight" in params else None
        if given is None or not self.labels or not self.loss.row.class_weight_in_mean:
            return
        self.class_weight = np.asarray(given, np.float64)
        self.class_weight_is_factor = "label_smoothing" not in params or params["label_smoothing"].default == 0
        if self.class_weight_is_factor:
            self.loss = self.loss.bind(class_weight=None)
            return
        there = self.class_weight[self.class_weight > 0]
        if there.size:
            self.exponent = int(np.frexp(there.max())[1])
            self.class_weight = np.ldexp(self.class_weight, -self.exponent)
            self.computes_in_single &= bool(there.min() / there.max() > FLOAT32_RATIO)
            self.loss = self.loss.bind(class_weight=self.class_weight)

    def of_pred(self, block: Block) -> Block:
        """Where a block lies in an array that has the class axis."""
        return block if self.axis is None else (*block[: self.axis], slice(None), *block[self.axis :])

    def block_of_pred(self, block: Block, in_double: bool = False) -> Array:
        """Half precision is computed in single; here it also stays in single, until everything is added up."""
        pred = numbers(self.pred[(*self.of_pred(block), ...)])
        if self.computes_in_single and not in_double:
            return pred.astype(np.float32, copy=False)
        return pred.astype(np.float64, copy=False) if pred.dtype.kind == "f" and pred.dtype.itemsize < 8 else pred

    def block_of_target(self, block: Block) -> Array:
        return numbers(self.target[(*(block if self.labels else self.of_pred(block)), ...)])

    def evaluate(self, method: Callable[..., Any], block: Block, in_double: bool = False, **keywords: Any) -> Any:
        """Call the loss, or one of its methods, on a block."""
        pred, target = self.block_of_pred(block, in_double), self.block_of_target(block)
        operands = {name: numbers(array[self.of_pred(block)]) for name, array in self.operands.items()}
        try:
            return method(pred, target, **self.keywords, **operands, **keywords)
        except (IndexError, TypeError, ValueError) as error:
            raise CommandError(self.in_terms_of_files(str(error), block)) from None

    def in_terms_of_files(self, message: str, block: Block) -> str:
        """A message about a block, about the files: with the position there, and with the option's name."""
        message = message.replace("check_domain=False", "--no-check-domain")
        found = POSITION.match(message)
        if found and found[1] in ("pred", "target", *self.operands):
            where = block if found[1] == "target" and self.labels else self.of_pred(block)
            place = [int(i) + (part.start or 0) for i, part in zip(found[2].split(","), where, strict=True)]
            message = f"{found[1]}{place}{message[found.end() :]}"
        return with_files(message, self.files)

    def weighing(self, block: Block) -> Weighing:
        weight = None if self.weight is None else numbers(self.weight[(*block, ...)])
        counted = mass = per_class = None
        ignored = 0
        if self.labels:
            labels = self.target[(*block, ...)]
            if "ignore_index" in self.loss.params:
                counted = np.asarray(labels != self.loss.params["ignore_index"].default)
                ignored = counted.size - int(np.count_nonzero(counted))
            if self.class_weight is not None:
                chosen = labels if counted is None else np.where(counted, labels, 0)
                per_class = self.class_weight[chosen.astype(np.int64)] if self.class_weight.size else None
            if not self.class_weight_is_factor:
                mass, per_class = per_class, None
        factors = factors_of(weight, per_class)
        if counted is not None:
            if factors is not None:
                factors.mantissa = np.where(counted, factors.mantissa, 0.0)
            if mass is not None:
                mass = np.where(counted, mass, 0.0)
        for array in (None if factors is None else factors.mantissa, mass):
            if array is not None:
                counted = array != 0 if counted is None else counted & (array != 0)
        return Weighing(factors, mass, counted, ignored)

    # What beside the loss is told of classes: see `columns`.

    @property
    def has_accuracy(self) -> bool:
        return self.labels

    @property
    def is_likelihood(self) -> bool:
        """Whether the loss itself is -log q of the label."""
        defaults = values_of(self.loss)
        return self.loss.name in LIKELIHOODS and not defaults.get("label_smoothing") and not defaults.get("z_loss")

    @property
    def has_perplexity(self) -> bool:
        return self.labels and (self.loss.row.softmax or self.is_likelihood)

    @property
    def n_columns(self) -> int:
        return 2 + self.has_accuracy + self.has_perplexity

    def columns(self, block: Block) -> tuple[list[Array | None], Weighing]:
        """Each sample's loss, what the mean divides by, that where the label is predicted, and as many times -log q of it.

        All are without the factors of the weighing, which is returned beside them; None is 1 everywhere.
        """
        statistics = self.loss.row.softmax and self.labels
        asked = {"return_correct": True, "return_lse": True} if statistics else {}
        found = self.evaluate(self.loss, block, reduction="none", **asked)
        losses = np.asarray(found.value if statistics else found, np.float64)
        weighing = self.weighing(block)  # after the core has looked at the labels
        mass = weighing.mass
        if mass is None and weighing.factors is None and weighing.counted is not None:
            mass = weighing.counted.astype(np.float64)
        columns = [losses, mass]
        if self.has_accuracy:
            correct = np.asarray(found.correct if statistics else self.correct(block), np.float64)
            columns.append(correct if mass is None else correct * mass)
        if self.has_perplexity:
            costs = losses if self.is_likelihood else found.lse - self.logits_of_labels(block, weighing.counted)
            columns.append(costs if mass is None else np.where(mass == 0, 0.0, costs * mass))
        return columns, weighing

    def correct(self, block: Block) -> Array:
        """Whether the label has the largest prediction."""
        pred, labels = self.block_of_pred(block), self.target[(*block, ...)]
        return np.argmax(pred, axis=self.axis) == labels if pred.size else np.zeros(labels.shape, bool)

    def logits_of_labels(self, block: Block, counted: Array | None) -> Array:
        """Logits as the loss takes them: bent by a cap and divided by a temperature. Where nothing counts they may be any."""
        assert self.axis is not None
        pred, labels = self.block_of_pred(block), self.target[(*block, ...)]
        if not pred.size:
            return np.zeros(labels.shape)
        inside = np.expand_dims((labels if counted is None else np.where(counted, labels, 0)).astype(np.int64), self.axis)
        logits = np.take_along_axis(pred, inside, self.axis).squeeze(self.axis).astype(np.float64)
        params = self.loss.params
        cap = params["softcap"].default if "softcap" in params else None
        bent = logits if cap is None else cap * np.tanh(logits / cap)
        return np.asarray(bent / params["temperature"].default if "temperature" in params else bent)


def gradient_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    native = dtype if dtype == BFLOAT16 else dtype.newbyteorder("=")
    return native if native in GRADIENT_DTYPES.values() else np.dtype(np.float64)


# What a message says in terms of Python, and what the same is on the command line.
IN_OPTIONS = (
    (re.compile(r"(?<!, )\baxis=(-?\d+)"), r"--axis \1"),
    (re.compile(r"\blog_target=True\b"), "--log-target"),
    (re.compile(r"\blog_target=False\b takes"), "the loss without --log-target takes"),
    (re.compile(r"; (np\.[^;]*) (would fit|makes them)\b"), r"; a file of \1 \2"),
    (re.compile(r", or fastloss\.reference, which computes in it\b"), ""),
    (re.compile(r"; ([^;]*\bx\b[^;]*);"), r"; in Python, where x is the array, \1;"),
)


def with_files(message: str, files: dict[str, str]) -> str:
    """A message in terms of options, with the files before it whose arguments it speaks of."""
    for in_python, here in IN_OPTIONS:
        message = in_python.sub(here, message)
    words = set(re.findall(r"\w+", message.replace("labels must", "target must")))
    named = dict.fromkeys(text for name, text in files.items() if name in words)
    return f"{', '.join(named)}: {message}" if named else message
