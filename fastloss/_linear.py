"""Losses of a linear layer: a loss of rows of logits, where logits = hidden @ weight.T + bias, with gradients for all three.

A `LinearLoss` wraps any loss of the rows family that takes labels, or a teacher's logits, for which there is a second layer.
Its options, their ranges, documentation and domain are those of the wrapped loss: what is added there is here too. How it is
computed is given to it: by chunks (`fastloss._linear_chunks`) or plainly (`fastloss.reference`).
"""

from __future__ import annotations

import functools
import inspect
import textwrap
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Self

import numpy as np

from fastloss import _arrays, _calls, _docs, _errors, _names
from fastloss._loss import (
    OPTIONS,
    Documentation,
    Loss,
    OwnSignature,
    by_value,
    check_bound,
    refuse_weights,
    signature,
    with_bound,
)
from fastloss._registry import Interval, Kind, Parameter, Row
from fastloss._statistics import STATISTICS

__all__ = [
    "ARRAYS",
    "LINEAR_ENTRY_POINTS",
    "LinearLoss",
    "LinearRow",
    "check_head",
    "check_labels",
    "gradient_dtypes",
    "linear_registry",
    "linear_signature",
    "row_values",
    "target_of",
]

#: What has a gradient, in argument order; the last where it is given.
ARRAYS = ("hidden", "weight", "bias")

LINEAR_ENTRY_POINTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"value": ("value",), "grad": ("grad",), "value_and_grad": ("value", "grad")}
)

FILTER_EPS = Parameter("filter_eps", 0.0, Kind(Interval(0, high_open=True)))

#: Keywords of a loss of rows that a linear layer has not, or has as its own.
OTHERS = ("axis", "sample_weight", "target_grad")
#: What the cotangent of a vector-Jacobian product stands for.
REPLACED = ("sample_weight", "reduction", "empty")
#: Those that may be bound there and not here.
OTHERS_BOUND = ("axis", "weight")


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


def check_head(hidden: np.ndarray, weight: np.ndarray, bias: np.ndarray | None, owner: str = "") -> None:
    """Raise where the shapes are not those of a linear layer."""
    if hidden.ndim == 0 or weight.ndim != 2 or weight.shape[1] != hidden.shape[-1]:
        raise ValueError(
            f"{owner}hidden has shape {hidden.shape} but {owner}weight has shape {weight.shape}; wanted: (..., D) and (V, D)"
        )
    if bias is not None and bias.shape != (len(weight),):
        raise ValueError(
            f"{owner}weight has shape {weight.shape} but {owner}bias has shape {bias.shape}; wanted: ({len(weight)},)"
        )


