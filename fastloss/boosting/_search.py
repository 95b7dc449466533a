"""Starting scores that have no closed form: the constant of least loss, whatever the loss is, and the row of margins."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from fastloss._kinds import SIGN
from fastloss.boosting._links import Link
from fastloss.boosting._starts import ROUNDING, Column, Rows, log_odds

__all__ = ["search", "search_row", "settle"]

# Samples and constants of the first look, and the valleys that are looked at more closely.
GROUPS, TAILS, GRID, VALLEYS = 1024, 16, 129, 8
# A second look at losses with several valleys takes so many of them, and computes so many losses.
MANY_GROUPS, MANY_VALLEYS, LOOKS = 1 << 14, 32, 1 << 24
# How often the bracket of a loss that jumps is divided by eight.
ZOOMS = 16
FARTHEST = 1e300
# Points beyond a link's limit, in multiples of it: of a probability the logarithm of the smallest number is 22 times the limit.
BEYOND = np.concatenate([np.linspace(1, 32, 125), np.geomspace(32, 1e298, 400)[1:]])


def settle(slope: Callable[[float], tuple[float, float]], low: float, at: float, high: float) -> float:
    """Where a derivative changes its sign between two constants, from `at` on: Newton's method, safeguarded by bisection."""
    least = ROUNDING * ROUNDING * (high - low)  # a zero at 0 is approached no nearer
    halve = False
    for _ in range(200):
        grad, hess = slope(at)
        if not grad:
            return at
        # At kinks Newton's steps need not come closer; every other time that they do not halve the bracket, bisection does.
        width = high - low
        low, high = (at, high) if grad < 0 else (low, at)
        halve = not halve and high - low > width / 2
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            newton = at - np.float64(grad) / hess
        following = float(newton) if hess > 0 and low < newton < high and not halve else low + (high - low) / 2
        if abs(following - at) <= ROUNDING * abs(following) + least or not low < following < high:
            return following if low < following < high else at
        at = following
    return at


def centres(of: Column, link: Link) -> np.ndarray:
    """Where valleys may lie: the margins at which samples lose the least, and that at which their mean does."""
    domain = of.loss.domain.target
    if link.limit == np.inf:
        return np.array([-1.0, 0.0, 1.0]) if domain == SIGN else of.target

    def with_mean(part: np.ndarray) -> np.ndarray:
        return np.append(part, np.average(part, weights=of.weight))

    with np.errstate(divide="ignore", invalid="ignore"):
        if np.isfinite(domain.high):
            found = log_odds(with_mean(of.target - domain.low), with_mean(domain.high - of.target))
        else:
            found = np.log(with_mean(of.target))
    finite: np.ndarray = found[np.isfinite(found)]
    return finite


def bounds(of: Column, few: Column, link: Link) -> tuple[float, float]:
    """The margins between which the best is looked for: that of improbable samples may lie beyond the link's limit."""
    low, high = max(-min(link.limit, FARTHEST), link.lowest), min(link.limit, FARTHEST)
    if link.limit == np.inf:
        return low, high
    places = centres(of, link)
    return outwards(few, float(places.min(initial=low)), -1), outwards(few, float(places.max(initial=high)), 1)


def outwards(of: Column, end: float, side: int) -> float:
    """Where a bound is to lie so that the best is not beyond it, which a parameter such as an exposure may move far away.

    Where the loss falls on without end, no bound is far enough, and this one stays.
    """
    if not side * of.slope(end)[0] < 0:
        return end
    points = end * BEYOND if side * end > 0 else end + side * (BEYOND - 1)
    points = points[np.abs(points) <= FARTHEST]
    values = of.values(points)
    j = int(np.argmin(values))
    return float(points[j + 1]) if 0 < j < len(points) - 1 and values[-1] > values[j] else end


def lie_least(values: np.ndarray) -> np.ndarray:
    """Positions of the values that no neighbour is less than, the least first."""
    walled = np.concatenate([[np.inf], values, [np.inf]])
    found = np.flatnonzero((values <= walled[:-2]) & (values <= walled[2:]))
    ordered: np.ndarray = found[np.argsort(values[found], kind="stable")]
    return ordered


