/* The lanes of a sum or of a maximum: LANES accumulators, then halves of them are joined: the same order on every tier. */
#ifndef FASTLOSS_LANES_H
#define FASTLOSS_LANES_H

#include "blocks.h"

enum { LANES = PICK(32, 16) };

INLINE void fold(double *lane, int width)
{
    for (int l = 0; l < width; l++)
        lane[l] += lane[l + width];
}

INLINE double sum_of_lanes(double *lane)
{
    if (LANES == 32)
        fold(lane, 16);
    fold(lane, 8);
    fold(lane, 4);
    fold(lane, 2);
    fold(lane, 1);
    return lane[0];
}

INLINE double sum_of_real_lanes(const real *lane)
{
    double wide[LANES];
    for (int l = 0; l < LANES; l++)
        wide[l] = (double)lane[l];
    return sum_of_lanes(wide);
}

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

INLINE real raised(real hess, real floor)
{
    return hess < floor ? floor : hess; /* NaN stays */
}

/* See fl_newton; w may be NULL. */
INLINE void raise_by(real *hess, const real *w, int64_t n, double factor_, double floor_)
{
    const real factor = (real)factor_, floor = (real)floor_;
    n = whole_groups(n);
    if (w) {
#pragma omp simd
        for (int64_t i = 0; i < n; i++)
            hess[i] = raised(hess[i] * factor, w[i] * floor);
    } else {
#pragma omp simd
        for (int64_t i = 0; i < n; i++)
            hess[i] = raised(hess[i] * factor, floor);
    }
}

#endif
