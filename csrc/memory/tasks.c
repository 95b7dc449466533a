/* Tasks, and the sum of what they leave. */
#include "tasks.h"

typedef struct {
    const fl_call *call;
    const int *failure;
} watched;

static int failed_or_interrupted(const void *context)
{
    const watched *w = context;
    return *w->failure || (w->call->interrupted && w->call->interrupted());
}

fl_status fl_run_tasks(const fl_call *call, int64_t n, int64_t tasks_a_slice, fl_task task, fl_finish finish, void *context,
                       size_t scratch_bytes, const int *failure)
{
    const watched w = {call, failure};
    const fl_status status =
        fl_parallel_for(n, tasks_a_slice, task, finish, context, failed_or_interrupted, &w, call->n_threads, scratch_bytes);
    return status == FL_INTERRUPTED && *failure ? FL_OK : status;
}

double fl_pairwise_sum(double *x, int64_t n)
{
    for (int64_t width = n; width > 1; width = (width + 1) / 2)
        for (int64_t i = 0; i < width / 2; i++) {
            x[i] = x[2 * i] + x[2 * i + 1];
            if (i == width / 2 - 1 && width % 2)
                x[i + 1] = x[width - 1];
        }
    return n > 0 ? x[0] : 0.0;
}
