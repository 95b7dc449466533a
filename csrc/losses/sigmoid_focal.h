/* Lin et al. (2017): b m^gamma H with p = sigmoid(x), H the binary cross-entropy, m = (1 - y) p + y (1 - p) the probability
 * missed, b = alpha y + (1 - alpha)(1 - y), or 1 without alpha.
 *
 * In log space, finite for every gamma >= 0: with e = exp(-|x|) and `wrong` the part of the target on the other side of 0
 * than x, m = (wrong + right e) / (1 + e), H = wrong |x| + log1p(e). Where m is nearly 1, wrong + right e has rounded away what
 * log m is made of, and -right (1 - e) has it. H' = p - y, H'' = p (1 - p). */
#include "focal.h"

POINTWISE(sigmoid_focal)
{
    const real alpha = operand, gamma = param[0], a = abs_(pred), e = exp_nonpositive(-a), y = target;
    const int above = pred >= ZERO;
    const real wrong = above ? ONE - y : y, right = above ? y : ONE - y, missed = fma_(right, e, wrong);
    const real inverse = ONE / (ONE + e), small = e * inverse, log1p_e = log1p_unit(e);
    const real log_m = (wrong == ZERO ? -a : log_share_beside_one(missed, right * (e - ONE))) - log1p_e;
    /* None arrives as -1. */
    const real balance = alpha < ZERO ? ONE : fma_(alpha, y, (ONE - alpha) * (ONE - y));
    const real root = gamma == ZERO ? ONE : exp_nonpositive(HALF * gamma * log_m);
    return focal_point(balance, root, gamma,
                       (focal_terms){
                           .d = (ONE - TWO * y) * (wrong == ZERO ? ONE : e / missed) * inverse,
                           .one_minus_2p = (above ? e - ONE : ONE - e) * inverse,
                           .entropy = keep_if(wrong != ZERO, wrong * a) + log1p_e,
                           .slope = above ? wrong - small : small - wrong,
                           .bend = small * inverse,
                       });
}
