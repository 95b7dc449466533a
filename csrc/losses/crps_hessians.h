/* The Hessians of the continuous ranked probability scores s f(r/s): f'' / s by the location and (r/s)² f'' / s by the scale,
 * where f'' is c exp(-x) and 1/s may be too large for a number. */
#pragma once

typedef struct {
    real by_location, by_scale;
} crps_hessians;

INLINE crps_hessians crps_hessians_of(real c, exp_parts decay, real ratio, real s)
{
    /* Then neither 1 / (s 2^UP) nor its product with the square of a ratio within DECAY_DEPTH is too large or too small. */
    enum { UP = PICK(50, 90) };
    const int small = s < SMALLEST_NORMAL * PICK(0x1p24f, 0x1p24);
    const real density = c / choose(small, s * PICK(0x1p50f, 0x1p90), s);
    /* Farther out the decay is 0. */
    const real near = at_most(ratio, DECAY_DEPTH);
    const exp_parts lifted = {.mantissa = decay.mantissa, .exponent = decay.exponent + ((bits)UP & -(bits)small)};
    return (crps_hessians){.by_location = times_exp(density, lifted), .by_scale = times_exp(density * near * near, lifted)};
}
