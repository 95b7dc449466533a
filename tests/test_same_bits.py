"""The result does not depend on threads, tiers with fused multiply-add, layout or alignment."""

import math

import numpy as np
import pytest
from conftest import call, name_of, same_bits

from fastloss import _verify

#: Around every boundary: a lane, a group, a block, a task; for rows, a segment of a row and more segments than are kept.
SIZES = (1, 63, 64, 65, 1023, 1024, 1025, 16384, 16385, 40_000)
ROW_SHAPES = ((1, 1), (3, 10), (40, 64), (1030, 17), (5, 2047), (5, 2049), (3, 5000), (2, 300_000), (3, 10000))

FUSED = [name for name in _verify.usable_tiers() if name != "baseline"]


def shapes(given, depth):
    """Shapes that are drawn, in their order."""
    return depth.some(ROW_SHAPES if given.rows else [(n,) for n in SIZES], f"shapes {name_of(given)}", quick=5)


def test_threads_change_nothing(given, dtype, entry_point, depth):
    for shape in shapes(given, depth):
        pred, target = given.draw(shape, dtype)
        for reduction in ("mean", "none"):
            alone = call(given.loss, entry_point, pred, target, reduction=reduction, n_threads=1)
            for n_threads in (2, 3, 7, 16):
                together = call(given.loss, entry_point, pred, target, reduction=reduction, n_threads=n_threads)
                assert all(same_bits(a, b) for a, b in zip(alone, together, strict=True)), (shape, n_threads)


@pytest.mark.skipif(len(FUSED) < 2, reason="this CPU has fewer than two tiers with fused multiply-add")
def test_tiers_with_fused_multiply_add_agree(given, dtype, entry_point, depth):
    finite = 0
    for shape in shapes(given, depth):
        pred, target = given.draw(shape, dtype)
        for reduction in ("mean", "none"):
            results = []
            for name in FUSED:
                with _verify.tier(name):
                    results.append(call(given.loss, entry_point, pred, target, reduction=reduction))
            for other in results[1:]:
                assert all(same_bits(a, b) for a, b in zip(results[0], other, strict=True)), shape
        finite += sum(np.any(np.isfinite(x)) for x in results[0])
    assert finite > 0


def layouts(array, axis_moved=True):
    """The same numbers in other places of memory."""
    yield "Fortran", np.asfortranarray(array)
    wide = np.empty((*array.shape[:-1], 3 * array.shape[-1]), array.dtype)
    wide[..., ::3] = array
    yield "every third", wide[..., ::3]
    yield "backwards", array[::-1, ...].copy()[::-1, ...]
    raw = np.empty(array.nbytes + 1, np.uint8)[1:]
    unaligned = raw.view(array.dtype).reshape(array.shape)
    unaligned[...] = array
    yield "unaligned", unaligned
    read_only = array.copy()
    read_only.flags.writeable = False
    yield "read-only", read_only


def test_layout_changes_nothing(given, dtype, entry_point, depth):
    for shape in ((70, 50), *([(1, 1), (64, 1), (3, 63), (2, 1025), (5, 2049), (1030, 17)] if depth.deep else [])):
        pred, target = given.draw(shape, dtype)
        for reduction in ("mean", "none"):
            plain = call(given.loss, entry_point, pred, target, reduction=reduction)
            for (name, p), (_, t) in zip(layouts(pred), layouts(target), strict=True):
                for a, b in ((p, target), (pred, t), (p, t)):
                    results = call(given.loss, entry_point, a, b, reduction=reduction)
                    assert all(same_bits(x, y) for x, y in zip(plain, results, strict=True)), (name, shape)


def shifted(array, offset):
    """The same numbers, `offset` bytes after a multiple of 64."""
    raw = np.empty(array.nbytes + 2 * 64, np.uint8)
    start = -raw.ctypes.data % 64 + offset
    placed = raw[start : start + array.nbytes].view(array.dtype).reshape(array.shape)
    placed[...] = array
    return placed


def test_alignment_changes_nothing(given, dtype, entry_point, depth):
    offsets = range(64) if depth.deep else (1, 8, 20, 32)
    for shape in shapes(given, depth)[1:-1]:
        pred, target = given.draw(shape, dtype)
        plain = call(given.loss, entry_point, shifted(pred, 0), shifted(target, 0))
        for offset in offsets if np.size(pred) < 5000 else offsets[1:2]:
            results = call(given.loss, entry_point, shifted(pred, offset), shifted(target, (5 * offset) % 64))
            assert all(same_bits(x, y) for x, y in zip(plain, results, strict=True)), (shape, offset)


def test_output_order_follows_input_order(given):
    pred, target = given.draw((30, 40))
    assert given.loss.grad(np.asfortranarray(pred), target).flags.f_contiguous
    assert given.loss.grad(pred, target).flags.c_contiguous


def test_any_axis_may_hold_the_classes(given, dtype):
    if not given.rows:
        pytest.skip("pointwise losses have no class axis")
    pred, target = given.draw((4, 6, 11), dtype)
    value, grad = given.loss.value_and_grad(pred, target, reduction="none")
    for axis in (0, 1, -2):
        moved = np.moveaxis(pred, -1, axis)
        moved_target = target if given.labels else np.moveaxis(target, -1, axis)
        for p in (moved, np.ascontiguousarray(moved)):
            v, g = given.loss.value_and_grad(p, moved_target, reduction="none", axis=axis)
            assert same_bits(v, value)
            assert same_bits(np.moveaxis(g, axis, -1), grad)


