"""Losses of sums beside those of PyTorch, where it is installed, and beside numbers that other libraries gave."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import fastloss as fl

TOLERANCE = {np.float32: 1e-5, np.float64: 1e-10}


def close(found: Any, wanted: Any, dtype: Any) -> None:
    """As the contract says: relative to the largest of an array."""
    wanted = np.asarray(wanted, float)
    np.testing.assert_allclose(found, wanted, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype] * float(np.max(np.abs(wanted))))


@pytest.mark.parametrize("dtype", TOLERANCE)
def test_vectors_beside_torch(dtype):
    torch = pytest.importorskip("torch")
    functional = torch.nn.functional
    rng = np.random.default_rng(0)
    vectors = [rng.normal(size=(12, 8)).astype(dtype) for _ in range(3)]
    label = rng.choice([-1.0, 1.0], 12).astype(dtype)

    def compare(ours: tuple[Any, Any], theirs: Any, number: int, *args: Any, **options: Any) -> None:
        tensors = [torch.from_numpy(array.copy()).requires_grad_() for array in vectors[:number]]
        value = theirs(*tensors, *args, **options)
        value.backward()
        close(ours[0], value.item(), dtype)
        for gradient, tensor in zip(ours[1], tensors, strict=True):
            close(gradient, tensor.grad, dtype)

    for margin in (0.0, 0.2, -0.3):
        ours = fl.cosine_embedding.value_and_grad(*vectors[:2], label, margin=margin)
        compare(ours, functional.cosine_embedding_loss, 2, torch.from_numpy(label), margin=margin)
    for p in (1.0, 1.5, 2.0, 3.0):
        for swap in (False, True):
            options = {"p": p, "swap": swap, "margin": 0.7}
            compare(fl.triplet_margin.value_and_grad(*vectors, **options), functional.triplet_margin_loss, 3, **options)


# Of one small region, and of three pairs of vectors.
LOGITS = np.array([[2.0, -1.0, 0.5, -3.0]])
TARGET = np.array([[1.0, 0.0, 1.0, 1.0]])
FIRST = np.array([[1.0, 0.0, 2.0], [0.5, -1.0, 0.0], [3.0, 1.0, 1.0]])
SECOND = np.array([[0.0, 1.0, 2.5], [0.0, -1.0, 0.25], [2.0, 2.0, -1.0]])
PAIRS = {"positive_margin": 0.5, "negative_margin": 4.0}
#: Loss, its arguments and options; the value and the gradient by the first argument.
GOLDEN = [
    # MONAI 1.6.1: DiceLoss(sigmoid=True, ...), of which jaccard=True adds half the smooth; TverskyLoss(sigmoid=True, ...).
    (
        "dice_with_logits",
        (LOGITS, TARGET),
        {},
        0.356512391737128,
        [[-0.029551021593741, 0.0262504062455322, -0.0661430862389301, -0.0127152191451563]],
    ),
    (
        "dice_with_logits",
        (LOGITS, TARGET),
        {"squared": True},
        0.268172265391122,
        [[-0.0176106317030877, 0.0182625354808349, -0.060385257463905, -0.0205805822219081]],
    ),
    (
        "jaccard_with_logits",
        (LOGITS, TARGET),
        {"smooth": 5e-6},
        0.525630866195898,
        [[-0.0321184785156266, 0.0285310985391508, -0.0718897411916302, -0.0138199449937692]],
    ),
    (
        "tversky_with_logits",
        (LOGITS, TARGET),
        {"alpha": 0.3, "beta": 0.7},
        0.413925705636391,
        [[-0.032704738440686, 0.0130650431818117, -0.0732019476295234, -0.0140722010249019]],
    ),
    # optax 0.2.8: binary_dice_loss and dice_loss add 1 to the overlap itself, not to twice that.
    (
        "dice_with_logits",
        (LOGITS, TARGET),
        {"smooth": 2.0},
        0.251958057168692,
        [[-0.0192749000395881, 0.0215662885395559, -0.0431423790721083, -0.00829360762459241]],
    ),
    (
        "tversky_with_logits",
        (LOGITS, TARGET),
        {"alpha": 0.3, "beta": 0.7, "smooth": 1.0},
        0.30039460778175,
        [[-0.0227536836238129, 0.011318296300294, -0.0509288267212377, -0.0097904592813676]],
    ),
    # segmentation-models-pytorch 0.6.0: DiceLoss, JaccardLoss and TverskyLoss of "multilabel", which add nothing.
    (
        "dice_with_logits",
        (LOGITS, TARGET),
        {"smooth": 0.0},
        0.356513131447142,
        [[-0.0295510990219896, 0.0262504305354465, -0.0661432595440495, -0.0127152524609977]],
    ),
    (
        "jaccard_with_logits",
        (LOGITS, TARGET),
        {"smooth": 0.0},
        0.525631670173086,
        [[-0.0321185276423535, 0.028531093823246, -0.0718898511503782, -0.0138199661320266]],
    ),
    (
        "tversky_with_logits",
        (LOGITS, TARGET),
        {"alpha": 0.3, "beta": 0.7, "gamma": 4 / 3, "smooth": 0.0},
        0.308483579979793,
        [[-0.0324982008579844, 0.0129824925268565, -0.0727396613054831, -0.0139833319948608]],
    ),
    # pytorch-metric-learning 2.9.0: ContrastiveLoss(0.5, 4.0) with LpDistance(normalize_embeddings=False, p=...), SumReducer.
    (
        "contrastive",
        (FIRST, SECOND, [1, 1, 0]),
        {"p": 1.0, "reduction": "sum", **PAIRS},
        2.25,
        [[1, -1, -1], [1, 0, -1], [0, 0, 0]],
    ),
    (
        "contrastive",
        (FIRST, SECOND, [1, 1, 0]),
        {"p": 2.0, "reduction": "sum", **PAIRS},
        2.60952725159177,
        [
            [0.666666666666667, -0.666666666666667, -0.333333333333333],
            [0.894427190999916, 0, -0.447213595499958],
            [-0.408248290463863, 0.408248290463863, -0.816496580927726],
        ],
    ),
]


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize(
    ("name", "args", "options", "value", "gradient"), GOLDEN, ids=lambda x: x if isinstance(x, str) else ""
)
def test_beside_recorded_numbers(name, args, options, value, gradient, dtype):
    given = [np.asarray(array, dtype) for array in args]
    first = fl.losses[name].declared.arguments[0].name
    found, slope = fl.losses[name].value_and_grad(*given, wrt=first, **options)
    close(found, value, dtype)
    close(slope, gradient, dtype)
