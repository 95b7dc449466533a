/* exp x - y x: the negative log-likelihood of a Poisson count y with log-rate x, without the constant log y!. */
POINTWISE(poisson)
{
    const real rate = exp_(pred);
    return (point){.value = fma_(-target, pred, rate), .grad = rate - target, .hess = rate};
}
