"""Train two classifiers of handwritten digits with NumPy and fastloss alone.

Run `python examples/digits.py`; `--help` names the options.

A softmax regression (64 -> 10) and a network with one hidden layer (64 -> 64 -> 10) learn from 1,797 real scans by
stochastic gradient descent with momentum. fastloss gives the cross-entropy and its gradient with respect to the logits;
the layers behind it are NumPy. The same steps from the same start are also taken with the loss as one writes it in NumPy:
the weights agree to rounding, and the times are printed side by side.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from time import perf_counter

import numpy as np

import fastloss as fl

DATA = Path(__file__).parent / "data" / "digits.csv.gz"
MODELS = {"softmax regression": (64, 10), "two-layer network": (64, 64, 10)}
SEED, EPOCHS, BATCH, RATE, MOMENTUM = 0, 40, 64, 0.1, 0.9
REPEATS = 3  # trainings with each loss, alternating; the fastest counts
ENOUGH = 0.95  # the accuracy that both models reach in EPOCHS
ROUNDING = 1e-11  # of float64, with room for growth over the steps: a gradient wrong by 1e-4 gives about 1e-5


@dataclass
class Data:
    train: np.ndarray
    train_labels: np.ndarray
    test: np.ndarray
    test_labels: np.ndarray


@dataclass
class Run:
    """A training: the layers it ended with, what it measured after each epoch, and the seconds it took."""

    layers: list[tuple[np.ndarray, np.ndarray]]
    train_loss: list[float] = field(default_factory=list)
    test_loss: list[float] = field(default_factory=list)
    accuracy: list[float] = field(default_factory=list)
    steps: int = 0
    seconds: float = 0.0
    loss_seconds: float = 0.0


class InNumPy:
    """The cross-entropy as a practised user writes it in NumPy, with the two calls of `fl.cross_entropy` that are made here."""

    def __call__(self, logits: np.ndarray, labels: np.ndarray) -> float:
        return self.value_and_grad(logits, labels, np.empty_like(logits))[0]

    def value_and_grad(self, logits: np.ndarray, labels: np.ndarray, out: np.ndarray) -> tuple[float, np.ndarray]:
        rows = np.arange(len(labels))
        shifted = logits - logits.max(axis=1, keepdims=True)
        np.exp(shifted, out=out)
        total = out.sum(axis=1, keepdims=True)
        value = float(np.mean(np.log(total[:, 0]) - shifted[rows, labels]))
        out /= total
        out[rows, labels] -= 1
        out /= len(labels)
        return value, out


def load() -> Data:
    """Read the scans in a fixed random order, pixels scaled to 0..1; every fifth scan of each digit is for the test."""
    table = np.loadtxt(DATA, delimiter=",", dtype=np.int64)
    table = np.random.default_rng(SEED).permutation(table)
    pixels, labels = table[:, :-1] / 16.0, table[:, -1]
    is_test = np.zeros(len(labels), bool)
    for digit in range(10):
        is_test[np.flatnonzero(labels == digit)[::5]] = True
    return Data(pixels[~is_test], labels[~is_test], pixels[is_test], labels[is_test])


def start(sizes: tuple[int, ...]) -> list[tuple[np.ndarray, np.ndarray]]:
    """Weights and bias of each layer: random weights that keep the scale of what passes through, biases of zero."""
    rng = np.random.default_rng(SEED)
    return [(rng.normal(0, fan_in**-0.5, (fan_in, fan_out)), np.zeros(fan_out)) for fan_in, fan_out in pairwise(sizes)]


def forward(layers, x):
    """The input of every layer, and the logits."""
    inputs = [x]
    for weight, bias in layers[:-1]:
        inputs.append(np.tanh(inputs[-1] @ weight + bias))
    weight, bias = layers[-1]
    return inputs, inputs[-1] @ weight + bias


def backward(layers, inputs, gradient):
    """The gradients of every layer's weights and bias, given the gradient of the logits."""
    gradients = []
    for (weight, _), x in zip(reversed(layers), reversed(inputs), strict=True):
        gradients.append((x.T @ gradient, gradient.sum(axis=0)))
        if x is not inputs[0]:
            gradient = (gradient @ weight.T) * (1 - x * x)
    return gradients[::-1]


