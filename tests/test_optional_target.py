"""Losses of which the target may be left out: it is 0 everywhere."""

import numpy as np
import pytest
from conftest import PAIRED, call, function_of, same_bits

import fastloss as fl
from fastloss import reference

OPTIONAL = [name for name, loss in fl.losses.items() if loss.declared.optional_target]
OTHERS = [name for name in PAIRED if name not in OPTIONAL]


PENALTIES = ["l1", "l2", "elastic_net"]


def test_penalties_and_adversarial_losses_are_among_them():
    assert {*PENALTIES, "gan_minimax", "gan_hinge", "wasserstein"} <= set(OPTIONAL)


def arrays(dtype):
    drawn = np.random.default_rng(0).normal(size=(40, 70))
    whole = np.round(4 * drawn).astype(dtype) if np.dtype(dtype).kind != "b" else drawn > 0
    return [whole, np.asfortranarray(whole), whole[::3, ::-2], whole[:0], whole[0, 0]]


@pytest.mark.parametrize("losses", [fl.losses, reference.losses], ids=["fastloss", "reference"])
@pytest.mark.parametrize("name", OPTIONAL)
@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "int32", "bool"])
def test_without_a_target_it_is_zero(losses, name, dtype, entry_point):
    for pred in arrays(dtype):
        for keywords in ({}, {"reduction": "none"}, {"reduction": "mean", "weight": 0.5}):
            if keywords.get("reduction") == "mean" and pred.size == 0:
                continue
            wanted = call(losses[name], entry_point, pred, np.zeros_like(pred), **keywords)
            for given in ((pred,), (pred, None)):
                for a, b in zip(call(losses[name], entry_point, *given, **keywords), wanted, strict=True):
                    assert same_bits(a, b)
            for a, b in zip(call(losses[name], entry_point, pred=pred, **keywords), wanted, strict=True):
                assert same_bits(a, b)


@pytest.mark.parametrize("losses", [fl.losses, reference.losses], ids=["fastloss", "reference"])
@pytest.mark.parametrize("name", OPTIONAL)
def test_vector_jacobian_products_and_results_in_place(losses, name, dtype):
    pred = np.random.default_rng(1).normal(size=3000).astype(dtype)
    cotangent = np.random.default_rng(2).normal(size=3000).astype(dtype)
    wanted = losses[name].vjp(pred, np.zeros_like(pred), cotangent)
    assert same_bits(losses[name].vjp(pred, cotangent=cotangent), wanted)
    assert same_bits(losses[name].vjp(pred, None, cotangent), wanted)
    grad = losses[name].grad(pred)
    assert losses[name].grad(pred, out=pred) is pred
    assert same_bits(pred, grad)


@pytest.mark.parametrize("name", OPTIONAL)
def test_a_list_and_a_number(name):
    loss = fl.losses[name]
    loss = loss.bind(strength=2.0) if "strength" in loss.params else loss
    assert loss([1.0, -2.0]) == loss([1.0, -2.0], [0.0, 0.0])
    assert loss(3.0) == loss(3.0, 0.0)


@pytest.mark.parametrize("name", OPTIONAL)
def test_another_shape_is_refused(name):
    with pytest.raises(ValueError, match="shape"):
        fl.losses[name]([1.0, 2.0], [0.0])
    assert fl.losses[name]([1.0, 2.0], 0.0) == fl.losses[name]([1.0, 2.0])  # one number is one for all


@pytest.mark.parametrize("name", OTHERS)
def test_other_losses_demand_a_target(name, entry_point):
    for losses in (fl.losses, reference.losses):
        loss = losses[name]
        with pytest.raises(TypeError, match="target"):
            function_of(loss, entry_point)([[0.5, 0.25]])
        with pytest.raises(TypeError):
            loss.vjp([[0.5, 0.25]], [[0.5, 0.25]])
    with pytest.raises(TypeError, match="target"):
        function_of(fl.losses[name], entry_point)([[0.5, 0.25]], None)


@pytest.mark.parametrize("name", OPTIONAL)
def test_the_documentation_says_so(name, entry_point):
    assert "target : array_like, optional\n" in function_of(fl.losses[name], entry_point).__doc__
    assert "target=None" in str(function_of(fl.losses[name], entry_point).__signature__)


@pytest.mark.parametrize("name", PENALTIES)
def test_penalties_of_the_largest_strength_are_numbers_where_they_are(name):
    """Of float32 predictions as of float64 ones, up to the largest number."""
    loss, pred = fl.losses[name], np.float32([1e-30, 1e-3, 0.9, 1.35, 1.9])
    for ratio in (0.0, 0.5) if "l1_ratio" in loss.params else (None,):
        parameters = {"strength": 3.4e38} if ratio is None else {"strength": 3.4e38, "l1_ratio": ratio}
        for found, right in zip(
            (*loss.value_and_grad(pred, reduction="none", **parameters), *loss.grad_and_hess(pred, **parameters)),
            (
                *loss.value_and_grad(pred.astype(np.float64), reduction="none", **parameters),
                *loss.grad_and_hess(pred.astype(np.float64), **parameters),
            ),
            strict=True,
        ):
            with np.errstate(over="ignore"):
                np.testing.assert_allclose(found, right.astype(np.float32), rtol=1e-6)
