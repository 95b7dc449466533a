/* The table of a tier for which this file was not compiled: empty. Parameters as in loops/table.h. */
#include "../loops/kernels.h"

#define JOINED(a, b, c) a##b##_f##c
#define JOIN(a, b, c) JOINED(a, b, c)

extern const fl_kernels JOIN(fl_kernels_, TIER, REAL_BITS);
const fl_kernels JOIN(fl_kernels_, TIER, REAL_BITS) = {0};
