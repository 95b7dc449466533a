"""What `fastloss score` tells of totals and groups: as text, as JSON, as CSV."""

from __future__ import annotations

import argparse
import csv
import functools
import io
import itertools
import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fastloss.cli._inputs import Input, dtype_name
from fastloss.cli._json import as_json, in_json
from fastloss.cli._problem import Problem
from fastloss.cli._sums import Total, quotient
from fastloss.cli._terminal import print_pairs, print_table, printable, say

__all__ = ["Score", "print_text", "results_as_text"]

# What arguments are called, where not by their names: "mean" is a result, too.
SAID = {"pred": "prediction", "mean": "predicted mean"}


@dataclass
class Score:
    """The result: totals over all and over each group; how many numbers there are, and how many labels are ignored."""

    total: Total
    size: int = 0
    ignored: int = 0
    groups: dict[Any, Total] = field(default_factory=dict)


def in_order(groups: dict[Any, Total], by: str) -> dict[Any, Total]:
    """The groups, that which is looked for first: of numbers the largest, before it what is NaN."""
    value = {"group": None, "loss": lambda g: g.loss_in(0), "mean": lambda g: g.mean, "count": lambda g: g.count}[by]
    keys = sorted(groups)
    if by == "loss":
        unit = max((group.unit for group in groups.values()), default=0)
        value = functools.partial(Total.loss_in, unit=unit)
    if value is not None:
        numbers_of = {key: float(value(groups[key])) for key in keys}
        keys.sort(key=lambda key: -math.inf if math.isnan(numbers_of[key]) else -numbers_of[key])
    return {key: groups[key] for key in keys}


def as_text(key: Any) -> str:
    """A group's name; bytes as the text they most likely are."""
    return key.decode(errors="backslashreplace") if isinstance(key, bytes) else str(key)


def entry(problem: Problem, total: Total) -> dict[str, Any]:
    """The numbers of a total, by the names that they have in JSON and CSV."""
    found = {"mean": total.mean, "sum": total.loss, "weight": total.weight, "count": total.count}
    return {**found, **of_classes(problem, total)}


def of_classes(problem: Problem, total: Total) -> dict[str, float]:
    found = {}
    if problem.has_perplexity:
        with np.errstate(all="ignore"):
            found["perplexity"] = float(np.exp(total.mean_of(3)))
    if problem.has_accuracy:
        found["accuracy"] = total.mean_of(2)
    return found


def group_entry(problem: Problem, key: Any, group: Total, whole: Total) -> dict[str, Any]:
    shares = {"share_of_loss": group.share_of(whole), "share_of_count": quotient(group.count, whole.count)}
    return {"group": as_text(key) if isinstance(key, bytes) else key, **entry(problem, group), **shares}


def json_of(arguments: argparse.Namespace, problem: Problem, result: Score, underflow: float | None) -> dict[str, Any]:
    def encoded(found: dict[str, Any]) -> dict[str, Any]:
        return {name: in_json(value) if isinstance(value, float) else value for name, value in found.items()}

    counts = {"ignored": result.ignored, "weightless": result.size - result.total.count - result.ignored}
    printed = {"loss": arguments.loss, **encoded(entry(problem, result.total)), **counts}
    if arguments.by is not None:
        groups, left = shown(arguments, result)
        printed["groups"] = [encoded(group_entry(problem, key, group, result.total)) for key, group in groups.items()]
        if left:
            printed["groups_left_out"] = left
    if arguments.grad_out is not None:
        of_gradient = {"gradient_dtype": dtype_name(problem.dtype), "gradient_underflow": underflow}
        printed.update(gradient=arguments.grad_out, **of_gradient)
    return printed


def csv_of(arguments: argparse.Namespace, problem: Problem, result: Score) -> str:
    if arguments.by is None:
        rows = [{"loss": arguments.loss, **entry(problem, result.total)}]
    else:
        rows = [group_entry(problem, key, group, result.total) for key, group in shown(arguments, result)[0].items()]
    names = rows[0] if rows else group_entry(problem, "", Total(problem.n_columns), result.total)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(names), lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: printable(value) if isinstance(value, str) else value for name, value in row.items()})
    return text.getvalue()


def shown(arguments: argparse.Namespace, result: Score) -> tuple[dict[Any, Total], int]:
    """The groups that are wanted, in order, and how many there are beside."""
    groups = in_order(result.groups, arguments.sort)
    if arguments.top is None:
        return groups, 0
    return dict(itertools.islice(groups.items(), arguments.top)), max(0, len(groups) - arguments.top)


def percent(share: float) -> str:
    return f"{share:.2%}" if math.isfinite(share) else "-"


def print_text(arguments: argparse.Namespace, problem: Problem, result: Score) -> None:
    def about(given: Input | None) -> str:
        if given is None:
            return "0 everywhere"
        return f"{' × '.join(f'{n:,}' for n in given.array.shape) or 'one number'}, {dtype_name(given.array.dtype)}"

    total = result.total
    left_out = {"ignored": result.ignored, "of weight 0": result.size - total.count - result.ignored}
    reasons = ", ".join(f"{n:,} {reason}" for reason, n in left_out.items() if n)
    pairs = {
        "loss": arguments.loss,
        **{SAID.get(name, name.replace("_", " ")): about(getattr(arguments, name)) for name in problem.arguments},
        "mean": str(total.mean),
        "sum": str(total.loss),
        **{name: f"{number:.6g}" for name, number in of_classes(problem, total).items()},
        "count": f"{total.count:,}" + (f" ({reasons})" if reasons else ""),
        "total weight": f"{total.weight:,.15g}",
    }
    if arguments.grad_out is not None:
        by = "" if problem.wrt == "pred" else f" by {problem.wrt}"
        pairs["gradient"] = f"{arguments.grad_out}: of the {arguments.reduction}{by}, {dtype_name(problem.dtype)}"
    print_pairs(pairs)
    if arguments.by is not None:
        print()
        groups, left = shown(arguments, result)
        rows = [
            [
                as_text(key),
                f"{group.mean:.6g}",
                *(f"{number:.6g}" for number in of_classes(problem, group).values()),
                f"{group.count:,}",
                percent(group.share_of(total)),
                percent(quotient(group.count, total.count)),
            ]
            for key, group in groups.items()
        ]
        numbers_shown = ["mean", *of_classes(problem, total), "count", "share of loss", "share of count"]
        print_table({"group": "<", **dict.fromkeys(numbers_shown, ">")}, rows)
        if left:
            say(f"{left:,} more {'group' if left == 1 else 'groups'}")


def results_as_text(arguments: argparse.Namespace, problem: Problem, result: Score, underflow: float | None) -> dict[str, str]:
    """What the options --json and --csv ask for."""
    texts = {}
    if arguments.json is not None:
        texts["--json"] = as_json(json_of(arguments, problem, result, underflow)) + "\n"
    if arguments.csv is not None:
        texts["--csv"] = csv_of(arguments, problem, result)
    return texts
