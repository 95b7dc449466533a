"""Losses of a linear layer: against the reference, against logits that exist, and against PyTorch."""

from __future__ import annotations

import copy
import doctest
import inspect
import io
import itertools
import math
import pickle
import re
import subprocess
import sys
import tracemalloc
import warnings

import numpy as np
import pytest
from conftest import same_bits
from hypothesis import given, settings
from hypothesis import strategies as st

import fastloss as fl
from fastloss import _linear_chunks, _linear_rows
from fastloss._kernel import compiled_entry
from fastloss._loss import Loss, signature
from fastloss._registry import linear_declaration, registry
from fastloss.reference._entries import entry as reference_entry

NAMESPACES = {"fastloss": fl, "reference": fl.reference}
SENTINEL = 77.25
MIB = 1 << 20


def every_linear_loss():
    return [
        pytest.param(loss, id=f"{where}-{loss.name}")
        for where, module in NAMESPACES.items()
        for loss in module.linear_losses.values()
    ]


def entry_points(loss):
    return {name: loss if name == "value" else getattr(loss, name) for name in loss.declared.entry_points}


def target_of(loss):
    """Labels, or the layer of a teacher."""
    return loss.declared.arguments[2].name


def wrapped_of(loss):
    """The loss of a row of logits."""
    return loss._value.wrapped


def made_of(wrapped, home=fl):
    """The loss of a linear layer that any loss of rows gives."""

    def linear_loss():
        """What a test has made."""

    linear_loss.__name__ = f"linear_{wrapped}"
    return Loss(linear_declaration(linear_loss, registry[wrapped]), compiled_entry if home is fl else reference_entry)


def draw(shape=(6,), columns=5, classes=7, dtype=np.float64, seed=0):
    """hidden, weight, labels, bias."""
    rng = np.random.default_rng(seed)
    hidden, weight = rng.standard_normal((*shape, columns)), rng.standard_normal((classes, columns))
    return (
        hidden.astype(dtype),
        weight.astype(dtype),
        rng.integers(0, classes, shape),
        rng.standard_normal(classes).astype(dtype),
    )


def draw_for(loss, shape=(31,), columns=5, classes=7, dtype=np.float64):
    """hidden, weight, labels or the teacher's layer, bias."""
    hidden, weight, labels, bias = draw(shape, columns, classes, dtype)
    if target_of(loss) == "labels":
        return hidden, weight, labels, bias
    teacher_hidden, teacher_weight, _, teacher_bias = draw(shape, columns + 3, classes, dtype, seed=1)
    return hidden, weight, (teacher_hidden, teacher_weight, teacher_bias), bias


def target_for(loss, target):
    """What the wrapped loss gets for it."""
    return target[0] @ target[1].T + target[2] if isinstance(target, tuple) else target


def flat(results):
    """Value and gradients in one tuple."""
    value, grad = results
    return (value, *grad)


def assert_close(found, wanted, tolerance=1e-12):
    assert len(found) == len(wanted)
    for a, b in zip(found, wanted, strict=True):
        a, b = np.asarray(a), np.asarray(b)
        assert a.shape == b.shape
        assert a.dtype == b.dtype
        a, b = a.astype(np.float64), b.astype(np.float64)
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance * max(1e-300, np.abs(b).max(initial=0)))


@pytest.fixture
def small_chunks(monkeypatch):
    """Chunks of few rows and blocks of few classes, so that small arrays have several of each."""
    monkeypatch.setattr(_linear_chunks, "SCRATCH", 6000)
    monkeypatch.setattr(_linear_chunks, "BLOCK", 100)
    monkeypatch.setattr(_linear_rows, "SCAN", 5)


def test_small_chunks_are_small(small_chunks):
    hidden, weight, labels, bias = draw((40,), 5, 17)
    loss = fl.linear_cross_entropy
    arguments = signature(loss.declared, {}, "grad").bind(hidden, weight, labels, bias)
    arguments.apply_defaults()
    call = _linear_chunks.Call(loss.grad, arguments.arguments, ("hidden", "weight", "bias"))
    block, rows = _linear_chunks.sizes(call)
    assert 1 < block < 9
    assert 1 < rows < 20


# ---- against the reference ------------------------------------------------------------------------------------------


@st.composite
def calls(drawn):
    """Arguments of a call, of shapes and options that a few rows and classes allow."""
    shape = drawn(st.lists(st.integers(0, 9), max_size=2).map(tuple))
    columns, classes = drawn(st.integers(0, 4)), drawn(st.integers(1, 40))
    rng = np.random.default_rng(drawn(st.integers(0, 2**32)))
    hidden, weight = rng.standard_normal((*shape, columns)), rng.standard_normal((classes, columns))
    options = {
        "reduction": drawn(st.sampled_from(["mean", "sum", "none"])),
        "label_smoothing": drawn(st.sampled_from([0.0, 0.1, 1.0])),
    }
    labels = rng.integers(0, classes, shape)
    if drawn(st.booleans()):
        labels = rng.random((*shape, classes))
    elif drawn(st.booleans()):
        options["ignore_index"] = drawn(st.sampled_from([-1, 0]))
        labels = np.where(rng.random(shape) < 0.4, options["ignore_index"], labels)
    if drawn(st.booleans()):
        options["bias"] = rng.standard_normal(classes)
    if drawn(st.booleans()):
        options["class_weight"] = np.where(rng.random(classes) < 0.3, 0, rng.random(classes))
    if drawn(st.booleans()):
        options["sample_weight"] = np.where(rng.random(shape) < 0.3, 0, rng.random(shape))
    return (hidden, weight, labels), options


@given(call=calls())
@settings(max_examples=150, deadline=None)
def test_every_option_against_the_reference(call):
    arrays, options = call
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(_linear_chunks, "SCRATCH", 6000)
        patched.setattr(_linear_chunks, "BLOCK", 100)
        patched.setattr(_linear_rows, "SCAN", 5)
        found = fl.linear_cross_entropy.value_and_grad(*arrays, **options)
        wanted = fl.reference.linear_cross_entropy.value_and_grad(*arrays, **options)
        # A mean of losses that count for nothing is infinite, and sums of its gradients are not comparable.
        infinite = np.isinf(wanted[0]).any()
        assert_close(flat(found)[:1] if infinite else flat(found), flat(wanted)[:1] if infinite else flat(wanted))
        assert same_bits(fl.linear_cross_entropy(*arrays, **options), found[0])
        for a, b in zip(fl.linear_cross_entropy.grad(*arrays, **options), found[1], strict=True):
            assert same_bits(a, b)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_against_logits_that_exist(small_chunks, dtype, reduction):
    hidden, weight, labels, bias = draw((31,), 12, 50, dtype)
    labels[3], labels[17] = -100, 3
    sample_weight = np.random.default_rng(1).random(31)
    options = {"label_smoothing": 0.05, "class_weight": np.linspace(0.5, 2, 50)}
    logits = hidden @ weight.T + bias
    value, slopes = fl.cross_entropy.value_and_grad(logits, labels, weight=sample_weight, reduction=reduction, **options)
    wanted = (value, slopes @ weight, slopes.T @ hidden, slopes.sum(axis=0))
    found = fl.linear_cross_entropy.value_and_grad(
        hidden, weight, labels, bias, sample_weight=sample_weight, reduction=reduction, **options
    )
    assert_close(flat(found), wanted, 1e-13 if dtype == np.float64 else 3e-6)


def test_more_rows_than_a_chunk_takes_at_full_size():
    hidden, weight, labels, _ = draw((600,), 8, 40_000, np.float32)
    logits = hidden @ weight.T
    value, slopes = fl.cross_entropy.value_and_grad(logits, labels, out=logits)
    found = fl.linear_cross_entropy.value_and_grad(hidden, weight, labels)
    assert_close(flat(found), (value, slopes @ weight, slopes.T @ hidden), 1e-5)


