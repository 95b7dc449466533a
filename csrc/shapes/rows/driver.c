/* The driver of the losses of a row: rows in logical order, and along each row the classes, a segment at a time. What is done
 * with a row is its shape's. */
#include "rows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    /* Elements a task handles: enough to pay for handing the task out. */
    ELEMENTS_A_TASK = 16 * 1024,
    /* Rows are prefetched at least this far ahead: about the time that memory takes to answer. Measured: 8 to 32 KiB are alike.
     */
    PREFETCH_BYTES = 16 * 1024,
};

/* Before anything is written: are all labels (and, where asked for, all numbers) good, and what does the mean divide by? */
static void look_task(void *context, int64_t task, char *scratch)
{
    job *j = context;
    rows_memory *m = fl_memory_of(j, scratch);
    int64_t first;
    const int64_t n = fl_task_rows(j, task, &first);
    int counts = 0;
    j->partial[task] = 0.0;
    if (j->only_labels) {
        const int64_t counting = fl_count_labels(j, first, n, m);
        j->partial[task] = counting > 0 ? (double)counting : 0.0;
        counts = counting > 0;
    } else {
        if (!fl_load_given_rows(j, first, n, m))
            return;
        double least = INFINITY, most = 0.0;
        for (int64_t i = 0; i < n; i++) {
            const double weight = fabs(m->weight[i]), product = m->mass[i] * m->weight[i];
            counts |= m->mass[i] != 0.0 && weight != 0.0;
            least = weight > 0.0 && weight < least ? weight : least;
            most = weight > most && weight < INFINITY ? weight : most;
            m->value[i] = j->extreme ? fl_product_below(m->mass[i], m->weight[i], j->weight_exponent) : product;
        }
        j->partial[task] = fl_sum_of_rows(j, m->value, n);
        fl_note_sizes(&j->weight_sizes, least, most);
        if (j->shape->look)
            j->shape->look(j, first, n, m);
        if (j->call->check_first && !j->call->labels)
            fl_check_rows(j, first, n, m->work);
    }
    if (counts)
        __atomic_store_n(&j->something_counts, 1, __ATOMIC_RELAXED);
}

