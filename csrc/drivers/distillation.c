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
    /* Segments of which the exponentials are kept: 16 times 40 KiB, which stays in the second-level cache. */
    KEPT_SEGMENTS = 16,
};

typedef struct {
    _Alignas(64) char log_ratio[FL_SEGMENT_BYTES], across[FL_SEGMENT_BYTES], across_lost[FL_SEGMENT_BYTES], pred[FL_SEGMENT_BYTES],
        target[FL_SEGMENT_BYTES];
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

/* Segment s of a row of logits, in whole groups: padding is a masked class. */
static const void *padded_logits(const job *j, int which, const row *r, int64_t s, char *buffer)
{
    const int64_t n = fl_segment_length(j, s);
    const char *logits = fl_padded_segment(j, which, r, s, buffer);
    if (n % FL_GROUP)
        fl_pad(buffer, n, -INFINITY, j->call->real);
    return logits;
}

/* The largest logit of a row and its segment. NaN where a logit is, or none is finite. */
static double row_maximum(const job *j, int which, const row *r, char *buffer, int64_t *segment)
{
    double largest = -INFINITY;
    *segment = 0;
    for (int64_t s = 0; s < j->n_segments; s++) {
        const double m = j->kernels->largest(padded_logits(j, which, r, s, buffer), fl_padded(fl_segment_length(j, s)));
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
    k->log_ratio = e->log_ratio, k->across = e->across, k->across_lost = e->across_lost, k->pred_exponentials = e->pred, k->target_exponentials = e->target;
    k->surplus = m->results[0];
    k->n = fl_padded(fl_segment_length(j, s));
    if (anew || !kept) {
        k->pred = padded_logits(j, PRED, r, s, m->b.pred), k->target = padded_logits(j, TARGET, r, s, m->b.target);
        j->kernels->distillation_forward(k);
    }
}

/* Of the first class whose exponential is the largest of the row: its log-ratio, from the maxima and across. */
static void note_top(const job *j, const fl_distillation *k, const void *e, double top, double *ratio, double *across, double *lost)
{
    const size_t at = (size_t)j->kernels->position(e, k->n, top) * j->item;
    *ratio = fl_load((const char *)k->log_ratio + at, j->call->real);
    *across = fl_load((const char *)k->across + at, j->call->real);
    *lost = fl_load((const char *)k->across_lost + at, j->call->real);
}

/* unit log(1 + x / sum), which is x / sum where that is tiny, and may then be smaller than a normal number. */
static double log_share_of(double x, double sum, double unit)
{
    return x < 0x1p-60 * sum ? x * (unit / sum) : log1p_(x / sum) * unit;
}

/* The sums of the exponentials, and what follows from them. */
static void sum_exponentials(const job *j, const row *r, int64_t pred_segment, int64_t target_segment, pair_memory *m,
                             fl_distillation *k)
{
    const fl_kernels *kernels = j->kernels;
    total pred = {0}, target = {0}, pred_others = {0}, target_others = {0}, surplus = {0};
    for (int64_t s = 0; s < j->n_segments; s++) {
        look_at(j, r, s, 1, m, k);
        add(&pred, kernels->sum(k->pred_exponentials, k->n));
        add(&target, kernels->sum(k->target_exponentials, k->n));
        add(&pred_others, kernels->sum_beside(k->pred_exponentials, k->pred_exponentials, k->pred_top, k->n));
        add(&target_others, kernels->sum_beside(k->target_exponentials, k->target_exponentials, k->target_top, k->n));
        add(&surplus, kernels->sum(k->surplus, k->n));
        if (s == pred_segment)
            note_top(j, k, k->pred_exponentials, k->pred_top, &k->pred_top_ratio, &k->pred_top_across, &k->pred_top_lost);
        if (s == target_segment)
            note_top(j, k, k->target_exponentials, k->target_top, &k->target_top_ratio, &k->target_top_across,
                     &k->target_top_lost);
    }
    k->pred_origin = k->pred_top_across, k->target_origin = k->target_top_across;
    /* The others apart, where one class has more than half. */
    const double q_others = of(pred) < 2.0 * k->pred_top ? of(pred_others) : of(pred) - k->pred_top;
    const double p_others = of(target) < 2.0 * k->target_top ? of(target_others) : of(target) - k->target_top;
    const double q_sum = k->pred_top + q_others, p_sum = k->target_top + p_others, more = of(surplus);
    k->pred_inverse = kernels->share_top / q_sum, k->target_inverse = kernels->share_top / p_sum;
    k->pred_rest = q_others * k->pred_inverse;
    k->log_of_sums = more > 0.0 ? log_share_of(more, q_sum, kernels->share_top)
                                : -log_share_of(-more, p_sum * (k->pred_top / k->target_top), kernels->share_top);
    k->pred_is_single = q_others < k->pred_top, k->target_is_single = p_others < k->target_top;
}

/* A mean of slopes far from that of the top loses digits of all others to it. Whether levels are used: they come
 * from probabilities, not from rounded logarithms, and are better unless their mean is further from 0 by more than a bit. */
static int prefer_level(double *mean, double level, int is_single)
{
    const int is_nearer = !is_single && fabs(level) < 2.0 * fabs(*mean);
    *mean = is_nearer ? level : *mean;
    return is_nearer;
}

static double sum_terms(const job *j, const row *r, pair_memory *m, fl_distillation *k)
{
    enum { VALUE_PART, VALUE_FAR, PRED_PART, PRED_FAR, TARGET_PART, TARGET_FAR, BEND_PART, SHARE_PART, LEVEL_PART, N_PARTS };
    total part[N_PARTS] = {{0}}, bend_others = {0};
    const fl_kernels *kernels = j->kernels;
    k->pred_is_level = k->target_is_level = 0;
    k->result = m->results[VALUE_PART], k->far = m->results[VALUE_FAR];
    k->pred_part = m->results[PRED_PART], k->pred_far = m->results[PRED_FAR];
    k->target_part = m->results[TARGET_PART], k->target_far = m->results[TARGET_FAR], k->bend_part = m->results[BEND_PART];
    k->share_part = m->results[SHARE_PART], k->level_part = m->results[LEVEL_PART];
    for (int64_t s = 0; s < j->n_segments; s++) {
        look_at(j, r, s, 0, m, k);
        kernels->distillation[j->call->loss][FL_TERMS](k);
        for (int i = 0; i < N_PARTS; i++)
            add(&part[i], kernels->sum(m->results[i], k->n));
        add(&bend_others, kernels->sum_beside(k->bend_part, k->pred_exponentials, k->pred_top, k->n));
    }
    const double loss = of(part[VALUE_PART]) / kernels->share_top + of(part[VALUE_FAR]) * (kernels->log_unit / kernels->share_top);
    /* An infinite loss has no mean to compare a slope with. */
    k->pred_mean = isfinite(loss) ? of(part[PRED_PART]) + of(part[PRED_FAR]) * kernels->log_unit : NAN;
    k->target_mean = isfinite(loss) ? of(part[TARGET_PART]) + of(part[TARGET_FAR]) * kernels->log_unit : NAN;
    k->bend_mean = of(part[BEND_PART]), k->share_mean = of(part[SHARE_PART]);
    /* Bends are levels and shares: of both means neither term is above 0. */
    k->pred_is_level = prefer_level(&k->pred_mean, k->bend_mean - k->share_mean, k->pred_is_single);
    k->target_is_level = prefer_level(&k->target_mean, of(part[LEVEL_PART]), k->target_is_single);
    const double single_bend = (k->bend_mean - of(bend_others)) / (k->pred_top * k->pred_inverse);
    k->single_bend = single_bend * k->pred_rest - of(bend_others);
    return loss;
}

static const struct {
    int array, kernel;
} derivatives[] = {{GRAD, FL_PAIR_GRAD}, {HESS, FL_PAIR_HESS}, {SECOND_GRAD, FL_PAIR_SECOND_GRAD}};
enum { N_DERIVATIVES = sizeof derivatives / sizeof derivatives[0] };

static double unknown_row(const job *j, const row *r, char *buffer)
{
    for (int d = 0; d < N_DERIVATIVES; d++)
        for (int64_t s = 0; s < j->n_segments && r->data[derivatives[d].array]; s++) {
            fl_fill(buffer, 0, fl_segment_length(j, s), NAN, j->call->real);
            fl_keep_segment(j, derivatives[d].array, r, s, buffer);
        }
    return NAN;
}

/* A mean far from the slope it is counted from has lost digits to it. Counted anew from about the mean, it has not. Whether so. */
static int recentre(const job *j, double mean, double *origin)
{
    const double shift = mean / j->kernels->share_top / j->kernels->log_unit;
    if (!isfinite(mean) || fabs(mean) <= j->kernels->share_top)
        return 0;
    *origin += shift;
    return 1;
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
    const unsigned outputs = j->call->outputs;
    const double value = sum_terms(j, r, m, &k);
    int anew = 0;
    /* The slope of a class with nearly all is exact as it is. */
    if (outputs & (FL_GRAD | FL_HESS) && !k.pred_is_single)
        anew |= recentre(j, -k.pred_mean, &k.pred_origin);
    if (outputs & FL_SECOND && !k.target_is_single)
        anew |= recentre(j, k.target_mean, &k.target_origin);
    if (anew)
        sum_terms(j, r, m, &k);
    for (int64_t s = 0; s < j->n_segments && outputs & (FL_GRAD | FL_HESS | FL_SECOND); s++) {
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
