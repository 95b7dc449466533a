/* Targets that are numbers, of losses that are not -log p: what each class adds to sum u F(log q), see fl_terms; along a
 * segment of a row, and for rows side by side. */
#ifndef FASTLOSS_TERMS_H
#define FASTLOSS_TERMS_H

#include "columns_forward.h"
#include "finish.h"

/* u F, -u F' and u F''; u = 0 leaves nothing, even of what is infinite. */
INLINE point term(log_probability_body body, real u, real maximum, real logit, real log_sum, real q, real rest,
                  const real *param)
{
    const point f = weighed_loss(body, u, maximum, logit, log_sum, q, rest, param);
    const int counts = u != ZERO;
    return (point){.value = keep_if(counts, f.value), .grad = keep_if(counts, -f.grad), .hess = keep_if(counts, f.hess)};
}

INLINE void terms_loop(log_probability_body body, const fl_terms *t, const real *restrict a, const real *restrict e,
                       const real *restrict u, int64_t n, real *restrict value, real *restrict target, real *restrict bend)
{
    const real maximum = (real)t->maximum, log_sum = (real)t->log_sum, factor = (real)t->factor;
    const real single_top = (real)t->single_top, rest = (real)t->rest;
    real param[FL_MAX_PARAMS];
    for (int i = 0; i < FL_MAX_PARAMS; i++)
        param[i] = (real)t->param[i];
    n = whole_groups(n);
#pragma omp simd
    for (int64_t i = 0; i < n; i++) {
        const real q = e[i] * factor, not_q = choose(e[i] == single_top, rest, ONE - q);
        const point f = term(body, u[i], maximum, a[i], log_sum, q, not_q, param);
        value[i] = f.value, target[i] = f.grad, bend[i] = f.hess;
    }
}

typedef void (*terms_of_groups)(const fl_terms *t, const real *restrict a, const real *restrict e, const real *restrict u,
                                int64_t n, real *restrict value, real *restrict target, real *restrict bend);

/* What is beyond the whole groups is copied and padded, with numbers that add nothing. */
static void terms_of_any(terms_of_groups loop, const fl_terms *t)
{
    const int64_t whole = t->n & -(int64_t)FL_GROUP, left = t->n - whole;
    const real *a = t->logits, *e = t->exponentials, *u = t->u;
    real *value = t->value, *target = t->target, *bend = t->bend, rest[FL_GROUP], rest_of_u[FL_GROUP] = {0};
    if (whole)
        loop(t, a, e, u, whole, value, target, bend);
    if (!left)
        return;
    for (int l = 0; l < FL_GROUP; l++)
        rest[l] = -INFINITE;
    memcpy(rest, a + whole, (size_t)left * sizeof(real));
    memcpy(rest_of_u, u + whole, (size_t)left * sizeof(real));
    loop(t, rest, e + whole, rest_of_u, FL_GROUP, value + whole, target + whole, bend + whole);
}

INLINE void columns_terms_loop(log_probability_body body, const fl_columns *k, int64_t c)
{
    const int64_t n = whole_groups(k->rows.n);
    const real *const a = (const real *)k->logits + c * n, *const e = (const real *)k->exponentials + c * n;
    real *const u = (real *)k->u + c * n, *const bend = (real *)k->bend + c * n, param[FL_MAX_PARAMS];
    for (int i = 0; i < FL_MAX_PARAMS; i++)
        param[i] = (real)k->rows.param[i];
    ROW_FIELD(maximum, FL_MAXIMUM);
    ROW_FIELD(log_sum, FL_LOG_SUM);
    ROW_FIELD(factor, FL_FACTOR);
    ROW_FIELD(single_top, FL_SINGLE_TOP);
    ROW_FIELD(rest, FL_REST);
    ROW_FIELD(part, FL_PART);
    ROW_FIELD(part_of_others, FL_PART_OF_OTHERS);
    ROW_FIELD(part_of_value, FL_PART_OF_VALUE);
    ROW_FIELD(part_of_bend, FL_PART_OF_BEND);
    ROW_FIELD(part_of_bend_of_others, FL_PART_OF_BEND_OF_OTHERS);
#pragma omp simd
    for (int64_t i = 0; i < n; i++) {
        const int is_top = e[i] == single_top[i];
        const real q = e[i] * factor[i], not_q = choose(is_top, rest[i], ONE - q);
        const point f = term(body, u[i], maximum[i], a[i], log_sum[i], q, not_q, param);
        part_of_value[i] += f.value;
        part[i] += f.grad;
        part_of_others[i] += keep_if(!is_top, f.grad);
        part_of_bend[i] += f.hess;
        part_of_bend_of_others[i] += keep_if(!is_top, f.hess);
        u[i] = f.grad, bend[i] = f.hess;
    }
}

