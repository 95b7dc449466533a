/* exp(-y x) for labels y of -1 and 1. */
POINTWISE(exponential)
{
    const real e = exp_(-target * pred);
    return (point){.value = e, .grad = -target * e, .hess = target * target * e};
}
