/* exp x - y x: the negative log-likelihood of a Poisson count y with log-rate x, without the constant log y!.
 * Where x is large all is computed in units of 2^16: exp x may be too large for a number and the difference not.
 * A count of 0 leaves exp x alone, for an infinite x too, and an infinite exp x is all that counts. */
POINTWISE(poisson)
{
    const bits scale = -(bits)(pred > R(64.0)) & 16;
    const real unit = power_of_two(EXPONENT_BIAS + scale), count = target * power_of_two(EXPONENT_BIAS - scale);
    const real rate = exp_divided(pred, scale);
    const int alone = ((target == ZERO) & (pred == pred)) | (rate > LARGEST);
    const real value = choose(alone, rate, fma_(-count, pred, rate));
    return (point){.value = unit * value, .grad = unit * (rate - count), .hess = unit * rate};
}
