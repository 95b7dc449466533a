/* Forward along a row of softmax: from the logits of a segment to their exponentials and sums. */
#include "softmax.h"

#include <float.h>

/* Finds this segment of a row to come, if it lies where it can be said beforehand; else what is here already. */
static const char *next_segment(const job *j, int which, const row *r, int64_t s, const char *here)
{
    const fl_array *a = fl_array_of(j->call, which);
    if (!j->ahead[which] || a->dtype != j->call->real)
        return here;
    return r->data[which] + j->ahead[which] + s * j->segment * a->class_stride;
}

/* Where in the row the maximum of segment s is first, and NaN where there may be one. Not by exponentials, nor by softened
 * logits: of logits that differ some have the same. */
static void note_places(const job *j, int64_t s, const char *a, int64_t n, int may_be_unknown, fl_segment *part)
{
    const int64_t largest = j->kernels->position(a, n, part->maximum), start = s * j->segment;
    const int64_t unknown = may_be_unknown ? j->kernels->position(a, n, NAN) : n;
    part->largest = largest < n ? start + largest : -1;
    part->unknown = unknown < n ? start + unknown : -1;
}

fl_segment fl_softmax_segment(job *j, const row *r, int64_t s, int64_t label, double *label_logit, segment_buffers *b, char *e)
{
    const softmax_plan *p = softmax_plan_of(j);
    const int64_t n = fl_segment_length(j, s), at = label - s * j->segment;
    const char *u = p->dense && !p->terms ? fl_mixed_target(j, r, s, b) : NULL,
               *a = fl_segment_numbers(j, FL_PRED, r, s, b->pred);
    fl_segment part;
    const int with_statistics = label_logit && p->statistics;
    if (label_logit && label >= 0 && at >= 0 && at < n)
        *label_logit = fl_load(a + (size_t)at * j->item, j->call->real);
    const char *z = a;
    fl_segment given = FL_NO_SEGMENT;
    if (p->softened) {
        const char *numbers = fl_padded_segment(j, FL_PRED, r, s, b->pred);
        /* Where no logit is finite, what softmax_forward would say. */
        given.maximum = at_least(j->kernels->softmax->maximum(numbers, fl_padded(n)),
                                 j->call->real == FL_FLOAT32 ? -(double)FLT_MAX : -DBL_MAX);
        if (with_statistics)
            note_places(j, s, numbers, n, 1, &given);
        j->kernels->softmax->soften(numbers, fl_padded(n), given.maximum, j->call->softcap, j->call->temperature, b->pred);
        z = b->pred;
    }
    j->kernels->softmax->forward(z, u, n, next_segment(j, FL_PRED, r, s, a), next_segment(j, FL_TARGET, r, s, u), e, &part);
    if (with_statistics && j->call->statistics.entropy)
        part.dispersion = j->kernels->softmax->dispersion(z, e, n, part.maximum) / part.top;
    if (p->softened)
        part.maximum = given.maximum, part.largest = given.largest, part.unknown = given.unknown;
    else if (with_statistics)
        note_places(j, s, a, n, isnan(part.others), &part);
    return part;
}
