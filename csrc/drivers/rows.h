/* What the drivers of the losses of a row share: the job, and how a segment of a row is fetched and results are kept. */
#ifndef FASTLOSS_ROWS_H
#define FASTLOSS_ROWS_H

#include "drivers.h"
#include "weights.h"

enum {
    /* The arrays of a row, and one number of each: the gradient and Hessian by the prediction, the gradient by the target. */
    PRED = FL_PRED, TARGET = FL_TARGET, WEIGHT = FL_WEIGHT, GRAD = FL_GRADS + FL_PRED, HESS = FL_HESSES + FL_PRED,
    SECOND_GRAD = FL_GRADS + FL_TARGET,
    /* Rows a task handles at most. */
    MAX_ROWS_A_TASK = FL_BLOCK,
};

typedef struct {
    fl_call *call;
    const fl_kernels *kernels;
    fl_pointwise_kernel pointwise;
    fl_loss_kind kind;
    fl_walked array[FL_N_ARRAYS];
    fl_domain domain[2];      /* of predictions and of targets that are numbers */
    size_t item;
    int64_t rows_a_task, n_tasks, segment, n_segments;
    int stream;
    int64_t ahead[2];         /* of predictions and targets: bytes to the same segment of the row that is prefetched; 0: none is */
    double scale;
    /* Sample and class weights that need care: fl_load_rows. Sample weights are then divided by 2^weight_exponent, with the class weight of
     * a label or, where classes have theirs side by side, these by 2^class_exponent. */
    int extreme, weight_exponent, class_exponent;
    fl_sizes weight_sizes;    /* of sample weights */
    int something_counts;
    char *smoothing;          /* label_smoothing / classes * class_weight: a target of all rows, or NULL */
    char *class_weight;       /* in type real, over the classes where the loss is their mean; or NULL */
    double *partial;
    int bad_label;
    int outside[2];           /* of predictions, of targets: one is outside its domain */
    int64_t longest;          /* list of labels that has been found: so often its row is gone through */
    /* Softmax. */
    int side_by_side;         /* rows so short that each gets a lane */
    int only_labels;          /* of these rows only labels are given, which all count 1: no weights, nothing else to be mixed in */
    int64_t rows_together;    /* whose exponentials are kept at a time */
    size_t work_bytes;        /* of a thread, for its kind of loss */
    int64_t staged_rows;      /* that are brought together in memory, a whole number of tasks; 0: none are */
    fl_walk walk;             /* of the rows; last, for it is large and need not be cleared */
} job;

/* A thread's memory. First, what the rows of a task have: arrays with room for whole groups. */
typedef struct {
    int64_t pending;          /* rows whose derivatives are still to be made; 0 at first */
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

row fl_rows_at(const job *j, int64_t index);
/* One class of all rows. */
fl_walked fl_class_of_rows(const job *j, int which, int64_t class);
int64_t fl_segment_length(const job *j, int64_t s);
/* Whether rows follow each other in memory without a gap, class after class. */
int fl_rows_follow(const job *j, int which);
/* Segment s of a row as contiguous numbers, in place or in the buffer; and in whole groups, its last number repeated. */
const char *fl_segment_numbers(const job *j, int which, const row *r, int64_t s, char *buffer);
const char *fl_padded_segment(const job *j, int which, const row *r, int64_t s, char *buffer);
void fl_keep_segment(const job *j, int which, const row *r, int64_t s, const char *results);
/* Are n numbers in their domain? Notes it where not. */
int fl_check_numbers(job *j, const char *numbers, int64_t n, int which);
void fl_check_row(job *j, const row *r, char *buffer);
/* Labels and weights of the rows first ... first + n - 1. Returns whether all labels are good. */
int fl_load_rows(job *j, int64_t first, int64_t n, rows_memory *m);
/* Asks for the memory of those of the next task. */
void fl_ask_for_rows(const job *j, int64_t first, int64_t n);
/* Under FL_NONE, the values of the rows first ... first + n - 1. */
void fl_keep_values(const job *j, int64_t first, int64_t n, const double *values);
/* How many rows at a time are better brought together in memory, and what that takes. Staged is then a job of these rows, n of them from
 * `first` on, and call its call; what it has computed goes to where the results of the job belong. */
int64_t fl_rows_to_stage(const job *j);
size_t fl_stage_bytes(const job *j, int64_t rows);
void fl_stage_rows(const job *j, int64_t first, int64_t n, char *memory, job *staged, fl_call *call);
void fl_unstage_rows(const job *j, int64_t first, const job *staged);
/* Results of a row that does not count. */
void fl_clear_row(const job *j, const row *r);

/* Rows of which only the label's entry counts: how a call goes about them, which returns the elements that it is worth; are the entries
 * in their domain, which is noted where not; their derivatives, and the values, left in m->value. */
double fl_plan_label_rows(job *j);
void fl_check_label_rows(job *j, int64_t first, int64_t n, rows_memory *m);
void fl_label_rows(job *j, int64_t first, int64_t n, rows_memory *m);

/* Two rows of softmax: its memory; the loss of a row, whose derivatives are written. */
size_t fl_distillation_bytes(const job *j);
double fl_distillation_row(job *j, const row *r, double scale, rows_memory *m);

/* What a label makes its row count; whether a row adds anything, whatever its numbers. */
double fl_label_weight(const job *j, int64_t label);
int fl_row_counts(const job *j, const rows_memory *m, int64_t i);
double fl_logit_of(const job *j, const row *r, int64_t label);
/* The value of a row in the precision of the results, times its weight. */
double fl_rounded_value(const job *j, double value, double weight);
/* A gradient of NaN, by a buffer for a segment. */
void fl_spread_nan(const job *j, const row *r, char *buffer);

/* Elements: the value of a row whose label counts `strength`, and its derivatives; or of a task's rows, of which one element
 * counts, the values left in m->value. */
double fl_element_row(job *j, const row *r, int64_t label, double strength, double scale, rows_memory *m);
/* Short rows, several at a time. */
int fl_rows_are_short(const job *j);
void fl_short_element_rows(job *j, int64_t first, int64_t n, rows_memory *m);
/* A row whose target is a list of labels: its value and derivatives; and before, are all of them good, and how many are there? */
double fl_label_list_row(job *j, const row *r, double scale, rows_memory *m);
void fl_look_at_list(job *j, const row *r);
void fl_rival_rows(job *j, int64_t first, int64_t n, rows_memory *m);
size_t fl_element_bytes(const job *j);
static inline int fl_is_softmax(const job *j)
{
    return j->kind == FL_LOG_PROBABILITY_LOSS || j->kind == FL_SOFTMAX_FUNCTION;
}

/* Softmax: how it goes about a call; a task's rows, whose values it leaves in m->value; what is pending after the last. */
fl_status fl_plan_softmax(job *j);
void fl_softmax_rows(job *j, int64_t first, int64_t n, rows_memory *m);
void fl_softmax_pending(job *j, rows_memory *m);
/* Few rows, or very long ones: all threads at one row. Fills j->partial. */
int fl_softmax_is_shared(const job *j);
fl_status fl_run_shared_softmax(job *j);

#endif
