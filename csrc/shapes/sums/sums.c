/* The driver of the losses of sums: the elements of each loss are reduced to sums, these finished, and the derivatives spread
 * back.
 *
 * Elements are walked in logical order, a block at a time, in parts whose sums are added pairwise. So results are the same
 * whether a task has some losses or a part of one: few losses of many elements are shared by all threads. */
#include "../../memory/weights.h"
#include "../shape.h"
#include "sums.h"

#include <stdlib.h>
#include <string.h>

enum {
    ELEMENTS_A_TASK = 16 * 1024,
    /* Losses to a thread below which they are shared: fewer leave threads without work at the end. */
    LOSSES_A_THREAD = 4,
};

/* Where a loss lies, and what is known of it before its elements are looked at. `one` was all 0. */
static void begin_loss(sums_plan *j, int64_t index, one_loss *one)
{
    for (int i = 0; i < j->walk.n_arrays; i++) {
        const int a = j->walk.array[i];
        one->data[a] = fl_address(&j->walk, j->array[a], index);
    }
    one->count = (double)j->elements.size;
    one->weight = 1.0;
    one->is_scaled = 0;
    memset(one->center, 0, sizeof one->center);
    if (one->data[FL_WEIGHT])
        one->weight = ldexp(fl_load(one->data[FL_WEIGHT], j->array[FL_WEIGHT].dtype), -j->weight_exponent);
    if (j->traits.labels)
        one->label = fl_load(one->data[j->traits.elements], j->array[j->traits.elements].dtype);
}

static void check_label(sums_plan *j, const one_loss *one)
{
    const fl_domain *d = &j->call->argument[j->traits.elements].domain;
    const double y = one->label;
    if (j->traits.labels && d->checked && (d->ends_only ? y != d->low && y != d->high && y == y : y < d->low || y > d->high))
        __atomic_store_n(&j->outside, 1 + j->traits.elements, __ATOMIC_RELAXED);
}

/* The losses of a panel, of at most `most`: those that lie side by side. */
static int begin_panel(sums_plan *j, int64_t first, int64_t most, one_loss *losses)
{
    const int64_t row = j->walk.shape[j->walk.ndim - 1], rest = row - first % row;
    int n = j->panel;
    n = most < n ? (int)most : n;
    n = rest < n ? (int)rest : n;
    for (int l = 0; l < n; l++) {
        begin_loss(j, first + l, losses + l);
        check_label(j, losses + l);
    }
    return n;
}

static int wants_derivatives(const sums_plan *j)
{
    return (j->call->outputs & FL_GRAD) != 0;
}

static void whole_panel(sums_plan *j, one_loss *losses, int n_losses, sums_buffers *b)
{
    b->held = NULL;
    if (fl_reduce_losses(j, losses, n_losses, b) != FL_OK)
        return;
    for (int64_t p = j->n_parts; p-- > 0 && wants_derivatives(j);)
        fl_spread_part(j, losses, n_losses, p, b);
}

static int64_t losses_of_task(const sums_plan *j, int64_t task, int64_t *first)
{
    *first = task * j->losses_a_task;
    const int64_t left = j->walk.size - *first;
    return left < j->losses_a_task ? left : j->losses_a_task;
}

/* Adds up values of losses from number `first` on, at which a sum begins. */
static void keep_sums(sums_plan *j, int64_t first, int64_t n, double *values)
{
    for (int64_t i = 0; i < n; i += j->losses_a_sum) {
        const int64_t left = n - i;
        j->partial[(first + i) / j->losses_a_sum] =
            fl_pairwise_sum(values + i, left < j->losses_a_sum ? left : j->losses_a_sum);
    }
}

static void loss_task(void *context, int64_t task, char *scratch)
{
    sums_plan *j = context;
    sums_buffers *const b = (sums_buffers *)scratch;
    double values[FL_BLOCK];
    int64_t first;
    const int64_t n = losses_of_task(j, task, &first);
    memset(b->losses, 0, (size_t)j->panel * sizeof *b->losses);
    for (int64_t i = 0; i < n;) {
        const int found = begin_panel(j, first + i, n - i, b->losses);
        whole_panel(j, b->losses, found, b);
        for (int l = 0; l < found; l++)
            values[i++] = b->losses[l].value;
    }
    keep_sums(j, first, n, values);
}

