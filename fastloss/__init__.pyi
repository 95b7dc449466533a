"""Written by tools/make_stubs.py from the registry; to refresh it, run `python tools/refresh.py`."""

# ruff: noqa: E501, UP013
# fmt: off
# pyright: reportIncompatibleVariableOverride=false, reportOverlappingOverload=false

from typing import Any, Generic, Literal, Never, Protocol, TypedDict, TypeVar, Unpack, overload

from numpy.typing import ArrayLike, DTypeLike, NDArray

from fastloss import reference as reference
from fastloss._linear import LinearLoss as LinearLoss
from fastloss._loss import Loss as Loss
from fastloss._names import Named
from fastloss._row_functions import RowFunction as RowFunction
from fastloss._statistics import SoftmaxResult as SoftmaxResult
from fastloss._threads import Block as _Block

# Results of entry points, and where derivatives are written to: by one argument, and by two.
_Array = NDArray[Any]
_Arrays = tuple[_Array, _Array]
_Layer = tuple[_Array, ...]
_Teacher = tuple[ArrayLike, ArrayLike] | tuple[ArrayLike, ArrayLike, ArrayLike | None]
class _Tensor(Protocol):  # of PyTorch, in main memory
    def data_ptr(self) -> int: ...

_Out = _Array | _Tensor | None
_Outs = _Out | tuple[_Out, _Out]
_LayerOut = tuple[_Out, ...] | None

# What is asked for.
_Reduced = Literal["mean", "sum"]
_Each = Literal["none"]
_Empty = Literal["nan", "zero"]
_Yes = Literal[True]
_No = Literal[False]

# Results of one entry point: reduced, of each, both with a second argument; its `out`.
_R = TypeVar("_R")
_E = TypeVar("_E")
_R2 = TypeVar("_R2")
_E2 = TypeVar("_E2")
_O = TypeVar("_O")
# The entry points of one loss.
_G = TypeVar("_G")
_V = TypeVar("_V")
_H = TypeVar("_H")

class _Derivatives(Loss, Generic[_G, _V, _H]):
    grad: _G
    """Gradient with respect to `pred`: that of the reduced value."""
    value_and_grad: _V
    """Value and its gradient with respect to `pred`, in one pass."""
    grad_and_hess: _H
    """Gradient and diagonal Hessian with respect to `pred`, by default not reduced."""

class _LayerDerivatives(LinearLoss, Generic[_G, _V]):
    grad: _G
    """Gradients with respect to `hidden`, `weight` and `bias`: those of the reduced value."""
    value_and_grad: _V
    """Value and its gradients with respect to `hidden`, `weight` and `bias`."""

__version__: str
losses: Named[Loss]
"""Every loss by name; `losses.search("quantile")` finds some."""
linear_losses: Named[LinearLoss]
"""The losses of a linear layer by name."""
row_functions: Named[RowFunction]
"""The functions of rows of logits by name."""

def get_num_threads() -> int: ...
def set_num_threads(n: int | None) -> None: ...
def num_threads(n: int) -> _Block: ...
def show_config() -> None: ...

_squared_error_options = TypedDict("_squared_error_options", {"weight": ArrayLike | None, "sample_weight": ArrayLike | None, "empty": _Empty, "n_threads": int | None}, total=False)
class _squared_error_call(Generic[_R, _E, _O]):
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_squared_error_options]) -> _R: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Each, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_squared_error_options]) -> _E: ...
class _squared_error(_squared_error_call[float, _Array, Never], _Derivatives[_squared_error_call[_Array, _Array, _Out], _squared_error_call[tuple[float, _Array], _Arrays, _Out], _squared_error_call[_Arrays, _Arrays, _Outs]]): ...
squared_error: _squared_error
absolute_error: _squared_error
log_cosh: _squared_error

_huber_options = TypedDict("_huber_options", {"delta": float, "weight": ArrayLike | None, "sample_weight": ArrayLike | None, "empty": _Empty, "n_threads": int | None}, total=False)
class _huber_call(Generic[_R, _E, _O]):
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_huber_options]) -> _R: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Each, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_huber_options]) -> _E: ...
class _huber(_huber_call[float, _Array, Never], _Derivatives[_huber_call[_Array, _Array, _Out], _huber_call[tuple[float, _Array], _Arrays, _Out], _huber_call[_Arrays, _Arrays, _Outs]]): ...
huber: _huber
pseudo_huber: _huber

_smooth_l1_options = TypedDict("_smooth_l1_options", {"beta": float, "weight": ArrayLike | None, "sample_weight": ArrayLike | None, "empty": _Empty, "n_threads": int | None}, total=False)
class _smooth_l1_call(Generic[_R, _E, _O]):
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_smooth_l1_options]) -> _R: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Each, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_smooth_l1_options]) -> _E: ...
class _smooth_l1(_smooth_l1_call[float, _Array, Never], _Derivatives[_smooth_l1_call[_Array, _Array, _Out], _smooth_l1_call[tuple[float, _Array], _Arrays, _Out], _smooth_l1_call[_Arrays, _Arrays, _Outs]]): ...
smooth_l1: _smooth_l1

_quantile_options = TypedDict("_quantile_options", {"q": ArrayLike, "weight": ArrayLike | None, "sample_weight": ArrayLike | None, "empty": _Empty, "n_threads": int | None}, total=False)
class _quantile_call(Generic[_R, _E, _O]):
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_quantile_options]) -> _R: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Each, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_quantile_options]) -> _E: ...
class _quantile(_quantile_call[float, _Array, Never], _Derivatives[_quantile_call[_Array, _Array, _Out], _quantile_call[tuple[float, _Array], _Arrays, _Out], _quantile_call[_Arrays, _Arrays, _Outs]]): ...
quantile: _quantile

_binary_cross_entropy_options = TypedDict("_binary_cross_entropy_options", {"weight": ArrayLike | None, "sample_weight": ArrayLike | None, "empty": _Empty, "check_domain": bool, "n_threads": int | None}, total=False)
class _binary_cross_entropy_call(Generic[_R, _E, _O]):
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_binary_cross_entropy_options]) -> _R: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Each, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_binary_cross_entropy_options]) -> _E: ...
class _binary_cross_entropy_calls(Generic[_R, _E, _R2, _E2, _O]):
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced = ..., target_grad: _No = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_binary_cross_entropy_options]) -> _R: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Each, target_grad: _No = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_binary_cross_entropy_options]) -> _E: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced = ..., target_grad: _Yes, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_binary_cross_entropy_options]) -> _R2: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Each, target_grad: _Yes, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_binary_cross_entropy_options]) -> _E2: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced | _Each = ..., target_grad: bool, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_binary_cross_entropy_options]) -> _R | _E | _R2 | _E2: ...
class _binary_cross_entropy(_binary_cross_entropy_call[float, _Array, Never], _Derivatives[_binary_cross_entropy_calls[_Array, _Array, _Arrays, _Arrays, _Outs], _binary_cross_entropy_calls[tuple[float, _Array], _Arrays, tuple[float, _Arrays], tuple[_Array, _Arrays], _Outs], _binary_cross_entropy_call[_Arrays, _Arrays, _Outs]]): ...
binary_cross_entropy: _binary_cross_entropy
elementwise_kl_divergence: _binary_cross_entropy

