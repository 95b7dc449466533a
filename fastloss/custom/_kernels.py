"""What computes a loss of a user: compiled from a body in C, a function given by its address, or NumPy; as C finds it."""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from fastloss import _core
from fastloss._kinds import Parameter
from fastloss._registry import Declaration

__all__ = ["OwnKernels", "kernels_of", "text_of"]


class OwnLoss(ctypes.Structure):
    """fl_own_loss of fastloss.h."""

    _fields_ = [
        ("version", ctypes.c_int),
        ("slow", ctypes.c_int),
        ("kernels", ctypes.c_void_p * 2),
        ("block", ctypes.c_void_p * 2),
    ]


#: fl_block of fastloss.h.
BLOCK = ctypes.CFUNCTYPE(None, ctypes.c_int64, ctypes.c_int64, *[ctypes.c_void_p] * 7)
#: The class of all functions of ctypes.
FUNCTION: Any = BLOCK.__base__
DTYPES = (np.dtype(np.float32), np.dtype(np.float64))


@dataclass(frozen=True)
class OwnKernels:
    """What `Declaration.own` holds.

    Attributes
    ----------
    address : int
        Of an fl_own_loss.
    key : str
        Alike for kernels that are made of the same.
    by_python : bool
        Whether Python computes the blocks: on the calling thread, since others would wait for it.
    keeps : tuple
        What must live as long as this.
    """

    address: int
    key: str
    by_python: bool = False
    keeps: tuple[Any, ...] = field(default=(), compare=False, repr=False)

    @contextlib.contextmanager
    def raising(self) -> Iterator[None]:
        """Raise, when all is done, what Python raised in a block: C code cannot."""
        before, failure.error = failure.error, None
        try:
            yield
            if failure.error is not None:
                raise failure.error
        finally:
            failure.error = before


class Failure(threading.local):
    error: BaseException | None = None


failure = Failure()


def compiled(body: str, declared: Declaration, slow: bool) -> OwnKernels:
    from fastloss.custom._compiler import library_of  # not every loss is compiled

    operand = next((p for p in declared.parameters if p.kind.array == "elements"), None)
    has_operand = 2 if operand and operand.kind.differentiable else 1 if operand else 0
    if declared.differentiable_target:
        has_operand = 4 if operand else 3
    library = library_of(body, declared.name, has_operand, slow)
    loss = OwnLoss.in_dll(library, "fl_own")
    if loss.version != _core.interface_version():
        raise ImportError(f"{library._name} is of another version of the C interface: remove it")
    key = hashlib.sha256(repr((body, slow)).encode()).hexdigest()
    return OwnKernels(ctypes.addressof(loss), key, keeps=(library, loss))


def address_of(function: Any) -> int:
    """The address of a function in C: an int, or what holds one."""
    if isinstance(function, bool):
        pass
    elif isinstance(function, int | np.integer):
        if function:
            return int(function)
    elif isinstance(getattr(function, "address", None), int):  # a cfunc of Numba
        return int(function.address)
    elif isinstance(function, FUNCTION):
        return ctypes.cast(function, ctypes.c_void_p).value or 0
    elif type(function).__name__ == "PyCapsule":  # of a module of Cython, in its __pyx_capi__
        api = ctypes.pythonapi
        api.PyCapsule_GetName.restype, api.PyCapsule_GetName.argtypes = ctypes.c_char_p, [ctypes.py_object]
        api.PyCapsule_GetPointer.restype = ctypes.c_void_p
        api.PyCapsule_GetPointer.argtypes = [ctypes.py_object, ctypes.c_char_p]
        return int(api.PyCapsule_GetPointer(function, api.PyCapsule_GetName(function)))
    raise TypeError(
        "body must be the text or the path of a C body, the address of a function as an int, a cfunc of Numba, a function of "
        f"ctypes or a capsule of Cython, a mapping of dtypes to such functions, or None; got {function!r:.80}"
    )


def around(functions: Mapping[int, int], slow: int, key: str, by_python: bool, keeps: tuple[Any, ...]) -> OwnKernels:
    """Kernels of block functions: their addresses, by the position of their dtype."""
    loss = OwnLoss(version=_core.interface_version(), slow=slow)
    for i, address in functions.items():
        loss.block[i] = address
    return OwnKernels(ctypes.addressof(loss), key, by_python, (loss, *keeps))


def of_functions(body: Any, declared: Declaration, slow: bool) -> OwnKernels:
    given = body if isinstance(body, Mapping) else {np.float64: body}
    functions = {}
    for dtype, function in given.items():
        if np.dtype(dtype) not in DTYPES:
            raise ValueError(f"a body for {np.dtype(dtype)} is never called: float32 and float64 are computed in")
        functions[DTYPES.index(np.dtype(dtype))] = address_of(function)
    if 1 not in functions:
        raise ValueError("there must be a body for float64: that for float32 may be left out, not this")
    return around(functions, slow, repr(sorted(functions.items())), False, tuple(given.values()))


def as_given(parameter: Parameter, number: float) -> Any:
    """A scalar parameter as the reference takes it, of the number that C hands on."""
    return None if parameter.kind.optional and np.isnan(number) else parameter.kind.type(number)


def of_numpy(declared: Declaration) -> OwnKernels:
    scalars = [p for p in declared.parameters if p.kind.array != "elements"]
    arrays = [p for p in declared.parameters if p.kind.array == "elements"]

    def block_of(dtype: np.dtype[Any]) -> Callable[..., None]:
        def view(address: int, n: int) -> np.ndarray:
            memory: Any = (ctypes.c_char * (n * dtype.itemsize)).from_address(address)
            return np.ndarray((n,), dtype, memory)

        def read(address: int, n: int) -> np.ndarray:
            # It may be the caller's own memory.
            array = view(address, n)
            array.flags.writeable = False
            return array

        def block(n: int, outputs: int, pred: int, target: int, operand: int, param: int, *to: int) -> None:
            if failure.error is not None:
                return
            try:
                given = {}
                if scalars:
                    numbers = (ctypes.c_double * len(scalars)).from_address(param)
                    given = {p.name: as_given(p, number) for p, number in zip(scalars, numbers, strict=True)}
                for p in arrays:
                    each = read(operand, n)
                    given[p.name] = None if p.kind.optional and each[0] == -1 else each
                with np.errstate(all="ignore"):
                    results = declared.function(read(pred, n), read(target, n), **given)
                for address, result, bit in zip(to, results, (1, 2, 4), strict=True):
                    if outputs & bit:
                        view(address, n)[...] = result
            except BaseException as error:
                failure.error = error

        return block

    functions = [BLOCK(block_of(dtype)) for dtype in DTYPES]
    addresses = {i: address_of(function) for i, function in enumerate(functions)}
    return around(addresses, 2, "numpy", True, tuple(functions))


def text_of(body: Any) -> Any:
    """The text of a body that is a file; other bodies as they are."""
    if isinstance(body, os.PathLike):
        return Path(body).read_text(encoding="utf-8")
    if isinstance(body, str) and body.strip() and "POINTWISE" not in body and "{" not in body:
        return Path(body).read_text(encoding="utf-8")
    return body


def kernels_of(body: Any, declared: Declaration, slow: bool) -> OwnKernels:
    """The kernels of a loss by its body: a text, functions, or None for the reference itself."""
    if isinstance(body, str):
        return compiled(body, declared, slow)
    if declared.second:
        raise ValueError(f"derivatives by {declared.second} need a body in C: a function of a block has those by pred alone")
    return of_numpy(declared) if body is None else of_functions(body, declared, slow)
