/* Vapnik (1995): max(0, |r| - epsilon), r = pred - target; from halves where r is too large for a number. Subgradient 0 at the
 * kinks; the last alternative keeps NaN. */
#pragma once

INLINE real tube_excess(real pred, real target, real epsilon)
{
    const real a = abs_(pred - target), half_excess = abs_(half_difference(pred, target)) - HALF * epsilon;
    return choose(a <= LARGEST, a - epsilon, TWO * half_excess);
}

POINTWISE(epsilon_insensitive)
{
    const real r = pred - target, excess = tube_excess(pred, target, param[0]);
    return (point){
        .value = at_least(excess, ZERO),
        .grad = excess > ZERO  ? copysign_(ONE, r)
              : excess <= ZERO ? ZERO
                               : r,
        .hess = ZERO,
    };
}