_binary_cross_entropy_with_logits_options = TypedDict("_binary_cross_entropy_with_logits_options", {"pos_weight": ArrayLike, "weight": ArrayLike | None, "sample_weight": ArrayLike | None, "empty": _Empty, "check_domain": bool, "n_threads": int | None}, total=False)
class _binary_cross_entropy_with_logits_call(Generic[_R, _E, _O]):
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_binary_cross_entropy_with_logits_options]) -> _R: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Each, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_binary_cross_entropy_with_logits_options]) -> _E: ...
class _binary_cross_entropy_with_logits_calls(Generic[_R, _E, _R2, _E2, _O]):
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced = ..., target_grad: _No = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_binary_cross_entropy_with_logits_options]) -> _R: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Each, target_grad: _No = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_binary_cross_entropy_with_logits_options]) -> _E: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced = ..., target_grad: _Yes, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_binary_cross_entropy_with_logits_options]) -> _R2: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Each, target_grad: _Yes, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_binary_cross_entropy_with_logits_options]) -> _E2: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced | _Each = ..., target_grad: bool, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_binary_cross_entropy_with_logits_options]) -> _R | _E | _R2 | _E2: ...
class _binary_cross_entropy_with_logits(_binary_cross_entropy_with_logits_call[float, _Array, Never], _Derivatives[_binary_cross_entropy_with_logits_calls[_Array, _Array, _Arrays, _Arrays, _Outs], _binary_cross_entropy_with_logits_calls[tuple[float, _Array], _Arrays, tuple[float, _Arrays], tuple[_Array, _Arrays], _Outs], _binary_cross_entropy_with_logits_call[_Arrays, _Arrays, _Outs]]): ...
binary_cross_entropy_with_logits: _binary_cross_entropy_with_logits

_sigmoid_focal_options = TypedDict("_sigmoid_focal_options", {"alpha": ArrayLike | None, "gamma": float, "weight": ArrayLike | None, "sample_weight": ArrayLike | None, "empty": _Empty, "check_domain": bool, "n_threads": int | None}, total=False)
class _sigmoid_focal_call(Generic[_R, _E, _O]):
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_sigmoid_focal_options]) -> _R: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Each, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_sigmoid_focal_options]) -> _E: ...
class _sigmoid_focal(_sigmoid_focal_call[float, _Array, Never], _Derivatives[_sigmoid_focal_call[_Array, _Array, _Out], _sigmoid_focal_call[tuple[float, _Array], _Arrays, _Out], _sigmoid_focal_call[_Arrays, _Arrays, _Outs]]): ...
sigmoid_focal: _sigmoid_focal

_hinge_options = TypedDict("_hinge_options", {"weight": ArrayLike | None, "sample_weight": ArrayLike | None, "empty": _Empty, "check_domain": bool, "n_threads": int | None}, total=False)
class _hinge_call(Generic[_R, _E, _O]):
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_hinge_options]) -> _R: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Each, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_hinge_options]) -> _E: ...
class _hinge(_hinge_call[float, _Array, Never], _Derivatives[_hinge_call[_Array, _Array, _Out], _hinge_call[tuple[float, _Array], _Arrays, _Out], _hinge_call[_Arrays, _Arrays, _Outs]]): ...
hinge: _hinge
squared_hinge: _hinge
soft_margin: _hinge
modified_huber: _hinge
exponential: _hinge
exponential_with_soft_labels: _hinge
perceptron: _hinge
brier: _hinge
brier_with_logits: _hinge
binary_sparsemax: _hinge
gamma: _hinge
inverse_gaussian: _hinge
generalized_kl: _hinge
squared_log_error: _hinge

_poisson_options = TypedDict("_poisson_options", {"full": bool, "weight": ArrayLike | None, "sample_weight": ArrayLike | None, "empty": _Empty, "check_domain": bool, "n_threads": int | None}, total=False)
class _poisson_call(Generic[_R, _E, _O]):
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_poisson_options]) -> _R: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Each, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_poisson_options]) -> _E: ...
class _poisson(_poisson_call[float, _Array, Never], _Derivatives[_poisson_call[_Array, _Array, _Out], _poisson_call[tuple[float, _Array], _Arrays, _Out], _poisson_call[_Arrays, _Arrays, _Outs]]): ...
poisson: _poisson
poisson_identity: _poisson

_wing_options = TypedDict("_wing_options", {"width": float, "curvature": float, "weight": ArrayLike | None, "sample_weight": ArrayLike | None, "empty": _Empty, "n_threads": int | None}, total=False)
class _wing_call(Generic[_R, _E, _O]):
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_wing_options]) -> _R: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Each, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_wing_options]) -> _E: ...
class _wing(_wing_call[float, _Array, Never], _Derivatives[_wing_call[_Array, _Array, _Out], _wing_call[tuple[float, _Array], _Arrays, _Out], _wing_call[_Arrays, _Arrays, _Outs]]): ...
wing: _wing

_hinge_embedding_options = TypedDict("_hinge_embedding_options", {"margin": float, "weight": ArrayLike | None, "sample_weight": ArrayLike | None, "empty": _Empty, "check_domain": bool, "n_threads": int | None}, total=False)
class _hinge_embedding_call(Generic[_R, _E, _O]):
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_hinge_embedding_options]) -> _R: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Each, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_hinge_embedding_options]) -> _E: ...
class _hinge_embedding(_hinge_embedding_call[float, _Array, Never], _Derivatives[_hinge_embedding_call[_Array, _Array, _Out], _hinge_embedding_call[tuple[float, _Array], _Arrays, _Out], _hinge_embedding_call[_Arrays, _Arrays, _Outs]]): ...
hinge_embedding: _hinge_embedding

_cross_entropy_lambda_options = TypedDict("_cross_entropy_lambda_options", {"exposure": ArrayLike, "weight": ArrayLike | None, "sample_weight": ArrayLike | None, "empty": _Empty, "check_domain": bool, "n_threads": int | None}, total=False)
class _cross_entropy_lambda_call(Generic[_R, _E, _O]):
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_cross_entropy_lambda_options]) -> _R: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Each, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_cross_entropy_lambda_options]) -> _E: ...
class _cross_entropy_lambda(_cross_entropy_lambda_call[float, _Array, Never], _Derivatives[_cross_entropy_lambda_call[_Array, _Array, _Out], _cross_entropy_lambda_call[tuple[float, _Array], _Arrays, _Out], _cross_entropy_lambda_call[_Arrays, _Arrays, _Outs]]): ...
cross_entropy_lambda: _cross_entropy_lambda

_asymmetric_focal_options = TypedDict("_asymmetric_focal_options", {"gamma_positive": float, "gamma_negative": float, "clip": float, "weight": ArrayLike | None, "sample_weight": ArrayLike | None, "empty": _Empty, "check_domain": bool, "n_threads": int | None}, total=False)
class _asymmetric_focal_call(Generic[_R, _E, _O]):
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_asymmetric_focal_options]) -> _R: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Each, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_asymmetric_focal_options]) -> _E: ...
class _asymmetric_focal(_asymmetric_focal_call[float, _Array, Never], _Derivatives[_asymmetric_focal_call[_Array, _Array, _Out], _asymmetric_focal_call[tuple[float, _Array], _Arrays, _Out], _asymmetric_focal_call[_Arrays, _Arrays, _Outs]]): ...
asymmetric_focal: _asymmetric_focal

_reduced_focal_options = TypedDict("_reduced_focal_options", {"gamma": float, "threshold": float, "weight": ArrayLike | None, "sample_weight": ArrayLike | None, "empty": _Empty, "check_domain": bool, "n_threads": int | None}, total=False)
class _reduced_focal_call(Generic[_R, _E, _O]):
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_reduced_focal_options]) -> _R: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Each, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_reduced_focal_options]) -> _E: ...
class _reduced_focal(_reduced_focal_call[float, _Array, Never], _Derivatives[_reduced_focal_call[_Array, _Array, _Out], _reduced_focal_call[tuple[float, _Array], _Arrays, _Out], _reduced_focal_call[_Arrays, _Arrays, _Outs]]): ...
reduced_focal: _reduced_focal

_negative_binomial_options = TypedDict("_negative_binomial_options", {"dispersion": float, "weight": ArrayLike | None, "sample_weight": ArrayLike | None, "empty": _Empty, "check_domain": bool, "n_threads": int | None}, total=False)
class _negative_binomial_call(Generic[_R, _E, _O]):
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_negative_binomial_options]) -> _R: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Each, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_negative_binomial_options]) -> _E: ...
class _negative_binomial(_negative_binomial_call[float, _Array, Never], _Derivatives[_negative_binomial_call[_Array, _Array, _Out], _negative_binomial_call[tuple[float, _Array], _Arrays, _Out], _negative_binomial_call[_Arrays, _Arrays, _Outs]]): ...
negative_binomial: _negative_binomial

