/* The cross-entropy of a discriminator's logit x, target 1 for real; the generator's loss is log(1 - sigmoid(x)), which is
 * minus that of the label 0. */
#include "binary_cross_entropy_with_logits.h"

POINTWISE(gan_minimax)
{
    const int generator = param[0] != ZERO;
    const point p = binary_cross_entropy_with_logits_point(pred, generator ? ZERO : target, ONE, param);
    const real sign = generator ? -ONE : ONE;
    return (point){.value = sign * p.value, .grad = sign * p.grad, .hess = sign * p.hess};
}