def train(loss, sizes: tuple[int, ...], data: Data, epochs: int) -> Run:
    """Train by stochastic gradient descent with momentum; `loss` is `fl.cross_entropy` or `InNumPy()`."""
    run = Run(start(sizes))
    velocities = [tuple(np.zeros_like(array) for array in layer) for layer in run.layers]
    rng = np.random.default_rng(SEED)
    gradient = np.empty((BATCH, sizes[-1]))

    def measure() -> None:
        run.train_loss.append(loss(forward(run.layers, data.train)[1], data.train_labels))
        logits = forward(run.layers, data.test)[1]
        run.test_loss.append(loss(logits, data.test_labels))
        run.accuracy.append(float(np.mean(logits.argmax(axis=1) == data.test_labels)))

    measure()
    for _ in range(epochs):
        begin = perf_counter()
        order = rng.permutation(len(data.train))
        for first in range(0, len(order), BATCH):
            batch = order[first : first + BATCH]
            inputs, logits = forward(run.layers, data.train[batch])

            loss_begin = perf_counter()
            loss.value_and_grad(logits, data.train_labels[batch], out=gradient[: len(batch)])
            run.loss_seconds += perf_counter() - loss_begin

            gradients = backward(run.layers, inputs, gradient[: len(batch)])
            for layer, velocity, slopes in zip(run.layers, velocities, gradients, strict=True):
                for array, speed, slope in zip(layer, velocity, slopes, strict=True):
                    speed *= MOMENTUM
                    speed -= RATE * slope
                    array += speed
            run.steps += 1
        run.seconds += perf_counter() - begin
        measure()
    return run


def farthest(run: Run, other: Run) -> float:
    """The largest difference between the weights of two trainings, relative to the largest weight of the same array."""
    pairs = [(a, b) for layers in zip(run.layers, other.layers, strict=True) for a, b in zip(*layers, strict=True)]
    return max(float(np.abs(a - b).max() / np.abs(b).max()) for a, b in pairs)


def compare(sizes: tuple[int, ...], data: Data, epochs: int) -> tuple[Run, Run]:
    """The fastest of several trainings with fastloss, and with NumPy alone. All take the same steps."""
    losses = fl.cross_entropy, InNumPy()
    rounds = [[train(loss, sizes, data, epochs) for loss in losses] for _ in range(REPEATS)]
    fast, plain = (min(runs, key=lambda run: run.seconds) for runs in zip(*rounds, strict=True))
    return fast, plain


def print_curve(name: str, run: Run) -> None:
    last = len(run.train_loss) - 1
    epochs = sorted({0, 1, 2, 3, 5, 10, 20, 40, 80, 160, last})
    print(f"\n{name}, {run.steps:,} steps of {BATCH} scans")
    print("  epoch   train loss   test loss   test accuracy")
    for epoch in (epoch for epoch in epochs if epoch <= last):
        train_loss, test_loss, accuracy = run.train_loss[epoch], run.test_loss[epoch], run.accuracy[epoch]
        print(f"  {epoch:>5}   {train_loss:>10.4f}   {test_loss:>9.4f}   {accuracy:>13.3f}")


def print_digits(runs: dict[str, Run], data: Data) -> None:
    """The mean test loss of each digit: one call with reduction="none", then grouped by label."""
    count = np.bincount(data.test_labels, minlength=10)
    columns = []
    for run in runs.values():
        logits = forward(run.layers, data.test)[1]
        each = fl.cross_entropy(logits, data.test_labels, reduction="none")
        wrong = logits.argmax(axis=1) != data.test_labels
        columns.append([np.bincount(data.test_labels, per_scan, minlength=10) for per_scan in (each, wrong)])
    print("\nmean test loss of each digit, and the scans taken for another")
    print("  digit   scans" + "".join(f"   {name + '  wrong':>25}" for name in runs))
    for digit in range(10):
        cells = [f"   {total[digit] / count[digit]:>18.4f}  {wrong[digit]:>5.0f}" for total, wrong in columns]
        print(f"  {digit:>5}   {count[digit]:>5}" + "".join(cells))


