/* Segments of a row of softmax, joined; and what is found of the row then, as the fields of loops/finish.h. In double, for
 * types of both precisions. */
#ifndef FASTLOSS_JOIN_H
#define FASTLOSS_JOIN_H

#include "softmax_kernels.h"

#include <math.h>

#define REAL_BITS 64
#define WITHOUT_FMA
#include "../math/functions.h"

/* What is done to logits before the softmax is taken; with `is_one` nothing. */
typedef struct {
    int is_one;
    double cap, temperature;
} fl_softening;

static const fl_segment FL_NO_SEGMENT = {.maximum = -INFINITY, .largest = -1, .unknown = -1};

/* How far below `maximum` a logit lies, where the softmax is taken. */
static inline double fl_depth(double maximum, double logit, fl_softening by)
{
    if (by.is_one)
        return maximum - logit;
    const softening s = softening_of(by.cap, by.temperature);
    return softened_depth(maximum, cap_exponential(maximum, s), logit, s.cap != 0.0, s);
}

/* Two parts of a row, of which `part` has no larger maximum: its exponentials shrink, and all are others. */
static inline void fl_absorb(fl_segment *into, const fl_segment *part, fl_softening by, int with_statistics)
{
    const double below = fl_depth(into->maximum, part->maximum, by), unit = exp_nonpositive(-below);
    into->others += (1.0 + part->others) * unit;
    into->mass += part->mass;
    into->mass_of_others += part->mass;
    into->shortfall += part->shortfall + (part->mass == 0.0 ? 0.0 : part->mass * below);
    if (!with_statistics)
        return;
    into->dispersion += unit == 0.0 ? 0.0 : unit * (part->dispersion + (1.0 + part->others) * below);
    if (into->largest < 0)
        into->largest = part->largest;
    if (part->unknown >= 0 && (into->unknown < 0 || part->unknown < into->unknown))
        into->unknown = part->unknown;
}

static inline void fl_join(fl_segment *total, const fl_segment *part, fl_softening by, int with_statistics)
{
    if (part->maximum > total->maximum) {
        const fl_segment before = *total;
        *total = *part;
        fl_absorb(total, &before, by, with_statistics);
    } else {
        fl_absorb(total, part, by, with_statistics);
    }
}

/* Where the sums over a row become `real`, in units of the largest exponential: so many, so that none is subnormal. */
static inline double fl_unit_of(fl_dtype real)
{
    return real == FL_FLOAT32 ? 0x1p24 : 0x1p53;
}

/* A row's sums become fields of it, which is row i of those that are finished together. */
static inline void fl_note_row(double (*field)[FL_ROWS_TOGETHER], int64_t i, const fl_segment *total, double label_logit,
                               fl_softening by, fl_dtype real)
{
    const double below = fl_depth(total->maximum, label_logit, by), unit = fl_unit_of(real);
    field[FL_MAXIMUM][i] = by.is_one ? total->maximum : 0.0;
    field[FL_TOP][i] = unit;
    field[FL_OTHERS][i] = unit * total->others;
    field[FL_MASS][i] = total->mass;
    field[FL_MASS_OF_OTHERS][i] = total->mass_of_others;
    field[FL_SHORTFALL][i] = total->shortfall;
    field[FL_LABEL_LOGIT][i] = by.is_one ? label_logit : -below;
    field[FL_LABEL_EXPONENTIAL][i] = unit * exp_nonpositive(-below);
    if (!by.is_one) {
        const softening s = softening_of(by.cap, by.temperature);
        field[FL_BASE][i] = softened(total->maximum, s.cap != 0.0, s);
    }
}

/* What multiplies the exponentials of a segment with this maximum, `top` being its exponential, so that they are those of the
 * row. */
static inline double fl_factor_of_segment(double below, double top, double lift, fl_dtype real)
{
    return exp_nonpositive(-below) * (fl_unit_of(real) / top * lift);
}

/* The factor of a segment is multiplied by this power of two, since it would be subnormal where q is not yet if the segment's
 * logits are all far below the row's largest. */
static inline double fl_lift_of_segment(double below, fl_dtype real)
{
    return below > (real == FL_FLOAT32 ? 60.0 : 600.0) ? 0x1p64 : 1.0;
}

#endif
