"""Every loss against its reference in arbitrary precision, on random, extreme and adversarial inputs; and the references' own
derivatives against difference quotients.

A search guided by the reference one precision up looks through many points; those where a kernel looks worst, and some others,
are computed exactly.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pytest
from conftest import Given, kink_differences, moderate_predictions
from depth import Depth
from exact import DIGITS, Exact, context, exact, exact_function, exact_results, precision

from fastloss import _verify
from fastloss._kinds import Interval, Parameter
from fastloss._verify import Case, Results

#: Classes of a row; the last is more than a segment in either precision.
CLASSES = (1, 2, 10, 65, 2500)


class Effort(NamedTuple):
    """How much a case is looked at: candidates of the search, rounds of it, points computed exactly; the same for rows."""

    candidates: int
    rounds: int
    points: int
    #: Logits computed exactly for each number of classes: rows times classes, but at least a row.
    logits: int


QUICK, FULL, DEEP = Effort(120, 1, 2, 2), Effort(400, 1, 8, 8), Effort(2000, 2, 30, 48)

#: Sets of parameters that are drawn beside the defaults.
QUICK_SETS, FULL_SETS = 1, 2

#: Of so many classes, each with all its digits, a row takes seconds.
QUICK_CLASSES = 10


class Points(NamedTuple):
    """Inputs, an element or a row each; of `arrays` those of the prediction's shape belong to the elements."""

    pred: np.ndarray
    target: np.ndarray
    arrays: dict[str, np.ndarray]

    def of(self, chosen: np.ndarray) -> Points:
        arrays = {k: x[chosen] if x.shape == self.pred.shape else x for k, x in self.arrays.items()}
        return Points(self.pred[chosen], self.target[chosen], arrays)

    def describe(self, i: int) -> str:
        point = self.of(np.array([i]))
        with np.printoptions(precision=17, threshold=12, edgeitems=3):
            return f"pred={point.pred[0]!s}, target={point.target[0]!s}" + "".join(
                f", {k}={x}" for k, x in point.arrays.items()
            )


@pytest.fixture(autouse=True)
def without_warnings():
    """Inputs lie at the ends of the range, and what is a little beyond overflows."""
    with np.errstate(all="ignore"):
        yield


# ---- where it may break ---------------------------------------------------------------------------------------------


def magnitudes(dtype: np.dtype) -> np.ndarray:
    """Sizes at the ends of the dtype, of its precision, and where functions change their shape or overflow; with neighbours."""
    info = np.finfo(dtype)
    low, high, eps = float(info.smallest_normal), float(info.max), float(info.eps)
    low_end = [float(info.smallest_subnormal), 3 * float(info.smallest_subnormal), low / 4, low, 32 * low, math.sqrt(low)]
    high_end = [math.sqrt(high) / 2, math.sqrt(high), math.sqrt(high) * math.sqrt(2), high / 4, high / 2, high]
    middle = [1e-20, eps**2, eps / 2, eps, 1e-3, 0.25, 0.5, 0.5625, math.log(2), 1, 2, 3, 5, 17, 37]
    far = [1 / eps, 1e4, 32768, 1e6, 1e19]
    # exp(x) is the smallest, the smallest normal, the largest number; half of that for exp(2x)
    depths = [-math.log(info.smallest_subnormal), -math.log(low), math.log(high)]
    sizes = np.array([*low_end, *middle, *far, *depths, *(d / 2 for d in depths), *high_end], dtype)
    return np.unique(np.concatenate([sizes, np.nextafter(sizes, dtype.type(0)), np.nextafter(sizes[:-1], dtype.type(np.inf))]))


