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

/* A tile of some elements is transposed at a time: whatever the stride, its lines stay in the first-level cache. */
enum {
    ELEMENTS_A_TILE = 16,
    ELEMENTS_OF_PAGES = 8,
    /* How far ahead lines are asked for: hardware prefetchers do not follow strides of several lines. Lines that are pages
     * apart may all share the few places of one set of a cache, where more would drive each other out. */
    ELEMENTS_AHEAD = 64,
    PAGES_AHEAD = 8,
    LINE = 64,
    PAGE = 4096,
};

/* A square of numbers transposed in registers, its lines `from_step` and `to_step` bytes apart: 4 of float, 2 of double. */
typedef float floats __attribute__((vector_size(16)));
typedef double doubles __attribute__((vector_size(16)));
enum { FLOATS_A_SIDE = 4, DOUBLES_A_SIDE = 2 };
#ifdef __clang__
#define FLOATS_OF(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#define DOUBLES_OF(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
typedef int32_t places_of_floats __attribute__((vector_size(16)));
typedef int64_t places_of_doubles __attribute__((vector_size(16)));
#define FLOATS_OF(a, b, ...) __builtin_shuffle(a, b, (places_of_floats){__VA_ARGS__})
#define DOUBLES_OF(a, b, ...) __builtin_shuffle(a, b, (places_of_doubles){__VA_ARGS__})
#endif

static inline void transpose_floats(const char *from, intptr_t from_step, char *to, intptr_t to_step)
{
    floats a, b, c, d;
    memcpy(&a, from, sizeof a);
    memcpy(&b, from + from_step, sizeof b);
    memcpy(&c, from + 2 * from_step, sizeof c);
    memcpy(&d, from + 3 * from_step, sizeof d);
    const floats ab_low = FLOATS_OF(a, b, 0, 4, 1, 5), ab_high = FLOATS_OF(a, b, 2, 6, 3, 7);
    const floats cd_low = FLOATS_OF(c, d, 0, 4, 1, 5), cd_high = FLOATS_OF(c, d, 2, 6, 3, 7);
    a = FLOATS_OF(ab_low, cd_low, 0, 1, 4, 5), b = FLOATS_OF(ab_low, cd_low, 2, 3, 6, 7);
    c = FLOATS_OF(ab_high, cd_high, 0, 1, 4, 5), d = FLOATS_OF(ab_high, cd_high, 2, 3, 6, 7);
    memcpy(to, &a, sizeof a);
    memcpy(to + to_step, &b, sizeof b);
    memcpy(to + 2 * to_step, &c, sizeof c);
    memcpy(to + 3 * to_step, &d, sizeof d);
}

static inline void transpose_doubles(const char *from, intptr_t from_step, char *to, intptr_t to_step)
{
    doubles a, b;
    memcpy(&a, from, sizeof a);
    memcpy(&b, from + from_step, sizeof b);
    const doubles low = DOUBLES_OF(a, b, 0, 2), high = DOUBLES_OF(a, b, 1, 3);
    memcpy(to, &low, sizeof low);
    memcpy(to + to_step, &high, sizeof high);
}

/* Number k of line i becomes number i of line k, by squares. The last ones begin so early that they end with the lines; of
 * fewer lines than a square has, numbers are moved one by one. */
#define TRANSPOSE(type, square, side)                                                                                          \
    if (n_lines < side || n_numbers < side) {                                                                                  \
        for (int i = 0; i < n_lines; i++)                                                                                      \
            for (int k = 0; k < n_numbers; k++)                                                                                \
                memcpy(to + k * to_step + i * (int)sizeof(type), from + i * from_step + k * (int)sizeof(type), sizeof(type));  \
        return;                                                                                                                \
    }                                                                                                                          \
    for (int first = 0; first < n_lines; first += side) {                                                                      \
        const int i = first + side < n_lines ? first : n_lines - side;                                                         \
        const char *const f = from + i * from_step;                                                                            \
        char *const t = to + i * (int)sizeof(type);                                                                            \
        for (int number = 0; number < n_numbers; number += side) {                                                             \
            const int k = number + side < n_numbers ? number : n_numbers - side;                                               \
            square(f + k * (int)sizeof(type), from_step, t + k * to_step, to_step);                                            \
        }                                                                                                                      \
    }

