/* max(0, m)², m = 1 - y x, for labels y of -1 and 1. */
POINTWISE(squared_hinge)
{
    const real m = at_least(fma_(-target, pred, ONE), ZERO);
    return (point){.value = m * m, .grad = -TWO * target * m, .hess = m > ZERO ? TWO * target * target : m};
}
