"""At kinks and ties the subgradient is the one that PyTorch has, where it has the loss, and else the one that is documented."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
from conftest import PAIRED, kink_differences

import fastloss as fl


class Twin(NamedTuple):
    """A loss as PyTorch writes it: of torch.nn.functional, tensors of predictions and targets, and the loss's parameters."""

    function: Callable[..., Any]
    parameters: tuple[dict[str, Any], ...] = ({},)


TWINS = {
    "absolute_error": Twin(lambda f, x, y: f.l1_loss(x, y, reduction="sum")),
    "l1": Twin(lambda f, x, y: f.l1_loss(x, y, reduction="sum")),
    "huber": Twin(lambda f, x, y, delta: f.huber_loss(x, y, reduction="sum", delta=delta), ({"delta": 1.0}, {"delta": 0.5})),
    "smooth_l1": Twin(lambda f, x, y, beta: f.smooth_l1_loss(x, y, reduction="sum", beta=beta), ({"beta": 1.0}, {"beta": 0.0})),
    "hinge_embedding": Twin(
        lambda f, x, y, margin: f.hinge_embedding_loss(x, y, margin=margin, reduction="sum"), ({"margin": 1.0}, {"margin": 0.0})
    ),
    "margin_ranking": Twin(
        lambda f, x, y, margin: f.margin_ranking_loss(x, x.new_zeros(x.shape), y, margin=margin, reduction="sum"),
        ({"margin": 0.0}, {"margin": 0.5}),
    ),
    "multi_margin": Twin(
        lambda f, x, y, margin: f.multi_margin_loss(x, y, margin=margin, reduction="sum"), ({"margin": 1.0}, {"margin": 0.5})
    ),
    "multilabel_margin": Twin(lambda f, x, y: f.multilabel_margin_loss(x, y, reduction="sum")),
}
# PyTorch's losses that are smooth, or are ours by a formula that has no kink of its own: nothing is to choose there.
SMOOTH = [name for name, loss in PAIRED.items() if not loss.kinks]
GRID = np.arange(-8, 9) / 4


def at_kinks(loss: fl.Loss, parameters: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """Predictions and targets of a grid of which at least one lies on a kink."""
    if loss.family == "rows":
        pred = np.array(list(itertools.product(GRID[::2], repeat=3)))
        target = np.arange(len(pred)) % 3
        if loss.declared.label_lists:
            target = np.where(np.arange(3) == 0, target[:, None], -1)
    else:
        labels = [-1.0, 1.0] if loss.domain.target.ends_only else GRID
        pred, target = (np.array(side, np.float64) for side in zip(*itertools.product(GRID, labels), strict=True))
    on = np.any([difference == 0 for difference in kink_differences(loss, pred, target, **parameters)], axis=0)
    on = on if on.ndim == 1 else on.any(axis=1)
    assert on.any()
    return pred[on], target[on]


@pytest.mark.parametrize("home", ["compiled", "reference"])
@pytest.mark.parametrize("name", TWINS)
def test_subgradients_are_those_of_pytorch(name, home):
    torch = pytest.importorskip("torch")
    loss = fl.losses[name] if home == "compiled" else fl.losses[name].reference
    for parameters in TWINS[name].parameters:
        pred, target = at_kinks(loss, parameters)
        leaf = torch.tensor(pred, requires_grad=True)
        TWINS[name].function(torch.nn.functional, leaf, torch.tensor(target), **parameters).backward()
        grad = loss.grad(pred, target, reduction="sum", **parameters)
        np.testing.assert_allclose(grad, leaf.grad.numpy(), rtol=1e-15, err_msg=str(parameters))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_other_argument_of_a_tie_has_pytorchs_subgradient(dtype):
    target = np.array([1, -1], dtype)
    grads = fl.margin_ranking.grad(np.ones(2, dtype), target, other=np.ones(2, dtype), wrt=("pred", "other"), reduction="none")
    assert [grad.tolist() for grad in grads] == [[-1, 1], [1, -1]]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_perceptron_learns_from_a_score_of_zero(dtype):
    scores, labels = np.array([0.0, -0.0, 0.0], dtype), np.array([1, 1, -1], dtype)
    assert fl.perceptron.grad(scores, labels, reduction="none").tolist() == [-1, -1, 1]
    linear_model = pytest.importorskip("sklearn.linear_model")
    X, y = np.array([[1.0, 2.0]]), np.array([1])
    model = linear_model.SGDClassifier("perceptron", alpha=0, learning_rate="constant", eta0=1, max_iter=1, tol=None)
    model.partial_fit(X, y, classes=[-1, 1])
    np.testing.assert_array_equal(model.coef_, -fl.perceptron.grad(np.zeros(1), y.astype(np.float64)) * X)
