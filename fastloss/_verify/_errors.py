"""The errors of the kernels of a loss: the worst of each output on each tier, with the input where it was found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fastloss._verify._cases import CLASSES, Case, Results, asked, tier
from fastloss._verify._draws import draw
from fastloss._verify._units import expected_and_allowed

__all__ = ["Worst", "errors", "kernel_results", "measure", "worst"]


def gathered(case: Case, value_and_grad: tuple[Any, Any], hess: Any) -> Results:
    """Results by name; derivatives may be pairs."""
    value, grad = value_and_grad
    results = {"value": value}
    for name, derivative in (("grad", grad), ("hess", hess)):
        pair = derivative if isinstance(derivative, tuple) else (derivative,)
        results |= dict(zip((name, f"second_{name}"), pair, strict=False))
    return results


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
    #: The class, where a derivative of a row is wrong.
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
