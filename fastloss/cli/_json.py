"""How commands give results to programs: what a JSON file tells of the machine, and how it is written."""

from __future__ import annotations

import datetime
import json
import math
from pathlib import Path
from typing import Any

import fastloss
from fastloss.cli._terminal import CommandError

__all__ = ["STDOUT", "JsonFile", "about", "in_json", "print_json"]

#: The name that stands for standard output.
STDOUT = "-"


def in_json(number: float) -> float | str:
    """JSON has no infinities and no NaN."""
    number = float(number)
    if math.isfinite(number):
        return number
    return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"


def about() -> dict[str, Any]:
    """When and where a result came to be."""
    from fastloss.cli.bench import machine, versions  # with all it needs, which a command that only prints numbers does not

    return {
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "machine": machine(fastloss.get_num_threads()),
        "versions": versions([]),
    }


def print_json(results: dict[str, Any]) -> None:
    print(json.dumps(results, indent=1))


class JsonFile:
    """Where results go that grow while they are measured.

    A run that is interrupted leaves what it has measured, but never a file that looks complete and is not.
    """

    def __init__(self, name: str) -> None:
        self.path = Path(name)
        # Before the minutes of measuring, not after.
        if self.path.is_dir():
            raise CommandError(f"{name}: is a directory")
        if not self.path.absolute().parent.is_dir():
            raise CommandError(f"{self.path.parent}: no such directory")
        self.unfinished = self.path.with_name(self.path.name + ".unfinished")

    def write(self, results: dict[str, Any]) -> None:
        self.unfinished.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")

    def finish(self) -> None:
        """What was written last is complete."""
        self.unfinished.replace(self.path)
        print(f"written: {self.path}")
