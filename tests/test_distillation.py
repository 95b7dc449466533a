"""The losses of distillation: both gradients, temperatures, masked classes; against PyTorch and known values."""

import math

import numpy as np
import pytest
from conftest import same_bits

import fastloss as fl
from fastloss import _verify

LOSSES = [fl.distillation_kl, *(fl.distillation_js.bind(beta=beta) for beta in (0.0, 0.1, 0.5, 0.9, 1.0))]
DIFFERENTIABLE = [loss for loss in fl.losses.values() if loss.declared.second == "target" and loss.family == "rows"]


def rows(n, classes, seed=0, dtype=np.float64):
    rng = np.random.default_rng(seed)
    return [(rng.normal(size=(n, classes)) * 3).astype(dtype) for _ in range(2)]


def divergence_by_torch(torch, student, teacher, beta, temperature):
    """As TRL and Liger write it."""
    q, p = (torch.log_softmax(x / temperature, -1) for x in (student, teacher))

    def kl(a, b):
        return (a.exp() * (a - b)).sum(-1)

    if beta in (0, 1):
        return kl(p, q) if beta == 0 else kl(q, p)
    m = torch.logsumexp(torch.stack([q + math.log1p(-beta), p + math.log(beta)]), 0)
    return beta * kl(p, m) + (1 - beta) * kl(q, m)


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: f"{loss.name}{dict(loss.bound)}")
@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
@pytest.mark.parametrize("classes", [1, 2, 65, 1500, 20_000])
def test_values_and_gradients_are_those_of_pytorch(loss, temperature, classes):
    torch = pytest.importorskip("torch")
    student, teacher = rows(3, classes)
    leaves = [torch.tensor(x, requires_grad=True) for x in (student, teacher)]
    expected = divergence_by_torch(torch, *leaves, loss.bound.get("beta", 0), temperature).mean()
    expected.backward()
    for of in (loss, loss.reference):
        value, grads = of.value_and_grad(student, teacher, temperature=temperature, wrt=("pred", "target"))
        assert value == pytest.approx(expected.item(), rel=1e-12, abs=1e-14)
        for grad, leaf in zip(grads, leaves, strict=True):
            np.testing.assert_allclose(grad, leaf.grad.numpy(), rtol=1e-9, atol=1e-14)


def test_equal_rows_give_exactly_nothing(dtype, tier):
    logits = rows(5, 70, dtype=dtype)[0]
    for loss in LOSSES:
        value, (by_pred, by_target) = loss.value_and_grad(logits, logits, wrt=("pred", "target"))
        assert value == 0
        assert not by_pred.any()
        assert not by_target.any()


def test_nearly_equal_rows_do_not_cancel(tier):
    """The divergence is half the variance of the difference under p, up to its third power."""
    rng = np.random.default_rng(0)
    teacher = rng.normal(size=(1, 200))
    difference = rng.normal(size=(1, 200)) * 2.0**-20
    student = teacher + difference
    p = np.exp(teacher) / np.exp(teacher).sum()
    d = student - teacher
    half_variance = 0.5 * np.sum(p * (d - np.sum(p * d)) ** 2)
    assert fl.distillation_kl(student, teacher) == pytest.approx(half_variance, rel=1e-5)
    for beta in (0.1, 0.5, 0.9):
        value = fl.distillation_js(student, teacher, beta=beta)
        assert value == pytest.approx(beta * (1 - beta) * half_variance, rel=1e-5)


def test_the_ends_of_beta_are_the_divergences(dtype, tier):
    student, teacher = rows(4, 30, dtype=dtype)
    forward = fl.distillation_kl.value_and_grad(student, teacher, wrt=("pred", "target"))
    assert fl.distillation_js(student, teacher, beta=0.0) == forward[0]
    for a, b in zip(fl.distillation_js.grad(student, teacher, beta=0.0, wrt=("pred", "target")), forward[1], strict=True):
        assert same_bits(a, b)
    reverse, grads = fl.distillation_js.value_and_grad(teacher, student, beta=1.0, wrt=("pred", "target"))
    assert reverse == pytest.approx(forward[0], rel=1e-6)
    for a, b in zip(grads, forward[1][::-1], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-7)


