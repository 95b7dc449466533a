"""What boosters and their users pass, checked and brought into the form that a loss takes: margins, labels, weights.

Nothing is guessed: what does not fit is an error that names the shapes, or the row of a bad label.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from fastloss import _arrays, _errors
from fastloss._kinds import Interval
from fastloss._loss import Loss

__all__ = [
    "as_labels",
    "beyond_single",
    "ignored_label",
    "in_domain",
    "number_of_classes",
    "numbers",
    "of_samples",
    "one_weight",
    "spread_parameter",
]

LARGEST_LABEL = 2**31 - 1
LARGE_WEIGHT = 2.0**64


def numbers(given: Any, name: str) -> np.ndarray:
    """Margins, labels or weights as an array; text and objects are none."""
    if type(given) is np.ndarray and given.dtype.kind in "fiub":
        return given
    array = _arrays.plain_array(given, name, "as weights of 0")
    if array.dtype.kind in "fiub" or array.dtype.name in _arrays.HALVES:
        return array
    hint = "; number the classes from 0 on" if array.dtype.kind in "US" and name == "labels" else ""
    raise TypeError(f"{name} must be numbers, got dtype {array.dtype}{hint}")


def of_samples(weight: Any, samples: int) -> np.ndarray:
    """Weights, one a sample."""
    array = numbers(weight, "weights")
    if array.shape == (samples,):
        return array
    if array.shape == (samples, 1):
        return array[:, 0]
    if array.ndim == 0:
        return np.broadcast_to(array, samples)
    raise ValueError(f"weights have shape {array.shape}, but there are {samples} samples, each with one")


def one_weight(weight: Any, sample_weight: Any) -> Any:
    """What was given by one of two names."""
    if weight is not None and sample_weight is not None:
        raise TypeError("weight and sample_weight were given, which are two names of one argument")
    return sample_weight if weight is None else weight


def beyond_single(weight: np.ndarray) -> bool:
    """Whether there are weights so large that products of them are no float32, or float64 ones so small that they are none."""
    single = np.finfo(np.float32)
    if max(float(weight.max()), -float(weight.min())) > LARGE_WEIGHT:
        return True
    if weight.dtype != np.float64:
        return False
    size = np.abs(weight)
    return bool(size.min(initial=1.0, where=size > 0) < single.tiny)


def spread_parameter(name: str, given: Any, shape: tuple[int, ...], level: bool) -> np.ndarray:
    """A parameter that is an array, so that it broadcasts to margins of a shape.

    One axis is that of the columns, where there are as many, and else that of the samples.
    """
    array = np.asarray(given)
    if array.ndim == 1 and len(shape) == 2 and array.size not in (1, shape[1]) and array.size == shape[0] and not level:
        return array[:, None]
    if array.ndim == 2 and len(shape) == 1 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim <= len(shape) and all(a in (1, b) for a, b in zip(array.shape[::-1], shape[::-1], strict=False)):
        return array
    if level and array.ndim == 1:
        k = array.size
        raise ValueError(f"{name} has {k} levels, which take margins of shape (n, {k}); got margins of shape {shape}")
    raise ValueError(
        f"{name} has shape {array.shape}, which is neither a number for each sample nor one for each column "
        f"of margins of shape {shape}"
    )


def bad_row(loss: Loss, target: np.ndarray, where: tuple[int, ...], accepted: str) -> str:
    column = f", column {where[1]}," if len(where) > 1 else ""
    return f"the label of row {where[0]}{column} is {target[where]}; {loss.name} takes {accepted}"


def first_bad(bad: Callable[[np.ndarray], Any], target: np.ndarray, weight: np.ndarray | None) -> tuple[int, ...] | None:
    """Where the first bad target of a sample that counts is."""
    if weight is None or weight.all():
        return _errors.first_where(target, bad)
    counted = np.flatnonzero(weight)
    where = _errors.first_where(target[counted], bad)
    return None if where is None else (int(counted[where[0]]), *where[1:])


def in_domain(loss: Loss, target: np.ndarray, domain: Interval, weight: np.ndarray | None) -> np.ndarray:
    """Targets that are finite and where the loss is defined, or an error that names the first other one.

    What a sample of weight 0 has for a target does not count.
    """
    if not target.size:
        return target
    # NaN passes through minimum and maximum: two quick passes see that there is nothing to look for.
    low, high = target.min(), target.max()
    if low in domain and high in domain and np.isfinite(low) and np.isfinite(high) and not domain.ends_only:
        return target

    def bad(x: np.ndarray) -> Any:
        return ~np.isfinite(x) | _errors.lies_outside(x, domain)

    where = first_bad(bad, target, weight)
    if where is not None:
        raise ValueError(bad_row(loss, target, where, f"numbers within {domain}" if domain.bounded else "finite numbers"))
    if weight is None or weight.all():
        return target
    some = domain.clip(target.dtype.type(0.5)) if not domain.ends_only else target.dtype.type(domain.high)
    return np.where(weight.reshape(-1, *[1] * (target.ndim - 1)) == 0, some, target)


def as_labels(loss: Loss, target: np.ndarray, classes: int, weight: np.ndarray | None) -> np.ndarray:
    """Labels that came as numbers of any type, as integers; of a sample of weight 0 any number may be the label."""
    ignored = ignored_label(loss)
    if target.dtype.kind not in "biu":
        with np.errstate(invalid="ignore"):
            labels = target.astype(np.int32 if target.dtype == np.float32 else np.int64)
        if not np.array_equal(labels, target):

            def no_label(x: np.ndarray) -> Any:
                return ~(np.isfinite(x) & (x == np.trunc(x)) & (np.abs(x) <= LARGEST_LABEL))

            where = first_bad(no_label, target, weight)
            if where is not None:
                raise ValueError(bad_row(loss, target, where, f"whole numbers from 0 to {classes - 1}"))
            with np.errstate(invalid="ignore"):
                labels = target.astype(np.int64)
        target = labels
    if target.size and (target.min() < 0 or target.max() >= classes):
        where = first_bad(lambda x: _errors.bad_labels(x, classes, ignored), target, weight)
        if where is not None:
            raise IndexError(
                bad_row(loss, target, where, f"labels from 0 to {classes - 1}, as many as there are margins in a row")
            )
        if weight is not None:
            target = np.where(weight == 0, target.dtype.type(0), target)
    return target


def ignored_label(loss: Loss) -> int | None:
    """The label of rows that do not count."""
    return loss.params["ignore_index"].default if "ignore_index" in loss.params else None


def number_of_classes(loss: Loss, y: np.ndarray, weight: np.ndarray, classes: int | None) -> int:
    """The number of columns, or of class weights, or what the largest label says that counts."""
    if classes is not None and (isinstance(classes, bool) or not isinstance(classes, (int, np.integer)) or classes < 1):
        raise ValueError(f"classes = {classes!r}: a positive integer or None is accepted")
    if y.ndim == 2 and classes not in (None, y.shape[1]):
        raise ValueError(f"classes = {classes} but labels have shape {y.shape}")
    per_class = loss.params["class_weight"].default if "class_weight" in loss.params else None
    if y.ndim == 2:
        number = y.shape[1]
    elif classes is not None:
        number = classes
    elif per_class is not None:
        number = len(per_class)
    else:
        ignored = ignored_label(loss)
        counted = (weight > 0) & np.isfinite(y) & (y != ignored if ignored is not None else True)
        # What is no label is for others to say.
        number = 1 + np.clip(np.max(y, initial=0, where=counted), 0, LARGEST_LABEL - 1)
    if per_class is not None and len(per_class) != number:
        raise ValueError(f"class_weight has shape {np.shape(per_class)} but there are {number} classes")
    return int(number)
