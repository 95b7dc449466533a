"""The list of formulas, and steps that several of them share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

Parameters = Mapping[str, Any]
#: Predictions, targets, the array for the gradient, parameters; returns the mean.
Formula = Callable[[Any, Any, Any, Parameters], float]

#: The formulas by the name of the loss.
FORMULAS: dict[str, Formula] = {}


def formula(function: Formula) -> Formula:
    FORMULAS[function.__name__] = function
    return function


def square_sum(x: Any) -> float:
    return float(np.dot(x.reshape(-1), x.reshape(-1)))


def inner(x: Any, y: Any) -> float:
    """The sum of the products of two arrays, without an array of products."""
    return float(np.dot(x.reshape(-1), y.reshape(-1)))


def per_element(value: Any, out: Any) -> float:
    """The mean of values of elements; the gradient is divided by their number."""
    out /= out.size
    return float(value.mean())


def per_row(values: Any, out: Any) -> float:
    """The mean of values of rows; the gradient is divided by their number."""
    out /= values.size
    return float(values.mean())


def times(out: Any, factor: float) -> float:
    """The factor, by which the gradient was multiplied too: of a loss that is a multiple of another."""
    if factor != 1:
        out *= factor
    return factor


def sigmoid(x: Any, out: Any) -> Any:
    """Into `out`. The hyperbolic tangent overflows nowhere, and takes NumPy less time than the exponential."""
    np.multiply(x, 0.5, out=out)
    np.tanh(out, out=out)
    out += 1
    out *= 0.5
    return out


def softplus(x: Any) -> Any:
    """log(1 + exp(x)), which overflows nowhere."""
    e = np.abs(x)
    np.negative(e, out=e)
    np.exp(e, out=e)
    e += 1
    np.log(e, out=e)
    e += np.maximum(x, 0)
    return e
