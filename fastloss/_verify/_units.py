"""What an error of 1 is: an ulp of a result, or what it changes to move an input by an ulp, if that is more."""

from __future__ import annotations

import dataclasses
import functools
import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from fastloss._loss import Loss
from fastloss._shapes import SUMS
from fastloss._verify._cases import (
    FUNCTION_BOUNDS,
    ORDINALS,
    Case,
    Inputs,
    Oracle,
    Results,
    logits_as_targets,
    target_domain,
)
from fastloss.reference._engine import Entry
from fastloss.reference._softmax import softened
from fastloss.reference._sums import Total

__all__ = ["by_ordinal", "divisor", "expected_and_allowed", "one_precision_up", "ulp", "ulps", "widened"]

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
    factors |= {f"{ordinal}{name}": factors[name] for ordinal in ORDINALS for name in ("grad", "hess")}
    units = {"value": case.loss.declared.value_unit}
    return {name: ulp(np.maximum(np.abs(x), units.get(name, 0.0)), case.dtype, factors[name]) for name, x in expected.items()}


def by_ordinal(output: str, derivatives: Any) -> Results:
    """Derivatives as an entry point returns them, one or a tuple, by name."""
    several = derivatives if isinstance(derivatives, tuple) else (derivatives,)
    return {f"{ordinal}{output}": x for ordinal, x in zip(ORDINALS, several, strict=False)}


def signs(case: Case, seed: int, x: np.ndarray, *logits: np.ndarray) -> Iterator[np.ndarray]:
    """Where each number is moved: up or down. `logits` are the rows of logits that are compared with each other."""
    rng = np.random.default_rng(seed)
    if case.loss.declared.shape is SUMS:
        # All one way, which moves the sums most; and at random.
        yield from (np.ones(x.shape), rng.choice([-1.0, 1.0], x.shape))
        return
    for _ in range(2):
        sign = rng.choice([-1.0, 1.0], x.shape)
        yield sign
        if not case.loss.declared.has_classes:
            yield -sign
            continue
        # Against the largest logit every other one is moved both towards it and away; so against the class where others are
        # largest, which are of that distribution by which slopes are averaged.
        for row in logits:
            flipped, top = sign.copy(), np.argmax(row, axis=1)[:, None]
            np.put_along_axis(flipped, top, -np.take_along_axis(sign, top, axis=1), axis=1)
            yield flipped


def perturbations(case: Case, given: Sequence[np.ndarray], seed: int) -> Iterator[list[np.ndarray]]:
    """The arguments, the numbers of one of them moved by one unit in their last place up or down; see `Declaration.unit`."""
    declared = case.loss.declared
    steps = float(np.finfo(case.dtype).eps)
    both = logits_as_targets(declared)
    # For a loss of softened logits `unit_of_softened` counts the unit of those.
    unit = declared.unit * (divisor(case.loss) if both else 1)
    logits = given if both else given[:1]
    for i, (argument, x) in enumerate(zip(declared.arguments, given, strict=True)):
        if i and (x.dtype.kind != "f" or argument.interval.ends_only):
            continue  # exact
        interval = target_domain(case) if argument.name == "target" else argument.interval
        step = steps * np.maximum(np.abs(x), unit if not i or both else 0)
        for sign in signs(case, seed, x, *logits):
            yield [*given[:i], interval.clip(x + sign * step, case.dtype), *given[i + 1 :]]


def unit_of_softened(case: Case, inputs: Inputs, seed: int, oracle: Oracle) -> Results:
    """What it changes to move a softmax's softened logits, where they are not those given: by an ulp, by two of a tanh."""
    parameters = {name: p.default for name, p in case.loss.params.items() if name in ("temperature", "softcap")}
    if "softcap" not in parameters or (parameters["temperature"] == 1 and parameters["softcap"] is None):
        return {}
    pred, *others = inputs
    below, base, slope, bend = softened(pred, pred.max(axis=1, keepdims=True), **parameters)
    plain = dataclasses.replace(case, loss=case.loss.bind(temperature=1.0, softcap=None))
    start = below + base
    step = np.maximum(np.abs(start), case.loss.declared.unit) * float(np.finfo(case.dtype).eps)
    if parameters["softcap"] is not None:
        step *= FUNCTION_BOUNDS["tanh"]
    moved = [(start, *others), *((start + sign * step, *others) for sign in signs(case, seed, pred, pred))]
    before, *after = computed(plain, moved, oracle)
    change = {name: np.max([np.abs(results[name] - x) for results in after], axis=0) for name, x in before.items()}
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


