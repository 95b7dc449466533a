"""Gradients and Hessians against finite differences, away from kinks; entry points against each other."""

import numpy as np
import pytest
from conftest import call, kink_differences, moderate_predictions, same_bits

from fastloss import _verify
from fastloss._loss import values_of


def away_from_kinks(loss, pred, target, step):
    usable = np.ones(pred.shape, bool)
    for difference in kink_differences(loss, pred, target):
        usable &= np.abs(difference) > 10 * step
    # One logit of a row may move the distance of every class from its kink.
    return usable.all(axis=1, keepdims=True) & usable if loss.family == "rows" else usable


def test_derivatives_are_the_limits_of_difference_quotients(given):
    """Central differences in float64, on every parameter set of the registry."""
    for parameters in _verify.parameter_sets(given.loss.declared):
        if any(isinstance(v, str) for v in parameters.values()):
            continue
        loss = given.loss.bind(**parameters)
        unit = _verify.divisor(loss)  # of predictions
        step = 1e-6 * unit
        rng = np.random.default_rng(1)
        given_here = given._replace(loss=loss)
        pred, target = given_here.draw((40, 5) if given.rows else (400,))
        # Where numbers are moderate: at 1e20 a step of 1e-6 changes nothing.
        pred = moderate_predictions(loss, pred.shape, 2 * unit, rng)
        if target.dtype.kind == "f":
            domain = loss.declared.target_domain(values_of(loss))
            target = np.where(np.abs(target) < 10, target, min(1.0, domain.high))
        usable = away_from_kinks(loss, pred, target, step)
        grad, hess = loss.grad_and_hess(pred, target)
        for position in np.ndindex(pred.shape[1:]) if given.rows else [()]:
            index = (slice(None), *position)
            up, down = pred.copy(), pred.copy()
            up[index] += step
            down[index] -= step
            with np.errstate(invalid="ignore"):  # a loss may be infinite at some targets
                quotient = (loss(up, target, reduction="none") - loss(down, target, reduction="none")) / (2 * step)
            second = (loss.grad(up, target, reduction="none") - loss.grad(down, target, reduction="none"))[index]
            ok = usable[index] & np.isfinite(quotient)
            scale = np.maximum(1, np.abs(loss(pred, target, reduction="none")))[ok]
            assert np.all(np.abs(quotient - grad[index])[ok] <= 1e-7 * scale * np.maximum(1 / unit, np.abs(grad[index][ok])))
            bend = (second / (2 * step))[ok]
            allowed = 1e-6 * scale * np.maximum(1 / unit**2, np.abs(hess[index][ok]))
            assert np.all(np.abs(bend - hess[index][ok]) <= allowed), parameters


def test_entry_points_agree(given, dtype):
    pred, target = given.draw((50, 70) if given.rows else (3000,), dtype)
    for reduction in ("mean", "sum", "none"):
        value = given.loss(pred, target, reduction=reduction)
        grad = given.loss.grad(pred, target, reduction=reduction)
        both = given.loss.value_and_grad(pred, target, reduction=reduction)
        grad_again, hess = given.loss.grad_and_hess(pred, target, reduction=reduction)
        assert same_bits(value, both[0])
        assert same_bits(grad, both[1])
        assert same_bits(grad, grad_again)
        assert hess.shape == pred.shape
        assert hess.dtype == dtype


def test_weights_multiply_and_zero_leaves_out(given, dtype, entry_point):
    shape = (40, 6) if given.rows else (600,)
    pred, target = given.draw(shape, dtype)
    n = shape[0]
    weight = np.random.default_rng(3).integers(0, 4, n).astype(dtype)
    found = call(given.loss, entry_point, pred, target, weight=weight, reduction="none")
    plain = call(given.loss, entry_point, pred, target, reduction="none")
    for a, b in zip(found, plain, strict=True):
        factor = weight.reshape((n,) + (1,) * (b.ndim - 1))
        with np.errstate(invalid="ignore", over="ignore"):
            wanted = np.where(factor == 0, 0, b * factor)
        info = np.finfo(dtype)
        np.testing.assert_allclose(a, wanted, rtol=4 * info.eps, atol=4 * float(info.smallest_subnormal))
    # A sample without weight may hold anything.
    spoiled = pred.copy()
    spoiled[weight == 0] = np.nan
    for a, b in zip(
        call(given.loss, entry_point, spoiled, target, weight=weight),
        call(given.loss, entry_point, pred, target, weight=weight),
        strict=True,
    ):
        assert same_bits(a, b)


def test_vjp_is_the_derivative_of_the_sum_with_cotangents(given):
    """Of either sign, and broadcast; by central differences along a direction."""
    rng = np.random.default_rng(5)
    pred, target = given.draw((40, 5), seed=5)
    pred = moderate_predictions(given.loss, pred.shape, 2, rng)
    target = np.where(np.abs(target) < 10, target, 1.0) if target.dtype.kind == "f" else target
    step, direction = 1e-6, rng.normal(size=pred.shape) * away_from_kinks(given.loss, pred, target, 1e-6)
    shape = given.loss(pred, target, reduction="none").shape
    for cotangent in (rng.normal(size=shape), rng.normal(size=(1, *shape[1:])), -2.0):
        grad = given.loss.vjp(pred, target, cotangent)
        up, down = (np.sum(cotangent * given.loss(pred + s * direction, target, reduction="none")) for s in (step, -step))
        scale = np.sum(np.abs(grad * direction)) + np.sum(np.abs(cotangent * given.loss(pred, target, reduction="none")))
        assert abs((up - down) / (2 * step) - np.sum(grad * direction)) <= 1e-7 * scale
        np.testing.assert_allclose(grad, given.loss.reference.vjp(pred, target, cotangent), rtol=1e-12, atol=1e-13)
        out = np.empty_like(pred)
        assert given.loss.vjp(pred, target, cotangent, out=out) is out
        assert same_bits(out, grad)


def test_vjp_takes_no_weights(given):
    pred, target = given.draw((4, 5))
    for name in ("weight", "reduction"):
        with pytest.raises(TypeError, match=f"vjp takes no '{name}'"):
            given.loss.vjp(pred, target, 1.0, **{name: None})


def test_mean_divides_by_the_weights(given):
    pred, target = given.draw((40, 6) if given.rows else (600,))
    weight = np.random.default_rng(3).uniform(0, 2, len(pred))
    each = given.loss(pred, target, reduction="none")
    ok = np.isfinite(each)
    pred, target, weight, each = pred[ok], target[ok], weight[ok], each[ok]
    mean = given.loss(pred, target, weight=weight, reduction="mean")
    np.testing.assert_allclose(mean, np.sum(weight * each) / np.sum(weight), rtol=1e-13)
    np.testing.assert_allclose(
        given.loss.grad(pred, target, weight=weight, reduction="mean"),
        given.loss.grad(pred, target, weight=weight, reduction="sum") / weight.sum(),
        rtol=1e-12,
    )
