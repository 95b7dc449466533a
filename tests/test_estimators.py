"""Objectives and metrics as objects of scikit-learn: equality, copies, parameters, searches; and estimators of classes."""

from __future__ import annotations

import copy
import importlib
import pickle
import subprocess
import sys
import warnings

import numpy as np
import pytest

import fastloss as fl
from fastloss import boosting

base = pytest.importorskip("sklearn.base")
ensemble = importlib.import_module("sklearn.ensemble")
model_selection = importlib.import_module("sklearn.model_selection")
from fastloss.boosting import ObjectiveClassifier, ObjectiveRegressor  # noqa: E402

RNG = np.random.default_rng(0)
X = RNG.normal(size=(240, 3))
SCORE = 2 * X[:, 0] + X[:, 1] + RNG.normal(size=240)
TWO = np.where(SCORE > 0, "yes", "no")
THREE = np.array(["b", "c", "a"])[np.digitize(SCORE, [-1, 1])]
WEIGHT = RNG.uniform(0.5, 2, 240)
FOCAL = {"gamma": 1.5, "alpha": None}


def estimator(library: str, regression: bool = False, **more):
    module = pytest.importorskip(library)
    kind = "Regressor" if regression else "Classifier"
    if library == "catboost":
        settings = {"iterations": 8, "learning_rate": 0.3, "verbose": False, "allow_writing_files": False, "thread_count": 1}
        return getattr(module, f"CatBoost{kind}")(**settings, **more)
    name, quiet = {"lightgbm": ("LGBM", {"verbose": -1}), "xgboost": ("XGB", {})}[library]
    return getattr(module, f"{name}{kind}")(n_estimators=8, learning_rate=0.3, n_jobs=1, **quiet, **more)


def everything(**params):
    objective = boosting.objective(fl.sigmoid_focal, **params)
    made = boosting.catboost_objective(fl.sigmoid_focal, **params)
    return {
        "objective": objective,
        "metric": objective.metric("lightgbm"),
        "catboost objective": made,
        "catboost metric": made.metric(),
        "sklearn loss": boosting.sklearn_loss(fl.sigmoid_focal, **params),
    }


@pytest.mark.parametrize("name", ["cross_entropy", "softmax_focal", "one_vs_all"])
def test_catboost_has_one_margin_for_two_classes(name):
    objective = boosting.objective(fl.losses[name])
    with pytest.raises(ValueError, match=f"{name} takes a margin for each class, and of two classes CatBoost has one"):
        ObjectiveClassifier(estimator("catboost"), objective).fit(X, TWO)
    made = boosting.catboost_objective(fl.losses[name])
    for call in (
        lambda: made.calc_ders_range(SCORE, TWO == "yes", None),
        lambda: made.metric().evaluate([SCORE], TWO == "no", None),
    ):
        with pytest.raises(ValueError, match="binary_cross_entropy_with_logits"):
            call()
    assert ObjectiveClassifier(estimator("catboost"), objective).fit(X, THREE).score(X, THREE) > 0.6


@pytest.mark.parametrize("what", everything())
def test_equality_is_that_of_what_they_are_made_of(what):
    given, same = everything(**FOCAL)[what], everything(**FOCAL)[what]
    copies = [
        same, copy.copy(given), copy.deepcopy(given), pickle.loads(pickle.dumps(given)), base.clone(given, safe=False),
    ]  # fmt: skip
    for other in copies:
        assert other == given
        assert hash(other) == hash(given)
    others = [{}, {"gamma": 1.0, "alpha": None}, {**FOCAL, "hessian": "exact"}, {**FOCAL, "hessian_floor": 1.0}]
    for params in others:
        assert everything(**params)[what] != given
    assert given != "sigmoid_focal"
    assert len({given, same, *(everything(**params)[what] for params in others)}) == 5
    assert boosting.objective(fl.sigmoid_focal).metric("xgboost") != boosting.objective(fl.sigmoid_focal).metric("lightgbm")


def test_arrays_are_compared_by_their_numbers():
    one, same = (boosting.objective(fl.cross_entropy, class_weight=np.array([1.0, 2.0])) for _ in range(2))
    assert one == same
    assert hash(one) == hash(same)
    assert one != boosting.objective(fl.cross_entropy, class_weight=np.array([1.0, 3.0]))


