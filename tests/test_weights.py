"""A mean depends on the ratios of its weights, whatever their size: beside sums of fractions, which never overflow."""

import math
from fractions import Fraction

import numpy as np
import pytest
from conftest import call, same_bits

import fastloss as fl

#: Means of float32 results are as exact as these; of the weights' own rounding nothing is left.
DIGITS = {np.dtype(np.float32): 2.0**-21, np.dtype(np.float64): 2.0**-50}
SIZES = {
    "float32": lambda rng, n: (2.0 ** rng.uniform(-149, 127.9, n)).astype(np.float32),
    "float64": lambda rng, n: 2.0 ** rng.uniform(-1074, 1023.9, n),
    "small": lambda rng, n: 2.0 ** rng.uniform(-1074, -1060, n),
    "large": lambda rng, n: 2.0 ** rng.uniform(1010, 1023.9, n),
    "large float32": lambda rng, n: (2.0 ** rng.uniform(120, 127.9, n)).astype(np.float32),
}


def sizes_of(weights):
    return [Fraction(float(w)) if math.isfinite(w) else None for w in np.asarray(weights).ravel()]


def as_float(x):
    """The nearest double of a fraction, of any size."""
    try:
        return float(x)
    except OverflowError:
        return math.inf if x > 0 else -math.inf


def draw_weights(given, shape, size, rng):
    """Sample weights, some of them 0, and class weights where the loss takes them."""
    weight = SIZES[size](rng, shape)
    weight[rng.random(shape) < 0.2] = 0
    if not weight.any():
        weight.flat[0] = SIZES[size](rng, 1)[0]
    return weight


def parts_of_mean(given, n, target, weight, class_weight):
    """What each row counts in the numerator and in the denominator."""
    above, below = sizes_of(weight), sizes_of(weight)
    if class_weight is not None and given.labels and given.loss.name != "one_vs_all":
        of_label = sizes_of(class_weight[target.ravel()])
        above = [a * c for a, c in zip(above, of_label, strict=True)]
        if given.loss.declared.class_weight_in_mean:
            below = above
    return above, below


@pytest.mark.parametrize("size", list(SIZES))
@pytest.mark.sample(quick=0.5)
def test_a_mean_depends_on_ratios_of_weights(given, dtype, size):
    rng = np.random.default_rng([len(size), given.labels])
    shape = (9, 4) if given.rows else (9,)
    for seed in range(3):
        pred, target = given.draw(shape, dtype, seed)
        weight = draw_weights(given, 9, size, rng)
        class_weight = None
        if "class_weight" in given.loss.params and given.labels and given.loss.name != "one_vs_all" and seed:
            class_weight = SIZES["float64" if seed == 1 else size](rng, 4).astype(np.float64)
        keywords = {} if class_weight is None else {"class_weight": class_weight}
        above, below = parts_of_mean(given, 9, target, weight, class_weight)
        total = sum(below)
        each, each_grad = call(given.loss, "value_and_grad", pred, target, reduction="none")
        mean, grad = call(given.loss, "value_and_grad", pred, target, reduction="mean", weight=weight, **keywords)
        if not np.isfinite(each_grad).all() or not np.isfinite(each).all():
            continue
        expected = as_float(sum(a * Fraction(float(v)) for a, v in zip(above, each, strict=True)) / total)
        largest = as_float(sum(a * abs(Fraction(float(v))) for a, v in zip(above, each, strict=True)) / total)
        if math.isfinite(expected):
            # A ratio is rounded where it is a subnormal number, and what it multiplies multiplies its error.
            loss = float(max(abs(each).max(), 1))
            assert abs(mean - expected) <= DIGITS[dtype] * largest + 9 * 5e-324 * loss, (seed, mean, expected)
        tiny, largest_number = float(np.finfo(dtype).smallest_subnormal), float(np.finfo(dtype).max)
        for i, row in enumerate(each_grad):
            if as_float(above[i] / total) > largest_number:  # by a class weight: what it multiplies is no number of the type
                continue
            for found, slope in zip(np.ravel(grad[i]), np.ravel(row), strict=True):
                wanted = as_float(above[i] / total * Fraction(float(slope)))
                if abs(wanted) < largest_number / 2:
                    within = DIGITS[dtype] * abs(wanted) + (4 + abs(float(slope))) * tiny
                    assert abs(float(found) - wanted) <= within, (seed, i, found, wanted)


