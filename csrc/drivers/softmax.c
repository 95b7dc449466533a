/* The driver of the losses of softmax.
 *
 * Short rows lie side by side, a lane each, a tile of them at a time. Long rows are walked a segment at a time, twice: forward for
 * maximum, exponentials and sums; then, the segments joined by their maxima, backward from exponentials to derivatives. The logits are
 * read from memory once. The derivatives of a row wait until the next is walked, and leave for memory, past the caches where they are
 * many, segment by segment between its segments: so memory works while exponentials are computed.
 *
 * Few rows, and rows too long to keep their exponentials, are shared by all threads, which then compute the exponentials twice.
 *
 * Which way a row goes depends on the number of its classes alone, where the ways differ in the last bit. What happens once a row is
 * computed by loops/finish.h. */
#include "rows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define REAL_BITS 64
#define WITHOUT_FMA
#include "../math/functions.h"

enum {
    /* Classes of rows that lie side by side, at most. */
    SHORT_ROW = 192,
    /* Elements of a tile, and its rows at most: what is kept of a row takes as much as 29 classes. */
    TILE = 4096,
    TILE_ROWS = 256,
    /* Segments of exponentials that are kept: 960 KiB, which with the buffers stays below 1 MiB a thread. */
    MAX_SEGMENTS = 120,
    /* Segments that are joined before they are joined with the rest of the row, and that a task has of a row for all threads. */
    SEGMENTS_TOGETHER = 8,
    /* Tasks between two looks at signals: 16 Mi elements of float. */
    TASKS_A_SLICE = 1024,
    /* Elements whose exponentials are kept where several rows are finished together. */
    ELEMENTS_TOGETHER = 32 * 1024,
};

/* ---- rows side by side -------------------------------------------------------------------------------------------------- */

typedef struct {
    int64_t lanes;            /* the rows of a tile in whole groups */
    char *given, *logits, *target, *grad, *hess, *rows, *field;   /* given: logits before they are softened */
} tile;

static int64_t tile_rows(const job *j)
{
    const int64_t most = TILE / (j->call->classes + 1) / FL_GROUP * FL_GROUP;
    const int64_t rows = most > TILE_ROWS ? TILE_ROWS : most < FL_GROUP ? FL_GROUP : most;
    return rows < j->rows_a_task ? rows : fl_padded(j->rows_a_task);
}

static int dense(const job *j)
{
    return !j->call->labels || j->call->label_smoothing != 0.0;
}

/* Whether the softmax is of something else than the logits as they are. */
static int is_softened(const job *j)
{
    return j->call->softcap != 0.0 || j->call->temperature != 1.0;
}

static size_t carve_tile(const job *j, char *memory, tile *t)
{
    const fl_call *c = j->call;
    t->lanes = tile_rows(j);
    const size_t column = (size_t)t->lanes * j->item, table = (size_t)c->classes * column;
    /* As numbers, since there is no memory yet where only the size is wanted. */
    uintptr_t next = (uintptr_t)memory;
    t->logits = (char *)next, next += table;
    t->given = is_softened(j) ? (char *)next : t->logits, next += is_softened(j) ? table : 0;
    t->rows = (char *)next, next += table;
    t->target = (char *)next, next += dense(j) ? table : 0;
    t->grad = dense(j) ? (char *)next : t->logits, next += dense(j) ? table : 0;
    t->hess = (char *)next, next += c->outputs & FL_HESS ? table : 0;
    t->field = (char *)next, next += FL_COLUMN_FIELDS * column;
    return (size_t)(next - (uintptr_t)memory);
}

/* Where row `first` lies if the others follow it without a gap, else NULL. */
static char *packed(const job *j, int which, int64_t first)
{
    return fl_rows_follow(j, which) ? fl_address(&j->walk, j->array[which], first) : NULL;
}

static fl_walked of_class(const job *j, int which, int64_t class)
{
    fl_walked a = j->array[which];
    a.data += class * fl_rows_array(j, which)->class_stride;
    return a;
}

