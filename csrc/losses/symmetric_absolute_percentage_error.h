/* 2 |r| / max(|p| + |y|, epsilon), r = p - y. Where p and y have one sign the gradient is 4 |y| / (|p| + |y|)² with the sign of
 * r, and where they have not, 0: the value is 2. From half of |p| + |y| and, where it is too large for a number, of r; a small
 * y is lifted, lest its product with one factor be subnormal and that with both not. At the kink r = 0 the subgradient 0, at p
 * = 0 the mean of both sides. */
POINTWISE(symmetric_absolute_percentage_error)
{
    const real r = pred - target, a = abs_(r), size = abs_(target), half_sum = fma_(HALF, abs_(pred), HALF * size);
    const real half = abs_(half_difference(pred, target)), floor = at_least(half_sum, HALF * param[0]), inverse = ONE / floor;
    const int far = half > HALF * LARGEST, counts = half_sum > HALF * param[0], tiny = size < PICK(0x1p-60f, 0x1p-60);
    const int same = ((pred > ZERO) & (target > ZERO)) | ((pred < ZERO) & (target < ZERO));
    const real lift = choose(tiny, PICK(0x1p62f, 0x1p62), ONE), lower = choose(tiny, PICK(0x1p-62f, 0x1p-62), ONE);
    const real share = choose(counts, choose(same, size * lift / floor, keep_if(pred == ZERO, lift)), lift);
    const real slope = share * (inverse * lower), bend = share * inverse * (inverse * lower);
    return (point){
        .value = choose((half_sum > LARGEST) & (r == r), TWO, choose(far, half, a) / floor * choose(far, TWO, ONE)),
        .grad = r > ZERO ? slope
              : r < ZERO ? -slope
                         : r,
        .hess = keep_if(counts & same & (r != ZERO), choose((r > ZERO) == (pred > ZERO), -bend, bend)),
    };
}
