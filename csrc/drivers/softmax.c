/* The driver of the losses of softmax.
 *
 * Short rows lie side by side, a lane each, a tile of them at a time. Long rows are walked a segment at a time, twice: forward for
 * maximum, exponentials and sums; then, the segments joined by their maxima, backward from exponentials to derivatives. The logits are
 * read from memory once. The derivatives of a row wait until the next is walked, and leave for memory, past the caches where they are
 * many, segment by segment between its segments: so memory works while exponentials are computed.
 *
 * Few rows, and rows too long to keep their exponentials, are shared by all threads, which then compute the exponentials twice.
 *
 * Where targets are numbers and the loss is not -log p, what each class adds, its term, is known only when the row's sum is: a pass of its
 * own, over logits and kept exponentials, before the derivatives, which make the terms once more.
 *
 * Which way a row goes depends on the number of its classes alone, where the ways differ in the last bit. What happens once a row is
 * computed by loops/finish.h. */
#include "rows.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define REAL_BITS 64
#define WITHOUT_FMA
#include "../math/functions.h"

enum {
    /* Classes of rows that lie side by side, at most. */
    SHORT_ROW = 192,
    /* What a tile may take of a first-level cache of 48 KiB, and its rows at most. Beside its logits, a copy of them and their derivatives, a
     * row has the fields that the plain loss uses. Twice as much where the classes of a row lie apart, since each is then a run in memory. */
    TILE_BYTES = 36 * 1024,
    FIELDS_USED = 30,
    TILE_ROWS = 256,
    /* Segments of exponentials that are kept: 960 KiB, which with the buffers stays below 1 MiB a thread. */
    MAX_SEGMENTS = 120,
    /* Segments that are joined before they are joined with the rest of the row, and that a task has of a row for all threads. */
    SEGMENTS_TOGETHER = 8,
    /* Tasks between two looks at signals: 16 Mi elements of float. */
    TASKS_A_SLICE = 1024,
    /* Elements whose exponentials are kept where several rows are finished together. */
    ELEMENTS_TOGETHER = 32 * 1024,
    /* Outputs of which there is one number a logit. */
    PER_LOGIT = FL_GRAD | FL_HESS | FL_LOG_SOFTMAX,
};

/* ---- rows side by side -------------------------------------------------------------------------------------------------- */

typedef struct {
    int64_t lanes;            /* the rows of a tile in whole groups */
    char *given, *logits, *target, *grad, *hess, *rows, *field;   /* given: logits before they are softened */
} tile;

/* Whether the same class of rows that follow each other lies side by side in memory. */
static int lies_in_columns(const job *j, int which)
{
    const fl_walk *w = &j->walk;
    return w->ndim > 0 && w->stride[which][w->ndim - 1] == (intptr_t)fl_itemsize(fl_array_of(j->call, which)->dtype);
}

/* Runs: 1, or 2 for twice as many. */
static int64_t tile_rows(const job *j, int64_t runs)
{
    const int64_t row_bytes = (FIELDS_USED + 3 * j->call->classes) * (int64_t)j->item;
    const int64_t most = runs * TILE_BYTES / row_bytes / FL_GROUP * FL_GROUP;
    const int64_t rows = most > TILE_ROWS ? TILE_ROWS : most < FL_GROUP ? FL_GROUP : most;
    return rows < j->rows_a_task ? rows : fl_padded(j->rows_a_task);
}

static int dense(const job *j)
{
    return j->kind != FL_SOFTMAX_FUNCTION && (!j->call->labels || j->call->label_smoothing != 0.0);
}

static int statistics(const job *j)
{
    const fl_statistics *s = &j->call->statistics;
    return s->lse || s->entropy || s->argmax || s->correct;
}

/* Whether logits are wanted after their exponentials are made. */
static int apart(const job *j)
{
    return dense(j) || statistics(j) || j->call->outputs & FL_LOG_SOFTMAX;
}

/* Whether the softmax is of something else than the logits as they are. */
static int is_softened(const job *j)
{
    return j->call->softcap != 0.0 || j->call->temperature != 1.0;
}

/* Whether the target's numbers enter by terms. Labels with smoothing are such numbers, too. */
static int has_terms(const job *j)
{
    return dense(j) && j->kernels->terms[j->call->loss];
}

static void add_to(char *numbers, int64_t at, double x, fl_dtype real)
{
    fl_store(fl_load(numbers + (size_t)at * fl_itemsize(real), real) + x, numbers, at, real);
}

