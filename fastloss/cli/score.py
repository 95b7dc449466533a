"""`fastloss score`: a loss of the user's own files, which may be larger than memory."""

from __future__ import annotations

import argparse
import csv
import functools
import inspect
import io
import itertools
import math
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import numpy as np

import fastloss
from fastloss import _docs
from fastloss._loss import EMPTY, Loss
from fastloss._registry import Parameter
from fastloss.cli._inputs import BFLOAT16, FORMATS, Array, Input, dtype_name, numbers, open_input, to_bfloat16
from fastloss.cli._json import add_json_option, as_json, in_json
from fastloss.cli._outputs import STDOUT, Output, check_apart, reserve
from fastloss.cli._problem import GRADIENT_DTYPES, Block, Problem, is_large, with_files
from fastloss.cli._sums import Total, add_groups, add_up, quotient
from fastloss.cli._terminal import CommandError, complain, positive_integer, print_pairs, print_table, printable, progress, say

__all__ = ["add_arguments", "run"]

DESCRIPTION = """\
Compute a loss of predictions and targets in files: the mean, the sum, and with --by those of each group; with --grad-out
also the gradient. Arrays are memory-mapped and read in blocks, so that they may be larger than memory.

`fastloss score LOSS --help` describes a loss and its parameters.
"""

EPILOG = f"""\
{FORMATS}
examples:
  fastloss score huber predictions.npy targets.npy --delta 2
  fastloss score cross_entropy logits.npy labels.npy --by labels.npy --top 10
"""

LOSS_EPILOG = (
    FORMATS
    + """
example:
  fastloss score {loss} pred.npy target.npy{parameter} --by group.npy --grad-out grad.npy

The total weight is what the mean divides by. The count is that of the numbers that count: not of ignored
labels, nor of those that weigh 0; groups in which nothing counts are left out.{classes}

With --json, what is not finite is one of the strings "NaN", "Infinity", "-Infinity". An output replaces a file
of its name when it is complete; what is no regular file is not replaced.
"""
)

CLASSES_EPILOG = """
Of labels the accuracy is the part of them that have the largest prediction, and the perplexity is exp of the
mean of -log q of the label, where q is the softmax of the predictions. Both weigh as the mean does."""

# Of the names under which argparse keeps the parameters of a loss, apart from the options of the command.
PREFIX = "parameter_"

# Types a group may have: booleans, integers, strings.
GROUP_KINDS = "biuSU"

# How groups may be ordered.
SORTS = ("loss", "mean", "count", "group")

# The part of a gradient's numbers that may underflow to 0 in half precision without a word.
UNDERFLOW = 0.01


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
    classes = CLASSES_EPILOG if loss.row.labels else ""
    parser.epilog = LOSS_EPILOG.format(loss=loss.name, parameter=example_parameter(loss), classes=classes)
    parser.add_argument("pred", type=open_input, metavar="PRED.npy", help="predictions")
    of_target: dict[str, Any] = {"help": "targets"}
    if loss.row.optional_target:
        of_target = {"nargs": "?", "help": "targets (default: 0)"}
    parser.add_argument("target", type=open_input, metavar="TARGET.npy", **of_target)
    about = "sample weights, broadcast to the shape of the loss"
    parser.add_argument("--weight", "--sample-weight", type=open_input, metavar="W.npy", help=about)
    about = "integers, booleans or strings: the group of each number of the loss, or of each index of its first axes"
    parser.add_argument("--by", type=open_input, metavar="GROUP.npy", help=about)
    about = "the order of groups: loss, which is the default, mean and count begin with the largest; group is by name"
    parser.add_argument("--sort", choices=SORTS, default="loss", help=about)
    about = "show the first N groups only, and what is left"
    parser.add_argument("--top", type=positive_integer, metavar="N", help=about)
    parser.add_argument("--grad-out", metavar="G.npy", help="write the gradient to this file")
    about = "what the gradient is of: the mean over all samples, which is the default, or the sum"
    parser.add_argument("--reduction", choices=("mean", "sum"), default="mean", help=about)
    about = "the mean where nothing counts, because there is nothing or all is ignored or weighs 0 (default: nan)"
    parser.add_argument("--empty", choices=EMPTY, default=EMPTY[0], help=about)
    about = "the type of the gradient (default: that of the predictions, where it is one of these, else float64)"
    parser.add_argument("--grad-dtype", choices=GRADIENT_DTYPES, help=about)
    add_json_option(parser, "the result, every number in full,", results_name)
    about = "write the result, or that of each group, to FILE as CSV; to stdout, and nothing else, where it is - or left out"
    parser.add_argument("--csv", nargs="?", const=STDOUT, type=results_name, metavar="FILE", help=about)
    if loss.family == "rows":
        parser.add_argument("--axis", type=int, default=-1, help="the class axis of the predictions (default: -1)")
    if loss.domain.prediction.bounded or loss.domain.target.bounded:
        about = "do not look for numbers outside the domain of the loss"
        parser.add_argument("--no-check-domain", action="store_true", help=about)
    if not loss.params:
        return
    texts = _docs.entries(_docs.sections(_docs.entry_doc(loss.row, "value"))["Parameters"])
    parameters = parser.add_argument_group("parameters of the loss")
    for parameter in loss.params.values():
        add_parameter(parameters, parameter, texts.get(parameter.name, ""))


