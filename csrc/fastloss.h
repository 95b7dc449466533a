/* The C interface of fastloss: one call evaluates a loss, its gradient and its Hessian on strided arrays.
 *
 * A caller fills an `fl_call` and hands it to `fl_run`. Nothing here knows Python; nothing is kept between calls but the table
 * of the chosen SIMD tier and the thread limit. */
#ifndef FASTLOSS_H
#define FASTLOSS_H

#include <stddef.h>
#include <stdint.h>

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "fastloss supports little-endian machines only"
#endif
#if UINTPTR_MAX != UINT64_MAX
#error "fastloss supports 64-bit machines only"
#endif

/* The version of what kernels of callers are compiled with, and called by: fl_own_loss and fl_pointwise, and the macros and
 * functions that bodies are written in. A change of any of them is another one. */
#define FL_INTERFACE_VERSION 1

typedef enum {
    FL_FLOAT32,
    FL_FLOAT64,
    FL_INT8,
    FL_INT16,
    FL_INT32,
    FL_INT64,
    FL_UINT8,
    FL_UINT16,
    FL_UINT32,
    FL_UINT64,
    FL_FLOAT16,
    FL_BFLOAT16,
    FL_DTYPES
} fl_dtype;

/* Which results a call computes; any union that the table has a kernel for: see FL_OUTPUT_SETS. Of logsumexp FL_VALUE, FL_GRAD
 * or both; or FL_LOG_SOFTMAX alone: logit less logsumexp, in the place of the gradient, neither weighed nor reduced. FL_SECOND
 * only with FL_GRAD, of the losses with a second argument that is differentiated by: the target of two rows, the operand of an
 * element. Its gradient is then computed too, and with FL_HESS its Hessian, of an operand. */
enum { FL_VALUE = 1, FL_GRAD = 2, FL_HESS = 4, FL_LOG_SOFTMAX = 8, FL_SECOND = 16 };

typedef enum { FL_MEAN, FL_SUM, FL_NONE } fl_reduction;

typedef enum {
    FL_OK,
    FL_NO_MEMORY,
    FL_INTERRUPTED,
    FL_BAD_LABEL,  /* a label is outside [0, classes) and is not ignore_index */
    FL_OUTSIDE,    /* a number of an argument is outside its domain: fl_call.outside */
    FL_UNSUPPORTED /* the loss has no such kernel: a programming error of the caller */
} fl_status;

enum { FL_MAX_PARAMS = 5, FL_MAX_DIMS = 64, FL_MAX_ARGUMENTS = 5, FL_MAX_SUMS = 6 };

/* A strided array. `strides` are in bytes, one a dimension of the call, 0 where the array is broadcast. `data` NULL: absent. */
typedef struct {
    char *data;
    const intptr_t *strides;
    fl_dtype dtype;
    intptr_t class_stride;          /* rows only: bytes between classes */
    const intptr_t *summed_strides; /* sums only: of the dimensions summed over; NULL: one number for all that are summed */
} fl_array;

/* Where a loss is defined: [low, high], or only the two ends. Of an open end this is the next number of the type computed in.
 * NaN is always let through. */
typedef struct {
    double low, high;
    int checked, ends_only;
} fl_domain;

/* An argument of a loss: what is given, where its numbers may lie, and where the derivatives by it go; without data they are
 * not wanted. */
typedef struct {
    fl_array array;
    fl_domain domain;
    fl_array grad, hess;
} fl_argument;

/* The positions of the arguments of losses that have these; the operand is a parameter that may be an array. */
enum { FL_PRED, FL_TARGET, FL_OPERAND };
/* The last argument of a loss of sums is what each element counts in them. */
enum { FL_ELEMENT_WEIGHT = FL_MAX_ARGUMENTS - 1 };

/* Losses of softmax only: statistics of every row, those that do not count too; neither weighed nor reduced. Contiguous arrays
 * in the logical order of rows; NULL: not wanted. */
typedef struct {
    void *lse;        /* of type `real`: log sum exp of the logits; -inf where all are -inf, +inf where one is */
    void *entropy;    /* of type `real`: that of softmax, in nats; NaN where no softmax is defined */
    int64_t *argmax;  /* the first largest logit; in a row with NaN, the first NaN */
    uint8_t *correct; /* whether argmax is the label; of targets that are numbers, whether no target is larger than its */
} fl_statistics;