static void columns_terms_of(void (*loop)(const fl_columns *, int64_t), const fl_columns *k)
{
    static const struct {
        int part, sum;
    } sums[] = {{FL_PART, FL_MASS},
                {FL_PART_OF_OTHERS, FL_MASS_OF_OTHERS},
                {FL_PART_OF_VALUE, FL_TARGET_VALUE},
                {FL_PART_OF_BEND, FL_BEND},
                {FL_PART_OF_BEND_OF_OTHERS, FL_BEND_OF_OTHERS}};
    enum { SUMS = sizeof sums / sizeof *sums };
    const int64_t n = k->rows.n, classes = k->classes;
    for (int s = 0; s < SUMS; s++) {
        ROW_FIELD(part, sums[s].part);
        ROW_FIELD(sum, sums[s].sum);
        memset(part, 0, (size_t)n * sizeof(real));
        memset(sum, 0, (size_t)n * sizeof(real));
    }
    for (int64_t c = 0; c < classes; c++) {
        loop(k, c);
        for (int s = 0; s < SUMS && (c % CLASSES_TOGETHER == CLASSES_TOGETHER - 1 || c == classes - 1); s++)
            columns_add(k, ONE, sums[s].part, sums[s].sum);
    }
}

#define TERMS(loss)                                                                                                            \
    NOINLINE void terms_loop_##loss(const fl_terms *t, const real *restrict a, const real *restrict e, const real *restrict u, \
                                    int64_t n, real *restrict value, real *restrict target, real *restrict bend)               \
    {                                                                                                                          \
        terms_loop(loss##_of_log_probability, t, a, e, u, n, value, target, bend);                                             \
    }                                                                                                                          \
    static void terms_##loss(const fl_terms *t)                                                                                \
    {                                                                                                                          \
        terms_of_any(terms_loop_##loss, t);                                                                                    \
    }                                                                                                                          \
    NOINLINE void columns_terms_loop_##loss(const fl_columns *k, int64_t c)                                                    \
    {                                                                                                                          \
        columns_terms_loop(loss##_of_log_probability, k, c);                                                                   \
    }                                                                                                                          \
    static void columns_terms_##loss(const fl_columns *k)                                                                      \
    {                                                                                                                          \
        columns_terms_of(columns_terms_loop_##loss, k);                                                                        \
    }

/* The instances of a loss, and their names. */
#define INSTANCES_OF_log_probability(loss, has_operand) FINISH(loss, 0) TERMS(loss)
#define INSTANCES_OF_cross_entropy(loss, has_operand) FINISH(loss, 1)
#define INSTANCES_OF_function(loss, has_operand)
#define KERNELS_OF_log_probability(loss, has_operand) .log_probability = {finish_##loss, terms_##loss, columns_terms_##loss}
#define KERNELS_OF_cross_entropy(loss, has_operand) .log_probability = {finish_##loss, NULL, NULL}
#define KERNELS_OF_function KERNELS_OF_cross_entropy

#endif
