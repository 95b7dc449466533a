"""Write docs/assurance.md, the evidence for what fastloss promises, from the results of a full run of the tests.

    python tools/assurance.py break RESULTS        # break the library on purpose, and see the tests fail: RESULTS/broken.json
    python tools/assurance.py write RESULTS [TO]   # RESULTS/*.xml (pytest --junitxml) and *.json become docs/assurance.md

`.ci/deep` makes the results. tests/promises.py lists the promises, their tests, and how each test was seen failing.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from promises import PROMISES, Break, function_of  # noqa: E402

from fastloss import _verify  # noqa: E402

# ---- tests seen failing ---------------------------------------------------------------------------------------------


def fails(checkout: Path, test: str) -> tuple[bool, str]:
    """Whether the test failed, and the last lines of what was printed. A crash is a failure, an empty run is none."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-n0", "-p", "no:cacheprovider", "--no-header", *test.split()]
    environment = {**os.environ, "PYTHONPATH": str(checkout)}
    done = subprocess.run(command, cwd=checkout / "tests", env=environment, capture_output=True, text=True, timeout=900)
    failed = done.returncode == 1 or done.returncode < 0 or done.returncode >= 128
    return failed, (done.stdout + done.stderr)[-2000:]


def build(checkout: Path) -> None:
    # Without much optimisation and one tier alone, for speed: what is broken stays broken.
    environment = {**os.environ, "FASTLOSS_CFLAGS": "-O1", "FASTLOSS_TIERS": _verify.usable_tiers()[-1]}
    command = [sys.executable, "setup.py", "--quiet", "build_ext", "--inplace"]
    done = subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"the build of the broken library ended with {done.returncode}:\n{done.stderr[-4000:]}")


def see_fail(checkout: Path, broken: Break) -> dict[str, object]:
    file = checkout / broken.file
    whole = file.read_text()
    if whole.count(broken.before) != 1:
        raise SystemExit(f"tests/promises.py, {broken.what!r}: {broken.file} does not hold once: {broken.before}")
    if broken.tier and broken.tier not in _verify.usable_tiers():
        print(f"        not tried: {broken.what}: this CPU has no {broken.tier}", flush=True)
        return {"what": broken.what, "failed": [], "passed": {}, "needs": broken.tier}
    started = time.monotonic()
    file.write_text(whole.replace(broken.before, broken.after))
    try:
        if broken.file.startswith("csrc/") or broken.file.endswith(".pyx"):
            build(checkout)
        found = {test: fails(checkout, test) for test in broken.tests}
    finally:
        file.write_text(whole)
    for test, (failed, _) in found.items():
        print(f"{'fails' if failed else 'PASSES':7} {test}, with {broken.what}", flush=True)
    print(f"        {time.monotonic() - started:.0f} s", flush=True)
    return {
        "what": broken.what,
        "failed": [test for test, (failed, _) in found.items() if failed],
        "passed": {test: output for test, (failed, output) in found.items() if not failed},
    }


def break_all(results: Path, only: str) -> int:
    """Break a copy of the committed tree in each way, one at a time."""
    breaks = [b for promise in PROMISES for b in promise.breaks if only in b.what]
    checkout = results / "broken"
    shutil.rmtree(checkout, ignore_errors=True)
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(checkout)], check=True)
    record = results / "broken.json"
    # With --only, what was found before stays.
    found = {f["what"]: f for f in json.loads(record.read_text())} if only and record.exists() else {}
    try:
        for broken in breaks:
            found[broken.what] = see_fail(checkout, broken)
    finally:
        shutil.rmtree(checkout)
    wanted = [b.what for promise in PROMISES for b in promise.breaks]
    found = [found[what] for what in wanted if what in found]
    record.write_text(json.dumps(found, indent=1))
    for f in found:
        for test, output in f["passed"].items():
            print(f"\n{test} does not notice {f['what']}:\n{output}")
    print(broken_sentence(found))
    return 0 if found and not any(f["passed"] for f in found) else 1


def broken_sentence(found: list[dict[str, Any]]) -> str:
    """How many ways to break the library were noticed, and at which depth of the tests."""
    tried = [f for f in found if f["failed"] or f["passed"]]
    whole = sum(not f["passed"] for f in tried)
    quick = sum(any(" --" not in test for test in f["failed"]) for f in tried)
    needs = "; ".join(f"{f['what']} ({f['needs']} is missing here)" for f in found if f.get("needs"))
    late = "; ".join(b.what for p in PROMISES for b in p.breaks if b.late and not b.tier)
    return (
        f"{whole} of {len(tried)} ways to break the library were noticed by each of their tests, {quick} of {len(found)} by "
        f"plain `pytest` already. At greater depth only: {late}." + (f" Not tried: {needs}." if needs else "")
    )


