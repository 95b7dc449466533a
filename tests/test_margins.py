"""The losses of a row that are no softmax, against what other libraries compute and against their formulas written out."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from conftest import same_bits

import fastloss as fl

REDUCTIONS = ("mean", "sum", "none")

#: One class, fewer than a group of lanes, whole groups, more than a segment of a row in either precision.
CLASSES = (1, 2, 10, 64, 193, 2500)


def drawn(n, classes, dtype=np.float64, seed=0):
    """Logits, labels of which each fifth is ignored, rows of 0 and 1, probabilities."""
    rng = np.random.default_rng(seed + classes)
    logits = (rng.normal(size=(n, classes)) * 3).astype(dtype)
    labels = np.where(np.arange(n) % 5 == 4, -100, rng.integers(0, classes, n))
    scores = np.exp(rng.normal(size=(n, classes)))
    return logits, labels, (rng.random((n, classes)) < 0.4).astype(dtype), (scores / scores.sum(1, keepdims=True)).astype(dtype)


@pytest.fixture
def torch():
    return pytest.importorskip("torch")


def torch_value_and_grad(torch, function, logits, target, **keywords):
    x = torch.tensor(logits, requires_grad=True)
    value = function(x, torch.tensor(target), **keywords)
    value.sum().backward()
    return value.detach().numpy(), x.grad.numpy()


# ---- PyTorch --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("classes", CLASSES)
@pytest.mark.parametrize("weighted", [False, True])
def test_multi_margin_is_that_of_torch(torch, classes, reduction, weighted):
    """Each row divided by the classes under every reduction; the mean over the rows, whatever the class weights."""
    logits, labels, _, _ = drawn(20, classes)
    labels = np.abs(labels) % classes
    class_weight = np.linspace(0.25, 2, classes) if weighted else None
    for p, margin in itertools.product((1, 2), (0.0, 1.0, 0.5, -1.5)):
        expected = torch_value_and_grad(
            torch,
            torch.nn.functional.multi_margin_loss,
            logits,
            labels,
            p=p,
            margin=margin,
            weight=None if class_weight is None else torch.tensor(class_weight),
            reduction=reduction,
        )
        found = fl.multi_margin.value_and_grad(
            logits, labels, p=p, margin=margin, class_weight=class_weight, reduction=reduction
        )
        for a, b in zip(found, expected, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("classes", CLASSES)
@pytest.mark.parametrize("weighted", [False, True])
def test_multilabel_soft_margin_is_that_of_torch(torch, classes, reduction, weighted):
    logits, _, present, _ = drawn(20, classes)
    class_weight = np.linspace(0, 2, classes) if weighted else None
    expected = torch_value_and_grad(
        torch,
        torch.nn.functional.multilabel_soft_margin_loss,
        logits,
        present,
        weight=None if class_weight is None else torch.tensor(class_weight),
        reduction=reduction,
    )
    found = fl.multilabel_soft_margin.value_and_grad(logits, present, class_weight=class_weight, reduction=reduction)
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-15)


def drawn_lists(n, classes, dtype=np.float64, seed=0):
    """Logits; lists of labels: an empty one, one of all classes in any order, one label twice, several."""
    rng = np.random.default_rng(seed + classes)
    lists = np.full((n, classes), -1)
    for i in range(n):
        some = [[], rng.permutation(classes), np.repeat(rng.integers(0, classes), min(2, classes))]
        some.append(rng.permutation(classes)[: max(1, classes // 3)])
        lists[i, : len(some[i % 4])] = some[i % 4]
    return (rng.normal(size=(n, classes)) * 3).astype(dtype), lists


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("classes", CLASSES[:-1])
def test_multilabel_margin_is_that_of_torch(torch, classes, reduction):
    """Empty lists count in the mean, labels that are listed twice count twice."""
    logits, lists = drawn_lists(20, classes)
    behind = np.cumsum(lists < 0, axis=1) > 1
    lists = np.where(behind, np.random.default_rng(1).integers(-1, classes, lists.shape), lists)
    function = torch.nn.functional.multilabel_margin_loss
    expected = torch_value_and_grad(torch, function, logits, lists, reduction=reduction)
    for a, b in zip(fl.multilabel_margin.value_and_grad(logits, lists, reduction=reduction), expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)


# ---- formulas -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("classes", CLASSES)
def test_multilabel_soft_margin_is_a_mean_of_binary_cross_entropies(classes, dtype):
    logits, _, present, _ = drawn(20, classes, dtype)
    value, grad = fl.multilabel_soft_margin.value_and_grad(logits, present)
    expected, expected_grad = fl.binary_cross_entropy_with_logits.value_and_grad(logits, present)
    close = {"rtol": 8 * float(np.finfo(dtype).eps)}
    np.testing.assert_allclose(value, expected, **close)
    np.testing.assert_allclose(grad, expected_grad, **close)


@pytest.mark.parametrize("classes", CLASSES)
def test_one_vs_all_is_a_sum_of_binary_cross_entropies(classes, dtype):
    """As LightGBM's multiclassova: gradients and Hessians of each class's own binary problem."""
    logits, labels, _, _ = drawn(20, classes, dtype)
    kept = labels >= 0
    one_hot = (labels[:, None] == np.arange(classes)).astype(dtype)
    entropy = fl.binary_cross_entropy_with_logits
    close = {"rtol": 8 * float(np.finfo(dtype).eps)}
    values = entropy(logits, one_hot, reduction="none").astype(np.float64).sum(axis=1) * kept
    np.testing.assert_allclose(fl.one_vs_all(logits, labels, reduction="none"), values, **close)
    np.testing.assert_allclose(fl.one_vs_all(logits, labels), values.sum() / kept.sum(), **close)
    for found, each in zip(fl.one_vs_all.grad_and_hess(logits, labels), entropy.grad_and_hess(logits, one_hot), strict=True):
        assert same_bits(found, np.where(kept[:, None], each, dtype.type(0)))


@pytest.mark.parametrize("classes", CLASSES[1:])
@pytest.mark.parametrize("margin", [0.0, 1.0, 2.5, -1.5])
def test_categorical_hinge_is_that_of_crammer_and_singer(classes, margin, dtype):
    """Optax's multiclass_hinge_loss: max over j of (x[j] + 1 - [j = y]) - x[y]; with margin 0 multiclass_perceptron_loss."""
    logits, labels, _, _ = drawn(20, classes, dtype)
    kept = labels >= 0
    y = np.where(kept, labels, 0)[:, None]
    wide = logits.astype(np.float64)
    scores = wide + margin * (np.arange(classes) != y)
    value = (scores.max(axis=1) - np.take_along_axis(wide, y, axis=1)[:, 0]) * kept
    found, grad = fl.categorical_hinge.value_and_grad(logits, labels, margin=margin, reduction="none")
    np.testing.assert_allclose(found, value, rtol=4 * float(np.finfo(dtype).eps), atol=8 * float(np.finfo(dtype).eps))
    expected = np.zeros((20, classes))
    for i in np.flatnonzero(value > 0):
        expected[i, scores[i].argmax()] += 1
        expected[i, labels[i]] -= 1
    assert grad.tolist() == expected.tolist()


