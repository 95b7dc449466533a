"""Starting scores and derivatives of fastloss.boosting, whatever is passed: hard targets, weights, arrays, shapes."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import pytest

import fastloss as fl
from fastloss import boosting
from fastloss.boosting._traits import traits_of

OBJECTIVES = [name for name in fl.losses if not traits_of(fl.losses[name]).instead]
POINTWISE = [name for name in OBJECTIVES if fl.losses[name].family == "pointwise"]
ROWS = [name for name in OBJECTIVES if fl.losses[name].family == "rows"]
#: The loss's parameter that may be an array with a number a sample, by loss.
ARRAYS = {
    name: parameter.name
    for name in POINTWISE
    for parameter in fl.losses[name].declared.parameters
    if parameter.kind.array == "elements"
}


def targets(domain: Any, shape: str, rng: np.random.Generator, n: int = 60) -> np.ndarray:
    """Targets within a domain, of a shape that is hard for a search."""
    drawn = {
        "one": np.full(n, 99.0),
        "normal": rng.normal(3, 2, n),
        "valleys": np.r_[rng.normal(0, 1, n // 3), rng.normal(20, 1, n - n // 3)],
        "outliers": np.r_[rng.normal(5, 0.3, n - 3), 1e4, 2e4, -3e4],
        "far": 1e6 + rng.normal(0, 0.1, n),
        "single": np.array([7.25]),
        "ties": rng.integers(-3, 6, n).astype(float),
    }[shape]
    if domain.ends_only:
        return np.where(drawn > np.median(drawn), float(domain.high), float(domain.low))
    if np.isfinite(domain.high):
        z = 1 / (1 + np.exp(-np.clip((drawn - np.mean(drawn)) / 2, -30, 30)))
        return domain.clip(domain.low + z * (domain.high - domain.low))
    return domain.clip(np.abs(drawn) if np.isfinite(domain.low) else drawn)


def grid_of(start: float, target: np.ndarray, limit: float) -> np.ndarray:
    """Constants that the start is compared with: within the link's limit, or about the targets; and near the start."""
    spans = [target.min() - 3, target.max() + 3] if limit == np.inf else [-limit, limit]
    near = start + np.concatenate([sign * np.geomspace(1e-9, 3, 40) for sign in (-1, 1)])
    fine = np.unique(target) if limit == np.inf else []
    return np.concatenate([np.linspace(*spans, 1501), near, fine])


def assert_least(
    objective: boosting.Objective, start: Any, target: np.ndarray, weight: np.ndarray, grid: Any, **arrays: Any
) -> None:
    """No constant of a grid has a loss that is less than that of the start, but for rounding."""
    link = objective.traits.link
    grid = grid[(grid >= link.lowest) & (np.abs(grid) <= max(link.limit, abs(start)))]
    points = np.append(grid, start)[:, None]
    shape = (len(points), len(target))
    with np.errstate(all="ignore"):
        each = objective.loss(np.broadcast_to(points, shape), np.broadcast_to(target, shape), reduction="none", **arrays)
        values = each @ (weight / weight.max())
    least = np.nanmin(values)
    j = int(np.nanargmin(values))
    assert np.isfinite(start)
    assert values[-1] <= least + 1e-9 * abs(least) + 1e-15 * np.abs(each[j]).max(), (start, points[j], values[-1], least)


@pytest.mark.sample(quick=16)
@pytest.mark.parametrize("shape", ["one", "normal", "valleys", "outliers", "far", "single", "ties"])
@pytest.mark.parametrize("name", POINTWISE)
def test_no_constant_of_a_dense_grid_is_better(name, shape):
    rng = np.random.default_rng(len(shape))
    objective = boosting.objective(fl.losses[name])
    target = targets(objective.loss.domain.target, shape, rng)
    for weight in (np.ones(len(target)), np.exp(rng.normal(0, 2, len(target)))):
        start = objective.init_score(target, weight)
        grid = grid_of(start, target, objective.traits.link.limit)
        assert_least(objective, start, target, weight, grid)


