/* NEON, double. */
#define TIER neon
#define REAL_BITS 64
#if defined(__aarch64__)
#include "../loops/table.h"
#else
#include "absent.h"
#endif
