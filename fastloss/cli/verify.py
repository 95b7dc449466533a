"""`fastloss verify`: the error of every loss, on this machine, against the reference."""

from __future__ import annotations

import argparse
import functools
import textwrap
import time
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import fastloss
from fastloss import _verify
from fastloss._verify import Case, Worst
from fastloss.cli._json import STDOUT, JsonFile, about, add_json_option, check_json_name, in_json, print_json
from fastloss.cli._terminal import CommandError, Counter, StreamedTable, positive_integer, unknown

__all__ = ["add_arguments", "run"]

DESCRIPTION = """\
Measure the worst error of value, gradient and Hessian of every loss, in each dtype and SIMD tier that this CPU can run,
against the NumPy reference in a higher precision; and that of the elementary functions the losses are made of.

The unit is the ULP, the distance to the next number of the dtype, after what such an error in the input would change.
Each loss is measured with its default parameters and with others; a row shows the worst, and passes where none is above
the bound that stands beside the name. "2nd" are the derivatives by a second argument and those behind it, a target,
a scale, another vector, of the losses that have them. Tiers that agree share a row. Of what fails, the input is shown
with the worst error.

By default every set of parameters is measured, on few numbers, in half a minute; --full takes some minutes.
"""

EPILOG = """\
examples:
  fastloss verify
  fastloss verify huber exp --tier avx2 --samples 1000000
  fastloss verify --full --json findings.json

Losses and functions:
{names}

Exit status: 0 where every bound holds, 1 where one is broken, 2 for wrong input, 130 when interrupted.
"""

NAMES = {"value": "value", "grad": "gradient", "hess": "Hessian"}
# The columns of the table. Those of derivatives by a second argument have the worst of all behind the first.
OUTPUTS = {**NAMES, "second_grad": "2nd grad", "second_hess": "2nd Hess"}
# No error is wider: see `error_as_text`.
ERROR_WIDTH = 8

QUICK_SAMPLES, FULL_SAMPLES, MOST_SAMPLES = 1000, 20_000, 100_000_000
# Lengths of rows in a quick run: within and beyond a group of lanes.
# The defaults, and all parameters off them at once, get all lengths.
QUICK_CLASSES = (10, 65)
# A number costs little beside that of a loss, which is computed many times, with its input moved.
FUNCTION_FACTOR = 10

# A row is shown by so many numbers at either end.
EDGE = 3


def error_as_text(error: float) -> str:
    """An error in at most 8 characters."""
    return f"{error:.2f}" if error < 9999 else f"{error:.2g}"


def bounds_as_text(bounds: dict[str, float]) -> str:
    """The bound, and those of outputs that have another."""
    first = next(iter(bounds.values()))
    others = {NAMES[output]: bound for output, bound in bounds.items() if bound != first and output in NAMES}
    return ", ".join([f"bound {first:g}", *(f"{name} {bound:g}" for name, bound in others.items())])


def output_as_text(name: str, output: str) -> str:
    """What an output of a loss is called in a sentence, with the argument that it is by where that is not the first."""
    ordinal, _, what = output.rpartition("_")
    if not ordinal:
        return NAMES[what]
    by = fastloss.losses[name].declared.derivatives("grad" if what == "grad" else "grad_and_hess")
    return f"{NAMES[what]} by {by[_verify.ORDINALS.index(f'{ordinal}_')]}"


def column_of(output: str) -> str:
    """The column that an output stands in, one of `OUTPUTS`."""
    ordinal, _, what = output.rpartition("_")
    return f"second_{what}" if ordinal else what


def number_as_text(number: Any, dtype: np.dtype[Any]) -> str:
    """Enough digits to tell apart the numbers of the dtype; of what is expected, of more precision, some more."""
    if not np.isfinite(number) or number == 0 or number.dtype == dtype:
        return str(number)
    digits = {"float32": 12, "float64": 20}[dtype.name]
    if 1e-4 <= abs(number) < 1e16:
        return np.format_float_positional(number, digits, unique=False, fractional=False, trim="-")
    return np.format_float_scientific(number, digits - 1, unique=False, trim="-")


