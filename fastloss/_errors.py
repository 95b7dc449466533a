"""The slow half of a call: conversions that need NumPy, and the exceptions.

Each exception says what was given, where, and what is accepted.
"""

from __future__ import annotations

import operator
import sys
from typing import Any

import numpy as np

__all__ = [
    "axis_from_front",
    "bad_label",
    "bad_labels",
    "bad_listed_label",
    "bad_listed_labels",
    "broadcast",
    "check_place",
    "checked_out",
    "is_masked",
    "lies_outside",
    "outside",
    "overlap",
    "plain_array",
    "positional",
    "readable_array",
    "shape",
    "shapes",
    "thread_count",
    "unknown_keyword",
]

ACCEPTED = "float32, float64, float16, bfloat16, integers and bool are accepted"
HALVES = ("float16", "bfloat16")
# Elements looked at a time when the first offending one is searched.
SEARCH = 1 << 20


def shape(array: Any) -> tuple[int, ...]:
    return tuple(array.shape)


def is_masked(given: Any) -> bool:
    """Whether this is a masked array; NumPy's module of them, of which nothing else is needed, is not imported to see it."""
    return "numpy.ma" in sys.modules and isinstance(given, np.ma.MaskedArray)


def plain_array(given: Any, name: str, mask: str) -> np.ndarray:
    """`given` as an array; `mask` says where the mask of a masked one belongs."""
    if is_masked(given):
        raise TypeError(f"{name} is a masked array; pass its data, and the mask {mask}")
    try:
        return np.asarray(given)
    except Exception as error:
        raise TypeError(f"{name} of type {type(given).__name__} is no array on the CPU: {error}") from error


def readable_array(given: Any, name: str) -> np.ndarray:
    """`given` as an array of a native dtype that the kernels read."""
    array = plain_array(given, name, "as weight=~mask")
    # "g" is longdouble, which some platforms make as short as float64.
    if (array.dtype.kind not in "biuf" and array.dtype.name not in HALVES) or array.dtype.char == "g":
        raise TypeError(f"{name} has dtype {array.dtype}; {ACCEPTED}")
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def positional(kernel: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, Any, dict[str, Any]]:
    """pred and target from any mix of positions and keywords."""
    bound = kernel.__signature__.bind(*args, **kwargs).arguments
    return bound["pred"], bound.get("target"), {k: v for k, v in kwargs.items() if k not in ("pred", "target")}


def unknown_keyword(kernel: Any, name: str) -> TypeError:
    known = [p.name for p in kernel.__signature__.parameters.values() if p.kind is p.KEYWORD_ONLY]
    return TypeError(f"{kernel.loss.name}.{kernel.__name__} has no keyword {name!r}; it has: {', '.join(known)}")


def thread_count(n: Any) -> int:
    if not isinstance(n, (int, np.integer)) or isinstance(n, bool) or not 1 <= n < 2**31:
        raise ValueError(f"n_threads = {n!r}: a positive integer or None is accepted")
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
    return ValueError(f"pred has shape {pred.shape} but target has shape {target.shape}; wanted: {' or '.join(accepted)}")


def target_type(dtype: Any, labels: bool) -> TypeError:
    """A target has the shape of labels, or else that of numbers for every class, and the type of the other."""
    wanted = "labels must be integers" if labels else "numbers for every class must be floating-point (integers are labels)"
    return TypeError(f"{wanted}, got dtype {dtype}")


def axis_from_front(axis: Any, pred: np.ndarray) -> int:
    """The class axis, counted from the front."""
    index = operator.index(axis)
    if not -pred.ndim <= index < pred.ndim:
        raise ValueError(f"axis = {index} is no axis of pred, which has shape {pred.shape}")
    return index % pred.ndim


def broadcast(array: np.ndarray, wanted: tuple[int, ...], name: str) -> np.ndarray:
    if array.shape == wanted or (array.ndim == 0 and name not in ("weight", "sample_weight")):
        return array
    try:
        return np.broadcast_to(array, wanted)
    except ValueError:
        raise ValueError(f"{name} has shape {array.shape}, which does not broadcast to {wanted}") from None


