/* Rows of softmax, from the sums over their logits to the loss and what its derivatives need; the losses of log p by name.
 *
 * With q = softmax(a), u the target's numbers, y the label with f its loss, a function of log p = log q_y, and Z = log sum exp
 * a:
 *
 *   value     strength f + sum u (Z - a) + z Z²
 *   gradient  by a_c   q_c (sum u - strength f' + 2 z Z) - u_c + strength f' [c = y]
 *   Hessian   by a_c   q_c (1 - q_c) (sum u - strength f' + 2 z Z) + 2 z q_c² + strength f'' ([c = y] - q_c)²
 *
 * Where the loss F is not -log q, sum u (Z - a) is sum u F(log q). For derivatives v = -u F' takes the place of u, and to the
 * Hessian b = u F'' adds b_c (1 - 2 q_c) + q_c² sum b. What makes v, b and their sums is in terms.h. */
#ifndef FASTLOSS_FINISH_H
#define FASTLOSS_FINISH_H

#include "softmax_kernels.h"

/* clang would unroll a loop of so few rows, and then find nothing to vectorise. */
#if defined(__clang__)
#define TOGETHER _Pragma("clang loop vectorize(assume_safety) unroll(disable)")
#else
#define TOGETHER _Pragma("omp simd")
#endif

typedef point (*log_probability_body)(real log_p, real p, real complement, const real *param);

/* u F(log q) with its derivatives by log q, at a logit; `rest` is 1 - q. A logit so far below the maximum that their difference
 * may be no number: there F is a line, F(l) = F(l/2) + F'(l) l/2, and u may bring it back. */
INLINE point weighed_loss(log_probability_body body, real u, real maximum, real logit, real log_sum, real q, real rest,
                          const real *param)
{
    const real half = HALF * log_sum + half_difference(maximum, logit);
    const int far = half > R(0.125) * LARGEST;
    const point f = body(choose(far, -half, -((maximum - logit) + log_sum)), q, rest, param);
    const real grad = u * f.grad;
    return (point){.value = u * f.value - keep_if(far & (grad != ZERO), grad * half),
                   .grad = grad,
                   .hess = at_most(u * f.hess, LARGEST)}; /* meets squares of probabilities that may be 0 */
}

/* Fills in what rows count of which only the labels are given. */
static void rows_given_labels(const fl_rows *r)
{
    const int64_t n = r->n;
    real *const field = r->field;
    const int64_t *const label = r->label;
    const real keep = (real)r->keep, scale = (real)r->scale, hess_scale = (real)r->hess_scale, z_loss = (real)r->z_loss;
    real *const strength = field + FL_STRENGTH * n, *const scales = field + FL_SCALE * n,
                *const hess_scales = field + FL_HESS_SCALE * n;
    real *const z = field + FL_Z_LOSS * n;
    real *const counts = field + FL_COUNTS * n, *const labels_as_bits = field + FL_LABEL * n;
    for (int64_t i = 0; i < n; i += FL_ROWS_TOGETHER) {
        TOGETHER
        for (int l = 0; l < FL_ROWS_TOGETHER; l++)
            labels_as_bits[i + l] = from_bits((bits)label[i + l]);
        TOGETHER
        for (int l = 0; l < FL_ROWS_TOGETHER; l++) {
            const bits y = to_bits(labels_as_bits[i + l]), mask = -(bits)(y != -(bits)1);
            counts[i + l] = from_bits(mask);
            strength[i + l] = from_bits(to_bits(keep) & mask);
            z[i + l] = from_bits(to_bits(z_loss) & mask);
            scales[i + l] = scale;
            hess_scales[i + l] = hess_scale;
        }
    }
}

