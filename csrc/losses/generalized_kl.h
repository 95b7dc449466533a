/* y (log y - x) + exp x - y, x the log of the mass: with d = x - log y it is y (exp d - 1 - d), where |d| <= 1 as y d² P(d). A
 * y of 0 leaves exp x alone. Where x is large the rest is computed in units of 2^16: exp x may be too large for a number and
 * the difference not. */
#pragma once

POINTWISE(generalized_kl)
{
    const int far = pred > R(64.0);
    const real unit = far ? R(65536.0) : ONE, count = far ? target * PICK(0x1p-16f, 0x1p-16) : target;
    const real mass = exp_divided(pred, far ? 16 : 0), d = at_most(pred, EXP_HEIGHT) - log_(target);
    const real value = choose(abs_(d) <= ONE, target * (d * (d * exp_curve(d))), unit * fma_(-count, ONE + d, mass));
    return (point){.value = choose(target == ZERO, unit * mass, value), .grad = unit * (mass - count), .hess = unit * mass};
}
