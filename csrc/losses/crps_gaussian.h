/* s f(w), w = r/s, r = pred - target: f = |w| erf(|w|/sqrt 2) + g, where g = 2 phi(w) - 1/sqrt(pi) is the derivative by s, phi
 * the normal density. With 2 phi(0) apart, what is left of it is not negative beside g(0). */
#include "crps_hessians.h"

POINTWISE(crps_gaussian)
{
    const real twice_peak = R(0.79788456080286536), least = R(0.23369497725510907); /* 2 phi(0), 2 phi(0) - 1/sqrt(pi) */
    const wide_residual r = wide_residual_of(pred, target);
    const real s = r.inverse_unit * operand, w = r.r / s, a = abs_(w), x = HALF * a * a,
               slope = erf_(R(0.70710678118654752) * w);
    const real by_scale = fma_(twice_peak, expm1_(-x), least);
    const crps_hessians hess = crps_hessians_of(twice_peak, deep_decay(x), a, operand);
    return (point){
        .value = r.unit * fma_(abs_(r.r), abs_(slope), s * by_scale),
        .grad = slope,
        .hess = hess.by_location,
        .second_grad = by_scale,
        .second_hess = hess.by_scale,
    };
}