def test_of_tied_rivals_the_first_has_the_gradient(dtype, tier):
    for classes, places in ((5, (1, 3)), (2500, (7, 2400)), (2500, (2047, 2048))):
        logits = np.full((2, classes), -3, dtype)
        logits[:, places] = 2
        grad = fl.categorical_hinge.grad(logits, [0, places[0]], reduction="none")
        assert np.flatnonzero(grad[0]).tolist() == [0, places[0]]
        assert np.flatnonzero(grad[1]).tolist() == list(places)
        assert grad[0, places[0]] == 1
        assert grad[1, places[1]] == 1


def test_a_rival_may_be_negative():
    """Keras's categorical_hinge takes 0 for the label's own part, and so for the largest of negative logits."""
    assert fl.categorical_hinge([[-1.0, -2.0, -3.0]], [0]) == 0
    assert fl.categorical_hinge([[-1.0, -1.5, -3.0]], [0]) == 0.5


@pytest.mark.parametrize("name", ["multi_margin", "categorical_hinge"])
def test_a_mean_is_over_the_rows_that_are_not_ignored(name, dtype):
    """Class weights do not enter it, unlike that of cross_entropy."""
    loss = fl.losses[name]
    logits, labels, _, _ = drawn(20, 6, dtype)
    class_weight = np.array([0, 1, 3, 0.5, 2, 7.0])
    weight = np.linspace(0.5, 2, 20)
    each = loss(logits, labels, class_weight=class_weight, reduction="none").astype(np.float64)
    kept = labels != -100
    assert 0 < kept.sum() < 20
    assert np.any(labels == 0)
    close = {"rel": 4 * float(np.finfo(dtype).eps)}
    assert loss(logits, labels, class_weight=class_weight) == pytest.approx(each.sum() / kept.sum(), **close)
    mean = (each * weight).sum() / weight[kept].sum()
    assert loss(logits, labels, class_weight=class_weight, weight=weight) == pytest.approx(mean, **close)


