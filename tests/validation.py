"""Validation sets of the elementary functions for float64: inputs where errors are likely, with results exact to 40 digits."""

from __future__ import annotations

from collections.abc import Callable

import mpmath as mp
import numpy as np

#: For sums and differences below, as 1/(1 + exp(-x)): what cancels or is absorbed leaves 40 digits and more.
DIGITS = 45

INFO = np.finfo(np.float64)
SUBNORMAL = float(INFO.smallest_subnormal)

#: Hardest to round: results within 2^-57 to 2^-64 ulp of a number, or of the middle between two (Lefèvre and Muller, "Worst
#: cases for correct rounding of the elementary functions in double precision", 2001).
HARDEST = {
    "exp": ["0x1.9e9cbbfd6080bp-31", "-0x1.ed318efb627eap-27", "0x1.83d4bcdebb3f4p+2"],
    "log": [
        *("0x1.ea71d85cee020p-509", "0x1.9476e304cd7c7p-384", "0x1.26e9c4d327960p-232", "0x1.613955dc802f8p-35"),
        "0x1.62a88613629b6p+678",
    ],
}

DIGAMMA_ZERO = 1.4616321449683623

#: Where a domain ends, a result leaves the range of normal numbers or reaches its limit, or code takes another path. In this
#: order: 0, 1 and their neighbourhoods; tanh's polynomial; the reduction of log and log1p; the limits of tanh, sigmoid,
#: softplus, expm1 and erf; the zero of digamma, and where lgamma and trigamma change, or these three overflow; log of the
#: smallest normal, smallest and largest number, and where exp stops looking.
THRESHOLDS = [
    *(0.0, SUBNORMAL, INFO.smallest_normal, INFO.eps / 2, INFO.eps, 0.5, 1.0, 2.0),
    *(0.5625, np.sqrt(0.5), np.sqrt(2), 1 - np.sqrt(0.5), np.sqrt(2) - 1, 2.0**52, 2.0**53, 2.0**54, 2.0**59, 2.0**60, 2.0**61),
    *(18.368400284838547, 19.06154746539849, 36.7368005696771, 37.42994775023705, 38.0),
    *(5.8635847487551681, 5.9215871957945077, 6.0, DIGAMMA_ZERO, 2.5, 3.0, 7.458340731200207e-155, 5.562684646268003e-309),
    2.5563481638716906e305,
    *(708.3964185322641, 709.0895657128241, 709.782712893384, 710.0, 744.4400719213812, 745.1332191019411, 746.0),
    *(INFO.max, np.inf, np.nan),
]


def neighbours(x: np.ndarray, distance: int) -> np.ndarray:
    """Numbers of either sign whose bit pattern is up to `distance` away from that of x."""
    patterns = np.abs(x).view(np.int64)[:, None] + np.arange(-distance, distance + 1)
    found = np.maximum(patterns, 0).view(np.float64).ravel()
    return np.concatenate([found, -found])


