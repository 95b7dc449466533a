"""Statistics of rows that the losses of softmax return on request: right, for every row, and nothing else changed by them."""

import functools
import pickle

import numpy as np
import pytest
from conftest import GIVEN, function_of, name_of, same_bits
from exact import DIGITS, exact, precision, rounded

import fastloss as fl
from fastloss import _verify
from fastloss._shapes import ENTRY_POINTS
from fastloss._statistics import STATISTICS
from fastloss.reference import _softmax

SOFTMAX = [given for given in GIVEN if given.loss.declared.softmax]
ALL = dict.fromkeys(STATISTICS, True)
FIELDS = list(STATISTICS.values())
#: Rows side by side; along memory, of a segment and of several; shared by threads, whose exponentials are kept and are not.
SHAPES = ((1, 1), (3, 2), (70, 10), (5, 192), (4, 193), (20, 700), (3, 2049), (3, 10_000), (2, 300_000))


@pytest.fixture(params=SOFTMAX, ids=name_of)
def softmax(request):
    """Every loss of softmax, with each kind of target that it takes."""
    return request.param


@pytest.fixture(autouse=True)
def without_warnings():
    with np.errstate(all="ignore"):
        yield


def logits_of(shape, dtype, seed=0):
    """Of every spread: rows that are nearly flat, and rows of which one class has everything."""
    rng = np.random.default_rng(seed)
    return (rng.normal(size=shape) * 10.0 ** rng.uniform(-3, 2, (*shape[:-1], 1))).astype(dtype)


def statistics_of(logits, labels=None, loss=fl.cross_entropy, **keywords):
    labels = np.zeros(np.shape(logits)[:-1], np.int64) if labels is None else labels
    return loss(logits, labels, **ALL, **keywords)


def same(a, b):
    return all(same_bits(getattr(a, name), getattr(b, name)) for name in FIELDS)


# ---- what is returned -----------------------------------------------------------------------------------------------


def test_only_what_is_asked_for_is_returned(softmax, entry_point):
    pred, target = softmax.draw((6, 5))
    for wanted in (["return_lse"], ["return_argmax", "return_correct"], list(STATISTICS)):
        for loss in (softmax.loss, softmax.loss.reference):
            result = function_of(loss, entry_point)(pred, target, **dict.fromkeys(wanted, True))
            assert type(result) is fl.SoftmaxResult
            found = {name for name, x in zip(result._fields, result, strict=True) if x is not None}
            assert found == {*ENTRY_POINTS[entry_point], *(STATISTICS[flag] for flag in wanted)}
            dtypes = {"lse": pred.dtype, "entropy": pred.dtype, "argmax": np.int64, "correct": np.bool_}
            for flag in wanted:
                x = getattr(result, STATISTICS[flag])
                assert x.dtype == dtypes[STATISTICS[flag]]
                assert x.shape == (6,)
            assert type(function_of(loss, entry_point)(pred, target, **dict.fromkeys(wanted, False))) is not fl.SoftmaxResult


def test_the_loss_is_the_same_to_the_last_bit(softmax, entry_point, dtype, tier):
    for shape in SHAPES:
        pred, target = softmax.draw(shape, dtype)
        for reduction in ("mean", "none"):
            plain = function_of(softmax.loss, entry_point)(pred, target, reduction=reduction)
            result = function_of(softmax.loss, entry_point)(pred, target, reduction=reduction, **ALL)
            found = tuple(getattr(result, name) for name in ENTRY_POINTS[entry_point])
            plain = plain if len(found) > 1 else (plain,)
            assert all(same_bits(a, b) for a, b in zip(plain, found, strict=True)), shape


def test_other_losses_have_no_statistics(given):
    if not given.loss.declared.softmax:
        pred, target = given.draw((4, 3))
        for loss in (given.loss, given.loss.reference):
            with pytest.raises(TypeError, match="return_lse"):
                loss(pred, target, return_lse=True)