def test_any_loss_of_rows_with_labels_can_be_wrapped():
    compiled, plain = made_of("nll"), made_of("nll", fl.reference)
    assert list(compiled.params) == ["class_weight", "ignore_index", "filter_eps"]
    hidden, weight, labels, bias = draw((4, 3))
    labels[0, 0] = -100
    for options in ({}, {"class_weight": np.arange(7.0)}):
        found = compiled.value_and_grad(hidden, weight, labels, bias, **options)
        assert_close(flat(found), flat(plain.value_and_grad(hidden, weight, labels, bias, **options)))
    with pytest.raises(ValueError, match="wanted: labels of shape"):
        compiled(hidden, weight, np.ones((4, 3, 7)))
    for name in ("huber", "kl_divergence"):
        with pytest.raises(TypeError, match="no loss of rows with labels"):
            made_of(name)


def test_against_pytorch():
    torch = pytest.importorskip("torch")
    functional = torch.nn.functional
    hidden, weight, labels, bias = draw((50,), 16, 300, np.float32)
    labels[::7] = -100
    class_weight = np.linspace(0.5, 2, 300, dtype=np.float32)
    for options in ({}, {"label_smoothing": 0.1}, {"reduction": "sum"}):
        tensors = [torch.from_numpy(array).requires_grad_() for array in (hidden, weight, bias)]
        value = functional.cross_entropy(
            functional.linear(*tensors), torch.from_numpy(labels), weight=torch.from_numpy(class_weight), **options
        )
        wanted = (value.item(), *(grad.numpy() for grad in torch.autograd.grad(value, tensors)))
        found = fl.linear_cross_entropy.value_and_grad(hidden, weight, labels, bias, class_weight=class_weight, **options)
        assert found[0] == pytest.approx(wanted[0], rel=1e-6)
        assert_close(found[1], wanted[1:], 2e-6)


# ---- dtypes and layouts ---------------------------------------------------------------------------------------------


def half_types():
    ml_dtypes = pytest.importorskip("ml_dtypes")
    return np.dtype(np.float16), np.dtype(ml_dtypes.bfloat16)


def test_halves_are_computed_in_single_precision(small_chunks):
    for half in half_types():
        hidden, weight, labels, bias = draw((400,), 6, 23, np.float32)
        hidden += 1  # sums that grow are where halves would lose digits
        rounded = [array.astype(half) for array in (hidden, weight, bias)]
        single = [array.astype(np.float32) for array in rounded]
        found = fl.linear_cross_entropy.value_and_grad(*rounded[:2], labels, rounded[2], reduction="sum")
        wanted = fl.linear_cross_entropy.value_and_grad(*single[:2], labels, single[2], reduction="sum")
        assert found[0] == pytest.approx(wanted[0], rel=1e-6)
        # Once rounded, and no more.
        unit = 2.0**-10 if half == np.float16 else 2.0**-7
        for a, b in zip(found[1], wanted[1], strict=True):
            assert a.dtype == half
            assert np.all(np.abs(a.astype(np.float32) - b) <= 0.51 * unit * np.abs(b) + 1e-6 * np.abs(b).max())
        wide = fl.linear_cross_entropy.grad(*rounded[:2], labels, rounded[2], reduction="sum", grad_dtype=np.float32)
        assert_close(wide, wanted[1], 1e-6)
        reference = fl.reference.linear_cross_entropy.value_and_grad(*rounded[:2], labels, rounded[2])
        assert [array.dtype for array in reference[1]] == [half] * 3


@pytest.mark.parametrize("loss", every_linear_loss())
def test_values_of_rows_of_halves_keep_the_digits_of_single_precision(loss):
    for half in half_types():
        hidden, weight, target, bias = draw_for(loss, (40,), 6, 23, np.float32)
        rounded = [array.astype(half) for array in (hidden, weight, bias)]
        single = [array.astype(np.float32) for array in rounded]
        found, (d_hidden, *_) = loss.value_and_grad(*rounded[:2], target, rounded[2], reduction="none")
        assert (found.dtype, d_hidden.dtype) == (np.float32, half)
        np.testing.assert_allclose(found, loss(*single[:2], target, single[2], reduction="none"), rtol=1e-5)
        mixed = loss(rounded[0], single[1], target, single[2], reduction="none")
        assert mixed.dtype == np.float32


def test_gradients_that_float16_makes_0_are_told_of(small_chunks):
    hidden, weight, labels, bias = draw((31,), 5, 20, np.float16)
    for loss in (fl.linear_cross_entropy, fl.linear_selected_log_probs):
        for rows in (slice(None), slice(0, 1)):  # several chunks, one
            arrays = hidden[rows], weight, labels[rows], bias
            for name, tiny in (("hidden", {"weight": 1e-3}), ("weight", {"hidden": 1e-3})):
                given = [x * tiny.get(key, 1) for key, x in zip(("hidden", "weight", "labels", "bias"), arrays, strict=True)]
                given[2] = arrays[2]
                options = {"sample_weight": 2e-5, "reduction": "sum"}
                with pytest.warns(RuntimeWarning, match=f"gradient by {name} is 0 in float16.* grad_dtype='float32'"):
                    loss.grad(*given, **options)
                with warnings.catch_warnings():
                    warnings.simplefilter("error")
                    loss.grad(*given, reduction="mean")
                    loss.grad(*given, grad_dtype=np.float32, **options)
                    loss.grad(*given, sample_weight=0.0)


def test_gradients_have_the_dtype_of_their_argument():
    hidden, weight, labels, bias = draw()
    kinds = (np.float16, np.float32, np.float64, np.int64)
    for types in itertools.product(kinds, repeat=3):
        arrays = [(4 * array).astype(kind) for array, kind in zip((hidden, weight, bias), types, strict=True)]
        found = fl.linear_cross_entropy.value_and_grad(arrays[0], arrays[1], labels, arrays[2])
        wanted = fl.reference.linear_cross_entropy.value_and_grad(arrays[0], arrays[1], labels, arrays[2])
        assert [a.dtype for a in found[1]] == [np.float64 if kind == np.int64 else kind for kind in types]
        assert type(found[0]) is float
        single = {np.float16, np.float32} >= set(types)
        for a, b, kind in zip(flat(found), flat(wanted), (np.float64, *types), strict=True):
            eps = max(1e-6 if single else 1e-14, np.finfo(kind).eps if kind != np.int64 else 0)
            a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
            np.testing.assert_allclose(a, b, rtol=2 * eps, atol=8 * eps * np.abs(b).max())


@pytest.mark.parametrize("label_type", [np.int8, np.uint8, np.int16, np.uint64, ">i4", bool])
def test_labels_of_any_integer_type(label_type):
    hidden, weight, labels, _ = draw(classes=2)
    wanted = fl.linear_cross_entropy.value_and_grad(hidden, weight, labels)
    found = fl.linear_cross_entropy.value_and_grad(hidden, weight, labels.astype(label_type))
    assert all(same_bits(a, b) for a, b in zip(flat(found), flat(wanted), strict=True))


def layouts(array):
    """The same numbers in other memory orders."""
    yield np.asfortranarray(array)
    yield np.repeat(array, 2, axis=-1)[..., ::2]
    yield np.ascontiguousarray(array[::-1])[::-1]
    yield array.astype(array.dtype.newbyteorder())
    shifted = np.empty(array.nbytes + 1, np.uint8)[1:].view(array.dtype).reshape(array.shape)
    shifted[...] = array
    shifted.flags.writeable = False
    yield shifted
    if array.ndim > 1:
        yield np.ascontiguousarray(np.moveaxis(array, 0, -1)).transpose(-1, *range(array.ndim - 1))


def test_layouts(small_chunks):
    arrays = draw((4, 9), 6, 23)
    wanted = fl.linear_cross_entropy.value_and_grad(*arrays)
    for i, array in enumerate(arrays):
        for other in layouts(array):
            given = [*arrays[:i], other, *arrays[i + 1 :]]
            assert np.array_equal(given[i], array)
            assert_close(flat(fl.linear_cross_entropy.value_and_grad(*given)), flat(wanted))
            out = tuple(np.empty_like(a, dtype=np.float64) for j, a in enumerate(given) if j != 2)
            assert fl.linear_cross_entropy.value_and_grad(*given, out=out)[1] == out
            assert_close(out, wanted[1])
    targets = np.random.default_rng(0).random((4, 9, 23))
    sample_weight = np.random.default_rng(1).random((9,))
    options = {"sample_weight": sample_weight}
    wanted = fl.reference.linear_cross_entropy.value_and_grad(*arrays[:2], targets, **options)
    for other in layouts(targets):
        assert_close(flat(fl.linear_cross_entropy.value_and_grad(*arrays[:2], other, **options)), flat(wanted))


