"""What parameters and arguments may be: intervals, the kinds of parameters, and a parameter with its checks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np

from fastloss import _advice, _errors

__all__ = [
    "ABOVE_MINUS_ONE",
    "BINARY",
    "INNER_PROBABILITY",
    "LOG_PROBABILITY",
    "NONNEGATIVE",
    "POSITIVE",
    "PROBABILITY",
    "REAL",
    "SIGN",
    "ClassWeight",
    "CosineMargin",
    "DeviancePower",
    "Exponent",
    "Flag",
    "Focus",
    "Fraction",
    "Integer",
    "Interval",
    "Kind",
    "Levels",
    "LogProbability",
    "Margin",
    "Mixture",
    "NonNegative",
    "OneOrTwo",
    "OpenFraction",
    "OptionalFractions",
    "Parameter",
    "PolyFactor",
    "Positive",
    "PositiveArray",
    "PositiveFraction",
    "PredictedPositive",
    "PredictedReal",
    "PredictedShape",
    "RobustShape",
    "Shift",
    "Slope",
    "Softcap",
    "Temperature",
    "VariancePower",
]


@dataclass(frozen=True)
class Interval:
    """A range of real numbers; `ends_only` keeps just its two ends (labels of -1 and 1)."""

    low: float = -math.inf
    high: float = math.inf
    low_open: bool = False
    high_open: bool = False
    ends_only: bool = False

    def __contains__(self, number: float) -> bool:
        if self.ends_only:
            return number in (self.low, self.high)
        above = number > self.low if self.low_open else number >= self.low
        below = number < self.high if self.high_open else number <= self.high
        return above and below

    def __str__(self) -> str:
        if self.ends_only:
            return f"{{{self.low:g}, {self.high:g}}}"
        left = "(" if self.low_open or math.isinf(self.low) else "["
        right = ")" if self.high_open or math.isinf(self.high) else "]"
        return f"{left}{self.low:g}, {self.high:g}{right}"

    @property
    def bounded(self) -> bool:
        """Whether a number can lie outside."""
        return math.isfinite(self.low) or math.isfinite(self.high)

    def ends_in(self, dtype: Any) -> tuple[float, float]:
        """The smallest and the largest number of a dtype that lie inside: an open end is next to its own."""
        low, high = np.dtype(dtype).type(self.low), np.dtype(dtype).type(self.high)
        return (np.nextafter(low, high) if self.low_open else low, np.nextafter(high, low) if self.high_open else high)

    def clip(self, x: Any, dtype: Any = None) -> Any:
        """The nearest numbers inside, of the dtype of `x` or of another."""
        return np.clip(x, *self.ends_in(x.dtype if dtype is None else dtype))


REAL = Interval()
PROBABILITY = Interval(0, 1)
#: A density may be 0 or infinite at 0 and 1, which are outside.
INNER_PROBABILITY = Interval(0, 1, low_open=True, high_open=True)
NONNEGATIVE = Interval(0)
#: It begins at the smallest normal float32: 0 is outside in every dtype.
POSITIVE = Interval(2.0**-126)
#: Logarithms of probabilities: x - log Σ exp(x), written by hand and in float32, may round to a few millionths above 0.
LOG_PROBABILITY = Interval(high=2.0**-16)
SIGN = Interval(-1, 1, ends_only=True)
BINARY = Interval(0, 1, ends_only=True)
#: It begins at the smallest number above -1 that every dtype has, bfloat16 too, since log(1 + x) is taken.
ABOVE_MINUS_ONE = Interval(-1 + 2.0**-8)


@dataclass(frozen=True)
class Kind:
    """What a parameter accepts.

    `array` is "" for a number, "elements" for what broadcasts against the prediction, "classes" for one number a class.
    `divides`: the prediction is divided by it, and so are derivatives.
    `apart`: within the range, numbers for which there are kernels of their own.
    `ends_apart`: at the ends of the range results are not what they tend to near them.
    `differentiable`: of "elements", there are derivatives by it too.
    """

    range: Interval
    array: str = ""
    divides: bool = False
    apart: tuple[float, ...] = ()
    ends_apart: bool = False
    differentiable: bool = False
    optional: bool = False
    type: type = float


Positive = Annotated[float, Kind(Interval(0, low_open=True, high_open=True))]
#: A distance that is asked for: of less than 0, one that is forgiven.
Margin = Annotated[float, Kind(Interval(low_open=True, high_open=True))]
#: A cosine, beyond which two vectors are too near.
CosineMargin = Annotated[float, Kind(Interval(-1, 1))]
NonNegative = Annotated[float, Kind(Interval(0, high_open=True))]
Fraction = Annotated[float, Kind(Interval(0, 1))]
PositiveFraction = Annotated[float, Kind(Interval(0, 1, low_open=True))]
# Beyond -1 the loss is not monotonic; of much more than 10, soft targets leave the gradient a difference of nearly equal sums.
PolyFactor = Annotated[float, Kind(Interval(-1, 10))]
# A program takes it for the logarithm of a probability of 0: 4e-18 is below the last digit of a float64 near 1.
LogProbability = Annotated[float, Kind(Interval(-40, 0))]
OpenFraction = Annotated[float, Kind(Interval(0, 1, low_open=True, high_open=True))]
#: Below 1 a power is no convex loss; beyond 10 it overflows in float32 where an error is a few thousand.
Exponent = Annotated[float, Kind(Interval(1, 10))]
#: It stands in an exponential: with more, that of a residual of 9 is too large for a float32.
Slope = Annotated[float, Kind(Interval(-10, 10))]
PositiveArray = Annotated[Any, Kind(Interval(0, low_open=True, high_open=True), array="elements")]
#: Each element has its own part of 1, or none has one.
OptionalFractions = Annotated[Any, Kind(Interval(0, 1), array="elements", optional=True)]
#: Each element has its own level of a quantile.
Levels = Annotated[Any, Kind(Interval(0, 1, low_open=True, high_open=True), array="elements")]
#: What a model may predict beside the prediction itself: a scale, a variance; any number.
PredictedPositive = Annotated[Any, Kind(Interval(0, low_open=True, high_open=True), array="elements", differentiable=True)]
#: That of a distribution's tails: of less than 0 a general robust loss has none, and at 2 it is normal.
PredictedShape = Annotated[Any, Kind(Interval(0, 2), array="elements", differentiable=True)]
PredictedReal = Annotated[Any, Kind(Interval(), array="elements", differentiable=True)]
ClassWeight = Annotated[Any, Kind(Interval(0, high_open=True), array="classes", optional=True)]
Integer = Annotated[int, Kind(Interval(-(2**63), 2**63 - 1), type=int)]
OneOrTwo = Annotated[int, Kind(Interval(1, 2), type=int)]
#: Beyond, a softmax is of one class or of equal ones in practice, and results are lost in factors that are no normal numbers.
Temperature = Annotated[float, Kind(Interval(1e-3, 1e3), divides=True)]
Softcap = Annotated[float | None, Kind(Interval(1, 1e6), optional=True)]
#: A compound Poisson distribution has one between those of Poisson's and of gamma.
VariancePower = Annotated[float, Kind(Interval(1, 2), ends_apart=True)]
#: A deviance is a loss without a distribution too; beyond 3 powers of a mean leave the range of float32.
DeviancePower = Annotated[float, Kind(Interval(0, 3), apart=(1.0, 2.0))]
#: A robust loss is a square at 2; as the shape falls an outlier counts less, and below -10 little changes.
RobustShape = Annotated[float, Kind(Interval(-10, 2))]
#: What is subtracted from a probability; of 1 nothing is left.
Shift = Annotated[float, Kind(Interval(0, 1, high_open=True))]
#: The focal term of a probability that may exceed its threshold overflows with more.
Focus = Annotated[float, Kind(Interval(0, 10))]
#: The part of one of two distributions in their mixture; without one of them there is nothing to mix.
Mixture = Annotated[float, Kind(Interval(0, 1), ends_apart=True)]
Flag = Annotated[bool, Kind(Interval(0, 1, ends_only=True), type=bool)]


@dataclass(frozen=True)
class Parameter:
    """A keyword of a loss: its name, its default and the range it accepts."""

    name: str
    default: Any
    kind: Kind

    @property
    def range(self) -> Interval:
        return self.kind.range

    def check(self, value: Any) -> Any:
        """Return `value` as the number or array that the kernels take; raise where it is not accepted."""
        kind = self.kind
        if value is None and kind.optional:
            return None
        if _errors.is_masked(value):
            raise TypeError(f"{self.name} is a masked array; pass its data")
        if kind.array and _errors.axes_of(value, self.name) > 0:
            # The reference takes elements of longdouble too; the compiled losses look at dtypes themselves.
            wide = kind.array == "elements" and isinstance(value, np.ndarray) and value.dtype == np.longdouble
            array = value if wide else _errors.readable_array(value, self.name)
            if error := self.outside(array):
                raise error
            return array
        if kind.array == "classes":
            hint = _advice.class_weights(value)
            raise TypeError(f"{self.name} must be an array of one number a class, got {value!r}{hint}")
        try:
            given = np.asarray(value)
            # Python would make numbers of text, and drop imaginary parts.
            if given.dtype.kind in "SUcmM" or given.ndim > 0:
                raise TypeError
            number = kind.type(value)
            if kind.type is int and number != value:
                raise ValueError
        except (OverflowError, TypeError, ValueError) as error:
            if isinstance(error, OverflowError) and kind.type is float:
                raise ValueError(f"{self.name} = {value!r} is beyond every float; its range is {kind.range}") from None
            wanted = {int: "an integer", bool: "True or False"}.get(kind.type, "a real number")
            allowed = " or None" if kind.optional else ""
            raise TypeError(f"{self.name} must be {wanted}{allowed}, got {value!r}") from None
        if kind.type is not bool and number not in kind.range:
            raise ValueError(f"{self.name} = {value!r} is outside {kind.range}")
        return number

    def check_single(self, number: float) -> None:
        """Raise where float32 makes a number of it that lies outside the range."""
        inner = self.range.low < number * (1 - 1e-6) and number * (1 + 1e-6) < self.range.high
        if inner and 1e-30 < number < 1e30 and not self.kind.ends_apart:
            return  # The rest takes a few microseconds, and changes nothing for a number that is not near an end.
        with np.errstate(over="ignore"):
            single = float(np.float32(number))
        ends = (self.range.low, self.range.high)
        if self.kind.ends_apart and single in ends and number not in ends:
            problem = f"the end of {self.range}, where the loss is another one"
        elif single not in self.range or (math.isinf(single) and not math.isinf(number)):
            problem = f"outside {self.range}" if single not in self.range else "no number any more"
        else:
            return
        raise ValueError(
            f"{self.name} = {number!r} is {single!r} in float32, in which float32 predictions are computed: {problem}; "
            "pass predictions as float64"
        )

    def outside(self, array: np.ndarray) -> ValueError | None:
        """The error of the first number of an array outside the range, if there is one; of elements NaN is not."""

        def refused(x: Any) -> Any:
            outside = _errors.lies_outside(x, self.range)
            return outside | (x != x) if self.kind.array == "classes" else outside

        where = _errors.first_where(array, refused)
        return None if where is None else ValueError(f"{self.name}{list(where)} = {array[where]} is outside {self.range}")

    def __str__(self) -> str:
        return f"{self.name}={self.default!r} in {self.range}"