_tweedie_options = TypedDict("_tweedie_options", {"power": float, "weight": ArrayLike | None, "sample_weight": ArrayLike | None, "empty": _Empty, "check_domain": bool, "n_threads": int | None}, total=False)
class _tweedie_call(Generic[_R, _E, _O]):
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_tweedie_options]) -> _R: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Each, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_tweedie_options]) -> _E: ...
class _tweedie(_tweedie_call[float, _Array, Never], _Derivatives[_tweedie_call[_Array, _Array, _Out], _tweedie_call[tuple[float, _Array], _Arrays, _Out], _tweedie_call[_Arrays, _Arrays, _Outs]]): ...
tweedie: _tweedie
tweedie_identity: _tweedie

_gaussian_nll_options = TypedDict("_gaussian_nll_options", {"variance": ArrayLike, "full": bool, "weight": ArrayLike | None, "sample_weight": ArrayLike | None, "empty": _Empty, "n_threads": int | None}, total=False)
class _gaussian_nll_call(Generic[_R, _E, _O]):
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_gaussian_nll_options]) -> _R: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Each, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_gaussian_nll_options]) -> _E: ...
class _gaussian_nll_calls(Generic[_R, _E, _R2, _E2, _O]):
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced = ..., variance_grad: _No = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_gaussian_nll_options]) -> _R: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Each, variance_grad: _No = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_gaussian_nll_options]) -> _E: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced = ..., variance_grad: _Yes, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_gaussian_nll_options]) -> _R2: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Each, variance_grad: _Yes, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_gaussian_nll_options]) -> _E2: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced | _Each = ..., variance_grad: bool, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_gaussian_nll_options]) -> _R | _E | _R2 | _E2: ...
class _gaussian_nll(_gaussian_nll_call[float, _Array, Never], _Derivatives[_gaussian_nll_calls[_Array, _Array, _Arrays, _Arrays, _Outs], _gaussian_nll_calls[tuple[float, _Array], _Arrays, tuple[float, _Arrays], tuple[_Array, _Arrays], _Outs], _gaussian_nll_calls[_Arrays, _Arrays, tuple[_Arrays, _Arrays], tuple[_Arrays, _Arrays], _Outs | tuple[_Outs, _Outs]]]): ...
gaussian_nll: _gaussian_nll

_margin_ranking_options = TypedDict("_margin_ranking_options", {"other": ArrayLike, "margin": float, "weight": ArrayLike | None, "sample_weight": ArrayLike | None, "empty": _Empty, "check_domain": bool, "n_threads": int | None}, total=False)
class _margin_ranking_call(Generic[_R, _E, _O]):
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_margin_ranking_options]) -> _R: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Each, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_margin_ranking_options]) -> _E: ...
class _margin_ranking_calls(Generic[_R, _E, _R2, _E2, _O]):
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced = ..., other_grad: _No = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_margin_ranking_options]) -> _R: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Each, other_grad: _No = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_margin_ranking_options]) -> _E: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced = ..., other_grad: _Yes, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_margin_ranking_options]) -> _R2: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Each, other_grad: _Yes, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_margin_ranking_options]) -> _E2: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced | _Each = ..., other_grad: bool, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_margin_ranking_options]) -> _R | _E | _R2 | _E2: ...
class _margin_ranking(_margin_ranking_call[float, _Array, Never], _Derivatives[_margin_ranking_calls[_Array, _Array, _Arrays, _Arrays, _Outs], _margin_ranking_calls[tuple[float, _Array], _Arrays, tuple[float, _Arrays], tuple[_Array, _Arrays], _Outs], _margin_ranking_calls[_Arrays, _Arrays, tuple[_Arrays, _Arrays], tuple[_Arrays, _Arrays], _Outs | tuple[_Outs, _Outs]]]): ...
margin_ranking: _margin_ranking

_laplace_nll_options = TypedDict("_laplace_nll_options", {"scale": ArrayLike, "full": bool, "weight": ArrayLike | None, "sample_weight": ArrayLike | None, "empty": _Empty, "n_threads": int | None}, total=False)
class _laplace_nll_call(Generic[_R, _E, _O]):
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_laplace_nll_options]) -> _R: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Each, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_laplace_nll_options]) -> _E: ...
class _laplace_nll_calls(Generic[_R, _E, _R2, _E2, _O]):
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced = ..., scale_grad: _No = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_laplace_nll_options]) -> _R: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Each, scale_grad: _No = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_laplace_nll_options]) -> _E: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced = ..., scale_grad: _Yes, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_laplace_nll_options]) -> _R2: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Each, scale_grad: _Yes, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_laplace_nll_options]) -> _E2: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced | _Each = ..., scale_grad: bool, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_laplace_nll_options]) -> _R | _E | _R2 | _E2: ...
class _laplace_nll(_laplace_nll_call[float, _Array, Never], _Derivatives[_laplace_nll_calls[_Array, _Array, _Arrays, _Arrays, _Outs], _laplace_nll_calls[tuple[float, _Array], _Arrays, tuple[float, _Arrays], tuple[_Array, _Arrays], _Outs], _laplace_nll_calls[_Arrays, _Arrays, tuple[_Arrays, _Arrays], tuple[_Arrays, _Arrays], _Outs | tuple[_Outs, _Outs]]]): ...
laplace_nll: _laplace_nll
cauchy_nll: _laplace_nll

_gaussian_nll_with_log_scale_options = TypedDict("_gaussian_nll_with_log_scale_options", {"log_scale": ArrayLike, "full": bool, "weight": ArrayLike | None, "sample_weight": ArrayLike | None, "empty": _Empty, "n_threads": int | None}, total=False)
class _gaussian_nll_with_log_scale_call(Generic[_R, _E, _O]):
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_gaussian_nll_with_log_scale_options]) -> _R: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Each, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_gaussian_nll_with_log_scale_options]) -> _E: ...
class _gaussian_nll_with_log_scale_calls(Generic[_R, _E, _R2, _E2, _O]):
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced = ..., log_scale_grad: _No = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_gaussian_nll_with_log_scale_options]) -> _R: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Each, log_scale_grad: _No = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_gaussian_nll_with_log_scale_options]) -> _E: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced = ..., log_scale_grad: _Yes, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_gaussian_nll_with_log_scale_options]) -> _R2: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Each, log_scale_grad: _Yes, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_gaussian_nll_with_log_scale_options]) -> _E2: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced | _Each = ..., log_scale_grad: bool, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_gaussian_nll_with_log_scale_options]) -> _R | _E | _R2 | _E2: ...
class _gaussian_nll_with_log_scale(_gaussian_nll_with_log_scale_call[float, _Array, Never], _Derivatives[_gaussian_nll_with_log_scale_calls[_Array, _Array, _Arrays, _Arrays, _Outs], _gaussian_nll_with_log_scale_calls[tuple[float, _Array], _Arrays, tuple[float, _Arrays], tuple[_Array, _Arrays], _Outs], _gaussian_nll_with_log_scale_calls[_Arrays, _Arrays, tuple[_Arrays, _Arrays], tuple[_Arrays, _Arrays], _Outs | tuple[_Outs, _Outs]]]): ...
gaussian_nll_with_log_scale: _gaussian_nll_with_log_scale

_student_t_nll_options = TypedDict("_student_t_nll_options", {"scale": ArrayLike, "degrees_of_freedom": float, "weight": ArrayLike | None, "sample_weight": ArrayLike | None, "empty": _Empty, "n_threads": int | None}, total=False)
class _student_t_nll_call(Generic[_R, _E, _O]):
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_student_t_nll_options]) -> _R: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Each, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_student_t_nll_options]) -> _E: ...
class _student_t_nll_calls(Generic[_R, _E, _R2, _E2, _O]):
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced = ..., scale_grad: _No = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_student_t_nll_options]) -> _R: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Each, scale_grad: _No = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_student_t_nll_options]) -> _E: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced = ..., scale_grad: _Yes, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_student_t_nll_options]) -> _R2: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Each, scale_grad: _Yes, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_student_t_nll_options]) -> _E2: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced | _Each = ..., scale_grad: bool, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_student_t_nll_options]) -> _R | _E | _R2 | _E2: ...
class _student_t_nll(_student_t_nll_call[float, _Array, Never], _Derivatives[_student_t_nll_calls[_Array, _Array, _Arrays, _Arrays, _Outs], _student_t_nll_calls[tuple[float, _Array], _Arrays, tuple[float, _Arrays], tuple[_Array, _Arrays], _Outs], _student_t_nll_calls[_Arrays, _Arrays, tuple[_Arrays, _Arrays], tuple[_Arrays, _Arrays], _Outs | tuple[_Outs, _Outs]]]): ...
student_t_nll: _student_t_nll

