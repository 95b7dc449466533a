"""What may be bound to a loss: its parameters, and the keywords that all entry points share, with the words that these take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from fastloss import _advice, _errors
from fastloss._kinds import Parameter
from fastloss._registry import registry

__all__ = ["EMPTY", "OPTIONS", "REDUCTIONS", "by_value", "check_bound", "with_bound"]

REDUCTIONS = ("mean", "sum", "none")
#: What a mean is where nothing counts.
EMPTY = ("nan", "zero")

#: The keywords of entry points that may be bound as parameters are; and those values of them that say nothing.
OPTIONS = ("weight", "sample_weight", "reduction", "empty", "axis", "check_domain", "grad_dtype", "n_threads")
NOT_BOUND = {"empty": EMPTY[0], "axis": -1, "check_domain": True}


def check_bound(loss: str, known: Mapping[str, Parameter], parameters: Mapping[str, Any], options: Sequence[str] = ()) -> None:
    """Raise for a parameter to be bound that the loss does not have, or that is out of its range.

    `options` are further keywords that may be bound; they are not looked at.
    """
    names = [*known, *options]
    for name, value in parameters.items():
        if name not in names:
            hint = _advice.keyword(name, names, registry.get(loss))
            raise TypeError(f"{loss} has no parameter {name!r}{hint}; {loss}.bind takes: {', '.join(names) or 'none'}")
        if name in known:
            known[name].check(value)


def kept(value: Any) -> Any:
    """A value to be bound, as it is kept: an array as a copy that nobody can change, for its numbers are what it is."""
    if np.ndim(value) == 0:
        return value.item() if isinstance(value, np.generic | np.ndarray) else value
    array = np.array(value)
    array.flags.writeable = False
    return array


def kept_option(name: str, value: Any) -> Any:
    """What is kept of a keyword that is no parameter, checked; None where it says nothing."""
    if value is None and name != "reduction":
        return None
    match name:
        case "weight" | "sample_weight":
            return kept(_errors.readable_array(value, name))
        case "reduction":
            if not isinstance(value, str) or value not in REDUCTIONS:
                raise _errors.bad_reduction(value, REDUCTIONS)
            return str(value)
        case "empty":
            return _errors.choice(name, value, EMPTY)
        case "axis":
            return _errors.integer_axis(value)
        case "grad_dtype":
            return _errors.gradient_dtype(value)
        case "n_threads":
            return _errors.thread_count(value)
        case _:
            return _errors.flag(name, value)


def with_bound(
    bound: Mapping[str, Any],
    known: Mapping[str, Parameter],
    more: Mapping[str, Any],
    names: Mapping[str, str],
    several_axes: bool = False,
) -> dict[str, Any]:
    """What is bound, with `more`: parameters that are `known` and other keywords, of which some have two names."""
    found = dict(bound)
    for name, value in more.items():
        if name in known:
            found[name] = kept(known[name].check(value) if np.ndim(value) else value)
            continue
        ours = names.get(name, name)
        axes = name == "axis" and several_axes  # of which None is all
        found[ours] = _errors.integer_axes(value) if axes else kept_option(name, value)
        if (found[ours] is None and not axes) or (ours in NOT_BOUND and found[ours] == NOT_BOUND[ours]):
            del found[ours]
    return found


def by_value(value: Any) -> Any:
    """What is equal, and hashes alike, for values of parameters that are: arrays by their shape and numbers."""
    if np.ndim(value) == 0:
        return value
    numbers = np.asarray(value, np.float64) + 0.0  # of 0 and -0 one
    numbers[np.isnan(numbers)] = np.nan
    return numbers.shape, numbers.tobytes()
