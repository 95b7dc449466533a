/* The driver of the losses of a row that are made of elements, without a softmax: sums of a pointwise body along the classes,
 * and one element a row. */
#include "rows.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* The logits of a segment, in place or in the buffer, padded with -inf; a class that is none (-1: all are) is -inf too. */
static const char *logits_without(const job *j, const row *r, int64_t s, int64_t none, char *buffer)
{
    const int64_t n = fl_segment_length(j, s), at = none - s * j->segment;
    const int here = none >= 0 && at >= 0 && at < n;
    const char *logits = fl_segment_numbers(j, PRED, r, s, buffer);
    if (!here && n % FL_GROUP == 0)
        return logits;
    if (logits != buffer)
        memcpy(buffer, logits, (size_t)n * j->item);
    fl_pad(buffer, n, -INFINITY, j->call->real);
    if (here)
        fl_store(-INFINITY, buffer, at, j->call->real);
    return buffer;
}

/* Memory of a loss by element. */
typedef struct {
    segment_buffers segment;
    _Alignas(64) char value[FL_SEGMENT_BYTES], operand[FL_SEGMENT_BYTES];
} element_buffers;

/* Target and operand of every other class against the label: the same for all segments but where the label is. */
static void prepare_margins(const job *j, double label_logit, double count, element_buffers *b)
{
    const int64_t padded = fl_padded(fl_segment_length(j, 0));
    fl_fill(b->segment.target, 0, padded, label_logit, j->call->real);
    fl_fill(b->operand, 0, padded, count, j->call->real);
}

/* What the body reads of segment s of a row: predictions; as target the user's numbers, of labels 1 there and 0 elsewhere, or
 * what prepare_margins has left. */
static fl_pointwise elements_of(const job *j, const row *r, int64_t s, int64_t label, element_buffers *b)
{
    const fl_dtype real = j->call->real;
    const int64_t n = fl_segment_length(j, s), at = label - s * j->segment;
    const int here = at >= 0 && at < n;
    fl_pointwise x = {.n = fl_padded(n), .pred = fl_padded_segment(j, PRED, r, s, b->segment.pred), .target = b->segment.target,
                      .value = b->value, .grad = b->segment.grad, .hess = b->segment.hess};
    x.operand = j->class_weight ? j->class_weight + (size_t)(s * j->segment) * j->item : x.pred;
    if (j->kind == FL_MARGIN_LOSS) {
        x.operand = b->operand;
        if (here)
            fl_store(0.0, b->operand, at, real);
    } else if (j->call->labels) {
        fl_fill(b->segment.target, 0, x.n, 0.0, real);
        if (here)
            fl_store(1.0, b->segment.target, at, real);
    } else {
        x.target = fl_padded_segment(j, TARGET, r, s, b->segment.target);
    }
    return x;
}

/* What the threshold of a projection onto the simplex is made of: of logits less m those above it sum up to
 * 1 + number * threshold. Michelot (1986): from a threshold that is too low each estimate is higher, and none too high; fewer
 * logits are above it each time, so that the iteration ends. */
typedef struct {
    double m, threshold, number;
} projection;

static projection project(const job *j, const row *r, char *buffer)
{
    const int alone = j->n_segments == 1;
    const char *logits = logits_without(j, r, 0, -1, buffer);
    projection p = {.m = -INFINITY, .threshold = -1.0};
    for (int64_t s = 0; s < j->n_segments && !isnan(p.m); s++) {
        if (!alone)
            logits = logits_without(j, r, s, -1, buffer);
        const double largest = j->kernels->largest(logits, fl_padded(fl_segment_length(j, s)));
        if (!(largest <= p.m))
            p.m = largest;
    }
    if (!isfinite(p.m))
        return (projection){.threshold = NAN};
    for (;;) {
        double sum = 0.0;
        p.number = 0.0;
        for (int64_t s = 0; s < j->n_segments; s++) {
            if (!alone)
                logits = logits_without(j, r, s, -1, buffer);
            j->kernels->support(logits, fl_padded(fl_segment_length(j, s)), p.m, p.threshold, &sum, &p.number);
        }
        const double next = fl_rounded_value(j, (sum - 1.0) / p.number, 1.0);
        if (!(next > p.threshold))
            return p;
        p.threshold = next;
    }
}

static void keep_one(const job *j, int which, const row *r, int64_t class, double result)
{
    if (r->data[which])
        fl_store(result, r->data[which] + class * fl_array_of(j->call, which)->class_stride, 0, fl_array_of(j->call, which)->dtype);
}

