/* Rows of softmax that are finished together: from the sums of their segments to values, terms and derivatives. */
#include "softmax.h"

#include <string.h>

/* Keeps what the segments of row i of the batch add up to. */
static void note_total(const job *j, batch *b, int64_t i, const fl_segment *total, double label_logit)
{
    const softmax_plan *p = softmax_plan_of(j);
    b->largest[i] = total->maximum;
    fl_note_row(b->field, i, total, label_logit, p->softening, j->call->real);
    if (p->smoothing && b->label[i] >= 0)
        b->field[FL_LABEL_SHARED][i] = fl_load(p->smoothing + (size_t)b->label[i] * j->item, j->call->real);
}

/* How far below the row's largest logit the maximum of a segment lies. */
static double depth(const job *j, const batch *b, int64_t i, double maximum)
{
    return fl_depth(b->largest[i], maximum, softmax_plan_of(j)->softening);
}

/* What q is of an exponential of a segment with this maximum and its exponential `top`. */
static double factor_of(const job *j, const batch *b, int64_t i, double maximum, double top, double lift)
{
    return fl_factor_of_segment(depth(j, b, i, maximum), top, lift, j->call->real) * b->field[FL_FACTOR][i];
}

static int has_single_top(const job *j, const batch *b, int64_t i, double maximum)
{
    return maximum == b->largest[i] && b->field[FL_SINGLE_TOP][i] == fl_unit_of(j->call->real);
}

/* The terms of a segment: in the buffers u F as grad, -u F' as terms, u F'' as hess. */
static void make_terms(job *j, batch *b, segment_buffers *buffers, int64_t i, int64_t s, const char *e, double maximum,
                       double top)
{
    const softmax_plan *p = softmax_plan_of(j);
    const row *r = &b->where[i];
    const int64_t n = fl_segment_length(j, s), label = b->label[i] - s * j->segment;
    const char *u = fl_mixed_target(j, r, s, buffers);
    if (p->smoothing) {
        memcpy(buffers->target, u, (size_t)n * j->item);
        if (b->label[i] >= 0 && label >= 0 && label < n)
            fl_add_to(buffers->target, label, b->field[FL_STRENGTH][i], j->call->real);
        u = buffers->target;
    }
    const char *logits = fl_padded_segment(j, FL_PRED, r, s, buffers->pred);
    if (p->softened) {
        j->kernels->softmax->soften(logits, fl_padded(n), b->largest[i], j->call->softcap, j->call->temperature, buffers->pred);
        logits = buffers->pred;
    }
    p->body->terms(&(fl_terms){.n = n,
                               .logits = logits,
                               .exponentials = e,
                               .u = u,
                               .param = j->call->param,
                               .maximum = b->field[FL_MAXIMUM][i],
                               .log_sum = b->field[FL_LOG_SUM][i],
                               .factor = factor_of(j, b, i, maximum, top, 1.0) / b->field[FL_LIFT][i],
                               .single_top = has_single_top(j, b, i, maximum) ? top : NAN,
                               .rest = b->field[FL_REST][i],
                               .value = buffers->grad,
                               .target = buffers->terms,
                               .bend = buffers->hess});
}

void fl_sum_terms(job *j, batch *b, segment_buffers *buffers, int64_t i, int64_t s, const char *e, double maximum, double top,
                  term_sums *into)
{
    const fl_dtype real = j->call->real;
    const int64_t n = fl_segment_length(j, s), padded = fl_padded(n);
    if (b->field[FL_COUNTS][i] == 0.0) {
        if (!j->call->labels)
            fl_mixed_target(j, &b->where[i], s, buffers); /* for its domain */
        return;
    }
    make_terms(j, b, buffers, i, s, e, maximum, top);
    double target = 0.0, bend = 0.0;
    if (has_single_top(j, b, i, maximum)) {
        const int64_t largest = j->kernels->position(e, n, top);
        target = fl_load(buffers->terms + (size_t)largest * j->item, real);
        bend = fl_load(buffers->hess + (size_t)largest * j->item, real);
        fl_store(0.0, buffers->terms, largest, real);
        fl_store(0.0, buffers->hess, largest, real);
    }
    const double target_of_others = j->kernels->sum(buffers->terms, padded),
                 bend_of_others = j->kernels->sum(buffers->hess, padded);
    into->value += j->kernels->sum(buffers->grad, padded);
    into->target += target + target_of_others;
    into->target_of_others += target_of_others;
    into->bend += bend + bend_of_others;
    into->bend_of_others += bend_of_others;
}

