"""Write docs/boosting.md's tables, and time training: `python benchmarks/boosting.py`; `--rows` does not time.

Histogram boosting on 200,000 samples of 20 features, float32, with objectives of fastloss, of the boosters and of NumPy. What
is compared takes turns, and the median over the turns counts; each turn trains a new model on data that is binned already.
The machine should do nothing else meanwhile; where it does, `--threads 1 --cpu`, which counts processor time, still compares.
"""

from __future__ import annotations

import argparse
import importlib
import statistics
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np
from report import filled, table

import fastloss as fl
from fastloss.boosting import objective
from fastloss.boosting._traits import HESSIANS, traits_of

HERE = Path(__file__).resolve().parent
PAGE = HERE.parent / "docs" / "boosting.md"
SAMPLES, FEATURES, LEAVES = 200_000, 20, 31
LINKS = {"IdentityLink": "the margin", "LogLink": "exp", "LogitLink": "sigmoid", "MultinomialLogit": "softmax"}


def conventions_table() -> str:
    """What can be asked of each loss, by what it says where it is declared."""
    rows = []
    for name, loss in fl.losses.items():
        traits = traits_of(loss)
        if traits.instead or loss.domain.prediction.bounded:
            continue
        default, *others = traits.hessians
        others.sort(key=HESSIANS.index)
        start = "in closed form" if traits.start else "searched for"
        hessians = ", ".join([f"**{default}**", *others])
        rows.append([f"`{name}`", hessians, start, LINKS[traits.link.name]])
    return table(dict.fromkeys(("loss", "Hessians", "starting score", "prediction"), "<"), rows)


def refused() -> str:
    """The losses that are no objectives."""
    words = {name: loss.declared.boosting for name, loss in fl.losses.items()}
    return "\n".join(f"* `{name}`: take `{x.instead}` {x.how}".rstrip() for name, x in words.items() if x.instead in fl.losses)


