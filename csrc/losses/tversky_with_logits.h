/* The Tversky loss of p = sigmoid(x), of which 1 - p keeps its digits. */
#pragma once

#include "tversky.h"

enum {
    tversky_with_logits_elements = 2,
    tversky_with_logits_labels = 0,
    tversky_with_logits_sums = 3,
    tversky_with_logits_is_centered = 0
};

TERMS(tversky_with_logits)
{
    return tversky_terms_of(probability_of(x.first), x.second);
}

FINISH(tversky_with_logits)
{
    return tversky_finish(sum, of, param);
}

SLOPES(tversky_with_logits)
{
    return tversky_slopes_of(probability_of(x.first), x.second, slope);
}
