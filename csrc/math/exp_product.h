/* c exp x where exp x, or c exp x on the way, is too large or too small for a number. */
#ifndef FASTLOSS_EXP_PRODUCT_H
#define FASTLOSS_EXP_PRODUCT_H

#include "exp.h"

/* This far from 0, exp x times the smallest number is infinite, and times the largest 0, though the smallest normal number
 * divide it; and its exponent leaves times_exp room for that of a parameter. */
#define PRODUCT_DEPTH PICK(315.0f, 2300.0)

/* times_exp takes it. */
INLINE exp_parts exp_factor(real x)
{
    return exp_reduced(clip(x, -PRODUCT_DEPTH, PRODUCT_DEPTH));
}

/* Takes a x with what its rounding loses, which would cost |a x| / 2 units of exp. Without fma it is lost. */
INLINE exp_parts exp_factor_of_product(real a, real x)
{
    const real product = a * x, lost = fma_(a, x, -product), near = clip(product, -PRODUCT_DEPTH, PRODUCT_DEPTH);
    exp_argument argument = exp_argument_of(near);
    argument.r_low += keep_if(near == product, lost);
    return exp_reduced_argument(argument);
}

/* c 2^n m, for |n| <= 4 EXPONENT_BIAS - 16. 2^(n - 2) is applied in four parts, so that nothing overflows before the product
 * does; the mantissa comes last, since a subnormal c has no digits to round it to. */
INLINE real times_exp(real c, exp_parts p)
{
    const bits biased = p.exponent + (4 * EXPONENT_BIAS - 2), quarter = biased >> 2;
    const real power = power_of_two(quarter);
    return c * power * power * power * power_of_two(biased - 3 * quarter) * (R(4.0) * p.mantissa);
}

/* The parts of a exp x, for a = 0 or normal, positive. */
INLINE exp_parts exp_parts_times(exp_parts p, real a)
{
    const bits digits = to_bits(a) & (((bits)1 << MANTISSA_BITS) - 1), exponent = (to_bits(a) >> MANTISSA_BITS) - EXPONENT_BIAS;
    const real mantissa = from_bits(digits | to_bits(ONE));
    return (exp_parts){.mantissa = keep_if(a != ZERO, p.mantissa * mantissa), .exponent = p.exponent + exponent};
}

/* exp(-x) for x >= 0 as parts, which keep it where it is no number: times 1/s or the square of x it may be one. */
#define DECAY_DEPTH PICK(220.0f, 1600.0)

INLINE exp_parts deep_decay(real x)
{
    return exp_reduced(-at_most(x, DECAY_DEPTH));
}

/* The number that it is. */
INLINE real shallow(exp_parts decay, real x)
{
    return keep_if(!(x > EXP_DEPTH), exp_small(decay, 0));
}

#endif
