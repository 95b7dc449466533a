/* Some elements of one loss of sums: fetched, reduced, and their derivatives kept. */
#include "sums.h"

#include <string.h>

/* Numbers of an argument, in place or in the buffer, with room for whole groups. */
static const void *fetch(const sums_plan *j, const one_loss *one, int which, int64_t first, int64_t n, sums_buffers *b)
{
    const fl_walked a = {one->data[which], j->element[which].dtype, which};
    if (n % FL_SUMS_GROUP == 0 && fl_direct(&j->elements, a, j->real))
        return a.data + (size_t)first * fl_itemsize(j->real);
    fl_gather_walked(&j->elements, a, first, n, j->real, b->in[which]);
    fl_pad_with_last(b->in[which], n, j->real);
    return b->in[which];
}

/* What elements count, as double, and 0 up to the next whole group; NULL: 1 each. */
static const double *fetch_weights(const sums_plan *j, const one_loss *one, int64_t first, int64_t n, sums_buffers *b)
{
    if (!j->weighed)
        return NULL;
    const fl_walked a = {one->data[FL_ELEMENT_WEIGHT], j->element[FL_ELEMENT_WEIGHT].dtype, FL_ELEMENT_WEIGHT};
    double *weight = (double *)b->in[FL_ELEMENT_WEIGHT];
    fl_gather_walked(&j->elements, a, first, n, FL_FLOAT64, weight);
    fl_pad(weight, n, 0.0, FL_FLOAT64);
    return weight;
}

static int is_outside(const sums_plan *j, int which, const char *numbers, int64_t n)
{
    const fl_domain *d = &j->call->argument[which].domain;
    const int64_t all = n / FL_GROUP * FL_GROUP;
    _Alignas(64) char rest[FL_GROUP * sizeof(double)];
    if (all > 0 && j->kernels->outside(numbers, all, d->low, d->high, d->ends_only))
        return 1;
    if (all == n)
        return 0;
    memcpy(rest, numbers + (size_t)all * fl_itemsize(j->real), (size_t)(n - all) * fl_itemsize(j->real));
    fl_pad_with_last(rest, n - all, j->real);
    return j->kernels->outside(rest, FL_GROUP, d->low, d->high, d->ends_only);
}

/* Elements first ... first + n - 1 of a loss, to be checked where they are read first. */
static fl_sums block_of(sums_plan *j, const one_loss *one, int64_t first, int64_t n, int check, sums_buffers *b)
{
    fl_sums k = {.n = n, .param = j->call->param, .center = one->center, .slope = one->slope};
    for (int a = 0; a < j->traits.elements; a++) {
        k.in[a] = fetch(j, one, a, first, n, b);
        if (check && j->call->argument[a].domain.checked && is_outside(j, a, k.in[a], n))
            __atomic_store_n(&j->outside, 1 + a, __ATOMIC_RELAXED);
    }
    for (int s = 0; s < j->traits.sums; s++)
        k.term[s] = b->term[s];
    return k;
}

static int64_t end_of_part(const sums_plan *j, int64_t part)
{
    const int64_t end = (part + 1) * FL_SUMS_PART;
    return end < j->elements.size ? end : j->elements.size;
}

static int64_t block_length(int64_t first, int64_t end)
{
    return end - first < FL_SUMS_BLOCK ? end - first : FL_SUMS_BLOCK;
}

/* An element that counts 0 is left out, whatever it holds. */
static double sum_of(const sums_plan *j, double *x, int64_t n, const double *weight)
{
    fl_pad(x, n, 0.0, FL_FLOAT64);
    return weight ? j->weighted_sum(x, weight, fl_padded(n)) : j->sum(x, fl_padded(n));
}

