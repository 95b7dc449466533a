"""`fastloss verify`: the error of every loss, on this machine, against the reference."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

import fastloss
from fastloss import _verify
from fastloss.cli._terminal import CommandError, positive_integer, print_table, progress

__all__ = ["add_arguments", "run"]

DESCRIPTION = """\
Measure the worst error of value, gradient and Hessian of every loss, in each dtype and SIMD tier that this CPU can run,
against the NumPy reference in a higher precision; and that of the elementary functions the losses are made of.

The unit is the ULP, the distance to the next number of the dtype, after what such an error in the input would change.
Each loss is measured with its default parameters and with others; a row shows the worst. "2nd" are the
derivatives by a second argument, a target or a scale, of the losses that have them. Tiers that agree share a row.
"""

EPILOG = """\
examples:
  fastloss verify
  fastloss verify huber exp --tier avx2 --samples 1000000

Exit status: 0 where every bound holds, 1 where one is broken.
"""

OUTPUTS = {
    "value": "value", "grad": "gradient", "hess": "Hessian", "second_grad": "2nd gradient", "second_hess": "2nd Hessian",
}  # fmt: skip
NAMES = {**OUTPUTS, "second_grad": "gradient by the second argument", "second_hess": "Hessian by the second argument"}
COLUMNS = {"loss": "<", "dtype": "<", "tier": "<", **dict.fromkeys(OUTPUTS.values(), ">"), "bound": ">", "": "<"}
DTYPES = (np.dtype(np.float32), np.dtype(np.float64))


@dataclass
class Finding:
    """Of one loss or function in one dtype: the worst errors by tier, their bounds, and what broke one worst."""

    bounds: dict[str, float]
    errors: dict[str, dict[str, float]] = field(default_factory=dict)
    broken: dict[str, tuple[float, str]] = field(default_factory=dict)

    def add(self, tier: str, case: str, errors: dict[str, float]) -> None:
        worst = self.errors.setdefault(tier, {})
        for output, error in errors.items():
            worst[output] = float(np.maximum(worst.get(output, 0.0), error))  # NaN, if there is one
            if not error <= self.bounds[output] and not error <= self.broken.get(output, (0.0, ""))[0]:
                self.broken[output] = error, f"{case} on {tier}"

    def holds(self, errors: dict[str, float]) -> bool:
        return all(error <= self.bounds[output] for output, error in errors.items())

    def rows(self) -> Iterable[tuple[list[str], dict[str, float]]]:
        """The errors, and the tiers that share them."""
        shared: dict[tuple[tuple[str, float], ...], list[str]] = {}
        for tier, errors in self.errors.items():
            shared.setdefault(tuple(errors.items()), []).append(tier)
        return [(tiers, dict(errors)) for errors, tiers in shared.items()]

    def bounds_as_text(self) -> str:
        """One number where all bounds are the same, else that of each output."""
        texts = [f"{bound:g}" for bound in self.bounds.values()]
        return texts[0] if len(set(texts)) == 1 else ", ".join(texts)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description, parser.epilog = DESCRIPTION, EPILOG
    parser.add_argument("names", nargs="*", metavar="LOSS", help="a loss or an elementary function; default: all")
    parser.add_argument("--tier", choices=_verify.usable_tiers(), help="measure this tier only")
    parser.add_argument(
        "--samples", type=positive_integer, default=20_000, metavar="N", help="numbers a case (default: %(default)s)"
    )


def chosen(names: list[str]) -> tuple[list[str], list[str]]:
    """The losses and the functions that were named; all of both, if none was."""
    if not names:
        return list(fastloss.losses), list(_verify.FUNCTION_BOUNDS)
    for name in names:
        if name not in fastloss.losses and name not in _verify.FUNCTION_BOUNDS:
            known = ", ".join([*fastloss.losses, *_verify.FUNCTION_BOUNDS])
            raise CommandError(f"there is no loss or function {name!r}; choose from: {known}")
    return [n for n in fastloss.losses if n in names], [n for n in _verify.FUNCTION_BOUNDS if n in names]


def measured(names: list[str], tiers: list[str], samples: int) -> dict[tuple[str, str], Finding]:
    """What was found for each name and dtype."""
    losses, functions = chosen(names)
    cases = _verify.cases(losses) if losses else []
    findings: dict[tuple[str, str], Finding] = {}
    with progress(len(tiers) * (len(cases) + len(functions) * len(DTYPES)), "verify") as advance:
        for case in cases:
            bounds = {output: _verify.bound(case, output) for output in _verify.outputs(case)}
            finding = findings.setdefault((case.loss.name, case.dtype.name), Finding(bounds))
            for tier, errors in _verify.measure(case, tiers, samples).items():
                finding.add(tier, case.id, errors)
            advance(len(tiers))
        for name in functions:
            for dtype in DTYPES:
                finding = findings.setdefault((name, dtype.name), Finding({"value": _verify.FUNCTION_BOUNDS[name]}))
                for tier in tiers:
                    error = _verify.measure_function(name, dtype, tier, samples)
                    finding.add(tier, f"{name}-{dtype.name}", {"value": error})
                    advance(1)
    return findings


def run(arguments: argparse.Namespace) -> int:
    tiers = [arguments.tier] if arguments.tier else _verify.usable_tiers()
    findings = measured(arguments.names, tiers, arguments.samples)
    rows, styles = [], []
    for (name, dtype), finding in findings.items():
        for shared, errors in finding.rows():
            cells = [f"{errors[output]:.2f}" if output in errors else "" for output in OUTPUTS]
            verdict = "pass" if finding.holds(errors) else "FAIL"
            rows.append([name, dtype, ", ".join(shared), *cells, finding.bounds_as_text(), verdict])
            styles.append("" if verdict == "pass" else "bold red")
    print_table(COLUMNS, rows, styles)
    print()
    for finding in findings.values():
        for output, (error, where) in finding.broken.items():
            print(f"{where}: the {NAMES[output]} is off by {error:.3g} ULP; the bound is {finding.bounds[output]:g}")
    passed = sum(not finding.broken for finding in findings.values())
    print(f"Worst errors in ULP; {passed} of {len(findings)} pass.")
    return 0 if passed == len(findings) else 1
