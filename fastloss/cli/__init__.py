"""The command line: `python -m fastloss`, also installed as `fastloss`.

Each command is a module of this package with two functions: `add_arguments(parser)` and `run(arguments)`, which
returns the exit status. A module is imported when its command is used, and not before.
"""

from __future__ import annotations

import argparse
import functools
import importlib
import itertools
import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from fastloss.cli._terminal import CommandError, unknown

__all__ = ["COMMANDS", "end_command", "main"]

#: The commands: what `fastloss --help` says of each.
COMMANDS = {
    "info": "versions, SIMD tiers, threads and the OpenMP runtime",
    "verify": "measure the error of every loss on this machine against the reference",
    "bench": "measure the speed of the losses beside other libraries",
    "score": "compute a loss of your own .npy files, larger than memory too",
}

EPILOG = """\
examples:
  fastloss info
  fastloss verify cross_entropy
  fastloss score huber predictions.npy targets.npy --delta 2

`fastloss COMMAND --help` describes a command. Exit status: 0, or 1 where verify finds a broken bound, or 2 for
wrong input, or 130 when interrupted.
"""

WRONG_INPUT = 2
# What shells report for a process that an interrupt, or a closed pipe, has ended.
INTERRUPTED, PIPE_CLOSED = 130, 141


class Parser(argparse.ArgumentParser):
    """An argument parser that says what is wrong in one line."""

    def __init__(self, **settings: Any) -> None:
        defaults = {"formatter_class": argparse.RawDescriptionHelpFormatter, "allow_abbrev": False}
        super().__init__(**{**defaults, **settings})

    def error(self, message: str) -> NoReturn:
        raise CommandError(f"{message}; see `{self.prog} --help`")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        # As argparse does it, all choices are listed, and losses are many.
        if action.choices is not None and value not in action.choices:
            self.error(unknown(action.dest, str(value), map(str, action.choices)))


class Version(argparse.Action):
    """Prints the version. It is looked up only when asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *rest: Any) -> NoReturn:
        from fastloss import __version__

        print(f"fastloss {__version__}")
        parser.exit()


def module_of(command: str) -> Any:
    return importlib.import_module(f"fastloss.cli.{command}")


@functools.cache
def build_parser(command: str | None) -> Parser:
    """The parser, with the arguments of one command: those of the others would cost the import of their modules."""
    parser = Parser(prog="fastloss", description="Loss functions, their gradients and Hessians on the CPU.", epilog=EPILOG)
    parser.add_argument("--version", action=Version, nargs=0, help="print the version and exit")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True, title="commands")
    for name, summary in COMMANDS.items():
        subparser = commands.add_parser(name, help=summary, description=summary[0].upper() + summary[1:] + ".")
        if name == command:
            module_of(name).add_arguments(subparser)
    return parser


def is_command() -> bool:
    """Whether this process is the command line, not a program that imports fastloss."""
    program = sys.argv[0] if sys.argv else ""
    if program == "-m":  # before Python has found the module that it is to run
        return ("-m", "fastloss") in itertools.pairwise(sys.orig_argv)
    return os.path.splitext(os.path.basename(program))[0] == "fastloss"


def end_command(error: Exception) -> None:
    """Where the package cannot be imported, end the command line with one line; a program gets the exception."""
    if is_command():
        report(error)
        sys.exit(WRONG_INPUT)


def report(error: Exception) -> None:
    print(f"fastloss: error: {describe(error)}", file=sys.stderr)


def describe(error: Exception) -> str:
    """An error in one line."""
    if isinstance(error, OSError) and error.strerror:
        text = f"{os.fspath(error.filename)}: {error.strerror}" if error.filename else error.strerror
    elif isinstance(error, MemoryError):
        text = f"not enough memory: {error}" if str(error) else "not enough memory"
    else:
        text = str(error)
    return " ".join(text.split())


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv : sequence of str, optional
        The arguments, without the program's name. None: those of the process.

    Returns
    -------
    int
        The exit status: 0; 1 where `verify` finds a broken bound; 2 for wrong input, with one line on stderr;
        130 when interrupted.

    Examples
    --------
    >>> from fastloss.cli import main
    >>> main(["info"])  # doctest: +ELLIPSIS
    fastloss ...
    0
    """
    given = sys.argv[1:] if argv is None else list(argv)
    try:
        arguments = build_parser(next((a for a in given if not a.startswith("-")), None)).parse_args(given)
        status: int = module_of(arguments.command).run(arguments)
        sys.stdout.flush()
        return status
    except BrokenPipeError:
        # The reader of the output has left, as `head` does. Python would complain once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    except (CommandError, OSError, MemoryError) as error:
        report(error)
        return WRONG_INPUT
    except KeyboardInterrupt:
        print("fastloss: interrupted", file=sys.stderr)
        return INTERRUPTED