/* Rows first ... first + n - 1 as columns; the lanes beyond them repeat the last. */
static void gather_columns(const job *j, int which, int64_t first, int64_t n, const tile *t, char *columns)
{
    const fl_call *c = j->call;
    const fl_dtype dtype = fl_rows_array(j, which)->dtype;
    const int64_t lanes = fl_padded(n), classes = c->classes;
    const size_t row_bytes = (size_t)classes * j->item;
    const char *from = packed(j, which, first);
    if (!from) {
        for (int64_t i = 0; i < classes; i++) {
            char *column = columns + (size_t)(i * lanes) * j->item;
            fl_gather_walked(&j->walk, of_class(j, which, i), first, n, c->real, column);
            fl_pad_with_last(column, n, c->real);
        }
        return;
    }
    if (j->stream)
        fl_prefetch(from + n * classes * (int64_t)fl_itemsize(dtype), n * classes * (int64_t)fl_itemsize(dtype));
    if (dtype != c->real || (uintptr_t)from % j->item || n != lanes) {
        fl_gather(from, (intptr_t)fl_itemsize(dtype), n * classes, dtype, c->real, t->rows);
        for (int64_t i = n; i < lanes; i++)
            memcpy(t->rows + (size_t)i * row_bytes, t->rows + (size_t)(n - 1) * row_bytes, row_bytes);
        from = t->rows;
    }
    j->kernels->transpose_to_classes(from, classes, lanes, columns);
}

static void scatter_columns(const job *j, int which, int64_t first, int64_t n, const tile *t, const char *columns)
{
    const fl_call *c = j->call;
    const fl_dtype dtype = fl_rows_array(j, which)->dtype;
    const int64_t lanes = fl_padded(n), classes = c->classes;
    char *to = packed(j, which, first);
    if (!to) {
        for (int64_t i = 0; i < classes; i++)
            fl_scatter_walked(&j->walk, columns + (size_t)(i * lanes) * j->item, first, n, c->real, of_class(j, which, i),
                              j->stream ? j->kernels->stream : NULL);
        return;
    }
    j->kernels->transpose_to_rows(columns, classes, lanes, t->rows);
    if (j->stream && dtype == c->real)
        j->kernels->stream(to, t->rows, (size_t)(n * classes) * j->item);
    else
        fl_scatter(t->rows, n * classes, c->real, to, (intptr_t)fl_itemsize(dtype), dtype);
}

static fl_rows rows_of(const job *j, int64_t n, void *field)
{
    const fl_call *c = j->call;
    return (fl_rows){.n = n, .field = field, .param = c->param, .labels = c->labels,
                     .softened = is_softened(j), .full = dense(j) || c->z_loss != 0.0 || c->outputs & FL_HESS,
                     .smoothed = c->label_smoothing != 0.0, .keep = 1.0 - c->label_smoothing,
                     .scale = j->scale / c->temperature, .hess_scale = j->scale / (c->temperature * c->temperature), .z_loss = c->z_loss};
}

