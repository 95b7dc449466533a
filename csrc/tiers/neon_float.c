/* NEON, float. */
#define TIER neon
#define REAL_BITS 32
#if defined(__aarch64__)
#include "../loops/table.h"
#else
#include "absent.h"
#endif
