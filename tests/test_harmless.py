"""The command line harms nothing and prints anywhere, whatever it is given.

Drawn calls of hostile inputs, outputs and options end with status 0 or 2 and at most one line on standard error; what was there
stays as it was, and a call that fails leaves nothing. Streams that are closed, full, or of an encoding without our letters are
tried in processes of their own.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import pickle
import signal
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from conftest import PAIRED

import fastloss
from fastloss import _core
from fastloss.cli import _terminal, main

pytestmark = pytest.mark.skipif(os.name != "posix", reason="FIFOs, links and modes")

RNG = np.random.default_rng(0)
N, CLASSES = 12, 4

# ---- drawn calls -----------------------------------------------------------------------------------------------------


def npy(array, **keywords):
    file = io.BytesIO()
    np.save(file, array, **keywords)
    return file.getvalue()


def npz(**arrays):
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def archive(**members):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        for name, content in members.items():
            made.writestr(name, content)
    return file.getvalue()


def header(descr, shape, order="False"):
    """A .npy file of a header alone, whatever that says."""
    text = f"{{'descr': {descr!r}, 'fortran_order': {order}, 'shape': {shape}, }}"
    text += " " * (-(len(text) + 11) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()


PRED, LABELS = RNG.normal(size=(N, CLASSES)).astype(np.float32), RNG.permutation(np.arange(N) % CLASSES)

# What may stand where an array is wanted: content by name, or a function that makes what is no regular file.
ARRAYS = {
    "pred.npy": npy(PRED),
    "flat.npy": npy(PRED[:, 0]),
    "labels.npy": npy(LABELS),
    "positive.npy": npy(np.abs(PRED)),
    "lists.npy": npy(np.where(np.arange(CLASSES) < 2, LABELS[:, None], -1)),
    "half.npy": npy(PRED.astype(np.float16)),
    "fortran.npy": npy(np.asfortranarray(PRED)),
    "swapped.npy": npy(PRED.astype(">f4")),
    "number.npy": npy(np.float64(0.5)),
    "one.npy": npy(np.ones(1)),
    "empty.npy": npy(np.zeros(0)),
    "rows0.npy": npy(np.zeros((0, CLASSES))),
    "classes0.npy": npy(np.zeros((N, 0))),
    "deep.npy": npy(np.zeros((1,) * 40)),
    "booleans.npy": npy(LABELS > 1),
    "bytes.npy": npy(LABELS.astype(np.uint8)),
    "unsigned.npy": npy(LABELS.astype(np.uint64)),
    "negative.npy": npy(-1 - LABELS),
    "out_of_range.npy": npy(LABELS + (1 << 40)),
    "ignored.npy": npy(np.full(N, -100)),
    "complex.npy": npy(PRED * 1j),
    "long.npy": npy(PRED.astype(np.longdouble)),
    "text.npy": npy(LABELS.astype("U3")),
    "names.npy": npy(np.array(["a\x1b[31m\n", "\u202eb", "\ud800", "é×"])[LABELS]),
    "byte_names.npy": npy(np.array([b"\xff\x1b", b"b", b"c\n", b"\x80"])[LABELS]),
    "no_unicode.npy": npy(np.full(N, 0x7FFFFFFF, np.uint32).view("U1")),
    "dates.npy": npy(LABELS.astype("M8[s]")),
    "structured.npy": npy(np.zeros(N, "f4,i4")),
    "void.npy": npy(np.zeros((N, CLASSES), "V2")),
    "void4.npy": npy(np.zeros(N, "V4")),
    "objects.npy": npy(np.array([{}] * N), allow_pickle=True),
    "nan.npy": npy(np.full((N, CLASSES), np.nan)),
    "infinite.npy": npy(np.full(N, np.inf)),
    "tiny.npy": npy(np.full(N, 5e-324)),
    "large.npy": npy(np.full(N, 1.7e308)),
    "zeros.npy": npy(np.zeros(N)),
    "mixed.npy": npy(np.array([0.0, np.nan, np.inf, -1.0, 5e-324, 1e308] * 2)),
    "huge.npy": header("<f4", (1 << 40, 1 << 40)),
    "huge0.npy": header("<f4", (1 << 62, 0)),
    "short.npy": header("<f4", (N,)),
    "negative_shape.npy": header("<f4", (-1, 3)),
    "no_shape.npy": header("<f4", "'x'"),
    "nested.npy": header("<f4", "(" * 5000 + ")" * 5000),
    "code.npy": header("<f4", "__import__('os').mkdir('made')"),
    "no_dtype.npy": header("<q9", (3,)),
    "nothing.npy": b"",
    "magic.npy": b"\x93NUMPY",
    "version.npy": b"\x93NUMPY\x09\x00" + bytes(80),
    "text.csv": b"a,b\n1,2\n",
    "words.txt": b"no numbers here\n",
    "x.parquet": b"PAR1" + bytes(50),
    "x.safetensors": (20).to_bytes(8, "little") + b'{"a":1}             ',
    "x.pt": archive(**{"archive/data.pkl": b"x"}),
    "x.pkl": pickle.dumps([1]),
    "x.h5": b"\x89HDF\r\n\x1a\n" + bytes(50),
    "x.json": b"[1, 2]",
    "x.bin": PRED.tobytes(),
    "one.npz": npz(pred=PRED),
    "several.npz": npz(pred=PRED, labels=LABELS),
    "none.npz": archive(),
    "odd.npz": archive(**{"readme.txt": "x"}),
    "damaged.npz": npz(pred=PRED)[:-30],
    "objects.npz": archive(**{"a.npy": npy(np.array([{}]), allow_pickle=True)}),
    "bad.npz": archive(**{"a.npy": b"\x93NUMPY\x01"}),
    "folder.npy": os.mkdir,
    "fifo.npy": os.mkfifo,
    "dangling.npy": lambda path: os.symlink("nowhere", path),
    "loop.npy": lambda path: os.symlink(path, path),
    "esc\x1b[31m\nape.npy": npy(PRED),
    "co:lon.npy": npy(LABELS),
}
NAMES = [
    *ARRAYS, "missing.npy", "", "/dev/null", "/dev/zero", "nul\0.npy", "a" * 300, "pred.npy:bfloat16", "bytes.npy:float32",
    "void.npy:bfloat16", "x.bin:float32:12x4", "x.bin:float32", "x.bin:bfloat16:24x4", "x.bin:float32:4", "x.bin:O:12",
    "x.bin:f4,f4:3", "x.bin:float32:-1", "x.bin:float32:99999999999999999999x2", "x.bin:float32:" + "1x" * 80 + "48", "x.bin::",
    "x.bin:U0:3", "nothing.npy:float32:0x4", "nothing.npy:float32", "several.npz:pred", "several.npz:labels", "several.npz:x",
    "one.npz:bfloat16", "one.npz:pred:bfloat16", "odd.npz:readme.txt", "co:lon.npy:bfloat16", "fifo.npy:float32:3",
]  # fmt: skip

OUTPUTS = {
    "new": None,
    "old": b"what was there",
    "private": b"what was there",
    "fifo": os.mkfifo,
    "folder": os.mkdir,
    "link": lambda path: os.symlink("old", path),
    "dangling": lambda path: os.symlink("unmade", path),
    "loop": lambda path: os.symlink("loop", path),
    "hard": lambda path: os.link("pred.npy", path),
    "soft": lambda path: os.symlink("labels.npy", path),
}
TARGETS = [
    *OUTPUTS, "pred.npy", "labels.npy", "missing/x", "new/", "", ".", "/", "esc\x1b[31m\nape", "a" * 255, "b" * 256, "nul\0",
    "/dev/null", "/dev/full", "/dev/stdout", "-x",
]  # fmt: skip

# A good target of each loss, beside predictions of the same file.
LOSSES = {
    "huber": "pred.npy",
    "quantile": "pred.npy",
    "gaussian_nll": "half.npy",
    "poisson": "positive.npy",
    "cross_entropy": "labels.npy",
    "nll": "co:lon.npy",
    "multi_margin": "several.npz:labels",
    "kl_divergence": "positive.npy",
    "softmax_focal": "labels.npy",
    "multilabel_margin": "lists.npy",
    "selected_log_probs": "bytes.npy",
    "l2": "pred.npy",
}
PREDICTIONS = ["pred.npy", "half.npy", "fortran.npy", "swapped.npy", "x.bin:float32:12x4", "x.bin:bfloat16:12x8", "one.npz",
               "several.npz:pred", "positive.npy:bfloat16", "nan.npy"]  # fmt: skip
OTHERS = [["--top", "1"], ["--top", "0"], ["--axis", "0"], ["--axis", "9"], ["--sort", "mean"], ["--grad-dtype", "float16"],
          ["--grad-dtype", "float64"],
          ["--grad-dtype", "bfloat16"], ["--reduction", "sum"], ["--no-check-domain"], ["--x"]]  # fmt: skip


def make(names):
    """In the current folder."""
    for name in names:
        content = {**ARRAYS, **OUTPUTS}[name]
        if callable(content):
            content(name)
        elif content is not None:
            Path(name).write_bytes(content)
    if "private" in names:
        os.chmod("private", 0o600)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with all of these files, which is the current one."""
    monkeypatch.chdir(tmp_path)
    make([*ARRAYS, *OUTPUTS])
    return tmp_path