void fl_join_terms(term_sums *into, const term_sums *part)
{
    into->value += part->value;
    into->target += part->target;
    into->target_of_others += part->target_of_others;
    into->bend += part->bend;
    into->bend_of_others += part->bend_of_others;
}

void fl_note_terms(batch *b, int64_t i, const term_sums *sums)
{
    b->field[FL_TARGET_VALUE][i] = sums->value;
    b->field[FL_MASS][i] = sums->target;
    b->field[FL_MASS_OF_OTHERS][i] = sums->target_of_others;
    b->field[FL_BEND][i] = sums->bend;
    b->field[FL_BEND_OF_OTHERS][i] = sums->bend_of_others;
}

void fl_softmax_derivatives(job *j, batch *b, segment_buffers *buffers, int64_t i, int64_t s, const char *e, double maximum,
                            double top)
{
    const softmax_plan *p = softmax_plan_of(j);
    const fl_call *c = j->call;
    const row *r = &b->where[i];
    const int64_t n = fl_segment_length(j, s), at = b->label[i] - s * j->segment;
    const double (*field)[FL_ROWS_TOGETHER] = (const double (*)[FL_ROWS_TOGETHER])b->field;
    if (c->outputs & FL_LOG_SOFTMAX) {
        const char *a = fl_segment_numbers(j, FL_PRED, r, s, buffers->pred);
        j->kernels->softmax->log_softmax(a, n, field[FL_MAXIMUM][i], field[FL_LOG_SUM][i], buffers->grad);
    } else if (field[FL_COUNTS][i] == 0.0) {
        memset(buffers->grad, 0, (size_t)n * j->item);
        memset(buffers->hess, 0, (size_t)n * j->item);
    } else {
        const int terms = p->terms;
        if (terms)
            make_terms(j, b, buffers, i, s, e, maximum, top);
        const char *u = terms ? buffers->terms : p->dense ? fl_mixed_target(j, r, s, buffers) : NULL;
        const double lift = fl_lift_of_segment(depth(j, b, i, maximum), c->real), unlift = 1.0 / lift;
        j->kernels->softmax->backward(&(fl_backward){.n = n,
                                                     .exponentials = e,
                                                     .u = u,
                                                     .grad = c->outputs & FL_GRAD ? buffers->grad : NULL,
                                                     .hess = c->outputs & FL_HESS ? buffers->hess : NULL,
                                                     .bent = terms,
                                                     .factor = factor_of(j, b, i, maximum, top, lift),
                                                     .lift = field[FL_LIFT][i],
                                                     .unlift = unlift / field[FL_LIFT][i],
                                                     .spread = field[FL_SPREAD][i] * unlift,
                                                     .curve = field[FL_CURVE][i],
                                                     .square = field[FL_SQUARE][i],
                                                     .scale = field[FL_SCALE][i],
                                                     .hess_scale = field[FL_HESS_SCALE][i] * unlift});
        if ((u || c->outputs & FL_HESS) && has_single_top(j, b, i, maximum)) {
            const int64_t largest = j->kernels->position(e, n, top);
            if (u)
                fl_store(field[FL_TOP_GRAD][i], buffers->grad, largest, c->real);
            fl_store(field[FL_TOP_HESS][i], buffers->hess, largest, c->real);
        }
        if (!terms && b->label[i] >= 0 && at >= 0 && at < n) {
            fl_store(field[FL_LABEL_GRAD][i], buffers->grad, at, c->real);
            fl_store(field[FL_LABEL_HESS][i], buffers->hess, at, c->real);
        }
    }
    if (c->softcap != 0.0 && field[FL_COUNTS][i] != 0.0)
        j->kernels->softmax->harden(fl_padded_segment(j, FL_PRED, r, s, buffers->pred), fl_padded(n), c->softcap, buffers->grad,
                                    c->outputs & FL_HESS ? buffers->hess : NULL);
    if (c->outputs & (FL_GRAD | FL_LOG_SOFTMAX))
        fl_keep_segment(j, FL_PRED_GRAD, r, s, buffers->grad);
    if (c->outputs & FL_HESS && c->newton && field[FL_COUNTS][i] != 0.0)
        j->kernels->raise(buffers->hess, NULL, fl_padded(n), c->newton->factor, c->newton->floor * j->scale * b->weight[i]);
    if (c->outputs & FL_HESS)
        fl_keep_segment(j, FL_PRED_HESS, r, s, buffers->hess);
}

