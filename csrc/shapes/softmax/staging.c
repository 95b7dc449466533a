/* Rows whose classes lie far apart in memory, one line of cache each: some rows at a time are brought together, so that a line
 * is read once for all rows that it holds a class of. What computes them then sees rows that lie one after the other. */
#include "softmax.h"

#include <string.h>

enum {
    /* Rows a line of cache holds a class of, in float. */
    ROWS_A_LINE = 16,
    /* A thread has so much for all arrays: less than 1 MiB with what keeps the exponentials of a row of that size. */
    STAGE_BYTES = 512 * 1024,
    /* Memory is asked for a class as far ahead: two lines each, as rows may begin within a line. Measured: 24 and 32 are alike,
       8 a tenth slower. */
    CLASSES_AHEAD = 24,
};

static const unsigned OUTPUTS[FL_N_ARRAYS] = {[FL_PRED_GRAD] = FL_GRAD | FL_LOG_SOFTMAX, [FL_PRED_HESS] = FL_HESS};

/* Whether the array has a number for each class. */
static int has_classes(const job *j, int which)
{
    if (which == FL_PRED)
        return 1;
    if (which == FL_TARGET)
        return j->call->argument[FL_TARGET].array.data && !j->call->labels;
    return (j->call->outputs & OUTPUTS[which]) != 0;
}

static int64_t staged_arrays(const job *j)
{
    /* Derivatives go where the predictions were. */
    return 1 + has_classes(j, FL_TARGET) + has_classes(j, FL_PRED_HESS);
}

int64_t fl_rows_to_stage(const job *j)
{
    const fl_walk *w = &j->walk;
    for (int which = FL_PRED; which < FL_N_ARRAYS; which++) {
        const fl_array *a = fl_array_of(j->call, which);
        if (!has_classes(j, which))
            continue;
        const intptr_t item = (intptr_t)fl_itemsize(a->dtype);
        if (w->ndim == 0 || w->stride[which][w->ndim - 1] != item || a->class_stride == item)
            return 0;
    }
    const int64_t most = STAGE_BYTES / (staged_arrays(j) * j->call->classes * (int64_t)j->item);
    const int64_t wanted = j->rows_a_task < ROWS_A_LINE ? ROWS_A_LINE : j->rows_a_task;
    const int64_t rows = (most < wanted ? most : wanted) / j->rows_a_task * j->rows_a_task;
    /* One alone gains nothing. */
    return rows > 1 && rows < w->size ? rows : 0;
}

/* A class of n rows from `first` on. Mostly they lie side by side; memory is then asked for the same of a class some classes
 * ahead. */
typedef struct {
    const job *j;
    int which;
    int64_t first, n;
    char *start; /* where class 0 lies side by side, or NULL */
} class_runs;

static class_runs runs_of(const job *j, int which, int64_t first, int64_t n)
{
    const fl_walk *w = &j->walk;
    const int64_t inner = w->shape[w->ndim - 1];
    return (class_runs){j, which, first, n, first % inner + n <= inner ? fl_address(w, j->array[which], first) : NULL};
}

static char *run_of(const class_runs *r, int64_t class)
{
    if (!r->start)
        return NULL;
    char *const run = r->start + class * fl_array_of(r->j->call, r->which)->class_stride;
    const char *const ahead = run + CLASSES_AHEAD * fl_array_of(r->j->call, r->which)->class_stride;
    __builtin_prefetch(ahead);
    __builtin_prefetch(ahead + r->n * (int64_t)fl_itemsize(fl_array_of(r->j->call, r->which)->dtype) - 1);
    return run;
}

static void gather_class(const class_runs *r, int64_t class, char *to)
{
    const fl_dtype dtype = fl_array_of(r->j->call, r->which)->dtype, real = r->j->call->real;
    const char *run = run_of(r, class);
    if (run)
        fl_gather(run, (intptr_t)fl_itemsize(dtype), r->n, dtype, real, to);
    else
        fl_gather_walked(&r->j->walk, fl_class_of_rows(r->j, r->which, class), r->first, r->n, real, to);
}

static void scatter_class(const class_runs *r, int64_t class, const char *from)
{
    const fl_dtype dtype = fl_array_of(r->j->call, r->which)->dtype, real = r->j->call->real;
    char *run = run_of(r, class);
    if (run)
        fl_scatter(from, r->n, real, run, (intptr_t)fl_itemsize(dtype), dtype);
    else
        fl_scatter_walked(&r->j->walk, from, r->first, r->n, real, fl_class_of_rows(r->j, r->which, class), NULL);
}

