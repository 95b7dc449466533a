/* Lin et al. (2017), for classes: m^gamma H with m = 1 - p the probability missed and H = -log p.
 *
 * m^gamma is the square of `root`: where it is too small for a number, its product with what grows as p falls need not be. With
 * r = H / m, from 1 at p = 1 to infinity, no m^(gamma-1) is formed in the gradient, which is finite for every gamma >= 0:
 *     by log p   -m^gamma (1 + gamma p r),   m^gamma gamma (p / m) (2 - r (1 - gamma p))
 * In the second, m^(gamma-1) is large only where it meets the squares of probabilities below m. */
LOG_PROBABILITY(softmax_focal)
{
    const real gamma = param[0], entropy = ZERO - log_p, m = complement, pull = gamma * p;
    const real root = choose(gamma == ZERO, ONE, exp_nonpositive(HALF * gamma * log_share_beside_one(m, -p)));
    /* -log(1 - m) / m is 1 + m/2 + ... */
    const real r = choose(m < PICK(FLT_EPSILON, DBL_EPSILON) / 4, ONE, entropy / m);
    const int counts = (root != ZERO) | (log_p != log_p); /* the logarithm of NaN is any number */
    return (point){
        .value = keep_if(counts, root * entropy * root),
        .grad = -keep_if(counts, root * (ONE + keep_if(pull != ZERO, pull * r)) * root),
        .hess = keep_if(counts & (pull != ZERO), at_most(pull * root / m, LARGEST) * fma_(-r, ONE - pull, TWO) * root),
    };
}