_barron_nll_options = TypedDict("_barron_nll_options", {"alpha": ArrayLike, "scale": float, "weight": ArrayLike | None, "sample_weight": ArrayLike | None, "empty": _Empty, "n_threads": int | None}, total=False)
class _barron_nll_call(Generic[_R, _E, _O]):
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_barron_nll_options]) -> _R: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Each, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_barron_nll_options]) -> _E: ...
class _barron_nll_calls(Generic[_R, _E, _R2, _E2, _O]):
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced = ..., alpha_grad: _No = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_barron_nll_options]) -> _R: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Each, alpha_grad: _No = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_barron_nll_options]) -> _E: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced = ..., alpha_grad: _Yes, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_barron_nll_options]) -> _R2: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Each, alpha_grad: _Yes, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_barron_nll_options]) -> _E2: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced | _Each = ..., alpha_grad: bool, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_barron_nll_options]) -> _R | _E | _R2 | _E2: ...
class _barron_nll(_barron_nll_call[float, _Array, Never], _Derivatives[_barron_nll_calls[_Array, _Array, _Arrays, _Arrays, _Outs], _barron_nll_calls[tuple[float, _Array], _Arrays, tuple[float, _Arrays], tuple[_Array, _Arrays], _Outs], _barron_nll_calls[_Arrays, _Arrays, tuple[_Arrays, _Arrays], tuple[_Arrays, _Arrays], _Outs | tuple[_Outs, _Outs]]]): ...
barron_nll: _barron_nll

_crps_logistic_options = TypedDict("_crps_logistic_options", {"scale": ArrayLike, "weight": ArrayLike | None, "sample_weight": ArrayLike | None, "empty": _Empty, "n_threads": int | None}, total=False)
class _crps_logistic_call(Generic[_R, _E, _O]):
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_crps_logistic_options]) -> _R: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Each, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_crps_logistic_options]) -> _E: ...
class _crps_logistic_calls(Generic[_R, _E, _R2, _E2, _O]):
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced = ..., scale_grad: _No = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_crps_logistic_options]) -> _R: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Each, scale_grad: _No = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_crps_logistic_options]) -> _E: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced = ..., scale_grad: _Yes, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_crps_logistic_options]) -> _R2: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Each, scale_grad: _Yes, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_crps_logistic_options]) -> _E2: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced | _Each = ..., scale_grad: bool, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_crps_logistic_options]) -> _R | _E | _R2 | _E2: ...
class _crps_logistic(_crps_logistic_call[float, _Array, Never], _Derivatives[_crps_logistic_calls[_Array, _Array, _Arrays, _Arrays, _Outs], _crps_logistic_calls[tuple[float, _Array], _Arrays, tuple[float, _Arrays], tuple[_Array, _Arrays], _Outs], _crps_logistic_calls[_Arrays, _Arrays, tuple[_Arrays, _Arrays], tuple[_Arrays, _Arrays], _Outs | tuple[_Outs, _Outs]]]): ...
crps_logistic: _crps_logistic
crps_laplace: _crps_logistic
crps_gaussian: _crps_logistic

_zero_inflated_poisson_options = TypedDict("_zero_inflated_poisson_options", {"logit_zero": ArrayLike, "weight": ArrayLike | None, "sample_weight": ArrayLike | None, "empty": _Empty, "check_domain": bool, "n_threads": int | None}, total=False)
class _zero_inflated_poisson_call(Generic[_R, _E, _O]):
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_zero_inflated_poisson_options]) -> _R: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Each, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_zero_inflated_poisson_options]) -> _E: ...
class _zero_inflated_poisson_calls(Generic[_R, _E, _R2, _E2, _O]):
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced = ..., logit_zero_grad: _No = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_zero_inflated_poisson_options]) -> _R: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Each, logit_zero_grad: _No = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_zero_inflated_poisson_options]) -> _E: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced = ..., logit_zero_grad: _Yes, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_zero_inflated_poisson_options]) -> _R2: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Each, logit_zero_grad: _Yes, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_zero_inflated_poisson_options]) -> _E2: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced | _Each = ..., logit_zero_grad: bool, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_zero_inflated_poisson_options]) -> _R | _E | _R2 | _E2: ...
class _zero_inflated_poisson(_zero_inflated_poisson_call[float, _Array, Never], _Derivatives[_zero_inflated_poisson_calls[_Array, _Array, _Arrays, _Arrays, _Outs], _zero_inflated_poisson_calls[tuple[float, _Array], _Arrays, tuple[float, _Arrays], tuple[_Array, _Arrays], _Outs], _zero_inflated_poisson_calls[_Arrays, _Arrays, tuple[_Arrays, _Arrays], tuple[_Arrays, _Arrays], _Outs | tuple[_Outs, _Outs]]]): ...
zero_inflated_poisson: _zero_inflated_poisson

_beta_options = TypedDict("_beta_options", {"precision": ArrayLike, "weight": ArrayLike | None, "sample_weight": ArrayLike | None, "empty": _Empty, "check_domain": bool, "n_threads": int | None}, total=False)
class _beta_call(Generic[_R, _E, _O]):
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_beta_options]) -> _R: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Each, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_beta_options]) -> _E: ...
class _beta_calls(Generic[_R, _E, _R2, _E2, _O]):
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced = ..., precision_grad: _No = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_beta_options]) -> _R: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Each, precision_grad: _No = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_beta_options]) -> _E: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced = ..., precision_grad: _Yes, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_beta_options]) -> _R2: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Each, precision_grad: _Yes, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_beta_options]) -> _E2: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced | _Each = ..., precision_grad: bool, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_beta_options]) -> _R | _E | _R2 | _E2: ...
class _beta(_beta_call[float, _Array, Never], _Derivatives[_beta_calls[_Array, _Array, _Arrays, _Arrays, _Outs], _beta_calls[tuple[float, _Array], _Arrays, tuple[float, _Arrays], tuple[_Array, _Arrays], _Outs], _beta_calls[_Arrays, _Arrays, tuple[_Arrays, _Arrays], tuple[_Arrays, _Arrays], _Outs | tuple[_Outs, _Outs]]]): ...
beta: _beta

_l1_options = TypedDict("_l1_options", {"strength": float, "weight": ArrayLike | None, "sample_weight": ArrayLike | None, "empty": _Empty, "n_threads": int | None}, total=False)
class _l1_call(Generic[_R, _E, _O]):
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike | None = None, *, reduction: _Reduced = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_l1_options]) -> _R: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike | None = None, *, reduction: _Each, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_l1_options]) -> _E: ...
class _l1(_l1_call[float, _Array, Never], _Derivatives[_l1_call[_Array, _Array, _Out], _l1_call[tuple[float, _Array], _Arrays, _Out], _l1_call[_Arrays, _Arrays, _Outs]]): ...
l1: _l1
l2: _l1

_elastic_net_options = TypedDict("_elastic_net_options", {"strength": float, "l1_ratio": float, "weight": ArrayLike | None, "sample_weight": ArrayLike | None, "empty": _Empty, "n_threads": int | None}, total=False)
class _elastic_net_call(Generic[_R, _E, _O]):
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike | None = None, *, reduction: _Reduced = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_elastic_net_options]) -> _R: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike | None = None, *, reduction: _Each, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_elastic_net_options]) -> _E: ...
class _elastic_net(_elastic_net_call[float, _Array, Never], _Derivatives[_elastic_net_call[_Array, _Array, _Out], _elastic_net_call[tuple[float, _Array], _Arrays, _Out], _elastic_net_call[_Arrays, _Arrays, _Outs]]): ...
elastic_net: _elastic_net

