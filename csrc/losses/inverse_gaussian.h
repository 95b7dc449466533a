/* y exp(-2x)/2 - exp(-x), x the log of the mean: with h = y exp(-x)/2 it is exp(-x) (h - 1), gradient 2 exp(-x) (1/2 - h) and
 * Hessian 4 exp(-x) (h - 1/4). */
POINTWISE(inverse_gaussian)
{
    const exp_parts inverse_mean = exp_factor(-pred);
    const real h = times_exp(target, exp_parts_times(inverse_mean, HALF));
    return (point){
        .value = times_exp(h - ONE, inverse_mean),
        .grad = TWO * times_exp(HALF - h, inverse_mean),
        .hess = R(4.0) * times_exp(h - R(0.25), inverse_mean),
    };
}