/* What is given of the rows, as fields. */
static void rows_given(const fl_rows *r)
{
    if (!r->weight) {
        rows_given_labels(r);
        return;
    }
    const int64_t n = r->n, labels = r->labels, smoothed = r->smoothed;
    real *const field = r->field;
    const int64_t *const label = r->label;
    const double *const weight = r->weight, *const mass = r->mass, keep = labels ? r->keep : 0.0, z_loss = r->z_loss;
    const double scale = r->scale, hess_scale = r->hess_scale;
    real *const strength = field + FL_STRENGTH * n, *const scales = field + FL_SCALE * n,
                *const hess_scales = field + FL_HESS_SCALE * n;
    real *const z = field + FL_Z_LOSS * n;
    real *const counts = field + FL_COUNTS * n, *const labels_as_bits = field + FL_LABEL * n;
    const int64_t unlabelled_counts = -(int64_t)!labels, zero_mass_counts = -(int64_t)(smoothed != 0);
    /* A loop a type, and masks, so that compilers see the lanes. */
    for (int64_t i = 0; i < n; i += FL_ROWS_TOGETHER) {
        int64_t mask[FL_ROWS_TOGETHER];
        TOGETHER
        for (int l = 0; l < FL_ROWS_TOGETHER; l++) {
            const int64_t has_weight = -(int64_t)(weight[i + l] != 0.0),
                          has_mass = -(int64_t)(mass[i + l] != 0.0) | zero_mass_counts;
            mask[l] = has_weight & (unlabelled_counts | (~(label[i + l] >> 63) & has_mass));
        }
        TOGETHER
        for (int l = 0; l < FL_ROWS_TOGETHER; l++) {
            strength[i + l] = (real)(mass[i + l] * keep);
            scales[i + l] = (real)(scale * weight[i + l]);
            hess_scales[i + l] = (real)(hess_scale * weight[i + l]);
            z[i + l] = (real)(mass[i + l] * z_loss);
        }
        TOGETHER
        for (int l = 0; l < FL_ROWS_TOGETHER; l++) {
            counts[i + l] = from_bits((bits)mask[l]);
            labels_as_bits[i + l] = from_bits((bits)label[i + l]);
        }
    }
}

static void rows_values(const fl_rows *r)
{
    const int64_t n = r->n;
    const real *const value = (const real *)r->field + FL_ROW_VALUE * n, *const counts = (const real *)r->field + FL_COUNTS * n;
    const double *const weight = r->weight;
    double *const to = r->value;
    for (int64_t i = 0; i < n && !weight; i += FL_ROWS_TOGETHER)
        TOGETHER
    for (int l = 0; l < FL_ROWS_TOGETHER; l++)
        to[i + l] = (double)from_bits(to_bits(value[i + l]) & to_bits(counts[i + l]));
    for (int64_t i = 0; i < n && weight; i += FL_ROWS_TOGETHER)
        TOGETHER
    for (int l = 0; l < FL_ROWS_TOGETHER; l++) {
        /* What does not count has a weight of 0. */
        const real x = from_bits(to_bits(value[i + l]) & to_bits(counts[i + l]));
        to[i + l] = (double)x * weight[i + l];
    }
}

typedef struct {
    real inverse, rest, top_q, log_sum;
    int single; /* the largest has more than half; a row without a finite logit has no largest */
} row_shares;

/* log(1 + others / top) = -log(1 - rest), from what has the digits. A row without a finite logit has no sum. */
INLINE row_shares shares_of(real top, real others)
{
    const real inverse = ONE / (top + others), rest = others * inverse, top_q = top * inverse;
    const real log_sum = choose(inverse <= LARGEST, ZERO - log_share_beside_one(top_q, -rest), NOT_A_NUMBER);
    return (row_shares){
        .inverse = inverse, .rest = rest, .top_q = top_q, .log_sum = log_sum, .single = (others < top) & (others >= ZERO)};
}

/* The entropy: with m the maximum, log sum exp(a - m) + sum q (m - a), both sums of terms that are not negative. */
NOINLINE void rows_statistics(const fl_rows *r)
{
    const int64_t n = r->n;
    const int softened = r->softened;
    real *const field = r->field;
    for (int64_t i = 0; i < n; i += FL_ROWS_TOGETHER)
        TOGETHER
    for (int l = 0; l < FL_ROWS_TOGETHER; l++) {
        real *const at = field + i + l;
        const real top = at[FL_TOP * n], others = at[FL_OTHERS * n];
        const row_shares s = shares_of(top, others);
        const real base = choose(softened, at[FL_BASE * n], at[FL_MAXIMUM * n]);
        const real lse = choose(top + others == ZERO, -INFINITE, base + s.log_sum);
        /* +inf makes NaN of the sums, as NaN does. */
        at[FL_LSE * n] = choose((base == INFINITE) & (at[FL_UNKNOWN * n] < ZERO), INFINITE, lse);
        at[FL_ENTROPY * n] = s.log_sum + at[FL_DISPERSION * n] * s.inverse;
    }
}

