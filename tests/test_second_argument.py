"""Derivatives by a second argument: what `target_grad`, `variance_grad` and their like give, generic over the registry.

Their accuracy is measured with all others', by test_accuracy and test_exact.
"""

import math
from typing import Any

import numpy as np
import pytest
from conftest import same_bits

import fastloss as fl
from fastloss import _verify

#: The losses of an element with a gradient by the target. Those of rows: test_distillation.
BY_TARGET = [loss for loss in fl.losses.values() if loss.declared.second == "target" and loss.family == "pointwise"]
#: The losses with a parameter that there are derivatives by.
PREDICTED = [loss for loss in fl.losses.values() if loss.declared.second not in ("", "target")]
every = pytest.mark.parametrize("loss", PREDICTED, ids=lambda loss: loss.name)


def drawn(loss, n=200, dtype=np.float64, seed=0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Prediction, target, and the parameter for each element; none at the end of a range."""
    case = _verify.Case(loss, np.dtype(dtype), False, "", arrays=(loss.declared.second,))
    pred, target, arrays = _verify.draw(case, n, 0, seed)
    return pred, target, arrays[loss.declared.second]


def moderate(loss, n=200, seed=0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The same for difference quotients."""
    rng = np.random.default_rng(seed)
    interval = loss.params[loss.declared.second].range
    second = rng.uniform(0.5, min(2, 0.75 * interval.high), n) if interval.low == 0 else rng.normal(0, 1, n)
    target = drawn(loss, n)[1] if loss.domain.target.bounded else rng.normal(0, 1, n)
    return rng.normal(0, 1, n), np.clip(target, -5, 5), second


def call(loss, entry_point: str, pred: Any, target: Any, second: Any, **keywords: Any) -> Any:
    return getattr(loss, entry_point)(
        pred, target, **{loss.declared.second: second, "wrt": ("pred", loss.declared.second)}, **keywords
    )


def test_there_are_some():
    assert {"gaussian_nll", "margin_ranking", "crps_gaussian", "zero_inflated_poisson", "beta"} <= {
        loss.name for loss in PREDICTED
    }


@every
def test_derivatives_are_difference_quotients(loss):
    pred, target, second = moderate(loss)
    step = 1e-5

    def value(x):
        return loss(pred, target, reduction="none", **{loss.declared.second: x})

    (_, grad), (_, hess) = call(loss, "grad_and_hess", pred, target, second)
    quotient = (value(second + step) - value(second - step)) / (2 * step)
    smooth = np.abs(value(second + step) - 2 * value(second) + value(second - step)) < 0.1 * step  # no kink between
    assert smooth.mean() > 0.9
    np.testing.assert_allclose(grad[smooth], quotient[smooth], rtol=1e-5, atol=1e-6)

    def gradient(x):
        return call(loss, "grad", pred, target, x, reduction="none")[1]

    quotient = (gradient(second + step) - gradient(second - step)) / (2 * step)
    np.testing.assert_allclose(hess[smooth], quotient[smooth], rtol=1e-4, atol=1e-5)


@every
def test_entry_points_agree_and_what_is_not_asked_for_is_the_same(loss, dtype, tier):
    pred, target, second = drawn(loss, 1500, dtype)
    plain = loss.bind(**{loss.declared.second: second})
    grads = call(loss, "grad", pred, target, second, reduction="none")
    value, grads_again = call(loss, "value_and_grad", pred, target, second, reduction="none")
    grads_and_hesses = call(loss, "grad_and_hess", pred, target, second)
    assert isinstance(grads, tuple)
    for found in (grads_again, grads_and_hesses[0]):
        assert all(same_bits(a, b) for a, b in zip(found, grads, strict=True))
    assert same_bits(grads[0], plain.grad(pred, target, reduction="none"))
    assert same_bits(grads_and_hesses[1][0], plain.grad_and_hess(pred, target)[1])
    assert same_bits(value, plain(pred, target, reduction="none"))
    assert all(x.dtype == dtype and x.shape == pred.shape for pair in grads_and_hesses for x in pair)


@every
def test_weights_reductions_threads_and_layouts(loss, dtype):
    pred, target, second = (x.reshape(300, 100) for x in drawn(loss, 30_000, dtype))
    weight = np.random.default_rng(1).integers(0, 3, pred.shape).astype(dtype)
    each = call(loss, "grad", pred, target, second, reduction="none")[1]
    _, expected = call(loss, "grad", pred, target, second, weight=weight, n_threads=1)
    with np.errstate(all="ignore"):
        wanted = np.where(weight == 0, 0, each * (weight / weight.sum(dtype=np.float64)))
    close = np.isfinite(wanted) & (np.abs(wanted) > np.finfo(dtype).smallest_normal)
    np.testing.assert_allclose(expected[close], wanted[close], rtol=1e-5)
    assert not expected[weight == 0].any()
    for n_threads in (2, 5):
        assert same_bits(call(loss, "grad", pred, target, second, weight=weight, n_threads=n_threads)[1], expected)
    moved = call(loss, "grad", np.asfortranarray(pred), target, second[:, ::-1][:, ::-1], weight=weight)[1]
    assert same_bits(np.ascontiguousarray(moved), expected)


@every
def test_one_number_for_all_has_derivatives_of_each_element(loss):
    pred, target, second = drawn(loss)
    number = float(second[0])
    found = call(loss, "grad_and_hess", pred, target, number)
    wanted = call(loss, "grad_and_hess", pred, target, np.full(pred.shape, number))
    for a, b in zip(found, wanted, strict=True):
        assert all(same_bits(x, y) for x, y in zip(a, b, strict=True))


@every
def test_out(loss, dtype):
    pred, target, second = drawn(loss, 70_000, dtype)
    wanted = call(loss, "grad_and_hess", pred, target, second)
    # In the places of both, and a new array where there is None.
    places = (pred.copy(), second.copy())
    found = call(loss, "value_and_grad", places[0], target, places[1], out=places, reduction="none")[1]
    assert all(a is b for a, b in zip(found, places, strict=True))
    assert all(same_bits(a, b) for a, b in zip(found, wanted[0], strict=True))
    place = np.empty_like(pred)
    grads, hesses = call(loss, "grad_and_hess", pred, target, second, out=((None, place), None))
    assert grads[1] is place
    for a, b in zip((grads, hesses), wanted, strict=True):
        assert all(same_bits(x, y) for x, y in zip(a, b, strict=True))


@every
def test_errors_leave_out_untouched(loss):
    pred, target, second = drawn(loss, 5000)
    place = np.full(pred.shape, 7.0)
    for out in ((place, place), (place, target), (target, place), (second, None), (place, place.copy(), place.copy())):
        with pytest.raises(ValueError, match="out"):
            call(loss, "grad", pred, target, second, out=out)
    with pytest.raises(ValueError, match="pair"):
        call(loss, "grad_and_hess", pred, target, second, out=(place, None, None))
    with pytest.raises(ValueError, match="shape"):
        call(loss, "grad", pred, target, second, out=(None, place[:1]))
    interval = loss.params[loss.declared.second].range
    for bad in [x for x in (-1.0, 0.0, np.inf) if x not in interval]:
        wrong = second.copy()
        wrong[4321] = bad
        with pytest.raises(ValueError, match=rf"{loss.declared.second}\[4321\] = {bad} is outside"):
            call(loss, "grad", pred, target, wrong, out=(place, None))
    assert (place == 7).all()
    with pytest.raises(TypeError, match="wrt"):
        loss(pred, target, wrt=("pred", loss.declared.second))


@every
def test_nan_is_of_its_element_alone(loss, dtype, tier):
    pred, target, second = drawn(loss, 100, dtype)
    clean = call(loss, "grad_and_hess", pred, target, second)
    second = second.copy()
    second[33] = np.nan
    found = call(loss, "grad_and_hess", pred, target, second)
    assert np.isnan(found[0][0][33])
    assert np.isnan(found[0][1][33])
    assert np.isnan(loss(pred, target, reduction="none", **{loss.declared.second: second})[33])
    for a, b in zip((*found[0], *found[1]), (*clean[0], *clean[1]), strict=True):
        assert same_bits(np.delete(a, 33), np.delete(b, 33))


def test_gaussian_nll_is_that_of_pytorch():
    torch = pytest.importorskip("torch")
    pred, target, variance = moderate(fl.gaussian_nll)
    for full in (False, True):
        leaves = [torch.tensor(x, requires_grad=True) for x in (pred, variance)]
        expected = torch.nn.functional.gaussian_nll_loss(leaves[0], torch.tensor(target), leaves[1], full=full)
        expected.backward()
        value, grads = fl.gaussian_nll.value_and_grad(pred, target, variance=variance, full=full, wrt=("pred", "variance"))
        assert value == pytest.approx(expected.item(), rel=1e-12)
        for grad, leaf in zip(grads, leaves, strict=True):
            np.testing.assert_allclose(grad, leaf.grad.numpy(), rtol=1e-10, atol=1e-14)


def test_margin_ranking_is_that_of_pytorch():
    torch = pytest.importorskip("torch")
    pred, target, other = moderate(fl.margin_ranking)
    for margin in (0.5, -0.5):
        leaves = [torch.tensor(x, requires_grad=True) for x in (pred, other)]
        expected = torch.nn.functional.margin_ranking_loss(*leaves, torch.tensor(target), margin=margin)
        expected.backward()
        value, grads = fl.margin_ranking.value_and_grad(pred, target, other=other, margin=margin, wrt=("pred", "other"))
        assert value == pytest.approx(expected.item(), rel=1e-12)
        for grad, leaf in zip(grads, leaves, strict=True):
            np.testing.assert_allclose(grad, leaf.grad.numpy(), atol=1e-15)


# ---- distributions against other implementations --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("loss", "peer", "difference"),
    [
        (fl.laplace_nll.bind(full=True), lambda d, x, s: d.Laplace(x, s), 0),
        (fl.gaussian_nll_with_log_scale.bind(full=True), lambda d, x, t: d.Normal(x, t.exp()), 0),
        (fl.cauchy_nll.bind(full=True), lambda d, x, s: d.Cauchy(x, s), 0),
        (fl.beta, lambda d, x, s: d.Beta(x.sigmoid() * s, (-x).sigmoid() * s), 0),
        # log of the gamma functions of 2 and 5/2, and log(4 pi)/2
        (fl.student_t_nll, lambda d, x, s: d.StudentT(4.0, x, s), math.log(4 * math.pi) / 2 - math.lgamma(2.5)),
        (fl.student_t_nll.bind(degrees_of_freedom=1), lambda d, x, s: d.Cauchy(x, s), math.log(math.pi)),
    ],
    ids=lambda x: getattr(x, "name", ""),
)
def test_log_likelihoods_are_those_of_pytorch(loss, peer, difference):
    torch = pytest.importorskip("torch")
    pred, target, second = moderate(loss)
    leaves = [torch.tensor(x, requires_grad=True) for x in (pred, second)]
    expected = -peer(torch.distributions, *leaves).log_prob(torch.tensor(target)).mean()
    expected.backward()
    value, grads = call(loss, "value_and_grad", pred, target, second)
    assert value + difference == pytest.approx(expected.item(), rel=1e-12)
    for grad, leaf in zip(grads, leaves, strict=True):
        np.testing.assert_allclose(grad, leaf.grad.numpy(), rtol=1e-10, atol=1e-14)


