"""The errors of the kernels of a loss: the worst of each output on each tier, with the input where it was found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fastloss._verify._cases import CLASSES, Case, Results, asked, tier
from fastloss._verify._draws import draw
from fastloss._verify._units import by_ordinal, expected_and_allowed

__all__ = ["Worst", "errors", "kernel_results", "measure", "worst"]


def kernel_results(case: Case, tier_name: str, *inputs: Any) -> list[Results]:
    """What the kernels of a tier give, by the entry points that give two results."""
    *given, arrays = inputs
    found = []
    with tier(tier_name):
        hess: Results = {}
        if "grad_and_hess" in case.loss.declared.entry_points:
            options = asked(case, "grad_and_hess")
            grad_again, bends = case.loss.grad_and_hess(*given, reduction="none", **options, **arrays)
            hess = by_ordinal("hess", bends)
            found.append(by_ordinal("grad", grad_again))
        value, slopes = case.loss.value_and_grad(*given, reduction="none", **asked(case, "value_and_grad"), **arrays)
        grad = by_ordinal("grad", slopes)
    return [{"value": value, **grad, **hess}, *found]


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
    """The worst error of an output, in ulp, with the element, row or loss where it was found."""

    error: float
    #: What of each argument and array parameter belongs to it, by name.
    inputs: dict[str, Any]
    #: Of a derivative of a row or a loss of sums: the class or the element.
    place: int | None
    expected: Any
    found: Any


def errors_in_ulp(case: Case, tiers: Sequence[str], n: int, classes: int, seed: int) -> Iterator[tuple[str, str, Worst]]:
    """Tier, output and worst error. What is right takes most of the time, and is the same for all tiers."""
    *given, arrays = inputs = draw(case, n, classes, seed)
    expected, allowed = expected_and_allowed(case, *inputs, seed=seed)
    named = {argument.name: x for argument, x in zip(case.loss.declared.arguments, given, strict=True)}
    for tier_name in tiers:
        for found in kernel_results(case, tier_name, *inputs):
            for name, error in errors(case, found, expected, allowed).items():
                where = np.unravel_index(np.argmax(error), error.shape)
                i, place = int(where[0]), int(where[1]) if len(where) > 1 else None
                there = {k: x[i] for k, x in named.items()}
                there |= {k: x[i] if np.shape(x) == given[0].shape else x for k, x in arrays.items()}
                yield tier_name, name, Worst(float(error[where]), there, place, expected[name][where], found[name][where])


def worst(
    case: Case, tiers: Sequence[str], samples: int = 20_000, seed: int = 1, classes: Sequence[int] = CLASSES
) -> dict[str, dict[str, Worst]]:
    """For each tier the worst errors of value and derivatives on about `samples` numbers; rows have `classes`."""
    sizes = [(samples, 0)]
    if not case.loss.declared.is_of_elements:
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
