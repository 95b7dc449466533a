/* Ferrari and Cribari-Neto (2004): lgamma(a) + lgamma(b) - lgamma(phi) - (a - 1) log y - (b - 1) log(1 - y), with a = m
 * phi and b = (1 - m) phi, m = sigmoid(x), phi the precision. All is computed for x <= 0, where a <= b: a beta
 * distribution of 1 - y has b and a.
 *
 * Terms of size phi log phi would cancel. With lgamma(t) = (t - 1/2) log t - t + log(2 pi)/2 + R(t), and KL the divergence
 * of y from m, the value is phi KL + R(a) + R(b) - R(phi) + half a logarithm; with digamma(t) = log t - (1/2 + P(t))/t the
 * derivatives are differences r = logit y - x and small terms; see math/stirling.h. Where a < 1 it is digamma(1 + t) - 1/t
 * instead, and where b < 1 so for b: 1/a - 1/b, times a b/phi, is tanh(-x/2), and of the Hessian nearly all of phi m (1 -
 * m) trigamma(a) cancels. Of values log Gamma itself is added where its argument is below 2.5: it is 0 at 1 and 2.
 *
 * log a is log phi + log m, also where a is no number. Where log phi and log y may cancel, the logarithm is one of their
 * product or quotient. */
POINTWISE(beta)
{
    const real p = abs_(pred), phi = operand, y = target;
    const int above = pred > ZERO;
    const decay rounded = decay_of(p);
    const exp_parts parts = deep_decay(p);
    const real e = rounded.e, d = ONE + e, quotient = ONE / d, product = quotient * d;
    /* What e, d and the quotient lost is put back. */
    const real d_lost = fma_(e, rounded.lost, e - (d - ONE)), lost = (ONE - product) - lost_by_product(quotient, d, product);
    const real change = fma_(-d_lost, quotient, lost), n = fma_(quotient, change, quotient), m = e * n;
    const real b = phi * n, a = times_exp(b, parts), n_a = n * a, slope = tanh_from(HALF * p, m);
    const int near_b = b < ONE, near_a = a < ONE;
    /* What these are less than they should be, where m is not much smaller than n: 1 - n and phi - b are exact. */
    const int alike = p < R(1.5);
    const real n_low = fma_(quotient, change, quotient - n), b_all_low = fma_(phi, n_low, lost_by_product(phi, n, b));
    const real m_low = keep_if(alike, ((ONE - n) - m) - n_low), b_low = keep_if(alike, b_all_low);
    const real a_low = keep_if(alike, ((phi - b) - a) - b_all_low);

    const real log_e = log1p_unit(e), log_phi = log_positive(phi), log_b = log_phi - log_e, log_a = log_b - p;
    /* The smaller of y and 1 - y is exact as one number. */
    const int is_low = y < HALF, share_is_smaller = is_low ^ above;
    const real smaller = is_low ? y : ONE - y, larger = ONE - smaller, share = choose(share_is_smaller, smaller, larger);
    const log_pair pair = log_pair_of(smaller);
    const real log_smaller = pair.high + pair.low, smaller_low = pair.low - (log_smaller - pair.high);
    const real log_larger = log1p_finite(-smaller), log_share = choose(share_is_smaller, log_smaller, log_larger);
    const real log_other = choose(share_is_smaller, log_larger, log_smaller);
    const real share_low = keep_if(share_is_smaller, smaller_low), other_low = keep_if(!share_is_smaller, smaller_low);
    /* Both p and the logit may be large and alike; near 1/2 the two logarithms have the same digits and cancel as they are. */
    const real minus_logit = log_other - log_share, difference = minus_logit - p;
    const real r_low = lost_by_difference(log_other, log_share, minus_logit) + lost_by_difference(minus_logit, p, difference);
    const real logs_low = keep_if(smaller < R(0.125), other_low - share_low);
    const real r = difference + (r_low + logs_low), near_r = clip(r, -ONE, ONE);

    /* KL = (m r + u) - (u - log1p u), u = m expm1(-r) = (y - m)/(1 - y); or -m log y - (1 - m) log(1 - y) less the entropy
     * of m, which is log(1 + e) + m p, each with what has been lost. */
    const real rise = m * (near_r * near_r * exp_curve(-near_r)), near = rise - log1p_excess(fma_(-m, near_r, rise));
    const real finite_p = at_most(p, R(2000.0)), s = log_share + finite_p;
    const real s_low = lost_by_difference(log_share, -finite_p, s) + share_low;
    const real low = fma_(m, s_low, n * other_low) + fma_(m_low, s, n_low * log_other);
    const real divergence = choose(near_r == r, near, -fma_(n, log_other, fma_(m, s, log_e + low)));

    const binary_parts of_phi = binary_parts_of(phi, ZERO), of_share = binary_parts_of(share, ZERO);
    const real p_a = digamma_excess(a, log_a), p_b = digamma_excess(b, log_b), p_phi = digamma_excess(phi, log_phi);
    const real gap_a = choose(near_a, digamma_core(a), -(HALF + p_a) / a);
    const real gap_b = choose(near_b, digamma_core(b), -(HALF + p_b) / b);
    const real log_odds_b = (log_of_product(of_phi, of_share) - log_e) - log_other;
    const real pull = (gap_a - gap_b) + choose(near_b, minus_logit, choose(near_a, -log_odds_b, r));
    const real grad = fma_(n_a, pull, -choose(near_b, slope, keep_if(near_a, n)));
    const trigamma_terms t_a = trigamma_terms_of(a), t_b = trigamma_terms_of(b), t_phi = trigamma_terms_of(phi);
    const real bend = fma_(slope, pull, fma_(n, t_a.times_x, m * t_b.times_x));
    const real count = keep_if(near_a, ONE) + keep_if(near_b, ONE);

    /* -log a = log(y/phi) + p + log(1 + e) - log y; only of an a near 1 its logarithm has the digits. Of a tiny phi it is the
     * smaller of y and 1 - y whose logarithm cancels. */
    const int low_a = a < R(2.5), low_b = b < R(2.5), low_phi = phi < ONE, tiny_a = a < R(0.0625), tiny_b = b < R(0.0625);
    const binary_parts of_top = binary_parts_of(choose(tiny_b, smaller, share), ZERO), of_a = binary_parts_of(a, ZERO);
    const real log_quotient = (log_of_quotient(of_top, of_phi) + p) + log_e;
    const real log_of_a = log_from(-of_a.exponent, of_a.mantissa - ONE, ZERO);
    const real first = choose(tiny_a, fma_(-a, log_share, log_quotient), fma_(ONE - a, log_share, -keep_if(near_a, log_of_a)));
    const real log_of_b = keep_if(near_b & !low_phi, log_phi) - keep_if(near_b, log_e);
    const real second = keep_if(tiny_b, log_larger) + fma_(choose(tiny_b, -b, ONE - b), log_other, -log_of_b);
    /* The derivatives of what is computed by a and b. */
    const real by_a = gap_a + choose(near_a, -keep_if(!tiny_a, ONE / a), log_a) - log_share;
    const real by_b = gap_b + keep_if(!near_b, log_b) - log_other;
    const real small = fma_(-a, share_low, -b * other_low) + fma_(a_low, by_a, b_low * by_b);

    const real r_b = lgamma_excess(b), r_phi = lgamma_excess(phi);
    const real log_gammas = lgamma_core(b) - choose(low_phi, lgamma_core(phi), lgamma_positive(phi));
    const real beside_a = fma_(-a, log_phi, fma_(a, e * log1p_curve(e), HALF * log_e)) + (r_b - r_phi);
    const real near_value = (lgamma_core(a) + choose(low_b, log_gammas, beside_a)) + (first + second) + keep_if(low_b, small);
    const real logs = (fma_(HALF, p - log_phi, log_e) + log_other) + log_share;
    const real constant = R(0.91893853320467274); /* log(2 pi)/2 */
    const real far_value = fma_(phi, divergence, (lgamma_excess(a) + (r_b - r_phi)) + (constant + logs));
    const real nan = keep_if(y != y, y);
    return (point){
        .value = choose(low_a, near_value, far_value) + nan,
        .grad = (above ? -grad : grad) + nan,
        .hess = fma_(n_a, bend, m * n * count) + nan,
        .second_grad = divergence - (HALF + ((p_a + p_b) - p_phi)) / phi + nan,
        .second_hess = (HALF + ((t_a.excess + t_b.excess) - t_phi.excess)) / phi / phi,
    };
}
