/* The loops of the losses of sums: reduce elements to sums, and spread the derivatives by sums back to elements. */
#ifndef FASTLOSS_LOOPS_SUMS_H
#define FASTLOSS_LOOPS_SUMS_H

#include "../losses/terms_of_sums.h"
#include "kernels.h"

typedef terms (*terms_body)(const elements x, const double *param);
typedef elements (*slopes_body)(const elements x, const double *slope, const double *param);

/* In whole groups, at least one: no loop needs a remainder. */
INLINE int64_t in_groups(int64_t n)
{
    n = (n + FL_SUMS_GROUP - 1) & -(int64_t)FL_SUMS_GROUP;
    if (n < FL_SUMS_GROUP)
        __builtin_unreachable();
    return n;
}

NOINLINE double sum_of_group(const double *lane)
{
    double sum[FL_SUMS_GROUP];
    memcpy(sum, lane, sizeof sum);
    for (int width = FL_SUMS_GROUP / 2; width > 0; width /= 2)
        for (int l = 0; l < width; l++)
            sum[l] += sum[l + width];
    return sum[0];
}

/* The elements at a place, less what is subtracted from each argument. */
INLINE elements elements_at(int arguments, const real *const *in, const double *center, int64_t i)
{
    elements x = {(double)in[0][i] - center[0], 0.0, 0.0, 0.0};
    if (arguments > 1)
        x.second = (double)in[1][i] - center[1];
    if (arguments > 2)
        x.third = (double)in[2][i] - center[2];
    if (arguments > 3)
        x.fourth = (double)in[3][i] - center[3];
    return x;
}

