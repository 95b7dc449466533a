/* no_memory TIER N ELEMENTS: in each of N drawn calls the first allocation fails, then the second, and so on until the call has
 * what it asks for. A failure must be reported as FL_NO_MEMORY and leave every array as it was. Link with -Wl,--wrap=malloc. */
#include "drawn_call.h"

void *__real_malloc(size_t bytes);
void *__wrap_malloc(size_t bytes);

static long allowed = -1; /* allocations until one fails; negative: no limit */

void *__wrap_malloc(size_t bytes)
{
    if (allowed == 0)
        return NULL;
    allowed -= allowed > 0;
    return __real_malloc(bytes);
}

int main(int n_arguments, char **arguments)
{
    if (n_arguments != 4)
        return 2;
    const int tier = tier_named(arguments[1]);
    const long n = strtol(arguments[2], NULL, 10);
    const long elements = strtol(arguments[3], NULL, 10);
    number_source source = {.state = 1};
    long failures = 0;
    for (long i = 0; i < n; i++) {
        drawn_call d;
        draw_call(&d, &source, tier, elements);
        for (long k = 0;; k++) {
            fl_call call = d.call;
            allowed = k;
            const fl_status status = fl_run(&call);
            allowed = -1;
            if (status != FL_NO_MEMORY)
                break;
            failures++;
            for (int a = 0; a < FL_N_ARRAYS; a++)
                must(!d.array[a].memory || memcmp(d.array[a].memory, d.array[a].before, d.array[a].bytes) == 0,
                     "without memory, nothing is written");
        }
        free_drawn_call(&d);
    }
    printf("%ld\n", failures);
    return 0;
}
