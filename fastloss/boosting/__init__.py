"""Objectives for gradient boosters and optimisers: any loss of fastloss in XGBoost, LightGBM, CatBoost, scikit-learn and SciPy.

`objective` makes one object that XGBoost and LightGBM take in their own and in their scikit-learn interface, with the
starting score, the metric for early stopping and the inverse link that belong to it; `catboost_objective`, `sklearn_loss`
and `minimize_objective` are the same for CatBoost, for scikit-learn's HistGradientBoosting and for `scipy.optimize`.

None of these libraries is imported with this module. docs/boosting.md tells what each computes of a loss.
"""

from fastloss.boosting._catboost import CatBoostMetric, CatBoostObjective, catboost_objective
from fastloss.boosting._objective import Metric, Objective, objective
from fastloss.boosting._scipy import LinearObjective, minimize_objective
from fastloss.boosting._sklearn import sklearn_loss

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
