/* The driver of the losses of sums: the elements of each loss are reduced to sums, these finished, and the derivatives spread back.
 *
 * Elements are walked in logical order, a block at a time, in parts whose sums are added pairwise. So results are the same whether a task
 * has some losses or a part of one: few losses of many elements are shared by all threads. */
#include "../../memory/weights.h"
#include "../shape.h"
#include "sums.h"

#include <stdlib.h>
#include <string.h>

enum {
    ELEMENTS_A_TASK = 16 * 1024,
    ELEMENTS_A_SLICE = 16 * 1024 * 1024,
    /* Losses to a thread below which they are shared: fewer leave threads without work at the end. */
    LOSSES_A_THREAD = 4,
};

static one_loss loss_at(const sums_plan *j, int64_t index)
{
    one_loss one = {.count = (double)j->elements.size, .weight = 1.0};
    for (int i = 0; i < j->walk.n_arrays; i++) {
        const int a = j->walk.array[i];
        one.data[a] = fl_address(&j->walk, j->array[a], index);
    }
    if (one.data[FL_WEIGHT])
        one.weight = ldexp(fl_load(one.data[FL_WEIGHT], j->array[FL_WEIGHT].dtype), -j->weight_exponent);
    if (j->traits.labels)
        one.label = fl_load(one.data[j->traits.elements], j->array[j->traits.elements].dtype);
    return one;
}

static void check_label(sums_plan *j, const one_loss *one)
{
    const fl_domain *d = &j->call->argument[j->traits.elements].domain;
    const double y = one->label;
    if (j->traits.labels && d->checked && (d->ends_only ? y != d->low && y != d->high && y == y : y < d->low || y > d->high))
        __atomic_store_n(&j->outside, 1 + j->traits.elements, __ATOMIC_RELAXED);
}

static void keep_mean(const sums_plan *j, one_loss *one, int averaged, const part_sums sums)
{
    one->count = sums[1];
    if (j->traits.is_centered && sums[1] != 0.0 && isfinite(sums[0]))
        one->center[averaged] = sums[0] / sums[1];
}

/* The arguments of which means are wanted come first; of one at least where the count is a sum of weights. */
static int first_to_average(const sums_plan *j)
{
    return j->traits.is_centered ? j->traits.elements - 1 : j->weighed ? 0 : FL_TERMS_ARE_WANTED;
}

static void finish(const sums_plan *j, one_loss *one, const part_sums sums)
{
    const double factor = j->scale * one->weight;
    one->value = fl_finish_sums(j->call->loss, sums, one->count, one->label, j->call->param, one->slope) * one->weight;
    for (int s = 0; s < j->traits.sums; s++)
        one->slope[s] *= factor;
    if (one->data[FL_VALUES])
        fl_store(one->value, one->data[FL_VALUES], 0, j->call->value.dtype);
}

static int wants_derivatives(const sums_plan *j)
{
    return (j->call->outputs & FL_GRAD) != 0;
}

/* The sums of all parts; of several, pairwise. */
static void sum_up_parts(const sums_plan *j, int averaged, part_sums *parts, part_sums sums)
{
    memcpy(sums, parts[0], sizeof(part_sums));
    for (int64_t width = 1; width < j->n_parts; width *= 2)
        for (int64_t i = 0; i + width < j->n_parts; i += 2 * width)
            for (int s = 0; s < (averaged == FL_TERMS_ARE_WANTED ? j->traits.sums : 2); s++)
                parts[i][s] += parts[i + width][s];
    memcpy(sums, parts[0], sizeof(part_sums));
}

/* A loss of weight 0: its numbers are not looked at. */
static void leave_out(const sums_plan *j, const one_loss *one)
{
    if (one->data[FL_VALUES])
        fl_store(0.0, one->data[FL_VALUES], 0, j->call->value.dtype);
    for (int64_t p = 0; p < j->n_parts && wants_derivatives(j); p++)
        fl_clear_part(j, one, p);
}

static double whole_loss(sums_plan *j, int64_t index, sums_buffers *b)
{
    one_loss one = loss_at(j, index);
    part_sums sums;
    check_label(j, &one);
    if (one.weight == 0.0) {
        leave_out(j, &one);
        return 0.0;
    }
    for (int averaged = first_to_average(j); averaged >= FL_TERMS_ARE_WANTED; averaged--) {
        for (int64_t p = 0; p < j->n_parts; p++)
            fl_reduce_part(j, &one, averaged, p, b->parts[p], b);
        sum_up_parts(j, averaged, b->parts, sums);
        if (averaged >= 0)
            keep_mean(j, &one, averaged, sums);
    }
    if (__atomic_load_n(&j->outside, __ATOMIC_RELAXED))
        return 0.0;
    finish(j, &one, sums);
    for (int64_t p = 0; p < j->n_parts && wants_derivatives(j); p++)
        fl_spread_part(j, &one, p, b);
    return one.value;
}

static int64_t losses_of_task(const sums_plan *j, int64_t task, int64_t *first)
{
    *first = task * j->losses_a_task;
    const int64_t left = j->walk.size - *first;
    return left < j->losses_a_task ? left : j->losses_a_task;
}

