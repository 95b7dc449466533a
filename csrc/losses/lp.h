/* |r|^q, q >= 1. Of |r|^(q-1) the mantissa and the exponent, which meet those of |r| before anything overflows or vanishes:
 * each derivative has a power of its own. */
POINTWISE(lp)
{
    const real q = param[0], r = pred - target, half = half_difference(pred, target), a = abs_(r);
    const int far = abs_(half) > HALF * LARGEST, is_zero = a == ZERO;
    const binary_parts size = binary_parts_of(far ? abs_(half) : a, far ? ONE : ZERO), power = power_of(size, q - ONE);
    const real value = scaled(power.mantissa * size.mantissa, power.exponent + size.exponent);
    const real slope = scaled(q * power.mantissa, power.exponent);
    const real curve = scaled(q * (q - ONE) * (power.mantissa / size.mantissa), power.exponent - size.exponent);
    const real curve_at_0 = choose(q == TWO, TWO, keep_if((q > ONE) & (q < TWO), INFINITE));
    return (point){
        .value = choose(a == a, keep_if(!is_zero, value), a),
        .grad = choose(a == a, keep_if(!is_zero, copysign_(slope, r)), a),
        .hess = choose(a == a, choose(is_zero, curve_at_0, curve), a),
    };
}
