/* 1 - (Σ p t + s) / (Σ p + Σ t - Σ p t + s): the overlap over the union of two regions (Jaccard 1901). */
#pragma once

#include "overlap.h"

enum { jaccard_elements = 2, jaccard_labels = 0, jaccard_sums = 2, jaccard_is_centered = 0 };

TERMS(jaccard)
{
    return terms_of_sizes(probability_itself(x.first), x.second);
}

FINISH(jaccard)
{
    const dissimilarity d = dissimilarity_of(sum[0], sum[1], 0.0, 1.0, 1.0, param[0]);
    return (finished){.value = d.value, .slope = {d.by_both, d.by_pred_alone}};
}

SLOPES(jaccard)
{
    return slopes_of_sizes(probability_itself(x.first), x.second, slope);
}
