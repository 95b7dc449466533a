"""The references in arbitrary precision: the function that a loss's reference is, called on arrays of exact numbers.

`ExactArray` is an array of objects for which NumPy's functions mean what they mean on floats, without rounding: so the formula
that is tested stands in one place, and a new loss needs nothing here, unless its reference uses a function of NumPy that none
has used before.
"""

from __future__ import annotations

import functools
from typing import Any

import mpmath
import numpy as np
from mpmath.libmp import mpf_pos

from fastloss._verify import Case, outputs
from fastloss.reference import _barron, _special

#: Where 1 + x is written, x may be as small as the square of the smallest number of the dtype; where r = pred - target is, the
#: two may be the smallest and the largest one. These digits are more than both take, so that what is left after cancellation
#: has a dozen more than a result that is compared. `test_exact.py` computes with twice as many and finds the same.
DIGITS = {np.dtype(np.float32): 110, np.dtype(np.float64): 680}

context = mpmath.MPContext()


class precision:
    """Compute with this many decimal digits within the block."""

    def __init__(self, digits: int) -> None:
        self.digits = digits

    def __enter__(self) -> None:
        self.before = context.dps
        context.dps = self.digits

    def __exit__(self, *_: Any) -> None:
        context.dps = self.before


def quotient(a: Any, b: Any) -> Any:
    """IEEE 754's division, except that there is no -0."""
    if b:
        return a / b
    return context.sign(a) * context.inf if a else context.nan


def power(a: Any, b: Any) -> Any:
    if not a:
        return context.one if not b else context.zero if b > 0 else context.inf if b < 0 else context.nan
    return context.power(a, int(b) if b == context.floor(b) else b) if a > 0 or b == context.floor(b) else context.nan


def logarithm(x: Any) -> Any:
    return context.log(x) if x > 0 else -context.inf if x == 0 else context.nan


def of_positive(function: Any, x: Any, at_zero: Any) -> Any:
    """A function of Γ's; NaN below 0."""
    return function(x) if x > 0 else at_zero if x == 0 else context.nan


class Exact:
    """A number of `context` with the operators of Python; infinite or NaN where IEEE 754 has it."""

    __slots__ = ("number",)
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, number: Any) -> None:
        self.number = number

    @staticmethod
    def number_of(x: Any) -> Any:
        """The number of an `Exact` or of a number of Python or NumPy, in `context`; None for what is no number."""
        if type(x) is Exact:
            return x.number
        if isinstance(x, np.longdouble) and np.isfinite(x):
            fraction, exponent = np.frexp(x)
            bits = np.finfo(np.longdouble).nmant + 1
            return context.ldexp(context.mpf(int(np.ldexp(fraction, bits))), int(exponent) - bits)
        if isinstance(x, int | np.integer | np.bool_):
            return context.mpf(int(x))
        if isinstance(x, float | np.floating):
            return context.mpf(float(x))
        return None

    @classmethod
    def of(cls, x: Any) -> Exact:
        number = cls.number_of(x)
        if number is None and x is not None:  # None is what NumPy leaves in an array that is yet to be filled
            raise TypeError(f"{x!r} is no real number")
        return cls(context.nan if number is None else number)

    def __float__(self) -> float:
        return float(self.number)

    def __bool__(self) -> bool:
        return self.number != 0

    def __neg__(self) -> Exact:
        return Exact(-self.number)

    def __pos__(self) -> Exact:
        return self

    def __abs__(self) -> Exact:
        return Exact(abs(self.number))

    def __repr__(self) -> str:
        return f"Exact({context.nstr(self.number, 20)})"


def _operator(name: str, function: Any, number: bool) -> None:
    def forward(self: Exact, other: Any) -> Any:
        b = Exact.number_of(other)
        if b is None:
            return NotImplemented
        return Exact(function(self.number, b)) if number else function(self.number, b)

    def backward(self: Exact, other: Any) -> Any:
        a = Exact.number_of(other)
        return NotImplemented if a is None else Exact(function(a, self.number))

    setattr(Exact, f"__{name}__", forward)
    if number:
        setattr(Exact, f"__r{name}__", backward)


_operator("add", lambda a, b: a + b, True)
_operator("sub", lambda a, b: a - b, True)
_operator("mul", lambda a, b: a * b, True)
_operator("truediv", quotient, True)
_operator("pow", power, True)
_operator("lt", lambda a, b: a < b, False)
_operator("le", lambda a, b: a <= b, False)
_operator("eq", lambda a, b: a == b, False)
_operator("ne", lambda a, b: a != b, False)
_operator("gt", lambda a, b: a > b, False)
_operator("ge", lambda a, b: a >= b, False)


def _larger(a: Any, b: Any) -> Any:
    return a + b if a != a or b != b else max(a, b)