/* Extreme weights: what their exponents come to at most, of the rows that count. */
static void exponent_task(void *context, int64_t task, char *scratch)
{
    job *j = context;
    rows_memory *m = fl_memory_of(j, scratch);
    int64_t first;
    const int64_t n = fl_task_rows(j, task, &first);
    j->partial[task] = 0.0;
    if (!fl_load_given_rows(j, first, n, m))
        return;
    int most = INT_MIN;
    for (int64_t i = 0; i < n; i++) {
        const int exponent =
            fl_exponent_of(m->weight[i]) + (fl_has_class_numbers(j) ? j->class_exponent : fl_exponent_of(m->mass[i]));
        if (m->weight[i] != 0.0 && isfinite(m->weight[i]) && m->mass[i] != 0.0 && exponent > most)
            most = exponent;
    }
    int known = __atomic_load_n(&j->weight_exponent, __ATOMIC_RELAXED);
    while (most > known &&
           !__atomic_compare_exchange_n(&j->weight_exponent, &known, most, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        ;
}

/* The sum of what the tasks have left. */
static fl_status sum_up(job *j, fl_status status, double *total)
{
    if (status != FL_OK)
        return status;
    if (j->bad_label)
        return FL_BAD_LABEL;
    if (j->outside[FL_PRED] || j->outside[FL_TARGET]) {
        j->call->outside = j->outside[FL_PRED] ? FL_PRED : FL_TARGET;
        return FL_OUTSIDE;
    }
    *total = fl_pairwise_sum(j->partial, j->n_tasks);
    return FL_OK;
}

/* What a mean divides by, where weights or labels say it; all labels are looked at. */
static fl_status sum_weights(job *j, double *count)
{
    j->weight_sizes = fl_no_sizes();
    fl_status status = sum_up(j, fl_run_row_tasks(j, look_task, j->rows_a_task, 0), count);
    const int extreme = j->extreme || fl_are_extreme(&j->weight_sizes);
    if (status != FL_OK || !extreme || j->call->reduction != FL_MEAN || !j->something_counts)
        return status;
    double unused;
    j->weight_exponent = INT_MIN;
    status = sum_up(j, fl_run_row_tasks(j, exponent_task, j->rows_a_task, 0), &unused);
    j->extreme = 1;
    if (j->weight_exponent == INT_MIN)
        j->weight_exponent = 0;
    return status == FL_OK ? sum_up(j, fl_run_row_tasks(j, look_task, j->rows_a_task, 0), count) : status;
}

static fl_status run_passes(job *j, fl_call *call)
{
    double count = (double)j->walk.size, total = 0.0;
    j->something_counts = j->walk.size > 0;
    const int check = call->check_first && (j->domain[FL_PRED].checked || j->domain[FL_TARGET].checked);
    const int look = call->labels || j->shape->has_lists || check || (call->weight.data && call->reduction == FL_MEAN);
    if (look) {
        j->something_counts = 0;
        const fl_status status = sum_weights(j, &count);
        if (status != FL_OK)
            return status;
        /* Not a second time. Of labels alone this cannot be said: they index memory. */
        if (call->check_first)
            j->domain[FL_PRED].checked = j->domain[FL_TARGET].checked = 0;
    }
    /* Where nothing is divided by, nothing has a part, smoothed labels of weight 0 neither. */
    j->scale = call->reduction != FL_MEAN ? 1.0 : j->something_counts ? 1.0 / count : 0.0;
    const fl_status run = j->shape->run ? j->shape->run(j) : fl_run_row_tasks(j, fl_row_task, j->rows_a_task, 0);
    const fl_status status = sum_up(j, run, &total);
    call->reduced = call->reduction != FL_MEAN ? total : j->something_counts ? total / count : call->empty_is_zero ? 0.0 : NAN;
    return status;
}

/* What is known of a call before its shape plans. */
static void describe(job *j)
{
    fl_call *call = j->call;
    fl_walk_call(&j->walk, j->array, call, 0);
    j->item = fl_itemsize(call->real);
    j->segment = FL_SEGMENT_BYTES / (int64_t)j->item;
    j->n_segments = (call->classes + j->segment - 1) / j->segment;
    j->domain[FL_PRED] = call->argument[FL_PRED].domain;
    const int has_numbers = call->argument[FL_TARGET].array.data && !call->labels && !j->shape->has_lists;
    if (has_numbers)
        j->domain[FL_TARGET] = call->argument[FL_TARGET].domain;
    j->rows_a_task = fl_rows_worth(j, ELEMENTS_A_TASK);
    j->elements = (double)j->walk.size * (double)call->classes;
    const int results =
        (j->array[FL_PRED_GRAD].data != NULL) + (j->array[FL_PRED_HESS].data != NULL) + (j->array[FL_TARGET_GRAD].data != NULL);
    j->stream = j->elements * (double)(j->item * (size_t)results) > FL_STREAM_BYTES;
    for (int which = FL_PRED; which <= FL_TARGET; which++) {
        const int64_t row_bytes = (int64_t)fl_itemsize(fl_array_of(call, which)->dtype) * call->classes;
        if (call->classes >= FL_GROUP && fl_rows_follow(j, which) && !(which == FL_TARGET && call->labels))
            j->ahead[which] = (PREFETCH_BYTES / row_bytes + 1) * row_bytes;
    }
    fl_look_at_class_weights(j);
}

fl_status fl_run_rows(fl_call *call, const fl_loss_info *loss, const fl_shape *shape)
{
    if (fl_too_large(call->ndim, call->shape, call->classes))
        return FL_NO_MEMORY;
    job j;
    memset(&j, 0, offsetof(job, walk));
    j.call = call, j.loss = loss, j.shape = shape->of_rows;
    j.kernels = fl_kernels_for(call->tier, call->real);
    describe(&j);
    fl_status status = j.shape->plan(&j);
    if (j.elements < FL_SERIAL_ELEMENTS)
        call->n_threads = 1;
    j.n_tasks = (j.walk.size + j.rows_a_task - 1) / j.rows_a_task;
    enum { FEW = 64 };
    double few[FEW];
    j.partial = j.n_tasks > FEW ? malloc((size_t)j.n_tasks * sizeof(double)) : few;
    if (status == FL_OK)
        status = j.partial ? run_passes(&j, call) : FL_NO_MEMORY;
    if (j.partial != few)
        free(j.partial);
    free(j.class_numbers);
    return status;
}