def test_parameters_are_given_and_set():
    objective = boosting.objective(fl.sigmoid_focal, **FOCAL)
    parameters = {"hessian": "upper_bound", "hessian_floor": 1e-16, "alpha": None, "gamma": 1.5}
    assert objective.get_params() == objective.get_params(deep=False) == parameters
    assert objective.set_params(gamma=2.0, hessian="exact") is objective
    assert objective == boosting.objective(fl.sigmoid_focal, "exact", gamma=2.0, alpha=None)
    assert objective.set_params(loss=fl.huber, hessian="descent", delta=3.0).get_params()["delta"] == 3.0
    assert objective.__name__ == "huber"
    for wrong, error in ({"gamma": 1.0}, TypeError), ({"delta": -1.0}, ValueError), ({"hessian": "lightning"}, ValueError):
        with pytest.raises(error):
            objective.set_params(**wrong)
    assert objective.get_params() == boosting.objective(fl.huber, delta=3.0).get_params()
    for made in (boosting.catboost_objective(fl.huber), boosting.sklearn_loss(fl.huber)):
        assert made.set_params(delta=2.0).get_params()["delta"] == made.objective.loss.params["delta"].default == 2.0


@pytest.mark.parametrize("library", ["lightgbm", "xgboost", "catboost"])
def test_the_boosters_own_estimators_are_cloned_and_get_no_parameters_that_they_do_not_know(library, capfd):
    objective = boosting.objective(fl.sigmoid_focal, **FOCAL)
    if library == "catboost":
        made = boosting.CatBoostObjective(objective)
        held, model = made, estimator(library, loss_function=made, eval_metric=made.metric())
    else:
        held = objective
        model = estimator(
            library, objective=objective, **({"eval_metric": objective.metric(library)} if library == "xgboost" else {})
        )
    cloned = base.clone(model)
    assert held in cloned.get_params().values()
    assert not [name for name in cloned.get_params() if "__" in name]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        cloned.fit(X, TWO == "yes")
    assert "nknown parameter" not in "".join(capfd.readouterr())


@pytest.mark.parametrize("library", ["lightgbm", "xgboost", "catboost"])
def test_classifiers_predict_classes_and_probabilities(library):
    model = ObjectiveClassifier(estimator(library), boosting.objective(fl.binary_cross_entropy_with_logits))
    cloned = pickle.loads(pickle.dumps(base.clone(model).fit(X, TWO, sample_weight=WEIGHT)))
    probability, margin = cloned.predict_proba(X), cloned.decision_function(X)
    assert cloned.classes_.tolist() == ["no", "yes"]
    np.testing.assert_allclose(probability, np.stack([1 / (1 + np.exp(margin)), 1 / (1 + np.exp(-margin))], 1), rtol=1e-6)
    assert (cloned.predict(X) == cloned.classes_[probability.argmax(axis=1)]).all()
    assert cloned.score(X, TWO) > 0.85
    start = np.log(WEIGHT[TWO == "yes"].sum() / WEIGHT[TWO == "no"].sum())
    assert cloned.start_ == pytest.approx(start)
    three = ObjectiveClassifier(estimator(library), boosting.objective(fl.cross_entropy)).fit(X, THREE)
    assert three.predict_proba(X).shape == three.decision_function(X).shape == (240, 3)
    np.testing.assert_allclose(three.predict_proba(X).sum(axis=1), 1, rtol=1e-6)
    assert three.score(X, THREE) > 0.8
    assert three.n_features_in_ == 3


def test_margins_count_from_the_start():
    """Where no tree is grown, all of them are the best constant."""
    for library in ("lightgbm", "xgboost"):
        stump = {"lightgbm": {"min_split_gain": 1e9}, "xgboost": {"gamma": 1e9}}[library]
        model = ObjectiveClassifier(estimator(library, **stump), boosting.objective(fl.sigmoid_focal)).fit(X, TWO)
        np.testing.assert_allclose(model.decision_function(X), model.start_, atol=1e-3)
        rate = ObjectiveRegressor(estimator(library, regression=True, **stump), boosting.objective(fl.poisson))
        y = np.exp(X[:, 0])
        np.testing.assert_allclose(rate.fit(X, y).predict(X), y.mean(), rtol=1e-3)