# ---- the report -----------------------------------------------------------------------------------------------------


@dataclass
class Outcome:
    """Of one test function, over all its items."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0.0
    properties: list[tuple[str, str, str]] = field(default_factory=list)  #: item, name, value

    def verdict(self) -> str:
        if self.failed:
            return f"**{self.failed} failed**"
        return f"{self.passed} passed" + (f", {self.skipped} left out" if self.skipped else "") if self.passed else "left out"


def total(outcomes: Iterable[Outcome]) -> Outcome:
    whole = Outcome()
    for o in outcomes:
        whole.passed, whole.failed, whole.skipped = whole.passed + o.passed, whole.failed + o.failed, whole.skipped + o.skipped
        whole.seconds += o.seconds
    return whole


def outcomes(report: Path) -> dict[str, Outcome]:
    found: dict[str, Outcome] = {}
    for case in ElementTree.parse(report).iter("testcase"):
        file = case.get("classname", "").split(".")[-1] + ".py"
        function, _, item = case.get("name", "").partition("[")
        outcome = found.setdefault(f"{file}::{function}", Outcome())
        outcome.seconds += float(case.get("time", 0))
        if case.find("failure") is not None or case.find("error") is not None:
            outcome.failed += 1
        elif case.find("skipped") is not None:
            outcome.skipped += 1
        else:
            outcome.passed += 1
        for p in case.iter("property"):
            outcome.properties.append((item.rstrip("]"), p.get("name", ""), p.get("value", "")))
    return found


def counted(outcome: Outcome) -> str:
    """The numbers that a test recorded, added up over its items."""
    sums: dict[str, int] = {}
    for _, name, value in outcome.properties:
        if value.isdigit():
            sums[name] = sums.get(name, 0) + int(value)
    return ", ".join(f"{n:,} {name}" for name, n in sums.items())


def table(heads: list[str], rows: Iterable[list[str]]) -> Iterator[str]:
    yield "| " + " | ".join(heads) + " |"
    yield "| " + " | ".join("---" for _ in heads) + " |"
    for row in rows:
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"
    yield ""


def output_of(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip().splitlines()[0]
    except (OSError, subprocess.CalledProcessError, IndexError):
        return ""


def processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def commit_of(results_folder: Path, run: str) -> str:
    """What was tested: short hash, date and subject."""
    return (results_folder / f"{run}.commit").read_text().strip()


HEAD = """\
# Assurance

What fastloss promises, which test would fail if it were not so, and what the last full run of these tests found. Written by
`tools/assurance.py` from the results of `.ci/deep`; do not edit. `.ci/run`, which every change passes, runs a sample of each.
"""

BREAKING = """\
A test that cannot fail proves nothing. So the library is broken on purpose, one line at a time, and the tests must notice; the
last column names what was broken. `tests/promises.py` has the lines.
"""


def evidence_row(test: str, results: dict[str, dict[str, Outcome]], noticed: dict[str, list[str]]) -> list[str]:
    run, _, name = test.rpartition(": ")
    found = results[run] if run else results[ALL]
    outcome = total(found.values()) if name == "all" else found.get(name)
    seen = "; ".join(noticed.get(name, []))
    if name == "all":
        return [f"the tests as a whole, run {run}", outcome.verdict(), "", ""]
    if not outcome:
        return [f"`{name}`", "**not run**", "", seen]
    return [f"`{name}`", outcome.verdict(), counted(outcome), seen]


def recorded(outcome: Outcome | None) -> dict[str, dict[str, str]]:
    """What a test recorded, by item and name."""
    found: dict[str, dict[str, str]] = {}
    for item, name, value in outcome.properties if outcome else []:
        found.setdefault(item, {})[name] = value
    return found


def worst_of(values: dict[str, str], pattern: str) -> tuple[float, str, str]:
    """The largest error of the values whose name matches, where it was found, and what the pattern's group matched."""
    found = [(0.0, "", "")]
    for name, value in values.items():
        if (of_tier := re.fullmatch(pattern, name)) and (error := re.match(r"(\S+) ulp[;:]? *(.*)", value, re.DOTALL)):
            found.append((float(error[1]), error[2].removeprefix("at ").removeprefix(",").strip(), of_tier[1]))
    return max(found)


def functions_table(results: dict[str, dict[str, Outcome]]) -> Iterator[str]:
    rows = []
    for dtype, test in FUNCTION_TESTS.items():
        for name, values in recorded(results[ALL].get(test)).items():
            tiers = [tier for key in values if (tier := key.removeprefix("worst on ")) != key]
            errors = [f"{worst_of(values, f'worst on ({tier})')[0]:.3f} ({tier})" for tier in tiers]
            inputs = f"{int(values['inputs']):,}" if "inputs" in values else ""
            rows.append([f"`{name}`", dtype, inputs, ", ".join(errors), f"`{worst_of(values, 'worst on (.*)')[1]}`"])
    yield "Worst errors in ulp of the result, and the input where the largest was found:"
    yield ""
    yield from table(["function", "type", "inputs", "worst (tier)", "at"], sorted(rows))


