/* log s + h log(1 + x), x = (r/s)²/n, h = (n + 1)/2, r = pred - target, s the scale, n the degrees of freedom. Numbers are kept
 * as mantissas and exponents: r/s, its square, x and n may each be too large or too small, and results not. Where x > 1 all is
 * computed from z = 1/x:
 *
 *                      x <= 1, z = x                        x > 1, z = 1/x
 *     value            log s + h log(1 + z)                 log s + h log x + h log(1 + z)
 *     gradient         2h r/(n s²) / (1 + z)                2h/r / (1 + z)
 *     Hessian          2h/(n s²) (1 - z) / (1 + z)²         -2h/r² (1 - z) / (1 + z)²
 *     by s             (1 - n z) / s / (1 + z)              (z - n) / s / (1 + z)
 *     twice by s       (n z (3 + z) + z - 1) / s² / (1 + z)²   (n (1 + 3z) + z (1 - z)) / s² / (1 + z)²
 *
 * log s and h log x may be large and cancel: their powers of two are added before they are multiplied by log 2. Where n is
 * large, h z is the product of w² = n z and (1 + 1/n)/2; and so in the derivatives. */
#pragma once

INLINE point student_t_point(real pred, real target, real s, real n)
{
    const wide_residual r = wide_residual_of(pred, target);
    const real size = abs_(r.r);
    const int few = n < ONE;
    const binary_parts of_size = binary_parts_of(size, r.unit - ONE), of_s = binary_parts_of(s, ZERO),
                       of_n = binary_parts_of(n, ZERO);
    const binary_parts twice_h = binary_parts_of(n + ONE, ZERO);
    const real a = choose(size > ZERO, of_size.mantissa, size), b = choose(s > ZERO, of_s.mantissa, s), ratio = a / b;
    /* min(n, 1), by which near the target s² is multiplied; there 2h / max(n, 1) remains, between 1 and 2. */
    const real few_mantissa = few ? of_n.mantissa : ONE, few_exponent = few ? of_n.exponent : ZERO;
    const real twice_share = ONE + (few ? n : ONE / n);

    const real square = ratio * ratio, square_exponent = TWO * (of_size.exponent - of_s.exponent);
    const real x_mantissa = square / of_n.mantissa, x_exponent = square_exponent - of_n.exponent,
               x = scaled(x_mantissa, x_exponent);
    const int far = x > ONE;
    const real z = choose(far, scaled(ONE / x_mantissa, -x_exponent), x), inverse = ONE / (ONE + z);
    const real base = few ? x : scaled(square, square_exponent), w_square = few ? n * x : base;

    /* h in two parts; the product of the first with an exponent is exact. Of a small n all digits are in the second. */
    const real h = fma_(HALF, n, HALF), h_high = few ? HALF : from_bits(to_bits(h) & ~(bits)PICK(0xfff, 0x3ffffff));
    const real h_low = few ? HALF * n : h - h_high;
    const log_parts of_x = log_reduced(x_mantissa, 0);
    const real x_power = x_exponent - of_x.minus_k;
    const real power = of_s.exponent + keep_if(far, h_high * x_power), power_low = keep_if(far, h_low * x_power);
    const real part = fma_(z, log1p_unit_polynomial(z), ONE), beyond = h * (log_from(ZERO, of_x.f, ZERO) + z * part);
    const real rest = choose(far, beyond, HALF * twice_share * base * part), powers = power + power_low;
    const real value = fma_(powers, LOG2_HIGH, log_from(ZERO, b - ONE, ZERO) + fma_(powers, LOG2_LOW, rest));

    const real grad_exponent =
        choose(far, twice_h.exponent - of_size.exponent, of_size.exponent - TWO * of_s.exponent - few_exponent);
    const real grad_mantissa = choose(far, twice_h.mantissa / a, twice_share * ratio / (b * few_mantissa));
    const real hess_exponent = choose(far, twice_h.exponent - TWO * of_size.exponent, -TWO * of_s.exponent - few_exponent);
    const real hess_mantissa = choose(far, -twice_h.mantissa / (a * a), twice_share / (b * b * few_mantissa));
    const real slope = choose(far, z - n, ONE - w_square);
    const real bend = choose(far, fma_(n, fma_(R(3.0), z, ONE), z * (ONE - z)), fma_(w_square, R(3.0) + z, z) - ONE);
    return (point){
        .value = value + keep_if(size > LARGEST, size),
        .grad = copysign_(scaled(grad_mantissa * inverse, grad_exponent), r.r),
        .hess = scaled(hess_mantissa * ((ONE - z) * inverse * inverse), hess_exponent),
        .second_grad = slope * inverse / s,
        .second_hess = bend * inverse * inverse / s / s,
    };
}

POINTWISE(student_t_nll)
{
    return student_t_point(pred, target, operand, param[0]);
}
