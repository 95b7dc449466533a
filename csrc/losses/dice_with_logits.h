/* The Dice loss of p = sigmoid(x), of which 1 - p keeps its digits. */
#pragma once

#include "dice.h"

enum { dice_with_logits_elements = 2, dice_with_logits_labels = 0, dice_with_logits_sums = 2, dice_with_logits_is_centered = 0 };

TERMS(dice_with_logits)
{
    const double target = x.second;
    const probability p = probability_of(x.first);
    const double difference = target > 0.5 ? (1.0 - target) - p.is_not : p.is - target;
    const overlap o = overlap_of(p.is, p.is_not, target);
    return (terms){.of_sum_0 = o.both, .of_sum_1 = param[1] != 0.0 ? difference * difference : o.pred_alone + o.target_alone};
}

FINISH(dice_with_logits)
{
    return dice_finish(sum, of, param);
}

SLOPES(dice_with_logits)
{
    const double target = x.second;
    const probability p = probability_of(x.first);
    const double difference = target > 0.5 ? (1.0 - target) - p.is_not : p.is - target;
    const int squared = param[1] != 0.0;
    const double by_p = slope[0] * target + slope[1] * (squared ? 2.0 * difference : 1.0 - 2.0 * target);
    return (elements){.first = by_p * p.slope, .second = slope[0] * p.is + slope[1] * (squared ? -2.0 * difference : p.is_not - p.is)};
}
