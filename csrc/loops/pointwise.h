/* The loop of the pointwise losses, and its instances: losses.inc × FL_OUTPUT_SETS.
 *
 * The body returns value, gradient and Hessian; what an instance does not store, the compiler removes. */
#ifndef FASTLOSS_POINTWISE_H
#define FASTLOSS_POINTWISE_H

#include "kernels.h"

typedef point (*pointwise_body)(real pred, real target, real operand, const real *param);

INLINE void pointwise_loop(pointwise_body body, unsigned outputs, const fl_pointwise *c)
{
    const real *pred = c->pred, *target = c->target, *operand = c->operand;
    real *value = c->value, *grad = c->grad, *hess = c->hess;
    const real scale = (real)c->scale;
    const int64_t n = whole_groups(c->n);
    real param[FL_MAX_PARAMS];
    for (int i = 0; i < FL_MAX_PARAMS; i++)
        param[i] = (real)c->param[i];

    /* grad may be pred itself: each element is read before it is written. */
#pragma omp simd
    for (int64_t i = 0; i < n; i++) {
        const point p = body(pred[i], target[i], operand[i], param);
        if (outputs & FL_VALUE)
            value[i] = p.value;
        if (outputs & FL_GRAD)
            grad[i] = p.grad * scale;
        if (outputs & FL_HESS)
            hess[i] = p.hess * scale;
    }
}

#define INSTANCE(loss, set, outputs)                                                                                        \
    static void loss##_##set(const fl_pointwise *c)                                                                         \
    {                                                                                                                       \
        pointwise_loop(loss##_point, outputs, c);                                                                           \
    }

#define ELEMENT_LOSS(loss, n_params, has_operand, slow)                                                                     \
    INSTANCE(loss, value, FL_VALUE)                                                                                         \
    INSTANCE(loss, grad, FL_GRAD)                                                                                           \
    INSTANCE(loss, value_and_grad, FL_VALUE | FL_GRAD)                                                                      \
    INSTANCE(loss, grad_and_hess, FL_GRAD | FL_HESS)
#include "../losses.inc"

#define ELEMENT_LOSS(loss, n_params, has_operand, slow) {loss##_value, loss##_grad, loss##_value_and_grad, loss##_grad_and_hess},
#define OTHER_LOSS(...) {NULL},
static const fl_pointwise_kernel pointwise_kernels[][FL_N_OUTPUT_SETS] = {
#include "../losses.inc"
};

#endif
