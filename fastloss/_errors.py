"""The slow half of a call: conversions that need NumPy, and the exceptions.

Each exception says what was given, where, and what is accepted.
"""

from __future__ import annotations

import operator
import re
import sys
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

from fastloss import _advice
from fastloss._statistics import SoftmaxResult

__all__ = [
    "all_arguments",
    "arguments",
    "as_lent",
    "axis_from_front",
    "bad_label",
    "bad_labels",
    "bad_listed_label",
    "bad_listed_labels",
    "bad_reduction",
    "broadcast",
    "call_with_tensors",
    "called",
    "check_place",
    "checked_out",
    "choice",
    "first_where",
    "flat_out",
    "gradient_dtype",
    "has_tensor",
    "is_masked",
    "label_outside",
    "lies_outside",
    "outside",
    "overlap",
    "plain_array",
    "positional",
    "readable_array",
    "shape",
    "shapes",
    "target_type",
    "tensor_type",
    "thread_count",
    "two_weights",
    "unknown_keyword",
    "warn_of_lost_gradients",
]

ACCEPTED = "float32, float64, float16, bfloat16, integers and bool are accepted"
HALVES = ("float16", "bfloat16")
# What fits in the number of the C code.
MOST_THREADS = 2**31 - 1
# Elements looked at a time when the first offending one is searched.
SEARCH = 1 << 20


def shape(array: Any) -> tuple[int, ...]:
    return tuple(array.shape)


def is_masked(given: Any) -> bool:
    """Whether this is a masked array; NumPy's module of them, of which nothing else is needed, is not imported to see it."""
    return "numpy.ma" in sys.modules and isinstance(given, np.ma.MaskedArray)


def plain_array(given: Any, name: str, mask: str) -> np.ndarray:
    """`given` as an array; `mask` says where the mask of a masked one belongs."""
    if type(given) not in PLAIN and is_masked(given):
        raise TypeError(f"{name} is a masked array; pass its data, and the mask {mask}")
    try:
        return np.asarray(given if type(given) in PLAIN else exported(given, name))
    except NotOurs as error:
        raise TypeError(str(error)) from None
    except Exception as error:
        ragged = "; its rows have different lengths" if "inhomogeneous" in str(error) else f": {error}"
        raise TypeError(f"{name} of type {type(given).__name__} is no array on the CPU{ragged}") from error


def axes_of(given: Any, name: str) -> int:
    """How many axes there are: none of a number, or of what is neither a number nor an array."""
    try:
        return np.ndim(given)
    except ValueError:
        return plain_array(given, name, "").ndim  # which says what is wrong with it


#: What is NumPy's or Python's own, and needs no further look.
PLAIN = frozenset((np.ndarray, list, tuple, int, float))

#: Kinds of devices whose memory is main memory, by the numbers of DLPack: the CPU's, and what is pinned or managed for a GPU.
MAIN_MEMORY = (1, 3, 11)


class NotOurs(Exception):
    """An array that NumPy cannot be given; the message says why."""


def exported(given: Any, name: str) -> Any:
    """What NumPy makes an array of, without a copy where that is possible, of the array of another library."""
    if isinstance(given, tensor_type()):
        return of_tensor(given, name)
    if hasattr(given, "__dlpack_device__"):
        try:
            device = int(given.__dlpack_device__()[0])
        except Exception:  # an array that has no memory yet
            device = MAIN_MEMORY[0]
        if device not in MAIN_MEMORY:
            raise NotOurs(f"{name} is on another device, and no array on the CPU: copy it to main memory first")
        if not hasattr(given, "__array__"):
            return np.from_dlpack(given)
    tracer = getattr(sys.modules.get("jax.core"), "Tracer", ())
    if isinstance(given, tracer):
        raise NotOurs(
            f"{name} is traced by JAX, and no array yet on the CPU: jax.pure_callback gives fastloss the numbers, "
            "and fastloss gives the gradient of jax.custom_vjp"
        )
    return given