#: NumPy's functions of numbers, where NumPy itself does not reduce them to operators. What is missing raises a TypeError.
FUNCTIONS: dict[str, Any] = {
    "exp": context.exp,
    "exp2": lambda x: power(context.mpf(2), x),
    "expm1": context.expm1,
    "log": logarithm,
    "log2": lambda x: logarithm(x) / context.log(2),
    "log10": lambda x: logarithm(x) / context.log(10),
    "log1p": lambda x: context.log1p(x) if x > -1 else logarithm(1 + x),
    "logaddexp": lambda a, b: _larger(a, b) + (context.log1p(context.exp(-abs(a - b))) if context.isfinite(a - b) else 0),
    "sqrt": lambda x: context.sqrt(x) if not x < 0 else context.nan,
    "square": lambda x: x * x,
    "reciprocal": lambda x: quotient(context.one, x),
    "sinh": context.sinh,
    "cosh": context.cosh,
    "tanh": context.tanh,
    "sin": context.sin,
    "cos": context.cos,
    "tan": context.tan,
    "arctan": context.atan,
    "arcsinh": context.asinh,
    "hypot": lambda a, b: context.sqrt(a * a + b * b),
    "sign": lambda x: x if x != x else context.sign(x),
    "heaviside": lambda x, at_zero: x if x != x else context.mpf(x > 0) if x else at_zero,
    "maximum": _larger,
    "minimum": lambda a, b: -_larger(-a, -b),
    "copysign": lambda a, b: -abs(a) if b < 0 else abs(a),
}

#: Those that answer yes or no. There is no -0, so only numbers below 0 have a sign.
QUESTIONS: dict[str, Any] = {
    "isnan": lambda x: x != x,
    "isinf": context.isinf,
    "isfinite": context.isfinite,
    "signbit": lambda x: x < 0,
}


#: Of the constant that has no formula: what its quadrature leaves, as an exponent, and the digits beyond those of its argument.
DEPTH, MORE_DIGITS = 80, 40


@functools.cache
def _log_partition(alpha: Any, digits: int) -> tuple[Any, Any, Any]:
    with precision(digits):
        b = 2 - alpha
        if not b:
            return context.log(2 * context.pi) / 2, -context.inf, -context.inf
        end = 1 + (context.log1p(2 * (DEPTH + 20) * alpha / b) / alpha if alpha else DEPTH + 20)
        n = int(end * (DEPTH + 10) * max(1, alpha) / 8.8) + 1
        total, first, second = context.mpf(0.5), context.zero, context.zero
        for i in range(1, n + 1):
            cosh = context.cosh(end * i / n)
            log = 2 * context.log(cosh)
            h, m, t = b / 2, b / 2 * log, alpha / 2 * log
            # 4 times the second derivative of the loss is an integral of exp(alpha y/2) (p² + h (y - p)²).
            power = context.exp(t)
            (one, two, three), (one_m, two_m, _), (one_s, _, _) = (
                _means(t, power), _means(-m, power / cosh**2), _means(-m - log, power / cosh**4),
            )  # fmt: skip
            squares = log * (one - 2 * one_m + one_s)
            slope = m / 2 * (log * two - one + one_m)
            bend = ((1 + h) * squares + m * log * (log * three - 2 * two + 2 * two_m)) / 4
            f = cosh * context.exp(-m * one)
            total, first, second = total + f, first - f * slope, second + f * (slope**2 - bend)
        mean = first / total
        return context.log(2 * context.sqrt(b) * end / n * total), mean, second / total - mean**2


def _means(x: Any, exp_x: Any) -> tuple[Any, Any, Any]:
    """The means of v^k exp(v x) for v from 0 to 1 and k from 0 to 2."""
    if abs(x) < context.mpf(10) ** (-context.dps / 5):
        third = sum(x**k / context.factorial(k) / (k + 3) for k in range(6))
        return exp_x - x * (exp_x - x * third) / 2, (exp_x - x * third) / 2, third
    first = (exp_x - 1) / x
    second = (exp_x - first) / x
    return first, second, (exp_x - 2 * second) / x


def log_partition(alpha: Any) -> tuple[Any, Any, Any]:
    """log Z(alpha) of Barron's loss with two derivatives: by the trapezoid rule, in the digits that alpha has and more."""
    if not 0 <= alpha <= 2:
        return context.nan, context.nan, context.nan
    last_bit = context.mpf(alpha)._mpf_[2]
    return _log_partition(alpha, int(max(0, -last_bit) * 0.302) + MORE_DIGITS)


def lifted(function: Any, arguments: int) -> np.ufunc:
    return np.frompyfunc(lambda *xs: Exact(function(*map(Exact.number_of, xs))), arguments, 1)


