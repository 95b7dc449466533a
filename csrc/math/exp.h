/* exp. x = n log 2 + r with |r| <= log(2)/2, exp x = 2^n exp r.
 *
 * The polynomial (tools/minimax.py, exp_f32 and exp_f64) adds 0.031 ulp (float), 0.019 ulp (double); what
 * rounding loses on the way is carried along, so that the whole is below 0.78 ulp: that is among subnormal results, which round
 * a second time. */
#ifndef FASTLOSS_EXP_H
#define FASTLOSS_EXP_H

#include "real.h"

/* 1.5 * 2^MANTISSA_BITS: adding it leaves the nearest integer in the low bits of the mantissa. */
#define ROUNDER PICK(0x1.8p23f, 0x1.8p52)
#define INVERSE_LOG2 R(1.4426950408889634)
/* log 2 in two parts; the high one has 15 (40) bits, so that its product with n is exact. */
#define LOG2_HIGH PICK(0x1.62e4p-1f, 0x1.62e42fefa4p-1)
#define LOG2_LOW PICK(1.42860677e-6f, -0x1.8432a1b0e2634p-43)

/* This far below 0, exp has no digit left but 0. */
#define EXP_DEPTH PICK(104.0f, 746.0)

/* This far above 0, exp is infinite, and so is 2^-16 exp. */
#define EXP_HEIGHT PICK(101.0f, 722.0)

typedef struct {
    real r, r_low; /* r, and what its last rounding lost */
    bits exponent; /* n, modulo 2^REAL_BITS */
} exp_argument;

INLINE exp_argument exp_argument_of(real x)
{
    const real shifted = fma_(x, INVERSE_LOG2, ROUNDER), n = shifted - ROUNDER;
    /* The first difference is exact, r rounds the second. */
    const real high = fma_(n, -LOG2_HIGH, x), r = fma_(n, -LOG2_LOW, high), r_low = fma_(n, -LOG2_LOW, high - r);
    return (exp_argument){.r = r, .r_low = r_low, .exponent = to_bits(shifted) - to_bits(ROUNDER)};
}

typedef struct {
    real mantissa, lost; /* exp r, and what its last rounding lost */
    bits exponent;       /* n, modulo 2^REAL_BITS */
} exp_parts;

/* (exp r - 1 - r) / r² */
INLINE real exp_polynomial(real r)
{
#if REAL_BITS == 32
    real q = 0.00137453177f;
    q = fma_(q, r, 0.00836894568f);
    q = fma_(q, r, 0.0416696481f);
    q = fma_(q, r, 0.166665182f);
    q = fma_(q, r, 0.499999881f);
#else
    real q = 2.5020036057933487e-08;
    q = fma_(q, r, 2.7630899030261873e-07);
    q = fma_(q, r, 2.755752172833688e-06);
    q = fma_(q, r, 2.4801491051179853e-05);
    q = fma_(q, r, 0.0001984126958114527);
    q = fma_(q, r, 0.0013888888945906004);
    q = fma_(q, r, 0.0083333333334586739);
    q = fma_(q, r, 0.041666666666519782);
    q = fma_(q, r, 0.16666666666666471);
    q = fma_(q, r, 0.50000000000000122);
#endif
    return q;
}

INLINE exp_parts exp_reduced_argument(exp_argument a)
{
    const real r = a.r, q = exp_polynomial(r);
    /* 1 + r in two parts, so that the last addition is the only one that rounds by half an ulp. */
    const real sum = ONE + r, sum_low = r - (sum - ONE);
    const real tail = fma_(r * r, q, sum_low + a.r_low), mantissa = sum + tail;
    return (exp_parts){.mantissa = mantissa, .lost = tail - (mantissa - sum), .exponent = a.exponent};
}

INLINE exp_parts exp_reduced(real x)
{
    return exp_reduced_argument(exp_argument_of(x));
}

INLINE real power_of_two(bits biased_exponent)
{
    return from_bits(biased_exponent << MANTISSA_BITS);
}

/* 2^-scale exp x for every x; scale at most 16. 2^n is applied in two halves: each is a normal number, and only the last
 * product rounds. */
INLINE real exp_divided(real x, bits scale)
{
    /* Beyond, the result is 0 or infinite all the same. */
    const exp_parts p = exp_reduced(at_least(at_most(x, EXP_HEIGHT), -EXP_DEPTH));
    const bits biased = p.exponent - scale + 2 * EXPONENT_BIAS, half = biased >> 1;
    return p.mantissa * power_of_two(half) * power_of_two(biased - half);
}

INLINE real exp_(real x)
{
    return exp_divided(x, 0);
}

/* exp x as a product of two numbers, neither of which is too large or too small, for x as far as +-2 EXP_DEPTH: what multiplies
 * one of them may make a number of an exp x that is none. */
typedef struct {
    real first, second;
} exp_pair;

INLINE exp_pair exp_pair_of(real x)
{
    /* 2^n in two halves; each has an exponent that a normal number can have. */
    const exp_parts p = exp_reduced(clip(x, -PICK(174.0f, 1416.0), PICK(175.0f, 1418.0)));
    const bits biased = p.exponent + 2 * EXPONENT_BIAS, half = biased >> 1;
    return (exp_pair){.first = p.mantissa * power_of_two(half), .second = power_of_two(biased - half)};
}

