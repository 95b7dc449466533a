/* log and log1p. x = 2^k (1 + f) with 1 + f in [sqrt(1/2), sqrt(2)); log(1 + f) = f - f²/2 + f³ P(f).
 *
 * A polynomial in f and not in f / (2 + f), because a division takes as long as ten steps of it. P (tools/minimax.py, log_f32
 * and log_f64) adds 0.008 ulp; rounding brings the whole below 1 ulp. */
#ifndef FASTLOSS_LOG_H
#define FASTLOSS_LOG_H

#include "exp.h"

#define SQRT_HALF_BITS PICK(UINT32_C(0x3f3504f3), UINT64_C(0x3fe6a09e667f3bcd))

typedef struct {
    real minus_k; /* the exponent, negated: 0 times a negative constant is -0, which keeps log1p(-0) = -0 */
    real f;
} log_parts;

/* Reduces 2^-lift x, where x is positive, finite and normal. */
INLINE log_parts log_reduced(real x, int lift)
{
    const bits above = to_bits(x) - SQRT_HALF_BITS + ((bits)EXPONENT_BIAS << MANTISSA_BITS);
    /* An integer below 2^MANTISSA_BITS, put into the mantissa of 2^MANTISSA_BITS, is that number plus itself. */
    const real unit = PICK(0x1p23f, 0x1p52);
    const real minus_k = (unit + (real)(EXPONENT_BIAS + lift)) - from_bits(to_bits(unit) | (above >> MANTISSA_BITS));
    const bits mantissa = above & (((bits)1 << MANTISSA_BITS) - 1);
    return (log_parts){.minus_k = minus_k, .f = from_bits(mantissa + SQRT_HALF_BITS) - ONE};
}

/* (log(1 + f) - f + f²/2) / f³ */
INLINE real log_polynomial(real f)
{
#if REAL_BITS == 32
    real p = 0.0668415651f;
    p = fma_(p, f, -0.116551481f);
    p = fma_(p, f, 0.119054139f);
    p = fma_(p, f, -0.124097466f);
    p = fma_(p, f, 0.14217563f);
    p = fma_(p, f, -0.166677266f);
    p = fma_(p, f, 0.200022265f);
    p = fma_(p, f, -0.250000149f);
    p = fma_(p, f, 0.333333105f);
#else
    real p = -0.023925417869527475;
    p = fma_(p, f, 0.056559201140976949);
    p = fma_(p, f, -0.062747737305620943);
    p = fma_(p, f, 0.054313659967401444);
    p = fma_(p, f, -0.053301394661062942);
    p = fma_(p, f, 0.058153402396455438);
    p = fma_(p, f, -0.062690527595385237);
    p = fma_(p, f, 0.066753654224466399);
    p = fma_(p, f, -0.071420774916080232);
    p = fma_(p, f, 0.076917019390389377);
    p = fma_(p, f, -0.083333412372668877);
    p = fma_(p, f, 0.090909340335566802);
    p = fma_(p, f, -0.10000000538824232);
    p = fma_(p, f, 0.11111110498971147);
    p = fma_(p, f, -0.12499999978965347);
    p = fma_(p, f, 0.14285714294226862);
    p = fma_(p, f, -0.1666666666694484);
    p = fma_(p, f, 0.19999999999941262);
    p = fma_(p, f, -0.24999999999998809);
    p = fma_(p, f, 0.33333333333333476);
#endif
    return p;
}

/* k log 2 + log(1 + f) + correction, given the polynomial */
INLINE real log_from_polynomial(real minus_k, real f, real polynomial, real correction)
{
    const real square = f * f, half_square = HALF * square;
    const real tail = fma_(square * f, polynomial, fma_(minus_k, -LOG2_LOW, correction));
    return fma_(minus_k, -LOG2_HIGH, f - (half_square - tail));
}

INLINE real log_from(real minus_k, real f, real correction)
{
    return log_from_polynomial(minus_k, f, log_polynomial(f), correction);
}

/* Subnormal numbers times 2^LIFT are normal. */
enum { LIFT = MANTISSA_BITS + 2 };
#define LIFTED(x) ((x) * PICK(0x1p25f, 0x1p54))

