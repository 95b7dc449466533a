/* (y + 1/a) log(1 + a m) - y x, m = exp x, a the dispersion: the negative log-likelihood of a count y of mean m and variance m
 * + a m², without what does not depend on x; at a = 0 Poisson's. Gradient (m - y) / (1 + a m), Hessian m (1 + a y) / (1 + a
 * m)².
 *
 * Quotients are computed in units of 2^n, with m = 2^n times a number near 1, where x > 0: there m may be too large for a
 * number. With u = a m the value is y (log(1 + u) - x) + log(1 + u) / a, where
 *
 *     u <= 1:  log(1 + u) / a = m (log(1 + u) / u), which no small a spoils
 *     u > 1:   log(1 + u) - x = log a + log(1 + 1/u), which does not cancel. */
POINTWISE(negative_binomial)
{
    const real a = param[0], inverse_a = ONE / a, log_a = log_positive(a);
    const int far = pred > R(64.0), mild = a < ONE;
    const exp_parts mean = exp_factor(pred);
    const bits n = mean.exponent & -(bits)(pred > ZERO);
    const exp_parts unit = {.mantissa = ONE, .exponent = -n},
                    mean_in_units = {.mantissa = mean.mantissa, .exponent = mean.exponent - n};
    const real one = times_exp(ONE, unit), y = times_exp(target, unit), m = times_exp(ONE, mean_in_units);
    const real u = times_exp(a, mean_in_units), d = one + u;
    const int beyond = u > one;

    /* A value of large terms is computed in units of 2^16: they may be too large for numbers, and the difference not. */
    const real smaller = beyond ? one : u, larger = beyond ? u : one, ratio = keep_if(larger != ZERO, smaller / larger);
    const real curve = log1p_unit_polynomial(ratio), log1p_ratio = fma_(ratio * ratio, curve, ratio);
    const log_parts parts = log_reduced(u, 0);
    const real minus_n = ROUNDER - from_bits(to_bits(ROUNDER) + n);
    const real log1p_u = choose(pred > PRODUCT_DEPTH, pred + log_a, log_from(parts.minus_k + minus_n, parts.f, log1p_ratio));
    const real per_count = choose(beyond, log_a + log1p_ratio, log1p_ratio - at_most(pred, PRODUCT_DEPTH));
    const real value_unit = far ? R(65536.0) : ONE, inverse_unit = far ? ONE / R(65536.0) : ONE;
    const exp_parts scaled_mean = {.mantissa = mean.mantissa, .exponent = mean.exponent - (16 & -(bits)far)};
    const real rest =
        choose(beyond, log1p_u * (inverse_a * inverse_unit), times_exp(ONE, scaled_mean) * fma_(ratio, curve, ONE));
    const real count = target * inverse_unit;

    /* Where u is lost beside 1 the Hessian is m (1 + a y), else f u / (1 + u)², f = y + 1/a: each is made where its factors are
     * numbers, beyond u = 1 with f / a by (1 + u) / a for a small a. */
    const int lost = u < one * PICK(0x1p-26f, 0x1p-55);
    const real f = target + inverse_a, small_inverse = mild ? inverse_a : ONE;
    const real at_start =
        times_exp(fma_(target, mild ? a : ONE, mild ? ONE : inverse_a), exp_parts_times(mean, mild ? ONE : a));
    const real share = times_exp(f, exp_parts_times(unit, small_inverse)) / (mild ? times_exp(inverse_a, unit) + m : d);
    const real further = choose(beyond, share, f * (one / d)) * (u / d);
    return (point){
        .value = value_unit * (keep_if(target != ZERO, count * per_count) + rest),
        .grad = (m - y) / d,
        .hess = choose(lost | (a == ZERO), at_start, further),
    };
}
