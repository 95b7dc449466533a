/* The kernels of losses of sums: what they are called with. */
#ifndef FASTLOSS_SUMS_KERNELS_H
#define FASTLOSS_SUMS_KERNELS_H

#include "blocks.h"

enum {
    /* What loops over the elements of a loss of sums take at a time. */
    FL_SUMS_GROUP = 16,
    /* Elements that are worked on at a time: they, and their terms, stay in the first-level cache. */
    FL_SUMS_BLOCK = 512,
};

/* Some elements of a loss of sums. Arrays have room for whole groups. */
typedef struct {
    int64_t n; /* any number up to FL_SUMS_BLOCK but 0 */
    const void *in[FL_MAX_ARGUMENTS];
    const double *param, *center; /* center: what is subtracted from each argument */
    double *term[FL_MAX_SUMS];    /* made: what each element adds to each sum */
    const double *slope;          /* the derivatives by the sums */
    void *grad[FL_MAX_ARGUMENTS];
} fl_sums;

typedef void (*fl_sums_kernel)(const fl_sums *);

/* Kernels are found by the form of the body, and by what is done. The form is 0; that of the power 1, 2 or another, where the
 * loss is a distance; that of squares, where they may be taken too. */
enum { FL_SUMS_REDUCE, FL_SUMS_SPREAD, FL_SUMS_SPREAD_ALL, FL_N_SUMS_KERNELS, FL_N_FORMS = 3 };
typedef fl_sums_kernel fl_sums_kernels[FL_N_FORMS][FL_N_SUMS_KERNELS];

#endif
