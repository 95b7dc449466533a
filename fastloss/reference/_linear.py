"""Losses of a linear layer, plainly: all logits, the loss of them, three products; and their declarations."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastloss import _arrays
from fastloss._arguments import places
from fastloss._linear import LinearEntry
from fastloss._linear_checks import check_head, check_labels, gradient_dtypes, row_values
from fastloss._registry import FILTER_EPS, linear
from fastloss._statistics import STATISTICS, SoftmaxResult
from fastloss.reference._rows import cross_entropy
from fastloss.reference._rows_distillation import distillation_kl
from fastloss.reference._rows_softmax import selected_log_probs
from fastloss.reference._softmax import floating

__all__ = ["LinearReference"]


@linear(cross_entropy)
def linear_cross_entropy() -> None:
    """Cross-entropy of a linear layer's softmax over many classes, without ever holding all logits.

    Examples
    --------
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
           [ 0.125,  0.125]])
    """


@linear(selected_log_probs)
def linear_selected_log_probs() -> None:
    """Log-probability of each label by a linear layer's softmax, without ever holding all logits: for DPO and GRPO.

    Examples
    --------
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
           [-0.5,  0. ]])
    """


@linear(distillation_kl)
def linear_distillation_kl() -> None:
    """Kullback-Leibler divergence of a linear layer's softmax from a teacher's, without ever holding all logits.

    Examples
    --------
    >>> import numpy as np
    >>> import fastloss as fl
    >>> hidden, weight = np.array([[1.0, 0.0], [0.0, 1.0]]), np.zeros((2, 2))
    >>> teacher = np.array([[1.0], [0.0]]), np.log([[1.0], [3.0]])  # its own width: 1
    >>> round(fl.linear_distillation_kl(hidden, weight, teacher), 6)
    0.065406
    >>> d_hidden, d_weight = fl.linear_distillation_kl.grad(hidden, weight, teacher)
    >>> d_weight.round(6)
    array([[ 0.125,  0.   ],
           [-0.125,  0.   ]])
    """


class LinearReference(LinearEntry):
    # One entry point of a loss of a linear layer in NumPy.

    origin = "fastloss reference"

    def compute(self, given: dict[str, Any], names: tuple[str, ...]) -> Any:
        """Value and gradients; `filter_eps` leaves out nothing here."""
        FILTER_EPS.check(given["filter_eps"])
        present = {name: np.asarray(given[name]) for name in ("hidden", "weight", "bias") if given[name] is not None}
        arrays = [floating(array) for array in present.values()]
        real = np.result_type(*arrays)
        hidden, weight, *bias = (array.astype(real) for array in arrays)
        check_head(hidden, weight, bias[0] if bias else None)
        if given["sample_weight"] is not None:
            _arrays.broadcast(np.asarray(given["sample_weight"]), hidden.shape[:-1], "sample_weight")
        declared = self.wrapped.declared
        kept = (*(p.name for p in declared.parameters), "reduction", "empty", "check_domain")
        options = {name: given[name] for name in kept if name in given}
        with np.errstate(all="ignore"):
            logits = hidden @ weight.T + (bias[0] if bias else 0)
            if "teacher" in given:
                inputs_of_teacher, matrix, *shift = (floating(x).astype(real) for x in given["teacher"] if x is not None)
                check_head(inputs_of_teacher, matrix, shift[0] if shift else None, "the teacher's ")
                target = inputs_of_teacher @ matrix.T + (shift[0] if shift else 0)
            else:
                target = np.asarray(given["labels"])
                if not target.size and target.ndim < hidden.ndim:
                    target = target.astype(np.int64)
                check_labels(declared, hidden, weight, target)
            flags = {name: True for name in STATISTICS if given.get(name)}
            result = self.wrapped.value_and_grad(logits, target, weight=given["sample_weight"], **options, **flags)
            value, slopes = result[:2]
            # A row without a slope has no part in the gradients, even where it holds infinities.
            counts = slopes.any(axis=-1, keepdims=True)
            flat = slopes.reshape(-1, len(weight)) if slopes.size else np.zeros((0, len(weight)), slopes.dtype)
            inputs = np.where(counts, hidden, 0).reshape(len(flat), weight.shape[1])
            by = {"hidden": np.where(counts, slopes @ weight, 0), "weight": flat.T @ inputs, "bias": flat.sum(axis=0)}
            dtypes = gradient_dtypes((present[name].dtype for name in names), given.get("grad_dtype"))
            grad = [by[name].astype(dtype) for name, dtype in zip(names, dtypes, strict=True)]
            if isinstance(value, np.ndarray):
                value = value.astype(row_values(present["hidden"].dtype))
        for i, place in enumerate(places(given.get("out"), names)):
            if place is not None:
                place[...] = grad[i]
                grad[i] = place
        found = {name: x for name, x in (("value", value), ("grad", tuple(grad))) if name in self.outputs}
        if flags:
            return SoftmaxResult(**found, **{STATISTICS[flag]: getattr(result, STATISTICS[flag]) for flag in flags})
        return tuple(found.values())
