/* Koenker and Bassett (1978): (1 - q) r where r = pred - target > 0, -q r below. Subgradient 0 at the kink. */
POINTWISE(quantile)
{
    const real r = pred - target, q = operand, slope = r > ZERO ? ONE - q : r < ZERO ? -q : r;
    return (point){.value = TWO * slope * half_difference(pred, target), .grad = slope, .hess = ZERO};
}
