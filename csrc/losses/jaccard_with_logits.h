/* The Jaccard loss of p = sigmoid(x), of which 1 - p keeps its digits. */
#pragma once

#include "jaccard.h"

enum { jaccard_with_logits_elements = 2, jaccard_with_logits_labels = 0, jaccard_with_logits_sums = 2, jaccard_with_logits_is_centered = 0 };

TERMS(jaccard_with_logits)
{
    const probability p = probability_of(x.first);
    const overlap o = overlap_of(p.is, p.is_not, x.second);
    return (terms){.of_sum_0 = o.both, .of_sum_1 = o.pred_alone + o.target_alone};
}

FINISH(jaccard_with_logits)
{
    return jaccard_finish(sum, of, param);
}

SLOPES(jaccard_with_logits)
{
    const double target = x.second;
    const probability p = probability_of(x.first);
    return (elements){.first = (slope[0] * target + slope[1] * (1.0 - 2.0 * target)) * p.slope,
                      .second = slope[0] * p.is + slope[1] * (p.is_not - p.is)};
}
