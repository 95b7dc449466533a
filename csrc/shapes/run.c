/* One call: from the loss to its shape. */
#include "../runtime/float_mode.h"
#include "../runtime/parallel.h"
#include "shape.h"

#define LOSS(shape, body, name, n_params, has_operand, slow) extern const fl_shape fl_shape_##shape;
#include "../losses.inc"

#define LOSS(shape, body, name, n_params, has_operand, slow) {&fl_shape_##shape, {#name, #shape, n_params, has_operand, slow}},
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
    const fl_loss_info own = {.slow = call->own ? call->own->slow : 0};
    const fl_loss_info *loss = call->own ? &own : &losses[call->loss].info;
    const fl_shape *shape = call->own ? &fl_shape_pointwise : losses[call->loss].shape;
    const int64_t alone = call->n_threads > 1 ? fl_begin_alone() : 0;
    if (alone)
        call->n_threads = 1;
    const fl_status status = shape->run(call, loss, shape);
    if (alone)
        fl_end_alone(alone);
    fl_leave_default_float_mode(mode);
    return status;
}
