"""What a gradient booster needs to know of a loss beside its derivatives: the words of its declaration, given their meaning.

The conventions called "xgboost-3.2", "xgboost-3.4" and "lightgbm" are what these libraries compute of their own objective;
docs/boosting.md says of which.
"""

from __future__ import annotations

import importlib.util
import re
import sys
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from fastloss._boosting_words import Boosting
from fastloss._loss import Loss
from fastloss._registry import registry
from fastloss.boosting._conventions import CONVENTIONS, SETS, Constant, Convention
from fastloss.boosting._curvatures import JUMPS, PRODUCTS
from fastloss.boosting._links import LINKS, Link
from fastloss.boosting._margins import Margins
from fastloss.boosting._starts import CLOSED_FORMS, Start

__all__ = [
    "HESSIANS",
    "XGBOOST",
    "Traits",
    "traits_from",
    "traits_of",
    "xgboost_of_today",
]

#: The versions from which on XGBoost computes what it does up to the next of them, the oldest first.
XGBOOST = ("3.2", "3.4")
HESSIANS = (
    "exact",
    "descent",
    "upper_bound",
    "constant",
    "xgboost",
    *(f"xgboost-{version}" for version in XGBOOST),
    "lightgbm",
)


def no_jumps(parameters: Mapping[str, Any]) -> np.ndarray:
    return np.empty(0)


def version_of(package: str) -> str | None:
    """The version of what is imported or would be, by the file that it reads: two packages may have brought one folder."""
    if package in sys.modules:
        return getattr(sys.modules[package], "__version__", None)
    spec = importlib.util.find_spec(package)
    for folder in (spec and spec.submodule_search_locations) or ():
        file = Path(folder) / "VERSION"
        if file.is_file():
            return file.read_text(encoding="utf-8").strip()
    return None


def xgboost_of_today() -> str:
    """The name of the convention of the XGBoost installed; of the newest that is known, where there is none."""
    found = re.match(r"(\d+)\.(\d+)", version_of("xgboost") or "")
    numbers = [tuple(map(int, version.split("."))) for version in XGBOOST]
    if found is None:
        return f"xgboost-{XGBOOST[-1]}"
    installed = tuple(map(int, found.groups()))
    if installed > numbers[-1]:
        warnings.warn(
            f"XGBoost {found[0]} is installed, and hessian='xgboost' is taken for 'xgboost-{XGBOOST[-1]}', the newest known "
            "here; name the version that is meant",
            stacklevel=4,
        )
    return f"xgboost-{XGBOOST[max((i for i, version in enumerate(numbers) if version <= installed), default=0)]}"


@dataclass(frozen=True)
class Traits:
    """What boosters need to know of a loss.

    Attributes
    ----------
    hessians : mapping of str to Convention
        The conventions that have a meaning for the loss, the default first; "constant" has one for all.
    link : Link
        From a margin to a prediction.
    start : callable, optional
        The optimal constant in closed form, from loss, targets and weights; it returns None for parameters for which there
        is none. Without it the constant is searched for.
    products : callable, optional
        The second derivatives of a row by two different margins, where the diagonal is not all and the matrix is positive
        semidefinite; it returns None for parameters with which it is not.
    renewed : bool
        Whether a leaf's best value is not a Newton step but the optimal constant of the residuals in it.
    level : str
        The parameter that may have a number for each of several margins of a sample, such as levels of quantiles.
    jumps : callable
        From the parameters, the margins at which the loss is not continuous.
    instead : str
        The name of the loss to take where this one is no loss of a margin.
    how : str
        What is to be done with that loss, if it is not the same.
    """

    hessians: Mapping[str, Convention]
    link: Link
    start: Start | None = None
    products: Callable[[Margins], np.ndarray | None] | None = None
    renewed: bool = False
    level: str = ""
    jumps: Callable[[Mapping[str, Any]], np.ndarray] = no_jumps
    instead: str = ""
    how: str = ""

    def of_levels(self, loss: Loss) -> np.ndarray | None:
        """Where a sample has a margin for each of several levels, these; else None."""
        numbers = np.asarray(loss.params[self.level].default) if self.level else np.empty(())
        return numbers if numbers.ndim == 1 else None

    def name_of(self, loss: Loss, hessian: str | None) -> str:
        """The name in `hessians` of what was asked for: "xgboost" is that of the XGBoost installed, None the default."""
        several = self.of_levels(loss) is not None
        names = [name for name, convention in self.hessians.items() if not (several and convention.of_one_level)]
        if hessian is None:
            return names[0]
        if any(name.startswith("xgboost-") for name in names):
            names.append("xgboost")
        is_text = isinstance(hessian, str)
        name = xgboost_of_today() if is_text and hessian == "xgboost" in names else hessian
        if not is_text or name not in names:
            meant = "" if name is hessian else f", here {name!r},"
            accepted = ", ".join(sorted(names, key=HESSIANS.index))
            raise ValueError(f"hessian = {hessian!r}{meant} has no meaning for {loss.name}; accepted: {accepted}")
        return name


def by_versions(given: Any) -> dict[str, Any]:
    """What is said of XGBoost by the names of its versions: one word for all, or one for each, in the order of `XGBOOST`."""
    each = given if isinstance(given, tuple) else (given,) * len(XGBOOST)
    if len(each) != len(XGBOOST):
        raise ValueError(f"XGBoost's versions are {', '.join(XGBOOST)}, and {len(each)} conventions are given")
    return {f"xgboost-{version}": one for version, one in zip(XGBOOST, each, strict=True) if one is not None}


def found(kind: str, word: str, known: Mapping[str, Any]) -> Any:
    """What a word means; that of "" is nothing."""
    if word and word not in known:
        raise ValueError(f"there is no {kind} {word!r}; there are: {', '.join(known)}")
    return known.get(word)


def conventions_of(words: Boosting) -> dict[str, Convention]:
    """The conventions of a loss by name, with the constant that all losses have; those of XGBoost are the last."""
    said: dict[str, Any] = {**(found("set of conventions", words.common, SETS) or {}), **words.hessians}
    of_xgboost = by_versions(said.pop("xgboost", None))
    said = {**said, "constant": said.get("constant", 1.0), **of_xgboost}
    for name in said:
        found("Hessian", name, dict.fromkeys(HESSIANS))
    return {
        name: found("convention", word, CONVENTIONS) if isinstance(word, str) else Constant(word) for name, word in said.items()
    }


@lru_cache(maxsize=1024)
def traits_from(name: str, words: Boosting) -> Traits:
    """What the words of a loss mean; an error names it."""
    try:
        return Traits(
            conventions_of(words),
            found("link", words.link, LINKS),
            found("start", words.start, CLOSED_FORMS),
            found("product", words.products, PRODUCTS),
            words.renewed,
            words.level,
            found("jump", words.jumps, JUMPS) or no_jumps,
            words.instead,
            words.how,
        )
    except ValueError as error:
        raise ValueError(f"boosting= of {name}: {error}") from None


for declared in registry.values():  # here, where a wrong word is met by who wrote it and not by who trains
    traits_from(declared.name, declared.boosting)


def traits_of(loss: Loss) -> Traits:
    """What is said of a loss where it is declared."""
    return traits_from(loss.name, loss.declared.boosting)
