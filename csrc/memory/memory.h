/* Strided memory: how a block of a user's array becomes contiguous `real` numbers, and the way back. */
#ifndef FASTLOSS_MEMORY_H
#define FASTLOSS_MEMORY_H

#include "../loops/kernels.h"

/* The arrays of a call by number: those of its arguments; then these, of which the derivatives by argument i are number i of
 * theirs. */
enum {
    FL_WEIGHT = FL_MAX_ARGUMENTS,
    FL_VALUES,
    FL_GRADS,
    FL_HESSES = FL_GRADS + FL_MAX_ARGUMENTS,
    FL_N_ARRAYS = FL_HESSES + FL_MAX_ARGUMENTS,
    FL_PRED_GRAD = FL_GRADS + FL_PRED,
    FL_PRED_HESS = FL_HESSES + FL_PRED,
    FL_TARGET_GRAD = FL_GRADS + FL_TARGET
};

static inline const fl_array *fl_array_of(const fl_call *c, int which)
{
    return which < FL_WEIGHT  ? &c->argument[which].array
         : which == FL_WEIGHT ? &c->weight
         : which == FL_VALUES ? &c->value
         : which < FL_HESSES  ? &c->argument[which - FL_GRADS].grad
                              : &c->argument[which - FL_HESSES].hess;
}

/* A shape with the dimensions merged that lie one after the other in every array that is walked together. */
typedef struct {
    int ndim, n_arrays, array[FL_N_ARRAYS]; /* those that are walked */
    int64_t size;
    int64_t shape[FL_MAX_DIMS];
    intptr_t stride[FL_N_ARRAYS][FL_MAX_DIMS]; /* by the number of the array */
} fl_walk;

/* Whether there are so many elements that the bytes of all, or of what is kept of each, might not fit in 63 bits. Arrays can be
 * that large where strides are 0. */
int fl_too_large(int ndim, const intptr_t *shape, int64_t classes);

/* One array along a walk. */
typedef struct {
    char *data;
    fl_dtype dtype;
    int index; /* its number */
} fl_walked;

/* Walks the arrays of a call that are there; the others are without data. With any_order, dimensions may be exchanged too, the
 * prediction's largest stride outermost; results must then not depend on the order of elements. */
void fl_walk_call(fl_walk *walk, fl_walked *array, const fl_call *call, int any_order);

static inline size_t fl_itemsize(fl_dtype dtype)
{
    static const size_t size[FL_DTYPES] = {4, 8, 1, 2, 4, 8, 1, 2, 4, 8, 2, 2};
    return size[dtype];
}

/* Copy n numbers `stride` bytes apart into a contiguous array of `real`, or of int64_t. */
void fl_gather(const char *from, intptr_t stride, int64_t n, fl_dtype dtype, fl_dtype real, void *to);
void fl_gather_labels(const char *from, intptr_t stride, int64_t n, fl_dtype dtype, int64_t *to);
/* Copy n contiguous numbers of type `real` to places `stride` bytes apart, which hold `real` or, of float, a 16-bit format. */
void fl_scatter(const void *from, int64_t n, fl_dtype real, char *to, intptr_t stride, fl_dtype dtype);
double fl_load(const char *from, fl_dtype dtype);
void fl_store(double x, void *to, int64_t index, fl_dtype dtype);

/* Elements first ... first + n - 1 of the walk, as contiguous numbers. */
void fl_gather_walked(const fl_walk *walk, fl_walked array, int64_t first, int64_t n, fl_dtype real, void *to);
void fl_gather_walked_labels(const fl_walk *walk, fl_walked array, int64_t first, int64_t n, int64_t *to);
/* With `stream`, where memory is contiguous numbers of the type, by this copy. */
void fl_scatter_walked(const fl_walk *walk, const void *from, int64_t first, int64_t n, fl_dtype real, fl_walked array,
                       void (*stream)(void *, const void *, size_t));

/* These serve arrays of one type that lie side by side: the numbers beside the first array's are those of the second. As
 * contiguous numbers each array's begin `pitch` bytes behind those of the one before. With `stream`, where all of them lie
 * without a gap, that copies. */
void fl_gather_columns(const fl_walk *walk, fl_walked array, int64_t first, int64_t n, int columns, char *to, size_t pitch);
void fl_scatter_columns(const fl_walk *walk, const char *from, size_t pitch, int64_t first, int64_t n, int columns,
                        fl_walked array, void (*stream)(void *, const void *, size_t));

/* Where element `index` lies. */
char *fl_address(const fl_walk *walk, fl_walked array, int64_t index);

/* Whether elements of the walk are contiguous numbers of type `real`, aligned to their size. */
int fl_direct(const fl_walk *walk, fl_walked array, fl_dtype real);

/* Numbers first ... last - 1 of an aligned buffer become `value`. */
void fl_fill(void *numbers, int64_t first, int64_t last, double value, fl_dtype real);
/* The numbers up to the next whole group, as a copy of the last one, or as `value`. */
void fl_pad_with_last(void *numbers, int64_t n, fl_dtype real);
void fl_pad(void *numbers, int64_t n, double value, fl_dtype real);

/* Asks for memory that is read soon, so that it is on its way while something else is computed. Hardware prefetchers stop at
 * the end of a page. An address beyond the array is harmless. */
static inline void fl_prefetch(const char *from, int64_t bytes)
{
    enum { LINE = 64 };
    for (int64_t i = 0; i < bytes; i += LINE)
        __builtin_prefetch(from + i, 0, 3);
}

static inline int64_t fl_padded(int64_t n)
{
    return (n + FL_GROUP - 1) / FL_GROUP * FL_GROUP;
}

#endif
