/* w y softplus(-x) + (1 - y) softplus(x), w = pos_weight. `wrong` is the part of the target on the other side of 0 than x:
 * only it pays |x|; both pay log1p(e), e = exp(-|x|). The gradient is the difference of the two sigmoids' shares, over 1 + e.
 * |x| y comes before w: w y alone may be too small for a number.
 * By the target it is w softplus(-x) - softplus(x), of which w = 1 leaves -x. */
#pragma once

POINTWISE(binary_cross_entropy_with_logits)
{
    const real e = exp_nonpositive(-abs_(pred)), positive = operand * target, negative = ONE - target;
    const int above = pred >= ZERO;
    const real wrong = above ? negative : positive, right = above ? positive : negative;
    const real against = above ? negative : target,
               pay = keep_if(against != ZERO, abs_(pred) * against * (above ? ONE : operand));
    const real log1p_e = log1p_unit(e), by_target = fma_(operand - ONE, log1p_e, -pred * (above ? ONE : operand));
    const real inverse = ONE / (ONE + e), slope = (wrong - right * e) * inverse;
    return (point){
        .value = fma_(positive + negative, log1p_e, pay),
        .grad = above ? slope : -slope,
        .hess = (positive + negative) * (e * inverse) * inverse,
        .second_grad = target == target ? by_target : target,
    };
}
