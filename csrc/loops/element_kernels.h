/* The kernels of bodies of an element: what they are called with. */
#ifndef FASTLOSS_ELEMENT_KERNELS_H
#define FASTLOSS_ELEMENT_KERNELS_H

#include "blocks.h"

/* The sets of outputs for which pointwise kernels exist, in the order of the table. */
#define FL_OUTPUT_SETS(SET)                                                                                                    \
    SET(value, FL_VALUE)                                                                                                       \
    SET(grad, FL_GRAD)                                                                                                         \
    SET(value_and_grad, FL_VALUE | FL_GRAD)                                                                                    \
    SET(grad_and_hess, FL_GRAD | FL_HESS)                                                                                      \
    SET(grads, FL_GRAD | FL_SECOND)                                                                                            \
    SET(value_and_grads, FL_VALUE | FL_GRAD | FL_SECOND)                                                                       \
    SET(grads_and_hesses, FL_GRAD | FL_HESS | FL_SECOND)
/* Those with FL_SECOND are of losses that have it. */
enum { FL_N_OUTPUT_SETS = 7 };

typedef struct fl_pointwise {
    int64_t n;
    const void *pred, *target, *operand;
    const double *param;
    double scale;                                          /* multiplies derivatives */
    void *value, *grad, *hess, *second_grad, *second_hess; /* NULL: not asked for */
    const fl_own_loss *own;                                /* of a loss of the caller's: that itself */
} fl_pointwise;

/* Short rows one after the other, whose losses are sums of elements: arrays of n times `classes` numbers of type `real`. */
typedef struct {
    int64_t n, classes;
    int margins;            /* every other class against the label, whose derivatives are those of the others */
    const int64_t *label;   /* -1: none */
    const double *strength; /* what the label makes the row count; 0: the row counts nothing */
    const double *weight;
    double scale;              /* what derivatives are multiplied by, with the weight */
    void *value, *grad, *hess; /* or NULL */
    double *sum;               /* of each row's values */
} fl_short_rows;

#endif
