/* The driver of the losses that compare two rows of logits: target and prediction, a softmax of each.
 *
 * A row is walked four times: for the maxima; for exponentials and their sums; for the terms of the loss, and of the means that its
 * gradients need; for the derivatives. What the second walk makes is kept for the others, unless the row is too long: then it is made
 * again. A derivative may be written where its logits are: of each segment they are read before. */
#include "rows.h"

#include <math.h>

#define REAL_BITS 64
#define WITHOUT_FMA
#include "../math/functions.h"

enum {
    /* Segments of which the exponentials are kept: 16 times 24 KiB, which stays in the second-level cache. */
    KEPT_SEGMENTS = 16,
};

typedef struct {
    _Alignas(64) char log_ratio[FL_SEGMENT_BYTES], pred[FL_SEGMENT_BYTES], target[FL_SEGMENT_BYTES];
} exponentials;

typedef struct {
    segment_buffers b;
    _Alignas(64) char results[5][FL_SEGMENT_BYTES];
    exponentials of_segment[];
} pair_memory;

static int are_kept(const job *j)
{
    return j->n_segments <= KEPT_SEGMENTS;
}

size_t fl_distillation_bytes(const job *j)
{
    return sizeof(pair_memory) + (size_t)(are_kept(j) ? j->n_segments : 1) * sizeof(exponentials);
}

/* A sum in order, with what its additions lose. */
typedef struct {
    double sum, lost;
} total;

static void add(total *t, double x)
{
    const double sum = t->sum + x, part = sum - t->sum;
    t->lost += (t->sum - (sum - part)) + (x - part);
    t->sum = sum;
}

static double of(total t)
{
    return isfinite(t.sum) ? t.sum + t.lost : t.sum;
}

/* The largest logit of a row and its segment. NaN where a logit is, or none is finite. */
static double row_maximum(const job *j, int which, const row *r, char *buffer, int64_t *segment)
{
    double largest = -INFINITY;
    *segment = 0;
    for (int64_t s = 0; s < j->n_segments; s++) {
        const double m = j->kernels->maximum(fl_segment_numbers(j, which, r, s, buffer), fl_segment_length(j, s));
        if (isnan(m))
            return m;
        if (m > largest) {
            largest = m;
            *segment = s;
        }
    }
    return isfinite(largest) ? largest : NAN;
}

/* Segment s with its exponentials, which are made where they are wanted anew. */
static void look_at(const job *j, const row *r, int64_t s, int anew, pair_memory *m, fl_distillation *k)
{
    const int kept = are_kept(j);
    exponentials *e = &m->of_segment[kept ? s : 0];
    k->log_ratio = e->log_ratio, k->pred_exponentials = e->pred, k->target_exponentials = e->target, k->surplus = m->results[0];
    k->n = fl_segment_length(j, s);
    if (anew || !kept) {
        k->pred = fl_segment_numbers(j, PRED, r, s, m->b.pred), k->target = fl_segment_numbers(j, TARGET, r, s, m->b.target);
        j->kernels->distillation_forward(k);
    }
    k->n = fl_padded(k->n);
}

/* The log-ratio of the first class whose exponential is the row's largest. */
static double ratio_at_top(const job *j, const fl_distillation *k, const void *e)
{
    const int64_t at = j->kernels->position(e, k->n, j->kernels->share_top);
    return fl_load((const char *)k->log_ratio + (size_t)at * j->item, j->call->real);
}

/* The sums of the exponentials, and what follows from them. */
static void sum_exponentials(const job *j, const row *r, int64_t pred_segment, int64_t target_segment, pair_memory *m, fl_distillation *k)
{
    const fl_kernels *kernels = j->kernels;
    const double top = kernels->share_top;
    total pred = {0}, target = {0}, pred_others = {0}, target_others = {0}, surplus = {0};
    for (int64_t s = 0; s < j->n_segments; s++) {
        look_at(j, r, s, 1, m, k);
        add(&pred, kernels->sum(k->pred_exponentials, k->n));
        add(&target, kernels->sum(k->target_exponentials, k->n));
        add(&pred_others, kernels->sum_beside(k->pred_exponentials, k->pred_exponentials, top, k->n));
        add(&target_others, kernels->sum_beside(k->target_exponentials, k->target_exponentials, top, k->n));
        add(&surplus, kernels->sum(k->surplus, k->n));
        if (s == pred_segment)
            k->pred_top_ratio = ratio_at_top(j, k, k->pred_exponentials);
        if (s == target_segment)
            k->target_top_ratio = ratio_at_top(j, k, k->target_exponentials);
    }
    /* The others apart, where one class has more than half. */
    const double q_others = (of(pred) < 2.0 * top ? of(pred_others) : of(pred) - top) / top;
    const double p_others = (of(target) < 2.0 * top ? of(target_others) : of(target) - top) / top;
    const double more = of(surplus) / top;
    k->pred_inverse = 1.0 / (1.0 + q_others), k->target_inverse = 1.0 / (1.0 + p_others);
    k->pred_rest = q_others / (1.0 + q_others);
    k->log_of_sums = more > 0.0 ? log1p_(more / (1.0 + q_others)) : -log1p_(-more / (1.0 + p_others));
}