def test_results_survive_pickling():
    result = statistics_of(logits_of((3, 4), np.float64))
    again = pickle.loads(pickle.dumps(result))
    assert type(again) is fl.SoftmaxResult
    assert same(again, result)
    assert again.grad is None


def test_a_single_row_has_numbers(dtype):
    result = statistics_of(np.array([1, 3, 2], dtype), np.int64(1))
    assert [type(getattr(result, name)) for name in FIELDS] == [dtype.type, dtype.type, np.int64, np.bool_]
    assert result.correct
    assert fl.reference.cross_entropy(np.array([1, 3, 2], dtype), np.int64(1), **ALL).argmax == 1


def test_no_rows_and_no_classes():
    result = statistics_of(np.empty((0, 3)))
    assert all(getattr(result, name).shape == (0,) for name in FIELDS)
    for loss in (fl.cross_entropy, fl.reference.cross_entropy):
        result = loss(np.empty((2, 0)), np.full(2, -100), **ALL)
        assert result.lse.tolist() == [-np.inf] * 2
        assert result.argmax.tolist() == [0, 0]
        assert result.correct.tolist() == [False, False]


# ---- accuracy -------------------------------------------------------------------------------------------------------


def expected_and_allowed(logits):
    """lse and entropy in arbitrary precision; and an ulp of them, or what an ulp of every logit changes."""
    with precision(DIGITS[logits.dtype]):
        lse, entropy = (rounded(x) for x in _softmax.lse_and_entropy(exact(logits)))
    wide = logits.astype(np.longdouble)
    log_q = np.where(np.isneginf(wide), 0, wide - lse[:, None])
    q = np.where(np.isneginf(wide), 0, np.exp(log_q))
    step = np.maximum(1, np.where(np.isneginf(wide), 0, np.abs(wide))) * np.finfo(logits.dtype).eps
    moved_lse = (q * step).sum(axis=1)
    moved_entropy = (q * np.abs(log_q + entropy[:, None]) * step).sum(axis=1)
    ulps = [_verify.ulp(x, logits.dtype) for x in (lse, entropy)]
    return (lse, entropy), (np.maximum(ulps[0], moved_lse), np.maximum(ulps[1], moved_entropy))


@functools.cache
def hard_rows(classes, dtype, step=1):
    """Rows where digits may be lost: flat, nearly certain, far from 0, huge, masked; with what is expected."""
    rng = np.random.default_rng(classes)
    flat = rng.normal(size=(3, classes)) * [[0], [1e-6], [1]]
    sure = -np.abs(rng.normal(size=(4, classes))) - [[5], [20], [60], [90]]
    sure[np.arange(4), rng.integers(0, classes, 4)] = 0.125
    far = rng.normal(size=(4, classes)) * 3 + [[1e4], [-1e4], [100], [-32770]]
    huge = rng.uniform(-1, 1, (2, classes)) * [[1e38], [1e30]]
    zero_lse = np.full((1, classes), -np.log(classes)) + rng.normal(size=(1, classes)) * 1e-4
    rows = np.concatenate([flat, sure, far, huge, zero_lse])
    masked = np.where(np.arange(classes) % 3 == 1, -np.inf, rows)
    # What is exact takes its time.
    logits = np.concatenate([rows, masked])[:: step if classes < 1000 else 5 * step].astype(dtype)
    return logits, *expected_and_allowed(logits)


@pytest.mark.parametrize("classes", [1, 2, 10, 65, 193, 2500])
def test_lse_and_entropy_are_exact_to_four_ulp(classes, dtype, tier, depth):
    logits, expected, allowed = hard_rows(classes, dtype, depth.of(3, 2, 1))
    found = statistics_of(logits)
    for x, want, ulp in zip((found.lse, found.entropy), expected, allowed, strict=True):
        error = np.abs(x.astype(np.longdouble) - want) / ulp
        assert np.isfinite(want).all()
        assert error.max() <= 4, error


