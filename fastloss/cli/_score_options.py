"""The options of `fastloss score`: those of the command, and those of a loss, made of its parameters."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from fastloss import _docs
from fastloss._arguments import default_wrt
from fastloss._kinds import Parameter
from fastloss._loss import Loss
from fastloss._options import EMPTY
from fastloss.cli._inputs import FORMATS, numbers, open_input
from fastloss.cli._json import add_json_option
from fastloss.cli._outputs import STDOUT
from fastloss.cli._problem import GRADIENT_DTYPES, is_large, with_files
from fastloss.cli._terminal import positive_integer

__all__ = ["PREFIX", "SORTS", "add_loss_arguments"]

LOSS_EPILOG = (
    FORMATS
    + """
example:
  fastloss score {loss} {files}{parameter} --by group.npy --grad-out grad.npy{wrt}

The total weight is what the mean divides by. The count is that of the numbers that count: not of ignored
labels, nor of those that weigh 0; groups in which nothing counts are left out.{classes}

With --json, what is not finite is one of the strings "NaN", "Infinity", "-Infinity". An output replaces a file
of its name when it is complete; what is no regular file is not replaced.
"""
)

CLASSES_EPILOG = """
Of labels the accuracy is the part of them that have the largest prediction, and the perplexity is exp of the
mean of -log q of the label, where q is the softmax of the predictions. Both weigh as the mean does."""

# argparse keeps the parameters of a loss under names that begin so, apart from the options of the command.
PREFIX = "parameter_"

# How groups may be ordered.
SORTS = ("loss", "mean", "count", "group")


def add_loss_arguments(parser: argparse.ArgumentParser, loss: Loss) -> None:
    classes = CLASSES_EPILOG if loss.declared.labels else ""
    declared, default = loss.declared, default_wrt(loss.declared)
    files = " ".join(f"{argument.name}.npy" for argument in declared.arguments if not argument.optional)
    wrt = "" if isinstance(default, str) else f" --wrt {default[0]}"
    example = {"files": files, "parameter": example_parameter(loss), "wrt": wrt}
    parser.epilog = LOSS_EPILOG.format(loss=loss.name, classes=classes, **example)
    texts = _docs.entries(_docs.sections(_docs.entry_doc(declared, "value"))["Parameters"])
    for argument in declared.arguments:
        about, *none = entry_as_help(texts[argument.name]).split(" None: ")
        settings: dict[str, Any] = {"help": about}
        if argument.optional:
            settings = {"nargs": "?", "help": f"{about} Left out: {none[0]}"}
        parser.add_argument(argument.name, type=open_input, metavar=f"{argument.name.upper()}.npy", **settings)
    about = "sample weights, broadcast to the shape of the loss"
    parser.add_argument("--weight", "--sample-weight", type=open_input, metavar="W.npy", help=about)
    about = "integers, booleans or strings: the group of each number of the loss, or of each index of its first axes"
    parser.add_argument("--by", type=open_input, metavar="GROUP.npy", help=about)
    about = "the order of groups: loss, which is the default, mean and count begin with the largest; group is by name"
    parser.add_argument("--sort", choices=SORTS, default="loss", help=about)
    about = "show the first N groups only, and what is left"
    parser.add_argument("--top", type=positive_integer, metavar="N", help=about)
    parser.add_argument("--grad-out", metavar="G.npy", help="write the gradient to this file")
    if len(declared.derivatives("grad")) > 1:
        told = f" (default: {default})" if isinstance(default, str) else ""
        about = f"the argument that the gradient is by{told}"
        parser.add_argument("--wrt", choices=declared.derivatives("grad"), help=about)
    about = "what the gradient is of: the mean over all samples, which is the default, or the sum"
    parser.add_argument("--reduction", choices=("mean", "sum"), default="mean", help=about)
    about = "the mean where nothing counts, because there is nothing or all is ignored or weighs 0 (default: nan)"
    parser.add_argument("--empty", choices=EMPTY, default=EMPTY[0], help=about)
    about = "the type of the gradient (default: that of the first file, where it is one of these, else float64)"
    parser.add_argument("--grad-dtype", choices=GRADIENT_DTYPES, help=about)
    add_json_option(parser, "the result, every number in full,", results_name)
    about = "write the result, or that of each group, to FILE as CSV; to stdout, and nothing else, where it is - or left out"
    parser.add_argument("--csv", nargs="?", const=STDOUT, type=results_name, metavar="FILE", help=about)
    if "axis" in texts:
        what = int if declared.has_classes else axes
        others = "" if declared.has_classes else "; commas between several, or all or none"
        about = f"{entry_as_help(texts['axis']).split(';')[0].rstrip('.')}{others} (default: -1)"
        parser.add_argument("--axis", type=what, default=-1, metavar="AXIS", help=about)
    if "element_weight" in texts:
        parser.add_argument("--element-weight", type=open_input, metavar="W.npy", help=entry_as_help(texts["element_weight"]))
    if any(argument.interval.bounded for argument in declared.arguments):
        about = "do not look for numbers outside the domain of the loss"
        parser.add_argument("--no-check-domain", action="store_true", help=about)
    if not loss.params:
        return
    parameters = parser.add_argument_group("parameters of the loss")
    for parameter in loss.params.values():
        add_parameter(parameters, parameter, texts.get(parameter.name, ""))


def entry_as_help(text: str) -> str:
    """What an entry of a docstring says, in a line; its first one is the name and the type, in terms of Python."""
    return " ".join(" ".join(text.splitlines()[1:]).split()).replace("%", "%%").replace("`", "")


def axes(text: str) -> Any:
    """For `argparse`: one axis, several as a tuple, or None for all of them."""
    if text in ("all", "none"):
        return None if text == "all" else ()
    try:
        found = tuple(int(number) for number in text.split(","))
    except ValueError:
        wanted = "an integer, several with commas between such as 0,2,3, all or none"
        raise argparse.ArgumentTypeError(f"{text!r} is no axis; wanted: {wanted}") from None
    return found if len(found) > 1 else found[0]


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
    about = entry_as_help(text)
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
