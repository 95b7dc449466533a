/* What the logistic losses are made of: e = exp(-|x|), never above 1, gives both sigmoids and both softplus without overflow.
 *
 *     sigmoid(|x|) = 1 / (1 + e), sigmoid(-|x|) = e / (1 + e), softplus(-|x|) = log1p(e), softplus(|x|) = |x| + log1p(e) */
#ifndef FASTLOSS_LOGISTIC_H
#define FASTLOSS_LOGISTIC_H

#include "log.h"

typedef struct {
    real e, lost; /* exp(-|x|), and what its rounding lost, as a share of e */
} decay;

INLINE decay decay_of(real x)
{
    const int vanishes = abs_(x) > EXP_DEPTH;
    const exp_parts p = exp_reduced(vanishes ? ZERO : -abs_(x));
    /* 1/m by a straight line that is right to 6 %: m is in [0.7, 1.42]. */
    return (decay){.e = keep_if(!vanishes, exp_small(p, 0)), .lost = p.lost * (R(2.06) - p.mantissa)};
}

/* 1 / (1 + e) for 0 <= e <= 1, to 6 %. */
INLINE real inverse_to_first_order(real e)
{
    return R(0.957) - HALF * e;
}

/* Three roundings, of e, of d = 1 + e and of the quotient, could add up to more than 2 ulp where the result is just below a
 * power of two. What d lost is known, and what e lost too; both are put back to first order. */
INLINE real sigmoid_(real x)
{
    const decay y = decay_of(x);
    const real d = ONE + y.e, d_lost = (y.e - (d - ONE) + y.e * y.lost) * inverse_to_first_order(y.e);
    const real quotient = (x < ZERO ? y.e : ONE) / d;
    return quotient + quotient * ((x < ZERO ? y.lost : ZERO) - d_lost);
}

/* What e lost is put back, and what |x| + e loses where e is the larger. Without, these and the rounded products of the
 * baseline's polynomial would add up to 2.3 ulp, where x is near 0 and the result just above log 2. */
INLINE real softplus_(real x)
{
    const decay y = decay_of(x);
    const real above = at_least(x, ZERO), sum = above + y.e, sum_lost = keep_if(above < y.e, above - (sum - y.e));
    return sum + fma_(y.e * y.e, log1p_unit_polynomial(y.e), fma_(y.e * y.lost, inverse_to_first_order(y.e), sum_lost));
}

INLINE real log_sigmoid_(real x)
{
    return -softplus_(-x);
}

#endif