def check_place(place: Any, name: str, argument: np.ndarray, argument_name: str, dtype: np.dtype[Any]) -> None:
    """Raise where the gradient of `argument` cannot be written to `place`, whatever else that overlaps."""
    if not isinstance(place, np.ndarray) or is_masked(place):
        raise TypeError(f"{name} must be a NumPy array, not masked, got {type(place).__name__}")
    if place.shape != argument.shape:
        raise ValueError(f"{name} has shape {place.shape} but {argument_name} has shape {argument.shape}")
    if place.dtype != dtype or not place.dtype.isnative:
        raise ValueError(f"{name} has dtype {place.dtype}; the gradient has dtype {dtype}")
    if not place.flags.writeable:
        raise ValueError(f"{name} is not writeable")
    if place.size and any(stride == 0 and n > 1 for stride, n in zip(place.strides, place.shape, strict=True)):
        raise ValueError(f"{name} has several elements in one place (a stride of 0)")


def checked_out(
    kernel: Any,
    out: Any,
    given_pred: Any,
    given_target: Any,
    keywords: dict[str, Any],
    dtype: np.dtype[Any],
    wanted: tuple[str, ...],
) -> tuple[np.ndarray | None, ...]:
    """The arrays of `out=` for the derivatives `wanted`, fit to be written to; None where there is none.

    What they are compared with are the arguments as given: the call may compute with copies of them.
    """
    inputs = {"pred": np.asarray(given_pred), "target": np.asarray(given_target)}
    arguments = {**kernel.loss.bound, **keywords, "out": None}
    second = getattr(kernel.loss, "second", "")
    if second and second not in inputs:
        inputs[second] = np.asarray(arguments.pop(second, None))
    others = [np.asarray(x) for x in arguments.values() if x is not None]
    given = flat_out(out, wanted)
    if not 1 <= len(given) <= len(wanted):
        raise ValueError(f"out has {len(given)} arrays; {kernel.__name__} returns {len(wanted)}: {', '.join(wanted)}")
    for i, (array, derivative) in enumerate(zip(given, wanted, strict=False)):
        if array is None:
            continue
        name = second if derivative.startswith("second_") else "pred"
        own = inputs[name]
        # A parameter may be broadcast to the prediction's shape, which its derivatives have.
        shaped = name if name == "target" else "pred"
        check_place(array, "out", inputs[shaped], shaped, dtype)
        in_place = array.ctypes.data == own.ctypes.data and array.strides == own.strides and array.dtype == own.dtype
        read = [x for key, x in inputs.items() if not (in_place and key == name)]
        if any(overlap(array, other) for other in (*read, *others)):
            raise ValueError(f"out overlaps an input; only {name} itself may be written to")
        if any(overlap(array, other) for other in given[:i] if other is not None):
            raise ValueError("the two arrays of out overlap")
    return (*given, *[None] * (len(wanted) - len(given)))


def flat_out(out: Any, wanted: tuple[str, ...]) -> tuple[Any, ...]:
    """`out=` as one tuple; where gradients and Hessians are pairs, it is a pair of pairs."""
    given = out if isinstance(out, tuple) else (out,)
    if "second_hess" not in wanted:
        return given
    pairs = [each if isinstance(each, tuple) else (each,) for each in given]
    if len(pairs) > 2 or any(len(pair) > 2 for pair in pairs):
        raise ValueError("out must be a pair for the gradients and a pair for the Hessians")
    return tuple(array for pair in pairs for array in (*pair, *[None] * (2 - len(pair))))


def overlap(a: np.ndarray, b: np.ndarray) -> bool:
    # An exact answer can take exponential time; past this much work, a possible overlap counts as one.
    try:
        return bool(np.shares_memory(a, b, max_work=10_000))  # type: ignore[arg-type]  # NumPy's stub knows 0 and -1 only
    except np.exceptions.TooHardError:
        return True


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
    """The same for each number of lists of labels, which end before the first negative number."""
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


def outside(loss: str, name: str, array: np.ndarray, domain: Any, real: Any = None) -> ValueError:
    """The error of the first number outside; `real` is the type computed in, to which a number may have been rounded."""
    where = first_where(array, lambda x: lies_outside(x, domain))
    if where is None and real:
        array = array.astype(real)
        where = first_where(array, lambda x: lies_outside(x, domain))
    if where is None:
        return ValueError(f"{name} was outside {domain} while another thread changed it")
    position = f"[{', '.join(map(str, where))}]" if where else ""
    return ValueError(
        f"{name}{position} = {array[where]} is outside {domain}, where {loss} is defined; check_domain=False skips this check"
    )
