"""The losses of counts, of positive numbers and of two labels against other libraries, against each other, and far out."""

import math

import numpy as np
import pytest

import fastloss as fl

rng = np.random.default_rng(12)
PRED, POSITIVE = rng.normal(0, 2, 200), rng.gamma(2.0, 1.5, 200)
COUNTS, SIGNS = rng.poisson(2.0, 200).astype(float), rng.choice([-1.0, 1.0], 200)


def closely(a, b):
    np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-13)


def results(loss, pred, target, **parameters):
    value = loss(pred, target, reduction="none", **parameters)
    return (value, *loss.grad_and_hess(pred, target, **parameters))


@pytest.mark.parametrize(
    ("name", "parameters", "loss", "target"),
    [
        ("HalfGammaLoss", {}, fl.gamma, POSITIVE),
        ("HalfTweedieLoss", {"power": 1.3}, fl.tweedie.bind(power=1.3), COUNTS),
        ("HalfTweedieLoss", {"power": 1.0}, fl.tweedie.bind(power=1.0), COUNTS),
        ("HalfTweedieLoss", {"power": 2.0}, fl.tweedie.bind(power=2.0), POSITIVE),
        ("HalfTweedieLoss", {"power": 3.0}, fl.inverse_gaussian, POSITIVE),
    ],
)
def test_scikit_learns_losses_of_the_log_link(name, parameters, loss, target):
    losses = pytest.importorskip("sklearn._loss.loss")
    peer = getattr(losses, name)(**parameters)
    value, grad, hess = results(loss, PRED, target)
    closely(value, peer.loss(target, PRED))
    for ours, theirs in zip((grad, hess), peer.gradient_hessian(target, PRED), strict=True):
        closely(ours, theirs)


def test_scikit_learns_losses_of_labels():
    losses = pytest.importorskip("sklearn._loss.loss")
    sgd = pytest.importorskip("sklearn.linear_model._sgd_fast")
    value, grad, hess = results(fl.exponential, PRED, SIGNS)
    peer, zero_one = losses.ExponentialLoss(), (SIGNS + 1) / 2
    closely(value, peer.loss(zero_one, PRED))
    closely(np.stack([grad, hess]), peer.gradient_hessian(zero_one, PRED))
    huber = sgd.ModifiedHuber()
    value, grad, _ = results(fl.modified_huber, PRED, SIGNS)
    closely(value, [huber.py_loss(p, y) for p, y in zip(PRED, SIGNS, strict=True)])
    closely(grad, [huber.py_dloss(p, y) for p, y in zip(PRED, SIGNS, strict=True)])


def test_pytorchs_losses():
    torch = pytest.importorskip("torch")
    functional = torch.nn.functional
    rates = np.exp(PRED)
    for loss, peer, pred, target in (
        (fl.soft_margin, functional.soft_margin_loss, PRED, SIGNS),
        (fl.hinge_embedding.bind(margin=0.75), lambda x, y: functional.hinge_embedding_loss(x, y, margin=0.75), PRED, SIGNS),
        (
            fl.poisson_identity,
            lambda x, y: functional.poisson_nll_loss(x, y, log_input=False, full=False, eps=0.0),
            rates,
            COUNTS,
        ),
    ):
        x = torch.tensor(pred, requires_grad=True)
        theirs = peer(x, torch.tensor(target))
        theirs.backward()
        value, grad = loss.value_and_grad(pred, target)
        closely(value, theirs.item())
        closely(grad, x.grad.numpy())


def test_negative_binomial_is_a_log_likelihood():
    """Beside its constant, that of a distribution whose probabilities add up to 1."""
    counts = np.arange(2000.0)
    for dispersion, x in ((0.5, 0.7), (2.0, -1.0), (1.0, 2.0)):
        r = 1 / dispersion
        value = fl.negative_binomial(np.full(2000, x), counts, dispersion=dispersion, reduction="none")
        constant = [math.lgamma(r) - math.lgamma(y + r) - y * math.log(dispersion) + math.lgamma(y + 1) for y in counts]
        probabilities = np.exp(-value - constant)
        assert probabilities.sum() == pytest.approx(1, rel=1e-9)
        assert probabilities @ counts == pytest.approx(math.exp(x), rel=1e-9)
        variance = probabilities @ (counts - math.exp(x)) ** 2
        assert variance == pytest.approx(math.exp(x) + dispersion * math.exp(2 * x), rel=1e-9)


def test_ends_of_parameters_are_other_losses():
    for a, b in (
        (results(fl.tweedie, PRED, COUNTS, power=1), results(fl.poisson, PRED, COUNTS)),
        (results(fl.tweedie, PRED, POSITIVE, power=2), results(fl.gamma, PRED, POSITIVE)),
        (results(fl.negative_binomial, PRED, COUNTS, dispersion=0), results(fl.poisson, PRED, COUNTS)),
        (results(fl.negative_binomial, PRED, COUNTS, dispersion=1e-18), results(fl.poisson, PRED, COUNTS)),
        (results(fl.soft_margin, PRED, SIGNS), results(fl.binary_cross_entropy_with_logits, PRED * SIGNS, np.ones(200))),
    ):
        closely(a[0], b[0])
        closely(np.abs(a[1]), np.abs(b[1]))
        closely(a[2], b[2])
    # Derivatives of the Tweedie loss go on to its ends, though its value does not.
    for power, loss in ((1 + 1e-14, fl.poisson), (2 - 1e-14, fl.gamma)):
        for a, b in zip(results(fl.tweedie, PRED, POSITIVE, power=power)[1:], results(loss, PRED, POSITIVE)[1:], strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-11)


def test_brier_of_logits_is_brier_of_their_probabilities():
    y = (SIGNS + 1) / 2
    p = 1 / (1 + np.exp(-PRED))
    value, grad = fl.brier.value_and_grad(p, y, reduction="none")
    found, slope = fl.brier_with_logits.value_and_grad(PRED, y, reduction="none")
    closely(found, value)
    closely(slope, grad * p * (1 - p))


def test_a_product_is_a_number_where_its_exponential_is_none(dtype):
    """y exp(-x) of a small y and a large exp(-x)."""
    depth = 100.0 if dtype == np.float32 else 740.0
    x, y = np.array([-depth], dtype), np.array([1e-30], dtype)
    expected = math.exp(depth / 2) * float(y[0]) * math.exp(depth / 2)
    assert fl.gamma.grad_and_hess(x, y)[1][0] == pytest.approx(expected, rel=1e-6)
    assert fl.tweedie.grad_and_hess(x, y, power=2)[1][0] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("loss", [fl.gamma, fl.inverse_gaussian], ids=lambda loss: loss.name)
def test_a_positive_number_is_not_zero(loss):
    with pytest.raises(ValueError, match=r"target\[1\] = 0"):
        loss([1.0, 2.0], [1.0, 0.0])
    assert math.isfinite(loss(np.float32([1.0]), np.float32([2.0**-126])))
