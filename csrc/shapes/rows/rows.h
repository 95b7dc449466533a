/* What the losses of a row share: the job that a call becomes, the memory of rows, and what a shape has to say to be driven by
 * them.
 *
 * Files, each of which calls only those before it: segments.c, domain.c, counts.c, tasks.c, driver.c. */
#ifndef FASTLOSS_ROWS_H
#define FASTLOSS_ROWS_H

#include "../../memory/memory.h"
#include "../../memory/tasks.h"
#include "../../memory/weights.h"
#include "../shape.h"

enum {
    /* Rows a task handles at most. */
    FL_MAX_ROWS_A_TASK = FL_BLOCK,
    /* What a shape may keep for a call. */
    FL_PLAN_BYTES = 128,
};

typedef struct fl_row_shape fl_row_shape;

/* A call on rows. */
typedef struct {
    fl_call *call;
    const fl_kernels *kernels;
    const fl_loss_info *loss;
    const fl_row_shape *shape;
    _Alignas(16) char plan[FL_PLAN_BYTES]; /* what is the shape's own; 0 at first */

    /* Memory. */
    fl_walked array[FL_N_ARRAYS];
    size_t item;
    int64_t segment, n_segments;
    int stream;
    int64_t ahead[2];    /* of predictions and targets: bytes to the same segment of the row that is prefetched; 0: none is */
    fl_domain domain[2]; /* of predictions and of targets that are numbers */

    /* Tasks. */
    double elements; /* what the call is worth */
    int64_t rows_a_task, n_tasks;
    size_t work_bytes; /* of a thread, for the shape */
    int64_t walks;     /* how often a row is gone through, beside the first time */
    double *partial;   /* sums, by task */
    int bad_label;
    int outside[2]; /* one of the predictions, of the targets, is outside its domain */

    /* What rows and classes count. Sample and class weights may need care, see fl_load_rows: sample weights are then divided by
     * 2^weight_exponent, with the class weight of a label or, where classes have theirs side by side, these by
     * 2^class_exponent. */
    int only_labels; /* of these rows only labels are given, which all count 1: no weights, nothing else to be mixed in */
    int extreme, weight_exponent, class_exponent;
    fl_sizes weight_sizes; /* of sample weights */
    int something_counts;
    double scale;        /* of all derivatives */
    char *class_numbers; /* fl_make_class_numbers */

    fl_walk walk; /* of the rows; last, for it is large and need not be cleared */
} job;

/* A thread's memory. First, what the rows of a task have: arrays with room for whole groups. */
typedef struct {
    int64_t pending; /* rows whose derivatives are still to be made; 0 at first */
    double *value, *weight, *mass;
    int64_t *label;
    char *work;
} rows_memory;

/* One row: where it lies. */
typedef struct {
    char *data[FL_N_ARRAYS];
} row;

/* Room for segments of inputs and results. */
typedef struct {
    _Alignas(64) char pred[FL_SEGMENT_BYTES], target[FL_SEGMENT_BYTES], terms[FL_SEGMENT_BYTES], grad[FL_SEGMENT_BYTES],
        hess[FL_SEGMENT_BYTES];
} segment_buffers;

/* The value of a row that counts, whose derivatives are written. */
typedef double (*fl_row_function)(job *j, const row *r, int64_t label, double scale, rows_memory *m);

struct fl_row_shape {
    /* How the shape goes about a call: the work_bytes at least. Nothing is read yet. */
    fl_status (*plan)(job *j);
    /* Looks at a task's rows, whose labels and weights are in m, before anything is written; NULL: there is nothing to look at.
     */
    void (*look)(job *j, int64_t first, int64_t n, rows_memory *m);
    /* Computes a task's rows: derivatives are written, the values are left in m->value. Or, with `rows` NULL, a row that
     * counts: returns its value. `label` is -1 where there is none; `scale` multiplies derivatives. */
    void (*rows)(job *j, int64_t first, int64_t n, rows_memory *m);
    fl_row_function row;
    /* Writes what is pending after a thread's last task; NULL: nothing ever is. */
    void (*pending)(job *j, rows_memory *m);
    /* Runs the tasks in a way of its own; NULL: fl_run_row_tasks with fl_row_task. */
    fl_status (*run)(job *j);
    int has_lists;            /* targets are lists of labels */
    int weighs_every_class;   /* a class weight is of the class, in every row, not of the rows that have its label */
    int mixes_class_weights;  /* where targets are numbers, or smoothed, class weights are multiplied into them */
    int label_weighs_in_mean; /* a mean divides by the class weights of labels too */
    int floors_hessians;      /* see fl_newton: the shape does so itself */
};

/* ---- segments.c: where rows lie, and segments of them as contiguous numbers -----------------------------------------------
 */

row fl_rows_at(const job *j, int64_t index);
/* One class of all rows. */
fl_walked fl_class_of_rows(const job *j, int which, int64_t class);
static inline int64_t fl_segment_length(const job *j, int64_t s)
{
    const int64_t left = j->call->classes - s * j->segment;
    return left < j->segment ? left : j->segment;
}