@pytest.fixture
def few(tmp_path, monkeypatch):
    """With few of them."""
    monkeypatch.chdir(tmp_path)
    make(["pred.npy", "labels.npy", "names.npy", "byte_names.npy", "one.npy", "one.npz", "text.csv", *OUTPUTS])
    return tmp_path


def state(folder):
    """What is in a folder: kind and mode of each, and what it holds."""
    found = {}
    for path in folder.iterdir():
        kind = path.lstat().st_mode
        held = os.readlink(path) if stat.S_ISLNK(kind) else path.read_bytes() if stat.S_ISREG(kind) else None
        found[path.name] = kind, held
    return found


def call(capsys, *arguments):
    """The exit status, standard output and error of a command."""
    try:
        status = main([*map(str, arguments)])
    except SystemExit as ended:
        status = ended.code
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def draw_call(rng):
    """A command line that would be good but for some things, and the names of the outputs in it."""

    def some(of, spoiled, share=0.15):
        choice = spoiled if rng.random() < share else of
        return str(choice[rng.integers(len(choice))])

    loss = some(list(LOSSES), ["hubber"], 0.01)
    arguments, outputs = ["score", loss, some(PREDICTIONS[:9], NAMES), some([LOSSES.get(loss, "pred.npy")], NAMES)], []
    weights = ["booleans.npy", "tiny.npy", "large.npy", "mixed.npy", "zeros.npy", "negative.npy", "infinite.npy", "one.npy"]
    keys = ["names.npy", "byte_names.npy", "labels.npy", "text.npy", "ignored.npy", "booleans.npy"]
    for option, good in (("--weight", weights), ("--by", keys)):
        if rng.random() < 0.4:
            arguments += [option, some(good, NAMES)]
    parameters = list(fastloss.losses[loss].params) if loss in LOSSES else []
    if parameters and rng.random() < 0.2:
        option = "--" + some(parameters, ["x"], 0.05).replace("_", "-")
        arguments += [option, some(["nan", "1e999", "-1", "none", "0.5", "2", "9" * 5000], NAMES, 0.5)]
    for option in ("--grad-out", "--json", "--csv"):
        if rng.random() < 0.4:
            good = ["new", "old", "private", "link", "dangling", "/dev/null"] + ["-"] * (option != "--grad-out")
            outputs.append(some(good, TARGETS))
            arguments += [option, outputs[-1]]
    for index in rng.permutation(len(OTHERS))[: rng.integers(0, 3)]:
        arguments += OTHERS[index]
    return arguments, outputs


