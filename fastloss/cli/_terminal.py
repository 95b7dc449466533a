"""What the commands share: tables, signs of progress, the error that ends one, what is said of an unknown name.

With `rich` (the extra `cli`) and a terminal, tables have colours and long work a bar. Without, tables are plain text.
"""

from __future__ import annotations

import argparse
import difflib
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TextIO

__all__ = [
    "CommandError",
    "Counter",
    "StreamedTable",
    "positive_integer",
    "print_pairs",
    "print_table",
    "progress",
    "unknown",
]

# Seconds of work before a bar appears: for less, it would only flicker.
PATIENCE = 0.5

# rich measures every cell of a table before it prints one; a longer table is printed plainly, a row at a time.
LONG_TABLE = 1000

# Names that fit in a line: of more, those are listed that one may have meant.
FEW, NEAR = 10, 5


class CommandError(Exception):
    """What the user can mend: printed in one line, without a traceback, with exit status 2."""


def unknown(what: str, name: str, known: Iterable[str]) -> str:
    """What to say of a name that there is not: all the names there are, if they are few, else the nearest."""
    names = list(known)
    said = f"there is no {what} {name!r}"
    if len(names) <= FEW:
        return f"{said}; choose from: {', '.join(names)}"
    wanted = name.lower().replace("-", "_")
    near = difflib.get_close_matches(wanted, names, NEAR)
    near += [other for other in names if len(wanted) > 2 and wanted in other and other not in near]
    return f"{said} (did you mean {', '.join(near[:NEAR])}?)" if near else said


def positive_integer(text: str) -> int:
    """For `argparse`."""
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive integer")
    return int(text)


def console(stream: TextIO) -> Any:
    """A `rich` console for a terminal; None where there is no terminal or no `rich`."""
    if not stream.isatty():
        return None
    try:
        from rich.console import Console
    except ImportError:
        return None
    return Console(file=stream, highlight=False)


def print_pairs(pairs: Mapping[str, str]) -> None:
    """Print names and what they stand for, in two columns."""
    width = max(map(len, pairs))
    terminal = console(sys.stdout)
    for name, text in pairs.items():
        if terminal:
            terminal.print(f"[bold]{name:<{width}}[/bold]  ", end="")
            terminal.print(text, markup=False, soft_wrap=True)
        else:
            print(f"{name:<{width}}  {text}")


def print_table(columns: Mapping[str, str], rows: Sequence[Sequence[str]], styles: Sequence[str] | None = None) -> None:
    """Print a table on stdout.

    `columns` maps each heading to "<" or ">", the side that its cells keep to. `styles` gives each row a `rich` style,
    such as "red", or "".
    """
    terminal = console(sys.stdout)
    if terminal and len(rows) <= LONG_TABLE:
        from rich.box import SIMPLE_HEAD
        from rich.table import Table
        from rich.text import Text

        table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False)
        for heading, side in columns.items():
            table.add_column(heading, justify="left" if side == "<" else "right", overflow="fold")
        for row, style in zip(rows, styles or [""] * len(rows), strict=True):
            table.add_row(*map(Text, row), style=style)
        terminal.print(table)
        return
    widths = [max(map(len, cells)) for cells in zip(columns, *rows, strict=True)]
    for row in ([*columns], ["-" * width for width in widths], *rows):
        cells = zip(row, columns.values(), widths, strict=True)
        print("  ".join(f"{cell:{side}{width}}" for cell, side, width in cells).rstrip())


class StreamedTable:
    """A table of which each row is printed when it is there, in columns whose widths are known before.

    `columns` maps each heading to "<" or ">", the side that its cells keep to, and the width. A longer cell is printed in full.
    """

    def __init__(self, columns: Mapping[str, tuple[str, int]]) -> None:
        self.columns = columns
        self.width = sum(width for _, width in columns.values()) + len(columns) - 1
        self.terminal = console(sys.stdout)

    def line(self, text: str, style: str = "") -> None:
        """A line of text between rows."""
        if self.terminal:
            self.terminal.print(text, style=style, markup=False, soft_wrap=True)
        else:
            print(text, flush=True)

    def row(self, cells: Iterable[str], style: str = "") -> None:
        padded = (f"{cell:{side}{width}}" for cell, (side, width) in zip(cells, self.columns.values(), strict=True))
        self.line(" ".join(padded).rstrip(), style)

    def headings(self) -> None:
        self.row(self.columns, "bold")
        self.row("-" * width for _, width in self.columns.values())


class Counter:
    """A line on stderr, where that is a terminal, that says how far the work is, and gives way to what is printed."""

    def __init__(self) -> None:
        self.shown, self.last = 0, time.monotonic()
        self.active = sys.stderr.isatty()

    def show(self, text: str) -> None:
        """Replace what is shown, if that has stood for a while."""
        if self.active and time.monotonic() - self.last > PATIENCE:
            self.clear()
            text = text[: shutil.get_terminal_size().columns - 1]
            print(text, end="", file=sys.stderr, flush=True)
            self.shown, self.last = len(text), time.monotonic()

    def clear(self) -> None:
        if self.shown:
            print("\r" + " " * self.shown + "\r", end="", file=sys.stderr, flush=True)
            self.shown = 0


@contextmanager
def progress(total: int, text: str) -> Iterator[Callable[[int], None]]:
    """A bar on stderr, where that is a terminal; gives the function to call with the amount of work just done."""
    terminal = console(sys.stderr)
    if terminal is None:
        yield lambda done: None
        return
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=terminal, transient=True)
    task = bar.add_task(text, total=total)
    begin = time.monotonic()

    def advance(done: int) -> None:
        if not bar.live.is_started and time.monotonic() - begin > PATIENCE:
            bar.start()
        bar.advance(task, done)

    try:
        yield advance
    finally:
        bar.stop()
