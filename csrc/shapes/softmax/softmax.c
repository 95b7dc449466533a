/* The shapes of softmax: which way the rows of a call go. */
#include "softmax.h"

enum {
    /* Classes of rows that lie side by side, at most. */
    SHORT_ROW = 192,
};

static void describe(const job *j, softmax_plan *p)
{
    const fl_call *c = j->call;
    const fl_statistics *s = &c->statistics;
    p->dense = !p->is_function && (!c->labels || c->label_smoothing != 0.0);
    p->body = &j->kernels->of_loss[c->loss]->log_probability;
    p->terms = p->dense && p->body->terms;
    p->statistics = s->lse || s->entropy || s->argmax || s->correct;
    p->keeps_logits = p->dense || p->statistics || c->outputs & FL_LOG_SOFTMAX;
    p->softened = c->softcap != 0.0 || c->temperature != 1.0;
    p->softening = (fl_softening){!p->softened, c->softcap, c->temperature};
}

/* Class weights are in the smoothing of labels, or multiply targets that are numbers. */
static fl_status make_class_numbers(job *j, softmax_plan *p)
{
    const fl_call *c = j->call;
    if (!p->dense || (!c->class_weight && c->label_smoothing == 0.0))
        return FL_OK;
    const fl_status status = fl_make_class_numbers(j, c->labels ? c->label_smoothing / (double)c->classes : 1.0, 1);
    *(c->labels ? &p->smoothing : &p->class_weight) = j->class_numbers;
    return status;
}

static fl_status plan(job *j)
{
    softmax_plan *p = (softmax_plan *)j->plan;
    fl_call *c = j->call;
    if (p->is_function || c->temperature == 0.0)
        c->temperature = 1.0;
    if (p->is_function)
        c->softcap = 0.0;
    describe(j, p);
    p->side_by_side = c->classes <= SHORT_ROW;
    if (p->side_by_side) {
        j->only_labels = c->labels && !p->dense && !c->weight.data && !c->class_weight;
        fl_plan_tiles(j);
    } else {
        fl_plan_long_rows(j, p);
        p->staged_rows = fl_rows_to_stage(j);
    }
    return make_class_numbers(j, p);
}

static void rows(job *j, int64_t first, int64_t n, rows_memory *m)
{
    if (softmax_plan_of(j)->side_by_side)
        fl_softmax_tiles(j, first, n, m);
    else
        fl_long_rows(j, first, n, m);
}

static fl_status run_tasks(job *j)
{
    const softmax_plan *p = softmax_plan_of(j);
    if (!p->side_by_side && fl_rows_are_shared(j))
        return fl_run_shared_rows(j);
    return p->staged_rows ? fl_run_staged_rows(j) : fl_run_row_tasks(j, fl_row_task, j->rows_a_task, 0);
}

static fl_status plan_function(job *j)
{
    ((softmax_plan *)j->plan)->is_function = 1;
    return plan(j);
}

static const fl_row_shape loss = {.plan = plan,
                                  .rows = rows,
                                  .pending = fl_long_rows_pending,
                                  .run = run_tasks,
                                  .mixes_class_weights = 1,
                                  .label_weighs_in_mean = 1,
                                  .floors_hessians = 1};
static const fl_row_shape function = {
    .plan = plan_function, .rows = rows, .pending = fl_long_rows_pending, .run = run_tasks, .floors_hessians = 1};

const fl_shape fl_shape_softmax = {"rows", fl_run_rows, &loss};
const fl_shape fl_shape_softmax_function = {"row functions", fl_run_rows, &function};