void fl_reduce_part(sums_plan *j, const one_loss *one, int averaged, int64_t part, part_sums sums, sums_buffers *b)
{
    const int64_t end = end_of_part(j, part);
    memset(sums, 0, sizeof(part_sums));
    for (int64_t first = part * FL_SUMS_PART; first < end; first += FL_SUMS_BLOCK) {
        const int64_t n = block_length(first, end);
        const fl_sums k = block_of(j, one, first, n, 1, b);
        double *weight = (double *)fetch_weights(j, one, first, n, b);
        if (averaged == FL_TERMS_ARE_WANTED) {
            j->loops[FL_SUMS_REDUCE](&k);
            for (int s = 0; s < j->traits.sums; s++)
                sums[s] += sum_of(j, b->term[s], n, weight);
        } else {
            fl_gather(k.in[averaged], (intptr_t)fl_itemsize(j->real), n, j->real, FL_FLOAT64, b->term[0]);
            sums[0] += sum_of(j, b->term[0], n, weight);
            sums[1] += weight ? sum_of(j, weight, n, NULL) : (double)n;
        }
    }
}

void fl_check_part(sums_plan *j, const one_loss *one, int64_t part, sums_buffers *b)
{
    const int64_t end = end_of_part(j, part);
    for (int64_t first = part * FL_SUMS_PART; first < end; first += FL_SUMS_BLOCK)
        block_of(j, one, first, block_length(first, end), 1, b);
}

/* Where a kernel may write a derivative: the user's memory if it is fit for it, else a buffer. */
static void *place(const sums_plan *j, const one_loss *one, int argument, int64_t first, int64_t n, sums_buffers *b)
{
    const int which = FL_GRADS + argument;
    const fl_walked a = {one->data[which], j->element[which].dtype, which};
    const int direct = a.data && !j->stream && !j->weighed && n % FL_SUMS_GROUP == 0 && fl_direct(&j->elements, a, j->real);
    return direct ? a.data + (size_t)first * fl_itemsize(j->real) : b->out[argument];
}

static void keep(const sums_plan *j, const one_loss *one, int argument, int64_t first, int64_t n, char *results)
{
    const int which = FL_GRADS + argument;
    const fl_walked a = {one->data[which], j->element[which].dtype, which};
    fl_dtype real = j->real;
    if (real == FL_FLOAT64 && (a.dtype == FL_FLOAT16 || a.dtype == FL_BFLOAT16)) {
        _Alignas(64) float single[FL_SUMS_BLOCK];
        fl_scatter(results, n, FL_FLOAT64, (char *)single, sizeof(float), FL_FLOAT32);
        memcpy(results, single, (size_t)n * sizeof *single);
        real = FL_FLOAT32;
    }
    fl_scatter_walked(&j->elements, results, first, n, real, a, j->stream && real == j->real ? j->kernels->stream : NULL);
}

void fl_spread_part(sums_plan *j, const one_loss *one, int64_t part, sums_buffers *b)
{
    const int64_t end = end_of_part(j, part);
    for (int64_t first = part * FL_SUMS_PART; first < end; first += FL_SUMS_BLOCK) {
        const int64_t n = block_length(first, end);
        fl_sums k = block_of(j, one, first, n, 0, b);
        for (int a = 0; a < j->traits.elements; a++)
            k.grad[a] = place(j, one, a, first, n, b);
        j->loops[j->by_all ? FL_SUMS_SPREAD_ALL : FL_SUMS_SPREAD](&k);
        const double *weight = fetch_weights(j, one, first, n, b);
        for (int a = 0; a < j->traits.elements; a++) {
            if (!j->derivative[a])
                continue;
            if (weight)
                j->kernels->weigh_by_wide(k.grad[a], weight, fl_padded(n));
            if (k.grad[a] == b->out[a])
                keep(j, one, a, first, n, k.grad[a]);
        }
    }
}

void fl_clear_part(const sums_plan *j, const one_loss *one, int64_t part)
{
    const int64_t end = end_of_part(j, part);
    for (int64_t first = part * FL_SUMS_PART; first < end; first += FL_SUMS_BLOCK)
        for (int a = 0; a < j->traits.elements; a++) {
            _Alignas(64) char zeros[FL_SUMS_BLOCK * sizeof(double)] = {0};
            if (j->derivative[a])
                keep(j, one, a, first, block_length(first, end), zeros);
        }
}
