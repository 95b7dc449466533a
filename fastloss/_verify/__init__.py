"""The accuracy of the kernels, measured: inputs drawn from what the registry says, errors in ulp against the reference.

The tests and `python -m fastloss verify` share this package, and with it the bounds.
"""

from fastloss._verify._cases import (
    CLASSES,
    DTYPES,
    FUNCTION_BOUNDS,
    ORDINALS,
    Case,
    Results,
    bound,
    cases,
    logits_as_targets,
    outputs,
    parameter_sets,
    parameter_values,
    target_domain,
    tier,
    usable_tiers,
)
from fastloss._verify._draws import draw, draw_from
from fastloss._verify._errors import Worst, errors, kernel_results, measure, worst
from fastloss._verify._functions import EXACT_FUNCTIONS, errors_of_function, measure_function, worst_of_function
from fastloss._verify._units import divisor, expected_and_allowed, ulp, ulps, widened

__all__ = [
    "CLASSES",
    "DTYPES",
    "EXACT_FUNCTIONS",
    "FUNCTION_BOUNDS",
    "ORDINALS",
    "Case",
    "Results",
    "Worst",
    "bound",
    "cases",
    "divisor",
    "draw",
    "draw_from",
    "errors",
    "errors_of_function",
    "expected_and_allowed",
    "kernel_results",
    "logits_as_targets",
    "measure",
    "measure_function",
    "outputs",
    "parameter_sets",
    "parameter_values",
    "target_domain",
    "tier",
    "ulp",
    "ulps",
    "usable_tiers",
    "widened",
    "worst",
    "worst_of_function",
]