def results_name(text: str) -> str:
    """For `argparse`: an array that follows an option of which the file may be left out is an input."""
    if text.endswith((".npy", ".npz")):
        raise argparse.ArgumentTypeError(f"{text} is named like an array; write the option after the files, or - behind it")
    return text


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
        given = None
        try:
            value = kind.type(text)
        except ValueError:
            if kind.array:
                given = open_input(text)
                if kind.array == "elements" and is_large(given.array):
                    return given  # checked in blocks, with the prediction
                value = numbers(given.array)
        try:
            parameter.check(value)
        except (TypeError, ValueError) as error:
            raise argparse.ArgumentTypeError(with_files(f"{text}: {error}" if given else str(error), {})) from None
        return given or value

    return read


# --- the totals -----------------------------------------------------------------------------------


@dataclass
class Score:
    """The result: totals over all and over each group; how many numbers there are, and how many labels are ignored."""

    total: Total
    size: int = 0
    ignored: int = 0
    groups: dict[Any, Total] = field(default_factory=dict)


def expand_groups(groups: Array, shape: tuple[int, ...]) -> Array:
    if groups.dtype.kind not in GROUP_KINDS:
        raise ValueError(f"groups must be integers, booleans or strings, got dtype {dtype_name(groups.dtype)}")
    if groups.shape != shape[: groups.ndim] or (shape and not groups.ndim):
        accepted = " or ".join(str(shape[:n]) for n in range(1, len(shape) + 1)) or "()"
        raise ValueError(f"groups have shape {groups.shape} but the loss has shape {shape}; wanted: {accepted}")
    return groups


def score(problem: Problem, groups: Array | None, advance: Callable[[int], None]) -> Score:
    """One pass over the files."""
    result = Score(Total(problem.n_columns))
    plain = groups is None and problem.weight is None and not problem.labels
    for block in problem.blocks:
        n = math.prod(part.stop - part.start for part in block)
        if plain:
            result.total.add(np.array([problem.evaluate(problem.loss, block, reduction="sum"), n], float), 0)
            result.total.count += n
        else:
            columns, weighing = problem.columns(block)
            sums = columns, weighing.factors, n if weighing.counted is None else weighing.counted, problem.exponent
            add_up(result.total, *sums)
            result.ignored += weighing.ignored
            if groups is not None:
                keys = groups[(*block[: groups.ndim], ...)].reshape(-1)
                try:
                    add_groups(result.groups, keys, *sums)
                except (SystemError, ValueError):  # of numbers where the letters of a string should be
                    raise CommandError("groups hold text that is no Unicode") from None
        result.size += n
        advance(n)
    return result


def in_order(groups: dict[Any, Total], by: str) -> dict[Any, Total]:
    """The groups, that which is looked for first: of numbers the largest, before it what is NaN."""
    value = {"group": None, "loss": lambda g: g.loss_in(0), "mean": lambda g: g.mean, "count": lambda g: g.count}[by]
    keys = sorted(groups)
    if by == "loss":
        unit = max((group.unit for group in groups.values()), default=0)
        value = functools.partial(Total.loss_in, unit=unit)
    if value is not None:
        numbers_of = {key: float(value(groups[key])) for key in keys}
        keys.sort(key=lambda key: -math.inf if math.isnan(numbers_of[key]) else -numbers_of[key])
    return {key: groups[key] for key in keys}


