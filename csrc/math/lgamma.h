/* log Γ for x > 0.
 *
 * Below 1, log Γ(1 + x) - log x; from 1 to 2.5, log Γ(1 + s) with s = x - 1. Either has log Γ(1 + s) = s (s - 1) G(s), whose
 * factors are exact where it vanishes, so that the digits of G are those of the result (tools/minimax.py, lgamma_core_f32:
 * 0.039 ulp, lgamma_core_f64: 0.145 ulp). Beyond, Stirling's (x - 1/2) (log x - 1) + (log(2π) - 1)/2 + W(1/x²)/x, with W
 * fitted instead of its divergent series (lgamma_far_f32: 0.00202 ulp, lgamma_far_f64: 0.0188 ulp). The logarithm is in two
 * parts: what it loses by rounding would be multiplied by x, and near 1 be added to a difference. */
#ifndef FASTLOSS_LGAMMA_H
#define FASTLOSS_LGAMMA_H

#include "log.h"

/* Beyond, W(1/x²)/x is nothing beside the rest. */
#define STIRLING_END PICK(0x1p24f, 0x1p54)

INLINE real lgamma_positive(real x)
{
    const int below = x < ONE, far = x >= R(2.5);
    const real s = below ? x : x - ONE, u = s - R(0.75), r = ONE / clip(x, ONE, STIRLING_END), z = r * r;
    const log_pair log_x = log_pair_of(x);
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
#if REAL_BITS == 32
    real w = -0.000368032866f;
    w = fma_(w, z, 0.000764127064f);
    w = fma_(w, z, -0.00277605699f);
    w = fma_(w, z, 0.0833332986f);
#else
    real w = -0.21692609511955327;
    w = fma_(w, z, 0.27580901688479609);
    w = fma_(w, z, -0.16647014627662882);
    w = fma_(w, z, 0.065591643104580211);
    w = fma_(w, z, -0.020198880165612932);
    w = fma_(w, z, 0.0057940388833321215);
    w = fma_(w, z, -0.001886935555178056);
    w = fma_(w, z, 0.00084066696392331335);
    w = fma_(w, z, -0.00059521230180171688);
    w = fma_(w, z, 0.00079365041554520059);
    w = fma_(w, z, -0.0027777777748375179);
    w = fma_(w, z, 0.083333333333324711);
#endif
    /* (log(2π) - 1) / 2 */
    const real constant = fma_(r, w, R(0.41893853320467274));
    /* All three as a product, a term and a small term. */
    const real factor = choose(far, x - HALF, s - ONE), other = choose(far, (log_x.high - ONE) + log_x.low, s * g);
    const real term = choose(far, constant, keep_if(below, ZERO - log_x.high));
    return fma_(factor, other, term) - keep_if(below, log_x.low);
}

INLINE real lgamma_(real x)
{
    const real y = lgamma_positive(x);
    return x > ZERO ? (x <= LARGEST ? y : x) : (x == ZERO ? INFINITE : NOT_A_NUMBER);
}

#endif