def test_new_gradients_follow_the_memory_order_of_their_argument():
    hidden, weight, labels, _ = draw()
    d_hidden, d_weight = fl.linear_cross_entropy.grad(hidden, np.asfortranarray(weight), labels)
    assert d_weight.flags.f_contiguous
    assert not d_weight.flags.c_contiguous
    assert d_hidden.flags.c_contiguous


def test_a_single_row_without_axes():
    hidden, weight, labels, bias = draw((1,))
    value, grad = fl.linear_cross_entropy.value_and_grad(hidden[0], weight, labels[0], bias)
    assert_close((value, *grad), flat(fl.reference.linear_cross_entropy.value_and_grad(hidden[0], weight, labels[0], bias)))
    assert fl.linear_cross_entropy(hidden[0], weight, int(labels[0]), bias, reduction="none").shape == ()


# ---- what has no part in the result ---------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(0,), (3, 0)])
def test_no_rows(shape):
    hidden, weight, labels, bias = draw(shape)
    for reduction, value in (("mean", math.nan), ("sum", 0.0)):
        found, grad = fl.linear_cross_entropy.value_and_grad(hidden, weight, labels, bias, reduction=reduction)
        assert same_bits(found, value)
        assert [g.shape for g in grad] == [hidden.shape, weight.shape, bias.shape]
        assert not any(g.any() for g in grad)
    assert fl.linear_cross_entropy(hidden, weight, labels, reduction="none").shape == shape


@pytest.mark.parametrize("filter_eps", [0.0, 1e-3])
def test_all_rows_ignored(small_chunks, filter_eps):
    hidden, weight, labels, bias = draw((30,))
    labels[:] = -100
    out = tuple(np.full_like(array, SENTINEL) for array in (hidden, weight, bias))
    value, grad = fl.linear_cross_entropy.value_and_grad(hidden, weight, labels, bias, out=out, filter_eps=filter_eps)
    assert math.isnan(value)
    assert not any(g.any() for g in grad)
    assert fl.linear_cross_entropy(hidden, weight, labels, reduction="sum") == 0


@pytest.mark.parametrize("loss", every_linear_loss())
def test_a_mean_of_nothing_is_what_is_asked_for(loss):
    hidden, weight, target, bias = draw_for(loss)
    labels = isinstance(target, np.ndarray)
    cases = [
        ((hidden[:0], weight, [] if labels else (target[0][:0], *target[1:]), bias), {}),
        ((hidden, weight, target, bias), {"sample_weight": np.zeros(31)}),
    ]
    if "ignore_index" in loss.params:
        cases.append(((hidden, weight, np.full(31, -100), bias), {}))
    if "class_weight" in loss.params:
        cases += [((hidden, weight, target, bias), {"class_weight": np.zeros(7), "label_smoothing": s}) for s in (0.0, 0.1)]
    for arrays, options in cases:
        for empty, wanted in (("nan", math.nan), ("zero", 0.0)):
            value, grad = loss.value_and_grad(*arrays, reduction="mean", empty=empty, **options)
            assert same_bits(value, wanted), options
            assert not any(g.any() for g in grad)
    found, wanted = (flat(loss.value_and_grad(hidden, weight, target, bias, empty=empty)) for empty in ("zero", "nan"))
    assert all(same_bits(a, b) for a, b in zip(found, wanted, strict=True))
    with pytest.raises(ValueError, match="empty must be one of nan, zero; got 'one'"):
        loss(hidden, weight, target, bias, empty="one")


@pytest.mark.parametrize("ignore_index", [-100, 255, 2**31 - 1, 2**62])
@pytest.mark.parametrize("filter_eps", [0.0, 1e-2])
def test_what_does_not_count_counts_nowhere(small_chunks, ignore_index, filter_eps):
    """Neither in denominators, nor in what the filter leaves out, nor by its weight, nor by the size of its label."""
    hidden, weight, labels, bias = draw((31,), 6, 60)
    hidden *= 3
    class_weight = np.random.default_rng(1).uniform(0.5, 2, 60)
    class_weight[59], labels[labels == 59] = 0, 3
    others, their_labels = 40 * hidden[::-1], np.resize([ignore_index, 59, 7], 31)
    others[4] = math.nan
    their_weight = np.resize([math.nan, 1e300, 0, math.inf, 1e-300, 0], 31)
    sample_weight = np.random.default_rng(2).uniform(0.5, 2, 31)
    options = {"class_weight": class_weight, "ignore_index": ignore_index, "filter_eps": filter_eps}
    wanted = fl.linear_cross_entropy.value_and_grad(hidden, weight, labels, bias, sample_weight=sample_weight, **options)
    more = np.r_[hidden, others], weight, np.r_[labels, their_labels], bias
    tracemalloc.start()
    found = fl.linear_cross_entropy.value_and_grad(*more, sample_weight=np.r_[sample_weight, their_weight], **options)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < MIB
    assert not found[1][0][31:].any()
    assert_close((found[0], found[1][0][:31], *found[1][1:]), flat(wanted))


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_rows_without_a_part_contribute_nothing(small_chunks, bad):
    hidden, weight, labels, bias = draw((30,))
    labels[:3], labels[3:6] = -100, 6
    class_weight, sample_weight = np.ones(7), np.ones(30)
    class_weight[6] = 0
    labels[6:] %= 6
    sample_weight[6:9] = 0
    kept = slice(9, None)
    options = {"class_weight": class_weight}
    wanted = fl.linear_cross_entropy.value_and_grad(hidden[kept], weight, labels[kept], bias, **options)
    hidden[:9] = bad
    found = fl.linear_cross_entropy.value_and_grad(hidden, weight, labels, bias, sample_weight=sample_weight, **options)
    assert_close((found[0], found[1][0][kept], *found[1][1:]), flat(wanted))
    assert not found[1][0][:9].any()


def test_a_row_of_a_class_that_weighs_nothing_has_no_part_where_the_weight_is_infinite():
    hidden, weight, labels, _ = draw()
    class_weight, labels[0] = np.ones(7), 6
    class_weight[6] = 0
    weight[2] = math.inf
    for module in NAMESPACES.values():
        d_hidden, _ = module.linear_cross_entropy.grad(hidden, weight, labels, class_weight=class_weight)
        assert not d_hidden[labels == 6].any()
        assert np.isnan(d_hidden[labels != 6]).all()


@pytest.mark.parametrize("loss", fl.linear_losses.values(), ids=lambda loss: loss.name)
def test_every_linear_loss_is_that_of_its_logits(small_chunks, loss):
    hidden, weight, given, bias = draw_for(loss, columns=12, classes=50)
    if isinstance(given, np.ndarray):
        given[3] = -100
    target = target_for(loss, given)
    for reduction in ("none", "sum", "mean"):
        value, slopes = wrapped_of(loss).value_and_grad(hidden @ weight.T + bias, target, reduction=reduction)
        found, gradients = loss.value_and_grad(hidden, weight, given, bias, reduction=reduction)
        assert_close((found, *gradients), (value, slopes @ weight, slopes.T @ hidden, slopes.sum(axis=0)))
        plainly = fl.reference.linear_losses[loss.name](hidden, weight, given, bias, reduction=reduction)
        assert_close((plainly,), (value,))


