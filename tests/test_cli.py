"""The command line: what it prints and returns, and what it leaves on disk.

Every loss of the registry is scored from files and compared with the API; blocks are made so small that there are many.
"""

from __future__ import annotations

import builtins
import errno
import itertools
import json
import math
import os
import re
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest
from conftest import PAIRED

import fastloss
from fastloss import _verify
from fastloss.cli import COMMANDS, _problem, _terminal, main

# Mostly of what losses share: each meets some of these tests.
pytestmark = pytest.mark.sample(quick=0.4)

LOSSES = list(PAIRED)
POINTWISE = [name for name, loss in fastloss.losses.items() if loss.family == "pointwise"]
ROWS = [name for name, loss in fastloss.losses.items() if loss.family == "rows"]
LABELLED = [name for name, loss in fastloss.losses.items() if loss.declared.labels]
BOUNDED = [name for name in POINTWISE if fastloss.losses[name].domain.target.bounded]

# A mean of a few thousand numbers of one sign, added in another order.
SUM_RTOL = 1e-14
# Of numbers that were weighed and then rounded to float32.
WEIGHED_RTOL = 1e-7
# A gradient that is scaled after it is rounded.
GRADIENT_ULPS = 4

CASES = _verify.cases()
KINDS = list(dict.fromkeys((case.loss.name, case.labels) for case in CASES))


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    """Of a few rows, so that every file has many blocks, and the last is not full."""
    monkeypatch.setattr(_problem, "BLOCK_BYTES", 256)


@pytest.fixture
def save(tmp_path):
    """A function that saves an array and returns the name of the file."""

    def save_as(name, array):
        path = tmp_path / f"{name}.npy"
        np.save(path, array)
        return str(path)

    return save_as


@pytest.fixture
def run(capsys):
    """A function that runs a command which must succeed, and returns what it printed."""

    def run_command(*arguments):
        status = main([*map(str, arguments)])
        captured = capsys.readouterr()
        told = [line for line in captured.err.splitlines() if "underflow to 0 in float16" not in line]
        assert (status, told) == (0, [])
        return captured.out

    return run_command


@pytest.fixture
def score_as_json(run):
    return lambda *arguments: json.loads(run("score", *arguments, "--json"))


@pytest.fixture
def error_of(capsys, tmp_path):
    """A function that runs a command which must fail as wrong input does, and returns the one line that says why."""

    def run_command(*arguments):
        before = sorted(tmp_path.iterdir())
        assert main([*map(str, arguments)]) == 2
        captured = capsys.readouterr()
        assert captured.out == ""
        assert captured.err.startswith("fastloss: error: ")
        assert captured.err.count("\n") == 1
        assert sorted(tmp_path.iterdir()) == before  # no half-written file
        return captured.err.removeprefix("fastloss: error: ").strip()

    return run_command


def drawn(name, n=300, classes=7, dtype=np.float32):
    """Prediction and target of a loss; labels where it takes labels."""
    loss = fastloss.losses[name]
    case = next(c for c in CASES if (c.loss.name, c.dtype, c.labels) == (name, dtype, loss.declared.labels))
    return draw_finite(case, n, classes)[:2]


def draw_finite(case, n, classes):
    """Arguments and array parameters of finite losses: an infinite one would hide all others in a sum."""
    *given, arrays = _verify.draw(case, 2 * n, classes, seed=3)
    finite = np.flatnonzero(np.isfinite(case.loss(*given, reduction="none", **arrays)))[:n]
    assert len(finite) == n
    elementwise = {name for name in arrays if case.loss.params[name].kind.array == "elements"}
    return *(x[finite] for x in given), {k: v[finite] if k in elementwise else v for k, v in arrays.items()}


def close_in_ulp(found, wanted):
    assert found.dtype == wanted.dtype
    np.testing.assert_array_max_ulp(found, wanted, GRADIENT_ULPS)


# --- score: the same as the API -------------------------------------------------------------------


@pytest.mark.parametrize(("name", "labels"), KINDS)
def test_files_score_as_arrays_do(name, labels, depth, save, score_as_json, tmp_path):
    """Every loss with every set of parameters: value, weights and gradient."""
    cases = [case for case in CASES if (case.loss.name, case.labels) == (name, labels)]
    for case in depth.some(cases, f"score {name}", quick=2):
        check_score(case, save, score_as_json, tmp_path)


def check_score(case, save, score_as_json, tmp_path):
    *given, arrays = draw_finite(case, 300, 7)
    target, by = given[1], case.loss.declared.derivatives("grad")[-1]
    if case.labels:
        target[::17] = case.loss.params["ignore_index"].default
    weight = np.random.default_rng(2).integers(0, 5, len(target)) / 4
    options = []
    for name, parameter in case.loss.params.items():
        flag = "--" + name.replace("_", "-")
        if name in arrays:
            options += [flag, save(name, arrays[name])]
        elif parameter.kind.type is bool:
            options += [flag] if parameter.default else []
        elif parameter.kind.array != "classes" or parameter.default is not None:
            options += [flag, parameter.default]
    files = [*(save(str(i), x) for i, x in enumerate(given)), "--weight", save("weight", weight)]
    grad_out = tmp_path / "grad.npy"
    options += ["--wrt", by] if by != "pred" else []
    result = score_as_json(case.loss.name, *files, *options, "--grad-out", grad_out)
    keywords = {**arrays, "weight": weight}
    # Weights are multiplied in double here; in the core a row's weighed loss is rounded to float32, or here one of sums.
    rtol = WEIGHED_RTOL if not case.loss.declared.is_of_elements and case.dtype == np.float32 else SUM_RTOL
    assert result["mean"] == pytest.approx(case.loss(*given, reduction="mean", **keywords), rel=rtol, abs=0)
    assert result["sum"] == pytest.approx(case.loss(*given, reduction="sum", **keywords), rel=rtol, abs=0)
    counted = target != case.loss.params["ignore_index"].default if case.labels else np.ones(len(target), bool)
    if case.labels and case.loss.declared.class_weight_in_mean and "class_weight" in arrays:
        weight = weight * arrays["class_weight"][np.where(counted, target, 0)]
    assert result["ignored"] == np.sum(~counted)
    assert result["count"] == np.sum(counted & (weight != 0))
    assert result["weightless"] == np.sum(counted & (weight == 0))
    wanted = case.loss.grad(*given, reduction="mean", wrt=by, **keywords)
    if case.loss.declared.listed:
        # Weights multiply the slopes of the sums before these meet in an element, where they may cancel.
        slack = GRADIENT_ULPS * np.finfo(case.dtype).eps * np.abs(wanted).max()
        np.testing.assert_allclose(np.load(grad_out), wanted, rtol=0, atol=slack)
    else:
        close_in_ulp(np.load(grad_out), wanted)


