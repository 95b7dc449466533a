"""Functions of rows of logits (n, classes) that have no target, and their entry points in NumPy."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from fastloss import _arrays, _calls, _errors
from fastloss._docs import DescribedEntry
from fastloss._options import REDUCTIONS
from fastloss._registry import row_function
from fastloss.reference import _softmax
from fastloss.reference._engine import weights_of


@row_function("logsumexp", value=("value",), grad=("grad",), value_and_grad=("value", "grad"))
def logsumexp(pred):
    """Logarithm of the sum of exponentials of each row: the normaliser of its softmax.

    For a row x of logits::

        value      log Σ exp(x)
        gradient   exp(x) / Σ exp(x)           the softmax

    Notes
    -----
    Nothing overflows: the largest logit is taken out first [1]_. As in SciPy, a row of -inf alone, and one
    without classes, has the value -inf, and a row with inf the value inf; no softmax belongs to these, and
    their gradient is NaN. A row with NaN is NaN, and no other. Among finite logits one of -inf is a masked
    class with gradient 0.

    References
    ----------
    .. [1] Blanchard, P., Higham, D. J., & Higham, N. J. (2021). Accurately computing the log-sum-exp and softmax
       functions. IMA Journal of Numerical Analysis, 41(4), 2311-2330.

    Examples
    --------
    >>> import numpy as np
    >>> import fastloss as fl
    >>> fl.logsumexp([[0.0, 0.0], [1000.0, -np.inf]]).round(6)
    array([6.93147e-01, 1.00000e+03])
    >>> fl.logsumexp.grad([[0.0, 0.0], [1000.0, -np.inf]])
    array([[0.5, 0.5],
           [1. , 0. ]])
    """
    _, below, others = _softmax.shifted(pred)
    return {"value": _softmax.lse_and_entropy(pred)[0], "grad": np.exp(below) / (1 + others)}


@row_function("logsumexp", value=("log_softmax",), vjp=("vjp",))
def log_softmax(pred, cotangent=None):
    """Logarithm of the softmax of each row.

    For a row x of logits, and a row u of derivatives by the result::

        value   x - log Σ exp(x)
        vjp     u - softmax(x) Σ u

    Notes
    -----
    The logarithm of an almost certain class keeps its digits: it is computed as
    (x - max x) - log Σ exp(x - max x). A masked class, of logit -inf, has the logarithm -inf, and its `vjp`
    is u. A row without a finite logit, or with a logit of inf or NaN, is NaN.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.log_softmax([[0.0, 0.0], [50.0, 0.0]])
    array([[-6.93147181e-01, -6.93147181e-01],
           [-1.92874985e-22, -5.00000000e+01]])
    >>> fl.log_softmax.vjp([[0.0, 0.0], [50.0, 0.0]], [[1.0, 0.0], [1.0, 0.0]])
    array([[ 5.00000000e-01, -5.00000000e-01],
           [ 1.92874985e-22, -1.92874985e-22]])
    """
    top, below, others = _softmax.shifted(pred)
    found = {"log_softmax": below - np.log1p(others)}
    if cotangent is not None:
        # u - q Σu, as q times the sum of all other u, less u (1 - q): that keeps its digits where q is almost 1.
        is_top = (pred == top) & (np.cumsum(pred == top, axis=1) == 1)
        total = cotangent.sum(axis=1, keepdims=True)
        others_u = np.where(is_top, np.where(is_top, 0, cotangent).sum(axis=1, keepdims=True), total - cotangent)
        q = np.exp(below) / (1 + others)
        not_q = np.where(is_top, others / (1 + others), 1 - q)
        found["vjp"] = cotangent * not_q - q * others_u
    return found


class FunctionEntry(DescribedEntry):
    # One entry point of a reference function.

    origin = "fastloss reference"

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        arguments = _calls.all_arguments(self, args, kwargs)
        given = _arrays.plain_array(arguments["pred"], "pred", "away")
        dtype = given.dtype if given.dtype.kind not in "biu" else np.dtype(np.float64)
        axis, reduction = _errors.axis_from_front(arguments["axis"], given), arguments.get("reduction", "none")
        if reduction not in REDUCTIONS:
            raise _errors.bad_reduction(reduction, REDUCTIONS)
        pred = np.moveaxis(_softmax.floating(given), axis, -1)
        rows, shape = pred.shape[:-1], (math.prod(pred.shape[:-1]), pred.shape[-1])
        inputs = [pred.reshape(shape)]
        if "cotangent" in arguments:
            cotangent = np.asarray(arguments["cotangent"])
            if cotangent.shape != given.shape:
                raise ValueError(f"pred has shape {given.shape} but cotangent has shape {cotangent.shape}")
            inputs.append(np.moveaxis(cotangent.astype(pred.dtype), axis, -1).reshape(shape))
        weight = weights_of(arguments.get("weight"), rows, pred.dtype, reduction).reshape(-1)
        results: dict[str, Any] = {}
        with np.errstate(all="ignore"):
            found = self.loss.declared.function(*inputs)
            scale = 1 / np.sum(weight, dtype=np.result_type(pred.dtype, np.float64)) if reduction == "mean" else 1.0
            for name in self.outputs:
                x = found[name]
                factor = weight if x.ndim == 1 else weight[:, None]
                x = x if name in ("log_softmax", "vjp") else np.where(factor == 0, 0, x * factor)
                if name != "value":
                    x = np.where(x == 0, x, x * scale)
                    results[name] = np.moveaxis(x.reshape(pred.shape), -1, axis).astype(dtype)
                elif reduction == "none":
                    results[name] = x.reshape(rows).astype(pred.dtype)[()]
                else:
                    total = np.sum(x, dtype=np.result_type(pred.dtype, np.float64)) * scale
                    results[name] = total if pred.dtype == np.longdouble else float(total)
        out = arguments.get("out")
        if out is not None:
            out[...] = results[self.outputs[-1]]
            results[self.outputs[-1]] = out
        return results[self.outputs[0]] if len(results) == 1 else tuple(results.values())