@pytest.mark.sample(quick=8)
@pytest.mark.parametrize("shape", ["normal", "valleys", "outliers"])
@pytest.mark.parametrize("name", ARRAYS)
def test_a_start_heeds_a_parameter_with_a_number_a_sample(name, shape):
    rng = np.random.default_rng(len(shape))
    loss, parameter = fl.losses[name], ARRAYS[name]
    target = targets(loss.domain.target, shape, rng)
    low, high = np.clip(loss.params[parameter].range.clip(np.array([-2.0, 3.0])), -2, 3)
    array = (
        np.exp(rng.normal(0, 2, len(target))) if low >= 0 and high > 2 else rng.uniform(low + 0.01, high - 0.01, len(target))
    )
    weight = np.exp(rng.normal(0, 1, len(target)))
    # Numbers of samples are (n, 1) where they might be levels.
    objective = boosting.objective(loss, **{parameter: array[:, None]})
    start = objective.init_score(target, weight)
    grid = np.append(grid_of(start, target, objective.traits.link.limit), array if parameter == "other" else [])
    assert_least(objective, start, target, weight, grid, **{parameter: array})


@pytest.mark.sample(quick=2)
@pytest.mark.parametrize("name", ["cauchy_nll", "student_t_nll", "welsch", "tukey_biweight", "geman_mcclure"])
def test_many_samples_hide_no_valley_of_one(name, depth):
    """Narrow valleys lie at single samples, for which neighbours do not stand."""
    loss = fl.losses[name]
    for seed in range(depth.of(1, 4, 20)):
        rng = np.random.default_rng(seed)
        n = int(rng.integers(1500, 2500))
        target = rng.choice([-10.0, 10.0], n) + 0.5 * rng.normal(size=n)
        parameters = {"scale": np.exp(4 * rng.normal(size=n))} if "scale" in loss.params else {"c": 0.01}
        start = boosting.objective(loss, **parameters).init_score(target)

        def mean(constant: float, given: Any = parameters, target: np.ndarray = target) -> float:
            return float(loss(np.full(len(target), constant), target, **given))

        assert mean(start) <= min(map(mean, target)) * (1 + 1e-9)


@pytest.mark.sample(quick=6)
@pytest.mark.parametrize("unit", [1e-30, 1e-3, 1e10, 1e20, 1e30])
@pytest.mark.parametrize("name", [name for name in ARRAYS if traits_of(fl.losses[name]).link.limit < np.inf])
def test_a_parameter_may_put_the_best_beyond_the_limit_of_infinite_ones(name, unit):
    """As an exposure does: the limit is where what would be infinite stops."""
    loss, parameter = fl.losses[name], ARRAYS[name]
    target = targets(loss.domain.target, "normal", np.random.default_rng(0), 9)
    if unit not in loss.params[parameter].range:
        return
    objective = boosting.objective(loss, **{parameter: unit})
    start = objective.init_score(target)
    near = start + max(abs(start), 1.0) * np.concatenate([s * np.geomspace(1e-9, 0.9, 40) for s in (-1, 1)])
    far = np.concatenate([s * np.geomspace(1, 1e33, 400) for s in (-1, 1)])
    assert_least(objective, start, target, np.ones(len(target)), np.concatenate([near, far]) if abs(start) > 40 else near)


def test_the_best_may_be_where_the_loss_jumps():
    """Right beyond the threshold, a sample counts as an easy one."""
    rng = np.random.default_rng(3)
    for _ in range(40):
        parameters = {"threshold": float(rng.uniform(0.5, 0.99)), "gamma": float(rng.uniform(2, 10))}
        objective = boosting.objective(fl.reduced_focal, **parameters)
        label, weight = (rng.random(17) < rng.random()).astype(float), np.exp(rng.normal(size=17))
        at = -np.log(1 / parameters["threshold"] - 1)
        near = np.ravel([[side * at * (1 + 1e-9), side * at * (1 - 1e-9)] for side in (-1, 1)])
        start = objective.init_score(label, weight)
        assert_least(objective, start, label, weight, np.append(grid_of(start, label, objective.traits.link.limit), near))


# ---- rows of margins --------------------------------------------------------------------------------------------------

