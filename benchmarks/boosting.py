"""Time training with objectives of fastloss, of the boosters themselves, and of NumPy: `python benchmarks/boosting.py`.

Histogram boosting on 200,000 samples of 20 features, float32. What is compared takes turns, and the median over the turns counts;
each turn trains a new model on data that is binned already. The machine should do nothing else meanwhile; where it does, one
thread and `--cpu`, which counts the processor's time, still compare.
"""

from __future__ import annotations

import argparse
import importlib
import statistics
import sys
from collections.abc import Callable
from time import perf_counter, process_time
from typing import Any

import numpy as np

import fastloss as fl
from fastloss.boosting import objective

SAMPLES, FEATURES, LEAVES = 200_000, 20, 31


def draw(classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Labels from a softmax of random linear functions of two features at a time."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(SAMPLES, FEATURES)).astype(np.float32)
    scores = X @ rng.normal(size=(FEATURES, classes)) + (X[:, ::2] * X[:, 1::2]) @ rng.normal(size=(FEATURES // 2, classes))
    return X, (scores + rng.gumbel(size=scores.shape)).argmax(axis=1).astype(np.float32)


def numpy_focal(alpha: float = 0.25, gamma: float = 2.0) -> Callable[..., Any]:
    """The focal loss as it is written in NumPy, with the Hessian bounded as fastloss does by default."""

    def focal(labels: np.ndarray, margin: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        sign = 2 * labels - 1
        right = 1 / (1 + np.exp(-sign * margin))
        missed = 1 - right
        entropy = np.logaddexp(0, -sign * margin)
        balance = np.where(labels == 1, alpha, 1 - alpha)
        size = balance * missed**gamma * (gamma * right * entropy + missed)
        return -sign * size, np.maximum((gamma + 1) * size * right, 1e-16)

    return lambda margin, data: focal(data.get_label(), margin)


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
    matrix = lightgbm.Dataset(X, y, params=settings, free_raw_data=False).construct()
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
        "binary focal": (2, {"fastloss": objective(fl.sigmoid_focal), "NumPy": numpy_focal()}),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--cpu", action="store_true", help="count the time of the processor, not that of the clock")
    parser.add_argument("--booster", choices=BOOSTERS, action="append")
    arguments = parser.parse_args()
    clock = process_time if arguments.cpu else perf_counter
    size = f"{SAMPLES:,} x {FEATURES}, {arguments.rounds} rounds, {LEAVES} leaves, {arguments.threads} threads"
    print(f"{size}, median of {arguments.turns} turns{', processor time' if arguments.cpu else ''}\n")
    print("| booster | objective | fastloss | opponent | its time as a multiple |\n| --- | --- | ---: | ---: | ---: |")
    for booster in arguments.booster or BOOSTERS:
        module: Any = importlib.import_module(booster)
        for name, (classes, objectives) in workloads(booster).items():
            train = BOOSTERS[booster][0](*draw(classes), classes, arguments.rounds, arguments.threads)
            seconds: dict[str, list[float]] = {who: [] for who in objectives}
            with fl.num_threads(arguments.threads):
                for _ in range(arguments.turns):
                    for who, chosen in objectives.items():
                        start = clock()
                        train(chosen)
                        seconds[who].append(clock() - start)
            ours, theirs = (statistics.median(times) for times in seconds.values())
            opponent = list(seconds)[1]
            line = f"{booster} {module.__version__} | {name} | {ours:.2f} s | {opponent} {theirs:.2f} s | {theirs / ours:.2f}x"
            print(f"| {line} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
