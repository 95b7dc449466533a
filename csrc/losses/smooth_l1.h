/* Girshick (2015): huber with delta = beta, divided by beta; the absolute error where beta = 0.
 * With c = clip(r, ±beta) and k = c / beta the loss is k (r - c/2). Where beta = 0 only r = 0 is inside, and any divisor
 * serves. */
POINTWISE(smooth_l1)
{
    const real r = pred - target, beta = param[0], c = clip(r, -beta, beta), unit = beta > ZERO ? beta : ONE;
    const real k = r >= beta && r > ZERO ? ONE : r <= -beta && r < ZERO ? -ONE : r / unit;
    return (point){.value = TWO * k * (half_difference(pred, target) - R(0.25) * c),
                   .grad = k,
                   .hess = abs_(r) < beta ? ONE / unit : ZERO};
}