ROW_PARAMETERS: dict[str, list[dict[str, Any]]] = {
    "cross_entropy": [{"z_loss": 0.3}, {"z_loss": 1e-4}, {"softcap": 2.0}, {"label_smoothing": 0.1, "temperature": 20.0}],
    "multi_margin": [{"p": 2}, {"margin": 0.3}, {"margin": -1.0}],
    "categorical_hinge": [{"margin": 4.0}, {"margin": -1.0}],
    "symmetric_cross_entropy": [{"alpha": 0.02}],
    "softmax_focal": [{"gamma": 0.5}, {"label_smoothing": 0.2}],
}


def row_cases():
    for name in ROWS:
        for parameters in ({}, *ROW_PARAMETERS.get(name, ())):
            yield pytest.param(name, parameters, id=f"{name}-{'-'.join(parameters)}")


@pytest.mark.sample(quick=12)
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("name", "parameters"), list(row_cases()))
def test_no_row_of_a_dense_grid_is_better(name, parameters, seed):
    """With class weights, ignored labels, labels of weight 0, and targets that are numbers; three classes."""
    rng = np.random.default_rng(seed)
    loss = fl.losses[name]
    n, classes, given = 60, 3, dict(parameters)
    weight = np.exp(rng.normal(0, 1, n)) * (rng.random(n) < 0.9)
    if "class_weight" in loss.params and seed % 2:
        given["class_weight"] = np.exp(rng.normal(0, 1, classes))
    objective = boosting.objective(loss, **given)
    share = rng.dirichlet(np.ones(classes))
    if loss.declared.labels and (seed < 3 or not loss.declared.target_has_classes):
        target = rng.choice(classes, n, p=share)
        if "ignore_index" in loss.params:
            target[::5] = -100
        target[-1], weight[-1] = 7, 0
        start = objective.init_score(target, weight, **({} if "class_weight" in given else {"classes": classes}))
        target[-1] = 0
    else:
        target = rng.dirichlet(share, n)
        start = objective.init_score(target, weight)
    assert start.shape == (classes,)

    def total(row: Any) -> float:
        return float(objective.loss(np.broadcast_to(row, (n, classes)), target, weight=weight / weight.max(), reduction="sum"))

    least, scale = total(start), given.get("temperature", 1.0)
    axis = scale * np.linspace(-4, 4, 13)
    rows = [np.array([0, a, b]) for a in axis for b in axis]
    rows += [start + scale * size * rng.normal(size=classes) for size in (1e-4, 0.01, 0.3) for _ in range(20)]
    if {"z_loss", "softcap"} & set(given) or objective.traits.link.name != "MultinomialLogit":
        rows += [row + shift for row in rows[:169:3] for shift in (-2.0, 1.0)]
    assert least <= min(map(total, rows)) * (1 + 1e-7) + 1e-12


def test_margins_of_pairs_of_classes_are_those_of_a_linear_program(depth):
    optimize = pytest.importorskip("scipy.optimize")
    rng = np.random.default_rng(0)
    for _ in range(depth.of(1, 8, 50)):
        classes = int(rng.integers(2, 6))
        mass = rng.dirichlet(rng.choice([0.3, 1.0, 10.0]) * np.ones(classes))
        labels, pairs = np.arange(classes), [(c, j) for c in range(classes) for j in range(classes) if c != j]
        for name in ("multi_margin", "categorical_hinge"):
            objective = boosting.objective(fl.losses[name], margin=0.7)
            start = objective.init_score(labels, mass)
            value = objective.loss(np.broadcast_to(start, (classes, classes)), labels, weight=mass, reduction="sum")
            # The least Σ mass t with t >= margin - x[c] + x[j], of a pair or of a class.
            hinges = len(pairs) if name == "multi_margin" else classes
            costs = [mass[c] / classes for c, _ in pairs] if name == "multi_margin" else mass
            rows = np.zeros((len(pairs), classes + hinges))
            for i, (c, j) in enumerate(pairs):
                rows[i, [c, j, classes + (i if name == "multi_margin" else c)]] = -1, 1, -1
            found = optimize.linprog(
                [*np.zeros(classes), *costs],
                rows,
                np.full(len(pairs), -0.7),
                bounds=[(None, None)] * classes + [(0, None)] * hinges,
            )
            assert value == pytest.approx(found.fun, rel=1e-7)