def test_log_likelihoods_are_those_of_scipy():
    stats = pytest.importorskip("scipy.stats")
    pred, target, s = moderate(fl.laplace_nll)
    special = pytest.importorskip("scipy.special")
    for loss, distribution in (
        (fl.laplace_nll.bind(full=True), stats.laplace(pred, s)),
        (fl.cauchy_nll.bind(full=True), stats.cauchy(pred, s)),
        (fl.gaussian_nll_with_log_scale.bind(full=True), stats.norm(pred, np.exp(s))),
    ):
        found = loss(pred, target, reduction="none", **{loss.declared.second: s})
        np.testing.assert_allclose(found, -distribution.logpdf(target), rtol=1e-12)
    for n in (0.3, 4.0, 1e3):
        constant = special.gammaln(n / 2) - special.gammaln((n + 1) / 2) + np.log(n * np.pi) / 2
        found = fl.student_t_nll(pred, target, scale=s, degrees_of_freedom=n, reduction="none")
        np.testing.assert_allclose(found + constant, -stats.t(n, pred, s).logpdf(target), rtol=1e-10)


def test_student_t_tends_to_a_gaussian():
    pred, target, s = moderate(fl.student_t_nll)
    found = fl.student_t_nll(pred, target, scale=s, degrees_of_freedom=1e17, reduction="none")
    np.testing.assert_allclose(found, fl.gaussian_nll(pred, target, variance=s**2, reduction="none"), rtol=1e-12, atol=1e-13)


