"""Optimal constants: the margin that, given to all samples, makes the weighted loss least.

What a start is taken of are samples that count, with weights of which the largest is near 1: it depends on their ratios alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from fastloss._loss import Loss
from fastloss._registry import SIGN
from fastloss.boosting._links import Link

__all__ = [
    "Column",
    "Rows",
    "frequencies",
    "levels_of_margins",
    "log_frequencies",
    "log_mean",
    "logit",
    "logits_of_classes",
    "majority",
    "mean",
    "mean_by_log_scale",
    "mean_by_variance",
    "median",
    "median_by_scale",
    "quantile",
    "rescaled",
    "search",
    "search_row",
    "settle",
]


def rescaled(weight: np.ndarray) -> np.ndarray:
    """Weights times a power of two, which changes no digit and leaves the largest between 1/2 and 1: no sum of them overflows,
    and only what is nothing beside it underflows."""
    weight = weight.astype(np.float64)
    _, exponent = np.frexp(weight.max(initial=0.0))
    # In two steps: 2^1074, which the smallest subnormal takes, is no number.
    half = int(exponent) // 2
    result: np.ndarray = np.ldexp(np.ldexp(weight, -half), half - int(exponent))
    return result


class Column(NamedTuple):
    """Samples that get one margin each: float64 targets, weights, and the loss's parameters.

    `operand` is the parameter that calls are told, since the loss holds an array of it: here an array (n,) or a number.
    """

    loss: Loss
    target: np.ndarray
    weight: np.ndarray
    params: Mapping[str, Any]
    operand: str = ""

    @property
    def varies(self) -> bool:
        """Whether a parameter is another number for each sample."""
        return bool(self.operand) and np.ndim(self.params[self.operand]) > 0

    def taken(self, index: Any, weight: np.ndarray) -> Column:
        """Some of the samples, with other weights."""
        params = {**self.params, self.operand: self.params[self.operand][index]} if self.varies else self.params
        return self._replace(target=self.target[index], weight=weight, params=params)

    @property
    def keywords(self) -> dict[str, Any]:
        """What a call of the loss is told beside its arguments: targets are checked already."""
        given = {self.operand: self.params[self.operand]} if self.operand else {}
        return {**given, "check_domain": False} if self.loss.domain.target.bounded else given

    def merged(self) -> Column:
        """With one sample for all equal ones, where there are many: of labels, few are left."""
        some = self.target[:1000]
        if self.varies or 2 * len(np.unique(some)) > len(some):
            return self
        target, place = np.unique(self.target, return_inverse=True)
        return self._replace(target=target, weight=np.bincount(place, self.weight, len(target)))

    def grouped(self, number: int, kept: int) -> Column:
        """With one sample for each of `number` groups of neighbours, and the `kept` least and largest as they are.

        Groups are of about as many samples and as much weight: what is heavy is a group by itself.
        """
        n = len(self.target)
        if n <= number + 2 * kept:
            return self
        order = np.argsort(self.target, kind="stable")
        weight = self.weight[order]
        share = np.arange(1, n + 1) / n + np.cumsum(weight) / weight.sum()
        first = np.searchsorted(share, np.linspace(0, 2, number, endpoint=False), side="right")
        first = np.unique(np.concatenate([first[first < n], np.arange(kept), np.arange(n - kept, n)]))
        middle = (first + np.append(first[1:], n)) // 2
        return self.taken(order[middle], np.add.reduceat(weight, first))

    def values(self, points: np.ndarray) -> np.ndarray:
        """The loss of each of some constants: infinite, where it is no number."""
        size = AT_A_TIME // len(self.target)
        if size < 2:
            every = [np.broadcast_to(point, self.target.shape) for point in points]
            result = np.array(
                [self.loss(pred, self.target, weight=self.weight, reduction="sum", **self.keywords) for pred in every]
            )
            return np.where(np.isnan(result), np.inf, result)
        result = np.empty(len(points))
        with np.errstate(over="ignore", invalid="ignore"):
            for first in range(0, len(points), size):
                part = points[first : first + size, None]
                shape = (len(part), len(self.target))
                target = np.broadcast_to(self.target, shape)
                each = self.loss(np.broadcast_to(part, shape), target, reduction="none", **self.keywords)
                result[first : first + size] = each @ self.weight
        return np.where(np.isnan(result), np.inf, result)

    def slope(self, constant: float) -> tuple[float, float]:
        """The loss's derivatives by a constant."""
        pred = np.broadcast_to(np.float64(constant), self.target.shape)
        grad, hess = self.loss.grad_and_hess(pred, self.target, weight=self.weight, **self.keywords)
        with np.errstate(over="ignore", invalid="ignore"):
            return float(grad.sum()), float(hess.sum())