@pytest.mark.parametrize("name", LOSSES)
def test_gradient_of_the_sum(name, save, run, tmp_path):
    pred, target = drawn(name)
    files = save("pred", pred), save("target", target)
    run("score", name, *files, "--grad-out", tmp_path / "grad.npy", "--reduction", "sum")
    np.testing.assert_array_equal(np.load(tmp_path / "grad.npy"), fastloss.losses[name].grad(pred, target, reduction="sum"))


@pytest.mark.parametrize("layout", ["C", "F", "big-endian", "float16", "float64"])
@pytest.mark.parametrize("name", LOSSES)
def test_layouts_and_dtypes(name, layout, save, score_as_json, tmp_path):
    loss = fastloss.losses[name]
    dtype = {"float16": np.float16, "big-endian": ">f4", "float64": np.float64}.get(layout, np.float32)
    pred, target = (
        np.asfortranarray(x) if layout == "F" else x for x in (x.reshape(15, 20, *x.shape[1:]) for x in drawn(name))
    )
    pred = pred.astype(dtype, order="K")
    result = score_as_json(name, save("pred", pred), save("target", target), "--grad-out", tmp_path / "grad.npy")
    native = pred.astype(pred.dtype.newbyteorder("="))
    assert float(result["mean"]) == pytest.approx(loss(native, target, reduction="mean"), rel=SUM_RTOL, abs=0, nan_ok=True)
    gradient = np.load(tmp_path / "grad.npy")
    assert gradient.flags.f_contiguous == (layout == "F")
    with np.errstate(over="ignore"):  # of a gradient in half precision
        close_in_ulp(gradient, loss.grad(native, target, reduction="mean"))


@pytest.mark.parametrize("axis", [0, 1, 2, -2])
@pytest.mark.parametrize("name", ROWS)
def test_class_axis(name, axis, save, score_as_json, tmp_path):
    loss = fastloss.losses[name]
    pred, target = drawn(name)
    pred = np.moveaxis(pred.reshape(15, 20, 7), -1, axis).copy()
    target = target.reshape(15, 20) if target.ndim == 1 else np.moveaxis(target.reshape(15, 20, 7), -1, axis).copy()
    files = save("pred", pred), save("target", target)
    result = score_as_json(name, *files, "--axis", axis, "--grad-out", tmp_path / "grad.npy")
    assert result["mean"] == pytest.approx(loss(pred, target, axis=axis, reduction="mean"), rel=SUM_RTOL, abs=0)
    close_in_ulp(np.load(tmp_path / "grad.npy"), loss.grad(pred, target, axis=axis, reduction="mean"))


@pytest.mark.parametrize("name", LOSSES)
def test_no_samples(name, save, score_as_json, run, tmp_path):
    pred, target = (x[:0] for x in drawn(name))
    files = save("pred", pred), save("target", target)
    result = score_as_json(name, *files, "--by", save("by", np.zeros(0, int)), "--grad-out", tmp_path / "grad.npy")
    assert (result["mean"], result["sum"], result["count"], result["groups"]) == ("NaN", 0, 0, [])
    assert np.load(tmp_path / "grad.npy").shape == pred.shape
    assert re.search(r"mean +nan", run("score", name, *files))


@pytest.mark.parametrize("name", LABELLED)
def test_all_labels_ignored(name, save, score_as_json, tmp_path):
    pred, target = drawn(name)
    files = save("pred", pred), save("target", np.full_like(target, -1))
    result = score_as_json(name, *files, "--ignore-index", -1, "--grad-out", tmp_path / "grad.npy")
    assert (result["mean"], result["sum"], result["count"], result["ignored"]) == ("NaN", 0, 0, len(pred))
    np.testing.assert_array_equal(np.load(tmp_path / "grad.npy"), 0)


@pytest.mark.parametrize("name", POINTWISE)
def test_one_number(name, save, score_as_json):
    pred, target = (x[0] for x in drawn(name))
    result = score_as_json(name, save("pred", pred), save("target", target))
    assert result["mean"] == fastloss.losses[name](pred, target)


def test_infinite_loss(save, score_as_json):
    zeros = np.zeros(1000)
    pred = zeros.copy()
    pred[[1, 999]] = math.inf
    assert score_as_json("squared_error", save("pred", pred), save("target", zeros))["mean"] == "Infinity"


@pytest.mark.parametrize(
    ("shape", "strides"),
    [
        ((), ()),
        ((7,), (8,)),
        ((5, 6), (48, 8)),
        ((5, 6), (8, 40)),
        ((3, 50, 2), (800, 16, 8)),
        ((4, 1, 9), (-72, 0, 8)),
    ],
)
@pytest.mark.parametrize("limit", [1, 4, 13, 1000])
def test_blocks_cover_an_array_once(shape, strides, limit):
    times = np.zeros(shape, int)
    for block in _problem.blocks(shape, strides, limit):
        times[block] += 1
        assert times[block].size <= limit
    np.testing.assert_array_equal(times, 1)


