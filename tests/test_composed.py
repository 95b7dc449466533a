"""What is made of losses: feature matching and Gram matrices, beside PyTorch, finite differences and NumPy."""

from __future__ import annotations

import copy
import doctest
import inspect
import io
import pickle

import numpy as np
import pytest
from conftest import same_bits

import fastloss as fl

SHAPES = ((2, 3, 4, 5), (7,), (2, 6), (1, 1, 300))
ERRORS = {"absolute": np.abs, "squared": np.square}
HOMES = {"fastloss": fl, "reference": fl.reference}


def maps(dtype=np.float64, shapes=SHAPES, seed=0):
    rng = np.random.default_rng(seed)
    return tuple([rng.normal(size=shape).astype(dtype) for shape in shapes] for _ in range(2))


@pytest.fixture(params=HOMES)
def home(request):
    return HOMES[request.param]


# ---- feature matching -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("norm", ERRORS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("weights", [None, [1.0, 0.5, 3.0, 0.1]])
def test_feature_matching_is_that_of_pytorch(home, norm, dtype, weights):
    torch = pytest.importorskip("torch")
    preds, targets = maps(dtype)
    loss = {"absolute": torch.nn.functional.l1_loss, "squared": torch.nn.functional.mse_loss}[norm]
    leaves = [torch.tensor(pred, requires_grad=True) for pred in preds]
    counts = weights or [1.0] * len(preds)
    total = sum(w * loss(f, torch.tensor(g)) for w, f, g in zip(counts, leaves, targets, strict=True))
    total.backward()
    tolerance = 1e-5 if dtype == np.float32 else 1e-10
    value, gradients = home.feature_matching.value_and_grad(preds, targets, weights=weights, norm=norm)
    assert type(value) is float
    assert value == pytest.approx(total.item(), rel=tolerance)
    assert home.feature_matching(preds, targets, weights=weights, norm=norm) == pytest.approx(value, rel=1e-7)
    for gradient, leaf in zip(gradients, leaves, strict=True):
        assert gradient.dtype == dtype
        np.testing.assert_allclose(gradient, leaf.grad.numpy(), rtol=tolerance, atol=tolerance * 1e-4)