class Rows(NamedTuple):
    """Samples that get a row of margins each.

    Losses over classes are linear in their targets, but for what does not depend on margins: so all that matters is the mean
    target, `share`; of labels, the share of each class.
    """

    loss: Loss
    share: np.ndarray
    params: Mapping[str, Any]
    labels: bool

    def stand_ins(self) -> tuple[np.ndarray, np.ndarray]:
        """Targets with the same loss, and their weights: the mean target, or, where labels differ from it, one row a class."""
        labels_alone = not self.loss.row.target_has_classes
        # The square of log Σ exp counts as the label's class does, and as a whole beside numbers.
        weighed_by_label = self.params.get("z_loss") and self.params.get("class_weight") is not None
        if self.labels and (labels_alone or weighed_by_label):
            return np.arange(len(self.share)), self.share
        return self.share[None], np.ones(1)

    @property
    def mass(self) -> np.ndarray:
        """What each class counts, class weights included."""
        per_class = self.params.get("class_weight")
        return self.share if per_class is None else self.share * np.asarray(per_class, np.float64)


#: From samples that count to the constant; None where there is no closed form.
Start = Callable[[Any], Any]


# ---- closed forms ---------------------------------------------------------------------------------------------------------


def average(of: Column, weight: np.ndarray) -> Any:
    """The weighted mean of the targets; of equal ones, that."""
    return np.clip(np.average(of.target, weights=weight), of.target.min(), of.target.max())


def mean(of: Column) -> Any:
    return average(of, of.weight)


def mean_by_variance(of: Column) -> Any:
    variance = np.asarray(of.params["variance"], np.float64)
    return average(of, of.weight * (variance.min() / variance))


def mean_by_log_scale(of: Column) -> Any:
    log_scale = np.asarray(of.params["log_scale"], np.float64)
    return average(of, of.weight * np.exp(2 * (log_scale.min() - log_scale)))


def log_mean(of: Column) -> Any:
    with np.errstate(divide="ignore"):
        return np.log(mean(of))


def log_odds(positive: Any, negative: Any) -> Any:
    with np.errstate(divide="ignore"):
        return np.log(positive) - np.log(negative)


def logit(of: Column) -> Any:
    positive = np.average(of.target * of.params["pos_weight"], weights=of.weight)
    return log_odds(positive, np.average(1 - of.target, weights=of.weight))


def weighted_quantile(target: np.ndarray, weight: np.ndarray, q: float) -> Any:
    """The mean of the least and the greatest q-quantile, which differ where a cumulated weight is q of all."""
    order = np.argsort(target, kind="stable")
    ordered, cumulated = target[order], np.cumsum(weight[order])
    # Sums of rounded weights: what differs from q of all by rounding alone is q of all.
    wanted, rounding = q * cumulated[-1], 8 * np.finfo(np.float64).eps * cumulated[-1]
    low, high = (np.searchsorted(cumulated, wanted + side) for side in (-rounding, rounding))
    return (ordered[low] + ordered[min(high, len(ordered) - 1)]) / 2


def quantile(of: Column) -> Any:
    return None if of.varies else weighted_quantile(of.target, of.weight, of.params["q"])


def median(of: Column) -> Any:
    return weighted_quantile(of.target, of.weight, 0.5)


def median_by_scale(of: Column) -> Any:
    scale = np.asarray(of.params["scale"], np.float64)
    return weighted_quantile(of.target, of.weight * (scale.min() / scale), 0.5)


def log_frequencies(of: Rows) -> Any:
    if of.params["softcap"] is not None or of.params["z_loss"]:
        return None
    smoothing, per_class = of.params["label_smoothing"], of.params["class_weight"]
    counts = (1 - smoothing) * of.share + smoothing / len(of.share)
    if per_class is not None:
        counts = counts * np.asarray(per_class, np.float64)
    if not counts.any():
        return np.zeros(len(counts))
    with np.errstate(divide="ignore"):
        return of.params["temperature"] * np.log(counts / counts.sum())


def logits_of_classes(of: Rows) -> Any:
    """Each class by itself: present or absent."""
    return log_odds(of.share, 1 - of.share)


def frequencies(of: Rows) -> Any:
    """Where the projection onto the simplex is to be the mean target, which lies there: that itself."""
    return of.share


def majority(of: Rows) -> Any:
    """A class with more than half of what counts lies by the margin above all others, which are equal; without one, all are.

    Every class loses the least against the highest, and that one the least if the others lie low: what moves them apart by one
    costs their mass, and gains that of the highest.
    """
    return of.params["margin"] * (of.mass > of.mass.sum() / 2)


