/* Fair (1974): c² (x - log1p x), x = |r|/c. With P(x) = (x - log1p x) / x² it is r² P(x) within c; beyond, where x may be too
 * large for a number, c |r| times 1 - q log1p(1/q), q = 1/x, which is (1 - q²) + q³ P(q) + q log q. */
POINTWISE(fair)
{
    const residual r = residual_of(pred, target, param[0]);
    const real q = r.ratio, curve = log1p_curve(q), inverse = ONE / (ONE + q), share = r.share * inverse;
    /* At an infinite |r| q is 0, and log_share(0) some number. */
    const real far = fma_(q, log_share(q), fma_(q * q * q, curve, (ONE - q) * (ONE + q)));
    return (point){
        .value = TWO * (r.inside * (r.half * choose(r.beyond, far, curve))),
        .grad = r.inside * inverse,
        .hess = share * share,
    };
}
