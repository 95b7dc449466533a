/* a - y log a: the negative log-likelihood of a Poisson count y with rate a, without the constant log y!. A count of 0 leaves a
 * alone. */
#pragma once
#include "count_constant.h"

/* y/a², 0 for y = 0. A y / a too small for a normal number may be large enough for it: there it is computed from a larger y. */
INLINE real count_per_square(real y, real a)
{
    const int small = (y < PICK(0x1p-100f, 0x1p-960)) & (a > PICK(0x1p-64f, 0x1p-512));
    const real curve = keep_if(y != ZERO, choose(small, LIFTED(y), y) / a / a);
    return curve * choose(small, ONE / LIFTED(ONE), ONE);
}

POINTWISE(poisson_identity)
{
    /* Adding 0 makes -0 positive: y / a has the right sign. */
    const real a = pred + ZERO, share = keep_if(target != ZERO, target / a);
    const real value = fma_(-target, log_(a), a);
    return (point){
        .value = (target == ZERO) | (a == INFINITE) ? a : value,
        .grad = a == a ? ONE - share : a,
        .hess = count_per_square(target, a),
    };
}

/* y log(y/m) - y + m, the half deviance: y e(m/y - 1), e(x) = x - log(1 + x), whose argument is exact near 0. */
INLINE real half_poisson_deviance(real m, real y)
{
    const real gap = m - y, excess = gap / y;
    const int within = (m > ZERO) & (m <= LARGEST) & (y <= LARGEST);
    /* Where y is large the terms may be too large for numbers, and their sum not. */
    const real unit = choose(y > ONE, R(0.25), ONE), whole = choose(y > ONE, R(4.0), ONE);
    const real term = excess_or_log_of_quotient(excess, binary_parts_of(y, ZERO), binary_parts_of(m, ZERO));
    const real far = choose(within, whole * fma_(unit * y, term, unit * gap), INFINITE);
    const real value = choose(is_few(excess), y * term, far);
    return choose(gap == gap, choose(y == ZERO, m, value), gap);
}

POINTWISE(poisson_identity_full)
{
    point p = poisson_identity_point(pred, target, operand, param);
    p.value = half_poisson_deviance(pred + ZERO, target) + count_constant(target, log_(target));
    return p;
}
