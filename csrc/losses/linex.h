/* Varian (1975), Zellner (1986): exp(x) - 1 - x, x = a r. Within |x| <= 1, where that cancels, as x² P(x). Where exp(x) is too
 * large for a number its product with a need not be. */
POINTWISE(linex)
{
    const real a = param[0], half = half_difference(pred, target);
    const real x = abs_(half) > HALF * LARGEST ? TWO * a * half : a * (pred - target);
    const exp_pair e = exp_pair_of(x);
    const int near = abs_(x) <= ONE;
    const real curve = x * x * exp_curve(x), far = (e.first * e.second - ONE) - at_most(x, EXP_HEIGHT), steep = a * e.first;
    return (point){
        .value = choose(near, curve, far),
        .grad = choose(near, a * (x + curve), fma_(steep, e.second, -a)),
        .hess = steep * (a * e.second),
    };
}
