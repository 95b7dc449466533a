"""What the commands share: tables, signs of progress, the error that ends one, what is said of an unknown name.

With `rich` (the extra `cli`) and a terminal, tables have colours and long work a bar. Without, tables are plain text.

All that is printed passes through here: names of files and groups are data, which may hold what a terminal obeys; and a stream
may be closed, or have an encoding without the letters of a formula.
"""

from __future__ import annotations

import argparse
import codecs
import difflib
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TextIO

from fastloss._names import ours

__all__ = [
    "CommandError",
    "Counter",
    "StreamedTable",
    "abandon",
    "complain",
    "positive_integer",
    "print_pairs",
    "print_table",
    "printable",
    "progress",
    "say",
    "sound_streams",
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
    if here := ours(name, names):
        return f"{said}; here it is {' or '.join(here)}"
    wanted = name.lower().replace("-", "_")
    near = difflib.get_close_matches(wanted, names, NEAR)
    near += [other for other in names if len(wanted) > 2 and wanted in other and other not in near]
    return f"{said} (did you mean {', '.join(near[:NEAR])}?)" if near else said


def positive_integer(text: str, most: int = 2**31 - 1) -> int:
    """What `argparse` makes of the text of a number that is at least 1."""
    # Python refuses to read a number of thousands of digits.
    if not text.isdecimal() or len(text) > 20 or not 1 <= int(text) <= most:
        shown = text if len(text) <= 20 else f"{text[:20]}..."
        raise argparse.ArgumentTypeError(f"{shown!r} is not a positive integer of at most {most:,}")
    return int(text)


# ---- streams --------------------------------------------------------------------------------------------------------

# The name of what replaces characters that an encoding does not have.
IN_ASCII = "fastloss-in-ascii"

# What a formula or table holds beyond ASCII, in it.
SPELLED = {
    "×": "x", "·": "*", "²": "^2", "³": "^3", "⁶": "^6", "¹": "^1", "⁻": "^-", "₂": "_2", "₄": "_4", "ᵢ": "_i", "Σ": "sum ",
    "∫": "int ", "√": "sqrt ", "∞": "inf", "φ": "phi", "π": "pi", "ψ": "psi", "Γ": "Gamma", "τ": "tau", "σ": "sigma", "‖": "||",
    "±": "+-", "≠": "!=", "≥": ">=", "≤": "<=", "†": "(!)", "µ": "u", "á": "a", "ä": "ae", "è": "e", "é": "e", "ó": "o",
    "ø": "o", "ü": "ue",
}  # fmt: skip


def in_ascii(error: UnicodeError) -> tuple[str, int]:
    """What `codecs` writes for a character: it is spelt out, or its escape sequence is written."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    failed = error.object[error.start : error.end]
    return "".join(SPELLED.get(c) or c.encode("unicode_escape").decode() for c in failed), error.end


codecs.register_error(IN_ASCII, in_ascii)


def printable(text: str) -> str:
    """The text, with escape sequences for what is not printed but obeyed: controls, line ends, directions of writing."""
    return text if text.isprintable() else "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def say(text: str, end: str = "\n") -> None:
    """Print lines on standard output."""
    print("\n".join(map(printable, text.split("\n"))), end=end)


def complain(text: str) -> None:
    """Print one line on standard error, as far as there is somebody to read it."""
    try:
        print(f"fastloss: {printable(' '.join(text.split()))}", file=sys.stderr, flush=True)
    except (OSError, ValueError):
        abandon(sys.stderr)


def abandon(stream: TextIO) -> None:
    """Flush a stream; where nobody takes what it holds, drop it: Python would complain when it flushes at exit."""
    try:
        stream.flush()
    except (OSError, ValueError):
        try:
            descriptor = stream.fileno()
        except (AttributeError, OSError, ValueError):
            return
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, descriptor)
        os.close(null)


@contextmanager
def sound_streams() -> Iterator[bool]:
    """Standard streams that print any text and that there are; gives whether there was a standard output.

    A file that is opened while a descriptor below 3 is closed would get that number, and whatever C code prints to it.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    before = sys.stdout, sys.stderr
    errors: list[tuple[Any, str]] = []
    opened = []
    for name, stream in zip(("stdout", "stderr"), before, strict=True):
        handler = getattr(stream, "errors", None)
        if stream is None or getattr(stream, "closed", False):
            opened.append(open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115  # closed below
            setattr(sys, name, opened[-1])
        elif handler in ("strict", "surrogateescape", "backslashreplace") and hasattr(stream, "reconfigure"):
            errors.append((stream, handler))
            stream.reconfigure(errors=IN_ASCII)
    try:
        yield sys.stdout is before[0]
    finally:
        abandon(sys.stdout)
        abandon(sys.stderr)
        sys.stdout, sys.stderr = before
        for stream, handler in errors:
            if not stream.closed:
                stream.reconfigure(errors=handler)
        for file in opened:
            file.close()


# ---- tables ---------------------------------------------------------------------------------------------------------


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
            terminal.print(printable(text), markup=False, emoji=False, soft_wrap=True)
        else:
            say(f"{name:<{width}}  {printable(text)}")


def print_table(columns: Mapping[str, str], rows: Sequence[Sequence[str]], styles: Sequence[str] | None = None) -> None:
    """Print a table on stdout.

    `columns` maps each heading to "<" or ">", the side that its cells keep to. `styles` gives each row a `rich` style,
    such as "red", or "".
    """
    terminal = console(sys.stdout)
    rows = [[printable(cell) for cell in row] for row in rows]
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
            self.terminal.print(text, style=style, markup=False, emoji=False, soft_wrap=True)
        else:
            say(text)
            sys.stdout.flush()

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
            text = text[: max(1, shutil.get_terminal_size().columns - 1)]
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
