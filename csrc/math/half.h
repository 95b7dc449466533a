/* The 16-bit formats of numbers, from and to float: IEEE 754 binary16, and bfloat16, the upper half of a float. Exact one way,
 * rounded to the nearest, ties to even, the other way. Integer operations that vectorise on every tier alike. */
#ifndef FASTLOSS_HALF_H
#define FASTLOSS_HALF_H

#include <stdint.h>
#include <string.h>

static inline uint32_t float_to_bits(float x)
{
    uint32_t b;
    memcpy(&b, &x, sizeof b);
    return b;
}

static inline float bits_to_float(uint32_t b)
{
    float x;
    memcpy(&x, &b, sizeof x);
    return x;
}

static inline float float_of_bfloat16(uint16_t h)
{
    return bits_to_float((uint32_t)h << 16);
}

static inline uint16_t bfloat16_of_float(float x)
{
    const uint32_t b = float_to_bits(x), rounded = (b + UINT32_C(0x7fff) + (b >> 16 & 1)) >> 16;
    /* Rounding could carry NaN to infinity. */
    return (uint16_t)(x != x ? b >> 16 | 0x40 : rounded);
}

static inline float float_of_float16(uint16_t h)
{
    const uint32_t magnitude = h & UINT32_C(0x7fff), sign = (uint32_t)(h & 0x8000) << 16;
    /* The exponent's bias grows by 127 - 15 = 112: a product, so that subnormal numbers come out right. */
    const uint32_t finite = float_to_bits(bits_to_float(magnitude << 13) * 0x1p112f);
    return bits_to_float((magnitude >= 0x7c00 ? magnitude << 13 | UINT32_C(0x7f800000) : finite) | sign);
}

static inline uint16_t float16_of_float(float x)
{
    const uint32_t b = float_to_bits(x), magnitude = b & UINT32_C(0x7fffffff), sign = b >> 16 & 0x8000;
    /* Below 2^-14 the last digit of a half is that of 0.5 as a float, so that the addition rounds to it. */
    const uint32_t subnormal = float_to_bits(bits_to_float(magnitude) + 0.5f) - UINT32_C(0x3f000000);
    const uint32_t rounded = (magnitude - (UINT32_C(112) << 23) + UINT32_C(0xfff) + (magnitude >> 13 & 1)) >> 13;
    const uint32_t finite = magnitude < UINT32_C(0x38800000) ? subnormal : rounded;
    /* What is at least halfway between 65504, the largest half, and 65536 is infinite. */
    const uint32_t large = magnitude >= UINT32_C(0x477ff000) ? UINT32_C(0x7c00) : finite;
    return (uint16_t)((magnitude > UINT32_C(0x7f800000) ? UINT32_C(0x7e00) : large) | sign);
}

#endif
