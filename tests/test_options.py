"""Options of cross-entropy beside each other: every pair from one table, against the reference and against PyTorch.

An option is a line of `OPTIONS`; its pairs with all others follow from that. How exact results are is for test_exact.py to say;
here each pair has to mean what it says.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from conftest import call, same_bits

import fastloss as fl
from fastloss._shapes import ENTRY_POINTS

#: Rows in two dimensions, and classes: few, so that rows lie side by side in a block, with a rest; more than a block of
#: columns; more than a segment of a row.
SHAPES = {"5 classes": (19, 7, 5), "300 classes": (3, 5, 300), "2500 classes": (2, 3, 2500)}


@dataclass
class Call:
    """Arguments, made step by step by the options, in the order of the table; class axis last until `axis` moves it."""

    random: np.random.Generator
    classes: int
    pred: np.ndarray
    target: np.ndarray
    keywords: dict[str, Any] = field(default_factory=dict)
    layout: Callable[[np.ndarray], np.ndarray] = np.copy  #: a copy of an array, as it is to lie in memory
    out: Callable[[np.ndarray], np.ndarray] | None = None  #: where the gradient goes, given the prediction

    @property
    def labels(self) -> bool:
        return self.target.dtype.kind in "iu"


Change = Callable[[Call], None]


@dataclass(frozen=True)
class Option:
    name: str
    kind: str  #: of two options of one kind a call has but one
    change: Change


def keyword(**made: Callable[[Call], Any]) -> Change:
    """Give keywords, each made from the call."""

    def change(c: Call) -> None:
        c.keywords.update({name: make(c) for name, make in made.items()})

    return change


def keywords(**given: Any) -> Change:
    return keyword(**{name: lambda c, value=value: value for name, value in given.items()})


def prediction_type(name: str) -> Change:
    def change(c: Call) -> None:
        c.pred = c.pred.astype(pytest.importorskip("ml_dtypes").bfloat16 if name == "bfloat16" else name)

    return change


def label_type(name: str) -> Change:
    def change(c: Call) -> None:
        c.target = (c.target % (min(c.classes - 1, np.iinfo(name).max) + 1)).astype(name)

    return change


def probabilities(dtype: Any) -> Change:
    def change(c: Call) -> None:
        drawn = c.random.random((*c.target.shape, c.classes))
        drawn[c.random.random(drawn.shape) < 0.2] = 0
        c.target = (drawn / drawn.sum(axis=-1, keepdims=True)).astype(dtype)

    return change


def ignore(label: int) -> Change:
    """Ignore a label, and have some of them where the labels' type can tell."""

    def change(c: Call) -> None:
        c.keywords["ignore_index"] = label
        if c.labels and np.iinfo(c.target.dtype).min <= label:
            c.target.reshape(-1)[1::4] = label

    return change


def class_axis(axis: int) -> Change:
    def change(c: Call) -> None:
        c.keywords["axis"] = axis
        c.pred = np.moveaxis(c.pred, -1, axis)
        if not c.labels:
            c.target = np.moveaxis(c.target, -1, axis)

    return change


def lying(layout: Callable[[np.ndarray], np.ndarray]) -> Change:
    def change(c: Call) -> None:
        c.layout = layout

    return change


def gradient_in(out: Callable[[np.ndarray], np.ndarray]) -> Change:
    def change(c: Call) -> None:
        c.out = out

    return change


