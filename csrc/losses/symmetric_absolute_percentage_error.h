/* 2 |r| / max(|p| + |y|, epsilon), r = p - y. Where p and y have one sign the gradient is 4 |y| / (|p| + |y|)² with the sign of r, and where
 * they have not, 0: the value is 2. From half of |p| + |y| and, where it is too large for a number, of r. Subgradient at the kinks p = 0 and
 * r = 0: halfway. */
POINTWISE(symmetric_absolute_percentage_error)
{
    const real r = pred - target, a = abs_(r), size = abs_(target), half_sum = fma_(HALF, abs_(pred), HALF * size);
    const real half = abs_(half_difference(pred, target)), floor = at_least(half_sum, HALF * param[0]), inverse = ONE / floor;
    const int far = half > HALF * LARGEST, counts = half_sum > HALF * param[0];
    const int same = ((pred > ZERO) & (target > ZERO)) | ((pred < ZERO) & (target < ZERO));
    const real share = choose(counts, choose(same, size * inverse, choose(pred == ZERO, ONE, ZERO)), ONE), slope = share * inverse;
    const real grad = r > ZERO ? slope : r < ZERO ? -slope : r;
    return (point){
        .value = choose((half_sum > LARGEST) & (r == r), TWO, choose(far, half, a) * inverse * choose(far, TWO, ONE)),
        .grad = grad,
        .hess = keep_if(counts & same, -copysign_(inverse, pred) * grad),
    };
}