def test_zero_inflated_poisson_is_a_mixture():
    """The probabilities of the counts are those of a mixture, and its ends are the losses it is made of."""
    counts = np.arange(60.0)
    log_factorial = np.array([math.lgamma(y + 1) for y in counts])
    x, z = np.full_like(counts, 0.7), np.full_like(counts, -0.4)
    found = np.exp(-fl.zero_inflated_poisson(x, counts, logit_zero=z, reduction="none") - log_factorial)
    share = 1 / (1 + np.exp(0.4))
    mixture = (1 - share) * np.exp(counts * 0.7 - np.exp(0.7) - log_factorial) + share * (counts == 0)
    np.testing.assert_allclose(found, mixture, rtol=1e-12)
    assert found.sum() == pytest.approx(1)
    ends = fl.zero_inflated_poisson(x, counts, logit_zero=-np.inf, reduction="none")
    np.testing.assert_allclose(ends, fl.poisson(x, counts, reduction="none"), rtol=1e-14)
    # An extra zero that is certain; and one that is the only way to a zero.
    assert fl.zero_inflated_poisson([3.0], [0.0], logit_zero=800.0) == 0
    assert fl.zero_inflated_poisson([20.0], [0.0], logit_zero=-30.0) == pytest.approx(30, rel=1e-12)


