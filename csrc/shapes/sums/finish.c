/* What the losses of sums make of their sums: FINISH of each, the same bits on every tier. */
#define REAL_BITS 64
#define WITHOUT_FMA
#include "../../losses/terms_of_sums.h"
#define WITH_BODIES
#include "../../losses/sums.inc"
#undef WITH_BODIES

#include "sums.h"

enum {
#define LOSS(shape, body, name, n_params, has_operand, slow) POSITION_OF_##name,
#include "../../losses.inc"
    N_LOSSES
};

enum { IS_sums, IS_distance, IS_squarable, IS_logits, IS_squarable_logits };

typedef struct {
    fl_sums_traits traits;
    finished (*finish)(const double *sum, const whole of, const double *param);
} row;

static const row losses[N_LOSSES] = {
#define LOSS(shape, body, name, n_params, has_operand, slow)                                                                   \
    [POSITION_OF_##name] = {{name##_elements, name##_labels, name##_sums, IS_##body, name##_is_centered}, name##_finish},
#include "../../losses/sums.inc"
};

int fl_form_of_sums(int loss, const double *param)
{
    switch (losses[loss].traits.body) {
    case IS_distance: return param[0] == 1.0 ? 0 : param[0] == 2.0 ? 1 : FL_FORM_OF_DOUBLE;
    case IS_squarable:
    case IS_squarable_logits: return param[1] != 0.0;
    default: return 0;
    }
}

fl_sums_traits fl_traits_of_sums(int loss)
{
    return losses[loss].traits;
}

double fl_finish_sums(int loss, const double *sum, double count, double label, const double *param, double *slope)
{
    const finished f = losses[loss].finish(sum, (whole){count, label}, param);
    memcpy(slope, f.slope, sizeof f.slope);
    return f.value;
}
