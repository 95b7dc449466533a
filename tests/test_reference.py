"""The NumPy reference against what it claims to compute.

Golden values are derived by hand. The oracle is each loss's textbook formula at 200 digits in mpmath, enough that no
cancellation matters, and its numerical derivatives there: it shares nothing with the stable forms or the
derivatives under test.
"""

from __future__ import annotations

import doctest
import functools
import inspect
import math
import warnings

import mpmath as mp
import numpy as np
import pytest
from conftest import PAIRED

from fastloss import reference
from fastloss._docs import entry_doc
from fastloss._registry import registry
from fastloss._shapes import ENTRY_POINTS

DIGITS = 200
RESOLUTION = 1e-190  # below it, the oracle is taken to be 0
NAN, INF = math.nan, math.inf


def evaluate(loss, pred, target, dtype=np.float64, **parameters):
    """Value, gradient and Hessian, unreduced."""
    pred = np.asarray(pred, dtype)
    target = np.asarray(target)
    whole = target.dtype.kind in "iu" and (target.shape != pred.shape or loss.declared.label_lists)
    target = target if whole else target.astype(dtype)
    grad, hess = loss.grad_and_hess(pred, target, reduction="none", **parameters)
    return loss(pred, target, reduction="none", **parameters), grad, hess


# --- golden values --------------------------------------------------------------------------------

LOG2 = 0.6931471805599453
SMALL = math.exp(-700)

