"""The losses of log p of a softmax: against formulas differentiated by PyTorch, what other libraries compute, and where
implementations are known to break."""

from __future__ import annotations

import numpy as np
import pytest

import fastloss as fl

#: Classes of rows side by side, of rows along memory, and of several segments.
CLASSES = (2, 7, 300, 2500)


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip("torch")


def drawn(classes, n=9, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(0, 3, (n, classes)), rng.integers(0, classes, n)


def by_torch(torch, pred, function):
    """Value and gradient of the sum of what `function` makes of the logarithm of the softmax."""
    logits = torch.tensor(pred, requires_grad=True)
    value = function(torch.log_softmax(logits, dim=-1))
    return value.detach().numpy(), torch.autograd.grad(value.sum(), logits)[0].numpy()


def agree(found, wanted):
    for a, b in zip(found, wanted, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-14)


# ---- log-probabilities of chosen classes ----------------------------------------------------------------------------


@pytest.mark.parametrize("classes", CLASSES)
def test_selected_log_probs_against_torch(torch, classes):
    pred, labels = drawn(classes)
    chosen = torch.tensor(labels)[:, None]
    wanted = by_torch(torch, pred, lambda log_q: log_q.gather(1, chosen)[:, 0])
    agree(fl.selected_log_probs.value_and_grad(pred, labels), wanted)


@pytest.mark.parametrize("classes", CLASSES)
def test_the_gradient_of_a_preference_loss(torch, classes):
    """DPO of sequences of three tokens: -log sigmoid(b Δ), brought back to the logits by vjp."""
    pred, labels = drawn(classes, 12)
    pairs, beta = (2, 2, 3), 0.3  # chosen and rejected, sequences, tokens

    def dpo(log_p):
        chosen, rejected = log_p.reshape(pairs).sum(-1)
        return -torch.nn.functional.logsigmoid(beta * (chosen - rejected)).sum()

    index = torch.tensor(labels)[:, None]
    wanted = by_torch(torch, pred, lambda log_q: dpo(log_q.gather(1, index)[:, 0]))[1]
    log_p = torch.tensor(fl.selected_log_probs(pred, labels), requires_grad=True)
    cotangent = torch.autograd.grad(dpo(log_p), log_p)[0].numpy()
    assert cotangent.min() < 0 < cotangent.max()
    agree([fl.selected_log_probs.vjp(pred, labels, cotangent)], [wanted])


def test_log_probabilities_are_those_that_cross_entropy_negates(dtype):
    pred, labels = drawn(7)
    labels[2] = -100
    pred = pred.astype(dtype)
    value, grad = fl.selected_log_probs.value_and_grad(pred, labels)
    loss, slope = fl.cross_entropy.value_and_grad(pred, labels, reduction="none")
    np.testing.assert_array_equal(value, -loss)
    np.testing.assert_array_equal(grad, -slope)
    assert value[2] == 0
    assert not np.signbit(value[2])


def test_reduction_is_none_unless_asked_for():
    pred, labels = drawn(4)
    assert fl.selected_log_probs(pred, labels).shape == labels.shape
    assert fl.selected_log_probs.grad(pred, labels)[0].sum() == pytest.approx(0, abs=1e-15)
    mean = fl.selected_log_probs(pred, labels, reduction="mean")
    assert mean == pytest.approx(fl.selected_log_probs(pred, labels).mean(), rel=1e-15)
