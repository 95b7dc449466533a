"""Time and memory of `linear_cross_entropy`, value and gradients, beside PyTorch: `python benchmarks/linear.py`.

Data. The matrix is the static token embedding of the package wordllama (32,000 tokens, 256 numbers each), found where that is
installed: `pip install --no-deps wordllama`. Two things are made up. To 50,257 classes it is extended by sums of the embeddings
of adjacent tokens, the most frequent pairs in the text first: what further merges of a tokenizer would have to represent. To
768 columns it is extended by an orthonormal matrix, which changes no logit. Hidden states are embeddings pooled over the tokens
before (weights halve every 4 tokens), scaled so that the mean entropy of the softmax is 3.3 nats, about that of a small trained
language model; labels are the tokens that follow. The text is the docstrings of Python's library, those of a module one
document of at most 1024 tokens, by greedy longest match instead of the tokenizer's merges.

Time: all in one process, in turn, in a random order; medians. Memory: each in a fresh process, the peak of the resident set
during a call less what was resident before it; gradients that the call itself makes are subtracted.
"""

from __future__ import annotations

import argparse
import ast
import importlib.metadata
import importlib.util
import itertools
import json
import random
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

import fastloss as fl

ENTROPY = 3.3
HALF_LIFE = 4
CHUNK = 256  # rows of which the logits take about as much memory as fastloss does
DOCUMENT = 1024


# ---- data -----------------------------------------------------------------------------------------------------------


def wordllama_files() -> tuple[Path, Path]:
    found = importlib.util.find_spec("wordllama")
    if found is None or found.origin is None:
        raise SystemExit("wordllama is not installed; its wheel holds the embedding: pip install --no-deps wordllama")
    folder = Path(found.origin).parent
    return folder / "weights" / "l2_supercat_256.safetensors", folder / "tokenizers" / "l2_supercat_tokenizer_config.json"


def read_embedding(path: Path) -> np.ndarray:
    """The one matrix of a safetensors file: a length, a header in JSON, numbers."""
    content = path.read_bytes()
    size = int.from_bytes(content[:8], "little")
    ((_, entry),) = ((k, v) for k, v in json.loads(content[8 : 8 + size]).items() if k != "__metadata__")
    first, last = entry["data_offsets"]
    return np.frombuffer(content[8 + size :][first:last], np.float16).reshape(entry["shape"]).astype(np.float32)


def documents() -> Iterator[str]:
    """The docstrings of each module of Python's library, one document a module."""
    for path in sorted(Path(sysconfig.get_path("stdlib")).glob("*.py")):
        try:
            tree = ast.parse(path.read_text(encoding="utf-8"))
        except (SyntaxError, UnicodeDecodeError):
            continue
        nodes = (n for n in ast.walk(tree) if isinstance(n, ast.Module | ast.ClassDef | ast.FunctionDef))
        yield " ".join(" ".join(ast.get_docstring(node) or "" for node in nodes).split())


def tokens(text: str, vocabulary: dict[str, int], longest: int) -> list[int]:
    text, found, first = "▁" + text.replace(" ", "▁"), [], 0
    while first < len(text):
        for size in range(longest, 0, -1):
            token = vocabulary.get(text[first : first + size])
            if token is not None:
                found.append(token)
                break
        first += size
    return found