@pytest.mark.parametrize("loss", every_linear_loss())
def test_gradients_by_some_of_the_arrays_are_those_by_all(small_chunks, loss):
    for dtype, options in ((np.float64, {}), (np.float16, {"grad_dtype": "float32"}), (np.float32, {"filter_eps": 1e-2})):
        arrays = draw_for(loss, columns=12, classes=50, dtype=dtype)
        every = dict(zip(("hidden", "weight", "bias"), loss.grad(*arrays, **options), strict=True))
        assert loss.differentiable == tuple(every)
        for length in (1, 2, 3):
            for names in itertools.permutations(every, length):
                found = loss.grad(*arrays, wrt=names, **options)
                assert all(same_bits(found[i], every[name]) for i, name in enumerate(names))
                places = tuple(np.full_like(every[name], SENTINEL) for name in names)
                value, written = loss.value_and_grad(*arrays, wrt=names, out=places, **options)
                assert all(a is b and same_bits(a, c) for a, b, c in zip(written, places, found, strict=True))
                assert same_bits(value, loss(*arrays, **{k: v for k, v in options.items() if k != "grad_dtype"}))
        for name, wanted in every.items():
            place = np.full_like(wanted, SENTINEL)
            assert loss.grad(*arrays, wrt=name, out=place, **options) is place
            assert same_bits(place, wanted)
            assert same_bits(loss.vjp(*arrays[:3], 2.0, bias=arrays[3], wrt=name, **options), loss.grad(
                *arrays, wrt=name, reduction="none", sample_weight=2.0, **options))  # fmt: skip
    for wrt, message in (
        ("logits", "gives derivatives by 'hidden', 'weight', 'bias'"),
        (("hidden", "hidden"), "names an argument twice"),
        ("bias", "bias is not given"),
        (target_of(loss), "gives derivatives by"),
    ):
        with pytest.raises(ValueError, match=message):
            loss.grad(*arrays[:3], wrt=wrt)


@pytest.mark.parametrize("name", ["cross_entropy", "selected_log_probs"])
def test_vjp_is_that_of_the_logits(small_chunks, name):
    hidden, weight, labels, bias = draw((31,), 12, 50)
    labels[3] = -100
    cotangent = np.random.default_rng(1).standard_normal(31)
    cotangent[7] = 0
    loss = made_of(name)
    slopes = fl.losses[name].vjp(hidden @ weight.T + bias, labels, cotangent)
    wanted = slopes @ weight, slopes.T @ hidden, slopes.sum(axis=0)
    assert (cotangent < 0).any()
    assert_close(loss.vjp(hidden, weight, labels, cotangent, bias=bias), wanted)
    found = loss.vjp(hidden, weight, labels, -2.0)
    slopes = fl.losses[name].vjp(hidden @ weight.T, labels, -2.0)
    assert_close(found, (slopes @ weight, slopes.T @ hidden))
    for other in ("sample_weight", "reduction"):
        with pytest.raises(TypeError, match=f"vjp takes no '{other}'"):
            loss.vjp(hidden, weight, labels, cotangent, **{other: None})


def test_a_row_that_is_nan_leaves_the_other_rows_alone(small_chunks):
    hidden, weight, labels, _ = draw((30,))
    wanted = fl.linear_cross_entropy.value_and_grad(hidden, weight, labels, reduction="none")
    hidden[4] = math.nan
    value, (d_hidden, d_weight) = fl.linear_cross_entropy.value_and_grad(hidden, weight, labels, reduction="none")
    others = np.arange(30) != 4
    assert_close((value[others], d_hidden[others]), (wanted[0][others], wanted[1][0][others]))
    assert np.isnan(value[4])
    assert np.isnan(d_hidden[4]).all()
    assert np.isnan(d_weight).all()


def test_a_bias_of_minus_infinity_masks_a_class(small_chunks):
    hidden, weight, labels, bias = draw((30,))
    labels %= 6
    wanted = fl.linear_cross_entropy.value_and_grad(hidden, weight[:6], labels, bias[:6])
    bias[6] = -math.inf
    value, (d_hidden, d_weight, d_bias) = fl.linear_cross_entropy.value_and_grad(hidden, weight, labels, bias)
    assert_close((value, d_hidden, d_weight[:6], d_bias[:6]), flat(wanted))
    assert not d_weight[6].any()
    assert d_bias[6] == 0


def test_ignored_rows_are_not_multiplied(monkeypatch):
    """The products see the other rows only, however these are spread."""
    hidden, weight, labels, _ = draw((100,))
    labels[np.arange(100) % 10 != 3] = -100
    seen = []
    inputs = _linear_chunks.Head.inputs

    def count(head, rows):
        found = inputs(head, rows)
        seen.append(len(found))
        return found

    monkeypatch.setattr(_linear_chunks.Head, "inputs", count)
    fl.linear_cross_entropy.grad(hidden, weight, labels)
    assert sum(seen) == 10


# ---- weights of any size ----------------------------------------------------------------------------------------------

#: Whole numbers times these powers of 2 are numbers of the type, from the smallest subnormal on.
SIZES = {np.float32: (-149, -140, 0, 120), np.float64: (-1074, -1060, -500, 0, 500, 1020)}


def weights_of_any_size(rng, n):
    """Whole numbers from 0 to 7, and these times a power of 2, in one of the types."""
    kind = (np.float32, np.float64)[rng.integers(2)]
    whole = rng.integers(0, 8, n).astype(np.float64)
    return whole, np.ldexp(whole, rng.choice(SIZES[kind])).astype(kind)


@pytest.mark.parametrize(
    "name", [x.name for x in fl.losses.values() if x.family == "rows" and x.declared.labels and not x.domain.prediction.bounded]
)
def test_a_mean_depends_on_the_ratios_of_weights(small_chunks, name):
    """Beside float64 of the losses of rows without weights, for all losses that a linear layer can have."""
    wrapped, ignored = fl.losses[name], 2**62
    loss = made_of(name)
    rng = np.random.default_rng(len(name))
    for dtype in (np.float16, np.float32, np.float64) * 6:
        wide = [array.astype(dtype).astype(np.float64) for array in draw((13,), 4, 6, seed=int(rng.integers(1 << 30)))]
        labels = np.where(rng.random(13) < 0.2, ignored, wide.pop(2).astype(np.int64))
        kept, options = labels != ignored, {"ignore_index": ignored}
        ratios, options["sample_weight"] = weights_of_any_size(rng, 13)
        above = below = kept * ratios
        if "class_weight" in wrapped.params:
            of_classes, class_weight = weights_of_any_size(rng, 6)
            above = above * of_classes[np.where(kept, labels, 0)]
            below = above if wrapped.declared.class_weight_in_mean else below
            # Class weights that the mean is not divided by give it their own size.
            options["class_weight"] = class_weight if wrapped.declared.class_weight_in_mean else of_classes
        each, slopes = wrapped.value_and_grad(wide[0] @ wide[1].T + wide[2], labels, ignore_index=ignored, reduction="none")
        if not below.any():
            continue
        slopes = slopes * (above / below.sum())[:, None]
        wanted = (np.sum(each * above) / below.sum(), slopes @ wide[1], slopes.T @ wide[0], slopes.sum(axis=0))
        hidden, weight, bias = (array.astype(dtype) for array in wide)
        wider = {"grad_dtype": np.float32} if dtype == np.float16 else {}
        value, grad = loss.value_and_grad(hidden, weight, labels, bias, reduction="mean", **wider, **options)
        tolerance = 1e-12 if dtype == np.float64 else 1e-5
        assert_close((value, *(g.astype(np.float64) for g in grad)), wanted, tolerance)


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_weights_of_any_size_mean_the_same_to_the_loss_of_logits_that_exist(dtype, reduction):
    for seed in range(40):
        hidden, weight, labels, bias = draw((9,), 3, 5, dtype, seed)
        rng = np.random.default_rng(seed)
        labels[rng.random(9) < 0.2] = -100
        sample_weight, class_weight = (weights_of_any_size(rng, n)[1] for n in (9, 5))
        options = {"class_weight": class_weight, "label_smoothing": 0.1 * (seed % 2), "reduction": reduction}
        found = fl.linear_cross_entropy(hidden, weight, labels, bias, sample_weight=sample_weight, **options)
        wanted = fl.cross_entropy(hidden @ weight.T + bias, labels, weight=sample_weight, **options)
        np.testing.assert_allclose(found, wanted, rtol=1e-12 if dtype == np.float64 else 1e-5, atol=1e-320)