static void softmax_tile(job *j, int64_t first, int64_t n, int64_t at, rows_memory *m, const tile *t)
{
    const fl_call *c = j->call;
    const int64_t lanes = fl_padded(n);
    gather_columns(j, PRED, first, n, t, t->given);
    fl_columns k = {.classes = c->classes, .rows = rows_of(j, lanes, t->field), .logits = t->logits, .exponentials = t->grad,
                    .grad = c->outputs & FL_GRAD ? t->grad : NULL, .hess = c->outputs & FL_HESS ? t->hess : NULL};
    k.rows.label = m->label + at, k.rows.weight = m->weight + at, k.rows.mass = m->mass + at, k.rows.value = m->value + at;
    if (is_softened(j))
        j->kernels->columns_soften(&k, t->given, c->softcap, c->temperature);
    if (dense(j))
        k.u = t->target;
    if (j->smoothing) {
        j->kernels->columns_repeat(j->smoothing, c->classes, lanes, t->target);
    } else if (!c->labels) {
        gather_columns(j, TARGET, first, n, t, t->target);
        if (!fl_check_numbers(j, t->target, c->classes * lanes, TARGET))
            return;
        if (j->class_weight)
            j->kernels->columns_mix(t->target, j->class_weight, c->classes, lanes, 1.0 - c->label_smoothing,
                                    c->label_smoothing / (double)c->classes);
    }
    j->kernels->rows_given(&k.rows);
    j->kernels->columns_forward(&k);
    j->kernels->finish[c->loss](&k.rows);
    if (!(c->outputs & (FL_GRAD | FL_HESS)))
        return;
    j->kernels->columns_backward(&k);
    if (c->softcap != 0.0 && c->classes > 0)
        j->kernels->harden(t->given, c->classes * lanes, c->softcap, k.grad, k.hess);
    if (k.grad)
        scatter_columns(j, GRAD, first, n, t, t->grad);
    if (k.hess)
        scatter_columns(j, HESS, first, n, t, t->hess);
}

static void softmax_short_rows(job *j, int64_t first, int64_t n, rows_memory *m)
{
    tile t;
    carve_tile(j, m->work, &t);
    for (int64_t at = 0; at < n; at += t.lanes)
        softmax_tile(j, first + at, n - at < t.lanes ? n - at : t.lanes, at, m, &t);
}

/* ---- rows along memory ---------------------------------------------------------------------------------------------------- */

/* Rows that are finished together, and what is kept of them until their derivatives are made. Of segments: their maximum, and its
 * exponential. */
typedef struct {
    segment_buffers buffers;
    row where[FL_ROWS_TOGETHER];
    int64_t label[FL_ROWS_TOGETHER];
    double weight[FL_ROWS_TOGETHER], mass[FL_ROWS_TOGETHER], value[FL_ROWS_TOGETHER];
    double largest[FL_ROWS_TOGETHER];       /* logit of a row, as given */
    double maximum[MAX_SEGMENTS + 2 * FL_ROWS_TOGETHER], top[MAX_SEGMENTS + 2 * FL_ROWS_TOGETHER];
    double field[FL_ROW_FIELDS][FL_ROWS_TOGETHER];
    _Alignas(64) char exponentials[];
} batch;

/* The target's numbers of segment s: the user's, with class weights and smoothing mixed in; or the smoothing alone for labels. */
static const char *mixed_target(job *j, const row *r, int64_t s, segment_buffers *b)
{
    const fl_call *c = j->call;
    const size_t offset = (size_t)(s * j->segment) * j->item;
    if (c->labels)
        return j->smoothing ? j->smoothing + offset : NULL;
    const int64_t n = fl_segment_length(j, s);
    const char *target = fl_segment_numbers(j, TARGET, r, s, b->target);
    if (!fl_check_numbers(j, target, n, TARGET) || !j->class_weight)
        return target;
    j->kernels->target_mix(fl_padded_segment(j, TARGET, r, s, b->target), j->class_weight + offset, fl_padded(n),
                           1.0 - c->label_smoothing, c->label_smoothing / (double)c->classes, b->target);
    return b->target;
}

static const fl_segment NO_SEGMENT = {.maximum = -INFINITY};

/* How far below `maximum` a logit lies, where the softmax is taken. */
static double depth(const job *j, double maximum, double logit)
{
    if (!is_softened(j))
        return maximum - logit;
    const softening s = softening_of(j->call->softcap, j->call->temperature);
    return softened_depth(maximum, cap_exponential(maximum, s), logit, s.cap != 0.0, s);
}

/* Two parts of a row, of which `part` has no larger maximum: its exponentials shrink, and all are others. */
static void absorb(const job *j, fl_segment *into, const fl_segment *part)
{
    const double below = depth(j, into->maximum, part->maximum);
    into->others += (1.0 + part->others) * exp_nonpositive(-below);
    into->mass += part->mass;
    into->mass_of_others += part->mass;
    into->shortfall += part->shortfall + (part->mass == 0.0 ? 0.0 : part->mass * below);
}

