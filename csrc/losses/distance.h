/* A distance d = (Σ |r|^p)^(1/p): the terms of its sum and their slopes; and d by its sum. For p = 1 and 2 without powers. */
#pragma once

INLINE double manhattan_slope(double r)
{
    return (double)(r > 0.0) - (double)(r < 0.0) + 0.0 * r;
}

/* |r|^p and its slope, in double; |r|^(p-1) once. */
INLINE double power_slope(double r, double p)
{
    const real size = abs_((real)r), power = size > ZERO ? pow_(size, (real)p - ONE) : size;
    return p * (double)copysign_(power, (real)r);
}

INLINE double power_term(double r, double p)
{
    return (double)abs_((real)r) * (power_slope(__builtin_fabs(r), p) / p);
}

typedef struct {
    double value, slope; /* the derivative by the sum; 0 where the distance is, as the subgradient */
} distance;

static MAYBE_UNUSED distance root_of(double sum, double p)
{
    if (p == 1.0)
        return (distance){sum, 1.0};
    if (p == 2.0) {
        const double root = __builtin_sqrt(sum);
        return (distance){root, root == 0.0 ? 0.0 : 0.5 / root};
    }
    if (!(sum > 0.0))
        return (distance){sum, sum == 0.0 ? 0.0 : sum};
    const double root = (double)pow_((real)sum, (real)(1.0 / p));
    return (distance){root, root / sum / p};
}

/* In units: see `whole`. */
static MAYBE_UNUSED distance distance_of(double sum, double p, const whole of)
{
    const distance d = root_of(sum, p);
    return (distance){d.value * of.distance, d.slope};
}
