"""Any call gives its result or a clear exception, and writes nothing but its outputs: a machine that makes calls.

What a call must do is decided here from its arguments alone, by the contract; the library is asked only afterwards.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from typing import Any, NamedTuple

import hypothesis
import numpy as np
import pytest
from conftest import PAIRED, call, same_bits
from depth import Depth
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

import fastloss as fl
from fastloss import _verify
from fastloss._kinds import Interval, Parameter
from fastloss._loss import Loss, values_of
from fastloss._options import EMPTY, REDUCTIONS
from fastloss._registry import Declaration
from fastloss._shapes import ENTRY_POINTS

REFUSALS = (ValueError, TypeError, IndexError, MemoryError)

#: Around nothing, one, a group of lanes and a block; the last is shared out among threads.
SIZES = (0, 1, 1, 2, 2, 3, 5, 63, 64, 65, 1023, 1024, 1025, 20_000)
MOST_ELEMENTS = 40_000
#: Whose partial sums alone are more than any address space holds.
ENORMOUS = 2**59

POOL_BYTES = 1 << 19
FIRST_SEED = 20_231

try:
    from ml_dtypes import bfloat16
except ImportError:
    HALVES = (np.dtype(np.float16),)
else:
    HALVES = (np.dtype(np.float16), np.dtype(bfloat16))
INTEGERS = tuple(np.dtype(f"{kind}{size}") for kind in "iu" for size in (1, 2, 4, 8))
FLOATS = (np.dtype(np.float32), np.dtype(np.float64))
ACCEPTED = (
    *FLOATS,
    *FLOATS,
    *FLOATS,
    *FLOATS,
    *HALVES,
    *INTEGERS,
    np.dtype(bool),
    np.dtype(">f4"),
    np.dtype(">f8"),
    np.dtype(">f2"),
)
FLOATING = tuple(dtype for dtype in ACCEPTED if dtype.kind not in "biu")
LABELS = (*INTEGERS, np.dtype(np.int64), np.dtype(bool), np.dtype(">i4"), np.dtype(">u8"))

#: How an array lies in memory: of its own (None) or of the pool, how many bytes from the start. All in one choice, since it is
#: choices that take the time.
LAYOUTS = ("C", "C", "Fortran", "permuted", "negative", "sliced", "broadcast")
SHARED = (None, None, None, 0, 1)
OFFSETS = (0, 0, 1, 4, 8, 64, 100, 4099, 20_000)
WRAPPED = ("array",) * 6 + ("memoryview", "list", "subclass")

SPECIAL = np.array(
    [
        0.0,
        -0.0,
        1.0,
        -1.0,
        math.nan,
        math.inf,
        -math.inf,
        5e-324,
        -1e-310,
        1e-45,
        -1e-40,
        3.4e38,
        -3.5e38,
        1.7e308,
        65520.0,
        1e-8,
    ]
)

#: What may be wrong with a call.
ASPECTS = (
    "pred",
    "target",
    "shape",
    "numbers",
    "labels",
    "parameter",
    "weight",
    "reduction",
    "axis",
    "out",
    "n_threads",
    "keyword",
    "size",
)
#: Those of which there are many kinds are wrong more often.
ASPECTS_DRAWN = (*ASPECTS, "labels", "parameter", *("out",) * 5)

#: What may be wrong with out: itself, or that it lies at or near the place of another argument.
BAD_OUTS = (
    "shape",
    "dtype",
    "swapped",
    "read-only",
    "broadcast",
    "target",
    "weight",
    "parameter",
    "shifted",
    "list",
    "masked",
    "too many",
)


def one_of(*choices: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from(choices)


CHOICE = {name: one_of(*choices) for name, choices in {
    "accepted": ACCEPTED, "floating": FLOATING, "labels": LABELS, "size": SIZES,
    "placement": tuple(itertools.product(LAYOUTS, SHARED, OFFSETS)),
    "finish": tuple(itertools.product((False, False, True), WRAPPED)),
    "ndim": (0, 1, 1, 2, 2, 3, 4),
    "numbers": ("normal", "normal", "domain", "extreme", "special"),
    "unaccepted": ("complex", "object", "longdouble", "string", "masked", "None", "text"),
    "entry point": tuple(ENTRY_POINTS),
    "n_threads": (None, 1, 2, 3, 7, 16),
    "bad n_threads": (0, -1, 1.5, True, "2", math.nan, 2**31, [1]),
    "bad reduction": ("average", "", None, 1, b"mean", ("mean",)),
    "bad keyword": ("weights", "Reduction", "dtype", "keepdims"),
    "out": (None, None, "fresh", "fresh", "pred", "pooled"),
    "out form": ("one", "both", "first", "second", "alone"),
    "weight": (None,) * 5 + ("number", "same", "same", "broadcast", "zeros"),
    "bad weight": ("shape", "unaccepted"),
    "bad shape": ("column", "one less", "transposed", "one more axis", "empty"),
    "bad axis": (7, -6, 2**40, "0", 0.5, [0]),
    "tier": tuple(_verify.usable_tiers()),
}.items()}  # fmt: skip
BOOLEAN = st.booleans()
SEED = st.integers(0, 2**32)


class Named(np.ndarray):
    pass


# ---- arrays ---------------------------------------------------------------------------------------------------------


class Placed(NamedTuple):
    """An array and the memory in which it lies."""

    array: np.ndarray
    memory: np.ndarray
    offset: int

    def in_copy(self, memory: np.ndarray) -> np.ndarray:
        """The array at the same place of a copy of its memory."""
        return np.ndarray(self.array.shape, self.array.dtype, memory, self.offset, self.array.strides)


def strides_of(layout: str, shape: tuple[int, ...], itemsize: int) -> list[int]:
    axes = list(range(len(shape)))[::-1]
    if layout == "Fortran":
        axes.reverse()
    elif layout == "permuted":
        axes = axes[1:] + axes[:1]
    strides, step = [0] * len(shape), itemsize * (3 if layout == "sliced" else 1)
    for axis in axes:
        strides[axis] = -step if layout == "negative" else step
        step *= max(1, shape[axis])
    if layout == "broadcast":
        for axis in axes[-2:]:
            strides[axis] = 0
    return strides


def whole_numbers(array: np.ndarray) -> bool:
    return array.dtype.kind in "biu"


def within(interval: Interval, x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The numbers, moved into an interval; NaN lies in every one."""
    if interval.ends_only:
        return np.where(np.isnan(x), x, rng.choice([interval.low, interval.high], x.shape))
    return interval.clip(x, np.float32)  # in either precision