_charbonnier_options = TypedDict("_charbonnier_options", {"epsilon": float, "weight": ArrayLike | None, "sample_weight": ArrayLike | None, "empty": _Empty, "n_threads": int | None}, total=False)
class _charbonnier_call(Generic[_R, _E, _O]):
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_charbonnier_options]) -> _R: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Each, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_charbonnier_options]) -> _E: ...
class _charbonnier(_charbonnier_call[float, _Array, Never], _Derivatives[_charbonnier_call[_Array, _Array, _Out], _charbonnier_call[tuple[float, _Array], _Arrays, _Out], _charbonnier_call[_Arrays, _Arrays, _Outs]]): ...
charbonnier: _charbonnier
epsilon_insensitive: _charbonnier
squared_epsilon_insensitive: _charbonnier
absolute_percentage_error: _charbonnier
symmetric_absolute_percentage_error: _charbonnier

_fair_options = TypedDict("_fair_options", {"c": float, "weight": ArrayLike | None, "sample_weight": ArrayLike | None, "empty": _Empty, "n_threads": int | None}, total=False)
class _fair_call(Generic[_R, _E, _O]):
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_fair_options]) -> _R: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Each, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_fair_options]) -> _E: ...
class _fair(_fair_call[float, _Array, Never], _Derivatives[_fair_call[_Array, _Array, _Out], _fair_call[tuple[float, _Array], _Arrays, _Out], _fair_call[_Arrays, _Arrays, _Outs]]): ...
fair: _fair
geman_mcclure: _fair
welsch: _fair
tukey_biweight: _fair

_cauchy_options = TypedDict("_cauchy_options", {"scale": float, "weight": ArrayLike | None, "sample_weight": ArrayLike | None, "empty": _Empty, "n_threads": int | None}, total=False)
class _cauchy_call(Generic[_R, _E, _O]):
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_cauchy_options]) -> _R: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Each, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_cauchy_options]) -> _E: ...
class _cauchy(_cauchy_call[float, _Array, Never], _Derivatives[_cauchy_call[_Array, _Array, _Out], _cauchy_call[tuple[float, _Array], _Arrays, _Out], _cauchy_call[_Arrays, _Arrays, _Outs]]): ...
cauchy: _cauchy

_expectile_options = TypedDict("_expectile_options", {"alpha": ArrayLike, "weight": ArrayLike | None, "sample_weight": ArrayLike | None, "empty": _Empty, "n_threads": int | None}, total=False)
class _expectile_call(Generic[_R, _E, _O]):
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_expectile_options]) -> _R: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Each, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_expectile_options]) -> _E: ...
class _expectile(_expectile_call[float, _Array, Never], _Derivatives[_expectile_call[_Array, _Array, _Out], _expectile_call[tuple[float, _Array], _Arrays, _Out], _expectile_call[_Arrays, _Arrays, _Outs]]): ...
expectile: _expectile

_lp_options = TypedDict("_lp_options", {"p": float, "weight": ArrayLike | None, "sample_weight": ArrayLike | None, "empty": _Empty, "n_threads": int | None}, total=False)
class _lp_call(Generic[_R, _E, _O]):
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_lp_options]) -> _R: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Each, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_lp_options]) -> _E: ...
class _lp(_lp_call[float, _Array, Never], _Derivatives[_lp_call[_Array, _Array, _Out], _lp_call[tuple[float, _Array], _Arrays, _Out], _lp_call[_Arrays, _Arrays, _Outs]]): ...
lp: _lp

_linex_options = TypedDict("_linex_options", {"a": float, "weight": ArrayLike | None, "sample_weight": ArrayLike | None, "empty": _Empty, "n_threads": int | None}, total=False)
class _linex_call(Generic[_R, _E, _O]):
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_linex_options]) -> _R: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Each, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_linex_options]) -> _E: ...
class _linex(_linex_call[float, _Array, Never], _Derivatives[_linex_call[_Array, _Array, _Out], _linex_call[tuple[float, _Array], _Arrays, _Out], _linex_call[_Arrays, _Arrays, _Outs]]): ...
linex: _linex

_log_lin_quantile_options = TypedDict("_log_lin_quantile_options", {"q": float, "weight": ArrayLike | None, "sample_weight": ArrayLike | None, "empty": _Empty, "n_threads": int | None}, total=False)
class _log_lin_quantile_call(Generic[_R, _E, _O]):
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_log_lin_quantile_options]) -> _R: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Each, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_log_lin_quantile_options]) -> _E: ...
class _log_lin_quantile(_log_lin_quantile_call[float, _Array, Never], _Derivatives[_log_lin_quantile_call[_Array, _Array, _Out], _log_lin_quantile_call[tuple[float, _Array], _Arrays, _Out], _log_lin_quantile_call[_Arrays, _Arrays, _Outs]]): ...
log_lin_quantile: _log_lin_quantile

_barron_options = TypedDict("_barron_options", {"alpha": float, "scale": float, "weight": ArrayLike | None, "sample_weight": ArrayLike | None, "empty": _Empty, "n_threads": int | None}, total=False)
class _barron_call(Generic[_R, _E, _O]):
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_barron_options]) -> _R: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Each, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_barron_options]) -> _E: ...
class _barron(_barron_call[float, _Array, Never], _Derivatives[_barron_call[_Array, _Array, _Out], _barron_call[tuple[float, _Array], _Arrays, _Out], _barron_call[_Arrays, _Arrays, _Outs]]): ...
barron: _barron

_cross_entropy_options = TypedDict("_cross_entropy_options", {"class_weight": ArrayLike | None, "ignore_index": int, "label_smoothing": float, "temperature": float, "softcap": float | None, "z_loss": float, "weight": ArrayLike | None, "sample_weight": ArrayLike | None, "empty": _Empty, "axis": int, "check_domain": bool, "n_threads": int | None, "return_lse": _No, "return_entropy": _No, "return_argmax": _No, "return_correct": _No}, total=False)
_cross_entropy_statistics = TypedDict("_cross_entropy_statistics", {"class_weight": ArrayLike | None, "ignore_index": int, "label_smoothing": float, "temperature": float, "softcap": float | None, "z_loss": float, "weight": ArrayLike | None, "sample_weight": ArrayLike | None, "empty": _Empty, "axis": int, "check_domain": bool, "n_threads": int | None, "return_lse": bool, "return_entropy": bool, "return_argmax": bool, "return_correct": bool}, total=False)
class _cross_entropy_call(Generic[_R, _E, _O]):
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_cross_entropy_options]) -> _R: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Each, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_cross_entropy_options]) -> _E: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced | _Each = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_cross_entropy_statistics]) -> SoftmaxResult: ...
class _cross_entropy(_cross_entropy_call[float, _Array, Never], _Derivatives[_cross_entropy_call[_Array, _Array, _Out], _cross_entropy_call[tuple[float, _Array], _Arrays, _Out], _cross_entropy_call[_Arrays, _Arrays, _Outs]]): ...
cross_entropy: _cross_entropy

_nll_options = TypedDict("_nll_options", {"class_weight": ArrayLike | None, "ignore_index": int, "weight": ArrayLike | None, "sample_weight": ArrayLike | None, "empty": _Empty, "axis": int, "check_domain": bool, "n_threads": int | None}, total=False)
class _nll_call(Generic[_R, _E, _O]):
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_nll_options]) -> _R: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Each, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_nll_options]) -> _E: ...
class _nll(_nll_call[float, _Array, Never], _Derivatives[_nll_call[_Array, _Array, _Out], _nll_call[tuple[float, _Array], _Arrays, _Out], _nll_call[_Arrays, _Arrays, _Outs]]): ...
nll: _nll

_kl_divergence_options = TypedDict("_kl_divergence_options", {"log_target": bool, "weight": ArrayLike | None, "sample_weight": ArrayLike | None, "empty": _Empty, "axis": int, "check_domain": bool, "n_threads": int | None}, total=False)
class _kl_divergence_call(Generic[_R, _E, _O]):
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_kl_divergence_options]) -> _R: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Each, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_kl_divergence_options]) -> _E: ...
class _kl_divergence(_kl_divergence_call[float, _Array, Never], _Derivatives[_kl_divergence_call[_Array, _Array, _Out], _kl_divergence_call[tuple[float, _Array], _Arrays, _Out], _kl_divergence_call[_Arrays, _Arrays, _Outs]]): ...
kl_divergence: _kl_divergence

