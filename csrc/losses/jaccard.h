/* 1 - (Σ p t + s) / (Σ p + Σ t - Σ p t + s): the overlap over the union of two regions (Jaccard 1901). */
#pragma once

#include "overlap.h"

enum { jaccard_elements = 2, jaccard_labels = 0, jaccard_sums = 2, jaccard_is_centered = 0 };

TERMS(jaccard)
{
    const overlap o = overlap_of(x.first, 1.0 - x.first, x.second);
    return (terms){.of_sum_0 = o.both, .of_sum_1 = o.pred_alone + o.target_alone};
}

FINISH(jaccard)
{
    const dissimilarity d = dissimilarity_of(sum[0], sum[1], 0.0, 1.0, 1.0, param[0]);
    return (finished){.value = d.value, .slope = {d.by_both, d.by_pred_alone}};
}

SLOPES(jaccard)
{
    const double pred = x.first, target = x.second;
    return (elements){.first = slope[0] * target + slope[1] * (1.0 - 2.0 * target),
                      .second = slope[0] * pred + slope[1] * (1.0 - 2.0 * pred)};
}
