"""Prices as a loss: a business' own objective in LightGBM, compared with log loss in money.

Run `python examples/cost_sensitive.py`; `--help` names the options. It needs lightgbm, and a C compiler to be fast.

Machines are to be serviced before they fail. A service costs 40; a failure costs its damage, which differs a hundredfold,
depends on the machine, and is known only when it has happened. What a model is to tell is not whether a machine fails, but
whether its service pays. The data are drawn: most failures are small, and of another cause than the large ones.

The loss of a margin z, which stands for a service where it is positive, is

    damage log(1 + exp(-z))    of a machine that failed,
    price  log(1 + exp(z))     of one that did not.

What is expected of it is least at a margin that is above 0 where service pays. (It is a log loss with these weights, and
could be trained as one; as a loss it has the prices for parameters, and its value is in money.) Log loss is compared at its
own line, a probability of 1/2, and at the line that costs least on the machines it was trained by. No line tells a small
failure from a large one. Were damages known beforehand, log loss would do: service pays where the probability times the
damage is above the price.
"""

from __future__ import annotations

import argparse
import importlib.util
import shutil
import sys
from collections.abc import Callable

import numpy as np

import fastloss as fl
from fastloss.boosting import Objective, objective
from fastloss.custom import BINARY, Positive, PositiveArray, pointwise

PRICE, MACHINES, FEATURES, ROUNDS = 40.0, 8000, 12, 60

BODY = """
POINTWISE(prices)
{
    const real missed = target * operand, needless = (ONE - target) * param[0];
    const real failing = sigmoid_(pred), sound = sigmoid_(-pred);
    return (point){
        .value = missed * softplus_(-pred) + needless * softplus_(pred),
        .grad = needless * failing - missed * sound,
        .hess = failing * sound * (missed + needless),
    };
}
"""


def prices(pred, target, *, damage: PositiveArray = 1.0, price: Positive = 1.0):
    """What a decision costs: the damage of a failure that is missed, the price of a service that was not needed.

    With s the logistic function and F(z) = log(1 + exp(z))::

        value      target damage F(-z) + (1 - target) price F(z)
        gradient   (1 - target) price s(z) - target damage s(-z)
        Hessian    s(z) s(-z) (target damage + (1 - target) price)
    """
    e = np.exp(-np.abs(pred))
    failing, sound = np.where(pred >= 0, 1, e) / (1 + e), np.where(pred >= 0, e, 1) / (1 + e)
    missed, needless = target * damage, (1 - target) * price
    value = missed * (np.maximum(-pred, 0) + np.log1p(e)) + needless * (np.maximum(pred, 0) + np.log1p(e))
    return value, needless * failing - missed * sound, failing * sound * (missed + needless)


def draw(n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Machines, whether each fails, and the damage if it does."""
    X = rng.normal(size=(n, FEATURES))
    small = rng.random(n) < 1 / (1 + np.exp(2.5 - 2 * X[:, 0] - X[:, 1] * X[:, 2]))
    large = rng.random(n) < 1 / (1 + np.exp(5.5 - 2 * X[:, 3] - X[:, 4] * X[:, 5]))
    damage = np.where(large, 1000.0, 10.0) * np.exp(rng.normal(0, 0.5, n))
    return X, (small | large).astype(np.float64), damage


def cost(serviced: np.ndarray, fails: np.ndarray, damage: np.ndarray) -> float:
    """Of a machine, on the average."""
    return float(np.mean(np.where(serviced, PRICE, fails * damage)))


def train(given: Objective, X: np.ndarray, fails: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    import lightgbm

    start = given.init_score(fails)
    params = {
        "objective": given, "num_leaves": 6, "learning_rate": 0.1, "min_sum_hessian_in_leaf": 1e-3, "num_threads": 1,
        "metric": "None", "verbose": -1,
    }  # fmt: skip
    model = lightgbm.train(params, lightgbm.Dataset(X, fails, init_score=np.full(len(X), start)), ROUNDS)
    return lambda X: start + model.predict(X, raw_score=True)


def best_line(margin: np.ndarray, fails: np.ndarray, damage: np.ndarray) -> float:
    """The margin above which to service, at which these machines cost least."""
    order = np.argsort(margin)
    left_alone, serviced = np.cumsum((fails * damage)[order]), PRICE * np.arange(len(order) - 1, -1, -1)
    return float(margin[order][np.argmin(left_alone + serviced)])


def measure(repeats: int) -> dict[str, np.ndarray]:
    """The cost of a machine by each way to decide, one number a repeat."""
    log_loss = objective(fl.binary_cross_entropy_with_logits)
    in_prices = pointwise(prices, body=BODY if shutil.which("cc") else None, target=BINARY, link="sigmoid", slow=True)
    found: dict[str, list[float]] = {}
    for seed in range(repeats):
        rng = np.random.default_rng(seed)
        X, fails, damage = draw(MACHINES, rng)
        others, *truth = draw(4 * MACHINES, rng)
        by_log_loss = train(log_loss, X, fails)
        # Of a machine that did not fail no damage is known, and the loss asks for none.
        known = np.where(fails == 1, damage, 1.0)
        margin = train(objective(in_prices, damage=known, price=PRICE), X, fails)(others)
        decisions = {
            "never serviced": np.zeros(len(others), bool),
            "log loss, line at 1/2": by_log_loss(others) > 0,
            "log loss, line that costs least": by_log_loss(others) > best_line(by_log_loss(X), fails, damage),
            "prices as the loss": margin > 0,
        }
        for name, serviced in decisions.items():
            found.setdefault(name, []).append(cost(serviced, *truth))
    return {name: np.array(costs) for name, costs in found.items()}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=10, help="drawings of machines to train and judge by")
    arguments = parser.parse_args()
    if importlib.util.find_spec("lightgbm") is None:
        sys.exit("not installed, but needed here: lightgbm")
    found = measure(arguments.repeats)
    print(f"{'cost of a machine':32} {'mean':>6}   less than by log loss")
    usual = found["log loss, line that costs least"]
    for name, costs in found.items():
        spread = np.std(usual - costs, ddof=1) / np.sqrt(len(costs)) if len(costs) > 1 else np.nan
        print(f"  {name:30} {costs.mean():6.1f}   {np.mean(usual - costs):6.1f} ± {spread:.1f}")
    return 0 if found["prices as the loss"].mean() < usual.mean() else 1


if __name__ == "__main__":
    sys.exit(main())
