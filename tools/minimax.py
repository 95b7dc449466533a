"""Compute the polynomial coefficients of csrc/math/, and the error bound stated beside each.

    python tools/minimax.py            # print every polynomial
    python tools/minimax.py exp_f32    # one of them

Method: weighted least squares on Chebyshev points at 80 digits, which is within a third of the minimax error. Coefficients are
rounded to the working precision one by one, from the lowest order up, each time fitting the rest anew, so that the rounding of
a large coefficient is compensated by the smaller ones. The bound printed is that of the rounded polynomial, relative to the
function it serves, in units of the last place at 1 (2^-23 for float, 2^-52 for double).
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from dataclasses import dataclass

import mpmath as mp
import numpy as np

mp.mp.dps = 80

Function = Callable[[mp.mpf], mp.mpf]


@dataclass(frozen=True)
class Problem:
    """Find p of `degree` with function(x) ≈ p(x) on [low, high], minimising |weight(x) (p(x) - function(x))|.

    p is a polynomial in x - center, plus, for each (factor, n) of `others`, that factor of x times a polynomial in x² of n
    coefficients.
    """

    function: Function
    weight: Function
    low: str
    high: str
    degree: int
    precision: type
    center: str = "0"
    others: tuple[tuple[Function, int], ...] = ()
    checks: int = 4001

    def basis(self, x: mp.mpf) -> list[mp.mpf]:
        """What the coefficients multiply at x."""
        u, square = x - mp.mpf(self.center), x * x
        terms = [u**k for k in range(self.degree + 1)]
        for factor, n in self.others:
            first = factor(x)
            terms += [first * square**k for k in range(n)]
        return terms

    def approximation(self, coefficients: list[mp.mpf], x: mp.mpf) -> mp.mpf:
        return mp.fdot(coefficients, self.basis(x)[: len(coefficients)])


def exp_tail(r: mp.mpf) -> mp.mpf:
    """(exp(r) - 1 - r) / r²"""
    return (mp.expm1(r) - r) / r**2 if abs(r) > 1e-15 else mp.mpf(1) / 2 + r / 6 + r**2 / 24


def exp_curve(x: mp.mpf) -> mp.mpf:
    """(exp(x) - 1 - x) / x²"""
    return exp_tail(x)


def log1p_curve(x: mp.mpf) -> mp.mpf:
    """(x - log(1 + x)) / x²"""
    return -log1p_unit_tail(x)


def expm1_tail(r: mp.mpf) -> mp.mpf:
    """(exp(r) - 1 - r - r²/2) / r³"""
    return (mp.expm1(r) - r - r**2 / 2) / r**3 if abs(r) > 1e-15 else mp.mpf(1) / 6 + r / 24


def expm1_weight(r: mp.mpf) -> mp.mpf:
    """What an error of expm1_tail becomes, relative to expm1 of r and of log(2) + r, whichever is the smaller."""
    return r**3 / min(abs(mp.expm1(r)), mp.exp(r) - mp.mpf(1) / 2) if r else mp.mpf(0)


def log_tail(f: mp.mpf) -> mp.mpf:
    """(log(1 + f) - f + f²/2) / f³"""
    return (mp.log1p(f) - f + f**2 / 2) / f**3 if abs(f) > 1e-15 else mp.mpf(1) / 3 - f / 4


def log1p_unit_tail(e: mp.mpf) -> mp.mpf:
    """(log(1 + e) - e) / e²"""
    return (mp.log1p(e) - e) / e**2 if e > 1e-15 else -mp.mpf(1) / 2 + e / 3


def log_cosh_tail(z: mp.mpf) -> mp.mpf:
    """log(cosh(x)) / z with z = x²"""
    x = mp.sqrt(z)
    return mp.log(mp.cosh(x)) / z if z > 1e-15 else mp.mpf(1) / 2 - z / 12


def tanh_tail(z: mp.mpf) -> mp.mpf:
    """(tanh(x) - x) / (x z) with z = x²"""
    x = mp.sqrt(z)
    return (mp.tanh(x) - x) / (x * z) if z > 1e-15 else -mp.mpf(1) / 3 + 2 * z / 15


def erf_tail(z: mp.mpf) -> mp.mpf:
    """(erf(x) - x) / x with z = x²"""
    x = mp.sqrt(z)
    return mp.erf(x) / x - 1 if z > 1e-30 else 2 / mp.sqrt(mp.pi) * (1 - z / 3) - 1


def log_erfc(x: mp.mpf) -> mp.mpf:
    """log(1 - erf(x))"""
    return mp.log(mp.erfc(x))


def lgamma_core(u: mp.mpf) -> mp.mpf:
    """log Γ(1 + s) / (s (s - 1)) with s = u + 3/4"""
    s = u + mp.mpf(3) / 4
    if abs(s * (s - 1)) < 1e-30:
        return mp.euler if s < mp.mpf(1) / 2 else 1 - mp.euler
    return mp.loggamma(1 + s) / (s * (s - 1))


def lgamma_far(z: mp.mpf) -> mp.mpf:
    """(log Γ(x) - (x - 1/2) log(x) + x - log(2π)/2) x with z = 1/x²"""
    if z < 1e-30:
        return mp.mpf(1) / 12
    x = 1 / mp.sqrt(z)
    return (mp.loggamma(x) - (x - mp.mpf(1) / 2) * mp.log(x) + x - mp.log(2 * mp.pi) / 2) * x


def lgamma_far_weight(z: mp.mpf) -> mp.mpf:
    """Relative to log Γ(x), or absolutely where that is more: W/x alone is what is left of log Γ in a beta function."""
    return mp.sqrt(z) / min(mp.mpf(1), mp.loggamma(1 / mp.sqrt(z))) if z else mp.mpf(0)


#: Where digamma is 0.
DIGAMMA_ZERO = mp.findroot(mp.digamma, "1.4616321449683623")


def digamma_core(u: mp.mpf) -> mp.mpf:
    """ψ(x) / (x - x₀) with x = u + 3/2, where ψ(x₀) = 0"""
    x = u + mp.mpf(3) / 2
    return mp.digamma(x) / (x - DIGAMMA_ZERO)


def digamma_far(z: mp.mpf) -> mp.mpf:
    """(log(x) - 1/(2x) - ψ(x)) x² with z = 1/x²"""
    x = 1 / mp.sqrt(z) if z > 1e-30 else mp.inf
    return (mp.log(x) - 1 / (2 * x) - mp.digamma(x)) * x**2 if z > 1e-30 else mp.mpf(1) / 12


def trigamma_far(z: mp.mpf) -> mp.mpf:
    """(ψ'(x) - 1/x - 1/(2x²)) x³ with z = 1/x²"""
    x = 1 / mp.sqrt(z) if z > 1e-30 else mp.inf
    return (mp.psi(1, x) - 1 / x - 1 / (2 * x**2)) * x**3 if z > 1e-30 else mp.mpf(1) / 6


def gamma_far_weight(z: mp.mpf) -> mp.mpf:
    """Of 1/2 + W/x, what is left of digamma and trigamma beside log(x) and 1/x; in these themselves it counts less."""
    return 2 * mp.sqrt(z)


def exp_cubic(x: mp.mpf) -> mp.mpf:
    """(exp(x) - 1 - x - x²/2) / x³"""
    return expm1_tail(x)


@functools.cache
def barron_partition(b: mp.mpf) -> tuple[mp.mpf, mp.mpf, mp.mpf]:
    """log Z and its derivatives by alpha = 2 - b, where Z is the integral of exp(-ρ(x, alpha)), ρ Barron's general loss.

    With x = √b sinh(s), log(1 + x²/b) is l = 2 log cosh(s), and the integrand of s is analytic where |Im s| < π/2, and
    decreases there where alpha |Im s| < π/2: the trapezoid rule converges geometrically. For derivatives of ρ see
    csrc/losses/barron_nll.h.
    """
    with mp.workdps(38):
        alpha, depth = 2 - b, mp.mpf(64)  # exp(-64) is 1.6e-28
        a, h = alpha / 2, 1 - alpha / 2
        # Up to where the integrand, times a power of s at alpha = 0, has vanished, in steps that leave 1e-28.
        end = 1 + (mp.log1p(2 * (depth + 20) * alpha / b) / alpha if alpha else depth + 20)
        n = int(end / (mp.mpf("0.9") * mp.pi**2 / max(1, alpha) / (depth + 10))) + 1
        total = [mp.mpf(1) / 2, mp.mpf(0), mp.mpf(0)]
        for i in range(1, n + 1):
            cosh = mp.cosh(end * i / n)
            l = 2 * mp.log(cosh)  # noqa: E741
            t, m = a * l, h * l
            power, decay = mp.exp(t), 1 / cosh**2
            # The integrals over v from 0 to 1 of v^k exp(q v): k from 0 to 2, for the exponents q = t, -m and -m - l.
            of_t, of_m, of_both = moments(t, power), moments(-m, power * decay), moments(-m - l, power * decay**2)
            p = of_t[0] - 2 * of_m[0] + of_both[0]
            rho, slope = m * of_t[0], m / 2 * (l * of_t[1] - of_t[0] + of_m[0])
            bend = l / 4 * ((1 + h) * p + m * (l * of_t[2] - 2 * of_t[1] + 2 * of_m[1]))
            f = cosh * mp.exp(-rho)
            total = [total[0] + f, total[1] - f * slope, total[2] + f * (slope**2 - bend)]
        mean = total[1] / total[0]
        return mp.log(2 * mp.sqrt(b) * end / n * total[0]), mean, total[2] / total[0] - mean**2


def moments(q: mp.mpf, exp_q: mp.mpf) -> tuple[mp.mpf, mp.mpf, mp.mpf]:
    if abs(q) < 1e-3:
        last = mp.fsum(q**k / mp.factorial(k) / (k + 3) for k in range(12))
        middle = (exp_q - q * last) / 2
        return exp_q - q * middle, middle, last
    first = (exp_q - 1) / q
    middle = (exp_q - first) / q
    return first, middle, (exp_q - 2 * middle) / q


#: Where log Z is fitted on [0, 2], and in which variable, whose middle is the center. At 0 its series converges nowhere, at 2
#: it is one of powers of w = √b and log b: variables put these ends farther away than they lie.
PARTITION: dict[str, tuple[Function, str, str, str, str]] = {
    # of b, the variable's name, low, high, center
    "zero": (lambda y: 2 - y / (1 - y) / 8, "y = alpha/(alpha + 1/8)", "0", "0.5", "0.25"),
    "low": (lambda y: 2 - y / (1 - y) / 2, "y = alpha/(alpha + 1/2)", "0.2", "0.5", "0.375"),
    "middle": (lambda alpha: 2 - alpha, "alpha", "0.5", "1.5", "1"),
    "high": (lambda y: y / (1 - y) / 4, "y = b/(b + 1/4), b = 2 - alpha", "0.33333333", "0.66666667", "0.5"),
    "two": (lambda w: w * w, "w = √(2 - alpha)", "0", "0.35355340", "0.1875"),
}


def partition(piece: str, order: int) -> Function:
    def function(x: mp.mpf) -> mp.mpf:
        if piece == "two" and not x:
            return -mp.mpf(1) / 4 if order == 2 else mp.log(2 * mp.pi) / 2
        b = PARTITION[piece][0](x)
        return barron_partition(b)[order] * (b if order == 2 and piece == "two" else 1)

    times = ", times 2 - alpha," if order == 2 and piece == "two" else ""
    function.__doc__ = f"derivative {order} of log Z(alpha){times} with {PARTITION[piece][1]}"
    return function


def partition_weight(function: Function, order: int) -> Function:
    """1/function; 0 where the slope is infinite, and no more than near the zero of the second derivative is of any use."""
    return lambda x: mp.mpf(0) if order == 1 and not x else 1 / max(abs(function(x)), mp.mpf("0.05"))


def log_power(of_log: int, of_b: int) -> Function:
    """(log b)^i b^j with b = w²"""
    return lambda w: (2 * mp.log(w)) ** of_log * w ** (2 * of_b) if w else mp.mpf(0)


# |r| <= log(2)/2, a little more for the rounding of x / log(2).
HALF_LOG2 = "0.34658"
# 1 + f in [sqrt(1/2), sqrt(2)], a little more.
LOG_LOW, LOG_HIGH = "-0.29290", "0.41422"
# log cosh is a polynomial below 1/2.
LOG_COSH_END = "0.25"
# tanh is a polynomial below 0.5625.
TANH_END = "0.31640625"
# erf is a polynomial below 1; beyond the last one it rounds to 1.
ERF_END, ERF_LAST = "1", {"f32": "4", "f64": "6"}
# Stirling's series serves from x = 2.5, or 2 for the derivatives, that is up to this 1/x², a little more for its rounding; for
# log Γ, below it s = x - 1 is at most 1.5.
LGAMMA_CORE_END, LGAMMA_FAR_END, GAMMA_FAR_END = "0.75", "0.1600001", "0.2500001"


def end_of(high: str | dict[str, str], suffix: str) -> str:
    return high if isinstance(high, str) else high[suffix]


PROBLEMS = {
    f"{name}_{suffix}": Problem(function, weight, low, end_of(high, suffix), degrees[suffix], precision)
    for name, function, weight, low, high, degrees in [
        ("exp", exp_tail, lambda r: r**2 / mp.exp(r), "-" + HALF_LOG2, HALF_LOG2, {"f32": 4, "f64": 9}),
        ("expm1", expm1_tail, expm1_weight, "-" + HALF_LOG2, HALF_LOG2, {"f32": 4, "f64": 9}),
        ("log", log_tail, lambda f: f**3 / mp.log1p(f) if f else mp.mpf(0), LOG_LOW, LOG_HIGH, {"f32": 8, "f64": 19}),
        ("log1p_unit", log1p_unit_tail, lambda e: e**2 / mp.log1p(e) if e else mp.mpf(0), "0", "1", {"f32": 9, "f64": 20}),
        ("exp_curve", exp_curve, lambda x: 1 / exp_curve(x), "-1", "1", {"f32": 8, "f64": 15}),
        ("exp_cubic", exp_cubic, lambda x: 1 / exp_cubic(x), "0", "2", {"f32": 7, "f64": 13}),
        ("log1p_curve", log1p_curve, lambda x: 1 / log1p_curve(x), "0", "1", {"f32": 10, "f64": 21}),
        ("log_cosh", log_cosh_tail, lambda z: 2 * mp.mpf(1), "0", LOG_COSH_END, {"f32": 4, "f64": 9}),
        (
            "tanh",
            tanh_tail,
            lambda z: z * mp.sqrt(z) / mp.tanh(mp.sqrt(z)) if z > 0 else mp.mpf(0),
            "0",
            TANH_END,
            {"f32": 4, "f64": 10},
        ),
        ("erf", erf_tail, lambda z: 1 / (1 + erf_tail(z)), "0", ERF_END, {"f32": 6, "f64": 11}),
        ("log_erfc", log_erfc, lambda x: mp.erfc(x) / mp.erf(x), ERF_END, ERF_LAST, {"f32": 6, "f64": 18}),
        ("lgamma_core", lgamma_core, lambda u: 1 / lgamma_core(u), "-0.75", LGAMMA_CORE_END, {"f32": 11, "f64": 24}),
        ("lgamma_far", lgamma_far, lgamma_far_weight, "0", LGAMMA_FAR_END, {"f32": 3, "f64": 11}),
        ("digamma_core", digamma_core, lambda u: 1 / digamma_core(u), "-0.5", "0.5", {"f32": 10, "f64": 22}),
        ("digamma_far", digamma_far, gamma_far_weight, "0", GAMMA_FAR_END, {"f32": 4, "f64": 16}),
        ("trigamma_far", trigamma_far, gamma_far_weight, "0", GAMMA_FAR_END, {"f32": 5, "f64": 18}),
    ]
    for suffix, precision in [("f32", np.float32), ("f64", np.float64)]
}
#: Degrees for float and double, of log Z and its two derivatives. Near 2 there are logarithms with powers of b, too, each with
#: its numbers of coefficients.
PARTITION_DEGREES = {
    "zero": ((8, 21), (9, 25), (11, 29)),
    "low": ((7, 18), (9, 21), (10, 24)),
    "middle": ((9, 23), (12, 27), (13, 31)),
    "high": ((9, 22), (10, 24), (11, 26)),
    "two": ((6, 14), (7, 14), (7, 18)),
}
LOGARITHMS = (
    (((1, 1), 2, 3), ((2, 3), 0, 1)),
    (((1, 0), 2, 4), ((2, 2), 0, 2), ((3, 3), 0, 1)),
    (((1, 1), 2, 2), ((2, 2), 1, 3), ((3, 3), 0, 2)),
)
for piece, all_degrees in PARTITION_DEGREES.items():
    for order, degrees in enumerate(all_degrees):
        function = partition(piece, order)
        for k, (suffix, precision) in enumerate([("f32", np.float32), ("f64", np.float64)]):
            logarithms = [(log_power(*powers), numbers[k]) for powers, *numbers in LOGARITHMS[order]] if piece == "two" else []
            PROBLEMS[f"partition_{piece}_{order}_{suffix}"] = Problem(
                function,
                partition_weight(function, order),
                PARTITION[piece][2],
                PARTITION[piece][3],
                degrees[k],
                precision,
                PARTITION[piece][4],
                tuple(logarithms),
                checks=501,  # an integral each
            )


def fit(problem: Problem, fixed: list[mp.mpf]) -> list[mp.mpf]:
    """The coefficients that follow `fixed`, by weighted least squares on Chebyshev points."""
    low, high = mp.mpf(problem.low), mp.mpf(problem.high)
    size = len(problem.basis(high))
    unknowns, points = size - len(fixed), 16 * (size + 1)
    system, right = mp.matrix(unknowns, unknowns), mp.matrix(unknowns, 1)
    for i in range(points):
        x = (low + high) / 2 + (high - low) / 2 * mp.cos(mp.pi * (i + mp.mpf(1) / 2) / points)
        w = problem.weight(x)
        terms = problem.basis(x)
        residual = w * (problem.function(x) - mp.fdot(fixed, terms[: len(fixed)]))
        basis = [w * term for term in terms[len(fixed) :]]
        for j in range(unknowns):
            right[j] += basis[j] * residual
            for k in range(j + 1):
                system[j, k] += basis[j] * basis[k]
    for j in range(unknowns):
        for k in range(j):
            system[k, j] = system[j, k]
    return list(mp.lu_solve(system, right))


def solve(problem: Problem) -> tuple[list[float], mp.mpf]:
    """Rounded coefficients, lowest order first, and their worst weighted error."""
    low, high = mp.mpf(problem.low), mp.mpf(problem.high)
    fixed: list[mp.mpf] = []
    for _ in problem.basis(high):
        fixed.append(mp.mpf(float(problem.precision(float(fit(problem, fixed)[0])))))
    worst = max(
        abs(problem.weight(x) * (problem.approximation(fixed, x) - problem.function(x)))
        for x in (low + (high - low) * i / problem.checks for i in range(problem.checks + 1))
    )
    return [float(c) for c in fixed], worst


def main() -> None:
    for name in sys.argv[1:] or PROBLEMS:
        problem = PROBLEMS[name]
        coefficients, worst = solve(problem)
        unit = mp.mpf(float(np.finfo(problem.precision).eps))
        print(f"{name}: {(problem.function.__doc__ or '').strip()} on [{problem.low}, {problem.high}]")
        print(f"  error {mp.nstr(worst / unit, 3)} ulp = 2^{mp.nstr(mp.log(worst, 2), 4)}")
        for c in coefficients:
            print("  " + (f"{np.float32(c):.9g}f" if problem.precision is np.float32 else f"{c:.17g}"))


if __name__ == "__main__":
    main()