static void transpose(const char *from, intptr_t from_step, int n_lines, int n_numbers, int is_double, char *to,
                      intptr_t to_step)
{
    if (is_double) {
        TRANSPOSE(double, transpose_doubles, DOUBLES_A_SIDE)
    } else {
        TRANSPOSE(float, transpose_floats, FLOATS_A_SIDE)
    }
}

static int64_t length_of_tile(int64_t left, int64_t stride)
{
    const int64_t most = stride > -PAGE && stride < PAGE ? ELEMENTS_A_TILE : ELEMENTS_OF_PAGES;
    return left < most ? left : most;
}

static void gather_columns(const char *from, intptr_t stride, int64_t n, int columns, int is_double, char *to, size_t pitch)
{
    const int size = is_double ? (int)sizeof(double) : (int)sizeof(float);
    const int64_t apart = stride < 0 ? -stride : stride, ahead = apart < PAGE ? ELEMENTS_AHEAD : PAGES_AHEAD;
    for (int64_t i = 0, length; i < n; i += length) {
        length = length_of_tile(n - i, stride);
        for (int64_t e = i + ahead; e < i + length + ahead; e++) {
            __builtin_prefetch(from + e * stride);
            __builtin_prefetch(from + e * stride + columns * size - 1);
        }
        transpose(from + i * stride, stride, (int)length, columns, is_double, to + i * size, (intptr_t)pitch);
    }
}

static void scatter_columns(const char *from, size_t pitch, int64_t n, int columns, int is_double, char *to, intptr_t stride)
{
    const int size = is_double ? (int)sizeof(double) : (int)sizeof(float);
    for (int64_t i = 0, length; i < n; i += length) {
        length = length_of_tile(n - i, stride);
        transpose(from + i * size, (intptr_t)pitch, columns, (int)length, is_double, to + i * stride, stride);
    }
}

void fl_gather_columns(const fl_walk *walk, fl_walked array, int64_t first, int64_t n, int columns, char *to, size_t pitch)
{
    run_iterator it;
    run r;
    for (runs_begin(&it, walk, array, first, n); runs_next(&it, &r); to += (size_t)r.length * fl_itemsize(array.dtype))
        gather_columns(r.start, r.stride, r.length, columns, array.dtype == FL_FLOAT64, to, pitch);
}

/* Lines that follow each other without a gap are put together in the cache first, to be written past it. */
static void stream_columns(const char *from, size_t pitch, int columns, int is_double, run r,
                           void (*stream)(void *, const void *, size_t))
{
    _Alignas(64) char lines[128 * LINE];
    const int size = is_double ? (int)sizeof(double) : (int)sizeof(float);
    const int64_t most = (int64_t)sizeof lines / r.stride / LINE * LINE;
    for (int64_t i = 0; i < r.length; i += most) {
        const int64_t n = r.length - i < most ? r.length - i : most;
        scatter_columns(from + i * size, pitch, n, columns, is_double, lines, r.stride);
        stream(r.start + i * r.stride, lines, (size_t)(n * r.stride));
    }
}

void fl_scatter_columns(const fl_walk *walk, const char *from, size_t pitch, int64_t first, int64_t n, int columns,
                        fl_walked array, void (*stream)(void *, const void *, size_t))
{
    const int is_double = array.dtype == FL_FLOAT64;
    const int64_t size = (int64_t)fl_itemsize(array.dtype);
    run_iterator it;
    run r;
    for (runs_begin(&it, walk, array, first, n); runs_next(&it, &r); from += r.length * size)
        if (stream && r.stride == columns * size && r.stride <= 2 * LINE)
            stream_columns(from, pitch, columns, is_double, r, stream);
        else
            scatter_columns(from, pitch, r.length, columns, is_double, r.start, r.stride);
}
