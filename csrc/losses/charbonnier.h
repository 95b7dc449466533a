/* Charbonnier et al. (1994): sqrt(r² + epsilon²) = m h with m the larger of |r| and epsilon, h = sqrt(1 + ratio²). */
POINTWISE(charbonnier)
{
    const residual r = residual_of(pred, target, param[0]);
    const real h = sqrt_(fma_(r.ratio, r.ratio, ONE)), inverse = ONE / h, share = r.share * inverse;
    return (point){
        .value = TWO * (r.half_larger * h),
        .grad = copysign_(choose(r.beyond, ONE, r.ratio) * inverse, r.r),
        .hess = HALF * share / r.half_larger * share * inverse,
    };
}
