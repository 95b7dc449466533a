/* AVX-512 F, DQ, BW and VL, float. */
#define TIER avx512
#define REAL_BITS 32
#if defined(__AVX512F__) && defined(__AVX512DQ__) && defined(__AVX512BW__) && defined(__AVX512VL__)
#include "../loops/table.h"
#else
#include "absent.h"
#endif
