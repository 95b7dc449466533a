/* Prints a line for each of two threads: see setup.py. */
#include <omp.h>
#include <stdio.h>
int main(void)
{
#pragma omp parallel num_threads(2)
    printf("thread %d\n", omp_get_thread_num());
    return 0;
}
