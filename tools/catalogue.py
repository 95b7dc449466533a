"""Write docs/catalogue.md, every loss by its task, and what README counts and dates: `python tools/catalogue.py [--check]`.

The task of a loss stands here and nowhere else. A loss has the task of the module of `fastloss.reference` that it is in, unless
TASKS says otherwise; so a new loss is on the page without an edit, and a new module makes a group of its own.
"""

from __future__ import annotations

import argparse
import inspect
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from fastloss._docs import sections
from fastloss._kinds import LOG_PROBABILITY, POSITIVE, PROBABILITY, SIGN, Interval, Parameter
from fastloss._registry import FILTER_EPS, Argument, Declaration, registries, registry

ROOT = Path(__file__).resolve().parent.parent
README, PAGE, EVIDENCE = ROOT / "README.md", ROOT / "docs" / "catalogue.md", ROOT / "docs" / "assurance.md"
RESULTS = ROOT / "benchmarks" / "results"
#: Where tools/curves.py draws, a picture a task.
CURVES = ROOT / "docs" / "pictures"

sys.path.insert(0, str(ROOT / "benchmarks"))
from report import filled, newest, table  # noqa: E402

REGRESSION = "Regression"
OUTLIERS = "Regression with outliers"
QUANTILES = "Quantiles and tolerances"
COUNTS = "Counts and positive amounts"
DISTRIBUTIONS = "Distributions with a predicted scale"
BINARY = "Two classes from logits"
PROBABILITIES = "Two classes from probabilities"
MARGINS = "Margins and pairs"
CLASSES = "Many classes"
LABELS = "Many labels at once"
IMBALANCE = "Imbalance and hard examples"
NOISE = "Wrong labels"
DISTILLATION = "Distillation and divergences"
ADVERSARIAL = "Generator against discriminator"
PENALTIES = "Penalties"
ROWS = "Log-probabilities of rows"
REGIONS = "Regions of images"
EMBEDDINGS = "Vectors, angles and distances"
LINEAR = "A linear layer with its loss"

#: The tasks in the order of the page, each with a sentence about what its losses have in common.
GROUPS = {
    REGRESSION: "Any number is predicted, and every error counts.",
    OUTLIERS: "Far from the target they grow more slowly than the square of the error, or not at all.",
    QUANTILES: "Errors of one side cost more than those of the other, or small ones nothing.",
    COUNTS: "Likelihoods and deviances of targets that are not negative; what is predicted is mostly the mean's logarithm.",
    DISTRIBUTIONS: "A location is predicted, and beside it a scale or a shape, by which there are derivatives on request.",
    BINARY: "A logit is predicted; the target is a label or a probability.",
    PROBABILITIES: "A probability is predicted. From a logit the losses above keep digits that a sigmoid rounds away.",
    MARGINS: "A score is predicted; the target is -1 or 1.",
    CLASSES: "A row of scores with a class axis; the target is a label, or a number for every class.",
    LABELS: "Each class is present or absent by itself.",
    IMBALANCE: "Easy examples are faded out, so that rare or hard ones count more.",
    NOISE: "A label that contradicts all others counts less than in cross-entropy.",
    DISTILLATION: "Two distributions are compared.",
    ADVERSARIAL: "A discriminator scores samples, 1 for real and 0 for generated; a flag makes the loss the generator's.",
    PENALTIES: "Losses of parameters; the target may be left out, and is then 0.",
    REGIONS: "How much of two regions overlaps; a region is what is summed over, axes of an image mostly.",
    EMBEDDINGS: "Two or three vectors are compared, with derivatives by each.",
    ROWS: "What a loss of your own can be made of.",
    LINEAR: "The loss of logits `hidden @ weight.T + bias`, which never exist whole, with gradients by all three.",
}
MODULES = {
    "_pointwise": REGRESSION,
    "_pointwise_robust": OUTLIERS,
    "_pointwise_counts": COUNTS,
    "_pointwise_distributions": DISTRIBUTIONS,
    "_pointwise_binary": BINARY,
    "_pointwise_adversarial": ADVERSARIAL,
    "_pointwise_penalties": PENALTIES,
    "_rows": CLASSES,
    "_rows_softmax": CLASSES,
    "_rows_margins": CLASSES,
    "_rows_distillation": DISTILLATION,
    "_row_functions": ROWS,
    "_regions": REGIONS,
    "_distances": EMBEDDINGS,
}
#: Of losses that neither their module nor their domain gives away.
TASKS = {
    **dict.fromkeys(("huber", "smooth_l1", "log_cosh", "wing"), OUTLIERS),
    **dict.fromkeys(("lp", "linex", "squared_log_error"), REGRESSION),
    **dict.fromkeys(("absolute_percentage_error", "symmetric_absolute_percentage_error"), REGRESSION),
    **dict.fromkeys(("quantile", "expectile", "log_lin_quantile"), QUANTILES),
    **dict.fromkeys(("epsilon_insensitive", "squared_epsilon_insensitive"), QUANTILES),
    **dict.fromkeys(("poisson", "zero_inflated_poisson"), COUNTS),
    "binary_cross_entropy_with_logits": BINARY,
    **dict.fromkeys(("sigmoid_focal", "reduced_focal", "softmax_focal"), IMBALANCE),
    **dict.fromkeys(("asymmetric_focal", "multilabel_soft_margin"), LABELS),
    **dict.fromkeys(("generalized_cross_entropy", "symmetric_cross_entropy"), NOISE),
    **dict.fromkeys(("kl_divergence", "elementwise_kl_divergence", "total_variation"), DISTILLATION),
    "selected_log_probs": ROWS,
    "gaussian_kl": DISTRIBUTIONS,
    "pearson": REGRESSION,
}


