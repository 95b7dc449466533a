/* Compiles every loop for one tier and one type, and exports them as one table.
 *
 * Parameters: TIER, its name; REAL_BITS, 32 or 64. Included once a file, by tiers/. */
#include <stddef.h>

#include "../losses/bodies.h"

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
