/* log Γ for x > 0.
 *
 * Below 1, log Γ(1 + x) - log x; from 1 to 2.5, log Γ(1 + s) with s = x - 1. Either has log Γ(1 + s) = s (s - 1) G(s), whose
 * factors are exact where it vanishes, so that the digits of G are those of the result (tools/minimax.py, lgamma_core_f32:
 * 0.039 ulp, lgamma_core_f64: 0.145 ulp). Beyond, Stirling's (x - 1/2) (log x - 1) + (log(2π) - 1)/2 + W(1/x²)/x, with W
 * fitted instead of its divergent series (lgamma_far_f32: 0.00496 ulp, lgamma_far_f64: 0.0681 ulp). The logarithm is in two
 * parts: what it loses by rounding would be multiplied by x, and near 1 be added to a difference. */
#ifndef FASTLOSS_LGAMMA_H
#define FASTLOSS_LGAMMA_H

#include "log.h"

/* Beyond, W(1/x²)/x is nothing beside the rest. */
#define STIRLING_END PICK(0x1p24f, 0x1p54)

/* G(s), with u = s - 3/4. */
INLINE real lgamma_polynomial(real u)
{
#if REAL_BITS == 32
    real g = -0.000129862688f;
    g = fma_(g, u, 0.000242075548f);
    g = fma_(g, u, -0.000248224125f);
    g = fma_(g, u, 0.000483600626f);
    g = fma_(g, u, -0.00107087172f);
    g = fma_(g, u, 0.00211234996f);
    g = fma_(g, u, -0.00422486709f);
    g = fma_(g, u, 0.00877456181f);
    g = fma_(g, u, -0.0190540198f);
    g = fma_(g, u, 0.0445204824f);
    g = fma_(g, u, -0.119481586f);
    g = fma_(g, u, 0.450139314f);
#else
    real g = 7.7754892575730269e-08;
    g = fma_(g, u, -1.5767054878023644e-07);
    g = fma_(g, u, 1.3067660343836461e-08);
    g = fma_(g, u, 3.3694982316258815e-08);
    g = fma_(g, u, 3.6375902464180113e-07);
    g = fma_(g, u, -7.5573970666783652e-07);
    g = fma_(g, u, 1.0049602892000998e-06);
    g = fma_(g, u, -1.7680925775315565e-06);
    g = fma_(g, u, 3.4812657234476339e-06);
    g = fma_(g, u, -6.487614826826559e-06);
    g = fma_(g, u, 1.1959180685392148e-05);
    g = fma_(g, u, -2.2268302791402639e-05);
    g = fma_(g, u, 4.1702899120855515e-05);
    g = fma_(g, u, -7.8464029184305783e-05);
    g = fma_(g, u, 0.00014851721024114329);
    g = fma_(g, u, -0.00028319036372449237);
    g = fma_(g, u, 0.0005448969395819202);
    g = fma_(g, u, -0.0010605660934654368);
    g = fma_(g, u, 0.0020955338835245687);
    g = fma_(g, u, -0.0042261941252087504);
    g = fma_(g, u, 0.0087763704251152524);
    g = fma_(g, u, -0.01905395783026027);
    g = fma_(g, u, 0.044520447198512246);
    g = fma_(g, u, -0.11948158662524268);
    g = fma_(g, u, 0.45013931210925628);
#endif
    return g;
}

/* log Γ(1 + s) of x < 2.5, where s is x - 1 from 1 on, x itself below. */
INLINE real lgamma_core(real x)
{
    const real s = x < ONE ? x : x - ONE;
    return s * (s - ONE) * lgamma_polynomial(s - R(0.75));
}

/* W(z) */
INLINE real lgamma_tail(real z)
{
#if REAL_BITS == 32
    real w = -0.000387429289f;
    w = fma_(w, z, 0.000770748709f);
    w = fma_(w, z, -0.00277676107f);
    w = fma_(w, z, 0.0833333209f);
#else
    real w = -0.29485451023139025;
    w = fma_(w, z, 0.35340232383264442);
    w = fma_(w, z, -0.20036118348811821);
    w = fma_(w, z, 0.074120226055153643);
    w = fma_(w, z, -0.021564324018547409);
    w = fma_(w, z, 0.0059389481544246279);
    w = fma_(w, z, -0.0018972347496807017);
    w = fma_(w, z, 0.00084115083738111457);
    w = fma_(w, z, -0.00059522677077372406);
    w = fma_(w, z, 0.0007936506713450591);
    w = fma_(w, z, -0.0027777777771556674);
    w = fma_(w, z, 0.083333333333332385);
#endif
    return w;
}

INLINE real lgamma_positive(real x)
{
    const int below = x < ONE, far = x >= R(2.5);
    const real s = below ? x : x - ONE, r = ONE / clip(x, ONE, STIRLING_END), z = r * r;
    const log_pair log_x = log_pair_of(x);
    /* (log(2π) - 1) / 2 */
    const real constant = fma_(r, lgamma_tail(z), R(0.41893853320467274));
    /* x - 1/2 and log x - 1 in two parts each, the high ones with half of the digits, so that their product is exact: there is
     * a float whose log Γ is 0.7 ulp above the largest one. */
    const real high = log_x.high - ONE, less_one = high + log_x.low, less_one_high = half_of_digits(less_one);
    const real x_high = half_of_digits(x), x_low = (x - x_high) - HALF, less_one_low = (high - less_one_high) + log_x.low;
    const real rest = fma_(x_high, less_one_low, fma_(x_low, less_one, constant));
    /* All three as a product, a term and a small term. */
    const real factor = choose(far, x_high, s - ONE), other = choose(far, less_one_high, s * lgamma_polynomial(s - R(0.75)));
    const real term = choose(far, rest, keep_if(below, ZERO - log_x.high));
    return fma_(factor, other, term) - keep_if(below, log_x.low);
}

INLINE real lgamma_(real x)
{
    const real y = lgamma_positive(x);
    return x > ZERO ? (x <= LARGEST ? y : x) : (x == ZERO ? INFINITE : NOT_A_NUMBER);
}

#endif
