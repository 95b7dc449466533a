"""Where re-implementations of a loss silently differ: what a peer computes beside what fastloss computes.

Where the two are different numbers, the assertion is the conversion between them. PyTorch and scikit-learn are asked where they
are installed; other peers stand as their formula, in NumPy, with their name beside it.
"""

from __future__ import annotations

import numpy as np
import pytest
from conftest import call, function_of

import fastloss as fl
from fastloss._shapes import ENTRY_POINTS

INF, NAN = np.inf, np.nan
SENTINEL = 77.25

exactly = np.testing.assert_array_equal


def closely(found, wanted):
    np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-300)


def by_pytorch(name, *arrays, **options):
    """A function of `torch.nn.functional` on arrays."""
    torch = pytest.importorskip("torch")
    given = [torch.tensor(np.ascontiguousarray(array)) for array in arrays]
    options = {key: torch.tensor(x) if isinstance(x, np.ndarray) else x for key, x in options.items()}
    return getattr(torch.nn.functional, name)(*given, **options).numpy()


#: What PyTorch calls these losses.
IN_PYTORCH = {"cross_entropy": "cross_entropy", "nll": "nll_loss"}


def drawn(*shape, seed=0):
    return 2 * np.random.default_rng(seed).standard_normal(shape)


def labelled(rows=12, classes=5, seed=1):
    """Log-probabilities, which are logits too; labels; weights of classes, none of them 0."""
    random = np.random.default_rng(seed)
    logits = drawn(rows, classes)
    log_p = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
    return log_p, random.integers(0, classes, rows), random.uniform(0.5, 3, classes)


def distributions(*shape, seed=2):
    p = np.random.default_rng(seed).random(shape)
    return p / p.sum(axis=-1, keepdims=True)


def softmax(logits):
    e = np.exp(logits)
    return e / e.sum(axis=-1, keepdims=True)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


of_labels = pytest.mark.parametrize("loss", [fl.cross_entropy, fl.nll], ids=lambda loss: loss.name)


# ---- what a mean divides by -----------------------------------------------------------------------------------------


@of_labels
def test_mean_of_labels_divides_by_the_class_weights_of_labels_not_ignored(loss):
    """PyTorch's cross_entropy and nll_loss, and Liger's, divide by the sum of class weights at the labels that count."""
    log_p, labels, class_weight = labelled()
    labels[[2, 7]] = -100
    kept = labels >= 0
    each = loss(log_p, labels, class_weight=class_weight, reduction="none")
    denominator = class_weight[labels[kept]].sum()
    mean = loss(log_p, labels, class_weight=class_weight)
    closely(mean, each.sum() / denominator)
    closely(loss(log_p, labels), loss(log_p, labels, reduction="sum") / kept.sum())
    # What would be the mean of the rows is another number.
    assert abs(mean - each.mean()) > 0.01

    closely(mean, by_pytorch(IN_PYTORCH[loss.name], log_p, labels, weight=class_weight))
    closely(loss(log_p, labels), by_pytorch(IN_PYTORCH[loss.name], log_p, labels))


@of_labels
@pytest.mark.parametrize("why", ["ignored", "of weight 0", "no rows"])
def test_mean_of_nothing_is_nan_and_its_sum_is_0(loss, why):
    """A quotient 0/0 stays NaN: PyTorch decided so (pytorch#64572), though users ask for 0 (pytorch#70348)."""
    log_p, labels, class_weight = labelled()
    if why == "ignored":
        labels[:] = -100
    elif why == "of weight 0":
        class_weight[:] = 0
    else:
        log_p, labels = log_p[:0], labels[:0]
    value, grad = loss.value_and_grad(log_p, labels, class_weight=class_weight)
    assert np.isnan(value)
    exactly(grad, np.zeros_like(log_p))
    assert loss(log_p, labels, class_weight=class_weight, reduction="sum") == 0

    assert np.isnan(by_pytorch(IN_PYTORCH[loss.name], log_p, labels, weight=class_weight))
    assert by_pytorch(IN_PYTORCH[loss.name], log_p, labels, weight=class_weight, reduction="sum") == 0