def test_every_way_of_a_row_agrees_with_the_reference(softmax, dtype, tier):
    wide = np.float64 if dtype == np.float32 else np.longdouble
    for shape in SHAPES:
        pred = logits_of(shape, dtype)
        _, target = softmax.draw(shape, dtype, seed=3)
        found = softmax.loss(pred, target, n_threads=2, **ALL)
        expected = softmax.loss.reference(pred.astype(wide), target, **ALL)
        for name in ("lse", "entropy"):
            # Entropies below the smallest normal number have fewer digits.
            atol = 100 * np.finfo(dtype).smallest_normal if name == "entropy" else 4 * np.finfo(dtype).eps
            assert np.allclose(getattr(found, name), getattr(expected, name), 100 * np.finfo(dtype).eps, atol), (name, shape)
        assert np.array_equal(found.argmax, expected.argmax)
        assert np.array_equal(found.correct, expected.correct)


def test_entropy_is_never_negative_and_keeps_its_digits(dtype):
    gap, tolerance = dtype.type(40), 4 * float(np.finfo(dtype).eps)
    found = statistics_of(np.array([[0, -gap, -np.inf], [7, 7, 7], [0, -np.inf, -np.inf], [1e4, -1e4, 0]], dtype))
    small = np.exp(np.longdouble(-40))
    assert found.entropy[0] == pytest.approx(float(small * 41), rel=tolerance, abs=0)  # log(1 + s) + 40 s / (1 + s)
    assert found.entropy[1] == pytest.approx(np.log(3), rel=tolerance, abs=0)
    assert found.entropy[2:].tolist() == [0, 0]
    assert not np.signbit(found.entropy).any()


def test_peers_agree():
    torch = pytest.importorskip("torch")
    logits = np.random.default_rng(5).normal(size=(40, 300)) * 4
    tensor = torch.tensor(logits)
    found = statistics_of(logits)
    np.testing.assert_allclose(found.lse, torch.logsumexp(tensor, -1).numpy(), rtol=1e-14)
    np.testing.assert_allclose(found.entropy, torch.distributions.Categorical(logits=tensor).entropy().numpy(), rtol=1e-11)
    np.testing.assert_array_equal(found.argmax, tensor.argmax(-1).numpy())


# ---- which class is the largest -------------------------------------------------------------------------------------


