/* The loops that no shape has for itself, for one tier and type, and the table of all. TIER and REAL_BITS come from the command
 * line: see tier.h. The table of a tier that is not here is empty. */
#include <stddef.h>

#include "tier.h"

#ifdef TIER_IS_HERE
#include "../losses/point.h"

#include "../loops/elementary.h"
#include "../loops/halves.h"
#include "../loops/kernels.h"
#include "../loops/reduce.h"
#include "../loops/rows.h"

#include "stream.h"

extern const fl_softmax_kernels OF_TIER(fl_softmax_kernels);
extern const fl_pair_kernels OF_TIER(fl_pair_kernels);
#define LOSS(shape, body, loss, n_params, has_operand, slow) extern const fl_loss_kernels KERNELS_OF_LOSS(loss);
#include "../losses.inc"
#define LOSS(shape, body, loss, n_params, has_operand, slow) &KERNELS_OF_LOSS(loss),
static const fl_loss_kernels *const kernels_of_losses[] = {
#include "../losses.inc"
};
#else
#include "../loops/kernels.h"
#endif

extern const fl_kernels OF_TIER(fl_kernels);
const fl_kernels OF_TIER(fl_kernels) = {
#ifdef TIER_IS_HERE
    .of_loss = kernels_of_losses,
    .softmax = &OF_TIER(fl_softmax_kernels),
    .pair = &OF_TIER(fl_pair_kernels),
    .sum = sum,
    .weighted_sum = weighted_sum,
    .weigh = weigh,
    .sum_by_wide = sum_by_wide,
    .weigh_by_wide = weigh_by_wide,
    .extremes = extremes,
    .raise = raise,
    .add = add,
    .outside = outside,
    .largest = largest,
    .position = position,
    .support = support,
    .labels = labels,
    .short_rows_before = short_rows_before,
    .short_rows_after = short_rows_after,
#if REAL_BITS == 32
    .widen = widen,
    .narrow = narrow,
#endif
    .math = math,
    .stream = stream,
#else
    0
#endif
};