def array_as_text(x: Any) -> str:
    """A number or a row; a long row is abbreviated."""
    if not np.ndim(x):
        return str(x)
    texts = [str(number) for number in x]
    if len(texts) > 2 * EDGE + 1:
        texts = [*texts[:EDGE], "...", *texts[-EDGE:]]
        return f"[{', '.join(texts)}] of {len(x)}"
    return f"[{', '.join(texts)}]"


@dataclass(frozen=True)
class Failure:
    """A bound that was broken: what was computed, and its worst error."""

    name: str
    call: str
    dtype: np.dtype[Any]
    tier: str
    output: str
    bound: float
    worst: Worst

    def where(self) -> str:
        """In a row or a loss of several numbers, of a derivative."""
        if self.worst.place is None:
            return ""
        (name, x), *_ = self.worst.inputs.items()
        what = "class" if fastloss.losses[self.name].declared.has_classes else "element"
        return f", at {what} {self.worst.place}, where {name} = {x[self.worst.place]}"

    def text(self) -> str:
        worst = self.worst
        found, expected = (number_as_text(number, self.dtype) for number in (worst.found, worst.expected))
        lines = [
            f"FAIL {self.call}, {self.dtype}, {self.tier}: "
            f"the {output_as_text(self.name, self.output)} is off by {worst.error:.5g} ULP; the bound is {self.bound:g}",
            f"found {found}, expected {expected}{self.where()}",
            *(f"{name} = {array_as_text(x)}" for name, x in worst.inputs.items()),
        ]
        wrapped = (
            textwrap.wrap(line, 79, initial_indent="  " * (i > 0), subsequent_indent="    ", break_on_hyphens=False)
            for i, line in enumerate(lines)
        )
        return "\n".join(line for lines in wrapped for line in lines)

    def json(self) -> dict[str, Any]:
        def plain(x: Any) -> Any:
            numbers = np.asarray(x)
            texts = [int(n) if numbers.dtype.kind in "biu" else in_json(n) for n in numbers.reshape(-1)]
            return texts if numbers.ndim else texts[0]

        return {
            "call": self.call,
            "dtype": self.dtype.name,
            "tier": self.tier,
            "output": self.output,
            "error": in_json(self.worst.error),
            "bound": self.bound,
            "inputs": {name: plain(x) for name, x in self.worst.inputs.items()},
            "place": self.worst.place,
            "expected": number_as_text(self.worst.expected, self.dtype),
            "found": number_as_text(self.worst.found, self.dtype),
        }


@dataclass
class Finding:
    """What was found of one loss or function in one dtype: the worst errors by tier, their bounds, and what broke one worst."""

    name: str
    dtype: np.dtype[Any]
    bounds: dict[str, float]
    errors: dict[str, dict[str, float]] = field(default_factory=dict)
    broken: dict[str, Failure] = field(default_factory=dict)

    def add(self, tier: str, call: str, found: dict[str, Worst]) -> None:
        worst = self.errors.setdefault(tier, {})
        for output, one in found.items():
            worst[output] = float(np.maximum(worst.get(output, 0.0), one.error))  # NaN, if there is one
            before = self.broken.get(output)
            if not one.error <= self.bounds[output] and not (before and one.error <= before.worst.error):
                self.broken[output] = Failure(self.name, call, self.dtype, tier, output, self.bounds[output], one)

    def rows(self) -> Iterable[list[str]]:
        """Tiers, errors and verdict; tiers of which the same is to be said share a row."""
        shared: dict[tuple[str, ...], list[str]] = {}
        for tier, errors in self.errors.items():
            passes = all(error <= self.bounds[output] for output, error in errors.items())
            columns: dict[str, float] = {}
            for output, error in errors.items():
                column = column_of(output)
                columns[column] = float(np.maximum(columns.get(column, 0.0), error))
            texts = [error_as_text(columns[column]) if column in columns else "" for column in OUTPUTS]
            shared.setdefault((*texts, "pass" if passes else "FAIL"), []).append(tier)
        return [[", ".join(tiers), *texts] for texts, tiers in shared.items()]

    def json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "dtype": self.dtype.name,
            "passes": not self.broken,
            "bounds": self.bounds,
            "errors": {tier: {k: in_json(error) for k, error in errors.items()} for tier, errors in self.errors.items()},
            "failures": [failure.json() for failure in self.broken.values()],
        }


