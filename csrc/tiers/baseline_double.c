/* Any CPU of the architecture, double. */
#define TIER baseline
#define REAL_BITS 64
#include "../loops/table.h"
