/* The shape of losses of sums over elements.
 *
 * Files, each of which calls only those before it: finish.c, what a loss makes of its sums; block.c, some elements of one loss;
 * reduce.c, all elements of some losses; sums.c. */
#ifndef FASTLOSS_SUMS_H
#define FASTLOSS_SUMS_H

#include "../../memory/memory.h"
#include "../../memory/tasks.h"

enum {
    /* Elements whose sums are added one block after the other. */
    FL_SUMS_PART = 32 * FL_BLOCK,
    /* Bytes of losses that are gone about together where they lie side by side and the elements of one do not: two lines of a
     * cache, which are fetched together and so are read once. */
    FL_SUMS_PANEL_BYTES = 128,
    FL_SUMS_PANEL = FL_SUMS_PANEL_BYTES / (int)sizeof(float),
};

/* elements: arguments with a number an element; labels: with one for all of them. */
typedef struct {
    int elements, labels, sums, body, is_centered, is_distance;
} fl_sums_traits;

/* How a call is gone about. */
typedef struct {
    fl_call *call;
    const fl_kernels *kernels;
    const fl_sums_kernel *loops;
    double (*sum)(const void *x, int64_t n); /* of double, whatever is computed in */
    double (*weighted_sum)(const void *x, const void *weight, int64_t n);
    fl_sums_traits traits;
    fl_dtype real; /* computed in */
    int weighed, by_all, stream;
    int derivative[FL_MAX_ARGUMENTS]; /* whether it is wanted */
    fl_walked array[FL_N_ARRAYS], element[FL_N_ARRAYS];
    int64_t n_parts, losses_a_task, losses_a_sum; /* sums of few losses, so that they do not depend on tasks */
    int panel;                                    /* the most losses that are gone about together */
    size_t pitch; /* bytes of a block of numbers; those of a panel's losses do not all lie in the same lines of a cache */
    double scale; /* what derivatives are multiplied by, with the weight */
    int weight_exponent; /* weights are divided by 2 to this power */
    double *partial;     /* the sums */
    int outside;         /* 1 + the position of an argument that is outside its domain; 0: none is */
    /* Where losses are shared: those at hand, what is added up of them, and the sums of each part. */
    struct one_loss *losses;
    int n_losses, wanted;
    double (*parts)[FL_MAX_SUMS];
    fl_walk walk, elements; /* of the losses; of the elements of one. Last, for they are large and need not be cleared */
} sums_plan;

/* One loss: where it lies, and what is known of it. */
typedef struct one_loss {
    char *data[FL_N_ARRAYS];
    double count, label, weight, value;
    double center[FL_MAX_ARGUMENTS], slope[FL_MAX_SUMS];
    /* Where squares are no numbers, arguments are divided by powers of two, given as exponents; and the value is in units, to
     * the power `degree`. */
    unsigned extreme; /* see fl_extreme_sums */
    int is_scaled, exponent[FL_MAX_ARGUMENTS], unit, degree;
    double param[FL_MAX_PARAMS]; /* those of the kernels then */
} one_loss;

/* What is wanted of a part: the sums of terms; or, where it is the number of an argument, for its mean, the sum of its elements
 * and of what they count; or the largest of what is squared. */
typedef double part_sums[FL_MAX_SUMS];
enum { FL_TERMS_ARE_WANTED = -1, FL_SIZES_ARE_WANTED = -2 };

/* A thread's memory: behind it numbers of each argument, of the losses of a panel, and as many for derivatives; then the sums
 * of parts, where losses are not shared. */
typedef struct {
    int64_t unused; /* see FL_ZEROED */
    one_loss losses[FL_SUMS_PANEL];
    const void *in[FL_SUMS_PANEL][FL_MAX_ARGUMENTS]; /* where numbers were fetched to, or lie */
    void *out[FL_SUMS_PANEL][FL_MAX_ARGUMENTS];
    const one_loss *held; /* of which losses, and from which element on, numbers are there; NULL: of none */
    int64_t first_held;
    int n_held;
    _Alignas(64) double term[FL_MAX_SUMS][FL_SUMS_BLOCK];
    _Alignas(64) char numbers[];
} sums_buffers;

static inline size_t fl_bytes_of_numbers(const sums_plan *j)
{
    return (size_t)j->panel * 2 * FL_MAX_ARGUMENTS * j->pitch;
}

static inline part_sums *fl_parts_of(const sums_plan *j, sums_buffers *b)
{
    return (part_sums *)(b->numbers + fl_bytes_of_numbers(j));
}

/* What a loss is like, by its position in losses.inc; and which form of its body has such parameters, the last in double
 * alone. */
fl_sums_traits fl_traits_of_sums(int loss);
enum { FL_FORM_OF_DOUBLE = FL_N_FORMS - 1 };
int fl_form_of_sums(int loss, const double *param);
/* The loss; and its derivative by each sum, into `one`. */
double fl_finish_sums(int loss, const double *sum, const double *param, one_loss *one);
/* Which sums (of a distance) or arguments (of an angle) may have lost digits to the range of double, as bits. Then what the
 * arguments are to be divided by, given the sizes of their differences, or of them, measured of arguments divided by
 * `exponent`: does that help? */
enum { FL_IS_INFINITE = 1 << FL_MAX_SUMS }; /* and whether one is not finite */
unsigned fl_extreme_sums(int loss, const double *sum, const double *param);
int fl_scale_loss(int loss, unsigned extreme, const double *size, const double *param, one_loss *one);
/* Parameters for arguments that are divided so. */
void fl_divide_lengths(int loss, const double *param, one_loss *one);

/* Whether the losses of a panel lie side by side in an array whose elements do not. */
int fl_lies_in_columns(const sums_plan *j, int which);

/* These take a part of each of a panel of losses. They add up into one after the other of `sums`, noting numbers outside their
 * domain; make the derivatives, 0 where a loss does not count; and look whether all is in its domain. */
void fl_reduce_part(sums_plan *j, const one_loss *losses, int n_losses, int wanted, int64_t part, part_sums *sums,
                    sums_buffers *b);
void fl_spread_part(sums_plan *j, const one_loss *losses, int n_losses, int64_t part, sums_buffers *b);
void fl_check_part(sums_plan *j, const one_loss *losses, int n_losses, int64_t part, sums_buffers *b);

/* Runs tasks, each of so many elements. */
fl_status fl_run_parts(sums_plan *j, int64_t n, int64_t elements, size_t more, fl_task task);
/* What is known of the losses of a panel once all their elements are: by this thread, with these buffers; or, where there are
 * none, by all, into j->parts. */
fl_status fl_reduce_losses(sums_plan *j, one_loss *losses, int n_losses, sums_buffers *b);

#endif
