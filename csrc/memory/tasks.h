/* How a call becomes tasks, and how what they leave is added up. */
#ifndef FASTLOSS_TASKS_H
#define FASTLOSS_TASKS_H

#include "../runtime/parallel.h"

/* Results larger than this are written past the caches. Measured: below it the reader of the result gains from finding it
 * there. */
enum { FL_STREAM_BYTES = 8 << 20 };

/* Elements below which threads cost more than they bring. */
enum { FL_SERIAL_ELEMENTS = 16 * 1024 };

/* Run tasks 0 ... n - 1, asking call->interrupted between slices of tasks_a_slice. Stops early where *failure is set. */
fl_status fl_run_tasks(const fl_call *call, int64_t n, int64_t tasks_a_slice, fl_task task, fl_finish finish, void *context,
                       size_t scratch_bytes, const int *failure);

/* Pairwise sum in index order; x is overwritten. */
double fl_pairwise_sum(double *x, int64_t n);

#endif
