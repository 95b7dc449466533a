/* strength r²/2, r = pred - target, from r/2: a small strength makes a number of an r that is too large for one. */
POINTWISE(l2)
{
    const real strength = param[0], half = half_difference(pred, target), pull = strength * half;
    return (point){.value = TWO * (pull * half), .grad = TWO * pull, .hess = strength};
}
