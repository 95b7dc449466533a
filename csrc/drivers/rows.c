/* The driver of the losses of a row: rows in logical order, and along each row the classes, a segment at a time. Softmax has a file
 * of its own, softmax.c, and so have the losses made of elements, elements.c. */
#include "rows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    /* Elements a task handles: enough to pay for handing the task out. */
    ELEMENTS_A_TASK = 16 * 1024,
    /* The same where of a row one element is read: more rows, whose elements can be waited for at once. */
    ELEMENTS_A_LABEL_TASK = 128 * 1024,
    ELEMENTS_A_SLICE = 16 * 1024 * 1024,
    /* Rows are prefetched at least this far ahead: about the time that memory takes to answer. Measured: 8 to 32 KiB are alike. */
    PREFETCH_BYTES = 16 * 1024,
};

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

int64_t fl_segment_length(const job *j, int64_t s)
{
    const int64_t left = j->call->classes - s * j->segment;
    return left < j->segment ? left : j->segment;
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
    return (a->dtype == FL_FLOAT16 || a->dtype == FL_BFLOAT16) && j->call->real == FL_FLOAT32 && a->class_stride == (intptr_t)item &&
           (uintptr_t)segment_start(j, which, r, s) % item == 0;
}

const char *fl_segment_numbers(const job *j, int which, const row *r, int64_t s, char *buffer)
{
    const fl_array *a = fl_array_of(j->call, which);
    const int64_t n = fl_segment_length(j, s);
    const char *in_place = segment_in_place(j, which, r, s);
    if (in_place)
        return in_place;
    if (is_half_in_place(j, which, r, s))
        j->kernels->widen(a->dtype, segment_start(j, which, r, s), n, which == PRED ? j->ahead[PRED] : 0, buffer);
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

int fl_check_numbers(job *j, const char *numbers, int64_t n, int which)
{
    const fl_domain *d = &j->domain[which];
    if (!d->checked)
        return 1;
    const int64_t whole = n / FL_GROUP * FL_GROUP;
    _Alignas(64) char rest[FL_GROUP * sizeof(double)];
    int outside = whole > 0 && j->kernels->outside(numbers, whole, d->low, d->high, d->ends_only);
    if (n > whole) {
        memcpy(rest, numbers + (size_t)whole * j->item, (size_t)(n - whole) * j->item);
        fl_pad_with_last(rest, n - whole, j->call->real);
        outside |= j->kernels->outside(rest, FL_GROUP, d->low, d->high, d->ends_only);
    }
    if (outside)
        __atomic_store_n(&j->outside[which], 1, __ATOMIC_RELAXED);
    return !outside;
}

static void check_row(job *j, int which, const row *r, char *buffer)
{
    for (int64_t s = 0; s < j->n_segments; s++)
        fl_check_numbers(j, fl_segment_numbers(j, which, r, s, buffer), fl_segment_length(j, s), which);
}

void fl_check_row(job *j, const row *r, char *buffer)
{
    for (int which = PRED; which <= TARGET; which++)
        if (j->domain[which].checked)
            check_row(j, which, r, buffer);
}

/* Rows without a gap are one long row; of rows with fewer classes than there are rows, class after class is. */
static void check_rows(job *j, int which, int64_t first, int64_t n, char *buffer)
{
    const fl_array *a = fl_array_of(j->call, which);
    const intptr_t item = (intptr_t)fl_itemsize(a->dtype);
    const int64_t classes = j->call->classes;
    if (fl_rows_follow(j, which)) {
        const char *start = fl_address(&j->walk, j->array[which], first);
        const int in_place = a->dtype == j->call->real && (uintptr_t)start % j->item == 0;
        for (int64_t i = 0; i < n * classes; i += j->segment) {
            const int64_t length = n * classes - i < j->segment ? n * classes - i : j->segment;
            if (!in_place)
                fl_gather(start + i * item, item, length, a->dtype, j->call->real, buffer);
            fl_check_numbers(j, in_place ? start + i * item : buffer, length, which);
        }
    } else if (n > classes) {
        for (int64_t i = 0; i < classes; i++) {
            fl_gather_walked(&j->walk, fl_class_of_rows(j, which, i), first, n, j->call->real, buffer);
            fl_check_numbers(j, buffer, n, which);
        }
    } else {
        for (int64_t i = 0; i < n; i++) {
            const row r = fl_rows_at(j, first + i);
            check_row(j, which, &r, buffer);
        }
    }
}

void fl_clear_row(const job *j, const row *r)
{
    static const char zeros[FL_SEGMENT_BYTES];
    for (int which = FL_GRADS; which < FL_N_ARRAYS; which++)
        for (int64_t s = 0; s < j->n_segments && j->array[which].data; s++)
            fl_keep_segment(j, which, r, s, zeros);
}

double fl_label_weight(const job *j, int64_t label)
{
    const double *class_weight = j->call->class_weight;
    return class_weight && label >= 0 && j->kind != FL_ROW_MEAN_LOSS && !j->extreme ? class_weight[label] : 1.0;
}

double fl_logit_of(const job *j, const row *r, int64_t label)
{
    const fl_call *c = j->call;
    return fl_load(r->data[PRED] + label * c->argument[FL_PRED].array.class_stride, c->argument[FL_PRED].array.dtype);
}

void fl_spread_nan(const job *j, const row *r, char *buffer)
{
    for (int64_t s = 0; s < j->n_segments; s++) {
        fl_fill(buffer, 0, fl_segment_length(j, s), NAN, j->call->real);
        fl_keep_segment(j, GRAD, r, s, buffer);
    }
}

int fl_row_counts(const job *j, const rows_memory *m, int64_t i)
{
    return m->weight[i] != 0.0 && (!j->call->labels || (m->label[i] >= 0 && fl_label_weight(j, m->label[i]) != 0.0));
}

double fl_rounded_value(const job *j, double value, double weight)
{
    const double rounded = j->call->real == FL_FLOAT32 ? (double)(float)value : value;
    return rounded == 0.0 ? 0.0 : rounded * weight; /* where several weights have no number for their product, too */
}

/* Labels of rows first ... first + n - 1, if they lie as the kernel for labels reads them, else NULL. */
static const int64_t *labels_in_place(const job *j, int64_t first, int64_t n)
{
    const fl_walked a = j->array[TARGET];
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
        fl_gather_walked_labels(&j->walk, j->array[TARGET], first, n, m->label);
        for (int64_t i = n; i < padded; i++)
            m->label[i] = c->ignore_index;
    }
    if (n > 0 && j->kernels->labels(from, padded, c->classes, c->ignore_index, only_count ? NULL : m->label, counting)) {
        __atomic_store_n(&j->bad_label, 1, __ATOMIC_RELAXED);
        return 0;
    }
    return 1;
}

