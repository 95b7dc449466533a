/* The loops of the losses of softmax, on one segment of a row: logits a[n], target numbers u[n] or none.
 *
 * Forward: the maximum m, e = exp(a - m), and the sums over the segment. Backward: the gradient
 *     scale (spread q - u), q = e factor
 * and the diagonal of the Hessian, scale spread q (1 - q). Padding is a = -inf, u = 0, which adds nothing.
 *
 * A logit of -inf is a class that is masked out; the maximum is never taken below -LARGEST, so that its exp is 0 and not NaN. */
#ifndef FASTLOSS_SOFTMAX_H
#define FASTLOSS_SOFTMAX_H

#include "reduce.h"

INLINE void fold_maximum(real *lane, int width)
{
    for (int l = 0; l < width; l++)
        lane[l] = lane[l + width] > lane[l] ? lane[l + width] : lane[l];
}

INLINE real segment_maximum(const real *a, int64_t n)
{
    real lane[LANES];
    for (int l = 0; l < LANES; l++)
        lane[l] = -LARGEST;
    for (int64_t i = 0; i < n; i += LANES)
#pragma omp simd
        for (int l = 0; l < LANES; l++)
            lane[l] = a[i + l] > lane[l] ? a[i + l] : lane[l];
    if (LANES == 32)
        fold_maximum(lane, 16);
    fold_maximum(lane, 8);
    fold_maximum(lane, 4);
    fold_maximum(lane, 2);
    fold_maximum(lane, 1);
    return lane[0];
}

INLINE double sum_of_real_lanes(const real *lane)
{
    double wide[LANES];
    for (int l = 0; l < LANES; l++)
        wide[l] = (double)lane[l];
    return sum_of_lanes(wide);
}

INLINE void forward_loop(int dense, const real *a, const real *u, int64_t n, real *e, fl_segment *s)
{
    const real m = segment_maximum(a, n);
    for (int64_t i = 0; i < n; i += LANES)
#pragma omp simd
        for (int l = 0; l < LANES; l++)
            e[i + l] = exp_nonpositive(a[i + l] - m);

    /* A lane adds at most FL_SEGMENT_BYTES / (LANES sizeof(real)) = 64 terms of at most 1; the lanes are added in double. */
    real ties[LANES] = {0}, others[LANES] = {0};
    for (int64_t i = 0; i < n; i += LANES)
#pragma omp simd
        for (int l = 0; l < LANES; l++) {
            const real x = e[i + l], tie = x == ONE ? ONE : ZERO;
            ties[l] += tie;
            others[l] += x - tie;
        }
    *s = (fl_segment){.maximum = (double)m, .ties = sum_of_real_lanes(ties), .others = sum_of_real_lanes(others)};
    if (!dense)
        return;

    real mass[LANES] = {0}, shortfall[LANES] = {0};
    for (int64_t i = 0; i < n; i += LANES)
#pragma omp simd
        for (int l = 0; l < LANES; l++) {
            mass[l] += u[i + l];
            shortfall[l] += u[i + l] == ZERO ? ZERO : u[i + l] * (m - a[i + l]);
        }
    s->mass = sum_of_real_lanes(mass);
    s->shortfall = sum_of_real_lanes(shortfall);
}

static void softmax_forward(const void *a, const void *u, int64_t n, void *e, fl_segment *s)
{
    n = whole_groups(n);
    if (u)
        forward_loop(1, a, u, n, e, s);
    else
        forward_loop(0, a, NULL, n, e, s);
}

/* For rows too long to keep e: the same numbers again, against the maximum of the row. */
static void softmax_exponentials(const void *logits, int64_t n, double maximum, void *exponentials)
{
    const real *a = logits, m = (real)maximum;
    real *e = exponentials;
    n = whole_groups(n);
#pragma omp simd
    for (int64_t i = 0; i < n; i++)
        e[i] = exp_nonpositive(a[i] - m);
}

INLINE void backward_loop(int dense, int with_hess, const fl_backward *b)
{
    real *restrict e = b->e, *restrict hess = b->hess;
    const real *restrict u = b->u;
    const real factor = (real)b->factor, spread = (real)b->spread, scale = (real)b->scale, rest = (real)b->rest;
    const real combined = (real)(b->factor * b->spread * b->scale);
    const int64_t n = whole_groups(b->n);
#pragma omp simd
    for (int64_t i = 0; i < n; i++) {
        const real x = e[i], q = x * factor, complement = x == ONE ? rest : ONE - q;
        if (with_hess)
            hess[i] = scale * (spread * (q * complement));
        if (dense) {
            /* Where the target is this class alone the difference cancels: spread q - spread = -spread (1 - q). */
            const real difference = spread * q - u[i];
            e[i] = scale * (u[i] == spread ? -spread * complement : difference);
        } else {
            e[i] = x * combined;
        }
    }
}

static void softmax_backward(const fl_backward *b)
{
    if (b->u) {
        if (b->hess)
            backward_loop(1, 1, b);
        else
            backward_loop(1, 0, b);
    } else {
        if (b->hess)
            backward_loop(0, 1, b);
        else
            backward_loop(0, 0, b);
    }
}

/* u = class_weight (keep target + spread): class weights and label smoothing, for targets that are numbers. */
static void target_mix(const void *targets, const void *class_weights, int64_t n, double keep_, double spread_, void *mixed)
{
    const real *target = targets, *class_weight = class_weights, keep = (real)keep_, spread = (real)spread_;
    real *u = mixed;
    n = whole_groups(n);
#pragma omp simd
    for (int64_t i = 0; i < n; i++)
        u[i] = class_weight[i] * fma_(keep, target[i], spread);
}

#endif
