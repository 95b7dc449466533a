/* What a loss header is written in: the macros that open a body, and the result a body returns. */
#ifndef FASTLOSS_POINT_H
#define FASTLOSS_POINT_H

#include "../math/functions.h"

/* The loss of one element and its first and second derivative with respect to the prediction. */
typedef struct {
    real value, grad, hess;
} point;

#define MAYBE_UNUSED __attribute__((unused))

/* POINTWISE(name) { ... return (point){...}; }: the body of a loss of one prediction and one target, with its scalar
 * parameters in `param`, in the order of the Python signature; None arrives as NaN, a flag as 0 or 1. `operand` is the
 * loss's parameter that may be an array, where it has one. */
#define POINTWISE(name)                                                                                                     \
    INLINE point name##_point(MAYBE_UNUSED real pred, MAYBE_UNUSED real target, MAYBE_UNUSED real operand,                  \
                              MAYBE_UNUSED const real *param)

/* LOG_PROBABILITY(name) { ... }: the body of a loss of log p, the log-probability that softmax gives to the label; `complement` is
 * 1 - p. The derivatives are by log p. */
#define LOG_PROBABILITY(name)                                                                                               \
    INLINE point name##_of_log_probability(MAYBE_UNUSED real log_p, MAYBE_UNUSED real p, MAYBE_UNUSED real complement,      \
                                           MAYBE_UNUSED const real *param)

#endif
