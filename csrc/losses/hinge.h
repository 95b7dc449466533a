/* max(0, m), m = 1 - y x, for labels y of -1 and 1. Subgradient 0 at the kink; the last alternative keeps NaN. */
POINTWISE(hinge)
{
    const real m = fma_(-target, pred, ONE);
    return (point){.value = at_least(m, ZERO), .grad = m > ZERO ? -target : m <= ZERO ? ZERO : m, .hess = ZERO};
}