/* What the terms of a target are made of. There are no labels any more. */
static void rows_shares(const fl_rows *r)
{
    const int64_t n = r->n;
    real *const field = r->field;
    for (int64_t i = 0; i < n; i += FL_ROWS_TOGETHER)
        TOGETHER
    for (int l = 0; l < FL_ROWS_TOGETHER; l++) {
        real *const at = field + i + l;
        const real top = at[FL_TOP * n], others = at[FL_OTHERS * n];
        const row_shares s = shares_of(top, others);
        at[FL_FACTOR * n] = s.inverse;
        at[FL_LIFT * n] = ONE;
        at[FL_LOG_SUM * n] = s.log_sum;
        at[FL_REST * n] = s.rest;
        at[FL_SINGLE_TOP * n] = choose(s.single, top, NOT_A_NUMBER);
        at[FL_LABEL * n] = from_bits(~(bits)0);
    }
}

/* `body` NULL: the loss is in the sums over terms. `linear`: it is -log p. `full`: there may be target's numbers, a square of
 * the logarithm; else there is neither. `curved`: Hessians are wanted. */
INLINE void finish_rows(log_probability_body body, const int linear, const int full, const int curved, const fl_rows *r)
{
    const int64_t n = r->n;
    real *const field = r->field, param[FL_MAX_PARAMS];
    for (int i = 0; i < FL_MAX_PARAMS; i++)
        param[i] = (real)r->param[i];
    const int softened = full && r->softened;
    for (int64_t i = 0; i < n; i += FL_ROWS_TOGETHER)
        TOGETHER
    for (int l = 0; l < FL_ROWS_TOGETHER; l++) {
        real *const at = field + i + l;
#define FIELD(name) at[name * n]
        const real maximum = FIELD(FL_MAXIMUM), top = FIELD(FL_TOP), others = FIELD(FL_OTHERS), scale = FIELD(FL_SCALE);
        const row_shares s = shares_of(top, others);
        const real rest = s.rest, top_q = s.top_q, log_sum = s.log_sum;

        /* What the label adds is computed first. */
        real value = ZERO, own = ZERO, bend = ZERO, label_q = ZERO, label_rest = ONE;
        int is_top = 0;
        if (body) {
            const real strength = FIELD(FL_STRENGTH), logit = FIELD(FL_LABEL_LOGIT), below = maximum - logit;
            is_top = below == ZERO;
            label_q = FIELD(FL_LABEL_EXPONENTIAL) * s.inverse;
            label_rest = choose(is_top, rest, ONE - label_q);
            point f;
            if (linear) {
                f = body(-(below + log_sum), label_q, label_rest, param);
                f = (point){.value = strength * f.value, .grad = strength * f.grad, .hess = strength * f.hess};
            } else {
                f = weighed_loss(body, strength, maximum, logit, log_sum, label_q, label_rest, param);
            }
            const int labelled = !full || strength != ZERO;
            value = keep_if(labelled, f.value), own = keep_if(labelled, f.grad), bend = keep_if(labelled, f.hess);
        }
        const real z = full ? FIELD(FL_Z_LOSS) : ZERO, mass = full ? FIELD(FL_MASS) : ZERO; /* mass is 0 where there is no u */
        const real log_of_sum = choose(softened, FIELD(FL_BASE), maximum) + log_sum;
        /* Where it is beyond every number, so is the value; but a q of 0 is still one. */
        const real pull = keep_if(z != ZERO, clip(TWO * z * log_of_sum, -LARGEST, LARGEST));
        const real curve = full ? mass - own + pull : -own;

        /* Were q rounded where it is subnormal, what multiplies it would multiply its error: so it is kept times 2^24 (2^53),
         * unless what multiplies it is too small to be divided by that, or so large that the product may not be. */
        const real strongest = abs_(curve * scale) + abs_(mass);
        const int far = (abs_(curve * scale) < PICK(0x1p-64f, 0x1p-900)) | (strongest > PICK(0x1p64f, 0x1p900));
        const real lift = choose(far, ONE, PICK(0x1p24f, 0x1p53)), unlift = choose(far, ONE, PICK(0x1p-24f, 0x1p-53));
        const real lifting = s.inverse * lift, unlifted_scale = scale * unlift, lifted_rest = others * lifting;
        const real lifted_label_rest = choose(is_top, lifted_rest, label_rest * lift);
        FIELD(FL_FACTOR) = lifting;
        FIELD(FL_SPREAD) = curve;
        FIELD(FL_SCALE) = unlifted_scale;
        if (!full) {
            FIELD(FL_ROW_VALUE) = value;
            FIELD(FL_LABEL_GRAD) = fma_(unlifted_scale, own * lifted_label_rest, ZERO); /* not -0 */
            if (!curved)
                continue;
        }
        const real mass_of_others = full ? FIELD(FL_MASS_OF_OTHERS) : ZERO, hess_scale = FIELD(FL_HESS_SCALE) * unlift;
        const real square = at_most(fma_(TWO, z, body ? bend : FIELD(FL_BEND)), LARGEST);
        const real lifted_top_q = top * lifting;
        FIELD(FL_LIFT) = lift;
        FIELD(FL_HESS_SCALE) = hess_scale;
        FIELD(FL_CURVE) = curve;
        FIELD(FL_SQUARE) = square;
        FIELD(FL_SINGLE_TOP) = choose(s.single, top, NOT_A_NUMBER);
        const real lifted_label_q = body ? FIELD(FL_LABEL_EXPONENTIAL) * lifting : ZERO;
        if (body) {
            FIELD(FL_TOP_HESS) = hess_scale * (top_q * fma_(curve, lifted_rest, square * lifted_top_q));
            FIELD(FL_LABEL_HESS) = hess_scale * fma_(bend * label_rest, lifted_label_rest,
                                                     lifted_label_q * fma_(curve, label_rest, TWO * z * label_q));
        }
        if (!full)
            continue;

        /* A NaN of the sum stays where no term has seen it. */
        value += body ? FIELD(FL_SHORTFALL) + mass * log_sum : FIELD(FL_TARGET_VALUE) + ZERO * log_sum;
        FIELD(FL_ROW_VALUE) = value + keep_if(z != ZERO, z * log_of_sum * log_of_sum);
        /* spread q - u = q (sum of all other u) - u (1 - q), each without cancellation. */
        FIELD(FL_TOP_GRAD) =
            unlifted_scale * (fma_(lifted_top_q, mass_of_others - own + pull, (mass_of_others - mass) * lifted_rest));
        if (!body) {
            const real of_others = FIELD(FL_BEND_OF_OTHERS), of_top = (FIELD(FL_BEND) - of_others) * rest * lifted_rest;
            FIELD(FL_TOP_HESS) = hess_scale * fma_(lifted_top_q, fma_(curve, rest, fma_(TWO, z, of_others) * top_q), of_top);
            FIELD(FL_LOG_SUM) = log_sum; /* for the terms of the derivatives */
            FIELD(FL_REST) = rest;
            continue;
        }
        const real shared = FIELD(FL_LABEL_SHARED);
        const real gap = choose(is_top & s.single, mass_of_others, mass - shared);
        FIELD(FL_LABEL_GRAD) =
            unlifted_scale * (fma_(own, lifted_label_rest, fma_(lifted_label_q, gap + pull, -shared * lifted_label_rest)));
#undef FIELD
    }
    rows_values(r);
}

