"""Arrays of more than 2**31 elements and files of more than 4 GiB: nothing is counted, or found, in 32 bits.

Most of the memory is never there: a view of stride 0 has none, and pages that were not written to are one page of zeros.
"""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

import numpy as np
import pytest
from conftest import PAIRED, call

import fastloss as fl
from fastloss._shapes import ENTRY_POINTS
from fastloss.cli import main

#: More than 32 bits count with a sign, and no whole number of blocks.
MANY = 2**31 + 65
#: Whose bytes, in float32, are more than 32 bits count.
FILE_ELEMENTS = 2**30 + 1000

#: The bound of a reduced value, relative, for sums of one sign.
REDUCED = 1e-15 * math.log2(MANY)


def zeros(shape, dtype):
    """Zeros that take memory only where they are written to."""
    try:
        return np.zeros(shape, dtype)
    except MemoryError:
        pytest.skip("this system lends no more address space than it has memory")


def broadcast(number, shape, dtype=np.float32):
    return np.broadcast_to(np.dtype(dtype).type(number), shape)


def available_memory():
    """Bytes that this machine can give now; 0 where it does not say."""
    try:
        return 1024 * int(re.search(r"MemAvailable:\s+(\d+) kB", Path("/proc/meminfo").read_text())[1])
    except (OSError, TypeError):
        return 0


# ---- elements -------------------------------------------------------------------------------------------------------


def test_the_last_of_many_elements_count(record_property):
    """Nonzero numbers around 2**31 and at the end: each place that is lost or counted twice changes the sum."""
    record_property("elements", MANY)
    pred, target = zeros(MANY, np.int8), broadcast(0, MANY, np.int8)
    for weight_of_two, place in enumerate((0, 2**31 - 1, 2**31, MANY - 2, MANY - 1)):
        pred[place] = 2**weight_of_two
    total = sum(4**weight_of_two for weight_of_two in range(5))
    assert fl.squared_error(pred, target) == total / MANY


@pytest.mark.parametrize("name", ["squared_error", "log_cosh"])
@pytest.mark.at("deep")
def test_the_mean_of_many_elements(name, record_property):
    record_property("elements", MANY)
    loss, pred, target = fl.losses[name], broadcast(3, MANY), broadcast(1, MANY)
    one = loss(pred[:1], target[:1])
    for n_threads in (1, 2):
        assert loss(pred, target, n_threads=n_threads) == pytest.approx(one, rel=REDUCED, abs=0)
        assert loss(pred, target, reduction="sum", n_threads=n_threads) == pytest.approx(one * MANY, rel=REDUCED, abs=0)


@pytest.mark.at("deep")
def test_weights_of_many_elements(record_property):
    record_property("elements", MANY)
    weight = zeros(MANY, np.int8)
    weight[2**31] = weight[-1] = 3
    assert fl.squared_error(broadcast(3, MANY), broadcast(1, MANY), weight=weight) == 4
    assert fl.squared_error(broadcast(3, MANY), broadcast(1, MANY), weight=weight, reduction="sum") == 24


