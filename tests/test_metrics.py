"""fastloss.metrics: scorers are those of scikit-learn, whatever the order of arguments, the labels and the weights."""

from __future__ import annotations

import importlib
import pickle
import subprocess
import sys

import numpy as np
import pytest
from conftest import PAIRED

import fastloss as fl
from fastloss.metrics import scorer

sklearn = pytest.importorskip("sklearn")
base = importlib.import_module("sklearn.base")
datasets = importlib.import_module("sklearn.datasets")
dummy = importlib.import_module("sklearn.dummy")
ensemble = importlib.import_module("sklearn.ensemble")
linear_model = importlib.import_module("sklearn.linear_model")
metrics = importlib.import_module("sklearn.metrics")
model_selection = importlib.import_module("sklearn.model_selection")
svm = importlib.import_module("sklearn.svm")
tree = importlib.import_module("sklearn.tree")

RNG = np.random.default_rng(0)
X = RNG.normal(size=(240, 4))
NUMBER = 2 * X[:, 0] + RNG.normal(size=240)
COUNT = RNG.poisson(np.exp(X[:, 0])).astype(float)
TWO = np.where(NUMBER > 0, "yes", "no")
THREE = np.array(["b", "c", "a"])[np.digitize(NUMBER, [-1, 1])]
WEIGHT = RNG.uniform(0.5, 2, 240)


def of_two(y):
    return (y == "yes").astype(float)


def log_loss(y, model, w):
    return metrics.log_loss(y, model.predict_proba(X), sample_weight=w)


#: The loss with its parameters, a model, targets, and the same in scikit-learn: from targets, the model and weights.
CASES = {
    "pinball": (
        (fl.quantile, {"q": 0.9}), linear_model.LinearRegression(), NUMBER,
        lambda y, model, w: metrics.mean_pinball_loss(y, model.predict(X), alpha=0.9, sample_weight=w),
    ),
    "squares": (
        (fl.squared_error, {}), linear_model.LinearRegression(), NUMBER,
        lambda y, model, w: metrics.mean_squared_error(y, model.predict(X), sample_weight=w),
    ),
    "a rate": (
        (fl.poisson, {}), linear_model.PoissonRegressor(), COUNT,
        lambda y, model, w: np.average(model.predict(X) - y * np.log(model.predict(X)), weights=w),
    ),
    "the rate itself": (
        (fl.tweedie_identity, {"power": 1.0}), linear_model.PoissonRegressor(), COUNT,
        lambda y, model, w: fl.tweedie_identity(model.predict(X), y, power=1.0, weight=w),
    ),
    "probability of two": (
        (fl.binary_cross_entropy, {}), linear_model.LogisticRegression(), TWO,
        log_loss,
    ),
    "margin of two": (
        (fl.binary_cross_entropy_with_logits, {}), linear_model.LogisticRegression(), TWO,
        log_loss,
    ),
    "margin of two by probabilities": (
        (fl.soft_margin, {}), ensemble.RandomForestClassifier(20, max_depth=2, random_state=0), TWO,
        log_loss,
    ),
    "half log-odds by probabilities": (
        (fl.exponential, {}), ensemble.RandomForestClassifier(20, max_depth=2, random_state=0), TWO,
        lambda y, model, w: np.average(
            np.sqrt(1 / np.take_along_axis(model.predict_proba(X), of_two(y).astype(int)[:, None], 1)[:, 0] - 1), weights=w
        ),
    ),
    "brier": (
        (fl.brier, {}), linear_model.LogisticRegression(), TWO,
        lambda y, model, w: metrics.brier_score_loss(y, model.predict_proba(X)[:, 1], sample_weight=w, pos_label="yes"),
    ),
    "hinge": (
        (fl.hinge, {}), svm.LinearSVC(), TWO,
        lambda y, model, w: metrics.hinge_loss(y, model.decision_function(X), sample_weight=w),
    ),
    "logits of three": (
        (fl.cross_entropy, {}), linear_model.LogisticRegression(), THREE,
        log_loss,
    ),
    "logits of three by probabilities": (
        (fl.cross_entropy, {}), ensemble.RandomForestClassifier(20, max_depth=2, random_state=0), THREE,
        log_loss,
    ),
    "logarithms of three": (
        (fl.nll, {}), linear_model.LogisticRegression(), THREE,
        log_loss,
    ),
    "logits of two as rows": (
        (fl.cross_entropy, {}), linear_model.LogisticRegression(), TWO,
        log_loss,
    ),
    "divergence": (
        (fl.kl_divergence, {}), linear_model.LogisticRegression(), THREE,
        log_loss,
    ),
    "hinge of three": (
        (fl.categorical_hinge, {}), svm.LinearSVC(), THREE,
        lambda y, model, w: metrics.hinge_loss(y, model.decision_function(X), sample_weight=w, labels=["a", "b", "c"]),
    ),
}  # fmt: skip


