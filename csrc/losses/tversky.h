/* (1 - (Σ p t + s) / (Σ p t + α Σ p (1 - t) + β Σ (1 - p) t + s))^γ (Tversky 1977, Salehi 2017; Abraham and Khan 2019). */
#pragma once

#include "overlap.h"

enum { tversky_elements = 2, tversky_labels = 0, tversky_sums = 3, tversky_is_centered = 0 };

TERMS(tversky)
{
    const overlap o = overlap_of(x.first, 1.0 - x.first, x.second);
    return (terms){.of_sum_0 = o.both, .of_sum_1 = o.pred_alone, .of_sum_2 = o.target_alone};
}

FINISH(tversky)
{
    const double gamma = param[2];
    const dissimilarity d = dissimilarity_of(sum[0], sum[1], sum[2], param[0], param[1], param[3]);
    /* Where nothing is apart the loss has its minimum, and the subgradient 0. */
    const double power = gamma == 1.0 ? 1.0 : d.value > 0.0 ? gamma * pow_(d.value, gamma - 1.0) : d.value == 0.0 ? 0.0 : d.value;
    return (finished){.value = gamma == 1.0 ? d.value : power * d.value / gamma,
                      .slope = {power * d.by_both, power * d.by_pred_alone, power * d.by_target_alone}};
}

SLOPES(tversky)
{
    const double pred = x.first, target = x.second;
    return (elements){.first = slope[0] * target + slope[1] * (1.0 - target) - slope[2] * target,
                      .second = slope[0] * pred - slope[1] * pred + slope[2] * (1.0 - pred)};
}
