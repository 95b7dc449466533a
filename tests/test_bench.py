"""The benchmarks: that they measure what they say. Nothing here looks at a time."""

from __future__ import annotations

import dataclasses
import importlib
import json
import math
from pathlib import Path

import numpy as np
import pytest
from conftest import PAIRED

import fastloss as fl
from fastloss._kinds import BINARY, NONNEGATIVE, PROBABILITY, REAL, SIGN, Interval
from fastloss._registry import registry
from fastloss.cli import _machine, bench, main
from fastloss.cli._libraries import FASTLOSS, CopyLimit, Opponent, disagreement
from fastloss.cli._workloads import SIZES, Workload, draw, select, workloads

BENCHMARKS = Path(__file__).resolve().parent.parent / "benchmarks"
SMALL_SHAPES = {"pointwise": (50,), "rows": (5, 7), "sums": (5, 7)}


@pytest.fixture(autouse=True)
def _unchanged_environment(monkeypatch):
    monkeypatch.setenv("PJRT_NPROC", "1")  # written by the measurement of JAX


def script(name):
    """A file of benchmarks/ as a module."""
    if not BENCHMARKS.is_dir():
        pytest.skip("not in a checkout")
    with pytest.MonkeyPatch.context() as patched:
        patched.syspath_prepend(BENCHMARKS)
        return importlib.import_module(name)


OPPONENTS = script("opponents").OPPONENTS if BENCHMARKS.is_dir() else {}
#: Their functions are not in NumPy.
NOT_IN_NUMPY = {"barron_nll", "beta", "crps_gaussian"}


@pytest.fixture(scope="module")
def report():
    return script("report")


# --- workloads ------------------------------------------------------------------------------------


def test_every_loss_of_the_registry_is_measured():
    sizes = {name: {w.size for w in workloads() if w.loss == name} for name in registry}
    for name, declared in registry.items():
        assert sizes[name], name
        if declared.family == "pointwise":
            assert sizes[name] == set(SIZES), name


def test_names_of_workloads_are_unique():
    names = [w.name for w in workloads()]
    assert len(set(names)) == len(names)
    assert "cross_entropy-1024x50257" in names


@pytest.mark.parametrize(
    "interval",
    [REAL, PROBABILITY, NONNEGATIVE, SIGN, BINARY, Interval(high=2), Interval(2, 3, low_open=True, high_open=True)],
    ids=str,
)
def test_inputs_lie_in_their_domain_and_vary(interval):
    numbers = draw(np.random.default_rng(0), interval, (1000,))
    assert numbers.dtype == np.float32
    assert all(float(x) in interval for x in numbers)
    assert numbers.std() > 0.2
    if interval.ends_only:
        assert set(numbers.tolist()) == {interval.low, interval.high}


@pytest.mark.parametrize("name", registry)
def test_inputs_are_the_same_every_time(name):
    workload = Workload(name, SMALL_SHAPES[registry[name].family])
    first, second = workload.make_inputs(), workload.make_inputs()
    assert first.out.shape == first.pred.shape == workload.shape
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a, b)


def test_compulsory_bytes():
    # Predictions, targets and gradient of 4 bytes; labels of 8; and of `nll` one prediction a row.
    assert Workload("huber", (100,)).compulsory_bytes == 1200
    assert Workload("kl_divergence", (5, 20)).compulsory_bytes == 1200
    assert Workload("cross_entropy", (5, 20)).compulsory_bytes == 400 + 40 + 400
    assert Workload("nll", (5, 20)).compulsory_bytes == 20 + 40 + 400


def test_select():
    assert {w.loss for w in select(["huber", "nll"], "all")} == {"huber", "nll"}
    assert [w.name for w in select(["huber"], "small")] == ["huber-32"]
    assert [w.name for w in select(["huber-10000000"], "small")] == ["huber-10000000"]
    assert {w.size for w in select([], "medium")} == {"medium"}
    with pytest.raises(ValueError, match="no small workload"):
        select(["nll"], "small")


# --- opponents ------------------------------------------------------------------------------------