# ---- weights, and what does not count ---------------------------------------------------------------------------------


def some_labels(loss: fl.Loss, n: int = 30, classes: int = 3) -> np.ndarray:
    """Targets that a loss takes, as a booster passes them."""
    rng = np.random.default_rng(0)
    if loss.family == "rows":
        return rng.integers(0, classes, n).astype(float) if loss.declared.labels else rng.uniform(size=(n, classes))
    return targets(loss.domain.target, "normal", rng, n)


@pytest.mark.sample(quick=12)
@pytest.mark.parametrize("name", OBJECTIVES)
def test_starts_depend_on_the_ratios_of_weights(name):
    objective = boosting.objective(fl.losses[name])
    label = some_labels(objective.loss)
    weight = np.random.default_rng(1).uniform(0.5, 2, len(label))
    whole = np.arange(len(label)) % 4

    def value(start: Any, given: np.ndarray) -> float:
        shape = (len(label), *np.shape(start))
        return objective.value(np.broadcast_to(start, shape), label, given)

    for plain, units in ((weight, (2.0**-1000, 2.0**1000)), (whole, (5e-324, 1e-310, 2.0**1020))):
        least = value(objective.init_score(label, plain), plain)
        for unit in units:
            assert value(objective.init_score(label, plain * unit), plain) == pytest.approx(least, rel=1e-12)
        single = (plain * 2.0**120).astype(np.float32)
        assert value(objective.init_score(label, single), plain) == pytest.approx(least, rel=1e-6)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        objective.init_score(label, np.where(np.arange(len(label)) % 2, 1e308, 5e-324))


@pytest.mark.sample(quick=1)
@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", [name for name in ROWS if "class_weight" in fl.losses[name].params])
def test_starts_depend_on_the_ratios_of_class_weights(name):
    """Of the classes that count; a rare class may be as heavy as a frequent one is light."""
    loss, label = fl.losses[name], some_labels(fl.losses[name])
    per_class = np.array([2.0, 4.0, 1.0])
    right = boosting.objective(loss, class_weight=per_class).init_score(label)
    for unit in (5e-324, 2.0**-700, 2.0**700, 2.0**1020):
        start = boosting.objective(loss, class_weight=per_class * unit).init_score(label)
        np.testing.assert_allclose(start, right, rtol=1e-12, atol=1e-12)
    if loss.declared.labels:
        alone = boosting.objective(loss, class_weight=[1e-320, 1.0]).init_score([0, 0, 0])
        np.testing.assert_array_equal(alone, boosting.objective(loss, class_weight=[1.0, 1.0]).init_score([0, 0, 0], classes=2))
        turned = boosting.objective(loss, class_weight=[1e-250, 1.0]).init_score([0, 1], [1.0, 1e-250])
        even = boosting.objective(loss).init_score([0, 1])
        np.testing.assert_allclose(turned, even, atol=1e-6)


def of_each_sample_alone(loss):
    """The conventions in which a sample has the same whatever the others are, and that are of several levels too."""
    every = boosting.objective(loss).traits.hessians.items()
    return [name for name, convention in every if not (convention.of_a_call or convention.of_one_level)]


@pytest.mark.sample(quick=14)
@pytest.mark.parametrize("bad", [np.nan, -1e9, 2.5e9])
@pytest.mark.parametrize("name", OBJECTIVES)
def test_samples_of_weight_0_count_nowhere(name, bad):
    """Whatever their target is: the start, the value, the gradient and the Hessian are those without them."""
    loss = fl.losses[name]
    label = some_labels(loss)
    more, weight = np.concatenate([label, np.full_like(label[:2], bad)]), np.r_[np.linspace(0.5, 2, len(label)), 0, 0]
    for hessian in of_each_sample_alone(loss):
        objective = boosting.objective(loss, hessian)
        np.testing.assert_array_equal(objective.init_score(more, weight), objective.init_score(label, weight[:-2]))
        margin = np.random.default_rng(2).normal(size=(len(more), 3) if loss.family == "rows" else len(more))
        for some, every in zip(
            objective.derivatives(margin[:-2], label, weight[:-2]), objective.derivatives(margin, more, weight), strict=True
        ):
            np.testing.assert_array_equal(every[:-2], some)
            assert not every[-2:].any()
        assert objective.value(margin, more, weight) == pytest.approx(
            objective.value(margin[:-2], label, weight[:-2]), rel=1e-14
        )


