/* The shape of a row whose elements are those of its projection onto the simplex. */
#include "elements.h"

#include <math.h>
#include <string.h>

#include "../../loops/simplex.h"

static double largest_logit(const job *j, const row *r, char *buffer)
{
    double most = -INFINITY;
    for (int64_t s = 0; s < j->n_segments && !isnan(most); s++) {
        const char *logits = fl_logits_without(j, FL_PRED, r, s, -1, buffer);
        const double largest = j->kernels->largest(logits, fl_padded(fl_segment_length(j, s)));
        if (!(largest <= most))
            most = largest;
    }
    return most;
}

static fl_projection project(const job *j, const row *r, char *buffer)
{
    fl_projection p = fl_projection_of(largest_logit(j, r, buffer));
    const char *logits = NULL;
    for (int more = p.is_known; more;) {
        double sum = 0.0, number = 0.0;
        for (int64_t s = 0; s < j->n_segments; s++) {
            if (!logits || j->n_segments > 1)
                logits = fl_logits_without(j, FL_PRED, r, s, -1, buffer);
            j->kernels->support(logits, fl_padded(fl_segment_length(j, s)), p.largest, p.threshold, &sum, &number);
        }
        more = fl_raise_threshold(&p, sum, number, j->call->real);
    }
    return p;
}

static double projection_of_row(job *j, const row *r, int64_t label, double scale, rows_memory *m)
{
    const fl_call *c = j->call;
    element_buffers *b = (element_buffers *)m->work;
    double param[FL_MAX_PARAMS];
    element_sums e = {
        .label = label, .scale = scale, .param = param, .sums_targets = !c->labels, .mass = c->labels ? 1.0 : 0.0};
    const fl_projection p = project(j, r, b->segment.pred);
    memcpy(param, c->param, sizeof param);
    fl_note_projection(&p, param + j->loss->n_params);
    if (!fl_sum_elements(j, r, &e, b))
        return 0.0;
    if (isnan(e.slope))
        fl_spread_nan(j, FL_PRED_GRAD, r, b->segment.grad);
    return fl_value_of_projection(&p, e.value, e.mass);
}

static fl_status plan(job *j)
{
    return fl_plan_elements(j, sizeof(element_buffers));
}

static const fl_row_shape shape = {.plan = plan, .row = projection_of_row};

const fl_shape fl_shape_simplex = {"rows", fl_run_rows, &shape};
