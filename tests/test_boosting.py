"""fastloss.boosting: real boosters train with its objectives what they train with their own."""

from __future__ import annotations

import contextlib
import copy
import doctest
import importlib
import inspect
import io
import pickle
import re
import subprocess
import sys
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pytest
from conftest import PAIRED

import fastloss as fl
from fastloss import boosting
from fastloss._boosting_words import Boosting
from fastloss._kinds import SIGN
from fastloss._registry import OF_SAMPLES
from fastloss.boosting import _conventions, _search, _traits
from fastloss.boosting._calls import FORMS
from fastloss.boosting._conventions import Smoothed
from fastloss.boosting._margins import newton_entry
from fastloss.boosting._traits import HESSIANS, traits_from, traits_of, xgboost_of_today

ROUNDS, THREADS = 5, 2
CATBOOST_SETTINGS = {"iterations": ROUNDS, "depth": 3, "thread_count": THREADS, "verbose": False, "allow_writing_files": False}


# ---- data -----------------------------------------------------------------------------------------------------------


class Data(NamedTuple):
    X: np.ndarray
    y: np.ndarray
    weight: np.ndarray


def data(name: str, rows: int = 600) -> Data:
    """Real data that ships with scikit-learn."""
    datasets = pytest.importorskip("sklearn.datasets")
    loader, target = {
        "disease": ("load_diabetes", lambda y: y),
        "visits": ("load_diabetes", lambda y: y // 40),  # small whole numbers, as counts are
        "cancer": ("load_breast_cancer", lambda y: y),
        "iris": ("load_iris", lambda y: y),
        "digits": ("load_digits", lambda y: y),
    }[name]
    X, y = getattr(datasets, loader)(return_X_y=True)
    weight = np.random.default_rng(0).uniform(0.5, 2, len(y)).astype(np.float32)
    return Data(X[:rows], target(y)[:rows].astype(np.float32), weight[:rows])


# ---- the objectives of the libraries ----------------------------------------------------------------------------------


class Same(NamedTuple):
    """A loss that is an objective of a library's own: their names and parameters, and the data to see it on.

    `renewed`: the library replaces the leaves of its own trees; a custom objective gives the same splits of the first tree.
    """

    loss: str
    own: str
    data: str
    params: Mapping[str, Any] = MappingProxyType({})
    own_params: Mapping[str, Any] = MappingProxyType({})
    renewed: bool = False


XGBOOST = [
    Same("squared_error", "reg:squarederror", "disease"),
    Same("binary_cross_entropy_with_logits", "binary:logistic", "cancer"),
    Same("cross_entropy", "multi:softprob", "iris", own_params={"num_class": 3}),
    Same("cross_entropy", "multi:softprob", "digits", own_params={"num_class": 10}),
    Same("poisson", "count:poisson", "visits"),
    Same("gamma", "reg:gamma", "disease"),
    Same("tweedie", "reg:tweedie", "visits", {"power": 1.3}, {"tweedie_variance_power": 1.3}),
    Same("pseudo_huber", "reg:pseudohubererror", "disease", {"delta": 20.0}, {"huber_slope": 20.0}),
    Same("hinge", "binary:hinge", "cancer", {"hessian_floor": float(np.finfo(np.float32).tiny)}),
    Same("absolute_error", "reg:absoluteerror", "disease", renewed=True),
    Same("quantile", "reg:quantileerror", "disease", {"q": 0.8}, {"quantile_alpha": 0.8}, renewed=True),
    Same("expectile", "reg:expectileerror", "disease", {"alpha": 0.8}, {"expectile_alpha": 0.8}),
]
LIGHTGBM = [
    Same("squared_error", "regression", "disease"),
    Same("binary_cross_entropy_with_logits", "binary", "cancer"),
    Same("cross_entropy", "multiclass", "iris", own_params={"num_class": 3}),
    Same("cross_entropy", "multiclass", "digits", own_params={"num_class": 10}),
    Same("one_vs_all", "multiclassova", "iris", own_params={"num_class": 3}),
    Same("poisson", "poisson", "visits"),
    Same("gamma", "gamma", "disease"),
    Same("tweedie", "tweedie", "visits", {"power": 1.3}, {"tweedie_variance_power": 1.3}),
    Same("huber", "huber", "disease", {"delta": 20.0}, {"alpha": 20.0}),
    Same("fair", "fair", "disease", {"c": 20.0}, {"fair_c": 20.0}),
    Same("absolute_error", "regression_l1", "disease", renewed=True),
    Same("quantile", "quantile", "disease", {"q": 0.8}, {"alpha": 0.8}, renewed=True),
]
CATBOOST = [
    Same("squared_error", "RMSE", "disease"),
    Same("binary_cross_entropy_with_logits", "Logloss", "cancer"),
    Same("poisson", "Poisson", "visits"),
    Same("cross_entropy", "MultiClass", "iris", own_params={"classes_count": 3}),
]
SKLEARN = [
    Same("squared_error", "squared_error", "disease"),
    Same("absolute_error", "absolute_error", "disease"),
    Same("poisson", "poisson", "visits"),
    Same("gamma", "gamma", "disease"),
    Same("binary_cross_entropy_with_logits", "log_loss", "cancer"),
    Same("cross_entropy", "log_loss", "iris", {"n_classes": 3}),
    Same("cross_entropy", "log_loss", "digits", {"n_classes": 10}),
]


def name_of(case: Any) -> str:
    return f"{case.own}-{case.data}" if isinstance(case, Same) else str(case)


def margins_of(objective: boosting.Objective, given: Data, weight: Any, classes: int | None) -> np.ndarray:
    """The starting scores of all samples, not quite the best: at kinks, where that may lie, libraries differ."""
    shape = (len(given.y), classes) if classes else (len(given.y),)
    start = objective.init_score(given.y, weight)
    return (0.25 + np.broadcast_to(start, shape)).astype(np.float32)


def assert_close(ours: np.ndarray, own: np.ndarray, tolerance: float) -> None:
    assert np.ptp(own) > 0, "nothing was learnt"
    assert np.abs(ours - own).max() <= tolerance * np.abs(own).max()


@pytest.mark.parametrize("weighted", [False, True], ids=["", "weighted"])
@pytest.mark.parametrize("same", XGBOOST, ids=name_of)
def test_xgboost_trains_what_its_own_objective_trains(same, weighted):
    xgboost = pytest.importorskip("xgboost")
    given = data(same.data)
    weight = given.weight if weighted else None
    mode = xgboost_of_today()
    if mode not in traits_of(fl.losses[same.loss]).hessians:
        pytest.skip(f"{same.own} is of a later version")
    objective = boosting.objective(fl.losses[same.loss], "xgboost", **same.params)
    assert objective.hessian == mode
    classes = same.own_params.get("num_class")
    matrix = xgboost.DMatrix(given.X, given.y, weight=weight, base_margin=margins_of(objective, given, weight, classes))
    common = {"max_depth": 3, "nthread": THREADS, "num_class": classes or 0, "disable_default_eval_metric": True}
    ours = xgboost.train(common, matrix, ROUNDS, obj=objective)
    own = xgboost.train({**common, **same.own_params, "objective": same.own}, matrix, ROUNDS)
    if same.renewed and mode == "xgboost-3.2":
        splits = [model.trees_to_dataframe().query("Tree == 0")[["Feature", "Split"]] for model in (ours, own)]
        assert len(splits[0]) > 3
        assert splits[0].equals(splits[1])
    else:
        predictions = [model.predict(matrix, output_margin=True) for model in (ours, own)]
        assert_close(*predictions, 2e-6)  # float32 sums of gradients that differ in their last bit


@pytest.mark.parametrize(
    ("installed", "name", "warned"),
    [
        ("2.1.4", "xgboost-3.2", False),
        ("3.2.0", "xgboost-3.2", False),
        ("3.3.1", "xgboost-3.2", False),
        ("3.4.0rc1", "xgboost-3.4", False),
        ("3.4.1", "xgboost-3.4", False),
        ("3.10.0", "xgboost-3.4", True),
        (None, "xgboost-3.4", False),
    ],
)
def test_xgboost_is_the_version_installed(installed, name, warned, monkeypatch):
    monkeypatch.setattr(_traits, "version_of", lambda package: installed)
    with pytest.warns(UserWarning, match="is installed") if warned else contextlib.nullcontext():
        objective = boosting.objective(fl.absolute_error, "xgboost")
    assert objective.hessian == name
    assert pickle.loads(pickle.dumps(objective)).hessian == name
    if name == "xgboost-3.2":
        with pytest.raises(ValueError, match=r"hessian = 'xgboost', here 'xgboost-3\.2', has no meaning for expectile"):
            boosting.objective(fl.expectile, "xgboost")


def test_the_version_is_read_where_xgboost_reads_it(tmp_path, monkeypatch):
    (tmp_path / "boosterlike").mkdir()
    (tmp_path / "boosterlike" / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    assert _traits.version_of("boosterlike") is None
    (tmp_path / "boosterlike" / "VERSION").write_text("3.4.1\n")
    assert _traits.version_of("boosterlike") == "3.4.1"
    assert _traits.version_of("no_such_package") is None
    assert "boosterlike" not in sys.modules
    assert _traits.version_of("numpy") == np.__version__


@pytest.mark.parametrize("weight", [None, np.array([1.0, 2.0, 0.0, 3.0])], ids=["", "weighted"])
def test_smoothed_losses_of_xgboost_34(weight):
    """Its formulas, as its sources have them."""
    y, margin = np.array([1.0, -2.0, 5.0, 0.5]), np.array([0.5, 1.0, 1.0, 0.5])
    w, r = np.ones(4) if weight is None else weight, margin - y
    scale = (np.sum(w * np.sqrt(np.abs(r))) / w.sum()) ** 2
    curvature = scale / np.hypot(scale, r)
    results = boosting.objective(fl.absolute_error, "xgboost-3.4", 0.0).derivatives(margin, y, weight)
    np.testing.assert_allclose(results, [w * r * curvature, w * curvature], rtol=1e-14)
    x = r / (0.04 * scale)
    ratio = np.maximum(np.where(x == 0, 1, np.tanh(x) / np.where(x == 0, 1, x)), 3e-4)
    results = boosting.objective(fl.quantile, "xgboost-3.4", 0.0, q=0.8).derivatives(margin, y, weight)
    np.testing.assert_allclose(results, [w * scale / 2 * (np.tanh(x) + 1 - 1.6), w / 0.08 * ratio], rtol=1e-13)
    levels = boosting.objective(fl.quantile, "xgboost-3.4", 0.0, q=[0.2, 0.8]).derivatives(np.stack([margin] * 2, 1), y, weight)
    np.testing.assert_allclose([side[:, 1] for side in levels], results, rtol=1e-13)
    for loss in (fl.absolute_error, fl.quantile):  # where all residuals are 0, and where weights are of any size
        flat = boosting.objective(loss, "xgboost-3.4").derivatives(y, y, weight)
        assert not flat[0].any()
        assert np.isfinite(flat[1]).all()
        tiny, huge = (boosting.objective(loss, "xgboost-3.4", 0.0).derivatives(margin, y, w * by) for by in (1e-300, 1e300))
        np.testing.assert_allclose(np.multiply(tiny, 1e300), np.divide(huge, 1e300), rtol=1e-12)


def test_a_ladder_of_expectiles_is_another_model():
    one = boosting.objective(fl.expectile, "xgboost-3.4", alpha=0.8)
    np.testing.assert_allclose(one.derivatives([3.0, 0.0], [1.0, 1.0]), [[0.4, -0.8], [0.2, 0.8]])
    with pytest.raises(ValueError, match=r"'xgboost-3\.4' has no meaning for expectile; accepted: exact, constant"):
        boosting.objective(fl.expectile, "xgboost-3.4", alpha=[0.2, 0.8])


@pytest.mark.parametrize("weighted", [False, True], ids=["", "weighted"])
@pytest.mark.parametrize("same", LIGHTGBM, ids=name_of)
def test_lightgbm_trains_what_its_own_objective_trains(same, weighted):
    lightgbm = pytest.importorskip("lightgbm")
    given = data(same.data)
    weight = given.weight if weighted else None
    objective = boosting.objective(fl.losses[same.loss], "lightgbm", **same.params)
    start = margins_of(objective, given, weight, same.own_params.get("num_class"))
    common = {"num_leaves": 8, "num_threads": THREADS, "verbose": -1, "boost_from_average": False, "metric": "None"}

    def train(name):
        matrix = lightgbm.Dataset(given.X, given.y, weight=weight, init_score=start)
        return lightgbm.train({**common, **same.own_params, "objective": name}, matrix, ROUNDS)

    ours, own = train(objective), train(same.own)
    if same.renewed:
        splits = [model.trees_to_dataframe().query("tree_index == 0")[["split_feature", "threshold"]] for model in (ours, own)]
        assert len(splits[0]) > 3
        assert splits[0].equals(splits[1])
    else:
        assert_close(*(model.predict(given.X, raw_score=True) for model in (ours, own)), 1e-6)


@pytest.mark.parametrize("exposed", [False, True], ids=["", "exposure"])
def test_lightgbm_takes_for_weights_what_is_an_exposure(exposed):
    lightgbm = pytest.importorskip("lightgbm")
    given = data("cancer")
    exposure = given.weight if exposed else None
    objective = boosting.objective(fl.cross_entropy_lambda, "lightgbm", **({"exposure": exposure} if exposed else {}))
    common = {"num_leaves": 8, "num_threads": THREADS, "verbose": -1, "boost_from_average": False, "metric": "None"}
    # What else they do with weights is none of the loss: sums of them, which limit leaves.
    common |= {"min_sum_hessian_in_leaf": 0.0, "min_data_in_leaf": 1}

    def train(name, weight):
        return lightgbm.train({**common, "objective": name}, lightgbm.Dataset(given.X, given.y, weight=weight), 3)

    ours, own = train(objective, None), train("cross_entropy_lambda", exposure)
    assert_close(*(model.predict(given.X, raw_score=True) for model in (ours, own)), 1e-5)


@pytest.mark.parametrize("weighted", [False, True], ids=["", "weighted"])
@pytest.mark.parametrize("same", CATBOOST, ids=name_of)
def test_catboost_trains_what_its_own_objective_trains(same, weighted):
    catboost = pytest.importorskip("catboost")
    given = data(same.data)
    weight = given.weight if weighted else None
    hessian = "lightgbm" if same.loss == "squared_error" else "exact"  # RMSE trains half the square
    objective = boosting.catboost_objective(fl.losses[same.loss], hessian, **same.params)
    common = {**CATBOOST_SETTINGS, "learning_rate": 0.3, "leaf_estimation_method": "Newton", "leaf_estimation_iterations": 1}
    # Without chance: how it is drawn depends on the objective.
    common |= {"boost_from_average": False, "bootstrap_type": "No", "random_strength": 0, **same.own_params}
    pool = catboost.Pool(given.X, given.y, weight=weight)
    ours = catboost.CatBoost({**common, "loss_function": objective, "eval_metric": objective.metric()}).fit(pool)
    own = catboost.CatBoost({**common, "loss_function": same.own}).fit(pool)
    assert_close(*(model.predict(pool, prediction_type="RawFormulaVal") for model in (ours, own)), 1e-12)


@pytest.mark.parametrize("weighted", [False, True], ids=["", "weighted"])
@pytest.mark.parametrize("same", SKLEARN, ids=name_of)
def test_sklearn_trains_what_its_own_loss_trains(same, weighted):
    ensemble = pytest.importorskip("sklearn.ensemble")
    given = data(same.data)
    weight = given.weight if weighted else None
    hessian = "lightgbm" if same.loss == "squared_error" else None
    loss = boosting.sklearn_loss(fl.losses[same.loss], hessian, **same.params)
    kind = ensemble.HistGradientBoostingClassifier if same.own == "log_loss" else ensemble.HistGradientBoostingRegressor
    # Where a median is one of the labels, scikit-learn's derivative is -1 and ours 0. That of all labels is between two.
    if same.loss == "absolute_error" and weighted:
        pytest.skip("a weighted median is one of the labels")
    settings = {"max_iter": ROUNDS, "early_stopping": same.loss != "absolute_error", "random_state": 0}
    ours, own = (kind(loss=chosen, **settings).fit(given.X, given.y, sample_weight=weight) for chosen in (loss, same.own))
    method = "predict_proba" if same.own == "log_loss" else "predict"
    assert_close(getattr(ours, method)(given.X), getattr(own, method)(given.X), 1e-12)
    if settings["early_stopping"]:  # the constant terms of a loss differ
        assert_close(*(model.validation_score_ - model.validation_score_[0] for model in (ours, own)), 1e-9)


@pytest.mark.parametrize("library", ["xgboost", "lightgbm"])
@pytest.mark.parametrize(
    ("loss", "name"), [("squared_error", "disease"), ("binary_cross_entropy_with_logits", "cancer"), ("cross_entropy", "iris")]
)
def test_scikit_learn_classes_of_the_libraries(library, loss, name):
    """Cloned, with weights, they train what the libraries' own functions train, and survive a pickle."""
    module = pytest.importorskip(library)
    base = pytest.importorskip("sklearn.base")
    given = data(name)
    objective = boosting.objective(fl.losses[loss], library)
    regression = loss == "squared_error"
    kind = {"xgboost": ("XGBRegressor", "XGBClassifier"), "lightgbm": ("LGBMRegressor", "LGBMClassifier")}[library][
        not regression
    ]
    settings = {"xgboost": {"base_score": 0.5}, "lightgbm": {"verbose": -1, "boost_from_average": False}}[library]

    def make(**more):
        return getattr(module, kind)(n_estimators=ROUNDS, max_depth=3, n_jobs=THREADS, **settings, **more)

    ours = base.clone(make(objective=objective)).fit(given.X, given.y, sample_weight=given.weight)
    own = make().fit(given.X, given.y, sample_weight=given.weight)
    raw = {"output_margin": True} if library == "xgboost" else {"raw_score": True}
    expected = own.predict(given.X, **raw)
    assert_close(ours.predict(given.X, **raw), expected, 2e-6)
    assert_close(pickle.loads(pickle.dumps(ours)).predict(given.X, **raw), expected, 2e-6)
    unweighted = make(objective=objective).fit(given.X, given.y)
    assert np.abs(unweighted.predict(given.X, **raw) - expected).max() > 1e-3 * np.abs(expected).max()


def test_catboost_trains_several_classes():
    catboost = pytest.importorskip("catboost")
    given = data("iris")
    objective = boosting.catboost_objective(fl.cross_entropy)
    model = catboost.CatBoostClassifier(
        loss_function=objective, eval_metric=objective.metric(), classes_count=3, **CATBOOST_SETTINGS
    )
    model.fit(given.X, given.y)
    margins = model.predict(given.X, prediction_type="RawFormulaVal")
    assert (margins.argmax(axis=1) == given.y).mean() > 0.9
    (history,) = model.get_evals_result()["learn"].values()
    assert history[-1] == pytest.approx(objective.objective.value(margins, given.y))


# ---- early stopping, weights, imbalance -------------------------------------------------------------------------------


def imbalanced() -> list[Data]:
    """One digit against all others, with one in three of its samples left out; for training, and for validation."""
    given = data("digits", 1800)
    rare = given.y == 8
    kept = ~rare | (np.cumsum(rare) % 3 > 0)
    X, y, weight = given.X[kept], rare[kept].astype(np.float32), given.weight[kept]
    return [Data(*(np.ascontiguousarray(array[half::2]) for array in (X, y, weight))) for half in (0, 1)]


def average_precision(y, score):
    order = np.argsort(-score, kind="stable")
    hits = y[order].cumsum()
    return float(np.sum(hits / np.arange(1, len(y) + 1) * y[order]) / y.sum())


@pytest.mark.parametrize(
    "loss", [fl.sigmoid_focal.bind(gamma=2.0), fl.binary_cross_entropy_with_logits.bind(pos_weight=4.0)], ids=["focal", "costs"]
)
@pytest.mark.parametrize("weighted", [False, True], ids=["", "weighted"])
def test_xgboost_stops_early_on_the_metric(loss, weighted):
    xgboost = pytest.importorskip("xgboost")
    train, valid = imbalanced()
    assert 0.05 < train.y.mean() < 0.1
    objective = boosting.objective(loss)
    start = objective.init_score(train.y, train.weight if weighted else None)
    matrices = [xgboost.DMatrix(d.X, d.y, weight=d.weight if weighted else None) for d in (train, valid)]
    params = {"max_depth": 3, "nthread": THREADS, "eta": 0.3, "base_score": start, "disable_default_eval_metric": True}
    history: dict = {}
    model = xgboost.train(
        params, matrices[0], 200, obj=objective, custom_metric=objective.metric("xgboost"),
        evals=[(matrices[1], "valid")], early_stopping_rounds=5, evals_result=history, verbose_eval=False,
    )  # fmt: skip
    losses = history["valid"][loss.name]
    assert model.best_iteration == np.argmin(losses) < len(losses) - 1 < 199
    margins = model.predict(matrices[1], output_margin=True, iteration_range=(0, model.best_iteration + 1))
    assert objective.value(margins, valid.y, valid.weight if weighted else None) == pytest.approx(min(losses), rel=1e-4)
    assert min(losses) < 0.5 * objective.value(np.full(len(valid.y), start), valid.y)
    assert average_precision(valid.y, margins) > 0.7


@pytest.mark.parametrize("weighted", [False, True], ids=["", "weighted"])
def test_lightgbm_stops_early_on_the_metric(weighted):
    lightgbm = pytest.importorskip("lightgbm")
    train, valid = imbalanced()
    objective = boosting.objective(fl.sigmoid_focal, gamma=2.0)
    start = objective.init_score(train.y, train.weight if weighted else None)
    made = [
        lightgbm.Dataset(d.X, d.y, weight=d.weight if weighted else None, init_score=np.full(len(d.y), start))
        for d in (train, valid)
    ]
    history: dict = {}
    model = lightgbm.train(
        {"objective": objective, "num_leaves": 8, "num_threads": THREADS, "verbose": -1, "metric": "None", "eta": 0.3},
        made[0], 200, valid_sets=[made[1]], feval=objective.metric("lightgbm"),
        callbacks=[lightgbm.early_stopping(5, verbose=False), lightgbm.record_evaluation(history)],
    )  # fmt: skip
    losses = history["valid_0"]["sigmoid_focal"]
    assert model.best_iteration == np.argmin(losses) + 1 < len(losses) < 200
    margins = start + model.predict(valid.X, raw_score=True)
    assert objective.value(margins, valid.y, valid.weight if weighted else None) == pytest.approx(min(losses), rel=1e-4)
    assert min(losses) < 0.5 * objective.value(np.full(len(valid.y), start), valid.y)
    assert average_precision(valid.y, margins) > 0.7


def test_expectiles_stop_early_and_lie_in_order():
    xgboost = pytest.importorskip("xgboost")
    given = data("disease")
    matrices = [xgboost.DMatrix(given.X[half::2], given.y[half::2], weight=given.weight[half::2]) for half in (0, 1)]
    means = []
    for alpha in (0.1, 0.5, 0.9):
        objective = boosting.objective(fl.expectile, alpha=alpha)
        start = objective.init_score(given.y[::2], given.weight[::2])
        params = {"max_depth": 3, "nthread": THREADS, "base_score": start, "disable_default_eval_metric": True}
        model = xgboost.train(
            params, matrices[0], 200, obj=objective, custom_metric=objective.metric("xgboost"),
            evals=[(matrices[1], "valid")], early_stopping_rounds=5, verbose_eval=False,
        )  # fmt: skip
        assert model.best_iteration < 194
        assert model.best_score < 0.9 * objective.value(np.full(len(given.y[1::2]), start), given.y[1::2], given.weight[1::2])
        means.append(model.predict(matrices[1], iteration_range=(0, model.best_iteration + 1)).mean())
    assert means == sorted(means)


@pytest.mark.parametrize(("name", "level"), [("quantile", "q"), ("expectile", "alpha")])
@pytest.mark.parametrize("library", ["xgboost", "lightgbm"])
def test_several_levels_at_once(library, name, level):
    booster = pytest.importorskip(library)
    X, y = data("disease").X, data("disease").y
    levels = [0.1, 0.5, 0.9]
    of = boosting.objective(fl.losses[name], hessian="constant", **{level: levels})
    each = [boosting.objective(fl.losses[name], hessian="constant", **{level: x}) for x in levels]
    start = of.init_score(y)
    assert start.tolist() == [one.init_score(y) for one in each]
    margins = np.broadcast_to(start, (len(y), 3)).astype(np.float32)
    grad, _ = of(y.astype(np.float32), margins)
    for k, one in enumerate(each):
        np.testing.assert_array_equal(grad[:, k], one(y.astype(np.float32), np.ascontiguousarray(margins[:, k]))[0])
    if library == "xgboost":
        matrix = booster.DMatrix(X, y, base_margin=margins)
        settings = {"num_class": 3, "disable_default_eval_metric": True, "max_depth": 2}
        predicted = booster.train(settings, matrix, 30, obj=of).predict(matrix, output_margin=True)
    else:
        matrix = booster.Dataset(X, y, init_score=margins)
        settings = {"objective": of, "metric": "None", "num_class": 3, "verbose": -1, "num_leaves": 4, "seed": 0}
        predicted = booster.train(settings, matrix, 30).predict(X, raw_score=True) + start
    value = of.value(predicted, y)
    assert value < of.value(margins, y)
    below = (y[:, None] < predicted).mean(axis=0)
    assert below[0] < below[1] < below[2]


@pytest.mark.parametrize("library", ["xgboost", "lightgbm"])
def test_scikit_learn_classes_take_the_metric(library):
    module = pytest.importorskip(library)
    train, valid = imbalanced()
    objective = boosting.objective(fl.sigmoid_focal)
    metric = objective.metric(library)
    if library == "xgboost":
        model = module.XGBClassifier(objective=objective, n_estimators=3, n_jobs=THREADS, eval_metric=metric)
        model.fit(train.X, train.y, eval_set=[(valid.X, valid.y)], sample_weight_eval_set=[valid.weight], verbose=False)
        margins = model.predict(valid.X, output_margin=True)
    else:
        model = module.LGBMClassifier(objective=objective, n_estimators=3, n_jobs=THREADS, verbose=-1, metric="None")
        model.fit(train.X, train.y, eval_X=valid.X, eval_y=valid.y, eval_sample_weight=[valid.weight], eval_metric=metric)
        margins = model.predict(valid.X, raw_score=True)
    history = next(iter(model.evals_result_.values()) if library == "lightgbm" else iter(model.evals_result().values()))
    assert history["sigmoid_focal"][-1] == pytest.approx(objective.value(margins, valid.y, valid.weight), rel=1e-5)


# ---- the objective ----------------------------------------------------------------------------------------------------


class Labelled:
    """What XGBoost's DMatrix and LightGBM's Dataset have in common."""

    def __init__(self, label, weight):
        self.get_label, self.get_weight = lambda: label, lambda: weight


def trainable() -> list[str]:
    return [name for name in PAIRED if not traits_of(fl.losses[name]).instead]


def drawn(loss: fl.Loss, n: int = 40, classes: int = 4, dtype: Any = np.float32) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Margins, labels as floats, weights."""
    rng = np.random.default_rng(1)
    rows = loss.family == "rows"
    margin = rng.normal(size=(n, classes) if rows else n).astype(dtype)
    low, high = np.clip(loss.domain.target.low, -2, 2), np.clip(loss.domain.target.high, -2, 3)
    if loss.domain.target.low_open:
        low, high = 0.75 * low + 0.25 * high, 0.25 * low + 0.75 * high
    if rows:
        target = np.arange(n) % classes if loss.declared.labels else rng.uniform(size=(n, classes))
    elif loss.domain.target.bounded and high - low <= 2:
        target = np.where(np.arange(n) % 3 == 0, high, low)
    else:
        target = rng.uniform(low, high, n)
    return margin, target.astype(dtype), rng.uniform(0.5, 2, n).astype(dtype)


def conventions():
    for name in trainable():
        for hessian in boosting.objective(fl.losses[name]).traits.hessians:
            yield pytest.param(name, hessian, id=f"{name}-{hessian}")


@pytest.mark.parametrize(("name", "hessian"), list(conventions()))
def test_every_convention_of_every_loss(name, hessian):
    """All ways to call give the same, in float32 and the margins' order; the Hessian is that of a sample times its weight."""
    objective = boosting.objective(fl.losses[name], hessian, hessian_floor=1e-3)
    margin, label, weight = drawn(objective.loss)
    before = margin.copy()
    grad, hess = objective(label, margin)
    scale = objective.convention.scale
    target = label.astype(np.int64) if objective.loss.declared.labels else label
    expected = objective.loss.grad(margin, target, reduction="none")
    # What depends on the scale of all residuals depends on all weights.
    apart = not (isinstance(objective.convention, Smoothed) or getattr(objective.convention, "width", 0))
    if not isinstance(objective.convention, Smoothed):
        np.testing.assert_allclose(grad, scale * expected, rtol=1e-6)
    assert grad.dtype == hess.dtype == np.float32
    assert grad.shape == hess.shape == margin.shape
    assert np.isfinite(hess).all()
    assert (hess >= np.float32(1e-3)).all()
    per = weight if margin.ndim == 1 else weight[:, None]
    for call in (
        lambda m: objective(label, m, weight),
        lambda m: objective(label, m, sample_weight=weight),
        lambda m: objective(m, Labelled(label, weight)),
        lambda m: objective(label.astype(np.float64), m.astype(np.float64), weight),
        lambda m: objective(label, np.asfortranarray(m), weight),
    ):
        results = call(margin)
        for result, one in zip(results, (grad, hess), strict=True):
            assert result.dtype == np.float32
            if apart:
                np.testing.assert_allclose(result, one * per, rtol=1e-5, atol=1e-7)
    for empty in (None, np.empty(0, np.float32)):  # LightGBM's and XGBoost's way to say that there are no weights
        assert all(np.array_equal(a, b) for a, b in zip(objective(margin, Labelled(label, empty)), (grad, hess), strict=True))
    assert np.array_equal(margin, before)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("order", ["C", "F"])
def test_layout_follows_the_margins(dtype, order):
    """LightGBM's margins of several classes are in Fortran order, XGBoost's in C order; both take what they gave."""
    objective = boosting.objective(fl.cross_entropy, "lightgbm")
    margin, label, weight = drawn(objective.loss, dtype=dtype)
    for result in objective(label, np.asarray(margin, order=order), weight):
        assert result.flags[f"{order}_CONTIGUOUS"]
        assert np.shares_memory(result.ravel(order=order).astype(np.float32, copy=False), result)


@pytest.mark.parametrize("single", [False, True], ids=["", "float32"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", PAIRED)
def test_hessians_of_newton_steps(name, dtype, single):
    """A multiple, not below the floor of a sample, whatever the way of the rows; the gradient as it is; float32 if asked."""
    loss, factor = fl.losses[name], 3.0
    if loss.domain.prediction.bounded or loss.declared.differentiable_target:
        pytest.skip("no loss of a margin")
    for n, classes, order in ((1500, 4, "C"), (1500, 4, "F"), (40, 300, "C"), (3, 5000, "C"), (0, 4, "C")):
        margin, label, weight = drawn(loss, n, classes, dtype)
        margin, weight[::7] = np.asarray(margin, order=order), 0
        target = label.astype(np.int64) if loss.declared.labels else label
        if loss.declared.label_lists:
            target = np.full(margin.shape, -1)
            target[:, 0] = np.arange(n) % classes
        if "ignore_index" in loss.params and loss.declared.labels and target.ndim == 1:
            target[::5] = loss.params["ignore_index"].default
        for given in (None, weight):
            grad, plain = loss.grad_and_hess(margin, target, weight=given)
            floor = float(np.median(plain)) + 0.01 if n else 1.0
            floors = np.ones(n, dtype) if given is None else given.copy()
            if target.ndim == 1 and loss.family == "rows":
                floors[target < 0] = 0
            floors = floors.reshape(-1, *[1] * (margin.ndim - 1)) * dtype(floor)
            expected = np.maximum(dtype(factor) * plain, floors)
            results = newton_entry(loss, "grad_and_hess", factor, floor, single)(margin, target, weight=given)
            wanted = np.float32 if single else dtype
            assert np.array_equal(results[0], grad.astype(wanted))
            # Hessians of a row are rounded before they are multiplied, and floors before they are weighed.
            np.testing.assert_allclose(results[1], expected.astype(wanted), rtol=4 * np.finfo(wanted).eps)
            assert all(result.dtype == wanted and result.shape == margin.shape for result in results)


def test_a_parameter_may_have_a_number_for_each_sample():
    per_sample = np.linspace(1, 2, 70_000)
    objective = boosting.objective(fl.binary_cross_entropy_with_logits, pos_weight=per_sample)
    margin, label, _ = drawn(objective.loss, len(per_sample), dtype=np.float64)
    for result, wide in zip(objective(label, margin), objective.derivatives(margin, label), strict=True):
        assert np.array_equal(result, wide.astype(np.float32))


def test_a_weight_is_a_number_of_samples():
    for name in trainable():
        objective = boosting.objective(fl.losses[name])
        margin, label, _ = drawn(objective.loss)
        weight = np.arange(len(label)) % 3
        repeated = np.repeat(np.arange(len(label)), weight)
        for one, many in zip(objective(label, margin, weight), objective(label[repeated], margin[repeated]), strict=True):
            np.testing.assert_allclose(one.sum(axis=0), many.sum(axis=0), rtol=2e-5, atol=1e-6)
            assert not one[weight == 0].any()


FIXED = {"sigmoid_focal": {"gamma": 3.0, "alpha": None}, "huber": {"delta": 0.5}, "cross_entropy": {"label_smoothing": 0.1}}


@pytest.mark.parametrize("name", trainable())
def test_objectives_are_copied_and_pickled(name):
    objective = boosting.objective(fl.losses[name], hessian_floor=0.25, **FIXED.get(name, {}))
    margin, label, weight = drawn(objective.loss)
    columns = [margin] if margin.ndim == 1 else margin.T
    everything = [
        (objective, lambda given: given(label, margin, weight)),
        (objective.metric("lightgbm"), lambda given: given(label, margin, weight)[1:2]),
        (boosting.catboost_objective(objective.loss), lambda given: given.metric().evaluate(columns, label, weight)),
    ]
    for given, call in everything:
        assert name in repr(given)
        for made in (pickle.loads(pickle.dumps(given)), copy.deepcopy(given), copy.copy(given)):
            assert repr(made) == repr(given)
            assert all(np.array_equal(a, b) for a, b in zip(call(made), call(given), strict=True))


def test_conventions_are_those_of_the_formulas():
    x, y = np.array([[0.3, -0.2, 0.5]]), np.array([1.0])
    q = np.exp(x) / np.exp(x).sum()
    factors = {"exact": 1, "upper_bound": 2, "xgboost": 2, "lightgbm": 3 / 2}
    for hessian, factor in factors.items():
        np.testing.assert_allclose(boosting.objective(fl.cross_entropy, hessian)(y, x)[1], factor * q * (1 - q), rtol=1e-6)
    assert boosting.objective(fl.poisson, "xgboost")([2.0], [0.3])[1] == np.float32(np.exp(1.0))
    assert boosting.objective(fl.squared_error, "lightgbm")([2.0], [3.0]) == (1.0, 1.0)
    assert boosting.objective(fl.squared_error)([2.0], [3.0]) == (2.0, 2.0)
    assert boosting.objective(fl.smooth_l1, "upper_bound", beta=0.5)([2.0], [3.0])[1] == 2.0
    assert boosting.objective(fl.hinge, "xgboost")([0.0, 0.0], [0.3, -3.0])[1].tolist() == [1.0, np.float32(1e-16)]


def test_upper_bounds_are_bounds():
    """Nowhere below the true curvature, nor zero; of a softmax, the full matrix."""
    x = np.linspace(-30, 30, 2001)
    for y in (0.0, 1.0):
        for gamma in (0.0, 0.3, 1.0, 2.0, 5.0):
            objective = boosting.objective(fl.sigmoid_focal, "upper_bound", 0.0, gamma=gamma)
            _, exact = objective.loss.grad_and_hess(x, np.full_like(x, y))
            _, bound = objective.derivatives(x, np.full_like(x, y))
            assert (bound >= exact - 1e-15 * np.abs(exact)).all()
            assert (bound > 0).all()
            assert gamma == 0 or (exact < 0).any()
            if gamma == 0:
                np.testing.assert_allclose(bound, exact, rtol=1e-13)
    for name, parameters in (("huber", {"delta": 0.7}), ("smooth_l1", {"beta": 0.3}), ("log_cosh", {}), ("squared_hinge", {})):
        objective = boosting.objective(fl.losses[name], "upper_bound", **parameters)
        y = np.where(np.arange(len(x)) % 2, 1.0, -1.0)
        assert (objective.derivatives(x, y)[1] >= objective.loss.grad_and_hess(x, y)[1]).all()
    for name in ("pseudo_huber", "charbonnier", "fair", "cauchy", "geman_mcclure", "welsch", "tukey_biweight"):
        objective = boosting.objective(fl.losses[name], "upper_bound", 0.0)
        exact = objective.loss.grad_and_hess(x, np.zeros_like(x))[1]
        assert (objective.derivatives(x, np.zeros_like(x))[1] >= exact * (1 - 1e-12)).all()
        assert 0.0 in x
    for row in np.random.default_rng(0).normal(scale=3, size=(20, 1, 5)):
        q = np.exp(fl.log_softmax(row))[0]
        _, bound = boosting.objective(fl.cross_entropy, "upper_bound").derivatives(row, [2])
        assert np.linalg.eigvalsh(np.diag(bound[0]) - (np.diag(q) - np.outer(q, q)))[0] > -1e-15


def test_what_has_no_meaning_is_refused():
    for name in trainable():
        accepted = [*boosting.objective(fl.losses[name]).traits.hessians]
        assert set(accepted) <= set(HESSIANS)
        accepted += ["xgboost"] if xgboost_of_today() in accepted else []
        assert "constant" in accepted
        for hessian in [*HESSIANS, "newton"]:
            if hessian not in accepted:
                with pytest.raises(
                    ValueError, match=f"{hessian!r}(, here .*,)? has no meaning for {name}; accepted: .*constant"
                ):
                    boosting.objective(fl.losses[name], hessian)
    for name in set(fl.losses) - set(trainable()):
        with pytest.raises(ValueError, match=f"{name} is no loss of a margin.*take {traits_of(fl.losses[name]).instead}"):
            boosting.objective(fl.losses[name])
    with pytest.raises(TypeError, match="got str"):
        boosting.objective("huber")
    with pytest.raises(TypeError, match=r"objective of huber has no keyword 'alpha'; it has: delta, hessian, hessian_floor"):
        boosting.objective(fl.huber, alpha=2.0)
    with pytest.raises(ValueError, match=r"hessian_floor = -1 is outside \[0, inf\)"):
        boosting.objective(fl.huber, hessian_floor=-1)
    with pytest.raises(ValueError, match="no Hessian bounds it; hessian='constant' is accepted"):
        boosting.objective(fl.smooth_l1, "upper_bound", beta=0.0)([0.0], [0.0])
    with pytest.raises(TypeError, match="margins come first and Labelled second"):
        boosting.objective(fl.huber)(Labelled(np.zeros(1), None), np.zeros(1))


def test_what_a_loss_says_of_boosters_is_there():
    """The loss to take instead is one of a margin, and levels are a parameter; all else was looked up at import."""
    for name, loss in fl.losses.items():
        traits = traits_of(loss)
        instead = {*trainable(), OF_SAMPLES.instead} if traits.instead or loss.domain.prediction.bounded else {""}
        assert traits.instead in instead, f"{name}: take {traits.instead!r}, which is no loss of a margin"
        assert traits.level in {"", *loss.params}, f"{name} has no parameter {traits.level!r}"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (Boosting("corners"), r"no set of conventions 'corners'; there are: corner, residual, reweighted"),
        (Boosting(upper="hessian"), "no Hessian 'upper'; there are: exact, descent, upper_bound"),
        (Boosting(exact="hesian"), "no convention 'hesian'; there are: hessian, "),
        (Boosting(xgboost=("hessian",)), r"XGBoost's versions are 3\.2, 3\.4, and 1 conventions are given"),
        (Boosting(link="log"), "no link 'log'; there are: identity, exp, "),
        (Boosting(start="average"), "no start 'average'; there are: mean, "),
        (Boosting(products="softmax"), "no product 'softmax'; there are: of_softmax"),
        (Boosting(jumps="threshold"), "no jump 'threshold'; there are: at_threshold"),
    ],
)
def test_a_word_that_means_nothing_names_its_loss(words, message):
    with pytest.raises(ValueError, match=f"boosting= of wing: .*{message}"):
        traits_from("wing", words)


# ---- labels -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", trainable())
def test_a_bad_label_names_its_row(name, dtype):
    objective = boosting.objective(fl.losses[name])
    margin, label, _ = drawn(objective.loss, dtype=dtype)
    rows, at = objective.loss.declared.labels, (17,) if label.ndim == 1 else (17, 2)
    bad = [np.nan, np.inf, -np.inf, *([0.5, -1.0, 4.0, 1e9, 1e30] if rows else [])]
    domain = objective.loss.domain.target
    bad += [] if rows else [x for x in (domain.low - 1, domain.high + 1, 0.5 if domain.ends_only else np.nan) if np.isfinite(x)]
    for value in bad:
        wrong = label.copy()
        wrong[at] = value
        where = f"the label of row {at[0]}" + (f", column {at[1]}," if len(at) > 1 else "") + f" is .*; {name} takes"
        ways = [(objective, (wrong, margin)), (objective, (margin, Labelled(wrong, None))), (objective.value, (margin, wrong))]
        for call, arguments in ways:
            with pytest.raises((ValueError, IndexError), match=where):
                call(*arguments)
        if np.isnan(value):
            with pytest.raises(ValueError, match=where):
                objective.init_score(wrong)


def test_labels_of_any_type_are_the_same():
    margin, label, _ = drawn(fl.cross_entropy)
    expected = boosting.objective(fl.cross_entropy)(label, margin)
    for given in (label.astype(np.uint8), label.astype(np.int64), label[:, None], list(label)):
        for a, b in zip(boosting.objective(fl.cross_entropy)(given, margin), expected, strict=True):
            assert np.array_equal(a, b)
    signs = boosting.objective(fl.squared_hinge)
    margin = np.array([0.3, -0.5], np.float32)
    assert np.array_equal(signs([0, 1], margin), signs([-1, 1], margin))
    assert fl.squared_hinge.domain.target == SIGN
    logistic = boosting.objective(fl.binary_cross_entropy_with_logits)
    flat, table = logistic(np.array([0, 1, 1, 0]), np.ones((2, 2))), logistic(np.array([[0, 1], [1, 0]]), np.ones((2, 2)))
    assert np.array_equal(flat, table)


def test_shapes_that_do_not_match():
    with pytest.raises(ValueError, match=r"takes margins of shape \(n, classes\), got \(3,\); tell the booster the number of"):
        boosting.objective(fl.cross_entropy)(np.zeros(3), np.zeros(3))
    with pytest.raises(ValueError, match="shape"):
        boosting.objective(fl.huber)(np.zeros(3), np.zeros(4))
    with pytest.raises(ValueError, match="shape"):
        boosting.objective(fl.huber)(np.zeros(3), np.zeros(3), np.ones(2))


@pytest.mark.parametrize("library", ["xgboost", "lightgbm", "catboost"])
def test_a_bad_label_stops_the_training(library):
    module = pytest.importorskip(library)
    given = data("visits")
    label = given.y / given.y.max()
    label[17] = 1.5
    loss, accepted = fl.binary_cross_entropy_with_logits, r"the label of row \d+ is 1.5; .* takes numbers within \[0, 1\]"
    objective = boosting.objective(loss)

    def train():
        if library == "xgboost":
            module.train({"nthread": 1}, module.DMatrix(given.X, label), 1, obj=objective)
        elif library == "lightgbm":
            module.train({"objective": objective, "verbose": -1}, module.Dataset(given.X, label), 1)
        else:
            made = boosting.catboost_objective(loss)
            module.CatBoost({"loss_function": made, "eval_metric": made.metric(), **CATBOOST_SETTINGS}).fit(given.X, label)

    with pytest.raises((ValueError, getattr(module, "CatBoostError", ValueError)), match=accepted):
        train()


# ---- starting scores, metrics, predictions ----------------------------------------------------------------------------


def starts():
    for name in trainable():
        yield pytest.param(name, {}, id=name)
    for name, parameters in [
        ("binary_cross_entropy_with_logits", {"pos_weight": 3.0}),
        ("quantile", {"q": 0.9}),
        ("huber", {"delta": 0.1}),
        ("sigmoid_focal", {"gamma": 0.5, "alpha": None}),
        ("cross_entropy", {"class_weight": [1.0, 2.0, 3.0, 4.0], "label_smoothing": 0.2, "temperature": 2.0}),
        ("cross_entropy", {"z_loss": 0.1, "softcap": 5.0}),
    ]:
        yield pytest.param(name, parameters, id=f"{name}-{'-'.join(parameters)}")


@pytest.mark.parametrize("weighted", [False, True], ids=["", "weighted"])
@pytest.mark.parametrize(("name", "parameters"), list(starts()))
def test_no_constant_is_better_than_init_score(name, parameters, weighted):
    objective = boosting.objective(fl.losses[name], **parameters)
    _, label, weight = drawn(objective.loss, 41, dtype=np.float64)
    weight = weight if weighted else None
    start = objective.init_score(label, weight)
    rows = objective.loss.family == "rows"
    target = label.astype(np.int64) if objective.loss.declared.labels else label

    def total(at):
        return objective.loss(np.broadcast_to(at, (len(label), *np.shape(start))), target, weight=weight, reduction="sum")

    least = total(start)
    assert np.isfinite(least)
    directions = np.eye(4) if rows else np.ones(1)
    # Steps along the axes get caught in the edges of a row's loss; wing has many minima, of which one is found.
    slack = 1e-3 if rows and objective.loss.smoothness < 1 else 1e-12
    for step in (1e-3, -1e-3) if name == "wing" else (1e-3, -1e-3, 0.1, -0.1, 1.0, -1.0):
        for direction in directions:
            assert total(start + step * direction) >= least - slack * abs(least)
    if objective.loss.smoothness >= 1 and not (rows and objective.traits.link.limit == np.inf):
        grad = objective.loss.grad(
            np.broadcast_to(start, (len(label), *np.shape(start))), target, weight=weight, reduction="sum"
        )
        assert np.abs(grad.sum(axis=0)).max() < 1e-6 * np.abs(grad).sum()


def test_starts_in_closed_form():
    y = np.array([1.0, 2.0, 4.0, 100.0])
    weight = np.array([1.0, 1.0, 1.0, 5.0])

    def start(loss, *args, **parameters):
        return boosting.objective(loss, **parameters).init_score(*args)

    assert start(fl.squared_error, y) == y.mean()
    assert start(fl.absolute_error, y) == 3.0
    assert start(fl.absolute_error, y, weight) == 100.0
    assert start(fl.poisson, y, weight) == np.log(np.average(y, weights=weight))
    assert start(fl.binary_cross_entropy_with_logits, [0, 0, 0, 1]) == pytest.approx(-np.log(3))
    assert start(fl.quantile, np.arange(10.0), q=0.25) == 2.0
    assert start(fl.quantile, np.arange(10.0), q=0.3) == 2.5
    assert start(fl.huber, np.array([5.0, 5.0, 5.0])) == 5.0
    assert start(fl.log_cosh, 1e9 + y) == pytest.approx(1e9 + start(fl.log_cosh, y), abs=1e-6)
    # Where the best constant is infinite, as for a class without samples.
    limit = -np.log(1e-15)
    assert start(fl.binary_cross_entropy_with_logits, np.ones(3)) == limit
    assert start(fl.poisson, np.zeros(3)) == -limit
    assert start(fl.sigmoid_focal, np.zeros(3)) == -limit
    assert start(fl.cross_entropy, np.array([0, 0, 2])).tolist() == pytest.approx([np.log(2 / 3), -limit, np.log(1 / 3)])
    objective = boosting.objective(fl.cross_entropy)
    assert objective.init_score([0, 1], classes=4).shape == (4,)
    assert boosting.objective(fl.huber).init_score(np.stack([y, y + 1], axis=1)).shape == (2,)
    for weight in (None, np.zeros(0)):
        with pytest.raises(ValueError, match="no sample counts"):
            objective.init_score([], weight)


@pytest.mark.parametrize("too_much", [1.0, 1e-3, 1e6, np.inf])
def test_the_search_ends_whatever_the_hessian(too_much):
    calls, target = [], np.array([3.0, 1000.0, 5000.0])

    def slope(at):
        calls.append(at)
        return float(np.arctan(at - target).sum()), float((too_much / (1 + (at - target) ** 2)).sum())

    assert _search.settle(slope, -1e6, 0.0, 1e6) == pytest.approx(1000, rel=1e-3)
    assert len(calls) < 150


@pytest.mark.parametrize("booster", FORMS)
def test_forms_of_the_metric(booster):
    margin, label, weight = drawn(fl.sigmoid_focal)
    metric = boosting.objective(fl.sigmoid_focal).metric(booster)
    value = fl.sigmoid_focal(margin, label, weight=weight)
    native = {"xgboost": ("sigmoid_focal", value), "lightgbm": ("sigmoid_focal", value, False)}[booster]
    assert metric(margin, Labelled(label, weight)) == native
    assert metric(label, margin, weight) == (value if booster == "xgboost" else native)
    assert metric.__name__ == "sigmoid_focal"
    with pytest.raises(ValueError, match="must be one of xgboost, lightgbm; got 'sklearn'"):
        metric.objective.metric("sklearn")


def test_xgboost_takes_no_metric_for_one_to_maximise():
    callback = pytest.importorskip("xgboost.callback")
    greater = re.findall(
        r'"(\w+)@?",', inspect.getsource(callback.EarlyStopping).split("maximize_metrics = (")[1].split(")")[0]
    )
    assert len(greater) > 3
    assert not [name for name in fl.losses if name.startswith(tuple(greater))]


def test_predictions():
    x = np.array([-800.0, 0.0, 1.0, 800.0])

    def predict(loss, margin):
        return boosting.objective(loss).predict(margin)

    assert predict(fl.huber, x).tolist() == x.tolist()
    np.testing.assert_allclose(predict(fl.sigmoid_focal, x), [0, 0.5, 1 / (1 + np.exp(-1)), 1])
    np.testing.assert_allclose(predict(fl.poisson, x), [0, 1, np.e, np.inf])
    np.testing.assert_allclose(predict(fl.cross_entropy, [[0, 0], [800, -800]]), [[0.5, 0.5], [1, 0]])
    assert predict(fl.sigmoid_focal, x.astype(np.float32)).dtype == np.float32


def test_nothing_is_imported_before_it_is_needed():
    code = """if 1:
        import sys
        import numpy as np
        import fastloss as fl
        from fastloss import boosting
        objective = boosting.objective(fl.sigmoid_focal)
        objective(np.zeros(2), np.zeros(2)), objective.init_score([0, 1]), objective.predict([0.0])
        boosting.catboost_objective(fl.huber).calc_ders_range([0.0], [0.0], None)
        boosting.minimize_objective(fl.huber, np.zeros((2, 1)), np.zeros(2)).start()
        print(*{"xgboost", "lightgbm", "catboost", "sklearn", "scipy", "pandas"} & set(sys.modules))
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.stdout.strip(), done.returncode) == ("", 0), done.stdout + done.stderr
    code = "import sys, fastloss; assert 'fastloss.boosting' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


# ---- CatBoost, scikit-learn and SciPy ---------------------------------------------------------------------------------


def test_catboost_gets_negated_pairs():
    margin, label, weight = drawn(fl.sigmoid_focal, dtype=np.float64)
    made = boosting.catboost_objective(fl.sigmoid_focal)
    ders = made.calc_ders_range(margin, label.astype(np.float32), weight.astype(np.float32))
    assert (ders.shape, ders.dtype) == ((len(margin), 2), np.float64)
    grad, hess = made.objective.derivatives(margin, label, weight.astype(np.float32))
    assert np.array_equal(ders, np.stack([-grad, -hess], axis=1))
    assert made.no_jit  # and so CatBoost leaves the methods alone
    gradient, hessian = boosting.catboost_objective(fl.cross_entropy, "exact").calc_ders_multi([0.0, 0.0, 0.0], 2.0, 3.0)
    np.testing.assert_allclose(gradient, [-1, -1, 2])
    np.testing.assert_allclose(hessian, 1 / 3 - np.eye(3))
    _, hessian = boosting.catboost_objective(fl.cross_entropy, "upper_bound").calc_ders_multi([0.0, 0.0, 0.0], 2.0, 3.0)
    np.testing.assert_allclose(hessian, np.diag([-4 / 3] * 3))
    # The whole matrix is the gradient's derivative.
    x, step = np.array([0.3, -0.5, 1.2]), 1e-5
    options = {"temperature": 0.7, "z_loss": 0.2, "label_smoothing": 0.2, "class_weight": [1.0, 2.0, 0.5]}
    for parameters in ({}, {"temperature": 3.0}, {"z_loss": 0.3}, options):
        whole = boosting.catboost_objective(fl.cross_entropy, **parameters)
        for target in (1.0, [0.2, 0.5, 0.4], -100.0):
            ahead, behind = (
                np.array([whole.calc_ders_multi(x + side * step * e, target, 1.7)[0] for e in np.eye(3)]) for side in (1, -1)
            )
            hessian = whole.calc_ders_multi(x, target, 1.7)[1]
            np.testing.assert_allclose(hessian, (ahead - behind) / (2 * step), atol=1e-9)
    metric = boosting.catboost_objective(fl.cross_entropy).metric()
    error, total = metric.evaluate(np.zeros((3, 4)), np.array([0.0, 1, 2, 2]), np.array([1.0, 2, 3, 4]))
    assert metric.get_final_error(error, total) == pytest.approx(np.log(3))
    assert not metric.is_max_optimal()


def test_sklearn_loss_is_of_one_version(monkeypatch):
    sklearn = pytest.importorskip("sklearn")
    base = importlib.import_module("sklearn.base")
    ensemble = importlib.import_module("sklearn.ensemble")
    given = data("disease")
    model = base.clone(ensemble.HistGradientBoostingRegressor(loss=boosting.sklearn_loss(fl.huber, delta=20.0), max_iter=3))
    model.fit(given.X, given.y)
    assert np.array_equal(pickle.loads(pickle.dumps(model)).predict(given.X), model.predict(given.X))
    assert "huber" in repr(model)
    with pytest.raises(ValueError, match="n_classes = None: cross_entropy has a class axis"):
        boosting.sklearn_loss(fl.cross_entropy)
    with pytest.raises(ValueError, match="n_classes = 3: huber has no class axis"):
        boosting.sklearn_loss(fl.huber, n_classes=3)
    monkeypatch.setattr(sklearn, "__version__", "2.0.1")
    with pytest.raises(ImportError, match=r"private interfaces of scikit-learn 1\.6, 1\.7, 1\.8, 1\.9, and this is 2\.0\.1"):
        boosting.sklearn_loss(fl.huber)


LINEAR = [
    ("squared_error", "disease"),
    ("huber", "disease"),
    ("binary_cross_entropy_with_logits", "cancer"),
    ("poisson", "visits"),
    ("cross_entropy", "iris"),
]


@pytest.mark.parametrize("intercept", [True, False], ids=["", "without intercept"])
@pytest.mark.parametrize(("name", "data_name"), LINEAR)
def test_derivatives_of_a_linear_model(name, data_name, intercept):
    given = data(data_name)
    X = (given.X - given.X.mean(axis=0)) / given.X.std(axis=0)
    f = boosting.minimize_objective(fl.losses[name], X, given.y, given.weight, l2=0.1, fit_intercept=intercept)
    rng = np.random.default_rng(0)
    at, along = 0.1 * rng.normal(size=f.start().shape), rng.normal(size=f.start().shape)
    value, grad = f(at)
    assert isinstance(value, float)
    assert (grad.dtype, grad.ndim) == (np.float64, 1)
    step = 1e-5
    (ahead, grad_ahead), (behind, grad_behind) = f(at + step * along), f(at - step * along)
    assert (ahead - behind) / (2 * step) == pytest.approx(grad @ along, rel=1e-6)
    np.testing.assert_allclose(
        f.hessp(at, along), (grad_ahead - grad_behind) / (2 * step), rtol=1e-4, atol=1e-4 * np.abs(along).max()
    )


def test_linear_models_are_those_of_sklearn():
    optimize = pytest.importorskip("scipy.optimize")
    models = importlib.import_module("sklearn.linear_model") if pytest.importorskip("sklearn") else None
    given = data("cancer")
    X = (given.X - given.X.mean(axis=0)) / given.X.std(axis=0)
    n, total = len(X), given.weight.sum(dtype=np.float64)
    f = boosting.minimize_objective(fl.binary_cross_entropy_with_logits, X, given.y, given.weight, l2=10 / n)
    own = models.LogisticRegression(C=n / (10 * total), tol=1e-10, max_iter=1000).fit(X, given.y, sample_weight=given.weight)
    for settings in (
        {"method": "L-BFGS-B", "options": {"ftol": 1e-16, "gtol": 1e-9}},
        {"method": "trust-ncg", "hessp": f.hessp, "options": {"gtol": 1e-9}},
    ):
        found = optimize.minimize(f, f.start(), jac=True, **settings)
        np.testing.assert_allclose(found.x, [*own.coef_[0], own.intercept_[0]], atol=1e-6)
    np.testing.assert_allclose(f.objective.predict(f.margin(found.x)), own.predict_proba(X)[:, 1], atol=1e-6)
    with pytest.raises(ValueError, match=r"l2 = -1 is outside \[0, inf\)"):
        boosting.minimize_objective(fl.huber, X, given.y, l2=-1)
    with pytest.raises(ValueError, match="X has 569 rows but y has 568"):
        boosting.minimize_objective(fl.huber, X, given.y[1:])


# ---- documentation ----------------------------------------------------------------------------------------------------


def documented():
    for name in boosting.__all__:
        thing = getattr(boosting, name)
        yield name, thing
        if inspect.isclass(thing):
            methods = [
                m for m in vars(thing) if (not m.startswith("_") or m == "__call__") and inspect.isfunction(vars(thing)[m])
            ]
            yield from ((f"{name}.{method}", vars(thing)[method]) for method in methods)


@pytest.mark.parametrize(("name", "thing"), [pytest.param(name, thing, id=name) for name, thing in documented()])
def test_examples_are_true(name, thing):
    doc = inspect.getdoc(thing)
    assert doc, f"{name} has no docstring"
    for library in ("sklearn", "scipy"):
        if f"from {library}" in doc:
            pytest.importorskip(library)
    examples = doctest.DocTestParser().get_doctest(doc, {}, name, None, 0)
    output = io.StringIO()
    assert doctest.DocTestRunner(verbose=False).run(examples, out=output.write).failed == 0, output.getvalue()
    assert max(map(len, doc.splitlines())) <= 130
    if inspect.isfunction(thing) and name[0].islower():
        assert all(f"\n{title}\n" in doc for title in ("Parameters", "Returns", "Raises", "Examples"))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("unit", [5e-324, 1e-310, 1.0, 2.0**1021])
def test_a_mean_depends_on_the_ratios_of_weights_in_every_library(unit):
    x, y, weight = np.array([1.0, 2, 3]), np.zeros(3), np.array([1.0, 3.0, 1.0]) * unit
    right = fl.huber(x, y, weight=[1.0, 3.0, 1.0])
    metric = boosting.catboost_objective(fl.huber).metric()
    assert metric.get_final_error(*metric.evaluate([x], y, weight)) == pytest.approx(right)
    assert boosting.objective(fl.huber).value(x, y, sample_weight=weight) == pytest.approx(right)
    pytest.importorskip("sklearn")
    assert boosting.sklearn_loss(fl.huber)(y, x, weight) == pytest.approx(right)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "name", ["hinge", "epsilon_insensitive", "squared_epsilon_insensitive", "perceptron", "multi_margin", "categorical_hinge"]
)
def test_catboost_trains_on_where_all_gradients_are_0(name):
    """As soon as all margins are kept, or from the start; the model stays as it is."""
    catboost = pytest.importorskip("catboost")
    X = np.random.default_rng(0).normal(size=(120, 3))
    loss = fl.losses[name]
    rows = loss.family == "rows"
    y = X.argmax(axis=1) if rows else np.sign(X[:, 0]) if loss.domain.target.bounded else X[:, 0] / 100
    made = boosting.catboost_objective(loss, **{"margin": 0.1} if rows else {})
    several = {"classes_count": 3} if rows else {}
    model = (catboost.CatBoostClassifier if rows else catboost.CatBoostRegressor)(
        iterations=25, learning_rate=0.9, loss_function=made, eval_metric=made.metric(), verbose=False, thread_count=1,
        allow_writing_files=False, **several
    )  # fmt: skip
    model.fit(X, y)
    margins = [model.predict(X, prediction_type="RawFormulaVal", ntree_end=n) for n in (24, 25)]
    assert made.objective.value(margins[1], y) <= 1e-6
    np.testing.assert_allclose(*margins, rtol=0, atol=1e-20)
    grad = np.atleast_2d(made.calc_ders_range([0.0, 0.0], [0.0, 0.0], [0.0, 0.0]).T)[0] if not rows else np.zeros(1)
    assert not grad.any()


def test_catboost_is_told_what_it_takes():
    """It asks for methods, which objectives and metrics of the others have not."""
    objective = boosting.objective(fl.huber)
    for given, names, advice in (
        (objective, ("calc_ders_range", "calc_ders_multi"), r"catboost_objective of the loss"),
        (
            objective.metric("xgboost"),
            ("evaluate", "is_max_optimal", "get_final_error"),
            r"catboost_objective\(\.\.\.\)\.metric\(\)",
        ),
    ):
        assert copy.copy(given) == given
        for name in names:
            assert not hasattr(given, name)
            with pytest.raises(AttributeError, match=f"no attribute '{name}'.*{advice}"):
                getattr(given, name)


@pytest.mark.parametrize("name", ["huber", "absolute_error", "log_lin_quantile"])
def test_blocks_change_nothing(name, monkeypatch):
    """Of several columns, in both memory orders, with weights and with more samples than blocks have."""
    rng = np.random.default_rng(0)
    n = 2 * _conventions.BLOCK + 7
    label, weight = np.abs(rng.normal(size=n)), rng.uniform(size=n)
    for shape in ((n,), (n, 2)):
        for order in "CF":
            margin = np.asarray(rng.normal(size=shape), order=order)
            target = label if margin.ndim == 1 else np.stack([label, 3 * label], axis=1)
            results = []
            for block in (_conventions.BLOCK, 1 << 30):
                monkeypatch.setattr(_conventions, "BLOCK", block)
                given = boosting.objective(fl.losses[name], "descent")
                results.append([*given.derivatives(margin, target, weight), *given(target, margin.astype(np.float32))])
            for some, whole in zip(*results, strict=True):
                np.testing.assert_allclose(some, whole, rtol=1e-6)
            monkeypatch.undo()