/* log x for 0 < x < infinity only. */
INLINE real log_positive(real x)
{
    const int subnormal = x < SMALLEST_NORMAL;
    const log_parts p = log_reduced(subnormal ? LIFTED(x) : x, 0);
    return log_from(subnormal ? p.minus_k + (real)LIFT : p.minus_k, p.f, ZERO);
}

/* log x for 0 < x < infinity in two parts, without what their sum loses by rounding: it is below 0.1 ulp. */
typedef struct {
    real high, low;
} log_pair;

INLINE log_pair log_pair_of(real x)
{
    const int subnormal = x < SMALLEST_NORMAL;
    const log_parts p = log_reduced(subnormal ? LIFTED(x) : x, 0);
    const real minus_k = subnormal ? p.minus_k + (real)LIFT : p.minus_k, f = p.f, square = f * f;
    /* The product is exact, and what the sum loses is one subtraction away, since f is the smaller or alone. */
    const real whole = minus_k * -LOG2_HIGH, high = whole + f, lost = f - (high - whole);
    const real tail = fma_(square * f, log_polynomial(f), minus_k * -LOG2_LOW);
    return (log_pair){.high = high, .low = lost - (HALF * square - tail)};
}

/* log x for 0 < x <= 1, and a little more: there is room to lift every x. */
INLINE real log_share(real x)
{
    const log_parts p = log_reduced(LIFTED(x), LIFT);
    return log_from(p.minus_k, p.f, ZERO);
}

/* The same, given x - 1 with digits that x has not: near 1 they are those of the logarithm. Without the sign of x, since a NaN
 * that arises has one on x86 and none on ARM. */
INLINE real log_share_beside_one(real x, real x_minus_1)
{
    const log_parts p = log_reduced(abs_(LIFTED(x)), LIFT);
    return log_from(p.minus_k, p.minus_k == ZERO ? x_minus_1 : p.f, ZERO);
}

INLINE real log_(real x)
{
    const real y = log_positive(x);
    return x > ZERO ? (x <= LARGEST ? y : x) : (x == ZERO ? -INFINITE : NOT_A_NUMBER);
}

/* log1p x for -1 < x < infinity only. With u = 1 + x rounded, log(1 + x) = log u + lost / u to first order in the rounding
 * error `lost`. It is less than half an ulp, so 1/u may be known to a few percent: 2^-k (1 - f + f²). Where k = 0, f = x is
 * exact and needs no correction; nor is there one beyond 2^30 (2^60), where x has no digit that u lost. */
INLINE real log1p_finite(real x)
{
    const real u = ONE + x;
    const log_parts p = log_reduced(u, 0);
    const int exact = p.minus_k == ZERO;
    const real minus_k = at_least(p.minus_k, -PICK(30.0f, 60.0)), lost = keep_if(!exact, x - (u - ONE));
    const bits minus_exponent = to_bits(minus_k + ROUNDER) - to_bits(ROUNDER);
    const real inverse = power_of_two(EXPONENT_BIAS + minus_exponent) * fma_(p.f, p.f, ONE - p.f);
    return log_from(p.minus_k, exact ? x : p.f, lost * inverse);
}

INLINE real log1p_(real x)
{
    const real y = log1p_finite(x);
    return x > -ONE ? (x <= LARGEST ? y : x) : (x == -ONE ? -INFINITE : NOT_A_NUMBER);
}

/* log1p e for 0 <= e <= 1, where it needs no reduction: e + e² P(e) (tools/minimax.py, log1p_unit_f32: 0.00827 ulp,
 * log1p_unit_f64: 0.00867 ulp). A third of the steps of log1p. */
