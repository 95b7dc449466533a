/* erf, the error function. Below 1 the odd polynomial x + x P(x²) (tools/minimax.py, erf_f32 and erf_f64: 0.0123 ulp, 0.0612
 * ulp); above, 1 - exp(Q(|x|)) with Q = log(1 - erf) (log_erfc_f32 and log_erfc_f64: 0.00966 ulp, 0.00594 ulp), where the
 * subtrahend is at most 0.16, so that an error of it counts a quarter at most, and less the farther out. No digits of x² are
 * needed that its rounding loses. */
#ifndef FASTLOSS_ERF_H
#define FASTLOSS_ERF_H

#include "exp.h"

/* From here erf rounds to 1. */
#define ERF_LAST PICK(4.0f, 6.0)

INLINE real erf_(real x)
{
    const real z = x * x, far = at_most(abs_(x), ERF_LAST);
#if REAL_BITS == 32
    real p = 7.84228832e-05f;
    p = fma_(p, z, -0.000800679321f);
    p = fma_(p, z, 0.00518796267f);
    p = fma_(p, z, -0.0268536434f);
    p = fma_(p, z, 0.112835824f);
    p = fma_(p, z, -0.37612626f);
    p = fma_(p, z, 0.128379166f);
#else
    real p = -7.7648058950077834e-10;
    p = fma_(p, z, 1.370256913134439e-08);
    p = fma_(p, z, -1.6204216644959769e-07);
    p = fma_(p, z, 1.6446833684025832e-06);
    p = fma_(p, z, -1.4924685750072198e-05);
    p = fma_(p, z, 0.00012055292035174393);
    p = fma_(p, z, -0.0008548325870703971);
    p = fma_(p, z, 0.0052239776046899659);
    p = fma_(p, z, -0.026866170642899308);
    p = fma_(p, z, 0.11283791670942442);
    p = fma_(p, z, -0.37612638903183454);
    p = fma_(p, z, 0.12837916709551256);
#endif
#if REAL_BITS == 32
    real q = 0.000187381011f;
    q = fma_(q, far, -0.00295717479f);
    q = fma_(q, far, 0.0218749586f);
    q = fma_(q, far, -0.103181526f);
    q = fma_(q, far, -0.638061225f);
    q = fma_(q, far, -1.12713814f);
    q = fma_(q, far, -0.000329790695f);
#else
    real q = 1.0412602596987568e-12;
    q = fma_(q, far, -4.7608465851732597e-11);
    q = fma_(q, far, 1.0188167702766415e-09);
    q = fma_(q, far, -1.3543536084218701e-08);
    q = fma_(q, far, 1.2500957508577495e-07);
    q = fma_(q, far, -8.4630113292167342e-07);
    q = fma_(q, far, 4.3070415088184454e-06);
    q = fma_(q, far, -1.6441025726192045e-05);
    q = fma_(q, far, 4.4827464447104544e-05);
    q = fma_(q, far, -6.9885722023363419e-05);
    q = fma_(q, far, -4.5701531021867491e-05);
    q = fma_(q, far, 0.00064245191561505246);
    q = fma_(q, far, -0.0017704717951231225);
    q = fma_(q, far, 0.00028180776194829371);
    q = fma_(q, far, 0.019077253529636476);
    q = fma_(q, far, -0.1027467982233643);
    q = fma_(q, far, -0.63662864740450353);
    q = fma_(q, far, -1.1283772950124951);
    q = fma_(q, far, -1.8306930220356266e-07);
#endif
    /* Nothing to select: the exponent is between Q(0), about 0, and Q(ERF_LAST) > -39. */
    const exp_parts e = exp_reduced(q);
    const real small = fma_(x, p, x), large = ONE - e.mantissa * power_of_two(e.exponent + EXPONENT_BIAS);
    /* The sign last: large has none. */
    return copysign_(abs_(x) < ONE ? small : large, x);
}

#endif
