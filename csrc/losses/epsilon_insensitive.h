/* Vapnik (1995): max(0, |r| - epsilon), r = pred - target. Subgradient 0 at the kinks; the last alternative keeps NaN. */
POINTWISE(epsilon_insensitive)
{
    const real half = half_difference(pred, target), half_excess = abs_(half) - HALF * param[0];
    return (point){
        .value = TWO * at_least(half_excess, ZERO),
        .grad = half_excess > ZERO ? copysign_(ONE, half) : half_excess <= ZERO ? ZERO : half,
        .hess = ZERO,
    };
}
