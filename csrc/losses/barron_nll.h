/* The general loss of Barron (2019), rho, as a log-likelihood: rho + log c + log Z(alpha), Z(alpha) the integral of exp(-rho)
 * for c = 1. With h = b/2, l = log(1 + z), t = alpha/2 l, m = l - t = h l, and p = 1 - exp(-y), derivatives of rho by alpha are
 *
 *     h/2 int exp(alpha y/2) (y - p) dy                   over y from 0 to l
 *         = h/2 l (l E2(t) - E1(t) + E1(-m))
 *     1/4 int exp(alpha y/2) (p^2 + h (y - p)^2) dy
 *         = l/4 ((1 + h) (E1(t) - 2 E1(-m) + E1(-m - l)) + m (l E3(t) - 2 E2(t) + 2 E2(-m)))
 *
 * where Ek(x) is the mean of v^(k-1) exp(x v) for v from 0 to 1: neither is negative. Near 0 the Ek are 1/k and terms with the
 * curves of exp as factors, so that what is left of a sum of them is not what 1 lost; of a large t they are Fk(t) exp(t), and
 * exp(t) may be no number where its product with b is one.
 *
 * At alpha = 2 derivatives by it are infinite: next to it they are (x^2 - 1)/4 log(1/b) and (x^2 - 1)/4/b, x = r/c, and what
 * remains at |x| = 1 is -(psi(3/2) + log 2)/4, and infinite. */
#include "barron.h"

typedef struct {
    real slope, bend;
} shape_derivatives;

INLINE shape_derivatives shape_derivatives_of(barron_curve f)
{
    const real t = f.t, l = f.log1p_z, h = HALF * f.b, m = h * l, s = m + l;
    const int close = t <= TWO, close_m = m <= ONE, close_s = s <= ONE;
    const binary_parts lift = {.mantissa = f.power.mantissa, .exponent = f.power.exponent};
    const real decay_t = scaled(ONE / lift.mantissa, -lift.exponent);
    const real decay_m = scaled(lift.mantissa / f.base.mantissa, lift.exponent - f.base.exponent);
    const real decay_s = decay_m * scaled(ONE / f.base.mantissa, -f.base.exponent);

    /* 1 - E1(-m), 1 - E1(-s), and E2(-m). */
    const real near_m = choose(close_m, m, ONE), far_m = choose(close_m, ONE, m);
    const real curve_m = exp_curve(-near_m), mean_m = (ONE - decay_m) / far_m;
    const real less_m = choose(close_m, m * curve_m, ONE - mean_m);
    const real second_m = choose(close_m, ONE - (ONE + m) * curve_m, (mean_m - decay_m) / far_m);
    const real less_s =
        choose(close_s, s * exp_curve(-choose(close_s, s, ONE)), ONE - (ONE - decay_s) / choose(close_s, ONE, s));

    /* E1(t) - 1, E2(t) and E3(t). */
    const real cubic = exp_cubic(choose(close, t, TWO)), curve_t = fma_(t, cubic, HALF);
    const real more = t * curve_t, second = fma_(t - ONE, curve_t, ONE), third = fma_(t - TWO, curve_t, fma_(TWO, cubic, ONE));
    const real near_slope = HALF * m * (fma_(l, second, -more) - less_m);
    const real near_bend = fma_(ONE + h, more + (TWO * less_m - less_s), m * fma_(l, third, TWO * (second_m - second)));

    const real inverse = ONE / choose(close, TWO, t), first_far = (ONE - decay_t) * inverse,
               second_far = (ONE - first_far) * inverse;
    const real third_far = (ONE - TWO * second_far) * inverse;
    const real far_slope = scaled(f.width.mantissa * lift.mantissa * (R(0.25) * l) * fma_(l, second_far, -first_far),
                                  lift.exponent + f.width.exponent);
    const real far = fma_(ONE + h, first_far, m * fma_(l, third_far, -TWO * second_far));
    const real far_bend = scaled(lift.mantissa * (R(0.25) * l) * far, lift.exponent);
    const real rest = fma_(TWO * m, second_m, (ONE + h) * (TWO * less_m - less_s - ONE));
    return (shape_derivatives){
        .slope = choose(close, near_slope, far_slope + HALF * m * (ONE - less_m)),
        .bend = choose(close, R(0.25) * l * near_bend, far_bend + R(0.25) * l * rest),
    };
}

POINTWISE(barron_nll)
{
    const real alpha = operand, c = param[0], r = pred - target, a = abs_(r);
    const real lost = copysign_(ONE, r) * lost_by_difference(pred, target, r);
    const real half = abs_(half_difference(pred, target)), infinite = keep_if(half > LARGEST, half);
    const barron_curve f = barron_curve_of(pred, target, alpha, c);
    const shape_derivatives by_alpha = shape_derivatives_of(f);
    const log_partition z = log_partition_of(alpha);
    const int is_last = alpha == TWO, is_nan = (alpha != alpha) | (r != r), tie = (a == c) & (lost == ZERO);
    const int beyond = (a > c) | ((a == c) & (lost > ZERO));
    const real steep = choose(beyond, INFINITE, choose(tie, R(-0.18240928863463046), -INFINITE));
    const real bent = choose(beyond | tie, INFINITE, -INFINITE);
    /* As t goes to 0 the loss is log(1 + z), and cancels with log c where r² is about c: their exponents do so exactly, and the
     * rest of it is l (h expm1(t)/t - 1). */
    const int joined = (f.t <= ONE) & (f.loss.value <= LARGEST) & !is_last;
    const real logs = log_of_product(f.base, f.scale) + f.lost;
    const real rest = f.log1p_z * fma_(HALF * f.b, f.t * exp_curve(at_most(f.t, ONE)), -(HALF * alpha));
    return (point){
        .value = choose(is_nan, NOT_A_NUMBER, choose(joined, logs + rest, f.loss.value + log_positive(c)) + z.value),
        .grad = choose(is_nan, NOT_A_NUMBER, f.loss.grad),
        .hess = choose(is_nan, NOT_A_NUMBER, f.loss.hess),
        .second_grad = choose(is_nan, NOT_A_NUMBER, choose(is_last, steep, by_alpha.slope + z.slope + infinite)),
        .second_hess = choose(is_nan, NOT_A_NUMBER, choose(is_last, bent, by_alpha.bend + z.bend + infinite)),
    };
}
