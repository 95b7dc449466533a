/* The losses of sums of one group, for one tier and type. GROUP_FILE comes from the command line, as what tier.h names does. */
#include "tier.h"

#ifdef TIER_IS_HERE
#include "../losses/terms_of_sums.h"
#define WITH_BODIES
#include "../losses.inc"
#undef WITH_BODIES

#include "../loops/sums.h"

#define SUMS_LOSS(loss, elements, labels, sums, n_params, centered)                                                         \
    BODY_OF_SUMS(loss, elements, sums)                                                                                      \
    extern const fl_sums_kernels_of_loss SUMS_KERNELS(loss);                                                                \
    const fl_sums_kernels_of_loss SUMS_KERNELS(loss) = {{NAMES_OF_BODY(loss)}};
#if REAL_BITS == 64
#define ANY_POWER(loss, elements, sums) BODY_OF_SUMS(loss, elements, sums)
#define NAMES_OF_ANY_POWER(loss) {NAMES_OF_BODY(loss)}
#else
#define ANY_POWER(loss, elements, sums)
#define NAMES_OF_ANY_POWER(loss) {NULL}
#endif
#define DISTANCE_LOSS(loss, elements, labels, sums, n_params, centered)                                                     \
    BODY_OF_SUMS(loss##_of_power_1, elements, sums)                                                                         \
    BODY_OF_SUMS(loss##_of_power_2, elements, sums)                                                                         \
    ANY_POWER(loss, elements, sums)                                                                                         \
    extern const fl_sums_kernels_of_loss SUMS_KERNELS(loss);                                                                \
    const fl_sums_kernels_of_loss SUMS_KERNELS(loss) = {{NAMES_OF_BODY(loss##_of_power_1)},                                 \
                                                        {NAMES_OF_BODY(loss##_of_power_2)},                                 \
                                                        NAMES_OF_ANY_POWER(loss)};
#include "../losses.inc"
#endif
