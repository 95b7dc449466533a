/* What the logistic losses are made of: e = exp(-|x|), never above 1, gives both sigmoids and both softplus without overflow.
 *
 *     sigmoid(|x|) = 1 / (1 + e), sigmoid(-|x|) = e / (1 + e), softplus(-|x|) = log1p(e), softplus(|x|) = |x| + log1p(e) */
#ifndef FASTLOSS_LOGISTIC_H
#define FASTLOSS_LOGISTIC_H

#include "log.h"

/* Three roundings, of e, of d = 1 + e and of the quotient, could add up to more than 2 ulp where the result is just below a power
 * of two. What d lost is known, and what e lost too; both are put back to first order, with 1/d and 1/m by straight lines that
 * are right to 6 %: m is in [0.7, 1.42], d in [1, 2]. */
INLINE real sigmoid_(real x)
{
    const real e = exp_nonpositive(-abs_(x)), d = ONE + e;
    const exp_parts p = exp_reduced(at_least(-abs_(x), -EXP_DEPTH));
    const real e_lost = p.lost * (R(2.06) - p.mantissa), d_lost = (e - (d - ONE) + e * e_lost) * (R(1.457) - HALF * d);
    const real y = (x < ZERO ? e : ONE) / d;
    return y + y * ((x < ZERO ? e_lost : ZERO) - d_lost);
}

INLINE real softplus_(real x)
{
    return at_least(x, ZERO) + log1p_unit(exp_nonpositive(-abs_(x)));
}

INLINE real log_sigmoid_(real x)
{
    return -softplus_(-x);
}

#endif
