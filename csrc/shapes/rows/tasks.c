/* Rows by tasks: the memory of a thread, and what a task does. */
#include "rows.h"

#include <string.h>

enum {
    ELEMENTS_A_SLICE = 16 * 1024 * 1024,
};

int64_t fl_rows_worth(const job *j, int64_t elements)
{
    int64_t rows = elements / (j->call->classes + 1) + 1;
    if (rows > FL_MAX_ROWS_A_TASK)
        rows = FL_MAX_ROWS_A_TASK;
    if (rows > j->walk.size)
        rows = j->walk.size > 0 ? j->walk.size : 1;
    return rows;
}

int64_t fl_task_rows(const job *j, int64_t task, int64_t *first)
{
    *first = task * j->rows_a_task;
    const int64_t left = j->walk.size - *first;
    return left < j->rows_a_task ? left : j->rows_a_task;
}

rows_memory *fl_memory_of(const job *j, char *scratch)
{
    rows_memory *m = (rows_memory *)scratch;
    const int64_t rows = fl_padded(j->rows_a_task);
    m->value = (double *)(scratch + (sizeof *m + 63) / 64 * 64);
    m->weight = m->value + rows;
    m->mass = m->weight + rows;
    m->label = (int64_t *)(m->mass + rows);
    m->work = (char *)(m->label + rows);
    return m;
}

double fl_sum_of_rows(const job *j, double *x, int64_t n)
{
    for (int64_t i = n; i < fl_padded(n); i++)
        x[i] = 0.0;
    return fl_kernels_for(j->call->tier, FL_FLOAT64)->sum(x, fl_padded(n));
}

/* Rows in which a number outside of its domain is found are left as they are. */
static void clear_values(const job *j, int64_t n, rows_memory *m)
{
    if (j->domain[FL_PRED].checked || j->domain[FL_TARGET].checked)
        memset(m->value, 0, (size_t)n * sizeof *m->value);
}

void fl_each_row(job *j, int64_t first, int64_t n, rows_memory *m, fl_row_function of_row)
{
    for (int64_t i = 0; i < n; i++) {
        const row r = fl_rows_at(j, first + i);
        const double weight = m->weight[i];
        if (fl_row_counts(j, m, i)) {
            m->value[i] = fl_rounded_value(j, of_row(j, &r, m->label[i], j->scale * weight, m), weight);
        } else {
            fl_check_row(j, &r, m->work);
            fl_clear_row(j, &r);
            m->value[i] = 0.0;
        }
    }
}

int fl_compute_rows(job *j, int64_t first, int64_t n, job *of, int64_t at, rows_memory *m)
{
    double *const partial = &j->partial[first / j->rows_a_task];
    *partial = 0.0;
    if (!fl_load_rows(j, first, n, m))
        return 0;
    clear_values(j, n, m);
    if (of->shape->rows)
        of->shape->rows(of, at, n, m);
    else
        fl_each_row(of, at, n, m, of->shape->row);
    for (int64_t i = 0; i < n && j->call->newton && j->array[FL_PRED_HESS].data && !j->shape->floors_hessians; i++)
        if (fl_row_counts(j, m, i)) {
            const row r = fl_rows_at(j, first + i);
            fl_floor_row(j, &r, m->weight[i]);
        }
    fl_keep_values(j, first, n, m->value);
    *partial = fl_sum_of_rows(j, m->value, n);
    return 1;
}

void fl_row_task(void *context, int64_t task, char *scratch)
{
    job *j = context;
    int64_t first;
    const int64_t n = fl_task_rows(j, task, &first);
    fl_compute_rows(j, first, n, j, first, fl_memory_of(j, scratch));
}

static void finish_task(void *context, char *scratch)
{
    job *j = context;
    if (((rows_memory *)scratch)->pending)
        j->shape->pending(j, fl_memory_of(j, scratch));
}

fl_status fl_run_row_tasks(job *j, fl_task task, int64_t rows, size_t more_bytes)
{
    const double elements = (double)rows * (double)(j->call->classes + 1) * (double)(j->walks + 1);
    const int64_t slice = (int64_t)(ELEMENTS_A_SLICE / elements) + 1;
    const size_t bytes = sizeof(rows_memory) + 64 + 4 * (size_t)fl_padded(j->rows_a_task) * sizeof(double) +
                         (j->work_bytes + 63) / 64 * 64 + more_bytes;
    return fl_run_tasks(j->call, (j->walk.size + rows - 1) / rows, slice, task, finish_task, j, bytes, &j->bad_label);
}