/* Whether classes have their weights side by side: to be divided by, as one. */
static int weighs_classes(const job *j)
{
    const fl_call *c = j->call;
    const int softmax = j->kind == FL_LOG_PROBABILITY_LOSS;
    return c->class_weight && (j->kind == FL_ROW_MEAN_LOSS || (softmax && (!c->labels || c->label_smoothing != 0.0)));
}

/* Of a margin loss the mean is over rows, whatever their class weights. */
static double weight_in_the_mean(const job *j, int64_t label)
{
    const int counts = j->kind == FL_LOG_PROBABILITY_LOSS || j->kind == FL_LABEL_LOSS;
    return label >= 0 && counts && j->call->class_weight ? j->call->class_weight[label] : 1.0;
}

/* Extreme weights: those of a row's label become part of the row's weight, in which they neither overflow nor vanish. */
static void join_weights(const job *j, int64_t n, rows_memory *m)
{
    const fl_call *c = j->call;
    const int side_by_side = weighs_classes(j), of_labels = c->labels && c->class_weight && j->kind != FL_ROW_MEAN_LOSS;
    const int exponent = j->weight_exponent;
    for (int64_t i = 0; i < n; i++) {
        const double weight = m->weight[i], of_label = of_labels && m->label[i] >= 0 ? c->class_weight[m->label[i]] : 1.0;
        m->weight[i] = fl_product_below(weight, side_by_side ? 1.0 : of_label, exponent - (side_by_side ? j->class_exponent : 0));
        if (m->mass[i] != 0.0)
            m->mass[i] = side_by_side && of_labels ? ldexp(of_label, -j->class_exponent) : 1.0;
    }
}