# loss, parameters, pred, target, value, gradient, Hessian
GOLDEN = [
    ("squared_error", {}, [3.0, -1.0], [1.0, -1.0], [4, 0], [4, 0], [2, 2]),
    ("absolute_error", {}, [3.0, -1.0, 1.0], [1.0, 1.0, 1.0], [2, 2, 0], [1, -1, 0], [0, 0, 0]),
    # Linear beyond: 2(3 - 1) = 4; quadratic within: 1/2; at the knee both give 2.
    ("huber", {"delta": 2.0}, [3.0, -1.0, 2.0], [0.0, 0.0, 0.0], [4, 0.5, 2], [2, -1, 2], [0, 1, 1]),
    # The same divided by 2.
    ("smooth_l1", {"beta": 2.0}, [3.0, -1.0, 0.0], [0.0, 0.0, 0.0], [2, 0.25, 0], [1, -0.5, 0], [0, 0.5, 0.5]),
    ("smooth_l1", {"beta": 0.0}, [3.0, -1.0, 0.0], [0.0, 0.0, 0.0], [3, 1, 0], [1, -1, 0], [0, 0, 0]),
    # r²/2 - r⁴/12, r - r³/3, 1 - r².
    ("log_cosh", {}, [1e-6, 1e-30], [0.0, 0.0], [5e-13 - 1e-24 / 12, 5e-61], [1e-6 - 1e-18 / 3, 1e-30], [1 - 1e-12, 1]),
    # cosh(log 2) = (2 + 1/2)/2 = 5/4, sinh(log 2) = (2 - 1/2)/2 = 3/4: tanh 3/5, sech² 16/25.
    ("log_cosh", {}, [LOG2, 0.0], [0.0, 0.0], [math.log(1.25), 0], [0.6, 0], [0.64, 1]),
    # Too high by 2 costs 1/4 a unit, too low by 2 costs 3/4.
    ("quantile", {"q": 0.75}, [2.0, -2.0, 1.0], [0.0, 0.0, 1.0], [0.5, 1.5, 0], [0.25, -0.75, 0], [0, 0, 0]),
    # -log(1/4); -log(3/4): derivatives -1/p, 1/(1 - p), squares of those.
    ("binary_cross_entropy", {}, [0.25, 0.25], [1.0, 0.0], [2 * LOG2, math.log(4 / 3)], [-4, 4 / 3], [16, 16 / 9]),
    # The ends: limits where p = y, infinite where p = 1 - y.
    (
        "binary_cross_entropy", {}, [0.0, 1.0, 0.0, 1.0], [0.0, 1.0, 1.0, 0.0],
        [0, 0, INF, INF], [1, -1, -INF, INF], [1, 1, INF, INF],
    ),
    ("binary_cross_entropy", {}, [-0.0, -0.0], [1.0, 0.5], [INF, INF], [-INF, -INF], [INF, INF]),
    # sigmoid(log 3) = 3/4: -log(3/4) = log(4/3), -log(1/4) = 2 log 2; p - y; p(1 - p) = 3/16.
    (
        "binary_cross_entropy_with_logits", {}, [math.log(3)] * 2, [1.0, 0.0],
        [math.log(4 / 3), 2 * LOG2], [-0.25, 0.75], [3 / 16, 3 / 16],
    ),
    # pos_weight 4 multiplies what belongs to y = 1: at y = 1/2, half of each.
    (
        "binary_cross_entropy_with_logits", {"pos_weight": 4.0}, [0.0, 0.0], [1.0, 0.5],
        [4 * LOG2, 2.5 * LOG2], [-2, -0.75], [1, 0.625],
    ),
    ("binary_cross_entropy_with_logits", {}, [INF, -INF, INF], [1.0, 1.0, 0.5], [0, INF, INF], [0, -1, 0.5], [0, 0, 0]),
    # At x = 0, y = 1: alpha (1/2)² log 2; gradient alpha/4 (-2·1/2·log 2 - 1/2).
    ("sigmoid_focal", {}, [0.0], [1.0], [LOG2 / 16], [-(LOG2 + 0.5) / 16], [(0.5 * LOG2 + 1.25) / 16]),
    # gamma = 0 is the cross-entropy, balanced by alpha.
    (
        "sigmoid_focal", {"gamma": 0.0, "alpha": 0.25}, [0.0, 0.0], [1.0, 0.0],
        [LOG2 / 4, 0.75 * LOG2], [-0.125, 0.375], [1 / 16, 3 / 16],
    ),
    # Saturated and right: exp(-|x|), not 0.
    (
        "binary_cross_entropy_with_logits", {}, [700.0, -700.0], [1.0, 0.0],
        [SMALL, SMALL], [-SMALL, SMALL], [SMALL, SMALL],
    ),
    ("sigmoid_focal", {"alpha": None}, [INF, -INF], [1.0, 1.0], [0, INF], [0, -1], [0, 0]),
    # alpha = 1: sqrt(1 + u²) - 1 with u = 3/4, h = 5/4: u/h, 1/h³. alpha = 2: half squares; 0: log(1 + u²/2) with u² = 2;
    # -2: 2 u²/(4 + u²), 16 u/(4 + u²)², 16 (4 - 3 u²)/(4 + u²)³.
    ("barron", {}, [0.75, 0.0], [0.0, 0.0], [0.25, 0], [0.6, 0], [0.512, 1]),
    ("barron", {"alpha": 2.0, "scale": 2.0}, [4.0, -INF], [0.0, 0.0], [2, INF], [1, -INF], [0.25, 0.25]),
    ("barron", {"alpha": 0.0}, [math.sqrt(2), INF], [0.0, 0.0], [LOG2, INF], [math.sqrt(0.5), 0], [0, 0]),
    ("barron", {"alpha": -2.0}, [2.0, -INF], [0.0, 0.0], [1, 2], [0.5, 0], [-0.25, 0]),
    # Of these shapes Z is sqrt(2 pi), 2 e K1(1) and pi sqrt(2).
    (
        "barron_nll", {"alpha": 2.0, "scale": 2.0}, [4.0, -INF], [0.0, 0.0],
        [2 + LOG2 + math.log(2 * math.pi) / 2, INF], [1, -INF], [0.25, 0.25],
    ),
    ("barron_nll", {}, [0.75, 0.0], [0.0, 0.0], [0.25 + 1.185495232349193, 1.185495232349193], [0.6, 0], [0.512, 1]),
    (
        "barron_nll", {"alpha": 0.0}, [math.sqrt(2), INF], [0.0, 0.0],
        [1.5 * LOG2 + math.log(math.pi), INF], [math.sqrt(0.5), 0], [0, 0],
    ),
    # w = 2, log(1 + exp 0) = log 2: p = 1 - 1/4. 2 log 2 and -log(3/4); w/2 and w/2 (1 - 4/3);
    # w/4 (1 - y/p) + y (w/2/p)² (1 - p).
    (
        "cross_entropy_lambda", {"exposure": 2.0}, [0.0, 0.0], [0.0, 1.0],
        [2 * LOG2, math.log(4 / 3)], [1, -1 / 3], [0.5, 5 / 18],
    ),
    # L too small for a number: log p = log w + x.
    (
        "cross_entropy_lambda", {"exposure": 2.0}, [-1e4, -INF, INF], [1.0, 1.0, 1.0],
        [1e4 - LOG2, INF, 0], [-1, -1, 0], [0, 0, 0],
    ),
    # m = 1/2, H = log 2, by z = -x: m H, m (H/2 + 1/2), m (H/4 + 1/2 - H/4 + 1/4). u = 1/4, v = 1/4, by u: u H, H = log(4/3),
    # v (H + u/(1 - u)), v² (2/(1 - u) + u/(1 - u)²).
    (
        "asymmetric_focal", {"gamma_negative": 1.0, "clip": 0.25}, [0.0, 0.0, -INF], [1.0, 0.0, 0.0],
        [LOG2 / 2, math.log(4 / 3) / 4, 0], [-(1 + LOG2) / 4, (math.log(4 / 3) + 1 / 3) / 4, 0],
        [0.375, (2 * 4 / 3 + 4 / 9) / 16, 0],
    ),
    # Hard: the cross-entropy, log 4 at p = 1/4. At 1/2, the threshold: log 2, with the derivatives of 4 m² H by z, m = p = 1/2.
    (
        "reduced_focal", {}, [math.log(3), 0.0], [0.0, 0.0],
        [2 * LOG2, LOG2], [0.75, LOG2 + 0.5], [3 / 16, 1.25 + LOG2 / 2],
    ),
    (
        "binary_sparsemax", {}, [0.0, 2.0, -2.0, 0.5], [1.0, 0.0, 0.0, 0.0],
        [0.25, 2, 0, 9 / 16], [-0.5, 1, 0, 0.75], [0.5, 0, 0, 0.5],
    ),
    # p = 3/2 at m = 4, y = 1: -4 + 1 + 4; (4 - 1)/8; (-1/2 + 3/8)/8.
    ("tweedie_identity", {}, [4.0, 1.0, 4.0], [1.0, 1.0, 0.0], [1, 0, 4], [0.375, 0, 0.5], [-1 / 64, 1, -1 / 16]),
    ("tweedie_identity", {"power": 0.0}, [3.0], [1.0], [2], [2], [1]),
    ("tweedie_identity", {"power": 1.0}, [1.0, 3.0], [2.0, 0.0], [2 * LOG2 - 1, 3], [-1, 1], [2, 0]),
    ("tweedie_identity", {"power": 2.0}, [2.0, 2.0], [1.0, 0.0], [LOG2 - 0.5, INF], [0.25, 0.5], [0, -0.25]),
    ("tweedie_identity", {"power": 3.0}, [2.0], [1.0], [1 / 8], [1 / 8], [-1 / 16]),
    # y = 2, exp(x) = 1; y = 0.
    ("generalized_kl", {}, [0.0, 0.0, -INF], [2.0, 0.0, 0.0], [2 * LOG2 - 1, 1, 0], [-1, 1, 0], [1, 1, 0]),
    ("l1", {"strength": 3.0}, [2.0, -1.0, 1.0], [0.0, 1.0, 1.0], [6, 6, 0], [3, -3, 0], [0, 0, 0]),
    ("l2", {"strength": 3.0}, [2.0, -1.0], [0.0, 1.0], [6, 6], [6, -6], [3, 3]),
    ("elastic_net", {"strength": 3.0, "l1_ratio": 0.25}, [2.0, 1.0], [0.0, 1.0], [6, 0], [5.25, 0], [2.25, 2.25]),
    ("hinge", {}, [0.5, 2.0, 2.0, 1.0], [1.0, 1.0, -1.0, 1.0], [0.5, 0, 3, 0], [-1, 0, 1, 0], [0, 0, 0, 0]),
    ("squared_hinge", {}, [0.5, 2.0, 2.0, 1.0], [1.0, 1.0, -1.0, 1.0], [0.25, 0, 9, 0], [-1, 0, 6, 0], [2, 0, 2, 0]),
    # exp(log 2) = 2.
    ("poisson", {}, [LOG2, 0.0, -INF], [3.0, 0.0, 0.0], [2 - 3 * LOG2, 1, 0], [-1, 1, 0], [2, 1, 0]),
    ("laplace_nll", {"scale": 2.0}, [5.0, 1.0], [1.0, 1.0], [2 + LOG2, LOG2], [0.5, 0], [0, 0]),
    ("gaussian_nll_with_log_scale", {"log_scale": -LOG2}, [2.0, -INF], [1.0, 1.0], [2 - LOG2, INF], [4, -INF], [4, 4]),
    ("cauchy_nll", {"scale": 2.0}, [2.0, INF], [0.0, 0.0], [2 * LOG2, INF], [0.5, 0], [0, 0]),
    ("student_t_nll", {}, [2.0, -INF], [0.0, 0.0], [2.5 * LOG2, INF], [1.25, 0], [0, 0]),
    ("crps_logistic", {"scale": 2.0}, [1.0, INF], [1.0, 1.0], [4 * LOG2 - 2, INF], [0, 1], [0.25, 0]),
    ("crps_laplace", {"scale": 2.0}, [1.0, -INF], [1.0, 1.0], [0.5, INF], [0, -1], [0.5, 0]),
    ("crps_gaussian", {}, [INF, -INF], [1.0, 1.0], [INF, INF], [1, -1], [0, 0]),
    # A uniform distribution, ψ'(1) = π²/6; of a = b = 2 the density 6 y (1 - y), logit(1/4) = -log 3, ψ'(2) = ψ'(1) - 1.
    ("beta", {"precision": 2.0}, [0.0], [0.5], [0], [0], [math.pi**2 / 12]),
    (
        *("beta", {"precision": 4.0}, [0.0, 0.0], [0.5, 0.25], [-math.log(1.5), -math.log(1.125)]),
        *([0, math.log(3)], [math.pi**2 / 3 - 2] * 2),
    ),
    ("beta", {}, [INF, -INF], [0.5, 0.5], [INF, INF], [1, -1], [0, 0]),
    # At an extra zero that is certain; without a Poisson part; as poisson.
    ("zero_inflated_poisson", {"logit_zero": 800.0}, [3.0], [0.0], [0], [0], [0]),
    ("zero_inflated_poisson", {}, [-INF, -INF], [0.0, 1.0], [0, INF], [0, -1], [0, 0]),
    ("zero_inflated_poisson", {"logit_zero": -800.0}, [LOG2, 0.0], [3.0, 0.0], [2 - 3 * LOG2, 1], [-1, 1], [2, 1]),
    # An almost certain label: -(1 - q), not 0.
    ("cross_entropy", {}, [[700.0, 0.0]], np.array([0]), [SMALL], [[-SMALL, SMALL]], [[SMALL, SMALL]]),
    # Softmax of (0, log 3) is (1/4, 3/4).
    (
        "cross_entropy", {}, [[0.0, math.log(3)]] * 2, np.array([0, 1]),
        [2 * LOG2, math.log(4 / 3)], [[-0.75, 0.75], [0.25, -0.25]], [[3 / 16, 3 / 16]] * 2,
    ),
    # t = (3, 5) · (1/2 · (1, 0) + 1/4) = (9/4, 5/4), Σt = 7/2, q = 1/2.
    (
        "cross_entropy", {"label_smoothing": 0.5, "class_weight": np.array([3.0, 5.0])}, [[0.0, 0.0]], np.array([0]),
        [3.5 * LOG2], [[-0.5, 0.5]], [[7 / 8, 7 / 8]],
    ),
    # A masked class: what is left is binary.
    ("cross_entropy", {}, [[1.0, -INF, 1.0]], np.array([2]), [LOG2], [[0.5, 0, -0.5]], [[0.25, 0, 0.25]]),
    ("cross_entropy", {}, [[1.0, -INF, 1.0]], [[0.5, 0.0, 0.5]], [LOG2], [[0, 0, 0]], [[0.25, 0, 0.25]]),
    ("cross_entropy", {}, [[0.0, -INF]], np.array([1]), [INF], [[1, -1]], [[0, 0]]),
    # Ignored, whatever the logits; then a class of weight 0.
    ("cross_entropy", {}, [[NAN, INF]], np.array([-100]), [0], [[0, 0]], [[0, 0]]),
    ("cross_entropy", {"class_weight": np.array([0.0, 1.0])}, [[NAN, INF]], np.array([0]), [0], [[0, 0]], [[0, 0]]),
    # With smoothing, t = (0, 1/4) is left of that class.
    (
        "cross_entropy", {"class_weight": np.array([0.0, 1.0]), "label_smoothing": 0.5}, [[0.0, 0.0]], np.array([0]),
        [LOG2 / 4], [[1 / 8, -1 / 8]], [[1 / 16, 1 / 16]],
    ),
    # No finite logit, or one that is +inf or NaN.
    ("cross_entropy", {}, [[-INF, -INF]], np.array([0]), [NAN], [[NAN, NAN]], [[NAN, NAN]]),
    ("cross_entropy", {}, [[0.0, INF]], np.array([0]), [NAN], [[NAN, NAN]], [[NAN, NAN]]),
    ("cross_entropy", {}, [[0.0, NAN]], [[0.0, 0.0]], [NAN], [[NAN, NAN]], [[NAN, NAN]]),
    ("nll", {"class_weight": np.array([1.0, 3.0])}, [[-1.0, -2.0]], np.array([1]), [6], [[0, -3]], [[0, 0]]),
    ("nll", {}, [[NAN, -2.0], [NAN, -2.0]], np.array([1, 0]), [2, NAN], [[0, -1], [NAN, NAN]], [[0, 0], [0, 0]]),
    ("nll", {}, [[NAN, -2.0]], np.array([-100]), [0], [[0, 0]], [[0, 0]]),
    # 1/2 log((1/2)/(1/4)) + 1/2 log((1/2)/(3/4)) = log 2 - 1/2 log 3.
    (
        "kl_divergence", {}, [[math.log(0.25), math.log(0.75)]], [[0.5, 0.5]],
        [LOG2 - math.log(3) / 2], [[-0.5, -0.5]], [[0, 0]],
    ),
    (
        "kl_divergence", {}, [[0.0, -INF], [0.0, NAN]], [[1.0, 0.0], [1.0, 0.0]],
        [0, NAN], [[-1, 0], [NAN, NAN]], [[0, 0], [0, 0]],
    ),
    ("kl_divergence", {"log_target": True}, [[-LOG2, -LOG2]], [[0.0, -INF]], [LOG2], [[-1, 0]], [[0, 0]]),
]  # fmt: skip


