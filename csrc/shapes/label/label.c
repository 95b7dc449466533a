/* The shape of rows of which only the label's entry counts: no other number of a row is read, so what such a row costs is the
 * time that memory takes to answer. Entries of rows to come are therefore asked of memory before they are read. */
#include "../rows/rows.h"

#include <math.h>
#include <string.h>

#include "../../loops/label.h"

enum {
    /* Elements a task handles: more than of rows that are read whole, since the entries of many rows can be waited for at once.
     */
    ELEMENTS_A_TASK = 128 * 1024,
    /* Rows whose entries are under way at a time. */
    ROWS_AHEAD = 32,
    /* What an entry costs in elements of rows that are read whole. Measured on Zen 3: 12 ns, where a second thread takes 20 µs
       to wake. */
    ELEMENTS_AN_ENTRY = 2,
};

/* Where the labels' entries of a task's rows lie; NULL for rows that add nothing, whatever their numbers. */
typedef struct {
    const char *of_row[FL_MAX_ROWS_A_TASK];
} entries;

static void find_entries(const job *j, int64_t first, int64_t n, const rows_memory *m, entries *e)
{
    const int in_line = j->walk.ndim == 1;
    const intptr_t step = j->walk.stride[FL_PRED][0], class_stride = j->call->argument[FL_PRED].array.class_stride;
    const char *start = in_line ? fl_address(&j->walk, j->array[FL_PRED], first) : NULL;
    for (int64_t i = 0; i < n; i++) {
        const int64_t label = m->label[i];
        const int counts = j->only_labels ? label >= 0 : fl_row_counts(j, m, i);
        const char *row = !counts ? NULL : in_line ? start + i * step : fl_address(&j->walk, j->array[FL_PRED], first + i);
        e->of_row[i] = counts ? row + label * class_stride : NULL;
    }
}

/* The entries in type real; NaN, which every domain lets through, where none is read. */
static void load_entries(const job *j, int64_t n, const entries *e, void *chosen)
{
    if (n <= 0)
        return;
    _Alignas(64) char as_stored[FL_MAX_ROWS_A_TASK * sizeof(double)];
    const fl_dtype dtype = j->call->argument[FL_PRED].array.dtype;
    const size_t item = fl_itemsize(dtype);
    for (int64_t i = 0; i < n && i < ROWS_AHEAD; i++)
        __builtin_prefetch(e->of_row[i], 0, 3);
    for (int64_t i = 0; i < n; i++) {
        const char *from = e->of_row[i];
        char *to = as_stored + i * (int64_t)item;
        if (i + ROWS_AHEAD < n)
            __builtin_prefetch(e->of_row[i + ROWS_AHEAD], 0, 3);
        /* A copy of a known size is one instruction. */
        if (!from)
            memset(to, 0, item);
        else if (item == sizeof(float))
            memcpy(to, from, sizeof(float));
        else if (item == sizeof(double))
            memcpy(to, from, sizeof(double));
        else
            memcpy(to, from, item);
    }
    fl_gather(as_stored, (intptr_t)item, n, dtype, j->call->real, chosen);
    for (int64_t i = 0; i < n; i++)
        if (!e->of_row[i])
            fl_store(NAN, chosen, i, j->call->real);
}

/* Derivatives of a row: zeros but for the label's. `zeros` are a segment of them, which are left as they were. */
static void keep_derivatives(const job *j, const row *r, int64_t label, double chosen, double slope, char *zeros, char *buffer)
{
    for (int64_t s = 0; s < j->n_segments && j->array[FL_PRED_HESS].data; s++)
        fl_keep_segment(j, FL_PRED_HESS, r, s, zeros);
    if (isnan(chosen)) {
        fl_spread_nan(j, FL_PRED_GRAD, r, buffer);
        return;
    }
    for (int64_t s = 0; s < j->n_segments; s++) {
        const int64_t at = label - s * j->segment;
        const int here = at >= 0 && at < fl_segment_length(j, s);
        if (here)
            fl_store(slope, zeros, at, j->call->real);
        fl_keep_segment(j, FL_PRED_GRAD, r, s, zeros);
        if (here)
            fl_store(0.0, zeros, at, j->call->real);
    }
}

static fl_status plan(job *j)
{
    const fl_call *c = j->call;
    const int written = j->array[FL_PRED_GRAD].data || j->array[FL_PRED_HESS].data;
    j->rows_a_task = fl_rows_worth(j, ELEMENTS_A_TASK);
    j->elements = (double)j->walk.size * (written ? (double)c->classes : (double)ELEMENTS_AN_ENTRY);
    j->work_bytes = sizeof(segment_buffers);
    j->only_labels = !c->weight.data && !c->class_weight && !c->newton && !(c->check_first && j->domain[FL_PRED].checked);
    return FL_OK;
}

static void look(job *j, int64_t first, int64_t n, rows_memory *m)
{
    if (!j->call->check_first)
        return;
    char *chosen = ((segment_buffers *)m->work)->pred;
    entries e;
    find_entries(j, first, n, m, &e);
    load_entries(j, n, &e, chosen);
    fl_check_numbers(j, chosen, n, FL_PRED);
}

static void labels(job *j, int64_t first, int64_t n, rows_memory *m)
{
    segment_buffers *b = (segment_buffers *)m->work;
    entries e;
    find_entries(j, first, n, m, &e);
    /* They are read before the gradient is written: it may go to the same place. */
    load_entries(j, n, &e, b->pred);
    if (!fl_check_numbers(j, b->pred, n, FL_PRED))
        return;
    fl_gather(b->pred, (intptr_t)j->item, n, j->call->real, FL_FLOAT64, m->value);
    if (j->array[FL_PRED_GRAD].data)
        memset(b->grad, 0, (size_t)fl_segment_length(j, 0) * j->item);
    for (int64_t i = 0; i < n && j->array[FL_PRED_GRAD].data; i++) {
        const row r = fl_rows_at(j, first + i);
        const double strength = fl_label_weight(j, m->label[i]), weight = j->only_labels ? 1.0 : m->weight[i];
        if (e.of_row[i])
            keep_derivatives(j, &r, m->label[i], m->value[i], fl_slope_of_entry(strength) * (j->scale * weight), b->grad,
                             b->hess);
        else
            fl_clear_row(j, &r);
    }
    for (int64_t i = 0; i < n && !j->only_labels; i++)
        m->value[i] = fl_rounded_value(j, fl_value_of_entry(m->value[i], fl_label_weight(j, m->label[i])), m->weight[i]);
    for (int64_t i = 0; i < n; i++)
        m->value[i] = !e.of_row[i] ? 0.0 : j->only_labels ? fl_value_of_entry(m->value[i], 1.0) : m->value[i];
}

static const fl_row_shape shape = {.plan = plan, .look = look, .rows = labels, .label_weighs_in_mean = 1};

const fl_shape fl_shape_label = {"rows", fl_run_rows, &shape};
