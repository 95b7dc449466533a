/* log cosh r = |r| + log1p(exp(-2|r|)) - log 2; near 0, where that cancels, r² P(r²) (tools/minimax.py, log_cosh_f32 and
 * log_cosh_f64: 0.023 ulp, 0.051 ulp). The Hessian 1 - tanh² is 4 e / (1 + e)², e = exp(-2|r|). */
#pragma once

INLINE real log_cosh_near_zero(real r)
{
    const real z = r * r;
#if REAL_BITS == 32
    real p = 0.00179169187f;
    p = fma_(p, z, -0.00666621886f);
    p = fma_(p, z, 0.0222156961f);
    p = fma_(p, z, -0.0833331645f);
    p = fma_(p, z, 0.5f);
#else
    real p = -7.6877154829126045e-06;
    p = fma_(p, z, 3.0718850600818316e-05);
    p = fma_(p, z, -9.0415112157881243e-05);
    p = fma_(p, z, 0.00025648225932794122);
    p = fma_(p, z, -0.00073859249816482237);
    p = fma_(p, z, 0.0021869481771856058);
    p = fma_(p, z, -0.006746031721181163);
    p = fma_(p, z, 0.022222222221772555);
    p = fma_(p, z, -0.083333333333330512);
    p = fma_(p, z, 0.5);
#endif
    return z * p;
}

POINTWISE(log_cosh)
{
    const real r = pred - target, a = abs_(r), e = exp_nonpositive(-TWO * a), inverse = ONE / (ONE + e);
    const real value = a < HALF ? log_cosh_near_zero(r) : a + (log1p_unit(e) - R(0.69314718055994531));
    return (point){.value = value, .grad = tanh_from(r, e * inverse), .hess = R(4.0) * e * inverse * inverse};
}
