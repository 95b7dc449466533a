/* max(0, m - y (a - b)), a = pred, b the operand, y the sign that says which is to be larger, m the margin.
 * Subgradient at the kink as below it, as in PyTorch: with m = 0 that is at a tie, where scores that start equal begin. */
POINTWISE(margin_ranking)
{
    const real slack = param[0] - target * (pred - operand);
    const real slope = slack >= ZERO ? target : slack < ZERO ? ZERO : slack;
    return (point){
        .value = at_least(slack, ZERO), .grad = ZERO - slope, .hess = ZERO, .second_grad = slope, .second_hess = ZERO};
}
