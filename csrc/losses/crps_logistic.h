/* s f(w), w = r/s, r = pred - target: with a = |w| and e = exp(-a), f = a + 2 log(1 + e) - 1, which is 2 log cosh(w/2) + 2 log
 * 2 - 1. By s it is f - a f', where f' = tanh(a/2); by r twice f'' = 2 e / (1 + e)², over s. */
#include "log_cosh.h"

#include "crps_hessians.h"

POINTWISE(crps_logistic)
{
    const wide_residual r = wide_residual_of(pred, target);
    const real s = r.inverse_unit * operand, w = r.r / s, a = abs_(w), least = R(0.38629436111989062); /* 2 log 2 - 1 */
    const exp_parts decay = deep_decay(a);
    const real e = shallow(decay, a), d = ONE + e, inverse = ONE / d, share = e * inverse, slope = tanh_from(HALF * w, share);
    const int near = a < ONE;
    const real curve = TWO * log_cosh_near_zero(HALF * w), far = fma_(TWO, log1p_unit(e), -ONE);
    /* The derivative by s is 0 near a = 1.5, where it adds terms of 1: what e and 1 + e lost is put back to first order. */
    const real few = at_most(a, HALF * LARGEST), steep = few * inverse, e_lost = decay.lost * (R(2.06) - decay.mantissa);
    const real lost = share * fma_(ONE + steep, e_lost, steep * ((d - ONE) - e));
    const crps_hessians hess = crps_hessians_of(TWO * inverse * inverse, decay, a, operand);
    return (point){
        .value = choose(near, operand * (least + curve), r.unit * fma_(s, far, abs_(r.r))),
        .grad = slope + keep_if(w != w, w),
        .hess = hess.by_location,
        .second_grad = choose(near, least + (curve - a * abs_(slope)), fma_(TWO * few, share, far) + TWO * lost),
        .second_hess = hess.by_scale,
    };
}
