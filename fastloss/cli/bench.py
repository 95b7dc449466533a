"""`fastloss bench`: the time of value and gradient beside what memory can deliver, and beside opponents."""

from __future__ import annotations

import argparse
import datetime
import functools
import json
import math
import re
import subprocess
import textwrap
import time
import timeit
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np

import fastloss
from fastloss.cli._json import STDOUT, JsonFile, check_json_name, print_json
from fastloss.cli._libraries import FASTLOSS, CopyLimit, Opponent, disagreement
from fastloss.cli._machine import machine, versions
from fastloss.cli._terminal import CommandError, positive_integer, print_table, progress, say
from fastloss.cli._workloads import SIZES, Workload, select, workloads

__all__ = ["ADD", "LIMIT", "OPPONENTS", "UNSTEADY_NOTE", "add_arguments", "cells", "columns_of", "run", "steady"]

DESCRIPTION = """\
Measure the time of the mean loss and its gradient, in float32 with default parameters. `python benchmarks/bench.py` in
the source is the same command with opponents: other libraries, as far as they are installed.

Every opponent must first agree with fastloss. Then all take turns, in a new order each round. The table shows medians:
of fastloss the time, of an opponent its time divided by that of fastloss. "limit" is the time of fastloss divided by
that in which `np.copyto`, split over the same threads, moves as many bytes as any implementation has to; "np.add" the
time of fastloss divided by that of one `np.add` of 32 numbers.
"""

EPILOG = """\
examples:
  fastloss bench huber
  fastloss bench cross_entropy-1024x50257 --threads 2
  fastloss bench --size small --json -

A NAME is a loss, or a workload as the table names it. Losses:
{losses}
"""

#: What is measured beside the opponents: names in the JSON file, headings of the table.
LIMIT, ADD = "limit", "np.add"

#: The other libraries by name. There are none here: benchmarks/bench.py of the source adds its own.
OPPONENTS: dict[str, Opponent] = {}
NO_OPPONENTS = "no other library is measured: their code is in the source, python benchmarks/bench.py"

#: The JSON file says it. In files that do not, "numpy" is `fastloss.reference`.
FORMAT = 2

# A turn lasts at least this long, so that neither the clock nor the waking of threads counts.
TURN_SECONDS = 0.005
# Between turns: an OpenMP runtime keeps its threads spinning after a loop, on cores that the next library would need.
PAUSE_SECONDS = 0.005
# The turns of one opponent on one workload take at most about this long: where calls are long, it has a turn in fewer
# rounds, but in three.
BUDGET_SECONDS = 10.0
FEWEST_TURNS = 3
# Some other libraries end the process where a thread cannot be started.
MOST_THREADS = 1024
# In a quiet run of 15 rounds the quartiles lay 1 to 15 percent apart. Beyond this ratio a median is marked as doubtful.
UNSTEADY, MARK = 1.5, "†"
UNSTEADY_NOTE = f"{MARK} quartiles more than {UNSTEADY}x apart: something else was probably running"

Call = Callable[[], Any]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    losses = textwrap.fill(", ".join(fastloss.losses), width=100, initial_indent="  ", subsequent_indent="  ")
    parser.description, parser.epilog = DESCRIPTION, EPILOG.format(losses=losses)
    parser.add_argument("names", nargs="*", metavar="NAME", help="a loss or a workload; default: all")
    choice = f"separated by commas, of: {', '.join(OPPONENTS)}; default: all" if OPPONENTS else "where there are any: see above"
    parser.add_argument("--against", metavar="LIST", help=f"opponents, {choice}")
    parser.add_argument(
        "--json",
        nargs="?",
        const=STDOUT,
        metavar="FILE",
        help="write the results to FILE as JSON, in a directory by CPU and date; - or left out: to stdout, without tables",
    )
    parser.add_argument("--add", action="store_true", help="keep what FILE holds of workloads that are not measured now")
    parser.add_argument(
        "--threads",
        type=functools.partial(positive_integer, most=MOST_THREADS),
        metavar="N",
        help="threads of every library (default: those of fastloss)",
    )
    parser.add_argument(
        "--size", choices=[*SIZES, "all"], default="all", help="workloads of this size, and those named in full"
    )
    parser.add_argument(
        "--repeats", type=positive_integer, default=15, metavar="N", help="rounds of a workload (default: %(default)s)"
    )


# ---- the file of results -------------------------------------------------------------------------------------------


def commit() -> str | None:
    """The newest commit that changed what is measured; None outside a checkout, and where git is not at hand."""
    root = Path(fastloss.__file__).resolve().parent.parent
    if not (root / ".git").exists():
        return None
    command = ["git", "-C", str(root), "log", "-1", "--format=%h", "--", "csrc", "fastloss", ":!fastloss/cli"]
    try:
        asked = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return None
    return asked.stdout.strip() or None


def file_name(results: dict[str, Any]) -> str:
    """The name of a file with the results of one machine and day."""
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


def columns_of(results: list[dict[str, Any]], opponents: Iterable[str]) -> list[str]:
    """The columns that some of the results fill: names, in order."""
    names = (FASTLOSS.name, *opponents, LIMIT, ADD)
    return [name for name in names if any(name in result["seconds"] for result in results)]


def steady(measured: dict[str, float]) -> bool:
    """Whether the turns differ as little as where nothing else is running."""
    return measured["upper_quartile"] <= UNSTEADY * measured["lower_quartile"]


