"""`minimize_objective`: the loss of a linear model, for `scipy.optimize.minimize`."""

from __future__ import annotations

import math
import sys
from typing import Any

import numpy as np

from fastloss import _arrays, _errors
from fastloss._loss import Loss
from fastloss._weights import relative
from fastloss.boosting._checks import numbers, one_weight
from fastloss.boosting._objective import Objective, objective
from fastloss.boosting._parameters import bound

__all__ = ["LinearObjective", "minimize_objective"]


def is_sparse(given: Any) -> bool:
    """Whether this is a sparse array or matrix of SciPy, which who has one has imported."""
    sparse = sys.modules.get("scipy.sparse")
    return sparse is not None and bool(sparse.issparse(given))


def design_matrix(given: Any) -> Any:
    """Samples as an array, or as a sparse matrix that is multiplied as it is; of floating-point numbers."""
    sparse = is_sparse(given)
    X: Any = given if sparse else _arrays.plain_array(given, "X", "of rows as weight=~mask")
    if X.ndim != 2:
        raise ValueError(f"X has shape {X.shape}; wanted: (n, features)")
    if X.dtype.kind not in "biufO" and X.dtype.name not in _arrays.HALVES:
        raise TypeError(f"X has dtype {X.dtype}; real numbers are accepted")
    if sparse and X.format not in ("csr", "csc"):
        X = X.tocsr()
    # SciPy multiplies no halves, and what NumPy multiplies in integers or objects is slow.
    if X.dtype.kind != "f" or (sparse and X.dtype.itemsize < 4):
        try:
            X = X.astype(np.float64)
        except (TypeError, ValueError) as error:
            raise TypeError(f"X has dtype {X.dtype}, and not all in it are real numbers: {error}") from None
    return X


def without_rows(X: Any, where: np.ndarray) -> Any:
    """The matrix with zeros in some rows: of a sum over all rows, 0 times NaN would be NaN."""
    if not is_sparse(X):
        if np.isfinite(X[where]).all():
            return X
        X = X.copy()
        X[where] = 0
        return X
    rows = X.indices if X.format == "csc" else np.repeat(np.arange(X.shape[0]), np.diff(X.indptr))
    away = where[rows]
    if np.isfinite(X.data[away]).all():
        return X
    X = X.copy()
    X.data[away] = 0
    return X


def same_array(a: Any, b: Any) -> bool:
    """Whether both are arrays of the same numbers, NaN like NaN; or sparse matrices of the same; or neither."""
    if is_sparse(a) and is_sparse(b):
        return a.format == b.format and all(same_array(getattr(a, x), getattr(b, x)) for x in ("indptr", "indices", "data"))
    if a is None or b is None or is_sparse(a) or is_sparse(b):
        return a is b
    return np.array_equal(a, b, equal_nan=np.asarray(a).dtype.kind == "f" and np.asarray(b).dtype.kind == "f")