@pytest.mark.sample(quick=12)
@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", OBJECTIVES)
def test_derivatives_are_of_weights_of_any_size(name):
    """Those of weight 1 times the weight, rounded to the type of the result; float64 weights beside float32 margins too."""
    loss = fl.losses[name]
    label = some_labels(loss)
    margin = np.random.default_rng(5).normal(size=(len(label), 3) if loss.family == "rows" else len(label))
    for hessian in boosting.objective(loss).traits.hessians:
        objective = boosting.objective(loss, hessian)
        for dtype in (np.float64, np.float32):
            plain = objective.derivatives(margin.astype(dtype), label)
            for unit in (5e-324, 1e-40, 1e38, np.float32(3e38), 1e300):
                weight, unit = np.full(len(label), unit), float(unit)
                given = objective.derivatives(margin.astype(dtype), label, weight)
                with np.errstate(over="ignore"):
                    for found, one in zip(given, plain, strict=True):
                        right = (unit * one.astype(np.float64)).astype(dtype)
                        np.testing.assert_allclose(found, right, rtol=1e-5, atol=max(1e-7 * unit, np.finfo(dtype).tiny))
                assert not any(np.isnan(x).any() for x in objective(label, margin.astype(dtype), weight))


@pytest.mark.at("full")
def test_histogram_boosting_takes_a_scale_of_each_sample():
    ensemble = pytest.importorskip("sklearn.ensemble")
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 2))
    scale = np.exp(rng.normal(size=300))
    y = 3 * X[:, 0] + scale * rng.normal(size=300)
    for loss in (fl.laplace_nll, fl.cauchy_nll, fl.crps_gaussian):
        made = boosting.sklearn_loss(loss, scale=scale)
        model = ensemble.HistGradientBoostingRegressor(loss=made, max_iter=10).fit(X, y)
        before, after = (
            loss(margin, y, scale=scale) for margin in (np.full(300, made.objective.init_score(y)), model.predict(X))
        )
        assert after < before


def test_where_nothing_counts():
    for name in OBJECTIVES:
        objective = boosting.objective(fl.losses[name])
        label = some_labels(objective.loss)
        empty = label[:0]
        for given, weight in ((label, np.zeros(len(label))), (empty, None), (empty, np.zeros(0))):
            with pytest.raises(ValueError, match="no sample counts"):
                objective.init_score(given, weight)
        if "ignore_index" in objective.loss.params and objective.loss.declared.labels:
            for ignored in (-100, 255, 2**31 - 1):
                other = boosting.objective(objective.loss, ignore_index=ignored)
                with pytest.raises(ValueError, match="no sample counts"):
                    other.init_score([ignored, ignored])
                assert len(other.init_score([0, 2, ignored, 1.0])) == 3
                assert len(other.init_score([0, 2, 9, ignored, 1], [1, 1, 0, 1, 1])) == 3
        if "class_weight" in objective.loss.params and objective.loss.declared.labels:
            with pytest.raises(ValueError, match="no sample counts"):
                boosting.objective(objective.loss, class_weight=[0.0, 0.0, 1.0]).init_score([0, 1, 1])
    with pytest.raises(ValueError, match=r"weight of row 1 is -1\.0; a starting score takes finite ones that are not negative"):
        boosting.objective(fl.huber).init_score([1.0, 2.0], [1.0, -1.0])


@pytest.mark.sample(quick=14)
@pytest.mark.parametrize("name", OBJECTIVES)
def test_negative_weights_multiply_all_of_a_sample(name):
    """In every convention gradient and Hessian are those of weight 1, times the weight."""
    loss = fl.losses[name]
    label = some_labels(loss)
    rng = np.random.default_rng(3)
    margin = rng.normal(size=(len(label), 3) if loss.family == "rows" else len(label))
    for hessian in of_each_sample_alone(loss):
        objective = boosting.objective(loss, hessian, hessian_floor=1e-3)
        weight = rng.normal(size=len(label))
        each = weight[:, None] if margin.ndim == 2 else weight
        for given, one in zip(objective.derivatives(margin, label, weight), objective.derivatives(margin, label), strict=True):
            np.testing.assert_allclose(given, each * one, rtol=1e-12, atol=1e-15)
        for given, one in zip(objective(label, margin, weight), objective(label, margin), strict=True):
            np.testing.assert_allclose(given, each * one, rtol=1e-6, atol=1e-9)


