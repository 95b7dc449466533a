/* Every elementary function of float32 on every input, on every tier of this CPU, against the C library in double.
 *
 *     exhaustive STRIDE THREADS [FUNCTION ...]
 *
 * STRIDE 1 takes all 2^32 bit patterns; a larger one, best a prime, each STRIDE-th, and the points below with their neighbours.
 * One line of JSON is printed for each function and tier. Exit status 1: an error is above
 * fl_math_function_bound, or a result is wrong by kind: NaN, infinite or of the other sign where that is not right.
 *
 * Errors are in units in the last place that a float has at the exact result, 2^-149 among subnormal ones. The reference itself
 * is good to a few units in the last place of a double, 1e-8 of these. Its code and this library's have nothing in common. */
#include "fastloss.h"

#include <float.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK = 4096, MAX_TIERS = 8, MAX_THREADS = 64, LANES = 8, NEIGHBOURS = 64 };

static double sigmoid(double x)
{
    const double e = exp(-fabs(x));
    return (x < 0.0 ? e : 1.0) / (1.0 + e);
}

static double softplus(double x)
{
    return (x < 0.0 ? 0.0 : x) + log1p(exp(-fabs(x)));
}

static double log_sigmoid(double x)
{
    return -softplus(-x);
}

/* Of x > 0 only, as this library has it. */
static double log_gamma(double x)
{
    return x >= 0.0 ? lgamma(x) : (double)NAN;
}

/* By their recurrences to where Stirling's series needs few terms. digamma in long double, which leaves it enough digits next
 * to its zero, where a float is no nearer than 1e-8. */
static double digamma(double x)
{
    if (!(x > 0.0))
        return x == 0.0 ? -INFINITY : (double)NAN;
    long double y = x, sum = 0.0L;
    for (; y < 12.0L; y += 1.0L)
        sum += 1.0L / y;
    const long double z = 1.0L / (y * y);
    const long double series =
        z *
        (1.0L / 12 - z * (1.0L / 120 - z * (1.0L / 252 - z * (1.0L / 240 - z * (1.0L / 132 - z * (691.0L / 32760 - z / 12))))));
    return (double)(logl(y) - 0.5L / y - series - sum);
}

static double trigamma(double x)
{
    if (!(x > 0.0))
        return x == 0.0 ? INFINITY : (double)NAN;
    double y = x, sum = 0.0;
    for (; y < 10.0; y += 1.0)
        sum += 1.0 / (y * y);
    const double z = 1.0 / (y * y);
    return sum + 0.5 * z + (1.0 + z * (1.0 / 6 - z * (1.0 / 30 - z * (1.0 / 42 - z * (1.0 / 30 - z * 5 / 66))))) / y;
}

static const struct {
    const char *name;
    double (*exact)(double);
} references[] = {
    {"exp", exp},   {"expm1", expm1},      {"log", log},           {"log1p", log1p},
    {"tanh", tanh}, {"sigmoid", sigmoid},  {"softplus", softplus}, {"log_sigmoid", log_sigmoid},
    {"erf", erf},   {"lgamma", log_gamma}, {"digamma", digamma},   {"trigamma", trigamma},
};

/* Where a domain or the range of results ends, or code may take another path: each with either sign. Multiples of log(2)/2,
 * where reduction of an argument changes, are added. */
static const double points[] = {
    0.0,
    0x1p-149,
    0x1p-127,
    FLT_MIN,
    0x1p-64,
    0x1p-25,
    0x1p-24,
    0x1p-23,
    0x1p-12,
    0.5,
    0.5625,
    0.70710678,
    1.0,
    1.41421356,
    1.46163214,
    2.0,
    2.5,
    8.3177662,
    9.01091289,
    16.635532,
    17.3286795,
    4.0,
    32.0,
    64.0,
    87.3365448,
    88.0296919,
    88.7228391,
    89.0,
    103.278929,
    103.972077,
    104.0,
    0x1p24,
    0x1p25,
    0x1p30,
    0x1p31,
    0x1p64,
    0x1.895f1ap121,
    FLT_MAX,
    INFINITY,
    NAN,
};
enum { N_POINTS = sizeof points / sizeof *points, N_MULTIPLES = 310, AROUND = 2 * (2 * NEIGHBOURS + 1) };
enum { N_ENDS = (N_POINTS + N_MULTIPLES) * AROUND };