def row_values(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The type of the values of rows of such numbers: not a half, in which a log-probability is off by hundredths."""
    return np.dtype(np.float32) if dtype.name in _arrays.HALVES else gradient_dtypes([dtype], None)[0]


def check_labels(row: Row, hidden: np.ndarray, weight: np.ndarray, labels: np.ndarray) -> None:
    """Raise where labels, or numbers for every class, have not the shape or the kind of dtype that the loss takes."""
    accepted = {"labels": hidden.shape[:-1]}
    if row.probabilities:
        accepted["numbers"] = (*hidden.shape[:-1], len(weight))
    if labels.shape not in accepted.values():
        wanted = " or ".join(f"{what} of shape {shape}" for what, shape in accepted.items())
        raise ValueError(
            f"hidden has shape {hidden.shape} and weight {weight.shape}, but labels has shape {labels.shape}; wanted: {wanted}"
        )
    if (labels.ndim == hidden.ndim) == (labels.dtype.kind in "biu"):
        raise _errors.target_type(labels.dtype, labels=labels.ndim != hidden.ndim, name="labels")


def gradient_dtypes(dtypes: Iterable[np.dtype[Any]], asked: Any) -> list[np.dtype[Any]]:
    """The types of the gradients by arrays of these types, where `asked` is the argument `grad_dtype`."""
    own = [np.dtype(np.float64) if dtype.kind in "biu" else dtype.newbyteorder("=") for dtype in dtypes]
    if asked is None:
        return own
    wanted = _errors.gradient_dtype(asked)
    if wanted != np.float32 and set(own) != {wanted}:
        raise ValueError(f"grad_dtype = {asked!r}: float32 is accepted, or None for the dtype of each array")
    return [wanted] * len(own)


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


#: How a loss is computed: from the loss, the outputs that are wanted and the arguments of the call.
Evaluate = Callable[["LinearLoss", tuple[str, ...], dict[str, Any]], tuple[Any, ...]]


class LinearLoss:
    """A loss of the logits of a linear layer, with the gradients of the layer's input, weight and bias.

    Call it for the value; see `grad`, `value_and_grad` and `vjp` for gradients and `bind` to fix parameters.

    Attributes
    ----------
    name : str
        The name in `fastloss.linear_losses`.
    wrapped : Loss
        The loss of a row of logits.
    params : mapping of str to Parameter
        Each keyword with its default and its range.
    family : str
        The shape of computation: "linear rows".
    grad, value_and_grad, vjp : callable
        The entry points beside the call itself.
    """

    __doc__ = Documentation(__doc__)
    family = "linear rows"

    def __init__(
        self,
        row: LinearRow,
        wrapped: Loss,
        evaluate: Evaluate,
        bound: Mapping[str, Any] | None = None,
        reference: LinearLoss | None = None,
    ):
        if wrapped.family != "rows" or not (wrapped.row.labels or wrapped.row.differentiable_target):
            raise TypeError(f"{wrapped.name} is no loss of rows with labels, nor of two rows of logits")
        if bound is None:
            bound = {"sample_weight" if name == "weight" else name: value for name, value in wrapped.bound.items()}
        # What is bound is given to each call, and would be twice.
        self.wrapped = wrapped._with({}) if wrapped.bound else wrapped
        self.row, self.evaluate, self.bound = row, evaluate, MappingProxyType(dict(bound))
        #: The same loss in plain NumPy, with nothing bound; what is given none is that loss itself.
        self._reference = reference or self
        self.__name__ = self.__qualname__ = row.name
        self._value = LinearEntry(self, "value")
        self.grad: Any = LinearEntry(self, "grad")
        self.value_and_grad: Any = LinearEntry(self, "value_and_grad")
        self.vjp: Callable[..., tuple[Any, ...]] = LinearProduct(self)

    @OwnSignature
    def __signature__(self) -> inspect.Signature:
        return linear_signature(self.wrapped.row, self.bound, "value")

    def documentation(self) -> str:
        return self._value.documentation()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._value(*args, **kwargs)

    def bind(self, **parameters: Any) -> Self:
        """Return this loss with parameters fixed, and other keywords too; calls may still override them.

        Parameters
        ----------
        **parameters
            Parameters of the loss, and of the keywords of its entry points ``sample_weight``, ``reduction``, ``empty``,
            ``check_domain``, ``grad_dtype`` and ``n_threads``; those not named keep their default. Arrays are copied.

        Returns
        -------
        LinearLoss

        Raises
        ------
        TypeError
            For a name that is none of these.
        ValueError
            For a value outside its range.

        Notes
        -----
        `vjp` is of the losses as they are under "none", weighed where a sample weight is bound. Losses are equal, and hash
        alike, where their names are and all that is bound.

        Examples
        --------
        >>> import fastloss as fl
        >>> smoothed = fl.linear_cross_entropy.bind(label_smoothing=0.1)
        >>> round(smoothed([[1.0, 2.0]], [[0.0, 1.0], [1.0, 0.0]], [0]), 6)
        0.363262
        """
        known = self.params
        known_to_grad = linear_signature(self.wrapped.row, {}, "grad").parameters
        options = [name for name in OPTIONS if name not in OTHERS_BOUND and name in known_to_grad]
        check_bound(self.name, known, parameters, options)
        more = with_bound(self.bound, known, parameters, {})
        return type(self)(self.row, self.wrapped, self.evaluate, more, self._reference)

    @property
    def name(self) -> str:
        return self.row.name

    @property
    def params(self) -> Mapping[str, Parameter]:
        known = (*self.wrapped.params.values(), FILTER_EPS)
        return MappingProxyType({p.name: Parameter(p.name, self.bound.get(p.name, p.default), p.kind) for p in known})

    @property
    def reference(self) -> LinearLoss:
        """The same loss in plain NumPy, with the same parameters bound."""
        return self._reference.bind(**self.bound)

    @functools.cached_property
    def _key(self) -> tuple[Any, ...]:
        """What losses that are equal have in common."""
        values = {**self.bound, **{name: p.default for name, p in self.params.items()}}
        return self.name, self.wrapped, self.evaluate, *((name, by_value(values[name])) for name in sorted(values))

    def __eq__(self, other: object) -> bool:
        return self._key == other._key if isinstance(other, LinearLoss) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._key)

    def __repr__(self) -> str:
        return f"<{_origin(self)} loss {self.name}{self.__signature__}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (_origin(self), self.name, dict(self.bound))


def _origin(loss: LinearLoss) -> str:
    return "fastloss reference" if loss.evaluate.__module__.startswith("fastloss.reference") else "fastloss"


def _rebuild(origin: str, name: str, bound: dict[str, Any]) -> LinearLoss:
    loss: LinearLoss = _names.found("linear_losses", origin, name)
    return loss.bind(**bound)


class LinearEntry:
    # One way to evaluate a loss of a linear layer.

    def __init__(self, loss: LinearLoss, name: str) -> None:
        self.loss, self.outputs = loss, LINEAR_ENTRY_POINTS[name]
        self.__name__ = self.__qualname__ = name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if _arrays.has_tensor(kwargs.get("out")):
            return _arrays.call_with_tensors(self, args, kwargs)
        if len(args) > 1 and "weight" in kwargs:
            raise TypeError(f"{_calls.called(self)}: weight is the layer's matrix; sample weights are sample_weight=")
        given, keywords = _calls.arguments(self, args, kwargs)
        defaults = {p.name: p.default for p in self.__signature__.parameters.values() if p.default is not p.empty}
        return self.evaluate({**defaults, **given, **keywords})

    def evaluate(self, arguments: dict[str, Any]) -> Any:
        results = self.loss.evaluate(self.loss, self.outputs, arguments)
        return results[0] if len(results) == 1 else results

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, LinearEntry):
            return NotImplemented
        return self.loss == other.loss and self.__name__ == other.__name__

    def __hash__(self) -> int:
        return hash((self.loss, self.__name__))

    @property
    def __doc__(self) -> str:  # type: ignore[override]
        return self.documentation()

    def documentation(self) -> str:
        return linear_doc(self.loss.row, self.loss.wrapped.row, self.__name__)

    @functools.cached_property
    def __signature__(self) -> inspect.Signature:
        return linear_signature(self.loss.wrapped.row, self.loss.bound, self.__name__)

    def __repr__(self) -> str:
        return f"<{_origin(self.loss)} {self.loss.name}.{self.__name__}{self.__signature__}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return getattr, (self.loss, "_value" if self.__name__ == "value" else self.__name__)


class LinearProduct(LinearEntry):
    """Gradients of ``sum(cotangent * loss)``, with the loss of each row: a vector-Jacobian product.

    Parameters
    ----------
    hidden, weight, labels : array_like
        As for the loss itself; in the place of `labels` the `teacher`, where it has one.
    cotangent : array_like
        What the loss of each row counts: real numbers of either sign, broadcast to the shape of `hidden` without its
        last axis. A row with cotangent 0 has no part in the gradients, whatever its loss.
    **keywords
        ``bias``, the loss's parameters, ``filter_eps``, ``out`` and ``n_threads`` as for `grad`. Not
        ``sample_weight``, which the cotangent stands for, nor ``reduction``.

    Returns
    -------
    grad : tuple of ndarray
        d_hidden, d_weight and, where `bias` is given, d_bias.

    Raises
    ------
    TypeError
        For `sample_weight` or `reduction`; else all that `grad` raises.

    Examples
    --------
    >>> import fastloss as fl
    >>> hidden, weight = [[1.0, 2.0]], [[0.0, 0.0], [0.0, 0.0]]
    >>> d_hidden, d_weight = fl.linear_cross_entropy.vjp(hidden, weight, [0], [-2.0])
    >>> d_weight
    array([[ 1.,  2.],
           [-1., -2.]])
    """

    def __init__(self, loss: LinearLoss) -> None:
        super().__init__(loss, "grad")
        self.__name__ = self.__qualname__ = "vjp"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        refuse_weights(kwargs, REPLACED, f"{self.loss.name}.")
        return super().__call__(*args, **kwargs)

    def evaluate(self, arguments: dict[str, Any]) -> Any:
        cotangent = arguments.pop("cotangent")
        if cotangent is None:
            raise TypeError(f"{self.loss.name}.vjp needs a cotangent")
        cotangent = _arrays.readable_array(cotangent, "cotangent")
        _arrays.broadcast(cotangent, np.shape(arguments["hidden"])[:-1], "cotangent")
        if "sample_weight" in self.loss.bound:
            cotangent = cotangent * self.loss.bound["sample_weight"]
        return super().evaluate({**arguments, "sample_weight": cotangent, "reduction": "none", "empty": "nan"})

    @functools.cached_property
    def __signature__(self) -> inspect.Signature:
        hidden, weight, target, *rest = linear_signature(self.loss.wrapped.row, self.loss.bound, "grad").parameters.values()
        keywords = [p.replace(kind=p.KEYWORD_ONLY) for p in rest if p.name not in REPLACED]
        return inspect.Signature([hidden, weight, target, inspect.Parameter("cotangent", target.kind), *keywords])


# ---- documentation --------------------------------------------------------------------------------------------------

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
