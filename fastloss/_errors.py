"""What a call refuses: choices, axes and shapes that there are not, labels and numbers outside of what a loss is defined on.

Each exception says what was given, where, and what is accepted.
"""

from __future__ import annotations

import operator
import re
import warnings
from typing import Any

import numpy as np

from fastloss import _advice

# The compiled entry points ask all that is slow of this module.
from fastloss._arrays import (
    HALVES,
    axes_of,
    broadcast,
    call_with_tensors,
    checked_out,
    flat_out,
    has_tensor,
    is_masked,
    plain_array,
    readable_array,
    shape,
)
from fastloss._calls import all_arguments, arguments, positional, two_weights, unknown_keyword

__all__ = [
    "HALVES",
    "MOST_THREADS",
    "all_arguments",
    "arguments",
    "axes_of",
    "axis_from_front",
    "bad_label",
    "bad_labels",
    "bad_listed_label",
    "bad_listed_labels",
    "bad_reduction",
    "broadcast",
    "call_with_tensors",
    "checked_out",
    "choice",
    "first_where",
    "flat_out",
    "gradient_dtype",
    "has_tensor",
    "integer_axes",
    "integer_axis",
    "is_masked",
    "label_outside",
    "lies_outside",
    "of_vjp",
    "outside",
    "plain_array",
    "positional",
    "readable_array",
    "shape",
    "shapes",
    "target_type",
    "thread_count",
    "two_weights",
    "unknown_keyword",
    "warn_of_lost_gradients",
]

# What fits in the number of the C code.
MOST_THREADS = 2**31 - 1
# Elements looked at a time when the first offending one is searched.
SEARCH = 1 << 20


def of_vjp(loss: str, message: str, weight: str) -> str:
    """What the gradient with weights says, in the words of the vector-Jacobian product that has called it."""
    return re.sub(rf"\b{weight}\b", "cotangent", message.replace(f"{loss}.grad", f"{loss}.vjp"))


def bad_reduction(given: Any, known: tuple[str, ...]) -> ValueError:
    return ValueError(f"reduction must be one of {', '.join(known)}; got {given!r}{_advice.reduction(given)}")


def thread_count(n: Any) -> int:
    if not isinstance(n, (int, np.integer)) or isinstance(n, bool) or not 1 <= n <= MOST_THREADS:
        raise ValueError(f"n_threads = {n!r:.30}: a positive integer or None is accepted, at most {MOST_THREADS:,}")
    return int(n)


def shapes(
    pred: np.ndarray, target: np.ndarray, axis: int | None = None, labels: bool = False, numbers: bool = True
) -> ValueError:
    accepted = []
    if labels:
        rest = pred.shape[:axis] + pred.shape[axis + 1 :] if axis is not None else ()
        accepted.append(f"labels of shape {rest}")
    if numbers:
        accepted.append(f"a target of shape {pred.shape}")
    return ValueError(
        f"pred has shape {pred.shape} but target has shape {target.shape}; wanted: {' or '.join(accepted)}"
        f"{_advice.axes(pred.shape, target.shape, axis, labels_alone=labels and not numbers)}"
    )


def target_type(dtype: Any, labels: bool, name: str = "target") -> TypeError:
    """A target has the shape of labels, or else that of numbers for every class, and the type of the other."""
    if labels:
        return TypeError(f"labels must be integers, got dtype {dtype}; np.asarray({name}, int) makes them of whole numbers")
    return TypeError(
        f"numbers for every class must be floating-point (integers are labels), got dtype {dtype}; np.asarray({name}, float) "
        f"makes them, and np.argmax({name}, axis) labels of a 1 in each row"
    )


def integer_axis(axis: Any) -> int:
    try:
        return operator.index(axis)
    except TypeError:
        raise TypeError(f"axis must be an integer, got {axis!r}") from None


def integer_axes(axis: Any) -> int | tuple[int, ...] | None:
    """An axis, or several, that may be summed over, as an integer or a tuple of them; None is all."""
    try:
        if isinstance(axis, tuple):
            return tuple(map(integer_axis, axis))
        return None if axis is None else integer_axis(axis)
    except TypeError:
        raise TypeError(f"axis must be an integer, a tuple of integers or None for all, got {axis!r}") from None


def flag(name: str, given: Any) -> bool:
    """What is true or false, of any type."""
    try:
        return bool(given)
    except ValueError:  # of an array
        raise TypeError(f"{name} must be True or False, got an array of shape {np.shape(given)}") from None


def choice(name: str, given: Any, accepted: tuple[str, ...]) -> str:
    """`given`, if it is one of the words accepted."""
    if not isinstance(given, str) or given not in accepted:
        raise ValueError(f"{name} must be one of {', '.join(accepted)}; got {given!r}")
    return given


def gradient_dtype(given: Any) -> np.dtype[Any]:
    """The dtype that `grad_dtype=` names; that of another library by the name it has in common with NumPy's."""
    foreign = type(given).__name__.lower() == "dtype" and not isinstance(given, np.dtype)
    try:
        dtype: np.dtype[Any] = np.dtype(str(given).rpartition(".")[2] if foreign else given)
    except TypeError as error:
        raise ValueError(f"grad_dtype = {given!r} is no dtype; accepted: float32, the dtype of the prediction, None") from error
    return dtype


