/* s f(w), w = r/s, r = pred - target: with a = |w| and e = exp(-a), f = a + 2 log(1 + e) - 1, which is 2 log cosh(w/2) + 2 log 2 - 1. By s it is f - a f',
 * where f' = tanh(a/2); by r twice f'' = 2 e / (1 + e)², over s. */
POINTWISE(crps_logistic)
{
    const wide_residual r = wide_residual_of(pred, target);
    const real s = r.inverse_unit * operand, w = r.r / s, a = abs_(w), least = R(0.38629436111989062); /* 2 log 2 - 1 */
    const exp_parts decay = deep_decay(a);
    const real e = shallow(decay, a), inverse = ONE / (ONE + e), share = e * inverse, slope = tanh_from(HALF * w, share);
    const int near = a < ONE;
    const real curve = TWO * log_cosh_near_zero(HALF * w), log1p_e = log1p_unit(e);
    const crps_hessians hess = crps_hessians_of(TWO * inverse * inverse, decay, a, operand);
    return (point){
        .value = choose(near, operand * (least + curve), r.unit * fma_(s, fma_(TWO, log1p_e, -ONE), abs_(r.r))),
        .grad = slope + keep_if(w != w, w),
        .hess = hess.by_location,
        .second_grad = choose(near, least + (curve - a * abs_(slope)), fma_(TWO, fma_(at_most(a, LARGEST), share, log1p_e), -ONE)),
        .second_hess = hess.by_scale,
    };
}
