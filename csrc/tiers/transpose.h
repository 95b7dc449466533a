/* Tables of rows and classes, turned: a row after another in memory into a class after another, and back. In the tier's
 * registers, in squares of 16 bytes: four floats of four rows, two doubles of two. */
#ifndef FASTLOSS_TRANSPOSE_H
#define FASTLOSS_TRANSPOSE_H

#if defined(__AVX2__)
#include <immintrin.h>
#endif

#if defined(__AVX512F__)
enum { SQUARES = 4 }; /* in a register */
#elif defined(__AVX2__)
enum { SQUARES = 2 };
#else
enum { SQUARES = 1 };
#endif

#if defined(__has_builtin)
#if __has_builtin(__builtin_shufflevector)
#define HAS_SHUFFLES
#endif
#endif

/* Numbers of a side of a square, rows of a register. */
enum { SIDE = 16 / sizeof(real), TURNED_ROWS = SIDE * SQUARES };

#ifdef HAS_SHUFFLES
typedef real lanes __attribute__((vector_size(16 * SQUARES)));

/* Four indices a square, of the first operand's and the second's numbers. */
#if defined(__AVX512F__)
#define EVERY_SQUARE(indices, n) indices(0, n), indices(1, n), indices(2, n), indices(3, n)
#elif defined(__AVX2__)
#define EVERY_SQUARE(indices, n) indices(0, n), indices(1, n)
#else
#define EVERY_SQUARE(indices, n) indices(0, n)
#endif
#define SHUFFLED(a, b, indices) __builtin_shufflevector(a, b, EVERY_SQUARE(indices, TURNED_ROWS))

INLINE lanes load_lanes(const real *from)
{
    lanes x;
    memcpy(&x, from, sizeof x);
    return x;
}

/* A row of each square of a register, `step` numbers from one square to the next. By intrinsics, since gcc loads the parts
 * first and then shuffles them. */
INLINE lanes load_rows(const real *from, int64_t step)
{
#if defined(__AVX512F__) && REAL_BITS == 32
    __m512 x = _mm512_castps128_ps512(_mm_loadu_ps(from));
    x = _mm512_insertf32x4(x, _mm_loadu_ps(from + step), 1);
    x = _mm512_insertf32x4(x, _mm_loadu_ps(from + 2 * step), 2);
    return (lanes)_mm512_insertf32x4(x, _mm_loadu_ps(from + 3 * step), 3);
#elif defined(__AVX512F__)
    __m512d x = _mm512_castpd128_pd512(_mm_loadu_pd(from));
    x = _mm512_insertf64x2(x, _mm_loadu_pd(from + step), 1);
    x = _mm512_insertf64x2(x, _mm_loadu_pd(from + 2 * step), 2);
    return (lanes)_mm512_insertf64x2(x, _mm_loadu_pd(from + 3 * step), 3);
#elif defined(__AVX2__) && REAL_BITS == 32
    return (lanes)_mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(from)), _mm_loadu_ps(from + step), 1);
#elif defined(__AVX2__)
    return (lanes)_mm256_insertf128_pd(_mm256_castpd128_pd256(_mm_loadu_pd(from)), _mm_loadu_pd(from + step), 1);
#else
    (void)step;
    return load_lanes(from);
#endif
}

INLINE void store_rows(lanes x, real *to, int64_t step)
{
    for (int s = 0; s < SQUARES; s++)
        memcpy(to + s * step, (const char *)&x + 16 * s, 16);
}

INLINE void store_lanes(lanes x, real *to)
{
    memcpy(to, &x, sizeof x);
}

