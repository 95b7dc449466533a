/* What a call of softmax gives to every row: its options, and the numbers of targets. */
#include "softmax.h"

fl_rows fl_options_of(const job *j, int64_t n, void *field)
{
    const softmax_plan *p = softmax_plan_of(j);
    const fl_call *c = j->call;
    return (fl_rows){.n = n,
                     .field = field,
                     .param = c->param,
                     .labels = c->labels,
                     .softened = p->softened,
                     .full = p->dense || c->z_loss != 0.0,
                     .curved = (c->outputs & FL_HESS) != 0,
                     .terms = p->terms,
                     .smoothed = c->label_smoothing != 0.0,
                     .keep = 1.0 - c->label_smoothing,
                     .scale = j->scale / c->temperature,
                     .hess_scale = j->scale / (c->temperature * c->temperature),
                     .z_loss = c->z_loss};
}

const char *fl_mixed_target(job *j, const row *r, int64_t s, segment_buffers *b)
{
    const softmax_plan *p = softmax_plan_of(j);
    const fl_call *c = j->call;
    const size_t offset = (size_t)(s * j->segment) * j->item;
    if (c->labels)
        return p->smoothing ? p->smoothing + offset : NULL;
    const int64_t n = fl_segment_length(j, s);
    const char *target = fl_segment_numbers(j, FL_TARGET, r, s, b->target);
    if (!fl_check_numbers(j, target, n, FL_TARGET) || !p->class_weight)
        return target;
    j->kernels->softmax->target_mix(fl_padded_segment(j, FL_TARGET, r, s, b->target), p->class_weight + offset, fl_padded(n),
                                    1.0 - c->label_smoothing, c->label_smoothing / (double)c->classes, b->target);
    return b->target;
}

void fl_add_to(char *numbers, int64_t at, double x, fl_dtype real)
{
    fl_store(fl_load(numbers + (size_t)at * fl_itemsize(real), real) + x, numbers, at, real);
}
