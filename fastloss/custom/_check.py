"""Whether a loss of a user is what it says: derivatives against differences of the value, kernels against the reference."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from fastloss import _core, _errors, _verify
from fastloss._kinds import Interval
from fastloss._loss import Loss

__all__ = ["Line", "Report", "check", "report_of"]

#: Elements that are drawn for each set of parameters.
DRAWN = 192
#: The step of differences, as a part of a number or of 1.
STEP = 1e-5
NAMES = ("value", "grad", "hess", "second_grad", "second_hess")
WORDS = {
    "value": "value",
    "grad": "gradient",
    "hess": "Hessian",
    "second_grad": "gradient by {}",
    "second_hess": "Hessian by {}",
}
#: Where float32 and float64 are compared with the reference in float64: relative to a number, and to one of middle size.
CLOSE = {"float32": (1e-4, 1e-5), "float64": (1e-9, 1e-11)}

Results = dict[str, np.ndarray]


def inner(interval: Interval, n: int, rng: np.random.Generator) -> np.ndarray:
    """Numbers of middle size well inside of an interval."""
    low, high = interval.low, interval.high
    if interval.ends_only:
        return rng.choice([low, high], n)
    if math.isfinite(low) and math.isfinite(high):
        return low + (high - low) * rng.uniform(0.02, 0.98, n)
    if math.isfinite(low) or math.isfinite(high):
        distance = np.exp(rng.normal(0, 1.5, n))
        return low + distance if math.isfinite(low) else high - distance
    return rng.normal(0, 3, n)


class Trial(NamedTuple):
    """A loss with a set of parameters, and numbers to compute it of."""

    loss: Loss
    pred: np.ndarray
    target: np.ndarray
    arrays: dict[str, np.ndarray]

    def reference(self, **changed: np.ndarray) -> Results:
        """What the reference gives in float64, of other numbers for some."""
        declared = self.loss.declared
        parameters = {p.name: p.check(self.loss.bound.get(p.name, p.default)) for p in declared.parameters}
        given = {"pred": self.pred, "target": self.target, **parameters, **self.arrays, **changed}
        for x in given.values():
            if isinstance(x, np.ndarray):
                x.flags.writeable = False  # as in a call, where it is the caller's
        with np.errstate(all="ignore"):
            results = declared.function(given.pop("pred"), given.pop("target"), **given)
        wanted = 3 + (0 if not declared.second else 1 if declared.differentiable_target else 2)
        if not isinstance(results, tuple) or len(results) != wanted:
            many = len(results) if isinstance(results, tuple) else f"a {type(results).__name__}"
            raise ValueError(f"{declared.name} must return {wanted} arrays, {', '.join(NAMES[:wanted])}; it returned {many}")
        for name, x in zip(NAMES, results, strict=False):
            if np.shape(x) not in ((), self.pred.shape):
                raise ValueError(
                    f"{declared.name} returns as its {name} an array {np.shape(x)} of predictions {self.pred.shape}"
                )
        return {
            name: np.broadcast_to(np.asarray(x, np.float64), self.pred.shape) for name, x in zip(NAMES, results, strict=False)
        }

    def at(self, i: int) -> str:
        """The numbers of an element, as a message shows them."""
        arrays = {"pred": self.pred, "target": self.target, **self.arrays}
        numbers = {name: p.default for name, p in self.loss.params.items() if name not in arrays}
        return ", ".join(f"{name} = {x!r}" for name, x in {**{k: float(x[i]) for k, x in arrays.items()}, **numbers}.items())

    def word(self, output: str) -> str:
        return WORDS[output].format(self.loss.declared.second)


def parameter_sets(loss: Loss) -> Iterator[tuple[Loss, list[str]]]:
    """The loss with the sets of parameters that `verify` has, and the names of those that are to be arrays."""
    for parameters in _verify.parameter_sets(loss.declared):
        arrays = [name for name, value in parameters.items() if isinstance(value, str)]
        yield loss.bind(**{name: value for name, value in parameters.items() if name not in arrays}), arrays


def trials(loss: Loss) -> Iterator[Trial]:
    declared = loss.declared
    for number, (bound, arrays) in enumerate(parameter_sets(loss)):
        rng = np.random.default_rng(number)
        values = {name: p.default for name, p in bound.params.items()}
        pred, target = inner(declared.prediction, DRAWN, rng), inner(declared.target_domain(values), DRAWN, rng)
        if not declared.target.ends_only:  # where the two are near, what depends on their difference is apart
            near = slice(0, DRAWN // 4)
            pred[near] = declared.prediction.clip(target[near] + 0.1 * rng.normal(size=DRAWN // 4))
        yield Trial(bound, pred, target, {name: inner(loss.params[name].kind.range, DRAWN, rng) for name in arrays})


def check_slopes(trial: Trial, of: str, slope: str, by: str) -> None:
    """Raise where a derivative of the reference is none: it must lie between the differences to either side."""
    x = {"pred": trial.pred, "target": trial.target, **trial.arrays}.get(by)
    if x is None:  # a parameter that is one number
        x = np.full(trial.pred.shape, float(trial.loss.params[by].default))
    middle = trial.reference(**{by: x})
    step = STEP * np.maximum(np.abs(x), 1e-3 if by != "pred" else 1.0)
    above, below = x + step, x - step
    f, up, down = (results[of] for results in (middle, trial.reference(**{by: above}), trial.reference(**{by: below})))
    with np.errstate(all="ignore"):
        right, left = (up - f) / (above - x), (f - down) / (x - below)
        noise = 64 * np.finfo(np.float64).eps * (np.abs(f) + np.abs(up) + np.abs(down)) / step
        room = np.abs(right - left) + noise + 1e-6 * np.abs(middle[slope])
        off = np.maximum(np.minimum(left, right) - middle[slope], middle[slope] - np.maximum(left, right)) - room
    declared = trial.loss.declared
    domain = {"pred": declared.prediction, "target": declared.target}.get(by) or trial.loss.params[by].range
    outside = _errors.lies_outside(below, domain) | _errors.lies_outside(above, domain)
    off[outside | (np.isnan(off) & ~np.isnan(middle[slope]))] = -np.inf
    if np.isnan(off).any():
        i = int(np.argmax(np.isnan(off)))
        raise ValueError(f"{trial.loss.name}: the {trial.word(slope)} of the reference is NaN at {trial.at(i)}")
    i = int(np.argmax(off))
    if off[i] > 0:
        found, wanted = float(middle[slope][i]), float((left[i] + right[i]) / 2)
        source = trial.word(of) if of == "value" else f"gradient{'' if by == 'pred' else f' by {by}'}"
        raise ValueError(
            f"{trial.loss.name}: the {trial.word(slope)} of the reference is wrong: at {trial.at(i)} it is {found:.6g}, and "
            f"differences of the {source} give {wanted:.6g}, {abs(found - wanted):.2g} away; check=False skips this check"
        )


def check_kernels(trial: Trial, dtype: np.dtype[Any]) -> None:
    """Raise where the kernels give something else than the reference, of numbers as close as a few units in the last place."""
    single = trial._replace(
        pred=trial.loss.declared.prediction.clip(trial.pred.astype(dtype)).astype(np.float64),
        target=trial.target.astype(dtype).astype(np.float64),
        arrays={name: x.astype(dtype).astype(np.float64) for name, x in trial.arrays.items()},
    )
    given = {name: x.astype(dtype) for name, x in single.arrays.items()}
    case = _verify.Case(trial.loss, dtype, False, trial.loss.name, tuple(given))
    pairs = _verify.kernel_results(case, _core.get_tier(), single.pred.astype(dtype), single.target.astype(dtype), given)
    wanted = single.reference()
    moved = np.abs(single.pred) * 8 * float(np.finfo(dtype).eps)
    near = [single.reference(pred=trial.loss.declared.prediction.clip(single.pred + sign * moved)) for sign in (-1, 1)]
    relative, absolute = CLOSE[dtype.name]
    for found in pairs:
        for name, x in found.items():
            every = np.array([wanted[name], *(results[name] for results in near)])
            with np.errstate(all="ignore"):
                room = relative * np.abs(wanted[name]) + absolute * float(np.nanmedian(np.abs(wanted[name])))
                low, high = every.min(axis=0) - room, every.max(axis=0) + room
                bad = ~(((x >= low) & (x <= high)) | (np.isnan(x) & np.isnan(wanted[name])) | (x == wanted[name]))
            beyond = np.abs(wanted[name]) > float(np.finfo(dtype).max)
            bad &= ~beyond
            if bad.any():
                with np.errstate(all="ignore"):
                    off = np.where(bad, np.nan_to_num(np.abs(x - wanted[name]), nan=np.inf), -1)
                i = int(np.argmax(off))
                raise ValueError(
                    f"{trial.loss.name}: the {trial.word(name)} of the body is wrong in {dtype.name}: at {single.at(i)} it is "
                    f"{float(x[i]):.6g}, and the reference gives {float(wanted[name][i]):.6g}; check=False skips this check"
                )


def check(loss: Loss) -> None:
    """Raise ValueError where a derivative of the reference or a result of the kernels is wrong: where, and by how much."""
    second = loss.declared.second
    for trial in trials(loss):
        check_slopes(trial, "value", "grad", "pred")
        check_slopes(trial, "grad", "hess", "pred")
        if second:
            check_slopes(trial, "value", "second_grad", second)
            if not loss.declared.differentiable_target:
                check_slopes(trial, "second_grad", "second_hess", second)
        for dtype in _verify.DTYPES:
            check_kernels(trial, dtype)


class Line(NamedTuple):
    """The worst error of an output: in units in the last place, and where it was found."""

    call: str
    dtype: str
    output: str
    error: float
    bound: float
    pred: Any
    target: Any
    found: Any
    expected: Any


class Report(tuple[Line, ...]):
    """What `verify` measured: a tuple of lines, which shows itself as a table.

    Attributes
    ----------
    passed : bool
        Whether every error is within its bound.
    """

    __slots__ = ()

    @property
    def passed(self) -> bool:
        return all(line.error <= line.bound for line in self)

    def __repr__(self) -> str:
        worst: dict[tuple[str, str], Line] = {}
        for line in self:
            key = line.dtype, line.output
            worst[key] = max(worst.get(key, line), line, key=lambda one: one.error)
        rows = [f"{'dtype':8} {'output':12} {'worst ulp':>10} {'bound':>6}  where"]
        for line in worst.values():
            where = f"pred = {line.pred}, target = {line.target}" + (f" ({line.call})" if line.error > line.bound else "")
            rows.append(f"{line.dtype:8} {line.output:12} {line.error:10.3g} {line.bound:6g}  {where}")
        return "\n".join(rows)


def report_of(loss: Loss, samples: int, seed: int) -> Report:
    lines, tier = [], _core.get_tier()
    for bound, arrays in parameter_sets(loss):
        for dtype in _verify.DTYPES:
            parameters = [f"{name}={value!r}" for name, value in bound.bound.items()] + [f"{name}=array" for name in arrays]
            call = f"{loss.name}({', '.join(parameters)})"
            case = _verify.Case(bound, dtype, False, call, tuple(arrays))
            for output, worst in _verify.worst(case, [tier], samples, seed)[tier].items():
                given = worst.inputs["pred"], worst.inputs["target"]
                numbers = worst.error, _verify.bound(case, output), *given, worst.found, worst.expected
                lines.append(Line(call, dtype.name, output, *numbers))
    return Report(lines)
