/* Sums over one block, in the lanes of double; and the small loops around a kernel: weights, domains. */
#ifndef FASTLOSS_REDUCE_H
#define FASTLOSS_REDUCE_H

#include "lanes.h"

static double sum(const void *values, int64_t n)
{
    const real *x = values;
    double lane[LANES] = {0};
    n = whole_groups(n);
    for (int64_t i = 0; i < n; i += LANES)
#pragma omp simd
        for (int l = 0; l < LANES; l++)
            lane[l] += (double)x[i + l];
    return sum_of_lanes(lane);
}

INLINE double weighed(double x, double weight)
{
    return weight == 0.0 ? 0.0 : x * weight;
}

/* Weights are of type `real`, or double: `wide`. */
INLINE double weighted_sum_of(const void *values, const void *weights, const int wide, int64_t n)
{
    const real *x = values, *narrow = weights;
    const double *w = weights;
    double lane[LANES] = {0};
    n = whole_groups(n);
    for (int64_t i = 0; i < n; i += LANES)
#pragma omp simd
        for (int l = 0; l < LANES; l++)
            lane[l] += weighed((double)x[i + l], wide ? w[i + l] : (double)narrow[i + l]);
    return sum_of_lanes(lane);
}

static double weighted_sum(const void *values, const void *weights, int64_t n)
{
    return weighted_sum_of(values, weights, 0, n);
}

/* A product is rounded once: a weight that float cannot hold may well have a product that it can. */
static double sum_by_wide(const void *values, const double *weights, int64_t n)
{
    return weighted_sum_of(values, weights, 1, n);
}

static void weigh(void *values, const void *weights, int64_t n)
{
    real *x = values;
    const real *w = weights;
    n = whole_groups(n);
#pragma omp simd
    for (int64_t i = 0; i < n; i++)
        x[i] = w[i] == ZERO ? ZERO : x[i] * w[i];
}

static void weigh_by_wide(void *values, const double *w, int64_t n)
{
    real *x = values;
    n = whole_groups(n);
#pragma omp simd
    for (int64_t i = 0; i < n; i++)
        x[i] = (real)(w[i] == 0.0 ? 0.0 : (double)x[i] * w[i]);
}

INLINE void fold_extremes(real *low, real *high, int width)
{
    for (int l = 0; l < width; l++) {
        low[l] = at_most(low[l], low[l + width]);
        high[l] = at_least(high[l], high[l + width]);
    }
}

static void extremes(const void *values, int64_t n, double *least, double *most)
{
    const real *x = values;
    real low[LANES], high[LANES];
    for (int l = 0; l < LANES; l++)
        low[l] = INFINITE, high[l] = ZERO;
    n = whole_groups(n);
    for (int64_t i = 0; i < n; i += LANES)
#pragma omp simd
        for (int l = 0; l < LANES; l++) {
            const real size = abs_(x[i + l]), counted = choose(size <= LARGEST, size, ZERO);
            low[l] = at_most(low[l], choose(counted == ZERO, INFINITE, counted));
            high[l] = at_least(high[l], counted);
        }
    if (LANES == 32)
        fold_extremes(low, high, 16);
    fold_extremes(low, high, 8);
    fold_extremes(low, high, 4);
    fold_extremes(low, high, 2);
    fold_extremes(low, high, 1);
    *least = (double)low[0] < *least ? (double)low[0] : *least;
    *most = (double)high[0] > *most ? (double)high[0] : *most;
}

static void raise(void *hess, const void *weight, int64_t n, double factor, double floor)
{
    raise_by(hess, weight, n, factor, floor);
}

static void add(void *sums, const void *values, int64_t n)
{
    real *to = sums;
    const real *x = values;
    n = whole_groups(n);
#pragma omp simd
    for (int64_t i = 0; i < n; i++)
        to[i] += x[i];
}

static int outside(const void *values, int64_t n, double low, double high, int ends_only)
{
    const real *x = values, l = (real)low, h = (real)high;
    /* Ends only: outside is what is neither end, NaN excepted. A range: what is below or above it. */
    const bits only = ends_only ? 1 : 0;
    bits lane[LANES] = {0};
    n = whole_groups(n);
    for (int64_t i = 0; i < n; i += LANES)
#pragma omp simd
        for (int j = 0; j < LANES; j++) {
            const bits below = x[i + j]<l, above = x[i + j]> h, between = (x[i + j] > l) & (x[i + j] < h);
            lane[j] |= below | above | (between & only);
        }
    bits found = 0;
    for (int j = 0; j < LANES; j++)
        found |= lane[j];
    return found != 0;
}

#endif
