"""`minimize_objective`: the loss of a linear model, for `scipy.optimize.minimize`."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastloss._loss import Loss
from fastloss.boosting._objective import Objective, objective

__all__ = ["LinearObjective", "minimize_objective"]


class LinearObjective:
    """The mean loss of a linear model as a function of its coefficients: what `minimize_objective` returns.

    Call it for value and gradient; `hessp` is the product with its Hessian.

    Attributes
    ----------
    objective : Objective
    shape : tuple of int
        Of the coefficients: features, one more for the intercept, and classes, if the loss has them. `scipy.optimize` passes
        them flat.
    """

    def __init__(
        self, objective: Objective, X: Any, y: Any, weight: Any, l2: float, fit_intercept: bool, classes: int | None
    ) -> None:
        self.objective, self.l2, self.fit_intercept = objective, float(l2), bool(fit_intercept)
        self.X = np.asarray(X)
        if self.X.dtype.kind != "f":
            self.X = self.X.astype(np.float64)
        if not 0 <= self.l2 < np.inf:
            raise ValueError(f"l2 = {l2!r} is outside [0, inf)")
        rows = objective.loss.family == "rows"
        self.shape: tuple[int, ...] = (self.X.shape[1] + self.fit_intercept,)
        if rows:
            self.shape += (int(np.max(y)) + 1 if np.ndim(y) == 1 else np.shape(y)[1],) if classes is None else (classes,)
        if np.ndim(y) and len(y) != len(self.X):
            raise ValueError(f"X has {len(self.X)} rows but y has {len(y)}")
        weight = None if weight is None else np.asarray(weight, np.float64)
        of = objective.prepare(np.empty((len(self.X), *self.shape[1:])), y, weight)
        self.y, self.weight, self.keywords = of.target, of.weight, of.keywords
        self.total = float(len(self.X) if self.weight is None else self.weight.sum())

    def start(self) -> np.ndarray:
        """Coefficients to start from: 0, and the best constant as the intercept.

        Returns
        -------
        ndarray
            Flat.
        """
        coefficients = np.zeros(self.shape)
        if self.fit_intercept:
            coefficients[-1] = self.objective.init_score(
                self.y, self.weight, **({"classes": self.shape[1]} if len(self.shape) == 2 else {})
            )
        return coefficients.ravel()

    def margin(self, coefficients: Any, X: Any = None) -> np.ndarray:
        """The linear model's margins.

        Parameters
        ----------
        coefficients : array_like
            Flat or of `shape`.
        X : array_like, optional
            Samples; None: those given.

        Returns
        -------
        ndarray
        """
        X = self.X if X is None else np.asarray(X)
        coefficients = np.reshape(coefficients, self.shape)
        slopes = coefficients[: X.shape[1]]
        margin = np.asarray(X @ slopes, np.float64)
        return margin + coefficients[-1] if self.fit_intercept else margin

    def _back(self, by_margin: np.ndarray, coefficients: Any) -> np.ndarray:
        """From derivatives by margins to those by coefficients, with the penalty's: its factor times `coefficients`."""
        slopes = np.reshape(coefficients, self.shape)[: self.X.shape[1]]
        result = np.empty(self.shape)
        result[: self.X.shape[1]] = self.X.T @ by_margin + self.l2 * slopes
        if self.fit_intercept:
            result[-1] = by_margin.sum(axis=0)
        return result.ravel()

    def __call__(self, coefficients: Any) -> tuple[float, np.ndarray]:
        """Value and gradient, for ``minimize(..., jac=True)``.

        Parameters
        ----------
        coefficients : ndarray
            Flat.

        Returns
        -------
        value : float
        grad : ndarray
            float64, flat.
        """
        value, grad = self.objective.loss.value_and_grad(
            self.margin(coefficients), self.y, weight=self.weight, reduction="sum", **self.keywords
        )
        slopes = np.reshape(coefficients, self.shape)[: self.X.shape[1]]
        grad /= self.total
        return float(value / self.total + self.l2 / 2 * np.sum(slopes * slopes)), self._back(grad, coefficients)

    def hessp(self, coefficients: Any, vector: Any) -> np.ndarray:
        """The product of the Hessian and a vector, for ``minimize(..., hessp=...)``.

        Parameters
        ----------
        coefficients, vector : ndarray
            Flat.

        Returns
        -------
        ndarray
            Flat. Of a loss over a class axis by a central difference of gradients, whose error is about 1e-9 of it.
        """
        loss, keywords = self.objective.loss, self.keywords
        margin, direction = self.margin(coefficients), self.margin(vector)
        if len(self.shape) == 1:
            _, hess = loss.grad_and_hess(margin, self.y, weight=self.weight, **keywords)
            by_margin = hess * direction
        else:
            # The step that balances rounding and curvature: the cube root of float64's epsilon.
            step = np.cbrt(np.finfo(np.float64).eps) / max(float(np.abs(direction).max()), np.finfo(np.float64).tiny)
            ahead, behind = (
                loss.grad(margin + side * step * direction, self.y, weight=self.weight, reduction="sum", **keywords)
                for side in (1, -1)
            )
            by_margin = (ahead - behind) / (2 * step)
        return self._back(by_margin / self.total, vector)


def minimize_objective(
    loss: Loss,
    X: Any,
    y: Any,
    weight: Any = None,
    *,
    l2: float = 0.0,
    fit_intercept: bool = True,
    classes: int | None = None,
    **params: Any,
) -> LinearObjective:
    """Make the loss of a linear model a function to minimise: of its coefficients, with gradient and Hessian product.

    The function is the weighted mean of the losses and l2/2 times the sum of the squared coefficients, without the
    intercept.

    Parameters
    ----------
    loss : Loss
        A loss of `fastloss.losses` whose prediction may be any number.
    X : array_like
        Samples, of shape (n, features).
    y : array_like
        Labels or targets, of shape (n,).
    weight : array_like, optional
        What each sample counts, of shape (n,).
    l2 : float, default 0.0
        The penalty's factor, nonnegative.
    fit_intercept : bool, default True
        Whether the last coefficient is added to all margins.
    classes : int, optional
        How many classes the labels are of. None: up to the largest of `y`.
    **params
        Parameters of the loss.

    Returns
    -------
    LinearObjective

    Raises
    ------
    ValueError, TypeError
        As `objective` raises; for labels as when boosting, and shapes that do not match.

    Examples
    --------
    >>> import numpy as np
    >>> import fastloss as fl
    >>> from fastloss.boosting import minimize_objective
    >>> from scipy.optimize import minimize
    >>> X, y = np.array([[0.0], [1.0], [2.0], [3.0]]), np.array([1.0, 2.0, 4.0, 8.0])
    >>> f = minimize_objective(fl.poisson, X, y)  # of rates exp(slope x + intercept)
    >>> minimize(f, f.start(), jac=True, hessp=f.hessp, method="trust-ncg").x.round(4)
    array([0.6931, 0.    ])
    """
    return LinearObjective(objective(loss, **params), X, y, weight, l2, fit_intercept, classes)
