/* Rows of softmax that all threads share. */
#include "softmax.h"

#include <stdlib.h>
#include <string.h>

enum {
    /* Tasks between two looks at signals: 16 Mi elements of float. */
    TASKS_A_SLICE = 1024,
};

typedef struct {
    job *j;
    int64_t parts;    /* of a row */
    fl_segment *part; /* of every row */
    term_sums *terms; /* of every part */
    double label_logit[FL_ROWS_TOGETHER];
    batch b;
} shared_rows;

/* A thread's memory. */
typedef struct {
    segment_buffers buffers;
    _Alignas(64) char exponentials[FL_SEGMENT_BYTES];
} shared_memory;

static int64_t parts_of_row(const job *j)
{
    return (j->n_segments + SEGMENTS_TOGETHER - 1) / SEGMENTS_TOGETHER;
}

static void shared_forward_task(void *context, int64_t task, char *scratch)
{
    shared_rows *k = context;
    job *j = k->j;
    const softmax_plan *p = softmax_plan_of(j);
    shared_memory *m = (shared_memory *)scratch;
    const int64_t i = task / k->parts, first = task % k->parts * SEGMENTS_TOGETHER;
    fl_segment total = FL_NO_SEGMENT;
    for (int64_t s = first; s < j->n_segments && s < first + SEGMENTS_TOGETHER; s++) {
        const fl_segment part =
            fl_softmax_segment(j, &k->b.where[i], s, k->b.label[i], &k->label_logit[i], &m->buffers, m->exponentials);
        fl_join(&total, &part, p->softening, p->statistics);
    }
    k->part[task] = total;
}

static void shared_terms_task(void *context, int64_t task, char *scratch)
{
    shared_rows *k = context;
    job *j = k->j;
    shared_memory *m = (shared_memory *)scratch;
    const int64_t i = task / k->parts, first = task % k->parts * SEGMENTS_TOGETHER;
    term_sums total = {0};
    for (int64_t s = first; s < j->n_segments && s < first + SEGMENTS_TOGETHER; s++) {
        double unused;
        const fl_segment part = fl_softmax_segment(j, &k->b.where[i], s, -1, &unused, &m->buffers, m->exponentials);
        fl_sum_terms(j, &k->b, &m->buffers, i, s, m->exponentials, part.maximum, part.top, &total);
    }
    k->terms[task] = total;
}

static void shared_backward_task(void *context, int64_t task, char *scratch)
{
    shared_rows *k = context;
    job *j = k->j;
    shared_memory *m = (shared_memory *)scratch;
    const int64_t i = task / k->parts, first = task % k->parts * SEGMENTS_TOGETHER;
    for (int64_t s = first; s < j->n_segments && s < first + SEGMENTS_TOGETHER; s++) {
        const fl_segment part = fl_softmax_segment(j, &k->b.where[i], s, -1, NULL, &m->buffers, m->exponentials);
        fl_softmax_derivatives(j, &k->b, &m->buffers, i, s, m->exponentials, part.maximum, part.top);
    }
}

/* All parts of n rows. Returns whether all is well. */
static fl_status run_parts(shared_rows *k, int64_t n, fl_task task)
{
    job *j = k->j;
    return fl_run_tasks(j->call, n * k->parts, TASKS_A_SLICE, task, NULL, k, sizeof(shared_memory), &j->outside[FL_TARGET]);
}

/* Rows first ... first + n - 1, whose labels and weights are in m. */
static fl_status run_shared_rows(job *j, shared_rows *k, int64_t first, int64_t n, rows_memory *m)
{
    const softmax_plan *p = softmax_plan_of(j);
    for (int64_t i = 0; i < n; i++) {
        k->b.where[i] = fl_rows_at(j, first + i);
        k->b.label[i] = m->label[i];
    }
    fl_status status = run_parts(k, n, shared_forward_task);
    if (status != FL_OK || j->outside[FL_TARGET])
        return status;
    fl_segment totals[FL_ROWS_TOGETHER];
    for (int64_t i = 0; i < n; i++) {
        totals[i] = FL_NO_SEGMENT;
        for (int64_t part = 0; part < k->parts; part++)
            fl_join(&totals[i], &k->part[i * k->parts + part], p->softening, p->statistics);
    }
    fl_begin_batch(j, &k->b, n, 0, totals, k->label_logit, m);
    if (p->terms) {
        status = run_parts(k, n, shared_terms_task);
        if (status != FL_OK || j->outside[FL_TARGET])
            return status;
    }
    for (int64_t i = 0; i < n && p->terms; i++) {
        term_sums total = {0};
        for (int64_t part = 0; part < k->parts; part++)
            fl_join_terms(&total, &k->terms[i * k->parts + part]);
        fl_note_terms(&k->b, i, &total);
    }
    fl_finish_batch(j, &k->b, first, n, 0, totals, m);
    if (j->call->outputs & PER_LOGIT)
        status = run_parts(k, n, shared_backward_task);
    return status;
}

int fl_rows_are_shared(const job *j)
{
    const softmax_plan *p = softmax_plan_of(j);
    const int64_t parts = parts_of_row(j);
    /* The partial sums are those of tasks: here, of one row each. */
    return !p->side_by_side && j->n_tasks > 0 && j->rows_a_task == 1 &&
           (j->n_segments > MAX_SEGMENTS ||
            (j->call->n_threads > 1 && parts > 1 && j->n_tasks < 2 * (int64_t)j->call->n_threads));
}

fl_status fl_run_shared_rows(job *j)
{
    int64_t label[FL_GROUP];
    double value[FL_GROUP], weight[FL_GROUP], mass[FL_GROUP];
    rows_memory m = {.value = value, .weight = weight, .mass = mass, .label = label};
    const int64_t parts = parts_of_row(j);
    const int64_t together = j->walk.size < FL_ROWS_TOGETHER && parts < TASKS_A_SLICE ? j->walk.size : 1;
    shared_rows *k = malloc(sizeof *k);
    fl_segment *part = malloc((size_t)(together * parts) * sizeof *part);
    term_sums *terms = malloc((size_t)(together * parts) * sizeof *terms);
    fl_status status = k && part && terms ? FL_OK : FL_NO_MEMORY;
    int64_t walked = 0;
    for (int64_t first = 0; first < j->walk.size && status == FL_OK && !j->outside[FL_TARGET]; first += together) {
        const int64_t left = j->walk.size - first, n = left < together ? left : together;
        k->j = j, k->parts = parts, k->part = part, k->terms = terms;
        if (!fl_load_rows(j, first, n, &m))
            break;
        status = run_shared_rows(j, k, first, n, &m);
        if (status == FL_OK && !j->outside[FL_TARGET]) {
            fl_keep_values(j, first, n, value);
            memcpy(j->partial + first, value, (size_t)n * sizeof *value);
        }
        walked += n * parts;
        if (walked >= TASKS_A_SLICE && status == FL_OK && first + n < j->walk.size) {
            walked = 0;
            if (j->call->interrupted && j->call->interrupted())
                status = FL_INTERRUPTED;
        }
    }
    free(k);
    free(part);
    free(terms);
    return status;
}
