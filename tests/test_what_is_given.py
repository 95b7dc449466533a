"""What users give beside arrays of NumPy: numbers, lists, tensors of other libraries, and other names of keywords."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from conftest import GIVEN, call, function_of, name_of, same_bits

import fastloss as fl
from fastloss._options import REDUCTIONS

# Mostly of what losses share: each meets some of these tests.
pytestmark = pytest.mark.sample(quick=0.4)

OF_ELEMENTS = [given for given in GIVEN if not given.rows]
LABELLED = [given for given in GIVEN if given.labels]
MODULES = {"fastloss": fl, "reference": fl.reference}

in_both = pytest.mark.parametrize("module", MODULES.values(), ids=MODULES)


def same_results(found, expected):
    return all(same_bits(a, b) for a, b in zip(found, expected, strict=True))


# ---- numbers, lists and strings -------------------------------------------------------------------------------------


@in_both
@pytest.mark.parametrize("given", OF_ELEMENTS, ids=name_of)
def test_one_number_is_a_target_for_all(given, entry_point, module):
    loss = module.losses[given.loss.name]
    pred, target = given.draw((6, 5))
    for one in (float(target[2, 3]), target[2, 3], np.array(target[2, 3])):
        everywhere = call(loss, entry_point, pred, np.full(pred.shape, one))
        assert same_results(call(loss, entry_point, pred, one), everywhere)
    if entry_point != "value" and module is fl:
        out = pred.copy() if entry_point != "grad_and_hess" else (pred.copy(), None)
        assert same_results(call(loss, entry_point, pred, one, out=out), everywhere)


@in_both
@pytest.mark.parametrize("given", LABELLED, ids=name_of)
def test_an_empty_list_is_one_of_labels(given, entry_point, module):
    loss = module.losses[given.loss.name]
    for shape, axis in (((0, 4), -1), ((4, 0), 0), ((2, 0, 4), -1)):
        labels = np.zeros(tuple(n for i, n in enumerate(shape) if i != axis % len(shape)), int)
        for reduction in REDUCTIONS:
            keywords = {"reduction": reduction, "axis": axis}
            expected = call(loss, entry_point, np.zeros(shape), labels, **keywords)
            assert same_results(call(loss, entry_point, np.zeros(shape), labels.tolist(), **keywords), expected)
            assert expected[-1].shape == shape if entry_point != "value" else True
    with pytest.raises(TypeError, match="labels must be integers"):
        call(loss, entry_point, np.zeros((2, 4)), [0.0, 1.0])


@in_both
def test_a_string_of_numpy_is_a_string(given, entry_point, module):
    loss = module.losses[given.loss.name]
    pred, target = given.draw((6, 5))
    for reduction in REDUCTIONS:
        asked = call(loss, entry_point, pred, target, reduction=np.str_(reduction))
        assert same_results(asked, call(loss, entry_point, pred, target, reduction=reduction))


# ---- one keyword for weights ----------------------------------------------------------------------------------------


@in_both
def test_every_loss_takes_sample_weights_by_one_name(given, entry_point, module):
    loss = module.losses[given.loss.name]
    pred, target = given.draw((6, 5))
    weight = np.arange(6.0) if given.rows else np.arange(5.0)
    asked = call(loss, entry_point, pred, target, sample_weight=weight)
    assert same_results(asked, call(loss, entry_point, pred, target, weight=weight))
    assert same_results(call(loss, entry_point, pred, target, sample_weight=None), call(loss, entry_point, pred, target))
    with pytest.raises(TypeError, match=rf"{loss.name}.* was given weight and sample_weight"):
        function_of(loss, entry_point)(pred, target, weight=weight, sample_weight=weight)


@in_both
def test_so_do_functions_of_rows_and_losses_of_a_linear_layer(module):
    logits, weight = np.arange(12.0).reshape(3, 4), np.arange(3.0)
    asked = module.logsumexp.value_and_grad(logits, sample_weight=weight, reduction="mean")
    assert same_results(asked, module.logsumexp.value_and_grad(logits, weight=weight, reduction="mean"))
    with pytest.raises(TypeError, match="logsumexp was given weight and sample_weight"):
        module.logsumexp(logits, weight=weight, sample_weight=weight)
    identity = np.eye(4)
    whole = module.cross_entropy(logits, [0, 1, 2], sample_weight=weight)
    assert module.linear_cross_entropy(logits, identity, [0, 1, 2], sample_weight=weight) == pytest.approx(whole, rel=1e-14)


# ---- tensors --------------------------------------------------------------------------------------------------------


@pytest.fixture
def torch():
    return pytest.importorskip("torch")


def as_tensor(torch, array):
    """A tensor of the numbers, whose memory is its own."""
    if array.dtype.name == "bfloat16":
        return torch.from_numpy(array.view(np.int16).copy()).view(torch.bfloat16)
    return torch.from_numpy(array.copy())


def kinds_of_floats():
    yield from (np.dtype(name) for name in ("float32", "float64", "float16"))
    try:
        from ml_dtypes import bfloat16
    except ImportError:
        return
    yield np.dtype(bfloat16)


@pytest.mark.parametrize("kind", list(kinds_of_floats()), ids=lambda kind: kind.name)
def test_tensors_are_read_and_written(torch, given, entry_point, kind):
    pred, target = given.draw((6, 5), np.float32)
    pred = pred.astype(kind)
    target = target.astype(kind) if target.dtype.kind == "f" else target
    weight = np.linspace(1, 2, 6 if given.rows else 5).astype(kind)
    keywords = {"weight": weight, "check_domain": False} if any(d.bounded for d in given.loss.domain) else {"weight": weight}
    expected = call(given.loss, entry_point, pred, target, **keywords)
    tensors = [as_tensor(torch, array) for array in (pred, target)]
    keywords["weight"] = as_tensor(torch, weight)
    assert same_results(call(given.loss, entry_point, *tensors, **keywords), expected)
    if entry_point == "value":
        return
    for place in (torch.empty_like(tensors[0]), tensors[0]):  # in the place of the prediction too
        out = (place, None) if entry_point == "grad_and_hess" else place
        results = call(given.loss, entry_point, *tensors, out=out, **keywords)
        at = 0 if entry_point == "grad_and_hess" else -1
        assert results[at] is place
        written = place.view(torch.int16).numpy().view(kind) if kind.name == "bfloat16" else place.numpy()
        assert same_bits(written, expected[at])


def test_tensors_of_pairs_and_of_parameters(torch):
    pred, target, variance = (torch.linspace(1, 2, 4) + i for i in range(3))
    expected = fl.gaussian_nll.grad_and_hess(
        *(x.numpy() for x in (pred, target)), variance=variance.numpy(), wrt=("pred", "variance")
    )
    place = torch.empty(4)
    found = fl.gaussian_nll.grad_and_hess(pred, target, variance=variance, wrt=("pred", "variance"), out=((None, place), None))
    assert found[0][1] is place
    assert same_bits(place.numpy(), expected[0][1])
    assert same_bits(found[1][1], expected[1][1])
    result = fl.cross_entropy.grad(torch.eye(4), torch.arange(4), return_lse=True, out=(out := torch.empty(4, 4)))
    assert result.grad is out
    weights = torch.arange(1.0, 5)
    assert fl.cross_entropy.bind(class_weight=weights) == fl.cross_entropy.bind(class_weight=weights.numpy())


def wrong_tensors(torch):
    one = torch.ones(3)
    yield torch.ones(3, requires_grad=True), r"\.detach\(\)"
    yield torch.ones(3, device="meta"), r"another device, meta.*\.cpu\(\)"
    yield one.to_sparse(), r"sparse.*\.to_dense\(\)"
    yield torch.ones(3, dtype=torch.complex64), "complex"


def test_tensors_that_are_no_arrays_in_main_memory(torch):
    one = np.ones(3, np.float32)
    for wrong, words in wrong_tensors(torch):
        for arguments, keywords in (((wrong, one), {}), ((one, wrong), {}), ((one, one), {"weight": wrong})):
            name = next(iter(keywords), "pred" if arguments[0] is wrong else "target")
            for loss in (fl.huber, fl.reference.huber):
                if wrong.is_complex() and loss is fl.reference.huber:
                    continue
                with pytest.raises(TypeError, match=f"^{name} .*{words}"):
                    loss(*arguments, **keywords)
        if not wrong.is_complex():
            with pytest.raises(TypeError, match=f"^out .*{words}"):
                fl.huber.grad(one, one, out=wrong)
    with pytest.raises(TypeError, match=r"^delta"):
        fl.huber(one, one, delta=torch.ones(3))
    out = torch.empty(3, dtype=torch.float64)
    with pytest.raises(ValueError, match="out has dtype float64; the gradient has dtype float32"):
        fl.huber.grad(one, one, out=out)
    shared = torch.ones(3)
    with pytest.raises(ValueError, match="out overlaps an input"):
        fl.huber.grad(one, shared, out=shared)


def test_bfloat16_tensors_need_a_type_that_numpy_has_not(torch, monkeypatch):
    monkeypatch.setitem(sys.modules, "ml_dtypes", None)
    with pytest.raises(TypeError, match=r"ml_dtypes.*pred\.float\(\)"):
        fl.huber(torch.ones(3, dtype=torch.bfloat16), np.zeros(3))


class OnlyDlpack:
    """An array that offers its memory by DLPack alone."""

    def __init__(self, array):
        self.array = array

    def __dlpack__(self, **keywords):
        return self.array.__dlpack__(**keywords)

    def __dlpack_device__(self):
        return self.array.__dlpack_device__()


def test_memory_offered_by_dlpack(given, entry_point):
    pred, target = given.draw((6, 5), np.float32)
    expected = call(given.loss, entry_point, pred, target)
    assert same_results(call(given.loss, entry_point, OnlyDlpack(pred), OnlyDlpack(target)), expected)


@pytest.mark.parametrize("kind", ["float32", "float16", "bfloat16"])
def test_arrays_of_jax(kind):
    numpy = pytest.importorskip("jax.numpy")
    pred, target = numpy.linspace(-1, 2, 12, dtype=kind).reshape(3, 4), numpy.array([0, 3, 1])
    found = fl.cross_entropy.value_and_grad(pred, target, weight=numpy.ones(3, kind))
    assert same_results(found, fl.cross_entropy.value_and_grad(np.asarray(pred), np.asarray(target)))
    assert found[1].dtype.name == kind
    with pytest.raises(TypeError, match="out must be"):
        fl.cross_entropy.grad(pred, target, out=pred)
    import jax

    with pytest.raises(TypeError, match=r"traced by JAX.*jax\.pure_callback"):
        jax.grad(lambda p: fl.cross_entropy(p, target))(pred)
