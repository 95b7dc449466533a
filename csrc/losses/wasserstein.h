/* -x where the target is 1, x where it is 0; -x for the generator. The last alternative keeps NaN. */
POINTWISE(wasserstein)
{
    const real slope = param[0] != ZERO ? -ONE : fma_(-TWO, target, ONE);
    return (point){.value = slope * pred, .grad = pred == pred ? slope : pred, .hess = ZERO};
}
