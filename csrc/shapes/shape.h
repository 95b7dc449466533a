/* A shape of computation: what evaluates the losses that have it. A row of losses.inc names its shape, which is then called
 * fl_shape_NAME: so run.c finds it, and nothing else asks which shape a loss has. */
#ifndef FASTLOSS_SHAPE_H
#define FASTLOSS_SHAPE_H

#include "../fastloss.h"

typedef struct {
    const char *family;       /* what callers tell apart: pointwise, rows, row functions */
    fl_status (*run)(fl_call *call, const fl_loss_info *loss);
} fl_shape;

#endif
