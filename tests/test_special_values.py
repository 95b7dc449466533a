"""NaN, infinities, zeros, empty arrays and the ends of every domain: each gives what the formula's limit is."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from conftest import GIVEN, call, name_of, same_bits

import fastloss as fl
from fastloss import _verify
from fastloss._shapes import ENTRY_POINTS

OF_ROWS = [given for given in GIVEN if given.rows]
OF_ELEMENTS = [given for given in GIVEN if not given.rows]
LABELLED = [given for given in GIVEN if given.labels]
PROBABLE = [given for given in GIVEN if given.rows and not given.labels and not given.lists]

#: More than a block of elements, and no whole number of groups.
ELEMENTS = 1100

#: Fewer classes than a group of lanes, whole groups, and more than a segment of a row in either precision.
CLASSES = (5, 64, 2500)

#: Losses of a softmax: one class's logit reaches the whole row.
OF_SOFTMAX = [given for given in GIVEN if given.loss.declared.softmax]
OF_CROSS_ENTROPY = [given for given in GIVEN if given.loss.name == "cross_entropy"]

#: Losses in which a masked class of target 0 has a part of 0.
EXPECTATIONS = ("cross_entropy", "softmax_focal", "poly1_cross_entropy", "kl_divergence")


def nan_of(dtype, payload):
    """A NaN with bits that arithmetic on the bits of numbers may stumble over, as an array of one."""
    quiet = np.array([np.nan], dtype)
    return (quiet.view(f"u{dtype.itemsize}") | payload).view(dtype)


def unreduced(loss, pred, target, **keywords):
    """Value, gradient and Hessian of every element."""
    value, grad = loss.value_and_grad(pred, target, reduction="none", **keywords)
    again, hess = loss.grad_and_hess(pred, target, reduction="none", **keywords)
    assert same_bits(grad, again)
    assert same_bits(loss(pred, target, reduction="none", **keywords), value)
    assert same_bits(loss.grad(pred, target, reduction="none", **keywords), grad)
    return value, grad, hess


def reference_unreduced(loss, pred, target, **keywords):
    """The same by the reference, one precision up, rounded."""
    reference = loss.reference
    wide = np.longdouble if pred.dtype == np.float64 else np.float64
    p, t = pred.astype(wide), target.astype(wide) if target.dtype.kind == "f" else target
    value, grad = reference.value_and_grad(p, t, reduction="none", **keywords)
    hess = reference.grad_and_hess(p, t, reduction="none", **keywords)[1]
    with np.errstate(all="ignore"):
        return tuple(np.asarray(x).astype(pred.dtype) for x in (value, grad, hess))


def without_warnings(function, *args, **kwargs):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with np.errstate(all="raise"):
            return function(*args, **kwargs)


# ---- NaN ------------------------------------------------------------------------------------------------------------


def hessian_knows_of(loss, pred):
    """Whether the Hessian depends on where the prediction is, so that NaN there must show."""
    return loss.declared.smoothness > 0 and loss.name not in ("squared_error", "nll", "kl_divergence")


@pytest.mark.parametrize("given", OF_ELEMENTS, ids=name_of)
@pytest.mark.parametrize("which", [0, 1], ids=["pred", "target"])
def test_nan_in_an_element_stays_there(given, dtype, tier, which):
    arrays = given.draw((ELEMENTS,), dtype)
    clean = unreduced(given.loss, *arrays)
    for where in (0, 31, 32, 63, 64, 1023, 1024, ELEMENTS - 1):
        spoilt = [array.copy() for array in arrays]
        spoilt[which][where : where + 1] = nan_of(spoilt[which].dtype, where)
        others = np.arange(ELEMENTS) != where
        value, grad, hess = unreduced(given.loss, *spoilt)
        assert np.isnan(value[where])
        assert np.isnan(grad[where])
        if hessian_knows_of(given.loss, spoilt[0]) and which == 0:
            assert np.isnan(hess[where]) or hess[where] == reference_unreduced(given.loss, *spoilt)[2][where]
        for results, before in zip((value, grad, hess), clean, strict=True):
            assert same_bits(results[others], before[others])


@pytest.mark.parametrize("given", OF_ROWS, ids=name_of)
@pytest.mark.parametrize("classes", CLASSES)
def test_nan_in_a_row_stays_in_the_row(given, dtype, tier, classes):
    n = 7
    pred, target = given.draw((n, classes), dtype)
    clean = unreduced(given.loss, pred, target)
    others = np.arange(n) != 3
    for where in (0, classes // 2, classes - 1):
        spoilt = pred.copy()
        spoilt[3, where : where + 1] = nan_of(dtype, where + 1)
        value, grad, hess = unreduced(given.loss, spoilt, target)
        read = not given.loss.declared.label_alone or target[3] == where
        assert np.isnan(value[3]) == read
        if given.loss.declared.softmax:
            assert np.all(np.isnan(grad[3]))
            assert np.all(np.isnan(hess[3]))
        elif read:
            assert np.isnan(grad[3, where])
        else:
            assert same_bits(grad[3], clean[1][3])
        for results, before in zip((value, grad, hess), clean, strict=True):
            assert same_bits(results[others], before[others])
        assert math.isnan(given.loss(spoilt, target, reduction="mean")) == read


@pytest.mark.parametrize("given", LABELLED, ids=name_of)
@pytest.mark.parametrize("classes", CLASSES)
def test_nan_at_the_label_shows(given, dtype, tier, classes):
    pred, target = given.draw((7, classes), dtype)
    clean = unreduced(given.loss, pred, target)
    pred[3, target[3]] = np.nan
    value, grad, _ = unreduced(given.loss, pred, target)
    others = np.arange(7) != 3
    assert np.isnan(value[3])
    assert np.isnan(grad[3, target[3]])
    assert same_bits(value[others], clean[0][others])
    assert same_bits(grad[others], clean[1][others])


@pytest.mark.parametrize("given", PROBABLE, ids=name_of)
@pytest.mark.parametrize("classes", CLASSES)
def test_nan_in_the_target_of_a_row(given, dtype, tier, classes):
    pred, target = given.draw((7, classes), dtype)
    clean = unreduced(given.loss, pred, target)
    target[3, classes - 1] = np.nan
    value, grad, hess = unreduced(given.loss, pred, target)
    others = np.arange(7) != 3
    assert np.isnan(value[3])
    assert np.isnan(grad[3, classes - 1])
    for results, before in zip((value, grad, hess), clean, strict=True):
        assert same_bits(results[others], before[others])


def test_nan_where_the_reference_has_nan(given, dtype, tier):
    """Value and gradient of the compiled loss are NaN exactly where those of the reference are."""
    pred, target = given.draw((40, 5), dtype)
    for i in range(40):
        pred[i, i % 5] = (np.nan, np.inf, -np.inf, 0.0)[i % 4]
    if given.loss.domain.prediction.bounded:
        pred[np.isinf(pred)] = min(1.0, given.loss.domain.prediction.high)
    found = unreduced(given.loss, pred, target)
    expected = reference_unreduced(given.loss, pred, target)
    for output, a, b in zip(("value", "grad"), found, expected, strict=False):
        wrong = np.isnan(a) != np.isnan(b)
        assert not wrong.any(), (output, np.argwhere(wrong)[:3].tolist())


def test_a_weight_that_is_nan_spoils_its_element_alone(given, dtype):
    pred, target = given.draw((6, 5), dtype)
    shape = (6,) if given.rows else (6, 5)
    weight = np.ones(shape)
    weight[2] = np.nan
    value, grad = given.loss.value_and_grad(pred, target, weight=weight, reduction="none")
    clean_value, clean_grad = given.loss.value_and_grad(pred, target, reduction="none")
    others = np.arange(6) != 2
    assert np.isnan(value[2]).all()
    assert same_bits(value[others], clean_value[others])
    assert same_bits(grad[others], clean_grad[others])


# ---- infinities and large numbers -----------------------------------------------------------------------------------


#: What each loss gives for pred = inf and -inf at target 1: value and gradient.
AT_INFINITY = {
    "squared_error": ((math.inf, math.inf), (math.inf, -math.inf)),
    "absolute_error": ((math.inf, 1), (math.inf, -1)),
    "huber": ((math.inf, 1), (math.inf, -1)),
    "smooth_l1": ((math.inf, 1), (math.inf, -1)),
    "log_cosh": ((math.inf, 1), (math.inf, -1)),
    "quantile": ((math.inf, 0.5), (math.inf, -0.5)),
    "binary_cross_entropy_with_logits": ((0, 0), (math.inf, -1)),
    "sigmoid_focal": ((0, 0), (math.inf, -0.25)),
    "hinge": ((0, 0), (math.inf, -1)),
    "squared_hinge": ((0, 0), (math.inf, -math.inf)),
    "poisson": ((math.nan, math.inf), (math.inf, -1)),
    "wing": ((math.inf, 1), (math.inf, -1)),
}


@pytest.mark.parametrize("name", AT_INFINITY)
def test_infinite_predictions(name, dtype, tier):
    pred = np.array([np.inf, -np.inf], dtype)
    value, grad, _ = unreduced(fl.losses[name], pred, np.ones(2, dtype))
    for i, (v, g) in enumerate(AT_INFINITY[name]):
        # inf - inf has no limit of its own; the formula of the Poisson loss alone has it here.
        assert value[i] == v or (math.isnan(v) and (math.isnan(value[i]) or value[i] == math.inf)), (i, value[i])
        assert grad[i] == g, (i, grad[i])


@pytest.mark.parametrize("magnitude", [1e4, 1e15, 1e30, 3e38])
def test_large_predictions_agree_with_the_reference(given, dtype, tier, magnitude):
    if given.loss.domain.prediction.bounded:
        pytest.skip("predictions are probabilities, or their logarithms")
    pred, target = given.draw((30, 6), dtype)
    if target.dtype.kind == "f":
        # Targets near 0 times predictions near the largest number: a matter of conditioning, not of range.
        target = given.loss.domain.target.clip(np.round(target))
    rng = np.random.default_rng(3)
    pred = (rng.choice([-1.0, 1.0, 0.5, 0.0], pred.shape) * magnitude).astype(dtype)
    found = unreduced(given.loss, pred, target)
    expected = reference_unreduced(given.loss, pred, target)
    tolerance = given.loss.declared.ulp * 2 * float(np.finfo(dtype).eps)
    for output, a, b in zip(("value", "grad"), found, expected, strict=False):
        with np.errstate(all="ignore"):
            close = np.abs(a - b) <= tolerance * np.abs(b) + float(np.finfo(dtype).smallest_normal)
        close |= (a == b) | (np.isnan(a) & np.isnan(b))
        assert close.all(), (
            output,
            pred[~close][:3] if close.shape == pred.shape else close,
            a[~close][:3],
            b[~close][:3],
        )


@pytest.mark.parametrize("given", OF_CROSS_ENTROPY, ids=name_of)
@pytest.mark.parametrize("magnitude", [1e4, 1e30, 3e38])
def test_softmax_of_large_logits(given, dtype, tier, magnitude):
    """The largest logit takes all, whatever its size; equal ones share."""
    logits = np.array([[magnitude, 0, -magnitude], [-magnitude] * 3, [magnitude] * 3], dtype)
    target = np.array([0, 1, 2]) if given.labels else np.eye(3, dtype=dtype)
    value, grad, hess = unreduced(given.loss, logits, target)
    assert value == pytest.approx([0, math.log(3), math.log(3)], rel=4e-7)
    third = 1 / 3
    expected = [[0, 0, 0], [third, third - 1, third], [third, third, third - 1]]
    assert grad == pytest.approx(np.array(expected), rel=4e-7, abs=0)
    assert np.all(np.isfinite(hess))
    wrong = np.array([2, 0, 0]) if given.labels else np.eye(3, dtype=dtype)[[2, 0, 0]]
    value, grad, _ = unreduced(given.loss, logits, wrong)
    assert value[0] == np.array(2 * float(dtype.type(magnitude))).astype(dtype) if magnitude < 1e38 else value[0] > 3e38
    assert grad[0].tolist() == [1, 0, -1]


# ---- masked classes -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("given", OF_SOFTMAX, ids=name_of)
@pytest.mark.parametrize("classes", [2, 5, 63, 64, 65, 2047, 2500])
def test_masked_classes_are_as_good_as_absent(given, dtype, tier, classes):
    rng = np.random.default_rng(classes)
    pred, target = given.draw((9, classes), dtype)
    masked = rng.random(classes) < 0.4
    masked[0], masked[-1] = False, True
    kept = ~masked
    if given.labels:
        positions = np.flatnonzero(kept)
        inner = rng.integers(0, len(positions), 9)
        target, inner_target = positions[inner], inner
    else:
        target = target.copy()
        target[:, masked] = 0
        inner_target = np.ascontiguousarray(target[:, kept])
    pred = pred.copy()
    pred[:, masked] = -np.inf
    value, grad, hess = unreduced(given.loss, pred, target)
    assert np.all(np.isfinite(value))
    assert not np.any(grad[:, masked])
    assert not np.any(hess[:, masked])
    inner_value, inner_grad, inner_hess = unreduced(given.loss, np.ascontiguousarray(pred[:, kept]), inner_target)
    eps = float(np.finfo(dtype).eps)
    for a, b in ((value, inner_value), (grad[:, kept], inner_grad), (hess[:, kept], inner_hess)):
        assert a == pytest.approx(b, rel=32 * eps, abs=4 * eps)


@pytest.mark.parametrize("given", OF_SOFTMAX, ids=name_of)
@pytest.mark.parametrize("classes", [1, 2, 64, 65, 2500])
def test_a_row_without_a_finite_logit_is_nan_and_no_other(given, dtype, tier, classes):
    pred, target = given.draw((6, classes), dtype)
    pred = pred.copy()
    clean = unreduced(given.loss, pred, target)
    pred[2] = -np.inf
    pred[4, 0] = np.inf
    pred[4, 1:] = 0
    others = np.isin(np.arange(6), [0, 1, 3, 5])
    results = unreduced(given.loss, pred, target)
    for found, before in zip(results, clean, strict=True):
        assert np.all(np.isnan(found[[2, 4]]))
        assert same_bits(found[others], before[others])
    assert math.isnan(given.loss(pred, target, reduction="mean"))


@pytest.mark.parametrize("given", OF_CROSS_ENTROPY, ids=name_of)
def test_a_masked_label_costs_infinitely(given, dtype, tier):
    pred = np.array([[0, -np.inf, 1]], dtype)
    target = np.array([1]) if given.labels else np.array([[0, 1, 0]], dtype)
    value, grad, _ = unreduced(given.loss, pred, target)
    assert value[0] == math.inf
    q = 1 / (1 + math.e)
    assert grad[0] == pytest.approx([q, -1, 1 - q], rel=1e-6)


@pytest.mark.parametrize("given", [g for g in PROBABLE if g.loss.name in EXPECTATIONS], ids=name_of)
def test_nothing_is_lost_where_nothing_is_expected(given, dtype, tier):
    """0 · ∞ = 0: a masked class with target 0."""
    target = [[0, -np.inf]] if _verify.logits_as_targets(given.loss.declared) else [[1, 0]]
    value, grad, _ = unreduced(given.loss, np.array([[0, -np.inf]], dtype), np.array(target, dtype))
    assert value[0] == 0
    assert grad[0, 1] == 0


# ---- probabilities --------------------------------------------------------------------------------------------------


def test_probabilities_of_zero_and_one(dtype, tier):
    expected = [  # p, y, value, gradient
        (0, 0, 0, 1),
        (1, 1, 0, -1),
        (0, 1, math.inf, -math.inf),
        (1, 0, math.inf, math.inf),
        (-0.0, 0, 0, 1),
        (-0.0, 1, math.inf, -math.inf),
        (0, -0.0, 0, 1),
        (0, 0.5, math.inf, -math.inf),
        (1, 0.5, math.inf, math.inf),
    ]
    pred, target = (np.array([row[i] for row in expected], dtype) for i in (0, 1))
    value, grad, _ = unreduced(fl.binary_cross_entropy, pred, target)
    assert value.tolist() == [row[2] for row in expected]
    assert grad.tolist() == [row[3] for row in expected]
    assert not np.signbit(value).any()


def test_tiny_probabilities(dtype, tier):
    eps = float(np.finfo(dtype).eps)
    info = np.finfo(dtype)
    for tiny in (1e-20, float(info.smallest_normal), float(info.smallest_normal) / 8, float(info.smallest_subnormal)):
        p = dtype.type(tiny)
        value, grad, _ = unreduced(fl.binary_cross_entropy, np.array([p, p]), np.array([1, 0], dtype))
        assert value[0] == pytest.approx(-math.log(float(p)), rel=4 * eps)
        with np.errstate(over="ignore"):
            assert grad[0] == pytest.approx(float(-1 / p.astype(np.longdouble)), rel=4 * eps) or (
                1 / float(p) > float(info.max) and grad[0] == -math.inf
            )
        assert value[1] == pytest.approx(float(p), rel=4 * eps, abs=0)
        assert grad[1] == 1
    assert fl.binary_cross_entropy.grad(np.array([1e-20], dtype), [1.0])[0] == pytest.approx(-1e20, rel=4 * eps)


def test_probabilities_next_to_one(dtype, tier):
    eps = float(np.finfo(dtype).epsneg)
    p = np.array([1 - eps], dtype)
    value, grad, _ = unreduced(fl.binary_cross_entropy, p, np.array([0], dtype))
    assert value[0] == pytest.approx(-math.log(eps), rel=4 * eps)
    assert grad[0] == pytest.approx(1 / eps, rel=8 * eps)


# ---- logits ---------------------------------------------------------------------------------------------------------


def test_saturated_gradients_are_not_zero(dtype, tier):
    """Where a correct prediction saturates, the gradient is exp(-|x|), to its last digits."""
    x = np.array([5, 15, 20, 40, 80, 85], dtype)
    eps = float(np.finfo(dtype).eps)
    for sign in (1, -1):
        grad = fl.binary_cross_entropy_with_logits.grad(sign * x, np.full_like(x, sign > 0), reduction="none")
        expected = [-sign * math.exp(-v) / (1 + math.exp(-v)) for v in x.tolist()]
        assert grad == pytest.approx(np.array(expected), rel=4 * eps, abs=0)
        value = fl.binary_cross_entropy_with_logits(sign * x, np.full_like(x, sign > 0), reduction="none")
        assert value == pytest.approx([math.log1p(math.exp(-v)) for v in x.tolist()], rel=4 * eps, abs=0)


@pytest.mark.parametrize("gamma", [0, 0.5, 1, 2, 100])
def test_the_focal_loss_is_finite(dtype, tier, gamma):
    pred = np.array([-1e4, -100, -1, 0, 1, 100, 1e4], dtype)
    for target in (0, 0.25, 0.5, 1):
        value, grad, hess = unreduced(fl.sigmoid_focal, pred, np.full_like(pred, target), gamma=gamma)
        for name, x in (("value", value), ("grad", grad), ("hess", hess)):
            assert np.all(np.isfinite(x)), (name, target, x)
        assert np.all(value >= 0)
    wrong = fl.sigmoid_focal(np.array([-1e4], dtype), [1.0], gamma=gamma, alpha=None)
    assert wrong == 1e4


@pytest.mark.parametrize("given", OF_CROSS_ENTROPY, ids=name_of)
def test_an_almost_certain_label_keeps_its_digits(given, dtype, tier):
    logits = np.array([[20, 0], [0, 20], [80, 0]], dtype)
    target = np.array([0, 1, 0]) if given.labels else np.eye(2, dtype=dtype)[[0, 1, 0]]
    value, grad, _ = unreduced(given.loss, logits, target)
    eps = float(np.finfo(dtype).eps)
    for i, (label, gap) in enumerate(((0, 20), (1, 20), (0, 80))):
        small = math.exp(-gap)
        assert value[i] == pytest.approx(math.log1p(small), rel=4 * eps, abs=0)
        assert grad[i, label] == pytest.approx(-small / (1 + small), rel=4 * eps, abs=0)
        assert grad[i, 1 - label] == pytest.approx(small / (1 + small), rel=4 * eps, abs=0)
    assert value[0] == pytest.approx(2.0611536e-9, rel=1e-6)


# ---- products that are numbers though a factor is none ---------------------------------------------------------------


def test_a_difference_that_overflows(dtype, tier):
    """3/2 of the largest number is none, but a slope below 2/3 makes it one again."""
    largest = float(np.finfo(dtype).max)
    pred, target = np.array([largest, -largest / 2], dtype), np.array([-largest / 2, largest], dtype)
    apart = 1.5 * np.longdouble(largest)
    close = {"rel": 4 * float(np.finfo(dtype).eps)}
    for loss, expected in (
        (fl.huber.bind(delta=2.0**-20), apart * 2.0**-20),
        (fl.quantile.bind(q=0.5), apart / 2),
        (fl.smooth_l1.bind(beta=0.75 * largest), apart - 0.375 * np.longdouble(largest)),
    ):
        value, grad, _ = unreduced(loss, pred, target)
        if expected <= largest:
            assert value.tolist() == pytest.approx([float(expected)] * 2, **close), loss.name
        else:
            assert value.tolist() == [math.inf] * 2, loss.name
        assert np.sign(grad).tolist() == [1, -1]


def test_a_target_times_a_weight_that_vanishes(dtype, tier):
    """A subnormal number times a small weight is 0, but a huge logit makes it one again."""
    tiny, largest = float(np.finfo(dtype).smallest_subnormal), float(np.finfo(dtype).max)
    value = fl.binary_cross_entropy_with_logits(np.array([-largest], dtype), np.array([4 * tiny], dtype), pos_weight=1e-6)
    assert value == pytest.approx(largest * (4 * tiny) * float(dtype.type(1e-6)), rel=1e-6)


def test_the_focal_loss_knows_what_is_missed_where_it_is_nearly_all(dtype, tier):
    """m = 1 - y rounds away most digits of a small y; a large gamma asks for them: m^gamma = exp(-gamma y)."""
    y = 3 / 4 * float(np.finfo(dtype).eps)
    gamma = 2.0 / y
    value, grad, _ = unreduced(fl.sigmoid_focal, np.array([80], dtype), np.array([y], dtype), gamma=gamma, alpha=None)
    # exp(-80) is nothing to y.
    close = {"rel": 10 * float(np.finfo(dtype).eps)}
    assert value[0] == pytest.approx(80 * math.exp(-2), **close)
    assert grad[0] == pytest.approx(math.exp(-2), **close)


def test_the_focal_loss_of_a_factor_that_vanishes(dtype, tier):
    """m² is too small for a number; m² |x| is not."""
    y = math.sqrt(float(np.finfo(dtype).smallest_subnormal)) / 8
    x = -1e38 if dtype == np.float32 else -1e308
    target = np.array([y], dtype)
    value = fl.sigmoid_focal(np.array([x], dtype), target, gamma=2.0, alpha=None)
    expected = float(target[0].astype(np.longdouble) ** 3 * -np.longdouble(dtype.type(x)))
    # m² is exp(2 log m), and an ulp of an exponent of -746 is 746 of the power.
    assert value == pytest.approx(expected, rel=1000 * float(np.finfo(dtype).eps), abs=0)


def test_the_wing_loss_of_a_quotient_that_overflows(dtype, tier):
    """|r| / curvature is infinite where width log1p(|r| / curvature) is not."""
    info = np.finfo(dtype)
    eps, far = float(info.eps), 2.0 ** (info.maxexp // 2 + 8)
    value = fl.wing(np.array([far / 2], dtype), np.zeros(1, dtype), width=far, curvature=1 / far)
    assert value == pytest.approx(far * (2 * math.log(far) - math.log(2)), rel=4 * eps)


@pytest.mark.parametrize("given", [g for g in OF_CROSS_ENTROPY if not g.labels], ids=name_of)
def test_a_small_target_of_a_class_that_is_too_far(given, dtype, tier):
    """Logits farther apart than the largest number; a target of 1/8 brings the loss back."""
    largest = float(np.finfo(dtype).max)
    value = given.loss(np.array([[largest, -largest / 2]], dtype), np.array([[7 / 8, 1 / 8]], dtype))
    assert value == pytest.approx(largest / 16 * 3, rel=4 * float(np.finfo(dtype).eps))


def test_a_rate_that_overflows_less_its_count(dtype, tier):
    info = np.finfo(dtype)
    pred, target = np.array([math.log(info.max) + 0.25], dtype), np.array([float(info.max) / 2], dtype)
    rate, count = np.exp(pred.astype(np.longdouble)), target.astype(np.longdouble)
    grad = unreduced(fl.poisson, pred, target)[1]
    assert rate > info.max
    # An ulp of the log-rate is this many of the rate.
    close = {"rel": 2 * float(pred[0]) * float(info.eps)}
    assert grad == pytest.approx((rate - count).astype(dtype), **close)
    target = (target / pred).astype(dtype)
    value = fl.poisson(pred, target)
    assert value == pytest.approx(float(rate[0] - target[0].astype(np.longdouble) * pred[0]), **close)


@pytest.mark.parametrize("given", OF_CROSS_ENTROPY, ids=name_of)
def test_logits_far_from_zero_and_near_each_other(given, dtype, tier):
    """What exp's reduction loses of 20,000 shows in a difference of 0.03."""
    for origin in (150.0, 600.0, 5000.0, 20_000.0):
        pred = np.array([[origin, origin + 1 / 32]], dtype)
        target = np.array([1]) if given.labels else np.array([[0, 1]], dtype)
        value, grad, _ = unreduced(given.loss, pred, target)
        close = {"rel": 4 * float(np.finfo(dtype).eps)}
        assert value[0] == pytest.approx(math.log1p(math.exp(-1 / 32)), **close)
        assert grad[0] == pytest.approx(np.array([1, -1]) / (1 + math.exp(1 / 32)), **close)


