/* Some elements of a panel of losses of sums: fetched, reduced, and their derivatives kept. */
#include "sums.h"

#include <float.h>
#include <math.h>
#include <string.h>

int fl_lies_in_columns(const sums_plan *j, int which)
{
    const fl_walked a = j->element[which];
    const intptr_t size = (intptr_t)fl_itemsize(a.dtype);
    return a.data && j->walk.stride[which][j->walk.ndim - 1] == size && j->elements.stride[which][j->elements.ndim - 1] != size;
}

static void *buffer(const sums_plan *j, sums_buffers *b, int slot, int loss)
{
    return b->numbers + ((size_t)slot * (size_t)j->panel + (size_t)loss) * j->pitch;
}

static fl_walked elements_of(const sums_plan *j, const one_loss *one, int which)
{
    return (fl_walked){one->data[which], j->element[which].dtype, which};
}

/* Numbers of an argument of each loss: in place, or in buffers with room for whole groups. */
static void fetch(const sums_plan *j, const one_loss *losses, int n_losses, int which, int64_t first, int64_t n, fl_dtype real,
                  sums_buffers *b)
{
    const fl_walked first_loss = elements_of(j, losses, which);
    const int in_columns = n_losses > 1 && first_loss.dtype == real && fl_lies_in_columns(j, which);
    if (in_columns)
        fl_gather_columns(&j->elements, first_loss, first, n, n_losses, buffer(j, b, which, 0), j->pitch);
    for (int l = 0; l < n_losses; l++) {
        const fl_walked a = elements_of(j, losses + l, which);
        if (n % FL_SUMS_GROUP == 0 && fl_direct(&j->elements, a, real)) {
            b->in[l][which] = a.data + (size_t)first * fl_itemsize(real);
            continue;
        }
        void *const to = buffer(j, b, which, l);
        if (!in_columns)
            fl_gather_walked(&j->elements, a, first, n, real, to);
        fl_pad_with_last(to, n, real);
        b->in[l][which] = to;
    }
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

/* Numbers of an argument divided by the power of two of their loss. What is too large then is alike in all arguments, since the
 * differences are not. */
static void shrink(const sums_plan *j, const one_loss *one, int which, int loss, int64_t n, sums_buffers *b)
{
    const double *const from = b->in[loss][which], factor = ldexp(1.0, -one->exponent[which]);
    double *const to = buffer(j, b, which, loss);
    for (int64_t i = 0; i < (n + FL_SUMS_GROUP - 1) / FL_SUMS_GROUP * FL_SUMS_GROUP; i++)
        to[i] = fmax(-DBL_MAX, fmin(from[i] * factor, DBL_MAX));
    b->in[loss][which] = to;
}

/* Elements first ... first + n - 1 of each loss, of all arguments or of one, to be checked where they are read first; and what
 * they count, as double. */
enum { ALL_ARGUMENTS = -1 };
static void fetch_all(sums_plan *j, const one_loss *losses, int n_losses, int only, int64_t first, int64_t n, int check,
                      sums_buffers *b)
{
    /* Of a short loss they are there from the pass before. */
    if (b->held == losses && b->first_held == first && b->n_held == n_losses)
        return;
    b->held = only == ALL_ARGUMENTS ? losses : NULL, b->first_held = first, b->n_held = n_losses;
    for (int a = 0; a < j->traits.elements; a++) {
        if (only != ALL_ARGUMENTS && only != a)
            continue;
        fetch(j, losses, n_losses, a, first, n, j->real, b);
        for (int l = 0; l < n_losses && check && j->call->argument[a].domain.checked; l++)
            if (losses[l].weight != 0.0 && is_outside(j, a, b->in[l][a], n))
                __atomic_store_n(&j->outside, 1 + a, __ATOMIC_RELAXED);
        for (int l = 0; l < n_losses; l++)
            if (losses[l].is_scaled)
                shrink(j, losses + l, a, l, n, b);
    }
    if (j->weighed)
        fetch(j, losses, n_losses, FL_ELEMENT_WEIGHT, first, n, FL_FLOAT64, b);
}

/* What elements count, and 0 up to the next whole group; NULL: 1 each. */
static const double *weights_of(const sums_plan *j, int loss, int64_t n, sums_buffers *b)
{
    if (!j->weighed)
        return NULL;
    double *const weight = buffer(j, b, FL_ELEMENT_WEIGHT, loss);
    if (b->in[loss][FL_ELEMENT_WEIGHT] != weight)
        memcpy(weight, b->in[loss][FL_ELEMENT_WEIGHT], (size_t)n * sizeof *weight);
    fl_pad(weight, n, 0.0, FL_FLOAT64);
    return weight;
}

/* What the kernels are given of one loss. */
static void describe(const sums_plan *j, const one_loss *one, int loss, int64_t n, sums_buffers *b, fl_sums *k)
{
    k->n = n, k->param = one->is_scaled ? one->param : j->call->param, k->center = one->center, k->slope = one->slope;
    memcpy(k->in, b->in[loss], sizeof k->in);
    for (int s = 0; s < j->traits.sums; s++)
        k->term[s] = b->term[s];
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
    /* This is what fl_pad does, whose call and loop would take a sixth of the instructions of a loss of 16 elements. */
    memset(x + n, 0, (size_t)(fl_padded(n) - n) * sizeof *x);
    return weight ? j->weighted_sum(x, weight, fl_padded(n)) : j->sum(x, fl_padded(n));
}

/* The largest of what is squared: of a distance, the terms that it has with the power 1; else the arguments. NaN stays. */
static void measure_block(const sums_plan *j, const one_loss *one, int loss, int64_t n, double *size, sums_buffers *b)
{
    const double *weight = weights_of(j, loss, n, b);
    const int is_distance = j->traits.is_distance;
    fl_sums k;
    describe(j, one, loss, n, b, &k);
    if (is_distance)
        j->kernels->of_loss[j->call->loss]->sums[0][FL_SUMS_REDUCE](&k);
    for (int s = 0; s < (is_distance ? j->traits.sums : j->traits.elements); s++) {
        const double *const x = is_distance ? b->term[s] : b->in[loss][s];
        for (int64_t i = 0; i < n; i++)
            if (!(fabs(x[i]) <= size[s]) && size[s] == size[s] && (!weight || weight[i] != 0.0))
                size[s] = fabs(x[i]);
    }
}

static void reduce_block(const sums_plan *j, const one_loss *one, int loss, int wanted, int64_t n, double *sums,
                         sums_buffers *b)
{
    const double *weight = weights_of(j, loss, n, b);
    fl_sums k;
    if (wanted == FL_SIZES_ARE_WANTED) {
        measure_block(j, one, loss, n, sums, b);
    } else if (wanted == FL_TERMS_ARE_WANTED) {
        describe(j, one, loss, n, b, &k);
        j->loops[FL_SUMS_REDUCE](&k);
        for (int s = 0; s < j->traits.sums; s++)
            sums[s] += sum_of(j, b->term[s], n, weight);
    } else {
        fl_gather(b->in[loss][wanted], (intptr_t)fl_itemsize(j->real), n, j->real, FL_FLOAT64, b->term[0]);
        sums[0] += sum_of(j, b->term[0], n, weight);
        sums[1] += weight ? j->sum(weight, fl_padded(n)) : (double)n;
    }
}

void fl_reduce_part(sums_plan *j, const one_loss *losses, int n_losses, int wanted, int64_t part, part_sums *sums,
                    sums_buffers *b)
{
    const int64_t end = end_of_part(j, part);
    const int only = wanted >= 0 && j->elements.size > FL_SUMS_BLOCK ? wanted : ALL_ARGUMENTS;
    memset(sums, 0, (size_t)n_losses * sizeof *sums);
    for (int64_t first = part * FL_SUMS_PART; first < end; first += FL_SUMS_BLOCK) {
        const int64_t n = block_length(first, end);
        fetch_all(j, losses, n_losses, only, first, n, 1, b);
        for (int l = 0; l < n_losses; l++)
            if (losses[l].weight != 0.0)
                reduce_block(j, losses + l, l, wanted, n, sums[l], b);
    }
}

void fl_check_part(sums_plan *j, const one_loss *losses, int n_losses, int64_t part, sums_buffers *b)
{
    const int64_t end = end_of_part(j, part);
    for (int64_t first = part * FL_SUMS_PART; first < end; first += FL_SUMS_BLOCK)
        fetch_all(j, losses, n_losses, ALL_ARGUMENTS, first, block_length(first, end), 1, b);
}

/* Where kernels may write the derivatives of each loss: the user's memory where it is fit for it, else buffers. */
static void place(const sums_plan *j, const one_loss *losses, int n_losses, int argument, int64_t first, int64_t n,
                  sums_buffers *b)
{
    for (int l = 0; l < n_losses; l++) {
        const fl_walked a = elements_of(j, losses + l, FL_GRADS + argument);
        const int direct = a.data && !j->stream && !j->weighed && n % FL_SUMS_GROUP == 0 && fl_direct(&j->elements, a, j->real);
        b->out[l][argument] =
            direct ? a.data + (size_t)first * fl_itemsize(j->real) : buffer(j, b, FL_MAX_ARGUMENTS + argument, l);
    }
}

static void keep(const sums_plan *j, const one_loss *one, int argument, int64_t first, int64_t n, char *results)
{
    const fl_walked a = elements_of(j, one, FL_GRADS + argument);
    fl_dtype real = j->real;
    if (real == FL_FLOAT64 && (a.dtype == FL_FLOAT16 || a.dtype == FL_BFLOAT16)) {
        _Alignas(64) float single[FL_SUMS_BLOCK];
        fl_scatter(results, n, FL_FLOAT64, (char *)single, sizeof(float), FL_FLOAT32);
        memcpy(results, single, (size_t)n * sizeof *single);
        real = FL_FLOAT32;
    }
    fl_scatter_walked(&j->elements, results, first, n, real, a, j->stream && real == j->real ? j->kernels->stream : NULL);
}

/* The derivatives of each loss by an argument, where they are not in place. */
static void keep_all(const sums_plan *j, const one_loss *losses, int n_losses, int argument, int64_t first, int64_t n,
                     sums_buffers *b)
{
    void *const buffers = buffer(j, b, FL_MAX_ARGUMENTS + argument, 0);
    const fl_walked a = elements_of(j, losses, FL_GRADS + argument);
    if (n_losses > 1 && a.dtype == j->real && fl_lies_in_columns(j, FL_GRADS + argument)) {
        fl_scatter_columns(&j->elements, buffers, j->pitch, first, n, n_losses, a, j->stream ? j->kernels->stream : NULL);
        return;
    }
    for (int l = 0; l < n_losses; l++)
        if (b->out[l][argument] == buffer(j, b, FL_MAX_ARGUMENTS + argument, l))
            keep(j, losses + l, argument, first, n, b->out[l][argument]);
}

/* Derivatives by arguments that were divided, in the units of the value. */
static void grow(double *grad, int64_t n, int exponent)
{
    for (int64_t i = 0; i < n && exponent; i++)
        grad[i] = ldexp(grad[i], exponent);
}

static void spread_block(const sums_plan *j, const one_loss *one, int loss, int64_t n, sums_buffers *b)
{
    const double *weight = weights_of(j, loss, n, b);
    fl_sums k;
    if (one->weight == 0.0) {
        for (int a = 0; a < j->traits.elements; a++)
            if (j->derivative[a])
                memset(b->out[loss][a], 0, (size_t)n * fl_itemsize(j->real));
        return;
    }
    describe(j, one, loss, n, b, &k);
    memcpy(k.grad, b->out[loss], sizeof k.grad);
    j->loops[j->by_all ? FL_SUMS_SPREAD_ALL : FL_SUMS_SPREAD](&k);
    for (int a = 0; a < j->traits.elements && weight; a++)
        if (j->derivative[a])
            j->kernels->weigh_by_wide(k.grad[a], weight, fl_padded(n));
    for (int a = 0; a < j->traits.elements && one->is_scaled; a++)
        if (j->derivative[a])
            grow(k.grad[a], n, j->traits.is_distance ? (one->degree - 1) * one->unit : -one->exponent[a]);
}

void fl_spread_part(sums_plan *j, const one_loss *losses, int n_losses, int64_t part, sums_buffers *b)
{
    const int64_t end = end_of_part(j, part);
    for (int64_t first = part * FL_SUMS_PART; first < end; first += FL_SUMS_BLOCK) {
        const int64_t n = block_length(first, end);
        fetch_all(j, losses, n_losses, ALL_ARGUMENTS, first, n, 0, b);
        for (int a = 0; a < j->traits.elements; a++)
            place(j, losses, n_losses, a, first, n, b);
        for (int l = 0; l < n_losses; l++)
            spread_block(j, losses + l, l, n, b);
        for (int a = 0; a < j->traits.elements; a++)
            if (j->derivative[a])
                keep_all(j, losses, n_losses, a, first, n, b);
    }
}
