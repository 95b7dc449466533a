"""Written by tools/make_stubs.py from the registry."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any, Literal, overload

from numpy.typing import ArrayLike, NDArray

from fastloss import reference as reference
from fastloss._linear import LinearLoss as LinearLoss
from fastloss._loss import Loss as Loss
from fastloss._row_functions import RowFunction as RowFunction
from fastloss._statistics import SoftmaxResult as SoftmaxResult

# Where derivatives are written to; by one argument and by two.
_Place = NDArray[Any] | None
_Places = _Place | tuple[_Place, _Place]
_Derivative = NDArray[Any] | tuple[NDArray[Any], NDArray[Any]]

__version__: str
losses: Mapping[str, Loss]
linear_losses: Mapping[str, LinearLoss]
row_functions: Mapping[str, RowFunction]

def get_num_threads() -> int: ...
def set_num_threads(n: int | None) -> None: ...
def num_threads(n: int) -> AbstractContextManager[None]: ...
def show_config() -> None: ...

class _squared_error(Loss):
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        n_threads: int | None = None,
    ) -> float | NDArray[Any]: ...
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        out: _Place = None,
        n_threads: int | None = None,
    ) -> NDArray[Any]: ...
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        out: _Place = None,
        n_threads: int | None = None,
    ) -> tuple[float | NDArray[Any], NDArray[Any]]: ...
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        out: _Places = None,
        n_threads: int | None = None,
    ) -> tuple[NDArray[Any], NDArray[Any]]: ...

class _absolute_error(Loss):
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        n_threads: int | None = None,
    ) -> float | NDArray[Any]: ...
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        out: _Place = None,
        n_threads: int | None = None,
    ) -> NDArray[Any]: ...
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        out: _Place = None,
        n_threads: int | None = None,
    ) -> tuple[float | NDArray[Any], NDArray[Any]]: ...
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        out: _Places = None,
        n_threads: int | None = None,
    ) -> tuple[NDArray[Any], NDArray[Any]]: ...

class _huber(Loss):
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        delta: float = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        n_threads: int | None = None,
    ) -> float | NDArray[Any]: ...
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        delta: float = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        out: _Place = None,
        n_threads: int | None = None,
    ) -> NDArray[Any]: ...
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        delta: float = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        out: _Place = None,
        n_threads: int | None = None,
    ) -> tuple[float | NDArray[Any], NDArray[Any]]: ...
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        delta: float = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        out: _Places = None,
        n_threads: int | None = None,
    ) -> tuple[NDArray[Any], NDArray[Any]]: ...

class _smooth_l1(Loss):
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        beta: float = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        n_threads: int | None = None,
    ) -> float | NDArray[Any]: ...
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        beta: float = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        out: _Place = None,
        n_threads: int | None = None,
    ) -> NDArray[Any]: ...
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        beta: float = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        out: _Place = None,
        n_threads: int | None = None,
    ) -> tuple[float | NDArray[Any], NDArray[Any]]: ...
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        beta: float = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        out: _Places = None,
        n_threads: int | None = None,
    ) -> tuple[NDArray[Any], NDArray[Any]]: ...

class _log_cosh(Loss):
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        n_threads: int | None = None,
    ) -> float | NDArray[Any]: ...
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        out: _Place = None,
        n_threads: int | None = None,
    ) -> NDArray[Any]: ...
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        out: _Place = None,
        n_threads: int | None = None,
    ) -> tuple[float | NDArray[Any], NDArray[Any]]: ...
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        out: _Places = None,
        n_threads: int | None = None,
    ) -> tuple[NDArray[Any], NDArray[Any]]: ...

class _quantile(Loss):
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        q: ArrayLike = 0.5,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        n_threads: int | None = None,
    ) -> float | NDArray[Any]: ...
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        q: ArrayLike = 0.5,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        out: _Place = None,
        n_threads: int | None = None,
    ) -> NDArray[Any]: ...
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        q: ArrayLike = 0.5,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        out: _Place = None,
        n_threads: int | None = None,
    ) -> tuple[float | NDArray[Any], NDArray[Any]]: ...
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        q: ArrayLike = 0.5,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        out: _Places = None,
        n_threads: int | None = None,
    ) -> tuple[NDArray[Any], NDArray[Any]]: ...

class _binary_cross_entropy(Loss):
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        n_threads: int | None = None,
    ) -> float | NDArray[Any]: ...
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        out: _Place = None,
        n_threads: int | None = None,
    ) -> NDArray[Any]: ...
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        out: _Place = None,
        n_threads: int | None = None,
    ) -> tuple[float | NDArray[Any], NDArray[Any]]: ...
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        check_domain: bool = True,
        out: _Places = None,
        n_threads: int | None = None,
    ) -> tuple[NDArray[Any], NDArray[Any]]: ...

class _binary_cross_entropy_with_logits(Loss):
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        pos_weight: ArrayLike = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        n_threads: int | None = None,
    ) -> float | NDArray[Any]: ...
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        pos_weight: ArrayLike = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        out: _Place = None,
        n_threads: int | None = None,
    ) -> NDArray[Any]: ...
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        pos_weight: ArrayLike = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        out: _Place = None,
        n_threads: int | None = None,
    ) -> tuple[float | NDArray[Any], NDArray[Any]]: ...
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        pos_weight: ArrayLike = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        check_domain: bool = True,
        out: _Places = None,
        n_threads: int | None = None,
    ) -> tuple[NDArray[Any], NDArray[Any]]: ...

class _sigmoid_focal(Loss):
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        alpha: float | None = 0.25,
        gamma: float = 2.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        n_threads: int | None = None,
    ) -> float | NDArray[Any]: ...
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        alpha: float | None = 0.25,
        gamma: float = 2.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        out: _Place = None,
        n_threads: int | None = None,
    ) -> NDArray[Any]: ...
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        alpha: float | None = 0.25,
        gamma: float = 2.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        out: _Place = None,
        n_threads: int | None = None,
    ) -> tuple[float | NDArray[Any], NDArray[Any]]: ...
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        alpha: float | None = 0.25,
        gamma: float = 2.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        check_domain: bool = True,
        out: _Places = None,
        n_threads: int | None = None,
    ) -> tuple[NDArray[Any], NDArray[Any]]: ...

class _hinge(Loss):
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        n_threads: int | None = None,
    ) -> float | NDArray[Any]: ...
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        out: _Place = None,
        n_threads: int | None = None,
    ) -> NDArray[Any]: ...
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        out: _Place = None,
        n_threads: int | None = None,
    ) -> tuple[float | NDArray[Any], NDArray[Any]]: ...
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        check_domain: bool = True,
        out: _Places = None,
        n_threads: int | None = None,
    ) -> tuple[NDArray[Any], NDArray[Any]]: ...

class _squared_hinge(Loss):
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        n_threads: int | None = None,
    ) -> float | NDArray[Any]: ...
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        out: _Place = None,
        n_threads: int | None = None,
    ) -> NDArray[Any]: ...
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        out: _Place = None,
        n_threads: int | None = None,
    ) -> tuple[float | NDArray[Any], NDArray[Any]]: ...
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        check_domain: bool = True,
        out: _Places = None,
        n_threads: int | None = None,
    ) -> tuple[NDArray[Any], NDArray[Any]]: ...

class _poisson(Loss):
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        n_threads: int | None = None,
    ) -> float | NDArray[Any]: ...
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        out: _Place = None,
        n_threads: int | None = None,
    ) -> NDArray[Any]: ...
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        out: _Place = None,
        n_threads: int | None = None,
    ) -> tuple[float | NDArray[Any], NDArray[Any]]: ...
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        check_domain: bool = True,
        out: _Places = None,
        n_threads: int | None = None,
    ) -> tuple[NDArray[Any], NDArray[Any]]: ...

class _wing(Loss):
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        width: float = 5.0,
        curvature: float = 0.5,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        n_threads: int | None = None,
    ) -> float | NDArray[Any]: ...
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        width: float = 5.0,
        curvature: float = 0.5,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        out: _Place = None,
        n_threads: int | None = None,
    ) -> NDArray[Any]: ...
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        width: float = 5.0,
        curvature: float = 0.5,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        out: _Place = None,
        n_threads: int | None = None,
    ) -> tuple[float | NDArray[Any], NDArray[Any]]: ...
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        width: float = 5.0,
        curvature: float = 0.5,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        out: _Places = None,
        n_threads: int | None = None,
    ) -> tuple[NDArray[Any], NDArray[Any]]: ...

class _soft_margin(Loss):
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        n_threads: int | None = None,
    ) -> float | NDArray[Any]: ...
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        out: _Place = None,
        n_threads: int | None = None,
    ) -> NDArray[Any]: ...
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        out: _Place = None,
        n_threads: int | None = None,
    ) -> tuple[float | NDArray[Any], NDArray[Any]]: ...
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        check_domain: bool = True,
        out: _Places = None,
        n_threads: int | None = None,
    ) -> tuple[NDArray[Any], NDArray[Any]]: ...

class _modified_huber(Loss):
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        n_threads: int | None = None,
    ) -> float | NDArray[Any]: ...
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        out: _Place = None,
        n_threads: int | None = None,
    ) -> NDArray[Any]: ...
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        out: _Place = None,
        n_threads: int | None = None,
    ) -> tuple[float | NDArray[Any], NDArray[Any]]: ...
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        check_domain: bool = True,
        out: _Places = None,
        n_threads: int | None = None,
    ) -> tuple[NDArray[Any], NDArray[Any]]: ...

class _exponential(Loss):
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        n_threads: int | None = None,
    ) -> float | NDArray[Any]: ...
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        out: _Place = None,
        n_threads: int | None = None,
    ) -> NDArray[Any]: ...
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        out: _Place = None,
        n_threads: int | None = None,
    ) -> tuple[float | NDArray[Any], NDArray[Any]]: ...
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        check_domain: bool = True,
        out: _Places = None,
        n_threads: int | None = None,
    ) -> tuple[NDArray[Any], NDArray[Any]]: ...

class _perceptron(Loss):
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        n_threads: int | None = None,
    ) -> float | NDArray[Any]: ...
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        out: _Place = None,
        n_threads: int | None = None,
    ) -> NDArray[Any]: ...
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        out: _Place = None,
        n_threads: int | None = None,
    ) -> tuple[float | NDArray[Any], NDArray[Any]]: ...
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        check_domain: bool = True,
        out: _Places = None,
        n_threads: int | None = None,
    ) -> tuple[NDArray[Any], NDArray[Any]]: ...

class _hinge_embedding(Loss):
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        margin: float = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        n_threads: int | None = None,
    ) -> float | NDArray[Any]: ...
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        margin: float = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        out: _Place = None,
        n_threads: int | None = None,
    ) -> NDArray[Any]: ...
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        margin: float = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        out: _Place = None,
        n_threads: int | None = None,
    ) -> tuple[float | NDArray[Any], NDArray[Any]]: ...
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        margin: float = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        check_domain: bool = True,
        out: _Places = None,
        n_threads: int | None = None,
    ) -> tuple[NDArray[Any], NDArray[Any]]: ...

class _brier(Loss):
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        n_threads: int | None = None,
    ) -> float | NDArray[Any]: ...
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        out: _Place = None,
        n_threads: int | None = None,
    ) -> NDArray[Any]: ...
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        out: _Place = None,
        n_threads: int | None = None,
    ) -> tuple[float | NDArray[Any], NDArray[Any]]: ...
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        check_domain: bool = True,
        out: _Places = None,
        n_threads: int | None = None,
    ) -> tuple[NDArray[Any], NDArray[Any]]: ...

class _brier_with_logits(Loss):
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        n_threads: int | None = None,
    ) -> float | NDArray[Any]: ...
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        out: _Place = None,
        n_threads: int | None = None,
    ) -> NDArray[Any]: ...
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        out: _Place = None,
        n_threads: int | None = None,
    ) -> tuple[float | NDArray[Any], NDArray[Any]]: ...
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        check_domain: bool = True,
        out: _Places = None,
        n_threads: int | None = None,
    ) -> tuple[NDArray[Any], NDArray[Any]]: ...

class _cross_entropy_lambda(Loss):
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        exposure: ArrayLike = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        n_threads: int | None = None,
    ) -> float | NDArray[Any]: ...
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        exposure: ArrayLike = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        out: _Place = None,
        n_threads: int | None = None,
    ) -> NDArray[Any]: ...
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        exposure: ArrayLike = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        out: _Place = None,
        n_threads: int | None = None,
    ) -> tuple[float | NDArray[Any], NDArray[Any]]: ...
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        exposure: ArrayLike = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        check_domain: bool = True,
        out: _Places = None,
        n_threads: int | None = None,
    ) -> tuple[NDArray[Any], NDArray[Any]]: ...

class _asymmetric_focal(Loss):
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        gamma_positive: float = 1.0,
        gamma_negative: float = 4.0,
        clip: float = 0.05,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        n_threads: int | None = None,
    ) -> float | NDArray[Any]: ...
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        gamma_positive: float = 1.0,
        gamma_negative: float = 4.0,
        clip: float = 0.05,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        out: _Place = None,
        n_threads: int | None = None,
    ) -> NDArray[Any]: ...
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        gamma_positive: float = 1.0,
        gamma_negative: float = 4.0,
        clip: float = 0.05,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        out: _Place = None,
        n_threads: int | None = None,
    ) -> tuple[float | NDArray[Any], NDArray[Any]]: ...
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        gamma_positive: float = 1.0,
        gamma_negative: float = 4.0,
        clip: float = 0.05,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        check_domain: bool = True,
        out: _Places = None,
        n_threads: int | None = None,
    ) -> tuple[NDArray[Any], NDArray[Any]]: ...

class _reduced_focal(Loss):
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        gamma: float = 2.0,
        threshold: float = 0.5,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        n_threads: int | None = None,
    ) -> float | NDArray[Any]: ...
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        gamma: float = 2.0,
        threshold: float = 0.5,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        out: _Place = None,
        n_threads: int | None = None,
    ) -> NDArray[Any]: ...
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        gamma: float = 2.0,
        threshold: float = 0.5,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        out: _Place = None,
        n_threads: int | None = None,
    ) -> tuple[float | NDArray[Any], NDArray[Any]]: ...
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        gamma: float = 2.0,
        threshold: float = 0.5,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        check_domain: bool = True,
        out: _Places = None,
        n_threads: int | None = None,
    ) -> tuple[NDArray[Any], NDArray[Any]]: ...

class _binary_sparsemax(Loss):
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        n_threads: int | None = None,
    ) -> float | NDArray[Any]: ...
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        out: _Place = None,
        n_threads: int | None = None,
    ) -> NDArray[Any]: ...
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        out: _Place = None,
        n_threads: int | None = None,
    ) -> tuple[float | NDArray[Any], NDArray[Any]]: ...
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        check_domain: bool = True,
        out: _Places = None,
        n_threads: int | None = None,
    ) -> tuple[NDArray[Any], NDArray[Any]]: ...

class _poisson_identity(Loss):
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        n_threads: int | None = None,
    ) -> float | NDArray[Any]: ...
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        out: _Place = None,
        n_threads: int | None = None,
    ) -> NDArray[Any]: ...
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        out: _Place = None,
        n_threads: int | None = None,
    ) -> tuple[float | NDArray[Any], NDArray[Any]]: ...
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        check_domain: bool = True,
        out: _Places = None,
        n_threads: int | None = None,
    ) -> tuple[NDArray[Any], NDArray[Any]]: ...

class _negative_binomial(Loss):
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        dispersion: float = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        n_threads: int | None = None,
    ) -> float | NDArray[Any]: ...
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        dispersion: float = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        out: _Place = None,
        n_threads: int | None = None,
    ) -> NDArray[Any]: ...
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        dispersion: float = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        out: _Place = None,
        n_threads: int | None = None,
    ) -> tuple[float | NDArray[Any], NDArray[Any]]: ...
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        dispersion: float = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        check_domain: bool = True,
        out: _Places = None,
        n_threads: int | None = None,
    ) -> tuple[NDArray[Any], NDArray[Any]]: ...

class _gamma(Loss):
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        n_threads: int | None = None,
    ) -> float | NDArray[Any]: ...
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        out: _Place = None,
        n_threads: int | None = None,
    ) -> NDArray[Any]: ...
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        out: _Place = None,
        n_threads: int | None = None,
    ) -> tuple[float | NDArray[Any], NDArray[Any]]: ...
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        check_domain: bool = True,
        out: _Places = None,
        n_threads: int | None = None,
    ) -> tuple[NDArray[Any], NDArray[Any]]: ...

class _inverse_gaussian(Loss):
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        n_threads: int | None = None,
    ) -> float | NDArray[Any]: ...
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        out: _Place = None,
        n_threads: int | None = None,
    ) -> NDArray[Any]: ...
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        out: _Place = None,
        n_threads: int | None = None,
    ) -> tuple[float | NDArray[Any], NDArray[Any]]: ...
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        check_domain: bool = True,
        out: _Places = None,
        n_threads: int | None = None,
    ) -> tuple[NDArray[Any], NDArray[Any]]: ...

class _tweedie(Loss):
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        power: float = 1.5,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        n_threads: int | None = None,
    ) -> float | NDArray[Any]: ...
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        power: float = 1.5,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        out: _Place = None,
        n_threads: int | None = None,
    ) -> NDArray[Any]: ...
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        power: float = 1.5,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        out: _Place = None,
        n_threads: int | None = None,
    ) -> tuple[float | NDArray[Any], NDArray[Any]]: ...
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        power: float = 1.5,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        check_domain: bool = True,
        out: _Places = None,
        n_threads: int | None = None,
    ) -> tuple[NDArray[Any], NDArray[Any]]: ...

class _tweedie_identity(Loss):
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        power: float = 1.5,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        n_threads: int | None = None,
    ) -> float | NDArray[Any]: ...
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        power: float = 1.5,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        out: _Place = None,
        n_threads: int | None = None,
    ) -> NDArray[Any]: ...
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        power: float = 1.5,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        out: _Place = None,
        n_threads: int | None = None,
    ) -> tuple[float | NDArray[Any], NDArray[Any]]: ...
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        power: float = 1.5,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        check_domain: bool = True,
        out: _Places = None,
        n_threads: int | None = None,
    ) -> tuple[NDArray[Any], NDArray[Any]]: ...

class _generalized_kl(Loss):
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        n_threads: int | None = None,
    ) -> float | NDArray[Any]: ...
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        out: _Place = None,
        n_threads: int | None = None,
    ) -> NDArray[Any]: ...
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        out: _Place = None,
        n_threads: int | None = None,
    ) -> tuple[float | NDArray[Any], NDArray[Any]]: ...
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        check_domain: bool = True,
        out: _Places = None,
        n_threads: int | None = None,
    ) -> tuple[NDArray[Any], NDArray[Any]]: ...

class _gaussian_nll(Loss):
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        variance: ArrayLike = 1.0,
        full: bool = False,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        n_threads: int | None = None,
    ) -> float | NDArray[Any]: ...
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        variance: ArrayLike = 1.0,
        full: bool = False,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        variance_grad: bool = False,
        out: _Places = None,
        n_threads: int | None = None,
    ) -> _Derivative: ...
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        variance: ArrayLike = 1.0,
        full: bool = False,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        variance_grad: bool = False,
        out: _Places = None,
        n_threads: int | None = None,
    ) -> tuple[float | NDArray[Any], _Derivative]: ...
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        variance: ArrayLike = 1.0,
        full: bool = False,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        variance_grad: bool = False,
        out: _Places | tuple[_Places, _Places] = None,
        n_threads: int | None = None,
    ) -> tuple[_Derivative, _Derivative]: ...

class _margin_ranking(Loss):
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        other: ArrayLike = 0.0,
        margin: float = 0.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        n_threads: int | None = None,
    ) -> float | NDArray[Any]: ...
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        other: ArrayLike = 0.0,
        margin: float = 0.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        other_grad: bool = False,
        out: _Places = None,
        n_threads: int | None = None,
    ) -> _Derivative: ...
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        other: ArrayLike = 0.0,
        margin: float = 0.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        other_grad: bool = False,
        out: _Places = None,
        n_threads: int | None = None,
    ) -> tuple[float | NDArray[Any], _Derivative]: ...
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        other: ArrayLike = 0.0,
        margin: float = 0.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        check_domain: bool = True,
        other_grad: bool = False,
        out: _Places | tuple[_Places, _Places] = None,
        n_threads: int | None = None,
    ) -> tuple[_Derivative, _Derivative]: ...

class _laplace_nll(Loss):
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        scale: ArrayLike = 1.0,
        full: bool = False,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        n_threads: int | None = None,
    ) -> float | NDArray[Any]: ...
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        scale: ArrayLike = 1.0,
        full: bool = False,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        scale_grad: bool = False,
        out: _Places = None,
        n_threads: int | None = None,
    ) -> _Derivative: ...
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        scale: ArrayLike = 1.0,
        full: bool = False,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        scale_grad: bool = False,
        out: _Places = None,
        n_threads: int | None = None,
    ) -> tuple[float | NDArray[Any], _Derivative]: ...
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        scale: ArrayLike = 1.0,
        full: bool = False,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        scale_grad: bool = False,
        out: _Places | tuple[_Places, _Places] = None,
        n_threads: int | None = None,
    ) -> tuple[_Derivative, _Derivative]: ...

class _gaussian_nll_with_log_scale(Loss):
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        log_scale: ArrayLike = 0.0,
        full: bool = False,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        n_threads: int | None = None,
    ) -> float | NDArray[Any]: ...
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        log_scale: ArrayLike = 0.0,
        full: bool = False,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        log_scale_grad: bool = False,
        out: _Places = None,
        n_threads: int | None = None,
    ) -> _Derivative: ...
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        log_scale: ArrayLike = 0.0,
        full: bool = False,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        log_scale_grad: bool = False,
        out: _Places = None,
        n_threads: int | None = None,
    ) -> tuple[float | NDArray[Any], _Derivative]: ...
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        log_scale: ArrayLike = 0.0,
        full: bool = False,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        log_scale_grad: bool = False,
        out: _Places | tuple[_Places, _Places] = None,
        n_threads: int | None = None,
    ) -> tuple[_Derivative, _Derivative]: ...

class _cauchy_nll(Loss):
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        scale: ArrayLike = 1.0,
        full: bool = False,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        n_threads: int | None = None,
    ) -> float | NDArray[Any]: ...
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        scale: ArrayLike = 1.0,
        full: bool = False,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        scale_grad: bool = False,
        out: _Places = None,
        n_threads: int | None = None,
    ) -> _Derivative: ...
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        scale: ArrayLike = 1.0,
        full: bool = False,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        scale_grad: bool = False,
        out: _Places = None,
        n_threads: int | None = None,
    ) -> tuple[float | NDArray[Any], _Derivative]: ...
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        scale: ArrayLike = 1.0,
        full: bool = False,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        scale_grad: bool = False,
        out: _Places | tuple[_Places, _Places] = None,
        n_threads: int | None = None,
    ) -> tuple[_Derivative, _Derivative]: ...

class _student_t_nll(Loss):
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        scale: ArrayLike = 1.0,
        degrees_of_freedom: float = 4.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        n_threads: int | None = None,
    ) -> float | NDArray[Any]: ...
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        scale: ArrayLike = 1.0,
        degrees_of_freedom: float = 4.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        scale_grad: bool = False,
        out: _Places = None,
        n_threads: int | None = None,
    ) -> _Derivative: ...
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        scale: ArrayLike = 1.0,
        degrees_of_freedom: float = 4.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        scale_grad: bool = False,
        out: _Places = None,
        n_threads: int | None = None,
    ) -> tuple[float | NDArray[Any], _Derivative]: ...
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        scale: ArrayLike = 1.0,
        degrees_of_freedom: float = 4.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        scale_grad: bool = False,
        out: _Places | tuple[_Places, _Places] = None,
        n_threads: int | None = None,
    ) -> tuple[_Derivative, _Derivative]: ...

class _barron_nll(Loss):
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        alpha: ArrayLike = 1.0,
        scale: float = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        n_threads: int | None = None,
    ) -> float | NDArray[Any]: ...
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        alpha: ArrayLike = 1.0,
        scale: float = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        alpha_grad: bool = False,
        out: _Places = None,
        n_threads: int | None = None,
    ) -> _Derivative: ...
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        alpha: ArrayLike = 1.0,
        scale: float = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        alpha_grad: bool = False,
        out: _Places = None,
        n_threads: int | None = None,
    ) -> tuple[float | NDArray[Any], _Derivative]: ...
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        alpha: ArrayLike = 1.0,
        scale: float = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        alpha_grad: bool = False,
        out: _Places | tuple[_Places, _Places] = None,
        n_threads: int | None = None,
    ) -> tuple[_Derivative, _Derivative]: ...

class _crps_logistic(Loss):
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        scale: ArrayLike = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        n_threads: int | None = None,
    ) -> float | NDArray[Any]: ...
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        scale: ArrayLike = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        scale_grad: bool = False,
        out: _Places = None,
        n_threads: int | None = None,
    ) -> _Derivative: ...
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        scale: ArrayLike = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        scale_grad: bool = False,
        out: _Places = None,
        n_threads: int | None = None,
    ) -> tuple[float | NDArray[Any], _Derivative]: ...
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        scale: ArrayLike = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        scale_grad: bool = False,
        out: _Places | tuple[_Places, _Places] = None,
        n_threads: int | None = None,
    ) -> tuple[_Derivative, _Derivative]: ...

class _crps_laplace(Loss):
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        scale: ArrayLike = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        n_threads: int | None = None,
    ) -> float | NDArray[Any]: ...
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        scale: ArrayLike = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        scale_grad: bool = False,
        out: _Places = None,
        n_threads: int | None = None,
    ) -> _Derivative: ...
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        scale: ArrayLike = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        scale_grad: bool = False,
        out: _Places = None,
        n_threads: int | None = None,
    ) -> tuple[float | NDArray[Any], _Derivative]: ...
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        scale: ArrayLike = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        scale_grad: bool = False,
        out: _Places | tuple[_Places, _Places] = None,
        n_threads: int | None = None,
    ) -> tuple[_Derivative, _Derivative]: ...

class _crps_gaussian(Loss):
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        scale: ArrayLike = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        n_threads: int | None = None,
    ) -> float | NDArray[Any]: ...
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        scale: ArrayLike = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        scale_grad: bool = False,
        out: _Places = None,
        n_threads: int | None = None,
    ) -> _Derivative: ...
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        scale: ArrayLike = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        scale_grad: bool = False,
        out: _Places = None,
        n_threads: int | None = None,
    ) -> tuple[float | NDArray[Any], _Derivative]: ...
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        scale: ArrayLike = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        scale_grad: bool = False,
        out: _Places | tuple[_Places, _Places] = None,
        n_threads: int | None = None,
    ) -> tuple[_Derivative, _Derivative]: ...

class _zero_inflated_poisson(Loss):
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        logit_zero: ArrayLike = 0.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        n_threads: int | None = None,
    ) -> float | NDArray[Any]: ...
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        logit_zero: ArrayLike = 0.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        logit_zero_grad: bool = False,
        out: _Places = None,
        n_threads: int | None = None,
    ) -> _Derivative: ...
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        logit_zero: ArrayLike = 0.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        logit_zero_grad: bool = False,
        out: _Places = None,
        n_threads: int | None = None,
    ) -> tuple[float | NDArray[Any], _Derivative]: ...
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        logit_zero: ArrayLike = 0.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        check_domain: bool = True,
        logit_zero_grad: bool = False,
        out: _Places | tuple[_Places, _Places] = None,
        n_threads: int | None = None,
    ) -> tuple[_Derivative, _Derivative]: ...

class _beta(Loss):
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        precision: ArrayLike = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        n_threads: int | None = None,
    ) -> float | NDArray[Any]: ...
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        precision: ArrayLike = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        precision_grad: bool = False,
        out: _Places = None,
        n_threads: int | None = None,
    ) -> _Derivative: ...
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        precision: ArrayLike = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        precision_grad: bool = False,
        out: _Places = None,
        n_threads: int | None = None,
    ) -> tuple[float | NDArray[Any], _Derivative]: ...
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        precision: ArrayLike = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        check_domain: bool = True,
        precision_grad: bool = False,
        out: _Places | tuple[_Places, _Places] = None,
        n_threads: int | None = None,
    ) -> tuple[_Derivative, _Derivative]: ...

class _l1(Loss):
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike | None = None,
        *,
        strength: float = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "sum",
        n_threads: int | None = None,
    ) -> float | NDArray[Any]: ...
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike | None = None,
        *,
        strength: float = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "sum",
        out: _Place = None,
        n_threads: int | None = None,
    ) -> NDArray[Any]: ...
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike | None = None,
        *,
        strength: float = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "sum",
        out: _Place = None,
        n_threads: int | None = None,
    ) -> tuple[float | NDArray[Any], NDArray[Any]]: ...
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike | None = None,
        *,
        strength: float = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        out: _Places = None,
        n_threads: int | None = None,
    ) -> tuple[NDArray[Any], NDArray[Any]]: ...

class _l2(Loss):
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike | None = None,
        *,
        strength: float = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "sum",
        n_threads: int | None = None,
    ) -> float | NDArray[Any]: ...
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike | None = None,
        *,
        strength: float = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "sum",
        out: _Place = None,
        n_threads: int | None = None,
    ) -> NDArray[Any]: ...
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike | None = None,
        *,
        strength: float = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "sum",
        out: _Place = None,
        n_threads: int | None = None,
    ) -> tuple[float | NDArray[Any], NDArray[Any]]: ...
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike | None = None,
        *,
        strength: float = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        out: _Places = None,
        n_threads: int | None = None,
    ) -> tuple[NDArray[Any], NDArray[Any]]: ...

class _elastic_net(Loss):
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike | None = None,
        *,
        strength: float = 1.0,
        l1_ratio: float = 0.5,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "sum",
        n_threads: int | None = None,
    ) -> float | NDArray[Any]: ...
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike | None = None,
        *,
        strength: float = 1.0,
        l1_ratio: float = 0.5,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "sum",
        out: _Place = None,
        n_threads: int | None = None,
    ) -> NDArray[Any]: ...
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike | None = None,
        *,
        strength: float = 1.0,
        l1_ratio: float = 0.5,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "sum",
        out: _Place = None,
        n_threads: int | None = None,
    ) -> tuple[float | NDArray[Any], NDArray[Any]]: ...
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike | None = None,
        *,
        strength: float = 1.0,
        l1_ratio: float = 0.5,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        out: _Places = None,
        n_threads: int | None = None,
    ) -> tuple[NDArray[Any], NDArray[Any]]: ...

class _pseudo_huber(Loss):
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        delta: float = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        n_threads: int | None = None,
    ) -> float | NDArray[Any]: ...
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        delta: float = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        out: _Place = None,
        n_threads: int | None = None,
    ) -> NDArray[Any]: ...
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        delta: float = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        out: _Place = None,
        n_threads: int | None = None,
    ) -> tuple[float | NDArray[Any], NDArray[Any]]: ...
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        delta: float = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        out: _Places = None,
        n_threads: int | None = None,
    ) -> tuple[NDArray[Any], NDArray[Any]]: ...

class _charbonnier(Loss):
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        epsilon: float = 0.001,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        n_threads: int | None = None,
    ) -> float | NDArray[Any]: ...
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        epsilon: float = 0.001,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        out: _Place = None,
        n_threads: int | None = None,
    ) -> NDArray[Any]: ...
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        epsilon: float = 0.001,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        out: _Place = None,
        n_threads: int | None = None,
    ) -> tuple[float | NDArray[Any], NDArray[Any]]: ...
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        epsilon: float = 0.001,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        out: _Places = None,
        n_threads: int | None = None,
    ) -> tuple[NDArray[Any], NDArray[Any]]: ...

class _fair(Loss):
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        c: float = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        n_threads: int | None = None,
    ) -> float | NDArray[Any]: ...
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        c: float = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        out: _Place = None,
        n_threads: int | None = None,
    ) -> NDArray[Any]: ...
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        c: float = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        out: _Place = None,
        n_threads: int | None = None,
    ) -> tuple[float | NDArray[Any], NDArray[Any]]: ...
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        c: float = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        out: _Places = None,
        n_threads: int | None = None,
    ) -> tuple[NDArray[Any], NDArray[Any]]: ...

class _cauchy(Loss):
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        scale: float = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        n_threads: int | None = None,
    ) -> float | NDArray[Any]: ...
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        scale: float = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        out: _Place = None,
        n_threads: int | None = None,
    ) -> NDArray[Any]: ...
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        scale: float = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        out: _Place = None,
        n_threads: int | None = None,
    ) -> tuple[float | NDArray[Any], NDArray[Any]]: ...
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        scale: float = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        out: _Places = None,
        n_threads: int | None = None,
    ) -> tuple[NDArray[Any], NDArray[Any]]: ...

class _geman_mcclure(Loss):
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        c: float = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        n_threads: int | None = None,
    ) -> float | NDArray[Any]: ...
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        c: float = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        out: _Place = None,
        n_threads: int | None = None,
    ) -> NDArray[Any]: ...
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        c: float = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        out: _Place = None,
        n_threads: int | None = None,
    ) -> tuple[float | NDArray[Any], NDArray[Any]]: ...
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        c: float = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        out: _Places = None,
        n_threads: int | None = None,
    ) -> tuple[NDArray[Any], NDArray[Any]]: ...

class _welsch(Loss):
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        c: float = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        n_threads: int | None = None,
    ) -> float | NDArray[Any]: ...
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        c: float = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        out: _Place = None,
        n_threads: int | None = None,
    ) -> NDArray[Any]: ...
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        c: float = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        out: _Place = None,
        n_threads: int | None = None,
    ) -> tuple[float | NDArray[Any], NDArray[Any]]: ...
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        c: float = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        out: _Places = None,
        n_threads: int | None = None,
    ) -> tuple[NDArray[Any], NDArray[Any]]: ...

class _tukey_biweight(Loss):
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        c: float = 4.685,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        n_threads: int | None = None,
    ) -> float | NDArray[Any]: ...
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        c: float = 4.685,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        out: _Place = None,
        n_threads: int | None = None,
    ) -> NDArray[Any]: ...
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        c: float = 4.685,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        out: _Place = None,
        n_threads: int | None = None,
    ) -> tuple[float | NDArray[Any], NDArray[Any]]: ...
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        c: float = 4.685,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        out: _Places = None,
        n_threads: int | None = None,
    ) -> tuple[NDArray[Any], NDArray[Any]]: ...

class _expectile(Loss):
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        alpha: ArrayLike = 0.5,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        n_threads: int | None = None,
    ) -> float | NDArray[Any]: ...
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        alpha: ArrayLike = 0.5,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        out: _Place = None,
        n_threads: int | None = None,
    ) -> NDArray[Any]: ...
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        alpha: ArrayLike = 0.5,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        out: _Place = None,
        n_threads: int | None = None,
    ) -> tuple[float | NDArray[Any], NDArray[Any]]: ...
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        alpha: ArrayLike = 0.5,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        out: _Places = None,
        n_threads: int | None = None,
    ) -> tuple[NDArray[Any], NDArray[Any]]: ...

class _epsilon_insensitive(Loss):
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        epsilon: float = 0.1,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        n_threads: int | None = None,
    ) -> float | NDArray[Any]: ...
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        epsilon: float = 0.1,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        out: _Place = None,
        n_threads: int | None = None,
    ) -> NDArray[Any]: ...
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        epsilon: float = 0.1,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        out: _Place = None,
        n_threads: int | None = None,
    ) -> tuple[float | NDArray[Any], NDArray[Any]]: ...
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        epsilon: float = 0.1,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        out: _Places = None,
        n_threads: int | None = None,
    ) -> tuple[NDArray[Any], NDArray[Any]]: ...

class _squared_epsilon_insensitive(Loss):
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        epsilon: float = 0.1,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        n_threads: int | None = None,
    ) -> float | NDArray[Any]: ...
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        epsilon: float = 0.1,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        out: _Place = None,
        n_threads: int | None = None,
    ) -> NDArray[Any]: ...
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        epsilon: float = 0.1,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        out: _Place = None,
        n_threads: int | None = None,
    ) -> tuple[float | NDArray[Any], NDArray[Any]]: ...
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        epsilon: float = 0.1,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        out: _Places = None,
        n_threads: int | None = None,
    ) -> tuple[NDArray[Any], NDArray[Any]]: ...

class _squared_log_error(Loss):
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        n_threads: int | None = None,
    ) -> float | NDArray[Any]: ...
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        out: _Place = None,
        n_threads: int | None = None,
    ) -> NDArray[Any]: ...
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        out: _Place = None,
        n_threads: int | None = None,
    ) -> tuple[float | NDArray[Any], NDArray[Any]]: ...
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        check_domain: bool = True,
        out: _Places = None,
        n_threads: int | None = None,
    ) -> tuple[NDArray[Any], NDArray[Any]]: ...

class _absolute_percentage_error(Loss):
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        epsilon: float = 1e-07,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        n_threads: int | None = None,
    ) -> float | NDArray[Any]: ...
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        epsilon: float = 1e-07,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        out: _Place = None,
        n_threads: int | None = None,
    ) -> NDArray[Any]: ...
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        epsilon: float = 1e-07,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        out: _Place = None,
        n_threads: int | None = None,
    ) -> tuple[float | NDArray[Any], NDArray[Any]]: ...
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        epsilon: float = 1e-07,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        out: _Places = None,
        n_threads: int | None = None,
    ) -> tuple[NDArray[Any], NDArray[Any]]: ...

class _symmetric_absolute_percentage_error(Loss):
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        epsilon: float = 1e-07,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        n_threads: int | None = None,
    ) -> float | NDArray[Any]: ...
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        epsilon: float = 1e-07,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        out: _Place = None,
        n_threads: int | None = None,
    ) -> NDArray[Any]: ...
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        epsilon: float = 1e-07,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        out: _Place = None,
        n_threads: int | None = None,
    ) -> tuple[float | NDArray[Any], NDArray[Any]]: ...
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        epsilon: float = 1e-07,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        out: _Places = None,
        n_threads: int | None = None,
    ) -> tuple[NDArray[Any], NDArray[Any]]: ...

class _lp(Loss):
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        p: float = 2.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        n_threads: int | None = None,
    ) -> float | NDArray[Any]: ...
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        p: float = 2.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        out: _Place = None,
        n_threads: int | None = None,
    ) -> NDArray[Any]: ...
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        p: float = 2.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        out: _Place = None,
        n_threads: int | None = None,
    ) -> tuple[float | NDArray[Any], NDArray[Any]]: ...
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        p: float = 2.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        out: _Places = None,
        n_threads: int | None = None,
    ) -> tuple[NDArray[Any], NDArray[Any]]: ...

class _linex(Loss):
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        a: float = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        n_threads: int | None = None,
    ) -> float | NDArray[Any]: ...
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        a: float = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        out: _Place = None,
        n_threads: int | None = None,
    ) -> NDArray[Any]: ...
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        a: float = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        out: _Place = None,
        n_threads: int | None = None,
    ) -> tuple[float | NDArray[Any], NDArray[Any]]: ...
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        a: float = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        out: _Places = None,
        n_threads: int | None = None,
    ) -> tuple[NDArray[Any], NDArray[Any]]: ...

class _log_lin_quantile(Loss):
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        q: float = 0.5,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        n_threads: int | None = None,
    ) -> float | NDArray[Any]: ...
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        q: float = 0.5,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        out: _Place = None,
        n_threads: int | None = None,
    ) -> NDArray[Any]: ...
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        q: float = 0.5,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        out: _Place = None,
        n_threads: int | None = None,
    ) -> tuple[float | NDArray[Any], NDArray[Any]]: ...
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        q: float = 0.5,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        out: _Places = None,
        n_threads: int | None = None,
    ) -> tuple[NDArray[Any], NDArray[Any]]: ...

class _barron(Loss):
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        alpha: float = 1.0,
        scale: float = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        n_threads: int | None = None,
    ) -> float | NDArray[Any]: ...
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        alpha: float = 1.0,
        scale: float = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        out: _Place = None,
        n_threads: int | None = None,
    ) -> NDArray[Any]: ...
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        alpha: float = 1.0,
        scale: float = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        out: _Place = None,
        n_threads: int | None = None,
    ) -> tuple[float | NDArray[Any], NDArray[Any]]: ...
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        alpha: float = 1.0,
        scale: float = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        out: _Places = None,
        n_threads: int | None = None,
    ) -> tuple[NDArray[Any], NDArray[Any]]: ...

class _cross_entropy(Loss):
    @overload
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        class_weight: ArrayLike | None = None,
        ignore_index: int = -100,
        label_smoothing: float = 0.0,
        temperature: float = 1.0,
        softcap: float | None = None,
        z_loss: float = 0.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        axis: int = -1,
        check_domain: bool = True,
        n_threads: int | None = None,
        return_lse: Literal[False] = False,
        return_entropy: Literal[False] = False,
        return_argmax: Literal[False] = False,
        return_correct: Literal[False] = False,
    ) -> float | NDArray[Any]: ...
    @overload
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        class_weight: ArrayLike | None = None,
        ignore_index: int = -100,
        label_smoothing: float = 0.0,
        temperature: float = 1.0,
        softcap: float | None = None,
        z_loss: float = 0.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        axis: int = -1,
        check_domain: bool = True,
        n_threads: int | None = None,
        return_lse: bool = False,
        return_entropy: bool = False,
        return_argmax: bool = False,
        return_correct: bool = False,
    ) -> SoftmaxResult: ...
    @overload
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        class_weight: ArrayLike | None = None,
        ignore_index: int = -100,
        label_smoothing: float = 0.0,
        temperature: float = 1.0,
        softcap: float | None = None,
        z_loss: float = 0.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        axis: int = -1,
        check_domain: bool = True,
        out: _Place = None,
        n_threads: int | None = None,
        return_lse: Literal[False] = False,
        return_entropy: Literal[False] = False,
        return_argmax: Literal[False] = False,
        return_correct: Literal[False] = False,
    ) -> NDArray[Any]: ...
    @overload
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        class_weight: ArrayLike | None = None,
        ignore_index: int = -100,
        label_smoothing: float = 0.0,
        temperature: float = 1.0,
        softcap: float | None = None,
        z_loss: float = 0.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        axis: int = -1,
        check_domain: bool = True,
        out: _Place = None,
        n_threads: int | None = None,
        return_lse: bool = False,
        return_entropy: bool = False,
        return_argmax: bool = False,
        return_correct: bool = False,
    ) -> SoftmaxResult: ...
    @overload
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        class_weight: ArrayLike | None = None,
        ignore_index: int = -100,
        label_smoothing: float = 0.0,
        temperature: float = 1.0,
        softcap: float | None = None,
        z_loss: float = 0.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        axis: int = -1,
        check_domain: bool = True,
        out: _Place = None,
        n_threads: int | None = None,
        return_lse: Literal[False] = False,
        return_entropy: Literal[False] = False,
        return_argmax: Literal[False] = False,
        return_correct: Literal[False] = False,
    ) -> tuple[float | NDArray[Any], NDArray[Any]]: ...
    @overload
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        class_weight: ArrayLike | None = None,
        ignore_index: int = -100,
        label_smoothing: float = 0.0,
        temperature: float = 1.0,
        softcap: float | None = None,
        z_loss: float = 0.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        axis: int = -1,
        check_domain: bool = True,
        out: _Place = None,
        n_threads: int | None = None,
        return_lse: bool = False,
        return_entropy: bool = False,
        return_argmax: bool = False,
        return_correct: bool = False,
    ) -> SoftmaxResult: ...
    @overload
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        class_weight: ArrayLike | None = None,
        ignore_index: int = -100,
        label_smoothing: float = 0.0,
        temperature: float = 1.0,
        softcap: float | None = None,
        z_loss: float = 0.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        axis: int = -1,
        check_domain: bool = True,
        out: _Places = None,
        n_threads: int | None = None,
        return_lse: Literal[False] = False,
        return_entropy: Literal[False] = False,
        return_argmax: Literal[False] = False,
        return_correct: Literal[False] = False,
    ) -> tuple[NDArray[Any], NDArray[Any]]: ...
    @overload
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        class_weight: ArrayLike | None = None,
        ignore_index: int = -100,
        label_smoothing: float = 0.0,
        temperature: float = 1.0,
        softcap: float | None = None,
        z_loss: float = 0.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        axis: int = -1,
        check_domain: bool = True,
        out: _Places = None,
        n_threads: int | None = None,
        return_lse: bool = False,
        return_entropy: bool = False,
        return_argmax: bool = False,
        return_correct: bool = False,
    ) -> SoftmaxResult: ...

class _nll(Loss):
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        class_weight: ArrayLike | None = None,
        ignore_index: int = -100,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        axis: int = -1,
        n_threads: int | None = None,
    ) -> float | NDArray[Any]: ...
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        class_weight: ArrayLike | None = None,
        ignore_index: int = -100,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        axis: int = -1,
        out: _Place = None,
        n_threads: int | None = None,
    ) -> NDArray[Any]: ...
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        class_weight: ArrayLike | None = None,
        ignore_index: int = -100,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        axis: int = -1,
        out: _Place = None,
        n_threads: int | None = None,
    ) -> tuple[float | NDArray[Any], NDArray[Any]]: ...
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        class_weight: ArrayLike | None = None,
        ignore_index: int = -100,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        axis: int = -1,
        out: _Places = None,
        n_threads: int | None = None,
    ) -> tuple[NDArray[Any], NDArray[Any]]: ...

class _kl_divergence(Loss):
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        log_target: bool = False,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        axis: int = -1,
        check_domain: bool = True,
        n_threads: int | None = None,
    ) -> float | NDArray[Any]: ...
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        log_target: bool = False,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        axis: int = -1,
        check_domain: bool = True,
        out: _Place = None,
        n_threads: int | None = None,
    ) -> NDArray[Any]: ...
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        log_target: bool = False,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        axis: int = -1,
        check_domain: bool = True,
        out: _Place = None,
        n_threads: int | None = None,
    ) -> tuple[float | NDArray[Any], NDArray[Any]]: ...
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        log_target: bool = False,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        axis: int = -1,
        check_domain: bool = True,
        out: _Places = None,
        n_threads: int | None = None,
    ) -> tuple[NDArray[Any], NDArray[Any]]: ...

class _total_variation(Loss):
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        axis: int = -1,
        check_domain: bool = True,
        n_threads: int | None = None,
    ) -> float | NDArray[Any]: ...
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        axis: int = -1,
        check_domain: bool = True,
        out: _Place = None,
        n_threads: int | None = None,
    ) -> NDArray[Any]: ...
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        axis: int = -1,
        check_domain: bool = True,
        out: _Place = None,
        n_threads: int | None = None,
    ) -> tuple[float | NDArray[Any], NDArray[Any]]: ...
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        axis: int = -1,
        check_domain: bool = True,
        out: _Places = None,
        n_threads: int | None = None,
    ) -> tuple[NDArray[Any], NDArray[Any]]: ...

class _distillation_kl(Loss):
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        temperature: float = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        axis: int = -1,
        n_threads: int | None = None,
    ) -> float | NDArray[Any]: ...
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        temperature: float = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        axis: int = -1,
        target_grad: bool = False,
        out: _Places = None,
        n_threads: int | None = None,
    ) -> _Derivative: ...
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        temperature: float = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        axis: int = -1,
        target_grad: bool = False,
        out: _Places = None,
        n_threads: int | None = None,
    ) -> tuple[float | NDArray[Any], _Derivative]: ...
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        temperature: float = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        axis: int = -1,
        out: _Places = None,
        n_threads: int | None = None,
    ) -> tuple[NDArray[Any], NDArray[Any]]: ...

class _distillation_js(Loss):
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        beta: float = 0.5,
        temperature: float = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        axis: int = -1,
        n_threads: int | None = None,
    ) -> float | NDArray[Any]: ...
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        beta: float = 0.5,
        temperature: float = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        axis: int = -1,
        target_grad: bool = False,
        out: _Places = None,
        n_threads: int | None = None,
    ) -> _Derivative: ...
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        beta: float = 0.5,
        temperature: float = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        axis: int = -1,
        target_grad: bool = False,
        out: _Places = None,
        n_threads: int | None = None,
    ) -> tuple[float | NDArray[Any], _Derivative]: ...
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        beta: float = 0.5,
        temperature: float = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        axis: int = -1,
        out: _Places = None,
        n_threads: int | None = None,
    ) -> tuple[NDArray[Any], NDArray[Any]]: ...

class _multilabel_soft_margin(Loss):
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        class_weight: ArrayLike | None = None,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        axis: int = -1,
        check_domain: bool = True,
        n_threads: int | None = None,
    ) -> float | NDArray[Any]: ...
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        class_weight: ArrayLike | None = None,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        axis: int = -1,
        check_domain: bool = True,
        out: _Place = None,
        n_threads: int | None = None,
    ) -> NDArray[Any]: ...
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        class_weight: ArrayLike | None = None,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        axis: int = -1,
        check_domain: bool = True,
        out: _Place = None,
        n_threads: int | None = None,
    ) -> tuple[float | NDArray[Any], NDArray[Any]]: ...
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        class_weight: ArrayLike | None = None,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        axis: int = -1,
        check_domain: bool = True,
        out: _Places = None,
        n_threads: int | None = None,
    ) -> tuple[NDArray[Any], NDArray[Any]]: ...

class _one_vs_all(Loss):
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        ignore_index: int = -100,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        axis: int = -1,
        n_threads: int | None = None,
    ) -> float | NDArray[Any]: ...
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        ignore_index: int = -100,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        axis: int = -1,
        out: _Place = None,
        n_threads: int | None = None,
    ) -> NDArray[Any]: ...
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        ignore_index: int = -100,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        axis: int = -1,
        out: _Place = None,
        n_threads: int | None = None,
    ) -> tuple[float | NDArray[Any], NDArray[Any]]: ...
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        ignore_index: int = -100,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        axis: int = -1,
        out: _Places = None,
        n_threads: int | None = None,
    ) -> tuple[NDArray[Any], NDArray[Any]]: ...

class _multi_margin(Loss):
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        margin: float = 1.0,
        p: int = 1,
        class_weight: ArrayLike | None = None,
        ignore_index: int = -100,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        axis: int = -1,
        n_threads: int | None = None,
    ) -> float | NDArray[Any]: ...
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        margin: float = 1.0,
        p: int = 1,
        class_weight: ArrayLike | None = None,
        ignore_index: int = -100,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        axis: int = -1,
        out: _Place = None,
        n_threads: int | None = None,
    ) -> NDArray[Any]: ...
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        margin: float = 1.0,
        p: int = 1,
        class_weight: ArrayLike | None = None,
        ignore_index: int = -100,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        axis: int = -1,
        out: _Place = None,
        n_threads: int | None = None,
    ) -> tuple[float | NDArray[Any], NDArray[Any]]: ...
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        margin: float = 1.0,
        p: int = 1,
        class_weight: ArrayLike | None = None,
        ignore_index: int = -100,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        axis: int = -1,
        out: _Places = None,
        n_threads: int | None = None,
    ) -> tuple[NDArray[Any], NDArray[Any]]: ...

class _categorical_hinge(Loss):
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        margin: float = 1.0,
        class_weight: ArrayLike | None = None,
        ignore_index: int = -100,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        axis: int = -1,
        n_threads: int | None = None,
    ) -> float | NDArray[Any]: ...
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        margin: float = 1.0,
        class_weight: ArrayLike | None = None,
        ignore_index: int = -100,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        axis: int = -1,
        out: _Place = None,
        n_threads: int | None = None,
    ) -> NDArray[Any]: ...
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        margin: float = 1.0,
        class_weight: ArrayLike | None = None,
        ignore_index: int = -100,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        axis: int = -1,
        out: _Place = None,
        n_threads: int | None = None,
    ) -> tuple[float | NDArray[Any], NDArray[Any]]: ...
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        margin: float = 1.0,
        class_weight: ArrayLike | None = None,
        ignore_index: int = -100,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        axis: int = -1,
        out: _Places = None,
        n_threads: int | None = None,
    ) -> tuple[NDArray[Any], NDArray[Any]]: ...

class _multilabel_margin(Loss):
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        margin: float = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        axis: int = -1,
        n_threads: int | None = None,
    ) -> float | NDArray[Any]: ...
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        margin: float = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        axis: int = -1,
        out: _Place = None,
        n_threads: int | None = None,
    ) -> NDArray[Any]: ...
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        margin: float = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        axis: int = -1,
        out: _Place = None,
        n_threads: int | None = None,
    ) -> tuple[float | NDArray[Any], NDArray[Any]]: ...
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        margin: float = 1.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        axis: int = -1,
        out: _Places = None,
        n_threads: int | None = None,
    ) -> tuple[NDArray[Any], NDArray[Any]]: ...

class _sparsemax(Loss):
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        ignore_index: int = -100,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        axis: int = -1,
        check_domain: bool = True,
        n_threads: int | None = None,
    ) -> float | NDArray[Any]: ...
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        ignore_index: int = -100,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        axis: int = -1,
        check_domain: bool = True,
        out: _Place = None,
        n_threads: int | None = None,
    ) -> NDArray[Any]: ...
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        ignore_index: int = -100,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        axis: int = -1,
        check_domain: bool = True,
        out: _Place = None,
        n_threads: int | None = None,
    ) -> tuple[float | NDArray[Any], NDArray[Any]]: ...
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        ignore_index: int = -100,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        axis: int = -1,
        check_domain: bool = True,
        out: _Places = None,
        n_threads: int | None = None,
    ) -> tuple[NDArray[Any], NDArray[Any]]: ...

class _selected_log_probs(Loss):
    @overload
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        ignore_index: int = -100,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        axis: int = -1,
        n_threads: int | None = None,
        return_lse: Literal[False] = False,
        return_entropy: Literal[False] = False,
        return_argmax: Literal[False] = False,
        return_correct: Literal[False] = False,
    ) -> float | NDArray[Any]: ...
    @overload
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        ignore_index: int = -100,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        axis: int = -1,
        n_threads: int | None = None,
        return_lse: bool = False,
        return_entropy: bool = False,
        return_argmax: bool = False,
        return_correct: bool = False,
    ) -> SoftmaxResult: ...
    @overload
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        ignore_index: int = -100,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        axis: int = -1,
        out: _Place = None,
        n_threads: int | None = None,
        return_lse: Literal[False] = False,
        return_entropy: Literal[False] = False,
        return_argmax: Literal[False] = False,
        return_correct: Literal[False] = False,
    ) -> NDArray[Any]: ...
    @overload
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        ignore_index: int = -100,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        axis: int = -1,
        out: _Place = None,
        n_threads: int | None = None,
        return_lse: bool = False,
        return_entropy: bool = False,
        return_argmax: bool = False,
        return_correct: bool = False,
    ) -> SoftmaxResult: ...
    @overload
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        ignore_index: int = -100,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        axis: int = -1,
        out: _Place = None,
        n_threads: int | None = None,
        return_lse: Literal[False] = False,
        return_entropy: Literal[False] = False,
        return_argmax: Literal[False] = False,
        return_correct: Literal[False] = False,
    ) -> tuple[float | NDArray[Any], NDArray[Any]]: ...
    @overload
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        ignore_index: int = -100,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        axis: int = -1,
        out: _Place = None,
        n_threads: int | None = None,
        return_lse: bool = False,
        return_entropy: bool = False,
        return_argmax: bool = False,
        return_correct: bool = False,
    ) -> SoftmaxResult: ...
    @overload
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        ignore_index: int = -100,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        axis: int = -1,
        out: _Places = None,
        n_threads: int | None = None,
        return_lse: Literal[False] = False,
        return_entropy: Literal[False] = False,
        return_argmax: Literal[False] = False,
        return_correct: Literal[False] = False,
    ) -> tuple[NDArray[Any], NDArray[Any]]: ...
    @overload
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        ignore_index: int = -100,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        axis: int = -1,
        out: _Places = None,
        n_threads: int | None = None,
        return_lse: bool = False,
        return_entropy: bool = False,
        return_argmax: bool = False,
        return_correct: bool = False,
    ) -> SoftmaxResult: ...

class _softmax_focal(Loss):
    @overload
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        gamma: float = 2.0,
        class_weight: ArrayLike | None = None,
        ignore_index: int = -100,
        label_smoothing: float = 0.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        axis: int = -1,
        check_domain: bool = True,
        n_threads: int | None = None,
        return_lse: Literal[False] = False,
        return_entropy: Literal[False] = False,
        return_argmax: Literal[False] = False,
        return_correct: Literal[False] = False,
    ) -> float | NDArray[Any]: ...
    @overload
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        gamma: float = 2.0,
        class_weight: ArrayLike | None = None,
        ignore_index: int = -100,
        label_smoothing: float = 0.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        axis: int = -1,
        check_domain: bool = True,
        n_threads: int | None = None,
        return_lse: bool = False,
        return_entropy: bool = False,
        return_argmax: bool = False,
        return_correct: bool = False,
    ) -> SoftmaxResult: ...
    @overload
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        gamma: float = 2.0,
        class_weight: ArrayLike | None = None,
        ignore_index: int = -100,
        label_smoothing: float = 0.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        axis: int = -1,
        check_domain: bool = True,
        out: _Place = None,
        n_threads: int | None = None,
        return_lse: Literal[False] = False,
        return_entropy: Literal[False] = False,
        return_argmax: Literal[False] = False,
        return_correct: Literal[False] = False,
    ) -> NDArray[Any]: ...
    @overload
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        gamma: float = 2.0,
        class_weight: ArrayLike | None = None,
        ignore_index: int = -100,
        label_smoothing: float = 0.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        axis: int = -1,
        check_domain: bool = True,
        out: _Place = None,
        n_threads: int | None = None,
        return_lse: bool = False,
        return_entropy: bool = False,
        return_argmax: bool = False,
        return_correct: bool = False,
    ) -> SoftmaxResult: ...
    @overload
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        gamma: float = 2.0,
        class_weight: ArrayLike | None = None,
        ignore_index: int = -100,
        label_smoothing: float = 0.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        axis: int = -1,
        check_domain: bool = True,
        out: _Place = None,
        n_threads: int | None = None,
        return_lse: Literal[False] = False,
        return_entropy: Literal[False] = False,
        return_argmax: Literal[False] = False,
        return_correct: Literal[False] = False,
    ) -> tuple[float | NDArray[Any], NDArray[Any]]: ...
    @overload
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        gamma: float = 2.0,
        class_weight: ArrayLike | None = None,
        ignore_index: int = -100,
        label_smoothing: float = 0.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        axis: int = -1,
        check_domain: bool = True,
        out: _Place = None,
        n_threads: int | None = None,
        return_lse: bool = False,
        return_entropy: bool = False,
        return_argmax: bool = False,
        return_correct: bool = False,
    ) -> SoftmaxResult: ...
    @overload
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        gamma: float = 2.0,
        class_weight: ArrayLike | None = None,
        ignore_index: int = -100,
        label_smoothing: float = 0.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        axis: int = -1,
        check_domain: bool = True,
        out: _Places = None,
        n_threads: int | None = None,
        return_lse: Literal[False] = False,
        return_entropy: Literal[False] = False,
        return_argmax: Literal[False] = False,
        return_correct: Literal[False] = False,
    ) -> tuple[NDArray[Any], NDArray[Any]]: ...
    @overload
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        gamma: float = 2.0,
        class_weight: ArrayLike | None = None,
        ignore_index: int = -100,
        label_smoothing: float = 0.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        axis: int = -1,
        check_domain: bool = True,
        out: _Places = None,
        n_threads: int | None = None,
        return_lse: bool = False,
        return_entropy: bool = False,
        return_argmax: bool = False,
        return_correct: bool = False,
    ) -> SoftmaxResult: ...

class _poly1_cross_entropy(Loss):
    @overload
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        epsilon: float = 2.0,
        class_weight: ArrayLike | None = None,
        ignore_index: int = -100,
        label_smoothing: float = 0.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        axis: int = -1,
        check_domain: bool = True,
        n_threads: int | None = None,
        return_lse: Literal[False] = False,
        return_entropy: Literal[False] = False,
        return_argmax: Literal[False] = False,
        return_correct: Literal[False] = False,
    ) -> float | NDArray[Any]: ...
    @overload
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        epsilon: float = 2.0,
        class_weight: ArrayLike | None = None,
        ignore_index: int = -100,
        label_smoothing: float = 0.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        axis: int = -1,
        check_domain: bool = True,
        n_threads: int | None = None,
        return_lse: bool = False,
        return_entropy: bool = False,
        return_argmax: bool = False,
        return_correct: bool = False,
    ) -> SoftmaxResult: ...
    @overload
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        epsilon: float = 2.0,
        class_weight: ArrayLike | None = None,
        ignore_index: int = -100,
        label_smoothing: float = 0.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        axis: int = -1,
        check_domain: bool = True,
        out: _Place = None,
        n_threads: int | None = None,
        return_lse: Literal[False] = False,
        return_entropy: Literal[False] = False,
        return_argmax: Literal[False] = False,
        return_correct: Literal[False] = False,
    ) -> NDArray[Any]: ...
    @overload
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        epsilon: float = 2.0,
        class_weight: ArrayLike | None = None,
        ignore_index: int = -100,
        label_smoothing: float = 0.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        axis: int = -1,
        check_domain: bool = True,
        out: _Place = None,
        n_threads: int | None = None,
        return_lse: bool = False,
        return_entropy: bool = False,
        return_argmax: bool = False,
        return_correct: bool = False,
    ) -> SoftmaxResult: ...
    @overload
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        epsilon: float = 2.0,
        class_weight: ArrayLike | None = None,
        ignore_index: int = -100,
        label_smoothing: float = 0.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        axis: int = -1,
        check_domain: bool = True,
        out: _Place = None,
        n_threads: int | None = None,
        return_lse: Literal[False] = False,
        return_entropy: Literal[False] = False,
        return_argmax: Literal[False] = False,
        return_correct: Literal[False] = False,
    ) -> tuple[float | NDArray[Any], NDArray[Any]]: ...
    @overload
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        epsilon: float = 2.0,
        class_weight: ArrayLike | None = None,
        ignore_index: int = -100,
        label_smoothing: float = 0.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        axis: int = -1,
        check_domain: bool = True,
        out: _Place = None,
        n_threads: int | None = None,
        return_lse: bool = False,
        return_entropy: bool = False,
        return_argmax: bool = False,
        return_correct: bool = False,
    ) -> SoftmaxResult: ...
    @overload
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        epsilon: float = 2.0,
        class_weight: ArrayLike | None = None,
        ignore_index: int = -100,
        label_smoothing: float = 0.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        axis: int = -1,
        check_domain: bool = True,
        out: _Places = None,
        n_threads: int | None = None,
        return_lse: Literal[False] = False,
        return_entropy: Literal[False] = False,
        return_argmax: Literal[False] = False,
        return_correct: Literal[False] = False,
    ) -> tuple[NDArray[Any], NDArray[Any]]: ...
    @overload
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        epsilon: float = 2.0,
        class_weight: ArrayLike | None = None,
        ignore_index: int = -100,
        label_smoothing: float = 0.0,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        axis: int = -1,
        check_domain: bool = True,
        out: _Places = None,
        n_threads: int | None = None,
        return_lse: bool = False,
        return_entropy: bool = False,
        return_argmax: bool = False,
        return_correct: bool = False,
    ) -> SoftmaxResult: ...

class _generalized_cross_entropy(Loss):
    @overload
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        q: float = 0.7,
        class_weight: ArrayLike | None = None,
        ignore_index: int = -100,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        axis: int = -1,
        n_threads: int | None = None,
        return_lse: Literal[False] = False,
        return_entropy: Literal[False] = False,
        return_argmax: Literal[False] = False,
        return_correct: Literal[False] = False,
    ) -> float | NDArray[Any]: ...
    @overload
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        q: float = 0.7,
        class_weight: ArrayLike | None = None,
        ignore_index: int = -100,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        axis: int = -1,
        n_threads: int | None = None,
        return_lse: bool = False,
        return_entropy: bool = False,
        return_argmax: bool = False,
        return_correct: bool = False,
    ) -> SoftmaxResult: ...
    @overload
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        q: float = 0.7,
        class_weight: ArrayLike | None = None,
        ignore_index: int = -100,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        axis: int = -1,
        out: _Place = None,
        n_threads: int | None = None,
        return_lse: Literal[False] = False,
        return_entropy: Literal[False] = False,
        return_argmax: Literal[False] = False,
        return_correct: Literal[False] = False,
    ) -> NDArray[Any]: ...
    @overload
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        q: float = 0.7,
        class_weight: ArrayLike | None = None,
        ignore_index: int = -100,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        axis: int = -1,
        out: _Place = None,
        n_threads: int | None = None,
        return_lse: bool = False,
        return_entropy: bool = False,
        return_argmax: bool = False,
        return_correct: bool = False,
    ) -> SoftmaxResult: ...
    @overload
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        q: float = 0.7,
        class_weight: ArrayLike | None = None,
        ignore_index: int = -100,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        axis: int = -1,
        out: _Place = None,
        n_threads: int | None = None,
        return_lse: Literal[False] = False,
        return_entropy: Literal[False] = False,
        return_argmax: Literal[False] = False,
        return_correct: Literal[False] = False,
    ) -> tuple[float | NDArray[Any], NDArray[Any]]: ...
    @overload
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        q: float = 0.7,
        class_weight: ArrayLike | None = None,
        ignore_index: int = -100,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        axis: int = -1,
        out: _Place = None,
        n_threads: int | None = None,
        return_lse: bool = False,
        return_entropy: bool = False,
        return_argmax: bool = False,
        return_correct: bool = False,
    ) -> SoftmaxResult: ...
    @overload
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        q: float = 0.7,
        class_weight: ArrayLike | None = None,
        ignore_index: int = -100,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        axis: int = -1,
        out: _Places = None,
        n_threads: int | None = None,
        return_lse: Literal[False] = False,
        return_entropy: Literal[False] = False,
        return_argmax: Literal[False] = False,
        return_correct: Literal[False] = False,
    ) -> tuple[NDArray[Any], NDArray[Any]]: ...
    @overload
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        q: float = 0.7,
        class_weight: ArrayLike | None = None,
        ignore_index: int = -100,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        axis: int = -1,
        out: _Places = None,
        n_threads: int | None = None,
        return_lse: bool = False,
        return_entropy: bool = False,
        return_argmax: bool = False,
        return_correct: bool = False,
    ) -> SoftmaxResult: ...

class _symmetric_cross_entropy(Loss):
    @overload
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        alpha: float = 0.1,
        beta: float = 1.0,
        log_zero: float = -4.0,
        class_weight: ArrayLike | None = None,
        ignore_index: int = -100,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        axis: int = -1,
        n_threads: int | None = None,
        return_lse: Literal[False] = False,
        return_entropy: Literal[False] = False,
        return_argmax: Literal[False] = False,
        return_correct: Literal[False] = False,
    ) -> float | NDArray[Any]: ...
    @overload
    def __call__(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        alpha: float = 0.1,
        beta: float = 1.0,
        log_zero: float = -4.0,
        class_weight: ArrayLike | None = None,
        ignore_index: int = -100,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        axis: int = -1,
        n_threads: int | None = None,
        return_lse: bool = False,
        return_entropy: bool = False,
        return_argmax: bool = False,
        return_correct: bool = False,
    ) -> SoftmaxResult: ...
    @overload
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        alpha: float = 0.1,
        beta: float = 1.0,
        log_zero: float = -4.0,
        class_weight: ArrayLike | None = None,
        ignore_index: int = -100,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        axis: int = -1,
        out: _Place = None,
        n_threads: int | None = None,
        return_lse: Literal[False] = False,
        return_entropy: Literal[False] = False,
        return_argmax: Literal[False] = False,
        return_correct: Literal[False] = False,
    ) -> NDArray[Any]: ...
    @overload
    def grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        alpha: float = 0.1,
        beta: float = 1.0,
        log_zero: float = -4.0,
        class_weight: ArrayLike | None = None,
        ignore_index: int = -100,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        axis: int = -1,
        out: _Place = None,
        n_threads: int | None = None,
        return_lse: bool = False,
        return_entropy: bool = False,
        return_argmax: bool = False,
        return_correct: bool = False,
    ) -> SoftmaxResult: ...
    @overload
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        alpha: float = 0.1,
        beta: float = 1.0,
        log_zero: float = -4.0,
        class_weight: ArrayLike | None = None,
        ignore_index: int = -100,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        axis: int = -1,
        out: _Place = None,
        n_threads: int | None = None,
        return_lse: Literal[False] = False,
        return_entropy: Literal[False] = False,
        return_argmax: Literal[False] = False,
        return_correct: Literal[False] = False,
    ) -> tuple[float | NDArray[Any], NDArray[Any]]: ...
    @overload
    def value_and_grad(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        alpha: float = 0.1,
        beta: float = 1.0,
        log_zero: float = -4.0,
        class_weight: ArrayLike | None = None,
        ignore_index: int = -100,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
        axis: int = -1,
        out: _Place = None,
        n_threads: int | None = None,
        return_lse: bool = False,
        return_entropy: bool = False,
        return_argmax: bool = False,
        return_correct: bool = False,
    ) -> SoftmaxResult: ...
    @overload
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        alpha: float = 0.1,
        beta: float = 1.0,
        log_zero: float = -4.0,
        class_weight: ArrayLike | None = None,
        ignore_index: int = -100,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        axis: int = -1,
        out: _Places = None,
        n_threads: int | None = None,
        return_lse: Literal[False] = False,
        return_entropy: Literal[False] = False,
        return_argmax: Literal[False] = False,
        return_correct: Literal[False] = False,
    ) -> tuple[NDArray[Any], NDArray[Any]]: ...
    @overload
    def grad_and_hess(
        self,
        pred: ArrayLike,
        target: ArrayLike,
        *,
        alpha: float = 0.1,
        beta: float = 1.0,
        log_zero: float = -4.0,
        class_weight: ArrayLike | None = None,
        ignore_index: int = -100,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        axis: int = -1,
        out: _Places = None,
        n_threads: int | None = None,
        return_lse: bool = False,
        return_entropy: bool = False,
        return_argmax: bool = False,
        return_correct: bool = False,
    ) -> SoftmaxResult: ...

class _linear_cross_entropy(LinearLoss):
    @overload
    def __call__(
        self,
        hidden: ArrayLike,
        weight: ArrayLike,
        labels: ArrayLike,
        bias: ArrayLike | None = None,
        *,
        class_weight: ArrayLike | None = None,
        ignore_index: int = -100,
        label_smoothing: float = 0.0,
        temperature: float = 1.0,
        softcap: float | None = None,
        z_loss: float = 0.0,
        sample_weight: ArrayLike | None = None,
        filter_eps: float = 0.0,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        n_threads: int | None = None,
        return_lse: Literal[False] = False,
        return_entropy: Literal[False] = False,
        return_argmax: Literal[False] = False,
        return_correct: Literal[False] = False,
    ) -> float | NDArray[Any]: ...
    @overload
    def __call__(
        self,
        hidden: ArrayLike,
        weight: ArrayLike,
        labels: ArrayLike,
        bias: ArrayLike | None = None,
        *,
        class_weight: ArrayLike | None = None,
        ignore_index: int = -100,
        label_smoothing: float = 0.0,
        temperature: float = 1.0,
        softcap: float | None = None,
        z_loss: float = 0.0,
        sample_weight: ArrayLike | None = None,
        filter_eps: float = 0.0,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        n_threads: int | None = None,
        return_lse: bool = False,
        return_entropy: bool = False,
        return_argmax: bool = False,
        return_correct: bool = False,
    ) -> SoftmaxResult: ...
    @overload
    def grad(
        self,
        hidden: ArrayLike,
        weight: ArrayLike,
        labels: ArrayLike,
        bias: ArrayLike | None = None,
        *,
        class_weight: ArrayLike | None = None,
        ignore_index: int = -100,
        label_smoothing: float = 0.0,
        temperature: float = 1.0,
        softcap: float | None = None,
        z_loss: float = 0.0,
        sample_weight: ArrayLike | None = None,
        filter_eps: float = 0.0,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        out: tuple[NDArray[Any] | None, ...] | None = None,
        n_threads: int | None = None,
        return_lse: Literal[False] = False,
        return_entropy: Literal[False] = False,
        return_argmax: Literal[False] = False,
        return_correct: Literal[False] = False,
    ) -> tuple[NDArray[Any], ...]: ...
    @overload
    def grad(
        self,
        hidden: ArrayLike,
        weight: ArrayLike,
        labels: ArrayLike,
        bias: ArrayLike | None = None,
        *,
        class_weight: ArrayLike | None = None,
        ignore_index: int = -100,
        label_smoothing: float = 0.0,
        temperature: float = 1.0,
        softcap: float | None = None,
        z_loss: float = 0.0,
        sample_weight: ArrayLike | None = None,
        filter_eps: float = 0.0,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        out: tuple[NDArray[Any] | None, ...] | None = None,
        n_threads: int | None = None,
        return_lse: bool = False,
        return_entropy: bool = False,
        return_argmax: bool = False,
        return_correct: bool = False,
    ) -> SoftmaxResult: ...
    @overload
    def value_and_grad(
        self,
        hidden: ArrayLike,
        weight: ArrayLike,
        labels: ArrayLike,
        bias: ArrayLike | None = None,
        *,
        class_weight: ArrayLike | None = None,
        ignore_index: int = -100,
        label_smoothing: float = 0.0,
        temperature: float = 1.0,
        softcap: float | None = None,
        z_loss: float = 0.0,
        sample_weight: ArrayLike | None = None,
        filter_eps: float = 0.0,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        out: tuple[NDArray[Any] | None, ...] | None = None,
        n_threads: int | None = None,
        return_lse: Literal[False] = False,
        return_entropy: Literal[False] = False,
        return_argmax: Literal[False] = False,
        return_correct: Literal[False] = False,
    ) -> tuple[float | NDArray[Any], tuple[NDArray[Any], ...]]: ...
    @overload
    def value_and_grad(
        self,
        hidden: ArrayLike,
        weight: ArrayLike,
        labels: ArrayLike,
        bias: ArrayLike | None = None,
        *,
        class_weight: ArrayLike | None = None,
        ignore_index: int = -100,
        label_smoothing: float = 0.0,
        temperature: float = 1.0,
        softcap: float | None = None,
        z_loss: float = 0.0,
        sample_weight: ArrayLike | None = None,
        filter_eps: float = 0.0,
        reduction: Literal["mean", "sum", "none"] = "mean",
        check_domain: bool = True,
        out: tuple[NDArray[Any] | None, ...] | None = None,
        n_threads: int | None = None,
        return_lse: bool = False,
        return_entropy: bool = False,
        return_argmax: bool = False,
        return_correct: bool = False,
    ) -> SoftmaxResult: ...

class _linear_selected_log_probs(LinearLoss):
    @overload
    def __call__(
        self,
        hidden: ArrayLike,
        weight: ArrayLike,
        labels: ArrayLike,
        bias: ArrayLike | None = None,
        *,
        ignore_index: int = -100,
        sample_weight: ArrayLike | None = None,
        filter_eps: float = 0.0,
        reduction: Literal["mean", "sum", "none"] = "none",
        n_threads: int | None = None,
        return_lse: Literal[False] = False,
        return_entropy: Literal[False] = False,
        return_argmax: Literal[False] = False,
        return_correct: Literal[False] = False,
    ) -> float | NDArray[Any]: ...
    @overload
    def __call__(
        self,
        hidden: ArrayLike,
        weight: ArrayLike,
        labels: ArrayLike,
        bias: ArrayLike | None = None,
        *,
        ignore_index: int = -100,
        sample_weight: ArrayLike | None = None,
        filter_eps: float = 0.0,
        reduction: Literal["mean", "sum", "none"] = "none",
        n_threads: int | None = None,
        return_lse: bool = False,
        return_entropy: bool = False,
        return_argmax: bool = False,
        return_correct: bool = False,
    ) -> SoftmaxResult: ...
    @overload
    def grad(
        self,
        hidden: ArrayLike,
        weight: ArrayLike,
        labels: ArrayLike,
        bias: ArrayLike | None = None,
        *,
        ignore_index: int = -100,
        sample_weight: ArrayLike | None = None,
        filter_eps: float = 0.0,
        reduction: Literal["mean", "sum", "none"] = "none",
        out: tuple[NDArray[Any] | None, ...] | None = None,
        n_threads: int | None = None,
        return_lse: Literal[False] = False,
        return_entropy: Literal[False] = False,
        return_argmax: Literal[False] = False,
        return_correct: Literal[False] = False,
    ) -> tuple[NDArray[Any], ...]: ...
    @overload
    def grad(
        self,
        hidden: ArrayLike,
        weight: ArrayLike,
        labels: ArrayLike,
        bias: ArrayLike | None = None,
        *,
        ignore_index: int = -100,
        sample_weight: ArrayLike | None = None,
        filter_eps: float = 0.0,
        reduction: Literal["mean", "sum", "none"] = "none",
        out: tuple[NDArray[Any] | None, ...] | None = None,
        n_threads: int | None = None,
        return_lse: bool = False,
        return_entropy: bool = False,
        return_argmax: bool = False,
        return_correct: bool = False,
    ) -> SoftmaxResult: ...
    @overload
    def value_and_grad(
        self,
        hidden: ArrayLike,
        weight: ArrayLike,
        labels: ArrayLike,
        bias: ArrayLike | None = None,
        *,
        ignore_index: int = -100,
        sample_weight: ArrayLike | None = None,
        filter_eps: float = 0.0,
        reduction: Literal["mean", "sum", "none"] = "none",
        out: tuple[NDArray[Any] | None, ...] | None = None,
        n_threads: int | None = None,
        return_lse: Literal[False] = False,
        return_entropy: Literal[False] = False,
        return_argmax: Literal[False] = False,
        return_correct: Literal[False] = False,
    ) -> tuple[float | NDArray[Any], tuple[NDArray[Any], ...]]: ...
    @overload
    def value_and_grad(
        self,
        hidden: ArrayLike,
        weight: ArrayLike,
        labels: ArrayLike,
        bias: ArrayLike | None = None,
        *,
        ignore_index: int = -100,
        sample_weight: ArrayLike | None = None,
        filter_eps: float = 0.0,
        reduction: Literal["mean", "sum", "none"] = "none",
        out: tuple[NDArray[Any] | None, ...] | None = None,
        n_threads: int | None = None,
        return_lse: bool = False,
        return_entropy: bool = False,
        return_argmax: bool = False,
        return_correct: bool = False,
    ) -> SoftmaxResult: ...

class _linear_distillation_kl(LinearLoss):
    def __call__(
        self,
        hidden: ArrayLike,
        weight: ArrayLike,
        teacher: tuple[ArrayLike, ArrayLike] | tuple[ArrayLike, ArrayLike, ArrayLike | None],
        bias: ArrayLike | None = None,
        *,
        temperature: float = 1.0,
        sample_weight: ArrayLike | None = None,
        filter_eps: float = 0.0,
        reduction: Literal["mean", "sum", "none"] = "mean",
        n_threads: int | None = None,
    ) -> float | NDArray[Any]: ...
    def grad(
        self,
        hidden: ArrayLike,
        weight: ArrayLike,
        teacher: tuple[ArrayLike, ArrayLike] | tuple[ArrayLike, ArrayLike, ArrayLike | None],
        bias: ArrayLike | None = None,
        *,
        temperature: float = 1.0,
        sample_weight: ArrayLike | None = None,
        filter_eps: float = 0.0,
        reduction: Literal["mean", "sum", "none"] = "mean",
        out: tuple[NDArray[Any] | None, ...] | None = None,
        n_threads: int | None = None,
    ) -> tuple[NDArray[Any], ...]: ...
    def value_and_grad(
        self,
        hidden: ArrayLike,
        weight: ArrayLike,
        teacher: tuple[ArrayLike, ArrayLike] | tuple[ArrayLike, ArrayLike, ArrayLike | None],
        bias: ArrayLike | None = None,
        *,
        temperature: float = 1.0,
        sample_weight: ArrayLike | None = None,
        filter_eps: float = 0.0,
        reduction: Literal["mean", "sum", "none"] = "mean",
        out: tuple[NDArray[Any] | None, ...] | None = None,
        n_threads: int | None = None,
    ) -> tuple[float | NDArray[Any], tuple[NDArray[Any], ...]]: ...

class _logsumexp(RowFunction):
    def __call__(
        self,
        pred: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        axis: int = -1,
        n_threads: int | None = None,
    ) -> float | NDArray[Any]: ...
    def grad(
        self,
        pred: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        axis: int = -1,
        out: NDArray[Any] | None = None,
        n_threads: int | None = None,
    ) -> NDArray[Any]: ...
    def value_and_grad(
        self,
        pred: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        reduction: Literal["mean", "sum", "none"] = "none",
        axis: int = -1,
        out: NDArray[Any] | None = None,
        n_threads: int | None = None,
    ) -> tuple[float | NDArray[Any], NDArray[Any]]: ...

class _log_softmax(RowFunction):
    def __call__(
        self,
        pred: ArrayLike,
        *,
        axis: int = -1,
        out: NDArray[Any] | None = None,
        n_threads: int | None = None,
    ) -> NDArray[Any]: ...
    def vjp(
        self,
        pred: ArrayLike,
        cotangent: ArrayLike,
        *,
        axis: int = -1,
        out: NDArray[Any] | None = None,
        n_threads: int | None = None,
    ) -> NDArray[Any]: ...

squared_error: _squared_error
absolute_error: _absolute_error
huber: _huber
smooth_l1: _smooth_l1
log_cosh: _log_cosh
quantile: _quantile
binary_cross_entropy: _binary_cross_entropy
binary_cross_entropy_with_logits: _binary_cross_entropy_with_logits
sigmoid_focal: _sigmoid_focal
hinge: _hinge
squared_hinge: _squared_hinge
poisson: _poisson
wing: _wing
soft_margin: _soft_margin
modified_huber: _modified_huber
exponential: _exponential
perceptron: _perceptron
hinge_embedding: _hinge_embedding
brier: _brier
brier_with_logits: _brier_with_logits
cross_entropy_lambda: _cross_entropy_lambda
asymmetric_focal: _asymmetric_focal
reduced_focal: _reduced_focal
binary_sparsemax: _binary_sparsemax
poisson_identity: _poisson_identity
negative_binomial: _negative_binomial
gamma: _gamma
inverse_gaussian: _inverse_gaussian
tweedie: _tweedie
tweedie_identity: _tweedie_identity
generalized_kl: _generalized_kl
gaussian_nll: _gaussian_nll
margin_ranking: _margin_ranking
laplace_nll: _laplace_nll
gaussian_nll_with_log_scale: _gaussian_nll_with_log_scale
cauchy_nll: _cauchy_nll
student_t_nll: _student_t_nll
barron_nll: _barron_nll
crps_logistic: _crps_logistic
crps_laplace: _crps_laplace
crps_gaussian: _crps_gaussian
zero_inflated_poisson: _zero_inflated_poisson
beta: _beta
l1: _l1
l2: _l2
elastic_net: _elastic_net
pseudo_huber: _pseudo_huber
charbonnier: _charbonnier
fair: _fair
cauchy: _cauchy
geman_mcclure: _geman_mcclure
welsch: _welsch
tukey_biweight: _tukey_biweight
expectile: _expectile
epsilon_insensitive: _epsilon_insensitive
squared_epsilon_insensitive: _squared_epsilon_insensitive
squared_log_error: _squared_log_error
absolute_percentage_error: _absolute_percentage_error
symmetric_absolute_percentage_error: _symmetric_absolute_percentage_error
lp: _lp
linex: _linex
log_lin_quantile: _log_lin_quantile
barron: _barron
cross_entropy: _cross_entropy
nll: _nll
kl_divergence: _kl_divergence
total_variation: _total_variation
distillation_kl: _distillation_kl
distillation_js: _distillation_js
multilabel_soft_margin: _multilabel_soft_margin
one_vs_all: _one_vs_all
multi_margin: _multi_margin
categorical_hinge: _categorical_hinge
multilabel_margin: _multilabel_margin
sparsemax: _sparsemax
selected_log_probs: _selected_log_probs
softmax_focal: _softmax_focal
poly1_cross_entropy: _poly1_cross_entropy
generalized_cross_entropy: _generalized_cross_entropy
symmetric_cross_entropy: _symmetric_cross_entropy
linear_cross_entropy: _linear_cross_entropy
linear_selected_log_probs: _linear_selected_log_probs
linear_distillation_kl: _linear_distillation_kl
logsumexp: _logsumexp
log_softmax: _log_softmax