@pytest.mark.parametrize("classes", [3, 100, 193, 5000])
def test_logits_whose_exponentials_are_alike(classes, dtype):
    """The largest logit is meant, not the largest exponential; of equal logits the first."""
    logits = np.zeros((4, classes), dtype)
    logits[0, -1] = np.finfo(dtype).smallest_subnormal
    logits[1, :-1] = -np.finfo(dtype).eps / 8
    logits[2, 1:] = np.nextafter(dtype.type(1000), dtype.type(0))
    logits[2, classes // 2] = 1000
    found = statistics_of(logits)
    assert found.argmax.tolist() == [classes - 1, classes - 1, classes // 2, 0]


@pytest.mark.parametrize("classes", [4, 192, 193, 9000])
def test_rows_that_are_not_finite(classes, dtype, tier):
    inf, nan, largest = np.inf, np.nan, np.finfo(dtype).max
    rows = np.zeros((9, classes), dtype)
    rows[0] = -inf
    rows[1, [1, -1]] = nan
    rows[2, [1, -1]] = inf
    rows[3, [1, 2]] = inf, nan
    rows[4, [1, 2]] = nan, inf
    rows[5], rows[5, -1] = -inf, -largest
    rows[6], rows[6, -1] = -inf, nan
    rows[7], rows[7, 2] = -inf, 5
    rows[8, 1:] = -largest
    found, expected = statistics_of(rows), statistics_of(rows, loss=fl.reference.cross_entropy)
    assert found.argmax.tolist() == [0, 1, 1, 2, 1, classes - 1, classes - 1, 2, 0]
    np.testing.assert_array_equal(found.lse, np.array([-inf, nan, inf, nan, nan, -largest, nan, 5, 0], dtype))
    np.testing.assert_array_equal(found.entropy, [nan, nan, nan, nan, nan, 0, nan, 0, 0])
    assert all(np.array_equal(getattr(found, name), getattr(expected, name), equal_nan=True) for name in FIELDS)
    # Beside each other they change nothing of one another, nor of the loss.
    for i, row in enumerate(rows):
        assert same(
            statistics_of(row[None]), fl.SoftmaxResult(*(None if x is None else np.atleast_1d(x)[i : i + 1] for x in found))
        )


def test_correct_with_labels():
    logits = np.array([[1.0, 2.0, 0.0]] * 4)
    labels = np.array([1, 0, -100, 1])
    found = statistics_of(logits, labels, weight=[1.0, 1.0, 1.0, 0.0])
    assert found.correct.tolist() == [True, False, False, True]
    # A class may be the one that is ignored.
    found = statistics_of(logits, np.array([1, 0, 2, 1]), ignore_index=1)
    assert found.correct.tolist() == [False] * 4


@pytest.mark.parametrize("classes", [3, 192, 193, 5000])
def test_correct_with_numbers(classes, dtype):
    logits = np.zeros((5, classes), dtype)
    logits[:, 1] = 3
    target = np.full((5, classes), 0.25, dtype)
    target[0, 1] = 0.5
    target[1, -1] = 0.5
    target[3, 1] = np.nextafter(dtype.type(0.25), dtype.type(0))
    target[4, 1] = np.nan
    # Neither class weights nor smoothing count.
    for keywords in ({}, {"class_weight": 1.0 + np.arange(classes) % 5, "label_smoothing": 0.5}):
        for loss in (fl.cross_entropy, fl.reference.cross_entropy):
            assert statistics_of(logits, target, loss, **keywords).correct.tolist() == [True, False, True, False, False]


# ---- rows, memory, threads ------------------------------------------------------------------------------------------


def test_every_row_has_statistics(softmax, dtype):
    """Neither weighed nor reduced, whatever the label or weight."""
    for shape in ((70, 10), (9, 700)):
        pred, target = softmax.draw(shape, dtype)
        plain = softmax.loss(pred, target, **ALL)
        weight = np.zeros(shape[0])
        weight[::2] = 7.5
        for reduction in ("mean", "sum", "none"):
            assert same(softmax.loss(pred, target, weight=weight, reduction=reduction, **ALL), plain)
        if softmax.labels and "ignore_index" in softmax.loss.params:
            ignored = softmax.loss(pred, np.full_like(target, -100), **ALL)
            assert all(same_bits(getattr(ignored, name), getattr(plain, name)) for name in ("lse", "entropy", "argmax"))
            assert not ignored.correct.any()


def test_threads_and_tiers_change_nothing(softmax, dtype):
    for shape in (*SHAPES, (3000, 17)):
        pred, target = softmax.draw(shape, dtype)
        alone = softmax.loss.value_and_grad(pred, target, n_threads=1, **ALL)
        for n_threads in (2, 3, 16):
            assert same(softmax.loss.value_and_grad(pred, target, n_threads=n_threads, **ALL), alone), shape
        for name in _verify.usable_tiers():
            if name != "baseline":
                with _verify.tier(name):
                    assert same(softmax.loss.value_and_grad(pred, target, **ALL), alone), (shape, name)


def test_layout_and_axis_change_nothing(softmax, dtype):
    for shape in ((4, 6, 11), (3, 2, 500)):
        pred, target = softmax.draw(shape, dtype)
        plain = softmax.loss(pred, target, **ALL)
        assert plain.lse.shape == shape[:-1]
        wide = np.repeat(pred, 2, axis=1)
        for p in (np.asfortranarray(pred), pred[::-1].copy()[::-1], wide[:, ::2], pred.astype(pred.dtype.newbyteorder())):
            assert same(softmax.loss(p, target, **ALL), plain)
        for axis in (0, 1):
            moved = np.ascontiguousarray(np.moveaxis(pred, -1, axis))
            moved_target = target if softmax.labels else np.ascontiguousarray(np.moveaxis(target, -1, axis))
            assert same(softmax.loss(moved, moved_target, axis=axis, **ALL), plain)
            twins = [loss(moved, moved_target, axis=axis, **ALL) for loss in (softmax.loss, softmax.loss.reference)]
            assert all(np.allclose(getattr(twins[0], name), getattr(twins[1], name), 1e-5) for name in FIELDS)


def test_in_place(softmax, dtype):
    for shape in SHAPES:
        pred, target = softmax.draw(shape, dtype)
        plain = softmax.loss.grad(pred, target, **ALL)
        found = softmax.loss.grad(pred, target, out=pred, **ALL)
        assert found.grad is pred
        assert same(found, plain)
        assert same_bits(found.grad, plain.grad)


def test_half_precision_has_statistics_in_float32(softmax):
    pred, target = softmax.draw((20, 6))
    pred = np.clip(pred, -100, 100).astype(np.float16)
    target = target if softmax.labels else target.astype(np.float16)
    found = softmax.loss.value_and_grad(pred, target, **ALL)
    assert found.lse.dtype == found.entropy.dtype == np.float32
    assert found.grad.dtype == np.float16
    single = softmax.loss.value_and_grad(pred.astype(np.float32), target, **ALL)
    assert same(found, single)
    assert softmax.loss.reference(pred, target, **ALL).lse.dtype == np.float32


def test_integers_have_statistics_in_float64():
    assert statistics_of(np.array([[1, 2], [3, 4]])).lse.dtype == np.float64


def test_an_error_leaves_the_gradient_alone():
    out = np.full((3, 4), 7.0)
    with pytest.raises(IndexError, match=r"target\[1\] = 4"):
        fl.cross_entropy.grad(np.zeros((3, 4)), [0, 4, 1], out=out, **ALL)
    assert (out == 7).all()


# ---- of a linear layer ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("entry_point", ["value", "grad", "value_and_grad"])
@pytest.mark.parametrize("bias", [False, True])
def test_a_linear_layer_has_those_of_its_logits(entry_point, bias, dtype, monkeypatch):
    rng = np.random.default_rng(1)
    hidden, weight = rng.normal(size=(5, 8, 7)).astype(dtype), rng.normal(size=(40, 7)).astype(dtype)
    given_bias = rng.normal(size=40).astype(dtype) if bias else None
    labels = rng.integers(0, 40, (5, 8))
    labels[0, :3] = -100
    sample_weight = rng.integers(0, 3, (5, 8)).astype(float)
    logits = hidden @ weight.T + (given_bias if bias else 0)
    expected = fl.cross_entropy(logits, labels, **ALL)
    # Chunks of some rows, and one of all.
    for scratch in (1 << 14, None):
        if scratch:
            monkeypatch.setattr("fastloss._linear_chunks.SCRATCH", scratch)
        for loss in (fl.linear_cross_entropy, fl.reference.linear_cross_entropy):
            arguments = (hidden, weight, labels, given_bias)
            plain = function_of(loss, entry_point)(*arguments, sample_weight=sample_weight)
            found = function_of(loss, entry_point)(*arguments, sample_weight=sample_weight, **ALL)
            assert type(found) is fl.SoftmaxResult
            np.testing.assert_allclose(found.lse, expected.lse, rtol=1e-4 if dtype == np.float32 else 1e-12)
            np.testing.assert_allclose(found.entropy, expected.entropy, rtol=1e-4 if dtype == np.float32 else 1e-12)
            assert np.array_equal(found.argmax, expected.argmax)
            assert np.array_equal(found.correct, expected.correct)
            for name in ENTRY_POINTS[entry_point]:
                alone = plain if entry_point != "value_and_grad" else plain[ENTRY_POINTS[entry_point].index(name)]
                pairs = [(alone, found.value)] if name == "value" else zip(alone, found.grad, strict=True)
                assert all(same_bits(a, b) for a, b in pairs)
        monkeypatch.undo()
    only = fl.linear_cross_entropy(hidden, weight, labels, return_lse=True)
    assert only.entropy is None
    assert only.grad is None