# ---- the shape of a robust loss -------------------------------------------------------------------------------------


@pytest.mark.parametrize("alpha", [0.0, 1e-3, 0.1, 0.3, 0.5, 1.0, 1.4, 1.8, 1.99, 2 - 1e-9, 2.0])
def test_barron_nll_is_a_distribution(alpha):
    """exp(-loss) has the integral 1: of x = exp(s), by the trapezoid rule, since at alpha = 0 tails fall as 1/x²."""
    s = np.arange(-40, 40, 1 / 64)
    density = np.exp(-fl.barron_nll(3 + 0.5 * np.exp(s), np.full_like(s, 3.0), alpha=alpha, scale=0.5, reduction="none"))
    assert np.sum(np.exp(s) * density) / 64 == pytest.approx(1, rel=1e-12)


@pytest.mark.parametrize("alpha", [0.0, 1e-9, 0.1, 0.124, 0.126, 0.499, 0.501, 1.0, 1.499, 1.501, 1.874, 1.876, 1.999])
def test_derivatives_by_a_shape_have_means_that_vanish(alpha):
    """Those of a distribution's: the mean of the gradient is 0, and that of its square the mean of the Hessian."""
    s = np.arange(-40, 40, 1 / 64)
    residual = np.exp(s)
    value = fl.barron_nll(residual, np.zeros_like(s), alpha=alpha, reduction="none")
    (_, grad), (_, hess) = fl.barron_nll.grad_and_hess(residual, np.zeros_like(s), alpha=alpha, wrt=("pred", "alpha"))
    density = 2 * residual * np.exp(-value) / 64
    assert np.sum(density * grad) == pytest.approx(0, abs=1e-11)
    assert np.sum(density * grad * grad) == pytest.approx(np.sum(density * hess), rel=1e-9)


