/* The driver of the pointwise losses: elements in logical order, FL_BLOCK at a time.
 *
 * Where an array is contiguous and of the right type its memory is used as it is; else, and for the last, partial block, the
 * elements go through buffers. Sums are by block, then pairwise by block number, so neither threads nor layout can change them.
 */
#include "../../memory/memory.h"
#include "../../memory/tasks.h"
#include "../../memory/weights.h"
#include "../shape.h"
#include "own.h"

#include <stdlib.h>
#include <string.h>

enum {
    /* Blocks a task handles, so that partial sums take 8 bytes in 16 Ki elements. */
    BLOCKS_A_TASK = 16,
    TASK = FL_BLOCK * BLOCKS_A_TASK,
    /* 16 Mi elements between two looks at signals: 0.1 s of the slowest work. */
    TASKS_A_SLICE = 1024,
    /* Elements whose results are streamed at a time, where the loss is quick to compute and where it is slow, and how far ahead
     * of each such piece its inputs are asked of memory, as a part of its bytes. Short pieces let the stores of one drain while
     * the next is computed; shorter ones than these pay for the calls. Measured on 10 million elements: huber from 1.6 to 1.3
     * times the time of a plain copy, log_cosh from 2.7 to 2.1. */
    QUICK_PIECE = 512,
    SLOW_PIECE = 256,
    PREFETCH_PART = 2,
};

/* One block's worth of memory for each array that is there. */
typedef struct {
    int64_t operand_is_filled; /* 0 at first: see FL_ZEROED */
    _Alignas(64) char bytes[][FL_BLOCK * sizeof(double)];
} buffers;

typedef struct {
    fl_call *call;
    const fl_kernels *kernels;
    fl_pointwise_kernel kernel;
    fl_walked array[FL_N_ARRAYS];
    int present[FL_N_ARRAYS], direct[FL_N_ARRAYS], slot[FL_N_ARRAYS]; /* slot: of its buffer */
    int operand_is_number;                                            /* the same for all elements */
    int wide_weights; /* they are taken as double whatever the predictions are, divided by 2^weight_exponent */
    int weight_exponent;
    fl_sizes weight_sizes;
    int nothing_counts; /* no element, or no weight but 0 */
    int stream;         /* results are written past the caches */
    int ask_ahead;      /* inputs are asked of memory beforehand */
    int64_t piece;      /* elements of a block that are worked on at a time */
    double scale;
    double *partial; /* by task */
    int n_buffers;
    int n_derivatives, derivative[FL_N_ARRAYS]; /* those that are wanted */
    int second;   /* the argument beside the prediction that there are derivatives by, or FL_PRED */
    int outside;  /* 1 + the position of an argument that is outside its domain; 0: none is */
    fl_walk walk; /* last, for it is large and need not be cleared */
} pointwise_plan;

/* Elements of an input as contiguous numbers, padded to whole groups. */
static const void *fetch(const pointwise_plan *j, int which, int64_t first, int64_t n, buffers *b)
{
    const fl_dtype real = j->call->real;
    if (j->direct[which] && n % FL_GROUP == 0) {
        const char *from = j->array[which].data + (size_t)first * fl_itemsize(real);
        if (j->ask_ahead)
            fl_prefetch(from + n * (int64_t)fl_itemsize(real) / PREFETCH_PART, n * (int64_t)fl_itemsize(real));
        return from;
    }
    char *buffer = b->bytes[j->slot[which]];
    fl_gather_walked(&j->walk, j->array[which], first, n, real, buffer);
    if (which == FL_WEIGHT)
        fl_pad(buffer, n, 0.0, real);
    else
        fl_pad_with_last(buffer, n, real);
    return buffer;
}

/* A number is copied once a thread, not once a block: next to a loss that is quick to compute that would show. */
static const void *fetch_operand(const pointwise_plan *j, int64_t first, int64_t n, buffers *b)
{
    if (!j->operand_is_number)
        return fetch(j, FL_OPERAND, first, n, b);
    if (!b->operand_is_filled)
        fl_gather(j->array[FL_OPERAND].data, 0, FL_BLOCK, j->array[FL_OPERAND].dtype, j->call->real,
                  b->bytes[j->slot[FL_OPERAND]]);
    b->operand_is_filled = 1;
    return b->bytes[j->slot[FL_OPERAND]];
}

