"""What the tests share: the losses with inputs drawn from the registry, and the tiers of this CPU."""

from __future__ import annotations

import os

# Without this, runs of the test suite beside each other would each spin on all cores.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import c_core
import numpy as np
import pytest
from depth import NAMES, Depth

import fastloss as fl
from fastloss import _verify
from fastloss._loss import Loss
from fastloss._shapes import ENTRY_POINTS


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("fastloss", "depth of the tests")
    one_of = {"dest": "depth", "action": "store_const", "default": "quick"}
    group.addoption("--full", **one_of, const="full", help="all pairs: at most 15 minutes")
    group.addoption("--deep", **one_of, const="deep", help="everything, as .ci/deep does: hours")
    group.addoption("--seed", type=int, default=0, help="draw another sample")


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """For a few tests, that are named, one process: others would collect all of them as well."""
    named = config.option.keyword or any("::" in argument for argument in config.args)
    return 0 if named else None


def depth_of(config: pytest.Config) -> Depth:
    return Depth(config.getoption("depth"), config.getoption("seed"))


@pytest.fixture(scope="session")
def depth(request: pytest.FixtureRequest) -> Depth:
    """How much of its full set a test draws."""
    return depth_of(request.config)


@pytest.hookimpl(wrapper=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> Iterator[None]:
    """Of the product of a test's parameters, leave what the depth draws, before pytest makes an item of each."""
    yield
    # pytest has no other place where the whole product is known and its items, 40,000, are not yet made.
    calls = metafunc._calls
    if len(calls) > 1:
        points = [tuple(call.indices[name] for name in sorted(call.indices)) for call in calls]
        where = f"{metafunc.module.__name__}::{metafunc.function.__name__}"
        depth = depth_of(metafunc.config)
        places = depth.places(points, where)
        # Who names what to run, a loss say, gets all of it.
        marks = () if metafunc.config.option.keyword else metafunc.definition.iter_markers("sample")
        for mark in marks:
            places = depth.some(places, f"{where} sample", **mark.kwargs)
        calls[:] = [calls[place] for place in places]


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "at(depth): left out at depths before this one, where it would take too long")
    config.addinivalue_line("markers", "sample(quick, full): of what is drawn so many, or such a share, at these depths")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what a marker reserves for a greater depth."""
    level = NAMES.index(depth_of(config).name)
    drawn: list[pytest.Item] = []
    late: list[pytest.Item] = []
    for item in items:
        mark = item.get_closest_marker("at")
        (late if mark and NAMES.index(mark.args[0]) > level else drawn).append(item)
    if late:
        config.hook.pytest_deselected(items=late)
        items[:] = drawn


def pytest_report_header(config: pytest.Config) -> str:
    depth = depth_of(config)
    return f"depth: {depth.name}, seed {depth.seed} (tests/depth.py)"


class Given(NamedTuple):
    """A loss with one kind of target; `draw` makes its inputs."""

    loss: Loss
    labels: bool

    @property
    def rows(self) -> bool:
        return self.loss.family == "rows"

    @property
    def lists(self) -> bool:
        return self.loss.declared.label_lists

    def draw(self, shape: tuple[int, ...], dtype: Any = np.float64, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
        """Prediction of `shape` and its target."""
        case = _verify.Case(self.loss, np.dtype(dtype), self.labels, "")
        if not self.rows:
            pred, target, _ = _verify.draw(case, int(np.prod(shape)), 0, seed)
            return pred.reshape(shape), target.reshape(shape)
        n = int(np.prod(shape[:-1]))
        pred, target, _ = _verify.draw(case, n, shape[-1], seed)
        return pred.reshape(shape), target.reshape(shape[:-1] if self.labels else shape)


#: The losses of a prediction and a target, by element or by row. tests/test_sums.py has those of sums over elements.
PAIRED = {name: loss for name, loss in fl.losses.items() if loss.family != "sums"}


def given_losses() -> list[Given]:
    found = []
    for loss in PAIRED.values():
        if loss.declared.labels:
            found.append(Given(loss, True))
        if loss.declared.target_has_classes:
            found.append(Given(loss, False))
    return found


GIVEN = given_losses()


def name_of(value: Any) -> str | None:
    if isinstance(value, Given):
        return value.loss.name + ("-labels" if value.labels else "")
    return value.name if isinstance(value, Loss | np.dtype) else None


@pytest.fixture(params=GIVEN, ids=name_of)
def given(request: pytest.FixtureRequest) -> Given:
    """Every loss, with labels and with numbers as targets where it takes both."""
    return request.param


@pytest.fixture(params=[np.dtype(np.float32), np.dtype(np.float64)], ids=name_of)
def dtype(request: pytest.FixtureRequest) -> np.dtype:
    return request.param


@pytest.fixture(params=list(ENTRY_POINTS))
def entry_point(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(params=_verify.usable_tiers())
def tier(request: pytest.FixtureRequest):
    """Each SIMD tier of this CPU in turn, in use for the duration of the test."""
    with _verify.tier(request.param):
        yield request.param


@pytest.fixture(scope="session", autouse=True)
def elsewhere(tmp_path_factory):
    """Not in the source folder: its fastloss/, without the compiled core, would hide the one installed from subprocesses."""
    before = os.getcwd()
    base = tmp_path_factory.getbasetemp()
    # Of several processes each has its own folder in that of the run.
    os.environ[c_core.SHARED] = str((base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "c-core")
    os.chdir(tmp_path_factory.mktemp("elsewhere"))
    yield
    os.chdir(before)


def threshold_of(logits: np.ndarray) -> np.ndarray:
    """The number of each row for which what its logits exceed it by sums up to 1, by bisection."""
    low, high = logits.max(axis=1, keepdims=True) - 1, logits.max(axis=1, keepdims=True)
    for _ in range(60):
        middle = (low + high) / 2
        above = np.maximum(logits - middle, 0).sum(axis=1, keepdims=True) > 1
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return low


def bounded_exp(x: np.ndarray) -> np.ndarray:
    return np.exp(np.minimum(x, 700))


def moderate_predictions(loss: Loss, shape: tuple[int, ...], spread: float, rng: np.random.Generator) -> np.ndarray:
    """Predictions for difference quotients: within the domain, not at its ends, and of a size at which a small step shows."""
    low, high = loss.domain.prediction.low, loss.domain.prediction.high
    if math.isfinite(low) and math.isfinite(high):
        return rng.uniform(0.05, 0.95, shape)
    pred = rng.normal(0, spread, shape)
    if math.isfinite(high):
        return high - 0.05 - np.abs(pred)
    return low + 0.05 + np.abs(pred) if math.isfinite(low) else pred


def kink_differences(loss: Loss, pred: np.ndarray, target: np.ndarray, **given: Any) -> list[np.ndarray]:
    """For each equation of the loss's kinks its left side minus its right side: 0 at the kink."""
    names = {
        "pred": pred,
        "target": target,
        "abs": np.abs,
        "exp": bounded_exp,
        **{p.name: p.default for p in loss.params.values()},
        **given,
    }
    sides = [equation.split("==") for equation in loss.kinks.split(";") if equation]
    if loss.declared.label_lists:
        # Each place of a list against each class: an axis more.
        listed, rows = np.logical_and.accumulate(target >= 0, axis=1), np.arange(len(pred))[:, None]
        is_label = np.zeros(pred.shape, bool)
        is_label[np.nonzero(listed)[0], target[listed]] = True
        names["pred"], names["label"] = pred[:, None], (rows[:, None], 0, np.where(listed, target, 0)[:, :, None])
    elif target.dtype.kind == "i":
        names["label"] = np.arange(len(pred))[:, None], target[:, None]
        others = np.where(np.arange(pred.shape[1]) == target[:, None], -np.inf, pred)
        names["rival"] = others.max(axis=1, keepdims=True)
    if loss.family == "rows" and "threshold" in loss.kinks:
        names["threshold"] = threshold_of(pred)
    differences = [eval(left.strip(), names) - eval(right.strip(), names) for left, right in sides]
    if loss.declared.label_lists:
        counts = listed[:, :, None] & ~is_label[:, None]
        return [np.where(counts, np.abs(difference), np.inf).min(axis=1) for difference in differences]
    for difference, (left, _) in zip(differences, sides, strict=True):
        if "label" in left and difference.shape == pred.shape:
            difference[names["label"]] = np.inf  # no class is compared with itself
    return differences


def function_of(loss: Loss, entry_point: str) -> Any:
    return loss if entry_point == "value" else getattr(loss, entry_point)


def call(loss: Loss, entry_point: str, *args: Any, **kwargs: Any) -> tuple[Any, ...]:
    """The results of an entry point, always as a tuple."""
    results = function_of(loss, entry_point)(*args, **kwargs)
    return results if isinstance(results, tuple) else (results,)


def same_bits(a: Any, b: Any) -> bool:
    """Equal to the last bit; NaN equals NaN, but 0 is not -0."""
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    if a.tobytes() == b.tobytes():
        return True
    missing = np.isnan(a)
    return bool(np.all((a == b) | (missing & np.isnan(b))) and np.all((np.signbit(a) == np.signbit(b)) | missing))
