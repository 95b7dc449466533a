"""`fastloss score`: a loss of the user's own files, which may be larger than memory."""

from __future__ import annotations

import argparse
import errno
import inspect
import itertools
import json
import math
import os
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

import fastloss
from fastloss import _docs, _errors
from fastloss._loss import Loss
from fastloss._registry import Parameter
from fastloss.cli._json import in_json
from fastloss.cli._terminal import CommandError, print_pairs, print_table, progress

__all__ = ["add_arguments", "run"]

Array: TypeAlias = np.ndarray[Any, Any]

DESCRIPTION = """\
Compute a loss of predictions and targets in .npy files: the mean, the sum, and with --by those of each group; with
--grad-out also the gradient. The files are memory-mapped and read in blocks, so that they may be larger than memory.

`fastloss score LOSS --help` describes a loss and its parameters.
"""

EPILOG = """\
examples:
  fastloss score huber predictions.npy targets.npy --delta 2
  fastloss score cross_entropy logits.npy labels.npy --by labels.npy --json
"""

LOSS_EPILOG = """\
example:
  fastloss score {loss} pred.npy target.npy{parameter} --by group.npy --grad-out grad.npy

The total weight is what the mean divides by; the count is that of the numbers, without ignored labels. With --json,
what is not finite is one of the strings "NaN", "Infinity", "-Infinity".
"""

# Of the prediction. Sums need nothing beside the block, which is read where the file is mapped; groups need most, an
# order to sort by and several arrays in double: up to 100 MiB.
BLOCK_BYTES = 8 << 20

# The start of a message that names an element: "target[3, 4] = ...".
POSITION = re.compile(r"(\w+)\[([\d, ]+)\]")

# Of the names under which argparse keeps the parameters of a loss, apart from the options of the command.
PREFIX = "parameter_"

# Types a group may have: booleans, integers, strings.
GROUP_KINDS = "biuSU"


# --- arguments ------------------------------------------------------------------------------------


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description, parser.epilog = DESCRIPTION, EPILOG

    class LossParser(type(parser)):  # type: ignore[misc]
        """The parser of one loss, which gets its arguments when it is used: those of all losses take 0.2 s to make."""

        has_arguments = False

        def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
            if not self.has_arguments:
                self.has_arguments = True
                add_loss_arguments(self, fastloss.losses[self.prog.rpartition(" ")[2]])
            return super().parse_known_args(args, namespace)

    losses = parser.add_subparsers(dest="loss", metavar="LOSS", required=True, title="losses", parser_class=LossParser)
    for name, loss in fastloss.losses.items():
        about = _docs.sections(inspect.getdoc(loss.row.function) or "")[""]
        summary = " ".join(about.split("\n\n")[0].split())
        losses.add_parser(name, help=summary.replace("%", "%%"), description=about)


def add_loss_arguments(parser: argparse.ArgumentParser, loss: Loss) -> None:
    parser.epilog = LOSS_EPILOG.format(loss=loss.name, parameter=example_parameter(loss))
    parser.add_argument("pred", type=open_array, metavar="PRED.npy", help="predictions")
    parser.add_argument("target", type=open_array, metavar="TARGET.npy", help="targets")
    about = "sample weights, broadcast to the shape of the loss"
    parser.add_argument("--weight", type=open_array, metavar="W.npy", help=about)
    about = "integers, booleans or strings: the group of each number of the loss, or of each index of its first axes"
    parser.add_argument("--by", type=open_array, metavar="GROUP.npy", help=about)
    parser.add_argument("--grad-out", type=Path, metavar="G.npy", help="write the gradient to this file")
    about = "what the gradient is of: the mean over all samples, which is the default, or the sum"
    parser.add_argument("--reduction", choices=("mean", "sum"), default="mean", help=about)
    parser.add_argument("--json", action="store_true", help="print the result as JSON, every number in full")
    if loss.family == "rows":
        parser.add_argument("--axis", type=int, default=-1, help="the class axis of the predictions (default: -1)")
    if loss.domain.prediction.bounded or loss.domain.target.bounded:
        about = "do not look for numbers outside the domain of the loss"
        parser.add_argument("--no-check-domain", action="store_true", help=about)
    if not loss.params:
        return
    texts = _docs.entries(_docs.sections(loss.row.doc)["Parameters"])
    parameters = parser.add_argument_group("parameters of the loss")
    for parameter in loss.params.values():
        add_parameter(parameters, parameter, texts.get(parameter.name, ""))


