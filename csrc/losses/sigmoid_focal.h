/* Lin et al. (2017): b m^gamma H with p = sigmoid(x), H the binary cross-entropy, m = (1 - y) p + y (1 - p) the probability
 * missed, b = alpha y + (1 - alpha)(1 - y), or 1 without alpha.
 *
 * In log space, finite for every gamma >= 0: with e = exp(-|x|) and `wrong` the part of the target on the other side of 0
 * than x, m = (wrong + right e) / (1 + e), H = wrong |x| + log1p(e). Where m is nearly 1, wrong + right e has rounded away what
 * log m is made of, and -right (1 - e) has it. m^gamma is the square of `root`: where it is too small for a number, its product
 * with H need not be. With d = m'/m (no m^(gamma-1) is formed), s = H' = p - y:
 *     grad = b m^gamma (gamma d H + s)
 *     hess = b m^gamma (gamma d (gamma d H + 2 s) + gamma d (1 - 2 p - d) H + p (1 - p)) */
POINTWISE(sigmoid_focal)
{
    const real alpha = param[0], gamma = param[1], a = abs_(pred), e = exp_nonpositive(-a), y = target;
    const int above = pred >= ZERO;
    const real wrong = above ? ONE - y : y, right = above ? y : ONE - y, missed = fma_(right, e, wrong);
    const real inverse = ONE / (ONE + e), small = e * inverse, log1p_e = log1p_unit(e);
    const real log_m = (wrong == ZERO ? -a : log_share_beside_one(missed, right * (e - ONE))) - log1p_e;
    const real entropy = keep_if(wrong != ZERO, wrong * a) + log1p_e;
    const real balance = alpha == alpha ? fma_(alpha, y, (ONE - alpha) * (ONE - y)) : ONE;
    const real root = gamma == ZERO ? ONE : exp_nonpositive(HALF * gamma * log_m), factor = balance * root;
    const real d = (ONE - TWO * y) * (wrong == ZERO ? ONE : e / missed) * inverse;
    const real slope = above ? wrong - small : small - wrong, one_minus_2p = (above ? e - ONE : ONE - e) * inverse;
    /* 0 times infinity is 0 here: exp(-|x|) falls faster than |x| grows, and m^gamma = 0 ends everything. */
    const real pull = gamma * d, first = keep_if(pull != ZERO, pull * entropy);
    const real curve = pull * (first + TWO * slope) + first * (one_minus_2p - d) + small * inverse;
    return (point){
        .value = keep_if(factor != ZERO, factor * entropy * root),
        .grad = keep_if(factor != ZERO, factor * (first + slope) * root),
        .hess = keep_if(factor != ZERO, factor * curve * root),
    };
}
