/* p (log p - x), p the target, x a log-probability; 0 log 0 = 0. By the target log p + 1 - x, which is infinite at a predicted
 * probability of 0, and where only the target is 0. */
POINTWISE(elementwise_kl_divergence)
{
    const real p = target, log_ratio = log_(p) - pred;
    const int known = (pred == pred) & (p == p);
    return (point){
        .value = choose(known, keep_if(p != ZERO, p * log_ratio), pred + p),
        .grad = choose(known, ZERO - p, pred + p),
        .hess = ZERO,
        .second_grad = choose(known, choose(pred == -INFINITE, INFINITE, log_ratio + ONE), pred + p),
    };
}
