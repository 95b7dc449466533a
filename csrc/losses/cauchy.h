/* scale²/2 log1p z, z = (r/scale)². Within the scale as r²/2 times log1p(z) / z; beyond from w = 1/z, log1p z = log1p w - log
 * w, where sqrt(w) = scale/|r| may be too small for a normal number. */
POINTWISE(cauchy)
{
    const residual r = residual_of(pred, target, param[0]);
    const real unit = PICK(0x1p64f, 0x1p512), log_unit = PICK(44.3614196f, 354.89135644669199);
    const real half_c = HALF * param[0], square = r.ratio * r.ratio, inverse = ONE / (ONE + square);
    const int far = r.half_larger > half_c * unit;
    const real log_ratio = log_share(choose(far, half_c * unit / r.half_larger, r.ratio)) - keep_if(far, log_unit);
    const real part = fma_(square, log1p_unit_polynomial(square), ONE);
    const real curve = (ONE - r.ratio) * (ONE + r.ratio) * inverse * inverse;
    return (point){
        .value = HALF * r.inside * (r.inside * choose(r.beyond, fma_(square, part, -TWO * log_ratio), part)),
        .grad = r.inside * r.share * inverse,
        .hess = choose(r.beyond, -square * curve, curve),
    };
}
