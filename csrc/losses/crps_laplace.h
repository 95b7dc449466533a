/* s f(w), w = r/s, r = pred - target: with a = |w| and e = exp(-a), f = a + e - 3/4, f' = 1 - e; by s it is f - a f'. Within a
 * = 1, where that cancels, e = 1 - a + a² P(-a). */
#include "crps_hessians.h"

POINTWISE(crps_laplace)
{
    const wide_residual r = wide_residual_of(pred, target);
    const real s = r.inverse_unit * operand, size = abs_(r.r), a = size / s, few = at_most(a, ONE), curve = exp_curve(-few);
    const exp_parts decay = deep_decay(a);
    const real e = shallow(decay, a);
    const int near = a < ONE;
    const crps_hessians hess = crps_hessians_of(ONE, decay, a, operand);
    return (point){
        .value = choose(near, operand * fma_(few * few, curve, R(0.25)), r.unit * fma_(s, e - R(0.75), size)),
        .grad = copysign_(choose(near, few * fma_(-few, curve, ONE), ONE - e), r.r),
        .hess = hess.by_location,
        .second_grad =
            choose(near, fma_(few * few, fma_(few, curve, curve) - ONE, R(0.25)), fma_(at_most(a, LARGEST), e, e) - R(0.75)),
        .second_hess = hess.by_scale,
    };
}