/* Each square turned. */
INLINE void turn(lanes *x)
{
#if REAL_BITS == 32
#define LOW_HALVES(s, n) 4 * s, n + 4 * s, 4 * s + 1, n + 4 * s + 1
#define HIGH_HALVES(s, n) 4 * s + 2, n + 4 * s + 2, 4 * s + 3, n + 4 * s + 3
#define FIRST_PAIRS(s, n) 4 * s, 4 * s + 1, n + 4 * s, n + 4 * s + 1
#define SECOND_PAIRS(s, n) 4 * s + 2, 4 * s + 3, n + 4 * s + 2, n + 4 * s + 3
    const lanes a = SHUFFLED(x[0], x[1], LOW_HALVES), b = SHUFFLED(x[0], x[1], HIGH_HALVES);
    const lanes c = SHUFFLED(x[2], x[3], LOW_HALVES), d = SHUFFLED(x[2], x[3], HIGH_HALVES);
    x[0] = SHUFFLED(a, c, FIRST_PAIRS), x[1] = SHUFFLED(a, c, SECOND_PAIRS);
    x[2] = SHUFFLED(b, d, FIRST_PAIRS), x[3] = SHUFFLED(b, d, SECOND_PAIRS);
#else
#define FIRSTS(s, n) 2 * s, n + 2 * s
#define SECONDS(s, n) 2 * s + 1, n + 2 * s + 1
    const lanes a = SHUFFLED(x[0], x[1], FIRSTS), b = SHUFFLED(x[0], x[1], SECONDS);
    x[0] = a, x[1] = b;
#endif
}

/* SIDE classes of n rows. Register k holds row k of every square: rows k, k + SIDE, k + 2 SIDE ... */
INLINE void turn_to_classes(const real *row, int64_t classes, int64_t n, real *class)
{
    for (int64_t i = 0; i < n; i += TURNED_ROWS) {
        lanes x[SIDE];
        for (int k = 0; k < SIDE; k++)
            x[k] = load_rows(row + (i + k) * classes, SIDE * classes);
        turn(x);
        for (int k = 0; k < SIDE; k++)
            store_lanes(x[k], class + k * n + i);
    }
}

INLINE void turn_to_rows(const real *class, int64_t classes, int64_t n, real *row)
{
    for (int64_t i = 0; i < n; i += TURNED_ROWS) {
        lanes x[SIDE];
        for (int k = 0; k < SIDE; k++)
            x[k] = load_lanes(class + k * n + i);
        turn(x);
        for (int k = 0; k < SIDE; k++)
            store_rows(x[k], row + (i + k) * classes, SIDE * classes);
    }
}
#endif

/* A number of classes known when compiled, so that the compiler can do it in registers. */
INLINE void few_to_classes(const real *restrict rows, const int64_t classes, int64_t n, real *restrict turned)
{
    for (int64_t i = 0; i < n; i++)
        for (int64_t c = 0; c < classes; c++)
            turned[c * n + i] = rows[i * classes + c];
}

INLINE void few_to_rows(const real *restrict turned, const int64_t classes, int64_t n, real *restrict rows)
{
    for (int64_t i = 0; i < n; i++)
        for (int64_t c = 0; c < classes; c++)
            rows[i * classes + c] = turned[c * n + i];
}

/* n whole groups of rows, `classes` numbers each, into `classes` times n. */
static void transpose_to_classes(const void *from, int64_t classes, int64_t n, void *to)
{
    const real *rows = from;
    real *turned = to;
    n = whole_groups(n);
    switch (classes) {
    case 1: few_to_classes(rows, 1, n, turned); return;
    case 2: few_to_classes(rows, 2, n, turned); return;
    case 3: few_to_classes(rows, 3, n, turned); return;
    default: break;
    }
#ifdef HAS_SHUFFLES
    /* The last squares begin where they end with the row, and do some classes again. */
    for (int64_t c = 0; c < classes; c += SIDE) {
        const int64_t begin = c + SIDE <= classes ? c : classes - SIDE;
        turn_to_classes(rows + begin, classes, n, turned + begin * n);
    }
#else
    few_to_classes(rows, classes, n, turned);
#endif
}

static void transpose_to_rows(const void *from, int64_t classes, int64_t n, void *to)
{
    const real *turned = from;
    real *rows = to;
    n = whole_groups(n);
    switch (classes) {
    case 1: few_to_rows(turned, 1, n, rows); return;
    case 2: few_to_rows(turned, 2, n, rows); return;
    case 3: few_to_rows(turned, 3, n, rows); return;
    default: break;
    }
#ifdef HAS_SHUFFLES
    for (int64_t c = 0; c < classes; c += SIDE) {
        const int64_t begin = c + SIDE <= classes ? c : classes - SIDE;
        turn_to_rows(turned + begin * n, classes, n, rows + begin);
    }
#else
    few_to_rows(turned, classes, n, rows);
#endif
}

#endif
