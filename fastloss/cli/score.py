"""`fastloss score`: a loss of the user's own files, which may be larger than memory."""

from __future__ import annotations

import argparse
import inspect
import math
import re
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import numpy as np

import fastloss
from fastloss import _docs
from fastloss._arguments import default_wrt
from fastloss._loss import Loss
from fastloss.cli._gradient import write_gradient
from fastloss.cli._inputs import FORMATS, Array, Input, dtype_name
from fastloss.cli._outputs import STDOUT, Output, check_apart
from fastloss.cli._problem import Asked, Problem, with_files
from fastloss.cli._score_options import PREFIX, add_loss_arguments
from fastloss.cli._score_results import Score, print_text, results_as_text
from fastloss.cli._sums import Total, add_groups, add_up
from fastloss.cli._terminal import CommandError, complain, progress, say

__all__ = ["add_arguments", "run"]

DESCRIPTION = """\
Compute a loss of arrays in files, such as predictions and targets: the mean, the sum, and with --by those of each group;
with --grad-out also the gradient. Arrays are memory-mapped and read in blocks, so that they may be larger than memory.

`fastloss score LOSS --help` describes a loss and its parameters.
"""

EPILOG = f"""\
{FORMATS}
examples:
  fastloss score huber predictions.npy targets.npy --delta 2
  fastloss score cross_entropy logits.npy labels.npy --by labels.npy --top 10
  fastloss score dice masks.npy truth.npy --axis 0,2,3
  fastloss score triplet_margin anchor.npy positive.npy negative.npy --grad-out g.npy --wrt anchor
"""

# Types a group may have: booleans, integers, strings.
GROUP_KINDS = "biuSU"

# The part of a gradient's numbers that may underflow to 0 in half precision without a word.
UNDERFLOW = 0.01


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description, parser.epilog = DESCRIPTION, EPILOG

    class LossParser(type(parser)):  # type: ignore[misc]
        """The parser of one loss, which gets its arguments when it is used: those of all losses take 0.2 s to make."""

        has_arguments = False

        def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
            if not self.has_arguments:
                self.has_arguments = True
                add_loss_arguments(self, fastloss.losses[self.prog.rpartition(" ")[2]])
            return super().parse_known_args(with_axes_joined(args), namespace)

    losses = parser.add_subparsers(dest="loss", metavar="LOSS", required=True, title="losses", parser_class=LossParser)
    for name, loss in fastloss.losses.items():
        about = _docs.sections(inspect.getdoc(loss.declared.function) or "")[""]
        summary = " ".join(about.split("\n\n")[0].split())
        losses.add_parser(name, help=summary.replace("%", "%%"), description=about)


def with_axes_joined(args: Any) -> Any:
    """Axes that begin with a minus sign, which `argparse` would take for an option, behind the name of theirs."""
    return re.sub("\0--axis\0(-[0-9]+,)", "\0--axis=\\1", "\0".join(["", *args]))[1:].split("\0") if args else args


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


def asked_of(arguments: argparse.Namespace, loss: Loss) -> Asked:
    """What the options say; raises where a gradient is wanted and of several it is not said by which argument."""
    wrt = getattr(arguments, "wrt", None)
    if wrt and arguments.grad_out is None:
        raise CommandError("--wrt is about the gradient: --grad-out names its file")
    default = default_wrt(loss.declared)
    if arguments.grad_out is not None and wrt is None and not isinstance(default, str):
        raise CommandError(f"--grad-out takes one gradient, and {loss.name} has several: --wrt {'|'.join(default)} says which")
    check_domain = not getattr(arguments, "no_check_domain", False)
    return Asked(getattr(arguments, "axis", None), check_domain, wrt, arguments.grad_dtype)


def run(arguments: argparse.Namespace) -> int:
    given = vars(arguments)
    parameters = {name.removeprefix(PREFIX): value for name, value in given.items() if name.startswith(PREFIX)}
    inputs = {name.removeprefix(PREFIX): value for name, value in given.items() if isinstance(value, Input)}
    outputs = outputs_of(arguments, inputs)
    loss = fastloss.losses[arguments.loss]
    with np.errstate(all="ignore"):
        try:
            problem = Problem(loss, inputs, parameters, asked_of(arguments, loss))
            groups = None if arguments.by is None else expand_groups(arguments.by.array, problem.shape)
        except (IndexError, TypeError, ValueError) as error:
            files = {name: file.text for name, file in inputs.items()}
            raise CommandError(with_files(str(error), {**files, "groups": files.get("by", "")})) from None
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