class Adding(Total):
    """What adds up for a reference function of sums: numbers of losses by elements, one sum after the other.

    `moved` is the place of a sum that is moved by one unit in its last place; or the sums and the largest numbers that another
    one has `found` are given, whatever is to be added up.
    """

    def __init__(self, shape: tuple[int, ...], moved: int = -1, step: float = 0.0, found: Adding | None = None) -> None:
        super().__init__((shape[0], shape[1]), None)
        self.shape, self.moved, self.step, self.found = shape, moved, step, found
        self.sums: list[Any] = []
        self.tops: list[Any] = []

    def __call__(self, x: Any) -> Any:
        place = len(self.sums)
        total = self.found.sums[place] if self.found else super().__call__(x)
        self.sums.append(total * (1 + self.step) if place == self.moved else total)
        return self.sums[-1]

    def largest(self, x: Any) -> Any:
        self.tops.append(self.found.tops[len(self.tops)] if self.found else super().largest(x))
        return self.tops[-1]


def results_of_sums(case: Case, adding: Adding, given: Sequence[np.ndarray], arrays: dict[str, Any]) -> Results:
    """Value and derivatives of each loss by the function of the reference, which is called with what it adds up with."""
    columns = [x.reshape(len(x), -1) for x in given]
    parameters = {name: arrays.get(name, p.default) for name, p in case.loss.params.items()}
    with np.errstate(all="ignore"):
        value, *slopes = case.loss.declared.function(*columns, adding, **parameters)
    return {"value": value[:, 0], **by_ordinal("grad", tuple(np.broadcast_to(slope, adding.shape) for slope in slopes))}


def with_sums_moved(case: Case, given: Sequence[np.ndarray], arrays: dict[str, Any], seed: int) -> Iterator[Results]:
    """The results of a loss of sums with one of the sums moved, and with the same sums but elements moved.

    Sums are rounded, however they are added, and so are the slopes of elements: what is made of both may cancel.
    """
    if case.loss.declared.shape is not SUMS:
        return
    shape, step = given[0].shape, float(np.finfo(case.dtype).eps)
    plain = Adding(shape)
    results_of_sums(case, plain, given, arrays)
    yield from (results_of_sums(case, Adding(shape, i, step), given, arrays) for i in range(len(plain.sums)))
    for moved in itertools.islice(perturbations(case, given, seed), 0, None, 2):
        yield results_of_sums(case, Adding(shape, found=plain), moved, arrays)


def reference_results(case: Case, *given: np.ndarray, **arrays: Any) -> Results:
    """Value and derivatives of each element, or of each loss, by the reference, in the precision of the first argument."""
    if case.loss.declared.shape is SUMS:
        return results_of_sums(case, Adding(given[0].shape), given, arrays)
    found: Results = every_result(case.loss)(*given, reduction="none", **arrays)
    return found


def widened(case: Case, *given: np.ndarray) -> tuple[np.ndarray, ...]:
    """The same arguments one precision up, where what moves them by one unit can be written; labels as they are."""
    return tuple(x.astype(one_precision_up(case.dtype)) if x.dtype.kind == "f" else x for x in given)


def computed(case: Case, inputs: Sequence[Inputs], oracle: Oracle) -> list[Results]:
    """What the oracle gives for each of several inputs of one shape: small ones together, since a call costs too."""
    first = inputs[0][0]
    together = max(1, TOGETHER // max(1, first.size))
    found = []
    for start in range(0, len(inputs), together):
        batch = inputs[start : start + together]
        *given, arrays = zip(*batch, strict=True)
        # What broadcasts against the prediction in another way than element by element is the same for all.
        joined = {k: np.concatenate([a[k] for a in arrays]) if np.shape(x) == first.shape else x for k, x in arrays[0].items()}
        results = oracle(case, *map(np.concatenate, given), **joined)
        split = {name: np.split(x, len(batch)) for name, x in results.items()}
        found += [{name: x[i] for name, x in split.items()} for i in range(len(batch))]
    return found


def expected_and_allowed(case: Case, *inputs: Any, seed: int, oracle: Oracle = reference_results) -> tuple[Results, Results]:
    """What the oracle gives, and what an error of 1 is: an ulp of the result; if more, what one of an input or sum changes."""
    *given, arrays = inputs
    wide = widened(case, *given)
    expected = oracle(case, *wide, **arrays)
    allowed = ulps(case, expected, arrays)
    with np.errstate(all="ignore"):
        for name, change in unit_of_softened(case, (*wide, arrays), seed, oracle).items():
            allowed[name] = np.maximum(allowed[name], np.where(np.isfinite(change), change, 0))
        changes = list(moved_parameters(case, arrays))
        of_inputs = [(*moved, arrays) for moved in perturbations(case, wide, seed)]
        of_inputs += [(*wide, {**arrays, **change}) for change in changes if change.keys() <= arrays.keys()]
        moved = computed(case, of_inputs, oracle)
        moved += [oracle(case, *wide, **arrays, **change) for change in changes if not change.keys() <= arrays.keys()]
        moved += with_sums_moved(case, wide, arrays, seed)
        for results in moved:
            for name, x in results.items():
                change = np.abs(x - expected[name])
                allowed[name] = np.maximum(allowed[name], np.where(np.isfinite(change), change, 0))
    return expected, allowed
