/* The floating-point mode of a thread: rounding, and whether subnormal numbers count.
 *
 * Callers come with any mode: PyTorch's set_flush_denormal, a library linked with -ffast-math, a solver that rounds upwards.
 * Threads inherit that of their creator, at the time of their creation. So whatever computes a result enters the default mode
 * first, and leaves the caller's as it was, exception flags included. */
#ifndef FASTLOSS_FLOAT_MODE_H
#define FASTLOSS_FLOAT_MODE_H

#include <stdint.h>

typedef uint64_t fl_float_mode;

#if defined(__x86_64__) || defined(_M_X64)
#include <xmmintrin.h>

/* MXCSR as the processor starts: every exception masked, round to nearest, neither FTZ nor DAZ. */
enum { FL_DEFAULT_FLOAT_MODE = 0x1f80 };

static inline fl_float_mode fl_current_float_mode(void)
{
    return _mm_getcsr();
}

static inline void fl_set_float_mode(fl_float_mode mode)
{
    _mm_setcsr((unsigned)mode);
}
#elif defined(__aarch64__)
/* FPCR as the processor starts. */
enum { FL_DEFAULT_FLOAT_MODE = 0 };

static inline fl_float_mode fl_current_float_mode(void)
{
    uint64_t mode;
    __asm__ volatile("mrs %0, fpcr" : "=r"(mode));
    return mode;
}

static inline void fl_set_float_mode(fl_float_mode mode)
{
    __asm__ volatile("msr fpcr, %0" : : "r"(mode) : "memory");
}
#else
enum { FL_DEFAULT_FLOAT_MODE = 0 };

static inline fl_float_mode fl_current_float_mode(void)
{
    return FL_DEFAULT_FLOAT_MODE;
}

static inline void fl_set_float_mode(fl_float_mode mode)
{
    (void)mode;
}
#endif

/* Between the two calls the default mode holds; the first returns what the second needs. */
static inline fl_float_mode fl_enter_default_float_mode(void)
{
    const fl_float_mode callers = fl_current_float_mode();
    fl_set_float_mode(FL_DEFAULT_FLOAT_MODE);
    return callers;
}

static inline void fl_leave_default_float_mode(fl_float_mode callers)
{
    fl_set_float_mode(callers);
}

#endif
