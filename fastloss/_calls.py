"""Which argument of a call is which: those given by position and by name, and what is said of a call that fits no signature."""

from __future__ import annotations

from typing import Any

from fastloss import _advice

__all__ = ["all_arguments", "arguments", "called", "positional", "two_weights", "unknown_keyword"]


def called(kernel: Any) -> str:
    """An entry point as it is called: the value has no name of its own."""
    name: str = kernel.loss.name
    return name if kernel.__name__ == "value" else f"{name}.{kernel.__name__}"


def positional(kernel: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, Any, dict[str, Any]]:
    """pred and target from any mix of positions and keywords."""
    given, rest = arguments(kernel, args, kwargs)
    return given["pred"], given.get("target"), rest


def arguments(kernel: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What may be given by position, by name, from any mix of positions and keywords; and the other keywords."""
    parameters = kernel.__signature__.parameters.values()
    first = [p for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
    names = [p.name for p in first]
    if len(args) > len(first):
        raise too_many(kernel, names, args)
    given = dict(zip(names, args, strict=False))
    for name in kwargs:
        if name in given:
            raise twice(kernel, name)
        if name not in kernel.__signature__.parameters:
            raise unknown_keyword(kernel, name)
    given |= {name: kwargs[name] for name in names if name in kwargs}
    for p in first:
        if p.name not in given and p.default is p.empty:
            raise TypeError(f"{called(kernel)} is missing an argument: {p.name}; it takes {signature_of(kernel)}")
    return given, {name: value for name, value in kwargs.items() if name not in names}


def all_arguments(kernel: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """Every argument by name, defaults too; sample weights have one name."""
    given, rest = arguments(kernel, args, kwargs)
    if "sample_weight" in rest and kernel.loss.declared.weight_name == "weight":
        if "weight" in rest:
            raise two_weights(kernel)
        rest["weight"] = rest.pop("sample_weight")
    defaults = {p.name: p.default for p in kernel.__signature__.parameters.values() if p.default is not p.empty}
    return {**defaults, **given, **rest}


def signature_of(kernel: Any) -> str:
    parameters = kernel.__signature__.parameters.values()
    first = ", ".join(p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD)
    return f"({first}) and the keywords {', '.join(keywords_of(kernel))}"


def keywords_of(kernel: Any) -> list[str]:
    return [p.name for p in kernel.__signature__.parameters.values() if p.kind is p.KEYWORD_ONLY]


def twice(kernel: Any, name: str) -> TypeError:
    return TypeError(f"{called(kernel)} was given {name!r} by position and as a keyword; it takes {signature_of(kernel)}")


def too_many(kernel: Any, names: list[str], args: tuple[Any, ...]) -> TypeError:
    """More positional arguments than there are; what follows them may be a parameter, which is a keyword."""
    keywords, hints = keywords_of(kernel), []
    own = [name for name in keywords if name in getattr(kernel.loss, "params", ())]
    # Where a linear layer has the matrix `weight`, sample weights have one name.
    weight = "weight" if "weight" in keywords else "sample_weight"
    for value in args[len(names) :]:
        is_array = not isinstance(value, (int, float, str, bool, type(None)))
        if isinstance(value, str):
            found = "reduction" if "reduction" in keywords else None
        else:
            fitting = [name for name in own if is_array or takes(kernel.loss.params[name], value)]
            found = next((name for name in ([weight, *fitting] if is_array else fitting) if name in keywords), None)
        if found is not None:
            keywords.remove(found)
            own = [name for name in own if name != found]
            hints.append(f"{found}=..." if is_array else f"{found}={value!r}")
    hint = f"; say {', '.join(hints)}" if hints else ""
    return TypeError(
        f"{called(kernel)} takes {listed(names)} as positional arguments, and was given {len(args)}; all else is a "
        f"keyword{hint}; it has: {', '.join(keywords_of(kernel))}"
    )


def listed(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def takes(parameter: Any, value: Any) -> bool:
    """Whether a value may be that of a parameter."""
    try:
        parameter.check(value)
    except (TypeError, ValueError):
        return False
    return True


def unknown_keyword(kernel: Any, name: str) -> TypeError:
    known = keywords_of(kernel)
    if name in kernel.__signature__.parameters and name not in known:
        return twice(kernel, name)
    declared = kernel.loss.declared
    hint = _advice.logits(declared, name) or _advice.keyword(name, kernel.__signature__.parameters, declared)
    return TypeError(f"{called(kernel)} has no keyword {name!r}{hint}; it has: {', '.join(known)}")


def two_weights(kernel: Any) -> TypeError:
    return TypeError(f"{called(kernel)} was given weight and sample_weight, which are two names of one argument")
