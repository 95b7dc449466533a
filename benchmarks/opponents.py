"""Who is measured beside fastloss: other libraries, each computing the mean loss and its gradient in float32.

Every library is given the form that is fastest in it of those we tried, and inputs that are already its own arrays.
One that has no such loss prepares nothing. None is imported before it is asked for.
"""

from __future__ import annotations

import functools
import importlib
import os
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy_formulas import FORMULAS

from fastloss import reference
from fastloss._registry import registry
from fastloss.cli._libraries import Opponent, Prepared, defaults
from fastloss.cli._workloads import Inputs, Workload

__all__ = ["OPPONENTS", "sklearn_losses", "sklearn_target"]

Formula = Callable[[Any, Any, Mapping[str, Any]], Any]


# ---- NumPy ----------------------------------------------------------------------------------------------------------


def prepare_numpy(workload: Workload, inputs: Inputs, threads: int) -> Prepared | None:
    formula = FORMULAS.get(workload.loss)
    if formula is None and registry[workload.loss].listed:
        first = registry[workload.loss].differentiable[0]
        return Prepared(functools.partial(reference.losses[workload.loss].value_and_grad, *inputs.arguments, wrt=first), tuple)
    if formula is None:
        return None
    # Memory that was written to, as that of fastloss.
    out = np.empty_like(inputs.out)
    out.fill(0)
    call = functools.partial(formula, inputs.pred, inputs.target, out, defaults(workload.loss))
    return Prepared(call, lambda value: (value, out))


# ---- PyTorch --------------------------------------------------------------------------------------------------------


@functools.cache
def torch_formulas() -> dict[str, Formula]:
    """The mean of each loss, by PyTorch's own function where it has one."""
    torch: Any = importlib.import_module("torch")
    F = torch.nn.functional

    def log_cosh(pred: Any, target: Any, p: Mapping[str, Any]) -> Any:
        r = pred - target
        return (r + F.softplus(-2 * r)).mean() - np.log(2)

    def quantile(pred: Any, target: Any, p: Mapping[str, Any]) -> Any:
        r = pred - target
        return torch.maximum((1 - p["q"]) * r, -p["q"] * r).mean()

    def sigmoid_focal(pred: Any, target: Any, p: Mapping[str, Any]) -> Any:
        entropy = F.binary_cross_entropy_with_logits(pred, target, reduction="none")
        probability = torch.sigmoid(pred)
        missed = probability + target - 2 * probability * target
        balance = 1 - p["alpha"] + (2 * p["alpha"] - 1) * target
        return (balance * missed ** p["gamma"] * entropy).mean()

    def wing(pred: Any, target: Any, p: Mapping[str, Any]) -> Any:
        a, width, curvature = (pred - target).abs(), p["width"], p["curvature"]
        gap = width - width * np.log1p(width / curvature)
        return torch.where(a < width, width * torch.log1p(a / curvature), a - gap).mean()

    def one_vs_all(pred: Any, target: Any, p: Mapping[str, Any]) -> Any:
        chosen = F.one_hot(target, pred.shape[-1]).to(pred.dtype)
        return F.binary_cross_entropy_with_logits(pred, chosen, reduction="none").sum(-1).mean()

    return {
        "squared_error": lambda pred, target, p: F.mse_loss(pred, target),
        "absolute_error": lambda pred, target, p: F.l1_loss(pred, target),
        "huber": lambda pred, target, p: F.huber_loss(pred, target, delta=p["delta"]),
        "smooth_l1": lambda pred, target, p: F.smooth_l1_loss(pred, target, beta=p["beta"]),
        "log_cosh": log_cosh,
        "quantile": quantile,
        "wing": wing,
        "binary_cross_entropy": lambda pred, target, p: F.binary_cross_entropy(pred, target),
        "binary_cross_entropy_with_logits": lambda pred, target, p: F.binary_cross_entropy_with_logits(pred, target),
        "sigmoid_focal": sigmoid_focal,
        "hinge": lambda pred, target, p: F.relu(1 - pred * target).mean(),
        "squared_hinge": lambda pred, target, p: F.relu(1 - pred * target).square().mean(),
        "poisson": lambda pred, target, p: F.poisson_nll_loss(pred, target),
        "cross_entropy": lambda pred, target, p: F.cross_entropy(pred, target),
        "nll": lambda pred, target, p: F.nll_loss(pred, target),
        "kl_divergence": lambda pred, target, p: F.kl_div(pred, target, reduction="batchmean"),
        "total_variation": lambda pred, target, p: (pred - target).abs().sum(-1).mean() / 2,
        "multilabel_soft_margin": lambda pred, target, p: F.multilabel_soft_margin_loss(pred, target),
        "one_vs_all": one_vs_all,
        "multi_margin": lambda pred, target, p: F.multi_margin_loss(pred, target, p["p"], p["margin"]),
        "multilabel_margin": lambda pred, target, p: F.multilabel_margin_loss(pred, target),
    }


def torch_outcome(value: Any, gradient: Any) -> tuple[float, Any]:
    return value.item(), gradient.detach().numpy()


