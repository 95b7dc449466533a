"""The losses of regression against other libraries, against each other, and far from the target."""

import numpy as np
import pytest

import fastloss as fl

rng = np.random.default_rng(11)
PRED, TARGET = rng.normal(0, 3, 200), rng.normal(0, 3, 200)


def closely(a, b):
    np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)


def same_derivatives(loss, other, factor=1.0):
    """Value, gradient and Hessian of one loss are `factor` times those of another."""
    for a, b in zip(loss.grad_and_hess(PRED, TARGET), other.grad_and_hess(PRED, TARGET), strict=True):
        closely(a, factor * b)
    closely(loss(PRED, TARGET, reduction="none"), factor * other(PRED, TARGET, reduction="none"))


@pytest.mark.parametrize(
    ("name", "loss"), [("soft_l1", fl.pseudo_huber.bind(delta=1.5)), ("cauchy", fl.cauchy.bind(scale=1.5))]
)
def test_the_cost_of_scipys_least_squares(name, loss):
    optimize = pytest.importorskip("scipy.optimize")
    found = optimize.least_squares(lambda x: x - TARGET, PRED, loss=name, f_scale=1.5, max_nfev=1)
    closely(found.cost, loss(PRED, TARGET, reduction="sum"))
    # Its gradient is made of difference quotients.
    np.testing.assert_allclose(found.grad, loss.grad(PRED, TARGET, reduction="sum"), rtol=1e-5, atol=1e-6)


def test_scikit_learns_metrics():
    metrics = pytest.importorskip("sklearn.metrics")
    pred, target = np.exp(PRED), np.exp(TARGET)
    closely(fl.squared_log_error(pred, target), metrics.mean_squared_log_error(target, pred))
    closely(fl.absolute_percentage_error(pred, target), metrics.mean_absolute_percentage_error(target, pred))


def test_scikit_learns_derivatives():
    losses = pytest.importorskip("sklearn.linear_model._sgd_fast")
    cases = {"EpsilonInsensitive": fl.epsilon_insensitive, "SquaredEpsilonInsensitive": fl.squared_epsilon_insensitive}
    for name, loss in cases.items():
        peer = getattr(losses, name)(0.5)
        value, grad = loss.value_and_grad(PRED, TARGET, epsilon=0.5, reduction="none")
        closely(value, [peer.py_loss(p, y) for p, y in zip(PRED, TARGET, strict=True)])
        closely(grad, [peer.py_dloss(p, y) for p, y in zip(PRED, TARGET, strict=True)])


def test_special_cases_are_other_losses():
    same_derivatives(fl.expectile.bind(alpha=0.5), fl.squared_error, 0.5)
    same_derivatives(fl.epsilon_insensitive.bind(epsilon=0), fl.absolute_error)
    same_derivatives(fl.squared_epsilon_insensitive.bind(epsilon=0), fl.squared_error)
    same_derivatives(fl.lp.bind(p=1), fl.absolute_error)
    same_derivatives(fl.lp.bind(p=2), fl.squared_error)
    far = {"pseudo_huber": "delta", "fair": "c", "cauchy": "scale", "geman_mcclure": "c", "welsch": "c", "tukey_biweight": "c"}
    for name, scale in far.items():
        # Of a residual that is small against the scale all are r²/2.
        same_derivatives(fl.losses[name].bind(**{scale: 1e18}), fl.squared_error, 0.5)


def test_charbonnier_is_pseudo_huber_with_a_unit():
    value, grad = fl.charbonnier.value_and_grad(PRED, TARGET, epsilon=0.25, reduction="none")
    other, other_grad = fl.pseudo_huber.value_and_grad(PRED, TARGET, delta=0.25, reduction="none")
    closely(value, other / 0.25 + 0.25)
    closely(grad, other_grad / 0.25)


