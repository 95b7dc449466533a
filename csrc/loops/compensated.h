/* Sums in order, with what their additions lose (Knuth 1969). */
#ifndef FASTLOSS_COMPENSATED_H
#define FASTLOSS_COMPENSATED_H

#include <math.h>

typedef struct {
    double sum, lost;
} fl_compensated;

static inline void fl_add(fl_compensated *to, double x)
{
    const double sum = to->sum + x, added = sum - to->sum;
    to->lost += (to->sum - (sum - added)) + (x - added);
    to->sum = sum;
}

static inline double fl_total_of(fl_compensated c)
{
    return isfinite(c.sum) ? c.sum + c.lost : c.sum;
}

#endif
