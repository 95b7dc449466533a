/* What the focal losses share: b m^gamma H with m the probability that is missed and H the cross-entropy, as functions of the
 * logit. `root` is m^(gamma/2): where m^gamma is too small for a number, its product with H need not be. With d = m'/m, for
 * which d' = d (1 - 2p - d), no m^(gamma-1) is formed: grad = b m^gamma (gamma d H + H') hess = b m^gamma (gamma d (gamma d H +
 * 2 H') + gamma d (1 - 2p - d) H + H'') 0 times infinity is 0 here: exp(-|x|) falls faster than |x| grows, and m^gamma = 0 ends
 * everything. */
#pragma once

typedef struct {
    real d, one_minus_2p;
    real entropy, slope, bend; /* H, H', H'' */
} focal_terms;

INLINE point focal_point(real balance, real root, real gamma, focal_terms f)
{
    const real factor = balance * root, pull = gamma * f.d, first = keep_if(pull != ZERO, pull * f.entropy);
    const real curve = pull * (first + TWO * f.slope) + first * (f.one_minus_2p - f.d) + f.bend;
    return (point){
        .value = keep_if(factor != ZERO, factor * f.entropy * root),
        .grad = keep_if(factor != ZERO, factor * (first + f.slope) * root),
        .hess = keep_if(factor != ZERO, factor * curve * root),
    };
}
