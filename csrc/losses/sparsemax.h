/* Half of one class's part of the sparsemax loss of Martins & Astudillo (2016), for a target of sum 1. With the projection
 * p_j = max(0, a_j - tau) and what lacks to the threshold, s_j = max(0, tau - a_j), is a_j = tau + p_j - s_j, and then
 *
 *     1/2 sum_S (a_j² - tau²) + 1/2 |t|² - <t, a>  =  1/2 |p - t|² + <t, s>,
 *
 * of which no term is negative. Here logits and tau are less the largest logit m; s is halved lest it overflow. */
POINTWISE(sparsemax)
{
    const real m = param[0], tau = param[1], curve = param[2];
    const real above = (pred - m) - tau, off = at_least(above, ZERO) - target;
    const real half_lack = at_least(fma_(HALF, tau, half_difference(m, pred)), ZERO);
    return (point){
        .value = fma_(R(0.25) * off, off, keep_if(target != ZERO, target * half_lack)),
        .grad = off,
        .hess = above > ZERO  ? curve
              : above <= ZERO ? ZERO
                              : above,
    };
}
