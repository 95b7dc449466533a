/* Compiles every loop for one tier and one type, and exports them as one table.
 *
 * Parameters: TIER, its name; REAL_BITS, 32 or 64. Included once a file, by tiers/. */
#include <stddef.h>

#define WITH_BODIES
#include "../losses/point.h"
#define POINTWISE_LOSS(...)
#define ROW_SUM_LOSS(...)
#define LOG_PROBABILITY_LOSS(...)
#define LABEL_LOSS(...)
#include "../losses.inc"
#undef POINTWISE_LOSS
#undef ROW_SUM_LOSS
#undef LOG_PROBABILITY_LOSS
#undef LABEL_LOSS
#undef WITH_BODIES

#include "elementary.h"
#include "pointwise.h"
#include "reduce.h"
#include "softmax.h"

#include "../tiers/stream.h"

#define JOINED(a, b, c) a##b##_f##c
#define JOIN(a, b, c) JOINED(a, b, c)

extern const fl_kernels JOIN(fl_kernels_, TIER, REAL_BITS);
const fl_kernels JOIN(fl_kernels_, TIER, REAL_BITS) = {
    .pointwise = pointwise_kernels,
    .sum = sum,
    .weighted_sum = weighted_sum,
    .weigh = weigh,
    .outside = outside,
    .softmax_forward = softmax_forward,
    .softmax_exponentials = softmax_exponentials,
    .softmax_backward = softmax_backward,
    .target_mix = target_mix,
    .math = math,
    .stream = stream,
};
