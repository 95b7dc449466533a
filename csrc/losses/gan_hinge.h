/* max(0, 1 - x) where the target is 1, max(0, 1 + x) where it is 0; -x for the generator. Subgradient 0 at the kink; the last
 * alternatives keep NaN. */
POINTWISE(gan_hinge)
{
    const real sign = fma_(TWO, target, -ONE), m = fma_(-sign, pred, ONE);
    const int generator = param[0] != ZERO;
    const real slope = m > ZERO ? -sign : m <= ZERO ? ZERO : m;
    return (point){
        .value = generator ? -pred : at_least(m, ZERO),
        .grad = generator ? (pred == pred ? -ONE : pred) : slope,
        .hess = ZERO,
    };
}
