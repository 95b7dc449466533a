/* The loops of the losses of sums: reduce elements to sums, and spread the derivatives by sums back to elements. */
#ifndef FASTLOSS_LOOPS_SUMS_H
#define FASTLOSS_LOOPS_SUMS_H

#include "../losses/terms_of_sums.h"
#include "kernels.h"

typedef terms (*terms_body)(const elements x, const double *param);
typedef elements (*slopes_body)(const elements x, const double *slope, const double *param);

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

/* Adds to k->sum. Of the last group some lanes are beyond the end. */
INLINE void reduce_loop(terms_body body, int arguments, int sums, int weighed, const fl_sums *k)
{
    double lane[FL_MAX_SUMS][FL_SUMS_GROUP] = {{0.0}}, param[FL_MAX_PARAMS], center[FL_MAX_ARGUMENTS];
    const real *in[FL_MAX_ARGUMENTS], *const weight = k->weight;
    memcpy(in, k->in, sizeof in);
    memcpy(param, k->param, sizeof param);
    memcpy(center, k->center, sizeof center);
    const int64_t n = k->n;
    for (int64_t i = 0; i < n; i += FL_SUMS_GROUP) {
#pragma omp simd
        for (int l = 0; l < FL_SUMS_GROUP; l++) {
            const terms t = body(elements_at(arguments, in, center, i + l), param);
            const double w = weighed ? (double)weight[i + l] : 1.0;
            const int counts = (i + l < n) & (w != 0.0);
            lane[0][l] += counted(counts, weighed ? w * t.of_sum_0 : t.of_sum_0);
            if (sums > 1)
                lane[1][l] += counted(counts, weighed ? w * t.of_sum_1 : t.of_sum_1);
            if (sums > 2)
                lane[2][l] += counted(counts, weighed ? w * t.of_sum_2 : t.of_sum_2);
            if (sums > 3)
                lane[3][l] += counted(counts, weighed ? w * t.of_sum_3 : t.of_sum_3);
            if (sums > 4)
                lane[4][l] += counted(counts, weighed ? w * t.of_sum_4 : t.of_sum_4);
            if (sums > 5)
                lane[5][l] += counted(counts, weighed ? w * t.of_sum_5 : t.of_sum_5);
        }
    }
    for (int s = 0; s < sums; s++)
        k->sum[s] += ((lane[s][0] + lane[s][4]) + (lane[s][2] + lane[s][6])) + ((lane[s][1] + lane[s][5]) + (lane[s][3] + lane[s][7]));
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
    const int64_t n = (k->n + FL_SUMS_GROUP - 1) / FL_SUMS_GROUP * FL_SUMS_GROUP;
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

/* What a mean of elements is taken from: their sum, and that of their weights. */
static void sum_elements(const fl_sums *k)
{
    const real *in = k->in[0], *weight = k->weight;
    double lane[FL_SUMS_GROUP] = {0.0}, weights[FL_SUMS_GROUP] = {0.0};
    for (int64_t i = 0; i < k->n; i += FL_SUMS_GROUP)
        for (int l = 0; l < FL_SUMS_GROUP; l++) {
            const double w = i + l >= k->n ? 0.0 : weight ? (double)weight[i + l] : 1.0;
            lane[l] += w != 0.0 ? w * (double)in[i + l] : 0.0;
            weights[l] += w;
        }
    for (int l = 0; l < FL_SUMS_GROUP; l++) {
        k->sum[0] += lane[l];
        k->sum[1] += weights[l];
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
#define NAMES_OF_BODY(body) body##_reduce, body##_reduce_weighed, body##_spread, body##_spread_all

#endif
