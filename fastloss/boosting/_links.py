"""The inverse links: from margins, the raw scores that a booster adds up, to predictions."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from fastloss import binary_cross_entropy_with_logits, log_softmax

__all__ = ["DISTANCE", "EXP", "HALF_LOGIT", "IDENTITY", "LINKS", "SIGMOID", "SOFTMAX", "Link"]


class Link(NamedTuple):
    """A link: its name in scikit-learn's private `_loss.link`, and its inverse."""

    name: str
    inverse: Callable[[np.ndarray], np.ndarray]
    #: Margins at which a probability or a rate is as small as 1e-15, as LightGBM bounds its starting scores; a constant that
    #: would be infinite, of a class without samples, stops here.
    limit: float
    #: The least margin that has a meaning.
    lowest: float = -np.inf


def _identity(margin: np.ndarray) -> np.ndarray:
    return margin


def _exp(margin: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):
        result: np.ndarray = np.exp(margin)
    return result


def _sigmoid(margin: np.ndarray) -> np.ndarray:
    # The gradient at the label 0 is the probability of 1.
    grad: np.ndarray = binary_cross_entropy_with_logits.grad(margin, np.zeros_like(margin), reduction="none")
    return grad


def _softmax(margin: np.ndarray) -> np.ndarray:
    log: np.ndarray = log_softmax(margin)
    np.exp(log, out=log)
    return log


LOG_SMALLEST = float(-np.log(1e-15))
IDENTITY = Link("IdentityLink", _identity, np.inf)
EXP = Link("LogLink", _exp, LOG_SMALLEST)
#: The margin of an exponential loss tends to half the log-odds.
HALF_LOGIT = IDENTITY._replace(limit=LOG_SMALLEST / 2)
DISTANCE = IDENTITY._replace(lowest=0.0)
SIGMOID = Link("LogitLink", _sigmoid, LOG_SMALLEST)
SOFTMAX = Link("MultinomialLogit", _softmax, LOG_SMALLEST)

#: The links by the names that losses give them where they are declared.
LINKS = {
    "identity": IDENTITY,
    "exp": EXP,
    "half_logit": HALF_LOGIT,
    "distance": DISTANCE,
    "sigmoid": SIGMOID,
    "softmax": SOFTMAX,
}