/* Labels and weights as they are given. */
static int load_rows(job *j, int64_t first, int64_t n, rows_memory *m)
{
    const fl_call *c = j->call;
    const int64_t padded = fl_padded(n);
    int64_t counting;
    if (c->weight.data)
        fl_gather_walked(&j->walk, j->array[WEIGHT], first, n, FL_FLOAT64, m->weight);
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
    if (!load_rows(j, first, n, m))
        return 0;
    if (j->extreme)
        join_weights(j, n, m);
    return 1;
}

void fl_ask_for_rows(const job *j, int64_t first, int64_t n)
{
    for (int which = TARGET; which <= WEIGHT; which++) {
        const fl_array *a = fl_array_of(j->call, which);
        const intptr_t item = (intptr_t)fl_itemsize(a->dtype);
        const int given = which == TARGET ? j->call->labels : a->data != NULL;
        if (j->stream && given && j->walk.ndim == 1 && j->walk.stride[which][0] == item)
            fl_prefetch(fl_address(&j->walk, j->array[which], first), n * item);
    }
}

void fl_keep_values(const job *j, int64_t first, int64_t n, const double *values)
{
    for (int64_t i = 0; i < n && j->call->value.data; i++)
        fl_store(values[i], fl_address(&j->walk, j->array[FL_VALUES], first + i), 0, j->call->value.dtype);
}

static int64_t task_rows(const job *j, int64_t task, int64_t *first)
{
    *first = task * j->rows_a_task;
    const int64_t left = j->walk.size - *first;
    return left < j->rows_a_task ? left : j->rows_a_task;
}

/* What a thread's memory holds beside the numbers of rows_memory. */
static size_t scratch_bytes(const job *j)
{
    return sizeof(rows_memory) + 64 + 4 * (size_t)fl_padded(j->rows_a_task) * sizeof(double) + (j->work_bytes + 63) / 64 * 64 +
           fl_stage_bytes(j, j->staged_rows);
}

static rows_memory *memory_of(const job *j, char *scratch)
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

/* Sums of at most FL_BLOCK numbers, in the lanes of double. */
static double sum_of_rows(const job *j, double *x, int64_t n)
{
    for (int64_t i = n; i < fl_padded(n); i++)
        x[i] = 0.0;
    return fl_kernels_for(j->call->tier, FL_FLOAT64)->sum(x, fl_padded(n));
}

