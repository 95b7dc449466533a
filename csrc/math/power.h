/* x^q for x > 0, as a mantissa and an exponent that need not be one of `real`. With x = 2^k (1 + f) it is 2^(q k) exp(q log(1 +
 * f)): log x itself, rounded, would leave an error of |q log x| units. The integer part of q k goes into the exponent, and the
 * rest of it is exact, as the first factor of the product has half of the digits of q, and k has few. */
#ifndef FASTLOSS_POWER_H
#define FASTLOSS_POWER_H

#include "log.h"

typedef struct {
    real mantissa, exponent;
} binary_parts;

/* 2^extra x for x > 0. Infinity has an exponent that no power but the zeroth makes a number of. */
INLINE binary_parts binary_parts_of(real x, real extra)
{
    const int subnormal = x < SMALLEST_NORMAL;
    const log_parts p = log_reduced(subnormal ? LIFTED(x) : x, 0);
    const real exponent = (extra - p.minus_k) - keep_if(subnormal, (real)LIFT);
    return (binary_parts){.mantissa = ONE + p.f, .exponent = choose(x > LARGEST, R(1e5), exponent)};
}

/* (2^exponent m)^q, given log m. */
INLINE binary_parts power_of_log(real exponent, real log_m, real q)
{
    const real q_high = from_bits(to_bits(q) & ~(bits)PICK(0xfff, 0x3ffffff)), whole = q_high * exponent;
    const real n = (whole + ROUNDER) - ROUNDER, rest = fma_(q - q_high, exponent, whole - n);
    const exp_parts e = exp_reduced(fma_(rest, R(0.69314718055994531), q * log_m));
    return (binary_parts){.mantissa = e.mantissa, .exponent = n + (from_bits(to_bits(ROUNDER) + e.exponent) - ROUNDER)};
}

INLINE binary_parts power_of(binary_parts x, real q)
{
    return power_of_log(x.exponent, log_from(ZERO, x.mantissa - ONE, ZERO), q);
}

/* 2^exponent m, infinite or 0 where it has to be; for m between 2^-4 and 2^8, say. */
INLINE real scaled(real m, real exponent)
{
    const real within = clip(exponent, (real)(2 - 2 * EXPONENT_BIAS), (real)(2 * EXPONENT_BIAS));
    const bits biased = to_bits(within + ROUNDER) - to_bits(ROUNDER) + 2 * EXPONENT_BIAS, half = biased >> 1;
    return m * power_of_two(half) * power_of_two(biased - half);
}

/* x^q for x > 0. */
INLINE real pow_(real x, real q)
{
    const binary_parts power = power_of(binary_parts_of(x, ZERO), q);
    return scaled(power.mantissa, power.exponent);
}

/* log(x y) and log(x / y): where the logarithms of x and y would cancel, their exponents do so exactly. */
INLINE real log_of_product(binary_parts x, binary_parts y)
{
    const log_parts p = log_reduced(x.mantissa * y.mantissa, 0);
    return log_from(p.minus_k - (x.exponent + y.exponent), p.f, ZERO);
}

INLINE real log_of_quotient(binary_parts x, binary_parts y)
{
    const log_parts p = log_reduced(x.mantissa / y.mantissa, 0);
    return log_from(p.minus_k - (x.exponent - y.exponent), p.f, ZERO);
}

/* few - log1p(few) where it is_few(), else log(x / y): one polynomial serves both. */
INLINE real excess_or_log_of_quotient(real few, binary_parts x, binary_parts y)
{
    const log_parts p = log_reduced(x.mantissa / y.mantissa, 0);
    const real f = choose(is_few(few), few, p.f), polynomial = log_polynomial(f);
    return choose(is_few(few), few_log1p_excess(f, polynomial),
                  log_from_polynomial(p.minus_k - (x.exponent - y.exponent), f, polynomial, ZERO));
}

#endif