@pytest.mark.parametrize("name", [POINTWISE[0], ROWS[0]])
def test_memory_is_that_of_blocks(name, save, run, tmp_path, monkeypatch):
    monkeypatch.setattr(_problem, "BLOCK_BYTES", 1 << 14)
    pred, target = (np.concatenate([x] * 1500) for x in drawn(name))
    files = save("pred", pred), save("target", target), "--by", save("by", np.arange(len(pred)) % 5)
    arguments = "score", name, *files, "--weight", save("w", np.ones(len(pred))), "--grad-out", tmp_path / "grad.npy"
    run(*arguments)
    tracemalloc.start()
    try:
        run(*arguments)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    wanted = 16 * _problem.BLOCK_BYTES + 10_000 * len(fastloss.losses)  # the parser, which knows every loss, takes the rest
    assert wanted < pred.nbytes
    assert peak < wanted


# --- score: groups ---------------------------------------------------------------------------------


GROUPS = {
    "integers": np.array([5, -3, 2**62]),
    "unsigned": np.array([0, 1, 255], np.uint8),
    "booleans": np.array([False, True]),
    "strings": np.array(["cat", "dog", "ant"]),
    "bytes": np.array([b"cat", b"dog", b"ant"]),
}


@pytest.mark.parametrize("kind", GROUPS)
@pytest.mark.parametrize("name", LOSSES)
def test_groups(name, kind, save, score_as_json, run):
    loss = fastloss.losses[name]
    pred, target = drawn(name)
    rng = np.random.default_rng(0)
    groups = rng.choice(GROUPS[kind], len(pred))
    weight = rng.random(len(pred))
    arguments = [save("pred", pred), save("target", target), "--by", save("by", groups), "--weight", save("w", weight)]
    result = score_as_json(name, *arguments)
    # Values of either sign may cancel.
    size = np.abs(loss(pred, target, weight=weight, reduction="none")).sum()
    slack = WEIGHED_RTOL * float(size)
    named = [g.decode() if isinstance(g, bytes) else g for g in np.unique(groups).tolist()]
    by_name = {found["group"]: found for found in result["groups"]}
    assert sorted(by_name) == named
    shares = [found["share_of_loss"] for found in result["groups"]]
    assert shares == sorted(shares, reverse=result["sum"] > 0)
    for key, name_of_group in zip(np.unique(groups), named, strict=True):
        found = by_name[name_of_group]
        chosen = groups == key
        part = pred[chosen], target[chosen]
        assert found["count"] == chosen.sum()
        mean = loss(*part, weight=weight[chosen], reduction="mean")
        assert found["mean"] == pytest.approx(mean, rel=WEIGHED_RTOL, abs=slack / weight[chosen].sum())
        total = loss(*part, weight=weight[chosen], reduction="sum")
        assert found["share_of_loss"] == pytest.approx(total / result["sum"], rel=WEIGHED_RTOL, abs=slack / abs(result["sum"]))
        assert found["share_of_count"] == found["count"] / len(pred)
    table = run("score", name, *arguments, "--sort", "group").splitlines()[-len(named) :]
    assert [line.split()[0] for line in table] == [str(key) for key in named]


@pytest.mark.parametrize("name", [name for name in LABELLED if "class_weight" in fastloss.losses[name].params])
def test_groups_count_what_the_mean_divides_by(name, save, score_as_json):
    loss = fastloss.losses[name]
    pred, target = drawn(name)
    target[::5] = -100
    class_weight = np.arange(7) / 2
    groups = np.arange(len(pred)) % 3
    weighted = "class_weight" in loss.params
    keywords = {"class_weight": class_weight} if weighted else {}
    options = [*(["--class-weight", save("cw", class_weight)] if weighted else []), "--by", save("by", groups)]
    result = score_as_json(name, save("pred", pred), save("target", target), *options)
    for found in result["groups"]:
        chosen = groups == found["group"]
        wanted = loss(pred[chosen], target[chosen], **keywords)
        assert found["mean"] == pytest.approx(wanted, rel=WEIGHED_RTOL, abs=0)
        counts = target[chosen] != -100
        if loss.declared.class_weight_in_mean:
            counts &= target[chosen] != 0  # whose class weight is 0
        assert found["count"] == np.sum(counts)


@pytest.mark.parametrize("name", POINTWISE)
@pytest.mark.parametrize("axes", [1, 2, 3])
def test_groups_of_elements_or_of_leading_axes(name, axes, save, score_as_json):
    pred, target = (x.reshape(10, 5, 6) for x in drawn(name))
    groups = np.random.default_rng(0).integers(0, 4, pred.shape[:axes])
    result = score_as_json(name, save("pred", pred), save("target", target), "--by", save("by", groups))
    assert sum(found["count"] for found in result["groups"]) == pred.size
    for found in result["groups"]:
        chosen = groups == found["group"]
        wanted = fastloss.losses[name](pred[chosen], target[chosen], reduction="mean")
        assert found["mean"] == pytest.approx(wanted, rel=SUM_RTOL, abs=0)


# --- score: errors -----------------------------------------------------------------------------------


@pytest.fixture
def good(save):
    """The command line of a good call, of which the tests spoil one thing."""
    pred, target = drawn("huber")
    return ["score", "huber", save("pred", pred), save("target", target)]


DAMAGE = {
    "empty": lambda content: b"",
    "another format": lambda content: b"1,2,3\n4,5,6\n",
    "an archive": lambda content: b"PK\x03\x04" + content,
    "cut header": lambda content: content[:40],
    "cut data": lambda content: content[:-1],
    "header without shape": lambda content: content.replace(b"'shape'", b"'SHAPE'"),
    "header that is no Python": lambda content: content.replace(b"False,", b"False("),
    "unknown dtype": lambda content: content.replace(b"<f4", b"<q9"),
    "negative shape": lambda content: content.replace(b"(300,)", b"(-30,)"),
}


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("position", [2, 3])
def test_file_that_is_no_array(position, damage, good, error_of, tmp_path):
    name = good[position]
    with open(name, "rb") as file:
        content = DAMAGE[damage](file.read())
    with open(name, "wb") as file:
        file.write(content)
    message = error_of(*good, "--grad-out", tmp_path / "grad.npy")
    assert message.startswith(f"{name} cannot be read as a .npy file: ")