/* Makes fields of those that are found and given. */
static void make_fields(const job *j, batch *b, void (*kernel)(const fl_rows *))
{
    const fl_dtype real = j->call->real;
    _Alignas(64) char fields[FL_ROW_FIELDS * FL_ROWS_TOGETHER * sizeof(double)];
    fl_gather((const char *)b->field, sizeof(double), FL_FOUND_FIELDS * FL_ROWS_TOGETHER, FL_FLOAT64, real, fields);
    fl_rows rows = fl_options_of(j, FL_ROWS_TOGETHER, fields);
    rows.label = b->label, rows.weight = b->weight, rows.mass = b->mass, rows.value = b->value;
    j->kernels->softmax->rows_given(&rows);
    kernel(&rows);
    fl_gather(fields, (intptr_t)j->item, FL_BATCH_FIELDS * FL_ROWS_TOGETHER, real, FL_FLOAT64, b->field);
}

void fl_begin_batch(const job *j, batch *b, int64_t n, int64_t at, const fl_segment *totals, const double *label_logits,
                    const rows_memory *m)
{
    const softmax_plan *p = softmax_plan_of(j);
    memset(b->field, 0, sizeof b->field);
    for (int64_t i = 0; i < FL_ROWS_TOGETHER; i++) {
        b->label[i] = i < n ? m->label[at + i] : -1;
        b->weight[i] = i < n ? m->weight[at + i] : 0.0;
        b->mass[i] = i < n ? m->mass[at + i] : 0.0;
    }
    for (int64_t i = 0; i < n; i++)
        note_total(j, b, i, &totals[i], label_logits[i]);
    if (p->terms)
        make_fields(j, b, j->kernels->softmax->rows_shares);
}

static void batch_statistics(const job *j, const batch *b, int64_t first, int64_t n, const fl_segment *totals)
{
    const fl_dtype real = j->call->real;
    _Alignas(64) char fields[FL_ROW_FIELDS * FL_ROWS_TOGETHER * sizeof(double)];
    const size_t field_size = FL_ROWS_TOGETHER * j->item;
    double largest[FL_ROWS_TOGETHER], unknown[FL_ROWS_TOGETHER], dispersion[FL_ROWS_TOGETHER] = {0};
    for (int64_t i = 0; i < FL_ROWS_TOGETHER; i++) {
        largest[i] = i < n ? (double)totals[i].largest : -1.0, unknown[i] = i < n ? (double)totals[i].unknown : -1.0;
        dispersion[i] = i < n ? fl_unit_of(j->call->real) * totals[i].dispersion : 0.0;
    }
    fl_gather((const char *)b->field, sizeof(double), FL_FOUND_FIELDS * FL_ROWS_TOGETHER, FL_FLOAT64, real, fields);
    fl_gather((const char *)dispersion, sizeof(double), FL_ROWS_TOGETHER, FL_FLOAT64, real,
              fields + FL_DISPERSION * field_size);
    fl_gather((const char *)unknown, sizeof(double), FL_ROWS_TOGETHER, FL_FLOAT64, real, fields + FL_UNKNOWN * field_size);
    const fl_rows rows = fl_options_of(j, FL_ROWS_TOGETHER, fields);
    j->kernels->softmax->rows_statistics(&rows);
    fl_keep_statistics(j, first, n, b->label, fields, FL_ROWS_TOGETHER, largest, unknown);
}

void fl_finish_batch(const job *j, batch *b, int64_t first, int64_t n, int64_t at, const fl_segment *totals, rows_memory *m)
{
    const softmax_plan *p = softmax_plan_of(j);
    if (p->statistics)
        batch_statistics(j, b, first, n, totals);
    make_fields(j, b, softmax_plan_of(j)->body->finish);
    memcpy(m->value + at, b->value, (size_t)n * sizeof *b->value);
    fl_settle_infinite_rows(j, first, n, b->weight, m->value + at);
}
