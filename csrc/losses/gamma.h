/* x + y exp(-x): the negative log-likelihood of a positive y of a gamma distribution, x the log of its mean, in units of the
 * shape and without its constants. At x = -infinity the second term is the larger. */
POINTWISE(gamma)
{
    const real ratio = times_exp(target, exp_factor(-pred));
    return (point){.value = at_least(pred, -LARGEST) + ratio, .grad = ONE - ratio, .hess = ratio};
}
