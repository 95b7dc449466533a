/* 1 - cos(a, b) where the label is 1, max(0, cos(a, b) - margin) where it is -1; cos = Σ a b / sqrt((Σ a² + ε) (Σ b² + ε)). */
#pragma once

enum {
    cosine_embedding_elements = 2,
    cosine_embedding_labels = 1,
    cosine_embedding_sums = 3,
    cosine_embedding_is_centered = 0
};

TERMS(cosine_embedding)
{
    return (terms){.of_sum_0 = x.first * x.second, .of_sum_1 = x.first * x.first, .of_sum_2 = x.second * x.second};
}

FINISH(cosine_embedding)
{
    const double margin = param[0], eps = param[1];
    const double first = sum[1] + eps * of.first * of.first, second = sum[2] + eps * of.second * of.second;
    const double size = sqrt_(first) * sqrt_(second), cosine = size == 0.0 ? 0.0 : sum[0] / size;
    const double beyond = cosine - margin, sign = of.label > 0.0 ? -1.0 : beyond > 0.0 ? 1.0 : 0.0;
    const double by_cosine = size == 0.0 ? 0.0 : sign;
    /* A NaN of a cosine stays. */
    const double value = of.label > 0.0 ? 1.0 - cosine : beyond <= 0.0 ? 0.0 : beyond;
    if (value != value || of.label != of.label)
        return (finished){.value = NAN, .slope = {NAN, NAN, NAN}};
    if (by_cosine == 0.0)
        return (finished){.value = value};
    return (finished){.value = value,
                      .slope = {by_cosine / size, -0.5 * by_cosine * cosine / first, -0.5 * by_cosine * cosine / second}};
}

SLOPES(cosine_embedding)
{
    return (elements){.first = slope[0] * x.second + 2.0 * slope[1] * x.first,
                      .second = slope[0] * x.first + 2.0 * slope[2] * x.second};
}
