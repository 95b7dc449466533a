/* How two regions overlap: what is in both, in the prediction alone, and in the target alone. Sizes are made of these parts, of which none is
 * a difference: Σ p is both + pred_alone. */
#pragma once

typedef struct {
    double both, pred_alone, target_alone;
} overlap;

/* Of probabilities; not_pred is 1 - pred, which of logits is known better. */
INLINE overlap overlap_of(double pred, double not_pred, double target)
{
    return (overlap){.both = pred * target, .pred_alone = pred * (1.0 - target), .target_alone = not_pred * target};
}

/* The probability of a logit, of the opposite, and how the first grows with the logit. */
typedef struct {
    double is, is_not, slope;
} probability;

INLINE probability probability_of(double logit)
{
    const decay d = decay_of((real)logit);
    const double e = (double)d.e + (double)d.e * (double)d.lost, larger = 1.0 / (1.0 + e), smaller = e * larger;
    const int positive = logit > 0.0;
    return (probability){.is = positive ? larger : smaller, .is_not = positive ? smaller : larger, .slope = larger * smaller};
}

/* 1 - (both + smooth) / (both + alpha pred_alone + beta target_alone + smooth), by the three parts. */
typedef struct {
    double value, by_both, by_pred_alone, by_target_alone;
} dissimilarity;

INLINE dissimilarity dissimilarity_of(double both, double pred_alone, double target_alone, double alpha, double beta, double smooth)
{
    const double apart = alpha * pred_alone + beta * target_alone, shared = both + smooth, all = shared + apart;
    const double by_apart = shared / all / all;
    return (dissimilarity){apart / all, -apart / all / all, alpha * by_apart, beta * by_apart};
}
