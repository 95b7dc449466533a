/* What is known of the losses of sums, and what they make of their sums. */
#ifndef FASTLOSS_SUMS_H
#define FASTLOSS_SUMS_H

/* elements: arguments with a number an element; labels: with one for all of them. */
typedef struct {
    int elements, labels, sums, is_distance, is_centered;
} fl_sums_traits;

/* By position in losses.inc. */
fl_sums_traits fl_traits_of_sums(int loss);
/* The loss, and its derivative by each sum. */
double fl_finish_sums(int loss, const double *sum, double count, double label, const double *param, double *slope);

#endif
