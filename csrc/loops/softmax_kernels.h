/* The kernels of softmax: what they are called with. */
#ifndef FASTLOSS_SOFTMAX_KERNELS_H
#define FASTLOSS_SOFTMAX_KERNELS_H

#include "blocks.h"

/* What is known of one segment of a row of logits a, with m its maximum. The kernel takes exponentials times an arbitrary power
 * of two, so that no difference a - m is ever rounded; `top` is that of m itself.
 * `others` is the sum of all exponentials but one of m, in units of that one, so that the logarithm of the sum, log(1 +
 * others), keeps its digits where one class has nearly all the probability. Where no logit is finite, it is -1. */
typedef struct {
    double maximum, top, others;
    double mass, mass_of_others; /* sum of u, the target's numbers; and without that of m, where others < 1 */
    double shortfall;            /* sum of u (m - a) */
    /* Drivers fill these in for statistics: the sum of all exponentials times m - a, in units of that of m; where in the row m
     * is first, and where NaN is; -1: nowhere. */
    double dispersion;
    int64_t largest, unknown;
} fl_segment;

/* A number for each of several rows of softmax: fields of an fl_rows. */
enum {
    /* Found in the logits: what fl_segment has of a segment, and of the label y. Exponentials are in units of `top`'s. */
    FL_MAXIMUM,
    FL_TOP,
    FL_OTHERS,
    FL_LABEL_LOGIT,
    FL_LABEL_EXPONENTIAL,
    FL_MASS,
    FL_MASS_OF_OTHERS,
    FL_SHORTFALL,
    FL_LABEL_SHARED, /* the part of the label's own u that comes from smoothing */
    /* Sums over the target's terms, see fl_terms; FL_MASS is then that of -u F'. */
    FL_TARGET_VALUE,
    FL_BEND,
    FL_BEND_OF_OTHERS,
    FL_BASE, /* where logits are softened: z of the largest; FL_MAXIMUM is 0 then, and others are z less that */
    FL_FOUND_FIELDS,
    /* Given. */
    FL_STRENGTH = FL_FOUND_FIELDS, /* what the label's own term counts; 0: there is none */
    FL_COUNTS, /* a mask: no bit where the row does not count, and its loss and derivatives are 0; else all, a NaN */
    FL_SCALE,
    FL_HESS_SCALE, /* multiply derivatives */
    FL_Z_LOSS,     /* what the square of the logarithm of the sum counts */
    FL_LABEL,      /* the label as an unsigned integer as wide as `real`; the largest one where there is none */
    /* Made: the loss; for every class lifted = exponential * FL_FACTOR, which is q times FL_LIFT, and derivatives
     *     gradient  scale (spread lifted - lift u)
     *     Hessian   scale lifted (curve (1 - q) + square q)
     *               + scale lift u F'' (1 - 2 q) where there are terms
     * with the scales divided by FL_LIFT; but for two classes, whose derivatives are made here, free of cancellation: the
     * label, and the one class with the exponential FL_SINGLE_TOP, which has more than half of all probability (NaN: there is
     * no such class). */
    FL_LOG_SUM,
    FL_REST, /* log sum exp (a - maximum); 1 - q of the largest logit */
    FL_ROW_VALUE,
    FL_FACTOR,
    FL_LIFT,
    FL_SPREAD,
    FL_CURVE,
    FL_SQUARE,
    FL_SINGLE_TOP,
    FL_TOP_GRAD,
    FL_TOP_HESS,
    FL_LABEL_GRAD,
    FL_LABEL_HESS,
    FL_BATCH_FIELDS, /* what is kept of a row until its derivatives are made */
    /* Only statistics need these. Found: the dispersion, as in fl_segment; where NaN is, or -1. Made: two of them. */
    FL_DISPERSION = FL_BATCH_FIELDS,
    FL_UNKNOWN,
    FL_LSE,
    FL_ENTROPY,
    FL_ROW_FIELDS,
    /* Only columns have these: the row's frame, and sums of some classes. */
    FL_SHIFT = FL_ROW_FIELDS,
    FL_LOWEST,
    FL_ROUNDER,
    FL_PART,
    FL_PART_OF_OTHERS,
    FL_PART_OF_SHORTFALL,
    FL_TOTAL,
    FL_PART_OF_VALUE,
    FL_PART_OF_BEND,
    FL_PART_OF_BEND_OF_OTHERS,
    FL_LARGEST, /* for statistics */
    FL_COLUMN_FIELDS,
    FL_FIRST_OF_TARGET = FL_MASS,
    FL_LAST_OF_TARGET = FL_LABEL_SHARED,
    /* Rows whose numbers are made together. */
    FL_ROWS_TOGETHER = 16,
};