def numbers(kind: str, interval: Interval, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    n = math.prod(shape)
    if kind == "normal":
        x = rng.normal(0, 3, n)
    elif kind == "domain":
        x = _verify.draw_from(interval, n, np.dtype(np.float64), rng)
    elif kind == "extreme":
        x = rng.choice([-1.0, 1.0], n) * 10.0 ** rng.uniform(-300, 300, n)
    else:
        x = rng.choice(SPECIAL, n)
    return x.reshape(shape)


# ---- what the contract says of a call -------------------------------------------------------------------------------


def as_read(given: Any) -> np.ndarray | None:
    """The array that is meant by an argument; None where its kind is not accepted."""
    if isinstance(given, np.ma.MaskedArray):
        return None
    array = np.asarray(given)
    return array if array.dtype in HALVES or (array.dtype.kind in "biuf" and array.dtype.itemsize <= 8) else None


def computed_in(pred: np.ndarray) -> type:
    return np.float32 if pred.dtype.kind in "fV" and pred.dtype.itemsize <= 4 else np.float64


def result_dtype(pred: np.ndarray) -> np.dtype:
    return pred.dtype.newbyteorder("=") if computed_in(pred) is np.float32 else np.dtype(np.float64)


def outside(array: np.ndarray, interval: Interval, real: type) -> bool:
    x = array.astype(real)
    if interval.ends_only:
        return bool(np.any((x != interval.low) & (x != interval.high) & (x == x)))
    below = x <= interval.low if interval.low_open else x < interval.low
    above = x >= interval.high if interval.high_open else x > interval.high
    return bool(np.any(below | above))


def overlap(a: np.ndarray, b: np.ndarray) -> bool | None:
    """None where it takes too long to tell."""
    try:
        return np.shares_memory(a, b, max_work=10_000)
    except np.exceptions.TooHardError:
        return None


class Verdict:
    """The exceptions with which a call may be refused; it must be, if there are any, unless that is open."""

    def __init__(self) -> None:
        self.refusals: set[type] = set()
        self.open = False

    def refuse(self, error: type, condition: Any = True) -> None:
        if condition is None:  # nobody can tell
            self.open = True
        if condition or condition is None:
            self.refusals.add(error)

    def of_out(self, out: Any, entry_point: str, pred: np.ndarray, others: list[np.ndarray]) -> None:
        wanted = len(ENTRY_POINTS[entry_point]) - ("value" in ENTRY_POINTS[entry_point])
        given = out if isinstance(out, tuple) else (out,)
        self.refuse(ValueError, not 1 <= len(given) <= wanted)
        earlier: list[np.ndarray] = []
        for array in given:
            if array is None:
                continue
            if not isinstance(array, np.ndarray) or isinstance(array, np.ma.MaskedArray):
                self.refuse(TypeError)
                continue
            self.refuse(ValueError, array.shape != pred.shape)
            self.refuse(ValueError, array.dtype != result_dtype(pred) or not array.dtype.isnative)
            self.refuse(ValueError, not array.flags.writeable)
            several = [n for n, stride in zip(array.shape, array.strides, strict=True) if stride == 0 and n > 1]
            self.refuse(ValueError, bool(array.size and several))
            here = (array.ctypes.data, array.dtype) == (pred.ctypes.data, pred.dtype)
            if not (here and array.strides == pred.strides):
                # Strides that nothing follows may differ, and the place be the same.
                self.refuse(ValueError, overlap(array, pred) and (None if here else True))
            for other in others + earlier:
                self.refuse(ValueError, overlap(array, other))
            earlier.append(array)

    def of_arrays(self, loss: Loss, pred: np.ndarray, target: np.ndarray, keywords: dict[str, Any]) -> tuple[int, ...] | None:
        """What is wrong with shapes and numbers; the shape of the loss, if there is one."""
        declared = loss.declared
        values = {name: keywords.get(name, p.default) for name, p in loss.params.items()}
        shape, labelled = pred.shape, False
        if declared.family == "rows":
            axis = keywords.get("axis", -1)
            if not isinstance(axis, int):
                self.refuse(TypeError)
                return None
            if not -pred.ndim <= axis < pred.ndim:
                self.refuse(ValueError)
                return None
            axis %= pred.ndim
            classes, shape = pred.shape[axis], pred.shape[:axis] + pred.shape[axis + 1 :]
            same = declared.target_has_classes and target.shape == pred.shape
            labelled = declared.labels and target.shape == shape and not same
            if not same and not labelled:
                self.refuse(ValueError)
                return None
            class_weight = values.get("class_weight")
            if class_weight is not None:
                self.refuse(ValueError, np.shape(class_weight) != (classes,))
            empty = labelled and target.size == 0  # a list of no labels
            self.refuse(TypeError, declared.labels and labelled != whole_numbers(target) and not empty)
            self.refuse(TypeError, declared.label_lists and not whole_numbers(target))
            if declared.label_lists and whole_numbers(target) and pred.size < ENORMOUS:
                lists = np.moveaxis(target, axis, -1)
                ended = np.cumsum(lists < 0, axis=-1) > 0
                self.refuse(IndexError, np.any(~ended & (lists.astype(object) >= classes)))
            if labelled and whole_numbers(target) and pred.size < ENORMOUS:
                labels = target.astype(np.uint8) if target.dtype == bool else target  # NumPy compares bool with few integers
                bad = ((labels < 0) | (labels >= classes)) & (labels != values["ignore_index"])
                self.refuse(IndexError, np.any(bad))
        elif target.shape not in (pred.shape, ()):
            self.refuse(ValueError)
            return None
        if keywords.get("check_domain", True) and pred.size < ENORMOUS:
            real = computed_in(pred)
            if declared.label_alone:
                self.of_labels_alone(declared, pred, target, axis, values, keywords.get("weight"))
            else:
                self.refuse(ValueError, outside(pred, declared.prediction, real))
            if not labelled:
                self.refuse(ValueError, outside(target, declared.target_domain(values), real))
        self.refuse(MemoryError, pred.size >= ENORMOUS)
        return shape

    def of_labels_alone(
        self, declared: Declaration, pred: np.ndarray, target: np.ndarray, axis: int, values: Any, weight: Any
    ) -> None:
        """What is wrong with the predictions of the labels; of rows of weight 0 none is read."""
        good = (target >= 0) & (target < pred.shape[axis]) & (target != values["ignore_index"])
        if pred.shape[axis] and whole_numbers(target):
            chosen = np.take_along_axis(pred, np.expand_dims(np.where(good, target, 0).astype(np.intp), axis), axis)
            read = outside(np.squeeze(chosen, axis)[good], declared.prediction, computed_in(pred))
            plain = weight is None and values["class_weight"] is None
            self.refuse(ValueError, read and (True if plain else None))

    def of_array_parameter(self, p: Parameter, given: Any, pred: np.ndarray | None) -> None:
        if given is None and p.kind.optional:
            return
        array = as_read(given)
        if array is None or (array.ndim == 0 and p.kind.array == "classes"):
            self.refuse(TypeError)
            return
        if isinstance(given, np.ndarray):  # of a number the verdict was given with it
            held = array.astype(np.float64)
            bad = ~((held >= p.range.low) & (held <= p.range.high))
            bad &= (held == held) | (p.kind.array == "classes")  # NaN makes its element NaN
            bad |= (held == p.range.low) & p.range.low_open | (held == p.range.high) & p.range.high_open
            self.refuse(ValueError, np.any(bad))
        if pred is not None and p.kind.array == "elements":
            self.of_broadcast(array, pred.shape)

    def of_broadcast(self, array: np.ndarray, shape: tuple[int, ...]) -> None:
        try:
            np.broadcast_to(array, shape)
        except ValueError:
            self.refuse(ValueError)


# ---- the machine ----------------------------------------------------------------------------------------------------


class AnyCall(RuleBasedStateMachine):
    """Makes calls with arrays of a pool of memory, so that they overlap; threads, tier and bound parameters change between."""

    counts: Counter[str]

    def __init__(self) -> None:
        super().__init__()
        self.pool = [np.zeros(POOL_BYTES, np.uint8) for _ in range(2)]
        self.losses = list(PAIRED.values())
        self.tier = fl._core.get_tier()

    def teardown(self) -> None:
        fl._core.set_tier(self.tier)
        fl.set_num_threads(None)

    # What happens between calls.

    @rule(seed=SEED, n=CHOICE["n_threads"], tier=CHOICE["tier"])
    def change_surroundings(self, seed: int, n: int | None, tier: str) -> None:
        self.pool[seed % 2][:] = np.frombuffer(np.random.default_rng(seed).bytes(POOL_BYTES), np.uint8)
        fl.set_num_threads(n)
        fl._core.set_tier(tier)

    @rule(data=st.data())
    def bind(self, data: Any) -> None:
        draw = data.draw
        loss = draw(st.sampled_from(self.losses))
        if not loss.params:
            return
        p = draw(st.sampled_from(list(loss.params.values())))
        if p.kind.array == "classes":  # of which every call has another number
            return
        value, error = self.number_parameter(draw, p, draw(BOOLEAN))
        if error is None:
            self.losses.append(loss.bind(**{p.name: value}))
        else:
            with pytest.raises(error, match=p.name):
                loss.bind(**{p.name: value})

    @rule(data=st.data())
    def right_calls(self, data: Any) -> None:
        for _ in range(5):
            self.make_call(data.draw, ())

    @rule(data=st.data(), wrong=one_of(1, 1, 1, 2, 5), seed=SEED)
    def wrong_calls(self, data: Any, wrong: int, seed: int) -> None:
        # Not by Hypothesis, which likes to repeat what it has chosen: each of the many ways to be wrong is to occur.
        rng = np.random.default_rng(seed)
        for _ in range(3):
            self.make_call(data.draw, tuple(rng.choice(ASPECTS_DRAWN, wrong).tolist()))

    # Arguments.

    def place(self, shape: tuple[int, ...], dtype: np.dtype, layout: str, shared: int | None, offset: int) -> Placed:
        """An array in memory of its own, or of the pool."""
        strides = strides_of(layout, shape, dtype.itemsize)
        reach = [(n - 1) * stride for n, stride in zip(shape, strides, strict=True)] if math.prod(shape) else []
        first = offset - sum(r for r in reach if r < 0)
        size = first + sum(r for r in reach if r > 0) + dtype.itemsize
        own = shared is None or size > POOL_BYTES
        memory = np.full(size + 64, 0xA5, np.uint8) if own else self.pool[shared]
        return Placed(np.ndarray(shape, dtype, memory, first, strides), memory, first)

    def filled(self, draw: Any, shape: tuple[int, ...], dtype: np.dtype, x: np.ndarray | None) -> Placed:
        """An array that holds x; or, where x is None, what its memory held."""
        layout, shared, offset = draw(CHOICE["placement"])
        if dtype.kind == "b":  # whose bytes must be 0 or 1
            shared, x = None, np.ones(shape) if x is None else x
        placed = self.place(shape, dtype, layout, shared, offset)
        if x is not None:
            with np.errstate(all="ignore"):
                placed.array[...] = x.astype(dtype)
        return placed

    def unaccepted(self, draw: Any, shape: tuple[int, ...]) -> Any:
        kind = draw(CHOICE["unaccepted"])
        if kind == "masked":
            return np.ma.masked_array(np.ones(shape))
        if kind in ("None", "text"):
            return None if kind == "None" else "1.0"
        return np.ones(shape).astype({"complex": complex, "object": object, "longdouble": np.longdouble, "string": str}[kind])

    def number_parameter(self, draw: Any, p: Parameter, wrong: bool) -> tuple[Any, type | None]:
        """A value for a parameter that is a number, and the exception that it raises."""
        low, high = p.range.low, p.range.high
        if p.kind.type is bool:
            return draw(one_of(("1", TypeError), ([True], TypeError))) if wrong else (draw(BOOLEAN), None)
        if wrong:
            strange = [("1", TypeError), (b"1", TypeError), (1j, TypeError), (np.complex64(0.5), TypeError), ({}, TypeError)]
            strange += [(np.array("1"), TypeError), (np.ma.masked_array(0.5), TypeError), (math.nan, ValueError)]
            strange += [] if p.kind.optional else [(None, TypeError)]
            strange += [] if p.kind.array else [([0.5], TypeError)]
            if p.kind.type is int:
                strange[-2 if not p.kind.array else -1] = (1.5, TypeError)
                strange = [(v, TypeError if v is math.nan else e) for v, e in strange]
                strange += [(math.inf, TypeError), (int(high) + 1, ValueError), (int(low) - 1, ValueError)]
            else:
                strange += [(10**400, ValueError), (-(10**400), ValueError)]
                strange += [(x, ValueError) for x in (low, high, low - 0.5, high + 0.5, math.inf) if x not in p.range]
            return draw(st.sampled_from(strange))
        if p.kind.type is int:
            good = [x for x in (-100, -1, 0, 1, 2, 5, 2**40, -(2**63), np.int8(3), np.uint64(7)) if int(x) in p.range]
            return draw(st.sampled_from(good)), None
        width = high - low if math.isfinite(high - low) else 8.0
        inside = low + width / draw(one_of(2, 3, 1e30 if math.isinf(high) else 16))
        good = [
            inside,
            inside,
            np.float64(inside),
            np.array(inside),
            np.float32(0.5),
            True,
            *([None] if p.kind.optional else []),
        ]
        good += [end for end in (low, high) if end in p.range]
        good = [x for x in good if x is None or float(x) in p.range]
        return draw(st.sampled_from(good)), None

    def array_parameter(self, draw: Any, shape: tuple[int, ...], wrong: bool, rng: np.random.Generator) -> Placed | Any:
        """A value for a parameter that is an array of `shape`."""
        if wrong and draw(BOOLEAN):
            return self.unaccepted(draw, (*shape, 2))
        x = rng.integers(1, 9, shape) / 4
        dtype = draw(CHOICE["accepted"])
        if dtype.kind in "biu":
            x = np.ceil(x)
        if wrong and x.size:
            x.flat[rng.integers(x.size)] = draw(one_of(math.nan, math.inf, -1.0)) if dtype.kind in "fV" else 0
        return self.filled(draw, shape, dtype, x)

    def shape(self, draw: Any, least: int) -> tuple[int, ...]:
        shape: list[int] = []
        room = MOST_ELEMENTS
        for _ in range(max(least, draw(CHOICE["ndim"]))):
            n = draw(CHOICE["size"])
            n = n if n <= room else min(room, 2)
            room //= max(n, 1)
            shape.append(n)
        return tuple(shape)

    def wrap(self, draw: Any, placed: Placed) -> Any:
        """The array, or another object with the same numbers."""
        array = placed.array
        read_only, how = draw(CHOICE["finish"])
        array.flags.writeable = not read_only
        if how == "subclass":
            return array.view(Named)
        if how == "list" and 0 < array.size < 100 and array.dtype in FLOATS:
            return array.tolist()
        if how == "memoryview" and array.size and array.dtype.kind in "iuf" and array.dtype not in HALVES:
            return memoryview(array)
        return array

    def out(self, draw: Any, kind: str | None, entry_point: str, pred: np.ndarray, placed: dict[str, Placed]) -> Any:
        """A value for out, whose arrays are added to those placed."""

        def fresh(shape: tuple[int, ...], dtype: np.dtype, layout: str = "", shared: int | None = None) -> np.ndarray:
            drawn, _, offset = draw(CHOICE["placement"])
            made = self.place(shape, dtype, layout or (drawn if drawn != "broadcast" else "C"), shared, offset)
            placed[f"out {len(placed)}"] = made
            return made.array

        self.counts[f"out {kind}"] += 1
        if kind is None:
            return None
        shape, dtype = pred.shape, result_dtype(pred)
        if kind == "shape":
            array = fresh(draw(one_of((*shape, 1), shape[1:], shape[::-1])), dtype)
        elif kind == "dtype":
            array = fresh(shape, draw(CHOICE["accepted"]))
        elif kind == "swapped":
            array = fresh(shape, dtype.newbyteorder())
        elif kind == "read-only":
            array = fresh(shape, dtype)
            array.flags.writeable = False
        elif kind == "broadcast":
            array = fresh(shape, dtype, "broadcast")
        elif kind in ("target", "weight", "parameter", "shifted") and kind.replace("shifted", "pred") in placed:
            # At, or near, the place of another array.
            other = placed[kind.replace("shifted", "pred")]
            strides = strides_of("C", shape, dtype.itemsize)
            first = max(0, other.offset + draw(one_of(0, 0, 1, 4, 8, -8, 64)))
            if first + math.prod(shape) * dtype.itemsize > other.memory.nbytes:
                array = fresh(shape, dtype, "C", 0)
            else:
                made = Placed(np.ndarray(shape, dtype, other.memory, first, strides), other.memory, first)
                placed[f"out {len(placed)}"] = made
                array = made.array
        elif kind == "list":
            return np.zeros(shape).tolist()
        elif kind == "masked":
            array = fresh(shape, dtype).view(np.ma.MaskedArray)
        elif kind == "too many":
            return tuple(fresh(shape, dtype, "C") for _ in range(draw(one_of(0, 2, 3))))
        elif kind == "pooled":
            array = fresh(shape, dtype, shared=1)
        elif kind == "pred" and pred.dtype == dtype and pred.dtype.isnative and pred.flags.writeable:
            array = pred
        else:
            array = fresh(shape, dtype)
        form = draw(CHOICE["out form"])
        if entry_point != "grad_and_hess" or form == "alone":
            return array if form != "first" else (array,)
        if form == "both":
            return array, fresh(shape, dtype)
        return (None, array) if form == "second" else (array, None)

    # One call.

    def make_call(self, draw: Any, wrong: tuple[str, ...]) -> None:
        verdict = Verdict()
        self.counts.update(f"wrong {aspect}" for aspect in set(wrong))
        rng = np.random.default_rng(draw(SEED))
        with_labels = [loss for loss in self.losses if loss.declared.labels or loss.declared.label_lists]
        loss = draw(st.sampled_from(with_labels if "labels" in wrong else self.losses))
        entry_point = draw(CHOICE["entry point"])
        declared, keywords, placed = loss.declared, {}, {}
        is_rows = declared.family == "rows"

        # The shapes of the prediction and of the loss.
        shape = self.shape(draw, 1 if is_rows else 0)
        loss_shape, classes = shape, 0
        if is_rows:
            axis = draw(st.integers(-len(shape), len(shape) - 1))
            loss_shape, classes = shape[: axis % len(shape)] + shape[axis % len(shape) + 1 :], shape[axis]
            if "axis" in wrong:
                axis = draw(CHOICE["bad axis"])
            if axis != -1:
                keywords["axis"] = axis
        elif "axis" in wrong:
            keywords["axis"] = 0
            verdict.refuse(TypeError)

        # Prediction and target.
        enormous = "size" in wrong
        labelled = declared.labels and (not declared.probabilities or "labels" in wrong or draw(BOOLEAN))
        target_shape = loss_shape if labelled else shape
        if enormous:
            dtype = draw(one_of(np.int8, np.float32, np.float64))
            shape = (ENORMOUS, 1) if is_rows else (ENORMOUS,)
            keywords.pop("axis", None) if is_rows and "axis" not in wrong else None
            loss_shape, classes = shape[:1], 1
            target_shape = loss_shape if labelled else shape
            pred: Any = np.broadcast_to(dtype(0), shape)
            target: Any = np.broadcast_to(np.int8(0) if labelled or declared.label_lists else dtype(1), target_shape)
        else:
            pred = self.pred(draw, loss, shape, wrong, rng, placed)
            if "shape" in wrong:
                target_shape = bad_shape(draw(CHOICE["bad shape"]), target_shape)
            target = self.target(draw, loss, target_shape, labelled, classes, wrong, rng, placed)

        # Keywords.
        for p in loss.params.values():
            if not draw(one_of(False, False, True)) and "parameter" not in wrong:
                continue
            strange = "parameter" in wrong
            if p.kind.array == "classes" or (p.kind.array and draw(BOOLEAN)):
                if enormous:
                    continue
                wanted = (classes,) if p.kind.array == "classes" else draw(one_of(shape, shape[-1:], ()))
                if strange and draw(BOOLEAN):
                    wanted = (*wanted, 2)
                given = self.array_parameter(draw, wanted, strange and draw(BOOLEAN), rng)
                if isinstance(given, Placed):
                    placed["parameter"] = given
                    given = given.array
                keywords[p.name] = given
            else:
                keywords[p.name], error = self.number_parameter(draw, p, strange)
                if error is not None:
                    verdict.refuse(error)
        if (kind := draw(CHOICE["bad weight"] if "weight" in wrong else CHOICE["weight"])) is not None and not enormous:
            keywords["weight"] = self.weight(draw, kind, loss_shape, rng, placed)
        if "reduction" in wrong:
            keywords["reduction"] = draw(CHOICE["bad reduction"])
            verdict.refuse(ValueError)
        elif draw(BOOLEAN):
            keywords["reduction"] = draw(one_of(*REDUCTIONS))
        if draw(one_of(False, False, True)):
            keywords["empty"] = draw(one_of(*EMPTY))
        if "n_threads" in wrong:
            keywords["n_threads"] = draw(CHOICE["bad n_threads"])
            verdict.refuse(ValueError)
        elif draw(BOOLEAN):
            keywords["n_threads"] = draw(CHOICE["n_threads"])
        if "keyword" in wrong:
            keywords[draw(CHOICE["bad keyword"])] = 1
            verdict.refuse(TypeError)
        if draw(one_of(False, False, False, True)):
            keywords["check_domain"] = draw(BOOLEAN)
            verdict.refuse(TypeError, not (declared.prediction.bounded or declared.target.bounded))

        # Whether it is to be refused.
        read = {name: as_read(x) for name, x in (("pred", pred), ("target", target))}
        if target is None and declared.optional_target and read["pred"] is not None:
            read["target"] = np.zeros_like(read["pred"])
        if "weight" in keywords:
            read["weight"] = as_read(keywords["weight"])
        verdict.refuse(TypeError, any(x is None for x in read.values()))
        with np.errstate(all="ignore"):
            if read["pred"] is not None and read["target"] is not None:
                found_shape = verdict.of_arrays(loss, read["pred"], read["target"], keywords)
                if found_shape is not None and read.get("weight") is not None:
                    verdict.of_broadcast(read["weight"], found_shape)
            for name, p in loss.params.items():
                if p.kind.array and name in keywords:
                    verdict.of_array_parameter(p, keywords[name], read["pred"])
        if entry_point == "value":
            if "out" in wrong:
                keywords["out"] = None
                verdict.refuse(TypeError)
        elif read["pred"] is not None and not enormous:
            kind = str(rng.choice(BAD_OUTS)) if "out" in wrong else draw(CHOICE["out"])
            out = self.out(draw, kind, entry_point, read["pred"], placed)
            if out is not None or "out" in wrong:
                keywords["out"] = out
            if out is not None:
                others = [target, *(x for name, x in keywords.items() if name != "out")]
                others = [np.asarray(x) for x in others if isinstance(x, (np.ndarray, memoryview))]
                verdict.of_out(out, entry_point, read["pred"], others)

        try:
            self.run(loss, entry_point, pred, target, keywords, placed, verdict, read)
        except Exception as error:
            texts = [shown(pred), shown(target), *(f"{name}={shown(x)}" for name, x in keywords.items())]
            error.add_note(f"{loss!r}, {entry_point}: {', '.join(texts)}")
            raise

    def pred(self, draw: Any, loss: Loss, shape: Any, wrong: tuple[str, ...], rng: Any, placed: dict[str, Placed]) -> Any:
        if "pred" in wrong:
            return self.unaccepted(draw, shape)
        interval = loss.declared.prediction
        x = numbers(draw(CHOICE["numbers"]), interval, shape, rng)
        placed["pred"] = self.filled(
            draw, shape, draw(CHOICE["accepted"]), x if "numbers" in wrong else within(interval, x, rng)
        )
        return self.wrap(draw, placed["pred"])

    def target(
        self,
        draw: Any,
        loss: Loss,
        shape: tuple[int, ...],
        labelled: bool,
        classes: int,
        wrong: tuple[str, ...],
        rng: Any,
        placed: dict[str, Placed],
    ) -> Any:
        if "target" in wrong:
            return self.unaccepted(draw, shape)
        listed = loss.declared.label_lists
        if (labelled or listed) and not ("labels" in wrong and draw(one_of(False, False, True))):
            dtype = draw(CHOICE["labels"])
            most = 1 if dtype.kind == "b" else np.iinfo(dtype).max
            labels = rng.integers(0, max(1, min(classes, most + 1)), shape, np.int64)
            # Of some only: with another ignore_index these labels are refused.
            ignored = -1 if listed else loss.params["ignore_index"].default
            if draw(BOOLEAN) and dtype.kind == "i" and np.iinfo(dtype).min <= ignored <= most:
                labels = np.where(rng.random(shape) < 0.1, ignored, labels)
            if "labels" in wrong and labels.size:
                labels.flat[rng.integers(labels.size)] = draw(one_of(-1, classes, classes + 1, -(2**63), 2**63 - 1, -2))
            placed["target"] = self.filled(draw, shape, dtype, np.asarray(labels))
            return self.wrap(draw, placed["target"])
        interval = loss.declared.target_domain(values_of(loss))
        x: np.ndarray | None = numbers(draw(CHOICE["numbers"]), interval, shape, rng)
        if "numbers" not in wrong:
            x = within(interval, x, rng)
        elif draw(BOOLEAN):
            x = None
        probabilities = loss.declared.labels and "labels" not in wrong
        placed["target"] = self.filled(draw, shape, draw(CHOICE["floating" if probabilities else "accepted"]), x)
        return self.wrap(draw, placed["target"])

    def weight(self, draw: Any, kind: str, shape: tuple[int, ...], rng: Any, placed: dict[str, Placed]) -> Any:
        if kind == "unaccepted":
            found = self.unaccepted(draw, shape)
            return found if found is not None else object()  # None is no weight
        if kind == "number":
            return draw(one_of(0.5, 2, np.float32(3), 0, True))
        if kind == "shape":
            shape = draw(one_of((*shape, 7), (3, *shape), (7,)))
        elif kind == "broadcast":
            shape = tuple(n if draw(BOOLEAN) else 1 for n in shape[draw(one_of(0, 0, 1)) :])
        x = np.zeros(shape) if kind == "zeros" else rng.integers(0, 4, shape) / 2
        placed["weight"] = self.filled(draw, shape, draw(CHOICE["accepted"]), np.asarray(x))
        return self.wrap(draw, placed["weight"])

    def run(
        self,
        loss: Loss,
        entry_point: str,
        pred: Any,
        target: Any,
        keywords: dict[str, Any],
        placed: dict[str, Placed],
        verdict: Verdict,
        read: dict[str, np.ndarray | None],
    ) -> None:
        """Make the call, and compare what it did with the verdict."""
        memories = {id(p.memory): p.memory for p in placed.values()}
        before = {key: memory.copy() for key, memory in memories.items()}
        copies = {name: plain(x) for name, x in keywords.items() if name not in ("out", "n_threads")}
        plain_pred, plain_target = plain(pred), plain(target)
        counts = self.counts
        counts["calls"] += 1
        counts[f"loss {loss.name}"] += 1
        counts[f"entry point {entry_point}"] += 1
        refused = None
        try:
            results = call(loss, entry_point, pred, target, **keywords)
        except REFUSALS as error:
            refused = error
        if refused is not None:
            kind = next(kind for kind in REFUSALS if isinstance(refused, kind))
            counts[kind.__name__] += 1
            assert str(refused), "the exception says nothing"
            assert "another thread" not in str(refused)
            assert kind in verdict.refusals, f"{kind.__name__}: {refused}; expected: {verdict.refusals or 'a result'}"
            for key, memory in memories.items():
                assert np.array_equal(memory, before[key]), "a call that failed has changed an array"
            return
        assert verdict.open or not verdict.refusals, f"no exception, but {verdict.refusals} was expected"
        counts["results"] += 1
        expected = call(loss, entry_point, plain_pred, plain_target, n_threads=1, **copies)
        outs = keywords.get("out")
        outs = outs if isinstance(outs, tuple) else (outs,)
        array = read["pred"]
        places = iter(outs)
        for name, found, wanted in zip(ENTRY_POINTS[entry_point], results, expected, strict=True):
            assert same_bits(found, wanted), f"{name} differs from that of contiguous copies"
            out = next(places, None) if name != "value" else None
            reduction = keywords.get("reduction", loss.declared.default_reduction(entry_point))
            check_kind(name, found, out, array, reduction, loss.family == "rows")
            if out is None:
                assert not any(np.may_share_memory(found, memory) for memory in memories.values())
                continue
            counts["results in out"] += 1
            for place in placed.values():
                if place.array.__array_interface__ == out.__array_interface__:
                    place.in_copy(before[id(place.memory)])[...] = out
        for key, memory in memories.items():
            assert np.array_equal(memory, before[key]), "something else than out was written to"


def check_kind(name: str, found: Any, out: Any, pred: np.ndarray, reduction: str, rows: bool) -> None:
    """Type, dtype and order of a result are as documented."""
    dtype = result_dtype(pred)
    if name != "value":
        assert found is out if out is not None else type(found) is np.ndarray
        assert found.dtype == dtype
        assert found.dtype.isnative
        assert found.shape == pred.shape
        if out is None:
            assert found.flags.c_contiguous or not pred.flags.c_contiguous
            assert found.flags.f_contiguous or not pred.flags.f_contiguous
    elif reduction == "none":
        assert found.dtype == (np.float32 if rows and dtype in HALVES else dtype)
        assert isinstance(found, np.ndarray if found.ndim else np.generic)
    else:
        assert type(found) is float


def shown(given: Any) -> str:
    if isinstance(given, tuple):
        return f"({', '.join(map(shown, given))})"
    if not isinstance(given, np.ndarray):
        return repr(given)
    text = f"{type(given).__name__}({given.dtype}, {given.shape}, strides {given.strides}"
    return text + (f", {given.tolist()})" if given.size < 10 else ")")


def plain(given: Any) -> Any:
    """A contiguous copy in the machine's byte order."""
    if isinstance(given, memoryview):
        given = np.asarray(given)
    if not isinstance(given, np.ndarray) or isinstance(given, np.ma.MaskedArray) or given.size >= ENORMOUS:
        return given
    return np.array(given, given.dtype.newbyteorder("="), order="C", subok=False)


def bad_shape(kind: str, shape: tuple[int, ...]) -> tuple[int, ...]:
    if kind == "column":
        return (*shape, 1)
    if kind == "one less":
        return (*shape[:-1], max(0, shape[-1] - 1)) if shape else (0,)
    if kind == "transposed":
        return shape[::-1]
    return (1, *shape) if kind == "one more axis" else (0,)


def make_calls(wanted: int, seed: int = FIRST_SEED) -> Counter[str]:
    """At least about so many calls; what they were."""
    counts = AnyCall.counts = Counter()
    settings = hypothesis.settings(
        max_examples=max(1, wanted // 20),  # of 26 to 60 calls
        stateful_step_count=30,
        database=None,
        deadline=None,
        # A failure tells the call that it was; to find the least calls that lead there takes many minutes.
        phases=(hypothesis.Phase.generate,),
        verbosity=hypothesis.Verbosity.quiet,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    run_state_machine_as_test(hypothesis.seed(seed)(AnyCall), settings=settings)
    return counts


def test_any_call(depth: Depth, record_property: Any) -> None:
    """A right call has the result of its contiguous copies; a wrong one is refused and changes nothing."""
    wanted = depth.of(800, 1500, 30_000)
    seed = FIRST_SEED + depth.seed
    counts = make_calls(wanted, seed)
    for name, count in sorted(counts.items()):
        record_property(name, count)
    record_property("seed", seed)
    assert counts["calls"] >= wanted
    # A machine whose calls all fail, or all succeed, would prove nothing. Of few calls the shares vary.
    assert counts["results"] >= counts["calls"] / depth.of(5, 3, 3)
    assert counts["calls"] - counts["results"] >= counts["calls"] / 20
    for kind in REFUSALS:
        assert counts[kind.__name__] > 0, kind
    # Ten calls a loss, drawn, leave out one now and then.
    missing = [name for name in PAIRED if not counts[f"loss {name}"]]
    assert len(missing) <= depth.of(len(PAIRED) // 20, len(PAIRED) // 40, 0), missing
    for name in ENTRY_POINTS:
        assert counts[f"entry point {name}"] > 0
    for aspect in ASPECTS:
        assert counts[f"wrong {aspect}"] > 0
    for kind in BAD_OUTS if depth.deep else []:  # each is rare
        assert counts[f"out {kind}"] > 0
    assert counts["results in out"] > 0