/* Weights: of type `real`, or wide. */
static const char *fetch_weights(const pointwise_plan *j, int64_t first, int64_t n, buffers *b)
{
    if (!j->wide_weights)
        return fetch(j, FL_WEIGHT, first, n, b);
    double *weight = (double *)b->bytes[j->slot[FL_WEIGHT]];
    fl_gather_walked(&j->walk, j->array[FL_WEIGHT], first, n, FL_FLOAT64, weight);
    fl_pad(weight, n, 0.0, FL_FLOAT64);
    for (int64_t i = 0; i < n && j->weight_exponent; i++)
        weight[i] = ldexp(weight[i], -j->weight_exponent);
    return b->bytes[j->slot[FL_WEIGHT]];
}

static size_t weight_size(const pointwise_plan *j)
{
    return fl_itemsize(j->wide_weights ? FL_FLOAT64 : j->call->real);
}

static void weigh(const pointwise_plan *j, void *x, const void *weight, int64_t n)
{
    if (j->wide_weights)
        j->kernels->weigh_by_wide(x, weight, n);
    else
        j->kernels->weigh(x, weight, n);
}

static void raise(const pointwise_plan *j, void *hess, const char *weight, int64_t n)
{
    const fl_newton *newton = j->call->newton;
    _Alignas(64) char narrow[FL_BLOCK * sizeof(double)];
    if (weight && j->wide_weights) {
        fl_gather(weight, sizeof(double), n, FL_FLOAT64, j->call->real, narrow);
        weight = narrow;
    }
    j->kernels->raise(hess, weight, n, newton->factor, newton->floor * j->scale);
}

/* Where a kernel may write: the user's memory if it is fit for it, else a buffer. */
static void *place(const pointwise_plan *j, int which, int64_t first, int64_t n, buffers *b)
{
    if (!j->present[which])
        return NULL;
    if (j->direct[which] && n % FL_GROUP == 0 && !j->stream)
        return j->array[which].data + (size_t)first * fl_itemsize(j->call->real);
    return b->bytes[j->slot[which]];
}

static void keep(const pointwise_plan *j, int which, int64_t first, int64_t n, const void *results, const buffers *b)
{
    if (results != b->bytes[j->slot[which]] || !j->array[which].data)
        return;
    fl_scatter_walked(&j->walk, results, first, n, j->call->real, j->array[which], j->stream ? j->kernels->stream : NULL);
}

static int is_outside(const pointwise_plan *j, const void *x, int64_t n, const fl_domain *domain)
{
    return domain->checked && j->kernels->outside(x, n, domain->low, domain->high, domain->ends_only);
}

/* Whether the block's elements are in their domains, in[i] of argument i; notes it where not. */
static int check(pointwise_plan *j, const void *const *in, int64_t padded)
{
    for (int i = 0; i < FL_MAX_ARGUMENTS; i++) {
        if (!is_outside(j, in[i], padded, &j->call->argument[i].domain))
            continue;
        /* Whichever thread is last is named; all stop. */
        __atomic_store_n(&j->outside, 1 + i, __ATOMIC_RELAXED);
        return 0;
    }
    return 1;
}

/* Derivatives of a piece of a block, written where they belong; its values, into value. Returns whether all is well. */
static int do_piece(pointwise_plan *j, int64_t first, int64_t n, void *value, const char *weight, buffers *b)
{
    const fl_call *c = j->call;
    const int64_t padded = fl_padded(n);
    const void *const pred = fetch(j, FL_PRED, first, n, b);
    const void *const in[FL_MAX_ARGUMENTS] = {pred, fetch(j, FL_TARGET, first, n, b),
                                              j->present[FL_OPERAND] ? fetch_operand(j, first, n, b) : pred};
    if (!check(j, in, padded))
        return 0;
    void *derivative[FL_N_ARRAYS] = {NULL};
    for (int i = 0; i < j->n_derivatives; i++)
        derivative[j->derivative[i]] = place(j, j->derivative[i], first, n, b);
    fl_pointwise x = {.n = padded,
                      .pred = in[FL_PRED],
                      .target = in[FL_TARGET],
                      .operand = in[FL_OPERAND],
                      .param = c->param,
                      .scale = j->scale,
                      .value = value,
                      .grad = derivative[FL_GRADS],
                      .hess = derivative[FL_HESSES],
                      .own = c->own};
    if (j->second)
        x.second_grad = derivative[FL_GRADS + j->second], x.second_hess = derivative[FL_HESSES + j->second];
    j->kernel(&x);
    for (int i = 0; i < j->n_derivatives; i++) {
        const int which = j->derivative[i];
        if (weight)
            weigh(j, derivative[which], weight, padded);
        if (which == FL_HESSES + FL_PRED && c->newton)
            raise(j, derivative[which], weight, padded);
        keep(j, which, first, n, derivative[which], b);
    }
    return 1;
}