def test_missing_file(good, error_of, tmp_path):
    missing = tmp_path / "missing.npy"
    assert error_of(*good[:3], missing) == f"{missing}: No such file or directory"
    assert error_of(*good, "--weight", missing) == f"{missing}: No such file or directory"
    assert error_of(*good[:3], tmp_path).startswith(f"{tmp_path}: ")


@pytest.mark.parametrize("array", [np.array([1, "a"], object), np.array(["1"] * 300), np.ones(300, complex)])
def test_dtype_that_is_not_accepted(array, good, save, error_of, tmp_path):
    name = save("other", array)
    for arguments in ([*good[:3], name], [*good[:2], name, good[3]], [*good, "--weight", name]):
        assert "dtype" in error_of(*arguments, "--grad-out", tmp_path / "grad.npy")


@pytest.mark.parametrize("name", LOSSES)
def test_shapes_that_do_not_match(name, save, error_of, tmp_path):
    pred, target = drawn(name)
    files = save("pred", pred), save("target", target[:-1])
    message = error_of("score", name, *files, "--grad-out", tmp_path / "grad.npy")
    assert str(pred.shape) in message
    assert str(target[:-1].shape) in message
    message = error_of("score", name, files[0], save("target", target), "--weight", save("weight", np.ones(299)))
    assert "weight has shape (299,)" in message
    message = error_of("score", name, files[0], save("target", target), "--by", save("by", np.ones(299, int)))
    assert "(299,)" in message


@pytest.mark.parametrize("name", LABELLED)
@pytest.mark.parametrize("layout", ["class axis last", "class axis first", "class axis between"])
def test_bad_label_is_named_by_its_place_in_the_file(name, layout, save, error_of, tmp_path):
    pred, target = drawn(name)
    axis = {"class axis last": -1, "class axis first": 0, "class axis between": 1}[layout]
    pred, target = np.moveaxis(pred.reshape(15, 20, 7), -1, axis).copy(), target.reshape(15, 20)
    target[13, 18] = 7
    files = save("pred", pred), save("target", target), "--grad-out", tmp_path / "grad.npy"
    message = error_of("score", name, *files, "--axis", axis)
    assert message == f"{files[1]}: target[13, 18] = 7 is no label of 7 classes (0 to 6)"


@pytest.mark.parametrize("name", LABELLED)
def test_labels_that_are_no_integers(name, save, error_of):
    pred, target = drawn(name)
    assert "integers" in error_of("score", name, save("pred", pred), save("target", target.astype(float)))


@pytest.mark.parametrize("name", BOUNDED)
def test_domain(name, save, error_of, run, tmp_path):
    pred, target = drawn(name)
    target[287] = -17
    files = ["score", name, save("pred", pred), save("target", target)]
    message = error_of(*files, "--grad-out", tmp_path / "grad.npy")
    assert message.startswith(f"{files[3]}: target[287] = -17.0 is outside ")
    assert message.endswith("--no-check-domain skips this check")
    run(*files, "--no-check-domain")


@pytest.mark.parametrize(
    ("name", "parameter"),
    [
        (name, p)
        for name, loss in PAIRED.items()
        for p in loss.params.values()
        if p.kind.type is int or (p.kind.type is float and p.range.bounded)
    ],
)
def test_parameter_that_is_not_accepted(name, parameter, save, error_of):
    pred, target = drawn(name)
    option = "--" + parameter.name.replace("_", "-")
    files = "score", name, save("pred", pred), save("target", target)
    if parameter.kind.type is float:
        below = str(parameter.range.low - 1)
        outside = below if not parameter.kind.array else save("bad", np.full(7, -1.0))
        assert "is outside" in error_of(*files, option, outside)
    assert error_of(*files, option, "word")
    if parameter.kind.array:
        assert error_of(*files, option, save("bad", np.array(["1"] * 7)))
        assert error_of(*files, option, save("bad", np.ones(3)))


def test_large_elementwise_parameter_is_checked_in_blocks(save, error_of):
    for name, loss in PAIRED.items():
        for parameter in loss.params.values():
            if parameter.kind.array == "elements" and parameter.range.bounded:
                pred, target = drawn(name)
                values = np.full(len(pred), 0.5)
                values[290] = -1
                option = "--" + parameter.name.replace("_", "-"), save("parameter", values)
                message = error_of("score", name, save("pred", pred), save("target", target), *option)
                assert message.startswith(f"{option[1]}: {parameter.name}[290] = -1.0 is outside ")


@pytest.mark.parametrize("name", ROWS)
def test_axis_that_does_not_exist(name, save, error_of):
    pred, target = drawn(name)
    assert "axis = 2" in error_of("score", name, save("pred", pred), save("target", target), "--axis", "2")


@pytest.mark.parametrize("groups", [np.ones(300), np.array(0), np.zeros((300, 1), int), np.zeros(300, "M8[s]")])
def test_groups_that_are_not_accepted(groups, good, save, error_of, tmp_path):
    message = error_of(*good, "--by", save("by", groups), "--grad-out", tmp_path / "grad.npy")
    assert ": groups " in message


def test_output_is_no_input(good, save, error_of, tmp_path):
    link = tmp_path / "link.npy"
    link.symlink_to(good[2])
    for output in (good[2], good[3], link):
        assert "is an input" in error_of(*good, "--grad-out", output)


def test_output_that_cannot_be_written(good, error_of, tmp_path):
    assert error_of(*good, "--grad-out", tmp_path) == f"{tmp_path}: Is a directory"
    assert "no such directory" in error_of(*good, "--grad-out", tmp_path / "missing" / "grad.npy")


