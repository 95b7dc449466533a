/* The shape of a row whose target is a list of labels: each of them in turn against the classes that are not listed. */
#include "elements.h"

#include <math.h>

#include "../../loops/compensated.h"

/* The label at a place of a row's list; -1: the list has ended. One that is no class is noted, and ends it too. */
static int64_t listed_label(job *j, const row *r, int64_t place)
{
    const fl_call *c = j->call;
    int64_t label;
    if (place >= c->classes)
        return -1;
    fl_gather_labels(r->data[FL_TARGET] + place * c->argument[FL_TARGET].array.class_stride, 0, 1,
                     c->argument[FL_TARGET].array.dtype, &label);
    if (label >= c->classes)
        __atomic_store_n(&j->bad_label, 1, __ATOMIC_RELAXED);
    return label < c->classes ? label : -1;
}

static void look_at_list(job *j, const row *r)
{
    int64_t n = 0, walks = __atomic_load_n(&j->walks, __ATOMIC_RELAXED);
    while (listed_label(j, r, n) >= 0)
        n++;
    while (n > walks && !__atomic_compare_exchange_n(&j->walks, &walks, n, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        ;
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
        if (isnan(j->kernels->largest(fl_padded_segment(j, FL_PRED, r, s, buffer), fl_padded(fl_segment_length(j, s)))))
            return 1;
    return 0;
}

/* A class counts a power of two, at most 1 / classes: no sum overflows whose mean does not, and derivatives are made of whole
 * numbers, the pairs that are active. */
static double value_of_list(job *j, const row *r, int64_t no_label, double scale, rows_memory *m)
{
    (void)no_label;
    const fl_call *c = j->call;
    list_buffers *lists = (list_buffers *)m->work;
    element_buffers *b = &lists->elements;
    char *operand = lists->row, *pairs = operand + list_row_bytes(j);
    int exponent;
    const double part = frexp((double)c->classes, &exponent), count = ldexp(1.0, -exponent);
    fl_compensated value = {0};
    int unknown = has_nan(j, r, b->segment.pred);
    int64_t label;

    fl_fill(operand, 0, c->classes, count, c->real);
    fl_fill(operand, c->classes, fl_padded(c->classes), 0.0, c->real);
    fl_fill(pairs, 0, fl_padded(c->classes), 0.0, c->real);
    for (int64_t i = 0; (label = listed_label(j, r, i)) >= 0; i++)
        fl_store(0.0, operand, label, c->real);
    fl_pointwise x = {.target = b->segment.target,
                      .param = c->param,
                      .scale = ldexp(1.0, exponent),
                      .value = b->value,
                      .grad = b->segment.grad,
                      .hess = b->segment.hess};
    for (int64_t i = 0; !unknown && (label = listed_label(j, r, i)) >= 0; i++) {
        double of_label = 0.0;
        fl_fill(b->segment.target, 0, fl_padded(fl_segment_length(j, 0)), fl_logit_of(j, r, label), c->real);
        for (int64_t s = 0; s < j->n_segments; s++) {
            const size_t start = (size_t)(s * j->segment) * j->item;
            if (i == 0 || j->n_segments > 1)
                x.pred = fl_padded_segment(j, FL_PRED, r, s, b->segment.pred);
            x.n = fl_padded(fl_segment_length(j, s));
            x.operand = operand + start;
            elements_plan_of(j)->kernel(&x);
            if (c->outputs & FL_VALUE)
                fl_add(&value, j->kernels->sum(x.value, x.n));
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
            fl_keep_segment(j, FL_PRED_GRAD, r, s, of_segment);
        }
        if (c->outputs & FL_HESS)
            fl_keep_segment(j, FL_PRED_HESS, r, s, b->segment.hess);
    }
    if (unknown && c->outputs & FL_GRAD)
        fl_spread_nan(j, FL_PRED_GRAD, r, b->segment.grad);
    if (unknown)
        return NAN;
    const double sum = fl_total_of(value);
    return sum > 0.0 ? sum / part : 0.0;
}

static void look(job *j, int64_t first, int64_t n, rows_memory *m)
{
    (void)m;
    for (int64_t i = 0; i < n; i++) {
        const row r = fl_rows_at(j, first + i);
        look_at_list(j, &r);
    }
}

static fl_status plan(job *j)
{
    return fl_plan_elements(j, sizeof(list_buffers) + 2 * list_row_bytes(j));
}

static const fl_row_shape shape = {.plan = plan, .look = look, .row = value_of_list, .has_lists = 1};

const fl_shape fl_shape_label_list = {"rows", fl_run_rows, &shape};
