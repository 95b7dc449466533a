/* Numbers of any type, strided or not, as contiguous numbers of type `real` or as labels, and back. */
#include "memory.h"

#include "../math/half.h"

#include <string.h>

/* memcpy reads unaligned numbers safely, and compiles to a plain load. */
#define COPY_ALL(from_type, to_type, converted)                                                                                \
    for (int64_t i = 0; i < n; i++) {                                                                                          \
        from_type x;                                                                                                           \
        memcpy(&x, from + i * step, sizeof x);                                                                                 \
        t[i] = (to_type)converted(x);                                                                                          \
    }
#define COPY(from_type, to_type, converted)                                                                                    \
    do {                                                                                                                       \
        to_type *t = to;                                                                                                       \
        if (stride == (intptr_t)sizeof(from_type)) {                                                                           \
            const intptr_t step = (intptr_t)sizeof(from_type);                                                                 \
            COPY_ALL(from_type, to_type, converted)                                                                            \
        } else {                                                                                                               \
            const intptr_t step = stride;                                                                                      \
            COPY_ALL(from_type, to_type, converted)                                                                            \
        }                                                                                                                      \
    } while (0)

#define COPY_FROM(dtype, to_type)                                                                                              \
    switch (dtype) {                                                                                                           \
    case FL_FLOAT32: COPY(float, to_type, ); break;                                                                            \
    case FL_FLOAT64: COPY(double, to_type, ); break;                                                                           \
    case FL_INT8: COPY(int8_t, to_type, ); break;                                                                              \
    case FL_INT16: COPY(int16_t, to_type, ); break;                                                                            \
    case FL_INT32: COPY(int32_t, to_type, ); break;                                                                            \
    case FL_INT64: COPY(int64_t, to_type, ); break;                                                                            \
    case FL_UINT8: COPY(uint8_t, to_type, ); break;                                                                            \
    case FL_UINT16: COPY(uint16_t, to_type, ); break;                                                                          \
    case FL_UINT32: COPY(uint32_t, to_type, ); break;                                                                          \
    case FL_UINT64: COPY(uint64_t, to_type, ); break;                                                                          \
    case FL_FLOAT16: COPY(uint16_t, to_type, float_of_float16); break;                                                         \
    case FL_BFLOAT16: COPY(uint16_t, to_type, float_of_bfloat16); break;                                                       \
    case FL_DTYPES: break;                                                                                                     \
    }

void fl_gather(const char *from, intptr_t stride, int64_t n, fl_dtype dtype, fl_dtype real, void *to)
{
    if (dtype == real && stride == (intptr_t)fl_itemsize(real)) {
        memcpy(to, from, (size_t)n * fl_itemsize(real));
        return;
    }
    if (real == FL_FLOAT64) {
        COPY_FROM(dtype, double)
    } else {
        COPY_FROM(dtype, float)
    }
}

void fl_gather_labels(const char *from, intptr_t stride, int64_t n, fl_dtype dtype, int64_t *to)
{
    /* Floats never come here. */
    COPY_FROM(dtype, int64_t)
    /* A uint64 beyond int64 would wrap around, perhaps to ignore_index. */
    for (int64_t i = 0; i < n && dtype == FL_UINT64; i++)
        to[i] = to[i] < 0 ? INT64_MAX : to[i];
}

#define PUT(to_type, from_type, converted)                                                                                     \
    for (int64_t i = 0; i < n; i++) {                                                                                          \
        const to_type x = (to_type)converted(((const from_type *)from)[i]);                                                    \
        memcpy(to + i * stride, &x, sizeof x);                                                                                 \
    }

void fl_scatter(const void *from, int64_t n, fl_dtype real, char *to, intptr_t stride, fl_dtype dtype)
{
    const size_t size = fl_itemsize(real);
    const intptr_t half = (intptr_t)sizeof(uint16_t);
    if (dtype == real && stride == (intptr_t)size) {
        memcpy(to, from, (size_t)n * size);
    } else if (dtype == FL_FLOAT64) {
        PUT(double, double, )
    } else if (dtype == FL_FLOAT32 && real == FL_FLOAT64 && stride == (intptr_t)sizeof(float)) {
        stride = (intptr_t)sizeof(float);
        PUT(float, double, (float))
    } else if (dtype == FL_FLOAT32 && real == FL_FLOAT64) {
        PUT(float, double, (float))
    } else if (dtype == FL_FLOAT32) {
        PUT(float, float, )
    } else if (stride == half) {
        stride = half;
        if (dtype == FL_BFLOAT16) {
            PUT(uint16_t, float, bfloat16_of_float)
        } else {
            PUT(uint16_t, float, float16_of_float)
        }
    } else if (dtype == FL_BFLOAT16) {
        PUT(uint16_t, float, bfloat16_of_float)
    } else {
        PUT(uint16_t, float, float16_of_float)
    }
}

double fl_load(const char *from, fl_dtype dtype)
{
    double x = 0.0;
    fl_gather(from, 0, 1, dtype, FL_FLOAT64, &x);
    return x;
}

void fl_store(double x, void *to, int64_t index, fl_dtype dtype)
{
    const float single = (float)x;
    char *place = (char *)to + index * (int64_t)fl_itemsize(dtype);
    fl_scatter(dtype == FL_FLOAT64 ? (const void *)&x : &single, 1, dtype == FL_FLOAT64 ? FL_FLOAT64 : FL_FLOAT32, place, 0,
               dtype);
}

void fl_fill(void *numbers, int64_t first, int64_t last, double value, fl_dtype real)
{
    if (real == FL_FLOAT64) {
        for (int64_t i = first; i < last; i++)
            ((double *)numbers)[i] = value;
    } else {
        const float single = (float)value;
        for (int64_t i = first; i < last; i++)
            ((float *)numbers)[i] = single;
    }
}

void fl_pad(void *numbers, int64_t n, double value, fl_dtype real)
{
    fl_fill(numbers, n, fl_padded(n), value, real);
}

void fl_pad_with_last(void *numbers, int64_t n, fl_dtype real)
{
    fl_pad(numbers, n, fl_load((const char *)numbers + (size_t)(n - 1) * fl_itemsize(real), real), real);
}
