/* Crammer & Singer (2001): w max(0, margin + a_r - a_y), r the label's rival, w what the row counts. */
#pragma once
#include "multi_margin.h"

POINTWISE(categorical_hinge)
{
    const real margin_and_power[] = {param[0], ONE};
    return multi_margin_point(pred, target, operand, margin_and_power);
}