static void join(const job *j, fl_segment *total, const fl_segment *part)
{
    if (part->maximum > total->maximum) {
        const fl_segment before = *total;
        *total = *part;
        absorb(j, total, &before);
    } else {
        absorb(j, total, part);
    }
}

/* The same segment of a row to come, if it lies where it can be said beforehand; else what is here already. */
static const char *next_segment(const job *j, int which, const row *r, int64_t s, const char *here)
{
    const fl_array *a = fl_rows_array(j, which);
    if (!j->ahead[which] || a->dtype != j->call->real)
        return here;
    return r->data[which] + j->ahead[which] + s * j->segment * a->class_stride;
}

/* The exponentials of a segment and what they add to the row's total; the label's logit, if it is here. */
static fl_segment forward(job *j, const row *r, int64_t s, int64_t label, double *label_logit, segment_buffers *b, char *e)
{
    const int64_t n = fl_segment_length(j, s), at = label - s * j->segment;
    const char *u = dense(j) ? mixed_target(j, r, s, b) : NULL, *a = fl_segment_numbers(j, PRED, r, s, b->pred);
    fl_segment part;
    if (label >= 0 && at >= 0 && at < n)
        *label_logit = fl_load(a + (size_t)at * j->item, j->call->real);
    const char *z = a;
    double largest = 0.0;
    if (is_softened(j)) {
        const char *given = fl_padded_segment(j, PRED, r, s, b->pred);
        largest = j->kernels->maximum(given, fl_padded(n));
        j->kernels->soften(given, fl_padded(n), largest, j->call->softcap, j->call->temperature, b->pred);
        z = b->pred;
    }
    j->kernels->softmax_forward(z, u, n, next_segment(j, PRED, r, s, a), next_segment(j, TARGET, r, s, u), e, &part);
    if (is_softened(j))
        part.maximum = largest;
    return part;
}

/* Where the sums over a row become `real`, in units of the largest exponential: so many, so that none is subnormal. */
static double unit_of(const job *j)
{
    return j->call->real == FL_FLOAT32 ? 0x1p24 : 0x1p53;
}

/* Of row i of the batch. */
static void note_total(const job *j, batch *b, int64_t i, const fl_segment *total, double label_logit)
{
    const double below = depth(j, total->maximum, label_logit), unit = unit_of(j);
    b->largest[i] = total->maximum;
    b->field[FL_MAXIMUM][i] = is_softened(j) ? 0.0 : total->maximum;
    b->field[FL_TOP][i] = unit;
    b->field[FL_OTHERS][i] = unit * total->others;
    b->field[FL_MASS][i] = total->mass;
    b->field[FL_MASS_OF_OTHERS][i] = total->mass_of_others;
    b->field[FL_SHORTFALL][i] = total->shortfall;
    b->field[FL_LABEL_LOGIT][i] = is_softened(j) ? -below : label_logit;
    b->field[FL_LABEL_EXPONENTIAL][i] = unit * exp_nonpositive(-below);
    if (is_softened(j)) {
        const softening s = softening_of(j->call->softcap, j->call->temperature);
        b->field[FL_BASE][i] = softened(total->maximum, s.cap != 0.0, s);
    }
    if (j->smoothing && b->label[i] >= 0)
        b->field[FL_LABEL_SHARED][i] = fl_load(j->smoothing + (size_t)b->label[i] * j->item, j->call->real);
}

