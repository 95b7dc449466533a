/* y exp(-x) + (1 - y) exp x, for y from 0 to 1. Of a small y the product may be a number where exp x is none. */
POINTWISE(exponential_with_soft_labels)
{
    const real hit = times_exp(target, exp_factor(-pred)), miss = times_exp(ONE - target, exp_factor(pred));
    return (point){.value = hit + miss, .grad = miss - hit, .hess = hit + miss};
}
