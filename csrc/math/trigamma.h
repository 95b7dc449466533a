/* trigamma, the second derivative of log Γ, for x > 0: 1/y + (1/2 + W(1/y²)/y)/y² (tools/minimax.py, trigamma_far_f32:
 * 0.0347 ulp, trigamma_far_f64: 0.147 ulp, of 1/2 + W/y), with y = x from 2; below, y = x + 2, and 1/x² + 1/(x + 1)² is
 * added. All terms are positive, so nothing cancels. 1/x is squared and not x, whose square may be subnormal where the
 * result is a number. */
#ifndef FASTLOSS_TRIGAMMA_H
#define FASTLOSS_TRIGAMMA_H

#include "real.h"

/* W(z) */
INLINE real trigamma_tail(real z)
{
#if REAL_BITS == 32
    real w = -0.0304823946f;
    w = fma_(w, z, 0.039099995f);
    w = fma_(w, z, -0.0293286461f);
    w = fma_(w, z, 0.023565691f);
    w = fma_(w, z, -0.0333265699f);
    w = fma_(w, z, 0.166666612f);
#else
    real w = 336300.65522405691;
    w = fma_(w, z, -846865.31025050778);
    w = fma_(w, z, 992351.8390627841);
    w = fma_(w, z, -719643.44400118908);
    w = fma_(w, z, 362631.57378930558);
    w = fma_(w, z, -135329.35711714302);
    w = fma_(w, z, 39018.295821999913);
    w = fma_(w, z, -8991.8293602733211);
    w = fma_(w, z, 1714.3419013218243);
    w = fma_(w, z, -282.58028354843572);
    w = fma_(w, z, 42.947677460432828);
    w = fma_(w, z, -6.6041458024307964);
    w = fma_(w, z, 1.1510362571032191);
    w = fma_(w, z, -0.25273834453433769);
    w = fma_(w, z, 0.075751208825075342);
    w = fma_(w, z, -0.033333262610200351);
    w = fma_(w, z, 0.023809523351281225);
    w = fma_(w, z, -0.033333333331917979);
    w = fma_(w, z, 0.16666666666666535);
#endif
    return w;
}

INLINE real trigamma_positive(real x)
{
    const int near = x < TWO;
    const real first = keep_if(near, ONE / x), second = keep_if(near, ONE / (x + ONE)), v = ONE / choose(near, x + TWO, x),
               z = v * v;
    return fma_(first, first, v + fma_(second, second, z * fma_(v, trigamma_tail(z), HALF)));
}

INLINE real trigamma_(real x)
{
    const real y = trigamma_positive(x);
    return x > ZERO ? y : (x == ZERO ? INFINITE : NOT_A_NUMBER);
}

#endif
