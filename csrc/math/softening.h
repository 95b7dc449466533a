/* What is done to logits a before a softmax: z(a) = k tanh(a / k) / T with a cap k and a temperature T, or a / T without a cap.
 *
 * A softmax needs only how far each z lies below the largest, which z itself, rounded, does not tell: near k its last digit is
 * worth more than all that is left of the difference. With M = m / k, A = a / k, D = M - A and sinh D = cosh M cosh A times the
 * difference of the tanh,
 *
 *   tanh M - tanh A = 2 (1 - exp(-2 D)) w / ((1 + exp(-2 |M|)) (1 + exp(-2 |A|))),
 *
 * w = exp(-2 min(|M|, |A|)) where M and A have one sign, else 1: factors without cancellation. And where the difference of two
 * logits is too large for a number, half of it is not. */
#ifndef FASTLOSS_SOFTENING_H
#define FASTLOSS_SOFTENING_H

#include "expm1.h"
#include "tanh.h"

typedef struct {
    real cap, inverse_cap; /* 0: there is none */
    real inverse_temperature, twice_cap_by_temperature;
} softening;

INLINE softening softening_of(double cap, double temperature)
{
    return (softening){.cap = (real)cap,
                       .inverse_cap = cap != 0.0 ? (real)(1.0 / cap) : ZERO,
                       .inverse_temperature = (real)(1.0 / temperature),
                       .twice_cap_by_temperature = (real)(2.0 * cap / temperature)};
}

/* exp(-2 |a / k|), of which everything about the cap is made. */
INLINE real cap_exponential(real a, softening s)
{
    return exp_nonpositive(-TWO * (abs_(a) * s.inverse_cap));
}

/* z(m) - z(a) for a <= m; `e_m` is the cap_exponential of m. -inf is a class that is masked out, capped or not. */
INLINE real softened_depth(real m, real e_m, real a, const int capped, softening s)
{
    const real half = half_difference(m, a);
    if (!capped)
        return half * (TWO * s.inverse_temperature);
    const real e = cap_exponential(a, s), larger = e > e_m ? e : e_m;
    const real w = choose((a < ZERO) == (m < ZERO), larger, ONE), share = -expm1_(R(-4.0) * (half * s.inverse_cap)) * w;
    const real depth = s.twice_cap_by_temperature * (share / ((ONE + e) * (ONE + e_m)));
    return choose(a == -INFINITE, INFINITE, depth);
}

INLINE real softened(real a, const int capped, softening s)
{
    return (capped ? s.cap * tanh_(a * s.inverse_cap) : a) * s.inverse_temperature;
}

/* Where there is a cap: T z'(a) = 1 - tanh² = 4 e / (1 + e)² with e = exp(-2 |a / k|), as `lifted` times `unlift`, since e may
 * be subnormal and the derivative that it multiplies large; and T z''(a) likewise. */
typedef struct {
    real lifted, lifted_bend, unlift;
} cap_slope;

INLINE cap_slope cap_slope_of(real a, softening s)
{
    const real x = a * s.inverse_cap, lifted_e = exp_lifted(-TWO * abs_(x)), unlift = PICK(0x1p-48f, 0x1p-80),
               e = lifted_e * unlift;
    const real sum = ONE + e;
    const int far = e < TWO * unlift;
    const real slope = R(4.0) * choose(far, lifted_e, e) / (sum * sum);
    return (cap_slope){.lifted = slope,
                       .lifted_bend = -TWO * tanh_from(x, e / sum) * slope * s.inverse_cap,
                       .unlift = choose(far, unlift, ONE)};
}

#endif