def test_masked_classes(dtype, tier):
    inf = math.inf
    student, teacher = np.array([[0, 1, 2, -inf]], dtype), np.array([[1, 0, -inf, -inf]], dtype)
    value, (by_pred, by_target) = fl.distillation_kl.value_and_grad(student, teacher, wrt=("pred", "target"))
    kept = fl.distillation_kl(student[:, :3], np.array([[1, 0, -1000]], dtype))
    assert value == pytest.approx(kept, rel=1e-6)
    assert by_pred[0, 3] == 0
    assert by_pred[0, 2] > 0
    assert by_target[0, 2:].tolist() == [0, 0]
    # The student masks what the teacher expects.
    value, (by_pred, by_target) = fl.distillation_kl.value_and_grad(teacher, student, wrt=("pred", "target"))
    assert value == inf
    assert np.isfinite(by_pred).all()
    assert np.isnan(by_target[0, :3]).all()
    assert by_target[0, 3] == 0
    assert fl.distillation_js(teacher, student, beta=1.0) < inf
    assert fl.distillation_js(student, teacher, beta=1.0) == inf


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: f"{loss.name}{dict(loss.bound)}")
@pytest.mark.parametrize("which", [0, 1], ids=["pred", "target"])
def test_unknown_rows_are_nan_and_no_other(loss, which, dtype, tier):
    # A NaN with any payload is one.
    odd = np.array([0x7FC00001], np.uint32).view(np.float32)[0] if dtype == np.float32 else np.nan
    for bad in (np.nan, np.inf, odd, "masked"):
        both = rows(3, 70, dtype=dtype)
        clean = loss.value_and_grad(*both, wrt=("pred", "target"), reduction="none")
        if bad == "masked":
            both[which][1] = -np.inf
        else:
            both[which][1, 66] = bad
        value, grads = loss.value_and_grad(*both, wrt=("pred", "target"), reduction="none")
        for a, b in zip((value, *grads), (clean[0], *clean[1]), strict=True):
            assert np.isnan(a[1]).all()
            assert same_bits(a[[0, 2]], b[[0, 2]])


@pytest.mark.parametrize("loss", DIFFERENTIABLE, ids=lambda loss: loss.name)
@pytest.mark.parametrize("classes", [3, 40_000, 60_000])
def test_gradients_in_the_place_of_the_logits(loss, classes, dtype):
    pred, target = rows(2, classes, dtype=dtype)
    expected = loss.value_and_grad(pred, target, wrt=("pred", "target"))
    found = loss.value_and_grad(pred, target, wrt=("pred", "target"), out=(pred, target))
    assert found[1][0] is pred
    assert found[1][1] is target
    assert found[0] == expected[0]
    assert all(same_bits(a, b) for a, b in zip(found[1], expected[1], strict=True))


@pytest.mark.parametrize("loss", DIFFERENTIABLE, ids=lambda loss: loss.name)
def test_what_out_accepts_with_target_grad(loss):
    pred, target = rows(4, 5)
    place = np.empty_like(target)
    by_pred, by_target = loss.grad(pred, target, wrt=("pred", "target"), out=(None, place))
    assert by_target is place
    assert same_bits(by_pred, loss.grad(pred, target))
    before = pred.copy(), target.copy()
    for out in ((place, place), (target, place), (place, pred), (place, place.copy(), place.copy())):
        with pytest.raises(ValueError, match="out"):
            loss.grad(pred, target, wrt=("pred", "target"), out=out)
    assert same_bits(pred, before[0])
    assert same_bits(target, before[1])
    with pytest.raises(ValueError, match="no Hessian by a target"):
        loss.grad_and_hess(pred, target, wrt=("pred", "target"))