def print_times(pairs: dict[str, tuple[Run, Run]]) -> None:
    print(f"\ntime of the steps in milliseconds, the fastest of {REPEATS} trainings each, taken in turns")
    print("(the rest is NumPy in both: matrix products, tanh, updates of the weights)")
    print("  model                loss                 training   the loss alone   the rest")
    for name, pair in pairs.items():
        for label, run in zip(("fastloss", "NumPy"), pair, strict=True):
            rest = run.seconds - run.loss_seconds
            times = f"{run.seconds * 1e3:>8.1f}   {run.loss_seconds * 1e3:>14.1f}   {rest * 1e3:>8.1f}"
            print(f"  {name:<18}   {label:<18}   {times}")
    for name, (fast, plain) in pairs.items():
        alone, share = plain.loss_seconds / fast.loss_seconds, fast.loss_seconds / fast.seconds
        print(f"  {name}: {alone:.1f}x the speed of NumPy in the loss, which is {share:.0%} of the time with fastloss")


def save_plot(runs: dict[str, Run], path: Path) -> None:
    """Draw the loss of both models against the epoch, if matplotlib is there."""
    try:
        from matplotlib.figure import Figure
        from matplotlib.ticker import FuncFormatter, MaxNLocator
    except ImportError:
        print("\nno picture: matplotlib is not installed")
        return
    figure = Figure(figsize=(10, 4.2), dpi=150, layout="constrained")
    figure.get_layout_engine().set(w_pad=0.12, h_pad=0.12)
    panels = figure.subplots(1, len(runs), sharey=True)
    for axes, (name, run) in zip(panels, runs.items(), strict=True):
        axes.plot(run.train_loss, color="#1f5fa8", linewidth=2, label="train")
        axes.plot(run.test_loss, color="#d1661c", linewidth=2, linestyle=(0, (4, 1.5)), label="test")
        axes.set_title(f"{name}: test accuracy {run.accuracy[-1]:.1%}", loc="left", fontsize=11)
        axes.set_xlabel("epoch")
        axes.set_xlim(0, len(run.train_loss) - 1)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(FuncFormatter(lambda loss, _: f"{loss:g}"))
        axes.grid(True, color="#dddddd", linewidth=0.7)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False, loc="upper right")
    panels[0].set_ylabel("mean cross-entropy (log scale)")
    try:
        figure.savefig(path)
    except (OSError, ValueError) as error:
        sys.exit(f"cannot write {path}: {error}")
    print(f"\ncurves saved to {path}")


def positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is not 1 or more")
    return number


def main() -> None:
    parser = argparse.ArgumentParser(description="Train two classifiers of handwritten digits with NumPy and fastloss.")
    parser.add_argument("--epochs", type=positive, default=EPOCHS, help=f"passes over the training scans ({EPOCHS})")
    parser.add_argument("--out", type=Path, default=Path("digits.png"), metavar="FILE", help="the curves (digits.png)")
    options = parser.parse_args()

    data = load()
    total = len(data.train) + len(data.test)
    print(f"{total:,} scans of handwritten digits, 8 x 8: {len(data.train):,} to train on, {len(data.test)} to test")
    pairs = {name: compare(sizes, data, options.epochs) for name, sizes in MODELS.items()}
    runs = {name: fast for name, (fast, _) in pairs.items()}
    for name, run in runs.items():
        print_curve(name, run)
    print_digits(runs, data)
    print_times(pairs)

    print("\nweights after the same steps with fastloss and with NumPy alone, float64")
    for name, pair in pairs.items():
        difference = farthest(*pair)
        print(f"  {name:<18}   largest difference {difference:.1e}, relative to the largest weight")
        if not difference < ROUNDING:
            sys.exit(f"{name}: the two losses led to different weights")

    save_plot(runs, options.out)
    if options.epochs >= EPOCHS:
        for name, run in runs.items():
            if not run.accuracy[-1] > ENOUGH:
                sys.exit(f"{name}: a test accuracy of {run.accuracy[-1]:.3f} is not above {ENOUGH}")


if __name__ == "__main__":
    main()
