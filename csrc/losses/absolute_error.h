/* |r|, r = pred - target. At the kink the subgradient 0; the last alternative keeps NaN. */
POINTWISE(absolute_error)
{
    const real r = pred - target;
    return (point){.value = abs_(r), .grad = r > ZERO ? ONE : r < ZERO ? -ONE : r, .hess = ZERO};
}
