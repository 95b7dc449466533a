/* The quantile loss of d = exp(p) - y: (1 - q) d above 0, -q d below. Where exp(p) is too large for a number its product with
 * the slope need not be. Subgradient 0 at the kink. */
POINTWISE(log_lin_quantile)
{
    const exp_pair e = exp_pair_of(pred);
    const real q = param[0], d = e.first * e.second - target, slope = d > ZERO ? ONE - q : d < ZERO ? -q : d;
    const real steep = slope * e.first, grad = steep * e.second;
    return (point){
        .value = TWO * fma_(HALF * steep, e.second, -HALF * slope * target),
        .grad = grad,
        .hess = grad,
    };
}
