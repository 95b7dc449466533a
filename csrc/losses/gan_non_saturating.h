/* The cross-entropy of a discriminator's logit, target 1 for real; the generator's loss is that of the label 1. */
#include "binary_cross_entropy_with_logits.h"

POINTWISE(gan_non_saturating)
{
    return binary_cross_entropy_with_logits_point(pred, param[0] != ZERO ? ONE : target, ONE, param);
}
