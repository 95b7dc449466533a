/* Shapes of a row that are made of elements, without a softmax: a pointwise body for every class, or for some.
 *
 * Files, each of which calls only those before it: elements.c, what all have; and one a shape or way of computing. */
#ifndef FASTLOSS_ELEMENTS_H
#define FASTLOSS_ELEMENTS_H

#include "../rows/rows.h"

/* How the shapes of elements go about a call. */
typedef struct {
    fl_pointwise_kernel kernel;
    int margins;    /* every other class against the label, whose derivatives are what the others leave */
    int short_rows; /* several at a time */
} elements_plan;

_Static_assert(sizeof(elements_plan) <= FL_PLAN_BYTES, "a plan has its place in the job");

static inline elements_plan *elements_plan_of(const job *j)
{
    return (elements_plan *)j->plan;
}

/* Memory of a loss by element. */
typedef struct {
    segment_buffers segment;
    _Alignas(64) char value[FL_SEGMENT_BYTES], operand[FL_SEGMENT_BYTES];
} element_buffers;

/* What the elements of a row are to the body beside their predictions and targets, and what they add up to. */
typedef struct {
    int64_t label;
    double scale;
    const double *param;
    double count; /* margins: what each class but the label counts */
    int sums_targets;
    double value, slope, curve, mass; /* slope and curve are multiplied already */
} element_sums;

/* Finds the kernel; sets work_bytes. */
fl_status fl_plan_elements(job *j, size_t work_bytes);
/* Computes a row segment by segment, and keeps derivatives. Returns whether all numbers are in their domains. */
int fl_sum_elements(job *j, const row *r, element_sums *e, element_buffers *b);

/* Several short rows at a time, of sums, means and margins. */
int fl_rows_are_short(const job *j);
int64_t fl_short_rows_together(const job *j);
void fl_short_element_rows(job *j, int64_t first, int64_t n, rows_memory *m);

#endif
