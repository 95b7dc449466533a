"""Optimal constants in closed form: the margin that, given to all samples, makes the weighted loss least.

What a start is taken of are samples that count, with weights of which the largest is near 1: it depends on their ratios alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from fastloss._loss import Loss

__all__ = ["CLOSED_FORMS", "Column", "Rows", "Start", "rescaled"]

# Losses computed in one call, and classes of which all pairs of positions are compared.
AT_A_TIME, MANY_CLASSES = 1 << 18, 4096
#: Newton's method ends where a step is of rounding's size.
ROUNDING = 4 * float(np.finfo(np.float64).eps)


def rescaled(weight: np.ndarray) -> np.ndarray:
    """Weights times a power of two, which changes no digit and leaves the largest between 1/2 and 1: no sum of them overflows,
    and only what is nothing beside it underflows."""
    weight = weight.astype(np.float64)
    _, exponent = np.frexp(weight.max(initial=0.0))
    result: np.ndarray = np.ldexp(weight, -exponent)
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
        """These samples with one for all equal ones, where there are many: few are left of labels."""
        some = self.target[:1000]
        if self.varies or 2 * len(np.unique(some)) > len(some):
            return self
        target, place = np.unique(self.target, return_inverse=True)
        return self._replace(target=target, weight=np.bincount(place, self.weight, len(target)))

    def grouped(self, number: int, kept: int) -> Column:
        """These samples with one for each of `number` groups of neighbours, and the `kept` least and largest as they are.

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
        labels_alone = not self.loss.declared.target_has_classes
        # The square of log Σ exp counts as the label's class does, and as a whole beside numbers.
        weighed_by_label = self.params.get("z_loss") and self.params.get("class_weight") is not None
        if self.labels and (labels_alone or weighed_by_label):
            return np.arange(len(self.share)), self.share * self.unit
        return self.share[None], np.full(1, self.unit)

    @property
    def unit(self) -> float:
        """The power of two that brings the largest mass near 1: heavy classes may be rare ones."""
        _, exponent = np.frexp(self.mass.max())
        return float(np.ldexp(1.0, int(np.clip(-exponent, 0, 1000))))

    @property
    def mass(self) -> np.ndarray:
        """What each class counts, class weights included."""
        per_class = self.params.get("class_weight")
        return self.share if per_class is None else self.share * np.asarray(per_class, np.float64)


#: It makes the constant of samples that count; None where there is no closed form.
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
    return max(of.params["margin"], 0.0) * (of.mass > of.mass.sum() / 2)  # without a margin to keep, equal ones lose nothing


def levels_of_margins(of: Rows) -> Any:
    """Hinges between all pairs of classes: margins are whole multiples of `margin`, and the heavier class is never the lower.

    The loss is a sum of functions of differences, linear between the multiples of the margin, so that its least lies at
    such multiples. Where classes ascend by mass in groups of equal margins, a group from the i-th class on costs (n - i - 1)
    times its mass, and the step up to it (n - i) times the mass below: the best division is found from the top downwards.
    """
    if of.params["p"] != 1 or len(of.share) > MANY_CLASSES:
        return None
    if of.params["margin"] <= 0:
        return np.zeros(len(of.share))  # where nothing is lost
    order, n = np.argsort(of.mass, kind="stable"), len(of.share)
    below = np.concatenate([[0.0], np.cumsum(of.mass[order])])
    least, following = np.zeros(n + 1), np.zeros(n, int)
    for i in range(n - 1, -1, -1):
        costs = (below[i + 1 :] - below[i]) * (n - i - 1) + least[i + 1 :]
        # The one with fewer groups is taken where divisions are as good.
        following[i] = i + 1 + np.flatnonzero(costs <= costs.min() * (1 + ROUNDING))[-1]
        least[i] = costs.min() + (below[i] * (n - i) if i else 0.0)
    result, first, level = np.empty(n), 0, 0
    while first < n:
        result[order[first : following[first]]] = level
        first, level = following[first], level + 1
    return of.params["margin"] * (result - result.min())


#: The closed forms by the names that losses give them where they are declared.
CLOSED_FORMS: dict[str, Start] = {
    form.__name__: form
    for form in (
        mean,
        mean_by_variance,
        mean_by_log_scale,
        log_mean,
        logit,
        quantile,
        median,
        median_by_scale,
        log_frequencies,
        logits_of_classes,
        frequencies,
        majority,
        levels_of_margins,
    )
}