@pytest.mark.parametrize("case", GOLDEN, ids=lambda case: case[0])
def test_golden(case):
    name, parameters, pred, target, *wanted = case
    found = evaluate(reference.losses[name], pred, target, **parameters)
    for label, got, want in zip(("value", "gradient", "Hessian"), found, wanted, strict=True):
        unit = registry[name].value_unit if label == "value" else 0
        np.testing.assert_allclose(got, want, rtol=1e-14, atol=1e-15 * unit, err_msg=label)


def test_golden_values_and_oracles_are_of_losses():
    # Not of every loss: a new one needs neither, its tests are the generic ones.
    assert {case[0] for case in GOLDEN} <= set(registry)
    assert {case[0] for case in CASES} <= set(registry)


# --- the oracle -----------------------------------------------------------------------------------


def mp_huber(x, y, delta):
    r = abs(x - y)
    return r**2 / 2 if r <= delta else delta * (r - delta / 2)


def mp_sigmoid(x):
    return 1 / (1 + mp.exp(-x))


def mp_xlogy(x, y):
    return x * mp.log(y) if x != 0 else mp.mpf(0)


def mp_bce(p, y):
    return -mp_xlogy(y, p) - mp_xlogy(1 - y, 1 - p)


def mp_bce_with_logits(x, y, pos_weight):
    return -pos_weight * y * mp.log(mp_sigmoid(x)) - (1 - y) * mp.log(mp_sigmoid(-x))


