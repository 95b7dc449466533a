/* The loops of the losses of sums: the terms of elements, and the derivatives by sums spread back to elements.
 *
 * They go through whole groups of FL_SUMS_GROUP elements. */
#ifndef FASTLOSS_LOOPS_SUMS_H
#define FASTLOSS_LOOPS_SUMS_H

#include "../losses/terms_of_sums.h"
#include "kernels.h"

/* clang, left to itself, has several registers of elements in flight, more than a group has, and then a loop for the rest. */
#ifdef __clang__
#define VECTORISED _Pragma("clang loop vectorize(assume_safety) interleave(disable)")
#else
#define VECTORISED _Pragma("omp simd")
#endif

typedef terms (*terms_body)(const elements x, const double *param);
typedef elements (*slopes_body)(const elements x, const double *slope, const double *param);

/* Rounds up as whole_groups does, from any number. */
INLINE int64_t whole_groups_of_sums(int64_t n)
{
    n = (n + FL_SUMS_GROUP - 1) & -(int64_t)FL_SUMS_GROUP;
    if (n < FL_SUMS_GROUP)
        __builtin_unreachable();
    return n;
}

/* The elements at a place, of two arguments less what is subtracted from them, if anything is. */
INLINE elements elements_at(int arguments, int is_centered, const real *const *in, const double *center, int64_t i)
{
    elements x = {(double)in[0][i], 0.0, 0.0, 0.0};
    if (arguments > 1)
        x.second = (double)in[1][i];
    if (arguments > 2)
        x.third = (double)in[2][i];
    if (arguments > 3)
        x.fourth = (double)in[3][i];
    if (is_centered)
        x.first -= center[0], x.second -= center[1];
    return x;
}

/* Makes exp(-|x|) of logits x, with the sign of x. It is a loop of its own: so long a chain of operations leaves a processor no
 * room to begin with the next elements. (AMD Zen 3, float32: value and gradient of dice_with_logits take 3.5 ns an element in
 * one loop, 3.0 in two.) */
INLINE const real *signed_decays(const real *x, int64_t n, real *decays)
{
    VECTORISED
    for (int64_t i = 0; i < n; i++)
        decays[i] = copysign_(decay_of(x[i]).e, x[i]);
    return decays;
}

INLINE void terms_loop(terms_body body, int arguments, int of_logits, int is_centered, int sums, const fl_sums *k)
{
    _Alignas(64) real decays[FL_SUMS_BLOCK];
    const real *in[FL_MAX_ARGUMENTS];
    double *const term0 = k->term[0], *const term1 = k->term[1], *const term2 = k->term[2], *const term3 = k->term[3],
                  *const term4 = k->term[4], *const term5 = k->term[5], param[FL_MAX_PARAMS], center[FL_MAX_ARGUMENTS];
    memcpy(in, k->in, sizeof in);
    memcpy(param, k->param, sizeof param);
    memcpy(center, k->center, sizeof center);
    const int64_t n = whole_groups_of_sums(k->n);
    if (of_logits)
        in[0] = signed_decays(in[0], n, decays);
    VECTORISED
    for (int64_t i = 0; i < n; i++) {
        const terms t = body(elements_at(arguments, is_centered, in, center, i), param);
        term0[i] = t.of_sum_0;
        if (sums > 1)
            term1[i] = t.of_sum_1;
        if (sums > 2)
            term2[i] = t.of_sum_2;
        if (sums > 3)
            term3[i] = t.of_sum_3;
        if (sums > 4)
            term4[i] = t.of_sum_4;
        if (sums > 5)
            term5[i] = t.of_sum_5;
    }
}

