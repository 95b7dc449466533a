/* The loops and losses of sums, for one tier and type: see tier.h. */
#include "tier.h"

#ifdef TIER_IS_HERE
#include "../losses/terms_of_sums.h"
#define WITH_BODIES
#include GROUP_FILE
#undef WITH_BODIES

#include "../loops/kernels.h"
#include "../loops/sums.h"

#define LOSS(shape, body, loss, n_params, has_operand, slow) MAKE_KERNELS(body, loss, has_operand)
#include GROUP_FILE
#endif
