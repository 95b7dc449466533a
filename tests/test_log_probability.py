"""The losses of log p of a softmax: against formulas differentiated by PyTorch, what other libraries compute, and where
implementations are known to break."""

from __future__ import annotations

import math

import numpy as np
import pytest

import fastloss as fl

#: Classes of rows side by side, of rows along memory, and of several segments.
CLASSES = (2, 7, 300, 2500)


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip("torch")


def drawn(classes, n=9, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(0, 3, (n, classes)), rng.integers(0, classes, n)


def by_torch(torch, pred, function):
    """Value and gradient of the sum of what `function` makes of the logarithm of the softmax."""
    logits = torch.tensor(pred, requires_grad=True)
    value = function(torch.log_softmax(logits, dim=-1))
    return value.detach().numpy(), torch.autograd.grad(value.sum(), logits)[0].numpy()


def agree(found, wanted):
    for a, b in zip(found, wanted, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-14)


# ---- log-probabilities of chosen classes ----------------------------------------------------------------------------


@pytest.mark.parametrize("classes", CLASSES)
def test_selected_log_probs_against_torch(torch, classes):
    pred, labels = drawn(classes)
    chosen = torch.tensor(labels)[:, None]
    wanted = by_torch(torch, pred, lambda log_q: log_q.gather(1, chosen)[:, 0])
    agree(fl.selected_log_probs.value_and_grad(pred, labels), wanted)


@pytest.mark.parametrize("classes", CLASSES)
def test_the_gradient_of_a_preference_loss(torch, classes):
    """DPO of sequences of three tokens: -log sigmoid(b Δ), brought back to the logits by vjp."""
    pred, labels = drawn(classes, 12)
    pairs, beta = (2, 2, 3), 0.3  # chosen and rejected, sequences, tokens

    def dpo(log_p):
        chosen, rejected = log_p.reshape(pairs).sum(-1)
        return -torch.nn.functional.logsigmoid(beta * (chosen - rejected)).sum()

    index = torch.tensor(labels)[:, None]
    wanted = by_torch(torch, pred, lambda log_q: dpo(log_q.gather(1, index)[:, 0]))[1]
    log_p = torch.tensor(fl.selected_log_probs(pred, labels), requires_grad=True)
    cotangent = torch.autograd.grad(dpo(log_p), log_p)[0].numpy()
    assert cotangent.min() < 0 < cotangent.max()
    agree([fl.selected_log_probs.vjp(pred, labels, cotangent)], [wanted])


def test_log_probabilities_are_those_that_cross_entropy_negates(dtype):
    pred, labels = drawn(7)
    labels[2] = -100
    pred = pred.astype(dtype)
    value, grad = fl.selected_log_probs.value_and_grad(pred, labels)
    loss, slope = fl.cross_entropy.value_and_grad(pred, labels, reduction="none")
    np.testing.assert_array_equal(value, -loss)
    np.testing.assert_array_equal(grad, -slope)
    assert value[2] == 0
    assert not np.signbit(value[2])


def test_reduction_is_none_unless_asked_for():
    pred, labels = drawn(4)
    assert fl.selected_log_probs(pred, labels).shape == labels.shape
    assert fl.selected_log_probs.grad(pred, labels)[0].sum() == pytest.approx(0, abs=1e-15)
    mean = fl.selected_log_probs(pred, labels, reduction="mean")
    assert mean == pytest.approx(fl.selected_log_probs(pred, labels).mean(), rel=1e-15)


# ---- losses of labels and of probabilities ---------------------------------------------------------------------------


def focal(log_q, gamma):
    return -((1 - log_q.exp()) ** gamma) * log_q


#: Each loss of one class by its log-probability, in PyTorch; the keywords of the call; whether targets may be probabilities.
FORMULAS = {
    "focal": ("softmax_focal", {"gamma": 2.0}, lambda log_q: focal(log_q, 2), True),
    "focal, gamma below 1": ("softmax_focal", {"gamma": 0.3}, lambda log_q: focal(log_q, 0.3), True),
    "focal, gamma 5": ("softmax_focal", {"gamma": 5.0}, lambda log_q: focal(log_q, 5), True),
    "poly-1": ("poly1_cross_entropy", {}, lambda log_q: -log_q + 2 * (1 - log_q.exp()), True),
    "poly-1, epsilon -1": ("poly1_cross_entropy", {"epsilon": -1.0}, lambda log_q: -log_q - (1 - log_q.exp()), True),
    "generalized": ("generalized_cross_entropy", {"q": 0.5}, lambda log_q: 2 * (1 - (log_q / 2).exp()), False),
    "absolute": ("generalized_cross_entropy", {"q": 1.0}, lambda log_q: 1 - log_q.exp(), False),
    "symmetric": (
        "symmetric_cross_entropy",
        {"alpha": 0.7, "beta": 0.3, "log_zero": -3.0},
        lambda log_q: -0.7 * log_q + 0.9 * (1 - log_q.exp()),
        False,
    ),
}


@pytest.mark.parametrize("classes", CLASSES)
@pytest.mark.parametrize("name", FORMULAS)
def test_losses_of_labels_against_torch(torch, name, classes):
    loss, keywords, formula, _ = FORMULAS[name]
    pred, labels = drawn(classes)
    class_weight = np.random.default_rng(1).random(classes)
    chosen = torch.tensor(labels)[:, None]
    wanted = by_torch(torch, pred, lambda log_q: torch.tensor(class_weight[labels]) * formula(log_q.gather(1, chosen)[:, 0]))
    found = fl.losses[loss].value_and_grad(pred, labels, class_weight=class_weight, reduction="none", **keywords)
    agree(found, wanted)


@pytest.mark.parametrize("classes", CLASSES)
@pytest.mark.parametrize("name", [name for name, (_, _, _, soft) in FORMULAS.items() if soft])
def test_losses_of_probabilities_against_torch(torch, name, classes):
    """Also the Hessian, by differentiating twice; and smoothed labels, which are such probabilities."""
    loss, keywords, formula, _ = FORMULAS[name]
    pred, labels = drawn(classes)
    rng = np.random.default_rng(1)
    class_weight, target = rng.random(classes), rng.random((len(labels), classes))
    target[0] = 0
    target[0, 1] = 1
    for given, smoothing, mixed in (
        (target, 0.0, target),
        (target, 0.3, 0.7 * target + 0.3 / classes),
        (labels, 0.3, 0.7 * (labels[:, None] == np.arange(classes)) + 0.3 / classes),
    ):
        t = torch.tensor(class_weight * mixed)
        options = {"class_weight": class_weight, "label_smoothing": smoothing, "reduction": "none", **keywords}
        found = fl.losses[loss].value_and_grad(pred, given, **options)
        agree(found, by_torch(torch, pred, lambda log_q, t=t: (t * formula(log_q)).sum(-1)))
        if classes > 10:
            continue
        hess = fl.losses[loss].grad_and_hess(pred, given, **options)[1]
        for i, row in enumerate(pred):
            whole = torch.autograd.functional.hessian(
                lambda x, i=i, t=t: (t[i] * formula(torch.log_softmax(x, 0))).sum(), torch.tensor(row)
            )
            np.testing.assert_allclose(hess[i], whole.diagonal().numpy(), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("classes", [7, 300, 5000])
@pytest.mark.parametrize("name", ["softmax_focal", "poly1_cross_entropy"])
def test_probabilities_of_one_class_are_its_label(dtype, name, classes):
    """The two ways to the same loss, where one class is nearly certain too; in place, too."""
    pred, labels = drawn(classes)
    pred[:4] *= 10
    pred[np.arange(3), labels[:3]] += 90
    pred = pred.astype(dtype)
    certain = (labels[:, None] == np.arange(classes)).astype(dtype)
    eps = float(np.finfo(dtype).eps)
    for which in ("value_and_grad", "grad_and_hess"):
        by_label = getattr(fl.losses[name], which)(pred, labels, reduction="none")
        by_number = getattr(fl.losses[name], which)(pred, certain, reduction="none")
        for a, b in zip(by_label, by_number, strict=True):
            np.testing.assert_allclose(a, b, rtol=40 * eps, atol=float(np.finfo(dtype).tiny))
    out = pred.copy()
    assert fl.losses[name].grad(out, certain, out=out, reduction="none") is out
    np.testing.assert_array_equal(out, fl.losses[name].grad(pred, certain, reduction="none"))


@pytest.mark.parametrize("name", ["softmax_focal", "poly1_cross_entropy"])
def test_a_long_row_is_the_same_for_any_number_of_threads(name):
    rng = np.random.default_rng(2)
    pred, target = rng.normal(0, 5, (2, 70_001)), rng.random((2, 70_001))
    for given, options in ((target, {}), (rng.integers(0, 70_001, 2), {"label_smoothing": 0.1})):
        alone = fl.losses[name].value_and_grad(pred, given, reduction="none", n_threads=1, **options)
        shared = fl.losses[name].value_and_grad(pred, given, reduction="none", n_threads=3, **options)
        for a, b in zip(alone, shared, strict=True):
            np.testing.assert_array_equal(a, b)
        wanted = fl.losses[name].reference.value_and_grad(pred, given, reduction="none", **options)
        for a, b in zip(alone, wanted, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-13)


@pytest.mark.parametrize("classes", [3, 2048, 5000])
@pytest.mark.parametrize("name", ["cross_entropy", "softmax_focal"])
def test_rows_without_a_finite_logit_leave_the_others_alone(dtype, name, classes):
    """No class is the largest, in whole segments either."""
    rng = np.random.default_rng(3)
    pred, target = rng.normal(size=(20, classes)).astype(dtype), rng.random((20, classes)).astype(dtype)
    clean = fl.losses[name].grad_and_hess(pred, target)
    pred[::3] = -np.inf
    for found, before in zip(fl.losses[name].grad_and_hess(pred, target), clean, strict=True):
        others = np.arange(20) % 3 != 0
        np.testing.assert_array_equal(found[others], before[others])
        assert np.isnan(found[~others]).all()


@pytest.mark.parametrize("name", ["softmax_focal", "poly1_cross_entropy", "symmetric_cross_entropy"])
def test_a_difference_of_logits_that_overflows_times_a_small_weight(dtype, tier, name):
    """Logits farther apart than the largest number: a weight of 1/8 makes the loss one again."""
    largest = float(np.finfo(dtype).max)
    pred = np.array([[largest, -largest / 2]], dtype)
    loss = fl.losses[name]
    scale = loss.params["alpha"].default if name.startswith("symmetric") else 1
    value, grad = loss.value_and_grad(pred, [1], class_weight=[1.0, 1 / 8], reduction="none")
    assert value == pytest.approx(largest / 16 * 3 * scale, rel=1e-6)
    assert grad[0] == pytest.approx([scale / 8, -scale / 8], rel=1e-6)
    if loss.declared.probabilities:
        value = loss(pred, np.array([[7 / 8, 1 / 8]], dtype), reduction="none")
        assert value == pytest.approx(largest / 16 * 3, rel=1e-6)


def test_numbers_outside_the_domain(dtype):
    for classes in (3, 5000):
        pred, target = np.zeros((4, classes), dtype), np.ones((4, classes), dtype)
        target[2, classes - 1] = -0.5
        for options in ({}, {"out": np.full_like(pred, 7)}):
            with pytest.raises(ValueError, match="target"):
                fl.softmax_focal.grad(pred, target, **options)
        assert (options["out"] == 7).all()
        with pytest.raises(ValueError, match="target"):
            fl.softmax_focal.grad(pred, target, weight=[1, 1, 0, 1])


# ---- where implementations of the focal loss break -------------------------------------------------------------------


@pytest.mark.parametrize("classes", [2, 300])
def test_focal_of_gamma_0_is_cross_entropy(dtype, classes):
    """And not NaN where a probability is 1, as 0 · log 0 would have it."""
    pred, labels = drawn(classes)
    pred[0] = np.where(np.arange(classes) == labels[0], 1e4, -1e4)
    pred = pred.astype(dtype)
    target = np.random.default_rng(1).random(pred.shape).astype(dtype)
    for given in (labels, target):
        for which in ("value_and_grad", "grad_and_hess"):
            found = getattr(fl.softmax_focal, which)(pred, given, gamma=0.0, reduction="none")
            wanted = getattr(fl.cross_entropy, which)(pred, given, reduction="none")
            for a, b in zip(found, wanted, strict=True):
                np.testing.assert_allclose(a, b, rtol=1e-5 if dtype == np.float32 else 1e-13, atol=1e-6 * (dtype == np.float32))


@pytest.mark.parametrize("gamma", [1e-3, 0.3, 0.5, 0.999, 1.0, 2.0])
def test_focal_of_gamma_below_1_at_certainty_is_finite(dtype, tier, gamma):
    """(1 - p)^(gamma - 1) is infinite at p = 1: facebookresearch/sam3#575, liuyuisanai/Focal-Loss#11."""
    for gap in (50.0, 90.0, 103.0, 1e4):
        for classes in (2, 300):
            pred = np.full((1, classes), -gap, dtype)
            pred[0, 0] = 0
            for given in ([0], np.eye(1, classes, dtype=dtype)):
                value, grad = fl.softmax_focal.value_and_grad(pred, given, gamma=gamma, class_weight=np.full(classes, 1e3))
                hess = fl.softmax_focal.grad_and_hess(pred, given, gamma=gamma, class_weight=np.full(classes, 1e3))[1]
                assert np.isfinite(value)
                assert np.isfinite(grad).all()
                assert np.isfinite(hess).all()
                assert value >= 0
                assert grad[0, 0] <= 0 <= grad[0, 1]


def test_focal_of_saturated_logits_is_finite(dtype, tier):
    """A gradient of NaN at saturated logits: google-deepmind/optax#1267."""
    for gamma in (0.0, 0.5, 1.0, 2.0, 50.0):
        for classes in (3, 300):
            pred = np.zeros((2, classes), dtype)
            pred[:, 0] = 1e4
            for given in ([0, 1], np.eye(2, classes, dtype=dtype)):
                value, grad = fl.softmax_focal.value_and_grad(pred, given, gamma=gamma, reduction="none")
                hess = fl.softmax_focal.grad_and_hess(pred, given, gamma=gamma)[1]
                assert value.tolist() == [0, 1e4]
                assert grad[0].any() == 0
                assert grad[1, :3].tolist() == [1, -1, 0]
                assert np.isfinite(hess).all()


def test_focal_of_an_unlikely_label_with_a_large_gamma(dtype, tier):
    """1 - p rounds to 1 and its power is 1, but (1 - p)^gamma = exp(-gamma p) is not."""
    p = float(np.finfo(dtype).eps) / 64
    pred = np.array([[math.log(p), 0]], dtype)
    exact_p = 1 / (1 + np.exp(-pred[0, 0].astype(np.longdouble)))
    value = fl.softmax_focal(pred, [0], gamma=2 / p, reduction="none")
    wanted = float(np.exp(-2 / np.longdouble(p) * exact_p) * -np.log(exact_p))
    # An ulp of a logit of this size is that many of p, and p counts twice.
    assert value == pytest.approx(wanted, rel=8 * abs(float(pred[0, 0])) * float(np.finfo(dtype).eps))


def test_focal_with_the_class_0_weight_of_monai(torch):
    """MONAI's FocalLoss(use_softmax=True, alpha=a): class 0 weighs 1 - a, all others a; its mean is over all classes."""
    pred, labels = drawn(4)
    alpha, gamma = 0.25, 2.0
    one_hot = torch.tensor(np.eye(4)[labels])

    def monai(log_q):
        weight = torch.tensor([1 - alpha] + [alpha] * 3, dtype=torch.float64)
        return (weight * -((1 - log_q.exp()) ** gamma) * log_q * one_hot).mean()

    value, grad = by_torch(torch, pred, monai)
    class_weight = [1 - alpha, alpha, alpha, alpha]
    found = fl.softmax_focal.value_and_grad(pred, labels, gamma=gamma, class_weight=class_weight, reduction="sum")
    agree([x / pred.size for x in found], [value, grad])


def test_focal_with_the_conventions_of_keras():
    """CategoricalFocalCrossentropy(from_logits=True): alpha 0.25 for all classes, smoothing, the mean over rows."""
    pred, labels = drawn(5)
    alpha, gamma, smoothing = 0.25, 2.0, 0.1
    target = (1 - smoothing) * np.eye(5)[labels] + smoothing / 5
    e = np.exp(pred - pred.max(axis=1, keepdims=True))
    q = e / e.sum(axis=1, keepdims=True)
    wanted = np.mean(np.sum(-alpha * (1 - q) ** gamma * target * np.log(q), axis=1))
    one_hot = np.eye(5)[labels]
    found = fl.softmax_focal(pred, one_hot, gamma=gamma, class_weight=np.full(5, alpha), label_smoothing=smoothing)
    assert found == pytest.approx(wanted, rel=1e-12)


# ---- ends of parameters ----------------------------------------------------------------------------------------------


def test_poly1_without_its_first_term_keeps_its_digits(dtype, tier):
    """epsilon = -1: of -log p - (1 - p) at p near 1 is left (1 - p)²/2."""
    pred = np.array([[0, 12]], dtype)
    not_p = 1 / (1 + math.exp(12))
    value, grad = fl.poly1_cross_entropy.value_and_grad(pred, [1], epsilon=-1.0, reduction="none")
    # An ulp of the logit is 12 of 1 - p, whose square this is.
    close = {"rel": 32 * float(np.finfo(dtype).eps), "abs": 0}
    assert value == pytest.approx(not_p**2 / 2 + not_p**3 / 3 + not_p**4 / 4, **close)
    assert grad[0] == pytest.approx([not_p**2, -(not_p**2)], **close)


def test_generalized_cross_entropy_is_bounded_and_tends_to_cross_entropy(dtype, tier):
    masked = np.array([[0, -np.inf]], dtype)
    assert fl.generalized_cross_entropy(masked, [1], q=0.5) == 2
    assert fl.generalized_cross_entropy.grad(masked, [1], q=0.5).tolist() == [[0, 0]]
    pred, labels = drawn(6)
    pred = pred.astype(dtype)
    small = fl.generalized_cross_entropy(pred, labels, q=1e-40, reduction="none")
    np.testing.assert_allclose(small, fl.cross_entropy(pred, labels, reduction="none"), rtol=4 * np.finfo(dtype).eps)


def test_symmetric_cross_entropy_of_one_part_alone(dtype):
    pred, labels = drawn(6)
    pred = pred.astype(dtype)
    entropy = fl.cross_entropy(pred, labels, reduction="none")
    found = fl.symmetric_cross_entropy(pred, labels, alpha=1.0, beta=0.0, reduction="none")
    np.testing.assert_array_equal(found, entropy)
    masked = np.array([[0, -np.inf]], dtype)
    assert fl.symmetric_cross_entropy(masked, [1], alpha=0.0) == 4