class LinearObjective:
    """The mean loss of a linear model as a function of its coefficients: what `minimize_objective` returns.

    Call it for value and gradient; `hessp` is the product with its Hessian.

    Attributes
    ----------
    objective : Objective
    shape : tuple of int
        Of the coefficients: features, one more for the intercept, and the margins of a sample, if these are several.
        `scipy.optimize` passes them flat.
    """

    def __init__(
        self, objective: Objective, X: Any, y: Any, weight: Any, l2: float, fit_intercept: bool, classes: int | None
    ) -> None:
        self.objective, self.fit_intercept = objective, _errors.flag("fit_intercept", fit_intercept)
        try:
            self.l2 = float(l2)
        except (TypeError, ValueError):
            self.l2 = math.nan
        if not 0 <= self.l2 < np.inf:
            raise ValueError(f"l2 = {l2!r} is outside [0, inf)")
        #: Samples as given, for `margin`.
        self.X = design_matrix(X)
        n, self.features = self.X.shape
        if is_sparse(y):
            raise TypeError(f"y is a {type(y).__name__}, which is sparse: its toarray() is accepted")
        y = _arrays.plain_array(y, "y", "as weight=~mask")
        if not y.ndim or len(y) != n:
            raise ValueError(f"X has {n} rows but y has {len(y) if y.ndim else f'shape {y.shape}'}")
        if y.ndim == 2 and y.shape[1] == 1:
            y = y[:, 0]
        if y.ndim > 2:
            raise ValueError(f"y has shape {y.shape}; wanted: ({n},) or ({n}, k)")
        self.shape: tuple[int, ...] = (self.features + self.fit_intercept, *self._margins(y, classes))
        if weight is not None:
            weight = _arrays.readable_array(weight, "weight").astype(np.float64)
            if weight.shape not in ((), (n,)):
                raise ValueError(f"weight has shape {weight.shape}; wanted: ({n},)")
            weight = np.broadcast_to(weight, (n,))
        margins = (n, *self.shape[1:])
        if objective.loss.declared.has_classes:
            # A call without samples raises what is wrong with class weights.
            nothing = np.empty((0, *margins[1:]))
            objective.loss(nothing, nothing[:, 0].astype(np.int64) if y.ndim == 1 else nothing)
        of = objective.prepare(np.broadcast_to(np.float64(0), margins), y, weight)
        self.y, self.keywords = of.target, of.keywords
        in_mean, counts = self._counts(weight)
        if not counts.any():
            raise ValueError("no sample counts: there is nothing to minimise")
        #: What each sample counts, and that in the form that the loss takes; None: all the same.
        self.sample_weight, self.weight = None, None
        if weight is not None:
            self.sample_weight = relative(np.where(in_mean, weight, 0))
            self.weight = self.sample_weight[:, None] if np.ndim(of.weight) == 2 else self.sample_weight
        self._counted = self.X if counts.all() else without_rows(self.X, ~counts)

    def _margins(self, y: np.ndarray, classes: int | None) -> tuple[int, ...]:
        """How many margins a sample has, where there are several."""
        loss = self.objective.loss
        if classes is not None and (not isinstance(classes, (int, np.integer)) or classes < 1):
            raise ValueError(f"classes = {classes!r}: a positive integer or None is accepted")
        if not loss.declared.has_classes:
            if classes is not None:
                raise ValueError(f"classes = {classes!r}: {loss.name} has no class axis")
            levels = self.objective.levels
            if levels is not None and y.ndim == 2 and y.shape[1] != len(levels):
                raise ValueError(f"y has shape {y.shape} but {loss.name} has {len(levels)} levels; wanted: ({len(y)},)")
            return (len(levels),) if levels is not None else y.shape[1:]
        if y.ndim == 2:
            if classes not in (None, y.shape[1]):
                raise ValueError(f"y has shape {y.shape} but classes = {classes}")
            return y.shape[1:]
        if not loss.declared.labels:
            raise ValueError(f"y has shape {y.shape}, but {loss.name} takes no labels; wanted: ({len(y)}, classes)")
        if classes is not None:
            return (int(classes),)
        if y.dtype.kind not in "biuf":
            return (1,)  # which `prepare` refuses, and says why
        ignored = y == loss.params["ignore_index"].default if "ignore_index" in loss.params else False
        # An ignored label is no class, however large.
        labels = np.where(np.isfinite(y) & np.logical_not(ignored), y, 0)
        return (int(labels.max(initial=0)) + 1,)

    def _counts(self, weight: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        """For each sample whether the mean is divided by its weight, and whether its loss has a part in the mean."""
        params = self.objective.loss.params
        in_mean = counts = np.ones(len(self.y), bool) if weight is None else weight != 0
        if self.objective.loss.declared.has_classes and self.y.ndim == 1:
            if "ignore_index" in params:
                in_mean = counts = counts & (self.y != params["ignore_index"].default)
            class_weight = params["class_weight"].default if "class_weight" in params else None
            smoothing = params["label_smoothing"].default if "label_smoothing" in params else 0
            if class_weight is not None and not smoothing:
                counts = counts & (np.asarray(class_weight)[np.where(counts, self.y, 0)] != 0)
        return in_mean, counts

    def _key(self) -> tuple[Any, ...]:
        """What functions that are equal have in common, beside arrays."""
        return self.objective, self.l2, self.fit_intercept, self.shape, self.X.shape

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, LinearObjective):
            return NotImplemented
        return self._key() == other._key() and all(
            same_array(a, b)
            for a, b in (
                (self.X, other.X),
                (self.y, other.y),
                (self.sample_weight, other.sample_weight),
                *((self.keywords.get(name), other.keywords.get(name)) for name in {*self.keywords, *other.keywords}),
            )
        )

    def __hash__(self) -> int:
        return hash(self._key())

    def __repr__(self) -> str:
        options = f"l2={self.l2!r}, fit_intercept={self.fit_intercept}"
        return f"<minimize_objective of {self.objective.loss.name}, X of shape {self.X.shape}, {options}>"

    def start(self) -> np.ndarray:
        """Coefficients to start from: 0, and the best constant as the intercept.

        Returns
        -------
        ndarray
            Flat.
        """
        coefficients = np.zeros(self.shape)
        if self.fit_intercept:
            rows = self.objective.loss.declared.has_classes
            classes = {"classes": self.shape[1]} if rows else {}
            coefficients[-1] = self.objective.init_score(self.y, self.sample_weight, **classes)
        return coefficients.ravel()

    def _shaped(self, coefficients: Any, name: str = "coefficients") -> np.ndarray:
        given = numbers(coefficients, name)
        if given.shape not in (self.shape, (math.prod(self.shape),)):
            flat = "" if len(self.shape) == 1 else f" or ({math.prod(self.shape)},)"
            raise ValueError(f"{name} has shape {given.shape}; wanted: {self.shape}{flat}")
        return given.reshape(self.shape)

    def _product(self, X: Any, coefficients: np.ndarray) -> np.ndarray:
        margin = np.asarray(X @ coefficients[: self.features], np.float64)
        return margin + coefficients[-1] if self.fit_intercept else margin

    def margin(self, coefficients: Any, X: Any = None) -> np.ndarray:
        """The linear model's margins.

        Parameters
        ----------
        coefficients : array_like
            Flat or of `shape`.
        X : array_like or sparse matrix, optional
            Samples; None: those given.

        Returns
        -------
        ndarray
        """
        X = self.X if X is None else design_matrix(X)
        if X.shape[1] != self.features:
            raise ValueError(f"X has shape {X.shape}; wanted: (n, {self.features})")
        return self._product(X, self._shaped(coefficients))

    def _back(self, by_margin: np.ndarray, coefficients: np.ndarray) -> np.ndarray:
        """From derivatives by margins to those by coefficients, with the penalty's: its factor times `coefficients`."""
        result = np.empty(self.shape)
        result[: self.features] = self._counted.T @ by_margin + self.l2 * coefficients[: self.features]
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
        coefficients = self._shaped(coefficients)
        value, grad = self.objective.loss.value_and_grad(
            self._product(self._counted, coefficients), self.y, weight=self.weight, reduction="mean", **self.keywords
        )
        slopes = coefficients[: self.features]
        return float(value + self.l2 / 2 * np.sum(slopes * slopes)), self._back(grad, coefficients)

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
        loss, keywords = self.objective.loss, {"weight": self.weight, "reduction": "mean", **self.keywords}
        vector = self._shaped(vector, "vector")
        margin, direction = (self._product(self._counted, x) for x in (self._shaped(coefficients), vector))
        if not loss.declared.has_classes:
            _, hess = loss.grad_and_hess(margin, self.y, **keywords)
            by_margin = hess * direction
        else:
            # The step that balances rounding and curvature: the cube root of float64's epsilon.
            step = np.cbrt(np.finfo(np.float64).eps) / max(float(np.abs(direction).max()), np.finfo(np.float64).tiny)
            ahead, behind = (loss.grad(margin + side * step * direction, self.y, **keywords) for side in (1, -1))
            by_margin = (ahead - behind) / (2 * step)
        return self._back(by_margin, vector)


