/* What a file of this folder is compiled for. TIER, its name, and REAL_BITS, 32 or 64, come from the command line: see
 * tools/kernels.py. TIER_IS_HERE is not defined where the compiler was not given the flags of the tier, or the tier was left
 * out. */
#ifndef FASTLOSS_TIER_H
#define FASTLOSS_TIER_H

#define JOINED(a, b, c) a##b##_f##c
#define JOIN(a, b, c) JOINED(a, b, c)
/* PREFIX_TIER_f32 or _f64: a name of this tier and type alone. */
#define OF_TIER(prefix) JOIN(prefix##_, TIER, REAL_BITS)

#define NUMBER_baseline 1
#define NUMBER_avx2 2
#define NUMBER_avx512 3
#define NUMBER_neon 4
#define NUMBER_JOINED(tier) NUMBER_##tier
#define NUMBER_OF(tier) NUMBER_JOINED(tier)

#if defined(TIER_IS_LEFT_OUT)
/* FASTLOSS_TIERS leaves it out. */
#elif NUMBER_OF(TIER) == NUMBER_baseline
#define TIER_IS_HERE /* any CPU of the architecture */
#elif NUMBER_OF(TIER) == NUMBER_avx2 && defined(__AVX2__) && defined(__FMA__)
#define TIER_IS_HERE
#elif NUMBER_OF(TIER) == NUMBER_avx512 && defined(__AVX512F__) && defined(__AVX512DQ__) && defined(__AVX512BW__) &&            \
    defined(__AVX512VL__)
#define TIER_IS_HERE
#elif NUMBER_OF(TIER) == NUMBER_neon && defined(__aarch64__)
#define TIER_IS_HERE
#endif

/* The kernels of a loss: made for its row in the list, by what the loops say about such a body. */
#define KERNELS_OF_LOSS(loss) OF_TIER(fl_kernels_of_##loss)
#define MAKE_KERNELS(body, loss, has_operand)                                                                                  \
    INSTANCES_OF_##body(loss, has_operand) extern const fl_loss_kernels KERNELS_OF_LOSS(loss);                                 \
    const fl_loss_kernels KERNELS_OF_LOSS(loss) = {KERNELS_OF_##body(loss, has_operand)};
/* There is no body. */
#define INSTANCES_OF_none(loss, has_operand)
#define KERNELS_OF_none(loss, has_operand) .element = {NULL}

#endif
