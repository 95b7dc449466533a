/* Loops on rows of softmax side by side: a lane a row, class after class. For rows too short to fill registers. */
#ifndef FASTLOSS_COLUMNS_H
#define FASTLOSS_COLUMNS_H

#include "exponentials.h"
#include "softmax_kernels.h"

/* The loops below go over rows, some classes at a time, so that what belongs to a row is loaded once for these: instances for
 * four classes, two and one. */
#define COLUMN_LOOP(name)                                                                                                      \
    NOINLINE void name##_4(const fl_columns *k, int64_t c)                                                                     \
    {                                                                                                                          \
        name(k, c, 4);                                                                                                         \
    }                                                                                                                          \
    NOINLINE void name##_2(const fl_columns *k, int64_t c)                                                                     \
    {                                                                                                                          \
        name(k, c, 2);                                                                                                         \
    }                                                                                                                          \
    NOINLINE void name##_1(const fl_columns *k, int64_t c)                                                                     \
    {                                                                                                                          \
        name(k, c, 1);                                                                                                         \
    }                                                                                                                          \
    static void name##_of(const fl_columns *k, int64_t first, int64_t last)                                                    \
    {                                                                                                                          \
        int64_t c = first;                                                                                                     \
        for (; c + 4 <= last; c += 4)                                                                                          \
            name##_4(k, c);                                                                                                    \
        for (; c + 2 <= last; c += 2)                                                                                          \
            name##_2(k, c);                                                                                                    \
        if (c < last)                                                                                                          \
            name##_1(k, c);                                                                                                    \
    }
/* Before what is inside is vectorised. */
#if defined(__clang__)
#define UNROLLED _Pragma("unroll")
#else
#define UNROLLED _Pragma("GCC unroll 4")
#endif
/* Names `name`, the field of every row. */
#define ROW_FIELD(name, which) real *const name = (real *)k->rows.field + (which) * n

INLINE real masked(real x, real mask)
{
    return from_bits(to_bits(x) & to_bits(mask));
}

#endif