def levels_of_margins(of: Rows) -> Any:
    """Of hinges between all pairs of classes: margins that are whole multiples of `margin`, the heavier class never the lower.

    The loss is a sum of functions of differences, linear between the multiples of the margin, so that its least lies at
    such multiples. Where classes ascend by mass in groups of equal margins, a group from the i-th class on costs (n - i - 1)
    times its mass, and the step up to it (n - i) times the mass below: the best division is found from the top downwards.
    """
    if of.params["p"] != 1 or len(of.share) > MANY_CLASSES:
        return None
    order, n = np.argsort(of.mass, kind="stable"), len(of.share)
    below = np.concatenate([[0.0], np.cumsum(of.mass[order])])
    least, following = np.zeros(n + 1), np.zeros(n, int)
    for i in range(n - 1, -1, -1):
        costs = (below[i + 1 :] - below[i]) * (n - i - 1) + least[i + 1 :]
        # Of divisions that are as good, the one with fewer groups.
        following[i] = i + 1 + np.flatnonzero(costs <= costs.min() * (1 + ROUNDING))[-1]
        least[i] = costs.min() + (below[i] * (n - i) if i else 0.0)
    result, first, level = np.empty(n), 0, 0
    while first < n:
        result[order[first : following[first]]] = level
        first, level = following[first], level + 1
    return of.params["margin"] * (result - result.min())


# ---- searching, one margin a sample -----------------------------------------------------------------------------------------

# Samples and constants of the first look, and the valleys that are looked at more closely.
GROUPS, TAILS, GRID, VALLEYS = 1024, 16, 129, 8
# How often the bracket of a loss that jumps is divided by eight.
ZOOMS = 16
# Losses computed in one call, and classes of which all pairs of positions are compared.
AT_A_TIME, MANY_CLASSES = 1 << 18, 4096
# Newton's method ends where a step is of rounding's size.
ROUNDING = 4 * float(np.finfo(np.float64).eps)
FARTHEST = 1e300


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


def bounds(of: Column, link: Link) -> tuple[float, float]:
    """Between which margins the best is looked for: of improbable samples it may lie beyond the link's limit."""
    low, high = max(-min(link.limit, FARTHEST), link.lowest), min(link.limit, FARTHEST)
    if link.limit == np.inf:
        return low, high
    places = centres(of, link)
    return float(places.min(initial=low)), float(places.max(initial=high))


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
        """As far as the loss falls on at its ends, which fewer samples may have put wrong."""
        ends, walls = [self.low, self.high], (low, high)
        for i, side in enumerate((-1, 1)):
            step = ends[1] - ends[0]
            while ends[i] != walls[i] and side * of.slope(ends[i])[0] < 0:
                ends[i] = float(np.clip(ends[i] + side * step, low, high))
                step *= 2
        return self._replace(low=ends[0], high=ends[1])


def looked_over(of: Column, link: Link, low: float, high: float) -> list[Bracket]:
    """Valleys of the loss as a function of the constant, the lowest first."""
    places = np.clip(centres(of, link), low, high)
    ends = (low, high) if link.limit < np.inf else (places.min(), places.max())
    points = np.unique(np.concatenate([places, np.linspace(ends[0], ends[1], GRID)]))
    values = of.values(points)
    # As long as the last is the best, there may be better beyond.
    for end, side in ((-1, 1.0), (0, -1.0)):
        step = max(points[-1] - points[0], 1.0)
        while low < points[end] < high and values[end] < np.delete(values, end).min(initial=np.inf):
            beyond = np.clip(points[end] + side * step, low, high)
            at = len(points) if side > 0 else 0
            points, values = np.insert(points, at, beyond), np.insert(values, at, of.values(np.array([beyond])))
            step *= 2
    return [Bracket.around(points, values, j) for j in lie_least(values)[:VALLEYS]]


def search(of: Column, link: Link) -> float:
    """The constant of least loss, whatever the loss is.

    A few hundred constants are tried, on a few hundred samples where there are more; the lowest valleys are looked at more
    closely, and in the lowest of them the derivative's change of sign is found, of all samples.
    """
    of = of.merged()
    low, high = bounds(of, link)
    # Neighbours whose parameters differ do not stand for each other as well.
    few = of.grouped(4 * GROUPS if of.varies else GROUPS, TAILS)
    valleys = looked_over(few, link, low, high)
    for _ in range(2):
        valleys = [valley.narrowed(few, np.linspace(valley.low, valley.high, 17)) for valley in valleys]
    best = min(valleys, key=lambda valley: valley.value)
    if few is not of:
        # At a corner the best is a target, most probably one of those that lie nearest.
        near = of.target[np.argpartition(np.abs(of.target - best.at), 8)[:8]]
        best = best.widened(of, low, high)
        best = best.narrowed(of, np.concatenate([near, np.linspace(best.low, best.high, 9)]))
    found = settle(of.slope, best.low, best.at, best.high)
    value = of.values(np.array([found]))[0]
    if best.low < found < best.high and value <= best.value * (1 + np.sign(best.value) * ROUNDING):
        return found
    # Where the loss jumps, its derivative does not tell.
    for _ in range(ZOOMS):
        best = best.narrowed(of, np.linspace(best.low, best.high, 17))
    return best.at


# ---- searching, a row of margins a sample -----------------------------------------------------------------------------------

# Of the margins between the limits the longest step; and how many steps are remembered.
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

    at, steps = np.zeros(classes), list[tuple[np.ndarray, np.ndarray]]()
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