def mp_focal(x, y, alpha, gamma):
    p = mp_sigmoid(x)
    right = y * p + (1 - y) * (1 - p)
    balance = 1 if alpha is None else alpha * y + (1 - alpha) * (1 - y)
    return balance * (1 - right) ** gamma * mp_bce_with_logits(x, y, 1)


def mp_barron(x, y, alpha, scale):
    square = ((x - y) / scale) ** 2
    if alpha == 2:
        return square / 2
    if alpha == 0:
        return mp.log(1 + square / 2)
    return abs(alpha - 2) / alpha * ((square / abs(alpha - 2) + 1) ** (alpha / 2) - 1)


@functools.cache
def mp_barron_partition(alpha):
    """2 ∫ exp(s - rho(exp(s))) ds: for alpha = 0 both tails are exponential."""
    return 2 * mp.quad(lambda s: mp.exp(s - mp_barron(mp.exp(s), 0, alpha, 1)), mp.linspace(-90, 90, 61))


def mp_barron_nll(x, y, alpha, scale):
    return mp_barron(x, y, alpha, scale) + mp.log(scale * mp_barron_partition(alpha))


def mp_sparse_plus(z):
    return 0 if z <= -1 else z if z >= 1 else (z + 1) ** 2 / 4


def mp_lambda(x, y, exposure):
    log_complement = -exposure * mp.log1p(mp.exp(x))
    return -mp_xlogy(y, -mp.expm1(log_complement)) - (1 - y) * log_complement


def mp_asymmetric(x, y, gamma_positive, gamma_negative, clip):
    p, not_p = mp_sigmoid(x), mp_sigmoid(-x)
    u, not_u = (p - clip, not_p + clip) if p > clip else (mp.mpf(0), mp.mpf(1))
    return -y * not_p**gamma_positive * mp.log(p) - (1 - y) * u**gamma_negative * mp.log(not_u)


def mp_reduced(x, y, gamma, threshold):
    z = -x if y == 1 else x
    p, missed = mp_sigmoid(-z), mp_sigmoid(z)
    return -mp.log(p) * (1 if p < threshold else (missed / threshold) ** gamma)


def mp_tweedie(m, y, power):
    if power == 1:
        return mp_xlogy(y, y / m) - y + m
    if power == 2:
        return mp.log(m / y) + y / m - 1
    return y ** (2 - power) / ((1 - power) * (2 - power)) - y * m ** (1 - power) / (1 - power) + m ** (2 - power) / (2 - power)


def mp_elastic_net(x, y, strength, l1_ratio):
    return strength * (l1_ratio * abs(x - y) + (1 - l1_ratio) / 2 * (x - y) ** 2)


def mp_cross_entropy(x, y, class_weight, ignore_index, label_smoothing):
    if isinstance(y, int):
        if y == ignore_index:
            return mp.mpf(0)
        y = [int(c == y) for c in range(len(x))]
    exps = [mp.exp(a) for a in x]
    softmax = [e / mp.fsum(exps) for e in exps]
    weights = [1] * len(x) if class_weight is None else [mp.mpf(float(w)) for w in class_weight]
    smooth = [(1 - label_smoothing) * t + label_smoothing / mp.mpf(len(x)) for t in y]
    return -mp.fsum(w * t * mp.log(q) for w, t, q in zip(weights, smooth, softmax, strict=True) if t != 0)


def mp_beta(x, y, precision):
    a, b = mp_sigmoid(x) * precision, mp_sigmoid(-x) * precision
    log_beta = mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(precision)
    return log_beta - (a - 1) * mp.log(y) - (b - 1) * mp.log(1 - y)


