"""Formulas of what takes the place of the Hessian of single losses, where a convention needs more than derivatives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from fastloss import logsumexp
from fastloss._loss import values_of
from fastloss.boosting._margins import Margins

__all__ = [
    "JUMPS",
    "PRODUCTS",
    "brier_bound",
    "focal_bound",
    "inverse_of",
    "of_asymmetric_focal",
    "of_inverse_gaussian",
    "of_linex",
    "of_zero_inflated_poisson",
    "residual_bound",
    "smoothed_absolute",
    "smoothed_quantile",
]

# Where the derivative of a leaf's loss by a change d of its margin is B exp(d) - A, up to a positive factor, half of A + B
# makes the step 2 (A - B) / (A + B) = 2 tanh(d / 2), with the best d, by Halley's method:
# never beyond it. All three are positive.


def of_inverse_gaussian(of: Margins, grad: np.ndarray, hess: np.ndarray) -> np.ndarray:
    """With a = y exp(-2 x) and b = exp(-x), the gradient is b - a and the Hessian 2 a - b."""
    return hess + 1.5 * grad


def of_zero_inflated_poisson(of: Margins, grad: np.ndarray, hess: np.ndarray) -> np.ndarray:
    """The gradient is that of a rate b less the count a, where zeros count as far as they are ones of the Poisson distribution:
    of a bound of the loss, as in the method of expectation and maximisation."""
    return np.asarray(grad / 2 + of.target)


def of_asymmetric_focal(of: Margins, grad: np.ndarray, hess: np.ndarray) -> np.ndarray:
    """The Hessian, or half of `focal_bound` with the exponent of the label, whichever is more: where a sample is far on the
    wrong side the Hessian is negative, and next to the clip it is more than that bound."""
    exponent = np.where(of.target > 0, of.parameter("gamma_positive"), of.parameter("gamma_negative"))
    return np.asarray(np.maximum(hess, np.abs(grad) * of.right() * (1 + exponent) / 2))


def of_linex(of: Margins, grad: np.ndarray, hess: np.ndarray) -> np.ndarray:
    """The Hessian is a^2 exp(a r), and the slope a exp(a r) - a."""
    at_none = np.asarray(np.square(of.parameter("a")), hess.dtype)
    return np.asarray((hess + at_none) / 2)


def smoothed_absolute(of: Margins, residual: np.ndarray, scale: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """XGBoost's "mean absolute error with automatic smooth majorization", in units of the scale."""
    size = np.hypot(scale, residual)
    curvature = np.divide(scale, size, out=np.ones_like(size), where=size > 0)
    return residual * curvature, curvature


# XGBoost's kSmoothingScale and kMinSurrogateRatio.
BANDWIDTH, LEAST_RATIO = 0.04, 3e-4