typedef struct {
    int64_t n;   /* rows, a multiple of FL_ROWS_TOGETHER */
    void *field; /* n numbers of type `real` for each field */
    const double *param;
    int full;             /* there are target's numbers u, or a z-loss */
    int curved;           /* Hessians are wanted */
    int softened;         /* the logarithm of the sum counts from FL_BASE, not from FL_MAXIMUM */
    int terms;            /* the sums are those of the target's terms, and the labels are among its numbers */
    int labels, smoothed; /* there are labels; and smoothing beside them, so that a label that counts 0 still has a loss */
    const int64_t *label; /* -1: none */
    const double *weight,
        *mass; /* sample weights; what the label counts: NULL, both, where these are 1 and there are only labels */
    double keep, scale, hess_scale, z_loss; /* 1 - smoothing; what gradients and Hessians are multiplied by */
    double *value;                          /* the losses, with their weights, rounded to `real` */
} fl_rows;

/* Rows of softmax side by side: arrays of `classes` times n numbers of type `real`, one row a column. */
typedef struct {
    int64_t classes;
    fl_rows rows; /* n: whole groups */
    const void *logits;
    /* As many numbers that are wanted of memory soon, or NULL; any address is harmless. Step: from class to class, or 0 where
     * row follows row. */
    const void *next;
    int64_t next_step;
    void *exponentials; /* may be the logits, where there is no u */
    void *u;            /* the target's numbers, or NULL; columns_terms leaves -u F' */
    void *bend;         /* room for u F'', or NULL: there are no terms */
    void *grad, *hess;  /* or NULL; may be the exponentials, and hess is bend where there is one */
    void *log_softmax;  /* or NULL; may be the logits */
} fl_columns;

/* The terms of a segment: what each class adds to a loss sum u F(log q), for an F that is not -log q. The gradient of such a
 * loss is that of cross-entropy with -u F' for u; the Hessian has u F'' beside it. */
typedef struct {
    int64_t n; /* any number; exponentials and results have room for whole groups */
    const void *logits, *exponentials, *u;
    const double *param;
    double maximum, log_sum;     /* of the row */
    double factor;               /* exponentials times this are q */
    double single_top, rest;     /* the exponential of the one class with more than half, or NaN; its 1 - q */
    void *value, *target, *bend; /* u F, -u F', u F'' */
} fl_terms;

/* A segment of a row, from exponentials to derivatives. */
typedef struct {
    int64_t n;
    const void *exponentials;
    const void *u;     /* the target's numbers, or NULL */
    void *grad, *hess; /* or NULL */
    int bent;          /* hess holds u F'' */
    double factor, lift, unlift, spread, curve, square, scale, hess_scale;
} fl_backward;

/* The kernels of softmax. */
typedef struct {
    /* `next`, `next_u`: what is wanted of memory soon; any address is harmless. */
    void (*forward)(const void *a, const void *u, int64_t n, const void *next, const void *next_u, void *exponentials,
                    fl_segment *);
    void (*backward)(const fl_backward *);
    void (*log_softmax)(const void *a, int64_t n, double maximum, double log_sum, void *to);  /* a - maximum - log_sum */
    double (*dispersion)(const void *a, const void *exponentials, int64_t n, double maximum); /* fl_segment, times `top` */
    double (*maximum)(const void *x, int64_t n);                                              /* of all that are not NaN */
    /* Softened logits z of a, less that of m, the largest; cap 0: none. And from derivatives by z T to those by a; hess may be
     * NULL. */
    void (*soften)(const void *a, int64_t n, double m, double cap, double temperature, void *z);
    void (*harden)(const void *a, int64_t n, double cap, void *grad, void *hess);
    void (*target_mix)(const void *target, const void *class_weight, int64_t n, double keep, double spread, void *u);
    void (*rows_given)(const fl_rows *);
    void (*rows_shares)(const fl_rows *);
    void (*rows_statistics)(const fl_rows *);
    void (*columns_forward)(const fl_columns *);
    void (*columns_backward)(const fl_columns *);
    void (*columns_raise)(const fl_columns *, double factor, double floor); /* Hessians: fl_newton */
    void (*columns_positions)(const fl_columns *);  /* FL_LARGEST and FL_UNKNOWN; then FL_DISPERSION: after columns_forward, */
    void (*columns_dispersion)(const fl_columns *); /* with exponentials apart from the logits */
    void (*columns_soften)(const fl_columns *, const void *a, double cap, double temperature);
    void (*columns_repeat)(const void *numbers, int64_t classes, int64_t n, void *columns);
    void (*columns_mix)(void *target, const void *class_weight, int64_t classes, int64_t n, double keep, double spread);
    void (*transpose_to_classes)(const void *rows, int64_t classes, int64_t n, void *columns);
    void (*transpose_to_rows)(const void *columns, int64_t classes, int64_t n, void *rows);
} fl_softmax_kernels;

/* Those of a loss of log p: the fields that are made; and of targets that are numbers, NULL where the loss is -log p. */
typedef struct {
    void (*finish)(const fl_rows *);
    void (*terms)(const fl_terms *);
    void (*columns_terms)(const fl_columns *);
} fl_log_probability_kernels;

#endif
