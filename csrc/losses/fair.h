/* Fair (1974): c² (x - log1p x), x = |r|/c. Within c as r² times a polynomial, since the difference cancels; beyond, where
 * log1p x = log1p(1/x) - log(1/x), from the ratio 1/x, which does not overflow. */
POINTWISE(fair)
{
    const residual r = residual_of(pred, target, param[0]);
    const real log1p_x = log1p_unit(r.ratio) - log_share(r.ratio), inverse = ONE / (ONE + r.ratio), share = r.share * inverse;
    /* At an infinite |r| the ratio is 0. */
    const real part = r.beyond ? fma_(-r.ratio, log1p_x, ONE) : log1p_curve(r.ratio);
    return (point){.value = TWO * (r.inside * (r.half * part)), .grad = r.inside * inverse, .hess = share * share};
}