def test_weights_of_one_size_are_no_weights(given, dtype):
    """To the last bit, where the size is a power of two."""
    pred, target = given.draw((40, 5) if given.rows else (40,), dtype)
    expected = call(given.loss, "value_and_grad", pred, target, reduction="mean", weight=np.ones(40))
    for weight in (2.0**-1070, 2.0**-140, 2.0**-30, 2.0**100, 2.0**1020):
        found = call(given.loss, "value_and_grad", pred, target, reduction="mean", weight=np.full(40, weight))
        assert all(same_bits(a, b) for a, b in zip(found, expected, strict=True)), weight


def test_a_mean_of_nothing(given, dtype):
    pred, target = given.draw((3, 4) if given.rows else (3,), dtype)
    nothing = [(pred, target, {"weight": 0.0}), (pred[:0], target[:0], {})]
    if given.labels and "ignore_index" in given.loss.params:
        nothing.append((pred, np.full_like(target, -1), {"ignore_index": -1}))
    for p, t, keywords in nothing:
        for empty, expected in (("nan", math.nan), ("zero", 0.0)):
            mean, grad = call(given.loss, "value_and_grad", p, t, reduction="mean", empty=empty, **keywords)
            assert same_bits(mean, expected), (empty, keywords)
            assert same_bits(grad, np.zeros_like(p)), (empty, keywords)
            reference = given.loss.reference(p, t, reduction="mean", empty=empty, **keywords)
            assert same_bits(reference, expected), (empty, keywords)
        assert call(given.loss, "value", p, t, reduction="sum", empty="nan", **keywords) == (0.0,)
    with pytest.raises(ValueError, match="empty must be one of nan, zero; got 0"):
        given.loss(pred, target, empty=0)


def test_weights_that_cancel_are_not_nothing():
    assert math.isinf(fl.huber([1.0, 2.0], [0.0, 0.0], weight=[1.0, -1.0], empty="zero"))


@pytest.mark.parametrize("classes", [3, 70])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", [name for name, loss in fl.losses.items() if "class_weight" in loss.params])
def test_what_is_0_stays_0_beside_weights_too_large_for_a_number(name, dtype, reduction, classes):
    """A derivative may be infinite then, but is NaN nowhere; in float32 it is what float64 says."""
    rng = np.random.default_rng(classes)
    loss = fl.losses[name]
    pred = np.where(rng.random((8, classes)) < 0.3, 3.0, 0.0) * rng.normal(size=(8, classes))
    if loss.domain.prediction.bounded:
        pred = -np.abs(pred)
    label = rng.integers(0, classes, 8)
    target = label if loss.declared.labels else (label[:, None] == np.arange(classes)).astype(float)
    pred[:4, :] -= 9
    pred[np.arange(4), label[:4]] = 0  # nothing is lost there
    size = 60 if dtype == np.float32 else 300
    given = {"class_weight": np.full(classes, 10.0**size), "weight": np.full(8, 1e20), "reduction": reduction}
    results = [
        *loss.value_and_grad(pred.astype(dtype), target, **given),
        *loss.grad_and_hess(pred.astype(dtype), target, **given),
    ]
    assert not any(np.isnan(result).any() for result in results)
    if dtype == np.float32:
        single = [*loss.value_and_grad(pred, target, **given), *loss.grad_and_hess(pred, target, **given)]
        for found, right in zip(results[1:], single[1:], strict=True):
            with np.errstate(over="ignore"):
                rounded = right.astype(np.float32)
            np.testing.assert_array_equal(np.sign(found)[np.isinf(rounded)], np.sign(rounded)[np.isinf(rounded)])
            np.testing.assert_array_equal(found[right == 0], 0)
