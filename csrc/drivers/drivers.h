/* What the drivers share: how a call becomes tasks, and which body a loss has. */
#ifndef FASTLOSS_DRIVERS_H
#define FASTLOSS_DRIVERS_H

#include "../runtime/parallel.h"
#include "memory.h"

/* The row macros of losses.inc. */
typedef enum {
    FL_POINTWISE_LOSS,
    FL_ROW_SUM_LOSS,
    FL_ROW_MEAN_LOSS,
    FL_MARGIN_LOSS,
    FL_RIVAL_LOSS,
    FL_LABEL_LIST_LOSS,
    FL_SIMPLEX_LOSS,
    FL_LOG_PROBABILITY_LOSS,
    FL_LABEL_LOSS,
    FL_DISTILLATION_LOSS,
    FL_SOFTMAX_FUNCTION,
    FL_SUMS_LOSS
} fl_loss_kind;

fl_loss_kind fl_kind(int loss);

fl_status fl_run_pointwise(fl_call *call);
fl_status fl_run_rows(fl_call *call);
fl_status fl_run_sums(fl_call *call);

/* Run tasks 0 ... n - 1, asking call->interrupted between slices of tasks_a_slice. Stops early where *failure is set. */
fl_status fl_run_tasks(const fl_call *call, int64_t n, int64_t tasks_a_slice, fl_task task, fl_finish finish, void *context,
                       size_t scratch_bytes, const int *failure);

/* The kernel of a pointwise body for a set of outputs, or NULL. */
fl_pointwise_kernel fl_pointwise_kernel_for(const fl_call *call, unsigned outputs);

/* Results larger than this are written past the caches. Measured: below it the reader of the result gains from finding it there. */
enum { FL_STREAM_BYTES = 8 << 20 };

/* Elements below which threads cost more than they bring. */
enum { FL_SERIAL_ELEMENTS = 16 * 1024 };

#endif
