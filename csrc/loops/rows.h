/* Loops along one segment of a row, of losses that are no softmax. */
#ifndef FASTLOSS_LOOPS_ROWS_H
#define FASTLOSS_LOOPS_ROWS_H

#include "softmax.h"

/* The largest number; NaN where one is NaN, which a lane keeps. */
static double largest(const void *numbers, int64_t n)
{
    const real *x = numbers;
    real lane[LANES], unknown = ZERO;
    for (int l = 0; l < LANES; l++)
        lane[l] = -INFINITE;
    n = whole_groups(n);
    for (int64_t i = 0; i < n; i += LANES)
#pragma omp simd
        for (int l = 0; l < LANES; l++) {
            const real y = x[i + l];
            lane[l] = choose((y > lane[l]) | (y != y), y, lane[l]);
        }
    for (int l = 0; l < LANES; l++)
        unknown = lane[l] == lane[l] ? unknown : lane[l];
    return (double)(unknown == unknown ? maximum_of_lanes(lane) : unknown);
}

/* Of the logits a, less m, those above the threshold: their sum and number. */
static void support(const void *logits, int64_t n, double m_, double threshold_, double *sum, double *number)
{
    const real *a = logits, m = (real)m_, threshold = (real)threshold_;
    double sums[LANES] = {0}, numbers[LANES] = {0};
    n = whole_groups(n);
    for (int64_t i = 0; i < n; i += LANES)
#pragma omp simd
        for (int l = 0; l < LANES; l++) {
            const real x = a[i + l] - m;
            const int above = x > threshold;
            sums[l] += (double)keep_if(above, x);
            numbers[l] += (double)keep_if(above, ONE);
        }
    *sum += sum_of_lanes(sums);
    *number += sum_of_lanes(numbers);
}

#endif
