/* One class's part of sum p (log p - pred), p the target, pred a log-probability. 0 log 0 = 0. param[0]: the target is log p.
 */
POINTWISE(kl_divergence)
{
    const int log_target = param[0] != ZERO;
    const real p = choose(log_target, exp_(target), target), log_p = choose(log_target, target, log_(target));
    const int unknown = pred != pred || p != p;
    return (point){
        .value = unknown   ? pred + p
               : p == ZERO ? ZERO
                           : p * (log_p - pred),
        .grad = unknown ? pred + p : -p,
        .hess = ZERO,
    };
}
