"""What losses of sums, losses of a linear layer and functions of rows say where all others say the same: see `_docs.py`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from fastloss._kinds import Interval
from fastloss._registry import Declaration
from fastloss._shapes import FUNCTIONS, LINEAR, SUMS

__all__ = ["Texts", "texts_of", "within"]


@dataclass(frozen=True)
class Texts:
    """What the losses of a shape say in the place of what all do, with the same gaps.

    `apart` is what an `out` must not overlap. `body` follows the summary; `sections` are further ones.
    """

    lead: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    returns: Mapping[str, str] = field(default_factory=dict)
    apart: str = "an input other than `pred`"
    body: str = ""
    sections: Mapping[str, str] = field(default_factory=dict)


def within(interval: Interval) -> str:
    """What documentation says of an interval: nothing where no number lies outside."""
    return f" within {interval}" if interval.bounded else ""


# ---- sums -----------------------------------------------------------------------------------------------------------

_SUMS_PARAMETERS = {
    "axis": """\
axis : int, tuple of int or None, default -1
    What is summed over: one axis or several; None: all. The losses have the shape of the others.""",
    "weight": """\
weight : array_like, optional
    Sample weights, broadcast to the shape of the losses.
    A loss of weight 0 contributes exactly nothing. They may be negative: see `vjp`.""",
    "out": """\
out : ndarray or tuple of ndarray, optional
    Receives what is returned as gradient, an array or a tuple of them; each of the shape of its argument, which
    it may be itself. Tensors of PyTorch in main memory will do.""",
}

_SUMS_GRADIENT = """\
grad : ndarray or tuple of ndarray
    The gradient, or one by each argument that `wrt` names, of the shape of the argument and the dtype of the first,
    or of `grad_dtype`; under "none" that of each loss by itself."""

# ---- a linear layer ---------------------------------------------------------------------------------------------------

_LINEAR_LEAD = {
    "grad": "Gradients of `{name}` with respect to `hidden`, `weight` and `bias`: those of the reduced value.",
    "value_and_grad": "Value of `{name}` and its gradients with respect to `hidden`, `weight` and `bias`.",
}

_LINEAR_BODY = """\
The logits of a row h of `hidden` are x = weight h + bias. With `{wraps}` as the loss of a row,
and G the gradient of the reduced value with respect to the logits of all rows::

    value      {wraps}(hidden @ weight.T + bias, {target})
    d_hidden   G @ weight
    d_weight   G.T @ hidden
    d_bias     G summed over the rows

{formula}"""

_LINEAR_PARAMETERS = {
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
empty : {{"nan", "zero"}}, default "nan"
    The mean where no row has a part in it, because there is none or all are ignored or weigh 0: NaN or 0. The gradients are
    0 either way.""",
    "grad_dtype": """\
grad_dtype : dtype, optional
    The dtype of the gradients: float32, or None for that of each array. They are summed in float32 or float64, and float16
    has no number below 6e-8: where that makes most of one 0, there is a warning.""",
    "out": """\
out : ndarray or tuple of ndarray, optional
    Receives what is returned as gradient, an array or a tuple of them: each of the shape of its argument, and of the dtype that
    its gradient has. None in the place of one: a new array. None may overlap an argument.""",
}

_LINEAR_RETURNS = {
    "value": """\
value : float or ndarray
    A Python float; under "none" an array with the loss of each row, of the dtype of `hidden`, or float32 where that is
    half precision.""",
    "grad": """\
grad : tuple of ndarray or ndarray
    d_hidden, d_weight and, where `bias` is given, d_bias, of the shape and dtype of these (or of `grad_dtype`); or what
    `wrt` asks for. Under "none" d_hidden is of each row's own loss, d_weight and d_bias of their sum.""",
    "result": """\
result : SoftmaxResult
    Instead, where a statistic is asked for: all of these by name. Statistics are of the logits of every row, neither
    weighed nor reduced; the logits of rows that are ignored or of weight 0 are made for them, too.""",
}

