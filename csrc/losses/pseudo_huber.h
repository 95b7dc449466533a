/* delta² (h - 1) with h = sqrt(1 + (r/delta)²), as r² / (1 + h), which does not cancel. */
POINTWISE(pseudo_huber)
{
    const residual r = residual_of(pred, target, param[0]);
    const real h = sqrt_(fma_(r.ratio, r.ratio, ONE)), slope = r.share / h;
    return (point){.value = TWO * (r.inside * (r.half / (r.share + h))), .grad = r.inside / h, .hess = slope * slope * slope};
}