def remarkable(interval: Interval, dtype: np.dtype) -> np.ndarray:
    """Numbers of an interval at which something may break."""
    sizes = magnitudes(dtype)
    numbers = np.concatenate([[0], sizes, -sizes])
    if interval.ends_only:
        return np.array([interval.low, interval.high], dtype)
    low, high = interval.ends_in(dtype)
    ends = [float(end) for end in (low, high) if math.isfinite(end)]
    small = sizes[sizes < 0.5]
    near = [x for end in ends for x in (end + small, end - small)]
    numbers = np.unique(np.concatenate([numbers, ends, *near]).astype(dtype))
    return numbers[(numbers >= low) & (numbers <= high)]


def extreme_values(parameter: Parameter) -> list[Any]:
    """Values far out where a parameter's range is open or unbounded, exact in float32; closed ends the registry has."""
    kind = parameter.kind
    if kind.type is not float or kind.array == "classes":
        return []
    tiny, huge = (1e-30, 1e-6), (1e6, 1e30)
    if math.isfinite(kind.range.high):
        found = [kind.range.low + tiny[1], kind.range.high - 2.0**-24]
    elif math.isfinite(kind.range.low):
        found = [*(kind.range.low + x for x in tiny), *huge]
    else:
        found = [-huge[1], -tiny[0], tiny[1], huge[0]]
    return [float(np.float32(x)) for x in found]


def cases_of(given: Given, dtype: np.dtype) -> Iterator[Case]:
    """The parameter sets of the registry, and each parameter far out, alone and with the others."""
    name = given.loss.name
    yield from (c for c in _verify.cases([name]) if c.labels == given.labels and c.dtype == dtype)
    extremes = {p.name: extreme_values(p) for p in given.loss.declared.parameters}
    far = {k: values for k, values in extremes.items() if values}
    sets = [{k: value} for k, values in far.items() for value in values]
    if len(far) > 1:
        sets += [dict(zip(far, values, strict=True)) for values in itertools.product(*far.values())]
    for parameters in sets:
        text = ", ".join(f"{k}={v:g}" for k, v in parameters.items())
        yield Case(given.loss.bind(**parameters), dtype, given.labels, f"{name}({text})-{dtype.name}")


def drawn_cases(given: Given, dtype: np.dtype, depth: Depth) -> list[tuple[int, Case]]:
    """Cases with their seeds: the defaults, and as many other sets of parameters as the depth draws."""
    first, *others = enumerate(cases_of(given, dtype))
    return [first, *depth.some(others, first[1].id, QUICK_SETS, FULL_SETS)]


