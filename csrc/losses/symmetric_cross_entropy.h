/* Wang et al. (2019): alpha (-log p) + beta (-A) (1 - p), the second term being the cross-entropy of the label for the
 * prediction, -sum q log y, with A for log 0. */
LOG_PROBABILITY(symmetric_cross_entropy)
{
    const real alpha = param[0], beta = param[1], log_zero = param[2], part = beta * p;
    return (point){
        .value = keep_if(alpha != ZERO, alpha * (ZERO - log_p)) - beta * complement * log_zero,
        .grad = fma_(part, log_zero, -alpha),
        .hess = part * log_zero,
    };
}