def test_mean_of_probabilities_divides_by_rows_not_class_weights():
    """PyTorch divides by the number of rows, over all further axes; class weights multiply terms and nothing else."""
    logits, target = drawn(4, 6, 3), distributions(4, 6, 3)
    class_weight = np.array([0.5, 2.0, 5.0])
    each = fl.cross_entropy(logits, target, class_weight=class_weight, reduction="none")
    mean = fl.cross_entropy(logits, target, class_weight=class_weight)
    closely(mean, each.sum() / 24)

    second = (np.moveaxis(x, -1, 1) for x in (logits, target))
    closely(mean, by_pytorch("cross_entropy", *second, weight=class_weight))


def test_smoothed_labels_and_the_same_probabilities_have_different_means():
    """With class weights the one is divided by those of the labels, the other by rows (pytorch#61309, #104776)."""
    logits, labels, class_weight = labelled()
    options = {"class_weight": class_weight, "label_smoothing": 0.2}
    of_labels = fl.cross_entropy(logits, labels, **options)
    of_probabilities = fl.cross_entropy(logits, np.eye(5)[labels], **options)
    assert abs(of_labels - of_probabilities) > 0.01
    closely(of_labels * class_weight[labels].sum(), of_probabilities * len(labels))

    for found, target in ((of_labels, labels), (of_probabilities, np.eye(5)[labels])):
        closely(found, by_pytorch("cross_entropy", logits, target, weight=class_weight, label_smoothing=0.2))


def weighted(seed=3):
    random = np.random.default_rng(seed)
    return drawn(4, 5), random.random((4, 5)), random.uniform(0.5, 3, (4, 5))


@pytest.mark.parametrize(("loss", "name"), [(fl.absolute_error, "l1_loss"), (fl.squared_error, "mse_loss")])
def test_mean_of_weighted_differences_divides_by_the_weights(loss, name):
    """PyTorch's l1_loss and mse_loss divide by the sum of `weight`, as every mean of fastloss does."""
    pred, target, weight = weighted()
    mean = loss(pred, target, weight=weight)
    closely(mean, (weight * loss(pred, target, reduction="none")).sum() / weight.sum())
    closely(mean, by_pytorch(name, pred, target, weight=weight))


def test_mean_of_pytorchs_weighted_huber_divides_by_elements():
    """Unlike its own neighbours; fastloss divides by the weights here too."""
    pred, target, weight = weighted()
    mean = fl.huber(pred, target, weight=weight)
    closely(mean, (weight * fl.huber(pred, target, reduction="none")).sum() / weight.sum())
    closely(mean * weight.sum() / weight.size, by_pytorch("huber_loss", pred, target, weight=weight))


@pytest.mark.parametrize("name", ["binary_cross_entropy", "binary_cross_entropy_with_logits"])
def test_mean_of_pytorchs_weighted_binary_cross_entropy_divides_by_elements(name):
    """Never by the weights."""
    pred, target, weight = weighted()
    pred = pred if name.endswith("logits") else sigmoid(pred)
    mean = fl.losses[name](pred, target, weight=weight)
    closely(mean, (weight * fl.losses[name](pred, target, reduction="none")).sum() / weight.sum())
    closely(mean * weight.sum() / weight.size, by_pytorch(name, pred, target, weight=weight))


def test_pos_weight_stays_out_of_the_denominator():
    """In PyTorch and here a factor of a term of the loss is no weight of a sample."""
    pred, target, _ = weighted()
    pos_weight = np.array([0.5, 2.0, 3.0, 4.0, 5.0])
    mean = fl.binary_cross_entropy_with_logits(pred, target, pos_weight=pos_weight)
    closely(mean, fl.binary_cross_entropy_with_logits(pred, target, pos_weight=pos_weight, reduction="sum") / pred.size)
    closely(mean, by_pytorch("binary_cross_entropy_with_logits", pred, target, pos_weight=pos_weight))


