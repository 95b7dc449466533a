/* The driver of the losses of a row: rows in logical order, and along each row the classes, a segment at a time.
 *
 * Softmax goes over a row twice. Forward, segment by segment: maximum, exponentials kept in scratch, sums; the segments are
 * joined by their maxima. Backward: exponentials become gradients in scratch and leave for the user's memory, past the caches
 * where the result is large. The logits are read from memory once. A row too long for the scratch is read twice.
 *
 * What happens once a row is computed here, in double and without fused multiply-add: the same on every tier. */
#include "drivers.h"

#include <stdlib.h>
#include <string.h>

#define REAL_BITS 64
#define WITHOUT_FMA
#include "../losses/bodies.h"

enum {
    PRED, TARGET, WEIGHT, VALUE, GRAD, HESS, N_ARRAYS,
    /* Rows a task handles at most, and elements: enough to pay for handing the task out. */
    MAX_ROWS_A_TASK = FL_BLOCK,
    ELEMENTS_A_TASK = 16 * 1024,
    ELEMENTS_A_SLICE = 16 * 1024 * 1024,
    /* Segments of exponentials that are kept: 960 KiB, which with the buffers stays below 1 MiB a thread. */
    MAX_SEGMENTS = 120,
    /* Rows are prefetched at least this far ahead: about the time that memory takes to answer. Measured: 8 to 32 KiB are alike. */
    PREFETCH_BYTES = 16 * 1024,
};

typedef struct {
    const fl_call *call;
    const fl_kernels *kernels;
    fl_pointwise_kernel pointwise;
    point (*of_log_probability)(real log_p);
    fl_loss_kind kind;
    fl_walk walk;             /* of the rows */
    fl_walked array[N_ARRAYS];
    fl_domain domain[2];      /* of predictions and of targets that are numbers */
    size_t item;
    int64_t rows_a_task, segment, n_segments, kept_segments;
    int recompute;            /* the row is too long to keep its exponentials */
    int stream;
    int64_t prefetch;         /* how many rows ahead, 0: none */
    double scale;
    char *smoothing;          /* label_smoothing / classes * class_weight: a target of all rows, or NULL */
    char *class_weight;       /* in type real, or NULL */
    double *partial;
    int bad_label, bad_prediction, bad_target;
} job;

/* A thread's memory: segments of inputs and outputs, then the exponentials of a row. */
typedef struct {
    _Alignas(64) char pred[FL_SEGMENT_BYTES], target[FL_SEGMENT_BYTES], grad[FL_SEGMENT_BYTES], hess[FL_SEGMENT_BYTES];
    double value[MAX_ROWS_A_TASK], weight[MAX_ROWS_A_TASK], mass[MAX_ROWS_A_TASK];
    int64_t label[MAX_ROWS_A_TASK];
    double maximum[MAX_SEGMENTS], top[MAX_SEGMENTS];
    char exponentials[];
} scratch_memory;

/* One row: where it lies. */
typedef struct {
    char *data[N_ARRAYS];
} row;

static int64_t segment_length(const job *j, int64_t s)
{
    const int64_t left = j->call->classes - s * j->segment;
    return left < j->segment ? left : j->segment;
}

static const fl_array *array_of(const job *j, int which)
{
    const fl_call *c = j->call;
    const fl_array *const arrays[N_ARRAYS] = {&c->pred, &c->target, &c->weight, &c->value, &c->grad, &c->hess};
    return arrays[which];
}

static int contiguous(const job *j, int which, const char *data)
{
    const fl_array *a = array_of(j, which);
    return a->dtype == j->call->real && a->class_stride == (intptr_t)j->item && (uintptr_t)data % j->item == 0;
}

static char *segment_start(const job *j, int which, const row *r, int64_t s)
{
    return r->data[which] + s * j->segment * array_of(j, which)->class_stride;
}

enum padding { PAD_LAST, PAD_MASKED, PAD_ZERO };

/* Segment s of a row as contiguous numbers in whole groups. */
static const char *fetch(const job *j, int which, const row *r, int64_t s, char *buffer, enum padding padding)
{
    const fl_array *a = array_of(j, which);
    const int64_t n = segment_length(j, s);
    const char *from = segment_start(j, which, r, s);
    if (n % FL_GROUP == 0 && contiguous(j, which, from))
        return from;
    fl_gather(from, a->class_stride, n, a->dtype, j->call->real, buffer);
    if (padding == PAD_LAST)
        fl_pad_with_last(buffer, n, j->call->real);
    else
        fl_pad(buffer, n, padding == PAD_MASKED ? -INFINITY : 0.0, j->call->real);
    return buffer;
}

