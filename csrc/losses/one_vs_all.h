/* One class's part of a sum over classes of binary cross-entropies; the target is 1 for the label and 0 for all others. */
#include "binary_cross_entropy_with_logits.h"

POINTWISE(one_vs_all)
{
    return binary_cross_entropy_with_logits_point(pred, target, ONE, param);
}