static void check_task(void *context, int64_t task, char *scratch)
{
    sums_plan *j = context;
    sums_buffers *const b = (sums_buffers *)scratch;
    int64_t first;
    const int64_t n = losses_of_task(j, task, &first);
    memset(b->losses, 0, (size_t)j->panel * sizeof *b->losses);
    for (int64_t i = 0; i < n;) {
        const int found = begin_panel(j, first + i, n - i, b->losses);
        b->held = NULL;
        for (int64_t p = 0; p < j->n_parts; p++)
            fl_check_part(j, b->losses, found, p, b);
        i += found;
    }
}

/* What has been read last comes first: some of it is in a cache yet. */
static void shared_spread_task(void *context, int64_t part, char *scratch)
{
    sums_plan *j = context;
    sums_buffers *const b = (sums_buffers *)scratch;
    b->held = NULL;
    fl_spread_part(j, j->losses, j->n_losses, j->n_parts - 1 - part, b);
}

/* One panel after the other, the parts of its losses shared by all threads. */
static fl_status run_shared(sums_plan *j)
{
    one_loss losses[FL_SUMS_PANEL];
    fl_status status = FL_OK;
    j->parts = malloc((size_t)j->n_parts * (size_t)j->panel * sizeof(part_sums));
    if (!j->parts)
        return FL_NO_MEMORY;
    memset(losses, 0, sizeof losses);
    for (int64_t i = 0, n; i < j->walk.size && status == FL_OK; i += n) {
        n = begin_panel(j, i, j->walk.size - i, losses);
        status = fl_reduce_losses(j, losses, (int)n, NULL);
        for (int l = 0; l < n; l++)
            j->partial[i + l] = losses[l].value;
        j->losses = losses, j->n_losses = (int)n;
        if (status == FL_OK && wants_derivatives(j))
            status = fl_run_parts(j, j->n_parts, (int64_t)FL_SUMS_PART * j->panel, 0, shared_spread_task);
    }
    free(j->parts);
    return status;
}

/* The sum of the weights, and the power of two that they are divided by where they are extreme: see weights.h. */
static double sum_of_weights(sums_plan *j, int *nothing_counts)
{
    fl_sizes sizes = fl_no_sizes();
    double total = 0.0;
    for (int pass = 0; pass < 2; pass++) {
        double sums[FL_BLOCK];
        int64_t n_sums = 0;
        total = 0.0;
        for (int64_t first = 0; first < j->walk.size; first += FL_BLOCK) {
            const int64_t n = j->walk.size - first < FL_BLOCK ? j->walk.size - first : FL_BLOCK;
            double weight[FL_BLOCK];
            fl_gather_walked(&j->walk, j->array[FL_WEIGHT], first, n, FL_FLOAT64, weight);
            for (int64_t i = 0; i < n; i++) {
                const double size = fabs(weight[i]);
                if (pass == 0 && size > 0.0)
                    fl_note_sizes(&sizes, size, size < INFINITY ? size : 0.0);
                weight[i] = ldexp(weight[i], -j->weight_exponent);
            }
            sums[n_sums++] = fl_pairwise_sum(weight, n);
            if (n_sums == FL_BLOCK)
                total += fl_pairwise_sum(sums, n_sums), n_sums = 0;
        }
        total += fl_pairwise_sum(sums, n_sums);
        if (!fl_are_extreme(&sizes))
            break;
        j->weight_exponent = fl_exponent_of(fl_number_of(sizes.most));
    }
    *nothing_counts = total == 0.0 && fl_number_of(sizes.most) == 0.0;
    return total;
}

/* Walks the losses, and the elements of one. */
static void walk(sums_plan *j)
{
    fl_call elements = *j->call;
    fl_walk_call(&j->walk, j->array, j->call, 0);
    elements.ndim = elements.n_summed;
    elements.shape = elements.summed_shape;
    elements.weight.data = elements.value.data = NULL;
    for (int a = 0; a < FL_MAX_ARGUMENTS; a++) {
        fl_argument *x = &elements.argument[a];
        x->array.strides = x->array.summed_strides;
        x->grad.strides = x->grad.summed_strides;
        if (!x->array.strides)
            x->array.data = NULL;
    }
    fl_walk_call(&j->elements, j->element, &elements, 0);
}

/* Losses that lie side by side are gone about together where the elements of one do not. */
static void choose_panel(sums_plan *j)
{
    const size_t item = fl_itemsize(j->weighed ? FL_FLOAT64 : j->real);
    j->pitch = FL_SUMS_BLOCK * item + FL_SUMS_PANEL_BYTES / 2;
    j->panel = 1;
    for (int a = 0; a < j->traits.elements; a++)
        if (fl_lies_in_columns(j, a) || fl_lies_in_columns(j, FL_GRADS + a))
            j->panel = FL_SUMS_PANEL_BYTES / (int)item;
}

