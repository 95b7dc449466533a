/* A call of the C interface, drawn from a source of numbers: any loss, types, layouts, sizes, values, good and bad.
 *
 * Every array lies in an allocation of exactly its size, so that a sanitizer or valgrind sees the first byte beyond it. After
 * the call it is checked what must hold of any call; a broken promise ends the process by abort(). */
#ifndef DRAWN_CALL_H
#define DRAWN_CALL_H

#include "memory/memory.h"
#include "memory/tasks.h"
#include "shapes/sums/sums.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Bytes, where there are any left; then a generator (splitmix64), if it has a state; then zeros. */
typedef struct {
    const uint8_t *bytes;
    size_t left;
    uint64_t state;
} number_source;

static uint64_t draw_bits(number_source *s, int n_bytes)
{
    uint64_t x = 0;
    if (!s->left && s->state) {
        x = s->state += UINT64_C(0x9e3779b97f4a7c15);
        x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
        x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
        x ^= x >> 31;
        return n_bytes == 8 ? x : x & ((UINT64_C(1) << (8 * n_bytes)) - 1);
    }
    for (int i = 0; i < n_bytes && s->left; i++, s->left--)
        x |= (uint64_t)*s->bytes++ << (8 * i);
    return x;
}

static int draw_below(number_source *s, int n)
{
    return (int)(draw_bits(s, 2) % (uint64_t)n);
}

static double draw_between(number_source *s, double low, double high)
{
    return low + (high - low) * ((double)draw_bits(s, 4) * 0x1p-32);
}

enum { LSE, ENTROPY, ARGMAX, CORRECT, N_STATISTICS };
enum { N_INPUTS = FL_VALUES, FILL = 0x5a, MOST_DIMS = 4 };

typedef struct {
    char *memory, *before; /* the whole allocation, and what it held before the call */
    size_t bytes;
    intptr_t strides[MOST_DIMS];
} drawn_array;

typedef struct {
    fl_call call;
    intptr_t shape[MOST_DIMS]; /* with the class axis last, if there is one; of sums, that of the elements */
    drawn_array array[FL_N_ARRAYS];
    double *class_weight;
    fl_newton newton;
    drawn_array statistics[N_STATISTICS];
    int in_place;
} drawn_call;

static fl_array *array_of_call(fl_call *c, int which)
{
    return (fl_array *)fl_array_of(c, which);
}

static int has_shape(const fl_call *c, const char *name)
{
    return strcmp(fl_loss(c->loss)->shape, name) == 0;
}

static void *allocate(size_t bytes)
{
    void *memory = malloc(bytes ? bytes : 1);
    if (!memory)
        abort();
    return memory;
}

enum layout { C_ORDER, BACKWARDS, WITH_GAPS, FORTRAN, UNALIGNED, BROADCAST, N_LAYOUTS };

/* Memory for an array of `ndim` dimensions; the class axis, where there is one, is the last. */
static void lay_out(drawn_array *a, fl_array *described, int ndim, int has_classes, const intptr_t *shape, enum layout layout)
{
    const intptr_t item = (intptr_t)fl_itemsize(described->dtype);
    intptr_t step = layout == WITH_GAPS ? 2 * item : item, start = 0;
    for (int i = 0; i < ndim; i++) {
        const int d = layout == FORTRAN ? i : ndim - 1 - i;
        a->strides[d] = layout == BACKWARDS ? -step : layout == BROADCAST && d == 0 ? 0 : step;
        if (layout == BACKWARDS && shape[d])
            start += step * (shape[d] - 1);
        if (!(layout == BROADCAST && d == 0))
            step *= shape[d];
    }
    const intptr_t extra = layout == UNALIGNED;
    a->bytes = (size_t)(step + extra);
    a->memory = allocate(a->bytes);
    described->data = a->memory + start + extra;
    described->strides = a->strides;
    described->class_stride = has_classes ? a->strides[ndim - 1] : 0;
}

static double draw_number(number_source *s, int style)
{
    static const double special[] = {0.0,   -0.0,   1.0,      -1.0, INFINITY, -INFINITY, NAN,    1e4, -1e4,
                                     1e-40, -1e-40, 4.9e-324, 1e38, -1e38,    1e300,     1e-300, 0.5, 3.0};
    switch (style) {
    case 0: return draw_between(s, -4.0, 4.0);
    case 1: return draw_between(s, 0.0, 1.0);
    case 2: return (double)draw_below(s, 2);
    case 3: return draw_below(s, 2) ? 1.0 : -1.0;
    case 4: return draw_between(s, -100.0, 100.0);
    case 5: return draw_below(s, 16) ? draw_between(s, -4.0, 4.0) : special[draw_below(s, sizeof special / sizeof *special)];
    default: return special[draw_below(s, sizeof special / sizeof *special)];
    }
}

