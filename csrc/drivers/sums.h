/* What is known of the losses of sums, by position in losses.inc. */
#ifndef FASTLOSS_DRIVERS_SUMS_H
#define FASTLOSS_DRIVERS_SUMS_H

#include "drivers.h"

typedef struct {
    int elements, labels, sums, is_distance, centered;
} fl_sums_traits;

fl_sums_traits fl_traits_of_sums(int loss);
/* The loss, and its derivative by each sum. */
double fl_finish_sums(int loss, const double *sum, double count, double label, const double *param, double *slope);

#endif