def smoothed_quantile(of: Margins, residual: np.ndarray, scale: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """XGBoost's logistic-smoothed quantile score, in units of the scale; its Hessian is the chord's from no residual."""
    q = np.asarray(of.parameter("q"), residual.dtype)
    x = np.divide(residual, BANDWIDTH * scale, out=np.zeros_like(residual), where=scale > 0)
    bend = np.tanh(x)
    ratio = np.divide(bend, x, out=np.ones_like(x), where=x != 0)
    hess = np.maximum(ratio, LEAST_RATIO) / (2 * BANDWIDTH)
    return scale / 2 * (bend + 1 - 2 * q), np.where(scale > 0, hess, 0)


def focal_bound(of: Margins, size: np.ndarray) -> np.ndarray:
    """(gamma + 1) |gradient| (1 - m), where m is the probability that the margin gives to the wrong label.

    With H = -log(1 - m), G = a m^gamma (gamma (1 - m) H + m) is the gradient's size, and the Hessian is m (1 - m) G'(m), where
    m G' = gamma G + a m^(gamma + 1) (gamma + 1 - gamma H). That is at most (gamma + 1) G exactly if gamma m <= gamma H; and
    m <= H always. With gamma = 0 the bound is the Hessian; and as m goes to 0, their ratio goes to 1.
    """
    size *= of.right()
    size *= np.asarray(1 + of.parameter("gamma"), size.dtype)
    return size


def brier_bound(of: Margins, size: np.ndarray) -> np.ndarray:
    """2 |gradient| (1 - m): the gradient's size is 2 m^2 (1 - m), and the Hessian (2 - 3 m) times that."""
    size *= of.right()
    size *= 2
    return size


def residual_bound(of: Margins, size: np.ndarray) -> np.ndarray:
    """|gradient| / |residual|, the weight of iteratively reweighted least squares.

    Where it falls with the residual, the derivative of r times it, the Hessian, is not more. Of no residual, it is the Hessian.
    """
    residual = np.abs(of.pred - of.target)
    at_peak = residual == 0
    with np.errstate(divide="ignore", invalid="ignore"):
        np.divide(size, residual, out=size)
    if at_peak.any():
        nothing = np.zeros(np.count_nonzero(at_peak), of.pred.dtype)
        _, peak = of.loss.grad_and_hess(nothing, nothing, **of.at(at_peak))
        size[at_peak] = peak * np.broadcast_to(1 if of.weight is None else of.weight, size.shape)[at_peak]
    return size


def products_of_softmax(of: Margins) -> np.ndarray | None:
    """The second derivatives of one row's cross-entropy by two logits; what stands on the diagonal is not meant.

    With Z = log Σ exp, m what the row counts in the mean and q the softmax: (2 z_loss m (1 - Z) - Σt) q[i] q[j] / temperature².
    With `softcap` the loss is not convex, and a matrix need not be positive.
    """
    given = values_of(of.loss)
    if given["softcap"] is not None:
        return None
    logits = np.asarray(of.pred[0], np.float64) / given["temperature"]
    per_class = np.broadcast_to(1.0 if given["class_weight"] is None else given["class_weight"], logits.shape)
    smoothing = given["label_smoothing"]
    if of.target.ndim == 1:
        label = int(of.target[0])
        counts = float(label != given["ignore_index"])
        mass = counts * per_class[label] if counts else 0.0
        total = (1 - smoothing) * mass + counts * smoothing * per_class.mean()
    else:
        mass = 1.0
        total = float(((1 - smoothing) * of.target[0] + smoothing / len(logits)) @ per_class)
    normaliser = float(logsumexp(logits))
    softmax = np.exp(logits - normaliser) / given["temperature"]
    weight = 1.0 if of.weight is None else float(of.weight[0])
    factor = weight * (2 * given["z_loss"] * mass * (1 - normaliser) - total)
    product: np.ndarray = factor * np.outer(softmax, softmax)
    return product


def inverse_of(name: str) -> Callable[[Mapping[str, Any], int], float]:
    def inverse(parameters: Mapping[str, Any], classes: int) -> float:
        if parameters[name] == 0:
            raise ValueError(
                f"with {name} = 0 the loss has a corner, where no Hessian bounds it; hessian='constant' is accepted"
            )
        return float(1 / parameters[name])

    return inverse


def at_threshold(parameters: Mapping[str, Any]) -> np.ndarray:
    """Margins at which either label has the probability `threshold`, and their neighbours, as far as rounding goes."""
    threshold = parameters["threshold"]
    with np.errstate(divide="ignore"):
        margin = np.log(threshold) - np.log1p(-threshold)
    around = np.outer([margin, -margin], 1 + np.finfo(np.float64).eps * np.array([-8, 0, 8])).ravel()
    return around[np.isfinite(around)]


#: Second derivatives by two margins of a row, and margins where a loss jumps, by the names that losses give them.
PRODUCTS: dict[str, Callable[[Margins], np.ndarray | None]] = {"of_softmax": products_of_softmax}
JUMPS: dict[str, Callable[[Mapping[str, Any]], np.ndarray]] = {"at_threshold": at_threshold}