static float from_bits(uint32_t b)
{
    float x;
    memcpy(&x, &b, sizeof x);
    return x;
}

static uint32_t to_bits(float x)
{
    uint32_t b;
    memcpy(&b, &x, sizeof b);
    return b;
}

/* The index-th of the inputs that every run has. */
static float end_point(int64_t index)
{
    const int64_t point = index / AROUND, around = index % AROUND;
    const double centre = point < N_POINTS ? points[point] : (double)(point - N_POINTS + 1) * 0.34657359027997264;
    const uint32_t sign = (uint32_t)(around & 1) << 31, step = (uint32_t)(around / 2) - NEIGHBOURS;
    return from_bits((to_bits((float)centre) + step) ^ sign);
}

typedef struct {
    double worst;
    float worst_at, wrong_at;
    int64_t wrong;
} finding;

typedef struct {
    int function, n_threads, number, n_tiers;
    const int *tiers;
    double (*exact)(double);
    int64_t stride, inputs;
    finding findings[MAX_TIERS];
} job;

/* Whether a result is right by kind; beyond FLT_MAX that is infinity alone. */
static int right_kind(double found, double wanted)
{
    if (wanted != wanted)
        return found != found;
    return (isinf(wanted) ? found == wanted : fabs(found) <= FLT_MAX) && !signbit(found) == !signbit(wanted);
}

/* Of a chunk whose exact results are all finite: the worst error, and whether all results are right by kind. No branches: this
 * is most of the work of this file. */
static int all_right(const float *y, const double *exact, const double *per_unit, double *worst)
{
    double errors[LANES] = {0.0}, sums[LANES] = {0.0};
    int64_t other_sign[LANES] = {0};
    for (int i = 0; i < CHUNK; i += LANES)
        for (int lane = 0; lane < LANES; lane++) {
            const double found = y[i + lane], wanted = exact[i + lane], error = fabs(found - wanted) * per_unit[i + lane];
            int64_t found_bits, wanted_bits;
            memcpy(&found_bits, &found, sizeof found);
            memcpy(&wanted_bits, &wanted, sizeof wanted);
            errors[lane] = error > errors[lane] ? error : errors[lane];
            sums[lane] += error; /* infinite or NaN if any error is */
            other_sign[lane] |= found_bits ^ wanted_bits;
        }
    int right = 1;
    *worst = 0.0;
    for (int lane = 0; lane < LANES; lane++) {
        right &= sums[lane] <= DBL_MAX && other_sign[lane] >= 0;
        *worst = errors[lane] > *worst ? errors[lane] : *worst;
    }
    return right;
}

static void compare(const float *x, const float *y, const double *exact, const double *per_unit, int finite, finding *f)
{
    double worst;
    if (finite && all_right(y, exact, per_unit, &worst) && worst <= f->worst)
        return;
    for (int i = 0; i < CHUNK; i++)
        if (!right_kind(y[i], exact[i])) {
            f->wrong++;
            f->wrong_at = x[i];
        } else if (fabs(exact[i]) <= FLT_MAX && fabs(y[i] - exact[i]) * per_unit[i] > f->worst) {
            f->worst = fabs(y[i] - exact[i]) * per_unit[i];
            f->worst_at = x[i];
        }
}

static void *check(void *argument)
{
    job *const j = argument;
    const int64_t n_patterns = ((INT64_C(1) << 32) + j->stride - 1) / j->stride, n = n_patterns + (j->stride > 1 ? N_ENDS : 0);
    float x[CHUNK], y[CHUNK];
    double exact[CHUNK], per_unit[CHUNK];
    for (int64_t start = (int64_t)j->number * CHUNK; start < n; start += (int64_t)j->n_threads * CHUNK) {
        for (int64_t i = 0; i < CHUNK; i++) {
            const int64_t index = start + i < n ? start + i : n - 1;
            x[i] = index < n_patterns ? from_bits((uint32_t)(index * j->stride)) : end_point(index - n_patterns);
        }
        int n_finite = 0;
        for (int i = 0; i < CHUNK; i++) {
            const double e = j->exact((double)x[i]);
            const int finite = fabs(e) <= FLT_MAX;
            exact[i] = finite || e != e ? e : copysign(INFINITY, e);
            n_finite += finite;
        }
        for (int i = 0; i < CHUNK; i++) {
            /* 2^(23 - exponent), by subtraction in the exponent's field: 2069 = 2 * 1023 + 23. */
            double size = fabs(exact[i]);
            size = size > FLT_MIN ? size : FLT_MIN;
            size = size < FLT_MAX ? size : FLT_MAX;
            uint64_t b;
            memcpy(&b, &size, sizeof b);
            b = (UINT64_C(2069) << 52) - (b & (UINT64_C(2047) << 52));
            memcpy(&per_unit[i], &b, sizeof b);
        }
        for (int t = 0; t < j->n_tiers; t++) {
            fl_math(j->tiers[t], FL_FLOAT32, j->function, x, y, CHUNK);
            compare(x, y, exact, per_unit, n_finite == CHUNK, &j->findings[t]);
        }
        j->inputs += n - start < CHUNK ? n - start : CHUNK;
    }
    return NULL;
}

