/* The shape of the losses that compare two rows of logits: target and prediction, a softmax of each.
 *
 * A row is walked four times: for the maxima; for exponentials and their sums; for the terms of the loss, and of the means that
 * its gradients need; for the derivatives. What the second walk makes is kept for the others, unless the row is too long: then
 * it is made again. A derivative may be written where its logits are: of each segment they are read before. */
#include "../../loops/pair_sums.h"
#include "../rows/rows.h"

#include <math.h>

enum {
    /* Segments of which the exponentials are kept: 16 times 40 KiB, which stays in the second-level cache. */
    KEPT_SEGMENTS = 16,
};

typedef struct {
    _Alignas(64) char log_ratio[FL_SEGMENT_BYTES], across[FL_SEGMENT_BYTES],
        across_lost[FL_SEGMENT_BYTES], pred[FL_SEGMENT_BYTES], target[FL_SEGMENT_BYTES];
} exponentials;

typedef struct {
    segment_buffers b;
    _Alignas(64) char results[9][FL_SEGMENT_BYTES];
    exponentials of_segment[];
} pair_memory;

static int are_kept(const job *j)
{
    return j->n_segments <= KEPT_SEGMENTS;
}

/* The largest logit of a row and its segment. NaN where a logit is, or none is finite. */
static double row_maximum(const job *j, int which, const row *r, char *buffer, int64_t *segment)
{
    double largest = -INFINITY;
    *segment = 0;
    for (int64_t s = 0; s < j->n_segments; s++) {
        const double m = j->kernels->largest(fl_logits_without(j, which, r, s, -1, buffer), fl_padded(fl_segment_length(j, s)));
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
static void look_at(const job *j, const row *r, int64_t s, int anew, pair_memory *m, fl_pair *k)
{
    const int kept = are_kept(j);
    exponentials *e = &m->of_segment[kept ? s : 0];
    k->log_ratio = e->log_ratio, k->across = e->across, k->across_lost = e->across_lost, k->pred_exponentials = e->pred,
    k->target_exponentials = e->target;
    k->surplus = m->results[0];
    k->n = fl_padded(fl_segment_length(j, s));
    if (anew || !kept) {
        k->pred = fl_logits_without(j, FL_PRED, r, s, -1, m->b.pred),
        k->target = fl_logits_without(j, FL_TARGET, r, s, -1, m->b.target);
        j->kernels->pair->forward(k);
    }
}

/* Reads what the first class has whose exponential is the row's largest: its log-ratio, from the maxima and across. */
static void note_top(const job *j, const fl_pair *k, const void *e, double top, double *ratio, double *across, double *lost)
{
    const size_t at = (size_t)j->kernels->position(e, k->n, top) * j->item;
    *ratio = fl_load((const char *)k->log_ratio + at, j->call->real);
    *across = fl_load((const char *)k->across + at, j->call->real);
    *lost = fl_load((const char *)k->across_lost + at, j->call->real);
}

/* The sums of the exponentials, and what follows from them. */
static void sum_exponentials(const job *j, const row *r, int64_t pred_segment, int64_t target_segment, pair_memory *m,
                             fl_pair *k)
{
    const fl_kernels *kernels = j->kernels;
    fl_pair_sums sums = {.pred = {0}};
    for (int64_t s = 0; s < j->n_segments; s++) {
        look_at(j, r, s, 1, m, k);
        fl_add(&sums.pred, kernels->sum(k->pred_exponentials, k->n));
        fl_add(&sums.target, kernels->sum(k->target_exponentials, k->n));
        fl_add(&sums.pred_others, kernels->pair->sum_beside(k->pred_exponentials, k->pred_exponentials, k->pred_top, k->n));
        fl_add(&sums.target_others,
               kernels->pair->sum_beside(k->target_exponentials, k->target_exponentials, k->target_top, k->n));
        fl_add(&sums.surplus, kernels->sum(k->surplus, k->n));
        if (s == pred_segment)
            note_top(j, k, k->pred_exponentials, k->pred_top, &k->pred_top_ratio, &k->pred_top_across, &k->pred_top_lost);
        if (s == target_segment)
            note_top(j, k, k->target_exponentials, k->target_top, &k->target_top_ratio, &k->target_top_across,
                     &k->target_top_lost);
    }
    fl_note_sums(k, &sums, kernels->pair->share_top);
}

static double sum_terms(const job *j, const row *r, pair_memory *m, fl_pair *k)
{
    fl_pair_terms terms = {0};
    const fl_kernels *kernels = j->kernels;
    k->pred_is_level = k->target_is_level = 0;
    k->result = m->results[FL_VALUE_PART], k->far = m->results[FL_VALUE_FAR];
    k->pred_part = m->results[FL_PRED_PART], k->pred_far = m->results[FL_PRED_FAR];
    k->target_part = m->results[FL_TARGET_PART], k->target_far = m->results[FL_TARGET_FAR],
    k->bend_part = m->results[FL_BEND_PART];
    k->share_part = m->results[FL_SHARE_PART], k->level_part = m->results[FL_LEVEL_PART];
    for (int64_t s = 0; s < j->n_segments; s++) {
        look_at(j, r, s, 0, m, k);
        kernels->of_loss[j->call->loss]->pair[FL_TERMS](k);
        for (int i = 0; i < FL_N_PARTS; i++)
            fl_add(&terms.part[i], kernels->sum(m->results[i], k->n));
        fl_add(&terms.bend_others, kernels->pair->sum_beside(k->bend_part, k->pred_exponentials, k->pred_top, k->n));
    }
    return fl_note_terms_of_pair(k, &terms, kernels->pair->share_top, kernels->pair->log_unit);
}

static const struct {
    int array, kernel;
} derivatives[] = {{FL_PRED_GRAD, FL_PAIR_GRAD}, {FL_PRED_HESS, FL_PAIR_HESS}, {FL_TARGET_GRAD, FL_PAIR_SECOND_GRAD}};
enum { N_DERIVATIVES = sizeof derivatives / sizeof derivatives[0] };

static double unknown_row(const job *j, const row *r, char *buffer)
{
    for (int d = 0; d < N_DERIVATIVES; d++)
        if (r->data[derivatives[d].array])
            fl_spread_nan(j, derivatives[d].array, r, buffer);
    return NAN;
}

static double value_of_row(job *j, const row *r, int64_t no_label, double scale, rows_memory *memory)
{
    (void)no_label;
    pair_memory *m = (pair_memory *)memory->work;
    fl_pair k = {.temperature = j->call->temperature, .param = j->call->param, .scale = scale};
    int64_t pred_segment, target_segment;
    k.pred_maximum = row_maximum(j, FL_PRED, r, m->b.pred, &pred_segment);
    k.target_maximum = row_maximum(j, FL_TARGET, r, m->b.target, &target_segment);
    if (isnan(k.pred_maximum) || isnan(k.target_maximum))
        return unknown_row(j, r, m->results[0]);
    sum_exponentials(j, r, pred_segment, target_segment, m, &k);
    const unsigned outputs = j->call->outputs;
    const double value = sum_terms(j, r, m, &k);
    const double share_top = j->kernels->pair->share_top, log_unit = j->kernels->pair->log_unit;
    int anew = 0;
    /* The slope of a class with nearly all is exact as it is. */
    if (outputs & (FL_GRAD | FL_HESS) && !k.pred_is_single)
        anew |= fl_recentre(-k.pred_mean, share_top, log_unit, &k.pred_origin);
    if (outputs & FL_SECOND && !k.target_is_single)
        anew |= fl_recentre(k.target_mean, share_top, log_unit, &k.target_origin);
    if (anew)
        sum_terms(j, r, m, &k);
    for (int64_t s = 0; s < j->n_segments && outputs & (FL_GRAD | FL_HESS | FL_SECOND); s++) {
        look_at(j, r, s, 0, m, &k);
        for (int d = 0; d < N_DERIVATIVES; d++)
            if (r->data[derivatives[d].array]) {
                k.result = m->results[d];
                j->kernels->of_loss[j->call->loss]->pair[derivatives[d].kernel](&k);
            }
        for (int d = 0; d < N_DERIVATIVES; d++)
            if (r->data[derivatives[d].array])
                fl_keep_segment(j, derivatives[d].array, r, s, m->results[d]);
    }
    return value;
}

static fl_status plan(job *j)
{
    j->work_bytes = sizeof(pair_memory) + (size_t)(are_kept(j) ? j->n_segments : 1) * sizeof(exponentials);
    return FL_OK;
}

static const fl_row_shape shape = {.plan = plan, .row = value_of_row};

const fl_shape fl_shape_pair = {"rows", fl_run_rows, &shape};
