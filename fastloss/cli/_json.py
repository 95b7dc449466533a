"""How commands give results to programs: what a JSON file tells of the machine, and how it is written."""

from __future__ import annotations

import argparse
import datetime
import json
import math
import os
import tempfile
from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import fastloss
from fastloss.cli._outputs import STDOUT, Output
from fastloss.cli._terminal import CommandError, complain

__all__ = ["STDOUT", "JsonFile", "about", "add_json_option", "as_json", "check_json_name", "in_json", "print_json"]


def add_json_option(parser: argparse.ArgumentParser, what: str, name: Callable[[str], str] = str) -> None:
    """The option of all commands; `name` reads the file's name."""
    text = f"write {what} to FILE as JSON; to stdout, and nothing else, where it is - or left out"
    parser.add_argument("--json", nargs="?", const=STDOUT, type=name, metavar="FILE", help=text)


def check_json_name(name: str | None, known: Container[str], what: str) -> None:
    """Raise where a name that follows --json was not meant for a file."""
    if name is not None and name in known:
        raise CommandError(f"--json {name} names a {what}; write --json after the names, or --json -")


def in_json(number: float) -> float | str:
    """JSON has no infinities and no NaN."""
    number = float(number)
    if math.isfinite(number):
        return number
    return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"


def about() -> dict[str, Any]:
    """When and where a result came to be."""
    from fastloss.cli._machine import machine, versions  # with all it needs, which a command that only prints numbers does not

    return {
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "machine": machine(fastloss.get_num_threads()),
        "versions": versions([]),
    }


def as_json(results: dict[str, Any]) -> str:
    return json.dumps(results, indent=1, allow_nan=False)


def print_json(results: dict[str, Any]) -> None:
    print(as_json(results))


class JsonFile(Output):
    """Where results go that grow while they are measured.

    A run that is interrupted leaves what it has measured, in a file of another name: none looks complete and is not.
    """

    unfinished: str | None = None

    @contextmanager
    def growing(self) -> Iterator[None]:
        """While this lasts, `keep` what has been measured; then it is all, and the file is written."""
        try:
            yield
        except KeyboardInterrupt:
            if self.unfinished is not None:
                complain(f"what was measured is in {self.unfinished}")
            raise
        except BaseException:
            self.forget()
            raise

    def keep(self, results: dict[str, Any]) -> None:
        """Write what there is so far beside the file: it takes the place of what was there before."""
        if self.is_device:
            return
        descriptor, new = tempfile.mkstemp(".unfinished", f"{os.path.basename(self.path)[:100]}.", self.folder)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(as_json(results) + "\n")
        except BaseException:
            os.unlink(new)
            raise
        self.forget()
        self.unfinished = new

    def forget(self) -> None:
        if self.unfinished is not None:
            with suppress(FileNotFoundError):
                os.unlink(self.unfinished)
        self.unfinished = None

    def finish(self, results: dict[str, Any]) -> None:
        self.write_text(as_json(results) + "\n")
        self.forget()
        self.say_written()
