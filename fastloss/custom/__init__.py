"""Losses of your own: a NumPy function with its derivatives becomes a loss like any other, as fast as its body is.

`pointwise` makes one; `verify` measures how exact its body is. The kinds of parameters and the intervals that annotations
and domains are written in stand here, too. docs/custom.md tells how to write a body.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, overload

from fastloss._boosting_words import Boosting
from fastloss._kinds import (
    BINARY,
    NONNEGATIVE,
    POSITIVE,
    PROBABILITY,
    REAL,
    SIGN,
    Flag,
    Fraction,
    Integer,
    Interval,
    Kind,
    Levels,
    NonNegative,
    OpenFraction,
    Positive,
    PositiveArray,
    PredictedPositive,
    PredictedReal,
)
from fastloss._loss import Loss
from fastloss.custom import _check
from fastloss.custom._check import Report
from fastloss.custom._declare import declaration_of
from fastloss.custom._kernels import kernels_of, text_of
from fastloss.custom._loss import loss_of

__all__ = [
    "BINARY",
    "NONNEGATIVE",
    "POSITIVE",
    "PROBABILITY",
    "REAL",
    "SIGN",
    "Flag",
    "Fraction",
    "Integer",
    "Interval",
    "Kind",
    "Levels",
    "NonNegative",
    "OpenFraction",
    "Positive",
    "PositiveArray",
    "PredictedPositive",
    "PredictedReal",
    "Report",
    "pointwise",
    "verify",
]


LINKS = ("identity", "sigmoid", "exp")


@overload
def pointwise(
    reference: None = None, *, body: Any = None, link: str = "identity", slow: bool = False, check: bool = True, **traits: Any
) -> Callable[[Callable[..., Any]], Loss]: ...
@overload
def pointwise(
    reference: Callable[..., Any],
    *,
    body: Any = None,
    link: str = "identity",
    slow: bool = False,
    check: bool = True,
    **traits: Any,
) -> Loss: ...
def pointwise(
    reference: Any = None, *, body: Any = None, link: str = "identity", slow: bool = False, check: bool = True, **traits: Any
) -> Any:
    """Make a loss of a NumPy function that returns value, gradient and Hessian of each element.

    Parameters
    ----------
    reference : callable
        A function ``(pred, target, *, parameter=default, ...)`` of arrays of one shape, which returns three: the loss of each
        element, its first and its second derivative with respect to `pred`. A parameter is annotated with float, int, bool or
        a kind of this module, such as `Positive`. Its docstring is that of the loss. None: a decorator is returned.
    body : str, path, function, mapping or None
        What computes the loss:

        * the text of a body in C, ``POINTWISE(name) { ... }``, or the path of a file with one: compiled now, by the system's
          compiler with the flags of the SIMD tier in use, and kept in a folder of the user's own;
        * a function of blocks in C, for float64, or a mapping of dtypes to such: an address as an int, a cfunc of Numba, a
          function of ctypes, a capsule of Cython;
        * None: `reference` itself computes, block by block and on one thread.
    link : {"identity", "sigmoid", "exp"}, default "identity"
        How a booster's margin becomes what is predicted: by the identity, as a probability, as a rate.
    slow : bool, default False
        Whether the body computes exponentials or logarithms, so that computing takes as long as memory does: it changes how
        memory is written, and no result.
    check : bool, default True
        Whether to compare derivatives with differences of the value, and the body with `reference`, on drawn numbers. A Hessian
        that is meant to be another one, such as a bound, does not pass.
    **traits
        What else is true of the loss: `prediction` and `target`, the `Interval` in which each lies; `smoothness`, how many
        derivatives are continuous; `kinks`, where they jump; `ulp`, the bound that `verify` compares errors with; `reduction`,
        the default.

    Returns
    -------
    Loss
        With all that losses have. It is pickled by the name of `reference`, and so is found where that can be imported.

    Raises
    ------
    TypeError
        For a reference of another signature, an annotation that says no kind, or a body that is nothing of the above.
    ValueError
        For a body that does not compile, with the compiler's message; for a wrong derivative, or a body that gives something
        else than the reference, with where and by how much.
    PermissionError
        Where the folder of compiled bodies is not the user's alone; FASTLOSS_CACHE_DIR names another.
    FileNotFoundError
        Where a body in C is given and there is no compiler; CC names one.

    Notes
    -----
    The text of a body is compiled and run: take it from where you would take a program from.

    Examples
    --------
    >>> import numpy as np
    >>> import fastloss as fl
    >>> @fl.custom.pointwise()
    ... def quartic(pred, target, *, scale: fl.custom.Positive = 1.0):
    ...     \"""Fourth power of the error, times `scale`.\"""
    ...     r = pred - target
    ...     return scale * r**4, 4 * scale * r**3, 12 * scale * r**2
    >>> quartic([3.0, 1.0], [1.0, 1.0])
    8.0
    >>> quartic.grad([3.0, 1.0], [1.0, 1.0], scale=0.5, reduction="none")
    array([16.,  0.])
    """
    if reference is None:
        return lambda function: pointwise(function, body=body, link=link, slow=slow, check=check, **traits)
    declared = declaration_of(reference, traits)
    if link not in LINKS:
        raise ValueError(f"link = {link!r} is unknown; there are: {', '.join(LINKS)}")
    boosting = Boosting(exact="hessian", descent="chord", link=link)
    loss = loss_of(replace(declared, own=kernels_of(text_of(body), declared, slow), boosting=boosting))
    if check:
        _check.check(loss)
    return loss


def verify(loss: Loss, samples: int = 2000, seed: int = 1) -> Report:
    """Measure the errors of a loss of `pointwise`, as ``fastloss verify`` does those of others.

    Parameters
    ----------
    loss : Loss
        What `pointwise` returned.
    samples : int, default 2000
        Numbers that are drawn for each set of parameters and each dtype.
    seed : int, default 1
        Of what is drawn.

    Returns
    -------
    Report
        A line for each set of parameters, dtype and output: the worst error, in units in the last place beyond what an error
        of one such unit in the inputs would change, with the numbers where it was found. It shows itself as a table;
        ``passed`` says whether all are within the bound of the loss, its trait `ulp`.

    Notes
    -----
    What is right is the reference one precision up: for float64 in longdouble, with which the function must compute.

    Examples
    --------
    >>> import fastloss as fl
    >>> def cubic(pred, target):
    ...     r = pred - target
    ...     return abs(r) ** 3, 3 * r * abs(r), 6 * abs(r)
    >>> fl.custom.verify(fl.custom.pointwise(cubic)).passed
    True
    """
    if not isinstance(loss, Loss) or loss.declared.own is None:
        raise TypeError(f"verify takes what fastloss.custom.pointwise returned; got {loss!r:.80}")
    return _check.report_of(loss, samples, seed)