def add_arguments(parser: argparse.ArgumentParser) -> None:
    names = ", ".join([*fastloss.losses, *_verify.FUNCTION_BOUNDS])
    listed = textwrap.fill(names, width=100, initial_indent="  ", subsequent_indent="  ")
    parser.description, parser.epilog = DESCRIPTION, EPILOG.format(names=listed)
    parser.add_argument("names", nargs="*", metavar="LOSS", help="a loss or an elementary function; default: all")
    parser.add_argument("--tier", choices=_verify.usable_tiers(), help="measure this tier only")
    text = "all sets of parameters with rows of every length, on many numbers"
    parser.add_argument("--full", action="store_true", help=text)
    text = f"numbers a set of parameters is measured on (default: {QUICK_SAMPLES:,}; with --full {FULL_SAMPLES:,})"
    parser.add_argument("--samples", type=functools.partial(positive_integer, most=MOST_SAMPLES), metavar="N", help=text)
    add_json_option(parser, "the findings")


def chosen(names: list[str]) -> tuple[list[str], list[str]]:
    """The losses and the functions that were named; all of both, if none was."""
    losses = list(fastloss.losses)
    known = [*losses, *_verify.FUNCTION_BOUNDS]
    for name in names:
        if name not in known:
            raise CommandError(f"{unknown('loss or function', name, known)}; see `fastloss verify --help`")
    names = names or known
    return [n for n in losses if n in names], [n for n in _verify.FUNCTION_BOUNDS if n in names]


class Run:
    """What is to be measured, and what was found so far."""

    def __init__(self, names: list[str], tiers: list[str], samples: int, full: bool) -> None:
        self.losses, self.functions = chosen(names)
        self.tiers, self.samples, self.full = tiers, samples, full
        self.cases = {name: _verify.cases([name]) for name in self.losses}
        self.total = len(self.losses) + len(self.functions)
        self.total_cases = sum(map(len, self.cases.values())) + len(_verify.DTYPES) * len(self.functions)
        self.cases_done = 0
        self.findings: list[Finding] = []
        self.counter = Counter()

    def names_done(self) -> int:
        return len({finding.name for finding in self.findings})

    def measured(self, case: Case, ends: bool) -> dict[str, dict[str, Worst]]:
        """`ends`: whether it is the first or last set of parameters, the defaults or all of them off these."""
        classes = _verify.CLASSES if self.full or ends else QUICK_CLASSES
        return _verify.worst(case, self.tiers, self.samples, classes=classes)

    def of_loss(self, name: str) -> list[Finding]:
        findings: dict[np.dtype[Any], Finding] = {}
        of_dtype = [[case for case in self.cases[name] if case.dtype == dtype] for dtype in _verify.DTYPES]
        for cases in of_dtype:
            for i, case in enumerate(cases):
                self.counter.show(f"{self.names_done()}/{self.total}, now {name}, {i}/{len(cases)} in {case.dtype}")
                bounds = {output: _verify.bound(case, output) for output in _verify.outputs(case)}
                finding = findings.setdefault(case.dtype, Finding(name, case.dtype, bounds))
                ends = i in (0, len(cases) - 1) or case.labels != cases[i - 1].labels
                for tier, found in self.measured(case, ends).items():
                    finding.add(tier, case.id.removesuffix(f"-{case.dtype}"), found)
                self.cases_done += 1
        return list(findings.values())

    def of_function(self, name: str) -> list[Finding]:
        findings = []
        for dtype in _verify.DTYPES:
            self.counter.show(f"{self.names_done()}/{self.total}, now {name} in {dtype}")
            findings.append(Finding(name, dtype, {"value": _verify.FUNCTION_BOUNDS[name]}))
            for tier in self.tiers:
                found = _verify.worst_of_function(name, dtype, tier, FUNCTION_FACTOR * self.samples)
                findings[-1].add(tier, name, {"value": found})
            self.cases_done += 1
        return findings

    def measure(self) -> Iterator[list[Finding]]:
        """The findings of one name after the other."""
        for names, measure in ((self.losses, self.of_loss), (self.functions, self.of_function)):
            for name in names:
                findings = measure(name)
                self.findings += findings
                self.counter.clear()
                yield findings

    def json(self) -> dict[str, Any]:
        return {
            "tiers": self.tiers,
            "full": self.full,
            "samples": self.samples,
            "cases": {"measured": self.cases_done, "all": self.total_cases},
            "complete": self.names_done() == self.total,
            "findings": [finding.json() for finding in self.findings],
        }

    def summary(self) -> str:
        passed = sum(not finding.broken for finding in self.findings)
        share = f"{self.cases_done:,} of {self.total_cases:,} sets of parameters, on about {self.samples:,} numbers each"
        more = "" if self.full else f" (with --full {FULL_SAMPLES:,})"
        return f"{passed} of {len(self.findings)} pass. Measured: {share}{more}"


