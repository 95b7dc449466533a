/* What rows and classes count: labels, sample weights, class weights. */
#include "rows.h"

#include <math.h>
#include <stdlib.h>

/* Labels of rows first ... first + n - 1, if they lie as the kernel for labels reads them, else NULL. */
static const int64_t *labels_in_place(const job *j, int64_t first, int64_t n)
{
    const fl_walked a = j->array[FL_TARGET];
    return n % FL_GROUP || !fl_direct(&j->walk, a, FL_INT64) ? NULL : (const int64_t *)a.data + first;
}

/* The labels of rows, into m->label unless they are only counted. Returns whether all are good. */
static int load_labels(job *j, int64_t first, int64_t n, int only_count, rows_memory *m, int64_t *counting)
{
    const fl_call *c = j->call;
    const int64_t padded = fl_padded(n), *from = labels_in_place(j, first, n);
    *counting = 0;
    if (!from) {
        from = m->label;
        fl_gather_walked_labels(&j->walk, j->array[FL_TARGET], first, n, m->label);
        for (int64_t i = n; i < padded; i++)
            m->label[i] = c->ignore_index;
    }
    if (n > 0 && j->kernels->labels(from, padded, c->classes, c->ignore_index, only_count ? NULL : m->label, counting)) {
        __atomic_store_n(&j->bad_label, 1, __ATOMIC_RELAXED);
        return 0;
    }
    return 1;
}

int64_t fl_count_labels(job *j, int64_t first, int64_t n, rows_memory *m)
{
    int64_t counting;
    return load_labels(j, first, n, 1, m, &counting) ? counting : -1;
}

int fl_has_class_numbers(const job *j)
{
    const fl_call *c = j->call;
    const int mixes = j->shape->mixes_class_weights && (!c->labels || c->label_smoothing != 0.0);
    return c->class_weight && (j->shape->weighs_every_class || mixes);
}

/* A margin loss has the mean over rows, whatever their class weights. */
static double weight_in_the_mean(const job *j, int64_t label)
{
    return label >= 0 && j->shape->label_weighs_in_mean && j->call->class_weight ? j->call->class_weight[label] : 1.0;
}

/* Extreme weights: those of a row's label become part of the row's weight, in which they neither overflow nor vanish. */
static void join_weights(const job *j, int64_t n, rows_memory *m)
{
    const fl_call *c = j->call;
    const int side_by_side = fl_has_class_numbers(j), of_labels = c->labels && c->class_weight && !j->shape->weighs_every_class;
    const int exponent = j->weight_exponent;
    for (int64_t i = 0; i < n; i++) {
        const double weight = m->weight[i], of_label = of_labels && m->label[i] >= 0 ? c->class_weight[m->label[i]] : 1.0;
        m->weight[i] =
            fl_product_below(weight, side_by_side ? 1.0 : of_label, exponent - (side_by_side ? j->class_exponent : 0));
        if (m->mass[i] != 0.0)
            m->mass[i] = side_by_side && of_labels ? ldexp(of_label, -j->class_exponent) : 1.0;
    }
}

int fl_load_given_rows(job *j, int64_t first, int64_t n, rows_memory *m)
{
    const fl_call *c = j->call;
    const int64_t padded = fl_padded(n);
    int64_t counting;
    if (c->weight.data)
        fl_gather_walked(&j->walk, j->array[FL_WEIGHT], first, n, FL_FLOAT64, m->weight);
    else
        for (int64_t i = 0; i < n; i++)
            m->weight[i] = 1.0;
    for (int64_t i = n; i < padded; i++)
        m->weight[i] = 0.0;
    if (!c->labels) {
        for (int64_t i = 0; i < padded; i++) {
            m->mass[i] = 1.0;
            m->label[i] = -1;
        }
        return 1;
    }
    if (!load_labels(j, first, n, 0, m, &counting))
        return 0;
    for (int64_t i = 0; i < padded; i++) {
        m->mass[i] = m->label[i] < 0 ? 0.0 : 1.0;
        m->weight[i] = m->label[i] < 0 ? 0.0 : m->weight[i];
    }
    for (int64_t i = 0; i < n && c->class_weight; i++) {
        if (m->label[i] >= 0)
            m->mass[i] = weight_in_the_mean(j, m->label[i]);
        if (m->mass[i] == 0.0 && c->label_smoothing == 0.0)
            m->weight[i] = 0.0;
    }
    return 1;
}

int fl_load_rows(job *j, int64_t first, int64_t n, rows_memory *m)
{
    int64_t counting;
    if (j->only_labels)
        return load_labels(j, first, n, 0, m, &counting);
    if (!fl_load_given_rows(j, first, n, m))
        return 0;
    if (j->extreme)
        join_weights(j, n, m);
    return 1;
}

void fl_ask_for_rows(const job *j, int64_t first, int64_t n)
{
    for (int which = FL_TARGET; which <= FL_WEIGHT; which++) {
        const fl_array *a = fl_array_of(j->call, which);
        const intptr_t item = (intptr_t)fl_itemsize(a->dtype);
        const int given = which == FL_TARGET ? j->call->labels : a->data != NULL;
        if (j->stream && given && j->walk.ndim == 1 && j->walk.stride[which][0] == item)
            fl_prefetch(fl_address(&j->walk, j->array[which], first), n * item);
    }
}

void fl_look_at_class_weights(job *j)
{
    const fl_call *c = j->call;
    fl_sizes sizes = fl_no_sizes();
    for (int64_t i = 0; i < c->classes && c->class_weight; i++)
        if (c->class_weight[i] > 0.0 && c->class_weight[i] < INFINITY)
            fl_note_sizes(&sizes, c->class_weight[i], c->class_weight[i]);
    j->extreme = fl_are_extreme(&sizes);
    j->class_exponent = j->extreme ? fl_exponent_of(fl_number_of(sizes.most)) : 0;
}

fl_status fl_make_class_numbers(job *j, double share, int64_t copies)
{
    const fl_call *c = j->call;
    const int64_t n = copies * c->classes, padded = fl_padded(n);
    j->class_numbers = malloc((size_t)padded * j->item);
    if (!j->class_numbers)
        return FL_NO_MEMORY;
    for (int64_t i = 0; i < padded; i++) {
        const double weight = c->class_weight && i < n ? ldexp(c->class_weight[i % c->classes], -j->class_exponent) : 1.0;
        fl_store(i < n ? share * weight : 0.0, j->class_numbers, i, c->real);
    }
    return FL_OK;
}

void fl_keep_values(const job *j, int64_t first, int64_t n, const double *values)
{
    for (int64_t i = 0; i < n && j->call->value.data; i++)
        fl_store(values[i], fl_address(&j->walk, j->array[FL_VALUES], first + i), 0, j->call->value.dtype);
}