def prepare_torch(workload: Workload, inputs: Inputs, threads: int) -> Prepared | None:
    torch: Any = importlib.import_module("torch")
    formula = torch_formulas().get(workload.loss)
    if formula is None:
        return None
    torch.set_num_threads(threads)
    pred, target = torch.from_numpy(inputs.pred).requires_grad_(), torch.from_numpy(inputs.target)
    p = defaults(workload.loss)

    def call() -> tuple[Any, Any]:
        value = formula(pred, target, p)
        return value, torch.autograd.grad(value, pred)[0]

    return Prepared(call, lambda result: torch_outcome(*result))


def prepare_torch_compile(workload: Workload, inputs: Inputs, threads: int) -> Prepared | None:
    torch: Any = importlib.import_module("torch")
    formula = torch_formulas().get(workload.loss)
    if formula is None:
        return None
    torch.set_num_threads(threads)
    # A function compiled for many shapes reaches the limit of recompilations, and then runs uncompiled in silence.
    torch.compiler.reset()
    p = defaults(workload.loss)
    # Forward and backward as one graph: compiled apart, as under `backward`, they cannot be fused.
    both = torch.func.grad_and_value(lambda pred, target: formula(pred, target, p))
    compiled = torch.compile(both, dynamic=False, fullgraph=True)
    call = functools.partial(compiled, torch.from_numpy(inputs.pred), torch.from_numpy(inputs.target))
    return Prepared(call, lambda result: torch_outcome(result[1], result[0]))


# ---- JAX ------------------------------------------------------------------------------------------------------------


@functools.cache
def jax_formulas() -> dict[str, Formula]:
    """The mean of each loss."""
    jax: Any = importlib.import_module("jax")
    special: Any = importlib.import_module("jax.scipy.special")
    jnp, nn = jax.numpy, jax.nn

    def at_label(rows: Any, labels: Any) -> Any:
        return jnp.take_along_axis(rows, labels[..., None], axis=-1)[..., 0]

    def huber(pred: Any, target: Any, p: Mapping[str, Any]) -> Any:
        a, delta = jnp.abs(pred - target), p["delta"]
        return jnp.where(a <= delta, a * a / 2, delta * (a - delta / 2)).mean()

    def smooth_l1(pred: Any, target: Any, p: Mapping[str, Any]) -> Any:
        a, beta = jnp.abs(pred - target), p["beta"]
        return jnp.where(a < beta, a * a / (2 * beta), a - beta / 2).mean()

    def log_cosh(pred: Any, target: Any, p: Mapping[str, Any]) -> Any:
        r = pred - target
        return (r + nn.softplus(-2 * r)).mean() - np.log(2)

    def quantile(pred: Any, target: Any, p: Mapping[str, Any]) -> Any:
        r = pred - target
        return jnp.maximum((1 - p["q"]) * r, -p["q"] * r).mean()

    def wing(pred: Any, target: Any, p: Mapping[str, Any]) -> Any:
        a, width, curvature = jnp.abs(pred - target), p["width"], p["curvature"]
        gap = width - width * np.log1p(width / curvature)
        return jnp.where(a < width, width * jnp.log1p(a / curvature), a - gap).mean()

    def binary_cross_entropy(pred: Any, target: Any, p: Mapping[str, Any]) -> Any:
        return -(target * jnp.log(pred) + (1 - target) * jnp.log1p(-pred)).mean()

    def sigmoid_focal(pred: Any, target: Any, p: Mapping[str, Any]) -> Any:
        entropy = nn.softplus(pred) - pred * target
        probability = nn.sigmoid(pred)
        missed = probability + target - 2 * probability * target
        balance = 1 - p["alpha"] + (2 * p["alpha"] - 1) * target
        return (balance * missed ** p["gamma"] * entropy).mean()

    def cross_entropy(pred: Any, target: Any, p: Mapping[str, Any]) -> Any:
        return (nn.logsumexp(pred, axis=-1) - at_label(pred, target)).mean()

    def kl_divergence(pred: Any, target: Any, p: Mapping[str, Any]) -> Any:
        return (special.xlogy(target, target) - target * pred).sum(axis=-1).mean()

    def margins(pred: Any, target: Any, p: Mapping[str, Any]) -> Any:
        is_label = target[..., None] == jnp.arange(pred.shape[-1])
        return jnp.where(is_label, 0, p["margin"]) + pred - at_label(pred, target)[..., None]

    def multi_margin(pred: Any, target: Any, p: Mapping[str, Any]) -> Any:
        return (nn.relu(margins(pred, target, p)) ** p["p"]).mean()

    def categorical_hinge(pred: Any, target: Any, p: Mapping[str, Any]) -> Any:
        return margins(pred, target, p).max(axis=-1).mean()

    return {
        "squared_error": lambda pred, target, p: jnp.square(pred - target).mean(),
        "absolute_error": lambda pred, target, p: jnp.abs(pred - target).mean(),
        "huber": huber,
        "smooth_l1": smooth_l1,
        "log_cosh": log_cosh,
        "quantile": quantile,
        "wing": wing,
        "binary_cross_entropy": binary_cross_entropy,
        "binary_cross_entropy_with_logits": lambda pred, target, p: (nn.softplus(pred) - pred * target).mean(),
        "sigmoid_focal": sigmoid_focal,
        "hinge": lambda pred, target, p: nn.relu(1 - pred * target).mean(),
        "squared_hinge": lambda pred, target, p: jnp.square(nn.relu(1 - pred * target)).mean(),
        "poisson": lambda pred, target, p: (jnp.exp(pred) - target * pred).mean(),
        "cross_entropy": cross_entropy,
        "nll": lambda pred, target, p: -at_label(pred, target).mean(),
        "kl_divergence": kl_divergence,
        "total_variation": lambda pred, target, p: jnp.abs(pred - target).sum(axis=-1).mean() / 2,
        "multilabel_soft_margin": lambda pred, target, p: (nn.softplus(pred) - pred * target).mean(),
        "one_vs_all": lambda pred, target, p: (nn.softplus(pred).sum(axis=-1) - at_label(pred, target)).mean(),
        "multi_margin": multi_margin,
        "categorical_hinge": categorical_hinge,
    }


