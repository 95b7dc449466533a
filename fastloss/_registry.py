"""The registry: what fastloss knows of each loss before a number is computed.

A loss is declared once, by decorating its NumPy function in `fastloss.reference` with the name of its shape: `pointwise`,
`rows`, `sums`, `linear` or `row_function`. The function's signature gives the parameters, its docstring the documentation, its
body the oracle of every test. `csrc/losses.inc` holds the twin row of the compiled kernels; `tests/test_house.py` compares the
two.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from fastloss._boosting_words import BY_DERIVATIVES, Boosting, instead
from fastloss._kinds import REAL, Interval, Kind, Parameter
from fastloss._shapes import ENTRY_POINTS, FUNCTIONS, LINEAR, POINTWISE, ROWS, SUMS, Shape
from fastloss._statistics import STATISTICS

__all__ = [
    "FILTER_EPS",
    "OF_SAMPLES",
    "Argument",
    "Declaration",
    "linear",
    "linear_declaration",
    "pointwise",
    "registries",
    "registry",
    "row_function",
    "rows",
    "sums",
]


#: How small a gradient of logits may be that is left out of a linear layer's products.
FILTER_EPS = Parameter("filter_eps", 0.0, Kind(Interval(0, high_open=True)))


@dataclass(frozen=True)
class Argument:
    """What a loss is a function of, beside its parameters: an array.

    `each` says of what it holds a number: of an "element", or of a "loss", all of whose elements share it. What stands
    `behind_cotangent` is a keyword of the vector-Jacobian product, where the cotangent has its place.
    """

    name: str
    interval: Interval = REAL
    each: str = "element"
    differentiable: bool = True
    optional: bool = False
    behind_cotangent: bool = False


@dataclass(frozen=True)
class Declaration:
    """All that is known of one loss.

    Attributes
    ----------
    name : str
        The public name.
    shape : Shape
    function : callable
        The NumPy function: arrays in, (value, gradient, Hessian) of every element out.
    parameters : tuple of Parameter
    prediction, target : Interval
        Where the loss is defined.
    target_at : tuple, optional
        A parameter, a value of it, and where targets lie when it has that value.
    labels, probabilities : bool
        Whether a row's target may be a class label; a number for every class.
    label_lists : bool
        Whether it is a list of labels instead, along the class axis: it ends before the first negative number.
    class_weight_in_mean : bool
        Whether a mean divides by the class weights of the labels, where there are both.
    softmax : bool
        Whether the loss is one of the softmax of the row, and so gives statistics of it on request.
    label_alone : bool
        Whether of a row nothing is read but the prediction of its label: the others may be outside the domain.
    of_logits : str
        Where the domain of predictions is bounded: the loss to take of logits, or of logarithms; "" where there is none.
    optional_target : bool
        Whether the target may be left out; it is then 0 everywhere.
    differentiable_target : bool
        Whether there is a gradient with respect to the target, which the function returns as well, last. (Where a parameter is
        differentiable, the function returns gradient and Hessian with respect to it, last.)
    smoothness : float
        How many derivatives are continuous.
    kinks : str
        Equations in the arguments, separated by semicolons, that hold where a derivative jumps; "" where none does. Of a row,
        `label` is the label's class or each that is listed, `rival` the largest logit beside the label's, `threshold` that of
        its projection.
    ulp : float
        The bound of the error of value and gradient, in units in the last place beyond what an error of one such unit in the
        inputs, or in one of the sums of a loss of sums, would change; twice that for the Hessian. More than 4 only where the
        formula adds terms that cancel, or takes powers of what is rounded.
    reduction : str
        The default of every entry point but `grad_and_hess`, which does not reduce.
    unit : float
        Predictions below this size are as good as known to an ulp of it, not of their own: 1 for logits of which differences
        count, whatever their size. Where the loss has a temperature, by which they are divided, in units of that.
    listed : tuple of Argument
        The arguments, where they are not a prediction and a target.
    wraps : Declaration, optional
        Where the loss is one of a linear layer: the loss of a row of its logits.
    outputs : mapping of str to tuple of str, optional
        What each entry point returns, where that is not what the shape's others do.
    kernel : str
        The name of the loss in csrc/losses.inc, where it is another.
    value_unit : float
        Values below this size are right to an ulp of it, not of their own: 1 for a log density, the sum of logarithms of
        either sign that vanishes wherever the density is 1.
    boosting : Boosting
        What boosters need to know beside derivatives.
    own : OwnKernels, optional
        The kernels of a loss of a user, of `fastloss.custom`; None where they are compiled into fastloss.
    """

    name: str
    shape: Shape
    function: Callable[..., Any]
    parameters: tuple[Parameter, ...]
    prediction: Interval = REAL
    target: Interval = REAL
    target_at: tuple[str, float, Interval] | None = None
    labels: bool = False
    probabilities: bool = True
    label_lists: bool = False
    class_weight_in_mean: bool = True
    softmax: bool = False
    label_alone: bool = False
    of_logits: str = ""
    optional_target: bool = False
    differentiable_target: bool = False
    smoothness: float = math.inf
    kinks: str = ""
    ulp: float = 4.0
    reduction: str = "mean"
    unit: float = 0.0
    value_unit: float = 0.0
    listed: tuple[Argument, ...] = ()
    wraps: Declaration | None = None
    outputs: Mapping[str, tuple[str, ...]] | None = field(default=None, hash=False)
    kernel: str = ""
    boosting: Boosting = BY_DERIVATIVES
    own: Any = None

    @property
    def arguments(self) -> tuple[Argument, ...]:
        """What the loss is a function of, in order, without the parameters that may be arrays."""
        if self.listed:
            return self.listed
        target = Argument("target", self.target, differentiable=self.differentiable_target, optional=self.optional_target)
        return Argument("pred", self.prediction), target

    @property
    def differentiable(self) -> tuple[str, ...]:
        """The arguments that there are derivatives by."""
        found = [argument.name for argument in self.arguments if argument.differentiable]
        return *found, *(p.name for p in self.parameters if p.kind.differentiable)

    def derivatives(self, entry_point: str) -> tuple[str, ...]:
        """The arguments that an entry point has derivatives by; by a target there is no Hessian."""
        names = self.differentiable
        return tuple(name for name in names if name != "target") if entry_point == "grad_and_hess" else names

    @property
    def family(self) -> str:
        return self.shape.name

    @property
    def entry_points(self) -> Mapping[str, tuple[str, ...]]:
        """What each returns, by name."""
        return self.outputs or {name: ENTRY_POINTS[name] for name in self.shape.entry_points}

    def options(self, entry_point: str) -> tuple[str, ...]:
        """The keywords that an entry point takes beside parameters."""
        outputs = self.entry_points[entry_point]
        left_out = set()
        if not any(argument.interval.bounded for argument in self.arguments):
            left_out.add("check_domain")
        if outputs == ("value",):
            left_out |= {"wrt", "grad_dtype", "out"}
        if not {"value", "grad"} & set(outputs):
            left_out |= {"weight", "sample_weight", "reduction", "empty"}
        return tuple(name for name in self.shape.options if name not in left_out) + (tuple(STATISTICS) if self.softmax else ())

    @property
    def weight_name(self) -> str:
        """The keyword of sample weights: every loss has "sample_weight", and most a shorter one."""
        return "weight" if "weight" in self.shape.options else "sample_weight"

    @property
    def has_classes(self) -> bool:
        """Whether the loss is one of rows along a class axis."""
        return self.shape is ROWS

    @property
    def is_of_elements(self) -> bool:
        """Whether each element of the prediction has a loss of its own."""
        return self.shape is POINTWISE

    @property
    def second(self) -> str:
        """The argument beside the prediction that there are derivatives by, on request: target, a parameter; "": none."""
        if self.differentiable_target:
            return "target"
        return next((p.name for p in self.parameters if p.kind.differentiable), "")

    def target_domain(self, values: Mapping[str, Any]) -> Interval:
        """Where targets may lie, given values of parameters."""
        return self.target_at[2] if self.target_at and values.get(self.target_at[0]) == self.target_at[1] else self.target

    @property
    def target_has_classes(self) -> bool:
        """Whether a target may have the shape of the prediction."""
        return self.probabilities or self.label_lists

    def default_reduction(self, entry_point: str) -> str:
        """What an entry point does where no reduction is asked for."""
        return "none" if entry_point == "grad_and_hess" else self.reduction

    @property
    def of_probabilities(self) -> str:
        """The loss to take of probabilities where this one takes logits, or logarithms; "" where there is none."""
        return next((declared.name for declared in registry.values() if declared.of_logits == self.name), "")


_homes: dict[str, dict[str, Declaration]] = {"losses": {}, "linear_losses": {}, "row_functions": {}}
#: The declarations by the mapping that holds the losses.
registries: Mapping[str, Mapping[str, Declaration]] = MappingProxyType(
    {home: MappingProxyType(rows) for home, rows in _homes.items()}
)
registry = registries["losses"]

Declaring = Callable[[Callable[..., Any]], Callable[..., Any]]


def _declare(shape: Shape, traits: dict[str, Any]) -> Declaring:
    def declare(function: Callable[..., Any]) -> Callable[..., Any]:
        # Not by `inspect` and `typing`: for every loss they take a good part of the import.
        keywords: Mapping[str, Any] = function.__kwdefaults__ or {}
        kinds = {name: eval(function.__annotations__[name], function.__globals__).__metadata__[0] for name in keywords}
        parameters = tuple(Parameter(name, default, kinds[name]) for name, default in keywords.items())
        _homes[shape.home][function.__name__] = Declaration(function.__name__, shape, function, parameters, **traits)
        return function

    return declare


def pointwise(**traits: Any) -> Declaring:
    """Declare a loss of each element: prediction and target of one shape. `traits` are the fields of `Declaration`."""
    return _declare(POINTWISE, traits)


def rows(**traits: Any) -> Declaring:
    """Declare a loss of each row along the class axis. `traits` are the fields of `Declaration`."""
    return _declare(ROWS, traits)


#: What boosters are told of a loss whose elements hang together: they ask for the Hessian of each sample.
OF_SAMPLES = instead("a loss of single samples")


def sums(*arguments: Argument, **traits: Any) -> Declaring:
    """Declare a loss of a few sums over elements: a function of its arguments and of `total`, which adds up.

    The function takes arguments as arrays of losses by elements, those of a loss as one column; `total` adds up the elements
    of each loss, times what they count. It returns the values, one a loss, and the derivatives by each differentiable argument.
    """
    first, second = arguments[0].interval, arguments[1].interval if len(arguments) > 1 else REAL
    return _declare(SUMS, {"prediction": first, "target": second, "listed": arguments, "boosting": OF_SAMPLES, **traits})


def row_function(kernel: str, **outputs: tuple[str, ...]) -> Declaring:
    """Declare a function of rows of logits without a target, the name of its kernel, and what its entry points return.

    The function takes rows of logits, and the cotangent where there is a vector-Jacobian product; it returns outputs by name.
    """
    traits = {"listed": (Argument("pred"),), "outputs": outputs, "kernel": kernel, "reduction": "none", "boosting": OF_SAMPLES}
    return _declare(FUNCTIONS, traits)


def linear_declaration(function: Callable[..., Any], wraps: Declaration) -> Declaration:
    """The declaration of a loss of a linear layer: of a loss of the rows of its logits, that takes labels or a teacher's."""
    if not wraps.has_classes or not (wraps.labels or wraps.differentiable_target):
        raise TypeError(f"{wraps.name} is no loss of rows with labels, nor of two rows of logits")
    numbers = wraps.target if wraps.probabilities else REAL
    labels = Argument("labels", numbers, differentiable=False)
    target = Argument("teacher", differentiable=False) if wraps.differentiable_target else labels
    bias = Argument("bias", optional=True, behind_cotangent=True)
    return replace(
        wraps,
        name=function.__name__,
        shape=LINEAR,
        function=function,
        parameters=(*wraps.parameters, FILTER_EPS),
        listed=(Argument("hidden"), Argument("weight"), target, bias),
        differentiable_target=False,
        wraps=wraps,
        boosting=OF_SAMPLES,
    )


def linear(wraps: Callable[..., Any]) -> Declaring:
    """Declare a loss of a linear layer by the loss of a row of its logits; the function has the summary and the examples."""

    def declare(function: Callable[..., Any]) -> Callable[..., Any]:
        _homes["linear_losses"][function.__name__] = linear_declaration(function, registry[wraps.__name__])
        return function

    return declare
