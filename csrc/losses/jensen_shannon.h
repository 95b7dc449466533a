/* The generalized Jensen-Shannon divergence of the rows p (target) and q (prediction), and its limits as Liger and TRL have
 * them:
 *
 *     0 < beta < 1   beta KL(p || m) + (1 - beta) KL(q || m),  m = beta p + (1 - beta) q
 *     beta = 0       KL(p || q)
 *     beta = 1       KL(q || p)
 *
 * With d = log(p/q) and v = d + log(beta / (1 - beta)), sigmoid v is p's share of m, and
 *
 *     x = log(p/m) = -log beta - softplus(-v)        y = log(q/m) = -log(1 - beta) - softplus(v)
 *
 * The gradients are those of an expectation of log-ratios, by the logits (the temperature's factor apart):
 *
 *     prediction  (1 - beta) q (y - sum q y), for beta = 0: q - p
 *     target      beta p (x - sum p x),       for beta = 1: p - q
 *
 * Where one class has nearly all probability, or p / m is nearly alike in all that have, the difference cancels. But a constant
 * may be taken from all y; here it is y of the class with the largest q, so that what is left is exact where it is small:
 *
 *     y - y_top = -log(1 + share_top (exp(d - d_top) - 1)),  share_top = sigmoid v_top
 *
 * Where y_top is far from the mean, y is counted from -log(1 - beta): the level, log(1 - sigmoid v). x likewise.
 *
 * The Hessian's diagonal by the prediction is, with r = sigmoid v,
 *
 *     (1 - beta) q ((1 - 2 q) (y - sum q y) + (1 - q) r - q (r - sum q r))
 *
 * where y and r cancel wherever r is small, up to r^2 / 2. With the bend b = log(1 - r) + r, which is never above 0, it is
 *
 *     (1 - beta) q ((1 - 2 q) (b - sum q b) + (1 - q) sum q r)
 *
 * and for beta = 1, r = 1, with y for b. Of a class with nearly all of q, b - sum q b is b (1 - q) less the sum over the
 * others. */
#ifndef FASTLOSS_JENSEN_SHANNON_H
#define FASTLOSS_JENSEN_SHANNON_H

#include "point.h"

/* sum p log(p/r) over rows that add up to 1 is the sum of r - p + p log(p/r) = p (exp(-x) - 1 + x), x = log(p/r): no term is
 * below 0, so that none cancels another. Beyond FAR only p x counts, which may be larger than a number until the row is done;
 * so may x. */
typedef struct {
    real value, far; /* in units of p's; of p's times log_unit */
} divergence_term;

INLINE divergence_term divergence(real p, real x, real x_in_units, real r, real log_unit)
{
    /* From NEAR down, exp(-x) is large against the rest, and p exp(-x), with what p and x have lost, is not r. */
    const real NEAR = R(-1.5);
    const int is_far = x > FAR;
    const real of_ratio = p * expm1_excess(-at_least(x, NEAR)), of_difference = fma_(p, x - ONE, r);
    const real value = keep_if(!is_far, choose(x < NEAR, of_difference, of_ratio));
    return (divergence_term){
        .value = choose(p == ZERO, r, value),
        .far = keep_if(is_far & (p != ZERO), p * (x_in_units - ONE / log_unit)),
    };
}

/* sigmoid v, without the digits that v loses to the logarithm of beta where d is small beside it. */
INLINE real share_of(real d, real beta, real beta_rest)
{
    const real e = exp_nonpositive(-abs_(d));
    const int above = d > ZERO;
    const real own = choose(above, beta, beta * e), other = choose(above, beta_rest * e, beta_rest);
    return own / (own + other);
}

/* log(1 - share), share = sigmoid v and `other` what it lacks to 1. The shares come of probabilities, and know it better than
 * v, which has the roundings of two rows of logits: until it is so large that these hardly count beside it, and probabilities
 * may vanish. */
INLINE real level_of(real share, real other, real v)
{
    const real LARGE = R(14.0), SMALLEST = R(8.3e-7); /* exp(-14) */
    const real of_other = choose(v > LARGE, -softplus_(v), log_share(at_least(other, SMALLEST)));
    return choose(share > HALF, of_other, log1p_finite(-at_most(share, HALF)));
}

/* What a level is above that of the top, given what d is above its: -log(1 + share_top (exp gap - 1)). */
INLINE real level_gap(real share_top, real level_top, real level, real gap)
{
    const real close = -log1p_finite(share_top * expm1_(clip(gap, -ONE, ONE)));
    return choose(abs_(gap) < ONE, close, level - level_top);
}

/* p (slope - mean) times a factor, in the unit in which nothing is too large or too small; 0 where p is, whatever the slope. */
INLINE real centred(real p, real slope, real slope_in_units, pair_mean mean, real factor, const row_pair r)
{
    /* Conditions as numbers: clang warns of & between truth values, and && is a branch. */
    const int slope_is_far = abs_(slope) > FAR, mean_is_far = abs_(mean.plain) > FAR, is_far = slope_is_far | mean_is_far;
    const int slope_is_small = abs_(slope)<ONE, mean_is_small = abs_(mean.plain) < ONE, p_is_large = p> ONE;
    const int is_small = slope_is_small & mean_is_small & p_is_large;
    const real far = p * ((slope_in_units - mean.in_units) * (r.log_unit * factor)),
               plain = p * ((slope - mean.plain) * factor);
    const real small = p * r.share_unit * (fma_(slope, ONE / r.share_unit, -mean.in_shares) * factor);
    return keep_if(p != ZERO, choose(is_far, far, choose(is_small, small, plain)));
}