/* A line of rows at a time, some classes at a time, turned in registers. Out: from where they are staged. */
static void turn(const job *j, int which, int64_t first, int64_t n, char *stage, int out)
{
    const int64_t classes = j->call->classes;
    const size_t item = j->item;
    _Alignas(64) char columns[FL_GROUP * ROWS_A_LINE * sizeof(double)] = {0},
                                                       rows[FL_GROUP * ROWS_A_LINE * sizeof(double)] = {0};
    for (int64_t done = 0; done < n; done += ROWS_A_LINE) {
        const int64_t line = n - done < ROWS_A_LINE ? n - done : ROWS_A_LINE;
        const class_runs runs = runs_of(j, which, first + done, line);
        for (int64_t c = 0; c < classes; c += FL_GROUP) {
            const int64_t some = classes - c < FL_GROUP ? classes - c : FL_GROUP;
            for (int64_t i = 0; i < some && !out; i++)
                gather_class(&runs, c + i, columns + (size_t)(i * line) * item);
            if (!out)
                j->kernels->softmax->transpose_to_classes(columns, line, FL_GROUP, rows);
            for (int64_t i = 0; i < line; i++) {
                char *const staged = stage + (size_t)((done + i) * classes + c) * item, *const row =
                                                                                            rows +
                                                                                            (size_t)(i * FL_GROUP) * item;
                memcpy(out ? row : staged, out ? staged : row, (size_t)some * item);
            }
            if (out)
                j->kernels->softmax->transpose_to_rows(rows, line, FL_GROUP, columns);
            for (int64_t i = 0; i < some && out; i++)
                scatter_class(&runs, c + i, columns + (size_t)(i * line) * item);
        }
    }
}

/* What `staged` computes, a job of n rows from `first` on with a call of its own, goes to where it belongs by unstage. */
static void stage_rows(const job *j, int64_t first, int64_t n, char *memory, job *staged, fl_call *call)
{
    fl_array *const arrays[FL_N_ARRAYS] = {
        [FL_PRED] = &call->argument[FL_PRED].array,
        [FL_TARGET] = &call->argument[FL_TARGET].array,
        [FL_PRED_GRAD] = &call->argument[FL_PRED].grad,
        [FL_PRED_HESS] = &call->argument[FL_PRED].hess,
    };
    const size_t size = (size_t)(n * j->call->classes) * j->item;
    *staged = *j;
    *call = *j->call;
    staged->call = call;
    staged->walk.ndim = 1;
    staged->walk.size = staged->walk.shape[0] = n;
    staged->stream = 0;
    char *next = memory;
    for (int which = FL_PRED; which < FL_N_ARRAYS; which++) {
        if (!has_classes(j, which))
            continue;
        char *const data = which == FL_PRED_GRAD ? memory : next;
        next += which == FL_PRED_GRAD ? 0 : size;
        *arrays[which] = (fl_array){.data = data, .dtype = call->real, .class_stride = (intptr_t)j->item};
        staged->array[which] = (fl_walked){data, call->real, which};
        staged->walk.stride[which][0] = (intptr_t)j->item * call->classes;
        if (which <= FL_TARGET) {
            staged->ahead[which] = 0;
            turn(j, which, first, n, data, 0);
        }
    }
    fl_statistics *s = &call->statistics;
    s->lse = s->lse ? (char *)s->lse + (size_t)first * j->item : NULL;
    s->entropy = s->entropy ? (char *)s->entropy + (size_t)first * j->item : NULL;
    s->argmax = s->argmax ? s->argmax + first : NULL;
    s->correct = s->correct ? s->correct + first : NULL;
}

static void unstage_rows(const job *j, int64_t first, const job *staged)
{
    for (int which = FL_PRED_GRAD; which <= FL_PRED_HESS; which++)
        if (has_classes(j, which))
            turn(j, which, first, staged->walk.size, staged->array[which].data, 1);
}

static void staged_task(void *context, int64_t group, char *scratch)
{
    job *j = context, staged;
    fl_call call;
    rows_memory *m = fl_memory_of(j, scratch);
    const int64_t staged_rows = softmax_plan_of(j)->staged_rows;
    const int64_t begin = group * staged_rows, left = j->walk.size - begin, n = left < staged_rows ? left : staged_rows;
    stage_rows(j, begin, n, m->work + (j->work_bytes + 63) / 64 * 64, &staged, &call);
    for (int64_t at = 0; at < n; at += j->rows_a_task) {
        const int64_t rows = n - at < j->rows_a_task ? n - at : j->rows_a_task;
        if (!fl_compute_rows(j, begin + at, rows, &staged, at, m)) {
            m->pending = 0; /* they lie where only `staged` finds them */
            return;
        }
    }
    fl_long_rows_pending(&staged, m);
    if (staged.outside[FL_TARGET])
        __atomic_store_n(&j->outside[FL_TARGET], 1, __ATOMIC_RELAXED);
    unstage_rows(j, begin, &staged);
}

fl_status fl_run_staged_rows(job *j)
{
    const int64_t rows = softmax_plan_of(j)->staged_rows;
    return fl_run_row_tasks(j, staged_task, rows, (size_t)(rows * j->call->classes * staged_arrays(j)) * j->item);
}
