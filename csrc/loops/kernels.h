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
    SET(grad_and_hess, FL_GRAD | FL_HESS)                                                                                   \
    SET(grads, FL_GRAD | FL_SECOND)                                                                                         \
    SET(value_and_grads, FL_VALUE | FL_GRAD | FL_SECOND)                                                                    \
    SET(grads_and_hesses, FL_GRAD | FL_HESS | FL_SECOND)
/* Those with FL_SECOND are of losses that have it. */
enum { FL_N_OUTPUT_SETS = 7 };

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
    double scale;             /* multiplies derivatives */
    void *value, *grad, *hess, *second_grad, *second_hess;
} fl_pointwise;

/* What is known of one segment of a row of logits a, with m its maximum. The kernel takes exponentials times an arbitrary power
 * of two, so that no difference a - m is ever rounded; `top` is that of m itself.
 * `others` is the sum of all exponentials but one of m, in units of that one, so that the logarithm of the sum, log(1 + others), keeps its
 * digits where one class has nearly all the probability. Where no logit is finite, it is -1. */
typedef struct {
    double maximum, top, others;
    double mass, mass_of_others;        /* sum of u, the target's numbers; and without that of m, where others < 1 */
    double shortfall;                   /* sum of u (m - a) */
    /* For statistics, filled in by drivers: the sum of all exponentials times m - a, in units of that of m; where in the row m is first,
     * and where NaN is; -1: nowhere. */
    double dispersion;
    int64_t largest, unknown;
} fl_segment;

/* A number for each of several rows of softmax: fields of an fl_rows. */
enum {
    /* Found in the logits: what fl_segment has of a segment, and of the label y. Exponentials are in units of `top`'s. */
    FL_MAXIMUM, FL_TOP, FL_OTHERS, FL_LABEL_LOGIT, FL_LABEL_EXPONENTIAL,
    FL_MASS, FL_MASS_OF_OTHERS, FL_SHORTFALL,
    FL_LABEL_SHARED,          /* the part of the label's own u that comes from smoothing */
    /* Sums over the target's terms, see fl_terms; FL_MASS is then that of -u F'. */
    FL_TARGET_VALUE, FL_BEND, FL_BEND_OF_OTHERS,
    FL_BASE,                  /* where logits are softened: z of the largest; FL_MAXIMUM is 0 then, and others are z less that */
    FL_FOUND_FIELDS,
    /* Given. */
    FL_STRENGTH = FL_FOUND_FIELDS, /* what the label's own term counts; 0: there is none */
    FL_COUNTS,                /* a mask: no bit where the row does not count, and its loss and derivatives are 0; else all, a NaN */
    FL_SCALE, FL_HESS_SCALE,  /* multiply derivatives */
    FL_Z_LOSS,                /* what the square of the logarithm of the sum counts */
    FL_LABEL,                 /* the label as an unsigned integer as wide as `real`; the largest one where there is none */
    /* Made: the loss; for every class lifted = exponential * FL_FACTOR, which is q times FL_LIFT, and derivatives
     *     gradient  scale (spread lifted - lift u)
     *     Hessian   scale lifted (curve (1 - q) + square q)
     *               + scale lift u F'' (1 - 2 q) where there are terms
     * with the scales divided by FL_LIFT; but for two classes, whose derivatives are made here, free of cancellation: the label, and the
     * one class with the exponential FL_SINGLE_TOP, which has more than half of all probability (NaN: there is no such class). */
    FL_LOG_SUM, FL_REST,      /* log sum exp (a - maximum); 1 - q of the largest logit */
    FL_ROW_VALUE, FL_FACTOR, FL_LIFT, FL_SPREAD, FL_CURVE, FL_SQUARE,
    FL_SINGLE_TOP, FL_TOP_GRAD, FL_TOP_HESS, FL_LABEL_GRAD, FL_LABEL_HESS,
    FL_BATCH_FIELDS,          /* what is kept of a row until its derivatives are made */
    /* For statistics only. Found: the dispersion, as in fl_segment; where NaN is, or -1. Made: two of them. */
    FL_DISPERSION = FL_BATCH_FIELDS, FL_UNKNOWN, FL_LSE, FL_ENTROPY,
    FL_ROW_FIELDS,
    /* Of columns alone: the row's frame, and sums of some classes. */
    FL_SHIFT = FL_ROW_FIELDS, FL_LOWEST, FL_ROUNDER, FL_PART, FL_PART_OF_OTHERS, FL_PART_OF_SHORTFALL, FL_TOTAL,
    FL_PART_OF_VALUE, FL_PART_OF_BEND, FL_PART_OF_BEND_OF_OTHERS,
    FL_LARGEST,               /* for statistics */
    FL_COLUMN_FIELDS,
    FL_FIRST_OF_TARGET = FL_MASS, FL_LAST_OF_TARGET = FL_LABEL_SHARED,
    /* Rows whose numbers are made together. */
    FL_ROWS_TOGETHER = 16,
};