@pytest.mark.sample(quick=40, full=80)
@pytest.mark.parametrize("loss", registry)
@pytest.mark.parametrize("name", [name for name in OPPONENTS if name != "torch.compile"])
@pytest.mark.filterwarnings("ignore")  # those of other libraries
def test_opponents_agree(name, loss):
    opponent = OPPONENTS[name]
    if opponent.why_absent():
        pytest.skip(f"{name}: {opponent.why_absent()}")
    workload = Workload(loss, SMALL_SHAPES[registry[loss].family])
    inputs = workload.make_inputs()
    theirs = opponent.prepare(workload, inputs, 1)
    if theirs is None:
        assert name != "numpy" or loss in NOT_IN_NUMPY
        pytest.skip(f"{name} has no {loss}")
    ours = FASTLOSS.prepare(workload, inputs, 1)
    expected = ours.outcome(ours.call())
    assert expected[1] is inputs.out
    assert disagreement(expected, theirs.outcome(theirs.call())) == ""


@pytest.mark.parametrize("loss", PAIRED)
def test_numpy_is_written_in_float32_and_leaves_its_inputs(loss):
    workload = Workload(loss, SMALL_SHAPES[registry[loss].family])
    inputs, same = workload.make_inputs(), workload.make_inputs()
    prepared = OPPONENTS["numpy"].prepare(workload, inputs, 1) if OPPONENTS else None
    if prepared is None:
        pytest.skip(f"NumPy has no {loss}")
    first, second = prepared.call(), prepared.call()
    value, gradient = prepared.outcome(second)
    assert first == second
    assert isinstance(value, float)
    assert gradient.dtype == np.float32
    for given, expected in zip(inputs, same, strict=True):
        np.testing.assert_array_equal(given, expected)


def test_disagreement_is_found():
    gradient = np.array([[1.0, -2.0], [3.0, 1e-9]], np.float32)
    assert disagreement((1.0, gradient), (1.00005, gradient * np.float32(1.00005))) == ""
    assert "value 1.001" in disagreement((1.0, gradient), (1.001, gradient))
    assert "value nan" in disagreement((1.0, gradient), (math.nan, gradient))
    assert "shape (4,)" in disagreement((1.0, gradient), (1.0, gradient.ravel()))
    wrong = gradient.copy()
    wrong[1, 0] = 3.01
    assert "gradient[1, 0] 3.01" in disagreement((1.0, gradient), (1.0, wrong))
    wrong[1, 0] = np.nan
    assert "gradient[1, 0] nan" in disagreement((1.0, gradient), (1.0, wrong))


def test_a_library_that_is_not_there_says_so():
    absent = Opponent("absent", "no_such_library", "no-such-library", FASTLOSS.prepare)
    assert absent.why_absent() == "not installed"
    assert dataclasses.replace(absent, module="no_such_library.part").why_absent() == "not installed"
    moved = Opponent("moved", "numpy.no_such_module", "numpy", FASTLOSS.prepare)
    assert moved.why_absent() == "has no numpy.no_such_module in this version"


@pytest.mark.parametrize("threads", [1, 3])
def test_copy_limit_copies_everything(threads):
    limit = CopyLimit(threads, array_bytes=1001)
    assert len(limit.parts) == threads
    assert limit.bytes_moved == 2002
    for target, source in limit.parts:
        source[:] = 7
        target[:] = 0
    limit()
    assert sum(target.size for target, _ in limit.parts) == 1001
    assert all((target == 7).all() for target, _ in limit.parts)