@pytest.mark.parametrize("weighted", [False, True], ids=["", "weighted"])
@pytest.mark.parametrize("case", CASES)
def test_a_scorer_is_minus_the_loss_of_scikit_learn(case, weighted):
    (loss, parameters), model, y, expected = CASES[case]
    weight = WEIGHT if weighted else None
    fitted = base.clone(model).fit(X, y)
    made = scorer(loss, **parameters)
    assert made(fitted, X, y, sample_weight=weight) == pytest.approx(-expected(y, fitted, weight), rel=1e-9)
    again = pickle.loads(pickle.dumps(made))
    assert again(fitted, X, y) == made(fitted, X, y)
    assert loss.name in repr(again)


def test_searches_weigh_scores():
    made, search = scorer(fl.quantile, q=0.9), model_selection.GridSearchCV
    for scoring in (made, {"a": made, "b": "neg_mean_squared_error"}):
        found = search(tree.DecisionTreeRegressor(random_state=0), {"max_depth": [1, 3]}, scoring=scoring, refit=False, cv=3)
        found.fit(X, NUMBER, sample_weight=WEIGHT)
        scores = found.cv_results_["split0_test_a" if isinstance(scoring, dict) else "split0_test_score"]
        train, test = next(model_selection.KFold(3).split(X))
        for depth, score in zip((1, 3), scores, strict=True):
            model = tree.DecisionTreeRegressor(random_state=0, max_depth=depth)
            model.fit(X[train], NUMBER[train], sample_weight=WEIGHT[train])
            wanted = metrics.mean_pinball_loss(NUMBER[test], model.predict(X[test]), sample_weight=WEIGHT[test], alpha=0.9)
            assert score == pytest.approx(-wanted)


def test_cross_validation_and_routed_weights():
    model = linear_model.LogisticRegression()
    ours = model_selection.cross_val_score(model, X, THREE, scoring=scorer(fl.cross_entropy))
    np.testing.assert_allclose(ours, model_selection.cross_val_score(model, X, THREE, scoring="neg_log_loss"))
    with sklearn.config_context(enable_metadata_routing=True):
        model.set_fit_request(sample_weight=True)
        asked = [
            scorer(fl.cross_entropy).set_score_request(sample_weight=True),
            metrics.get_scorer("neg_log_loss").set_score_request(sample_weight=True),
        ]
        ours, own = (
            model_selection.cross_val_score(model, X, THREE, scoring=one, params={"sample_weight": WEIGHT}) for one in asked
        )
    np.testing.assert_allclose(ours, own)


def test_a_named_method_gives_what_the_loss_takes():
    fitted = linear_model.PoissonRegressor().fit(X, COUNT)
    log_rate = fitted.predict(X)
    assert scorer(fl.poisson, response_method="predict")(fitted, X, COUNT) == -fl.poisson(log_rate, COUNT)
    forest = ensemble.RandomForestClassifier(5, max_depth=2, random_state=0).fit(X, TWO)
    found = scorer(fl.hinge, response_method="predict_proba")(forest, X, TWO)
    assert found == -fl.hinge(forest.predict_proba(X)[:, 1], 2 * of_two(TWO) - 1)
    with pytest.raises(TypeError, match="hinge takes margins, and RandomForestClassifier has no decision_function"):
        scorer(fl.hinge)(forest, X, TWO)
    with pytest.raises(ValueError, match=r"response_method must be one of predict, .*; got 'score'"):
        scorer(fl.hinge, response_method="score")


