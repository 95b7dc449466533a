/* What the logistic losses are made of: e = exp(-|x|), never above 1, gives both sigmoids and both softplus without overflow.
 *
 *     sigmoid(|x|) = 1 / (1 + e), sigmoid(-|x|) = e / (1 + e), softplus(-|x|) = log1p(e), softplus(|x|) = |x| + log1p(e) */
#ifndef FASTLOSS_LOGISTIC_H
#define FASTLOSS_LOGISTIC_H

#include "log.h"

/* Relative errors add up to less than 2 ulp: exp 1, the sum 1/2, the quotient 1/2. */
INLINE real sigmoid_(real x)
{
    const real e = exp_nonpositive(-abs_(x));
    return (x < ZERO ? e : ONE) / (ONE + e);
}

INLINE real softplus_(real x)
{
    return at_least(x, ZERO) + log1p_(exp_nonpositive(-abs_(x)));
}

INLINE real log_sigmoid_(real x)
{
    return -softplus_(-x);
}

#endif
