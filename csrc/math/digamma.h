/* digamma, the derivative of log Γ, for x > 0.
 *
 * Below 2, (x - x₀) H(x - 1) / x, which has the pole at 0 and the zero x₀ as factors, the zero in two parts
 * (tools/minimax.py, digamma_core_f32: 0.152 ulp, digamma_core_f64: 0.0642 ulp: that is what rounding the first coefficient
 * leaves); so the relative error is small next to it, too. From 2, log x - 1/(2x) - W(1/x²)/x² (digamma_far_f32: 0.0439 ulp,
 * digamma_far_f64: 0.0219 ulp). */
#ifndef FASTLOSS_DIGAMMA_H
#define FASTLOSS_DIGAMMA_H

#include "lgamma.h"

/* x₀ = 1.46163214496836234126265954232572132846819620400644629512959 in two parts (OEIS A030169). */
#define DIGAMMA_ZERO PICK(0x1.762d86p+0f, 0x1.762d86356be3fp+0)
#define DIGAMMA_ZERO_LOW PICK(0x1.ab5f2p-27f, 0x1.b86a722197829p-54)

INLINE real digamma_positive(real x)
{
    const int near = x < TWO;
    const real t = at_most(x, TWO) - ONE;
#if REAL_BITS == 32
    real h = 8.39327477e-05f;
    h = fma_(h, t, -0.000124539307f);
    h = fma_(h, t, -2.55588093e-05f);
    h = fma_(h, t, -9.13953409e-05f);
    h = fma_(h, t, 0.00053043256f);
    h = fma_(h, t, -0.00089551718f);
    h = fma_(h, t, 0.0016254785f);
    h = fma_(h, t, -0.00347431982f);
    h = fma_(h, t, 0.00739731221f);
    h = fma_(h, t, -0.0161781348f);
    h = fma_(h, t, 0.0379257724f);
    h = fma_(h, t, -0.102225371f);
    h = fma_(h, t, 0.395686835f);
    h = fma_(h, t, 1.25038016f);
#else
    real h = 3.7915499545563414e-09;
    h = fma_(h, t, -5.9194219944319533e-09);
    h = fma_(h, t, -1.6134967321566527e-08);
    h = fma_(h, t, 2.0189323687194667e-08);
    h = fma_(h, t, 5.2264756903659105e-08);
    h = fma_(h, t, -6.5197922244865308e-08);
    h = fma_(h, t, -5.1407260551600629e-08);
    h = fma_(h, t, 2.7019753178256046e-08);
    h = fma_(h, t, 1.8098772152624275e-07);
    h = fma_(h, t, -2.658886391300781e-07);
    h = fma_(h, t, 3.2140295177571533e-07);
    h = fma_(h, t, -7.2729972715811275e-07);
    h = fma_(h, t, 1.5886437176710839e-06);
    h = fma_(h, t, -3.1263785932246217e-06);
    h = fma_(h, t, 6.1969052091069901e-06);
    h = fma_(h, t, -1.2430801666961499e-05);
    h = fma_(h, t, 2.4922502893848871e-05);
    h = fma_(h, t, -4.9963918563615893e-05);
    h = fma_(h, t, 0.0001003081060297773);
    h = fma_(h, t, -0.0002017959379142582);
    h = fma_(h, t, 0.00040723104635889494);
    h = fma_(h, t, -0.00082582683602129764);
    h = fma_(h, t, 0.0016877351566819019);
    h = fma_(h, t, -0.003492808377593149);
    h = fma_(h, t, 0.0073813919794207235);
    h = fma_(h, t, -0.016177205346852994);
    h = fma_(h, t, 0.037927560563888157);
    h = fma_(h, t, -0.10222508831192617);
    h = fma_(h, t, 0.39568677690161813);
    h = fma_(h, t, 1.2503801375034054);
#endif
    /* One division for both: the result below 2, and 1/x beyond. */
    const real r = choose(near, ((x - DIGAMMA_ZERO) - DIGAMMA_ZERO_LOW) * h, ONE) / at_most(x, STIRLING_END);
    const real z = r * r;
#if REAL_BITS == 32
    real w = -0.00181528286f;
    w = fma_(w, z, 0.0035542259f);
    w = fma_(w, z, -0.00829892233f);
    w = fma_(w, z, 0.08333233f);
#else
    real w = -104.55823094796402;
    w = fma_(w, z, 240.25998927710137);
    w = fma_(w, z, -256.08957274062328);
    w = fma_(w, z, 168.74481443574132);
    w = fma_(w, z, -77.499955133541945);
    w = fma_(w, z, 26.656775950634525);
    w = fma_(w, z, -7.2760498119321007);
    w = fma_(w, z, 1.679067017389235);
    w = fma_(w, z, -0.3570335857179317);
    w = fma_(w, z, 0.078914630176058723);
    w = fma_(w, z, -0.020918027022522212);
    w = fma_(w, z, 0.0075707122882150016);
    w = fma_(w, z, -0.0041665671953601295);
    w = fma_(w, z, 0.0039682527491604986);
    w = fma_(w, z, -0.0083333333254085266);
    w = fma_(w, z, 0.08333333333331415);
#endif
    const log_pair log_x = log_pair_of(x);
    return choose(near, r, log_x.high - fma_(r, fma_(r, w, HALF), -log_x.low));
}

INLINE real digamma_(real x)
{
    const real y = digamma_positive(x);
    return x > ZERO ? (x <= LARGEST ? y : x) : (x == ZERO ? -INFINITE : NOT_A_NUMBER);
}

#endif