def check_call(folder, before, capsys, arguments, outputs):
    """Make a call, which may end as it likes but harm nothing. Returns the exit status, with the folder as it was."""
    try:
        status, out, err = call(capsys, *arguments)
    except BaseException as error:
        raise AssertionError("an exception instead of a line on standard error") from error
    assert status in (0, 2)
    line = "fastloss: error: " if status else "fastloss: warning: "
    assert err.count("\n") == (1 if status or err else 0)
    assert err.startswith(line if err else "")
    assert all(line.isprintable() for line in (out + err).split("\n"))
    assert "operands could not" not in err  # as NumPy says it of arrays that nobody passed
    after = state(folder)
    written = {os.path.basename(os.path.realpath(name)) for name in outputs if "\0" not in name} if status == 0 else set()
    for name in before.keys() | after.keys():
        if name not in written:
            assert before.get(name) == after.get(name), name
            continue
        if name in before:
            assert before[name][0] == after[name][0], "the kind of file, or its mode"
        if name in after:
            os.unlink(name)
        if name in before:
            kind, held = before[name]
            with open(name, "wb") as file:
                file.write(held)
            os.chmod(name, kind & 0o777)
    return status


def test_drawn_calls_harm_nothing(folder, capsys, depth):
    rng = np.random.default_rng(depth.random("harmless").randrange(1 << 32))
    before, statuses = state(folder), []
    for _ in range(depth.of(80, 1000, 20_000)):
        arguments, outputs = draw_call(rng)
        try:
            statuses.append(check_call(folder, before, capsys, arguments, outputs))
        except AssertionError as error:
            raise AssertionError(f"of {arguments}") from error
    assert 0.1 < statuses.count(0) / len(statuses) < 0.8