def points(name: str, count: int, seed: int = 1) -> np.ndarray:
    """About `count` inputs for a function, the fixed ones included."""
    rng = np.random.default_rng(seed)
    n = max(1, (count - 600) // 9)
    sign = rng.choice([-1.0, 1.0], n)
    close = 1 + rng.uniform(-1, 1, n) * 2.0 ** rng.integers(-52, -8, n)
    exponents = rng.permutation(np.arange(n) * 2047 // n if n < 2047 else np.arange(n) % 2047)
    parts = [
        np.array([float.fromhex(x) for chosen in HARDEST.values() for x in chosen]),
        neighbours(np.array(THRESHOLDS), 3),
        # Every binade, subnormal numbers included.
        sign * (exponents << 52 | rng.integers(0, 1 << 52, n)).view(np.float64),
        # Multiples of log(2)/2: at the odd ones exp is reduced by another multiple of log(2), at the even ones that cancels.
        sign * rng.integers(1, 2150, n) * (np.log(2) / 2) * close,
        # Where log takes another exponent, and where log1p does.
        2.0 ** rng.integers(-1021, 1023, n) * np.sqrt(0.5) * close,
        2.0 ** rng.integers(-40, 40, n) * np.sqrt(0.5) * close - 1,
        1 - close,
        # Around the zeros of lgamma and digamma.
        rng.choice([1.0, DIGAMMA_ZERO, 2.0], n) * close,
        rng.uniform(-2, 2, n),
        rng.uniform(-40, 40, n),
        rng.uniform(-750, 750, n),
    ]
    x = np.concatenate(parts)
    fixed = len(parts[0]) + len(parts[1])
    # Results that are NaN are among the fixed ones; the rest lies in the domain.
    low = ENDS.get(name, (-np.inf,))[0]
    return np.concatenate([x[:fixed], np.where(x[fixed:] < low, -x[fixed:], x[fixed:])])


def points_around(x: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Numbers within 1/100 of those of x: where the errors of some are large, those of others may be larger."""
    rng = np.random.default_rng(seed)
    distance = rng.uniform(-1, 1, count) * 10.0 ** rng.uniform(-6, -2, count)
    with np.errstate(over="ignore"):
        return rng.choice(x, count) * (1 + distance)


def softplus(x: mp.mpf) -> mp.mpf:
    return max(x, mp.mpf(0)) + mp.log1p(mp.exp(-abs(x)))


EXACT: dict[str, Callable[[mp.mpf], mp.mpf]] = {
    "exp": mp.exp,
    "expm1": mp.expm1,
    "log": mp.log,
    "log1p": mp.log1p,
    "tanh": mp.tanh,
    "sigmoid": lambda x: 1 / (1 + mp.exp(-x)),
    "softplus": softplus,
    "log_sigmoid": lambda x: -softplus(-x),
    "erf": mp.erf,
    "lgamma": mp.loggamma,
    "digamma": mp.digamma,
    "trigamma": lambda x: mp.psi(1, x),
}

#: Where a domain ends, and the limit there.
ENDS = {
    "log": (0.0, -np.inf),
    "log1p": (-1.0, -np.inf),
    "lgamma": (0.0, np.inf),
    "digamma": (0.0, -np.inf),
    "trigamma": (0.0, np.inf),
}


def exact_result(name: str, x: float) -> tuple[float, int, float]:
    """The float64 nearest to the function of x; the exponent of an ulp there; by how many ulp the function is above it."""
    low, limit = ENDS.get(name, (-np.inf, None))
    if np.isnan(x) or x < low:
        return np.nan, 0, 0.0
    if x == low and limit is not None:
        return limit, 0, 0.0
    if x == 0 and name in ("expm1", "log1p", "tanh", "erf"):
        return x, -1074, 0.0
    if x == np.inf:
        return {"tanh": 1.0, "erf": 1.0, "sigmoid": 1.0, "log_sigmoid": -0.0, "trigamma": 0.0}.get(name, np.inf), 0, 0.0
    if (name == "softplus" and x > 800) or (name == "log_sigmoid" and x < -800):
        return x, 0, 0.0
    # exp(±800) is further below every ulp, or above every number, than DIGITS reach; so nothing changes beyond.
    argument = mp.mpf(x) if name in ENDS else mp.mpf(min(max(x, -800.0), 800.0))
    y = EXACT[name](argument)
    if y == 0:
        return 0.0, -1074, 0.0
    if abs(y) > float(INFO.max):
        return float(np.copysign(np.inf, float(mp.sign(y)))), 0, 0.0
    unit = max(mp.frexp(y)[1] - 53, -1074)
    nearest = mp.nint(mp.ldexp(y, -unit))
    return float(np.copysign(float(mp.ldexp(nearest, unit)), float(mp.sign(y)))), unit, float(mp.ldexp(y, -unit) - nearest)


def exact_results(name: str, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """`exact_result` of each number of x."""
    with mp.workdps(DIGITS):
        results = [exact_result(name, v) for v in x.tolist()]
    nearest, units, above = zip(*results, strict=True)
    return np.array(nearest), np.array(units), np.array(above)


def errors(found: np.ndarray, exact: tuple[np.ndarray, np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """The error of each result in ulp; and which results are wrong by kind: NaN, infinite or of the other sign."""
    nearest, units, above = exact
    finite = np.isfinite(nearest) & np.isfinite(found)
    same_kind = finite | (found == nearest) | (np.isnan(found) & np.isnan(nearest))
    wrong = ~same_kind | ((np.signbit(found) != np.signbit(nearest)) & ~np.isnan(nearest))
    difference = np.where(finite, found, 0) - np.where(finite, nearest, 0)
    # In two steps: 2^1074 itself is too large.
    steps = np.ldexp(np.ldexp(difference, -(units // 2)), -(units - units // 2))
    return np.where(finite, np.abs(steps - above), 0), wrong
