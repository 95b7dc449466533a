"""`fastloss score` of losses of other arguments than a prediction and its target: files by name, axes, gradients by each."""

from __future__ import annotations

import json
import tracemalloc

import numpy as np
import pytest

import fastloss
from fastloss import _verify
from fastloss.cli import _problem, main

SUMMED = [name for name, loss in fastloss.losses.items() if not loss.declared.is_of_elements and not loss.declared.has_classes]
SEVERAL = [name for name in SUMMED if fastloss.losses[name].declared.arguments[0].name != "pred"]
CASES = {case.loss.name: case for case in reversed(_verify.cases(SUMMED)) if case.dtype == np.float32}
SHAPE = 4, 6, 5
#: What --axis takes, and what it means.
AXES = {"-1": -1, "0,2": (0, 2), "-2,-1": (1, 2), "1": 1, "all": None, "none": ()}


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(_problem, "BLOCK_BYTES", 64)
    monkeypatch.setattr(_problem, "LINE_BYTES", 8)


@pytest.fixture
def score(tmp_path, monkeypatch, capsys):
    """A function that saves arrays in files of their names and scores them; it returns the result, or the error's line."""
    monkeypatch.chdir(tmp_path)

    def scored(name, given, *options, **arrays):
        for file, array in {**given, **arrays}.items():
            np.save(f"{file}.npy", array)
        flags = [text for option in arrays for text in (f"--{option.replace('_', '-')}", f"{option}.npy")]
        status = main(["score", name, *(f"{file}.npy" for file in given), *flags, *options, "--json"])
        captured = capsys.readouterr()
        assert status == (2 if captured.err else 0)
        return captured.err.removeprefix("fastloss: error: ").strip() or json.loads(captured.out)

    return scored


def drawn(name, axis=-1, shape=SHAPE):
    """The arguments by name: tables of losses by elements, brought to a shape."""
    declared = fastloss.losses[name].declared
    axes = tuple(range(len(shape))) if axis is None else tuple(a % len(shape) for a in np.atleast_1d(np.array(axis, int)))
    kept = [a for a in range(len(shape)) if a not in axes]
    order = [*kept, *axes]
    sizes = [shape[a] for a in order]
    n = int(np.prod(sizes[: len(kept)]))
    *given, _ = _verify.draw(CASES[name], n, int(np.prod(shape)) // n, seed=7)

    def arranged(x, each):
        return x.reshape(sizes).transpose(np.argsort(order)).copy() if each == "element" else x.reshape(sizes[: len(kept)])

    return {argument.name: arranged(x, argument.each) for argument, x in zip(declared.arguments, given, strict=True)}


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("name", SUMMED)
def test_axes_and_gradients_by_each_argument(name, axis, score):
    loss, keywords = fastloss.losses[name], {"axis": AXES[axis]}
    given = drawn(name, AXES[axis])
    keywords["element_weight"] = np.random.default_rng(0).integers(0, 3, SHAPE[1:]) / 2
    for by in loss.declared.differentiable:
        arrays = {"element_weight": keywords["element_weight"]}
        result = score(name, given, "--axis", axis, "--wrt", by, "--grad-out", "g.npy", "--reduction", "sum", **arrays)
        losses = loss(*given.values(), reduction="none", **keywords)
        assert result["mean"] == pytest.approx(loss(*given.values(), **keywords), rel=1e-6)
        assert result["count"] == losses.size
        wanted = loss.grad(*given.values(), reduction="sum", wrt=by, **keywords)
        np.testing.assert_array_equal(np.load("g.npy"), wanted)


@pytest.mark.parametrize("name", SUMMED)
def test_groups_and_layouts(name, score):
    """Groups of the losses; files in Fortran order, and in half precision, have the results of arrays."""
    loss, given = fastloss.losses[name], drawn(name, 1)
    groups = np.arange(SHAPE[0]) % 2
    halves = {key: np.asfortranarray(x.astype(np.float16)) for key, x in given.items()}
    for arrays in (given, halves):
        result = score(name, arrays, "--axis", "1", by=groups)
        wide = [x.astype(np.float32) for x in arrays.values()]
        for group in result["groups"]:
            chosen = groups == group["group"]
            wanted = loss(*(x[chosen] for x in wide), axis=1)
            assert group["mean"] == pytest.approx(wanted, rel=1e-6, nan_ok=True)
            assert group["count"] == SHAPE[2] * chosen.sum()


def test_an_argument_may_be_left_out_or_one_number(score, capsys):
    given = drawn("gaussian_kl")
    first = dict(list(given.items())[:2])
    assert score("gaussian_kl", first) == score("gaussian_kl", {**first, "prior_mean": np.array(0.0)})
    wanted = fastloss.gaussian_kl(*first.values(), 0.5, given["prior_log_variance"])
    number = {**given, "prior_mean": np.array(0.5)}
    assert score("gaussian_kl", number)["mean"] == pytest.approx(wanted, rel=1e-6)
    assert main(["score", "gaussian_kl", "mean.npy", "log_variance.npy"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines if line.endswith("0 everywhere")] == ["prior", "prior"]


@pytest.mark.parametrize("name", SEVERAL)
def test_a_gradient_of_several_is_named(name, score):
    given, names = drawn(name), "|".join(fastloss.losses[name].declared.differentiable)
    assert f"{name} has several: --wrt {names} says which" in score(name, given, "--grad-out", "g.npy")
    assert "--grad-out names its file" in score(name, given, "--wrt", names.split("|")[0])


def test_messages_name_files_and_places(score):
    given = drawn("dice", (1, 2))
    bad = given["target"].copy()
    bad[3, 5, 4] = 7
    error = score("dice", {**given, "target": bad}, "--axis", "1,2")
    assert error.startswith("target.npy: target[3, 5, 4] = 7.0 is outside [0, 1]")
    error = score("dice", {**given, "target": bad[:, :, 1:]})
    assert error.startswith("pred.npy, target.npy: target has shape (4, 6, 4); wanted is (4, 6, 5)")
    assert score("dice", given, "--axis", "1,1").startswith("pred.npy: axis = (1, 1) names an axis twice")
    assert score("dice", given, "--axis", "3").startswith("pred.npy: axis = 3 is no axis")
    assert "'x' is no axis; wanted: an integer, several with commas" in score("dice", given, "--axis", "x")
    assert score("dice", given, element_weight=np.ones(6)).startswith("element_weight.npy: element_weight has shape (6,)")
    vectors = drawn("cosine_embedding")
    vectors["label"][2, 3] = 0.5
    assert score("cosine_embedding", vectors).startswith("label.npy: label[2, 3] = 0.5 is outside {-1, 1}")
    vectors["label"] = vectors["label"][:3]
    assert score("cosine_embedding", vectors).startswith("first.npy, label.npy: label has shape (3, 6); wanted is (4, 6)")


@pytest.mark.parametrize("name", ["dice", "triplet_margin"])
def test_memory_is_that_of_blocks(name, score, monkeypatch):
    """Of losses, and of one loss of all elements: nothing is copied."""
    monkeypatch.setattr(_problem, "BLOCK_BYTES", 1 << 14)
    given = {key: np.concatenate([x.reshape(-1, 5)] * 4000) for key, x in drawn(name).items()}
    size = next(iter(given.values())).nbytes
    for axis in ("1", "all"):
        score(name, given, "--axis", axis)
        tracemalloc.start()
        try:
            score(name, {}, *(f"{key}.npy" for key in given), "--axis", axis)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert peak < size // 2