def test_kl_batchmean():
    """PyTorch's "mean" divides by elements, classes included, its "batchmean" by the first axis; fastloss by the rows."""
    log_q, p = np.log(distributions(4, 6, 3)), distributions(4, 6, 3, seed=5)
    each = (p * (np.log(p) - log_q)).sum(axis=-1)
    closely(fl.kl_divergence(log_q, p), each.mean())

    closely(fl.kl_divergence(log_q[0], p[0]), by_pytorch("kl_div", log_q[0], p[0], reduction="batchmean"))
    with pytest.warns(UserWarning, match="batchmean"):
        closely(fl.kl_divergence(log_q[0], p[0]) / 3, by_pytorch("kl_div", log_q[0], p[0]))
    # Of three axes the first alone is the batch; of one, it is the classes.
    closely(fl.kl_divergence(log_q, p) * 6, by_pytorch("kl_div", log_q, p, reduction="batchmean"))
    closely(fl.kl_divergence(log_q[0, 0], p[0, 0]) / 3, by_pytorch("kl_div", log_q[0, 0], p[0, 0], reduction="batchmean"))


def test_mean_of_keras_divides_by_elements_even_with_sample_weights():
    """Its "sum_over_batch_size" does, "mean_with_sample_weight" divides by the weights; both average the last axis first."""
    logits, labels, _ = labelled()
    weight = np.linspace(0.1, 2, 12)
    each = fl.cross_entropy(logits, labels, reduction="none")
    mean = fl.cross_entropy(logits, labels, weight=weight)
    closely(mean, (weight * each).sum() / weight.sum())  # mean_with_sample_weight
    closely(mean * weight.sum() / 12, (weight * each).mean())  # sum_over_batch_size

    pred, target, _ = weighted()
    weight = weight[:4]
    of_samples = ((pred - target) ** 2).mean(axis=-1)
    closely(fl.squared_error(pred, target, weight=weight[:, None]), (weight * of_samples).sum() / weight.sum())


def test_the_mask_of_keras_is_a_weight_of_0():
    """Keras multiplies what counts by total/valid and then divides by the total."""
    logits, labels, _ = labelled()
    mask = np.arange(12) % 3 > 0
    masked = np.where(mask, fl.cross_entropy(logits, labels, reduction="none") * (12 / mask.sum()), 0)
    closely(fl.cross_entropy(logits, labels, weight=mask), masked.mean())


def test_mean_of_scikit_learn_is_an_average_by_weight():
    """Its losses, called, average by sample_weight; their method `loss` returns what fastloss calls "none"."""
    peers = pytest.importorskip("sklearn._loss")
    logits, labels, _ = labelled()
    weight = np.linspace(0.1, 2, 12)
    peer = peers.HalfMultinomialLoss(n_classes=5)
    given = {"y_true": labels.astype(np.float64), "raw_prediction": logits, "sample_weight": weight}
    closely(fl.cross_entropy(logits, labels, weight=weight), peer(**given))
    closely(fl.cross_entropy(logits, labels, weight=weight, reduction="none"), peer.loss(**given))
    # The gradient is not that of the call, which would be divided.
    closely(fl.cross_entropy.grad_and_hess(logits, labels, weight=weight)[0], peer.gradient(**given))


def test_metrics_of_catboost_divide_by_the_weights():
    """Σ w l / Σ w in all of them, MultiClass among them."""
    logits, labels, _ = labelled()
    weight = np.linspace(0, 2, 12)
    log_p = np.log(softmax(logits))[np.arange(12), labels]
    closely(fl.cross_entropy(logits, labels, weight=weight), -(weight * log_p).sum() / weight.sum())


def test_mean_of_segmentation_models_counts_what_is_ignored():
    """Its SoftCrossEntropyLoss and SoftBCEWithLogitsLoss make ignored elements 0, and divide by all."""
    logits, labels, _ = labelled()
    labels[[0, 5, 6]] = -100
    each = fl.cross_entropy(logits, labels, label_smoothing=0.1, reduction="none")
    closely(fl.cross_entropy(logits, labels, label_smoothing=0.1) * 9 / 12, each.mean())

    # Binary losses have no label to ignore here; a weight of 0 does the same, over any target of the domain.
    pred, target, _ = weighted()
    ignored = np.arange(20).reshape(4, 5) % 3 == 0
    each = np.where(ignored, 0, np.log1p(np.exp(pred)) - pred * target)
    found = fl.binary_cross_entropy_with_logits(pred, np.where(ignored, 0, target), weight=~ignored)
    closely(found * (~ignored).sum() / 20, each.mean())


