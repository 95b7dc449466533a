/* In which pieces memory is handed to kernels. All kernels take contiguous, aligned-to-type arrays of `real`, a multiple of
 * FL_GROUP long, and are single-threaded. */
#ifndef FASTLOSS_BLOCKS_H
#define FASTLOSS_BLOCKS_H

#include "../fastloss.h"

enum {
    /* Elements a pointwise kernel is called with, at most. Sums of a block go through lanes of 32 (float) or 16 (double), so
     * that no chain of additions is longer than 64: with this the bound 1e-15 log2(n) on sums holds. */
    FL_BLOCK = 1024,
    /* Kernels take numbers of elements that are multiples of this, so that no loop needs a remainder: four registers of 16
     * floats, the most that gcc and clang unroll to. */
    FL_GROUP = 64,
    /* Bytes of a row of logits that are worked on at a time: they, and what is made of them, stay in the first-level cache. */
    FL_SEGMENT_BYTES = 8192,
};

/* Tells the compiler what the caller promises, at least one group and whole ones: no loop needs a remainder. */
static inline int64_t whole_groups(int64_t n)
{
    n &= -(int64_t)FL_GROUP;
    if (n < FL_GROUP)
        __builtin_unreachable();
    return n;
}

#endif
