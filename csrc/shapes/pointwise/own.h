/* The kernels of a loss that the caller brings. */
#ifndef FASTLOSS_OWN_H
#define FASTLOSS_OWN_H

#include "../../loops/element_kernels.h"

/* The kernel for the outputs of a call whose loss is the caller's own: one of that loss, or one around its block function.
 * NULL: there is none. */
fl_pointwise_kernel fl_own_kernel(const fl_call *call);

#endif
