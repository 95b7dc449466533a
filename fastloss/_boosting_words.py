"""What a loss says of boosters where it is declared: words alone, which `fastloss.boosting` gives their meaning.

They stand below the losses, which import no layer above them; and a program without a booster reads no formula of one.
"""

from __future__ import annotations

from typing import Any, TypeAlias

__all__ = ["BY_DERIVATIVES", "Boosting", "Word", "instead"]

#: What takes the place of the Hessian: a number for all samples, or what `CONVENTIONS` of `fastloss.boosting` has by this name.
Word: TypeAlias = str | float


class Boosting:
    """What a gradient booster needs to know of a loss beside its derivatives.

    A loss without a word has its exact Hessian or a constant one, the margin for a prediction, and a searched start.

    Attributes
    ----------
    common : str
        A set of conventions that many losses share, of `SETS`: "corner", "residual" or "reweighted".
    hessians : mapping of str to Word
        More conventions, by the names that users ask for them: `exact`, `descent`, `upper_bound`, `constant`, `xgboost`,
        `lightgbm`. The first of all is the default. XGBoost has one for all its versions or a tuple, with None for a version
        that has no such objective. The constant 1 is one of every loss, and need not be named where it is not the default.
    link : str
        From a margin to a prediction, of `LINKS`.
    start : str
        The optimal constant in closed form, of `CLOSED_FORMS`; without it the constant is searched for.
    products : str
        The second derivatives of a row by two different margins, of `PRODUCTS`, where the diagonal is not all and the matrix
        is positive semidefinite.
    renewed : bool
        Whether a leaf's best value is not a Newton step but the optimal constant of the residuals in it.
    level : str
        The parameter that may have a number for each of several margins of a sample, such as levels of quantiles.
    jumps : str
        From the parameters, the margins at which the loss is not continuous, of `JUMPS`.
    instead, how : str
        The loss to take where this one is no loss of a margin, and what is to be done with it, if it is not the same.
    """

    def __init__(
        self,
        common: str = "",
        *,
        link: str = "identity",
        start: str = "",
        products: str = "",
        renewed: bool = False,
        level: str = "",
        jumps: str = "",
        instead: str = "",
        how: str = "",
        **hessians: Word | tuple[Word | None, ...],
    ) -> None:
        self.common = common
        self.hessians: dict[str, Any] = hessians if hessians or common else {"exact": "hessian"}
        self.link, self.start, self.products, self.jumps = link, start, products, jumps
        self.renewed, self.level = renewed, level
        self.instead, self.how = instead, how


#: What is true of a loss that says nothing.
BY_DERIVATIVES = Boosting()


def instead(name: str, how: str = "") -> Boosting:
    """What a loss says that is none of a margin: the name of the loss to take."""
    return Boosting(instead=name, how=how)
