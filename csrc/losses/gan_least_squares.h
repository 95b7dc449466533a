/* r²/2, r = pred - target; the generator's target is 1. Half of r comes first, whose square may be a number where r² is none.
 */
POINTWISE(gan_least_squares)
{
    const real r = pred - (param[0] != ZERO ? ONE : target);
    return (point){.value = HALF * r * r, .grad = r, .hess = ONE};
}
