/* a - y log a: the negative log-likelihood of a Poisson count y with rate a, without the constant log y!. A count of 0 leaves a alone.
 * A y / a too small for a normal number may be large enough for the Hessian: there it is computed from a larger y. */
POINTWISE(poisson_identity)
{
    /* Adding 0 makes -0 positive: y / a has the right sign. */
    const real a = pred + ZERO, share = keep_if(target != ZERO, target / a);
    const int small = (target < PICK(0x1p-100f, 0x1p-960)) & (a > PICK(0x1p-64f, 0x1p-512));
    const real curve = keep_if(target != ZERO, (small ? LIFTED(target) : target) / a / a);
    const real value = fma_(-target, log_(a), a);
    return (point){
        .value = (target == ZERO) | (a == INFINITE) ? a : value,
        .grad = a == a ? ONE - share : a,
        .hess = small ? curve * (ONE / LIFTED(ONE)) : curve,
    };
}
