/* The generalized Jensen-Shannon divergence of two rows of logits. param[0]: beta. */
#include "jensen_shannon.h"

DISTILLATION(distillation_js)
{
    return jensen_shannon(c, r, param[0], r.rest_of_param);
}
