/* Elements along a row: what the body reads of a segment, and the sums of what it makes. */
#include "elements.h"

#include <float.h>
#include <math.h>

fl_status fl_plan_elements(job *j, size_t work_bytes)
{
    const fl_call *c = j->call;
    j->work_bytes = work_bytes;
    elements_plan_of(j)->kernel = fl_pointwise_kernel_for(c->tier, c->real, c->loss, c->outputs);
    return elements_plan_of(j)->kernel ? FL_OK : FL_UNSUPPORTED;
}

/* What the body reads of segment s of a row: predictions; as target the user's numbers, of labels 1 there and 0 elsewhere, of
 * margins what is there for all segments; as operand what the classes count. */
static fl_pointwise elements_of(const job *j, const row *r, int64_t s, const element_sums *e, element_buffers *b)
{
    const fl_dtype real = j->call->real;
    const int64_t n = fl_segment_length(j, s), at = e->label - s * j->segment;
    const int here = at >= 0 && at < n;
    fl_pointwise x = {.n = fl_padded(n),
                      .pred = fl_padded_segment(j, FL_PRED, r, s, b->segment.pred),
                      .target = b->segment.target,
                      .param = e->param,
                      .scale = e->scale,
                      .value = b->value,
                      .grad = b->segment.grad,
                      .hess = b->segment.hess};
    x.operand = j->class_numbers ? j->class_numbers + (size_t)(s * j->segment) * j->item : x.pred;
    if (elements_plan_of(j)->margins) {
        x.operand = b->operand;
        if (here)
            fl_store(0.0, b->operand, at, real);
    } else if (j->call->labels) {
        fl_fill(b->segment.target, 0, x.n, 0.0, real);
        if (here)
            fl_store(1.0, b->segment.target, at, real);
    } else {
        x.target = fl_padded_segment(j, FL_TARGET, r, s, b->segment.target);
    }
    return x;
}

/* Target and operand of every other class against the label: the same for all segments but where the label is. */
static void prepare_margins(const job *j, double label_logit, double count, element_buffers *b)
{
    const int64_t padded = fl_padded(fl_segment_length(j, 0));
    fl_fill(b->segment.target, 0, padded, label_logit, j->call->real);
    fl_fill(b->operand, 0, padded, count, j->call->real);
}

static double sum_results(const job *j, void *results, int64_t n)
{
    fl_pad(results, n, 0.0, j->call->real);
    return j->kernels->sum(results, fl_padded(n));
}

/* What derivatives are multiplied by after the kernel, which computes in the type of the results: what is too large for that.
 */
static double factor_beyond(const job *j, double scale)
{
    const double most = j->call->real == FL_FLOAT64 ? DBL_MAX : FLT_MAX;
    return fabs(scale) > most ? scale : 1.0;
}

static void multiply(const job *j, char *derivatives, int64_t n, double factor)
{
    for (int64_t i = 0; factor != 1.0 && i < n; i++)
        fl_store(fl_times(fl_load(derivatives + (size_t)i * j->item, j->call->real), factor), derivatives, i, j->call->real);
}

int fl_sum_elements(job *j, const row *r, element_sums *e, element_buffers *b)
{
    const fl_call *c = j->call;
    const elements_plan *plan = elements_plan_of(j);
    const double after = factor_beyond(j, e->scale);
    if (plan->margins)
        prepare_margins(j, fl_logit_of(j, r, e->label), e->count, b);
    for (int64_t s = 0; s < j->n_segments; s++) {
        const int64_t n = fl_segment_length(j, s), at = e->label - s * j->segment;
        fl_pointwise x = elements_of(j, r, s, e, b);
        if (!fl_check_numbers(j, x.pred, x.n, FL_PRED) || !fl_check_numbers(j, x.target, x.n, FL_TARGET))
            return 0;
        if (e->sums_targets) {
            if (x.target == b->segment.target)
                fl_pad(b->segment.target, n, 0.0, c->real);
            e->mass += j->kernels->sum(x.target, x.n);
        }
        x.scale = after == 1.0 ? e->scale : 1.0;
        plan->kernel(&x);
        if (plan->margins && at >= 0 && at < n)
            fl_store(e->count, b->operand, at, c->real);
        if (c->outputs & FL_VALUE)
            e->value += sum_results(j, x.value, n);
        if (c->outputs & FL_GRAD) {
            e->slope += sum_results(j, x.grad, n);
            multiply(j, x.grad, n, after);
            fl_keep_segment(j, FL_PRED_GRAD, r, s, x.grad);
        }
        if (c->outputs & FL_HESS) {
            e->curve += sum_results(j, x.hess, n);
            multiply(j, x.hess, n, after);
            fl_keep_segment(j, FL_PRED_HESS, r, s, x.hess);
        }
    }
    e->slope = after == 1.0 ? e->slope : fl_times(e->slope, after);
    e->curve = after == 1.0 ? e->curve : fl_times(e->curve, after);
    return 1;
}
