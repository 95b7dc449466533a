"""An argument as an array that the kernels read, whatever it was: a list, or an array of another library, whose memory is used.

Here are also the arrays of `out=`, which are written to.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from fastloss import _advice
from fastloss._statistics import SoftmaxResult

__all__ = [
    "HALVES",
    "as_lent",
    "axes_of",
    "broadcast",
    "call_with_tensors",
    "check_apart",
    "check_place",
    "checked_out",
    "flat_out",
    "has_tensor",
    "is_masked",
    "overlap",
    "plain_array",
    "readable_array",
    "shape",
]

ACCEPTED = "float32, float64, float16, bfloat16, integers and bool are accepted"
HALVES = ("float16", "bfloat16")
SINGLE, DOUBLE = np.dtype(np.float32), np.dtype(np.float64)


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


def readable_array(given: Any, name: str) -> np.ndarray:
    """`given` as an array of a native dtype that the kernels read."""
    if type(given) is np.ndarray and (given.dtype is SINGLE or given.dtype is DOUBLE):
        return given
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


def as_lent(given: Any) -> np.ndarray:
    """The array whose memory an argument lends."""
    if type(given) is np.ndarray:
        return given
    return np.asarray(given if type(given) in PLAIN else exported(given, ""))


def broadcast(array: np.ndarray, wanted: tuple[int, ...], name: str) -> np.ndarray:
    if array.shape == wanted or (array.ndim == 0 and name not in ("weight", "sample_weight")):
        return array
    try:
        return np.broadcast_to(array, wanted)
    except ValueError:
        hint = _advice.weights(array.shape, wanted, name)
        raise ValueError(f"{name} has shape {array.shape}, which does not broadcast to {wanted}{hint}") from None


# ---- where derivatives are written -----------------------------------------------------------------------------------


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


def check_apart(place: np.ndarray, name: str, inputs: Mapping[str, np.ndarray], others: Iterable[np.ndarray]) -> None:
    """Raise where a place for the derivative by the argument `name` overlaps what is read, unless it is that itself."""
    own = inputs[name]
    in_place = place.ctypes.data == own.ctypes.data and place.strides == own.strides and place.dtype == own.dtype
    read = [array for key, array in inputs.items() if not (in_place and key == name)]
    if any(overlap(place, other) for other in (*read, *others)):
        raise ValueError(f"out overlaps an input; only {name} itself may be written to")


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
    second = kernel.loss.declared.second if hasattr(kernel.loss, "declared") and hasattr(kernel.loss.declared, "second") else ""
    if second and second not in inputs:
        inputs[second] = as_lent(arguments.pop(second, None))
    others = [as_lent(x) for x in arguments.values() if x is not None]
    given = flat_out(out, wanted, len(wanted) // sum(output != "value" for output in kernel.outputs))
    if not 1 <= len(given) <= len(wanted):
        raise ValueError(f"out has {len(given)} arrays; {kernel.__name__} returns {len(wanted)}: {', '.join(wanted)}")
    for i, (array, derivative) in enumerate(zip(given, wanted, strict=False)):
        if array is None:
            continue
        name = second if derivative.startswith("second_") else "pred"
        # A parameter may be broadcast to the prediction's shape, which its derivatives have.
        shaped = name if name == "target" else "pred"
        check_place(array, "out", inputs[shaped], shaped, dtype)
        check_apart(array, name, inputs, others)
        if any(overlap(array, other) for other in given[:i] if other is not None):
            raise ValueError("the two arrays of out overlap")
    return (*given, *[None] * (len(wanted) - len(given)))


def flat_out(out: Any, wanted: tuple[str, ...], n_names: int = 1) -> tuple[Any, ...]:
    """`out=` as one tuple of the derivatives wanted, those by `n_names` arguments of each kind; where there are gradients and
    Hessians by several arguments, it is a pair of tuples."""
    given = out if isinstance(out, tuple) else (out,)
    if len(wanted) == n_names or (n_names == 1 and not any(isinstance(each, tuple) for each in given)):
        return given
    several = [each if isinstance(each, tuple) else (each,) for each in given]
    if len(several) > 2 or any(len(each) > n_names for each in several):
        raise ValueError("out must be a pair: one tuple for the gradients, one for the Hessians")
    return tuple(array for each in several for array in (*each, *[None] * (n_names - len(each))))


def overlap(a: np.ndarray, b: np.ndarray) -> bool:
    # An exact answer can take exponential time; past this much work, a possible overlap counts as one.
    try:
        return bool(np.shares_memory(a, b, max_work=10_000))  # type: ignore[arg-type]  # NumPy's stub knows 0 and -1 only
    except np.exceptions.TooHardError:
        return True
