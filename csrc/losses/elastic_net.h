/* Zou & Hastie (2005): strength (q |r| + (1 - q) r²/2), r = pred - target, q the part of the absolute value. From r/2: a small strength
 * makes a number of an r that is too large for one. At the kink the subgradient 0. */
POINTWISE(elastic_net)
{
    const real half = half_difference(pred, target), size = abs_(half), linear = param[0] * param[1], curve = param[0] * (ONE - param[1]);
    const real slope = fma_(TWO * curve, size, linear);
    return (point){
        .value = TWO * (size * fma_(curve, size, linear)),
        .grad = half > ZERO ? slope : half < ZERO ? -slope : half,
        .hess = curve,
    };
}
