/* The loops of the losses of softmax, on one segment of a row: logits a[n], target numbers u[n] or none.
 *
 * Forward: the maximum m, exponentials e, and the sums over the segment. Backward: the gradient
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

INLINE void raise_maximum(real *lane, const real *a, int64_t n)
{
    n = whole_groups(n);
    for (int64_t i = 0; i < n; i += LANES)
#pragma omp simd
        for (int l = 0; l < LANES; l++)
            lane[l] = a[i + l] > lane[l] ? a[i + l] : lane[l];
}

INLINE real maximum_of_lanes(real *lane)
{
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

INLINE bits count_of_lanes(const bits *lane)
{
    bits count = 0;
    for (int l = 0; l < LANES; l++)
        count += lane[l];
    return count;
}

/* exp(a - m) would inherit the rounding of a - m: 40 ulp at a - m = -80. So exp(a - s) is scaled by a power of two, 2^-N with
 * N the nearest integer to (m - s) / log 2, and s = 0, which loses nothing; only logits beyond LARGE, whose own last digit is
 * worth more than that, are shifted by s = m. Without fused multiply-add exp is exact only as far as the 15 (40) bits of log 2 times
 * those of n = x / log 2 fit into a number: n below 2^9 (2^13), with x down to EXP_DEPTH below m. */
typedef struct {
    real shift, origin;
    bits scale;
} softmax_frame;

INLINE softmax_frame frame_of(real m)
{
    const real LARGE = HAS_FMA ? R(32768.0) : PICK(128.0f, 4096.0), shift = abs_(m) <= LARGE ? ZERO : m, base = m - shift;
    return (softmax_frame){.shift = shift, .origin = base, .scale = exp_reduced(base).exponent};
}

INLINE real exponential(real a, softmax_frame f)
{
    return exp_scaled(a - f.shift, f.origin, f.scale);
}

/* The sums of e over the lanes: a lane adds at most FL_SEGMENT_BYTES / (LANES sizeof(real)) = 64 terms of at most 2; the lanes are
 * added in double. */
typedef struct {
    bits ties[LANES];
    real others[LANES];
} lane_sums;

INLINE void exponentials(const real *a, int64_t n, softmax_frame f, real top, real *e, lane_sums *s)
{
    n = whole_groups(n);
    for (int64_t i = 0; i < n; i += LANES)
#pragma omp simd
        for (int l = 0; l < LANES; l++) {
            const real x = exponential(a[i + l], f);
            e[i + l] = x;
            s->ties[l] += (bits)(x == top);
            s->others[l] += keep_if(x != top, x);
        }
}

/* n may be any number if there is no u: what is beyond the whole groups is copied and padded here. e has room for whole groups. */
static void softmax_forward(const void *logits, const void *target, int64_t n, void *exps, fl_segment *s)
{
    const real *a = logits, *u = target;
    real *e = exps, rest[FL_GROUP], lane[LANES];
    const int64_t whole = n & -(int64_t)FL_GROUP, left = n - whole;
    for (int l = 0; l < LANES; l++)
        lane[l] = -LARGEST;
    for (int l = 0; l < FL_GROUP; l++)
        rest[l] = -INFINITE;
    memcpy(rest, a + whole, (size_t)left * sizeof(real));

    if (whole)
        raise_maximum(lane, a, n);
    if (left)
        raise_maximum(lane, rest, FL_GROUP);
    const real m = maximum_of_lanes(lane);
    const softmax_frame f = frame_of(m);
    const real top = exponential(m, f);

    lane_sums sums = {{0}, {0}};
    if (whole)
        exponentials(a, n, f, top, e, &sums);
    if (left)
        exponentials(rest, FL_GROUP, f, top, e + whole, &sums);
    *s = (fl_segment){.maximum = (double)m, .top = (double)top, .ties = (double)(int64_t)count_of_lanes(sums.ties),
                      .others = sum_of_real_lanes(sums.others)};
    if (!u)
        return;

    /* Half of m - a, which never overflows; the other factor of 2 is put back in double. */
    const real half_m = HALF * m;
    double top_mass[LANES] = {0}, mass[LANES] = {0}, half_shortfall[LANES] = {0};
    n = whole_groups(n);
    for (int64_t i = 0; i < n; i += LANES)
#pragma omp simd
        for (int l = 0; l < LANES; l++) {
            const real t = u[i + l];
            top_mass[l] += (double)keep_if(e[i + l] == top, t);
            mass[l] += (double)keep_if(e[i + l] != top, t);
            half_shortfall[l] += (double)keep_if(t != ZERO, t * fma_(-HALF, a[i + l], half_m));
        }
    s->top_mass = sum_of_lanes(top_mass);
    s->mass = sum_of_lanes(mass);
    s->shortfall = 2.0 * sum_of_lanes(half_shortfall);
}

/* For rows too long to keep e: the same again, against the maximum of the row. */
static double softmax_exponentials(const void *logits, int64_t n, double maximum, void *exponentials)
{
    const real *a = logits, m = (real)maximum;
    real *e = exponentials;
    const softmax_frame f = frame_of(m);
    n = whole_groups(n);
    for (int64_t i = 0; i < n; i += LANES)
#pragma omp simd
        for (int l = 0; l < LANES; l++)
            e[i + l] = exponential(a[i + l], f);
    return (double)exponential(m, f);
}

/* restrict, because clang would else keep a scalar copy of the loop for arrays that overlap; a function a loop, because gcc would
 * lose sight of n being whole groups, and add a remainder. */
NOINLINE void hess_loop(const fl_backward *b, const real *restrict e, real *restrict hess)
{
    const real factor = (real)b->factor, spread = (real)b->spread, scale = (real)b->scale;
    const real top = (real)b->top, top_rest = (real)b->top_rest;
    const int64_t n = whole_groups(b->n);
#pragma omp simd
    for (int64_t i = 0; i < n; i++) {
        const real q = e[i] * factor, complement = e[i] == top ? top_rest : ONE - q;
        hess[i] = scale * (spread * (q * complement));
    }
}

NOINLINE void dense_grad_loop(const fl_backward *b, const real *restrict e, const real *restrict u, real *restrict grad)
{
    const real factor = (real)b->factor, spread = (real)b->spread, scale = (real)b->scale;
    const real top = (real)b->top, top_rest = (real)b->top_rest, top_gap = (real)b->top_gap;
    const int64_t n = whole_groups(b->n);
#pragma omp simd
    for (int64_t i = 0; i < n; i++) {
        /* spread q - u, in a form that keeps its digits where both q and u are nearly all there is. */
        const real x = e[i], q = x * factor, complement = x == top ? top_rest : ONE - q;
        const real gap = x == top ? top_gap : spread - u[i];
        grad[i] = scale * (q * gap - u[i] * complement);
    }
}

NOINLINE void grad_loop(const fl_backward *b, const real *restrict e, real *restrict grad)
{
    const real factor = (real)(b->factor * b->spread * b->scale);
    const int64_t n = whole_groups(b->n);
#pragma omp simd
    for (int64_t i = 0; i < n; i++)
        grad[i] = e[i] * factor;
}

static void softmax_backward(const fl_backward *b)
{
    if (b->hess)
        hess_loop(b, b->e, b->hess);
    if (b->u)
        dense_grad_loop(b, b->e, b->u, b->grad);
    else
        grad_loop(b, b->e, b->grad);
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
