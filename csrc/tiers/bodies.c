/* The losses of one group whose bodies are of an element, for one tier and type. GROUP_FILE comes from the command line, as
 * what tier.h names does. */
#include "tier.h"

#ifdef TIER_IS_HERE
#include "../losses/point.h"
#define WITH_BODIES
#include GROUP_FILE
#undef WITH_BODIES

#include "../loops/kernels.h"
#include "../loops/pointwise.h"

#define LOSS(shape, body, loss, n_params, has_operand, slow) MAKE_KERNELS(body, loss, has_operand)
#include GROUP_FILE
#endif