def test_every_input_in_every_place(folder, capsys, depth):
    """One thing at a time, where the drawn calls spoil several."""
    before = state(folder)
    files = {"pred": "pred.npy", "target": "labels.npy"}
    for name in depth.some(NAMES, "inputs", quick=20):
        for place in ("pred", "target", "--weight", "--by", "--class-weight"):
            given = {**files, place: name}
            options = [place, name] if place.startswith("--") else []
            arguments = ["score", "cross_entropy", given["pred"], given["target"], *options, "--grad-out", "new"]
            check_call(folder, before, capsys, arguments, ["new"])


def test_every_output_of_every_command(few, capsys, depth, monkeypatch):
    before = state(few)
    score = ["score", "huber", "pred.npy", "pred.npy"]
    monkeypatch.setattr("fastloss._verify.worst", lambda *rest, **options: {})
    for name in depth.some(TARGETS, "outputs", quick=12):
        if name == "/dev/stdout":
            continue  # what a test runner puts there
        for command in (
            [*score, "--grad-out"],
            [*score, "--json"],
            [*score, "--csv"],
            ["info", "--json"],
            ["verify", "huber", "--json"],
        ):
            check_call(few, before, capsys, [*command, name], [name])


# ---- outputs ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def good(few):
    return ["score", "huber", "pred.npy", "pred.npy"]


def during(monkeypatch, action):
    """Do something while the gradient is written."""
    from fastloss.cli import _problem

    evaluate = _problem.Problem.evaluate

    def acting(problem, method, block, **keywords):
        if method is problem.loss.grad:
            action()
        return evaluate(problem, method, block, **keywords)

    monkeypatch.setattr(_problem.Problem, "evaluate", acting)


def test_what_is_written_is_private_and_new_until_it_is_complete(good, monkeypatch, capsys, few):
    before, seen = state(few), []
    during(monkeypatch, lambda: seen.append(state(few)))
    for _ in range(2):
        assert call(capsys, *good, "--grad-out", "private")[0] == 0
    assert stat.S_IMODE(os.stat("private").st_mode) == 0o600
    new = [(name, kind) for found in seen for name, (kind, _) in found.items() if name not in before]
    assert [kind for _, kind in new] == [stat.S_IFREG | 0o600] * 2
    assert len({name for name, _ in new}) == 2  # nobody can guess the next
    assert np.load("private").shape == PRED.shape


def test_a_new_file_has_the_mode_of_new_files(good, capsys):
    before = os.umask(0o027)
    try:
        assert call(capsys, *good, "--grad-out", "new", "--json", "new.json")[0] == 0
    finally:
        os.umask(before)
    assert [stat.S_IMODE(os.stat(name).st_mode) for name in ("new", "new.json")] == [0o640, 0o640]


def test_a_symbolic_link_is_followed(good, capsys):
    assert call(capsys, *good, "--grad-out", "link", "--json", "dangling")[0] == 0
    assert (os.readlink("link"), os.readlink("dangling")) == ("old", "unmade")
    assert np.load("old").shape == PRED.shape
    assert json.loads(Path("unmade").read_text())["loss"] == "huber"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--grad-out", "new", "--json", "new"], "--grad-out and --json name the same file"),
        (["--grad-out", "link", "--csv", "old"], "--grad-out and --csv name the same file"),
        (["--json", "-", "--csv", "-"], "both"),
        (["--grad-out", "hard"], "hard is an input"),
        (["--weight", "one.npy", "--json", "./esc/../one.npy"], "array"),
        (["--weight", "one.npz:pred", "--csv", "one.npz"], "array"),
        (["--by", "text.csv", "--json", "x"], "CSV"),
        (["--json", "pred.npy"], "after the files"),
        (["--top", "3"], "--by"),
    ],
)
def test_outputs_that_would_meet(options, words, good, capsys, few):
    before = state(few)
    status, _, err = call(capsys, *good, *options)
    assert (status, state(few)) == (2, before)
    assert words in err