def test_smoothed_labels_and_numbers_with_class_weights_of_any_size(small_chunks):
    hidden, weight, labels, bias = draw((13,), 4, 6, np.float32)
    rng = np.random.default_rng(0)
    whole = rng.integers(1, 8, 6).astype(np.float64)
    for target, options in ((labels, {"label_smoothing": 0.1}), (rng.random((13, 6)), {}), (labels, {"z_loss": 0.1})):
        wanted = flat(fl.linear_cross_entropy.value_and_grad(hidden, weight, target, bias, class_weight=whole, **options))
        for power in (-1074, -200, 100, 1020):
            class_weight = np.ldexp(whole, power)
            found = flat(
                fl.linear_cross_entropy.value_and_grad(hidden, weight, target, bias, class_weight=class_weight, **options)
            )
            own_size = power if target.ndim == 2 else 0  # of numbers, the mean is not divided by class weights
            with np.errstate(over="ignore"):
                scaled = [np.float64(wanted[0]) * 2.0**own_size, *(np.ldexp(array, own_size) for array in wanted[1:])]
            assert_close(found, scaled, 1e-6)


def test_the_filter_does_not_see_the_size_of_class_weights(small_chunks):
    hidden, weight, labels, bias = draw((40,), 6, 60)
    class_weight = np.random.default_rng(1).uniform(0.1, 2, 60)
    for smoothing in (0.0, 0.1):
        options = {"filter_eps": 1e-2, "label_smoothing": smoothing}
        wanted = fl.linear_cross_entropy.grad(hidden, weight, labels, bias, class_weight=class_weight, **options)
        for size in (1e-300, 1e-9, 3.0, 1e300):
            found = fl.linear_cross_entropy.grad(hidden, weight, labels, bias, class_weight=size * class_weight, **options)
            assert_close(found, wanted)


def test_sums_of_weights_beyond_single_precision():
    """The factor of a row may be no number of float32 where the gradients are some."""
    hidden, weight, labels, _ = draw((5,), 3, 4, np.float32)
    sample_weight = np.array([1e-44, 1e30, 1.0, 1e39, 1e-60])
    wanted = fl.linear_cross_entropy.value_and_grad(
        *(array.astype(np.float64) for array in (1e-5 * hidden, 1e-5 * weight)),
        labels,
        sample_weight=sample_weight,
        reduction="sum",
    )
    tiny = (1e-5 * hidden).astype(np.float32), (1e-5 * weight).astype(np.float32)
    found = fl.linear_cross_entropy.value_and_grad(*tiny, labels, sample_weight=sample_weight, reduction="sum")
    assert found[0] == pytest.approx(wanted[0], rel=1e-6)
    for a, b in zip(found[1], wanted[1], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-44)


# ---- the filter -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("filter_eps", [1e-12, 1e-3, 0.05, 0.5, 10.0])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_the_error_of_the_filter_is_bounded(small_chunks, filter_eps, reduction):
    hidden, weight, labels, bias = draw((40,), 6, 60)
    hidden *= 3
    labels[::5] = -100
    sample_weight = np.random.default_rng(2).uniform(0.1, 3, 40)
    options = {"sample_weight": sample_weight, "reduction": reduction}
    exact = fl.linear_cross_entropy.value_and_grad(hidden, weight, labels, bias, **options)
    found = fl.linear_cross_entropy.value_and_grad(hidden, weight, labels, bias, filter_eps=filter_eps, **options)
    assert_close((found[0], found[1][2]), (exact[0], exact[1][2]))
    scale = sample_weight * (labels != -100)
    if reduction == "mean":
        scale /= scale.sum()
    bounds = (
        filter_eps * scale[:, None] * np.abs(weight).sum(axis=0),
        filter_eps * (scale[:, None] * np.abs(hidden)).sum(axis=0),
    )
    for a, b, bound in zip(found[1], exact[1], bounds, strict=False):
        assert np.all(np.abs(a - b) <= bound * (1 + 1e-9) + 1e-13)
    skipped = not all(np.allclose(a, b, rtol=1e-12, atol=0) for a, b in zip(found[1], exact[1], strict=True))
    assert skipped == (filter_eps >= 1e-3), "a filter that leaves out nothing, or what it should keep"


def test_the_filter_leaves_out_what_it_says():
    """In one chunk, which classes go is known."""
    hidden, weight, labels, bias = draw((40,), 6, 60)
    slopes = fl.cross_entropy.grad(hidden @ weight.T + bias, labels, reduction="none")
    largest = np.abs(slopes).max(axis=0)
    for share in (0.1, 0.4, 0.49, 0.6):
        filter_eps = np.quantile(largest, 1 - share)
        kept = largest >= (filter_eps if share < 0.5 else 0)
        found = fl.linear_cross_entropy.grad(hidden, weight, labels, bias, filter_eps=filter_eps, reduction="sum")
        d_weight = np.where(kept[:, None], slopes.T @ hidden, 0)
        assert_close(found, (slopes[:, kept] @ weight[kept], d_weight, slopes.sum(axis=0)))


def test_a_filter_of_everything_leaves_gradients_of_zero(small_chunks):
    hidden, weight, labels, _ = draw((40,), 6, 60)
    d_hidden, d_weight = fl.linear_cross_entropy.grad(hidden, weight, labels, filter_eps=2.0)
    assert not d_hidden.any()
    assert not d_weight.any()


def test_the_filter_is_relative_to_a_row_and_not_to_its_weight(small_chunks):
    arrays = draw((40,), 6, 60)[:3]
    found = fl.linear_cross_entropy.grad(*arrays, filter_eps=1e-2, reduction="sum")
    tiny = fl.linear_cross_entropy.grad(*arrays, filter_eps=1e-2, reduction="sum", sample_weight=np.full(40, 2.0**-40))
    for a, b in zip(found, tiny, strict=True):
        assert_close((a,), (b * 2.0**40,))


# ---- memory, threads ------------------------------------------------------------------------------------------------


def test_memory_beside_arguments_and_gradients():
    n, columns, classes = 1024, 64, 50_257
    hidden, weight, labels, _ = draw((n,), columns, classes, np.float32)
    for options in ({}, {"filter_eps": 1e-6}, {"sample_weight": np.ones(n), "class_weight": np.ones(classes)}):
        for array in (weight, weight[:, ::-1]):
            out = np.empty_like(hidden), np.empty_like(array)
            tracemalloc.start()
            fl.linear_cross_entropy.value_and_grad(hidden, array, labels, out=out, **options)
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            assert 16 * MIB < peak <= 64 * MIB, (options, peak / MIB)


@pytest.mark.parametrize(
    ("n", "columns", "classes"), [(300_000, 1, 2), (3000, 1, 20_000), (40, 100_000, 3), (3, 1, 3_000_000), (2000, 3000, 400)]
)
def test_memory_of_other_shapes(n, columns, classes):
    hidden, weight = np.zeros((n, columns), np.float32), np.zeros((classes, columns), np.float32)
    bias, labels, sample_weight = np.zeros(classes, np.float32), np.zeros(n, np.int64), np.full(n, 0.5)
    out = np.empty_like(hidden), np.empty_like(weight), np.empty_like(bias)
    for options in ({}, {"filter_eps": 0.5}):
        tracemalloc.start()
        fl.linear_cross_entropy.value_and_grad(hidden, weight, labels, bias, out=out, sample_weight=sample_weight, **options)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak <= 64 * MIB, (options, peak / MIB)