def losses_table(results: dict[str, dict[str, Outcome]]) -> Iterator[str]:
    rows = []
    for item, values in recorded(results[ALL].get(LOSS_TEST)).items():
        cells, worst = [], (0.0, "", "")
        for output in ("value", "grad", "hess"):
            error = worst_of(values, rf"(?!plain)(\S+) {output}")
            cells.append(f"{error[0]:.2f}")
            worst = max(worst, error)
        plain, where, output = worst_of(values, r"plain (value|grad|hess)")
        condition = re.match(r"where an ulp in the inputs makes (\S+);", where)
        moved = f"{plain:.3g} ({output})" + (f" of {condition[1]}" if condition else "")
        rows.append([f"`{item}`", f"{int(values['points']):,}", *cells, moved, f"`{' '.join(worst[1].split())[:160]}`"])
    yield (
        "Worst errors in ulp, beyond what one ulp in the inputs would change; then the worst without that allowance, and how "
        "many ulp of the result one ulp in the inputs makes there (its condition number); last, the worst case."
    )
    yield ""
    yield from table(
        ["loss, type", "points", "value", "gradient", "Hessian", "plain, of what one ulp makes", "worst case"], rows
    )


#: The outcomes of all parts together.
ALL = "all parts"

FUNCTION_TESTS = {
    "float32": "test_functions.py::test_float32_is_within_its_bound_on_every_input",
    "float64": "test_functions.py::test_float64_is_within_its_bound_on_the_validation_set",
}
LOSS_TEST = "test_exact.py::test_kernels_are_exact_within_the_bound"
TABLES = {"functions": functions_table, "losses": losses_table}


def write(results_folder: Path, to: Path) -> int:
    results = {path.stem: outcomes(path) for path in sorted(results_folder.glob("*.xml"))}
    runs = list(results)
    # Each test belongs to one part of .ci/deep, but for the run with sanitizers.
    results[ALL] = {test: found for run in runs if run != "sanitized" for test, found in results[run].items()}
    broken = json.loads((results_folder / "broken.json").read_text())
    noticed: dict[str, list[str]] = {}
    for b in broken:
        for test in b["failed"]:
            noticed.setdefault(function_of(test), []).append(b["what"])
        for test in b["passed"]:
            noticed.setdefault(function_of(test), []).append(f"**not with {b['what']}**")

    lines = [HEAD]
    lines += table(
        ["", ""],
        [
            ["date", datetime.date.today().isoformat()],
            ["processor", processor()],
            ["system", f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"],
            *([kind, version] for kind in ("gcc", "clang-19", "aarch64-linux-gnu-gcc", "qemu-aarch64", "valgrind")
              if (version := output_of(kind, "--version"))),
        ],
    )  # fmt: skip
    rows = []
    for name in runs:
        whole = total(results[name].values())
        numbers = [f"{n:,}" for n in (whole.passed, whole.failed, whole.skipped)]
        rows.append([name, *numbers, f"{whole.seconds / 60:.0f}", commit_of(results_folder, name)])
    lines += table(["run", "passed", "failed", "left out", "minutes", "commit"], rows)
    lines += [BREAKING]
    lines += [broken_sentence(broken) + "\n"]
    for promise in PROMISES:
        lines += [f"## {promise.title}", "", promise.text, ""]
        lines += table(
            ["test", "result", "counted", "seen failing with"], [evidence_row(test, results, noticed) for test in promise.tests]
        )
        if promise.table:
            lines += TABLES[promise.table](results)
    to.write_text("\n".join(lines).rstrip("\n") + "\n")
    unnoticed = any(b["passed"] for b in broken)
    return 1 if unnoticed or any(o.failed for run in runs for o in results[run].values()) else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    breaking = commands.add_parser("break", help="break the library on purpose, and see the tests fail")
    breaking.add_argument("results", type=Path)
    breaking.add_argument("--only", default="", help="those whose description holds this text")
    writing = commands.add_parser("write", help="write the report")
    writing.add_argument("results", type=Path)
    writing.add_argument("to", type=Path, nargs="?", default=ROOT / "docs" / "assurance.md")
    arguments = parser.parse_args()
    if arguments.command == "break":
        return break_all(arguments.results.resolve(), arguments.only)
    return write(arguments.results, arguments.to)


if __name__ == "__main__":
    sys.exit(main())
