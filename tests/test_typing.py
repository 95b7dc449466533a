"""What type checkers and editors make of the stub: mypy by its command, pyright by its language server."""

import importlib.util
import json
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import fastloss as fl

ROOT = Path(__file__).resolve().parent.parent

RIGHT = """
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

import fastloss as fl

Array = NDArray[Any]
p, t, labels = np.ones((3, 3)), np.zeros((3, 3)), np.array([0, 2, 1])

total: float = fl.huber(p, t)
each: Array = fl.huber(p, t, reduction="none", delta=2.0)
total = fl.huber(pred=p, target=t, reduction="sum", weight=[1.0, 2.0, 3.0], n_threads=1)
grad: Array = fl.huber.grad(p, t, out=np.empty((3, 3)))
total, grad = fl.huber.value_and_grad(p, t)
each, grad = fl.huber.value_and_grad(p, t, reduction="none")
grad, hess = fl.huber.grad_and_hess(p, t, out=(np.empty((3, 3)), None))
total = fl.huber.bind(delta=2.0)(p, t)

total = fl.cross_entropy(p, labels, label_smoothing=0.1, axis=-1)
total, grad = fl.cross_entropy.value_and_grad(p, labels, class_weight=[1, 2, 3], return_lse=False)
lse: Array = fl.cross_entropy(p, labels, return_lse=True).lse
result: fl.SoftmaxResult = fl.cross_entropy.value_and_grad(p, labels, return_correct=True)
each = fl.selected_log_probs(p, labels)
total = fl.selected_log_probs(p, labels, reduction="mean")

total = fl.l2(p)
total = fl.gan_hinge(p, generator=True)
by_map: list[Array] = fl.feature_matching.grad([p], [t], weights=[2.0], norm="squared", out=[None])
total, by_map = fl.feature_matching.value_and_grad([p], [t])
grad = fl.gram.vjp(p, fl.gram(p, axis=1), axis=1)
total = fl.gaussian_nll(p, t, variance=2.0)
total, grad = fl.gaussian_nll.value_and_grad(p, t, variance=p)
total, (grad, second_grad) = fl.gaussian_nll.value_and_grad(p, t, variance=p, wrt=("pred", "variance"))
(grad, second_grad), (hess, second_hess) = fl.gaussian_nll.grad_and_hess(p, t, variance=p, wrt=("pred", "variance"))
grad, second_grad = fl.distillation_kl.grad(p, t, wrt=("pred", "target"))
grad, hess = fl.distillation_kl.grad_and_hess(p, t)

total, (d_hidden, d_weight) = fl.linear_cross_entropy.value_and_grad(p, t, labels)
total = fl.linear_distillation_kl(p, t, (p, t))
each = fl.logsumexp(p)
total = fl.logsumexp(p, reduction="mean")
grad = fl.log_softmax.vjp(p, t)


@fl.num_threads(1)
def decorated(a: float) -> float:
    return a


with fl.num_threads(2):
    total = decorated(1.0)


def any_of(reduction: Literal["mean", "sum", "none"]) -> float | Array:
    by_variance: Array = fl.gaussian_nll.grad(p, t, variance=p, wrt="variance")
    by_all: tuple[Array, ...] = fl.triplet_margin.grad(p, p, t)
    by_anchor: Array = fl.triplet_margin.grad(p, p, t, wrt="anchor")
    return fl.huber(p, t, reduction=reduction)


def names(loss: fl.Loss) -> list[str]:
    return [*fl.losses.search("quantile"), loss.name, fl.losses["huber"].name]
"""

# Every call is wrong.
WRONG = """
import numpy as np

import fastloss as fl

p = np.zeros(3)
fl.huber(p, p, detla=1.0)
fl.huber(p, p, delta="2")
fl.huber.grad(p, p, detla=1.0)
fl.huber.value_and_grad(p, p, delta=[2.0])
fl.huber(p, p, reduction="average")
fl.huber(p, p, out=p)
fl.huber(p)
fl.huber.grad(p, p, check_domain=True)
fl.huber.grad(p, p, out="here")
fl.hubber(p, p)
fl.cross_entropy(p, p, label_smooting=0.1)
fl.linear_cross_entropy(p, p, p, filter_eps=None)
each: float = fl.huber(p, p, reduction="none")
"""
WRONG_LINES = {number for number, line in enumerate(WRONG.splitlines(), 1) if re.match("fl|each", line)}


@pytest.fixture
def scripts(tmp_path):
    """A folder with both scripts, in which fastloss is that of these tests."""
    (tmp_path / "right.py").write_text(RIGHT)
    (tmp_path / "wrong.py").write_text(WRONG)
    (tmp_path / "fastloss").symlink_to(Path(fl.__path__[0]), target_is_directory=True)
    return tmp_path


def test_the_script_that_is_right_runs():
    exec(RIGHT, {})