@pytest.mark.at("deep")
def test_many_elements_in_two_dimensions(record_property):
    """Rows of odd length with room between them: addresses beyond 2**32 are products of an index and a stride."""
    rows, columns = 2**16 + 1, 2**15 + 3
    record_property("elements", rows * columns)
    memory = zeros((rows, 2 * columns), np.int8)
    pred = memory[:, ::2]
    pred[-1, -1], pred[rows // 2, 7] = 3, 1
    target = broadcast(0, pred.shape, np.int8)
    assert fl.squared_error(pred, target, reduction="sum") == 10
    assert fl.squared_error(pred.T, target.T, reduction="sum") == 10


@pytest.mark.parametrize("place", [MANY - 1, 2**31])
@pytest.mark.at("deep")
def test_the_place_beyond_two_to_the_31_of_what_is_outside_the_domain(place, record_property):
    record_property("elements", MANY)
    target = zeros(MANY, np.int8)
    target[place] = 2
    with pytest.raises(ValueError, match=re.escape(f"target[{place}] = 2 is outside [0, 1]")):
        fl.binary_cross_entropy_with_logits(broadcast(1, MANY), target)


# ---- rows -----------------------------------------------------------------------------------------------------------


def test_rows_of_many_classes(record_property):
    record_property("classes", MANY)
    pred = zeros((2, MANY), np.int8)
    pred[0, -1], pred[1, 2**31], pred[1, 0] = -5, -7, -1
    assert fl.nll(pred, [MANY - 1, 2**31], reduction="none").tolist() == [5, 7]
    assert fl.nll(pred, [MANY - 1, 0], reduction="none").tolist() == [5, 1]
    for bad in (MANY, 2**32, -1 - 2**31):
        with pytest.raises(IndexError, match=re.escape(f"target[1] = {bad} is no label of {MANY} classes")):
            fl.nll(pred, [0, bad])


def test_the_softmax_of_many_classes(record_property):
    """All logits alike: the loss is the logarithm of their number."""
    record_property("classes", MANY)
    pred = broadcast(1, (1, MANY))
    assert fl.cross_entropy(pred, [MANY - 1]) == np.float32(math.log(MANY))


@pytest.mark.at("deep")
def test_the_softmax_of_many_classes_that_differ(record_property):
    record_property("classes", MANY)
    pred = zeros((2, MANY), np.int8)
    pred[0, -1], pred[1, 2**31] = 100, 30
    others = np.array([(MANY - 1) * math.exp(-100), (MANY - 1) * math.exp(-30)])
    found = fl.cross_entropy(pred, [MANY - 1, 2**31], reduction="none")
    assert found == pytest.approx(np.log1p(others), rel=1e-12, abs=0)


@pytest.mark.at("deep")
def test_many_rows(record_property):
    record_property("rows", MANY)
    pred = np.broadcast_to(np.array([-1, -4], np.float32), (MANY, 2))
    labels = zeros(MANY, np.int8)
    labels[2**31] = labels[-1] = 1
    assert fl.nll(pred, labels) == (MANY + 6) / MANY
    labels[-1] = 2
    with pytest.raises(IndexError, match=re.escape(f"target[{MANY - 1}] = 2 is no label of 2 classes")):
        fl.nll(pred, labels)


@pytest.mark.at("deep")
def test_many_rows_along_the_first_axis(record_property):
    """The class axis in front: every class lies 2 GiB behind the other."""
    record_property("rows", MANY)
    pred = zeros((2, MANY), np.int8)
    pred[1, -1], pred[0, -2] = -3, -2
    labels = zeros(MANY, np.int8)
    labels[-1] = 1
    assert fl.nll(pred, labels, axis=0, reduction="sum") == 5


# ---- results --------------------------------------------------------------------------------------------------------


@pytest.mark.at("deep")
def test_a_gradient_of_many_elements(record_property):
    room = MANY * 4 + (2 << 30)
    if available_memory() < room:
        pytest.skip(f"{available_memory() / 2**30:.1f} GiB of memory are available of {room / 2**30:.1f} that this takes")
    record_property("elements", MANY)
    target = zeros(MANY, np.int8)
    target[2**31] = target[-1] = 1
    pred, out = broadcast(3, MANY), np.empty(MANY, np.float32)
    value, grad = fl.squared_error.value_and_grad(pred, target, reduction="sum", out=out)
    assert grad is out
    assert value == pytest.approx(9 * MANY - 10, rel=REDUCED, abs=0)
    assert out[[2**31, -1]].tolist() == [4, 4]
    assert np.float64(out[2**31 + 1 : -1].sum()) == 6 * 63
    steps = range(0, MANY, 1 << 27)
    assert sum(int(np.count_nonzero(out[first : first + (1 << 27)] == 6)) for first in steps) == MANY - 2
    del out, grad


def test_results_without_any_element_cost_nothing(record_property):
    """Beside a 0, other sizes of a shape count for nothing, however large."""
    shape = (2**31, 0, 2**20)
    record_property("elements", 0)
    for loss in PAIRED.values():
        pred, target = np.zeros(shape), np.zeros(shape[:-1], int) if loss.declared.labels else np.zeros(shape)
        target = target.astype(int) if loss.declared.label_lists else target
        for name in ENTRY_POINTS:
            results = call(loss, name, pred, target)
            assert all(np.shape(x) in ((), shape, shape[:-1]) for x in results)


# ---- files ----------------------------------------------------------------------------------------------------------


def sparse_file(path, shape, dtype, tail):
    """A .npy file of zeros that are a hole, and `tail` as its last elements, in order of C."""
    tail = np.asarray(tail, dtype)
    size = math.prod(shape) * tail.itemsize
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": tail.dtype.str, "fortran_order": False, "shape": shape})
        end = file.tell() + size
        file.truncate(end)
        file.seek(end - tail.nbytes)
        file.write(tail.tobytes())
    if path.stat().st_blocks * 512 > size // 2 + (1 << 20):
        path.unlink()
        pytest.skip("this file system has no sparse files")
    return path


@pytest.fixture
def scored(capsys):
    def run(*arguments):
        status = main(["score", *map(str, arguments), "--json"])
        captured = capsys.readouterr()
        return (json.loads(captured.out) if status == 0 else captured.err), status

    return run


@pytest.fixture
def elements(depth, record_property):
    """Elements of a file: 4 GiB of float32 and more, or some blocks."""
    n = FILE_ELEMENTS if depth.deep else 5 * 2**20 + 1000
    record_property("elements", n)
    return n


def test_the_end_of_a_large_file_counts(elements, tmp_path, scored):
    pred = sparse_file(tmp_path / "pred.npy", (elements,), np.float32, [3, 0, 1, 2])
    target = sparse_file(tmp_path / "target.npy", (elements,), np.int8, [1, 0])
    result, status = scored("squared_error", pred, target)
    assert status == 0, result
    assert result["sum"] == 3**2 + 0 + (1 - 1) ** 2 + 2**2
    assert result["mean"] == 13 / elements
    assert result["count"] == elements


def test_labels_at_the_end_of_a_large_file(elements, tmp_path, scored):
    """Rows of two classes of float16, so that there are as many labels as the file has numbers of four bytes."""
    tail = [[-1, -2], [-3, -4], [-5, -6]]
    pred = sparse_file(tmp_path / "pred.npy", (elements, 2), np.float16, tail)
    labels = sparse_file(tmp_path / "labels.npy", (elements,), np.int8, [1, 0, 1])
    result, status = scored("nll", pred, labels)
    assert status == 0, result
    assert result["sum"] == 2 + 3 + 6
    assert result["mean"] == 11 / elements
    bad = sparse_file(tmp_path / "bad.npy", (elements,), np.int8, [2, 0])
    error, status = scored("nll", pred, bad)
    assert status == 2
    assert f"target[{elements - 2}] = 2 is no label of 2 classes" in error
