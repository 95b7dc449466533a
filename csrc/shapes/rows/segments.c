/* Where rows lie, and segments of them as contiguous numbers. */
#include "rows.h"

#include <math.h>
#include <string.h>

row fl_rows_at(const job *j, int64_t index)
{
    row r = {{NULL}};
    for (int i = 0; i < j->walk.n_arrays; i++) {
        const int a = j->walk.array[i];
        r.data[a] = fl_address(&j->walk, j->array[a], index);
    }
    return r;
}

int fl_rows_follow(const job *j, int which)
{
    const fl_array *a = fl_array_of(j->call, which);
    const intptr_t item = (intptr_t)fl_itemsize(a->dtype);
    return j->walk.ndim == 1 && a->class_stride == item && j->walk.stride[which][0] == item * j->call->classes;
}

fl_walked fl_class_of_rows(const job *j, int which, int64_t class)
{
    fl_walked a = j->array[which];
    a.data += class * fl_array_of(j->call, which)->class_stride;
    return a;
}

static char *segment_start(const job *j, int which, const row *r, int64_t s)
{
    return r->data[which] + s * j->segment * fl_array_of(j->call, which)->class_stride;
}

/* Where a segment lies if its memory is contiguous numbers of type `real`, else NULL. */
static char *segment_in_place(const job *j, int which, const row *r, int64_t s)
{
    const fl_array *a = fl_array_of(j->call, which);
    char *start = segment_start(j, which, r, s);
    return a->dtype == j->call->real && a->class_stride == (intptr_t)j->item && (uintptr_t)start % j->item == 0 ? start : NULL;
}

static int is_half_in_place(const job *j, int which, const row *r, int64_t s)
{
    const fl_array *a = fl_array_of(j->call, which);
    const uintptr_t item = sizeof(uint16_t);
    return (a->dtype == FL_FLOAT16 || a->dtype == FL_BFLOAT16) && j->call->real == FL_FLOAT32 &&
           a->class_stride == (intptr_t)item && (uintptr_t)segment_start(j, which, r, s) % item == 0;
}

const char *fl_segment_numbers(const job *j, int which, const row *r, int64_t s, char *buffer)
{
    const fl_array *a = fl_array_of(j->call, which);
    const int64_t n = fl_segment_length(j, s);
    const char *in_place = segment_in_place(j, which, r, s);
    if (in_place)
        return in_place;
    if (is_half_in_place(j, which, r, s))
        j->kernels->widen(a->dtype, segment_start(j, which, r, s), n, which == FL_PRED ? j->ahead[FL_PRED] : 0, buffer);
    else
        fl_gather(segment_start(j, which, r, s), a->class_stride, n, a->dtype, j->call->real, buffer);
    return buffer;
}

const char *fl_padded_segment(const job *j, int which, const row *r, int64_t s, char *buffer)
{
    const int64_t n = fl_segment_length(j, s);
    const char *numbers = fl_segment_numbers(j, which, r, s, buffer);
    if (n % FL_GROUP == 0)
        return numbers;
    if (numbers != buffer)
        memcpy(buffer, numbers, (size_t)n * j->item);
    fl_pad_with_last(buffer, n, j->call->real);
    return buffer;
}

const char *fl_logits_without(const job *j, int which, const row *r, int64_t s, int64_t left_out, char *buffer)
{
    const int64_t n = fl_segment_length(j, s), at = left_out - s * j->segment;
    const int here = left_out >= 0 && at >= 0 && at < n;
    const char *logits = fl_segment_numbers(j, which, r, s, buffer);
    if (!here && n % FL_GROUP == 0)
        return logits;
    if (logits != buffer)
        memcpy(buffer, logits, (size_t)n * j->item);
    fl_pad(buffer, n, -INFINITY, j->call->real);
    if (here)
        fl_store(-INFINITY, buffer, at, j->call->real);
    return buffer;
}

void fl_keep_segment(const job *j, int which, const row *r, int64_t s, const char *results)
{
    const fl_array *a = fl_array_of(j->call, which);
    const int64_t n = fl_segment_length(j, s);
    if (j->stream && segment_in_place(j, which, r, s)) {
        j->kernels->stream(segment_start(j, which, r, s), results, (size_t)n * j->item);
    } else if (is_half_in_place(j, which, r, s)) {
        _Alignas(64) uint16_t halves[FL_SEGMENT_BYTES / sizeof(float)];
        void *to = segment_start(j, which, r, s);
        j->kernels->narrow(a->dtype, results, n, j->stream ? (void *)halves : to);
        if (j->stream)
            j->kernels->stream(to, halves, (size_t)n * sizeof *halves);
    } else {
        fl_scatter(results, n, j->call->real, segment_start(j, which, r, s), a->class_stride, a->dtype);
    }
}

void fl_keep_class(const job *j, int which, const row *r, int64_t class, double result)
{
    if (r->data[which])
        fl_store(result, r->data[which] + class * fl_array_of(j->call, which)->class_stride, 0,
                 fl_array_of(j->call, which)->dtype);
}

void fl_clear_row(const job *j, const row *r)
{
    static const char zeros[FL_SEGMENT_BYTES];
    for (int which = FL_GRADS; which < FL_N_ARRAYS; which++)
        for (int64_t s = 0; s < j->n_segments && j->array[which].data; s++)
            fl_keep_segment(j, which, r, s, zeros);
}

void fl_spread_nan(const job *j, int which, const row *r, char *buffer)
{
    for (int64_t s = 0; s < j->n_segments; s++) {
        fl_fill(buffer, 0, fl_segment_length(j, s), NAN, j->call->real);
        fl_keep_segment(j, which, r, s, buffer);
    }
}

double fl_logit_of(const job *j, const row *r, int64_t label)
{
    const fl_call *c = j->call;
    return fl_load(r->data[FL_PRED] + label * c->argument[FL_PRED].array.class_stride, c->argument[FL_PRED].array.dtype);
}

void fl_floor_row(const job *j, const row *r, double weight)
{
    _Alignas(64) char hess[FL_SEGMENT_BYTES];
    const fl_newton *newton = j->call->newton;
    const fl_array *kept = &j->call->argument[FL_PRED].hess;
    for (int64_t s = 0; s < j->n_segments; s++) {
        const int64_t n = fl_segment_length(j, s);
        fl_gather(segment_start(j, FL_PRED_HESS, r, s), kept->class_stride, n, kept->dtype, j->call->real, hess);
        fl_pad_with_last(hess, n, j->call->real);
        j->kernels->raise(hess, NULL, fl_padded(n), newton->factor, newton->floor * j->scale * weight);
        fl_keep_segment(j, FL_PRED_HESS, r, s, hess);
    }
}