def example_parameter(loss: Loss) -> str:
    """An option of the loss with a value other than the default."""
    for parameter in loss.params.values():
        for value in (2.0, 0.1):
            if isinstance(parameter.default, float) and value != parameter.default and value in parameter.range:
                return f" --{flag(parameter)} {value:g}"
    return ""


def flag(parameter: Parameter) -> str:
    return parameter.name.replace("_", "-")


def add_parameter(group: argparse._ArgumentGroup, parameter: Parameter, text: str) -> None:
    """The option of one parameter, described by its entry in the docstring of the loss."""
    kind, default = parameter.kind, parameter.default
    # The first line of an entry is the name and the type, in terms of Python.
    about = " ".join(" ".join(text.splitlines()[1:]).split()).replace("%", "%%")
    settings: dict[str, Any] = {"dest": PREFIX + parameter.name, "default": argparse.SUPPRESS}
    if kind.type is bool:
        prefix = "no-" if default else ""
        name = f"--{prefix}{flag(parameter)}"
        group.add_argument(name, action="store_const", const=not default, help=about, **settings)
        return
    what = {"": "X", "elements": "X|FILE.npy", "classes": "FILE.npy"}[kind.array]
    optional = ", or none" if kind.optional and kind.array != "classes" else ""
    limits = "" if kind.type is int else f"in {parameter.range}{optional}; "
    about += f" ({limits}default: {'none' if default is None else default})"
    group.add_argument(f"--{flag(parameter)}", type=reader(parameter), metavar=what, help=about, **settings)


def reader(parameter: Parameter) -> Callable[[str], Any]:
    """How the text after a parameter's option becomes its value."""

    def read(text: str) -> Any:
        kind = parameter.kind
        if kind.optional and text.lower() == "none":
            return None
        value: Any = text
        try:
            value = kind.type(text)
        except ValueError:
            if kind.array:
                value = open_array(text)
        if kind.array == "elements" and np.size(value) * 8 > BLOCK_BYTES:
            return value  # checked in blocks, with the prediction
        try:
            parameter.check(value)
        except (TypeError, ValueError) as error:
            raise argparse.ArgumentTypeError(str(error)) from None
        return value

    return read


def open_array(path: str) -> Array:
    """A .npy file, mapped into memory."""
    try:
        with warnings.catch_warnings():
            # NumPy warns of headers that Python 2 has written, and reads them.
            warnings.simplefilter("ignore")
            return np.lib.format.open_memmap(path, mode="r")
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror or error}") from None
    except Exception as error:
        # Of a damaged header every stage of NumPy's parser can complain, each with an exception of its own.
        reason = str(error.args[0] if error.args else error)
        if "mmap length" in reason:
            reason = "it is shorter than its header says"
        raise CommandError(f"{path} cannot be read as a .npy file: {reason}") from None


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