def task_of(declared: Declaration) -> str:
    """The one group of a loss."""
    if declared.wraps:
        return LINEAR
    if declared.name in TASKS:
        return TASKS[declared.name]
    if declared.label_lists:
        return LABELS
    if declared.is_of_elements and declared.target == SIGN:
        return MARGINS
    if declared.is_of_elements and declared.prediction == PROBABILITY:
        return PROBABILITIES
    module = inspect.getmodule(declared.function)
    assert module is not None
    name = module.__name__.rpartition(".")[2]
    return MODULES.get(name) or (module.__doc__ or name).partition("\n")[0].rstrip(".:")


class Entry(NamedTuple):
    """What the page says of a loss: Markdown, but for the name."""

    name: str
    summary: str
    formula: str
    parameters: tuple[str, ...]
    domain: str


def numbers_in(interval: Interval) -> str:
    if interval == POSITIVE:
        return "positive, from 2⁻¹²⁶"
    if interval == LOG_PROBABILITY:
        return "at most 0 (2⁻¹⁶, for rounding)"
    return f"in {interval}".replace("inf", "∞") if interval.bounded else "any number"


def described_parameter(parameter: Parameter) -> str:
    kind = parameter.kind
    accepted = "True or False" if kind.type is bool else numbers_in(kind.range)
    if kind.type is int:
        accepted = "an integer" if kind.range.high > 1e6 else f"an integer {accepted}"
    if kind.array == "classes":
        accepted = f"one number a class {accepted}"
    if kind.array == "elements":
        accepted += ", or an array of such"
    if kind.optional and parameter.default is not None:
        accepted += ", or None"
    if kind.differentiable:
        accepted += "; derivatives by it on request"
    return f"`{parameter.name}` = {parameter.default}: {accepted}"


def described_target(declared: Declaration) -> str:
    if declared.label_lists:
        return "a list of labels"
    numbers = numbers_in(declared.target)
    if declared.labels:
        return f"a label, or for every class a number {numbers}" if declared.probabilities else "a label"
    return numbers + (", or left out" if declared.optional_target else "")


def described_argument(argument: Argument) -> str:
    each = ", one a loss" if argument.each == "loss" else ""
    return f"{argument.name}: {numbers_in(argument.interval)}{each}" + (", or left out" if argument.optional else "")


def formula_of(doc: str) -> str:
    """From a docstring's lead its formula, from the sentence that names the symbols to the end of what is indented."""
    found = re.search(r"^\S[^\n]*\n\n((?:[^\n]+\n)*?[^\n]*):(?::)\n\n((?:    [^\n]*\n|\n)+)", doc + "\n")
    if not found:
        return ""
    lines = (line[4:] for line in found[2].strip("\n").split("\n"))
    return f"{' '.join(found[1].split())}:\n\n```text\n" + "\n".join(lines) + "\n```"


def entry_of(declared: Declaration) -> Entry:
    doc = sections(inspect.getdoc(declared.function) or "")[""]
    summary = doc.partition("\n")[0]
    if declared.wraps:
        formula = f"`{declared.wraps.name}` of the logits, with all of its parameters, and:"
        return Entry(declared.name, summary, formula, (described_parameter(FILTER_EPS),), "")
    if declared.listed:
        domain = "; ".join(described_argument(argument) for argument in declared.arguments) + "."
    else:
        domain = f"Prediction: {numbers_in(declared.prediction)}; target: {described_target(declared)}."
    return Entry(declared.name, summary, formula_of(doc), tuple(map(described_parameter, declared.parameters)), domain)


