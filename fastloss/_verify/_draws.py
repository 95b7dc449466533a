"""Inputs drawn from what the registry says of a loss: numbers of its domain, of every magnitude and at the ends."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from fastloss._kinds import Interval
from fastloss._verify._cases import Case, Inputs, logits_as_targets, target_domain

__all__ = ["draw", "draw_from"]

#: Labels of the lists that are drawn.
LISTED = 12

#: The largest number of a loss of sums: the exponential of a difference of two has all its digits in float32.
LARGEST_SUMMED = 40.0


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


def of_elements(case: Case, n: int, rng: np.random.Generator) -> Inputs:
    """Prediction and target of n elements."""
    declared, dtype = case.loss.declared, case.dtype
    pred = draw_from(declared.prediction, n, dtype, rng)
    target = draw_from(target_domain(case), n, dtype, rng)
    # Where the two are alike losses are small, and cancellation shows.
    alike = rng.random(n) < 0.2
    near = (target * (1 + rng.uniform(-1e-3, 1e-3, n))).astype(dtype)
    if not declared.target.ends_only:
        pred = np.where(alike, declared.prediction.clip(near), pred).astype(dtype)
        pred[rng.random(n) < 0.02] = declared.prediction.clip(target[0])
    return pred, target


def of_classes(case: Case, n: int, classes: int, rng: np.random.Generator) -> Inputs:
    """Prediction and target of n rows of classes."""
    declared, dtype, shape = case.loss.declared, case.dtype, (n, classes)
    spread = 10.0 ** rng.uniform(-1, 2, (n, 1))
    if declared.prediction.bounded:
        pred = draw_from(declared.prediction, n * classes, dtype, rng).reshape(shape)
    else:
        pred = (rng.normal(size=shape) * spread).astype(dtype)
    if case.labels:
        return pred, rng.integers(0, classes, n)
    if declared.label_lists:
        return pred, draw_lists(n, classes, rng)
    if logits_as_targets(declared):
        target = (rng.normal(size=shape) * 10.0 ** rng.uniform(-1, 2, (n, 1))).astype(dtype)
        # Where the two rows are alike losses are small, and cancellation shows.
        near = pred * (1 + rng.uniform(-1e-3, 1e-3, shape))
        return pred, np.where(rng.random((n, 1)) < 0.3, near, target).astype(dtype)
    scores = rng.normal(size=shape) * 3
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    target = (weights / weights.sum(axis=1, keepdims=True)).astype(dtype)
    target[rng.random(shape) < 0.1] = 0
    target[: n // 8] = (np.arange(classes) == rng.integers(0, classes, (n, 1)))[: n // 8]
    if case.loss.params.get("log_target") and case.loss.params["log_target"].default:
        with np.errstate(divide="ignore"):
            target = np.log(target)
    return pred, target


def of_sums(case: Case, n: int, elements: int, rng: np.random.Generator) -> Inputs:
    """The arguments of n losses, each of so many elements."""
    dtype = case.dtype
    given: list[np.ndarray] = []
    spread = 10.0 ** rng.uniform(-2, 1.5, (n, 1))
    for argument in case.loss.declared.arguments:
        interval, of_element = argument.interval, argument.each == "element"
        shape = (n, elements) if of_element else (n,)
        if interval.bounded or not of_element:
            x = draw_from(interval, math.prod(shape), dtype, rng).reshape(shape)
        else:
            # Some far from 0, beside which they differ little.
            offset = np.where(rng.random((n, 1)) < 0.2, rng.normal(size=(n, 1)) * 10, 0)
            x = np.clip((rng.normal(size=shape) + offset) * spread, -LARGEST_SUMMED, LARGEST_SUMMED).astype(dtype)
        if given and of_element:
            # Where two are alike losses or distances are small, and cancellation shows; or they are the same.
            near = given[0] * (1 + rng.uniform(-1e-3, 1e-3, shape) * (rng.random((n, 1)) < 0.9))
            x = np.where(rng.random((n, 1)) < 0.3, interval.clip(near.astype(dtype)), x)
        given.append(x)
    return tuple(given)


def array_parameters(case: Case, shape: tuple[int, ...], rng: np.random.Generator) -> dict[str, Any]:
    """By name, of predictions of a shape."""
    arrays: dict[str, Any] = {}
    for name in case.arrays:
        kind = case.loss.params[name].kind
        count = shape if kind.array == "elements" else shape[-1:]
        if kind.differentiable:
            # Around its middle mostly, beside which other arguments count; of every size else.
            middle = np.exp(rng.normal(size=count)) if kind.range.low == 0 else rng.normal(0, 3, count)
            drawn = draw_from(Interval(kind.range.low, kind.range.high), math.prod(count), case.dtype, rng).reshape(count)
            if math.isfinite(kind.range.high):
                middle = drawn
            in_range = (drawn > kind.range.low) | (not kind.range.low_open)
            arrays[name] = np.where(in_range & (rng.random(count) < 0.3), drawn, middle).astype(case.dtype)
        else:
            # Up to 2, or inside of (0, 1): exact in every dtype.
            arrays[name] = rng.integers(1, 9, count) / (4 if math.isinf(kind.range.high) else 16)
    return arrays


def draw(case: Case, n: int, classes: int, seed: int) -> Inputs:
    """The inputs of a case: n elements; or n rows of `classes`, or n losses of so many elements."""
    rng = np.random.default_rng(seed)
    declared = case.loss.declared
    if declared.is_of_elements:
        given = of_elements(case, n, rng)
    else:
        given = of_classes(case, n, classes, rng) if declared.has_classes else of_sums(case, n, classes, rng)
    return *given, array_parameters(case, given[0].shape, rng)
