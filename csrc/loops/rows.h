/* Loops along one segment of a row, of losses that are no softmax. */
#ifndef FASTLOSS_LOOPS_ROWS_H
#define FASTLOSS_LOOPS_ROWS_H

#include "softmax.h"

/* The largest number; NaN where one is NaN. */
static double largest(const void *numbers, int64_t n)
{
    const real *x = numbers;
    real lane[LANES];
    bits unknown[LANES] = {0};
    for (int l = 0; l < LANES; l++)
        lane[l] = -INFINITE;
    n = whole_groups(n);
    for (int64_t i = 0; i < n; i += LANES)
#pragma omp simd
        for (int l = 0; l < LANES; l++) {
            const real y = x[i + l];
            lane[l] = y > lane[l] ? y : lane[l];
            unknown[l] |= (bits)(y != y);
        }
    bits any = 0;
    for (int l = 0; l < LANES; l++)
        any |= unknown[l];
    return any ? NAN : (double)maximum_of_lanes(lane);
}

#endif