def test_broadcast_views_need_no_memory(given):
    pred, target = given.draw((1, 8), seed=2)
    many = np.broadcast_to(pred, (3000, 8))
    many_targets = np.broadcast_to(target, (3000,) if given.labels else (3000, 8))
    once = given.loss(pred, target, reduction="mean")
    assert given.loss(many, many_targets, reduction="mean") == pytest.approx(once, rel=1e-14, nan_ok=True)


def test_integers_count_as_float64(given):
    pred, target = given.draw((20, 6))
    whole = given.loss.domain.prediction.clip(np.clip(np.round(pred), -9, 1))
    whole = np.floor(whole) if given.loss.domain.prediction.high < 1 else np.ceil(whole)
    for dtype in (np.int8, np.int64, np.uint8 if whole.min() >= 0 else np.int16, bool if whole.min() >= 0 else np.int32):
        if dtype in (np.uint8, bool):
            whole = np.abs(whole)
        results = call(given.loss, "value_and_grad", whole.astype(dtype), target)
        plain = call(given.loss, "value_and_grad", whole.astype(dtype).astype(np.float64), target)
        assert all(same_bits(a, b) for a, b in zip(results, plain, strict=True))


@pytest.mark.parametrize("label_type", [np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint32, np.uint64])
def test_labels_of_every_integer_type(given, label_type):
    if not given.labels:
        pytest.skip("targets are numbers")
    pred, target = given.draw((90, 12))
    plain = call(given.loss, "value_and_grad", pred, target)
    results = call(given.loss, "value_and_grad", pred, target.astype(label_type))
    assert all(same_bits(a, b) for a, b in zip(results, plain, strict=True))


def test_byte_swapped_inputs(given):
    pred, target = given.draw((20, 6))
    plain = call(given.loss, "value_and_grad", pred, target)
    swapped = call(
        given.loss, "value_and_grad", pred.astype(pred.dtype.newbyteorder()), target.astype(target.dtype.newbyteorder())
    )
    assert all(same_bits(a, b) for a, b in zip(swapped, plain, strict=True))


@pytest.mark.parametrize("half", ["float16", "bfloat16"])
def test_half_precision_computes_in_float32(given, half):
    kind = np.float16 if half == "float16" else getattr(pytest.importorskip("ml_dtypes"), half)
    pred, target = given.draw((20, 6), np.float32)
    pred = np.clip(pred, -100, 100).astype(kind)
    value, grad = given.loss.value_and_grad(pred, target, reduction="mean")
    single_value, single_grad = given.loss.value_and_grad(pred.astype(np.float32), target, reduction="mean")
    assert grad.dtype == kind
    assert same_bits(value, single_value)
    with np.errstate(over="ignore"):
        assert np.array_equal(grad.astype(np.float32), single_grad.astype(kind).astype(np.float32), equal_nan=True)
    out = np.empty_like(pred)
    assert given.loss.grad(pred, target, out=out) is out


def halves():
    yield np.dtype(np.float16)
    try:
        from ml_dtypes import bfloat16
    except ImportError:
        return
    yield np.dtype(bfloat16)


def test_half_precision_of_one_number_or_of_other_bytes(given):
    """In the machine's byte order, derivatives and losses of elements have the prediction's dtype, losses of rows float32."""
    for kind in halves():
        pred, target = given.draw((1, 6) if given.rows else (1, 1), np.float32)
        pred, target = np.clip(pred, -100, 100)[0].astype(kind), target[0]
        if not given.rows:
            pred, target = pred[0], target[0]
        value = given.loss(pred, target, reduction="none")
        assert value.dtype == (np.float32 if given.rows else kind)
        assert value.shape == ()
    pred, target = given.draw((4, 6), np.float32)
    pred = np.clip(pred, -100, 100).astype(np.float16)
    swapped = pred.astype(">f2")
    for name in ("grad", "grad_and_hess"):
        for a, b in zip(call(given.loss, name, swapped, target), call(given.loss, name, pred, target), strict=True):
            assert b.dtype.isnative
            assert same_bits(a, b)


def test_array_parameters_of_any_type(given, dtype):
    """They are read as what they hold, whatever their type and byte order."""
    pred, target = given.draw((40, 6), dtype)
    for p in given.loss.params.values():
        if not p.kind.array:
            continue
        shape = (6,) if p.kind.array == "classes" else (40, 6)
        unbounded = math.isinf(p.range.high)
        numbers = (1.0 + np.arange(np.prod(shape)) % 7).reshape(shape) / (1 if unbounded else 8)
        expected = call(given.loss, "value_and_grad", pred, target, **{p.name: numbers})
        for kind in (">f8", ">f4", *halves(), *((">i4", "u1", "i8") if unbounded else ())):
            found = call(given.loss, "value_and_grad", pred, target, **{p.name: numbers.astype(kind)})
            assert all(same_bits(a, b) for a, b in zip(found, expected, strict=True)), kind