def mp_kl(x, y, log_target):
    p = [mp.exp(t) for t in y] if log_target else y
    return mp.fsum(mp_xlogy(t, t) - t * a for t, a in zip(p, x, strict=True))


ORACLE = {
    "squared_error": lambda x, y: (x - y) ** 2,
    "absolute_error": lambda x, y: abs(x - y),
    "huber": mp_huber,
    "smooth_l1": lambda x, y, beta: mp_huber(x, y, beta) / beta,
    "log_cosh": lambda x, y: mp.log(mp.cosh(x - y)),
    "quantile": lambda x, y, q: max((1 - q) * (x - y), -q * (x - y)),
    "binary_cross_entropy": mp_bce,
    "binary_cross_entropy_with_logits": mp_bce_with_logits,
    "sigmoid_focal": mp_focal,
    "barron": mp_barron,
    "barron_nll": mp_barron_nll,
    "cross_entropy_lambda": mp_lambda,
    "asymmetric_focal": mp_asymmetric,
    "reduced_focal": mp_reduced,
    "binary_sparsemax": lambda x, y: mp_sparse_plus(x if y == 0 else -x),
    "tweedie_identity": mp_tweedie,
    "generalized_kl": lambda x, y: mp_xlogy(y, y) - y * x + mp.exp(x) - y,
    "l1": lambda x, y, strength: strength * abs(x - y),
    "l2": lambda x, y, strength: strength / 2 * (x - y) ** 2,
    "elastic_net": mp_elastic_net,
    "hinge": lambda x, y: max(0, 1 - y * x),
    "squared_hinge": lambda x, y: max(0, 1 - y * x) ** 2,
    "poisson": lambda x, y: mp.exp(x) - y * x,
    "student_t_nll": lambda x, y, scale, degrees_of_freedom: (
        mp.log(scale) + (degrees_of_freedom + 1) / 2 * mp.log(1 + ((x - y) / scale) ** 2 / degrees_of_freedom)
    ),
    "crps_gaussian": lambda x, y, scale: (
        (x - y) * mp.erf((x - y) / scale / mp.sqrt(2)) + 2 * scale * mp.npdf((x - y) / scale) - scale / mp.sqrt(mp.pi)
    ),
    "zero_inflated_poisson": lambda x, y, logit_zero: (
        mp.exp(x) - y * x - mp.log(mp_sigmoid(-logit_zero))
        if y
        else -mp.log(mp_sigmoid(logit_zero) + mp_sigmoid(-logit_zero) * mp.exp(-mp.exp(x)))
    ),
    "beta": mp_beta,
    "cross_entropy": mp_cross_entropy,
    "nll": lambda x, y, class_weight, ignore_index: -(1 if class_weight is None else float(class_weight[y])) * x[y],
    "kl_divergence": mp_kl,
}

RESIDUALS = [
    0.25, -0.25, 0.75, -1.5, 3.0, -7.5, 0.999, 1.001, 25.0, -700.0, 1e-6, -1e-6, 1e-12, 1e-30, -1e-30, 1e8, -1e30, 1e30,
]  # fmt: skip
RESIDUAL_POINTS = [(r, 0.0) for r in RESIDUALS] + [(5.25, 2.0), (-1.0, 0.125), (0.1, 0.3)]
LOGITS = [
    0.0, 0.5, -0.5, 1.0, -2.0, 5.0, -12.5, 20.0, -37.0, 40.0, -88.0, 100.0, -300.0, 400.0, 1e4, -1e4, 1e-30, -1e-8,
]  # fmt: skip
LOGIT_POINTS = [(x, y) for x in LOGITS for y in (0.0, 1.0)]
SOFT_POINTS = [(x, y) for x in LOGITS for y in (0.125, 1 - 2.0**-40)]
PROBABILITIES = [0.5, 0.25, 0.9, 1 - 2.0**-53, 1 - 2.0**-30, 1e-3, 1e-20, 1e-100, 0.6]
MARGINS = [0.0, 0.5, -0.5, 0.999, 1.001, 2.0, -3.0, 1e-30, -1e-30, 1e4, -1e4, 1e30]

FOUR = np.array([0.5, 2.0, 1.0, 3.25])
LOGIT_ROWS = [
    [0.0, 0.0, 0.0, 0.0], [1.0, 2.0, 3.0, 4.0], [40.0, 0.0, 1.0, -3.0], [0.0, 400.0, -5.0, 1.0],
    [1e4, -1e4, 9990.0, 0.0], [-1e4, -1e4, -1e4, -1e4 + 1], [5.0, 5.0, -2.0, 5.0], [1e-30, -1e-30, 0.0, 1e-8],
    [300.0, 299.0, -300.0, 290.0], [100.0, 0.0, 0.0, 63.0],
]  # fmt: skip
LABEL_ROWS = [(row, label) for row in LOGIT_ROWS for label in range(4)]
TARGETS = [[0.1, 0.2, 0.3, 0.4], [1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 2.5, 0.5], [0.125, 0.625, 0.1875, 0.0625]]
SOFT_ROWS = [(row, target) for row in LOGIT_ROWS for target in TARGETS]
LOG_ROWS = [[-1.0, -2.0, -0.5, -30.0], [-1e-10, -700.0, -1e4, -23.0]]

