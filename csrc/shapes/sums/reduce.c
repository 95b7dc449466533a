/* The elements of some losses reduced to what is known of each: means, sums, the value and its slopes. Where squares left the
 * range of double, once more with arguments divided by powers of two, which costs nobody else anything. */
#include "sums.h"

#include <math.h>

enum { ELEMENTS_A_SLICE = 16 * 1024 * 1024 };

/* What has been found on the way. */
static fl_status found(const sums_plan *j, fl_status status)
{
    if (status != FL_OK || !j->outside)
        return status;
    j->call->outside = j->outside - 1;
    return FL_OUTSIDE;
}

fl_status fl_run_parts(sums_plan *j, int64_t n, int64_t elements, size_t more, fl_task task)
{
    const size_t bytes = sizeof(sums_buffers) + fl_bytes_of_numbers(j) + more;
    return found(j, fl_run_tasks(j->call, n, ELEMENTS_A_SLICE / (elements + 1) + 1, task, NULL, j, bytes, &j->outside));
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

/* A loss of weight 0 is nothing, whatever its numbers are. Squares of float never leave the range of double. */
static void finish(const sums_plan *j, one_loss *one, const part_sums sums)
{
    const fl_call *call = j->call;
    one->extreme = 0;
    if (one->weight == 0.0) {
        one->value = 0.0;
    } else {
        const double factor = j->scale * one->weight;
        one->value = fl_finish_sums(call->loss, sums, call->param, one) * one->weight;
        for (int s = 0; s < j->traits.sums; s++)
            one->slope[s] *= factor;
        if (one->is_scaled)
            one->value = ldexp(one->value, one->degree * one->unit);
        else if (j->real == FL_FLOAT64)
            one->extreme = fl_extreme_sums(call->loss, sums, call->param);
    }
    if (one->data[FL_VALUES])
        fl_store(one->value, one->data[FL_VALUES], 0, call->value.dtype);
}

static void keep_size(const sums_plan *j, one_loss *one, const part_sums sizes)
{
    one->is_scaled = fl_scale_loss(j->call->loss, one->extreme, sizes, j->call->param, one);
}

static double larger_or_nan(double a, double b)
{
    return a > b || a != a ? a : b;
}

/* What all parts of each loss have together, sums pairwise, in the place of what the first has; parts are `stride` apart. What
 * is known then. */
static void finish_panel(sums_plan *j, one_loss *losses, int n_losses, int wanted, part_sums *parts, int64_t stride)
{
    const int n_sums = wanted < 0 ? j->traits.sums : 2;
    for (int l = 0; l < n_losses; l++) {
        part_sums *const own = parts + l;
        for (int64_t width = 1; width < j->n_parts; width *= 2)
            for (int64_t i = 0; i + width < j->n_parts; i += 2 * width)
                for (int s = 0; s < n_sums; s++) {
                    const double other = own[(i + width) * stride][s], this = own[i * stride][s];
                    own[i * stride][s] = wanted == FL_SIZES_ARE_WANTED ? larger_or_nan(this, other) : this + other;
                }
        if (wanted == FL_SIZES_ARE_WANTED)
            keep_size(j, losses + l, *own);
        else if (wanted == FL_TERMS_ARE_WANTED)
            finish(j, losses + l, *own);
        else
            keep_mean(j, losses + l, wanted, *own);
    }
}

static void shared_reduce_task(void *context, int64_t part, char *scratch)
{
    sums_plan *j = context;
    sums_buffers *const b = (sums_buffers *)scratch;
    b->held = NULL;
    fl_reduce_part(j, j->losses, j->n_losses, j->wanted, part, j->parts + part * j->panel, b);
}

static fl_status one_pass(sums_plan *j, one_loss *losses, int n_losses, int wanted, sums_buffers *b)
{
    part_sums *const parts = b ? fl_parts_of(j, b) : j->parts;
    const int stride = b ? n_losses : j->panel;
    fl_status status = FL_OK;
    if (b) {
        for (int64_t p = 0; p < j->n_parts; p++)
            fl_reduce_part(j, losses, n_losses, wanted, p, parts + p * stride, b);
        status = __atomic_load_n(&j->outside, __ATOMIC_RELAXED) ? FL_OUTSIDE : FL_OK;
    } else {
        j->losses = losses, j->n_losses = n_losses, j->wanted = wanted;
        status = fl_run_parts(j, j->n_parts, (int64_t)FL_SUMS_PART * j->panel, 0, shared_reduce_task);
    }
    if (status == FL_OK)
        finish_panel(j, losses, n_losses, wanted, parts, stride);
    return status;
}

static fl_status all_passes(sums_plan *j, one_loss *losses, int n_losses, sums_buffers *b)
{
    fl_status status = FL_OK;
    for (int wanted = first_to_average(j); wanted >= FL_TERMS_ARE_WANTED && status == FL_OK; wanted--)
        status = one_pass(j, losses, n_losses, wanted, b);
    return status;
}

/* Differences of the largest numbers are infinite unless these are divided before. */
static void let_go(sums_buffers *b)
{
    if (b)
        b->held = NULL;
}

static fl_status reduce_scaled(sums_plan *j, one_loss *one, sums_buffers *b)
{
    enum { ROOM_FOR_DIFFERENCES = 2 };
    one->is_scaled = 1;
    for (int a = 0; a < j->traits.elements; a++)
        one->exponent[a] = one->extreme & FL_IS_INFINITE ? ROOM_FOR_DIFFERENCES : 0;
    fl_divide_lengths(j->call->loss, j->call->param, one);
    let_go(b);
    const fl_status status = one_pass(j, one, 1, FL_SIZES_ARE_WANTED, b);
    let_go(b);
    if (status != FL_OK || !one->is_scaled)
        return status;
    fl_divide_lengths(j->call->loss, j->call->param, one);
    return all_passes(j, one, 1, b);
}

fl_status fl_reduce_losses(sums_plan *j, one_loss *losses, int n_losses, sums_buffers *b)
{
    fl_status status = all_passes(j, losses, n_losses, b);
    for (int l = 0; l < n_losses && status == FL_OK; l++)
        if (losses[l].extreme)
            status = reduce_scaled(j, losses + l, b);
    return status;
}