/* (exp x - 1 - x) / x² for |x| <= 1 (tools/minimax.py, exp_curve_f32: 0.0174 ulp, exp_curve_f64: 0.00692 ulp). */
INLINE real exp_curve(real x)
{
#if REAL_BITS == 32
    real p = 2.54485627e-07f;
    p = fma_(p, x, 2.7803585e-06f);
    p = fma_(p, x, 2.48481792e-05f);
    p = fma_(p, x, 0.000198431691f);
    p = fma_(p, x, 0.00138886028f);
    p = fma_(p, x, 0.00833330955f);
    p = fma_(p, x, 0.0416666716f);
    p = fma_(p, x, 0.166666672f);
    p = fma_(p, x, 0.5f);
#else
    real p = 5.9378540888591707e-15;
    p = fma_(p, x, 4.8234881605790452e-14);
    p = fma_(p, x, 7.5231275995872186e-13);
    p = fma_(p, x, 1.147040271208197e-11);
    p = fma_(p, x, 1.6061047932910539e-10);
    p = fma_(p, x, 2.0876755940135816e-09);
    p = fma_(p, x, 2.5052091557776954e-08);
    p = fma_(p, x, 2.7557319252675132e-07);
    p = fma_(p, x, 2.7557319301847897e-06);
    p = fma_(p, x, 2.4801587301434277e-05);
    p = fma_(p, x, 0.00019841269841076485);
    p = fma_(p, x, 0.0013888888888889215);
    p = fma_(p, x, 0.0083333333333335622);
    p = fma_(p, x, 0.041666666666666664);
    p = fma_(p, x, 0.16666666666666666);
    p = fma_(p, x, 0.5);
#endif
    return p;
}

/* (exp x - 1 - x - x²/2) / x³ for 0 <= x <= 2 (tools/minimax.py, exp_cubic_f32 and exp_cubic_f64: 0.25 ulp, the rounding of
 * 1/6). */
INLINE real exp_cubic(real x)
{
#if REAL_BITS == 32
    real p = 5.19266507e-07f;
    p = fma_(p, x, 2.09408768e-06f);
    p = fma_(p, x, 2.54628994e-05f);
    p = fma_(p, x, 0.00019846436f);
    p = fma_(p, x, 0.00138832792f);
    p = fma_(p, x, 0.00833370537f);
    p = fma_(p, x, 0.0416665822f);
    p = fma_(p, x, 0.166666672f);
#else
    real p = 1.1316937107288525e-13;
    p = fma_(p, x, 2.8124513589649206e-13);
    p = fma_(p, x, 1.3442018224655155e-11);
    p = fma_(p, x, 1.5544855245692439e-10);
    p = fma_(p, x, 2.0968207321605055e-09);
    p = fma_(p, x, 2.5040691596882657e-08);
    p = fma_(p, x, 2.7558328962291873e-07);
    p = fma_(p, x, 2.755725630724149e-06);
    p = fma_(p, x, 2.4801590009488374e-05);
    p = fma_(p, x, 0.00019841269763677024);
    p = fma_(p, x, 0.001388888889028086);
    p = fma_(p, x, 0.0083333333333192421);
    p = fma_(p, x, 0.04166666666666733);
    p = fma_(p, x, 0.16666666666666666);
#endif
    return p;
}

/* 2^(n - scale) exp r, for results of at most 2. 2^n = 2^(n + SHIFT) 2^-SHIFT, where the first factor is normal down to exp's
 * last digit. */
INLINE real exp_small(exp_parts p, bits scale)
{
    enum { SHIFT = PICK(32, 64) };
    return p.mantissa * power_of_two(p.exponent - scale + (EXPONENT_BIAS + SHIFT)) * PICK(0x1p-32f, 0x1p-64);
}

/* 2^EXP_LIFT exp x, a normal number down to x = -LIFTED_DEPTH, 0 below; for x <= 0. What multiplies a subnormal exp x would
 * multiply its error. */
enum { EXP_LIFT = PICK(48, 80) };
#define LIFTED_DEPTH PICK(120.0f, 763.0)

INLINE real exp_lifted(real x)
{
    const int vanishes = x < -LIFTED_DEPTH;
    const exp_parts p = exp_reduced(vanishes ? ZERO : x);
    return keep_if(!vanishes, p.mantissa * power_of_two(p.exponent + (EXPONENT_BIAS + EXP_LIFT)));
}

/* 2^-scale exp x, for results of at most 2: three operations cheaper than exp. `origin` is log 2^scale, about; x far below it
 * gives 0, by selection and not by underflow, which costs a hundred cycles on many CPUs: masked classes and padding are such
 * x. */
INLINE real exp_scaled(real x, real origin, bits scale)
{
    const int vanishes = x < origin - EXP_DEPTH;
    const exp_parts p = exp_reduced(vanishes ? origin : x);
    return keep_if(!vanishes, exp_small(p, scale));
}

/* exp x for x <= 0. */
INLINE real exp_nonpositive(real x)
{
    return exp_scaled(x, ZERO, 0);
}

#endif
