/* A residual r = pred - target beside the scale c > 0 of a robust loss, without a quotient or a difference that overflows: with
 * the ratio q = min(|r|, c) / max(|r|, c) a function of (r/c)² within the scale is one of q², and beyond it one of 1/q². */
#ifndef FASTLOSS_RESIDUAL_H
#define FASTLOSS_RESIDUAL_H

#include "real.h"

typedef struct {
    real r, half;     /* r, which may be too large for a number, and r / 2 */
    real inside;      /* r clipped to [-c, c] */
    real half_larger; /* max(|r|, c) / 2 */
    real ratio;       /* q */
    real share;       /* c / max(|r|, c): 1 within, q beyond */
    int beyond;       /* |r| > c */
} residual;

/* choose() and not ?: keeps gcc from computing what follows twice, once for each side. */
INLINE residual residual_of(real pred, real target, real c)
{
    const real r = pred - target, half = half_difference(pred, target), half_size = abs_(half), half_c = HALF * c;
    const int beyond = half_size > half_c;
    /* Within the scale it is no ratio of halves: a subnormal r may lose its last digit when halved. */
    const real ratio = choose(beyond, half_c, abs_(r)) / choose(beyond, half_size, c);
    return (residual){
        .r = r,
        .half = half,
        .inside = clip(r, -c, c),
        .half_larger = choose(beyond, half_size, half_c),
        .ratio = ratio,
        .share = choose(beyond, ratio, ONE),
        .beyond = beyond,
    };
}

/* A residual beside the predicted scale of a distribution, which may be of any size: r, or r/2 where r is too large for a
 * number. */
typedef struct {
    real r, unit, inverse_unit; /* r times unit is pred - target */
} wide_residual;

INLINE wide_residual wide_residual_of(real pred, real target)
{
    const real half = half_difference(pred, target);
    const int is_huge = abs_(half) > HALF * LARGEST;
    return (wide_residual){
        .r = choose(is_huge, half, pred - target),
        .unit = is_huge ? TWO : ONE,
        .inverse_unit = is_huge ? HALF : ONE,
    };
}

#endif