def far_arrays(case: Case, arrays: dict[str, np.ndarray], rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Array parameters over twelve orders of magnitude, and 0 where it is allowed."""
    found = {}
    for name, x in arrays.items():
        far = 10.0 ** rng.uniform(-6, 6 if math.isinf(case.loss.params[name].range.high) else -0.1, x.shape)
        if -1 in case.loss.params[name].range:
            far *= rng.choice([-1, 1], x.shape)
        if 0 in case.loss.params[name].range:
            far[rng.random(x.shape) < 0.2] = 0
        found[name] = np.where(rng.random(x.shape) < 0.5, x, far).astype(np.float32).astype(np.float64)
    return found


def clipped(x: np.ndarray, interval: Interval, dtype: np.dtype) -> np.ndarray:
    largest = np.finfo(dtype).max
    return interval.clip(np.clip(np.where(np.isnan(x), 0, x), -largest, largest).astype(dtype))


def elements(case: Case, n: int, rng: np.random.Generator) -> Points:
    """As the registry draws them; remarkable numbers; and predictions at remarkable distances from the target."""
    declared, dtype = case.loss.declared, case.dtype
    pred, target, arrays = _verify.draw(case, n, 0, int(rng.integers(2**31)))
    extreme = rng.random(n) < 0.7
    pred = np.where(extreme, rng.choice(remarkable(declared.prediction, dtype), n), pred)
    target = np.where(rng.random(n) < 0.5, rng.choice(remarkable(_verify.target_domain(case), dtype), n), target)
    # Kinks lie where the difference is 0 or a parameter.
    numbers = [p.default for p in case.loss.params.values() if isinstance(p.default, float)]
    distances = np.concatenate([magnitudes(dtype), np.repeat(np.array([0, *numbers], dtype), 20)])
    beside = (target + rng.choice([-1, 1], n) * rng.choice(distances, n)).astype(dtype)
    beside = np.nextafter(beside, beside + rng.integers(-1, 2, n).astype(dtype) * np.maximum(np.abs(beside), 1))
    pred = clipped(np.where(rng.random(n) < 0.4, beside, pred), declared.prediction, dtype)
    return Points(pred, target.astype(dtype), far_arrays(case, arrays, rng) if rng.random() < 0.7 else arrays)


def class_rows(case: Case, n: int, classes: int, rng: np.random.Generator) -> Points:
    """As the registry draws them; logits far apart, tied, far from 0; targets that are remarkable numbers."""
    declared, dtype = case.loss.declared, case.dtype
    pred, target, arrays = _verify.draw(case, n, classes, int(rng.integers(2**31)))
    shape = pred.shape
    # The terms of a row are added in double: of one sign, they may not overflow before their sum does.
    sizes = remarkable(declared.prediction, dtype)
    sizes = sizes[np.abs(sizes) <= np.finfo(np.float64).max / (4 * classes)]
    if _verify.logits_as_targets(declared):
        # In float64 a probability below exp(-884) is 0, and a slope beyond 1e60 would show it: see the losses' notes.
        sizes = sizes[np.abs(sizes) <= np.finfo(np.float32).max]

    def extreme_logits(drawn: np.ndarray) -> np.ndarray:
        kind = rng.integers(0, 5, (n, 1))
        spread = rng.normal(size=shape) * 10.0 ** rng.uniform(-6, 4, (n, 1)) + rng.normal(size=(n, 1)) * 10.0 ** rng.uniform(
            -2, 5, (n, 1)
        )
        far_apart = rng.choice([-1e4, -100.0, 0.0, 100.0, 1e4], shape) + rng.choice([0.0, 0.0, 1e-3, 1.0], shape)
        found = np.select(
            [kind == 0, kind == 1, kind == 2], [spread, far_apart, rng.choice(sizes[np.abs(sizes) < 1e5], shape)], drawn
        )
        return np.where((kind == 3) & (rng.random((n, 1)) < 0.2), rng.choice(sizes, shape), found)

    pred = extreme_logits(pred)
    if _verify.logits_as_targets(declared):
        alike = pred * (1 + rng.choice([-1, 1], shape) * 10.0 ** rng.uniform(-8, 0, (n, 1)))
        target = clipped(np.where(rng.random((n, 1)) < 0.3, alike, extreme_logits(target)), declared.target, dtype)
    elif target.dtype.kind == "f":
        logarithms = math.isinf(_verify.target_domain(case).low)
        interval = Interval(high=0) if logarithms else declared.target
        numbers = remarkable(interval, dtype)
        # A target that is so small that a class weight makes it subnormal has no digits left for a logit to multiply.
        least = math.sqrt(np.finfo(dtype).smallest_normal) if case.arrays else 0
        numbers = numbers[(np.abs(numbers) <= 1) & ((np.abs(numbers) > least) | (numbers == 0))]
        # Few of them, lest their sum be a weight of its own.
        odd = (rng.random(shape) < min(0.5, 5 / classes)) & (rng.random((n, 1)) < 0.4)
        target = np.where(odd, rng.choice(numbers, shape), target).astype(dtype)
    return Points(
        clipped(pred, declared.prediction, dtype), target, far_arrays(case, arrays, rng) if rng.random() < 0.7 else arrays
    )


def nearby(case: Case, points: Points, n: int, rng: np.random.Generator) -> Points:
    """Points a little or a few units in the last place from these, `n` times as many."""
    declared, dtype = case.loss.declared, case.dtype
    start = points.of(np.repeat(np.arange(len(points.pred)), n))

    def moved(x: np.ndarray, interval: Interval) -> np.ndarray:
        if x.dtype.kind != "f" or interval.ends_only or (x < interval.low).any():
            return x
        eps = float(np.finfo(dtype).eps)
        size = np.where(rng.random(x.shape) < 0.5, 10.0 ** rng.uniform(-8, -0.5, x.shape), eps * rng.integers(0, 9, x.shape))
        return clipped(x * (1 + size * rng.choice([-1, 1], x.shape)), interval, dtype)

    return Points(moved(start.pred, declared.prediction), moved(start.target, _verify.target_domain(case)), start.arrays)


# ---- errors ---------------------------------------------------------------------------------------------------------


def kernels(case: Case, points: Points) -> dict[str, list[Results]]:
    """What each tier gives."""
    return {tier: _verify.kernel_results(case, tier, *points) for tier in _verify.usable_tiers()}


def worst_of_each(error: np.ndarray) -> np.ndarray:
    """Of a row, its worst class."""
    return error if error.ndim == 1 else error.max(axis=1, initial=0)


def errors_of_each(case: Case, found: dict[str, list[Results]], expected: Results, allowed: Results) -> dict[str, Results]:
    """The worst error of each point, by tier and output."""
    errors: dict[str, Results] = {}
    for tier, results in found.items():
        errors[tier] = {}
        for result in results:
            for output, error in _verify.errors(case, result, expected, allowed).items():
                worst = worst_of_each(error)
                errors[tier][output] = np.maximum(errors[tier].get(output, 0), worst)
    return errors


def suspicious(case: Case, points: Points, k: int) -> np.ndarray:
    """The points where the kernels are farthest from the reference one precision up, against each output's bound."""
    expected, allowed = _verify.expected_and_allowed(case, *points, seed=1)
    errors = errors_of_each(case, kernels(case, points), expected, allowed)
    chosen: list[int] = []
    for output in _verify.outputs(case):
        total = np.max([errors[tier][output] for tier in errors], axis=0)
        chosen += np.argsort(total, kind="stable")[::-1][:k].tolist()
    return np.unique(chosen)


def searched(case: Case, points: Points, rounds: int, wanted: int, rng: np.random.Generator) -> Points:
    """`wanted` points: half where the search has found the largest errors, half any."""
    k = max(1, wanted // 6)
    first = len(points.pred)
    for _ in range(rounds):
        worst = points.of(suspicious(case, points, k))
        # The best so far stay, so that no round loses what another found.
        more = nearby(case, worst, max(2, first // (4 * len(worst.pred))), rng)
        points = joined(worst, more)
    worst = suspicious(case, points, k)
    return points.of(worst)


def joined(a: Points, b: Points) -> Points:
    arrays = {k: np.concatenate([x, b.arrays[k]]) if x.shape == a.pred.shape else x for k, x in a.arrays.items()}
    return Points(np.concatenate([a.pred, b.pred]), np.concatenate([a.target, b.target]), arrays)


def inputs(case: Case, effort: Effort, seed: int) -> Iterator[Points]:
    rng = np.random.default_rng(seed)
    if case.loss.family == "pointwise":
        points = elements(case, effort.candidates, rng)
        yield joined(searched(case, points, effort.rounds, effort.points, rng), points.of(np.arange(effort.points // 2)))
        return
    for classes in CLASSES:
        # The widest rows show sums over segments, which are the same whatever the parameters.
        if classes > 100 and (effort is not DEEP or case.loss.bound):
            continue
        if classes > QUICK_CLASSES and effort is QUICK and case.dtype == np.float64:
            continue
        rows = max(1, effort.logits // classes)
        points = class_rows(case, max(12, effort.candidates // (4 * classes)), classes, rng)
        yield joined(searched(case, points, effort.rounds, rows, rng), points.of(np.arange(max(1, rows // 2))))


class Worst:
    """The largest error seen of each tier and output, and where."""

    def __init__(self) -> None:
        self.points = 0
        self.errors: dict[tuple[str, str], tuple[float, str]] = {}
        self.broken: list[str] = []
        #: The largest error in plain ulp by output, and what an ulp in the inputs changes there, in ulp.
        self.plain: dict[str, tuple[float, float, str]] = {}

    def add(self, case: Case, points: Points, seed: int) -> None:
        self.points += len(points.pred)
        found = kernels(case, points)
        with precision(DIGITS[case.dtype]):
            expected = exact_results(case, *_verify.widened(case, points.pred, points.target), **points.arrays)
            plain_unit = _verify.ulps(case, expected, points.arrays)
            plain = errors_of_each(case, found, expected, plain_unit)
            # To move inputs costs ten times as much as the point itself, and excuses only what needs it.
            needy = np.zeros(len(points.pred), bool)
            for errors, output in itertools.product(plain.values(), expected):
                needy |= ~(errors[output] <= _verify.bound(case, output) / 2)
            chosen = np.flatnonzero(needy)
            if len(chosen):
                some = points.of(chosen)
                _, allowed = _verify.expected_and_allowed(case, *some, seed=seed, oracle=exact_results)
        for output, x in expected.items():
            for i in np.flatnonzero(worst_of_each(np.isnan(x))):
                self.broken.append(f"{case.id}: the reference has NaN as {output} at {points.describe(i)}")
        final = {tier: {output: x.copy() for output, x in errors.items()} for tier, errors in plain.items()}
        condition = dict.fromkeys(expected, np.ones(len(points.pred)))
        if len(chosen):
            few = {tier: [{k: x[chosen] for k, x in r.items()} for r in results] for tier, results in found.items()}
            few_expected = {k: x[chosen] for k, x in expected.items()}
            for tier, errors in errors_of_each(case, few, few_expected, allowed).items():
                for output, x in errors.items():
                    final[tier][output][chosen] = x
            for output in expected:
                condition[output] = condition[output].copy()
                condition[output][chosen] = worst_of_each((allowed[output] / plain_unit[output][chosen]).astype(float))
        for tier, output in itertools.product(final, expected):
            i = int(np.argmax(final[tier][output]))
            error = float(final[tier][output][i])
            if error >= self.errors.get((tier, output), (-1.0, ""))[0]:
                self.errors[tier, output] = error, f"{case.id}: {points.describe(i)}"
            if not error <= _verify.bound(case, output):
                self.broken.append(f"{case.id}, {tier}: {output} is off by {error:.3g} ulp at {points.describe(i)}")
            i = int(np.argmax(plain[tier][output]))
            if plain[tier][output][i] >= self.plain.get(output, (-1.0, 0.0, ""))[0]:
                self.plain[output] = (
                    float(plain[tier][output][i]),
                    float(condition[output][i]),
                    f"{case.id}: {points.describe(i)}",
                )

    def record(self, record_property: Any) -> None:
        record_property("points", self.points)
        for (tier, output), (error, where) in self.errors.items():
            record_property(f"{tier} {output}", f"{error:.2f} ulp; {where}")
        for output, (error, condition, where) in self.plain.items():
            record_property(f"plain {output}", f"{error:.3g} ulp, where an ulp in the inputs makes {condition:.3g}; {where}")


def test_kernels_are_exact_within_the_bound(given, dtype, depth, record_property):
    worst = Worst()
    for seed, case in drawn_cases(given, dtype, depth):
        for points in inputs(case, depth.of(QUICK, FULL, DEEP), seed):
            worst.add(case, points, seed)
    worst.record(record_property)
    assert not worst.broken, f"{len(worst.broken)} errors:\n" + "\n".join(worst.broken[:20])


# ---- the oracle itself ----------------------------------------------------------------------------------------------


@pytest.mark.sample(quick=20)
def test_more_digits_change_nothing(given, dtype, depth):
    """Twice the digits give the same results: what cancels leaves enough of them."""
    for seed, case in drawn_cases(given, dtype, depth):
        rng = np.random.default_rng(seed)
        points = class_rows(case, depth.of(1, 2, 2), 4, rng) if given.rows else elements(case, depth.of(2, 6, 6), rng)
        wide = _verify.widened(case, points.pred, points.target)
        with precision(DIGITS[dtype]):
            once = exact_results(case, *wide, **points.arrays)
        with precision(2 * DIGITS[dtype]):
            twice = exact_results(case, *wide, **points.arrays)
        errors = _verify.errors(case, once, twice, _verify.ulps(case, twice, points.arrays))
        for name, error in errors.items():
            assert np.max(error) < 1e-2, (case.id, name, points)


def test_derivatives_of_the_references_are_limits(given, depth):
    """To 20 digits: central differences with a step of 1e-50, whose own error is its square."""
    digits, step = 20, 1e-50

    def moved(x: Any, at: Any, sign: int) -> Any:
        x = x.copy()
        x[at] = x[at] + sign * Exact.of(step)
        return x

    for seed, case in drawn_cases(given, np.dtype(np.float64), depth):
        rng = np.random.default_rng(seed)
        n = depth.of(2, 4, 20)
        if given.rows:
            pred, target, arrays = _verify.draw(case, n, 3, seed)
            pred = rng.normal(size=pred.shape) * 4
        else:
            pred, target, arrays = _verify.draw(case, n, 0, seed)
            pred = moderate_predictions(case.loss, (n,), 4, rng)
            target = np.where(np.abs(target) < 10, target, 1.0)
            away = np.all([np.abs(d) > 1e-9 for d in kink_differences(case.loss, pred, target, **arrays)], axis=0)
            if case.loss.declared.second in case.loss.params:  # a difference quotient takes a number on either side
                parameter = case.loss.params[case.loss.declared.second]
                x = arrays.get(parameter.name, parameter.default)
                away = away & (x > parameter.range.low) & (x < parameter.range.high)
            elif case.loss.declared.second == "target" and case.loss.domain.target.bounded:
                away = away & (target > case.loss.domain.target.low) & (target < case.loss.domain.target.high)
            pred, target, arrays = Points(pred, target, arrays).of(np.broadcast_to(away, pred.shape))
        with precision(300):
            x, y = exact(pred), exact(target) if target.dtype.kind == "f" else target
            second = case.loss.declared.second
            if second in case.loss.params:
                z = exact(arrays.get(second, np.full(pred.shape, case.loss.params[second].default)))
                arrays = {**arrays, second: z}
            _, grad, hess, *seconds = map(exact, exact_function(case, x, y, **arrays))
            for j in range(pred.shape[1]) if given.rows else [None]:
                at = (slice(None), j) if given.rows else slice(None)
                above, below = (exact_function(case, moved(x, at, sign), y, **arrays) for sign in (1, -1))
                compared = [("gradient", grad[at], above[0], below[0]), ("Hessian", hess[at], above[1][at], below[1][at])]
                if second == "target":
                    above, below = (exact_function(case, x, moved(y, at, sign), **arrays) for sign in (1, -1))
                    compared.append(("target's gradient", seconds[0][at], above[0], below[0]))
                elif second:
                    above, below = (exact_function(case, x, y, **{**arrays, second: moved(z, at, sign)}) for sign in (1, -1))
                    compared.append((f"gradient by {second}", seconds[0], above[0], below[0]))
                    compared.append((f"Hessian by {second}", seconds[1], above[3], below[3]))
                for name, formula, high, low in compared:
                    quotient = (exact(high) - exact(low)) / (2 * Exact.of(step))
                    for a, b in zip(formula, quotient, strict=True):
                        # Below 1e-60 a result is what the quotient has lost.
                        close = abs(a.number - b.number) <= context.mpf(10) ** -digits * abs(a.number) + context.mpf(10) ** -60
                        assert close, (case.id, name, a, b)