UFUNCS = {name: lifted(f, getattr(np, name).nin) for name, f in FUNCTIONS.items()}
ANSWERS = {name: np.frompyfunc(lambda x, f=f: bool(f(Exact.number_of(x))), 1, 1) for name, f in QUESTIONS.items()}
#: The functions that the references add to NumPy's.
SPECIAL = {
    _special.erf: lifted(context.erf, 1),
    _special.lgamma: lifted(lambda x: of_positive(context.loggamma, x, context.inf), 1),
    _special.lgamma1p: lifted(lambda x: context.loggamma(1 + x), 1),
    _special.digamma: lifted(lambda x: of_positive(context.digamma, x, -context.inf), 1),
    _barron.log_partition: np.frompyfunc(lambda x: tuple(map(Exact, log_partition(Exact.number_of(x)))), 1, 3),
    _special.trigamma: lifted(lambda x: of_positive(lambda x: context.psi(1, x), x, context.inf), 1),
}
SPECIAL |= {
    _special.lgamma_excess: lifted(
        lambda x: of_positive(
            lambda x: context.loggamma(x) - (x - 0.5) * context.log(x) + x - context.log(2 * context.pi) / 2, x, context.inf
        ),
        1,
    ),
    _special.digamma_excess: lifted(
        lambda x: of_positive(lambda x: x * (context.log(x) - context.digamma(x)) - 0.5, x, context.mpf(0.5)), 1
    ),
    _special.trigamma_excess: lifted(
        lambda x: of_positive(lambda x: x * (x * context.psi(1, x) - 1) - 0.5, x, context.mpf(0.5)), 1
    ),
}
exact_elements = np.frompyfunc(Exact.of, 1, 1)


class ExactArray(np.ndarray):
    """An array whose elements are `Exact`; arrays of truth values that come of it are plain ones."""

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **keywords: Any) -> Any:
        inputs = tuple(x.view(np.ndarray) if isinstance(x, ExactArray) else x for x in inputs)
        keywords.pop("dtype", None)
        if method == "__call__" and ufunc.__name__ in ANSWERS:
            return np.asarray(ANSWERS[ufunc.__name__](*inputs), bool)
        ours = UFUNCS.get(ufunc.__name__) if method == "__call__" else None
        result = ours(*inputs) if ours else getattr(ufunc, method)(*inputs, **keywords)
        return result.view(ExactArray) if isinstance(result, np.ndarray) and result.dtype == object else result

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if function in SPECIAL:
            return np.asarray(SPECIAL[function](args[0].view(np.ndarray)), object).view(ExactArray)
        result = super().__array_function__(function, types, args, kwargs)
        # A zero that NumPy has put in is an integer, and of integers Python makes quotients that are rounded.
        return exact(result) if isinstance(result, np.ndarray) and result.dtype == object else result


def exact(x: Any) -> ExactArray:
    """The numbers of an array, as they are."""
    return np.asarray(exact_elements(np.asarray(x)), object).view(ExactArray)


def rounded(x: Any) -> np.ndarray:
    """The nearest numbers of `longdouble`, which has the range to hold what overflows or vanishes in a float."""
    bits = np.finfo(np.longdouble).nmant + 1

    def one(element: Any) -> Any:
        number = Exact.number_of(element)
        if not context.isfinite(number) or not number:
            return np.longdouble(float(number))
        sign, mantissa, exponent, _ = mpf_pos(number._mpf_, bits, "n")
        # Beyond this the exponent is no C int; the result is 0 or infinite all the same.
        exponent = max(-100_000, min(100_000, exponent))
        with np.errstate(all="ignore"):
            size = np.ldexp(np.longdouble(mantissa >> 32) * 4294967296 + np.longdouble(mantissa & 0xFFFFFFFF), exponent)
        return -size if sign else size

    return np.frompyfunc(one, 1, 1)(np.asarray(x)).astype(np.longdouble)


def exact_function(case: Case, pred: Any, target: Any, **given: Any) -> tuple[Any, ...]:
    """Value, gradient, Hessian and, where there is one, the gradient by the target, by the body of the reference.

    Predictions and targets are exact; labels are integers.
    """
    parameters = {}
    for name, p in case.loss.params.items():
        value = given.get(name, p.default)
        if isinstance(value, np.ndarray):
            value = exact(value)
        elif p.kind.type is float and value is not None:
            # As an object of the array's own kind: the references write dtype.type(parameter).
            value = Exact.of(value)
        parameters[name] = value
    results = case.loss.declared.function(pred, target, **parameters)
    # Of a loss of rows the fourth is the mass.
    return (*results[:3], *results[4 if case.loss.family == "rows" else 3 :])


def exact_results(case: Case, pred: np.ndarray, target: np.ndarray, **given: Any) -> dict[str, np.ndarray]:
    """An oracle for `fastloss._verify`: no rounding but that of the results to `longdouble`."""
    wanted = exact(target) if target.dtype.kind == "f" else target
    results = exact_function(case, exact(pred), wanted, **given)
    return {name: rounded(x) for name, x in zip(outputs(case), results, strict=True)}
