"""What is not accepted raises the exception of the contract, says what was given, and changes no array."""

from __future__ import annotations

import functools
import itertools
import math
import re
from contextlib import contextmanager

import numpy as np
import pytest
from conftest import GIVEN, PAIRED, call, function_of, name_of, same_bits

import fastloss as fl
from fastloss._kinds import LOG_PROBABILITY
from fastloss._shapes import ENTRY_POINTS

# Mostly of what losses share: each meets some of these tests.
pytestmark = pytest.mark.sample(quick=0.4)

SENTINEL = 77.25

#: More elements than threads share out, so that the last block is another thread's.
LARGE = 200_000

OF_ROWS = [given for given in GIVEN if given.rows]
OF_ELEMENTS = [given for given in GIVEN if not given.rows]
LABELLED = [given for given in GIVEN if given.labels]
WITH_OUT = [name for name in ENTRY_POINTS if name != "value"]


@contextmanager
def refused(error, match, *arrays):
    """The block raises `error` and leaves every byte of `arrays` as it was."""
    before = [array.tobytes() for array in arrays]
    with pytest.raises(error, match=match) as caught:
        yield caught
    assert [array.tobytes() for array in arrays] == before


def sentinels(entry_point, pred):
    """The keywords that make an entry point write to arrays of its own, and those arrays."""
    arrays = [np.full_like(pred, SENTINEL, dtype=pred.dtype) for name in ENTRY_POINTS[entry_point] if name != "value"]
    return ({"out": arrays[0] if len(arrays) == 1 else tuple(arrays)} if arrays else {}), arrays


def literally(*parts):
    """A pattern of texts that follow each other."""
    return "(?s)" + ".*".join(re.escape(str(part)) for part in parts)


# ---- shapes ---------------------------------------------------------------------------------------------------------


def test_shapes_that_do_not_match(given, entry_point):
    pred = given.draw((4, 3))[0]
    if given.labels:
        wrong = [np.zeros(shape, int) for shape in ((), (3,), (5,), (4, 1), (1, 4), (4, 3, 1), (0,), (12,))]
    else:
        wrong = [np.ones(shape) for shape in ((1,), (4, 2), (3,), (4, 1), (3, 4), (4, 3, 1), (12,), (0, 3))]
        wrong += [np.ones(())] if given.rows else []
    keywords, out = sentinels(entry_point, pred)
    for target in wrong:
        with refused(ValueError, literally(pred.shape), pred, target, *out) as caught:
            function_of(given.loss, entry_point)(pred, target, **keywords)
        assert str(target.shape) in str(caught.value)


@pytest.mark.parametrize("given", OF_ELEMENTS, ids=name_of)
def test_a_column_is_no_vector(given):
    pred, target = given.draw((4, 1))
    flat = pred.reshape(4)
    for a, b in ((pred, target.reshape(4)), (flat, target)):
        with refused(ValueError, literally(a.shape, b.shape), a, b):
            given.loss(a, b)


def test_weight_that_does_not_broadcast(given, entry_point):
    pred, target = given.draw((4, 3))
    loss_shape = (4,) if given.rows else (4, 3)
    keywords, out = sentinels(entry_point, pred)
    for shape in ((4, 3) if given.rows else (4,), (2,), (5,), (1, *loss_shape), (0,)):
        weight = np.ones(shape)
        with refused(ValueError, literally("weight", shape, loss_shape), pred, target, weight, *out):
            function_of(given.loss, entry_point)(pred, target, weight=weight, **keywords)


@pytest.mark.parametrize("given", OF_ROWS, ids=name_of)
@pytest.mark.parametrize("axis", [2, -3, 7, -(2**20)])
def test_axis_out_of_range(given, entry_point, axis):
    pred, target = given.draw((4, 3))
    keywords, out = sentinels(entry_point, pred)
    with refused(ValueError, literally(axis, pred.shape), pred, target, *out):
        function_of(given.loss, entry_point)(pred, target, axis=axis, **keywords)


@pytest.mark.parametrize("given", OF_ROWS, ids=name_of)
@pytest.mark.parametrize("axis", ["0", None, [0], 0.5])
def test_axis_of_another_type(given, axis):
    pred, target = given.draw((4, 3))
    with refused(TypeError, "integer", pred, target):
        given.loss(pred, target, axis=axis)


@pytest.mark.parametrize("given", OF_ROWS, ids=name_of)
def test_axis_beyond_any_integer_of_the_machine(given):
    pred, target = given.draw((4, 3))
    with refused(ValueError, "axis", pred, target):
        given.loss(pred, target, axis=2**40)


@pytest.mark.parametrize("given", OF_ROWS, ids=name_of)
def test_a_scalar_has_no_class_axis(given):
    with pytest.raises(ValueError, match="axis"):
        given.loss(1.0, 0)


# ---- labels ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("given", LABELLED, ids=name_of)
def test_label_out_of_range(given, entry_point):
    pred, good = given.draw((7, 5))
    keywords, out = sentinels(entry_point, pred)
    labels = (-1, 5, 6, 127, -128, 2**31, -(2**31) - 1, 2**63 - 1, -(2**63))
    for where, label in itertools.product((0, 3, 6), labels):
        target = good.copy()
        target[where] = label
        with refused(IndexError, literally(f"target[{where}] = {label} ", "5 classes"), pred, target, *out):
            function_of(given.loss, entry_point)(pred, target, **keywords)


