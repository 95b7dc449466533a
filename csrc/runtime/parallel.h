/* Threads: the one function that runs tasks side by side. */
#ifndef FASTLOSS_PARALLEL_H
#define FASTLOSS_PARALLEL_H

#include "../fastloss.h"

/* A task handles the block `index`; `scratch` is its thread's own memory, 64-byte aligned. */
typedef void (*fl_task)(void *context, int64_t index, char *scratch);

/* What a thread has still to do after its last task; NULL: nothing. */
typedef void (*fl_finish)(void *context, char *scratch);

/* Whether to leave off. */
typedef int (*fl_stop)(const void *context);

/* Run tasks 0 ... n - 1 on up to n_threads threads, in no particular order; between slices of `slice` tasks ask `stop`, in the
 * calling thread. The memory for all of it is there before the first task runs; the first FL_ZEROED bytes of a thread's are 0.
 */
enum { FL_ZEROED = 8 };
fl_status fl_parallel_for(int64_t n, int64_t slice, fl_task task, fl_finish finish, void *context, fl_stop stop,
                          const void *stop_context, int n_threads, size_t scratch_bytes);

/* Whether a call that might use threads computes alone, since others have lost time by waiting for threads: 0, or when it
 * began, which fl_end_alone is told when it has ended. */
int64_t fl_begin_alone(void);
void fl_end_alone(int64_t begun);

#endif
