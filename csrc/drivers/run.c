/* One call: from the loss's kind to its driver. */
#include "../runtime/float_mode.h"
#include "drivers.h"

#define POINTWISE_LOSS(name, n_params, has_operand, slow) {FL_POINTWISE_LOSS, {#name, "pointwise", n_params, has_operand, slow, 0, 0}},
#define ROW_SUM_LOSS(name, n_params, has_operand, slow) {FL_ROW_SUM_LOSS, {#name, "rows", n_params, has_operand, slow, 0, 0}},
#define ROW_MEAN_LOSS(name, n_params, has_operand, slow) {FL_ROW_MEAN_LOSS, {#name, "rows", n_params, has_operand, slow, 0, 0}},
#define MARGIN_LOSS(name, n_params, has_operand, slow) {FL_MARGIN_LOSS, {#name, "rows", n_params, has_operand, slow, 0, 0}},
#define RIVAL_LOSS(name, n_params, has_operand, slow) {FL_RIVAL_LOSS, {#name, "rows", n_params, has_operand, slow, 0, 0}},
#define LABEL_LIST_LOSS(name, n_params, has_operand, slow) {FL_LABEL_LIST_LOSS, {#name, "rows", n_params, has_operand, slow, 0, 0}},
#define SIMPLEX_LOSS(name, n_params, has_operand, slow) {FL_SIMPLEX_LOSS, {#name, "rows", n_params, has_operand, slow, 0, 0}},
#define LOG_PROBABILITY_LOSS(name, n_params, has_operand, slow) {FL_LOG_PROBABILITY_LOSS, {#name, "rows", n_params, has_operand, slow, 0, 0}},
#define LABEL_LOSS(name, n_params, has_operand, slow) {FL_LABEL_LOSS, {#name, "rows", n_params, has_operand, slow, 0, 0}},
#define DISTILLATION_LOSS(name, n_params, has_operand, slow) {FL_DISTILLATION_LOSS, {#name, "rows", n_params, has_operand, slow, 0, 0}},
#define SOFTMAX_FUNCTION(name, n_params, has_operand, slow) {FL_SOFTMAX_FUNCTION, {#name, "row functions", n_params, has_operand, slow, 0, 0}},
#define SUMS_LOSS(name, elements, labels, sums, n_params, centered)                                                          \
    {FL_SUMS_LOSS, {#name, "sums", n_params, 0, 1, elements, labels}},
static const struct {
    fl_loss_kind kind;
    fl_loss_info info;
} losses[] = {
#include "../losses.inc"
};

int fl_n_losses(void)
{
    return (int)(sizeof losses / sizeof losses[0]);
}

const fl_loss_info *fl_loss(int index)
{
    return &losses[index].info;
}

fl_loss_kind fl_kind(int loss)
{
    return losses[loss].kind;
}

fl_status fl_run(fl_call *call)
{
    const fl_float_mode mode = fl_enter_default_float_mode();
    const fl_loss_kind kind = fl_kind(call->loss);
    const fl_status status = kind == FL_POINTWISE_LOSS ? fl_run_pointwise(call) : kind == FL_SUMS_LOSS ? fl_run_sums(call) : fl_run_rows(call);
    fl_leave_default_float_mode(mode);
    return status;
}

typedef struct {
    const fl_call *call;
    const int *failure;
} watched;

static int failed_or_interrupted(const void *context)
{
    const watched *w = context;
    return *w->failure || (w->call->interrupted && w->call->interrupted());
}

fl_status fl_run_tasks(const fl_call *call, int64_t n, int64_t tasks_a_slice, fl_task task, fl_finish finish, void *context,
                       size_t scratch_bytes, const int *failure)
{
    const watched w = {call, failure};
    const fl_status status =
        fl_parallel_for(n, tasks_a_slice, task, finish, context, failed_or_interrupted, &w, call->n_threads, scratch_bytes);
    return status == FL_INTERRUPTED && *failure ? FL_OK : status;
}

fl_pointwise_kernel fl_pointwise_kernel_for(const fl_call *call, unsigned outputs)
{
    static const unsigned sets[] = {
#define SET(name, outputs) outputs,
        FL_OUTPUT_SETS(SET)
#undef SET
    };
    const fl_pointwise_kernel *const kernels = fl_kernels_for(call->tier, call->real)->pointwise[call->loss];
    for (int i = 0; kernels && i < FL_N_OUTPUT_SETS; i++)
        if (sets[i] == outputs)
            return kernels[i];
    return NULL;
}

int fl_n_math_functions(void)
{
    return 0
#define MATH_FUNCTION(name, bound) +1
#include "../math/math_functions.inc"
#undef MATH_FUNCTION
        ;
}

const char *fl_math_function_name(int function)
{
    static const char *const names[] = {
#define MATH_FUNCTION(name, bound) #name,
#include "../math/math_functions.inc"
#undef MATH_FUNCTION
    };
    return names[function];
}

double fl_math_function_bound(int function)
{
    static const double bounds[] = {
#define MATH_FUNCTION(name, bound) bound,
#include "../math/math_functions.inc"
#undef MATH_FUNCTION
    };
    return bounds[function];
}

fl_status fl_math(int tier, fl_dtype real, int function, const void *x, void *y, int64_t n)
{
    if (n % FL_GROUP)
        return FL_UNSUPPORTED;
    const fl_float_mode mode = fl_enter_default_float_mode();
    if (n > 0)
        fl_kernels_for(tier, real)->math(function, x, y, n);
    fl_leave_default_float_mode(mode);
    return FL_OK;
}
