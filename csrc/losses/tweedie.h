/* exp((2-p) x)/(2-p) + y exp(-(p-1) x)/(p-1), 1 < p < 2, x the log of the mean; at p = 1 the second term is -y x, at p = 2 the
 * first is x: what they lack of a limit does not depend on x, and the derivatives are limits. Where the first is large all is
 * computed in units of 2^16: it may be too large for a number and the difference not. */
POINTWISE(tweedie)
{
    const real up = TWO - param[0], down = param[0] - ONE, x = clip(pred, -LARGEST, LARGEST);
    const int far = up * x > R(64.0);
    const bits shift = 16 & -(bits)far;
    exp_parts rise = exp_factor_of_product(up, x), fall = exp_factor_of_product(-down, x);
    rise.exponent -= shift;
    fall.exponent -= shift;
    const real unit = far ? R(65536.0) : ONE, inverse_unit = far ? ONE / R(65536.0) : ONE;
    /* It is bounded where exp is no longer finite; a target of 0 leaves the first term alone, for an infinite x too. */
    const real linear = keep_if(target != ZERO, -(inverse_unit * target) * at_most(pred, EXP_HEIGHT));
    const real start = choose(target == ZERO, pred, at_least(pred, -LARGEST));
    const real first = choose(up == ZERO, start, times_exp(ONE, exp_parts_times(rise, ONE / up)));
    const real second = choose(down == ZERO, linear, times_exp(target, exp_parts_times(fall, ONE / down)));
    return (point){
        .value = unit * (first + second),
        .grad = unit * (times_exp(ONE, rise) - times_exp(target, fall)),
        .hess = unit * (times_exp(ONE, exp_parts_times(rise, up)) + times_exp(target, exp_parts_times(fall, down))),
    };
}
