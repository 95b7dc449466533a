/* expm1. x = n log 2 + r as in exp, expm1 r = r + r²/2 + r³ P(r), expm1 x = (2^n - 1) + 2^n expm1 r.
 *
 * P (tools/minimax.py, expm1_f32 and expm1_f64) adds 0.004 ulp (float), 0.0015 ulp (double). Where n = 1 and r < 0 the
 * terms cancel: the result is down to 0.41 and the error of 2 expm1 r counts in full. So 2^n - 1 and 2^n r are added without
 * loss, and r²/2 stands apart from the polynomial, with one rounding of its own: the whole is below 0.85 ulp, with or without
 * fma. */
#ifndef FASTLOSS_EXPM1_H
#define FASTLOSS_EXPM1_H

#include "exp.h"

typedef struct {
    real sum, rest; /* expm1 x = 2 (sum + rest), where not near; |rest| is small */
    real r, excess; /* near, x = r, and expm1 x = r + excess */
    int near;
} expm1_parts;

INLINE expm1_parts expm1_parts_of(real x)
{
    /* Below, the result rounds to -1; above, it is infinite. */
    const exp_argument a = exp_argument_of(clip(x, PICK(-18.0f, -38.0), PICK(89.0f, 710.0)));
    const real r = a.r, square = r * r, half_square = HALF * square, cube = square * r;
#if REAL_BITS == 32
    real p = 0.000197228524f;
    p = fma_(p, r, 0.00139337126f);
    p = fma_(p, r, 0.00833358802f);
    p = fma_(p, r, 0.0416664779f);
    p = fma_(p, r, 0.166666657f);
#else
    real p = 2.0866807996558179e-09;
    p = fma_(p, r, 2.5109267582651759e-08);
    p = fma_(p, r, 2.7557420797563276e-07);
    p = fma_(p, r, 2.7557243561474934e-06);
    p = fma_(p, r, 2.4801587166562474e-05);
    p = fma_(p, r, 0.00019841269886746105);
    p = fma_(p, r, 0.0013888888888953785);
    p = fma_(p, r, 0.0083333333333214001);
    p = fma_(p, r, 0.041666666666666567);
    p = fma_(p, r, 0.16666666666666677);
#endif
    const real near = fma_(cube, p, half_square);
    /* Elsewhere half of everything, because 2^n itself may be too large. 2^n - 1 rounds where n is large, either way. */
    const real scale = power_of_two(a.exponent + (EXPONENT_BIAS - 1));
    const real whole = scale - HALF, taken = whole - scale, whole_low = (scale - (whole - taken)) - (HALF + taken);
    /* |2^n r| < |2^n - 1|: what their sum loses is one subtraction away. What r lost counts exp r, about 1 + r times. */
    const real part = scale * r, sum = whole + part, sum_low = part - (sum - whole);
    const real low = fma_(scale, fma_(cube, p, fma_(r, a.r_low, a.r_low)), sum_low + whole_low);
    return (expm1_parts){.sum = sum, .rest = fma_(scale, half_square, low), .r = r, .excess = near, .near = a.exponent == 0};
}

INLINE real expm1_(real x)
{
    const expm1_parts e = expm1_parts_of(x);
    /* The sign last: -0 became 0. */
    return copysign_(e.near ? e.r + e.excess : TWO * (e.sum + e.rest), x);
}

/* expm1 x - x, which is never below 0. Where it is much smaller than x, 2 sum is between x / 2 and 2 x, and their difference
 * exact. */
INLINE real expm1_excess(real x)
{
    const expm1_parts e = expm1_parts_of(x);
    return e.near ? e.excess : fma_(TWO, e.rest, fma_(TWO, e.sum, -x));
}

#endif