def test_resident_memory():
    """The same in the eyes of the system, scratch memory of the BLAS included."""
    if not sys.platform.startswith("linux"):
        pytest.skip("reads /proc")
    program = """
import numpy as np, fastloss as fl
def status(key):
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith(key))
rng = np.random.default_rng(0)
hidden, weight = rng.standard_normal((1024, 64), np.float32), rng.standard_normal((50257, 64), np.float32)
labels, out = rng.integers(0, 50257, 1024), (np.zeros_like(hidden), np.zeros_like(weight))
for array in out:
    array[...] = 1
fl.linear_cross_entropy.grad(hidden[:9], weight[:9], np.zeros(9, int))
before = status("VmRSS")
fl.linear_cross_entropy.value_and_grad(hidden, weight, labels, out=out)
print(status("VmHWM") - before)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    # 32 MiB for what OpenBLAS keeps for itself.
    assert 16 * 1024 < int(done.stdout) <= (64 + 32) * 1024


def test_the_number_of_threads_does_not_change_a_bit():
    hidden, weight, labels, bias = draw((200,), 8, 3000, np.float32)
    wanted = fl.linear_cross_entropy.value_and_grad(hidden, weight, labels, bias, n_threads=1)
    for n_threads in (2, 3, 7, None):
        found = fl.linear_cross_entropy.value_and_grad(hidden, weight, labels, bias, n_threads=n_threads)
        assert all(same_bits(a, b) for a, b in zip(flat(found), flat(wanted), strict=True))


# ---- out ------------------------------------------------------------------------------------------------------------


def test_out_is_filled_and_returned():
    hidden, weight, labels, bias = draw()
    wanted = fl.linear_cross_entropy.grad(hidden, weight, labels, bias)
    for module in NAMESPACES.values():
        out = tuple(np.full_like(array, SENTINEL) for array in (hidden, weight, bias))
        found = module.linear_cross_entropy.grad(hidden, weight, labels, bias, out=out)
        assert all(a is b for a, b in zip(found, out, strict=True))
        assert_close(out, wanted)
        partial = (None, out[1], None)
        found = module.linear_cross_entropy.value_and_grad(hidden, weight, labels, bias, out=partial)[1]
        assert found[1] is out[1]
        assert_close(found, wanted)


def test_arguments_are_left_alone():
    arrays = draw()
    before = [array.copy() for array in arrays]
    fl.linear_cross_entropy.value_and_grad(*arrays, filter_eps=1e-3)
    assert all(same_bits(a, b) for a, b in zip(arrays, before, strict=True))


# ---- errors ---------------------------------------------------------------------------------------------------------


def refused(error, match, *arrays, out=None, **options):
    """A call raises `error`, and leaves `out` as it is."""
    if out is None:
        out = tuple(np.full(np.shape(array), SENTINEL) for array in (arrays[0], arrays[1], *arrays[3:4]) if array is not None)
    arguments = inspect.signature(fl.linear_cross_entropy.grad).bind(*arrays, out=out, **options)
    before = [array.tobytes() for array in out if isinstance(array, np.ndarray)] if isinstance(out, tuple) else []
    with pytest.raises(error, match="(?s)" + match) as caught:
        fl.linear_cross_entropy.value_and_grad(*arguments.args, **arguments.kwargs)
    assert before == ([a.tobytes() for a in out if isinstance(a, np.ndarray)] if isinstance(out, tuple) else [])
    return caught


def test_shapes_that_do_not_match():
    hidden, weight, labels, bias = draw()
    for h, w in ((hidden[:, :4], weight), (hidden, weight[0]), (np.float64(1), weight), (hidden, weight[None])):
        refused(ValueError, f"{re.escape(str(np.shape(h)))}.*{re.escape(str(np.shape(w)))}", h, w, labels)
    for wrong in (labels[:5], labels[:, None], np.ones((6, 8)), np.ones((5, 7)), labels[0]):
        refused(ValueError, f"{re.escape(str(hidden.shape))}.*{re.escape(str(np.shape(wrong)))}", hidden, weight, wrong)
    refused(ValueError, r"\(7, 5\).*\(6,\)", hidden, weight, labels, bias[:6])
    refused(ValueError, r"sample_weight has shape \(5,\).*\(6,\)", hidden, weight, labels, sample_weight=np.ones(5))
    refused(ValueError, r"class_weight has shape \(6,\).*7 classes", hidden, weight, labels, class_weight=np.ones(6))


@pytest.mark.parametrize("label", [-1, 7, 2**40, -(2**63)])
def test_a_label_out_of_range(small_chunks, label):
    hidden, weight, labels, bias = draw((30,))
    for where in (0, 17, 29):
        bad = labels.copy()
        bad[where] = label
        refused(IndexError, rf"labels\[{where}\] = {label} .*7 classes", hidden, weight, bad, bias)
    hidden, weight, labels, bias = draw((5, 6))
    labels[3, 2] = label
    refused(IndexError, rf"labels\[3, 2\] = {label} ", hidden, weight, labels, bias)
    # Weight 0 does not make it a label.
    refused(IndexError, rf"labels\[3, 2\] = {label} ", hidden, weight, labels, sample_weight=np.zeros((5, 6)))


def test_numbers_outside_the_domain(small_chunks):
    hidden, weight, _, _ = draw((30,))
    targets = np.full((30, 7), 0.1)
    targets[21, 4] = -0.5
    refused(ValueError, r"labels\[21, 4\] = -0.5 is outside \[0, inf\)", hidden, weight, targets)
    assert np.isfinite(fl.linear_cross_entropy(hidden, weight, targets, check_domain=False))


def test_parameters_out_of_range():
    arrays = draw()[:3]
    for name, value, error in (
        ("filter_eps", -1e-9, ValueError), ("filter_eps", math.nan, ValueError), ("filter_eps", math.inf, ValueError),
        ("filter_eps", "1", TypeError), ("label_smoothing", 1.5, ValueError), ("class_weight", -np.ones(7), ValueError),
        ("ignore_index", 0.5, TypeError), ("reduction", "average", ValueError), ("n_threads", 0, ValueError),
    ):  # fmt: skip
        refused(error, name, *arrays, **{name: value})
        if name in fl.linear_cross_entropy.params:
            with pytest.raises(error, match=name):
                fl.linear_cross_entropy.bind(**{name: value})
    for loss in (fl.linear_cross_entropy, fl.reference.linear_cross_entropy):
        with pytest.raises(TypeError, match="no keyword 'axis'; it has: class_weight"):
            loss.grad(*arrays, axis=0)
        with pytest.raises(ValueError, match="filter_eps"):
            loss(*arrays, filter_eps=-1.0)


@pytest.mark.parametrize("loss", every_linear_loss())
def test_messages_name_what_was_called(loss):
    hidden, weight, target, _ = draw_for(loss)
    for call, message in (
        (
            lambda: loss(hidden, weight, target, weight=np.ones(31)),
            f"{loss.name}: weight is .*; sample weights are sample_weight=",
        ),
        (lambda: loss(hidden, weight), f"{loss.name} is missing an argument: {target_of(loss)}"),
        (lambda: loss.grad(hidden, weight, target, None, 1.0), f"{loss.name}.grad takes hidden, weight, .* was given 5"),
        (
            lambda: loss.grad(hidden, weight, target, sample_weights=1.0),
            f"{loss.name}.grad has no .*; here it is sample_weight",
        ),
        (lambda: loss.vjp(hidden, weight, target, 1.0, softmax=1.0), f"{loss.name}.vjp has no keyword 'softmax'"),
        (lambda: loss.vjp(hidden, weight, target), f"{loss.name}.vjp is missing an argument: cotangent"),
        (lambda: loss.vjp(hidden, weight, target, None), f"{loss.name}.vjp needs a cotangent"),
        (lambda: loss.grad(hidden, weight, target, grad_dtype="f2"), "grad_dtype = 'f2': float32 is accepted"),
    ):
        with pytest.raises((TypeError, ValueError), match=message):
            call()
    with pytest.raises(ValueError, match=r"cotangent has shape \(2,\)"):
        loss.vjp(hidden, weight, target, np.ones(2))
    with pytest.raises(ValueError, match=r"sample_weight has shape \(2,\)"):
        loss(hidden, weight, target, sample_weight=np.ones(2))
    named = {"teacher" if isinstance(target, tuple) else "labels": target}
    for a, b in zip(loss.vjp(hidden, weight, cotangent=2.0, **named), loss.vjp(hidden, weight, target, 2.0), strict=True):
        assert same_bits(a, b)


def test_arrays_that_are_not_accepted():
    arrays = draw()
    names = ("hidden", "weight", "labels", "bias")
    for i, name in enumerate(names):
        for wrong in (
            arrays[i].astype(complex),
            arrays[i].astype(object),
            arrays[i].astype(str),
            np.ma.masked_array(arrays[i]),
        ):
            refused(TypeError, name, *arrays[:i], wrong, *arrays[i + 1 :], out=(None, None, None))
    refused(TypeError, r"labels must be integers.*np\.asarray\(labels, int\)", *arrays[:2], arrays[2].astype(float))
    refused(TypeError, "hidden is None", None, *arrays[1:3], out=(None, None))
    refused(TypeError, "sample_weight", *arrays[:3], sample_weight=np.ones(6, complex))


def test_out_that_does_not_fit():
    hidden, weight, labels, bias = draw()
    good = [np.full_like(array, SENTINEL) for array in (hidden, weight, bias)]

    def with_one(i, array):
        return (*good[:i], array, *good[i + 1 :])

    for i, array in enumerate(good):
        refused(ValueError, rf"out\[{i}\] has shape", hidden, weight, labels, bias, out=with_one(i, array[:-1]))
        refused(ValueError, rf"out\[{i}\] has dtype", hidden, weight, labels, bias, out=with_one(i, array.astype(np.float32)))
        refused(TypeError, rf"out\[{i}\] must be", hidden, weight, labels, bias, out=with_one(i, array.tolist()))
        frozen = array.copy()
        frozen.flags.writeable = False
        refused(ValueError, rf"out\[{i}\] is not writeable", hidden, weight, labels, bias, out=with_one(i, frozen))
        given = (hidden, weight, bias)[i]
        refused(ValueError, rf"out\[{i}\] overlaps", hidden, weight, labels, bias, out=with_one(i, given))
    refused(ValueError, "several elements", hidden, weight, labels, bias, out=with_one(2, np.lib.stride_tricks.as_strided(
        np.ones(1), (7,), (0,))))  # fmt: skip
    square = draw((7,))
    refused(ValueError, "two arrays of out overlap", *square[:3], out=(good[1], good[1]))
    for wrong in ((good[0],), tuple(good), good[:2], good[0]):
        refused(ValueError, "out must be a tuple of the derivatives by hidden, weight", hidden, weight, labels, out=wrong)


# ---- two heads ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("biases", [(), ("student",), ("teacher",), ("student", "teacher")], ids="-".join)
def test_distillation_is_that_of_the_logits_of_both(small_chunks, dtype, reduction, biases):
    loss = fl.linear_distillation_kl
    hidden, weight, teacher, bias = draw_for(loss, (4, 8), 6, 30, dtype)
    bias = bias if "student" in biases else None
    teacher = teacher if "teacher" in biases else (*teacher[:2], None)
    sample_weight = np.arange(8) % 3
    logits, target = (h @ w.T + (0 if b is None else b) for h, w, b in ((hidden, weight, bias), teacher))
    options = {"temperature": 1.7, "reduction": reduction}
    value, slopes = wrapped_of(loss).value_and_grad(logits, target, weight=sample_weight, **options)
    found, gradients = loss.value_and_grad(hidden, weight, teacher, bias, sample_weight=sample_weight, **options)
    slopes = slopes.reshape(-1, 30)
    wanted = ((slopes @ weight).reshape(hidden.shape), slopes.T @ hidden.reshape(-1, 6), slopes.sum(axis=0))
    tolerance = 1e-4 if dtype == np.float32 else 1e-12
    assert_close((found, *gradients), (value, *wanted[: 2 + (bias is not None)]), tolerance)
    for places in itertools.product((True, False), repeat=len(gradients)):
        out = tuple(np.empty_like(g) if place else None for g, place in zip(gradients, places, strict=True))
        again = loss.grad(hidden, weight, teacher, bias, sample_weight=sample_weight, out=out, **options)
        for place, a, b in zip(out, again, gradients, strict=True):
            assert place is None or place is a
            assert same_bits(a, b)


def test_a_teacher_that_is_the_student_teaches_nothing(small_chunks):
    hidden, weight, _, bias = draw((31,), 5, 20)
    value, gradients = fl.linear_distillation_kl.value_and_grad(hidden, weight, (hidden, weight, bias), bias)
    assert value == 0
    assert not any(g.any() for g in gradients)


def test_a_teacher_of_another_dtype_is_computed_in_the_students(small_chunks):
    hidden, weight, teacher, bias = draw_for(fl.linear_distillation_kl, (31,), 5, 20, np.float32)
    teacher = tuple(x.astype(np.float16) for x in teacher)
    found = fl.linear_distillation_kl.value_and_grad(hidden, weight, teacher, bias)
    assert {array.dtype for array in found[1]} == {np.dtype(np.float32)}
    for other in (np.float32, np.float64):
        wide = tuple(x.astype(other) for x in teacher)
        # A matrix that is converted comes in other blocks, and sums in another order.
        assert_close(flat(found), flat(fl.linear_distillation_kl.value_and_grad(hidden, weight, wide, bias)), 1e-5)


def test_rows_of_weight_0_are_not_taught():
    hidden, weight, teacher, bias = draw_for(fl.linear_distillation_kl)
    sample_weight = np.ones(31)
    sample_weight[[2, 30]] = 0
    teacher[0][2] = hidden[30] = np.nan
    kept = sample_weight != 0
    value, (d_hidden, *rest) = fl.linear_distillation_kl.value_and_grad(
        hidden, weight, teacher, bias, sample_weight=sample_weight
    )
    few = fl.linear_distillation_kl.value_and_grad(hidden[kept], weight, (teacher[0][kept], *teacher[1:]), bias)
    assert not d_hidden[~kept].any()
    assert_close((value, d_hidden[kept], *rest), flat(few))


def test_vjp_of_a_student():
    loss = fl.linear_distillation_kl
    hidden, weight, teacher, bias = draw_for(loss)
    cotangent = np.random.default_rng(1).standard_normal(31)
    slopes = wrapped_of(loss).vjp(hidden @ weight.T + bias, target_for(loss, teacher), cotangent, temperature=3.0)
    wanted = slopes @ weight, slopes.T @ hidden, slopes.sum(axis=0)
    assert_close(loss.vjp(hidden, weight, teacher, cotangent, bias=bias, temperature=3.0), wanted)


def test_the_logits_of_a_teacher_need_little_memory():
    """Logits of both would be 2 · 122 MiB."""
    hidden, weight, teacher, _ = draw_for(fl.linear_distillation_kl, (2000,), 8, 16000, np.float32)
    tracemalloc.start()
    try:
        fl.linear_distillation_kl(hidden, weight, teacher)
        assert tracemalloc.get_traced_memory()[1] < 64 * MIB
    finally:
        tracemalloc.stop()


def test_what_is_no_teacher():
    hidden, weight, teacher, _ = draw_for(fl.linear_distillation_kl)
    out = np.full_like(hidden, SENTINEL), np.full_like(weight, SENTINEL)
    shapes = "the teacher's logits would have the shape"
    for wrong, message in (
        (teacher[0], "teacher must be a tuple .hidden, weight. or .hidden, weight, bias.; got ndarray"),
        (teacher[:1], "got 1 of them"),
        ((*teacher, None), "got 4 of them"),
        ((teacher[0][:30], teacher[1]), shapes),
        ((teacher[0], teacher[1][:6]), shapes),
        ((teacher[0], weight), "the teacher's hidden has shape .31, 8. but the teacher's weight has shape .7, 5."),
        ((*teacher[:2], np.zeros(6)), "the teacher's bias has shape .6,."),
    ):
        with pytest.raises(ValueError, match=message):
            fl.linear_distillation_kl.grad(hidden, weight, wrong, out=out)
    with pytest.raises(TypeError, match=r"teacher\[1\]"):
        fl.linear_distillation_kl.grad(hidden, weight, (teacher[0], teacher[1].astype(complex)), out=out)
    with pytest.raises(ValueError, match="overlaps an argument"):
        fl.linear_distillation_kl.grad(hidden, weight, (out[0], weight), out=out)
    assert all((place == SENTINEL).all() for place in out)


# ---- the losses as objects ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("loss", every_linear_loss())
def test_signatures_follow_the_wrapped_loss(loss):
    for name, function in entry_points(loss).items():
        wrapped = inspect.signature(wrapped_of(loss) if name == "value" else getattr(wrapped_of(loss), name)).parameters
        parameters = inspect.signature(function).parameters
        target = "teacher" if wrapped_of(loss).declared.second == "target" else "labels"
        assert list(parameters)[:4] == ["hidden", "weight", target, "bias"]
        keywords = [p.name for p in parameters.values() if p.kind is p.KEYWORD_ONLY]
        kept_back = ("weight", "sample_weight", "axis")
        moved = [p.name for p in wrapped.values() if p.kind is p.KEYWORD_ONLY and p.name not in kept_back]
        assert [known for known in keywords if known not in ("sample_weight", "filter_eps")] == moved
        assert all(parameters[known].default == wrapped[known].default for known in moved)
        assert parameters["bias"].default is parameters["sample_weight"].default is None
        assert parameters["filter_eps"].default == 0
    assert set(loss.params) == {*wrapped_of(loss).params, "filter_eps"}
    assert loss.family == "linear rows"
    assert isinstance(loss, Loss)


@pytest.mark.parametrize("loss", every_linear_loss())
def test_documentation(loss):
    for name, function in entry_points(loss).items():
        doc = inspect.getdoc(function)
        for title in ("Parameters", "Returns", "Raises", "Notes", "References", "Examples"):
            assert f"\n{title}\n{'-' * len(title)}\n" in doc, (name, title)
        parameters = doc.split("\nParameters\n")[1].split("\nReturns\n")[0]
        for known in inspect.signature(function).parameters:
            assert f"\n{known} : " in parameters, (name, known)
        assert max(map(len, doc.splitlines())) <= 130
        assert "{" not in doc.replace('{"mean", "sum", "none"}', "").replace('{"nan", "zero"}', "")
        run_examples(function, loss.name)
    run_examples(Loss.bind, "bind")
    run_examples(loss.vjp, "vjp")
    given = inspect.signature(loss.vjp).parameters
    assert list(given)[:4] == ["hidden", "weight", target_of(loss), "cotangent"]
    assert not {"sample_weight", "reduction"} & set(given)
    assert inspect.getdoc(Loss)


def run_examples(thing, name):
    examples = doctest.DocTestParser().get_doctest(inspect.getdoc(thing), {}, name, None, None)
    assert examples.examples, name
    output = io.StringIO()
    assert doctest.DocTestRunner(verbose=False).run(examples, out=output.write).failed == 0, output.getvalue()


#: Parameters of which 3 is a value that tells: every loss of a linear layer has one of them.
BOUND = ("ignore_index", "temperature")


@pytest.mark.parametrize("loss", every_linear_loss())
def test_bind(loss):
    arrays = draw_for(loss)
    name, default, other = next((p.name, p.default, 3) for p in wrapped_of(loss).params.values() if p.name in BOUND)
    bound = loss.bind(**{name: other}).bind(filter_eps=1e-3)
    options = {name: other, "filter_eps": 1e-3}
    assert dict(bound.bound) == options
    assert bound.params[name].default == other
    for a, b in zip(flat(bound.value_and_grad(*arrays)), flat(loss.value_and_grad(*arrays, **options)), strict=True):
        assert same_bits(a, b)
    assert same_bits(bound(*arrays, **{name: default}), loss(*arrays))
    assert inspect.signature(bound.grad).parameters[name].default == other
    assert bound.reference(*arrays) == pytest.approx(bound(*arrays), rel=1e-12)
    for unknown in ("axis", "weight", "out"):
        with pytest.raises(TypeError, match=f"no parameter '{unknown}'.*; {loss.name}.bind takes: "):
            loss.bind(**{unknown: 0})


@pytest.mark.parametrize("loss", every_linear_loss())
def test_options_are_bound_too(loss):
    arrays, cotangent = draw_for(loss), np.linspace(-1, 1, 31)
    options = {"sample_weight": np.arange(31.0), "reduction": "sum", "empty": "zero", "n_threads": 1}
    bound = loss.bind(**options)
    for a, b in zip(flat(bound.value_and_grad(*arrays)), flat(loss.value_and_grad(*arrays, **options)), strict=True):
        assert same_bits(a, b)
    assert same_bits(bound(*arrays, reduction=np.str_("mean"), sample_weight=None), loss(*arrays, reduction="mean"))
    product = loss.vjp(*arrays[:3], cotangent * options["sample_weight"], bias=arrays[3])
    for a, b in zip(bound.vjp(*arrays[:3], cotangent, bias=arrays[3]), product, strict=True):
        assert same_bits(a, b)
    options["sample_weight"][:] = 0  # what is bound is a copy
    assert bound(*arrays) != 0
    assert bound.reference(*arrays) == pytest.approx(bound(*arrays), rel=1e-12)
    with pytest.raises(ValueError, match="reduction must be one of"):
        loss.bind(reduction="average")
    halves = [x if i == 2 else x.astype(np.float16) for i, x in enumerate(arrays)]
    for wide in (loss.bind(grad_dtype="float32"), pickle.loads(pickle.dumps(loss.bind(grad_dtype=np.float32)))):
        for a, b in zip(flat(wide.value_and_grad(*halves)), flat(loss.value_and_grad(*halves, grad_dtype="f4")), strict=True):
            assert same_bits(a, b)
        assert all(array.dtype == np.float32 for array in wide.vjp(*halves[:3], cotangent))
        assert same_bits(wide(*halves), loss(*halves))


@pytest.mark.parametrize("loss", every_linear_loss())
def test_losses_are_equal_by_value(loss):
    name = next(known for known in BOUND if known in loss.params)
    bound, again = (loss.bind(**{name: 3}, sample_weight=[1.0, 2.0]) for _ in range(2))
    assert bound == again == copy.deepcopy(bound) == pickle.loads(pickle.dumps(bound))
    assert len({bound, again, pickle.loads(pickle.dumps(bound)), bound.bind()}) == 1
    assert bound.grad == again.grad != bound.value_and_grad
    assert bound.vjp == again.vjp == pickle.loads(pickle.dumps(bound.vjp)) != loss.vjp
    other = fl if loss.reference is loss else fl.reference
    others = (loss, loss.bind(**{name: 3}), bound.bind(**{name: 4}), bound.bind(sample_weight=[1.0, 3.0]))
    assert bound not in (*others, other.linear_losses[loss.name].bind(**bound.bound))
    assert (
        loss
        == loss.bind(**{name: loss.params[name].default})
        == bound.bind(**{name: loss.params[name].default}, sample_weight=None)
    )


def test_tensors(small_chunks):
    torch = pytest.importorskip("torch")
    for dtype in (torch.bfloat16, torch.float16, torch.float32, torch.float64):
        if dtype == torch.bfloat16:
            pytest.importorskip("ml_dtypes")
        for loss in fl.linear_losses.values():
            hidden, weight, target, bias = draw_for(loss)
            tensors = [torch.from_numpy(x).to(dtype) for x in (hidden, weight, bias)]
            wide = [x.double().numpy() for x in tensors]
            target = tuple(map(torch.from_numpy, target)) if isinstance(target, tuple) else torch.from_numpy(target)
            out = tuple(torch.full_like(x, SENTINEL) for x in tensors)
            value, grad = loss.value_and_grad(*tensors[:2], target, tensors[2], out=out, reduction="sum")
            assert all(a is b for a, b in zip(grad, out, strict=True))
            wanted = loss.value_and_grad(*wide[:2], target, wide[2], reduction="sum")
            eps = max(torch.finfo(dtype).eps, 1e-12)
            assert value == pytest.approx(wanted[0], rel=1e-5)
            for a, b in zip(out, wanted[1], strict=True):
                np.testing.assert_allclose(a.double().numpy(), b, rtol=eps, atol=20 * eps * np.abs(b).max())


@pytest.mark.parametrize("loss", every_linear_loss())
def test_copies(loss):
    arrays = draw_for(loss)
    name = next(known for known in BOUND if known in loss.params)
    for original in (loss, loss.bind(**{name: 3})):
        for copied in (copy.copy(original), copy.deepcopy(original), pickle.loads(pickle.dumps(original))):
            assert copied == original
            assert inspect.signature(copied) == inspect.signature(original)
            assert same_bits(copied(*arrays), original(*arrays))
            assert repr(copied) == repr(original)
        for name, function in entry_points(original).items():
            assert repr(pickle.loads(pickle.dumps(function))) == repr(function)
            assert name == "value" or f"{loss.name}.{name}(" in repr(function)


def test_the_mapping():
    for module in NAMESPACES.values():
        for name, loss in module.linear_losses.items():
            assert getattr(module, name) is loss
            assert name not in module.losses
        with pytest.raises(TypeError):
            module.linear_losses["linear_cross_entropy"] = None
    assert list(fl.linear_losses) == list(fl.reference.linear_losses)
