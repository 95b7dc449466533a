"""The declaration of a user's loss: its arguments and parameters, read from the NumPy function that defines it."""

from __future__ import annotations

import inspect
import re
import typing
from collections.abc import Callable
from types import NoneType
from typing import Any

from fastloss import _core
from fastloss._kinds import Interval, Kind, Parameter
from fastloss._options import OPTIONS
from fastloss._registry import Declaration
from fastloss._shapes import POINTWISE

__all__ = ["declaration_of"]

#: The fields of `Declaration` that a user may say of a loss.
TRAITS = (
    "prediction",
    "target",
    "target_at",
    "optional_target",
    "differentiable_target",
    "smoothness",
    "kinks",
    "ulp",
    "reduction",
    "unit",
    "value_unit",
)
#: Keywords that have a meaning of their own in every call, or in those of other losses.
TAKEN = {*OPTIONS, *_core.CALL_FIELDS, "out", "wrt"}
#: FL_MAX_PARAMS of fastloss.h.
MOST_SCALARS = 5

PLAIN = {float: Kind(Interval(low_open=True, high_open=True)), int: Kind(Interval(-(2**53), 2**53), type=int),
         bool: Kind(Interval(0, 1, ends_only=True), type=bool)}  # fmt: skip


def kind_of(function: Callable[..., Any], name: str, hint: Any, default: Any) -> Kind:
    """What a parameter accepts, by its annotation; without one, by its default."""
    if kind := next((one for one in getattr(hint, "__metadata__", ()) if isinstance(one, Kind)), None):
        return kind
    members = set(typing.get_args(hint)) or {type(default) if hint is None else hint}
    (plain, *others) = members - {NoneType} or {None}
    if plain in PLAIN and not others:
        kind = PLAIN[plain]
        return Kind(kind.range, optional=NoneType in members, type=kind.type)
    raise TypeError(
        f"{name} of {function.__name__} is annotated as {hint!r}: annotate it with float, int, bool, or a kind of "
        "fastloss.custom such as Positive, or Annotated[float, Kind(Interval(0, 1))]"
    )


def hints_of(function: Callable[..., Any]) -> dict[str, Any]:
    try:
        return typing.get_type_hints(function, include_extras=True)
    except NameError as error:
        raise TypeError(f"an annotation of {function.__name__} cannot be read: {error}") from None


def check_signature(function: Callable[..., Any]) -> None:
    """Raise for what is no function (pred, target, *, parameter=default, ...)."""
    if not inspect.isfunction(function):
        raise TypeError(f"the reference must be a function of pred and target in NumPy; got {function!r:.80}")
    name = function.__name__
    if not re.fullmatch(r"[A-Za-z]\w*", name, re.ASCII):
        raise ValueError(f"a loss is called by the name of its reference, and {name!r} is none: define it with def")
    parameters = inspect.signature(function).parameters.values()
    positional = [p.name for p in parameters if p.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD]
    keywords = [p for p in parameters if p.kind is inspect.Parameter.KEYWORD_ONLY]
    if positional != ["pred", "target"] or len(positional) + len(keywords) != len(parameters):
        taken = inspect.signature(function)
        raise TypeError(f"{name} must take (pred, target, *, ...), its parameters by keyword alone; it takes {taken}")
    for p in keywords:
        if p.default is p.empty:
            raise TypeError(f"{p.name} of {name} has no default")
        if p.name in TAKEN:
            raise ValueError(f"{p.name} has a meaning of its own in every loss: call the parameter of {name} otherwise")


def declaration_of(function: Callable[..., Any], traits: dict[str, Any]) -> Declaration:
    check_signature(function)
    for trait in traits:
        if trait not in TRAITS:
            raise TypeError(f"a loss has no trait {trait!r}; it has: {', '.join(TRAITS)}")
    hints = hints_of(function)
    parameters = []
    for name, default in (function.__kwdefaults__ or {}).items():
        parameters.append(Parameter(name, default, kind_of(function, name, hints.get(name), default)))
        parameters[-1].check(default)
    arrays = [p.name for p in parameters if p.kind.array]
    if len(arrays) > 1 or any(p.kind.array == "classes" for p in parameters):
        raise ValueError(f"one parameter of {function.__name__} may be an array of elements; {' and '.join(arrays)} are to be")
    if len(parameters) - len(arrays) > MOST_SCALARS:
        raise ValueError(f"{function.__name__} has more than {MOST_SCALARS} parameters that are numbers")
    return Declaration(function.__name__, POINTWISE, function, tuple(parameters), **traits)
