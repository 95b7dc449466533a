/* Feng et al. (2018): w log1p(a/c) where a < w, a - C beyond; a = |pred - target|, and C joins the two.
 * Both are w log1p(min(a, w)/c) + max(a - w, 0): one log1p serves, and nothing cancels. Subgradient 0 at the kink r = 0. */
POINTWISE(wing)
{
    const real r = pred - target, a = abs_(r), w = param[0], c = param[1];
    const real steep = w / (c + a), slope = a < w ? steep : ONE;
    return (point){
        .value = w * log1p_(at_most(a, w) / c) + at_least(a - w, ZERO),
        .grad = r > ZERO ? slope : r < ZERO ? -slope : r,
        .hess = a < w ? -steep / (c + a) : ZERO,
    };
}