/* A factor too large for a number makes a derivative infinite, but not where it is 0. */
static double times(double derivative, double factor)
{
    return derivative == 0.0 ? 0.0 : derivative * factor;
}

static void multiply(const job *j, char *derivatives, int64_t n, double factor)
{
    for (int64_t i = 0; factor != 1.0 && i < n; i++)
        fl_store(times(fl_load(derivatives + (size_t)i * j->item, j->call->real), factor), derivatives, i, j->call->real);
}

/* A row whose loss is the sum of a pointwise loss along the classes. */
double fl_element_row(job *j, const row *r, int64_t label, double strength, double scale, rows_memory *m)
{
    const fl_call *c = j->call;
    const int margins = j->kind == FL_MARGIN_LOSS, simplex = j->kind == FL_SIMPLEX_LOSS;
    const double count = strength / (double)c->classes;
    element_buffers *b = (element_buffers *)m->work;
    double value = 0.0, slope = 0.0, curve = 0.0, mass = c->labels ? 1.0 : 0.0, param[FL_MAX_PARAMS];
    const double most = c->real == FL_FLOAT64 ? DBL_MAX : FLT_MAX, after = fabs(scale) > most ? scale : 1.0;
    projection p = {0};
    memcpy(param, c->param, sizeof param);
    if (margins)
        prepare_margins(j, fl_logit_of(j, r, label), count, b);
    if (simplex) {
        p = project(j, r, b->segment.pred);
        double *of_row = param + fl_loss(c->loss)->n_params;
        of_row[0] = p.m, of_row[1] = p.threshold, of_row[2] = 1.0 - 1.0 / p.number;
    }
    for (int64_t s = 0; s < j->n_segments; s++) {
        const int64_t n = fl_segment_length(j, s), at = label - s * j->segment;
        fl_pointwise x = elements_of(j, r, s, label, b);
        if (!fl_check_numbers(j, x.pred, x.n, PRED) || !fl_check_numbers(j, x.target, x.n, TARGET))
            return 0.0;
        x.param = param, x.scale = after == 1.0 ? scale : 1.0;
        if (simplex && !c->labels) {
            if (x.target == b->segment.target)
                fl_pad(b->segment.target, n, 0.0, c->real);
            mass += j->kernels->sum(x.target, x.n);
        }
        j->pointwise(&x);
        if (margins && at >= 0 && at < n)
            fl_store(count, b->operand, at, c->real);
        if (c->outputs & FL_VALUE) {
            fl_pad(x.value, n, 0.0, c->real);
            value += j->kernels->sum(x.value, x.n);
        }
        if (c->outputs & FL_GRAD) {
            fl_pad(x.grad, n, 0.0, c->real);
            slope += j->kernels->sum(x.grad, x.n);
            multiply(j, x.grad, n, after);
            fl_keep_segment(j, GRAD, r, s, x.grad);
        }
        if (c->outputs & FL_HESS) {
            fl_pad(x.hess, n, 0.0, c->real);
            if (margins)
                curve += j->kernels->sum(x.hess, x.n);
            multiply(j, x.hess, n, after);
            fl_keep_segment(j, HESS, r, s, x.hess);
        }
    }
    if (margins) {
        keep_one(j, GRAD, r, label, 0.0 - times(slope, after));
        keep_one(j, HESS, r, label, times(curve, after));
    }
    if (simplex) /* Of targets whose sum is not 1. */
        value = 2.0 * value + (mass == 1.0 ? 0.0 : (p.m + p.threshold) * (1.0 - mass));
    /* One NaN makes the row NaN. */
    if (isnan(slope))
        fl_spread_nan(j, r, b->segment.grad);
    return value;
}

/* Rows first ... first + n - 1, together no more numbers than a segment, one after the other in the buffer, in whole groups. */
static void gather_short_rows(const job *j, int which, int64_t first, int64_t n, char *buffer)
{
    const fl_array *a = fl_array_of(j->call, which);
    const int64_t classes = j->call->classes;
    if (fl_rows_follow(j, which))
        fl_gather(fl_address(&j->walk, j->array[which], first), a->class_stride, n * classes, a->dtype, j->call->real, buffer);
    else
        for (int64_t i = 0; i < n; i++)
            fl_gather(fl_address(&j->walk, j->array[which], first + i), a->class_stride, classes, a->dtype, j->call->real,
                      buffer + (size_t)(i * classes) * j->item);
    fl_pad_with_last(buffer, n * classes, j->call->real);
}

