/* AVX2 with FMA, float. */
#define TIER avx2
#define REAL_BITS 32
#if defined(__AVX2__) && defined(__FMA__)
#include "../loops/table.h"
#else
#include "absent.h"
#endif