@pytest.mark.parametrize("norm", ERRORS)
@pytest.mark.parametrize("reduction", ["sum", "mean", "none"])
def test_reductions_are_over_the_maps(home, norm, reduction):
    preds, targets = maps()
    weights = np.array([2.0, 0.0, 0.25, 1.0])
    means = np.array([ERRORS[norm](f - g).mean() for f, g in zip(preds, targets, strict=True)])
    expected = {"sum": weights @ means, "mean": weights @ means / weights.sum(), "none": weights * means}[reduction]
    options = {"weights": weights, "norm": norm, "reduction": reduction}
    value, gradients = home.feature_matching.value_and_grad(preds, targets, **options)
    np.testing.assert_allclose(value, expected, rtol=1e-14)
    assert same_bits(np.asarray(home.feature_matching(preds, targets, **options)), np.asarray(value))
    for gradient, again in zip(gradients, home.feature_matching.grad(preds, targets, **options), strict=True):
        assert same_bits(gradient, again)
    # Finite differences of the sum of what is returned, at the first element of each map.
    for i, (f, gradient) in enumerate(zip(preds, gradients, strict=True)):
        sides = []
        for step in (1e-6, -1e-6):
            moved = f.copy()
            moved.flat[0] += step
            sides.append(np.sum(home.feature_matching([*preds[:i], moved, *preds[i + 1 :]], targets, **options)))
        assert gradient.flat[0] == pytest.approx((sides[0] - sides[1]) / 2e-6, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_map_of_weight_one_has_the_bits_of_the_loss(dtype):
    (pred, *_), (target, *_) = maps(dtype)
    for norm, loss in (("absolute", fl.absolute_error), ("squared", fl.squared_error)):
        value, (gradient,) = fl.feature_matching.value_and_grad([pred], [target], norm=norm, n_threads=1)
        assert value == loss(pred, target)
        assert same_bits(gradient, loss.grad(pred, target))


def test_a_map_of_weight_zero_counts_nothing(home):
    preds, targets = [np.array([np.nan, np.inf]), np.array([1.0, 3.0])], [np.zeros(2), np.zeros(2)]
    value, gradients = home.feature_matching.value_and_grad(preds, targets, weights=[0.0, 1.0])
    assert value == 2.0
    assert [gradient.tolist() for gradient in gradients] == [[0.0, 0.0], [0.5, 0.5]]


def test_types_of_maps(home):
    preds = [np.float16([1.0, 2.0]), np.array([3, 5]), [1.0, 2.0], 4.0]
    value, gradients = home.feature_matching.value_and_grad(preds, [np.float16([0, 0]), 1.0, (1.0, 0.0), 1.0])
    assert value == 1.5 + 3.0 + 1.0 + 3.0
    assert [gradient.dtype for gradient in gradients] == [np.float16, *[np.float64] * 3]
    assert [np.shape(gradient) for gradient in gradients] == [(2,), (2,), (2,), ()]
    wider = home.feature_matching.grad(preds[:1], [0.0], grad_dtype=np.float32)
    assert wider[0].dtype == np.float32


def test_nothing_to_compare(home):
    assert home.feature_matching([], []) == 0.0
    assert home.feature_matching.value_and_grad((), ()) == (0.0, [])
    nothing = np.empty((0, 3))
    assert np.isnan(home.feature_matching([nothing, [1.0]], [nothing, [0.0]]))
    assert home.feature_matching([nothing, [1.0]], [nothing, [0.0]], empty="zero", weights=[2.0, 2.0]) == 2.0
    assert home.feature_matching([nothing, [1.0]], [nothing, [0.0]], weights=[0.0, 1.0]) == 1.0
    assert home.feature_matching.grad([nothing], [nothing])[0].shape == (0, 3)
    assert np.isnan(home.feature_matching([[1.0]], [[0.0]], weights=[0.0], reduction="mean"))
    assert home.feature_matching([[1.0]], [[0.0]], weights=[0.0], reduction="mean", empty="zero") == 0.0


def test_gradients_are_written_where_they_are_asked_for(home):
    preds, targets = maps()
    expected = home.feature_matching.grad(preds, targets, weights=[1.0, 2.0, 3.0, 4.0])
    out = [np.empty_like(preds[0]), None, preds[2], preds[3]]
    found = home.feature_matching.grad(preds, targets, weights=[1.0, 2.0, 3.0, 4.0], out=out)
    assert all(a is b for a, b in zip(found, out, strict=True) if b is not None)
    assert all(same_bits(a, b) for a, b in zip(found, expected, strict=True))


def test_gradients_are_written_to_tensors():
    torch = pytest.importorskip("torch")
    preds, targets = maps(np.float32)
    out = [torch.empty(pred.shape) for pred in preds]
    found = fl.feature_matching.grad([torch.tensor(pred) for pred in preds], targets, out=out)
    assert all(a is b for a, b in zip(found, out, strict=True))
    for a, b in zip(out, fl.feature_matching.grad(preds, targets), strict=True):
        assert same_bits(a.numpy(), b)


def test_an_error_leaves_out_untouched():
    preds, targets = maps()
    fresh = [np.full_like(pred, 7.0) for pred in preds]
    frozen = np.full_like(preds[3], 7.0)
    frozen.flags.writeable = False
    cases = (
        (preds, targets, [*fresh[:3], np.empty(3)], {}, "out"),
        (preds, targets, [*fresh[:3], frozen], {}, "not writeable"),
        (preds, targets, [*fresh[:3], targets[3]], {}, "overlaps an input"),
        (preds, targets, [*fresh[:3], fresh[3].astype(np.float32)], {}, "dtype"),
        (preds, targets, fresh[:3], {}, "wanted: a list of 4"),
        (preds, targets, fresh[0], {}, "wanted: a list of 4"),
        ([preds[0], preds[0]], [targets[0], targets[0]], [fresh[0], fresh[0]], {}, "two arrays of out overlap"),
        ([preds[0], preds[0]], [targets[0], targets[0]], [preds[0], fresh[0]], {}, "overlaps an input"),
        (preds, [*targets[:3], targets[0]], fresh, {}, r"preds\[3\] has shape .* but targets\[3\]"),
        (preds, targets, fresh, {"n_threads": 0}, "n_threads"),
        (preds, targets, fresh, {"weights": [1.0, 2.0, 3.0, np.inf]}, r"weights\[3\] = inf"),
        (preds, targets, fresh, {"grad_dtype": "int8"}, "dtype"),
    )
    before = [pred.copy() for pred in preds]
    for given, against, out, options, said in cases:
        with pytest.raises(ValueError, match=said):
            fl.feature_matching.value_and_grad(given, against, out=out, **options)
        assert all(np.all(array == 7.0) for array in fresh)
        assert all(same_bits(a, b) for a, b in zip(preds, before, strict=True))


def test_what_is_no_list_of_maps_is_refused(home):
    preds, targets = maps()
    for wrong in (preds[0], {"a": preds[0]}, 1.0, None, iter(preds)):
        with pytest.raises(TypeError, match=r"preds of type .* a list or tuple of feature maps"):
            home.feature_matching(wrong, targets)
    with pytest.raises(ValueError, match="preds has 4 maps but targets has 3"):
        home.feature_matching(preds, targets[:3])
    with pytest.raises(TypeError, match=r"targets\[1\]"):
        home.feature_matching([[1.0], [1.0]], [[1.0], ["a"]])
    for weights in (2.0, [1.0], np.ones((4, 1))):
        with pytest.raises(ValueError, match="wanted: one number a map"):
            home.feature_matching(preds, targets, weights=weights)
    for word, value in (("norm", "l1"), ("empty", "none"), ("reduction", "average")):
        with pytest.raises(ValueError, match=word):
            home.feature_matching(preds, targets, **{word: value})


# ---- Gram matrices --------------------------------------------------------------------------------------------------


def plain_gram(features, divisor):
    """Of (samples, channels, positions)."""
    product = np.einsum("ncp,ndp->ncd", features, features)
    return product / {"elements": np.prod(features.shape[1:]), "positions": features.shape[2], "none": 1}[divisor]


@pytest.mark.parametrize("divisor", ["elements", "positions", "none"])
def test_gram_matrices_of_every_layout(home, divisor):
    features = np.random.default_rng(0).normal(size=(2, 3, 4, 5))
    expected = plain_gram(features.reshape(2, 3, 20), divisor)
    last = np.ascontiguousarray(features.transpose(0, 2, 3, 1))
    for given, axis in (
        (features, (-2, -1)),
        (features, (3, 2)),
        (features.reshape(2, 3, 20), -1),
        (last, (1, 2)),
        (np.asfortranarray(features), (2, 3)),
        (features[:, :, ::-1, ::-1], (2, 3)),
        (np.moveaxis(features, 0, 2), (1, 3)),
    ):
        moved = expected if given.shape[0] == 2 else None
        found = home.gram(given, axis=axis, divisor=divisor)
        if moved is not None:
            np.testing.assert_allclose(found, moved, rtol=1e-13)
        cotangent = np.random.default_rng(1).normal(size=found.shape)
        product = home.gram.vjp(given, cotangent, axis=axis, divisor=divisor)
        assert product.shape == given.shape
        direction = np.random.default_rng(2).normal(size=given.shape)
        sides = [np.sum(cotangent * home.gram(given + h * direction, axis=axis, divisor=divisor)) for h in (1e-5, -1e-5)]
        assert np.sum(product * direction) == pytest.approx((sides[0] - sides[1]) / 2e-5, rel=1e-7)
    np.testing.assert_allclose(home.gram(features[1], divisor=divisor), expected[1], rtol=1e-13)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_style_loss_is_that_of_pytorch(dtype):
    torch = pytest.importorskip("torch")
    preds, targets = maps(dtype, [(2, 3, 8, 8), (2, 5, 4, 4)])
    weights = [1.0, 0.25]
    leaves = [torch.tensor(pred, requires_grad=True) for pred in preds]

    def gram(x):
        F = x.flatten(2)
        return F @ F.transpose(1, 2) / (F.shape[1] * F.shape[2])

    total = sum(
        w * torch.nn.functional.mse_loss(gram(f), gram(torch.tensor(g)))
        for w, f, g in zip(weights, leaves, targets, strict=True)
    )
    total.backward()
    value, by_gram = fl.feature_matching.value_and_grad(
        [fl.gram(f) for f in preds], [fl.gram(g) for g in targets], weights=weights, norm="squared"
    )
    tolerance = 1e-5 if dtype == np.float32 else 1e-10
    assert value == pytest.approx(total.item(), rel=tolerance)
    for f, g, leaf in zip(preds, by_gram, leaves, strict=True):
        np.testing.assert_allclose(fl.gram.vjp(f, g), leaf.grad.numpy(), rtol=tolerance, atol=tolerance * 1e-3)


def test_types_and_places_of_gram_matrices(home):
    features = np.arange(24).reshape(2, 3, 4)
    exact = home.gram(features, axis=-1, divisor="none")
    assert exact.dtype == np.float64
    for dtype, computed in ((np.float16, np.float32), (np.float32, np.float32), (np.float64, np.float64)):
        given = features.astype(dtype)
        found = home.gram(given, axis=-1, divisor="none")
        assert found.dtype == computed
        np.testing.assert_array_equal(found, exact)
        expected = home.gram.vjp(given, np.ones_like(exact), axis=-1)
        assert expected.dtype == dtype
        assert home.gram.vjp(given, np.ones_like(exact), axis=-1, out=given) is given
        assert same_bits(given, expected)


def test_what_has_no_gram_matrix_is_refused(home):
    features = np.ones((2, 3, 4))
    for axis in ((0, 1, 2), (), None):
        with pytest.raises(ValueError, match="beside one of channels"):
            home.gram(features, axis=axis)
    with pytest.raises(ValueError, match="is no axis of features"):
        home.gram(features, axis=3)
    with pytest.raises(ValueError, match="divisor must be one of"):
        home.gram(features, divisor="mean")
    with pytest.raises(ValueError, match="cotangent has shape"):
        home.gram.vjp(features, np.ones(3))
    with pytest.raises(ValueError, match="out has shape"):
        home.gram.vjp(features, np.ones((2, 2)), out=np.ones(3))
    with pytest.raises(TypeError, match="features"):
        home.gram("abc")


# ---- as objects -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", fl.composed)
def test_examples_are_true(name):
    examples = doctest.DocTestParser().get_doctest(inspect.getdoc(fl.composed[name]), {}, name, None, None)
    output = io.StringIO()
    assert len(examples.examples) > 2
    assert doctest.DocTestRunner(verbose=False).run(examples, out=output.write).failed == 0, output.getvalue()


@pytest.mark.parametrize("name", fl.composed)
def test_documentation_has_every_argument_in_order(name):
    thing = fl.composed[name]
    section = inspect.getdoc(thing).partition("Parameters\n")[2].partition("Returns\n")[0]
    documented = [
        n for line in section.splitlines() if " : " in line and line[0] != " " for n in line.split(" : ")[0].split(", ")
    ]
    assert documented == list(inspect.signature(thing).parameters)


@pytest.mark.parametrize("name", fl.composed)
def test_copies_are_the_same_thing(home, name):
    thing = home.composed[name]
    assert thing is getattr(home, name)
    assert all(twin is thing for twin in (copy.copy(thing), copy.deepcopy(thing), pickle.loads(pickle.dumps(thing))))
    assert name in repr(thing)
    assert list(home.composed) == ["feature_matching", "gram"]
    assert list(home.composed.search("style")) == ["feature_matching", "gram"]