@pytest.mark.parametrize("given", [g for g in OF_CROSS_ENTROPY if g.labels], ids=name_of)
def test_the_gradient_of_a_class_that_weighs_nearly_all(given, dtype, tier):
    """The first class is certain, and its gradient q Σt - t is what the others weigh: 1e-12 of it."""
    weights = np.array([2.0**40, 0.7, 1.0])
    grad = given.loss.grad(np.array([[9000, 0, 0]], dtype), [1], class_weight=weights, label_smoothing=0.5, reduction="none")
    assert grad[0, 0] == pytest.approx(0.5 * 0.7 + 0.5 / 3 * (0.7 + 1), rel=4 * float(np.finfo(dtype).eps))


@pytest.mark.parametrize("half", ["float16", "bfloat16"])
def test_the_mean_of_many_rows_of_half_precision(half):
    """The sum is in float64: in bfloat16 only 256 such numbers could be added up."""
    kind = np.float16 if half == "float16" else getattr(pytest.importorskip("ml_dtypes"), half)
    rows = 100_003
    logits = np.zeros((rows, 65), kind)
    logits[:, 0] = 11.0625  # exact in both
    exact = math.log(math.exp(11.0625) + 64)
    assert fl.cross_entropy(logits, np.ones(rows, int)) == pytest.approx(exact, rel=1e-7)