def make_data(rows: int, columns: int, classes: int) -> dict[str, np.ndarray]:
    weights_file, tokenizer_file = wordllama_files()
    embedding = read_embedding(weights_file)
    vocabulary = json.loads(tokenizer_file.read_text(encoding="utf-8"))["model"]["vocab"]
    longest = max(map(len, vocabulary))
    hidden, labels, pairs = [], [], Counter[tuple[int, int]]()
    for text in documents():
        ids = tokens(text, vocabulary, longest)
        pairs.update(itertools.pairwise(ids))
        ids = ids[: DOCUMENT + 1]
        pooled = np.zeros(embedding.shape[1], np.float32)
        if len(labels) >= rows or len(ids) < 256:
            continue
        for token, following in itertools.pairwise(ids):
            pooled = pooled * np.float32(0.5 ** (1 / HALF_LIFE)) + embedding[token]
            hidden.append(pooled / np.linalg.norm(pooled))
            labels.append(following)
    if len(labels) < rows:
        raise SystemExit(f"there is text for {len(labels)} rows only")
    merged = np.array([pair for pair, _ in pairs.most_common(max(0, classes - len(embedding)))], int).reshape(-1, 2)
    weight = np.concatenate([embedding, embedding[merged].sum(axis=1)])[:classes]
    if len(weight) < classes:
        raise SystemExit(f"there is text for {len(weight)} classes only")
    states = np.array(hidden[:rows], np.float32)

    def entropy(scale: float) -> float:
        logits = scale * states[:: max(1, rows // 256)] @ weight.T
        p = np.exp(logits - logits.max(axis=1, keepdims=True)).astype(np.float64)
        p /= p.sum(axis=1, keepdims=True)
        return float(-np.sum(p * np.log(np.maximum(p, 1e-300)), axis=1).mean())

    low, high = 0.0, 1e4
    for _ in range(30):
        middle = (low + high) / 2
        low, high = (middle, high) if entropy(middle) > ENTROPY else (low, middle)
    turn = np.linalg.qr(np.random.default_rng(0).standard_normal((columns, embedding.shape[1])))[0].T.astype(np.float32)
    return {"hidden": low * states @ turn, "weight": weight @ turn, "labels": np.array(labels[:rows], np.int64)}


# ---- who is measured ------------------------------------------------------------------------------------------------

Prepared = Callable[[], tuple[Any, Any]]


def fastloss_with(filter_eps: float) -> Callable[[dict[str, np.ndarray], int], Prepared]:
    def prepare(data: dict[str, np.ndarray], threads: int) -> Prepared:
        out = np.ones_like(data["hidden"]), np.ones_like(data["weight"])
        loss = fl.linear_cross_entropy.bind(filter_eps=filter_eps)
        return lambda: loss.value_and_grad(**data, out=out, n_threads=threads)

    return prepare


def whole_logits(data: dict[str, np.ndarray], threads: int) -> Prepared:
    hidden, weight, labels = data.values()
    out = np.ones_like(hidden), np.ones_like(weight)

    def call() -> tuple[Any, Any]:
        logits = hidden @ weight.T
        value, _ = fl.cross_entropy.value_and_grad(logits, labels, out=logits, n_threads=threads)
        return value, (np.matmul(logits, weight, out=out[0]), np.matmul(logits.T, hidden, out=out[1]))

    return call


def torch_with(kind: str) -> Callable[[dict[str, np.ndarray], int], Prepared]:
    def prepare(data: dict[str, np.ndarray], threads: int) -> Prepared:
        import torch
        from torch.nn import functional

        torch.set_num_threads(threads)
        hidden, weight = (torch.from_numpy(data[name]).requires_grad_() for name in ("hidden", "weight"))
        labels = torch.from_numpy(data["labels"])

        def eager(h: Any, w: Any) -> Any:
            return functional.cross_entropy(functional.linear(h, w), labels)

        def chunked(h: Any, w: Any) -> Any:
            options = torch.nn.LinearCrossEntropyOptions(batch_chunk_size=None if kind == "chunked" else CHUNK)
            return functional.linear_cross_entropy(h, w, labels, options=options)

        functions = {"eager": eager, "compile": torch.compile(eager, fullgraph=True, dynamic=False)}
        function = functions.get(kind, chunked)

        def call() -> tuple[Any, Any]:
            value = function(hidden, weight)
            return value.item(), torch.autograd.grad(value, (hidden, weight))

        return call

    return prepare


CONTENDERS: dict[str, Callable[[dict[str, np.ndarray], int], Prepared]] = {
    "fastloss": fastloss_with(0.0),
    "fastloss, filter_eps=1e-6": fastloss_with(1e-6),
    "fastloss, filter_eps=1e-5": fastloss_with(1e-5),
    "fastloss, filter_eps=1e-4": fastloss_with(1e-4),
    "fastloss, filter_eps=2**-12": fastloss_with(2.0**-12),
    "NumPy products, fastloss.cross_entropy of whole logits": whole_logits,
    "PyTorch, linear and cross_entropy": torch_with("eager"),
    "PyTorch, the same compiled": torch_with("compile"),
    "PyTorch, F.linear_cross_entropy, its own chunks": torch_with("chunked"),
    f"PyTorch, F.linear_cross_entropy, chunks of {CHUNK} rows": torch_with("chunks of some rows"),
}


# ---- measuring ------------------------------------------------------------------------------------------------------


def status(key: str) -> int:
    """A line of /proc/self/status, in bytes."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(key))
    return int(line.split()[1]) << 10


def peak_memory(name: str, data: dict[str, np.ndarray], threads: int) -> int:
    """Bytes resident at most during a call, beside arguments and gradients."""
    # A small call first: libraries load and set up threads when they are first used.
    small = {key: array[:64].copy() for key, array in data.items()}
    small["labels"] %= 64
    CONTENDERS[name](small, threads)()
    call = CONTENDERS[name](data, threads)
    before = status("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the peak counts from now
    _, grad = call()
    made_by_the_call = 0 if isinstance(grad[0], np.ndarray) else data["hidden"].nbytes + data["weight"].nbytes
    return status("VmHWM") - before - made_by_the_call


def largest_error(found: Any, exact: Any) -> float:
    """Of the gradients: the largest error of an element, relative to the largest element."""
    pairs = zip(found, exact, strict=True)
    return max(float(np.abs(np.asarray(a) - b).max() / np.abs(b).max()) for a, b in pairs)


def show(title: str, header: tuple[str, ...], lines: list[tuple[str, ...]]) -> None:
    try:
        from rich.console import Console
        from rich.table import Table
    except ImportError:
        print(title, *("\t".join(line) for line in (header, *lines)), sep="\n")
        return
    table = Table(title=title)
    for i, name in enumerate(header):
        table.add_column(name, justify="right" if i else "left")
    for line in lines:
        table.add_row(*line)
    Console(width=130).print(table)


def main() -> int:
    parser = argparse.ArgumentParser(description="Time and memory of linear_cross_entropy beside PyTorch.")
    parser.add_argument("--rows", type=int, default=4096)
    parser.add_argument("--columns", type=int, default=768)
    parser.add_argument("--classes", type=int, default=50_257)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--only", help="those whose name contains this, beside the first")
    parser.add_argument("--memory-of", help=argparse.SUPPRESS)
    parser.add_argument("--data", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.memory_of:
        with np.load(options.data) as file:
            print(peak_memory(options.memory_of, dict(file), options.threads))
        return 0

    data = make_data(options.rows, options.columns, options.classes)
    names = [name for i, name in enumerate(CONTENDERS) if i == 0 or (options.only or "") in name]
    if importlib.util.find_spec("torch") is None:
        names = [name for name in names if "PyTorch" not in name]
    calls = {name: CONTENDERS[name](data, options.threads) for name in names}
    _, exact = calls[names[0]]()
    exact = [np.array(g) for g in exact]
    errors, seconds = {}, {name: [] for name in names}
    for name, call in calls.items():
        _, grad = call()
        errors[name] = largest_error(grad, exact)
        del grad
    for _ in range(options.repeats):
        for name in random.sample(names, len(names)):
            time.sleep(0.05)  # threads of the one before may still be spinning
            first = time.perf_counter()
            result = calls[name]()
            seconds[name].append(time.perf_counter() - first)
            del result
    memory = {}
    del calls, exact
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "data.npz")
        np.savez(file, **data)
        for name in names:
            command = [sys.executable, __file__, "--memory-of", name, "--data", str(file), "--threads", str(options.threads)]
            memory[name] = int(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.split()[-1])

    medians = {name: statistics.median(taken) for name, taken in seconds.items()}
    # Of each round its own ratio: the machine may be slower in one than in another.
    ratios = {n: statistics.median(b / a for a, b in zip(seconds[names[0]], seconds[n], strict=True)) for n in names}
    lines = [
        (n, f"{medians[n]:.2f} s", f"{ratios[n]:.2f}x", f"{memory[n] / 2**20:,.0f} MiB", f"{errors[n]:.0e}") for n in names
    ]
    versions = ", ".join(
        f"{name} {importlib.metadata.version(name)}"
        for name in ("fastloss", "numpy", "torch")
        if importlib.util.find_spec(name)
    )
    size = f"{options.rows} rows, {options.columns} columns, {options.classes} classes"
    show(
        f"linear_cross_entropy, value and gradients, float32: {size}; {options.threads} threads; {versions}",
        ("", "time", "relative", "memory", "error"),
        lines,
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
