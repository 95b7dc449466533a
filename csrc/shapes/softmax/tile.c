/* Rows of softmax side by side: a tile of them as columns. */
#include "softmax.h"

#include <string.h>

enum {
    /* What a tile may take of a first-level cache of 48 KiB, and its rows at most. Beside its logits, a copy of them and their
     * derivatives, a row has the fields that the plain loss uses. Twice as much where the classes of a row lie apart, since
     * each is then a run in memory. */
    TILE_BYTES = 36 * 1024,
    FIELDS_USED = 30,
    TILE_ROWS = 256,
};

typedef struct {
    int64_t lanes;                                              /* the rows of a tile in whole groups */
    char *given, *logits, *target, *grad, *hess, *rows, *field; /* given: logits before they are softened */
} tile;

/* Whether the same class of rows that follow each other lies side by side in memory. */
static int lies_in_columns(const job *j, int which)
{
    const fl_walk *w = &j->walk;
    return w->ndim > 0 && w->stride[which][w->ndim - 1] == (intptr_t)fl_itemsize(fl_array_of(j->call, which)->dtype);
}

/* The rows of a tile; with 2 runs, twice as many. */
static int64_t tile_rows(const job *j, int64_t runs)
{
    const int64_t row_bytes = (FIELDS_USED + 3 * j->call->classes) * (int64_t)j->item;
    const int64_t most = runs * TILE_BYTES / row_bytes / FL_GROUP * FL_GROUP;
    const int64_t rows = most > TILE_ROWS ? TILE_ROWS : most < FL_GROUP ? FL_GROUP : most;
    return rows < j->rows_a_task ? rows : fl_padded(j->rows_a_task);
}

static size_t carve_tile(const job *j, char *memory, tile *t)
{
    const softmax_plan *p = softmax_plan_of(j);
    const fl_call *c = j->call;
    t->lanes = tile_rows(j, lies_in_columns(j, FL_PRED) ? 2 : 1);
    const size_t column = (size_t)t->lanes * j->item, table = (size_t)c->classes * column;
    /* Places are numbers, since there is no memory yet where only the size is wanted. */
    uintptr_t next = (uintptr_t)memory;
    t->logits = (char *)next, next += table;
    t->given = p->softened ? (char *)next : t->logits, next += p->softened ? table : 0;
    t->rows = (char *)next, next += table;
    t->target = (char *)next, next += p->dense ? table : 0;
    t->grad = p->keeps_logits ? (char *)next : t->logits, next += p->keeps_logits ? table : 0;
    t->hess = (char *)next, next += c->outputs & FL_HESS || p->terms ? table : 0;
    t->field = (char *)next, next += FL_COLUMN_FIELDS * column;
    return (size_t)(next - (uintptr_t)memory);
}

/* Where row `first` lies if the others follow it without a gap, else NULL. */
static char *packed(const job *j, int which, int64_t first)
{
    return fl_rows_follow(j, which) ? fl_address(&j->walk, j->array[which], first) : NULL;
}

/* Rows first ... first + n - 1 as columns; the lanes beyond them repeat the last. */
static void gather_columns(const job *j, int which, int64_t first, int64_t n, const tile *t, char *columns)
{
    const fl_call *c = j->call;
    const fl_dtype dtype = fl_array_of(j->call, which)->dtype;
    const int64_t lanes = fl_padded(n), classes = c->classes;
    const size_t row_bytes = (size_t)classes * j->item;
    const char *from = packed(j, which, first);
    if (!from) {
        for (int64_t i = 0; i < classes; i++) {
            char *column = columns + (size_t)(i * lanes) * j->item;
            fl_gather_walked(&j->walk, fl_class_of_rows(j, which, i), first, n, c->real, column);
            fl_pad_with_last(column, n, c->real);
        }
        return;
    }
    if (j->stream && (which != FL_PRED || dtype != c->real))
        fl_prefetch(from + n * classes * (int64_t)fl_itemsize(dtype), n * classes * (int64_t)fl_itemsize(dtype));
    if (dtype != c->real || (uintptr_t)from % j->item || n != lanes) {
        fl_gather(from, (intptr_t)fl_itemsize(dtype), n * classes, dtype, c->real, t->rows);
        for (int64_t i = n; i < lanes; i++)
            memcpy(t->rows + (size_t)i * row_bytes, t->rows + (size_t)(n - 1) * row_bytes, row_bytes);
        from = t->rows;
    }
    j->kernels->softmax->transpose_to_classes(from, classes, lanes, columns);
}

static void scatter_columns(const job *j, int which, int64_t first, int64_t n, const tile *t, const char *columns)
{
    const fl_call *c = j->call;
    const fl_dtype dtype = fl_array_of(j->call, which)->dtype;
    const int64_t lanes = fl_padded(n), classes = c->classes;
    char *to = packed(j, which, first);
    if (!to) {
        for (int64_t i = 0; i < classes; i++)
            fl_scatter_walked(&j->walk, columns + (size_t)(i * lanes) * j->item, first, n, c->real,
                              fl_class_of_rows(j, which, i), j->stream ? j->kernels->stream : NULL);
        return;
    }
    const int direct = dtype == c->real && n == lanes && !j->stream && (uintptr_t)to % j->item == 0;
    j->kernels->softmax->transpose_to_rows(columns, classes, lanes, direct ? to : t->rows);
    if (direct)
        return;
    if (j->stream && dtype == c->real)
        j->kernels->stream(to, t->rows, (size_t)(n * classes) * j->item);
    else
        fl_scatter(t->rows, n * classes, c->real, to, (intptr_t)fl_itemsize(dtype), dtype);
}