# ---- zeros ----------------------------------------------------------------------------------------------------------


def test_the_sign_of_a_zero_does_not_matter(given, dtype, tier):
    pred, target = given.draw((30, 5), dtype)
    pred, target = pred.copy(), target.copy()
    pred[::2] = 0
    if target.dtype.kind == "f" and 0 in given.loss.domain.target:
        target[::3] = 0
    negative = [np.where(x == 0, -x, x) if x.dtype.kind == "f" else x for x in (pred, target)]
    assert np.signbit(negative[0]).sum() > np.signbit(pred).sum()
    for a, b in zip(
        unreduced(given.loss, pred, target),
        unreduced(given.loss, *negative),
        strict=True,
    ):
        assert np.array_equal(a, b, equal_nan=True)


def test_subnormal_numbers_are_no_zeros(dtype, tier):
    tiny = np.finfo(dtype).smallest_subnormal
    pred = np.array([tiny, -tiny], dtype)
    assert fl.absolute_error(pred, np.zeros(2, dtype), reduction="none").tolist() == [tiny, tiny]
    assert fl.squared_error.grad(pred, np.zeros(2, dtype), reduction="none").tolist() == [2 * tiny, -2 * tiny]


# ---- empty arrays ---------------------------------------------------------------------------------------------------


EMPTY = [(0,), (0, 5), (5, 0), (0, 0), (3, 0, 4), (0, 3, 4), (3, 4, 0)]


