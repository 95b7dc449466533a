/* drawn_calls TIER N [SEED [THREADS [ELEMENTS]]]: run N calls drawn from a seed, check what must hold of any, and print a hash
 * of each one's results: two machines, tiers or compilers that promise the same bits print the same. */
#include "drawn_call.h"

int main(int n_arguments, char **arguments)
{
    if (n_arguments < 3) {
        fprintf(stderr, "usage: %s TIER N [SEED [THREADS [ELEMENTS]]]\n", arguments[0]);
        return 2;
    }
    const int tier = tier_named(arguments[1]);
    const long n = strtol(arguments[2], NULL, 10);
    number_source source = {.state = n_arguments > 3 ? strtoull(arguments[3], NULL, 10) : 1};
    fl_threads_init();
    for (long i = 0; i < n; i++) {
        drawn_call d;
        /* Mostly small ones; some that have several tasks, and so threads. */
        draw_call(&d, &source, tier, n_arguments > 5 ? strtol(arguments[5], NULL, 10) : i % 16 ? 3000 : 50000);
        if (n_arguments > 4)
            d.call.n_threads = (int)strtol(arguments[4], NULL, 10);
        const fl_status status = run_drawn_call(&d);
        printf("%s %d-bit outputs %u status %d hash %016llx\n", fl_loss(d.call.loss)->name, d.call.real == FL_FLOAT64 ? 64 : 32,
               d.call.outputs, (int)status, (unsigned long long)hash_of_results(&d, status));
        free_drawn_call(&d);
    }
    return 0;
}