class Bracket(NamedTuple):
    """A constant between two at which the loss is more, by more than rounding, or beyond which none was tried."""

    low: float
    at: float
    high: float
    value: float

    @classmethod
    def around(cls, points: np.ndarray, values: np.ndarray, j: int) -> Bracket:
        higher = np.flatnonzero(values > values[j] + 16 * ROUNDING * abs(values[j]))
        before, after = higher[higher < j], higher[higher > j]
        low, high = before[-1] if len(before) else 0, after[0] if len(after) else -1
        return cls(float(points[low]), float(points[j]), float(points[high]), float(values[j]))

    def narrowed(self, of: Column, points: np.ndarray) -> Bracket:
        """Around the best of some points within it."""
        points = np.unique(np.concatenate([points, [self.low, self.at, self.high]]))
        values = of.values(points)
        return Bracket.around(points, values, int(np.argmin(values)))

    def widened(self, of: Column, low: float, high: float) -> Bracket:
        """The bracket moved on as far as the loss falls at its ends, which fewer samples may have put wrong."""
        ends, walls = [self.low, self.high], (low, high)
        for i, side in enumerate((-1, 1)):
            step = ends[1] - ends[0]
            while ends[i] != walls[i] and side * of.slope(ends[i])[0] < 0:
                ends[i] = float(np.clip(ends[i] + side * step, low, high))
                step *= 2
        return self._replace(low=ends[0], high=ends[1])