def test_empty_arrays(given, entry_point, dtype):
    shapes = [shape for shape in EMPTY if not given.rows or (len(shape) > 1 and 0 in shape[:-1])]
    assert len(shapes) > 2
    for shape in shapes:
        pred = np.zeros(shape, dtype)
        target = np.zeros(shape[:-1], int) if given.labels else np.zeros(shape, int if given.lists else dtype)
        loss_shape = shape[:-1] if given.rows else shape
        for reduction, expected in (("mean", math.nan), ("sum", 0.0)):
            for weight in (None, 1.0, np.ones(loss_shape)):
                results = without_warnings(
                    call, given.loss, entry_point, pred, target, reduction=reduction, weight=weight, n_threads=2
                )
                for result in results:
                    if isinstance(result, float):
                        assert same_bits(result, expected)
                    else:
                        assert result.shape == shape
                        assert result.dtype == dtype
        for result in without_warnings(call, given.loss, entry_point, pred, target, reduction="none"):
            assert result.shape in (shape, loss_shape)
            assert result.size == 0
        if entry_point in ("grad", "value_and_grad"):
            for out in (np.zeros(shape, dtype), pred):
                assert call(given.loss, entry_point, pred, target, out=out)[-1] is out


@pytest.mark.parametrize("given", OF_ROWS, ids=name_of)
def test_rows_without_classes(given, dtype):
    pred = np.zeros((4, 0), dtype)
    keywords = {}
    if given.labels:
        target = np.full(4, -7)
        keywords["ignore_index"] = -7
    else:
        target = np.zeros((4, 0), int) if given.lists else pred
    value, grad = without_warnings(given.loss.value_and_grad, pred, target, reduction="none", **keywords)
    expected = given.loss.reference.value_and_grad(pred, target, reduction="none", **keywords)
    assert same_bits(value, expected[0])
    assert grad.shape == (4, 0)