static void keep(const job *j, int which, const row *r, int64_t s, const char *results)
{
    const fl_array *a = array_of(j, which);
    const int64_t n = segment_length(j, s);
    char *to = segment_start(j, which, r, s);
    if (!j->stream || !contiguous(j, which, to))
        fl_scatter(results, n, j->call->real, to, a->class_stride);
    else
        j->kernels->stream(to, results, (size_t)n * j->item);
}

/* Brings the same segment of a following row into the second-level cache while this one is worked on. */
static void prefetch_next(const job *j, int which, const row *r, int64_t s)
{
    const fl_array *a = array_of(j, which);
    const char *next = r->data[which] + (j->prefetch * j->call->classes + s * j->segment) * a->class_stride;
    fl_prefetch(next, segment_length(j, s) * a->class_stride);
}

static int check(job *j, const char *numbers, int64_t n, int which)
{
    const fl_domain *d = &j->domain[which];
    if (!d->checked || !j->kernels->outside(numbers, fl_padded(n), d->low, d->high, d->ends_only))
        return 1;
    __atomic_store_n(which == PRED ? &j->bad_prediction : &j->bad_target, 1, __ATOMIC_RELAXED);
    return 0;
}

/* The target's numbers of segment s: the user's, with class weights and smoothing mixed in; or the smoothing alone for labels. */
static const char *mixed_target(job *j, const row *r, int64_t s, scratch_memory *m)
{
    const fl_call *c = j->call;
    const size_t offset = (size_t)(s * j->segment) * j->item;
    if (c->labels)
        return j->smoothing ? j->smoothing + offset : NULL;
    const char *target = fetch(j, TARGET, r, s, m->target, PAD_ZERO);
    const int64_t n = segment_length(j, s);
    if (!check(j, target, n, TARGET) || !j->class_weight)
        return target;
    /* class_weight is 0 beyond the classes, so padding stays 0. */
    j->kernels->target_mix(target, j->class_weight + offset, fl_padded(n), 1.0 - c->label_smoothing,
                           c->label_smoothing / (double)c->classes, m->target);
    return m->target;
}

static void add_shortfall(fl_segment *s, double below)
{
    const double mass = s->top_mass + s->mass;
    s->shortfall += mass == 0.0 ? 0.0 : mass * below;
}

/* Two parts of a row, of which `part` has the smaller maximum: its exponentials shrink, and none of them is the largest any more. */
static void absorb(fl_segment *into, fl_segment part)
{
    const double below = into->maximum - part.maximum;
    add_shortfall(&part, below);
    into->others += (part.ties + part.others) * exp_nonpositive(-below);
    into->mass += part.top_mass + part.mass;
    into->shortfall += part.shortfall;
}

static void join(fl_segment *total, const fl_segment *part)
{
    if (part->maximum > total->maximum) {
        const fl_segment before = *total;
        *total = *part;
        absorb(total, before);
    } else if (part->maximum < total->maximum) {
        absorb(total, *part);
    } else {
        total->ties += part->ties;
        total->others += part->others;
        total->top_mass += part->top_mass;
        total->mass += part->mass;
        total->shortfall += part->shortfall;
    }
}

/* A whole row of softmax. `strength` is what the label's own term counts (0: there is none), `scale` multiplies derivatives.
 * Returns the value of the row, not scaled. */
