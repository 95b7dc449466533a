/* What is told of rows of softmax beside the loss; and rows of which the loss is not told by sums. */
#include "softmax.h"

#include <string.h>

/* Whether no target of a row is larger than that of class `at`. */
static int is_largest_target(const job *j, int64_t index, int64_t at)
{
    _Alignas(64) char buffer[FL_SEGMENT_BYTES];
    const row r = fl_rows_at(j, index);
    double largest = -INFINITY, chosen = NAN;
    for (int64_t s = 0; s < j->n_segments; s++) {
        const char *numbers = fl_padded_segment(j, FL_TARGET, &r, s, buffer);
        const int64_t n = fl_segment_length(j, s), here = at - s * j->segment;
        const double part = j->kernels->softmax->maximum(numbers, fl_padded(n));
        largest = part > largest ? part : largest;
        if (here >= 0 && here < n)
            chosen = fl_load(numbers + (size_t)here * j->item, j->call->real);
    }
    return chosen >= largest;
}

void fl_keep_statistics(const job *j, int64_t first, int64_t n, const int64_t *label, const char *field, int64_t stride,
                        const double *largest, const double *unknown)
{
    const fl_call *c = j->call;
    const fl_statistics *to = &c->statistics;
    const size_t offset = (size_t)first * j->item, size = (size_t)n * j->item, field_size = (size_t)stride * j->item;
    if (to->lse)
        memcpy((char *)to->lse + offset, field + FL_LSE * field_size, size);
    if (to->entropy)
        memcpy((char *)to->entropy + offset, field + FL_ENTROPY * field_size, size);
    for (int64_t i = 0; i < n; i++) {
        /* Where all are -inf, the first class. */
        const int64_t argmax = (int64_t)(unknown[i] >= 0.0 ? unknown[i] : largest[i] >= 0.0 ? largest[i] : 0.0);
        if (to->argmax)
            to->argmax[first + i] = argmax;
        if (to->correct)
            to->correct[first + i] = (uint8_t)(c->labels ? argmax == label[i] : is_largest_target(j, first + i, argmax));
    }
}

void fl_settle_infinite_rows(const job *j, int64_t first, int64_t n, const double *weight, double *value)
{
    _Alignas(64) char buffer[FL_SEGMENT_BYTES];
    for (int64_t i = 0; i < n && softmax_plan_of(j)->is_function; i++) {
        if (!isnan(value[i]))
            continue;
        const row r = fl_rows_at(j, first + i);
        int infinite = 0, unknown = 0;
        for (int64_t s = 0; s < j->n_segments; s++) {
            const int64_t length = fl_segment_length(j, s);
            const char *a = fl_segment_numbers(j, FL_PRED, &r, s, buffer);
            infinite |= j->kernels->position(a, length, INFINITY) < length;
            unknown |= j->kernels->position(a, length, NAN) < length;
        }
        if (infinite && !unknown)
            value[i] = INFINITY * weight[i];
    }
}
