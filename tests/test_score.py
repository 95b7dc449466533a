"""`fastloss score`: files of other formats, weights of any size, gradients in half precision, classes and groups."""

from __future__ import annotations

import csv
import io
import json
import math

import numpy as np
import pytest
from conftest import PAIRED

import fastloss
from fastloss import _verify
from fastloss.cli import _inputs, _problem, main
from fastloss.cli._score_options import SORTS

LOSSES = list(PAIRED)
LABELLED = [name for name, loss in fastloss.losses.items() if loss.declared.labels]
CASES = {(case.loss.name, case.dtype.name, case.labels): case for case in reversed(_verify.cases())}  # with default parameters

N, CLASSES = 60, 5
# Of sums in double of numbers computed in float32, and rounded once more by the core where rows are weighed.
RTOL = {"float32": 1e-6, "float64": 1e-13}


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(_problem, "BLOCK_BYTES", 128)


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """A function that scores arrays, by the names of their files, and returns what `--json` prints."""
    monkeypatch.chdir(tmp_path)

    def score_arrays(name, pred, target, *options, **arrays):
        for file, array in {"pred": pred, "target": target, **arrays}.items():
            np.save(file, array)
        given = [text for option in arrays for text in (f"--{option.replace('_', '-')}", f"{option}.npy")]
        status = main(["score", name, "pred.npy", "target.npy", *given, *map(str, options), "--json"])
        captured = capsys.readouterr()
        assert status == 0, captured.err
        score_arrays.err = captured.err
        return json.loads(captured.out)

    return score_arrays


def drawn(name, dtype="float32", labels=None):
    """Predictions and targets of finite losses."""
    loss = fastloss.losses[name]
    labels = loss.declared.labels if labels is None else labels
    pred, target, _ = _verify.draw(CASES[name, dtype, labels], 4 * N, CLASSES, seed=5)
    finite = np.flatnonzero(
        np.isfinite(loss(pred, target, reduction="none")) & np.isfinite(loss.grad(pred, target)).reshape(4 * N, -1).all(axis=1)
    )
    assert len(finite) >= N
    return pred[finite[:N]], target[finite[:N]]


# ---- weights --------------------------------------------------------------------------------------------------------


def sizes(rng, spread, n):
    """Weights whose powers of two lie in a range of so many, somewhere among all float64 numbers."""
    low = rng.integers(-1073, 1023 - spread)
    return np.ldexp(rng.integers(1 << 19, 1 << 20, n) / (1 << 20), low + rng.integers(0, spread + 1, n))


@pytest.mark.sample(quick=0.3)
@pytest.mark.parametrize("dtype", ["float32", "float64", "float16"])
@pytest.mark.parametrize("name", LOSSES)
def test_a_mean_depends_on_ratios_of_weights_only(name, dtype, run, depth):
    """Value, groups and gradient, for weights from the smallest to the largest number."""
    rng = np.random.default_rng(depth.random(f"weights {name} {dtype}").randrange(1 << 32))
    loss = fastloss.losses[name]
    pred, target = drawn(name, "float32" if dtype == "float16" else dtype)
    pred = pred.astype(dtype)
    computed = pred.astype(np.float32) if dtype == "float16" else pred
    losses = loss(computed, target, reduction="none").astype(float)
    gradients = loss.grad(pred.astype(float), target, reduction="sum")  # asked for in double, and so computed in it
    finite = np.isfinite(losses) & np.isfinite(gradients).reshape(N, -1).all(axis=1)  # in half precision some are not
    pred, target, losses, gradients = pred[finite], target[finite], losses[finite], gradients[finite]
    groups = rng.integers(0, 3, len(pred))
    for spread in depth.of([0, 2000], [0, 1, 50, 500, 2000], [0, 1, 10, 50, 100, 500, 1000, 1500, 2000]):
        weight = sizes(rng, spread, len(pred))
        result = run(name, pred, target, "--grad-out", "grad.npy", "--grad-dtype", "float64", weight=weight, by=groups)
        rtol = 1e-12
        for chosen, found in [(np.ones(len(pred), bool), result), *((groups == g["group"], g) for g in result["groups"])]:
            ratios = np.ldexp(*frexp_below(weight[chosen]))
            assert found["mean"] == pytest.approx(np.sum(losses[chosen] * ratios) / ratios.sum(), rel=rtol, abs=1e-300)
            assert found["count"] == chosen.sum()
        mantissa, exponent = (x.reshape(-1, *[1] * (pred.ndim - 1)) for x in frexp_below(weight))
        wanted = np.ldexp(gradients * mantissa / np.ldexp(mantissa, exponent).sum(), exponent)
        np.testing.assert_allclose(np.load("grad.npy"), wanted, rtol=1e-9, atol=1e-290)


