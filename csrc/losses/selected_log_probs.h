/* log p of the label, to be made large; + 0, since a sure label gives -0. */
LOG_PROBABILITY(selected_log_probs)
{
    return (point){.value = log_p + ZERO, .grad = ONE, .hess = ZERO};
}
