"""What the commands share: tables, a progress bar, the error that ends one, a type of argument.

With `rich` (the extra `cli`) and a terminal, tables have colours and long work a bar. Without, tables are plain text.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TextIO

__all__ = ["CommandError", "positive_integer", "print_pairs", "print_table", "progress"]

# Seconds of work before a bar appears: for less, it would only flicker.
PATIENCE = 0.5

# rich measures every cell of a table before it prints one; a longer table is printed plainly, a row at a time.
LONG_TABLE = 1000


class CommandError(Exception):
    """What the user can mend: printed in one line, without a traceback, with exit status 2."""


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
