/* `real`, the type a file is compiled for, and its small vocabulary.
 *
 * Parameters: REAL_BITS, 32 or 64; WITHOUT_FMA, where the same bits are wanted on CPUs that lack it. Every function is
 * one expression without branches, so that loops over it vectorise. */
#ifndef FASTLOSS_REAL_H
#define FASTLOSS_REAL_H

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#if REAL_BITS == 32
typedef float real;
typedef uint32_t bits;
#define R(x) x##f /* a constant of type real */
#define PICK(for_float, for_double) for_float
enum { MANTISSA_BITS = 23, EXPONENT_BIAS = 127 };
#elif REAL_BITS == 64
typedef double real;
typedef uint64_t bits;
#define R(x) x
#define PICK(for_float, for_double) for_double
enum { MANTISSA_BITS = 52, EXPONENT_BIAS = 1023 };
#else
#error "define REAL_BITS as 32 or 64"
#endif

/* gcc and clang vectorise a loop only over what is inlined into it. */
#define INLINE static inline __attribute__((always_inline, unused))
#define NOINLINE static __attribute__((noinline))

#define ZERO R(0.0)
#define HALF R(0.5)
#define ONE R(1.0)
#define TWO R(2.0)
#define INFINITE ((real)INFINITY)
#define NOT_A_NUMBER ((real)NAN)
#define SMALLEST_NORMAL PICK(FLT_MIN, DBL_MIN)
#define LARGEST PICK(FLT_MAX, DBL_MAX)

#if (defined(__FMA__) || defined(__aarch64__)) && !defined(WITHOUT_FMA)
enum { HAS_FMA = 1 };
#else
enum { HAS_FMA = 0 };
#endif

/* a * b + c, rounded once where the tier has the instruction: the same bits on AVX2, AVX-512 and NEON. The baseline rounds
 * twice. */
INLINE real fma_(real a, real b, real c)
{
    return HAS_FMA ? PICK(__builtin_fmaf, __builtin_fma)(a, b, c) : a * b + c;
}

INLINE bits to_bits(real x)
{
    bits b;
    memcpy(&b, &x, sizeof b);
    return b;
}

INLINE real from_bits(bits b)
{
    real x;
    memcpy(&x, &b, sizeof x);
    return x;
}

INLINE real abs_(real x)
{
    return PICK(__builtin_fabsf, __builtin_fabs)(x);
}

INLINE real sqrt_(real x)
{
    return PICK(__builtin_sqrtf, __builtin_sqrt)(x);
}

INLINE real copysign_(real magnitude, real sign)
{
    return PICK(__builtin_copysignf, __builtin_copysign)(magnitude, sign);
}

/* x, or 0, by a mask: where the alternative is 0 gcc makes a branch of a conditional expression, and then no vectors. */
INLINE real keep_if(int condition, real x)
{
    return from_bits(to_bits(x) & -(bits)(condition != 0));
}

INLINE real choose(int condition, real yes, real no)
{
    const bits mask = -(bits)(condition != 0);
    return from_bits((to_bits(yes) & mask) | (to_bits(no) & ~mask));
}

/* The comparisons are written so that NaN in the first operand stays. */
INLINE real at_least(real x, real low)
{
    return x < low ? low : x;
}

INLINE real at_most(real x, real high)
{
    return x > high ? high : x;
}

/* (a - b) / 2, which never overflows. Below the smallest normal number it may lose the last bit. */
INLINE real half_difference(real a, real b)
{
    return fma_(-HALF, b, HALF * a);
}

/* What rounding has taken from d = a - b, exactly (Knuth 1969); 0 where d is no finite number. */
INLINE real lost_by_difference(real a, real b, real d)
{
    const real minus_b = d - a, lost = (a - (d - minus_b)) - (b + minus_b);
    return keep_if(abs_(d) <= LARGEST, lost);
}

/* The first half of the digits of x. */
INLINE real half_of_digits(real x)
{
    return from_bits(to_bits(x) & ~(bits)PICK(0xfff, 0x7ffffff));
}

/* What rounding has taken from p = a * b (Dekker 1971). */
INLINE real lost_by_product(real a, real b, real p)
{
    const real a_high = half_of_digits(a), b_high = half_of_digits(b), a_low = a - a_high, b_low = b - b_high;
    return HAS_FMA ? fma_(a, b, -p) : ((a_high * b_high - p) + a_high * b_low + a_low * b_high) + a_low * b_low;
}

INLINE real clip(real x, real low, real high)
{
    return at_most(at_least(x, low), high);
}

#endif