def cells(result: dict[str, Any], columns: Iterable[str]) -> list[str]:
    """A row of the table: the time of fastloss, those of opponents divided by it, it divided by limit and np.add."""
    seconds = result["seconds"]
    ours = seconds[FASTLOSS.name]["median"]
    row = []
    for name in columns:
        if name not in seconds:
            row.append("")
            continue
        theirs = seconds[name]["median"]
        if name == FASTLOSS.name:
            text = duration(ours)
        else:
            text = ratio(ours / theirs if name in (LIMIT, ADD) else theirs / ours) + "x"
        row.append(text if steady(seconds[name]) else text + MARK)
    return row


def show(results: dict[str, Any]) -> None:
    described = results["machine"]
    say(f"{described['cpu']}, {described['tier']}, {described['threads']} of {described['cores']} cores")
    say(", ".join(f"{name} {version}" for name, version in results["versions"].items()))
    # A size at a time, as each has columns of its own.
    for size in SIZES:
        rows = [r for r in results["workloads"] if r["size"] == size]
        if rows:
            print()
            columns = columns_of(rows, OPPONENTS)
            sides = {"workload": "<", **dict.fromkeys(columns, ">")}
            print_table(sides, [[r["name"], *cells(r, columns)] for r in rows])
    print()
    if not all(steady(measured) for result in results["workloads"] for measured in result["seconds"].values()):
        say(UNSTEADY_NOTE)
    if not OPPONENTS:
        print(NO_OPPONENTS)
    for name, reason in results["left_out"].items():
        say(f"left out: {name}: {reason}")
    for result in results["workloads"]:
        for name, reason in result["excluded"].items():
            say(f"excluded: {name} on {result['name']}: {reason}")


# ---- the command ----------------------------------------------------------------------------------------------------


def chosen_opponents(against: str | None) -> tuple[list[Opponent], dict[str, str]]:
    """Those that take part, and why each other one does not."""
    names = list(OPPONENTS) if against is None else [name for name in against.split(",") if name]
    for name in names:
        if not OPPONENTS:
            raise CommandError(NO_OPPONENTS)
        if name not in OPPONENTS:
            raise CommandError(f"there is no opponent {name!r}; choose from: {', '.join(OPPONENTS)}")
    reasons = {name: OPPONENTS[name].why_absent() for name in OPPONENTS if name in names}
    present = [OPPONENTS[name] for name, reason in reasons.items() if not reason]
    return present, {name: reason for name, reason in reasons.items() if reason}


def destination(given: str | None, results: dict[str, Any]) -> JsonFile | None:
    """The file to write; None: none, or stdout."""
    if given in (None, STDOUT):
        return None
    path = Path(given)
    return JsonFile(path / file_name(results) if path.is_dir() else path)


def earlier(path: Path, results: dict[str, Any]) -> dict[str, Any]:
    """What the file holds by the name of the workload, if it was measured on such a machine with the same versions."""
    if not path.exists():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        for what in ("format", "machine", "commit"):
            if found.get(what) != results[what]:
                raise CommandError(f"{path}: holds results of another {what}: {found.get(what)}, now {results[what]}")
        versions_then, versions_now = found["versions"], results["versions"]
        for name in versions_then.keys() & versions_now.keys():
            if versions_then[name] != versions_now[name]:
                raise CommandError(f"{path}: holds results of {name} {versions_then[name]}, now {versions_now[name]}")
        results["versions"] = {**versions_then, **versions_now}
        results["left_out"] = {**found["left_out"], **results["left_out"]}
        return {result["name"]: result for result in found["workloads"]}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise CommandError(f"{path}: holds no results of this command") from None


def run(arguments: argparse.Namespace) -> int:
    try:
        chosen = select(arguments.names, arguments.size)
    except ValueError as error:
        raise CommandError(str(error)) from None
    check_json_name(arguments.json, [*fastloss.losses, *(workload.name for workload in workloads())], "loss or workload")
    if arguments.add and arguments.json in (None, STDOUT):
        raise CommandError("--add needs the file to add to: --json FILE")
    threads = arguments.threads or min(fastloss.get_num_threads(), MOST_THREADS)
    opponents, left_out = chosen_opponents(arguments.against)
    results: dict[str, Any] = {
        "format": FORMAT,
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "commit": commit(),
        "machine": machine(threads),
        "versions": versions(opponent.distribution for opponent in opponents),
        "left_out": left_out,
        "workloads": [],
    }
    # Before the minutes of measuring, not after.
    to = destination(arguments.json, results)
    kept = earlier(Path(to.name), results) if arguments.add and to else {}
    order = {workload.name: place for place, workload in enumerate(workloads())}
    bench = Bench(opponents, threads, arguments.repeats)
    with (
        fastloss.num_threads(threads),
        to.growing() if to else nullcontext(),
        progress(len(chosen) * (arguments.repeats + 1), "bench") as advance,
    ):
        for workload in chosen:
            kept[workload.name] = bench.measure(workload, advance)
            results["workloads"] = sorted(kept.values(), key=lambda result: order.get(result["name"], len(order)))
            if to:
                to.keep(results)
    if arguments.json == STDOUT:
        print_json(results)
        return 0
    show(results)
    if to:
        with to.growing():
            to.finish(results)
    return 0
