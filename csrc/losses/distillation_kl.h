/* KL(p || q) of two rows of logits: the limit beta = 0 of the Jensen-Shannon divergence. */
#include "jensen_shannon.h"

DISTILLATION(distillation_kl)
{
    return jensen_shannon(c, r, ZERO, ONE);
}