def looked_over(
    of: Column, link: Link, low: float, high: float, most: int, jumps: np.ndarray, number: int = VALLEYS
) -> list[Bracket]:
    """So many valleys of the loss as a function of the constant, the lowest first, from `most` places where they may lie."""
    places = np.unique(np.clip(centres(of, link), low, high))
    places = places[:: 1 + (len(places) - 1) // most] if len(places) else places
    ends = (low, high) if link.limit < np.inf else (places.min(), places.max())
    points = np.unique(np.concatenate([places, jumps, np.linspace(ends[0], ends[1], GRID)]))
    values = of.values(points)
    # As long as the last is the best, there may be better beyond.
    for end, side in ((-1, 1.0), (0, -1.0)):
        step = max(points[-1] - points[0], 1.0)
        while low < points[end] < high and values[end] < np.delete(values, end).min(initial=np.inf):
            beyond = np.clip(points[end] + side * step, low, high)
            at = len(points) if side > 0 else 0
            points, values = np.insert(points, at, beyond), np.insert(values, at, of.values(np.array([beyond])))
            step *= 2
    return [Bracket.around(points, values, j) for j in lie_least(values)[:number]]


def search(of: Column, link: Link, jumps: np.ndarray) -> float:
    """The constant of least loss, whatever the loss is; `jumps` are constants at which it jumps, and may be least.

    A few hundred constants are tried, on a few hundred samples where there are more; the lowest valleys are looked at more
    closely, and in the lowest of them the derivative's change of sign is found, of all samples. Narrow valleys are of single
    samples, for which others do not stand: where there are several valleys, so many are tried as there is time for.
    """
    of = of.merged()
    # Neighbours whose parameters differ do not stand for each other as well.
    few = of.grouped(2 * GROUPS if of.varies else GROUPS, TAILS)
    low, high = bounds(of, few, link)
    valleys = looked_over(few, link, low, high, max(GRID, len(few.target)), jumps)
    some = few is not of
    if some and len(valleys) > 1:
        few = of.grouped(MANY_GROUPS, TAILS)
        valleys = looked_over(few, link, low, high, max(GRID, LOOKS // len(few.target)), jumps, MANY_VALLEYS)
    for _ in range(2):
        valleys = [valley.narrowed(few, np.linspace(valley.low, valley.high, 17)) for valley in valleys]
    valleys.sort(key=lambda valley: valley.value)
    best = valleys[0]
    if some:
        # Another may be lower when all samples are counted.
        best = valleys[int(np.argmin(of.values(np.array([valley.at for valley in valleys[:VALLEYS]]))))]
        # At a corner the best is a target, most probably one of those that lie nearest.
        near = of.target[np.argpartition(np.abs(of.target - best.at), 8)[:8]]
        best = best.widened(of, low, high)
        best = best.narrowed(of, np.concatenate([near, np.linspace(best.low, best.high, 9)]))
    found = settle(of.slope, best.low, best.at, best.high)
    value = of.values(np.array([found]))[0]
    if best.low < found < best.high and value <= best.value * (1 + np.sign(best.value) * ROUNDING):
        # At a corner that is a target bisection ends beside it.
        return best.at if abs(found - best.at) <= 16 * ROUNDING * abs(found) and best.value <= value else found
    # Where the loss jumps, its derivative does not tell.
    for _ in range(ZOOMS):
        best = best.narrowed(of, np.linspace(best.low, best.high, 17))
    return best.at


# ---- a row of margins a sample ------------------------------------------------------------------------------------------

# The longest step is this share of the margins between the limits; and so many steps are remembered.
LONGEST, MEMORY = 1 / 32, 12


def descent(grad: np.ndarray, inverse: np.ndarray, steps: list[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """Minus the gradient times an inverse Hessian: a diagonal, corrected by what the gradient did in earlier steps.

    The recursion of Nocedal (1980), Mathematics of Computation 35, "Updating quasi-Newton matrices with limited storage".
    """
    result, shares = grad.copy(), []
    for moved, change in reversed(steps):
        shares.append(moved @ result / (moved @ change))
        result -= shares[-1] * change
    result *= inverse
    for moved, change in steps:
        result += (shares.pop() - change @ result / (moved @ change)) * moved
    return -result


def search_row(of: Rows, limit: float) -> np.ndarray:
    """The row of margins at which the weighted loss is least: steps by the diagonal Hessian, shortened until they descend.

    Where probabilities saturate long before `limit`, so that no slope leads back, no step is longer than a small part of it.
    And of a loss with several valleys that of the classes' frequencies is looked into too.
    """
    loss, classes = of.loss, len(of.share)
    target, weight = of.stand_ins()
    shape = (len(target), classes)
    keywords = {"check_domain": False} if loss.domain.target.bounded else {}

    def value(row: np.ndarray) -> float:
        return float(loss(np.broadcast_to(row, shape), target, weight=weight, reduction="sum", **keywords))

    def slope(row: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        grads, hesses = loss.grad_and_hess(np.broadcast_to(row, shape), target, weight=weight, **keywords)
        return grads.sum(axis=0), hesses.sum(axis=0)

    share = of.mass / (of.mass.max() or 1.0)
    frequencies = of.params.get("temperature", 1.0) * np.log(np.maximum(share, 1e-15))
    first, second = (descended(value, slope, start, limit) for start in (np.zeros(classes), frequencies))
    least = value(first)
    return second if value(second) < least - ROUNDING * abs(least) else first


def descended(
    value: Callable[[np.ndarray], float],
    slope: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]],
    start: np.ndarray,
    limit: float,
) -> np.ndarray:
    """The bottom of the valley in which a start lies."""
    at, steps = start, list[tuple[np.ndarray, np.ndarray]]()
    now, (grad, hess) = value(at), slope(at)
    for _ in range(1000):  # a hundred are usual
        most = max(np.abs(hess).max(), 1e-290)
        inverse = 1 / np.where(hess > 1e-12 * most, hess, most)
        step = descent(grad, inverse, steps)
        if not grad @ step < 0:
            steps, step = [], -grad * inverse
        length = np.abs(step).max()
        if length > LONGEST * limit:
            step *= LONGEST * limit / length
        for part in 0.5 ** np.arange(30):
            trial: np.ndarray = np.clip(at + part * step, -limit, limit)
            following = value(trial)
            # Armijo (1966): a small part of the descent that the gradient promises.
            if following <= now + 1e-4 * float(grad @ (trial - at)):
                break
        else:
            if not steps:
                return at
            steps = []
            continue
        moved, before = trial - at, grad
        at, now, (grad, hess) = trial, following, slope(trial)
        if moved @ (grad - before) > 0:
            steps = [*steps[1 - MEMORY :], (moved, grad - before)]
        if np.abs(moved).max() <= 1e-10 * max(1.0, np.abs(at).max()):
            return at
    return at
