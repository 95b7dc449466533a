"""Losses made of losses: `feature_matching`, of lists of feature maps, and `gram`, whose matrices it compares for a style.

They compute nothing of an element themselves: errors are those of `absolute_error` and `squared_error`, which are given to
them where they are made, products are NumPy's.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from fastloss import _arrays, _core, _errors, _names
from fastloss._arguments import summed_axes
from fastloss._options import EMPTY, REDUCTIONS

__all__ = ["Composed", "FeatureMatching", "Gram", "composed"]

#: The losses of an element by the words of `norm=`.
NORMS: Mapping[str, str] = {"absolute": "absolute_error", "squared": "squared_error"}
DIVISORS = ("elements", "positions", "none")


class Composed:
    """What is made of losses: an object that is called for the value, with derivatives beside the call."""

    name: str
    family = "composed"

    def __init__(self, origin: str) -> None:
        self._origin = origin
        self.__name__ = self.__qualname__ = self.name

    def __repr__(self) -> str:
        return f"<{self._origin.replace('.', ' ')} function {self.name}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return _names.found, ("composed", self._origin, self.name)


# ---- feature maps ---------------------------------------------------------------------------------------------------


class FeatureMatching(Composed):
    """Feature matching: how far the features of one sample are from those of another, map by map.

    With f and g the maps of `preds` and `targets`, and w the weights::

        value      Σ w mean |f - g|;  under norm="squared" Σ w mean (f - g)²
        gradient   by each map f of its own term

    Parameters
    ----------
    preds, targets : list or tuple of array_like
        The feature maps, two of one shape at a time; one map may have another shape than the next. A map of `targets` that is
        one number is that number everywhere.
    weights : array_like, optional
        What each map counts: one finite number a map. None: 1. A map of weight 0 contributes exactly nothing.
    norm : {"absolute", "squared"}, default "absolute"
        Whether the errors of a map are absolute or squared; their mean is taken over all of its elements.
    reduction : {"sum", "mean", "none"}, default "sum"
        Of the maps: "sum" is Σ w·m of their means m, "mean" is that over Σ w, "none" gives w·m for each map.
    empty : {"nan", "zero"}, default "nan"
        What a mean over nothing is: of a map without elements, and under "mean" of weights that add up to 0.
    n_threads : int, optional
        Threads of this call. None: the library's limit.

    Returns
    -------
    value : float or ndarray
        Under "none" an array of float64, one number a map; else a Python float.

    Raises
    ------
    TypeError
        For maps that are not in a list or a tuple, or that do not hold real numbers in main memory.
    ValueError
        For lists of different lengths, maps whose shapes do not match, weights that are not one finite number a map, and
        unknown words.

    Notes
    -----
    With features of a trained network, which the caller computes, it is the perceptual loss [1]_; with those of a
    discriminator the loss that its name is from [2]_; of Gram matrices (`gram`) the style loss [3]_. The gradient by each map
    goes back through the network as any other does. `targets` are constants.

    References
    ----------
    .. [1] Johnson, J., Alahi, A., & Fei-Fei, L. (2016). Perceptual losses for real-time style transfer and
       super-resolution. European Conference on Computer Vision (ECCV), 694-711.
    .. [2] Salimans, T., Goodfellow, I., Zaremba, W., Cheung, V., Radford, A., & Chen, X. (2016). Improved techniques for
       training GANs. Advances in Neural Information Processing Systems (NeurIPS), 29, 2234-2242.
    .. [3] Gatys, L. A., Ecker, A. S., & Bethge, M. (2016). Image style transfer using convolutional neural networks. IEEE
       Conference on Computer Vision and Pattern Recognition (CVPR), 2414-2423.

    Examples
    --------
    >>> import fastloss as fl
    >>> preds, targets = [[[1.0, 2.0], [3.0, 4.0]], [1.0, -1.0]], [[[1.0, 2.0], [3.0, 0.0]], [0.0, 0.0]]
    >>> fl.feature_matching(preds, targets)
    2.0
    >>> fl.feature_matching(preds, targets, weights=[1.0, 0.5], norm="squared", reduction="none")
    array([4. , 0.5])
    >>> fl.feature_matching.grad(preds, targets, weights=[1.0, 0.5])[1]
    array([ 0.25, -0.25])
    """

    name = "feature_matching"

    def __init__(self, losses: Mapping[str, Any], origin: str = "fastloss") -> None:
        super().__init__(origin)
        self._losses = losses

    def __call__(
        self,
        preds: Sequence[ArrayLike],
        targets: Sequence[ArrayLike],
        *,
        weights: ArrayLike | None = None,
        norm: str = "absolute",
        reduction: str = "sum",
        empty: str = "nan",
        n_threads: int | None = None,
    ) -> Any:
        return self._evaluate("value", preds, targets, weights, norm, reduction, empty, n_threads)[0]

    def grad(
        self,
        preds: Sequence[ArrayLike],
        targets: Sequence[ArrayLike],
        *,
        weights: ArrayLike | None = None,
        norm: str = "absolute",
        reduction: str = "sum",
        empty: str = "nan",
        grad_dtype: DTypeLike | None = None,
        out: Sequence[Any] | None = None,
        n_threads: int | None = None,
    ) -> list[NDArray[Any]]:
        """The gradient of `feature_matching` by each map of `preds`, as a list.

        Parameters are those of the value, and `grad_dtype` and `out` as of every loss, `out` a list of one array a map or
        None. Under "none" the gradients are those of each map's own term. On an error `out` is untouched.
        """
        options = {"grad_dtype": grad_dtype, "out": out}
        return self._evaluate("grad", preds, targets, weights, norm, reduction, empty, n_threads, **options)[1]

    def value_and_grad(
        self,
        preds: Sequence[ArrayLike],
        targets: Sequence[ArrayLike],
        *,
        weights: ArrayLike | None = None,
        norm: str = "absolute",
        reduction: str = "sum",
        empty: str = "nan",
        grad_dtype: DTypeLike | None = None,
        out: Sequence[Any] | None = None,
        n_threads: int | None = None,
    ) -> tuple[Any, list[NDArray[Any]]]:
        """The value of `feature_matching` and its gradient by each map of `preds`, in one pass.

        Parameters are those of `grad`; returned are the value and the list of gradients.
        """
        options = {"grad_dtype": grad_dtype, "out": out}
        return self._evaluate("value_and_grad", preds, targets, weights, norm, reduction, empty, n_threads, **options)

    def _evaluate(
        self,
        entry_point: str,
        preds: Any,
        targets: Any,
        weights: Any,
        norm: str,
        reduction: str,
        empty: str,
        n_threads: int | None,
        grad_dtype: Any = None,
        out: Any = None,
    ) -> tuple[Any, list[Any]]:
        if reduction not in REDUCTIONS:
            raise _errors.bad_reduction(reduction, REDUCTIONS)
        loss = self._losses[NORMS[_errors.choice("norm", norm, tuple(NORMS))]]
        _errors.choice("empty", empty, EMPTY)
        maps = _maps(preds, targets)
        counts = _counts(weights, len(maps), reduction, empty)
        places = _checked_places(out, preds, maps, grad_dtype) if out is not None else [None] * len(maps)
        entry = loss if entry_point == "value" else getattr(loss, entry_point)
        values, gradients = [], []
        for i, ((pred, target), count, place) in enumerate(zip(maps, counts, places, strict=True)):
            options: dict[str, Any] = {"n_threads": n_threads}
            if count == 1 or (pred.size == 0 and count != 0):
                options |= {"reduction": "mean", "empty": empty}
            else:
                options |= {"reduction": "sum", "weight": count / max(pred.size, 1)}
            if entry_point != "value":
                options |= {"grad_dtype": grad_dtype, "out": place}
            try:
                result = entry(pred, target, **options)
            except (TypeError, ValueError) as error:
                raise type(error)(f"map {i}: {error}") from error
            value, gradient = result if entry_point == "value_and_grad" else (result, result)
            values.append(value)
            gradients.append(gradient)
        if entry_point == "grad":
            return None, gradients
        return np.array(values, np.float64) if reduction == "none" else math.fsum(values), gradients


def _maps(preds: Any, targets: Any) -> list[tuple[np.ndarray, np.ndarray]]:
    """The maps in pairs, as arrays of shapes that match."""
    for maps, name in ((preds, "preds"), (targets, "targets")):
        if not isinstance(maps, (list, tuple)):
            raise TypeError(f"{name} of type {type(maps).__name__}: a list or tuple of feature maps is accepted; [x] holds one")
    if len(preds) != len(targets):
        raise ValueError(f"preds has {len(preds)} maps but targets has {len(targets)}; wanted: as many")
    found = []
    for i, (pred, target) in enumerate(zip(preds, targets, strict=True)):
        arrays = _errors.readable_array(pred, f"preds[{i}]"), _errors.readable_array(target, f"targets[{i}]")
        if arrays[1].ndim and arrays[0].shape != arrays[1].shape:
            raise ValueError(
                f"preds[{i}] has shape {arrays[0].shape} but targets[{i}] has shape {arrays[1].shape}; wanted: one shape"
            )
        found.append(arrays)
    return found


def _counts(weights: Any, n: int, reduction: str, empty: str) -> list[float]:
    """What the mean of each map is multiplied by."""
    counts = np.ones(n) if weights is None else _errors.readable_array(weights, "weights").astype(np.float64)
    if counts.shape != (n,):
        raise ValueError(f"weights has shape {counts.shape}; wanted: one number a map, of shape ({n},)")
    if not np.isfinite(counts).all():
        where = int(np.flatnonzero(~np.isfinite(counts))[0])
        raise ValueError(f"weights[{where}] = {counts[where]}: finite numbers are accepted")
    if reduction == "mean":
        total = math.fsum(counts)
        counts = counts / total if total else np.full(n, 0.0 if empty == "zero" else np.nan)
    return [float(count) for count in counts]


def _checked_places(out: Any, preds: Any, maps: Sequence[tuple[np.ndarray, np.ndarray]], grad_dtype: Any) -> list[Any]:
    """The arrays of `out`, all of them fit to be written to before one is."""
    if not isinstance(out, (list, tuple)) or len(out) != len(maps):
        what = f"has {len(out)} arrays" if isinstance(out, (list, tuple)) else f"is of type {type(out).__name__}"
        raise ValueError(f"out {what}; wanted: a list of {len(maps)}, one a map, or None in the place of one")
    lent = [None if place is None else _arrays.as_lent(place) for place in out]
    for i, place in enumerate(lent):
        if place is None:
            continue
        pred = maps[i][0]
        dtype = pred.dtype if pred.dtype.kind == "f" or pred.dtype.name in _arrays.HALVES else np.dtype(np.float64)
        wanted = dtype if grad_dtype is None else _errors.gradient_dtype(grad_dtype)
        _arrays.check_place(place, f"out[{i}]", pred, f"preds[{i}]", wanted)
        in_place = place.ctypes.data == pred.ctypes.data and place.strides == pred.strides and place.dtype == pred.dtype
        others = [array for j, pair in enumerate(maps) for array in (pair[1:] if in_place and j == i else pair)]
        if any(_arrays.overlap(place, array) for array in others):
            raise ValueError(f"out[{i}] overlaps an input; only preds[{i}] itself may be written to")
        if any(other is not None and _arrays.overlap(place, other) for other in lent[:i]):
            raise ValueError("two arrays of out overlap")
    return list(out)


# ---- Gram matrices --------------------------------------------------------------------------------------------------


class Gram(Composed):
    """Gram matrices of feature maps: how much each two channels occur together, wherever that is.

    With F the features of a sample, one row a channel and one column a position::

        value      F F' / d,              d the number of elements of F
        vjp        (A + A') F / d,        A the cotangent

    Parameters
    ----------
    features : array_like
        Feature maps, of any shape that has channels and positions, such as (samples, channels, height, width).
    axis : int or tuple of int, default (-2, -1)
        The axes of positions, which are summed over. Of the other axes the last is that of channels, and those before it are
        of samples: (1, 2) where channels come last, -1 of features (samples, channels, time).
    divisor : {"elements", "positions", "none"}, default "elements"
        What d is: the number of a sample's elements, or of its positions, or 1.

    Returns
    -------
    gram : ndarray
        Of the shape (samples, channels, channels), and of the dtype of `features`; float32 where that is half precision,
        float64 where it holds integers.

    Raises
    ------
    TypeError
        For what does not hold real numbers in main memory.
    ValueError
        For axes that there are not, or that leave none for the channels, and for an unknown word.

    Notes
    -----
    Gram matrices tell the style of an image, and `feature_matching` of them with ``norm="squared"`` is the style loss [1]_. By
    default they are divided by all that a sample has, as in [2]_. The products are of NumPy, whose threads `n_threads`
    says nothing of.

    References
    ----------
    .. [1] Gatys, L. A., Ecker, A. S., & Bethge, M. (2016). Image style transfer using convolutional neural networks. IEEE
       Conference on Computer Vision and Pattern Recognition (CVPR), 2414-2423.
    .. [2] Johnson, J., Alahi, A., & Fei-Fei, L. (2016). Perceptual losses for real-time style transfer and
       super-resolution. European Conference on Computer Vision (ECCV), 694-711.

    Examples
    --------
    >>> import fastloss as fl
    >>> features = [[[1.0, 2.0]], [[3.0, 4.0]]]  # two channels of one row of two pixels
    >>> fl.gram(features, divisor="none")
    array([[ 5., 11.],
           [11., 25.]])
    >>> fl.gram.vjp(features, [[1.0, 0.0], [0.0, 0.0]], divisor="none")
    array([[[2., 4.]],
    <BLANKLINE>
           [[0., 0.]]])
    """

    name = "gram"

    def __init__(self, origin: str = "fastloss") -> None:
        super().__init__(origin)

    def __call__(
        self, features: ArrayLike, *, axis: int | tuple[int, ...] = (-2, -1), divisor: str = "elements"
    ) -> NDArray[Any]:
        given = _errors.readable_array(features, "features")
        F, _ = _channels_by_positions(given, axis)
        with np.errstate(all="ignore"):
            result: NDArray[Any] = np.matmul(F, F.swapaxes(-1, -2))
            result /= _divisor(divisor, F)
        return result

    def vjp(
        self,
        features: ArrayLike,
        cotangent: ArrayLike,
        *,
        axis: int | tuple[int, ...] = (-2, -1),
        divisor: str = "elements",
        out: Any = None,
    ) -> NDArray[Any]:
        """The gradient of ``sum(cotangent * gram(features))`` by the features: a vector-Jacobian product.

        Parameters are those of the value; `cotangent`, an array of the shape of the Gram matrices, such as their gradient
        under `feature_matching`; and `out`, an array of the shape and dtype of `features` that receives the product, and may
        be `features` itself. Returned is an array of that shape and dtype.
        """
        given = _errors.readable_array(features, "features")
        F, order = _channels_by_positions(given, axis)
        A = _errors.readable_array(cotangent, "cotangent").astype(F.dtype, copy=False)
        if A.shape != (*F.shape[:-1], F.shape[-2]):
            wanted = (*F.shape[:-1], F.shape[-2])
            raise ValueError(f"cotangent has shape {A.shape} but Gram matrices have shape {wanted}; wanted: one of that shape")
        place = _core.new_like(given, F.dtype if given.dtype.kind in "biu" else given.dtype)
        if out is not None:
            lent = _arrays.as_lent(out)
            _arrays.check_place(lent, "out", given, "features", place.dtype)
            place = lent
        with np.errstate(all="ignore"):
            product = np.matmul((A + A.swapaxes(-1, -2)) / _divisor(divisor, F), F)
            moved = place.transpose(order)
            moved[...] = product.reshape(moved.shape)
        return place if out is None else out


def _channels_by_positions(given: np.ndarray, axis: Any) -> tuple[np.ndarray, tuple[int, ...]]:
    """Features as (samples, channels, positions), a view where strides allow, of a type that is computed in; and the order of
    the axes that it took."""
    axes = summed_axes(axis, given, "features")
    others = [a for a in range(given.ndim) if a not in axes]
    if not axes or not others:
        raise ValueError(f"axis = {axis}, features of shape {given.shape}; wanted: axes of positions beside one of channels")
    order = (*others, *axes)
    moved = given.transpose(order)
    real = np.float32 if given.dtype.name in _arrays.HALVES else given.dtype if given.dtype.kind == "f" else np.float64
    shape = [given.shape[a] for a in others]
    return moved.reshape(*shape, math.prod(given.shape[a] for a in axes)).astype(real, copy=False), order


def _divisor(divisor: str, F: np.ndarray) -> np.floating[Any]:
    """What Gram matrices are divided by, in their own type."""
    channels, positions = F.shape[-2:]
    word = _errors.choice("divisor", divisor, DIVISORS)
    number = {"elements": channels * positions, "positions": positions, "none": 1}[word]
    result: np.floating[Any] = F.dtype.type(number)
    return result


def composed(losses: Mapping[str, Any], origin: str) -> _names.Named[Any]:
    """All that is made of losses, by name."""
    return _names.Named({"feature_matching": FeatureMatching(losses, origin), "gram": Gram(origin)})
