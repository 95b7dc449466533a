/* A shape of computation: what evaluates the losses that have it. A row of losses.inc names its shape, which is then called
 * fl_shape_NAME: so run.c finds it, and nothing else asks which shape a loss has. */
#ifndef FASTLOSS_SHAPE_H
#define FASTLOSS_SHAPE_H

#include "../fastloss.h"

typedef struct fl_shape {
    const char *family; /* what callers tell apart: pointwise, rows, row functions */
    fl_status (*run)(fl_call *call, const fl_loss_info *loss, const struct fl_shape *shape);
    const struct fl_row_shape *of_rows; /* what `run` calls, if it is fl_run_rows; else NULL */
} fl_shape;

#endif
