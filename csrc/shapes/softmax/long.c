/* Long rows of softmax, each by one thread, which keeps the exponentials until the derivatives are made. */
#include "softmax.h"

#include <string.h>

enum {
    /* Elements whose exponentials are kept where several rows are finished together. */
    ELEMENTS_TOGETHER = 32 * 1024,
};

static char *kept_exponentials(const job *j, batch *b, int64_t i, int64_t s)
{
    return b->exponentials + (size_t)(i * j->n_segments + s) * FL_SEGMENT_BYTES;
}

static void backward_kept(job *j, batch *b, int64_t i, int64_t s)
{
    const int64_t at = i * j->n_segments + s;
    fl_softmax_derivatives(j, b, &b->buffers, i, s, kept_exponentials(j, b, i, s), b->maximum[at], b->top[at]);
}

static void sum_kept_terms(job *j, batch *b, int64_t i)
{
    term_sums total = {0};
    for (int64_t first = 0; first < j->n_segments; first += SEGMENTS_TOGETHER) {
        term_sums together = {0};
        for (int64_t s = first; s < j->n_segments && s < first + SEGMENTS_TOGETHER; s++) {
            const int64_t place = i * j->n_segments + s;
            fl_sum_terms(j, b, &b->buffers, i, s, kept_exponentials(j, b, i, s), b->maximum[place], b->top[place], &together);
        }
        fl_join_terms(&total, &together);
    }
    fl_note_terms(b, i, &total);
}

/* The rows of a batch, forward; between their segments, the derivatives of the batch before, from the place where the
 * exponentials of these will be. */
static void softmax_batch(job *j, int64_t first, int64_t n, int64_t at, rows_memory *m)
{
    const softmax_plan *p = softmax_plan_of(j);
    batch *b = (batch *)m->work;
    const int derivatives = j->call->outputs & PER_LOGIT;
    row where[FL_ROWS_TOGETHER];
    fl_segment totals[FL_ROWS_TOGETHER] = {{0}};
    double label_logits[FL_ROWS_TOGETHER] = {0};
    for (int64_t i = 0; i < n; i++) {
        where[i] = fl_rows_at(j, first + i);
        totals[i] = FL_NO_SEGMENT;
        fl_segment together = FL_NO_SEGMENT;
        for (int64_t s = 0; s < j->n_segments; s++) {
            const int64_t place = i * j->n_segments + s;
            if (i < m->pending)
                backward_kept(j, b, i, s);
            const fl_segment part = fl_softmax_segment(j, &where[i], s, m->label[at + i], &label_logits[i], &b->buffers,
                                                       kept_exponentials(j, b, i, s));
            b->maximum[place] = part.maximum;
            b->top[place] = part.top;
            fl_join(&together, &part, p->softening, p->statistics);
            if (s % SEGMENTS_TOGETHER == SEGMENTS_TOGETHER - 1 || s == j->n_segments - 1) {
                fl_join(&totals[i], &together, p->softening, p->statistics);
                together = FL_NO_SEGMENT;
            }
        }
    }
    for (int64_t i = n; i < m->pending; i++)
        for (int64_t s = 0; s < j->n_segments; s++)
            backward_kept(j, b, i, s);

    memcpy(b->where, where, sizeof where);
    fl_begin_batch(j, b, n, at, totals, label_logits, m);
    for (int64_t i = 0; i < n && p->terms; i++)
        sum_kept_terms(j, b, i);
    fl_finish_batch(j, b, first, n, at, totals, m);
    m->pending = derivatives ? n : 0;
}

void fl_long_rows_pending(job *j, rows_memory *m)
{
    for (int64_t i = 0; i < m->pending; i++)
        for (int64_t s = 0; s < j->n_segments; s++)
            backward_kept(j, (batch *)m->work, i, s);
    m->pending = 0;
}

void fl_long_rows(job *j, int64_t first, int64_t n, rows_memory *m)
{
    const int64_t together = softmax_plan_of(j)->rows_together;
    for (int64_t at = 0; at < n; at += together)
        softmax_batch(j, first + at, n - at < together ? n - at : together, at, m);
}

void fl_plan_long_rows(job *j, softmax_plan *p)
{
    const int64_t together = ELEMENTS_TOGETHER / j->call->classes;
    p->rows_together = together > FL_ROWS_TOGETHER ? FL_ROWS_TOGETHER : together < 1 ? 1 : together;
    j->work_bytes = sizeof(batch) + (size_t)(p->rows_together * j->n_segments) * FL_SEGMENT_BYTES;
}
