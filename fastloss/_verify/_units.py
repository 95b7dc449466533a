"""What an error of 1 is: an ulp of a result, or what it changes to move an input by an ulp, if that is more."""

from __future__ import annotations

import dataclasses
import functools
import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from fastloss._kinds import Interval
from fastloss._loss import Loss
from fastloss._verify._cases import FUNCTION_BOUNDS, Case, Oracle, Results, logits_as_targets, target_domain
from fastloss.reference._engine import Entry
from fastloss.reference._softmax import softened

__all__ = ["divisor", "expected_and_allowed", "one_precision_up", "ulp", "ulps", "widened"]

#: Numbers that the oracle is given in one call, where it is given several inputs: those of a core's cache.
TOGETHER = 1 << 13


def ulp(x: np.ndarray, dtype: np.dtype[Any], factor: float = 1.0) -> Any:
    """The distance between numbers of `dtype` around |x|.

    For results near the subnormal numbers it is that at 16 times the smallest normal one, times `factor`: there factors of the
    result, being subnormal themselves, have lost digits.
    """
    info = np.finfo(dtype)
    with np.errstate(all="ignore"):
        exponent = np.floor(np.log2(np.maximum(np.abs(x), 16 * float(info.smallest_normal) * factor)))
    return np.exp2(np.nan_to_num(exponent, posinf=info.maxexp) - info.nmant)


def one_precision_up(dtype: np.dtype[Any]) -> type[np.floating[Any]]:
    return np.float64 if dtype == np.float32 else np.longdouble


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

    def _chosen(self, found: dict[str, Any], wrt: Any, out: Any) -> tuple[Any, ...]:
        return (found,)


@functools.lru_cache(maxsize=16)
def every_result(loss: Loss) -> EveryResult:
    return EveryResult(loss.reference, "grad_and_hess")


def reference_results(case: Case, pred: np.ndarray, target: np.ndarray, **given: Any) -> Results:
    """Value, gradient and Hessian of each element by the reference, in the precision of `pred`."""
    found: Results = every_result(case.loss)(pred, target, reduction="none", **given)
    return found


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
