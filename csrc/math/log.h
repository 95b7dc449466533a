/* log and log1p. x = 2^k (1 + f) with 1 + f in [sqrt(1/2), sqrt(2)), s = f / (2 + f), log(1 + f) = 2 atanh s.
 *
 * 2 atanh s = 2 s + s z P(z), z = s², and 2 s = f - s f = f - f²/2 + s f²/2, so that the large term f is exact. P
 * (tools/minimax.py, log_f32 and log_f64) adds 0.007 ulp (float), 0.006 ulp (double); rounding brings the whole below 1 ulp. */
#ifndef FASTLOSS_LOG_H
#define FASTLOSS_LOG_H

#include "exp.h"

#define SQRT_HALF_BITS PICK(UINT32_C(0x3f3504f3), UINT64_C(0x3fe6a09e667f3bcd))

typedef struct {
    real k;                   /* the exponent */
    real f;
} log_parts;

/* x positive, finite and normal. */
INLINE log_parts log_reduced(real x)
{
    const bits above = to_bits(x) - SQRT_HALF_BITS + ((bits)EXPONENT_BIAS << MANTISSA_BITS);
    /* An integer below 2^MANTISSA_BITS, put into the mantissa of 2^MANTISSA_BITS, is that number plus itself. */
    const real unit = PICK(0x1p23f, 0x1p52);
    const real k = from_bits(to_bits(unit) | (above >> MANTISSA_BITS)) - (unit + (real)EXPONENT_BIAS);
    const bits mantissa = above & (((bits)1 << MANTISSA_BITS) - 1);
    return (log_parts){.k = k, .f = from_bits(mantissa + SQRT_HALF_BITS) - ONE};
}

/* k log 2 + log(1 + f) + correction */
INLINE real log_from(real k, real f, real correction)
{
    const real s = f / (TWO + f), z = s * s, half_square = HALF * f * f;
#if REAL_BITS == 32
    real p = 0.298706859f;
    p = fma_(p, z, 0.399775863f);
    p = fma_(p, z, 0.666667759f);
#else
    real p = 0.14797389388506701;
    p = fma_(p, z, 0.15313893437914458);
    p = fma_(p, z, 0.18183571134283821);
    p = fma_(p, z, 0.22222198424945777);
    p = fma_(p, z, 0.28571428744070565);
    p = fma_(p, z, 0.39999999999405461);
    p = fma_(p, z, 0.66666666666667362);
#endif
    const real tail = fma_(k, LOG2_LOW, correction) + s * (half_square + z * p);
    return fma_(k, LOG2_HIGH, f - (half_square - tail));
}

INLINE real log_(real x)
{
    /* Subnormals are scaled into the normal range. */
    enum { LIFT = MANTISSA_BITS + 2 };
    const int subnormal = x < SMALLEST_NORMAL;
    const log_parts p = log_reduced(subnormal ? x * PICK(0x1p25f, 0x1p54) : x);
    const real y = log_from(subnormal ? p.k - (real)LIFT : p.k, p.f, ZERO);
    return x > ZERO ? (x <= LARGEST ? y : x) : (x == ZERO ? -INFINITE : NOT_A_NUMBER);
}

/* With u = 1 + x rounded, log(1 + x) = log u + (x - (u - 1)) / u to first order in the rounding error. Where k = 0, f = x is
 * exact and needs no correction. */
INLINE real log1p_(real x)
{
    const real u = ONE + x;
    const log_parts p = log_reduced(u);
    const int exact = p.k == ZERO;
    const real y = log_from(p.k, exact ? x : p.f, exact ? ZERO : (x - (u - ONE)) / u);
    return x > -ONE ? (x <= LARGEST ? y : x) : (x == -ONE ? -INFINITE : NOT_A_NUMBER);
}

#endif
