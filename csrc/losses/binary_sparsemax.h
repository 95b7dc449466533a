/* Blondel et al. (2020): of z = x for the label 0 and -x for 1, 0 where z <= -1, (z + 1)²/4 between, z where z >= 1. */
POINTWISE(binary_sparsemax)
{
    const real sign = ONE - TWO * target, z = sign * pred, h = clip(z + ONE, ZERO, TWO);
    return (point){
        .value = z >= ONE ? z : R(0.25) * h * h,
        .grad = HALF * sign * h,
        .hess = z > -ONE ? (z < ONE ? HALF : ZERO) : (z <= -ONE ? ZERO : z),
    };
}
