/* The losses of sums, for one tier and type: see tier.h. */
#include "tier.h"

#ifdef TIER_IS_HERE
#include "../losses/terms_of_sums.h"
#define WITH_BODIES
#include GROUP_FILE
#undef WITH_BODIES

#include "../loops/sums.h"

#define SUMS_LOSS(loss, arguments, labels, sums, n_params, centered) BODY_OF_SUMS(loss, arguments, sums)
#if REAL_BITS == 64
#define DISTANCE_LOSS(loss, arguments, labels, sums, n_params, centered)                                                    \
    BODY_OF_SUMS(loss##_of_power_1, arguments, sums)                                                                        \
    BODY_OF_SUMS(loss##_of_power_2, arguments, sums)                                                                        \
    BODY_OF_SUMS(loss, arguments, sums)
#define ANY_POWER(loss) {NAMES_OF_BODY(loss)}
#else
#define DISTANCE_LOSS(loss, arguments, labels, sums, n_params, centered)                                                    \
    BODY_OF_SUMS(loss##_of_power_1, arguments, sums)                                                                        \
    BODY_OF_SUMS(loss##_of_power_2, arguments, sums)
#define ANY_POWER(loss) {NULL}
#endif
#include GROUP_FILE
#undef SUMS_LOSS
#undef DISTANCE_LOSS

#undef GROUP_FILE
#define OTHER_LOSS(...) {{NULL}},
static const fl_sums_kernel of_loss[][FL_N_FORMS][FL_N_SUMS_KERNELS] = {
#define SUMS_LOSS(loss, arguments, labels, sums, n_params, centered) {{NAMES_OF_BODY(loss)}},
#define DISTANCE_LOSS(loss, arguments, labels, sums, n_params, centered)                                                    \
    {{NAMES_OF_BODY(loss##_of_power_1)}, {NAMES_OF_BODY(loss##_of_power_2)}, ANY_POWER(loss)},
#include "../losses.inc"
};

extern const fl_sums_kernels OF_TIER(fl_sums_kernels);
const fl_sums_kernels OF_TIER(fl_sums_kernels) = {of_loss, sum_elements};
#endif
