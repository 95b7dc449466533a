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
    /* For how many times the time that was lost by waiting calls then compute alone: so one part in so many is lost at most. */
    PATIENCE = 10,
};
/* The longest that calls compute alone before they try again, in nanoseconds. */
#define LONGEST_ALONE INT64_C(1000000000)

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
/* On busy cores a region ends when the system has found time for the last of its threads, which may be milliseconds after the
 * work is done. Results do not depend on the number of threads, so a call that has lost time in this way makes the next ones
 * compute alone: for how many nanoseconds still, all threads together. */
static int64_t alone;

static int64_t now(void)
{
    return (int64_t)(omp_get_wtime() * 1e9);
}

static void note_loss(int64_t lost)
{
    const int64_t wanted = __atomic_load_n(&alone, __ATOMIC_RELAXED) + PATIENCE * lost;
    __atomic_store_n(&alone, wanted < LONGEST_ALONE ? wanted : LONGEST_ALONE, __ATOMIC_RELAXED);
}

static void keep_least(int64_t *least, int64_t x)
{
    int64_t seen = __atomic_load_n(least, __ATOMIC_RELAXED);
    while (x < seen && !__atomic_compare_exchange_n(least, &seen, x, 1, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        ;
}

/* The scratch memory of thread t begins at t * share. */
static void run_in_threads(int64_t first, int64_t last, fl_task task, fl_finish finish, void *context, int n_threads,
                           char *scratch, size_t share)
{
    const int64_t n = last - first, begun = now();
    /* Of the thread that was least held up, picoseconds a task. */
    int64_t pace = INT64_MAX, turn = n / ((int64_t)n_threads * TURNS_PER_THREAD);
    if (turn < 1)
        turn = 1;
#pragma omp parallel num_threads(n_threads)
    {
        /* A thread of the pool has the mode that its creator had when it was created. */
        const fl_float_mode mode = fl_enter_default_float_mode();
        char *own = scratch + share * (size_t)omp_get_thread_num();
        const int64_t entered = now();
        int64_t count = 0;
#pragma omp for schedule(dynamic, turn) nowait
        for (int64_t i = first; i < last; i++) {
            task(context, i, own);
            count++;
        }
        if (finish)
            finish(context, own);
        if (count > 0)
            keep_least(&pace, (now() - entered) * 1000 / count);
        fl_leave_default_float_mode(mode);
    }
    const int64_t taken = now() - begun;
    const double needed = 1e-3 * (double)pace * (double)n; /* by one thread */
    if ((double)taken > needed)
        note_loss(taken - (int64_t)needed);
}
#endif

int64_t fl_begin_alone(void)
{
#ifdef _OPENMP
    if (!in_forked_child && __atomic_load_n(&alone, __ATOMIC_RELAXED) > 0)
        return now();
#endif
    return 0;
}

void fl_end_alone(int64_t begun)
{
#ifdef _OPENMP
    __atomic_fetch_sub(&alone, now() - begun, __ATOMIC_RELAXED);
#else
    (void)begun;
#endif
}

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