# ---- scalars, lists, one class --------------------------------------------------------------------------------------


def a_label(given):
    """1, or where that is outside of the domain 0.5."""
    return 1 if 1 in given.loss.domain.target else 0.5


def test_numbers_and_lists(given):
    if given.rows:
        target = [1, 0] if given.labels else [[1, -1], [0, -1]] if given.lists else [[0.5, 0.5], [1.0, 0.0]]
        pred = [[0.5, 0.25], [0.75, 1.0]] if given.loss.domain.prediction.high >= 1 else [[-0.5, -0.25], [-0.75, -1.0]]
        one = pred[0], target[0]
    else:
        label = a_label(given)
        pred, target = [0.5, 0.25] if given.loss.domain.prediction.high >= 1 else [-0.5, -0.25], [label, label]
        one = (pred[0], label)
    as_arrays = np.array(pred), np.array(target)
    for name in ENTRY_POINTS:
        for a, b in zip(call(given.loss, name, pred, target), call(given.loss, name, *as_arrays), strict=True):
            assert same_bits(a, b)
    assert isinstance(given.loss(pred, target, reduction="mean"), float)
    assert isinstance(given.loss(*one, reduction="mean"), float)
    value, grad = given.loss.value_and_grad(*one, reduction="none")
    many_value, many_grad = given.loss.value_and_grad([one[0]], [one[1]], reduction="none")
    assert np.ndim(value) == 0
    assert value == many_value[0]
    assert isinstance(grad, np.ndarray)
    assert grad.shape == np.shape(one[0])
    assert same_bits(grad, many_grad[0])