def warn_of_lost_gradients(pred: np.ndarray) -> None:
    """Warn that most derivatives of a mean over so many numbers lie below the smallest float16."""
    warnings.warn(
        f"the gradient of a mean over {pred.size} numbers is mostly 0 in float16, whose smallest number is 6e-8: ask for "
        "grad_dtype='float32', or scale the loss, such as reduction='sum' with weight=scale/n",
        RuntimeWarning,
        stacklevel=2,
    )


def axis_from_front(axis: Any, pred: np.ndarray) -> int:
    """The class axis, counted from the front."""
    index = integer_axis(axis)
    if not -pred.ndim <= index < pred.ndim:
        raise ValueError(f"axis = {index} is no axis of pred, which has shape {pred.shape}")
    return index % pred.ndim


# ---- labels and numbers outside of the domain -----------------------------------------------------------------------


def first_where(array: np.ndarray, test: Any) -> tuple[int, ...] | None:
    """The position of the first element that passes, without an array of the size of all."""
    flat = array.flat if array.ndim <= 32 else array.reshape(-1)  # beyond, there is no `flat`
    for first in range(0, array.size, SEARCH):
        positions = np.arange(first, min(first + SEARCH, array.size))
        found = np.flatnonzero(test(flat[first : first + SEARCH]))
        if len(found):
            return tuple(int(i) for i in np.unravel_index(positions[found[0]], array.shape))
    return None


def bad_labels(target: np.ndarray, classes: int, ignore_index: int | None) -> Any:
    """For each label whether it is neither a class nor `ignore_index`."""
    bad = (target < 0) | (target >= classes)
    return bad if ignore_index is None else bad & (target != ignore_index)


def bad_label(target: np.ndarray, classes: int, ignore_index: int | None, name: str = "target") -> IndexError:
    return no_label(target, first_where(target, lambda x: bad_labels(x, classes, ignore_index)), classes, name)


def bad_listed_labels(target: np.ndarray, classes: int, axis: int) -> Any:
    """Which numbers of lists of labels are no classes; a list ends before the first negative number."""
    return np.logical_and.accumulate(target >= 0, axis=axis) & (target >= classes)


def bad_listed_label(target: np.ndarray, classes: int, axis: int) -> IndexError:
    bad = bad_listed_labels(target, classes, axis)
    return no_label(target, first_where(bad, lambda x: x), classes, "target")


def no_label(target: np.ndarray, where: tuple[int, ...] | None, classes: int, name: str) -> IndexError:
    if where is None:
        return IndexError("a label was out of range while another thread changed it")
    position = f"[{', '.join(map(str, where))}]" if where else ""
    return IndexError(f"{name}{position} = {target[where]} is no label of {classes} classes (0 to {classes - 1})")


def lies_outside(array: np.ndarray, domain: Any) -> Any:
    """For each element whether it is outside the domain; NaN is not."""
    if array.dtype.name in HALVES:
        array = array.astype(np.float32)  # in which they are computed; an end of the domain may be no number of theirs
    if domain.ends_only:
        return (array != domain.low) & (array != domain.high) & (array == array)
    below = array <= domain.low if domain.low_open else array < domain.low
    return below | (array >= domain.high if domain.high_open else array > domain.high)


def outside(loss: str, name: str, array: np.ndarray, domain: Any, real: Any = None, declared: Any = None) -> ValueError:
    """The error of the first number outside; `real` is the type computed in, to which a number may have been rounded."""
    where = first_where(array, lambda x: lies_outside(x, domain))
    if where is None and real:
        array = array.astype(real)
        where = first_where(array, lambda x: lies_outside(x, domain))
    return outside_at(loss, name, where, array[where] if where is not None else None, domain, declared)


def label_outside(
    declared: Any, pred: np.ndarray, labels: np.ndarray, axis: int, domain: Any, ignore_index: int, weight: np.ndarray | None
) -> ValueError:
    """The error of the first row whose label's prediction is outside, of the rows of which that is read."""
    counts = (labels >= 0) & (labels < pred.shape[axis]) & (labels != ignore_index)
    if weight is not None:
        counts &= weight != 0
    at = np.expand_dims(np.where(counts, labels, 0).astype(np.intp), axis)
    chosen = np.take_along_axis(pred, at, axis).squeeze(axis)
    rows = np.argwhere(lies_outside(chosen, domain) & counts)
    where = None
    if len(rows):
        first = tuple(int(i) for i in rows[0])
        where = (*first[:axis], int(labels[first]), *first[axis:])
    return outside_at(declared.name, "pred", where, pred[where] if where is not None else None, domain, declared)


def outside_at(loss: str, name: str, where: tuple[int, ...] | None, value: Any, domain: Any, declared: Any) -> ValueError:
    if where is None:
        return ValueError(f"{name} was outside {domain} while another thread changed it")
    position = f"[{', '.join(map(str, where))}]" if where else ""
    hint = "" if declared is None else _advice.domain(declared, name, float(value), domain)
    return ValueError(
        f"{name}{position} = {value} is outside {domain}, where {loss} is defined{hint}; check_domain=False skips this check"
    )
