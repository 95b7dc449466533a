"""The gradient that `fastloss score` writes, a block at a time, in the type of its file."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, BinaryIO

import numpy as np

from fastloss.cli._inputs import BFLOAT16, Array, to_bfloat16
from fastloss.cli._outputs import Output, reserve
from fastloss.cli._problem import Block, Problem
from fastloss.cli._sums import Total

__all__ = ["write_gradient"]


def gradient_factor(problem: Problem, block: Block, denominator: Total | None) -> tuple[Any, Any]:
    """What the gradient of each sample is multiplied by: mantissas and powers of two."""
    factors = problem.weighing(block).factors
    mantissa: Any = 1.0
    exponent: Any = problem.exponent
    if factors is not None:
        mantissa, exponent = factors.mantissa, factors.exponent + problem.exponent
    if denominator is not None:
        mantissa = mantissa / np.float64(denominator.column(1))
        if not np.all(np.isfinite(mantissa)) and factors is not None:
            # What weighs nothing gets nothing, even where nothing counts and the denominator is 0.
            mantissa = np.where(factors.mantissa == 0, 0.0, mantissa)
        exponent = exponent - denominator.unit
    if problem.wrt not in problem.one_a_loss:
        mantissa, exponent = (np.expand_dims(x, problem.axes) if np.ndim(x) else x for x in (mantissa, exponent))
    return mantissa, exponent


def gradient_of(problem: Problem, block: Block, denominator: Total | None) -> tuple[Array, int]:
    """The gradient of a block in the type of the file, and how many of its numbers are not 0 but for that type."""
    in_double = problem.dtype == np.float64
    gradient = problem.evaluate(problem.loss.grad, block, in_double=in_double, reduction="sum", wrt=problem.wrt)
    mantissa, exponent = gradient_factor(problem, block, denominator)
    if np.ndim(mantissa) or not mantissa:
        np.copyto(gradient, 0, where=mantissa == 0)
    there = np.count_nonzero(gradient)
    if np.abs(exponent).max(initial=0) > 900:
        gradient = np.ldexp(gradient * np.asarray(mantissa, np.float64), exponent)
    elif np.ndim(mantissa) or mantissa != 1 or exponent:
        # The product is in double, to be rounded once. What is 0 stays 0, whatever the factor.
        factor = np.ldexp(1.0, exponent) * mantissa
        where = True if np.all(np.isfinite(factor)) else gradient != 0
        np.multiply(gradient, factor, out=gradient, where=where, dtype=np.float64, casting="same_kind")
    written = to_bfloat16(gradient) if problem.dtype == BFLOAT16 else gradient.astype(problem.dtype, copy=False)
    return written, int(there - nonzero(written))


def nonzero(array: Array) -> int:
    """How many numbers are not 0 of either sign."""
    return int(np.count_nonzero(array.view(np.uint16) << 1 if array.dtype == BFLOAT16 else array))


def write_gradient(
    problem: Problem, output: Output, file: BinaryIO, denominator: Total | None, advance: Callable[[int], None]
) -> float:
    """Write the gradient; gives the part of its numbers that are 0 in the file only."""
    of = problem.arguments.get(problem.wrt, problem.first)
    is_fortran = of.flags.f_contiguous and not of.flags.c_contiguous
    descr = "<V2" if problem.dtype == BFLOAT16 else np.lib.format.dtype_to_descr(problem.dtype)
    header: dict[str, Any] = {"descr": descr, "fortran_order": is_fortran, "shape": of.shape}
    lost = there = 0
    with output.errors():
        np.lib.format.write_array_header_1_0(file, header)
        out = None
        if not output.is_device and of.size:
            offset = file.tell()
            reserve(file, offset + of.size * problem.dtype.itemsize)
            order = "F" if is_fortran else "C"
            out = np.memmap(file, problem.dtype, "r+", offset, of.shape, order)  # type: ignore[call-overload, unused-ignore]
        for block in problem.blocks:
            gradient, underflown = gradient_of(problem, block, denominator)
            lost += underflown
            there += underflown + nonzero(gradient)
            if out is not None:
                out[(*problem.block_of(problem.wrt, block), ...)] = gradient
            elif output.is_device:
                file.write(gradient.tobytes("A"))
            advance(math.prod(part.stop - part.start for part in block))
        if out is not None:
            out.flush()
            del out
    return lost / max(1, there)
