/* Every loop but those of bodies of an element, for one tier and type: a table of them and of what bodies.c makes. TIER and
 * REAL_BITS come from the command line: see tier.h. The table of a tier that is not here is empty. */
#include <stddef.h>

#include "tier.h"

#ifdef TIER_IS_HERE
#include "../losses/point.h"
#define WITH_BODIES
#include "../losses/softmax.inc"
#include "../losses/distillation.inc"
#undef WITH_BODIES

#include "../loops/columns.h"
#include "../loops/distillation.h"
#include "../loops/elementary.h"
#include "../loops/finish.h"
#include "../loops/halves.h"
#include "../loops/reduce.h"
#include "../loops/rows.h"
#include "../loops/soften.h"
#include "../loops/softmax.h"
#include "../loops/terms.h"

#include "stream.h"
#include "transpose.h"

#define ELEMENT_LOSS(loss, n_params, has_operand, slow) extern const fl_pointwise_kernel BODY_KERNELS(loss)[FL_N_OUTPUT_SETS];
#include "../losses.inc"
#define ELEMENT_LOSS(loss, n_params, has_operand, slow) BODY_KERNELS(loss),
#define OTHER_LOSS(...) NULL,
static const fl_pointwise_kernel *const pointwise_kernels[] = {
#include "../losses.inc"
};
#define SUMS_LOSS(loss, ...) extern const fl_sums_kernels_of_loss SUMS_KERNELS(loss);
#include "../losses.inc"
#define SUMS_LOSS(loss, ...) &SUMS_KERNELS(loss),
#define OTHER_LOSS(...) NULL,
static const fl_sums_kernels_of_loss *const sums_kernels[] = {
#include "../losses.inc"
};
#else
#include "../loops/kernels.h"
#endif

extern const fl_kernels OF_TIER(fl_kernels);
const fl_kernels OF_TIER(fl_kernels) = {
#ifdef TIER_IS_HERE
    .pointwise = pointwise_kernels,
    .sum = sum,
    .weighted_sum = weighted_sum,
    .weigh = weigh,
    .sum_by_wide = sum_by_wide,
    .weigh_by_wide = weigh_by_wide,
    .extremes = extremes,
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
    .sums = sums_kernels,
    .sum_elements = sum_elements,
#else
    0
#endif
};
