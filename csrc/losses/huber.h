/* Huber (1964): r²/2 where |r| <= delta, delta (|r| - delta/2) beyond; r = pred - target.
 * With c = clip(r, ±delta) both are c (r - c/2), so there is no branch, and c is the gradient. The second factor is halved: a
 * small delta makes a number of an r that is too large for one. */
POINTWISE(huber)
{
    const real r = pred - target, delta = param[0], c = clip(r, -delta, delta);
    return (point){
        .value = TWO * c * (half_difference(pred, target) - R(0.25) * c), .grad = c, .hess = abs_(r) <= delta ? ONE : ZERO};
}
