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

/* In the type of the logit, like sigmoid_; what the roundings lose is put back. */
INLINE probability probability_of(double logit)
{
    const real x = (real)logit;
    const decay y = decay_of(x);
    const real d = ONE + y.e, d_lost = (y.e - (d - ONE) + y.e * y.lost) * inverse_to_first_order(y.e), quotient = ONE / d;
    const real larger = quotient - quotient * d_lost, smaller = y.e * quotient, all = smaller + smaller * (y.lost - d_lost);
    const int positive = x > ZERO;
    return (probability){.is = (double)(positive ? larger : all), .is_not = (double)(positive ? all : larger),
                         .slope = (double)(larger * all)};
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
