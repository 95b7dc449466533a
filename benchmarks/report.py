"""Write docs/speed.md: `python benchmarks/report.py`; with `--check` see whether it is current.

The page shows the newest file in benchmarks/results/ of each CPU and SIMD tier. `table` and `filled` serve the pages of other
scripts here too.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from fastloss.cli._libraries import FASTLOSS
from fastloss.cli._workloads import SIZES
from fastloss.cli.bench import ADD, LIMIT, UNSTEADY_NOTE, cells, columns_of, steady

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results"
PAGE = HERE.parent / "docs" / "speed.md"
SIZE_TITLES = {"large": "Large arrays", "medium": "Arrays that fit in a cache", "small": "The cost of a call"}
#: The opponents, in the order of the columns.
TITLES = {"numpy": "NumPy", "torch": "PyTorch", "torch.compile": "torch.compile", "jax": "JAX jit", "sklearn": "scikit-learn"}

INTRODUCTION = f"""\
# Speed

Value and gradient of the mean, float32, default parameters. The first column is the time of fastloss. That of an opponent is
its time divided by the time of fastloss: at 3.00x it took three times as long, below 1 it was faster. `{LIMIT}` is the time of
fastloss divided by that in which the machine copies as many bytes as any implementation has to move, `{ADD}` the time of
fastloss divided by that of one `np.add` of 32 numbers. NumPy is
[code as a practised user writes it](../benchmarks/numpy_formulas/__init__.py), which NumPy runs on one thread; of the others
[benchmarks/README.md](../benchmarks/README.md) says what is called, and how all is measured.

![Times of NumPy, PyTorch, JAX and scikit-learn as multiples of that of fastloss](pictures/speed.png)
"""


class Found(NamedTuple):
    """A file of results, without what the page does not show."""

    path: Path
    results: dict[str, Any]


def table(columns: dict[str, str], rows: Iterable[Sequence[str]]) -> str:
    """In Markdown; `columns` as for `print_table`."""

    def line(cells: Iterable[str]) -> str:
        return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"

    rules = ["---" if side == "<" else "---:" for side in columns.values()]
    return "\n".join([line(columns), line(rules), *map(line, rows)])


# ---- results --------------------------------------------------------------------------------------------------------


def read(path: Path) -> Found:
    results = json.loads(path.read_text(encoding="utf-8"))
    if "format" not in results:
        # There "numpy" is the reference, which is written to be right and read, not to be quick.
        for result in results["workloads"]:
            result["seconds"].pop("numpy", None)
            result["excluded"].pop("numpy", None)
    return Found(path, results)


def newest(directory: Path = RESULTS) -> list[Found]:
    """The newest results of each CPU and tier, newest day first; of one day, those with most measurements first."""
    every = sorted(map(read, sorted(directory.glob("*.json"))), key=lambda found: found.results["date"])
    by_machine = {(found.results["machine"]["cpu"], found.results["machine"]["tier"]): found for found in every}

    def place(found: Found) -> tuple[str, int]:
        return found.results["date"][:10], sum(len(result["seconds"]) for result in found.results["workloads"])

    return sorted(by_machine.values(), key=place, reverse=True)


def slower_than_opponents(results: dict[str, Any]) -> list[str]:
    """Where an opponent took less time than fastloss."""
    found = []
    for result in results["workloads"]:
        seconds = {name: measured["median"] for name, measured in result["seconds"].items()}
        quicker = [title for name, title in TITLES.items() if seconds.get(name, math.inf) < seconds[FASTLOSS.name]]
        if quicker:
            found.append(f"`{result['name']}` ({', '.join(quicker)})")
    return found


def machine_title(results: dict[str, Any]) -> str:
    machine = results["machine"]
    threads = f"{machine['threads']} thread{'s'[: machine['threads'] > 1]}"
    return f"{machine['cpu']}, {machine['tier']}, {threads}, {results['date'][:10]}"


def machine_text(results: dict[str, Any]) -> str:
    """One machine: what it is, a table a size, and where fastloss loses."""
    machine = results["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in results["versions"].items())
    seconds = [measured for result in results["workloads"] for measured in result["seconds"].values()]
    repeats = sorted({measured["repeats"] for measured in seconds})
    turns = str(repeats[0]) if len(repeats) == 1 else f"{repeats[0]} to {repeats[-1]}"
    at = f" at commit {results['commit']}" if results.get("commit") else ""
    cores = f"{machine['cores']} core{'s'[: machine['cores'] > 1]}"
    parts = [f"{machine['system']}, {cores}; {versions}{at}. Medians of {turns} turns."]
    for size in reversed(SIZES):
        rows = [result for result in results["workloads"] if result["size"] == size]
        if rows:
            columns = columns_of(rows, TITLES)
            titles = {"workload": "<", **{TITLES.get(name, name): ">" for name in columns}}
            body = table(titles, [[f"`{result['name']}`", *cells(result, columns)] for result in rows])
            parts.append(f"{SIZE_TITLES[size]}:\n\n{body}")
    if not all(map(steady, seconds)):
        parts.append(f"{UNSTEADY_NOTE}.")
    slower = slower_than_opponents(results)
    parts.append("Slower than an opponent: " + ("; ".join(slower) if slower else "nowhere in these tables") + ".")
    excluded = "; ".join(f"{TITLES.get(n, n)} on `{r['name']}`" for r in results["workloads"] for n in r["excluded"])
    if excluded:
        parts.append(f"Excluded, because it failed or disagreed: {excluded}.")
    left_out = "; ".join(f"{TITLES.get(name, name)}, {reason}" for name, reason in results["left_out"].items())
    if left_out:
        parts.append(f"Not measured: {left_out}.")
    return "\n\n".join(parts)


# ---- pages ----------------------------------------------------------------------------------------------------------


def files(results: Path = RESULTS) -> dict[Path, str]:
    """The generated page and its full text, from the results in a directory. Nothing is written."""
    parts = [INTRODUCTION]
    for place, found in enumerate(newest(results)):
        title, text = machine_title(found.results), machine_text(found.results)
        if place == 0:
            parts.append(f"## {title}\n\n{text}\n")
        else:
            parts.append(f"<details><summary>{title}</summary>\n\n{text}\n\n</details>\n")
    if len(parts) == 1:
        parts.append("Nothing was measured yet.\n")
    return {PAGE: "\n".join(parts)}


def filled(text: str, name: str, body: str) -> str:
    """`text` with `body` between the markers of `name`.

    Raises
    ------
    ValueError
        Unless each marker stands there once, begin before end.
    """
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    if text.count(begin) != 1 or text.count(end) != 1 or text.index(begin) > text.index(end):
        raise ValueError(f"the markers {begin} and {end} must each stand there once, in this order")
    before, _, rest = text.partition(begin)
    return f"{before}{begin}\n{body}\n{end}{rest.partition(end)[2]}"


def main(argv: Sequence[str] | None = None) -> int:
    """Write the page, or check it; the exit status."""
    parser = argparse.ArgumentParser(description="Write docs/speed.md from the results of measurements.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit status 1 if the page is not current")
    parser.add_argument("--results", type=Path, default=RESULTS, metavar="DIRECTORY")
    arguments = parser.parse_args(argv)
    stale = 0
    for path, text in files(arguments.results).items():
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        if arguments.check:
            print(f"{path}: stale; run `python benchmarks/report.py`", file=sys.stderr)
            stale = 1
        else:
            path.write_text(text, encoding="utf-8")
            print(f"{path}: written")
    return stale


if __name__ == "__main__":
    sys.exit(main())