INLINE real log1p_unit_polynomial(real e)
{
#if REAL_BITS == 32
    real p = 0.00201323582f;
    p = fma_(p, e, -0.0133303488f);
    p = fma_(p, e, 0.0413353965f);
    p = fma_(p, e, -0.082306236f);
    p = fma_(p, e, 0.124119237f);
    p = fma_(p, e, -0.161047652f);
    p = fma_(p, e, 0.198912784f);
    p = fma_(p, e, -0.249875486f);
    p = fma_(p, e, 0.333326101f);
    p = fma_(p, e, -0.499999851f);
#else
    real p = -1.6116418269742165e-05;
    p = fma_(p, e, 0.00019435841094364288);
    p = fma_(p, e, -0.0011147195547616469);
    p = fma_(p, e, 0.0040645751585478267);
    p = fma_(p, e, -0.010651124014323842);
    p = fma_(p, e, 0.021569127599156915);
    p = fma_(p, e, -0.035600976239902639);
    p = fma_(p, e, 0.050143757511008538);
    p = fma_(p, e, -0.062936674935082912);
    p = fma_(p, e, 0.073318967532268631);
    p = fma_(p, e, -0.082085047158790267);
    p = fma_(p, e, 0.090560615911680201);
    p = fma_(p, e, -0.099922709945414107);
    p = fma_(p, e, 0.11109773171177209);
    p = fma_(p, e, -0.12499823337555332);
    p = fma_(p, e, 0.14285697027891989);
    p = fma_(p, e, -0.16666665470769412);
    p = fma_(p, e, 0.19999999944678043);
    p = fma_(p, e, -0.24999999998444936);
    p = fma_(p, e, 0.33333333333310794);
    p = fma_(p, e, -0.49999999999999883);
#endif
    return p;
}

INLINE real log1p_unit(real e)
{
    return fma_(e * e, log1p_unit_polynomial(e), e);
}

/* (x - log1p x) / x² for 0 <= x <= 1, with digits of its own where log1p needs none of it (tools/minimax.py, log1p_curve_f32:
 * 0.0156 ulp, log1p_curve_f64: 0.0167 ulp). */
INLINE real log1p_curve(real x)
{
#if REAL_BITS == 32
    real p = 0.00177919818f;
    p = fma_(p, x, -0.0117764408f);
    p = fma_(p, x, 0.0364481993f);
    p = fma_(p, x, -0.0722369179f);
    p = fma_(p, x, 0.107915089f);
    p = fma_(p, x, -0.137720227f);
    p = fma_(p, x, 0.165669024f);
    p = fma_(p, x, -0.199885204f);
    p = fma_(p, x, 0.249993294f);
    p = fma_(p, x, -0.333333194f);
    p = fma_(p, x, 0.5f);
#else
    real p = -1.503514151034862e-05;
    p = fma_(p, x, 0.0001814620904542315);
    p = fma_(p, x, -0.0010414865303327368);
    p = fma_(p, x, 0.0037996600046197693);
    p = fma_(p, x, -0.009960095898648498);
    p = fma_(p, x, 0.020168712335255305);
    p = fma_(p, x, -0.033269195951421797);
    p = fma_(p, x, 0.046793373816050733);
    p = fma_(p, x, -0.058586279724929635);
    p = fma_(p, x, 0.067994678634409431);
    p = fma_(p, x, -0.075731913800405046);
    p = fma_(p, x, 0.083000223371804072);
    p = fma_(p, x, -0.090835066189326616);
    p = fma_(p, x, 0.099987159139843823);
    p = fma_(p, x, -0.1111094118488592);
    p = fma_(p, x, 0.12499983362190752);
    p = fma_(p, x, -0.14285713130133409);
    p = fma_(p, x, 0.16666666613094405);
    p = fma_(p, x, -0.1999999999849153);
    p = fma_(p, x, 0.24999999999978123);
    p = fma_(p, x, -0.3333333333333322);
    p = fma_(p, x, 0.5);
#endif
    return p;
}

/* Where x - log1p x has digits of its own; further away the difference does not cancel. */
INLINE int is_few(real x)
{
    return (x > R(-0.2929)) & (x < R(0.4142));
}

INLINE real few_log1p_excess(real few, real polynomial)
{
    return few * few * fma_(-few, polynomial, HALF);
}

/* x - log1p x for x > -1. */
INLINE real log1p_excess(real x)
{
    const real few = clip(x, R(-0.2929), R(0.4142));
    return choose(is_few(x), few_log1p_excess(few, log_polynomial(few)), x - log1p_finite(x));
}

#endif
