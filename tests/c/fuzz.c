/* The target of libFuzzer: a call of the C interface drawn from the fuzzer's bytes, on the best tier of this machine. */
#include "drawn_call.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    /* What the bytes do not decide, numbers in long arrays, is drawn from a generator that they seed. */
    number_source source = {.bytes = bytes, .left = size};
    source.state = draw_bits(&source, 4) | 1;
    int tier = 0;
    for (int i = 0; i < fl_n_tiers(); i++)
        if (fl_tier_usable(i))
            tier = i;
    drawn_call d;
    draw_call(&d, &source, tier - draw_below(&source, tier + 1), 5000);
    run_drawn_call(&d);
    free_drawn_call(&d);
    return 0;
}