static void put(char *to, fl_dtype dtype, double x, int64_t whole)
{
    switch (dtype) {
    case FL_FLOAT32: {
        const float f = (float)x;
        memcpy(to, &f, sizeof f);
        break;
    }
    case FL_FLOAT64: memcpy(to, &x, sizeof x); break;
    case FL_FLOAT16:
    case FL_BFLOAT16: fl_store(x, to, 0, dtype); break;
    default: memcpy(to, &whole, fl_itemsize(dtype)); break; /* little-endian: the low bytes */
    }
}

/* Calls a function with the address of every element, in logical order. */
static void for_each(const fl_array *a, int ndim, const intptr_t *shape, void (*visit)(char *, void *), void *context)
{
    intptr_t index[MOST_DIMS] = {0};
    for (int d = 0; d < ndim; d++)
        if (!shape[d])
            return;
    for (;;) {
        intptr_t offset = 0;
        for (int d = 0; d < ndim; d++)
            offset += index[d] * a->strides[d];
        visit(a->data + offset, context);
        int d = ndim - 1;
        while (d >= 0 && ++index[d] == shape[d])
            index[d--] = 0;
        if (d < 0)
            return;
    }
}

typedef struct {
    number_source *source;
    fl_dtype dtype;
    int style, may_be_bad, lists; /* of lists of labels, each fourth number is negative */
    int64_t classes, ignore_index;
} filling;

static int is_integer(fl_dtype dtype)
{
    return dtype >= FL_INT8 && dtype < FL_FLOAT16;
}

static void fill_one(char *to, void *context)
{
    const filling *f = context;
    const double x = f->classes < 0 ? draw_number(f->source, f->style) : 0.0;
    int64_t whole = is_integer(f->dtype) ? (int64_t)draw_bits(f->source, 2) : 0;
    if (f->classes >= 0) {
        whole = f->classes ? whole % f->classes : 0;
        if (f->may_be_bad && draw_below(f->source, 64) == 0)
            whole = draw_below(f->source, 2) ? f->classes : f->ignore_index;
        if (f->lists && f->dtype <= FL_INT64 && draw_below(f->source, 4) == 0)
            whole = -1;
    } else if (whole) {
        whole %= 3;
    }
    put(to, f->dtype, x, whole);
}

static int stop_at_once(void)
{
    return 1;
}

/* Statistics of each row, contiguous. */
static void draw_statistics(drawn_call *d, number_source *s)
{
    fl_statistics *to = &d->call.statistics;
    const size_t item = fl_itemsize(d->call.real), items[N_STATISTICS] = {item, item, sizeof *to->argmax, sizeof *to->correct};
    size_t rows = 1;
    for (int i = 0; i < d->call.ndim; i++)
        rows *= (size_t)d->shape[i];
    for (int i = 0; i < N_STATISTICS; i++) {
        drawn_array *a = &d->statistics[i];
        if (draw_below(s, 4))
            continue;
        a->bytes = rows * items[i];
        a->memory = allocate(a->bytes);
        a->before = allocate(a->bytes);
        memset(a->memory, FILL, a->bytes);
        memset(a->before, FILL, a->bytes);
    }
    to->lse = d->statistics[LSE].memory;
    to->entropy = d->statistics[ENTROPY].memory;
    to->argmax = (int64_t *)(void *)d->statistics[ARGMAX].memory;
    to->correct = (uint8_t *)d->statistics[CORRECT].memory;
}

