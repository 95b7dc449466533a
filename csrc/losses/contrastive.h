/* y max(0, d - m) + (1 - y) max(0, n - d), or with squares of both, d = |a - b|_p (Hadsell, Chopra and LeCun 2006). */
#pragma once

#include "distance.h"

enum { contrastive_elements = 2, contrastive_labels = 1, contrastive_sums = 1, contrastive_is_centered = 0 };

TERMS(contrastive)
{
    return (terms){.of_sum_0 = power_term(x.first - x.second, param[0])};
}

TERMS(contrastive_of_power_1)
{
    return (terms){.of_sum_0 = __builtin_fabs(x.first - x.second)};
}

TERMS(contrastive_of_power_2)
{
    const double r = x.first - x.second;
    return (terms){.of_sum_0 = r * r};
}

FINISH(contrastive)
{
    const distance d = distance_of(sum[0], param[0], of);
    const double y = of.label, far = d.value - param[1] * of.length, near = param[2] * of.length - d.value;
    const double above = far <= 0.0 ? 0.0 : far, below = near <= 0.0 ? 0.0 : near;
    const int squared = param[3] != 0.0;
    const double value = squared ? y * above * above + (1.0 - y) * below * below : y * above + (1.0 - y) * below;
    const double by_distance =
        squared ? 2.0 * (y * above - (1.0 - y) * below) : y * (far > 0.0 ? 1.0 : 0.0) - (1.0 - y) * (near > 0.0 ? 1.0 : 0.0);
    return (finished){.value = value, .slope = {value != value ? value : by_distance * d.slope}, .degree = squared ? 2 : 1};
}

#define CONTRASTIVE_SLOPES(name, of_difference)                                                                                \
    SLOPES(name)                                                                                                               \
    {                                                                                                                          \
        const double r = x.first - x.second, by = slope[0] * (of_difference);                                                  \
        return (elements){.first = by, .second = -by};                                                                         \
    }
CONTRASTIVE_SLOPES(contrastive, power_slope(r, param[0]))
CONTRASTIVE_SLOPES(contrastive_of_power_1, manhattan_slope(r))
CONTRASTIVE_SLOPES(contrastive_of_power_2, 2.0 * r)