# loss, parameters, points
CASES = [
    ("squared_error", {}, RESIDUAL_POINTS),
    ("absolute_error", {}, RESIDUAL_POINTS),
    *(("huber", {"delta": delta}, RESIDUAL_POINTS) for delta in (1.0, 0.1, 1e-7, 1e20)),
    *(("smooth_l1", {"beta": beta}, RESIDUAL_POINTS) for beta in (1.0, 0.1, 1e-7, 1e20)),
    ("log_cosh", {}, RESIDUAL_POINTS),
    *(("quantile", {"q": q}, RESIDUAL_POINTS) for q in (0.5, 0.1, 0.99, 1e-12)),
    ("binary_cross_entropy", {}, [(p, y) for p in PROBABILITIES for y in (0.0, 1.0, 0.375)]),
    ("binary_cross_entropy_with_logits", {"pos_weight": 1.0}, LOGIT_POINTS + SOFT_POINTS),
    ("binary_cross_entropy_with_logits", {"pos_weight": 7.3}, LOGIT_POINTS + SOFT_POINTS),
    *(
        ("sigmoid_focal", {"alpha": alpha, "gamma": gamma}, LOGIT_POINTS + SOFT_POINTS)
        for alpha, gamma in ((None, 0.0), (None, 2.0), (0.1, 0.5), (0.1, 2.0))
    ),
    *(
        ("barron", {"alpha": alpha, "scale": scale}, [p for p in RESIDUAL_POINTS if abs(p[0]) < 1e9])
        for alpha, scale in (
            (1.0, 1.0),
            (2.0, 0.5),
            (2 - 1e-9, 1.0),
            (1.5, 2.0),
            (1e-9, 1.0),
            (0.0, 3.0),
            (-1e-9, 1.0),
            (-2.0, 1.0),
            (-10.0, 1.0),
        )
    ),
    *(
        ("barron_nll", {"alpha": alpha, "scale": scale}, [p for p in RESIDUAL_POINTS if abs(p[0]) < 1e9])
        for alpha, scale in ((1.0, 1.0), (2.0, 0.5), (2 - 1e-9, 1.0), (1.7, 2.0), (0.25, 3.0), (1e-9, 1.0), (0.0, 3.0))
    ),
    *(("cross_entropy_lambda", {"exposure": w}, LOGIT_POINTS + SOFT_POINTS) for w in (1.0, 0.3, 7.3, 1e-12)),
    *(
        ("asymmetric_focal", {"gamma_positive": positive, "gamma_negative": negative, "clip": clip}, LOGIT_POINTS + SOFT_POINTS)
        for positive, negative, clip in ((1.0, 4.0, 0.05), (0.0, 0.0, 0.3), (2.0, 2.0, 0.0))
    ),
    *(
        ("reduced_focal", {"gamma": gamma, "threshold": threshold}, [p for p in LOGIT_POINTS if p[0] != 0])
        for gamma, threshold in ((2.0, 0.5), (0.0, 0.5), (1.5, 0.2), (5.0, 0.9))
    ),
    ("binary_sparsemax", {}, [(x, y) for x in MARGINS for y in (0.0, 1.0)]),
    *(
        (
            "tweedie_identity",
            {"power": power},
            [(m, y) for m in (1e-9, 0.25, 1.0, 1.5, 2.999, 3.0, 700.0) for y in (1e-6, 0.7, 3.0, 1e4)],
        )
        for power in (0.0, 0.5, 1.0, 1 + 1e-9, 1.5, 2 - 1e-9, 2.0, 2.5, 3.0)
    ),
    ("generalized_kl", {}, [(x, y) for x in (0.5, -3.0, 1e-8, 40.0, 600.0, -1e4) for y in (0.0, 1.25, 1.5, 3.0, 0.25, 1e6)]),
    *(("l1", {"strength": strength}, RESIDUAL_POINTS) for strength in (1.0, 0.1)),
    *(("l2", {"strength": strength}, RESIDUAL_POINTS) for strength in (1.0, 0.1)),
    *(("elastic_net", {"strength": 2.5, "l1_ratio": ratio}, RESIDUAL_POINTS) for ratio in (0.0, 0.3, 1.0)),
    ("hinge", {}, [(x, y) for x in MARGINS for y in (-1.0, 1.0)]),
    ("squared_hinge", {}, [(x, y) for x in MARGINS for y in (-1.0, 1.0)]),
    ("poisson", {}, [(x, y) for x in (0.5, -3.0, 1e-8, 40.0, 600.0, -1e4) for y in (0.0, 3.0, 0.25, 1e6)]),
    *(
        ("student_t_nll", {"scale": scale, "degrees_of_freedom": n}, [(0.25, 0.5), (-1.0, 0.125), (300.0, 1.0), (1e-9, 0.0)])
        for scale, n in ((1.0, 4.0), (0.1, 0.5))
    ),
    ("crps_gaussian", {"scale": 0.75}, [(0.25, 0.5), (-1.0, 0.125), (3.0, 1.0), (1e-9, 0.0), (300.0, 0.0)]),
    *(
        ("zero_inflated_poisson", {"logit_zero": z}, [(x, y) for x in (0.5, -3.0, -20.0, 3.0) for y in (0.0, 3.0)])
        for z in (0.25, -5.0, 40.0)
    ),
    *(
        ("beta", {"precision": precision}, [(x, y) for x in (0.5, -3.0, 1e-8, 40.0, -0.25) for y in (0.25, 0.625, 1e-9)])
        for precision in (1.0, 2.5, 1e-12, 40.0, 1e9)
    ),
    *(
        ("cross_entropy", {"class_weight": weight, "ignore_index": -100, "label_smoothing": smoothing}, points)
        for points in (LABEL_ROWS, SOFT_ROWS)
        for weight, smoothing in ((None, 0.0), (FOUR, 0.1))
    ),
    *(
        ("nll", {"class_weight": weight, "ignore_index": -100}, [(row, y) for row in LOG_ROWS for y in range(4)])
        for weight in (None, FOUR)
    ),
    ("kl_divergence", {"log_target": False}, [(row, target) for row in LOG_ROWS for target in TARGETS]),
    ("kl_divergence", {"log_target": True}, [(LOG_ROWS[0], LOG_ROWS[1]), (LOG_ROWS[1], LOG_ROWS[0])]),
]


def exact(number):
    return mp.mpf(number) if isinstance(number, float) and not isinstance(number, bool) else number


def oracle(name, pred, target, parameters):
    """Value, gradient and Hessian of one element or row: the textbook value, differentiated numerically."""
    parameters = {key: exact(value) for key, value in parameters.items()}
    if isinstance(pred, float):

        def function(x):
            return ORACLE[name](x, mp.mpf(target), **parameters)

        x = mp.mpf(pred)
        return tuple(mp.diffs(function, x, 2))
    row = [mp.mpf(x) for x in pred]
    target = target if isinstance(target, int) else [mp.mpf(t) for t in target]
    grad, hess = [], []
    for c, x in enumerate(row):

        def function(x, c=c):
            return ORACLE[name]([*row[:c], x, *row[c + 1 :]], target, **parameters)

        value, first, second = mp.diffs(function, x, 2)
        grad.append(first)
        hess.append(second)
    return value, grad, hess


