/* Rows of softmax side by side: forward, from logits to exponentials and sums.
 *
 * The sums are those along a row, in another order: CLASSES_TOGETHER terms of at most 2^49, then the sums of those. */
#ifndef FASTLOSS_COLUMNS_FORWARD_H
#define FASTLOSS_COLUMNS_FORWARD_H

#include "columns.h"

enum { CLASSES_TOGETHER = 16 };

INLINE void columns_maximum(const fl_columns *k, int64_t c, const int classes)
{
    const int64_t n = whole_groups(k->rows.n);
    const real *const a = (const real *)k->logits + c * n;
    ROW_FIELD(m, FL_MAXIMUM);
#pragma omp simd
    for (int64_t i = 0; i < n; i++) {
        real largest = m[i];
        UNROLLED
        for (int j = 0; j < classes; j++)
            largest = a[j * n + i] > largest ? a[j * n + i] : largest;
        m[i] = largest;
    }
}
COLUMN_LOOP(columns_maximum)

NOINLINE void columns_frames(const fl_columns *k)
{
    const int64_t n = whole_groups(k->rows.n);
    ROW_FIELD(m, FL_MAXIMUM);
    ROW_FIELD(top, FL_TOP);
    ROW_FIELD(shift, FL_SHIFT);
    ROW_FIELD(lowest, FL_LOWEST);
    ROW_FIELD(rounder, FL_ROUNDER);
    ROW_FIELD(part, FL_PART);
    ROW_FIELD(part_of_others, FL_PART_OF_OTHERS);
    ROW_FIELD(total, FL_TOTAL);
    ROW_FIELD(others, FL_OTHERS);
    ROW_FIELD(label_logit, FL_LABEL_LOGIT);
    ROW_FIELD(label_exponential, FL_LABEL_EXPONENTIAL);
#pragma omp simd
    for (int64_t i = 0; i < n; i++) {
        const softmax_frame f = frame_of(m[i]);
        top[i] = exponential(m[i], f);
        shift[i] = f.shift, lowest[i] = f.lowest, rounder[i] = f.rounder;
        part[i] = part_of_others[i] = total[i] = others[i] = label_logit[i] = label_exponential[i] = ZERO;
    }
}

/* Whether a row has but one sum of terms. */
INLINE int are_few(int64_t classes)
{
    return classes <= CLASSES_TOGETHER;
}

INLINE void columns_exponentials(const fl_columns *k, int64_t c, const int classes)
{
    const int64_t n = whole_groups(k->rows.n), classes_of_row = k->classes;
    const real *const a = (const real *)k->logits + c * n;
    const real *const next = k->next;
    const int64_t step = k->next_step;
    real *const e = (real *)k->exponentials + c * n;
    ROW_FIELD(top, FL_TOP);
    ROW_FIELD(shift, FL_SHIFT);
    ROW_FIELD(lowest, FL_LOWEST);
    ROW_FIELD(rounder, FL_ROUNDER);
    ROW_FIELD(label, FL_LABEL);
    ROW_FIELD(part, are_few(classes_of_row) ? FL_TOTAL : FL_PART);
    ROW_FIELD(part_of_others, are_few(classes_of_row) ? FL_OTHERS : FL_PART_OF_OTHERS);
    ROW_FIELD(label_logit, FL_LABEL_LOGIT);
    ROW_FIELD(label_exponential, FL_LABEL_EXPONENTIAL);
    /* The loop goes by groups, so that what is wanted next is asked for between exponentials. */
    for (int64_t group = 0; group < n; group += FL_GROUP) {
        for (int j = 0; j < classes && next; j++)
            ask_for(next + (step ? (c + j) * step + group : c * n + classes * group + j * FL_GROUP), FL_GROUP);
#pragma omp simd
        for (int64_t i = group; i < group + FL_GROUP; i++) {
            const softmax_frame f = {.shift = shift[i], .lowest = lowest[i], .rounder = rounder[i]};
            const real largest = top[i];
            const bits y = to_bits(label[i]) - (bits)c;
            real sum = part[i], others = part_of_others[i], logit = label_logit[i], at_label = label_exponential[i];
            UNROLLED
            for (int j = 0; j < classes; j++) {
                const real z = a[j * n + i], x = exponential(z, f);
                const int is_label = y == (bits)j;
                sum += x;
                others += keep_if(x != largest, x);
                logit = choose(is_label, z, logit);
                at_label = choose(is_label, x, at_label);
                e[j * n + i] = x;
            }
            part[i] = sum, part_of_others[i] = others, label_logit[i] = logit, label_exponential[i] = at_label;
        }
    }
}
COLUMN_LOOP(columns_exponentials)

