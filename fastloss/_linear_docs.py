"""The docstring of every loss of a linear layer and of its entry points: what they share, and what the loss of a row says."""

from __future__ import annotations

import functools
import inspect
import textwrap
from typing import Any

from fastloss import _docs
from fastloss._linear_registry import LINEAR_ENTRY_POINTS, LinearRow, linear_signature, target_of
from fastloss._loss import signature
from fastloss._registry import Row
from fastloss._statistics import STATISTICS

__all__ = ["linear_doc"]

_LEAD = {
    "value": "",
    "grad": "Gradients of `{name}` with respect to `hidden`, `weight` and `bias`: those of the reduced value.",
    "value_and_grad": "Value of `{name}` and its gradients with respect to `hidden`, `weight` and `bias`.",
}

_BODY = """\
The logits of a row h of `hidden` are x = weight h + bias. With `{wraps}` as the loss of a row,
and G the gradient of the reduced value with respect to the logits of all rows::

    value      {wraps}(hidden @ weight.T + bias, {target})
    d_hidden   G @ weight
    d_weight   G.T @ hidden
    d_bias     G summed over the rows

{formula}"""

_TARGETS = {"labels": "labels", "teacher": "the teacher's logits"}

_PARAMETERS = {
    "hidden": """\
hidden : array_like
    What goes into the layer, of shape (..., D).""",
    "weight": """\
weight : array_like
    The matrix of the layer, of shape (V, D): a row for each of V classes. Sample weights are `sample_weight`.""",
    "labels": """\
labels : array_like
    Labels, of any integer dtype and shape (...), that of `hidden` without its last axis{numbers}.""",
    "teacher": """\
teacher : tuple of array_like
    The layer of the teacher, (hidden, weight) or (hidden, weight, bias): of shape (..., E), (V, E) and (V,), with a width E
    of its own and the rows and classes of the student's. The target is its logits. It is constant: gradients are those of the
    student's arrays, in whose precision its logits are made.""",
    "bias": """\
bias : array_like, optional
    What is added to the logits, of shape (V,). -inf masks a class.""",
    "sample_weight": """\
sample_weight : array_like, optional
    Weights of the rows, broadcast to the shape of `hidden` without its last axis.
    A row of weight 0 contributes exactly nothing, whatever its loss.""",
    "filter_eps": """\
filter_eps : float, default 0.0
    Classes of small gradient are left out of the two products of the gradients: those for which, in every row of a
    chunk, the derivative of the row's own loss (before weights and `reduction`) is smaller in size than this number; all
    classes stay where more than half would. Rows that are ignored or weigh 0 are not looked at. 0 leaves out nothing. Value
    and d_bias are not concerned.""",
    "reduction of labels": """\
reduction : {{"mean", "sum", "none"}}, default "{reduction}"
    "mean" is sum(w·l) / sum(w), where a row with a label counts as that label's class weight too and an ignored row not
    at all; "sum" is sum(w·l), "none" gives w·l for each row.""",
    "empty": """\
empty : {"nan", "zero"}, default "nan"
    The mean where no row has a part in it, because there is none or all are ignored or weigh 0: NaN or 0. The gradients are
    0 either way.""",
    "grad_dtype": """\
grad_dtype : dtype, optional
    The dtype of the gradients: float32, or None for that of each array. They are summed in float32 or float64, and float16
    has no number below 6e-8: where that makes most of one 0, there is a warning.""",
    "out": """\
out : tuple of ndarray, optional
    Receive the gradients and are returned: of the shape of `hidden`, `weight` and, where it is given, `bias`, and of the dtype
    that the gradients have.
    None in the place of one: a new array. None may overlap an argument.""",
}

_RETURNS = {
    "value": """\
value : float or ndarray
    A Python float; under "none" an array with the loss of each row, of the dtype of `hidden`, or float32 where that is
    half precision.""",
    "grad": """\
grad : tuple of ndarray
    d_hidden, d_weight and, where `bias` is given, d_bias, of the shape and dtype of these (or of `grad_dtype`). Under
    "none" d_hidden is of each row's own loss, d_weight and d_bias of their sum.""",
    "result": """\
result : SoftmaxResult
    Instead, where a statistic is asked for: all of these by name. Statistics are of the logits of every row, neither
    weighed nor reduced; the logits of rows that are ignored or of weight 0 are made for them, too.""",
}

_RAISES = {
    "ValueError": "For shapes that do not match, a parameter outside its range, an unknown reduction{out}{domain}.",
    "IndexError": "For a label that is neither a class nor `ignore_index`. All are looked at before anything is written.",
    "TypeError": "For an unknown keyword, and for arrays that do not hold real numbers in main memory: object, complex, "
    "string, masked, longdouble (which is for `fastloss.reference` only), or on another device.",
    "MemoryError": "When memory runs out.",
}

