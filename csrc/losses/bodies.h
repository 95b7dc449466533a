/* Every body: the headers that losses.inc names, and none of its rows. */
#define WITH_BODIES
#define POINTWISE_LOSS(...)
#define ROW_SUM_LOSS(...)
#define LOG_PROBABILITY_LOSS(...)
#define LABEL_LOSS(...)
#define DISTILLATION_LOSS(...)
#include "../losses.inc"
#undef POINTWISE_LOSS
#undef ROW_SUM_LOSS
#undef LOG_PROBABILITY_LOSS
#undef LABEL_LOSS
#undef DISTILLATION_LOSS
#undef WITH_BODIES