# ---- parameters that are arrays ---------------------------------------------------------------------------------------


@pytest.mark.sample(quick=5)
@pytest.mark.parametrize("name", ARRAYS)
def test_an_array_of_parameters_works_in_every_convention(name):
    """One number a sample or one a column: what comes out is what each has with its own number."""
    loss, parameter = fl.losses[name], ARRAYS[name]
    rng = np.random.default_rng(4)
    n, columns = 5, 3
    kind = loss.params[parameter].range
    low, high = (0.1, min(0.9, kind.high)) if kind.high <= 2 else (0.5, 2.0)
    label = targets(loss.domain.target, "normal", rng, n)
    for hessian in of_each_sample_alone(loss):
        for samples in (True, False):
            # Several levels of such a convention are none of it.
            one_level = boosting.objective(loss).traits.hessians[hessian].of_one_level
            if one_level and not samples:
                continue
            numbers = rng.uniform(low, high, n if samples else columns)
            margin = rng.normal(size=(n, columns))
            margin[0] = label[0]  # where the residual is 0
            table = np.broadcast_to(label[:, None], (n, columns))
            forms = [numbers[:, None], *([numbers] if parameter not in ("q", "alpha") else [])] if samples else [numbers]
            for form in forms:
                objective = boosting.objective(loss, hessian, **{parameter: form})
                results = *objective.derivatives(margin, table), *objective(table, margin)
                value = 0.0
                for i in range(n) if samples else range(columns):
                    at = (slice(i, i + 1), slice(None)) if samples else (slice(None), slice(i, i + 1))
                    one = boosting.objective(loss, hessian, **{parameter: numbers[i]})
                    for found, right in zip(
                        results, (*one.derivatives(margin[at], table[at]), *one(table[at], margin[at])), strict=True
                    ):
                        np.testing.assert_allclose(found[at], right, rtol=1e-6)
                    value += one.value(margin[at], table[at]) / len(numbers)
                assert objective.value(margin, table) == pytest.approx(value, rel=1e-12)
                starts = objective.init_score(table)
                assert starts.shape == (columns,)
                if not samples:
                    each = [boosting.objective(loss, hessian, **{parameter: x}).init_score(label) for x in numbers]
                    np.testing.assert_allclose(starts, each, rtol=1e-7, atol=1e-7)
                # A margin a sample, with a number each.
                if samples and not one_level:
                    flat = boosting.objective(loss, hessian, **{parameter: numbers})
                    found = flat.derivatives(margin[:, 0].copy(), label)
                    np.testing.assert_allclose(found, [r[:, 0] for r in results[:2]], rtol=1e-6)


@pytest.mark.sample(quick=14)
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("name", OBJECTIVES)
def test_margins_of_half_precision_are_margins(name, dtype):
    """Derivatives are of their type, as of the same numbers in float64."""
    dtype = np.dtype(np.float16 if dtype == "float16" else pytest.importorskip("ml_dtypes").bfloat16)
    loss = fl.losses[name]
    label = some_labels(loss, 12)
    shape, rounding = (12, 3) if loss.family == "rows" else (12,), 2.0**-10 if dtype == np.float16 else 2.0**-7
    for hessian in boosting.objective(loss).traits.hessians:
        for largest in (1.5, 5.25):
            given = np.linspace(-largest, 1.5, math.prod(shape)).reshape(shape).astype(dtype)
            objective = boosting.objective(loss, hessian)
            right = objective.derivatives(given.astype(np.float64), label)
            for found, one in zip(objective.derivatives(given, label), right, strict=True):
                assert found.dtype == dtype
                with np.errstate(over="ignore"):
                    one = np.where(np.abs(one) > 60000, one.astype(dtype), one)
                largest_one = np.abs(one[np.isfinite(one)]).max()
                np.testing.assert_allclose(found.astype(np.float64), one, rtol=rounding, atol=1e-4 * largest_one + 1e-7)