/* `most` elements at most, up to a factor of the last dimension. */
static void draw_call(drawn_call *d, number_source *s, int tier, int64_t most)
{
    static const int lengths[] = {1, 2, 3, 7, 10, 63, 64, 65, 127, 129, 511, 1023, 1024, 1025, 2047, 2049, 4500, 16385, 0};
    static const unsigned sets[] = {FL_VALUE, FL_GRAD, FL_VALUE | FL_GRAD, FL_GRAD | FL_HESS};
    static const int threads[] = {1, 2, 3, 7, 16};
    memset(d, 0, sizeof *d);
    fl_call *c = &d->call;
    c->loss = draw_below(s, fl_n_losses());
    c->tier = tier;
    c->outputs = sets[draw_below(s, 4)];
    if (has_shape(c, "softmax_function"))
        c->outputs = c->outputs & FL_HESS ? FL_LOG_SOFTMAX : c->outputs;
    c->real = draw_below(s, 2) ? FL_FLOAT64 : FL_FLOAT32;
    c->n_threads = threads[draw_below(s, 8) ? 0 : draw_below(s, 5)];
    c->reduction = (fl_reduction)draw_below(s, 3);
    c->empty_is_zero = draw_below(s, 2);
    c->interrupted = draw_below(s, 16) ? NULL : stop_at_once;
    c->check_first = draw_below(s, 2);
    d->newton =
        (fl_newton){draw_below(s, 2) ? 1.0 : draw_between(s, 0.0, 4.0), draw_below(s, 2) ? 0.0 : draw_between(s, 0.0, 2.0)};
    c->newton = draw_below(s, 2) ? &d->newton : NULL;
    const int rows = !has_shape(c, "pointwise"), lists_of_labels = has_shape(c, "label_list");
    const int softmax = has_shape(c, "softmax"), function = has_shape(c, "softmax_function"), sums = has_shape(c, "sums");
    const fl_sums_traits traits = sums ? fl_traits_of_sums(c->loss) : (fl_sums_traits){0};
    if (sums && c->outputs & FL_HESS)
        c->outputs = FL_VALUE | FL_GRAD;
    c->labels = has_shape(c, "label") || has_shape(c, "margin") || has_shape(c, "rival") ||
                (rows && !function && !lists_of_labels && !sums && draw_below(s, 2));

    int ndim = rows + draw_below(s, MOST_DIMS + 1 - rows);
    int64_t size = 1;
    for (int i = ndim - 1; i >= 0; i--) {
        d->shape[i] = lengths[draw_below(s, sizeof lengths / sizeof *lengths)];
        if (size * d->shape[i] > most)
            d->shape[i] = 1 + draw_below(s, 3);
        size *= d->shape[i] ? d->shape[i] : 1;
    }
    c->ndim = ndim - rows;
    c->shape = d->shape;
    c->classes = rows ? d->shape[ndim - 1] : 0;
    c->n_summed = sums;
    c->summed_shape = sums ? d->shape + ndim - 1 : NULL;
    c->ignore_index = draw_below(s, 4) ? -100 : draw_below(s, 5);
    c->label_smoothing = softmax && draw_below(s, 3) == 0 ? draw_between(s, 0.0, 1.0) : 0.0;
    c->temperature = draw_below(s, 4) ? 1.0 : draw_between(s, 0.001, 4.0);
    c->softcap = draw_below(s, 4) ? 0.0 : draw_between(s, 0.001, 40.0);
    for (int i = 0; i < FL_MAX_PARAMS; i++) {
        static const double params[] = {1.0, 0.5, 2.0, 0.25, 1e-30, 1e30, 0.0, NAN};
        c->param[i] = params[draw_below(s, 2) ? 0 : draw_below(s, 8)];
    }
    c->argument[FL_PRED].domain = (fl_domain){0.0, 1.0, draw_below(s, 8) == 0, 0};
    c->argument[FL_OPERAND].domain = (fl_domain){0.0, 1.0, draw_below(s, 8) == 0, 0};
    c->argument[FL_TARGET].domain = (fl_domain){draw_below(s, 2) ? 0.0 : -1.0, 1.0, draw_below(s, 4) == 0, draw_below(s, 2)};
    if (rows && !sums && draw_below(s, 3) == 0) {
        d->class_weight = allocate((size_t)c->classes * sizeof(double));
        const double unit = draw_below(s, 4) ? 1.0 : ldexp(1.0, draw_below(s, 2000) - 1000);
        for (int64_t i = 0; i < c->classes; i++)
            d->class_weight[i] = (double)draw_below(s, 5) / 4.0 * unit;
        c->class_weight = d->class_weight;
    }
    const int by_operand = !rows && fl_loss(c->loss)->has_operand == 2;
    if ((has_shape(c, "pair") || by_operand) && c->outputs & FL_GRAD && draw_below(s, 2))
        c->outputs |= FL_SECOND;

    const int second = by_operand ? FL_OPERAND : FL_TARGET;
    int present[FL_N_ARRAYS] = {
        [FL_PRED] = 1,
        [FL_TARGET] = !function,
        [FL_OPERAND] = fl_loss(c->loss)->has_operand,
        [FL_WEIGHT] = draw_below(s, 3) == 0,
        [FL_VALUES] = c->reduction == FL_NONE && c->outputs & FL_VALUE,
        [FL_PRED_GRAD] = !!(c->outputs & (FL_GRAD | FL_LOG_SOFTMAX)),
        [FL_PRED_HESS] = !!(c->outputs & FL_HESS),
    };
    present[FL_GRADS + second] |= !!(c->outputs & FL_SECOND);
    for (int i = FL_TARGET; i < FL_MAX_ARGUMENTS && sums; i++) {
        present[i] = i < traits.elements + traits.labels || (i == FL_ELEMENT_WEIGHT && draw_below(s, 3) == 0);
        present[FL_GRADS + i] = i < traits.elements && c->outputs & FL_GRAD && draw_below(s, 2);
    }
    present[FL_HESSES + FL_OPERAND] = by_operand && c->outputs & FL_SECOND && c->outputs & FL_HESS;
    for (int i = 0; i < FL_N_ARRAYS; i++) {
        if (!present[i])
            continue;
        fl_array *a = array_of_call(c, i);
        const int with_classes = rows && i != FL_WEIGHT && i != FL_VALUES && !(i == FL_TARGET && c->labels) &&
                                 !(traits.labels && i == traits.elements);
        const int dims = c->ndim + with_classes;
        const fl_dtype half = draw_below(s, 2) ? FL_FLOAT16 : FL_BFLOAT16;
        if (draw_below(s, 4))
            a->dtype = c->real;
        else
            a->dtype = i < FL_VALUES ? (fl_dtype)draw_below(s, FL_DTYPES) : c->real == FL_FLOAT32 ? half : FL_FLOAT32;
        const int lists = i == FL_TARGET && lists_of_labels, labels = lists || (i == FL_TARGET && c->labels);
        if (labels)
            a->dtype = (fl_dtype)(FL_INT8 + draw_below(s, FL_FLOAT16 - FL_INT8));
        const enum layout layout =
            draw_below(s, 2) ? C_ORDER : (enum layout)draw_below(s, i >= FL_VALUES ? BROADCAST : N_LAYOUTS);
        lay_out(&d->array[i], a, dims, with_classes, d->shape, layout);
        a->summed_strides = sums && with_classes ? d->array[i].strides + dims - 1 : NULL;
        memset(d->array[i].memory, FILL, d->array[i].bytes);
        if (i < N_INPUTS) {
            filling f = {s, a->dtype, draw_below(s, 7), draw_below(s, 2), lists, -1, c->ignore_index};
            if (labels)
                f.classes = c->classes;
            for_each(a, dims, d->shape, fill_one, &f);
        }
        /* The gradient in the place of the prediction: same type, every element in a place of its own. */
        if (i == FL_PRED_GRAD && layout == C_ORDER && c->argument[FL_PRED].array.dtype == a->dtype &&
            d->array[FL_PRED].bytes == d->array[FL_PRED_GRAD].bytes && draw_below(s, 2)) {
            d->in_place = 1;
            a->data = c->argument[FL_PRED].array.data;
            a->strides = c->argument[FL_PRED].array.strides;
            a->class_stride = c->argument[FL_PRED].array.class_stride;
            a->summed_strides = c->argument[FL_PRED].array.summed_strides;
        }
        d->array[i].before = allocate(d->array[i].bytes);
        memcpy(d->array[i].before, d->array[i].memory, d->array[i].bytes);
    }
    if (softmax)
        draw_statistics(d, s);
}

