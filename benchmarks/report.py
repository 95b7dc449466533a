"""Write the generated tables of README.md: `python benchmarks/report.py`; with `--check` see whether they are current.

The losses come from the registry, the speeds from the newest file in `benchmarks/results/` of each CPU and SIMD tier.
Each table stands between two markers, comments that the rendered page does not show.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from fastloss import row_functions
from fastloss._registry import REAL, Parameter, Row, registry
from fastloss.cli._opponents import FASTLOSS, OPPONENTS
from fastloss.cli._workloads import SIZES
from fastloss.cli.bench import cells, headings, unsteady

HERE = Path(__file__).resolve().parent
SIZE_TITLES = {"large": "Large arrays", "medium": "Arrays that fit in a cache", "small": "The cost of a call"}


def table(columns: dict[str, str], rows: Iterable[Sequence[str]]) -> str:
    """In Markdown; `columns` as for `print_table`."""

    def line(cells: Iterable[str]) -> str:
        return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"

    rules = ["---" if side == "<" else "---:" for side in columns.values()]
    return "\n".join([line(columns), line(rules), *map(line, rows)])


# ---- losses ---------------------------------------------------------------------------------------------------------


def described_parameter(parameter: Parameter) -> str:
    accepted = {bool: "True or False", int: "an integer"}.get(parameter.kind.type, f"in {parameter.range}")
    if parameter.kind.array == "classes":
        accepted = f"one number a class {accepted}"
    if parameter.kind.array == "elements":
        accepted += ", or an array"
    if parameter.kind.optional and parameter.default is not None:
        accepted += ", or None"
    return f"`{parameter.name}` = {parameter.default}: {accepted}"


def described_target(row: Row) -> str:
    if row.label_lists:
        return "lists of labels"
    if not row.labels:
        return str(row.target)
    return f"labels, or numbers in {row.target}" if row.probabilities else "labels"


def losses_table() -> str:
    columns = dict.fromkeys(("loss", "what it is", "parameters", "prediction", "target", "family"), "<")
    rows = []
    for name, row in registry.items():
        summary = (row.function.__doc__ or "").strip().partition("\n")[0]
        parameters = "<br>".join(map(described_parameter, row.parameters))
        rows.append([f"`{name}`", summary, parameters, str(row.prediction), described_target(row), row.family])
    for name, function in row_functions.items():
        summary = (function.__doc__ or "").strip().partition("\n")[0]
        rows.append([f"`{name}`", summary, "", str(REAL), "", function.family])
    return table(columns, rows)


# ---- speeds ---------------------------------------------------------------------------------------------------------


def newest(directory: Path) -> list[dict[str, Any]]:
    """The newest results of each CPU and tier, newest day first; of one day, those with most workloads first."""
    every = [json.loads(path.read_text()) for path in directory.glob("*.json")]
    every.sort(key=lambda results: results["date"])
    by_machine = {(results["machine"]["cpu"], results["machine"]["tier"]): results for results in every}
    return sorted(by_machine.values(), key=lambda results: (results["date"][:10], len(results["workloads"])), reverse=True)


def slower_than_opponents(results: dict[str, Any]) -> list[str]:
    """Where an opponent took less time than fastloss."""
    found = []
    for result in results["workloads"]:
        seconds = {name: measured["median"] for name, measured in result["seconds"].items()}
        quicker = [o.title for name, o in OPPONENTS.items() if seconds.get(name, math.inf) < seconds[FASTLOSS.name]]
        if quicker:
            found.append(f"`{result['name']}` ({', '.join(quicker)})")
    return found


def speed_section(results: dict[str, Any]) -> str:
    """One machine: what it is, a table a size, and where fastloss loses."""
    machine = results["machine"]
    cores = ", ".join(f"{machine[what]} {what if machine[what] > 1 else what[:-1]}" for what in ("threads", "cores"))
    versions = ", ".join(f"{name} {version}" for name, version in results["versions"].items())
    seconds = [measured for result in results["workloads"] for measured in result["seconds"].values()]
    repeats = sorted({measured["repeats"] for measured in seconds})
    turns = str(repeats[0]) if len(repeats) == 1 else f"{repeats[0]} to {repeats[-1]}"
    text = (
        f"{machine['cpu']} ({machine['system']}), SIMD tier {machine['tier']}, {cores}, {results['date'][:10]};\n"
        f"{versions}.\n"
        f"Value and gradient, float32; medians of {turns} turns. Of fastloss the time; of an opponent its time as a\n"
        "multiple of that; of `limit` and `np.add` the time of fastloss as a multiple of theirs\n"
        "([what these are](benchmarks/README.md#the-columns))."
    )
    for size in reversed(SIZES):
        rows = [result for result in results["workloads"] if result["size"] == size]
        if rows:
            columns = headings(rows)
            body = table(
                {"workload": "<", **dict.fromkeys(columns.values(), ">")},
                [[f"`{result['name']}`", *cells(result, columns)] for result in rows],
            )
            text += f"\n\n{SIZE_TITLES[size]}:\n\n{body}"
    slower = slower_than_opponents(results)
    text += "\n\nSlower than an opponent: " + ("; ".join(slower) if slower else "nowhere in these tables") + "."
    doubtful = unsteady(results)
    if doubtful:
        text += " Unsteady: " + "; ".join(doubtful) + "."
    left_out = "; ".join(f"{name}, {reason}" for name, reason in results["left_out"].items())
    return text + (f" Not measured: {left_out}." if left_out else "")


def speed_tables(directory: Path) -> str:
    results_by_age = newest(directory)
    if not results_by_age:
        return "Nothing was measured yet: see [benchmarks](benchmarks/README.md)."
    text = speed_section(results_by_age[0])
    for results in results_by_age[1:]:
        machine = results["machine"]
        title = f"{machine['cpu']}, {machine['tier']}, {results['date'][:10]}"
        text += f"\n\n<details><summary>{title}</summary>\n\n{speed_section(results)}\n\n</details>"
    return text


# ---- README ---------------------------------------------------------------------------------------------------------


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


def files() -> dict[Path, str]:
    """What tools/refresh.py writes."""
    page = HERE.parent / "README.md"
    text = filled(page.read_text(encoding="utf-8"), "losses", losses_table())
    return {page: filled(text, "speed", speed_tables(HERE / "results"))}


def main(argv: Sequence[str] | None = None) -> int:
    """Write README, or check it; the exit status."""
    parser = argparse.ArgumentParser(description="Write the tables of losses and speeds in README.md.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit status 1 if README.md is not current")
    parser.add_argument("--readme", type=Path, default=HERE.parent / "README.md", metavar="FILE")
    parser.add_argument("--results", type=Path, default=HERE / "results", metavar="DIRECTORY")
    arguments = parser.parse_args(argv)
    sections: dict[str, Callable[[], str]] = {
        "losses": losses_table,
        "speed": lambda: speed_tables(arguments.results),
    }
    try:
        before = after = arguments.readme.read_text(encoding="utf-8")
        stale = []
        for name, body in sections.items():
            previous, after = after, filled(after, name, body())
            if after != previous:
                stale.append(name)
    except (OSError, ValueError, KeyError) as error:
        print(f"{arguments.readme}: {error}", file=sys.stderr)
        return 2
    if arguments.check:
        for name in stale:
            print(f"{arguments.readme}: {name!r} is stale; run `python benchmarks/report.py`", file=sys.stderr)
        return 1 if stale else 0
    if after != before:
        arguments.readme.write_text(after, encoding="utf-8")
    print(f"{arguments.readme}: {'wrote ' + ', '.join(stale) if stale else 'already current'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
