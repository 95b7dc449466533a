/* Rows of softmax side by side: backward, from exponentials to derivatives. */
#ifndef FASTLOSS_COLUMNS_BACKWARD_H
#define FASTLOSS_COLUMNS_BACKWARD_H

#include "columns.h"

/* e may be grad: every number is read before it is written. */
INLINE void columns_grad(const fl_columns *k, int64_t c, const int classes)
{
    const int64_t n = whole_groups(k->rows.n);
    const real *const e = (const real *)k->exponentials + c * n;
    real *const grad = (real *)k->grad + c * n;
    ROW_FIELD(counts, FL_COUNTS);
    ROW_FIELD(label, FL_LABEL);
    ROW_FIELD(factor, FL_FACTOR);
    ROW_FIELD(spread, FL_SPREAD);
    ROW_FIELD(scale, FL_SCALE);
    ROW_FIELD(label_grad, FL_LABEL_GRAD);
#pragma omp simd
    for (int64_t i = 0; i < n; i++) {
        const real lifting = factor[i], strength = spread[i] * scale[i], at_label = label_grad[i], count = counts[i];
        const bits y = to_bits(label[i]) - (bits)c;
        UNROLLED
        for (int j = 0; j < classes; j++)
            grad[j * n + i] = masked(choose(y == (bits)j, at_label, e[j * n + i] * lifting * strength), count);
    }
}
COLUMN_LOOP(columns_grad)

INLINE void columns_dense_grad(const fl_columns *k, int64_t c, const int classes)
{
    const int64_t n = whole_groups(k->rows.n);
    const real *const e = (const real *)k->exponentials + c * n, *const u = (const real *)k->u + c * n;
    real *const grad = (real *)k->grad + c * n;
    ROW_FIELD(counts, FL_COUNTS);
    ROW_FIELD(label, FL_LABEL);
    ROW_FIELD(factor, FL_FACTOR);
    ROW_FIELD(lift, FL_LIFT);
    ROW_FIELD(spread, FL_SPREAD);
    ROW_FIELD(scale, FL_SCALE);
    ROW_FIELD(label_grad, FL_LABEL_GRAD);
    ROW_FIELD(single_top, FL_SINGLE_TOP);
    ROW_FIELD(top_grad, FL_TOP_GRAD);
#pragma omp simd
    for (int64_t i = 0; i < n; i++) {
        const bits y = to_bits(label[i]) - (bits)c;
        const real lifting = factor[i], by_q = spread[i], by_u = lift[i], by_all = scale[i], largest = single_top[i],
                   at_top = top_grad[i];
        const real at_label = label_grad[i], count = counts[i];
        UNROLLED
        for (int j = 0; j < classes; j++) {
            const real x = e[j * n + i], others = by_all * fma_(x * lifting, by_q, -by_u * u[j * n + i]);
            grad[j * n + i] = masked(choose(y == (bits)j, at_label, choose(x == largest, at_top, others)), count);
        }
    }
}
COLUMN_LOOP(columns_dense_grad)

/* `bent`: hess holds u F''. */
INLINE void columns_hess_loop(const fl_columns *k, int64_t c, const int classes, const int bent)
{
    const int64_t n = whole_groups(k->rows.n);
    const real *const e = (const real *)k->exponentials + c * n;
    real *const hess = (real *)k->hess + c * n;
    ROW_FIELD(counts, FL_COUNTS);
    ROW_FIELD(label, FL_LABEL);
    ROW_FIELD(factor, FL_FACTOR);
    ROW_FIELD(curve, FL_CURVE);
    ROW_FIELD(square, FL_SQUARE);
    ROW_FIELD(lift, FL_LIFT);
    ROW_FIELD(scale, FL_HESS_SCALE);
    ROW_FIELD(label_hess, FL_LABEL_HESS);
    ROW_FIELD(single_top, FL_SINGLE_TOP);
    ROW_FIELD(top_hess, FL_TOP_HESS);
#pragma omp simd
    for (int64_t i = 0; i < n; i++) {
        const bits y = to_bits(label[i]) - (bits)c;
        const real lifting = factor[i], unlift = ONE / lift[i], by_rest = curve[i], by_q = square[i], by_all = scale[i];
        const real by_bend = by_all * lift[i], largest = single_top[i], at_top = top_hess[i], at_label = label_hess[i],
                   count = counts[i];
        UNROLLED
        for (int j = 0; j < classes; j++) {
            const real x = e[j * n + i], lifted = x * lifting, q = lifted * unlift, slope = fma_(by_rest, ONE - q, by_q * q);
            const real others = bent ? by_bend * fma_(hess[j * n + i], ONE - TWO * q, q * slope) : by_all * (lifted * slope);
            hess[j * n + i] = masked(choose(y == (bits)j, at_label, choose(x == largest, at_top, others)), count);
        }
    }
}

INLINE void columns_hess(const fl_columns *k, int64_t c, const int classes)
{
    columns_hess_loop(k, c, classes, 0);
}
COLUMN_LOOP(columns_hess)

INLINE void columns_bent_hess(const fl_columns *k, int64_t c, const int classes)
{
    columns_hess_loop(k, c, classes, 1);
}
COLUMN_LOOP(columns_bent_hess)

INLINE void columns_log(const fl_columns *k, int64_t c, const int classes)
{
    const int64_t n = whole_groups(k->rows.n);
    const real *const a = (const real *)k->logits + c * n;
    real *const to = (real *)k->log_softmax + c * n;
    ROW_FIELD(maximum, FL_MAXIMUM);
    ROW_FIELD(log_sum, FL_LOG_SUM);
#pragma omp simd
    for (int64_t i = 0; i < n; i++) {
        const real m = maximum[i], z = log_sum[i];
        UNROLLED
        for (int j = 0; j < classes; j++)
            to[j * n + i] = (a[j * n + i] - m) - z;
    }
}
COLUMN_LOOP(columns_log)

static void columns_backward(const fl_columns *k)
{
    if (k->log_softmax)
        columns_log_of(k, 0, k->classes);
    if (k->hess && k->bend)
        columns_bent_hess_of(k, 0, k->classes);
    else if (k->hess)
        columns_hess_of(k, 0, k->classes);
    if (k->grad && k->u)
        columns_dense_grad_of(k, 0, k->classes);
    else if (k->grad)
        columns_grad_of(k, 0, k->classes);
}

static void columns_raise(const fl_columns *k, double factor, double floor)
{
    const int64_t n = k->rows.n;
    const double *const weight = k->rows.weight;
    ROW_FIELD(counts, FL_COUNTS);
    ROW_FIELD(floors, FL_PART);
    for (int64_t i = 0; i < n; i++)
        floors[i] = masked(weight ? (real)weight[i] : ONE, counts[i]);
    for (int64_t c = 0; c < k->classes; c++)
        raise_by((real *)k->hess + c * n, floors, n, factor, floor);
}

#endif
