/* The loops of the losses of softmax, along one segment of a row: logits a[n], target numbers u[n] or none.
 *
 * Forward: the maximum m, exponentials e, and the sums over the segment. Backward: derivatives, see softmax_kernels.h. Padding
 * is a = -inf, u = 0, which adds nothing. */
#ifndef FASTLOSS_SOFTMAX_H
#define FASTLOSS_SOFTMAX_H

#include "exponentials.h"
#include "softmax_kernels.h"

/* Exponentials, and their sums over the lanes: a lane adds at most FL_SEGMENT_BYTES / (LANES sizeof(real)) = 64 terms of at
 * most 2^(EXP_LIFT + 1); the lanes are added in double. For each logit one of `next` is asked of memory: a prefetch between
 * exponentials costs nothing, many at once wait for each other. */
INLINE void exponentials(const real *a, int64_t n, softmax_frame f, real *e, real *total, const real *next)
{
    n = whole_groups(n);
    for (int64_t i = 0; i < n; i += LANES) {
        ask_for(next + i, LANES);
#pragma omp simd
        for (int l = 0; l < LANES; l++) {
            const real x = exponential(a[i + l], f);
            e[i + l] = x;
            total[l] += x;
        }
    }
}

/* The sums of u: in double, of pairs added in `real`. */
NOINLINE void target_sums(const real *restrict a, const real *restrict u, int64_t n, real m, const real *next, fl_segment *s)
{
    /* Half of m - a, which never overflows; the other factor of 2 is put back in double. */
    const real half_m = HALF * m;
    double mass[LANES] = {0}, half_shortfall[LANES] = {0};
    n = whole_groups(n);
    for (int64_t i = 0; i < n; i += 2 * LANES) {
        ask_for(next + i, LANES);
        ask_for(next + i + LANES, LANES);
#pragma omp simd
        for (int l = 0; l < LANES; l++) {
            const real x = u[i + l], y = u[i + LANES + l];
            const real of_x = keep_if(x != ZERO, x * fma_(-HALF, a[i + l], half_m));
            const real of_y = keep_if(y != ZERO, y * fma_(-HALF, a[i + LANES + l], half_m));
            mass[l] += (double)(x + y);
            half_shortfall[l] += (double)(of_x + of_y);
        }
    }
    s->mass += sum_of_lanes(mass);
    s->shortfall += 2.0 * sum_of_lanes(half_shortfall);
}

/* Adds up in double what pairs of elements are in `real`. Where an exponential is not 0, m - a is at most LIFTED_DEPTH. */
NOINLINE double dispersion_loop(const real *restrict a, const real *restrict e, int64_t n, real m)
{
    double lane[LANES] = {0};
    n = whole_groups(n);
    for (int64_t i = 0; i < n; i += 2 * LANES)
#pragma omp simd
        for (int l = 0; l < LANES; l++) {
            const real x = e[i + l], y = e[i + LANES + l];
            lane[l] += (double)(keep_if(x != ZERO, x * (m - a[i + l])) + keep_if(y != ZERO, y * (m - a[i + LANES + l])));
        }
    return sum_of_lanes(lane);
}

/* n may be any number; the exponentials of padding are 0. */
static double dispersion(const void *logits, const void *exponentials_, int64_t n, double maximum)
{
    const real *a = logits, *e = exponentials_;
    real rest[FL_GROUP] = {0};
    const int64_t whole = n & -(int64_t)FL_GROUP, left = n - whole;
    memcpy(rest, a + whole, (size_t)left * sizeof(real));
    return (whole ? dispersion_loop(a, e, whole, (real)maximum) : 0.0) +
           (left ? dispersion_loop(rest, e + whole, FL_GROUP, (real)maximum) : 0.0);
}

/* n may be any number: what is beyond the whole groups is copied and padded here. e has room for whole groups. */
static void softmax_forward(const void *logits, const void *target, int64_t n, const void *next, const void *next_target,
                            void *exps, fl_segment *s)
{
    const real *a = logits, *u = target;
    real *e = exps, rest[FL_GROUP], rest_of_u[FL_GROUP] = {0}, lane[LANES], total[LANES] = {0};
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

    if (whole)
        exponentials(a, n, f, e, total, next);
    if (left)
        exponentials(rest, FL_GROUP, f, e + whole, total, rest);
    n = whole + (left ? FL_GROUP : 0);
    /* Where one has more than half, the sum of the others is made without it. */
    const double sum = sum_of_real_lanes(total), unit = (double)top;
    const int single = sum < 2.0 * unit;
    *s = (fl_segment){
        .maximum = (double)m, .top = unit, .others = (sum != 0.0 && single ? sum_beside(e, e, top, n) : sum - unit) / unit};
    if (!u)
        return;
    memcpy(rest_of_u, u + whole, (size_t)left * sizeof(real));
    if (whole)
        target_sums(a, u, whole, m, next_target, s);
    if (left)
        target_sums(rest, rest_of_u, FL_GROUP, m, rest, s);
    s->mass_of_others = s->mass;
    if (single)
        s->mass_of_others =
            (whole ? sum_beside(u, e, top, whole) : 0.0) + (left ? sum_beside(rest_of_u, e + whole, top, FL_GROUP) : 0.0);
}