_LINEAR_NOTES = """\
The logits are made and used by chunks of rows, so that beyond arguments and results at most 64 MiB are held, however many
rows there are. Exceptions: a single row of logits is always held, which exceeds this from 14 million classes on; and the
gradient of a float16 or bfloat16 `weight` is summed in float32, in an array of its own where there is more than one chunk.
Rows that are ignored, and rows of weight 0, are left out of the products; a gradient that `wrt` does not name costs none. The
reference holds all logits and leaves out
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

_LINEAR_REFERENCES = """\
.. [1] Hsu, P.-L., Dai, Y., Kothapalli, V., Song, Q., Tang, S., Zhu, S., Shimizu, S., Sahni, S., Ning, H., & Chen, Y.
   (2024). Liger Kernel: efficient Triton kernels for LLM training. arXiv:2410.10989.
.. [2] Wijmans, E., Huval, B., Hertzberg, A., Koltun, V., & Krähenbühl, P. (2025). Cut your losses in large-vocabulary
   language models. International Conference on Learning Representations (ICLR). arXiv:2411.09009."""

# ---- functions of rows ------------------------------------------------------------------------------------------------

_FUNCTIONS_LEAD = {
    "vjp": "Product of a vector and the Jacobian of `{name}`: what is known of its output's derivatives, by `pred`.",
}

_FUNCTIONS_PARAMETERS = {
    "pred": """\
pred : array_like
    Logits, of any shape with the classes along `axis`. -inf masks a class. float16 and bfloat16 are computed
    in float32, integers in float64.""",
    "cotangent": """\
cotangent : array_like
    The derivatives by the output, of the shape of `pred`.""",
    "out": """\
out : ndarray, optional
    Receives the array that is returned, of the shape and dtype of `pred`, which it may be itself.""",
}

_FUNCTIONS_RETURNS = {
    "value": """\
value : ndarray or float
    Under "none" an array with the value of each row, of the dtype of `pred`, or float32 where that is
    half precision; else a Python float.""",
    "grad": """\
grad : ndarray
    The gradient of the reduced value, of the shape and dtype of `pred`; under "none" that of each row's
    own value.""",
    "log_softmax": """\
log_softmax : ndarray
    Of the shape and dtype of `pred`.""",
    "vjp": """\
vjp : ndarray
    Of the shape and dtype of `pred`.""",
}


def _of_linear(declared: Declaration, formula: Mapping[str, str]) -> Texts:
    wraps, target = declared.wraps, declared.arguments[2].name
    assert wraps is not None
    numbers = f";\n    or numbers{within(wraps.target)}, of shape (..., V)" if wraps.probabilities else ""
    what = {"labels": "labels", "teacher": "the teacher's logits"}[target]
    parameters = dict(_LINEAR_PARAMETERS)
    by_label = parameters.pop("reduction of labels")
    if target == "labels":
        parameters["reduction"] = by_label
    parameters["labels"] = parameters["labels"].replace("{numbers}", numbers)
    return Texts(
        _LINEAR_LEAD,
        parameters,
        _LINEAR_RETURNS,
        "an argument",
        _LINEAR_BODY.format(wraps=wraps.name, target=what, formula=formula[""].partition("\n\n")[2]).strip(),
        {
            "See Also": f"{wraps.name} : The same of logits, with the conventions for labels, masked classes and means.",
            "Notes": _LINEAR_NOTES,
            "References": _LINEAR_REFERENCES,
        },
    )


def texts_of(declared: Declaration, formula: Mapping[str, str]) -> Texts:
    """The texts of a loss's shape; `formula` has the sections of the loss of a row, where there is a linear layer before it."""
    if declared.shape is LINEAR:
        return _of_linear(declared, formula)
    if declared.shape is SUMS:
        return Texts(parameters=_SUMS_PARAMETERS, returns={"grad": _SUMS_GRADIENT}, apart="an input other than its own")
    if declared.shape is FUNCTIONS:
        return Texts(_FUNCTIONS_LEAD, _FUNCTIONS_PARAMETERS, _FUNCTIONS_RETURNS)
    return Texts()
