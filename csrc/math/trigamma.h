/* trigamma, the second derivative of log Γ, for x > 0: 1/y + 1/(2y²) + W(1/y²)/y³ (tools/minimax.py, trigamma_far_f32: 0.0303
 * ulp, trigamma_far_f64: 0.0392 ulp), with y = x from 2; below, y = x + 2, and 1/x² + 1/(x + 1)² is added. All terms are
 * positive, so nothing cancels. 1/x is squared and not x, whose square may be subnormal where the result is a number. */
#ifndef FASTLOSS_TRIGAMMA_H
#define FASTLOSS_TRIGAMMA_H

#include "real.h"

INLINE real trigamma_positive(real x)
{
    const int near = x < TWO;
    const real first = keep_if(near, ONE / x), second = keep_if(near, ONE / (x + ONE)), v = ONE / choose(near, x + TWO, x), z = v * v;
#if REAL_BITS == 32
    real w = 0.0167644918f;
    w = fma_(w, z, -0.0232482925f);
    w = fma_(w, z, 0.0228156392f);
    w = fma_(w, z, -0.0332862884f);
    w = fma_(w, z, 0.166665912f);
#else
    real w = -51012.311131160757;
    w = fma_(w, z, 125277.47029911337);
    w = fma_(w, z, -143024.51296072503);
    w = fma_(w, z, 100988.50048016717);
    w = fma_(w, z, -49550.612178204698);
    w = fma_(w, z, 18029.682743957503);
    w = fma_(w, z, -5087.7488915527802);
    w = fma_(w, z, 1157.2079633386136);
    w = fma_(w, z, -221.45563192148157);
    w = fma_(w, z, 37.81297191016462);
    w = fma_(w, z, -6.277261708771313);
    w = fma_(w, z, 1.1355361582439576);
    w = fma_(w, z, -0.25220507257200875);
    w = fma_(w, z, 0.075738402728394133);
    w = fma_(w, z, -0.033333060081113662);
    w = fma_(w, z, 0.023809521427543376);
    w = fma_(w, z, -0.033333333322593785);
    w = fma_(w, z, 0.16666666666664939);
#endif
    return fma_(first, first, v + fma_(second, second, z * fma_(v, w, HALF)));
}

INLINE real trigamma_(real x)
{
    const real y = trigamma_positive(x);
    return x > ZERO ? y : (x == ZERO ? INFINITE : NOT_A_NUMBER);
}

#endif