static size_t carve_tile(const job *j, char *memory, tile *t)
{
    const fl_call *c = j->call;
    t->lanes = tile_rows(j, lies_in_columns(j, PRED) ? 2 : 1);
    const size_t column = (size_t)t->lanes * j->item, table = (size_t)c->classes * column;
    /* As numbers, since there is no memory yet where only the size is wanted. */
    uintptr_t next = (uintptr_t)memory;
    t->logits = (char *)next, next += table;
    t->given = is_softened(j) ? (char *)next : t->logits, next += is_softened(j) ? table : 0;
    t->rows = (char *)next, next += table;
    t->target = (char *)next, next += dense(j) ? table : 0;
    t->grad = apart(j) ? (char *)next : t->logits, next += apart(j) ? table : 0;
    t->hess = (char *)next, next += c->outputs & FL_HESS || has_terms(j) ? table : 0;
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
    if (j->stream && (which != PRED || dtype != c->real))
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
    const fl_dtype dtype = fl_array_of(j->call, which)->dtype;
    const int64_t lanes = fl_padded(n), classes = c->classes;
    char *to = packed(j, which, first);
    if (!to) {
        for (int64_t i = 0; i < classes; i++)
            fl_scatter_walked(&j->walk, columns + (size_t)(i * lanes) * j->item, first, n, c->real, fl_class_of_rows(j, which, i),
                              j->stream ? j->kernels->stream : NULL);
        return;
    }
    const int direct = dtype == c->real && n == lanes && !j->stream && (uintptr_t)to % j->item == 0;
    j->kernels->transpose_to_rows(columns, classes, lanes, direct ? to : t->rows);
    if (direct)
        return;
    if (j->stream && dtype == c->real)
        j->kernels->stream(to, t->rows, (size_t)(n * classes) * j->item);
    else
        fl_scatter(t->rows, n * classes, c->real, to, (intptr_t)fl_itemsize(dtype), dtype);
}

static fl_rows rows_of(const job *j, int64_t n, void *field)
{
    const fl_call *c = j->call;
    return (fl_rows){.n = n, .field = field, .param = c->param, .labels = c->labels,
                     .softened = is_softened(j), .full = dense(j) || c->z_loss != 0.0, .curved = (c->outputs & FL_HESS) != 0,
                     .terms = has_terms(j),
                     .smoothed = c->label_smoothing != 0.0, .keep = 1.0 - c->label_smoothing,
                     .scale = j->scale / c->temperature, .hess_scale = j->scale / (c->temperature * c->temperature), .z_loss = c->z_loss};
}

/* Whether no target of a row is larger than that of class `at`. */
static int is_largest_target(const job *j, int64_t index, int64_t at)
{
    _Alignas(64) char buffer[FL_SEGMENT_BYTES];
    const row r = fl_rows_at(j, index);
    double largest = -INFINITY, chosen = NAN;
    for (int64_t s = 0; s < j->n_segments; s++) {
        const char *numbers = fl_padded_segment(j, TARGET, &r, s, buffer);
        const int64_t n = fl_segment_length(j, s), here = at - s * j->segment;
        const double part = j->kernels->maximum(numbers, fl_padded(n));
        largest = part > largest ? part : largest;
        if (here >= 0 && here < n)
            chosen = fl_load(numbers + (size_t)here * j->item, j->call->real);
    }
    return chosen >= largest;
}

/* Of n rows, the first of which is `first`: their fields, `stride` numbers each, and the places of the first maximum and the first NaN,
 * or -1. Numbers of classes are exact in double. */
static void keep_statistics(const job *j, int64_t first, int64_t n, const int64_t *label, const char *field, int64_t stride,
                            const double *largest, const double *unknown)
{
    const fl_call *c = j->call;
    const fl_statistics *to = &c->statistics;
    const size_t offset = (size_t)first * j->item, size = (size_t)n * j->item, field_size = (size_t)stride * j->item;
    if (to->lse)
        memcpy((char *)to->lse + offset, field + FL_LSE * field_size, size);
    if (to->entropy)
        memcpy((char *)to->entropy + offset, field + FL_ENTROPY * field_size, size);
    for (int64_t i = 0; i < n; i++) {
        /* Where all are -inf, the first class. */
        const int64_t argmax = (int64_t)(unknown[i] >= 0.0 ? unknown[i] : largest[i] >= 0.0 ? largest[i] : 0.0);
        if (to->argmax)
            to->argmax[first + i] = argmax;
        if (to->correct)
            to->correct[first + i] = (uint8_t)(c->labels ? argmax == label[i] : is_largest_target(j, first + i, argmax));
    }
}

