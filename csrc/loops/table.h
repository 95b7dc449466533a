/* Compiles every loop for one tier and one type, and exports them as one table.
 *
 * Parameters: TIER, its name; REAL_BITS, 32 or 64. Included once a file, by tiers/. */
#include <stddef.h>

#include "../losses/bodies.h"

#include "columns.h"
#include "distillation.h"
#include "elementary.h"
#include "finish.h"
#include "halves.h"
#include "pointwise.h"
#include "reduce.h"
#include "rows.h"
#include "soften.h"
#include "softmax.h"
#include "terms.h"

#include "../tiers/stream.h"
#include "../tiers/transpose.h"

#define JOINED(a, b, c) a##b##_f##c
#define JOIN(a, b, c) JOINED(a, b, c)

extern const fl_kernels JOIN(fl_kernels_, TIER, REAL_BITS);
const fl_kernels JOIN(fl_kernels_, TIER, REAL_BITS) = {
    .pointwise = pointwise_kernels,
    .sum = sum,
    .weighted_sum = weighted_sum,
    .weigh = weigh,
    .raise = raise,
    .add = add,
    .outside = outside,
    .softmax_forward = softmax_forward,
    .softmax_backward = softmax_backward,
    .log_softmax = log_softmax,
    .dispersion = dispersion,
    .labels = labels,
    .rows_given = rows_given,
    .rows_shares = rows_shares,
    .columns_forward = columns_forward,
    .columns_repeat = columns_repeat,
    .columns_mix = columns_mix,
    .columns_backward = columns_backward,
    .columns_raise = columns_raise,
    .columns_positions = columns_positions,
    .columns_dispersion = columns_dispersion,
    .rows_statistics = rows_statistics,
    .finish = finish_kernels,
    .terms = terms_kernels,
    .columns_terms = columns_terms_kernels,
    .largest = largest,
    .support = support,
    .short_rows_before = short_rows_before,
    .short_rows_after = short_rows_after,
    .maximum = maximum,
    .soften = soften,
    .columns_soften = columns_soften,
    .harden = harden,
    .position = position,
    .sum_beside = sum_beside_top,
    .distillation_forward = distillation_forward,
    .share_top = 1.0 / (double)SHARE_UNIT,
    .log_unit = (double)LOG_UNIT,
    .distillation = distillation_kernels,
    .transpose_to_classes = transpose_to_classes,
    .transpose_to_rows = transpose_to_rows,
    .target_mix = target_mix,
#if REAL_BITS == 32
    .widen = widen,
    .narrow = narrow,
#endif
    .math = math,
    .stream = stream,
};