@pytest.mark.parametrize("given", LABELLED, ids=name_of)
@pytest.mark.parametrize("label_type", [np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint32, np.uint64])
def test_the_first_bad_label_of_any_type_is_named(given, label_type):
    pred, target = given.draw((9, 5))
    target = target.astype(label_type)
    target[4], target[7] = np.iinfo(label_type).max, 5
    with refused(IndexError, literally(f"target[4] = {np.iinfo(label_type).max} "), pred, target):
        given.loss(pred, target)


@pytest.mark.parametrize("given", LABELLED, ids=name_of)
def test_an_unsigned_label_is_not_taken_for_a_negative_ignore_index(given):
    pred = given.draw((1, 5))[0]
    ignore_index = given.loss.params["ignore_index"].default
    with refused(IndexError, literally(2**64 + ignore_index), pred):
        given.loss(pred, np.array([2**64 + ignore_index], np.uint64))


@pytest.mark.parametrize("given", LABELLED, ids=name_of)
def test_where_a_bad_label_lies_in_several_dimensions(given, entry_point):
    pred, target = given.draw((4, 6, 5))
    target = target.copy()
    target[2, 3] = 5
    moved = np.moveaxis(pred, -1, 1)
    for axis, p in ((-1, pred), (1, moved), (1, np.ascontiguousarray(moved))):
        keywords, out = sentinels(entry_point, p)
        with refused(IndexError, literally("target[2, 3] = 5 ", "5 classes"), p, target, *out):
            function_of(given.loss, entry_point)(p, target, axis=axis, **keywords)


@pytest.mark.parametrize("given", LABELLED, ids=name_of)
def test_the_only_label_is_bad(given):
    with pytest.raises(IndexError, match="target = 2 "):
        given.loss([0.0, 0.0], 2)


