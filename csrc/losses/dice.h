/* 1 - (2 Σ p t + s) / (Σ p + Σ t + s), or with squares p² and t² in the sizes: the overlap of two regions (Dice 1945). Sizes are twice the overlap
 * and what is in one alone, Σ p (1 - t) + t (1 - p) or Σ (p - t)². */
#pragma once

#include "overlap.h"

enum { dice_elements = 2, dice_labels = 0, dice_sums = 2, dice_is_centered = 0 };

TERMS(dice)
{
    const double pred = x.first, target = x.second, difference = pred - target;
    const overlap o = overlap_of(pred, 1.0 - pred, target);
    return (terms){.of_sum_0 = o.both, .of_sum_1 = param[1] != 0.0 ? difference * difference : o.pred_alone + o.target_alone};
}

FINISH(dice)
{
    const dissimilarity d = dissimilarity_of(2.0 * sum[0], sum[1], 0.0, 1.0, 1.0, param[0]);
    return (finished){.value = d.value, .slope = {2.0 * d.by_both, d.by_pred_alone}};
}

SLOPES(dice)
{
    const double pred = x.first, target = x.second, twice = 2.0 * (pred - target);
    const int squared = param[1] != 0.0;
    return (elements){.first = slope[0] * target + slope[1] * (squared ? twice : 1.0 - 2.0 * target),
                      .second = slope[0] * pred + slope[1] * (squared ? -twice : 1.0 - 2.0 * pred)};
}
