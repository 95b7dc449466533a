"""Losses as scores of fitted models: `scorer`, for scikit-learn's ``scoring=``.

A loss takes (pred, target); what scikit-learn's `make_scorer` is given is called with (true, predicted), and larger scores
are better to it: ``make_scorer(fastloss.quantile)`` is another number. What `scorer` makes asks the model for what the loss
takes. scikit-learn is imported when a scorer is made, not with this module.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastloss._loss import Loss
    from fastloss._scorer import Scorer

__all__ = ["scorer"]


def scorer(loss: Loss, *, response_method: str | None = None, **parameters: Any) -> Scorer:
    """Make a loss a scorer of scikit-learn: minus the mean loss of what a fitted model predicts.

    Parameters
    ----------
    loss : Loss
        A loss of `fastloss.losses`.
    response_method : {"predict", "predict_proba", "decision_function"}, optional
        The method of the model whose results the loss takes as they are. None: as in Notes.
    **parameters
        Parameters of the loss.

    Returns
    -------
    Scorer
        Callable as ``scorer(estimator, X, y, sample_weight=None)``, for ``scoring=`` of `cross_val_score`, `GridSearchCV` and
        others, alone or in a dictionary; picklable, and equal to another one of an equal loss.

    Raises
    ------
    TypeError
        For what is no loss of one prediction, and for a parameter that the loss does not have.
    ValueError
        For a parameter outside its range; when called, for classes that the loss cannot take, for a label of `y` that the
        model has not seen, and for a regressor's prediction that has no logarithm where the loss takes one.

    Notes
    -----
    Larger is better, so losses have a minus; `selected_log_probs`, which is no loss, has none. Of a classifier labels of any
    type are taken in the order of its ``classes_``. The loss is given:

    * the probabilities of `predict_proba`, or their logarithms, where it is one of those, such as `binary_cross_entropy` and
      `nll`: of the second class, where the loss is of an element, else of all;
    * margins, where it is of those, such as `hinge` and `cross_entropy`: of `decision_function`, or of a classifier that has
      none, for losses whose margins become probabilities, log-odds or logarithms of `predict_proba`;
    * of a regressor what it predicts; its logarithm or log-odds, where the loss takes these, such as `poisson`.

    ``sample_weight`` is that of the score: `GridSearchCV` passes its own on, `cross_val_score` where scikit-learn routes
    metadata and ``set_score_request(sample_weight=True)`` asked for it.

    Examples
    --------
    >>> import fastloss as fl
    >>> from fastloss.metrics import scorer
    >>> from sklearn.dummy import DummyRegressor
    >>> model = DummyRegressor(strategy="constant", constant=2.0).fit([[0.0]], [2.0])
    >>> scorer(fl.quantile, q=0.9)(model, [[0.0], [0.0]], [3.0, 1.0])
    -0.5
    """
    from fastloss._scorer import Scorer, scored

    return Scorer(scored(scorer, loss, parameters), response_method)