static void backward(job *j, batch *b, segment_buffers *buffers, int64_t i, int64_t s, const char *e, double maximum, double top)
{
    const fl_call *c = j->call;
    const row *r = &b->where[i];
    const int64_t n = fl_segment_length(j, s), at = b->label[i] - s * j->segment;
    const double (*field)[FL_ROWS_TOGETHER] = (const double (*)[FL_ROWS_TOGETHER])b->field;
    if (field[FL_COUNTS][i] == 0.0) {
        memset(buffers->grad, 0, (size_t)n * j->item);
        memset(buffers->hess, 0, (size_t)n * j->item);
    } else {
        const char *u = dense(j) ? mixed_target(j, r, s, buffers) : NULL;
        const double below = depth(j, b->largest[i], maximum);
        /* Of a segment whose logits are all far below the row's largest, the factor would be subnormal where q is not yet. */
        const double lift = below > (c->real == FL_FLOAT32 ? 60.0 : 600.0) ? 0x1p64 : 1.0, unlift = 1.0 / lift;
        const double factor = exp_nonpositive(-below) * (unit_of(j) / top * lift) * field[FL_FACTOR][i];
        j->kernels->softmax_backward(&(fl_backward){
            .n = n, .exponentials = e, .u = u, .grad = c->outputs & FL_GRAD ? buffers->grad : NULL,
            .hess = c->outputs & FL_HESS ? buffers->hess : NULL, .factor = factor,
            .lift = field[FL_LIFT][i], .unlift = unlift / field[FL_LIFT][i], .spread = field[FL_SPREAD][i] * unlift,
            .curve = field[FL_CURVE][i], .square = field[FL_SQUARE][i], .scale = field[FL_SCALE][i],
            .hess_scale = field[FL_HESS_SCALE][i] * unlift});
        if ((u || c->outputs & FL_HESS) && maximum == b->largest[i] && field[FL_SINGLE_TOP][i] == unit_of(j)) {
            const int64_t largest = j->kernels->position(e, n, top);
            if (u)
                fl_store(field[FL_TOP_GRAD][i], buffers->grad, largest, c->real);
            fl_store(field[FL_TOP_HESS][i], buffers->hess, largest, c->real);
        }
        if (b->label[i] >= 0 && at >= 0 && at < n) {
            fl_store(field[FL_LABEL_GRAD][i], buffers->grad, at, c->real);
            fl_store(field[FL_LABEL_HESS][i], buffers->hess, at, c->real);
        }
    }
    if (c->softcap != 0.0 && field[FL_COUNTS][i] != 0.0)
        j->kernels->harden(fl_padded_segment(j, PRED, r, s, buffers->pred), fl_padded(n), c->softcap, buffers->grad,
                           c->outputs & FL_HESS ? buffers->hess : NULL);
    if (c->outputs & FL_GRAD)
        fl_keep_segment(j, GRAD, r, s, buffers->grad);
    if (c->outputs & FL_HESS)
        fl_keep_segment(j, HESS, r, s, buffers->hess);
}

static char *kept_exponentials(const job *j, batch *b, int64_t i, int64_t s)
{
    return b->exponentials + (size_t)(i * j->n_segments + s) * FL_SEGMENT_BYTES;
}

static void backward_kept(job *j, batch *b, int64_t i, int64_t s)
{
    const int64_t at = i * j->n_segments + s;
    backward(j, b, &b->buffers, i, s, kept_exponentials(j, b, i, s), b->maximum[at], b->top[at]);
}

/* From the sums over n rows to their values, and what their derivatives need. */
static void finish_batch(const job *j, batch *b, int64_t n, int64_t at, const fl_segment *totals, const double *label_logits, rows_memory *m)
{
    const fl_dtype real = j->call->real;
    _Alignas(64) char fields[FL_ROW_FIELDS * FL_ROWS_TOGETHER * sizeof(double)];
    memset(b->field, 0, sizeof b->field);
    for (int64_t i = 0; i < FL_ROWS_TOGETHER; i++) {
        b->label[i] = i < n ? m->label[at + i] : -1;
        b->weight[i] = i < n ? m->weight[at + i] : 0.0;
        b->mass[i] = i < n ? m->mass[at + i] : 0.0;
    }
    for (int64_t i = 0; i < n; i++)
        note_total(j, b, i, &totals[i], label_logits[i]);
    fl_gather((const char *)b->field, sizeof(double), FL_FOUND_FIELDS * FL_ROWS_TOGETHER, FL_FLOAT64, real, fields);
    fl_rows rows = rows_of(j, FL_ROWS_TOGETHER, fields);
    rows.label = b->label, rows.weight = b->weight, rows.mass = b->mass, rows.value = b->value;
    j->kernels->rows_given(&rows);
    j->kernels->finish[j->call->loss](&rows);
    fl_gather(fields, (intptr_t)j->item, FL_ROW_FIELDS * FL_ROWS_TOGETHER, real, FL_FLOAT64, b->field);
    memcpy(m->value + at, b->value, (size_t)n * sizeof *b->value);
}

