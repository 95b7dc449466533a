"""Losses of sums: every one against its reference in longer numbers, and what holds for each whatever it computes."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from conftest import same_bits

import fastloss as fl
from fastloss import _verify, reference
from fastloss._loss import Loss

SUMS = [loss for loss in fl.losses.values() if loss.family == "sums"]
CASES = [(loss, parameters) for loss in SUMS for parameters in _verify.parameter_sets(loss.declared)]
#: Shape and axes: of a loss alone, of many, of short and of long ones, over several axes, over none, of nothing.
LAYOUTS = [
    ((5,), -1),
    ((7, 5), 1),
    ((4, 3, 50), (0, 2)),
    ((2, 3, 4, 5), (1, 3)),
    ((3, 1100), -1),
    ((2, 3), ()),
    ((0, 4), 1),
    ((2, 40), None),
]


def name_of(value: Any) -> str | None:
    if isinstance(value, Loss):
        return value.name
    return "-".join(f"{k}={v}" for k, v in value.items()) or "default" if isinstance(value, dict) else None


def drawn(loss: Loss, shape: tuple[int, ...], axis: Any, dtype: Any, seed: int = 0) -> list[np.ndarray]:
    """Arguments within their domains: of elements, and one a loss where that is asked for."""
    rng = np.random.default_rng(seed)
    axes = range(len(shape)) if axis is None else [a % len(shape) for a in (axis if isinstance(axis, tuple) else (axis,))]
    losses = tuple(n for a, n in enumerate(shape) if a not in axes)
    found = []
    for argument in loss.declared.arguments:
        size = losses if argument.each == "loss" else shape
        interval = argument.interval
        if interval.ends_only:
            found.append(rng.choice([interval.low, interval.high], size))
        elif interval.bounded:
            found.append(rng.uniform(interval.low, interval.high, size))
        else:
            found.append(rng.normal(size=size))
    return [np.asarray(array, dtype) for array in found]


def flat(results: Any) -> list[np.ndarray]:
    """Values and derivatives, whatever tuples they came in."""
    if isinstance(results, tuple):
        return [array for each in results for array in flat(each)]
    return [np.asarray(results)]


@pytest.mark.parametrize(("shape", "axis"), LAYOUTS)
@pytest.mark.parametrize(("loss", "parameters"), CASES, ids=name_of)
@pytest.mark.sample(quick=160)
def test_axes_and_counts_as_the_reference(loss, parameters, shape, axis, dtype):
    """Whatever is summed over. The errors along one axis are measured to the ulp, as those of all losses are."""
    given = drawn(loss, shape, axis, dtype)
    rng = np.random.default_rng(1)
    counts = rng.uniform(0, 2, shape) * rng.integers(0, 2, shape)
    tolerance = 4 * loss.declared.ulp * np.finfo(dtype).eps
    # What a loss of one element is made of cancels in its derivative.
    unit = max(loss.declared.value_unit, 1.0 if axis == () else 1e-30)
    for options in ({}, {"reduction": "none", "wrt": loss.declared.differentiable}, {"element_weight": counts}):
        found = loss.value_and_grad(*given, axis=axis, **parameters, **options)
        wide = [array.astype(np.longdouble) for array in given]
        wanted = loss.reference.value_and_grad(*wide, axis=axis, **parameters, **options)
        for ours, theirs in zip(flat(found), flat(wanted), strict=True):
            assert ours.shape == theirs.shape
            size = float(np.max(np.abs(theirs), initial=unit))
            np.testing.assert_allclose(ours.astype(np.longdouble), theirs, rtol=tolerance, atol=tolerance * size)


@pytest.mark.parametrize(("loss", "parameters"), CASES, ids=name_of)
def test_derivatives_are_those_of_the_value(loss, parameters):
    """The reference too: by differences of values of longdouble."""
    given = [array.astype(np.longdouble) for array in drawn(loss, (3, 4), -1, np.float64, 5)]
    step = np.longdouble(1e-6)
    names = loss.declared.differentiable
    gradients = loss.reference.grad(*given, reduction="sum", wrt=names, **parameters)
    for name, gradient in zip(names, gradients, strict=True):
        place = [argument.name for argument in loss.declared.arguments].index(name)
        quotient = np.zeros_like(given[place])
        for index in np.ndindex(quotient.shape):
            ends = []
            for sign in (1, -1):
                moved = [array.copy() for array in given]
                moved[place][index] += sign * step
                ends.append(loss.reference(*moved, reduction="sum", **parameters))
            quotient[index] = (ends[0] - ends[1]) / (2 * step)
        np.testing.assert_allclose(gradient.astype(float), quotient.astype(float), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("loss", SUMS, ids=name_of)
def test_layouts_threads_and_halves(loss, tier):
    """Strides and threads change no bit; halves are computed as float32; many elements, shared by threads, too."""
    given = drawn(loss, (3, 5, 70), (0, 2), np.float32)
    options = {"axis": (0, 2), "wrt": loss.declared.differentiable, "reduction": "none"}
    plain = loss.value_and_grad(*given, **options)
    spread = [np.repeat(array, 2, axis=-1)[..., ::2] for array in given]
    for other in ([np.asfortranarray(array) for array in given], spread):
        assert all(map(same_bits, flat(loss.value_and_grad(*other, **options)), flat(plain)))
    halves = [array.astype(np.float16) for array in given]
    singles = [array.astype(np.float32) for array in halves]
    value, gradients = loss.value_and_grad(*halves, **options)
    value_of_singles, gradients_of_singles = loss.value_and_grad(*singles, **options)
    assert same_bits(value, value_of_singles)
    assert all(map(same_bits, gradients, [gradient.astype(np.float16) for gradient in gradients_of_singles]))
    long = drawn(loss, (2, 100_000), 1, np.float32)
    several = [loss.value_and_grad(*long, axis=1, n_threads=n, wrt=loss.declared.differentiable) for n in (1, 2, 7)]
    assert all(same_bits(a, b) for other in several[1:] for a, b in zip(flat(several[0]), flat(other), strict=True))


@pytest.mark.parametrize("loss", SUMS, ids=name_of)
@pytest.mark.parametrize(("shape", "axis"), [((40, 70), 0), ((3, 700, 5), 1), ((2, 9, 11, 3), (1, 2)), ((33, 1100, 2), 1)])
def test_losses_side_by_side(loss, shape, axis, dtype):
    """Losses whose elements lie apart are gone about together, and have the bits that they have one by one."""
    axes = axis if isinstance(axis, tuple) else (axis,)
    given = drawn(loss, shape, axis, dtype)
    wide = np.float32 if np.dtype(dtype).itemsize == 2 else dtype
    rng = np.random.default_rng(2)
    weight = rng.choice([0.0, 0.5, 3.0], [n for d, n in enumerate(shape) if d not in axes])
    counts = rng.choice([0.0, 1.0, 0.25], shape)
    order = [d for d in range(len(shape)) if d not in axes] + list(axes)
    apart = [
        np.ascontiguousarray(array.transpose(order)).transpose(np.argsort(order)) if array.ndim == len(shape) else array
        for array in given
    ]
    for options in ({}, {"weight": weight}, {"weight": weight, "element_weight": counts}, {"n_threads": 3, "weight": weight}):
        for reduction in ("none", "mean"):
            options |= {"axis": axis, "reduction": reduction, "wrt": loss.declared.differentiable}
            found, wanted = (flat(loss.value_and_grad(*arrays, **options)) for arrays in (given, apart))
            assert all(map(same_bits, found, wanted))
            lone = loss.value_and_grad(*apart, **{**options, "wrt": loss.declared.differentiable[0]})
            assert same_bits(flat(lone)[1], found[1])
            assert found[1].dtype == dtype
            assert found[0].dtype == (wide if reduction == "none" else float)


def test_long_losses_side_by_side():
    """Their parts are shared by threads."""
    given = drawn(fl.pearson, (70_000, 5), 0, np.float32)
    found, *others = (fl.pearson.value_and_grad(*given, axis=0, reduction="none", n_threads=n) for n in (1, 2, 7))
    transposed = fl.pearson.value_and_grad(*(np.ascontiguousarray(array.T) for array in given), axis=1, reduction="none")
    for value, gradient in (*others, (transposed[0], transposed[1].T)):
        assert same_bits(value, found[0])
        assert same_bits(gradient, found[1])


@pytest.mark.parametrize("loss", SUMS, ids=name_of)
def test_weights(loss):
    """A loss and an element of weight 0 contribute nothing, whatever they hold; a mean knows ratios of weights alone."""
    given = drawn(loss, (4, 6), -1, np.float64)
    weight = np.array([1.0, 0.0, 3.0, 0.5])
    clean = loss.value_and_grad(*given, weight=weight)
    spoiled = [array.copy() for array in given]
    for array, argument in zip(spoiled, loss.declared.arguments, strict=True):
        if argument.each == "element":
            array[1] = np.nan
    assert all(map(same_bits, flat(loss.value_and_grad(*spoiled, weight=weight)), flat(clean)))
    for factor in (1e-300, 1e300):
        for ours, theirs in zip(flat(loss.value_and_grad(*given, weight=weight * factor)), flat(clean), strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-14)
    counts = np.ones((4, 6))
    counts[:, 2] = 0
    without = [np.delete(array, 2, axis=1) if argument.each == "element" else array
               for array, argument in zip(given, loss.declared.arguments, strict=True)]  # fmt: skip
    spoiled = [array.copy() for array in given]
    for array, argument in zip(spoiled, loss.declared.arguments, strict=True):
        if argument.each == "element":
            array[:, 2] = np.nan
    value, gradients = loss.value_and_grad(*spoiled, element_weight=counts, wrt=loss.declared.differentiable)
    wanted, wanted_gradients = loss.value_and_grad(*without, wrt=loss.declared.differentiable)
    np.testing.assert_allclose(value, wanted, rtol=1e-13)
    for gradient, other in zip(gradients, wanted_gradients, strict=True):
        assert np.all(gradient[:, 2] == 0)
        np.testing.assert_allclose(np.delete(gradient, 2, axis=1), other, rtol=1e-12, atol=1e-15)
    assert np.isnan(loss(*given, weight=np.zeros(4)))
    assert loss(*given, weight=np.zeros(4), empty="zero") == 0


@pytest.mark.parametrize("loss", SUMS, ids=name_of)
def test_out_and_wrt(loss):
    given = drawn(loss, (4, 6), -1, np.float64)
    names = loss.declared.differentiable
    gradients = loss.grad(*given, wrt=names)
    places = tuple(np.empty((4, 6)) for _ in names)
    returned = loss.grad(*given, wrt=names, out=places)
    assert all(a is b for a, b in zip(returned, places, strict=True))
    assert all(map(same_bits, places, gradients))
    for name, gradient in zip(names, gradients, strict=True):
        assert same_bits(loss.grad(*given, wrt=name), gradient)
        own = [array.copy() for array in given]
        place = [argument.name for argument in loss.declared.arguments].index(name)
        assert loss.grad(*own, wrt=name, out=own[place]) is own[place]
        assert same_bits(own[place], gradient)
    for bad in ("nothing", (names[0], names[0]), 3, ()):
        with pytest.raises((TypeError, ValueError), match="wrt"):
            loss.grad(*given, wrt=bad)
    with pytest.raises(ValueError, match="overlaps an input"):
        loss.grad(*given, wrt=names[0], out=given[1])
    with pytest.raises(AttributeError, match="Hessian is no diagonal"):
        loss.grad_and_hess(*given)


@pytest.mark.parametrize("loss", SUMS, ids=name_of)
def test_vector_jacobian_product(loss):
    given = drawn(loss, (4, 6), -1, np.float64)
    cotangent = np.array([1.0, -2.0, 0.0, 0.25])
    found = loss.vjp(*given, cotangent=cotangent, wrt=loss.declared.differentiable)
    wanted = loss.grad(*given, weight=cotangent, reduction="none", wrt=loss.declared.differentiable)
    assert all(map(same_bits, found, wanted))


@pytest.mark.parametrize("loss", SUMS, ids=name_of)
def test_what_is_given(loss):
    """Shapes are checked, and domains; the mirror in NumPy says the same."""
    given = drawn(loss, (4, 6), -1, np.float64)
    for losses in (fl.losses, reference.losses):
        function = losses[loss.name]
        with pytest.raises(ValueError, match="has shape"):
            function(given[0], np.ones((4, 5)), *given[2:])
        with pytest.raises(ValueError, match="axis = 2 is no axis"):
            function(*given, axis=2)
        with pytest.raises(TypeError, match="axis must be an integer, a tuple of integers or None for all, got 'x'"):
            function(*given, axis="x")
        with pytest.raises(ValueError, match="names an axis twice"):
            function(*given, axis=(1, -1))
        with pytest.raises(ValueError, match="element_weight has shape"):
            function(*given, element_weight=np.ones(5))
        with pytest.raises(TypeError, match="keyword"):
            function(*given, nonsense=1)
    for place, argument in enumerate(loss.declared.arguments):
        if argument.interval.bounded:
            bad = [array.copy() for array in given]
            bad[place][..., -1] = 7
            out = np.full((4, 6), 5.0)
            with pytest.raises(ValueError, match=f"{argument.name}.* = 7.0 is outside"):
                loss.grad(*bad, out=out, wrt=loss.declared.differentiable[0])
            assert np.all(out == 5)


@pytest.mark.parametrize("loss", SUMS, ids=name_of)
@pytest.mark.parametrize("axis", [None, 0, -1, (1,), (0, 2)])
def test_axes_are_bound(loss, axis):
    given = drawn(loss, (3, 4, 5), axis, np.float64)
    for home in (loss, loss.reference):
        bound = home.bind(axis=axis)
        assert same_bits(np.asarray(bound(*given, reduction="none")), np.asarray(home(*given, axis=axis, reduction="none")))
        assert bound == home.bind(axis=axis) == pickle.loads(pickle.dumps(bound))
        assert bound.__signature__.parameters["axis"].default == axis
        assert (bound == home) == (axis == -1)

    for wrong in (1.5, "x", (0, "x"), [0]):
        with pytest.raises(TypeError, match="axis must be an integer"):
            loss.bind(axis=wrong)


@pytest.mark.parametrize("loss", SUMS, ids=name_of)
def test_is_a_loss_like_others(loss):
    assert pickle.loads(pickle.dumps(loss)) == loss
    assert loss.reference.name == loss.name
    assert loss.bind(reduction="sum").bound["reduction"] == "sum"
    for section in ("Parameters", "Returns", "Raises", "Notes", "References", "Examples"):
        assert f"{section}\n---" in loss.__doc__
    for name in loss.__signature__.parameters:
        assert name in loss.__doc__


@pytest.mark.parametrize("seed", range(20))
def test_extreme_numbers_of_float32(seed):
    """Squares of float32 neither overflow nor vanish."""
    rng = np.random.default_rng(seed)
    a, b = (rng.normal(size=(3, 9)).astype(np.float32) * np.float32(10.0 ** rng.integers(-37, 38)) for _ in range(2))
    label = rng.choice([-1.0, 1.0], 3)
    for name, args in (("cosine_embedding", (a, b, label)), ("pearson", (a, b)), ("contrastive", (a, b, label > 0))):
        options = {"eps": 0.0} if name == "cosine_embedding" else {}
        found = fl.losses[name].value_and_grad(*args, reduction="none", **options)
        wide = [np.asarray(x, np.longdouble) for x in args]
        wanted = fl.losses[name].reference.value_and_grad(*wide, reduction="none", **options)
        for ours, theirs in zip(flat(found), flat(wanted), strict=True):
            seen = np.abs(theirs) < 3e38
            largest = float(np.max(np.abs(theirs[seen]), initial=0))
            np.testing.assert_allclose(ours[seen], theirs[seen].astype(float), rtol=3e-6, atol=1e-37 + 3e-6 * largest)


#: Losses that take squares or powers of numbers, and what else makes another one of each: those of which only ratios of an
#: argument count, and those of lengths.
POWERS = [
    ("pearson", {}),
    ("cosine_embedding", {"eps": 0.0}),
    ("cosine_embedding", {"eps": 1e-200}),
    *(
        (name, {"p": p, **options})
        for p in (1.0, 2.0, 3.5, 10.0)
        for name, options in [
            ("contrastive", {"negative_margin": 0.0}),
            ("contrastive", {"squared": True}),
            ("triplet_margin", {"eps": 0.0}),
            ("triplet_margin", {"eps": 0.0, "swap": True, "soft": True}),
        ]
    ),
]


@pytest.mark.parametrize("power", [-1060, -900, -540, -500, -300, -120, 120, 300, 500, 540, 900, 1020])
@pytest.mark.parametrize(("name", "parameters"), POWERS, ids=name_of)
@pytest.mark.sample(quick=40)
def test_no_square_leaves_the_range_of_double(name, parameters, power):
    """A result that is a number is found whatever the size of the arguments, by the reference too, in any layout."""
    loss = fl.losses[name]
    rng = np.random.default_rng(abs(power))
    given = [np.ldexp(rng.uniform(-2, 2, (5, 6)), power) if argument.each == "element" else np.array([1, 1, 1, -1, 1.0])
             for argument in loss.declared.arguments]  # fmt: skip
    if name == "contrastive":
        given[2] = np.array([1.0, 0.0, 0.25, 1.0, 0.0])
    options = {"reduction": "none", "wrt": loss.declared.differentiable, **parameters}
    found = flat(loss.value_and_grad(*given, **options))
    wanted = flat(loss.reference.value_and_grad(*(array.astype(np.longdouble) for array in given), **options))
    mirrored = flat(loss.reference.value_and_grad(*given, **options))
    largest = np.finfo(np.float64).max
    for place, (ours, longer, mirror) in enumerate(zip(found, wanted, mirrored, strict=True)):
        seen = np.abs(longer) < largest / 4
        theirs = np.where(seen, longer, 0).astype(float)
        size = loss.declared.value_unit if place == 0 and loss.declared.value_unit else float(np.max(np.abs(theirs)))
        for each in (ours, mirror):
            np.testing.assert_allclose(np.where(seen, each, 0), theirs, rtol=1e-12, atol=1e-12 * size + 1e-320)
    columns = flat(loss.value_and_grad(*(np.asfortranarray(array) for array in given), **options))
    assert all(map(same_bits, found, columns))


@pytest.mark.parametrize("power", [-700, 700])
@pytest.mark.parametrize("name", ["pearson", "cosine_embedding"])
def test_an_angle_does_not_know_the_size_of_a_vector(name, power):
    """Powers of two change no bit: of losses of many parts, with weights, beside losses of common size and of NaN."""
    given = drawn(fl.losses[name], (3, 70_000), 1, np.float64)
    options = {"reduction": "none", "wrt": ("pred", "target") if name == "pearson" else ("first", "second"), "axis": 1}
    options |= {"element_weight": np.random.default_rng(3).choice([0.0, 1.0, 0.5], given[0].shape), "weight": [1.0, 2.0, 3.0]}
    options |= {"eps": 0.0} if name == "cosine_embedding" else {}
    plain = flat(fl.losses[name].value_and_grad(*given, **options))
    moved = [given[0].copy(), *given[1:]]
    moved[0][1] = np.ldexp(given[0][1], power)
    moved[0][2] = np.nan
    for threads in (1, 3):
        value, first, second = flat(fl.losses[name].value_and_grad(*moved, n_threads=threads, **options))
        assert same_bits(value[:2], plain[0][:2])
        assert same_bits(first[0], plain[1][0])
        assert same_bits(np.ldexp(first[1], power), plain[1][1])
        assert same_bits(second[:2], plain[2][:2])
        assert np.isnan(value[2])
