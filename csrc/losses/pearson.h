/* 1 - r, Pearson's correlation of two arguments, which come less their means: what those lost in rounding is put right by their
 * sums. */
#pragma once

enum { pearson_elements = 2, pearson_labels = 0, pearson_sums = 5, pearson_is_centered = 1 };

TERMS(pearson)
{
    const double a = x.first, b = x.second;
    return (terms){.of_sum_0 = a * b, .of_sum_1 = a * a, .of_sum_2 = b * b, .of_sum_3 = a, .of_sum_4 = b};
}

FINISH(pearson)
{
    if (of.count == 0.0) /* there is nothing to correlate */
        return (finished){.value = 1.0};
    const double n = of.count, a = sum[3] / n, b = sum[4] / n;
    const double ab = sum[0] - a * sum[4], aa = sum[1] - a * sum[3], bb = sum[2] - b * sum[4];
    /* What does not vary has no correlation, which counts as 0. */
    if (aa == 0.0 || bb == 0.0)
        return (finished){.value = aa == aa && bb == bb ? 1.0 : NAN};
    const double size = sqrt_(aa) * sqrt_(bb), r = ab / size, by_ab = -1.0 / size, by_aa = 0.5 * r / aa, by_bb = 0.5 * r / bb;
    return (finished){.value = 1.0 - r,
                      .slope = {by_ab, by_aa, by_bb, -by_ab * b - 2.0 * by_aa * a, -by_ab * a - 2.0 * by_bb * b}};
}

SLOPES(pearson)
{
    return (elements){.first = slope[0] * x.second + 2.0 * slope[1] * x.first + slope[3],
                      .second = slope[0] * x.first + 2.0 * slope[2] * x.second + slope[4]};
}