def draw(classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Labels from a softmax of random linear functions of two features at a time."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(SAMPLES, FEATURES)).astype(np.float32)
    scores = X @ rng.normal(size=(FEATURES, classes)) + (X[:, ::2] * X[:, 1::2]) @ rng.normal(size=(FEATURES // 2, classes))
    return X, (scores + rng.gumbel(size=scores.shape)).argmax(axis=1).astype(np.float32)


def numpy_focal(margin: np.ndarray, data: Any, alpha: float = 0.25, gamma: float = 2.0) -> tuple[np.ndarray, np.ndarray]:
    """The focal loss as one writes it in NumPy, in the precision of the margins: `sigmoid_focal` with its exact Hessian."""
    y = data.get_label()
    p = 1 / (1 + np.exp(-margin))
    entropy = np.logaddexp(0, margin) - y * margin
    missed = np.where(y == 1, 1 - p, p)
    u = (1 - 2 * y) * (1 - missed)
    factor = np.where(y == 1, alpha, 1 - alpha) * missed**gamma
    pull = gamma * u * entropy
    grad = factor * (pull + p - y)
    hess = factor * (gamma * u * (pull + 2 * (p - y) + (1 - 2 * p - u) * entropy) + p * (1 - p))
    return grad, np.maximum(hess, 1e-16)


def train_xgboost(X: np.ndarray, y: np.ndarray, classes: int, rounds: int, threads: int) -> Callable[[Any], None]:
    xgboost: Any = importlib.import_module("xgboost")
    matrix = xgboost.QuantileDMatrix(X, y, nthread=threads)
    settings: dict[str, Any] = {"max_leaves": LEAVES, "max_depth": 0, "grow_policy": "lossguide", "nthread": threads}
    settings |= {"disable_default_eval_metric": True, "base_score": 0.5, **({"num_class": classes} if classes > 2 else {})}

    def train(chosen: Any) -> None:
        if isinstance(chosen, str):
            xgboost.train({**settings, "objective": chosen}, matrix, rounds)
        else:
            xgboost.train(settings, matrix, rounds, obj=chosen)

    return train


def train_lightgbm(X: np.ndarray, y: np.ndarray, classes: int, rounds: int, threads: int) -> Callable[[Any], None]:
    lightgbm: Any = importlib.import_module("lightgbm")
    settings: dict[str, Any] = {"num_leaves": LEAVES, "num_threads": threads, "verbose": -1, "metric": "None"}
    settings |= {"boost_from_average": False, **({"num_class": classes} if classes > 2 else {})}
    matrix = lightgbm.Dataset(X, y, params={"num_threads": threads, "verbose": -1}, free_raw_data=False).construct()
    return lambda chosen: lightgbm.train({**settings, "objective": chosen}, matrix, rounds)


BOOSTERS: dict[str, tuple[Callable[..., Callable[[Any], None]], str, str]] = {
    "xgboost": (train_xgboost, "binary:logistic", "multi:softprob"),
    "lightgbm": (train_lightgbm, "binary", "multiclass"),
}


def workloads(booster: str) -> dict[str, tuple[int, dict[str, Any]]]:
    """What is trained: its number of classes, and the objectives by name, fastloss's first."""
    _, binary, multiclass = BOOSTERS[booster]
    return {
        "binary": (2, {"fastloss": objective(fl.binary_cross_entropy_with_logits, booster), "built in": binary}),
        "10 classes": (10, {"fastloss": objective(fl.cross_entropy, booster), "built in": multiclass}),
        "binary focal": (2, {"fastloss": objective(fl.sigmoid_focal, "exact"), "NumPy": numpy_focal}),
    }


def times_table(rounds: int, threads: int, turns: int, clock: Callable[[], float], boosters: Sequence[str]) -> str:
    rows = []
    for booster in boosters:
        version = importlib.import_module(booster).__version__
        for name, (classes, objectives) in workloads(booster).items():
            train = BOOSTERS[booster][0](*draw(classes), classes, rounds, threads)
            seconds: dict[str, list[float]] = {who: [] for who in objectives}
            with fl.num_threads(threads):
                for _ in range(turns):
                    for who, chosen in objectives.items():
                        start = clock()
                        train(chosen)
                        seconds[who].append(clock() - start)
            ours, theirs = (statistics.median(times) for times in seconds.values())
            opponent = list(objectives)[1]
            rows.append([f"{booster} {version}", name, f"{ours:.2f} s", f"{opponent} {theirs:.2f} s", f"{theirs / ours:.2f}x"])
            print(" | ".join(rows[-1]), flush=True)
    columns = {"booster": "<", "objective": "<", "fastloss": ">", "opponent": ">", "opponent / fastloss": ">"}
    clocks = "processor time" if clock is process_time else "time"
    size = f"{SAMPLES:,} x {FEATURES}, {rounds} rounds, {LEAVES} leaves"
    return (
        f"Training, {size}, {threads} thread{'s'[: threads > 1]}: {clocks}, medians of {turns} turns.\n\n{table(columns, rows)}"
    )


def page_of(path: Path) -> str:
    """The page with its table of conventions and its list of refused losses made anew; times stay what they are."""
    text = path.read_text(encoding="utf-8")
    return filled(filled(text, "conventions", conventions_table()), "refused", refused())


def files() -> dict[Path, str]:
    """What tools/refresh.py writes."""
    return {PAGE: page_of(PAGE)}


def main(argv: Sequence[str] | None = None) -> int:
    """Write the page, or check it; the exit status."""
    parser = argparse.ArgumentParser(description="Time training with objectives of fastloss; write docs/boosting.md.")
    parser.add_argument("--rows", action="store_true", help="time nothing: write the table of conventions")
    parser.add_argument("--check", action="store_true", help="write nothing; exit status 1 if that table is stale")
    parser.add_argument("--page", type=Path, default=PAGE, metavar="FILE")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--booster", choices=BOOSTERS, action="append")
    parser.add_argument("--cpu", action="store_true", help="count the time of the processor, not that of the clock")
    arguments = parser.parse_args(argv)
    try:
        before = arguments.page.read_text(encoding="utf-8")
        after = page_of(arguments.page)
        filled(before, "times", "")  # before the minutes of measuring, not after
    except (OSError, ValueError) as error:
        print(f"{arguments.page}: {error}", file=sys.stderr)
        return 2
    if arguments.check:
        if after != before:
            print(f"{arguments.page}: stale; run `python benchmarks/boosting.py --rows`", file=sys.stderr)
        return 1 if after != before else 0
    if not arguments.rows:
        clock = process_time if arguments.cpu else perf_counter
        chosen = arguments.booster or list(BOOSTERS)
        times = times_table(arguments.rounds, arguments.threads, arguments.turns, clock, chosen)
        after = filled(after, "times", times)
    arguments.page.write_text(after, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