@pytest.mark.parametrize("size", [0, 50, 100])
@pytest.mark.parametrize("option", ["--grad-out", "--json", "--csv"])
def test_a_full_disk(option, size, good, capsys, few):
    """Files may not grow beyond a limit: as where a disk is full, an error comes while one is written."""
    resource = pytest.importorskip("resource")
    before, limits = state(few), resource.getrlimit(resource.RLIMIT_FSIZE)
    by = ["--by", "labels.npy"]
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        status, _, err = call(capsys, *good, *by, option, "old")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert (status, state(few)) == (2, before)
    assert err == "fastloss: error: old: File too large\n"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")
def test_files_take_their_names_together(good, capsys, few):
    before = state(few)
    status, _, err = call(capsys, *good, "--grad-out", "new", "--json", "old", "--csv", "/dev/full")
    assert (status, state(few)) == (2, before)
    assert err == "fastloss: error: /dev/full: No space left on device\n"


def test_a_signal_leaves_nothing(good, monkeypatch, capsys, few):
    before = state(few)
    during(monkeypatch, lambda: os.kill(os.getpid(), signal.SIGTERM))
    assert call(capsys, *good, "--grad-out", "old")[0] == 128 + signal.SIGTERM
    assert state(few) == before
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


# ---- streams ---------------------------------------------------------------------------------------------------------


def stream(encoding, errors="strict"):
    return io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors=errors)


def printed(stream):
    stream.flush()
    return stream.buffer.getvalue().decode(stream.encoding)


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1", "utf-8", "utf-16"])
def test_help_in_any_encoding(encoding, monkeypatch, depth):
    commands = [[], ["info"], ["verify"], ["bench"], ["score"], ["nonsense"]]
    for arguments in commands + [["score", name] for name in depth.some(list(PAIRED), f"help {encoding}", quick=20)]:
        out, err = stream(encoding), stream(encoding)
        monkeypatch.setattr(sys, "stdout", out)
        monkeypatch.setattr(sys, "stderr", err)
        with pytest.raises(SystemExit) if arguments != ["nonsense"] else contextlib.nullcontext():
            main([*arguments, "--help"])
        assert "example" in printed(out) or "nonsense" in printed(err)
        assert out.errors == "strict"  # as it was before


def test_what_a_formula_is_in_ascii():
    text = "".join(_terminal.SPELLED)
    assert text.encode("ascii", _terminal.IN_ASCII).isascii()
    assert "Σ x² ≥ ∞ 日".encode("ascii", _terminal.IN_ASCII) == b"sum  x^2 >= inf \\u65e5"
    assert "Σ x²".encode("cp1252", _terminal.IN_ASCII).decode("cp1252") == "sum  x²"
    documented = "".join(loss.__doc__ for loss in fastloss.losses.values())
    assert set(documented) - set(map(chr, range(127))) <= set(_terminal.SPELLED)


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
@pytest.mark.parametrize("by", ["names.npy", "byte_names.npy"])
def test_names_of_groups_are_data(by, encoding, good, monkeypatch, capsys):
    for option, read in (
        ("--sort", None),
        ("--json", json.loads),
        ("--csv", lambda text: list(csv.DictReader(io.StringIO(text)))),
    ):
        out = stream(encoding)
        monkeypatch.setattr(sys, "stdout", out)
        assert main([*good, "--by", by, option, "loss" if option == "--sort" else "-"]) == 0
        text = printed(out)
        assert all(line.isprintable() for line in text.split("\n"))
        if read:
            groups = read(text)["groups"] if option == "--json" else read(text)
            assert len(groups) == 4
        if option == "--json" and by == "names.npy":
            assert {group["group"] for group in groups} == set(np.load(by).tolist())


def broken_pipe():
    reader, writer = os.pipe()
    os.close(reader)
    return os.fdopen(writer, "w", encoding="utf-8")


def closed():
    file = open(os.devnull, "w")  # noqa: SIM115
    file.close()
    return file


STREAMS = {"none": lambda: None, "closed": closed, "broken": broken_pipe}
if os.path.exists("/dev/full"):
    STREAMS["full"] = lambda: open("/dev/full", "w")  # noqa: SIM115
    # As PYTHONUNBUFFERED has it.
    STREAMS["full at once"] = lambda: io.TextIOWrapper(open("/dev/full", "wb", buffering=0), write_through=True)  # noqa: SIM115


