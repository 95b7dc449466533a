/* (1 - (Σ p t + s) / (Σ p t + α Σ p (1 - t) + β Σ (1 - p) t + s))^γ (Tversky 1977, Salehi 2017; Abraham and Khan 2019). */
#pragma once

#include "overlap.h"

enum { tversky_elements = 2, tversky_labels = 0, tversky_sums = 3, tversky_is_centered = 0 };

INLINE terms tversky_terms_of(probability p, double target)
{
    const overlap o = overlap_of(p, target);
    return (terms){.of_sum_0 = o.both, .of_sum_1 = (double)o.pred_alone, .of_sum_2 = (double)o.target_alone};
}

INLINE elements tversky_slopes_of(probability p, double target, const double *slope)
{
    const double is = (double)p.is;
    /* In two parts, of which that of a target of 0 or 1 is one alone: where a weight is 0 the other is far larger. */
    return (elements){.first = (slope[1] * (1.0 - target) + target * (slope[0] - slope[2])) * (double)p.slope,
                      .second = slope[0] * is - slope[1] * is + slope[2] * (double)p.is_not};
}

TERMS(tversky)
{
    return tversky_terms_of(probability_itself(x.first), x.second);
}

FINISH(tversky)
{
    const double gamma = param[2];
    const dissimilarity d = dissimilarity_of(sum[0], sum[1], sum[2], param[0], param[1], param[3]);
    /* Where nothing is apart the loss has its minimum, and the subgradient 0. */
    const double power = gamma == 1.0   ? 1.0
                       : d.value > 0.0  ? gamma * pow_(d.value, gamma - 1.0)
                       : d.value == 0.0 ? 0.0
                                        : d.value;
    return (finished){.value = gamma == 1.0 ? d.value : power * d.value / gamma,
                      .slope = {power * d.by_both, power * d.by_pred_alone, power * d.by_target_alone}};
}

SLOPES(tversky)
{
    return tversky_slopes_of(probability_itself(x.first), x.second, slope);
}