_total_variation_options = TypedDict("_total_variation_options", {"weight": ArrayLike | None, "sample_weight": ArrayLike | None, "empty": _Empty, "axis": int, "check_domain": bool, "n_threads": int | None}, total=False)
class _total_variation_call(Generic[_R, _E, _O]):
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_total_variation_options]) -> _R: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Each, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_total_variation_options]) -> _E: ...
class _total_variation(_total_variation_call[float, _Array, Never], _Derivatives[_total_variation_call[_Array, _Array, _Out], _total_variation_call[tuple[float, _Array], _Arrays, _Out], _total_variation_call[_Arrays, _Arrays, _Outs]]): ...
total_variation: _total_variation

_distillation_kl_options = TypedDict("_distillation_kl_options", {"temperature": float, "weight": ArrayLike | None, "sample_weight": ArrayLike | None, "empty": _Empty, "axis": int, "n_threads": int | None}, total=False)
class _distillation_kl_call(Generic[_R, _E, _O]):
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_distillation_kl_options]) -> _R: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Each, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_distillation_kl_options]) -> _E: ...
class _distillation_kl_calls(Generic[_R, _E, _R2, _E2, _O]):
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced = ..., target_grad: _No = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_distillation_kl_options]) -> _R: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Each, target_grad: _No = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_distillation_kl_options]) -> _E: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced = ..., target_grad: _Yes, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_distillation_kl_options]) -> _R2: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Each, target_grad: _Yes, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_distillation_kl_options]) -> _E2: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced | _Each = ..., target_grad: bool, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_distillation_kl_options]) -> _R | _E | _R2 | _E2: ...
class _distillation_kl(_distillation_kl_call[float, _Array, Never], _Derivatives[_distillation_kl_calls[_Array, _Array, _Arrays, _Arrays, _Outs], _distillation_kl_calls[tuple[float, _Array], _Arrays, tuple[float, _Arrays], tuple[_Array, _Arrays], _Outs], _distillation_kl_call[_Arrays, _Arrays, _Outs]]): ...
distillation_kl: _distillation_kl

_distillation_js_options = TypedDict("_distillation_js_options", {"beta": float, "temperature": float, "weight": ArrayLike | None, "sample_weight": ArrayLike | None, "empty": _Empty, "axis": int, "n_threads": int | None}, total=False)
class _distillation_js_call(Generic[_R, _E, _O]):
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_distillation_js_options]) -> _R: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Each, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_distillation_js_options]) -> _E: ...
class _distillation_js_calls(Generic[_R, _E, _R2, _E2, _O]):
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced = ..., target_grad: _No = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_distillation_js_options]) -> _R: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Each, target_grad: _No = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_distillation_js_options]) -> _E: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced = ..., target_grad: _Yes, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_distillation_js_options]) -> _R2: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Each, target_grad: _Yes, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_distillation_js_options]) -> _E2: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced | _Each = ..., target_grad: bool, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_distillation_js_options]) -> _R | _E | _R2 | _E2: ...
class _distillation_js(_distillation_js_call[float, _Array, Never], _Derivatives[_distillation_js_calls[_Array, _Array, _Arrays, _Arrays, _Outs], _distillation_js_calls[tuple[float, _Array], _Arrays, tuple[float, _Arrays], tuple[_Array, _Arrays], _Outs], _distillation_js_call[_Arrays, _Arrays, _Outs]]): ...
distillation_js: _distillation_js

_multilabel_soft_margin_options = TypedDict("_multilabel_soft_margin_options", {"class_weight": ArrayLike | None, "weight": ArrayLike | None, "sample_weight": ArrayLike | None, "empty": _Empty, "axis": int, "check_domain": bool, "n_threads": int | None}, total=False)
class _multilabel_soft_margin_call(Generic[_R, _E, _O]):
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_multilabel_soft_margin_options]) -> _R: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Each, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_multilabel_soft_margin_options]) -> _E: ...
class _multilabel_soft_margin(_multilabel_soft_margin_call[float, _Array, Never], _Derivatives[_multilabel_soft_margin_call[_Array, _Array, _Out], _multilabel_soft_margin_call[tuple[float, _Array], _Arrays, _Out], _multilabel_soft_margin_call[_Arrays, _Arrays, _Outs]]): ...
multilabel_soft_margin: _multilabel_soft_margin

_one_vs_all_options = TypedDict("_one_vs_all_options", {"ignore_index": int, "weight": ArrayLike | None, "sample_weight": ArrayLike | None, "empty": _Empty, "axis": int, "n_threads": int | None}, total=False)
class _one_vs_all_call(Generic[_R, _E, _O]):
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_one_vs_all_options]) -> _R: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Each, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_one_vs_all_options]) -> _E: ...
class _one_vs_all(_one_vs_all_call[float, _Array, Never], _Derivatives[_one_vs_all_call[_Array, _Array, _Out], _one_vs_all_call[tuple[float, _Array], _Arrays, _Out], _one_vs_all_call[_Arrays, _Arrays, _Outs]]): ...
one_vs_all: _one_vs_all

_multi_margin_options = TypedDict("_multi_margin_options", {"margin": float, "p": int, "class_weight": ArrayLike | None, "ignore_index": int, "weight": ArrayLike | None, "sample_weight": ArrayLike | None, "empty": _Empty, "axis": int, "n_threads": int | None}, total=False)
class _multi_margin_call(Generic[_R, _E, _O]):
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_multi_margin_options]) -> _R: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Each, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_multi_margin_options]) -> _E: ...
class _multi_margin(_multi_margin_call[float, _Array, Never], _Derivatives[_multi_margin_call[_Array, _Array, _Out], _multi_margin_call[tuple[float, _Array], _Arrays, _Out], _multi_margin_call[_Arrays, _Arrays, _Outs]]): ...
multi_margin: _multi_margin

_categorical_hinge_options = TypedDict("_categorical_hinge_options", {"margin": float, "class_weight": ArrayLike | None, "ignore_index": int, "weight": ArrayLike | None, "sample_weight": ArrayLike | None, "empty": _Empty, "axis": int, "n_threads": int | None}, total=False)
class _categorical_hinge_call(Generic[_R, _E, _O]):
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_categorical_hinge_options]) -> _R: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Each, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_categorical_hinge_options]) -> _E: ...
class _categorical_hinge(_categorical_hinge_call[float, _Array, Never], _Derivatives[_categorical_hinge_call[_Array, _Array, _Out], _categorical_hinge_call[tuple[float, _Array], _Arrays, _Out], _categorical_hinge_call[_Arrays, _Arrays, _Outs]]): ...
categorical_hinge: _categorical_hinge

_multilabel_margin_options = TypedDict("_multilabel_margin_options", {"margin": float, "weight": ArrayLike | None, "sample_weight": ArrayLike | None, "empty": _Empty, "axis": int, "n_threads": int | None}, total=False)
class _multilabel_margin_call(Generic[_R, _E, _O]):
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_multilabel_margin_options]) -> _R: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Each, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_multilabel_margin_options]) -> _E: ...
class _multilabel_margin(_multilabel_margin_call[float, _Array, Never], _Derivatives[_multilabel_margin_call[_Array, _Array, _Out], _multilabel_margin_call[tuple[float, _Array], _Arrays, _Out], _multilabel_margin_call[_Arrays, _Arrays, _Outs]]): ...
multilabel_margin: _multilabel_margin

_sparsemax_options = TypedDict("_sparsemax_options", {"ignore_index": int, "weight": ArrayLike | None, "sample_weight": ArrayLike | None, "empty": _Empty, "axis": int, "check_domain": bool, "n_threads": int | None}, total=False)
class _sparsemax_call(Generic[_R, _E, _O]):
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_sparsemax_options]) -> _R: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Each, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_sparsemax_options]) -> _E: ...
class _sparsemax(_sparsemax_call[float, _Array, Never], _Derivatives[_sparsemax_call[_Array, _Array, _Out], _sparsemax_call[tuple[float, _Array], _Arrays, _Out], _sparsemax_call[_Arrays, _Arrays, _Outs]]): ...
sparsemax: _sparsemax