def test_log_lin_quantile_is_the_quantile_loss_of_the_exponential():
    value, grad = fl.log_lin_quantile.value_and_grad(PRED, TARGET, q=0.75, reduction="none")
    other, other_grad = fl.quantile.value_and_grad(np.exp(PRED), TARGET, q=0.75, reduction="none")
    closely(value, other)
    closely(grad, other_grad * np.exp(PRED))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("loss", "value", "grad"),
    [
        (fl.pseudo_huber, np.inf, 1),
        (fl.charbonnier, np.inf, 1),
        (fl.fair, np.inf, 1),
        (fl.cauchy, np.inf, 0),
        (fl.geman_mcclure, 0.5, 0),
        (fl.welsch, 0.5, 0),
        (fl.tukey_biweight.bind(c=3.0), 1.5, 0),
        (fl.epsilon_insensitive, np.inf, 1),
        (fl.lp.bind(p=1.25), np.inf, np.inf),
        (fl.symmetric_absolute_percentage_error, 2, 0),
    ],
    ids=lambda x: getattr(x, "name", None),
)
def test_an_infinite_prediction(loss, value, grad, dtype):
    found, slope = loss.value_and_grad(np.array([np.inf, -np.inf], dtype), np.zeros(2, dtype), reduction="none")
    if loss.name == "symmetric_absolute_percentage_error":
        assert found.tolist() == [2, 2]
        assert not slope.any()
        return
    if loss.name == "cauchy":
        # The logarithm of the largest number, at least.
        assert np.all(found > np.log(np.finfo(dtype).max))
    else:
        assert found.tolist() == [value, value]
    assert slope.tolist() == [grad, -grad]


def test_a_difference_too_large_for_a_number():
    """Where the loss is none, though."""
    big = np.float32(3e38)
    pred, target = np.array([big]), np.array([-big])
    assert fl.absolute_percentage_error(pred, target) == 2
    assert fl.symmetric_absolute_percentage_error(pred, target) == 2
    tiny = float(np.float32(1e-3))
    assert fl.pseudo_huber(pred, target, delta=tiny) == pytest.approx(6e35, rel=1e-6)
    assert fl.fair(pred, target, c=tiny) == pytest.approx(6e35, rel=1e-6)
    assert fl.epsilon_insensitive(pred, target, epsilon=float(big)) == pytest.approx(3e38, rel=1e-6)
    assert fl.linex.grad(np.float32([450.0]), np.float32([0.0]), a=0.2)[0] < np.inf


def test_what_cancels_in_the_formula_does_not_in_the_loss():
    r = np.array([1e-9])
    for loss in (fl.pseudo_huber, fl.fair, fl.cauchy, fl.geman_mcclure, fl.welsch, fl.tukey_biweight, fl.linex):
        assert loss(r, [0.0]) == pytest.approx(5e-19, rel=1e-8)
    assert fl.squared_log_error([1e9 + 1], [1e9]) == pytest.approx(1e-18, rel=1e-8)


@pytest.mark.parametrize("limit", [0.0, 2.0])
def test_barron_is_smooth_through_its_special_cases(limit, dtype, tier):
    """Beside alpha = 0 and 2 all moves with alpha by as much as the derivative says, and nothing cancels."""
    pred = np.concatenate([[0.0], np.geomspace(1e-6, 1e6, 200)]).astype(dtype)
    target = np.zeros_like(pred)
    eps = float(np.finfo(dtype).eps)
    # The change with alpha is at most |log(1 + z)| times that of alpha, z at most 1e12 / (2 - alpha).
    for distance in (1e-3, 1e-5, eps, eps**2, 1e-30):
        here, there = fl.barron.bind(alpha=limit), fl.barron.bind(alpha=limit - distance)
        change = 40 * distance * (1 - np.log(distance)) + 16 * eps
        pairs = (loss.value_and_grad(pred, target, reduction="none") for loss in (here, there))
        for a, b in zip(*pairs, strict=True):
            np.testing.assert_allclose(b, a, rtol=change, atol=0)
        # The Hessian changes its sign.
        a, b = (loss.grad_and_hess(pred, target)[1] for loss in (here, there))
        np.testing.assert_allclose(b, a, rtol=change, atol=change)