/* Checks one function, prints what was found; returns whether all is within the bound. */
static int check_function(int function, int64_t stride, int n_threads)
{
    static job jobs[MAX_THREADS];
    pthread_t threads[MAX_THREADS];
    const char *const name = fl_math_function_name(function);
    double (*exact)(double) = NULL;
    for (size_t i = 0; i < sizeof references / sizeof *references; i++)
        if (strcmp(references[i].name, name) == 0)
            exact = references[i].exact;
    if (!exact) {
        fprintf(stderr, "no reference for %s\n", name);
        return 0;
    }
    int tiers[MAX_TIERS], n_tiers = 0;
    for (int t = 0; t < fl_n_tiers(); t++)
        if (fl_tier_usable(t))
            tiers[n_tiers++] = t;
    for (int i = 0; i < n_threads; i++) {
        jobs[i] = (job){.function = function,
                        .n_threads = n_threads,
                        .number = i,
                        .n_tiers = n_tiers,
                        .tiers = tiers,
                        .exact = exact,
                        .stride = stride};
        if (pthread_create(&threads[i], NULL, check, &jobs[i]) != 0) {
            fprintf(stderr, "no thread\n");
            exit(2);
        }
    }
    int64_t inputs = 0;
    for (int i = 0; i < n_threads; i++) {
        pthread_join(threads[i], NULL);
        inputs += jobs[i].inputs;
    }
    int good = 1;
    for (int t = 0; t < n_tiers; t++) {
        finding total = {0};
        for (int i = 0; i < n_threads; i++) {
            const finding f = jobs[i].findings[t];
            if (f.worst > total.worst) {
                total.worst = f.worst;
                total.worst_at = f.worst_at;
            }
            if (f.wrong > 0)
                total.wrong_at = f.wrong_at;
            total.wrong += f.wrong;
        }
        printf("{\"function\": \"%s\", \"tier\": \"%s\", \"inputs\": %lld, ", name, fl_tier_name(tiers[t]), (long long)inputs);
        printf("\"worst\": %.6g, \"at\": \"%a\", \"wrong\": %lld", total.worst, (double)total.worst_at, (long long)total.wrong);
        if (total.wrong > 0)
            printf(", \"wrong_at\": \"%a\"", (double)total.wrong_at);
        printf("}\n");
        good &= total.worst <= fl_math_function_bound(function) && total.wrong == 0;
    }
    fflush(stdout);
    return good;
}

int main(int argc, char **argv)
{
    const long long stride = argc > 2 ? atoll(argv[1]) : 0, n_threads = argc > 2 ? atoll(argv[2]) : 0;
    if (stride < 1 || n_threads < 1 || n_threads > MAX_THREADS) {
        fprintf(stderr, "usage: %s STRIDE THREADS [FUNCTION ...]\n", argv[0]);
        return 2;
    }
    int good = 1, known = 0;
    for (int function = 0; function < fl_n_math_functions(); function++) {
        int wanted = argc == 3;
        for (int i = 3; i < argc; i++)
            wanted |= strcmp(argv[i], fl_math_function_name(function)) == 0;
        if (wanted)
            good &= check_function(function, stride, (int)n_threads);
        known += wanted;
    }
    if (known < argc - 3) {
        fprintf(stderr, "no such function\n");
        return 2;
    }
    return good ? 0 : 1;
}
