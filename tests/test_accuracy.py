"""Values, gradients and Hessians against the reference one precision up, on every tier; sums against exact sums."""

import math

import numpy as np
import pytest
from conftest import Given, call, given_losses, kink_differences, name_of

import fastloss as fl
from fastloss import _verify

#: Elements a case is measured on at each depth; `python -m fastloss verify` takes more.
SAMPLES = (400, 2000, 2000)


@pytest.mark.parametrize(("name", "labels"), dict.fromkeys((case.loss.name, case.labels) for case in _verify.cases()))
def test_error_of_every_loss_is_within_its_bound(name, labels, dtype, depth):
    tiers = _verify.usable_tiers()
    first, *others = (c for c in _verify.cases([name]) if (c.labels, c.dtype) == (labels, dtype))
    for case in (first, *depth.some(others, first.id, quick=2)):
        measured = _verify.measure(case, tiers, depth.of(*SAMPLES))
        assert list(measured) == tiers
        for tier, worst in measured.items():
            assert set(worst) == set(_verify.outputs(case))
            for output, error in worst.items():
                assert error <= _verify.bound(case, output), f"{case.id}, {output} on {tier}: {error:.2f} ulp"


def test_float64_agrees_with_the_reference(given, tier):
    pred, target = given.draw((61, 7) if given.rows else (500,))
    for entry_point in ("value", "grad", "value_and_grad", "grad_and_hess"):
        for reduction in ("mean", "sum", "none"):
            found = call(given.loss, entry_point, pred, target, reduction=reduction)
            wanted = call(given.loss.reference, entry_point, pred, target, reduction=reduction)
            for a, b in zip(found, wanted, strict=True):
                # Relative to the largest element: single ones may be differences that cancel.
                scale = np.max(np.abs(np.asarray(b)[np.isfinite(b)]), initial=0)
                np.testing.assert_allclose(a, b, rtol=1e-13, atol=1e-13 * scale)


@pytest.mark.parametrize("n", [0, 1, 2, 31, 64, 65, 1000, 1024, 1025, 16384, 16385, 50_000])
@pytest.mark.parametrize("given", [g for g in given_losses() if not g.rows or g.labels], ids=name_of)
def test_sum_is_within_the_bound_of_the_exact_sum(given: Given, n, dtype):
    # The bound is for finite values of one sign.
    pred, target = given.draw((5 * n + 20, 3) if given.rows else (5 * n + 20,), dtype)
    each = given.loss(pred, target, reduction="none")
    sign = 1 if given.loss.name != "selected_log_probs" else -1
    chosen = np.flatnonzero(np.isfinite(each) & (sign * each >= 0))[:n]
    assert len(chosen) == n
    pred, target, each = pred[chosen], target[chosen], each[chosen]
    found = given.loss(pred, target, reduction="sum")
    exact = math.fsum(each.astype(np.float64))
    assert abs(found - exact) <= 1e-15 * math.log2(max(n, 2)) * abs(exact)


def test_mean_of_a_million_small_numbers_keeps_its_digits():
    pred = np.full(1_000_003, 0.1, np.float32)
    mean = fl.squared_error(pred, np.zeros_like(pred))
    assert mean == pytest.approx(float(np.float32(0.1) * np.float32(0.1)), rel=1e-15)


def test_inputs_that_are_drawn_are_not_degenerate(given):
    """A generator that draws a constant, or never an end of the domain, would make every other test idle."""
    pred, target = given.draw((300, 5) if given.rows else (3000,))
    assert len(np.unique(pred)) > 100
    assert len(np.unique(target)) >= 2
    for values, interval in ((pred, given.loss.domain.prediction), (target, given.loss.domain.target)):
        if interval.bounded and not given.labels:
            low, high = interval.ends_in(values.dtype)
            assert not math.isfinite(low) or low in values
            assert values.min() >= low
            assert values.max() <= high
            assert not math.isfinite(high) or high in values
    for difference in kink_differences(given.loss, pred, target) if not given.rows else []:
        assert np.mean(difference > 0) > 0.01
        assert np.mean(difference < 0) > 0.01