def print_findings(table: StreamedTable, findings: list[Finding], count: str) -> None:
    """A line for the name, and below it rows by dtype and tier."""
    first = findings[0]
    about = f"{first.name}  {bounds_as_text(first.bounds)}"
    table.line(f"{about:<{table.width - len(count)}}{count}", "bold")
    for finding in findings:
        for row in finding.rows():
            table.row([finding.dtype.name, *row], "bold red" if row[-1] == "FAIL" else "")


def print_run(run: Run, file: JsonFile | None, header: dict[str, Any]) -> None:
    columns = {"dtype": ("<", len("float64")), "tier": ("<", max(len("tier"), len(", ".join(run.tiers))))}
    columns |= dict.fromkeys(OUTPUTS.values(), (">", ERROR_WIDTH)) | {"pass": ("<", len("pass"))}
    table = StreamedTable(columns)
    table.line("Worst errors in ULP.")
    table.headings()
    begin = time.monotonic()
    try:
        for findings in run.measure():
            print_findings(table, findings, f"{run.names_done()}/{run.total}")
            if file:
                file.keep({**header, **run.json()})
    finally:
        # An interrupted run says this much too.
        run.counter.clear()
        table.line("")
        for finding in run.findings:
            for failure in finding.broken.values():
                table.line(failure.text())
        if run.names_done() == run.total:
            state = f"it took {time.monotonic() - begin:.0f} s"
        else:
            state = f"interrupted after {run.names_done()} of {run.total} losses and functions"
        for line in textwrap.wrap(f"{run.summary()}; {state}.", 79):
            table.line(line)
    if file:
        file.finish({**header, **run.json()})


def run(arguments: argparse.Namespace) -> int:
    tiers = [arguments.tier] if arguments.tier else _verify.usable_tiers()
    samples = arguments.samples or (FULL_SAMPLES if arguments.full else QUICK_SAMPLES)
    check_json_name(arguments.json, [*fastloss.losses, *_verify.FUNCTION_BOUNDS], "loss or function")
    file = JsonFile(arguments.json) if arguments.json not in (None, STDOUT) else None
    run = Run(arguments.names, tiers, samples, arguments.full)
    header = about() if arguments.json else {}
    if arguments.json == STDOUT:
        try:
            for _ in run.measure():
                pass
        finally:
            run.counter.clear()
            print_json({**header, **run.json()})
    else:
        with file.growing() if file else nullcontext():
            print_run(run, file, header)
    return 1 if any(finding.broken for finding in run.findings) else 0
