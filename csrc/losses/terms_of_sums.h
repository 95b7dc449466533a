/* What the header of a loss of sums is written in. Such a loss is a function of a few sums over elements: a distance, a cosine,
 * an overlap. It is made in three steps, each a function of its header:
 *
 *   TERMS(name)    what an element adds to each sum, x being the elements of the arguments
 *   FINISH(name)   the loss, and its derivative by each sum
 *   SLOPES(name)   the derivatives by each of x, given those by the sums, already multiplied by what the loss counts
 *
 * and it says what it is made of: name_elements, the arguments of which there is a number an element; name_labels, 1 where a
 * last one is a number for all of them; name_sums; and name_is_centered, whether elements are taken less their mean.
 *
 * All is computed in double: of float32 no square overflows and none vanishes. Functions of math/ are of type `real`. */
#ifndef FASTLOSS_TERMS_OF_SUMS_H
#define FASTLOSS_TERMS_OF_SUMS_H

#include "../fastloss.h"
#include "point.h"

/* One element of each argument; or the derivatives by them. Fields, since of arrays gcc makes no vectors here. */
typedef struct {
    double first, second, third, fourth;
} elements;

/* What an element adds to each sum, in order. */
typedef struct {
    double of_sum_0, of_sum_1, of_sum_2, of_sum_3, of_sum_4, of_sum_5;
} terms;

/* What FINISH is given beside the sums: how many elements there are, or what they weigh together; and the argument that is one
 * number for all elements, where there is one. Then powers of two, which are 1 but where the sums would not be numbers: what
 * the two arguments of an angle were multiplied by; or what a distance is to be multiplied by, which is in units then, and what
 * lengths are to be multiplied by to be in such units. */
typedef struct {
    double count, label;
    double first, second, distance, length;
} whole;

/* degree: of how many lengths the value is a product; it is in units to this power. */
typedef struct {
    double value, slope[FL_MAX_SUMS];
    int degree;
} finished;

#define TERMS(name) INLINE terms name##_terms(const elements x, MAYBE_UNUSED const double *param)
#define SLOPES(name)                                                                                                           \
    INLINE elements name##_slopes(MAYBE_UNUSED const elements x, const double *slope, MAYBE_UNUSED const double *param)
#define FINISH(name)                                                                                                           \
    MAYBE_UNUSED static finished name##_finish(const double *sum, MAYBE_UNUSED const whole of, MAYBE_UNUSED const double *param)

#endif