def test_sum_of_monais_focal_loss_is_a_mean_over_space():
    """Its FocalLoss averages the spatial axes before it sums; fastloss sums all."""
    pred, target = drawn(2, 3, 4, 5), np.random.default_rng(4).integers(0, 2, (2, 3, 4, 5)).astype(float)
    each = fl.sigmoid_focal(pred, target, alpha=None, reduction="none")
    closely(fl.sigmoid_focal(pred, target, alpha=None, reduction="sum") / 20, each.mean(axis=(2, 3)).sum())


@pytest.mark.parametrize("reduction", [{}, {"reduction": "sum"}], ids=["by default", "sum"])
def test_gradients_for_boosters_are_divided_by_nothing(reduction):
    """XGBoost, LightGBM and CatBoost take w(p - y) of each row; a mean would make every leaf n times too small."""
    logits, labels, _ = labelled()
    weight = np.linspace(0.1, 2, 12)
    grad, _ = fl.cross_entropy.grad_and_hess(logits, labels, weight=weight, **reduction)
    closely(grad, weight[:, None] * (softmax(logits) - np.eye(5)[labels]))

    pred, target, weight = weighted()
    grad, hess = fl.binary_cross_entropy_with_logits.grad_and_hess(pred, target, weight=weight, **reduction)
    p = sigmoid(pred)
    closely(grad, weight * (p - target))
    closely(hess, weight * p * (1 - p))


# ---- cross-entropy --------------------------------------------------------------------------------------------------


def test_class_axis_is_the_last_and_not_the_second():
    """PyTorch has the classes on axis 1, where there is one. A shape that fits both ways is two different losses."""
    logits = drawn(4, 3, 3)
    labels = np.random.default_rng(0).integers(0, 3, (4, 3))
    last, second = fl.cross_entropy(logits, labels), fl.cross_entropy(logits, labels, axis=1)
    assert abs(last - second) > 0.01
    closely(last, fl.cross_entropy(np.moveaxis(logits, -1, 1), labels, axis=1))
    closely(second, by_pytorch("cross_entropy", logits, labels))


def test_probability_mode_is_not_chosen_by_shape_alone():
    """PyTorch takes targets of the logits' shape for probabilities, and then refuses their integer type."""
    row, rows = drawn(3), drawn(3, 3)
    # Here integers are labels and other numbers are none, whatever the shape, and each is refused as what it is.
    for module in (fl, fl.reference):
        for target in (np.array([0, 1, 0]), [0, 1, 0], np.array([False, True, False])):
            with pytest.raises(TypeError, match="must be floating-point"):
                module.cross_entropy(row, target)
        with pytest.raises(TypeError, match="must be floating-point"):
            module.linear_cross_entropy(rows, rows, np.eye(3, dtype=int))
        with pytest.raises(TypeError, match="labels must be integers"):
            module.cross_entropy(rows, np.array([0.0, 1.0, 2.0]))
        with pytest.raises(TypeError, match="labels must be integers"):
            module.linear_cross_entropy(rows, rows, np.array([0.0, 1.0, 2.0]))
        # A loss without labels mistakes nothing.
        closely(
            module.kl_divergence(np.log(distributions(2, 3)), np.eye(3, dtype=int)[:2]),
            module.nll(np.log(distributions(2, 3)), [0, 1]),
        )
    closely(fl.cross_entropy(row, np.array([0.0, 1.0, 0.0])), fl.cross_entropy(row, 1))
    closely(fl.cross_entropy(rows, np.eye(3)), fl.cross_entropy(rows, np.arange(3)))

    with pytest.raises(RuntimeError):
        by_pytorch("cross_entropy", row, np.array([0, 1, 0]))


def test_ignore_index_means_nothing_to_probabilities():
    """PyTorch refuses one that is a class and overlooks a negative one; fastloss overlooks both."""
    logits, target = drawn(4, 3), distributions(4, 3)
    value, grad = fl.cross_entropy.value_and_grad(logits, target)
    for label in (1, -1):
        found = fl.cross_entropy.value_and_grad(logits, target, ignore_index=label)
        assert found[0] == value
        exactly(found[1], grad)

    closely(value, by_pytorch("cross_entropy", logits, target, ignore_index=-1))
    with pytest.raises(RuntimeError):
        by_pytorch("cross_entropy", logits, target, ignore_index=1)