def test_derivatives_by_the_shape_at_its_ends(dtype, tier):
    pred = np.array([0.0, 0.5, 1, 1, 1, 1.5, np.inf, np.nan], dtype)
    target = np.array([0.0, 0.0, 0, 1e-30, -1e-30, 0, 0, 0], dtype)
    (_, grad), (_, hess) = fl.barron_nll.grad_and_hess(pred, target, alpha=2.0, wrt=("pred", "alpha"))
    # The residual is compared with the scale before it is rounded.
    np.testing.assert_array_equal(np.delete(grad, 2), [-np.inf, -np.inf, -np.inf, np.inf, np.inf, np.inf, np.nan])
    np.testing.assert_array_equal(hess, [-np.inf, -np.inf, np.inf, -np.inf, np.inf, np.inf, np.inf, np.nan])
    # -(digamma(3/2) + log 2)/4
    assert grad[2] == pytest.approx(-0.18240928863463046, rel=1e-6)
    near = fl.barron_nll.grad([1.0], [0.0], alpha=2 - 1e-12, wrt=("pred", "alpha"))[1][0]
    assert near == pytest.approx(float(grad[2]), rel=1e-6)
    # At 0 the derivative is one from the right.
    steps = [fl.barron_nll([1.5], [0.0], alpha=alpha) for alpha in (0.0, 1e-7, 2e-7)]
    (_, grad), (_, hess) = fl.barron_nll.grad_and_hess([1.5], [0.0], alpha=0.0, wrt=("pred", "alpha"))
    assert (4 * steps[1] - 3 * steps[0] - steps[2]) / 2e-7 == pytest.approx(grad[0], rel=1e-6)


DISTRIBUTION_FUNCTIONS = {
    "crps_gaussian": lambda w: (1 + np.array([math.erf(x / math.sqrt(2)) for x in w])) / 2,
    "crps_logistic": lambda w: 1 / (1 + np.exp(-w)),
    "crps_laplace": lambda w: np.where(w < 0, np.exp(-np.abs(w)) / 2, 1 - np.exp(-np.abs(w)) / 2),
}


@pytest.mark.parametrize("name", DISTRIBUTION_FUNCTIONS)
def test_scores_are_integrals(name):
    """Of (F(x) - [x >= target])², by the midpoint rule on either side of the target."""
    function, loss, s = DISTRIBUTION_FUNCTIONS[name], fl.losses[name], 1.7
    middles = (np.arange(8000) + 0.5) / 200  # to 40 scales away
    for pred, target in ((0.3, 0.3), (-1.0, 2.5), (4.0, 1.0)):
        w = (target - pred) / s
        integral = (np.sum(function(w - middles) ** 2) + np.sum((1 - function(w + middles)) ** 2)) / 200
        assert loss([pred], [target], scale=s) == pytest.approx(s * integral, rel=1e-5)


# ---- the gradient by the target of an element ----------------------------------------------------------------------------