/* The sum of the block's weighted values. */
static double do_block(pointwise_plan *j, int64_t first, int64_t n, buffers *b)
{
    const fl_call *c = j->call;
    const size_t item = fl_itemsize(c->real);
    const int64_t padded = fl_padded(n);
    const char *weight = j->present[FL_WEIGHT] ? fetch_weights(j, first, n, b) : NULL;
    char *value = place(j, FL_VALUES, first, n, b);
    for (int64_t at = 0; at < n; at += j->piece) {
        const int64_t left = n - at;
        if (!do_piece(j, first + at, left < j->piece ? left : j->piece, value ? value + (size_t)at * item : NULL,
                      weight ? weight + (size_t)at * weight_size(j) : NULL, b))
            return 0.0;
    }
    double total = 0.0;
    if (value && c->reduction != FL_NONE) {
        fl_pad(value, n, 0.0, c->real);
        total = !weight         ? j->kernels->sum(value, padded)
              : j->wide_weights ? j->kernels->sum_by_wide(value, (const double *)weight, padded)
                                : j->kernels->weighted_sum(value, weight, padded);
    } else if (value) {
        if (weight)
            weigh(j, value, weight, padded);
        keep(j, FL_VALUES, first, n, value, b);
    }
    return total;
}

static double check_block(pointwise_plan *j, int64_t first, int64_t n, buffers *b)
{
    const fl_call *c = j->call;
    const void *in[FL_MAX_ARGUMENTS];
    for (int i = 0; i < FL_MAX_ARGUMENTS; i++)
        in[i] = !c->argument[i].domain.checked ? NULL
              : i == FL_OPERAND                ? fetch_operand(j, first, n, b)
                                               : fetch(j, i, first, n, b);
    check(j, in, fl_padded(n));
    return 0.0;
}

static double weigh_block(pointwise_plan *j, int64_t first, int64_t n, buffers *b)
{
    const fl_kernels *of_weights = j->wide_weights ? fl_kernels_for(j->call->tier, FL_FLOAT64) : j->kernels;
    const char *weight = fetch_weights(j, first, n, b);
    double least = INFINITY, most = 0.0;
    of_weights->extremes(weight, fl_padded(n), &least, &most);
    fl_note_sizes(&j->weight_sizes, least, most);
    return of_weights->sum(weight, fl_padded(n));
}

static inline void do_task(pointwise_plan *j, int64_t task, buffers *b,
                           double (*block)(pointwise_plan *, int64_t, int64_t, buffers *))
{
    double sums[BLOCKS_A_TASK];
    int64_t n_blocks = 0;
    for (int64_t first = task * TASK; first < j->walk.size && n_blocks < BLOCKS_A_TASK; first += FL_BLOCK) {
        const int64_t left = j->walk.size - first;
        sums[n_blocks++] = block(j, first, left < FL_BLOCK ? left : FL_BLOCK, b);
    }
    j->partial[task] = fl_pairwise_sum(sums, n_blocks);
}

static void loss_task(void *context, int64_t task, char *scratch)
{
    do_task(context, task, (buffers *)scratch, do_block);
}

static void check_task(void *context, int64_t task, char *scratch)
{
    do_task(context, task, (buffers *)scratch, check_block);
}

static void weight_task(void *context, int64_t task, char *scratch)
{
    do_task(context, task, (buffers *)scratch, weigh_block);
}

static fl_status run(pointwise_plan *j, fl_task task, double *total)
{
    const int64_t n_tasks = (j->walk.size + TASK - 1) / TASK;
    const fl_status status = fl_run_tasks(j->call, n_tasks, TASKS_A_SLICE, task, NULL, j,
                                          sizeof(buffers) + (size_t)j->n_buffers * FL_BLOCK * sizeof(double), &j->outside);
    if (status != FL_OK)
        return status;
    if (j->outside) {
        j->call->outside = j->outside - 1;
        return FL_OUTSIDE;
    }
    *total = fl_pairwise_sum(j->partial, n_tasks);
    return FL_OK;
}

/* How results of so many bytes are written. In the place of an input they are in the cache already, and there is nothing to be
 * saved. */
static void plan_memory(pointwise_plan *j, int slow, size_t written)
{
    const fl_call *c = j->call;
    const int several = j->n_derivatives > 1;
    const int in_place = c->argument[FL_PRED].grad.data && c->argument[FL_PRED].grad.data == c->argument[FL_PRED].array.data,
              plain = fl_prefers_plain_stores();
    j->stream = written > FL_STREAM_BYTES && !in_place && !(plain && (slow || several));
    j->ask_ahead = j->stream && !plain;
    j->piece = !j->ask_ahead || slow > 1 ? FL_BLOCK : slow ? SLOW_PIECE : QUICK_PIECE;
}

