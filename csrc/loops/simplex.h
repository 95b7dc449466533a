/* The projection of a row of logits onto the simplex, from the sums over those above a threshold.
 *
 * Logits less the largest, m, sum up to 1 + number * threshold where they are above it. Michelot (1986): from a threshold
 * that is too low each estimate is higher, and none too high; fewer logits are above it each time, so that the iteration ends.
 */
#ifndef FASTLOSS_SIMPLEX_H
#define FASTLOSS_SIMPLEX_H

#include "../fastloss.h"

#include <math.h>

typedef struct {
    int is_known; /* the largest logit is finite */
    double largest, threshold, number;
} fl_projection;

static inline fl_projection fl_projection_of(double largest)
{
    const int is_known = isfinite(largest);
    return (fl_projection){.is_known = is_known, .largest = is_known ? largest : 0.0, .threshold = is_known ? -1.0 : NAN};
}

/* Computes the threshold from the sum and the number of those above it. Returns whether it became higher. */
static inline int fl_raise_threshold(fl_projection *p, double sum, double number, fl_dtype real)
{
    const double exact = (sum - 1.0) / number, next = real == FL_FLOAT32 ? (double)(float)exact : exact;
    p->number = number;
    if (!(next > p->threshold))
        return 0;
    p->threshold = next;
    return 1;
}

/* What the body of an element reads: see losses.inc. */
static inline void fl_note_projection(const fl_projection *p, double *param)
{
    param[0] = p->largest, param[1] = p->threshold, param[2] = 1.0 - 1.0 / p->number;
}

/* The value of a row, from the sum of halves and that of the targets, which may not be 1. */
static inline double fl_value_of_projection(const fl_projection *p, double halves, double mass)
{
    return 2.0 * halves + (mass == 1.0 ? 0.0 : (p->largest + p->threshold) * (1.0 - mass));
}

#endif
