/* Arrays that are walked together: dimensions merged, addresses of elements, blocks of them as contiguous numbers. */
#include "memory.h"

#include <string.h>

/* Sort dimensions by the first array's stride, largest outermost: NumPy's order "K". */
static void sort_dimensions(fl_walk *walk)
{
    for (int i = 1; i < walk->ndim; i++)
        for (int j = i; j > 0; j--) {
            const intptr_t *s = walk->stride[walk->array[0]];
            const intptr_t outer = s[j - 1] < 0 ? -s[j - 1] : s[j - 1], inner = s[j] < 0 ? -s[j] : s[j];
            if (outer >= inner)
                break;
            const int64_t n = walk->shape[j];
            walk->shape[j] = walk->shape[j - 1], walk->shape[j - 1] = n;
            for (int i = 0; i < walk->n_arrays; i++) {
                intptr_t *const stride = walk->stride[walk->array[i]], swapped = stride[j];
                stride[j] = stride[j - 1], stride[j - 1] = swapped;
            }
        }
}

int fl_too_large(int ndim, const intptr_t *shape, int64_t classes)
{
    const int64_t most = (int64_t)1 << 56;
    int64_t size = classes > 1 ? classes : 1;
    for (int d = 0; d < ndim; d++) {
        const int64_t n = shape[d] > 1 ? shape[d] : 1; /* beside a 0, what is kept of each class is memory all the same */
        if (size > most / n)
            return 1;
        size *= n;
    }
    return size > most;
}

/* Merges the dimensions of a walk whose arrays are all one after the other there. */
static void merge_dimensions(fl_walk *walk)
{
    int kept = 0;
    for (int d = 1; d < walk->ndim; d++) {
        int mergeable = 1;
        for (int i = 0; i < walk->n_arrays; i++) {
            const intptr_t *stride = walk->stride[walk->array[i]];
            mergeable &= stride[kept] == stride[d] * walk->shape[d];
        }
        if (mergeable)
            walk->shape[kept] *= walk->shape[d];
        else
            walk->shape[++kept] = walk->shape[d];
        for (int i = 0; i < walk->n_arrays; i++)
            walk->stride[walk->array[i]][kept] = walk->stride[walk->array[i]][d];
    }
    if (walk->ndim > 0) {
        walk->ndim = kept + 1;
    } else {
        walk->ndim = 1;
        walk->shape[0] = 1;
        for (int i = 0; i < walk->n_arrays; i++)
            walk->stride[walk->array[i]][0] = 0;
    }
}

void fl_walk_call(fl_walk *walk, fl_walked *array, const fl_call *call, int any_order)
{
    walk->n_arrays = 0;
    for (int a = 0; a < FL_N_ARRAYS; a++) {
        const fl_array *given = fl_array_of(call, a);
        array[a] = (fl_walked){given->data, given->dtype, a};
        if (given->data)
            walk->array[walk->n_arrays++] = a;
    }
    walk->size = 1;
    walk->ndim = 0;
    for (int d = 0; d < call->ndim; d++) {
        walk->size *= call->shape[d];
        if (call->shape[d] == 1)
            continue;
        walk->shape[walk->ndim] = call->shape[d];
        for (int i = 0; i < walk->n_arrays; i++)
            walk->stride[walk->array[i]][walk->ndim] = fl_array_of(call, walk->array[i])->strides[d];
        walk->ndim++;
    }
    if (any_order)
        sort_dimensions(walk);
    merge_dimensions(walk);
}

char *fl_address(const fl_walk *walk, fl_walked array, int64_t index)
{
    char *p = array.data;
    for (int d = walk->ndim - 1; d > 0; d--) {
        p += index % walk->shape[d] * walk->stride[array.index][d];
        index /= walk->shape[d];
    }
    return p + index * walk->stride[array.index][0];
}

int fl_direct(const fl_walk *walk, fl_walked array, fl_dtype real)
{
    const size_t size = fl_itemsize(real);
    return walk->ndim == 1 && array.dtype == real && walk->stride[array.index][0] == (intptr_t)size &&
           (uintptr_t)array.data % size == 0;
}

/* A run: elements that one stride reaches. */
typedef struct {
    char *start;
    intptr_t stride;
    int64_t length;
} run;

/* Steps through the runs of elements first ... first + n - 1. */
typedef struct {
    const fl_walk *walk;
    int array;
    int64_t left, position[FL_MAX_DIMS];
    char *outer; /* the address of position, without its innermost part */
} run_iterator;

static void runs_begin(run_iterator *it, const fl_walk *walk, fl_walked array, int64_t first, int64_t n)
{
    it->walk = walk;
    it->array = array.index;
    it->left = n;
    it->outer = array.data;
    for (int d = walk->ndim - 1; d >= 0; d--) {
        it->position[d] = d > 0 ? first % walk->shape[d] : first;
        first = d > 0 ? first / walk->shape[d] : 0;
        if (d < walk->ndim - 1)
            it->outer += it->position[d] * walk->stride[array.index][d];
    }
}

