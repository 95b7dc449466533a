/* The elementary functions as loops, for tests of their accuracy. */
#ifndef FASTLOSS_ELEMENTARY_H
#define FASTLOSS_ELEMENTARY_H

#include "blocks.h"

#define MATH_FUNCTION(name, bound)                                                                                             \
    static void math_##name(const real *x, real *y, int64_t n)                                                                 \
    {                                                                                                                          \
        n = whole_groups(n);                                                                                                   \
        _Pragma("omp simd") for (int64_t i = 0; i < n; i++) y[i] = name##_(x[i]);                                              \
    }
#include "../math/math_functions.inc"
#undef MATH_FUNCTION

static void math(int function, const void *x, void *y, int64_t n)
{
    static void (*const functions[])(const real *, real *, int64_t) = {
#define MATH_FUNCTION(name, bound) math_##name,
#include "../math/math_functions.inc"
#undef MATH_FUNCTION
    };
    functions[function](x, y, n);
}

#endif
