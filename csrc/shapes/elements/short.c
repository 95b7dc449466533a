/* Rows so short that a segment has room for several, and a kernel is called once for all of these. */
#include "elements.h"

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

/* Computes as many rows as a segment has room for, from row `at` of the task's. */
static void short_rows(job *j, int64_t first, int64_t n, int64_t at, rows_memory *m)
{
    const fl_call *c = j->call;
    element_buffers *b = (element_buffers *)m->work;
    double strength[FL_SEGMENT_BYTES / sizeof(float)];
    for (int64_t i = 0; i < n; i++)
        strength[i] = fl_row_counts(j, m, at + i) ? fl_label_weight(j, m->label[at + i]) : 0.0;
    const fl_short_rows k = {.n = n,
                             .classes = c->classes,
                             .margins = elements_plan_of(j)->margins,
                             .label = m->label + at,
                             .strength = strength,
                             .weight = m->weight + at,
                             .scale = j->scale,
                             .value = c->outputs & FL_VALUE ? b->value : NULL,
                             .grad = c->outputs & FL_GRAD ? b->segment.grad : NULL,
                             .hess = c->outputs & FL_HESS ? b->segment.hess : NULL,
                             .sum = m->value + at};
    fl_pointwise x = {.n = fl_padded(n * c->classes),
                      .pred = b->segment.pred,
                      .target = b->segment.target,
                      .operand = b->segment.pred,
                      .param = c->param,
                      .scale = 1.0,
                      .value = b->value,
                      .grad = b->segment.grad,
                      .hess = b->segment.hess};
    gather_short_rows(j, FL_PRED, first, n, b->segment.pred);
    if (k.margins)
        x.operand = b->operand;
    else if (j->class_numbers)
        x.operand = j->class_numbers;
    if (c->labels) {
        j->kernels->short_rows_before(&k, x.pred, b->segment.target, b->operand);
        fl_pad(b->segment.target, n * c->classes, 0.0, c->real);
        fl_pad(b->operand, n * c->classes, 0.0, c->real);
    } else {
        gather_short_rows(j, FL_TARGET, first, n, b->segment.target);
    }
    if (!fl_check_numbers(j, x.pred, x.n, FL_PRED) || !fl_check_numbers(j, x.target, x.n, FL_TARGET))
        return;
    elements_plan_of(j)->kernel(&x);
    j->kernels->short_rows_after(&k);
    scatter_short_rows(j, FL_PRED_GRAD, first, n, b->segment.grad);
    scatter_short_rows(j, FL_PRED_HESS, first, n, b->segment.hess);
    for (int64_t i = 0; i < n; i++)
        m->value[at + i] = strength[i] == 0.0 ? 0.0 : fl_rounded_value(j, m->value[at + i], m->weight[at + i]);
}

int fl_rows_are_short(const job *j)
{
    return j->call->classes > 0 && j->call->classes <= FL_GROUP;
}

int64_t fl_short_rows_together(const job *j)
{
    return j->segment / j->call->classes;
}

void fl_short_element_rows(job *j, int64_t first, int64_t n, rows_memory *m)
{
    const int64_t together = fl_short_rows_together(j);
    for (int64_t at = 0; at < n; at += together)
        short_rows(j, first + at, n - at < together ? n - at : together, at, m);
}
