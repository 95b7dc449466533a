"""What options of `cross_entropy` cost, beside the plain call: `python benchmarks/options.py`.

Writes the two tables of docs/options.md: what each option does, from `VARIANTS`, and its time. Measured is value and gradient
of the mean, of float32 logits and int64 labels, the gradient written to an array that is there. Each variant takes turns with
the plain call of its shape, and its time is a multiple of that one's; benchmarks/README.md says what a turn is. With
`--rows` nothing is measured, and only the first table written; `--check` sees whether that one is current.
"""

from __future__ import annotations

import argparse
import datetime
import functools
import statistics
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from report import filled, table

import fastloss as fl
from fastloss.cli._terminal import positive_integer, progress
from fastloss.cli._workloads import Workload
from fastloss.cli.bench import MARK, UNSTEADY_NOTE, duration, machine, ratio, steady, take_turns

HERE = Path(__file__).resolve().parent
PAGE = HERE.parent / "docs" / "options.md"
#: Long rows and short ones.
SHAPES = ((4096, 8192), (300_007, 21))
PLAIN = "plain"


@dataclass
class Given:
    """The arguments of a call, which a variant changes."""

    pred: Any
    target: Any
    out: Any  #: None: a new array each time
    others: tuple[Any, ...] = ()
    keywords: dict[str, Any] = field(default_factory=dict)
    entry_point: str = "value_and_grad"

    @property
    def classes(self) -> int:
        return self.pred.shape[-1]

    def call(self) -> Callable[[], Any]:
        function = fl.cross_entropy if self.entry_point == "value" else getattr(fl.cross_entropy, self.entry_point)
        out = {} if self.out is None else {"out": self.out}
        return functools.partial(function, self.pred, self.target, **self.keywords, **out)


@dataclass(frozen=True)
class Variant:
    """An option, what it does in one line, and how it changes the plain call."""

    name: str
    what: str
    change: Callable[[Given], None]


# ---- changes --------------------------------------------------------------------------------------------------------


def keyword(**made: Callable[[Given], Any]) -> Callable[[Given], None]:
    """Give keywords, each made from the arguments."""

    def change(given: Given) -> None:
        given.keywords.update({name: make(given) for name, make in made.items()})

    return change


def both(*changes: Callable[[Given], None]) -> Callable[[Given], None]:
    def change(given: Given) -> None:
        for step in changes:
            step(given)

    return change


def written(array: Any) -> Any:
    """An array like this one, of memory that was written to."""
    return np.full_like(array, 0)


def predictions(make: Callable[[Any], Any]) -> Callable[[Given], None]:
    """Predictions made of the plain ones, and a gradient like them."""

    def change(given: Given) -> None:
        given.pred = make(given.pred)
        given.out = written(given.pred)

    return change


def bfloat16(pred: Any) -> Any:
    import ml_dtypes

    return pred.astype(ml_dtypes.bfloat16)


def labels_of(dtype: type) -> Callable[[Given], None]:
    def change(given: Given) -> None:
        given.target = np.minimum(given.target, np.iinfo(dtype).max).astype(dtype)

    return change


def some_ignored(given: Given) -> None:
    given.target = given.target.copy()
    given.target[::4] = -100


def probabilities(given: Given) -> None:
    drawn = np.random.default_rng(1).random(given.pred.shape, np.float32)
    drawn /= drawn.sum(axis=-1, keepdims=True)
    given.target = drawn


def rows_apart(given: Given) -> None:
    def slice_of_more_classes(array: Any) -> Any:
        return np.concatenate([array, array[:, :1]], axis=-1)[:, :-1]

    given.pred, given.out = slice_of_more_classes(given.pred), slice_of_more_classes(given.out)


def first_axis(given: Given) -> None:
    given.pred = np.ascontiguousarray(given.pred.T)
    given.out = written(given.pred)
    given.keywords["axis"] = 0


def second_of_three_axes(given: Given) -> None:
    pixels = len(given.pred) // 4
    images = given.pred[: 4 * pixels].reshape(4, pixels, -1)
    given.pred = np.ascontiguousarray(np.moveaxis(images, -1, 1))
    given.target = given.target[: 4 * pixels].reshape(4, pixels)
    given.out = written(given.pred)
    given.keywords["axis"] = 1


def value_only(given: Given) -> None:
    given.entry_point, given.out = "value", None


def with_hessian(given: Given) -> None:
    given.entry_point, given.out = "grad_and_hess", (given.out, written(given.out))


def new_gradient(given: Given) -> None:
    given.out = None


weights_of_classes = keyword(class_weight=lambda given: np.linspace(0.5, 2, given.classes))