def frexp_below(weight):
    """Mantissas and exponents, those of the largest number 0."""
    mantissa, exponent = np.frexp(weight)
    return mantissa, exponent - exponent.max()


@pytest.mark.parametrize("labels", [True, False])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("name", [name for name in LABELLED if "class_weight" in fastloss.losses[name].params])
def test_a_mean_depends_on_ratios_of_class_weights_only(name, smoothing, labels, run, depth):
    loss = fastloss.losses[name]
    if (smoothing and "label_smoothing" not in loss.params) or (not labels and not loss.declared.probabilities):
        pytest.skip("there is none")
    rng = np.random.default_rng(depth.random(f"class weights {name}").randrange(1 << 32))
    pred, target = drawn(name, labels=labels)
    keywords, options = ({"label_smoothing": smoothing}, ["--label-smoothing", smoothing]) if smoothing else ({}, [])
    class_weight = rng.random(pred.shape[1])
    enters = loss.declared.class_weight_in_mean and labels
    wanted = loss(pred, target, class_weight=class_weight, **keywords)
    for exponent in [-1074 + 60, -300, 0, 300, 1023] if enters else [0]:
        scaled = np.ldexp(class_weight, exponent)
        result = run(name, pred, target, *options, "--grad-out", "grad.npy", class_weight=scaled)
        assert result["mean"] == pytest.approx(wanted, rel=1e-6)
        gradient = loss.grad(pred, target, class_weight=class_weight, **keywords)
        np.testing.assert_allclose(np.load("grad.npy"), gradient, rtol=2e-5, atol=1e-6 * np.abs(gradient).max())


def test_groups_of_classes_whose_weights_are_far_apart(run):
    pred, target = drawn("cross_entropy")
    class_weight = np.ldexp(1.0, [-1074, -500, 0, 500, 1023])[: pred.shape[1]]
    class_weight = np.resize(class_weight, pred.shape[1])
    result = run("cross_entropy", pred, target, class_weight=class_weight, by=target)
    for group in result["groups"]:
        chosen = target == group["group"]
        assert group["mean"] == pytest.approx(fastloss.cross_entropy(pred[chosen], target[chosen]), rel=1e-6)


@pytest.mark.parametrize("name", ["huber", "cross_entropy"])
def test_what_does_not_count_counts_nowhere(name, run):
    """Weight 0, however bad the prediction, and ignored labels."""
    pred, target = drawn(name)
    pred, weight, groups = pred.copy(), np.ones(N), np.arange(N) % 4
    weight[groups == 1] = 0
    weight[::5] = 0
    pred[weight == 0] = np.nan
    if name in LABELLED:
        target[groups == 2] = -100
    counted = (weight != 0) & ((groups != 2) if name in LABELLED else True)
    result = run(name, pred, target, "--grad-out", "grad.npy", weight=weight, by=groups)
    loss = fastloss.losses[name]
    assert result["mean"] == pytest.approx(loss(pred[counted], target[counted]), rel=1e-6)
    assert (result["count"], result["weight"]) == (counted.sum(), counted.sum())
    assert result["ignored"] + result["weightless"] == N - counted.sum()
    assert sorted(group["group"] for group in result["groups"]) == np.unique(groups[counted]).tolist()
    assert [group["count"] for group in result["groups"]] == [
        np.sum(counted & (groups == g["group"])) for g in result["groups"]
    ]
    gradient = np.load("grad.npy")
    assert not gradient[~counted].any()
    np.testing.assert_allclose(gradient[counted], loss.grad(pred[counted], target[counted]), rtol=1e-5, atol=1e-9)


