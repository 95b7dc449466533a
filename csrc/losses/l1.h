/* strength |r|, r = pred - target. At the kink the subgradient 0; the last alternative keeps NaN. */
POINTWISE(l1)
{
    const real r = pred - target, strength = param[0];
    return (point){
        .value = TWO * (strength * abs_(half_difference(pred, target))),
        .grad = r > ZERO ? strength
              : r < ZERO ? -strength
                         : r,
        .hess = ZERO,
    };
}