@pytest.mark.parametrize("kind", STREAMS)
@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["info"], ["score", "huber", "pred.npy", "pred.npy"]], ids=" ".join
)
def test_standard_output_that_takes_nothing(kind, arguments, monkeypatch, capsys, few):
    out = STREAMS[kind]()
    monkeypatch.setattr(sys, "stdout", out)
    before = state(few)
    status = main(arguments)
    assert state(few) == before
    err = capsys.readouterr().err
    assert status == (141 if kind == "broken" else 2)
    assert err.count("\n") == (kind != "broken")
    assert sys.stdout is out
    if out and not out.closed:
        out.close()  # without an error: nothing is left in it


@pytest.mark.parametrize("kind", STREAMS)
def test_standard_error_that_takes_nothing(kind, few, monkeypatch, capsys):
    """An error is told by the exit status alone, and not on standard output."""
    err = STREAMS[kind]()
    monkeypatch.setattr(sys, "stderr", err)
    assert main(["score", "huber", "pred.npy", "missing.npy"]) == 2
    assert main(["score", "huber", "pred.npy", "pred.npy", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["loss"] == "huber"
    if err and not err.closed:
        err.close()


def test_streams_of_a_shell(few):
    """In processes of their own: Python finds the streams closed, or complains when it flushes them at its exit."""
    command = f"'{sys.executable}' -m fastloss"
    cases = {
        f"{command} info >&-": "2",
        f"{command} score huber pred.npy missing.npy 2>&-": "2",
        f"{command} score --help | true": "0",
    }
    script = "\n".join(f"{line}; echo $? >> statuses" for line in cases)
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("fastloss: error: standard output is closed")
    assert Path("statuses").read_text().split() == list(cases.values())


def test_a_descriptor_that_is_closed_is_not_that_of_a_file(good):
    """What C code prints to standard error would go into the file that got its number."""
    program = (
        "import os, sys; from fastloss.cli import main, _problem; os.close(2); evaluate = _problem.Problem.evaluate\n"
        "def shouting(*arguments, **keywords):\n os.write(2, b'shout'); return evaluate(*arguments, **keywords)\n"
        f"_problem.Problem.evaluate = shouting; sys.exit(main({[*good, '--grad-out', 'new']!r}))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert done.returncode == 0
    assert b"shout" not in Path("new").read_bytes()


# ---- the environment -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("columns", ["abc", "", "0", "-7", "1", "1000000000", "\x1b"])
def test_any_width_of_the_terminal(columns, good, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", columns)
    for arguments in (["--help"], ["score", "huber", "--help"], [*good, "--by", "names.npy"], ["verify", "nonsense"]):
        status, out, err = call(capsys, *arguments)
        assert status == (2 if arguments[-1] == "nonsense" else 0)
        assert out or err


@pytest.mark.parametrize("text", ["abc", "-1", "1e9", "0", "", " ", "9" * 5000, "²", "3,4", "\x1b[31m\n"])
def test_numbers_of_threads_that_are_nonsense(text, monkeypatch):
    """At the import a line says so; OpenMP's own variable is not ours to judge."""
    from fastloss import _threads

    if not _core.openmp_version():
        pytest.skip("built without threads")
    monkeypatch.setenv("OMP_NUM_THREADS", text)
    monkeypatch.delenv("FASTLOSS_NUM_THREADS", raising=False)
    assert _threads.default_threads() >= 1
    monkeypatch.setenv("FASTLOSS_NUM_THREADS", text)
    if text in ("", " ", "3,4"):
        assert _threads.default_threads() >= 1
    else:
        with pytest.warns(RuntimeWarning, match="FASTLOSS_NUM_THREADS=") as warned:
            assert _threads.default_threads() >= 1
        assert str(warned[0].message).isprintable()


@pytest.mark.parametrize(
    "arguments",
    [["bench", "--threads", "9" * 30], ["bench", "--repeats", "0"], ["verify", "--samples", "9" * 5000],
     ["verify", "--samples", "1e3"], ["score", "huber", "--top", "-1"]],
    ids=lambda arguments: arguments[1],
)  # fmt: skip
def test_numbers_that_are_nonsense(arguments, capsys):
    status, out, err = call(capsys, *arguments)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert len(err) < 200
