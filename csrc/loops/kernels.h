/* The tables of kernels that a SIMD tier exports for one type: what drivers call. */
#ifndef FASTLOSS_KERNELS_H
#define FASTLOSS_KERNELS_H

#include "element_kernels.h"
#include "pair_kernels.h"
#include "softmax_kernels.h"
#include "sums_kernels.h"

/* The kernels of one loss: those that its body has. */
typedef struct {
    fl_pointwise_kernel element[FL_N_OUTPUT_SETS];
    fl_log_probability_kernels log_probability;
    fl_pair_kernel pair[FL_N_PAIR_KERNELS];
    fl_sums_kernels sums;
} fl_loss_kernels;

typedef struct {
    const fl_loss_kernels *const *of_loss;
    const fl_softmax_kernels *softmax;
    const fl_pair_kernels *pair;
    double (*sum)(const void *x, int64_t n);
    double (*weighted_sum)(const void *x, const void *weight, int64_t n);  /* a weight of 0 leaves out its x */
    void (*weigh)(void *x, const void *weight, int64_t n);                 /* the same, element by element, in place */
    double (*sum_by_wide)(const void *x, const double *weight, int64_t n); /* both, where weights are double whatever x is */
    void (*weigh_by_wide)(void *x, const double *weight, int64_t n);
    void (*extremes)(const void *x, int64_t n, double *least,
                     double *most); /* widened to hold the sizes of all x but 0, NaN and inf */
    void (*raise)(void *hess, const void *weight, int64_t n, double factor, double floor); /* fl_newton; weight may be NULL */
    void (*add)(void *sums, const void *x, int64_t n);
    int (*outside)(const void *x, int64_t n, double low, double high, int ends_only);
    double (*largest)(const void *x, int64_t n);                  /* NaN where one is NaN */
    int64_t (*position)(const void *x, int64_t n, double wanted); /* of the first such number, NaN too, or n */
    /* The sum and the number of logits, less m, above the threshold: added to what is there. */
    void (*support)(const void *logits, int64_t n, double m, double threshold, double *sum, double *number);
    /* Whether a label is out of range. Those that are ignored are -1 in `to`, which may be `from` or NULL; `counting` are the
     * others. */
    int (*labels)(const int64_t *from, int64_t n, int64_t classes, int64_t ignore_index, int64_t *to, int64_t *counting);
    /* What labels are to a body; and from what it makes to the rows' results. */
    void (*short_rows_before)(const fl_short_rows *, const void *pred, void *target, void *operand);
    void (*short_rows_after)(const fl_short_rows *);
    /* Contiguous, aligned numbers of a 16-bit format, to and from float; NULL in the tables of double. */
    void (*widen)(fl_dtype dtype, const void *from, int64_t n, int64_t ahead, void *to);
    void (*narrow)(fl_dtype dtype, const void *from, int64_t n, void *to);
    void (*math)(int function, const void *x, void *y, int64_t n);
    void (*stream)(void *to, const void *from, size_t bytes); /* a copy past the caches */
} fl_kernels;

/* One a tier, in order: lowest first. Both NULL where the compiler did not take the tier's flags. */
#define FL_TIERS(TIER)                                                                                                         \
    TIER(baseline)                                                                                                             \
    TIER(avx2)                                                                                                                 \
    TIER(avx512)                                                                                                               \
    TIER(neon)

const fl_kernels *fl_kernels_for(int tier, fl_dtype real);
/* The kernel of a loss with a body POINTWISE for a set of outputs, or NULL. */
fl_pointwise_kernel fl_pointwise_kernel_for(int tier, fl_dtype real, int loss, unsigned outputs);
/* Finds it among the kernels of one loss, which are in the order of FL_OUTPUT_SETS. */
fl_pointwise_kernel fl_kernel_of_outputs(const fl_pointwise_kernel *kernels, unsigned outputs);

/* Whether stores through the caches, and what the hardware prefetches by itself, serve this CPU better where elements are
 * computed slowly or several results are written. Measured on Zen 4 (AMD), 10 million elements, 2 threads, gradient and
 * Hessian: poisson 8.6 ms past the caches, 5.7 through them; squared_error 5.3 and 4.9. On Intel's server cores it is the other
 * way. */
int fl_prefers_plain_stores(void);

#endif