@pytest.mark.parametrize("name", ["multi_margin", "multilabel_soft_margin"])
def test_each_row_is_divided_by_its_classes(name, dtype):
    """Under "sum" and "none" too."""
    loss, classes = fl.losses[name], 4
    target = np.zeros(2, int) if loss.declared.labels else np.ones((2, classes), dtype)
    logits = np.array([[0, 0, 0, 0], [0, 0, 0, 0]], dtype)
    each = 3 / 4 if loss.declared.labels else np.log(2)
    close = {"rel": 4 * float(np.finfo(dtype).eps)}
    assert loss(logits, target, reduction="none").tolist() == pytest.approx([each, each], **close)
    assert loss(logits, target, reduction="sum") == pytest.approx(2 * each, **close)
    assert loss(logits, target) == pytest.approx(each, **close)


# ---- lists of labels ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("classes", CLASSES)
@pytest.mark.parametrize("margin", [0.0, 1.0, 2.5, -1.5])
def test_one_listed_label_is_multi_margin(classes, margin, dtype, tier):
    logits, labels, _, _ = drawn(20, classes, dtype)
    lists = np.full((20, classes), -1)
    lists[:, 0] = labels = np.abs(labels) % classes
    value, grad = fl.multilabel_margin.value_and_grad(logits, lists, margin=margin, reduction="none")
    expected = fl.multi_margin.value_and_grad(logits, labels, margin=margin, reduction="none")
    close = {"rtol": 8 * float(np.finfo(dtype).eps)}
    np.testing.assert_allclose(value, expected[0], **close)
    np.testing.assert_allclose(grad, expected[1], **close)


def test_a_label_that_is_listed_twice_counts_twice(dtype, tier):
    logits = np.array([[0.125, 0.25, 0.5, 0.75]], dtype)
    once = fl.multilabel_margin.value_and_grad(logits, [[3, -1, -1, -1]])
    value, grad = fl.multilabel_margin.value_and_grad(logits, [[3, 3, -1, -1]])
    assert value == 2 * once[0]
    assert grad.tolist() == (2 * once[1]).tolist() == [[0.5, 0.5, 0.5, -1.5]]


