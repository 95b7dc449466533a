/* log y! - y log y + y for y >= 0, given log y: what the negative log-likelihood of a Poisson count is above its half deviance.
 * No term of the sum of the two is negative, where exp x - y x and log y! would cancel. From 2.5 on it is log(2 pi y)/2 + R(y).
 */
#pragma once

INLINE real count_constant(real y, real log_y)
{
    const int few = y < R(1.5), far = y >= R(2.5);
    const real s = at_most(choose(few, y, y - ONE), R(1.5));
    const real log_gamma = s * (s - ONE) * lgamma_polynomial(s - R(0.75));
    const real near = keep_if(y != ZERO, fma_(y, ONE - log_y, log_gamma + keep_if(!few, log_y)));
    /* log(2 pi)/2 */
    return choose(far, fma_(HALF, log_y, R(0.91893853320467274)) + lgamma_excess(y), near);
}
