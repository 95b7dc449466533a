/* The losses of one group whose bodies are of an element, for one tier and type. GROUP_FILE comes from the command line, as what
 * tier.h names does. */
#include "tier.h"

#ifdef TIER_IS_HERE
#include "../losses/point.h"
#define WITH_BODIES
#include "../losses.inc"
#undef WITH_BODIES

#include "../loops/pointwise.h"

#define ELEMENT_LOSS(loss, n_params, has_operand, slow)                                                                     \
    extern const fl_pointwise_kernel BODY_KERNELS(loss)[FL_N_OUTPUT_SETS];                                                  \
    const fl_pointwise_kernel BODY_KERNELS(loss)[FL_N_OUTPUT_SETS] = INSTANCES(loss, has_operand);
#include "../losses.inc"
#endif