NOINLINE void finish_terms(const fl_rows *r)
{
    finish_rows(NULL, 0, 1, 1, r);
}

/* Z = log sum exp a, of which softmax is the gradient. */
NOINLINE void finish_logsumexp(const fl_rows *r)
{
    const int64_t n = r->n;
    real *const field = r->field;
    for (int64_t i = 0; i < n; i += FL_ROWS_TOGETHER)
        TOGETHER
    for (int l = 0; l < FL_ROWS_TOGETHER; l++) {
        real *const at = field + i + l;
        const real top = at[FL_TOP * n], others = at[FL_OTHERS * n];
        const row_shares s = shares_of(top, others);
        at[FL_ROW_VALUE * n] = choose(top + others == ZERO, -INFINITE, at[FL_MAXIMUM * n] + s.log_sum);
        at[FL_LOG_SUM * n] = s.log_sum;
        at[FL_FACTOR * n] = s.inverse;
        at[FL_LIFT * n] = at[FL_SPREAD * n] = ONE;
    }
    rows_values(r);
}

#define FINISH(loss, linear)                                                                                                   \
    NOINLINE void finish_plain_##loss(const fl_rows *r)                                                                        \
    {                                                                                                                          \
        finish_rows(loss##_of_log_probability, linear, 0, 0, r);                                                               \
    }                                                                                                                          \
    NOINLINE void finish_curved_##loss(const fl_rows *r)                                                                       \
    {                                                                                                                          \
        finish_rows(loss##_of_log_probability, linear, 0, 1, r);                                                               \
    }                                                                                                                          \
    NOINLINE void finish_full_##loss(const fl_rows *r)                                                                         \
    {                                                                                                                          \
        finish_rows(loss##_of_log_probability, linear, 1, 1, r);                                                               \
    }                                                                                                                          \
    static void finish_##loss(const fl_rows *r)                                                                                \
    {                                                                                                                          \
        (r->terms ? finish_terms : r->full ? finish_full_##loss : r->curved ? finish_curved_##loss : finish_plain_##loss)(r);  \
    }

#endif
