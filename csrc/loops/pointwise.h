/* The loop of the losses of an element, and its instances: those of a group of losses × FL_OUTPUT_SETS.
 *
 * The body returns value, gradient and Hessian; what an instance does not store, the compiler removes. */
#ifndef FASTLOSS_POINTWISE_H
#define FASTLOSS_POINTWISE_H

#include "element_kernels.h"

typedef point (*pointwise_body)(real pred, real target, real operand, const real *param);

INLINE void pointwise_loop(pointwise_body body, unsigned outputs, const fl_pointwise *c)
{
    const real *pred = c->pred, *target = c->target, *operand = c->operand;
    real *value = c->value, *grad = c->grad, *hess = c->hess, *second_grad = c->second_grad, *second_hess = c->second_hess;
    const real scale = (real)c->scale;
    const int64_t n = whole_groups(c->n);
    real param[FL_MAX_PARAMS];
    for (int i = 0; i < FL_MAX_PARAMS; i++)
        param[i] = (real)c->param[i];

    /* grad may be pred itself, and second_grad the operand or target: each element is read before it is written. */
#pragma omp simd
    for (int64_t i = 0; i < n; i++) {
        const point p = body(pred[i], target[i], operand[i], param);
        if (outputs & FL_VALUE)
            value[i] = p.value;
        if (outputs & FL_GRAD)
            grad[i] = p.grad * scale;
        if (outputs & FL_HESS)
            hess[i] = p.hess * scale;
        if (outputs & FL_SECOND)
            second_grad[i] = p.second_grad * scale;
        if (outputs & FL_SECOND && outputs & FL_HESS)
            second_hess[i] = p.second_hess * scale;
    }
}

#define INSTANCE(loss, set, outputs)                                                                                           \
    static void loss##_##set(const fl_pointwise *c)                                                                            \
    {                                                                                                                          \
        pointwise_loop(loss##_point, outputs, c);                                                                              \
    }

/* Which body of a loss of a power it is, is asked once a call: a body that chose itself would compute all of them for each
 * element. */
#define POWER_INSTANCE(loss, set, outputs)                                                                                     \
    static void loss##_##set(const fl_pointwise *c)                                                                            \
    {                                                                                                                          \
        if (c->param[0] == 0.0)                                                                                                \
            pointwise_loop(loss##_of_power_0_point, outputs, c);                                                               \
        else if (c->param[0] == 1.0)                                                                                           \
            pointwise_loop(loss##_of_power_1_point, outputs, c);                                                               \
        else if (c->param[0] == 2.0)                                                                                           \
            pointwise_loop(loss##_of_power_2_point, outputs, c);                                                               \
        else                                                                                                                   \
            pointwise_loop(loss##_point, outputs, c);                                                                          \
    }

#define FULL_INSTANCE(loss, set, outputs)                                                                                      \
    static void loss##_##set(const fl_pointwise *c)                                                                            \
    {                                                                                                                          \
        if ((outputs) & FL_VALUE && c->param[0] != 0.0)                                                                        \
            pointwise_loop(loss##_full_point, outputs, c);                                                                     \
        else                                                                                                                   \
            pointwise_loop(loss##_point, outputs, c);                                                                          \
    }

#define FOUR_INSTANCES(KIND, loss)                                                                                             \
    KIND(loss, value, FL_VALUE)                                                                                                \
    KIND(loss, grad, FL_GRAD)                                                                                                  \
    KIND(loss, value_and_grad, FL_VALUE | FL_GRAD)                                                                             \
    KIND(loss, grad_and_hess, FL_GRAD | FL_HESS)

/* has_operand chooses the instances with derivatives by it or by the target, and the names of these. */
#define SECOND_INSTANCES_0(loss)
#define SECOND_INSTANCES_1(loss)
#define SECOND_INSTANCES_2(loss)                                                                                               \
    INSTANCE(loss, grads, FL_GRAD | FL_SECOND)                                                                                 \
    INSTANCE(loss, value_and_grads, FL_VALUE | FL_GRAD | FL_SECOND)                                                            \
    INSTANCE(loss, grads_and_hesses, FL_GRAD | FL_HESS | FL_SECOND)
#define SECOND_INSTANCES_3(loss)                                                                                               \
    INSTANCE(loss, grads, FL_GRAD | FL_SECOND)                                                                                 \
    INSTANCE(loss, value_and_grads, FL_VALUE | FL_GRAD | FL_SECOND)
#define SECOND_INSTANCES_4(loss) SECOND_INSTANCES_3(loss)
#define SECOND_NAMES_0(loss) NULL, NULL, NULL
#define SECOND_NAMES_1(loss) NULL, NULL, NULL
#define SECOND_NAMES_2(loss) loss##_grads, loss##_value_and_grads, loss##_grads_and_hesses
#define SECOND_NAMES_3(loss) loss##_grads, loss##_value_and_grads, NULL
#define SECOND_NAMES_4(loss) SECOND_NAMES_3(loss)

/* The instances of a loss, and their names by sets of outputs. */
#define INSTANCES_OF_element(loss, has_operand) FOUR_INSTANCES(INSTANCE, loss) SECOND_INSTANCES_##has_operand(loss)
#define INSTANCES_OF_power(loss, has_operand) FOUR_INSTANCES(POWER_INSTANCE, loss)
#define INSTANCES_OF_full(loss, has_operand) FOUR_INSTANCES(FULL_INSTANCE, loss)
#define KERNELS_OF_element(loss, has_operand)                                                                                  \
    .element = {loss##_value, loss##_grad, loss##_value_and_grad, loss##_grad_and_hess, SECOND_NAMES_##has_operand(loss)}
#define KERNELS_OF_power KERNELS_OF_element
#define KERNELS_OF_full KERNELS_OF_element

#endif
