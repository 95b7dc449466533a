/* -y log p - (1 - y) log(1 - p), p = 1 - exp(-L), L = w s, s = softplus(x), w the exposure: (1 - y) L - y log p.
 * Small numbers are kept as ratios: u = s / exp(x) where x < 0, p / L, and (L - p) / L². So log p = log(w u p/L) + x needs no
 * L, and grad = w sigma (1 - y) - y (sigma/s) q L/p, q = exp(-L), sigma = sigmoid(x) hess = sigma (w (1 - sigma) (1 - y) + y q
 * (L/p)² (k + w (1 - sigma) (L - p) / L²)), k = (sigma - s (1 - sigma)) / s² where 1 - sigma is exp(-s), and no term is
 * negative. */
POINTWISE(cross_entropy_lambda)
{
    const real w = operand, y = target, not_y = ONE - y, e = exp_nonpositive(-abs_(pred));
    const int above = pred >= ZERO;
    const real unit = fma_(e, log1p_unit_polynomial(e), ONE), inverse = ONE / (ONE + e), small = e * inverse;
    const real sigma = above ? inverse : small, rest = above ? small : inverse, s = above ? pred + e * unit : e * unit;
    const real L = w * s, q = exp_nonpositive(-L);
    const int near = L <= ONE;
    const real curve = exp_curve(-L), far_p = ONE - q, near_share = fma_(-L, curve, ONE);
    const real share = near ? near_share : far_p / L;

    /* A small w has no digits to spare for the product. */
    const int faint = w < PICK(0x1p-64f, 0x1p-512);
    const real lift = PICK(0x1p64f, 0x1p512), log_lift = PICK(44.3614196f, 354.89135644669199);
    const real product = (faint ? w * lift : w) * (above ? s : unit) * share;
    const real log_near = (log_positive(product) - keep_if(faint, log_lift)) + at_most(pred, ZERO);
    const real log_p = choose(near, log_near, choose(q == q, log_share_beside_one(far_p, -q), q));

    /* s² k; without quotients where L is no small number. */
    const real s_curve = rest * exp_curve(s), bulge = s <= TWO ? rest * expm1_excess(s) : fma_(-s, rest, sigma);
    const real k = s <= ONE ? s_curve : bulge / s / s, k_by_rate = s <= ONE ? L * L * s_curve : w * w * bulge;
    const real within = q / (near_share * near_share) * fma_(w * rest, curve, k);
    const real beyond = q / (far_p * far_p) * fma_(w * rest, L - far_p, k_by_rate);
    const real pull = keep_if(q != ZERO, q / share), convex = keep_if(q != ZERO, near ? within : beyond);
    return (point){
        .value = keep_if(not_y != ZERO, not_y * s * w) - keep_if(y != ZERO, y * log_p),
        .grad = not_y * sigma * w - y * (inverse / (above ? s : unit)) * pull,
        .hess = sigma * (w * rest * not_y + y * convex),
    };
}