def tensor_type() -> Any:
    """PyTorch's class of tensors where it is imported; before, there is no tensor."""
    return getattr(sys.modules.get("torch"), "Tensor", ())


def of_tensor(tensor: Any, name: str) -> np.ndarray:
    """The memory of a PyTorch tensor as an array."""
    if tensor.device.type != "cpu":
        raise NotOurs(f"{name} is on another device, {tensor.device}, and no array on the CPU: give {name}.cpu()")
    if str(tensor.layout) != "torch.strided":
        raise NotOurs(f"{name} is a sparse tensor ({tensor.layout}), and no array: give {name}.to_dense()")
    if tensor.requires_grad:
        raise NotOurs(
            f"{name} requires grad, of which an array on the CPU knows nothing: give {name}.detach(); value_and_grad gives "
            "the gradient that a torch.autograd.Function takes"
        )
    torch = sys.modules["torch"]
    if tensor.dtype != torch.bfloat16:
        try:
            array: np.ndarray = tensor.numpy()
        except TypeError:  # of a type that NumPy does not have
            convert = "dequantize()" if tensor.is_quantized else "real" if tensor.is_complex() else "float()"
            raise NotOurs(f"{name} has dtype {tensor.dtype}: give {name}.{convert}; {ACCEPTED}") from None
        return array
    try:
        from ml_dtypes import bfloat16  # which NumPy has no type for
    except ImportError:
        raise NotOurs(
            f"{name} has dtype bfloat16, of which ml_dtypes makes arrays: install it, or give {name}.float()"
        ) from None
    halves: np.ndarray = tensor.view(torch.int16).numpy().view(bfloat16)
    return halves


def has_tensor(out: Any) -> bool:
    return any(isinstance(each, tensor_type()) for each in nested(out))


def nested(out: Any) -> Iterator[Any]:
    """The arrays of `out=`, of pairs of pairs too."""
    if isinstance(out, tuple):
        for each in out:
            yield from nested(each)
    else:
        yield out


