/* What the losses of sums make of their sums: FINISH of each, the same bits on every tier. */
#include "sums.h"

#define REAL_BITS 64
#define WITHOUT_FMA
#include "../losses/terms_of_sums.h"
#define WITH_BODIES
#include "../losses/sums.inc"
#undef WITH_BODIES

static const struct {
    int elements, labels, sums, is_distance, centered;
    finished (*finish)(const double *sum, const whole of, const double *param);
} losses[] = {
#define SUMS_LOSS(loss, elements, labels, sums, n_params, centered) {elements, labels, sums, 0, centered, loss##_finish},
#define OTHER_LOSS(...) {0},
#define DISTANCE_LOSS(loss, elements, labels, sums, n_params, centered) {elements, labels, sums, 1, centered, loss##_finish},
#include "../losses.inc"
};

fl_sums_traits fl_traits_of_sums(int loss)
{
    return (fl_sums_traits){losses[loss].elements, losses[loss].labels, losses[loss].sums,
                            losses[loss].is_distance, losses[loss].centered};
}

double fl_finish_sums(int loss, const double *sum, double count, double label, const double *param, double *slope)
{
    const finished f = losses[loss].finish(sum, (whole){count, label}, param);
    memcpy(slope, f.slope, sizeof f.slope);
    return f.value;
}
