/* exp x - y x: the negative log-likelihood of a Poisson count y with log-rate x, without the constant log y!.
 * Where x is large all is computed in units of 2^16: exp x may be too large for a number and the difference not.
 * A count of 0 leaves exp x alone, for an infinite x too; and an infinite exp x is all that counts, so the other x need not be.
 */
#pragma once
#include "count_constant.h"
#include "generalized_kl.h"

POINTWISE(poisson)
{
    const int far = pred > R(64.0);
    const real unit = far ? R(65536.0) : ONE, count = far ? target * PICK(0x1p-16f, 0x1p-16) : target;
    const real rate = exp_divided(pred, far ? 16 : 0);
    const real value = target == ZERO ? rate : fma_(-count, at_most(pred, EXP_HEIGHT), rate);
    return (point){.value = unit * value, .grad = unit * (rate - count), .hess = unit * rate};
}

POINTWISE(poisson_full)
{
    point p = poisson_point(pred, target, operand, param);
    p.value = generalized_kl_point(pred, target, operand, param).value + count_constant(target, log_(target));
    return p;
}
