"""The memory that is kept for results: how much at most, and how it is handed back."""

from __future__ import annotations

import math
import os
import re
from pathlib import Path

from fastloss import _core
from fastloss._threads import ignore

__all__ = ["release_memory", "said_of_memory"]

VARIABLE = "FASTLOSS_KEEP_MEMORY"
#: The part of the memory that this process may have which is kept at most, where the variable says nothing.
SHARE = 8
UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}


def memory_of_machine() -> int:
    """The bytes that this process may have: those of the machine, or of its control group."""
    try:
        machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return 0
    try:
        of_group = Path("/sys/fs/cgroup/memory.max").read_text().strip()
    except OSError:
        return machine
    return min(machine, int(of_group)) if of_group.isdecimal() else machine


def most_kept() -> int:
    """How many bytes are kept at most."""
    text = os.environ.get(VARIABLE, "").strip()
    if not text:
        return memory_of_machine() // SHARE
    found = re.fullmatch(r"(\d{1,18})([KMGT]?)B?", text.upper())
    if found is None:
        ignore(f"{VARIABLE}={text[:20]!r}: a number of bytes is accepted, such as 0, 500M or 2G")
        return memory_of_machine() // SHARE
    return min(int(found[1]) * UNITS[found[2]], (1 << 62))


def release_memory() -> None:
    """Hand the memory that is kept for results to the system.

    Arrays of 32 MiB and more that fastloss returns are written to memory which it has released before, where there is some of
    that size: the pages of new memory cost about as much time as a loss (of smaller arrays the C
    library keeps the memory itself). What is kept is at most an eighth of the memory that
    the process may have, or what the environment variable FASTLOSS_KEEP_MEMORY says when fastloss is imported (0 keeps
    nothing); and the system may take it at any time that it needs memory.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.release_memory()
    """
    _core.release_memory()


def said_of_memory() -> str:
    """What `show_config` prints."""
    most, now = _core.kept_memory()
    return f"{mebibytes(now)} kept for results, at most {mebibytes(most)}" if most else "none is kept for results"


def mebibytes(n: int) -> str:
    return f"{math.ceil(n / (1 << 20)):,} MiB"


_core.keep_memory(most_kept())