/* Before anything is written: are all labels (and, where asked for, all numbers) good, and what does the mean divide by? */
static void look_task(void *context, int64_t task, char *scratch)
{
    job *j = context;
    rows_memory *m = memory_of(j, scratch);
    int64_t first;
    const int64_t n = task_rows(j, task, &first);
    j->partial[task] = 0.0;
    if (j->only_labels) {
        int64_t counting;
        load_labels(j, first, n, 1, m, &counting);
        j->partial[task] = (double)counting;
        if (counting > 0)
            __atomic_store_n(&j->something_counts, 1, __ATOMIC_RELAXED);
        return;
    }
    if (!load_rows(j, first, n, m))
        return;
    int counts = 0;
    double least = INFINITY, most = 0.0;
    for (int64_t i = 0; i < n; i++) {
        const double weight = fabs(m->weight[i]), product = m->mass[i] * m->weight[i];
        counts |= m->mass[i] != 0.0 && weight != 0.0;
        least = weight > 0.0 && weight < least ? weight : least;
        most = weight > most && weight < INFINITY ? weight : most;
        m->value[i] = j->extreme ? fl_product_below(m->mass[i], m->weight[i], j->weight_exponent) : product;
    }
    j->partial[task] = sum_of_rows(j, m->value, n);
    fl_note_sizes(&j->weight_sizes, least, most);
    if (counts)
        __atomic_store_n(&j->something_counts, 1, __ATOMIC_RELAXED);
    for (int64_t i = 0; i < n && j->kind == FL_LABEL_LIST_LOSS; i++) {
        const row r = fl_rows_at(j, first + i);
        fl_look_at_list(j, &r);
    }
    if (j->call->check_first && j->kind == FL_LABEL_LOSS)
        fl_check_label_rows(j, first, n, m);
    if (!j->call->check_first || j->call->labels)
        return;
    for (int which = PRED; which <= TARGET; which++)
        if (j->domain[which].checked)
            check_rows(j, which, first, n, m->work);
}