@pytest.mark.parametrize("classes", CLASSES)
def test_what_follows_the_end_of_a_list_is_not_looked_at(classes, dtype, tier):
    """Nor is which negative number ends it."""
    logits, lists = drawn_lists(20, classes, dtype)
    expected = fl.multilabel_margin.value_and_grad(logits, lists, reduction="none")
    behind = np.cumsum(lists < 0, axis=1) > 1
    for end, rest in ((-1, 0), (-100, classes), (-(2**63), 2**63 - 1), (-1, -7)):
        other = np.where(behind, rest, np.where(lists < 0, end, lists))
        for loss in (fl.multilabel_margin, fl.reference.multilabel_margin):
            found = loss.value_and_grad(logits, other, reduction="none")
            for a, b in zip(found, expected, strict=True):
                np.testing.assert_allclose(a, b, rtol=8 * float(np.finfo(dtype).eps), atol=0)
        assert all(map(same_bits, fl.multilabel_margin.value_and_grad(logits, other, reduction="none"), expected))


@pytest.mark.parametrize("classes", CLASSES)
def test_an_empty_list_and_one_of_all_classes_cost_nothing(classes, dtype, tier):
    """They count in the mean; infinite logits cost nothing either, but NaN shows."""
    logits, _ = drawn_lists(6, classes, dtype)
    logits[2] = np.inf
    logits[3, -1] = -np.inf
    none, every = np.full((6, classes), -1), np.tile(np.arange(classes), (6, 1))
    for lists in (none, every):
        value, grad = fl.multilabel_margin.value_and_grad(logits, lists)
        assert value == 0
        assert not grad.any()
        spoilt = logits.copy()
        spoilt[4, classes // 2] = np.nan
        for loss in (fl.multilabel_margin, fl.reference.multilabel_margin):
            value, grad = loss.value_and_grad(spoilt, lists, reduction="none")
            assert np.isnan(value).tolist() == np.isnan(grad).all(axis=1).tolist() == [i == 4 for i in range(6)]
            assert np.isnan(grad).sum() == classes
            hess = loss.grad_and_hess(spoilt, lists)[1]
            assert not hess.any()


def test_a_listed_class_is_no_rival(dtype, tier):
    """Neither by a larger logit nor by an infinite one."""
    logits = np.array([[-np.inf, 5, np.inf, 0], [1, 5, 9, -np.inf]], dtype)
    value, grad = fl.multilabel_margin.value_and_grad(logits, [[2, 1, 3, 1], [0, 1, 2, -1]], reduction="none")
    assert value.tolist() == [0, 0]
    assert not grad.any()
    value, grad = fl.multilabel_margin.value_and_grad(logits, [[0, -1, -1, -1], [3, 0, -1, -1]], reduction="none")
    assert value.tolist() == [np.inf, np.inf]
    assert grad.tolist() == [[-0.75, 0.25, 0.25, 0.25], [-0.5, 0.5, 0.5, -0.5]]


@pytest.mark.parametrize("classes", [600, 2500])
def test_many_labels_lose_no_digits(classes, dtype, tier):
    """Gradients are counts of pairs; values are sums of as many terms, added without loss."""
    rng = np.random.default_rng(classes)
    logits = rng.normal(size=(2, classes)).astype(dtype)
    lists = np.full((2, classes), -1)
    lists[:, : classes // 2] = [rng.permutation(classes)[: classes // 2] for _ in range(2)]
    value, grad = fl.multilabel_margin.value_and_grad(logits, lists, margin=1 / 128, reduction="none")
    for i in range(2):
        chosen = np.zeros(classes, bool)
        chosen[lists[i, : classes // 2]] = True
        wide = logits[i].astype(np.float64)
        z = 1 / 128 + wide[~chosen] - wide[chosen][:, None]
        pairs = np.zeros(classes)
        pairs[~chosen], pairs[chosen] = (z > 0).sum(axis=0), -(z > 0).sum(axis=1)
        eps = float(np.finfo(dtype).eps)
        np.testing.assert_allclose(value[i], math.fsum(z[z > 0]) / classes, rtol=2 * eps)
        np.testing.assert_allclose(grad[i], pairs / classes, rtol=2 * eps)


def test_pairs_of_the_largest_logits(dtype, tier):
    """The sum over all pairs is no number, but the part of each class is."""
    largest = float(np.finfo(dtype).max)
    logits = np.full((1, 40), largest / 64, dtype)
    logits[0, :4] = -largest / 64
    value = fl.multilabel_margin(logits, [[0, 1, 2, 3, *[-1] * 36]])
    assert value == pytest.approx(4 * 36 / 40 / 32 * largest, rel=1e-6)


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("label_type", [np.int8, np.int16, np.int32, np.int64])
def test_lists_along_any_axis_of_any_type(axis, label_type, dtype):
    logits, lists = drawn_lists(12, 10, dtype)
    expected = fl.multilabel_margin.value_and_grad(logits, lists, reduction="none")
    shaped = [np.moveaxis(x.reshape(3, 4, 10), -1, axis) for x in (logits, lists.astype(label_type))]
    value, grad = fl.multilabel_margin.value_and_grad(*shaped, reduction="none", axis=axis)
    assert same_bits(value.reshape(-1), expected[0])
    assert same_bits(np.ascontiguousarray(np.moveaxis(grad, axis, -1)).reshape(12, 10), expected[1])


@pytest.mark.parametrize("label_type", [np.uint8, np.uint16, np.uint32, np.uint64])
def test_lists_of_types_without_negative_numbers_have_every_place(label_type):
    logits = np.array([[0.5, 1, 2]])
    found = fl.multilabel_margin.value_and_grad(logits, np.array([[1, 1, 1]], label_type))
    assert found[0] == 3 * (0.5 + 2) / 3
    assert found[1].tolist() == [[1, -2, 1]]
    bad = np.array([[1, np.iinfo(label_type).max, 1]], label_type)
    with pytest.raises(IndexError, match=r"target\[0, 1\] = \d+ is no label of 3 classes \(0 to 2\)"):
        fl.multilabel_margin(logits, bad)


@pytest.mark.parametrize("entry_point", ["value_and_grad", "grad", "grad_and_hess"])
@pytest.mark.parametrize("n_threads", [1, 2])
def test_a_listed_label_that_is_no_class_is_named_and_nothing_written(entry_point, n_threads):
    """The first that counts, in rows of weight 0 too; those behind the end of a list are none."""
    logits = np.random.default_rng(0).normal(size=(5000, 7))
    lists = np.full((5000, 7), -1)
    lists[:, 0], lists[:, 3] = 2, 9
    weight = np.ones(5000)
    weight[4000] = 0
    fl.multilabel_margin(logits, lists)
    for axis in (1, 0):
        for place, label in ((0, 7), (1, 2**63 - 1)):
            bad = lists.copy()
            bad[4000, place] = bad[4500, place] = label
            out, where = np.full(logits.shape, 77.0), (4000, place) if axis == 1 else (place, 4000)
            x, y, o = (a if axis == 1 else np.ascontiguousarray(a.T) for a in (logits, bad, out))
            function = getattr(fl.multilabel_margin, entry_point)
            with pytest.raises(IndexError) as caught:
                function(x, y, axis=axis, out=o, weight=weight, n_threads=n_threads)
            assert str(caught.value) == f"target[{where[0]}, {where[1]}] = {label} is no label of 7 classes (0 to 6)"
            assert (o == 77).all()
            with pytest.raises(IndexError) as by_reference:
                getattr(fl.reference.multilabel_margin, entry_point)(x, y, axis=axis)
            assert str(by_reference.value) == str(caught.value)


@pytest.mark.parametrize("target", [np.zeros((2, 3)), np.zeros((2, 3), np.float16)], ids=str)
def test_lists_are_integers(target):
    for loss in (fl.multilabel_margin, fl.reference.multilabel_margin):
        with pytest.raises(TypeError, match=f"labels must be integers, got dtype {target.dtype}"):
            loss(np.zeros((2, 3)), target)
        with pytest.raises(ValueError, match="shape"):
            loss(np.zeros((2, 3)), np.zeros(2, int))


@pytest.mark.parametrize("classes", [10, 2500])
def test_the_gradient_of_lists_in_the_place_of_the_logits(classes, dtype, tier):
    """A list names logits of every segment, which the gradient must not overwrite before."""
    logits, lists = drawn_lists(20, classes, dtype)
    expected = fl.multilabel_margin.value_and_grad(logits, lists)
    place = logits.copy()
    value, grad = fl.multilabel_margin.value_and_grad(place, lists, out=place)
    assert grad is place
    assert same_bits(grad, expected[1])
    assert value == expected[0]


# ---- margins at the ends of their range -----------------------------------------------------------------------------


def test_a_margin_that_is_not_met_by_less_than_an_ulp(dtype, tier):
    """margin + x[j] - x[y] rounds to 0, but is not."""
    tiny = float(np.finfo(dtype).smallest_normal)
    logits = np.array([[1, 8 * tiny, -tiny]], dtype)
    for name, p in (("multi_margin", {"p": 1}), ("categorical_hinge", {})):
        grad = fl.losses[name].grad(logits, [0], **p)
        assert np.sign(grad).tolist() == [[-1, 1, 0]]
    assert np.sign(fl.multi_margin.grad_and_hess(logits, [0], p=2)[1]).tolist() == [[1, 1, 0]]


def test_margins_of_the_largest_logits(dtype, tier):
    """Twice the largest number is none, but its part of a mean over classes is."""
    largest = float(np.finfo(dtype).max)
    logits = np.array([[-largest, largest, -largest, -largest]], dtype)
    value, grad = fl.multi_margin.value_and_grad(logits, [0])
    assert value == pytest.approx(largest / 2, rel=1e-6)
    assert grad.tolist() == [[-0.75, 0.25, 0.25, 0.25]]
    root = float(np.sqrt(np.finfo(dtype).max)) * 1.25
    value = fl.multi_margin(np.array([[-root / 2, root / 2, -root, -root]], dtype), [0], p=2)
    assert value == pytest.approx(root / 2 * (root / 2), rel=1e-6)


@pytest.mark.parametrize("classes", CLASSES)
def test_total_variation_is_half_the_sum_of_differences(classes, dtype):
    _, _, _, p = drawn(20, classes, dtype)
    q = drawn(20, classes, dtype, seed=9)[3]
    difference = q.astype(np.float64) - p
    found = fl.total_variation(q, p, reduction="none")
    np.testing.assert_allclose(found, np.abs(difference).sum(axis=1) / 2, rtol=4 * float(np.finfo(dtype).eps))
    assert (fl.total_variation.grad(q, p, reduction="sum") == np.sign(difference) / 2).all()
    assert not fl.total_variation.grad(p, p).any()


# ---- sparsemax ------------------------------------------------------------------------------------------------------


def projection(row):
    """The nearest point of the simplex, by bisection on the threshold: not as the kernels or the reference find it."""
    low, high = row.max() - 1, row.max()
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if np.maximum(row - middle, 0).sum() > 1 else (low, middle)
    return np.maximum(row - low, 0)


@pytest.mark.parametrize("classes", CLASSES)
@pytest.mark.parametrize("spread", [0.001, 0.3, 3.0])
def test_sparsemax_is_that_of_martins_and_astudillo(classes, spread, tier):
    """The formula with the squares over the support, as Optax's multiclass_sparsemax_loss has it."""
    logits, labels, _, t = drawn(20, classes)
    logits *= spread
    p = np.array([projection(row) for row in logits])
    # max over the simplex of <p, x> - |p|²/2, less <t, x> - |t|²/2
    conjugate = (p * logits).sum(axis=1) - (p**2).sum(axis=1) / 2
    kept = labels >= 0
    one_hot = (labels[:, None] == np.arange(classes)).astype(float)
    for target, rows, numbers in ((labels, kept, one_hot), (t, np.ones(20, bool), t)):
        value, grad = fl.sparsemax.value_and_grad(logits, target, reduction="none")
        expected = conjugate + (numbers**2).sum(axis=1) / 2 - (numbers * logits).sum(axis=1)
        np.testing.assert_allclose(value[rows], expected[rows], rtol=1e-11, atol=1e-13)
        np.testing.assert_allclose(grad[rows], (p - numbers)[rows], rtol=0, atol=1e-14)
        hess = fl.sparsemax.grad_and_hess(logits, target)[1]
        support = (p > 0).sum(axis=1, keepdims=True)
        np.testing.assert_allclose(hess[rows], np.where(p > 0, 1 - 1 / support, 0)[rows], rtol=1e-14, atol=0)


def test_sparsemax_is_exactly_zero_beyond_the_margin(dtype, tier):
    for classes in (2, 10, 2500):
        logits = np.zeros((3, classes), dtype)
        logits[:, 0] = [1, 1e4, 1e30]
        value, grad, hess = (
            fl.sparsemax(logits, np.zeros(3, int), reduction="none"),
            *fl.sparsemax.grad_and_hess(logits, np.zeros(3, int)),
        )
        for x in (value, grad, hess):
            assert not x.any()


def test_sparsemax_of_large_logits_keeps_its_digits(dtype, tier):
    """A shift of all logits changes nothing: the squares of the formula would cancel."""
    big = dtype.type(2.0**16)
    logits = np.array([[0.5, 0.25, 0.375, -2, -3]], dtype)
    for label in range(5):
        assert fl.sparsemax(logits + big, [label]) == fl.sparsemax(logits, [label])
        assert same_bits(fl.sparsemax.grad(logits + big, [label]), fl.sparsemax.grad(logits, [label]))


def test_sparsemax_masks_classes(dtype, tier):
    logits = np.array([[0.5, -np.inf, 0.25]], dtype)
    value, grad = fl.sparsemax.value_and_grad(logits, [0])
    expected = fl.sparsemax.value_and_grad(logits[:, [0, 2]], [0])
    assert value == expected[0]
    assert grad[0].tolist() == [expected[1][0, 0], 0, expected[1][0, 1]]
    assert fl.sparsemax(logits, [1]) == np.inf
    for bad in (np.full((1, 3), -np.inf, dtype), np.array([[0, np.inf, 1]], dtype), np.array([[0, np.nan, 1]], dtype)):
        value, grad = fl.sparsemax.value_and_grad(bad, [0])
        assert np.isnan(value)
        assert np.isnan(grad).all()


def test_a_threshold_that_takes_many_steps(dtype, tier):
    """Logits of which each estimate of the threshold leaves out but one or two."""
    classes = 60
    below = np.cumsum(1.0 / np.arange(1, classes + 1) ** 2)
    logits = -(below / below.max()).astype(dtype)[None]
    p = projection(logits[0].astype(np.float64))
    assert fl.sparsemax.grad(logits, [0], reduction="none")[0] == pytest.approx(
        p - (np.arange(classes) == 0), abs=4 * float(np.finfo(dtype).eps)
    )


# ---- parameters -----------------------------------------------------------------------------------------------------


def test_the_power_of_a_margin_is_one_or_two():
    for p in (0, 3, -1):
        with pytest.raises(ValueError, match=r"p = .* is outside \[1, 2\]"):
            fl.multi_margin([[0.0, 1.0]], [0], p=p)
    with pytest.raises(TypeError, match="p must be an integer"):
        fl.multi_margin([[0.0, 1.0]], [0], p=1.5)
    assert fl.multi_margin([[0.0, 1.0]], [0], p=2.0) == 2