def minimize_objective(
    loss: Loss,
    X: Any,
    y: Any,
    weight: Any = None,
    *,
    l2: float = 0.0,
    fit_intercept: bool = True,
    classes: int | None = None,
    sample_weight: Any = None,
    **params: Any,
) -> LinearObjective:
    """Make the loss of a linear model a function to minimise: of its coefficients, with gradient and Hessian product.

    The function is the mean of the losses, as the loss itself divides it, and l2/2 times the sum of the squared
    coefficients, without the intercept.

    Parameters
    ----------
    loss : Loss
        A loss of `fastloss.losses` whose prediction may be any number.
    X : array_like or sparse matrix
        Samples, of shape (n, features). A sparse array or matrix of SciPy is multiplied as it is, without a dense copy.
    y : array_like
        Labels or targets, of shape (n,); targets of shape (n, k), or a loss with k levels, such as several quantiles, make
        k margins a sample.
    weight : array_like, optional
        What each sample counts, of shape (n,). Samples of weight 0, and ignored labels, count nowhere.
    l2 : float, default 0.0
        The penalty's factor, nonnegative. The penalty of scikit-learn's ``C`` is ``l2 = 1 / (C * n)``, or, with weights, 1
        divided by C and their sum.
    fit_intercept : bool, default True
        Whether the last coefficient is added to all margins.
    classes : int, optional
        How many classes the labels are of. None: up to the largest of `y`.
    sample_weight : array_like, optional
        Another name of `weight`.
    **params
        Parameters of the loss.

    Returns
    -------
    LinearObjective

    Raises
    ------
    ValueError, TypeError
        As `objective` raises; for labels as when boosting, for shapes that do not match, for an `X` that does not hold real
        numbers, and where no sample counts.

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
    weight = one_weight(weight, sample_weight)
    return LinearObjective(objective(bound(minimize_objective, loss, params)), X, y, weight, l2, fit_intercept, classes)
