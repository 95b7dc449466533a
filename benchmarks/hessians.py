"""Time gradient and Hessian of 10,000,000 elements, as boosters want them: `python benchmarks/hessians.py`.

Writes the second table of docs/boosting.md: each loss that the private `_loss` of scikit-learn has too, beside its
`gradient_hessian` and what memory can deliver; float32, results in arrays that are there. Who is compared
takes turns; benchmarks/README.md says what a turn is. Results are compared before they are timed.
"""

from __future__ import annotations

import argparse
import functools
import importlib
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from opponents import sklearn_losses, sklearn_target
from report import filled, table

import fastloss as fl
from fastloss.cli._libraries import CopyLimit, defaults
from fastloss.cli._terminal import positive_integer, progress
from fastloss.cli._workloads import Workload
from fastloss.cli.bench import duration, machine, ratio, take_turns

PAGE = Path(__file__).resolve().parent.parent / "docs" / "boosting.md"
ELEMENTS = 10_000_000
#: Two inputs, two results.
COMPULSORY_BYTES = 4 * 4 * ELEMENTS


def losses() -> list[str]:
    return [name for name in sklearn_losses() if fl.losses[name].declared.is_of_elements]


def contestants(name: str, threads: int) -> dict[str, Callable[[], Any]]:
    """The calls, which agree."""
    loss, workload = fl.losses[name], Workload(name, (ELEMENTS,))
    pred, target, out, _ = workload.make_inputs()
    places = out, np.zeros_like(out)
    ours = functools.partial(loss.grad_and_hess, pred, target, out=places)
    make, factor = sklearn_losses()[name]
    theirs_out = np.zeros_like(pred), np.zeros_like(pred)
    theirs = functools.partial(
        make(defaults(name)).gradient_hessian, sklearn_target(target), pred, None, *theirs_out, n_threads=threads
    )
    ours()
    theirs()
    for mine, other, what in zip(places, theirs_out, ("gradient", "Hessian"), strict=True):
        # Of a loss without curvature scikit-learn gives 1 for the Hessian.
        if what == "gradient" or mine.any():
            close = np.isclose(mine, factor * other, rtol=1e-4, atol=1e-6)
            # At a kink it takes one side's slope.
            assert close.mean() > 0.999, f"{name}: the {what} of scikit-learn differs"
    return {"fastloss": ours, "sklearn": theirs}


def main(argv: Sequence[str] | None = None) -> int:
    """Write the table; the exit status."""
    parser = argparse.ArgumentParser(description="Time gradient and Hessian; write a table of docs/boosting.md.")
    parser.add_argument("names", nargs="*", metavar="LOSS", help=f"of {', '.join(losses())}; none: all, to the page")
    parser.add_argument("--threads", type=positive_integer, default=2)
    parser.add_argument("--repeats", type=positive_integer, default=9)
    arguments = parser.parse_args(argv)
    version = importlib.import_module("sklearn").__version__
    limit, rows = CopyLimit(arguments.threads), []
    with fl.num_threads(arguments.threads):
        for name in arguments.names or losses():
            calls = {**contestants(name, arguments.threads), "limit": limit}
            with progress(arguments.repeats + 1, name) as advance:
                seconds = {who: x["median"] for who, x in take_turns(calls, arguments.repeats, advance).items()}
            ours = seconds["fastloss"]
            bound = seconds["limit"] * COMPULSORY_BYTES / limit.bytes_moved
            cells = [duration(ours), ratio(seconds["sklearn"] / ours), ratio(ours / bound)]
            rows.append([f"`{name}`", *cells])
            print(" | ".join(rows[-1]), flush=True)
    columns = {"loss": "<", "fastloss": ">", f"scikit-learn {version}": ">", "limit": ">"}
    of = machine(arguments.threads)
    text = (
        f"Gradient and Hessian of {ELEMENTS:,} float32, {of['cpu']}, {of['tier']}, {of['threads']} threads, medians of "
        f"{arguments.repeats} turns: the time of fastloss, that of others in multiples of it, and it in multiples of a copy of "
        f"as many bytes.\n\n{table(columns, rows)}"
    )
    if not arguments.names:
        PAGE.write_text(filled(PAGE.read_text(encoding="utf-8"), "hessians", text), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