@pytest.mark.skipif(not importlib.util.find_spec("mypy"), reason="needs mypy")
def test_mypy(scripts):
    options = ["--strict", "--config-file=", "--follow-imports=silent", f"--cache-dir={ROOT / '.mypy_cache' / 'scripts'}"]
    command = [sys.executable, "-m", "mypy", *options, "right.py", "wrong.py"]
    done = subprocess.run(command, cwd=scripts, capture_output=True, text=True)
    errors = [line for line in done.stdout.splitlines() if ": error:" in line]
    assert not [line for line in errors if not line.startswith("wrong.py:")]
    assert {int(line.split(":")[1]) for line in errors} == WRONG_LINES, done.stdout + done.stderr


class LanguageServer:
    """pyright as an editor talks to it, as far as these tests need it."""

    def __init__(self, folder):
        self.folder, self.last = folder, 0
        self.diagnostics = {}
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            ["pyright-langserver", "--stdio"], stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, cwd=folder
        )
        self.guard = threading.Timer(120, self.process.kill)
        self.guard.start()

    def close(self):
        self.guard.cancel()
        self.process.kill()
        self.process.communicate()

    def send(self, **message):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()

    def receive(self):
        length = 0
        while header := self.process.stdout.readline().strip():
            if header.lower().startswith(b"content-length:"):
                length = int(header.split(b":")[1])
        if not length:
            raise EOFError("the language server has ended")
        message = json.loads(self.process.stdout.read(length))
        if message.get("method") == "textDocument/publishDiagnostics":
            name = message["params"]["uri"].rpartition("/")[2]
            self.diagnostics[name] = [d for d in message["params"]["diagnostics"] if d["severity"] == 1]
        elif "method" in message and "id" in message:  # the server asks
            asked = message.get("params", {}).get("items", [])
            self.send(id=message["id"], result=[{} for _ in asked] if message["method"] == "workspace/configuration" else None)
        return message

    def ask(self, method, **params):
        self.last += 1
        self.send(id=self.last, method=method, params=params)
        while (message := self.receive()).get("id") != self.last or "method" in message:
            pass
        return message["result"]

    def open(self, name):
        path = self.folder / name
        document = {"uri": path.as_uri(), "languageId": "python", "version": 1, "text": path.read_text()}
        self.send(method="textDocument/didOpen", params={"textDocument": document})
        return path.as_uri()


@pytest.mark.skipif(not shutil.which("pyright-langserver") or not shutil.which("node"), reason="needs pyright and node")
def test_pyright_and_what_it_shows(scripts):
    server = LanguageServer(scripts)
    try:
        plain = {"contentFormat": ["plaintext"]}
        signature = {"signatureInformation": {"documentationFormat": ["plaintext"]}}
        root = scripts.as_uri()
        try:
            server.ask(
                "initialize",
                processId=None,
                rootUri=root,
                workspaceFolders=[{"uri": root, "name": "scripts"}],
                capabilities={"textDocument": {"hover": plain, "signatureHelp": signature}},
            )
        except EOFError:
            pytest.skip("pyright-langserver does not start")
        server.send(method="initialized", params={})
        uri = server.open("right.py")
        server.open("wrong.py")

        def at(text):
            line = next(number for number, line in enumerate(RIGHT.splitlines()) if text in line)
            return {"line": line, "character": RIGHT.splitlines()[line].index(text) + len(text)}

        def hover(text):
            place = at(text)
            place["character"] -= 1
            return server.ask("textDocument/hover", textDocument={"uri": uri}, position=place)["contents"]["value"]

        for name in ("huber", "cross_entropy", "l2", "linear_cross_entropy", "logsumexp"):
            shown, written = hover(f"fl.{name}"), getattr(fl, name).__doc__
            assert written.partition("\n")[0] in shown, name
            assert written.partition("::\n\n")[2].partition("\n")[0] in shown, f"{name}: the formula"
        assert "Gradient with respect to `pred`" in hover("fl.huber.grad")
        found = server.ask("textDocument/signatureHelp", textDocument={"uri": uri}, position=at("fl.huber("))["signatures"]
        assert all("delta: float" in shown["label"] and "n_threads: int | None" in shown["label"] for shown in found)
        assert {shown["label"].rpartition("->")[2].strip() for shown in found} == {"float", "_Array"}

        while not {"right.py", "wrong.py"} <= set(server.diagnostics):
            server.receive()
        assert server.diagnostics["right.py"] == []
        assert {d["range"]["start"]["line"] + 1 for d in server.diagnostics["wrong.py"]} == WRONG_LINES
    finally:
        server.close()


def test_editors_find_the_documentation_of_every_loss():
    """The stub has none: the source beside it imports each module of the reference that declares losses, for editors alone."""
    source = Path(fl.__file__).read_text(encoding="utf-8").partition("if TYPE_CHECKING:")[2]
    imported = set(re.findall(r"from (fastloss\.reference\.\w+) import \*", source))
    declaring = {thing.declared.function.__module__ for kind in (fl.losses, fl.row_functions) for thing in kind.values()}
    assert declaring == imported
    for name in declaring:
        assert not hasattr(sys.modules[name], "__all__"), f"{name}: __all__ hides the losses from the import *"
