/* -y log p - (1 - y) log(1 - p), exact: infinite where it is. 0 log 0 = 0.
 * The gradient (p - y) / (p (1 - p)) becomes 1 / (1 - p) and -1 / p for hard targets, which stay finite at the right answer. */
POINTWISE(binary_cross_entropy)
{
    /* Adding 0 makes -0 positive: 1 / p has the right sign. */
    const real p = pred + ZERO, q = ONE - p, y = target, z = ONE - y;
    const real hit = y == ZERO ? ZERO : y * log_(p), miss = z == ZERO ? ZERO : z * log1p_(-p);
    const real numerator = y == ZERO ? ONE : z == ZERO ? -ONE : p - y;
    const real denominator = y == ZERO ? q : z == ZERO ? p : p * q;
    const real curve = (y == ZERO ? ZERO : y / p / p) + (z == ZERO ? ZERO : z / q / q);
    return (point){.value = p == p ? -hit - miss : p, .grad = numerator / denominator, .hess = p == p ? curve : p};
}