/* Extreme weights: what their exponents come to at most, of the rows that count. */
static void exponent_task(void *context, int64_t task, char *scratch)
{
    job *j = context;
    rows_memory *m = memory_of(j, scratch);
    int64_t first;
    const int64_t n = task_rows(j, task, &first);
    j->partial[task] = 0.0;
    if (!load_rows(j, first, n, m))
        return;
    int most = INT_MIN;
    for (int64_t i = 0; i < n; i++) {
        const int exponent = fl_exponent_of(m->weight[i]) + (weighs_classes(j) ? j->class_exponent : fl_exponent_of(m->mass[i]));
        if (m->weight[i] != 0.0 && isfinite(m->weight[i]) && m->mass[i] != 0.0 && exponent > most)
            most = exponent;
    }
    int known = __atomic_load_n(&j->weight_exponent, __ATOMIC_RELAXED);
    while (most > known && !__atomic_compare_exchange_n(&j->weight_exponent, &known, most, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        ;
}

/* Of a row whose Hessian is kept already: see fl_newton. */
static void raise_row(const job *j, const row *r, double weight)
{
    _Alignas(64) char hess[FL_SEGMENT_BYTES];
    const fl_newton *newton = j->call->newton;
    for (int64_t s = 0; s < j->n_segments; s++) {
        const int64_t n = fl_segment_length(j, s);
        fl_gather(segment_start(j, HESS, r, s), j->call->argument[FL_PRED].hess.class_stride, n, j->call->argument[FL_PRED].hess.dtype, j->call->real, hess);
        fl_pad_with_last(hess, n, j->call->real);
        j->kernels->raise(hess, NULL, fl_padded(n), newton->factor, newton->floor * j->scale * weight);
        fl_keep_segment(j, HESS, r, s, hess);
    }
}

/* Rows in which a number outside of its domain is found are left as they are. */
static void clear_values(const job *j, int64_t n, rows_memory *m)
{
    if (j->domain[PRED].checked || j->domain[TARGET].checked)
        memset(m->value, 0, (size_t)n * sizeof *m->value);
}

static void loss_task(void *context, int64_t task, char *scratch)
{
    job *j = context;
    rows_memory *m = memory_of(j, scratch);
    int64_t first;
    const int64_t n = task_rows(j, task, &first);
    j->partial[task] = 0.0;
    if (!fl_load_rows(j, first, n, m))
        return;
    clear_values(j, n, m);
    if (fl_is_softmax(j)) {
        fl_softmax_rows(j, first, n, m);
    } else if (j->kind == FL_RIVAL_LOSS) {
        fl_rival_rows(j, first, n, m);
    } else if (j->kind == FL_LABEL_LOSS) {
        fl_label_rows(j, first, n, m);
    } else if (fl_rows_are_short(j)) {
        fl_short_element_rows(j, first, n, m);
    } else {
        for (int64_t i = 0; i < n; i++) {
            const row r = fl_rows_at(j, first + i);
            const double weight = m->weight[i], strength = fl_label_weight(j, m->label[i]), scale = j->scale * weight;
            if (!fl_row_counts(j, m, i)) {
                fl_check_row(j, &r, m->work);
                fl_clear_row(j, &r);
                m->value[i] = 0.0;
            } else if (j->kind == FL_LABEL_LIST_LOSS) {
                m->value[i] = fl_rounded_value(j, fl_label_list_row(j, &r, scale, m), weight);
            } else if (j->kind == FL_DISTILLATION_LOSS) {
                m->value[i] = fl_rounded_value(j, fl_distillation_row(j, &r, scale, m), weight);
            } else {
                m->value[i] = fl_rounded_value(j, fl_element_row(j, &r, m->label[i], strength, scale, m), weight);
            }
        }
    }
    for (int64_t i = 0; i < n && j->call->argument[FL_PRED].hess.data && j->call->newton && !fl_is_softmax(j); i++)
        if (fl_row_counts(j, m, i)) {
            const row r = fl_rows_at(j, first + i);
            raise_row(j, &r, m->weight[i]);
        }
    fl_keep_values(j, first, n, m->value);
    j->partial[task] = sum_of_rows(j, m->value, n);
}

/* The tasks of some rows that are brought together first. */
static void staged_task(void *context, int64_t group, char *scratch)
{
    job *j = context, staged;
    fl_call call;
    rows_memory *m = memory_of(j, scratch);
    const int64_t begin = group * j->staged_rows, left = j->walk.size - begin, n = left < j->staged_rows ? left : j->staged_rows;
    fl_stage_rows(j, begin, n, m->work + (j->work_bytes + 63) / 64 * 64, &staged, &call);
    for (int64_t at = 0; at < n; at += j->rows_a_task) {
        const int64_t rows = n - at < j->rows_a_task ? n - at : j->rows_a_task;
        double *const partial = &j->partial[(begin + at) / j->rows_a_task];
        *partial = 0.0;
        if (!fl_load_rows(j, begin + at, rows, m)) {
            m->pending = 0;   /* they lie where only `staged` finds them */
            return;
        }
        clear_values(j, rows, m);
        fl_softmax_rows(&staged, at, rows, m);
        fl_keep_values(j, begin + at, rows, m->value);
        *partial = sum_of_rows(j, m->value, rows);
    }
    fl_softmax_pending(&staged, m);
    if (staged.outside[TARGET])
        __atomic_store_n(&j->outside[TARGET], 1, __ATOMIC_RELAXED);
    fl_unstage_rows(j, begin, &staged);
}

static void finish_task(void *context, char *scratch)
{
    job *j = context;
    if (((rows_memory *)scratch)->pending)
        fl_softmax_pending(j, memory_of(j, scratch));
}

static fl_status run_tasks(job *j, fl_task task)
{
    const int64_t rows = task == staged_task ? j->staged_rows : j->rows_a_task;
    const double elements = (double)rows * (double)(j->call->classes + 1) * (double)(j->longest + 1);
    const int64_t slice = (int64_t)(ELEMENTS_A_SLICE / elements) + 1;
    return fl_run_tasks(j->call, (j->walk.size + rows - 1) / rows, slice, task, finish_task, j, scratch_bytes(j), &j->bad_label);
}

/* The sum of what the tasks have left. */
static fl_status sum_up(job *j, fl_status status, double *total)
{
    if (status != FL_OK)
        return status;
    if (j->bad_label)
        return FL_BAD_LABEL;
    if (j->outside[PRED] || j->outside[TARGET]) {
        j->call->outside = j->outside[PRED] ? PRED : TARGET;
        return FL_OUTSIDE;
    }
    *total = fl_pairwise_sum(j->partial, j->n_tasks);
    return FL_OK;
}

/* What class weights are divided by, where they are extreme. */
static void look_at_class_weights(job *j)
{
    const fl_call *c = j->call;
    fl_sizes sizes = fl_no_sizes();
    for (int64_t i = 0; i < c->classes && c->class_weight; i++)
        if (c->class_weight[i] > 0.0 && c->class_weight[i] < INFINITY)
            fl_note_sizes(&sizes, c->class_weight[i], c->class_weight[i]);
    j->extreme = fl_are_extreme(&sizes);
    j->class_exponent = j->extreme ? fl_exponent_of(fl_number_of(sizes.most)) : 0;
}

/* What a mean divides by, where weights or labels say it; all labels are looked at. */
static fl_status sum_weights(job *j, double *count)
{
    j->weight_sizes = fl_no_sizes();
    fl_status status = sum_up(j, run_tasks(j, look_task), count);
    const int extreme = j->extreme || fl_are_extreme(&j->weight_sizes);
    if (status != FL_OK || !extreme || j->call->reduction != FL_MEAN || !j->something_counts)
        return status;
    double unused;
    j->weight_exponent = INT_MIN;
    status = sum_up(j, run_tasks(j, exponent_task), &unused);
    j->extreme = 1;
    if (j->weight_exponent == INT_MIN)
        j->weight_exponent = 0;
    return status == FL_OK ? sum_up(j, run_tasks(j, look_task), count) : status;
}

static fl_status run_passes(job *j, fl_call *call)
{
    double count = (double)j->walk.size, total = 0.0;
    j->something_counts = j->walk.size > 0;
    const int look = call->labels || j->kind == FL_LABEL_LIST_LOSS || (call->check_first && (j->domain[PRED].checked || j->domain[TARGET].checked)) ||
                     (call->weight.data && call->reduction == FL_MEAN);
    if (look) {
        j->something_counts = 0;
        const fl_status status = sum_weights(j, &count);
        if (status != FL_OK)
            return status;
        /* Not a second time. Of labels alone this cannot be said: they index memory. */
        if (call->check_first)
            j->domain[PRED].checked = j->domain[TARGET].checked = 0;
    }
    /* Where nothing is divided by, nothing has a part, smoothed labels of weight 0 neither. */
    j->scale = call->reduction != FL_MEAN ? 1.0 : j->something_counts ? 1.0 / count : 0.0;
    const int shared = fl_is_softmax(j) && fl_softmax_is_shared(j);
    const fl_status status = sum_up(j, shared ? fl_run_shared_softmax(j) : run_tasks(j, j->staged_rows ? staged_task : loss_task), &total);
    call->reduced = call->reduction != FL_MEAN ? total : j->something_counts ? total / count : call->empty_is_zero ? 0.0 : NAN;
    return status;
}

/* Numbers of classes that all rows share: class weights, and the smoothing of labels. */
static fl_status prepare_classes(job *j)
{
    const fl_call *c = j->call;
    const int softmax = j->kind == FL_LOG_PROBABILITY_LOSS, mean = j->kind == FL_ROW_MEAN_LOSS;
    if (!mean && !(softmax && (c->label_smoothing != 0.0 || (c->class_weight && !c->labels))))
        return FL_OK;
    /* Of short rows, for as many as are in a segment. */
    const int64_t n = fl_rows_are_short(j) ? j->segment / c->classes * c->classes : c->classes, padded = fl_padded(n);
    char *numbers = malloc((size_t)padded * j->item);
    if (!numbers)
        return FL_NO_MEMORY;
    const int smoothing = softmax && c->labels;
    const double share = smoothing ? c->label_smoothing / (double)c->classes : mean ? 1.0 / (double)c->classes : 1.0;
    for (int64_t i = 0; i < padded; i++)
        fl_store(i >= n ? 0.0 : share * (c->class_weight ? ldexp(c->class_weight[i % c->classes], -j->class_exponent) : 1.0), numbers, i, c->real);
    *(smoothing ? &j->smoothing : &j->class_weight) = numbers;
    return FL_OK;
}

fl_status fl_run_rows(fl_call *call)
{
    if (fl_too_large(call->ndim, call->shape, call->classes))
        return FL_NO_MEMORY;
    job j;
    memset(&j, 0, offsetof(job, walk));
    j.call = call;
    j.kernels = fl_kernels_for(call->tier, call->real);
    j.kind = fl_kind(call->loss);
    const int by_element = !fl_is_softmax(&j) && j.kind != FL_LABEL_LOSS && j.kind != FL_DISTILLATION_LOSS;
    if (by_element && !(j.pointwise = fl_pointwise_kernel_for(call, call->outputs)))
        return FL_UNSUPPORTED;
    fl_walk_call(&j.walk, j.array, call, 0);
    j.item = fl_itemsize(call->real);
    j.domain[PRED] = call->argument[FL_PRED].domain;
    if (!call->labels && j.kind != FL_LABEL_LIST_LOSS && call->argument[FL_TARGET].array.data)
        j.domain[TARGET] = call->argument[FL_TARGET].domain;
    j.segment = FL_SEGMENT_BYTES / (int64_t)j.item;
    j.n_segments = (call->classes + j.segment - 1) / j.segment;
    j.rows_a_task = ELEMENTS_A_TASK / (call->classes + 1) + 1;
    if (j.kind == FL_LABEL_LOSS)
        j.rows_a_task = ELEMENTS_A_LABEL_TASK / (call->classes + 1) + 1;
    if (j.rows_a_task > MAX_ROWS_A_TASK)
        j.rows_a_task = MAX_ROWS_A_TASK;
    if (j.rows_a_task > j.walk.size)
        j.rows_a_task = j.walk.size > 0 ? j.walk.size : 1;
    const double elements = (double)j.walk.size * (double)call->classes;
    const int results = (call->argument[FL_PRED].grad.data != NULL) + (call->argument[FL_PRED].hess.data != NULL) + (call->argument[FL_TARGET].grad.data != NULL);
    j.stream = elements * (double)(j.item * (size_t)results) > FL_STREAM_BYTES;
    for (int which = PRED; which <= TARGET; which++) {
        const int64_t row_bytes = (int64_t)fl_itemsize(fl_array_of(call, which)->dtype) * call->classes;
        if (call->classes >= FL_GROUP && fl_rows_follow(&j, which) && !(which == TARGET && call->labels))
            j.ahead[which] = (PREFETCH_BYTES / row_bytes + 1) * row_bytes;
    }
    fl_status status = FL_OK;
    if ((j.kind == FL_LABEL_LOSS ? fl_plan_label_rows(&j) : elements) < FL_SERIAL_ELEMENTS)
        call->n_threads = 1;
    if (fl_is_softmax(&j))
        status = fl_plan_softmax(&j);
    else if (j.kind == FL_DISTILLATION_LOSS)
        j.work_bytes = fl_distillation_bytes(&j);
    else
        j.work_bytes = fl_element_bytes(&j);

    if (fl_is_softmax(&j) && !j.side_by_side)
        j.staged_rows = fl_rows_to_stage(&j);
    j.n_tasks = (j.walk.size + j.rows_a_task - 1) / j.rows_a_task;
    enum { FEW = 64 };
    double few[FEW];
    j.partial = j.n_tasks > FEW ? malloc((size_t)j.n_tasks * sizeof(double)) : few;
    if (!j.partial)
        status = FL_NO_MEMORY;
    look_at_class_weights(&j);
    if (status == FL_OK)
        status = prepare_classes(&j);
    if (status == FL_OK)
        status = run_passes(&j, call);
    if (j.partial != few)
        free(j.partial);
    free(j.smoothing);
    free(j.class_weight);
    return status;
}
