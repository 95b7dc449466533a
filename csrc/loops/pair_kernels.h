/* The kernels of two rows of logits whose softmaxes are compared: what they are called with. */
#ifndef FASTLOSS_PAIR_KERNELS_H
#define FASTLOSS_PAIR_KERNELS_H

#include "blocks.h"

/* A segment of two rows of logits whose softmaxes are compared. Probabilities p (target) and q (prediction) are in units of one
 * over `share_top`, logarithms and differences of logits, over the temperature, in units of `log_unit`. */
typedef struct {
    int64_t n; /* whole groups, where padding has no probability */
    const void *pred, *target;
    double pred_maximum, target_maximum, temperature;
    /* Made by forward: the exponentials, each row's in a unit of its own, those of the maxima first; the logarithm of target's
     * over prediction's, both over that of their maximum, which is log(p/q) but for a constant; the difference of the two,
     * times pred_top. */
    double pred_top, target_top;
    void *log_ratio, *across, *across_lost, *pred_exponentials, *target_exponentials, *surplus;
    /* The other loops are given these numbers of the rows. */
    const double *param;
    double log_of_sums; /* log of the target's sum of exponentials over that of the prediction's; times share_top */
    double pred_inverse, target_inverse;     /* share_top over the sums of exponentials */
    double pred_rest;                        /* 1 - the largest q; times share_top */
    int pred_is_single, target_is_single;    /* one class has more than half of q; of p */
    double pred_top_ratio, target_top_ratio; /* log_ratio of the class with the largest q; the largest p */
    double pred_top_across, target_top_across, pred_top_lost,
        target_top_lost;               /* `across` of these classes and its last digits */
    double pred_origin, target_origin; /* what of `across`, which is log(p/q) too but for a constant, slopes are taken from */
    double pred_mean, target_mean, bend_mean, share_mean; /* times share_top */
    int pred_is_level, target_is_level;                   /* slopes are levels; see losses/point.h */
    double single_bend; /* of the class with more than half of q, its bend less their mean; times share_top */
    double scale;
    void *result; /* made: each class's part of the value; or a derivative */
    /* Made by FL_TERMS; what is far, times log_unit. */
    void *far, *pred_part, *pred_far, *target_part, *target_far, *bend_part, *share_part, *level_part;
} fl_pair;

enum { FL_TERMS, FL_PAIR_GRAD, FL_PAIR_HESS, FL_PAIR_SECOND_GRAD, FL_N_PAIR_KERNELS };

typedef void (*fl_pair_kernel)(const fl_pair *);

typedef struct {
    void (*forward)(fl_pair *);
    double (*sum_beside)(const void *x, const void *e, double top, int64_t n); /* of the x that go with another e than `top` */
    double share_top, log_unit;
} fl_pair_kernels;

#endif
