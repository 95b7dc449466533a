/* trigamma, the second derivative of log Γ, for x > 0: 1/y + 1/(2y²) + W(1/y²)/y³ (tools/minimax.py, trigamma_far_f32:
 * 0.0104 ulp, trigamma_far_f64: 0.0176 ulp), with y = x from 3; below, y = x + 3, and 1/x² + 1/(x + 1)² + 1/(x + 2)² is
 * added. All terms are positive, so nothing cancels. 1/x is squared and not x, whose square may be subnormal where the
 * result is a number. */
#ifndef FASTLOSS_TRIGAMMA_H
#define FASTLOSS_TRIGAMMA_H

#include "real.h"

INLINE real trigamma_positive(real x)
{
    const int near = x < R(3.0);
    const real a = x + ONE, b = x + TWO, y = choose(near, x + R(3.0), x), p = choose(near, a * b, ONE);
    /* One division for 1/y and 1/(a b). */
    const real q = ONE / (p * y), v = q * p, z = v * v, inverse = q * y, first = keep_if(near, ONE / x);
#if REAL_BITS == 32
    real w = -0.0203264672f;
    w = fma_(w, z, 0.0227774102f);
    w = fma_(w, z, -0.0332982913f);
    w = fma_(w, z, 0.166666284f);
#else
    real w = 1601.1495081738419;
    w = fma_(w, z, -1427.2221378452668);
    w = fma_(w, z, 600.88844733806343);
    w = fma_(w, z, -163.03624107933933);
    w = fma_(w, z, 33.570725997405162);
    w = fma_(w, z, -6.0681817978731214);
    w = fma_(w, z, 1.1289207076069032);
    w = fma_(w, z, -0.25209155022539537);
    w = fma_(w, z, 0.075738210587868102);
    w = fma_(w, z, -0.033333091923552133);
    w = fma_(w, z, 0.023809522004829688);
    w = fma_(w, z, -0.033333333326452226);
    w = fma_(w, z, 0.16666666666665739);
#endif
    const real between = keep_if(near, fma_(a, a, b * b) * (inverse * inverse));
    return fma_(first, first, v + (between + z * fma_(v, w, HALF)));
}

INLINE real trigamma_(real x)
{
    const real y = trigamma_positive(x);
    return x > ZERO ? y : (x == ZERO ? INFINITE : NOT_A_NUMBER);
}

#endif
