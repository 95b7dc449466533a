/* One call: from the loss to its shape. */
#include "../runtime/float_mode.h"
#include "shape.h"

#define LOSS(shape, name, n_params, has_operand, slow) extern const fl_shape fl_shape_##shape;
#define POINTWISE_LOSS(...) LOSS(pointwise, __VA_ARGS__)
#define ROW_SUM_LOSS(...) LOSS(row_sum, __VA_ARGS__)
#define ROW_MEAN_LOSS(...) LOSS(row_mean, __VA_ARGS__)
#define MARGIN_LOSS(...) LOSS(margin, __VA_ARGS__)
#define RIVAL_LOSS(...) LOSS(rival, __VA_ARGS__)
#define LABEL_LIST_LOSS(...) LOSS(label_list, __VA_ARGS__)
#define SIMPLEX_LOSS(...) LOSS(simplex, __VA_ARGS__)
#define LOG_PROBABILITY_LOSS(...) LOSS(softmax, __VA_ARGS__)
#define LABEL_LOSS(...) LOSS(label, __VA_ARGS__)
#define DISTILLATION_LOSS(...) LOSS(pair, __VA_ARGS__)
#define SOFTMAX_FUNCTION(...) LOSS(softmax_function, __VA_ARGS__)
#include "../losses.inc"
#undef LOSS

#define LOSS(shape, name, n_params, has_operand, slow) {&fl_shape_##shape, {#name, #shape, n_params, has_operand, slow}},
#define POINTWISE_LOSS(...) LOSS(pointwise, __VA_ARGS__)
#define ROW_SUM_LOSS(...) LOSS(row_sum, __VA_ARGS__)
#define ROW_MEAN_LOSS(...) LOSS(row_mean, __VA_ARGS__)
#define MARGIN_LOSS(...) LOSS(margin, __VA_ARGS__)
#define RIVAL_LOSS(...) LOSS(rival, __VA_ARGS__)
#define LABEL_LIST_LOSS(...) LOSS(label_list, __VA_ARGS__)
#define SIMPLEX_LOSS(...) LOSS(simplex, __VA_ARGS__)
#define LOG_PROBABILITY_LOSS(...) LOSS(softmax, __VA_ARGS__)
#define LABEL_LOSS(...) LOSS(label, __VA_ARGS__)
#define DISTILLATION_LOSS(...) LOSS(pair, __VA_ARGS__)
#define SOFTMAX_FUNCTION(...) LOSS(softmax_function, __VA_ARGS__)
static const struct {
    const fl_shape *shape;
    fl_loss_info info;
} losses[] = {
#include "../losses.inc"
};

int fl_n_losses(void)
{
    return (int)(sizeof losses / sizeof losses[0]);
}

const fl_loss_info *fl_loss(int index)
{
    return &losses[index].info;
}

const char *fl_family(int loss)
{
    return losses[loss].shape->family;
}

fl_status fl_run(fl_call *call)
{
    const fl_float_mode mode = fl_enter_default_float_mode();
    const fl_status status = losses[call->loss].shape->run(call, &losses[call->loss].info);
    fl_leave_default_float_mode(mode);
    return status;
}
