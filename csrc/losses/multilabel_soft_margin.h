/* One class's part of a mean over classes of binary cross-entropies; operand is what the class counts. A class that counts 0
 * adds nothing, whatever its logit. */
#include "binary_cross_entropy_with_logits.h"

POINTWISE(multilabel_soft_margin)
{
    const point p = binary_cross_entropy_with_logits_point(pred, target, ONE, param);
    const int counts = operand != ZERO;
    return (point){
        .value = keep_if(counts, operand * p.value),
        .grad = keep_if(counts, operand * p.grad),
        .hess = keep_if(counts, operand * p.hess),
    };
}
