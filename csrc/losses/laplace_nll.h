/* |r|/s + log s, r = pred - target, s the scale. Subgradient 0 at the kink r = 0. */
POINTWISE(laplace_nll)
{
    const wide_residual r = wide_residual_of(pred, target);
    const real s = operand, ratio = abs_(r.r) / s, slope = ONE / s;
    const real constant = keep_if(param[0] != ZERO, R(0.69314718055994531)); /* log 2 */
    return (point){
        .value = fma_(r.unit, ratio, log_positive(s) + constant),
        .grad = r.r > ZERO ? slope
              : r.r < ZERO ? -slope
                           : r.r + keep_if(s != s, s),
        .hess = ZERO,
        .second_grad = r.unit * ((r.inverse_unit - ratio) / s),
        .second_hess = TWO * r.unit * ((ratio - HALF * r.inverse_unit) / s / s),
    };
}