@pytest.mark.parametrize("library", ["lightgbm", "xgboost", "catboost"])
def test_regressors_predict_what_the_loss_is_of(library):
    y = np.exp(X[:, 0])
    model = ObjectiveRegressor(estimator(library, regression=True), boosting.objective(fl.poisson)).fit(X, y, WEIGHT)
    assert (model.predict(X) > 0).all()
    assert model.score(X, y) > 0.5


@pytest.mark.parametrize("library", ["lightgbm", "xgboost"])
def test_regressors_of_several_levels(library):
    levels = boosting.objective(fl.quantile, "descent", q=[0.1, 0.5, 0.9])
    model = ObjectiveRegressor(estimator(library, regression=True), levels).fit(X, SCORE)
    below = (SCORE[:, None] < model.predict(X)).mean(axis=0)
    assert model.predict(X).shape == (240, 3)
    assert below[0] < below[1] < below[2]
    assert levels.value(model.predict(X), SCORE) < levels.value(np.full((240, 3), model.start_), SCORE)


def test_a_search_reaches_the_parameters_of_a_loss():
    grid = {"objective__gamma": [0.0, 5.0]}
    model = ObjectiveClassifier(estimator("lightgbm"), boosting.objective(fl.sigmoid_focal, alpha=None))
    found = model_selection.GridSearchCV(model, {**grid, "estimator__num_leaves": [4]}, scoring="neg_log_loss", cv=2)
    scores = found.fit(X, TWO).cv_results_["mean_test_score"]
    assert scores[0] > scores[1]
    assert found.best_estimator_.objective.loss.params["gamma"].default == found.best_params_["objective__gamma"] == 0
    assert model.objective.loss.params["gamma"].default == 2  # that of the model is another one
    own = ensemble.HistGradientBoostingClassifier(loss=boosting.sklearn_loss(fl.sigmoid_focal, alpha=None), max_iter=8)
    found = model_selection.GridSearchCV(own, {"loss__gamma": [0.0, 5.0]}, scoring="neg_log_loss", cv=2).fit(X, TWO)
    assert found.cv_results_["mean_test_score"][0] > found.cv_results_["mean_test_score"][1]
    objectives = [boosting.objective(fl.sigmoid_focal, gamma=gamma, alpha=None) for gamma in (0.0, 5.0)]

    def log_loss(model, X, y):
        return -fl.binary_cross_entropy_with_logits(model.predict(X, raw_score=True), (y == "yes").astype(float))

    raw = model_selection.GridSearchCV(estimator("lightgbm"), {"objective": objectives}, scoring=log_loss, cv=2).fit(X, TWO)
    assert raw.best_params_ == {"objective": objectives[0]}


def test_what_a_classifier_cannot_have_is_refused():
    hinge = ObjectiveClassifier(estimator("lightgbm"), boosting.objective(fl.hinge)).fit(X, TWO)
    assert not hasattr(hinge, "predict_proba")
    assert hinge.score(X, TWO) > 0.8
    with pytest.raises(ValueError, match="hinge takes two classes, and y has 3"):
        hinge.fit(X, THREE)
    with pytest.raises(
        TypeError, match="estimator must be one of lightgbm, xgboost, catboost; got HistGradientBoostingClassifier"
    ):
        ObjectiveClassifier(ensemble.HistGradientBoostingClassifier(), boosting.objective(fl.hinge)).fit(X, TWO)
    with pytest.raises(TypeError, match=r"objective must be an objective: objective\(fl\.hinge\)"):
        ObjectiveClassifier(estimator("lightgbm"), fl.hinge).fit(X, TWO)


def test_scikit_learn_is_imported_with_the_first_estimator():
    code = "import sys\nfrom fastloss.boosting import *\nassert 'sklearn' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
    with pytest.raises(AttributeError, match="has no attribute 'ObjectiveRanker'"):
        _ = boosting.ObjectiveRanker