# ---- half precision -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wanted", ["float16", "bfloat16", "float32", "float64"])
@pytest.mark.parametrize("given", ["float16", "float32", "float64"])
def test_the_type_of_the_gradient(given, wanted, run):
    pred, target = drawn("cross_entropy")
    pred = pred.astype(given)
    result = run("cross_entropy", pred, target, "--grad-out", "grad.npy", "--grad-dtype", wanted)
    assert result["gradient_dtype"] == wanted
    found = np.load("grad.npy")
    if wanted == "bfloat16":
        assert found.dtype == "V2"
        found = _inputs.numbers(found)
    else:
        assert found.dtype == wanted
    exact = fastloss.cross_entropy.grad(pred.astype(float), target)
    rtol = {"float16": 2**-11, "bfloat16": 2**-8, "float32": 2**-22, "float64": 1e-14}[wanted]
    rtol = rtol if given == "float64" or wanted == "float64" else rtol + 2**-20
    tiny = {"float16": 2.0**-24, "bfloat16": 2.0**-133, "float32": 1e-44, "float64": 0}[wanted]
    np.testing.assert_allclose(found, exact, rtol=rtol, atol=tiny)


def test_a_gradient_that_underflows_is_told(run, monkeypatch):
    monkeypatch.setattr(_problem, "BLOCK_BYTES", 1 << 16)
    rng = np.random.default_rng(0)
    pred, target = rng.normal(0, 4, size=(100, 2000)).astype(np.float16), rng.integers(0, 2000, 100)
    result = run("cross_entropy", pred, target, "--grad-out", "grad.npy")
    share = np.mean(np.load("grad.npy") == 0)
    assert share > 0.5
    assert result["gradient_underflow"] == pytest.approx(share, abs=1e-9)
    told = f"{share:.0%} of the gradient's numbers that are not 0 underflow to 0 in float16"
    assert run.err == f"fastloss: warning: {told}; --grad-dtype float32 keeps them\n"
    for wider in ("float32", "bfloat16"):
        result = run("cross_entropy", pred, target, "--grad-out", "grad.npy", "--grad-dtype", wider)
        assert (result["gradient_underflow"], run.err) == (0, "")
        gradient = np.load("grad.npy")
        assert np.all(gradient.view(np.uint16) if wider == "bfloat16" else gradient)


def test_bfloat16_is_rounded_to_the_nearest(depth):
    ml_dtypes = pytest.importorskip("ml_dtypes")
    bits = np.random.default_rng(0).integers(0, 1 << 32, 1 << 16, dtype=np.uint32)
    bits = np.concatenate(
        [bits, bits & 0xFFFF0000, bits & 0xFFFF0000 | 0x8000, [0x7F800000, 0xFF800000, 0x7FC00000, 0x7F7FFFFF, 0x80000000]]
    )
    numbers = bits.astype(np.uint32).view(np.float32)
    with np.errstate(all="ignore"):
        wanted = numbers.astype(ml_dtypes.bfloat16)
    found = _inputs.to_bfloat16(numbers).view(ml_dtypes.bfloat16)
    np.testing.assert_array_equal(found.astype(np.float32), wanted.astype(np.float32))
    np.testing.assert_array_equal(_inputs.numbers(_inputs.to_bfloat16(numbers)), wanted.astype(np.float32))


# ---- formats --------------------------------------------------------------------------------------------------------


def bfloat16(array):
    return _inputs.to_bfloat16(array.astype(np.float32))


def test_the_same_array_in_any_file(run, capsys):
    pred, target = drawn("cross_entropy")
    wanted = run("cross_entropy", pred, target)
    pred.tofile("pred.bin")
    target.tofile("target.bin")
    np.savez("several.npz", pred=pred, target=target)
    np.savez_compressed("one.npz", pred)
    pred.tofile("a:b.bin")
    shape = "x".join(map(str, pred.shape))
    for name in [
        f"pred.bin:float32:{shape}",
        f"pred.bin:<f4:{shape}",
        "several.npz:pred",
        "one.npz",
        "one.npz:arr_0",
        f"a:b.bin:float32:{shape}",
    ]:
        for labels in ("target.npy", f"target.bin:{target.dtype}", "several.npz:target"):
            assert main(["score", "cross_entropy", name, labels, "--json"]) == 0
            assert json.loads(capsys.readouterr().out) == wanted


