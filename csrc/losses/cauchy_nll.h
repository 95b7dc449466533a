/* Student's with one degree of freedom. */
#include "student_t_nll.h"

POINTWISE(cauchy_nll)
{
    point loss = student_t_point(pred, target, operand, ONE);
    loss.value += keep_if(param[0] != ZERO, R(1.1447298858494002)); /* log pi */
    return loss;
}
