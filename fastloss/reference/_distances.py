"""Losses of two or three vectors: angles, distances, correlation, and normal distributions that they describe."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastloss._registry import PROBABILITY, SIGN, Argument, CosineMargin, Exponent, Flag, Margin, NonNegative, sums

FIRST, SECOND = Argument("first"), Argument("second")


@sums(FIRST, SECOND, Argument("label", SIGN, each="loss", differentiable=False), smoothness=0, value_unit=1.0)
def cosine_embedding(
    first: Any, second: Any, label: Any, total: Any, *, margin: CosineMargin = 0.0, eps: NonNegative = 1e-12
) -> tuple[Any, ...]:
    """Cosine embedding loss: the angle of two vectors that belong together, the nearness of two that do not.

    With a and b the two vectors, summed over `axis`::

        l = 1 - c             where label is 1
            max(0, c - margin)  where it is -1,    c = Σ a b / √((Σ a² + eps) (Σ b² + eps))

    Parameters
    ----------
    first, second : array_like
        Vectors along `axis`, of one shape.
    label : array_like
        1 where the two belong together, -1 where they do not: one a pair, of the shape of `first` without `axis`.
    margin : float, default 0.0
        The cosine below which two that do not belong together are left alone, within [-1, 1].
    eps : float, default 1e-12
        Added to the square of each length, within [0, inf), as PyTorch does.

    Notes
    -----
    The cosine of a vector without length is 0 where `eps` is 0, and has no gradient. `wrt=` asks for derivatives by one of the
    two alone.

    References
    ----------
    Chopra, S., Hadsell, R., LeCun, Y. (2005). Learning a similarity metric discriminatively. CVPR.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.cosine_embedding([[1.0, 0.0], [1.0, 1.0]], [[1.0, 0.0], [0.0, 2.0]], [1, -1], reduction="none").round(4)
    array([0.    , 0.7071])
    """
    a, b = total(first**2) + eps, total(second**2) + eps
    size = np.sqrt(a) * np.sqrt(b)
    cosine = np.where(size == 0, 0, total(first * second) / size)
    beyond = cosine - margin
    value = np.where(label > 0, 1 - cosine, np.where(beyond <= 0, 0, beyond))
    value = np.where(label != label, label, value)
    by_cosine = np.where(label > 0, -1, np.where(beyond > 0, 1, 0)) + 0 * value
    plain = (by_cosine == 0) | (size == 0)

    def by(x: Any, y: Any, square: Any) -> Any:
        return np.where(plain, 0, by_cosine * (y / size - cosine * x / square))

    return value, by(first, second, a), by(second, first, b)