def test_bfloat16_in_any_file(run, capsys):
    pred, target = drawn("cross_entropy")
    half = bfloat16(pred)
    wanted = run("cross_entropy", _inputs.numbers(half), target)
    np.save("half.npy", half)
    np.save("bits.npy", half.view(np.uint16))
    half.tofile("half.bin")
    np.savez("half.npz", half=half, other=pred)
    shape = "x".join(map(str, pred.shape))
    for name in ("half.npy:bfloat16", "bits.npy:bfloat16", f"half.bin:bfloat16:{shape}", "half.npz:half:bfloat16"):
        assert main(["score", "cross_entropy", name, "target.npy", "--json", "--grad-out", "grad.npy"]) == 0
        result = json.loads(capsys.readouterr().out)
        assert {key: value for key, value in result.items() if "gradient" not in key} == wanted
        assert result["gradient_dtype"] == "bfloat16"
        assert np.load("grad.npy").shape == pred.shape
    assert main(["score", "cross_entropy", "half.npy", "target.npy"]) == 2
    assert "write half.npy:bfloat16" in capsys.readouterr().err


FOREIGN = {
    "x.csv": (b"1,2\n3,4\n", "CSV", "numpy.loadtxt('x.csv', delimiter=',')"),
    "x.tsv": (b"a\tb\n3\t4\n", "CSV", "numpy.loadtxt('x.tsv', delimiter='\\t')"),
    "x.txt": (b"1\n2\n", "text", "numpy.loadtxt('x.txt')"),
    "x.parquet": (b"PAR1\x15\x04", "Parquet", "pandas.read_parquet('x.parquet')"),
    "x.feather": (b"ARROW1\0\0", "Feather", "pandas.read_feather('x.feather')"),
    "x.h5": (b"\x89HDF\r\n\x1a\n\0", "HDF5", "h5py.File('x.h5')"),
    "x.safetensors": (b"\x50\0\0\0\0\0\0\0{\"a\":{", "safetensors", "safetensors.numpy.load_file('x.safetensors')"),
    "x.json": (b"[1, 2]", "JSON", "json.load(open('x.json'))"),
    "x.pkl": (b"\x80\x04\x95", "pickle", "pandas.read_pickle('x.pkl')"),
    "old.pt": (b"\x80\x02\x8a", "PyTorch", "torch.load('old.pt')"),
    "x.npy.gz": (b"\x1f\x8b\x08", "gzip", "decompress"),
    "x.raw": (bytes(80), "raw", "x.raw:float32:1000x10"),
    "x.npy": (b"", "empty", "empty"),
}  # fmt: skip


@pytest.mark.parametrize("name", FOREIGN)
def test_files_of_other_formats_are_named(name, run, capsys):
    content, kind, help_ = FOREIGN[name]
    with open(name, "wb") as file:
        file.write(content)
    assert main(["score", "huber", name, name]) == 2
    message = capsys.readouterr().err
    assert message.startswith(f"fastloss: error: {name} cannot be read as a .npy file: ")
    assert kind in message
    assert help_ in message


def test_a_conversion_that_is_named_works(run, capsys):
    with open("c.csv", "w") as file:
        file.write("1,2,3\n4,5,6\n")
    assert main(["score", "huber", "c.csv", "c.csv"]) == 2
    exec(capsys.readouterr().err.partition("in Python, ")[2].partition(" converts it")[0], {"numpy": np})
    np.testing.assert_array_equal(np.load("c.npy"), [[1, 2, 3], [4, 5, 6]])


# ---- classes and groups ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("axis", [-1, 0])
@pytest.mark.parametrize("name", LABELLED)
def test_accuracy_and_perplexity(name, axis, run):
    loss = fastloss.losses[name]
    pred, target = drawn(name)
    target[::3] = pred.argmax(axis=1)[::3]
    target[::7] = -100
    weight, groups = np.random.default_rng(0).random(N), np.arange(N) % 3
    result = run(name, np.moveaxis(pred, 1, axis), target, "--axis", axis, weight=weight, by=groups)
    counted = target != -100
    row_sum = np.log(np.exp(pred.astype(float)).sum(axis=1)) if name != "nll" else 0
    costs = row_sum - pred[np.arange(N), np.where(counted, target, 0)]
    for chosen, found in [(counted, result), *((counted & (groups == g["group"]), g) for g in result["groups"])]:
        assert found["accuracy"] == pytest.approx(np.average((pred.argmax(axis=1) == target)[chosen], weights=weight[chosen]))
        if loss.declared.softmax or name == "nll":
            assert found["perplexity"] == pytest.approx(np.exp(np.average(costs[chosen], weights=weight[chosen])), rel=1e-5)
    assert ("perplexity" in result) == (loss.declared.softmax or name == "nll")