def failing_gradient(error):
    """A stand-in for `Problem.evaluate` that fails in the third block of the gradient, with the file half written."""
    evaluate, calls = _problem.Problem.evaluate, []

    def evaluate_or_fail(problem, method, block, **keywords):
        if method is problem.loss.grad:
            calls.append(block)
            if len(calls) == 3:
                raise error
        return evaluate(problem, method, block, **keywords)

    return evaluate_or_fail


@pytest.mark.parametrize("error", [MemoryError(), OSError(errno.ENOSPC, "No space left on device")])
def test_error_half_way_leaves_the_old_output(error, good, error_of, tmp_path, monkeypatch):
    output = tmp_path / "grad.npy"
    output.write_text("what was there")
    monkeypatch.setattr(_problem.Problem, "evaluate", failing_gradient(error))
    assert error_of(*good, "--grad-out", output) in ("not enough memory", f"{output}: No space left on device")
    assert output.read_text() == "what was there"


def test_interrupt_leaves_nothing(good, tmp_path, monkeypatch, capsys):
    before = sorted(tmp_path.iterdir())
    monkeypatch.setattr(_problem.Problem, "evaluate", failing_gradient(KeyboardInterrupt()))
    assert main([*good, "--grad-out", str(tmp_path / "grad.npy")]) == 130
    assert capsys.readouterr() == ("", "fastloss: interrupted\n")
    assert sorted(tmp_path.iterdir()) == before


# --- the command line itself -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [[], ["nonsense"], ["score"], ["score", "nonsense"], ["score", LOSSES[0]], ["verify", "nonsense"],
     ["verify", "--tier", "mmx"], ["verify", "--samples", "0"], ["info", "more"], ["--nonsense"]],
    ids=" ".join,
)  # fmt: skip
def test_wrong_arguments(arguments, error_of):
    assert error_of(*arguments)