static void statistics_of_tile(const job *j, const fl_columns *k, int64_t first, int64_t n)
{
    const char *field = k->rows.field;
    const size_t size = (size_t)k->rows.n * j->item;
    double largest[TILE_ROWS], unknown[TILE_ROWS];
    if (!is_softened(j))
        j->kernels->columns_positions(k);
    if (j->call->statistics.entropy)
        j->kernels->columns_dispersion(k);
    j->kernels->rows_statistics(&k->rows);
    fl_gather(field + FL_LARGEST * size, (intptr_t)j->item, n, j->call->real, FL_FLOAT64, largest);
    fl_gather(field + FL_UNKNOWN * size, (intptr_t)j->item, n, j->call->real, FL_FLOAT64, unknown);
    keep_statistics(j, first, n, k->rows.label, field, k->rows.n, largest, unknown);
}

/* A logit of +inf makes NaN of sums, as NaN does; but logsumexp is then +inf, if none of the row is NaN. */
static void settle_infinite_rows(const job *j, int64_t first, int64_t n, const double *weight, double *value)
{
    _Alignas(64) char buffer[FL_SEGMENT_BYTES];
    for (int64_t i = 0; i < n && j->kind == FL_SOFTMAX_FUNCTION; i++) {
        if (!isnan(value[i]))
            continue;
        const row r = fl_rows_at(j, first + i);
        int infinite = 0, unknown = 0;
        for (int64_t s = 0; s < j->n_segments; s++) {
            const int64_t length = fl_segment_length(j, s);
            const char *a = fl_segment_numbers(j, PRED, &r, s, buffer);
            infinite |= j->kernels->position(a, length, INFINITY) < length;
            unknown |= j->kernels->position(a, length, NAN) < length;
        }
        if (infinite && !unknown)
            value[i] = INFINITY * weight[i];
    }
}

static void softmax_tile(job *j, int64_t first, int64_t n, int64_t at, rows_memory *m, const tile *t)
{
    const fl_call *c = j->call;
    const int64_t lanes = fl_padded(n);
    gather_columns(j, PRED, first, n, t, t->given);
    fl_columns k = {.classes = c->classes, .rows = rows_of(j, lanes, t->field), .logits = t->logits, .exponentials = t->grad,
                    .grad = c->outputs & FL_GRAD ? t->grad : NULL, .hess = c->outputs & FL_HESS ? t->hess : NULL,
                    .log_softmax = c->outputs & FL_LOG_SOFTMAX ? t->logits : NULL};
    k.rows.label = m->label + at, k.rows.value = m->value + at;
    if (!j->only_labels)
        k.rows.weight = m->weight + at, k.rows.mass = m->mass + at;
    if (is_softened(j)) {
        fl_columns given = k;
        given.logits = t->given;
        j->kernels->columns_soften(&k, t->given, c->softcap, c->temperature);
        if (statistics(j))
            j->kernels->columns_positions(&given);
    }
    if (j->stream && c->argument[FL_PRED].array.dtype == c->real && (fl_rows_follow(j, PRED) || lies_in_columns(j, PRED))) {
        k.next = fl_address(&j->walk, j->array[PRED], first + n);
        k.next_step = fl_rows_follow(j, PRED) ? 0 : c->argument[FL_PRED].array.class_stride / (int64_t)j->item;
    }
    if (dense(j) && !has_terms(j))
        k.u = t->target;
    if (j->smoothing) {
        j->kernels->columns_repeat(j->smoothing, c->classes, lanes, t->target);
        for (int64_t i = 0; i < n && has_terms(j); i++)
            if (m->label[at + i] >= 0)
                add_to(t->target, m->label[at + i] * lanes + i, m->mass[at + i] * k.rows.keep, c->real);
    } else if (dense(j)) {
        gather_columns(j, TARGET, first, n, t, t->target);
        if (!fl_check_numbers(j, t->target, c->classes * lanes, TARGET))
            return;
        if (j->class_weight)
            j->kernels->columns_mix(t->target, j->class_weight, c->classes, lanes, 1.0 - c->label_smoothing,
                                    c->label_smoothing / (double)c->classes);
    }
    j->kernels->rows_given(&k.rows);
    j->kernels->columns_forward(&k);
    if (has_terms(j)) {
        k.u = t->target, k.bend = t->hess;
        j->kernels->rows_shares(&k.rows);
        j->kernels->columns_terms[c->loss](&k);
    }
    j->kernels->finish[c->loss](&k.rows);
    if (statistics(j))
        statistics_of_tile(j, &k, first, n);
    settle_infinite_rows(j, first, n, m->weight + at, m->value + at);
    if (!(c->outputs & PER_LOGIT))
        return;
    j->kernels->columns_backward(&k);
    if (k.log_softmax)
        scatter_columns(j, GRAD, first, n, t, t->logits);
    if (c->softcap != 0.0 && c->classes > 0)
        j->kernels->harden(t->given, c->classes * lanes, c->softcap, k.grad, k.hess);
    if (k.grad)
        scatter_columns(j, GRAD, first, n, t, t->grad);
    if (k.hess && c->newton)
        j->kernels->columns_raise(&k, c->newton->factor, c->newton->floor * j->scale);
    if (k.hess)
        scatter_columns(j, HESS, first, n, t, t->hess);
}

