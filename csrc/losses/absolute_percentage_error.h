/* |r| / max(|y|, epsilon), r = pred - target. Where only r is too large for a number, from half of it. Subgradient 0 at the
 * kink; the last alternative keeps NaN. */
POINTWISE(absolute_percentage_error)
{
    const real r = pred - target, a = abs_(r), half = abs_(half_difference(pred, target)),
               floor = at_least(abs_(target), param[0]);
    const int far = half > HALF * LARGEST;
    const real inverse = ONE / floor;
    return (point){
        .value = choose(far, half, a) / floor * choose(far, TWO, ONE),
        .grad = r > ZERO ? inverse
              : r < ZERO ? -inverse
                         : r,
        .hess = ZERO,
    };
}