@pytest.mark.parametrize(
    "arguments", [[], *([command] for command in COMMANDS), *(["score", name] for name in LOSSES)], ids=" ".join
)
def test_help(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        main([*arguments, "--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    assert "example" in text
    if arguments == []:
        assert all(command in text for command in COMMANDS)
    if arguments == ["score"]:
        assert all(name in text for name in LOSSES)
    if len(arguments) == 2:
        options = ["--" + name.replace("_", "-") for name in fastloss.losses[arguments[1]].params]
        assert all(option in text for option in options)


@pytest.mark.parametrize(
    ("command", "option", "answer"),
    [
        ("score huber", "--detla", "the nearest is --delta"),
        ("score huber", "--weigth", "the nearest is --weight"),
        ("score huber", "--sample_weight", "here it is --sample-weight"),
        ("score huber", "--beta", "here it is --delta"),
        ("score cross_entropy", "--dim", "here it is --axis"),
        ("score cross_entropy", "--smoothing", "here it is --label-smoothing"),
        ("score huber", "--axis", ""),
        ("verify", "--sampels", "the nearest is --samples"),
        ("bench", "--xyzzy", ""),
    ],
)
def test_an_option_that_there_is_not(command, option, answer, error_of):
    said = f"there is no option {option}{'; ' * bool(answer)}{answer}; see `fastloss {command} --help`"
    assert error_of(*command.split(), option, "2", "a.npy") == said
    assert error_of(*command.split(), f"{option}=2") == said


def test_an_argument_too_many(good, error_of):
    assert error_of(*good, good[2]) == f"nothing takes {good[2]!r}; see `fastloss {' '.join(good[:2])} --help`"


def test_paragraphs_of_help_are_as_wide_as_the_terminal(capsys, monkeypatch):
    for columns in (60, 140):
        monkeypatch.setenv("COLUMNS", str(columns))
        with pytest.raises(SystemExit):
            main(["score", "cross_entropy", "--help"])
        lines = capsys.readouterr().out.splitlines()
        paragraph = next(line for line in lines if line.startswith("The total weight"))
        assert columns - 20 < len(paragraph) <= columns
        assert max(len(line) for line in lines if line[:1].isalpha()) <= columns


def test_advice_is_in_terms_of_options_and_files(save, error_of):
    images, classes = save("images", np.zeros((2, 3, 4))), save("classes", np.zeros((2, 4), int))
    assert error_of("score", "cross_entropy", images, classes).endswith("; --axis 1 would fit")
    column, row = save("column", np.zeros((3, 1))), save("row", np.zeros(3))
    assert error_of("score", "huber", row, column).endswith("; a file of np.ravel(target) would fit")
    table, logs = save("table", np.zeros((3, 4))), save("logs", np.full((3, 4), -1.0))
    assert "; a file of np.asarray(target, int) makes them" in error_of("score", "cross_entropy", table, row)
    assert "; --log-target takes logarithms" in error_of("score", "kl_divergence", logs, logs)
    text = save("text", np.array(["a", "b", "c"]))
    for arguments in ((text, row), (row, text), (row, row, "--weight", text)):
        assert "; in Python, where x is the array, " in error_of("score", "huber", *arguments)
    assert "; in Python, where x is the array, x.astype" in error_of("score", "gaussian_nll", row, row, "--variance", text)
    assert "log_softmax(logits, axis=0)" in error_of("score", "nll", row, save("labels", np.zeros(3, int)))


@pytest.mark.parametrize("name", POINTWISE)
def test_one_number_is_the_target_of_all(name, save, score_as_json):
    pred, target = drawn(name)
    files = save("one", target[0]), save("all", np.full_like(target, target[0]))
    pred = save("pred", pred)
    assert score_as_json(name, pred, files[0]) == score_as_json(name, pred, files[1])


@pytest.mark.parametrize("name", [name for name in LOSSES if fastloss.losses[name].declared.optional_target])
def test_a_target_may_be_left_out(name, save, score_as_json, run, tmp_path):
    pred = save("pred", drawn(name)[0])
    found = score_as_json(name, pred, "--grad-out", tmp_path / "grad.npy")
    gradient = np.load(tmp_path / "grad.npy")
    zero = score_as_json(name, pred, save("zero", np.array(0.0)), "--grad-out", tmp_path / "grad.npy")
    assert found == zero
    assert np.array_equal(gradient, np.load(tmp_path / "grad.npy"))
    assert "0 everywhere" in run("score", name, pred)


@pytest.mark.parametrize("name", LOSSES)
def test_the_mean_of_nothing_is_what_is_asked_for(name, save, score_as_json):
    pred, target = (x[:0] for x in drawn(name))
    files = name, save("pred", pred), save("target", target)
    assert score_as_json(*files)["mean"] == score_as_json(*files, "--empty", "nan")["mean"] == "NaN"
    assert score_as_json(*files, "--empty", "zero")["mean"] == 0
    pred, target = drawn(name)
    files = name, save("pred", pred), save("target", target), "--weight", save("weight", np.array(0.0))
    assert score_as_json(*files, "--empty", "zero")["mean"] == 0


def test_an_output_without_a_name(good, error_of):
    assert "--grad-out needs the name of a file" in error_of(*good, "--grad-out", "-")
    for option in ("--grad-out", "--json", "--csv"):
        assert "name" in error_of(*good, option, "")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is always full")
def test_what_is_full_is_named():
    with open("/dev/full", "w") as full:
        found = subprocess.run(
            [sys.executable, "-m", "fastloss", "info"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert (found.returncode, found.stderr) == (2, "fastloss: error: standard output: No space left on device\n")


def test_help_imports_no_command():
    """What the commands need is imported when they are used."""
    program = (
        "import sys; from fastloss.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: print(*sorted(m for m in sys.modules if m.startswith('fastloss.cli.')))"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.splitlines()[-1] == "fastloss.cli._terminal"


def test_module_prints_info():
    found = subprocess.run([sys.executable, "-m", "fastloss", "info"], capture_output=True, text=True, check=True)
    names = [line.split()[0] for line in found.stdout.splitlines()]
    assert {"fastloss", "NumPy", "tier", "built", "usable", "threads", "OpenMP", "runtime"} <= set(names)
    assert found.stderr == ""


def test_closed_pipe_is_no_error(good):
    """`fastloss score ... | head -0`: no traceback."""
    with subprocess.Popen(
        [sys.executable, "-m", "fastloss", *good], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        process.stdout.close()
        assert process.stderr.read() == ""


def test_version(capsys):
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out == f"fastloss {fastloss.__version__}\n"


# --- verify ----------------------------------------------------------------------------------------


# Of the losses with labels, one that is measured fast.
FEWEST_CASES = min(LABELLED, key=lambda name: sum(case.loss.name == name for case in CASES))


def worst(error, pred=1.0, place=None):
    """A stand-in for what `_verify.worst` finds of one output."""
    inputs = {"pred": np.float32(pred), "target": np.float32(0.5)}
    return _verify.Worst(error, inputs, place, np.longdouble(0.25), np.float32(0.125))


def worst_everywhere(change=lambda case, tier, errors: None):
    """A stand-in for `_verify.worst`: no errors, but for what `change` does to those of a tier."""

    def found(case, tiers, samples, classes):
        errors = {tier: {name: 0.0 for name in _verify.outputs(case)} for tier in tiers}
        for tier in tiers:
            change(case, tier, errors[tier])
        return {tier: {name: worst(error) for name, error in of_tier.items()} for tier, of_tier in errors.items()}

    return found


@pytest.fixture
def no_errors(monkeypatch):
    """Nothing is measured: the command is what is tested."""
    monkeypatch.setattr(_verify, "worst", worst_everywhere())
    monkeypatch.setattr(_verify, "worst_of_function", lambda *arguments: worst(0.0))


@pytest.mark.parametrize("name", [LOSSES[0], FEWEST_CASES, next(iter(_verify.FUNCTION_BOUNDS))])
def test_verify_measures(name, capsys):
    tiers = _verify.usable_tiers()
    assert main(["verify", name, "--samples", "10"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith(name) and line.endswith(" 1/1") for line in lines)
    for dtype in ("float32", "float64"):
        named = " ".join(line for line in lines if line.startswith(dtype) and line.endswith("pass"))
        assert all(tier in named for tier in tiers)


@pytest.mark.parametrize("error", [0.5, 1e9, 1e300, math.inf, math.nan])
@pytest.mark.parametrize("output", ["value", "grad", "hess"])
def test_verify_fails_where_a_bound_is_broken(output, error, monkeypatch, capsys):
    last = _verify.usable_tiers()[-1]

    def spoil(case, tier, errors):
        if case.dtype == np.float64 and tier == last:
            errors[output] = error

    monkeypatch.setattr(_verify, "worst", worst_everywhere(spoil))
    status = main(["verify", LOSSES[0]])
    text = capsys.readouterr().out
    broken = error != 0.5
    assert status == broken
    assert ("FAIL" in text) == broken
    assert ("2 of 2 pass" in text) != broken
    # One that fails on a tier alone is told apart from the tiers that pass.
    assert len([line for line in text.splitlines() if line.endswith("FAIL")]) == broken
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize(
    ("name", "output"),
    [*itertools.product([POINTWISE[0], FEWEST_CASES], ["value", "grad", "hess"]), ("pearson", "second_grad")],
)
def test_verify_finds_a_broken_kernel(name, output, monkeypatch, capsys):
    """A quick run does: of one tier and dtype, off by some units in the last place. The input is shown."""
    sound, last = _verify.kernel_results, _verify.usable_tiers()[-1]

    def broken(case, tier, *inputs):
        results = sound(case, tier, *inputs)
        if (tier, case.dtype) == (last, np.float32):
            factor = np.float32(1 + 64 * np.finfo(np.float32).eps)
            results = [{k: x * factor if k == output else x for k, x in found.items()} for found in results]
        return results

    monkeypatch.setattr("fastloss._verify._errors.kernel_results", broken)
    assert main(["verify", name]) == 1
    lines = capsys.readouterr().out.splitlines()
    (row,) = [line for line in lines if line.endswith("FAIL")]
    assert row.split()[:2] == ["float32", last]
    text = " ".join(" ".join(lines).split())
    assert re.search(
        rf"FAIL {name}\(.*\)\S*, float32, {last}: the \w+( by target)? is off by [\d.]+ ULP; the bound is \d+", text
    )
    assert re.search(r"found \S+, expected \S+ .*pred = .*target = ", text)
    assert "1 of 2 pass" in text
    assert max(map(len, lines)) <= 80


def test_verify_abbreviates_a_row(monkeypatch, capsys):
    row = np.arange(2500, dtype=np.float32)
    found = {tier: {"grad": worst(1e9, row, 17)} for tier in _verify.usable_tiers()}
    monkeypatch.setattr(_verify, "worst", lambda *arguments, **options: found)
    assert main(["verify", LABELLED[0]]) == 1
    text = " ".join(capsys.readouterr().out.split())
    assert "found 0.125, expected 0.25, at class 17, where pred = 17.0" in text
    assert "pred = [0.0, 1.0, 2.0, ..., 2497.0, 2498.0, 2499.0] of 2500" in text
    assert "target = 0.5" in text


def test_verify_measures_the_gradient_by_the_second_argument(monkeypatch, capsys):
    name = next(name for name, loss in fastloss.losses.items() if loss.declared.second == "target")
    assert main(["verify", name, "--samples", "10"]) == 0
    monkeypatch.setattr(_verify, "worst", worst_everywhere(lambda case, tier, errors: errors.update(second_grad=1e9)))
    assert main(["verify", name]) == 1
    assert "the gradient by target is off by 1e+09 ULP" in " ".join(capsys.readouterr().out.split())


def test_verify_fails_where_a_function_is_inaccurate(monkeypatch, capsys):
    name, bound = next(iter(_verify.FUNCTION_BOUNDS.items()))
    monkeypatch.setattr(_verify, "worst_of_function", lambda *arguments: worst(bound * 1.01))
    assert main(["verify", name]) == 1
    assert "FAIL" in capsys.readouterr().out


@pytest.mark.parametrize("options", [[], ["--full"]])
def test_verify_measures_everything(options, monkeypatch, capsys):
    seen, lengths = set(), {}

    def measure(case, tiers, samples, classes):
        seen.update((case.loss.name, case.dtype.name, tier) for tier in tiers)
        lengths.setdefault((case.loss.name, case.labels, case.dtype.name), []).append(classes)
        return worst_everywhere()(case, tiers, samples, classes)

    def measure_function(name, dtype, tier, samples):
        seen.add((name, dtype.name, tier))
        return worst(0.0)

    monkeypatch.setattr(_verify, "worst", measure)
    monkeypatch.setattr(_verify, "worst_of_function", measure_function)
    assert main(["verify", *options]) == 0
    names = [*fastloss.losses, *_verify.FUNCTION_BOUNDS]
    assert seen == {(n, d, t) for n in names for d in ("float32", "float64") for t in _verify.usable_tiers()}
    # Rows of every length, of the defaults at least; every set of parameters.
    assert all(classes[0] == _verify.CLASSES for classes in lengths.values())
    assert sum(map(len, lengths.values())) == len(CASES)
    assert (set(map(tuple, itertools.chain(*lengths.values()))) == {_verify.CLASSES}) == bool(options)
    text = capsys.readouterr().out
    assert f"{2 * len(names)} of {2 * len(names)} pass" in text
    total = len(CASES) + 2 * len(_verify.FUNCTION_BOUNDS)
    assert f"{total} of {total} sets of parameters" in text
    lines = text.splitlines()
    assert max(map(len, lines)) <= 80
    counts = [line.split()[-1] for line in lines if line.split() and line.split()[0] in names]
    assert counts == [f"{i}/{len(names)}" for i in range(1, len(names) + 1)]


def test_verify_prints_a_loss_when_it_is_done(no_errors, monkeypatch, capsys):
    """What is done when an interrupt comes is printed, and summed up."""
    before = []

    def worst_or_interrupt(case, tiers, samples, classes):
        if case.loss.name == LOSSES[2]:
            before.append(capsys.readouterr().out)
            raise KeyboardInterrupt
        return worst_everywhere()(case, tiers, samples, classes)

    monkeypatch.setattr(_verify, "worst", worst_or_interrupt)
    assert main(["verify", *LOSSES[:4]]) == 130
    assert f"{LOSSES[1]} " in before[0]
    assert " 2/4\n" in before[0]
    captured = capsys.readouterr()
    assert "4 of 4 pass" in captured.out
    assert "interrupted after 2 of 4" in " ".join(captured.out.split())
    assert captured.err == "fastloss: interrupted\n"


def test_verify_as_json(no_errors, run, monkeypatch, tmp_path, capsys):
    last = _verify.usable_tiers()[-1]
    names = [POINTWISE[0], next(iter(_verify.FUNCTION_BOUNDS))]
    for arguments in (["--json", "-"], ["--json"]):
        result = json.loads(run("verify", *names, *arguments))
        assert result["complete"]
        assert result["tiers"] == _verify.usable_tiers()
        assert result["versions"]["fastloss"] == fastloss.__version__
        assert {"date", "machine", "samples", "cases"} <= result.keys()
        assert [(f["name"], f["dtype"], f["passes"]) for f in result["findings"]] == [
            (name, dtype, True) for name in names for dtype in ("float32", "float64")
        ]
    row = np.array([0.5, math.inf], np.float32)
    found = {tier: {"grad": worst(math.nan if tier == last else 0.5, row, 1)} for tier in result["tiers"]}
    monkeypatch.setattr(_verify, "worst", lambda *arguments, **options: found)
    file = tmp_path / "found.json"
    assert main(["verify", LABELLED[0], "--json", str(file)]) == 1
    assert f"written: {file}" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == [file]
    finding = json.loads(file.read_text())["findings"][0]
    assert not finding["passes"]
    assert finding["errors"][last] == {"grad": "NaN"}
    (failure,) = finding["failures"]
    assert (failure["tier"], failure["output"], failure["place"]) == (last, "grad", 1)
    assert failure["inputs"] == {"pred": [0.5, "Infinity"], "target": 0.5}
    assert (failure["found"], failure["expected"]) == ("0.125", "0.25")


def test_verify_leaves_unfinished_json_when_interrupted(no_errors, monkeypatch, tmp_path, capsys):
    def interrupt(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(_verify, "worst_of_function", interrupt)
    arguments = ["verify", LOSSES[0], next(iter(_verify.FUNCTION_BOUNDS))]
    file = tmp_path / "found.json"
    # Of the name that an unfinished file might have been expected to have.
    (tmp_path / "found.json.unfinished").write_text("another's")
    assert main([*arguments, "--json", str(file)]) == 130
    assert (tmp_path / "found.json.unfinished").read_text() == "another's"
    (unfinished,) = tmp_path.glob("found.json.*.unfinished")
    assert unfinished.stat().st_mode & 0o777 == 0o600
    assert f"what was measured is in {unfinished}" in capsys.readouterr().err
    assert main([*arguments, "--json", "-"]) == 130
    results = [json.loads(text) for text in (capsys.readouterr().out, unfinished.read_text())]
    for result in results:
        assert not result["complete"]
        assert {finding["name"] for finding in result["findings"]} == {LOSSES[0]}


def test_json_file_that_cannot_be_written(error_of, tmp_path):
    assert "no such directory" in error_of("verify", "--json", tmp_path / "missing" / "found.json")
    assert "Is a directory" in error_of("verify", "--json", tmp_path)
    assert "after the names" in error_of("verify", "--json", LOSSES[0])


def test_info_as_json(run, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    result = json.loads(run("info", "--json"))
    assert [name for name, tier in result["tiers"].items() if tier["usable"]] == _verify.usable_tiers()
    assert {"date", "machine", "OpenMP", "runtimes"} <= result.keys()
    assert result["versions"]["numpy"] == np.__version__
    assert result["environment"]["OMP_NUM_THREADS"] == "3"


# --- names and variables that are wrong ---------------------------------------------------------------


@pytest.mark.parametrize("command", ["verify", "score"])
def test_unknown_loss_is_answered_with_the_nearest(command, error_of):
    assert "(did you mean huber?)" in error_of(command, "hubr")
    assert "cross_entropy" in error_of(command, "Cross-Entropy")
    message = error_of(command, "zzz")
    assert "'zzz'" in message
    assert len(message) < 100


def test_few_names_are_all_listed():
    assert _terminal.unknown("thing", "x", ["one", "two"]) == "there is no thing 'x'; choose from: one, two"


@pytest.mark.parametrize(("program", "variable"), [("module", "FASTLOSS_NUM_THREADS"), ("script", "FASTLOSS_TIER")])
def test_wrong_variable_is_said_in_one_line(program, variable, tmp_path):
    script = tmp_path / "fastloss"
    script.write_text("import sys; from fastloss.cli import main; sys.exit(main())")
    given = {"module": ["-m", "fastloss"], "script": [str(script)]}[program]
    environment = {**os.environ, variable: "nonsense"}
    done = subprocess.run([sys.executable, *given, "info"], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"fastloss: error: {variable}='nonsense'")
    assert done.stderr.count("\n") == 1


# --- the terminal ----------------------------------------------------------------------------------


class Terminal:
    """Stands for a stream that is a terminal."""

    def __init__(self):
        self.text = ""

    def write(self, text):
        self.text += text
        return len(text)

    def flush(self):
        pass

    def isatty(self):
        return True


@pytest.mark.parametrize("has_rich", [True, False])
def test_tables_and_bars_with_and_without_rich(has_rich, monkeypatch):
    if has_rich:
        pytest.importorskip("rich")
    else:
        real_import = builtins.__import__

        def import_without_rich(name, *rest):
            if name.split(".")[0] == "rich":
                raise ImportError(name)
            return real_import(name, *rest)

        monkeypatch.setattr(builtins, "__import__", import_without_rich)
    out, err = Terminal(), Terminal()
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    monkeypatch.setattr(_terminal, "PATIENCE", -1)
    with _terminal.progress(10, "work") as advance:
        advance(4)
        advance(6)
    _terminal.print_pairs({"name": "[bold]value"})
    _terminal.print_table({"left": "<", "right": ">"}, [["a", "1"], ["[red]", "22"]], ["", "bold red"])
    assert "[bold]value" in out.text
    assert all(cell in out.text for cell in ("left", "right", "[red]", "22"))
    assert ("work" in err.text) == has_rich


def test_plain_table(capsys):
    _terminal.print_table({"left": "<", "right": ">"}, [["a", "1"], ["long cell", "22"]])
    assert capsys.readouterr().out == (
        "left       right\n"
        "---------  -----\n"
        "a              1\n"
        "long cell     22\n"
    )  # fmt: skip


def test_counter_gives_way(monkeypatch):
    err = Terminal()
    monkeypatch.setattr(sys, "stderr", err)
    monkeypatch.setattr(_terminal, "PATIENCE", -1)
    counter = _terminal.Counter()
    counter.show("first")
    counter.show("x" * 1000)
    counter.clear()
    counter.clear()
    shown = err.text.split("\r")
    assert [text.strip() for text in shown[:3]] == ["first", "", shown[2]]
    assert set(shown[2]) == {"x"}
    assert shown[3:] == [" " * len(shown[2]), ""]


def test_counter_is_silent_without_a_terminal(capsys, monkeypatch):
    monkeypatch.setattr(_terminal, "PATIENCE", -1)
    counter = _terminal.Counter()
    counter.show("text")
    counter.clear()
    assert capsys.readouterr() == ("", "")