#: All that the page lists.
EVERY: Mapping[str, Any] = {**registry, **registries["row_functions"], **registries["linear_losses"]}


def grouped(rows: Mapping[str, Any] = EVERY) -> dict[str, list[Entry]]:
    """The losses of each task: tasks in the order of the page, a task that it does not know last."""
    groups: dict[str, list[Entry]] = {title: [] for title in GROUPS}
    for row in rows.values():
        groups.setdefault(task_of(row), []).append(entry_of(row))
    return {title: entries for title, entries in groups.items() if entries}


def anchor(title: str) -> str:
    """Where a heading is found on its page."""
    return "#" + re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def picture_of(title: str) -> Path:
    """The curves of a task's losses."""
    return CURVES / f"curves-{anchor(title)[1:]}.png"


def _page(groups: Mapping[str, Sequence[Entry]]) -> Iterator[str]:
    yield "# Catalogue of losses"
    yield (
        "Every loss by its task: formula, parameters with their defaults and ranges, and what prediction and target may be.\n"
        "`help(fastloss.huber)` tells more of each, and has an example. Written by `tools/catalogue.py` from the losses\n"
        "themselves; do not edit. Names of other libraries: [losses.md](losses.md). Curves are of default parameters and\n"
        "of the target 1, or 1/2 where that is no target; `tools/curves.py` draws them."
    )
    rows = []
    for title, entries in groups.items():
        rows.append((f"[{title}]({anchor(title)})", ", ".join(f"[`{e.name}`](#{e.name})" for e in entries)))
    yield table({"task": "<", "losses": "<"}, rows)
    for title, entries in groups.items():
        yield f"## {title}"
        if title in GROUPS:
            yield GROUPS[title]
        if picture_of(title).exists():
            yield f"![{title}: loss and gradient by the prediction](pictures/{picture_of(title).name})"
        for entry in entries:
            yield f"### `{entry.name}`"
            yield entry.summary
            if entry.formula:
                yield entry.formula
            items = [*entry.parameters, *([entry.domain] if entry.domain else [])]
            yield "\n".join(f"* {item}" for item in items)


def page(groups: Mapping[str, Sequence[Entry]]) -> str:
    return "\n\n".join(_page(groups)) + "\n"


def counts(groups: Mapping[str, Sequence[Entry]]) -> str:
    """The groups in one paragraph for README."""
    of_each = ", ".join(f"{title[0].lower()}{title[1:]} ({len(entries)})" for title, entries in groups.items())
    return f"{sum(map(len, groups.values()))} by task: {of_each}."


def evidence() -> str:
    """Of which commit and day the report of docs/assurance.md is."""
    text = EVIDENCE.read_text(encoding="utf-8")
    day = re.search(r"^\| date \| (\S+) \|$", text, re.MULTILINE)
    commit = re.search(r"^\| (?:exact|deep) \|.*\| (\w+),? [^|]*\|$", text, re.MULTILINE)
    if not day or not commit:
        raise ValueError(f"{EVIDENCE.name} does not say of which day and commit it is")
    return f"The last full run was of commit {commit[1]}, on {day[1]}."


def measured() -> str:
    """On which machine and day the speeds of README's picture were measured: those of the newest results."""
    results = newest(RESULTS)[0].results
    machine = results["machine"]
    cpu = re.sub(r"\(R\)|\(TM\)", "", machine["cpu"])
    return (
        f"Value and gradient, float32, on {cpu}, {machine['tier']}, {machine['threads']} threads, {results['date'][:10]}.\n"
        "All figures, and how they were measured: [docs/speed.md](docs/speed.md)."
    )


def files() -> dict[Path, str]:
    """What each generated file should hold; nothing is written."""
    groups = grouped()
    readme = README.read_text(encoding="utf-8")
    for name, body in {"speed": measured(), "evidence": evidence(), "groups": counts(groups)}.items():
        readme = filled(readme, name, body)
    return {PAGE: page(groups), README: readme}


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Write docs/catalogue.md and the lists of README.md that are made of it.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit status 1 if a file is not current")
    arguments = parser.parse_args(argv)
    stale = [path for path, text in files().items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    for path in stale:
        if arguments.check:
            print(f"{path} is stale; run `python tools/catalogue.py`", file=sys.stderr)
        else:
            path.write_text(files()[path], encoding="utf-8")
            print(f"wrote {path}")
    return 1 if arguments.check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