# --- the command ----------------------------------------------------------------------------------


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(bench, "TURN_SECONDS", 1e-6)
    monkeypatch.setattr(bench, "PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(bench, "CopyLimit", lambda threads: CopyLimit(threads, array_bytes=1 << 20))
    monkeypatch.setattr(bench, "OPPONENTS", {**OPPONENTS})


@pytest.fixture
def written(quick, tmp_path, capsys):
    """The file of a small run, and what was printed."""
    if not OPPONENTS:
        pytest.skip("not in a checkout")
    arguments = ["huber-32", "cross_entropy-32x10", "--against", "numpy", "--repeats", "1", "--threads", "1"]
    assert main(["bench", *arguments, "--json", str(tmp_path / "run.json")]) == 0
    return tmp_path / "run.json", capsys.readouterr().out


def test_bench_measures_and_writes(written):
    path, printed = written
    results = json.loads(path.read_text())
    assert results["machine"]["threads"] == 1
    assert results["machine"]["cpu"]
    assert results["versions"]["fastloss"] == fl.__version__
    assert [w["name"] for w in results["workloads"]] == ["huber-32", "cross_entropy-32x10"]
    for workload in results["workloads"]:
        assert set(workload["seconds"]) == {"fastloss", "numpy", bench.ADD}
        assert workload["excluded"] == {}
        for measured in workload["seconds"].values():
            assert 0 < measured["lower_quartile"] <= measured["median"] <= measured["upper_quartile"]
            assert measured["repeats"] == 1
        assert workload["name"] in printed
    assert list(path.parent.iterdir()) == [path]


def test_a_directory_gets_a_named_file(quick, tmp_path, capsys):
    assert main(["bench", "huber-32", "--against", "", "--repeats", "1", "--json", str(tmp_path)]) == 0
    (path,) = tmp_path.iterdir()
    date = json.loads(path.read_text())["date"]
    assert path.name.endswith(f"-{date[:10]}.json")
    assert str(path) in capsys.readouterr().out


def test_json_to_stdout_is_json_alone(quick, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["bench", "huber-32", "--against", "", "--repeats", "1", "--json", "-"]) == 0
    assert [w["name"] for w in json.loads(capsys.readouterr().out)["workloads"]] == ["huber-32"]
    assert list(tmp_path.iterdir()) == []


def test_runs_are_added_to_a_file(written, monkeypatch, capsys):
    path, _ = written
    before = json.loads(path.read_text())
    arguments = ["--against", "", "--repeats", "1", "--threads", "1", "--json", str(path), "--add"]
    assert main(["bench", "cross_entropy-32x10", "hinge-32", *arguments]) == 0
    after = json.loads(path.read_text())
    # In the order in which all would be measured; what was measured again replaces what was there.
    assert [w["name"] for w in after["workloads"]] == ["huber-32", "hinge-32", "cross_entropy-32x10"]
    assert after["workloads"][0] == before["workloads"][0]
    assert set(after["workloads"][2]["seconds"]) == {"fastloss", bench.ADD}
    monkeypatch.setattr(_machine, "cpu_model", lambda: "Another")
    capsys.readouterr()
    assert main(["bench", "huber-32", *arguments]) == 2
    assert "holds results of another machine" in capsys.readouterr().err
    assert json.loads(path.read_text()) == after
    path.write_text("[]")
    assert main(["bench", "huber-32", *arguments]) == 2
    assert "holds no results of this command" in capsys.readouterr().err
    assert main(["bench", "huber-32", "--add", "--json", "-"]) == 2


def test_the_wheel_has_no_opponents_and_says_where_they_are(quick, monkeypatch, capsys):
    monkeypatch.setattr(bench, "OPPONENTS", {})
    assert main(["bench", "huber-32", "--repeats", "1"]) == 0
    assert "python benchmarks/bench.py" in capsys.readouterr().out
    assert main(["bench", "huber-32", "--against", "torch"]) == 2
    assert "python benchmarks/bench.py" in capsys.readouterr().err
    # The same command in the source has them.
    assert script("bench").main(["huber-32", "--repeats", "1", "--against", "numpy"]) == 0
    assert "numpy" in capsys.readouterr().out.splitlines()[3]


def test_the_limit_is_scaled_to_the_workload(quick, monkeypatch):
    monkeypatch.setattr(Workload, "size", "large")
    run = bench.Bench([], threads=1, repeats=1)
    monkeypatch.setattr(bench.Contestant, "turn", lambda self: self.seconds.append(2.0))
    advanced = []
    result = run.measure(Workload("huber", (100,)), advanced.append)
    assert result["seconds"][bench.LIMIT]["median"] == pytest.approx(2.0 * 1200 / (2 << 20))
    assert result["seconds"]["fastloss"]["median"] == 2.0
    assert sum(advanced) == 2


def test_an_opponent_that_errs_is_excluded_and_named(quick, monkeypatch, capsys):
    def wrong(workload, inputs, threads):
        prepared = FASTLOSS.prepare(workload, inputs._replace(out=np.zeros_like(inputs.pred)), threads)
        return prepared._replace(outcome=lambda result: (2 * result[0], result[1]))

    def failing(workload, inputs, threads):
        raise RuntimeError("no compiler\nand a long story")

    libraries = {
        "wrong": Opponent("wrong", "numpy", "numpy", wrong),
        "failing": Opponent("failing", "numpy", "numpy", failing),
        "absent": Opponent("absent", "no_such_library", "no-such-library", wrong),
    }
    monkeypatch.setattr(bench, "OPPONENTS", libraries)
    assert main(["bench", "huber-32", "--repeats", "1"]) == 0
    printed = capsys.readouterr().out
    assert "excluded: wrong on huber-32: value " in printed
    assert "excluded: failing on huber-32: RuntimeError: no compiler\n" in printed
    assert "left out: absent: not installed" in printed


def test_an_interrupted_run_keeps_what_it_has_and_looks_unfinished(quick, monkeypatch, tmp_path):
    measure = bench.Bench.measure

    def interrupted(self, workload, advance):
        if workload.loss == "hinge":
            raise KeyboardInterrupt
        return measure(self, workload, advance)

    monkeypatch.setattr(bench.Bench, "measure", interrupted)
    arguments = ["huber-32", "hinge-32", "--against", "", "--repeats", "1"]
    assert main(["bench", *arguments, "--json", str(tmp_path / "run.json")]) == 130
    (path,) = tmp_path.iterdir()
    assert path.name.startswith("run.json.")
    assert path.name.endswith(".unfinished")
    assert [w["loss"] for w in json.loads(path.read_text())["workloads"]] == ["huber"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["hubber"], "there is no loss or workload 'hubber' (did you mean huber"),
        (["huber-33"], "there is no loss or workload 'huber-33' (did you mean huber"),
        (["huber", "--against", "cupy"], "no opponent 'cupy'"),
        (["nll", "--size", "small"], "no small workload among: nll"),
        (["huber", "--json", "no/such/place.json"], "no/such"),
        (["huber", "--repeats", "0"], "'0' is not a positive integer"),
    ],
)
def test_wrong_arguments_give_one_line(arguments, message, capsys, monkeypatch):
    monkeypatch.setattr(bench, "OPPONENTS", {"fastloss": FASTLOSS})
    assert main(["bench", *arguments]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert message in output.err
    assert output.err.count("\n") == 1


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(2.5, "2.50 s"), (0.214, "214 ms"), (0.0123, "12.3 ms"), (6.7e-6, "6.70 µs"), (4.2e-8, "42.0 ns")],
)
def test_durations_have_three_digits(seconds, text):
    assert bench.duration(seconds) == text


