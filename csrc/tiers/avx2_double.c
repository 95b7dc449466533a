/* AVX2 with FMA, double. */
#define TIER avx2
#define REAL_BITS 64
#if defined(__AVX2__) && defined(__FMA__)
#include "../loops/table.h"
#else
#include "absent.h"
#endif
