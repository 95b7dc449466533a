/* Lambert (1992): m = exp x is the Poisson mean, p = sigmoid z the probability of an extra zero. Of a count y > 0 poisson's
 * loss and softplus(z). Of y = 0 -log(p + (1 - p) exp(-m)) = -log(1 - A), A = (1 - p) (1 - exp(-m)), or, where A is large,
 * softplus(z) - log(exp z + exp(-m)). With u = z + m, the zero is an extra one with probability sigmoid(u) =: q, and
 * derivatives are
 *
 *     by x   m (1 - q),  m (1 - q) (1 - m q)
 *     by z   p - q = -A q,  p (1 - p) - q (1 - q) = -A q B,  B = 1 - p - q
 *
 * Where q > 1/2, 1 - m q is m (1 - q) - (m - 1): it is 0 near x = 0, where a rounded m has no digits of x. With t = z + u, B is
 * (1 - p) (1 - q) (1 - exp t), or p q (exp(-t) - 1), neither of which cancels. */
#include "poisson.h"

POINTWISE(zero_inflated_poisson)
{
    const real z = operand;
    const point count = poisson_point(pred, target, ZERO, param);
    const real m = at_most(count.hess, LARGEST), u = z + m, t = z + u;
    const real e = exp_nonpositive(-abs_(z)), inverse = ONE / (ONE + e), less = e * inverse;
    const real p = z < ZERO ? less : inverse, not_p = z < ZERO ? inverse : less;
    const exp_parts decay = deep_decay(abs_(u));
    const real e_u = shallow(decay, abs_(u)), inverse_u = ONE / (ONE + e_u), less_u = e_u * inverse_u;
    const real q = u < ZERO ? less_u : inverse_u, not_q = u < ZERO ? inverse_u : less_u;
    const real lift = not_p * -expm1_(-m), pull = lift * q, turn = -expm1_(-abs_(t));

    const int is_small = lift <= HALF, extra = u > ZERO, counts = !(u > DECAY_DEPTH);
    const real log1p_e = log1p_unit(e), far = (at_most(-z, m) - log1p_unit(e_u)) + log1p_e;
    const real slope = m * inverse_u, bend = slope * (extra ? fma_(m, not_q, -expm1_(pred)) : fma_(-m, q, ONE));
    const int zero = target == ZERO;
    return (point){
        .value = choose(zero, choose(is_small, -log1p_finite(-lift), far), count.value + (at_least(z, ZERO) + log1p_e)),
        .grad = choose(zero, keep_if(counts, choose(extra, times_exp(slope, decay), slope)), count.grad + keep_if(z != z, z)),
        .hess = choose(zero, keep_if(counts, choose(extra, times_exp(bend, decay), bend)), count.hess),
        .second_grad = choose(zero, -pull, p),
        .second_hess = choose(zero, pull * turn * choose(t > ZERO, p * q, -(not_p * not_q)), p * not_p),
    };
}
