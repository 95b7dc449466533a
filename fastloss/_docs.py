"""The docstring of every loss and entry point.

A loss's NumPy function documents what is its own: summary, formula, its parameters, notes, references, examples.
What all losses share is written once, here, and inserted where numpydoc wants it; what those of a linear layer and functions of
rows have instead, in `_shape_texts.py`.
"""

from __future__ import annotations

import functools
import inspect
import re
import textwrap
from typing import Any

from fastloss._loss import Loss, signature
from fastloss._registry import Declaration
from fastloss._statistics import STATISTICS

__all__ = ["DescribedEntry", "entries", "entry_doc", "sections"]

_LEAD = {
    "value": "",
    "grad": "Gradient of `{name}` with respect to {by}: that of the reduced value.",
    "value_and_grad": "Value of `{name}` and its gradient with respect to {by}, in one pass.",
    "grad_and_hess": "Gradient and diagonal Hessian of `{name}` with respect to `pred`, by default not reduced.",
}

_RETURNS = {
    "value": """\
value : float or ndarray
    A Python float; under "none" an array with the loss of each {item}{of_halves}.""",
    "grad": """\
grad : ndarray
    The gradient, of the shape of `pred` and of its dtype, or of `grad_dtype`; under "none" that of each {item}'s own
    loss.""",
    "hess": """\
hess : ndarray
    The diagonal of the Hessian, of the shape and dtype of `pred`, weighed and reduced as the gradient is.""",
    "result": """\
result : SoftmaxResult
    Instead, where a statistic is asked for: all of these by name. Statistics are of every row, ignored ones and those
    of weight 0 too, neither weighed nor reduced.""",
}

_OF_PARAMETERS = """
    By a parameter they have the shape of `pred`: where one number of it serves several elements, its derivative is
    the sum of theirs."""

_PARAMETERS = {
    "pred": """\
pred : array_like
    Predictions, of any shape{prediction}. float16 and bfloat16 are computed in float32, integers in float64.""",
    "target": """\
target : array_like{optional}
    Targets{target}, of the shape of `pred`: nothing is broadcast.{without_target}""",
    "weight": """\
weight : array_like, optional
    Sample weights, broadcast to the shape of the loss{loss_shape}.
    A sample of weight 0 contributes exactly nothing, whatever its loss. They may be negative: see `vjp`.""",
    "sample_weight": """\
sample_weight : array_like, optional
    Another name of `weight`, by which all losses take it: those of a linear layer too, of which `weight` is the
    matrix.""",
    "reduction": """\
reduction : {{"mean", "sum", "none"}}, default "{reduction}"
    "mean" is sum(w·l) / sum(w), "sum" is sum(w·l), "none" gives w·l for each {item}.""",
    "empty": """\
empty : {{"nan", "zero"}}, default "nan"
    The mean where nothing counts: where there is no {item}, or all have weight 0{ignored}. NaN is 0 / 0; with
    "zero", what is left out altogether adds nothing.""",
    "axis": """\
axis : int, default -1
    The class axis of `pred`.""",
    "element_weight": """\
element_weight : array_like, optional
    What each element counts in the sums, broadcast to the shape of the arguments. One of 0 contributes exactly
    nothing, whatever it holds, and its derivatives are 0.""",
    "wrt": """\
wrt : str or tuple of str, optional
    By which arguments derivatives are wanted, of
    {differentiable}.
    A name gives an array, a tuple of names a tuple of arrays in that order. None: {default_wrt}.{of_parameters}""",
    "check_domain": """\
check_domain : bool, default True
    Whether to look for numbers outside the domain before computing. With False, what lies outside gives an
    unspecified number or NaN.""",
    "grad_dtype": """\
grad_dtype : dtype, optional
    The dtype of derivatives: float32, or None for that of `pred`. float16 has no number below 6e-8, to which the
    gradient of a mean over many numbers falls; float32 predictions lose nothing by it.""",
    "out": """\
out : ndarray, optional
    Receives the gradient and is returned; of the shape and dtype of `pred`, which it may be itself. A tensor of
    PyTorch in main memory will do. A tuple where `wrt` is one, of gradients and Hessians a pair; None in a place
    gives a new array.""",
    "n_threads": """\
n_threads : int, optional
    Threads of this call. None: the library's limit.""",
    "return_lse": """\
return_lse : bool, default False
    Whether to return, for each row, log Σ exp of its logits; a `SoftmaxResult` is returned then.""",
    "return_entropy": """\
return_entropy : bool, default False
    The same for the entropy of its softmax.""",
    "return_argmax": """\
return_argmax : bool, default False
    The same for the class of its largest logit.""",
    "return_correct": """\
return_correct : bool, default False
    The same for whether that class is the label, or no target of the row is larger than that of this class.""",
}


def sections(doc: str) -> dict[str, str]:
    """The text of each numpydoc section; what precedes the first is under ""."""
    parts = re.split(r"^([A-Z][A-Za-z ]+)\n-{3,}\n", doc, flags=re.MULTILINE)
    titles = ["", *parts[1::2]]
    return {title: text.strip() for title, text in zip(titles, parts[::2], strict=True)}


def entries(section: str) -> dict[str, str]:
    """The entries of a Parameters section, by name; one of several names is that of each."""
    parts = re.split(r"^(?=\w[\w, ]* : )", section, flags=re.MULTILINE)
    return {name: part.strip() for part in parts if part.strip() for name in part.split(" : ")[0].split(", ")}


