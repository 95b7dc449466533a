"""The accuracy of the kernels, measured: inputs drawn from what the registry says, errors in ulp against the reference.

The tests and `python -m fastloss verify` share this module, and with it the bounds.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from fastloss import _core
from fastloss._loss import Loss, second_keyword, values_of
from fastloss._registry import Interval, Parameter, Row
from fastloss.reference._engine import Entry
from fastloss.reference._softmax import softened
from fastloss.reference._special import digamma, erf, lgamma, trigamma

__all__ = [
    "FUNCTION_BOUNDS",
    "Case",
    "Worst",
    "bound",
    "cases",
    "draw",
    "measure",
    "measure_function",
    "outputs",
    "tier",
    "ulp",
    "usable_tiers",
    "worst",
    "worst_of_function",
]

#: Worst error of each elementary function, in units of the last place: the column of csrc/math/math_functions.inc.
FUNCTION_BOUNDS: dict[str, float] = _core.math_functions()

DTYPES = (np.dtype(np.float32), np.dtype(np.float64))

#: Numbers that the oracle is given in one call, where it is given several inputs: those of a core's cache.
TOGETHER = 1 << 13

#: Labels of the lists that are drawn.
LISTED = 12

#: Classes of the rows that are drawn: one, two, around a group of lanes, and more than a segment of a row.
CLASSES = (1, 2, 10, 63, 64, 65, 2500)


@dataclass(frozen=True)
class Case:
    """A loss with parameters, in one dtype; `labels` says which kind of target a loss of rows gets."""

    loss: Loss
    dtype: np.dtype[Any]
    labels: bool
    id: str
    #: The parameters that are arrays, drawn with the inputs.
    arrays: tuple[str, ...] = ()


#: Results by name: see `outputs`.
Results = dict[str, Any]

#: What is right: a function of case, prediction, target and array parameters that gives `Results`.
Oracle = Callable[..., Results]


def bound(case: Case, output: str) -> float:
    """The worst error allowed of "value", "hess" or a gradient, in ulp."""
    return case.loss.row.ulp * (2 if output.endswith("hess") else 1)


def usable_tiers() -> list[str]:
    """The names of the SIMD tiers that this CPU can run."""
    return [name for name, _, usable in _core.tiers() if usable]


@contextmanager
def tier(name: str) -> Iterator[None]:
    """Compute with the kernels of one tier."""
    before = _core.get_tier()
    _core.set_tier(name)
    try:
        yield
    finally:
        _core.set_tier(before)


def parameter_values(parameter: Parameter) -> list[Any]:
    """Values beside the default: within and at the closed ends of the range, and those that are computed apart."""
    kind = parameter.kind
    if kind.array == "classes":
        return ["per class"]
    if kind.array == "elements":
        return [3.0 if 3.0 in kind.range else 0.75, "per element", *([None] if kind.optional else [])]
    if kind.type is bool:
        return [not parameter.default]
    low, high = kind.range.low, kind.range.high
    if kind.type is int:
        return [1] if parameter.default not in (low, high) else [int(end) for end in (low, high) if end != parameter.default]
    width = high - low if math.isfinite(high) else 8.0
    start = low if math.isfinite(low) else -width / 2
    inside = [start + width / 8, start + 3 * width / 4]
    if low > 0 and math.isfinite(high):  # orders of magnitude
        inside = [low * (high / low) ** share for share in (0.375, 0.625)]
    ends = [end for end in (low, high) if math.isfinite(end) and end in kind.range]
    return [*inside, *kind.apart, *ends, *([None] if kind.optional else [])]


def parameter_sets(row: Row) -> Iterator[dict[str, Any]]:
    """The defaults, each parameter alone at its other values, and all of them off their defaults at once."""
    yield {}
    for p in row.parameters:
        for value in parameter_values(p):
            yield {p.name: value}
    if len(row.parameters) > 1:
        yield {p.name: parameter_values(p)[0] for p in row.parameters}


def losses() -> list[str]:
    """The losses of a prediction and a target, of which inputs are drawn here."""
    import fastloss

    return [name for name, loss in fastloss.losses.items() if not loss.row.of_sums]


def cases(names: list[str] | None = None) -> list[Case]:
    """Every loss of the registry (or those named) with its parameter sets, in both dtypes."""
    import fastloss

    found = []
    for name in names or losses():
        loss = fastloss.losses[name]
        for labels in [True, False] if loss.row.labels and loss.row.probabilities else [loss.row.labels]:
            for parameters in parameter_sets(loss.row):
                for dtype in DTYPES:
                    text = ", ".join(f"{k}={v}" for k, v in parameters.items())
                    target = "-labels" if labels else ""
                    bound = loss.bind(**{k: v for k, v in parameters.items() if not isinstance(v, str)})
                    arrays = tuple(k for k, v in parameters.items() if isinstance(v, str))
                    found.append(Case(bound, dtype, labels, f"{name}({text}){target}-{dtype.name}", arrays))
    return found


def draw_from(interval: Interval, n: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Any:
    """Numbers of an interval: near its middle, near 0, its ends, and where it is unbounded of every magnitude."""
    if interval.ends_only:
        return rng.choice([interval.low, interval.high], n).astype(dtype)
    low, high = map(float, interval.ends_in(dtype))
    if math.isfinite(low) and math.isfinite(high):
        x = low + (high - low) * rng.random(n)
        near_an_end = 10.0 ** rng.uniform(-30, 0, n) * (high - low)
        x = np.where(rng.random(n) < 0.3, np.where(rng.random(n) < 0.5, low + near_an_end, high - near_an_end), x)
        x[rng.random(n) < 0.1], x[rng.random(n) < 0.1] = low, high
    else:
        x = rng.normal(0, 3, n)
        x = np.where(rng.random(n) < 0.2, x * 10.0 ** rng.uniform(-20, 3, n), x)
        if math.isfinite(low):
            x = low + np.abs(x)
            x[rng.random(n) < 0.1] = low
        elif math.isfinite(high):
            x = high - np.abs(x)
            x[rng.random(n) < 0.1] = high
    with np.errstate(under="ignore"):
        return interval.clip(x.astype(dtype))


def draw_lists(n: int, classes: int, rng: np.random.Generator) -> np.ndarray:
    """Lists of up to `LISTED` labels, or of as many as there are classes, some twice; behind the end, anything."""
    target = rng.integers(0, classes, (n, classes))
    place, length = np.arange(classes), rng.integers(0, min(classes, LISTED) + 1, (n, 1))
    target = np.where(place > length, rng.integers(-3, classes + 3, target.shape), target)
    return np.where(place == length, rng.integers(-3, 0, (n, 1)), target)


def logits_as_targets(row: Row) -> bool:
    """Whether the targets of a loss of rows are numbers of any size, as predictions are: logits."""
    return row.family == "rows" and row.probabilities and not row.target.bounded


def target_domain(case: Case) -> Interval:
    """Where targets lie, with the parameters that the loss has."""
    return case.loss.row.target_domain(values_of(case.loss))


def draw(case: Case, n: int, classes: int, seed: int) -> tuple[np.ndarray, np.ndarray, dict[str, Any]]:
    """Prediction, target and array parameters for a case: n elements, or n rows of `classes`."""
    rng = np.random.default_rng(seed)
    row, dtype = case.loss.row, case.dtype
    arrays: dict[str, Any] = {}
    if row.family == "pointwise":
        pred = draw_from(row.prediction, n, dtype, rng)
        target = draw_from(target_domain(case), n, dtype, rng)
        # Where the two are alike losses are small, and cancellation shows.
        alike = rng.random(n) < 0.2
        near = (target * (1 + rng.uniform(-1e-3, 1e-3, n))).astype(dtype)
        if not row.target.ends_only:
            pred = np.where(alike, row.prediction.clip(near), pred).astype(dtype)
            pred[rng.random(n) < 0.02] = row.prediction.clip(target[0])
        shape: tuple[int, ...] = (n,)
    else:
        spread = 10.0 ** rng.uniform(-1, 2, (n, 1))
        shape = (n, classes)
        if row.prediction.bounded:
            pred = draw_from(row.prediction, n * classes, dtype, rng).reshape(shape)
        else:
            pred = (rng.normal(size=shape) * spread).astype(dtype)
        if case.labels:
            target = rng.integers(0, classes, n)
        elif row.label_lists:
            target = draw_lists(n, classes, rng)
        elif logits_as_targets(row):
            target = (rng.normal(size=shape) * 10.0 ** rng.uniform(-1, 2, (n, 1))).astype(dtype)
            # Where the two rows are alike losses are small, and cancellation shows.
            near = pred * (1 + rng.uniform(-1e-3, 1e-3, shape))
            target = np.where(rng.random((n, 1)) < 0.3, near, target).astype(dtype)
        else:
            scores = rng.normal(size=shape) * 3
            weights = np.exp(scores - scores.max(axis=1, keepdims=True))
            target = (weights / weights.sum(axis=1, keepdims=True)).astype(dtype)
            target[rng.random(shape) < 0.1] = 0
            target[: n // 8] = (np.arange(classes) == rng.integers(0, classes, (n, 1)))[: n // 8]
            if case.loss.params.get("log_target") and case.loss.params["log_target"].default:
                with np.errstate(divide="ignore"):
                    target = np.log(target)
    for name in case.arrays:
        kind = case.loss.params[name].kind
        count = shape if kind.array == "elements" else (classes,)
        if kind.differentiable:
            # Around its middle mostly, beside which other arguments count; of every size else.
            middle = np.exp(rng.normal(size=count)) if kind.range.low == 0 else rng.normal(0, 3, count)
            drawn = draw_from(Interval(kind.range.low, kind.range.high), math.prod(count), dtype, rng).reshape(count)
            if math.isfinite(kind.range.high):
                middle = drawn
            in_range = (drawn > kind.range.low) | (not kind.range.low_open)
            arrays[name] = np.where(in_range & (rng.random(count) < 0.3), drawn, middle).astype(dtype)
        else:
            # Up to 2, or inside of (0, 1): exact in every dtype.
            arrays[name] = rng.integers(1, 9, count) / (4 if math.isinf(kind.range.high) else 16)
    return pred, target, arrays


def ulp(x: np.ndarray, dtype: np.dtype[Any], factor: float = 1.0) -> Any:
    """The distance between numbers of `dtype` around |x|.

    For results near the subnormal numbers it is that at 16 times the smallest normal one, times `factor`: there factors of the
    result, being subnormal themselves, have lost digits.
    """
    info = np.finfo(dtype)
    with np.errstate(all="ignore"):
        exponent = np.floor(np.log2(np.maximum(np.abs(x), 16 * float(info.smallest_normal) * factor)))
    return np.exp2(np.nan_to_num(exponent, posinf=info.maxexp) - info.nmant)


def largest_parameter(case: Case, arrays: dict[str, Any]) -> float:
    """What parameters multiply a subnormal number by, at most: a weight, the power of a focal loss. At least 1."""
    reals = [p.default for p in case.loss.params.values() if p.kind.type is float and p.default is not None]
    return max(1.0, max((float(np.max(np.abs(x), initial=0)) for x in [*reals, *arrays.values()]), default=0.0))


def divisor(loss: Loss) -> float:
    """What predictions are divided by."""
    return min((p.default for p in loss.params.values() if p.kind.divides), default=1.0)


def ulps(case: Case, expected: Results, arrays: dict[str, Any]) -> Results:
    """The `ulp` of each result. A subnormal factor meets more and larger ones in a Hessian: a logit, a parameter's square."""
    factor = largest_parameter(case, arrays)
    inverse = max(1.0, 1 / divisor(case.loss))
    factors = {"value": factor, "grad": factor * inverse, "hess": 16 * factor * inverse**2}
    factors |= {f"second_{name}": factors[name] for name in ("grad", "hess")}
    units = {"value": case.loss.row.value_unit}
    return {name: ulp(np.maximum(np.abs(x), units.get(name, 0.0)), case.dtype, factors[name]) for name, x in expected.items()}


