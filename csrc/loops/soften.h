/* The loops around a softmax of softened logits: from logits to the distances from the largest, and from derivatives by z to
 * those by a. */
#ifndef FASTLOSS_SOFTEN_H
#define FASTLOSS_SOFTEN_H

#include "columns.h"

INLINE void soften_from(const real *a, int64_t n, real m, const int capped, softening s, real *z)
{
    const real e_m = capped ? cap_exponential(m, s) : ZERO;
    n = whole_groups(n);
#pragma omp simd
    for (int64_t i = 0; i < n; i++)
        z[i] = -softened_depth(m, e_m, a[i], capped, s);
}

NOINLINE void soften_capped(const real *a, int64_t n, real m, softening s, real *z)
{
    soften_from(a, n, m, 1, s, z);
}

NOINLINE void soften_plain(const real *a, int64_t n, real m, softening s, real *z)
{
    soften_from(a, n, m, 0, s, z);
}

static void soften(const void *a, int64_t n, double m, double cap, double temperature, void *z)
{
    (cap != 0.0 ? soften_capped : soften_plain)(a, n, (real)m, softening_of(cap, temperature), z);
}

/* The largest logit of each row becomes FL_BASE, softened; FL_PART is scratch. */
INLINE void columns_soften_from(const fl_columns *k, const real *raw, const int capped, softening s)
{
    const int64_t n = whole_groups(k->rows.n);
    ROW_FIELD(m, FL_MAXIMUM);
    ROW_FIELD(base, FL_BASE);
    ROW_FIELD(e_m, FL_PART);
#pragma omp simd
    for (int64_t i = 0; i < n; i++) {
        e_m[i] = capped ? cap_exponential(m[i], s) : ZERO;
        base[i] = softened(m[i], capped, s);
    }
    for (int64_t c = 0; c < k->classes; c++) {
        const real *const a = raw + c * n;
        real *const z = (real *)k->logits + c * n;
#pragma omp simd
        for (int64_t i = 0; i < n; i++)
            z[i] = -softened_depth(m[i], e_m[i], a[i], capped, s);
    }
}

NOINLINE void columns_soften_capped(const fl_columns *k, const real *raw, softening s)
{
    columns_soften_from(k, raw, 1, s);
}

NOINLINE void columns_soften_plain(const fl_columns *k, const real *raw, softening s)
{
    columns_soften_from(k, raw, 0, s);
}

static void columns_soften(const fl_columns *k, const void *raw, double cap, double temperature)
{
    fl_columns given = *k;
    given.logits = raw;
    columns_clear_maximum(&given);
    columns_maximum_of(&given, 0, k->classes);
    (cap != 0.0 ? columns_soften_capped : columns_soften_plain)(k, raw, softening_of(cap, temperature));
}

/* Turns derivatives by z(a) T into those by a, where there is a cap. Rows that do not count have derivatives of 0 and keep
 * them, whatever their logits. */
NOINLINE void harden_hess(const real *restrict a, int64_t n, softening s, const real *restrict grad, real *restrict hess)
{
    n = whole_groups(n);
#pragma omp simd
    for (int64_t i = 0; i < n; i++) {
        const cap_slope z = cap_slope_of(a[i], s);
        const real by_grad = grad[i] * z.lifted_bend * z.unlift, by_hess = hess[i] * z.lifted * z.unlift;
        const real by_a = fma_(by_hess * z.lifted, z.unlift, by_grad);
        hess[i] = keep_if((hess[i] != ZERO) | (grad[i] != ZERO), by_a);
    }
}

NOINLINE void harden_grad(const real *restrict a, int64_t n, softening s, real *restrict grad)
{
    n = whole_groups(n);
#pragma omp simd
    for (int64_t i = 0; i < n; i++) {
        const cap_slope z = cap_slope_of(a[i], s);
        grad[i] = keep_if(grad[i] != ZERO, grad[i] * z.lifted * z.unlift);
    }
}

static void harden(const void *a, int64_t n, double cap, void *grad, void *hess)
{
    const softening s = softening_of(cap, 1.0);
    if (hess)
        harden_hess(a, n, s, grad, hess);
    harden_grad(a, n, s, grad);
}

#endif
