/* Beaton & Tukey (1974): c²/6 (1 - v³), v = 1 - (r/c)², c²/6 beyond c, where v = 0. Near 0 the difference cancels: there
 * r² (1 - z + z²/3) / 2, z = (r/c)². */
POINTWISE(tukey_biweight)
{
    const real c = param[0], inside = clip(pred - target, -c, c), u = inside / c, z = u * u, v = fma_(-u, u, ONE);
    const real near = inside * (inside * fma_(z, fma_(z, R(0.16666666666666667), -HALF), HALF));
    const real far = c * (c * (R(0.16666666666666667) * fma_(-v * v, v, ONE)));
    return (point){.value = choose(z < HALF, near, far), .grad = inside * v * v, .hess = v * fma_(R(-5.0), z, ONE)};
}
