/* Feng et al. (2018): w log1p(a/c) where a < w, a - C beyond; a = |pred - target|, and C joins the two.
 * Both are w log1p(min(a, w)/c) + max(a - w, 0): one log1p serves, and nothing cancels. Subgradient 0 at the kink r = 0.
 *
 * The quotient t may leave the range where w log1p t does not. Beyond the largest number it is scaled by 2^-2s, and log t = log1p(t - 1)
 * gets 2s log 2 back. Where log1p t = t, (w/c) min(a, w) keeps digits that t would lose among the subnormal numbers. */
POINTWISE(wing)
{
    const real r = pred - target, a = abs_(r), w = param[0], c = param[1], within = at_most(a, w);
    const int far = within > c * LARGEST;
    const real shrink = PICK(0x1p-64f, 0x1p-512), grow = PICK(0x1p64f, 0x1p512), log_of_scale = PICK(88.7228391f, 709.78271289338397);
    const real t = choose(far, within * shrink, within) / choose(far, c * grow, c);
    const real logarithm = log1p_(choose(far, t - ONE, t)) + keep_if(far, log_of_scale);
    const real bent = choose((t < PICK(0x1p-25f, 0x1p-54)) & (c >= ONE), (w / c) * within, w * logarithm);
    const real steep = w / (c + a), slope = a < w ? steep : ONE;
    return (point){
        .value = bent + at_least(a - w, ZERO),
        .grad = r > ZERO ? slope : r < ZERO ? -slope : r,
        .hess = a < w ? -steep / (c + a) : ZERO,
    };
}