# --- the gradient ---------------------------------------------------------------------------------


def gradient_factor(problem: Problem, block: Block, denominator: Total | None) -> tuple[Any, Any]:
    """What the gradient of each sample is multiplied by: mantissas and powers of two."""
    factors = problem.weighing(block).factors
    mantissa: Any = 1.0
    exponent: Any = problem.exponent
    if factors is not None:
        mantissa, exponent = factors.mantissa, factors.exponent + problem.exponent
    if denominator is not None:
        mantissa = mantissa / np.float64(denominator.column(1))
        if not np.all(np.isfinite(mantissa)) and factors is not None:
            # What weighs nothing gets nothing, even where nothing counts and the denominator is 0.
            mantissa = np.where(factors.mantissa == 0, 0.0, mantissa)
        exponent = exponent - denominator.unit
    if problem.axis is not None:
        mantissa, exponent = (np.expand_dims(x, problem.axis) if np.ndim(x) else x for x in (mantissa, exponent))
    return mantissa, exponent


def gradient_of(problem: Problem, block: Block, denominator: Total | None) -> tuple[Array, int]:
    """The gradient of a block in the type of the file, and how many of its numbers are not 0 but for that type."""
    gradient = problem.evaluate(problem.loss.grad, block, in_double=problem.dtype == np.float64, reduction="sum")
    mantissa, exponent = gradient_factor(problem, block, denominator)
    if np.ndim(mantissa):
        np.copyto(gradient, 0, where=mantissa == 0)
    there = np.count_nonzero(gradient)
    if np.abs(exponent).max(initial=0) > 900:
        gradient = np.ldexp(gradient * np.asarray(mantissa, np.float64), exponent)
    elif np.ndim(mantissa) or mantissa != 1 or exponent:
        # In double, to be rounded once. What is 0 stays 0, whatever the factor.
        factor = np.ldexp(1.0, exponent) * mantissa
        where = True if np.all(np.isfinite(factor)) else gradient != 0
        np.multiply(gradient, factor, out=gradient, where=where, dtype=np.float64, casting="same_kind")
    written = to_bfloat16(gradient) if problem.dtype == BFLOAT16 else gradient.astype(problem.dtype, copy=False)
    return written, int(there - nonzero(written))


def nonzero(array: Array) -> int:
    """How many numbers are not 0 of either sign."""
    return int(np.count_nonzero(array.view(np.uint16) << 1 if array.dtype == BFLOAT16 else array))


def write_gradient(
    problem: Problem, output: Output, file: BinaryIO, denominator: Total | None, advance: Callable[[int], None]
) -> float:
    """Write the gradient; gives the part of its numbers that are 0 in the file only."""
    pred = problem.pred
    is_fortran = pred.flags.f_contiguous and not pred.flags.c_contiguous
    descr = "<V2" if problem.dtype == BFLOAT16 else np.lib.format.dtype_to_descr(problem.dtype)
    header: dict[str, Any] = {"descr": descr, "fortran_order": is_fortran, "shape": pred.shape}
    lost = there = 0
    with output.errors():
        np.lib.format.write_array_header_1_0(file, header)
        out = None
        if not output.is_device and pred.size:
            offset = file.tell()
            reserve(file, offset + pred.size * problem.dtype.itemsize)
            order = "F" if is_fortran else "C"
            out = np.memmap(file, problem.dtype, "r+", offset, pred.shape, order)  # type: ignore[call-overload, unused-ignore]
        for block in problem.blocks:
            gradient, underflown = gradient_of(problem, block, denominator)
            lost += underflown
            there += underflown + nonzero(gradient)
            if out is not None:
                out[(*problem.of_pred(block), ...)] = gradient
            elif output.is_device:
                file.write(gradient.tobytes("A"))
            advance(math.prod(part.stop - part.start for part in block))
        if out is not None:
            out.flush()
            del out
    return lost / max(1, there)


# --- output ---------------------------------------------------------------------------------------