static double softmax_row(job *j, const row *r, int64_t label, double strength, double scale, scratch_memory *m)
{
    const fl_call *c = j->call;
    const int dense = !c->labels || j->smoothing != NULL;
    char *e = m->exponentials;
    fl_segment total = {.maximum = -INFINITY};

    for (int64_t s = 0; s < j->n_segments; s++) {
        const int64_t n = segment_length(j, s);
        const char *u = dense ? mixed_target(j, r, s, m) : NULL, *a = segment_start(j, PRED, r, s);
        fl_segment part;
        if (j->prefetch)
            prefetch_next(j, PRED, r, s);
        /* Alone, logits need no padding. */
        if (!dense && contiguous(j, PRED, a))
            j->kernels->softmax_forward(a, NULL, n, e, &part);
        else
            j->kernels->softmax_forward(fetch(j, PRED, r, s, m->pred, PAD_MASKED), u, fl_padded(n), e, &part);
        /* From here on the exponentials count in units of that of the maximum. */
        part.others /= part.top;
        if (!j->recompute) {
            m->maximum[s] = part.maximum;
            m->top[s] = part.top;
            e += j->segment * (int64_t)j->item;
        }
        join(&total, &part);
    }

    /* A row with no finite logit has no exponential that counts: sum = 0, and all becomes NaN. */
    const double sum = total.ties + total.others, rest = (total.ties - 1.0 + total.others) / sum;
    const double log_sum = sum > 0.0 ? log1p_(total.ties - 1.0 + total.others) : NAN;
    const double mass = total.top_mass + total.mass;
    double value = dense ? total.shortfall + mass * log_sum : 0.0;
    double label_q = 0.0, label_rest = 0.0, label_gap = 0.0, label_mass = 0.0;
    point outcome = {0};
    if (c->labels) {
        const double below = total.maximum - fl_load(r->data[PRED] + label * array_of(j, PRED)->class_stride, array_of(j, PRED)->dtype);
        label_q = exp_nonpositive(-below) / sum;
        label_rest = below == 0.0 ? rest : 1.0 - label_q;
        label_gap = below == 0.0 && total.ties == 1.0 ? total.mass : mass;
        outcome = j->of_log_probability(-(below + log_sum));
        value += strength * outcome.value;
        label_mass = -strength * outcome.grad;
    }
    const double spread = mass + label_mass;
    if (!(c->outputs & (FL_GRAD | FL_HESS)))
        return value;

    e = m->exponentials;
    for (int64_t s = 0; s < j->n_segments; s++) {
        const int64_t n = segment_length(j, s), padded = fl_padded(n);
        if (j->recompute) {
            m->top[0] = j->kernels->softmax_exponentials(fetch(j, PRED, r, s, m->pred, PAD_MASKED), padded, total.maximum, e);
            m->maximum[0] = total.maximum;
        }
        const double maximum = m->maximum[j->recompute ? 0 : s], top = m->top[j->recompute ? 0 : s];
        const double top_q = exp_nonpositive(maximum - total.maximum) / sum;
        const int alone = maximum == total.maximum && total.ties == 1.0;
        const char *u = dense ? mixed_target(j, r, s, m) : NULL;
        j->kernels->softmax_backward(&(fl_backward){
            .n = padded, .e = e, .grad = m->grad, .u = u, .hess = c->outputs & FL_HESS ? m->hess : NULL, .factor = top_q / top, .spread = spread,
            .scale = scale, .top = alone ? top : NAN, .top_rest = rest, .top_gap = total.mass + label_mass});
        const int64_t at = label - s * j->segment;
        if (c->labels && at >= 0 && at < n) {
            /* spread q - u, where u is the smoothing and the label's own: two differences, each without cancellation. */
            const double own = strength * outcome.grad * label_rest, shared = dense ? fl_load(u + at * (int64_t)j->item, c->real) : 0.0;
            const double gap = label_gap == mass ? mass - shared : label_gap, smooth = dense ? label_q * gap - shared * label_rest : 0.0;
            fl_store(scale * (own + smooth), m->grad, at, c->real);
        }
        keep(j, GRAD, r, s, m->grad);
        if (c->outputs & FL_HESS)
            keep(j, HESS, r, s, m->hess);
        if (!j->recompute)
            e += j->segment * (int64_t)j->item;
    }
    return value;
}

static void fill(void *numbers, int64_t n, double value, fl_dtype real)
{
    for (int64_t i = 0; i < n; i++)
        fl_store(value, numbers, i, real);
}