static void must(int holds, const char *promise)
{
    if (!holds) {
        fprintf(stderr, "broken: %s\n", promise);
        abort();
    }
}

static void cover_one(char *at, void *context)
{
    memset(at, FILL, *(const size_t *)context);
}

/* Run it; what must hold of any call. */
static fl_status run_drawn_call(drawn_call *d)
{
    fl_call *c = &d->call;
    const fl_status status = fl_run(c);
    must(status >= FL_OK && status < FL_UNSUPPORTED, "a status that the interface names");
    const int untouched = status != FL_OK && status != FL_INTERRUPTED && (c->check_first || status == FL_BAD_LABEL);
    for (int i = 0; i < N_STATISTICS && untouched; i++)
        if (d->statistics[i].memory)
            must(memcmp(d->statistics[i].memory, d->statistics[i].before, d->statistics[i].bytes) == 0,
                 "an error leaves statistics");
    for (int i = 0; i < FL_N_ARRAYS; i++) {
        drawn_array *a = &d->array[i];
        if (!a->memory)
            continue;
        if ((i < N_INPUTS && !(i == FL_PRED && d->in_place)) || untouched) {
            must(memcmp(a->memory, a->before, a->bytes) == 0,
                 i < N_INPUTS ? "inputs are not written" : "an error leaves outputs");
        } else if (i >= N_INPUTS && !(i == FL_PRED_GRAD && d->in_place)) {
            /* Cover the elements again: what is left is what lies between them. */
            const size_t item = fl_itemsize(array_of_call(c, i)->dtype);
            const int rows = !has_shape(c, "pointwise");
            char *copy = allocate(a->bytes);
            memcpy(copy, a->memory, a->bytes);
            for_each(array_of_call(c, i), c->ndim + (rows && i != FL_VALUES), d->shape, cover_one, (void *)&item);
            must(memcmp(a->memory, a->before, a->bytes) == 0, "nothing between the elements is written");
            memcpy(a->memory, copy, a->bytes);
            free(copy);
        }
    }
    return status;
}

