/* Welsch (Holland & Welsch 1977): c²/2 (1 - exp(-z)), z = (r/c)². Within c as r²/2 times (1 - exp(-z)) / z = 1 - z (exp(-z) - 1
 * + z) / z². */
POINTWISE(welsch)
{
    const real c = param[0], half = half_difference(pred, target), inside = clip(pred - target, -c, c);
    const real u = half / (HALF * c), z = u * u, e = exp_nonpositive(-z), share = ONE - (z > ONE ? e : z * exp_curve(-z));
    return (point){
        .value = HALF * inside * (inside * share),
        .grad = keep_if(e != ZERO, TWO * (half * e)),
        .hess = keep_if(e != ZERO, fma_(-TWO, z, ONE) * e),
    };
}
