/* What log Γ, digamma and trigamma are beside the first terms of Stirling's series:
 *
 * log Γ(x) = (x - 1/2) log x - x + log(2π)/2 + R(x),  ψ(x) = log x - (1/2 + P(x))/x,  ψ'(x) = 1/x + (1/2 + F(x))/x²
 *
 * R, P and F fall to 0 with 1/(12x), 1/(12x) and 1/(6x), P and F from 1/2 at 0. Differences of the functions themselves,
 * such as that of a beta function's arguments, would cancel where x is large; here the terms that cancel are left out.
 * Each is right to an ulp of 1/2. */
#ifndef FASTLOSS_STIRLING_H
#define FASTLOSS_STIRLING_H

#include "digamma.h"
#include "trigamma.h"

/* R(x) for x >= 2.5, Binet's function. */
INLINE real lgamma_excess(real x)
{
    const real r = ONE / clip(x, R(2.5), STIRLING_END);
    return r * lgamma_tail(r * r);
}

/* P(x) for x >= 0, given its logarithm. Below 1, ψ(x) = ψ(1 + x) - 1/x; from 1 to 2, with q = 1/2 + P and w = 1/x,
 * q(x) = x/(1 + x) q(1 + x) + 1 - x log(1 + 1/x), where 1 - x log(1 + w) = w (w - log(1 + w))/w². */
INLINE real digamma_excess(real x, real log_x)
{
    const int below = x < ONE, near = x < TWO;
    const real s = clip(near ? ONE + x : x, TWO, STIRLING_END), r = ONE / s, tail = r * digamma_tail(r * r);
    const real w = ONE / clip(x, ONE, TWO), between = fma_(x * r, HALF + tail, fma_(w, log1p_curve(w), -HALF));
    const real low = HALF + keep_if(x != ZERO, x * (log_x - digamma_core(x)));
    return choose(below, low, choose(near, between, tail));
}

/* F(x) = v²/2 + (x v)² F(1 + x) with v = 1/(1 + x), without a difference; and x ψ'(x), below 1 without 1/x. */
typedef struct {
    real excess, times_x;
} trigamma_terms;

INLINE trigamma_terms trigamma_terms_of(real x)
{
    const int below = x < ONE, near = x < TWO;
    const real s = at_most(near ? TWO + x : x, STIRLING_END), r = ONE / s, far = r * trigamma_tail(r * r);
    const real v = ONE / (ONE + at_most(x, TWO)), share = x * v, second = (ONE + x) * r;
    const real next = fma_(HALF * r, r, second * second * far), first = fma_(HALF * v, v, share * share * next);
    return (trigamma_terms){
        .excess = choose(near, first, far),
        .times_x = choose(below, fma_(share * v, HALF + next, share), ONE + (HALF + choose(near, first, far)) / x),
    };
}

#endif
