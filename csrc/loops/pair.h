/* The loops of the losses that compare the softmaxes of two rows of logits, along a segment of both: see pair_kernels.h.
 *
 * The rows' maxima are known before exponentials are taken, so that those of all segments have one unit. Rows with NaN, or
 * without a finite logit, do not come here. */
#ifndef FASTLOSS_PAIR_H
#define FASTLOSS_PAIR_H

#include "exponentials.h"
#include "pair_kernels.h"

enum {
    /* Exponentials are in units of so many bits as leave room above for sums and below for what large slopes multiply. */
    SHARE_BITS = PICK(64, 256),
};
#define SHARE_UNIT PICK(0x1p-64f, 0x1p-256)
/* The logarithm of a ratio, two differences of logits over the least temperature, above 2^-10, is at most 2^(12 + 128)
 * (2^(12 + 1024)); times a probability in its unit it has to stay a number. */
#define LOG_UNIT PICK(0x1p80f, 0x1p272)

/* So far below the maximum an exponential is still a normal number: what a logit's derivative is made of keeps its digits when
 * it is multiplied by one over the square of a small temperature. */
#define PAIR_DEPTH PICK(130.0f, 884.0)

/* How a row of logits is read, as in frame_of: a logit's own rounding is worth less than that of its distance from the maximum,
 * unless it is large, or a temperature rounds it anew. So logits are shifted only then, and exponentials scaled by a power of
 * two, so that the largest is about 2^SHARE_BITS. */
typedef struct {
    real shift, top; /* the largest exponential */
    softmax_frame frame;
} pair_scale;

INLINE pair_scale pair_scale_of(real m, real temperature)
{
    const real LOG2 = R(0.6931471805599453);
    const int is_small = abs_(m) <= LARGEST_UNSHIFTED, is_as_given = is_small & (temperature == ONE);
    const real base = keep_if(is_as_given, m), n = fma_(base, INVERSE_LOG2, ROUNDER) - ROUNDER;
    const softmax_frame f = {.lowest = n * LOG2 - PAIR_DEPTH, .rounder = ROUNDER + ((real)(SHARE_BITS + EXPONENT_BIAS) - n)};
    return (pair_scale){.shift = keep_if(!is_as_given, m), .top = exponential(base, f), .frame = f};
}

/* Half of (b - target's maximum) - (a - prediction's), of whose two ways to be added up the one whose terms are smaller loses
 * less: rows alike differ little, a logit near its maximum little from that. Two masked classes are alike. */
INLINE real half_gap(real a, real b, real pred_maximum, real target_maximum)
{
    const real across = keep_if(a != b, half_difference(b, a)), across_tops = half_difference(target_maximum, pred_maximum);
    const real along_target = half_difference(b, target_maximum), along_pred = half_difference(a, pred_maximum);
    const int alike = HALF * abs_(across) + HALF * abs_(across_tops) < HALF * abs_(along_target) + HALF * abs_(along_pred);
    return choose(alike, across - across_tops, along_target - along_pred);
}

/* x - quotient * divisor without rounding, for the quotient of the two: Dekker's product where there is no fused multiply-add.
 */
INLINE real remainder_of(real x, real quotient, real divisor)
{
    if (HAS_FMA)
        return fma_(-quotient, divisor, x);
    /* 2^12 + 1 (2^27 + 1): halves of the digits. A high half may be above its number, and that product above the largest
     * number. */
    const real SPLIT = PICK(4097.0f, 134217729.0), DOWN = R(0.0625), UP = R(16.0), q = DOWN * quotient, product = q * divisor;
    const real a = SPLIT * q, b = SPLIT * divisor, a_high = a - (a - q), b_high = b - (b - divisor);
    const real a_low = q - a_high, b_low = divisor - b_high;
    const real lost = ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low;
    return ((DOWN * x - product) - lost) * UP;
}

/* (a - b) / temperature in units of LOG_UNIT, and what this difference and this quotient lost to rounding. Two masked logits
 * are alike. */
typedef struct {
    real quotient, lost;
} tempered;

INLINE tempered tempered_difference(real a, real b, real half_unit)
{
    const real half_a = HALF * a, half_b = HALF * b, x = keep_if(a != b, half_a - half_b), taken = x - half_a;
    const real lost = (half_a - (x - taken)) - (half_b + taken), quotient = x / half_unit;
    const real left = (remainder_of(x, quotient, half_unit) + lost) / half_unit;
    return (tempered){.quotient = quotient, .lost = choose(abs_(quotient) < INFINITE, left, ZERO)};
}

