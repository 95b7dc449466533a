"""From what a booster passes to its starting score: the samples that count, a closed form or a search, and what is infinite."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastloss import _errors
from fastloss._loss import Loss, values_of
from fastloss.boosting import _search, _starts
from fastloss.boosting._checks import ignored_label, of_samples
from fastloss.boosting._margins import Margins
from fastloss.boosting._traits import Traits

__all__ = ["checked", "of_classes", "of_columns"]

NOTHING_COUNTS = "no sample counts: there is no best constant"


def checked(weight: Any, samples: int) -> np.ndarray:
    """What each sample counts, relative to others."""
    given = np.ones(samples) if weight is None else of_samples(weight, samples)
    bad = _errors.first_where(given, lambda x: ~((x >= 0) & (x < np.inf)))
    if bad is not None:
        raise ValueError(
            f"the weight of row {bad[0]} is {given[bad]}; a starting score takes finite ones that are not negative"
        )
    result = _starts.rescaled(given)
    if not result.any():
        raise ValueError(NOTHING_COUNTS)
    return result


def of_columns(of: Margins, weight: np.ndarray, traits: Traits) -> np.ndarray:
    """The best constant of each column of margins, or of the one that there is."""
    target, counted = of.target.reshape(len(weight), -1), weight > 0
    parameters = values_of(of.loss)
    limit, found = traits.link.limit, np.empty(target.shape[1])
    for j in range(target.shape[1]):
        params, operand = dict(parameters), ""
        for name in of.keywords.keys() & params.keys():
            array = np.broadcast_to(of.keywords[name], of.pred.shape).reshape(target.shape)[counted, j]
            params[name], operand = array if np.ptp(array) else float(array[0]), name
        column = _starts.Column(of.loss, target[counted, j].astype(np.float64), weight[counted], params, operand)
        constant = traits.start(column) if traits.start else None
        found[j] = _search.search(column, traits.link, traits.jumps(parameters)) if constant is None else constant
    return np.where(np.isfinite(found), found, np.clip(found, -limit, limit))


def with_ratios(loss: Loss, share: np.ndarray) -> Loss:
    """A loss whose largest class weight that counts is near 1: a start depends on their ratios alone."""
    given = values_of(loss)
    if given.get("class_weight") is None:
        return loss
    per_class = np.asarray(given["class_weight"], np.float64)
    return loss.bind(
        class_weight=_starts.rescaled(per_class if given.get("label_smoothing") else np.where(share > 0, per_class, 0))
    )


def of_classes(of: Margins, weight: np.ndarray, traits: Traits) -> np.ndarray:
    """The best row of margins."""
    target, counted = of.target, weight > 0
    if target.ndim == 1:
        counted &= target != ignored_label(of.loss)
        masses = np.bincount(target[counted], weight[counted], of.pred.shape[1])
        share = masses / (masses.sum() or 1.0)
    else:
        share = weight[counted] @ target[counted].astype(np.float64) / weight.sum()
    loss = with_ratios(of.loss, share)
    params = values_of(loss)
    rows = _starts.Rows(loss, share, params, labels=target.ndim == 1)
    if rows.labels and not (rows.mass.any() or (share.any() and params.get("label_smoothing"))):
        raise ValueError(NOTHING_COUNTS)
    found = traits.start(rows) if traits.start else None
    limit = traits.link.limit * params.get("temperature", 1.0)
    if found is None:
        found = _search.search_row(rows, limit)
    return np.where(np.isfinite(found), found, np.clip(found, -limit, limit))