static void statistics_of_tile(const job *j, const fl_columns *k, int64_t first, int64_t n)
{
    const softmax_plan *p = softmax_plan_of(j);
    const char *field = k->rows.field;
    const size_t size = (size_t)k->rows.n * j->item;
    double largest[TILE_ROWS], unknown[TILE_ROWS];
    if (!p->softened)
        j->kernels->softmax->columns_positions(k);
    if (j->call->statistics.entropy)
        j->kernels->softmax->columns_dispersion(k);
    j->kernels->softmax->rows_statistics(&k->rows);
    fl_gather(field + FL_LARGEST * size, (intptr_t)j->item, n, j->call->real, FL_FLOAT64, largest);
    fl_gather(field + FL_UNKNOWN * size, (intptr_t)j->item, n, j->call->real, FL_FLOAT64, unknown);
    fl_keep_statistics(j, first, n, k->rows.label, field, k->rows.n, largest, unknown);
}

static void softmax_tile(job *j, int64_t first, int64_t n, int64_t at, rows_memory *m, const tile *t)
{
    const softmax_plan *p = softmax_plan_of(j);
    const fl_call *c = j->call;
    const int64_t lanes = fl_padded(n);
    gather_columns(j, FL_PRED, first, n, t, t->given);
    fl_columns k = {.classes = c->classes,
                    .rows = fl_options_of(j, lanes, t->field),
                    .logits = t->logits,
                    .exponentials = t->grad,
                    .grad = c->outputs & FL_GRAD ? t->grad : NULL,
                    .hess = c->outputs & FL_HESS ? t->hess : NULL,
                    .log_softmax = c->outputs & FL_LOG_SOFTMAX ? t->logits : NULL};
    k.rows.label = m->label + at, k.rows.value = m->value + at;
    if (!j->only_labels)
        k.rows.weight = m->weight + at, k.rows.mass = m->mass + at;
    if (p->softened) {
        fl_columns given = k;
        given.logits = t->given;
        j->kernels->softmax->columns_soften(&k, t->given, c->softcap, c->temperature);
        if (p->statistics)
            j->kernels->softmax->columns_positions(&given);
    }
    if (j->stream && c->argument[FL_PRED].array.dtype == c->real &&
        (fl_rows_follow(j, FL_PRED) || lies_in_columns(j, FL_PRED))) {
        k.next = fl_address(&j->walk, j->array[FL_PRED], first + n);
        k.next_step = fl_rows_follow(j, FL_PRED) ? 0 : c->argument[FL_PRED].array.class_stride / (int64_t)j->item;
    }
    if (p->dense && !p->terms)
        k.u = t->target;
    if (p->smoothing) {
        j->kernels->softmax->columns_repeat(p->smoothing, c->classes, lanes, t->target);
        for (int64_t i = 0; i < n && p->terms; i++)
            if (m->label[at + i] >= 0)
                fl_add_to(t->target, m->label[at + i] * lanes + i, m->mass[at + i] * k.rows.keep, c->real);
    } else if (p->dense) {
        gather_columns(j, FL_TARGET, first, n, t, t->target);
        if (!fl_check_numbers(j, t->target, c->classes * lanes, FL_TARGET))
            return;
        if (p->class_weight)
            j->kernels->softmax->columns_mix(t->target, p->class_weight, c->classes, lanes, 1.0 - c->label_smoothing,
                                             c->label_smoothing / (double)c->classes);
    }
    j->kernels->softmax->rows_given(&k.rows);
    j->kernels->softmax->columns_forward(&k);
    if (p->terms) {
        k.u = t->target, k.bend = t->hess;
        j->kernels->softmax->rows_shares(&k.rows);
        p->body->columns_terms(&k);
    }
    p->body->finish(&k.rows);
    if (p->statistics)
        statistics_of_tile(j, &k, first, n);
    fl_settle_infinite_rows(j, first, n, m->weight + at, m->value + at);
    if (!(c->outputs & PER_LOGIT))
        return;
    j->kernels->softmax->columns_backward(&k);
    if (k.log_softmax)
        scatter_columns(j, FL_PRED_GRAD, first, n, t, t->logits);
    if (c->softcap != 0.0 && c->classes > 0)
        j->kernels->softmax->harden(t->given, c->classes * lanes, c->softcap, k.grad, k.hess);
    if (k.grad)
        scatter_columns(j, FL_PRED_GRAD, first, n, t, t->grad);
    if (k.hess && c->newton)
        j->kernels->softmax->columns_raise(&k, c->newton->factor, c->newton->floor * j->scale);
    if (k.hess)
        scatter_columns(j, FL_PRED_HESS, first, n, t, t->hess);
}

void fl_plan_tiles(job *j)
{
    tile t;
    /* Whole tiles, of either size: what a task sums does not depend on layout. */
    const int64_t rows = tile_rows(j, 2);
    if (j->rows_a_task > rows)
        j->rows_a_task = j->rows_a_task / rows * rows;
    j->work_bytes = carve_tile(j, NULL, &t);
}

void fl_softmax_tiles(job *j, int64_t first, int64_t n, rows_memory *m)
{
    tile t;
    carve_tile(j, m->work, &t);
    for (int64_t at = 0; at < n; at += t.lanes) {
        fl_ask_for_rows(j, first + at + j->rows_a_task, n - at < t.lanes ? n - at : t.lanes);
        softmax_tile(j, first + at, n - at < t.lanes ? n - at : t.lanes, at, m, &t);
    }
}