static fl_status run_passes(sums_plan *j)
{
    const int64_t n_tasks = (j->walk.size + j->losses_a_task - 1) / j->losses_a_task;
    const int64_t n_sums = (j->walk.size + j->losses_a_sum - 1) / j->losses_a_sum;
    const int64_t elements = j->losses_a_task * j->elements.size;
    const size_t parts = (size_t)j->n_parts * (size_t)j->panel * sizeof(part_sums);
    fl_call *call = j->call;
    int nothing_counts = j->walk.size == 0, checked = 0;
    double count = (double)j->walk.size;
    for (int a = 0; a < FL_MAX_ARGUMENTS; a++)
        checked |= call->argument[a].domain.checked;
    if (call->check_first && checked) {
        const fl_status status = fl_run_parts(j, n_tasks, elements, 0, check_task);
        if (status != FL_OK)
            return status;
        for (int a = 0; a < FL_MAX_ARGUMENTS; a++)
            call->argument[a].domain.checked = 0;
    }
    if (call->weight.data && call->reduction == FL_MEAN)
        count = sum_of_weights(j, &nothing_counts);
    j->scale = call->reduction != FL_MEAN ? 1.0 : nothing_counts ? 0.0 : 1.0 / count;
    const int shared =
        j->n_parts > 1 && call->n_threads > 1 && j->walk.size < (int64_t)LOSSES_A_THREAD * call->n_threads * j->panel;
    const fl_status status = shared ? run_shared(j) : fl_run_parts(j, n_tasks, elements, parts, loss_task);
    if (status != FL_OK)
        return status;
    const double total = fl_pairwise_sum(j->partial, n_sums);
    call->reduced = call->reduction != FL_MEAN ? total : nothing_counts && call->empty_is_zero ? 0.0 : total / count;
    return FL_OK;
}

static fl_status run_call(fl_call *call, const fl_loss_info *loss, const fl_shape *shape)
{
    sums_plan j;
    (void)loss, (void)shape;
    memset(&j, 0, offsetof(sums_plan, walk));
    j.call = call;
    j.traits = fl_traits_of_sums(call->loss);
    walk(&j);
    if (fl_too_large(call->ndim, call->shape, j.elements.size) || fl_too_large(call->n_summed, call->summed_shape, 1))
        return FL_NO_MEMORY;
    const int form = fl_form_of_sums(call->loss, call->param);
    j.real = form == FL_FORM_OF_DOUBLE ? FL_FLOAT64 : call->real;
    j.kernels = fl_kernels_for(call->tier, j.real);
    j.sum = fl_kernels_for(call->tier, FL_FLOAT64)->sum;
    j.weighted_sum = fl_kernels_for(call->tier, FL_FLOAT64)->weighted_sum;
    j.loops = j.kernels->of_loss[call->loss]->sums[form];
    j.weighed = call->argument[FL_ELEMENT_WEIGHT].array.data != NULL;
    size_t written = 0;
    for (int a = 0; a < j.traits.elements; a++) {
        j.derivative[a] = call->argument[a].grad.data != NULL;
        j.by_all |= a > 0 && j.derivative[a];
        written += j.derivative[a] ? fl_itemsize(call->argument[a].grad.dtype) : 0;
    }
    const double elements = (double)j.walk.size * (double)j.elements.size;
    j.stream = elements * (double)written > FL_STREAM_BYTES;
    j.n_parts = j.elements.size > FL_SUMS_PART ? (j.elements.size + FL_SUMS_PART - 1) / FL_SUMS_PART : 1;
    choose_panel(&j);
    j.losses_a_sum = ELEMENTS_A_TASK / (j.elements.size + 1) + 1;
    j.losses_a_sum = j.n_parts > 1 ? 1 : j.losses_a_sum < FL_BLOCK ? j.losses_a_sum : FL_BLOCK;
    j.losses_a_task = (j.panel + j.losses_a_sum - 1) / j.losses_a_sum * j.losses_a_sum;
    if (elements < FL_SERIAL_ELEMENTS)
        call->n_threads = 1;
    j.partial = malloc((size_t)(j.walk.size / j.losses_a_sum + 1) * sizeof(double));
    if (!j.partial)
        return FL_NO_MEMORY;
    const fl_status status = run_passes(&j);
    free(j.partial);
    return status;
}

const fl_shape fl_shape_sums = {"sums", run_call, NULL};