def call_with_tensors(kernel: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A call whose `out=` holds tensors: as with the arrays that have their memory, but it returns the tensors."""

    def array(given: Any, name: str) -> Any:
        if isinstance(given, tuple) and name == "out":
            return tuple(array(each, name) for each in given)
        if not isinstance(given, tensor_type()):
            return given
        try:
            return of_tensor(given, name)
        except NotOurs as error:
            raise TypeError(str(error)) from None

    names = list(kernel.__signature__.parameters)
    arrays = {name: array(given, name) for name, given in kwargs.items()}
    results = kernel(*(array(given, name) for given, name in zip(args, names, strict=False)), **arrays)
    tensors = dict(zip(map(id, nested(arrays["out"])), nested(kwargs["out"]), strict=True))

    def given_back(result: Any) -> Any:
        if isinstance(result, SoftmaxResult):
            return SoftmaxResult(*map(given_back, result))
        return tuple(map(given_back, result)) if isinstance(result, tuple) else tensors.get(id(result), result)

    return given_back(results)


def readable_array(given: Any, name: str) -> np.ndarray:
    """`given` as an array of a native dtype that the kernels read."""
    array = plain_array(given, name, "as weight=~mask")
    # "g" is longdouble, which some platforms make as short as float64.
    if (array.dtype.kind not in "biuf" and array.dtype.name not in HALVES) or array.dtype.char == "g":
        what = _advice.kind(given)
        if not what and array.dtype == object and array.ndim == 0:
            what = f"is a {type(given).__name__}"
        if what:
            raise TypeError(f"{name} {what}; {ACCEPTED}")
        raise TypeError(f"{name} has dtype {array.dtype}{_advice.column(given) or _advice.dtypes(array, name)}; {ACCEPTED}")
    return array.astype(array.dtype.newbyteorder("="), copy=False)


# ---- arguments -------------------------------------------------------------------------------------------------------


def called(kernel: Any) -> str:
    """An entry point as it is called: the value has no name of its own."""
    name: str = kernel.loss.name
    return name if kernel.__name__ == "value" else f"{name}.{kernel.__name__}"


def positional(kernel: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, Any, dict[str, Any]]:
    """pred and target from any mix of positions and keywords."""
    given, rest = arguments(kernel, args, kwargs)
    return given["pred"], given.get("target"), rest


def arguments(kernel: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What may be given by position, by name, from any mix of positions and keywords; and the other keywords."""
    parameters = kernel.__signature__.parameters.values()
    first = [p for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
    names = [p.name for p in first]
    if len(args) > len(first):
        raise too_many(kernel, names, args)
    given = dict(zip(names, args, strict=False))
    for name in kwargs:
        if name in given:
            raise twice(kernel, name)
        if name not in kernel.__signature__.parameters:
            raise unknown_keyword(kernel, name)
    given |= {name: kwargs[name] for name in names if name in kwargs}
    for p in first:
        if p.name not in given and p.default is p.empty:
            raise TypeError(f"{called(kernel)} is missing an argument: {p.name}; it takes {signature_of(kernel)}")
    return given, {name: value for name, value in kwargs.items() if name not in names}


def all_arguments(kernel: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """Every argument by name, defaults too; sample weights have one name."""
    given, rest = arguments(kernel, args, kwargs)
    if "sample_weight" in rest and "weight" in kernel.__signature__.parameters:
        if "weight" in rest:
            raise two_weights(kernel)
        rest["weight"] = rest.pop("sample_weight")
    defaults = {p.name: p.default for p in kernel.__signature__.parameters.values() if p.default is not p.empty}
    return {**defaults, **given, **rest}


def signature_of(kernel: Any) -> str:
    parameters = kernel.__signature__.parameters.values()
    first = ", ".join(p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD)
    return f"({first}) and the keywords {', '.join(keywords_of(kernel))}"


def keywords_of(kernel: Any) -> list[str]:
    return [p.name for p in kernel.__signature__.parameters.values() if p.kind is p.KEYWORD_ONLY]


def twice(kernel: Any, name: str) -> TypeError:
    return TypeError(f"{called(kernel)} was given {name!r} by position and as a keyword; it takes {signature_of(kernel)}")


def too_many(kernel: Any, names: list[str], args: tuple[Any, ...]) -> TypeError:
    """More positional arguments than there are; what follows them may be a parameter, which is a keyword."""
    keywords, hints = keywords_of(kernel), []
    own = [name for name in keywords if name in getattr(kernel.loss, "params", ())]
    # Where a linear layer has the matrix `weight`, sample weights have one name.
    weight = "weight" if "weight" in keywords else "sample_weight"
    for value in args[len(names) :]:
        is_array = not isinstance(value, (int, float, str, bool, type(None)))
        if isinstance(value, str):
            found = "reduction" if "reduction" in keywords else None
        else:
            fitting = [name for name in own if is_array or takes(kernel.loss.params[name], value)]
            found = next((name for name in ([weight, *fitting] if is_array else fitting) if name in keywords), None)
        if found is not None:
            keywords.remove(found)
            own = [name for name in own if name != found]
            hints.append(f"{found}=..." if is_array else f"{found}={value!r}")
    hint = f"; say {', '.join(hints)}" if hints else ""
    return TypeError(
        f"{called(kernel)} takes {listed(names)} as positional arguments, and was given {len(args)}; all else is a "
        f"keyword{hint}; it has: {', '.join(keywords_of(kernel))}"
    )


def listed(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def takes(parameter: Any, value: Any) -> bool:
    """Whether a value may be that of a parameter."""
    try:
        parameter.check(value)
    except (TypeError, ValueError):
        return False
    return True


def unknown_keyword(kernel: Any, name: str) -> TypeError:
    known = keywords_of(kernel)
    if name in kernel.__signature__.parameters and name not in known:
        return twice(kernel, name)
    # Losses of a linear layer and functions of rows have a row of another kind, which tells nothing of their arguments.
    row = kernel.loss.row if hasattr(kernel.loss.row, "of_logits") else None
    hint = _advice.logits(row, name) if row is not None else ""
    hint = hint or _advice.keyword(name, kernel.__signature__.parameters, row)
    return TypeError(f"{called(kernel)} has no keyword {name!r}{hint}; it has: {', '.join(known)}")


def two_weights(kernel: Any) -> TypeError:
    return TypeError(f"{called(kernel)} was given weight and sample_weight, which are two names of one argument")


def of_vjp(loss: str, message: str) -> str:
    """What the gradient with weights says, in the words of the vector-Jacobian product that has called it."""
    return re.sub(r"\bweight\b", "cotangent", message.replace(f"{loss}.grad", f"{loss}.vjp"))


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
    """Of a mean over so many numbers most derivatives lie below the smallest float16."""
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


def broadcast(array: np.ndarray, wanted: tuple[int, ...], name: str) -> np.ndarray:
    if array.shape == wanted or (array.ndim == 0 and name not in ("weight", "sample_weight")):
        return array
    try:
        return np.broadcast_to(array, wanted)
    except ValueError:
        hint = _advice.weights(array.shape, wanted, name)
        raise ValueError(f"{name} has shape {array.shape}, which does not broadcast to {wanted}{hint}") from None


def check_place(place: Any, name: str, argument: np.ndarray, argument_name: str, dtype: np.dtype[Any]) -> None:
    """Raise where the gradient of `argument` cannot be written to `place`, whatever else that overlaps."""
    if not isinstance(place, np.ndarray) or is_masked(place):
        raise TypeError(f"{name} must be a NumPy array, not masked, or a CPU tensor of PyTorch, got {type(place).__name__}")
    if place.shape != argument.shape:
        raise ValueError(f"{name} has shape {place.shape} but {argument_name} has shape {argument.shape}")
    if place.dtype != dtype or not place.dtype.isnative:
        other = " (or that of grad_dtype=)" if place.dtype == np.float32 else ""
        raise ValueError(f"{name} has dtype {place.dtype}; the gradient has dtype {dtype}{other}")
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
    inputs = {"pred": as_lent(given_pred), "target": as_lent(given_target)}
    arguments = {**kernel.loss.bound, **keywords, "out": None}
    second = getattr(kernel.loss, "second", "")
    if second and second not in inputs:
        inputs[second] = as_lent(arguments.pop(second, None))
    others = [as_lent(x) for x in arguments.values() if x is not None]
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


def as_lent(given: Any) -> np.ndarray:
    """The array whose memory an argument lends."""
    if type(given) is np.ndarray:
        return given
    return np.asarray(given if type(given) in PLAIN else exported(given, ""))


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


def outside(loss: str, name: str, array: np.ndarray, domain: Any, real: Any = None, row: Any = None) -> ValueError:
    """The error of the first number outside; `real` is the type computed in, to which a number may have been rounded."""
    where = first_where(array, lambda x: lies_outside(x, domain))
    if where is None and real:
        array = array.astype(real)
        where = first_where(array, lambda x: lies_outside(x, domain))
    return outside_at(loss, name, where, array[where] if where is not None else None, domain, row)


def label_outside(
    row: Any, pred: np.ndarray, labels: np.ndarray, axis: int, domain: Any, ignore_index: int, weight: np.ndarray | None
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
    return outside_at(row.name, "pred", where, pred[where] if where is not None else None, domain, row)


def outside_at(loss: str, name: str, where: tuple[int, ...] | None, value: Any, domain: Any, row: Any) -> ValueError:
    if where is None:
        return ValueError(f"{name} was outside {domain} while another thread changed it")
    position = f"[{', '.join(map(str, where))}]" if where else ""
    hint = "" if row is None else _advice.domain(row, name, float(value), domain)
    return ValueError(
        f"{name}{position} = {value} is outside {domain}, where {loss} is defined{hint}; check_domain=False skips this check"
    )