static int runs_next(run_iterator *it, run *r)
{
    if (it->left == 0)
        return 0;
    const fl_walk *w = it->walk;
    const intptr_t *stride = w->stride[it->array];
    const int last = w->ndim - 1;
    const int64_t at = it->position[last], rest = w->shape[last] - at;
    *r = (run){it->outer + at * stride[last], stride[last], it->left < rest ? it->left : rest};
    it->left -= r->length;
    it->position[last] = 0;
    for (int d = last - 1; d >= 0; d--) {
        it->outer += stride[d];
        if (++it->position[d] < w->shape[d] || d == 0)
            break;
        it->outer -= w->shape[d] * stride[d];
        it->position[d] = 0;
    }
    return 1;
}

void fl_gather_walked(const fl_walk *walk, fl_walked array, int64_t first, int64_t n, fl_dtype real, void *to)
{
    run_iterator it;
    run r;
    char *t = to;
    for (runs_begin(&it, walk, array, first, n); runs_next(&it, &r); t += (size_t)r.length * fl_itemsize(real))
        fl_gather(r.start, r.stride, r.length, array.dtype, real, t);
}

void fl_gather_walked_labels(const fl_walk *walk, fl_walked array, int64_t first, int64_t n, int64_t *to)
{
    run_iterator it;
    run r;
    for (runs_begin(&it, walk, array, first, n); runs_next(&it, &r); to += r.length)
        fl_gather_labels(r.start, r.stride, r.length, array.dtype, to);
}

void fl_scatter_walked(const fl_walk *walk, const void *from, int64_t first, int64_t n, fl_dtype real, fl_walked array,
                       void (*stream)(void *, const void *, size_t))
{
    run_iterator it;
    run r;
    const char *f = from;
    for (runs_begin(&it, walk, array, first, n); runs_next(&it, &r); f += (size_t)r.length * fl_itemsize(real))
        if (stream && array.dtype == real && r.stride == (intptr_t)fl_itemsize(real))
            stream(r.start, f, (size_t)r.length * fl_itemsize(real));
        else
            fl_scatter(f, r.length, real, r.start, r.stride, array.dtype);
}

/* A tile of 8 elements is transposed at a time: whatever the stride, its lines stay in the first-level cache. */
enum {
    ELEMENTS_A_TILE = 8,
    /* How far ahead lines are asked for: hardware prefetchers do not follow strides of several lines. */
    ELEMENTS_AHEAD = 64,
};

#define GATHER_TILE(type)                                                                                                      \
    for (int c = 0; c < columns; c++)                                                                                          \
        for (int64_t e = i; e < end; e++)                                                                                      \
            memcpy(to + (size_t)c * pitch + (size_t)e * sizeof(type), from + e * stride + c * (int)sizeof(type), sizeof(type));
#define SCATTER_TILE(type)                                                                                                     \
    for (int64_t e = i; e < end; e++)                                                                                          \
        for (int c = 0; c < columns; c++)                                                                                      \
            memcpy(to + e * stride + c * (int)sizeof(type), from + (size_t)c * pitch + (size_t)e * sizeof(type), sizeof(type));

static void gather_columns(const char *from, intptr_t stride, int64_t n, int columns, int is_double, char *to, size_t pitch)
{
    const int64_t bytes = columns * (is_double ? (int64_t)sizeof(double) : (int64_t)sizeof(float));
    for (int64_t i = 0; i < n; i += ELEMENTS_A_TILE) {
        const int64_t end = i + ELEMENTS_A_TILE < n ? i + ELEMENTS_A_TILE : n;
        for (int64_t e = i + ELEMENTS_AHEAD; e < end + ELEMENTS_AHEAD; e++) {
            __builtin_prefetch(from + e * stride);
            __builtin_prefetch(from + e * stride + bytes - 1);
        }
        if (is_double) {
            GATHER_TILE(double)
        } else {
            GATHER_TILE(float)
        }
    }
}

static void scatter_columns(const char *from, size_t pitch, int64_t n, int columns, int is_double, char *to, intptr_t stride)
{
    for (int64_t i = 0; i < n; i += ELEMENTS_A_TILE) {
        const int64_t end = i + ELEMENTS_A_TILE < n ? i + ELEMENTS_A_TILE : n;
        if (is_double) {
            SCATTER_TILE(double)
        } else {
            SCATTER_TILE(float)
        }
    }
}

void fl_gather_columns(const fl_walk *walk, fl_walked array, int64_t first, int64_t n, int columns, char *to, size_t pitch)
{
    run_iterator it;
    run r;
    for (runs_begin(&it, walk, array, first, n); runs_next(&it, &r); to += (size_t)r.length * fl_itemsize(array.dtype))
        gather_columns(r.start, r.stride, r.length, columns, array.dtype == FL_FLOAT64, to, pitch);
}

void fl_scatter_columns(const fl_walk *walk, const char *from, size_t pitch, int64_t first, int64_t n, int columns,
                        fl_walked array)
{
    run_iterator it;
    run r;
    for (runs_begin(&it, walk, array, first, n); runs_next(&it, &r); from += (size_t)r.length * fl_itemsize(array.dtype))
        scatter_columns(from, pitch, r.length, columns, array.dtype == FL_FLOAT64, r.start, r.stride);
}