@pytest.mark.parametrize("loss", DIFFERENTIABLE, ids=lambda loss: loss.name)
def test_the_targets_gradient_of_any_layout_thread_and_weight(loss, dtype):
    pred, target = rows(6, 300, dtype=dtype)
    weight = np.array([1, 0, 2, 1, 1, 3])
    _, expected = loss.grad(pred, target, wrt=("pred", "target"), weight=weight, n_threads=1)
    assert not expected[1].any()
    np.testing.assert_allclose(
        expected, loss.reference.grad(pred, target, wrt=("pred", "target"), weight=weight)[1], rtol=1e-4, atol=1e-7
    )
    for n_threads in (2, 5):
        assert same_bits(loss.grad(pred, target, wrt=("pred", "target"), weight=weight, n_threads=n_threads)[1], expected)
    moved = loss.grad(np.asfortranarray(pred), target[:, ::-1][:, ::-1], wrt=("pred", "target"), weight=weight)[1]
    assert same_bits(np.ascontiguousarray(moved), expected)
    across = loss.grad(pred.T, target.T, axis=0, wrt=("pred", "target"), weight=weight)[1]
    assert same_bits(np.ascontiguousarray(across.T), expected)


def test_the_temperature_has_a_range():
    for temperature in (0, 1e-4, 1e4, math.inf):
        with pytest.raises(ValueError, match="temperature"):
            fl.distillation_kl([[0.0, 1.0]], [[1.0, 0.0]], temperature=temperature)


def test_huge_logits_do_not_overflow(dtype, tier):
    huge = float(np.finfo(dtype).max) / 4
    student, teacher = np.array([[huge, -huge]], dtype), np.array([[-1.0, 1.0]], dtype)
    p = 1 / (1 + math.exp(-2))
    assert fl.distillation_kl(student, teacher) == pytest.approx(p * 2 * huge, rel=1e-6)
    value = fl.distillation_js(student, teacher, temperature=0.001)
    assert value == pytest.approx(math.log(2), rel=1e-6)


def test_targets_that_are_logits_are_drawn_like_predictions():
    case = next(c for c in _verify.cases(["distillation_kl"]))
    _, target, _ = _verify.draw(case, 200, 5, 0)
    assert (target < 0).any()
    assert (np.abs(target) > 10).any()


def ulps_off(found, exact, dtype):
    return np.max(np.abs(found.astype(np.longdouble) - exact) / np.spacing(np.abs(exact).astype(dtype)))


def test_slopes_keep_their_digits_however_far_apart_two_rows_lie(tier):
    """t - s is rounded to ulp of 247; here the gradient by t hardly changes with t, so nothing else is lost."""
    student, teacher = np.array([[-0.78124119, -0.89368453]]), np.array([[-247.22124207, -248.82943912]])
    found = fl.distillation_kl.grad(student, teacher, wrt=("pred", "target"))[1]
    exact = fl.distillation_kl.reference.grad(
        student.astype(np.longdouble), teacher.astype(np.longdouble), wrt=("pred", "target")
    )[1]
    assert ulps_off(found, exact, np.float64) <= 4


def test_probabilities_far_below_the_largest_keep_their_digits_over_a_temperature(dtype, tier):
    """(a - max a) / T is rounded twice, in ulp of the exponent: some of 2 ulp each would be up to 60 (150) off."""
    depths = np.arange(1, 60 if dtype == np.float32 else 150)
    teacher = np.concatenate([[0.1], 0.1 - 3 * depths / 1.7]).astype(dtype)[None]
    student = np.zeros_like(teacher)
    loss = fl.distillation_kl.bind(temperature=1.75)  # exact in float32
    found = loss.grad(student, teacher)
    exact = loss.reference.grad(student.astype(np.longdouble), teacher.astype(np.longdouble))
    assert ulps_off(found, exact, dtype) <= 8
    # Of a teacher's probability alone: p (log p - log q - KL).
    found = loss.grad(student, teacher, wrt=("pred", "target"))[1]
    exact = loss.reference.grad(student.astype(np.longdouble), teacher.astype(np.longdouble), wrt=("pred", "target"))[1]
    assert ulps_off(found, exact, dtype) <= 8
