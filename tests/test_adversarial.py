"""Adversarial losses beside PyTorch's functions, of the discriminator and of the generator."""

from __future__ import annotations

import numpy as np
import pytest

import fastloss as fl


def twins():
    """For each loss the discriminator's and the generator's, as they are written in PyTorch."""
    torch = pytest.importorskip("torch")
    F = torch.nn.functional
    entropy = F.binary_cross_entropy_with_logits
    return {
        "gan_minimax": (entropy, lambda x: -F.softplus(x).mean()),
        "gan_non_saturating": (entropy, lambda x: F.softplus(-x).mean()),
        "gan_least_squares": (lambda x, y: F.mse_loss(x, y) / 2, lambda x: (x - 1).square().mean() / 2),
        "gan_hinge": (lambda x, y: torch.where(y > 0, F.relu(1 - x), F.relu(1 + x)).mean(), lambda x: -x.mean()),
        "wasserstein": (lambda x, y: torch.where(y > 0, -x, x).mean(), lambda x: -x.mean()),
    }


NAMES = ["gan_minimax", "gan_non_saturating", "gan_least_squares", "gan_hinge", "wasserstein"]


@pytest.mark.parametrize("generator", [False, True])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", NAMES)
def test_values_and_gradients_are_those_of_pytorch(name, dtype, generator):
    discriminated, generated = twins()[name]
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    pred, target = (4 * rng.normal(size=300)).astype(dtype), rng.integers(0, 2, 300).astype(dtype)
    leaf = torch.tensor(pred, requires_grad=True)
    expected = generated(leaf) if generator else discriminated(leaf, torch.tensor(target))
    expected.backward()
    tolerance = 1e-5 if dtype == np.float32 else 1e-10
    for loss in (fl.losses[name], fl.losses[name].reference):
        value, grad = loss.value_and_grad(pred, None if generator else target, generator=generator)
        assert value == pytest.approx(expected.item(), rel=tolerance)
        np.testing.assert_allclose(grad, leaf.grad.numpy(), rtol=tolerance, atol=tolerance * 1e-4)


@pytest.mark.parametrize("name", NAMES)
def test_the_generator_does_not_look_at_targets(name, dtype):
    pred = np.array([-3.0, 0.0, 2.0, 1e30], dtype)
    for loss in (fl.losses[name], fl.losses[name].reference):
        for entry in (loss, loss.grad, loss.grad_and_hess):
            expected = entry(pred, generator=True, reduction="none")
            for target in (np.zeros(4, dtype), np.ones(4, dtype), np.full(4, np.nan, dtype)):
                np.testing.assert_array_equal(entry(pred, target, generator=True, reduction="none"), expected)


@pytest.mark.parametrize("loss", [fl.losses, fl.reference.losses], ids=["fastloss", "reference"])
def test_what_both_players_get(loss):
    """The generator's minimax loss is what the discriminator wants of its samples, with the other sign; a sure one stops it."""
    pred = np.array([-50.0, -1.0, 0.0, 3.0])
    for a, b in zip(
        loss["gan_minimax"].value_and_grad(pred, generator=True), loss["gan_minimax"].value_and_grad(pred), strict=True
    ):
        np.testing.assert_array_equal(a, -b)
    assert abs(loss["gan_minimax"].grad(pred, generator=True)[0]) < 1e-20
    assert loss["gan_non_saturating"].grad(pred, generator=True)[0] == -0.25
