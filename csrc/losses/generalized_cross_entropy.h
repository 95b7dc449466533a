/* Zhang & Sabuncu (2018): (1 - p^q) / q, q in (0, 1]. With x = q log p it is -log p expm1(x) / x, which no small q spoils; far
 * from p = 1, where log p may be infinite, -expm1(x) / q. A q that is 0 in `real` is the limit, -log p. */
LOG_PROBABILITY(generalized_cross_entropy)
{
    const real q = param[0], x = keep_if(q != ZERO, q * log_p), wanting = expm1_(x), power = exp_nonpositive(x);
    return (point){
        .value = choose(x > -ONE, (ZERO - log_p) * choose(x == ZERO, ONE, wanting / x), -wanting / q),
        .grad = -power,
        .hess = -q * power,
    };
}