static double sum_terms(const job *j, const row *r, pair_memory *m, fl_distillation *k)
{
    total value = {0}, far = {0}, pred = {0}, target = {0}, bend = {0};
    const fl_kernels *kernels = j->kernels;
    k->result = m->results[0], k->far = m->results[1], k->pred_part = m->results[2], k->target_part = m->results[3];
    k->bend_part = m->results[4];
    for (int64_t s = 0; s < j->n_segments; s++) {
        look_at(j, r, s, 0, m, k);
        kernels->distillation[j->call->loss][FL_TERMS](k);
        add(&value, kernels->sum(k->result, k->n));
        add(&far, kernels->sum(k->far, k->n));
        add(&pred, kernels->sum(k->pred_part, k->n));
        add(&target, kernels->sum(k->target_part, k->n));
        add(&bend, kernels->sum(k->bend_part, k->n));
    }
    const double loss = of(value) / kernels->share_top + of(far) * (kernels->log_unit / kernels->share_top);
    /* An infinite loss has no mean to compare a slope with. */
    k->pred_mean = isfinite(loss) ? of(pred) / kernels->share_top : NAN;
    k->target_mean = isfinite(loss) ? of(target) / kernels->share_top : NAN;
    k->bend_mean = of(bend) / kernels->share_top;
    return loss;
}

static const struct {
    int array, kernel;
} derivatives[] = {{GRAD, FL_PAIR_GRAD}, {HESS, FL_PAIR_HESS}, {TARGET_GRAD, FL_PAIR_TARGET_GRAD}};
enum { N_DERIVATIVES = sizeof derivatives / sizeof derivatives[0] };

static double unknown_row(const job *j, const row *r, char *buffer)
{
    for (int d = 0; d < N_DERIVATIVES; d++)
        for (int64_t s = 0; s < j->n_segments && r->data[derivatives[d].array]; s++) {
            fl_fill(buffer, fl_segment_length(j, s), NAN, j->call->real);
            fl_keep_segment(j, derivatives[d].array, r, s, buffer);
        }
    return NAN;
}

double fl_distillation_row(job *j, const row *r, double scale, rows_memory *memory)
{
    pair_memory *m = (pair_memory *)memory->work;
    fl_distillation k = {.temperature = j->call->temperature, .param = j->call->param, .scale = scale};
    int64_t pred_segment, target_segment;
    k.pred_maximum = row_maximum(j, PRED, r, m->b.pred, &pred_segment);
    k.target_maximum = row_maximum(j, TARGET, r, m->b.target, &target_segment);
    if (isnan(k.pred_maximum) || isnan(k.target_maximum))
        return unknown_row(j, r, m->results[0]);
    sum_exponentials(j, r, pred_segment, target_segment, m, &k);
    const double value = sum_terms(j, r, m, &k);
    for (int64_t s = 0; s < j->n_segments && j->call->outputs & (FL_GRAD | FL_HESS | FL_TARGET_GRAD); s++) {
        look_at(j, r, s, 0, m, &k);
        for (int d = 0; d < N_DERIVATIVES; d++)
            if (r->data[derivatives[d].array]) {
                k.result = m->results[d];
                j->kernels->distillation[j->call->loss][derivatives[d].kernel](&k);
            }
        for (int d = 0; d < N_DERIVATIVES; d++)
            if (r->data[derivatives[d].array])
                fl_keep_segment(j, derivatives[d].array, r, s, m->results[d]);
    }
    return value;
}
