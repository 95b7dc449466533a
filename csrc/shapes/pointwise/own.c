/* Losses of callers: their kernels as they are, and a kernel around a block function, which knows of no scale and of no output
 * that is not wanted, and may know of double alone. */
#include "own.h"

#include "../../loops/kernels.h"

enum { N_INPUTS = 3, N_OUTPUTS = 3 };

/* A block of numbers of either type. */
typedef struct {
    _Alignas(64) double numbers[FL_BLOCK];
} room;

static const double *widened(const float *from, int64_t n, room *to)
{
    for (int64_t i = 0; i < n; i++)
        to->numbers[i] = from[i];
    return to->numbers;
}

static void scale_float(void *to, const void *from, int64_t n, double factor)
{
    const float single = (float)factor;
    for (int64_t i = 0; i < n; i++)
        ((float *)to)[i] = ((const float *)from)[i] * single;
}

static void scale_double(void *to, const void *from, int64_t n, double factor)
{
    for (int64_t i = 0; i < n; i++)
        ((double *)to)[i] = ((const double *)from)[i] * factor;
}

static void scale_and_narrow(void *to, const void *from, int64_t n, double factor)
{
    for (int64_t i = 0; i < n; i++)
        ((float *)to)[i] = (float)(((const double *)from)[i] * factor);
}

/* What is wanted is what the function made, times the scale of derivatives. It writes into an output's own place where it may:
 * where numbers are of the type it writes, and it reads none from there. */
static void call_block(const fl_pointwise *c, fl_block block, const void *const in[N_INPUTS], int in_place,
                       void (*scale)(void *, const void *, int64_t, double))
{
    room aside[N_OUTPUTS];
    void *const wanted[N_OUTPUTS] = {c->value, c->grad, c->hess};
    void *to[N_OUTPUTS];
    int64_t outputs = 0;
    for (int i = 0; i < N_OUTPUTS; i++) {
        const int is_read = wanted[i] == in[0] || wanted[i] == in[1] || wanted[i] == in[2];
        to[i] = wanted[i] && in_place && !is_read ? wanted[i] : aside[i].numbers;
        outputs |= wanted[i] ? (int64_t)1 << i : 0;
    }
    block(c->n, outputs, in[0], in[1], in[2], c->param, to[0], to[1], to[2]);
    for (int i = 0; i < N_OUTPUTS; i++) {
        const double factor = i ? c->scale : 1.0;
        if (wanted[i] && (wanted[i] != to[i] || factor != 1.0))
            scale(wanted[i], to[i], c->n, factor);
    }
}

static void of_float(const fl_pointwise *c)
{
    const void *const in[N_INPUTS] = {c->pred, c->target, c->operand};
    call_block(c, c->own->block[0], in, 1, scale_float);
}

static void of_double(const fl_pointwise *c)
{
    const void *const in[N_INPUTS] = {c->pred, c->target, c->operand};
    call_block(c, c->own->block[1], in, 1, scale_double);
}

static void by_double(const fl_pointwise *c)
{
    room wide[N_INPUTS];
    const double *pred = widened(c->pred, c->n, &wide[0]), *target = widened(c->target, c->n, &wide[1]);
    const void *const in[N_INPUTS] = {pred, target, c->operand == c->pred ? pred : widened(c->operand, c->n, &wide[2])};
    call_block(c, c->own->block[1], in, 0, scale_and_narrow);
}

fl_pointwise_kernel fl_own_kernel(const fl_call *call)
{
    const fl_own_loss *own = call->own;
    const int is_double = call->real == FL_FLOAT64;
    if (own->kernels[is_double])
        return fl_kernel_of_outputs(own->kernels[is_double], call->outputs);
    if (call->outputs & ~(unsigned)(FL_VALUE | FL_GRAD | FL_HESS))
        return NULL;
    if (own->block[is_double])
        return is_double ? of_double : of_float;
    return own->block[1] ? by_double : NULL;
}
