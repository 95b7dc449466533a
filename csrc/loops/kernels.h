/* The table of kernels that a SIMD tier exports for one type: what drivers call. All kernels take contiguous, aligned-to-type
 * arrays of `real`, a multiple of FL_GROUP long, and are single-threaded. */
#ifndef FASTLOSS_KERNELS_H
#define FASTLOSS_KERNELS_H

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

/* The sets of outputs for which pointwise kernels exist, in the order of the table. */
#define FL_OUTPUT_SETS(SET)                                                                                                 \
    SET(value, FL_VALUE)                                                                                                    \
    SET(grad, FL_GRAD)                                                                                                      \
    SET(value_and_grad, FL_VALUE | FL_GRAD)                                                                                 \
    SET(grad_and_hess, FL_GRAD | FL_HESS)
enum { FL_N_OUTPUT_SETS = 4 };

/* Tells the compiler what the caller promises, at least one group and whole ones: no loop needs a remainder. */
static inline int64_t whole_groups(int64_t n)
{
    n &= -(int64_t)FL_GROUP;
    if (n < FL_GROUP)
        __builtin_unreachable();
    return n;
}

typedef struct {
    int64_t n;
    const void *pred, *target, *operand;
    const double *param;
    double scale;             /* multiplies grad and hess */
    void *value, *grad, *hess;
} fl_pointwise;

/* What is known of one segment of a row of logits a, with m its maximum. The kernel takes exponentials times an arbitrary power
 * of two: e = 2^-N exp(a - s), so that no difference a - m is ever rounded; `top` is that of m itself.
 * The sum of e is ties top + others, where `ties` counts the terms that are top and `others` sums the rest, so that the
 * logarithm of the sum keeps its digits where one class has nearly all the probability. */
typedef struct {
    double maximum, top, ties, others;
    double top_mass, mass;    /* sum of u, the target's numbers: where e is top, and over all others */
    double shortfall;         /* sum of u (m - a) */
} fl_segment;

typedef struct {
    int64_t n;
    const void *e;            /* the exponentials */
    void *grad;
    const void *u;            /* the target's numbers, or NULL */
    void *hess;               /* or NULL */
    double factor;            /* e * factor is the probability q */
    double spread;            /* what q counts in the gradient: the sum of u over the row */
    double scale;
    /* The one class with e = top, NaN where there is none: its 1 - q and spread - u, free of cancellation. */
    double top, top_rest, top_gap;
} fl_backward;

typedef void (*fl_pointwise_kernel)(const fl_pointwise *);

typedef struct fl_kernels {
    const fl_pointwise_kernel (*pointwise)[FL_N_OUTPUT_SETS];   /* by loss; NULL where the loss is of another kind */
    double (*sum)(const void *x, int64_t n);
    double (*weighted_sum)(const void *x, const void *weight, int64_t n);     /* a weight of 0 leaves out its x */
    void (*weigh)(void *x, const void *weight, int64_t n);                    /* the same, element by element, in place */
    int (*outside)(const void *x, int64_t n, double low, double high, int ends_only);
    void (*softmax_forward)(const void *a, const void *u, int64_t n, void *e, fl_segment *);
    double (*softmax_exponentials)(const void *a, int64_t n, double maximum, void *e);   /* returns top */
    void (*softmax_backward)(const fl_backward *);
    void (*target_mix)(const void *target, const void *class_weight, int64_t n, double keep, double spread, void *u);
    void (*math)(int function, const void *x, void *y, int64_t n);
    void (*stream)(void *to, const void *from, size_t bytes); /* a copy past the caches */
} fl_kernels;

/* One a tier, in order: lowest first. Both NULL where the compiler did not take the tier's flags. */
#define FL_TIERS(TIER)                                                                                                      \
    TIER(baseline)                                                                                                          \
    TIER(avx2)                                                                                                              \
    TIER(avx512)                                                                                                            \
    TIER(neon)

const fl_kernels *fl_kernels_for(int tier, fl_dtype real);

#endif
