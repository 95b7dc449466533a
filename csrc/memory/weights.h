/* Weights of a mean, of which only the ratios count: how large they are, and products of two that neither overflow nor vanish.
 *
 * Where sizes lie within PLAIN of 1 every product and sum of them is plain arithmetic. Where they do not, all are divided by a
 * power of two near the largest, which changes no digit: the largest is about 1 then, as where there are no weights, and not
 * less, so that no reciprocal of a sum is more. */
#ifndef FASTLOSS_WEIGHTS_H
#define FASTLOSS_WEIGHTS_H

#include <limits.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#define FL_PLAIN 0x1p64

/* Sizes of all that are not 0 and finite, as bits: of numbers that are not negative these are in the numbers' order. */
typedef struct {
    uint64_t least, most;
} fl_sizes;

static inline uint64_t fl_bits_of(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline double fl_number_of(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static inline fl_sizes fl_no_sizes(void)
{
    return (fl_sizes){.least = fl_bits_of(INFINITY), .most = fl_bits_of(0.0)};
}

/* Any thread may call this: the least and the most of all calls stay. */
static inline void fl_note_sizes(fl_sizes *sizes, double least, double most)
{
    const uint64_t low = fl_bits_of(least), high = fl_bits_of(most);
    uint64_t known = __atomic_load_n(&sizes->least, __ATOMIC_RELAXED);
    while (low < known && !__atomic_compare_exchange_n(&sizes->least, &known, low, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        ;
    known = __atomic_load_n(&sizes->most, __ATOMIC_RELAXED);
    while (high > known && !__atomic_compare_exchange_n(&sizes->most, &known, high, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        ;
}

static inline int fl_are_extreme(const fl_sizes *sizes)
{
    const double least = fl_number_of(sizes->least), most = fl_number_of(sizes->most);
    return most > 0.0 && (least < 1.0 / FL_PLAIN || most > FL_PLAIN);
}

/* x is at least 2 to this power, and less than twice that. */
static inline int fl_exponent_of(double x)
{
    int exponent = 1;
    frexp(x, &exponent);
    return exponent - 1;
}

/* A factor too large for a number makes a derivative infinite, but not where it is 0. */
static inline double fl_times(double derivative, double factor)
{
    return derivative == 0.0 ? 0.0 : derivative * factor;
}

/* a b / 2^exponent. */
static inline double fl_product_below(double a, double b, int exponent)
{
    int of_a = 0, of_b = 0;
    const double product = frexp(a, &of_a) * frexp(b, &of_b);
    return ldexp(product, of_a + of_b - exponent);
}

#endif
