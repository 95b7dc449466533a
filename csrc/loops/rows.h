/* Loops along one segment of a row, of losses that are no softmax; and over the labels of rows. */
#ifndef FASTLOSS_LOOPS_ROWS_H
#define FASTLOSS_LOOPS_ROWS_H

#include "element_kernels.h"
#include "lanes.h"

INLINE int labels_loop(const int64_t *from, int64_t n, int64_t classes, int64_t ignore_index, int64_t *to, int64_t *counting)
{
    int64_t bad = 0, ignored_ones = 0;
    n = whole_groups(n);
    for (int64_t i = 0; i < n; i++) {
        const int64_t y = from[i], ignored = -(int64_t)(y == ignore_index);
        bad |= ~ignored & -(int64_t)((uint64_t)y >= (uint64_t)classes);
        ignored_ones -= ignored;
        if (to)
            to[i] = y | ignored;
    }
    *counting = n - ignored_ones;
    return bad != 0;
}

static int labels(const int64_t *from, int64_t n, int64_t classes, int64_t ignore_index, int64_t *to, int64_t *counting)
{
    return to ? labels_loop(from, n, classes, ignore_index, to, counting)
              : labels_loop(from, n, classes, ignore_index, NULL, counting);
}

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

/* Looks through groups, and then into the first that holds the number. */
static int64_t position(const void *numbers, int64_t n, double wanted)
{
    const real *x = numbers, w = (real)wanted;
    const bits unknown = -(bits)(w != w);
    int64_t i = 0;
    for (; i + FL_GROUP <= n; i += FL_GROUP) {
        bits found = 0;
        for (int l = 0; l < FL_GROUP; l++)
            found |= -(bits)(x[i + l] == w) | (unknown & -(bits)(x[i + l] != x[i + l]));
        if (found)
            break;
    }
    while (i < n && x[i] != w && !(unknown && x[i] != x[i]))
        i++;
    return i;
}

/* Adds up and counts those of the logits a, less m, that lie above the threshold. */
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

/* Where a label is given, the target is 1 there and 0 elsewhere; where margins are, it is the label's logit, and the operand is
 * what the row counts over the number of classes, 0 for the label. */
static void short_rows_before(const fl_short_rows *k, const void *pred, void *targets, void *operands)
{
    const int64_t classes = k->classes;
    for (int64_t i = 0; i < k->n; i++) {
        const int64_t y = k->label[i];
        const real *a = (const real *)pred + i * classes;
        real *target = (real *)targets + i * classes, *operand = (real *)operands + i * classes;
        const real of_all = k->margins && y >= 0 ? a[y] : ZERO, count = y < 0 ? ZERO : (real)(k->strength[i] / (double)classes);
        for (int64_t c = 0; c < classes; c++)
            target[c] = of_all;
        for (int64_t c = 0; c < classes && k->margins; c++)
            operand[c] = count;
        if (y >= 0)
            *(k->margins ? operand + y : target + y) = k->margins ? ZERO : ONE;
    }
}

/* Four sums: of 64 numbers at most, no chain is longer than 16. */
INLINE double sum_of_short_row(const real *x, int64_t classes)
{
    double lane[4] = {0};
    int64_t c = 0;
    for (; c + 4 <= classes; c += 4)
        for (int l = 0; l < 4; l++)
            lane[l] += (double)x[c + l];
    for (; c < classes; c++)
        lane[c % 4] += (double)x[c];
    return (lane[0] + lane[2]) + (lane[1] + lane[3]);
}

INLINE void fill_short_row(real *x, int64_t classes, real with)
{
    for (int64_t c = 0; c < classes; c++)
        x[c] = with;
}

/* Multiplies derivatives; those of the label are the sum of the others'. Returns this sum, which is NaN where one of them is. A
 * factor too large for a number makes all infinite but what is 0. */
INLINE double finish_short_row(const fl_short_rows *k, int64_t i, real *x, real sign)
{
    const real factor = (real)(k->scale * k->weight[i]);
    const int beyond = isinf(factor);
    const real at_once = beyond ? ONE : factor;
    for (int64_t c = 0; c < k->classes; c++)
        x[c] *= at_once;
    const double sum = sum_of_short_row(x, k->classes);
    if (k->margins)
        x[k->label[i]] = ZERO + sign * (real)sum;
    if (__builtin_expect(beyond, 0))
        for (int64_t c = 0; c < k->classes; c++)
            x[c] = x[c] == ZERO ? ZERO : x[c] * factor;
    return sum;
}

static void short_rows_after(const fl_short_rows *k)
{
    const int64_t classes = k->classes;
    for (int64_t i = 0; i < k->n; i++) {
        const int counts = k->strength[i] != 0.0;
        real *grad = k->grad ? (real *)k->grad + i * classes : NULL, *hess = k->hess ? (real *)k->hess + i * classes : NULL;
        k->sum[i] = counts && k->value ? sum_of_short_row((const real *)k->value + i * classes, classes) : 0.0;
        if (grad && !counts)
            fill_short_row(grad, classes, ZERO);
        else if (grad && isnan(finish_short_row(k, i, grad, -ONE)))
            fill_short_row(grad, classes, NOT_A_NUMBER); /* one NaN makes the row NaN */
        if (hess && !counts)
            fill_short_row(hess, classes, ZERO);
        else if (hess)
            finish_short_row(k, i, hess, ONE);
    }
}

#endif
