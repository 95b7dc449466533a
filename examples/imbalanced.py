"""A rare event, costly to miss: objectives of fastloss in LightGBM and XGBoost, where they help and where they do not.

Run `python examples/imbalanced.py`; `--help` names the options. It needs scikit-learn, lightgbm and xgboost, and matplotlib
for the picture.

The handwritten digits of scikit-learn, with all but 60 of the eights left out: 3.6 % of 1,683 scans show an 8. To miss one
costs as much as 20 false alarms. Models are trained by half of the scans and judged by the other, for several random halves, by

* the cost of their decisions for 1,000 scans, where a scan counts as an 8 if the margin is positive (a probability above 1/2);
* the average precision, which judges the order of the margins alone.

What it shows: trained by costs, or by a focal loss with the same costs as its balance, a model decides better than one trained
by log loss. But log loss needs no other objective for that: its probabilities tell where to draw the line, at 1/(1 + 20), and
decisions there cost less still. Nor does another objective put the scans in a better order. Change the objective where the
decision is made by a line that you cannot move; move the line where you can. And do not read a probability from the margins of
a focal or a cost-weighted model: theirs are too high for a rare event, by design.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import fastloss as fl
from fastloss.boosting import Objective, objective

SEED, DIGIT, KEPT, MISS = 0, 8, 60, 20.0  # MISS: the cost of a missed event, in false alarms
ROUNDS, LEAVES, RATE, L2, THREADS = 80, 8, 0.1, 1.0, 1

OBJECTIVES = {
    "log loss": objective(fl.binary_cross_entropy_with_logits),
    "cost-weighted": objective(fl.binary_cross_entropy_with_logits, pos_weight=MISS),
    "focal": objective(fl.sigmoid_focal, gamma=1.0, alpha=MISS / (1 + MISS)),
}
#: The rows of the result: the objective, and the margin above which a scan counts as an event.
DECISIONS = {
    "log loss": ("log loss", 0.0),
    "cost-weighted": ("cost-weighted", 0.0),
    "focal": ("focal", 0.0),
    f"log loss, line moved to 1/{1 + MISS:g}": ("log loss", -float(np.log(MISS))),
}

Model = Callable[[np.ndarray], np.ndarray]


def load() -> tuple[np.ndarray, np.ndarray]:
    """The scans, with few eights among them, and whether each is one."""
    from sklearn.datasets import load_digits

    X, digit = load_digits(return_X_y=True)
    events = np.random.default_rng(SEED).permutation(np.flatnonzero(digit == DIGIT))
    kept = np.concatenate([np.flatnonzero(digit != DIGIT), events[:KEPT]])
    return X[kept], (digit[kept] == DIGIT).astype(np.float64)


def train_lightgbm(given: Objective, X: np.ndarray, y: np.ndarray) -> Model:
    import lightgbm

    start = given.init_score(y)
    params: dict[str, Any] = {
        "objective": given, "num_leaves": LEAVES, "learning_rate": RATE, "lambda_l2": L2, "min_data_in_leaf": 5,
        "num_threads": THREADS, "metric": "None", "verbose": -1,
    }  # fmt: skip
    model = lightgbm.train(params, lightgbm.Dataset(X, y, init_score=np.full(len(y), start)), ROUNDS)
    return lambda X: start + model.predict(X, raw_score=True)


def train_xgboost(given: Objective, X: np.ndarray, y: np.ndarray) -> Model:
    import xgboost

    params: dict[str, Any] = {
        "max_leaves": LEAVES, "max_depth": 0, "grow_policy": "lossguide", "eta": RATE, "lambda": L2, "min_child_weight": 1e-3,
        "nthread": THREADS, "base_score": given.init_score(y), "disable_default_eval_metric": True,
    }  # fmt: skip
    model = xgboost.train(params, xgboost.DMatrix(X, y), ROUNDS, obj=given)
    return lambda X: model.predict(xgboost.DMatrix(X), output_margin=True)


LIBRARIES = {"LightGBM": train_lightgbm, "XGBoost": train_xgboost}


def cost(y: np.ndarray, event: np.ndarray) -> float:
    """Of decisions, in false alarms for 1,000 samples."""
    return float(1000 * np.mean(np.where(event, y == 0, MISS * (y == 1))))


def measure(splits: int) -> dict[str, dict[str, np.ndarray]]:
    """For each library and each row of the result an array (splits, 2): cost and average precision."""
    from sklearn.metrics import average_precision_score
    from sklearn.model_selection import StratifiedShuffleSplit

    X, y = load()
    found: dict[str, dict[str, list[Any]]] = {library: {name: [] for name in DECISIONS} for library in LIBRARIES}
    for train, test in StratifiedShuffleSplit(splits, test_size=0.5, random_state=SEED).split(X, y):
        for library, train_model in LIBRARIES.items():
            margins = {name: train_model(given, X[train], y[train])(X[test]) for name, given in OBJECTIVES.items()}
            for name, (used, line) in DECISIONS.items():
                precision = average_precision_score(y[test], margins[used])
                found[library][name].append((cost(y[test], margins[used] > line), precision))
    return {library: {name: np.array(rows) for name, rows in table.items()} for library, table in found.items()}


def spread(numbers: np.ndarray) -> float:
    """The standard error of a mean over splits; too small by what the halves have in common."""
    return float(np.std(numbers, ddof=1) / np.sqrt(len(numbers)))


def report(found: dict[str, dict[str, np.ndarray]]) -> bool:
    """Print the table; return whether costs and focal decided better than log loss, in each library."""
    better = True
    for library, table in found.items():
        print(f"\n{library:30} cost for 1,000   less than log loss   average precision")
        for name, numbers in table.items():
            gain = table["log loss"][:, 0] - numbers[:, 0]
            columns = [(numbers[:, 0], 13, 0), (gain, 18, 0), (numbers[:, 1], 19, 3)]
            cells = [f"{x.mean():{width}.{digits}f} ± {spread(x):.{digits}f}" for x, width, digits in columns]
            print(f"  {name:28}" + "".join(cells))
            better &= name == "log loss" or gain.mean() > 2 * spread(gain)
    return better


def draw(found: dict[str, dict[str, np.ndarray]], path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(10, 4), layout="constrained", sharey=True)
    colours = {"LightGBM": "#3b6fb6", "XGBoost": "#d9822b"}
    rows = np.arange(len(DECISIONS))
    titles = ("Cost of decisions for 1,000 scans (less is better)", "Average precision (more is better)")
    for column, (ax, title) in enumerate(zip(axes, titles, strict=True)):
        for offset, (library, table) in zip((-0.2, 0.2), found.items(), strict=True):
            means = [numbers[:, column].mean() for numbers in table.values()]
            errors = [spread(numbers[:, column]) for numbers in table.values()]
            ax.barh(rows + offset, means, 0.36, xerr=errors, color=colours[library], label=library, error_kw={"capsize": 3})
        ax.set_title(title, fontsize=11)
        ax.spines[["top", "right"]].set_visible(False)
    axes[0].set_yticks(rows, DECISIONS)
    axes[0].invert_yaxis()
    axes[1].set_xlim(0, 1)
    axes[0].legend(loc="lower right", frameon=False)
    splits = len(next(iter(found["XGBoost"].values())))
    data = f"An 8 among the digits, 3.6 % of scans; a miss costs {MISS:g} false alarms"
    figure.suptitle(f"{data}. Means of {splits} random halves, ± standard error", fontsize=10)
    figure.savefig(path, dpi=110)
    print(f"\nwrote {path}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--splits", type=int, default=20, help="random halves to train and judge by")
    parser.add_argument("--picture", type=Path, help="write a PNG here")
    arguments = parser.parse_args()
    needed = {"sklearn": "scikit-learn", "lightgbm": "lightgbm", "xgboost": "xgboost"}
    if arguments.picture:
        needed["matplotlib"] = "matplotlib"
    missing = [package for module, package in needed.items() if importlib.util.find_spec(module) is None]
    if missing:
        sys.exit(f"not installed, but needed here: {', '.join(missing)}")
    found = measure(arguments.splits)
    better = report(found)
    if arguments.picture:
        draw(found, arguments.picture)
    return 0 if better else 1


if __name__ == "__main__":
    sys.exit(main())
