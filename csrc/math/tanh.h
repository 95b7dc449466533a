/* tanh. Below TANH_SMALL the odd polynomial x + x³ P(x²) (tools/minimax.py, tanh_f32 and tanh_f64: 0.012 ulp, 0.005 ulp);
 * above, 1 - 2 e / (1 + e) with e = exp(-2 |x|), where the subtrahend is at most 1/2 and its error counts half. */
#ifndef FASTLOSS_TANH_H
#define FASTLOSS_TANH_H

#include "exp.h"

#define TANH_SMALL R(0.5625)

/* tanh x, given e / (1 + e) */
INLINE real tanh_from(real x, real share)
{
    const real z = x * x;
#if REAL_BITS == 32
    real p = -0.00617442885f;
    p = fma_(p, z, 0.0210032519f);
    p = fma_(p, z, -0.0538362898f);
    p = fma_(p, z, 0.1333244f);
    p = fma_(p, z, -0.333333135f);
#else
    real p = -1.8884639802083232e-05;
    p = fma_(p, z, 8.2327258041548822e-05);
    p = fma_(p, z, -0.00023269088499339464);
    p = fma_(p, z, 0.00058817287962484267);
    p = fma_(p, z, -0.0014554768005215039);
    p = fma_(p, z, 0.0035920817688277732);
    p = fma_(p, z, -0.0088632315849308911);
    p = fma_(p, z, 0.021869488323751032);
    p = fma_(p, z, -0.05396825396158679);
    p = fma_(p, z, 0.13333333333322864);
    p = fma_(p, z, -0.33333333333333276);
#endif
    const real small = fma_(x * z, p, x), large = ONE - TWO * share;
    /* The sign last: in the polynomial -0 becomes 0. */
    return copysign_(abs_(x) < TANH_SMALL ? small : large, x);
}

INLINE real tanh_(real x)
{
    const real e = exp_nonpositive(-TWO * abs_(x));
    return tanh_from(x, e / (ONE + e));
}

#endif
