/* The loops of the losses that compare the softmaxes of two rows of logits, along a segment of both: see kernels.h.
 *
 * The rows' maxima are known before exponentials are taken, so that a temperature divides differences, and the exponentials of all
 * segments have one unit. Rows with NaN, or without a finite logit, do not come here. */
#ifndef FASTLOSS_DISTILLATION_H
#define FASTLOSS_DISTILLATION_H

#include "softmax.h"

enum {
    SHARE_BITS = EXPONENTIAL_SHIFT,
    /* A row's largest logit less its smallest, over the least temperature, 2^-10, is at most 2^(11 + 128) (2^(11 + 1024)); times a
     * probability in its unit it has to stay a number. */
    LOG_BITS = SHARE_BITS + 12,
};
#define SHARE_UNIT PICK(0x1p-32f, 0x1p-64)
#define LOG_UNIT PICK(0x1p44f, 0x1p76)

static double maximum(const void *numbers, int64_t n)
{
    const real *a = numbers;
    real lane[LANES], rest[FL_GROUP];
    bits unordered[LANES] = {0}, found = 0;
    for (int l = 0; l < LANES; l++)
        lane[l] = -INFINITE;
    for (int l = 0; l < FL_GROUP; l++)
        rest[l] = -INFINITE;
    const int64_t whole = n & -(int64_t)FL_GROUP;
    memcpy(rest, a + whole, (size_t)(n - whole) * sizeof(real));
    for (int part = 0; part < 2; part++) {
        const real *x = part ? rest : a;
        const int64_t length = part ? FL_GROUP : whole;
        if (!length)
            continue;
        raise_maximum(lane, x, length);
        note_unordered(unordered, x, length);
    }
    for (int l = 0; l < LANES; l++)
        found |= unordered[l];
    return found ? NAN : (double)maximum_of_lanes(lane);
}

/* As far below the maximum as an exponential is a normal number: what a logit's derivative is made of keeps its digits when it is
 * multiplied by one over the square of a small temperature. */
#define PAIR_DEPTH PICK(109.0f, 752.0)

NOINLINE void pair_exponentials(const fl_distillation *k, const real *restrict pred, const real *restrict target, int64_t n,
                                real *restrict log_ratio, real *restrict pred_e, real *restrict target_e, real *restrict surplus)
{
    const softmax_frame f = {.shift = ZERO, .lowest = -PAIR_DEPTH, .rounder = ROUNDER + (real)EXPONENTIAL_SHIFT};
    const real pred_maximum = (real)k->pred_maximum, target_maximum = (real)k->target_maximum;
    /* Halves of differences, which are never too large. */
    const real divisor = (real)k->temperature * (HALF * LOG_UNIT);
    n = whole_groups(n);
#pragma omp simd
    for (int64_t i = 0; i < n; i++) {
        const real a = half_difference(pred[i], pred_maximum) / divisor, b = half_difference(target[i], target_maximum) / divisor;
        const real gap = keep_if(a != b, b - a), e = exponential(a * LOG_UNIT, f), w = exponential(b * LOG_UNIT, f);
        const real fall = expm1_(-abs_(gap * LOG_UNIT));
        log_ratio[i] = gap;
        pred_e[i] = e;
        target_e[i] = w;
        surplus[i] = choose(gap > ZERO, -w * fall, e * fall);
    }
}

/* n may be any number; results have room for whole groups. */
static void distillation_forward(const fl_distillation *k)
{
    const int64_t whole = k->n & -(int64_t)FL_GROUP, left = k->n - whole;
    const real *pred = k->pred, *target = k->target;
    real *log_ratio = k->log_ratio, *pred_e = k->pred_exponentials, *target_e = k->target_exponentials, *surplus = k->surplus;
    if (whole)
        pair_exponentials(k, pred, target, whole, log_ratio, pred_e, target_e, surplus);
    if (!left)
        return;
    real rest[FL_GROUP], rest_of_target[FL_GROUP];
    for (int l = 0; l < FL_GROUP; l++)
        rest[l] = rest_of_target[l] = -INFINITE;
    memcpy(rest, pred + whole, (size_t)left * sizeof(real));
    memcpy(rest_of_target, target + whole, (size_t)left * sizeof(real));
    pair_exponentials(k, rest, rest_of_target, FL_GROUP, log_ratio + whole, pred_e + whole, target_e + whole, surplus + whole);
}

typedef pair_point (*pair_body)(class_pair, row_pair, const real *param);

