/* What the losses of sums make of their sums: FINISH of each, the same bits on every tier; and what their arguments are divided
 * by where squares or powers of theirs are no numbers. */
#define REAL_BITS 64
#define WITHOUT_FMA
#include "../../losses/terms_of_sums.h"
#define WITH_BODIES
#include "../../losses/sums.inc"
#undef WITH_BODIES

#include "../../memory/weights.h"
#include "sums.h"

enum {
#define LOSS(shape, body, name, n_params, has_operand, slow) POSITION_OF_##name,
#include "../../losses.inc"
    N_LOSSES
};

enum { IS_sums, IS_distance, IS_angle, IS_squarable, IS_logits, IS_squarable_logits };

typedef struct {
    fl_sums_traits traits;
    finished (*finish)(const double *sum, const whole of, const double *param);
    int n_params;
} row;

static const row losses[N_LOSSES] = {
#define LOSS(shape, body, name, n_params, has_operand, slow)                                                                   \
    [POSITION_OF_##name] = {                                                                                                   \
        {name##_elements, name##_labels, name##_sums, IS_##body, name##_is_centered, IS_##body == IS_distance},                \
        name##_finish,                                                                                                         \
        n_params},
#include "../../losses/sums.inc"
};

int fl_form_of_sums(int loss, const double *param)
{
    switch (losses[loss].traits.body) {
    case IS_distance: return param[0] == 1.0 ? 0 : param[0] == 2.0 ? 1 : FL_FORM_OF_DOUBLE;
    case IS_squarable:
    case IS_squarable_logits: return param[1] != 0.0;
    default: return 0;
    }
}

fl_sums_traits fl_traits_of_sums(int loss)
{
    return losses[loss].traits;
}

double fl_finish_sums(int loss, const double *sum, const double *param, one_loss *one)
{
    whole of = {one->count, one->label, 1.0, 1.0, 1.0, 1.0};
    if (one->is_scaled && losses[loss].traits.is_distance) {
        of.distance = ldexp(1.0, one->exponent[0] - one->unit);
        of.length = ldexp(1.0, -one->unit);
    } else if (one->is_scaled) {
        of.first = ldexp(1.0, -one->exponent[0]);
        of.second = ldexp(1.0, -one->exponent[1]);
    }
    const finished f = losses[loss].finish(sum, of, param);
    memcpy(one->slope, f.slope, sizeof f.slope);
    one->degree = f.degree;
    return f.value;
}

static double added_to_squares(int loss, const double *param)
{
    return losses[loss].n_params > 1 ? param[1] : 0.0;
}

/* Terms that are powers lose digits below 2^-1022, and are infinite above 2^1024. Sums of squares are multiplied with each
 * other. */
unsigned fl_extreme_sums(int loss, const double *sum, const double *param)
{
    unsigned found = 0;
    switch (losses[loss].traits.body) {
    case IS_distance:
        for (int s = 0; s < losses[loss].traits.sums; s++)
            if (!(sum[s] < INFINITY))
                found |= 1u << s | FL_IS_INFINITE;
            else if (sum[s] < 0x1p-960 && param[0] != 1.0)
                found |= 1u << s;
        return found;
    case IS_angle:
        for (int a = 0; a < losses[loss].traits.elements; a++) {
            const double square = sum[1 + a] + added_to_squares(loss, param);
            if (!(square >= 0x1p-400 && square <= 0x1p400))
                found |= 1u << a;
        }
        return found;
    default: return 0;
    }
}

/* The largest exponent of 2 that an argument is multiplied by: beyond it the factor is no number. */
enum { MOST_UP = 1000 };

/* The differences have one power of two together, which makes the largest of all about 1; of a triplet larger, which leaves its
 * other distances room below. */
static int scale_distance(int loss, unsigned extreme, const double *size, const double *param, one_loss *one)
{
    double largest = 0.0, in_doubt = 0.0;
    for (int s = 0; s < losses[loss].traits.sums; s++) {
        if (!(size[s] < INFINITY))
            return 0;
        largest = fmax(largest, size[s]);
        in_doubt = extreme >> s & 1 ? fmax(in_doubt, size[s]) : in_doubt;
    }
    if (in_doubt == 0.0)
        return 0;
    /* A power is at least 1; whatever else a caller of C has given is taken for 1. */
    const int room = param[0] > 1.0 ? (int)(450.0 / param[0]) : 450;
    int e = fl_exponent_of(largest) + one->exponent[0] - (losses[loss].traits.sums > 1 ? room : 0);
    e = e < -MOST_UP ? -MOST_UP : e;
    for (int a = 0; a < losses[loss].traits.elements; a++)
        one->exponent[a] = e;
    one->unit = e > 0 ? e : 0;
    return 1;
}

/* Each argument has a power of two of its own, which makes its largest number about 1; none if that is near 1 anyway. */
static int scale_angle(int loss, unsigned extreme, const double *size, const double *param, one_loss *one)
{
    enum { NEAR = 128 };
    int found = 0;
    for (int a = 0; a < losses[loss].traits.elements; a++) {
        int e = -one->exponent[a];
        if (!(size[a] < INFINITY))
            return 0;
        if (extreme >> a & 1 && size[a] > 0.0)
            e = fl_exponent_of(fmax(size[a], ldexp(sqrt(added_to_squares(loss, param)), e)));
        e += one->exponent[a];
        one->exponent[a] = e >= -NEAR && e <= NEAR ? 0 : e < -MOST_UP ? -MOST_UP : e;
        found |= one->exponent[a] != 0;
    }
    one->unit = 0;
    return found;
}

int fl_scale_loss(int loss, unsigned extreme, const double *size, const double *param, one_loss *one)
{
    return (losses[loss].traits.is_distance ? scale_distance : scale_angle)(loss, extreme, size, param, one);
}

void fl_divide_lengths(int loss, const double *param, one_loss *one)
{
    for (int i = 0; i < losses[loss].n_params; i++)
        one->param[i] = i == 0 ? param[i] : ldexp(param[i], -one->exponent[0]);
}
