/* exp x - y x: the negative log-likelihood of a Poisson count y with log-rate x, without the constant log y!.
 * A count of 0 leaves exp x alone, for an infinite x too, and an infinite exp x is all that counts. */
POINTWISE(poisson)
{
    const real rate = exp_(pred);
    const int alone = ((target == ZERO) & (pred == pred)) | (rate > LARGEST);
    const real value = choose(alone, rate, fma_(-target, pred, rate));
    return (point){.value = value, .grad = rate - target, .hess = rate};
}