@pytest.mark.parametrize("given", LABELLED, ids=name_of)
@pytest.mark.parametrize("n_threads", [1, 2])
@pytest.mark.parametrize("classes", [2, 1000])
def test_a_bad_label_late_in_a_large_array(given, entry_point, n_threads, classes):
    pred, good = given.draw((LARGE // classes, classes), np.float32)
    for where in (len(good) - 1, len(good) // 2):
        target = good.copy()
        target[where] = classes
        keywords, out = sentinels(entry_point, pred)
        for reduction in ("mean", "none"):
            with refused(IndexError, literally(f"target[{where}] = {classes} "), pred, target, *out):
                function_of(given.loss, entry_point)(pred, target, reduction=reduction, n_threads=n_threads, **keywords)
        if entry_point != "value":
            place = pred if len(out) == 1 else (pred, out[1])
            with refused(IndexError, literally(f"target[{where}] = {classes} "), pred, target, *out[1:]):
                function_of(given.loss, entry_point)(pred, target, n_threads=n_threads, out=place)


@pytest.mark.parametrize("given", LABELLED, ids=name_of)
@pytest.mark.parametrize("ignore_index", [-1, 5, 2**62, -(2**63)])
def test_ignore_index_may_be_no_class(given, entry_point, ignore_index):
    pred, target = given.draw((7, 5))
    target = target.copy()
    target[3] = ignore_index
    keywords, out = sentinels(entry_point, pred)
    call(given.loss, entry_point, pred, target, ignore_index=ignore_index, **keywords)
    for array in out:
        assert not np.any(array == SENTINEL)
        assert not np.any(array[3])
    target[5] = given.loss.params["ignore_index"].default
    with refused(IndexError, literally(f"target[5] = {target[5]} "), pred, target, *out):
        function_of(given.loss, entry_point)(pred, target, ignore_index=ignore_index, **keywords)


@pytest.mark.parametrize("given", LABELLED, ids=name_of)
def test_labels_that_are_not_integers(given, entry_point):
    pred, target = given.draw((4, 3))
    keywords, out = sentinels(entry_point, pred)
    for kind in (np.float32, np.float64, np.float16):
        labels = target.astype(kind)
        with refused(TypeError, "labels must be integers", pred, labels, *out):
            function_of(given.loss, entry_point)(pred, labels, **keywords)


@pytest.mark.parametrize("given", LABELLED, ids=name_of)
def test_without_classes_no_label_is_good(given):
    with pytest.raises(IndexError, match="0 classes"):
        given.loss(np.zeros((2, 0)), np.zeros(2, int))


# ---- parameters -----------------------------------------------------------------------------------------------------


def outside_of(interval):
    """Numbers that an interval does not hold."""
    yield math.nan
    for end, step in ((interval.low, -0.5), (interval.high, 0.5)):
        if end not in interval:
            yield end
        if math.isfinite(end):
            yield end + step


def scalar_parameters():
    for loss in PAIRED.values():
        for p in loss.params.values():
            if p.kind.array != "classes":
                yield pytest.param(loss, p, id=f"{loss.name}-{p.name}")


def inputs_of(loss):
    return next(given for given in GIVEN if given.loss is loss).draw((6, 5))


@pytest.mark.parametrize(("loss", "p"), list(scalar_parameters()))
def test_parameter_out_of_range(loss, p, entry_point):
    pred, target = inputs_of(loss)
    keywords, out = sentinels(entry_point, pred)
    if p.kind.type is float:
        wrong = [x for x in outside_of(p.range) if x not in p.range] + [10**400, -(10**400)]
    else:
        wrong = [2**63, -(2**63) - 1] if p.kind.type is int else []
    assert wrong or p.kind.type is bool
    for value in wrong:
        with refused(ValueError, literally(p.name, value, p.range), pred, target, *out):
            function_of(loss, entry_point)(pred, target, **{p.name: value}, **keywords)
        with pytest.raises(ValueError, match=literally(p.name, value, p.range)):
            loss.bind(**{p.name: value})


@pytest.mark.parametrize(("loss", "p"), list(scalar_parameters()))
def test_parameter_of_another_type(loss, p, entry_point):
    pred, target = inputs_of(loss)
    keywords, out = sentinels(entry_point, pred)
    for value in (
        "1",
        b"1",
        np.array("1"),
        1j,
        np.complex64(0.5),
        *([math.inf] if p.kind.type is int else []),
        {},
        object(),
        *([] if p.kind.optional else [None]),
        *([] if p.kind.array else [[0.5]]),
    ):
        if p.kind.type is bool and not isinstance(value, str | bytes | list):
            continue  # whatever Python takes for true or false
        with refused(TypeError, p.name, pred, target, *out):
            function_of(loss, entry_point)(pred, target, **{p.name: value}, **keywords)


@pytest.mark.parametrize("given", LABELLED, ids=name_of)
def test_ignore_index_is_whole(given):
    pred, target = given.draw((6, 5))
    with pytest.raises(TypeError, match="ignore_index must be an integer"):
        given.loss(pred, target, ignore_index=1.5)


def array_parameters(kind):
    for given in GIVEN:
        for p in given.loss.params.values():
            if p.kind.array == kind:
                yield pytest.param(given, p, id=f"{name_of(given)}-{p.name}")


@pytest.mark.parametrize(("given", "p"), list(array_parameters("elements")))
def test_parameter_of_each_element(given, p, entry_point):
    pred, target = given.draw((6, 5))
    keywords, out = sentinels(entry_point, pred)
    function = function_of(given.loss, entry_point)
    for value in outside_of(p.range):
        array = np.full((6, 5), 0.5)
        array[4, 2] = array[5, 0] = value
        if value != value:  # NaN makes its element NaN
            function(pred, target, **{p.name: array})
            continue
        with refused(ValueError, literally(f"{p.name}[4, 2] = {value}", p.range), pred, target, array, *out):
            function(pred, target, **{p.name: array}, **keywords)
    for shape in ((6,), (4,), (1, 6, 5), (5, 6)):
        with refused(ValueError, literally(p.name, shape, (6, 5)), pred, target, *out):
            function(pred, target, **{p.name: np.full(shape, 0.5)}, **keywords)
    for array in (np.ones(5, object), np.ones(5, complex), np.full(5, "1")):
        with refused(TypeError, p.name, pred, target, *out):
            function(pred, target, **{p.name: array}, **keywords)


@pytest.mark.parametrize(("given", "p"), list(array_parameters("classes")))
def test_parameter_of_each_class(given, p, entry_point):
    pred, target = given.draw((6, 5))
    keywords, out = sentinels(entry_point, pred)
    function = function_of(given.loss, entry_point)
    for value in outside_of(p.range):
        array = np.ones(5)
        array[3:] = value
        with refused(ValueError, literally(f"{p.name}[3] = {value}", p.range), pred, target, array, *out):
            function(pred, target, **{p.name: array}, **keywords)
    for shape in ((4,), (6,), (1,), (0,), (1, 5), (6, 5)):
        with refused(ValueError, literally(p.name, shape, 5), pred, target, *out):
            function(pred, target, **{p.name: np.ones(shape)}, **keywords)
    for wrong in (np.ones(5, object), np.ones(5, complex), np.full(5, "1"), 1.0, "per class"):
        with refused(TypeError, p.name, pred, target, *out):
            function(pred, target, **{p.name: wrong}, **keywords)


# ---- domains --------------------------------------------------------------------------------------------------------


def domains():
    for given in GIVEN:
        for which, interval in enumerate(given.loss.domain):
            if interval.bounded and not (which == 1 and given.labels):
                yield pytest.param(given, which, interval, id=f"{name_of(given)}-{('pred', 'target')[which]}")


def beyond(interval):
    ends = [end + step for end, step in ((interval.low, -0.5), (interval.high, 0.5)) if math.isfinite(end)]
    infinite = [x for x in (-math.inf, math.inf) if x not in interval]
    return [*ends, *infinite, *([0.25] if interval.ends_only else [])]


def spoilt(given, which, shape, dtype, value, *places):
    """Arguments with a number put in places; where nothing is read but the label's number, the label is there."""
    arrays = [array.copy() for array in given.draw(shape, dtype)]
    for place in places:
        arrays[which][place] = value
        if given.loss.declared.label_alone:
            arrays[1][place[:-1]] = place[-1]
    return arrays


@pytest.mark.parametrize(("given", "which", "interval"), list(domains()))
def test_number_outside_the_domain(given, which, interval, dtype, entry_point):
    names = ("pred", "target")
    for value in beyond(interval):
        for first, second in (((0, 0), (3, 2)), ((2, 4), (5, 6)), ((5, 6), (5, 6))):
            arrays = spoilt(given, which, (6, 7), dtype, value, first, second)
            keywords, out = sentinels(entry_point, arrays[0])
            place = f"{names[which]}[{first[0]}, {first[1]}] = "
            with refused(ValueError, literally(place, interval, "check_domain=False"), *arrays, *out):
                function_of(given.loss, entry_point)(*arrays, **keywords)
            results = call(given.loss, entry_point, *arrays, check_domain=False, **keywords)
            assert not any(np.any(array == SENTINEL) for array in results)


@pytest.mark.parametrize(("given", "which", "interval"), list(domains()))
@pytest.mark.parametrize("n_threads", [1, 2])
def test_number_outside_the_domain_late_in_a_large_array(given, which, interval, entry_point, n_threads):
    for shape in ((LARGE // 4, 4), (50, LARGE // 50)):
        arrays = spoilt(given, which, shape, np.float32, beyond(interval)[0], (shape[0] - 1, shape[1] - 1))
        keywords, out = sentinels(entry_point, arrays[0])
        place = f"[{shape[0] - 1}, {shape[1] - 1}]"
        with refused(ValueError, literally(place), *arrays, *out):
            function_of(given.loss, entry_point)(*arrays, n_threads=n_threads, **keywords)
        if entry_point != "value":
            inside = arrays[0] if len(out) == 1 else (arrays[0], out[1])
            with refused(ValueError, literally(place), *arrays, *out[1:]):
                function_of(given.loss, entry_point)(*arrays, n_threads=n_threads, out=inside)


@pytest.mark.parametrize(("given", "which", "interval"), list(domains()))
def test_nan_is_outside_no_domain(given, which, interval, dtype, entry_point):
    arrays = spoilt(given, which, (6, 7), dtype, np.nan, (3, 2))
    call(given.loss, entry_point, *arrays)


@pytest.mark.parametrize(("given", "which", "interval"), list(domains()))
def test_a_single_number_outside_the_domain(given, which, interval):
    if given.rows:
        pytest.skip("a row has an axis")
    arrays = [min(1.0, given.loss.domain.prediction.high), 1.0]
    arrays[which] = beyond(interval)[0]
    with pytest.raises(ValueError, match=literally(("pred", "target")[which], " = ", interval)):
        given.loss(*arrays)


@pytest.mark.parametrize(
    ("number", "dtype", "inside"),
    [
        *((end, dtype, False) for end in (0.0, -0.0, 1.0) for dtype in ("float16", "float32", "float64", "bfloat16")),
        *(
            (1 - 1e-12, "float64", True),
            (5e-324, "float64", True),
            (1 - 2.0**-24, "float32", True),
            (2.0**-149, "float32", True),
        ),
        *((2.0**-24, "float16", True), (1 - 2.0**-11, "float16", True), (1 - 2.0**-8, "bfloat16", True)),
    ],
)
def test_an_open_end_is_outside_and_the_next_number_inside(number, dtype, inside):
    dtype = getattr(pytest.importorskip("ml_dtypes"), dtype) if dtype == "bfloat16" else dtype
    target = np.full(70, 0.5).astype(dtype)
    target[66] = number
    for pred in (np.zeros(70, dtype), np.zeros(70, dtype)[::-1]):
        if inside:
            assert np.isfinite(fl.beta(pred, target))
        else:
            with pytest.raises(ValueError, match=literally("target[66] = ", "(0, 1)", "check_domain=False")):
                fl.beta(pred, target)


def test_a_number_that_is_rounded_to_an_open_end_is_outside():
    with pytest.raises(ValueError, match=literally("target[1] = 1.0 is outside (0, 1)")):
        fl.beta(np.zeros(3, np.float32), np.array([0.5, 1 - 1e-12, 0.5]))


@pytest.mark.parametrize("loss", [loss for loss in fl.losses.values() if "log_target" in loss.params], ids=name_of)
def test_what_targets_may_be_is_another_matter_for_logarithms(loss):
    pred, logarithms = np.zeros((2, 3)), np.array([[-1.0, -2.0, 0.0], [-math.inf, -1e30, 0.0]])
    bound = loss.bind(log_target=True)
    for dtype in (np.float64, np.float32, np.float16):
        p, t = pred.astype(dtype), logarithms.clip(-1e4 if dtype is np.float16 else None).astype(dtype)
        assert np.isfinite(loss(p, t, log_target=True))
        assert np.isfinite(bound(p, t))
        for function, keywords in ((loss, {}), (bound, {"log_target": False})):
            with pytest.raises(ValueError, match=literally("target[0, 0] = -1.0", "[0, inf)", "log_target=True")):
                function(p, t, **keywords)
        for function, keywords in ((loss, {"log_target": True}), (bound, {})):
            with pytest.raises(ValueError, match=literally("target[1, 2] = 0.25", "probabilities", "log_target=False")):
                function(p, np.where(t == t[1, 2], [[-1], [0.25]], t).astype(dtype), **keywords)
            function(p, np.full_like(p, 0.25), check_domain=False, **keywords)


#: Losses of which the predictions are logarithms of probabilities.
OF_LOG_PROBABILITIES = [given for given in GIVEN if given.loss.domain.prediction.high == LOG_PROBABILITY.high]


def test_which_losses_take_logarithms_of_probabilities():
    assert {given.loss.name for given in OF_LOG_PROBABILITIES} == {"nll", "kl_divergence", "elementwise_kl_divergence"}


def by_hand(logits):
    """A log-softmax that loses digits: where a class is nearly certain its logarithm is often above 0."""
    return logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True, dtype=logits.dtype))


@pytest.mark.parametrize("given", OF_LOG_PROBABILITIES, ids=name_of)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_log_softmax_is_in_the_domain_however_it_is_rounded(given, dtype):
    logits = np.random.default_rng(0).uniform(-80, 80, (4000, 5)).astype(dtype)
    rounded = by_hand(logits)
    assert rounded.max() > 0 or dtype is np.float64
    target = rounded.argmax(axis=1) if given.labels else fl.log_softmax(logits[::-1])
    options = {"log_target": True} if "log_target" in given.loss.params else {}
    target = target if given.labels or options else np.exp(target)
    for pred in (rounded, fl.log_softmax(logits)):
        assert np.isfinite(given.loss(pred, target, **options))


@pytest.mark.parametrize("given", OF_LOG_PROBABILITIES, ids=name_of)
def test_probabilities_and_logits_are_no_logarithms_of_probabilities(given, dtype, entry_point):
    target = given.draw((6, 5), dtype)[1]
    logits = np.linspace(-3, 9, 30, dtype=dtype).reshape(6, 5)
    one_hot = np.eye(5, dtype=dtype)[[0, 1, 2, 3, 4, 0]]
    for pred in (np.exp(fl.log_softmax(logits)), logits, np.full((6, 5), 1 / 5, dtype), one_hot):
        keywords, out = sentinels(entry_point, pred)
        labels = pred.argmax(axis=1) if given.labels else target
        with refused(ValueError, literally("pred[", "logits", "cross_entropy", "probabilities", "np.log"), pred, labels, *out):
            function_of(given.loss, entry_point)(pred, labels, **keywords)
        call(given.loss, entry_point, pred, labels, check_domain=False, **keywords)


@pytest.mark.parametrize("given", [given for given in GIVEN if given.loss.declared.label_alone], ids=name_of)
def test_what_is_not_read_is_not_looked_at(given, entry_point):
    """Other classes, ignored rows and rows of weight 0 may hold anything."""
    pred, target = given.draw((6, 5))
    pred, target = np.full_like(pred, 3.0), target.copy()
    pred[np.arange(6), target] = -1.0
    pred[[2, 4]] = 7.0
    target[2] = given.loss.params["ignore_index"].default
    keywords, _ = sentinels(entry_point, pred)
    call(given.loss, entry_point, pred, target, weight=[1, 1, 1, 1, 0, 1], **keywords)
    with refused(ValueError, literally(f"pred[4, {target[4]}] = 7.0"), pred, target):
        function_of(given.loss, entry_point)(pred, target, **keywords)


@pytest.mark.parametrize(
    "given", [g for g in OF_ROWS if not g.labels and not g.lists and g.loss.domain.target.bounded], ids=name_of
)
def test_the_domain_holds_for_rows_of_weight_0_too(given, entry_point):
    """As it does for elements of weight 0; and whether or not there is an out."""
    pred, target = given.draw((4, 3))
    target = target.copy()
    target[2, 1] = -1
    for keywords in ({}, sentinels(entry_point, pred)[0]):
        for reduction in ("mean", "none"):
            with refused(ValueError, literally("target[2, 1] = -1.0 "), pred, target):
                function_of(given.loss, entry_point)(pred, target, weight=[1, 1, 0, 1], reduction=reduction, **keywords)


def test_only_bounded_losses_check_domains(given):
    pred, target = given.draw((4, 3))
    if any(interval.bounded for interval in given.loss.domain):
        given.loss(pred, target, check_domain=True)
    else:
        with pytest.raises(TypeError, match="check_domain"):
            given.loss(pred, target, check_domain=False)


# ---- kinds of arrays ------------------------------------------------------------------------------------------------


class OnAnotherDevice:
    """An array as those of GPUs present themselves: it refuses to become one of NumPy."""

    shape, ndim, dtype = (4, 3), 2, np.dtype(np.float32)

    def __dlpack_device__(self):
        return 2, 0

    def __array__(self, dtype=None, copy=None):
        raise TypeError("cannot convert a device array implicitly")


class OnAnotherDeviceWithoutArray:
    """The same, without even a refusal."""

    def __dlpack_device__(self):
        return 2, 0


def not_accepted(array):
    """Arrays of the same shape that are of no kind the kernels read."""
    yield "object", array.astype(object)
    yield "complex", array.astype(complex)
    yield "complex64", array.astype(np.complex64)
    yield "string", array.astype(str)
    yield "bytes", array.astype(bytes)
    yield "longdouble", array.astype(np.longdouble)
    yield "masked", np.ma.masked_array(array, mask=array == array.flat[0])
    yield "masked nowhere", np.ma.masked_array(array)
    yield "datetime", np.zeros(array.shape, "M8[s]")
    yield "timedelta", np.zeros(array.shape, "m8[s]")
    yield "structured", np.zeros(array.shape, "f4,f4")
    yield "device", OnAnotherDevice()
    yield "device without __array__", OnAnotherDeviceWithoutArray()
    yield "text", "1.0"
    yield "dictionary", {}
    yield "ragged", [[1.0], [1.0, 2.0]]


@pytest.mark.parametrize("name", ["pred", "target", "weight"])
def test_arrays_that_are_not_accepted(given, entry_point, name):
    pred, target = given.draw((4, 3))
    arguments = {"pred": pred, "target": target, "weight": np.ones(4 if given.rows else (4, 3))}
    keywords, out = sentinels(entry_point, pred)
    for kind, wrong in not_accepted(arguments[name]):
        changed = {**arguments, name: wrong}
        with refused(TypeError, name, pred, target, *out) as caught:
            function_of(given.loss, entry_point)(changed["pred"], changed["target"], weight=changed["weight"], **keywords)
        assert "accepted" in str(caught.value) or "masked" in kind or "device" in kind or kind == "ragged", kind


def test_parameters_that_are_no_arrays(given, entry_point):
    pred, target = given.draw((4, 3))
    for name, parameter in given.loss.params.items():
        if not parameter.kind.array:
            continue
        for kind, wrong in not_accepted(np.ones(3)):
            for called in (given.loss.bind, functools.partial(function_of(given.loss, entry_point), pred, target)):
                if kind == "longdouble" and called == given.loss.bind:  # which the reference takes
                    continue
                with pytest.raises(TypeError, match=name):
                    called(**{name: wrong})


def test_none_is_no_array(given):
    pred, target = given.draw((4, 3))
    for arguments in ((None, target), *([] if given.loss.declared.optional_target else [(pred, None)])):
        with pytest.raises(TypeError, match="is None"):
            given.loss(*arguments)


# ---- sizes that no memory holds -------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [2**59, 2**60, 2**61, 2**62, 2**63 - 1])
def test_sizes_that_no_memory_holds(given, n):
    """Neither sums of blocks nor what is kept of each class may wrap around."""
    # Where integers are labels, numbers for every class are not: two bytes each, of which NumPy has no more than 2**62 - 1.
    number = np.float16(1) if given.loss.declared.labels and not given.labels else np.int8(1)
    if n * number.itemsize > np.iinfo(np.intp).max:
        pytest.skip("NumPy has no such array")
    for shape in ((1, n), (n, 1), (0, n)) if given.rows else ((n,),):
        pred = np.broadcast_to(np.int8(1), shape)
        target = np.broadcast_to(np.int8(0), shape[:-1]) if given.labels else np.broadcast_to(number, shape)
        with pytest.raises(MemoryError):
            given.loss(pred, target, reduction="mean")
        for p in given.loss.params.values():
            if p.name == "label_smoothing":
                with pytest.raises(MemoryError):
                    given.loss(pred, target, label_smoothing=0.1, reduction="mean")


# ---- out ------------------------------------------------------------------------------------------------------------


def test_out_of_another_shape(given, dtype):
    pred, target = given.draw((4, 6), dtype)
    for name in WITH_OUT:
        for shape in ((4, 5), (6, 4), (24,), (1, 4, 6), (), (0,)):
            out = np.full(shape, SENTINEL, dtype)
            with refused(ValueError, literally("out", shape, pred.shape), pred, target, out):
                function_of(given.loss, name)(pred, target, out=out)


def test_out_of_another_dtype(given, dtype):
    pred, target = given.draw((4, 6), dtype)
    for name in WITH_OUT:
        for kind in (np.float16, np.float32, np.float64, np.int64, np.longdouble, object, dtype.newbyteorder()):
            if kind == dtype:
                continue
            out = np.full(pred.shape, 77, kind)
            with refused(ValueError, literally("out", dtype), pred, target, out):
                function_of(given.loss, name)(pred, target, out=out)


def test_out_that_is_not_writeable(given):
    pred, target = given.draw((4, 6))
    for name in WITH_OUT:
        out = np.full_like(pred, SENTINEL)
        out.flags.writeable = False
        with refused(ValueError, "writeable", pred, target, out):
            function_of(given.loss, name)(pred, target, out=out)
        place = pred.copy()
        place.flags.writeable = False
        with refused(ValueError, "writeable", place, target):
            function_of(given.loss, name)(place, target, out=place)


def test_out_that_is_no_array(given):
    pred, target = given.draw((4, 6))
    for name in WITH_OUT:
        for out in (pred.tolist(), "out", 3.0, memoryview(pred.copy()), [pred.copy()], np.ma.masked_array(pred.copy())):
            with refused(TypeError, "out", pred, target):
                function_of(given.loss, name)(pred, target, out=out)


def test_out_of_too_many_or_no_arrays(given):
    pred, target = given.draw((4, 6))
    for name in WITH_OUT:
        wanted = len(ENTRY_POINTS[name]) - ("value" in ENTRY_POINTS[name])
        for count in (0, wanted + 1):
            out = tuple(np.full_like(pred, SENTINEL) for _ in range(count))
            with refused(ValueError, f"out has {count} arrays", pred, target, *out):
                function_of(given.loss, name)(pred, target, out=out)


def test_out_with_several_elements_in_one_place(given):
    pred, target = given.draw((4, 6))
    for name in WITH_OUT:
        for strides in ((0, 8), (48, 0), (0, 0)):
            memory = np.full(24, SENTINEL)
            out = np.lib.stride_tricks.as_strided(memory, (4, 6), strides)
            with refused(ValueError, "stride", pred, target, memory):
                function_of(given.loss, name)(pred, target, out=out)


def test_out_that_overlaps_pred_in_part(given, dtype):
    pred, target = given.draw((4, 6), dtype)
    memory = np.empty(100, dtype)
    for first in (1, 6, 23):
        memory[:] = SENTINEL
        place, out = memory[:24].reshape(4, 6), memory[first : first + 24].reshape(4, 6)
        place[...] = pred
        for p, o in ((place, out), (place, place[::-1]), (place, place[:, ::-1]), (place[::-1], place)):
            for name in WITH_OUT:
                with refused(ValueError, "overlap", memory, target):
                    function_of(given.loss, name)(p, target, out=o)


def test_out_that_overlaps_the_target_or_the_weight(given):
    pred, target = given.draw((6, 6))
    for name in WITH_OUT:
        if not given.labels and not given.lists:
            shared = target.copy()
            for out in (shared, shared[::-1], shared.T):
                with refused(ValueError, "overlap", pred, shared):
                    function_of(given.loss, name)(pred, shared, out=out)
        else:
            memory = np.zeros((6, 6))
            labels = memory.view(np.int64) if given.lists else memory[3].view(np.int64)
            with refused(ValueError, "overlap", pred, memory):
                function_of(given.loss, name)(pred, labels, out=memory)
        memory = np.ones((6, 6))
        weight = memory[2] if given.rows else memory
        for same in (weight, weight[::-1], memoryview(weight), weight[:1], memory[2, 3, ...]):
            with refused(ValueError, "overlap", pred, memory, target):
                function_of(given.loss, name)(pred, target, weight=same, out=memory)


def test_out_that_overlaps_an_array_parameter():
    found = 0
    for given in GIVEN:
        for p in given.loss.params.values():
            if not p.kind.array:
                continue
            pred, target = given.draw((5, 5))
            memory = np.ones((5, 5))
            for name in WITH_OUT:
                for same in (memory[1], memory[:, 2], *([] if p.kind.array == "classes" else [memory])):
                    with refused(ValueError, "overlap", pred, memory, target):
                        function_of(given.loss, name)(pred, target, out=memory, **{p.name: same})
                    found += 1
    assert found > 0


def test_out_that_overlaps_what_is_converted(given, dtype):
    """A copy is computed with, but it is the caller's own array that would be overwritten."""
    pred, target = given.draw((6, 6), dtype)
    swapped = dtype.newbyteorder()
    loss_shape = (6,) if given.rows else (6, 6)
    for name in WITH_OUT:
        memory = np.zeros((6, 6), dtype)
        with refused(ValueError, "overlap", memory, target):
            function_of(given.loss, name)(memory.view(swapped), target, out=memory)
        weight = memory.reshape(-1)[: math.prod(loss_shape)].view(swapped).reshape(loss_shape)
        with refused(ValueError, "overlap", memory, pred, target):
            function_of(given.loss, name)(pred, target, weight=weight, out=memory)
        integers = memory.view(np.dtype(f">i{dtype.itemsize}"))
        place = integers if given.lists else integers[3] if given.labels else memory.view(swapped)
        place[...] = target
        with refused(ValueError, "overlap", memory, pred):
            function_of(given.loss, name)(pred, place, out=memory)
        half = np.zeros((6, 6), np.float16) if given.labels or given.lists else target.astype(np.float16)
        integers = half.view(np.int16)
        place = integers if given.lists else integers[2] if given.labels else memoryview(half)
        with refused(ValueError, "overlap", half):
            function_of(given.loss, name)(pred.astype(np.float16), place, out=half)


@pytest.mark.parametrize("given", [g for g in LABELLED if "class_weight" in g.loss.params], ids=name_of)
def test_out_that_overlaps_class_weights_of_another_type(given):
    pred, target = given.draw((4, 6))
    memory = np.ones((4, 6))
    with refused(ValueError, "overlap", memory, pred, target):
        given.loss.grad(pred, target, class_weight=memory[0].view(np.float32)[:6], out=memory)


def test_gradient_and_hessian_in_one_place(given):
    pred, target = given.draw((4, 6))
    memory = np.full(100, SENTINEL)
    first = memory[:24].reshape(4, 6)
    for second in (first, first[:], first[::-1], memory[5:29].reshape(4, 6)):
        for out in ((first, second), (second, first)):
            with refused(ValueError, "overlap", pred, target, memory):
                given.loss.grad_and_hess(pred, target, out=out)
    with refused(ValueError, "overlap", pred, target):
        given.loss.grad_and_hess(pred, target, out=(pred, pred))


def test_out_between_the_elements_of_pred_is_apart(given):
    pred, target = given.draw((4, 6))
    memory = np.empty((4, 12))
    memory[:, ::2] = pred
    expected = given.loss.grad(pred, target)
    assert same_bits(given.loss.grad(memory[:, ::2], target, out=memory[:, 1::2]), expected)
    assert same_bits(memory[:, ::2], pred)


def places(pred):
    """The prediction in memory of several forms that can be written to."""
    yield "contiguous", pred.copy()
    yield "Fortran", np.asfortranarray(pred)
    wide = np.zeros((pred.shape[0], 3 * pred.shape[1]), pred.dtype)
    wide[:, ::3] = pred
    yield "every third", wide[:, ::3]
    yield "backwards", pred[::-1, ::-1].copy()[::-1, ::-1]
    unaligned = np.empty(pred.nbytes + 1, np.uint8)[1:].view(pred.dtype).reshape(pred.shape)
    unaligned[...] = pred
    yield "unaligned", unaligned


@pytest.mark.parametrize("shape", [(70, 50), (3, 5000), (2, 270_000)], ids=str)
def test_out_may_be_pred(given, dtype, shape, depth):
    pred, target = given.draw(shape, dtype)
    for name in WITH_OUT:
        for reduction in depth.some(("mean", "none"), f"{name} {name_of(given)}", quick=1):
            apart = call(given.loss, name, pred, target, reduction=reduction)
            for form, place in places(pred):
                both = name == "grad_and_hess"
                out = (place, np.empty_like(place)) if both else place
                results = call(given.loss, name, place, target, reduction=reduction, out=out)
                assert results[0 if both else -1] is place
                assert all(same_bits(a, b) for a, b in zip(apart, results, strict=True)), (name, reduction, form)


def test_the_hessian_may_take_the_place_of_pred(given, dtype):
    pred, target = given.draw((70, 50), dtype)
    grad, hess = given.loss.grad_and_hess(pred, target)
    for _, place in places(pred):
        results = given.loss.grad_and_hess(place, target, out=(None, place))
        assert results[1] is place
        assert same_bits(results[0], grad)
        assert same_bits(results[1], hess)


# ---- keywords -------------------------------------------------------------------------------------------------------


def test_unknown_reduction(given, entry_point):
    pred, target = given.draw((4, 3))
    keywords, out = sentinels(entry_point, pred)
    for reduction in ("average", "", "Mean", None, 1, b"mean", ("mean",)):
        with refused(ValueError, literally("mean, sum, none", repr(reduction)), pred, target, *out):
            function_of(given.loss, entry_point)(pred, target, reduction=reduction, **keywords)


def test_unknown_keyword(given, entry_point):
    pred, target = given.draw((4, 3))
    keywords, out = sentinels(entry_point, pred)
    for name in ("sample_weights", "Reduction", "pred", "target", "dtype"):
        with refused(TypeError, literally(repr(name)), pred, target, *out) as caught:
            function_of(given.loss, entry_point)(pred, target, **{name: 1}, **keywords)
        for known in ("weight", "reduction", "n_threads", *given.loss.params):
            assert known in str(caught.value)


def test_the_value_has_no_out(given):
    pred, target = given.draw((4, 3))
    with refused(TypeError, "out", pred, target):
        given.loss(pred, target, out=pred)


def test_missing_arguments(given, entry_point):
    pred, target = given.draw((4, 3))
    function = function_of(given.loss, entry_point)
    for args, kwargs, missing in (((), {}, "pred"), ((pred,), {}, "target"), ((), {"target": target}, "pred")):
        if missing == "target" and given.loss.declared.optional_target:
            continue
        with pytest.raises(TypeError, match=missing):
            function(*args, **kwargs)


def test_too_many_positional_arguments(given, entry_point):
    pred, target = given.draw((4, 3))
    with refused(TypeError, "positional", pred, target):
        function_of(given.loss, entry_point)(pred, target, 1.0)


def test_arguments_given_twice(given, entry_point):
    pred, target = given.draw((4, 3))
    with refused(TypeError, "pred", pred, target):
        function_of(given.loss, entry_point)(pred, pred=pred)


def test_thread_counts_that_are_none(given, entry_point):
    pred, target = given.draw((4, 3))
    keywords, out = sentinels(entry_point, pred)
    for n_threads in (0, -1, 1.5, True, "2", 2.0, [1], math.nan, 2**31, 2**64):
        with refused(ValueError, literally("n_threads", repr(n_threads)), pred, target, *out):
            function_of(given.loss, entry_point)(pred, target, n_threads=n_threads, **keywords)


# ---- half precision, which takes a path of its own ------------------------------------------------------------------


def test_errors_of_half_precision(given):
    pred, target = given.draw((4, 6))
    pred = np.clip(pred, -100, 100).astype(np.float16)
    for name in WITH_OUT:
        function = function_of(given.loss, name)
        out = np.full(pred.shape, SENTINEL, np.float16)
        with refused(ValueError, "n_threads", pred, out):
            function(pred, target, out=out, n_threads=0)
        with refused(ValueError, "shape", pred, out):
            function(pred, target, out=out[:3])
        with refused(ValueError, "dtype", pred):
            function(pred, target, out=np.empty((4, 6), np.float32))
        with refused(ValueError, "overlap", pred):
            function(pred, target, out=pred[::-1])
        if given.labels:
            bad = target.copy()
            bad[3] = 6
            with refused(IndexError, literally("target[3] = 6 "), pred, out):
                function(pred, bad, out=out)


# ---- the reference --------------------------------------------------------------------------------------------------


def test_the_reference_raises_the_same_for_the_same(given):
    """The same class, with the same words."""
    pred, target = given.draw((4, 3))
    wrong = [
        ((pred, target[:3]), {}),
        ((pred, target), {"reduction": "average"}),
        ((pred, target), {"sample_weights": 1}),
        ((pred, target), {"weight": np.ones(7)}),
        ((pred, target), {"weight": 1, "sample_weight": 1}),
        ((pred, target), {"reduction": "mean", "pred": pred}),
        ((pred, target), {"weight": [1, "a"]}),
        ((None, target), {}),
        ((pred.astype(str), target), {}),
        ((), {"target": target}),
        ((pred, target, 1), {}),
    ]
    if not given.loss.declared.optional_target:
        wrong.append(((pred,), {}))
    if given.labels:
        wrong.append(((pred, np.full(4, 3)), {}))
    for args, kwargs in wrong:
        for name in ENTRY_POINTS:
            raised = []
            for loss in (given.loss, given.loss.reference):
                with pytest.raises((ValueError, TypeError, IndexError)) as caught:
                    function_of(loss, name)(*args, **kwargs)
                raised.append((caught.type, str(caught.value)))
            assert raised[0] == raised[1]