def _raises(declared: Declaration, names: list[str], apart: str) -> str:
    values = ["shapes that do not match"]
    values += ["a parameter outside its range"] if declared.parameters else []
    values += ["an axis that there is not"] if "axis" in names else []
    values += ["an unknown reduction"] if "reduction" in names else []
    values += [f"an `out` of another shape or dtype, read-only, or overlapping {apart}"] if "out" in names else []
    values += ["a `class_weight` that is not one number a class"] if "class_weight" in names else []
    text = " or ".join([", ".join(values[:-1]), values[-1]] if len(values) > 1 else values)
    if "check_domain" in names:
        bounds = [f"`{a.name}` outside {a.interval}" for a in declared.arguments if a.interval.bounded]
        text += f"; with `check_domain`, for {' or '.join(bounds)}"
    raised = {"ValueError": f"For {text}."}
    if declared.labels or declared.label_lists:
        raised["IndexError"] = (
            f"For a label that is {'no class' if declared.label_lists else 'neither a class nor `ignore_index`'}."
        )
    raised["TypeError"] = (
        "For an unknown keyword, and for arrays that do not hold real numbers in main memory: object, complex, string, "
        "masked, on another device, or tensors that require grad. longdouble is for `fastloss.reference` only."
    )
    raised["MemoryError"] = "When memory runs out."
    return "\n".join(f"{error}\n{textwrap.indent(textwrap.fill(text, 106), '    ')}" for error, text in raised.items())


def _fill(declared: Declaration, name: str) -> dict[str, str]:
    """What stands in the gaps of the shared texts."""
    from fastloss._shape_texts import within  # for help alone, as all texts are

    return {
        "name": declared.name,
        "item": declared.shape.each,
        "differentiable": ", ".join(f'"{argument}"' for argument in declared.derivatives(name)),
        "of_parameters": _OF_PARAMETERS if any(p.kind.differentiable for p in declared.parameters) else "",
        "by": "`pred`" if declared.arguments[0].name == "pred" else "its arguments",
        "default_wrt": "by `pred`" if declared.arguments[0].name == "pred" else "all of these that are given",
        "loss_shape": "" if declared.is_of_elements else ", that of `pred` without the class axis",
        "prediction": f",{within(declared.prediction)}" if declared.prediction.bounded else "",
        "target": within(declared.target),
        "ignored": " or an ignored label" if declared.labels and not declared.label_lists else "",
        "optional": ", optional" if declared.optional_target else "",
        "without_target": " None: 0 everywhere." if declared.optional_target else "",
        "reduction": declared.default_reduction(name),
        "of_halves": "" if declared.is_of_elements else ", float32 where `pred` is float16 or bfloat16",
    }


@functools.cache
def entry_doc(declared: Declaration, name: str) -> str:
    """The docstring of one entry point of a loss; that of "value" is the loss's own."""
    from fastloss._shape_texts import texts_of

    own = sections(inspect.getdoc(declared.function) or "")
    formula = sections(inspect.getdoc(declared.wraps.function) or "") if declared.wraps else own
    names = list(signature(declared, {}, name).parameters)
    texts, fill = texts_of(declared, formula), _fill(declared, name)
    parameters = {key: text.format(**fill) for key, text in _PARAMETERS.items()} | entries(formula.get("Parameters", ""))
    parameters |= {key: text.format(**fill) for key, text in texts.parameters.items()}
    returns = {**_RETURNS, **texts.returns}
    extra = ("result",) if any(key in STATISTICS for key in names) else ()
    parts = {
        "Parameters": "\n".join(dict.fromkeys(parameters[key] for key in names if key in parameters)),
        "Returns": "\n".join(returns[output].format(**fill) for output in (*declared.entry_points[name], *extra)),
        "Raises": _raises(declared, names, texts.apart),
    }
    parts |= {title: texts.sections.get(title, own.get(title, "")) for title in ("See Also", "Notes", "References", "Examples")}
    body = [f"{title}\n{'-' * len(title)}\n{text}" for title, text in parts.items() if text]
    lead = {**_LEAD, **texts.lead}[name].format(**fill)
    return "\n\n".join(text for text in (lead, own[""], texts.body, *body) if text)


class DescribedEntry:
    """What an entry point says of itself, made when it is asked for: at import it would cost more than all the rest."""

    origin = "fastloss"
    loss: Loss
    outputs: tuple[str, ...]
    __name__: str

    def __init__(self, loss: Loss, name: str) -> None:
        self.loss, self.outputs = loss, loss.declared.entry_points[name]
        self.__name__ = self.__qualname__ = name

    def __init_subclass__(cls) -> None:
        # Python gives every class a __doc__ of its own, which would hide the property.
        cls.__doc__ = vars(DescribedEntry)["__doc__"]  # type: ignore[method-assign]

    @property
    def __doc__(self) -> str:  # type: ignore[override]
        return self.documentation()

    def documentation(self) -> str:
        return entry_doc(self.loss.declared, self.__name__)

    @functools.cached_property
    def __signature__(self) -> inspect.Signature:
        return signature(self.loss.declared, self.loss.bound, self.__name__)

    def __repr__(self) -> str:
        return f"<{self.origin} {self.loss.name}.{self.__name__}{self.__signature__}>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, DescribedEntry):
            return NotImplemented
        return self.loss == other.loss and self.__name__ == other.__name__

    def __hash__(self) -> int:
        return hash((self.loss, self.__name__))

    def __reduce__(self) -> tuple[Any, ...]:
        return getattr, (self.loss, "_value" if self.__name__ == "value" else self.__name__)
