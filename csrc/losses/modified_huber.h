/* Zhang (2004): max(0, m)² with m = 1 - y x for labels y of -1 and 1, and 4 (m - 1) where m > 2. With c = clip(m, 0, 2) both
 * are c (2m - c). */
POINTWISE(modified_huber)
{
    const real m = fma_(-target, pred, ONE), c = clip(m, ZERO, TWO);
    return (point){
        .value = c * (TWO * at_least(m, ZERO) - c),
        .grad = -TWO * target * c,
        .hess = m == m ? keep_if((m > ZERO) & (m <= TWO), TWO * target * target) : m,
    };
}
