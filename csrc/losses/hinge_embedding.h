/* x where the label is 1, max(0, margin - x) where it is -1. Subgradient -1 at the kink, as in PyTorch; the last alternative
 * keeps NaN. */
POINTWISE(hinge_embedding)
{
    const real short_of = param[0] - pred, slope = short_of >= ZERO ? -ONE : short_of < ZERO ? ZERO : short_of;
    const int alike = target > ZERO;
    const real known = target == target ? ONE : target;
    return (point){
        .value = known * (alike ? pred : at_least(short_of, ZERO)),
        .grad = known * (alike ? (pred == pred ? ONE : pred) : slope),
        .hess = ZERO,
    };
}
