/* The Jaccard loss of p = sigmoid(x), of which 1 - p keeps its digits. */
#pragma once

#include "jaccard.h"

enum {
    jaccard_with_logits_elements = 2,
    jaccard_with_logits_labels = 0,
    jaccard_with_logits_sums = 2,
    jaccard_with_logits_is_centered = 0
};

TERMS(jaccard_with_logits)
{
    return terms_of_sizes(probability_of(x.first), x.second);
}

FINISH(jaccard_with_logits)
{
    return jaccard_finish(sum, of, param);
}

SLOPES(jaccard_with_logits)
{
    return slopes_of_sizes(probability_of(x.first), x.second, slope);
}
