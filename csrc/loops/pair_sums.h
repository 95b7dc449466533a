/* Two rows of logits whose softmaxes are compared: what follows from the sums over their segments, in double. */
#ifndef FASTLOSS_PAIR_SUMS_H
#define FASTLOSS_PAIR_SUMS_H

#include "compensated.h"
#include "pair_kernels.h"

#define REAL_BITS 64
#define WITHOUT_FMA
#include "../math/functions.h"

/* What is added up: exponentials; all of them but the first of the largest; what the target's exceed the prediction's by. */
typedef struct {
    fl_compensated pred, target, pred_others, target_others, surplus;
} fl_pair_sums;

/* FL_TERMS makes these terms, and returns them in this order. */
enum {
    FL_VALUE_PART,
    FL_VALUE_FAR,
    FL_PRED_PART,
    FL_PRED_FAR,
    FL_TARGET_PART,
    FL_TARGET_FAR,
    FL_BEND_PART,
    FL_SHARE_PART,
    FL_LEVEL_PART,
    FL_N_PARTS
};

typedef struct {
    fl_compensated part[FL_N_PARTS], bend_others;
} fl_pair_terms;

/* unit log(1 + x / sum), which is x / sum where that is tiny, and may then be smaller than a normal number. */
static inline double fl_log_share_of(double x, double sum, double unit)
{
    return x < 0x1p-60 * sum ? x * (unit / sum) : log1p_(x / sum) * unit;
}

static inline void fl_note_sums(fl_pair *k, const fl_pair_sums *s, double share_top)
{
    k->pred_origin = k->pred_top_across, k->target_origin = k->target_top_across;
    /* The others apart, where one class has more than half. */
    const double q_others =
        fl_total_of(s->pred) < 2.0 * k->pred_top ? fl_total_of(s->pred_others) : fl_total_of(s->pred) - k->pred_top;
    const double p_others =
        fl_total_of(s->target) < 2.0 * k->target_top ? fl_total_of(s->target_others) : fl_total_of(s->target) - k->target_top;
    const double q_sum = k->pred_top + q_others, p_sum = k->target_top + p_others, more = fl_total_of(s->surplus);
    k->pred_inverse = share_top / q_sum, k->target_inverse = share_top / p_sum;
    k->pred_rest = q_others * k->pred_inverse;
    k->log_of_sums = more > 0.0 ? fl_log_share_of(more, q_sum, share_top)
                                : -fl_log_share_of(-more, p_sum * (k->pred_top / k->target_top), share_top);
    k->pred_is_single = q_others < k->pred_top, k->target_is_single = p_others < k->target_top;
}

/* A mean of slopes far from that of the top loses digits of all others to it. Whether levels are used: they come
 * from probabilities, not from rounded logarithms, and are better unless their mean is further from 0 by more than a bit. */
static inline int fl_prefer_level(double *mean, double level, int is_single)
{
    const int is_nearer = !is_single && fabs(level) < 2.0 * fabs(*mean);
    *mean = is_nearer ? level : *mean;
    return is_nearer;
}

/* The means of slopes and bends. Returns the loss. */
static inline double fl_note_terms_of_pair(fl_pair *k, const fl_pair_terms *t, double share_top, double log_unit)
{
    const double loss =
        fl_total_of(t->part[FL_VALUE_PART]) / share_top + fl_total_of(t->part[FL_VALUE_FAR]) * (log_unit / share_top);
    /* An infinite loss has no mean to compare a slope with. */
    k->pred_mean = isfinite(loss) ? fl_total_of(t->part[FL_PRED_PART]) + fl_total_of(t->part[FL_PRED_FAR]) * log_unit : NAN;
    k->target_mean =
        isfinite(loss) ? fl_total_of(t->part[FL_TARGET_PART]) + fl_total_of(t->part[FL_TARGET_FAR]) * log_unit : NAN;
    k->bend_mean = fl_total_of(t->part[FL_BEND_PART]), k->share_mean = fl_total_of(t->part[FL_SHARE_PART]);
    /* Bends are levels and shares: of both means neither term is above 0. */
    k->pred_is_level = fl_prefer_level(&k->pred_mean, k->bend_mean - k->share_mean, k->pred_is_single);
    k->target_is_level = fl_prefer_level(&k->target_mean, fl_total_of(t->part[FL_LEVEL_PART]), k->target_is_single);
    const double single_bend = (k->bend_mean - fl_total_of(t->bend_others)) / (k->pred_top * k->pred_inverse);
    k->single_bend = single_bend * k->pred_rest - fl_total_of(t->bend_others);
    return loss;
}

/* A mean far from the slope it is counted from has lost digits to it. Counted anew from about the mean, it has not. Whether so.
 */
static inline int fl_recentre(double mean, double share_top, double log_unit, double *origin)
{
    const double shift = mean / share_top / log_unit;
    if (!isfinite(mean) || fabs(mean) <= share_top)
        return 0;
    *origin += shift;
    return 1;
}

#endif
