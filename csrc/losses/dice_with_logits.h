/* The Dice loss of p = sigmoid(x), of which 1 - p keeps its digits. */
#pragma once

#include "dice.h"

enum {
    dice_with_logits_elements = 2,
    dice_with_logits_labels = 0,
    dice_with_logits_sums = 2,
    dice_with_logits_is_centered = 0
};

TERMS(dice_with_logits)
{
    return terms_of_sizes(probability_of(x.first), x.second);
}

SLOPES(dice_with_logits)
{
    return slopes_of_sizes(probability_of(x.first), x.second, slope);
}

TERMS(dice_with_logits_of_squares)
{
    return terms_of_squares(probability_of(x.first), x.second);
}

SLOPES(dice_with_logits_of_squares)
{
    return slopes_of_squares(probability_of(x.first), x.second, slope);
}

FINISH(dice_with_logits)
{
    return dice_finish(sum, of, param);
}
