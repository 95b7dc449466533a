"""Arrays a few rows at a time, without a copy of the whole, and matrices as the BLAS takes them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

__all__ = ["Rows", "batches", "fits_blas", "like_block", "ready", "slices"]

#: Rows, or classes of a chunk, looked at a time when some are chosen.
SCAN = 1 << 14


class Rows:
    """An array whose leading axes count rows, read and written by row numbers, without a copy of the whole."""

    def __init__(self, array: np.ndarray, leading: int):
        self.array, self.shape = array, array.shape[:leading]
        counted = [(n, stride) for n, stride in zip(self.shape, array.strides, strict=False) if n != 1]
        one_stride = all(a == n * b for (_, a), (n, b) in itertools.pairwise(counted))
        # Only where strides allow it is reshape a view.
        self.flat = array.reshape(math.prod(self.shape), *array.shape[leading:]) if one_stride or not array.size else None

    def _index(self, rows: Any) -> Any:
        if self.flat is not None:
            return rows
        return np.unravel_index(np.arange(rows.start, rows.stop) if isinstance(rows, slice) else rows, self.shape)

    def __getitem__(self, rows: Any) -> np.ndarray:
        found: np.ndarray = (self.array if self.flat is None else self.flat)[self._index(rows)]
        return found

    def __setitem__(self, rows: Any, values: Any) -> None:
        (self.array if self.flat is None else self.flat)[self._index(rows)] = values

    def finish(self) -> Any:
        """The array, or its number where it has no axis."""
        return self.array if self.array.ndim else self.array[()]


def batches(numbers: Iterable[np.ndarray], size: int) -> Iterator[Any]:
    """Rising numbers that come in pieces, `size` at a time; a slice where none is missing."""
    kept = np.empty(0, np.intp)
    for more in numbers:
        kept = np.concatenate([kept, more])
        while len(kept) >= size:
            yield as_slice(kept[:size])
            kept = kept[size:]
    if len(kept):
        yield as_slice(kept)


def as_slice(numbers: np.ndarray) -> Any:
    first, last = int(numbers[0]), int(numbers[-1])
    return slice(first, last + 1) if last - first + 1 == len(numbers) else numbers


def slices(n: int, size: int | None = None) -> Iterator[slice]:
    """The numbers up to n, `size` at a time; as many as are looked at a time, where none is given."""
    size = SCAN if size is None else size
    return (slice(first, min(first + size, n)) for first in range(0, n, size))


def fits_blas(matrix: np.ndarray, dtype: np.dtype) -> bool:
    """Whether the BLAS takes a matrix as it lies in memory; NumPy would copy the whole of one that does not fit."""
    if matrix.dtype != dtype or not matrix.dtype.isnative or not matrix.flags.aligned:
        return False
    (rows, columns), (down, across), item = matrix.shape, matrix.strides, dtype.itemsize

    def packed(step: int, along: int, stride: int) -> bool:
        return step == item and stride >= along * item and stride % item == 0

    return packed(across, columns, down) or packed(down, rows, across) or matrix.size == 0


def ready(block: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """A block of a matrix as the BLAS takes it: itself, or a converted copy."""
    return block if fits_blas(block, dtype) else np.array(block, dtype)


def like_block(weight: np.ndarray, size: int, dtype: np.dtype) -> np.ndarray:
    """A new array for `size` rows of a matrix, in its memory order."""
    columns = weight.shape[1]
    if abs(weight.strides[0]) < abs(weight.strides[1]):
        return np.empty((columns, size), dtype).T
    return np.empty((size, columns), dtype)