/* restrict, because clang would else keep a scalar copy of the loop for arrays that overlap; a function a loop, because gcc
 * would lose sight of n being whole groups, and add a remainder. */
NOINLINE void hess_loop(const fl_backward *b, const real *restrict e, int64_t n, real *restrict hess)
{
    const real factor = (real)b->factor, unlift = (real)b->unlift, curve = (real)b->curve, square = (real)b->square;
    const real scale = (real)b->hess_scale;
    n = whole_groups(n);
#pragma omp simd
    for (int64_t i = 0; i < n; i++) {
        const real lifted = e[i] * factor, q = lifted * unlift;
        hess[i] = scale * (lifted * fma_(curve, ONE - q, square * q));
    }
}

/* hess holds u F''. */
NOINLINE void bent_hess_loop(const fl_backward *b, const real *restrict e, int64_t n, real *restrict hess)
{
    const real factor = (real)b->factor, unlift = (real)b->unlift, curve = (real)b->curve, square = (real)b->square;
    const real scale = (real)(b->hess_scale / b->unlift);
    n = whole_groups(n);
#pragma omp simd
    for (int64_t i = 0; i < n; i++) {
        const real q = e[i] * factor * unlift;
        hess[i] = scale * fma_(hess[i], ONE - TWO * q, q * fma_(curve, ONE - q, square * q));
    }
}

NOINLINE void dense_grad_loop(const fl_backward *b, const real *restrict e, const real *restrict u, int64_t n,
                              real *restrict grad)
{
    const real factor = (real)b->factor, lift = (real)b->lift, spread = (real)b->spread, scale = (real)b->scale;
    n = whole_groups(n);
#pragma omp simd
    for (int64_t i = 0; i < n; i++)
        grad[i] = scale * fma_(e[i] * factor, spread, -lift * u[i]);
}

NOINLINE void grad_loop(const fl_backward *b, const real *restrict e, int64_t n, real *restrict grad)
{
    const real factor = (real)b->factor, strength = (real)(b->spread * b->scale);
    n = whole_groups(n);
#pragma omp simd
    for (int64_t i = 0; i < n; i++)
        grad[i] = e[i] * factor * strength;
}

/* n may be any number; exponentials, grad and hess have room for whole groups. */
static void softmax_backward(const fl_backward *b)
{
    const int64_t whole = b->n & -(int64_t)FL_GROUP, left = b->n - whole, padded = whole + (left ? FL_GROUP : 0);
    const real *e = b->exponentials, *u = b->u;
    real *grad = b->grad, rest[FL_GROUP] = {0};
    if (b->hess)
        (b->bent ? bent_hess_loop : hess_loop)(b, e, padded, b->hess);
    if (grad && !u)
        grad_loop(b, e, padded, grad);
    if (grad && u && whole)
        dense_grad_loop(b, e, u, whole, grad);
    if (grad && u && left) {
        memcpy(rest, u + whole, (size_t)left * sizeof(real));
        dense_grad_loop(b, e + whole, rest, FL_GROUP, grad + whole);
    }
}

/* The maximum first: where one class has nearly all, the logarithm of its share is -log_sum. */
NOINLINE void log_softmax_loop(const real *restrict a, int64_t n, real maximum, real log_sum, real *restrict to)
{
    n = whole_groups(n);
#pragma omp simd
    for (int64_t i = 0; i < n; i++)
        to[i] = (a[i] - maximum) - log_sum;
}

/* n may be any number; `to` has room for whole groups. */
static void log_softmax(const void *logits, int64_t n, double maximum, double log_sum, void *to_)
{
    const real *a = logits;
    real *to = to_, rest[FL_GROUP] = {0};
    const int64_t whole = n & -(int64_t)FL_GROUP, left = n - whole;
    if (whole)
        log_softmax_loop(a, whole, (real)maximum, (real)log_sum, to);
    memcpy(rest, a + whole, (size_t)left * sizeof(real));
    if (left)
        log_softmax_loop(rest, FL_GROUP, (real)maximum, (real)log_sum, to + whole);
}

static double maximum(const void *numbers, int64_t n)
{
    real lane[LANES];
    for (int l = 0; l < LANES; l++)
        lane[l] = -INFINITE;
    raise_maximum(lane, numbers, n);
    return (double)maximum_of_lanes(lane);
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