@pytest.mark.parametrize("given", OF_ELEMENTS, ids=name_of)
def test_tuples_and_numpy_scalars(given):
    label, a = a_label(given), 0.5 if given.loss.domain.prediction.high >= 1 else -0.5
    assert given.loss(np.float32(a), np.float32(label)) == pytest.approx(given.loss(a, label), rel=1e-6)
    assert given.loss.grad(np.float32(a), label).dtype == np.float32
    assert given.loss((a, a / 2), (label, label)) == given.loss([a, a / 2], [label, label])


@pytest.mark.parametrize("given", OF_SOFTMAX, ids=name_of)
def test_a_single_class_is_certain(given, dtype, tier):
    pred = np.array([[3], [-1e4], [0]], dtype)
    target = np.zeros(3, int) if given.labels else np.ones((3, 1), dtype)
    for results in unreduced(given.loss, pred, target):
        assert not np.any(results)


# ---- ignored rows and weights of 0 ----------------------------------------------------------------------------------


@pytest.mark.parametrize("given", LABELLED, ids=name_of)
def test_ignored_rows_cost_nothing(given, dtype, tier):
    ignore_index = given.loss.params["ignore_index"].default
    for classes in CLASSES:
        pred, target = given.draw((8, classes), dtype)
        kept = np.arange(8) % 3 != 1
        target = np.where(kept, target, ignore_index)
        spoilt = pred.copy()
        spoilt[~kept] = np.nan
        spoilt[4, 0] = np.inf
        results = unreduced(given.loss, spoilt, target)
        for x in results:
            assert not np.any(x[~kept])
        assert not np.signbit(results[0][~kept]).any()
        for name in ENTRY_POINTS:
            all_rows = call(given.loss, name, spoilt, target, reduction="mean")
            good_rows = call(given.loss, name, pred[kept], target[kept], reduction="mean")
            for a, b in zip(all_rows, good_rows, strict=True):
                a = a[kept] if isinstance(a, np.ndarray) else a
                np.testing.assert_allclose(a, b, rtol=1e-6 if dtype == np.float32 else 1e-14, atol=1e-12)


