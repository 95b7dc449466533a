/* A loss of a user for one type: a body and the loops around it. fastloss/custom/ compiles this file, once with REAL_BITS 32
 * and once with 64, by the flags of the tier in use, and links the two. From the command line come, too: BODY_FILE, a file with
 * the body; NAME, the loss; OPERAND and SLOW, as columns of losses.inc. */
#include "../losses/point.h"

#include BODY_FILE

#include "../loops/pointwise.h"

#define INSTANCES(loss, has_operand) INSTANCES_OF_element(loss, has_operand)
#define KERNELS(loss, has_operand) {KERNELS_OF_element(loss, has_operand)}

typedef struct {
    fl_pointwise_kernel element[FL_N_OUTPUT_SETS];
} own_kernels;

INSTANCES(NAME, OPERAND)

extern const own_kernels fl_own_kernels_f32;
#if REAL_BITS == 32
const own_kernels fl_own_kernels_f32 = KERNELS(NAME, OPERAND);
#else
static const own_kernels kernels_f64 = KERNELS(NAME, OPERAND);
extern __attribute__((visibility("default"))) const fl_own_loss fl_own;
const fl_own_loss fl_own = {FL_INTERFACE_VERSION, SLOW, {fl_own_kernels_f32.element, kernels_f64.element}, {NULL, NULL}};
#endif