typedef struct {
    int64_t n;                /* rows, a multiple of FL_ROWS_TOGETHER */
    void *field;              /* n numbers of type `real` for each field */
    const double *param;
    int full;                 /* there are target's numbers u, or a z-loss */
    int curved;               /* Hessians are wanted */
    int softened;             /* the logarithm of the sum counts from FL_BASE, not from FL_MAXIMUM */
    int terms;                /* the sums are those of the target's terms, and the labels are among its numbers */
    int labels, smoothed;     /* there are labels; and smoothing beside them, so that a label that counts 0 still has a loss */
    const int64_t *label;     /* -1: none */
    const double *weight, *mass;  /* sample weights; what the label counts: NULL, both, where these are 1 and there are only labels */
    double keep, scale, hess_scale, z_loss;   /* 1 - smoothing; what gradients and Hessians are multiplied by */
    double *value;            /* the losses, with their weights, rounded to `real` */
} fl_rows;

/* Rows of softmax side by side: arrays of `classes` times n numbers of type `real`, one row a column. */
typedef struct {
    int64_t classes;
    fl_rows rows;             /* n: whole groups */
    const void *logits;
    /* As many numbers that are wanted of memory soon, or NULL; any address is harmless. Step: from class to class, or 0 where row follows row. */
    const void *next;
    int64_t next_step;
    void *exponentials;       /* may be the logits, where there is no u */
    void *u;                  /* the target's numbers, or NULL; columns_terms leaves -u F' */
    void *bend;               /* room for u F'', or NULL: there are no terms */
    void *grad, *hess;        /* or NULL; may be the exponentials, and hess is bend where there is one */
    void *log_softmax;        /* or NULL; may be the logits */
} fl_columns;

/* The terms of a segment: what each class adds to a loss sum u F(log q), for an F that is not -log q. The gradient of such a loss is
 * that of cross-entropy with -u F' for u; the Hessian has u F'' beside it. */
typedef struct {
    int64_t n;                /* any number; exponentials and results have room for whole groups */
    const void *logits, *exponentials, *u;
    const double *param;
    double maximum, log_sum;  /* of the row */
    double factor;            /* exponentials times this are q */
    double single_top, rest;  /* the exponential of the one class with more than half, or NaN; its 1 - q */
    void *value, *target, *bend;  /* u F, -u F', u F'' */
} fl_terms;

/* A segment of a row, from exponentials to derivatives. */
typedef struct {
    int64_t n;
    const void *exponentials;
    const void *u;            /* the target's numbers, or NULL */
    void *grad, *hess;        /* or NULL */
    int bent;                 /* hess holds u F'' */
    double factor, lift, unlift, spread, curve, square, scale, hess_scale;
} fl_backward;

/* A segment of two rows of logits whose softmaxes are compared. Probabilities p (target) and q (prediction) are in units of one over
 * `share_top`, logarithms and differences of logits, over the temperature, in units of `log_unit`. */