/* A row whose loss is the sum of a pointwise loss along the classes. */
static double row_sum_row(job *j, const row *r, double scale, scratch_memory *m)
{
    const fl_call *c = j->call;
    double value = 0.0;
    int unknown = 0;
    for (int64_t s = 0; s < j->n_segments; s++) {
        const int64_t n = segment_length(j, s), padded = fl_padded(n);
        const char *pred = fetch(j, PRED, r, s, m->pred, PAD_LAST), *target = fetch(j, TARGET, r, s, m->target, PAD_LAST);
        if (!check(j, pred, n, PRED) || !check(j, target, n, TARGET))
            return 0.0;
        j->pointwise(&(fl_pointwise){.n = padded, .pred = pred, .target = target, .operand = pred, .param = c->param,
                                     .scale = scale, .value = m->exponentials, .grad = m->grad, .hess = m->hess});
        if (c->outputs & FL_VALUE) {
            fl_pad(m->exponentials, n, 0.0, c->real);
            value += j->kernels->sum(m->exponentials, padded);
        }
        if (c->outputs & FL_GRAD) {
            fl_pad(m->grad, n, 0.0, c->real);
            unknown |= isnan(j->kernels->sum(m->grad, padded));
            keep(j, GRAD, r, s, m->grad);
        }
        if (c->outputs & FL_HESS)
            keep(j, HESS, r, s, m->hess);
    }
    /* One NaN makes the row NaN. */
    for (int64_t s = 0; s < j->n_segments && unknown; s++) {
        fill(m->grad, segment_length(j, s), NAN, c->real);
        keep(j, GRAD, r, s, m->grad);
    }
    return value;
}

/* A row of which only the label's entry counts; without a label, nothing. */
static double label_row(job *j, const row *r, int64_t label, double strength, double scale, scratch_memory *m)
{
    const fl_call *c = j->call;
    /* Read before the gradient is written: it may go to the same place. */
    const fl_array *pred = array_of(j, PRED);
    const double chosen = label < 0 ? 0.0 : fl_load(r->data[PRED] + label * pred->class_stride, pred->dtype);
    for (int64_t s = 0; s < j->n_segments && c->outputs & (FL_GRAD | FL_HESS); s++) {
        const int64_t n = segment_length(j, s), at = label - s * j->segment;
        memset(m->grad, 0, (size_t)n * j->item);
        if (c->outputs & FL_HESS)
            keep(j, HESS, r, s, m->grad);
        if (isnan(chosen))
            fill(m->grad, n, chosen, c->real);
        else if (label >= 0 && at >= 0 && at < n)
            fl_store(-strength * scale, m->grad, at, c->real);
        keep(j, GRAD, r, s, m->grad);
    }
    return label < 0 ? 0.0 : -strength * chosen;
}

/* Labels and weights of the task's rows, and what each row counts in a mean. Returns whether all labels are good. */
static int load_rows(job *j, int64_t first, int64_t n, scratch_memory *m)
{
    const fl_call *c = j->call;
    if (c->weight.data)
        fl_gather_walked(&j->walk, j->array[WEIGHT], first, n, FL_FLOAT64, m->weight);
    else
        for (int64_t i = 0; i < n; i++)
            m->weight[i] = 1.0;
    for (int64_t i = 0; i < n; i++) {
        m->mass[i] = 1.0;
        m->label[i] = -1;
    }
    if (!c->labels)
        return 1;
    fl_gather_walked_labels(&j->walk, j->array[TARGET], first, n, m->label);
    int good = 1;
    for (int64_t i = 0; i < n; i++) {
        if (m->label[i] == c->ignore_index) {
            m->label[i] = -1;
            m->mass[i] = 0.0;
        } else if ((uint64_t)m->label[i] >= (uint64_t)c->classes) {
            good = 0;
        } else if (c->class_weight) {
            m->mass[i] = c->class_weight[m->label[i]];
        }
    }
    if (!good)
        __atomic_store_n(&j->bad_label, 1, __ATOMIC_RELAXED);
    return good;
}

static int64_t task_rows(const job *j, int64_t task, int64_t *first)
{
    *first = task * j->rows_a_task;
    const int64_t left = j->walk.size - *first;
    return left < j->rows_a_task ? left : j->rows_a_task;
}

/* Sums of at most FL_BLOCK numbers, in the lanes of double. */
static double sum_of_rows(const job *j, double *x, int64_t n)
{
    for (int64_t i = n; i < fl_padded(n); i++)
        x[i] = 0.0;
    return fl_kernels_for(j->call->tier, FL_FLOAT64)->sum(x, fl_padded(n));
}

/* Are the numbers of a row in their domains? Notes it where not. */
static void check_row(job *j, const row *r, scratch_memory *m)
{
    for (int which = PRED; which <= TARGET; which++)
        for (int64_t s = 0; s < j->n_segments && j->domain[which].checked; s++)
            check(j, fetch(j, which, r, s, m->pred, PAD_LAST), segment_length(j, s), which);
}