/* (q - p) times a factor. Where d = log(p/q) is tiny, so may be all that follows. */
INLINE real difference(const class_pair c, real factor, const row_pair r)
{
    const real d = c.log_ratio, in_shares = fma_(c.gap, ONE / r.share_unit, -r.log_of_sums_in_shares);
    const real tiny = -(c.p * r.share_unit) * (in_shares * factor);
    /* d has the rounding of what it is a difference of; where that is large, p and q are known better. */
    const int is_near = abs_(d) < ONE, gap_is_small = abs_(c.gap) < R(4.0);
    const real other = choose(is_near & gap_is_small, c.p * expm1_(-clip(d, -ONE, ONE)), c.q - c.p) * factor;
    const int is_tiny = abs_(d)<PICK(1e-12f, 1e-20), p_is_large = c.p> ONE;
    return choose(is_tiny & p_is_large, tiny, other);
}

/* Multiplies two numbers that are in the unit of p; the product is in it too. */
INLINE real product(real a, real b, real share_unit)
{
    return choose(a > ONE, a * share_unit * b, a * (b * share_unit));
}

INLINE pair_point jensen_shannon(const class_pair c, const row_pair r, real beta, real beta_rest)
{
    const int forward = beta == ZERO, reverse = beta_rest == ZERO;
    const real p = c.p, q = c.q, d = c.log_ratio;

    /* log(1/m) of the larger of the two, given 1/m = beta + (1 - beta) exp(-d) or so, in a way that keeps its digits near 1. */
    const int above = d > ZERO;
    const real other = choose(above, beta_rest, beta), own = choose(above, beta, beta_rest);
    const real ratio = fma_(other, exp_nonpositive(-abs_(d)), own);
    const real larger = ZERO - log_share_beside_one(ratio, other * expm1_(-abs_(d))), smaller = larger - abs_(d);
    const real x = choose(forward, d, choose(above, larger, smaller)), y = choose(reverse, -d, choose(above, smaller, larger));
    const real mixture = fma_(beta, p, beta_rest * q);
    const divergence_term of_p = divergence(p, x, c.log_ratio_in_units, mixture, r.log_unit);
    const divergence_term of_q = divergence(q, y, -c.log_ratio_in_units, mixture, r.log_unit);
    const real weight_p = choose(forward, ONE, beta), weight_q = choose(reverse, ONE, beta_rest);
    const int counts_p = !reverse, counts_q = !forward;

    const real log_odds = log_share(beta) - log_share(beta_rest);
    const real v = d + log_odds, gap_q = r.log_unit * c.from_pred_top, gap_p = r.log_unit * c.from_target_top;
    const real v_pred_top = r.pred_top_ratio + log_odds, v_target_top = r.target_top_ratio + log_odds;
    /* Shares of the mixture from p and q, which know them better than a rounded v does; each is used below a half. */
    const real share = choose(reverse, ONE, beta * p / mixture), other_share = beta_rest * q / mixture;
    const real level_q = level_of(share, other_share, v), level_p = level_of(other_share, share, -v);
    const real share_top = share_of(r.pred_top_ratio, beta, beta_rest),
               other_share_top = share_of(-r.target_top_ratio, beta_rest, beta);
    const real level_top_q = level_of(share_top, share_of(-r.pred_top_ratio, beta_rest, beta), v_pred_top);
    const real level_top_p = level_of(other_share_top, share_of(r.target_top_ratio, beta, beta_rest), -v_target_top);
    const real from_top_q = level_gap(share_top, level_top_q, level_q, gap_q);
    const real from_top_p = level_gap(other_share_top, level_top_p, level_p, -gap_p);
    const real slope_q =
        keep_if(counts_q, choose(reverse, -r.log_unit * c.across_pred_top, choose(r.pred_is_level, level_q, from_top_q)));
    const real slope_p =
        keep_if(counts_p, choose(forward, r.log_unit * c.across_target_top, choose(r.target_is_level, level_p, from_top_p)));
    const real unit_p = weight_p * r.unit, unit_q = weight_q * r.unit;
    const real pull_q = centred(q, slope_q, -c.across_pred_top, r.pred_mean, unit_q, r);
    const real pull_p = centred(p, slope_p, c.across_target_top, r.target_mean, unit_p, r);
    const real apart = difference(c, r.unit, r);

    const real bend = -expm1_excess(level_q), shares = ONE / r.share_unit;
    const real bend_gap = choose(c.is_single, r.single_bend, fma_(bend, shares, -r.bend_mean));
    const real unit_of_hess = weight_q * r.unit * r.inverse_temperature, twice_off = (c.rest - q) * r.share_unit;
    const real by_rest = product(c.rest, choose(reverse, shares, r.share_mean), r.share_unit);
    const real mixed = product(q, fma_(twice_off, bend_gap, by_rest), r.share_unit) * unit_of_hess;
    const real of_slope = centred(q, slope_q, -c.across_pred_top, r.pred_mean, unit_of_hess, r);
    const real reversed = fma_(of_slope, twice_off, product(q, c.rest, r.share_unit) * unit_of_hess);
    return (pair_point){
        .value = keep_if(counts_p, weight_p * of_p.value) + keep_if(counts_q, weight_q * of_q.value),
        .far = keep_if(counts_p, of_p.far) + keep_if(counts_q, of_q.far),
        .pred_slope = slope_q,
        .target_slope = slope_p,
        /* Nothing is counted from a level that has no bound. */
        .bend = choose(reverse, -INFINITE, bend),
        .share = share,
        .target_level = choose(forward, -INFINITE, level_p),
        .grad = choose(forward, apart, pull_q),
        .hess = choose(forward, product(q, c.rest, r.share_unit) * unit_of_hess,
                       keep_if(q != ZERO, choose(reverse, reversed, mixed))),
        .target_grad = choose(reverse, -apart, pull_p),
    };
}

#endif
