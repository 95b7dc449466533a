/* The shapes of softmax: what their files share.
 *
 * Short rows lie side by side, a lane each, a tile of them at a time. Long rows are walked a segment at a time, twice: forward
 * for maximum, exponentials and sums; then, the segments joined by their maxima, backward from exponentials to derivatives. The
 * logits are read from memory once. The derivatives of a row wait until the next is walked, and leave for memory, past the
 * caches where they are many, segment by segment between its segments: so memory works while exponentials are computed.
 *
 * Few rows, and rows too long to keep their exponentials, are shared by all threads, which then compute the exponentials twice.
 *
 * Where targets are numbers and the loss is not -log p, what each class adds, its term, is known only when the row's sum is: a
 * pass of its own, over logits and kept exponentials, before the derivatives, which make the terms once more.
 *
 * Which way a row goes depends on the number of its classes alone, where the ways differ in the last bit. What happens once a
 * row is computed by loops/finish.h.
 *
 * Files, each of which calls only those before it: given.c, statistics.c; tile.c; segment.c, batch.c, long.c, shared.c,
 * staging.c; softmax.c. */
#ifndef FASTLOSS_SOFTMAX_SHAPE_H
#define FASTLOSS_SOFTMAX_SHAPE_H

#include "../../loops/join.h"
#include "../rows/rows.h"

enum {
    /* Segments of exponentials that are kept: 960 KiB, which with the buffers stays below 1 MiB a thread. */
    MAX_SEGMENTS = 120,
    /* Segments that are joined before they are joined with the rest of the row, and that a task has of a row for all threads.
     */
    SEGMENTS_TOGETHER = 8,
    /* Outputs of which there is one number a logit. */
    PER_LOGIT = FL_GRAD | FL_HESS | FL_LOG_SOFTMAX,
};

/* How a call of softmax is gone about. */
typedef struct {
    const fl_log_probability_kernels *body;
    int is_function;  /* of the logits alone: there is no target */
    int dense;        /* the target is a number for every class; labels with smoothing are such, too */
    int terms;        /* and these numbers enter by terms */
    int statistics;   /* some are wanted */
    int keeps_logits; /* they are wanted after their exponentials are made */
    int softened;     /* the softmax is of something else than the logits as they are: */
    fl_softening softening;
    const char *smoothing;    /* label_smoothing / classes * class_weight: a target of all rows, or NULL */
    const char *class_weight; /* what targets that are numbers are multiplied by, or NULL */
    int side_by_side;         /* rows so short that each gets a lane */
    int64_t rows_together;    /* whose exponentials are kept at a time */
    int64_t staged_rows;      /* that are brought together in memory, a whole number of tasks; 0: none are */
} softmax_plan;

_Static_assert(sizeof(softmax_plan) <= FL_PLAN_BYTES, "a plan has its place in the job");

static inline const softmax_plan *softmax_plan_of(const job *j)
{
    return (const softmax_plan *)j->plan;
}

/* Rows that are finished together, and what is kept of them until their derivatives are made. Of segments: their maximum, and
 * its exponential. */
typedef struct {
    segment_buffers buffers;
    row where[FL_ROWS_TOGETHER];
    int64_t label[FL_ROWS_TOGETHER];
    double weight[FL_ROWS_TOGETHER], mass[FL_ROWS_TOGETHER], value[FL_ROWS_TOGETHER];
    double largest[FL_ROWS_TOGETHER]; /* logit of a row, as given */
    double maximum[MAX_SEGMENTS + 2 * FL_ROWS_TOGETHER], top[MAX_SEGMENTS + 2 * FL_ROWS_TOGETHER];
    double field[FL_BATCH_FIELDS][FL_ROWS_TOGETHER];
    _Alignas(64) char exponentials[];
} batch;

typedef struct {
    double value, target, target_of_others, bend, bend_of_others;
} term_sums;

/* ---- given.c: what a call gives to every row -------------------------------------------------------------------------------
 */

fl_rows fl_options_of(const job *j, int64_t n, void *field);
/* The target's numbers of segment s: the user's, with class weights and smoothing mixed in; or the smoothing alone for labels.
 */
const char *fl_mixed_target(job *j, const row *r, int64_t s, segment_buffers *b);
void fl_add_to(char *numbers, int64_t at, double x, fl_dtype real);

/* ---- statistics.c: what is told of rows beside the loss --------------------------------------------------------------------
 */

/* Writes what is told of n rows from `first` on. It is given their fields, `stride` numbers each, and the places of the first
 * maximum and the first NaN, or -1; numbers of classes are exact in double. */
void fl_keep_statistics(const job *j, int64_t first, int64_t n, const int64_t *label, const char *field, int64_t stride,
                        const double *largest, const double *unknown);
/* A logit of +inf makes NaN of sums, as NaN does; but logsumexp is then +inf, if none of the row is NaN. */
void fl_settle_infinite_rows(const job *j, int64_t first, int64_t n, const double *weight, double *value);

/* ---- tile.c: rows side by side ---------------------------------------------------------------------------------------------
 */

void fl_plan_tiles(job *j);
void fl_softmax_tiles(job *j, int64_t first, int64_t n, rows_memory *m);

/* ---- segment.c: forward along a row ----------------------------------------------------------------------------------------
 */

/* The exponentials of a segment and what they add to the row's total; the label's logit, if it is here. With label_logit NULL
 * only the exponentials, their maximum and its own are wanted. */
fl_segment fl_softmax_segment(job *j, const row *r, int64_t s, int64_t label, double *label_logit, segment_buffers *b, char *e);

/* ---- batch.c: rows that are finished together ------------------------------------------------------------------------------
 */

/* The sums over the logits of n rows, and what their terms are made of. */
void fl_begin_batch(const job *j, batch *b, int64_t n, int64_t at, const fl_segment *totals, const double *label_logits,
                    const rows_memory *m);
/* Adds the terms of a segment of row i, whose exponentials have this maximum and its own, `top`; those of a part; notes all. */
void fl_sum_terms(job *j, batch *b, segment_buffers *buffers, int64_t i, int64_t s, const char *e, double maximum, double top,
                  term_sums *into);
void fl_join_terms(term_sums *into, const term_sums *part);
void fl_note_terms(batch *b, int64_t i, const term_sums *sums);
/* Makes the values of rows of their sums, and their statistics, and what their derivatives need. They are rows `first` and on
 * of all, `at` and on of the task. */
void fl_finish_batch(const job *j, batch *b, int64_t first, int64_t n, int64_t at, const fl_segment *totals, rows_memory *m);
/* The derivatives of a segment, which are kept. */
void fl_softmax_derivatives(job *j, batch *b, segment_buffers *buffers, int64_t i, int64_t s, const char *e, double maximum,
                            double top);

/* ---- long.c: rows whose exponentials are kept ------------------------------------------------------------------------------
 */

void fl_plan_long_rows(job *j, softmax_plan *p);
void fl_long_rows(job *j, int64_t first, int64_t n, rows_memory *m);
void fl_long_rows_pending(job *j, rows_memory *m);

/* ---- shared.c: few rows, or very long ones: all threads at one row ---------------------------------------------------------
 */

int fl_rows_are_shared(const job *j);
/* Fills j->partial. */
fl_status fl_run_shared_rows(job *j);

/* ---- staging.c: rows that are brought together in memory -------------------------------------------------------------------
 */

/* How many at a time: a whole number of tasks; 0: they are better left where they are. */
int64_t fl_rows_to_stage(const job *j);
fl_status fl_run_staged_rows(job *j);

#endif