def some_zeros(random: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    weights = random.uniform(0.5, 2, shape)
    weights.reshape(-1)[3::5] = 0
    return weights


OPTIONS = [
    Option("float32", "dtype", prediction_type("float32")),
    Option("float16", "dtype", prediction_type("float16")),
    Option("bfloat16", "dtype", prediction_type("bfloat16")),
    *(
        Option(f"{name} labels", "target", label_type(name))
        for name in ("int8", "uint8", "int16", "uint16", "int32", "uint32", "uint64")
    ),
    Option("probabilities", "target", probabilities(np.float64)),
    Option("float32 probabilities", "target", probabilities(np.float32)),
    Option("class_weight", "class_weight", keyword(class_weight=lambda c: some_zeros(c.random, (c.classes,)))),
    Option("an ignored class", "ignore_index", ignore(1)),
    Option("an ignored label that is no class", "ignore_index", ignore(-1)),
    Option("label_smoothing", "label_smoothing", keywords(label_smoothing=0.1)),
    Option("label_smoothing of all", "label_smoothing", keywords(label_smoothing=1.0)),
    Option("temperature below 1", "temperature", keywords(temperature=0.3)),
    Option("temperature above 1", "temperature", keywords(temperature=4.0)),
    Option("softcap", "softcap", keywords(softcap=2.5)),
    Option("z_loss", "z_loss", keywords(z_loss=0.01)),
    Option("weight", "weight", keyword(weight=lambda c: some_zeros(c.random, c.pred.shape[:-1]))),
    Option("weight of a column", "weight", keyword(weight=lambda c: some_zeros(c.random, (c.pred.shape[0], 1)))),
    Option("sum", "reduction", keywords(reduction="sum")),
    Option("none", "reduction", keywords(reduction="none")),
    Option("axis=0", "axis", class_axis(0)),
    Option("axis=1", "axis", class_axis(1)),
    Option("Fortran order", "layout", lying(lambda x: np.array(x, order="F"))),
    Option("rows apart", "layout", lying(lambda x: np.concatenate([x, x[..., :2]], axis=-1)[..., :-2])),
    Option("classes apart", "layout", lying(lambda x: np.repeat(x, 2, axis=-1)[..., ::2])),
    Option("backwards", "layout", lying(lambda x: x[..., ::-1].copy()[..., ::-1])),
    Option("out", "out", gradient_in(lambda pred: np.full_like(pred, 7))),
    Option("out in Fortran order", "out", gradient_in(lambda pred: np.full_like(pred, 7, order="F"))),
    Option("in place", "out", gradient_in(lambda pred: pred)),
]


def pairs(options: list[Option]) -> list[Any]:
    found = [pair for pair in itertools.combinations(options, 2) if pair[0].kind != pair[1].kind]
    return [pytest.param(pair, id=" + ".join(option.name for option in pair)) for pair in found]


def made(pair: tuple[Option, ...], shape: tuple[int, ...], columns: int | None = None) -> Call:
    """A call with a pair of options. `columns`: the predictions have so many, which are no classes."""
    *rows, classes = shape
    random = np.random.default_rng(classes)
    pred = 2 * random.standard_normal((*rows, columns or classes))
    c = Call(random, classes, pred, random.integers(0, classes, rows), {"reduction": "mean"})
    for option in pair:
        option.change(c)
    return c


def resolution(dtype: np.dtype[Any]) -> float:
    return 2.0**-7 if dtype.name == "bfloat16" else float(np.finfo(dtype).eps)


def assert_close(found: Any, wanted: Any, dtype: np.dtype[Any], units: int = 64) -> None:
    """Within some units in the last place of what cancels: the largest number."""
    found, wanted = np.asarray(found, np.float64), np.asarray(wanted, np.float64)
    assert found.shape == wanted.shape
    # Of halves the last step alone rounds to them, to the nearest: below 2**-14 by what is subnormal in float16.
    half = dtype.itemsize == 2
    relative = 0.51 * resolution(dtype) if half else units * resolution(dtype)
    size = np.abs(wanted[np.isfinite(wanted)]).max(initial=0)
    np.testing.assert_allclose(found, wanted, rtol=relative, atol=2.0**-24 if half else relative * size)


def found_by_every_entry_point(c: Call) -> dict[str, Any]:
    """Value, gradient and Hessian; where two entry points give one of them, in the same bits."""
    found: dict[str, Any] = {}
    target = c.target if c.labels else c.layout(c.target)
    for name, outputs in ENTRY_POINTS.items():
        pred = c.layout(c.pred)
        assert same_bits(pred, c.pred)
        given = dict(c.keywords)
        if c.out and "grad" in outputs:
            out = c.out(pred)
            given["out"] = (out, np.full_like(pred, 7)) if "hess" in outputs else out
        for output, result in zip(outputs, call(fl.cross_entropy, name, pred, target, **given), strict=True):
            if "out" in given and output == "grad":
                assert result is out
            if output in found:
                assert same_bits(result, found[output])
            found[output] = np.copy(result) if isinstance(result, np.ndarray) else result
    return found


def widened(c: Call) -> tuple[np.ndarray, np.ndarray]:
    """The same numbers in float64."""
    return c.pred.astype(np.float64), c.target if c.labels else c.target.astype(np.float64)


@pytest.mark.sample(quick=150)
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("pair", pairs(OPTIONS))
def test_every_pair_of_options_against_the_reference(pair, shape):
    c = made(pair, shape)
    found = found_by_every_entry_point(c)
    value, grad = fl.reference.cross_entropy.value_and_grad(*widened(c), **c.keywords)
    wanted = {"value": value, "grad": grad, "hess": fl.reference.cross_entropy.grad_and_hess(*widened(c), **c.keywords)[1]}
    for name, x in found.items():
        assert_close(x, wanted[name], c.pred.dtype)
        if isinstance(x, np.ndarray):
            # Losses of rows keep the precision that they are computed in.
            half = name == "value" and c.pred.dtype.itemsize == 2
            assert x.dtype == (np.float32 if half else c.pred.dtype)
    assert isinstance(found["value"], np.ndarray if c.keywords["reduction"] == "none" else float)


# ---- PyTorch --------------------------------------------------------------------------------------------------------

#: The keywords that PyTorch has too, or that are easily done by hand; a pair with another one is not compared.
PYTORCH_HAS = {option.kind for option in OPTIONS} - {"dtype", "target", "layout", "out"}


def by_pytorch(torch: Any, c: Call) -> tuple[Any, np.ndarray]:
    """Value and gradient in float64. What PyTorch does not have, such as the weight of a sample, is done by hand."""
    pred, target = widened(c)
    axis, reduction = c.keywords.get("axis", -1), c.keywords["reduction"]
    leaf = torch.tensor(np.ascontiguousarray(pred), requires_grad=True)
    logits = leaf.movedim(axis, -1)
    if "softcap" in c.keywords:
        logits = c.keywords["softcap"] * torch.tanh(logits / c.keywords["softcap"])
    logits = logits / c.keywords.get("temperature", 1.0)
    rows = logits.shape[:-1]
    options = {}
    if c.labels:
        goal = torch.tensor(target.astype(np.int64).reshape(-1))
        options["ignore_index"] = c.keywords.get("ignore_index", -100)
    else:
        goal = torch.tensor(np.ascontiguousarray(np.moveaxis(target, axis, -1)).reshape(-1, c.classes))
    if "class_weight" in c.keywords:
        options["weight"] = torch.tensor(c.keywords["class_weight"])
    options["label_smoothing"] = c.keywords.get("label_smoothing", 0.0)

    def losses(reduction):
        return torch.nn.functional.cross_entropy(logits.reshape(-1, c.classes), goal, reduction=reduction, **options)

    if not c.keywords.keys() & {"weight", "z_loss"}:
        value = losses(reduction)
        value = value.reshape(rows) if reduction == "none" else value
    else:
        mass = torch.ones(rows, dtype=torch.float64)
        if c.labels:
            kept = goal != options["ignore_index"]
            if "weight" in options:
                mass = options["weight"][torch.where(kept, goal, 0)].reshape(rows)
            mass = mass * kept.reshape(rows)
        weight = torch.tensor(np.broadcast_to(c.keywords.get("weight", 1.0), rows).copy())
        penalty = c.keywords.get("z_loss", 0.0) * mass * torch.logsumexp(logits, -1) ** 2
        value = weight * (losses("none").reshape(rows) + penalty)
        if reduction != "none":
            value = value.sum() / ((weight * mass).sum() if reduction == "mean" else 1)
    (grad,) = torch.autograd.grad(value.sum(), leaf)
    return value.detach().numpy(), grad.numpy()


@pytest.mark.sample(quick=80)
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("pair", pairs([option for option in OPTIONS if option.kind not in ("layout", "out")]))
def test_every_pair_of_options_against_pytorch(pair, shape):
    torch = pytest.importorskip("torch")
    c = made(pair, shape)
    if not set(c.keywords) <= PYTORCH_HAS:
        pytest.skip("not in PyTorch")
    found = fl.cross_entropy.value_and_grad(c.pred, c.target, **c.keywords)
    for x, wanted in zip(found, by_pytorch(torch, c), strict=True):
        # PyTorch's gradient at a temperature of 0.3 is 180 units off the exact one on an AMD EPYC (Zen 3), ours one.
        assert_close(x, wanted, c.pred.dtype, units=512)


# ---- linear_cross_entropy -------------------------------------------------------------------------------------------

#: Of what `linear_cross_entropy` has not (an axis) or names for three gradients (out), test_linear.py knows.
LINEAR_OPTIONS = [option for option in OPTIONS if option.kind not in ("axis", "out")]


@pytest.mark.filterwarnings("ignore:most of the gradient:RuntimeWarning")  # of halves, whose dtype they are asked in
@pytest.mark.sample(quick=80)
@pytest.mark.parametrize("shape", [SHAPES["5 classes"], SHAPES["300 classes"]], ids=["5 classes", "300 classes"])
@pytest.mark.parametrize("pair", pairs(LINEAR_OPTIONS))
def test_every_pair_of_options_of_a_linear_layer_against_its_parts(pair, shape):
    columns = 6
    c = made(pair, shape, columns)
    matrix = c.random.standard_normal((c.classes, columns)).astype(c.pred.dtype)
    bias = c.random.standard_normal(c.classes).astype(c.pred.dtype)
    given = {("sample_weight" if name == "weight" else name): x for name, x in c.keywords.items()}
    target = c.target if c.labels else c.layout(c.target)
    value, grads = fl.linear_cross_entropy.value_and_grad(c.layout(c.pred), c.layout(matrix), target, bias, **given)

    hidden, target = widened(c)
    wide = matrix.astype(np.float64)
    logits = hidden @ wide.T + bias.astype(np.float64)
    wanted, slopes = fl.reference.cross_entropy.value_and_grad(logits, target, **c.keywords)
    assert_close(value, wanted, c.pred.dtype)
    parts = (slopes @ wide, np.einsum("abc,abk->ck", slopes, hidden), slopes.sum(axis=(0, 1)))
    for grad, part in zip(grads, parts, strict=True):
        assert grad.dtype == c.pred.dtype
        assert_close(grad, part, c.pred.dtype)