def one_precision_up(dtype: np.dtype[Any]) -> type[np.floating[Any]]:
    return np.float64 if dtype == np.float32 else np.longdouble


def signs(case: Case, seed: int, pred: np.ndarray, *others: np.ndarray) -> Iterator[np.ndarray]:
    """Where each prediction is moved: up or down. `others` are further rows of logits that it is compared with."""
    rng = np.random.default_rng(seed)
    for _ in range(2):
        sign = rng.choice([-1.0, 1.0], pred.shape)
        yield sign
        if case.loss.family != "rows":
            yield -sign
            continue
        # Against the largest logit every other one is moved both towards it and away; so against the class where others are
        # largest, which are of that distribution by which slopes are averaged.
        for logits in (pred, *others):
            flipped, top = sign.copy(), np.argmax(logits, axis=1)[:, None]
            np.put_along_axis(flipped, top, -np.take_along_axis(sign, top, axis=1), axis=1)
            yield flipped


def perturbations(pred: np.ndarray, target: np.ndarray, case: Case, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The inputs, each number moved by one unit in its last place up or down; see `Row.unit`."""
    row = case.loss.row
    steps = float(np.finfo(case.dtype).eps)
    # For a loss of softened logits `unit_of_softened` counts the unit of those.
    unit = row.unit * (divisor(case.loss) if logits_as_targets(row) else 1)

    def moved(x: np.ndarray, sign: np.ndarray, interval: Interval) -> Any:
        size = np.maximum(np.abs(x), unit if x is pred or logits_as_targets(row) else 0)
        return interval.clip(x + sign * steps * size, case.dtype)

    exact_target = target.dtype.kind != "f" or row.target.ends_only
    of_target = target_domain(case)
    logits = (pred, target) if logits_as_targets(row) else (pred,)
    for sign in signs(case, seed, *logits):
        yield moved(pred, sign, row.prediction), target
    if not exact_target:
        for sign in signs(case, seed, *logits):
            yield pred, moved(target, sign, of_target)


def unit_of_softened(
    case: Case, pred: np.ndarray, target: np.ndarray, arrays: dict[str, Any], seed: int, oracle: Oracle
) -> Results:
    """What it changes to move a softmax's softened logits, where they are not those given: by an ulp, by two of a tanh."""
    parameters = {name: p.default for name, p in case.loss.params.items() if name in ("temperature", "softcap")}
    if "softcap" not in parameters or (parameters["temperature"] == 1 and parameters["softcap"] is None):
        return {}
    below, base, slope, bend = softened(pred, pred.max(axis=1, keepdims=True), **parameters)
    plain = dataclasses.replace(case, loss=case.loss.bind(temperature=1.0, softcap=None))
    start = below + base
    step = np.maximum(np.abs(start), case.loss.row.unit) * float(np.finfo(case.dtype).eps)
    if parameters["softcap"] is not None:
        step *= FUNCTION_BOUNDS["tanh"]
    inputs = [(start, target, arrays), *((start + sign * step, target, arrays) for sign in signs(case, seed, pred))]
    before, *moved = computed(plain, inputs, oracle)
    change = {name: np.max([np.abs(after[name] - x) for after in moved], axis=0) for name, x in before.items()}
    hess = change["hess"] * slope**2 + change["grad"] * np.abs(bend)
    return {"value": change["value"], "grad": change["grad"] * slope, "hess": hess}


def moved_parameters(case: Case, arrays: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Each parameter that is a real number, or one for each element, moved by one unit in its last place within its range."""
    step = float(np.finfo(case.dtype).eps)
    for name, x in arrays.items():
        if case.loss.params[name].kind.array == "elements":
            wide = x.astype(one_precision_up(case.dtype))
            interval = case.loss.params[name].range
            yield from ({name: interval.clip(wide * factor, case.dtype)} for factor in (1 + step, 1 - step))
    for name, p in case.loss.params.items():
        if name not in arrays and p.kind.type is float and isinstance(p.default, (int, float)):
            if p.kind.ends_apart and p.default in (p.range.low, p.range.high):
                continue
            moved = (value for value in (p.default * (1 - step), p.default * (1 + step)) if value in p.range)
            yield from ({name: value} for value in itertools.islice(moved, 1))


class EveryResult(Entry):
    """An entry point of a reference loss that returns all it computes: each of them computes all, and it takes long."""

    def _chosen(self, found: dict[str, Any], with_second: bool, out: Any) -> tuple[Any, ...]:
        return (found,)


@functools.lru_cache(maxsize=16)
def every_result(loss: Loss) -> EveryResult:
    return EveryResult(loss.reference, "grad_and_hess")


def reference_results(case: Case, pred: np.ndarray, target: np.ndarray, **given: Any) -> Results:
    """Value, gradient and Hessian of each element by the reference, in the precision of `pred`."""
    found: Results = every_result(case.loss)(pred, target, reduction="none", **given)
    return found


def asked(case: Case, entry_point: str) -> dict[str, bool]:
    """The keyword that asks an entry point for all the derivatives there are."""
    flag = second_keyword(case.loss.row, entry_point)
    return {flag: True} if flag else {}


def outputs(case: Case) -> tuple[str, ...]:
    """The names of what a loss computes."""
    entry_points = {"grad": "grad", "hess": "grad_and_hess"}
    names = [name for name, entry_point in entry_points.items() if second_keyword(case.loss.row, entry_point)]
    return ("value", "grad", "hess", *(f"second_{name}" for name in names))


def gathered(case: Case, value_and_grad: tuple[Any, Any], hess: Any) -> Results:
    """Results by name; derivatives may be pairs."""
    value, grad = value_and_grad
    results = {"value": value}
    for name, derivative in (("grad", grad), ("hess", hess)):
        pair = derivative if isinstance(derivative, tuple) else (derivative,)
        results |= dict(zip((name, f"second_{name}"), pair, strict=False))
    return results


def widened(case: Case, pred: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same inputs one precision up, where what moves them by one unit can be written."""
    wide = one_precision_up(case.dtype)
    return pred.astype(wide), target.astype(wide) if target.dtype.kind == "f" else target


#: Prediction, target and array parameters.
Inputs = tuple[np.ndarray, np.ndarray, dict[str, Any]]


def computed(case: Case, inputs: Sequence[Inputs], oracle: Oracle) -> list[Results]:
    """What the oracle gives for each of several inputs of one shape: small ones together, since a call costs too."""
    pred = inputs[0][0]
    together = max(1, TOGETHER // max(1, pred.size))
    found = []
    for first in range(0, len(inputs), together):
        batch = inputs[first : first + together]
        preds, targets, arrays = zip(*batch, strict=True)
        # What broadcasts against the prediction in another way than element by element is the same for all.
        joined = {k: np.concatenate([a[k] for a in arrays]) if np.shape(x) == pred.shape else x for k, x in arrays[0].items()}
        results = oracle(case, np.concatenate(preds), np.concatenate(targets), **joined)
        split = {name: np.split(x, len(batch)) for name, x in results.items()}
        found += [{name: x[i] for name, x in split.items()} for i in range(len(batch))]
    return found


def expected_and_allowed(
    case: Case, pred: np.ndarray, target: np.ndarray, arrays: dict[str, Any], seed: int, oracle: Oracle = reference_results
) -> tuple[Results, Results]:
    """What the oracle gives, and what an error of 1 is: an ulp of the result, or what an ulp of an input changes, if more."""
    wide = widened(case, pred, target)
    expected = oracle(case, *wide, **arrays)
    allowed = ulps(case, expected, arrays)
    with np.errstate(all="ignore"):
        for name, change in unit_of_softened(case, *wide, arrays, seed, oracle).items():
            allowed[name] = np.maximum(allowed[name], np.where(np.isfinite(change), change, 0))
        inputs = [(p, t, arrays) for p, t in perturbations(*wide, case, seed)]
        changes = list(moved_parameters(case, arrays))
        inputs += [(*wide, {**arrays, **change}) for change in changes if change.keys() <= arrays.keys()]
        moved = computed(case, inputs, oracle)
        moved += [oracle(case, *wide, **arrays, **change) for change in changes if not change.keys() <= arrays.keys()]
        for results in moved:
            for name, x in results.items():
                change = np.abs(x - expected[name])
                allowed[name] = np.maximum(allowed[name], np.where(np.isfinite(change), change, 0))
    return expected, allowed


def kernel_results(case: Case, tier_name: str, pred: np.ndarray, target: np.ndarray, arrays: dict[str, Any]) -> list[Results]:
    """What the kernels of a tier give, by both entry points that give two results."""
    with tier(tier_name):
        both = case.loss.value_and_grad(pred, target, reduction="none", **asked(case, "value_and_grad"), **arrays)
        grad_again, hess = case.loss.grad_and_hess(pred, target, reduction="none", **asked(case, "grad_and_hess"), **arrays)
    again = gathered(case, (None, grad_again), None)
    return [gathered(case, both, hess), {name: x for name, x in again.items() if x is not None}]


def errors(case: Case, found: Results, expected: Results, allowed: Results) -> Results:
    """The error of each number found, in units of `allowed`; infinity counts as the number that would follow the largest."""
    info = np.finfo(case.dtype)
    largest = float(info.max)
    result = {}
    for name, x in found.items():
        want = expected[name]
        with np.errstate(all="ignore"):
            wide = x.astype(want.dtype)
            wide = np.where(np.isinf(x) & np.isfinite(want), np.copysign(np.ldexp(want.dtype.type(1), info.maxexp), wide), wide)
            error = np.abs(wide - want) / allowed[name]
        # Beyond the largest number of the dtype only infinity is right; NaN only where NaN is.
        beyond = np.abs(want) > largest
        same = (x == want) | (np.isnan(x) & np.isnan(want)) | (beyond & (np.abs(x) >= largest))
        result[name] = np.where(same, 0, np.where(np.isnan(error), np.inf, error))
    return result


@dataclass(frozen=True)
class Worst:
    """The worst error of an output, in ulp, with the element or row where it was found."""

    error: float
    pred: Any
    target: Any
    #: What of the array parameters belongs to the element or row.
    arrays: dict[str, Any]
    #: Of a derivative of a row: the class.
    class_: int | None
    expected: Any
    found: Any


def errors_in_ulp(case: Case, tiers: Sequence[str], n: int, classes: int, seed: int) -> Iterator[tuple[str, str, Worst]]:
    """Tier, output and worst error. What is right takes most of the time, and is the same for all tiers."""
    pred, target, arrays = draw(case, n, classes, seed)
    expected, allowed = expected_and_allowed(case, pred, target, arrays, seed)
    for tier_name in tiers:
        for found in kernel_results(case, tier_name, pred, target, arrays):
            for name, error in errors(case, found, expected, allowed).items():
                where = np.unravel_index(np.argmax(error), error.shape)
                i, class_ = int(where[0]), int(where[1]) if len(where) > 1 else None
                beside = {k: x[i] if np.shape(x) == pred.shape else x for k, x in arrays.items()}
                numbers = float(error[where]), pred[i], target[i], beside, class_, expected[name][where], found[name][where]
                yield tier_name, name, Worst(*numbers)


def worst(
    case: Case, tiers: Sequence[str], samples: int = 20_000, seed: int = 1, classes: Sequence[int] = CLASSES
) -> dict[str, dict[str, Worst]]:
    """For each tier the worst errors of value, gradient and Hessian on about `samples` numbers; rows have `classes`."""
    sizes = [(samples, 0)]
    if case.loss.family != "pointwise":
        sizes = [(min(max(3, samples // (len(classes) * c)), samples // 20 + 3), c) for c in classes]
    found: dict[str, dict[str, Worst]] = {tier_name: {} for tier_name in tiers}
    for n, c in sizes:
        for tier_name, name, one in errors_in_ulp(case, tiers, n, c, seed + c):
            before = found[tier_name].get(name)
            if before is None or one.error > before.error:
                found[tier_name][name] = one
    return found


def measure(case: Case, tiers: Sequence[str], samples: int = 20_000, seed: int = 1) -> dict[str, dict[str, float]]:
    """For each tier the worst error of value, gradient and Hessian in ulp, on about `samples` elements."""
    found = worst(case, tiers, samples, seed)
    return {tier_name: {name: one.error for name, one in outputs.items()} for tier_name, outputs in found.items()}


EXACT_FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "exp": np.exp,
    "expm1": np.expm1,
    "log": np.log,
    "log1p": np.log1p,
    "tanh": np.tanh,
    "sigmoid": lambda x: np.where(x < 0, np.exp(-np.abs(x)), 1) / (1 + np.exp(-np.abs(x))),
    "softplus": lambda x: np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))),
    "log_sigmoid": lambda x: -(np.maximum(-x, 0) + np.log1p(np.exp(-np.abs(x)))),
    "erf": erf,
    "lgamma": lgamma,
    "digamma": digamma,
    "trigamma": trigamma,
}


def errors_of_function(found: np.ndarray, expected: np.ndarray) -> Any:
    """The error of each result in ulp of its dtype; infinite where one is NaN or infinite and the other is not."""
    with np.errstate(all="ignore"):
        error = np.abs(found - expected) / ulp(expected, found.dtype)
        beyond = np.abs(expected) > float(np.finfo(found.dtype).max)
    same = (found == expected) | (np.isnan(found) & np.isnan(expected)) | (beyond & np.isinf(found))
    return np.where(same, 0, np.where(np.isnan(error), np.inf, error))


def worst_of_function(name: str, dtype: np.dtype[Any], tier_name: str, samples: int = 200_000, seed: int = 1) -> Worst:
    """The worst error of an elementary function in ulp, over all bit patterns alike and over numbers around 1."""
    rng = np.random.default_rng(seed)
    dtype = np.dtype(dtype)
    patterns = rng.integers(0, 1 << (8 * dtype.itemsize), samples, dtype=f"u{dtype.itemsize}", endpoint=False).view(dtype)
    with np.errstate(all="ignore"):
        x = np.concatenate([patterns, rng.normal(0, 3, samples).astype(dtype), rng.normal(0, 40, samples).astype(dtype)])
        expected = EXACT_FUNCTIONS[name](x.astype(one_precision_up(dtype)))
    found = _core.math(name, tier_name, x)
    error = errors_of_function(found, expected)
    i = int(np.argmax(error))
    return Worst(float(error[i]), x[i], None, {}, None, expected[i], found[i])


def measure_function(name: str, dtype: np.dtype[Any], tier_name: str, samples: int = 200_000, seed: int = 1) -> float:
    """The worst error alone of `worst_of_function`."""
    return worst_of_function(name, dtype, tier_name, samples, seed).error