/* What Newton steps divide by: Hessians times `factor`, and not less than `floor` times what weights and reduction multiply
 * them by; 0 in rows that do not count. */
typedef struct {
    double factor, floor;
} fl_newton;

struct fl_pointwise;
typedef void (*fl_pointwise_kernel)(const struct fl_pointwise *);

/* A caller's function of a block of elements, as compilers of other languages make one: value and derivatives, by the
 * prediction and not scaled, of n numbers, 1024 at most. `outputs` are those that are asked for, of FL_VALUE, FL_GRAD and
 * FL_HESS; there is a place for the others too. Where the loss has no operand, that is the prediction. Threads call it at the
 * same time. */
typedef void (*fl_block)(int64_t n, int64_t outputs, const void *pred, const void *target, const void *operand,
                         const double *param, void *value, void *grad, void *hess);

/* A pointwise loss of the caller's own, as kernels or as blocks. */
typedef struct {
    int version; /* FL_INTERFACE_VERSION that it was compiled with */
    int slow;    /* as the column of losses.inc; 2: so slow that it is given whole blocks always */
    /* Those of float and of double hold one for each set of outputs, in the order of FL_OUTPUT_SETS
     * (loops/element_kernels.h). NULL: there are blocks. */
    const fl_pointwise_kernel *kernels[2];
    fl_block block[2]; /* of float and of double; without that of float, its numbers are converted */
} fl_own_loss;

typedef struct {
    int loss;               /* position in losses.inc */
    const fl_own_loss *own; /* a loss in the place of one of that list; NULL: there is none */
    int tier;
    unsigned outputs;
    fl_dtype real; /* FL_FLOAT32 or FL_FLOAT64: the precision computed in, that of value, grad and hess */
    int n_threads;
    int ndim; /* of the elements (pointwise) or of the rows (rows: without the class axis) */
    const intptr_t *shape;
    int64_t classes; /* rows only */
    int n_summed;    /* sums only: dimensions that are summed over, beside those of the losses */
    const intptr_t *summed_shape;
    fl_argument argument[FL_MAX_ARGUMENTS];
    fl_array weight;
    fl_array value; /* used under FL_NONE */
    fl_statistics statistics;
    int labels; /* rows only: target holds labels, not a number for every class */
    int64_t ignore_index;
    double label_smoothing, z_loss;
    double softcap;             /* of softmax: logits a become softcap tanh(a / softcap) before all else; 0: no cap */
    double temperature;         /* what logits are divided by; of softmax 0 too: nothing */
    const double *class_weight; /* one a class, contiguous and aligned; or NULL */
    double param[FL_MAX_PARAMS];
    const fl_newton *newton; /* NULL: Hessians as they are. Those by a second argument are as they are. */
    fl_reduction reduction;
    int empty_is_zero;        /* the mean where nothing counts: 0, not NaN */
    int check_first;          /* check all input before the first output is written */
    int (*interrupted)(void); /* asked now and then by the calling thread; not zero: stop */
    double reduced;           /* the answer under FL_MEAN and FL_SUM */
    int outside;              /* under FL_OUTSIDE: the position of the argument */
} fl_call;

fl_status fl_run(fl_call *call);

/* losses.inc, as data. */
typedef struct {
    const char *name, *shape;
    int n_params;
    int has_operand; /* see losses.inc */
    int slow;
} fl_loss_info;
int fl_n_losses(void);
const fl_loss_info *fl_loss(int index);
const char *fl_family(int index); /* of losses that callers treat alike */

/* SIMD tiers, lowest first. A tier is built if the compiler took its flags, usable if this CPU and its OS have it. */
int fl_n_tiers(void);
const char *fl_tier_name(int tier);
int fl_tier_built(int tier);
int fl_tier_usable(int tier);

/* Threads. */
int fl_has_openmp(void);
int fl_max_threads(void);   /* what OpenMP would use now: OMP_NUM_THREADS, threadpoolctl */
void fl_threads_init(void); /* once, at import: what to do after fork */

/* The elementary functions, on arrays: for tests of their accuracy. `function` is a position in math_functions.inc. */
int fl_n_math_functions(void);
const char *fl_math_function_name(int function);
double fl_math_function_bound(int function); /* in ulp */
fl_status fl_math(int tier, fl_dtype real, int function, const void *x, void *y, int64_t n);

#endif