/* Whether rows follow each other in memory without a gap, class after class. */
int fl_rows_follow(const job *j, int which);
/* Segment s of a row as contiguous numbers, in place or in the buffer; and in whole groups, its last number repeated. */
const char *fl_segment_numbers(const job *j, int which, const row *r, int64_t s, char *buffer);
const char *fl_padded_segment(const job *j, int which, const row *r, int64_t s, char *buffer);
/* Logits are padded with -inf instead; a class that is left out (-1: none is) is -inf too. */
const char *fl_logits_without(const job *j, int which, const row *r, int64_t s, int64_t left_out, char *buffer);
void fl_keep_segment(const job *j, int which, const row *r, int64_t s, const char *results);
/* One number of an array that has one a class, if the array is there. */
void fl_keep_class(const job *j, int which, const row *r, int64_t class, double result);
/* Results of a row that does not count. */
void fl_clear_row(const job *j, const row *r);
/* NaN for every class, by a buffer for a segment. */
void fl_spread_nan(const job *j, int which, const row *r, char *buffer);
double fl_logit_of(const job *j, const row *r, int64_t label);
/* Hessians that are kept already, of a row with this weight: see fl_newton. */
void fl_floor_row(const job *j, const row *r, double weight);

/* ---- domain.c: numbers outside of their domains ----------------------------------------------------------------------------
 */

/* Are n numbers in their domain? Notes it where not. */
int fl_check_numbers(job *j, const char *numbers, int64_t n, int which);
void fl_check_row(job *j, const row *r, char *buffer);
void fl_check_rows(job *j, int64_t first, int64_t n, char *buffer);

/* ---- counts.c: what rows and classes count ---------------------------------------------------------------------------------
 */

/* Labels and weights of the rows first ... first + n - 1, ready to be used. Returns whether all labels are good. */
int fl_load_rows(job *j, int64_t first, int64_t n, rows_memory *m);
/* Loads them as they are given. */
int fl_load_given_rows(job *j, int64_t first, int64_t n, rows_memory *m);
/* How many labels count; -1: not all are good. */
int64_t fl_count_labels(job *j, int64_t first, int64_t n, rows_memory *m);
/* Asks for the memory of those of the next task. */
void fl_ask_for_rows(const job *j, int64_t first, int64_t n);
/* What a label makes its row count. */
static inline double fl_label_weight(const job *j, int64_t label)
{
    const double *class_weight = j->call->class_weight;
    return class_weight && label >= 0 && !j->shape->weighs_every_class && !j->extreme ? class_weight[label] : 1.0;
}

/* Whether a row adds anything, whatever its numbers. */
/* Whether a row adds anything, whatever its numbers. */
static inline int fl_row_counts(const job *j, const rows_memory *m, int64_t i)
{
    return m->weight[i] != 0.0 && (!j->call->labels || (m->label[i] >= 0 && fl_label_weight(j, m->label[i]) != 0.0));
}

/* Whether classes have their weights side by side: to be divided by a power of two, as one. */
int fl_has_class_numbers(const job *j);
/* Whether class weights need care, and what they are divided by. */
void fl_look_at_class_weights(job *j);
/* Makes j->class_numbers of type real: share times the class weight, for every class; some copies of these, one after the
 * other. */
fl_status fl_make_class_numbers(job *j, double share, int64_t copies);
/* The value of a row in the precision of the results, times its weight. */
static inline double fl_rounded_value(const job *j, double value, double weight)
{
    const double rounded = j->call->real == FL_FLOAT32 ? (double)(float)value : value;
    return rounded == 0.0 ? 0.0 : rounded * weight; /* where several weights have no number for their product, too */
}

/* Under FL_NONE, the values of the rows first ... first + n - 1. */
void fl_keep_values(const job *j, int64_t first, int64_t n, const double *values);

/* ---- tasks.c: rows by tasks ------------------------------------------------------------------------------------------------
 */

/* How many rows are worth so many elements: at most those that there are. */
int64_t fl_rows_worth(const job *j, int64_t elements);
int64_t fl_task_rows(const job *j, int64_t task, int64_t *first);
rows_memory *fl_memory_of(const job *j, char *scratch);
/* Sums of at most FL_BLOCK numbers, in the lanes of double. */
double fl_sum_of_rows(const job *j, double *x, int64_t n);
/* Rows first ... first + n - 1, computed by `of` from its row `at` on, which may be a job of some of them; their sum is left
 * for their task. Returns whether all is well. */
int fl_compute_rows(job *j, int64_t first, int64_t n, job *of, int64_t at, rows_memory *m);
void fl_row_task(void *context, int64_t task, char *scratch);
/* A row at a time, of those that count; the others are cleared. */
void fl_each_row(job *j, int64_t first, int64_t n, rows_memory *m, fl_row_function of_row);
/* Runs tasks of so many rows, each of which may use more memory beside work_bytes. */
fl_status fl_run_row_tasks(job *j, fl_task task, int64_t rows, size_t more_bytes);

/* ---- driver.c --------------------------------------------------------------------------------------------------------------
 */

fl_status fl_run_rows(fl_call *call, const fl_loss_info *loss, const fl_shape *shape);

#endif