def test_pos_weights_of_labels_have_starts_in_closed_form():
    label = np.random.default_rng(0).integers(0, 2, (50, 3)).astype(float)
    weights, present = np.array([1.0, 2.0, 3.0]), label.sum(axis=0)
    start = boosting.objective(fl.binary_cross_entropy_with_logits, pos_weight=weights).init_score(label)
    np.testing.assert_allclose(start, np.log(weights * present / (50 - present)))
    y, variance = np.array([0.0, 10, 10, 10]), np.array([1e-300, 1, 1, 1])
    assert boosting.objective(fl.gaussian_nll, variance=variance).init_score(y) == pytest.approx(0, abs=1e-290)
    assert boosting.objective(fl.gaussian_nll_with_log_scale, log_scale=np.log(variance) / 2).init_score(y) == pytest.approx(
        0, abs=1e-290
    )
    assert boosting.objective(fl.laplace_nll, scale=variance).init_score(y) == pytest.approx(0, abs=1e-290)


# ---- shapes -----------------------------------------------------------------------------------------------------------

NUMPY_SPEAKS = re.compile("broadcast|zip|cannot reshape|aligned|could not|operand|axis|inhomogeneous|out of bounds|index ")


def refusal(call: Any, *arguments: Any, **keywords: Any) -> str:
    """The message of the error that a call raises; "" where it raises none."""
    try:
        call(*arguments, **keywords)
    except (ValueError, TypeError, IndexError) as error:
        return str(error)
    return ""


@pytest.mark.sample(quick=1)
@pytest.mark.parametrize("seed", range(3))
def test_shapes_that_do_not_fit_are_named(seed):
    """Whatever shapes are drawn: a result of the margins' shape, or an error of ours."""
    rng = np.random.default_rng(seed)
    chosen = ["huber", "quantile", "cross_entropy", "multilabel_soft_margin", "binary_cross_entropy_with_logits", "cauchy_nll"]
    shapes = [(), (0,), (1,), (2,), (3,), (6,), (2, 3), (3, 2), (3, 1), (1, 3), (3, 3), (2, 3, 1), (0, 3)]
    fitting = failing = 0
    for _ in range(120):
        loss = fl.losses[rng.choice(chosen)]
        parameters: dict[str, Any] = {}
        if loss.name in ARRAYS and rng.random() < 0.5:
            parameters[ARRAYS[loss.name]] = np.full(shapes[rng.integers(len(shapes))], 0.5)
        if "class_weight" in loss.params and rng.random() < 0.3:
            parameters["class_weight"] = np.ones(rng.integers(1, 5))
        objective = boosting.objective(loss, **parameters)
        margin, target, weight = (np.zeros(shapes[rng.integers(len(shapes))]) for _ in range(3))
        given = None if rng.random() < 0.5 else weight + 1
        calls: list[tuple[Any, tuple[Any, ...], dict[str, Any]]] = [
            (objective.derivatives, (margin, target, given), {}),
            (objective, (target, margin, given), {}),
            (objective.value, (margin, target, given), {}),
            (objective.metric("lightgbm"), (target, margin, given), {}),
            (objective.init_score, (target, given), {}),
            (objective.init_score, (target, given), {"classes": int(rng.integers(1, 5))}),
            (objective.predict, (margin,), {}),
            (boosting.CatBoostObjective(objective).calc_ders_range, (margin, target, given), {}),
            (boosting.CatBoostObjective(objective).calc_ders_multi, (margin, target, 1.0), {}),
            (boosting.CatBoostMetric(objective).evaluate, ([margin], target, given), {}),
            (boosting.CatBoostMetric(objective).evaluate, ([margin, target], target, given), {}),
        ]
        for call, arguments, keywords in calls:
            message = refusal(call, *arguments, **keywords)
            failing, fitting = failing + bool(message), fitting + (not message)
            assert not NUMPY_SPEAKS.search(message), (loss.name, parameters, margin.shape, target.shape, message)
    assert min(fitting, failing) > 40