@pytest.mark.parametrize(
    "options",
    [{}, {"temperature": 2.0}, {"softcap": 3.0, "temperature": 0.5}, {"label_smoothing": 0.1, "z_loss": 0.1, "softcap": 3.0}],
)
def test_perplexity_is_of_the_softmax_that_the_loss_takes(options, run):
    pred, target = drawn("cross_entropy")
    given = [text for name, value in options.items() for text in (f"--{name.replace('_', '-')}", value)]
    result = run("cross_entropy", pred, target, *given)
    softened = {name: value for name, value in options.items() if name in ("temperature", "softcap")}
    assert result["perplexity"] == pytest.approx(math.exp(fastloss.cross_entropy(pred, target, **softened)), rel=1e-5)


def test_numbers_as_targets_have_no_accuracy(run):
    pred, target = drawn("cross_entropy", labels=False)
    assert not {"accuracy", "perplexity"} & run("cross_entropy", pred, target).keys()


@pytest.fixture
def grouped(run):
    pred, target = drawn("squared_error")
    return run, pred, target, np.array(list("abcde"))[np.arange(N) % 5]


@pytest.mark.parametrize("sort", SORTS)
def test_the_order_of_groups(sort, grouped, capsys):
    run, pred, target, groups = grouped
    found = run("squared_error", pred, target, "--sort", sort, by=groups)["groups"]
    of = {"loss": "share_of_loss", "mean": "mean", "count": "count", "group": "group"}[sort]
    values = [group[of] for group in found]
    assert values == sorted(values, reverse=sort != "group")
    top = run("squared_error", pred, target, "--sort", sort, "--top", 2, by=groups)
    assert top["groups"] == found[:2]
    assert top["groups_left_out"] == 3
    assert main(["score", "squared_error", "pred.npy", "target.npy", "--by", "by.npy", "--sort", sort, "--top", "2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[-3:]] == [found[0]["group"], found[1]["group"], "3"]


def test_groups_with_nan_come_first(grouped):
    run, pred, target, groups = grouped
    pred[groups == "c"] = np.nan
    assert run("squared_error", pred, target, by=groups)["groups"][0]["group"] == "c"


@pytest.mark.parametrize("by", [True, False])
def test_csv_holds_what_json_does(by, grouped, capsys, tmp_path):
    run, pred, target, groups = grouped
    groups = np.char.add(groups, ',"\n\x1b')
    result = run("squared_error", pred, target, by=groups)
    arguments = ["score", "squared_error", "pred.npy", "target.npy", *(["--by", "by.npy"] if by else [])]
    assert main([*arguments, "--csv", "-"]) == 0
    text = capsys.readouterr().out
    rows = list(csv.DictReader(io.StringIO(text)))
    wanted = result["groups"] if by else [result]
    assert len(rows) == len(wanted)
    for row, numbers in zip(rows, wanted, strict=True):
        for name, value in row.items():
            if name == "group":
                assert value == numbers[name].replace("\n", "\\n").replace("\x1b", "\\x1b")
            else:
                assert value == str(numbers[name])
    assert main([*arguments, "--csv", "out.csv", "--json", "out.json"]) == 0
    assert (tmp_path / "out.csv").read_text() == text
    printed = capsys.readouterr().out
    assert "written: out.csv\n" in printed
    assert "mean" in printed
    if by:
        assert json.loads((tmp_path / "out.json").read_text()) == result


def test_messages_name_the_files(run, capsys):
    pred, target = drawn("cross_entropy")
    run("cross_entropy", pred, target)
    np.save("many.npy", np.zeros(7))
    np.save("bad.npy", np.where(np.arange(N) == 50, 99, target))
    cases = {
        ("pred.npy", "many.npy"): "pred.npy, many.npy: pred has shape",
        ("pred.npy", "bad.npy"): "bad.npy: target[50] = 99",
        ("pred.npy", "target.npy", "--weight", "many.npy"): "many.npy: weight has shape (7,)",
        ("pred.npy", "target.npy", "--by", "many.npy"): "many.npy: groups must",
        ("pred.npy", "target.npy", "--class-weight", "many.npy"): "many.npy: class_weight",
        ("pred.npy", "target.npy", "--axis", "7"): "pred.npy: axis = 7",
    }
    for arguments, wanted in cases.items():
        assert main(["score", "cross_entropy", *arguments]) == 2
        assert capsys.readouterr().err.startswith(f"fastloss: error: {wanted}")