/* Without what was lost an exponential would be wrong by up to its exponent, in ulp. */
INLINE real tempered_exponential(real logit, const pair_scale s, real half_unit)
{
    const tempered depth = tempered_difference(logit, s.shift, half_unit);
    const real e = exponential(depth.quotient * LOG_UNIT, s.frame);
    return fma_(e, depth.lost * LOG_UNIT, e);
}

NOINLINE void pair_exponentials(const fl_pair *k, pair_scale p, pair_scale t, const real *restrict pred,
                                const real *restrict target, int64_t n, real *restrict log_ratio, real *restrict across,
                                real *restrict across_lost, real *restrict pred_e, real *restrict target_e,
                                real *restrict surplus)
{
    /* Halves of differences, which are never too large. */
    const real half_unit = HALF * LOG_UNIT * (real)k->temperature, unit_ratio = p.top / t.top;
    const real pred_maximum = (real)k->pred_maximum, target_maximum = (real)k->target_maximum;
    n = whole_groups(n);
#pragma omp simd
    for (int64_t i = 0; i < n; i++) {
        const real e = tempered_exponential(pred[i], p, half_unit), w = tempered_exponential(target[i], t, half_unit);
        const real gap = half_gap(pred[i], target[i], pred_maximum, target_maximum) / half_unit;
        const real fall = expm1_(-abs_(gap * LOG_UNIT));
        log_ratio[i] = gap;
        const tempered difference = tempered_difference(target[i], pred[i], half_unit);
        across[i] = difference.quotient;
        across_lost[i] = difference.lost;
        pred_e[i] = e;
        target_e[i] = w;
        surplus[i] = choose(gap > ZERO, -w * unit_ratio * fall, e * fall);
    }
}

static double sum_beside_top(const void *x, const void *e, double top, int64_t n)
{
    return sum_beside(x, e, (real)top, n);
}

static void pair_forward(fl_pair *k)
{
    const real temperature = (real)k->temperature;
    const pair_scale of_pred = pair_scale_of((real)k->pred_maximum, temperature);
    const pair_scale of_target = pair_scale_of((real)k->target_maximum, temperature);
    k->pred_top = (double)of_pred.top;
    k->target_top = (double)of_target.top;
    pair_exponentials(k, of_pred, of_target, k->pred, k->target, k->n, k->log_ratio, k->across, k->across_lost,
                      k->pred_exponentials, k->target_exponentials, k->surplus);
}

INLINE pair_mean mean_of(double in_shares)
{
    const double mean = in_shares * (double)SHARE_UNIT;
    return (pair_mean){.plain = (real)mean, .in_shares = (real)in_shares, .in_units = (real)(mean / (double)LOG_UNIT)};
}

typedef pair_point (*pair_body)(class_pair, row_pair, const real *param);

