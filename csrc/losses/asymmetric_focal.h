/* Ridnik et al. (2021): y (1 - p)^g+ (-log p) + (1 - y) u^g- (-log(1 - u)), u = max(p - clip, 0), p = sigmoid(x).
 * With a clip, 1 - u = (1 - p) + clip, u' = p (1 - p), and of H = -log(1 - u) H' = p `share`, H'' = H' (1 - p - p clip/(1 -
 * u)), share = (1 - p) / (1 - u). Without one all is p's own, down to where 1 - p is 0. The first term is a function of -x. */
#include "focal.h"

POINTWISE(asymmetric_focal)
{
    const real y = target, clip = param[2], lifted_e = exp_lifted(-abs_(pred)), unlift = PICK(0x1p-48f, 0x1p-80);
    const real e = lifted_e * unlift, inverse = ONE / (ONE + e), small = e * inverse, lifted_small = lifted_e * inverse;
    const int above = pred >= ZERO, clipped = clip != ZERO;
    const real p = above ? inverse : small, not_p = above ? small : inverse,
               one_minus_2p = (above ? e - ONE : ONE - e) * inverse;
    const real log1p_e = log1p_unit(e), log_p = at_most(pred, ZERO) - log1p_e, log_not_p = -at_least(pred, ZERO) - log1p_e;
    const real root = param[0] == ZERO ? ONE : exp_nonpositive(HALF * param[0] * log_not_p);
    const point positive = focal_point(y, root, param[0],
                                       (focal_terms){
                                           .d = p,
                                           .one_minus_2p = -one_minus_2p,
                                           .entropy = -log_p,
                                           .slope = not_p,
                                           .bend = small * inverse,
                                       });

    const real u = p - clip, not_u = not_p + clip, log_u = choose(clipped, log_share_beside_one(u, -not_u), log_p);
    const real log_not_u = choose(p == p, choose(clipped, log_share_beside_one(not_u, -u), log_not_p), p);
    /* A small clip would multiply what a subnormal 1 - p has lost. */
    const real share = above ? lifted_small / (lifted_small + clip / unlift) : not_p / not_u,
               slope = choose(clipped, p * share, p);
    const real shifted_root = param[1] == ZERO ? ONE : exp_nonpositive(HALF * param[1] * log_u);
    const real balance = keep_if(!(clipped & (u <= ZERO)), ONE - y);
    const point negative = focal_point(balance, shifted_root, param[1],
                                       (focal_terms){
                                           .d = not_p * choose(clipped, p / u, ONE),
                                           .one_minus_2p = one_minus_2p,
                                           .entropy = -log_not_u,
                                           .slope = slope,
                                           .bend = slope * (not_p - keep_if(clipped, p * (clip / not_u))),
                                       });
    return (point){
        .value = positive.value + negative.value,
        .grad = negative.grad - positive.grad,
        .hess = positive.hess + negative.hess,
    };
}