def prepare_jax(workload: Workload, inputs: Inputs, threads: int) -> Prepared | None:
    # Read when JAX makes its CPU client, at the first computation; too late afterwards.
    os.environ["PJRT_NPROC"] = str(threads)
    jax: Any = importlib.import_module("jax")
    formula = jax_formulas().get(workload.loss)
    if formula is None:
        return None
    target = inputs.target
    if target.dtype.kind == "i":
        target = target.astype(np.int32)  # its integers have 32 bits unless the user says otherwise
    p = defaults(workload.loss)
    both = jax.jit(jax.value_and_grad(lambda pred, target: formula(pred, target, p)))
    device = jax.devices("cpu")[0]
    pred, target = jax.device_put(inputs.pred, device), jax.device_put(target, device)
    wait_for = jax.block_until_ready
    return Prepared(lambda: wait_for(both(pred, target)), lambda result: (float(result[0]), np.asarray(result[1])))


# ---- scikit-learn ---------------------------------------------------------------------------------------------------


@functools.cache
def sklearn_losses() -> dict[str, tuple[Callable[[Mapping[str, Any]], Any], float]]:
    """For each loss that scikit-learn has: how to make its own, and fastloss's value divided by its value."""
    module: Any = importlib.import_module("sklearn._loss._loss")
    return {
        "squared_error": (lambda p: module.CyHalfSquaredError(), 2),
        "absolute_error": (lambda p: module.CyAbsoluteError(), 1),
        "huber": (lambda p: module.CyHuberLoss(p["delta"]), 1),
        "quantile": (lambda p: module.CyPinballLoss(p["q"]), 1),
        "binary_cross_entropy_with_logits": (lambda p: module.CyHalfBinomialLoss(), 1),
        "poisson": (lambda p: module.CyHalfPoissonLoss(), 1),
        "gamma": (lambda p: module.CyHalfGammaLoss(), 1),
        "tweedie": (lambda p: module.CyHalfTweedieLoss(p["power"]), 1),
        "tweedie_identity": (lambda p: module.CyHalfTweedieLossIdentity(p["power"]), 1),
        "exponential": (lambda p: module.CyExponentialLoss(), 1),
        "cross_entropy": (lambda p: module.CyHalfMultinomialLoss(), 1),
    }


def sklearn_target(target: Any) -> Any:
    """In the dtype of the predictions, and with 0 for the label -1."""
    given = target.astype(np.float32, copy=False)
    return np.maximum(given, 0) if given.size and given.min() == -1 and np.isin(given, (-1, 1)).all() else given


def prepare_sklearn(workload: Workload, inputs: Inputs, threads: int) -> Prepared | None:
    if workload.loss not in sklearn_losses():
        return None
    make, factor = sklearn_losses()[workload.loss]
    arguments: dict[str, Any] = {
        "y_true": sklearn_target(inputs.target),
        "raw_prediction": inputs.pred,
        "sample_weight": None,
        "loss_out": np.empty(inputs.target.shape, np.float32),
        "gradient_out": np.empty_like(inputs.pred),
        "n_threads": threads,
    }

    # It gives the loss and the gradient of each sample; that they are not averaged is to its advantage.
    def outcome(_: Any) -> tuple[float, Any]:
        value, samples = arguments["loss_out"], inputs.target.size
        return factor * float(value.mean(dtype=np.float64)), factor / samples * arguments["gradient_out"]

    return Prepared(functools.partial(make(defaults(workload.loss)).loss_gradient, **arguments), outcome)


# ---- the list -------------------------------------------------------------------------------------------------------

#: By name.
OPPONENTS = {
    opponent.name: opponent
    for opponent in (
        Opponent("numpy", "numpy", "numpy", prepare_numpy),
        Opponent("torch", "torch", "torch", prepare_torch),
        Opponent("torch.compile", "torch", "torch", prepare_torch_compile),
        Opponent("jax", "jax", "jax", prepare_jax),
        Opponent("sklearn", "sklearn._loss._loss", "scikit-learn", prepare_sklearn),
    )
}
