/* What follows for the label of a row: of a loss that is a function of the differences of other logits to its logit; and of one
 * that is its entry alone. */
#ifndef FASTLOSS_LABEL_H
#define FASTLOSS_LABEL_H

/* A difference falls as the label's logit rises: its slope is what the others leave. Not -0. */
static inline double fl_slope_of_label(double slope_of_others)
{
    return 0.0 - slope_of_others;
}

/* -pred[label], of a label that counts `strength`; not -0. */
static inline double fl_value_of_entry(double entry, double strength)
{
    return 0.0 - strength * entry;
}

static inline double fl_slope_of_entry(double strength)
{
    return -strength;
}

#endif
