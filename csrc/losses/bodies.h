/* Every body: the headers that losses.inc names, and none of its rows. */
#define WITH_BODIES
#include "../losses.inc"
#undef WITH_BODIES