_selected_log_probs_options = TypedDict("_selected_log_probs_options", {"ignore_index": int, "temperature": float, "softcap": float | None, "weight": ArrayLike | None, "sample_weight": ArrayLike | None, "empty": _Empty, "axis": int, "n_threads": int | None, "return_lse": _No, "return_entropy": _No, "return_argmax": _No, "return_correct": _No}, total=False)
_selected_log_probs_statistics = TypedDict("_selected_log_probs_statistics", {"ignore_index": int, "temperature": float, "softcap": float | None, "weight": ArrayLike | None, "sample_weight": ArrayLike | None, "empty": _Empty, "axis": int, "n_threads": int | None, "return_lse": bool, "return_entropy": bool, "return_argmax": bool, "return_correct": bool}, total=False)
class _selected_log_probs_call(Generic[_R, _E, _O]):
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_selected_log_probs_options]) -> _R: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Each = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_selected_log_probs_options]) -> _E: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced | _Each = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_selected_log_probs_statistics]) -> SoftmaxResult: ...
class _selected_log_probs(_selected_log_probs_call[float, _Array, Never], _Derivatives[_selected_log_probs_call[_Array, _Array, _Out], _selected_log_probs_call[tuple[float, _Array], _Arrays, _Out], _selected_log_probs_call[_Arrays, _Arrays, _Outs]]): ...
selected_log_probs: _selected_log_probs

_softmax_focal_options = TypedDict("_softmax_focal_options", {"gamma": float, "class_weight": ArrayLike | None, "ignore_index": int, "label_smoothing": float, "weight": ArrayLike | None, "sample_weight": ArrayLike | None, "empty": _Empty, "axis": int, "check_domain": bool, "n_threads": int | None, "return_lse": _No, "return_entropy": _No, "return_argmax": _No, "return_correct": _No}, total=False)
_softmax_focal_statistics = TypedDict("_softmax_focal_statistics", {"gamma": float, "class_weight": ArrayLike | None, "ignore_index": int, "label_smoothing": float, "weight": ArrayLike | None, "sample_weight": ArrayLike | None, "empty": _Empty, "axis": int, "check_domain": bool, "n_threads": int | None, "return_lse": bool, "return_entropy": bool, "return_argmax": bool, "return_correct": bool}, total=False)
class _softmax_focal_call(Generic[_R, _E, _O]):
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_softmax_focal_options]) -> _R: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Each, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_softmax_focal_options]) -> _E: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced | _Each = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_softmax_focal_statistics]) -> SoftmaxResult: ...
class _softmax_focal(_softmax_focal_call[float, _Array, Never], _Derivatives[_softmax_focal_call[_Array, _Array, _Out], _softmax_focal_call[tuple[float, _Array], _Arrays, _Out], _softmax_focal_call[_Arrays, _Arrays, _Outs]]): ...
softmax_focal: _softmax_focal

_poly1_cross_entropy_options = TypedDict("_poly1_cross_entropy_options", {"epsilon": float, "class_weight": ArrayLike | None, "ignore_index": int, "label_smoothing": float, "weight": ArrayLike | None, "sample_weight": ArrayLike | None, "empty": _Empty, "axis": int, "check_domain": bool, "n_threads": int | None, "return_lse": _No, "return_entropy": _No, "return_argmax": _No, "return_correct": _No}, total=False)
_poly1_cross_entropy_statistics = TypedDict("_poly1_cross_entropy_statistics", {"epsilon": float, "class_weight": ArrayLike | None, "ignore_index": int, "label_smoothing": float, "weight": ArrayLike | None, "sample_weight": ArrayLike | None, "empty": _Empty, "axis": int, "check_domain": bool, "n_threads": int | None, "return_lse": bool, "return_entropy": bool, "return_argmax": bool, "return_correct": bool}, total=False)
class _poly1_cross_entropy_call(Generic[_R, _E, _O]):
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_poly1_cross_entropy_options]) -> _R: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Each, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_poly1_cross_entropy_options]) -> _E: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced | _Each = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_poly1_cross_entropy_statistics]) -> SoftmaxResult: ...
class _poly1_cross_entropy(_poly1_cross_entropy_call[float, _Array, Never], _Derivatives[_poly1_cross_entropy_call[_Array, _Array, _Out], _poly1_cross_entropy_call[tuple[float, _Array], _Arrays, _Out], _poly1_cross_entropy_call[_Arrays, _Arrays, _Outs]]): ...
poly1_cross_entropy: _poly1_cross_entropy

_generalized_cross_entropy_options = TypedDict("_generalized_cross_entropy_options", {"q": float, "class_weight": ArrayLike | None, "ignore_index": int, "weight": ArrayLike | None, "sample_weight": ArrayLike | None, "empty": _Empty, "axis": int, "n_threads": int | None, "return_lse": _No, "return_entropy": _No, "return_argmax": _No, "return_correct": _No}, total=False)
_generalized_cross_entropy_statistics = TypedDict("_generalized_cross_entropy_statistics", {"q": float, "class_weight": ArrayLike | None, "ignore_index": int, "weight": ArrayLike | None, "sample_weight": ArrayLike | None, "empty": _Empty, "axis": int, "n_threads": int | None, "return_lse": bool, "return_entropy": bool, "return_argmax": bool, "return_correct": bool}, total=False)
class _generalized_cross_entropy_call(Generic[_R, _E, _O]):
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_generalized_cross_entropy_options]) -> _R: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Each, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_generalized_cross_entropy_options]) -> _E: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced | _Each = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_generalized_cross_entropy_statistics]) -> SoftmaxResult: ...
class _generalized_cross_entropy(_generalized_cross_entropy_call[float, _Array, Never], _Derivatives[_generalized_cross_entropy_call[_Array, _Array, _Out], _generalized_cross_entropy_call[tuple[float, _Array], _Arrays, _Out], _generalized_cross_entropy_call[_Arrays, _Arrays, _Outs]]): ...
generalized_cross_entropy: _generalized_cross_entropy

_symmetric_cross_entropy_options = TypedDict("_symmetric_cross_entropy_options", {"alpha": float, "beta": float, "log_zero": float, "class_weight": ArrayLike | None, "ignore_index": int, "weight": ArrayLike | None, "sample_weight": ArrayLike | None, "empty": _Empty, "axis": int, "n_threads": int | None, "return_lse": _No, "return_entropy": _No, "return_argmax": _No, "return_correct": _No}, total=False)
_symmetric_cross_entropy_statistics = TypedDict("_symmetric_cross_entropy_statistics", {"alpha": float, "beta": float, "log_zero": float, "class_weight": ArrayLike | None, "ignore_index": int, "weight": ArrayLike | None, "sample_weight": ArrayLike | None, "empty": _Empty, "axis": int, "n_threads": int | None, "return_lse": bool, "return_entropy": bool, "return_argmax": bool, "return_correct": bool}, total=False)
class _symmetric_cross_entropy_call(Generic[_R, _E, _O]):
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_symmetric_cross_entropy_options]) -> _R: ...
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Each, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_symmetric_cross_entropy_options]) -> _E: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, pred: ArrayLike, target: ArrayLike, *, reduction: _Reduced | _Each = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_symmetric_cross_entropy_statistics]) -> SoftmaxResult: ...
class _symmetric_cross_entropy(_symmetric_cross_entropy_call[float, _Array, Never], _Derivatives[_symmetric_cross_entropy_call[_Array, _Array, _Out], _symmetric_cross_entropy_call[tuple[float, _Array], _Arrays, _Out], _symmetric_cross_entropy_call[_Arrays, _Arrays, _Outs]]): ...
symmetric_cross_entropy: _symmetric_cross_entropy