static void scatter_short_rows(const job *j, int which, int64_t first, int64_t n, const char *results)
{
    const fl_array *a = fl_array_of(j->call, which);
    const int64_t classes = j->call->classes;
    const fl_dtype real = j->call->real;
    if (!a->data)
        return;
    if (fl_rows_follow(j, which)) {
        char *to = fl_address(&j->walk, j->array[which], first);
        if (j->stream && a->dtype == real && (uintptr_t)to % j->item == 0)
            j->kernels->stream(to, results, (size_t)(n * classes) * j->item);
        else
            fl_scatter(results, n * classes, real, to, a->class_stride, a->dtype);
        return;
    }
    for (int64_t i = 0; i < n; i++)
        fl_scatter(results + (size_t)(i * classes) * j->item, classes, real, fl_address(&j->walk, j->array[which], first + i),
                   a->class_stride, a->dtype);
}

/* As many rows as a segment has room for, from row `at` of the task's. */
static void short_rows(job *j, int64_t first, int64_t n, int64_t at, rows_memory *m)
{
    const fl_call *c = j->call;
    element_buffers *b = (element_buffers *)m->work;
    double strength[FL_SEGMENT_BYTES / sizeof(float)];
    for (int64_t i = 0; i < n; i++)
        strength[i] = fl_row_counts(j, m, at + i) ? fl_label_weight(j, m->label[at + i]) : 0.0;
    const fl_short_rows k = {.n = n, .classes = c->classes, .margins = j->kind == FL_MARGIN_LOSS, .label = m->label + at,
                             .strength = strength, .weight = m->weight + at, .scale = j->scale,
                             .value = c->outputs & FL_VALUE ? b->value : NULL,
                             .grad = c->outputs & FL_GRAD ? b->segment.grad : NULL,
                             .hess = c->outputs & FL_HESS ? b->segment.hess : NULL, .sum = m->value + at};
    fl_pointwise x = {.n = fl_padded(n * c->classes), .pred = b->segment.pred, .target = b->segment.target,
                      .operand = b->segment.pred, .param = c->param, .scale = 1.0, .value = b->value, .grad = b->segment.grad,
                      .hess = b->segment.hess};
    gather_short_rows(j, PRED, first, n, b->segment.pred);
    if (k.margins)
        x.operand = b->operand;
    else if (j->class_weight)
        x.operand = j->class_weight;
    if (c->labels) {
        j->kernels->short_rows_before(&k, x.pred, b->segment.target, b->operand);
        fl_pad(b->segment.target, n * c->classes, 0.0, c->real);
        fl_pad(b->operand, n * c->classes, 0.0, c->real);
    } else {
        gather_short_rows(j, TARGET, first, n, b->segment.target);
    }
    if (!fl_check_numbers(j, x.pred, x.n, PRED) || !fl_check_numbers(j, x.target, x.n, TARGET))
        return;
    j->pointwise(&x);
    j->kernels->short_rows_after(&k);
    scatter_short_rows(j, GRAD, first, n, b->segment.grad);
    scatter_short_rows(j, HESS, first, n, b->segment.hess);
    for (int64_t i = 0; i < n; i++)
        m->value[at + i] = strength[i] == 0.0 ? 0.0 : fl_rounded_value(j, m->value[at + i], m->weight[at + i]);
}

int fl_rows_are_short(const job *j)
{
    const int sums = j->kind == FL_ROW_SUM_LOSS || j->kind == FL_ROW_MEAN_LOSS || j->kind == FL_MARGIN_LOSS;
    return sums && j->call->classes > 0 && j->call->classes <= FL_GROUP;
}

void fl_short_element_rows(job *j, int64_t first, int64_t n, rows_memory *m)
{
    const int64_t together = j->segment / j->call->classes;
    for (int64_t at = 0; at < n; at += together)
        short_rows(j, first + at, n - at < together ? n - at : together, at, m);
}

/* The label at a place of a row's list; -1: the list has ended. One that is no class is noted, and ends it too. */
static int64_t listed_label(job *j, const row *r, int64_t place)
{
    const fl_call *c = j->call;
    int64_t label;
    if (place >= c->classes)
        return -1;
    fl_gather_labels(r->data[TARGET] + place * c->argument[FL_TARGET].array.class_stride, 0, 1, c->argument[FL_TARGET].array.dtype, &label);
    if (label >= c->classes)
        __atomic_store_n(&j->bad_label, 1, __ATOMIC_RELAXED);
    return label < c->classes ? label : -1;
}