static void loss_task(void *context, int64_t task, char *scratch)
{
    sums_plan *j = context;
    double values[FL_BLOCK];
    int64_t first;
    const int64_t n = losses_of_task(j, task, &first);
    for (int64_t i = 0; i < n; i++)
        values[i] = whole_loss(j, first + i, (sums_buffers *)scratch);
    j->partial[task] = fl_pairwise_sum(values, n);
}

static void check_task(void *context, int64_t task, char *scratch)
{
    sums_plan *j = context;
    int64_t first;
    const int64_t n = losses_of_task(j, task, &first);
    for (int64_t i = 0; i < n; i++) {
        const one_loss one = loss_at(j, first + i);
        check_label(j, &one);
        for (int64_t p = 0; p < j->n_parts; p++)
            fl_check_part(j, &one, p, (sums_buffers *)scratch);
    }
}

static void shared_reduce_task(void *context, int64_t part, char *scratch)
{
    sums_plan *j = context;
    fl_reduce_part(j, j->one, j->averaged, part, j->parts[part], (sums_buffers *)scratch);
}

static void shared_spread_task(void *context, int64_t part, char *scratch)
{
    fl_spread_part(context, ((sums_plan *)context)->one, part, (sums_buffers *)scratch);
}

/* What has been found on the way. */
static fl_status found(const sums_plan *j, fl_status status)
{
    if (status != FL_OK || !j->outside)
        return status;
    j->call->outside = j->outside - 1;
    return FL_OUTSIDE;
}

static fl_status run(sums_plan *j, int64_t n, int64_t elements, fl_task task)
{
    const size_t bytes = sizeof(sums_buffers) + (size_t)j->n_parts * sizeof(part_sums);
    return found(j, fl_run_tasks(j->call, n, ELEMENTS_A_SLICE / (elements + 1) + 1, task, NULL, j, bytes, &j->outside));
}

/* One loss after the other, its parts shared by all threads. */
static fl_status run_shared(sums_plan *j)
{
    fl_status status = FL_OK;
    part_sums sums;
    j->parts = malloc((size_t)j->n_parts * sizeof(part_sums));
    if (!j->parts)
        return FL_NO_MEMORY;
    for (int64_t i = 0; i < j->walk.size && status == FL_OK; i++) {
        one_loss one = loss_at(j, i);
        j->one = &one;
        check_label(j, &one);
        if (one.weight == 0.0) {
            leave_out(j, &one);
            j->partial[i] = 0.0;
            continue;
        }
        for (j->averaged = first_to_average(j); j->averaged >= FL_TERMS_ARE_WANTED && status == FL_OK; j->averaged--) {
            status = run(j, j->n_parts, FL_SUMS_PART, shared_reduce_task);
            sum_up_parts(j, j->averaged, j->parts, sums);
            if (j->averaged >= 0)
                keep_mean(j, &one, j->averaged, sums);
        }
        status = found(j, status);
        if (status != FL_OK)
            break;
        finish(j, &one, sums);
        j->partial[i] = one.value;
        if (wants_derivatives(j))
            status = run(j, j->n_parts, FL_SUMS_PART, shared_spread_task);
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

static fl_status run_passes(sums_plan *j, int64_t n_tasks)
{
    fl_call *call = j->call;
    int nothing_counts = j->walk.size == 0, checked = 0;
    double count = (double)j->walk.size;
    for (int a = 0; a < FL_MAX_ARGUMENTS; a++)
        checked |= call->argument[a].domain.checked;
    if (call->check_first && checked) {
        const fl_status status = run(j, n_tasks, j->losses_a_task * j->elements.size, check_task);
        if (status != FL_OK)
            return status;
        for (int a = 0; a < FL_MAX_ARGUMENTS; a++)
            call->argument[a].domain.checked = 0;
    }
    if (call->weight.data && call->reduction == FL_MEAN)
        count = sum_of_weights(j, &nothing_counts);
    j->scale = call->reduction != FL_MEAN ? 1.0 : nothing_counts ? 0.0 : 1.0 / count;
    const int shared = j->n_parts > 1 && call->n_threads > 1 && j->walk.size < (int64_t)LOSSES_A_THREAD * call->n_threads;
    const fl_status status = shared ? run_shared(j) : run(j, n_tasks, j->losses_a_task * j->elements.size, loss_task);
    if (status != FL_OK)
        return status;
    const double total = fl_pairwise_sum(j->partial, n_tasks);
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
    const int form = !j.traits.is_distance ? 0 : call->param[0] == 1.0 ? 0 : call->param[0] == 2.0 ? 1 : 2;
    j.real = form == 2 ? FL_FLOAT64 : call->real;
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
    j.losses_a_task = ELEMENTS_A_TASK / (j.elements.size + 1) + 1;
    j.losses_a_task = j.losses_a_task < FL_BLOCK ? j.losses_a_task : FL_BLOCK;
    if (elements < FL_SERIAL_ELEMENTS)
        call->n_threads = 1;
    const int64_t n_tasks = (j.walk.size + j.losses_a_task - 1) / j.losses_a_task;
    j.partial = malloc((size_t)(n_tasks + 1) * sizeof(double));
    if (!j.partial)
        return FL_NO_MEMORY;
    const fl_status status = run_passes(&j, n_tasks);
    free(j.partial);
    return status;
}

const fl_shape fl_shape_sums = {"sums", run_call, NULL};
