/* Numbers of rows that are outside of their domains. */
#include "rows.h"

#include <string.h>

int fl_check_numbers(job *j, const char *numbers, int64_t n, int which)
{
    const fl_domain *d = &j->domain[which];
    if (!d->checked)
        return 1;
    const int64_t whole = n / FL_GROUP * FL_GROUP;
    _Alignas(64) char rest[FL_GROUP * sizeof(double)];
    int outside = whole > 0 && j->kernels->outside(numbers, whole, d->low, d->high, d->ends_only);
    if (n > whole) {
        memcpy(rest, numbers + (size_t)whole * j->item, (size_t)(n - whole) * j->item);
        fl_pad_with_last(rest, n - whole, j->call->real);
        outside |= j->kernels->outside(rest, FL_GROUP, d->low, d->high, d->ends_only);
    }
    if (outside)
        __atomic_store_n(&j->outside[which], 1, __ATOMIC_RELAXED);
    return !outside;
}

static void check_row(job *j, int which, const row *r, char *buffer)
{
    for (int64_t s = 0; s < j->n_segments; s++)
        fl_check_numbers(j, fl_segment_numbers(j, which, r, s, buffer), fl_segment_length(j, s), which);
}

void fl_check_row(job *j, const row *r, char *buffer)
{
    for (int which = FL_PRED; which <= FL_TARGET; which++)
        if (j->domain[which].checked)
            check_row(j, which, r, buffer);
}

/* Rows without a gap are one long row; of rows with fewer classes than there are rows, class after class is. */
static void check_rows(job *j, int which, int64_t first, int64_t n, char *buffer)
{
    const fl_array *a = fl_array_of(j->call, which);
    const intptr_t item = (intptr_t)fl_itemsize(a->dtype);
    const int64_t classes = j->call->classes;
    if (fl_rows_follow(j, which)) {
        const char *start = fl_address(&j->walk, j->array[which], first);
        const int in_place = a->dtype == j->call->real && (uintptr_t)start % j->item == 0;
        for (int64_t i = 0; i < n * classes; i += j->segment) {
            const int64_t length = n * classes - i < j->segment ? n * classes - i : j->segment;
            if (!in_place)
                fl_gather(start + i * item, item, length, a->dtype, j->call->real, buffer);
            fl_check_numbers(j, in_place ? start + i * item : buffer, length, which);
        }
    } else if (n > classes) {
        for (int64_t i = 0; i < classes; i++) {
            fl_gather_walked(&j->walk, fl_class_of_rows(j, which, i), first, n, j->call->real, buffer);
            fl_check_numbers(j, buffer, n, which);
        }
    } else {
        for (int64_t i = 0; i < n; i++) {
            const row r = fl_rows_at(j, first + i);
            check_row(j, which, &r, buffer);
        }
    }
}

void fl_check_rows(job *j, int64_t first, int64_t n, char *buffer)
{
    for (int which = FL_PRED; which <= FL_TARGET; which++)
        if (j->domain[which].checked)
            check_rows(j, which, first, n, buffer);
}
