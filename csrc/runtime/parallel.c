/* Threads. The only file that knows OpenMP.
 *
 * libgomp deadlocks in a child forked from a parent that has run a parallel region (GCC bug 60035), be it of another library
 * that shares the runtime: a child computes serially, on a path that enters no OpenMP function. */
#include "parallel.h"

#include "float_mode.h"

#include <stdlib.h>
#include <string.h>
#ifdef _OPENMP
#include <omp.h>
#endif
#ifndef _WIN32
#include <pthread.h>
#endif

enum {
    ALIGNMENT = 64,
    /* Small scratch lives on the stack: an allocation costs as much as a small call. */
    STACK_SCRATCH = 64 * 1024,
    /* Blocks a thread takes at a time, as a share of its part: small enough to level out a busy core. */
    TURNS_PER_THREAD = 16,
};

static int in_forked_child;

#ifndef _WIN32
static void after_fork_in_child(void)
{
    in_forked_child = 1;
}
#endif

void fl_threads_init(void)
{
#ifndef _WIN32
    static int done;
    if (!done)
        pthread_atfork(NULL, NULL, after_fork_in_child);
    done = 1;
#endif
}

int fl_has_openmp(void)
{
#ifdef _OPENMP
    return _OPENMP;
#else
    return 0;
#endif
}

int fl_max_threads(void)
{
#ifdef _OPENMP
    if (!in_forked_child)
        return omp_get_max_threads();
#endif
    return 1;
}

static char *aligned(char *memory)
{
    return (char *)(((uintptr_t)memory + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
}

static void run_serially(int64_t first, int64_t last, fl_task task, fl_finish finish, void *context, char *scratch)
{
    for (int64_t i = first; i < last; i++)
        task(context, i, scratch);
    if (finish)
        finish(context, scratch);
}

#ifdef _OPENMP
/* The scratch memory of thread t begins at t * share. */
static void run_in_threads(int64_t first, int64_t last, fl_task task, fl_finish finish, void *context, int n_threads,
                           char *scratch, size_t share)
{
    int64_t turn = (last - first) / ((int64_t)n_threads * TURNS_PER_THREAD);
    if (turn < 1)
        turn = 1;
#pragma omp parallel num_threads(n_threads)
    {
        /* A thread of the pool has the mode that its creator had when it was created. */
        const fl_float_mode mode = fl_enter_default_float_mode();
        char *own = scratch + share * (size_t)omp_get_thread_num();
#pragma omp for schedule(dynamic, turn) nowait
        for (int64_t i = first; i < last; i++)
            task(context, i, own);
        if (finish)
            finish(context, own);
        fl_leave_default_float_mode(mode);
    }
}
#endif

/* How many threads may help with n tasks. */
static int threads_for(int64_t n, int wanted)
{
#ifdef _OPENMP
    if (wanted < 2 || in_forked_child || omp_in_parallel())
        return 1;
    /* libgomp ends the process when it cannot start a thread; far beyond the processors, more threads bring nothing anyway. */
    const int most = 16 + 4 * omp_get_num_procs();
    if (wanted > most)
        wanted = most;
    return wanted < n ? wanted : n < 1 ? 1 : (int)n;
#else
    (void)n, (void)wanted;
    return 1;
#endif
}

fl_status fl_parallel_for(int64_t n, int64_t slice, fl_task task, fl_finish finish, void *context, fl_stop stop,
                          const void *stop_context, int n_threads, size_t scratch_bytes)
{
    char stack[STACK_SCRATCH + ALIGNMENT];
    char *heap = NULL;
    n_threads = threads_for(n, n_threads);
    /* Whole lines a thread, and a spare one between, so that no two threads write one line. */
    const size_t share = (scratch_bytes + 2 * ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if ((n_threads > 1 || share > STACK_SCRATCH) && !(heap = malloc(share * (size_t)n_threads + ALIGNMENT)))
        return FL_NO_MEMORY;
    char *scratch = aligned(heap ? heap : stack);
    for (int t = 0; t < n_threads; t++)
        memset(scratch + share * (size_t)t, 0, FL_ZEROED);
    fl_status status = FL_OK;
    for (int64_t first = 0; first < n && status == FL_OK; first += slice) {
        const int64_t last = n - first > slice ? first + slice : n;
#ifdef _OPENMP
        if (n_threads > 1)
            run_in_threads(first, last, task, finish, context, n_threads, scratch, share);
        else
#endif
            run_serially(first, last, task, finish, context, scratch);
        if (last < n && stop(stop_context))
            status = FL_INTERRUPTED;
    }
    free(heap);
    return status;
}