@functools.cache
def truth(index, points):
    """The oracle's answers at some points of a case as decimal strings, which any dtype can read."""

    def text(x):
        return [text(a) for a in x] if isinstance(x, list) else mp.nstr(x if abs(x) > RESOLUTION else mp.mpf(0), 40)

    name, parameters, every = CASES[index]
    with mp.workdps(DIGITS):
        return [[text(part) for part in oracle(name, *every[i], parameters)] for i in points]


def slow_oracle(index):
    """Of a loss whose oracle integrates, quick depth takes the first set of parameters alone."""
    first = [case[0] for case in CASES].index(CASES[index][0])
    return [pytest.mark.at("full")] if CASES[index][0] == "barron_nll" and index != first else []


@pytest.mark.sample(quick=45)
@pytest.mark.parametrize("dtype", [np.float64, np.longdouble], ids=["float64", "longdouble"])
@pytest.mark.parametrize("index", [pytest.param(i, id=case[0], marks=slow_oracle(i)) for i, case in enumerate(CASES)])
def test_against_textbook_formulas(index, dtype, depth):
    name, parameters, every = CASES[index]
    drawn = depth.some(range(len(every)), f"textbook {index}", quick=2, full=3)
    points = [every[i] for i in drawn]
    # 450 epsilons are 1e-13 in float64; in longdouble of 80 bits 5e-17, which a single rounding to float64 exceeds.
    epsilon = np.finfo(dtype).eps
    pred, target = np.array([p for p, _ in points]), np.array([t for _, t in points])
    found = evaluate(reference.losses[name], pred, target, dtype, **parameters)
    for part, label in enumerate(("value", "gradient", "Hessian")):
        want = np.array([answer[part] for answer in truth(index, tuple(drawn))]).astype(dtype)
        error = np.abs(found[part] - want)
        bound = 450 * epsilon * np.abs(want) + RESOLUTION
        bad = ~(error <= bound)
        assert not bad.any(), [
            (label, points[i[0]], found[part][tuple(i)], want[tuple(i)], parameters) for i in np.argwhere(bad)[:8]
        ]


# --- semantics ------------------------------------------------------------------------------------


def inputs(declared, generator, n=6, classes=4):
    """Predictions and targets inside the domain, for any loss."""
    if declared.family == "rows":
        logits = generator.normal(size=(n, classes))
        log_softmax = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        if declared.label_lists:
            return log_softmax, np.where(np.arange(classes) < 2, generator.integers(0, classes, (n, classes)), -1)
        target = generator.dirichlet(np.ones(classes), n) if declared.probabilities else generator.integers(0, classes, n)
        return log_softmax, target
    pred = generator.uniform(0.05, 0.95, n) if declared.prediction.bounded else generator.normal(size=n)
    target = generator.normal(size=n)
    if declared.target.ends_only:
        target = np.sign(target)
    elif declared.target.bounded:
        target = generator.uniform(0.05, 0.95, n)
    return pred, target


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.longdouble])
@pytest.mark.parametrize("name", PAIRED)
def test_nan_stays_where_it_is(name, dtype):
    pred, target = inputs(registry[name], np.random.default_rng(1))
    sides = ["pred", "target"] if target.dtype.kind == "f" else ["pred"]
    loss = reference.losses[name]
    clean = evaluate(loss, pred, target, dtype)
    for side in sides:
        arrays = {"pred": pred.astype(dtype), "target": target.astype(dtype) if target.dtype.kind == "f" else target}
        arrays[side] = arrays[side].copy()
        arrays[side][2] = NAN
        value, grad, hess = evaluate(loss, arrays["pred"], arrays["target"], dtype)
        assert np.isnan(value[2])
        assert np.isnan(grad[2]).all()
        for got, want in zip((value, grad, hess), clean, strict=True):
            assert got.dtype == dtype
            np.testing.assert_array_equal(np.delete(got, 2, axis=0), np.delete(want, 2, axis=0))


@pytest.mark.parametrize("name", ["cross_entropy", "kl_divergence"])
def test_nan_in_one_class_is_nan_in_the_row(name):
    pred, target = inputs(registry[name], np.random.default_rng(2))
    target[2] = [0.0, 0.5, 0.5, 0.0]
    for c in range(pred.shape[1]):
        spoiled = pred.copy()
        spoiled[2, c] = NAN
        value, grad, _ = evaluate(reference.losses[name], spoiled, target)
        assert np.isnan(value).tolist() == [i == 2 for i in range(6)]
        assert np.isnan(grad).all(axis=1).tolist() == np.isnan(grad).any(axis=1).tolist() == [i == 2 for i in range(6)]


@pytest.mark.parametrize("name", ["cross_entropy", "nll"])
def test_mean_divides_by_the_weights_of_the_labels(name):
    # A row loses log 2 times its class weight: (3 + 5 + 5) log 2 over 3 + 5 + 5; the ignored row counts for nothing.
    pred = np.full((4, 2), 0.0 if name == "cross_entropy" else -LOG2)
    labels, class_weight = np.array([0, 1, 7, 1]), np.array([3.0, 5.0])
    loss = reference.losses[name].bind(class_weight=class_weight, ignore_index=7)
    assert loss(pred, labels) == pytest.approx(LOG2, rel=1e-15)
    assert loss(pred, labels, reduction="sum") == pytest.approx(13 * LOG2, rel=1e-15)
    # weight 2 on the first row: 2·3 + 5 + 5 = 16.
    grad = loss.grad(pred, labels, weight=[2.0, 1.0, 9.0, 1.0])
    half = 0.5 if name == "cross_entropy" else 0.0
    want = [[-(1 - half) * 6, half * 6], [half * 5, -(1 - half) * 5], [0, 0], [half * 5, -(1 - half) * 5]]
    np.testing.assert_allclose(grad, np.array(want) / 16, rtol=1e-15)


