/* One class's part of the total variation distance sum |p - q| / 2. Subgradient 0 at a tie; the last alternative keeps NaN. */
POINTWISE(total_variation)
{
    const real r = pred - target;
    return (point){.value = HALF * abs_(r), .grad = r > ZERO ? HALF : r < ZERO ? -HALF : r, .hess = ZERO};
}