static void free_drawn_call(drawn_call *d)
{
    for (int i = 0; i < FL_N_ARRAYS; i++) {
        free(d->array[i].memory);
        free(d->array[i].before);
    }
    for (int i = 0; i < N_STATISTICS; i++) {
        free(d->statistics[i].memory);
        free(d->statistics[i].before);
    }
    free(d->class_weight);
}

/* FNV-1a over the results; all NaN are alike. */
typedef struct {
    uint64_t hash;
    fl_dtype dtype;
} hashing;

static void hash_number(hashing *h, double x)
{
    uint64_t number;
    if (isnan(x))
        x = NAN;
    memcpy(&number, &x, sizeof number);
    if (isnan(x))
        number = UINT64_C(0x7ff8000000000000); /* ARM's and x86's own differ in the sign */
    for (int i = 0; i < 8; i++)
        h->hash = (h->hash ^ (number >> (8 * i) & 0xff)) * UINT64_C(0x100000001b3);
}

static void hash_one(char *at, void *context)
{
    hashing *h = context;
    hash_number(h, fl_load(at, h->dtype));
}

static uint64_t hash_of_results(drawn_call *d, fl_status status)
{
    fl_call *c = &d->call;
    hashing h = {UINT64_C(0xcbf29ce484222325), c->real};
    hash_number(&h, (double)status);
    if (status != FL_OK)
        return h.hash;
    if (c->reduction != FL_NONE && c->outputs & FL_VALUE)
        hash_number(&h, c->reduced);
    const int rows = !has_shape(c, "pointwise");
    for (int i = FL_VALUES; i < FL_N_ARRAYS; i++)
        if (array_of_call(c, i)->data) {
            h.dtype = array_of_call(c, i)->dtype;
            for_each(array_of_call(c, i), c->ndim + (rows && i != FL_VALUES), d->shape, hash_one, &h);
        }
    const fl_statistics *to = &c->statistics;
    for (size_t i = 0; to->lse && i < d->statistics[LSE].bytes / fl_itemsize(c->real); i++)
        hash_number(&h, fl_load((char *)to->lse + i * fl_itemsize(c->real), c->real));
    for (size_t i = 0; to->entropy && i < d->statistics[ENTROPY].bytes / fl_itemsize(c->real); i++)
        hash_number(&h, fl_load((char *)to->entropy + i * fl_itemsize(c->real), c->real));
    for (size_t i = 0; to->argmax && i < d->statistics[ARGMAX].bytes / sizeof *to->argmax; i++) {
        must(to->argmax[i] >= 0 && (to->argmax[i] < c->classes || !c->classes), "the position is that of a class");
        hash_number(&h, (double)to->argmax[i]);
    }
    for (size_t i = 0; to->correct && i < d->statistics[CORRECT].bytes; i++) {
        must(to->correct[i] <= 1, "a truth value");
        hash_number(&h, (double)to->correct[i]);
    }
    return h.hash;
}

static int tier_named(const char *name)
{
    for (int i = 0; i < fl_n_tiers(); i++)
        if (strcmp(name, fl_tier_name(i)) == 0 && fl_tier_usable(i))
            return i;
    fprintf(stderr, "this machine has no tier %s\n", name);
    exit(2);
}

#endif