@of_labels
@pytest.mark.parametrize("label", [-1, 5, 255, -(2**63), 2**63 - 1])
def test_ignore_index_is_looked_at_before_the_bounds(loss, label):
    """It need not be a class; a label beside it that is none is an error all the same."""
    log_p, labels, _ = labelled()
    labels[[1, 4]] = label
    kept = np.arange(12) % 12 != 1
    kept[4] = False
    closely(loss(log_p, labels, ignore_index=label), loss(log_p[kept], labels[kept]))
    labels[2] = -2
    with pytest.raises(IndexError, match="-2"):
        loss(log_p, labels, ignore_index=label)


def test_ignore_index_inside_the_classes_still_counts_in_the_softmax():
    """A row of such a label is left out, but the class stays in the denominator of all others (pytorch#63004)."""
    logits, labels, _ = labelled()
    labels[:3] = 2
    labels[3:5] = 0
    kept = labels != 2
    found, grad = fl.cross_entropy.value_and_grad(logits, labels, ignore_index=2, reduction="none")
    closely(found[kept], -np.log(softmax(logits))[kept, labels[kept]])
    closely(grad[kept, 2], softmax(logits)[kept, 2])
    exactly(found[~kept], 0)
    closely(found, by_pytorch("cross_entropy", logits, labels, ignore_index=2, reduction="none"))


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("classes", [5, 300])
def test_ignored_rows_are_exactly_0(classes, smoothing):
    """Loss and gradient, whatever their logits, and no part of the smoothing is left to them."""
    logits, labels, class_weight = labelled(12, classes)
    ignored = np.arange(12) % 3 == 1
    labels[ignored] = -100
    logits[1], logits[4], logits[7, 2] = NAN, -INF, INF
    for reduction in ("none", "sum", "mean"):
        options = {"label_smoothing": smoothing, "class_weight": class_weight, "reduction": reduction}
        value, grad = fl.cross_entropy.value_and_grad(logits, labels, **options)
        exactly(grad[ignored], 0)
        assert grad[~ignored].all()
        if reduction == "none":
            exactly(value[ignored], 0)
        else:
            closely(value, fl.cross_entropy(logits[~ignored], labels[~ignored], **options))


@of_labels
@pytest.mark.parametrize("entry_point", ENTRY_POINTS)
@pytest.mark.parametrize("classes", [5, 300, 2500])
@pytest.mark.parametrize("label", [-1, "classes", 2**31, -(2**40)])
def test_out_of_range_labels_raise_in_gradient_only_calls(loss, entry_point, classes, label):
    """Peers let some through, in a gradient even to write where nothing is theirs (pytorch#5299, #15508, #39769, #194802)."""
    log_p, labels, _ = labelled(12, classes)
    labels[7] = classes if label == "classes" else label
    outputs = [name for name in ENTRY_POINTS[entry_point] if name != "value"]
    out = tuple(np.full_like(log_p, SENTINEL) for _ in outputs)
    keywords = {} if not out else {"out": out if len(out) > 1 else out[0]}
    # A weight of 0 takes a row out of the results, and not out of the check.
    for weight in (None, np.where(np.arange(12) == 7, 0, 1.0)):
        for reduction in ("mean", "sum", "none"):
            with pytest.raises(IndexError, match=rf"{labels[7]}\b"):
                function_of(loss, entry_point)(log_p, labels, weight=weight, reduction=reduction, **keywords)
    for array in out:
        exactly(array, SENTINEL)


def test_out_of_range_labels_of_a_linear_layer_raise_in_gradient_only_calls():
    hidden, matrix, labels = drawn(12, 4), drawn(5, 4), np.arange(12) % 5
    for label in (-1, 5):
        labels[7] = label
        out = np.full_like(hidden, SENTINEL), np.full_like(matrix, SENTINEL)
        with pytest.raises(IndexError, match=rf"{label}\b"):
            fl.linear_cross_entropy.grad(hidden, matrix, labels, out=out)
        for array in out:
            exactly(array, SENTINEL)


