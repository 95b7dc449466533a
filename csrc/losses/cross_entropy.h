/* -log p of the label. */
LOG_PROBABILITY(cross_entropy)
{
    return (point){.value = -log_p, .grad = -ONE, .hess = ZERO};
}
