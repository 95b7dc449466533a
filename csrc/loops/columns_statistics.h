/* Rows of softmax side by side: where the largest logits are, and how far the others lie below. */
#ifndef FASTLOSS_COLUMNS_STATISTICS_H
#define FASTLOSS_COLUMNS_STATISTICS_H

#include "columns_forward.h"

INLINE void columns_find(const fl_columns *k, int64_t c, const int classes)
{
    const int64_t n = whole_groups(k->rows.n);
    const real *const a = (const real *)k->logits + c * n, class = (real)c;
    ROW_FIELD(m, FL_MAXIMUM);
    ROW_FIELD(largest, FL_LARGEST);
    ROW_FIELD(unknown, FL_UNKNOWN);
#pragma omp simd
    for (int64_t i = 0; i < n; i++) {
        const real top = m[i];
        real first = largest[i], first_unknown = unknown[i];
        UNROLLED
        for (int j = 0; j < classes; j++) {
            const real z = a[j * n + i], here = class + (real)j;
            first = choose((z == top) & (first < ZERO), here, first);
            first_unknown = choose((z != z) & (first_unknown < ZERO), here, first_unknown);
        }
        largest[i] = first, unknown[i] = first_unknown;
    }
}
COLUMN_LOOP(columns_find)

static void columns_positions(const fl_columns *k)
{
    const int64_t n = k->rows.n;
    ROW_FIELD(largest, FL_LARGEST);
    ROW_FIELD(unknown, FL_UNKNOWN);
    for (int64_t i = 0; i < n; i++)
        largest[i] = unknown[i] = -ONE;
    columns_find_of(k, 0, k->classes);
}

INLINE void columns_disperse(const fl_columns *k, int64_t c, const int classes)
{
    const int64_t n = whole_groups(k->rows.n);
    const real *const a = (const real *)k->logits + c * n, *const e = (const real *)k->exponentials + c * n;
    ROW_FIELD(m, FL_MAXIMUM);
    ROW_FIELD(part, FL_PART);
#pragma omp simd
    for (int64_t i = 0; i < n; i++) {
        const real largest = m[i];
        real sum = part[i];
        UNROLLED
        for (int j = 0; j < classes; j++) {
            const real x = e[j * n + i];
            sum += keep_if(x != ZERO, x * (largest - a[j * n + i]));
        }
        part[i] = sum;
    }
}
COLUMN_LOOP(columns_disperse)

static void columns_dispersion(const fl_columns *k)
{
    const int64_t n = k->rows.n, classes = k->classes;
    ROW_FIELD(dispersion, FL_DISPERSION);
    memset(dispersion, 0, (size_t)n * sizeof(real));
    for (int64_t c = 0; c < classes; c += CLASSES_TOGETHER) {
        columns_disperse_of(k, c, classes - c < CLASSES_TOGETHER ? classes : c + CLASSES_TOGETHER);
        columns_add(k, ONE, FL_PART, FL_DISPERSION);
    }
}

#endif
