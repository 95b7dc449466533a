/* log(1 + exp(-y x)) for labels y of -1 and 1: the binary cross-entropy of the logit y x for a label 1. */
#include "binary_cross_entropy_with_logits.h"

POINTWISE(soft_margin)
{
    const point p = binary_cross_entropy_with_logits_point(target * pred, ONE, ONE, param);
    return (point){.value = p.value, .grad = target * p.grad, .hess = target * target * p.hess};
}
