/* digamma, the derivative of log Γ, for x > 0.
 *
 * From 1 to 2, (s - s₀) H(s) with s = x - 1, which has the zero 1 + s₀ as a factor, in two parts, so that the relative
 * error is small next to it, too (tools/minimax.py, digamma_core_f32: 0.0862 ulp, digamma_core_f64: 0.206 ulp). Below 1,
 * the same of s = x, less 1/x. From 2, log x - (1/2 + W(1/x²)/x)/x (digamma_far_f32: 0.032 ulp, digamma_far_f64: 0.077
 * ulp, of 1/2 + W/x). */
#ifndef FASTLOSS_DIGAMMA_H
#define FASTLOSS_DIGAMMA_H

#include "lgamma.h"

/* s₀ = 0.46163214496836234126265954232572132846819620400644629512959 in two parts (OEIS A030169). */
#define DIGAMMA_ZERO PICK(0x1.d8b618p-2f, 0x1.d8b618d5af8fep-2)
#define DIGAMMA_ZERO_LOW PICK(0x1.ab5f2p-27f, -0x1.1e563779a1f5bp-56)

/* ψ(1 + s) for 0 <= s <= 1. */
INLINE real digamma_core(real s)
{
    const real u = s - HALF;
#if REAL_BITS == 32
    real h = 0.0100193778f;
    h = fma_(h, u, -0.0163618829f);
    h = fma_(h, u, 0.0177148189f);
    h = fma_(h, u, -0.0257935449f);
    h = fma_(h, u, 0.0407023355f);
    h = fma_(h, u, -0.0620547161f);
    h = fma_(h, u, 0.0950005278f);
    h = fma_(h, u, -0.148398951f);
    h = fma_(h, u, 0.240541846f);
    h = fma_(h, u, -0.423627496f);
    h = fma_(h, u, 0.951055884f);
#else
    real h = 0.00015049650310920647;
    h = fma_(h, u, -0.00017788771018455884);
    h = fma_(h, u, 5.0883286258452801e-05);
    h = fma_(h, u, -0.00014525294764042336);
    h = fma_(h, u, 0.00035256588920853368);
    h = fma_(h, u, -0.00048569111277009725);
    h = fma_(h, u, 0.00068070592407418412);
    h = fma_(h, u, -0.001036543271571973);
    h = fma_(h, u, 0.0015656626569854873);
    h = fma_(h, u, -0.0023454775980019721);
    h = fma_(h, u, 0.0035177710261332764);
    h = fma_(h, u, -0.0052799394687500474);
    h = fma_(h, u, 0.0079270539913235821);
    h = fma_(h, u, -0.011908219923928693);
    h = fma_(h, u, 0.017907246332787525);
    h = fma_(h, u, -0.026975796669008491);
    h = fma_(h, u, 0.040760834015615657);
    h = fma_(h, u, -0.061922133275221218);
    h = fma_(h, u, 0.094988724451324461);
    h = fma_(h, u, -0.14840492305388472);
    h = fma_(h, u, 0.24054248424080213);
    h = fma_(h, u, -0.42362742128146058);
    h = fma_(h, u, 0.95105587603183284);
#endif
    return ((s - DIGAMMA_ZERO) - DIGAMMA_ZERO_LOW) * h;
}

/* W(z) */
INLINE real digamma_tail(real z)
{
#if REAL_BITS == 32
    real w = 0.00219293498f;
    w = fma_(w, z, -0.00324788759f);
    w = fma_(w, z, 0.00388391456f);
    w = fma_(w, z, -0.0083298767f);
    w = fma_(w, z, 0.0833332911f);
#else
    real w = 782.36585541827424;
    w = fma_(w, z, -1793.3426635730209);
    w = fma_(w, z, 1904.1477558722868);
    w = fma_(w, z, -1246.8673030670993);
    w = fma_(w, z, 566.67453741721624);
    w = fma_(w, z, -191.42097781908154);
    w = fma_(w, z, 50.609377347319842);
    w = fma_(w, z, -11.03132122195329);
    w = fma_(w, z, 2.1202340111377942);
    w = fma_(w, z, -0.39573101034769587);
    w = fma_(w, z, 0.081419042378730197);
    w = fma_(w, z, -0.02103507156866298);
    w = fma_(w, z, 0.0075745301314123657);
    w = fma_(w, z, -0.004166649625241668);
    w = fma_(w, z, 0.0039682538305076728);
    w = fma_(w, z, -0.008333333332802912);
    w = fma_(w, z, 0.083333333333332718);
#endif
    return w;
}

INLINE real digamma_positive(real x)
{
    const int below = x < ONE, near = x < TWO;
    const real between = digamma_core(below ? x : x - ONE);
    /* One division for both: the result below 1, and 1/x beyond 2. */
    const real r = choose(below, fma_(x, between, -ONE), ONE) / at_most(x, STIRLING_END), z = r * r;
    const log_pair log_x = log_pair_of(x);
    const real far = log_x.high - fma_(r, fma_(r, digamma_tail(z), HALF), -log_x.low);
    return choose(near, choose(below, r, between), far);
}

INLINE real digamma_(real x)
{
    const real y = digamma_positive(x);
    return x > ZERO ? (x <= LARGEST ? y : x) : (x == ZERO ? -INFINITE : NOT_A_NUMBER);
}

#endif