def test_several_columns():
    both = np.stack([NUMBER, -NUMBER], axis=1)
    model = linear_model.LinearRegression().fit(X, both)
    expected = metrics.mean_squared_error(both, model.predict(X), sample_weight=WEIGHT)
    assert scorer(fl.squared_error)(model, X, both, sample_weight=WEIGHT) == pytest.approx(-expected)
    labels = (both > 0).astype(int)
    forest = ensemble.RandomForestClassifier(5, max_depth=2, random_state=0).fit(X, labels)
    expected = np.mean([metrics.log_loss(labels[:, k], forest.predict_proba(X)[k]) for k in (0, 1)])
    assert scorer(fl.binary_cross_entropy)(forest, X, labels) == pytest.approx(-expected)


def test_a_score_that_is_to_be_large_has_no_minus():
    fitted = linear_model.LogisticRegression().fit(X, THREE)
    assert scorer(fl.selected_log_probs)(fitted, X, THREE) == pytest.approx(scorer(fl.cross_entropy)(fitted, X, THREE))


def test_what_cannot_be_scored_is_refused():
    three, two = (linear_model.LogisticRegression().fit(X, y) for y in (THREE, TWO))
    with pytest.raises(ValueError, match="hinge takes two classes, and the model has 3"):
        scorer(fl.hinge)(three, X, THREE)
    with pytest.raises(ValueError, match=r"y\[0\] is 'z', which is none of the model's classes \['no', 'yes'\]"):
        scorer(fl.hinge)(two, X[:2], np.array(["z", "yes"]))
    for loss in (fl.distillation_kl, fl.multilabel_margin):
        with pytest.raises(TypeError, match=f"{loss.name} takes .* as its target"):
            scorer(loss)
    with pytest.raises(TypeError, match="got str"):
        scorer("huber")
    with pytest.raises(TypeError, match="alpha"):
        scorer(fl.huber, alpha=1.0)


@pytest.mark.filterwarnings("error")
def test_predictions_without_a_logarithm_are_named():
    """Whatever a regressor predicts, the score is a number or an error that says what is wrong; and so of its margins."""
    y, refused = np.full(6, 0.3), 0
    model = dummy.DummyRegressor(strategy="constant", constant=-0.25).fit(X[:6], y)
    for name, loss in PAIRED.items():
        if loss.family == "rows" or loss.domain.target.ends_only:
            continue
        try:
            found, said = scorer(loss)(model, X[:6], y), "-0.25"
        except ValueError as error:
            found, said = 0.0, str(error)
        assert np.isfinite(found), name
        assert "-0.25" in said, name
        refused += "of predictions;" in said
        if "of predictions;" in said:
            assert np.isfinite(scorer(loss, response_method="predict")(model, X[:6], y))
    assert refused > 10


def test_every_loss_of_one_prediction_scores_something():
    for name, loss in PAIRED.items():
        if name in ("distillation_kl", "distillation_js", "multilabel_margin"):
            continue
        of_classes = loss.family == "rows" or np.isfinite([loss.domain.target.low, loss.domain.target.high]).all()
        model = dummy.DummyRegressor(strategy="constant", constant=0.4)
        y = np.full(6, 0.3)
        if of_classes and not loss.domain.target.low_open:
            model, y = linear_model.LogisticRegression(), np.array(["a", "b"] * 3)
        fitted = model.fit(X[:6], y)
        assert np.isfinite(scorer(loss)(fitted, X[:6], y)), name


def test_scikit_learn_is_imported_with_the_first_scorer():
    code = "import sys, fastloss.metrics; assert not {'sklearn', 'fastloss.boosting'} & set(sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_make_scorer_takes_arguments_the_other_way_round():
    """What the documentation warns of is so."""
    fitted = linear_model.LinearRegression().fit(X, NUMBER)
    swapped = metrics.make_scorer(fl.quantile, q=0.9, greater_is_better=False)
    y = NUMBER + 1
    assert swapped(fitted, X, y) == pytest.approx(-fl.quantile(y, fitted.predict(X), q=0.9))
    assert swapped(fitted, X, y) != pytest.approx(scorer(fl.quantile, q=0.9)(fitted, X, y))