static void softmax_short_rows(job *j, int64_t first, int64_t n, rows_memory *m)
{
    tile t;
    carve_tile(j, m->work, &t);
    for (int64_t at = 0; at < n; at += t.lanes) {
        fl_ask_for_rows(j, first + at + j->rows_a_task, n - at < t.lanes ? n - at : t.lanes);
        softmax_tile(j, first + at, n - at < t.lanes ? n - at : t.lanes, at, m, &t);
    }
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
    double field[FL_BATCH_FIELDS][FL_ROWS_TOGETHER];
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

static const fl_segment NO_SEGMENT = {.maximum = -INFINITY, .largest = -1, .unknown = -1};

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
    const double below = depth(j, into->maximum, part->maximum), unit = exp_nonpositive(-below);
    into->others += (1.0 + part->others) * unit;
    into->mass += part->mass;
    into->mass_of_others += part->mass;
    into->shortfall += part->shortfall + (part->mass == 0.0 ? 0.0 : part->mass * below);
    if (!statistics(j))
        return;
    into->dispersion += unit == 0.0 ? 0.0 : unit * (part->dispersion + (1.0 + part->others) * below);
    if (into->largest < 0)
        into->largest = part->largest;
    if (part->unknown >= 0 && (into->unknown < 0 || part->unknown < into->unknown))
        into->unknown = part->unknown;
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
    const fl_array *a = fl_array_of(j->call, which);
    if (!j->ahead[which] || a->dtype != j->call->real)
        return here;
    return r->data[which] + j->ahead[which] + s * j->segment * a->class_stride;
}

/* Where in the row the maximum of segment s is first, and NaN where there may be one. Not by exponentials, nor by softened logits: of
 * logits that differ some have the same. */
static void note_places(const job *j, int64_t s, const char *a, int64_t n, int may_be_unknown, fl_segment *part)
{
    const int64_t largest = j->kernels->position(a, n, part->maximum), start = s * j->segment;
    const int64_t unknown = may_be_unknown ? j->kernels->position(a, n, NAN) : n;
    part->largest = largest < n ? start + largest : -1;
    part->unknown = unknown < n ? start + unknown : -1;
}

/* The exponentials of a segment and what they add to the row's total; the label's logit, if it is here. With label_logit NULL only the
 * exponentials, their maximum and its own are wanted. */
