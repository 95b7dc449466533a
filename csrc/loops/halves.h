/* The 16-bit formats, from and to contiguous memory. For float alone: they are computed in float. */
#ifndef FASTLOSS_HALVES_H
#define FASTLOSS_HALVES_H

#include "../math/half.h"
#include "blocks.h"

#if REAL_BITS == 32
typedef float (*widening)(uint16_t);
typedef uint16_t (*narrowing)(float);

/* What lies `ahead` bytes further on is asked of memory meanwhile; 0: nothing. */
INLINE void widen_loop(widening widened, const uint16_t *restrict from, int64_t n, int64_t ahead, float *restrict to)
{
    const int64_t whole = n & -(int64_t)FL_GROUP;
    for (int64_t i = 0; i < whole; i += FL_GROUP) {
        for (int64_t line = 0; line < FL_GROUP * (int64_t)sizeof *from; line += 64)
            __builtin_prefetch((const char *)(from + i) + ahead + line, 0, 2);
#pragma omp simd
        for (int64_t l = 0; l < FL_GROUP; l++)
            to[i + l] = widened(from[i + l]);
    }
    for (int64_t i = whole; i < n; i++)
        to[i] = widened(from[i]);
}

INLINE void narrow_loop(narrowing narrowed, const float *restrict from, int64_t n, uint16_t *restrict to)
{
    const int64_t whole = n & -(int64_t)FL_GROUP;
    for (int64_t i = 0; i < whole; i += FL_GROUP)
#pragma omp simd
        for (int64_t l = 0; l < FL_GROUP; l++)
            to[i + l] = narrowed(from[i + l]);
    for (int64_t i = whole; i < n; i++)
        to[i] = narrowed(from[i]);
}

static void widen(fl_dtype dtype, const void *from, int64_t n, int64_t ahead, void *to)
{
    if (dtype == FL_BFLOAT16)
        widen_loop(float_of_bfloat16, from, n, ahead, to);
    else
        widen_loop(float_of_float16, from, n, ahead, to);
}

static void narrow(fl_dtype dtype, const void *from, int64_t n, void *to)
{
    if (dtype == FL_BFLOAT16)
        narrow_loop(bfloat16_of_float, from, n, to);
    else
        narrow_loop(float16_of_float, from, n, to);
}
#endif

#endif
