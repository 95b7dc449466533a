/* Barron (2019): (b/alpha) ((1 + z)^(alpha/2) - 1), z = (r/c)²/b, b = 2 - alpha; at alpha = 2, where b vanishes, any b gives
 * (r/c)²/2. With t = alpha/2 log(1 + z) it is b/2 log(1 + z) expm1(t)/t where |t| <= 1, for which alpha = 0 is no exception. z
 * and the powers of 1 + z have exponents of their own: none of them needs to be a number. Gradient r/c² (1 + z)^(alpha/2 - 1);
 * the Hessian is (1 + z)^(alpha/2 - 1) / c² times `bend`, (1 + (alpha - 1) z) / (1 + z). */
#pragma once

typedef struct {
    point loss;
    binary_parts scale, width, base, power; /* c, b, 1 + z, (1 + z)^(alpha/2) */
    real b, log1p_z, t;                     /* b is 1 at alpha = 2 */
    real lost;                              /* log(1 + z) - log(base) */
} barron_curve;

INLINE barron_curve barron_curve_of(real pred, real target, real alpha, real c)
{
    const real r = pred - target, half_size = abs_(half_difference(pred, target)), a = abs_(r);
    const real distance = TWO - alpha, b = distance == ZERO ? ONE : distance, less = alpha - ONE;
    const int far = half_size > HALF * LARGEST, infinite = half_size > LARGEST, is_zero = a == ZERO;
    const binary_parts size = binary_parts_of(far ? half_size : a, far ? ONE : ZERO), scale = binary_parts_of(c, ZERO);
    const binary_parts width = binary_parts_of(b, ZERO);
    const real inverse = ONE / scale.mantissa, ratio = size.mantissa / scale.mantissa, shift = size.exponent - scale.exponent;
    const real square = ratio * ratio * (ONE / width.mantissa), exponent = TWO * shift - width.exponent;

    /* Where 1 + z has no digit of 1, its parts are those of z. */
    const int beyond = exponent > (real)(MANTISSA_BITS + 4);
    const real z = scaled(square, exponent), sum = ONE + z, lost = keep_if(!beyond, (z - (sum - ONE)) / sum);
    const binary_parts base = binary_parts_of(choose(beyond, square, sum), choose(beyond, exponent, ZERO));
    const real log1p_z = log_from(-base.exponent, base.mantissa - ONE, lost), t = HALF * alpha * log1p_z;
    const binary_parts power = power_of_log(base.exponent, log_from(ZERO, base.mantissa - ONE, lost), HALF * alpha);
    const real near = HALF * b * log1p_z * fma_(t, exp_curve(t), ONE), quotient = b / alpha;
    const real value = choose(abs_(t) <= ONE, near,
                              scaled(width.mantissa / alpha * power.mantissa, power.exponent + width.exponent) - quotient);

    /* At alpha = 1, beyond z = 1, `bend` is 1 / (1 + z), which may be too small for a number. */
    const real slope = inverse * (power.mantissa / base.mantissa),
               slope_exponent = power.exponent - base.exponent - scale.exponent;
    const int vanishing = (less == ZERO) & (z > ONE);
    const real bend = choose(vanishing, ONE / base.mantissa, z > ONE ? less + distance / sum : fma_(less, z, ONE) / sum);
    const real curve = scaled(inverse * slope * bend, slope_exponent - scale.exponent - keep_if(vanishing, base.exponent));
    const real peak = ONE / c / c, grad = copysign_(scaled(ratio * slope, shift + slope_exponent), r);
    const real steepest = keep_if(less >= ZERO, less > ZERO ? INFINITE : ONE / c);
    const point loss = {
        .value = choose(a == a, keep_if(!is_zero, infinite ? (alpha >= ZERO ? INFINITE : -quotient) : value), a),
        .grad = choose(a == a, choose(is_zero, r, infinite ? copysign_(steepest, r) : grad), a),
        .hess = choose(a == a, choose(is_zero, peak, infinite ? keep_if(distance == ZERO, peak) : curve), a),
    };
    return (barron_curve){
        .loss = loss,
        .scale = scale,
        .width = width,
        .base = base,
        .power = power,
        .b = b,
        .log1p_z = log1p_z,
        .t = t,
        .lost = lost,
    };
}

POINTWISE(barron)
{
    return barron_curve_of(pred, target, param[0], param[1]).loss;
}
