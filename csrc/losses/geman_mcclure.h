/* Geman & McClure (1985): r²/2 / (1 + z), z = (r/c)². */
POINTWISE(geman_mcclure)
{
    const residual r = residual_of(pred, target, param[0]);
    const real square = r.ratio * r.ratio, inverse = ONE / (ONE + square), cube = inverse * inverse * inverse;
    return (point){
        .value = HALF * r.inside * (r.inside * inverse),
        .grad = r.inside * r.share * inverse * inverse * r.share * r.share,
        .hess = r.beyond ? (square - R(3.0)) * cube * square * square : fma_(R(-3.0), square, ONE) * cube,
    };
}
