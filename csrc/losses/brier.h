/* Brier (1950): (p - y)². */
#include "squared_error.h"

POINTWISE(brier)
{
    return squared_error_point(pred, target, operand, param);
}