class Problem:
    """A loss and the arrays to compute it of, a block at a time.

    A block is cut from the shape of the loss: that of the prediction, without the class axis if there is one.
    """

    def __init__(
        self, loss: Loss, pred: Array, target: Array, weight: Array | None, axis: int | None, parameters: dict[str, Any]
    ):
        # Without np.memmap, whose every slice costs several times that of a plain array.
        pred, target = np.asarray(pred), np.asarray(target)
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
        if weight is not None:
            _errors.readable_array(np.empty(0, weight.dtype), "weight")  # is it of an accepted dtype?
        self.weight = None if weight is None else _errors.broadcast(np.asarray(weight), self.shape, "weight")
        self.operands = {
            name: _errors.broadcast(np.asarray(value), pred.shape, name)
            for name, value in parameters.items()
            if loss.params[name].kind.array == "elements" and np.ndim(value) > 0
        }
        self.loss = loss.bind(**{name: value for name, value in parameters.items() if name not in self.operands})

        self.computes_in_single = pred.dtype.itemsize <= 4 and pred.dtype.kind == "f"
        self.gradient_dtype = pred.dtype.newbyteorder("=") if self.computes_in_single else np.dtype(np.float64)
        row_bytes = pred.itemsize * (1 if self.axis is None else pred.shape[self.axis])
        strides = tuple(pred.strides[d] for d in without_class)
        self.blocks = list(blocks(self.shape, strides, max(1, BLOCK_BYTES // max(1, row_bytes))))

    def of_pred(self, block: Block) -> Block:
        """Where a block lies in an array that has the class axis."""
        return block if self.axis is None else (*block[: self.axis], slice(None), *block[self.axis :])

    def evaluate(self, method: Callable[..., Any], block: Block, **keywords: Any) -> Any:
        """Call the loss, or one of its methods, on a block."""
        whole = self.of_pred(block)
        pred = self.pred[(*whole, ...)]
        if self.computes_in_single:
            # Half precision is computed in single; here it also stays in single, until everything is added up.
            pred = pred.astype(np.float32, copy=False)
        target = self.target[(*(block if self.labels else whole), ...)]
        operands = {name: array[whole] for name, array in self.operands.items()}
        try:
            return method(pred, target, **self.keywords, **operands, **keywords)
        except (IndexError, TypeError, ValueError) as error:
            raise CommandError(self.in_terms_of_files(str(error), block)) from None

    def in_terms_of_files(self, message: str, block: Block) -> str:
        """A message about a block, about the files: with the position there, and with the option's name."""
        message = message.replace("check_domain=False", "--no-check-domain")
        found = POSITION.match(message)
        if not found or found[1] not in ("pred", "target", *self.operands):
            return message
        where = block if found[1] == "target" and self.labels else self.of_pred(block)
        place = [int(i) + (part.start or 0) for i, part in zip(found[2].split(","), where, strict=True)]
        return f"{found[1]}{place}{message[found.end() :]}"

    def weight_of(self, block: Block) -> Array | None:
        """The weights of a block as the core reads them: for a pointwise loss, in the precision of the prediction."""
        if self.weight is None:
            return None
        weight = self.weight[(*block, ...)]
        return weight.astype(np.float32, copy=False) if self.axis is None and self.computes_in_single else weight

    def masses(self, block: Block) -> tuple[Array | None, Array | None]:
        """What each number of a block counts in the denominator of a mean, and whether it counts at all.

        None stands for 1 and for yes, everywhere.
        """
        weight = self.weight_of(block)
        mass = None if weight is None else weight.astype(np.float64)
        if not self.labels:
            return mass, None
        labels = self.target[(*block, ...)]
        params = self.loss.params
        counted = None
        if "ignore_index" in params:
            counted = np.asarray(labels != params["ignore_index"].default)
            mass = counted.astype(np.float64) if mass is None else np.where(counted, mass, 0)
        in_the_mean = self.loss.row.class_weight_in_mean
        if in_the_mean and "class_weight" in params and params["class_weight"].default is not None:
            class_weight = np.asarray(params["class_weight"].default, np.float64)
            chosen = np.ones(labels.shape, bool) if counted is None else counted
            mass = np.ones(labels.shape) if mass is None else mass
            mass[chosen] *= class_weight[labels[chosen].astype(np.int64)]
        return mass, counted


# --- sums -----------------------------------------------------------------------------------------


def exact_sum(numbers: Sequence[float]) -> float:
    """The sum, rounded once; where infinities or NaN take part, what they give."""
    try:
        return math.fsum(numbers)
    except (OverflowError, ValueError):
        return float(np.sum(numbers))


def quotient(a: float, b: float) -> float:
    return float(np.float64(a) / np.float64(b))


@dataclass
class Total:
    """Sums over some samples."""

    loss: float = 0.0
    weight: float = 0.0
    count: int = 0

    @property
    def mean(self) -> float:
        return quotient(self.loss, self.weight)


@dataclass
class Score:
    """The result: totals over all, and over each group."""

    total: Total
    ignored: int
    groups: dict[Any, Total] = field(default_factory=dict)


def expand_groups(groups: Array, shape: tuple[int, ...]) -> Array:
    if groups.dtype.kind not in GROUP_KINDS:
        raise CommandError(f"groups must be integers, booleans or strings, got dtype {groups.dtype}")
    if groups.shape != shape[: groups.ndim] or (shape and not groups.ndim):
        accepted = " or ".join(str(shape[:n]) for n in range(1, len(shape) + 1)) or "()"
        raise CommandError(f"groups have shape {groups.shape} but the loss has shape {shape}; wanted: {accepted}")
    return groups


def add_groups(problem: Problem, block: Block, groups: Array, found: dict[Any, Total]) -> None:
    """Add a block to the totals of its groups."""
    keys = groups[(*block[: groups.ndim], ...)].reshape(-1)
    if not keys.size:
        return
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    starts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
    losses = np.asarray(problem.evaluate(problem.loss, block, weight=problem.weight_of(block), reduction="none"))
    sizes = np.diff(starts, append=keys.size) * (losses.size // keys.size)

    def of_groups(numbers: Array | None) -> Any:
        """The sum over each group; of None, which stands for 1 everywhere, the size."""
        if numbers is None:
            return sizes.tolist()
        each_key = numbers.reshape(keys.size, -1).sum(axis=1, dtype=np.float64)
        return np.add.reduceat(each_key[order], starts).tolist()

    sums = of_groups(losses), *map(of_groups, problem.masses(block))
    for key, loss, weight, count in zip(keys[starts].tolist(), *sums, strict=True):
        total = found.setdefault(key, Total())
        total.loss += loss
        total.weight += weight
        total.count += int(count)


def score(problem: Problem, groups: Array | None, advance: Callable[[int], None]) -> Score:
    """One pass over the files."""
    losses, weights, count, size = [], [], 0, 0
    found: dict[Any, Total] = {}
    for block in problem.blocks:
        n = math.prod(part.stop - part.start for part in block)
        weight = problem.weight_of(block)
        losses.append(problem.evaluate(problem.loss, block, weight=weight, reduction="sum"))
        mass, counted = problem.masses(block)
        weights.append(float(n) if mass is None else float(np.sum(mass)))
        count += n if counted is None else int(np.count_nonzero(counted))
        size += n
        if groups is not None:
            add_groups(problem, block, groups, found)
        advance(n)
    ordered = {key: found[key] for key in sorted(found)}
    return Score(Total(exact_sum(losses), exact_sum(weights), count), size - count, ordered)


# --- the gradient ---------------------------------------------------------------------------------


def check_output(path: Path, inputs: Sequence[Array]) -> Path:
    """Where the gradient is kept until it is complete; refuses what would overwrite an input."""
    path = Path(os.path.realpath(path))
    partial = path.with_name(path.name + ".partial")
    if path.is_dir() or not path.parent.is_dir():
        raise CommandError(f"{path}: {os.strerror(errno.EISDIR if path.is_dir() else errno.ENOENT)}")
    for array in inputs:
        name = getattr(array, "filename", None)
        for output in (path, partial):
            if name is not None and output.exists() and os.path.samefile(name, output):
                raise CommandError(f"{output} is an input: --grad-out must name another file")
    return partial


def reserve(path: Path) -> None:
    """Take the space on disk now: where it is missing, writing to a mapped file ends the process without a word."""
    if hasattr(os, "posix_fallocate"):
        with path.open("r+b") as file:
            try:
                os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
            except OSError as error:
                if error.errno not in (errno.EINVAL, errno.EOPNOTSUPP):  # what file systems say that cannot
                    raise


def fill_gradient(problem: Problem, path: Path, denominator: float, advance: Callable[[int], None]) -> None:
    pred = problem.pred
    is_fortran = pred.flags.f_contiguous and not pred.flags.c_contiguous
    out = np.lib.format.open_memmap(path, "w+", problem.gradient_dtype, pred.shape, fortran_order=is_fortran)
    reserve(path)
    for block in problem.blocks:
        weight = problem.weight_of(block)
        gradient = problem.evaluate(problem.loss.grad, block, weight=weight, reduction="sum")
        if denominator != 1:
            # In double, to be rounded once. What is 0 stays 0, even where nothing counts and the denominator is 0.
            np.divide(gradient, denominator, out=gradient, where=gradient != 0, dtype=np.float64, casting="same_kind")
        out[(*problem.of_pred(block), ...)] = gradient
        advance(math.prod(part.stop - part.start for part in block))
    out.flush()


def write_gradient(problem: Problem, path: Path, partial: Path, denominator: float, advance: Callable[[int], None]) -> None:
    """Write the gradient to `partial` and, when it is complete, give it its name."""
    try:
        fill_gradient(problem, partial, denominator, advance)
        os.replace(partial, os.path.realpath(path))
    except BaseException as error:
        partial.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise CommandError(f"{path}: {error.strerror or error}") from None
        raise


# --- output ---------------------------------------------------------------------------------------


def as_text(key: Any) -> str:
    """A group's name; bytes as the text they most likely are."""
    return key.decode(errors="backslashreplace") if isinstance(key, bytes) else str(key)


def print_json(arguments: argparse.Namespace, result: Score) -> None:
    def entry(total: Total) -> dict[str, Any]:
        numbers = {"mean": in_json(total.mean), "sum": in_json(total.loss), "weight": in_json(total.weight)}
        return {**numbers, "count": total.count}

    printed = {"loss": arguments.loss, **entry(result.total), "ignored": result.ignored}
    if arguments.by is not None:
        printed["groups"] = [
            {
                "group": as_text(key) if isinstance(key, bytes) else key,
                **entry(group),
                "share_of_loss": in_json(quotient(group.loss, result.total.loss)),
                "share_of_count": in_json(quotient(group.count, result.total.count)),
            }
            for key, group in result.groups.items()
        ]
    if arguments.grad_out is not None:
        printed["gradient"] = str(arguments.grad_out)
    print(json.dumps(printed, indent=2))


def percent(part: float, whole: float) -> str:
    share = quotient(part, whole)
    return f"{share:.2%}" if math.isfinite(share) else "-"


def print_text(arguments: argparse.Namespace, problem: Problem, result: Score) -> None:
    def shape(array: Array) -> str:
        return f"{' × '.join(f'{n:,}' for n in array.shape) or 'one number'}"

    total = result.total
    pairs = {
        "loss": arguments.loss,
        "prediction": f"{shape(problem.pred)}, {problem.pred.dtype}",
        "target": f"{shape(problem.target)}, {problem.target.dtype}",
        "mean": str(total.mean),
        "sum": str(total.loss),
        "count": f"{total.count:,}" + (f" ({result.ignored:,} ignored)" if result.ignored else ""),
        "total weight": f"{total.weight:,.15g}",
    }
    if arguments.grad_out is not None:
        pairs["gradient"] = f"{arguments.grad_out}: of the {arguments.reduction}, {problem.gradient_dtype}"
    print_pairs(pairs)
    if arguments.by is not None:
        print()
        rows = [
            [
                as_text(key),
                f"{group.mean:.6g}",
                f"{group.count:,}",
                percent(group.loss, total.loss),
                percent(group.count, total.count),
            ]
            for key, group in result.groups.items()
        ]
        print_table({"group": "<", "mean": ">", "count": ">", "share of loss": ">", "share of count": ">"}, rows)


def run(arguments: argparse.Namespace) -> int:
    given = vars(arguments)
    parameters = {name.removeprefix(PREFIX): value for name, value in given.items() if name.startswith(PREFIX)}
    inputs = [value for value in given.values() if isinstance(value, np.memmap)]
    partial = check_output(arguments.grad_out, inputs) if arguments.grad_out is not None else None
    loss = fastloss.losses[arguments.loss]
    with np.errstate(all="ignore"):
        try:
            axis = getattr(arguments, "axis", None)
            problem = Problem(loss, arguments.pred, arguments.target, arguments.weight, axis, parameters)
        except (TypeError, ValueError) as error:
            raise CommandError(str(error)) from None
        if getattr(arguments, "no_check_domain", False):
            problem.keywords["check_domain"] = False
        groups = None if arguments.by is None else expand_groups(arguments.by, problem.shape)
        passes = 1 if partial is None else 2
        with progress(max(1, math.prod(problem.shape)) * passes, arguments.loss) as advance:
            result = score(problem, groups, advance)
            if partial is not None:
                denominator = result.total.weight if arguments.reduction == "mean" else 1.0
                write_gradient(problem, arguments.grad_out, partial, denominator, advance)
        if arguments.json:
            print_json(arguments, result)
        else:
            print_text(arguments, problem, result)
    return 0