def as_text(key: Any) -> str:
    """A group's name; bytes as the text they most likely are."""
    return key.decode(errors="backslashreplace") if isinstance(key, bytes) else str(key)


def entry(problem: Problem, total: Total) -> dict[str, Any]:
    """The numbers of a total, by the names that they have in JSON and CSV."""
    found = {"mean": total.mean, "sum": total.loss, "weight": total.weight, "count": total.count}
    return {**found, **of_classes(problem, total)}


def of_classes(problem: Problem, total: Total) -> dict[str, float]:
    found = {}
    if problem.has_perplexity:
        with np.errstate(all="ignore"):
            found["perplexity"] = float(np.exp(total.mean_of(3)))
    if problem.has_accuracy:
        found["accuracy"] = total.mean_of(2)
    return found


def group_entry(problem: Problem, key: Any, group: Total, whole: Total) -> dict[str, Any]:
    shares = {"share_of_loss": group.share_of(whole), "share_of_count": quotient(group.count, whole.count)}
    return {"group": as_text(key) if isinstance(key, bytes) else key, **entry(problem, group), **shares}


def json_of(arguments: argparse.Namespace, problem: Problem, result: Score, underflow: float | None) -> dict[str, Any]:
    def encoded(found: dict[str, Any]) -> dict[str, Any]:
        return {name: in_json(value) if isinstance(value, float) else value for name, value in found.items()}

    counts = {"ignored": result.ignored, "weightless": result.size - result.total.count - result.ignored}
    printed = {"loss": arguments.loss, **encoded(entry(problem, result.total)), **counts}
    if arguments.by is not None:
        groups, left = shown(arguments, result)
        printed["groups"] = [encoded(group_entry(problem, key, group, result.total)) for key, group in groups.items()]
        if left:
            printed["groups_left_out"] = left
    if arguments.grad_out is not None:
        of_gradient = {"gradient_dtype": dtype_name(problem.dtype), "gradient_underflow": underflow}
        printed.update(gradient=arguments.grad_out, **of_gradient)
    return printed


def csv_of(arguments: argparse.Namespace, problem: Problem, result: Score) -> str:
    if arguments.by is None:
        rows = [{"loss": arguments.loss, **entry(problem, result.total)}]
    else:
        rows = [group_entry(problem, key, group, result.total) for key, group in shown(arguments, result)[0].items()]
    names = rows[0] if rows else group_entry(problem, "", Total(problem.n_columns), result.total)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(names), lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: printable(value) if isinstance(value, str) else value for name, value in row.items()})
    return text.getvalue()


def shown(arguments: argparse.Namespace, result: Score) -> tuple[dict[Any, Total], int]:
    """The groups that are wanted, in order, and how many there are beside."""
    groups = in_order(result.groups, arguments.sort)
    if arguments.top is None:
        return groups, 0
    return dict(itertools.islice(groups.items(), arguments.top)), max(0, len(groups) - arguments.top)


def percent(share: float) -> str:
    return f"{share:.2%}" if math.isfinite(share) else "-"


def print_text(arguments: argparse.Namespace, problem: Problem, result: Score) -> None:
    def shape(array: Array) -> str:
        return f"{' × '.join(f'{n:,}' for n in array.shape) or 'one number'}"

    total, target = result.total, arguments.target
    left_out = {"ignored": result.ignored, "of weight 0": result.size - total.count - result.ignored}
    reasons = ", ".join(f"{n:,} {reason}" for reason, n in left_out.items() if n)
    pairs = {
        "loss": arguments.loss,
        "prediction": f"{shape(problem.pred)}, {dtype_name(problem.pred.dtype)}",
        "target": "0 everywhere" if target is None else f"{shape(target.array)}, {dtype_name(target.array.dtype)}",
        "mean": str(total.mean),
        "sum": str(total.loss),
        **{name: f"{number:.6g}" for name, number in of_classes(problem, total).items()},
        "count": f"{total.count:,}" + (f" ({reasons})" if reasons else ""),
        "total weight": f"{total.weight:,.15g}",
    }
    if arguments.grad_out is not None:
        pairs["gradient"] = f"{arguments.grad_out}: of the {arguments.reduction}, {dtype_name(problem.dtype)}"
    print_pairs(pairs)
    if arguments.by is not None:
        print()
        groups, left = shown(arguments, result)
        rows = [
            [
                as_text(key),
                f"{group.mean:.6g}",
                *(f"{number:.6g}" for number in of_classes(problem, group).values()),
                f"{group.count:,}",
                percent(group.share_of(total)),
                percent(quotient(group.count, total.count)),
            ]
            for key, group in groups.items()
        ]
        numbers_shown = ["mean", *of_classes(problem, total), "count", "share of loss", "share of count"]
        print_table({"group": "<", **dict.fromkeys(numbers_shown, ">")}, rows)
        if left:
            say(f"{left:,} more {'group' if left == 1 else 'groups'}")


