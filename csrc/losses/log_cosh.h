/* log cosh r = |r| + log1p(exp(-2|r|)) - log 2 far from 0; near 0, where that cancels, -log1p(-tanh² r) / 2, since
 * cosh² = 1 / (1 - tanh²). One log1p serves both. The Hessian 1 - tanh² is 4 e / (1 + e)², e = exp(-2|r|). */
POINTWISE(log_cosh)
{
    const real r = pred - target, a = abs_(r), e = exp_nonpositive(-TWO * a), t = tanh_from(r, e);
    const real l = log1p_(a < HALF ? -t * t : e);
    const real value = a < HALF ? -HALF * l : a + (l - R(0.69314718055994531));
    return (point){.value = value, .grad = t, .hess = R(4.0) * e / ((ONE + e) * (ONE + e))};
}
