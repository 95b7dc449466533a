"""What `fastloss score` computes: a loss of arrays that may be larger than memory, a block at a time."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from fastloss import _arrays, _errors
from fastloss._arguments import default_wrt, prepared
from fastloss._loss import Loss, values_of
from fastloss._registry import Declaration
from fastloss.cli._inputs import BFLOAT16, Array, Input, numbers
from fastloss.cli._sums import Factors, factors_of
from fastloss.cli._terminal import CommandError

__all__ = ["GRADIENT_DTYPES", "Asked", "Block", "Problem", "blocks", "is_large", "with_files"]

# A block has so much of the prediction. Sums need nothing beside it, which is read where the file is mapped; groups need most,
# an order to sort by and several arrays in double: up to 100 MiB.
BLOCK_BYTES = 8 << 20

# What is read from memory at once.
LINE_BYTES = 64

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


@dataclass(frozen=True)
class Asked:
    """What the options say of a problem, beside files and parameters: None where they say nothing."""

    axis: Any = None
    check_domain: bool = True
    wrt: str | None = None
    grad_dtype: str | None = None


class Problem:
    """A loss and the arrays to compute it of, a block at a time.

    A block is cut from the shape of the loss: that of the first argument, without the axes along which a loss lies: the class
    axis, or those that are summed over. The core computes losses and gradients without weights, which are multiplied here: so
    their size does not matter. Class weights are taken out, too, where they only multiply the row of their label; else a power
    of two brings them to the size of 1.
    """

    def __init__(self, loss: Loss, given: dict[str, Input], parameters: dict[str, Any], asked: Asked) -> None:
        self.files = {name: file.text for name, file in given.items()}
        declared = loss.declared
        # Without np.memmap, whose every slice costs several times that of a plain array; what is left out is 0 everywhere.
        none = np.zeros((), np.float32)
        arrays = {a.name: np.asarray(given[a.name].array) if a.name in given else none for a in declared.arguments}
        self.axes: tuple[int, ...] = ()
        self.keywords: dict[str, Any] = {} if asked.check_domain else {"check_domain": False}
        if declared.has_classes or declared.is_of_elements:
            self.arguments = self.paired(declared, arrays, asked.axis)
        else:
            listed, self.axes, _ = prepared(declared, {**arrays, "axis": asked.axis}, lambda array, name: array)
            self.arguments = dict(zip(arrays, listed, strict=True))
            self.keywords["axis"] = self.axes
        self.first = next(iter(self.arguments.values()))
        self.shape = self.without_axes(self.first)
        self.labels = declared.has_classes and declared.labels and self.arguments["target"].shape == self.shape
        # Of these there is a number a loss: the others have the axes, too.
        self.one_a_loss = {a.name for a in declared.arguments if a.each == "loss"} | ({"target"} if self.labels else set())
        self.weight = None
        if "weight" in given:
            weight = np.asarray(given["weight"].array)
            _arrays.readable_array(numbers(np.empty(0, weight.dtype)), "weight")  # is it of an accepted dtype?
            self.weight = _arrays.broadcast(weight, self.shape, "weight")
        per_element = [name for name in parameters if loss.params[name].kind.array == "elements" and name in given]
        per_element += ["element_weight"] if "element_weight" in given else []
        self.operands = {
            name: _arrays.broadcast(np.asarray(given[name].array), self.first.shape, name)
            for name in per_element
            if given[name].array.ndim or name == "element_weight"
        }
        single = {name: value for name, value in parameters.items() if name not in self.operands}
        single |= {name: numbers(np.asarray(given[name].array)) for name in single if name in given}
        self.loss = loss.bind(**single)
        self.wrt = asked.wrt or self.arguments_by_default()
        self.dtype = GRADIENT_DTYPES[asked.grad_dtype] if asked.grad_dtype else gradient_dtype(self.first.dtype)
        first = self.first.dtype
        self.computes_in_single = (first.kind == "f" and first.itemsize <= 4) or first == BFLOAT16
        # An empty block, for the errors of types, and of class weights of which there are too few.
        if self.shape:
            self.evaluate(self.loss, tuple(slice(0, 0) for _ in self.shape), reduction="sum")
        self.take_class_weight()
        bytes_of_one = self.first.itemsize * math.prod(self.first.shape[axis] for axis in self.axes)
        strides = self.without_axes(self.first, "strides")
        # Losses that lie side by side share lines of memory, which would be read once for each block.
        together = LINE_BYTES // self.first.itemsize if self.axes and min(map(abs, strides), default=0) < LINE_BYTES else 1
        self.blocks = list(blocks(self.shape, strides, max(together, BLOCK_BYTES // max(1, bytes_of_one))))

    def paired(self, declared: Declaration, arrays: dict[str, Array], axis: int | None) -> dict[str, Array]:
        """Prediction and target of shapes that match: those of whole files, since those of blocks might where these do not."""
        pred, target = arrays["pred"], arrays["target"]
        if target.ndim == 0 and declared.is_of_elements:
            target = np.broadcast_to(target, pred.shape)  # one number is one for all
        class_axis = None
        if declared.has_classes:
            class_axis = self.keywords["axis"] = _errors.axis_from_front(-1 if axis is None else axis, pred)
            self.axes = (class_axis,)
        labels = declared.has_classes and declared.labels and target.shape == self.without_axes(pred)
        if not labels and not (declared.target_has_classes and target.shape == pred.shape):
            raise _errors.shapes(pred, target, class_axis, declared.labels, declared.target_has_classes)
        return {"pred": pred, "target": target}

    def without_axes(self, array: Array, what: str = "shape") -> tuple[int, ...]:
        """The shape, or the strides, of an array without the axes along which a loss lies."""
        return tuple(n for axis, n in enumerate(getattr(array, what)) if axis not in self.axes)

    def arguments_by_default(self) -> str:
        """The argument that a gradient is by where none is named."""
        default = default_wrt(self.loss.declared)
        return default if isinstance(default, str) else default[0]

    def take_class_weight(self) -> None:
        """Take class weights out of what the core computes, as far as they do not enter the loss in another way."""
        params = self.loss.params
        self.class_weight: Array | None = None
        self.class_weight_is_factor = False
        self.exponent = 0
        given = params["class_weight"].default if "class_weight" in params else None
        if given is None or not self.labels or not self.loss.declared.class_weight_in_mean:
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

    def of_elements(self, block: Block) -> Block:
        """Where a block lies in an array that has the axes along which a loss lies."""
        rest = iter(block)
        return tuple(slice(None) if axis in self.axes else next(rest) for axis in range(len(block) + len(self.axes)))

    def block_of(self, name: str, block: Block) -> Block:
        """Where a block lies in an argument, or in an array of a number an element."""
        return block if name in self.one_a_loss else self.of_elements(block)

    def block_of_first(self, block: Block, in_double: bool = False) -> Array:
        """Half precision is computed in single; here it also stays in single, until everything is added up."""
        first = numbers(self.first[(*self.of_elements(block), ...)])
        if self.computes_in_single and not in_double:
            return first.astype(np.float32, copy=False)
        return first.astype(np.float64, copy=False) if first.dtype.kind == "f" and first.dtype.itemsize < 8 else first

    def evaluate(self, method: Callable[..., Any], block: Block, in_double: bool = False, **keywords: Any) -> Any:
        """Call the loss, or one of its methods, on a block."""
        others = list(self.arguments)[1:]
        given = [numbers(self.arguments[name][(*self.block_of(name, block), ...)]) for name in others]
        operands = {name: numbers(array[(*self.of_elements(block), ...)]) for name, array in self.operands.items()}
        try:
            return method(self.block_of_first(block, in_double), *given, **self.keywords, **operands, **keywords)
        except (IndexError, TypeError, ValueError) as error:
            raise CommandError(self.in_terms_of_files(str(error), block)) from None

    def in_terms_of_files(self, message: str, block: Block) -> str:
        """A message about a block, about the files: with the position there, and with the option's name."""
        message = message.replace("check_domain=False", "--no-check-domain")
        found = POSITION.match(message)
        if found and found[1] in (*self.arguments, *self.operands):
            where = self.block_of(found[1], block)
            place = [int(i) + (part.start or 0) for i, part in zip(found[2].split(","), where, strict=True)]
            message = f"{found[1]}{place}{message[found.end() :]}"
        return with_files(message, self.files)

    def weighing(self, block: Block) -> Weighing:
        weight = None if self.weight is None else numbers(self.weight[(*block, ...)])
        counted = mass = per_class = None
        ignored = 0
        if self.labels:
            labels = self.arguments["target"][(*block, ...)]
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
        return self.labels and (self.loss.declared.softmax or self.is_likelihood)

    @property
    def n_columns(self) -> int:
        return 2 + self.has_accuracy + self.has_perplexity

    def columns(self, block: Block) -> tuple[list[Array | None], Weighing]:
        """Each sample's loss, what the mean divides by, that where the label is predicted, and as many times -log q of it.

        All are without the factors of the weighing, which is returned beside them; None is 1 everywhere.
        """
        statistics = self.loss.declared.softmax and self.labels
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
        pred, labels = self.block_of_first(block), self.arguments["target"][(*block, ...)]
        return np.argmax(pred, axis=self.axes[0]) == labels if pred.size else np.zeros(labels.shape, bool)

    def logits_of_labels(self, block: Block, counted: Array | None) -> Array:
        """As the loss takes them: bent by a cap and divided by a temperature. Where nothing counts they may be any."""
        (axis,) = self.axes
        pred, labels = self.block_of_first(block), self.arguments["target"][(*block, ...)]
        if not pred.size:
            return np.zeros(labels.shape)
        inside = np.expand_dims((labels if counted is None else np.where(counted, labels, 0)).astype(np.int64), axis)
        logits = np.take_along_axis(pred, inside, axis).squeeze(axis).astype(np.float64)
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
