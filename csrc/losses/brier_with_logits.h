/* r² with r = p - y, p = sigmoid(x): as in binary_cross_entropy_with_logits (wrong - right e) / (1 + e) with the sign of x, e =
 * exp(-|x|). With v = p (1 - p), r' = v and v' = v (1 - 2p). The square doubles an error: so what 1 - y, e and 1 + e have lost
 * is put back. */
POINTWISE(brier_with_logits)
{
    const decay y = decay_of(pred);
    const real e = y.e, d = ONE + e, first_order = inverse_to_first_order(e),
               d_lost = (e - (d - ONE) + e * y.lost) * first_order;
    const int above = pred >= ZERO;
    const real not_target = ONE - target, not_target_lost = (ONE - not_target) - target;
    const real wrong = above ? not_target : target, right = above ? target : not_target;
    const real lost = fma_(-right * e, y.lost, not_target_lost * (above ? ONE : -e));
    const real quotient = fma_(-right, e, wrong) / d, r = quotient + fma_(-quotient, d_lost, lost * first_order);
    const real rough = e / (d * d), v = fma_(rough, fma_(-TWO, d_lost, y.lost), rough);
    return (point){
        .value = r * r,
        .grad = TWO * (above ? r : -r) * v,
        .hess = TWO * v * fma_(r, (e - ONE) / d, v),
    };
}