@pytest.mark.parametrize("given", LABELLED, ids=name_of)
@pytest.mark.parametrize("classes", [3, 64, 2500])
def test_all_rows_ignored(given, dtype, tier, classes):
    pred = given.draw((5, classes), dtype)[0]
    target = np.full(5, given.loss.params["ignore_index"].default)
    value, grad = without_warnings(given.loss.value_and_grad, pred, target, reduction="mean")
    assert math.isnan(value)
    assert not np.any(grad)
    assert given.loss(pred, target, reduction="sum") == 0
    for x in given.loss.grad_and_hess(pred, target, reduction="mean"):
        assert not np.any(x)


def test_a_weight_of_zero_removes_an_element(given, dtype, tier):
    pred, target = given.draw((9, 7), dtype)
    kept = np.arange(9) % 3 != 1
    spoilt = pred.copy()
    spoilt[~kept] = np.nan
    weight = kept.astype(float) if given.rows else np.repeat(kept[:, None], 7, 1).astype(float)
    for reduction in ("mean", "sum", "none"):
        for name in ENTRY_POINTS:
            if name == "grad_and_hess" and reduction == "mean":
                continue
            weighed = call(given.loss, name, spoilt, target, weight=weight, reduction=reduction)
            alone = call(given.loss, name, pred[kept], target[kept], reduction=reduction)
            for a, b in zip(weighed, alone, strict=True):
                if isinstance(a, np.ndarray):
                    assert not np.any(a[~kept])
                    a = a[kept]
                assert a == pytest.approx(b, rel=1e-6 if dtype == np.float32 else 1e-13, abs=0)