/* x where it counts, 0 where it does not, NaN too: by a mask, as keep_if. */
INLINE double counted(int counts, double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    bits &= -(uint64_t)(counts != 0);
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* Numbers 0 ... n - 1 into the lanes of a sum. */
NOINLINE void add_to_lanes(double *lane, const double *x, int64_t n)
{
    for (int64_t i = 0; i < n; i += FL_SUMS_GROUP)
#pragma omp simd
        for (int l = 0; l < FL_SUMS_GROUP; l++)
            lane[l] += x[i + l];
}

/* Adds to k->sum: the terms of some elements at a time are kept, then added. Of the last group some are beyond the end. */
INLINE void reduce_loop(terms_body body, int arguments, int sums, int weighed, const fl_sums *k)
{
    enum { TOGETHER = 8 * FL_SUMS_GROUP };
    double term[FL_MAX_SUMS][TOGETHER], lane[FL_MAX_SUMS][FL_SUMS_GROUP] = {{0.0}}, param[FL_MAX_PARAMS], center[FL_MAX_ARGUMENTS];
    const real *in[FL_MAX_ARGUMENTS], *const weight = k->weight;
    memcpy(in, k->in, sizeof in);
    memcpy(param, k->param, sizeof param);
    memcpy(center, k->center, sizeof center);
    for (int64_t first = 0; first < k->n; first += TOGETHER) {
        const int64_t left = k->n - first, n = in_groups(left < TOGETHER ? left : TOGETHER);
#pragma omp simd
        for (int64_t i = 0; i < n; i++) {
            const terms t = body(elements_at(arguments, in, center, first + i), param);
            const double w = weighed ? (double)weight[first + i] : 1.0;
            const int counts = (i < left) & (w != 0.0);
            term[0][i] = counted(counts, weighed ? w * t.of_sum_0 : t.of_sum_0);
            if (sums > 1)
                term[1][i] = counted(counts, weighed ? w * t.of_sum_1 : t.of_sum_1);
            if (sums > 2)
                term[2][i] = counted(counts, weighed ? w * t.of_sum_2 : t.of_sum_2);
            if (sums > 3)
                term[3][i] = counted(counts, weighed ? w * t.of_sum_3 : t.of_sum_3);
            if (sums > 4)
                term[4][i] = counted(counts, weighed ? w * t.of_sum_4 : t.of_sum_4);
            if (sums > 5)
                term[5][i] = counted(counts, weighed ? w * t.of_sum_5 : t.of_sum_5);
        }
        for (int s = 0; s < sums; s++)
            add_to_lanes(lane[s], term[s], n);
    }
    for (int s = 0; s < sums; s++)
        k->sum[s] += sum_of_group(lane[s]);
}

/* In whole groups; weights of elements come afterwards. */
INLINE void spread_loop(slopes_body body, int arguments, int wanted, const fl_sums *k)
{
    const real *in[FL_MAX_ARGUMENTS];
    real *const grad0 = k->grad[0], *const grad1 = k->grad[1], *const grad2 = k->grad[2], *const grad3 = k->grad[3];
    double slope[FL_MAX_SUMS], param[FL_MAX_PARAMS], center[FL_MAX_ARGUMENTS];
    memcpy(in, k->in, sizeof in);
    memcpy(slope, k->slope, sizeof slope);
    memcpy(param, k->param, sizeof param);
    memcpy(center, k->center, sizeof center);
    const int64_t n = in_groups(k->n);
    /* A gradient may lie where its argument does: each element is read before it is written. */
#pragma omp simd
    for (int64_t i = 0; i < n; i++) {
        const elements by = body(elements_at(arguments, in, center, i), slope, param);
        grad0[i] = (real)by.first;
        if (wanted > 1)
            grad1[i] = (real)by.second;
        if (wanted > 2)
            grad2[i] = (real)by.third;
        if (wanted > 3)
            grad3[i] = (real)by.fourth;
    }
}

/* The kernels of a body: reduce without and with weights of elements; the derivatives by the first argument, and by all. */
#define BODY_OF_SUMS(body, arguments, sums)                                                                                 \
    static void body##_reduce(const fl_sums *k)                                                                             \
    {                                                                                                                       \
        reduce_loop(body##_terms, arguments, sums, 0, k);                                                                   \
    }                                                                                                                       \
    static void body##_reduce_weighed(const fl_sums *k)                                                                     \
    {                                                                                                                       \
        reduce_loop(body##_terms, arguments, sums, 1, k);                                                                   \
    }                                                                                                                       \
    static void body##_spread(const fl_sums *k)                                                                             \
    {                                                                                                                       \
        spread_loop(body##_slopes, arguments, 1, k);                                                                        \
    }                                                                                                                       \
    static void body##_spread_all(const fl_sums *k)                                                                         \
    {                                                                                                                       \
        spread_loop(body##_slopes, arguments, arguments, k);                                                                \
    }
#define NAMES_OF_BODY(body) {body##_reduce, body##_reduce_weighed, body##_spread, body##_spread_all}

#define INSTANCES_OF_sums(loss, has_operand) BODY_OF_SUMS(loss, loss##_elements, loss##_sums)
#define KERNELS_OF_sums(loss, has_operand) .sums = {NAMES_OF_BODY(loss)}

/* Of another power than 1 and 2 there are kernels of double alone. */
#if REAL_BITS == 64
#define BODY_OF_ANY_POWER(loss) BODY_OF_SUMS(loss, loss##_elements, loss##_sums)
#define NAMES_OF_ANY_POWER(loss) NAMES_OF_BODY(loss)
#else
#define BODY_OF_ANY_POWER(loss)
#define NAMES_OF_ANY_POWER(loss) {NULL}
#endif
#define INSTANCES_OF_distance(loss, has_operand)                                                                            \
    BODY_OF_SUMS(loss##_of_power_1, loss##_elements, loss##_sums)                                                           \
    BODY_OF_SUMS(loss##_of_power_2, loss##_elements, loss##_sums)                                                           \
    BODY_OF_ANY_POWER(loss)
#define KERNELS_OF_distance(loss, has_operand)                                                                              \
    .sums = {NAMES_OF_BODY(loss##_of_power_1), NAMES_OF_BODY(loss##_of_power_2), NAMES_OF_ANY_POWER(loss)}

#endif
