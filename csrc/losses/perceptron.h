/* max(0, -y x) for labels y of -1 and 1. Subgradient -y at the kink, as Rosenblatt's rule has it: 0 would end
 * a descent that starts at a score of 0. The last alternative keeps NaN. */
POINTWISE(perceptron)
{
    const real z = target * pred;
    return (point){.value = at_least(ZERO - z, ZERO), .grad = z <= ZERO ? ZERO - target : z > ZERO ? ZERO : z, .hess = ZERO};
}
