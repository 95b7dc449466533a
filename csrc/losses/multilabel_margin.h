/* One class that is not listed against one that is, of a multi-label margin loss: the part of one class in `multi_margin` with
 * p = 1. */
#include "categorical_hinge.h"

POINTWISE(multilabel_margin)
{
    return categorical_hinge_point(pred, target, operand, param);
}
