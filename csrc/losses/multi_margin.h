/* One class's part of a multi-class margin loss: w max(0, z)^p, p = 1 or 2, z = margin + a_j - a_y, with the logits a_j and a_y
 * and w what the class counts. Computed from z / 2, and w first: w may make a number of what is too large for one. Beside a
 * margin a difference may round to a kink where it is none: what is lost is added again. Subgradient 0 at the kink. */
#pragma once

POINTWISE(multi_margin)
{
    const real half_j = HALF * pred, half_y = HALF * target, difference = half_j - half_y;
    const real half_z = fma_(HALF, param[0], difference) + lost_by_difference(half_j, half_y, difference);
    const real weighed = operand * half_z;
    const int counts = operand != ZERO, squared = param[1] == TWO, above = !(half_z <= ZERO);
    const real slope = squared ? R(4.0) * weighed : half_z == half_z ? operand : half_z;
    const real value = squared ? R(4.0) * (weighed * half_z) : TWO * weighed;
    return (point){
        .value = keep_if(counts & above, value),
        .grad = keep_if(counts & above, slope),
        .hess = keep_if(counts & squared & above, TWO * operand),
    };
}
