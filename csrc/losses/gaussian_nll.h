/* (log v + r²/v)/2, r = pred - target, v the variance. Where r is too large for a number it is r/2 that is divided. Where z =
 * r/(2 sqrt v) has a square that is too large, so has the value, but derivatives may not be. */
POINTWISE(gaussian_nll)
{
    const real v = operand, half = half_difference(pred, target);
    const int is_huge = abs_(half) > HALF * LARGEST;
    const real r = choose(is_huge, half, pred - target), unit = is_huge ? TWO : ONE;
    const real z = HALF * unit * (r / sqrt_(v)), grad = unit * (r / v);
    const int far = z * z > LARGEST;
    const real constant = keep_if(param[0] != ZERO, R(0.9189385332046727)); /* log(2 pi)/2 */
    return (point){
        .value = fma_(TWO * z, z, fma_(HALF, log_positive(v), constant)),
        .grad = grad,
        .hess = ONE / v,
        .second_grad = choose(far, -(HALF * grad * grad), TWO * fma_(-z, z, R(0.25)) / v),
        .second_hess = choose(far, grad * (grad / v), R(4.0) * (fma_(z, z, R(-0.125)) / v) / v),
    };
}
