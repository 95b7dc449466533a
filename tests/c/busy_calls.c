/* busy_calls TIER N [SEED [THREADS [ELEMENTS]]]: drawn_calls on a machine whose cores seem busy. The clock of the thread that
 * calls goes on by a second whenever it is looked at, and that of the others stands still: so each parallel region seems to
 * have waited for its threads, and the call after it computes alone. The last line is how many calls did so. Link with
 * -Wl,--wrap=omp_get_wtime,--wrap=fl_begin_alone. */
#include <omp.h>

/* Its main program is called below. */
#define main drawn_calls
#include "drawn_calls.c"
#undef main

double __wrap_omp_get_wtime(void);
int64_t __wrap_fl_begin_alone(void);
int64_t __real_fl_begin_alone(void);

static long alone;

double __wrap_omp_get_wtime(void)
{
    static _Thread_local double seconds;
    return omp_get_thread_num() == 0 ? ++seconds : 0.0;
}

int64_t __wrap_fl_begin_alone(void)
{
    const int64_t begun = __real_fl_begin_alone();
    alone += begun != 0;
    return begun;
}

int main(int n_arguments, char **arguments)
{
    const int status = drawn_calls(n_arguments, arguments);
    printf("%ld\n", alone);
    return status;
}
