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
import re
import signal
import sys
import textwrap
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

from fastloss.cli._terminal import CommandError, complain, say, sound_streams, unknown

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
wrong input and where results cannot be written, or 130 when interrupted.
"""

WRONG_INPUT = 2
# What shells report for a process that an interrupt, or a closed pipe, has ended.
INTERRUPTED, PIPE_CLOSED = 130, 141


class Formatter(argparse.RawDescriptionHelpFormatter):
    """Help whose paragraphs are as wide as the terminal; lines that are indented, formulas and examples, stay as they are."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        lines: list[str] = []
        flowing = False
        for line in text.splitlines():
            flows = line != "" and not line[0].isspace()
            if flows and flowing and line[0] not in "*.":
                lines[-1] += f" {line}"
            else:
                lines.append(line)
            flowing = flows
        filled = (textwrap.wrap(line, width) if line[:1].strip() else [line] for line in lines)
        return "\n".join(indent + line for wrapped in filled for line in wrapped)


class Parser(argparse.ArgumentParser):
    """An argument parser that says what is wrong in one line."""

    def __init__(self, **settings: Any) -> None:
        defaults = {"formatter_class": Formatter, "allow_abbrev": False}
        super().__init__(**{**defaults, **settings})

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        if self._subparsers is None:
            # Looked for first: an option's value would else be taken for the name of a file that is not there.
            for text in args:
                option = text.partition("=")[0]
                if option.startswith("--") and option != "--" and option not in self._option_string_actions:
                    self.error(f"there is no option {option}{self.nearest(option)}")
        namespace, rest = super().parse_known_args(args, namespace)
        if rest:  # said here and not by the parser of all commands, whose help knows nothing of this one
            self.error(f"nothing takes {rest[0]!r}")
        return namespace, rest

    def nearest(self, option: str) -> str:
        """The option that another one may have meant, as the end of a message."""
        from fastloss._advice import keyword  # for errors alone

        known = [name.lstrip("-").replace("-", "_") for name in self._option_string_actions if name.startswith("--")]
        name = option.lstrip("-").replace("-", "_")
        if name in known:
            return f"; here it is --{name.replace('_', '-')}"
        found = re.fullmatch(r"(; .* is )(\w+)", keyword(name, known))
        return f"{found[1]}--{found[2].replace('_', '-')}" if found else ""

    def error(self, message: str) -> NoReturn:
        raise CommandError(f"{message}; see `{self.prog} --help`")

    def _print_message(self, message: str, file: Any = None) -> None:
        # argparse itself hides where help could not be written.
        print(message, end="", file=file)

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        # As argparse does it, all choices are listed, and losses are many.
        if action.choices is not None and value not in action.choices:
            self.error(unknown(action.dest, str(value), map(str, action.choices)))


class Version(argparse.Action):
    """Prints the version. It is looked up only when asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *rest: Any) -> NoReturn:
        from importlib.metadata import version  # which the other commands need not import

        say(f"fastloss {version('fastloss')}")
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
    """Where the package cannot be used as asked, end the command line with one line; a program goes on."""
    if is_command():
        with sound_streams():
            report(error)
        sys.exit(WRONG_INPUT)


def report(error: Exception) -> None:
    complain(f"error: {describe(error)}")


def describe(error: Exception) -> str:
    """An error in words."""
    if isinstance(error, OSError) and error.strerror:
        return f"{os.fspath(error.filename)}: {error.strerror}" if error.filename else error.strerror
    if isinstance(error, MemoryError):
        return f"not enough memory: {error}" if str(error) else "not enough memory"
    return str(error)


@contextmanager
def signals_end_it() -> Iterator[None]:
    """Let what asks the process to end, end it as an exit does: files that are half written are removed."""

    def leave(number: int, frame: Any) -> NoReturn:
        sys.exit(128 + number)

    names = ("SIGTERM", "SIGHUP")
    wanted = [getattr(signal, name) for name in names if hasattr(signal, name)]
    if threading.current_thread() is not threading.main_thread():
        wanted = []
    before = {number: signal.signal(number, leave) for number in wanted if signal.getsignal(number) is signal.SIG_DFL}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv : sequence of str, optional
        The arguments, without the program's name. None: those of the process.

    Returns
    -------
    int
        The exit status: 0; 1 where `verify` finds a broken bound; 2 for wrong input and where results cannot be written,
        with one line on stderr; 130 when interrupted.

    Examples
    --------
    >>> from fastloss.cli import main
    >>> main(["info"])  # doctest: +ELLIPSIS
    fastloss ...
    0
    """
    given = sys.argv[1:] if argv is None else list(argv)
    with signals_end_it(), sound_streams() as has_output:
        try:
            if not has_output:
                raise CommandError("standard output is closed; redirect it to /dev/null to drop what is printed")
            return run(given)
        except BrokenPipeError:  # the reader of the output has left, as `head` does
            return PIPE_CLOSED
        except OSError as error:
            # A file is named where it is opened and written.
            report(error if error.filename or not error.strerror else CommandError(f"standard output: {error.strerror}"))
            return WRONG_INPUT
        except (CommandError, MemoryError) as error:
            report(error)
            return WRONG_INPUT
        except KeyboardInterrupt:
            complain("interrupted")
            return INTERRUPTED


def run(given: Sequence[str]) -> int:
    """Parse the arguments and run the command; what is printed is written when it returns, or ends by `SystemExit`."""
    try:
        arguments = build_parser(next((a for a in given if not a.startswith("-")), None)).parse_args(given)
        status: int = module_of(arguments.command).run(arguments)
    except SystemExit:  # of --help and --version
        sys.stdout.flush()
        raise
    sys.stdout.flush()
    return status