# --- the report -----------------------------------------------------------------------------------


def test_report_writes_its_page_and_notices_when_it_is_stale(report, written, tmp_path, monkeypatch, capsys):
    path, _ = written
    page = tmp_path / "speed.md"
    monkeypatch.setattr(report, "PAGE", page)
    arguments = ["--results", str(path.parent)]
    assert report.main([*arguments, "--check"]) == 1
    assert not page.exists()
    assert report.main(arguments) == 0
    text = page.read_text(encoding="utf-8")
    assert report.files(path.parent) == {page: text}
    assert "| `huber-32` |" in text
    results = json.loads(path.read_text())
    for said in (results["machine"]["cpu"], results["date"][:10], results["versions"]["numpy"]):
        assert said in text
    assert report.main([*arguments, "--check"]) == 0
    page.write_text(text.replace("| `huber-32` | ", "| `huber-32` | 1"), encoding="utf-8")
    capsys.readouterr()
    assert report.main([*arguments, "--check"]) == 1
    assert "speed.md: stale" in capsys.readouterr().err


def test_report_takes_the_newest_of_each_machine(report, written, tmp_path):
    path, _ = written
    results = json.loads(path.read_text())
    kept = tmp_path / "kept"
    kept.mkdir()
    for i, (date, tier) in enumerate([("2020-01-01", "avx2"), ("2021-01-01", "avx2"), ("2020-06-01", "avx512")]):
        changed = {**results, "date": date, "machine": {**results["machine"], "tier": tier}}
        (kept / f"{i}.json").write_text(json.dumps(changed))
    newest = [(found.results["date"], found.results["machine"]["tier"]) for found in report.newest(kept)]
    assert newest == [("2021-01-01", "avx2"), ("2020-06-01", "avx512")]
    (text,) = report.files(kept).values()
    assert text.count("<details>") == 1
    assert "2020-01-01" not in text


def test_report_leaves_the_reference_of_older_files_out(report, written):
    path, _ = written
    assert all("numpy" in result["seconds"] for result in report.read(path).results["workloads"])
    results = json.loads(path.read_text())
    del results["format"]
    path.write_text(json.dumps(results))
    found = report.read(path)
    assert not any("numpy" in result["seconds"] for result in found.results["workloads"])
    assert "NumPy" not in report.machine_text(found.results)