/* The rows of a batch, forward; between their segments, the derivatives of the batch before, from the place where the exponentials of
 * these will be. */
static void softmax_batch(job *j, int64_t first, int64_t n, int64_t at, rows_memory *m)
{
    batch *b = (batch *)m->work;
    const int derivatives = j->call->outputs & (FL_GRAD | FL_HESS);
    row where[FL_ROWS_TOGETHER];
    fl_segment totals[FL_ROWS_TOGETHER];
    double label_logits[FL_ROWS_TOGETHER] = {0};
    for (int64_t i = 0; i < n; i++) {
        where[i] = fl_rows_at(j, first + i);
        totals[i] = NO_SEGMENT;
        fl_segment together = NO_SEGMENT;
        for (int64_t s = 0; s < j->n_segments; s++) {
            const int64_t place = i * j->n_segments + s;
            if (i < m->pending)
                backward_kept(j, b, i, s);
            const fl_segment part =
                forward(j, &where[i], s, m->label[at + i], &label_logits[i], &b->buffers, kept_exponentials(j, b, i, s));
            b->maximum[place] = part.maximum;
            b->top[place] = part.top;
            join(j, &together, &part);
            if (s % SEGMENTS_TOGETHER == SEGMENTS_TOGETHER - 1 || s == j->n_segments - 1) {
                join(j, &totals[i], &together);
                together = NO_SEGMENT;
            }
        }
    }
    for (int64_t i = n; i < m->pending; i++)
        for (int64_t s = 0; s < j->n_segments; s++)
            backward_kept(j, b, i, s);

    memcpy(b->where, where, sizeof where);
    finish_batch(j, b, n, at, totals, label_logits, m);
    m->pending = derivatives ? n : 0;
}

void fl_softmax_pending(job *j, rows_memory *m)
{
    for (int64_t i = 0; i < m->pending; i++)
        for (int64_t s = 0; s < j->n_segments; s++)
            backward_kept(j, (batch *)m->work, i, s);
    m->pending = 0;
}

void fl_softmax_rows(job *j, int64_t first, int64_t n, rows_memory *m)
{
    if (j->side_by_side) {
        softmax_short_rows(j, first, n, m);
        return;
    }
    for (int64_t at = 0; at < n; at += j->rows_together)
        softmax_batch(j, first + at, n - at < j->rows_together ? n - at : j->rows_together, at, m);
}

/* ---- rows that all threads share ------------------------------------------------------------------------------------------- */

typedef struct {
    job *j;
    int64_t parts;            /* of a row */
    fl_segment *part;         /* of every row */
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
    shared_memory *m = (shared_memory *)scratch;
    const int64_t i = task / k->parts, first = task % k->parts * SEGMENTS_TOGETHER;
    fl_segment total = NO_SEGMENT;
    for (int64_t s = first; s < j->n_segments && s < first + SEGMENTS_TOGETHER; s++) {
        const fl_segment part = forward(j, &k->b.where[i], s, k->b.label[i], &k->label_logit[i], &m->buffers, m->exponentials);
        join(j, &total, &part);
    }
    k->part[task] = total;
}

static void shared_backward_task(void *context, int64_t task, char *scratch)
{
    shared_rows *k = context;
    job *j = k->j;
    shared_memory *m = (shared_memory *)scratch;
    const int64_t i = task / k->parts, first = task % k->parts * SEGMENTS_TOGETHER;
    for (int64_t s = first; s < j->n_segments && s < first + SEGMENTS_TOGETHER; s++) {
        double unused;
        const fl_segment part = forward(j, &k->b.where[i], s, -1, &unused, &m->buffers, m->exponentials);
        backward(j, &k->b, &m->buffers, i, s, m->exponentials, part.maximum, part.top);
    }
}