_linear_cross_entropy_options = TypedDict("_linear_cross_entropy_options", {"class_weight": ArrayLike | None, "ignore_index": int, "label_smoothing": float, "temperature": float, "softcap": float | None, "z_loss": float, "sample_weight": ArrayLike | None, "filter_eps": float, "empty": _Empty, "check_domain": bool, "n_threads": int | None, "return_lse": _No, "return_entropy": _No, "return_argmax": _No, "return_correct": _No}, total=False)
_linear_cross_entropy_statistics = TypedDict("_linear_cross_entropy_statistics", {"class_weight": ArrayLike | None, "ignore_index": int, "label_smoothing": float, "temperature": float, "softcap": float | None, "z_loss": float, "sample_weight": ArrayLike | None, "filter_eps": float, "empty": _Empty, "check_domain": bool, "n_threads": int | None, "return_lse": bool, "return_entropy": bool, "return_argmax": bool, "return_correct": bool}, total=False)
class _linear_cross_entropy_call(Generic[_R, _E, _O]):
    @overload
    def __call__(self, hidden: ArrayLike, weight: ArrayLike, labels: ArrayLike, bias: ArrayLike | None = None, *, reduction: _Reduced = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_linear_cross_entropy_options]) -> _R: ...
    @overload
    def __call__(self, hidden: ArrayLike, weight: ArrayLike, labels: ArrayLike, bias: ArrayLike | None = None, *, reduction: _Each, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_linear_cross_entropy_options]) -> _E: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, hidden: ArrayLike, weight: ArrayLike, labels: ArrayLike, bias: ArrayLike | None = None, *, reduction: _Reduced | _Each = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_linear_cross_entropy_statistics]) -> SoftmaxResult: ...
class _linear_cross_entropy(_linear_cross_entropy_call[float, _Array, Never], _LayerDerivatives[_linear_cross_entropy_call[_Layer, _Layer, _LayerOut], _linear_cross_entropy_call[tuple[float, _Layer], tuple[_Array, _Layer], _LayerOut]]): ...
linear_cross_entropy: _linear_cross_entropy
"""Cross-entropy of a linear layer's softmax over many classes, without ever holding all logits.

The logits of a row h of `hidden` are x = weight h + bias. With `cross_entropy` as the loss of a row,
and G the gradient of the reduced value with respect to the logits of all rows::

    value      cross_entropy(hidden @ weight.T + bias, labels)
    d_hidden   G @ weight
    d_weight   G.T @ hidden
    d_bias     G summed over the rows
"""

_linear_selected_log_probs_options = TypedDict("_linear_selected_log_probs_options", {"ignore_index": int, "temperature": float, "softcap": float | None, "sample_weight": ArrayLike | None, "filter_eps": float, "empty": _Empty, "n_threads": int | None, "return_lse": _No, "return_entropy": _No, "return_argmax": _No, "return_correct": _No}, total=False)
_linear_selected_log_probs_statistics = TypedDict("_linear_selected_log_probs_statistics", {"ignore_index": int, "temperature": float, "softcap": float | None, "sample_weight": ArrayLike | None, "filter_eps": float, "empty": _Empty, "n_threads": int | None, "return_lse": bool, "return_entropy": bool, "return_argmax": bool, "return_correct": bool}, total=False)
class _linear_selected_log_probs_call(Generic[_R, _E, _O]):
    @overload
    def __call__(self, hidden: ArrayLike, weight: ArrayLike, labels: ArrayLike, bias: ArrayLike | None = None, *, reduction: _Reduced, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_linear_selected_log_probs_options]) -> _R: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, hidden: ArrayLike, weight: ArrayLike, labels: ArrayLike, bias: ArrayLike | None = None, *, reduction: _Each = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_linear_selected_log_probs_options]) -> _E: ...
    @overload
    def __call__(self, hidden: ArrayLike, weight: ArrayLike, labels: ArrayLike, bias: ArrayLike | None = None, *, reduction: _Reduced | _Each = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_linear_selected_log_probs_statistics]) -> SoftmaxResult: ...
class _linear_selected_log_probs(_linear_selected_log_probs_call[float, _Array, Never], _LayerDerivatives[_linear_selected_log_probs_call[_Layer, _Layer, _LayerOut], _linear_selected_log_probs_call[tuple[float, _Layer], tuple[_Array, _Layer], _LayerOut]]): ...
linear_selected_log_probs: _linear_selected_log_probs
"""Log-probability of each label by a linear layer's softmax, without ever holding all logits: for DPO and GRPO.

The logits of a row h of `hidden` are x = weight h + bias. With `selected_log_probs` as the loss of a row,
and G the gradient of the reduced value with respect to the logits of all rows::

    value      selected_log_probs(hidden @ weight.T + bias, labels)
    d_hidden   G @ weight
    d_weight   G.T @ hidden
    d_bias     G summed over the rows
"""

_linear_distillation_kl_options = TypedDict("_linear_distillation_kl_options", {"temperature": float, "sample_weight": ArrayLike | None, "filter_eps": float, "empty": _Empty, "n_threads": int | None}, total=False)
class _linear_distillation_kl_call(Generic[_R, _E, _O]):
    @overload
    def __call__(self, hidden: ArrayLike, weight: ArrayLike, teacher: _Teacher, bias: ArrayLike | None = None, *, reduction: _Reduced = ..., out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_linear_distillation_kl_options]) -> _R: ...
    @overload
    def __call__(self, hidden: ArrayLike, weight: ArrayLike, teacher: _Teacher, bias: ArrayLike | None = None, *, reduction: _Each, out: _O = ..., grad_dtype: DTypeLike | None = ..., **options: Unpack[_linear_distillation_kl_options]) -> _E: ...
class _linear_distillation_kl(_linear_distillation_kl_call[float, _Array, Never], _LayerDerivatives[_linear_distillation_kl_call[_Layer, _Layer, _LayerOut], _linear_distillation_kl_call[tuple[float, _Layer], tuple[_Array, _Layer], _LayerOut]]): ...
linear_distillation_kl: _linear_distillation_kl
"""Kullback-Leibler divergence of a linear layer's softmax from a teacher's, without ever holding all logits.

The logits of a row h of `hidden` are x = weight h + bias. With `distillation_kl` as the loss of a row,
and G the gradient of the reduced value with respect to the logits of all rows::

    value      distillation_kl(hidden @ weight.T + bias, the teacher's logits)
    d_hidden   G @ weight
    d_weight   G.T @ hidden
    d_bias     G summed over the rows
"""

class _logsumexp(RowFunction):
    @overload
    def __call__(self, pred: ArrayLike, *, reduction: _Each = ..., weight: ArrayLike | None = ..., sample_weight: ArrayLike | None = ..., axis: int = ..., n_threads: int | None = ...) -> _Array: ...
    @overload
    def __call__(self, pred: ArrayLike, *, reduction: _Reduced, weight: ArrayLike | None = ..., sample_weight: ArrayLike | None = ..., axis: int = ..., n_threads: int | None = ...) -> float: ...
    def grad(self, pred: ArrayLike, *, reduction: _Reduced | _Each = ..., weight: ArrayLike | None = ..., sample_weight: ArrayLike | None = ..., axis: int = ..., out: _Out = ..., n_threads: int | None = ...) -> _Array: ...
    @overload
    def value_and_grad(self, pred: ArrayLike, *, reduction: _Each = ..., weight: ArrayLike | None = ..., sample_weight: ArrayLike | None = ..., axis: int = ..., out: _Out = ..., n_threads: int | None = ...) -> tuple[_Array, _Array]: ...
    @overload
    def value_and_grad(self, pred: ArrayLike, *, reduction: _Reduced, weight: ArrayLike | None = ..., sample_weight: ArrayLike | None = ..., axis: int = ..., out: _Out = ..., n_threads: int | None = ...) -> tuple[float, _Array]: ...
logsumexp: _logsumexp

class _log_softmax(RowFunction):
    def __call__(self, pred: ArrayLike, *, axis: int = ..., out: _Out = ..., n_threads: int | None = ...) -> _Array: ...
    def vjp(self, pred: ArrayLike, cotangent: ArrayLike, *, axis: int = ..., out: _Out = ..., n_threads: int | None = ...) -> _Array: ...
log_softmax: _log_softmax
