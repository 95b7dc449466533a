/* Shapes of a row whose loss is the sum of its elements, their mean, or that of every other class against the label. */
#include "elements.h"

#include <math.h>

#include "../../loops/label.h"

static fl_status plan_sums(job *j)
{
    elements_plan_of(j)->short_rows = fl_rows_are_short(j);
    return fl_plan_elements(j, sizeof(element_buffers));
}

/* What a class counts is its weight over their number. */
static fl_status plan_mean(job *j)
{
    const fl_status status = plan_sums(j);
    const int64_t copies = elements_plan_of(j)->short_rows ? fl_short_rows_together(j) : 1;
    return status == FL_OK ? fl_make_class_numbers(j, 1.0 / (double)j->call->classes, copies) : status;
}

static fl_status plan_margins(job *j)
{
    elements_plan_of(j)->margins = 1;
    return plan_sums(j);
}

static double sum_of_row(job *j, const row *r, int64_t label, double scale, rows_memory *m)
{
    element_buffers *b = (element_buffers *)m->work;
    element_sums e = {.label = label, .scale = scale, .param = j->call->param};
    if (!fl_sum_elements(j, r, &e, b))
        return 0.0;
    /* One NaN makes the row NaN. */
    if (isnan(e.slope))
        fl_spread_nan(j, FL_PRED_GRAD, r, b->segment.grad);
    return e.value;
}

static double margins_of_row(job *j, const row *r, int64_t label, double scale, rows_memory *m)
{
    element_buffers *b = (element_buffers *)m->work;
    element_sums e = {.label = label, .scale = scale, .param = j->call->param};
    e.count = fl_label_weight(j, label) / (double)j->call->classes;
    if (!fl_sum_elements(j, r, &e, b))
        return 0.0;
    fl_keep_class(j, FL_PRED_GRAD, r, label, fl_slope_of_label(e.slope));
    fl_keep_class(j, FL_PRED_HESS, r, label, e.curve);
    if (isnan(e.slope))
        fl_spread_nan(j, FL_PRED_GRAD, r, b->segment.grad);
    return e.value;
}

static void sums(job *j, int64_t first, int64_t n, rows_memory *m)
{
    if (elements_plan_of(j)->short_rows)
        fl_short_element_rows(j, first, n, m);
    else
        fl_each_row(j, first, n, m, elements_plan_of(j)->margins ? margins_of_row : sum_of_row);
}

static const fl_row_shape sum = {.plan = plan_sums, .rows = sums};
static const fl_row_shape mean = {.plan = plan_mean, .rows = sums, .weighs_every_class = 1};
static const fl_row_shape margin = {.plan = plan_margins, .rows = sums};

const fl_shape fl_shape_row_sum = {"rows", fl_run_rows, &sum};
const fl_shape fl_shape_row_mean = {"rows", fl_run_rows, &mean};
const fl_shape fl_shape_margin = {"rows", fl_run_rows, &margin};
