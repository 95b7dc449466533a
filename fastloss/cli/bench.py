"""`fastloss bench`: the time of value and gradient beside other libraries and beside what memory can deliver."""

from __future__ import annotations

import argparse
import datetime
import functools
import importlib.metadata
import json
import math
import os
import platform
import re
import subprocess
import textwrap
import time
import timeit
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

import fastloss
from fastloss._threads import config
from fastloss.cli._opponents import FASTLOSS, OPPONENTS, CopyLimit, Opponent, disagreement
from fastloss.cli._terminal import CommandError, positive_integer, print_table, progress
from fastloss.cli._workloads import SIZES, Workload, select

__all__ = ["ADD", "LIMIT", "add_arguments", "cells", "headings", "run", "unsteady"]

DESCRIPTION = """\
Measure the time of the mean loss and its gradient, in float32 with default parameters, beside the opponents that are
installed.

Every opponent must first agree with fastloss. Then all take turns, in a new order each round. The table shows medians:
of fastloss the time, of an opponent its time divided by that of fastloss. "limit" is the time of fastloss divided by
that in which `np.copyto`, split over the same threads, moves as many bytes as any implementation has to; "np.add" the
time of fastloss divided by that of one `np.add` of 32 numbers.
"""

EPILOG = """\
examples:
  fastloss bench huber
  fastloss bench cross_entropy-1024x50257 --against torch,jax --threads 2
  fastloss bench --size all --json benchmarks/results

A NAME is a loss, or a workload as the table names it. Losses:
{losses}
"""

#: What is measured beside the opponents: names in the JSON file, headings of the table.
LIMIT, ADD = "limit", "np.add"

# A turn lasts at least this long, so that neither the clock nor the waking of threads counts.
TURN_SECONDS = 0.005
# Between turns: an OpenMP runtime keeps its threads spinning after a loop, on cores that the next library would need.
PAUSE_SECONDS = 0.005
# The turns of one opponent on one workload take at most about this long: where calls are long, it has a turn in fewer
# rounds, but in three.
BUDGET_SECONDS = 10.0
FEWEST_TURNS = 3
# In a quiet run of 15 rounds the quartiles lay 1 to 15 percent apart. Beyond this ratio a median is named as doubtful.
UNSTEADY = 1.5

Call = Callable[[], Any]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    losses = textwrap.fill(", ".join(fastloss.losses), width=100, initial_indent="  ", subsequent_indent="  ")
    parser.description, parser.epilog = DESCRIPTION, EPILOG.format(losses=losses)
    parser.add_argument("names", nargs="*", metavar="NAME", help="a loss or a workload; default: all")
    parser.add_argument(
        "--against", metavar="LIST", help=f"opponents, separated by commas, of: {', '.join(OPPONENTS)}; default: all"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results; into a directory: named by CPU and date")
    parser.add_argument(
        "--threads", type=positive_integer, metavar="N", help="threads of every library (default: those of fastloss)"
    )
    parser.add_argument(
        "--size", choices=[*SIZES, "all"], default="all", help="workloads of this size, and those named in full"
    )
    parser.add_argument(
        "--repeats", type=positive_integer, default=15, metavar="N", help="rounds of a workload (default: %(default)s)"
    )


# ---- the machine ----------------------------------------------------------------------------------------------------


def cpu_model() -> str:
    """The name that the CPU gives itself."""
    if platform.system() == "Linux":
        found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
        if found:
            return found[1].strip()
    if platform.system() == "Darwin":
        command = ["sysctl", "-n", "machdep.cpu.brand_string"]
        asked = subprocess.run(command, capture_output=True, text=True, check=False)
        if asked.stdout.strip():
            return asked.stdout.strip()
    return platform.processor() or platform.machine()


def machine(threads: int) -> dict[str, Any]:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "cpu": cpu_model(),
        "cores": cores,
        "threads": threads,
        "tier": config()["tier"],
        "system": f"{platform.system()} {platform.machine()}",
    }


def versions(opponents: list[Opponent]) -> dict[str, str]:
    installed = {"Python": platform.python_version()}
    for opponent in (FASTLOSS, OPPONENTS["numpy"], *opponents):
        installed[opponent.distribution] = importlib.metadata.version(opponent.distribution)
    return installed


def file_name(results: dict[str, Any]) -> str:
    """Of the results of one machine and day."""
    words = f"{results['machine']['cpu']} {results['machine']['tier']}"
    words = re.sub(r"\((R|TM|C)\)", "", words, flags=re.IGNORECASE)
    return "-".join([*re.findall(r"[a-z0-9.]+", words.lower()), results["date"][:10]]) + ".json"


# ---- measuring ------------------------------------------------------------------------------------------------------