/* Before anything is written: are all labels (and, where asked for, all numbers) good, and what does the mean divide by? */
static void look_task(void *context, int64_t task, char *scratch)
{
    job *j = context;
    scratch_memory *m = (scratch_memory *)scratch;
    int64_t first;
    const int64_t n = task_rows(j, task, &first);
    j->partial[task] = 0.0;
    if (!load_rows(j, first, n, m))
        return;
    for (int64_t i = 0; i < n; i++)
        m->value[i] = m->mass[i] * m->weight[i];
    j->partial[task] = sum_of_rows(j, m->value, n);
    if (!j->call->check_first || j->call->labels)
        return;
    for (int64_t i = 0; i < n; i++) {
        row r;
        for (int which = PRED; which <= TARGET; which++)
            r.data[which] = fl_address(&j->walk, j->array[which], first + i);
        check_row(j, &r, m);
    }
}

static void loss_task(void *context, int64_t task, char *scratch)
{
    job *j = context;
    const fl_call *c = j->call;
    scratch_memory *m = (scratch_memory *)scratch;
    int64_t first;
    const int64_t n = task_rows(j, task, &first);
    j->partial[task] = 0.0;
    if (!load_rows(j, first, n, m))
        return;
    for (int64_t i = 0; i < n; i++) {
        row r = {{NULL}};
        for (int a = 0; a < N_ARRAYS; a++)
            if (j->array[a].data)
                r.data[a] = fl_address(&j->walk, j->array[a], first + i);
        const double weight = m->weight[i], strength = m->mass[i], scale = j->scale * weight;
        const int ignored = c->labels && m->label[i] < 0;
        double value;
        if (weight == 0.0 || ignored || (strength == 0.0 && !j->smoothing)) {
            check_row(j, &r, m);
            value = label_row(j, &r, -1, 0.0, 0.0, m);
        } else if (j->kind == FL_LOG_PROBABILITY_LOSS)
            value = softmax_row(j, &r, m->label[i], strength * (1.0 - c->label_smoothing), scale, m) * weight;
        else if (j->kind == FL_ROW_SUM_LOSS)
            value = row_sum_row(j, &r, scale, m) * weight;
        else
            value = label_row(j, &r, m->label[i], strength, scale, m) * weight;
        if (c->real == FL_FLOAT32)
            value = (double)(float)value;
        if (c->value.data)
            fl_store(value, r.data[VALUE], 0, c->real);
        m->value[i] = value;
    }
    j->partial[task] = sum_of_rows(j, m->value, n);
}

static fl_status run(job *j, fl_task task, size_t scratch_bytes, double *total)
{
    const int64_t n_tasks = (j->walk.size + j->rows_a_task - 1) / j->rows_a_task;
    const int64_t slice = ELEMENTS_A_SLICE / (j->rows_a_task * (j->call->classes + 1)) + 1;
    const fl_status status = fl_run_tasks(j->call, n_tasks, slice, task, j, scratch_bytes, &j->bad_label);
    if (status != FL_OK)
        return status;
    if (j->bad_label)
        return FL_BAD_LABEL;
    if (j->bad_prediction)
        return FL_BAD_PREDICTION;
    if (j->bad_target)
        return FL_BAD_TARGET;
    *total = fl_pairwise_sum(j->partial, n_tasks);
    return FL_OK;
}

static fl_status run_passes(job *j, fl_call *call, size_t scratch_bytes)
{
    double count = (double)j->walk.size, total = 0.0;
    const int look = call->labels || (call->check_first && (j->domain[PRED].checked || j->domain[TARGET].checked)) ||
                     (call->weight.data && call->reduction == FL_MEAN);
    if (look) {
        const fl_status status = run(j, look_task, scratch_bytes, &count);
        if (status != FL_OK)
            return status;
        /* Not a second time. Of labels alone this cannot be said: they index memory. */
        if (call->check_first)
            j->domain[PRED].checked = j->domain[TARGET].checked = 0;
    }
    j->scale = call->reduction == FL_MEAN ? 1.0 / count : 1.0;
    const fl_status status = run(j, loss_task, scratch_bytes, &total);
    call->reduced = call->reduction == FL_MEAN ? total / count : total;
    return status;
}

