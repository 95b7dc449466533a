"""Which SIMD tier and how many threads the library uses."""

from __future__ import annotations

import math
import os
import sys
import warnings
from contextlib import ContextDecorator
from pathlib import Path

from fastloss import _core, _errors

__all__ = ["get_num_threads", "ignore", "num_threads", "set_num_threads"]

#: Where the files of this package lie.
PACKAGE = str(Path(__file__).parent)


def choose_tier() -> None:
    """The highest tier this CPU can run, or the one FASTLOSS_TIER names."""
    usable = [name for name, _, can_run in _core.tiers() if can_run]
    if not usable:
        raise ImportError("fastloss needs an x86-64-v2 (SSE4.2) or AArch64 CPU")
    wanted = os.environ.get("FASTLOSS_TIER", "").strip() or usable[-1]
    if wanted not in usable:
        ignore(f"FASTLOSS_TIER={wanted!r} is not available here; choose from: {', '.join(usable)}")
        wanted = usable[-1]
    _core.set_tier(wanted)


def ignore(message: str) -> None:
    """Say in one line that a variable of the environment is nonsense: to the command line, which ends, or as a warning."""
    from fastloss.cli import end_command

    end_command(ValueError(message))
    # At the line that imports fastloss: the package itself and Python's machinery of imports are no news to anybody.
    frame = sys._getframe(1)
    while frame.f_back and (frame.f_code.co_filename.startswith((PACKAGE, "<frozen importlib"))):
        frame = frame.f_back
    warnings.warn_explicit(f"{message}; it is ignored", RuntimeWarning, frame.f_code.co_filename, frame.f_lineno)


def cgroup_cpus() -> float:
    """How many CPUs the control group of this process may use; infinite where nothing limits it."""
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        return math.inf if quota == "max" else int(quota) / int(period)
    except (OSError, ValueError):
        return math.inf


def default_threads() -> int:
    """FASTLOSS_NUM_THREADS, else OMP_NUM_THREADS, else what affinity and control group allow."""
    if not _core.openmp_version():
        return 1
    for name in ("FASTLOSS_NUM_THREADS", "OMP_NUM_THREADS"):
        text = os.environ.get(name, "").split(",")[0].strip()
        if text:
            # Python refuses to read a number of thousands of digits.
            if text.isdecimal() and len(text) <= 20 and 0 < int(text) <= _errors.MOST_THREADS:
                return int(text)
            if name == "FASTLOSS_NUM_THREADS":
                shown = text if len(text) <= 20 else f"{text[:20]}..."
                ignore(f"{name}={shown!r}: a positive integer of at most {_errors.MOST_THREADS:,} is accepted")
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(allowed, math.ceil(min(cgroup_cpus(), 1 << 20))))


def get_num_threads() -> int:
    """Return the number of threads that a call uses which does not ask for a number.

    Returns
    -------
    int
        At least 1. In this order of precedence: the `num_threads` context, `set_num_threads`, the environment variables
        FASTLOSS_NUM_THREADS and OMP_NUM_THREADS, what the process may use; and never more than a limit that threadpoolctl sets.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.get_num_threads() >= 1
    True
    """
    return _core.threads()


def set_num_threads(n: int | None) -> None:
    """Set the number of threads for calls that do not ask for a number.

    Parameters
    ----------
    n : int or None
        At least 1; None returns to the default.

    Raises
    ------
    ValueError
        If `n` is not a positive integer.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.set_num_threads(1)
    >>> fl.get_num_threads()
    1
    >>> fl.set_num_threads(None)
    """
    _core.set_thread_limit(0 if n is None else _errors.thread_count(n))


class Block(ContextDecorator):
    """What `num_threads` gives. It keeps nothing of a block but the limit, so that one object serves any number of blocks."""

    def __init__(self, n: int) -> None:
        self.n = n

    def __enter__(self) -> None:
        blocks = _core.blocks_of_num_threads()
        blocks.set((*blocks.get(), self))

    def __exit__(self, *error: object) -> None:
        # Not by a token: a generator may leave its block after one that was entered later, or in another thread.
        blocks = _core.blocks_of_num_threads()
        entered = blocks.get()
        for i in reversed(range(len(entered))):
            if entered[i] is self:
                blocks.set(entered[:i] + entered[i + 1 :])
                break


def num_threads(n: int) -> Block:
    """Limit the number of threads within a `with` block.

    Parameters
    ----------
    n : int
        At least 1.

    Returns
    -------
    context manager
        It may be entered any number of times, also within itself, and may decorate a function.

    Raises
    ------
    ValueError
        If `n` is not a positive integer.

    Notes
    -----
    The limit is that of the thread, or of the task of asyncio, that is in the block: blocks of others that overlap with it
    neither see nor change it. Tasks that are started in the block inherit it, as all context variables (`asyncio.to_thread`
    carries them into a thread). Other threads that are started in it do not: use `set_num_threads` for the whole process, or
    ``n_threads=`` in a call.

    Examples
    --------
    >>> import fastloss as fl
    >>> with fl.num_threads(1):
    ...     fl.get_num_threads()
    1
    """
    return Block(_errors.thread_count(n))


choose_tier()
_core.set_default_threads(default_threads())