VARIANTS = (
    Variant("`class_weight`", "multiplies what each class counts", weights_of_classes),
    Variant("`ignore_index`", "leaves out rows with this label: here each fourth", some_ignored),
    Variant("`label_smoothing`", "spreads part of the target over all classes", keyword(label_smoothing=lambda given: 0.1)),
    Variant("`temperature`", "divides logits", keyword(temperature=lambda given: 2.0)),
    Variant("`softcap`", "bends logits into a range, by a hyperbolic tangent", keyword(softcap=lambda given: 30.0)),
    Variant("`z_loss`", "adds the square of the logarithm of the sum of exponentials", keyword(z_loss=lambda given: 1e-4)),
    Variant("`weight`", "weighs rows", keyword(weight=lambda given: np.linspace(0.5, 2, len(given.pred), dtype=np.float32))),
    Variant("probabilities", "a float32 number for every class in the place of a label", probabilities),
    Variant("probabilities, `class_weight`", "both", both(probabilities, weights_of_classes)),
    Variant('`reduction="none"`', "the loss of each row, and its gradient", keyword(reduction=lambda given: "none")),
    Variant("`return_lse`", "also the logarithm of the sum of exponentials of a row", keyword(return_lse=lambda given: True)),
    Variant("`return_entropy`", "also the entropy of each row's softmax", keyword(return_entropy=lambda given: True)),
    Variant("`return_argmax`", "also the class of each row's largest logit", keyword(return_argmax=lambda given: True)),
    Variant("`return_correct`", "also whether that class is the label", keyword(return_correct=lambda given: True)),
    Variant("value", "the loss without its gradient", value_only),
    Variant("`grad_and_hess`", "gradient and diagonal Hessian, unreduced, without the value", with_hessian),
    Variant("`axis=0`", "the class axis first", first_axis),
    Variant("`axis=1`", "the class axis second, of 4 images", second_of_three_axes),
    Variant("Fortran order", "the logits of a class beside each other in memory", predictions(np.asfortranarray)),
    Variant("rows apart", "logits that are a slice of one more class", rows_apart),
    Variant("float64", "logits of float64", predictions(lambda pred: pred.astype(np.float64))),
    Variant("float16", "logits of float16, computed in float32", predictions(lambda pred: pred.astype(np.float16))),
    Variant("bfloat16", "logits of ml_dtypes' bfloat16, computed in float32", predictions(bfloat16)),
    Variant("int32 labels", "labels of int32", labels_of(np.int32)),
    Variant("uint8 labels", "labels of uint8", labels_of(np.uint8)),
    Variant("new gradient", "without `out`: an array for the gradient made by each call", new_gradient),
)


# ---- measuring ------------------------------------------------------------------------------------------------------


def measure(shape: tuple[int, ...], repeats: int, advance: Callable[[int], None]) -> list[dict[str, Any]]:
    """Of each variant what it and the plain call took, in the form of the workloads of `fastloss bench`."""
    inputs = Workload("cross_entropy", shape).make_inputs()
    results = []
    for variant in VARIANTS:
        plain, changed = Given(*inputs), Given(*inputs)
        variant.change(changed)
        seconds = take_turns({PLAIN: plain.call(), variant.name: changed.call()}, repeats, advance)
        results.append({"name": "x".join(map(str, shape)), "seconds": seconds})
    return results


def figures(results: list[dict[str, Any]]) -> dict[str, str]:
    """A column of the table: the time of the plain call, and what it is multiplied by."""
    column = {PLAIN: duration(statistics.median(result["seconds"][PLAIN]["median"] for result in results))}
    for result in results:
        plain, (name, measured) = result["seconds"][PLAIN], next(x for x in result["seconds"].items() if x[0] != PLAIN)
        column[name] = ratio(measured["median"] / plain["median"]) + "x"
        if not (steady(measured) and steady(plain)):
            column[name] += MARK
    return column


def time_table(repeats: int, threads: int) -> str:
    every = []
    with fl.num_threads(threads), progress(len(SHAPES) * len(VARIANTS) * (repeats + 1), "options") as advance:
        for shape in SHAPES:
            every.append(measure(shape, repeats, advance))
    described = machine(threads)
    columns = [figures(results) for results in every]
    headings = {"": "<", **dict.fromkeys((f"{rows:,} x {classes:,}" for rows, classes in SHAPES), ">")}
    names = (PLAIN, *(variant.name for variant in VARIANTS))
    text = (
        f"{described['cpu']} ({described['system']}), SIMD tier {described['tier']}, {threads} threads, "
        f"{datetime.datetime.now(datetime.UTC).date()}, fastloss {fl.__version__}; medians of {repeats} turns.\n\n"
    )
    text += table(headings, [[name, *(column[name] for column in columns)] for name in names])
    return text + (f"\n\n{UNSTEADY_NOTE}." if MARK in text else "")


def variants_table() -> str:
    return table({"option": "<", "what it does": "<"}, [[variant.name, variant.what] for variant in VARIANTS])


def page_of(path: Path) -> str:
    """The page with its list of options made anew; times stay what they are."""
    return filled(path.read_text(encoding="utf-8"), "options", variants_table())


def files() -> dict[Path, str]:
    """What tools/refresh.py writes."""
    return {PAGE: page_of(PAGE)}


def main(argv: Sequence[str] | None = None) -> int:
    """Write the page, or check it; the exit status."""
    parser = argparse.ArgumentParser(description="Measure what options of cross_entropy cost; write docs/options.md.")
    parser.add_argument("--rows", action="store_true", help="measure nothing: write what the options are")
    parser.add_argument("--check", action="store_true", help="write nothing; exit status 1 if an option is not on the page")
    parser.add_argument("--page", type=Path, default=PAGE, metavar="FILE")
    parser.add_argument("--threads", type=positive_integer, default=fl.get_num_threads(), metavar="N")
    parser.add_argument("--repeats", type=positive_integer, default=15, metavar="N", help="rounds (default: %(default)s)")
    arguments = parser.parse_args(argv)
    try:
        before = arguments.page.read_text(encoding="utf-8")
        after = page_of(arguments.page)
        filled(before, "times", "")  # before the minutes of measuring, not after
    except (OSError, ValueError) as error:
        print(f"{arguments.page}: {error}", file=sys.stderr)
        return 2
    if arguments.check:
        if after != before:
            print(f"{arguments.page}: 'options' is stale; run `python benchmarks/options.py --rows`", file=sys.stderr)
        return 1 if after != before else 0
    if not arguments.rows:
        after = filled(after, "times", time_table(arguments.repeats, arguments.threads))
    arguments.page.write_text(after, encoding="utf-8")
    print(f"{arguments.page}: written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