class Contestant:
    """Something to be timed: how many calls make a turn, in which rounds it has one, and what was measured."""

    def __init__(self, call: Call, repeats: int):
        self.timer = timeit.Timer(call)
        time.sleep(PAUSE_SECONDS)
        seconds = self.timer.timeit(1)
        # The least of several tries, the last of them with about the calls of a turn: the first may be slow.
        for number in (1, 1, 10, 100, 1000):
            if number * seconds < 2 * TURN_SECONDS:
                seconds = min(seconds, self.timer.timeit(number) / number)
        seconds = max(seconds, 1e-9)
        self.calls = max(1, math.ceil(TURN_SECONDS / seconds))
        turns = max(FEWEST_TURNS, int(BUDGET_SECONDS / (self.calls * seconds)))
        self.every = max(1, repeats // turns)
        self.seconds: list[float] = []

    def turn(self) -> None:
        time.sleep(PAUSE_SECONDS)
        self.seconds.append(self.timer.timeit(self.calls) / self.calls)

    def summary(self) -> dict[str, float]:
        lower, median, upper = np.percentile(self.seconds, [25, 50, 75]).tolist()
        return {
            "median": median,
            "lower_quartile": lower,
            "upper_quartile": upper,
            "repeats": len(self.seconds),
            "calls": self.calls,
        }


def take_turns(calls: dict[str, Call], repeats: int, advance: Callable[[int], None]) -> dict[str, dict[str, float]]:
    """What was measured of each call; all have turns, in a new order each round. Advances by `repeats` and one."""
    taking_part = {name: Contestant(call, repeats) for name, call in calls.items()}
    advance(1)
    random = np.random.default_rng(0)
    names = list(taking_part)
    for round_number in range(repeats):
        for index in random.permutation(len(names)):
            contestant = taking_part[names[index]]
            if round_number % contestant.every == 0:
                contestant.turn()
        advance(1)
    return {name: contestant.summary() for name, contestant in taking_part.items()}


class Bench:
    """A run: who takes part, and what was found."""

    def __init__(self, opponents: list[Opponent], threads: int, repeats: int):
        self.opponents, self.threads, self.repeats = opponents, threads, repeats

    @functools.cached_property
    def copy_limit(self) -> CopyLimit:
        return CopyLimit(self.threads)

    def contestants(self, workload: Workload) -> Iterator[tuple[str, Call | str]]:
        """What to time, by name; a text instead of a call says why one is excluded. Opponents are compared here."""
        inputs = workload.make_inputs()
        ours = FASTLOSS.prepare(workload, inputs, self.threads)
        assert ours is not None
        expected = ours.outcome(ours.call())
        yield FASTLOSS.name, ours.call
        for opponent in self.opponents:
            # What another library raises on a loss, above all its compiler, is its own affair and ends no run.
            try:
                theirs = opponent.prepare(workload, inputs, self.threads)
                if theirs is None:
                    continue
                difference = disagreement(expected, theirs.outcome(theirs.call()))
            except Exception as error:
                first_line = str(error).strip().partition("\n")[0]
                yield opponent.name, f"{type(error).__name__}: {first_line}"
                continue
            yield opponent.name, difference or theirs.call
        if workload.size == "large":
            try:
                yield LIMIT, self.copy_limit
            except MemoryError:
                yield LIMIT, "not enough memory for its arrays"
        if workload.size == "small":
            a, b = np.ones(32, np.float32), np.ones(32, np.float32)
            yield ADD, functools.partial(np.add, a, b)

    def measure(self, workload: Workload, advance: Callable[[int], None]) -> dict[str, Any]:
        """The results of a workload, as they stand in the JSON file. Advances by `repeats` and one."""
        taking_part: dict[str, Call] = {}
        excluded: dict[str, str] = {}
        for name, call in self.contestants(workload):
            if isinstance(call, str):
                excluded[name] = call
            else:
                taking_part[name] = call
        measured = take_turns(taking_part, self.repeats, advance)
        if LIMIT in measured:
            factor = workload.compulsory_bytes / self.copy_limit.bytes_moved
            for key in ("median", "lower_quartile", "upper_quartile"):
                measured[LIMIT][key] *= factor
        return {
            "name": workload.name,
            "loss": workload.loss,
            "shape": workload.shape,
            "size": workload.size,
            "compulsory_bytes": workload.compulsory_bytes,
            "seconds": measured,
            "excluded": excluded,
        }


# ---- showing --------------------------------------------------------------------------------------------------------


def duration(seconds: float) -> str:
    """Three digits and a unit."""
    units = {"s": 1.0, "ms": 1e3, "µs": 1e6, "ns": 1e9}
    unit = next((unit for unit, factor in units.items() if seconds * factor >= 1), "ns")
    number = seconds * units[unit]
    return f"{number:.{max(0, 2 - math.floor(math.log10(max(number, 1))))}f} {unit}"


def ratio(number: float) -> str:
    return f"{number:.1f}" if number >= 9.95 else f"{number:.2f}"


def headings(results: list[dict[str, Any]]) -> dict[str, str]:
    """The columns that some of the results fill: heading by name."""
    titles = {FASTLOSS.name: FASTLOSS.title, **{name: o.title for name, o in OPPONENTS.items()}, LIMIT: LIMIT, ADD: ADD}
    return {name: title for name, title in titles.items() if any(name in r["seconds"] for r in results)}


def cells(result: dict[str, Any], columns: dict[str, str]) -> list[str]:
    """A row of the table: the time of fastloss, those of opponents divided by it, it divided by limit and np.add."""
    seconds = {name: measured["median"] for name, measured in result["seconds"].items()}
    ours = seconds[FASTLOSS.name]
    row = []
    for name in columns:
        if name not in seconds:
            row.append("")
        elif name == FASTLOSS.name:
            row.append(duration(ours))
        elif name in (LIMIT, ADD):
            row.append(ratio(ours / seconds[name]) + "x")
        else:
            row.append(ratio(seconds[name] / ours) + "x")
    return row


def unsteady(results: dict[str, Any]) -> list[str]:
    """Whose turns differ so much that something else was probably running, and by how much."""
    found = []
    for result in results["workloads"]:
        for name, measured in result["seconds"].items():
            spread = measured["upper_quartile"] / measured["lower_quartile"]
            if spread > UNSTEADY:
                found.append(f"{name} on {result['name']}: quartiles {ratio(spread)}x apart")
    return found


def show(results: dict[str, Any]) -> None:
    described = results["machine"]
    print(f"{described['cpu']}, {described['tier']}, {described['threads']} of {described['cores']} cores")
    print(*(f"{name} {version}" for name, version in results["versions"].items()), sep=", ")
    # A size at a time, as each has columns of its own.
    for size in SIZES:
        rows = [r for r in results["workloads"] if r["size"] == size]
        if rows:
            print()
            columns = headings(rows)
            sides = {"workload": "<", **dict.fromkeys(columns.values(), ">")}
            print_table(sides, [[r["name"], *cells(r, columns)] for r in rows])
    print()
    for name, reason in results["left_out"].items():
        print(f"left out: {name}: {reason}")
    for result in results["workloads"]:
        for name, reason in result["excluded"].items():
            print(f"excluded: {name} on {result['name']}: {reason}")
    for text in unsteady(results):
        print(f"unsteady: {text}")


# ---- the command ----------------------------------------------------------------------------------------------------


def chosen_opponents(against: str | None) -> tuple[list[Opponent], dict[str, str]]:
    """Those that take part, and why each other one does not."""
    names = list(OPPONENTS) if against is None else [name for name in against.split(",") if name]
    for name in names:
        if name not in OPPONENTS:
            raise CommandError(f"there is no opponent {name!r}; choose from: {', '.join(OPPONENTS)}")
    reasons = {name: OPPONENTS[name].why_absent() for name in OPPONENTS if name in names}
    present = [OPPONENTS[name] for name, reason in reasons.items() if not reason]
    return present, {name: reason for name, reason in reasons.items() if reason}


def run(arguments: argparse.Namespace) -> int:
    try:
        workloads = select(arguments.names, arguments.size)
    except ValueError as error:
        raise CommandError(str(error)) from None
    # Before the minutes of measuring, not after.
    if arguments.json and not arguments.json.absolute().parent.is_dir():
        raise CommandError(f"{arguments.json.parent}: no such directory")
    threads = arguments.threads or fastloss.get_num_threads()
    opponents, left_out = chosen_opponents(arguments.against)
    results: dict[str, Any] = {
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "machine": machine(threads),
        "versions": versions(opponents),
        "left_out": left_out,
        "workloads": [],
    }
    to: Path | None = arguments.json
    if to and to.is_dir():
        to /= file_name(results)
    # A run that is interrupted leaves what it has measured, but never a file that looks complete and is not.
    unfinished = to.with_name(to.name + ".unfinished") if to else None
    bench = Bench(opponents, threads, arguments.repeats)
    with (
        fastloss.num_threads(threads),
        progress(len(workloads) * (arguments.repeats + 1), "bench") as advance,
    ):
        for workload in workloads:
            results["workloads"].append(bench.measure(workload, advance))
            if unfinished:
                unfinished.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    show(results)
    if to and unfinished:
        unfinished.replace(to)
        print(f"written: {to}")
    return 0
