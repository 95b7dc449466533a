"""Objectives for gradient boosters and optimisers: any loss of fastloss in XGBoost, LightGBM, CatBoost, scikit-learn and SciPy.

`objective` makes one object that XGBoost and LightGBM take in their own and in their scikit-learn interface, with the
starting score, the metric for early stopping and the inverse link that belong to it; `catboost_objective`, `sklearn_loss`
and `minimize_objective` are the same for CatBoost, for scikit-learn's HistGradientBoosting and for `scipy.optimize`.

`ObjectiveClassifier` and `ObjectiveRegressor` are estimators of scikit-learn that train one of a booster under an objective.

None of these libraries is imported with this module. docs/boosting.md tells what each computes of a loss.
"""

from typing import TYPE_CHECKING, Any

from fastloss.boosting._catboost import CatBoostMetric, CatBoostObjective, catboost_objective
from fastloss.boosting._objective import Metric, Objective, objective
from fastloss.boosting._scipy import LinearObjective, minimize_objective
from fastloss.boosting._sklearn import sklearn_loss

if TYPE_CHECKING:
    from fastloss.boosting._estimators import ObjectiveClassifier as ObjectiveClassifier
    from fastloss.boosting._estimators import ObjectiveRegressor as ObjectiveRegressor

__all__ = [
    "CatBoostMetric",
    "CatBoostObjective",
    "LinearObjective",
    "Metric",
    "Objective",
    "catboost_objective",
    "minimize_objective",
    "objective",
    "sklearn_loss",
]

# Not in __all__, for those who import all of it without scikit-learn.
ON_REQUEST = ("ObjectiveClassifier", "ObjectiveRegressor")


def __getattr__(name: str) -> Any:
    if name in ON_REQUEST:
        from fastloss.boosting import _estimators

        globals().update({made: getattr(_estimators, made) for made in _estimators.__all__})
        return globals()[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
