/* Zou & Hastie (2005): strength (q |r| + (1 - q) r²/2), r = pred - target, q the part of the absolute value. From r/2: a small
 * strength makes a number of an r that is too large for one. At the kink the subgradient 0; r / 2 may round to it where r is
 * tiny. */
POINTWISE(elastic_net)
{
    const real r = pred - target, size = abs_(half_difference(pred, target));
    const real linear = param[0] * param[1], curve = param[0] * (ONE - param[1]);
    const real slope = TWO * fma_(curve, size, HALF * linear);
    return (point){
        .value = TWO * (size * fma_(curve, size, linear)),
        .grad = r > ZERO ? slope
              : r < ZERO ? -slope
                         : r,
        .hess = curve,
    };
}