@pytest.mark.parametrize("name", ["cross_entropy", "nll"])
def test_all_rows_ignored(name):
    pred, labels = np.zeros((3, 2)), np.full(3, -100)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        value, grad = reference.losses[name].value_and_grad(pred, labels)
    assert math.isnan(value)
    assert not grad.any()
    assert reference.losses[name](pred, labels, reduction="sum") == 0


def test_smoothing_keeps_the_denominator_of_the_labels():
    # t = (3, 5) · ((1/2, 0) + 1/4) sums to 7/2, but the mean divides by class_weight[label] = 3.
    loss = reference.cross_entropy.bind(class_weight=np.array([3.0, 5.0]), label_smoothing=0.5)
    assert loss(np.zeros((1, 2)), np.array([0])) == pytest.approx(3.5 * LOG2 / 3, rel=1e-15)
    # The same targets as probabilities: the mean divides by 1.
    assert loss(np.zeros((1, 2)), [[1.0, 0.0]]) == pytest.approx(3.5 * LOG2, rel=1e-15)


def test_ignore_index_inside_the_classes_stays_in_the_softmax():
    logits = np.zeros((2, 4))
    value, grad, _ = evaluate(reference.cross_entropy, logits, np.array([1, 2]), ignore_index=1)
    np.testing.assert_allclose(value, [0, 2 * LOG2], rtol=1e-15)
    np.testing.assert_array_equal(grad, [[0, 0, 0, 0], [0.25, 0.25, -0.75, 0.25]])


def test_gradients_of_ignored_and_masked_are_exactly_zero():
    logits = np.array([[1.0, -INF, 0.5], [NAN, 1.0, 2.0]])
    grad = reference.cross_entropy.grad(logits, np.array([0, -100]))
    assert grad[0, 1] == 0
    assert not grad[1].any()
    assert np.isfinite(grad).all()


@pytest.mark.parametrize("target", [np.zeros((0, 4)), np.zeros(0, int)], ids=["probabilities", "labels"])
def test_no_rows(target):
    value, grad, hess, mass = registry["cross_entropy"].function(np.zeros((0, 4)), target)
    assert (value.shape, grad.shape, hess.shape, mass.shape) == ((0,), (0, 4), (0, 4), (0,))


def test_no_classes():
    # A row without a finite logit is NaN; ignored, it is 0.
    function = registry["cross_entropy"].function
    with np.errstate(all="ignore"):
        value, grad, _, _ = function(np.zeros((3, 0)), np.zeros((3, 0)))
        assert np.isnan(value).all()
        assert grad.shape == (3, 0)
        value, grad, _, mass = function(np.zeros((3, 0)), np.full(3, -100))
    assert not value.any()
    assert not mass.any()
    assert grad.shape == (3, 0)


@pytest.mark.parametrize("gamma", [0.0, 1e-3, 0.5, 1.0, 2.0, 1e3, 1e300])
def test_focal_is_finite_for_every_gamma(gamma):
    logits = np.repeat([0.0, 1.0, -1.0, 30.0, -30.0, 800.0, -800.0, 1e4, -1e4, 1e308, -1e308], 3)
    target = np.tile([0.0, 1.0, 0.5], 11)
    for array in evaluate(reference.sigmoid_focal, logits, target, gamma=gamma):
        assert np.isfinite(array).all()


def test_focal_hessian_may_be_negative():
    assert (evaluate(reference.sigmoid_focal, [-3.0], [1.0])[2] < 0).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_no_overflow_before_the_value(dtype):
    big = float(np.finfo(dtype).max)
    for name in ("absolute_error", "log_cosh", "huber", "smooth_l1", "quantile"):
        value, grad, _ = evaluate(reference.losses[name], [big, -big], [0.0, 0.0], dtype)
        assert np.isfinite(value).all()
        assert np.isfinite(grad).all()
    for delta in (1e-300, 1e300):  # beyond the range of float32
        assert np.isfinite(evaluate(reference.huber, [1.0], [0.0], dtype, delta=delta)).all()
        assert np.isfinite(evaluate(reference.smooth_l1, [1.0], [0.0], dtype, beta=delta)).all()


def test_sample_of_weight_zero_contributes_nothing():
    value, grad = reference.squared_error.value_and_grad([1.0, NAN, INF], [0.0, 0.0, 0.0], weight=[1.0, 0.0, 0.0])
    assert value == 1
    assert grad.tolist() == [2, 0, 0]


# --- documentation --------------------------------------------------------------------------------


@pytest.mark.parametrize("entry_point", ENTRY_POINTS)
@pytest.mark.parametrize("name", PAIRED)
def test_docs_have_every_argument_in_order(name, entry_point):
    declared, loss = registry[name], reference.losses[name]
    arguments = list(inspect.signature(loss if entry_point == "value" else getattr(loss, entry_point)).parameters)
    doc = entry_doc(declared, entry_point)
    section = doc[doc.index("Parameters\n") : doc.index("Returns\n")]
    documented = [line.split(" : ")[0] for line in section.splitlines() if " : " in line and not line.startswith(" ")]
    assert documented == arguments
    titles = ["Parameters", "Returns", "Raises", "Notes", "Examples"]
    positions = [doc.index(f"\n{title}\n{'-' * len(title)}\n") for title in titles]
    assert positions == sorted(positions)
    for parameter in declared.parameters:
        line = next(line for line in section.splitlines() if line.startswith(f"{parameter.name} : "))
        assert line.endswith("optional" if parameter.default is None else f"default {parameter.default}")
    assert max(map(len, doc.splitlines())) <= 120


@pytest.mark.parametrize("name", PAIRED)
def test_examples(name):
    examples = entry_doc(registry[name], "value").replace("import fastloss as fl", "from fastloss import reference as fl")
    test = doctest.DocTestParser().get_doctest(examples, {}, name, None, None)
    assert any(f"fl.{name}" in example.source for example in test.examples)
    results = doctest.DocTestRunner(verbose=False).run(test)
    assert results.failed == 0


def test_loss_carries_its_documentation():
    assert reference.huber.__doc__ == entry_doc(registry["huber"], "value")
