/* d², d = log1p(p) - log1p(y) = +-log1p((high - low) / (1 + low)) with the higher and the lower of p and y: a difference of
 * logarithms would cancel. Where low is near -1 the quotient may be too large for a number; divided by 2^32 it is none. */
POINTWISE(squared_log_error)
{
    const real low = pred < target ? pred : target, high = pred < target ? target : pred, span = high - low;
    const int far = (low < ZERO) & (span > PICK(0x1p104f, 0x1p1000));
    const real size =
        log1p_(span * choose(far, PICK(0x1p-32f, 0x1p-32), ONE) / (ONE + low)) + keep_if(far, R(22.180709777918249));
    const real d = span == span ? copysign_(size, pred - target) : span, inverse = ONE / (ONE + pred);
    return (point){.value = d * d, .grad = TWO * d * inverse, .hess = TWO * (ONE - d) * inverse * inverse};
}