INLINE void spread_loop(slopes_body body, int arguments, int of_logits, int is_centered, int wanted, const fl_sums *k)
{
    _Alignas(64) real decays[FL_SUMS_BLOCK];
    const real *in[FL_MAX_ARGUMENTS];
    real *const grad0 = k->grad[0], *const grad1 = k->grad[1], *const grad2 = k->grad[2], *const grad3 = k->grad[3];
    double slope[FL_MAX_SUMS], param[FL_MAX_PARAMS], center[FL_MAX_ARGUMENTS];
    memcpy(in, k->in, sizeof in);
    memcpy(slope, k->slope, sizeof slope);
    memcpy(param, k->param, sizeof param);
    memcpy(center, k->center, sizeof center);
    const int64_t n = whole_groups_of_sums(k->n);
    if (of_logits)
        in[0] = signed_decays(in[0], n, decays);
    /* A gradient may lie where its argument does: each element is read before it is written. */
    VECTORISED
    for (int64_t i = 0; i < n; i++) {
        const elements by = body(elements_at(arguments, is_centered, in, center, i), slope, param);
        grad0[i] = (real)by.first;
        if (wanted > 1)
            grad1[i] = (real)by.second;
        if (wanted > 2)
            grad2[i] = (real)by.third;
        if (wanted > 3)
            grad3[i] = (real)by.fourth;
    }
}

/* The kernels of a body: the terms; the derivatives by the first argument, and by all. */
#define BODY_OF_SUMS(body, loss, of_logits)                                                                                    \
    static void body##_reduce(const fl_sums *k)                                                                                \
    {                                                                                                                          \
        terms_loop(body##_terms, loss##_elements, of_logits, loss##_is_centered, loss##_sums, k);                              \
    }                                                                                                                          \
    static void body##_spread(const fl_sums *k)                                                                                \
    {                                                                                                                          \
        spread_loop(body##_slopes, loss##_elements, of_logits, loss##_is_centered, 1, k);                                      \
    }                                                                                                                          \
    static void body##_spread_all(const fl_sums *k)                                                                            \
    {                                                                                                                          \
        spread_loop(body##_slopes, loss##_elements, of_logits, loss##_is_centered, loss##_elements, k);                        \
    }
#define NAMES_OF_BODY(body) {body##_reduce, body##_spread, body##_spread_all}

#define INSTANCES_OF_sums(loss, has_operand) BODY_OF_SUMS(loss, loss, 0)
#define KERNELS_OF_sums(loss, has_operand) .sums = {NAMES_OF_BODY(loss)}

#define INSTANCES_OF_angle INSTANCES_OF_sums
#define KERNELS_OF_angle KERNELS_OF_sums

#define INSTANCES_OF_logits(loss, has_operand) BODY_OF_SUMS(loss, loss, 1)
#define KERNELS_OF_logits(loss, has_operand) .sums = {NAMES_OF_BODY(loss)}

/* Sums of numbers, or of their squares. */
#define BODIES_OF_SQUARES(loss, of_logits)                                                                                     \
    BODY_OF_SUMS(loss, loss, of_logits)                                                                                        \
    BODY_OF_SUMS(loss##_of_squares, loss, of_logits)
#define KERNELS_OF_squarable(loss, has_operand) .sums = {NAMES_OF_BODY(loss), NAMES_OF_BODY(loss##_of_squares)}
#define INSTANCES_OF_squarable(loss, has_operand) BODIES_OF_SQUARES(loss, 0)
#define INSTANCES_OF_squarable_logits(loss, has_operand) BODIES_OF_SQUARES(loss, 1)
#define KERNELS_OF_squarable_logits(loss, has_operand) KERNELS_OF_squarable(loss, has_operand)

/* Powers other than 1 and 2 have kernels of double alone. */
#if REAL_BITS == 64
#define BODY_OF_ANY_POWER(loss) BODY_OF_SUMS(loss, loss, 0)
#define NAMES_OF_ANY_POWER(loss) NAMES_OF_BODY(loss)
#else
#define BODY_OF_ANY_POWER(loss)
#define NAMES_OF_ANY_POWER(loss) {NULL}
#endif
#define INSTANCES_OF_distance(loss, has_operand)                                                                               \
    BODY_OF_SUMS(loss##_of_power_1, loss, 0)                                                                                   \
    BODY_OF_SUMS(loss##_of_power_2, loss, 0)                                                                                   \
    BODY_OF_ANY_POWER(loss)
#define KERNELS_OF_distance(loss, has_operand)                                                                                 \
    .sums = {NAMES_OF_BODY(loss##_of_power_1), NAMES_OF_BODY(loss##_of_power_2), NAMES_OF_ANY_POWER(loss)}

#endif
