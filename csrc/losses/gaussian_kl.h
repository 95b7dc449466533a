/* Σ ½ (exp(u) - 1 - u + (m - n)² exp(-w)), u = v - w: the divergence of normal distributions of mean m and log-variance v from
 * those of n and w (Kullback and Leibler 1951); not less than the free bits, below which it counts as them (Kingma et al.
 * 2016). */
#pragma once

enum { gaussian_kl_elements = 4, gaussian_kl_labels = 0, gaussian_kl_sums = 1, gaussian_kl_is_centered = 0 };

TERMS(gaussian_kl)
{
    const real u = (real)(x.second - x.fourth);
    const double z = (x.first - x.third) * (double)exp_((real)(-0.5 * x.fourth));
    return (terms){.of_sum_0 = 0.5 * ((double)expm1_excess(u) + z * z)};
}

FINISH(gaussian_kl)
{
    const int free = sum[0] <= param[0];
    return (finished){.value = free ? param[0] : sum[0], .slope = {free ? 0.0 : sum[0] == sum[0] ? 1.0 : sum[0]}};
}

SLOPES(gaussian_kl)
{
    const real u = (real)(x.second - x.fourth);
    const double root = (double)exp_((real)(-0.5 * x.fourth)), z = (x.first - x.third) * root;
    const double by_mean = slope[0] * (z * root), by_variance = 0.5 * slope[0] * (double)expm1_(u);
    return (elements){
        .first = by_mean, .second = by_variance, .third = -by_mean, .fourth = -by_variance - 0.5 * slope[0] * (z * z)};
}
