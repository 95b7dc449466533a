"""Nothing is read or written outside the arrays of a call, and nothing but the outputs is written at all."""

from __future__ import annotations

import ctypes
import mmap
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import GIVEN, call, name_of, same_bits

import fastloss as fl
from fastloss import _verify
from fastloss._shapes import ENTRY_POINTS

WITH_OUT = [name for name in ENTRY_POINTS if name != "value"]

SENTINEL = 77.25
FILL = 0x5A

OF_ROWS = [given for given in GIVEN if given.rows]

#: Around a group of lanes, a block and a task.
SIZES = (1, 2, 31, 32, 33, 63, 64, 65, 127, 1023, 1024, 1025, 1088, 16385)

#: Rows and classes: one of either, partial groups, several segments of a row, and more segments than are kept.
ROWS = ((1, 1), (2, 3), (3, 63), (3, 64), (2, 65), (70, 10), (1, 1024), (2, 1025), (1, 2048), (2, 2049), (1, 5000))
LONG_ROW = (1, 250_001)


# ---- guard pages ----------------------------------------------------------------------------------------------------


class Guarded:
    """Memory between two pages that nobody may touch: reading or writing beyond either end kills the process."""

    def __init__(self, size):
        page = mmap.PAGESIZE
        self.size = -(-size // page) * page
        self.map = mmap.mmap(-1, self.size + 2 * page)
        self.start = ctypes.addressof(ctypes.c_char.from_buffer(self.map))
        self.protect(0)

    def protect(self, rights):
        """Set the access rights of the two pages."""
        for page in (self.start, self.start + mmap.PAGESIZE + self.size):
            c = ctypes.CDLL(None, use_errno=True)
            c.mprotect.argtypes = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int
            if c.mprotect(page, mmap.PAGESIZE, rights) != 0:
                raise OSError(ctypes.get_errno(), "mprotect")

    def place(self, array, at_end):
        """A copy of the array that begins right after the first guard, or ends right before the second."""
        assert array.nbytes <= self.size
        offset = mmap.PAGESIZE + (self.size - array.nbytes if at_end else 0)
        placed = np.frombuffer(self.map, array.dtype, array.size, offset).reshape(array.shape)
        placed[...] = array
        return placed


@pytest.fixture(scope="module")
def guarded():
    """Guarded memory for each array of a call."""
    if sys.platform == "win32":
        pytest.skip("Windows has no mprotect")
    names = ("pred", "target", "weight", "parameter", "grad", "hess")
    found = {name: Guarded(2_200_000) for name in names}
    yield found
    for memory in found.values():
        memory.protect(mmap.PROT_READ | mmap.PROT_WRITE)


def test_a_guard_page_kills():
    """The guards work: without this the tests below would prove nothing."""
    if sys.platform == "win32":
        pytest.skip("Windows has no mprotect")
    program = (
        "import ctypes, sys; sys.path.insert(0, sys.argv[1]); import test_memory as t\n"
        "memory = t.Guarded(100); a = memory.place(t.np.zeros(4), sys.argv[2] == 'after')\n"
        "print('placed', flush=True)\n"
        "ctypes.c_char.from_address(a.ctypes.data + (a.nbytes if sys.argv[2] == 'after' else -1)).value\n"
        "print('survived')\n"
    )
    for side in ("before", "after"):
        result = subprocess.run(
            [sys.executable, "-c", program, str(Path(__file__).parent), side],
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.stdout.split() == ["placed"], result.stderr
        assert result.returncode != 0


def array_keywords(loss, shape, rows):
    """Array parameters of a loss, each in turn."""
    for p in loss.params.values():
        if p.kind.array:
            yield p.name, np.full(shape[-1:] if rows else shape, 0.5)


def check_guarded(guarded, given, dtype, entry_point, shape, target_type=None):
    pred, target = given.draw(shape, dtype)
    if target_type is not None:
        target = target.astype(target_type)
    if target.dtype.kind == "f":  # an open end may have been rounded to
        target = given.loss.domain.target.clip(target)
    weight = np.ones(shape[:-1] if given.rows else shape, dtype)
    extra = [(None, None), *array_keywords(given.loss, shape, given.rows)]
    outputs = [name for name in ENTRY_POINTS[entry_point] if name != "value"]
    for at_end in (False, True):
        p, t = guarded["pred"].place(pred, at_end), guarded["target"].place(target, at_end)
        for name, array in extra:
            keywords = {name: guarded["parameter"].place(array.astype(dtype), at_end)} if name else {}
            for weighed in (False, True):
                if weighed:
                    keywords["weight"] = guarded["weight"].place(weight, at_end)
                for reduction in ("mean", "none"):
                    plain = {**keywords, **({"weight": weight} if weighed else {}), "reduction": reduction}
                    expected = call(given.loss, entry_point, pred, target, **plain)
                    out = tuple(guarded[o].place(np.full(shape, SENTINEL, dtype), at_end) for o in outputs)
                    if out:
                        plain["out"] = out if len(out) > 1 else out[0]
                    found = call(given.loss, entry_point, p, t, **{**plain, **keywords})
                    assert all(same_bits(a, b) for a, b in zip(found, expected, strict=True))
                    assert same_bits(p, pred)
                    assert same_bits(t, target)
                    if out:  # in place
                        keywords_here = {**plain, **keywords, "out": (p, out[1]) if len(out) > 1 else p}
                        found = call(given.loss, entry_point, p, t, **keywords_here)
                        assert same_bits(found[-len(outputs)], expected[-len(outputs)])
                        p[...] = pred


def test_guard_pages(guarded, given, dtype, entry_point, tier):
    for shape in ROWS if given.rows else [(n,) for n in SIZES]:
        check_guarded(guarded, given, dtype, entry_point, shape)


@pytest.mark.parametrize("given", OF_ROWS, ids=name_of)
def test_guard_pages_around_very_long_rows(guarded, given, dtype, entry_point):
    check_guarded(guarded, given, dtype, entry_point, LONG_ROW)


def test_guard_pages_around_other_types(guarded, given, dtype, tier):
    """Targets of another type than the prediction go through buffers."""
    whole = [np.int8, np.uint16] if given.labels else [np.int8, np.int16]
    other = whole if given.labels or given.lists else [np.float64 if dtype == np.float32 else np.float32]
    for target_type in other:
        for shape in ((5, 63), (3, 65)) if given.rows else ((63,), (1025,)):
            check_guarded(guarded, given, dtype, "value_and_grad", shape, target_type)


def test_guard_pages_around_views(guarded, given, dtype, tier):
    """Strided, reversed and transposed views that reach both ends of their memory."""
    shape = (65, 65)
    pred, target = given.draw(shape, dtype)
    for at_end in (False, True):
        memory = guarded["pred"].place(np.zeros((65, 65), dtype), at_end)
        label_memory = guarded["target"].place(np.zeros(target.shape, target.dtype), at_end)
        for view in (
            lambda a: a[::-1],
            lambda a: a[..., ::-1],
            lambda a: a.T,
            lambda a: a[::-1].T,
            lambda a: a[::2],
            lambda a: a[::64],
        ):
            p, t = view(memory), view(label_memory)
            if p.shape[0] != t.shape[0]:
                continue
            p[...], t[...] = pred[: p.shape[0], : p.shape[1]], target[tuple(slice(n) for n in t.shape)]
            expected = call(given.loss, "value_and_grad", p.copy(), t.copy())
            found = call(given.loss, "value_and_grad", p, t, out=guarded["grad"].place(np.zeros(p.shape, dtype), at_end))
            assert all(same_bits(a, b) for a, b in zip(found, expected, strict=True))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("function", list(_verify.FUNCTION_BOUNDS))
def test_elementary_functions_take_any_length(function, dtype, tier):
    from fastloss import _core

    x = np.linspace(0.5, 0.9, 200, dtype=dtype)
    whole = _core.math(function, tier, x)
    for n in (0, 1, 63, 64, 65):
        assert same_bits(_core.math(function, tier, x[:n]), whole[:n])


# ---- what lies between ----------------------------------------------------------------------------------------------


def strided_places(shape, dtype):
    """Arrays of a shape with room between their elements, each with the memory around."""
    rows, columns = shape
    memory = np.full((rows + 2, 3 * columns + 5), SENTINEL, dtype)
    yield memory, memory[1:-1, 2 : 2 + 3 * columns : 3]
    memory = np.full((rows + 2, columns + 7), SENTINEL, dtype)
    yield memory, memory[1:-1, 3 : 3 + columns]
    memory = np.full((2 * rows + 3, columns + 2), SENTINEL, dtype)
    yield memory, memory[1 : 1 + 2 * rows : 2, 1:-1][::-1]
    memory = np.full((columns + 2, rows + 3), SENTINEL, dtype)
    yield memory, memory[1:-1, 2:-1].T
    memory = np.full(rows * columns * dtype.itemsize + 64, FILL, np.uint8)
    yield memory, memory[33 : 33 + rows * columns * dtype.itemsize].view(dtype).reshape(shape)


def test_nothing_is_written_between_the_elements_of_out(given, dtype, tier):
    for shape in ((9, 7), (3, 129), (2, 2500)):
        pred, target = given.draw(shape, dtype)
        for name in WITH_OUT:
            expected = call(given.loss, name, pred, target)
            pairs = zip(strided_places(shape, dtype), strided_places(shape, dtype), strict=True)
            for (memory, out), (second_memory, second) in pairs:
                before = memory.tobytes()
                outs = (out, second) if name == "grad_and_hess" else (out,)
                found = call(given.loss, name, pred, target, out=outs if len(outs) > 1 else out)
                assert all(same_bits(a, b) for a, b in zip(found, expected, strict=True))
                for array, whole in zip(outs, (memory, second_memory), strict=False):
                    # Once the elements are filled again, nothing shows that a call has been.
                    raw = whole.dtype == np.uint8
                    (array.view(np.uint8) if raw else array)[...] = FILL if raw else SENTINEL
                    assert whole.tobytes() == before


def test_inputs_are_not_changed(given, entry_point, dtype):
    for shape in ((1, 1), (5, 64), (40, 65), (3, 5000), (400, 50)):
        pred, target = given.draw(shape, dtype)
        keywords = {"weight": np.full(shape[:-1] if given.rows else shape, 0.5, dtype)}
        keywords |= {name: array.astype(dtype) for name, array in array_keywords(given.loss, shape, given.rows)}
        arrays = [pred, target, *keywords.values()]
        for array in arrays:
            array.flags.writeable = False
        before = [array.tobytes() for array in arrays]
        for reduction in ("mean", "sum", "none"):
            for results in (
                call(given.loss, entry_point, pred, target, reduction=reduction, n_threads=2, **keywords),
                call(given.loss, entry_point, np.asfortranarray(pred), target[...], reduction=reduction, **keywords),
            ):
                for result in results:
                    if isinstance(result, np.ndarray):
                        assert not any(np.shares_memory(result, array) for array in arrays)
                        assert result.flags.writeable
        assert [array.tobytes() for array in arrays] == before


def test_two_calls_do_not_share_results(given, dtype):
    pred, target = given.draw((40, 50), dtype)
    first = call(given.loss, "value_and_grad", pred, target, reduction="none")
    kept = [x.copy() for x in first]
    second = call(given.loss, "value_and_grad", pred[::-1], target[::-1], reduction="none")
    assert all(same_bits(a, b) for a, b in zip(first, kept, strict=True))
    assert not any(np.shares_memory(a, b) for a in first for b in second)


# ---- large results, which are written past the caches ---------------------------------------------------------------


def streamed():
    """A cheap loss of elements and the losses of rows, with shapes whose gradient is more than 8 MiB of float32."""
    by_name = {name_of(given): given for given in GIVEN}
    yield pytest.param(by_name["squared_error"], (2_200_003,), id="squared_error")
    for name in ("cross_entropy-labels", "nll-labels"):
        yield pytest.param(by_name[name], (1101, 2001), id=f"{name}-wide")
    yield pytest.param(by_name["cross_entropy-labels"], (220_003, 10), id="cross_entropy-labels-narrow")


@pytest.mark.parametrize(("given", "shape"), list(streamed()))
def test_large_results_at_every_alignment(given, shape, tier):
    dtype = np.dtype(np.float32)
    n = int(np.prod(shape))
    assert n * dtype.itemsize > 8 << 20
    rng = np.random.default_rng(1)
    pred = given.loss.domain.prediction.clip(rng.standard_normal(shape, dtype))
    target = rng.integers(0, shape[-1], shape[:-1]) if given.labels else rng.standard_normal(shape, dtype)
    value, grad = given.loss.value_and_grad(pred, target)
    assert np.any(grad)
    raw = np.empty(n + 64, dtype)
    raw = raw[(-raw.ctypes.data % 64) // 4 :][: n + 48]
    assert raw.ctypes.data % 64 == 0
    for offset in range(16):
        raw[: offset + 1] = raw[offset + n :] = SENTINEL
        out = raw[offset : offset + n].reshape(shape)
        out.reshape(-1)[[0, -1]] = SENTINEL
        found, _ = given.loss.value_and_grad(pred, target, out=out)
        assert found == value
        assert np.array_equal(out, grad), offset
        assert np.all(raw[:offset] == SENTINEL)
        assert np.all(raw[offset + n :] == SENTINEL)


def test_large_results_in_place_and_unaligned_to_their_type(tier):
    n = 2_200_003
    memory = np.empty(4 * n + 64, np.uint8)
    memory[:] = FILL
    rng = np.random.default_rng(1)
    numbers, target = rng.standard_normal(n, np.float32), rng.standard_normal(n, np.float32)
    value, grad = fl.squared_error.value_and_grad(numbers, target)
    for first in (0, 1, 2, 7):
        pred = memory[first : first + 4 * n].view(np.float32)
        pred[...] = numbers
        found, out = fl.squared_error.value_and_grad(pred, target, out=pred)
        assert out is pred
        assert found == value
        assert np.array_equal(out, grad)
        assert np.all(memory[first + 4 * n :] == FILL)
