"""The losses of a linear layer as they are declared: the loss of a row that each wraps, its arguments and its signatures."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from fastloss._kinds import Interval, Kind, Parameter
from fastloss._loss import signature
from fastloss._registry import Row

__all__ = [
    "ARRAYS",
    "FILTER_EPS",
    "LINEAR_ENTRY_POINTS",
    "LinearRow",
    "linear_registry",
    "linear_signature",
    "target_of",
]

#: What has a gradient, in argument order; the last where it is given.
ARRAYS = ("hidden", "weight", "bias")

LINEAR_ENTRY_POINTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"value": ("value",), "grad": ("grad",), "value_and_grad": ("value", "grad")}
)

FILTER_EPS = Parameter("filter_eps", 0.0, Kind(Interval(0, high_open=True)))

#: Keywords of a loss of rows that a linear layer has not, or has as its own.
OTHERS = ("axis", "sample_weight", "wrt")


@dataclass(frozen=True)
class LinearRow:
    """What is known of one loss of a linear layer.

    Attributes
    ----------
    name, summary, examples : str
        The public name; the first line and the examples of the docstring.
    wraps : str
        The loss of a row of logits, by name.
    """

    name: str
    wraps: str
    summary: str
    examples: str


linear_registry: Mapping[str, LinearRow] = MappingProxyType(
    {
        "linear_cross_entropy": LinearRow(
            "linear_cross_entropy",
            "cross_entropy",
            "Cross-entropy of a linear layer's softmax over many classes, without ever holding all logits.",
            """\
>>> import numpy as np
>>> import fastloss as fl
>>> hidden = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
>>> weight = np.zeros((4, 2))  # 4 classes: before training, each has the probability 1/4
>>> labels = [2, 0, -100]      # the last row is ignored
>>> round(fl.linear_cross_entropy(hidden, weight, labels), 6)
1.386294
>>> value, (d_hidden, d_weight) = fl.linear_cross_entropy.value_and_grad(hidden, weight, labels)
>>> d_weight
array([[ 0.125, -0.375],
       [ 0.125,  0.125],
       [-0.375,  0.125],
       [ 0.125,  0.125]])""",
        ),
        "linear_selected_log_probs": LinearRow(
            "linear_selected_log_probs",
            "selected_log_probs",
            "Log-probability of each label by a linear layer's softmax, without ever holding all logits: for DPO and GRPO.",
            """\
>>> import numpy as np
>>> import fastloss as fl
>>> hidden, weight = np.array([[1.0, 0.0], [0.0, 1.0]]), np.zeros((4, 2))
>>> tokens = [2, -100]                       # the second token is padding
>>> fl.linear_selected_log_probs(hidden, weight, tokens).round(6)
array([-1.386294,  0.      ])
>>> advantages = np.array([2.0, 5.0])        # with what the policy gradient weighs each token
>>> d_hidden, d_weight = fl.linear_selected_log_probs.vjp(hidden, weight, tokens, advantages)
>>> d_weight
array([[-0.5,  0. ],
       [-0.5,  0. ],
       [ 1.5,  0. ],
       [-0.5,  0. ]])""",
        ),
        "linear_distillation_kl": LinearRow(
            "linear_distillation_kl",
            "distillation_kl",
            "Kullback-Leibler divergence of a linear layer's softmax from a teacher's, without ever holding all logits.",
            """\
>>> import numpy as np
>>> import fastloss as fl
>>> hidden, weight = np.array([[1.0, 0.0], [0.0, 1.0]]), np.zeros((2, 2))
>>> teacher = np.array([[1.0], [0.0]]), np.log([[1.0], [3.0]])  # its own width: 1
>>> round(fl.linear_distillation_kl(hidden, weight, teacher), 6)
0.065406
>>> d_hidden, d_weight = fl.linear_distillation_kl.grad(hidden, weight, teacher)
>>> d_weight.round(6)
array([[ 0.125,  0.   ],
       [-0.125,  0.   ]])""",
        ),
    }
)


def target_of(wrapped: Row) -> str:
    """The argument that the target comes from: "labels"; of a loss of two rows of logits "teacher", which makes them."""
    return "teacher" if wrapped.differentiable_target else "labels"


def linear_signature(wrapped: Row, bound: Mapping[str, Any], entry_point: str) -> inspect.Signature:
    """The signature of an entry point: the keywords of the wrapped loss behind the arrays of a linear layer."""

    def keyword(name: str, default: Any) -> inspect.Parameter:
        return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default)

    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    parameters = [inspect.Parameter(name, kind) for name in ("hidden", "weight", target_of(wrapped))]
    parameters.append(inspect.Parameter("bias", kind, default=None))
    for p in signature(wrapped, bound, entry_point).parameters.values():
        if p.name == "weight":
            parameters += [
                keyword("sample_weight", bound.get("sample_weight")),
                keyword(FILTER_EPS.name, bound.get(FILTER_EPS.name, FILTER_EPS.default)),
            ]
        elif p.kind is p.KEYWORD_ONLY and p.name not in OTHERS:
            parameters.append(p)
    return inspect.Signature(parameters)