@pytest.mark.parametrize("loss", BY_TARGET, ids=lambda loss: loss.name)
def test_gradients_by_a_target(loss, dtype, tier):
    """Of losses that are linear in the target, or nearly: difference quotients; beside them what all derivatives promise."""
    rng = np.random.default_rng(0)
    shape = 40, 300
    pred = loss.domain.prediction.clip(rng.normal(-0.5, 2, shape)).astype(dtype)
    pred = np.where(loss.domain.prediction.low == 0, rng.uniform(0.1, 0.9, shape), pred).astype(dtype)
    target = rng.uniform(0.2, 0.8, shape).astype(dtype)
    for parameters in ({}, *({p.name: 3.0} for p in loss.params.values() if p.kind.array)):
        by_pred, by_target = loss.grad(pred, target, wrt=("pred", "target"), reduction="none", **parameters)
        wide, step = (pred.astype(float), target.astype(float)), 1e-5
        above, below = (loss(wide[0], wide[1] + s, reduction="none", **parameters) for s in (step, -step))
        np.testing.assert_allclose(by_target, (above - below) / (2 * step), rtol=1e-4, atol=1e-5)
        assert same_bits(by_pred, loss.grad(pred, target, reduction="none", **parameters))
        value, again = loss.value_and_grad(pred, target, wrt=("pred", "target"), reduction="none", **parameters)
        assert same_bits(value, loss(pred, target, reduction="none", **parameters))
        assert same_bits(again[1], by_target)
        places = pred.copy(), target.copy()
        found = loss.grad(places[0], places[1], wrt=("pred", "target"), reduction="none", out=places, **parameters)
        assert all(x is y and same_bits(x, z) for x, y, z in zip(found, places, (by_pred, by_target), strict=True))
        weight = rng.integers(0, 3, shape)
        weighed = loss.grad(pred, target, wrt=("pred", "target"), weight=weight, n_threads=1, **parameters)[1]
        np.testing.assert_allclose(weighed, by_target * (weight / weight.sum()), rtol=1e-5, atol=1e-12)
        assert same_bits(loss.grad(pred, target, wrt=("pred", "target"), weight=weight, n_threads=2, **parameters)[1], weighed)
    place = np.full(shape, 7, dtype)
    with pytest.raises(ValueError, match="out"):
        loss.grad(pred, target, wrt=("pred", "target"), out=(place, place))
    with pytest.raises(ValueError, match="no Hessian by a target"):
        loss.grad_and_hess(pred, target, wrt=("pred", "target"))
    spoilt = target.copy()
    spoilt[3, 4] = np.nan
    found = loss.grad(pred, spoilt, wrt=("pred", "target"), reduction="none")
    assert np.isnan([x[3, 4] for x in found]).all()
    assert np.isnan(found).sum() == 2


def test_gradients_by_a_target_are_those_of_pytorch():
    torch = pytest.importorskip("torch")
    functional = torch.nn.functional
    rng = np.random.default_rng(1)
    logits, y, p = rng.normal(0, 3, 50), rng.random(50), rng.uniform(0.01, 0.99, 50)
    for ours, theirs, pred in (
        (fl.binary_cross_entropy, functional.binary_cross_entropy, p),
        (fl.binary_cross_entropy_with_logits, functional.binary_cross_entropy_with_logits, logits),
        (
            fl.binary_cross_entropy_with_logits.bind(pos_weight=2.5),
            lambda x, y: functional.binary_cross_entropy_with_logits(x, y, pos_weight=torch.tensor(2.5)),
            logits,
        ),
        (fl.elementwise_kl_divergence, lambda x, y: functional.kl_div(x, y, reduction="none").mean(), np.log(p)),
    ):
        leaves = [torch.tensor(x, requires_grad=True) for x in (pred, y)]
        theirs(*leaves).backward()
        for grad, leaf in zip(ours.grad(pred, y, wrt=("pred", "target")), leaves, strict=True):
            np.testing.assert_allclose(grad, leaf.grad.numpy(), rtol=1e-10, atol=1e-14)


def test_gradients_of_rows_by_a_target_are_made_of_what_there_is():
    """The recipes of the documentation: of cross-entropy with numbers as targets, and of kl_divergence."""
    torch = pytest.importorskip("torch")
    functional = torch.nn.functional
    rng = np.random.default_rng(2)
    logits, p = rng.normal(0, 3, (20, 7)), rng.dirichlet(np.ones(7), 20)
    log_q = fl.log_softmax(logits)
    leaf = torch.tensor(p, requires_grad=True)
    functional.cross_entropy(torch.tensor(logits), leaf).backward()
    np.testing.assert_allclose(-log_q / len(p), leaf.grad.numpy(), rtol=1e-12)
    leaf = torch.tensor(p, requires_grad=True)
    functional.kl_div(torch.tensor(log_q), leaf, reduction="batchmean").backward()
    by_target = fl.elementwise_kl_divergence.grad(log_q, p, wrt=("pred", "target"), reduction="sum")[1] / len(p)
    np.testing.assert_allclose(by_target, leaf.grad.numpy(), rtol=1e-12)
    assert fl.elementwise_kl_divergence(log_q, p, reduction="sum") / len(p) == pytest.approx(
        fl.kl_divergence(log_q, p), rel=1e-12
    )