typedef struct {
    int64_t n;                /* whole groups, where padding has no probability */
    const void *pred, *target;
    double pred_maximum, target_maximum, temperature;
    /* Made by forward: the exponentials, each row's in a unit of its own, those of the maxima first; the logarithm of target's over
     * prediction's, both over that of their maximum, which is log(p/q) but for a constant; the difference of the two, times pred_top. */
    double pred_top, target_top;
    void *log_ratio, *across, *across_lost, *pred_exponentials, *target_exponentials, *surplus;
    /* Of the rows, given to the rest. */
    const double *param;
    double log_of_sums;       /* log of the target's sum of exponentials over that of the prediction's; times share_top */
    double pred_inverse, target_inverse;              /* share_top over the sums of exponentials */
    double pred_rest;         /* 1 - the largest q; times share_top */
    int pred_is_single, target_is_single;             /* one class has more than half of q; of p */
    double pred_top_ratio, target_top_ratio;          /* log_ratio of the class with the largest q; the largest p */
    double pred_top_across, target_top_across, pred_top_lost, target_top_lost;   /* `across` of these classes and its last digits */
    double pred_origin, target_origin;                /* what of `across`, which is log(p/q) too but for a constant, slopes are taken from */
    double pred_mean, target_mean, bend_mean, share_mean;  /* times share_top */
    int pred_is_level, target_is_level;               /* slopes are levels; see losses/point.h */
    double single_bend;       /* of the class with more than half of q, its bend less their mean; times share_top */
    double scale;
    void *result;             /* made: each class's part of the value; or a derivative */
    /* Made by FL_TERMS; what is far, times log_unit. */
    void *far, *pred_part, *pred_far, *target_part, *target_far, *bend_part, *share_part, *level_part;
} fl_distillation;

enum { FL_TERMS, FL_PAIR_GRAD, FL_PAIR_HESS, FL_PAIR_SECOND_GRAD, FL_N_PAIR_KERNELS };

typedef void (*fl_distillation_kernel)(const fl_distillation *);

/* Short rows one after the other, whose losses are sums of elements: arrays of n times `classes` numbers of type `real`. */
typedef struct {
    int64_t n, classes;
    int margins;              /* every other class against the label, whose derivatives are those of the others */
    const int64_t *label;     /* -1: none */
    const double *strength;   /* what the label makes the row count; 0: the row counts nothing */
    const double *weight;
    double scale;             /* what derivatives are multiplied by, with the weight */
    void *value, *grad, *hess;   /* or NULL */
    double *sum;              /* of each row's values */
} fl_short_rows;

typedef void (*fl_pointwise_kernel)(const fl_pointwise *);

