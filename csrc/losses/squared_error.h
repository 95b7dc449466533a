/* r² with r = pred - target, without a factor 1/2: the mean squared error of most libraries. */
#pragma once

POINTWISE(squared_error)
{
    const real r = pred - target;
    return (point){.value = r * r, .grad = TWO * r, .hess = TWO};
}
