/* Half the Tweedie deviance of a mean m and a y >= 0, the integral of (t - y) t^-p from y to m: with a = 1 - p, b = 2 - p, l =
 * log(m/y) F(b) - y F(a), F(q) = (m^q - y^q) / q = y^q expm1(q l) / q, which is log(m/y) at q = 0. Where |l| < 1/2 that is y^b
 * l² (b P(b l) - a P(a l)), P(x) = (exp x - 1 - x) / x²; further away it does not cancel. m^-p and y^-p have exponents of their
 * own, and the terms are added in units of the largest. Gradient m^-p (m - y), Hessian m^-p (a + p y/m). At m = 0 all are
 * limits, which the powers of the parts do not know.
 *
 * The powers 0, 1 and 2 are those of the distributions of Gauss, Poisson and gamma, and need no power to be computed. The
 * gradient is then the rounded m - y over powers of m; the value of the last is e(y/m - 1), e(x) = x - log(1 + x), whose
 * argument is exact near 0. */
#include "poisson_identity.h"

POINTWISE(tweedie_identity_of_power_0)
{
    const real gap = pred - target;
    return (point){.value = gap * (HALF * gap), .grad = gap, .hess = choose(gap == gap, ONE, gap)};
}

POINTWISE(tweedie_identity_of_power_1)
{
    /* Adding 0 makes -0 positive. */
    const real m = pred + ZERO, gap = m - target, slope = choose(m > LARGEST, ONE, gap / m);
    return (point){
        .value = half_poisson_deviance(m, target),
        .grad = choose(gap == gap, choose(target == ZERO, ONE, slope), gap),
        .hess = choose(gap == gap, count_per_square(target, m), gap),
    };
}

POINTWISE(tweedie_identity_of_power_2)
{
    const real m = pred + ZERO, y = target, gap = m - y, lack = -gap / m, ratio = y / m, next = ratio - ONE;
    const real term = excess_or_log_of_quotient(lack, binary_parts_of(y, ZERO), binary_parts_of(m, ZERO));
    const real value = choose(is_few(lack), term, next - term);
    const int inner = (m > ZERO) & (m <= LARGEST) & (y != ZERO), at_0 = (m == ZERO) & (y == ZERO);
    return (point){
        .value = choose(gap == gap, choose(inner, value, INFINITE), gap),
        .grad = choose(gap == gap, choose(at_0, INFINITE, keep_if(m <= LARGEST, gap / m / m)), gap),
        .hess = choose(gap == gap, choose(at_0, -INFINITE, (ratio + next) / m / m), gap),
    };
}

POINTWISE(tweedie_identity)
{
    const real p = param[0], a = ONE - p, b = TWO - p, gap = pred - target, excess = gap / target;
    const binary_parts m = binary_parts_of(pred, ZERO), y = binary_parts_of(target, ZERO),
                       distance = binary_parts_of(abs_(gap), ZERO);
    const real log_m = log_from(ZERO, m.mantissa - ONE, ZERO), log_y = log_from(ZERO, y.mantissa - ONE, ZERO);
    const binary_parts m_power = power_of_log(m.exponent, log_m, -p), y_power = power_of_log(y.exponent, log_y, -p);
    const real shift = m.exponent - y.exponent, start = y_power.mantissa * y.mantissa * y.mantissa;
    const real start_exponent = y_power.exponent + TWO * y.exponent;

    /* log(0.61) and log(1.64) are -0.494 and 0.495. */
    const int near = (excess >= R(-0.39)) & (excess <= R(0.64)), empty = target == ZERO;
    const real l = choose(near, log1p_finite(near ? excess : ZERO), fma_(shift, R(0.69314718055994531), log_m - log_y));
    const real a_l = a * l, b_l = b * l, a_curve = exp_curve(a_l), b_curve = exp_curve(b_l);
    const real beside = scaled(start * (l * (l * (b * b_curve - a * a_curve))), start_exponent);

    const real mean = m_power.mantissa * m.mantissa, mean_exponent = m_power.exponent + m.exponent;
    const real top = at_least(at_least(mean_exponent + m.exponent, mean_exponent + y.exponent), start_exponent);
    const real m_b = scaled(mean * m.mantissa, mean_exponent + m.exponent - top), y_b = scaled(start, start_exponent - top);
    const real y_m_a = scaled(mean * y.mantissa, mean_exponent + y.exponent - top);
    const real b_whole = y_b * choose(b == ZERO, l, expm1_(b_l) / b), a_whole = y_b * choose(a == ZERO, l, expm1_(a_l) / a);
    const real first = choose(b_l <= TWO, b_whole, (m_b - y_b) / b), second = choose(a_l <= TWO, a_whole, (y_m_a - y_b) / a);
    const real of_empty = choose(b > ZERO, scaled(mean * m.mantissa / b, mean_exponent + m.exponent), INFINITE);
    const real value = choose(empty, of_empty, choose(near, beside, scaled(first - second, top)));

    /* The bend is in units of y/m, where that is the larger. */
    const real up = p == ZERO ? ZERO : at_least(-shift, ZERO),
               bend = scaled(a, -up) + scaled(p * (y.mantissa / m.mantissa), -shift - up);
    const real curve =
        choose(empty, scaled(m_power.mantissa * a, m_power.exponent), scaled(m_power.mantissa * bend, m_power.exponent + up));
    const real slope = copysign_(scaled(m_power.mantissa * distance.mantissa, m_power.exponent + distance.exponent), gap);

    const int at_0 = pred == ZERO;
    const real value_at_0 = choose(a > ZERO, scaled(start / (a * b), start_exponent), INFINITE);
    const real empty_slope_at_0 = choose(a == ZERO, ONE, keep_if(a < ZERO, INFINITE)),
               empty_curve_at_0 = keep_if(a != ZERO, copysign_(INFINITE, a));
    const real slope_at_0 = choose(empty, empty_slope_at_0, choose(p > ZERO, -INFINITE, gap));
    const real curve_at_0 = choose(p == ZERO, ONE, choose(empty, empty_curve_at_0, INFINITE));
    const real empty_value_at_0 = keep_if(b <= ZERO, INFINITE);
    return (point){
        .value = choose(
            gap == gap,
            choose(at_0, choose(empty, empty_value_at_0, value_at_0), choose((pred > LARGEST) & (b >= ZERO), INFINITE, value)),
            gap),
        .grad = choose(gap == gap, choose(at_0, slope_at_0, choose(gap == ZERO, gap, slope)), gap),
        .hess = choose(gap == gap, choose(at_0, curve_at_0, curve), gap),
    };
}
