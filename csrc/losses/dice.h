/* 1 - (2 Σ p t + s) / (Σ p + Σ t + s), or with squares p² and t² in the sizes: the overlap of two regions (Dice 1945). Sizes
 * are twice the overlap and what is in one alone, Σ p (1 - t) + t (1 - p) or Σ (p - t)². */
#pragma once

#include "overlap.h"

enum { dice_elements = 2, dice_labels = 0, dice_sums = 2, dice_is_centered = 0 };

INLINE terms terms_of_squares(probability p, double target)
{
    const double excess = (double)excess_of(p, target);
    return (terms){.of_sum_0 = overlap_of(p, target).both, .of_sum_1 = excess * excess};
}

INLINE elements slopes_of_squares(probability p, double target, const double *slope)
{
    const double twice = 2.0 * (double)excess_of(p, target);
    return (elements){.first = (slope[0] * target + slope[1] * twice) * (double)p.slope,
                      .second = slope[0] * (double)p.is - slope[1] * twice};
}

TERMS(dice)
{
    return terms_of_sizes(probability_itself(x.first), x.second);
}

SLOPES(dice)
{
    return slopes_of_sizes(probability_itself(x.first), x.second, slope);
}

TERMS(dice_of_squares)
{
    return terms_of_squares(probability_itself(x.first), x.second);
}

SLOPES(dice_of_squares)
{
    return slopes_of_squares(probability_itself(x.first), x.second, slope);
}

FINISH(dice)
{
    const dissimilarity d = dissimilarity_of(2.0 * sum[0], sum[1], 0.0, 1.0, 1.0, param[0]);
    return (finished){.value = d.value, .slope = {2.0 * d.by_both, d.by_pred_alone}};
}
