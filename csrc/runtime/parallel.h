/* Threads: the one function that runs tasks side by side. */
#ifndef FASTLOSS_PARALLEL_H
#define FASTLOSS_PARALLEL_H

#include "../fastloss.h"

/* A task handles the block `index`; `scratch` is its thread's own memory, 64-byte aligned. */
typedef void (*fl_task)(void *context, int64_t index, char *scratch);

/* Run tasks first <= index < last on up to n_threads threads, in no particular order. */
fl_status fl_parallel_for(int64_t first, int64_t last, fl_task task, void *context, int n_threads, size_t scratch_bytes);

#endif