INLINE void columns_target(const fl_columns *k, int64_t c, const int classes)
{
    const int64_t n = whole_groups(k->rows.n);
    const real *const a = (const real *)k->logits + c * n, *const e = (const real *)k->exponentials + c * n;
    const real *const u = (const real *)k->u + c * n;
    ROW_FIELD(top, FL_TOP);
    ROW_FIELD(m, FL_MAXIMUM);
    ROW_FIELD(label, FL_LABEL);
    ROW_FIELD(part, FL_PART);
    ROW_FIELD(part_of_others, FL_PART_OF_OTHERS);
    ROW_FIELD(part_of_shortfall, FL_PART_OF_SHORTFALL);
    ROW_FIELD(label_shared, FL_LABEL_SHARED);
#pragma omp simd
    for (int64_t i = 0; i < n; i++) {
        const real largest = top[i], half_m = HALF * m[i];
        const bits y = to_bits(label[i]) - (bits)c;
        real mass = part[i], others = part_of_others[i], half_shortfall = part_of_shortfall[i], at_label = label_shared[i];
        UNROLLED
        for (int j = 0; j < classes; j++) {
            const real x = u[j * n + i];
            mass += x;
            others += keep_if(e[j * n + i] != largest, x);
            /* Half of m - a, which never overflows. */
            half_shortfall += keep_if(x != ZERO, x * fma_(-HALF, a[j * n + i], half_m));
            at_label = choose(y == (bits)j, x, at_label);
        }
        part[i] = mass, part_of_others[i] = others, part_of_shortfall[i] = half_shortfall, label_shared[i] = at_label;
    }
}
COLUMN_LOOP(columns_target)

/* sum += factor * part, part = 0 */
NOINLINE void columns_add(const fl_columns *k, real factor, int part_field, int sum_field)
{
    const int64_t n = whole_groups(k->rows.n);
    ROW_FIELD(part, part_field);
    ROW_FIELD(sum, sum_field);
#pragma omp simd
    for (int64_t i = 0; i < n; i++) {
        sum[i] += factor * part[i];
        part[i] = ZERO;
    }
}

/* Where the largest has no half, all others are the sum of all less it, a difference that loses nothing. */
NOINLINE void columns_others(const fl_columns *k)
{
    const int64_t n = whole_groups(k->rows.n);
    ROW_FIELD(total, FL_TOTAL);
    ROW_FIELD(top, FL_TOP);
    ROW_FIELD(others, FL_OTHERS);
#pragma omp simd
    for (int64_t i = 0; i < n; i++)
        others[i] = choose((total[i] != ZERO) & (total[i] < TWO * top[i]), others[i], total[i] - top[i]);
}

static void columns_clear(const fl_columns *k, int first, int last)
{
    const size_t field_size = (size_t)k->rows.n * sizeof(real);
    memset((char *)k->rows.field + (size_t)first * field_size, 0, (size_t)(last + 1 - first) * field_size);
}

static void columns_clear_maximum(const fl_columns *k)
{
    const int64_t n = k->rows.n;
    ROW_FIELD(m, FL_MAXIMUM);
    for (int64_t i = 0; i < n; i++)
        m[i] = -LARGEST;
}

static void columns_forward(const fl_columns *k)
{
    const int64_t classes = k->classes;
    if (k->rows.full)
        columns_clear(k, FL_FIRST_OF_TARGET, FL_LAST_OF_TARGET);
    if (k->u)
        columns_clear(k, FL_PART_OF_SHORTFALL, FL_PART_OF_SHORTFALL);
    columns_clear_maximum(k);
    columns_maximum_of(k, 0, classes);
    columns_frames(k);
    for (int64_t c = 0; c < classes; c += CLASSES_TOGETHER) {
        columns_exponentials_of(k, c, classes - c < CLASSES_TOGETHER ? classes : c + CLASSES_TOGETHER);
        if (are_few(classes))
            continue;
        columns_add(k, ONE, FL_PART, FL_TOTAL);
        columns_add(k, ONE, FL_PART_OF_OTHERS, FL_OTHERS);
    }
    columns_others(k);
    for (int64_t c = 0; c < classes && k->u; c += CLASSES_TOGETHER) {
        columns_target_of(k, c, classes - c < CLASSES_TOGETHER ? classes : c + CLASSES_TOGETHER);
        columns_add(k, ONE, FL_PART, FL_MASS);
        columns_add(k, ONE, FL_PART_OF_OTHERS, FL_MASS_OF_OTHERS);
        columns_add(k, TWO, FL_PART_OF_SHORTFALL, FL_SHORTFALL);
    }
}

/* target_mix, for columns; in place. */
static void columns_mix(void *target, const void *class_weights, int64_t classes, int64_t n, double keep_, double spread_)
{
    real *u = target;
    const real *class_weight = class_weights, keep = (real)keep_, spread = (real)spread_;
    n = whole_groups(n);
    for (int64_t c = 0; c < classes; c++, u += n) {
        const real weight = class_weight[c];
#pragma omp simd
        for (int64_t i = 0; i < n; i++)
            u[i] = weight * fma_(keep, u[i], spread);
    }
}

/* Gives every row the same u. */
static void columns_repeat(const void *numbers, int64_t classes, int64_t n, void *columns)
{
    const real *x = numbers;
    real *to = columns;
    n = whole_groups(n);
    for (int64_t c = 0; c < classes; c++, to += n) {
        const real value = x[c];
#pragma omp simd
        for (int64_t i = 0; i < n; i++)
            to[i] = value;
    }
}

#endif
