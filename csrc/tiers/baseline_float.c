/* Any CPU of the architecture, float. */
#define TIER baseline
#define REAL_BITS 32
#include "../loops/table.h"