typedef struct fl_kernels {
    const fl_pointwise_kernel *const *pointwise;   /* by loss, then by sets of outputs; NULL where the loss is of another kind */
    double (*sum)(const void *x, int64_t n);
    double (*weighted_sum)(const void *x, const void *weight, int64_t n);     /* a weight of 0 leaves out its x */
    void (*weigh)(void *x, const void *weight, int64_t n);                    /* the same, element by element, in place */
    double (*sum_by_wide)(const void *x, const double *weight, int64_t n);    /* both, where weights are double whatever x is */
    void (*weigh_by_wide)(void *x, const double *weight, int64_t n);
    void (*extremes)(const void *x, int64_t n, double *least, double *most);  /* widened to hold the sizes of all x but 0, NaN and inf */
    void (*raise)(void *hess, const void *weight, int64_t n, double factor, double floor);   /* fl_newton; weight may be NULL */
    void (*add)(void *sums, const void *x, int64_t n);
    int (*outside)(const void *x, int64_t n, double low, double high, int ends_only);
    /* `next`, `next_u`: what is wanted of memory soon; any address is harmless. */
    void (*softmax_forward)(const void *a, const void *u, int64_t n, const void *next, const void *next_u, void *exponentials,
                            fl_segment *);
    void (*softmax_backward)(const fl_backward *);
    void (*log_softmax)(const void *a, int64_t n, double maximum, double log_sum, void *to);  /* a - maximum - log_sum */
    double (*dispersion)(const void *a, const void *exponentials, int64_t n, double maximum);   /* fl_segment, times `top` */
    /* Whether a label is out of range. Those that are ignored are -1 in `to`, which may be `from` or NULL; `counting` are the others. */
    int (*labels)(const int64_t *from, int64_t n, int64_t classes, int64_t ignore_index, int64_t *to, int64_t *counting);
    void (*rows_given)(const fl_rows *);
    void (*rows_shares)(const fl_rows *);
    void (*columns_forward)(const fl_columns *);
    void (*columns_backward)(const fl_columns *);
    void (*columns_raise)(const fl_columns *, double factor, double floor);   /* Hessians: fl_newton */
    void (*columns_positions)(const fl_columns *);     /* FL_LARGEST and FL_UNKNOWN; then FL_DISPERSION: after columns_forward, */
    void (*columns_dispersion)(const fl_columns *);    /* with exponentials apart from the logits */
    void (*rows_statistics)(const fl_rows *);
    void (*const *finish)(const fl_rows *);   /* by loss: the fields that are made; NULL where the loss is of another kind */
    /* By loss; NULL where the loss is of another kind, or -log p. */
    void (*const *terms)(const fl_terms *);
    void (*const *columns_terms)(const fl_columns *);
    double (*largest)(const void *x, int64_t n);   /* NaN where one is NaN */
    /* The sum and the number of logits, less m, above the threshold: added to what is there. */
    void (*support)(const void *logits, int64_t n, double m, double threshold, double *sum, double *number);
    /* What labels are to a body; and from what it makes to the rows' results. */
    void (*short_rows_before)(const fl_short_rows *, const void *pred, void *target, void *operand);
    void (*short_rows_after)(const fl_short_rows *);
    int64_t (*position)(const void *x, int64_t n, double wanted);   /* of the first such number, NaN too, or n */
    double (*maximum)(const void *x, int64_t n);                    /* of all that are not NaN */
    /* Softened logits z of a, less that of m, the largest; cap 0: none. And from derivatives by z T to those by a; hess may be NULL. */
    void (*soften)(const void *a, int64_t n, double m, double cap, double temperature, void *z);
    void (*columns_soften)(const fl_columns *, const void *a, double cap, double temperature);
    void (*harden)(const void *a, int64_t n, double cap, void *grad, void *hess);
    double (*sum_beside)(const void *x, const void *e, double top, int64_t n);  /* of the x that go with another e than `top` */
    void (*distillation_forward)(fl_distillation *);
    double share_top, log_unit;
    const fl_distillation_kernel (*distillation)[FL_N_PAIR_KERNELS];   /* by loss; NULL where the loss is of another kind */
    void (*transpose_to_classes)(const void *rows, int64_t classes, int64_t n, void *columns);
    void (*transpose_to_rows)(const void *columns, int64_t classes, int64_t n, void *rows);
    void (*target_mix)(const void *target, const void *class_weight, int64_t n, double keep, double spread, void *u);
    void (*columns_repeat)(const void *numbers, int64_t classes, int64_t n, void *columns);
    void (*columns_mix)(void *target, const void *class_weight, int64_t classes, int64_t n, double keep, double spread);
    /* Contiguous, aligned numbers of a 16-bit format, to and from float; NULL in the tables of double. */
    void (*widen)(fl_dtype dtype, const void *from, int64_t n, int64_t ahead, void *to);
    void (*narrow)(fl_dtype dtype, const void *from, int64_t n, void *to);
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
/* The kernel of a loss with a body POINTWISE for a set of outputs, or NULL. */
fl_pointwise_kernel fl_pointwise_kernel_for(int tier, fl_dtype real, int loss, unsigned outputs);

/* Whether stores through the caches, and what the hardware prefetches by itself, serve this CPU better where elements are computed slowly or
 * several results are written. Measured on Zen 4 (AMD), 10 million elements, 2 threads, gradient and Hessian: poisson 8.6 ms past the
 * caches, 5.7 through them; squared_error 5.3 and 4.9. On Intel's server cores it is the other way. */
int fl_prefers_plain_stores(void);

#endif
