/* max(0, z), or softplus(z), z = margin + d(a, p) - d(a, n), with d(p, n) in the place of d(a, n) where that is less and
 * `swap`; distances |x - y + ε|_p of anchor, positive and negative (Schroff, Kalenichenko and Philbin 2015; Balntas et al.
 * 2016). */
#pragma once

#include "distance.h"

enum { triplet_margin_elements = 3, triplet_margin_labels = 0, triplet_margin_sums = 3, triplet_margin_is_centered = 0 };

#define TRIPLET_TERMS(name, of_difference)                                                                                     \
    TERMS(name)                                                                                                                \
    {                                                                                                                          \
        const double eps = param[2];                                                                                           \
        double r = x.first - x.second + eps;                                                                                   \
        terms t = {.of_sum_0 = of_difference};                                                                                 \
        r = x.first - x.third + eps;                                                                                           \
        t.of_sum_1 = of_difference;                                                                                            \
        r = x.second - x.third + eps;                                                                                          \
        t.of_sum_2 = of_difference;                                                                                            \
        return t;                                                                                                              \
    }
TRIPLET_TERMS(triplet_margin, power_term(r, param[0]))
TRIPLET_TERMS(triplet_margin_of_power_1, __builtin_fabs(r))
TRIPLET_TERMS(triplet_margin_of_power_2, r *r)

FINISH(triplet_margin)
{
    const distance positive = distance_of(sum[0], param[0], of), negative = distance_of(sum[1], param[0], of),
                   swapped = distance_of(sum[2], param[0], of);
    const int swap = param[3] != 0.0 && swapped.value < negative.value, soft = param[4] != 0.0;
    const double z = param[1] * of.length + positive.value - (swap ? swapped.value : negative.value);
    const double value = soft ? (double)softplus_((real)(z / of.length)) * of.length : z <= 0.0 ? 0.0 : z;
    const double by_z = z != z ? z : soft ? (double)sigmoid_((real)(z / of.length)) : z > 0.0 ? 1.0 : 0.0;
    if (by_z == 0.0)
        return (finished){.value = value, .degree = 1};
    return (finished){.value = value,
                      .slope = {by_z * positive.slope, swap ? 0.0 : -by_z * negative.slope, swap ? -by_z * swapped.slope : 0.0},
                      .degree = 1};
}

#define TRIPLET_SLOPES(name, of_difference)                                                                                    \
    SLOPES(name)                                                                                                               \
    {                                                                                                                          \
        const double eps = param[2];                                                                                           \
        double r = x.first - x.second + eps;                                                                                   \
        const double by_0 = slope[0] * (of_difference);                                                                        \
        r = x.first - x.third + eps;                                                                                           \
        const double by_1 = slope[1] * (of_difference);                                                                        \
        r = x.second - x.third + eps;                                                                                          \
        const double by_2 = slope[2] * (of_difference);                                                                        \
        return (elements){.first = by_0 + by_1, .second = by_2 - by_0, .third = -by_1 - by_2};                                 \
    }
TRIPLET_SLOPES(triplet_margin, power_slope(r, param[0]))
TRIPLET_SLOPES(triplet_margin_of_power_1, manhattan_slope(r))
TRIPLET_SLOPES(triplet_margin_of_power_2, 2.0 * r)
