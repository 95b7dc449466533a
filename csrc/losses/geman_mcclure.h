/* Geman & McClure (1985): r²/2 / (1 + z), z = (r/c)². Powers of 1 + z as polynomials of z: near the target they round once. */
POINTWISE(geman_mcclure)
{
    const residual r = residual_of(pred, target, param[0]);
    const real z = r.ratio * r.ratio, square = fma_(z, TWO + z, ONE), cube = fma_(z, fma_(z, R(3.0) + z, R(3.0)), ONE);
    return (point){
        .value = HALF * r.inside * (r.inside / (ONE + z)),
        .grad = r.inside * r.share / square * r.share * r.share,
        .hess = choose(r.beyond, (z - R(3.0)) * z * z, fma_(R(-3.0), z, ONE)) / cube,
    };
}