/* The sum of the weights, after which they are in the unit in which they are added up. */
static fl_status sum_weights(pointwise_plan *j, double *sum)
{
    j->weight_sizes = fl_no_sizes();
    fl_status status = run(j, weight_task, sum);
    j->nothing_counts = *sum == 0.0 && fl_number_of(j->weight_sizes.most) == 0.0;
    if (status == FL_OK && fl_are_extreme(&j->weight_sizes)) {
        j->wide_weights = 1;
        j->weight_exponent = fl_exponent_of(fl_number_of(j->weight_sizes.most));
        status = run(j, weight_task, sum);
    }
    return status;
}

static fl_status run_passes(pointwise_plan *j, fl_call *call)
{
    fl_status status = FL_OK;
    double count = (double)j->walk.size, total = 0.0;
    int checked = 0;
    for (int i = 0; i < FL_MAX_ARGUMENTS; i++)
        checked |= call->argument[i].domain.checked;
    if (call->check_first && checked) {
        status = run(j, check_task, &total);
        for (int i = 0; i < FL_MAX_ARGUMENTS; i++)
            call->argument[i].domain.checked = 0;
    }
    if (status == FL_OK && j->present[FL_WEIGHT] && call->reduction == FL_MEAN)
        status = sum_weights(j, &count);
    if (status != FL_OK)
        return status;
    j->scale = call->reduction != FL_MEAN ? 1.0 : j->nothing_counts ? 0.0 : 1.0 / count;
    status = run(j, loss_task, &total);
    call->reduced = call->reduction != FL_MEAN ? total : j->nothing_counts && call->empty_is_zero ? 0.0 : total / count;
    return status;
}

static fl_status run_call(fl_call *call, const fl_loss_info *loss, const fl_shape *shape)
{
    (void)shape;
    if (fl_too_large(call->ndim, call->shape, 1))
        return FL_NO_MEMORY;
    pointwise_plan j;
    memset(&j, 0, offsetof(pointwise_plan, walk));
    j.call = call;
    j.kernels = fl_kernels_for(call->tier, call->real);
    j.kernel = call->own ? fl_own_kernel(call) : fl_pointwise_kernel_for(call->tier, call->real, call->loss, call->outputs);
    if (!j.kernel)
        return FL_UNSUPPORTED;
    const int reduced = call->reduction != FL_NONE && (call->outputs & FL_VALUE || call->weight.data);
    fl_walk_call(&j.walk, j.array, call, !reduced);
    size_t written = 0;
    for (int i = 0; i < j.walk.n_arrays; i++) {
        const int which = j.walk.array[i];
        j.present[which] = 1;
        j.slot[which] = j.n_buffers++;
        j.direct[which] = fl_direct(&j.walk, j.array[which], call->real);
        if (which >= FL_VALUES)
            written += (size_t)j.walk.size * fl_itemsize(j.array[which].dtype);
        if (which >= FL_GRADS)
            j.derivative[j.n_derivatives++] = which;
        if (which > FL_GRADS && which < FL_HESSES)
            j.second = which - FL_GRADS;
    }
    j.wide_weights = j.present[FL_WEIGHT] && call->real == FL_FLOAT32 && call->weight.dtype != FL_FLOAT32;
    j.nothing_counts = j.walk.size == 0;
    call->argument[FL_OPERAND].domain.checked &= j.present[FL_OPERAND];
    j.operand_is_number = j.present[FL_OPERAND];
    for (int d = 0; d < j.walk.ndim && j.operand_is_number; d++)
        j.operand_is_number &= j.walk.stride[FL_OPERAND][d] == 0;
    /* Reduced values are made block by block in a buffer. */
    if (call->outputs & FL_VALUE && !j.present[FL_VALUES]) {
        j.present[FL_VALUES] = 1;
        j.slot[FL_VALUES] = j.n_buffers++;
    }
    plan_memory(&j, loss->slow, written);
    if (j.walk.size < FL_SERIAL_ELEMENTS)
        call->n_threads = 1;

    enum { FEW = 64 };
    double few[FEW];
    const int64_t n_tasks = (j.walk.size + TASK - 1) / TASK;
    j.partial = n_tasks > FEW ? malloc((size_t)n_tasks * sizeof(double)) : few;
    if (!j.partial)
        return FL_NO_MEMORY;
    const fl_status status = run_passes(&j, call);
    if (j.partial != few)
        free(j.partial);
    return status;
}

const fl_shape fl_shape_pointwise = {"pointwise", run_call, NULL};