def test_all_weights_zero(given, dtype, tier):
    pred, target = given.draw((9, 7), dtype)
    pred = pred.copy()
    pred[3] = np.nan
    for weight in (0.0, np.zeros(9 if given.rows else (9, 7)), False):
        value, grad = without_warnings(given.loss.value_and_grad, pred, target, weight=weight, reduction="mean")
        assert math.isnan(value)
        assert not np.any(grad)
        assert given.loss(pred, target, weight=weight, reduction="sum") == 0
        for x in given.loss.grad_and_hess(pred, target, weight=weight):
            assert not np.any(x)


@pytest.mark.parametrize("given", [g for g in GIVEN if "class_weight" in g.loss.params and g.labels], ids=name_of)
def test_a_class_of_weight_zero_is_ignored(given, dtype, tier):
    pred, target = given.draw((40, 4), dtype)
    class_weight = np.array([1, 0, 2, 0.5])
    spoilt = pred.copy()
    spoilt[target == 1] = np.nan
    ignore_index = given.loss.params["ignore_index"].default
    other = np.where(target == 1, ignore_index, target)
    assert (target == 1).any()
    for reduction in ("sum", "none", *(["mean"] if given.loss.declared.class_weight_in_mean else [])):
        keywords = {"class_weight": class_weight, "reduction": reduction}
        results = call(given.loss, "value_and_grad", spoilt, target, **keywords)
        expected = call(given.loss, "value_and_grad", pred, other, **keywords)
        for a, b in zip(results, expected, strict=True):
            assert same_bits(a, b)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_segment_far_below_the_others_keeps_its_digits(dtype, tier):
    """Their probabilities are small but normal numbers, though the factor between two segments of a row is not."""
    below = 80 if dtype == np.float32 else 700
    logits = np.zeros((1, 5000), dtype)
    logits[0, :2500] = below
    logits[0, 4000:] = np.linspace(-1, 1, 1000)
    grad = fl.cross_entropy.grad(logits, [0])
    wide = logits.astype(np.longdouble) - below
    wanted = np.exp(wide) / np.exp(wide).sum()
    np.testing.assert_allclose(grad[0, 1:].astype(np.longdouble), wanted[0, 1:], rtol=16 * np.finfo(dtype).eps)