@of_labels
@pytest.mark.parametrize("label_type", ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"])
def test_labels_of_every_integer_type(loss, label_type):
    """PyTorch takes int64, and uint8 at times; others are asked for again and again (pytorch#45540, #59765, #1842)."""
    log_p, labels, _ = labelled(12, 200)
    labels[3] = 199
    labels = np.minimum(labels, min(199, np.iinfo(label_type).max))
    wanted = loss.value_and_grad(log_p, labels)
    for found, x in zip(loss.value_and_grad(log_p, labels.astype(label_type), ignore_index=-1), wanted, strict=True):
        exactly(found, x)


@of_labels
@pytest.mark.parametrize("label_type", [np.int32, np.int64, np.uint32])
def test_labels_above_2_to_24_in_float32(loss, label_type):
    """Keras converts labels to the type of the loss, in which 2**24 + 1 is not to be had."""
    label = 2**24 + 1
    assert int(np.float32(label)) != label
    pred = np.zeros((1, 2**24 + 3), np.float32)
    pred[0, label] = 3
    labels = np.array([label], label_type)
    if loss is fl.nll:
        pred[0, label] = -3
        assert loss(pred, labels) == 3
    else:
        assert loss(pred, labels) == pytest.approx(np.log(2**24 + 2 + np.exp(3)) - 3, rel=1e-6)
    grad = loss.grad(pred, labels, out=pred)
    exactly(np.flatnonzero(grad < 0), [label])
    with pytest.raises(IndexError, match=str(label + 2)):
        loss(pred, labels + label_type(2))


def test_smoothing_with_class_weights_is_not_renormalised():
    """The even part costs -s/C Σ w log q: class weights multiply its terms, and their sum divides nothing."""
    logits, labels, class_weight = labelled()
    log_q = np.log(softmax(logits))
    found = fl.cross_entropy(logits, labels, class_weight=class_weight, label_smoothing=0.3, reduction="none")
    of_label = -0.7 * class_weight[labels] * log_q[np.arange(12), labels]
    closely(found, of_label - 0.3 / 5 * (class_weight * log_q).sum(axis=-1))
    peer = by_pytorch("cross_entropy", logits, labels, weight=class_weight, label_smoothing=0.3, reduction="none")
    closely(found, peer)


def test_smoothing_of_probabilities_mixes_them_with_the_even_ones():
    """y becomes (1 - s) y + s/C, where y sums to 1 and where it does not."""
    logits, target = drawn(4, 3), distributions(4, 3) * [[1], [1], [0.5], [3]]
    found = fl.cross_entropy(logits, target, label_smoothing=0.3, reduction="none")
    closely(found, fl.cross_entropy(logits, 0.7 * target + 0.1, reduction="none"))
    closely(found, by_pytorch("cross_entropy", logits, target, label_smoothing=0.3, reduction="none"))


def test_smoothing_of_megatron_leaves_the_label_its_part():
    """NeMo and Megatron spread s over the other classes alone, which is s·C/(C - 1) here (Liger-Kernel#1260)."""
    logits, labels, _ = labelled()
    spread = np.where(np.eye(5)[labels] == 1, 0.9, 0.1 / 4)
    closely(fl.cross_entropy(logits, labels, label_smoothing=0.1 * 5 / 4), fl.cross_entropy(logits, spread))


@pytest.mark.parametrize("classes", [5, 300])
def test_zero_weight_target_of_a_masked_logit_is_zero(classes):
    """0·log 0 is 0 here, as in optax's safe_softmax_cross_entropy; PyTorch and others have NaN (optax#896)."""
    logits, target = drawn(4, classes), distributions(4, classes)
    masked = np.arange(classes) % 3 == 1
    logits[:, masked] = -INF
    target[:, masked] = 0
    value, grad = fl.cross_entropy.value_and_grad(logits, target, reduction="none")
    closely(value, fl.cross_entropy(logits[:, ~masked], target[:, ~masked], reduction="none"))
    exactly(grad[:, masked], 0)
    closely(grad[:, ~masked], fl.cross_entropy.grad(logits[:, ~masked], target[:, ~masked], reduction="none"))
    # A class weight of 0 makes the same of a target that is not 0.
    target[:, masked] = 0.5
    weighed = fl.cross_entropy(logits, target, class_weight=np.where(masked, 0.0, 1), reduction="none")
    assert np.isfinite(weighed).all()
    target[:, masked] = 0
    assert np.isnan(by_pytorch("cross_entropy", logits, target, reduction="none")).all()


@pytest.mark.parametrize("classes", [5, 300])
def test_a_row_that_is_all_masked_is_nan_unless_it_weighs_nothing(classes):
    """NaN as in PyTorch; the 0 that optax gives to a row without a class is what a weight of 0 gives."""
    logits, labels, _ = labelled(4, classes)
    logits[2] = -INF
    found = fl.cross_entropy(logits, labels, reduction="none")
    exactly(np.isnan(found), [False, False, True, False])
    value, grad = fl.cross_entropy.value_and_grad(logits, labels, weight=[1, 1, 0, 1])
    closely(value, found[[0, 1, 3]].mean())
    exactly(grad[2], 0)
    exactly(np.isnan(by_pytorch("cross_entropy", logits, labels, reduction="none")), np.isnan(found))


@pytest.mark.parametrize("loss", [fl.cross_entropy, fl.nll, fl.kl_divergence], ids=lambda loss: loss.name)
@pytest.mark.parametrize("half", ["float16", "bfloat16"])
def test_sums_of_halves_are_not_taken_in_halves(loss, half):
    """PyTorch's CPU reductions of a row's losses stay in the input's type, where a sum of many stops growing or overflows."""
    dtype = pytest.importorskip("ml_dtypes").bfloat16 if half == "bfloat16" else half
    n = 200_003
    pred = np.broadcast_to(np.log([0.25, 0.75]).astype(dtype), (n, 2))
    target = np.broadcast_to([1.0, 0.0], (n, 2)) if loss is fl.kl_divergence else np.zeros(n, int)
    wide = pred[:1].astype(np.float64)
    each = fl.reference.losses[loss.name](wide, target[:1])
    # What float32 makes of one row it makes of all.
    assert loss(pred, target, reduction="sum") == pytest.approx(n * each, rel=1e-6)
    assert loss(pred, target) == pytest.approx(each, rel=1e-6)


# ---- the focal loss of a sigmoid ------------------------------------------------------------------------------------


def on_labels(seed=6):
    return drawn(50, seed=seed), np.random.default_rng(seed).integers(0, 2, 50).astype(float)


def cross_entropy_of_logits(x, y):
    return np.log1p(np.exp(x)) - x * y


def test_torchvisions_focal_loss_is_not_reduced_and_knows_minus_1():
    """Its defaults are alpha=0.25 and reduction="none", and alpha=-1 switches the balance off: here None does."""
    pred, _ = on_labels()
    target = np.random.default_rng(0).random(50)
    p = sigmoid(pred)
    missed = 1 - (p * target + (1 - p) * (1 - target))
    unbalanced = cross_entropy_of_logits(pred, target) * missed**2
    balance = 0.25 * target + 0.75 * (1 - target)
    closely(fl.sigmoid_focal(pred, target), (balance * unbalanced).mean())
    closely(fl.sigmoid_focal(pred, target, reduction="none"), balance * unbalanced)
    closely(fl.sigmoid_focal(pred, target, alpha=None, reduction="none"), unbalanced)
    with pytest.raises(ValueError, match="alpha = -1"):
        fl.sigmoid_focal(pred, target, alpha=-1)


def test_optaxs_focal_loss_is_not_balanced_by_default():
    """alpha=None; the same weight of what is missed, soft labels too, as the exponential of gamma·log(1 - pt)."""
    pred, _ = on_labels()
    target = np.random.default_rng(0).random(50)
    p = sigmoid(pred)
    missed = 1 - (p * target + (1 - p) * (1 - target))
    each = np.exp(1.5 * np.log(missed)) * cross_entropy_of_logits(pred, target)
    closely(fl.sigmoid_focal(pred, target, alpha=None, gamma=1.5, reduction="none"), each)


def test_monais_focal_loss_is_another_one_of_soft_labels():
    """Its weight is exp(gamma·log_sigmoid(x (1 - 2y))): that of fastloss for labels 0 and 1, and for no other."""
    pred, target = on_labels()

    def monai(y):
        return np.exp(-2 * np.log1p(np.exp(-pred * (1 - 2 * y)))) * cross_entropy_of_logits(pred, y)

    closely(fl.sigmoid_focal(pred, target, alpha=None, reduction="none"), monai(target))
    soft = 0.8 * target + 0.1
    assert np.abs(fl.sigmoid_focal(pred, soft, alpha=None, reduction="none") - monai(soft)).max() > 0.01


def test_focal_loss_of_segmentation_models_is_another_one_of_soft_labels():
    """There pt is exp(-cross-entropy); `normalized` divides by the sum of the powers of what is missed."""
    pred, target = on_labels()

    def terms(y):
        return (1 - np.exp(-cross_entropy_of_logits(pred, y))) ** 2

    closely(fl.sigmoid_focal(pred, target, alpha=None), (terms(target) * cross_entropy_of_logits(pred, target)).mean())
    normalized = (terms(target) / terms(target).sum() * cross_entropy_of_logits(pred, target)).sum()
    closely(fl.sigmoid_focal(pred, target, alpha=None, reduction="sum") / terms(target).sum(), normalized)
    # `reduced_threshold`: below it a term is 1, the whole cross-entropy; beyond, both are divided by the threshold.
    easy = np.exp(-cross_entropy_of_logits(pred, target)) >= 0.5
    reduced = np.where(easy, terms(target) / 0.5**2, 1) * cross_entropy_of_logits(pred, target)
    of_easy = fl.sigmoid_focal(pred, target, alpha=None, weight=easy / 0.5**2, reduction="none")
    closely(of_easy + fl.sigmoid_focal(pred, target, alpha=None, gamma=0, weight=~easy, reduction="none"), reduced)
    soft = 0.8 * target + 0.1
    found = fl.sigmoid_focal(pred, soft, alpha=None, reduction="none")
    assert np.abs(found - terms(soft) * cross_entropy_of_logits(pred, soft)).max() > 0.01


def test_alpha_of_kerass_focal_loss_does_nothing_by_default():
    """It has 0.25 for it, and multiplies by it with apply_class_balancing=True alone."""
    pred, target = on_labels()
    p = sigmoid(pred)
    missed = 1 - (p * target + (1 - p) * (1 - target))
    keras = missed**2 * -(target * np.log(p) + (1 - target) * np.log(1 - p))
    closely(fl.sigmoid_focal(pred, target, alpha=None), keras.mean())
    closely(fl.sigmoid_focal(pred, target, alpha=0.25), ((0.25 * target + 0.75 * (1 - target)) * keras).mean())


def test_focal_loss_of_catboost_stops_at_1e_minus_13():
    """It clamps probabilities there and takes labels 0 and 1 alone; its Hessian may be negative, as the true one is."""
    stop = -np.log(1e-13)
    value, grad = fl.sigmoid_focal.value_and_grad([-100.0, -20.0], [1.0, 1.0], alpha=None, reduction="none")
    assert value[0] == pytest.approx(100, rel=1e-12)
    assert value[0] > stop > value[1]
    assert grad[0] == pytest.approx(-1, rel=1e-12)
    assert 0 < fl.sigmoid_focal(100.0, 1.0, alpha=None) < 1e-80
    assert fl.sigmoid_focal(0.0, 0.5, alpha=None) > 0
    assert fl.sigmoid_focal.grad_and_hess(-3.0, 1.0)[1] < 0


@pytest.mark.parametrize("gamma", [0.0, 0.25, 0.5, 1.0, 2.0, 5.0])
def test_gradient_of_the_focal_loss_has_no_power_below_0(gamma):
    """(1 - pt)**(gamma - 1), as the chain rule writes it, is 0·∞ where pt is 1 (optax#1267, sam3#575)."""
    saturated = np.array([1000.0, 100.0, 40.0, -40.0, -100.0, -1000.0])
    x, y = np.concatenate([drawn(20), saturated, saturated]), np.tile([0.0, 1.0], 16)
    sign = 2 * y - 1
    with np.errstate(over="ignore"):
        log_pt = -np.log1p(np.exp(-sign * x))
        log_pt = np.where(np.isinf(log_pt), sign * x, log_pt)
        pt, missed = np.exp(log_pt), 1 / (1 + np.exp(sign * x))
    wanted = sign * missed**gamma * (gamma * pt * log_pt - missed)
    value, grad = fl.sigmoid_focal.value_and_grad(x, y, alpha=None, gamma=gamma, reduction="none")
    _, hess = call(fl.sigmoid_focal, "grad_and_hess", x, y, alpha=None, gamma=gamma)
    closely(grad, wanted)
    closely(value, -(missed**gamma) * log_pt)
    assert np.isfinite(hess).all()