_NOTES = """\
The logits are made and used by chunks of rows, so that beyond arguments and results at most 64 MiB are held, however many
rows there are. Exceptions: a single row of logits is always held, which exceeds this from 14 million classes on; and the
gradient of a float16 or bfloat16 `weight` is summed in float32, in an array of its own where there is more than one chunk.
Rows that are ignored, and rows of weight 0, are left out of the products. The reference holds all logits and leaves out
nothing.

Computation is in float64 where one of `hidden`, `weight` and `bias` holds float64 or integers, and in float32 elsewhere;
float16 and bfloat16 matrices are converted block by block. Values are summed in float64.

With g the derivative of a row's own loss, s the factor with which the row enters (its weight, times that of its label; under
"mean", divided by the sum that the mean divides by), and beside rounding, `filter_eps` changes the gradients by at most what
follows. Where class weights count for more than the label, as with label smoothing, the largest of them is a factor of s, and
g is with all relative to it::

    |d_hidden[i, k]|   filter_eps · |s[i]| · Σ |weight[j, k]|     over the classes j
    |d_weight[j, k]|   filter_eps · Σ |s[i]| · |hidden[i, k]|     over the rows i

The matrix products are NumPy's, and so is their number of threads, which `n_threads` does not change. What fastloss adds
does not depend on its number of threads; whether the products' last bits do is for NumPy's BLAS to say.

That the logits need not exist whole was made practical by Hsu et al. [1]_ (chunks of rows) and Wijmans et al. [2]_
(blocks, and the gradient filter: in a trained model nearly all probabilities are too small to count)."""

_REFERENCES = """\
.. [1] Hsu, P.-L., Dai, Y., Kothapalli, V., Song, Q., Tang, S., Zhu, S., Shimizu, S., Sahni, S., Ning, H., & Chen, Y.
   (2024). Liger Kernel: efficient Triton kernels for LLM training. arXiv:2410.10989.
.. [2] Wijmans, E., Huval, B., Hertzberg, A., Koltun, V., & Krähenbühl, P. (2025). Cut your losses in large-vocabulary
   language models. International Conference on Learning Representations (ICLR). arXiv:2411.09009."""


def _default(row: Row, name: str) -> Any:
    return signature(row, {}, name).parameters["reduction"].default


@functools.cache
def linear_doc(linear: LinearRow, row: Row, name: str) -> str:
    """The docstring of one entry point; that of "value" is the loss's own."""
    names = list(linear_signature(row, {}, name).parameters)
    own = _docs.sections(inspect.getdoc(row.function) or "")
    texts = {
        **_docs.common_parameters(row, name),
        **_docs.entries(own.get("Parameters", "")),
        **_PARAMETERS,
    }
    target = target_of(row)
    if target == "labels":
        texts["reduction"] = texts["reduction of labels"].format(reduction=_default(row, name))
    texts["labels"] = texts["labels"].replace(
        "{numbers}", f";\n    or numbers{_docs.within(row.target)}, of shape (..., V)" if row.probabilities else ""
    )
    out = ", or an `out` of another shape or dtype, read-only, or overlapping an argument" if "out" in names else ""
    domain = f"; with `check_domain`, for numbers in `labels` outside {row.target}" if "check_domain" in names else ""
    extra = ("result",) if any(key in STATISTICS for key in names) else ()
    sections = {
        "Parameters": "\n".join(texts[key] for key in names),
        "Returns": "\n".join(_RETURNS[output] for output in (*LINEAR_ENTRY_POINTS[name], *extra)),
        "Raises": "\n".join(
            f"{error}\n" + textwrap.indent(textwrap.fill(text.format(out=out, domain=domain), 106), "    ")
            for error, text in _RAISES.items()
            if error != "IndexError" or target == "labels"
        ),
        "See Also": f"{row.name} : The same of logits, with the conventions for labels, masked classes and means.",
        "Notes": _NOTES,
        "References": _REFERENCES,
        "Examples": linear.examples,
    }
    formula = own[""].partition("\n\n")[2]
    body = [f"{title}\n{'-' * len(title)}\n{text}" for title, text in sections.items()]
    head = (
        _LEAD[name].format(name=linear.name),
        linear.summary,
        _BODY.format(wraps=row.name, target=_TARGETS[target], formula=formula).strip(),
    )
    return "\n\n".join(text for text in (*head, *body) if text)