def outputs_of(arguments: argparse.Namespace, inputs: dict[str, Input]) -> dict[str, Output]:
    """The files to write, by option; raises where one cannot be written, or is an input or another one."""
    if arguments.json == arguments.csv == STDOUT:
        raise CommandError("--json and --csv cannot both be standard output; name a file for one")
    if arguments.top is not None and arguments.by is None:
        raise CommandError("--top is about groups: --by names them")
    if arguments.grad_out in ("", STDOUT):
        raise CommandError("--grad-out needs the name of a file: an array is nothing to print")
    given = {"--grad-out": arguments.grad_out, "--json": arguments.json, "--csv": arguments.csv}
    outputs = {option: Output(name) for option, name in given.items() if name not in (None, STDOUT)}
    check_apart(outputs, [file.path for file in inputs.values()])
    return outputs


def run(arguments: argparse.Namespace) -> int:
    given = vars(arguments)
    parameters = {name.removeprefix(PREFIX): value for name, value in given.items() if name.startswith(PREFIX)}
    inputs = {name.removeprefix(PREFIX): value for name, value in given.items() if isinstance(value, Input)}
    outputs = outputs_of(arguments, inputs)
    loss = fastloss.losses[arguments.loss]
    with np.errstate(all="ignore"):
        try:
            problem = Problem(loss, inputs, parameters, getattr(arguments, "axis", None), arguments.grad_dtype)
            groups = None if arguments.by is None else expand_groups(arguments.by.array, problem.shape)
        except (IndexError, TypeError, ValueError) as error:
            files = {name: file.text for name, file in inputs.items()}
            raise CommandError(with_files(str(error), {**files, "groups": files.get("by", "")})) from None
        if getattr(arguments, "no_check_domain", False):
            problem.keywords["check_domain"] = False
        passes = 2 if "--grad-out" in outputs else 1
        # Files take their names together, when all are complete.
        with ExitStack() as written:
            writing = {option: (output, written.enter_context(output.writing())) for option, output in outputs.items()}
            with progress(max(1, math.prod(problem.shape)) * passes, arguments.loss) as advance:
                result = score(problem, groups, advance)
                if arguments.empty == "zero":
                    result.total.empty = 0.0
                underflow = None
                if "--grad-out" in writing:
                    denominator = result.total if arguments.reduction == "mean" else None
                    underflow = write_gradient(problem, *writing["--grad-out"], denominator, advance)
            texts = results_as_text(arguments, problem, result, underflow)
            for option, text in texts.items():
                if option in writing:
                    output, file = writing[option]
                    output.put(file, text)
        if underflow is not None and underflow > UNDERFLOW and problem.dtype.itemsize == 2:
            lost = f"{underflow:.0%} of the gradient's numbers that are not 0"
            complain(f"warning: {lost} underflow to 0 in {dtype_name(problem.dtype)}; --grad-dtype float32 keeps them")
        on_stdout = [text for option, text in texts.items() if option not in outputs]
        if on_stdout:
            say(on_stdout[0], end="")
            return 0
        print_text(arguments, problem, result)
        for option in texts:
            outputs[option].say_written()
    return 0


def results_as_text(arguments: argparse.Namespace, problem: Problem, result: Score, underflow: float | None) -> dict[str, str]:
    """What the options --json and --csv ask for."""
    texts = {}
    if arguments.json is not None:
        texts["--json"] = as_json(json_of(arguments, problem, result, underflow)) + "\n"
    if arguments.csv is not None:
        texts["--csv"] = csv_of(arguments, problem, result)
    return texts