/* Rows first ... first + n - 1, whose labels and weights are in m. */
static fl_status run_shared_rows(job *j, shared_rows *k, int64_t first, int64_t n, rows_memory *m)
{
    for (int64_t i = 0; i < n; i++) {
        k->b.where[i] = fl_rows_at(j, first + i);
        k->b.label[i] = m->label[i];
    }
    fl_status status = fl_run_tasks(j->call, n * k->parts, TASKS_A_SLICE, shared_forward_task, NULL, k, sizeof(shared_memory), &j->bad_target);
    if (status != FL_OK || j->bad_target)
        return status;
    fl_segment totals[FL_ROWS_TOGETHER];
    for (int64_t i = 0; i < n; i++) {
        totals[i] = NO_SEGMENT;
        for (int64_t part = 0; part < k->parts; part++)
            join(j, &totals[i], &k->part[i * k->parts + part]);
    }
    finish_batch(j, &k->b, n, 0, totals, k->label_logit, m);
    if (j->call->outputs & (FL_GRAD | FL_HESS))
        status = fl_run_tasks(j->call, n * k->parts, TASKS_A_SLICE, shared_backward_task, NULL, k, sizeof(shared_memory), &j->bad_target);
    return status;
}

int fl_softmax_is_shared(const job *j)
{
    const int64_t parts = parts_of_row(j);
    /* The partial sums are those of tasks: here, of one row each. */
    return !j->side_by_side && j->n_tasks > 0 && j->rows_a_task == 1 &&
           (j->n_segments > MAX_SEGMENTS || (j->call->n_threads > 1 && parts > 1 && j->n_tasks < 2 * (int64_t)j->call->n_threads));
}

fl_status fl_run_shared_softmax(job *j)
{
    int64_t label[FL_GROUP];
    double value[FL_GROUP], weight[FL_GROUP], mass[FL_GROUP];
    rows_memory m = {.value = value, .weight = weight, .mass = mass, .label = label};
    const int64_t parts = parts_of_row(j);
    const int64_t together = j->walk.size < FL_ROWS_TOGETHER && parts < TASKS_A_SLICE ? j->walk.size : 1;
    shared_rows *k = malloc(sizeof *k);
    fl_segment *part = malloc((size_t)(together * parts) * sizeof *part);
    fl_status status = k && part ? FL_OK : FL_NO_MEMORY;
    int64_t walked = 0;
    for (int64_t first = 0; first < j->walk.size && status == FL_OK && !j->bad_target; first += together) {
        const int64_t left = j->walk.size - first, n = left < together ? left : together;
        k->j = j, k->parts = parts, k->part = part;
        if (!fl_load_rows(j, first, n, &m))
            break;
        status = run_shared_rows(j, k, first, n, &m);
        if (status == FL_OK && !j->bad_target) {
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
    return status;
}

fl_status fl_plan_softmax(job *j)
{
    const int64_t classes = j->call->classes;
    j->side_by_side = classes <= SHORT_ROW;
    if (j->side_by_side) {
        tile t;
        /* Whole tiles. */
        const int64_t rows = tile_rows(j);
        if (j->rows_a_task > rows)
            j->rows_a_task = j->rows_a_task / rows * rows;
        j->work_bytes = carve_tile(j, NULL, &t);
        return FL_OK;
    }
    const int64_t together = ELEMENTS_TOGETHER / classes;
    j->rows_together = together > FL_ROWS_TOGETHER ? FL_ROWS_TOGETHER : together < 1 ? 1 : together;
    j->work_bytes = sizeof(batch) + (size_t)(j->rows_together * j->n_segments) * FL_SEGMENT_BYTES;
    return FL_OK;
}
