/* Exponentials of logits, of which a softmax is made.
 *
 * A logit of -inf is a class that is masked out; the maximum is never taken below -LARGEST, so that its exp is 0 and not NaN.
 */
#ifndef FASTLOSS_EXPONENTIALS_H
#define FASTLOSS_EXPONENTIALS_H

#include "lanes.h"

/* An address beyond the array is harmless. */
INLINE void ask_for(const real *next, const int64_t numbers)
{
    enum { LINE = 64 };
    for (int64_t line = 0; line < numbers * (int64_t)sizeof(real); line += LINE)
        __builtin_prefetch((const char *)next + line, 0, 2);
}

/* exp(a - m) would inherit the rounding of a - m: 40 ulp at a - m = -80. So exp(a - s) is scaled by a power of two, 2^-N with
 * N the nearest integer to (m - s) / log 2, and s = 0, which loses nothing; only logits beyond LARGEST_UNSHIFTED, whose own
 * last digit is worth more than that, are shifted by s = m. Without fused multiply-add exp is exact only as far as the 15 (40)
 * bits of log 2 times those of n = x / log 2 fit into a number: n below 2^9 (2^13), with x down to LIFTED_DEPTH below m.
 *
 * A further 2^EXP_LIFT keeps every exponential a normal number: a temperature or a z-loss may multiply it. */
#define LARGEST_UNSHIFTED (HAS_FMA ? R(32768.0) : PICK(128.0f, 4096.0))
typedef struct {
    real shift, lowest; /* what is subtracted from logits; below this they have no exponential */
    real rounder; /* ROUNDER and an exponent: added to a logarithm, it leaves the exponential's biased exponent in the low bits
                   */
} softmax_frame;

INLINE softmax_frame frame_of(real m)
{
    const real shift = abs_(m) <= LARGEST_UNSHIFTED ? ZERO : m, base = m - shift;
    const real n = fma_(base, INVERSE_LOG2, ROUNDER) - ROUNDER;
    return (softmax_frame){
        .shift = shift, .lowest = base - LIFTED_DEPTH, .rounder = ROUNDER + ((real)(EXP_LIFT + EXPONENT_BIAS) - n)};
}

/* 0.98 ulp: exp_reduced, without carrying along what r loses and what 1 + r loses. What vanishes is masked and not computed:
 * an underflow costs a hundred cycles on many CPUs, and masked classes and padding are such logits. */
INLINE real exponential(real a, softmax_frame f)
{
    const real x = a - f.shift, shifted = fma_(x, INVERSE_LOG2, f.rounder), n = shifted - f.rounder;
    const real r = fma_(n, -LOG2_LOW, fma_(n, -LOG2_HIGH, x));
    const real mantissa = fma_(fma_(exp_polynomial(r), r, ONE), r, ONE);
    /* A product, and no sum of exponents: that would make a number of a NaN whose payload has low bits. */
    return keep_if(!(x < f.lowest), mantissa * power_of_two(to_bits(shifted)));
}

/* The sum of all numbers that go with an exponential other than `top`. */
NOINLINE double sum_beside(const real *restrict x, const real *restrict e, real top, int64_t n)
{
    real lane[LANES] = {0};
    n = whole_groups(n);
    for (int64_t i = 0; i < n; i += LANES)
#pragma omp simd
        for (int l = 0; l < LANES; l++)
            lane[l] += keep_if(e[i + l] != top, x[i + l]);
    return sum_of_real_lanes(lane);
}

#endif
