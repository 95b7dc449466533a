/* How two regions overlap: what is in both, in the prediction alone, and in the target alone. Sizes are made of these parts, of
 * which none is a difference: Σ p is both + pred_alone. */
#pragma once

typedef struct {
    double both; /* two small numbers may have a product that float has not */
    real pred_alone, target_alone;
} overlap;

/* A probability, that of the opposite, and how the first grows with the logit if it is one of a logit. Numbers are of the type
 * of the arguments: of none is the square small enough to vanish beside the sum. */
typedef struct {
    real is, is_not, slope;
} probability;

INLINE probability probability_itself(double pred)
{
    return (probability){.is = (real)pred, .is_not = ONE - (real)pred, .slope = ONE};
}

INLINE overlap overlap_of(probability p, double target)
{
    const real t = (real)target;
    return (overlap){.both = (double)p.is * target, .pred_alone = p.is * (ONE - t), .target_alone = p.is_not * t};
}

/* The difference of a probability and the target, from the side where it keeps its digits. */
INLINE real excess_of(probability p, double target)
{
    const real t = (real)target;
    return t > HALF ? (ONE - t) - p.is_not : p.is - t;
}

/* What stands for the logit x is exp(-|x|) with the sign of x. */
INLINE probability probability_of(double signed_decay)
{
    const real e = abs_((real)signed_decay), larger = ONE / (ONE + e), smaller = e * larger;
    const int positive = copysign_(ONE, (real)signed_decay) > ZERO;
    return (probability){.is = positive ? larger : smaller, .is_not = positive ? smaller : larger, .slope = larger * smaller};
}

/* 1 - (both + smooth) / (both + alpha pred_alone + beta target_alone + smooth), by the three parts. */
typedef struct {
    double value, by_both, by_pred_alone, by_target_alone;
} dissimilarity;

INLINE dissimilarity dissimilarity_of(double both, double pred_alone, double target_alone, double alpha, double beta,
                                      double smooth)
{
    const double apart = alpha * pred_alone + beta * target_alone, shared = both + smooth, all = shared + apart;
    const double by_apart = shared / all / all;
    return (dissimilarity){apart / all, -apart / all / all, alpha * by_apart, beta * by_apart};
}

/* Terms of what is in both and of what is in one alone, and their slopes. */
INLINE terms terms_of_sizes(probability p, double target)
{
    const overlap o = overlap_of(p, target);
    return (terms){.of_sum_0 = o.both, .of_sum_1 = (double)(o.pred_alone + o.target_alone)};
}

INLINE elements slopes_of_sizes(probability p, double target, const double *slope)
{
    return (elements){.first = (slope[1] + target * (slope[0] - 2.0 * slope[1])) * (double)p.slope,
                      .second = slope[0] * (double)p.is + slope[1] * (double)(p.is_not - p.is)};
}
