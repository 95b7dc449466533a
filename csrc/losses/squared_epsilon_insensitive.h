/* max(0, |r| - epsilon)², r = pred - target. */
#include "epsilon_insensitive.h"

POINTWISE(squared_epsilon_insensitive)
{
    const real excess = at_least(tube_excess(pred, target, param[0]), ZERO);
    return (point){
        .value = excess * excess,
        .grad = copysign_(TWO * excess, pred - target),
        .hess = excess > ZERO ? TWO : excess,
    };
}