/* One loop for the terms of the sums, one for each derivative: `which`. */
INLINE void pair_loop(pair_body body, const int which, const fl_distillation *k, const real *restrict log_ratio,
                      const real *restrict pred_e, const real *restrict target_e, real *restrict result, real *restrict far,
                      real *restrict pred_part, real *restrict target_part, real *restrict bend_part)
{
    const int64_t n = whole_groups(k->n);
    const real inverse_temperature = ONE / (real)k->temperature, scale = (real)k->scale;
    const real log_of_sums = (real)(k->log_of_sums / (double)LOG_UNIT);
    const real pred_inverse = (real)k->pred_inverse, target_inverse = (real)k->target_inverse, pred_rest = (real)k->pred_rest;
    const real pred_top_gap = (real)k->pred_top_ratio, target_top_gap = (real)k->target_top_ratio;
    const row_pair r = {
        .log_unit = LOG_UNIT, .share_unit = SHARE_UNIT, .unit = SHARE_UNIT * inverse_temperature,
        .inverse_temperature = inverse_temperature, .pred_top_ratio = pred_top_gap - log_of_sums,
        .target_top_ratio = target_top_gap - log_of_sums, .pred_mean = (real)k->pred_mean, .target_mean = (real)k->target_mean,
        .bend_mean = (real)k->bend_mean, .rest_of_param = (real)(1.0 - k->param[0]),
    };
    real param[FL_MAX_PARAMS];
    for (int i = 0; i < FL_MAX_PARAMS; i++)
        param[i] = (real)k->param[i];
#pragma omp simd
    for (int64_t i = 0; i < n; i++) {
        const real gap = log_ratio[i], q = pred_e[i] * pred_inverse, p = target_e[i] * target_inverse;
        const class_pair c = {
            .p = p, .q = q, .log_ratio = gap - log_of_sums,
            .from_pred_top = keep_if(gap != pred_top_gap, gap - pred_top_gap),
            .from_target_top = keep_if(gap != target_top_gap, gap - target_top_gap),
            .rest = choose(pred_e[i] * SHARE_UNIT == ONE, pred_rest, ONE - q * SHARE_UNIT),
        };
        const pair_point x = body(c, r, param);
        if (which == FL_TERMS) {
            result[i] = x.value;
            far[i] = x.far;
            pred_part[i] = keep_if(q != ZERO, q * x.pred_slope);
            target_part[i] = keep_if(p != ZERO, p * x.target_slope);
            bend_part[i] = keep_if(q != ZERO, q * x.bend);
        } else {
            /* not -0 */
            result[i] = fma_(scale, which == FL_PAIR_GRAD ? x.grad : which == FL_PAIR_HESS ? x.hess : x.target_grad, ZERO);
        }
    }
}

#define PAIR_KERNEL(loss, name, which)                                                                                      \
    NOINLINE void loss##_##name(const fl_distillation *k)                                                                   \
    {                                                                                                                       \
        pair_loop(loss##_of_pair, which, k, k->log_ratio, k->pred_exponentials, k->target_exponentials, k->result, k->far,  \
                  k->pred_part, k->target_part, k->bend_part);                                                              \
    }
#define POINTWISE_LOSS(loss, n_params, has_operand, slow)
#define ROW_SUM_LOSS POINTWISE_LOSS
#define LOG_PROBABILITY_LOSS POINTWISE_LOSS
#define LABEL_LOSS POINTWISE_LOSS
#define DISTILLATION_LOSS(loss, n_params, has_operand, slow)                                                                \
    PAIR_KERNEL(loss, terms, FL_TERMS)                                                                                      \
    PAIR_KERNEL(loss, pair_grad, FL_PAIR_GRAD)                                                                              \
    PAIR_KERNEL(loss, pair_hess, FL_PAIR_HESS)                                                                              \
    PAIR_KERNEL(loss, pair_target_grad, FL_PAIR_TARGET_GRAD)
#include "../losses.inc"
#undef POINTWISE_LOSS
#undef DISTILLATION_LOSS

#define POINTWISE_LOSS(loss, n_params, has_operand, slow) {NULL},
#define DISTILLATION_LOSS(loss, n_params, has_operand, slow)                                                                \
    {loss##_terms, loss##_pair_grad, loss##_pair_hess, loss##_pair_target_grad},
static const fl_distillation_kernel distillation_kernels[][FL_N_PAIR_KERNELS] = {
#include "../losses.inc"
};
#undef POINTWISE_LOSS
#undef ROW_SUM_LOSS
#undef LOG_PROBABILITY_LOSS
#undef LABEL_LOSS
#undef DISTILLATION_LOSS

#endif
