/* Feng et al. (2018): w log1p(a/c) where a < w, a - C beyond; a = |pred - target|, and C joins the two.
 * Both are w log1p(min(a, w)/c) + max(a - w, 0): one log1p serves, and nothing cancels. Subgradient 0 at the kink r = 0.
 * A quotient beyond the largest number is divided by 2^s, which leaves it so large that log1p is log, and s log 2 is added. */
POINTWISE(wing)
{
    const real r = pred - target, a = abs_(r), w = param[0], c = param[1], within = at_most(a, w);
    const real inverse = ONE / (c * PICK(0x1p96f, 0x1p960)), log_of_scale = PICK(66.5421294f, 665.42129333754749);
    const int far = within > c * LARGEST;
    const real t = choose(far, within * inverse, within / c);
    const real steep = w / (c + a), slope = a < w ? steep : ONE;
    return (point){
        .value = w * (log1p_finite(t) + keep_if(far, log_of_scale)) + at_least(a - w, ZERO),
        .grad = r > ZERO ? slope
              : r < ZERO ? -slope
                         : r,
        .hess = a < w ? -steep / (c + a) : ZERO,
    };
}
