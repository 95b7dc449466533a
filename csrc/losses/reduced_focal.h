/* Sergievskiy & Ponamarev (2019): H f, H = -log p, p the probability of the label, f = 1 where p < threshold and ((1 - p) /
 * threshold)^gamma beyond. A function of z = x for the label 0 and -x for 1: H = softplus(z), m = 1 - p = sigmoid(z). Where p
 * is compared, z is: near its middle p has lost the digits that a logit near 0 has. */
#include "focal.h"

POINTWISE(reduced_focal)
{
    const real sign = ONE - TWO * target, z = sign * pred, threshold = param[1], e = exp_nonpositive(-abs_(pred));
    const int above = z >= ZERO, easy = z <= log_positive((ONE - threshold) / threshold);
    const real inverse = ONE / (ONE + e), small = e * inverse, log1p_e = log1p_unit(e), gamma = keep_if(easy, param[0]);
    const real log_ratio = at_most(z, ZERO) - log1p_e - log_positive(threshold);
    const real root = choose(gamma == ZERO, ONE, exp_(HALF * gamma * log_ratio));
    const point of_z = focal_point(ONE, root, gamma,
                                   (focal_terms){
                                       .d = above ? small : inverse,
                                       .one_minus_2p = (above ? e - ONE : ONE - e) * inverse,
                                       .entropy = at_least(z, ZERO) + log1p_e,
                                       .slope = above ? inverse : small,
                                       .bend = small * inverse,
                                   });
    return (point){.value = of_z.value, .grad = sign * of_z.grad, .hess = of_z.hess};
}
