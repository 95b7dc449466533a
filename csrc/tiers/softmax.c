/* The loops of softmax and the losses of log p, for one tier and type: see tier.h. */
#include "tier.h"

#ifdef TIER_IS_HERE
#include "../losses/point.h"
#define WITH_BODIES
#include "../losses/softmax.inc"
#undef WITH_BODIES

#include "../loops/columns_backward.h"
#include "../loops/columns_statistics.h"
#include "../loops/finish.h"
#include "../loops/kernels.h"
#include "../loops/soften.h"
#include "../loops/softmax.h"
#include "../loops/terms.h"

#include "transpose.h"

#define LOSS(shape, body, loss, n_params, has_operand, slow) MAKE_KERNELS(body, loss, has_operand)
#include "../losses/softmax.inc"

extern const fl_softmax_kernels OF_TIER(fl_softmax_kernels);
const fl_softmax_kernels OF_TIER(fl_softmax_kernels) = {
    .forward = softmax_forward,
    .backward = softmax_backward,
    .log_softmax = log_softmax,
    .dispersion = dispersion,
    .maximum = maximum,
    .soften = soften,
    .harden = harden,
    .target_mix = target_mix,
    .rows_given = rows_given,
    .rows_shares = rows_shares,
    .rows_statistics = rows_statistics,
    .columns_forward = columns_forward,
    .columns_backward = columns_backward,
    .columns_raise = columns_raise,
    .columns_positions = columns_positions,
    .columns_dispersion = columns_dispersion,
    .columns_soften = columns_soften,
    .columns_repeat = columns_repeat,
    .columns_mix = columns_mix,
    .transpose_to_classes = transpose_to_classes,
    .transpose_to_rows = transpose_to_rows,
};
#endif
