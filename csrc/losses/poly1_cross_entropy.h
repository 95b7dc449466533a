/* Leng et al. (2022): -log p + epsilon (1 - p), epsilon >= -1.
 *
 * A negative epsilon takes away from the entropy what is nearly as much: so part of the entropy is written as 1 - p and `rest`,
 * -log p - (1 - p) = (1 - p)²/2 + ..., where p >= 1/2 from log1p e = e + e² P(e) with e = (1 - p) / p. */
LOG_PROBABILITY(poly1_cross_entropy)
{
    const real more = at_least(param[0], ZERO), less = at_most(param[0], ZERO), kept = ONE + less, entropy = ZERO - log_p;
    const int near = p >= HALF;
    const real e = complement / choose(near, p, ONE);
    const real rest = choose(near, fma_(e * e, log1p_unit_polynomial(e), complement * e), entropy - complement);
    return (point){
        .value = keep_if(kept != ZERO, kept * entropy) + fma_(more, complement, keep_if(less != ZERO, -less * rest)),
        .grad = fma_(less, complement, -kept) - more * p,
        .hess = -param[0] * p,
    };
}
