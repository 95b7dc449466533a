/* Brier (1950): (p - y)². */
POINTWISE(brier)
{
    return squared_error_point(pred, target, operand, param);
}
