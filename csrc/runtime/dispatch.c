/* The SIMD tiers: which are built into this library, and which this CPU and its operating system can run. */
#include "../loops/kernels.h"

#include <string.h>

#define TIER(name) extern const fl_kernels fl_kernels_##name##_f32, fl_kernels_##name##_f64;
FL_TIERS(TIER)
#undef TIER

static const struct {
    const char *name;
    const fl_kernels *kernels[2];
} tiers[] = {
#define TIER(name) {#name, {&fl_kernels_##name##_f32, &fl_kernels_##name##_f64}},
    FL_TIERS(TIER)
#undef TIER
};

#if defined(__x86_64__) || defined(_M_X64)
#include <cpuid.h>

/* XCR0, by the instruction itself: the OS tells which registers it saves. The intrinsic would need a flag for this file. */
static uint64_t saved_registers(void)
{
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (uint64_t)high << 32 | low;
}

static int cpu_has(const char *tier)
{
    enum { SSE_AND_AVX = 0x6, AVX512_STATE = 0xe6 };                     /* bits of XCR0 */
    enum { SSE42 = 1u << 20, FMA = 1u << 12, OSXSAVE = 1u << 27 };       /* leaf 1, ecx */
    enum { AVX2 = 1u << 5, F = 1u << 16, DQ = 1u << 17, BW = 1u << 30 }; /* leaf 7, ebx */
    const uint32_t VL = UINT32_C(1) << 31;
    uint32_t a, b, c, d, b7 = 0, c7, d7;
    if (!__get_cpuid(1, &a, &b, &c, &d))
        return 0;
    if (strcmp(tier, "baseline") == 0)
        return (c & SSE42) != 0;
    if (!(c & OSXSAVE) || !__get_cpuid_count(7, 0, &a, &b7, &c7, &d7))
        return 0;
    const uint64_t saved = saved_registers();
    if (strcmp(tier, "avx2") == 0)
        return (saved & SSE_AND_AVX) == SSE_AND_AVX && (c & FMA) && (b7 & AVX2);
    const uint32_t wanted = F | DQ | BW | VL;
    return strcmp(tier, "avx512") == 0 && (saved & AVX512_STATE) == AVX512_STATE && (b7 & wanted) == wanted;
}
#elif defined(__aarch64__) || defined(_M_ARM64)
static int cpu_has(const char *tier)
{
    /* NEON with fused multiply-add is part of every AArch64. */
    return strcmp(tier, "baseline") == 0 || strcmp(tier, "neon") == 0;
}
#else
static int cpu_has(const char *tier)
{
    return strcmp(tier, "baseline") == 0;
}
#endif

static int is_amd(void)
{
#ifdef signature_AMD_ebx /* of cpuid.h */
    uint32_t a, b, c, d;
    return __get_cpuid(0, &a, &b, &c, &d) && b == signature_AMD_ebx && c == signature_AMD_ecx && d == signature_AMD_edx;
#else
    return 0;
#endif
}

int fl_prefers_plain_stores(void)
{
    /* Asked once: in a virtual machine the question takes microseconds. Every thread would write the same. */
    static int known = -1;
    int prefers = __atomic_load_n(&known, __ATOMIC_RELAXED);
    if (prefers < 0) {
        prefers = is_amd();
        __atomic_store_n(&known, prefers, __ATOMIC_RELAXED);
    }
    return prefers;
}

int fl_n_tiers(void)
{
    return (int)(sizeof tiers / sizeof tiers[0]);
}

const char *fl_tier_name(int tier)
{
    return tiers[tier].name;
}

int fl_tier_built(int tier)
{
    return tiers[tier].kernels[0]->sum != NULL && tiers[tier].kernels[1]->sum != NULL;
}

int fl_tier_usable(int tier)
{
    return fl_tier_built(tier) && cpu_has(tiers[tier].name);
}

const fl_kernels *fl_kernels_for(int tier, fl_dtype real)
{
    return tiers[tier].kernels[real == FL_FLOAT64];
}

fl_pointwise_kernel fl_kernel_of_outputs(const fl_pointwise_kernel *kernels, unsigned outputs)
{
    static const unsigned sets[] = {
#define SET(name, outputs) outputs,
        FL_OUTPUT_SETS(SET)
#undef SET
    };
    for (int i = 0; i < FL_N_OUTPUT_SETS; i++)
        if (sets[i] == outputs)
            return kernels[i];
    return NULL;
}

fl_pointwise_kernel fl_pointwise_kernel_for(int tier, fl_dtype real, int loss, unsigned outputs)
{
    return fl_kernel_of_outputs(fl_kernels_for(tier, real)->of_loss[loss]->element, outputs);
}