static fl_segment forward(job *j, const row *r, int64_t s, int64_t label, double *label_logit, segment_buffers *b, char *e)
{
    const int64_t n = fl_segment_length(j, s), at = label - s * j->segment;
    const char *u = dense(j) && !has_terms(j) ? mixed_target(j, r, s, b) : NULL, *a = fl_segment_numbers(j, PRED, r, s, b->pred);
    fl_segment part;
    const int with_statistics = label_logit && statistics(j);
    if (label_logit && label >= 0 && at >= 0 && at < n)
        *label_logit = fl_load(a + (size_t)at * j->item, j->call->real);
    const char *z = a;
    fl_segment given = NO_SEGMENT;
    if (is_softened(j)) {
        const char *numbers = fl_padded_segment(j, PRED, r, s, b->pred);
        /* Where no logit is finite, what softmax_forward would say. */
        given.maximum = at_least(j->kernels->maximum(numbers, fl_padded(n)), j->call->real == FL_FLOAT32 ? -(double)FLT_MAX : -DBL_MAX);
        if (with_statistics)
            note_places(j, s, numbers, n, 1, &given);
        j->kernels->soften(numbers, fl_padded(n), given.maximum, j->call->softcap, j->call->temperature, b->pred);
        z = b->pred;
    }
    j->kernels->softmax_forward(z, u, n, next_segment(j, PRED, r, s, a), next_segment(j, TARGET, r, s, u), e, &part);
    if (with_statistics && j->call->statistics.entropy)
        part.dispersion = j->kernels->dispersion(z, e, n, part.maximum) / part.top;
    if (is_softened(j))
        part.maximum = given.maximum, part.largest = given.largest, part.unknown = given.unknown;
    else if (with_statistics)
        note_places(j, s, a, n, isnan(part.others), &part);
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

/* What q is of an exponential of a segment with this maximum and its exponential `top`; and whether the class with more than half is here. */
static double factor_of(const job *j, const batch *b, int64_t i, double maximum, double top, double lift)
{
    return exp_nonpositive(-depth(j, b->largest[i], maximum)) * (unit_of(j) / top * lift) * b->field[FL_FACTOR][i];
}

static int has_single_top(const job *j, const batch *b, int64_t i, double maximum)
{
    return maximum == b->largest[i] && b->field[FL_SINGLE_TOP][i] == unit_of(j);
}

/* The terms of a segment: in the buffers u F as grad, -u F' as terms, u F'' as hess. */
static void make_terms(job *j, batch *b, segment_buffers *buffers, int64_t i, int64_t s, const char *e, double maximum, double top)
{
    const row *r = &b->where[i];
    const int64_t n = fl_segment_length(j, s), label = b->label[i] - s * j->segment;
    const char *u = mixed_target(j, r, s, buffers);
    if (j->smoothing) {
        memcpy(buffers->target, u, (size_t)n * j->item);
        if (b->label[i] >= 0 && label >= 0 && label < n)
            add_to(buffers->target, label, b->field[FL_STRENGTH][i], j->call->real);
        u = buffers->target;
    }
    const char *logits = fl_padded_segment(j, PRED, r, s, buffers->pred);
    if (is_softened(j)) {
        j->kernels->soften(logits, fl_padded(n), b->largest[i], j->call->softcap, j->call->temperature, buffers->pred);
        logits = buffers->pred;
    }
    j->kernels->terms[j->call->loss](&(fl_terms){
        .n = n, .logits = logits, .exponentials = e, .u = u, .param = j->call->param,
        .maximum = b->field[FL_MAXIMUM][i], .log_sum = b->field[FL_LOG_SUM][i], .factor = factor_of(j, b, i, maximum, top, 1.0) / b->field[FL_LIFT][i],
        .single_top = has_single_top(j, b, i, maximum) ? top : NAN, .rest = b->field[FL_REST][i],
        .value = buffers->grad, .target = buffers->terms, .bend = buffers->hess});
}

typedef struct {
    double value, target, target_of_others, bend, bend_of_others;
} term_sums;

/* Adds the terms of a segment. */
static void sum_terms(job *j, batch *b, segment_buffers *buffers, int64_t i, int64_t s, const char *e, double maximum, double top,
                      term_sums *into)
{
    const fl_dtype real = j->call->real;
    const int64_t n = fl_segment_length(j, s), padded = fl_padded(n);
    if (b->field[FL_COUNTS][i] == 0.0) {
        if (!j->call->labels)
            mixed_target(j, &b->where[i], s, buffers);    /* for its domain */
        return;
    }
    make_terms(j, b, buffers, i, s, e, maximum, top);
    double target = 0.0, bend = 0.0;
    if (has_single_top(j, b, i, maximum)) {
        const int64_t largest = j->kernels->position(e, n, top);
        target = fl_load(buffers->terms + (size_t)largest * j->item, real);
        bend = fl_load(buffers->hess + (size_t)largest * j->item, real);
        fl_store(0.0, buffers->terms, largest, real);
        fl_store(0.0, buffers->hess, largest, real);
    }
    const double target_of_others = j->kernels->sum(buffers->terms, padded), bend_of_others = j->kernels->sum(buffers->hess, padded);
    into->value += j->kernels->sum(buffers->grad, padded);
    into->target += target + target_of_others;
    into->target_of_others += target_of_others;
    into->bend += bend + bend_of_others;
    into->bend_of_others += bend_of_others;
}

static void join_terms(term_sums *into, const term_sums *part)
{
    into->value += part->value;
    into->target += part->target;
    into->target_of_others += part->target_of_others;
    into->bend += part->bend;
    into->bend_of_others += part->bend_of_others;
}

static void note_terms(batch *b, int64_t i, const term_sums *sums)
{
    b->field[FL_TARGET_VALUE][i] = sums->value;
    b->field[FL_MASS][i] = sums->target;
    b->field[FL_MASS_OF_OTHERS][i] = sums->target_of_others;
    b->field[FL_BEND][i] = sums->bend;
    b->field[FL_BEND_OF_OTHERS][i] = sums->bend_of_others;
}

static void backward(job *j, batch *b, segment_buffers *buffers, int64_t i, int64_t s, const char *e, double maximum, double top)
{
    const fl_call *c = j->call;
    const row *r = &b->where[i];
    const int64_t n = fl_segment_length(j, s), at = b->label[i] - s * j->segment;
    const double (*field)[FL_ROWS_TOGETHER] = (const double (*)[FL_ROWS_TOGETHER])b->field;
    if (c->outputs & FL_LOG_SOFTMAX) {
        const char *a = fl_segment_numbers(j, PRED, r, s, buffers->pred);
        j->kernels->log_softmax(a, n, field[FL_MAXIMUM][i], field[FL_LOG_SUM][i], buffers->grad);
    } else if (field[FL_COUNTS][i] == 0.0) {
        memset(buffers->grad, 0, (size_t)n * j->item);
        memset(buffers->hess, 0, (size_t)n * j->item);
    } else {
        const int terms = has_terms(j);
        if (terms)
            make_terms(j, b, buffers, i, s, e, maximum, top);
        const char *u = terms ? buffers->terms : dense(j) ? mixed_target(j, r, s, buffers) : NULL;
        /* Of a segment whose logits are all far below the row's largest, the factor would be subnormal where q is not yet. */
        const double lift = depth(j, b->largest[i], maximum) > (c->real == FL_FLOAT32 ? 60.0 : 600.0) ? 0x1p64 : 1.0, unlift = 1.0 / lift;
        j->kernels->softmax_backward(&(fl_backward){
            .n = n, .exponentials = e, .u = u, .grad = c->outputs & FL_GRAD ? buffers->grad : NULL,
            .hess = c->outputs & FL_HESS ? buffers->hess : NULL, .bent = terms, .factor = factor_of(j, b, i, maximum, top, lift),
            .lift = field[FL_LIFT][i], .unlift = unlift / field[FL_LIFT][i], .spread = field[FL_SPREAD][i] * unlift,
            .curve = field[FL_CURVE][i], .square = field[FL_SQUARE][i], .scale = field[FL_SCALE][i],
            .hess_scale = field[FL_HESS_SCALE][i] * unlift});
        if ((u || c->outputs & FL_HESS) && has_single_top(j, b, i, maximum)) {
            const int64_t largest = j->kernels->position(e, n, top);
            if (u)
                fl_store(field[FL_TOP_GRAD][i], buffers->grad, largest, c->real);
            fl_store(field[FL_TOP_HESS][i], buffers->hess, largest, c->real);
        }
        if (!terms && b->label[i] >= 0 && at >= 0 && at < n) {
            fl_store(field[FL_LABEL_GRAD][i], buffers->grad, at, c->real);
            fl_store(field[FL_LABEL_HESS][i], buffers->hess, at, c->real);
        }
    }
    if (c->softcap != 0.0 && field[FL_COUNTS][i] != 0.0)
        j->kernels->harden(fl_padded_segment(j, PRED, r, s, buffers->pred), fl_padded(n), c->softcap, buffers->grad,
                           c->outputs & FL_HESS ? buffers->hess : NULL);
    if (c->outputs & (FL_GRAD | FL_LOG_SOFTMAX))
        fl_keep_segment(j, GRAD, r, s, buffers->grad);
    if (c->outputs & FL_HESS && c->newton && field[FL_COUNTS][i] != 0.0)
        j->kernels->raise(buffers->hess, NULL, fl_padded(n), c->newton->factor, c->newton->floor * j->scale * b->weight[i]);
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

/* Makes fields of those that are found and given. */
static void make_fields(const job *j, batch *b, void (*kernel)(const fl_rows *))
{
    const fl_dtype real = j->call->real;
    _Alignas(64) char fields[FL_ROW_FIELDS * FL_ROWS_TOGETHER * sizeof(double)];
    fl_gather((const char *)b->field, sizeof(double), FL_FOUND_FIELDS * FL_ROWS_TOGETHER, FL_FLOAT64, real, fields);
    fl_rows rows = rows_of(j, FL_ROWS_TOGETHER, fields);
    rows.label = b->label, rows.weight = b->weight, rows.mass = b->mass, rows.value = b->value;
    j->kernels->rows_given(&rows);
    kernel(&rows);
    fl_gather(fields, (intptr_t)j->item, FL_BATCH_FIELDS * FL_ROWS_TOGETHER, real, FL_FLOAT64, b->field);
}

/* The sums over the logits of n rows, and what their terms are made of. */
static void begin_batch(const job *j, batch *b, int64_t n, int64_t at, const fl_segment *totals, const double *label_logits,
                        const rows_memory *m)
{
    memset(b->field, 0, sizeof b->field);
    for (int64_t i = 0; i < FL_ROWS_TOGETHER; i++) {
        b->label[i] = i < n ? m->label[at + i] : -1;
        b->weight[i] = i < n ? m->weight[at + i] : 0.0;
        b->mass[i] = i < n ? m->mass[at + i] : 0.0;
    }
    for (int64_t i = 0; i < n; i++)
        note_total(j, b, i, &totals[i], label_logits[i]);
    if (has_terms(j))
        make_fields(j, b, j->kernels->rows_shares);
}

static void batch_statistics(const job *j, const batch *b, int64_t first, int64_t n, const fl_segment *totals)
{
    const fl_dtype real = j->call->real;
    _Alignas(64) char fields[FL_ROW_FIELDS * FL_ROWS_TOGETHER * sizeof(double)];
    const size_t field_size = FL_ROWS_TOGETHER * j->item;
    double largest[FL_ROWS_TOGETHER], unknown[FL_ROWS_TOGETHER], dispersion[FL_ROWS_TOGETHER] = {0};
    for (int64_t i = 0; i < FL_ROWS_TOGETHER; i++) {
        largest[i] = i < n ? (double)totals[i].largest : -1.0, unknown[i] = i < n ? (double)totals[i].unknown : -1.0;
        dispersion[i] = i < n ? unit_of(j) * totals[i].dispersion : 0.0;
    }
    fl_gather((const char *)b->field, sizeof(double), FL_FOUND_FIELDS * FL_ROWS_TOGETHER, FL_FLOAT64, real, fields);
    fl_gather((const char *)dispersion, sizeof(double), FL_ROWS_TOGETHER, FL_FLOAT64, real, fields + FL_DISPERSION * field_size);
    fl_gather((const char *)unknown, sizeof(double), FL_ROWS_TOGETHER, FL_FLOAT64, real, fields + FL_UNKNOWN * field_size);
    const fl_rows rows = rows_of(j, FL_ROWS_TOGETHER, fields);
    j->kernels->rows_statistics(&rows);
    keep_statistics(j, first, n, b->label, fields, FL_ROWS_TOGETHER, largest, unknown);
}

/* From the sums to the values of the rows and their statistics, and what their derivatives need. They are rows `first` and on of all, `at` and
 * on of the task. */
static void finish_batch(const job *j, batch *b, int64_t first, int64_t n, int64_t at, const fl_segment *totals, rows_memory *m)
{
    if (statistics(j))
        batch_statistics(j, b, first, n, totals);
    make_fields(j, b, j->kernels->finish[j->call->loss]);
    memcpy(m->value + at, b->value, (size_t)n * sizeof *b->value);
    settle_infinite_rows(j, first, n, b->weight, m->value + at);
}

static void sum_kept_terms(job *j, batch *b, int64_t i)
{
    term_sums total = {0};
    for (int64_t first = 0; first < j->n_segments; first += SEGMENTS_TOGETHER) {
        term_sums together = {0};
        for (int64_t s = first; s < j->n_segments && s < first + SEGMENTS_TOGETHER; s++) {
            const int64_t place = i * j->n_segments + s;
            sum_terms(j, b, &b->buffers, i, s, kept_exponentials(j, b, i, s), b->maximum[place], b->top[place], &together);
        }
        join_terms(&total, &together);
    }
    note_terms(b, i, &total);
}

/* The rows of a batch, forward; between their segments, the derivatives of the batch before, from the place where the exponentials of
 * these will be. */
static void softmax_batch(job *j, int64_t first, int64_t n, int64_t at, rows_memory *m)
{
    batch *b = (batch *)m->work;
    const int derivatives = j->call->outputs & PER_LOGIT;
    row where[FL_ROWS_TOGETHER];
    fl_segment totals[FL_ROWS_TOGETHER] = {{0}};
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
    begin_batch(j, b, n, at, totals, label_logits, m);
    for (int64_t i = 0; i < n && has_terms(j); i++)
        sum_kept_terms(j, b, i);
    finish_batch(j, b, first, n, at, totals, m);
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
    term_sums *terms;         /* of every part */
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

static void shared_terms_task(void *context, int64_t task, char *scratch)
{
    shared_rows *k = context;
    job *j = k->j;
    shared_memory *m = (shared_memory *)scratch;
    const int64_t i = task / k->parts, first = task % k->parts * SEGMENTS_TOGETHER;
    term_sums total = {0};
    for (int64_t s = first; s < j->n_segments && s < first + SEGMENTS_TOGETHER; s++) {
        double unused;
        const fl_segment part = forward(j, &k->b.where[i], s, -1, &unused, &m->buffers, m->exponentials);
        sum_terms(j, &k->b, &m->buffers, i, s, m->exponentials, part.maximum, part.top, &total);
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
        const fl_segment part = forward(j, &k->b.where[i], s, -1, NULL, &m->buffers, m->exponentials);
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
    fl_status status = fl_run_tasks(j->call, n * k->parts, TASKS_A_SLICE, shared_forward_task, NULL, k, sizeof(shared_memory), &j->outside[TARGET]);
    if (status != FL_OK || j->outside[TARGET])
        return status;
    fl_segment totals[FL_ROWS_TOGETHER];
    for (int64_t i = 0; i < n; i++) {
        totals[i] = NO_SEGMENT;
        for (int64_t part = 0; part < k->parts; part++)
            join(j, &totals[i], &k->part[i * k->parts + part]);
    }
    begin_batch(j, &k->b, n, 0, totals, k->label_logit, m);
    if (has_terms(j)) {
        status = fl_run_tasks(j->call, n * k->parts, TASKS_A_SLICE, shared_terms_task, NULL, k, sizeof(shared_memory), &j->outside[TARGET]);
        if (status != FL_OK || j->outside[TARGET])
            return status;
    }
    for (int64_t i = 0; i < n && has_terms(j); i++) {
        term_sums total = {0};
        for (int64_t part = 0; part < k->parts; part++)
            join_terms(&total, &k->terms[i * k->parts + part]);
        note_terms(&k->b, i, &total);
    }
    finish_batch(j, &k->b, first, n, 0, totals, m);
    if (j->call->outputs & PER_LOGIT)
        status = fl_run_tasks(j->call, n * k->parts, TASKS_A_SLICE, shared_backward_task, NULL, k, sizeof(shared_memory), &j->outside[TARGET]);
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
    term_sums *terms = malloc((size_t)(together * parts) * sizeof *terms);
    fl_status status = k && part && terms ? FL_OK : FL_NO_MEMORY;
    int64_t walked = 0;
    for (int64_t first = 0; first < j->walk.size && status == FL_OK && !j->outside[TARGET]; first += together) {
        const int64_t left = j->walk.size - first, n = left < together ? left : together;
        k->j = j, k->parts = parts, k->part = part, k->terms = terms;
        if (!fl_load_rows(j, first, n, &m))
            break;
        status = run_shared_rows(j, k, first, n, &m);
        if (status == FL_OK && !j->outside[TARGET]) {
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

fl_status fl_plan_softmax(job *j)
{
    const int64_t classes = j->call->classes;
    const int plain = j->kind == FL_SOFTMAX_FUNCTION;
    if (plain || j->call->temperature == 0.0)
        j->call->temperature = 1.0;
    if (plain)
        j->call->softcap = 0.0;
    j->side_by_side = classes <= SHORT_ROW;
    if (j->side_by_side) {
        j->only_labels = j->call->labels && !dense(j) && !j->call->weight.data && !j->call->class_weight;
        tile t;
        /* Whole tiles, of either size: what a task sums does not depend on layout. */
        const int64_t rows = tile_rows(j, 2);
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