def test_messages_name_what_was_given():
    margin = np.array([[1.0, 2], [3, 4], [5, 6]])
    for name in ("squared_error", "multilabel_soft_margin", "cross_entropy"):
        objective = boosting.objective(fl.losses[name])
        for call in (objective.value, objective.derivatives, lambda m, t, o=objective: o(t, m)):
            with pytest.raises(ValueError, match=r"margins have shape \(3, 2\) but labels have shape \(2, 3\); wanted: .*\(3,"):
                call(margin, np.zeros((2, 3)))
    huber = boosting.objective(fl.huber)
    for shape in ((2,), (0,), (3, 0)):
        with pytest.raises(ValueError, match=rf"weights have shape {re.escape(str(shape))}, but there are 3 samples"):
            huber(np.zeros(3), np.zeros(3), np.ones(shape))
    with pytest.raises(ValueError, match=r"margins have shape \(1, 3\) but labels have shape \(3, 1\)"):
        huber.value(np.ones((1, 3)), np.ones((3, 1)))
    for call in (huber.value, huber.derivatives, lambda *given, **names: huber.init_score(*given[1:], **names)):
        with pytest.raises(TypeError, match="two names of one argument"):
            call(np.zeros(3), np.zeros(3), np.ones(3), sample_weight=np.ones(3))
    for name in ROWS:
        if "class_weight" in fl.losses[name].params:
            with pytest.raises(ValueError, match=r"class_weight has shape \(3, 3\); wanted: \(classes,\)"):
                boosting.objective(fl.losses[name], class_weight=np.ones((3, 3)))
    with pytest.raises(ValueError, match=r"takes margins of shape \(n,\) or \(n, columns\), got \(1, 1, 1\)"):
        huber.value(np.zeros((1, 1, 1)), [0.0])
    with pytest.raises(ValueError, match=r"q has 2 levels, which take margins of shape \(n, 2\); got margins of shape \(3,\)"):
        boosting.objective(fl.quantile, q=[0.1, 0.9]).value(np.zeros(3), np.zeros(3))
    with pytest.raises(ValueError, match=r"scale has shape \(4,\), which is neither .* of margins of shape \(3, 2\)"):
        boosting.objective(fl.cauchy_nll, scale=np.ones(4)).value(margin, margin)
    for call in (huber.init_score, lambda y: huber.value(np.zeros(2), y), boosting.objective(fl.cross_entropy).init_score):
        with pytest.raises(TypeError, match="labels must be numbers, got dtype <U1; number the classes from 0 on"):
            call(["a", "b"])
    with pytest.raises(ValueError, match=r"classes = 0: a positive integer or None"):
        boosting.objective(fl.cross_entropy).init_score([0, 1], classes=0)
    with pytest.raises(ValueError, match=r"classes = 3 but labels have shape \(2, 2\)"):
        boosting.objective(fl.cross_entropy).init_score(np.eye(2), classes=3)
    with pytest.raises(ValueError, match="q has 2 levels, but HistGradientBoosting has one margin a sample"):
        boosting.sklearn_loss(fl.quantile, q=[0.1, 0.9])


# ---- losses with a least value, and advice ----------------------------------------------------------------------------


def test_a_tweedie_loss_of_power_2_takes_positive_targets():
    gamma = boosting.objective(fl.tweedie, power=2.0)
    for call in (gamma.init_score, lambda y: gamma.derivatives(np.zeros(3), y), lambda y: gamma.value(np.zeros(3), y)):
        with pytest.raises(ValueError, match=r"the label of row 1 is 0\.0; tweedie takes numbers within \["):
            call([1.0, 0.0, 2.0])
    assert boosting.objective(fl.tweedie, power=1.9).init_score([1.0, 0.0, 2.0]) == 0
    with pytest.raises(ValueError, match=r"take squared_error of log1p\(target\), which is the same"):
        boosting.objective(fl.squared_log_error)
    y, margin = np.array([0.5, 3.0]), np.array([0.1, 1.0])
    same = boosting.objective(fl.squared_error).value(margin, np.log1p(y))
    assert same == pytest.approx(fl.squared_log_error(np.expm1(margin), y))
