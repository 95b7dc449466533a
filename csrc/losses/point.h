/* What a loss header is written in: the macros that open a body, and the result a body returns. */
#ifndef FASTLOSS_POINT_H
#define FASTLOSS_POINT_H

#include "../math/functions.h"

/* The loss of one element and its first and second derivative: with respect to the prediction; with respect to the operand or
 * the target, where losses.inc says that there are such. */
typedef struct {
    real value, grad, hess, second_grad, second_hess;
} point;

#define MAYBE_UNUSED __attribute__((unused))

/* POINTWISE(name) { ... return (point){...}; }: the body of a loss of one prediction and one target, with its scalar
 * parameters in `param`, in the order of the Python signature; None arrives as NaN, a flag as 0 or 1. `operand` is the
 * loss's parameter that may be an array, where it has one; None arrives there as -1, since NaN is of its element. */
#define POINTWISE(name)                                                                                                        \
    INLINE point name##_point(MAYBE_UNUSED real pred, MAYBE_UNUSED real target, MAYBE_UNUSED real operand,                     \
                              MAYBE_UNUSED const real *param)

/* LOG_PROBABILITY(name) { ... }: the body of a loss of log p, the log-probability that softmax gives to the label; `complement`
 * is 1 - p. The derivatives are by log p. */
#define LOG_PROBABILITY(name)                                                                                                  \
    INLINE point name##_of_log_probability(MAYBE_UNUSED real log_p, MAYBE_UNUSED real p, MAYBE_UNUSED real complement,         \
                                           MAYBE_UNUSED const real *param)

/* One class of two rows of logits: p and q are the probabilities that softmax gives it by the target's and by the prediction's
 * row, times one power of two, so that they have all their digits down to what vanishes from a gradient. Logarithms may be
 * infinite; in units of `log_unit` they are so only where a class is masked. */
typedef struct {
    real p, q;
    real gap, log_ratio; /* log(p/q), without and with what the sums of exponentials add */
    real log_ratio_in_units;
    real from_pred_top, from_target_top; /* in units: log(p/q) less pred_top_ratio; less target_top_ratio */
    /* These come from another class or number, with the digits of what the two logits differ by. */
    real across_pred_top, across_target_top;
    real rest;     /* 1 - q, in the unit of q */
    int is_single; /* q is more than a half */
} class_pair;

/* A mean that may be too large or too small for one unit. */
typedef struct {
    real plain, in_shares, in_units;
} pair_mean;

/* What all classes of the two rows share. */
typedef struct {
    real log_unit, share_unit; /* p * share_unit is a plain number */
    real unit;                 /* share_unit / temperature: derivatives by the logits are by logits / temperature, times this */
    real inverse_temperature;
    real log_of_sums, log_of_sums_in_shares; /* gap - log_ratio; over share_unit */
    real pred_top_ratio, target_top_ratio;   /* log(p/q) of the class with the largest q; the largest p */
    pair_mean pred_mean, target_mean;        /* sum q pred_slope, sum p target_slope */
    int pred_is_level, target_is_level;      /* those slopes are the levels: counted from 0, not from the slope at the top */
    real bend_mean, share_mean;              /* sum q bend, sum q share, in the unit of q */
    real single_bend;                        /* bend - bend_mean of the class with more than half of q, in the unit of q */
    real rest_of_param;                      /* 1 - param[0], rounded once */
} row_pair;

/* A class's part in a divergence, and the derivatives by its own two logits. The means of the slopes are known when the
 * derivatives are asked for. A slope beyond FAR is -across_pred_top or across_target_top. */
#define FAR R(1048576.0)
typedef struct {
    real value, far; /* in the unit of p; times log_unit */
    real pred_slope, target_slope, bend, share, target_level;
    real grad, hess, target_grad;
} pair_point;

/* DISTILLATION(name) { ... }: the body of a divergence between the softmaxes of two rows. */
#define DISTILLATION(name)                                                                                                     \
    INLINE pair_point name##_of_pair(const class_pair c, const row_pair r, MAYBE_UNUSED const real *param)

#endif
