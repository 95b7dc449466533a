/* Newey & Powell (1987): (1 - alpha) r² where r = pred - target >= 0, alpha r² below. In an order in which a small factor comes
 * before anything overflows. */
POINTWISE(expectile)
{
    const real r = pred - target, alpha = operand, side = r < ZERO ? alpha : ONE - alpha;
    return (point){
        .value = side * r * r,
        .grad = R(4.0) * side * half_difference(pred, target),
        .hess = r == r ? TWO * side : r,
    };
}
