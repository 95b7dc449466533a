"""The losses of a row that are no softmax, against what other libraries compute and against their formulas written out."""

from __future__ import annotations

import itertools

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
    for p, margin in itertools.product((1, 2), (0.0, 1.0, 0.5)):
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
@pytest.mark.parametrize("margin", [0.0, 1.0, 2.5])
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
    target = np.zeros(2, int) if loss.row.labels else np.ones((2, classes), dtype)
    logits = np.array([[0, 0, 0, 0], [0, 0, 0, 0]], dtype)
    each = 3 / 4 if loss.row.labels else np.log(2)
    close = {"rel": 4 * float(np.finfo(dtype).eps)}
    assert loss(logits, target, reduction="none").tolist() == pytest.approx([each, each], **close)
    assert loss(logits, target, reduction="sum") == pytest.approx(2 * each, **close)
    assert loss(logits, target) == pytest.approx(each, **close)


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
