/* -y log p - (1 - y) log(1 - p), exact: infinite where it is. 0 log 0 = 0.
 * The gradient (p - y) / (p (1 - p)) becomes 1 / (1 - p) and -1 / p for hard targets, which stay finite at the right answer.
 * By the target it is log(1 - p) - log p, though the target be 0 or 1. */
POINTWISE(binary_cross_entropy)
{
    /* Adding 0 makes -0 positive: 1 / p has the right sign. */
    const real p = pred + ZERO, q = ONE - p, y = target, z = ONE - y;
    const real log_p = p == ZERO ? -INFINITE : log_share(p), log_q = q == ZERO ? -INFINITE : log1p_finite(-p);
    const real hit = keep_if(y != ZERO, y * log_p), miss = keep_if(z != ZERO, z * log_q);
    const real numerator = y == ZERO ? ONE : z == ZERO ? -ONE : p - y;
    const real denominator = y == ZERO ? q : z == ZERO ? p : p * q;
    const real curve = keep_if(y != ZERO, y / p / p) + keep_if(z != ZERO, z / q / q);
    const int defined = (p >= ZERO) & (p <= ONE) & (y == y);
    return (point){
        .value = defined ? ZERO - (hit + miss) : NOT_A_NUMBER,
        .grad = defined ? numerator / denominator : NOT_A_NUMBER,
        .hess = defined ? curve : NOT_A_NUMBER,
        .second_grad = defined ? log_q - log_p : NOT_A_NUMBER,
    };
}
