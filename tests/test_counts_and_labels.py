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
    soft = np.random.default_rng(3).random(200)
    value, grad, hess = results(fl.exponential_with_soft_labels, PRED, soft)
    closely(value, peer.loss(soft, PRED))
    closely(np.stack([grad, hess]), peer.gradient_hessian(soft, PRED))
    for ours, theirs in zip(
        results(fl.exponential_with_soft_labels, PRED, zero_one), results(fl.exponential, PRED, SIGNS), strict=True
    ):
        closely(ours, theirs)
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
        (fl.hinge_embedding.bind(margin=-0.5), lambda x, y: functional.hinge_embedding_loss(x, y, margin=-0.5), PRED, SIGNS),
        (fl.elementwise_kl_divergence, lambda x, y: functional.kl_div(x, y, reduction="none").mean(), -rates, rates),
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


@pytest.mark.parametrize("power", [0.0, 1.0, 1.5, 2.0, 3.0])
def test_deviances_are_those_of_scikit_learn(power, dtype, tier):
    rng = np.random.default_rng(int(power))
    mean = np.exp(rng.normal(0, 3, 500)).astype(dtype)
    target = np.where(rng.random(500) < 0.5, mean * np.exp(rng.normal(0, 0.2, 500)), np.exp(rng.normal(0, 3, 500))).astype(
        dtype
    )
    value, grad, hess = results(fl.tweedie_identity, mean, target, power=power)
    losses = pytest.importorskip("sklearn._loss.loss")
    y, m = target.astype(float), mean.astype(float)
    peer = losses.HalfTweedieLossIdentity(power=power)
    rtol, kept = (1e-4, 1e-5) if dtype == np.float32 else (1e-9, 1e-12)
    np.testing.assert_allclose(value, peer.loss(y, m), rtol=rtol, atol=kept * np.max(m))
    np.testing.assert_allclose(grad, peer.gradient(y, m), rtol=rtol, atol=kept)
    np.testing.assert_allclose(hess, peer.gradient_hessian(y, m)[1], rtol=rtol, atol=kept)


def test_deviances_at_their_ends(dtype, tier):
    mean = np.array([0, 0, 2, np.inf, np.inf, 1, np.nan, 2, -0.0], dtype)
    target = np.array([0, 3, 0, 0, 3, np.inf, 1, np.nan, 3], dtype)
    inf, nan = np.inf, np.nan
    expected = {
        0.0: (
            [0, 4.5, 2, inf, inf, inf, nan, nan, 4.5],
            [0, -3, 2, inf, inf, -inf, nan, nan, -3],
            [1, 1, 1, 1, 1, 1, nan, nan, 1],
        ),
        1.0: (
            [0, inf, 2, inf, inf, inf, nan, nan, inf],
            [1, -inf, 1, 1, 1, -inf, nan, nan, -inf],
            [0, inf, 0, 0, 0, inf, nan, nan, inf],
        ),
        2.0: (
            [inf, inf, inf, inf, inf, inf, nan, nan, inf],
            [inf, -inf, 0.5, 0, 0, -inf, nan, nan, -inf],
            [-inf, inf, -0.25, 0, 0, inf, nan, nan, inf],
        ),
    }
    for power, wanted in expected.items():
        for found, right in zip(results(fl.tweedie_identity, mean, target, power=power), wanted, strict=True):
            np.testing.assert_array_equal(found, np.array(right, dtype), err_msg=str(power))


@pytest.mark.parametrize("loss", [fl.poisson, fl.poisson_identity], ids=lambda loss: loss.name)
def test_poisson_with_its_constant_is_minus_the_log_of_a_probability(loss, dtype, tier):
    rng = np.random.default_rng(7)
    counts = np.r_[np.arange(30), 10.0 ** rng.uniform(1, 6, 50).round(1)].round().astype(dtype)
    rates = np.maximum(counts * np.exp(rng.normal(0, 0.3, counts.size)), 0.2).astype(dtype)
    pred = np.log(rates) if loss is fl.poisson else rates
    found = loss(pred, counts, full=True, reduction="none")
    y, x = counts.astype(float), pred.astype(float) if loss is fl.poisson else np.log(pred.astype(float))
    wanted = np.exp(x) - y * x + [math.lgamma(n + 1) for n in y]
    np.testing.assert_allclose(found, wanted, rtol=1e-4 if dtype == np.float32 else 1e-9)
    for a, b in zip(results(loss, pred, counts, full=True)[1:], results(loss, pred, counts)[1:], strict=True):
        np.testing.assert_array_equal(a, b)
    # The probabilities of all counts add up to 1.
    every = np.arange(200, dtype=dtype)
    probabilities = np.exp(-loss(np.full(200, 3 if loss is fl.poisson else 20, dtype), every, full=True, reduction="none"))
    assert probabilities.sum() == pytest.approx(1, rel=1e-6)


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
