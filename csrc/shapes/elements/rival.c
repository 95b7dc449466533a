/* The shape of a row of which two classes count: the label and its rival, with the largest of the other logits. */
#include "elements.h"

#include <math.h>

#include "../../loops/label.h"

/* Memory of a loss of label and rival: an element a row. */
typedef struct {
    segment_buffers segment;
    int64_t rival[FL_MAX_ROWS_A_TASK];
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
        const char *logits = fl_logits_without(j, FL_PRED, r, s, label, buffer);
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

static void rivals(job *j, int64_t first, int64_t n, rows_memory *m)
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
    elements_plan_of(j)->kernel(&(fl_pointwise){.n = fl_padded(n),
                                                .pred = b->rival_logit,
                                                .target = b->label_logit,
                                                .operand = b->count,
                                                .param = j->call->param,
                                                .scale = 1.0,
                                                .value = b->value,
                                                .grad = b->grad,
                                                .hess = b->hess});
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
            const double slope = fl_times(fl_load(b->grad + (size_t)i * j->item, real), j->scale * weight);
            if (isnan(slope))
                fl_spread_nan(j, FL_PRED_GRAD, &r, b->segment.grad);
            fl_keep_class(j, FL_PRED_GRAD, &r, b->rival[i], slope);
            fl_keep_class(j, FL_PRED_GRAD, &r, m->label[i], fl_slope_of_label(slope));
        }
        if (j->call->outputs & FL_HESS) {
            const double curve = fl_times(fl_load(b->hess + (size_t)i * j->item, real), j->scale * weight);
            fl_keep_class(j, FL_PRED_HESS, &r, b->rival[i], curve);
            fl_keep_class(j, FL_PRED_HESS, &r, m->label[i], curve);
        }
    }
}

static fl_status plan(job *j)
{
    return fl_plan_elements(j, sizeof(rival_buffers));
}

static const fl_row_shape shape = {.plan = plan, .rows = rivals};

const fl_shape fl_shape_rival = {"rows", fl_run_rows, &shape};
