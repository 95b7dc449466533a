/* max(0, -y x) for labels y of -1 and 1. Subgradient 0 at the kink; the last alternative keeps NaN. */
POINTWISE(perceptron)
{
    const real z = target * pred;
    return (point){.value = at_least(ZERO - z, ZERO), .grad = z < ZERO ? -target : z >= ZERO ? ZERO : z, .hess = ZERO};
}