def test_report_names_where_an_opponent_is_quicker(report, written):
    results = json.loads(written[0].read_text())
    seconds = results["workloads"][0]["seconds"]
    seconds["numpy"]["median"] = seconds["fastloss"]["median"] / 2
    assert "`huber-32` (NumPy)" in report.machine_text(results)


def test_unsteady_measurements_are_marked(report, written, capsys):
    results = json.loads(written[0].read_text())
    for workload in results["workloads"]:
        for measured in workload["seconds"].values():
            measured["upper_quartile"] = measured["lower_quartile"]
    assert bench.MARK not in report.machine_text(results)
    seconds = results["workloads"][0]["seconds"]
    seconds["numpy"]["upper_quartile"] *= 2
    shown = bench.ratio(seconds["numpy"]["median"] / seconds["fastloss"]["median"]) + "x" + bench.MARK
    text = report.machine_text(results)
    assert f"| {shown} |" in text
    assert bench.UNSTEADY_NOTE in text
    bench.show(results)
    printed = capsys.readouterr().out
    assert shown in printed
    assert bench.UNSTEADY_NOTE in printed


def test_the_picture_is_current():
    chart = script("chart")
    assert chart.main(["--check"]) == 0


def test_the_picture_is_stale_once_its_results_change(report, written, tmp_path, capsys):
    pytest.importorskip("matplotlib")
    chart = script("chart")
    path, _ = written
    results = json.loads(path.read_text())
    for name, result in zip(chart.WORKLOADS, results["workloads"], strict=False):
        result["name"] = name
    path.write_text(json.dumps(results))
    arguments = ["--results", str(path.parent), "--picture", str(tmp_path / "speed.png")]
    assert chart.main([*arguments, "--check"]) == 1
    assert chart.main(arguments) == 0
    assert chart.texts(tmp_path / "speed.png")[chart.SOURCE] == path.name
    assert chart.main([*arguments, "--check"]) == 0
    path.write_text(path.read_text() + " ")
    capsys.readouterr()
    assert chart.main([*arguments, "--check"]) == 1
    assert "speed.png: stale" in capsys.readouterr().err


@pytest.mark.parametrize("markers", [[], ["end", "begin"], ["begin", "end", "begin", "end"]])
def test_report_refuses_broken_markers(report, markers):
    text = "".join(f"<!-- speed:{marker} -->" for marker in markers)
    with pytest.raises(ValueError, match="markers"):
        report.filled(text, "speed", "body")


# --- the cost of options --------------------------------------------------------------------------


@pytest.fixture
def options(quick, monkeypatch):
    pytest.importorskip("ml_dtypes")
    module = script("options")
    monkeypatch.setattr(module, "SHAPES", ((16, 30), (40, 5)))
    return module


def test_every_option_is_measured_and_stands_on_the_page(options, tmp_path, capsys):
    page = tmp_path / "options.md"
    page.write_text("A\n<!-- options:begin --><!-- options:end -->\nB\n<!-- times:begin -->old<!-- times:end -->\n")
    arguments = ["--page", str(page)]
    assert options.main([*arguments, "--check"]) == 1
    assert options.main([*arguments, "--rows"]) == 0
    assert options.main([*arguments, "--check"]) == 0
    assert "old" in page.read_text()
    assert options.main([*arguments, "--repeats", "1", "--threads", "1"]) == 0
    text = page.read_text()
    assert "old" not in text
    assert "|  | 16 x 30 | 40 x 5 |" in text
    for variant in options.VARIANTS:
        assert text.count(f"| {variant.name} |") == 2
    assert options.main([*arguments, "--check"]) == 0
    page.write_text(text.replace("times:end", "times"))
    assert options.main(arguments) == 2
    assert "times:end" in capsys.readouterr().err


def test_no_option_is_timed_as_another(options):
    def described(array):
        if not hasattr(array, "dtype"):
            return type(array)
        return array.dtype.name, array.shape, array.strides, bool((array == -100).any())

    inputs = Workload("cross_entropy", (64, 300)).make_inputs()
    seen = []
    for change in (lambda given: None, *(variant.change for variant in options.VARIANTS)):
        given = options.Given(*inputs)
        change(given)
        arrays = (described(array) for array in (given.pred, given.target, given.out))
        seen.append((given.entry_point, frozenset(given.keywords), *arrays))
    assert len(set(seen)) == len(seen)
