/* max(0, |r| - epsilon)², r = pred - target. */
POINTWISE(squared_epsilon_insensitive)
{
    const real half = half_difference(pred, target), half_excess = at_least(abs_(half) - HALF * param[0], ZERO);
    return (point){
        .value = R(4.0) * half_excess * half_excess,
        .grad = copysign_(R(4.0) * half_excess, half),
        .hess = half_excess > ZERO ? TWO : half_excess,
    };
}