/* Targets that all rows share: class weights, and the smoothing of labels. */
static fl_status prepare_targets(job *j)
{
    const fl_call *c = j->call;
    const int smoothed = c->label_smoothing != 0.0;
    if (j->kind != FL_LOG_PROBABILITY_LOSS || !(smoothed || (c->class_weight && !c->labels)))
        return FL_OK;
    const int64_t padded = fl_padded(c->classes);
    char *numbers = malloc((size_t)padded * j->item);
    if (!numbers)
        return FL_NO_MEMORY;
    const double share = c->labels ? c->label_smoothing / (double)c->classes : 1.0;
    for (int64_t i = 0; i < padded; i++)
        fl_store(i >= c->classes ? 0.0 : share * (c->class_weight ? c->class_weight[i] : 1.0), numbers, i, c->real);
    *(c->labels ? &j->smoothing : &j->class_weight) = numbers;
    return FL_OK;
}

static point (*log_probability_body(int loss))(real)
{
#define POINTWISE_LOSS(name, n_params, has_operand, slow) NULL,
#define ROW_SUM_LOSS(name, n_params, has_operand, slow) NULL,
#define LOG_PROBABILITY_LOSS(name, n_params, has_operand, slow) name##_of_log_probability,
#define LABEL_LOSS(name, n_params, has_operand, slow) NULL,
    static point (*const bodies[])(real) = {
#include "../losses.inc"
    };
    return bodies[loss];
}

fl_status fl_run_rows(fl_call *call)
{
    if (fl_too_large(call->ndim, call->shape, call->classes))
        return FL_NO_MEMORY;
    job j = {.call = call, .kernels = fl_kernels_for(call->tier, call->real), .kind = fl_kind(call->loss)};
    j.of_log_probability = log_probability_body(call->loss);
    const fl_array *arrays[N_ARRAYS];
    for (int i = 0; i < N_ARRAYS; i++)
        arrays[i] = array_of(&j, i);
    if (j.kind == FL_ROW_SUM_LOSS && !(j.pointwise = fl_pointwise_kernel_for(call, call->outputs)))
        return FL_UNSUPPORTED;
    fl_walk_init(&j.walk, call->ndim, call->shape, arrays, N_ARRAYS, 0);
    for (int i = 0; i < N_ARRAYS; i++)
        j.array[i] = (fl_walked){arrays[i]->data, arrays[i]->dtype, i};
    j.item = fl_itemsize(call->real);
    j.domain[PRED] = call->pred_domain;
    if (!call->labels)
        j.domain[TARGET] = call->target_domain;
    j.segment = FL_SEGMENT_BYTES / (int64_t)j.item;
    j.n_segments = (call->classes + j.segment - 1) / j.segment;
    j.recompute = j.n_segments > MAX_SEGMENTS;
    j.kept_segments = j.recompute || j.kind != FL_LOG_PROBABILITY_LOSS ? 1 : j.n_segments;
    j.rows_a_task = ELEMENTS_A_TASK / (call->classes + 1) + 1;
    if (j.rows_a_task > MAX_ROWS_A_TASK)
        j.rows_a_task = MAX_ROWS_A_TASK;
    const double elements = (double)j.walk.size * (double)call->classes;
    j.stream = elements * (double)j.item > FL_STREAM_BYTES;
    /* Rows that follow each other in memory; a prefetch beyond the array is harmless. */
    if (call->classes >= FL_GROUP && j.walk.ndim == 1 && call->pred.class_stride == (intptr_t)j.item &&
        j.walk.stride[PRED][0] == (intptr_t)j.item * call->classes)
        j.prefetch = PREFETCH_BYTES / ((int64_t)j.item * call->classes) + 1;
    if (elements < FL_SERIAL_ELEMENTS)
        call->n_threads = 1;

    const int64_t n_tasks = (j.walk.size + j.rows_a_task - 1) / j.rows_a_task;
    enum { FEW = 64 };
    double few[FEW];
    j.partial = n_tasks > FEW ? malloc((size_t)n_tasks * sizeof(double)) : few;
    fl_status status = j.partial ? prepare_targets(&j) : FL_NO_MEMORY;
    if (status == FL_OK)
        status = run_passes(&j, call, sizeof(scratch_memory) + (size_t)(j.kept_segments * FL_SEGMENT_BYTES));
    if (j.partial != few)
        free(j.partial);
    free(j.smoothing);
    free(j.class_weight);
    return status;
}
