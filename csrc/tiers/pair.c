/* The loops and losses of two rows of logits, for one tier and type: see tier.h. */
#include "tier.h"

#ifdef TIER_IS_HERE
#include "../losses/point.h"
#define WITH_BODIES
#include "../losses/pair.inc"
#undef WITH_BODIES

#include "../loops/kernels.h"
#include "../loops/pair.h"

#define LOSS(shape, body, loss, n_params, has_operand, slow) MAKE_KERNELS(body, loss, has_operand)
#include "../losses/pair.inc"

extern const fl_pair_kernels OF_TIER(fl_pair_kernels);
const fl_pair_kernels OF_TIER(fl_pair_kernels) = {
    .forward = pair_forward,
    .sum_beside = sum_beside_top,
    .share_top = 1.0 / (double)SHARE_UNIT,
    .log_unit = (double)LOG_UNIT,
};
#endif