void fl_look_at_list(job *j, const row *r)
{
    int64_t n = 0, longest = __atomic_load_n(&j->longest, __ATOMIC_RELAXED);
    while (listed_label(j, r, n) >= 0)
        n++;
    while (n > longest && !__atomic_compare_exchange_n(&j->longest, &longest, n, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        ;
}

/* A sum of many numbers that are not negative, with what rounding has taken from it (Knuth 1969). */
typedef struct {
    double sum, lost;
} compensated;

static void add_to(compensated *to, double x)
{
    const double sum = to->sum + x, added = sum - to->sum;
    to->lost += (to->sum - (sum - added)) + (x - added);
    to->sum = sum;
}

/* Memory of a loss of a list of labels: `row` has two numbers a class, which do not fit into a segment's room. */
typedef struct {
    element_buffers elements;
    _Alignas(64) char row[];
} list_buffers;

static size_t list_row_bytes(const job *j)
{
    return (size_t)fl_padded(j->call->classes) * j->item;
}

static int has_nan(const job *j, const row *r, char *buffer)
{
    for (int64_t s = 0; s < j->n_segments; s++)
        if (isnan(j->kernels->largest(fl_padded_segment(j, PRED, r, s, buffer), fl_padded(fl_segment_length(j, s)))))
            return 1;
    return 0;
}

/* A class counts a power of two, at most 1 / classes: no sum overflows whose mean does not, and derivatives are made of whole
 * numbers, the pairs that are active. */
double fl_label_list_row(job *j, const row *r, double scale, rows_memory *m)
{
    const fl_call *c = j->call;
    list_buffers *lists = (list_buffers *)m->work;
    element_buffers *b = &lists->elements;
    char *operand = lists->row, *pairs = operand + list_row_bytes(j);
    int exponent;
    const double part = frexp((double)c->classes, &exponent), count = ldexp(1.0, -exponent);
    compensated value = {0};
    int unknown = has_nan(j, r, b->segment.pred);
    int64_t label;

    fl_fill(operand, 0, c->classes, count, c->real);
    fl_fill(operand, c->classes, fl_padded(c->classes), 0.0, c->real);
    fl_fill(pairs, 0, fl_padded(c->classes), 0.0, c->real);
    for (int64_t i = 0; (label = listed_label(j, r, i)) >= 0; i++)
        fl_store(0.0, operand, label, c->real);
    fl_pointwise x = {.target = b->segment.target, .param = c->param, .scale = ldexp(1.0, exponent), .value = b->value,
                      .grad = b->segment.grad, .hess = b->segment.hess};
    for (int64_t i = 0; !unknown && (label = listed_label(j, r, i)) >= 0; i++) {
        double of_label = 0.0;
        fl_fill(b->segment.target, 0, fl_padded(fl_segment_length(j, 0)), fl_logit_of(j, r, label), c->real);
        for (int64_t s = 0; s < j->n_segments; s++) {
            const size_t start = (size_t)(s * j->segment) * j->item;
            if (i == 0 || j->n_segments > 1)
                x.pred = fl_padded_segment(j, PRED, r, s, b->segment.pred);
            x.n = fl_padded(fl_segment_length(j, s));
            x.operand = operand + start;
            j->pointwise(&x);
            if (c->outputs & FL_VALUE)
                add_to(&value, j->kernels->sum(x.value, x.n));
            if (c->outputs & FL_GRAD) {
                of_label += j->kernels->sum(x.grad, x.n);
                j->kernels->add(pairs + start, x.grad, x.n);
            }
        }
        fl_store(fl_load(pairs + (size_t)label * j->item, c->real) - of_label, pairs, label, c->real);
        unknown = isnan(of_label) || isnan(value.sum);
    }

    fl_fill(b->operand, 0, j->segment, scale / (double)c->classes, c->real);
    fl_fill(b->segment.hess, 0, j->segment, 0.0, c->real);
    for (int64_t s = 0; s < j->n_segments; s++) {
        char *of_segment = pairs + (size_t)(s * j->segment) * j->item;
        if (c->outputs & FL_GRAD) {
            j->kernels->weigh(of_segment, b->operand, fl_padded(fl_segment_length(j, s)));
            fl_keep_segment(j, GRAD, r, s, of_segment);
        }
        if (c->outputs & FL_HESS)
            fl_keep_segment(j, HESS, r, s, b->segment.hess);
    }
    if (unknown && c->outputs & FL_GRAD)
        fl_spread_nan(j, r, b->segment.grad);
    if (unknown)
        return NAN;
    const double sum = isfinite(value.sum) ? value.sum + value.lost : value.sum;
    return sum > 0.0 ? sum / part : 0.0;
}

/* Memory of a loss of label and rival: an element a row. */
typedef struct {
    segment_buffers segment;
    int64_t rival[MAX_ROWS_A_TASK];
    _Alignas(64) char rival_logit[FL_BLOCK * sizeof(double)], label_logit[FL_BLOCK * sizeof(double)];
    _Alignas(64) char count[FL_BLOCK * sizeof(double)], value[FL_BLOCK * sizeof(double)];
    _Alignas(64) char grad[FL_BLOCK * sizeof(double)], hess[FL_BLOCK * sizeof(double)];
} rival_buffers;

/* The largest logit beside the label's, -inf where there is none, NaN where one is NaN; and the first class that has it. */
static double rival_of(const job *j, const row *r, int64_t label, char *buffer, int64_t *rival)
{
    double top = -INFINITY;
    *rival = label;
    for (int64_t s = 0; s < j->n_segments; s++) {
        const int64_t n = fl_segment_length(j, s);
        const char *logits = logits_without(j, r, s, label, buffer);
        const double largest = j->kernels->largest(logits, fl_padded(n));
        if (isnan(largest))
            return largest;
        if (largest > top) {
            top = largest;
            *rival = s * j->segment + j->kernels->position(logits, n, largest);
        }
    }
    return top;
}

void fl_rival_rows(job *j, int64_t first, int64_t n, rows_memory *m)
{
    const fl_dtype real = j->call->real;
    rival_buffers *b = (rival_buffers *)m->work;
    for (int64_t i = 0; i < n; i++) {
        const row r = fl_rows_at(j, first + i);
        const int64_t label = m->label[i];
        const int counts = fl_row_counts(j, m, i);
        fl_store(counts ? rival_of(j, &r, label, b->segment.pred, &b->rival[i]) : 0.0, b->rival_logit, i, real);
        fl_store(counts ? fl_logit_of(j, &r, label) : 0.0, b->label_logit, i, real);
        fl_store(counts ? fl_label_weight(j, label) : 0.0, b->count, i, real);
    }
    fl_pad(b->rival_logit, n, 0.0, real);
    fl_pad(b->label_logit, n, 0.0, real);
    fl_pad(b->count, n, 0.0, real);
    j->pointwise(&(fl_pointwise){.n = fl_padded(n), .pred = b->rival_logit, .target = b->label_logit, .operand = b->count,
                                 .param = j->call->param, .scale = 1.0, .value = b->value, .grad = b->grad, .hess = b->hess});
    for (int64_t i = 0; i < n; i++) {
        const row r = fl_rows_at(j, first + i);
        const double weight = m->weight[i];
        m->value[i] = 0.0;
        fl_clear_row(j, &r);
        if (!fl_row_counts(j, m, i))
            continue;
        if (j->call->outputs & FL_VALUE)
            m->value[i] = fl_rounded_value(j, fl_load(b->value + (size_t)i * j->item, real), weight);
        if (j->call->outputs & FL_GRAD) {
            const double slope = times(fl_load(b->grad + (size_t)i * j->item, real), j->scale * weight);
            if (isnan(slope))
                fl_spread_nan(j, &r, b->segment.grad);
            keep_one(j, GRAD, &r, b->rival[i], slope);
            keep_one(j, GRAD, &r, m->label[i], 0.0 - slope);
        }
        if (j->call->outputs & FL_HESS) {
            const double curve = times(fl_load(b->hess + (size_t)i * j->item, real), j->scale * weight);
            keep_one(j, HESS, &r, b->rival[i], curve);
            keep_one(j, HESS, &r, m->label[i], curve);
        }
    }
}

size_t fl_element_bytes(const job *j)
{
    if (j->kind == FL_LABEL_LIST_LOSS)
        return sizeof(list_buffers) + 2 * list_row_bytes(j);
    return j->kind == FL_RIVAL_LOSS ? sizeof(rival_buffers) : sizeof(element_buffers);
}
