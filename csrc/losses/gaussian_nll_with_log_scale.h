/* z²/2 + t, z = r exp(-t), r = pred - target, t the logarithm of the standard deviation. With exp(-2t) = 2^(n + k) m, z² is the
 * product of 2^n m r and 2^k r, each of about the size of z, so that neither is too large or too small for a number unless z²
 * is. */
POINTWISE(gaussian_nll_with_log_scale)
{
    const wide_residual r = wide_residual_of(pred, target);
    const exp_parts precision = exp_factor(-TWO * operand);
    const bits half = ((precision.exponent + 4 * EXPONENT_BIAS) >> 1) - 2 * EXPONENT_BIAS;
    const real one = r.unit * times_exp(r.r, (exp_parts){.mantissa = precision.mantissa, .exponent = half});
    const real other = r.unit * times_exp(r.r, (exp_parts){.mantissa = ONE, .exponent = precision.exponent - half});
    const real constant = keep_if(param[0] != ZERO, R(0.9189385332046727)); /* log(2 pi)/2 */
    return (point){
        .value = fma_(HALF * one, other, operand + constant),
        .grad = r.unit * times_exp(r.r, precision),
        .hess = times_exp(ONE, precision),
        .second_grad = fma_(-one, other, ONE),
        .second_hess = TWO * one * other,
    };
}
