/* Lin et al. (2017): b m^gamma H with p = sigmoid(x), H the binary cross-entropy, m = (1 - y) p + y (1 - p) the probability
 * missed, b = alpha y + (1 - alpha)(1 - y), or 1 without alpha.
 *
 * In log space, finite for every gamma >= 0: with e = exp(-|x|) and `wrong` the part of the target on the other side of 0
 * than x, m = (wrong + right e) / (1 + e), H = wrong |x| + log1p(e). With d = m'/m (no m^(gamma-1) is ever formed), s = H' = p - y:
 *     grad = b m^gamma (gamma d H + s)
 *     hess = b m^gamma (gamma d (gamma d H + 2 s) + gamma d (1 - 2 p - d) H + p (1 - p)) */
POINTWISE(sigmoid_focal)
{
    const real alpha = param[0], gamma = param[1], a = abs_(pred), e = exp_nonpositive(-a), y = target;
    const int above = pred >= ZERO;
    const real wrong = above ? ONE - y : y, right = ONE - wrong, small = e / (ONE + e), log1p_e = log1p_(e);
    const real missed = fma_(right, e, wrong);
    const real log_m = (wrong == ZERO ? -a : log_(missed)) - log1p_e;
    const real entropy = (wrong == ZERO ? ZERO : wrong * a) + log1p_e;
    const real balance = alpha == alpha ? fma_(alpha, y, (ONE - alpha) * (ONE - y)) : ONE;
    const real factor = balance * (gamma == ZERO ? ONE : exp_(gamma * log_m));
    const real d = (ONE - TWO * y) * (wrong == ZERO ? ONE : e / missed) / (ONE + e);
    const real slope = above ? wrong - small : small - wrong;
    const real one_minus_2p = (above ? e - ONE : ONE - e) / (ONE + e);
    const real pull = gamma * d, first = pull * entropy;
    return (point){
        .value = factor * entropy,
        .grad = factor * (first + slope),
        .hess = factor * (pull * (first + TWO * slope) + first * (one_minus_2p - d) + small / (ONE + e)),
    };
}