/* One loop for the terms of the sums, one for each derivative: `which`. */
INLINE void pair_loop(pair_body body, const int which, const fl_pair *k, const real *restrict log_ratio,
                      const real *restrict across, const real *restrict across_lost, const real *restrict pred_e,
                      const real *restrict target_e, real *restrict result, real *restrict far, real *restrict pred_part,
                      real *restrict pred_far, real *restrict target_part, real *restrict target_far, real *restrict bend_part,
                      real *restrict share_part, real *restrict level_part)
{
    const int64_t n = whole_groups(k->n);
    const real inverse_temperature = ONE / (real)k->temperature, scale = (real)k->scale;
    const real pred_inverse = (real)k->pred_inverse, target_inverse = (real)k->target_inverse, pred_rest = (real)k->pred_rest;
    const real pred_top = (real)k->pred_top;
    const row_pair r = {
        .log_unit = LOG_UNIT,
        .share_unit = SHARE_UNIT,
        .unit = SHARE_UNIT * inverse_temperature,
        .inverse_temperature = inverse_temperature,
        .log_of_sums = (real)(k->log_of_sums * (double)SHARE_UNIT),
        .log_of_sums_in_shares = (real)k->log_of_sums,
        .pred_top_ratio = (real)(k->pred_top_ratio * (double)LOG_UNIT - k->log_of_sums * (double)SHARE_UNIT),
        .target_top_ratio = (real)(k->target_top_ratio * (double)LOG_UNIT - k->log_of_sums * (double)SHARE_UNIT),
        .pred_is_level = k->pred_is_level,
        .target_is_level = k->target_is_level,
        .pred_mean = mean_of(k->pred_mean),
        .target_mean = mean_of(k->target_mean),
        .bend_mean = (real)k->bend_mean,
        .share_mean = (real)k->share_mean,
        .single_bend = (real)k->single_bend,
        .rest_of_param = (real)(1.0 - k->param[0]),
    };
    const real pred_origin = (real)k->pred_origin, target_origin = (real)k->target_origin;
    const real pred_top_across = (real)k->pred_top_across, target_top_across = (real)k->target_top_across;
    const real pred_top_lost = (real)k->pred_top_lost, target_top_lost = (real)k->target_top_lost;
    const real log_of_sums_in_units = (real)(k->log_of_sums * (double)SHARE_UNIT / (double)LOG_UNIT);
    const int pred_is_single = k->pred_is_single;
    real param[FL_MAX_PARAMS];
    for (int i = 0; i < FL_MAX_PARAMS; i++)
        param[i] = (real)k->param[i];
#pragma omp simd
    for (int64_t i = 0; i < n; i++) {
        const real gap = log_ratio[i], q = pred_e[i] * pred_inverse, p = target_e[i] * target_inverse;
        const real since_pred_top = across_lost[i] - pred_top_lost, since_target_top = across_lost[i] - target_top_lost;
        const class_pair c = {
            .p = p,
            .q = q,
            .gap = gap * LOG_UNIT,
            .log_ratio = gap * LOG_UNIT - r.log_of_sums,
            .log_ratio_in_units = gap - log_of_sums_in_units,
            .from_pred_top = keep_if(across[i] != pred_top_across, across[i] - pred_top_across) + since_pred_top,
            .from_target_top = keep_if(across[i] != target_top_across, across[i] - target_top_across) + since_target_top,
            .across_pred_top = keep_if(across[i] != pred_origin, across[i] - pred_origin) + since_pred_top,
            .across_target_top = keep_if(across[i] != target_origin, across[i] - target_origin) + since_target_top,
            .rest = choose(pred_e[i] == pred_top, pred_rest, ONE / SHARE_UNIT - q),
            .is_single = (pred_e[i] == pred_top) & pred_is_single,
        };
        const pair_point x = body(c, r, param);
        if (which == FL_TERMS) {
            const int pred_is_far = abs_(x.pred_slope) > FAR, target_is_far = abs_(x.target_slope) > FAR;
            result[i] = x.value;
            far[i] = x.far;
            pred_part[i] = keep_if((q != ZERO) & !pred_is_far, q * x.pred_slope);
            pred_far[i] = keep_if((q != ZERO) & pred_is_far, q * -c.across_pred_top);
            target_part[i] = keep_if((p != ZERO) & !target_is_far, p * x.target_slope);
            target_far[i] = keep_if((p != ZERO) & target_is_far, p * c.across_target_top);
            bend_part[i] = keep_if(q != ZERO, q * x.bend);
            share_part[i] = keep_if(q != ZERO, q * x.share);
            level_part[i] = keep_if(p != ZERO, p * x.target_level);
        } else {
            /* not -0 */
            result[i] = fma_(scale, which == FL_PAIR_GRAD ? x.grad : which == FL_PAIR_HESS ? x.hess : x.target_grad, ZERO);
        }
    }
}

/* gcc 12 would make branches in the loops of distillation_js, and then no vectors. */
#if defined(__GNUC__) && !defined(__clang__)
#define WITHOUT_BRANCHES __attribute__((optimize("no-thread-jumps")))
#else
#define WITHOUT_BRANCHES
#endif

#define PAIR_KERNEL(loss, name, which)                                                                                         \
    WITHOUT_BRANCHES NOINLINE void loss##_##name(const fl_pair *k)                                                             \
    {                                                                                                                          \
        pair_loop(loss##_of_pair, which, k, k->log_ratio, k->across, k->across_lost, k->pred_exponentials,                     \
                  k->target_exponentials, k->result, k->far, k->pred_part, k->pred_far, k->target_part, k->target_far,         \
                  k->bend_part, k->share_part, k->level_part);                                                                 \
    }

#define INSTANCES_OF_pair(loss, has_operand)                                                                                   \
    PAIR_KERNEL(loss, terms, FL_TERMS)                                                                                         \
    PAIR_KERNEL(loss, pair_grad, FL_PAIR_GRAD)                                                                                 \
    PAIR_KERNEL(loss, pair_hess, FL_PAIR_HESS)                                                                                 \
    PAIR_KERNEL(loss, pair_target_grad, FL_PAIR_SECOND_GRAD)
#define KERNELS_OF_pair(loss, has_operand) .pair = {loss##_terms, loss##_pair_grad, loss##_pair_hess, loss##_pair_target_grad}

#endif
